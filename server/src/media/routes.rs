//! `/servers/{sid}/channels/{cid}/media/{mid}` for people, `/media/{mid}` and `/servers/{sid}/media/{mid}` for instances.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get as route_get, put as route_put};
use conntext_federation::Code;
use conntext_federation::ids::{ChannelId, MediaId, ServerId};
use conntext_federation::perms::{Perms, channel_perms};
use serde::Deserialize;
use std::sync::Arc;

use super::{blobs, exchange, kind, serve, store};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Path, Query, Routes, routes};
use crate::log::LogHandle;
use crate::messages::place::Place;
use crate::peers::{self, Origin};
use crate::uploads;

/// Since when what an instance brought counts, milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(file)).routes(routes!(thumb))
}

/// Routes of this room for other instances, below `/federation/v1`.
pub fn peer_router() -> Router<App> {
    Router::new().route("/media/{mid}", route_get(give)).route("/servers/{sid}/media/{mid}", route_put(take))
}

fn none() -> Problem {
    Problem::not_found().detail("That file is not there, or you may not see it.")
}

/// A file of a message
///
/// Parts are given by `Range`.
#[utoipa::path(get, path = "/servers/{sid}/channels/{cid}/media/{mid}", tag = "messages",
    params(("sid" = String, Path), ("cid" = String, Path), ("mid" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, body = Problem), (status = 416, body = Problem), (status = 502, body = Problem)))]
async fn file(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid, mid)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let place = Place::find(&app, &auth, &sid, &cid)?;
    show(&app, &place, &mid, false, &headers).await
}

/// The small picture of a file of a message
#[utoipa::path(get, path = "/servers/{sid}/channels/{cid}/media/{mid}/thumb", tag = "messages",
    params(("sid" = String, Path), ("cid" = String, Path), ("mid" = String, Path)),
    responses((status = 200, content_type = "image/*", body = Vec<u8>), (status = 404, body = Problem)))]
async fn thumb(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid, mid)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let place = Place::find(&app, &auth, &sid, &cid)?;
    show(&app, &place, &mid, true, &headers).await
}

async fn show(app: &App, place: &Place, mid: &str, thumb: bool, headers: &HeaderMap) -> Result<Response> {
    let mut read = app.db.read().await?;
    let (log, channel) = (&place.log, &place.channel);
    for reference in store::references(&mut read, log.id, channel, mid, place.from_seq).await? {
        let wanted = if thumb { reference.thumb.as_deref() } else { Some(mid) };
        let Some(wanted) = wanted else { continue };
        let home = reference.home.parse();
        if home.is_ok_and(|home| app.peers.trust.book().hides_home(&log.state(), &home)) {
            continue;
        }
        let held = store::get(&mut read, wanted).await?.is_some();
        let granted = if log.hub_here() {
            store::granted(&mut read, log.id, wanted, &reference.home).await?
        } else {
            store::granted_by_any(&mut read, log.id, wanted).await?
        };
        if held && granted {
            drop(read);
            return serve::respond(app, wanted, &reference.name, headers).await;
        }
        if !log.hub_here() {
            drop(read);
            let id: MediaId = wanted.parse().map_err(|_| none())?;
            exchange::fetch(app, log, channel, &id).await?;
            return serve::respond(app, wanted, &reference.name, headers).await;
        }
    }
    // One's own file, in a message that waits for its hub.
    if let Some(upload) = uploads::own(&mut read, &place.actor, mid).await? {
        drop(read);
        let wanted = if thumb { upload.thumb.ok_or_else(none)? } else { upload.mid };
        return serve::respond(app, &wanted, &upload.name, headers).await;
    }
    Err(none())
}

#[derive(Deserialize)]
struct AskedFor {
    sid: String,
    channel: String,
}

