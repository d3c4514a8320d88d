//! `/oidc` and `/me/oidc`.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::attempt::{self, Begun};
use super::store::{self, Arrival, Purpose};
use super::{arrive, configured};
use crate::App;
use crate::accounts;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Auth, Client, Json, Path, Query, Routes, routes};
use crate::mail::{self, Notice};
use crate::sessions::SessionCreated;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(sign_in))
        .routes(routes!(callback))
        .routes(routes!(look))
        .routes(routes!(settle))
        .routes(routes!(list))
        .routes(routes!(link, unlink))
        .routes(routes!(prove))
}

/// A way to a provider.
#[derive(Deserialize, ToSchema)]
pub struct BeginOidc {
    /// The page of this app to come back to.
    #[serde(default)]
    return_to: String,
}

/// Where the browser goes next.
#[derive(Serialize, ToSchema)]
pub struct OidcWay {
    /// The address at the provider.
    url: String,
}

fn sent(begun: Begun) -> Response {
    let mut response = Json(OidcWay { url: begun.url }).into_response();
    response.headers_mut().append(header::SET_COOKIE, begun.cookie);
    response
}

/// Sign in with another service
///
/// Browsers only: the way back ends at `/oidc/callback`, which sends them to a page.
#[utoipa::path(post, path = "/oidc/{provider}/sign-in", security(()), request_body = BeginOidc,
    params(("provider" = String, Path, description = "The provider's id, from `/instance`")), responses(
    (status = 200, body = OidcWay),
    (status = 403, description = "`insecure_transport`, `csrf`", body = Problem),
    (status = 404, description = "`not_found`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
    (status = 502, description = "`peer_unreachable`: the provider does not answer", body = Problem),
))]
async fn sign_in(
    State(app): State<App>,
    client: Client,
    Path(provider): Path<String>,
    Json(asked): Json<BeginOidc>,
) -> Result<Response> {
    client.require_secure()?;
    app.guard.passkeys.take(client.limit_key(), app.clock.now_ms())?;
    Ok(sent(attempt::begin(&app, &provider, Purpose::SignIn, None, &asked.return_to).await?))
}

/// What a provider sends along.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Came {
    /// What was sent there.
    #[serde(default)]
    state: String,
    /// What gets the tokens, once.
    code: Option<String>,
    /// Why there is none.
    error: Option<String>,
}

/// Come back from another service
///
/// The provider sends the browser here. It is sent on to a page of this app, signed in where that worked; otherwise `oidc` says
/// in one word why not.
#[utoipa::path(get, path = "/oidc/callback", security(()), params(Came), responses(
    (status = 303, description = "To a page of this app"),
))]
async fn callback(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Query(came): Query<Came>,
) -> Result<Response> {
    let back = attempt::end(&app, &headers, &came.state, came.code.as_deref(), came.error.as_deref()).await?;
    let mut response = match back {
        None => arrive::told("/sign-in", "expired"),
        Some(back) => {
            let page = match back.attempt.purpose {
                Purpose::SignIn => arrive::sign_in_page(&back.attempt.return_to),
                Purpose::Link | Purpose::Prove => back.attempt.return_to.clone(),
            };
            match &back.person {
                Err(word) => arrive::told(&page, word),
                Ok(person) => match arrive::back(&app, client, &headers, &back.attempt, person).await {
                    Ok(response) => response,
                    Err(problem) => {
                        tracing::warn!(code = problem.code, "who came back from a provider could not be served");
                        arrive::told(&page, "failed")
                    }
                },
            }
        }
    };
    response.headers_mut().append(header::SET_COOKIE, attempt::forget_cookie());
    Ok(response)
}

/// What came behind the `#`.
#[derive(Deserialize, ToSchema)]
pub struct OidcTicket {
    ticket: String,
}

/// Somebody whom a service has named and who has no account yet.
#[derive(Serialize, ToSchema)]
pub struct OidcArrival {
    /// The service's name for people.
    service: String,
    /// How it names the person.
    label: String,
    /// A name for the account, to be changed at will.
    handle: String,
    /// A name for people.
    display_name: String,
    /// The page of this app where they wanted to go.
    return_to: String,
}

/// Get an account with another service: who it is
#[utoipa::path(post, path = "/oidc/arrivals", security(()), request_body = OidcTicket, responses(
    (status = 200, body = OidcArrival),
    (status = 410, description = "`gone`: it took too long", body = Problem),
))]
async fn look(State(app): State<App>, Json(asked): Json<OidcTicket>) -> Result<Json<OidcArrival>> {
    let arrival = arrive::look(&app, &asked.ticket).await?;
    let service = configured(&app, &arrival.provider)?.name.clone();
    let Arrival { label, handle, display_name, return_to, .. } = arrival;
    Ok(Json(OidcArrival { service, label, handle, display_name, return_to }))
}

/// A newcomer's account.
#[derive(Deserialize, ToSchema)]
pub struct SettleOidc {
    ticket: String,
    handle: String,
    #[serde(default)]
    display_name: String,
    /// The name of the device, for the list of sessions.
    #[serde(default)]
    device: Option<String>,
}

