//! What actions say, by type. Unknown members are ignored; an unknown type is stored, passed on and shown to nobody.

mod shapes;

use crate::{
    action::Position,
    error::Code,
    hub_move::Accept,
    identity::Op,
    ids::{ActionId, Actor, ChannelId, Hash, InstanceId, MediaId, RoleId},
    instance::KeysStatement,
    keys::{Bytes, PublicKey},
    perms::{Override, Perms},
    takeover::{self, CoSigned, RecoveryFields, Takeover},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeSet;

/// The longest body of a message in bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024;
/// The most files in one message.
pub const MAX_ATTACHMENTS: usize = 10;

/// The most runs that the report of a new epoch names.
pub const MAX_LOST_RUNS: usize = 1000;

/// What a log is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogKind {
    /// A community with channels.
    Guild,
    /// A direct or group conversation.
    Dm,
}

/// The content that a server's id is derived from. Never erased, never changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Genesis {
    /// Makes the id unique.
    pub nonce: Bytes<16>,
    /// Community or conversation.
    pub kind: LogKind,
    /// Who made it, and its first owner.
    pub creator: Actor,
    /// Keys that may move the server when its hub is lost.
    pub recovery_keys: Vec<PublicKey>,
    /// Which rules judge its actions.
    pub rules_version: u64,
}

/// A picture of a server: the stored bytes and their media type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Picture {
    /// The bytes.
    pub mid: MediaId,
    /// Such as `image/png`.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Their number.
    pub size: u64,
}

/// Distinguishes "leave as it is" (absent) from "remove" (null).
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// Change of what a server shows of itself.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ServerUpdate {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Null removes the picture.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub icon: Option<Option<Picture>>,
    /// Whether it is listed in the directory and joined without an invite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// The channel whose timeline tells who comes and goes; null for none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub notices: Option<Option<ChannelId>>,
}

/// What a channel is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Messages.
    Text,
    /// A heading over other channels.
    Category,
}

/// A new channel. Its id follows from the action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChannelCreate {
    /// Unique among the channels of the server.
    pub name: String,
    /// What it is for.
    pub kind: ChannelKind,
    /// What is talked about; may be empty.
    #[serde(default)]
    pub topic: String,
    /// The category that it stands in.
    #[serde(default)]
    pub parent: Option<ChannelId>,
    /// Its place among its neighbours, from above.
    #[serde(default)]
    pub position: u64,
    /// What it grants and denies beyond the roles.
    #[serde(default)]
    pub overrides: Vec<Override>,
}

/// Change of a channel. An override with nothing allowed and nothing denied is removed.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ChannelUpdate {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Null takes it out of its category.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub parent: Option<Option<ChannelId>>,
    /// Its new place among its neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// Overrides to set; those of other targets stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
}

/// A new role, or change of one (absent members stay).
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct RoleContent {
    /// Unique among the roles of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `0xRRGGBB`; null takes the colour away.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub colour: Option<Option<u64>>,
    /// Its rank; 1 or more, higher beats lower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// Shown apart in the member list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hoist: Option<bool>,
    /// Whether everybody may mention it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentionable: Option<bool>,
    /// What its holders may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Perms>,
}

/// Somebody comes in. Carries the identity chain, so that the log proves by itself whose home speaks for them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberJoin {
    /// The whole chain from its first operation; empty for anonymous members.
    #[serde(default)]
    pub identity: Vec<Op>,
    /// Hash of the invite's code, where one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Hash>,
}

/// Somebody goes on under another home. Sent by the new one; roles, messages and everything else stay theirs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberMigrate {
    /// The whole chain, whose last operation names the new home.
    pub identity: Vec<Op>,
    /// Where the log knows a chain that parted from this one: that one, from where they part. This one has to outrank it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<Op>,
}

/// Change of a member's roles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberUpdate {
    /// All roles that the member holds from now on, without the one of everyone.
    pub roles: Vec<RoleId>,
}

/// Whether a server shows the name and picture that a member chose for it, which their home tells beside their profile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberProfile {
    /// False shows them as everywhere else.
    pub shown: bool,
}

/// No messages or reactions until then.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberTimeout {
    /// Milliseconds; 0 ends it.
    pub until: i64,
}

/// A new invite; the action's target is the hash of its code. The code itself never stands in a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InviteCreate {
    /// Where whoever joins lands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// Roles granted on joining.
    #[serde(default)]
    pub roles: Vec<RoleId>,
    /// When it ends, milliseconds; never where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// How many may come in by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u64>,
}

