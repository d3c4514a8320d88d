//! What this instance does for others as the hub of its servers.

use axum::extract::State;
use conntext_federation::action::{Action, Sealed};
use conntext_federation::content::Content;
use conntext_federation::hub::{Proposal, check_home, check_proposal};
use conntext_federation::ids::{Actor, ChannelId, Hash, InstanceId, ServerId};
use conntext_federation::rules::{self, Facts};
use conntext_federation::wire::{
    ActionResult, ActionsRequest, ActionsResponse, EventsPage, JoinRequest, JoinResponse, MAX_ACTIONS, SignedAction,
};
use conntext_federation::{Code, action::Position};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::view::{self, Bounds, Sent};
use super::{Message, Origin, Told, moved, refused, snapshots, store, tail, want};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Json, Path, Query};
use crate::log::{Entry, LogError, LogHandle};

/// The most events in one answer.
const MAX_PAGE_EVENTS: usize = 500;
/// The most bytes of events in one answer.
const MAX_PAGE_BYTES: usize = 1024 * 1024;
/// The most messages in one page of a channel.
const MAX_PAGE_MESSAGES: u64 = 100;

/// A log of ours that somebody of the asking instance is in.
pub(super) async fn entitled(app: &App, origin: &Origin, sid: &ServerId) -> Result<Arc<LogHandle>> {
    let Some(log) = app.log.get(sid) else { return Err(moved::elsewhere(app, sid).await?) };
    let (member, public, hub) = {
        let state = log.state();
        (state.is_followed_by(&origin.ik), state.info.public && !state.info.deleted, state.info.hub.clone())
    };
    if !log.hub_here() {
        let hub_domain = log.hub_domain();
        return Err(match (member, hub == origin.ik) {
            (true, false) => Problem::from(Code::NotHub).with("hub", hub_domain),
            // It has just handed the log over, and we have not heard of it.
            (true, true) => Problem::from(Code::Overloaded).retry_after_ms(500),
            (false, _) => moved::elsewhere(app, sid).await?,
        });
    }
    match (member, public) {
        (true, _) => Ok(log),
        (false, true) => Err(Code::NotMember.into()),
        // To outsiders a private server does not exist.
        (false, false) => Err(Code::UnknownServer.into()),
    }
}

/// Whether an instance has people in a server, or had: it may still have to hear that they went.
pub(super) fn was_in(log: &LogHandle, peer: &InstanceId) -> bool {
    let state = log.state();
    state.is_followed_by(peer) || state.bindings.values().any(|binding| binding.knows(peer))
}

// ---- actions

/// `POST /servers/{sid}/actions`
pub(super) async fn actions(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Message(request): Message<ActionsRequest>,
) -> Result<Json<ActionsResponse>> {
    if request.actions.len() > MAX_ACTIONS {
        return Err(Problem::too_large(MAX_ACTIONS as u64));
    }
    let log = match entitled(&app, &origin, &sid).await {
        Ok(log) => log,
        Err(refused) => match former(&app, &origin, &sid, &request.actions) {
            Some(log) => log,
            None => return repeated(&app, &origin, &sid, &request.actions).await?.ok_or(refused),
        },
    };
    if let Some(keys) = &request.keys {
        if keys.ik != origin.ik || keys.domain != origin.domain {
            return Err(Code::OriginMismatch.into());
        }
        keys.verify()?;
        app.log.ensure_keys(&sid, keys).await?;
    }
    let waits = app.peers.limits.actions(&app, &log, &origin, request.actions.iter().map(|a| &a.action.actor));
    // All are handed over before the first is waited for: they stay in order and share one write to disk.
    let work = request.actions.into_iter().zip(waits).map(|(a, wait)| one(&app, &origin, &sid, a, wait));
    let results = futures_util::future::join_all(work).await.into_iter().collect::<Result<Vec<_>>>()?;
    let head = view::head(&app, &log, &origin.ik).await?;
    crate::crash::point("hub.before_answer");
    Ok(Json(ActionsResponse { results, head }))
}

fn accepted(entry: &Entry) -> ActionResult {
    ActionResult::Accepted {
        aid: entry.aid(),
        header: Box::new(entry.event.header.clone()),
        hub_sig: entry.event.hub_sig.clone(),
    }
}

