//! How people show themselves in one server: another name, another picture. They sign it, their home tells it to the
//! instances that are in the server too, and the log says whether the server shows it.

use conntext_federation::Code;
use conntext_federation::identity::Identity;
use conntext_federation::ids::{Actor, InstanceId, UserId};
use conntext_federation::notices::MoveKind;
use conntext_federation::perms::{Perms, server_perms};
use conntext_federation::profile::Picture;
use conntext_federation::server_profile::{MAX_SERVER_PROFILES, ServerProfileDoc, ServerProfileFields};
use conntext_federation::state::ServerState;

use super::server_store::{self as store, ServerRow};
use super::{Kept, check_display_name, identity, types, users};
use crate::App;
use crate::db::{self, Query, Tx};
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::log::purge::Gone;
use crate::log::{Batch, LogHandle, has_gone};

pub use store::forget_log;
pub use types::{Here, User};

/// A change; what is absent stays.
#[derive(Default)]
pub struct Change {
    /// Empty for the usual name.
    pub display_name: Option<String>,
    /// `Some(None)` for the usual picture.
    pub picture: Option<Option<Kept>>,
}

/// Whether a server shows what somebody chose for it.
fn is_shown(state: &ServerState, actor: &Actor) -> bool {
    state.members.get(actor).is_some_and(|member| !member.plain) && server_perms(state, actor).has(Perms::NICKNAME)
}

/// Adds to people how they show themselves in a server.
///
/// # Errors
/// The database's.
pub async fn dress(q: &mut impl Query, log: &LogHandle, people: &mut [User]) -> Result<()> {
    let ids: Vec<&str> = people.iter().map(|user| user.id.as_str()).collect();
    let mut found = store::some(q, log.id, &ids).await?;
    if found.is_empty() {
        return Ok(());
    }
    let state = log.state();
    for user in people {
        let shown = user.id.parse().is_ok_and(|actor| is_shown(&state, &actor));
        user.here = found.remove(&user.id).filter(|_| shown).and_then(|row| types::here(&log.sid, &row));
    }
    Ok(())
}

/// Some people as a server shows them, in the same order.
///
/// # Errors
/// The database's.
pub async fn users_in(q: &mut impl Query, log: &LogHandle, ids: &[impl AsRef<str> + Sync]) -> Result<Vec<User>> {
    let mut found = users(q, ids).await?;
    dress(q, log, &mut found).await?;
    Ok(found)
}

/// One person as a server shows them. For what happens often, such as a message of theirs.
///
/// # Errors
/// The database's.
pub async fn known_user_in(app: &App, log: &LogHandle, id: &str) -> Result<User> {
    let mut user = super::known_user(app, id).await?;
    let (now, key) = (app.clock.now_ms(), (log.id, id.to_owned()));
    let here = match app.people.here.get(&key, now) {
        Ok(here) => here,
        Err(begun) => {
            let row = store::one(&mut app.db.read().await?, log.id, id).await?;
            let here = row.and_then(|row| types::here(&log.sid, &row));
            app.people.here.put(key, here.clone(), now, begun);
            here
        }
    };
    if here.is_some() && id.parse().is_ok_and(|actor| is_shown(&log.state(), &actor)) {
        user.here = here;
    }
    Ok(user)
}

/// Changes how the signed-in person shows themselves in a server, and signs it. After it comes [`super::edited`].
///
/// # Errors
/// 422 `invalid` with the field; 404 `unknown_server` for who has just left.
pub async fn edit(app: &App, auth: &Auth, log: &LogHandle, change: Change) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if has_gone(&mut tx, log.id, &auth.uid).await? {
        return Err(Code::UnknownServer.into());
    }
    let mut row = store::one(&mut tx, log.id, &auth.uid).await?.unwrap_or_else(|| ServerRow {
        log_id: log.id,
        actor: auth.uid.clone(),
        op: 0,
        rev: 0,
        display_name: String::new(),
        avatar: None,
        doc: String::new(),
    });
    if let Some(name) = change.display_name {
        row.display_name = check_display_name(&name)?;
    }
    if let Some(picture) = change.picture {
        if let Some(kept) = &picture {
            super::store::add_picture(&mut tx, &kept.picture, &kept.bytes, app.clock.now_ms()).await?;
        }
        row.avatar = picture.map(|kept| kept.picture);
    }
    // Beyond what was said before somebody left and came again, of which nothing is here any more.
    row.rev = (row.rev + 1).max(app.clock.now_ms());
    let fields = ServerProfileFields {
        uid: auth.uid.parse::<UserId>()?,
        sid: log.sid.clone(),
        op: 0,
        rev: row.rev.unsigned_abs(),
        display_name: row.display_name.clone(),
        avatar: row.avatar.clone(),
    };
    let doc = identity::sign_server_profile(app, &mut tx, fields).await?;
    row.op = i64::try_from(doc.op).unwrap_or(i64::MAX);
    row.doc = String::from_utf8(doc.to_vec()?).map_err(Problem::internal)?;
    store::put(&mut tx, &row).await?;
    Ok(tx.commit().await?)
}

