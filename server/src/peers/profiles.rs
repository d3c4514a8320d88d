//! Profiles of people elsewhere: asked for when they are missing or old.

use std::collections::BTreeMap;

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, InstanceId, UserId};
use conntext_federation::wire::{ProfilesAnswer, ProfilesQuery, SignedProfile};

use super::{Told, call, find, unpoison};
use crate::App;
use crate::log::LogHandle;

/// Profiles older than this are asked for again, milliseconds.
const OLD_MS: i64 = 3_600_000;
/// In a community of more people profiles are asked for when somebody looks at them.
const MANY: usize = 1_000;
/// Whoever was asked for is not asked for again so soon because somebody looks, milliseconds.
const AGAIN_MS: i64 = 60_000;
/// People who were asked for that are remembered.
const REMEMBERED: usize = 20_000;
/// The most people in one question.
pub const MAX_QUERY: usize = 100;

/// The domain of a person's home, as the logs here know it.
pub fn home_domain(app: &App, uid: &UserId) -> Option<Domain> {
    let actor = Actor::User(uid.clone());
    let logs = app.log.all();
    // Where they moved, not every community has heard of it yet.
    let newest = logs.iter().max_by_key(|log| log.state().bindings.get(&actor).map(|b| b.op.map_or(0, |(n, _)| n)))?;
    let state = newest.state();
    let home = &state.bindings.get(&actor)?.home;
    if *home == app.keys.ik {
        return None;
    }
    Domain::parse_normal(&state.instances.get(home)?.domain, true).ok()
}

/// Asks `domain` in the background for those of these people whose profiles are missing or old.
pub(super) fn wanted(app: &App, domain: Domain, people: Vec<UserId>) {
    if people.is_empty() {
        return;
    }
    let app = app.clone();
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        let stopping = app.stopping.clone();
        tokio::select! {
            biased;
            () = stopping.cancelled() => {}
            () = fetch(&app, &domain, people) => {}
        }
    });
}

/// Asks for all members of a copy, or of a server of ours, whose profiles are missing or old. In a large community those
/// are asked for whom somebody looks at: see [`looked_at`].
pub(super) fn wanted_of(app: &App, log: &LogHandle) {
    if log.state().members.len() > MANY {
        return;
    }
    let everybody: Vec<UserId> = log.state().members.keys().filter_map(Actor::user).cloned().collect();
    ask_about(app, log, everybody);
}

/// Somebody here looks at these people of a server. In a large community their profiles may not have been asked for yet.
pub fn looked_at<'a>(app: &App, log: &LogHandle, people: impl Iterator<Item = &'a str>) {
    if log.state().members.len() <= MANY {
        return;
    }
    let now = app.clock.now_ms();
    let new: Vec<UserId> = {
        let mut asked = unpoison(&app.peers.asked_profiles);
        if asked.len() > REMEMBERED {
            asked.retain(|_, at| (0..AGAIN_MS).contains(&(now - *at)));
        }
        let mut due = |uid: &UserId| match asked.insert(uid.clone(), now) {
            Some(before) if (0..AGAIN_MS).contains(&(now - before)) => {
                asked.insert(uid.clone(), before);
                false
            }
            _ => true,
        };
        people.filter_map(|uid| uid.parse().ok()).filter(|uid| due(uid)).collect()
    };
    ask_about(app, log, new);
}

fn ask_about(app: &App, log: &LogHandle, people: Vec<UserId>) {
    let state = log.state();
    let mut by_domain: BTreeMap<Domain, Vec<UserId>> = BTreeMap::new();
    for uid in people {
        let Some(member) = state.members.get(&Actor::User(uid.clone())).filter(|m| m.home != app.keys.ik) else {
            continue;
        };
        // A follower asks its hub, which has them all; a hub asks each home.
        let domain = if log.hub_here() {
            state.instances.get(&member.home).map(|i| i.domain.clone())
        } else {
            Some(log.hub_domain())
        };
        if let Some(domain) = domain.and_then(|d| Domain::parse_normal(&d, true).ok()) {
            by_domain.entry(domain).or_default().push(uid);
        }
    }
    drop(state);
    for (domain, mut people) in by_domain {
        people.sort();
        wanted(app, domain, people);
    }
}

