//! Instances speaking to each other: discovery, signed requests, what a hub and its followers do for one another.

mod addresses;
mod budget;
mod call;
pub mod checkpoints;
pub mod client;
mod cursors;
mod delivery;
mod discovery;
mod document;
pub mod domains;
mod follower;
mod frame;
pub mod hello;
mod history;
mod hub;
mod join;
mod joining;
mod keys;
mod limits;
mod link;
mod metrics;
pub mod moved;
mod origin;
mod pace;
mod profiles;
mod pushing;
mod rebase;
mod reconcile;
mod refused;
pub mod rewind;
mod rooms;
mod signals;
mod slowness;
mod snapshots;
mod status;
pub mod store;
mod stream;
mod subscriptions;
pub mod tail;
pub mod trust;
mod view;
pub mod want;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get as route_get, post as route_post};
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::httpsig::{Claims, NonceCache};
use conntext_federation::ids::{Actor, Hash, InstanceId, ServerId, UserId};
use tokio::sync::Semaphore;

pub use call::{BASE, CallError, Streamed, call, get, get_stream, send_stream};
pub use client::{HttpTransport, Transport, TransportError};
pub use discovery::{Peer, find, naming};
pub use history::history;
pub use hub::invite_hash;
pub use join::{JoinHow, begin_copy, join, migrate, renew};
pub use joining::{Joining, begin as hold, forget_empty};
pub use keys::attend as attend_keys;
pub use origin::{Message, Origin};
pub use profiles::{MAX_QUERY, looked_at};
pub use reconcile::reconcile;
pub use rooms::{Rooms, Told};
pub use signals::typing;
pub use status::{PeerStatus, Standing, known};
pub use stream::begin as follow_by_stream;

use crate::App;
use crate::app::Base;
use crate::cluster::Word;
use crate::db;
use crate::error::{Problem, Result};
use crate::http::rate::RateLimit;
use crate::log::LogHandle;

/// Failed tries to join: so many at once, and one more in each part of an hour.
const JOIN_TRIES: (u32, u32) = (10, 100);
/// Pushes that may wait for one that they overtook, over all logs.
const WAITING_PUSHES: usize = 64;
/// For how long a join at another process keeps a copy from being removed, milliseconds.
const JOINING_MS: i64 = 60_000;
const HOUR_MS: u64 = 3_600_000;

/// What an instance keeps in memory about others.
pub struct Peers {
    transport: Arc<dyn Transport>,
    rooms: Rooms,
    document: document::Document,
    keys: keys::Duty,
    discovery: discovery::Discovery,
    /// Domains that instances have left.
    pub domains: domains::Domains,
    /// With whom to speak.
    pub trust: trust::Trust,
    nonces: Mutex<NonceCache>,
    by_address: RateLimit<IpAddr>,
    limits: limits::Limits,
    failed_joins: RateLimit<Actor>,
    failed_joins_of: RateLimit<Domain>,
    statuses: status::Statuses,
    workers: Mutex<HashMap<InstanceId, Arc<delivery::Worker>>>,
    interested: delivery::Interested,
    cursors: cursors::Cursors,
    checkpoints: checkpoints::Book,
    want: want::Book,
    /// Who has asked where people of ours are.
    pub subscriptions: subscriptions::Subscriptions,
    slowness: slowness::Slowness,
    refused: refused::Refused,
    snapshots: snapshots::Book,
    looks: view::Looks,
    /// Whose profiles were asked for because somebody looked, and when, milliseconds.
    asked_profiles: Mutex<HashMap<UserId, i64>>,
    streams: stream::Streams,
    /// Servers that somebody is just joining, and how many: their copies are not removed meanwhile.
    joining: Mutex<HashMap<ServerId, u32>>,
    /// The same at other processes, with until when that counts, milliseconds.
    joining_elsewhere: Mutex<HashMap<ServerId, i64>>,
    /// Requests that may be under way at a time, over all peers. Who waits gets one in turn.
    connections: Semaphore,
    /// Pushes that may wait for one that they overtook.
    waiting_pushes: Semaphore,
    metrics: metrics::PeerMetrics,
    /// Something may have changed for logs that stand still.
    rewinds: tokio::sync::Notify,
    /// Instances whose claims to hold what is missing here are being looked into.
    suspecting: Mutex<HashSet<Domain>>,
    /// Logs of which it is being looked whether another hub goes on with them, with who says so.
    moving: Mutex<HashSet<(ServerId, Domain)>>,
    /// Logs whose beginning is being fetched.
    framing: Mutex<HashSet<ServerId>>,
    /// Which instance is to go on with which log whose hub is lost.
    pub owed: tail::Owed,
    /// One copy at a time follows its log into a new epoch, or to another hub.
    rebasing: tokio::sync::Mutex<()>,
    /// One copy at a time begins.
    adopting: tokio::sync::Mutex<()>,
    /// One log of ours at a time is put together again.
    looking: tokio::sync::Mutex<()>,
}

