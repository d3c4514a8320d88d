//! The logs of this instance: those it sequences and its copies of others.
//!
//! [`Log::submit`] is the one door. Whether the hub is here or elsewhere is decided behind it and nowhere else.

mod aside;
mod commit;
pub mod gaps;
mod handle;
pub(crate) mod hub_store;
mod missed;
mod others;
pub mod pending;
pub mod purge;
mod recent;
mod relay;
pub mod rewind;
mod settled;
mod state_store;
pub(crate) mod store;
pub mod types;
pub mod verify;

pub use commit::ReceiveError;
pub use handle::LogHandle;
pub use pending::{Pending, PendingState};
pub use relay::{HubLink, LinkError};
pub use settled::settled;
pub use state_store::has_gone;
pub use store::last_bound;
pub use types::{Batch, Entry, LogError, Me, Outcome, Undone};

use crate::{
    bus::Bus,
    clock::{Clock, Rng},
    cluster::Cluster,
    db::{self, Db, Query, Tx},
};
use commit::{Committer, Following, Past, Request, TakeOver, Work};
use conntext_federation::{
    Code,
    content::{Genesis, LogKind, ServerTakeover},
    event::{Item, Stub},
    hub::{self, Draft, HubIdentity, Proposal},
    hub_move::Accept,
    identity::Op,
    ids::{ActionId, Actor, ChannelId, InstanceId, MediaId, ServerId},
    keys::{Bytes, PublicKey},
    notices::Move,
    state::{Channel, Row, ServerState},
    wire::{ChannelHead, Push, RowsText},
};
use futures_util::future::BoxFuture;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, OnceLock, atomic::Ordering},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// How many requests may wait for the writer before callers wait too.
const QUEUE: usize = 4096;

/// Writes what the rooms derive from events, inside the log's transaction.
pub type Projections = for<'a> fn(&'a mut Tx, &'a Batch<'a>) -> BoxFuture<'a, db::Result<()>>;
/// Drops what the rooms hold of a log.
pub type ForgetLog = for<'a> fn(&'a mut Tx, i64) -> BoxFuture<'a, db::Result<()>>;
/// Drops what the rooms hold of one channel of a copy.
pub type ForgetChannel = for<'a> fn(&'a mut Tx, i64, &'a ChannelId) -> BoxFuture<'a, db::Result<()>>;

/// Takes back what the rooms derived from events that no longer count.
pub type Undo = for<'a> fn(&'a mut Tx, &'a Undone<'a>) -> BoxFuture<'a, db::Result<()>>;
/// Whether the home that is named brought all of these files, complete, into the log.
pub type FilesThere =
    for<'a> fn(&'a mut Tx, i64, &'a InstanceId, &'a BTreeSet<MediaId>) -> BoxFuture<'a, db::Result<bool>>;

/// A copy as it begins: a state that a hub showed, and what it is stored as.
#[derive(Debug)]
pub struct Begun {
    /// The state.
    pub state: ServerState,
    /// Its rows but those on pages.
    pub rows: Vec<Row>,
    /// Its people, in a large community.
    pub pages: Vec<RowsText>,
}

/// What the rooms hand to the log.
#[derive(Clone, Copy)]
pub struct Rooms {
    pub projections: Projections,
    pub forget_log: ForgetLog,
    pub forget_channel: ForgetChannel,
    pub files_there: FilesThere,
    pub undo: Undo,
    pub erase: purge::Erase,
}

/// Durations that the configuration sets.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// How long the hub keeps deleted content for moderators, milliseconds; 0 erases at once.
    pub hold_deleted_ms: i64,
    /// How many actions of one person may wait for hubs.
    pub queue_per_actor: u64,
    /// How long an action waits for its hub, milliseconds.
    pub queue_ttl_ms: i64,
}

