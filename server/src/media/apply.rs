//! What events do to files: messages that come refer to them, messages that go let them go.

use super::store;
use crate::db::{Result, Tx};
use crate::log::purge::Gone;
use crate::log::{Batch, Undone};
use conntext_federation::content::Content;

/// Writes which messages of a batch refer to which files. Comes after the messages themselves.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> Result<()> {
    for entry in batch.entries {
        let action = &entry.event.action;
        if batch.live && matches!(entry.content, Some(Content::MigrateCommit(_))) {
            // What still waits for its message is brought to the new hub again.
            store::forget_brought(tx, batch.log_id).await?;
        }
        let Some(channel) = &action.channel else { continue };
        match &entry.content {
            Some(Content::MessageCreate(m)) => {
                for a in &m.attachments {
                    let (channel, author, home) = (channel.as_str(), action.actor.as_str(), action.origin.as_str());
                    store::refer(tx, batch.log_id, &action.aid, channel, author, home, a).await?;
                }
            }
            Some(Content::MessageDelete) => {
                if let Some(aid) = action.target.as_deref().and_then(|t| t.parse().ok()) {
                    store::forget_message(tx, batch.log_id, &aid).await?;
                }
            }
            Some(Content::ChannelDelete) => store::forget_channel(tx, batch.log_id, channel).await?,
            _ => {}
        }
    }
    Ok(())
}

/// The files of messages that their author had erased go.
pub async fn erase(tx: &mut Tx, gone: &Gone<'_>) -> Result<()> {
    for (aid, _) in gone.messages {
        store::forget_message(tx, gone.log_id, aid).await?;
    }
    Ok(())
}

/// Messages no longer count.
pub async fn undo(tx: &mut Tx, undone: &Undone<'_>) -> Result<()> {
    for entry in undone.entries.iter().filter(|e| e.event.header.cn.is_some()) {
        store::undo(tx, undone.log_id, &entry.aid()).await?;
    }
    Ok(())
}