fn unpoison<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Peers {
    /// Prepares to speak with others; nothing is sent yet.
    ///
    /// # Errors
    /// From the database.
    pub async fn open(
        base: &Base,
        transport: Arc<dyn Transport>,
        rooms: Rooms,
        metrics: &crate::metrics::Metrics,
    ) -> Result<Self> {
        let config = &base.config.federation;
        let refill_ms = 1000 / u64::from(config.peer_per_s.max(1));
        Ok(Self {
            transport,
            rooms,
            document: document::Document::open(base).await?,
            keys: keys::Duty::default(),
            discovery: discovery::Discovery::new(config),
            domains: domains::Domains::load(base).await?,
            trust: trust::Trust::new(trust::Book::read(&mut base.db.read().await?, config).await?),
            nonces: Mutex::default(),
            // Several instances may share an address, and what a hub pushes is not charged to it as an origin.
            by_address: RateLimit::new(config.peer_burst.saturating_mul(10), (refill_ms / 10).max(1)),
            limits: limits::Limits::default(),
            failed_joins: RateLimit::new(JOIN_TRIES.0, HOUR_MS / u64::from(JOIN_TRIES.0)),
            failed_joins_of: RateLimit::new(JOIN_TRIES.1, HOUR_MS / u64::from(JOIN_TRIES.1)),
            statuses: status::Statuses::load(base).await?,
            workers: Mutex::default(),
            interested: delivery::Interested::default(),
            cursors: cursors::Cursors::default(),
            checkpoints: checkpoints::Book::default(),
            want: want::Book::default(),
            subscriptions: subscriptions::Subscriptions::default(),
            slowness: slowness::Slowness::default(),
            refused: refused::Refused::default(),
            snapshots: snapshots::Book::default(),
            looks: view::Looks::default(),
            asked_profiles: Mutex::default(),
            streams: stream::Streams::new(config, metrics),
            joining: Mutex::default(),
            joining_elsewhere: Mutex::default(),
            waiting_pushes: Semaphore::new(WAITING_PUSHES),
            connections: Semaphore::new(usize::try_from(config.connections.max(1)).unwrap_or(1)),
            metrics: metrics::PeerMetrics::new(metrics),
            rewinds: tokio::sync::Notify::new(),
            suspecting: Mutex::default(),
            moving: Mutex::default(),
            framing: Mutex::default(),
            owed: tail::Owed::default(),
            rebasing: tokio::sync::Mutex::default(),
            adopting: tokio::sync::Mutex::default(),
            looking: tokio::sync::Mutex::default(),
        })
    }

    /// Asks a service that the configuration names, which may stand in the own network.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn ask_service(&self, request: client::Request) -> std::result::Result<client::Response, TransportError> {
        self.transport.ask(request).await
    }

    /// Makes what this instance says about itself anew where it is no longer right.
    ///
    /// # Errors
    /// From the database.
    pub async fn renew_document(&self, app: &App) -> Result<()> {
        self.document.renew(app, app.cluster.has_duties()).await.map(|_| ())
    }

    /// Has the delivery to a peer look at a log.
    fn deliver(&self, app: &App, peer: &InstanceId, log: &Arc<LogHandle>) {
        if !app.cluster.has_duties() {
            return self.have_delivered(app, peer);
        }
        self.worker(app, peer).look_at([log.clone()]);
    }

    /// Has the delivery to a peer look at every log that it follows.
    fn deliver_all(&self, app: &App, peer: &InstanceId) {
        if !app.cluster.has_duties() {
            return self.have_delivered(app, peer);
        }
        let followed = self.interested.logs(peer);
        if followed.is_empty() {
            return;
        }
        let logs = app.log.all().into_iter().filter(|log| log.hub_here() && followed.contains(&log.id));
        self.worker(app, peer).look_at(logs);
    }

    /// Has whoever has the duties look at all that is to be delivered to a peer.
    fn have_delivered(&self, app: &App, peer: &InstanceId) {
        if let Some(domain) = self.discovery.domain_of(peer) {
            app.cluster.tell(Word::Peer { ik: peer.clone(), domain });
        }
    }

    fn worker(&self, app: &App, peer: &InstanceId) -> Arc<delivery::Worker> {
        let mut workers = unpoison(&self.workers);
        if let Some(worker) = workers.get(peer) {
            return worker.clone();
        }
        let worker = Arc::new(delivery::Worker::default());
        workers.insert(peer.clone(), worker.clone());
        app.tasks.spawn(delivery::run(app.clone(), peer.clone(), worker.clone()));
        worker
    }

    /// The peer was heard from: the delivery to it tries at once.
    fn revive(&self, peer: &InstanceId) {
        if let Some(worker) = unpoison(&self.workers).get(peer) {
            worker.revive();
        }
    }

    fn interested(&self, log_id: i64, peer: &InstanceId) {
        self.interested.add(log_id, peer);
    }

    fn not_interested(&self, log_id: i64, peer: &InstanceId) {
        self.interested.remove(log_id, peer);
    }

    /// How many instances follow a log.
    fn follower_count(&self, log: &LogHandle) -> usize {
        self.interested.count(log.id)
    }

    /// The instances that something of a log is still to be told, besides those with a member.
    pub fn followers_of(&self, log: &LogHandle) -> Vec<InstanceId> {
        self.interested.of(log.id)
    }

    fn is_joining(&self, sid: &ServerId, now_ms: i64) -> bool {
        unpoison(&self.joining).contains_key(sid)
            || unpoison(&self.joining_elsewhere).get(sid).is_some_and(|until| *until > now_ms)
    }

    /// Another process says that somebody is just joining a server.
    pub fn joining_elsewhere(&self, sid: ServerId, now_ms: i64) {
        let mut joining = unpoison(&self.joining_elsewhere);
        joining.retain(|_, until| *until > now_ms);
        joining.insert(sid, now_ms + JOINING_MS);
    }

    /// Remembers the nonce of a verified request; no other process takes it again either.
    async fn remember_nonce(&self, app: &App, claims: &Claims) -> Result<()> {
        let now_ms = app.clock.now_ms();
        unpoison(&self.nonces).insert(claims, now_ms)?;
        if app.cluster.is_shared() {
            let key = Hash::of(&[claims.origin.as_str().as_bytes(), &[0], &claims.nonce]);
            let until = claims.expires.saturating_add(1).saturating_mul(1000);
            if !app.cluster.first("signature", &key.0, until).await? {
                return Err(Code::Replayed.into());
            }
        }
        Ok(())
    }
}

