//! `/instance`, `/setup`, `/accounts`, `/me/password`.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::applications::{self, Applied};
use super::email::{self, NewEmail};
use super::work::{self, Challenge, Work};
use super::{NewAccount, application_routes, code_hash, email_routes, recovery, rename, setup, store};
use crate::App;
use crate::config::{Email, Registration};
use crate::db;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Auth, Client, Json, MaybeAuth, Routes, routes};
use crate::sessions::{self, Beginning, Kind, SessionCreated};

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(instance))
        .routes(routes!(set_up))
        .routes(routes!(register))
        .routes(routes!(change_password))
        .routes(routes!(recover))
        .routes(routes!(challenge))
        .merge(application_routes::router())
        .merge(email_routes::router())
        .merge(rename::router())
}

/// A domain that this instance has left.
#[derive(Serialize, ToSchema)]
pub struct FormerDomain {
    /// The domain.
    domain: String,
    /// Until when it leads here, milliseconds since 1970.
    until: i64,
}

/// What everybody may know about this instance.
#[derive(Serialize, ToSchema)]
pub struct Instance {
    /// The domain in everybody's address.
    domain: String,
    /// The domain that it had until lately, while that one still leads here.
    #[schema(required)]
    former_domain: Option<FormerDomain>,
    /// The name that people see.
    name: String,
    /// The version of the program.
    version: String,
    /// Who may create an account: `open`, `invite`, `approval` or `closed`.
    #[schema(value_type = InstanceRegistration)]
    registration: &'static str,
    /// Whether accounts have an e-mail address: `off`, `optional` or `required`.
    #[schema(value_type = InstanceEmail)]
    email: &'static str,
    /// Whether somebody who lost their password gets a link by mail.
    mail: bool,
    /// There is no admin yet: the set-up page comes first.
    setup_required: bool,
    /// Whether the asker is signed in.
    signed_in: bool,
    /// Plain http from another machine: signing in is refused.
    insecure: bool,
    /// Passkeys work here: the address has a name.
    passkeys: bool,
    /// Other services to sign in with.
    services: Vec<SignInService>,
    limits: InstanceLimits,
}

/// Another service to sign in with.
#[derive(Serialize, ToSchema)]
pub struct SignInService {
    /// For `/oidc/{provider}/sign-in`.
    id: String,
    /// The name that people see.
    name: String,
}

/// Who may create an account.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word in the document")]
enum InstanceRegistration {
    Open,
    Invite,
    Approval,
    Closed,
}

/// Whether accounts have an e-mail address.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word in the document")]
enum InstanceEmail {
    Off,
    Optional,
    Required,
}

/// Limits that a client can show before they are hit.
#[derive(Serialize, ToSchema)]
pub struct InstanceLimits {
    /// Seconds for which the token of a session is good.
    access_s: i64,
    /// Longest message, in characters.
    message_chars: usize,
    /// Largest file, in bytes.
    upload_bytes: u64,
    /// Files per message.
    attachments: usize,
    /// Shortest password, in characters.
    password_min: usize,
}

/// The instance
///
/// What a client needs before anybody is signed in.
#[utoipa::path(get, path = "/instance", security(()), responses((status = 200, body = Instance)))]
async fn instance(State(app): State<App>, client: Client, MaybeAuth(auth): MaybeAuth) -> Result<Json<Instance>> {
    let mut read = app.db.read().await?;
    let config = &app.config;
    Ok(Json(Instance {
        domain: config.instance.domain.clone(),
        former_domain: app
            .peers
            .domains
            .last_own(app.clock.now_ms())
            .map(|(domain, until)| FormerDomain { domain, until }),
        name: super::instance_name(&app, &mut read).await?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        registration: config.accounts.registration.as_str(),
        email: email::mode(&app).as_str(),
        mail: config.mail.is_on(),
        setup_required: !store::has_admin(&mut read).await?,
        signed_in: auth.is_some(),
        insecure: !client.secure,
        passkeys: factors::passkeys_possible(&app),
        services: config
            .oidc
            .providers
            .iter()
            .map(|provider| SignInService { id: provider.id.clone(), name: provider.name.clone() })
            .collect(),
        limits: InstanceLimits {
            access_s: config.sessions.access_s,
            // A character has up to four bytes, and the limit of the protocol counts bytes.
            message_chars: config.limits.message_bytes / 4,
            upload_bytes: config.storage.media_max_bytes,
            attachments: config.storage.attachments,
            password_min: config.accounts.password_min,
        },
    }))
}

/// The first run.
#[derive(Deserialize, ToSchema)]
pub struct SetUp {
    /// From the set-up address.
    token: String,
    handle: String,
    password: String,
    #[serde(default)]
    display_name: Option<String>,
    /// The name of the instance that people see.
    #[serde(default)]
    instance_name: Option<String>,
    /// The name of the device, for the list of sessions.
    #[serde(default)]
    device: Option<String>,
}

