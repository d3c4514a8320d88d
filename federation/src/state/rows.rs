//! A state as rows: what a store writes, and what a joiner's snapshot consists of.

use super::{Info, Member, ServerState};
use crate::{
    canonical,
    error::Code,
    ids::{Actor, ChannelId, Hash, InstanceId, RoleId, ServerId},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// One row of persisted state. A missing value means that the row is gone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Row {
    // In the order of the canonical form, so that a snapshot of many is written at once.
    /// The id within its kind; empty where there is one row only.
    pub key: String,
    /// `head`, `info`, `instance`, `actor`, `member`, `role`, `channel`, `invite` or `ban`.
    pub kind: String,
    /// The row as canonical JSON.
    pub value: Option<String>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Key {
    Head,
    Info,
    Instance(InstanceId),
    Actor(Actor),
    Member(Actor),
    Role(RoleId),
    Channel(ChannelId),
    Invite(Hash),
    Ban(Actor),
}

fn one<T: Serialize>(kind: &str, key: String, value: Option<&T>) -> Row {
    Row { key, kind: kind.into(), value: value.and_then(|v| canonical::to_string(v).ok()) }
}

/// All rows of a kind, by their keys.
fn each<'a, K: std::fmt::Display + 'a, T: Serialize + 'a>(
    kind: &str,
    all: impl IntoIterator<Item = (&'a K, &'a T)>,
) -> Vec<Row> {
    let mut rows: Vec<Row> = all.into_iter().map(|(key, value)| one(kind, key.to_string(), Some(value))).collect();
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    rows
}

impl ServerState {
    fn row(&self, key: &Key) -> Row {
        match key {
            Key::Head => one("head", String::new(), Some(&self.head)),
            Key::Info => one("info", String::new(), Some(&self.info)),
            Key::Instance(k) => one("instance", k.to_string(), self.instances.get(k)),
            Key::Actor(k) => one("actor", k.to_string(), self.bindings.get(k)),
            Key::Member(k) => one("member", k.to_string(), self.members.get(k)),
            Key::Role(k) => one("role", k.to_string(), self.roles.get(k)),
            Key::Channel(k) => one("channel", k.to_string(), self.channels.get(k)),
            Key::Invite(k) => one("invite", k.to_string(), self.invites.get(k)),
            Key::Ban(k) => one("ban", k.to_string(), self.bans.get(k)),
        }
    }

    /// The rows that changed since the last call, for the store to write.
    pub fn take_changes(&mut self) -> Vec<Row> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.iter().map(|key| self.row(key)).collect()
    }

    /// All rows, for a store that holds none yet; nothing counts as changed afterwards.
    pub fn take_all(&mut self) -> Vec<Row> {
        self.dirty.clear();
        self.rows(|_| true)
    }

    pub(super) fn rows(&self, sees: impl Fn(&ChannelId) -> bool) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.bindings.len() + self.members.len() + 64);
        rows.extend([self.row(&Key::Head), self.row(&Key::Info)]);
        rows.extend(each("instance", &self.instances));
        rows.extend(each("actor", &self.bindings));
        rows.extend(each("member", &self.members));
        rows.extend(each("role", &self.roles));
        rows.extend(each("channel", self.channels.iter().filter(|(id, _)| sees(id))));
        rows.extend(each("invite", &self.invites));
        rows.extend(each("ban", &self.bans));
        rows
    }

    /// All rows that the instance `recipient` may hold, sorted: what a snapshot for it consists of.
    pub fn snapshot_for(&self, recipient: &InstanceId) -> Vec<Row> {
        let visible = self.channels_for(recipient);
        self.rows(|channel| visible.contains(channel))
    }

    /// Builds the state from the rows of a snapshot, which another instance wrote.
    ///
    /// # Errors
    /// As [`Self::from_rows`], and [`Code::NotCanonical`]: numbers beyond the strict profile could not be counted on.
    pub fn from_snapshot(sid: ServerId, rows: &[Row]) -> Result<Self, Code> {
        Self::read(sid, rows, true)
    }

    /// Builds the state from rows as they were stored.
    ///
    /// # Errors
    /// [`Code::BadJson`] for rows that are not what this version writes.
    pub fn from_rows(sid: ServerId, rows: &[Row]) -> Result<Self, Code> {
        Self::read(sid, rows, false)
    }

    fn read(sid: ServerId, rows: &[Row], strictly: bool) -> Result<Self, Code> {
        let reader = Reader { strictly };
        let info = rows.iter().find(|r| r.kind == "info").and_then(|r| r.value.as_deref()).ok_or(Code::BadJson)?;
        let info: Info = reader.read(info)?;
        let mut state = Self::new(sid, info.hub.clone());
        state.channels.clear();
        state.info = info;
        for row in rows {
            let Some(value) = row.value.as_deref() else { continue };
            match row.kind.as_str() {
                "head" => state.head = reader.read(value)?,
                "instance" => {
                    state.instances.insert(row.key.parse()?, reader.read(value)?);
                }
                "actor" => {
                    state.bindings.insert(row.key.parse()?, reader.read(value)?);
                }
                "member" => {
                    let (actor, member): (Actor, Member) = (row.key.parse()?, reader.read(value)?);
                    state.by_home.entry(member.home.clone()).or_default().insert(actor.clone());
                    state.members.insert(actor, member);
                }
                "role" => {
                    state.roles.insert(row.key.parse()?, reader.read(value)?);
                }
                "channel" => {
                    state.channels.insert(row.key.parse()?, reader.read(value)?);
                }
                "invite" => {
                    state.invites.insert(row.key.parse()?, reader.read(value)?);
                }
                "ban" => {
                    state.bans.insert(row.key.parse()?, reader.read(value)?);
                }
                _ => {}
            }
        }
        state.dirty.clear();
        Ok(state)
    }
}

#[derive(Clone, Copy)]
struct Reader {
    strictly: bool,
}

impl Reader {
    fn read<T: DeserializeOwned>(self, text: &str) -> Result<T, Code> {
        if self.strictly {
            return canonical::from_canonical(text.as_bytes());
        }
        serde_json::from_str(text).map_err(|_| Code::BadJson)
    }
}
