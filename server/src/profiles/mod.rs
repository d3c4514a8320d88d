//! People as others see them: identity, names, pictures. Our own people's profiles are signed here; those of others are
//! the newest verified copies.

mod edit;
pub mod exchange;
pub mod hosting;
mod identity;
mod inner;
pub mod own_key;
mod pictures;
pub mod rehome;
mod routes;
pub mod server;
mod server_store;
mod store;
mod tidy;
mod types;

use conntext_federation::domain::Domain;
use conntext_federation::identity::Identity;
use conntext_federation::ids::UserId;
use conntext_federation::inner_profile::InnerDoc;
use conntext_federation::profile::{Picture, ProfileDoc};

use crate::accounts::{self, Account};
use crate::bus::PeopleNotice;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::lately::Lately;
use crate::{App, Base, deletion, sessions};

pub use edit::{Edit, edit, edited, rename};
pub use identity::{NewIdentity, bury, chain, name_in_profiles, new_identity, next_op, sign_grant, tombstone};
pub use inner::fields as members_only;
pub use pictures::{Kept, Shape};
pub use routes::{router, serve};
pub use tidy::tidy;
pub use types::{Here, Me, Profile, User, UserKind};

/// Longest display name, in characters.
pub const MAX_DISPLAY_NAME: usize = conntext_federation::profile::MAX_DISPLAY_NAME;

/// A display name as it may be kept: trimmed, without control characters and marks that turn the direction of text.
pub fn check_display_name(name: &str) -> Result<String> {
    check_text("display_name", name.trim(), MAX_DISPLAY_NAME, false)
}

/// A text of a person as it may be kept, `lines` for several.
///
/// # Errors
/// `invalid` at `field`.
pub(crate) fn check_text(field: &'static str, text: &str, most: usize, lines: bool) -> Result<String> {
    if text.chars().count() > most {
        return Err(Problem::invalid(field, "too_long", format!("At most {most} characters are possible.")));
    }
    let forbidden = |c: char| {
        (c.is_control() && !(lines && c == '\n')) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.chars().any(forbidden) {
        return Err(Problem::invalid(field, "bad_characters", "There is an invisible control character in the text."));
    }
    Ok(text.to_owned())
}

/// Writes the identity and the first profile of a new person of this instance.
pub async fn insert_local(base: &Base, tx: &mut Tx, new: NewIdentity, handle: &str, display_name: &str) -> Result<()> {
    identity::insert(base, tx, &new).await?;
    let now = base.clock.now_ms();
    let row = store::ProfileRow {
        uid: new.uid().to_owned(),
        handle: handle.to_owned(),
        domain: base.config.instance.domain.clone(),
        local: true,
        rev: 0,
        op: 0,
        display_name: display_name.to_owned(),
        bio: String::new(),
        pronouns: String::new(),
        avatar: None,
        banner: None,
        deleted: false,
        doc: String::new(),
        updated_at: now,
        fetched_at: now,
        confirmed: true,
        host: String::new(),
        inner: String::new(),
        hidden: String::new(),
    };
    identity::sign_and_store(base, tx, row).await
}

/// What is known of a profile of another instance besides what stands in it.
pub struct Seen<'a> {
    /// The domain of the person's home.
    pub home: &'a Domain,
    /// Their home says so itself; a handle that only others tell is not shown.
    pub confirmed: bool,
    /// The domain of the instance that keeps it, where that is not the home; else empty.
    pub host: String,
    /// When it was seen.
    pub now_ms: i64,
}

