//! What the committer does for copies of logs that others sequence.

use super::{Committer, Kind, ReceiveError, Step};
use crate::{
    bus::Notice,
    crash,
    db::{self, Tx},
    log::{
        Begun, LogHandle, missed, pending, rewind, store,
        types::{Batch, Entry, LogError},
    },
};
use conntext_federation::{
    event::Item,
    ids::ActionId,
    replica::Held,
    wire::{ChannelGained, Push},
};
use std::{collections::HashMap, sync::Arc};

impl Committer {
    /// What is held already that a run may touch.
    pub(super) async fn held(&mut self, tx: &mut Tx, log: &LogHandle, items: &[Item]) -> db::Result<Held> {
        let mut held = Held { lost: store::lost(tx, log.id).await?, ..Held::default() };
        let from = items.iter().map(|i| i.range().0).min().unwrap_or(u64::MAX);
        let head = self.working(log).head.seq;
        if from <= head {
            held.hashes = store::hashes(tx, log.id, from, head).await?;
        }
        let new: HashMap<ActionId, u64> = items.iter().filter_map(|i| new_action(i, head)).collect();
        let known = store::seqs_of(tx, log.id, new.keys().copied()).await?;
        held.aids.extend(known.into_iter().filter(|(aid, seq)| new.get(aid) != Some(seq)).map(|(aid, _)| aid));
        // What was orphaned never comes again: its author sends it anew, as another action.
        held.aids.extend(rewind::store::orphaned_among(tx, log.id, new.keys().copied()).await?);
        Ok(held)
    }

    /// Verifies a run, applies it to the working state and stores its stubs. The events are not yet written.
    pub(super) async fn accept(
        &mut self,
        tx: &mut Tx,
        log: &LogHandle,
        items: Vec<Item>,
        held: &Held,
    ) -> Result<(Vec<Arc<Entry>>, Vec<Step>), ReceiveError> {
        let accepted =
            conntext_federation::replica::accept(self.working(log), items, held).map_err(ReceiveError::Fault)?;
        store::insert_stubs(tx, log.id, &accepted.stubs).await?;
        let mut steps = Vec::new();
        let mut entries = Vec::with_capacity(accepted.events.len());
        let mut stubs = accepted.stubs.iter().peekable();
        for v in accepted.events {
            while let Some(stub) = stubs.next_if(|s| s.stub.1 < v.event.header.seq) {
                steps.push(Step::Skip(stub.stub.1, stub.hash));
            }
            if let Some(code) = v.rejected {
                tracing::warn!(sid = %log.sid, seq = v.event.header.seq, code = code.as_str(), "a signed event counts for nothing");
            }
            let entry = Arc::new(Entry::new(v.event, v.hash, v.content, v.rejected));
            steps.push(Step::Apply(entry.clone()));
            entries.push(entry);
        }
        Ok((entries, steps))
    }

    pub(super) async fn receive(&mut self, log: &Arc<LogHandle>, push: Push) -> Result<u64, ReceiveError> {
        let mut tx = self.begin().await?;
        let plain = push.gained.is_empty() && push.lost.is_empty() && log.follows().is_none();
        let kind = if plain { Kind::Events } else { Kind::Changed };
        let log = &self.claim(&mut tx, log, kind).await.map_err(ReceiveError::Log)?;
        let mut held = self.held(&mut tx, log, &push.events).await?;
        // What overlaps with what is held may be there as a stub.
        let at = log.state().head.seq + 1;
        // A channel's state that arrives late, or twice, must not undo what came after it: neither the state itself nor
        // whether all of the channel comes.
        let state = self.working(log);
        let timely = |g: &ChannelGained| state.channels.get(&g.id).is_none_or(|c| c.as_of <= g.channel.as_of);
        let gained: Vec<ChannelGained> = push.gained.into_iter().filter(timely).collect();
        let follows = Self::follows_after(log, &gained, push.wish);
        held.whole = follows.as_ref().map(|follows| follows.whole.clone());
        let mut steps = Vec::new();
        for gained in gained {
            self.working(log).put_channel(gained.id.clone(), gained.channel.clone());
            steps.push(Step::Gain(Box::new(gained)));
        }
        let (mut entries, mut run) = self.accept(&mut tx, log, push.events, &held).await?;
        steps.append(&mut run);
        steps.extend(self.go_on(log, &mut entries).map_err(ReceiveError::Log)?);
        // Whoever goes on with the log holds all of it, whatever its people may see.
        let me = self.inner.me.ik.clone();
        let ours = self.working(log).info.hub == me;
        for id in push.lost.into_iter().filter(|_| !ours) {
            self.working(log).drop_channel(&id);
            store::erase_channel(&mut tx, log.id, &id).await?;
            pending::withheld(&mut tx, log.id, &id).await?;
            (self.inner.forget_channel)(&mut tx, log.id, &id).await?;
            steps.push(Step::Lose(id));
        }
        self.write(&mut tx, log, &entries, true).await?;
        let head = self.working(log).head.seq;
        let missed = missed::look(&self.inner, &mut tx, log, &entries, head).await?;
        Self::put_follows(&mut tx, log, follows.as_ref(), at).await?;
        crash::point("copy.before_commit");
        self.commit(tx).await?;
        crash::point("copy.after_commit");
        log.set_follows(follows);
        self.answer(&entries);
        self.publish(log, &steps, entries);
        missed.tell(&self.inner, log);
        Ok(log.state().head.seq)
    }

