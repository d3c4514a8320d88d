//! One's own messages that are not in the log yet.

use super::read::{fresh, message};
use super::store;
use super::types::{Message, MessageState};
use crate::App;
use crate::db::Query;
use crate::error::Result;
use crate::log::{self, LogHandle, Pending, PendingState};
use conntext_federation::content::MessageCreate;
use conntext_federation::ids::{ActionId, Actor};
use std::collections::BTreeMap;

async fn shown(
    q: &mut impl Query,
    log: &LogHandle,
    pending: Pending,
    nonces: &BTreeMap<ActionId, String>,
) -> Result<Option<Message>> {
    let Some(channel) = pending.draft.channel.as_ref().filter(|_| pending.draft.kind == "message.create") else {
        return Ok(None);
    };
    let content: MessageCreate = serde_json::from_value(pending.draft.content.clone()).unwrap_or_default();
    let answered = match &content.reply_to {
        Some(aid) => store::answer(q, log.id, channel, aid).await?,
        None => None,
    };
    let actor = &pending.draft.actor;
    let mut message = fresh(log, channel, actor, pending.aid, pending.created_at, content, answered);
    message.state = match pending.state {
        PendingState::Queued | PendingState::Accepted => MessageState::Pending,
        PendingState::Rejected => MessageState::Rejected,
        PendingState::Expired => MessageState::Expired,
        PendingState::Orphaned => MessageState::Orphaned,
    };
    message.error_code = pending.code;
    message.nonce = nonces.get(&pending.aid).cloned();
    Ok(Some(message))
}

/// A queued message as its author sees it; `None` for other actions. One that arrived meanwhile is shown as sent.
///
/// # Errors
/// 404 where there is no such message.
pub async fn pending_message(app: &App, log: &LogHandle, actor: &Actor, aid: &ActionId) -> Result<Option<Message>> {
    let mut read = app.db.read().await?;
    match log::pending::get(&mut read, &log.sid, log.id, aid).await? {
        Some(pending) if pending.draft.actor == *actor => {
            let after = pending.created_at.saturating_sub(SLACK_MS);
            let nonces = log::store::nonces_of(&mut read, log.id, actor, after).await?;
            shown(&mut read, log, pending, &nonces).await
        }
        _ => {
            drop(read);
            message(app, log, actor, aid).await.map(Some)
        }
    }
}

/// A queued action that was tried again has a newer time than its number.
const SLACK_MS: i64 = 8 * 24 * 3_600_000;

/// All messages of a person that wait in a server, in the order of sending.
pub(super) async fn all(app: &App, log: &LogHandle, actor: &Actor) -> Result<Vec<Message>> {
    let mut read = app.db.read().await?;
    let waiting = log::pending::of_actor(&mut read, &log.sid, log.id, actor).await?;
    let Some(oldest) = waiting.iter().map(|p| p.created_at).min() else { return Ok(Vec::new()) };
    let nonces = log::store::nonces_of(&mut read, log.id, actor, oldest.saturating_sub(SLACK_MS)).await?;
    let mut messages = Vec::new();
    for pending in waiting {
        messages.extend(shown(&mut read, log, pending, &nonces).await?);
    }
    Ok(messages)
}
