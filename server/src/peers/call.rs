//! Requests to other instances: signed, bounded, and with errors that say what to do.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use conntext_federation::domain::Domain;
use conntext_federation::httpsig::{self, Outgoing};
use conntext_federation::{Code, canonical, wire};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::client::{Io, Request, Response, TransportError, Upgraded, read_capped};
use super::discovery::{self, Peer};
use crate::App;
use crate::error::Problem;

/// Where the protocol lies on every instance.
pub const BASE: &str = "/federation/v1";
/// The largest answer in bytes, media aside: a snapshot of a large server is the longest.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Why a call came to nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    /// No answer.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// The other instance refused.
    #[error("{status} {}", problem.code)]
    Problem {
        /// The HTTP status.
        status: u16,
        /// What it says.
        problem: Box<wire::Problem>,
        /// How long it asks to wait, milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// We do not speak with it.
    #[error("refused here: {0}")]
    Refused(Code),
    /// It answered something that cannot be read or does not verify.
    #[error("wrong answer: {0}")]
    Answer(String),
}

impl From<Code> for CallError {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

impl CallError {
    /// The code that the other instance gave, if it gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem { problem, .. } => Some(&problem.code),
            Self::Refused(code) => Some(code.as_str()),
            Self::Unreachable(_) | Self::Answer(_) => None,
        }
    }

    /// Whether the same request may succeed later.
    pub fn passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Problem { status, .. } => {
                let elsewhere = [Code::Misdirected, Code::Moved].map(|code| Some(code.as_str()));
                matches!(status, 401 | 408 | 425 | 429 | 500..) || elsewhere.contains(&self.code())
            }
            // What an admin paused goes on.
            Self::Refused(code) => *code == Code::Paused,
            Self::Answer(_) => false,
        }
    }

    /// How long it asks to wait, milliseconds; an hour at most.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Problem { retry_after_ms, .. } => retry_after_ms.map(|ms| ms.min(3_600_000)),
            _ => None,
        }
    }

    /// As a problem for a person of this instance.
    pub fn problem(&self, domain: &Domain) -> Problem {
        let name = domain.as_str();
        match self {
            Self::Unreachable(why) => {
                tracing::info!(domain = name, why, "not reached");
                Problem::new("peer_unreachable")
                    .domain(name)
                    .detail(format!("{name} does not answer. Try again later."))
            }
            Self::Refused(Code::Blocked) => Problem::new("blocked")
                .domain(name)
                .detail(format!("This instance does not speak with {name}: its admin has blocked it.")),
            Self::Refused(Code::NotAllowed) => Problem::new("not_allowed")
                .domain(name)
                .detail(format!("This instance does not speak with {name}: it is not on its admin's list.")),
            Self::Refused(Code::InReview) => Problem::new("in_review")
                .domain(name)
                .detail(format!("An admin of this instance has to let {name} in first, and sees now that you asked.")),
            Self::Refused(Code::Paused) => Problem::new("paused").domain(name).detail(format!(
                "An admin of this instance has stopped the exchange with {name} for a while. Try again later."
            )),
            Self::Refused(code) => {
                Problem::new("peer_error").domain(name).detail(format!("{name} cannot be trusted now ({code})."))
            }
            Self::Answer(why) => {
                tracing::warn!(domain = name, why, "wrong answer");
                Problem::new("peer_error").domain(name).detail(format!("{name} gave an answer that does not hold."))
            }
            Self::Problem { status, problem, retry_after_ms } => {
                let known = Code::parse(&problem.code).filter(|_| *status < 500 && *status != 401);
                let mut made = match known {
                    Some(Code::Rate) => Problem::rate(retry_after_ms.unwrap_or(5_000)),
                    Some(code @ (Code::InviteExpired | Code::InviteSpent | Code::InviteUnknown | Code::Banned)) => {
                        Problem::new(code.as_str())
                    }
                    Some(code @ (Code::Blocked | Code::NotAllowed)) => {
                        Problem::new(code.as_str()).detail(format!("{name} does not speak with this instance."))
                    }
                    Some(code @ Code::InReview) => Problem::new(code.as_str()).detail(format!(
                        "{name} lets new instances in one by one. Its admins see now that this one asked; try again later."
                    )),
                    Some(code) => Problem::from(code),
                    None => Problem::new("peer_error")
                        .detail(format!("{name} answered {status}. Try again; if it stays, tell its admin.")),
                };
                made.domain = Some(name.to_owned());
                made
            }
        }
    }
}