/// A file of a message, uploaded to the hub before the message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// The bytes.
    pub mid: MediaId,
    /// The name to show and to save it under.
    pub name: String,
    /// Its media type, as the uploading instance found it.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Number of bytes.
    pub size: u64,
    /// Width of a picture or video in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
    /// Height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// A blurred preview of a few bytes, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbhash: Option<String>,
    /// A smaller picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumb: Option<MediaId>,
    /// What is to be seen, for those who cannot see it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alt: String,
    /// Whether it is covered until somebody asks for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spoiler: bool,
}

/// A message.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct MessageCreate {
    /// Markdown.
    pub body: String,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ActionId>,
    /// Its files, in the order to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Actors, roles, or `everyone`, `here`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
}

impl MessageCreate {
    /// All files that it names, small pictures included.
    pub fn files(&self) -> BTreeSet<MediaId> {
        self.attachments.iter().flat_map(|a| std::iter::once(&a.mid).chain(&a.thumb)).cloned().collect()
    }
}

/// New text of a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageEdit {
    /// The whole new text, Markdown.
    pub body: String,
    /// Whom the new text mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
}

/// A reaction: a Unicode emoji or a custom one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reaction {
    /// One Unicode emoji, or the id of a custom one.
    pub emoji: String,
}

/// Instances whose members may not take part: a domain or `*.domain`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InstanceBan {
    /// The instance.
    pub ik: InstanceId,
}

/// A hub goes on with its log although a part of it is lost: the signed report of what is missing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServerEpoch {
    /// The last event that counts of the epoch that ends; the event with this content follows it.
    pub base: Position,
    /// The furthest end of that epoch that the hub knows of. What lies between base and it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Position>,
    /// Runs before base of which nobody who was asked holds anything, first and last sequence number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<(u64, u64)>,
}

/// The owner wants the community to live on another instance, which follows the whole log from then on; or does not any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MigratePropose {
    /// The new hub, with its keys as its root key signed them; null withdraws an earlier proposal.
    #[serde(default)]
    pub to: Option<Box<KeysStatement>>,
}

/// The last event of a hub: from here on another one sequences the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MigrateCommit {
    /// The new hub's signature.
    pub accept: Accept,
}

/// The first event of a generation: the log goes on elsewhere, by its recovery keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServerTakeover {
    /// The word of the keys.
    pub takeover: Takeover,
    /// The keys of the new hub.
    pub keys: Box<KeysStatement>,
}

/// Why something was done; stands in the staff channel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditNote {
    /// The type of the act.
    pub about: String,
    /// Why, in words.
    #[serde(default)]
    pub reason: String,
}

/// The content of an action of a known type.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    /// `instance.keys`
    InstanceKeys(Box<KeysStatement>),
    /// `server.create`
    ServerCreate(Genesis),
    /// `server.update`
    ServerUpdate(ServerUpdate),
    /// `server.delete`
    ServerDelete,
    /// `server.epoch`
    ServerEpoch(Box<ServerEpoch>),
    /// `server.migrate_propose`
    MigratePropose(MigratePropose),
    /// `server.migrate_commit`
    MigrateCommit(Box<MigrateCommit>),
    /// `server.recovery`
    ServerRecovery(Box<CoSigned<RecoveryFields>>),
    /// `server.takeover`
    ServerTakeover(Box<ServerTakeover>),
    /// `channel.create`
    ChannelCreate(ChannelCreate),
    /// `channel.update`
    ChannelUpdate(ChannelUpdate),
    /// `channel.delete`
    ChannelDelete,
    /// `role.create`
    RoleCreate(RoleContent),
    /// `role.update`
    RoleUpdate(RoleContent),
    /// `role.delete`
    RoleDelete,
    /// `member.join`
    MemberJoin(MemberJoin),
    /// `member.migrate`
    MemberMigrate(MemberMigrate),
    /// `member.leave`
    MemberLeave,
    /// `member.kick`
    MemberKick,
    /// `member.ban`
    MemberBan,
    /// `member.unban`
    MemberUnban,
    /// `member.timeout`
    MemberTimeout(MemberTimeout),
    /// `member.update`
    MemberUpdate(MemberUpdate),
    /// `member.profile`
    MemberProfile(MemberProfile),
    /// `invite.create`
    InviteCreate(InviteCreate),
    /// `invite.revoke`
    InviteRevoke,
    /// `instance.ban`
    InstanceBan(InstanceBan),
    /// `instance.unban`
    InstanceUnban(InstanceBan),
    /// `message.create`
    MessageCreate(MessageCreate),
    /// `message.edit`
    MessageEdit(MessageEdit),
    /// `message.delete`
    MessageDelete,
    /// `reaction.add`
    ReactionAdd(Reaction),
    /// `reaction.remove`
    ReactionRemove(Reaction),
    /// `audit.note`
    AuditNote(AuditNote),
    /// `user.purge`
    UserPurge,
}

