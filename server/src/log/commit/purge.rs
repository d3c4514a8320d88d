//! Carrying out what somebody asked to have erased.

use super::{Committer, Kind};
use crate::{
    bus::Notice,
    crash,
    db::{self, Tx},
    log::{
        LogHandle,
        purge::{self, Gone, PLACES, Purge, store},
        store as events,
        types::{Entry, LogError},
    },
};
use conntext_federation::{content::erasable, ids::Actor};
use std::{collections::HashMap, sync::Arc};

impl Committer {
    /// Notes a purge within the transaction that writes it, and at a hub who has to confirm it.
    pub(super) async fn begin_purge(&mut self, tx: &mut Tx, log: &LogHandle, entry: &Entry) -> db::Result<()> {
        let actor = &entry.event.action.actor;
        store::begin(tx, log.id, entry.seq(), &entry.aid(), &entry.hash, actor).await?;
        if log.hub_here() {
            let me = self.inner.me.ik.clone();
            let state = self.working(log);
            let there: Vec<_> = state.by_home.keys().filter(|ik| **ik != me).cloned().collect();
            for ik in there.iter().chain([&me]) {
                store::expect(tx, log.id, entry.seq(), ik).await?;
            }
        }
        Ok(())
    }

    /// Erases a part of what a purge covers.
    pub(super) async fn purge(&mut self, log: &Arc<LogHandle>, seq: u64) -> Result<(), LogError> {
        let mut tx = self.begin().await?;
        let Some(purge) = store::one(&mut tx, log.id, seq).await?.filter(|p| p.erased_to < p.seq) else {
            return Ok(());
        };
        let most = purge.seq.min(purge.erased_to + PLACES);
        let found = store::of_actor(&mut tx, log.id, &purge.actor, purge.erased_to, most).await?;
        let full = u64::try_from(found.len()).unwrap_or(u64::MAX) >= purge::MOST;
        let to = found.last().filter(|_| full).map_or(most, |last| last.seq);
        let done = to == purge.seq;
        // Where it took several steps, somebody may have read in between what is gone now.
        let seen_between = done && purge.erased_to > 0;
        let kind = if seen_between { Kind::Rewritten } else { Kind::Changed };
        let log = &self.claim(&mut tx, log, kind).await?;
        let mut messages = Vec::new();
        let mut reacted = Vec::new();
        for event in found {
            match (event.kind.as_str(), event.channel, event.target) {
                ("message.create", Some(channel), _) => messages.push((event.aid, channel)),
                ("reaction.add" | "reaction.remove", _, Some(target)) => reacted.push(target),
                _ => {}
            }
        }
        for (aid, _) in &messages {
            events::erase_message(&mut tx, log.id, aid, purge.seq, None).await?;
        }
        let (log_id, actor) = (log.id, &purge.actor);
        store::erase(&mut tx, log_id, actor, purge.erased_to, to, purge.seq).await?;
        let gone = Gone { log_id, by_seq: purge.seq, messages: &messages, reacted: &reacted, actor };
        (self.inner.erase)(&mut tx, &gone).await?;
        store::advance(&mut tx, log_id, purge.seq, to).await?;
        if done {
            store::erase_aside(&mut tx, log_id, actor).await?;
            self.purged(&mut tx, log, &purge).await?;
        }
        crash::point("purge.before_commit");
        self.commit(tx).await?;
        log.remember(&[], true, log.state().head.seq);
        if seen_between {
            self.inner.bus.tell_server_here(&log.sid, Notice::Rewritten);
        }
        self.inner.bus.tell_grown(&log.sid);
        Ok(())
    }

    /// Signs for a purge: to the log's own hub at once, to another one by a message that follows.
    async fn purged(&self, tx: &mut Tx, log: &LogHandle, purge: &Purge) -> Result<(), LogError> {
        let now = self.inner.clock.now_ms();
        let set = self.inner.me.keys.set();
        let me = &self.inner.me.ik;
        let receipt = purge::receipt(&log.sid, purge, me, &set.ring.active(now).secret, now)?;
        if log.hub_here() {
            store::confirm(tx, log.id, purge.seq, me, &receipt).await?;
        } else {
            store::owe(tx, &log.sid, &purge.aid, &log.hub_domain(), &receipt, now).await?;
        }
        Ok(())
    }

    /// What is held of a log goes as a whole, and with it what was still to be erased.
    pub(super) async fn purged_with_all(&self, tx: &mut Tx, log: &LogHandle) -> Result<(), LogError> {
        for purge in store::open_in(tx, log.id).await? {
            self.purged(tx, log, &purge).await?;
        }
        Ok(store::forget(tx, log.id, 0).await?)
    }

    /// Takes the content from what arrives late although its author had it erased.
    pub(super) async fn strip(&self, tx: &mut Tx, log: &LogHandle, entries: &mut [Entry]) -> db::Result<()> {
        let mut covered: HashMap<Actor, Option<u64>> = HashMap::new();
        for entry in entries.iter_mut().filter(|e| erasable(&e.event.action.kind)) {
            let actor = &entry.event.action.actor;
            if !covered.contains_key(actor) {
                covered.insert(actor.clone(), store::covered(tx, log.id, actor).await?);
            }
            let Some(by) = covered.get(actor).copied().flatten().filter(|by| entry.seq() <= *by) else { continue };
            let mut event = entry.event.clone();
            (event.content, event.salt) = (None, None);
            event.erased.get_or_insert(by);
            *entry = Entry::new(event, entry.hash, None, entry.rejected);
        }
        Ok(())
    }
}
