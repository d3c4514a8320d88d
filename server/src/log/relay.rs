//! On the way to a hub elsewhere: a durable queue, in order for each actor, sent until the hub answers.

use super::{
    Inner, LogHandle, PATIENCE,
    commit::{Request, Work},
    missed::{self, Missed},
    others, pending,
    pending::{Pending, PendingState},
    store,
    types::{Entry, LogError, Outcome},
};
use crate::{
    bus::{Notice, PersonNotice},
    cluster::Word,
    crash, db,
};
use conntext_federation::{
    Code,
    content::{Content, MessageCreate},
    event::Event,
    hub::{self, Draft},
    ids::{ActionId, Actor, ChannelId, InstanceId, MediaId, ServerId},
    wire::{ActionResult, ActionsRequest, ActionsResponse, SignedAction},
};
use futures_util::future::BoxFuture;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// The most actions in one request.
const BATCH: u64 = 50;
/// The shortest and the longest pause before the next try, milliseconds.
const BACKOFF_MS: (u64, u64) = (500, 60_000);
/// The shortest and the longest time that the actions of one person wait when they were too many, milliseconds.
const REST_MS: (u64, u64) = (1_000, 60_000);

/// Why a hub did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No answer, or one that asks to come again: the action stays in the queue.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// It answers and asks to come again, without saying when: the action stays in the queue.
    #[error("not now: {0}")]
    NotNow(String),
    /// It asks to wait so many milliseconds.
    #[error("asked to wait {0} ms")]
    Later(u64),
    /// A final answer to the whole request.
    #[error("refused: {0}")]
    Refused(Code),
}

/// How the relay reaches hubs; implemented by the peers.
pub trait HubLink: Send + Sync {
    /// Hands actions to the hub of `sid`.
    fn actions<'a>(
        &'a self,
        hub: &'a InstanceId,
        domain: &'a str,
        sid: &'a ServerId,
        request: ActionsRequest,
    ) -> BoxFuture<'a, Result<ActionsResponse, LinkError>>;

    /// Makes sure that the hub has these files before a message refers to them.
    fn media<'a>(
        &'a self,
        domain: &'a str,
        sid: &'a ServerId,
        channel: &'a ChannelId,
        files: Vec<MediaId>,
    ) -> BoxFuture<'a, Result<(), LinkError>>;
}

/// Queues an action and waits a little for the hub's answer.
pub(super) async fn enqueue(
    inner: &Arc<Inner>,
    log: &Arc<LogHandle>,
    draft: Draft,
    aid: ActionId,
    salt: [u8; 16],
    nonce: Option<String>,
) -> Result<Outcome, LogError> {
    let content = Content::parse(&draft.kind, &draft.content)?;
    let now = inner.clock.now_ms();
    let mut tx = inner.db.begin().await?;
    if let Some(nonce) = &nonce {
        match store::nonce(&mut tx, &draft.actor, nonce).await? {
            Some((id, earlier)) if id == log.id => {
                let found = store::event_by_aid(&mut tx, &log.sid, log.id, &earlier).await?;
                return Ok(found.map_or(Outcome::Pending(earlier), |e| Outcome::Accepted(Arc::new(e))));
            }
            Some(_) => return Err(LogError::Rejected(Code::AidReused)),
            None => {}
        }
    }
    check_here(&mut tx, log, &draft, &content, now).await?;
    if pending::waiting(&mut tx, &draft.actor).await? >= inner.settings.queue_per_actor {
        return Err(LogError::QueueFull);
    }
    pending::insert(&mut tx, log.id, &aid, &salt, &draft, now).await?;
    if let Some(nonce) = nonce {
        store::put_nonces(&mut tx, vec![(draft.actor.clone(), nonce, log.id, aid)], now).await?;
    }
    let (reply, answer) = oneshot::channel();
    crash::point("queue.before_commit");
    tx.commit().await?;
    crash::point("queue.after_commit");
    if let Ok(mut waiting) = inner.waiting.lock() {
        waiting.insert(aid, reply);
    }
    wake(inner, log);
    // With the hub known to be away nobody is kept waiting.
    let patience = if log.hub_away_since().is_some() { Duration::from_millis(300) } else { PATIENCE };
    match tokio::time::timeout(patience, answer).await {
        Ok(Ok(Ok(entry))) => Ok(Outcome::Accepted(entry)),
        Ok(Ok(Err(e))) => Err(e),
        Ok(Err(_)) | Err(_) => {
            if let Ok(mut waiting) = inner.waiting.lock() {
                waiting.remove(&aid);
            }
            tell_pending(inner, &log.sid, &draft.actor, &aid);
            inner.bus.tell_server(&log.sid, Notice::Hub);
            Ok(Outcome::Pending(aid))
        }
    }
}

