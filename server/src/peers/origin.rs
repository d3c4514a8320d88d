//! Who of the other instances asks: the request's signature, checked in one place before anything else happens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use conntext_federation::domain::Domain;
use conntext_federation::httpsig::{self, Verified};
use conntext_federation::ids::InstanceId;
use conntext_federation::wire::MAX_REQUEST_BYTES;
use conntext_federation::{Code, canonical};
use serde::de::DeserializeOwned;

use super::client::{BodyError, read_capped};
use super::{discovery, trust};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::Client;

/// The instance that signed the request.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its domain.
    pub domain: Domain,
    /// Who it is.
    pub ik: InstanceId,
    /// When this instance met it, milliseconds.
    pub first_met: i64,
    /// The length of the body that was read, in bytes.
    length: usize,
    /// What is still to be checked over the body of an upload.
    unread: Option<Arc<Mutex<Option<Verified>>>>,
}

impl Origin {
    /// Charges a push of something that is not followed here.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub(super) async fn charge_push(&self, app: &App) -> Result<()> {
        let (peer, now) = (discovery::find(app, &self.domain).await, app.clock.now_ms());
        let Ok(peer) = peer else { return Ok(()) };
        app.peers.limits.request(app, &peer, now)?;
        app.peers.limits.body(app, &peer, self.length, now)
    }

    /// For handlers that read their body as a stream: checks the SHA-256 of what was read. What was done with the bytes
    /// before counts for nothing until this returns.
    ///
    /// # Errors
    /// `digest_mismatch` or `replayed`.
    pub async fn check_body(&self, app: &App, sha256: &[u8; 32]) -> Result<()> {
        let Some(unread) = &self.unread else { return Ok(()) };
        let verified = unread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let claims = verified.ok_or(Code::Replayed)?.check_body_digest(sha256)?;
        app.peers.remember_nonce(app, &claims).await
    }
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Code::SignatureMissing.into())
    }
}

/// A JSON body of the protocol, read strictly.
pub struct Message<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Message<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind != "application/json" {
            return Err(Code::MediaType.into());
        }
        let bytes = Bytes::from_request(request, app).await.map_err(|_| Problem::from(Code::TooLarge))?;
        let value = canonical::parse(&bytes)?;
        // A list of the members in their order is not what the protocol means by an object.
        if !value.is_object() {
            return Err(Code::BadJson.into());
        }
        Ok(Self(canonical::from_value(value)?))
    }
}

/// Uploads are read by their handler, which counts and hashes while it writes.
fn is_upload(request: &Request) -> bool {
    request.method() == Method::PUT && request.uri().path().contains("/media/")
}

/// Whether the instance is the hub of something that is copied here.
fn follows(app: &App, ik: &InstanceId) -> bool {
    app.log.all().iter().any(|log| !log.hub_here() && log.state().info.hub == *ik)
}

/// The layer around everything that only instances may ask.
pub(super) async fn verify(State(app): State<App>, client: Client, request: Request, next: Next) -> Response {
    match check(&app, client, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn check(app: &App, client: Client, request: Request) -> Result<Request> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Code::ContentEncoding.into());
    }
    let upload = is_upload(&request);
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if !upload && said.is_some_and(|n| n > MAX_REQUEST_BYTES as u64) {
        return Err(Problem::too_large(MAX_REQUEST_BYTES as u64));
    }
    let now = app.clock.now_ms();
    let (mut parts, body) = request.into_parts();
    let claims = {
        let headers: Vec<(&str, &[u8])> = parts.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        let path = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |u| &u.0);
        let path = path.path_and_query().map_or("/", |p| p.as_str());
        let signed = httpsig::Parts { method: parts.method.as_str(), path, headers: &headers };
        httpsig::parse(&signed, &app.domain, app.config.federation.dev_insecure)?
    };
    let waits = match app.peers.trust.book().judge(&claims.origin) {
        // It is refused below: whoever waits has to prove first who they are.
        Err(Code::InReview) => true,
        judged => judged.map(|()| false)?,
    };
    app.peers.by_address.take(client.limit_key(), now)?;
    if app.peers.domains.was_ours(claims.receiver(), now) {
        return Err(Problem::from(Code::Moved).domain(app.domain.as_str()));
    }
    claims.check_receiver(&app.domain)?;
    claims.check_window(now)?;
    let (peer, key) = discovery::key(app, &claims.origin, &claims.kid).await?;
    let verified = claims.verify(&key)?;
    if waits {
        trust::wait(app, &peer.domain, true).await;
        return Err(Code::InReview.into());
    }
    let limits = &app.peers.limits;
    let push = parts.method == Method::POST && parts.uri.path() == "/events";
    if !push {
        limits.request(app, &peer, now)?;
    } else if let Err(spent) = limits.look(app, &peer, now)
        && !follows(app, &peer.ik)
    {
        // What a hub that we follow pushes is bounded by its waiting for our answer; what others push, by this.
        return Err(spent);
    }
    let mut origin =
        Origin { domain: peer.domain.clone(), ik: peer.ik.clone(), first_met: peer.first_met, length: 0, unread: None };
    let body = if upload {
        origin.unread = Some(Arc::new(Mutex::new(Some(verified))));
        body
    } else {
        let patience = Duration::from_secs(app.config.http.body_timeout_s);
        let bytes = read_capped(body, MAX_REQUEST_BYTES, patience).await.map_err(|e| match e {
            BodyError::TooLong(most) => Problem::too_large(most as u64),
            BodyError::TooSlow => Code::SlowBody.into(),
            BodyError::Broken(why) => Problem::from(Code::BadJson).detail(format!("The body broke off: {why}.")),
        })?;
        if !push {
            limits.body(app, &peer, bytes.len(), now)?;
        }
        origin.length = bytes.len();
        let claims = verified.check_body(&bytes)?;
        app.peers.remember_nonce(app, &claims).await?;
        axum::body::Body::from(bytes)
    };
    app.peers.heard(app, &peer).await;
    parts.extensions.insert(origin);
    Ok(Request::from_parts(parts, body))
}
