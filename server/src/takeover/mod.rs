//! A community whose hub is lost goes on here, by its recovery keys.
//!
//! While the hub is there its owner names the keys ([`recovery`]). When it is gone a member asks for a take-over at an
//! instance that follows the log ([`routes`]): it looks who holds most of it, and says behind which event the log would go
//! on. The holders of the keys sign that in their browsers. With that word this instance asks the others for everything that
//! they hold ([`collect`]), writes the first event of the next generation ([`bring`]), and fetches the files.
//!
//! What the protocol says of it: [`conntext_federation::takeover`].

mod bring;
mod collect;
mod peer;
mod recovery;
mod routes;
mod store;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use conntext_federation::ids::ServerId;
use tokio::sync::Notify;

use crate::App;
use crate::http::rate::RateLimit;

pub use routes::router;

/// How often it is looked whether something is left to do; and how often what waits is tried again.
const ROUND: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(5);
const HOUR_MS: u64 = 3_600_000;
/// Take-overs that somebody may ask for, an hour: each asks all who follow the log.
const TRIES: u32 = 20;

/// How far a take-over is.
#[derive(Clone, Copy, Default)]
struct Progress {
    events: u64,
    files: u64,
    of_files: u64,
}

/// What is kept in memory.
pub struct Takeovers {
    turn: Notify,
    /// Communities that this process works on.
    running: Mutex<HashSet<ServerId>>,
    /// How far each is.
    progress: Mutex<HashMap<ServerId, Progress>>,
    tries: RateLimit<String>,
}

impl Default for Takeovers {
    fn default() -> Self {
        Self {
            turn: Notify::new(),
            running: Mutex::default(),
            progress: Mutex::default(),
            tries: RateLimit::new(TRIES, HOUR_MS / u64::from(TRIES)),
        }
    }
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What other instances ask.
pub fn peer_router() -> Router<App> {
    Router::new().route("/servers/{sid}/end", get(peer::end)).route("/servers/{sid}/takeover", post(peer::asked))
}

/// Starts the worker; it ends with the instance.
pub fn start(app: &App) {
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        loop {
            worker.cluster.until_duties().await;
            let busy = bring::round(&worker).await.unwrap_or_else(|e| {
                tracing::warn!(code = e.code, detail = e.detail, "take-overs could not be looked after");
                true
            });
            let pause = if busy { SOON } else { ROUND };
            let _ = tokio::time::timeout(pause, worker.takeovers.turn.notified()).await;
        }
    }));
}
