//! `/invites/{domain}/{code}`: what an invitation leads to, and accepting it.

use axum::extract::State;
use conntext_federation::domain::Domain;
use conntext_federation::ids::Actor;
use conntext_federation::invite_card::Card;
use serde::Serialize;
use utoipa::ToSchema;

use super::{code, peer};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Client, Json, MaybeAuth, Path, Routes, routes};
use crate::log::LogError;
use crate::peers::{self, JoinHow};
use crate::servers::{self, Server};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(preview)).routes(routes!(accept))
}

/// What an invitation leads to.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitePreview {
    /// Where the server lives.
    domain: String,
    code: String,
    server: InvitedServer,
    /// The channel that it leads to.
    #[schema(required)]
    channel_name: Option<String>,
    /// Who invites.
    #[schema(required)]
    inviter: Option<InviterName>,
    /// Milliseconds since 1970; none when it does not expire.
    #[schema(required)]
    expires_at: Option<i64>,
    already_member: bool,
    /// The signature of the instance where the server lives was checked.
    verified: bool,
}

/// A server as an invitation shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitedServer {
    id: String,
    name: String,
    description: String,
    /// Path of the picture on this instance; none when it has none.
    #[schema(required)]
    icon: Option<String>,
    member_count: u64,
}

/// Who invites.
#[derive(Debug, Serialize, ToSchema)]
pub struct InviterName {
    display_name: String,
    handle: String,
    domain: String,
}

fn unknown() -> Problem {
    servers::refused(LogError::Rejected(conntext_federation::Code::InviteUnknown))
}

/// Charges an address for an invitation that does not exist, so that nobody finds one by trying.
fn charge(app: &App, client: Client, problem: Problem) -> Problem {
    if problem.code == "invite_unknown" {
        // Two tries in flight may both have looked: the later charge then only finds the bucket empty.
        let _ = app.server_guard.invite.take(client.limit_key(), app.clock.now_ms());
    }
    problem
}

/// The card from where the server lives now, checked, with that domain: the invitation may name the hub before.
async fn fetch(app: &App, domain: &Domain, code: &str) -> Result<(Domain, Card)> {
    let hash = code::hash(code);
    let went = if *domain == app.domain { peers::moved::of_invite(app, &hash).await? } else { None };
    let mut at = went.unwrap_or_else(|| domain.clone());
    if at == app.domain {
        let log = peer::find(app, &hash).map_err(|code| servers::refused(LogError::Rejected(code)))?;
        return Ok((at, peer::card(app, &log, &hash).await?));
    }
    let ask = async |at: &Domain| peers::get::<Card>(app, at, &format!("/invites/{hash}")).await;
    let mut asked = ask(&at).await;
    if let Some(went) = asked.as_ref().err().and_then(peers::moved::named) {
        if went == app.domain {
            let log = peer::find(app, &hash).map_err(|code| servers::refused(LogError::Rejected(code)))?;
            return Ok((went, peer::card(app, &log, &hash).await?));
        }
        (asked, at) = (ask(&went).await, went);
    }
    let card = asked.map_err(|e| e.problem(&at))?;
    let hub = peers::naming(app, &at, &card.sig().kid).await.map_err(|e| e.problem(&at))?;
    card.verify(&hub.doc, app.clock.now_ms())
        .map_err(|code| peers::CallError::Answer(code.to_string()).problem(&at))?;
    app.cards.seen(&card);
    Ok((at, card))
}

fn is_member(app: &App, auth: Option<&Auth>, card: &Card) -> bool {
    let actor: Option<Actor> = auth.and_then(|auth| servers::actor(auth).ok());
    actor.zip(app.log.get(&card.sid)).is_some_and(|(actor, log)| log.state().members.contains_key(&actor))
}

