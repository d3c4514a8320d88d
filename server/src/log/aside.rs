//! A copy is set aside when its hub sent what does not hold: it is kept, and fed no longer.

use super::{Inner, Log, commit::Kind, handle::LogHandle, store};
use crate::bus::Notice;
use conntext_federation::Code;

impl Inner {
    pub(super) async fn set_aside(&self, log: &LogHandle, code: Code) {
        tracing::error!(sid = %log.sid, code = code.as_str(), "the copy of a log is quarantined: its hub sent what does not hold");
        log.set_quarantined(Some(code.as_str().to_owned()));
        let written = async {
            let mut tx = self.db.begin().await?;
            store::set_quarantine(&mut tx, log.id, Some(code.as_str())).await?;
            self.touch(&mut tx, log.id, Kind::Changed).await?;
            tx.commit().await
        };
        if let Err(e) = written.await {
            tracing::error!(sid = %log.sid, error = %e, "the quarantine could not be written");
        }
        self.bus.tell_server(&log.sid, Notice::Hub);
    }
}

impl Log {
    /// Sets a copy aside whose hub was found to say what does not hold. What people here write goes on waiting.
    pub async fn set_aside(&self, log: &LogHandle, code: Code) {
        self.inner.set_aside(log, code).await;
    }
}
