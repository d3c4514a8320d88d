//! Where profiles lie. A home signs the profiles of its people and may have another instance keep them ([`home`]); as a
//! host an instance keeps what the person's own signature vouches for, and can neither alter it nor bring back an older
//! one ([`host`]).

mod home;
mod host;
mod offers;
mod routes;
mod store;

use std::time::Duration;

use tokio::sync::Notify;

use crate::App;
use crate::config::Config;
use crate::db::{Query, Tx};
use crate::error::Result;
use crate::http::rate::RateLimit;

pub use host::{let_go_of, peer_router};
pub use routes::router;

/// How often it is looked whose turn it is.
const ROUND: Duration = Duration::from_secs(5);
const DAY_MS: u64 = 86_400_000;

/// What is kept in memory.
pub struct Hosting {
    turn: Notify,
    moves: RateLimit<String>,
    offers: offers::Lately,
}

impl Hosting {
    /// Nothing is known yet.
    pub fn new(config: &Config) -> Self {
        let moves = config.profile_hosting.moves_per_day.max(1);
        Self {
            turn: Notify::new(),
            moves: RateLimit::new(moves, DAY_MS / u64::from(moves)),
            offers: offers::Lately::default(),
        }
    }

    /// Something may be due.
    pub fn wake(&self) {
        self.turn.notify_one();
    }
}

/// Starts the worker; it ends with the instance.
pub fn start(app: &App) {
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        loop {
            worker.cluster.until_duties().await;
            if let Err(e) = home::round(&worker).await {
                tracing::warn!(code = e.code, detail = e.detail, "the places of profiles could not be looked after");
            }
            let _ = tokio::time::timeout(ROUND, worker.hosting.turn.notified()).await;
        }
    }));
}

/// Somebody of another instance is gone: nothing is kept for them any more.
///
/// # Errors
/// The database's.
pub async fn forget_hosted(tx: &mut Tx, uid: &str) -> Result<()> {
    Ok(store::forget(tx, uid).await?)
}

/// Whether the profile of one of our own people is on its way to another place.
///
/// # Errors
/// The database's.
pub async fn is_moving(q: &mut impl Query, uid: &str) -> Result<bool> {
    Ok(store::of_person(q, uid).await?.iter().any(|place| place.state == store::State::Moving))
}

/// Whether the profile of one of our own people lies elsewhere, or did, or is to.
///
/// # Errors
/// The database's.
pub async fn has_place(q: &mut impl Query, uid: &str) -> Result<bool> {
    Ok(!store::domains(q, uid).await?.is_empty())
}

/// The domain at which somebody's profile lies that is not kept at their home.
///
/// # Errors
/// The database's.
pub async fn known_host(q: &mut impl Query, uid: &str) -> Result<Option<String>> {
    home::current(q, uid).await
}

/// The vault that this instance keeps of somebody.
///
/// # Errors
/// The database's.
pub async fn vault_of(q: &mut impl Query, uid: &str) -> Result<Option<String>> {
    Ok(store::vault(q, uid).await?)
}

/// What lies beside the profile of one of our own people may be another now: it is looked at soon.
///
/// # Errors
/// The database's.
pub async fn look_again(tx: &mut Tx, uid: &str) -> crate::db::Result<()> {
    store::look_again(tx, uid).await
}

/// The same for everybody of this instance who is in a server of which a copy begins here.
///
/// # Errors
/// The database's.
pub async fn look_again_in(tx: &mut Tx, log_id: i64) -> crate::db::Result<()> {
    store::look_again_in(tx, log_id).await
}

/// Somebody came to live here whose profile lies elsewhere: it stays there, and is looked after from here.
///
/// # Errors
/// The database's.
pub async fn inherit(tx: &mut Tx, uid: &str, domain: &str, ik: &str, now: i64) -> Result<()> {
    let place = store::Place {
        uid: uid.to_owned(),
        domain: domain.to_owned(),
        ik: ik.to_owned(),
        state: store::State::Kept,
        grant_n: 0,
        op: -1,
        rev: -1,
        vault: String::new(),
        since: now,
        due_at: now,
        tries: 0,
        problem: String::new(),
        receipt: None,
        settled_at: None,
    };
    Ok(store::put(tx, &place).await?)
}

/// One of our own people is gone: no place is theirs any more. Answers with the domains of those that were.
///
/// # Errors
/// The database's.
pub async fn forget_places(tx: &mut Tx, uid: &str) -> Result<Vec<String>> {
    let domains = store::domains(tx, uid).await?;
    store::forget_places(tx, uid).await?;
    Ok(domains)
}
