//! Communities go to another instance, and come from one: same ids, links and members, with everything that was said.
//!
//! Somebody at the new place gives a code to the owner of the community ([`arrive`]). The owner shows it, and says in the
//! log that the community is to go there ([`depart`]). From then on the new place follows the whole log, verifies it from
//! its first event on, and fetches all files ([`copy`]), while people talk. When it holds everything the old hub stands
//! still for a moment, writes its last event, and the new one goes on behind it.
//!
//! What the protocol says of it: [`conntext_federation::hub_move`].

mod arrive;
mod copy;
mod depart;
mod routes;
mod store;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use conntext_federation::domain::Domain;
use conntext_federation::hub_move::ArrivalReport;
use conntext_federation::ids::ServerId;
use tokio::sync::Notify;

use crate::App;
use crate::http::rate::RateLimit;

pub use routes::router;

/// How often it is looked what went from here; and how far what comes here is.
const ROUND: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(1);
const HOUR_MS: u64 = 3_600_000;
/// Codes that an instance may try in vain, an hour.
const TRIES: u32 = 20;

/// What is kept in memory.
pub struct Handover {
    turn: Notify,
    /// Communities that are being brought here by this process.
    running: Mutex<HashSet<ServerId>>,
    /// How far each is.
    progress: Mutex<HashMap<ServerId, ArrivalReport>>,
    /// Until when logs of ours do not stand still again for their new hub, milliseconds.
    paused: Mutex<HashMap<ServerId, i64>>,
    /// Codes that were tried in vain, by instance.
    tries: RateLimit<Domain>,
}

impl Default for Handover {
    fn default() -> Self {
        Self {
            turn: Notify::new(),
            running: Mutex::default(),
            progress: Mutex::default(),
            paused: Mutex::default(),
            tries: RateLimit::new(TRIES, HOUR_MS / u64::from(TRIES)),
        }
    }
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What other instances ask.
pub fn peer_router() -> Router<App> {
    Router::new()
        .route("/servers/{sid}/arrival", post(arrive::asked).get(arrive::report))
        .route("/servers/{sid}/handover", post(depart::hand_over))
}

/// Starts the worker; it ends with the instance.
pub fn start(app: &App) {
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        loop {
            worker.cluster.until_duties().await;
            let busy = round(&worker).await.unwrap_or_else(|e| {
                tracing::warn!(
                    code = e.code,
                    detail = e.detail,
                    "communities that come here could not be looked after"
                );
                true
            });
            let pause = if busy { SOON } else { ROUND };
            let _ = tokio::time::timeout(pause, worker.handover.turn.notified()).await;
        }
    }));
}

/// One round: every community that comes here is worked on beside the others. Answers whether there is one.
///
/// # Errors
/// From the database; the next round goes on where this one ended.
pub async fn round(app: &App) -> crate::error::Result<bool> {
    let busy = arrive::round(app).await?;
    depart::tidy(app).await?;
    Ok(busy)
}