/// What this copy already knows to be refused need not wait for the hub to say so.
async fn check_here(
    tx: &mut db::Tx,
    log: &LogHandle,
    draft: &Draft,
    content: &Content,
    now: i64,
) -> Result<(), LogError> {
    let mut facts = conntext_federation::rules::Facts::default();
    if let Some(target) = draft.target.as_deref().and_then(|t| t.parse::<ActionId>().ok()) {
        facts.message = store::message_fact(tx, log.id, &target).await?;
        if facts.message.is_none() {
            // The message may lie in a part of the history that is not held here: the hub decides.
            return Ok(());
        }
    }
    let state = log.state();
    let basis = hub::position(&state);
    let origin = log.local.clone();
    let aid = draft.channel.as_ref().filter(|_| matches!(content, Content::ChannelCreate(_))).map(|_| ());
    if aid.is_some() || matches!(content, Content::MemberLeave) {
        return Ok(());
    }
    let (action, _) = draft.clone().into_action(&origin, ActionId([0; 16]), [0; 16], basis, now)?;
    conntext_federation::rules::check(&state, &facts, &action, content, now)?;
    Ok(())
}

/// Starts or wakes the relay of one server.
pub(super) fn wake(inner: &Arc<Inner>, log: &Arc<LogHandle>) {
    log.relay.notify_one();
    if !inner.cluster.has_duties() {
        inner.cluster.tell(Word::Queued(log.sid.clone()));
        return others::wait_for_queue(inner, log);
    }
    if inner.link.get().is_some() && !log.relaying.swap(true, Ordering::AcqRel) {
        tokio::spawn(run(inner.clone(), log.clone()));
    }
}

/// Why the next round has to wait.
enum Pause {
    /// The hub asked for so many milliseconds: nothing new makes it try sooner.
    Asked(u64),
    /// All that waits is of people whose turn comes in so many milliseconds; somebody else's may go at once.
    Resting(u64),
    /// It did not work, and nobody said when it might: longer each time.
    Failed,
}

async fn run(inner: Arc<Inner>, log: Arc<LogHandle>) {
    let mut failures: u32 = 0;
    let mut resting = Resting::default();
    loop {
        // What may be too much for a slow line comes in smaller parts.
        let most = (BATCH >> (2 * failures).min(6)).max(1);
        let outcome = round(&inner, &log, &mut resting, most).await;
        match outcome {
            Ok(0) => {
                log.relaying.store(false, Ordering::Release);
                // Whoever queued between the look and the flag either sees the flag down or left a wake-up.
                let again = tokio::time::timeout(Duration::from_millis(1), log.relay.notified()).await.is_ok();
                if !again || log.relaying.swap(true, Ordering::AcqRel) {
                    return;
                }
                failures = 0;
            }
            Ok(_) => failures = 0,
            Err(pause) => {
                failures = failures.saturating_add(1);
                let ms = match pause {
                    Pause::Asked(ms) => {
                        tokio::time::sleep(Duration::from_millis(ms.min(BACKOFF_MS.1))).await;
                        continue;
                    }
                    Pause::Resting(ms) => ms,
                    Pause::Failed => backoff(&inner, failures),
                };
                tokio::select! {
                    biased;
                    () = tokio::time::sleep(Duration::from_millis(ms)) => {}
                    () = log.relay.notified() => {
                        // A new message tries at once, but not more often than this.
                        tokio::time::sleep(Duration::from_millis(BACKOFF_MS.0 / 2)).await;
                    }
                }
            }
        }
    }
}

