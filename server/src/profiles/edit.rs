//! Changing the profile of one of our own people.

use conntext_federation::ids::UserId;
use conntext_federation::profile::{MAX_BIO, MAX_PRONOUNS};

use super::{Kept, check_display_name, check_text, identity, inner, store};
use crate::App;
use crate::bus::PersonNotice;
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::http::Auth;

/// A change of the profile; what is absent stays.
#[derive(Default)]
pub struct Edit {
    /// The handle when empty.
    pub display_name: Option<String>,
    /// What they say about themselves.
    pub bio: Option<String>,
    /// Their pronouns.
    pub pronouns: Option<String>,
    /// What only members of their communities see: `avatar`, `banner`, `pronouns`, `bio`.
    pub members_only: Option<Vec<String>>,
    /// Made by [`super::make_picture`]; `Some(None)` takes the picture away.
    pub picture: Option<Option<Kept>>,
    /// The wide one above the profile, in the same way.
    pub banner: Option<Option<Kept>>,
}

impl Edit {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        let words = [&self.display_name, &self.bio, &self.pronouns];
        words.iter().all(|word| word.is_none())
            && self.members_only.is_none()
            && self.picture.is_none()
            && self.banner.is_none()
    }
}

/// The signed-in person's profile.
async fn own_row(tx: &mut Tx, auth: &Auth) -> Result<store::ProfileRow> {
    store::profile(tx, &auth.uid).await?.ok_or_else(|| Problem::internal("an account without a profile"))
}

/// Changes the profile of the signed-in person, and signs it. After the commit comes [`edited`].
///
/// # Errors
/// 422 `invalid` with the field.
pub async fn edit(app: &App, tx: &mut Tx, auth: &Auth, edit: Edit) -> Result<()> {
    let mut row = own_row(tx, auth).await?;
    if let Some(name) = edit.display_name {
        let name = check_display_name(&name)?;
        row.display_name = if name.is_empty() { row.handle.clone() } else { name };
    }
    if let Some(bio) = edit.bio {
        row.bio = check_text("bio", bio.trim_end(), MAX_BIO, true)?;
    }
    if let Some(pronouns) = edit.pronouns {
        row.pronouns = check_text("pronouns", pronouns.trim(), MAX_PRONOUNS, false)?;
    }
    if let Some(chosen) = edit.members_only {
        row.hidden = inner::names(&chosen)?;
    }
    let before = row.clone();
    for (new, place) in [(edit.picture, &mut row.avatar), (edit.banner, &mut row.banner)] {
        let Some(new) = new else { continue };
        if let Some(new) = &new {
            store::add_picture(tx, &new.picture, &new.bytes, app.clock.now_ms()).await?;
        }
        *place = new.map(|new| new.picture);
    }
    identity::sign_and_store(app, tx, row).await?;
    let after = own_row(tx, auth).await?;
    super::drop_replaced(tx, &before, &after).await
}

/// Gives the signed-in person another name within the domain. After the commit comes [`edited`].
///
/// # Errors
/// The database's.
pub async fn rename(app: &App, tx: &mut Tx, auth: &Auth, handle: &str) -> Result<()> {
    let mut row = own_row(tx, auth).await?;
    // Whoever never chose a name to show is shown by the new one.
    if row.display_name == row.handle {
        handle.clone_into(&mut row.display_name);
    }
    handle.clone_into(&mut row.handle);
    identity::sign_and_store(app, tx, row).await
}

/// Others see a changed profile at once, and so do the person's other devices.
pub fn edited(app: &App, auth: &Auth) {
    let Ok(uid) = auth.uid.parse::<UserId>() else { return };
    app.bus.tell_person(&uid, PersonNotice::Me);
    super::changed(app, uid);
}
