//! `/me/factors`, `/sessions/current/proof`.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{authenticator, codes, store};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Client, Json};
use crate::sessions;

/// Routes of this room, below `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(factors))
        .routes(routes!(offer, confirm, remove))
        .routes(routes!(renew_codes))
        .routes(routes!(prove))
}

/// What a sign-in to this account needs besides the password.
#[derive(Serialize, ToSchema)]
pub struct Factors {
    /// An authenticator app is set up.
    authenticator: bool,
    /// Recovery codes that were not used yet.
    recovery_codes: i64,
}

/// New recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    codes: Vec<String>,
}

/// A code of an authenticator app.
#[derive(Deserialize, ToSchema)]
pub struct Code {
    code: String,
}

/// What proves who is there.
#[derive(Deserialize, ToSchema)]
pub struct Proof {
    password: String,
    /// Where codes are on: one of the authenticator app, or a recovery code.
    #[serde(default)]
    code: Option<String>,
}

/// Second factors
#[utoipa::path(get, path = "/me/factors", responses((status = 200, body = Factors)))]
async fn factors(State(app): State<App>, auth: Auth) -> Result<Json<Factors>> {
    let mut read = app.db.read().await?;
    let authenticator = super::are_on(&mut read, &auth.account).await?;
    Ok(Json(Factors { authenticator, recovery_codes: store::codes_left(&mut read, &auth.account).await? }))
}

/// Set up an authenticator app
///
/// Answers with its secret. It counts once a code of it was typed in.
#[utoipa::path(post, path = "/me/factors/authenticator", responses(
    (status = 200, body = authenticator::Offer),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`conflict`: there is one already", body = Problem),
))]
async fn offer(State(app): State<App>, client: Client, auth: Auth) -> Result<Json<authenticator::Offer>> {
    client.require_secure()?;
    super::require_proof(&app, &auth).await?;
    let account = super::own_account(&app, &auth).await?;
    Ok(Json(authenticator::offer(&app, &account).await?))
}

/// Switch the authenticator app on
///
/// With a code of it. Answers with recovery codes.
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
    super::require_proof(&app, &auth).await?;
    let mut tx = app.db.begin().await?;
    match store::authenticator(&mut tx, &auth.account).await? {
        Some(stored) if !stored.confirmed => {}
        Some(_) => return Err(Problem::new("conflict").detail("It is on already. You can make new recovery codes.")),
        None => return Err(Problem::new("conflict").detail("There is none to switch on. Begin again.")),
    }
    if !super::accept(&app, &mut tx, &auth.account, &typed.code, true).await? {
        let help = "This code is wrong. Wait for the next one, and see whether the clock of the phone is right.";
        return Err(super::wrong_code(help));
    }
    store::confirm(&mut tx, &auth.account, app.clock.now_ms()).await?;
    // A password alone proved who is there until now.
    sessions::disprove_others(&mut tx, &auth).await?;
    let codes = codes::renew(&app, &mut tx, &auth.account).await?;
    tx.commit().await?;
    tracing::info!(account = %auth.account, "a second factor is on");
    Ok(Json(RecoveryCodes { codes }))
}

/// Remove the authenticator app
///
/// And the recovery codes: a sign-in needs the password alone then.
#[utoipa::path(delete, path = "/me/factors/authenticator", responses(
    (status = 204),
    (status = 403, description = "`proof_required`", body = Problem),
))]
async fn remove(State(app): State<App>, auth: Auth) -> Result<StatusCode> {
    super::require_proof(&app, &auth).await?;
    let mut tx = app.db.begin().await?;
    super::switch_off(&mut tx, &auth.account).await?;
    tx.commit().await?;
    tracing::info!(account = %auth.account, "the second factor is off");
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
    super::require_proof(&app, &auth).await?;
    let mut tx = app.db.begin().await?;
    if !super::are_on(&mut tx, &auth.account).await? {
        return Err(Problem::new("conflict").detail("Set up an authenticator app first."));
    }
    let codes = codes::renew(&app, &mut tx, &auth.account).await?;
    tx.commit().await?;
    Ok(Json(RecoveryCodes { codes }))
}

/// Prove who is there
///
/// Dangerous acts answer `proof_required` when that was too long ago.
#[utoipa::path(post, path = "/sessions/current/proof", request_body = Proof, responses(
    (status = 204),
    (status = 401, description = "`bad_credentials`, `bad_code`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn prove(State(app): State<App>, client: Client, auth: Auth, Json(proof): Json<Proof>) -> Result<StatusCode> {
    client.require_secure()?;
    super::prove(&app, &auth, &proof.password, proof.code.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
