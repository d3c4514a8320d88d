//! Events as clients see them. What looks the same for everybody is made once and shared.

use super::frames::GatewayEvent;
use crate::{
    App,
    error::Result,
    log::{Entry, LogHandle},
    members, messages, notices, profiles, servers,
};
use conntext_federation::{content::Content, ids::Actor};
use std::sync::Arc;

/// What an event means for a client.
pub(super) enum Meaning {
    /// The same frame for all who may see it.
    Shared,
    /// The server's view of the viewer has to be read anew.
    View,
    /// Nothing that is shown.
    Silent,
}

pub(super) fn meaning(entry: &Entry) -> Meaning {
    match &entry.content {
        Some(
            Content::MessageCreate(_)
            | Content::MessageEdit(_)
            | Content::MessageDelete
            | Content::ReactionAdd(_)
            | Content::ReactionRemove(_)
            | Content::MemberJoin(_)
            | Content::MemberMigrate(_)
            | Content::MemberUpdate(_)
            | Content::MemberProfile(_)
            | Content::MemberLeave
            | Content::MemberKick
            | Content::MemberBan
            | Content::UserPurge,
        ) => Meaning::Shared,
        Some(
            Content::ServerUpdate(_)
            | Content::MigratePropose(_)
            | Content::MigrateCommit(_)
            | Content::ChannelCreate(_)
            | Content::ChannelUpdate(_)
            | Content::ChannelDelete
            | Content::RoleCreate(_)
            | Content::RoleUpdate(_)
            | Content::RoleDelete
            | Content::MemberTimeout(_)
            | Content::InstanceBan(_),
        ) => Meaning::View,
        _ => Meaning::Silent,
    }
}

/// The `e` of a shared event as JSON text, made at the first need.
pub(super) async fn shared(app: &App, log: &LogHandle, entry: &Entry) -> Option<Arc<str>> {
    // Not by what was made before its author's instance was blocked.
    if messages::is_withheld(app, log, &entry.event.action.actor) {
        let event = event(app, log, entry).await.ok()??;
        return serde_json::to_string(&event).ok().map(Arc::from);
    }
    let made = entry.frame.get_or_try_init(|| async {
        let event = event(app, log, entry).await?;
        let text = event.map(|e| serde_json::to_string(&e)).transpose().map_err(crate::error::Problem::internal)?;
        Ok::<_, crate::error::Problem>(text.map(Arc::from))
    });
    match made.await {
        Ok(text) => text.clone(),
        Err(problem) => {
            tracing::warn!(sid = %log.sid, seq = entry.seq(), code = problem.code, "an event could not be shown");
            None
        }
    }
}

async fn event(app: &App, log: &LogHandle, entry: &Entry) -> Result<Option<GatewayEvent>> {
    let action = &entry.event.action;
    let Some(content) = &entry.content else { return Ok(None) };
    let channel = action.channel.as_ref().map(ToString::to_string).unwrap_or_default();
    let target = action.target.clone().unwrap_or_default();
    Ok(match content {
        Content::MessageCreate(_) => {
            let user = profiles::server::known_user_in(app, log, action.actor.as_str()).await?;
            let message = messages::from_entry(app, log, entry).await?;
            Some(GatewayEvent::Message { message: Box::new(message), user })
        }
        Content::MessageEdit(_) => match target.parse() {
            Ok(aid) => {
                let message = messages::message_for_all(app, log, &aid).await?;
                Some(GatewayEvent::MessageEdit { message: Box::new(message) })
            }
            Err(_) => None,
        },
        Content::MessageDelete => {
            Some(GatewayEvent::MessageDelete { channel, id: target, by: action.actor.to_string() })
        }
        Content::ReactionAdd(r) | Content::ReactionRemove(r) => {
            let user = profiles::server::known_user_in(app, log, action.actor.as_str()).await?;
            let on = matches!(content, Content::ReactionAdd(_));
            let actor = action.actor.to_string();
            Some(GatewayEvent::Reaction { channel, id: target, emoji: r.emoji.clone(), actor, user, on })
        }
        Content::MemberJoin(_) if is_member(log, &action.actor) => {
            let member = members::member(app, log, &action.actor).await?;
            let notice = notices::of_action(&mut app.db.read().await?, log.id, &action.aid).await?;
            Some(GatewayEvent::MemberJoin { member: Box::new(member), notice })
        }
        Content::MemberMigrate(_) if is_member(log, &action.actor) => {
            let member = members::member(app, log, &action.actor).await?;
            Some(GatewayEvent::MemberUpdate { member: Box::new(member) })
        }
        Content::MemberJoin(_) => {
            let user = profiles::server::known_user_in(app, log, action.actor.as_str()).await?;
            let notice = notices::of_action(&mut app.db.read().await?, log.id, &action.aid).await?;
            notice.map(|notice| GatewayEvent::Notice { notice, user })
        }
        Content::MemberUpdate(_) | Content::MemberProfile(_) => match target.parse() {
            Ok(actor) if is_member(log, &actor) => {
                let member = members::member(app, log, &actor).await?;
                Some(GatewayEvent::MemberUpdate { member: Box::new(member) })
            }
            _ => None,
        },
        Content::MemberLeave | Content::MemberKick | Content::MemberBan => {
            let (who, reason) = match content {
                Content::MemberLeave => (action.actor.to_string(), "left"),
                Content::MemberKick => (target, "kicked"),
                _ => (target, "banned"),
            };
            let user = profiles::server::known_user_in(app, log, &who).await?;
            let notice = notices::of_action(&mut app.db.read().await?, log.id, &action.aid).await?;
            Some(GatewayEvent::MemberLeave { actor: who, user, reason: reason.into(), notice })
        }
        Content::UserPurge => Some(GatewayEvent::Purge { actor: action.actor.to_string(), seq: entry.seq() }),
        _ => None,
    })
}

/// Somebody who left again since has no row to show.
fn is_member(log: &LogHandle, actor: &Actor) -> bool {
    log.state().members.contains_key(actor)
}

/// A message as its own author sees it, with the number that the author's client gave it.
pub(super) async fn own_message(app: &App, log: &LogHandle, entry: &Entry, viewer: &Actor) -> Result<Option<String>> {
    let message = messages::message(app, log, viewer, &entry.aid()).await?;
    let user = profiles::server::known_user_in(app, log, viewer.as_str()).await?;
    let event = GatewayEvent::Message { message: Box::new(message), user };
    serde_json::to_string(&event).map(Some).map_err(crate::error::Problem::internal)
}

/// The server as the viewer sees it now.
pub(super) async fn view(app: &App, log: &LogHandle, viewer: &Actor) -> Result<String> {
    let server = servers::view(app, log, viewer).await?;
    serde_json::to_string(&GatewayEvent::Server { server: Box::new(server) }).map_err(crate::error::Problem::internal)
}
