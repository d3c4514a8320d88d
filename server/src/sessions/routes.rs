//! `/sessions`.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Beginning, Kind, SessionCreated, Tokens, announce, cookies, hand_out, store, tokens};
use crate::App;
use crate::accounts::{self, Account};
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::auth::{COOKIE, REFRESH_COOKIE, cookie};
use crate::http::{Auth, Client, Json, Path, Routes, routes};

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(sign_in, list, end_others))
        .routes(routes!(second_step))
        .routes(routes!(by_passkey))
        .routes(routes!(sign_out))
        .routes(routes!(refresh))
        .routes(routes!(end))
        .routes(routes!(know))
}

/// A sign-in.
#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    /// The name, with or without the domain.
    handle: String,
    password: String,
    /// How the session is carried; `cookie` when absent.
    #[serde(default)]
    kind: Option<Kind>,
    /// The name of the device, for the list of sessions.
    #[serde(default)]
    device: Option<String>,
}

/// A device on which the person is signed in.
#[derive(Serialize, ToSchema)]
pub struct Session {
    id: String,
    /// What the device called itself, or what its browser is.
    device: String,
    /// The network address that it was last seen with.
    address: String,
    kind: Kind,
    /// Milliseconds since 1970.
    created_at: i64,
    /// Milliseconds since 1970, to about a minute.
    last_seen_at: i64,
    /// The session that asks.
    current: bool,
    /// A sign-in that nobody has said yet to know of.
    unknown: bool,
}

/// The person's sessions.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    sessions: Vec<Session>,
}

/// Sign in
///
/// A name that does not exist and a wrong password get the same answer.
#[utoipa::path(post, path = "/sessions", security(()), request_body = SignIn, responses(
    (status = 201, body = SessionCreated),
    (status = 202, description = "A code is asked for as well", body = factors::SecondStep),
    (status = 401, description = "`bad_credentials`", body = Problem),
    (status = 403, description = "`insecure_transport`, `suspended`, `csrf`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn sign_in(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(asked): Json<SignIn>,
) -> Result<Response> {
    client.require_secure()?;
    let account = accounts::sign_in(&app, client.limit_key(), &asked.handle, &asked.password).await?;
    let mut tx = app.db.begin().await?;
    // While the password was verified it may have been changed, or a second factor switched on.
    accounts::require_same(&mut tx, &account).await?;
    if factors::are_on(&mut tx, &account.id).await? {
        let step = factors::begin(&app, &mut tx, &account).await?;
        tx.commit().await?;
        return Ok((StatusCode::ACCEPTED, Json(step)).into_response());
    }
    open(&app, tx, client, &headers, &account, asked.kind, asked.device.as_deref()).await
}

async fn open(
    app: &App,
    mut tx: Tx,
    client: Client,
    headers: &HeaderMap,
    account: &Account,
    kind: Option<Kind>,
    device: Option<&str>,
) -> Result<Response> {
    let device = super::device(device, headers);
    let kind = kind.unwrap_or(Kind::Cookie);
    let opened = super::open(app, &mut tx, account, kind, client, &device, Beginning::SignIn).await?;
    tx.commit().await?;
    app.bus.tell_me(&account.uid);
    Ok(opened.into_response(app, StatusCode::CREATED))
}

/// The second step of a sign-in.
#[derive(Deserialize, ToSchema)]
pub struct SignInCode {
    /// From the answer to the first step.
    sign_in: String,
    /// A code of the authenticator app, or a recovery code.
    code: String,
    /// How the session is carried; `cookie` when absent.
    #[serde(default)]
    kind: Option<Kind>,
    /// The name of the device, for the list of sessions.
    #[serde(default)]
    device: Option<String>,
}

