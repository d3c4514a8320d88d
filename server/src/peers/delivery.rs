//! Bringing followers up to date: for each peer one worker, for each log a cursor that is moved when the peer confirms.
//!
//! What is still to be sent is read from the log itself, so a crash loses nothing and a peer that is away for a week
//! costs one row.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use conntext_federation::content::Content;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, ChannelId, InstanceId};
use conntext_federation::state::ServerState;
use conntext_federation::wire::{ChannelGained, MAX_PUSH_BYTES, MAX_PUSH_EVENTS, Push, PushAck};
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::view::{self, Bounds, Run};
use super::{CallError, call, find, hello, store};
use crate::App;
use crate::db;
use crate::log::{Entry, LogHandle};

/// How a worker is spoken to.
#[derive(Default)]
pub struct Worker {
    /// There may be something to send.
    pub work: Notify,
    /// The peer was heard from: try at once.
    pub revive: Notify,
}

/// What one look at one log came to.
enum Step {
    /// Nothing to send.
    Idle,
    /// Something was confirmed; there may be more.
    Sent,
    /// This log is to be left alone for a while.
    Later(Duration),
    /// The peer does not answer.
    Away(Option<u64>),
}

/// Starts the delivery: wakes a worker for every peer of a log that grows.
pub(super) fn start(app: &App) {
    let tasks = app.tasks.clone();
    let app = app.clone();
    tasks.spawn(async move {
        let mut grown = app.bus.grown();
        if let Err(e) = load(&app).await {
            tracing::error!(error = %e, "the cursors of other instances cannot be read");
        }
        loop {
            let sid = tokio::select! {
                () = app.stopping.cancelled() => return,
                sid = grown.recv() => sid,
            };
            match sid {
                Ok(sid) => {
                    if let Some(log) = app.log.get(&sid) {
                        wake_for(&app, &log);
                    }
                }
                Err(RecvError::Lagged(_)) => app.log.all().iter().for_each(|log| wake_for(&app, log)),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Who is behind from the last time.
async fn load(app: &App) -> db::Result<()> {
    let mut read = app.db.read().await?;
    let cursors = store::cursors(&mut read).await?;
    drop(read);
    for (peer, log_id, _) in &cursors {
        app.peers.interested(*log_id, peer);
    }
    for (peer, ..) in cursors {
        app.peers.deliver(app, &peer);
    }
    Ok(())
}

fn wake_for(app: &App, log: &LogHandle) {
    if !log.hub_here {
        return;
    }
    let mut peers: BTreeSet<InstanceId> = log.state().by_home.keys().cloned().collect();
    peers.extend(app.peers.interested_in(log.id));
    peers.remove(&app.keys.ik);
    for peer in peers {
        app.peers.deliver(app, &peer);
    }
}

/// The work of one peer's worker, until the instance stops.
pub(super) async fn run(app: App, peer: InstanceId, worker: Arc<Worker>) {
    let mut failures: u32 = 0;
    let mut parked: HashMap<i64, Instant> = HashMap::new();
    loop {
        let (wait, away) = round(&app, &peer, &mut parked, &mut failures).await;
        let sleep = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = sleep => {}
            // With the peer away, new events change nothing.
            () = worker.work.notified(), if !away => {}
            () = worker.revive.notified() => {
                failures = 0;
                parked.clear();
                if away {
                    hello::say_soon(&app, &peer);
                }
            }
        }
    }
}

/// One look at every log, in turn, until there is nothing left. Answers how long to wait for the next, and whether the
/// peer is away.
async fn round(
    app: &App,
    peer: &InstanceId,
    parked: &mut HashMap<i64, Instant>,
    failures: &mut u32,
) -> (Option<Duration>, bool) {
    loop {
        let mut progress = false;
        let now = Instant::now();
        parked.retain(|_, until| *until > now);
        for log in app.log.all().into_iter().filter(|l| l.hub_here) {
            if parked.contains_key(&log.id) {
                continue;
            }
            match step(app, peer, &log).await {
                Ok(Step::Idle) => {}
                Ok(Step::Sent) => {
                    progress = true;
                    *failures = 0;
                }
                Ok(Step::Later(wait)) => {
                    parked.insert(log.id, Instant::now() + wait);
                }
                Ok(Step::Away(asked)) => {
                    *failures = failures.saturating_add(1);
                    return (Some(asked.map_or_else(|| backoff(app, *failures), Duration::from_millis)), true);
                }
                Err(e) => {
                    tracing::error!(sid = %log.sid, error = %e, "delivery cannot read the log");
                    parked.insert(log.id, Instant::now() + Duration::from_secs(5));
                }
            }
            if app.stopping.is_cancelled() {
                return (None, false);
            }
        }
        if !progress {
            let next = parked.values().min().map(|until| until.saturating_duration_since(Instant::now()));
            return (next, false);
        }
    }
}

fn backoff(app: &App, failures: u32) -> Duration {
    let config = &app.config.federation;
    let most = config.retry_first_ms.saturating_mul(1 << failures.min(20)).min(config.retry_max_ms).max(1);
    Duration::from_millis(app.rng.below(most))
}

/// What of a log concerns one peer now.
struct Outlook {
    member: bool,
    visible: BTreeSet<ChannelId>,
    head: u64,
    domain: Option<Domain>,
}

fn outlook(state: &ServerState, peer: &InstanceId) -> Outlook {
    Outlook {
        member: state.by_home.contains_key(peer),
        visible: state.channels_for(peer),
        head: state.head.seq,
        domain: state.instances.get(peer).and_then(|i| Domain::parse_normal(&i.domain, true).ok()),
    }
}

async fn step(app: &App, peer: &InstanceId, log: &Arc<LogHandle>) -> db::Result<Step> {
    let mut read = app.db.read().await?;
    let Some(acked) = store::cursor(&mut read, peer, log.id).await? else { return Ok(Step::Idle) };
    let disclosed = store::disclosed(&mut read, peer, log.id).await?;
    drop(read);
    let now = outlook(&log.state(), peer);
    let Some(domain) = now.domain.clone() else { return Ok(Step::Idle) };
    if !now.member {
        return farewell(app, peer, log, &domain, acked, now.head).await;
    }
    let lost: Vec<ChannelId> = disclosed.difference(&now.visible).cloned().collect();
    let mut gained_ids = Vec::new();
    let mut coming = Vec::new();
    let mut read = app.db.read().await?;
    for channel in now.visible.difference(&disclosed) {
        match store::channel_begin(&mut read, log.id, channel).await? {
            // Its beginning is still to be sent, as an event.
            Some(begin) if begin > acked => coming.push((begin, channel.clone())),
            _ => gained_ids.push(channel.clone()),
        }
    }
    drop(read);
    if acked >= now.head && lost.is_empty() && gained_ids.is_empty() {
        return Ok(Step::Idle);
    }
    let bounds = Bounds { to: now.head, events: MAX_PUSH_EVENTS, bytes: MAX_PUSH_BYTES };
    let run = view::run(app, log, &now.visible, acked, bounds).await?;
    let gained: Vec<ChannelGained> = {
        let state = log.state();
        let found = gained_ids.iter().filter_map(|id| state.channels.get(id).map(|c| (id.clone(), c.clone())));
        found.map(|(id, channel)| ChannelGained { id, channel }).collect()
    };
    if run.items.is_empty() && gained.is_empty() && lost.is_empty() {
        return Ok(Step::Idle);
    }
    let push = Push { sid: log.sid.clone(), events: run.items, gained, lost: lost.clone() };
    match send(app, peer, &domain, &push).await {
        Ok(ack) => {
            let acked = ack.acked.min(now.head);
            let mut told = gained_ids;
            told.extend(coming.into_iter().filter(|(begin, _)| *begin <= run.end.min(acked)).map(|(_, c)| c));
            let mut tx = app.db.begin().await?;
            store::advance(&mut tx, peer, log.id, acked).await?;
            store::disclose(&mut tx, peer, log.id, &told).await?;
            for channel in &lost {
                store::withdraw(&mut tx, peer, log.id, channel).await?;
            }
            tx.commit().await?;
            Ok(Step::Sent)
        }
        Err(e) => refused(app, peer, log, acked, now.head, e).await,
    }
}

async fn send(app: &App, peer: &InstanceId, domain: &Domain, push: &Push) -> Result<PushAck, CallError> {
    if find(app, domain).await?.ik != *peer {
        return Err(CallError::Unreachable("another instance answers at its domain".into()));
    }
    call(app, domain, Method::POST, "/events", push).await
}

/// Acts on what a peer said to a push.
async fn refused(
    app: &App,
    peer: &InstanceId,
    log: &LogHandle,
    acked: u64,
    head: u64,
    e: CallError,
) -> db::Result<Step> {
    if let CallError::Problem { status: 409, problem, .. } = &e
        && problem.code == "gap"
        && let Some(next) = problem.next
    {
        let wanted = next.saturating_sub(1).min(head);
        if wanted == acked {
            return Ok(Step::Later(Duration::from_secs(5)));
        }
        tracing::info!(sid = %log.sid, %peer, acked, wanted, "a peer asks to go on from elsewhere");
        rewind(app, peer, log, wanted).await?;
        return Ok(Step::Sent);
    }
    if e.passing() && e.code() != Some("overloaded") {
        return Ok(Step::Away(e.retry_after_ms()));
    }
    let wait = match e.code() {
        // Its people may be on their way in: the answer to their joining is not yet there.
        Some("not_member_here") => Duration::from_secs(2),
        Some("overloaded") => Duration::from_millis(e.retry_after_ms().unwrap_or(5_000)),
        Some("log_conflict") => {
            tracing::error!(sid = %log.sid, %peer, "a peer holds another event under our signature: this log was restored from an older copy");
            Duration::from_secs(3_600)
        }
        Some("blocked" | "not_allowed") => Duration::from_secs(3_600),
        _ => Duration::from_secs(60),
    };
    tracing::info!(sid = %log.sid, %peer, error = %e, "a peer refused events");
    Ok(Step::Later(wait))
}

/// Sets a cursor where the peer says that its copy ends. Which channels it knows there, nobody can tell: their state is
/// sent again.
pub(super) async fn rewind(app: &App, peer: &InstanceId, log: &LogHandle, seq: u64) -> db::Result<()> {
    let mut tx = app.db.begin().await?;
    store::set_cursor(&mut tx, peer, log.id, seq).await?;
    store::withdraw_all(&mut tx, peer, log.id).await?;
    tx.commit().await?;
    app.peers.interested(log.id, peer);
    Ok(())
}

fn departs(state: &ServerState, peer: &InstanceId, entry: &Entry) -> bool {
    let action = &entry.event.action;
    let at_home = |actor: &Actor| state.bindings.get(actor).is_some_and(|b| b.home == *peer);
    match &entry.content {
        Some(Content::MemberLeave) => at_home(&action.actor),
        Some(Content::MemberKick | Content::MemberBan) => {
            action.target.as_deref().and_then(|t| t.parse().ok()).is_some_and(|a| at_home(&a))
        }
        Some(Content::InstanceBan(ban)) => ban.ik == *peer,
        _ => false,
    }
}

/// The last member of a peer is gone: it still gets everything up to there, so that it knows.
async fn farewell(
    app: &App,
    peer: &InstanceId,
    log: &Arc<LogHandle>,
    domain: &Domain,
    acked: u64,
    head: u64,
) -> db::Result<Step> {
    let mut departure = None;
    let mut cursor = acked;
    loop {
        let page = app.log.read(log, cursor, 500).await?;
        let Some(last) = page.last().map(Entry::seq) else { break };
        cursor = last;
        let state = log.state();
        departure = page.iter().filter(|e| departs(&state, peer, e)).map(Entry::seq).next_back().or(departure);
    }
    let run = match departure {
        Some(to) => {
            let bounds = Bounds { to, events: MAX_PUSH_EVENTS, bytes: MAX_PUSH_BYTES };
            view::run(app, log, &BTreeSet::new(), acked, bounds).await?
        }
        None => Run::default(),
    };
    if run.items.is_empty() {
        let mut tx = app.db.begin().await?;
        store::drop_cursor(&mut tx, peer, log.id).await?;
        tx.commit().await?;
        app.peers.not_interested(log.id, peer);
        return Ok(Step::Idle);
    }
    let push = Push { sid: log.sid.clone(), events: run.items, gained: Vec::new(), lost: Vec::new() };
    match send(app, peer, domain, &push).await {
        Ok(ack) => {
            let mut tx = app.db.begin().await?;
            store::advance(&mut tx, peer, log.id, ack.acked.min(head)).await?;
            tx.commit().await?;
            Ok(Step::Sent)
        }
        // The copy is gone there already.
        Err(e) if e.code() == Some("not_member_here") => {
            let mut tx = app.db.begin().await?;
            store::drop_cursor(&mut tx, peer, log.id).await?;
            tx.commit().await?;
            app.peers.not_interested(log.id, peer);
            Ok(Step::Idle)
        }
        Err(e) => refused(app, peer, log, acked, head, e).await,
    }
}

/// The peers that hold a copy of a log, in memory.
#[derive(Default)]
pub struct Interested(std::sync::Mutex<HashMap<i64, HashSet<InstanceId>>>);

impl Interested {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<i64, HashSet<InstanceId>>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    pub(super) fn add(&self, log_id: i64, peer: &InstanceId) {
        self.open().entry(log_id).or_default().insert(peer.clone());
    }
    pub(super) fn remove(&self, log_id: i64, peer: &InstanceId) {
        if let Some(peers) = self.open().get_mut(&log_id) {
            peers.remove(peer);
        }
    }
    pub(super) fn of(&self, log_id: i64) -> Vec<InstanceId> {
        self.open().get(&log_id).map(|p| p.iter().cloned().collect()).unwrap_or_default()
    }
}