/// The people who did more than their hub takes at a time, and until when they wait. Others pass them.
#[derive(Default)]
struct Resting(HashMap<Actor, Instant>);

impl Resting {
    fn rest(&mut self, actor: &Actor, ms: Option<u64>) {
        // Not for every single one that would fit again.
        let ms = ms.unwrap_or_default().clamp(REST_MS.0, REST_MS.1);
        self.0.insert(actor.clone(), Instant::now() + Duration::from_millis(ms));
    }

    /// How long the first of them still waits, milliseconds.
    fn next_ms(&mut self) -> Option<u64> {
        let now = Instant::now();
        self.0.retain(|_, until| *until > now);
        let first = self.0.values().min()?.saturating_duration_since(now);
        Some(u64::try_from(first.as_millis()).unwrap_or(u64::MAX).saturating_add(1))
    }
}

/// What is to be sent next, in order for each actor.
async fn waiting(inner: &Inner, log: &LogHandle, resting: &Resting, most: u64) -> db::Result<Vec<Pending>> {
    let mut read = inner.db.read().await?;
    if resting.0.is_empty() {
        return pending::queued(&mut read, &log.sid, log.id, most).await;
    }
    let mut found = Vec::new();
    for actor in pending::actors_waiting(&mut read, log.id).await? {
        if found.len() as u64 >= most {
            break;
        }
        if !resting.0.contains_key(&actor) {
            found.extend(pending::queued_of(&mut read, &log.sid, log.id, &actor, most).await?);
        }
    }
    found.sort_by_key(|p| p.position);
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(found)
}

fn backoff(inner: &Inner, failures: u32) -> u64 {
    let most = (BACKOFF_MS.0 << failures.min(8)).min(BACKOFF_MS.1);
    BACKOFF_MS.0 / 2 + inner.rng.below(most)
}

/// Whether a log that this instance acts in does not hold its newest statement of keys.
pub(super) fn keys_wanted(inner: &Inner, log: &LogHandle) -> bool {
    let state = log.state();
    let acts = log.hub_here() || state.by_home.contains_key(&inner.me.ik);
    let known = state.instances.get(&inner.me.ik);
    acts && !state.info.deleted && known.is_some_and(|known| known.serial < inner.me.keys.serial())
}

/// Sends what waits, once.
async fn round(inner: &Arc<Inner>, log: &Arc<LogHandle>, resting: &mut Resting, most: u64) -> Result<usize, Pause> {
    // Another process has taken over.
    let Some(link) = inner.link.get().filter(|_| inner.cluster.has_duties()) else { return Ok(0) };
    let rest = resting.next_ms();
    let queued = waiting(inner, log, resting, most).await.map_err(|e| {
        tracing::error!(sid = %log.sid, error = %e, "the queue cannot be read");
        Pause::Failed
    })?;
    if queued.is_empty() && (log.hub_here() || !keys_wanted(inner, log)) {
        return rest.map_or(Ok(0), |ms| Err(Pause::Resting(ms)));
    }
    let sent = match log.hub_here() {
        true => send_here(inner, log, link.as_ref(), &queued).await,
        false => send(inner, log, link.as_ref(), &queued).await,
    };
    match sent {
        Ok(results) => {
            set_away(inner, log, false);
            let count = results.len();
            // Signing anew at once would only be refused anew.
            let stuck = count > 0
                && results.iter().all(|(result, _)| match result {
                    ActionResult::Accepted { .. } | ActionResult::Rejected { code: Code::Rate, retry: true, .. } => {
                        false
                    }
                    ActionResult::Rejected { code, retry, .. } => *retry || *code == Code::StaleBasis,
                });
            for (pending, (result, event)) in queued.iter().zip(results) {
                if let ActionResult::Rejected { code: Code::Rate, retry: true, retry_after_ms, .. } = &result {
                    resting.rest(&pending.draft.actor, *retry_after_ms);
                }
                settle(inner, log, pending, result, event).await.map_err(|e| {
                    tracing::error!(sid = %log.sid, error = %e, "an answer of the hub cannot be written");
                    Pause::Failed
                })?;
            }
            inner.bus.tell_server(&log.sid, Notice::Hub);
            match rest {
                // Only the keys were shown: whose turn is not yet goes on waiting.
                Some(ms) if count == 0 => Err(Pause::Resting(ms)),
                _ if stuck => Err(Pause::Failed),
                _ => Ok(count),
            }
        }
        Err(LinkError::Unreachable(why)) => {
            tracing::info!(sid = %log.sid, why, waiting = queued.len(), "the hub does not answer");
            set_away(inner, log, true);
            Err(Pause::Failed)
        }
        Err(LinkError::NotNow(why)) => {
            tracing::info!(sid = %log.sid, why, waiting = queued.len(), "the hub does not take actions now");
            Err(Pause::Failed)
        }
        Err(LinkError::Later(ms)) => Err(Pause::Asked(ms)),
        Err(LinkError::Refused(code)) => {
            set_away(inner, log, false);
            for pending in &queued {
                let result = ActionResult::Rejected { aid: pending.aid, code, retry: false, retry_after_ms: None };
                settle(inner, log, pending, result, None).await.map_err(|_| Pause::Failed)?;
            }
            Ok(queued.len())
        }
    }
}

