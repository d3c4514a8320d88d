//! Passing things: typing, presence, new profiles. Never stored, never sent again.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, ChannelId, InstanceId, UserId};
use conntext_federation::wire::{Signal, Signals, SignalsAck};
use tokio::sync::broadcast::error::RecvError;

use super::{Message, Origin, Told, call, want};
use crate::App;
use crate::bus::{Notice, PeopleNotice};
use crate::error::Result;
use crate::http::Json;
use crate::log::LogHandle;
use crate::presence::{self, Presence};

/// The most signals in one request.
const MAX_SIGNALS: usize = 100;
/// How long presence is gathered before it is sent.
const GATHER: Duration = Duration::from_secs(1);

/// Somebody of this instance is writing.
pub fn typing(app: &App, log: &LogHandle, channel: &ChannelId, actor: &Actor) {
    let signal = Signal::Typing { sid: log.sid.clone(), channel: channel.clone(), actor: actor.clone() };
    if log.hub_here() {
        spread_typing(app, log, channel, &signal, None);
    } else if let Ok(domain) = Domain::parse_normal(&log.hub_domain(), true) {
        send(app, domain, vec![signal]);
    }
}

/// From the hub to every instance with somebody who may see the channel.
fn spread_typing(app: &App, log: &LogHandle, channel: &ChannelId, signal: &Signal, but: Option<&InstanceId>) {
    let domains: Vec<Domain> = {
        let state = log.state();
        let homes = state.by_home.keys().filter(|ik| **ik != app.keys.ik && Some(*ik) != but);
        homes
            .filter(|ik| state.instance_can_see(ik, channel))
            .filter_map(|ik| Domain::parse_normal(&state.instances.get(ik)?.domain, true).ok())
            .collect()
    };
    for domain in domains {
        send(app, domain, vec![signal.clone()]);
    }
}

