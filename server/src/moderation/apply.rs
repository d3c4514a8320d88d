//! Keeps the reasons that stand in the staff channel.

use conntext_federation::content::Content;

use super::store;
use crate::db::{Result, Tx};
use crate::log::Batch;
use crate::log::purge::Gone;

/// Notes the reasons among these events.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> Result<()> {
    for entry in batch.entries {
        if let (Some(Content::AuditNote(note)), Some(target)) = (&entry.content, &entry.event.action.target) {
            store::put_note(tx, batch.log_id, entry, note, target).await?;
        }
    }
    Ok(())
}

/// Reasons go with everything else that their author had erased.
pub async fn erase(tx: &mut Tx, gone: &Gone<'_>) -> Result<()> {
    store::drop_notes_of(tx, gone.log_id, gone.actor.as_str(), gone.by_seq).await
}