/// Starts the workers: delivery, greetings, signals, and the log's way to hubs elsewhere.
///
/// # Errors
/// From the database.
pub async fn start(app: &App) -> db::Result<()> {
    want::start(app).await?;
    stream::start(app).await?;
    delivery::start(app);
    cursors::start(app);
    hello::start(app);
    rewind::start(app);
    signals::start(app);
    subscriptions::start(app);
    keys::start(app);
    app.log.connect(Arc::new(link::Link(app.downgrade()))).await
}

/// Everything that other instances ask, with the rooms' own parts of it.
pub fn router(app: &App, rooms: Router<App>) -> Router<App> {
    let signed = Router::new()
        .route("/hello", route_post(hello::receive))
        .route("/events", route_post(follower::push))
        .route("/ephemeral", route_post(signals::receive))
        .route("/presence/subscriptions", route_post(subscriptions::receive))
        .route("/servers/{sid}/actions", route_post(hub::actions))
        .route("/servers/{sid}/join", route_post(hub::join))
        .route("/servers/{sid}/events", route_get(hub::events))
        .route("/servers/{sid}/head", route_get(hub::head))
        .route("/servers/{sid}/want", route_post(want::receive))
        .route("/servers/{sid}/way", route_get(moved::serve))
        .route("/servers/{sid}/checkpoint", route_get(checkpoints::serve))
        .route("/servers/{sid}/snapshot", route_get(snapshots::serve))
        .route("/servers/{sid}/snapshot/{page}", route_get(snapshots::page))
        .route("/servers/{sid}/stream", route_get(stream::open))
        .merge(rooms)
        .route_layer(from_fn_with_state(app.clone(), origin::verify));
    let all = signed
        .route("/keys/{kid}", route_get(document::key))
        .method_not_allowed_fallback(|| async { Problem::from(Code::MethodNotAllowed) })
        .fallback(|| async { Problem::from(Code::NotFound) });
    Router::new().nest(BASE, all).route("/.well-known/conntext", route_get(document::serve))
}
