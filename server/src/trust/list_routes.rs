//! `/trust/block-list` and `/trust/block-lists`: for the admins of the instance.

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use conntext_federation::block_list::BlockListFields;
use conntext_federation::canonical;
use conntext_federation::signed::Body as _;

use super::types::ListPreview;
use super::{lists, routes};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Admin, Json, Path, Routes, routes};

/// The longest file in bytes: a list and the keys that prove it, perhaps with blanks between.
const MAX_FILE: usize = 2 * BlockListFields::MAX_BYTES;

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(own))
        .routes(routes!(look).layer(DefaultBodyLimit::max(MAX_FILE)))
        .routes(routes!(take).layer(DefaultBodyLimit::max(MAX_FILE)))
        .routes(routes!(let_go))
}

/// This instance's list of blocked instances
///
/// A signed file that other instances can take over. For admins of the instance.
#[utoipa::path(get, path = "/trust/block-list", responses(
    (status = 200, content_type = "application/json", body = Object),
    (status = 403, description = "`forbidden`", body = Problem),
))]
async fn own(State(app): State<App>, Admin(_admin): Admin) -> Result<Response> {
    let mut response = Response::new(Body::from(canonical::to_vec(&lists::own(&app)?)?));
    let name = format!("attachment; filename=\"block-list-{}.json\"", app.domain.host());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(Problem::internal)?);
    Ok(response)
}

/// What taking a list over would change
///
/// The body is the file. Nothing is changed. For admins of the instance.
#[utoipa::path(post, path = "/trust/block-lists/preview", request_body(content = Object, content_type = "application/json"),
    responses(
    (status = 200, body = ListPreview),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 413, body = Problem),
    (status = 422, description = "`invalid`: no list, not signed by whom it names, or older than the one before", body = Problem),
))]
async fn look(State(app): State<App>, Admin(_admin): Admin, body: Bytes) -> Result<Json<ListPreview>> {
    Ok(Json(lists::look(&app, &body).await?))
}

/// Take a list over
///
/// The body is the file. Rules from an older list of the same instance go. For admins of the instance.
#[utoipa::path(post, path = "/trust/block-lists", request_body(content = Object, content_type = "application/json"),
    responses(
    (status = 200, body = ListPreview),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 413, body = Problem),
    (status = 422, description = "`invalid`: no list, not signed by whom it names, or older than the one before", body = Problem),
))]
async fn take(State(app): State<App>, Admin(_admin): Admin, body: Bytes) -> Result<Json<ListPreview>> {
    let taken = lists::take(&app, &body).await?;
    routes::done(&app).await?;
    Ok(Json(taken))
}

/// Let a list go
///
/// All rules that came from it go, too. For admins of the instance.
#[utoipa::path(delete, path = "/trust/block-lists/{domain}",
    params(("domain" = String, Path, description = "Whose list it is")), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`not_found`", body = Problem),
))]
async fn let_go(State(app): State<App>, Admin(_admin): Admin, Path(domain): Path<String>) -> Result<StatusCode> {
    lists::let_go(&app, &domain).await?;
    routes::done(&app).await
}