/// Set the instance up
///
/// Makes the admin and signs them in. Works once, with the token of the set-up address.
#[utoipa::path(post, path = "/setup", security(()), request_body = SetUp, responses(
    (status = 201, body = SessionCreated),
    (status = 403, description = "`setup_token_invalid`, `insecure_transport`", body = Problem),
    (status = 409, description = "`setup_done`, `handle_taken`", body = Problem),
    (status = 422, description = "`invalid`, `weak_password`", body = Problem),
))]
async fn set_up(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(new): Json<SetUp>,
) -> Result<Response> {
    client.require_secure()?;
    app.guard.register.take(client.limit_key(), app.clock.now_ms())?;
    let mut read = app.db.read().await?;
    setup::check(&mut read, &new.token).await?;
    drop(read);
    let name = new.instance_name.as_deref().map(str::trim).filter(|n| !n.is_empty());
    if name.is_some_and(|n| n.chars().count() > 64 || n.chars().any(char::is_control)) {
        return Err(Problem::invalid("instance_name", "too_long", "A name has at most 64 characters."));
    }
    let prepared = super::prepare(
        &app,
        NewAccount {
            handle: &new.handle,
            password: &new.password,
            display_name: new.display_name.as_deref(),
            admin: true,
        },
    )
    .await?;
    let mut tx = app.db.begin().await?;
    // Again, under the lock: of two who come with the token at once, one becomes admin.
    setup::check(&mut tx, &new.token).await?;
    let account = super::insert(&app, &mut tx, prepared).await?;
    setup::used(&mut tx).await?;
    if let Some(name) = name {
        db::set_fact(&mut tx, "name", name).await?;
    }
    let device = sessions::device(new.device.as_deref(), &headers);
    let created = sessions::open(&app, &mut tx, &account, Kind::Cookie, client, &device, Beginning::Account).await?;
    tx.commit().await?;
    setup::clean_up(&app);
    tracing::info!(account = %account.id, "the instance is set up");
    Ok(created.into_response(&app, StatusCode::CREATED))
}

/// A new account.
#[derive(Deserialize, ToSchema)]
pub struct Register {
    handle: String,
    password: String,
    #[serde(default)]
    display_name: Option<String>,
    /// How the session is carried; `cookie` when absent.
    #[serde(default)]
    kind: Option<Kind>,
    /// The name of the device, for the list of sessions.
    #[serde(default)]
    device: Option<String>,
    /// The code of an invitation to this instance, where registration is by invitation; where an admin decides, it spares that.
    #[serde(default)]
    invite: Option<String>,
    /// What the person says of themselves, where an admin decides.
    #[serde(default)]
    reason: Option<String>,
    /// An e-mail address, where one is optional; a letter goes there.
    #[serde(default)]
    email: Option<String>,
    /// Where an address is required: from the link that came by mail.
    #[serde(default)]
    email_token: Option<String>,
    /// From `/accounts/challenge`. An invitation or a link that came by mail spares it.
    #[serde(default)]
    work: Option<Work>,
}

/// Create an account
///
/// Signs the new person in. Where an admin decides it is taken down, and they sign in once they are let in.
#[utoipa::path(post, path = "/accounts", security(()), request_body = Register, responses(
    (status = 201, body = SessionCreated),
    (status = 202, description = "An admin decides", body = Applied),
    (status = 403, description = "`registration_closed`, `invite_required`, `email_required`, `work_required`, `insecure_transport`, `csrf`", body = Problem),
    (status = 409, description = "`handle_taken`, `email_taken`", body = Problem),
    (status = 422, description = "`invalid`, `weak_password`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn register(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Json(new): Json<Register>,
) -> Result<Response> {
    client.require_secure()?;
    let registration = app.config.accounts.registration;
    if registration == Registration::Closed {
        return Err(Problem::new("registration_closed").detail("Ask the admin of this instance for an account."));
    }
    let invited = match new.invite.as_deref().map(str::trim) {
        Some(code) if !code.is_empty() && registration != Registration::Open => Some(code_hash(code)),
        _ => None,
    };
    if registration == Registration::Invite && invited.is_none() {
        return Err(Problem::new("invite_required").detail("Open the invitation's link, or ask the admin for one."));
    }
    let reason = applications::check_reason(new.reason.as_deref())?;
    let now = app.clock.now_ms();
    let email = new_email(&app, &new).await?;
    let spared = invited.is_some() || email.as_ref().is_some_and(|email| email.confirmed);
    let done = if spared { None } else { work::check(&app, new.work.as_ref())? };
    app.guard.register.look(&client.limit_key(), now)?;
    let mut prepared = super::prepare(
        &app,
        NewAccount {
            handle: &new.handle,
            password: &new.password,
            display_name: new.display_name.as_deref(),
            admin: false,
        },
    )
    .await?;
    prepared.email = email;
    // Charged for accounts, not for typing errors.
    app.guard.register.take(client.limit_key(), now)?;
    if registration == Registration::Approval && invited.is_none() {
        let applied = applications::apply(&app, &prepared, &reason, done).await?;
        return Ok((StatusCode::ACCEPTED, Json(applied)).into_response());
    }
    let mut tx = app.db.begin().await?;
    work::spend(&app, &mut tx, done).await?;
    if let Some(code) = invited
        && !store::use_registration_invite(&mut tx, &code, now).await?
    {
        return Err(Problem::new("invite_unknown").detail("The invitation is not valid, was used up or has expired."));
    }
    let account = super::insert(&app, &mut tx, prepared).await?;
    let (kind, device) = (new.kind.unwrap_or(Kind::Cookie), sessions::device(new.device.as_deref(), &headers));
    let created = sessions::open(&app, &mut tx, &account, kind, client, &device, Beginning::Account).await?;
    tx.commit().await?;
    tracing::info!(account = %account.id, "account created");
    Ok(created.into_response(&app, StatusCode::CREATED))
}

