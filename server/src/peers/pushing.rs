//! One log on its way to one follower: what it may see of it, in batches. A follower that is far behind gets several
//! before it has answered the first, so that the speed is that of the machines and not that of the line between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::action::Position;
use conntext_federation::content::Content;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, ChannelId, Hash, InstanceId};
use conntext_federation::state::ServerState;
use conntext_federation::wire::{ChannelGained, MAX_PUSH_BYTES, MAX_PUSH_EVENTS, Push, PushAck};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::delivery::rewind;
use super::stream::Carried;
use super::view::{self, Bounds, Run, Sent};
use super::want::{self, Sight};
use super::{CallError, call, checkpoints, find, moved, store};
use crate::App;
use crate::db;
use crate::log::{Entry, LogHandle};

/// After so many pushes of one log the others of the same follower have their turn.
const TURN: usize = 16;
/// Channels that a peer is told to forget at a time; it may have had many more.
const MOST_LOST: usize = 500;
/// How long it is waited for what another process wrote.
const BEHIND: Duration = Duration::from_millis(100);

/// What one turn of one log came to.
pub(super) enum Step {
    /// Nothing to send.
    Idle,
    /// Something was confirmed; there may be more.
    Sent,
    /// This log is to be left alone for a while.
    Later(Duration),
    /// The peer does not answer; how many milliseconds it asks to wait, if it said so.
    Away(Domain, Option<u64>),
    /// The peer has not answered for so long that it is no longer tried.
    Dormant,
}

/// What of a log concerns one peer now.
struct Outlook {
    member: bool,
    /// It sequences the log itself by now, and holds all of it.
    hub: bool,
    sight: Sight,
    head: u64,
    domain: Option<Domain>,
}

fn outlook(app: &App, log: &LogHandle, peer: &InstanceId) -> Outlook {
    let sight = want::sight(app, log, peer);
    let state = log.state();
    Outlook {
        member: state.is_followed_by(peer),
        hub: state.info.hub == *peer,
        sight,
        head: state.head.seq,
        domain: state.instances.get(peer).and_then(|i| Domain::parse_normal(&i.domain, true).ok()),
    }
}

/// Sends what is due of one log, for one turn.
pub(super) async fn push(app: &App, peer: &InstanceId, log: &Arc<LogHandle>) -> db::Result<Step> {
    if log.rewind().is_some() {
        // What it says of channels may be older than what the follower holds. It is woken when that is over.
        return Ok(Step::Idle);
    }
    let mut read = app.db.read().await?;
    let Some(acked) = app.peers.cursors.of(&mut read, peer, log.id).await? else { return Ok(Step::Idle) };
    let disclosed = store::disclosed(&mut read, peer, log.id).await?;
    let offered = store::offered(&mut read, peer, log.id).await?;
    drop(read);
    let now = outlook(app, log, peer);
    let Some(domain) = now.domain.clone() else { return Ok(Step::Idle) };
    if app.peers.is_dormant(app, &domain) {
        return Ok(Step::Dormant);
    }
    if now.hub {
        return Ok(Step::Idle);
    }
    if !now.member {
        return farewell(app, peer, log, &domain, acked, now.head).await;
    }
    let coming = BTreeMap::new();
    let wish = now.sight.wish();
    Window { app, peer, log, domain, acked, sent: acked, disclosed, offered, wish, coming }.turn().await
}

/// What is under way of one log to one peer.
struct Window<'a> {
    app: &'a App,
    peer: &'a InstanceId,
    log: &'a Arc<LogHandle>,
    domain: Domain,
    /// Up to here the peer has confirmed.
    acked: u64,
    /// Up to here it was sent.
    sent: u64,
    /// The channels whose state the peer has.
    disclosed: BTreeSet<ChannelId>,
    /// The channels of which the peer may hold anything.
    offered: BTreeSet<ChannelId>,
    /// The wish by which those were told.
    wish: Option<Hash>,
    /// Channels that begin with an event beyond `acked`.
    coming: BTreeMap<ChannelId, u64>,
}

struct Batch {
    push: Arc<Push<Sent>>,
    end: u64,
    gained: Vec<ChannelId>,
}

struct Answer {
    end: u64,
    ahead: bool,
    gained: Vec<ChannelId>,
    lost: Vec<ChannelId>,
    took: Duration,
    result: Result<PushAck, CallError>,
}

