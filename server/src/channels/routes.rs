//! `/servers/{sid}/channels`.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::content::{ChannelCreate, ChannelKind as Kind, ChannelUpdate};
use conntext_federation::hub::Draft;
use conntext_federation::ids::{Actor, ChannelId, RoleId};
use conntext_federation::perms::{self, Perms};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::order;
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::servers::{self, Channel, ChannelKind, Here, make_channel, text};

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(create)).routes(routes!(change, delete)).routes(routes!(set_override, remove_override))
}

/// A new channel or category.
#[derive(Deserialize, ToSchema)]
pub struct CreateChannel {
    name: String,
    /// `text` when absent.
    #[serde(default)]
    kind: Option<ChannelKind>,
    /// The category that it stands in.
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    topic: String,
    /// Only the owner, admins and those of `allow` see it.
    #[serde(default)]
    private: bool,
    /// Roles and members who may see it although it is private.
    #[serde(default)]
    allow: Vec<String>,
}

/// Most roles and members that a new channel names.
const MAX_ALLOWED: usize = 190;

fn bad_target() -> Problem {
    Problem::invalid("allow", "unknown_target", "One of these is neither a role nor a member of this community.")
}

/// Whether `target` is a role or a member here.
fn known_target(here: &Here, target: &str) -> bool {
    let state = here.log.state();
    target.parse::<RoleId>().is_ok_and(|id| state.roles.contains_key(&id))
        || target.parse::<Actor>().is_ok_and(|a| state.members.contains_key(&a))
}

/// The overrides of a private channel: hidden from everyone but these, and from its maker never.
fn private_overrides(here: &Here, allow: &[String]) -> Result<Vec<perms::Override>> {
    let mut targets: Vec<String> = Vec::new();
    if allow.len() > MAX_ALLOWED {
        return Err(Problem::invalid("allow", "too_many", format!("Name at most {MAX_ALLOWED} roles and members.")));
    }
    for target in allow {
        if !known_target(here, target) {
            return Err(bad_target());
        }
        if !targets.contains(target) {
            targets.push(target.clone());
        }
    }
    if here.perms() != Perms::ALL && !targets.iter().any(|t| t == here.actor.as_str()) {
        targets.push(here.actor.to_string());
    }
    let everyone = here.log.state().everyone.to_string();
    if targets.contains(&everyone) {
        return Err(Problem::invalid("allow", "everyone", "A channel that everyone may see is not private."));
    }
    let hidden = perms::Override { target: everyone, allow: Perms::NONE, deny: Perms::VIEW };
    let shown = targets.into_iter().map(|target| perms::Override { target, allow: Perms::VIEW, deny: Perms::NONE });
    Ok(std::iter::once(hidden).chain(shown).collect())
}

/// A category by its id.
fn category(here: &Here, id: &str) -> Result<ChannelId> {
    let wrong = || Problem::invalid("parent", "unknown_category", "There is no such category.");
    let id = here.channel(id).map_err(|_| wrong())?;
    let is_category = here.log.state().channels.get(&id).is_some_and(|c| c.kind == Kind::Category);
    if is_category { Ok(id) } else { Err(wrong()) }
}

/// The channel as the person sees it now.
async fn shown(app: &App, here: &Here, id: &ChannelId) -> Result<Channel> {
    let server = servers::view(app, &here.log, &here.actor).await?;
    server
        .channels
        .into_iter()
        .find(|c| c.id == id.as_str())
        .ok_or_else(|| Problem::from(conntext_federation::Code::UnknownChannel).detail("You may not see it any more."))
}

/// Make a channel
#[utoipa::path(post, path = "/servers/{sid}/channels", request_body = CreateChannel,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 201, body = Channel),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 409, description = "`name_taken` with the field", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn create(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(asked): Json<CreateChannel>,
) -> Result<(StatusCode, Json<Channel>)> {
    let here = Here::find(&app, &auth, &sid)?;
    here.require(Perms::MANAGE_CHANNELS)?;
    let kind = match asked.kind.unwrap_or(ChannelKind::Text) {
        ChannelKind::Text => Kind::Text,
        ChannelKind::Category => Kind::Category,
    };
    let name = text::name("name", &asked.name, text::MAX_NAME)?;
    let topic = text::description("topic", &asked.topic, text::MAX_DESCRIPTION)?;
    let parent = asked.parent.as_deref().map(|p| category(&here, p)).transpose()?;
    if kind == Kind::Category && parent.is_some() {
        return Err(Problem::invalid("parent", "nested", "A category cannot stand in another one."));
    }
    let overrides = if asked.private { private_overrides(&here, &asked.allow)? } else { Vec::new() };
    let position = order::last(&here.log.state(), parent.as_ref());
    let content = ChannelCreate { name, kind, topic, parent, position, overrides };
    let id = make_channel(&app, &here, content).await?;
    Ok((StatusCode::CREATED, Json(shown(&app, &here, &id).await?)))
}

/// Distinguishes "leave as it is" (absent) from "none" (null).
fn present<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// A change of a channel; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct ChangeChannel {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    topic: Option<String>,
    /// Null takes it out of its category.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    parent: Option<Option<String>>,
    /// Its place among the channels of its category, from 0; the others make room.
    #[serde(default)]
    position: Option<u64>,
}

async fn update(app: &App, here: &Here, id: &ChannelId, change: &ChannelUpdate) -> Result<()> {
    let draft = Draft { channel: Some(id.clone()), ..here.draft("channel.update", change)? };
    here.act(app, draft).await.map(|_| ())
}

