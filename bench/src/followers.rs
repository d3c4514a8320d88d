//! Many instances that follow one community: each with a name, keys and a member of its own, over real HTTP. They take
//! what they are sent and check nothing, so that what is measured is the host.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use conntext_federation::domain::Domain;
use conntext_federation::ids::ServerId;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep};

use crate::peer::Follower;
use crate::report::Figure;
use crate::stats::Durations;
use crate::world::World;
use crate::{Options, Result};

/// How many instances follow.
const FOLLOWERS: usize = 200;
/// Messages a second.
const RATE: u64 = 50;
/// How long the last messages may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that the instances share: one port, many names.
pub struct Crowd {
    /// By their names.
    pub followers: HashMap<String, Follower>,
    /// When each message was sent, by its text.
    sent: Mutex<HashMap<String, Instant>>,
    lags: Mutex<Durations>,
    seen: AtomicUsize,
    requests: AtomicUsize,
    /// Whether pushes are answered with "not now".
    refusing: AtomicBool,
}

impl Crowd {
    /// So many instances that answer at a port of this machine until the task ends.
    pub async fn serve(number: usize) -> Result<(Arc<Self>, JoinHandle<()>)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let mut followers = HashMap::new();
        for number in 0..number {
            let follower = Follower::new(number, port)?;
            followers.insert(follower.domain.to_string(), follower);
        }
        let crowd = Arc::new(Self {
            followers,
            sent: Mutex::default(),
            lags: Mutex::default(),
            seen: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            refusing: AtomicBool::new(false),
        });
        Ok((Arc::clone(&crowd), serve(crowd, listener)))
    }

    /// From now on pushes are not taken.
    pub fn refuse(&self) {
        self.refusing.store(true, Ordering::SeqCst);
    }

    /// Pushes that came.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    fn follower(&self, headers: &HeaderMap) -> Option<&Follower> {
        self.followers.get(headers.get(header::HOST)?.to_str().ok()?)
    }
}

async fn document(State(crowd): State<Arc<Crowd>>, headers: HeaderMap) -> Response {
    match crowd.follower(&headers) {
        Some(follower) => ([(header::CONTENT_TYPE, "application/json")], follower.document.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn events(State(crowd): State<Arc<Crowd>>, headers: HeaderMap, body: Bytes) -> Response {
    let now = Instant::now();
    let Some(follower) = crowd.follower(&headers) else { return StatusCode::NOT_FOUND.into_response() };
    let push: Value = match serde_json::from_slice(&body) {
        Ok(push) => push,
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    crowd.requests.fetch_add(1, Ordering::Relaxed);
    if crowd.refusing.load(Ordering::SeqCst) {
        let problem = json!({ "code": "overloaded", "retry_after_ms": 600_000 });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(problem)).into_response();
    }
    let mut acked = follower.acked.load(Ordering::SeqCst);
    for event in push.get("events").and_then(Value::as_array).into_iter().flatten() {
        let seq = event.pointer("/header/seq").or_else(|| event.pointer("/to")).and_then(Value::as_u64);
        acked = acked.max(seq.unwrap_or(0));
        let Some(text) = event.pointer("/content/body").and_then(Value::as_str) else { continue };
        let sent = crowd.sent.lock().unwrap_or_else(PoisonError::into_inner).get(text).copied();
        if let Some(sent) = sent {
            crowd.lags.lock().unwrap_or_else(PoisonError::into_inner).push(now - sent);
            crowd.seen.fetch_add(1, Ordering::SeqCst);
        }
    }
    follower.acked.fetch_max(acked, Ordering::SeqCst);
    Json(json!({ "acked": acked })).into_response()
}

async fn ephemeral() -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "accepted": 0, "dropped": 0 }))).into_response()
}

async fn hello() -> Response {
    Json(json!({ "software": "bench", "servers": [] })).into_response()
}

fn serve(crowd: Arc<Crowd>, listener: TcpListener) -> JoinHandle<()> {
    let router = Router::new()
        .route("/.well-known/conntext", get(document))
        .route("/federation/v1/events", post(events))
        .route("/federation/v1/ephemeral", post(ephemeral))
        .route("/federation/v1/hello", post(hello))
        .with_state(crowd);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            eprintln!("the followers ended: {error}");
        }
    })
}

/// A steady rate of messages to all of them.
pub async fn measure(world: &World, options: &Options) -> Result<Vec<Figure>> {
    let (crowd, serving) = Crowd::serve(FOLLOWERS).await?;
    let place = world.community(&[], &[]).await?;
    let host = Domain::parse_normal(&world.a.domain, true).map_err(|e| e.to_string())?;
    let sid: ServerId = place.sid.parse().map_err(|_| "not a community's id")?;
    let http = reqwest::Client::new();
    for follower in crowd.followers.values() {
        follower.join(&http, &world.a.origin, &host, &sid, &place.code, 0).await?;
    }
    sleep(Duration::from_secs(3)).await;

    let (processor, requests) = (world.a.processor_s()?, crowd.requests.load(Ordering::Relaxed));
    let begun = Instant::now();
    let mut beat = interval(Duration::from_micros(1_000_000 / RATE));
    let total = usize::try_from(RATE * options.seconds)?;
    for n in 0..total {
        beat.tick().await;
        let text = format!("Read everywhere, number {n}.");
        crowd.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(text.clone(), Instant::now());
        world.owner.post(&place.messages(), json!({ "nonce": format!("f{n}"), "body": text })).await?;
    }
    let written = begun.elapsed();
    while crowd.seen.load(Ordering::SeqCst) < total * FOLLOWERS {
        if begun.elapsed() > written + PATIENCE {
            let seen = crowd.seen.load(Ordering::SeqCst);
            return Err(format!("of {} events the followers saw {seen}", total * FOLLOWERS).into());
        }
        sleep(Duration::from_millis(5)).await;
    }
    let spent = world.a.processor_s()? - processor;
    let seconds = begun.elapsed().as_secs_f64();
    serving.abort();
    let lags = crowd.lags.lock().unwrap_or_else(PoisonError::into_inner);
    let requests = (crowd.requests.load(Ordering::Relaxed) - requests) as f64;
    Ok(vec![
        Figure::new(
            "followers_per_s",
            format!("messages a second to {FOLLOWERS} instances that follow, {RATE} wanted"),
            total as f64 / seconds,
            "1/s",
        )
        .wanted("about 50"),
        Figure::new("followers_lag_p50_ms", "sent → at such an instance, median", lags.percentile_ms(0.5), "ms"),
        Figure::new("followers_lag_max_ms", "sent → at such an instance, the last", lags.percentile_ms(1.0), "ms")
            .wanted("under 2,000"),
        Figure::new("followers_cores", "cores that the host uses meanwhile", spent / seconds, "").wanted("under 1"),
        Figure::new("followers_requests_per_s", "requests a second to them", requests / seconds, "1/s"),
    ])
}
