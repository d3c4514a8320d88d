//! Pictures of servers. The hub makes the kept picture; other instances fetch it from there once.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use conntext_federation::Code;
use conntext_federation::content::{Picture, ServerUpdate};
use conntext_federation::domain::Domain;
use conntext_federation::ids::{MediaId, ServerId};
use conntext_federation::perms::{Perms, server_perms};
use conntext_federation::profile::valid_picture;
use sha2::{Digest as _, Sha256};

use super::access::Here;
use super::store;
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Path, Routes, routes};
use crate::log::LogHandle;
use crate::peers::{self, Origin, Streamed, client::read_capped};
use crate::profiles::{self, Kept, Shape};

/// Routes below `/api/v1`.
pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(show))
}

/// Routes for other instances, below `/federation/v1`.
pub fn peer_router() -> Router<App> {
    Router::new().route("/servers/{sid}/icon/{mid}", get(show_peer).put(take_peer))
}

fn none() -> Problem {
    Problem::not_found().detail("There is no picture.")
}

pub(super) async fn set(app: &App, here: &Here, bytes: Bytes) -> Result<()> {
    here.require(Perms::MANAGE_SERVER)?;
    let Kept { picture, bytes } = profiles::make_picture(app, "icon", Shape::Square, bytes.to_vec()).await?;
    let old = here.log.state().info.icon.clone();
    let mut tx = app.db.begin().await?;
    store::put_icon(&mut tx, picture.mid.as_str(), &picture.media_type, &bytes, app.clock.now_ms()).await?;
    tx.commit().await?;
    if !here.log.hub_here() {
        send(app, here, &picture, bytes).await?;
    }
    let same = old.as_ref() == Some(&picture);
    let update = ServerUpdate { icon: Some(Some(picture)), ..ServerUpdate::default() };
    if !same {
        here.act(app, here.draft("server.update", &update)?).await?;
        drop_unused(app, old).await?;
    }
    Ok(())
}

/// Brings a picture to the hub before the change that names it.
async fn send(app: &App, here: &Here, picture: &Picture, bytes: Vec<u8>) -> Result<()> {
    let sid = &here.log.sid;
    let domain = Domain::parse_normal(&here.log.hub_domain(), app.config.federation.dev_insecure)?;
    let content = Streamed {
        content_type: picture.media_type.clone(),
        length: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: Sha256::digest(&bytes).into(),
        body: bytes.into(),
    };
    let path = format!("/servers/{sid}/icon/{}", picture.mid);
    let sent = peers::send_stream(app, &domain, Method::PUT, &path, content).await;
    sent.map(|_| ()).map_err(|e| e.problem(&domain))
}