fn unpoison<G>(guard: Result<G, std::sync::PoisonError<G>>) -> G {
    guard.unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Who waits at the door for the answer of a hub elsewhere.
type Waiter = oneshot::Sender<Result<Arc<Entry>, LogError>>;

pub(crate) struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    bus: Arc<Bus>,
    cluster: Arc<Cluster>,
    me: Arc<Me>,
    settings: LogSettings,
    hold_deleted_ms: i64,
    projections: Projections,
    forget_log: ForgetLog,
    forget_channel: ForgetChannel,
    files_there: FilesThere,
    undo: Undo,
    erase: purge::Erase,
    /// Woken when somebody asked to have something erased.
    purges: tokio::sync::Notify,
    /// The way to the writer, for the relay; it does not keep the writer alive.
    requests: mpsc::WeakSender<Request>,
    high_water: OnceLock<rewind::HighWater>,
    /// In the same order each time, so that a simulation can be played again.
    handles: Mutex<BTreeMap<ServerId, Arc<LogHandle>>>,
    link: OnceLock<Arc<dyn HubLink>>,
    metrics_events: prometheus_client::metrics::counter::Counter,
    /// Actions that somebody waits for at the door, answered by the relay.
    waiting: Mutex<HashMap<ActionId, Waiter>>,
    /// Logs that another process said it wrote to, until they are looked at.
    news: Mutex<BTreeSet<i64>>,
}

impl Inner {
    fn handle(&self, row: &store::LogRow, state: ServerState) -> LogHandle {
        let (domain, quarantined, ik) = (row.hub_domain.clone(), row.quarantined.clone(), self.me.ik.clone());
        LogHandle::new(row.id, state, row.hub == ik.as_str(), domain, quarantined, row.base_seq, ik)
    }
    fn insert_handle(&self, log: Arc<LogHandle>) {
        unpoison(self.handles.lock()).insert(log.sid.clone(), log);
    }
    /// The copy as it is open now: it may have begun anew since somebody looked it up.
    fn current(&self, log: Arc<LogHandle>) -> Arc<LogHandle> {
        unpoison(self.handles.lock()).get(&log.sid).cloned().unwrap_or(log)
    }
    /// A log went to another hub, or came here: what waits takes the other way.
    fn new_hub(self: &Arc<Self>, log: &LogHandle) {
        self.set_rewind(log, None);
        if let Some(log) = self.by_id(log.id) {
            relay::wake(self, &log);
        }
        self.bus.tell_server(&log.sid, crate::bus::Notice::Changed);
    }
    fn remove_handle(&self, sid: &ServerId) {
        unpoison(self.handles.lock()).remove(sid);
    }
}

/// All logs of the instance. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    inner: Arc<Inner>,
    /// The way to the writer, which ends when the last of these is dropped.
    requests: mpsc::Sender<Request>,
}

/// What a new server begins with.
pub struct NewServer {
    pub kind: LogKind,
    pub creator: Actor,
    /// The creator's identity chain.
    pub identity: Vec<Op>,
    pub recovery_keys: Vec<PublicKey>,
}

/// How long the door waits for a hub elsewhere before it answers that the action waits.
pub const PATIENCE: Duration = Duration::from_secs(4);

impl Log {
    /// Opens all logs and starts the one writer.
    #[expect(clippy::too_many_arguments, reason = "called once, where the instance is put together")]
    pub async fn start(
        db: Db,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        bus: Arc<Bus>,
        cluster: Arc<Cluster>,
        me: Arc<Me>,
        settings: LogSettings,
        rooms: Rooms,
        events_counter: prometheus_client::metrics::counter::Counter,
    ) -> db::Result<Self> {
        let (requests, receiver) = mpsc::channel(QUEUE);
        let inner = Arc::new(Inner {
            db,
            clock,
            rng,
            bus,
            cluster,
            me,
            settings,
            hold_deleted_ms: settings.hold_deleted_ms,
            projections: rooms.projections,
            forget_log: rooms.forget_log,
            forget_channel: rooms.forget_channel,
            files_there: rooms.files_there,
            undo: rooms.undo,
            erase: rooms.erase,
            purges: tokio::sync::Notify::new(),
            requests: requests.downgrade(),
            high_water: OnceLock::new(),
            handles: Mutex::default(),
            link: OnceLock::new(),
            metrics_events: events_counter,
            waiting: Mutex::default(),
            news: Mutex::default(),
        });
        let mut read = inner.db.read().await?;
        let mut follows = store::follows(&mut read).await?;
        for row in store::logs(&mut read).await? {
            let Some(state) = crate::log::state_store::load_state(&mut read, &row).await? else {
                tracing::error!(sid = %row.sid, "a log has no state and stays closed");
                continue;
            };
            let handle = inner.handle(&row, state);
            handle.version.store(row.version, Ordering::Release);
            handle.set_follows(follows.remove(&row.id));
            inner.insert_handle(Arc::new(handle));
        }
        drop(read);
        Committer::spawn(inner.clone(), receiver);
        Ok(Self { inner, requests })
    }

