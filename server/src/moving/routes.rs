//! `/me/move` and `/me/arrival`.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::domain::Domain;
use conntext_federation::moving::Unsent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::recover::{self, Who};
use super::store::{self, Coming, Community, MoveIn, Told};
use super::{arrive, communities, leave};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Routes, routes};
use crate::peers;
use crate::servers::parse_domain;

/// The most instances that somebody names.
const MAX_NAMED: usize = 50;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(depart, stay))
        .routes(routes!(look, arrive_with))
        .routes(routes!(find))
        .routes(routes!(open_vault))
        .routes(routes!(recover_with))
        .routes(routes!(ask))
}

// ---- going

/// Where the account is to go.
#[derive(Deserialize, ToSchema)]
pub struct Depart {
    /// The domain of an instance.
    domain: String,
}

/// What the new home is shown.
#[derive(Serialize, ToSchema)]
pub struct MoveTicket {
    /// For that instance alone, once.
    ticket: String,
    /// Until when, milliseconds since 1970.
    expires_at: i64,
    /// The domain of the new home.
    domain: String,
    /// The page there that takes the ticket.
    link: String,
}

/// Go to another instance
///
/// Answers with a ticket. Whoever shows it there, signed in to a new account, brings this account into that one: communities,
/// roles and messages stay theirs, and nothing is left here but where they went. Until then everything stays as it is.
#[utoipa::path(post, path = "/me/move", request_body = Depart, responses(
    (status = 201, body = MoveTicket),
    (status = 403, description = "`proof_required`, `blocked`, `not_allowed`, `in_review`", body = Problem),
    (status = 409, description = "`last_admin`; `conflict`: the account is about to be deleted, or its profile is on its way", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable`, `peer_error`", body = Problem),
))]
async fn depart(
    State(app): State<App>,
    auth: Auth,
    Json(asked): Json<Depart>,
) -> Result<(StatusCode, Json<MoveTicket>)> {
    let domain = elsewhere(&app, &asked.domain)?;
    let peer = peers::find(&app, &domain).await.map_err(|e| e.problem(&domain))?;
    let (ticket, expires_at) = leave::offer(&app, &auth, &peer).await?;
    let scheme = if app.config.federation.dev_insecure { "http" } else { "https" };
    // Behind the `#` it is sent to nobody, and stands in no log.
    let link = format!("{scheme}://{domain}/move#{}&{ticket}", app.domain);
    Ok((StatusCode::CREATED, Json(MoveTicket { ticket, expires_at, domain: domain.to_string(), link })))
}

fn elsewhere(app: &App, typed: &str) -> Result<Domain> {
    let domain = parse_domain(app, typed)?;
    if domain == app.domain {
        return Err(Problem::invalid("domain", "own_domain", "That is this instance."));
    }
    Ok(domain)
}

/// Stay after all
///
/// The ticket counts no more.
#[utoipa::path(delete, path = "/me/move", responses((status = 204)))]
async fn stay(State(app): State<App>, auth: Auth) -> Result<StatusCode> {
    leave::take_back(&app, &auth.uid).await?;
    Ok(StatusCode::NO_CONTENT)
}

// ---- coming

/// How far it is with an account that is brought here.
#[derive(Serialize, ToSchema)]
pub struct Arrival {
    /// `arriving`, `here`, `found` or `refused`.
    #[schema(value_type = ArrivalState)]
    state: &'static str,
    /// The domain of the home before.
    domain: String,
    /// The code of what went wrong last; none where nothing did.
    #[schema(required)]
    problem: Option<String>,
    /// Since when, milliseconds since 1970.
    since: i64,
    /// The communities, by name.
    communities: Vec<ArrivalCommunity>,
    /// What was sent there and had not reached its community.
    unsent: Vec<String>,
    /// Instances that were asked for communities and have not answered.
    waiting_for: Vec<String>,
    /// It came by its person's own key: communities may be missing.
    by_own_key: bool,
}

/// How far it is with an account that is brought here.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word in the document")]
enum ArrivalState {
    Arriving,
    Here,
    Found,
    Refused,
}

/// A community of somebody who was brought here.
#[derive(Serialize, ToSchema)]
pub struct ArrivalCommunity {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Where it is at home.
    domain: String,
    /// False where they left it before.
    member: bool,
    /// `waiting`, `done` or `lost`.
    #[schema(value_type = ArrivalTold)]
    state: &'static str,
    /// The code of what went wrong last; none where nothing did.
    #[schema(required)]
    problem: Option<String>,
}

