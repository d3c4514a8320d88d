//! A log of ours takes its own tail back.

use super::{Committer, ReceiveError};
use crate::{crash, log::LogHandle};
use conntext_federation::event::Item;

impl Committer {
    /// Appends what followers gave back. Nothing of it is signed anew: it stands as it stood.
    pub(super) async fn restore(&mut self, log: &LogHandle, items: Vec<Item>) -> Result<u64, ReceiveError> {
        let mut tx = self.inner.db.begin().await?;
        let held = self.held(&mut tx, log, &items).await?;
        let (entries, steps) = self.accept(&mut tx, log, items, &held).await?;
        self.write(&mut tx, log, &entries, true).await?;
        crash::point("restore.before_commit");
        tx.commit().await?;
        crash::point("restore.after_commit");
        self.publish(log, &steps, entries);
        Ok(log.state().head.seq)
    }
}
