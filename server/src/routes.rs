//! The flat list of every room's router.

use axum::Router;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use crate::config::Config;
use crate::http::Routes;
use crate::{
    App, accounts, channels, deletion, directory, erasure, export, factors, gateway, handover, http, invites, media,
    members, messages, moderation, moving, oidc, peers, profiles, reactions, reading, roles, servers, sessions,
    settings, takeover, trust, typing, uploads,
};

/// The client API's rooms, below `/api/v1`.
fn api(config: &Config) -> Routes {
    Routes::new()
        .merge(accounts::router())
        .merge(sessions::router())
        .merge(factors::router())
        .merge(oidc::router())
        .merge(profiles::router(config))
        .merge(profiles::own_key::router())
        .merge(profiles::hosting::router())
        .merge(settings::router())
        .merge(export::router())
        .merge(servers::router(config))
        .merge(channels::router())
        .merge(roles::router())
        .merge(members::router(config))
        .merge(moderation::router())
        .merge(invites::router())
        .merge(directory::router())
        .merge(trust::router())
        .merge(reading::router())
        .merge(messages::router())
        .merge(reactions::router())
        .merge(typing::router())
        .merge(gateway::router())
        .merge(uploads::router())
        .merge(media::router())
        .merge(erasure::router())
        .merge(deletion::router())
        .merge(moving::router())
        .merge(handover::router())
        .merge(takeover::router())
}

/// What rooms answer to other instances, below `/federation/v1`.
fn peer_api() -> Router<App> {
    Router::new()
        .merge(profiles::exchange::peer_router())
        .merge(profiles::hosting::peer_router())
        .merge(servers::peer_router())
        .merge(invites::peer_router())
        .merge(directory::peer_router())
        .merge(media::peer_router())
        .merge(erasure::peer_router())
        .merge(deletion::peer_router())
        .merge(moving::peer_router())
        .merge(handover::peer_router())
        .merge(takeover::peer_router())
}

/// The API's document, as the rooms' routes describe it.
pub fn openapi(config: &Config) -> utoipa::openapi::OpenApi {
    let mut document = OpenApiRouter::with_openapi(http::docs::ApiDoc::openapi())
        .nest("/api/v1", api(config).describe())
        .into_openapi();
    http::docs::name_operations(&mut document);
    document
}

/// The whole HTTP service of an instance.
pub fn router(app: &App) -> Router {
    // The document that is served stands in the repository.
    let all = Router::new()
        .nest("/api/v1", api(&app.config).into_router())
        .merge(http::docs::router())
        .merge(http::health::router())
        .merge(peers::router(app, peer_api()))
        .fallback_service(http::web::service());
    http::layers(all, app).with_state(app.clone())
}
