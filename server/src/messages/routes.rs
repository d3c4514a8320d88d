//! `/servers/{sid}/channels/{cid}/messages` and `/servers/{sid}/pending`.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::ids::ActionId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::place::{self, Place};
use super::read::{self, Ask};
use super::types::{DeleteReason, EditMessage, Message, MessagePage, NewMessage, PendingMessages};
use super::{pending, write};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Query, Routes, routes};

/// Messages of a page, at most.
const MAX_PAGE: u64 = 100;
/// Messages of a page, unless asked for otherwise.
const PAGE: u64 = 50;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, send))
        .routes(routes!(edit, delete))
        .routes(routes!(waiting))
        .routes(routes!(discard))
        .routes(routes!(retry))
}

/// Which messages; without any of these the newest.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Those before this number.
    before: Option<u64>,
    /// Those after this number.
    after: Option<u64>,
    /// Those around this message.
    around: Option<String>,
    /// Those around this time, milliseconds since 1970.
    at: Option<i64>,
    /// How many, at most 100.
    limit: Option<u64>,
}

impl Wanted {
    fn ask(&self) -> Result<Ask> {
        match (self.before, self.after, &self.around, self.at) {
            (None, None, None, None) => Ok(Ask::Newest),
            (Some(cn), None, None, None) => Ok(Ask::Before(cn)),
            (None, Some(cn), None, None) => Ok(Ask::After(cn)),
            (None, None, Some(id), None) => id
                .parse()
                .map(Ask::Around)
                .map_err(|_| Problem::not_found().detail("That message is not in this channel.")),
            (None, None, None, Some(ms)) => Ok(Ask::At(ms)),
            _ => Err(Problem::new("bad_request").detail("Use one of before, after, around and at.")),
        }
    }
}

/// Messages of a channel
///
/// Ascending. Deleted messages keep their place without their content.
#[utoipa::path(get, path = "/servers/{sid}/channels/{cid}/messages", tag = "messages",
    params(("sid" = String, Path), ("cid" = String, Path), Wanted),
    responses((status = 200, body = MessagePage), (status = 404, body = Problem)))]
async fn list(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<MessagePage>> {
    let place = Place::find(&app, &auth, &sid, &cid)?;
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    Ok(Json(read::page(&app, &place, wanted.ask()?, limit).await?))
}

/// Send a message
///
/// With the same `nonce` again it is the same message. `state` says whether it has arrived or waits.
#[utoipa::path(post, path = "/servers/{sid}/channels/{cid}/messages", tag = "messages", request_body = NewMessage,
    params(("sid" = String, Path), ("cid" = String, Path)),
    responses((status = 201, body = Message), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, description = "`invalid` with the field", body = Problem), (status = 429, body = Problem)))]
async fn send(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid)): Path<(String, String)>,
    Json(new): Json<NewMessage>,
) -> Result<(StatusCode, Json<Message>)> {
    let place = Place::find(&app, &auth, &sid, &cid)?;
    Ok((StatusCode::CREATED, Json(write::send(&app, &auth, &place, new).await?)))
}

/// Edit one's own message
#[utoipa::path(patch, path = "/servers/{sid}/channels/{cid}/messages/{id}", tag = "messages", request_body = EditMessage,
    params(("sid" = String, Path), ("cid" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Message), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn edit(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid, id)): Path<(String, String, String)>,
    Json(change): Json<EditMessage>,
) -> Result<Json<Message>> {
    let place = Place::find(&app, &auth, &sid, &cid)?;
    Ok(Json(write::edit(&app, &auth, &place, &id, change).await?))
}

/// Delete a message
#[utoipa::path(delete, path = "/servers/{sid}/channels/{cid}/messages/{id}", tag = "messages", request_body = DeleteReason,
    params(("sid" = String, Path), ("cid" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid, id)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<StatusCode> {
    let reason = if body.is_empty() {
        DeleteReason::default()
    } else {
        serde_json::from_slice(&body).map_err(|_| Problem::new("bad_json"))?
    };
    let place = Place::find(&app, &auth, &sid, &cid)?;
    write::delete(&app, &auth, &place, &id, reason.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own messages that have not arrived
#[utoipa::path(get, path = "/servers/{sid}/pending", tag = "messages", params(("sid" = String, Path)),
    responses((status = 200, body = PendingMessages), (status = 404, body = Problem)))]
async fn waiting(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<PendingMessages>> {
    let (log, actor) = place::server(&app, &auth, &sid)?;
    Ok(Json(PendingMessages { pending: pending::all(&app, &log, &actor).await? }))
}

fn none() -> Problem {
    Problem::not_found().detail("That message does not wait any more.")
}

/// Give up a message that waits or was refused
#[utoipa::path(delete, path = "/servers/{sid}/pending/{id}", tag = "messages",
    params(("sid" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn discard(State(app): State<App>, auth: Auth, Path((sid, id)): Path<(String, String)>) -> Result<StatusCode> {
    let (log, actor) = place::server(&app, &auth, &sid)?;
    let aid: ActionId = id.parse().map_err(|_| none())?;
    if app.log.discard(&log, &actor, &aid).await? { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}

/// Send a refused or expired message again
#[utoipa::path(post, path = "/servers/{sid}/pending/{id}/retry", tag = "messages",
    params(("sid" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Message), (status = 404, body = Problem)))]
async fn retry(State(app): State<App>, auth: Auth, Path((sid, id)): Path<(String, String)>) -> Result<Json<Message>> {
    let (log, actor) = place::server(&app, &auth, &sid)?;
    let aid: ActionId = id.parse().map_err(|_| none())?;
    if !app.log.retry(&log, &actor, &aid).await? {
        return Err(none());
    }
    Ok(Json(pending::pending_message(&app, &log, &actor, &aid).await?.ok_or_else(none)?))
}
