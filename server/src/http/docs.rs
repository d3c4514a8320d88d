//! The API's description, as a document and as a page.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::App;
use crate::error::Problem;

/// The frame of the document; the rooms' routes add themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "ConnText client API",
        description = "Everything that the web client does. Errors are `application/problem+json` with stable codes.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")
    ),
    components(schemas(Problem)),
    modifiers(&Security),
    security(("cookie" = []), ("bearer" = []))
)]
pub(crate) struct ApiDoc;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "cookie",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(super::auth::COOKIE))),
        );
        components.add_security_scheme(
            "bearer",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        );
    }
}

/// Names each operation by its method and path: handlers of different rooms share names, operations must not.
pub(crate) fn name_operations(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let words: Vec<&str> =
            path.split(['/', '{', '}']).filter(|w| !w.is_empty() && *w != "api" && *w != "v1").collect();
        let methods = [
            ("get", &mut item.get),
            ("head", &mut item.head),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{}", words.join("_")));
            }
        }
    }
}

/// Serves the document, as a test holds it to the routes, and the page that shows it. Made anew it would stay in memory, some
/// MiB of it, for something that is asked for once in a year.
pub(crate) fn router() -> Router<App> {
    const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json"));
    Router::new()
        .route("/api/v1/openapi.json", get(|| asset("application/json", DOCUMENT)))
        .route("/api/docs", get(|| asset("text/html; charset=utf-8", include_str!("docs.html"))))
        .route("/api/docs.js", get(|| asset("text/javascript; charset=utf-8", include_str!("docs.js"))))
        .route("/api/docs.css", get(|| asset("text/css; charset=utf-8", include_str!("docs.css"))))
}

async fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
}
