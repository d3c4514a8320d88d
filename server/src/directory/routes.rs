//! `/directory` and `/peers`.

use std::sync::Arc;

use axum::extract::State;
use conntext_federation::domain::Domain;
use conntext_federation::ids::ServerId;
use conntext_federation::invite_card::Card;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::peer::{self, Listing};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Query, Routes, routes};
use crate::peers::{self, JoinHow};
use crate::servers::{self, Server};

/// For how long the directory of another instance is not asked for again, milliseconds.
const FRESH_MS: i64 = 5 * 60_000;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(join)).routes(routes!(known))
}

/// Which directory to show.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AskDirectory {
    /// The instance; this one when absent.
    domain: Option<String>,
}

/// A public server.
#[derive(Debug, Serialize, ToSchema)]
pub struct DirectoryEntry {
    id: String,
    /// Where it lives.
    domain: String,
    name: String,
    description: String,
    /// Path of the picture on this instance; none when it has none.
    #[schema(required)]
    icon: Option<String>,
    member_count: u64,
    /// The asker is a member.
    joined: bool,
}

/// The public servers of an instance.
#[derive(Serialize, ToSchema)]
pub struct Directory {
    /// The largest first.
    servers: Vec<DirectoryEntry>,
    domain: String,
    /// How old the list is; milliseconds since 1970.
    fetched_at: i64,
}

/// Cards of another instance, each checked; what does not hold is left out.
async fn fetch(app: &App, domain: &Domain) -> Result<(i64, Arc<Vec<Card>>)> {
    let now = app.clock.now_ms();
    if let Some(kept) = app.cards.listing(domain).filter(|(at, _)| (now - FRESH_MS..=now).contains(at)) {
        return Ok(kept);
    }
    let listing: Listing = peers::get(app, domain, "/directory").await.map_err(|e| e.problem(domain))?;
    let mut cards: Vec<Card> =
        listing.servers.into_iter().take(peer::MAX_ENTRIES).filter_map(|value| Card::from_value(value).ok()).collect();
    if let Some(first) = cards.first() {
        let hub = peers::naming(app, domain, &first.sig().kid).await.map_err(|e| e.problem(domain))?;
        cards.retain(|card| card.verify(&hub.doc, now).is_ok());
    }
    for card in &cards {
        app.cards.seen(card);
    }
    let kept = (now, Arc::new(cards));
    app.cards.keep(domain.clone(), kept.clone());
    Ok(kept)
}

/// List public servers
///
/// Of this instance, or of another one that this instance speaks with.
#[utoipa::path(get, path = "/directory", params(AskDirectory), responses(
    (status = 200, body = Directory),
    (status = 403, description = "`blocked` with the domain", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn list(State(app): State<App>, auth: Auth, Query(asked): Query<AskDirectory>) -> Result<Json<Directory>> {
    let actor = servers::actor(&auth)?;
    let domain = match asked.domain.as_deref().map(str::trim).filter(|d| !d.is_empty()) {
        Some(text) => servers::parse_domain(&app, text)?,
        None => app.domain.clone(),
    };
    let (fetched_at, cards) = if domain == app.domain {
        (app.clock.now_ms(), Arc::new(peer::own(&app)?))
    } else {
        fetch(&app, &domain).await?
    };
    let servers = cards
        .iter()
        .map(|card| DirectoryEntry {
            id: card.sid.to_string(),
            domain: domain.to_string(),
            name: card.name.clone(),
            description: card.description.clone(),
            icon: card.icon.as_ref().map(|icon| servers::icon_path(&card.sid, &icon.mid)),
            member_count: card.member_count,
            joined: app.log.get(&card.sid).is_some_and(|log| log.state().members.contains_key(&actor)),
        })
        .collect();
    Ok(Json(Directory { servers, domain: domain.to_string(), fetched_at }))
}

/// Join a public server
#[utoipa::path(post, path = "/directory/{domain}/{sid}/join", params(
    ("domain" = String, Path, description = "Where the server lives"),
    ("sid" = String, Path, description = "The server"),
), responses(
    (status = 200, body = Server),
    (status = 403, description = "`banned`, `invite_required`, `blocked` with the domain", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn join(State(app): State<App>, auth: Auth, Path((domain, sid)): Path<(String, String)>) -> Result<Json<Server>> {
    let domain = servers::parse_domain(&app, &domain)?;
    let unknown = || servers::unknown_server().detail("There is no such public community.");
    let sid: ServerId = sid.parse().map_err(|_| unknown())?;
    if domain != app.domain {
        return servers::join_elsewhere(&app, &auth, &domain, JoinHow::Public(sid)).await.map(Json);
    }
    let actor = servers::actor(&auth)?;
    // A server that is not public is told apart from none by nobody.
    let log = app.log.get(&sid).filter(|log| {
        let state = log.state();
        log.hub_here() && !state.info.deleted && (state.info.public || state.members.contains_key(&actor))
    });
    let log = log.ok_or_else(unknown)?;
    servers::join(&app, &log, &actor, None).await?;
    Ok(Json(servers::view(&app, &log, &actor).await?))
}

/// An instance that this one has met.
#[derive(Serialize, ToSchema)]
pub struct KnownPeer {
    domain: String,
    /// It answered last time.
    reachable: bool,
}

/// Instances that this one has met.
#[derive(Serialize, ToSchema)]
pub struct KnownPeers {
    peers: Vec<KnownPeer>,
}

/// List known instances
#[utoipa::path(get, path = "/peers", responses((status = 200, body = KnownPeers)))]
async fn known(State(app): State<App>, _auth: Auth) -> Result<Json<KnownPeers>> {
    let mut peers: Vec<KnownPeer> = peers::known(&app)
        .await?
        .into_iter()
        .filter(|peer| peer.refused.is_none())
        .map(|peer| KnownPeer { domain: peer.domain.to_string(), reachable: peer.reachable })
        .collect();
    peers.sort_by(|a, b| a.domain.cmp(&b.domain));
    Ok(Json(KnownPeers { peers }))
}
