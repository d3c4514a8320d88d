//! Many instances that follow one community: each with a name, keys and a member of its own, over real HTTP. They take
//! what they are sent and check nothing, so that what is measured is the host.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use conntext_federation::action::Position;
use conntext_federation::canonical;
use conntext_federation::content::MemberJoin;
use conntext_federation::domain::Domain;
use conntext_federation::httpsig::{self, Outgoing};
use conntext_federation::hub::{self, Draft};
use conntext_federation::identity::{Genesis, Op};
use conntext_federation::ids::{ActionId, Actor, Hash, InstanceId, ServerId};
use conntext_federation::instance::{
    InstanceDoc, InstanceFields, InstanceKey, KeysFields, KeysStatement, MAX_DOCUMENT_MS, Mode, RootKey, Software,
};
use conntext_federation::keys::SecretKey;
use conntext_federation::wire::{JoinRequest, SignedAction};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep};

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

#[expect(
    clippy::disallowed_methods,
    reason = "there is no App here: what is signed must hold by the clock of the host"
)]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// One instance that follows.
struct Follower {
    domain: Domain,
    root: SecretKey,
    key: SecretKey,
    /// Its document, in canonical form.
    document: Vec<u8>,
    /// The last event that it was sent.
    acked: AtomicU64,
}

/// Everything that the instances share: one port, many names.
struct Crowd {
    followers: HashMap<String, Follower>,
    /// When each message was sent, by its text.
    sent: Mutex<HashMap<String, Instant>>,
    lags: Mutex<Durations>,
    seen: AtomicUsize,
    requests: AtomicUsize,
}

impl Follower {
    fn new(number: usize, port: u16) -> Result<Self> {
        let said = |e: conntext_federation::Code| format!("a follower cannot be made: {e}");
        let domain = Domain::parse_normal(&format!("f{number}.localhost:{port}"), true).map_err(said)?;
        let seed = |purpose: u8| {
            let mut seed = [purpose; 32];
            seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
            seed[8..10].copy_from_slice(&port.to_be_bytes());
            SecretKey::from_seed(seed)
        };
        let (root, key) = (seed(1), seed(2));
        let now = now_ms();
        let fields = InstanceFields {
            v: 1,
            ik: InstanceId::of_root(&root.public().to_bytes()),
            domain: domain.clone(),
            api: format!("http://{domain}/federation/v1"),
            serial: 1,
            root: RootKey { public: root.public() },
            root_history: Vec::new(),
            keys: vec![Self::listed(&key)],
            software: Software { name: "bench".into(), version: "1".into() },
            mode: Mode::Open,
            limits: Default::default(),
            contact: None,
            moved: None,
            issued_at: now,
            valid_until: now + MAX_DOCUMENT_MS,
        };
        let mut document = InstanceDoc::sign(fields, &root).map_err(said)?;
        document.freshen(&key, now).map_err(said)?;
        let document = document.to_vec().map_err(said)?;
        Ok(Self { domain, root, key, document, acked: AtomicU64::new(0) })
    }

    fn listed(key: &SecretKey) -> InstanceKey {
        let now = now_ms();
        InstanceKey::new(key.public(), now - 60_000, now + MAX_DOCUMENT_MS)
    }

    fn ik(&self) -> InstanceId {
        InstanceId::of_root(&self.root.public().to_bytes())
    }

    /// Brings its one member into a community.
    async fn join(
        &self,
        http: &reqwest::Client,
        origin: &str,
        host: &Domain,
        sid: &ServerId,
        code: &str,
    ) -> Result<()> {
        let body = self.join_request(sid, code).map_err(|e| format!("a follower cannot join: {e}"))?;
        let path = format!("/federation/v1/servers/{sid}/join");
        let digest = httpsig::digest_header(&body);
        let outgoing = Outgoing {
            method: "POST",
            path: &path,
            destination: host,
            content_type: Some("application/json"),
            digest: &digest,
        };
        let headers = httpsig::sign_request(&outgoing, &self.domain, &self.key, [9; 16], now_ms())
            .map_err(|e| format!("a follower cannot sign: {e}"))?;
        let mut request = http.post(format!("{origin}{path}")).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{} cannot join: {status} {text}", self.domain).into());
        }
        let answer: Value = serde_json::from_str(&text)?;
        self.acked.store(answer.get("seq").and_then(Value::as_u64).unwrap_or(0), Ordering::SeqCst);
        Ok(())
    }

    fn join_request(&self, sid: &ServerId, code: &str) -> std::result::Result<Vec<u8>, conntext_federation::Code> {
        let (ik, now) = (self.ik(), now_ms());
        let genesis = Genesis {
            handle: "reader".into(),
            home: ik.clone(),
            profile_host: ik.clone(),
            signing_keys: vec![self.key.public()],
            rotation_keys: vec![self.root.public()],
        };
        let op = Op::genesis(genesis, &self.root)?;
        let draft = Draft {
            sid: sid.clone(),
            kind: "member.join".into(),
            channel: None,
            target: None,
            actor: Actor::User(op.uid.clone()),
            content: hub::json(&MemberJoin { identity: vec![op], invite: Some(invite_hash(code)) })?,
        };
        let basis = Position { generation: 0, epoch: 0, seq: 0, hash: Hash::ZERO };
        let mut aid = [0; 16];
        aid.copy_from_slice(&self.key.public().to_bytes()[..16]);
        let (action, sealed) = draft.into_action(&ik, ActionId(aid), [5; 16], basis, now)?;
        let origin_sig = action.sign(&self.key)?;
        let keys = KeysFields {
            ik,
            domain: self.domain.clone(),
            serial: 1,
            root: self.root.public(),
            root_history: Vec::new(),
            keys: vec![Self::listed(&self.key)],
        };
        canonical::to_vec(&JoinRequest {
            join: SignedAction { action, origin_sig, content: sealed.content, salt: sealed.salt },
            keys: KeysStatement::sign(keys, &self.root)?,
            code: Some(code.to_owned()),
            snapshot: true,
            profile: None,
        })
    }
}

/// The digest by which a log names an invite.
fn invite_hash(code: &str) -> Hash {
    Hash::of(&[b"conntext/invite/v1\n", code.as_bytes()])
}

impl Crowd {
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
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let mut followers = HashMap::new();
    for number in 0..FOLLOWERS {
        let follower = Follower::new(number, port)?;
        followers.insert(follower.domain.to_string(), follower);
    }
    let crowd = Arc::new(Crowd {
        followers,
        sent: Mutex::default(),
        lags: Mutex::default(),
        seen: AtomicUsize::new(0),
        requests: AtomicUsize::new(0),
    });
    let serving = serve(Arc::clone(&crowd), listener);
    let place = world.community(&[], &[]).await?;
    let host = Domain::parse_normal(&world.a.domain, true).map_err(|e| e.to_string())?;
    let sid: ServerId = place.sid.parse().map_err(|_| "not a community's id")?;
    let http = reqwest::Client::new();
    for follower in crowd.followers.values() {
        follower.join(&http, &world.a.origin, &host, &sid, &place.code).await?;
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