/// Keeps a newer verified profile of somebody from another instance. Answers whether anything changed.
///
/// # Errors
/// 422 when the document does not belong to the identity.
pub async fn upsert_remote(
    tx: &mut Tx,
    identity: &Identity,
    doc: &ProfileDoc,
    inner: Option<&InnerDoc>,
    seen: Seen<'_>,
) -> Result<bool> {
    let Seen { home, confirmed, host, now_ms } = seen;
    doc.verify(identity)?;
    if let Some(inner) = inner {
        inner.verify(identity, doc)?;
    }
    let known = store::profile(tx, identity.uid.as_str()).await?;
    if known.as_ref().is_some_and(|k| k.local) {
        return Ok(false);
    }
    let (op, rev) = doc.order();
    let order = (i64::try_from(op).unwrap_or(i64::MAX), i64::try_from(rev).unwrap_or(i64::MAX));
    let mut row = match &known {
        // A profile host that shows an older revision is out of date, or wants to be.
        Some(known) if order < (known.op, known.rev) || (inner::is_whole(known) && order == (known.op, known.rev)) => {
            known.clone()
        }
        _ => store::ProfileRow {
            uid: identity.uid.as_str().to_owned(),
            handle: doc.handle.clone(),
            domain: home.as_str().to_owned(),
            local: false,
            op: order.0,
            rev: order.1,
            display_name: if doc.display_name.trim().is_empty() { &doc.handle } else { &doc.display_name }.clone(),
            bio: doc.bio.clone(),
            pronouns: doc.pronouns.clone(),
            avatar: doc.avatar.clone(),
            banner: doc.banner.clone(),
            deleted: doc.deleted == Some(true),
            doc: String::from_utf8(doc.to_vec()?).map_err(Problem::internal)?,
            updated_at: doc.updated_at,
            fetched_at: now_ms,
            confirmed: false,
            host: String::new(),
            inner: String::new(),
            hidden: if doc.inner.is_some() { inner::MISSING.to_owned() } else { String::new() },
        },
    };
    if let Some(inner) = inner.filter(|_| !inner::is_whole(&row) && order == (row.op, row.rev)) {
        inner::put_in(&mut row, inner)?;
    }
    home.as_str().clone_into(&mut row.domain);
    row.host = host;
    // An older one says nothing about how new what is known is.
    if order >= (row.op, row.rev) {
        row.fetched_at = now_ms;
    }
    let as_before = known.as_ref().is_some_and(|k| k.confirmed && k.handle == row.handle && k.domain == row.domain);
    row.confirmed = as_before || (confirmed && doc.handle == row.handle);
    let changed = known.as_ref() != Some(&row);
    if changed {
        store::put(tx, &row).await?;
    }
    if row.deleted {
        server_store::forget_actor(tx, &row.uid).await?;
    }
    if let Some(known) = known {
        drop_replaced(tx, &known, &row).await?;
    }
    Ok(changed)
}

/// Forgets the pictures that a profile showed before and does not show now, where no other does.
async fn drop_replaced(tx: &mut Tx, before: &store::ProfileRow, now: &store::ProfileRow) -> Result<()> {
    for old in before.pictures().filter(|old| now.pictures().all(|new| new.mid != old.mid)) {
        store::drop_unused_picture(tx, old.mid.as_str()).await?;
    }
    Ok(())
}

/// People for a list, one for each id asked for, in the same order. Somebody who is not known (yet) appears by the id.
pub async fn users(q: &mut impl Query, uids: &[impl AsRef<str> + Sync]) -> Result<Vec<User>> {
    let mut found = store::profiles(q, uids).await?;
    Ok(uids
        .iter()
        .map(|uid| match found.remove(uid.as_ref()) {
            Some(row) => {
                let user = types::user(&row);
                // The same person may be asked for twice.
                found.insert(row.uid.clone(), row);
                user
            }
            None => types::stranger(uid.as_ref()),
        })
        .collect())
}

/// One person; see [`users`].
pub async fn user(q: &mut impl Query, uid: &str) -> Result<User> {
    Ok(store::profile(q, uid).await?.map_or_else(|| types::stranger(uid), |row| types::user(&row)))
}

/// People that were looked up lately.
#[derive(Default)]
pub struct Known {
    /// By id.
    everywhere: Lately<String, User>,
    /// How they show themselves in a server, by its log and their id.
    here: Lately<(i64, String), Option<Here>>,
}

impl Known {
    /// See [`Lately::forget`].
    pub fn forget(&self) {
        self.everywhere.forget();
        self.here.forget();
    }
}

/// One person; see [`users`]. For what happens often, such as a message of theirs.
pub async fn known_user(app: &App, uid: &str) -> Result<User> {
    let now = app.clock.now_ms();
    let begun = match app.people.everywhere.get(uid, now) {
        Ok(user) => return Ok(user),
        Err(begun) => begun,
    };
    match store::profile(&mut app.db.read().await?, uid).await? {
        Some(row) => {
            let user = types::user(&row);
            app.people.everywhere.put(uid.to_owned(), user.clone(), now, begun);
            Ok(user)
        }
        None => Ok(types::stranger(uid)),
    }
}

