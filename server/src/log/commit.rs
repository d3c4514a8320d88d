//! The one writer of logs. It gathers what arrives while the last transaction commits and writes it in the next
//! one: one flush to disk for all of them, and an acknowledgement still means that it is on disk.

mod copies;
mod epochs;
mod facts;
mod follow;
mod handover;
mod keys;
mod purge;
mod restore;
mod takeover;
mod tell;
mod together;

use super::{
    Begun, Inner, LogHandle, pending, store,
    types::{Batch, Entry, LogError},
};
use crate::{
    bus::Notice,
    crash,
    db::{self, Tx},
};
use conntext_federation::{
    Code,
    action::Position,
    content::Content,
    event::Item,
    hub::{self, Draft, HubIdentity, Proposal},
    hub_move::Accept,
    ids::{ActionId, Actor, ChannelId, Hash, ServerId},
    replica::Fault,
    state::ServerState,
    wire::{ChannelGained, ChannelHead, Push},
};
use facts::{UsedNonces, check_files, earlier, facts};
pub(super) use follow::Following;
pub(super) use handover::Past;
use std::{
    collections::{BTreeMap, HashMap, btree_map},
    sync::Arc,
};
pub(super) use takeover::TakeOver;
pub(super) use together::Kind;
use tokio::sync::{mpsc, oneshot};

/// The most actions in one transaction.
const MAX_BATCH: usize = 512;

pub(super) type Reply<T> = oneshot::Sender<Result<T, LogError>>;

/// What a hub is asked to append.
pub(super) enum Work {
    /// By somebody of this instance; completed when its place is known.
    Own { draft: Box<Draft>, aid: ActionId, salt: [u8; 16], nonce: Option<String> },
    /// By somebody of another instance, signed there.
    Foreign(Box<Proposal>),
}

impl Work {
    /// The client's number for it, with whose number it is.
    fn number(&self) -> Option<(Actor, String)> {
        match self {
            Self::Own { draft, nonce: Some(nonce), .. } => Some((draft.actor.clone(), nonce.clone())),
            _ => None,
        }
    }
}

/// What the committer is asked to do.
pub(super) enum Request {
    Append {
        log: Arc<LogHandle>,
        work: Work,
        reply: Reply<Arc<Entry>>,
    },
    Receive {
        log: Arc<LogHandle>,
        push: Push,
        reply: oneshot::Sender<Result<u64, ReceiveError>>,
    },
    Fill {
        log: Arc<LogHandle>,
        entries: Vec<Entry>,
        reply: Reply<()>,
    },
    ShowKeys {
        log: Arc<LogHandle>,
        reply: Reply<()>,
    },
    Open {
        state: Box<ServerState>,
        entries: Vec<Entry>,
        reply: Reply<Arc<LogHandle>>,
    },
    Adopt {
        begun: Box<Begun>,
        hub_domain: String,
        keep: Option<u64>,
        reply: Reply<Arc<LogHandle>>,
    },
    Restore {
        log: Arc<LogHandle>,
        items: Vec<Item>,
        reply: oneshot::Sender<Result<u64, ReceiveError>>,
    },
    BeginEpoch {
        log: Arc<LogHandle>,
        known: Option<Position>,
        back_to: Option<u64>,
        tail: Vec<Item>,
        reply: Reply<()>,
    },
    HandOver {
        log: Arc<LogHandle>,
        accept: Box<Accept>,
        reply: Reply<Arc<Entry>>,
    },
    TakeOver {
        log: Arc<LogHandle>,
        taken: Box<TakeOver>,
        reply: Reply<Arc<Entry>>,
    },
    Complete {
        log: Arc<LogHandle>,
        past: Box<Past>,
        reply: Reply<()>,
    },
    Remove {
        log: Arc<LogHandle>,
        reply: Reply<()>,
    },
    Purge {
        log: Arc<LogHandle>,
        seq: u64,
        reply: Reply<()>,
    },
    Follow {
        log: Arc<LogHandle>,
        change: Following,
        reply: Reply<()>,
    },
    /// Look at what other processes wrote: at the logs that they named, or at all.
    CatchUp {
        all: bool,
    },
}

/// Why a push was not taken.
#[derive(Debug)]
pub enum ReceiveError {
    /// The chain does not hold, or something is missing.
    Fault(Fault),
    Log(LogError),
}

impl From<db::Error> for ReceiveError {
    fn from(e: db::Error) -> Self {
        Self::Log(LogError::Db(e))
    }
}

