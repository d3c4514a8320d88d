//! `/servers/{sid}/roles`.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::content::RoleContent;
use conntext_federation::hub::Draft;
use conntext_federation::ids::RoleId;
use conntext_federation::perms::Perms;
use conntext_federation::state::ServerState;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::servers::{self, Here, Role, text};

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(create)).routes(routes!(change, delete))
}

/// Distinguishes "leave as it is" (absent) from "none" (null).
fn present<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// A new role, or a change of one: what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct RoleFields {
    #[serde(default)]
    name: Option<String>,
    /// `0xRRGGBB`; null takes the colour away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    colour: Option<Option<u64>>,
    #[serde(default)]
    hoist: Option<bool>,
    #[serde(default)]
    mentionable: Option<bool>,
    /// Names of what it permits.
    #[serde(default)]
    permissions: Option<Vec<String>>,
    /// Higher beats lower, from 1.
    #[serde(default)]
    position: Option<u64>,
}

/// Roles are few; a larger position is a slip.
const MAX_POSITION: u64 = 10_000;

impl RoleFields {
    fn content(self) -> Result<RoleContent> {
        if self.colour.flatten().is_some_and(|c| c > 0xff_ff_ff) {
            return Err(Problem::invalid("colour", "bad_colour", "A colour is a number from 0 to 0xFFFFFF."));
        }
        if self.position.is_some_and(|p| p > MAX_POSITION) {
            return Err(Problem::invalid("position", "out_of_range", format!("At most {MAX_POSITION} is possible.")));
        }
        Ok(RoleContent {
            name: self.name.map(|n| text::name("name", &n, text::MAX_ROLE_NAME)).transpose()?,
            colour: self.colour,
            position: self.position,
            hoist: self.hoist,
            mentionable: self.mentionable,
            permissions: self.permissions.map(|p| text::permissions("permissions", &p)).transpose()?,
        })
    }
}

fn shown(here: &Here, id: &RoleId) -> Result<Role> {
    let state = here.log.state();
    state.roles.get(id).map(|r| servers::role(&state, id, r)).ok_or_else(unknown)
}

fn unknown() -> Problem {
    Problem::not_found().detail("There is no such role. It may have been deleted.")
}

fn find(here: &Here, id: &str) -> Result<RoleId> {
    id.parse::<RoleId>().ok().filter(|id| here.log.state().roles.contains_key(id)).ok_or_else(unknown)
}

/// The roles that move up by one so that a new one finds room at the bottom, the highest first. Empty where the place
/// is free, or where somebody would have to move what stands above them.
fn make_room(state: &ServerState, rank: u64) -> Vec<(RoleId, u64)> {
    let taken = |p: u64| state.roles.values().any(|r| r.position == p);
    let free = (1..).find(|p| !taken(*p)).unwrap_or(1);
    if free >= rank {
        return Vec::new();
    }
    let mut moved: Vec<(RoleId, u64)> = state
        .roles
        .iter()
        .filter(|(_, r)| (1..free).contains(&r.position))
        .map(|(id, r)| (id.clone(), r.position + 1))
        .collect();
    moved.sort_by_key(|(_, position)| std::cmp::Reverse(*position));
    moved
}

async fn update(app: &App, here: &Here, id: &RoleId, content: &RoleContent) -> Result<()> {
    let draft = Draft { target: Some(id.to_string()), ..here.draft("role.update", content)? };
    here.act(app, draft).await.map(|_| ())
}

/// Make a role
///
/// It stands below all others unless a position is given.
#[utoipa::path(post, path = "/servers/{sid}/roles", request_body = RoleFields,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 201, body = Role),
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
    Json(asked): Json<RoleFields>,
) -> Result<(StatusCode, Json<Role>)> {
    let here = Here::find(&app, &auth, &sid)?;
    here.require(Perms::MANAGE_ROLES)?;
    let mut content = asked.content()?;
    if content.name.is_none() {
        return Err(Problem::invalid("name", "required", "Give it a name."));
    }
    let room = match content.position {
        Some(0) => return Err(Problem::invalid("position", "out_of_range", "Positions count from 1.")),
        Some(_) => Vec::new(),
        None => {
            let state = here.log.state();
            make_room(&state, state.rank(&here.actor))
        }
    };
    content.position = content.position.or(Some(1));
    let aid = here.act(&app, here.draft("role.create", &content)?).await?;
    for (role, position) in room {
        update(&app, &here, &role, &RoleContent { position: Some(position), ..RoleContent::default() }).await?;
    }
    let id = RoleId::made_by(&here.log.sid, &aid);
    Ok((StatusCode::CREATED, Json(shown(&here, &id)?)))
}

/// Change a role
#[utoipa::path(patch, path = "/servers/{sid}/roles/{rid}", request_body = RoleFields, params(
    ("sid" = String, Path, description = "The server"),
    ("rid" = String, Path, description = "The role"),
), responses(
    (status = 200, body = Role),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `not_found`", body = Problem),
    (status = 409, description = "`name_taken` with the field", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn change(
    State(app): State<App>,
    auth: Auth,
    Path((sid, rid)): Path<(String, String)>,
    Json(asked): Json<RoleFields>,
) -> Result<Json<Role>> {
    let here = Here::find(&app, &auth, &sid)?;
    let id = find(&here, &rid)?;
    let mut content = asked.content()?;
    {
        // A form sends all its fields; those that say what holds already are no change.
        let state = here.log.state();
        if let Some(role) = state.roles.get(&id) {
            content.name = content.name.filter(|n| *n != role.name);
            content.position = content.position.filter(|p| *p != role.position);
        }
    }
    if content != RoleContent::default() {
        update(&app, &here, &id, &content).await?;
    }
    Ok(Json(shown(&here, &id)?))
}

/// Delete a role
///
/// Its members lose it.
#[utoipa::path(delete, path = "/servers/{sid}/roles/{rid}", params(
    ("sid" = String, Path, description = "The server"),
    ("rid" = String, Path, description = "The role"),
), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `not_found`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn delete(State(app): State<App>, auth: Auth, Path((sid, rid)): Path<(String, String)>) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    let id = find(&here, &rid)?;
    let draft = Draft { target: Some(id.to_string()), ..here.draft("role.delete", &serde_json::json!({}))? };
    here.act(&app, draft).await?;
    Ok(StatusCode::NO_CONTENT)
}