/// What the hub says of an action, with the event where it took it.
type Answer = (ActionResult, Option<Event>);

async fn send(
    inner: &Arc<Inner>,
    log: &LogHandle,
    link: &dyn HubLink,
    queued: &[Pending],
) -> Result<Vec<Answer>, LinkError> {
    let (hub, basis) = {
        let state = log.state();
        (state.info.hub.clone(), hub::position(&state))
    };
    let domain = log.hub_domain();
    // A file that cannot be brought refuses its own message and no other. One that the hub has no room for
    // makes its author wait, with what they wrote after it, and nobody else.
    let mut refused: BTreeMap<ActionId, (Code, Option<u64>)> = BTreeMap::new();
    let mut full: BTreeMap<&Actor, u64> = BTreeMap::new();
    for p in queued {
        if let Some(ms) = full.get(&p.draft.actor) {
            refused.insert(p.aid, (Code::Rate, Some(*ms)));
            continue;
        }
        if let (Some(channel), "message.create") = (&p.draft.channel, p.draft.kind.as_str()) {
            let files = files_of(p);
            if !files.is_empty() {
                match link.media(&domain, &log.sid, channel, files).await {
                    Err(LinkError::Refused(code)) => {
                        refused.insert(p.aid, (code, None));
                    }
                    Err(LinkError::Later(ms)) => {
                        full.insert(&p.draft.actor, ms);
                        refused.insert(p.aid, (Code::Rate, Some(ms)));
                    }
                    other => other?,
                }
            }
        }
    }
    let now = inner.clock.now_ms();
    // The hub writes the keys into its log before it looks at what is signed with them.
    let set = inner.me.keys.set();
    let keys = keys_wanted(inner, log).then(|| set.statement.clone());
    let signing = &set.ring.active(now).secret;
    let mut actions = Vec::with_capacity(queued.len());
    for p in queued.iter().filter(|p| !refused.contains_key(&p.aid)) {
        // Signed when sent, not when queued: a key that was changed meanwhile does no harm.
        let made = p.draft.clone().into_action(&inner.me.ik, p.aid, p.salt, basis.clone(), now);
        let (mut action, sealed) = made.map_err(LinkError::Refused)?;
        // The same action must come out of every try, or the hub would take the second for another.
        action.ats = action.ats.map(|_| p.created_at);
        action.exp = p.created_at + inner.settings.queue_ttl_ms;
        let origin_sig = action.sign(signing).map_err(LinkError::Refused)?;
        actions.push(SignedAction { action, origin_sig, content: sealed.content, salt: sealed.salt });
    }
    let count = actions.len();
    let mut answers = if actions.is_empty() && keys.is_none() {
        Vec::new()
    } else {
        crash::point("relay.before_send");
        let request = ActionsRequest { actions: actions.clone(), keys };
        let answer = link.actions(&hub, &domain, &log.sid, request).await?;
        crash::point("relay.after_send");
        answer.results
    };
    if answers.len() != count {
        return Err(LinkError::Unreachable("its answer does not fit the request".into()));
    }
    let mut answers = answers.drain(..).zip(actions).map(|(result, signed)| {
        let event = match &result {
            ActionResult::Accepted { header, hub_sig, .. } => {
                Some(signed.into_event((**header).clone(), hub_sig.clone()))
            }
            ActionResult::Rejected { .. } => None,
        };
        (result, event)
    });
    let results = queued.iter().filter_map(|p| match refused.get(&p.aid) {
        Some((code, wait)) => {
            let (aid, retry) = (p.aid, wait.is_some());
            Some((ActionResult::Rejected { aid, code: *code, retry, retry_after_ms: *wait }, None))
        }
        None => answers.next(),
    });
    Ok(results.collect())
}