/// One change of a state, in order, so that the published copy can repeat it after the commit.
enum Step {
    Skip(u64, Hash),
    Apply(Arc<Entry>),
    Gain(Box<ChannelGained>),
    Lose(ChannelId),
    Head(ChannelHead),
}

fn replay(state: &mut ServerState, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Skip(to, hash) => state.skip(*to, *hash),
            Step::Apply(e) => state.apply(&e.event.header, e.hash, &e.event.action, e.content.as_ref()),
            Step::Gain(g) => state.put_channel(g.id.clone(), g.channel.clone()),
            Step::Lose(id) => state.drop_channel(id),
            Step::Head(head) => drop(state.note_head(&head.channel, head.cn, head.ts)),
        }
    }
    state.forget_changes();
}

/// What became of something appended.
type Appended = Result<Arc<Entry>, LogError>;

struct Group {
    log: Arc<LogHandle>,
    entries: Vec<Arc<Entry>>,
    replies: Vec<(Reply<Arc<Entry>>, Appended)>,
    nonces: Vec<(Actor, String, i64, ActionId)>,
}

pub(super) struct Committer {
    inner: Arc<Inner>,
    /// The state of each log with what is not yet committed; only this task touches it.
    working: HashMap<i64, ServerState>,
    /// What the open transaction changes, where other processes have to know.
    claims: Vec<together::Claim>,
}

impl Committer {
    pub(super) fn spawn(inner: Arc<Inner>, requests: mpsc::Receiver<Request>) {
        let committer = Self { inner, working: HashMap::new(), claims: Vec::new() };
        tokio::spawn(committer.run(requests));
    }

