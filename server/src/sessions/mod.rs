//! Sessions: who is signed in, on which device, how long.

mod routes;
mod store;
mod tokens;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::App;
use crate::accounts::Account;
use crate::bus::PersonNotice;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::http::auth::{COOKIE, REFRESH_COOKIE, REFRESH_PATH};
use crate::http::{Auth, Client, Json};
use crate::lately::Lately;
use crate::mail::{self, Notice};
use crate::profiles::{self, Me};

pub use routes::router;

use tokens::Pair;

/// How a session is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SessionKind)]
pub enum Kind {
    /// By the browser's cookie, out of reach of scripts.
    Cookie,
    /// By a token in `Authorization: Bearer`, for programs.
    Bearer,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Bearer => "bearer",
        }
    }
}

/// A new session.
#[derive(Serialize, ToSchema)]
pub struct SessionCreated {
    /// Who is signed in now.
    me: Me,
    #[serde(flatten)]
    tokens: Tokens,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// For requests; for programs only, browsers have it in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// For `/sessions/refresh`, once; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// For so many seconds the token counts.
    expires_in_s: i64,
}

/// A session that was written and not handed out yet.
pub struct Opened {
    me: Me,
    kind: Kind,
    pair: Pair,
}

impl Opened {
    /// The answer: the tokens as cookies or in the body.
    pub fn into_response(self, app: &App, status: StatusCode) -> Response {
        let Self { me, kind, pair } = self;
        hand_out(app, kind, pair, status, |tokens| SessionCreated { me, tokens })
    }
}

impl Opened {
    /// Sends the browser, signed in, to a page of this app.
    pub fn into_redirect(self, app: &App, to: &str) -> Response {
        let signed_in = self.into_response(app, StatusCode::CREATED);
        let mut response = Redirect::to(to).into_response();
        for cookie in signed_in.headers().get_all(header::SET_COOKIE) {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        response
    }
}

/// Answers with tokens: as cookies, or in the body.
fn hand_out<T: Serialize>(
    app: &App,
    kind: Kind,
    pair: Pair,
    status: StatusCode,
    body: impl FnOnce(Tokens) -> T,
) -> Response {
    let limits = &app.config.sessions;
    let cookies = (kind == Kind::Cookie).then(|| cookies(&pair.access, &pair.refresh, limits.max_s));
    let (token, refresh_token) = (Some(pair.access), Some(pair.refresh));
    let tokens = match kind {
        Kind::Cookie => Tokens { token: None, refresh_token: None, expires_in_s: limits.access_s },
        Kind::Bearer => Tokens { token, refresh_token, expires_in_s: limits.access_s },
    };
    let mut response = (status, Json(body(tokens))).into_response();
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Lax and not Strict: a link to a message, opened from elsewhere, must find the person signed in. What gets the next tokens goes to
/// that one address alone, and from our own pages. Both stay in the browser for as long as the session may last, also when they
/// do not count any more: an old one says that somebody was signed in.
fn cookies(access: &str, refresh: &str, max_age_s: i64) -> [HeaderValue; 2] {
    [
        format!("{COOKIE}={access}; Path=/; Max-Age={max_age_s}; HttpOnly; Secure; SameSite=Lax"),
        format!(
            "{REFRESH_COOKIE}={refresh}; Path={REFRESH_PATH}; Max-Age={max_age_s}; HttpOnly; Secure; SameSite=Strict"
        ),
    ]
    .map(|text| HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("")))
}

/// Tokens lie in the database as hashes only: whoever reads it cannot sign in with what it finds.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Sessions that were looked up lately, by the hash of their token.
pub type Known = Lately<[u8; 32], store::Found>;

/// What a device is called in the list of sessions: what it calls itself, else what its browser says of itself.
pub fn device(asked: Option<&str>, headers: &HeaderMap) -> String {
    match asked.map(str::trim) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned(),
    }
}

/// How an account comes to a session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// With the account itself.
    Account,
    /// By a sign-in: the person's other devices are told of it.
    SignIn,
}