/// A profile was written: it is read anew, and whoever knows the person is told.
pub fn changed(app: &App, uid: UserId) {
    app.people.forget();
    app.bus.tell_people(PeopleNotice::Profile { uid });
    app.hosting.wake();
}

/// The signed-in person as they see themselves.
pub async fn me(q: &mut impl Query, account: &Account) -> Result<Me> {
    Ok(Me {
        user: user(q, &account.uid).await?,
        admin: account.admin,
        created_at: account.created_at,
        unknown_sign_ins: sessions::unknown(q, &account.id).await?,
        password: account.has_password(),
        own_key: own_key::has(q, &account.uid).await?,
        applications: if account.admin { accounts::applications::count(q).await? } else { 0 },
        instances_waiting: if account.admin { crate::peers::trust::store::count_waiting(q).await? } else { 0 },
        email: accounts::email::of(q, account).await?,
        members_only: inner::fields(q, &account.uid).await?,
        deleted_at: deletion::of_person(q, &account.uid).await?.map(|deletion| deletion.due_at),
    })
}

/// The newest signed profile of a person that this instance has, for other instances.
pub async fn document(q: &mut impl Query, uid: &str) -> Result<Option<ProfileDoc>> {
    match store::profile(q, uid).await? {
        Some(row) if !row.doc.is_empty() => Ok(Some(ProfileDoc::from_slice(row.doc.as_bytes())?)),
        _ => Ok(None),
    }
}

/// The person who has this name on this instance.
pub async fn uid_of_handle(q: &mut impl Query, handle: &str) -> Result<Option<String>> {
    Ok(store::local_uid(q, handle).await?)
}

/// The picture of this id, when this instance has it: media type and bytes.
pub async fn picture(q: &mut impl Query, mid: &str) -> Result<Option<(String, Vec<u8>)>> {
    Ok(store::picture(q, mid).await?)
}

/// The pictures of a person that are still to be fetched.
async fn missing_pictures(app: &App, q: &mut impl Query, uid: &UserId) -> Result<Vec<Picture>> {
    let Some(row) = store::profile(q, uid.as_str()).await? else { return Ok(Vec::new()) };
    // Whoever tells of them.
    if Domain::parse_normal(&row.domain, true).is_ok_and(|home| app.peers.trust.book().hides(&home)) {
        return Ok(Vec::new());
    }
    let shown = row.pictures().cloned().chain(server::pictures(app, q, uid, None).await?);
    let mut missing = Vec::new();
    for picture in shown.collect::<Vec<_>>() {
        if store::picture(q, picture.mid.as_str()).await?.is_none() {
            missing.push(picture);
        }
    }
    Ok(missing)
}

/// Keeps a fetched picture of a remote profile. The bytes must be those of the id and decode as a picture.
///
/// # Errors
/// 422 `hash_mismatch` or `bad_picture`.
pub async fn keep_picture(app: &App, picture: &Picture, bytes: Vec<u8>) -> Result<()> {
    pictures::keep_remote(app, picture, bytes).await
}

/// Makes the kept picture of a person or server from an upload, without metadata. `field` names it where it is refused.
///
/// # Errors
/// 415 `unsupported_type`, 422 `invalid`.
pub async fn make_picture(app: &App, field: &'static str, shape: Shape, bytes: Vec<u8>) -> Result<Kept> {
    pictures::from_upload(app, field, shape, bytes).await
}

/// Forgets the pictures of people who are at home on an instance. They are fetched again with their profiles.
///
/// # Errors
/// The database's.
pub async fn forget_pictures(tx: &mut Tx, domain: &Domain) -> Result<()> {
    Ok(store::forget_pictures(tx, domain.as_str()).await?)
}

/// Checks that bytes from another instance are the picture of this id.
///
/// # Errors
/// 422 `hash_mismatch` or `invalid`.
pub async fn check_picture(app: &App, mid: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    pictures::check_remote(app, mid, bytes).await
}
