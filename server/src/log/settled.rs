//! What whoever acted is told.

use super::{LogError, LogHandle, store};
use crate::{App, error::Problem};
use conntext_federation::{Code, ids::ActionId};
use std::time::Duration;

/// How long [`settled`] waits for the push that follows an accepted action.
const SETTLE: Duration = Duration::from_secs(2);

/// Waits a little until the copy of a server elsewhere holds an action that its hub accepted, so that the answer to
/// whoever acted shows what they did. Answers whether it does; with the hub here that is always so.
pub async fn settled(app: &App, log: &LogHandle, aid: &ActionId) -> bool {
    if log.hub_here() {
        return true;
    }
    // Listening before looking: what arrives in between is not missed.
    let mut notices = app.bus.server(&log.sid);
    let held = async {
        let mut read = app.db.read().await?;
        store::position_of(&mut read, log.id, aid).await
    };
    if matches!(held.await, Ok(Some(_))) {
        return true;
    }
    let arrives = async {
        use crate::bus::Notice;
        use tokio::sync::broadcast::error::RecvError;
        loop {
            match notices.recv().await {
                Ok(Notice::Events(entries)) if entries.iter().any(|e| e.aid() == *aid) => return true,
                // Too much happened to follow; the copy is as new as it can be.
                Err(RecvError::Lagged(_)) => return true,
                Ok(Notice::Gone) | Err(RecvError::Closed) => return false,
                Ok(_) => {}
            }
        }
    };
    tokio::time::timeout(SETTLE, arrives).await.unwrap_or(false)
}

impl From<LogError> for Problem {
    fn from(e: LogError) -> Self {
        match e {
            LogError::Rejected(code @ (Code::Blocked | Code::NotAllowed | Code::InReview)) => {
                Self::from(code).detail("This community's own instance and yours do not talk to each other.")
            }
            LogError::Rejected(code) => code.into(),
            LogError::Unknown => Code::UnknownServer.into(),
            LogError::QueueFull => Self::rate(60_000)
                .detail("Too many of your messages already wait for this community to come back. Try again later."),
            LogError::Db(e) => e.into(),
            LogError::Closed => Self::new("overloaded").retry_after_ms(2_000),
            LogError::Rewinding => Self::new("overloaded")
                .detail("This community was restored from an older copy and is fetching what was said since. Try again in a moment.")
                .retry_after_ms(2_000),
        }
    }
}
