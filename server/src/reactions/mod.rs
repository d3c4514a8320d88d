//! Reactions: one emoji of one person under one message, given or taken back.

mod routes;
mod store;

use crate::db::{Result, Tx};
use crate::log::Batch;
use crate::log::purge::Gone;
use conntext_federation::content::Content;
use conntext_federation::ids::ActionId;

pub use routes::router;
use store::Given;
pub use store::{forget_channel, forget_log, of_message, of_range, undo};

/// Different emoji under one message.
pub const MAX_KINDS: usize = 20;

/// Writes what a batch says of reactions.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> Result<()> {
    for entry in batch.entries {
        let action = &entry.event.action;
        let Some(channel) = &action.channel else { continue };
        let target = || action.target.as_deref().and_then(|t| t.parse::<ActionId>().ok());
        match &entry.content {
            Some(content @ (Content::ReactionAdd(r) | Content::ReactionRemove(r))) => {
                if let Some(aid) = target() {
                    let given = Given {
                        aid,
                        emoji: &r.emoji,
                        actor: action.actor.as_str(),
                        channel: channel.as_str(),
                        seq: entry.seq(),
                        present: matches!(content, Content::ReactionAdd(_)),
                    };
                    store::put(tx, batch.log_id, given).await?;
                }
            }
            Some(Content::MessageDelete) => {
                if let Some(aid) = target() {
                    store::drop_message(tx, batch.log_id, &aid).await?;
                }
            }
            Some(Content::ChannelDelete) => store::forget_channel(tx, batch.log_id, channel).await?,
            _ => {}
        }
    }
    Ok(())
}

/// Reactions that somebody had erased go, and all those under their messages.
pub async fn erase(tx: &mut Tx, gone: &Gone<'_>) -> Result<()> {
    for (aid, _) in gone.messages {
        store::drop_message(tx, gone.log_id, aid).await?;
    }
    for aid in gone.reacted {
        store::drop_of(tx, gone.log_id, aid, gone.actor.as_str()).await?;
    }
    Ok(())
}