    /// Connects the relay to the instances elsewhere and sends what still waits.
    pub async fn connect(&self, link: Arc<dyn HubLink>) -> db::Result<()> {
        if self.inner.link.set(link).is_err() {
            return Ok(());
        }
        let mut read = self.inner.db.read().await?;
        let waiting = pending::logs_waiting(&mut read).await?;
        drop(read);
        for sid in waiting {
            if let Some(log) = sid.parse().ok().and_then(|sid| self.get(&sid)) {
                relay::wake(&self.inner, &log);
            }
        }
        Ok(())
    }

    /// A log or copy that is open here.
    pub fn get(&self, sid: &ServerId) -> Option<Arc<LogHandle>> {
        unpoison(self.inner.handles.lock()).get(sid).cloned()
    }

    /// All logs and copies.
    pub fn all(&self) -> Vec<Arc<LogHandle>> {
        unpoison(self.inner.handles.lock()).values().cloned().collect()
    }

    /// The servers that somebody of this instance is in, in the order of joining.
    pub async fn memberships(&self, actor: &Actor) -> db::Result<Vec<Arc<LogHandle>>> {
        let mut read = self.inner.db.read().await?;
        let sids = store::memberships(&mut read, actor).await?;
        Ok(sids.iter().filter_map(|sid| self.get(sid)).filter(|l| !l.state().info.deleted).collect())
    }

    /// Opens a new server with this instance as its hub.
    ///
    /// # Errors
    /// [`LogError::Rejected`] where the creator's identity chain does not lead here.
    pub async fn open(&self, new: NewServer) -> Result<Arc<LogHandle>, LogError> {
        let inner = &self.inner;
        let genesis = Genesis {
            nonce: Bytes(inner.rng.bytes()),
            kind: new.kind,
            creator: new.creator,
            recovery_keys: new.recovery_keys,
            rules_version: 1,
        };
        let entropy = std::array::from_fn(|_| inner.rng.bytes());
        let now = inner.clock.now_ms();
        let keys = inner.me.keys.set();
        let identity = HubIdentity { ik: inner.me.ik.clone(), key: keys.ring.active(now).secret.clone() };
        let (state, made) = hub::open(&identity, &keys.statement, &genesis, new.identity, &entropy, now)?;
        let entries = made.into_iter().map(|m| Entry::new(m.event, m.hash, Some(m.content), None)).collect();
        self.ask(|reply| Request::Open { state: Box::new(state), entries, reply }).await
    }

    /// The one door: somebody of this instance does something in a server.
    ///
    /// With the hub here it is on disk and in the log when this returns. With the hub elsewhere it is queued durably,
    /// in order for its actor, and this waits a little for the hub's answer. `nonce` makes it safe to repeat: the same
    /// number of the same actor is the same action.
    ///
    /// # Errors
    /// [`LogError::Rejected`] with the rule that refused it.
    pub async fn submit(&self, draft: Draft, nonce: Option<String>) -> Result<Outcome, LogError> {
        let log = self.get(&draft.sid).ok_or(LogError::Unknown)?;
        let aid = ActionId(self.inner.rng.bytes());
        self.submit_as(&log, draft, aid, nonce).await
    }

    /// As [`Log::submit`], where the id of what is made has to be known before (a channel's id follows from it).
    pub async fn submit_as(
        &self,
        log: &Arc<LogHandle>,
        draft: Draft,
        aid: ActionId,
        nonce: Option<String>,
    ) -> Result<Outcome, LogError> {
        let salt = self.inner.rng.bytes();
        if log.hub_here() && (!log.is_relayed() || log.writable(None).await && !log.is_relayed()) {
            let work = Work::Own { draft: Box::new(draft.clone()), aid, salt, nonce: nonce.clone() };
            let log = log.clone();
            match self.ask(|reply| Request::Append { log, work, reply }).await {
                // It has just been seen that the log lacks its end: what people write waits.
                Err(LogError::Rewinding) => {}
                appended => return appended.map(Outcome::Accepted),
            }
        }
        relay::enqueue(&self.inner, log, draft, aid, salt, nonce).await
    }