/// Change or move a channel
#[utoipa::path(patch, path = "/servers/{sid}/channels/{cid}", request_body = ChangeChannel, params(
    ("sid" = String, Path, description = "The server"),
    ("cid" = String, Path, description = "The channel"),
), responses(
    (status = 200, body = Channel),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `unknown_channel`", body = Problem),
    (status = 409, description = "`name_taken` with the field", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn change(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid)): Path<(String, String)>,
    Json(asked): Json<ChangeChannel>,
) -> Result<Json<Channel>> {
    let here = Here::find(&app, &auth, &sid)?;
    let id = here.channel(&cid)?;
    let parent = match &asked.parent {
        Some(Some(parent)) => Some(Some(category(&here, parent)?)),
        Some(None) => Some(None),
        None => None,
    };
    let mut change = ChannelUpdate {
        name: asked.name.map(|n| text::name("name", &n, text::MAX_NAME)).transpose()?,
        topic: asked.topic.map(|t| text::description("topic", &t, text::MAX_DESCRIPTION)).transpose()?,
        ..ChannelUpdate::default()
    };
    let mut moves = Vec::new();
    {
        let state = here.log.state();
        let old = state.channels.get(&id).and_then(|c| c.parent.clone());
        let new = parent.clone().unwrap_or_else(|| old.clone());
        let moved = new != old;
        if moved && new.is_some() && state.channels.get(&id).is_some_and(|c| c.kind == Kind::Category) {
            return Err(Problem::invalid("parent", "nested", "A category cannot stand in another one."));
        }
        if moved {
            change.parent = Some(new.clone());
        }
        match asked.position {
            Some(place) => moves = order::place(&state, &here.actor, &id, new.as_ref(), place),
            None if moved => change.position = Some(order::last(&state, new.as_ref())),
            None => {}
        }
    }
    if let Some(own) = moves.iter().position(|(channel, _)| *channel == id) {
        change.position = Some(moves.remove(own).1);
    }
    if change != ChannelUpdate::default() {
        update(&app, &here, &id, &change).await?;
    }
    for (channel, position) in moves {
        update(&app, &here, &channel, &ChannelUpdate { position: Some(position), ..ChannelUpdate::default() }).await?;
    }
    Ok(Json(shown(&app, &here, &id).await?))
}

/// Delete a channel
///
/// With everything in it. Channels of a deleted category stay.
#[utoipa::path(delete, path = "/servers/{sid}/channels/{cid}", params(
    ("sid" = String, Path, description = "The server"),
    ("cid" = String, Path, description = "The channel"),
), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `unknown_channel`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn delete(State(app): State<App>, auth: Auth, Path((sid, cid)): Path<(String, String)>) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    let id = here.channel(&cid)?;
    let draft = Draft { channel: Some(id), ..here.draft("channel.delete", &serde_json::json!({}))? };
    here.act(&app, draft).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a channel grants and denies.
#[derive(Deserialize, ToSchema)]
pub struct SetOverride {
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
}

/// Grant or deny permissions in a channel
///
/// To one role or one member, beyond their roles. With both lists empty the override is removed.
#[utoipa::path(put, path = "/servers/{sid}/channels/{cid}/overrides/{target}", request_body = SetOverride, params(
    ("sid" = String, Path, description = "The server"),
    ("cid" = String, Path, description = "The channel"),
    ("target" = String, Path, description = "The role or member"),
), responses(
    (status = 200, body = Channel),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `unknown_channel`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn set_override(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid, target)): Path<(String, String, String)>,
    Json(asked): Json<SetOverride>,
) -> Result<Json<Channel>> {
    let here = Here::find(&app, &auth, &sid)?;
    let id = here.channel(&cid)?;
    if !known_target(&here, &target) {
        return Err(Problem::not_found().detail("There is no such role or member."));
    }
    let allow = text::permissions("allow", &asked.allow)?;
    let deny = text::permissions("deny", &asked.deny)?;
    if (allow & deny) != Perms::NONE {
        return Err(Problem::invalid("deny", "contradiction", "A permission cannot be both granted and denied."));
    }
    let change = ChannelUpdate { overrides: vec![perms::Override { target, allow, deny }], ..ChannelUpdate::default() };
    update(&app, &here, &id, &change).await?;
    Ok(Json(shown(&app, &here, &id).await?))
}

/// Remove what a channel grants or denies
#[utoipa::path(delete, path = "/servers/{sid}/channels/{cid}/overrides/{target}", params(
    ("sid" = String, Path, description = "The server"),
    ("cid" = String, Path, description = "The channel"),
    ("target" = String, Path, description = "The role or member"),
), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `unknown_channel`, `not_found`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn remove_override(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid, target)): Path<(String, String, String)>,
) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    let id = here.channel(&cid)?;
    // Somebody who left may still be named there: only the channel's own list counts.
    let named = here.log.state().channels.get(&id).is_some_and(|c| c.overrides.iter().any(|o| o.target == target));
    if !named {
        return Err(Problem::not_found().detail("The channel says nothing about this role or member."));
    }
    let none = perms::Override { target, allow: Perms::NONE, deny: Perms::NONE };
    update(&app, &here, &id, &ChannelUpdate { overrides: vec![none], ..ChannelUpdate::default() }).await?;
    Ok(StatusCode::NO_CONTENT)
}
