//! Who is there. Held in memory only: our own people by their open sockets, here and at other processes of the instance,
//! others as their instances tell.

use crate::{App, bus::PeopleNotice, cluster::Word};
use conntext_federation::ids::UserId;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};
use utoipa::ToSchema;

/// How long somebody stays in view after the last socket closed: a reload takes less.
const GRACE: Duration = Duration::from_secs(5);
/// What another process of this instance said counts for this long, milliseconds; it says it again before.
const ELSEWHERE_LIFE_MS: i64 = 75_000;
/// What another instance said counts for this long, milliseconds.
const REMOTE_LIFE_MS: i64 = 15 * 60_000;

/// Whether somebody is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Not there, or wants to look so.
    #[default]
    Offline,
    /// There, but nothing was touched for a while.
    Idle,
    /// There and does not want to be disturbed.
    Dnd,
    /// There.
    Online,
}

impl Presence {
    /// As it appears in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Idle => "idle",
            Self::Dnd => "dnd",
            Self::Online => "online",
        }
    }
    /// Reads a word; anything unknown is offline.
    pub fn parse(text: &str) -> Self {
        match text {
            "idle" => Self::Idle,
            "dnd" => Self::Dnd,
            "online" => Self::Online,
            _ => Self::Offline,
        }
    }
}

#[derive(Default)]
struct Seen {
    /// The status of each open socket.
    sockets: HashMap<u64, Presence>,
    /// What other processes of this instance say by their sockets, and until when it counts.
    elsewhere: HashMap<String, (Presence, i64)>,
    /// What another instance said, and until when it counts.
    remote: Option<(Presence, i64)>,
    told: Presence,
}

impl Seen {
    fn status(&self, now_ms: i64) -> Presence {
        // Not to be disturbed on one device holds for the person.
        let elsewhere = || self.elsewhere.values().filter(|(_, until)| *until > now_ms).map(|(s, _)| *s);
        let mut ours = self.sockets.values().copied().chain(elsewhere());
        if ours.any(|s| s == Presence::Dnd) {
            return Presence::Dnd;
        }
        let here = self.sockets.values().copied().chain(elsewhere()).max().unwrap_or_default();
        let there = self.remote.filter(|(_, until)| *until > now_ms).map_or(Presence::Offline, |(s, _)| s);
        here.max(there)
    }

    /// What the sockets of this process say.
    fn here(&self) -> Presence {
        if self.sockets.values().any(|s| *s == Presence::Dnd) {
            return Presence::Dnd;
        }
        self.sockets.values().copied().max().unwrap_or_default()
    }

    fn is_ours(&self, now_ms: i64) -> bool {
        !self.sockets.is_empty() || self.elsewhere.values().any(|(_, until)| *until > now_ms)
    }
}

/// The presence of everybody that this instance knows something of.
#[derive(Default)]
pub struct PresenceBook {
    people: Mutex<(u64, HashMap<UserId, Seen>)>,
}

impl PresenceBook {
    fn open(&self) -> MutexGuard<'_, (u64, HashMap<UserId, Seen>)> {
        self.people.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether somebody is there.
    pub fn status(&self, uid: &UserId, now_ms: i64) -> Presence {
        self.open().1.get(uid).map(|s| s.status(now_ms)).unwrap_or_default()
    }

    /// Our own people that are there now: what an instance is told that comes back.
    pub fn local(&self, now_ms: i64) -> Vec<(UserId, Presence)> {
        let book = self.open();
        let here = book.1.iter().filter(|(_, s)| s.is_ours(now_ms));
        here.map(|(uid, s)| (uid.clone(), s.status(now_ms))).collect()
    }

    /// Another instance says where one of its people is. Answers whether that changed anything.
    pub fn told(&self, uid: &UserId, status: Presence, now_ms: i64) -> bool {
        let mut book = self.open();
        // What nobody asked about for long is dropped before the book grows without bound.
        if book.1.len() > 100_000 {
            book.1.retain(|_, s| s.is_ours(now_ms) || s.remote.is_some_and(|(_, until)| until > now_ms));
        }
        let seen = book.1.entry(uid.clone()).or_default();
        seen.remote = Some((status, now_ms + REMOTE_LIFE_MS));
        std::mem::replace(&mut seen.told, status) != status
    }
}