    /// A fresh id for [`Log::submit_as`].
    pub fn new_aid(&self) -> ActionId {
        ActionId(self.inner.rng.bytes())
    }

    /// An action of another instance, signed there, for a log that this instance sequences.
    pub async fn submit_foreign(&self, sid: &ServerId, proposal: Proposal) -> Result<Arc<Entry>, LogError> {
        let log = self.get(sid).filter(|l| l.hub_here()).ok_or(LogError::Unknown)?;
        rewind::open_for_others(&log).await?;
        let work = Work::Foreign(Box::new(proposal));
        self.ask(|reply| Request::Append { log, work, reply }).await
    }

    /// Writes the keys of an instance that is about to act in a server of ours, unless they stand there already.
    pub async fn ensure_keys(
        &self,
        sid: &ServerId,
        statement: &conntext_federation::instance::KeysStatement,
    ) -> Result<(), LogError> {
        let log = self.get(sid).filter(|l| l.hub_here()).ok_or(LogError::Unknown)?;
        rewind::open_for_others(&log).await?;
        let known = || log.state().instances.get(&statement.ik).is_some_and(|i| i.serial >= statement.serial);
        if known() {
            return Ok(());
        }
        let draft = Draft {
            sid: sid.clone(),
            kind: "instance.keys".into(),
            channel: None,
            target: None,
            actor: Actor::Instance(self.inner.me.ik.clone()),
            content: hub::json(statement)?,
        };
        match self.submit(draft, None).await {
            // Another of its people came in at the same moment and brought them.
            Err(LogError::Rejected(Code::StaleRev)) if known() => Ok(()),
            submitted => submitted.map(|_| ()),
        }
    }

    /// Shows this instance's newest keys in a log or copy that it acts in, unless they stand there already: in a log of
    /// ours they are on disk when this returns, to a hub elsewhere they are on their way.
    pub async fn show_keys(&self, log: &Arc<LogHandle>) -> Result<(), LogError> {
        if !relay::keys_wanted(&self.inner, log) {
            return Ok(());
        }
        if log.hub_here() {
            let log = log.clone();
            return self.ask(|reply| Request::ShowKeys { log, reply }).await;
        }
        // A hub that is away is shown them when it is back, before anything else.
        if log.hub_away_since().is_none() {
            relay::wake(&self.inner, log);
        }
        Ok(())
    }

    /// A push from the hub of a copy. Returns the new head.
    pub async fn receive(&self, push: Push) -> Result<u64, ReceiveError> {
        let log = self.get(&push.sid).filter(|l| !l.hub_here()).ok_or(ReceiveError::Log(LogError::Unknown))?;
        let (reply, answer) = oneshot::channel();
        let sent = self.requests.send(Request::Receive { log, push, reply }).await;
        if sent.is_err() {
            return Err(ReceiveError::Log(LogError::Closed));
        }
        answer.await.unwrap_or(Err(ReceiveError::Log(LogError::Closed)))
    }

    /// A copy follows these channels alone from now on; all where there are none, once its hub sends them.
    pub async fn follow(&self, log: &Arc<LogHandle>, wanted: Option<BTreeSet<ChannelId>>) -> Result<(), LogError> {
        let (log, change) = (log.clone(), Following::Wanted(wanted));
        self.ask(|reply| Request::Follow { log, change, reply }).await
    }

    /// The hub of a copy says where channels end that are not followed whole.
    pub async fn note_heads(&self, log: &Arc<LogHandle>, heads: Vec<ChannelHead>) -> Result<(), LogError> {
        let (log, change) = (log.clone(), Following::Heads(heads));
        self.ask(|reply| Request::Follow { log, change, reply }).await
    }

    /// Stores history that was fetched on demand. Each event was checked by [`conntext_federation::replica::verify_past`].
    pub async fn fill(&self, log: &Arc<LogHandle>, entries: Vec<Entry>) -> Result<(), LogError> {
        let log = log.clone();
        self.ask(|reply| Request::Fill { log, entries, reply }).await
    }

