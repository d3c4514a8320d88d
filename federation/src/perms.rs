//! Permissions as named bits, and how roles and channel overrides combine to them.

use crate::{
    ids::Actor,
    state::{Channel, ServerState},
};
use serde::{Deserialize, Serialize};
use std::ops::{BitAnd, BitOr, Not};

macro_rules! perms {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $bit:literal;)*) => {
        /// A set of permissions. An integer of at most 52 bits in JSON.
        #[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct Perms(pub u64);

        impl Perms {
            $(#[doc = concat!("`", $text, "`")] $(#[$doc])* pub const $name: Self = Self(1 << $bit);)*
            /// Every permission with its name.
            pub const NAMES: &'static [(&'static str, Self)] = &[$(($text, Self::$name),)*];
        }
    };
}

perms! {
    /// See that the channel exists, and what is written in it from now on.
    VIEW = "view", 0;
    /// Read what was written before.
    HISTORY = "history", 1;
    SEND = "send", 2;
    REACT = "react", 3;
    ATTACH = "attach", 4;
    EMBED = "embed", 5;
    MENTION_EVERYONE = "mention_everyone", 6;
    /// Delete messages of others.
    MANAGE_MESSAGES = "manage_messages", 7;
    PIN = "pin", 8;
    THREADS = "threads", 9;
    SEND_IN_THREADS = "send_in_threads", 10;
    EXTERNAL_EMOJI = "external_emoji", 11;
    SLASH_COMMANDS = "slash_commands", 12;
    INVITE = "invite", 13;
    MANAGE_INVITES = "manage_invites", 14;
    MANAGE_CHANNELS = "manage_channels", 15;
    MANAGE_ROLES = "manage_roles", 16;
    MANAGE_SERVER = "manage_server", 17;
    KICK = "kick", 18;
    BAN = "ban", 19;
    TIME_OUT = "time_out", 20;
    NICKNAME = "nickname", 21;
    MANAGE_NICKNAMES = "manage_nicknames", 22;
    MANAGE_EMOJI = "manage_emoji", 23;
    VIEW_AUDIT = "view_audit", 24;
    MANAGE_REPORTS = "manage_reports", 25;
    MANAGE_AUTOMOD = "manage_automod", 26;
    APPROVE_MEMBERS = "approve_members", 27;
    MANAGE_FILES = "manage_files", 28;
    MANAGE_WEBHOOKS = "manage_webhooks", 29;
    MANAGE_PLUGINS = "manage_plugins", 30;
    MANAGE_THEMES = "manage_themes", 31;
    MANAGE_PERSONAS = "manage_personas", 32;
    SPEAK_AS = "speak_as", 33;
    MANAGE_DESKS = "manage_desks", 34;
    CONNECT = "connect", 35;
    SPEAK = "speak", 36;
    VIDEO = "video", 37;
    SHARE_SCREEN = "share_screen", 38;
    MUTE_MEMBERS = "mute_members", 39;
    DEAFEN_MEMBERS = "deafen_members", 40;
    MOVE_MEMBERS = "move_members", 41;
    PRIORITY_SPEAKER = "priority_speaker", 42;
    CREATE_ROOMS = "create_rooms", 43;
    CREATE_STUDY_GROUPS = "create_study_groups", 44;
    BYPASS_SLOW_MODE = "bypass_slow_mode", 45;
    SCHEDULE = "schedule", 46;
    /// Read sealed content of deleted messages and the history of edits.
    VIEW_HELD = "view_held", 47;
    MANAGE_THREADS = "manage_threads", 48;
    BAN_INSTANCES = "ban_instances", 49;
    /// Everything, in every channel.
    ADMIN = "admin", 50;
}

impl Perms {
    /// No permission.
    pub const NONE: Self = Self(0);
    /// Every permission that exists.
    pub const ALL: Self = Self((1 << 51) - 1);
    /// What a new server gives to everyone in it.
    pub const MEMBER: Self = Self(
        Self::VIEW.0
            | Self::HISTORY.0
            | Self::SEND.0
            | Self::REACT.0
            | Self::ATTACH.0
            | Self::EMBED.0
            | Self::THREADS.0
            | Self::SEND_IN_THREADS.0
            | Self::EXTERNAL_EMOJI.0
            | Self::SLASH_COMMANDS.0
            | Self::INVITE.0
            | Self::NICKNAME.0
            | Self::CONNECT.0
            | Self::SPEAK.0
            | Self::VIDEO.0
            | Self::SHARE_SCREEN.0
            | Self::CREATE_STUDY_GROUPS.0
            | Self::SCHEDULE.0,
    );

    /// Whether all of `other` is contained.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// The names of the permissions contained, in the order of their bits.
    pub fn names(self) -> Vec<&'static str> {
        Self::NAMES.iter().filter(|(_, p)| self.has(*p)).map(|(n, _)| *n).collect()
    }
    /// The set with these names; `None` when one is unknown.
    pub fn from_names<S: AsRef<str>>(names: &[S]) -> Option<Self> {
        names.iter().try_fold(Self::NONE, |sum, name| {
            Self::NAMES.iter().find(|(n, _)| *n == name.as_ref()).map(|(_, p)| sum | *p)
        })
    }
}

impl BitOr for Perms {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
impl BitAnd for Perms {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
impl Not for Perms {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0 & Self::ALL.0)
    }
}

/// What a channel grants or denies one role or one person beyond their roles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Override {
    /// A role id or an actor id.
    pub target: String,
    /// Granted here.
    pub allow: Perms,
    /// Denied here.
    pub deny: Perms,
}

/// What `actor` may do in the server as a whole. The owner and holders of [`Perms::ADMIN`] may do everything.
pub fn server_perms(state: &ServerState, actor: &Actor) -> Perms {
    let Some(member) = state.members.get(actor) else { return Perms::NONE };
    if state.info.owner.as_ref() == Some(actor) {
        return Perms::ALL;
    }
    let base = state
        .roles
        .iter()
        .filter(|(id, _)| **id == state.everyone || member.roles.contains(id))
        .fold(Perms::NONE, |sum, (_, role)| sum | role.permissions);
    if base.has(Perms::ADMIN) { Perms::ALL } else { base }
}

/// What `actor` may do in a channel: roles first, then the override for everyone, then those for the actor's roles
/// together (a grant of one role beats a denial of another), then the one for the actor alone. Without
/// [`Perms::VIEW`] nothing else counts.
pub fn channel_perms(state: &ServerState, channel: &Channel, actor: &Actor) -> Perms {
    let base = server_perms(state, actor);
    if base == Perms::ALL || base == Perms::NONE {
        return base;
    }
    if channel.staff {
        return if base.has(Perms::VIEW_AUDIT) { Perms::VIEW | Perms::HISTORY } else { Perms::NONE };
    }
    let Some(member) = state.members.get(actor) else { return Perms::NONE };
    let mut perms = base;
    let everyone = state.everyone.as_str();
    if let Some(o) = channel.overrides.iter().find(|o| o.target == everyone) {
        perms = (perms & !o.deny) | o.allow;
    }
    let (mut allow, mut deny) = (Perms::NONE, Perms::NONE);
    for o in &channel.overrides {
        if member.roles.iter().any(|r| r.as_str() == o.target) {
            allow = allow | o.allow;
            deny = deny | o.deny;
        }
    }
    perms = (perms & !deny) | allow;
    if let Some(o) = channel.overrides.iter().find(|o| o.target == actor.as_str()) {
        perms = (perms & !o.deny) | o.allow;
    }
    if perms.has(Perms::VIEW) { perms } else { Perms::NONE }
}
