//! A log goes over to another hub, or comes here.

use super::{Committer, Kind, Step};
use crate::{
    crash,
    db::Tx,
    log::{
        LogHandle, hub_store, rewind, store,
        types::{Batch, Entry, LogError},
    },
};
use conntext_federation::{
    Code,
    content::Content,
    epoch,
    event::Stub,
    hub::HubIdentity,
    hub_move::{self, Accept},
    notices::Move,
};
use std::sync::Arc;

/// A part of a copy's past, for an instance that is to go on with the log.
pub(in crate::log) struct Past {
    /// Events that are not held yet, verified in their order.
    pub entries: Vec<Entry>,
    /// What the hub itself lost between them.
    pub lost: Vec<Stub>,
    /// Who came and went by all events of this part.
    pub moves: Vec<Move>,
    /// With the last part: up to here nothing is missing but what the hub itself lost.
    pub whole: Option<u64>,
}

impl Committer {
    /// Writes the last event of this hub, behind which nothing of ours counts.
    pub(super) async fn hand_over(&mut self, log: &Arc<LogHandle>, accept: Accept) -> Result<Arc<Entry>, LogError> {
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Changed).await?;
        let now = self.inner.clock.now_ms();
        let set = self.inner.me.keys.set();
        let me = HubIdentity { ik: self.inner.me.ik.clone(), key: set.ring.active(now).secret.clone() };
        let rng = self.inner.rng.clone();
        let state = self.working(log);
        if state.info.hub != me.ik {
            return Err(LogError::Unknown);
        }
        if let Some(shown) = super::keys::show(state, &set, &me, &*rng, now)? {
            // The new hub has accepted another end.
            let entries = vec![shown.clone()];
            self.write(&mut tx, log, &entries, true).await?;
            self.commit(tx).await?;
            self.publish(log, &[Step::Apply(shown)], entries);
            return Err(LogError::Rejected(Code::Gap));
        }
        let made = hub_move::commit(state, &me, accept, [rng.bytes(), rng.bytes()], now)?;
        let entry = Arc::new(Entry::new(made.event, made.hash, Some(made.content), None));
        let entries = vec![entry.clone()];
        self.write(&mut tx, log, &entries, true).await?;
        let to = self.working(log).info.hub.clone();
        let domain = self.working(log).instances.get(&to).map(|i| i.domain.clone()).unwrap_or_default();
        hub_store::note_handed_over(&mut tx, log.id, &log.sid, &domain, now).await?;
        let invites: Vec<_> = self.working(log).invites.keys().copied().collect();
        hub_store::note_invites(&mut tx, &log.sid, &invites).await?;
        crash::point("handover.before_commit");
        self.commit(tx).await?;
        crash::point("handover.after_commit");
        self.publish(log, &[Step::Apply(entry.clone())], entries);
        Ok(entry)
    }

    /// Where the last of these events makes this instance the hub, it goes on in the next epoch, in the same transaction.
    pub(super) fn go_on(&mut self, log: &LogHandle, entries: &mut Vec<Arc<Entry>>) -> Result<Vec<Step>, LogError> {
        let now = self.inner.clock.now_ms();
        let (set, rng) = (self.inner.me.keys.set(), self.inner.rng.clone());
        let me = HubIdentity { ik: self.inner.me.ik.clone(), key: set.ring.active(now).secret.clone() };
        let handed = entries.last().is_some_and(|entry| matches!(entry.content, Some(Content::MigrateCommit(_))));
        let state = self.working(log);
        if !handed || state.info.hub != me.ik {
            return Ok(Vec::new());
        }
        let mut new = Vec::new();
        // Its keys may be newer than those that the owner brought.
        new.extend(super::keys::show(state, &set, &me, &*rng, now)?);
        let made = epoch::begin(state, &me, None, Vec::new(), [rng.bytes(), rng.bytes()], now)?;
        new.push(Arc::new(Entry::new(made.event, made.hash, Some(made.content), None)));
        entries.extend(new.iter().cloned());
        Ok(new.into_iter().map(Step::Apply).collect())
    }

    /// Stores a part of the past, with what the rooms make of it.
    pub(super) async fn complete(&mut self, log: &Arc<LogHandle>, past: Past) -> Result<(), LogError> {
        let Past { mut entries, lost, moves, whole } = past;
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Changed).await?;
        let now_ms = self.inner.clock.now_ms();
        self.strip(&mut tx, log, &mut entries).await?;
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        store::insert_events(&mut tx, log.id, &entries).await?;
        store::insert_stubs(&mut tx, log.id, &lost).await?;
        for entry in &entries {
            if matches!(entry.content, Some(Content::UserPurge)) {
                self.begin_purge(&mut tx, log, entry).await?;
            }
            for erased_by in store::deletions_of(&mut tx, log.id, &entry.aid()).await? {
                store::erase_message(&mut tx, log.id, &entry.aid(), erased_by, None).await?;
            }
        }
        let projections = self.inner.projections;
        let state = self.working(log);
        let (log_id, hub_here, entries) = (log.id, log.hub_here(), entries.as_slice());
        if !entries.is_empty() {
            let batch = Batch { log_id, hub_here, state, entries, moves: &moves, live: false, now_ms };
            projections(&mut tx, &batch).await?;
        }
        if let Some(to) = whole {
            hub_store::is_whole(&mut tx, log.id, to).await?;
        }
        self.commit(tx).await?;
        log.remember(&[], true, log.state().head.seq);
        Ok(())
    }

    /// What else changes with a hub's last event.
    pub(super) async fn note_new_hub(&mut self, tx: &mut Tx, log: &LogHandle) -> crate::db::Result<()> {
        let info = &self.working(log).info;
        let hub = info.hub.clone();
        let domain = self.working(log).instances.get(&hub).map(|instance| instance.domain.clone());
        rewind::store::remove(tx, log.id).await?;
        if hub == self.inner.me.ik {
            // It has come back.
            hub_store::forget_handed_over(tx, &log.sid).await?;
        }
        hub_store::set_hub(tx, log.id, hub.as_str(), &domain.unwrap_or_default()).await
    }
}
