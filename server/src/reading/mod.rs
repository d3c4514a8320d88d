//! How far each person of this instance has read, and what speaks to them. Private to the person: never in a log.

mod apply;
mod routes;
mod store;

use crate::db::{self, Query};
use conntext_federation::ids::{Actor, ChannelId};
use std::collections::HashMap;

pub use apply::{apply, erase, undo};
pub use routes::router;
pub use store::{forget_channel, forget_log, set};

/// How far somebody has read a channel. What is unread follows: the channel's last number less this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Number of the last message that counts as read; 0 for none.
    pub read_cn: u64,
    /// Unread messages that speak to the person.
    pub mentions: u64,
}

/// The marks of a person in one log. A channel that is missing has nothing read and no mentions.
///
/// # Errors
/// The database's.
pub async fn marks(q: &mut impl Query, log_id: i64, actor: &Actor) -> db::Result<HashMap<ChannelId, Mark>> {
    store::marks(q, log_id, actor).await
}

/// The mark of a person in one channel.
///
/// # Errors
/// The database's.
pub async fn mark(q: &mut impl Query, log_id: i64, actor: &Actor, channel: &ChannelId) -> db::Result<Mark> {
    store::mark(q, log_id, actor, channel).await
}
