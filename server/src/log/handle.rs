//! One log, open in memory.

use super::rewind::Rewind;
use super::types::{Entry, Follows};
use super::{recent::Recent, unpoison};
use conntext_federation::{
    action::Position,
    hub,
    ids::{Actor, ChannelId, Hash, InstanceId, ServerId},
    state::ServerState,
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

/// One log, open in memory.
pub struct LogHandle {
    pub id: i64,
    pub sid: ServerId,
    /// Whether this instance sequences it.
    hub_here: AtomicBool,
    /// Where the copy began with a snapshot; 0 for a log held from its first event.
    pub base_seq: u64,
    /// The last change, by any process, that this one knows of.
    pub(super) version: AtomicI64,
    pub(super) local: InstanceId,
    pub(super) hub_domain: RwLock<String>,
    pub(super) published: RwLock<ServerState>,
    /// What was written last, so that whoever follows closely reads no disk.
    pub(super) recent: Mutex<Recent>,
    pub(super) quarantined: RwLock<Option<String>>,
    /// Which channels a copy follows whole; none where all of them.
    pub(super) follows: RwLock<Option<Follows>>,
    /// Why nothing is sequenced in a log of ours.
    pub(super) rewind: RwLock<Option<Rewind>>,
    /// Whoever waits for a change of that goes on in the order of their coming.
    pub(super) rewind_changed: tokio::sync::Notify,
    /// Whether the hub answered last; where the hub is here, whether the log stands still.
    pub(super) hub_away: AtomicBool,
    pub(super) hub_away_since: AtomicI64,
    pub(super) relay: tokio::sync::Notify,
    pub(super) relaying: AtomicBool,
}

impl LogHandle {
    /// Keeps what was committed for those who follow closely; not what was written before when that `changed`.
    pub(super) fn remember(&self, entries: &[Arc<Entry>], changed: bool, head: u64) {
        let mut recent = unpoison(self.recent.lock());
        if changed {
            recent.forget(head);
        } else {
            recent.add(entries, head);
        }
    }

    pub(super) fn new(
        id: i64,
        mut state: ServerState,
        hub_here: bool,
        hub_domain: String,
        quarantined: Option<String>,
        base_seq: u64,
        local: InstanceId,
    ) -> Self {
        state.forget_changes();
        Self {
            id,
            sid: state.sid.clone(),
            hub_here: AtomicBool::new(hub_here),
            base_seq,
            version: AtomicI64::new(0),
            local,
            hub_domain: RwLock::new(hub_domain),
            recent: Mutex::new(Recent::after(state.head.seq)),
            published: RwLock::new(state),
            quarantined: RwLock::new(quarantined),
            follows: RwLock::new(None),
            rewind: RwLock::new(None),
            rewind_changed: tokio::sync::Notify::new(),
            hub_away: AtomicBool::new(false),
            hub_away_since: AtomicI64::new(0),
            relay: tokio::sync::Notify::new(),
            relaying: AtomicBool::new(false),
        }
    }

    /// Whether this instance sequences it.
    pub fn hub_here(&self) -> bool {
        self.hub_here.load(Ordering::Acquire)
    }

    /// After a change of the state: it may have gone to another hub (`handed`), or come to this one. Answers whether it did.
    pub(super) fn heed_hub(&self, handed: bool) -> bool {
        let (here, domain) = {
            let state = self.state();
            let hub = &state.info.hub;
            (*hub == self.local, state.instances.get(hub).map(|instance| instance.domain.clone()))
        };
        let changed = self.hub_here.swap(here, Ordering::AcqRel) != here || handed;
        if changed && let Some(domain) = domain {
            *unpoison(self.hub_domain.write()) = domain;
        }
        changed
    }

    /// The state as committed. Hold it briefly and never across an `await`.
    pub fn state(&self) -> RwLockReadGuard<'_, ServerState> {
        unpoison(self.published.read())
    }

    pub(super) fn state_mut(&self) -> RwLockWriteGuard<'_, ServerState> {
        unpoison(self.published.write())
    }

    /// The end of the log or copy.
    pub fn head(&self) -> Position {
        hub::position(&self.state())
    }

    /// The members whose home is this instance.
    pub fn local_members(&self) -> BTreeSet<Actor> {
        self.state().by_home.get(&self.local).cloned().unwrap_or_default()
    }

    /// Where the hub is reached.
    pub fn hub_domain(&self) -> String {
        unpoison(self.hub_domain.read()).clone()
    }

    /// Since when the hub does not answer, milliseconds; `None` while it does.
    pub fn hub_away_since(&self) -> Option<i64> {
        self.hub_away.load(Ordering::Relaxed).then(|| self.hub_away_since.load(Ordering::Relaxed))
    }

    /// Whether every channel is followed whole.
    pub fn is_whole(&self) -> bool {
        unpoison(self.follows.read()).is_none()
    }

    /// Whether what a hub sent by a wish may be taken: it was ours, or the one before that.
    pub fn knows_wish(&self, wish: Option<Hash>) -> bool {
        match unpoison(self.follows.read()).as_ref() {
            Some(follows) => follows.knows(wish),
            None => wish.is_none(),
        }
    }

    /// Whether every event of a channel arrives here.
    pub fn has_whole(&self, channel: &ChannelId) -> bool {
        unpoison(self.follows.read()).as_ref().is_none_or(|follows| follows.whole.contains(channel))
    }

    /// The channels that were asked for; none for all.
    pub fn wanted(&self) -> Option<BTreeSet<ChannelId>> {
        unpoison(self.follows.read()).as_ref().filter(|f| !f.all_soon).map(|f| f.wanted.clone())
    }

    pub(super) fn follows(&self) -> Option<Follows> {
        unpoison(self.follows.read()).clone()
    }

    pub(super) fn set_follows(&self, follows: Option<Follows>) {
        *unpoison(self.follows.write()) = follows;
    }

    /// Why the copy is no longer fed.
    pub fn quarantined(&self) -> Option<String> {
        unpoison(self.quarantined.read()).clone()
    }

    pub(super) fn set_quarantined(&self, code: Option<String>) {
        *unpoison(self.quarantined.write()) = code;
    }
}
