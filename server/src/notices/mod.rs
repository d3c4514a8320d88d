//! Notices of people coming and going, between the messages of the channel that a community chose for them.
//!
//! Every move is kept, wherever notices are shown: which channel shows them, and whether one does, is asked when
//! somebody reads. So all copies of a log agree, and turning them off takes them out of sight at once.

mod store;

use crate::db::{Query, Result, Tx};
use crate::log::{Batch, LogHandle};
use conntext_federation::ids::{ActionId, ChannelId};
use conntext_federation::notices::MoveKind;
use serde::Serialize;
use utoipa::ToSchema;

pub use store::{forget_log, undo};

/// The most notices that come with one page of messages; the newest stay.
const MAX_OF_PAGE: u64 = 500;

/// How somebody came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    Joined,
    Left,
    /// They may come back.
    Kicked,
    /// They may not.
    Banned,
}

impl NoticeKind {
    fn read(text: &str) -> Self {
        [(MoveKind::Joined, Self::Joined), (MoveKind::Kicked, Self::Kicked), (MoveKind::Banned, Self::Banned)]
            .into_iter()
            .find(|(kind, _)| kind.as_str() == text)
            .map_or(Self::Left, |(_, shown)| shown)
    }
}

/// Somebody came or went. Nothing to answer, to edit or to count as unread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Notice {
    /// The action's id; several people can go by one.
    pub id: String,
    /// Position in the community's log, between those of the messages.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub ts: i64,
    pub kind: NoticeKind,
    /// Who it is about.
    pub user: String,
}

/// Positions in a log: those after `after` and before `before`.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub after: u64,
    pub before: u64,
}

/// Writes who came and went.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> Result<()> {
    store::insert(tx, batch.log_id, batch.moves).await
}

/// The notices that a channel shows in this span, ascending; none unless it is the channel for them.
///
/// # Errors
/// Those of the database.
pub async fn of_channel(
    q: &mut impl Query,
    log: &LogHandle,
    channel: &ChannelId,
    span: Option<Span>,
) -> Result<Vec<Notice>> {
    let Some(span) = span else { return Ok(Vec::new()) };
    let here = log.state().notices_channel() == Some(channel);
    if here { store::between(q, log.id, span, MAX_OF_PAGE).await } else { Ok(Vec::new()) }
}

/// The notice of one person's move, if the action moved anybody.
///
/// # Errors
/// Those of the database.
pub async fn of_action(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Option<Notice>> {
    store::of_action(q, log_id, aid).await
}
