//! A state as rows: what a store writes, and what a joiner's snapshot consists of.

use super::{Binding, Info, Member, ServerState};
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

/// A state as a joiner gets it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pages {
    /// What the snapshot itself holds: all rows in a small community, in a large one all but those of its people.
    pub first: Vec<Row>,
    /// The people, so many a page; [`ServerState::people_rows`] writes one.
    pub people: Vec<Vec<Actor>>,
}

/// The people of a page.
#[derive(Debug, Default)]
pub struct People {
    bindings: Vec<(Actor, Binding)>,
    members: Vec<(Actor, Member)>,
}

impl People {
    /// Reads the rows of a page, which another instance wrote.
    ///
    /// # Errors
    /// [`Code::NotCanonical`] as [`ServerState::from_snapshot`], and for keys that are spelt in another way than here;
    /// [`Code::BadJson`] for rows of anything but people.
    pub fn read(rows: &[Row]) -> Result<Self, Code> {
        fn one<T: DeserializeOwned>(row: &Row) -> Result<(Actor, T), Code> {
            let actor: Actor = row.key.parse()?;
            if actor.as_str() != row.key {
                return Err(Code::NotCanonical);
            }
            let value = row.value.as_deref().ok_or(Code::BadJson)?;
            Ok((actor, Reader { strictly: true }.read(value)?))
        }
        let mut people = Self::default();
        for row in rows {
            match row.kind.as_str() {
                "actor" => people.bindings.push(one(row)?),
                "member" => people.members.push(one(row)?),
                _ => return Err(Code::BadJson),
            }
        }
        Ok(people)
    }

    /// Who they are, and where they live.
    pub fn homes(&self) -> impl Iterator<Item = (&Actor, &InstanceId)> {
        self.bindings.iter().map(|(actor, binding)| (actor, &binding.home))
    }
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
        self.other_rows(&mut rows, sees);
        rows
    }

    fn other_rows(&self, rows: &mut Vec<Row>, sees: impl Fn(&ChannelId) -> bool) {
        rows.extend(each("role", &self.roles));
        rows.extend(each("channel", self.channels.iter().filter(|(id, _)| sees(id))));
        rows.extend(each("invite", &self.invites));
        rows.extend(each("ban", &self.bans));
    }

    /// The same rows as [`Self::snapshot_for`], with so many people a page, so that no community is too large for an answer.
    /// One of no more people than that has no pages.
    pub fn pages_for(&self, recipient: &InstanceId, page: usize) -> Pages {
        let unbound = self.members.keys().filter(|actor| !self.bindings.contains_key(*actor));
        let mut people: Vec<&Actor> = self.bindings.keys().chain(unbound).collect();
        if people.len() <= page {
            return Pages { first: self.snapshot_for(recipient), people: Vec::new() };
        }
        let visible = self.channels_for(recipient);
        let mut first = vec![self.row(&Key::Head), self.row(&Key::Info)];
        first.extend(each("instance", &self.instances));
        self.other_rows(&mut first, |channel| visible.contains(channel));
        people.sort_unstable();
        let page_of = |people: &[&Actor]| people.iter().copied().cloned().collect();
        Pages { first, people: people.chunks(page.max(1)).map(page_of).collect() }
    }

    /// A page: the rows of these people.
    pub fn people_rows(&self, people: &[Actor]) -> Vec<Row> {
        let bound = people.iter().filter_map(|actor| self.bindings.get_key_value(actor));
        let inside = people.iter().filter_map(|actor| self.members.get_key_value(actor));
        let mut rows = each("actor", bound);
        rows.extend(each("member", inside));
        rows
    }

    /// Adds a page of people to what the first part of a snapshot became.
    ///
    /// # Errors
    /// [`Code::BadJson`] for people who were there before.
    pub fn add_people(&mut self, people: People) -> Result<(), Code> {
        let mut known = false;
        for (actor, binding) in people.bindings {
            known |= self.bindings.insert(actor, binding).is_some();
        }
        for (actor, member) in people.members {
            self.by_home.entry(member.home.clone()).or_default().insert(actor.clone());
            known |= self.members.insert(actor, member).is_some();
        }
        if known { Err(Code::BadJson) } else { Ok(()) }
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
        state.put_rows(rows, reader)?;
        state.dirty.clear();
        Ok(state)
    }

    fn put_rows(&mut self, rows: &[Row], reader: Reader) -> Result<(), Code> {
        for row in rows {
            let Some(value) = row.value.as_deref() else { continue };
            match row.kind.as_str() {
                "head" => self.head = reader.read(value)?,
                "instance" => {
                    self.instances.insert(row.key.parse()?, reader.read(value)?);
                }
                "actor" => {
                    self.bindings.insert(row.key.parse()?, reader.read(value)?);
                }
                "member" => {
                    let (actor, member): (Actor, Member) = (row.key.parse()?, reader.read(value)?);
                    self.by_home.entry(member.home.clone()).or_default().insert(actor.clone());
                    self.members.insert(actor, member);
                }
                "role" => {
                    self.roles.insert(row.key.parse()?, reader.read(value)?);
                }
                "channel" => {
                    self.channels.insert(row.key.parse()?, reader.read(value)?);
                }
                "invite" => {
                    self.invites.insert(row.key.parse()?, reader.read(value)?);
                }
                "ban" => {
                    self.bans.insert(row.key.parse()?, reader.read(value)?);
                }
                _ => {}
            }
        }
        Ok(())
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