/// A body to send with its digest, as when it comes from a file.
pub struct Streamed {
    /// The bytes.
    pub body: Body,
    /// Their media type.
    pub content_type: String,
    /// How many.
    pub length: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// Calls another instance: `path` begins with `/` and lies below [`BASE`].
///
/// # Errors
/// [`CallError`].
pub async fn call<B: Serialize + Sync, T: DeserializeOwned>(
    app: &App,
    domain: &Domain,
    method: Method,
    path: &str,
    body: &B,
) -> Result<T, CallError> {
    let body = serde_json::to_vec(body).map(Bytes::from).map_err(|_| Code::BadJson)?;
    read_json(app, exchange(app, domain, method, path, Some(body)).await?).await
}

/// Asks another instance: a `GET` below [`BASE`].
///
/// # Errors
/// [`CallError`].
pub async fn get<T: DeserializeOwned>(app: &App, domain: &Domain, path: &str) -> Result<T, CallError> {
    read_json(app, exchange(app, domain, Method::GET, path, None).await?).await
}

/// Asks another instance for bytes; the body is still to be read.
///
/// # Errors
/// [`CallError`].
pub async fn get_stream(app: &App, domain: &Domain, path: &str) -> Result<Response, CallError> {
    exchange(app, domain, Method::GET, path, None).await
}

/// Sends bytes to another instance.
///
/// # Errors
/// [`CallError`].
pub async fn send_stream(
    app: &App,
    domain: &Domain,
    method: Method,
    path: &str,
    content: Streamed,
) -> Result<Response, CallError> {
    let peer = discovery::find(app, domain).await?;
    let digest = httpsig::digest_header_of(&content.sha256);
    let kind = Some(content.content_type.as_str());
    let request = sign(app, &peer, &method, path, kind, &digest, content.body, Some(content.length))?;
    let sent = transmit(app, request).await;
    note(app, &peer, outcome(&sent)).await;
    let judged = judge(app, sent?).await;
    heed_moved(app, &peer, judged.as_ref().err()).await?;
    judged
}

/// Where a peer answers that it has another domain now, that one is found. Answers it where there is one.
async fn heed_moved(app: &App, peer: &Peer, refused: Option<&CallError>) -> Result<Option<Peer>, CallError> {
    if refused.and_then(CallError::code) != Some(Code::Moved.as_str()) {
        return Ok(None);
    }
    discovery::gone_from(app, peer).await
}

/// Asks another instance for a WebSocket: a `GET` below [`BASE`].
///
/// # Errors
/// [`CallError`].
pub(super) async fn open_socket(app: &App, domain: &Domain, path: &str) -> Result<Box<dyn Io>, CallError> {
    let peer = discovery::find(app, domain).await?;
    let digest = httpsig::digest_header(&[]);
    let mut again = true;
    loop {
        let mut request = sign(app, &peer, &Method::GET, path, None, &digest, Body::empty(), None)?;
        let key = STANDARD.encode(app.rng.bytes::<16>());
        let headers = request.headers_mut();
        for (name, value) in [("upgrade", "websocket"), ("connection", "upgrade"), ("sec-websocket-version", "13")] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let value = HeaderValue::from_str(&key).map_err(|e| CallError::Unreachable(e.to_string()))?;
        headers.insert(header::SEC_WEBSOCKET_KEY, value);
        let sent = in_turn(app, patience(app), app.peers.transport.upgrade(request)).await;
        let said = match &sent {
            Ok(Upgraded::Open(answer, _) | Upgraded::Refused(answer)) => Ok(answer.status()),
            Err(e) => Err(e.to_string()),
        };
        note(app, &peer, said).await;
        match sent? {
            Upgraded::Open(answer, io) => {
                let accepted = answer.headers().get(header::SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
                if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
                    return Err(CallError::Answer("it did not understand what it agreed to".into()));
                }
                return Ok(io);
            }
            Upgraded::Refused(answer) => {
                if answer.status() == StatusCode::UNAUTHORIZED && std::mem::take(&mut again) {
                    continue;
                }
                let refused = judge(app, answer).await.err();
                heed_moved(app, &peer, refused.as_ref()).await?;
                return Err(refused.unwrap_or_else(|| CallError::Answer("no WebSocket".into())));
            }
        }
    }
}

async fn exchange(
    app: &App,
    domain: &Domain,
    method: Method,
    path: &str,
    body: Option<Bytes>,
) -> Result<Response, CallError> {
    let mut peer = discovery::find(app, domain).await?;
    let kind = body.as_ref().map(|_| "application/json");
    let digest = httpsig::digest_header(body.as_deref().unwrap_or_default());
    let mut again = true;
    loop {
        let content = body.clone().map_or_else(Body::empty, Body::from);
        let request = sign(app, &peer, &method, path, kind, &digest, content, None)?;
        let sent = transmit(app, request).await;
        note(app, &peer, outcome(&sent)).await;
        let response = sent?;
        // Once with a fresh signature: the first may have waited too long on its way.
        if response.status() == StatusCode::UNAUTHORIZED && std::mem::take(&mut again) {
            continue;
        }
        let judged = judge(app, response).await;
        if let Some(now) = heed_moved(app, &peer, judged.as_ref().err()).await? {
            peer = now;
            continue;
        }
        return judged;
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of a request")]
fn sign(
    app: &App,
    peer: &Peer,
    method: &Method,
    path: &str,
    content_type: Option<&str>,
    digest: &str,
    body: Body,
    length: Option<u64>,
) -> Result<Request, CallError> {
    let full = format!("{BASE}{path}");
    let outgoing =
        Outgoing { method: method.as_str(), path: &full, destination: &peer.doc.domain, content_type, digest };
    let nonce = app.rng.bytes();
    let signed = httpsig::sign_request(&outgoing, &app.domain, &app.keys.signing(), nonce, app.clock.now_ms())?;
    let mut request = axum::http::Request::builder().method(method.clone()).uri(format!("{}{path}", peer.doc.api));
    for (name, value) in signed {
        request = request.header(name, value);
    }
    if let Some(length) = length {
        request = request.header(header::CONTENT_LENGTH, length);
    }
    request.header(header::ACCEPT, "application/json").body(body).map_err(|e| CallError::Unreachable(e.to_string()))
}

/// A body up to this length is small, in bytes: that of one event.
const SMALL: u64 = 64 * 1024;

async fn transmit(app: &App, request: Request) -> Result<Response, CallError> {
    let patience = patience(app) + on_its_way(&request);
    in_turn(app, patience, app.peers.transport.send(request)).await
}

async fn in_turn<T>(
    app: &App,
    patience: Duration,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, CallError> {
    let closed = |_| CallError::Unreachable("this instance is stopping".into());
    let _turn = app.peers.connections.acquire().await.map_err(closed)?;
    match tokio::time::timeout(patience, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(e)) => Err(CallError::Unreachable(e.to_string())),
        Err(_) => Err(CallError::Unreachable("no answer in time".into())),
    }
}

pub(super) fn patience(app: &App) -> Duration {
    Duration::from_millis(app.config.federation.request_timeout_ms)
}

/// How much longer a request may take for its length: what is small may come over a line of 1 KiB a second, what is
/// large over one of 16.
fn on_its_way(request: &Request) -> Duration {
    let named = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    time_for(request.body().size_hint().exact().or(named).unwrap_or(0))
}

/// The same for so many bytes.
pub(super) fn time_for(length: u64) -> Duration {
    let small = length.min(SMALL);
    Duration::from_millis(small * 1000 / 1024 + (length - small) * 1000 / (16 * 1024))
}

/// Remembers whether the peer answers.
async fn note(app: &App, peer: &Peer, outcome: Result<StatusCode, String>) {
    match outcome {
        Ok(status) if status.as_u16() < 500 => app.peers.reached(app, peer).await,
        Ok(status) => app.peers.missed(app, peer, &format!("it answered {status}")).await,
        Err(why) => app.peers.missed(app, peer, &why).await,
    }
}

/// What is remembered of an answer; the answer itself must not be held while that is written.
fn outcome(sent: &Result<Response, CallError>) -> Result<StatusCode, String> {
    sent.as_ref().map(Response::status).map_err(ToString::to_string)
}

fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok().map(|s| s.saturating_mul(1000))
}

/// Turns everything but a success into an error.
async fn judge(app: &App, response: Response) -> Result<Response, CallError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status.is_redirection() {
        return Err(CallError::Answer(format!("a redirect ({status})")));
    }
    let from_header = retry_after(response.headers());
    let bytes = read_capped(response.into_body(), 64 * 1024, patience(app)).await.unwrap_or_default();
    let problem: wire::Problem = serde_json::from_slice(&bytes).unwrap_or_default();
    let retry_after_ms = problem.retry_after_ms.or(from_header);
    Err(CallError::Problem { status: status.as_u16(), problem: Box::new(problem), retry_after_ms })
}

async fn read_json<T: DeserializeOwned>(app: &App, response: Response) -> Result<T, CallError> {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind != "application/json" {
        return Err(CallError::Answer("no JSON".into()));
    }
    let bytes = read_capped(response.into_body(), MAX_ANSWER, patience(app)).await;
    let bytes = bytes.map_err(|e| CallError::Unreachable(format!("its answer: {e}")))?;
    // Strictly, since signed objects lie inside: what two readers could understand differently is refused.
    canonical::from_slice(&bytes).map_err(|code| CallError::Answer(code.to_string()))
}
