//! Who is there. Held in memory only: our own people by their open sockets, others as their instances tell.

use crate::{App, bus::PeopleNotice};
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
    /// What another instance said, and until when it counts.
    remote: Option<(Presence, i64)>,
    told: Presence,
}

impl Seen {
    fn status(&self, now_ms: i64) -> Presence {
        // Not to be disturbed on one device holds for the person.
        if self.sockets.values().any(|s| *s == Presence::Dnd) {
            return Presence::Dnd;
        }
        let here = self.sockets.values().copied().max().unwrap_or_default();
        let there = self.remote.filter(|(_, until)| *until > now_ms).map_or(Presence::Offline, |(s, _)| s);
        here.max(there)
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
        let here = book.1.iter().filter(|(_, s)| !s.sockets.is_empty());
        here.map(|(uid, s)| (uid.clone(), s.status(now_ms))).collect()
    }

    /// Another instance says where one of its people is. Answers whether that changed anything.
    pub fn told(&self, uid: &UserId, status: Presence, now_ms: i64) -> bool {
        let mut book = self.open();
        // What nobody asked about for long is dropped before the book grows without bound.
        if book.1.len() > 100_000 {
            book.1.retain(|_, s| !s.sockets.is_empty() || s.remote.is_some_and(|(_, until)| until > now_ms));
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
            tell(&app, &uid);
        };
        // Without a runtime the process is ending, and presence with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(leave);
        }
    }
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
