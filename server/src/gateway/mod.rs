//! The live connection of a client: one WebSocket, from a single-use ticket through a snapshot to live events.

mod frames;
mod render;
mod session;

use crate::http::{Routes, routes};
use crate::{
    App,
    error::{Problem, Result},
    http::auth::Auth,
};
use axum::{
    Json,
    extract::{State, WebSocketUpgrade},
    response::Response,
};
pub use frames::{ClientFrame, GatewayEvent, GatewaySignal, ServerFrame};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use utoipa::ToSchema;

/// How long a ticket may be used, milliseconds.
const TICKET_LIFE_MS: i64 = 30_000;
/// What tickets are called in the memory that processes share.
const TICKET: &str = "ticket";
/// Tickets in flight; more than this is no honest client.
const MAX_TICKETS: usize = 10_000;
/// The largest frame that a client may send, bytes.
const MAX_FRAME: usize = 64 * 1024;
/// Keeps an idle connection at a few KiB; the library's own default is 128.
const READ_BUFFER: usize = 4096;

struct Ticket {
    auth: Auth,
    until: i64,
}

/// Tickets and counters of the gateway.
#[derive(Default)]
pub struct Gateway {
    /// By the hash of the ticket: who can read this memory still cannot use it.
    tickets: Mutex<HashMap<[u8; 32], Ticket>>,
    connections: AtomicUsize,
}

impl Gateway {
    /// Sockets that are open now.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    async fn issue(&self, app: &App, auth: Auth) -> Result<String> {
        let now = app.clock.now_ms();
        let ticket = app.rng.token();
        if let Some(memory) = app.cluster.memory() {
            // The socket may come to another process.
            let auth = serde_json::to_string(&auth).map_err(Problem::internal)?;
            memory.put(TICKET, &digest(&ticket), &auth, now + TICKET_LIFE_MS).await?;
            return Ok(ticket);
        }
        let mut tickets = self.tickets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tickets.retain(|_, t| t.until > now);
        if tickets.len() >= MAX_TICKETS {
            return Err(Problem::new("overloaded").retry_after_ms(2_000));
        }
        tickets.insert(digest(&ticket), Ticket { auth, until: now + TICKET_LIFE_MS });
        Ok(ticket)
    }

    /// Takes a ticket; it is spent whatever comes of it.
    async fn redeem(&self, app: &App, ticket: &str) -> Result<Option<Auth>> {
        let now_ms = app.clock.now_ms();
        if let Some(memory) = app.cluster.memory() {
            let kept = memory.take(TICKET, &digest(ticket)).await?.filter(|(_, until)| *until > now_ms);
            return kept.map(|(auth, _)| serde_json::from_str(&auth).map_err(Problem::internal)).transpose();
        }
        let mut tickets = self.tickets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(tickets.remove(&digest(ticket)).filter(|t| t.until > now_ms).map(|t| t.auth))
    }
}

fn digest(ticket: &str) -> [u8; 32] {
    Sha256::digest(ticket.as_bytes()).into()
}

/// A single-use ticket for the live connection.
#[derive(Serialize, ToSchema)]
pub struct GatewayTicket {
    /// Valid for 30 seconds.
    ticket: String,
}

/// Get a single-use ticket for the live connection
///
/// A socket carries no header that a browser's page may set, and a token in an address ends up in logs. So the
/// socket identifies itself with this ticket in its first frame.
#[utoipa::path(post, path = "/gateway/ticket", tag = "gateway",
    responses((status = 200, body = GatewayTicket), (status = 401, body = Problem)))]
async fn ticket(State(app): State<App>, auth: Auth) -> Result<Json<GatewayTicket>> {
    Ok(Json(GatewayTicket { ticket: app.gateway.issue(&app, auth).await? }))
}

/// The live connection (WebSocket)
///
/// Text frames, one JSON object each: see the schemas `ClientFrame` and `ServerFrame`.
#[utoipa::path(get, path = "/gateway", tag = "gateway",
    responses((status = 101, description = "The connection is open"), (status = 400, body = Problem)))]
async fn connect(State(app): State<App>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(move |socket| session::run(app, socket))
}

/// The gateway's routes.
pub fn router() -> Routes {
    Routes::new().routes(routes!(ticket)).routes(routes!(connect))
}
