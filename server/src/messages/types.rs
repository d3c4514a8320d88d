//! How messages appear in the API.

use crate::notices::Notice;
use crate::profiles::User;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a message is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// In the community's log.
    Sent,
    /// Waits for the community's own instance.
    Pending,
    /// Refused for good.
    Rejected,
    /// Waited too long.
    Expired,
    /// Was in the community's log, which went on without it after a restore from an older copy.
    Orphaned,
}

/// A message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Message {
    /// The message's id.
    pub id: String,
    /// The community.
    pub sid: String,
    /// The channel.
    pub channel: String,
    /// Position in the community's log; none while it waits.
    #[schema(required)]
    pub seq: Option<u64>,
    /// Number in its channel, from 1; none while it waits.
    #[schema(required)]
    pub cn: Option<u64>,
    /// Who wrote it.
    pub author: String,
    /// Milliseconds since 1970.
    pub ts: i64,
    /// Markdown; empty when deleted.
    pub body: String,
    /// What it answers.
    #[schema(required)]
    pub reply_to: Option<ReplyRef>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// Its reactions, the oldest first.
    pub reactions: Vec<Reaction>,
    /// When it was last edited, milliseconds since 1970.
    #[schema(required)]
    pub edited_at: Option<i64>,
    /// Whether its content is gone.
    pub deleted: bool,
    /// Its content is not shown, because this instance blocks the one that its author is at home on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
    /// Actors, role ids, `everyone` or `here`.
    pub mentions: Vec<String>,
    /// The sender's own number, for own messages only.
    #[schema(required)]
    pub nonce: Option<String>,
    /// Where it is on its way.
    pub state: MessageState,
    /// Why it was refused.
    #[schema(required)]
    pub error_code: Option<String>,
}

/// What a message answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplyRef {
    /// The message's id.
    pub id: String,
    /// Who wrote it; none where this instance does not have it.
    #[schema(required)]
    pub author: Option<String>,
    /// How it begins.
    #[schema(required)]
    pub excerpt: Option<String>,
    /// Whether it is gone.
    pub deleted: bool,
    /// Its number in the channel.
    #[schema(required)]
    pub cn: Option<u64>,
}

/// A file of a message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Attachment {
    /// Id of the stored bytes.
    pub id: String,
    /// The file's name.
    pub name: String,
    /// Its media type, found by its bytes.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// Pixels, for pictures.
    #[schema(required)]
    pub width: Option<u64>,
    /// Pixels, for pictures.
    #[schema(required)]
    pub height: Option<u64>,
    /// A blurred preview, base64.
    #[schema(required)]
    pub thumbhash: Option<String>,
    /// What it shows, in words.
    pub alt: String,
    /// Where it is read.
    pub url: String,
    /// Where its small picture is read.
    #[schema(required)]
    pub thumb_url: Option<String>,
    /// Shown only after a click.
    pub spoiler: bool,
}

/// Everybody who gave the same reaction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reaction {
    /// The emoji, or the id of a community's own.
    pub emoji: String,
    /// How many.
    pub count: u64,
    /// Whether the asker is among them.
    pub me: bool,
    /// The first ten.
    pub users: Vec<String>,
}

/// A run of messages, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Who came and went between them, where the channel shows that: oldest first, to be sorted in by `seq`.
    pub notices: Vec<Notice>,
    /// Everybody who appears in them.
    pub users: Vec<User>,
    /// Whether older ones exist.
    pub has_before: bool,
    /// Whether newer ones exist.
    pub has_after: bool,
    /// Some are missing, because the community's own instance cannot be reached.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// One's own messages that have not arrived.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PendingMessages {
    /// In the order of sending.
    pub pending: Vec<Message>,
}

/// A new message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct NewMessage {
    /// A number or text of the sender's own, at most 64 characters: sent again, it is the same message.
    pub nonce: String,
    /// Markdown.
    #[serde(default)]
    pub body: String,
    /// The id of the message that it answers.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Files that were uploaded before.
    #[serde(default)]
    pub attachments: Vec<NewAttachment>,
    /// Whether the author of the answered message is notified.
    #[serde(default)]
    pub ping: bool,
}

/// A file of a new message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct NewAttachment {
    /// The upload.
    pub upload: String,
    /// What it shows, in words.
    #[serde(default)]
    pub alt: String,
    /// Shown only after a click.
    #[serde(default)]
    pub spoiler: bool,
}

/// New text of a message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct EditMessage {
    /// Markdown.
    pub body: String,
}

/// Why a message is deleted.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct DeleteReason {
    /// Kept for the staff when the message is somebody else's.
    #[serde(default)]
    pub reason: Option<String>,
}
