//! What the log, the gateway, the peers and the rooms say to each other.
//!
//! A server's channel carries its notices in the order of its log; who falls behind reads the log instead. A
//! person's channel carries what concerns their own devices only. Where several processes serve the instance, what is
//! told here is told there, too; what follows from a log each of them says for itself.

use crate::cluster::{Cluster, Word};
use crate::log::Entry;
use conntext_federation::ids::{Actor, ChannelId, ServerId, UserId};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::broadcast;

/// How many notices a slow receiver may be behind before it has to read the log.
const BACKLOG: usize = 256;
/// The same for what concerns one person: there are as many of these channels as people online, and little goes through.
const PERSON_BACKLOG: usize = 32;

/// Something that happened in a server.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Events were appended or arrived, in order, and are on disk.
    Events(Arc<[Arc<Entry>]>),
    /// History was filled in, or channels came and went without an event of their own: read anew.
    Changed,
    /// The hub became reachable or unreachable, or the queue towards it changed.
    Hub,
    /// Somebody is writing.
    Typing { channel: ChannelId, actor: Actor },
    /// Other parts of it are shown from now on: what was read is read anew.
    Reread,
    /// The log went on in a new epoch without some of its events: what was read before is no longer right.
    Rewritten,
    /// The copy of the log is gone from this instance.
    Gone,
}

/// Something for one person's devices.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum PersonNotice {
    /// They are in a server now.
    ServerAdded(ServerId),
    /// They are no longer in a server.
    ServerRemoved { sid: ServerId, reason: Cow<'static, str> },
    /// A queued action of theirs changed its state.
    Pending { sid: ServerId, aid: String },
    /// A channel was read up to `cn` on one of their devices.
    Read { sid: ServerId, channel: ChannelId },
    /// Their own profile or account changed.
    Me,
    /// Their settings changed.
    Settings,
    /// A session ended; its sockets close. `None`: every session but none in particular.
    SessionEnded(Option<String>),
}

/// Something about a person that whoever shares a server with them may know.
#[derive(Clone, Debug)]
pub enum PeopleNotice {
    /// Came, went, or is busy.
    Presence { uid: UserId, status: String },
    /// A new profile.
    Profile { uid: UserId },
}

/// The switchboard of one instance.
pub struct Bus {
    servers: Mutex<HashMap<ServerId, broadcast::Sender<Notice>>>,
    persons: Mutex<HashMap<UserId, broadcast::Sender<PersonNotice>>>,
    people: broadcast::Sender<PeopleNotice>,
    /// Which server's log grew; delivery and search listen.
    grown: broadcast::Sender<ServerId>,
    cluster: Arc<Cluster>,
}

impl Default for Bus {
    fn default() -> Self {
        Self::among(Arc::new(Cluster::alone()))
    }
}

impl Bus {
    /// The switchboard of one process of an instance.
    pub fn among(cluster: Arc<Cluster>) -> Self {
        Self {
            servers: Mutex::default(),
            persons: Mutex::default(),
            people: broadcast::channel(1024).0,
            grown: broadcast::channel(1024).0,
            cluster,
        }
    }
}

/// A poisoned lock means that a panic happened while a map was open; maps of senders stay whole.
fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Bus {
    /// Listens to one server.
    pub fn server(&self, sid: &ServerId) -> broadcast::Receiver<Notice> {
        open(&self.servers).entry(sid.clone()).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }
    /// Tells whoever listens to the server.
    pub fn tell_server(&self, sid: &ServerId, notice: Notice) {
        match &notice {
            Notice::Typing { channel, actor } => {
                let (sid, channel, actor) = (sid.clone(), channel.clone(), actor.clone());
                self.cluster.tell(Word::Typing { sid, channel, actor });
            }
            Notice::Hub => self.cluster.tell(Word::Queue(sid.clone())),
            // What follows from the log itself.
            Notice::Events(_) | Notice::Changed | Notice::Reread | Notice::Rewritten | Notice::Gone => {}
        }
        self.tell_server_here(sid, notice);
    }
    /// The same in this process only.
    pub fn tell_server_here(&self, sid: &ServerId, notice: Notice) {
        let mut servers = open(&self.servers);
        // A channel that nobody listens to any more is dropped.
        if servers.get(sid).is_some_and(|sender| sender.send(notice).is_err()) {
            servers.remove(sid);
        }
    }
    /// Listens to what concerns one person.
    pub fn person(&self, uid: &UserId) -> broadcast::Receiver<PersonNotice> {
        open(&self.persons).entry(uid.clone()).or_insert_with(|| broadcast::channel(PERSON_BACKLOG).0).subscribe()
    }
    /// Tells the person's devices.
    pub fn tell_person(&self, uid: &UserId, notice: PersonNotice) {
        if self.cluster.is_shared()
            && let Ok(notice) = serde_json::to_value(&notice)
        {
            self.cluster.tell(Word::Person { uid: uid.clone(), notice });
        }
        self.tell_person_here(uid, notice);
    }
    /// What a person's devices show of the person changed: they get it anew. What is no id is nobody.
    pub fn tell_me(&self, uid: &str) {
        if let Ok(uid) = uid.parse() {
            self.tell_person(&uid, PersonNotice::Me);
        }
    }
    /// The same in this process only.
    pub fn tell_person_here(&self, uid: &UserId, notice: PersonNotice) {
        let mut persons = open(&self.persons);
        if persons.get(uid).is_some_and(|sender| sender.send(notice).is_err()) {
            persons.remove(uid);
        }
    }
    /// Listens to presence and profiles.
    pub fn people(&self) -> broadcast::Receiver<PeopleNotice> {
        self.people.subscribe()
    }
    /// Tells presence or a profile. Presence is told by each process for itself.
    pub fn tell_people(&self, notice: PeopleNotice) {
        if let PeopleNotice::Profile { uid } = &notice {
            self.cluster.tell(Word::Profile(uid.clone()));
        }
        self.tell_people_here(notice);
    }
    /// The same in this process only.
    pub fn tell_people_here(&self, notice: PeopleNotice) {
        // Nobody listening is no error: there is nobody to tell.
        let _ = self.people.send(notice);
    }
    /// Listens to which logs grow.
    pub fn grown(&self) -> broadcast::Receiver<ServerId> {
        self.grown.subscribe()
    }
    /// Says that a log grew, in this process.
    pub fn tell_grown(&self, sid: &ServerId) {
        let _ = self.grown.send(sid.clone());
    }
}
