//! Invitations to our own servers, as other instances and previews here see them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, Hash};
use conntext_federation::invite_card::{Card, Inviter};

use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Json, Path};
use crate::log::LogHandle;
use crate::members;
use crate::peers;
use crate::servers::{self, Invitation};

/// Routes for other instances, below `/federation/v1`.
pub fn peer_router() -> Router<App> {
    Router::new().route("/invites/{hash}", get(show))
}

/// The server of ours that this invitation leads to, while it can be accepted.
///
/// # Errors
/// [`Code::InviteUnknown`], [`Code::InviteExpired`] or [`Code::InviteSpent`].
pub(super) fn find(app: &App, hash: &Hash) -> std::result::Result<Arc<LogHandle>, Code> {
    let log = app.log.all().into_iter().find(|log| {
        let state = log.state();
        log.hub_here() && !state.info.deleted && state.invites.contains_key(hash)
    });
    let log = log.ok_or(Code::InviteUnknown)?;
    {
        let state = log.state();
        let invite = state.invites.get(hash).ok_or(Code::InviteUnknown)?;
        if invite.revoked || invite.expires_at.is_some_and(|t| t <= app.clock.now_ms()) {
            return Err(Code::InviteExpired);
        }
        if invite.max_uses.is_some_and(|most| invite.uses >= most) {
            return Err(Code::InviteSpent);
        }
    }
    Ok(log)
}

/// The signed card of an invitation to one of our servers.
pub(super) async fn card(app: &App, log: &LogHandle, hash: &Hash) -> Result<Card> {
    let (by, channel_name, expires_at) = {
        let state = log.state();
        let invite = state.invites.get(hash).ok_or(Code::InviteUnknown)?;
        let channel = invite.channel.as_ref().and_then(|c| state.channels.get(c));
        (invite.by.clone(), channel.map(|c| c.name.clone()), invite.expires_at)
    };
    servers::card(app, log, Invitation { channel_name, inviter: inviter(app, log, &by).await?, expires_at })
}

/// Who invites, unless it is somebody without a name of their own.
async fn inviter(app: &App, log: &LogHandle, by: &Actor) -> Result<Option<Inviter>> {
    let Actor::User(uid) = by else { return Ok(None) };
    let mut read = app.db.read().await?;
    let user = members::users(&mut read, log, std::slice::from_ref(by)).await?.pop();
    let inviter = user.and_then(|user| {
        let domain = Domain::parse_normal(&user.domain, app.config.federation.dev_insecure).ok()?;
        Some(Inviter { uid: uid.clone(), handle: user.handle, domain, display_name: user.display_name })
    });
    Ok(inviter)
}

async fn show(State(app): State<App>, Path(hash): Path<String>) -> Result<Json<Card>> {
    let hash: Hash = hash.parse().map_err(|_| Problem::from(Code::InviteUnknown))?;
    if let Some(went) = peers::moved::of_invite(&app, &hash).await? {
        return Err(Problem::from(Code::NotHub).with("hub", went.to_string()));
    }
    let log = find(&app, &hash)?;
    Ok(Json(card(&app, &log, &hash).await?))
}
