//! `/servers/{sid}/invites`.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::content::{ChannelKind, InviteCreate};
use conntext_federation::hub::Draft;
use conntext_federation::ids::{Hash, RoleId};
use conntext_federation::perms::Perms;
use conntext_federation::state;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{code, store};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::servers::Here;

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(create, list)).routes(routes!(revoke))
}

/// An invitation to a server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invite {
    id: String,
    /// Only for whoever made it.
    #[schema(required)]
    code: Option<String>,
    /// The link; only for whoever made it.
    #[schema(required)]
    url: Option<String>,
    /// Where whoever accepts it lands.
    #[schema(required)]
    channel: Option<String>,
    /// Roles that whoever accepts it gets.
    roles: Vec<String>,
    /// Who made it.
    by: String,
    /// Milliseconds since 1970.
    created_at: i64,
    /// Milliseconds since 1970; none when it does not expire.
    #[schema(required)]
    expires_at: Option<i64>,
    /// How often it can be accepted; none for any number.
    #[schema(required)]
    max_uses: Option<u64>,
    uses: u64,
    revoked: bool,
}

/// Invitations.
#[derive(Serialize, ToSchema)]
pub struct Invites {
    /// The newest first.
    invites: Vec<Invite>,
}

/// A new invitation.
#[derive(Deserialize, ToSchema)]
pub struct CreateInvite {
    /// Seconds until it expires; none for never.
    #[serde(default)]
    expires_in_s: Option<i64>,
    /// How often it can be accepted; none for any number.
    #[serde(default)]
    max_uses: Option<u64>,
    /// Where whoever accepts it lands.
    #[serde(default)]
    channel: Option<String>,
    /// Roles that whoever accepts it gets.
    #[serde(default)]
    roles: Vec<String>,
}

/// Longest life of an invitation that expires, in seconds: a year.
const MAX_LIFE_S: i64 = 365 * 86_400;
/// Largest number of uses.
const MAX_USES: u64 = 100_000;

fn check(app: &App, here: &Here, asked: &CreateInvite) -> Result<InviteCreate> {
    if asked.expires_in_s.is_some_and(|s| !(1..=MAX_LIFE_S).contains(&s)) {
        return Err(Problem::invalid("expires_in_s", "out_of_range", "An invitation lasts from a second to a year."));
    }
    if asked.max_uses.is_some_and(|n| !(1..=MAX_USES).contains(&n)) {
        return Err(Problem::invalid("max_uses", "out_of_range", format!("From 1 to {MAX_USES} uses are possible.")));
    }
    let channel = asked.channel.as_deref().map(|c| here.channel(c)).transpose()?;
    let state = here.log.state();
    if channel.as_ref().and_then(|c| state.channels.get(c)).is_some_and(|c| c.kind != ChannelKind::Text) {
        return Err(Problem::invalid(
            "channel",
            "no_text_channel",
            "An invitation leads to a channel, not a category.",
        ));
    }
    let mut roles: Vec<RoleId> = Vec::new();
    for role in &asked.roles {
        let id: Option<RoleId> = role.parse().ok().filter(|id| state.roles.contains_key(id) && *id != state.everyone);
        let id = id.ok_or_else(|| Problem::invalid("roles", "unknown_role", "One of these roles does not exist."))?;
        if !roles.contains(&id) {
            roles.push(id);
        }
    }
    let expires_at = asked.expires_in_s.map(|s| app.clock.now_ms() + s * 1000);
    Ok(InviteCreate { channel, roles, expires_at, max_uses: asked.max_uses })
}

/// The link of an invitation: it leads to where the server lives.
fn link(app: &App, here: &Here, code: &str) -> String {
    if here.log.hub_here() {
        return format!("{}/invite/{code}", app.config.public_url());
    }
    let domain = here.log.hub_domain();
    let dev = conntext_federation::domain::Domain::parse_normal(&domain, true).is_ok_and(|d| d.is_dev());
    format!("{}://{domain}/invite/{code}", if dev { "http" } else { "https" })
}

fn shown(app: &App, here: &Here, id: &Hash, invite: &state::Invite, code: Option<String>) -> Invite {
    Invite {
        id: id.to_string(),
        url: code.as_deref().map(|code| link(app, here, code)),
        code,
        channel: invite.channel.as_ref().map(ToString::to_string),
        roles: invite.roles.iter().map(ToString::to_string).collect(),
        by: invite.by.to_string(),
        created_at: invite.created_at,
        expires_at: invite.expires_at,
        max_uses: invite.max_uses,
        uses: invite.uses,
        revoked: invite.revoked,
    }
}

