//! What two instances say when they meet again: how far each has the servers that both take part in. Heads heal gaps,
//! also when nothing new is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::hub::position;
use conntext_federation::ids::InstanceId;
use conntext_federation::wire::{self, EventsPage, Hello, HelloServer, Push};

use super::{
    Message, Origin, call, checkpoints, delivery, discovery, find, frame, get, joining, moved, profiles, rebase,
    rewind, store, view, want,
};
use crate::App;
use crate::db;
use crate::error::Result;
use crate::http::Json;
use crate::log::{LogHandle, pending};

/// How often hubs and followers that are silent are looked for.
const PROBE: Duration = Duration::from_secs(60);
/// A hub that was silent for so long is asked whether it is there, milliseconds.
const SILENT_HUB_MS: i64 = 60_000;
/// Everybody else is greeted this often, milliseconds.
const SILENT_MS: i64 = 3_600_000;
/// How long a copy that is behind waits for the hub's push before it asks itself.
const GRACE: Duration = Duration::from_secs(3);

/// The instances that share servers with this one, each with whether it is the hub of one.
fn partners(app: &App) -> BTreeMap<InstanceId, (Domain, bool)> {
    let mut found: BTreeMap<InstanceId, (Domain, bool)> = BTreeMap::new();
    for log in app.log.all() {
        let state = log.state();
        let mut add = |ik: &InstanceId, domain: &str, hub: bool| {
            if *ik != app.keys.ik
                && let Ok(domain) = Domain::parse_normal(domain, true)
            {
                found.entry(ik.clone()).or_insert((domain, false)).1 |= hub;
            }
        };
        if log.hub_here() {
            for ik in state.by_home.keys().chain(state.info.moving.as_ref().map(|moving| &moving.to)) {
                if let Some(instance) = state.instances.get(ik) {
                    add(ik, &instance.domain, false);
                }
            }
        } else {
            add(&state.info.hub, &log.hub_domain(), true);
        }
    }
    found
}

async fn ours(app: &App, peer: &InstanceId) -> db::Result<Hello> {
    let mut servers = Vec::new();
    for log in app.log.all() {
        let (member, hub) = {
            let state = log.state();
            (state.is_followed_by(peer), state.info.hub.clone())
        };
        if log.hub_here() && member {
            let head = view::head(app, &log, peer).await?;
            let wish = want::wish(app, &log, peer);
            servers.push(HelloServer { sid: log.sid.clone(), hub: true, head, wish, receipt: None, channels: None });
        } else if !log.hub_here() && hub == *peer && log.quarantined().is_none() {
            let (head, channels) = {
                let state = log.state();
                (position(&state), wire::wish(&state.channels.keys().cloned().collect()))
            };
            let mut read = app.db.read().await?;
            let receipt = pending::furthest_receipt(&mut read, log.id, &head).await?;
            drop(read);
            let (wish, channels) = (None, Some(channels));
            servers.push(HelloServer { sid: log.sid.clone(), hub: false, head, wish, receipt, channels });
        }
    }
    let document = app.peers.document.serial();
    let witness = checkpoints::witness(app, peer).await?;
    Ok(Hello { software: concat!("conntext/", env!("CARGO_PKG_VERSION")).into(), servers, document, witness })
}

/// Acts on what a peer says.
async fn heed(app: &App, domain: &Domain, peer: &InstanceId, said: Hello) -> db::Result<()> {
    let (asking, at) = (app.clone(), domain.clone());
    spawn(app, async move { discovery::heed_serial(&asking, &at, said.document).await });
    let mut seen = BTreeSet::new();
    for server in said.servers {
        if !seen.insert(server.sid.clone()) {
            continue;
        }
        let Some(log) = app.log.get(&server.sid) else {
            if server.hub {
                joining::settle_soon(app, &server.sid);
            }
            continue;
        };
        if server.hub {
            if log.state().info.hub != *peer {
                moved::soon(app, domain, &log);
                continue;
            }
            // It, or this instance, was put back from an older time.
            if server.wish != log.wanted().as_ref().map(wire::wish) && log.quarantined().is_none() {
                want::refused(app, &log);
            }
            let head = log.head();
            if rebase::is_due(&log, &server.head) {
                rebase::soon(app, domain, &log);
            } else if head.seq < server.head.seq && log.quarantined().is_none() {
                catch_up_soon(app, domain, &log);
            }
        } else if !log.hub_here() && server.head.generation > log.head().generation {
            // It takes us for the hub: this instance was put back from before it went on with the log.
            moved::soon(app, domain, &log);
        } else if log.hub_here() && super::hub::was_in(&log, peer) {
            follower_at(app, domain, peer, &log, &server).await?;
        }
    }
    checkpoints::heed(app, domain, peer, said.witness).await?;
    app.peers.deliver_all(app, peer);
    Ok(())
}

