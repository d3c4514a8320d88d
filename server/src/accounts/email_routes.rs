//! `/me/email`, `/emails`, `/accounts/emails`, `/accounts/recovery-mails`.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::work::Work;
use super::{email, work};
use crate::App;
use crate::config::{Email, Registration};
use crate::error::{Problem, Result};
use crate::http::{Auth, Client, Json, Routes, routes};
use crate::mail::{self, Letter};

/// Routes of addresses, below `/api/v1`.
pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(put, remove))
        .routes(routes!(withdraw))
        .routes(routes!(confirm))
        .routes(routes!(ask_to_register))
        .routes(routes!(look))
        .routes(routes!(ask_to_recover))
}

/// An address for one's account.
#[derive(Deserialize, ToSchema)]
pub struct PutEmail {
    email: String,
}

fn require_mail(app: &App) -> Result<()> {
    match email::mode(app) {
        Email::Off => Err(Problem::forbidden().detail("This instance sends no mail.")),
        _ => Ok(()),
    }
}

/// Give the account an e-mail address
///
/// A letter goes there; the address counts once its link was opened. The same one again sends the letter again.
#[utoipa::path(put, path = "/me/email", request_body = PutEmail, responses(
    (status = 202),
    (status = 403, description = "`proof_required`; `forbidden`: there is no mail here", body = Problem),
    (status = 422, description = "`invalid`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn put(State(app): State<App>, client: Client, auth: Auth, Json(asked): Json<PutEmail>) -> Result<StatusCode> {
    client.require_secure()?;
    require_mail(&app)?;
    let address = email::check(&asked.email)?;
    app.guard.by_writer.look(&auth.account, app.clock.now_ms())?;
    email::ask(&app, &auth, &address).await?;
    app.guard.by_writer.take(auth.account.clone(), app.clock.now_ms())?;
    Ok(StatusCode::ACCEPTED)
}

/// Remove the account's e-mail address
#[utoipa::path(delete, path = "/me/email", responses(
    (status = 204),
    (status = 403, description = "`proof_required`; `email_required`: accounts have one here", body = Problem),
))]
async fn remove(State(app): State<App>, auth: Auth) -> Result<StatusCode> {
    if email::mode(&app) == Email::Required {
        return Err(Problem::new("email_required").detail("Accounts have an address here. You can change yours."));
    }
    email::remove(&app, &auth).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Withdraw an e-mail address that is not confirmed
#[utoipa::path(delete, path = "/me/email/pending", responses((status = 204)))]
async fn withdraw(State(app): State<App>, auth: Auth) -> Result<StatusCode> {
    email::withdraw(&app, &auth).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a link holds.
#[derive(Deserialize, ToSchema)]
pub struct EmailToken {
    /// What stands behind the `#` of the link.
    token: String,
}

/// An account whose address is confirmed.
#[derive(Serialize, ToSchema)]
pub struct EmailConfirmed {
    /// The account's name.
    handle: String,
}

/// Confirm an e-mail address
///
/// With the link of the letter; nobody needs to be signed in.
#[utoipa::path(post, path = "/emails/confirm", security(()), request_body = EmailToken, responses(
    (status = 200, body = EmailConfirmed),
    (status = 409, description = "`email_taken`", body = Problem),
    (status = 410, description = "`gone`: the link was used, or is older than a day", body = Problem),
))]
async fn confirm(State(app): State<App>, Json(asked): Json<EmailToken>) -> Result<Json<EmailConfirmed>> {
    let account = email::confirm(&app, &asked.token).await?;
    Ok(Json(EmailConfirmed { handle: account.handle }))
}

/// Somebody who wants an account.
#[derive(Deserialize, ToSchema)]
pub struct RegisterEmail {
    email: String,
    /// From `/accounts/challenge`.
    #[serde(default)]
    work: Option<Work>,
}

/// Create an account: the e-mail address
///
/// Where one is required. A letter goes there; its link leads on.
#[utoipa::path(post, path = "/accounts/emails", security(()), request_body = RegisterEmail, responses(
    (status = 202),
    (status = 403, description = "`registration_closed`, `work_required`; `forbidden`: none is asked for", body = Problem),
    (status = 422, description = "`invalid`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn ask_to_register(
    State(app): State<App>,
    client: Client,
    Json(asked): Json<RegisterEmail>,
) -> Result<StatusCode> {
    client.require_secure()?;
    if app.config.accounts.registration == Registration::Closed {
        return Err(Problem::new("registration_closed").detail("Ask the admin of this instance for an account."));
    }
    if email::mode(&app) != Email::Required {
        return Err(Problem::forbidden().detail("No address has to be confirmed first here."));
    }
    let address = email::check(&asked.email)?;
    let done = work::check(&app, asked.work.as_ref())?;
    app.guard.mail_askers.take(client.limit_key(), app.clock.now_ms())?;
    let mut tx = app.db.begin().await?;
    work::spend(&app, &mut tx, done).await?;
    email::claim(&app, &mut tx, None, &address).await?;
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

/// A confirmed address.
#[derive(Serialize, ToSchema)]
pub struct RegisterEmailFound {
    email: String,
}

/// Create an account: the address of a link
#[utoipa::path(post, path = "/accounts/emails/look", security(()), request_body = EmailToken, responses(
    (status = 200, body = RegisterEmailFound),
    (status = 409, description = "`email_taken`", body = Problem),
    (status = 410, description = "`gone`: the link was used, or is older than a day", body = Problem),
))]
async fn look(State(app): State<App>, Json(asked): Json<EmailToken>) -> Result<Json<RegisterEmailFound>> {
    let now = app.clock.now_ms();
    let email = email::to_register(&mut app.db.read().await?, &asked.token, now).await?;
    Ok(Json(RegisterEmailFound { email }))
}

/// Somebody who lost their password.
#[derive(Deserialize, ToSchema)]
pub struct RecoverBy {
    /// The name or the e-mail address of the account.
    who: String,
}

/// Ask for a recovery link by mail
///
/// Whether there is such an account is not told, also not by how long the answer takes.
#[utoipa::path(post, path = "/accounts/recovery-mails", security(()), request_body = RecoverBy, responses(
    (status = 202),
    (status = 403, description = "`insecure_transport`, `csrf`; `forbidden`: there is no mail here", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn ask_to_recover(State(app): State<App>, client: Client, Json(asked): Json<RecoverBy>) -> Result<StatusCode> {
    client.require_secure()?;
    if !app.config.mail.is_on() {
        return Err(Problem::forbidden().detail("This instance sends no mail. Ask its admin for a recovery link."));
    }
    let who: String = asked.who.trim().chars().take(320).collect();
    if who.is_empty() {
        return Err(Problem::invalid("who", "empty", "Type your name here, or your e-mail address."));
    }
    app.guard.mail_askers.take(client.limit_key(), app.clock.now_ms())?;
    let mut tx = app.db.begin().await?;
    mail::post(&app, &mut tx, &Letter::Recovery { who }).await?;
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}
