//! `/servers/{sid}/read` and `/servers/{sid}/channels/{cid}/{read,unread}`.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::content::ChannelKind;
use conntext_federation::ids::{Actor, ChannelId, ServerId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::store;
use crate::App;
use crate::bus::PersonNotice;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::messages::place::{self, Place};

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(read_channel)).routes(routes!(read_server)).routes(routes!(unread))
}

/// A message by its number in the channel.
#[derive(Deserialize, ToSchema)]
pub struct ReadMark {
    /// The message's number.
    cn: u64,
}

/// The person's other devices show the same.
fn tell(app: &App, actor: &Actor, sid: &ServerId, channel: &ChannelId) {
    if let Some(uid) = actor.user() {
        app.bus.tell_person(uid, PersonNotice::Read { sid: sid.clone(), channel: channel.clone() });
    }
}

/// Mark a channel as read
///
/// Everything up to this message counts as read. Marks only move forward here.
#[utoipa::path(put, path = "/servers/{sid}/channels/{cid}/read", tag = "messages", request_body = ReadMark,
    params(("sid" = String, Path), ("cid" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn read_channel(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid)): Path<(String, String)>,
    Json(mark): Json<ReadMark>,
) -> Result<StatusCode> {
    let place = Place::find(&app, &auth, &sid, &cid)?;
    let cn = mark.cn.min(place.last_cn());
    let mut tx = app.db.begin().await?;
    let moved = store::advance(&mut tx, place.log.id, &place.actor, &[(place.channel.clone(), cn)]).await?;
    tx.commit().await?;
    if moved > 0 {
        tell(&app, &place.actor, &place.log.sid, &place.channel);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Mark a whole community as read
#[utoipa::path(put, path = "/servers/{sid}/read", tag = "messages", params(("sid" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn read_server(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<StatusCode> {
    let (log, actor) = place::server(&app, &auth, &sid)?;
    let ends: Vec<(ChannelId, u64)> = {
        let state = log.state();
        let texts = state
            .channels
            .iter()
            .filter(|(id, c)| c.kind == ChannelKind::Text && c.last_cn > 0 && state.can_see(&actor, id));
        texts.map(|(id, c)| (id.clone(), c.last_cn)).collect()
    };
    let mut changed = Vec::new();
    let mut tx = app.db.begin().await?;
    for end in ends {
        if store::advance(&mut tx, log.id, &actor, std::slice::from_ref(&end)).await? > 0 {
            changed.push(end.0);
        }
    }
    tx.commit().await?;
    for channel in &changed {
        tell(&app, &actor, &log.sid, channel);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Mark as unread from a message on
#[utoipa::path(post, path = "/servers/{sid}/channels/{cid}/unread", tag = "messages", request_body = ReadMark,
    params(("sid" = String, Path), ("cid" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn unread(
    State(app): State<App>,
    auth: Auth,
    Path((sid, cid)): Path<(String, String)>,
    Json(mark): Json<ReadMark>,
) -> Result<StatusCode> {
    let place = Place::find(&app, &auth, &sid, &cid)?;
    let read_cn = mark.cn.saturating_sub(1).min(place.last_cn());
    let mut tx = app.db.begin().await?;
    store::set(&mut tx, place.log.id, &place.actor, &place.channel, read_cn).await?;
    tx.commit().await?;
    tell(&app, &place.actor, &place.log.sid, &place.channel);
    Ok(StatusCode::NO_CONTENT)
}