/// An open socket's share in its person's presence; gone when it is dropped.
pub struct Socket {
    app: App,
    uid: UserId,
    id: u64,
}

impl Socket {
    /// A socket that just opened.
    pub fn new(app: &App, uid: UserId) -> Self {
        let id = {
            let mut book = app.presence.open();
            book.0 += 1;
            book.0
        };
        let socket = Self { app: app.clone(), uid, id };
        socket.set(Presence::Online);
        socket
    }
    /// What this device says of its person.
    pub fn set(&self, status: Presence) {
        self.app.presence.open().1.entry(self.uid.clone()).or_default().sockets.insert(self.id, status);
        say(&self.app, &self.uid);
        tell(&self.app, &self.uid);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let (app, uid, id) = (self.app.clone(), self.uid.clone(), self.id);
        let leave = async move {
            tokio::time::sleep(GRACE).await;
            if let Some(seen) = app.presence.open().1.get_mut(&uid) {
                seen.sockets.remove(&id);
            }
            say(&app, &uid);
            tell(&app, &uid);
        };
        // Without a runtime the process is ending, and presence with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(leave);
        }
    }
}

/// Tells the other processes what the sockets of this one say.
fn say(app: &App, uid: &UserId) {
    if !app.cluster.is_shared() {
        return;
    }
    let here = app.presence.open().1.get(uid).map(Seen::here).unwrap_or_default();
    app.cluster.tell(Word::Here { uid: uid.clone(), status: here.as_str().into() });
}

/// Tells the other processes again who is there by the sockets of this one, and forgets what they no longer say.
pub fn say_again(app: &App) {
    let now = app.clock.now_ms();
    let (mine, expired) = {
        let mut book = app.presence.open();
        let with_sockets = book.1.iter().filter(|(_, s)| !s.sockets.is_empty());
        let mine: Vec<(UserId, Presence)> = with_sockets.map(|(uid, s)| (uid.clone(), s.here())).collect();
        let mut expired = Vec::new();
        for (uid, seen) in &mut book.1 {
            let before = seen.elsewhere.len();
            seen.elsewhere.retain(|_, (_, until)| *until > now);
            if seen.elsewhere.len() < before {
                expired.push(uid.clone());
            }
        }
        (mine, expired)
    };
    for (uid, status) in mine {
        app.cluster.tell(Word::Here { uid, status: status.as_str().into() });
    }
    expired.iter().for_each(|uid| tell(app, uid));
}

/// The home of somebody says where they are: this process's people are told, and the other processes.
pub fn told_by_home(app: &App, uid: &UserId, status: Presence) {
    if app.presence.told(uid, status, app.clock.now_ms()) {
        let status = status.as_str().to_owned();
        app.cluster.tell(Word::Told { uid: uid.clone(), status: status.clone() });
        app.bus.tell_people(PeopleNotice::Presence { uid: uid.clone(), status });
    }
}

/// Another process says where somebody is by its sockets.
pub fn elsewhere(app: &App, process: &str, uid: &UserId, status: Presence) {
    let until = app.clock.now_ms() + ELSEWHERE_LIFE_MS;
    {
        let mut book = app.presence.open();
        let seen = book.1.entry(uid.clone()).or_default();
        match status {
            Presence::Offline => drop(seen.elsewhere.remove(process)),
            status => drop(seen.elsewhere.insert(process.to_owned(), (status, until))),
        }
    }
    tell(app, uid);
}

/// Another process ends.
pub fn gone(app: &App, process: &str) {
    let moved: Vec<UserId> = {
        let mut book = app.presence.open();
        let there = book.1.iter_mut().filter_map(|(uid, seen)| seen.elsewhere.remove(process).map(|_| uid.clone()));
        there.collect()
    };
    moved.iter().for_each(|uid| tell(app, uid));
}

/// Tells others when the person's status as a whole changed.
fn tell(app: &App, uid: &UserId) {
    let now = app.clock.now_ms();
    let changed = {
        let mut book = app.presence.open();
        let Some(seen) = book.1.get_mut(uid) else { return };
        let status = seen.status(now);
        (std::mem::replace(&mut seen.told, status) != status).then_some(status)
    };
    if let Some(status) = changed {
        app.bus.tell_people(PeopleNotice::Presence { uid: uid.clone(), status: status.as_str().into() });
    }
}
