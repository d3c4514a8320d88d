//! `/servers/{sid}/profile`: how the signed-in person shows themselves in a server.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::Response;
use conntext_federation::ids::Actor;
use conntext_federation::perms::Perms;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Member;
use crate::App;
use crate::config::Config;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::profiles::server::{self, Change};
use crate::profiles::{self, Shape};
use crate::servers::Here;

pub(super) fn router(config: &Config) -> Routes {
    // One more than allowed, so that the handler can answer with the limit.
    let body = DefaultBodyLimit::max(config.storage.avatar_max_bytes + 1);
    Routes::new()
        .routes(routes!(set_name))
        .routes(routes!(set_picture, remove_picture).layer(body))
        .routes(routes!(picture))
}

async fn save(app: &App, auth: &Auth, here: &Here, change: Change) -> Result<Json<Member>> {
    server::edit(app, auth, &here.log, change).await?;
    profiles::edited(app, auth);
    Ok(Json(super::member(app, &here.log, &here.actor).await?))
}

/// Another name for this server.
#[derive(Deserialize, ToSchema)]
pub struct SetServerName {
    /// Empty for the usual one.
    display_name: String,
}

/// Choose a name for this server
///
/// Members see it here instead of the usual one, also on other instances.
#[utoipa::path(put, path = "/servers/{sid}/profile", request_body = SetServerName,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Member),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
))]
async fn set_name(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(asked): Json<SetServerName>,
) -> Result<Json<Member>> {
    let here = Here::find(&app, &auth, &sid)?;
    if !asked.display_name.trim().is_empty() {
        here.require(Perms::NICKNAME)?;
    }
    save(&app, &auth, &here, Change { display_name: Some(asked.display_name), picture: None }).await
}

/// Choose a picture for this server
///
/// The body is the picture itself. It is cut to a square, made small and freed of metadata.
#[utoipa::path(put, path = "/servers/{sid}/profile/avatar",
    params(("sid" = String, Path, description = "The server")),
    request_body(content = Vec<u8>, content_type = "image/*"), responses(
    (status = 200, body = Member),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 413, body = Problem),
    (status = 415, description = "`unsupported_type`", body = Problem),
    (status = 422, description = "`invalid`: damaged or too many pixels", body = Problem),
))]
async fn set_picture(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    bytes: Bytes,
) -> Result<Json<Member>> {
    let here = Here::find(&app, &auth, &sid)?;
    here.require(Perms::NICKNAME)?;
    let kept = profiles::make_picture(&app, "avatar", Shape::Square, bytes.to_vec()).await?;
    save(&app, &auth, &here, Change { picture: Some(Some(kept)), display_name: None }).await
}

/// Show the usual picture in this server again
#[utoipa::path(delete, path = "/servers/{sid}/profile/avatar",
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Member),
    (status = 404, description = "`unknown_server`", body = Problem),
))]
async fn remove_picture(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<Member>> {
    let here = Here::find(&app, &auth, &sid)?;
    save(&app, &auth, &here, Change { picture: Some(None), display_name: None }).await
}

/// The picture that a member shows in this server
#[utoipa::path(get, path = "/servers/{sid}/members/{actor}/avatar", params(
    ("sid" = String, Path, description = "The server"),
    ("actor" = String, Path, description = "The member"),
), responses(
    (status = 200, content_type = "image/*", body = Vec<u8>),
    (status = 404, body = Problem),
))]
async fn picture(
    State(app): State<App>,
    auth: Auth,
    Path((sid, actor)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let here = Here::find(&app, &auth, &sid)?;
    let actor: Actor = actor.parse().map_err(|_| Problem::not_found())?;
    let picture = server::picture(&mut app.db.read().await?, &here.log, &actor).await?;
    profiles::serve(&app, picture, &headers).await
}
