//! Keeps the reasons that stand in the staff channel.

use conntext_federation::content::Content;

use super::store;
use crate::db::{Result, Tx};
use crate::log::Batch;

/// Notes the reasons among these events.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> Result<()> {
    for entry in batch.entries {
        if let (Some(Content::AuditNote(note)), Some(target)) = (&entry.content, &entry.event.action.target) {
            store::put_note(tx, batch.log_id, entry, note, target).await?;
        }
    }
    Ok(())
}