/// Sign in: the code
///
/// Each code works once. After five wrong ones the password is asked for again.
#[utoipa::path(post, path = "/sessions/code", security(()), request_body = SignInCode, responses(
    (status = 201, body = SessionCreated),
    (status = 401, description = "`bad_code`", body = Problem),
    (status = 403, description = "`insecure_transport`, `suspended`, `csrf`", body = Problem),
    (status = 410, description = "`gone`: it took too long, or too many codes were wrong", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn second_step(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(asked): Json<SignInCode>,
) -> Result<Response> {
    client.require_secure()?;
    let (tx, account) = factors::finish(&app, &asked.sign_in, &asked.code).await?;
    open(&app, tx, client, &headers, &account, asked.kind, asked.device.as_deref()).await
}

/// A sign-in with a passkey.
#[derive(Deserialize, ToSchema)]
pub struct SignInPasskey {
    /// What `navigator.credentials.get` gave for the options of `/passkeys/options`, as JSON.
    #[schema(value_type = Object)]
    credential: serde_json::Value,
    /// How the session is carried; `cookie` when absent.
    #[serde(default)]
    kind: Option<Kind>,
    /// The name of the device, for the list of sessions.
    #[serde(default)]
    device: Option<String>,
}

/// Sign in: with a passkey
///
/// Neither a name nor a password is needed, nor a code: who uses a passkey has shown their device and unlocked it.
#[utoipa::path(post, path = "/sessions/passkey", security(()), request_body = SignInPasskey, responses(
    (status = 201, body = SessionCreated),
    (status = 401, description = "`bad_passkey`", body = Problem),
    (status = 403, description = "`insecure_transport`, `suspended`, `csrf`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn by_passkey(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(asked): Json<SignInPasskey>,
) -> Result<Response> {
    client.require_secure()?;
    let (tx, account) = factors::sign_in_by_passkey(&app, client.limit_key(), &asked.credential).await?;
    open(&app, tx, client, &headers, &account, asked.kind, asked.device.as_deref()).await
}

/// List sessions
#[utoipa::path(get, path = "/sessions", responses((status = 200, body = Sessions)))]
async fn list(State(app): State<App>, auth: Auth) -> Result<Json<Sessions>> {
    let mut read = app.db.read().await?;
    let sessions = store::list(&mut read, &auth.account, app.clock.now_ms()).await?;
    let sessions = sessions
        .into_iter()
        .map(|s| Session {
            current: s.id == auth.session,
            id: s.id,
            device: s.device,
            address: s.address,
            kind: s.kind,
            created_at: s.created_at,
            last_seen_at: s.last_seen_at,
            unknown: s.unknown,
        })
        .collect();
    Ok(Json(Sessions { sessions }))
}

/// Sign out everywhere else
#[utoipa::path(delete, path = "/sessions", responses((status = 204)))]
async fn end_others(State(app): State<App>, auth: Auth) -> Result<StatusCode> {
    super::end_others(&app, &auth).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out
#[utoipa::path(delete, path = "/sessions/current", responses((status = 204)))]
async fn sign_out(State(app): State<App>, auth: Auth) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    store::delete(&mut tx, &auth.account, &auth.session).await?;
    tx.commit().await?;
    announce(&app, &auth, vec![auth.session.clone()]);
    let mut response = StatusCode::NO_CONTENT.into_response();
    if auth.kind == Kind::Cookie {
        forget_cookies(&mut response);
    }
    Ok(response)
}

fn forget_cookies(response: &mut Response) {
    for cookie in cookies("", "", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// New tokens.
#[derive(Deserialize, ToSchema)]
pub struct Refresh {
    /// For programs; browsers have it in a cookie.
    #[serde(default)]
    refresh_token: Option<String>,
}

/// Renew the tokens
///
/// The token for requests is good for minutes (`expires_in_s`). The other one gets the next two, once. Whoever shows it again within a
/// minute, or because the answer was lost, gets the same ones; later it ends the session: then somebody else has it, too.
#[utoipa::path(post, path = "/sessions/refresh", security(()), request_body = Refresh, responses(
    (status = 200, body = Tokens),
    (status = 401, description = "`not_signed_in`; `token_reused`: it was used before, and the session has ended", body = Problem),
    (status = 403, description = "`insecure_transport`, `csrf`", body = Problem),
))]
async fn refresh(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(asked): Json<Refresh>,
) -> Result<Response> {
    client.require_secure()?;
    let (kind, token) = match asked.refresh_token {
        Some(token) => (Kind::Bearer, Some(token)),
        // Who was signed in before there were two has one for both.
        None => {
            (Kind::Cookie, cookie(&headers, REFRESH_COOKIE).or_else(|| cookie(&headers, COOKIE)).map(str::to_owned))
        }
    };
    let token = token.ok_or_else(Problem::not_signed_in)?;
    match tokens::renew(&app, kind, &token, client).await {
        Ok(pair) => Ok(hand_out(&app, kind, pair, StatusCode::OK, |tokens| tokens)),
        Err(problem) if problem.status == 401 && kind == Kind::Cookie => {
            let mut response = problem.into_response();
            forget_cookies(&mut response);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

/// End one session
#[utoipa::path(delete, path = "/sessions/{id}", params(("id" = String, Path, description = "The session's id")), responses(
    (status = 204),
    (status = 404, body = Problem),
))]
async fn end(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> Result<StatusCode> {
    let mut tx = app.db.begin().await?;
    if !store::delete(&mut tx, &auth.account, &id).await? {
        return Err(Problem::not_found().detail("That session has ended already."));
    }
    tx.commit().await?;
    announce(&app, &auth, vec![id]);
    Ok(StatusCode::NO_CONTENT)
}

/// Know of a sign-in
///
/// The person says on another device that a sign-in was theirs.
#[utoipa::path(post, path = "/sessions/{id}/known", params(("id" = String, Path, description = "The session's id")), responses(
    (status = 204),
    (status = 403, description = "`forbidden`: no session says so of itself, nor one that is not known itself", body = Problem),
    (status = 404, body = Problem),
))]
async fn know(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> Result<StatusCode> {
    if id == auth.session {
        return Err(Problem::forbidden().detail("Another device of yours has to say that it knows this one."));
    }
    let (mut tx, now) = (app.db.begin().await?, app.clock.now_ms());
    if !store::list(&mut tx, &auth.account, now).await?.iter().any(|session| session.id == id) {
        return Err(Problem::not_found().detail("That session has ended already."));
    }
    if !store::know(&mut tx, &auth.account, &id, &auth.session, now).await? {
        return Err(Problem::forbidden().detail("A device that is known already has to say so."));
    }
    tx.commit().await?;
    app.bus.tell_me(&auth.uid);
    Ok(StatusCode::NO_CONTENT)
}
