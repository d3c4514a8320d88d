//! People coming and going, and the one channel whose timeline tells of it.

use crate::{
    content::ChannelKind,
    ids::{ActionId, Actor, ChannelId},
    perms::Perms,
    state::{Channel, ServerState},
};

/// How somebody came or went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MoveKind {
    /// By themselves.
    Joined,
    /// By themselves.
    Left,
    /// They may come back.
    Kicked,
    /// They may not, alone or with their whole instance.
    Banned,
}

impl MoveKind {
    /// `joined`, `left`, `kicked` or `banned`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
        }
    }
}

/// Somebody who was no member became one, or the other way round. Who made a server is in it from its beginning: that
/// is no move.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// The action that did it.
    pub aid: ActionId,
    /// Its place in the log.
    pub seq: u64,
    /// Its time, milliseconds.
    pub ts: i64,
    /// Who came or went.
    pub actor: Actor,
    /// How.
    pub kind: MoveKind,
}

impl ServerState {
    /// The channel whose timeline shows who comes and goes: the chosen one; or, where nobody chose yet, the first text
    /// channel in which everybody may write. `None` where notices are off, or where this copy may not see the channel.
    pub fn notices_channel(&self) -> Option<&ChannelId> {
        match &self.info.notices {
            Some(chosen) => chosen.as_ref().and_then(|id| self.channels.get_key_value(id)).map(|(id, _)| id),
            None => self.first_open_channel(),
        }
    }

    /// What a copy knows depends on who has access, so only what everybody sees may decide: all copies must agree.
    fn first_open_channel(&self) -> Option<&ChannelId> {
        let place = |c: &Channel| {
            let category = c.parent.as_ref().and_then(|id| self.channels.get_key_value(id));
            category.filter(|(_, c)| self.open_to_all(c, Perms::VIEW)).map(|(id, c)| (c.position, c.name.clone(), id))
        };
        self.channels
            .iter()
            .filter(|(_, c)| c.kind == ChannelKind::Text && !c.staff && self.open_to_all(c, Perms::VIEW | Perms::SEND))
            .min_by_key(|(id, c)| (place(c), c.position, c.name.clone(), *id))
            .map(|(id, _)| id)
    }

    fn open_to_all(&self, channel: &Channel, what: Perms) -> bool {
        let base = self.roles.get(&self.everyone).map_or(Perms::NONE, |r| r.permissions);
        let own = channel.overrides.iter().find(|o| o.target == self.everyone.as_str());
        let (allow, deny) = own.map_or((Perms::NONE, Perms::NONE), |o| (o.allow, o.deny));
        Perms((base.0 & !deny.0) | allow.0).has(what)
    }
}
