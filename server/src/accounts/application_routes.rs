//! `/applications`: for the admins of the instance.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::applications;
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Admin, Json, Path, Routes, routes};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(accept, decline))
}

/// Somebody who asked for an account.
#[derive(Serialize, ToSchema)]
pub struct Application {
    id: String,
    handle: String,
    display_name: String,
    /// What the person said of themselves; may be empty.
    reason: String,
    /// Milliseconds since 1970.
    created_at: i64,
}

/// Those who wait, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct Applications {
    applications: Vec<Application>,
}

/// List applications
///
/// For admins of the instance.
#[utoipa::path(get, path = "/applications", responses(
    (status = 200, body = Applications),
    (status = 403, description = "`forbidden`", body = Problem),
))]
async fn list(State(app): State<App>, Admin(_admin): Admin) -> Result<Json<Applications>> {
    let applications = applications::all(&mut app.db.read().await?)
        .await?
        .into_iter()
        .map(|a| Application {
            id: a.id,
            handle: a.handle,
            display_name: a.display_name,
            reason: a.reason,
            created_at: a.created_at,
        })
        .collect();
    Ok(Json(Applications { applications }))
}

/// Let somebody in
///
/// Their account exists from now on, with the password that they chose.
#[utoipa::path(post, path = "/applications/{id}", params(("id" = String, Path, description = "The application's id")), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`not_found`: it was decided already", body = Problem),
))]
async fn accept(State(app): State<App>, Admin(_admin): Admin, Path(id): Path<String>) -> Result<StatusCode> {
    applications::accept(&app, &id).await?;
    super::tell_admins(&app).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Turn somebody down
///
/// Nothing of them is kept.
#[utoipa::path(delete, path = "/applications/{id}", params(("id" = String, Path, description = "The application's id")), responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`not_found`: it was decided already", body = Problem),
))]
async fn decline(State(app): State<App>, Admin(_admin): Admin, Path(id): Path<String>) -> Result<StatusCode> {
    applications::decline(&app, &id).await?;
    super::tell_admins(&app).await;
    Ok(StatusCode::NO_CONTENT)
}