/// The address that somebody registers with.
async fn new_email(app: &App, new: &Register) -> Result<Option<NewEmail>> {
    match (email::mode(app), new.email_token.as_deref(), new.email.as_deref().map(str::trim)) {
        (Email::Off, ..) | (Email::Optional, None, None | Some("")) => Ok(None),
        (_, Some(token), _) => {
            let address = email::to_register(&mut app.db.read().await?, token, app.clock.now_ms()).await?;
            Ok(Some(NewEmail { address, confirmed: true }))
        }
        (Email::Optional, None, Some(typed)) => Ok(Some(NewEmail { address: email::check(typed)?, confirmed: false })),
        (Email::Required, None, _) => {
            Err(Problem::new("email_required")
                .detail("Confirm your e-mail address first; a letter brings you back here."))
        }
    }
}

/// Create an account: the question
///
/// A stranger's device answers it before it gets an account: some text that, behind the question and a full stop, has a hash
/// that begins with so many zero bits. It can be answered for half an hour, and once.
#[utoipa::path(get, path = "/accounts/challenge", security(()), responses((status = 200, body = Challenge)))]
async fn challenge(State(app): State<App>) -> Result<Json<Challenge>> {
    Ok(Json(work::ask(&app).await?))
}

/// A change of password.
#[derive(Deserialize, ToSchema)]
pub struct ChangePassword {
    /// Empty where there is none yet; then it is proven otherwise who is there.
    #[serde(default)]
    current: String,
    new: String,
}

/// Change the password
///
/// All other sessions end.
#[utoipa::path(post, path = "/me/password", request_body = ChangePassword, responses(
    (status = 204),
    (status = 401, description = "`bad_credentials`: the current password is wrong", body = Problem),
    (status = 403, description = "`proof_required`, where a second factor is on", body = Problem),
    (status = 422, description = "`weak_password`", body = Problem),
))]
async fn change_password(
    State(app): State<App>,
    client: Client,
    auth: Auth,
    Json(change): Json<ChangePassword>,
) -> Result<StatusCode> {
    client.require_secure()?;
    let mut read = app.db.read().await?;
    let account = super::by_id(&mut read, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    if !account.has_password() || factors::are_on(&mut read, &auth.account).await? {
        factors::require_proof(&app, &mut read, &auth).await?;
    }
    drop(read);
    let account =
        if account.has_password() { super::prove(&app, &auth, "current", &change.current).await? } else { account };
    let ended = super::set_password(&app, &account, "new", &change.new, &auth.session).await?;
    sessions::announce(&app, &auth, ended);
    Ok(StatusCode::NO_CONTENT)
}

/// A recovery link that is used.
#[derive(Deserialize, ToSchema)]
pub struct Recover {
    /// What stands behind the `#` of the link.
    token: String,
    /// The new password.
    password: String,
}

/// Recover an account
///
/// With the link that the operator made. All sessions end; a second factor is still asked for at the next sign-in.
#[utoipa::path(post, path = "/accounts/recovery", security(()), request_body = Recover, responses(
    (status = 204),
    (status = 403, description = "`insecure_transport`, `csrf`", body = Problem),
    (status = 410, description = "`gone`: the link was used, or is older than an hour", body = Problem),
    (status = 422, description = "`weak_password`", body = Problem),
))]
async fn recover(State(app): State<App>, client: Client, Json(asked): Json<Recover>) -> Result<StatusCode> {
    client.require_secure()?;
    recovery::recover(&app, &asked.token, &asked.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
