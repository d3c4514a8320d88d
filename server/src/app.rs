//! The one state struct: everything that a handler or a worker needs, and where it is put together.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use conntext_federation::domain::Domain;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::{Guard, Passwords};
use crate::bus::Bus;
use crate::clock::{Clock, Rng};
use crate::cluster::Cluster;
use crate::config::Config;
use crate::db::Db;
use crate::db::folder::Folder;
use crate::export::Exports;
use crate::gateway::Gateway;
use crate::keys::InstanceKeys;
use crate::log::Log;
use crate::media::Media;
use crate::messages::Pace;
use crate::metrics::Metrics;
use crate::peers::Peers;
use crate::presence::PresenceBook;
use crate::uploads::Uploads;
use crate::{mail, oidc, profiles, servers, sessions};

/// One running instance. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What every command has, also those that run beside a running instance.
pub struct Base {
    /// The configuration, as read at the start.
    pub config: Config,
    /// The data folder.
    pub data: PathBuf,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The domain in normal form.
    pub domain: Domain,
    /// The instance's own keys.
    pub keys: Arc<InstanceKeys>,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
}

/// What a running instance consists of, beyond its [`Base`].
pub struct Inner {
    /// Configuration, database, keys.
    pub base: Base,
    /// The lock on the data folder.
    pub folder: Folder,
    /// Counters.
    pub metrics: Metrics,
    /// The other processes of this instance.
    pub cluster: Arc<Cluster>,
    /// What log, peers, gateway and rooms say to each other.
    pub bus: Arc<Bus>,
    /// The logs and copies.
    pub log: Log,
    /// Other instances.
    pub peers: Peers,
    /// What providers of sign-ins said of themselves.
    pub oidc: oidc::Known,
    /// Live connections.
    pub gateway: Gateway,
    /// Who is there.
    pub presence: PresenceBook,
    /// Sessions that were looked up lately.
    pub sessions: sessions::Known,
    /// People that were looked up lately.
    pub people: profiles::Known,
    /// Where profiles lie.
    pub hosting: profiles::hosting::Hosting,
    /// Accounts that go to other instances and come from them.
    pub moving: crate::moving::Moving,
    /// Communities that go to other instances and come from them.
    pub handover: crate::handover::Handover,
    /// Communities that go on here by their recovery keys.
    pub takeovers: crate::takeover::Takeovers,
    /// Limits on guessing and on making accounts.
    pub guard: Guard,
    /// Whether mail can be sent.
    pub mail: mail::Health,
    /// Limits on writing.
    pub pace: Pace,
    /// What was lately seen of servers elsewhere.
    pub cards: servers::Cards,
    /// Files.
    pub media: Media,
    /// Who writes to which upload.
    pub uploads: Uploads,
    /// Wakes whoever makes archives of people's data.
    pub exports: Exports,
    /// Limits on making servers and on trying invitations.
    pub server_guard: servers::Guard,
    /// Cancelled when the instance is told to stop: workers and sockets end.
    pub stopping: CancellationToken,
    /// Workers that are waited for at the end.
    pub tasks: TaskTracker,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Base;
    fn deref(&self) -> &Base {
        &self.base
    }
}

impl App {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl App {
    /// What an admin has to do something about, a sentence each.
    pub fn alarms(&self) -> Vec<String> {
        let mut alarms = crate::log::rewind::alarms(self);
        alarms.extend(self.mail.alarm(self.clock.now_ms()));
        alarms
    }

    /// The instance without keeping it alive.
    pub fn downgrade(&self) -> WeakApp {
        WeakApp(Arc::downgrade(&self.0))
    }
}

/// An instance that may have ended.
#[derive(Clone)]
pub struct WeakApp(Weak<Inner>);

impl WeakApp {
    /// The instance, while it exists.
    pub fn upgrade(&self) -> Option<App> {
        self.0.upgrade().map(App)
    }
}