    /// Begins a copy with the state of a snapshot that was verified. With `keep` its hub has begun a new epoch: what the copy holds up
    /// to that position stays, what lies behind it is kept as orphaned.
    pub async fn adopt(&self, begun: Begun, hub_domain: String, keep: Option<u64>) -> Result<Arc<LogHandle>, LogError> {
        self.ask(|reply| Request::Adopt { begun: Box::new(begun), hub_domain, keep, reply }).await
    }

    /// Has a log stand still for a moment, since another hub is about to go on with it. Answers whether nothing else holds it.
    ///
    /// # Errors
    /// From the database.
    pub async fn pause(&self, log: &LogHandle) -> db::Result<bool> {
        if let Some(now) = log.rewind() {
            return Ok(now.why == rewind::Why::Handover);
        }
        self.keep_rewind(log, rewind::Rewind::handover(self.inner.clock.now_ms())).await?;
        Ok(true)
    }

    /// Writes the last event of a log of ours: from there on the instance that accepted it is its hub.
    ///
    /// # Errors
    /// [`LogError::Rejected`] with [`Code::Gap`] where the log has grown, else with what is wrong with the acceptance.
    pub async fn hand_over(&self, log: &Arc<LogHandle>, accept: Accept) -> Result<Arc<Entry>, LogError> {
        let (log, accept) = (log.clone(), Box::new(accept));
        self.ask(|reply| Request::HandOver { log, accept, reply }).await
    }

    /// Goes on with a log whose hub is lost, as its recovery keys said: behind `tail`, with `channels` that nobody here may see.
    ///
    /// # Errors
    /// [`LogError::Rejected`] where the tail or the word of the keys does not hold; nothing is changed then.
    pub async fn take_over(
        &self,
        log: &Arc<LogHandle>,
        content: ServerTakeover,
        tail: Vec<Item>,
        channels: Vec<(ChannelId, Channel)>,
    ) -> Result<Arc<Entry>, LogError> {
        let (log, taken) = (log.clone(), Box::new(TakeOver { content, tail, channels }));
        self.ask(|reply| Request::TakeOver { log, taken, reply }).await
    }

    /// Stores a part of a copy's past: events that were verified from the first on, what the hub itself lost between them, and
    /// who came and went by them.
    pub async fn complete(
        &self,
        log: &Arc<LogHandle>,
        entries: Vec<Entry>,
        lost: Vec<Stub>,
        moves: Vec<Move>,
    ) -> Result<(), LogError> {
        let (log, past) = (log.clone(), Box::new(Past { entries, lost, moves, whole: None }));
        self.ask(|reply| Request::Complete { log, past, reply }).await
    }

    /// Nothing is missing of a copy up to a place.
    pub async fn is_whole(&self, log: &Arc<LogHandle>, to: u64) -> Result<(), LogError> {
        let past = Past { entries: Vec::new(), lost: Vec::new(), moves: Vec::new(), whole: Some(to) };
        let (log, past) = (log.clone(), Box::new(past));
        self.ask(|reply| Request::Complete { log, past, reply }).await
    }

    /// Forgets a log and everything that was derived from it.
    pub async fn remove(&self, log: &Arc<LogHandle>) -> Result<(), LogError> {
        let log = log.clone();
        self.ask(|reply| Request::Remove { log, reply }).await
    }

    /// Says whether a hub answers; the clients are told when that changes.
    pub fn hub_answers(&self, hub: &InstanceId, answers: bool) {
        for log in self.all() {
            if !log.hub_here() && log.state().info.hub == *hub {
                let changed = relay::set_away(&self.inner, &log, !answers);
                // An answer alone is no news: one that refuses would wake what it has just refused.
                if answers && changed {
                    relay::wake(&self.inner, &log);
                }
            }
        }
    }

    /// Stores a new address of a hub.
    pub async fn set_hub_domain(&self, log: &LogHandle, domain: &str) -> db::Result<()> {
        let mut tx = self.inner.db.begin().await?;
        store::set_hub_domain(&mut tx, log.id, domain).await?;
        self.inner.touch(&mut tx, log.id, commit::Kind::Changed).await?;
        tx.commit().await?;
        *unpoison(log.hub_domain.write()) = domain.to_owned();
        Ok(())
    }

