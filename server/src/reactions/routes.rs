//! `/servers/{sid}/channels/{cid}/messages/{id}/reactions/{emoji}`.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::content::Reaction;
use conntext_federation::hub::{self, Draft};
use conntext_federation::ids::ActionId;
use conntext_federation::perms::Perms;
use serde::Serialize;
use utoipa::ToSchema;

use super::{MAX_KINDS, store};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::log::{self, Outcome};
use crate::messages::{self, place::Place};
use crate::profiles::{self, User};

/// People of one reaction that are listed.
const LISTED: u64 = 500;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(give, take_back, who))
}

/// Everybody who gave a reaction.
#[derive(Serialize, ToSchema)]
pub struct ReactionUsers {
    /// In the order of giving.
    users: Vec<User>,
}

type Where = (String, String, String, String);

async fn find(app: &App, auth: &Auth, at: &Where) -> Result<(Place, ActionId)> {
    let place = Place::find(app, auth, &at.0, &at.1)?;
    let (aid, _) = messages::spot(app, &place, &at.2).await?;
    Ok((place, aid))
}

async fn submit(app: &App, auth: &Auth, place: &Place, aid: &ActionId, kind: &str, emoji: String) -> Result<()> {
    app.pace.reactions.take(auth.account.clone(), app.clock.now_ms())?;
    let draft = Draft {
        sid: place.log.sid.clone(),
        kind: kind.to_owned(),
        channel: Some(place.channel.clone()),
        target: Some(aid.to_string()),
        actor: place.actor.clone(),
        content: hub::json(&Reaction { emoji })?,
    };
    if let Outcome::Accepted(entry) = app.log.submit(draft, None).await? {
        log::settled(app, &place.log, &entry.aid()).await;
    }
    Ok(())
}

/// React to a message
#[utoipa::path(put, path = "/servers/{sid}/channels/{cid}/messages/{id}/reactions/{emoji}", tag = "messages",
    params(("sid" = String, Path), ("cid" = String, Path), ("id" = String, Path), ("emoji" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, description = "`invalid`: no emoji, or too many different ones", body = Problem)))]
async fn give(State(app): State<App>, auth: Auth, Path(at): Path<Where>) -> Result<StatusCode> {
    let (place, aid) = find(&app, &auth, &at).await?;
    place.need(Perms::REACT, "You may not react in this channel.")?;
    let emoji = at.3;
    let given = store::of_message(&mut app.db.read().await?, place.log.id, &aid, place.actor.as_str()).await?;
    match given.iter().find(|r| r.emoji == emoji) {
        Some(r) if r.me => return Ok(StatusCode::NO_CONTENT),
        None if given.len() >= MAX_KINDS => {
            let message = format!("A message has at most {MAX_KINDS} different reactions.");
            return Err(Problem::invalid("emoji", "too_many", message));
        }
        _ => {}
    }
    submit(&app, &auth, &place, &aid, "reaction.add", emoji).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a reaction back
#[utoipa::path(delete, path = "/servers/{sid}/channels/{cid}/messages/{id}/reactions/{emoji}", tag = "messages",
    params(("sid" = String, Path), ("cid" = String, Path), ("id" = String, Path), ("emoji" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn take_back(State(app): State<App>, auth: Auth, Path(at): Path<Where>) -> Result<StatusCode> {
    let (place, aid) = find(&app, &auth, &at).await?;
    let given = store::of_message(&mut app.db.read().await?, place.log.id, &aid, place.actor.as_str()).await?;
    if given.iter().any(|r| r.me && r.emoji == at.3) {
        submit(&app, &auth, &place, &aid, "reaction.remove", at.3).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Who reacted
#[utoipa::path(get, path = "/servers/{sid}/channels/{cid}/messages/{id}/reactions/{emoji}", tag = "messages",
    params(("sid" = String, Path), ("cid" = String, Path), ("id" = String, Path), ("emoji" = String, Path)),
    responses((status = 200, body = ReactionUsers), (status = 404, body = Problem)))]
async fn who(State(app): State<App>, auth: Auth, Path(at): Path<Where>) -> Result<Json<ReactionUsers>> {
    let (place, aid) = find(&app, &auth, &at).await?;
    let mut read = app.db.read().await?;
    let actors = store::actors(&mut read, place.log.id, &aid, &at.3, LISTED).await?;
    Ok(Json(ReactionUsers { users: profiles::server::users_in(&mut read, &place.log, &actors).await? }))
}