    async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut appends = Vec::new();
        while let Some(first) = requests.recv().await {
            let mut next = Some(first);
            while let Some(request) = next.take() {
                match request {
                    Request::Append { log, work, reply } => appends.push((log, work, reply)),
                    other => {
                        self.append_all(std::mem::take(&mut appends)).await;
                        self.single(other).await;
                    }
                }
                if appends.len() < MAX_BATCH {
                    next = requests.try_recv().ok();
                }
            }
            self.append_all(std::mem::take(&mut appends)).await;
        }
    }

    fn working(&mut self, log: &LogHandle) -> &mut ServerState {
        self.working.entry(log.id).or_insert_with(|| log.state().clone())
    }

    // ---- appending

    async fn append_all(&mut self, requests: Vec<(Arc<LogHandle>, Work, Reply<Arc<Entry>>)>) {
        if requests.is_empty() {
            return;
        }
        let mut tx = match self.begin().await {
            Ok(tx) => tx,
            Err(e) => return refuse_all(requests.into_iter().map(|r| r.2), &e),
        };
        let numbers: Vec<(Actor, String)> = requests.iter().filter_map(|(_, work, _)| work.number()).collect();
        let used = match store::used_nonces(&mut tx, &numbers).await {
            Ok(used) => used,
            Err(e) => return refuse_all(requests.into_iter().map(|r| r.2), &e),
        };
        let mut groups: BTreeMap<i64, Group> = BTreeMap::new();
        for (log, work, reply) in requests {
            let group = match groups.entry(log.id) {
                btree_map::Entry::Occupied(group) => group.into_mut(),
                btree_map::Entry::Vacant(place) => match self.claim(&mut tx, &log, Kind::Events).await {
                    Ok(log) => place.insert(Group { log, entries: vec![], replies: vec![], nonces: vec![] }),
                    Err(e) => {
                        let _ = reply.send(Err(e));
                        continue;
                    }
                },
            };
            // A refusal may rest on what is about to be written: nobody hears of it before.
            let result = self.append(&mut tx, group, &used, work).await;
            group.replies.push((reply, result));
        }
        let written = match groups.values().all(|group| group.entries.is_empty()) {
            true => Ok(()),
            false => self.write_groups(tx, &groups).await,
        };
        match written {
            Ok(()) => {
                for (_, group) in groups {
                    self.publish_group(group);
                }
            }
            Err(e) => {
                tracing::error!(error = %e, "a batch of events could not be written");
                for group in groups.values() {
                    self.working.remove(&group.log.id);
                }
                refuse_all(groups.into_values().flat_map(|g| g.replies).map(|r| r.0), &e);
            }
        }
    }

    async fn append(
        &mut self,
        tx: &mut Tx,
        group: &mut Group,
        used: &UsedNonces,
        work: Work,
    ) -> Result<Arc<Entry>, LogError> {
        let now = self.inner.clock.now_ms();
        let log = group.log.clone();
        if log.rewind().is_some() {
            return Err(LogError::Rewinding);
        }
        let me = self.inner.me.clone();
        if self.working(&log).info.hub != me.ik {
            // It has just gone to another hub: what people here wrote goes there.
            return Err(LogError::Rewinding);
        }
        let set = me.keys.set();
        let identity = HubIdentity { ik: me.ik.clone(), key: set.ring.active(now).secret.clone() };
        let (rng, there) = (self.inner.rng.clone(), self.inner.files_there);
        let state = self.working(&log);
        // Before the first event under a new key the log is told of it.
        if let Some(shown) = keys::show(state, &set, &identity, &*rng, now)? {
            group.entries.push(shown);
        }
        let (proposal, number) = match work {
            Work::Foreign(proposal) => (*proposal, None),
            Work::Own { draft, aid, salt, nonce } => {
                let number = nonce.map(|nonce| (draft.actor.clone(), nonce));
                if let Some(number) = &number
                    && let Some(entry) = earlier(tx, group, used, number).await?
                {
                    return Ok(entry);
                }
                let basis = hub::position(state);
                let (action, sealed) = draft.into_action(&identity.ik, aid, salt, basis, now)?;
                (Proposal { action, origin_sig: None, sealed }, number)
            }
        };
        let facts = facts(tx, group, &proposal).await?;
        if let Some(position) = &facts.existing {
            // The same action again, after a lost answer: the same result.
            let sent_before = store::event_at(tx, &log.sid, log.id, position.seq).await?.map(Arc::new);
            let sent_before = sent_before.or_else(|| group.entries.iter().find(|e| e.seq() == position.seq).cloned());
            return match sent_before {
                Some(e) if same_act(&e.event.action, &proposal.action) => Ok(e),
                _ => Err(LogError::Rejected(Code::AidReused)),
            };
        }
        let content = hub::judge(state, &facts, &identity.ik, &proposal, now)?;
        check_files(tx, there, log.id, &proposal.action.origin, &content).await?;
        let made = hub::append(state, &identity, proposal, content, now)?;
        let entry = Arc::new(Entry::new(made.event, made.hash, Some(made.content), None));
        if let Some((actor, nonce)) = number {
            group.nonces.push((actor, nonce, log.id, entry.aid()));
        }
        group.entries.push(entry.clone());
        Ok(entry)
    }

    async fn write_groups(&mut self, mut tx: Tx, groups: &BTreeMap<i64, Group>) -> db::Result<()> {
        let now = self.inner.clock.now_ms();
        for group in groups.values() {
            store::put_nonces(&mut tx, group.nonces.clone(), now).await?;
            self.write(&mut tx, &group.log, &group.entries, true).await?;
        }
        crash::point("log.before_commit");
        self.commit(tx).await?;
        crash::point("log.after_commit");
        Ok(())
    }

    /// Writes entries with all that follows from them. The working state has them applied already.
    async fn write(&mut self, tx: &mut Tx, log: &LogHandle, entries: &[Arc<Entry>], live: bool) -> db::Result<()> {
        let now_ms = self.inner.clock.now_ms();
        let inner = self.inner.clone();
        store::insert_events(tx, log.id, entries).await?;
        let changes = self.working(log).take_changes();
        let moves = self.working(log).take_moves();
        crate::log::state_store::write_state(tx, log.id, changes).await?;
        for entry in entries {
            match &entry.content {
                Some(Content::MessageDelete) => {
                    if let Some(aid) = target_aid(entry) {
                        let hold =
                            (log.hub_here() && inner.hold_deleted_ms > 0).then_some(now_ms + inner.hold_deleted_ms);
                        store::erase_message(tx, log.id, &aid, entry.seq(), hold).await?;
                    }
                }
                Some(Content::UserPurge) => self.begin_purge(tx, log, entry).await?,
                Some(Content::MigrateCommit(_) | Content::ServerTakeover(_)) => self.note_new_hub(tx, log).await?,
                Some(content) => {
                    let state = self.working(log);
                    for actor in people_moved(content, entry) {
                        match state.members.get(&actor) {
                            Some(m) if m.home == inner.me.ik => {
                                store::put_membership(tx, log.id, &actor, m.joined_at).await?;
                            }
                            _ => store::drop_membership(tx, log.id, &actor).await?,
                        }
                    }
                    if let Content::InstanceBan(ban) = content
                        && ban.ik == inner.me.ik
                        && live
                    {
                        for member in log.local_members() {
                            store::drop_membership(tx, log.id, &member).await?;
                        }
                    }
                }
                None => {}
            }
        }
        if log.is_relayed() {
            let own = entries.iter().filter(|e| e.event.action.origin == inner.me.ik);
            pending::arrived(tx, log.id, own.map(|e| e.aid())).await?;
        }
        let state = self.working(log);
        let batch = Batch { log_id: log.id, hub_here: log.hub_here(), state, entries, moves: &moves, live, now_ms };
        (inner.projections)(tx, &batch).await
    }

    fn publish_group(&mut self, group: Group) {
        if !group.entries.is_empty() {
            let steps: Vec<Step> = group.entries.iter().cloned().map(Step::Apply).collect();
            self.publish(&group.log, &steps, group.entries);
        }
        for (reply, result) in group.replies {
            let _ = reply.send(result);
        }
    }

    // ---- copies

    async fn single(&mut self, request: Request) {
        match request {
            Request::Append { .. } => {}
            Request::CatchUp { all } => {
                let named = std::mem::take(&mut *super::unpoison(self.inner.news.lock())).into_iter().collect();
                if let Err(e) = self.catch_up_with((!all).then_some(named)).await {
                    tracing::warn!(error = %e, "what other processes wrote cannot be read; next try soon");
                }
            }
            Request::Receive { log, push, reply } => {
                let log = self.inner.current(log);
                let result = self.receive(&log, push).await;
                if result.is_err() {
                    self.working.remove(&log.id);
                }
                if let Err(ReceiveError::Fault(Fault::Stop(code))) = &result {
                    self.inner.set_aside(&log, *code).await;
                }
                if let Err(ReceiveError::Fault(Fault::Conflict(_))) = &result {
                    self.inner.set_aside(&log, Code::LogConflict).await;
                }
                let _ = reply.send(result);
            }
            Request::Fill { log, entries, reply } => {
                let log = self.inner.current(log);
                let result = self.fill(&log, entries).await;
                if result.is_err() {
                    self.working.remove(&log.id);
                }
                let _ = reply.send(result);
            }
            Request::ShowKeys { log, reply } => {
                let result = self.show_keys(&log).await;
                if result.is_err() {
                    self.working.remove(&log.id);
                }
                let _ = reply.send(result);
            }
            Request::Open { state, entries, reply } => {
                let _ = reply.send(self.open(*state, entries).await);
            }
            Request::Adopt { begun, hub_domain, keep, reply } => {
                let _ = reply.send(self.adopt(*begun, hub_domain, keep).await);
            }
            Request::Restore { log, items, reply } => {
                let result = self.restore(&log, items).await;
                if result.is_err() {
                    self.working.remove(&log.id);
                }
                let _ = reply.send(result);
            }
            Request::BeginEpoch { log, known, back_to, tail, reply } => {
                let result = self.begin_epoch(&log, known, back_to, tail).await;
                if result.is_err() {
                    self.working.remove(&log.id);
                }
                let _ = reply.send(result);
            }
            Request::Follow { log, change, reply } => {
                let log = self.inner.current(log);
                let result = self.following(&log, change).await;
                if result.is_err() {
                    self.working.remove(&log.id);
                }
                let _ = reply.send(result);
            }
            Request::HandOver { log, accept, reply } => {
                let result = self.hand_over(&log, *accept).await;
                if result.is_err() {
                    self.working.remove(&log.id);
                }
                let _ = reply.send(result);
            }
            Request::TakeOver { log, taken, reply } => {
                let log = self.inner.current(log);
                let result = self.take_over(&log, *taken).await;
                if result.is_err() {
                    self.working.remove(&log.id);
                }
                let _ = reply.send(result);
            }
            Request::Complete { log, past, reply } => {
                let log = self.inner.current(log);
                let _ = reply.send(self.complete(&log, *past).await);
            }
            Request::Remove { log, reply } => {
                let result = self.remove(&log).await;
                let _ = reply.send(result);
            }
            Request::Purge { log, seq, reply } => {
                let log = self.inner.current(log);
                let _ = reply.send(self.purge(&log, seq).await);
            }
        }
    }

    async fn show_keys(&mut self, log: &Arc<LogHandle>) -> Result<(), LogError> {
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Events).await?;
        if log.rewind().is_some() {
            return Err(LogError::Rewinding);
        }
        let now = self.inner.clock.now_ms();
        let set = self.inner.me.keys.set();
        let identity = HubIdentity { ik: self.inner.me.ik.clone(), key: set.ring.active(now).secret.clone() };
        let rng = self.inner.rng.clone();
        let Some(entry) = keys::show(self.working(log), &set, &identity, &*rng, now)? else { return Ok(()) };
        let entries = vec![entry.clone()];
        self.write(&mut tx, log, &entries, true).await?;
        self.commit(tx).await?;
        self.publish(log, &[Step::Apply(entry)], entries);
        Ok(())
    }

    async fn open(&mut self, state: ServerState, entries: Vec<Entry>) -> Result<Arc<LogHandle>, LogError> {
        let mut tx = self.begin().await?;
        let me = self.inner.me.clone();
        let id = store::insert_log(&mut tx, &state.sid, me.ik.as_str(), &me.domain, 0).await?;
        let log = Arc::new(LogHandle::new(id, state.clone(), true, me.domain.clone(), None, 0, me.ik.clone()));
        self.working.insert(id, state);
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        let written = async {
            self.write(&mut tx, &log, &entries, true).await?;
            self.claim_new(&mut tx, &log).await?;
            self.commit(tx).await
        };
        if let Err(e) = written.await {
            self.working.remove(&id);
            return Err(e.into());
        }
        self.inner.insert_handle(log.clone());
        self.announce(&log);
        Ok(log)
    }

    async fn remove(&mut self, log: &Arc<LogHandle>) -> Result<(), LogError> {
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Events).await?;
        if self.inner.cluster.is_shared() && !log.local_members().is_empty() {
            // Somebody has joined at another process.
            return Ok(());
        }
        self.purged_with_all(&mut tx, log).await?;
        if !log.hub_here() {
            self.note_departures(&mut tx, log).await?;
        }
        (self.inner.forget_log)(&mut tx, log.id).await?;
        store::delete_log(&mut tx, log.id).await?;
        self.commit(tx).await?;
        self.working.remove(&log.id);
        self.inner.remove_handle(&log.sid);
        self.inner.bus.tell_server_here(&log.sid, Notice::Gone);
        Ok(())
    }
}

