//! `/servers`.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use conntext_federation::content::{ChannelKind, ServerUpdate};
use conntext_federation::ids::ChannelId;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::access::Here;
use super::create::{self, Template};
use super::types::{Server, Servers};
use super::{access, icon, store, text, view};
use crate::App;
use crate::config::Config;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Auth, Json, Path, Routes, routes};

/// Routes of this room, below `/api/v1`.
pub fn router(config: &Config) -> Routes {
    Routes::new()
        .routes(routes!(create, list))
        .routes(routes!(one, change, delete))
        .routes(routes!(leave))
        .routes(routes!(set_order))
        // One more than allowed, so that the handler can answer with the limit.
        .routes(routes!(set_icon, remove_icon).layer(DefaultBodyLimit::max(config.storage.avatar_max_bytes + 1)))
        .merge(icon::router())
}

/// A new server.
#[derive(Deserialize, ToSchema)]
pub struct CreateServer {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    template: Template,
    /// List it in the directory and let anybody join.
    #[serde(default)]
    public: bool,
}

/// Make a server
///
/// It lives on this instance, and whoever makes it owns it.
#[utoipa::path(post, path = "/servers", request_body = CreateServer, responses(
    (status = 201, body = Server),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn create(
    State(app): State<App>,
    auth: Auth,
    Json(asked): Json<CreateServer>,
) -> Result<(StatusCode, Json<Server>)> {
    let new = create::New {
        name: text::name("name", &asked.name, text::MAX_NAME)?,
        description: text::description("description", &asked.description, text::MAX_DESCRIPTION)?,
        public: asked.public,
        template: asked.template,
    };
    let actor = access::actor(&auth)?;
    app.server_guard.create.take(auth.uid.clone(), app.clock.now_ms())?;
    let log = create::create(&app, actor.clone(), new).await?;
    Ok((StatusCode::CREATED, Json(view(&app, &log, &actor).await?)))
}

/// List one's servers
#[utoipa::path(get, path = "/servers", responses((status = 200, body = Servers)))]
async fn list(State(app): State<App>, auth: Auth) -> Result<Json<Servers>> {
    Ok(Json(Servers { servers: super::all(&app, &access::actor(&auth)?).await? }))
}

/// Show a server
#[utoipa::path(get, path = "/servers/{sid}", params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Server),
    (status = 404, description = "`unknown_server`", body = Problem),
))]
async fn one(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<Server>> {
    let here = Here::find(&app, &auth, &sid)?;
    Ok(Json(view(&app, &here.log, &here.actor).await?))
}

/// A change of a server; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct ChangeServer {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    public: Option<bool>,
    /// The channel that shows who comes and goes; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    notices: Option<Option<String>>,
}

/// Distinguishes "leave as it is" (absent) from "none" (null).
fn present<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// A text channel that the asker sees.
fn notices_channel(here: &Here, id: &str) -> Result<ChannelId> {
    let state = here.log.state();
    id.parse()
        .ok()
        .filter(|id| state.can_see(&here.actor, id))
        .filter(|id| state.channels.get(id).is_some_and(|c| c.kind == ChannelKind::Text && !c.staff))
        .ok_or_else(|| Problem::invalid("notices", "unknown_channel", "Choose a text channel of this community."))
}

/// Change a server
#[utoipa::path(patch, path = "/servers/{sid}", request_body = ChangeServer,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Server),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn change(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(asked): Json<ChangeServer>,
) -> Result<Json<Server>> {
    let here = Here::find(&app, &auth, &sid)?;
    let update = ServerUpdate {
        name: asked.name.map(|n| text::name("name", &n, text::MAX_NAME)).transpose()?,
        description: asked
            .description
            .map(|d| text::description("description", &d, text::MAX_DESCRIPTION))
            .transpose()?,
        public: asked.public,
        notices: asked.notices.map(|chosen| chosen.map(|id| notices_channel(&here, &id)).transpose()).transpose()?,
        ..ServerUpdate::default()
    };
    if update != ServerUpdate::default() {
        here.act(&app, here.draft("server.update", &update)?).await?;
    }
    Ok(Json(view(&app, &here.log, &here.actor).await?))
}

/// The name of what is to be deleted, typed by the person.
#[derive(Deserialize, ToSchema)]
pub struct ConfirmName {
    confirm_name: String,
}

/// Delete a server
///
/// For all its members, everywhere. Only the owner can, and types its name.
#[utoipa::path(delete, path = "/servers/{sid}", request_body = ConfirmName,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 204),
    (status = 403, description = "`forbidden`, `proof_required`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 422, description = "`invalid`: the name is another one", body = Problem),
))]
async fn delete(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(confirm): Json<ConfirmName>,
) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    let (owner, name) = {
        let state = here.log.state();
        (state.info.owner.as_ref() == Some(&here.actor), state.info.name.clone())
    };
    if !owner {
        return Err(Problem::forbidden().detail("Only the owner may delete a community."));
    }
    factors::require_proof(&app, &mut app.db.read().await?, &auth).await?;
    if confirm.confirm_name.trim() != name.trim() {
        return Err(Problem::invalid("confirm_name", "mismatch", "This is not the name of the community."));
    }
    here.act(&app, here.draft("server.delete", &serde_json::json!({}))?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leave a server
#[utoipa::path(post, path = "/servers/{sid}/leave", params(("sid" = String, Path, description = "The server")), responses(
    (status = 204),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 409, description = "`owner_cannot_leave`", body = Problem),
))]
async fn leave(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    here.may_leave()?;
    here.leave(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The order in which the person lists their servers.
#[derive(Deserialize, ToSchema)]
pub struct ServerOrder {
    /// Server ids; those that are missing come last.
    sids: Vec<String>,
}

/// Most servers that an order names.
const MAX_ORDER: usize = 1000;

/// Set the order of one's servers
#[utoipa::path(put, path = "/me/server_order", request_body = ServerOrder, responses(
    (status = 204),
    (status = 422, description = "`invalid` with the field", body = Problem),
))]
async fn set_order(State(app): State<App>, auth: Auth, Json(order): Json<ServerOrder>) -> Result<StatusCode> {
    let known = |sid: &String| sid.parse::<conntext_federation::ids::ServerId>().is_ok();
    if order.sids.len() > MAX_ORDER || !order.sids.iter().all(known) {
        return Err(Problem::invalid("sids", "bad_list", format!("Send at most {MAX_ORDER} ids of communities.")));
    }
    let mut tx = app.db.begin().await?;
    store::set_order(&mut tx, &auth.uid, &order.sids).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set a server's picture
///
/// The body is the picture itself. It is cut to a square, made small and freed of metadata.
#[utoipa::path(put, path = "/servers/{sid}/icon", request_body(content = Vec<u8>, content_type = "image/*"),
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Server),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 413, body = Problem),
    (status = 415, description = "`unsupported_type`", body = Problem),
    (status = 422, description = "`invalid`: damaged or too many pixels", body = Problem),
))]
async fn set_icon(State(app): State<App>, auth: Auth, Path(sid): Path<String>, bytes: Bytes) -> Result<Json<Server>> {
    let here = Here::find(&app, &auth, &sid)?;
    icon::set(&app, &here, bytes).await?;
    Ok(Json(view(&app, &here.log, &here.actor).await?))
}

/// Remove a server's picture
#[utoipa::path(delete, path = "/servers/{sid}/icon", params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Server),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
))]
async fn remove_icon(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<Server>> {
    let here = Here::find(&app, &auth, &sid)?;
    icon::remove(&app, &here).await?;
    Ok(Json(view(&app, &here.log, &here.actor).await?))
}