/// Another instance fetches a file for its people.
async fn give(
    State(app): State<App>,
    origin: Origin,
    Path(mid): Path<String>,
    Query(asked): Query<AskedFor>,
    headers: HeaderMap,
) -> Result<Response> {
    let none = || Problem::from(Code::NotFound);
    let sid: ServerId = asked.sid.parse().map_err(|_| none())?;
    let channel: ChannelId = asked.channel.parse().map_err(|_| none())?;
    if let Some(copy) = peers::tail::copy_of(&app, &origin, &sid) {
        // The hub of the log itself, which has gone on with it since the one that had the file was lost.
        let mut read = app.db.read().await?;
        let name = store::references(&mut read, copy.id, &channel, &mid, 0).await?.pop().ok_or_else(none)?.name;
        let there = store::granted_by_any(&mut read, copy.id, &mid).await?;
        drop(read);
        return if there { serve::respond(&app, &mid, &name, &headers).await } else { Err(none()) };
    }
    let log = app.log.get(&sid).filter(|l| l.hub_here()).ok_or_else(none)?;
    let sees = {
        let state = log.state();
        state.instance_can_see(&origin.ik, &channel) || state.moves_to(&origin.ik)
    };
    if !sees {
        return Err(none());
    }
    let mut read = app.db.read().await?;
    for reference in store::references(&mut read, log.id, &channel, &mid, 0).await? {
        if store::granted(&mut read, log.id, &mid, &reference.home).await? {
            drop(read);
            return serve::respond(&app, &mid, &reference.name, &headers).await;
        }
    }
    Err(none())
}

#[derive(Deserialize)]
struct Into {
    channel: String,
}

/// Whether somebody of the instance may attach files in the channel.
fn may_bring(log: &Arc<LogHandle>, origin: &Origin, channel: &ChannelId) -> Result<()> {
    let state = log.state();
    let members = state.by_home.get(&origin.ik).ok_or(Code::UnknownServer)?;
    let channel = state.channels.get(channel).ok_or(Code::UnknownChannel)?;
    let mut perms = members.iter().map(|actor| channel_perms(&state, channel, actor)).filter(|p| p.has(Perms::VIEW));
    let Some(first) = perms.next() else { return Err(Code::UnknownChannel.into()) };
    let wanted = Perms::SEND | Perms::ATTACH;
    if first.has(wanted) || perms.any(|p| p.has(wanted)) { Ok(()) } else { Err(Code::UploadForbidden.into()) }
}

/// Another instance brings a file that a message of its people will refer to.
async fn take(
    State(app): State<App>,
    origin: Origin,
    Path((sid, mid)): Path<(String, String)>,
    Query(into): Query<Into>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let sid: ServerId = sid.parse().map_err(|_| Code::UnknownServer)?;
    let channel: ChannelId = into.channel.parse().map_err(|_| Code::UnknownChannel)?;
    let mid: MediaId = mid.parse().map_err(|_| Code::HashMismatch)?;
    let log = app.log.get(&sid).filter(|l| l.hub_here()).ok_or(Code::UnknownServer)?;
    may_bring(&log, &origin, &channel)?;
    let limit = app.config.storage.media_max_bytes;
    let said = length(&headers).unwrap_or(0);
    if said > limit {
        return Err(Problem::too_large(limit));
    }
    let now = app.clock.now_ms();
    let brought = store::brought(&mut app.db.read().await?, origin.ik.as_str(), now - DAY_MS).await?;
    if brought.saturating_add(said) > app.config.storage.peer_media_bytes {
        return Err(Code::Quota.into());
    }
    let received = blobs::receive(&app, body, limit).await?;
    origin.check_body(&app, &received.sha256).await?;
    if MediaId::from_digest(&received.sha256) != mid {
        return Err(Code::HashMismatch.into());
    }
    let mut read = app.db.read().await?;
    let known = store::granted(&mut read, log.id, mid.as_str(), origin.ik.as_str()).await?;
    drop(read);
    let media_type = kind::sniff(&received.head);
    blobs::keep(&app, received, media_type).await?;
    let mut tx = app.db.begin().await?;
    store::grant(&mut tx, log.id, mid.as_str(), origin.ik.as_str(), now).await?;
    crate::crash::point("media.before_grant");
    tx.commit().await?;
    crate::crash::point("media.after_grant");
    Ok((if known { StatusCode::OK } else { StatusCode::CREATED }, axum::Json(serde_json::json!({}))).into_response())
}

/// The length that a request announces.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
