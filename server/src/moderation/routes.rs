//! Kicks and bans.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::content::AuditNote;
use conntext_federation::hub::Draft;
use conntext_federation::ids::{Actor, ChannelId};
use conntext_federation::perms::Perms;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store;
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::members;
use crate::profiles::User;
use crate::servers::{Here, text};

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(kick)).routes(routes!(bans)).routes(routes!(ban, unban))
}

/// Why somebody is sent away. Moderators can read it.
#[derive(Default, Deserialize, ToSchema)]
pub struct Reason {
    #[serde(default)]
    reason: Option<String>,
}

/// The reason in a body that may be missing.
fn reason(body: &Bytes) -> Result<String> {
    if body.is_empty() {
        return Ok(String::new());
    }
    let sent: Reason = serde_json::from_slice(body)
        .map_err(|_| Problem::new("bad_json").detail("Send {\"reason\": \"…\"} or nothing."))?;
    text::description("reason", &sent.reason.unwrap_or_default(), text::MAX_REASON)
}

fn unknown() -> Problem {
    Problem::not_found().detail("They are not a member of this community.")
}

/// Does it and notes why.
async fn act(app: &App, here: &Here, kind: &str, target: &Actor, why: String) -> Result<()> {
    let act = Draft { target: Some(target.to_string()), ..here.draft(kind, &serde_json::json!({}))? };
    here.act(app, act).await?;
    if !why.is_empty() {
        let note = AuditNote { about: kind.to_owned(), reason: why };
        let draft = Draft {
            channel: Some(ChannelId::staff(&here.log.sid)),
            target: Some(target.to_string()),
            ..here.draft("audit.note", &note)?
        };
        here.act(app, draft).await?;
    }
    Ok(())
}

/// Kick a member
///
/// They can come back with an invitation.
#[utoipa::path(delete, path = "/servers/{sid}/members/{actor}", request_body = Option<Reason>, params(
    ("sid" = String, Path, description = "The server"),
    ("actor" = String, Path, description = "The member"),
), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `not_found`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn kick(
    State(app): State<App>,
    auth: Auth,
    Path((sid, actor)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    let why = reason(&body)?;
    let target: Actor = actor.parse().map_err(|_| unknown())?;
    if !here.log.state().members.contains_key(&target) {
        return Err(unknown());
    }
    act(&app, &here, "member.kick", &target, why).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody who may not come back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ban {
    user: User,
    /// Why; empty when nobody said.
    reason: String,
    /// Who banned them.
    by: String,
    /// Milliseconds since 1970.
    at: i64,
}

/// Those who may not come back.
#[derive(Serialize, ToSchema)]
pub struct Bans {
    /// The newest first.
    bans: Vec<Ban>,
}

/// List bans
#[utoipa::path(get, path = "/servers/{sid}/bans", params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Bans),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
))]
async fn bans(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<Bans>> {
    let here = Here::find(&app, &auth, &sid)?;
    here.require(Perms::BAN)?;
    let mut banned: Vec<(Actor, conntext_federation::state::Ban)> =
        here.log.state().bans.iter().map(|(actor, ban)| (actor.clone(), ban.clone())).collect();
    banned.sort_by_key(|(_, ban)| std::cmp::Reverse(ban.at));
    let actors: Vec<Actor> = banned.iter().map(|(actor, _)| actor.clone()).collect();
    let mut read = app.db.read().await?;
    let users = members::users(&mut read, &here.log, &actors).await?;
    let mut bans = Vec::with_capacity(banned.len());
    for (user, (actor, ban)) in users.into_iter().zip(banned) {
        let reason = store::reason(&mut read, here.log.id, "member.ban", actor.as_str()).await?.unwrap_or_default();
        bans.push(Ban { user, reason, by: ban.by.to_string(), at: ban.at });
    }
    Ok(Json(Bans { bans }))
}

/// Ban somebody
///
/// Whether they are a member now or not: they cannot come back until the ban is lifted.
#[utoipa::path(put, path = "/servers/{sid}/bans/{actor}", request_body = Option<Reason>, params(
    ("sid" = String, Path, description = "The server"),
    ("actor" = String, Path, description = "Who"),
), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `not_found`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn ban(
    State(app): State<App>,
    auth: Auth,
    Path((sid, actor)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    let why = reason(&body)?;
    let target: Actor = actor.parse().map_err(|_| unknown())?;
    act(&app, &here, "member.ban", &target, why).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lift a ban
#[utoipa::path(delete, path = "/servers/{sid}/bans/{actor}", params(
    ("sid" = String, Path, description = "The server"),
    ("actor" = String, Path, description = "Who"),
), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `not_found`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn unban(State(app): State<App>, auth: Auth, Path((sid, actor)): Path<(String, String)>) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    here.require(Perms::BAN)?;
    let target = actor.parse::<Actor>().ok().filter(|a| here.log.state().bans.contains_key(a));
    let target = target.ok_or_else(|| Problem::not_found().detail("They are not banned."))?;
    act(&app, &here, "member.unban", &target, String::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}
