//! What somebody shows only to members of communities that they are in. A row holds it merged with what everybody sees, and
//! names what is not for everybody.

use conntext_federation::ids::{Actor, InstanceId, UserId};
use conntext_federation::inner_profile::{InnerDoc, InnerParts};

use super::store::{self, ProfileRow};
use crate::App;
use crate::db::Query;
use crate::error::{Problem, Result};

/// Stands for names where the document is not here.
pub(super) const MISSING: &str = "?";
/// What may be kept from everybody; the name is always shown.
const FIELDS: [&str; 4] = ["avatar", "banner", "pronouns", "bio"];

/// Whether nothing of a profile is missing here.
pub(super) fn is_whole(row: &ProfileRow) -> bool {
    row.hidden != MISSING
}

/// What only members of their communities see of one of our own people.
///
/// # Errors
/// The database's.
pub async fn fields(q: &mut impl Query, uid: &str) -> Result<Vec<String>> {
    let row = store::profile(q, uid).await?;
    Ok(row.map(|row| row.hidden.split_whitespace().map(str::to_owned).collect()).unwrap_or_default())
}

/// The names of fields as they are kept.
///
/// # Errors
/// 422 `invalid` for one that cannot be kept from everybody.
pub(super) fn names(chosen: &[String]) -> Result<String> {
    if let Some(other) = chosen.iter().find(|name| !FIELDS.contains(&name.as_str())) {
        let detail = format!("\u{201c}{other}\u{201d} cannot be kept from everybody.");
        return Err(Problem::invalid("members_only", "unknown_field", detail));
    }
    let kept = FIELDS.iter().filter(|name| chosen.iter().any(|chosen| chosen == *name));
    Ok(kept.copied().collect::<Vec<_>>().join(" "))
}

/// What stands in the document of a row.
pub(super) fn parts(row: &ProfileRow) -> InnerParts {
    InnerParts {
        bio: row.hides("bio").then(|| row.bio.clone()),
        pronouns: row.hides("pronouns").then(|| row.pronouns.clone()),
        avatar: row.avatar.clone().filter(|_| row.hides("avatar")),
        banner: row.banner.clone().filter(|_| row.hides("banner")),
    }
}

/// Puts what a verified document says into the row that it belongs to.
pub(super) fn put_in(row: &mut ProfileRow, doc: &InnerDoc) -> Result<()> {
    let InnerParts { bio, pronouns, avatar, banner } = doc.parts.clone();
    let named = [avatar.is_some(), banner.is_some(), pronouns.is_some(), bio.is_some()];
    let hidden = FIELDS.iter().zip(named).filter(|(_, there)| *there).map(|(name, _)| *name);
    row.hidden = hidden.collect::<Vec<_>>().join(" ");
    row.inner = String::from_utf8(doc.to_vec()?).map_err(Problem::internal)?;
    row.bio = bio.unwrap_or_else(|| std::mem::take(&mut row.bio));
    row.pronouns = pronouns.unwrap_or_else(|| std::mem::take(&mut row.pronouns));
    row.avatar = avatar.or_else(|| row.avatar.take());
    row.banner = banner.or_else(|| row.banner.take());
    Ok(())
}

/// A row without what only members of their communities see.
pub(super) fn for_everybody(mut row: ProfileRow) -> ProfileRow {
    for (field, text) in [("bio", &mut row.bio), ("pronouns", &mut row.pronouns)] {
        if row.hidden.split(' ').any(|name| name == field) {
            text.clear();
        }
    }
    row.avatar = row.avatar.take().filter(|_| !row.hidden.split(' ').any(|name| name == "avatar"));
    row.banner = row.banner.take().filter(|_| !row.hidden.split(' ').any(|name| name == "banner"));
    row
}

/// Whether an instance has somebody in a community with a person, or hosts one that they are in.
pub(super) fn may_know(app: &App, asker: &InstanceId, uid: &UserId) -> bool {
    if *asker == app.keys.ik {
        return true;
    }
    let actor = Actor::User(uid.clone());
    app.log.all().iter().any(|log| {
        let state = log.state();
        state.members.contains_key(&actor) && (state.by_home.contains_key(asker) || state.info.hub == *asker)
    })
}