/// `wait`: after how many milliseconds its actor may act again, where it did too much.
async fn one(
    app: &App,
    origin: &Origin,
    sid: &ServerId,
    signed: SignedAction,
    wait: Option<u64>,
) -> Result<ActionResult> {
    let aid = signed.action.aid;
    let rejected = |code, retry| Ok(ActionResult::Rejected { aid, code, retry, retry_after_ms: None });
    if signed.action.origin != origin.ik {
        return rejected(Code::OriginMismatch, false);
    }
    // People of other instances come in through the join, which checks more.
    if matches!(signed.action.kind.as_str(), "member.join" | "member.migrate") {
        return rejected(Code::Forbidden, false);
    }
    if let Some(wait) = wait {
        return Ok(ActionResult::Rejected { aid, code: Code::Rate, retry: true, retry_after_ms: Some(wait) });
    }
    if let Some(code) = app.peers.refused.before(&signed) {
        return rejected(code, false);
    }
    let key = refused::key(&signed);
    match app.log.submit_foreign(sid, proposal(signed)).await {
        Ok(entry) => Ok(accepted(&entry)),
        Err(LogError::Rejected(code)) => {
            let retry = matches!(code, Code::StaleBasis | Code::Rate | Code::UnknownKey);
            if !retry {
                app.peers.refused.note(key, code);
            }
            rejected(code, retry)
        }
        Err(e) => Err(e.into()),
    }
}

fn proposal(signed: SignedAction) -> Proposal {
    Proposal {
        action: signed.action,
        origin_sig: Some(signed.origin_sig),
        sealed: Sealed { content: signed.content, salt: signed.salt },
    }
}

/// Who left may still have erased what they brought.
fn former(app: &App, origin: &Origin, sid: &ServerId, actions: &[SignedAction]) -> Option<Arc<LogHandle>> {
    let log = app.log.get(sid).filter(|log| log.hub_here())?;
    let state = log.state();
    let theirs =
        |a: &Action| a.kind == "user.purge" && state.bindings.get(&a.actor).is_some_and(|b| b.home == origin.ik);
    let all = !actions.is_empty() && actions.iter().all(|signed| theirs(&signed.action));
    drop(state);
    all.then_some(log)
}

/// Somebody whose last member has left asks again about actions that stand in the log already.
async fn repeated(
    app: &App,
    origin: &Origin,
    sid: &ServerId,
    actions: &[SignedAction],
) -> Result<Option<Json<ActionsResponse>>> {
    let Some(log) = app.log.get(sid).filter(|l| l.hub_here()) else { return Ok(None) };
    let mut results = Vec::new();
    let mut read = app.db.read().await?;
    for signed in actions {
        let found = crate::log::store::event_by_aid(&mut read, sid, log.id, &signed.action.aid).await?;
        match found.filter(|e| e.event.action.origin == origin.ik) {
            Some(entry) => results.push(accepted(&entry)),
            None => {
                let aid = signed.action.aid;
                results.push(ActionResult::Rejected { aid, code: Code::NotMember, retry: false, retry_after_ms: None });
            }
        }
    }
    drop(read);
    if !results.iter().any(|r| matches!(r, ActionResult::Accepted { .. })) {
        return Ok(None);
    }
    let head = view::head(app, &log, &origin.ik).await?;
    Ok(Some(Json(ActionsResponse { results, head })))
}

// ---- reading

#[derive(Deserialize)]
pub(super) struct EventsQuery {
    after: Option<u64>,
    channel: Option<String>,
    before: Option<u64>,
    limit: Option<usize>,
    /// Only what everybody sees.
    #[serde(default)]
    frame: bool,
}