    /// Stores events of the past that were checked one by one.
    pub(super) async fn fill(&mut self, log: &Arc<LogHandle>, mut entries: Vec<Entry>) -> Result<(), LogError> {
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Changed).await?;
        // While the answer was on its way, the last one here who may see the channel may have lost it.
        let state = self.working(log);
        entries.retain(|e| e.event.action.channel.as_ref().is_none_or(|c| state.channels.contains_key(c)));
        self.strip(&mut tx, log, &mut entries).await?;
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        self.write(&mut tx, log, &entries, false).await?;
        // A deletion that came before what it deletes still counts.
        for entry in &entries {
            for erased_by in store::deletions_of(&mut tx, log.id, &entry.aid()).await? {
                store::erase_message(&mut tx, log.id, &entry.aid(), erased_by, None).await?;
            }
        }
        self.commit(tx).await?;
        log.remember(&[], true, log.state().head.seq);
        Ok(())
    }

    pub(super) async fn adopt(
        &mut self,
        begun: Begun,
        hub_domain: String,
        keep: Option<u64>,
    ) -> Result<Arc<LogHandle>, LogError> {
        let Begun { state, rows, pages } = begun;
        let mut tx = self.begin().await?;
        if let Some(old) = store::log_by_sid(&mut tx, &state.sid).await? {
            // A new start after a quarantine: what was queued is kept, the copy is not.
            self.working.remove(&old.id);
            match keep {
                // A new epoch: what stands before it stays, what it leaves out is kept apart.
                Some(to) => {
                    self.orphan_after(&mut tx, &state.sid, old.id, to, state.head.epoch).await?;
                }
                None => {
                    if let Some(copy) = self.inner.by_id(old.id) {
                        self.purged_with_all(&mut tx, &copy).await?;
                    }
                    store::forget_copy(&mut tx, old.id).await?;
                    (self.inner.forget_log)(&mut tx, old.id).await?;
                }
            }
            crate::log::state_store::forget_fold(&mut tx, old.id).await?;
            // Behind a snapshot everything comes, until less is asked for.
            store::put_follows(&mut tx, old.id, None).await?;
        }
        let id = store::insert_or_keep_log(&mut tx, &state.sid, state.info.hub.as_str(), &hub_domain, state.head.seq)
            .await?;
        if keep.is_none() {
            pending::behind(&mut tx, id, state.head.seq).await?;
        }
        crate::log::state_store::write_state(&mut tx, id, rows).await?;
        crate::log::state_store::write_pages(&mut tx, id, &pages).await?;
        let local = self.inner.me.ik.clone();
        for actor in state.by_home.get(&local).cloned().unwrap_or_default() {
            if let Some(member) = state.members.get(&actor) {
                store::put_membership(&mut tx, id, &actor, member.joined_at).await?;
            }
        }
        // No events, and all that the snapshot says: the rooms begin with that.
        let now_ms = self.inner.clock.now_ms();
        let begin = Batch { log_id: id, hub_here: false, state: &state, entries: &[], moves: &[], live: false, now_ms };
        (self.inner.projections)(&mut tx, &begin).await?;
        let base = state.head.seq;
        let log = Arc::new(LogHandle::new(id, state, false, hub_domain, None, base, local));
        self.claim_new(&mut tx, &log).await?;
        self.commit(tx).await?;
        self.inner.insert_handle(log.clone());
        if keep.is_some() {
            self.inner.bus.tell_server_here(&log.sid, Notice::Rewritten);
        }
        self.announce(&log);
        Ok(log)
    }
}

/// The action of an item beyond a position, with where it claims to stand.
fn new_action(item: &Item, head: u64) -> Option<(ActionId, u64)> {
    match item {
        Item::Event(e) if e.header.seq > head => Some((e.action.aid, e.header.seq)),
        _ => None,
    }
}

impl Committer {
    /// Who of this instance was in a server elsewhere can still have erased what they posted, when the copy is gone.
    pub(super) async fn note_departures(&self, tx: &mut Tx, log: &LogHandle) -> Result<(), LogError> {
        let (name, people) = {
            let state = log.state();
            let ours = state.bindings.iter().filter(|(_, binding)| binding.home == self.inner.me.ik);
            (state.info.name.clone(), ours.map(|(actor, _)| actor.clone()).collect::<Vec<_>>())
        };
        let now = self.inner.clock.now_ms();
        for actor in &people {
            store::note_departure(tx, actor, (log.id, &log.sid), (&log.hub_domain(), &name), now).await?;
        }
        Ok(())
    }
}
