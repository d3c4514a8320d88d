//! A state as rows: what a store writes, and what a joiner's snapshot consists of.

use super::{Info, Member, ServerState};
use crate::{
    canonical,
    error::Code,
    ids::{Actor, ChannelId, Hash, InstanceId, RoleId, ServerId},
};
use serde::{Deserialize, Serialize};

/// One row of persisted state. A missing value means that the row is gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// `head`, `info`, `instance`, `actor`, `member`, `role`, `channel`, `invite` or `ban`.
    pub kind: String,
    /// The id within its kind; empty where there is one row only.
    pub key: String,
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

impl ServerState {
    pub(super) fn row(&self, key: &Key) -> Row {
        fn json<T: Serialize>(value: Option<&T>) -> Option<String> {
            value.and_then(|v| canonical::to_string(v).ok())
        }
        let (kind, name, value) = match key {
            Key::Head => ("head", String::new(), json(Some(&self.head))),
            Key::Info => ("info", String::new(), json(Some(&self.info))),
            Key::Instance(k) => ("instance", k.to_string(), json(self.instances.get(k))),
            Key::Actor(k) => ("actor", k.to_string(), json(self.bindings.get(k))),
            Key::Member(k) => ("member", k.to_string(), json(self.members.get(k))),
            Key::Role(k) => ("role", k.to_string(), json(self.roles.get(k))),
            Key::Channel(k) => ("channel", k.to_string(), json(self.channels.get(k))),
            Key::Invite(k) => ("invite", k.to_string(), json(self.invites.get(k))),
            Key::Ban(k) => ("ban", k.to_string(), json(self.bans.get(k))),
        };
        Row { kind: kind.into(), key: name, value }
    }

    /// The rows that changed since the last call, for the store to write.
    pub fn take_changes(&mut self) -> Vec<Row> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.iter().map(|key| self.row(key)).collect()
    }

    pub(super) fn all_keys(&self) -> impl Iterator<Item = Key> + '_ {
        [Key::Head, Key::Info]
            .into_iter()
            .chain(self.instances.keys().cloned().map(Key::Instance))
            .chain(self.bindings.keys().cloned().map(Key::Actor))
            .chain(self.members.keys().cloned().map(Key::Member))
            .chain(self.roles.keys().cloned().map(Key::Role))
            .chain(self.channels.keys().cloned().map(Key::Channel))
            .chain(self.invites.keys().cloned().map(Key::Invite))
            .chain(self.bans.keys().cloned().map(Key::Ban))
    }

    /// All rows that the instance `recipient` may hold, sorted: what a snapshot for it consists of.
    pub fn snapshot_for(&self, recipient: &InstanceId) -> Vec<Row> {
        let visible = self.channels_for(recipient);
        let mut keys: Vec<Key> =
            self.all_keys().filter(|k| !matches!(k, Key::Channel(c) if !visible.contains(c))).collect();
        keys.sort();
        keys.iter().map(|k| self.row(k)).collect()
    }

    /// Builds the state from the rows of a snapshot, which another instance wrote.
    ///
    /// # Errors
    /// As [`Self::from_rows`], and [`Code::NotCanonical`]: numbers beyond the strict profile could not be counted on.
    pub fn from_snapshot(sid: ServerId, rows: &[Row]) -> Result<Self, Code> {
        for value in rows.iter().filter_map(|row| row.value.as_deref()) {
            canonical::check(value.as_bytes())?;
        }
        Self::from_rows(sid, rows)
    }

    /// Builds the state from rows as they were stored.
    ///
    /// # Errors
    /// [`Code::BadJson`] for rows that are not what this version writes.
    pub fn from_rows(sid: ServerId, rows: &[Row]) -> Result<Self, Code> {
        fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Code> {
            serde_json::from_str(text).map_err(|_| Code::BadJson)
        }
        let info = rows.iter().find(|r| r.kind == "info").and_then(|r| r.value.as_deref()).ok_or(Code::BadJson)?;
        let info: Info = read(info)?;
        let mut state = Self::new(sid, info.hub.clone());
        state.channels.clear();
        state.info = info;
        for row in rows {
            let Some(value) = row.value.as_deref() else { continue };
            match row.kind.as_str() {
                "head" => state.head = read(value)?,
                "instance" => {
                    state.instances.insert(row.key.parse()?, read(value)?);
                }
                "actor" => {
                    state.bindings.insert(row.key.parse()?, read(value)?);
                }
                "member" => {
                    let (actor, member): (Actor, Member) = (row.key.parse()?, read(value)?);
                    state.by_home.entry(member.home.clone()).or_default().insert(actor.clone());
                    state.members.insert(actor, member);
                }
                "role" => {
                    state.roles.insert(row.key.parse()?, read(value)?);
                }
                "channel" => {
                    state.channels.insert(row.key.parse()?, read(value)?);
                }
                "invite" => {
                    state.invites.insert(row.key.parse()?, read(value)?);
                }
                "ban" => {
                    state.bans.insert(row.key.parse()?, read(value)?);
                }
                _ => {}
            }
        }
        state.dirty.clear();
        Ok(state)
    }

    /// Marks every row as changed, so that the next [`Self::take_changes`] writes all of them.
    pub fn mark_all(&mut self) {
        self.dirty = self.all_keys().collect();
    }
}
