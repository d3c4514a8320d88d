//! `/me`, `/users/{uid}` and their pictures.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use conntext_federation::ids::Actor;
use conntext_federation::profile::Picture;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Edit, Me, Profile, Shape, inner, store, types};
use crate::App;
use crate::accounts;
use crate::config::Config;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};

/// Routes of this room, below `/api/v1`.
pub fn router(config: &Config) -> Routes {
    // One more than allowed, so that the handler can answer with the limit.
    let body = DefaultBodyLimit::max(config.storage.avatar_max_bytes + 1);
    Routes::new()
        .routes(routes!(me, change_me))
        .routes(routes!(set_avatar, remove_avatar).layer(body))
        .routes(routes!(set_banner, remove_banner).layer(body))
        .routes(routes!(profile))
        .routes(routes!(avatar))
        .routes(routes!(banner))
}

/// Who is signed in
#[utoipa::path(get, path = "/me", responses((status = 200, body = Me), (status = 401, body = Problem)))]
async fn me(State(app): State<App>, auth: Auth) -> Result<Json<Me>> {
    answer_me(&app, &auth).await
}

async fn answer_me(app: &App, auth: &Auth) -> Result<Json<Me>> {
    let mut read = app.db.read().await?;
    let account = accounts::by_id(&mut read, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    Ok(Json(super::me(&mut read, &account).await?))
}

/// A change of the profile; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct ChangeMe {
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    bio: Option<String>,
    #[serde(default)]
    pronouns: Option<String>,
    /// What only members of one's communities see: of `avatar`, `banner`, `pronouns`, `bio`.
    #[serde(default)]
    members_only: Option<Vec<String>>,
}

/// Change the profile
#[utoipa::path(patch, path = "/me", request_body = ChangeMe, responses(
    (status = 200, body = Me),
    (status = 422, description = "`invalid` with the field", body = Problem),
))]
async fn change_me(State(app): State<App>, auth: Auth, Json(change): Json<ChangeMe>) -> Result<Json<Me>> {
    let ChangeMe { display_name, bio, pronouns, members_only } = change;
    save(&app, &auth, Edit { display_name, bio, pronouns, members_only, ..Edit::default() }).await
}

async fn save(app: &App, auth: &Auth, edit: Edit) -> Result<Json<Me>> {
    let mut tx = app.db.begin().await?;
    super::edit(app, &mut tx, auth, edit).await?;
    tx.commit().await?;
    super::edited(app, auth);
    answer_me(app, auth).await
}

/// Set the picture
///
/// The body is the picture itself. It is cut to a square, made small and freed of metadata.
#[utoipa::path(put, path = "/me/avatar", request_body(content = Vec<u8>, content_type = "image/*"), responses(
    (status = 200, body = Me),
    (status = 413, body = Problem),
    (status = 415, description = "`unsupported_type`", body = Problem),
    (status = 422, description = "`invalid`: damaged or too many pixels", body = Problem),
))]
async fn set_avatar(State(app): State<App>, auth: Auth, bytes: Bytes) -> Result<Json<Me>> {
    let picture = super::make_picture(&app, "avatar", Shape::Square, bytes.to_vec()).await?;
    save(&app, &auth, Edit { picture: Some(Some(picture)), ..Edit::default() }).await
}

/// Remove the picture
#[utoipa::path(delete, path = "/me/avatar", responses((status = 200, body = Me)))]
async fn remove_avatar(State(app): State<App>, auth: Auth) -> Result<Json<Me>> {
    save(&app, &auth, Edit { picture: Some(None), ..Edit::default() }).await
}

/// Set the wide picture above the profile
///
/// The body is the picture itself. It is cut to three times its height, made small and freed of metadata.
#[utoipa::path(put, path = "/me/banner", request_body(content = Vec<u8>, content_type = "image/*"), responses(
    (status = 200, body = Me),
    (status = 413, body = Problem),
    (status = 415, description = "`unsupported_type`", body = Problem),
    (status = 422, description = "`invalid`: damaged or too many pixels", body = Problem),
))]
async fn set_banner(State(app): State<App>, auth: Auth, bytes: Bytes) -> Result<Json<Me>> {
    let picture = super::make_picture(&app, "banner", Shape::Banner, bytes.to_vec()).await?;
    save(&app, &auth, Edit { banner: Some(Some(picture)), ..Edit::default() }).await
}