/// Who came or went by this event.
fn people_moved(content: &Content, entry: &Entry) -> Vec<Actor> {
    let action = &entry.event.action;
    let target = action.target.as_deref().and_then(|t| t.parse().ok());
    match content {
        Content::MemberJoin(_) | Content::MemberMigrate(_) | Content::MemberLeave => vec![action.actor.clone()],
        Content::MemberKick | Content::MemberBan => target.into_iter().collect(),
        _ => Vec::new(),
    }
}

fn target_aid(entry: &Entry) -> Option<ActionId> {
    entry.event.action.target.as_deref().and_then(|t| t.parse().ok())
}

/// Whether a repeated action is the one that was sequenced; what its home held when it signed may have moved on.
fn same_act(a: &conntext_federation::action::Action, b: &conntext_federation::action::Action) -> bool {
    (&a.kind, &a.channel, &a.target, &a.actor, &a.origin, a.content_hash)
        == (&b.kind, &b.channel, &b.target, &b.actor, &b.origin, b.content_hash)
}

fn refuse_all(replies: impl Iterator<Item = Reply<Arc<Entry>>>, error: &db::Error) {
    for reply in replies {
        let copy = match error {
            db::Error::Full => db::Error::Full,
            db::Error::Busy => db::Error::Busy,
            db::Error::Damaged(what) => db::Error::Damaged(what.clone()),
            other => db::Error::Other(other.to_string()),
        };
        let _ = reply.send(Err(LogError::Db(copy)));
    }
}