    /// Puts a refused or expired action of its author back into the queue.
    pub async fn retry(&self, log: &Arc<LogHandle>, actor: &Actor, aid: &ActionId) -> db::Result<bool> {
        let mut tx = self.inner.db.begin().await?;
        let mine = pending::get(&mut tx, &log.sid, log.id, aid).await?.is_some_and(|p| p.draft.actor == *actor);
        let done = mine && pending::requeue(&mut tx, aid, self.inner.clock.now_ms()).await?;
        tx.commit().await?;
        if done {
            relay::wake(&self.inner, log);
            relay::tell_pending(&self.inner, &log.sid, actor, aid);
        }
        Ok(done)
    }

    /// Gives up a queued action of its author.
    pub async fn discard(&self, log: &Arc<LogHandle>, actor: &Actor, aid: &ActionId) -> db::Result<bool> {
        let mut tx = self.inner.db.begin().await?;
        let mine = pending::get(&mut tx, &log.sid, log.id, aid).await?.is_some_and(|p| p.draft.actor == *actor);
        let done = mine && pending::discard(&mut tx, aid).await?;
        tx.commit().await?;
        if done {
            self.inner.bus.tell_server(&log.sid, crate::bus::Notice::Hub);
        }
        Ok(done)
    }

    /// Takes a server out of somebody's list at once, where the hub cannot be told yet that they leave.
    pub async fn hide(&self, log: &LogHandle, actor: &Actor) -> db::Result<()> {
        let mut tx = self.inner.db.begin().await?;
        store::drop_membership(&mut tx, log.id, actor).await?;
        tx.commit().await?;
        if let Actor::User(uid) = actor {
            let notice = crate::bus::PersonNotice::ServerRemoved { sid: log.sid.clone(), reason: "left".into() };
            self.inner.bus.tell_person(uid, notice);
        }
        Ok(())
    }

    /// Puts a server back into the list of a member who had it hidden.
    pub async fn unhide(&self, log: &LogHandle, actor: &Actor) -> db::Result<()> {
        let Some(joined_at) = log.state().members.get(actor).map(|m| m.joined_at) else { return Ok(()) };
        let mut tx = self.inner.db.begin().await?;
        if store::memberships(&mut tx, actor).await?.contains(&log.sid) {
            return Ok(());
        }
        store::put_membership(&mut tx, log.id, actor, joined_at).await?;
        tx.commit().await?;
        if let Actor::User(uid) = actor {
            self.inner.bus.tell_person(uid, crate::bus::PersonNotice::ServerAdded(log.sid.clone()));
        }
        Ok(())
    }

    /// Events after a position, in order, as they stand on disk.
    pub async fn read(&self, log: &LogHandle, after: u64, limit: u64) -> db::Result<Vec<Arc<Entry>>> {
        if let Some(entries) = unpoison(log.recent.lock()).after_position(after, limit) {
            return Ok(entries);
        }
        let mut read = self.inner.db.read().await?;
        let entries = store::events_after(&mut read, &log.sid, log.id, after, limit).await?;
        Ok(entries.into_iter().map(Arc::new).collect())
    }

    /// What was withheld from this copy after a position.
    pub async fn holes(&self, q: &mut impl Query, log: &LogHandle) -> db::Result<Vec<(u64, u64)>> {
        store::stubs(q, log.id).await
    }

    /// Once a minute: what waited too long expires, seals whose time is over are emptied, old numbers are forgotten.
    pub async fn tidy(&self) -> db::Result<()> {
        const NONCE_LIFE_MS: i64 = 14 * 24 * 3_600_000;
        let now = self.inner.clock.now_ms();
        let mut tx = self.inner.db.begin().await?;
        let expired = pending::expire(&mut tx, now - self.inner.settings.queue_ttl_ms, now).await?;
        store::purge_held(&mut tx, now).await?;
        store::purge_nonces(&mut tx, now - NONCE_LIFE_MS).await?;
        tx.commit().await?;
        for (sid, actor, aid) in expired {
            if let (Ok(sid), Ok(actor), Ok(aid)) = (sid.parse(), actor.parse(), aid.parse()) {
                relay::tell_pending(&self.inner, &sid, &actor, &aid);
            }
        }
        Ok(())
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, LogError>>) -> Request,
    ) -> Result<T, LogError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| LogError::Closed)?;
        answer.await.unwrap_or(Err(LogError::Closed))
    }
}
