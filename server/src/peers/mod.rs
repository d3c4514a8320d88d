//! Instances speaking to each other: discovery, signed requests, what a hub and its followers do for one another.

mod addresses;
mod call;
pub mod client;
mod discovery;
mod document;
mod origin;
mod status;
pub mod store;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get as route_get;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::httpsig::{Claims, NonceCache};
use conntext_federation::ids::InstanceId;
use tokio::sync::Notify;

pub use call::{BASE, CallError, Streamed, call, get, get_stream, send_stream};
pub use client::{HttpTransport, Transport, TransportError};
pub use discovery::{Peer, find, trusted};
pub use origin::{Message, Origin};
pub use status::{PeerStatus, known};

use crate::App;
use crate::app::Base;
use crate::error::{Problem, Result};
use crate::http::rate::RateLimit;

/// What an instance keeps in memory about others.
pub struct Peers {
    transport: Arc<dyn Transport>,
    document: document::Document,
    discovery: discovery::Discovery,
    nonces: Mutex<NonceCache>,
    by_address: RateLimit<IpAddr>,
    by_origin: RateLimit<Domain>,
    statuses: status::Statuses,
    /// What wakes the delivery to each peer.
    workers: Mutex<HashMap<InstanceId, Arc<Notify>>>,
}

impl Peers {
    /// Prepares to speak with others; nothing is sent yet.
    ///
    /// # Errors
    /// From the database.
    pub async fn open(base: &Base, transport: Arc<dyn Transport>) -> Result<Self> {
        let config = &base.config.federation;
        let refill_ms = 1000 / u64::from(config.peer_per_s.max(1));
        Ok(Self {
            transport,
            document: document::Document::open(base).await?,
            discovery: discovery::Discovery::default(),
            nonces: Mutex::default(),
            by_address: RateLimit::new(config.peer_burst.saturating_mul(2), refill_ms),
            by_origin: RateLimit::new(config.peer_burst, refill_ms),
            statuses: status::Statuses::default(),
            workers: Mutex::default(),
        })
    }

    /// Has the delivery to a peer look for work at once.
    fn wake(&self, peer: &InstanceId) {
        if let Some(worker) = self.workers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(peer) {
            worker.notify_one();
        }
    }

    fn remember_nonce(&self, claims: &Claims, now_ms: i64) -> std::result::Result<(), Code> {
        self.nonces.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(claims, now_ms)
    }
}

/// Everything that other instances ask, with the rooms' own parts of it.
pub fn router(app: &App, rooms: Router<App>) -> Router<App> {
    let signed = rooms.route_layer(from_fn_with_state(app.clone(), origin::verify));
    let all = signed
        .route("/keys/{kid}", route_get(document::key))
        .method_not_allowed_fallback(|| async { Problem::from(Code::MethodNotAllowed) })
        .fallback(|| async { Problem::from(Code::NotFound) });
    Router::new().nest(BASE, all).route("/.well-known/conntext", route_get(document::serve))
}