/// What waited while a log of ours stood still.
async fn send_here(
    inner: &Inner,
    log: &Arc<LogHandle>,
    link: &dyn HubLink,
    queued: &[Pending],
) -> Result<Vec<Answer>, LinkError> {
    let unreachable = |why: &str| LinkError::Unreachable(why.to_owned());
    if log.rewind().is_some() {
        return Err(unreachable("this log is being put together again"));
    }
    let requests = inner.requests.upgrade().ok_or_else(|| unreachable("the instance is stopping"))?;
    let mut answers = Vec::with_capacity(queued.len());
    for p in queued {
        if let (Some(channel), "message.create") = (&p.draft.channel, p.draft.kind.as_str()) {
            // Where it is not there any more the message is refused below.
            let _ = link.media(&inner.me.domain, &log.sid, channel, files_of(p)).await;
        }
        let (reply, answer) = oneshot::channel();
        let work = Work::Own { draft: Box::new(p.draft.clone()), aid: p.aid, salt: p.salt, nonce: None };
        let sent = requests.send(Request::Append { log: log.clone(), work, reply }).await;
        sent.map_err(|_| unreachable("the instance is stopping"))?;
        answers.push((p.aid, answer));
    }
    let mut results = Vec::with_capacity(answers.len());
    for (aid, answer) in answers {
        results.push(match answer.await.unwrap_or(Err(LogError::Closed)) {
            Ok(entry) => {
                let event = entry.event.clone();
                let (header, hub_sig) = (Box::new(event.header.clone()), event.hub_sig.clone());
                (ActionResult::Accepted { aid, header, hub_sig }, Some(event))
            }
            Err(LogError::Rejected(code)) => {
                (ActionResult::Rejected { aid, code, retry: false, retry_after_ms: None }, None)
            }
            Err(e) => return Err(unreachable(&e.to_string())),
        });
    }
    Ok(results)
}

fn files_of(p: &Pending) -> Vec<MediaId> {
    let message: MessageCreate = serde_json::from_value(p.draft.content.clone()).unwrap_or_default();
    message.files().into_iter().collect()
}

