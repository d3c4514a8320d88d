//! `/uploads`: made with as much of the file as fits into one request, continued where it broke off.

use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use conntext_federation::perms::Perms;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use utoipa::{IntoParams, ToSchema};

use super::store::{self, PartRow, UploadRow};
use super::turns::Turn;
use super::{LIFE_MS, finish, parts};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Query, Routes, routes};
use crate::media::serve;
use crate::messages::place::{self, Place};

/// Longest name that is noted until the file is there, in characters.
const MAX_NAME: usize = 1000;

const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(create)).routes(routes!(preview, offset, append, cancel))
}

/// Where a file will go.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct For {
    /// The file's name.
    #[serde(default)]
    name: String,
    /// The community.
    sid: String,
    /// The channel.
    channel: String,
    /// Bytes of the whole file; where it is missing, the body is the whole file.
    size: Option<u64>,
}

/// A file on its way into a message.
#[derive(Serialize, ToSchema)]
pub struct Upload {
    /// Names the upload in a new message.
    upload: String,
    /// Id of the stored bytes.
    id: String,
    /// The file's name.
    name: String,
    /// Its media type, found by its bytes.
    #[serde(rename = "type")]
    media_type: String,
    /// Bytes as stored.
    size: u64,
    /// Pixels, for pictures.
    #[schema(required)]
    width: Option<u64>,
    /// Pixels, for pictures.
    #[schema(required)]
    height: Option<u64>,
    /// A blurred preview, base64.
    #[schema(required)]
    thumbhash: Option<String>,
    /// Where its owner sees it, for pictures.
    #[schema(required)]
    preview_url: Option<String>,
}

/// An upload that is not whole yet.
#[derive(Serialize, ToSchema)]
pub struct PartialUpload {
    /// Names the upload.
    upload: String,
    /// Bytes that are there: the place at which it goes on.
    offset: u64,
    /// Bytes of the whole file.
    size: u64,
    /// The most that one request may bring, in bytes.
    chunk_bytes: u64,
    /// When it is given up if nothing more comes, in milliseconds since 1970.
    expires_at: i64,
}

/// Upload a file
///
/// The body is the file itself, or as much of it from its beginning as is to be sent at once; it may be empty. The rest
/// follows with `PATCH`. A request that brings the last byte is answered with the file: its type is found by its bytes;
/// pictures are made anew without metadata. A message that takes it must be sent within a day. If this request fails,
/// nothing of it is kept.
#[utoipa::path(post, path = "/uploads", tag = "messages", params(For),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "the file is there", body = Upload),
        (status = 202, description = "more of it is to come", body = PartialUpload),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 413, description = "`too_large`: the file, or what one request brings", body = Problem),
        (status = 422, description = "`invalid`: no size, or a damaged picture", body = Problem),
        (status = 507, description = "`quota` or `storage_full`", body = Problem)))]
async fn create(State(app): State<App>, auth: Auth, Query(to): Query<For>, body: Body) -> Result<Response> {
    let place = Place::find(&app, &auth, &to.sid, &to.channel)?;
    place.need(Perms::SEND | Perms::ATTACH, "You may not attach files in this channel.")?;
    let Some(size) = to.size.or_else(|| body.size_hint().exact()) else {
        return Err(Problem::invalid("size", "missing", "Say how large the file is."));
    };
    if size == 0 {
        return Err(Problem::invalid("file", "empty", "The file is empty."));
    }
    let limit = app.config.storage.media_max_bytes;
    if size > limit {
        return Err(Problem::too_large(limit));
    }
    let now = app.clock.now_ms();
    let part = PartRow {
        id: format!("up_{}", app.rng.token()),
        actor: place.actor.as_str().to_owned(),
        name: to.name.chars().take(MAX_NAME).collect(),
        size,
        created_at: now,
        expires_at: until(&app),
    };
    let mut tx = app.db.begin().await?;
    let before = store::total(&mut tx, &part.actor, now - LIFE_MS).await?;
    let promised = store::promised(&mut tx, &part.actor, now).await?;
    if before.saturating_add(promised).saturating_add(size) > app.config.storage.account_media_bytes {
        let why = "You have uploaded as much as is possible in one day. Try again tomorrow.";
        return Err(Problem::new("quota").detail(why));
    }
    store::insert_part(&mut tx, &part).await?;
    tx.commit().await?;
    take_in(&app, part, 0, body, true).await
}

/// When an upload to which bytes come now is given up.
fn until(app: &App) -> i64 {
    app.clock.now_ms().saturating_add(app.config.storage.upload_keep_s.saturating_mul(1000))
}

/// Takes bytes in, and makes the file when it was the last of them.
async fn take_in(app: &App, part: PartRow, offset: u64, body: Body, new: bool) -> Result<Response> {
    let Some(turn) = Turn::take(app, &part.id) else {
        let held = parts::held(app, &part.id).await?;
        return Err(parts::elsewhere(held, "Another request brings bytes of this upload at this moment."));
    };
    let worker = app.clone();
    // A task of its own: what came is flushed to the disk, and the file is made, also when the asker hangs up.
    let work = async move {
        let done = bring(&worker, &turn, &part, offset, body).await;
        if new && done.is_err() {
            // Nobody knows its id: nobody can go on with it.
            parts::discard(&worker, &part.id).await?;
        }
        done
    };
    app.tasks.spawn(work.in_current_span()).await.map_err(Problem::internal)?
}