/// `GET /servers/{sid}/events`
pub(super) async fn events(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<EventsPage<Sent>>> {
    let events = query.limit.unwrap_or(MAX_PAGE_EVENTS).clamp(1, MAX_PAGE_EVENTS);
    let bounds = |to| Bounds { to, events, bytes: MAX_PAGE_BYTES };
    if let Some(copy) = tail::copy_of(&app, &origin, &sid) {
        return Ok(Json(tail::page(&app, &copy, query.after.unwrap_or(0), bounds(copy.head().seq)).await?));
    }
    let log = entitled(&app, &origin, &sid).await?;
    let sight = want::sight(&app, &log, &origin.ik);
    let channels = sight.visible.clone();
    offer(&app, &log, &origin.ik, &channels).await?;
    let to = log.head().seq;
    let head = view::head(&app, &log, &origin.ik).await?;
    if let Some(channel) = query.channel {
        let channel: ChannelId = channel.parse().map_err(|_| Problem::from(Code::UnknownChannel))?;
        if !channels.contains(&channel) {
            return Err(Code::UnknownChannel.into());
        }
        let before = query.before.unwrap_or(to + 1).min(to + 1);
        let messages = (events as u64).min(MAX_PAGE_MESSAGES);
        let bounds = Bounds { to, events: MAX_PAGE_EVENTS, bytes: MAX_PAGE_BYTES };
        let (events, more) = view::channel_page(&app, &log, &channel, before, messages, bounds).await?;
        return Ok(Json(EventsPage { events, head, more, wish: sight.wish() }));
    }
    let after = query.after.unwrap_or(0);
    if after > to {
        return Err(Code::BeyondHead.into());
    }
    let sight = if query.frame { want::Sight::whole(BTreeSet::new()) } else { sight };
    let run = view::run(&app, &log, &sight, after, bounds(to)).await?;
    Ok(Json(EventsPage { events: run.items, head, more: run.more, wish: sight.wish() }))
}

/// Notes which channels an instance is about to be told of: what was told is taken back when nobody there may see it.
async fn offer(app: &App, log: &LogHandle, ik: &InstanceId, channels: &BTreeSet<ChannelId>) -> Result<()> {
    let mut read = app.db.read().await?;
    let offered = store::offered(&mut read, ik, log.id).await?;
    drop(read);
    if channels.is_subset(&offered) {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::offer(&mut tx, ik, log.id, channels.difference(&offered)).await?;
    Ok(tx.commit().await?)
}

/// `GET /servers/{sid}/head`
pub(super) async fn head(State(app): State<App>, origin: Origin, Path(sid): Path<ServerId>) -> Result<Json<Position>> {
    if let Some(copy) = tail::copy_of(&app, &origin, &sid) {
        return Ok(Json(copy.head()));
    }
    let log = entitled(&app, &origin, &sid).await?;
    Ok(Json(view::head(&app, &log, &origin.ik).await?))
}

/// Delivery to an instance goes on behind this place, with these channels told.
pub(super) async fn begin_cursor(
    app: &App,
    log: &Arc<LogHandle>,
    ik: &InstanceId,
    seq: u64,
    channels: &BTreeSet<ChannelId>,
) -> Result<()> {
    let channels: Vec<ChannelId> = channels.iter().cloned().collect();
    let mut tx = app.db.begin().await?;
    app.peers.cursors.set(&mut tx, ik, log.id, seq).await?;
    want::begin(&mut tx, app, log, ik).await?;
    store::begin_anew(&mut tx, ik, log.id).await?;
    store::disclose(&mut tx, ik, log.id, &channels).await?;
    tx.commit().await?;
    app.cluster.tell(crate::cluster::Word::Want { log: log.id, peer: ik.clone() });
    app.peers.interested(log.id, ik);
    app.peers.deliver(app, ik, log);
    // What was refused before is not refused by a copy that begins anew.
    app.peers.revive(ik);
    Ok(())
}

// ---- joining

/// The digest by which a log names an invite; the code itself never stands in it.
pub fn invite_hash(code: &str) -> Hash {
    Hash::of(&[b"conntext/invite/v1\n", code.as_bytes()])
}

/// `POST /servers/{sid}/join`
pub(super) async fn join(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Message(request): Message<JoinRequest>,
) -> Result<Json<JoinResponse>> {
    let log = match app.log.get(&sid).filter(|l| l.hub_here()) {
        Some(log) => log,
        None => return Err(moved::elsewhere(&app, &sid).await?),
    };
    let action = &request.join.action;
    check_request(&origin, &sid, &request)?;
    let now = app.clock.now_ms();
    app.peers.failed_joins.look(&action.actor, now)?;
    app.peers.failed_joins_of.look(&origin.domain, now)?;
    let seq = match there(&log, &origin, action) {
        // The answer to the first try was lost.
        Some(seq) => seq,
        None => match admit(&app, &log, &request).await {
            Ok(seq) => seq,
            Err(problem) => {
                app.peers.failed_joins.take(action.actor.clone(), now).ok();
                app.peers.failed_joins_of.take(origin.domain.clone(), now).ok();
                return Err(problem);
            }
        },
    };
    // The join proves whose home the caller is, and nobody else's.
    if let Some(profile) = request.profile.filter(|p| request.join.action.actor.user() == Some(&p.profile.uid)) {
        let told = Told { home: origin.domain.clone(), by: origin.domain.clone(), profile };
        (app.peers.rooms.keep_profiles)(&app, vec![told]).await?;
    }
    let inside = log.state().members.contains_key(&request.join.action.actor);
    let snapshot = if !inside {
        // Who left goes on under another home, and there is nothing to follow.
        None
    } else if request.snapshot {
        Some(snapshots::make(&app, &log, &origin.ik).await?)
    } else {
        let mut read = app.db.read().await?;
        let known = app.peers.cursors.of(&mut read, &origin.ik, log.id).await?;
        drop(read);
        if known.is_none() {
            // It says that it has a copy; where that ends, it will say itself.
            begin_cursor(&app, &log, &origin.ik, seq.saturating_sub(1), &BTreeSet::new()).await?;
        }
        None
    };
    Ok(Json(JoinResponse { seq, snapshot }))
}

/// Where somebody came in from this instance, or under it, if they did.
fn there(log: &LogHandle, origin: &Origin, action: &Action) -> Option<u64> {
    let state = log.state();
    let binding = state.bindings.get(&action.actor).filter(|binding| binding.home == origin.ik)?;
    let moved = || binding.former.last().map(|before| before.until).filter(|_| action.kind == "member.migrate");
    state.arrived_by(&action.actor).or_else(moved)
}

fn check_request(origin: &Origin, sid: &ServerId, request: &JoinRequest) -> Result<()> {
    let action = &request.join.action;
    if action.sid != *sid {
        return Err(Code::SidMismatch.into());
    }
    if !matches!(action.kind.as_str(), "member.join" | "member.migrate") || !matches!(action.actor, Actor::User(_)) {
        return Err(Code::BadContent.into());
    }
    if action.origin != origin.ik || request.keys.ik != origin.ik || request.keys.domain != origin.domain {
        return Err(Code::OriginMismatch.into());
    }
    Ok(request.keys.verify()?)
}

/// Everything is judged before anything is written: a stranger leaves no trace in the log.
async fn admit(app: &App, log: &Arc<LogHandle>, request: &JoinRequest) -> Result<u64> {
    let signed = &request.join;
    let parsed = Content::parse(&signed.action.kind, &signed.content)?;
    let (made, now) = (proposal(signed.clone()), app.clock.now_ms());
    let basis = &signed.action.basis;
    let mut read = app.db.read().await?;
    let here = crate::log::store::hashes(&mut read, log.id, basis.seq, basis.seq).await?.remove(&basis.seq);
    let used = crate::log::store::position_of(&mut read, log.id, &signed.action.aid).await?.is_some();
    drop(read);
    let rests = || if basis.seq == 0 || here == Some(basis.hash) { Ok(()) } else { Err(Code::StaleBasis) };
    let judged = check_proposal(&log.sid, &made, now)
        .and_then(|()| judge(log, &signed.action, &parsed, request, now))
        // Last, so that nobody learns by it that there is such a log.
        .and_then(|()| rests());
    judged.map_err(|code| hide(log, code))?;
    // Where the action stands already, its keys do too.
    if !used {
        app.log.ensure_keys(&log.sid, &request.keys).await?;
    }
    let entry = app.log.submit_foreign(&log.sid, made).await;
    match entry {
        Ok(entry) => Ok(entry.seq()),
        Err(LogError::Rejected(code)) => Err(hide(log, code)),
        Err(e) => Err(e.into()),
    }
}

fn judge(
    log: &LogHandle,
    action: &Action,
    content: &Content,
    request: &JoinRequest,
    now_ms: i64,
) -> std::result::Result<(), Code> {
    // The log names invites by their hash, which members can see: only who knows the code may use one.
    let invite = match content {
        Content::MemberJoin(join) => join.invite,
        Content::MemberMigrate(_) => None,
        _ => return Err(Code::BadContent),
    };
    if invite.is_some() && request.code.as_deref().map(invite_hash) != invite {
        return Err(Code::InviteUnknown);
    }
    action.verify(request.keys.key(&request.join.origin_sig.kid)?, &request.join.origin_sig)?;
    let state = log.state();
    check_home(&state, action, Some(content))?;
    rules::check(&state, &Facts::default(), action, content, now_ms)
}

/// A private server does not exist for those who bring no valid invite.
fn hide(log: &LogHandle, code: Code) -> Problem {
    let public = log.state().info.public;
    match code {
        Code::InviteRequired | Code::NotMember | Code::Gone if !public => Code::UnknownServer.into(),
        Code::InviteUnknown if !public => Code::UnknownServer.into(),
        code => code.into(),
    }
}