async fn settle(
    inner: &Arc<Inner>,
    log: &Arc<LogHandle>,
    p: &Pending,
    result: ActionResult,
    event: Option<Event>,
) -> db::Result<()> {
    let now = inner.clock.now_ms();
    let waiter = inner.waiting.lock().ok().and_then(|mut w| w.remove(&p.aid));
    match result {
        ActionResult::Accepted { header, .. } => {
            // It may have begun anew since the action was sent.
            let log = &inner.current(log.clone());
            let mut tx = inner.db.begin().await?;
            let hidden = p.draft.channel.as_ref().is_some_and(|c| !log.state().channels.contains_key(c));
            let making = p.draft.kind == "channel.create";
            // It is here already, or it never will be: nobody here may see the channel any more, it stands
            // before the beginning of the copy, or, as the hub says again, where something is withheld.
            let settled = (hidden && !making)
                || header.seq <= log.base_seq
                || store::position_of(&mut tx, log.id, &p.aid).await?.is_some()
                || pending::is_withheld(&mut tx, log.id, &p.aid, header.seq).await?;
            let missed = if settled {
                pending::arrived(&mut tx, log.id, [p.aid].into_iter()).await?;
                Missed::default()
            } else {
                // After a lost answer it may be of another try, with another signature of ours. That of the hub, whose
                // newest key may not be known here yet, is for the hub to check.
                let receipt = event.as_ref().filter(|event| event.check_form().is_ok());
                pending::accepted(&mut tx, &p.aid, &header, receipt, now).await?;
                // The copy may have passed the place while the answer was on its way.
                match store::head_seq(&mut tx, log.id).await? {
                    head if header.seq <= head => missed::look(inner, &mut tx, log, &[], head).await?,
                    _ => Missed::default(),
                }
            };
            crash::point("relay.before_settle");
            tx.commit().await?;
            crash::point("relay.after_settle");
            missed.tell(inner, log);
            let answered = event.filter(|event| is_signed(log, event) && !missed.has(&p.aid));
            let answered = answered.and_then(|event| Some((event.header.hash().ok()?, event)));
            match (waiter, answered) {
                (Some(waiter), Some((hash, event))) => {
                    let _ = waiter.send(Ok(Arc::new(Entry::of(event, hash, None))));
                }
                _ => tell_pending(inner, &log.sid, &p.draft.actor, &p.aid),
            }
        }
        ActionResult::Rejected { code: Code::StaleBasis, .. } => {
            // The copy caught up or will; the next round signs anew.
            drop(waiter);
        }
        ActionResult::Rejected { code: Code::Rate, retry: true, .. } => {
            // Whoever waits at the door may still have their answer in time.
            if let (Some(waiter), Ok(mut waiting)) = (waiter, inner.waiting.lock()) {
                waiting.insert(p.aid, waiter);
            }
        }
        ActionResult::Rejected { code, retry: true, .. } => {
            tracing::info!(sid = %log.sid, code = code.as_str(), "the hub asks to send an action again");
            drop(waiter);
        }
        ActionResult::Rejected { code, .. } => {
            let mut tx = inner.db.begin().await?;
            pending::settle(&mut tx, &p.aid, PendingState::Rejected, Some(code.as_str()), now).await?;
            if waiter.is_some() {
                // The author is told right away and nothing is left behind.
                pending::discard(&mut tx, &p.aid).await?;
                store::drop_nonce(&mut tx, log.id, &p.aid).await?;
            }
            tx.commit().await?;
            match waiter {
                Some(waiter) => {
                    let _ = waiter.send(Err(LogError::Rejected(code)));
                }
                None => tell_pending(inner, &log.sid, &p.draft.actor, &p.aid),
            }
        }
    }
    Ok(())
}

/// Whether an event carries the signature of the hub.
fn is_signed(log: &LogHandle, event: &Event) -> bool {
    let header = &event.header;
    let state = log.state();
    let key = state.key_at(&header.hub, &event.hub_sig.kid, header.seq);
    key.is_ok_and(|key| header.verify(key, &event.hub_sig).is_ok())
}

/// Tells the author's devices that a queued action changed.
pub(super) fn tell_pending(inner: &Inner, sid: &ServerId, actor: &Actor, aid: &ActionId) {
    if let Actor::User(uid) = actor {
        inner.bus.tell_person(uid, PersonNotice::Pending { sid: sid.clone(), aid: aid.to_string() });
    }
}

impl LogHandle {
    /// From now on what people here write takes the way through the queue, until that is empty.
    pub(super) fn relaying_here(self: &Arc<Self>, inner: &Arc<Inner>) {
        wake(inner, self);
    }
}

/// Remembers whether the hub answers; whether that is a change.
pub(super) fn set_away(inner: &Inner, log: &LogHandle, away: bool) -> bool {
    let changed = log.hub_away.swap(away, Ordering::AcqRel) != away;
    if changed {
        let now = inner.clock.now_ms();
        log.hub_away_since.store(now, Ordering::Release);
        if !log.hub_here() {
            inner.cluster.tell(Word::Hub { sid: log.sid.clone(), away_since: away.then_some(now) });
        }
        inner.bus.tell_server(&log.sid, Notice::Hub);
    }
    changed
}