/// Takes a picture from the home of somebody who may change the server.
async fn take_peer(
    State(app): State<App>,
    origin: Origin,
    Path((sid, mid)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<StatusCode> {
    let (sid, mid): (ServerId, MediaId) = (sid.parse().map_err(|_| none())?, mid.parse().map_err(|_| none())?);
    let log = app.log.get(&sid).filter(|log| log.hub_here()).ok_or_else(none)?;
    let may = {
        let state = log.state();
        let members = state.by_home.get(&origin.ik).ok_or_else(none)?;
        members.iter().any(|m| server_perms(&state, m).has(Perms::MANAGE_SERVER))
    };
    if !may {
        return Err(Code::UploadForbidden.into());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let picture = Picture { mid: mid.clone(), media_type: kind.clone(), size };
    if size > conntext_federation::profile::MAX_AVATAR_BYTES {
        return Err(Code::TooLarge.into());
    }
    if !valid_picture(&picture) {
        return Err(Code::MediaType.into());
    }
    let bytes = profiles::check_picture(&app, mid.as_str(), bytes.to_vec()).await?;
    let mut tx = app.db.begin().await?;
    store::put_icon(&mut tx, mid.as_str(), &kind, &bytes, app.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(app: &App, here: &Here) -> Result<()> {
    let old = here.log.state().info.icon.clone();
    let update = ServerUpdate { icon: Some(None), ..ServerUpdate::default() };
    here.act(app, here.draft("server.update", &update)?).await?;
    drop_unused(app, old).await
}

/// Drops a picture that no server shows any more.
async fn drop_unused(app: &App, old: Option<Picture>) -> Result<()> {
    let Some(old) = old else { return Ok(()) };
    if app.log.all().iter().any(|log| log.state().info.icon.as_ref().is_some_and(|icon| icon.mid == old.mid)) {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::drop_icon(&mut tx, old.mid.as_str()).await?;
    Ok(tx.commit().await?)
}

/// Show a server's picture
///
/// Whoever knows the picture's id has seen the server, its invitation or the directory: no sign-in is needed.
#[utoipa::path(get, path = "/servers/{sid}/icon/{mid}", security(()), params(
    ("sid" = String, Path, description = "The server"),
    ("mid" = String, Path, description = "The picture's id"),
), responses(
    (status = 200, content_type = "image/*"),
    (status = 304),
    (status = 404, body = Problem),
))]
pub(super) async fn show(
    State(app): State<App>,
    Path((sid, mid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let (sid, mid): (ServerId, MediaId) = (sid.parse().map_err(|_| none())?, mid.parse().map_err(|_| none())?);
    let (kind, bytes) = find(&app, &sid, &mid).await?;
    answer(&mid, &kind, bytes, &headers)
}

async fn show_peer(
    State(app): State<App>,
    Path((sid, mid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let (sid, mid): (ServerId, MediaId) = (sid.parse().map_err(|_| none())?, mid.parse().map_err(|_| none())?);
    // Only what is kept here: nobody fetches through us.
    let shows = |log: &LogHandle| log.hub_here() || log.state().info.icon.as_ref().is_some_and(|i| i.mid == mid);
    app.log.get(&sid).filter(|log| shows(log)).ok_or_else(none)?;
    let mut read = app.db.read().await?;
    let (kind, bytes) = store::icon(&mut read, mid.as_str()).await?.ok_or_else(none)?;
    drop(read);
    answer(&mid, &kind, bytes, &headers)
}

/// Has the picture of a copy of ours here.
///
/// # Errors
/// 404 where its hub does not have it, 502 where that does not answer.
pub async fn bring(app: &App, sid: &ServerId, mid: &MediaId) -> Result<()> {
    find(app, sid, mid).await.map(|_| ())
}

/// Has the picture of a log of ours here whose hub before was lost, from others who follow it. Answers false where nobody
/// of these has it.
///
/// # Errors
/// From the database.
pub async fn collect(app: &App, log: &LogHandle, from: impl Iterator<Item = &Domain>) -> Result<bool> {
    let icon = log.state().info.icon.clone().filter(valid_picture);
    let Some(icon) = icon else { return Ok(true) };
    if store::icon(&mut app.db.read().await?, icon.mid.as_str()).await?.is_some() {
        return Ok(true);
    }
    for domain in from {
        if let Ok(bytes) = fetch(app, domain, &log.sid, &icon).await {
            let mut tx = app.db.begin().await?;
            store::put_icon(&mut tx, icon.mid.as_str(), &icon.media_type, &bytes, app.clock.now_ms()).await?;
            tx.commit().await?;
            return Ok(true);
        }
    }
    Ok(false)
}

async fn fetch(app: &App, domain: &Domain, sid: &ServerId, icon: &Picture) -> Result<Vec<u8>> {
    let path = format!("/servers/{sid}/icon/{}", icon.mid);
    let response = peers::get_stream(app, domain, &path).await.map_err(|e| e.problem(domain))?;
    let most = usize::try_from(icon.size).unwrap_or(0);
    let patience = Duration::from_millis(app.config.federation.request_timeout_ms);
    let bytes = read_capped(response.into_body(), most, patience).await.map_err(|e| {
        tracing::info!(%domain, error = %e, "a picture could not be fetched");
        super::away(domain.as_str())
    })?;
    profiles::check_picture(app, icon.mid.as_str(), bytes.to_vec()).await
}

/// From here, else from the hub. What belongs to a copy of ours is kept; what was only seen on a card is passed on.
async fn find(app: &App, sid: &ServerId, mid: &MediaId) -> Result<(String, Vec<u8>)> {
    let mut read = app.db.read().await?;
    if let Some(found) = store::icon(&mut read, mid.as_str()).await? {
        return Ok(found);
    }
    drop(read);
    let copy = app.log.get(sid).filter(|log| !log.hub_here()).and_then(|log| {
        let icon = log.state().info.icon.clone().filter(|icon| icon.mid == *mid && valid_picture(icon))?;
        let domain = Domain::parse_normal(&log.hub_domain(), app.config.federation.dev_insecure).ok()?;
        Some((domain, icon))
    });
    let keep = copy.is_some();
    let (domain, icon) = copy.or_else(|| app.cards.place_of(sid, mid)).ok_or_else(none)?;
    let bytes = fetch(app, &domain, sid, &icon).await?;
    if keep {
        let mut tx = app.db.begin().await?;
        store::put_icon(&mut tx, mid.as_str(), &icon.media_type, &bytes, app.clock.now_ms()).await?;
        tx.commit().await?;
    }
    Ok((icon.media_type, bytes))
}

fn answer(mid: &MediaId, kind: &str, bytes: Vec<u8>, headers: &HeaderMap) -> Result<Response> {
    let etag = format!("\"{mid}\"");
    let mut out = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
    out.insert(header::ETAG, value(&etag)?);
    // The address is made of the bytes: what it shows never changes.
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, out).into_response());
    }
    out.insert(header::CONTENT_TYPE, value(kind)?);
    // A picture is never a page, whatever its bytes look like.
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok((out, bytes).into_response())
}
