//! New epochs: what a log leaves out is kept apart, and its authors are offered to send it again.

use super::{Committer, Kind, ReceiveError, Step};
use crate::{
    bus::Notice,
    crash,
    db::{self, Query, Tx},
    log::{
        LogHandle, pending, purge, rewind, store,
        types::{Batch, Entry, LogError, Undone},
    },
};
use conntext_federation::{
    action::Position,
    content::Content,
    epoch,
    event::Item,
    hub::HubIdentity,
    ids::{ActionId, ServerId},
    replica,
    state::ServerState,
};
use std::{collections::BTreeSet, sync::Arc};

/// Events read at a time.
const PAGE: u64 = 500;

impl Committer {
    /// Goes on in a new epoch behind the head, or behind `tail` in place of what stands behind `back_to`.
    pub(super) async fn begin_epoch(
        &mut self,
        log: &Arc<LogHandle>,
        known: Option<Position>,
        back_to: Option<u64>,
        tail: Vec<Item>,
    ) -> Result<(), LogError> {
        let now = self.inner.clock.now_ms();
        let mut tx = self.begin().await?;
        let kind = if back_to.is_some() { Kind::Rewritten } else { Kind::Changed };
        let log = &self.claim(&mut tx, log, kind).await?;
        if let Some(to) = back_to {
            self.orphan_after(&mut tx, &log.sid, log.id, to, log.head().epoch + 1).await?;
            let mut state = refold(&mut tx, log, to).await?;
            crate::log::state_store::forget_fold(&mut tx, log.id).await?;
            crate::log::state_store::write_state(&mut tx, log.id, state.take_all()).await?;
            for actor in state.by_home.get(&self.inner.me.ik).into_iter().flatten() {
                if let Some(member) = state.members.get(actor) {
                    store::put_membership(&mut tx, log.id, actor, member.joined_at).await?;
                }
            }
            state.forget_changes();
            self.working.insert(log.id, state);
        }
        let held = self.held(&mut tx, log, &tail).await?;
        let (mut entries, _) = self.accept(&mut tx, log, tail, &held).await.map_err(unusable)?;
        let set = self.inner.me.keys.set();
        let me = HubIdentity { ik: self.inner.me.ik.clone(), key: set.ring.active(now).secret.clone() };
        let rng = self.inner.rng.clone();
        let lost = store::lost(&mut tx, log.id).await?;
        let state = self.working(log);
        if let Some(shown) = super::keys::show(state, &set, &me, &*rng, now)? {
            entries.push(shown);
        }
        let made = epoch::begin(state, &me, known, lost, [rng.bytes(), rng.bytes()], now)?;
        entries.push(Arc::new(Entry::new(made.event, made.hash, Some(made.content), None)));
        self.write(&mut tx, log, &entries, true).await?;
        rewind::store::remove(&mut tx, log.id).await?;
        crash::point("epoch.before_commit");
        self.commit(tx).await?;
        crash::point("epoch.after_commit");
        if back_to.is_some() {
            let mut state = self.working(log).clone();
            state.forget_changes();
            log.remember(&[], true, state.head.seq);
            *log.state_mut() = state;
            self.inner.bus.tell_server_here(&log.sid, Notice::Rewritten);
            self.announce(log);
        } else {
            let steps: Vec<Step> = entries.iter().cloned().map(Step::Apply).collect();
            self.publish(log, &steps, entries);
        }
        tracing::warn!(sid = %log.sid, epoch = log.head().epoch, seq = log.head().seq, "a log goes on in a new epoch, on the operator's word");
        Ok(())
    }

    /// Takes everything behind a position out of a log that an epoch goes on without, in the open transaction.
    pub(super) async fn orphan_after(
        &self,
        tx: &mut Tx,
        sid: &ServerId,
        log_id: i64,
        to: u64,
        epoch: u64,
    ) -> db::Result<()> {
        let now_ms = self.inner.clock.now_ms();
        let mut entries = Vec::new();
        loop {
            let after = entries.last().map_or(to, Entry::seq);
            let mut page = store::events_after(tx, sid, log_id, after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            entries.append(&mut page);
        }
        rewind::store::set_aside(tx, log_id, to, &entries, now_ms).await?;
        purge::store::forget(tx, log_id, to).await?;
        (self.inner.undo)(tx, &Undone { log_id, to, entries: &entries }).await?;
        // What earlier events said of messages that later ones touched counts again.
        let targets: BTreeSet<&str> = entries.iter().filter_map(|e| e.event.action.target.as_deref()).collect();
        let mut again: Vec<Arc<Entry>> = Vec::new();
        for target in targets {
            again.extend(store::about(tx, sid, log_id, target).await?.into_iter().map(Arc::new));
        }
        if !again.is_empty() {
            // What is filled in like history needs no state.
            let state = ServerState::new(sid.clone(), self.inner.me.ik.clone());
            let (entries, hub_here) = (again.as_slice(), false);
            let batch = Batch { log_id, hub_here, state: &state, entries, moves: &[], live: false, now_ms };
            (self.inner.projections)(tx, &batch).await?;
        }
        for entry in entries.iter().filter(|e| e.event.action.origin == self.inner.me.ik) {
            if let Some(Content::MessageCreate(_)) = &entry.content {
                pending::offer(tx, log_id, &entry.event, &self.fresh(), self.inner.rng.bytes(), now_ms).await?;
            }
        }
        for left_out in pending::left_out(tx, log_id, epoch, to).await? {
            pending::orphan(tx, log_id, &left_out.aid, &self.fresh(), now_ms).await?;
        }
        Ok(())
    }

    pub(super) fn fresh(&self) -> ActionId {
        ActionId(self.inner.rng.bytes())
    }
}

fn unusable(e: ReceiveError) -> LogError {
    match e {
        ReceiveError::Log(e) => e,
        ReceiveError::Fault(replica::Fault::Stop(code)) => LogError::Rejected(code),
        ReceiveError::Fault(_) => LogError::Rejected(conntext_federation::Code::LogConflict),
    }
}

/// The state of a log that is held from its first event, as it was at a position.
async fn refold(q: &mut impl Query, log: &LogHandle, to: u64) -> Result<ServerState, LogError> {
    let mut state = ServerState::new(log.sid.clone(), log.state().info.hub_at(1).clone());
    let stubs = store::stub_ends(q, log.id).await?;
    while state.head.seq < to {
        let after = state.head.seq;
        for entry in store::events_after(q, &log.sid, log.id, after, PAGE).await?.iter().filter(|e| e.seq() <= to) {
            if let Some((_, end, hash)) =
                stubs.iter().find(|(from, end, _)| *from > state.head.seq && *end < entry.seq())
            {
                state.skip(*end, *hash);
            }
            state.apply(&entry.event.header, entry.hash, &entry.event.action, entry.content.as_ref());
        }
        if state.head.seq == after {
            break;
        }
    }
    Ok(state)
}
