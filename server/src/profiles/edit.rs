//! Changing the profile of one of our own people.

use conntext_federation::ids::UserId;
use conntext_federation::profile::{MAX_BIO, MAX_PRONOUNS};

use super::{SmallPicture, check_display_name, check_text, identity, store};
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
    /// Made by [`super::small_picture`].
    pub picture: Option<SmallPicture>,
}

impl Edit {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.display_name.is_none() && self.bio.is_none() && self.pronouns.is_none() && self.picture.is_none()
    }
}

/// The signed-in person's profile.
pub(super) async fn own_row(tx: &mut Tx, auth: &Auth) -> Result<store::ProfileRow> {
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
    let mut old = None;
    if let Some(new) = edit.picture {
        store::add_picture(tx, &new.mid, new.kind, &new.bytes, app.clock.now_ms()).await?;
        old = row.avatar_mid.replace(new.mid);
        row.avatar_type = Some(new.kind.to_owned());
        row.avatar_size = i64::try_from(new.bytes.len()).unwrap_or(i64::MAX);
    }
    identity::sign_and_store(app, tx, row).await?;
    if let Some(old) = old {
        store::drop_unused_picture(tx, &old).await?;
    }
    Ok(())
}

/// Others see a changed profile at once, and so do the person's other devices.
pub fn edited(app: &App, auth: &Auth) {
    let Ok(uid) = auth.uid.parse::<UserId>() else { return };
    app.bus.tell_person(&uid, PersonNotice::Me);
    super::changed(app, uid);
}