/// The types whose content may be erased. State never hangs on what may be erased.
pub const ERASABLE: &[&str] = &["message.create", "message.edit", "reaction.add", "reaction.remove", "audit.note"];

/// Whether the content of this type may be erased.
pub fn erasable(kind: &str) -> bool {
    ERASABLE.contains(&kind)
}

/// Whether this version knows the type.
pub fn known(kind: &str) -> bool {
    Content::parse(kind, &Value::Object(Default::default())) != Err(Code::UnknownType)
}

fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, Code> {
    T::deserialize(shapes::Shaped(value)).map_err(|_| Code::BadContent)
}

fn text(value: &str, least: usize, most: usize) -> Result<(), Code> {
    let printable = !value.chars().any(|c| c.is_control());
    if (least..=most).contains(&value.trim().chars().count()) && printable { Ok(()) } else { Err(Code::BadContent) }
}

fn known_bits(perms: Perms) -> Result<(), Code> {
    if Perms::ALL.has(perms) { Ok(()) } else { Err(Code::BadContent) }
}

fn overrides(list: &[Override]) -> Result<(), Code> {
    if list.len() > 200 {
        return Err(Code::BadContent);
    }
    for (i, o) in list.iter().enumerate() {
        known_bits(o.allow)?;
        known_bits(o.deny)?;
        let target = o.target.parse::<RoleId>().is_ok() || o.target.parse::<Actor>().is_ok();
        if !target || (o.allow & o.deny) != Perms::NONE || list[..i].iter().any(|p| p.target == o.target) {
            return Err(Code::BadContent);
        }
    }
    Ok(())
}

fn body(text: &str) -> Result<(), Code> {
    if text.len() > MAX_BODY_BYTES { Err(Code::TooLarge) } else { Ok(()) }
}

fn mentions(list: &[String]) -> Result<(), Code> {
    let known =
        |m: &String| m == "everyone" || m == "here" || m.parse::<Actor>().is_ok() || m.parse::<RoleId>().is_ok();
    if list.len() <= 100 && list.iter().all(known) { Ok(()) } else { Err(Code::BadContent) }
}

fn emoji(text: &str) -> Result<(), Code> {
    let unicode =
        text.chars().count() <= 16 && !text.is_ascii() && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    // The digits, # and * of keycaps carry a combining mark, so they are not ASCII as a whole.
    if unicode || text.parse::<crate::ids::EmojiId>().is_ok() { Ok(()) } else { Err(Code::BadContent) }
}

impl Content {
    /// Reads the content of an action of type `kind` and checks its form.
    ///
    /// # Errors
    /// [`Code::UnknownType`], [`Code::BadContent`], or [`Code::TooLarge`] for a body that is too long.
    pub fn parse(kind: &str, value: &Value) -> Result<Self, Code> {
        if !value.is_object() {
            return Err(Code::BadContent);
        }
        let content = match kind {
            "instance.keys" => Self::InstanceKeys(Box::new(typed(value)?)),
            "server.create" => Self::ServerCreate(typed(value)?),
            "server.update" => Self::ServerUpdate(typed(value)?),
            "server.delete" => Self::ServerDelete,
            "server.epoch" => Self::ServerEpoch(Box::new(typed(value)?)),
            "server.migrate_propose" => Self::MigratePropose(typed(value)?),
            "server.migrate_commit" => Self::MigrateCommit(Box::new(typed(value)?)),
            "server.recovery" => Self::ServerRecovery(Box::new(typed(value)?)),
            "server.takeover" => Self::ServerTakeover(Box::new(typed(value)?)),
            "channel.create" => Self::ChannelCreate(typed(value)?),
            "channel.update" => Self::ChannelUpdate(typed(value)?),
            "channel.delete" => Self::ChannelDelete,
            "role.create" => Self::RoleCreate(typed(value)?),
            "role.update" => Self::RoleUpdate(typed(value)?),
            "role.delete" => Self::RoleDelete,
            "member.join" => Self::MemberJoin(typed(value)?),
            "member.migrate" => Self::MemberMigrate(typed(value)?),
            "member.leave" => Self::MemberLeave,
            "member.kick" => Self::MemberKick,
            "member.ban" => Self::MemberBan,
            "member.unban" => Self::MemberUnban,
            "member.timeout" => Self::MemberTimeout(typed(value)?),
            "member.update" => Self::MemberUpdate(typed(value)?),
            "member.profile" => Self::MemberProfile(typed(value)?),
            "invite.create" => Self::InviteCreate(typed(value)?),
            "invite.revoke" => Self::InviteRevoke,
            "instance.ban" => Self::InstanceBan(typed(value)?),
            "instance.unban" => Self::InstanceUnban(typed(value)?),
            "message.create" => Self::MessageCreate(typed(value)?),
            "message.edit" => Self::MessageEdit(typed(value)?),
            "message.delete" => Self::MessageDelete,
            "reaction.add" => Self::ReactionAdd(typed(value)?),
            "reaction.remove" => Self::ReactionRemove(typed(value)?),
            "audit.note" => Self::AuditNote(typed(value)?),
            "user.purge" => Self::UserPurge,
            _ => return Err(Code::UnknownType),
        };
        content.check()?;
        Ok(content)
    }