async fn fetch(app: &App, domain: &Domain, people: Vec<UserId>) {
    let old = app.clock.now_ms() - OLD_MS;
    let stale = match (app.peers.rooms.stale_profiles)(app, people.clone(), old).await {
        Ok(stale) => stale,
        Err(e) => return tracing::warn!(error = %e, "profiles cannot be looked up"),
    };
    let stale = from_hosts(app, domain, stale, old).await;
    ask(app, domain, &stale).await;
    confirm(app, domain, people).await;
}

/// Asks the instances that keep profiles in the place of the home that would be asked. Answers of whom nothing that is new
/// enough came from there.
async fn from_hosts(app: &App, home: &Domain, people: Vec<UserId>, old: i64) -> Vec<UserId> {
    // A hub has those of all its members.
    let theirs: Vec<UserId> =
        people.iter().filter(|uid| home_domain(app, uid).as_ref() == Some(home)).cloned().collect();
    let hosts = match (app.peers.rooms.profile_hosts)(app, &theirs).await {
        Ok(hosts) if !hosts.is_empty() => hosts,
        Ok(_) => return people,
        Err(e) => {
            tracing::warn!(error = %e, "profiles cannot be looked up");
            return people;
        }
    };
    let mut by_host: BTreeMap<(Domain, InstanceId), Vec<UserId>> = BTreeMap::new();
    for (uid, host, ik) in hosts {
        by_host.entry((host, ik)).or_default().push(uid);
    }
    for ((host, ik), uids) in by_host {
        match find(app, &host).await {
            Ok(peer) if peer.ik == ik => ask(app, &host, &uids).await,
            Ok(_) => tracing::info!(%host, "another instance than the one that keeps a profile answers there"),
            Err(e) => tracing::debug!(%host, error = %e, "profiles were not answered"),
        }
    }
    (app.peers.rooms.stale_profiles)(app, people.clone(), old).await.unwrap_or(people)
}

async fn ask(app: &App, domain: &Domain, people: &[UserId]) {
    for uids in people.chunks(MAX_QUERY) {
        let query = ProfilesQuery { uids: uids.to_vec() };
        let answer: ProfilesAnswer = match call(app, domain, Method::POST, "/profiles/query", &query).await {
            Ok(answer) => answer,
            Err(e) => return tracing::debug!(%domain, error = %e, "profiles were not answered"),
        };
        keep(app, domain, answer.profiles.into_iter().filter(|p| uids.contains(&p.profile.uid)).collect()).await;
    }
}

/// Asks the homes of those whose handles only others told: many at a time, which one question for each handle would not.
async fn confirm(app: &App, asked: &Domain, people: Vec<UserId>) {
    let unsure = match (app.peers.rooms.unconfirmed)(app, people).await {
        Ok(unsure) => unsure,
        Err(e) => return tracing::warn!(error = %e, "profiles cannot be looked up"),
    };
    let mut by_home: BTreeMap<Domain, Vec<UserId>> = BTreeMap::new();
    for uid in unsure {
        // Whoever does not answer is asked when it is there again and something is heard of the person.
        if let Some(home) = home_domain(app, &uid).filter(|d| d != asked && app.peers.failures(d) == 0) {
            by_home.entry(home).or_default().push(uid);
        }
    }
    for (home, uids) in by_home {
        ask(app, &home, &uids).await;
    }
}

/// Keeps profiles that `by` told, of people whose homes are known from the logs here.
pub(super) async fn keep(app: &App, by: &Domain, profiles: Vec<SignedProfile>) {
    let placed = profiles.into_iter().filter_map(|profile| {
        let home = home_domain(app, &profile.profile.uid)?;
        Some(Told { by: by.clone(), home, profile })
    });
    if let Err(e) = (app.peers.rooms.keep_profiles)(app, placed.collect()).await {
        tracing::info!(error = %e, "a profile was refused");
    }
}
