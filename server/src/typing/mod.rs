//! "Is writing": told to whoever looks at the channel, and never kept.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::perms::Perms;

use crate::App;
use crate::bus::Notice;
use crate::error::{Problem, Result};
use crate::http::{Auth, Path, Routes, routes};
use crate::messages::place::Place;
use crate::peers;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(typing))
}

/// Say that one is writing
///
/// Send it at most every four seconds; it is shown for six.
#[utoipa::path(post, path = "/servers/{sid}/channels/{cid}/typing", tag = "messages",
    params(("sid" = String, Path), ("cid" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn typing(State(app): State<App>, auth: Auth, Path((sid, cid)): Path<(String, String)>) -> Result<StatusCode> {
    let place = Place::find(&app, &auth, &sid, &cid)?;
    place.need(Perms::SEND, "You may not write in this channel.")?;
    app.pace.typing.take(auth.account.clone(), app.clock.now_ms())?;
    let notice = Notice::Typing { channel: place.channel.clone(), actor: place.actor.clone() };
    app.bus.tell_server(&place.log.sid, notice);
    peers::typing(&app, &place.log, &place.channel, &place.actor);
    Ok(StatusCode::NO_CONTENT)
}
