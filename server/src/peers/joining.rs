//! What joining leaves behind: joins whose answer did not come, and copies whose last member left meanwhile.

use std::sync::Arc;

use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, ServerId, UserId};

use super::{Peers, find, hello, join, store, unpoison};
use crate::App;
use crate::cluster::Word;
use crate::db;
use crate::error::Problem;
use crate::log::{LogError, LogHandle};

/// A join that is on its way is not taken any later than this, milliseconds: until then "no such member" is not the last word.
const UNDERWAY_MS: i64 = 15 * 60_000;
/// What became of a join is not asked any later than this, milliseconds.
const FORGOTTEN_MS: i64 = 30 * 86_400_000;

/// While somebody joins a server its copy is not removed.
pub struct Joining<'a> {
    peers: &'a Peers,
    sid: ServerId,
}

impl Drop for Joining<'_> {
    fn drop(&mut self) {
        let mut joining = unpoison(&self.peers.joining);
        if let Some(count) = joining.get_mut(&self.sid) {
            *count -= 1;
            if *count == 0 {
                joining.remove(&self.sid);
            }
        }
    }
}

/// Somebody begins to join; also who hangs up meanwhile ends it.
pub fn begin<'a>(app: &'a App, sid: &ServerId) -> Joining<'a> {
    app.cluster.tell(Word::Joining(sid.clone()));
    *unpoison(&app.peers.joining).entry(sid.clone()).or_default() += 1;
    Joining { peers: &app.peers, sid: sid.clone() }
}

/// Removes a copy in which nobody of this instance is any more. Answers whether it did.
///
/// # Errors
/// From the database.
pub(super) async fn removed(app: &App, log: &Arc<LogHandle>) -> Result<bool, LogError> {
    let left = !log.hub_here() && log.local_members().is_empty() && !app.peers.is_joining(&log.sid, app.clock.now_ms());
    if left {
        app.log.remove(log).await?;
    }
    Ok(left)
}

/// Gives up a copy in which nobody of this instance is.
///
/// # Errors
/// From the database.
pub async fn forget_empty(app: &App, log: &Arc<LogHandle>) -> Result<(), LogError> {
    removed(app, log).await.map(|_| ())
}

/// A join is about to be sent.
///
/// # Errors
/// From the database.
pub(super) async fn sent(app: &App, sid: &ServerId, uid: &UserId, domain: &Domain) -> db::Result<()> {
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    store::open_join(&mut tx, sid, uid, domain, now, now - FORGOTTEN_MS).await?;
    tx.commit().await
}

/// What became of it is known.
///
/// # Errors
/// From the database.
pub(super) async fn known(app: &App, sid: &ServerId, uid: &UserId) -> db::Result<()> {
    let mut tx = app.db.begin().await?;
    store::close_join(&mut tx, sid, uid).await?;
    tx.commit().await
}

/// Somebody speaks of a server that is not here. Where somebody here asked to join it and never heard, its hub is asked.
pub(super) fn settle_soon(app: &App, sid: &ServerId) {
    if app.peers.is_joining(sid, app.clock.now_ms()) {
        return;
    }
    let (app, sid) = (app.clone(), sid.clone());
    hello::spawn(&app.clone(), async move {
        if let Err(e) = settle(&app, &sid).await {
            tracing::debug!(%sid, error = %e, "what became of a join is not known yet");
        }
    });
}

async fn settle(app: &App, sid: &ServerId) -> Result<(), Problem> {
    let open = store::open_joins(&mut app.db.read().await?, sid).await?;
    if open.is_empty() {
        return Ok(());
    }
    let _joining = begin(app, sid);
    for (uid, domain, asked_at) in open {
        let peer = find(app, &domain).await.map_err(|e| e.problem(&domain))?;
        match join::adopt(app, &peer, sid, &Actor::User(uid.clone()), None).await {
            Ok(()) => tracing::info!(%sid, "a join whose answer did not come had arrived"),
            Err(e) if e.status < 500 && app.clock.now_ms() - asked_at > UNDERWAY_MS => {}
            Err(e) => return Err(e),
        }
        known(app, sid, &uid).await?;
    }
    Ok(())
}
