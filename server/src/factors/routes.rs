//! `/me/factors`, `/passkeys`, `/sessions/current/proof`.

use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{authenticator, codes, passkey_store, passkeys, store};
use crate::error::{Problem, Result};
use crate::http::{Auth, Client, Json, Path, Routes, routes};
use crate::{App, profiles};

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(factors))
        .routes(routes!(offer, confirm, remove))
        .routes(routes!(renew_codes))
        .routes(routes!(offer_passkey))
        .routes(routes!(add_passkey))
        .routes(routes!(rename_passkey, remove_passkey))
        .routes(routes!(ask_passkey))
        .routes(routes!(prove))
}

/// What a sign-in to this account needs besides the password, or takes in place of it.
#[derive(Serialize, ToSchema)]
pub struct Factors {
    /// An authenticator app is set up.
    authenticator: bool,
    /// Oldest first.
    passkeys: Vec<Passkey>,
    /// Recovery codes that were not used yet.
    recovery_codes: i64,
}

/// A passkey of the person.
#[derive(Serialize, ToSchema)]
pub struct Passkey {
    /// The credential's id, in base64url.
    id: String,
    name: String,
    /// Milliseconds since 1970.
    created_at: i64,
    /// When it signed in or proved who is there, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<i64>,
}

impl From<passkey_store::Passkey> for Passkey {
    fn from(stored: passkey_store::Passkey) -> Self {
        let passkey_store::Passkey { id, name, created_at, used_at, .. } = stored;
        Self { id: BASE64URL_NOPAD.encode(&id), name, created_at, used_at }
    }
}

/// New recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// None where another factor was on already: its codes go on.
    codes: Vec<String>,
}

/// A passkey that a browser made.
#[derive(Deserialize, ToSchema)]
pub struct NewPasskey {
    /// What the person calls it.
    name: String,
    /// What `navigator.credentials.create` gave, as JSON.
    #[schema(value_type = Object)]
    credential: Value,
}

/// A passkey that was added.
#[derive(Serialize, ToSchema)]
pub struct AddedPasskey {
    passkey: Passkey,
    /// Recovery codes, shown this once. None where another factor was on already.
    codes: Vec<String>,
}

/// A new name of a passkey.
#[derive(Deserialize, ToSchema)]
pub struct PasskeyName {
    name: String,
}

/// A code of an authenticator app.
#[derive(Deserialize, ToSchema)]
pub struct Code {
    code: String,
}

/// What proves who is there.
#[derive(Deserialize, ToSchema)]
pub struct Proof {
    /// The password, unless a passkey proves it.
    #[serde(default)]
    password: Option<String>,
    /// With the password, where there is a second factor: a code of the authenticator app, or a recovery code.
    #[serde(default)]
    code: Option<String>,
    /// What `navigator.credentials.get` gave, as JSON.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
}

/// Second factors
#[utoipa::path(get, path = "/me/factors", responses((status = 200, body = Factors)))]
async fn factors(State(app): State<App>, auth: Auth) -> Result<Json<Factors>> {
    let mut read = app.db.read().await?;
    let authenticator = super::has_authenticator(&mut read, &auth.account).await?;
    let passkeys = passkey_store::all(&mut read, &auth.account).await?.into_iter().map(Passkey::from).collect();
    let recovery_codes = store::codes_left(&mut read, &auth.account).await?;
    Ok(Json(Factors { authenticator, passkeys, recovery_codes }))
}

/// Set up an authenticator app
///
/// Answers with its secret. It counts once a code of it was typed in.
#[utoipa::path(post, path = "/me/factors/authenticator", responses(
    (status = 200, body = authenticator::Offer),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`conflict`: there is one already, or no password that it would go with", body = Problem),
))]
async fn offer(State(app): State<App>, client: Client, auth: Auth) -> Result<Json<authenticator::Offer>> {
    client.require_secure()?;
    super::require_proof(&app, &mut app.db.read().await?, &auth).await?;
    let account = super::own_account(&app, &auth).await?;
    if !account.has_password() {
        return Err(Problem::new("conflict").detail("Set a password first: the codes go with it."));
    }
    Ok(Json(authenticator::offer(&app, &account).await?))
}

