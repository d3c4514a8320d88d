//! A log has another hub: who follows it, or sequenced it before, is shown the way there and goes on from the new one.

use std::sync::Arc;

use axum::extract::State;
use conntext_federation::Code;
use conntext_federation::action::Position;
use conntext_federation::domain::Domain;
use conntext_federation::hub_move::HandoverAnswer;
use conntext_federation::ids::{Hash, InstanceId, ServerId};
use conntext_federation::way::{Way, WayStep};
use conntext_federation::wire::EventsPage;

use super::delivery::backoff;
use super::{CallError, Origin, find, get, hello, rebase, store, unpoison, want};
use crate::App;
use crate::db;
use crate::error::{Problem, Result};
use crate::http::{Json, Path};
use crate::log::rewind::Why;
use crate::log::{LogError, LogHandle, hub_store, purge};

/// How often the way to a new hub is looked for at a time; whoever says so again has it looked for again.
const TRIES: u32 = 10;

/// Looks at a time, over all logs.
const MOST: usize = 256;

/// What is told to whoever asks here for a log that is not: where it went, if it was here once.
pub(super) async fn elsewhere(app: &App, sid: &ServerId) -> Result<Problem> {
    let went = hub_store::handed_over(&mut app.db.read().await?, sid).await?;
    Ok(match went {
        Some((domain, _)) => Problem::from(Code::NotHub).with("hub", domain),
        None => Code::UnknownServer.into(),
    })
}

/// The instance that an answer names as the hub.
pub fn named(e: &CallError) -> Option<Domain> {
    let CallError::Problem { problem, .. } = e else { return None };
    let hub = problem.hub.as_ref().filter(|_| problem.code == Code::NotHub.as_str())?;
    Domain::parse_normal(hub, true).ok()
}

/// `GET /servers/{sid}/way`: whoever has it proves by it what every member was told.
pub(super) async fn serve(State(app): State<App>, _: Origin, Path(sid): Path<ServerId>) -> Result<Json<Way>> {
    let mut read = app.db.read().await?;
    let mut way = match app.log.get(&sid) {
        Some(log) => hub_store::way(&mut read, &sid, log.id).await?,
        None => Way::default(),
    };
    if way.steps.is_empty() {
        way = hub_store::handed_over(&mut read, &sid).await?.map(|(_, way)| way).unwrap_or_default();
    }
    if way.steps.is_empty() { Err(Code::UnknownServer.into()) } else { Ok(Json(way)) }
}

/// Ends the look at a log.
struct Looking<'a>(&'a App, (ServerId, Domain));

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        unpoison(&self.0.peers.moving).remove(&self.1);
    }
}

/// Somebody says that a log has another hub than is known here: the instance at this domain is asked for the way.
pub(super) fn soon(app: &App, domain: &Domain, log: &Arc<LogHandle>) {
    // Each of those who say so by itself: one that answers slowly keeps nobody else from being heard.
    let look = (log.sid.clone(), domain.clone());
    {
        let mut looks = unpoison(&app.peers.moving);
        if looks.len() >= MOST || !looks.insert(look.clone()) {
            return;
        }
    }
    let (app, domain, log) = (app.clone(), domain.clone(), log.clone());
    hello::spawn(&app.clone(), async move {
        let _looking = Looking(&app, look);
        for tries in 1..=TRIES {
            let Err(e) = follow(&app, &domain, &log).await else { return };
            tracing::info!(sid = %log.sid, %domain, error = %e, "the log of a community is not followed to another hub yet");
            if !e.passing() {
                return;
            }
            tokio::time::sleep(backoff(&app, tries)).await;
        }
    });
}

