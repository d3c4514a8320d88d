//! The one state struct: everything that a handler or a worker needs, and where it is put together.

use std::ops::Deref;
use std::sync::Arc;

use conntext_federation::domain::Domain;
use tokio::sync::broadcast;

use crate::accounts::{Guard, Passwords};
use crate::bus::Bus;
use crate::clock::{Clock, Rng};
use crate::config::Config;
use crate::db::Db;
use crate::db::folder::Folder;
use crate::keys::InstanceKeys;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::presence::PresenceBook;

/// One instance. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What an instance consists of.
pub struct Inner {
    /// The configuration, as read at the start.
    pub config: Config,
    /// The data folder, locked for this process.
    pub folder: Folder,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Counters.
    pub metrics: Metrics,
    /// The domain in normal form.
    pub domain: Domain,
    /// The instance's own keys.
    pub keys: InstanceKeys,
    /// What log, peers, gateway and rooms say to each other.
    pub bus: Arc<Bus>,
    /// The logs and copies.
    pub log: Log,
    /// Who is there.
    pub presence: PresenceBook,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Limits on guessing and on making accounts.
    pub guard: Guard,
    /// Ids of sessions that have just ended: their sockets close.
    pub sessions_ended: broadcast::Sender<String>,
    /// Ids of our own people whose profile has just changed.
    pub profiles_changed: broadcast::Sender<String>,
    /// Ids of accounts whose settings have just changed.
    pub settings_changed: broadcast::Sender<String>,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}
