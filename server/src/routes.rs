//! The flat list of every room's router.

use axum::Router;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::http;

/// The client API's rooms, below `/api/v1`.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

/// The API's document, as the rooms' routes describe it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    OpenApiRouter::with_openapi(http::docs::ApiDoc::openapi()).nest("/api/v1", api()).into_openapi()
}

/// The whole HTTP service of an instance.
pub fn router(app: &App) -> Router {
    let (api, document) =
        OpenApiRouter::with_openapi(http::docs::ApiDoc::openapi()).nest("/api/v1", api()).split_for_parts();
    let all = api.merge(http::docs::router(document)).merge(http::health::router()).fallback(http::web::serve);
    http::layers(all, app).with_state(app.clone())
}