/// Goes over to the hub that the way leads to. What was written here behind the place where it parted, as by a hub that was
/// restored from an older copy, is kept as orphaned.
///
/// # Errors
/// [`CallError`] where the way does not hold, or the new hub does not answer.
async fn follow(app: &App, domain: &Domain, log: &Arc<LogHandle>) -> std::result::Result<(), CallError> {
    let way: Way = get(app, domain, &format!("/servers/{}/way", log.sid)).await?;
    if is_split(app, log, &way).await? {
        return freeze(app, log).await;
    }
    let hub = way.check(&log.state())?;
    let last = way.steps.last().ok_or(Code::BadMigration)?;
    if hub == app.keys.ik {
        return take_back(app, domain, log).await;
    }
    let at = last.keys().ok_or(Code::BadMigration)?.domain.clone();
    let peer = find(app, &at).await?;
    if peer.ik != hub {
        return Err(CallError::Answer("another instance answers at the hub's domain".into()));
    }
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    if log.hub_here() {
        let generation = log.head().generation;
        let by_keys = way.steps.iter().any(|step| step.event().header.generation > generation);
        let signed = |step: &WayStep| matches!(step, WayStep::Handed(step) if step.commit.header.hub == app.keys.ik);
        let kid = way.steps.iter().rev().find(|step| signed(step)).map(|step| step.event().hub_sig.kid.clone());
        if !by_keys && !app.keys.all().iter().any(|key| Some(&key.kid) == kid.as_ref() && key.revoked_at.is_none()) {
            return Err(Code::KeyRevoked.into());
        }
        // We signed that it goes on elsewhere, or its recovery keys did: not one more event of ours.
        app.log.begin_rewind(log, Why::Peer, Some(last.event().header.position()?)).await.map_err(own)?;
    } else {
        app.log.set_hub_domain(log, at.as_str()).await.map_err(own)?;
        want::tell_again(app, log).await?;
    }
    let turn = app.peers.rebasing.lock().await;
    let head = log.head();
    let there: Position = get(app, &at, &format!("/servers/{}/head", log.sid)).await?;
    let Some(common) = rebase::common(app, &at, log, &head, &there).await? else {
        return Err(CallError::Answer("a log that has nothing in common with ours".into()));
    };
    // More may have come meanwhile.
    if common >= head.seq {
        go_on(app, &at, log).await?;
        app.log.lift_quarantine(log).await.map_err(own)?;
    } else {
        rebase::begin_behind(app, &at, &peer, log, common, &head).await?;
    }
    drop(turn);
    tracing::info!(sid = %log.sid, hub = %at, "the log of a community is followed to another hub");
    hello::say_soon(app, &hub);
    Ok(())
}

/// Whether the recovery keys had the log go on in another way, too, in the generation that is followed here.
async fn is_split(app: &App, log: &LogHandle, way: &Way) -> std::result::Result<bool, CallError> {
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let mut read = app.db.read().await.map_err(own)?;
    let began = hub_store::taken_over(&mut read, &log.sid, log.id).await.map_err(own)?;
    drop(read);
    let began = began.filter(|entry| entry.event.header.generation == log.head().generation);
    let ours = began.and_then(|entry| conntext_federation::takeover::taken(&entry.event));
    Ok(ours.is_some_and(|ours| way.splits(&log.state(), &ours.takeover.body)))
}

/// Nobody can tell which way counts: nothing is written any more until the keys say so in the next generation.
async fn freeze(app: &App, log: &Arc<LogHandle>) -> std::result::Result<(), CallError> {
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    tracing::error!(sid = %log.sid, "the recovery keys of a community had it go on in two ways: it stands still until they say in one more take-over which counts");
    if log.hub_here() {
        return app.log.begin_rewind(log, Why::Split, None).await.map_err(own);
    }
    if log.quarantined().is_none() {
        app.log.set_aside(log, Code::TakeoverSplit).await;
    }
    Ok(())
}

/// This instance was restored from a copy of the time before the log came here: it takes it back from one that follows it,
/// and then everything that its followers hold.
async fn take_back(app: &App, domain: &Domain, log: &Arc<LogHandle>) -> std::result::Result<(), CallError> {
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let there: Position = get(app, domain, &format!("/servers/{}/head", log.sid)).await?;
    while !log.hub_here() {
        restore_from(app, domain, log).await?;
    }
    app.log.begin_rewind(log, Why::Peer, Some(there)).await.map_err(own)?;
    app.peers.rewinds.notify_one();
    Ok(())
}