/// Remove the wide picture above the profile
#[utoipa::path(delete, path = "/me/banner", responses((status = 200, body = Me)))]
async fn remove_banner(State(app): State<App>, auth: Auth) -> Result<Json<Me>> {
    save(&app, &auth, Edit { banner: Some(None), ..Edit::default() }).await
}

/// Somebody's card
#[utoipa::path(get, path = "/users/{uid}", params(("uid" = String, Path, description = "The person's id")), responses(
    (status = 200, body = Profile),
    (status = 404, body = Problem),
))]
async fn profile(State(app): State<App>, auth: Auth, Path(uid): Path<String>) -> Result<Json<Profile>> {
    let mut read = app.db.read().await?;
    let row = store::profile(&mut read, &uid)
        .await?
        .ok_or_else(|| Problem::not_found().detail("This instance does not know that person."))?;
    let joined_at = accounts::by_uid(&mut read, &uid).await?.map(|a| a.created_at);
    drop(read);
    let mutual_servers = mutual_servers(&app, &auth.uid, &uid).await?;
    let row = if mutual_servers.is_empty() && auth.uid != uid { inner::for_everybody(row) } else { row };
    Ok(Json(Profile {
        user: types::user(&row),
        banner: types::path(&row, "banner", row.banner.as_ref()),
        bio: row.bio,
        pronouns: row.pronouns,
        mutual_servers,
        joined_at,
        fetched_at: row.fetched_at,
    }))
}

/// Where both are members, in the order in which the asker joined.
async fn mutual_servers(app: &App, asker: &str, other: &str) -> Result<Vec<String>> {
    let (asker, other): (Actor, Actor) = (asker.parse()?, other.parse()?);
    let shared = app.log.memberships(&asker).await?;
    Ok(shared.iter().filter(|log| log.state().members.contains_key(&other)).map(|log| log.sid.to_string()).collect())
}

/// Somebody's profile, as the asker may see it.
async fn seen_by(app: &App, auth: &Auth, uid: &str) -> Result<Option<store::ProfileRow>> {
    let Some(row) = store::profile(&mut app.db.read().await?, uid).await? else { return Ok(None) };
    let all = row.hidden.is_empty() || row.uid == auth.uid || !mutual_servers(app, &auth.uid, uid).await?.is_empty();
    Ok(Some(if all { row } else { inner::for_everybody(row) }))
}

/// Somebody's picture
#[utoipa::path(get, path = "/users/{uid}/avatar", params(("uid" = String, Path, description = "The person's id")), responses(
    (status = 200, content_type = "image/*", body = Vec<u8>),
    (status = 404, body = Problem),
))]
async fn avatar(State(app): State<App>, auth: Auth, Path(uid): Path<String>, headers: HeaderMap) -> Result<Response> {
    let row = seen_by(&app, &auth, &uid).await?;
    serve(&app, row.and_then(|row| row.avatar), &headers).await
}

/// The wide picture above somebody's profile
#[utoipa::path(get, path = "/users/{uid}/banner", params(("uid" = String, Path, description = "The person's id")), responses(
    (status = 200, content_type = "image/*", body = Vec<u8>),
    (status = 404, body = Problem),
))]
async fn banner(State(app): State<App>, auth: Auth, Path(uid): Path<String>, headers: HeaderMap) -> Result<Response> {
    let row = seen_by(&app, &auth, &uid).await?;
    serve(&app, row.and_then(|row| row.banner), &headers).await
}

/// A picture of somebody, as an answer.
///
/// # Errors
/// 404 where there is none.
pub async fn serve(app: &App, picture: Option<Picture>, headers: &HeaderMap) -> Result<Response> {
    let none = || Problem::not_found().detail("There is no picture.");
    let mid = picture.ok_or_else(none)?.mid;
    let (kind, bytes) = store::picture(&mut app.db.read().await?, mid.as_str()).await?.ok_or_else(none)?;
    let etag = format!("\"{mid}\"");
    let mut out = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
    out.insert(header::ETAG, value(&etag)?);
    // The address changes with the picture; it is still asked for again after a day, in case somebody blocks it.
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, out).into_response());
    }
    out.insert(header::CONTENT_TYPE, value(&kind)?);
    // A picture is never a page, whatever its bytes look like.
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok((out, bytes).into_response())
}