    fn check(&self) -> Result<(), Code> {
        match self {
            Self::ServerCreate(g) if g.rules_version != 1 || g.recovery_keys.len() > 16 => Err(Code::BadContent),
            Self::ServerUpdate(u) => {
                u.name.as_deref().map_or(Ok(()), |n| text(n, 1, 80))?;
                u.description
                    .as_deref()
                    .map_or(Ok(()), |d| if d.chars().count() <= 1000 { Ok(()) } else { Err(Code::BadContent) })
            }
            Self::ChannelCreate(c) => {
                text(&c.name, 1, 80)?;
                if c.topic.chars().count() > 1000 {
                    return Err(Code::BadContent);
                }
                overrides(&c.overrides)
            }
            Self::ChannelUpdate(c) => {
                c.name.as_deref().map_or(Ok(()), |n| text(n, 1, 80))?;
                if c.topic.as_deref().is_some_and(|t| t.chars().count() > 1000) {
                    return Err(Code::BadContent);
                }
                overrides(&c.overrides)
            }
            Self::RoleCreate(r) | Self::RoleUpdate(r) => {
                r.name.as_deref().map_or(Ok(()), |n| text(n, 1, 60))?;
                if r.colour.flatten().is_some_and(|c| c > 0xff_ff_ff) {
                    return Err(Code::BadContent);
                }
                r.permissions.map_or(Ok(()), known_bits)
            }
            Self::MemberUpdate(u) if u.roles.len() > 100 => Err(Code::BadContent),
            Self::ServerEpoch(e) if e.lost.len() > MAX_LOST_RUNS => Err(Code::BadContent),
            Self::ServerTakeover(t) if t.takeover.sigs.len() > takeover::MAX_KEYS => Err(Code::BadContent),
            Self::ServerRecovery(change) if !takeover::well_formed(change) => Err(Code::BadContent),
            Self::MessageCreate(m) => {
                body(&m.body)?;
                mentions(&m.mentions)?;
                let files = m.attachments.len();
                if files > MAX_ATTACHMENTS || (files == 0 && m.body.trim().is_empty()) {
                    return Err(Code::BadContent);
                }
                m.attachments.iter().try_for_each(|a| {
                    text(&a.name, 1, 255)?;
                    text(&a.media_type, 3, 127)?;
                    let long = a.alt.chars().count() > 1500 || a.thumbhash.as_deref().is_some_and(|t| t.len() > 64);
                    if long { Err(Code::BadContent) } else { Ok(()) }
                })
            }
            Self::MessageEdit(m) => {
                body(&m.body)?;
                mentions(&m.mentions)
            }
            Self::ReactionAdd(r) | Self::ReactionRemove(r) => emoji(&r.emoji),
            Self::AuditNote(n) if n.reason.chars().count() > 1000 || n.about.len() > 64 => Err(Code::BadContent),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_no_object() {
        let mid = format!("m_{}", "a".repeat(52));
        let attachment = json!({"mid": mid, "name": "a.png", "type": "image/png", "size": 1});
        let with = |file: Value| Content::parse("message.create", &json!({"body": "", "attachments": [file]}));
        assert!(with(attachment).is_ok());
        assert_eq!(with(json!([mid, "a.png", "image/png", 1])), Err(Code::BadContent));
        let icon = |icon: Value| Content::parse("server.update", &json!({"icon": icon}));
        assert!(icon(Value::Null).is_ok());
        assert!(icon(json!({"mid": mid, "type": "image/png", "size": 1})).is_ok());
        assert_eq!(icon(json!([mid, "image/png", 1])), Err(Code::BadContent));
        let base = json!({"gen": 0, "epoch": 0, "seq": 1, "hash": "0".repeat(64)});
        assert!(Content::parse("server.epoch", &json!({"base": base, "lost": [[2, 3]]})).is_ok());
        let listed = json!([0, 0, 1, "0".repeat(64)]);
        assert_eq!(Content::parse("server.epoch", &json!({"base": listed})), Err(Code::BadContent));
        assert_eq!(Content::parse("message.create", &json!(["hello"])), Err(Code::BadContent));
    }
}
