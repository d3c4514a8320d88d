//! `/servers/{sid}/members`.

use axum::extract::State;
use conntext_federation::content::{MemberProfile, MemberUpdate};
use conntext_federation::hub::Draft;
use conntext_federation::ids::{Actor, RoleId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Member, Members, list, profile_routes};
use crate::App;
use crate::config::Config;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Query, Routes, routes};
use crate::servers::Here;

/// Routes of this room, below `/api/v1`.
pub fn router(config: &Config) -> Routes {
    Routes::new().routes(routes!(all)).routes(routes!(one, change)).merge(profile_routes::router(config))
}

/// Members of a page when nothing is said, and the most.
const PAGE: (usize, usize) = (100, 1000);

/// Which members to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListMembers {
    /// Where the page begins: the cursor of the page before.
    cursor: Option<String>,
    /// Members of a page, 1000 at most; 100 when absent.
    limit: Option<usize>,
    /// Part of a display name or of a name.
    q: Option<String>,
    /// Only those who may see this channel.
    channel: Option<String>,
}

/// List members
#[utoipa::path(get, path = "/servers/{sid}/members",
    params(("sid" = String, Path, description = "The server"), ListMembers), responses(
    (status = 200, body = Members),
    (status = 404, description = "`unknown_server`, `unknown_channel`", body = Problem),
))]
async fn all(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Query(asked): Query<ListMembers>,
) -> Result<Json<Members>> {
    let here = Here::find(&app, &auth, &sid)?;
    let channel = asked.channel.as_deref().map(|c| here.channel(c)).transpose()?;
    let limit = asked.limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
    let asked = list::Asked { cursor: asked.cursor, limit, q: asked.q, channel };
    Ok(Json(list::page(&app, &here, asked).await?))
}

fn unknown() -> Problem {
    Problem::not_found().detail("They are not a member of this community.")
}

/// Show a member
#[utoipa::path(get, path = "/servers/{sid}/members/{actor}", params(
    ("sid" = String, Path, description = "The server"),
    ("actor" = String, Path, description = "The member"),
), responses(
    (status = 200, body = Member),
    (status = 404, description = "`unknown_server`, `not_found`", body = Problem),
))]
async fn one(State(app): State<App>, auth: Auth, Path((sid, actor)): Path<(String, String)>) -> Result<Json<Member>> {
    let here = Here::find(&app, &auth, &sid)?;
    let actor: Actor = actor.parse().map_err(|_| unknown())?;
    Ok(Json(super::member(&app, &here.log, &actor).await?))
}

/// A change of a member; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct ChangeMember {
    /// All roles that they are to have.
    #[serde(default)]
    roles: Option<Vec<String>>,
    /// Whether they are shown by their usual name and picture, whatever they chose for this server.
    #[serde(default)]
    plain: Option<bool>,
}

/// Change a member
#[utoipa::path(patch, path = "/servers/{sid}/members/{actor}", request_body = ChangeMember, params(
    ("sid" = String, Path, description = "The server"),
    ("actor" = String, Path, description = "The member"),
), responses(
    (status = 200, body = Member),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `not_found`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn change(
    State(app): State<App>,
    auth: Auth,
    Path((sid, actor)): Path<(String, String)>,
    Json(asked): Json<ChangeMember>,
) -> Result<Json<Member>> {
    let here = Here::find(&app, &auth, &sid)?;
    let actor: Actor = actor.parse().map_err(|_| unknown())?;
    let update = {
        let state = here.log.state();
        let member = state.members.get(&actor).ok_or_else(unknown)?;
        asked.roles.map(|names| roles(&state, &names)).transpose()?.filter(|new| {
            // The same roles again are no change.
            !(new.iter().all(|r| member.roles.contains(r)) && new.len() == member.roles.len())
        })
    };
    if let Some(roles) = update {
        let draft = Draft { target: Some(actor.to_string()), ..here.draft("member.update", &MemberUpdate { roles })? };
        here.act(&app, draft).await?;
    }
    let plain = here.log.state().members.get(&actor).map(|member| member.plain);
    if let Some(wanted) = asked.plain.filter(|wanted| Some(*wanted) != plain) {
        let content = MemberProfile { shown: !wanted };
        let draft = Draft { target: Some(actor.to_string()), ..here.draft("member.profile", &content)? };
        here.act(&app, draft).await?;
    }
    Ok(Json(super::member(&app, &here.log, &actor).await?))
}

/// Roles by their ids, each once, without the one that everyone has anyway.
fn roles(state: &conntext_federation::state::ServerState, names: &[String]) -> Result<Vec<RoleId>> {
    let mut roles = Vec::new();
    for name in names {
        let id: Option<RoleId> = name.parse().ok().filter(|id| state.roles.contains_key(id));
        let id = id.ok_or_else(|| Problem::invalid("roles", "unknown_role", "One of these roles does not exist."))?;
        if id != state.everyone && !roles.contains(&id) {
            roles.push(id);
        }
    }
    Ok(roles)
}