/// What somebody signed for the servers that an instance has people in, too. It is told to nobody else.
///
/// # Errors
/// The database's.
pub(super) async fn documents(
    app: &App,
    q: &mut impl Query,
    uid: &UserId,
    asker: &InstanceId,
) -> Result<Vec<ServerProfileDoc>> {
    let mut documents = Vec::new();
    for row in store::of_actor(q, uid.as_str()).await? {
        let Some(log) = app.log.all().into_iter().find(|log| log.id == row.log_id) else { continue };
        let is_in = {
            let state = log.state();
            state.by_home.contains_key(asker) || state.info.hub == *asker
        };
        if is_in && documents.len() < MAX_SERVER_PROFILES {
            documents.push(ServerProfileDoc::from_slice(row.doc.as_bytes())?);
        }
    }
    Ok(documents)
}

/// Keeps what was told of somebody of another instance, as far as it is newer and of a server that they and we are in.
/// Answers whether anything changed.
///
/// # Errors
/// The database's.
pub(super) async fn keep(app: &App, tx: &mut Tx, identity: &Identity, docs: &[ServerProfileDoc]) -> Result<bool> {
    let actor = Actor::User(identity.uid.clone());
    let mut changed = false;
    for doc in docs.iter().take(MAX_SERVER_PROFILES) {
        let Some(log) = app.log.get(&doc.sid) else { continue };
        let is_in = log.state().members.contains_key(&actor);
        if !is_in || has_gone(tx, log.id, actor.as_str()).await? {
            continue;
        }
        // Whoever relays a profile could spoil it by what they add.
        if let Err(code) = doc.verify(identity) {
            tracing::info!(uid = %identity.uid, sid = %doc.sid, code = code.as_str(), "a server profile was refused");
            continue;
        }
        let (op, rev) = doc.order();
        let order = (i64::try_from(op).unwrap_or(i64::MAX), i64::try_from(rev).unwrap_or(i64::MAX));
        let known = store::one(tx, log.id, actor.as_str()).await?;
        if known.is_some_and(|known| order <= (known.op, known.rev)) {
            continue;
        }
        let row = ServerRow {
            log_id: log.id,
            actor: actor.to_string(),
            op: order.0,
            rev: order.1,
            display_name: doc.display_name.clone(),
            avatar: doc.avatar.clone(),
            doc: String::from_utf8(doc.to_vec()?).map_err(Problem::internal)?,
        };
        store::put(tx, &row).await?;
        changed = true;
    }
    Ok(changed)
}

/// What somebody chose for a server: the name, empty for the usual one, and the picture's id.
///
/// # Errors
/// The database's.
pub async fn own(q: &mut impl Query, log: &LogHandle, id: &str) -> Result<Option<(String, Option<String>)>> {
    let row = store::one(q, log.id, id).await?;
    Ok(row.map(|row| (row.display_name, row.avatar.map(|picture| picture.mid.to_string()))))
}

/// The picture of somebody that a server shows.
///
/// # Errors
/// The database's.
pub async fn picture(q: &mut impl Query, log: &LogHandle, actor: &Actor) -> Result<Option<Picture>> {
    let row = store::one(q, log.id, actor.as_str()).await?;
    Ok(row.filter(|_| is_shown(&log.state(), actor)).and_then(|row| row.avatar))
}

/// The pictures of somebody for servers that an instance has people in; for all without one.
pub(super) async fn pictures(
    app: &App,
    q: &mut impl Query,
    uid: &UserId,
    asker: Option<&InstanceId>,
) -> Result<Vec<Picture>> {
    let Some(asker) = asker else {
        return Ok(store::of_actor(q, uid.as_str()).await?.into_iter().filter_map(|row| row.avatar).collect());
    };
    Ok(documents(app, q, uid, asker).await?.into_iter().filter_map(|doc| doc.avatar.clone()).collect())
}

/// Whoever goes leaves no name behind.
///
/// # Errors
/// The database's.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> db::Result<()> {
    let gone = batch.moves.iter().filter(|moved| batch.live && moved.kind != MoveKind::Joined);
    for moved in gone.filter(|moved| !batch.state.members.contains_key(&moved.actor)) {
        store::forget(tx, batch.log_id, moved.actor.as_str()).await?;
    }
    Ok(())
}

/// A name goes with everything else that its owner had erased.
///
/// # Errors
/// The database's.
pub async fn erase(tx: &mut Tx, gone: &Gone<'_>) -> db::Result<()> {
    store::forget(tx, gone.log_id, gone.actor.as_str()).await
}