/// Opens a session for an account, within the caller's transaction.
pub async fn open(
    app: &App,
    tx: &mut Tx,
    account: &Account,
    kind: Kind,
    client: Client,
    device: &str,
    beginning: Beginning,
) -> Result<Opened> {
    let pair = Pair::first(app, kind);
    let now = app.clock.now_ms();
    let limits = &app.config.sessions;
    let device: String = device.chars().filter(|c| !c.is_control()).take(100).collect();
    let ip = client.ip.to_string();
    if beginning == Beginning::SignIn && !store::is_there(tx, &account.id, &device, &ip).await? {
        mail::tell(app, tx, &account.id, Notice::SignIn { device: device.clone(), ip: ip.clone() }).await?;
    }
    store::insert(
        tx,
        &store::New {
            id: &format!("ses_{}", data_encoding::BASE32_NOPAD.encode(&app.rng.bytes::<10>()).to_lowercase()),
            account: &account.id,
            hashes: pair.hashes(),
            access_until: now + limits.access_s * 1000,
            kind,
            device: &device,
            address: &ip,
            now,
            expires_at: now + limits.idle_s.min(limits.max_s) * 1000,
            unknown: beginning == Beginning::SignIn,
        },
    )
    .await?;
    store::keep_newest(tx, &account.id, limits.per_account, now).await?;
    let me = profiles::me(tx, account).await?;
    Ok(Opened { me, kind, pair })
}

/// Finds the session of a token and moves its end on.
///
/// # Errors
/// `token_expired`: there is the session, and its tokens must be renewed.
pub async fn authenticate(app: &App, kind: Kind, token: &str, client: Option<Client>) -> Result<Option<Auth>> {
    let now = app.clock.now_ms();
    let hash = hash(token);
    let found = match app.sessions.get(&hash, now) {
        Ok(found) => found,
        Err(begun) => {
            let mut read = app.db.read().await?;
            let grace = app.config.sessions.reuse_grace_s * 1000;
            let Some(found) = store::by_token(&mut read, &hash, now, grace).await? else { return Ok(None) };
            drop(read);
            app.sessions.put(hash, found.clone(), now, begun);
            found
        }
    };
    if found.auth.kind != kind {
        return Ok(None);
    }
    if now >= found.valid_until {
        return Err(Problem::new("token_expired").detail("Get new tokens with the one for that."));
    }
    if !found.confirmed || now - found.last_seen_at >= app.config.sessions.touch_s * 1000 {
        let address = client.map(|c| c.ip.to_string());
        store::touch(app, &found, address, now).await;
        app.sessions.forget();
    }
    Ok(Some(found.auth))
}

/// Whether a session has not ended, by the database.
///
/// # Errors
/// The database's.
pub async fn is_open(app: &App, auth: &Auth) -> Result<bool> {
    let open = store::list(&mut app.db.read().await?, &auth.account, app.clock.now_ms()).await?;
    Ok(open.iter().any(|session| session.id == auth.session))
}

/// When it was last proven who uses this session, milliseconds: by its sign-in, or since.
///
/// # Errors
/// The database's.
pub async fn proven_at(q: &mut impl Query, auth: &Auth) -> Result<i64> {
    Ok(store::proven_at(q, &auth.session).await?)
}

/// It was proven now who uses a session.
///
/// # Errors
/// The database's.
pub async fn prove(tx: &mut Tx, session: &str, now: i64) -> Result<()> {
    Ok(store::prove(tx, session, now).await?)
}

/// What was proven in the person's other sessions counts no more: they have to prove more from now on.
///
/// # Errors
/// The database's.
pub async fn disprove_others(tx: &mut Tx, auth: &Auth) -> Result<()> {
    Ok(store::disprove_others(tx, &auth.account, &auth.session).await?)
}

/// How many sign-ins there are that nobody has said yet to know of.
///
/// # Errors
/// The database's.
pub async fn unknown(q: &mut impl Query, account: &str) -> Result<i64> {
    Ok(store::unknown(q, account).await?)
}

/// Ends all sessions of the account but this one.
pub async fn end_others(app: &App, auth: &Auth) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let ended = store::delete_others(&mut tx, &auth.account, &auth.session).await?;
    tx.commit().await?;
    announce(app, auth, ended);
    Ok(())
}

/// Ends all sessions of an account but `keep`, within the caller's transaction. Answers with those that ended.
///
/// # Errors
/// The database's.
pub async fn end_but(tx: &mut Tx, account: &str, keep: &str) -> Result<Vec<String>> {
    Ok(store::delete_others(tx, account, keep).await?)
}

/// All sessions of somebody were ended: their sockets close.
pub fn all_ended(app: &App, uid: &str) {
    app.sessions.forget();
    if let Ok(uid) = uid.parse() {
        app.bus.tell_person(&uid, PersonNotice::SessionEnded(None));
    }
}

/// Open sockets of ended sessions close at once.
pub fn announce(app: &App, auth: &Auth, sessions: Vec<String>) {
    announce_ended(app, &auth.uid, sessions);
}

fn announce_ended(app: &App, uid: &str, sessions: Vec<String>) {
    app.sessions.forget();
    if let Ok(uid) = uid.parse() {
        for session in sessions {
            app.bus.tell_person(&uid, PersonNotice::SessionEnded(Some(session)));
        }
    }
    app.bus.tell_me(uid);
}