/// Get an account with another service
///
/// Signs the new person in. The account has no password.
#[utoipa::path(post, path = "/oidc/accounts", security(()), request_body = SettleOidc, responses(
    (status = 201, body = SessionCreated),
    (status = 403, description = "`insecure_transport`, `csrf`", body = Problem),
    (status = 409, description = "`handle_taken`, `email_taken`", body = Problem),
    (status = 410, description = "`gone`: it took too long", body = Problem),
    (status = 422, description = "`invalid`", body = Problem),
))]
async fn settle(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(asked): Json<SettleOidc>,
) -> Result<Response> {
    client.require_secure()?;
    let SettleOidc { ticket, handle, display_name, device } = asked;
    arrive::settle(&app, client, &headers, &ticket, &handle, &display_name, device.as_deref()).await
}

/// A service with which the person can sign in.
#[derive(Serialize, ToSchema)]
pub struct LinkedService {
    /// The provider's id.
    provider: String,
    /// Its name for people.
    name: String,
    /// How it names the person; none where it is not linked.
    #[schema(required)]
    label: Option<String>,
    /// Milliseconds since 1970.
    #[schema(required)]
    linked_at: Option<i64>,
    /// Milliseconds since 1970.
    #[schema(required)]
    used_at: Option<i64>,
}

/// Services for signing in.
#[derive(Serialize, ToSchema)]
pub struct LinkedServices {
    services: Vec<LinkedService>,
}

/// List services for signing in
///
/// All that this instance offers, with those that are linked.
#[utoipa::path(get, path = "/me/oidc", responses((status = 200, body = LinkedServices)))]
async fn list(State(app): State<App>, auth: Auth) -> Result<Json<LinkedServices>> {
    let linked = super::linked(&mut app.db.read().await?, &auth.account).await?;
    let services = app
        .config
        .oidc
        .providers
        .iter()
        .map(|provider| {
            let known = linked.iter().find(|known| known.issuer == provider.issuer);
            LinkedService {
                provider: provider.id.clone(),
                name: provider.name.clone(),
                label: known.map(|known| known.label.clone()),
                linked_at: known.map(|known| known.linked_at),
                used_at: known.map(|known| known.used_at),
            }
        })
        .collect();
    Ok(Json(LinkedServices { services }))
}

/// Link a service for signing in
#[utoipa::path(post, path = "/me/oidc/{provider}", request_body = BeginOidc,
    params(("provider" = String, Path, description = "The provider's id")), responses(
    (status = 200, body = OidcWay),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 404, description = "`not_found`", body = Problem),
    (status = 502, description = "`peer_unreachable`: the provider does not answer", body = Problem),
))]
async fn link(
    State(app): State<App>,
    client: Client,
    auth: Auth,
    Path(provider): Path<String>,
    Json(asked): Json<BeginOidc>,
) -> Result<Response> {
    client.require_secure()?;
    factors::require_proof(&app, &mut app.db.read().await?, &auth).await?;
    Ok(sent(attempt::begin(&app, &provider, Purpose::Link, Some(&auth), &asked.return_to).await?))
}

/// Unlink a service
///
/// Whoever has no password needs another way in first.
#[utoipa::path(delete, path = "/me/oidc/{provider}",
    params(("provider" = String, Path, description = "The provider's id")), responses(
    (status = 204),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 404, description = "`not_found`", body = Problem),
    (status = 409, description = "`conflict`: there would be no way in any more", body = Problem),
))]
async fn unlink(State(app): State<App>, auth: Auth, Path(provider): Path<String>) -> Result<StatusCode> {
    let provider = configured(&app, &provider)?;
    let mut tx = app.db.begin().await?;
    factors::require_proof(&app, &mut tx, &auth).await?;
    let account = accounts::by_id(&mut tx, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    let others = super::linked(&mut tx, &auth.account).await?.iter().any(|known| known.issuer != provider.issuer);
    if !account.has_password() && !others && !factors::has_passkey(&mut tx, &auth.account).await? {
        return Err(Problem::new("conflict").detail("You could not sign in any more. Choose a password first."));
    }
    if !store::unlink(&mut tx, &auth.account, &provider.issuer).await? {
        return Err(Problem::not_found());
    }
    let service = provider.name.clone();
    mail::tell(&app, &mut tx, &auth.account, Notice::ServiceUnlinked { service }).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Prove who is there with a service
///
/// For who has no password: they sign in there once more.
#[utoipa::path(post, path = "/me/oidc/{provider}/proof", request_body = BeginOidc,
    params(("provider" = String, Path, description = "The provider's id")), responses(
    (status = 200, body = OidcWay),
    (status = 404, description = "`not_found`", body = Problem),
    (status = 502, description = "`peer_unreachable`: the provider does not answer", body = Problem),
))]
async fn prove(
    State(app): State<App>,
    client: Client,
    auth: Auth,
    Path(provider): Path<String>,
    Json(asked): Json<BeginOidc>,
) -> Result<Response> {
    client.require_secure()?;
    Ok(sent(attempt::begin(&app, &provider, Purpose::Prove, Some(&auth), &asked.return_to).await?))
}
