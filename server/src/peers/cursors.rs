//! How far other instances have confirmed our logs. What is confirmed is written for all of them together, a moment
//! later: of what a crash forgets something is sent twice, and skipped there.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use conntext_federation::ids::InstanceId;

use super::{store, unpoison};
use crate::App;
use crate::db::{self, Query, Tx};

/// How long confirmations are gathered.
const GATHER: Duration = Duration::from_millis(250);

/// Confirmations that are not written yet, by instance and log.
#[derive(Default)]
pub(super) struct Cursors(Mutex<BTreeMap<(InstanceId, i64), u64>>);

impl Cursors {
    /// An instance has confirmed a log up to here.
    pub(super) fn confirmed(&self, peer: &InstanceId, log_id: i64, acked: u64) {
        let mut held = unpoison(&self.0);
        let cursor = held.entry((peer.clone(), log_id)).or_default();
        *cursor = acked.max(*cursor);
    }

    /// How far an instance has confirmed a log; none where it does not follow it.
    pub(super) async fn of(&self, q: &mut impl Query, peer: &InstanceId, log_id: i64) -> db::Result<Option<u64>> {
        let written = store::cursor(q, peer, log_id).await?;
        let held = unpoison(&self.0).get(&(peer.clone(), log_id)).copied();
        Ok(written.map(|written| written.max(held.unwrap_or(0))))
    }

    /// Begins at a place, or begins anew there.
    pub(super) async fn set(&self, tx: &mut Tx, peer: &InstanceId, log_id: i64, seq: u64) -> db::Result<()> {
        unpoison(&self.0).remove(&(peer.clone(), log_id));
        store::set_cursor(tx, peer, log_id, seq).await
    }

    /// An instance does not follow a log any more.
    pub(super) async fn drop(&self, tx: &mut Tx, peer: &InstanceId, log_id: i64) -> db::Result<()> {
        unpoison(&self.0).remove(&(peer.clone(), log_id));
        store::drop_cursor(tx, peer, log_id).await
    }

    /// Writes what was gathered.
    async fn write(&self, app: &App) -> db::Result<()> {
        if unpoison(&self.0).is_empty() {
            return Ok(());
        }
        // There is one writer: who sets a cursor back does so before this or after it, never between.
        let mut tx = app.db.begin().await?;
        let held = unpoison(&self.0).clone();
        for ((peer, log_id), acked) in &held {
            store::advance(&mut tx, peer, *log_id, *acked).await?;
        }
        crate::crash::point("push.before_ack");
        tx.commit().await?;
        crate::crash::point("push.after_ack");
        unpoison(&self.0).retain(|key, acked| held.get(key) != Some(acked));
        Ok(())
    }
}

/// Starts the writing.
pub(super) fn start(app: &App) {
    let (app, tasks) = (app.clone(), app.tasks.clone());
    tasks.spawn(async move {
        loop {
            let stopping = tokio::select! {
                () = app.stopping.cancelled() => true,
                () = tokio::time::sleep(GATHER) => false,
            };
            if let Err(e) = app.peers.cursors.write(&app).await {
                tracing::warn!(error = %e, "the cursors of other instances cannot be written");
            }
            if stopping {
                return;
            }
        }
    });
}
