//! Who is signed in. The handler's signature names the right that it needs.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

use super::Client;
use crate::App;
use crate::error::Problem;
use crate::sessions::{self, Kind};

/// The name of the session cookie. The prefix makes browsers insist on `Secure`, `Path=/` and no `Domain`.
pub const COOKIE: &str = "__Host-ct";
/// The name of the cookie that gets the next tokens; it goes to one address alone.
pub const REFRESH_COOKIE: &str = "__Secure-ct-refresh";
/// That address.
pub const REFRESH_PATH: &str = "/api/v1/sessions/refresh";

/// A signed-in person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Auth {
    /// The account's id on this instance.
    pub account: String,
    /// The person's id everywhere.
    pub uid: String,
    /// The session's id.
    pub session: String,
    /// How the session is carried.
    pub kind: Kind,
    /// May administer the instance.
    pub admin: bool,
}

/// A signed-in person, if there is one.
#[derive(Clone, Debug)]
pub struct MaybeAuth(pub Option<Auth>);

/// A signed-in admin of the instance.
#[derive(Clone, Debug)]
pub struct Admin(pub Auth);

/// The session token of a request: `Authorization: Bearer` before the cookie.
fn token(headers: &HeaderMap) -> Option<(Kind, &str)> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok()?.strip_prefix("Bearer ")?;
        return Some((Kind::Bearer, bearer.trim()));
    }
    cookie(headers, COOKIE).map(|value| (Kind::Cookie, value))
}

/// What a cookie of a request holds.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(each, _)| *each == name)
        .map(|(_, value)| value)
}

async fn find(parts: &mut Parts, app: &App) -> Result<Option<Auth>, Problem> {
    if let Some(auth) = parts.extensions.get::<Auth>() {
        return Ok(Some(auth.clone()));
    }
    let Some((kind, token)) = token(&parts.headers) else { return Ok(None) };
    let client = parts.extensions.get::<Client>().copied();
    let found = sessions::authenticate(app, kind, token, client).await?;
    if let Some(auth) = &found {
        app.guard.api.take(auth.account.clone(), app.clock.now_ms())?;
        parts.extensions.insert(auth.clone());
    }
    Ok(found)
}

impl FromRequestParts<App> for Auth {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        find(parts, app).await?.ok_or_else(Problem::not_signed_in)
    }
}

impl OptionalFromRequestParts<App> for Auth {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        find(parts, app).await
    }
}

impl FromRequestParts<App> for MaybeAuth {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        find(parts, app).await.map(Self)
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let auth = find(parts, app).await?.ok_or_else(Problem::not_signed_in)?;
        if auth.admin {
            Ok(Self(auth))
        } else {
            Err(Problem::forbidden().detail("Only admins of the instance may do this."))
        }
    }
}
