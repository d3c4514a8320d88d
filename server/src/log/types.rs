//! What goes into a log and what comes out.

use crate::{db, keys::InstanceKeys};
use conntext_federation::{
    Code,
    content::Content,
    event::Event,
    ids::{ActionId, ChannelId, Hash, InstanceId},
    notices::Move,
    state::ServerState,
    wire,
};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// This instance as the log knows it.
pub struct Me {
    pub ik: InstanceId,
    pub domain: String,
    /// Its signing keys.
    pub keys: Arc<InstanceKeys>,
}

/// An event that stands in a log or a copy of it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub event: Event,
    pub hash: Hash,
    /// The content, where it is present, known and not rejected.
    pub content: Option<Content>,
    /// Why it counts for nothing.
    pub rejected: Option<Code>,
    /// What the gateway sends of it, made once for all receivers.
    pub frame: tokio::sync::OnceCell<Option<Arc<str>>>,
    /// What other instances are sent of it, made once for all of them.
    wire: OnceLock<Option<Box<RawValue>>>,
}

impl Entry {
    /// An entry from its parts.
    pub fn new(event: Event, hash: Hash, content: Option<Content>, rejected: Option<Code>) -> Self {
        Self { event, hash, content, rejected, frame: tokio::sync::OnceCell::new(), wire: OnceLock::new() }
    }
    /// Reads the content of a stored event.
    pub fn of(event: Event, hash: Hash, rejected: Option<Code>) -> Self {
        let content = match (&event.content, rejected) {
            (Some(value), None) => Content::parse(&event.action.kind, value).ok(),
            _ => None,
        };
        Self::new(event, hash, content, rejected)
    }
    /// The event as JSON text; `None` where it cannot be written as such, which a verified event always can.
    pub fn wire(&self) -> Option<&RawValue> {
        self.wire.get_or_init(|| serde_json::value::to_raw_value(&self.event).ok()).as_deref()
    }
    /// Position in the log.
    pub fn seq(&self) -> u64 {
        self.event.header.seq
    }
    /// The action's id.
    pub fn aid(&self) -> ActionId {
        self.event.action.aid
    }
}

/// Events that are being written, handed to the projections inside the transaction.
pub struct Batch<'a> {
    pub log_id: i64,
    /// Whether this instance sequences the log.
    pub hub_here: bool,
    /// The state after the batch.
    pub state: &'a ServerState,
    pub entries: &'a [Arc<Entry>],
    /// Who came and went by them.
    pub moves: &'a [Move],
    /// Whether it happens now; history that is filled in later notifies nobody.
    pub live: bool,
    /// The time of writing, milliseconds.
    pub now_ms: i64,
}

/// Events that counted until their log went on without them in a new epoch, handed to the rooms inside the transaction
/// that takes them out.
pub struct Undone<'a> {
    pub log_id: i64,
    /// What stands up to here goes on counting.
    pub to: u64,
    pub entries: &'a [Entry],
}

/// How a copy follows that has not asked for all channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follows {
    /// The channels that were asked for.
    pub wanted: BTreeSet<ChannelId>,
    /// Those of them of which every event arrives.
    pub whole: BTreeSet<ChannelId>,
    /// The wish before this one, by which the hub may have sent what is still on its way; none for all channels.
    pub earlier: Option<Hash>,
    /// Whether the hub was asked to send all again, and has not begun to.
    pub all_soon: bool,
}

impl Follows {
    /// Whether what was sent by a wish may be taken.
    pub fn knows(&self, wish: Option<Hash>) -> bool {
        wish == Some(wire::wish(&self.wanted)) || wish == self.earlier || (self.all_soon && wish.is_none())
    }
}

/// What became of something submitted.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It stands in the log.
    Accepted(Arc<Entry>),
    /// It waits for the hub, durably.
    Pending(ActionId),
}

impl Outcome {
    /// The action's id.
    pub fn aid(&self) -> ActionId {
        match self {
            Self::Accepted(entry) => entry.aid(),
            Self::Pending(aid) => *aid,
        }
    }
}

/// Why something submitted came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The rules or the hub refused it.
    #[error("refused: {0}")]
    Rejected(Code),
    /// No such log here, or the copy is quarantined.
    #[error("unknown server")]
    Unknown,
    /// Too many of the actor's actions wait already.
    #[error("the queue is full")]
    QueueFull,
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// The log lacks its end, as after a restore from an older copy, and is not written to.
    #[error("the log is being put together again")]
    Rewinding,
    /// The instance is shutting down.
    #[error("shutting down")]
    Closed,
}

impl From<Code> for LogError {
    fn from(code: Code) -> Self {
        Self::Rejected(code)
    }
}