/// A follower says where its copy ends: a copy that was restored from an older one is behind its cursor.
pub(super) async fn follower_at(
    app: &App,
    domain: &Domain,
    peer: &InstanceId,
    log: &LogHandle,
    said: &HelloServer,
) -> db::Result<()> {
    // What it has yet to get may be gone here. At a place that is taken by now its author is asked to send it again.
    if let Some(receipt) = said.receipt.as_ref().filter(|receipt| receipt.seq > log.head().seq)
        && receipt.epoch >= log.head().epoch
    {
        rewind::suspect(app, domain, log, receipt).await?;
    }
    let mut read = app.db.read().await?;
    let cursor = app.peers.cursors.of(&mut read, peer, log.id).await?;
    let held = store::tail(&mut read, log.id, said.head.seq, 1).await?.pop();
    drop(read);
    let same =
        said.head.seq == 0 || held.is_some_and(|(seq, hash, _)| seq == said.head.seq && hash == said.head.hash.0);
    if !same {
        // Of the epoch before: it is about to hear of the new one.
        if said.head.epoch >= log.head().epoch && !rewind::is_lost(app, log, said.head.seq).await? {
            rewind::suspect(app, domain, log, &said.head).await?;
        }
        return Ok(());
    }
    if log.rewind().is_some() {
        app.peers.rewinds.notify_one();
    }
    match cursor {
        Some(acked) if acked == said.head.seq => {
            let known = store::disclosed(&mut app.db.read().await?, peer, log.id).await?;
            // What was told without an event moves no head.
            if said.channels.is_some_and(|digest| digest != wire::wish(&known)) {
                let mut tx = app.db.begin().await?;
                store::doubt(&mut tx, peer, log.id).await?;
                tx.commit().await?;
            }
            Ok(())
        }
        // What it confirmed meanwhile is on its way back to us.
        Some(acked) if acked < said.head.seq => {
            let mut tx = app.db.begin().await?;
            store::advance(&mut tx, peer, log.id, said.head.seq).await?;
            tx.commit().await
        }
        _ => {
            delivery::rewind(app, peer, log, said.head.seq).await?;
            app.peers.revive(peer);
            Ok(())
        }
    }
}

/// `POST /hello`
pub(super) async fn receive(
    State(app): State<App>,
    origin: Origin,
    Message(said): Message<Hello>,
) -> Result<Json<Hello>> {
    heed(&app, &origin.domain, &origin.ik, said).await?;
    Ok(Json(ours(&app, &origin.ik).await?))
}

/// Greets one instance.
///
/// # Errors
/// [`super::CallError`].
pub async fn say(app: &App, domain: &Domain) -> std::result::Result<(), super::CallError> {
    let own = |e: db::Error| super::CallError::Unreachable(format!("our own database: {e}"));
    let peer = find(app, domain).await?;
    let hello = ours(app, &peer.ik).await.map_err(own)?;
    let answer: Hello = call(app, domain, Method::POST, "/hello", &hello).await?;
    heed(app, domain, &peer.ik, answer).await.map_err(own)
}

pub(super) fn spawn(app: &App, work: impl Future<Output = ()> + Send + 'static) {
    let stopping = app.stopping.clone();
    app.tasks.spawn(async move {
        tokio::select! {
            biased;
            () = stopping.cancelled() => {}
            () = work => {}
        }
    });
}

/// Greets an instance in the background.
pub(super) fn say_soon(app: &App, peer: &InstanceId) {
    let Some((domain, _)) = partners(app).remove(peer) else { return };
    let greeting = app.clone();
    spawn(app, async move {
        if let Err(e) = say(&greeting, &domain).await {
            tracing::debug!(%domain, error = %e, "no answer to a greeting");
        }
    });
}

/// Greets instances until each has answered once, or is given up: they have to hear who goes on with a log.
pub(super) fn say_until_heard(app: &App, peers: Vec<InstanceId>) {
    for ik in peers {
        let greeting = app.clone();
        spawn(app, async move {
            let mut failures = 0;
            while let Some((domain, _)) = partners(&greeting).remove(&ik) {
                match say(&greeting, &domain).await {
                    Ok(()) => return,
                    Err(e) => tracing::debug!(%domain, error = %e, "no answer to a greeting"),
                }
                if greeting.peers.is_dormant(&greeting, &domain) {
                    return;
                }
                failures += 1;
                tokio::time::sleep(delivery::backoff(&greeting, failures) + GRACE).await;
            }
        });
    }
}