/// The server an unknown request would be for; used in logs only.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sid = |log: &Arc<LogHandle>| -> ServerId { log.sid.clone() };
        match self {
            Self::Append { log, .. } => write!(f, "Append({})", sid(log)),
            Self::Receive { log, .. } => write!(f, "Receive({})", sid(log)),
            Self::Fill { log, .. } => write!(f, "Fill({})", sid(log)),
            Self::ShowKeys { log, .. } => write!(f, "ShowKeys({})", sid(log)),
            Self::Restore { log, .. } => write!(f, "Restore({})", sid(log)),
            Self::BeginEpoch { log, .. } => write!(f, "BeginEpoch({})", sid(log)),
            Self::Open { .. } => f.write_str("Open"),
            Self::Adopt { .. } => f.write_str("Adopt"),
            Self::Follow { log, .. } => write!(f, "Follow({})", sid(log)),
            Self::CatchUp { .. } => f.write_str("CatchUp"),
            Self::Purge { log, .. } => write!(f, "Purge({})", sid(log)),
            Self::HandOver { log, .. } => write!(f, "HandOver({})", sid(log)),
            Self::TakeOver { log, .. } => write!(f, "TakeOver({})", sid(log)),
            Self::Complete { log, .. } => write!(f, "Complete({})", sid(log)),
            Self::Remove { log, .. } => write!(f, "Remove({})", sid(log)),
        }
    }
}