/// Make an invitation
#[utoipa::path(post, path = "/servers/{sid}/invites", request_body = CreateInvite,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 201, body = Invite),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `unknown_channel`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn create(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(asked): Json<CreateInvite>,
) -> Result<(StatusCode, Json<Invite>)> {
    let here = Here::find(&app, &auth, &sid)?;
    here.require(Perms::INVITE)?;
    let content = check(&app, &here, &asked)?;
    let code = code::new(&*app.rng);
    let hash = code::hash(&code);
    let sealed = app
        .keys
        .seal
        .close(&*app.rng, &hash.to_string(), code.as_bytes())
        .ok_or_else(|| Problem::internal("an invitation's code could not be sealed"))?;
    // The code first: an invitation in the log whose code is lost could not be used or shown.
    let mut tx = app.db.begin().await?;
    store::put(&mut tx, here.log.id, &hash, &sealed, &auth.uid).await?;
    tx.commit().await?;
    let draft = Draft { target: Some(hash.to_string()), ..here.draft("invite.create", &content)? };
    if let Err(problem) = here.act(&app, draft).await {
        let mut tx = app.db.begin().await?;
        store::drop_one(&mut tx, here.log.id, &hash).await?;
        tx.commit().await?;
        return Err(problem);
    }
    let made = here.log.state().invites.get(&hash).cloned();
    let made = made.unwrap_or_else(|| state::Invite {
        by: here.actor.clone(),
        channel: content.channel,
        roles: content.roles,
        created_at: app.clock.now_ms(),
        expires_at: content.expires_at,
        max_uses: content.max_uses,
        uses: 0,
        revoked: false,
    });
    Ok((StatusCode::CREATED, Json(shown(&app, &here, &hash, &made, Some(code)))))
}

/// List invitations
///
/// All of them for those who may manage invitations; one's own for everybody else.
#[utoipa::path(get, path = "/servers/{sid}/invites", params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = Invites),
    (status = 404, description = "`unknown_server`", body = Problem),
))]
async fn list(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<Invites>> {
    let here = Here::find(&app, &auth, &sid)?;
    let every = here.perms().has(Perms::MANAGE_INVITES);
    let mut read = app.db.read().await?;
    let sealed = store::of_maker(&mut read, here.log.id, &auth.uid).await?;
    drop(read);
    let codes: HashMap<Hash, String> = sealed
        .into_iter()
        .filter_map(|(hash, sealed)| {
            let code = app.keys.seal.open(&hash.to_string(), &sealed)?;
            Some((hash, String::from_utf8(code).ok()?))
        })
        .collect();
    let mut invites: Vec<Invite> = {
        let state = here.log.state();
        state
            .invites
            .iter()
            .filter(|(_, invite)| every || invite.by == here.actor)
            .map(|(hash, invite)| shown(&app, &here, hash, invite, codes.get(hash).cloned()))
            .collect()
    };
    invites.sort_by_key(|invite| std::cmp::Reverse(invite.created_at));
    Ok(Json(Invites { invites }))
}

/// Revoke an invitation
#[utoipa::path(delete, path = "/servers/{sid}/invites/{id}", params(
    ("sid" = String, Path, description = "The server"),
    ("id" = String, Path, description = "The invitation"),
), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`unknown_server`, `not_found`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn revoke(State(app): State<App>, auth: Auth, Path((sid, id)): Path<(String, String)>) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    let every = here.perms().has(Perms::MANAGE_INVITES);
    let unknown = || Problem::not_found().detail("There is no such invitation.");
    let hash: Hash = id.parse().map_err(|_| unknown())?;
    let revoked = {
        let state = here.log.state();
        // Who does not see it in the list does not learn that it exists.
        let invite = state.invites.get(&hash).filter(|i| every || i.by == here.actor).ok_or_else(unknown)?;
        invite.revoked
    };
    if !revoked {
        let draft = Draft { target: Some(hash.to_string()), ..here.draft("invite.revoke", &serde_json::json!({}))? };
        here.act(&app, draft).await?;
    }
    let mut tx = app.db.begin().await?;
    store::drop_one(&mut tx, here.log.id, &hash).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