async fn restore_from(app: &App, at: &Domain, log: &Arc<LogHandle>) -> std::result::Result<(), CallError> {
    let after = log.head().seq;
    let page: EventsPage = get(app, at, &format!("/servers/{}/events?after={after}", log.sid)).await?;
    let end = app.log.restore(log, page.events).await;
    let end = end.map_err(|e| CallError::Answer(format!("its events: {e:?}")))?;
    if end > after { Ok(()) } else { Err(CallError::Answer("a log that does not go on".into())) }
}

/// Takes what the new hub has behind our end.
async fn go_on(app: &App, at: &Domain, log: &Arc<LogHandle>) -> std::result::Result<(), CallError> {
    while log.hub_here() {
        restore_from(app, at, log).await?;
    }
    hello::catch_up(app, at, log).await.map(|_| ())
}

/// This instance has just become the hub: what is known of those who follow the log is written down, and all are told.
///
/// # Errors
/// From the database.
pub async fn became_hub(
    app: &App,
    log: &Arc<LogHandle>,
    before: &InstanceId,
    answer: HandoverAnswer,
) -> std::result::Result<(), LogError> {
    let (others, channels) = {
        let state = log.state();
        let others: Vec<InstanceId> = state.by_home.keys().filter(|ik| **ik != app.keys.ik).cloned().collect();
        (others, state.channels.keys().cloned().collect::<Vec<_>>())
    };
    let mut tx = app.db.begin().await?;
    for peer in &others {
        let withdrawn = answer.withdrawn.get(peer);
        store::offer(&mut tx, peer, log.id, withdrawn.into_iter().flatten()).await?;
    }
    // The hub before holds everything, and is told what its people may not see.
    if others.contains(before) {
        store::offer(&mut tx, before, log.id, channels.iter()).await?;
        store::disclose(&mut tx, before, log.id, &channels).await?;
        app.peers.cursors.set(&mut tx, before, log.id, answer.commit.header.seq).await?;
    }
    for word in answer.receipts {
        purge::store::expect(&mut tx, log.id, word.seq, &word.by).await?;
        if let Some(receipt) = &word.receipt {
            purge::store::confirm(&mut tx, log.id, word.seq, &word.by, receipt).await?;
        }
    }
    tx.commit().await?;
    if others.contains(before) {
        app.peers.interested(log.id, before);
        app.peers.deliver(app, before, log);
    }
    hello::say_until_heard(app, others);
    Ok(())
}

/// This instance has just gone on with a log whose hub is lost: nobody can tell any more which channels its followers were
/// told of, and all are told.
///
/// # Errors
/// From the database.
pub async fn took_over(app: &App, log: &Arc<LogHandle>) -> db::Result<()> {
    let others: Vec<InstanceId> = log.state().by_home.keys().filter(|ik| **ik != app.keys.ik).cloned().collect();
    let mut tx = app.db.begin().await?;
    store::doubt_all(&mut tx, log.id).await?;
    tx.commit().await?;
    hello::say_until_heard(app, others);
    Ok(())
}

/// What the next hub has to know that stands in no event: channels that followers may still hold and may not see any more,
/// and who has confirmed which purge.
///
/// # Errors
/// From the database.
pub async fn beside_the_log(app: &App, log: &LogHandle, answer: &mut HandoverAnswer) -> db::Result<()> {
    let mut read = app.db.read().await?;
    for (peer, _, _) in store::cursors(&mut read).await?.into_iter().filter(|(_, id, _)| *id == log.id) {
        let mut offered = store::offered(&mut read, &peer, log.id).await?;
        let visible = log.state().channels_for(&peer);
        offered.retain(|channel| !visible.contains(channel));
        if !offered.is_empty() {
            answer.withdrawn.insert(peer, offered);
        }
    }
    answer.receipts = purge::store::words(&mut read, log.id).await?;
    Ok(())
}

/// Where an invitation leads that was made here for a community which lives elsewhere now.
///
/// # Errors
/// From the database.
pub async fn of_invite(app: &App, hash: &Hash) -> db::Result<Option<Domain>> {
    let went = hub_store::invited_to(&mut app.db.read().await?, hash).await?;
    Ok(went.and_then(|domain| Domain::parse_normal(&domain, true).ok()))
}