/// Whether a community knows.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word in the document")]
enum ArrivalTold {
    Waiting,
    Done,
    Lost,
}

impl From<Community> for ArrivalCommunity {
    fn from(c: Community) -> Self {
        let problem = Some(c.problem).filter(|code| !code.is_empty() && c.state != Told::Done);
        let state = c.state.as_str();
        Self { id: c.sid.to_string(), name: c.name, domain: c.domain, member: c.member, state, problem }
    }
}

async fn arrival_of(app: &App, account: &str) -> Result<Json<Arrival>> {
    let mut read = app.db.read().await?;
    let none = || Problem::not_found().detail("No account is being brought here.");
    let coming: MoveIn = store::in_of_account(&mut read, account).await?.ok_or_else(none)?;
    let here = coming.state == Coming::Here;
    let communities = communities::of(&mut read, &coming.uid).await?.into_iter().map(ArrivalCommunity::from).collect();
    let asked = store::asked_of(&mut read, &coming.uid).await?;
    let unsent: Vec<Unsent> = serde_json::from_str(&coming.unsent).unwrap_or_default();
    Ok(Json(Arrival {
        state: coming.state.as_str(),
        problem: Some(coming.problem).filter(|code| !code.is_empty() && !here),
        since: coming.started_at,
        communities,
        unsent: unsent.into_iter().map(|unsent| unsent.body).collect(),
        by_own_key: !asked.is_empty(),
        waiting_for: asked.into_iter().filter(|asked| !asked.done).map(|asked| asked.domain).collect(),
        domain: coming.domain,
    }))
}

/// An account that is brought here
///
/// How far it is, and which communities know.
#[utoipa::path(get, path = "/me/arrival", responses(
    (status = 200, body = Arrival),
    (status = 404, description = "`not_found`: none is", body = Problem),
))]
async fn look(State(app): State<App>, auth: Auth) -> Result<Json<Arrival>> {
    arrival_of(&app, &auth.account).await
}

/// A ticket from another instance.
#[derive(Deserialize, ToSchema)]
pub struct ArriveWith {
    /// The domain of the home before.
    domain: String,
    /// What it gave.
    ticket: String,
}

