//! `/uploads`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use conntext_federation::ids::MediaId;
use conntext_federation::perms::Perms;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::LIFE_MS;
use super::store::{self, UploadRow};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Query};
use crate::media::{self, blobs, kind, picture, serve};
use crate::messages::place::{self, Place};

/// Longest name of a file, in characters.
const MAX_NAME: usize = 200;

/// Routes of this room, below `/api/v1`.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(upload)).routes(routes!(preview, cancel))
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

/// A name without folders and without what nobody sees, with the ending that fits what is stored.
fn clean_name(name: &str, media_type: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let hidden = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let name: String = last.chars().filter(|c| !hidden(*c)).take(MAX_NAME).collect();
    let name = name.trim().trim_start_matches('.').to_owned();
    let name = if name.is_empty() { "file".to_owned() } else { name };
    let endings: &[&str] = match media_type {
        "image/jpeg" => &["jpg", "jpeg", "jpe", "jfif"],
        "image/png" => &["png"],
        "image/gif" => &["gif"],
        "image/webp" => &["webp"],
        _ => return name,
    };
    match name.rsplit_once('.') {
        Some((_, ending)) if endings.contains(&ending.to_ascii_lowercase().as_str()) => name,
        Some((stem, _)) => format!("{stem}.{}", endings[0]),
        None => format!("{name}.{}", endings[0]),
    }
}

/// Upload a file
///
/// The body is the file itself. Its type is found by its bytes; pictures are made anew without metadata. A message
/// that takes it must be sent within a day.
#[utoipa::path(post, path = "/uploads", tag = "messages", params(For),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Upload), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem), (status = 422, description = "`invalid`: a damaged picture", body = Problem),
        (status = 507, description = "`quota` or `storage_full`", body = Problem)))]
async fn upload(
    State(app): State<App>,
    auth: Auth,
    Query(to): Query<For>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Upload>)> {
    let place = Place::find(&app, &auth, &to.sid, &to.channel)?;
    place.need(Perms::SEND | Perms::ATTACH, "You may not attach files in this channel.")?;
    let limit = app.config.storage.media_max_bytes;
    let said = media::length(&headers).unwrap_or(0);
    if said > limit {
        return Err(Problem::too_large(limit));
    }
    let now = app.clock.now_ms();
    let actor = place.actor.as_str();
    let room = app.config.storage.account_media_bytes;
    let full =
        || Problem::new("quota").detail("You have uploaded as much as is possible in one day. Try again tomorrow.");
    let before = store::total(&mut app.db.read().await?, actor, now - LIFE_MS).await?;
    if before.saturating_add(said) > room {
        return Err(full());
    }
    let received = blobs::receive(&app, body, limit).await?;
    if received.size == 0 {
        return Err(Problem::invalid("file", "empty", "The file is empty."));
    }
    if before.saturating_add(received.size) > room {
        return Err(full());
    }
    let mut row = UploadRow {
        id: format!("up_{}", app.rng.token()),
        actor: actor.to_owned(),
        mid: String::new(),
        thumb: None,
        name: String::new(),
        media_type: kind::sniff(&received.head).to_owned(),
        size: received.size,
        width: None,
        height: None,
        thumbhash: None,
        created_at: now,
        expires_at: now + LIFE_MS,
    };
    if kind::is_picture(&row.media_type) {
        keep_picture(&app, &received, &mut row).await?;
    } else {
        let media_type = row.media_type.clone();
        row.mid = blobs::keep(&app, received, &media_type).await?.to_string();
    }
    row.name = clean_name(&to.name, &row.media_type);
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &row).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shown(row))))
}

async fn keep_picture(app: &App, received: &blobs::Received, row: &mut UploadRow) -> Result<()> {
    let max_pixels = app.config.storage.picture_max_pixels;
    let turn = app.media.pictures.acquire().await.map_err(Problem::internal)?;
    let bytes = received.bytes().await?;
    let made = tokio::task::spawn_blocking(move || picture::make(&bytes, max_pixels)).await;
    let made = made.map_err(Problem::internal)??;
    drop(turn);
    let keep = async |e: &picture::Encoded| -> Result<MediaId> { blobs::keep_bytes(app, &e.bytes, e.media_type).await };
    row.mid = keep(&made.main).await?.to_string();
    if let Some(small) = &made.small {
        row.thumb = Some(keep(small).await?.to_string());
    }
    row.media_type = made.main.media_type.to_owned();
    row.size = made.main.bytes.len() as u64;
    (row.width, row.height) = (Some(made.width.into()), Some(made.height.into()));
    row.thumbhash = Some(made.thumbhash);
    Ok(())
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
    let mut tx = app.db.begin().await?;
    let ended = store::end(&mut tx, &id, actor.as_str()).await?;
    tx.commit().await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}

#[cfg(test)]
mod tests {
    use super::clean_name;

    #[test]
    fn c3_a_name_is_kept_without_folders_and_with_the_right_ending() {
        assert_eq!(clean_name("C:\\secret\\cat.PNG", "image/png"), "cat.PNG");
        assert_eq!(clean_name("../../etc/passwd", "text/plain"), "passwd");
        assert_eq!(clean_name("photo.webp", "image/jpeg"), "photo.jpg");
        assert_eq!(clean_name(".\u{202e}\n", "application/octet-stream"), "file");
    }
}
