//! Speaking with a provider: what it says of itself, where people are sent, and what it says about who came back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use chrono::DateTime;
use openidconnect::core::{CoreAuthenticationFlow, CoreProviderMetadata};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};

use super::claims::{IdClaims, InfoClaims, Person, Relying, Tokens};
use crate::App;
use crate::config::OidcProvider;
use crate::peers::client::{TransportError, read_capped};

/// How long what a provider says of itself is used without asking again, milliseconds.
const FRESH_MS: i64 = 3_600_000;
/// The longest answer of a provider, bytes.
const MAX_ANSWER: usize = 512 * 1024;
/// A sign-in at the provider that is to prove who is there may be so many seconds old.
const PROOF_S: i64 = 300;

/// What providers said of themselves lately, by their name here.
#[derive(Default)]
pub struct Known(Mutex<HashMap<String, (i64, Arc<CoreProviderMetadata>)>>);

impl Known {
    fn open(&self) -> MutexGuard<'_, HashMap<String, (i64, Arc<CoreProviderMetadata>)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Why a provider brought nobody. The words are for the log; people read that it did not work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It did not answer, or not as the standard says.
    #[error("no use: {0}")]
    Provider(String),
    /// What it said does not hold.
    #[error("not verified: {0}")]
    Unverified(String),
}

fn unusable(e: impl std::fmt::Display) -> Failure {
    Failure::Provider(e.to_string())
}

fn unverified(e: impl std::fmt::Display) -> Failure {
    Failure::Unverified(e.to_string())
}

async fn ask(app: App, request: HttpRequest) -> Result<HttpResponse, TransportError> {
    let patience = Duration::from_millis(app.config.federation.request_timeout_ms);
    let (parts, body) = request.into_parts();
    let sent = app.peers.ask_service(axum::http::Request::from_parts(parts, Body::from(body)));
    let late = |_| TransportError("no answer in time".into());
    let (parts, body) = tokio::time::timeout(patience, sent).await.map_err(late)??.into_parts();
    let bytes = read_capped(body, MAX_ANSWER, patience).await.map_err(|e| TransportError(e.to_string()))?;
    Ok(HttpResponse::from_parts(parts, bytes.to_vec()))
}

/// What a provider says of itself, its keys included; `anew` where what is known is not good enough.
async fn metadata(app: &App, provider: &OidcProvider, anew: bool) -> Result<Arc<CoreProviderMetadata>, Failure> {
    let now = app.clock.now_ms();
    let known = app.oidc.open().get(&provider.id).cloned();
    if let Some((_, known)) = known.filter(|(at, _)| !anew && (0..FRESH_MS).contains(&(now - at))) {
        return Ok(known);
    }
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(unusable)?;
    let client = |request| ask(app.clone(), request);
    let found = Arc::new(CoreProviderMetadata::discover_async(issuer, &client).await.map_err(unusable)?);
    app.oidc.open().insert(provider.id.clone(), (now, found.clone()));
    Ok(found)
}

/// Where a provider sends people back to.
fn redirect(app: &App) -> Result<RedirectUrl, Failure> {
    RedirectUrl::new(format!("{}/api/v1/oidc/callback", app.config.public_url())).map_err(unusable)
}

fn client(app: &App, provider: &OidcProvider, metadata: &CoreProviderMetadata) -> Result<Relying, Failure> {
    let secret = provider.client_secret.reveal();
    let secret = (!secret.is_empty()).then(|| ClientSecret::new(secret.to_owned()));
    let id = ClientId::new(provider.client_id.clone());
    Ok(Relying::from_provider_metadata(metadata.clone(), id, secret).set_redirect_uri(redirect(app)?))
}

/// What is secret about a way to a provider. It follows from the state alone, by a key of this instance, so that it lies nowhere.
pub(super) struct Secrets {
    pub nonce: String,
    verifier: String,
    /// What the browser shows that began it.
    pub browser: String,
}

impl Secrets {
    pub(super) fn of(app: &App, state: &str) -> Self {
        let mark = |kind: &str| data_encoding::BASE64URL_NOPAD.encode(&app.keys.seal.mark(kind, state));
        Self { nonce: mark("oidc nonce"), verifier: mark("oidc verifier"), browser: mark("oidc browser") }
    }
}

/// The address at the provider to which somebody is sent. `fresh`: they have to sign in there once more.
pub(super) async fn begin(app: &App, provider: &OidcProvider, state: &str, fresh: bool) -> Result<String, Failure> {
    let metadata = metadata(app, provider, false).await?;
    let client = client(app, provider, &metadata)?;
    let secrets = Secrets::of(app, state);
    let (state, nonce) = (CsrfToken::new(state.to_owned()), Nonce::new(secrets.nonce));
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(secrets.verifier));
    let mut way = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
        .add_scopes(provider.scopes.iter().cloned().map(Scope::new))
        .set_pkce_challenge(challenge);
    if fresh {
        way = way.add_prompt(openidconnect::core::CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
    }
    Ok(way.url().0.to_string())
}

/// Who came back with a code.
pub(super) async fn finish(
    app: &App,
    provider: &OidcProvider,
    state: &str,
    code: &str,
    fresh: bool,
) -> Result<Person, Failure> {
    let known = metadata(app, provider, false).await?;
    let relying = client(app, provider, &known)?;
    let secrets = Secrets::of(app, state);
    let http = |request| ask(app.clone(), request);
    let tokens = relying
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(unusable)?
        .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier))
        .request_async(&http)
        .await
        .map_err(unusable)?;
    let nonce = Nonce::new(secrets.nonce);
    let claims = match verify(app, &relying, &tokens, &nonce) {
        Ok(claims) => claims,
        // Its keys may be new.
        Err(_) => {
            let relying = client(app, provider, &*metadata(app, provider, true).await?)?;
            verify(app, &relying, &tokens, &nonce)?
        }
    };
    if fresh {
        let at = claims.auth_time().ok_or_else(|| unverified("it does not say when it asked"))?;
        if app.clock.now_ms() / 1000 - at.timestamp() > PROOF_S {
            return Err(unverified("it did not ask again"));
        }
    }
    let info = info(&relying, &tokens, &claims, &http).await;
    Ok(Person::of(&claims, info.as_ref(), &provider.groups_claim))
}

fn verify(app: &App, relying: &Relying, tokens: &Tokens, nonce: &Nonce) -> Result<IdClaims, Failure> {
    let token = tokens.id_token().ok_or_else(|| unverified("no token"))?;
    let now = app.clock.now_ms();
    let verifier =
        relying.id_token_verifier().set_time_fn(move || DateTime::from_timestamp_millis(now).unwrap_or_default());
    let claims = token.claims(&verifier, nonce).map_err(unverified)?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(unverified)?;
        let key = token.signing_key(&verifier).map_err(unverified)?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(unverified)?;
        if actual != *expected {
            return Err(unverified("the access token is not the one that was named"));
        }
    }
    Ok(claims.clone())
}

/// What the provider answers besides. Where it does not, the token says enough.
async fn info<C>(relying: &Relying, tokens: &Tokens, claims: &IdClaims, http: &C) -> Option<InfoClaims>
where
    C: for<'c> openidconnect::AsyncHttpClient<'c>,
{
    let asked = relying.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).ok()?;
    match asked.request_async(http).await {
        Ok(info) => Some(info),
        Err(e) => {
            tracing::debug!(error = %e, "a provider did not say more about somebody");
            None
        }
    }
}