impl Window<'_> {
    async fn turn(mut self) -> db::Result<Step> {
        let mut flights = FuturesOrdered::new();
        let mut pushes = 0;
        let mut outcome = Step::Idle;
        let mut stopped = false;
        loop {
            while !stopped && pushes < TURN && (flights.is_empty() || flights.len() < self.width()) {
                let Some(batch) = self.next(flights.is_empty()).await? else { break };
                self.sent = batch.end;
                pushes += 1;
                flights.push_back(self.send(batch, !flights.is_empty()));
            }
            let Some(answer) = flights.next().await else { break };
            // A task that was ended with the instance.
            let Ok(answer) = answer else { return Ok(Step::Idle) };
            let patience = Duration::from_millis(self.app.config.federation.request_timeout_ms);
            match answer.result {
                Ok(ack) => {
                    self.app.peers.slowness.answered(self.peer, answer.took, patience);
                    let head = self.log.head().seq;
                    self.confirmed(ack.acked.min(head), &answer.gained, &answer.lost).await?;
                    if ack.acked < answer.end && !stopped && answer.end == self.acked {
                        // It brought no events, so that the peer's own end shows: it was restored, and its greeting was lost.
                        tracing::info!(sid = %self.log.sid, peer = %self.peer, acked = self.acked, there = ack.acked, "a peer holds less than it confirmed");
                        rewind(self.app, self.peer, self.log, ack.acked).await?;
                        (outcome, stopped) = (Step::Sent, true);
                    } else if ack.acked < answer.end && !stopped {
                        tracing::warn!(sid = %self.log.sid, peer = %self.peer, acked = ack.acked, end = answer.end, "a peer confirms less than it got");
                        (outcome, stopped) = (Step::Later(Duration::from_secs(60)), true);
                    } else if !stopped {
                        outcome = Step::Sent;
                    }
                }
                // Of several under way the first that failed says why; those behind it could only fail.
                Err(_) if stopped => {}
                Err(e) if answer.ahead && is_gap(&e) => (outcome, stopped) = (Step::Sent, true),
                Err(e) => {
                    // Whoever cannot be reached at all is not slow.
                    if matches!(e, CallError::Unreachable(_)) && answer.took >= patience {
                        self.app.peers.slowness.silent(self.peer);
                    }
                    let head = self.log.head().seq;
                    outcome = refused(self.app, self.peer, self.log, &self.domain, self.acked, head, e).await?;
                    stopped = true;
                }
            }
        }
        Ok(outcome)
    }

    /// How many pushes may be under way: one where the peer is slow or was silent last, or where others need the
    /// connections.
    fn width(&self) -> usize {
        let config = &self.app.config.federation;
        let free = self.app.peers.connections.available_permits();
        let strained = free < usize::try_from(config.connections / 2).unwrap_or(usize::MAX);
        if strained || self.app.peers.failures(&self.domain) > 0 || self.app.peers.slowness.is_slow(self.peer) {
            return 1;
        }
        usize::try_from(config.pushes_ahead.max(1)).unwrap_or(1)
    }

    /// The next batch, unless there is none, or it had better wait for the answers that are awaited.
    async fn next(&mut self, first: bool) -> db::Result<Option<Batch>> {
        if first {
            self.sent = self.acked;
        }
        let now = outlook(self.app, self.log, self.peer);
        // What comes in while an answer is awaited is gathered: only full batches go ahead.
        let enough = first || now.head.saturating_sub(self.sent) >= MAX_PUSH_EVENTS as u64;
        if now.hub || !now.member || !enough {
            return Ok(None);
        }
        if now.sight.wish() != self.wish {
            // It asked for something else meanwhile: it is told anew what comes whole, in front of everything.
            if !first {
                return Ok(None);
            }
            self.wish = now.sight.wish();
            self.disclosed = store::disclosed(&mut self.app.db.read().await?, self.peer, self.log.id).await?;
        }
        let lost: Vec<ChannelId> = self.offered.difference(&now.sight.visible).take(MOST_LOST).cloned().collect();
        let gained = self.gained(&now.sight).await?;
        let turned = !lost.is_empty() || !gained.is_empty();
        if (turned && !first) || (!turned && self.sent >= now.head) {
            return Ok(None);
        }
        let (events, mut bytes) = self.app.peers.slowness.bounds(self.peer);
        let streams = self.app.peers.streams.has(self.peer, self.log.id);
        if streams {
            let most = self.app.config.federation.stream_frame_kib.max(1);
            bytes = bytes.min(usize::try_from(most).unwrap_or(1) * 1024);
        }
        let bounds = Bounds { to: now.head, events, bytes };
        let run = view::next(self.app, self.log, self.peer, &now.sight, self.sent, bounds).await?;
        if (!first && !run.more) || (run.items.is_empty() && !turned) {
            return Ok(None);
        }
        self.offer(&now.sight.visible).await?;
        let told: Vec<ChannelGained> = {
            let state = self.log.state();
            let found = gained.iter().filter_map(|id| state.channels.get(id).map(|c| (id.clone(), c.clone())));
            found.map(|(id, channel)| ChannelGained { whole: now.sight.is_whole(&id), id, channel }).collect()
        };
        let checkpoint = checkpoints::due(self.app, self.log, self.peer, &run).await?;
        let push = Push {
            gained: told,
            lost,
            ahead: !first,
            checkpoint,
            wish: now.sight.wish(),
            stream: !streams && self.app.peers.streams.offers(self.app, self.log),
            ..Push::of(self.log.sid.clone(), run.items)
        };
        Ok(Some(Batch { push: Arc::new(push), end: run.end, gained }))
    }

    /// Channels that the peer may see, whose state it has not and will not get as events.
    async fn gained(&mut self, sight: &Sight) -> db::Result<Vec<ChannelId>> {
        let mut gained = Vec::new();
        for channel in sight.visible.difference(&self.disclosed) {
            if self.coming.contains_key(channel) {
                continue;
            }
            let mut read = self.app.db.read().await?;
            match store::channel_begin(&mut read, self.log.id, channel).await? {
                // Who has not asked for all channels is told of each whether it comes whole.
                Some(begin) if begin > self.acked && !sight.is_lazy() => {
                    self.coming.insert(channel.clone(), begin);
                }
                _ => gained.push(channel.clone()),
            }
        }
        Ok(gained)
    }

    /// Notes what is about to be sent: the answer may be lost, and then nobody would know what to take back.
    async fn offer(&mut self, visible: &BTreeSet<ChannelId>) -> db::Result<()> {
        if visible.is_subset(&self.offered) {
            return Ok(());
        }
        let mut tx = self.app.db.begin().await?;
        store::offer(&mut tx, self.peer, self.log.id, visible.difference(&self.offered)).await?;
        tx.commit().await?;
        self.offered.extend(visible.iter().cloned());
        Ok(())
    }

    fn send(&self, batch: Batch, ahead: bool) -> AbortOnDropHandle<Answer> {
        let (app, peer, domain) = (self.app.clone(), self.peer.clone(), self.domain.clone());
        // Given away here and not in the task, so that they keep their order.
        let carried = app.peers.streams.carry(&peer, self.log.id, &batch.push);
        AbortOnDropHandle::new(tokio::spawn(async move {
            let began = Instant::now();
            let result = send(&app, &peer, &domain, &batch.push, carried).await;
            let took = began.elapsed();
            let lost = batch.push.lost.clone();
            Answer { end: batch.end, ahead, gained: batch.gained, lost, took, result }
        }))
    }

    async fn confirmed(&mut self, acked: u64, gained: &[ChannelId], lost: &[ChannelId]) -> db::Result<()> {
        if acked > self.acked {
            self.acked = acked;
            self.app.peers.cursors.confirmed(self.peer, self.log.id, acked);
        }
        let mut told = gained.to_vec();
        let begun = self.coming.iter().filter(|(_, begin)| **begin <= self.acked).map(|(id, _)| id.clone());
        told.extend(begun);
        self.coming.retain(|_, begin| *begin > self.acked);
        if told.is_empty() && lost.is_empty() {
            return Ok(());
        }
        let _turn = self.app.peers.want.turn.lock().await;
        if want::wish(self.app, self.log, self.peer) != self.wish {
            // They are told once more.
            told.clear();
        }
        let mut tx = self.app.db.begin().await?;
        if !want::is_current(&mut tx, self.app, self.log, self.peer, self.wish).await? {
            told.clear();
        }
        store::advance(&mut tx, self.peer, self.log.id, self.acked).await?;
        store::disclose(&mut tx, self.peer, self.log.id, &told).await?;
        for channel in lost {
            let exists = self.log.state().channels.contains_key(channel);
            if exists {
                store::withdraw(&mut tx, self.peer, self.log.id, channel).await?;
            } else {
                store::forget_channel(&mut tx, self.peer, self.log.id, channel).await?;
            }
            self.disclosed.remove(channel);
            self.offered.remove(channel);
        }
        tx.commit().await?;
        self.disclosed.extend(told);
        Ok(())
    }
}