pub(super) fn send(app: &App, domain: Domain, items: Vec<Signal>) {
    // A peer that is known to be away hears nothing of what is over before it is back.
    if app.peers.failures(&domain) > 0 || app.peers.connections.available_permits() == 0 {
        return;
    }
    let (sender, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(async move {
        let signals = Signals { items };
        tokio::select! {
            biased;
            () = stopping.cancelled() => {}
            sent = call::<_, SignalsAck>(&sender, &domain, Method::POST, "/ephemeral", &signals) => if let Err(e) = sent {
                tracing::debug!(%domain, error = %e, "signals were lost");
            }
        }
    });
}

/// `POST /ephemeral`
pub(super) async fn receive(
    State(app): State<App>,
    origin: Origin,
    Message(signals): Message<Signals>,
) -> Result<Response> {
    let total = signals.items.len();
    let mut accepted = 0;
    for signal in signals.items.into_iter().take(MAX_SIGNALS) {
        accepted += u64::from(heed(&app, &origin, signal).await?);
    }
    let dropped = (total as u64).saturating_sub(accepted);
    Ok((StatusCode::ACCEPTED, Json(SignalsAck { accepted, dropped })).into_response())
}

async fn heed(app: &App, origin: &Origin, signal: Signal) -> Result<bool> {
    match signal {
        Signal::Typing { ref sid, ref channel, ref actor } => {
            let Some(log) = app.log.get(sid) else { return Ok(false) };
            let fine = {
                let state = log.state();
                let home = state.members.get(actor).map(|m| &m.home);
                let from_home = log.hub_here() && home == Some(&origin.ik);
                let from_hub = !log.hub_here() && state.info.hub == origin.ik && home != Some(&app.keys.ik);
                (from_home || from_hub) && state.can_see(actor, channel)
            };
            if fine {
                let notice = Notice::Typing { channel: channel.clone(), actor: actor.clone() };
                app.bus.tell_server(sid, notice);
                if log.hub_here() {
                    spread_typing(app, &log, channel, &signal, Some(&origin.ik));
                }
            }
            Ok(fine)
        }
        Signal::Presence { uid, status } => {
            let known = matches!(status.as_str(), "online" | "idle" | "dnd" | "offline");
            let fine = known && at_home(app, &uid, &origin.ik);
            if fine {
                presence::told_by_home(app, &uid, Presence::parse(&status));
            }
            Ok(fine)
        }
        Signal::Heads { sid, heads } => want::heed(app, origin, &sid, heads).await,
        Signal::Profile { profile } => {
            let fine = at_home(app, &profile.profile.uid, &origin.ik);
            if fine {
                (app.peers.rooms.keep_profiles)(
                    app,
                    vec![Told { home: origin.domain.clone(), by: origin.domain.clone(), profile: *profile }],
                )
                .await?;
            }
            Ok(fine)
        }
    }
}

/// Whether an instance is the home of somebody who shares a server with us.
fn at_home(app: &App, uid: &UserId, ik: &InstanceId) -> bool {
    let actor = Actor::User(uid.clone());
    app.log.all().iter().any(|log| log.state().members.get(&actor).is_some_and(|m| m.home == *ik))
}

/// The instances that share a server with somebody of ours; none for people of others.
fn audience(app: &App, uid: &UserId) -> BTreeMap<Domain, InstanceId> {
    let actor = Actor::User(uid.clone());
    let mut domains = BTreeMap::new();
    for log in app.log.all() {
        let state = log.state();
        if state.members.get(&actor).is_none_or(|m| m.home != app.keys.ik) {
            continue;
        }
        let others = state.by_home.keys().chain([&state.info.hub]).filter(|ik| **ik != app.keys.ik);
        let domain = |ik: &InstanceId| Domain::parse_normal(&state.instances.get(ik)?.domain, true).ok();
        domains.extend(others.filter_map(|ik| Some((domain(ik)?, ik.clone()))));
    }
    domains
}

/// Starts telling other instances who of ours comes and goes, and their new profiles.
pub(super) fn start(app: &App) {
    let (app, tasks) = (app.clone(), app.tasks.clone());
    tasks.spawn(async move {
        let mut people = app.bus.people();
        let mut gathered: BTreeMap<UserId, String> = BTreeMap::new();
        let mut ticks = tokio::time::interval(GATHER);
        loop {
            tokio::select! {
                biased;
                () = app.stopping.cancelled() => return,
                _ = ticks.tick(), if !gathered.is_empty() => {
                    let gathered = std::mem::take(&mut gathered);
                    // One process tells it for all.
                    if app.cluster.has_duties() {
                        flush(&app, gathered);
                    }
                }
                notice = people.recv() => match notice {
                    Ok(PeopleNotice::Presence { uid, status }) => {
                        gathered.insert(uid, status);
                    }
                    Ok(PeopleNotice::Profile { uid }) if app.cluster.has_duties() => profile(&app, &uid).await,
                    Ok(PeopleNotice::Profile { .. }) => {}
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
            }
        }
    });
}

/// To those who asked for it.
fn flush(app: &App, gathered: BTreeMap<UserId, String>) {
    let mut by_domain: BTreeMap<Domain, Vec<Signal>> = BTreeMap::new();
    let now = app.clock.now_ms();
    for (uid, status) in gathered {
        for domain in audience(app, &uid).into_keys().filter(|d| app.peers.subscriptions.wants(d, &uid, now)) {
            let signal = Signal::Presence { uid: uid.clone(), status: status.clone() };
            by_domain.entry(domain).or_default().push(signal);
        }
    }
    for (domain, items) in by_domain {
        for chunk in items.chunks(MAX_SIGNALS) {
            send(app, domain.clone(), chunk.to_vec());
        }
    }
}

/// Each gets what it may have of it.
async fn profile(app: &App, uid: &UserId) {
    for (domain, ik) in audience(app, uid) {
        match (app.peers.rooms.profiles)(app, &ik, std::slice::from_ref(uid)).await {
            Ok(mut profiles) => {
                let Some(profile) = profiles.pop() else { return };
                send(app, domain, vec![Signal::Profile { profile: Box::new(profile) }]);
            }
            Err(e) => return tracing::warn!(error = %e, "a profile cannot be told to others"),
        }
    }
}