/// Bring an account here
///
/// The signed-in account, which has to be new, becomes that of the person of the ticket. All of its sessions go on.
#[utoipa::path(post, path = "/me/arrival", request_body = ArriveWith, responses(
    (status = 202, body = Arrival),
    (status = 403, description = "`ticket_invalid`: used, too old, or for another instance; `blocked`, `not_allowed`, `in_review`", body = Problem),
    (status = 409, description = "`account_in_use`: it has taken part here; `conflict`: one is on its way already", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable`, `peer_error`", body = Problem),
))]
async fn arrive_with(
    State(app): State<App>,
    auth: Auth,
    Json(asked): Json<ArriveWith>,
) -> Result<(StatusCode, Json<Arrival>)> {
    let domain = elsewhere(&app, &asked.domain)?;
    arrive::begin(&app, &auth, &domain, asked.ticket.trim()).await?;
    Ok((StatusCode::ACCEPTED, arrival_of(&app, &auth.account).await?))
}

/// An identity whose home is gone, or does not let go.
#[derive(Deserialize, ToSchema)]
pub struct FindIdentity {
    /// Its id, or the address that its person had.
    who: String,
    /// Domains of instances that may know it.
    #[serde(default)]
    domains: Vec<String>,
}

/// An identity that was found.
#[derive(Serialize, ToSchema)]
pub struct FoundIdentity {
    /// Its id.
    uid: String,
    /// The operation that makes this instance its home. Whoever holds its own key signs it.
    #[schema(value_type = Object)]
    op: Value,
    /// The claim for the vault that is kept beside the profile. Whoever holds the own key signs it. None where it lay with
    /// the former home.
    #[schema(required, value_type = Option<Object>)]
    claim: Option<Value>,
}

/// A claim for a vault.
#[derive(Deserialize, ToSchema)]
pub struct OpenVault {
    /// Signed.
    #[schema(value_type = Object)]
    claim: Value,
}

/// A vault.
#[derive(Serialize, ToSchema)]
pub struct SealedVault {
    /// Sealed to the own key, base64; `vault` in the protocol says how.
    vault: String,
}

/// Find an identity by its own key: the vault
///
/// From where the profile lies. Only the own key opens it.
#[utoipa::path(post, path = "/me/arrival/vault", request_body = OpenVault, responses(
    (status = 200, body = SealedVault),
    (status = 404, description = "`not_found`: no identity was looked for, or there is none", body = Problem),
    (status = 422, description = "`invalid`: not signed as it has to be", body = Problem),
    (status = 502, description = "`peer_unreachable`, `peer_error`", body = Problem),
))]
async fn open_vault(State(app): State<App>, auth: Auth, Json(asked): Json<OpenVault>) -> Result<Json<SealedVault>> {
    Ok(Json(SealedVault { vault: recover::open(&app, &auth, asked.claim).await? }))
}

fn domains(app: &App, typed: &[String]) -> Result<Vec<Domain>> {
    typed.iter().filter(|text| !text.trim().is_empty()).take(MAX_NAMED).map(|text| parse_domain(app, text)).collect()
}

/// Find an identity by its own key: the question
///
/// Asks here, at the named instances and at all that this one knows.
#[utoipa::path(post, path = "/me/arrival/identity", request_body = FindIdentity, responses(
    (status = 200, body = FoundIdentity),
    (status = 404, description = "`not_found`: nobody knows it", body = Problem),
    (status = 409, description = "`no_own_key`; `account_in_use`; `conflict`: it lives here already", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 429, body = Problem),
))]
async fn find(State(app): State<App>, auth: Auth, Json(asked): Json<FindIdentity>) -> Result<Json<FoundIdentity>> {
    app.moving.looks.take(auth.account.clone(), app.clock.now_ms())?;
    let (who, named) = (Who::parse(&app, &asked.who)?, domains(&app, &asked.domains)?);
    let found = recover::look(&app, &auth, &who, &named).await?;
    Ok(Json(FoundIdentity { uid: found.uid, op: found.op, claim: found.claim }))
}

/// An identity that comes by its own key.
#[derive(Deserialize, ToSchema)]
pub struct RecoverWith {
    /// The operation, signed.
    #[schema(value_type = Object)]
    op: Value,
    /// Domains of instances whose communities its person is in.
    #[serde(default)]
    domains: Vec<String>,
    /// What the vault held, opened.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    vault: Option<Value>,
}

/// Bring an account here by its own key
///
/// The signed-in account, which has to be new, becomes that of the identity that was found. The former home is not asked.
#[utoipa::path(post, path = "/me/arrival/recovery", request_body = RecoverWith, responses(
    (status = 202, body = Arrival),
    (status = 404, description = "`not_found`: no identity was looked for", body = Problem),
    (status = 409, description = "`conflict`: it has changed since", body = Problem),
    (status = 422, description = "`invalid`: not signed as it has to be", body = Problem),
))]
async fn recover_with(
    State(app): State<App>,
    auth: Auth,
    Json(asked): Json<RecoverWith>,
) -> Result<(StatusCode, Json<Arrival>)> {
    let vault = asked.vault.map(serde_json::from_value).transpose();
    let vault = vault.map_err(|_| Problem::invalid("vault", "bad_vault", "That is not what a vault holds."))?;
    recover::take(&app, &auth, asked.op, &domains(&app, &asked.domains)?, vault).await?;
    Ok((StatusCode::ACCEPTED, arrival_of(&app, &auth.account).await?))
}

/// Instances whose communities somebody is in.
#[derive(Deserialize, ToSchema)]
pub struct AskInstances {
    /// Their domains.
    domains: Vec<String>,
}

/// Ask instances for one's communities
///
/// For whoever came by their own key, and misses some.
#[utoipa::path(post, path = "/me/arrival/instances", request_body = AskInstances, responses(
    (status = 202, body = Arrival),
    (status = 404, description = "`not_found`: nobody came", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 429, body = Problem),
))]
async fn ask(
    State(app): State<App>,
    auth: Auth,
    Json(asked): Json<AskInstances>,
) -> Result<(StatusCode, Json<Arrival>)> {
    app.moving.looks.take(auth.account.clone(), app.clock.now_ms())?;
    let here = store::in_of_account(&mut app.db.read().await?, &auth.account).await?;
    let here = here.filter(|coming| coming.state == Coming::Here).ok_or_else(Problem::not_found)?;
    recover::ask_around(&app, &here.uid, &domains(&app, &asked.domains)?).await?;
    Ok((StatusCode::ACCEPTED, arrival_of(&app, &auth.account).await?))
}
