//! `/me/exports`

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use data_encoding::BASE32_NOPAD;
use serde::Serialize;
use utoipa::ToSchema;

use super::day::Moment;
use super::store::{self, ExportRow};
use super::worker;
use crate::App;
use crate::accounts;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::media::{blobs, serve};

const DAY_MS: i64 = 86_400_000;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list, begin)).routes(routes!(remove)).routes(routes!(archive))
}

/// How an archive stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportState {
    /// Others come first.
    Queued,
    /// It is being made.
    Running,
    /// It can be downloaded.
    Ready,
    /// It could not be made.
    Failed,
    /// Its time is over, or there is a newer one: it is erased.
    Expired,
}

/// An archive of the person's data.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Export {
    /// Its id.
    id: String,
    /// How it stands.
    state: ExportState,
    /// Steps that are done.
    done: u64,
    /// Steps there are; 0 while nobody knows.
    total: u64,
    /// Bytes of the file; none until it is ready.
    #[schema(required)]
    size: Option<u64>,
    /// Why it failed, a code such as `storage_full`.
    #[schema(required)]
    code: Option<String>,
    /// Milliseconds since 1970.
    created_at: i64,
    /// Until when it can be downloaded, milliseconds since 1970; none until it is ready.
    #[schema(required)]
    expires_at: Option<i64>,
}

/// The person's archives.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Exports {
    /// The newest first.
    exports: Vec<Export>,
}

impl From<ExportRow> for Export {
    fn from(row: ExportRow) -> Self {
        let state = match row.state.as_str() {
            "queued" => ExportState::Queued,
            "running" => ExportState::Running,
            "ready" => ExportState::Ready,
            "expired" => ExportState::Expired,
            _ => ExportState::Failed,
        };
        Self {
            id: row.id,
            state,
            done: row.done,
            total: row.total,
            size: (row.size > 0).then_some(row.size),
            code: row.code,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

fn none() -> Problem {
    Problem::not_found().detail("That archive is not there, or it was deleted.")
}

/// The archives of one's data
#[utoipa::path(get, path = "/me/exports", responses((status = 200, body = Exports)))]
async fn list(State(app): State<App>, auth: Auth) -> Result<Json<Exports>> {
    let rows = store::list(&mut app.db.read().await?, &auth.account).await?;
    Ok(Json(Exports { exports: rows.into_iter().map(Export::from).collect() }))
}

/// Make an archive of one's data
///
/// It is made in the background; an earlier one is erased when it is ready.
#[utoipa::path(post, path = "/me/exports", responses(
    (status = 201, body = Export),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`export_running`: one is being made already", body = Problem),
    (status = 429, description = "`rate`: as many as there may be in a day", body = Problem),
))]
async fn begin(State(app): State<App>, auth: Auth) -> Result<(StatusCode, Json<Export>)> {
    let now = app.clock.now_ms();
    let id = format!("exp_{}", BASE32_NOPAD.encode(&app.rng.bytes::<15>()).to_lowercase());
    let mut tx = app.db.begin().await?;
    factors::require_proof(&app, &mut tx, &auth).await?;
    if store::unfinished(&mut tx, &auth.account).await? {
        return Err(Problem::new("export_running").detail("Wait until it is ready, or cancel it."));
    }
    let asked = store::asked_since(&mut tx, &auth.account, now - DAY_MS).await?;
    let most = usize::try_from(app.config.exports.per_day).unwrap_or(0);
    if asked.len() >= most {
        let first = asked.get(asked.len() - most).or(asked.last()).copied().unwrap_or(now);
        let wait = u64::try_from(first + DAY_MS - now).unwrap_or(0);
        return Err(Problem::rate(wait).detail(format!("At most {most} archives are made in a day. Try again later.")));
    }
    store::insert(&mut tx, &id, &auth.account, now).await?;
    let row = store::one(&mut tx, &auth.account, &id).await?.ok_or_else(none)?;
    tx.commit().await?;
    app.exports.wake();
    tracing::info!(account = %auth.account, id, "an archive of somebody's data is asked for");
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Cancel or delete an archive
#[utoipa::path(delete, path = "/me/exports/{id}", params(("id" = String, Path, description = "The archive")), responses(
    (status = 204),
    (status = 404, body = Problem),
))]
async fn remove(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> Result<StatusCode> {
    let mut tx = app.db.begin().await?;
    if !store::remove(&mut tx, &auth.account, &id).await? {
        return Err(none());
    }
    tx.commit().await?;
    if let Err(e) = tokio::fs::remove_file(worker::path(&app, &id)).await
        && e.kind() != std::io::ErrorKind::NotFound
    {
        return Err(blobs::disk(e));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Download an archive
///
/// Parts are given by `Range`, so that a download that broke off goes on; `If-Range` with the `ETag` makes sure that it is of
/// the same archive.
#[utoipa::path(get, path = "/me/exports/{id}/archive", params(("id" = String, Path, description = "The archive")), responses(
    (status = 200, content_type = "application/zip", body = Vec<u8>),
    (status = 206, content_type = "application/zip", body = Vec<u8>),
    (status = 404, body = Problem),
    (status = 409, description = "`export_running`: it is not ready", body = Problem),
    (status = 410, description = "`gone`: its time is over", body = Problem),
    (status = 416, description = "`range`", body = Problem),
))]
async fn archive(State(app): State<App>, auth: Auth, Path(id): Path<String>, headers: HeaderMap) -> Result<Response> {
    let mut read = app.db.read().await?;
    let row = store::one(&mut read, &auth.account, &id).await?.ok_or_else(none)?;
    let account = accounts::by_id(&mut read, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    drop(read);
    let over = row.expires_at.is_some_and(|at| at <= app.clock.now_ms());
    match row.state.as_str() {
        "queued" | "running" => return Err(Problem::new("export_running").detail("Wait until it is ready.")),
        "ready" if !over => {}
        "failed" => return Err(none()),
        _ => return Err(Problem::new("gone").detail("This archive was erased. Make a new one.")),
    }
    let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
    let mut out = HeaderMap::new();
    // The bytes behind an id never change.
    out.insert(header::ETAG, value(&format!("\"{id}\""))?);
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let name = format!("conntext-{}-{}.zip", account.handle, Moment::of(row.created_at).date());
    out.insert(header::CONTENT_DISPOSITION, value(&serve::disposition("application/zip", &name))?);
    serve::file(&worker::path(&app, &id), out, &headers).await
}