fn catch_up_soon(app: &App, domain: &Domain, log: &Arc<LogHandle>) {
    let (app, domain, log) = (app.clone(), domain.clone(), log.clone());
    spawn(&app.clone(), async move {
        let before = log.head().seq;
        tokio::time::sleep(GRACE).await;
        if log.head().seq > before {
            return;
        }
        if let Err(e) = catch_up(&app, &domain, &log).await {
            tracing::info!(sid = %log.sid, error = %e, "the copy stays behind until the next greeting");
        }
    });
}

/// Fetches what a copy has missed.
///
/// # Errors
/// [`super::CallError`].
pub async fn catch_up(app: &App, domain: &Domain, log: &LogHandle) -> std::result::Result<u64, super::CallError> {
    loop {
        let after = log.head().seq;
        let page: EventsPage = get(app, domain, &format!("/servers/{}/events?after={after}", log.sid)).await?;
        if page.events.is_empty() {
            return Ok(after);
        }
        // What is wanted again begins with a push, which tells the state of its channels.
        let begins = page.wish.is_none() && !log.is_whole() && log.wanted().is_none();
        if begins || !log.knows_wish(page.wish) {
            return Err(super::CallError::Answer("it goes by another wish than ours".into()));
        }
        let push = Push { wish: page.wish, ..Push::of(log.sid.clone(), page.events) };
        let head = app.log.receive(push).await.map_err(|e| super::CallError::Answer(format!("its events: {e:?}")))?;
        if !page.more || head <= after {
            return Ok(head);
        }
    }
}

/// After a start: those who hold copies of our logs say how far these go, before anything is written to them.
async fn look_around(app: &App) -> BTreeSet<InstanceId> {
    let logs = app.log.all();
    let ours = logs.iter().filter(|log| log.hub_here());
    let asked: BTreeSet<InstanceId> =
        ours.flat_map(|log| log.state().by_home.keys().cloned().collect::<Vec<_>>()).collect();
    let everybody = partners(app).into_iter().filter(|(ik, _)| asked.contains(ik));
    let greetings = everybody.map(|(_, (domain, _))| {
        let app = app.clone();
        async move {
            if let Err(e) = say(&app, &domain).await {
                tracing::debug!(%domain, error = %e, "no answer to a greeting");
            }
        }
    });
    let patience = Duration::from_millis(app.config.federation.start_ask_ms);
    let all = futures_util::future::join_all(greetings.collect::<Vec<_>>());
    if tokio::time::timeout(patience, all).await.is_err() {
        tracing::info!("not all instances said in time how far their copies go");
    }
    if let Err(e) = app.log.end_look_around().await {
        tracing::error!(error = %e, "the logs cannot go on");
    }
    asked
}

/// The look around, unless another process has had it: then all that was proven is written in the database.
async fn begin(app: &App) -> BTreeSet<InstanceId> {
    let asked = tokio::select! {
        biased;
        () = app.cluster.until_duties() => look_around(app).await,
        () = app.cluster.until_others_looked() => {
            if let Err(e) = app.log.end_look_around().await {
                tracing::error!(error = %e, "the logs cannot go on");
            }
            BTreeSet::new()
        }
    };
    app.cluster.say_looked();
    asked
}

/// Starts the greetings: everybody at the start, then whoever is silent.
pub(super) fn start(app: &App) {
    let greeting = app.clone();
    spawn(app, async move {
        let app = greeting;
        let mut ticks = tokio::time::interval(PROBE);
        let mut first = true;
        loop {
            ticks.tick().await;
            let greeted = if first { begin(&app).await } else { BTreeSet::new() };
            // One process greets for all. Whoever takes over meets everybody as after a start.
            if !app.cluster.has_duties() {
                app.cluster.until_duties().await;
                app.log.all().iter().for_each(|log| profiles::wanted_of(&app, log));
            }
            let now = app.clock.now_ms();
            for (ik, (domain, hub)) in partners(&app) {
                // Who was away for weeks is not asked any more, but for the one time after a start.
                if !first && app.peers.is_dormant(&app, &domain) {
                    continue;
                }
                let silent = now - app.peers.last_contact(&domain);
                if greeted.contains(&ik) {
                    continue;
                }
                let most = if hub { SILENT_HUB_MS } else { SILENT_MS };
                if first || !(0..most).contains(&silent) {
                    say_soon(&app, &ik);
                }
            }
            checkpoints::round(&app);
            frame::round(&app);
            if first {
                app.log.all().iter().for_each(|log| profiles::wanted_of(&app, log));
            }
            first = false;
        }
    });
}