/// Switch the authenticator app on
///
/// With a code of it. Answers with recovery codes where it is the first second factor.
#[utoipa::path(put, path = "/me/factors/authenticator", request_body = Code, responses(
    (status = 200, body = RecoveryCodes),
    (status = 401, description = "`bad_code`", body = Problem),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`conflict`: it is on already, or was never set up", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn confirm(
    State(app): State<App>,
    client: Client,
    auth: Auth,
    Json(typed): Json<Code>,
) -> Result<Json<RecoveryCodes>> {
    client.require_secure()?;
    let mut tx = app.db.begin().await?;
    super::require_proof(&app, &mut tx, &auth).await?;
    match store::authenticator(&mut tx, &auth.account).await? {
        Some(stored) if !stored.confirmed => {}
        Some(_) => return Err(Problem::new("conflict").detail("It is on already. You can make new recovery codes.")),
        None => return Err(Problem::new("conflict").detail("There is none to switch on. Begin again.")),
    }
    if !super::accept(&app, &mut tx, &auth.account, &typed.code, true).await? {
        let help = "This code is wrong. Wait for the next one, and see whether the clock of the phone is right.";
        return Err(super::wrong_code(help));
    }
    let codes = super::comes(&app, &mut tx, &auth).await?;
    store::confirm(&mut tx, &auth.account, app.clock.now_ms()).await?;
    tx.commit().await?;
    tracing::info!(account = %auth.account, "a second factor is on");
    Ok(Json(RecoveryCodes { codes }))
}

/// Remove the authenticator app
///
/// Where there is no passkey either, the recovery codes go with it: a sign-in needs the password alone then.
#[utoipa::path(delete, path = "/me/factors/authenticator", responses(
    (status = 204),
    (status = 403, description = "`proof_required`", body = Problem),
))]
async fn remove(State(app): State<App>, auth: Auth) -> Result<StatusCode> {
    let mut tx = app.db.begin().await?;
    super::require_proof(&app, &mut tx, &auth).await?;
    store::remove(&mut tx, &auth.account).await?;
    super::left(&app, &mut tx, &auth.account).await?;
    tx.commit().await?;
    tracing::info!(account = %auth.account, "an authenticator app is removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Make new recovery codes
///
/// The old ones stop working.
#[utoipa::path(post, path = "/me/factors/recovery_codes", responses(
    (status = 200, body = RecoveryCodes),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`conflict`: no second factor is on", body = Problem),
))]
async fn renew_codes(State(app): State<App>, client: Client, auth: Auth) -> Result<Json<RecoveryCodes>> {
    client.require_secure()?;
    let mut tx = app.db.begin().await?;
    super::require_proof(&app, &mut tx, &auth).await?;
    if !super::are_on(&mut tx, &auth.account).await? {
        return Err(Problem::new("conflict").detail("Set up an authenticator app or a passkey first."));
    }
    let codes = codes::renew(&app, &mut tx, &auth.account).await?;
    tx.commit().await?;
    Ok(Json(RecoveryCodes { codes }))
}

/// Make a passkey: the options
///
/// For `navigator.credentials.create`, as JSON. They hold for five minutes.
#[utoipa::path(post, path = "/me/factors/passkeys/options", responses(
    (status = 200, body = Object),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 404, description = "`not_found`: the address of this instance has no name", body = Problem),
    (status = 409, description = "`conflict`: there are as many as there may be", body = Problem),
))]
async fn offer_passkey(State(app): State<App>, client: Client, auth: Auth) -> Result<Json<Value>> {
    client.require_secure()?;
    super::require_proof(&app, &mut app.db.read().await?, &auth).await?;
    let account = super::own_account(&app, &auth).await?;
    let name = profiles::user(&mut app.db.read().await?, &auth.uid).await?.display_name;
    Ok(Json(passkeys::offer(&app, &account, &name).await?))
}

