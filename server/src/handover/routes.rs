//! `/servers/{sid}/move` and `/servers/arrivals`.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::domain::Domain;
use conntext_federation::hub_move::ArrivalReport;
use conntext_federation::ids::ServerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{self, Stage};
use super::{arrive, depart};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::peers;
use crate::servers::Here;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(begin, look, withdraw)).routes(routes!(invite, list)).routes(routes!(stop))
}

/// Where a community is to live.
#[derive(Deserialize, ToSchema)]
pub struct MoveServer {
    /// What somebody at the new place gave to the owner.
    code: String,
    /// The name of the community, typed by the person.
    confirm_name: String,
}

/// How far a community is that goes to another instance, or comes from one.
#[derive(Serialize, ToSchema)]
pub struct Handover {
    /// The community.
    id: String,
    /// Its name.
    name: String,
    /// The domain of the other instance: of the new one for who goes, of the old one for who comes.
    domain: String,
    /// `coming`, `here` or `stopped`; `unknown` where the new instance does not answer.
    #[schema(value_type = HandoverState)]
    state: String,
    /// The code of what went wrong last; none where nothing did.
    #[schema(required)]
    problem: Option<String>,
    /// Events that the new instance has verified.
    events: u64,
    /// Of so many.
    of_events: u64,
    /// Files that it has.
    files: u64,
    /// Of so many.
    of_files: u64,
    /// Files that were not there any more.
    missing: u64,
}

/// How far it is.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word in the document")]
enum HandoverState {
    Coming,
    Here,
    Stopped,
    Unknown,
}

fn shown(id: &ServerId, name: String, domain: String, report: ArrivalReport) -> Handover {
    Handover {
        id: id.to_string(),
        name,
        domain,
        state: report.state,
        problem: Some(report.problem).filter(|code| !code.is_empty()),
        events: report.events,
        of_events: report.of_events,
        files: report.files,
        of_files: report.of_files,
        missing: report.missing,
    }
}

async fn status(app: &App, here: &Here) -> Result<Json<Handover>> {
    let (name, domain) = {
        let state = here.log.state();
        let to = state.info.moving.as_ref().map(|moving| &moving.to);
        let domain = to.and_then(|to| state.instances.get(to)).map(|instance| instance.domain.clone());
        (state.info.name.clone(), domain)
    };
    let domain = domain.ok_or_else(|| Problem::not_found().detail("This community is not on its way anywhere."))?;
    let asked = depart::ask(app, &Domain::parse_normal(&domain, true)?, &here.log.sid).await;
    let report = asked.unwrap_or_else(|| ArrivalReport { state: "unknown".into(), ..ArrivalReport::default() });
    Ok(Json(shown(&here.log.sid, name, domain, report)))
}

/// Move a server to another instance
///
/// Its log, members, roles and files go there while people talk; ids and links stay. Only the owner can, and types its name.
/// Its admins will be able to read what is said in it, as those of this instance are now.
#[utoipa::path(post, path = "/servers/{sid}/move", request_body = MoveServer,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 202, body = Handover),
    (status = 403, description = "`forbidden`, `proof_required`; `ticket_invalid`: the code was used or is too old; `blocked`, `not_allowed`, `in_review`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 409, description = "`conflict`: it is on its way already", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable`, `peer_error`", body = Problem),
))]
async fn begin(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(asked): Json<MoveServer>,
) -> Result<(StatusCode, Json<Handover>)> {
    let here = Here::find(&app, &auth, &sid)?;
    depart::begin(&app, &auth, &here, &asked.code, &asked.confirm_name).await?;
    Ok((StatusCode::ACCEPTED, status(&app, &here).await?))
}

/// A server that moves
///
/// How far the new instance is with it.
#[utoipa::path(get, path = "/servers/{sid}/move", params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Handover),
    (status = 404, description = "`unknown_server`; `not_found`: it is not on its way anywhere", body = Problem),
))]
async fn look(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<Handover>> {
    status(&app, &Here::find(&app, &auth, &sid)?).await
}

/// Keep a server where it is
///
/// Until it has arrived.
#[utoipa::path(delete, path = "/servers/{sid}/move", params(("sid" = String, Path, description = "The server")), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`; `not_found`: it is not on its way anywhere", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn withdraw(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<StatusCode> {
    depart::withdraw(&app, &Here::find(&app, &auth, &sid)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the owner of a community shows so that it may come here.
#[derive(Serialize, ToSchema)]
pub struct ArrivalCode {
    /// For one community, once.
    code: String,
    /// Until when, milliseconds since 1970.
    expires_at: i64,
}

/// Let a server come here
///
/// Answers with a code for its owner. A new one takes the place of one before.
#[utoipa::path(post, path = "/servers/arrivals", responses(
    (status = 201, body = ArrivalCode),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn invite(State(app): State<App>, auth: Auth) -> Result<(StatusCode, Json<ArrivalCode>)> {
    // As if they made one here.
    app.server_guard.create.take(auth.uid.clone(), app.clock.now_ms())?;
    let (code, expires_at) = arrive::code(&app, &auth).await?;
    Ok((StatusCode::CREATED, Json(ArrivalCode { code, expires_at })))
}

/// Servers that come here, or came.
#[derive(Serialize, ToSchema)]
pub struct Arrivals {
    /// The newest first.
    arrivals: Vec<Handover>,
    /// Until when the last code can be shown, milliseconds since 1970; none where there is none, or it was used.
    #[schema(required)]
    code_until: Option<i64>,
}

/// List servers that come here
///
/// Those that somebody gave a code for.
#[utoipa::path(get, path = "/servers/arrivals", responses((status = 200, body = Arrivals)))]
async fn list(State(app): State<App>, auth: Auth) -> Result<Json<Arrivals>> {
    let mut read = app.db.read().await?;
    let found = store::of_account(&mut read, &auth.account).await?;
    let code_until = store::code_until(&mut read, &auth.account, app.clock.now_ms()).await?;
    drop(read);
    let arrivals = found.into_iter().map(|arrival| {
        let report = arrive::report_from(&app, &arrival);
        shown(&arrival.sid, arrival.name, arrival.domain.to_string(), report)
    });
    Ok(Json(Arrivals { arrivals: arrivals.collect(), code_until }))
}

/// Do not let a server come here after all
#[utoipa::path(delete, path = "/servers/arrivals/{sid}", params(("sid" = String, Path, description = "The server")), responses(
    (status = 204),
    (status = 404, description = "`not_found`: none that comes by a code of theirs", body = Problem),
))]
async fn stop(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<StatusCode> {
    let sid: ServerId = sid.parse().map_err(|_| Problem::not_found())?;
    let mut tx = app.db.begin().await?;
    let theirs = store::one(&mut tx, &sid).await?;
    theirs
        .filter(|arrival| arrival.account == auth.account && arrival.stage == Stage::Coming)
        .ok_or_else(Problem::not_found)?;
    store::set(&mut tx, &sid, Stage::Stopped, "refused", 0).await?;
    tx.commit().await?;
    if let Some(log) = app.log.get(&sid) {
        peers::forget_empty(&app, &log).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
