//! A log of ours takes its own tail back.

use super::{Committer, Kind, ReceiveError};
use crate::{crash, log::LogHandle};
use conntext_federation::event::Item;
use std::sync::Arc;

impl Committer {
    /// Appends what followers gave back. Nothing of it is signed anew: it stands as it stood.
    pub(super) async fn restore(&mut self, log: &Arc<LogHandle>, items: Vec<Item>) -> Result<u64, ReceiveError> {
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Events).await.map_err(ReceiveError::Log)?;
        let held = self.held(&mut tx, log, &items).await?;
        let (entries, steps) = self.accept(&mut tx, log, items, &held).await?;
        self.write(&mut tx, log, &entries, true).await?;
        crash::point("restore.before_commit");
        self.commit(tx).await?;
        crash::point("restore.after_commit");
        self.publish(log, &steps, entries);
        Ok(log.state().head.seq)
    }
}