/// Add a passkey
///
/// It signs in by itself, and the password alone does not any more. Answers with recovery codes where it is the first second
/// factor.
#[utoipa::path(post, path = "/me/factors/passkeys", request_body = NewPasskey, responses(
    (status = 201, body = AddedPasskey),
    (status = 401, description = "`bad_passkey`", body = Problem),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`conflict`: it is known already, or there are too many", body = Problem),
    (status = 422, description = "`invalid`", body = Problem),
))]
async fn add_passkey(
    State(app): State<App>,
    client: Client,
    auth: Auth,
    Json(new): Json<NewPasskey>,
) -> Result<(StatusCode, Json<AddedPasskey>)> {
    client.require_secure()?;
    let name = passkeys::name(&new.name)?;
    let mut tx = app.db.begin().await?;
    super::require_proof(&app, &mut tx, &auth).await?;
    let codes = super::comes(&app, &mut tx, &auth).await?;
    let passkey = passkeys::add(&app, &mut tx, &auth.account, name, &new.credential).await?;
    tx.commit().await?;
    tracing::info!(account = %auth.account, "a passkey is added");
    Ok((StatusCode::CREATED, Json(AddedPasskey { passkey: passkey.into(), codes })))
}

fn passkey_id(id: &str) -> Result<Vec<u8>> {
    BASE64URL_NOPAD.decode(id.as_bytes()).map_err(|_| no_passkey())
}

fn no_passkey() -> Problem {
    Problem::not_found().detail("That passkey is removed already.")
}

/// Rename a passkey
#[utoipa::path(patch, path = "/me/factors/passkeys/{id}", params(("id" = String, Path, description = "The passkey's id")),
    request_body = PasskeyName, responses(
    (status = 204),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid`", body = Problem),
))]
async fn rename_passkey(
    State(app): State<App>,
    auth: Auth,
    Path(id): Path<String>,
    Json(new): Json<PasskeyName>,
) -> Result<StatusCode> {
    let (id, name) = (passkey_id(&id)?, passkeys::name(&new.name)?);
    let mut tx = app.db.begin().await?;
    if !passkey_store::rename(&mut tx, &auth.account, &id, &name).await? {
        return Err(no_passkey());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a passkey
///
/// Where it is the last one and there is no authenticator app, the recovery codes go with it: a sign-in needs the password
/// alone then.
#[utoipa::path(delete, path = "/me/factors/passkeys/{id}", params(("id" = String, Path, description = "The passkey's id")), responses(
    (status = 204),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 404, body = Problem),
))]
async fn remove_passkey(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> Result<StatusCode> {
    let id = passkey_id(&id)?;
    let mut tx = app.db.begin().await?;
    super::require_proof(&app, &mut tx, &auth).await?;
    if !passkey_store::remove(&mut tx, &auth.account, &id).await? {
        return Err(no_passkey());
    }
    super::left(&app, &mut tx, &auth.account).await?;
    tx.commit().await?;
    tracing::info!(account = %auth.account, "a passkey is removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Use a passkey: the options
///
/// For `navigator.credentials.get`, as JSON; its answer goes to `/sessions/passkey` or `/sessions/current/proof`. They hold
/// for five minutes, and a right answer uses them up.
#[utoipa::path(post, path = "/passkeys/options", security(()), responses(
    (status = 200, body = Object),
    (status = 403, description = "`insecure_transport`, `csrf`", body = Problem),
    (status = 404, description = "`not_found`: the address of this instance has no name", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn ask_passkey(State(app): State<App>, client: Client) -> Result<Json<Value>> {
    client.require_secure()?;
    app.guard.passkeys.take(client.limit_key(), app.clock.now_ms())?;
    Ok(Json(passkeys::ask(&app).await?))
}

/// Prove who is there
///
/// Dangerous acts answer `proof_required` when that was too long ago.
#[utoipa::path(post, path = "/sessions/current/proof", request_body = Proof, responses(
    (status = 204),
    (status = 401, description = "`bad_credentials`, `bad_code`, `bad_passkey`", body = Problem),
    (status = 422, description = "`invalid`: neither a password nor a passkey", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn prove(State(app): State<App>, client: Client, auth: Auth, Json(proof): Json<Proof>) -> Result<StatusCode> {
    client.require_secure()?;
    match proof {
        Proof { passkey: Some(answer), .. } => super::prove_by_passkey(&app, &auth, &answer).await?,
        Proof { password: Some(password), code, .. } => {
            super::prove(&app, &auth, &password, code.as_deref()).await?;
        }
        _ => return Err(Problem::invalid("password", "required", "Type your password, or use a passkey.")),
    }
    Ok(StatusCode::NO_CONTENT)
}
