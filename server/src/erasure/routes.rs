//! `/me/erasures` and `/servers/{sid}/erasure`.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::ids::ServerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{self, Asked, Stage};
use crate::App;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::servers::{self, Here};

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(ask))
        .routes(routes!(all))
        .routes(routes!(forget))
        .routes(routes!(left))
        .routes(routes!(ask_left))
}

/// Something that a person asked to have erased.
#[derive(Serialize, ToSchema)]
pub struct Erasure {
    pub id: String,
    /// The community, and how it was called.
    pub sid: String,
    pub name: String,
    /// The instance that hosts it.
    pub host: String,
    pub state: Stage,
    /// Why it was refused.
    #[schema(required)]
    pub code: Option<String>,
    /// The instances that signed that they erased it, and those that did not yet.
    pub confirmed: Vec<String>,
    pub missing: Vec<String>,
    /// Unix milliseconds.
    pub asked_at: i64,
    /// When it came to its end; nothing more is expected then.
    #[schema(required)]
    pub settled_at: Option<i64>,
}

impl From<Asked> for Erasure {
    fn from(asked: Asked) -> Self {
        Self {
            id: asked.aid.to_string(),
            sid: asked.sid.to_string(),
            name: asked.name,
            host: asked.hub_domain,
            state: asked.state,
            code: asked.code,
            confirmed: asked.confirmed,
            missing: asked.missing,
            asked_at: asked.asked_at,
            settled_at: asked.settled_at,
        }
    }
}

/// What somebody asked to have erased.
#[derive(Serialize, ToSchema)]
pub struct Erasures {
    /// The newest first.
    erasures: Vec<Erasure>,
}

/// What to do besides.
#[derive(Deserialize, ToSchema)]
pub struct EraseMine {
    /// Whether to leave the community too.
    leave: bool,
}

/// Erase everything that one posted in a server
///
/// Texts, earlier versions, files and reactions of the person asking, on the community's host and on every instance that
/// holds a copy. It cannot be undone. `GET /me/erasures` shows who has confirmed it.
#[utoipa::path(post, path = "/servers/{sid}/erasure", request_body = EraseMine,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 202, body = Erasure),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 409, description = "`owner_cannot_leave`", body = Problem),
    (status = 429, description = "`rate`: the last time is still being carried out", body = Problem),
))]
async fn ask(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(asked): Json<EraseMine>,
) -> Result<(StatusCode, Json<Erasure>)> {
    let here = Here::find(&app, &auth, &sid)?;
    if asked.leave {
        here.may_leave()?;
    }
    factors::require_proof(&app, &mut app.db.read().await?, &auth).await?;
    let erasure = super::ask(&app, &here).await?;
    if asked.leave {
        here.leave(&app).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(erasure.into())))
}

/// List what one asked to have erased
#[utoipa::path(get, path = "/me/erasures", responses((status = 200, body = Erasures)))]
async fn all(State(app): State<App>, auth: Auth) -> Result<Json<Erasures>> {
    let asked = store::of_person(&mut app.db.read().await?, &auth.uid).await?;
    Ok(Json(Erasures { erasures: asked.into_iter().map(Erasure::from).collect() }))
}

/// A community that the person left, and in which what they posted may still be.
#[derive(Serialize, ToSchema)]
pub struct Departure {
    /// The community, and how it was called.
    sid: String,
    name: String,
    /// The instance that hosts it.
    host: String,
    /// Unix milliseconds.
    left_at: i64,
}

/// Communities that the person left.
#[derive(Serialize, ToSchema)]
pub struct Departures {
    /// The latest first; those from which everything is erased, or is being erased, are left out.
    departures: Vec<Departure>,
}

/// List the communities that one left
#[utoipa::path(get, path = "/me/departures", responses((status = 200, body = Departures)))]
async fn left(State(app): State<App>, auth: Auth) -> Result<Json<Departures>> {
    let mut read = app.db.read().await?;
    let mut departures = Vec::new();
    for d in super::departed(&app, &mut read, &auth.uid).await? {
        if !store::is_asked(&mut read, &auth.uid, &d.sid, d.joined_at, i64::MAX).await? {
            departures.push(Departure { sid: d.sid.to_string(), name: d.name, host: d.hub_domain, left_at: d.left_at });
        }
    }
    departures.sort_by_key(|d| std::cmp::Reverse(d.left_at));
    Ok(Json(Departures { departures }))
}

/// Erase what one posted in a community that one left
#[utoipa::path(post, path = "/me/departures/{sid}/erasure", params(("sid" = String, Path, description = "The server")), responses(
    (status = 202, body = Erasure),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 404, description = "`unknown_server`: one was not in it", body = Problem),
    (status = 429, description = "`rate`: the last time is still being carried out", body = Problem),
    (status = 502, description = "`peer_unreachable`", body = Problem),
))]
async fn ask_left(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<(StatusCode, Json<Erasure>)> {
    factors::require_proof(&app, &mut app.db.read().await?, &auth).await?;
    let sid: ServerId = sid.parse().map_err(|_| servers::unknown_server())?;
    let erasure = super::ask_departed(&app, &auth.uid, &sid).await?;
    Ok((StatusCode::ACCEPTED, Json(erasure.into())))
}

/// Remove a settled erasure from the list
#[utoipa::path(delete, path = "/me/erasures/{id}", params(("id" = String, Path, description = "The erasure")), responses(
    (status = 204),
    (status = 404, description = "`not_found`: it is not there, or not settled", body = Problem),
))]
async fn forget(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> Result<StatusCode> {
    let unknown = || Problem::not_found().detail("It is not in your list, or it has not come to its end yet.");
    let aid = id.parse().map_err(|_| unknown())?;
    let mut tx = app.db.begin().await?;
    if !store::forget(&mut tx, &auth.uid, &aid).await? {
        return Err(unknown());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