/// Preview an invitation
///
/// Without a session for servers of this instance: the link is opened by people who are at home elsewhere.
#[utoipa::path(get, path = "/invites/{domain}/{code}", security(()), params(
    ("domain" = String, Path, description = "Where the server lives"),
    ("code" = String, Path, description = "The code"),
), responses(
    (status = 200, body = InvitePreview),
    (status = 401, description = "`not_signed_in`, for servers of other instances", body = Problem),
    (status = 403, description = "`blocked` with the domain", body = Problem),
    (status = 404, description = "`invite_unknown`", body = Problem),
    (status = 410, description = "`invite_expired`, `invite_spent`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn preview(
    State(app): State<App>,
    client: Client,
    MaybeAuth(auth): MaybeAuth,
    Path((domain, code)): Path<(String, String)>,
) -> Result<Json<InvitePreview>> {
    let domain = servers::parse_domain(&app, &domain)?;
    if domain != app.domain && auth.is_none() {
        return Err(Problem::not_signed_in());
    }
    app.server_guard.invite.look(&client.limit_key(), app.clock.now_ms())?;
    let code = code::parse(&code).ok_or_else(unknown).map_err(|p| charge(&app, client, p))?;
    let (domain, card) = fetch(&app, &domain, &code).await.map_err(|p| charge(&app, client, p))?;
    Ok(Json(InvitePreview {
        already_member: is_member(&app, auth.as_ref(), &card),
        domain: domain.to_string(),
        code,
        server: InvitedServer {
            id: card.sid.to_string(),
            name: card.name.clone(),
            description: card.description.clone(),
            icon: card.icon.as_ref().map(|icon| servers::icon_path(&card.sid, &icon.mid)),
            member_count: card.member_count,
        },
        channel_name: card.channel_name.clone(),
        inviter: card.inviter.as_ref().map(|i| InviterName {
            display_name: i.display_name.clone(),
            handle: i.handle.clone(),
            domain: i.domain.to_string(),
        }),
        expires_at: card.expires_at,
        verified: true,
    }))
}

/// Accept an invitation
///
/// Whoever is a member already gets the server, and the invitation keeps its uses.
#[utoipa::path(post, path = "/invites/{domain}/{code}/accept", params(
    ("domain" = String, Path, description = "Where the server lives"),
    ("code" = String, Path, description = "The code"),
), responses(
    (status = 200, body = Server),
    (status = 403, description = "`banned`, `blocked` with the domain", body = Problem),
    (status = 404, description = "`invite_unknown`", body = Problem),
    (status = 410, description = "`invite_expired`, `invite_spent`", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn accept(
    State(app): State<App>,
    client: Client,
    auth: Auth,
    Path((domain, code)): Path<(String, String)>,
) -> Result<Json<Server>> {
    let domain = servers::parse_domain(&app, &domain)?;
    app.server_guard.invite.look(&client.limit_key(), app.clock.now_ms())?;
    let code = code::parse(&code).ok_or_else(unknown).map_err(|p| charge(&app, client, p))?;
    let joined = enter(&app, &auth, &domain, &code).await;
    joined.map(Json).map_err(|p| charge(&app, client, p))
}

async fn enter(app: &App, auth: &Auth, domain: &Domain, code: &str) -> Result<Server> {
    let actor = servers::actor(auth)?;
    let hash = code::hash(code);
    // Members come in by any invitation of their server, also a used-up one: they are in.
    let mine = app.log.all().into_iter().find(|log| {
        let state = log.state();
        !state.info.deleted && state.invites.contains_key(&hash) && state.members.contains_key(&actor)
    });
    if let Some(log) = mine {
        servers::come_back(app, &log, &actor).await?;
        return servers::view(app, &log, &actor).await;
    }
    let went = if *domain == app.domain { peers::moved::of_invite(app, &hash).await? } else { None };
    let domain = went.as_ref().unwrap_or(domain);
    let found = peer::find(app, &hash);
    // A community that came here has invitations that name its hub before.
    if *domain == app.domain || found.is_ok() {
        let log = found.map_err(|code| servers::refused(LogError::Rejected(code)))?;
        servers::join(app, &log, &actor, Some(hash)).await?;
        return servers::view(app, &log, &actor).await;
    }
    servers::join_elsewhere(app, auth, domain, JoinHow::Code(code.to_owned())).await
}
