//! What other processes of this instance have to do with its logs: what they wrote, what they queue, what they learn of
//! hubs elsewhere.

use super::{Log, LogError, LogHandle, PendingState, commit::Request, pending, relay, store, unpoison};
use crate::{bus::Notice, db};
use conntext_federation::{
    Code,
    ids::{ActionId, ServerId},
};
use std::sync::{Arc, atomic::Ordering};

impl Log {
    /// Another process wrote to a log.
    pub fn heard_of(&self, log_id: i64) {
        let first = {
            let mut news = unpoison(self.inner.news.lock());
            let first = news.is_empty();
            news.insert(log_id);
            first
        };
        if first {
            // With the queue full it is found by the next look at all.
            let _ = self.requests.try_send(Request::CatchUp { all: false });
        }
    }

    /// Looks whether another process wrote to any log. Returns at once.
    pub fn look_up_all(&self) {
        let _ = self.requests.try_send(Request::CatchUp { all: true });
    }

    /// Whether this process knows all of a log that is written.
    ///
    /// # Errors
    /// From the database.
    pub async fn is_current(&self, tx: &mut db::Tx, log: &LogHandle) -> db::Result<bool> {
        if !self.inner.cluster.is_shared() {
            return Ok(true);
        }
        let row = store::log_by_sid(tx, &log.sid).await?;
        Ok(row.is_some_and(|row| row.id == log.id && row.version == log.version.load(Ordering::Acquire)))
    }

    /// Whoever has the duties sends what another process has queued.
    pub fn relay_queued(&self, sid: &ServerId) {
        if self.inner.cluster.has_duties()
            && let Some(log) = self.get(sid)
        {
            relay::wake(&self.inner, &log);
        }
    }

    /// Sends what waits for any hub, unless that is under way.
    ///
    /// # Errors
    /// From the database.
    pub async fn relay_all(&self) -> db::Result<()> {
        let mut read = self.inner.db.read().await?;
        let waiting = pending::logs_waiting(&mut read).await?;
        drop(read);
        let logs = waiting.iter().filter_map(|sid| self.get(&sid.parse().ok()?));
        logs.filter(|log| !log.relaying.load(Ordering::Acquire)).for_each(|log| relay::wake(&self.inner, &log));
        Ok(())
    }

    /// Another process has learnt whether a hub answers.
    pub fn hub_seen(&self, sid: &ServerId, away_since: Option<i64>) {
        let Some(log) = self.get(sid).filter(|log| !log.hub_here()) else { return };
        log.hub_away.store(away_since.is_some(), Ordering::Release);
        log.hub_away_since.store(away_since.unwrap_or(0), Ordering::Release);
        self.inner.bus.tell_server_here(sid, Notice::Hub);
        if away_since.is_none() {
            self.relay_queued(sid);
        }
    }

    /// Another process has the answer of a hub for an action that somebody here waits for, perhaps.
    ///
    /// # Errors
    /// From the database.
    pub async fn answered(&self, sid: &ServerId, aid: &ActionId) -> db::Result<()> {
        let Some(log) = self.get(sid) else { return Ok(()) };
        if !unpoison(self.inner.waiting.lock()).contains_key(aid) {
            return Ok(());
        }
        let mut tx = self.inner.db.begin().await?;
        let Some(found) = pending::get(&mut tx, sid, log.id, aid).await? else { return Ok(()) };
        // What was accepted is answered when it stands in the copy.
        if found.state != PendingState::Rejected {
            return Ok(());
        }
        let Some(waiter) = unpoison(self.inner.waiting.lock()).remove(aid) else { return Ok(()) };
        // The author is told right away and nothing is left behind.
        pending::discard(&mut tx, aid).await?;
        store::drop_nonce(&mut tx, log.id, aid).await?;
        tx.commit().await?;
        let code = found.code.as_deref().and_then(Code::parse).unwrap_or(Code::Forbidden);
        let _ = waiter.send(Err(LogError::Rejected(code)));
        Ok(())
    }
}

/// Where another process works the queue of a log of ours off, what people write here goes behind it until it is empty.
pub(super) fn wait_for_queue(inner: &Arc<super::Inner>, log: &Arc<LogHandle>) {
    if !log.hub_here() || log.relaying.swap(true, Ordering::AcqRel) {
        return;
    }
    let (inner, log) = (inner.clone(), log.clone());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let waits = async {
                let mut read = inner.db.read().await?;
                db::Result::Ok(!pending::queued(&mut read, &log.sid, log.id, 1).await?.is_empty())
            };
            let duties = inner.cluster.has_duties();
            if duties || inner.requests.upgrade().is_none() || !waits.await.unwrap_or(true) {
                log.relaying.store(false, Ordering::Release);
                if duties {
                    relay::wake(&inner, &log);
                }
                return;
            }
        }
    });
}