async fn send(
    app: &App,
    peer: &InstanceId,
    domain: &Domain,
    push: &Push<Sent>,
    carried: Option<Carried>,
) -> Result<PushAck, CallError> {
    if let Some(carried) = carried
        && let Some(answer) = carried.answer().await
    {
        return answer;
    }
    if find(app, domain).await?.ik != *peer {
        return Err(CallError::Unreachable("another instance answers at its domain".into()));
    }
    crate::crash::point("push.before_send");
    let answer = call(app, domain, Method::POST, "/events", push).await;
    crate::crash::point("push.after_send");
    answer
}

fn is_gap(e: &CallError) -> bool {
    matches!(e, CallError::Problem { status: 409, .. }) && e.code() == Some("gap")
}

/// Acts on what a peer said to a push.
async fn refused(
    app: &App,
    peer: &InstanceId,
    log: &Arc<LogHandle>,
    domain: &Domain,
    acked: u64,
    head: u64,
    e: CallError,
) -> db::Result<Step> {
    if is_gap(&e)
        && let CallError::Problem { problem, .. } = &e
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
        return Ok(Step::Away(domain.clone(), e.retry_after_ms()));
    }
    let wait = match e.code() {
        // Its people may be on their way in: the answer to their joining is not yet there.
        Some("not_member_here") => Duration::from_secs(2),
        Some("not_your_hub") => {
            // It has not heard yet that we go on with the log, or we have not heard who does.
            moved::soon(app, domain, log);
            Duration::from_secs(2)
        }
        Some("overloaded") => Duration::from_millis(e.retry_after_ms().unwrap_or(5_000)),
        Some("log_conflict") => {
            let have = match &e {
                CallError::Problem { problem, .. } => problem.have.clone(),
                _ => None,
            };
            // Of the epoch before: it is about to follow. Otherwise it may hold what is missing here.
            if let Some(have) = have.and_then(|have| serde_json::from_value::<Position>(have).ok())
                && have.epoch >= log.head().epoch
            {
                super::rewind::suspect_soon(app, peer, log, have);
            }
            Duration::from_secs(5)
        }
        Some("blocked" | "not_allowed" | "in_review") => Duration::from_secs(3_600),
        _ => Duration::from_secs(60),
    };
    tracing::info!(sid = %log.sid, %peer, error = %e, "a peer refused events");
    Ok(Step::Later(wait))
}
fn departs(state: &ServerState, peer: &InstanceId, entry: &Entry) -> bool {
    let action = &entry.event.action;
    let home_at = |actor: &Actor, seq| state.bindings.get(actor).is_some_and(|b| b.home_at(seq) == peer);
    let at_home = |actor: &Actor| home_at(actor, entry.seq());
    match &entry.content {
        Some(Content::MemberLeave) => at_home(&action.actor),
        Some(Content::MemberMigrate(_)) => home_at(&action.actor, entry.seq().saturating_sub(1)),
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
        let Some(last) = page.last().map(|e| e.seq()) else { break };
        cursor = last;
        let state = log.state();
        departure = page.iter().filter(|e| departs(&state, peer, e)).map(|e| e.seq()).next_back().or(departure);
    }
    let run = match departure {
        Some(to) => {
            let bounds = Bounds { to, events: MAX_PUSH_EVENTS, bytes: MAX_PUSH_BYTES };
            view::run(app, log, &Sight::default(), acked, bounds).await?
        }
        None => Run::default(),
    };
    if run.items.is_empty() {
        return forget(app, peer, log).await;
    }
    let push = Arc::new(Push { wish: want::wish(app, log, peer), ..Push::of(log.sid.clone(), run.items) });
    let carried = app.peers.streams.carry(peer, log.id, &push);
    match send(app, peer, domain, &push, carried).await {
        Ok(ack) => {
            let mut tx = app.db.begin().await?;
            store::advance(&mut tx, peer, log.id, ack.acked.min(head)).await?;
            tx.commit().await?;
            Ok(Step::Sent)
        }
        // The copy is gone there already.
        Err(e) if e.code() == Some("not_member_here") => forget(app, peer, log).await,
        Err(e) => refused(app, peer, log, domain, acked, head, e).await,
    }
}

/// There is nothing left to say to a peer, unless somebody of it has joined again meanwhile: who joins is a member before
/// its cursor begins anew, so that one of the two is seen here.
async fn forget(app: &App, peer: &InstanceId, log: &Arc<LogHandle>) -> db::Result<Step> {
    let mut tx = app.db.begin().await?;
    if outlook(app, log, peer).member {
        return Ok(Step::Sent);
    }
    if !app.log.is_current(&mut tx, log).await? {
        // Somebody may have joined at another process.
        return Ok(Step::Later(BEHIND));
    }
    app.peers.cursors.drop(&mut tx, peer, log.id).await?;
    tx.commit().await?;
    app.peers.not_interested(log.id, peer);
    app.peers.streams.end(peer, log.id, Code::NotMember);
    Ok(Step::Idle)
}
