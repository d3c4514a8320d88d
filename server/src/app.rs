//! The one state struct: everything that a handler or a worker needs, and where it is put together.

use std::ops::Deref;
use std::sync::Arc;

use crate::clock::{Clock, Rng};
use crate::config::Config;
use crate::db::Db;
use crate::db::folder::Folder;
use crate::metrics::Metrics;

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
