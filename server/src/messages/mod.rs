//! Messages: what people write in channels. What they say stands in the log alone; here is where they stand.

mod apply;
mod compose;
mod holes;
mod pending;
pub mod place;
mod read;
mod routes;
mod store;
mod types;
mod write;

use crate::config::Limits;
use crate::http::rate::RateLimit;

pub use apply::{apply, erase};
pub use pending::pending_message;
pub use read::{from_entry, is_withheld, message, message_for_all};
pub use routes::router;
pub use store::{Spot, forget_channel, forget_log, undo};
pub use types::{Attachment, Message, MessagePage, MessageState, NewAttachment, PendingMessages, Reaction, ReplyRef};
pub use write::spot;

/// Limits on writing, for each account.
pub struct Pace {
    /// Messages and edits.
    pub messages: RateLimit<String>,
    /// Reactions and deletions.
    pub reactions: RateLimit<String>,
    /// "Is writing".
    pub typing: RateLimit<String>,
}

impl Pace {
    /// With the configuration's rates.
    pub fn new(limits: &Limits) -> Self {
        let each = |per_s: u32| 1000 / u64::from(per_s.max(1));
        Self {
            messages: RateLimit::new(limits.message_burst, each(limits.message_per_s)),
            reactions: RateLimit::new(limits.reaction_burst, each(limits.reaction_per_s)),
            typing: RateLimit::new(limits.typing_burst, each(limits.typing_per_s)),
        }
    }
}