async fn bring(app: &App, turn: &Turn, part: &PartRow, offset: u64, body: Body) -> Result<Response> {
    let expires_at = until(app);
    let mut tx = app.db.begin().await?;
    // Whoever had the turn before may have ended it.
    if !store::extend_part(&mut tx, &part.id, expires_at).await? {
        return Err(none());
    }
    tx.commit().await?;
    let held = parts::append(app, turn, part, offset, body).await?;
    if held < part.size {
        let partial = PartialUpload {
            upload: part.id.clone(),
            offset: held,
            size: part.size,
            chunk_bytes: app.config.storage.upload_chunk_bytes,
            expires_at,
        };
        return Ok((StatusCode::ACCEPTED, Json(partial)).into_response());
    }
    let row = finish::finish(app, part).await?;
    Ok((StatusCode::CREATED, Json(shown(row))).into_response())
}

/// Go on with an upload
///
/// The body is what follows in the file. What came before a request broke off is kept; `HEAD` tells how much. The
/// request that brings the last byte is answered as `POST` is. With an empty body at the end it asks for that answer
/// again.
#[utoipa::path(patch, path = "/uploads/{upload}", tag = "messages",
    params(("upload" = String, Path),
        ("Upload-Offset" = u64, Header, description = "Place in the file of the first byte of the body")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "the file is there", body = Upload),
        (status = 202, description = "more of it is to come", body = PartialUpload),
        (status = 404, body = Problem), (status = 408, description = "`timeout`: nothing came any more", body = Problem),
        (status = 409, description = "`upload_offset`: it stands at `offset`, or another request writes", body = Problem),
        (status = 413, description = "`too_large`: beyond the file's size, or the most of one request", body = Problem),
        (status = 422, description = "`invalid`: no offset, or a damaged picture, and the upload is over",
            body = Problem),
        (status = 503, body = Problem),
        (status = 507, description = "`storage_full`; go on when there is room", body = Problem)))]
async fn append(
    State(app): State<App>,
    auth: Auth,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let actor = place::actor(&auth)?;
    let said = headers.get(OFFSET).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    let Some(at) = said else {
        return Err(Problem::invalid("Upload-Offset", "missing", "Say where in the file the bytes belong."));
    };
    let now = app.clock.now_ms();
    let mut read = app.db.read().await?;
    if let Some(part) = store::part(&mut read, &id, actor.as_str(), now).await? {
        drop(read);
        return take_in(&app, part, at, body, false).await;
    }
    let row = store::get(&mut read, &id, actor.as_str(), now).await?.ok_or_else(none)?;
    if body.size_hint().exact() != Some(0) {
        return Err(parts::elsewhere(at, "The upload is whole already."));
    }
    Ok((StatusCode::CREATED, Json(shown(row))).into_response())
}

/// How far an upload is
///
/// A request that still writes to it is ended first: whoever asks has given that one up.
#[utoipa::path(head, path = "/uploads/{upload}", tag = "messages", params(("upload" = String, Path)),
    responses((status = 204, headers(
            ("Upload-Complete" = String, description = "`?1` when the file is there, else `?0`"),
            ("Upload-Offset" = u64, description = "Bytes that are there"),
            ("Upload-Length" = u64, description = "Bytes of the whole file"))),
        (status = 404, body = Problem)))]
async fn offset(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> Result<Response> {
    let actor = place::actor(&auth)?;
    let now = app.clock.now_ms();
    if store::part(&mut app.db.read().await?, &id, actor.as_str(), now).await?.is_some() {
        Turn::settle(&app, &id).await;
    }
    let answer = |complete: &str, held: u64, size: u64| {
        let headers = [(COMPLETE, complete.to_owned()), (OFFSET, held.to_string()), (LENGTH, size.to_string())];
        Ok((StatusCode::NO_CONTENT, headers, [(header::CACHE_CONTROL, "no-store")]).into_response())
    };
    if let Some(part) = store::part(&mut app.db.read().await?, &id, actor.as_str(), now).await? {
        return answer("?0", parts::held(&app, &id).await?, part.size);
    }
    let row = store::get(&mut app.db.read().await?, &id, actor.as_str(), now).await?.ok_or_else(none)?;
    answer("?1", row.size, row.size)
}

fn shown(row: UploadRow) -> Upload {
    Upload {
        preview_url: row.width.is_some().then(|| format!("/api/v1/uploads/{}", row.id)),
        upload: row.id,
        id: row.mid,
        name: row.name,
        media_type: row.media_type,
        size: row.size,
        width: row.width,
        height: row.height,
        thumbhash: row.thumbhash,
    }
}

fn none() -> Problem {
    Problem::not_found().detail("That upload is not there any more.")
}

/// See one's own upload
#[utoipa::path(get, path = "/uploads/{upload}", tag = "messages", params(("upload" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = Problem)))]
async fn preview(State(app): State<App>, auth: Auth, Path(id): Path<String>, headers: HeaderMap) -> Result<Response> {
    let actor = place::actor(&auth)?;
    let row = store::get(&mut app.db.read().await?, &id, actor.as_str(), app.clock.now_ms()).await?.ok_or_else(none)?;
    serve::respond(&app, row.thumb.as_deref().unwrap_or(&row.mid), &row.name, &headers).await
}

/// Give an upload up
#[utoipa::path(delete, path = "/uploads/{upload}", tag = "messages", params(("upload" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn cancel(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> Result<StatusCode> {
    let actor = place::actor(&auth)?;
    while store::part(&mut app.db.read().await?, &id, actor.as_str(), app.clock.now_ms()).await?.is_some() {
        Turn::settle(&app, &id).await;
        if let Some(_turn) = Turn::take(&app, &id) {
            parts::discard(&app, &id).await?;
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    let mut tx = app.db.begin().await?;
    let ended = store::end(&mut tx, &id, actor.as_str()).await?;
    tx.commit().await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
