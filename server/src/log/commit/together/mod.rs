//! Several processes on one database: none of them writes to a log before it has read what the others wrote to it, and
//! each of them shows its own people what the others wrote.
//!
//! There is one write transaction at a time over all processes, so that whoever holds it and has caught up knows all.

mod store;

use super::{Committer, Step, replay};
use crate::{
    bus::Notice,
    db::{self, Query, Tx},
    log::{
        Inner, LogHandle, relay, rewind,
        state_store::load_state,
        store::{LogRow, events_after, follows},
        types::{Entry, LogError},
        unpoison,
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

pub(in crate::log) use store::{Kind, touch};

/// Events read at a time.
const PAGE: u64 = 500;
/// Who is behind by more events than this, and has to read a state anew, has its sockets begin anew, too.
const MOST: usize = 5_000;

/// A change of a log that is not yet committed.
pub(super) struct Claim {
    log: Arc<LogHandle>,
    version: i64,
    /// Whether the others have to be told after the commit.
    tell: bool,
}

fn no_state(row: &LogRow) -> db::Error {
    db::Error::Other(format!("the log {} has no state", row.sid))
}

impl Inner {
    /// Counts a change of a log that its committer does not make, within the transaction that makes it.
    pub(in crate::log) async fn touch(&self, tx: &mut Tx, log_id: i64, kind: Kind) -> db::Result<()> {
        if self.cluster.is_shared() {
            touch(tx, log_id, kind, self.cluster.log_notice(log_id)).await?;
        }
        Ok(())
    }

    pub(in crate::log) fn by_id(&self, log_id: i64) -> Option<Arc<LogHandle>> {
        unpoison(self.handles.lock()).values().find(|log| log.id == log_id).cloned()
    }
}

impl Committer {
    /// Begins the write transaction.
    pub(super) async fn begin(&mut self) -> db::Result<Tx> {
        self.claims.clear();
        self.inner.db.begin().await
    }

    /// Makes sure that this process knows all of a log before it changes it, and lets the others know that it does.
    /// Answers with the log as it is open now.
    ///
    /// # Errors
    /// [`LogError::Unknown`] where another process has removed it.
    pub(super) async fn claim(
        &mut self,
        tx: &mut Tx,
        log: &Arc<LogHandle>,
        kind: Kind,
    ) -> Result<Arc<LogHandle>, LogError> {
        if !self.inner.cluster.is_shared() {
            return Ok(log.clone());
        }
        let notice = self.inner.cluster.log_notice(log.id);
        let tell = notice.is_none();
        let Some(version) = touch(tx, log.id, kind, notice).await? else {
            self.close(log);
            return Err(LogError::Unknown);
        };
        let mut log = self.inner.current(log.clone());
        if log.version.load(Ordering::Acquire) + 1 != version {
            self.catch_up(tx, log.id, 1).await?;
            log = self.inner.current(log);
        }
        self.claims.push(Claim { log: log.clone(), version, tell });
        self.heed_keys(&log);
        Ok(log)
    }

    /// Where another process has shown newer keys in a log of ours, nothing is signed there with what they replace.
    fn heed_keys(&self, log: &LogHandle) {
        let me = &self.inner.me;
        let shown = log.state().instances.get(&me.ik).map_or(0, |known| known.serial);
        if log.hub_here()
            && shown > me.keys.serial()
            && let Err(e) = me.keys.refresh()
        {
            tracing::error!(error = %e, "the signing keys that another process uses cannot be read");
        }
    }

    /// Lets the others know of a log that this transaction makes or begins anew.
    pub(super) async fn claim_new(&mut self, tx: &mut Tx, log: &Arc<LogHandle>) -> db::Result<()> {
        if !self.inner.cluster.is_shared() {
            return Ok(());
        }
        let notice = self.inner.cluster.log_notice(log.id);
        let tell = notice.is_none();
        if let Some(version) = touch(tx, log.id, Kind::Rewritten, notice).await? {
            self.claims.push(Claim { log: log.clone(), version, tell });
        }
        Ok(())
    }

    /// Makes everything durable.
    pub(super) async fn commit(&mut self, tx: Tx) -> db::Result<()> {
        tx.commit().await?;
        for Claim { log, version, tell } in self.claims.drain(..) {
            log.version.store(version, Ordering::Release);
            if tell {
                self.inner.cluster.tell(crate::cluster::Word::Log(log.id));
            }
        }
        Ok(())
    }

    /// Reads what other processes wrote to these logs, or to any.
    pub(super) async fn catch_up_with(&mut self, logs: Option<Vec<i64>>) -> db::Result<()> {
        let mut read = self.inner.db.read().await?;
        let behind = match logs {
            Some(logs) => logs,
            None => {
                let versions = store::versions(&mut read).await?;
                let mut open: HashMap<i64, i64> = unpoison(self.inner.handles.lock())
                    .values()
                    .map(|log| (log.id, log.version.load(Ordering::Acquire)))
                    .collect();
                // What is left in the end is gone from the database.
                let changed = versions.into_iter().filter(|(id, version)| open.remove(id) != Some(*version));
                let mut behind: Vec<i64> = changed.map(|(id, _)| id).collect();
                behind.extend(open.into_keys());
                behind
            }
        };
        for id in behind {
            if let Err(e) = self.catch_up(&mut read, id, 0).await {
                tracing::error!(log = id, error = %e, "what another process wrote to a log cannot be read");
            }
        }
        Ok(())
    }

    /// Reads what other processes wrote to a log; of what is on disk `ours` is the number of changes that this process is
    /// about to commit.
    async fn catch_up(&mut self, q: &mut impl Query, log_id: i64, ours: i64) -> db::Result<()> {
        let standing = store::standing(q, log_id).await?;
        let (standing, log) = match (standing, self.inner.by_id(log_id)) {
            (Some(standing), Some(log)) => (standing, log),
            (Some(standing), None) => return self.open_found(q, &standing.row, ours).await,
            (None, Some(log)) => {
                self.close(&log);
                return Ok(());
            }
            (None, None) => return Ok(()),
        };
        let (there, seen) = (standing.row.version - ours, log.version.load(Ordering::Acquire));
        if there == seen {
            return Ok(());
        }
        if there < seen || standing.rewritten > seen {
            self.begin_anew(q, &log, &standing.row).await?;
        } else if standing.changed > seen {
            self.reload(q, &log, &standing.row).await?;
        } else if !self.follow(q, &log).await? {
            tracing::error!(sid = %log.sid, "what another process wrote to a log does not follow what this one knows");
            self.begin_anew(q, &log, &standing.row).await?;
        }
        self.inner.current(log).version.store(there, Ordering::Release);
        Ok(())
    }

    /// Applies the events that are new on disk. Whether they follow what is known.
    async fn follow(&mut self, q: &mut impl Query, log: &Arc<LogHandle>) -> db::Result<bool> {
        let (mut seq, mut hash) = {
            let head = &log.state().head;
            (head.seq, head.hash)
        };
        let mut stubs = store::stubs_after(q, log.id, seq).await?.into_iter().peekable();
        loop {
            let page = events_after(q, &log.sid, log.id, seq, PAGE).await?;
            let last = (page.len() as u64) < PAGE;
            let (mut steps, mut entries) = (Vec::new(), Vec::new());
            for entry in page {
                while let Some((to, end)) = stubs.next_if(|(to, _)| *to < entry.seq()) {
                    (seq, hash) = (to, end);
                    steps.push(Step::Skip(to, end));
                }
                if entry.event.header.prev != hash || entry.seq() != seq + 1 {
                    return Ok(false);
                }
                (seq, hash) = (entry.seq(), entry.hash);
                let entry = Arc::new(entry);
                steps.push(Step::Apply(entry.clone()));
                entries.push(entry);
            }
            if last {
                for (to, end) in stubs.by_ref() {
                    (seq, hash) = (to, end);
                    steps.push(Step::Skip(to, end));
                }
            }
            if !steps.is_empty() {
                if let Some(working) = self.working.get_mut(&log.id) {
                    replay(working, &steps);
                }
                self.answer(&entries);
                self.show(log, &steps, entries, seq);
            }
            if last {
                return Ok(true);
            }
        }
    }

    /// Takes a state as it is on disk.
    async fn reload(&mut self, q: &mut impl Query, log: &Arc<LogHandle>, row: &LogRow) -> db::Result<()> {
        let mut entries: Vec<Arc<Entry>> = Vec::new();
        let head = log.state().head.seq;
        loop {
            let after = entries.last().map_or(head, |e| e.seq());
            let page = events_after(q, &log.sid, log.id, after, PAGE).await?;
            let last = (page.len() as u64) < PAGE;
            entries.extend(page.into_iter().map(Arc::new));
            if last {
                break;
            }
            if entries.len() > MOST {
                return self.begin_anew(q, log, row).await;
            }
        }
        let mut state = load_state(q, row).await?.ok_or_else(|| no_state(row))?;
        state.forget_changes();
        self.working.remove(&log.id);
        let before = log.local_members();
        log.remember(&[], true, state.head.seq);
        *log.state_mut() = state;
        if log.heed_hub(false) {
            self.inner.new_hub(log);
        }
        self.heed_row(q, log, row).await?;
        self.answer(&entries);
        if !entries.is_empty() {
            self.inner.bus.tell_server_here(&log.sid, Notice::Events(entries.clone().into()));
        }
        self.inner.bus.tell_server_here(&log.sid, Notice::Changed);
        self.tell_moved(log, &before, &entries);
        self.inner.bus.tell_server_here(&log.sid, Notice::Hub);
        self.inner.bus.tell_grown(&log.sid);
        self.inner.note_high_water(log);
        Ok(())
    }

    /// The log goes on otherwise than it was known: whoever follows it begins anew.
    async fn begin_anew(&mut self, q: &mut impl Query, log: &Arc<LogHandle>, row: &LogRow) -> db::Result<()> {
        let mut state = load_state(q, row).await?.ok_or_else(|| no_state(row))?;
        state.forget_changes();
        self.working.remove(&log.id);
        let log = if log.base_seq == row.base_seq {
            log.remember(&[], true, state.head.seq);
            *log.state_mut() = state;
            log.clone()
        } else {
            let fresh = Arc::new(self.inner.handle(row, state));
            self.inner.insert_handle(fresh.clone());
            fresh
        };
        self.heed_row(q, &log, row).await?;
        self.inner.bus.tell_server_here(&log.sid, Notice::Rewritten);
        self.announce(&log);
        self.inner.note_high_water(&log);
        Ok(())
    }

    /// Opens a log that another process made.
    async fn open_found(&mut self, q: &mut impl Query, row: &LogRow, ours: i64) -> db::Result<()> {
        let state = load_state(q, row).await?.ok_or_else(|| no_state(row))?;
        let log = Arc::new(self.inner.handle(row, state));
        log.version.store(row.version - ours, Ordering::Release);
        self.inner.insert_handle(log.clone());
        self.heed_row(q, &log, row).await?;
        self.announce(&log);
        self.inner.note_high_water(&log);
        Ok(())
    }

    /// Forgets a log that is gone from the database.
    fn close(&mut self, log: &LogHandle) {
        self.working.remove(&log.id);
        if self.inner.by_id(log.id).is_some() {
            self.inner.remove_handle(&log.sid);
        }
        self.inner.bus.tell_server_here(&log.sid, Notice::Gone);
    }

    /// What the database says of a log beside its state.
    async fn heed_row(&self, q: &mut impl Query, log: &Arc<LogHandle>, row: &LogRow) -> db::Result<()> {
        log.set_quarantined(row.quarantined.clone());
        log.set_follows(follows(q).await?.remove(&log.id));
        row.hub_domain.clone_into(&mut *unpoison(log.hub_domain.write()));
        let kept = rewind::store::rewinds(q).await?.into_iter().find(|(id, _)| *id == log.id).map(|(_, kept)| kept);
        let ends = kept.is_none() && log.rewind().is_some_and(|now| now.why != rewind::Why::Start);
        if ends || kept.is_some() {
            // The queue first, so that nobody's new words overtake their old ones.
            relay::wake(&self.inner, log);
            self.inner.set_rewind(log, kept);
        }
        Ok(())
    }

    /// Answers those here who wait for what another process has sent, or taken in.
    pub(super) fn answer(&self, entries: &[Arc<Entry>]) {
        if !self.inner.cluster.is_shared() {
            return;
        }
        let mut waiting = unpoison(self.inner.waiting.lock());
        if waiting.is_empty() {
            return;
        }
        for entry in entries {
            if let Some(waiter) = waiting.remove(&entry.aid()) {
                let _ = waiter.send(Ok(entry.clone()));
            }
        }
    }
}
