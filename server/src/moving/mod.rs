//! An account goes to another instance, and stays the same person: communities, roles and everything they wrote.
//!
//! The home that they leave gives them a ticket and hands them over to whoever shows it ([`leave`]). The new home takes
//! them in ([`arrive`]), in the place of an account that was made there for them, and then tells each of their communities
//! ([`communities`]). Where the old home is gone, or does not let go, the key that the person holds themselves names the new
//! home ([`recover`]); which communities they were in stands in their vault ([`vault`]), and is asked around ([`memberships`]).

mod arrive;
mod communities;
mod leave;
mod memberships;
mod recover;
mod routes;
mod store;
pub mod vault;

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use tokio::sync::Notify;

use crate::App;
use crate::http::rate::RateLimit;

pub use communities::hub_changed;
pub use leave::{apply, gone};
pub use routes::router;

/// How often it is looked whose turn it is.
const ROUND: Duration = Duration::from_secs(5);
const HOUR_MS: u64 = 3_600_000;
/// How often somebody may have other instances asked, an hour.
const LOOKS: u32 = 20;

/// What is kept in memory.
pub struct Moving {
    turn: Notify,
    /// Questions that go to many instances, by account.
    looks: RateLimit<String>,
}

impl Default for Moving {
    fn default() -> Self {
        Self { turn: Notify::new(), looks: RateLimit::new(LOOKS, HOUR_MS / u64::from(LOOKS)) }
    }
}

impl Moving {
    /// Something may be due.
    pub fn wake(&self) {
        self.turn.notify_one();
    }
}

/// What other instances ask.
pub fn peer_router() -> Router<App> {
    Router::new()
        .route("/moves/look", post(leave::look))
        .route("/moves/go", post(leave::go))
        .route("/profiles/{uid}/vault", post(vault::answer))
        .route("/memberships", post(memberships::answer))
        .route("/addresses/{address}", get(recover::by_address))
}

/// Starts the worker; it ends with the instance.
pub fn start(app: &App) {
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        loop {
            worker.cluster.until_duties().await;
            if let Err(e) = round(&worker).await {
                tracing::warn!(
                    code = e.code,
                    detail = e.detail,
                    "people who come to live here could not be looked after"
                );
            }
            let _ = tokio::time::timeout(ROUND, worker.moving.turn.notified()).await;
        }
    }));
}

/// One round: everything that can be done now.
///
/// # Errors
/// From the database; the next round goes on where this one ended.
pub async fn round(app: &App) -> crate::error::Result<()> {
    arrive::round(app).await?;
    memberships::round(app).await?;
    communities::round(app).await?;
    leave::round(app).await?;
    leave::tidy(app).await
}
