//! What a log means: the pure fold of its events.
//!
//! The same state judges actions, is what a joiner's snapshot contains, and answers who may see a channel. An event
//! with the visibility of a channel changes nothing outside that channel, so a copy with holes is right about
//! everything that it may see. Rows that changed are remembered, so that a store writes only those.

mod copies;
mod digest;
mod parts;
mod rows;

pub use digest::FOLD_VERSION;
pub use parts::{
    Ban, Binding, Channel, FormerHome, FormerHub, Head, Info, Instance, InstanceKey, Invite, Member, Moving, Recovery,
    Role,
};
pub use rows::{Pages, People, Row};

use crate::{
    action::Action,
    content::{ChannelKind, Content, LogKind},
    error::Code,
    event::{Event, Header, Visibility},
    ids::{Actor, ChannelId, Hash, InstanceId, RoleId, ServerId},
    instance::KeysStatement,
    keys::{Kid, PublicKey},
    notices::{Move, MoveKind},
    perms::{Perms, channel_perms},
};
use rows::Key;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The fold of one server's log.
#[derive(Clone, PartialEq, Debug)]
pub struct ServerState {
    /// The server.
    pub sid: ServerId,
    /// How far the fold has come.
    pub head: Head,
    /// What it shows of itself.
    pub info: Info,
    /// The instances that act in it.
    pub instances: BTreeMap<InstanceId, Instance>,
    /// Whose home speaks for whom; former members too.
    pub bindings: HashMap<Actor, Binding>,
    /// Who takes part.
    pub members: HashMap<Actor, Member>,
    /// Its roles.
    pub roles: BTreeMap<RoleId, Role>,
    /// Its channels; in a copy, those that may be seen.
    pub channels: BTreeMap<ChannelId, Channel>,
    /// Its invites, by the hash of their code.
    pub invites: BTreeMap<Hash, Invite>,
    /// Who may not come back.
    pub bans: BTreeMap<Actor, Ban>,
    /// The role that every member has.
    pub everyone: RoleId,
    /// The members of each instance.
    pub by_home: BTreeMap<InstanceId, BTreeSet<Actor>>,
    dirty: BTreeSet<Key>,
    moves: Vec<Move>,
}

impl ServerState {
    /// The state before the first event of a log that `hub` will sequence.
    pub fn new(sid: ServerId, hub: InstanceId) -> Self {
        let everyone = RoleId::everyone(&sid);
        let role = Role {
            name: "everyone".into(),
            colour: None,
            position: 0,
            hoist: false,
            mentionable: false,
            permissions: Perms::MEMBER,
        };
        let staff = Channel {
            kind: ChannelKind::Text,
            name: "staff".into(),
            topic: String::new(),
            parent: None,
            position: 0,
            overrides: Vec::new(),
            staff: true,
            last_cn: 0,
            last_ts: 0,
            last: None,
            as_of: 0,
        };
        let mut state = Self {
            head: Head { generation: 0, epoch: 0, seq: 0, hash: Hash::ZERO, ts: 0, all: None },
            info: Info {
                kind: LogKind::Guild,
                name: String::new(),
                description: String::new(),
                icon: None,
                public: false,
                owner: None,
                hub,
                rules_version: 1,
                notices: None,
                moving: None,
                former_hubs: Vec::new(),
                recovery: Recovery::default(),
                deleted: false,
                created_at: 0,
            },
            instances: BTreeMap::new(),
            bindings: HashMap::new(),
            members: HashMap::new(),
            roles: BTreeMap::from([(everyone.clone(), role)]),
            channels: BTreeMap::from([(ChannelId::staff(&sid), staff)]),
            invites: BTreeMap::new(),
            bans: BTreeMap::new(),
            everyone: everyone.clone(),
            by_home: BTreeMap::new(),
            dirty: BTreeSet::new(),
            moves: Vec::new(),
            sid,
        };
        let staff = ChannelId::staff(&state.sid);
        state.dirty.extend([Key::Head, Key::Info, Key::Role(everyone), Key::Channel(staff)]);
        state
    }

    /// Whether the actor may see the channel now.
    pub fn can_see(&self, actor: &Actor, channel: &ChannelId) -> bool {
        self.channels.get(channel).is_some_and(|c| channel_perms(self, c, actor).has(Perms::VIEW))
    }

    /// Whether the actor may receive an event of this visibility now.
    pub fn can_receive(&self, actor: &Actor, vis: &Visibility) -> bool {
        match vis {
            Visibility::All => self.members.contains_key(actor),
            Visibility::Channel(c) => self.can_see(actor, c),
        }
    }

    /// Whether any member of the instance may see the channel now.
    pub fn instance_can_see(&self, ik: &InstanceId, channel: &ChannelId) -> bool {
        self.by_home.get(ik).is_some_and(|actors| actors.iter().any(|a| self.can_see(a, channel)))
    }

    /// Whether the owner wants the log to go over to this instance.
    pub fn moves_to(&self, ik: &InstanceId) -> bool {
        self.info.moving.as_ref().is_some_and(|moving| moving.to == *ik)
    }

    /// Whether the instance is sent the log: it has members, or is to go on with it.
    pub fn is_followed_by(&self, ik: &InstanceId) -> bool {
        self.by_home.contains_key(ik) || self.moves_to(ik)
    }

    /// The channels that the instance is sent: what its members may see now, or all where it is to go on with the log.
    pub fn channels_for(&self, ik: &InstanceId) -> BTreeSet<ChannelId> {
        if self.moves_to(ik) {
            return self.channels.keys().cloned().collect();
        }
        self.channels.keys().filter(|c| self.instance_can_see(ik, c)).cloned().collect()
    }

    /// The highest position among an actor's roles; the owner stands above all.
    pub fn rank(&self, actor: &Actor) -> u64 {
        if self.info.owner.as_ref() == Some(actor) {
            return u64::MAX;
        }
        let Some(member) = self.members.get(actor) else { return 0 };
        member.roles.iter().filter_map(|r| self.roles.get(r)).map(|r| r.position).max().unwrap_or(0)
    }

    /// The key of an instance with this name, as it counts at position `seq`.
    pub fn key_at(&self, ik: &InstanceId, kid: &Kid, seq: u64) -> Result<&PublicKey, Code> {
        let key = self.instances.get(ik).and_then(|i| i.keys.get(kid)).ok_or(Code::UnknownKey)?;
        if key.revoked.is_some_and(|from| seq >= from) {
            return Err(Code::KeyRevoked);
        }
        Ok(&key.public)
    }

    /// The hash of the last event with this visibility.
    pub fn last_of(&self, vis: &Visibility) -> Option<Hash> {
        match vis {
            Visibility::All => self.head.all,
            Visibility::Channel(c) => self.channels.get(c).and_then(|c| c.last),
        }
    }

    /// Applies one event. `content` is the parsed content; `None` when the type is unknown, the content is erased,
    /// or the event was rejected: such an event only moves the chain.
    pub fn apply(&mut self, header: &Header, hash: Hash, action: &Action, content: Option<&Content>) {
        self.head.generation = header.generation;
        self.head.epoch = header.epoch;
        self.head.seq = header.seq;
        self.head.hash = hash;
        self.head.ts = header.ts;
        self.dirty.insert(Key::Head);
        match &header.vis {
            Visibility::All => {
                self.head.all = Some(hash);
                if let Some(content) = content {
                    self.apply_server(header, action, content);
                }
            }
            Visibility::Channel(id) => {
                if self.channels.get(id).is_some_and(|c| c.as_of >= header.seq) {
                    return;
                }
                if let Some(content) = content {
                    self.apply_channel(id, header, action, content);
                }
                if let Some(channel) = self.channels.get_mut(id) {
                    channel.last = Some(hash);
                    channel.as_of = header.seq;
                    // A copy may have been told of later messages that it does not hold.
                    if let Some(cn) = header.cn.filter(|cn| *cn > channel.last_cn) {
                        channel.last_cn = cn;
                        channel.last_ts = header.ts;
                    }
                    self.dirty.insert(Key::Channel(id.clone()));
                }
            }
        }
    }

    /// Applies a stored or received event.
    pub fn apply_event(&mut self, event: &Event, hash: Hash) {
        let content = event.content.as_ref().and_then(|c| Content::parse(&event.action.kind, c).ok());
        self.apply(&event.header, hash, &event.action, content.as_ref());
    }

    fn apply_channel(&mut self, id: &ChannelId, header: &Header, action: &Action, content: &Content) {
        match content {
            Content::ChannelCreate(c) => {
                let channel = Channel {
                    kind: c.kind,
                    name: c.name.clone(),
                    topic: c.topic.clone(),
                    parent: c.parent.clone(),
                    position: c.position,
                    overrides: c.overrides.clone(),
                    staff: false,
                    last_cn: 0,
                    last_ts: header.ts,
                    last: None,
                    as_of: header.seq,
                };
                self.channels.insert(ChannelId::made_by(&self.sid, &action.aid), channel);
            }
            Content::ChannelUpdate(u) => {
                let Some(channel) = self.channels.get_mut(id) else { return };
                if let Some(name) = &u.name {
                    channel.name.clone_from(name);
                }
                if let Some(topic) = &u.topic {
                    channel.topic.clone_from(topic);
                }
                if let Some(parent) = &u.parent {
                    channel.parent.clone_from(parent);
                }
                if let Some(position) = u.position {
                    channel.position = position;
                }
                for o in &u.overrides {
                    channel.overrides.retain(|p| p.target != o.target);
                    if (o.allow | o.deny) != Perms::NONE {
                        channel.overrides.push(o.clone());
                    }
                }
            }
            Content::ChannelDelete => {
                self.channels.remove(id);
                self.dirty.insert(Key::Channel(id.clone()));
            }
            _ => {}
        }
    }

    fn apply_server(&mut self, header: &Header, action: &Action, content: &Content) {
        let target_actor = || action.target.as_deref().and_then(|t| t.parse::<Actor>().ok());
        let target_role = || action.target.as_deref().and_then(|t| t.parse::<RoleId>().ok());
        let target_hash = || action.target.as_deref().and_then(|t| t.parse::<Hash>().ok());
        match content {
            Content::InstanceKeys(s) => {
                self.show_keys(header, s);
            }
            Content::ServerCreate(g) => {
                self.info.kind = g.kind;
                self.info.owner = Some(g.creator.clone());
                self.info.rules_version = g.rules_version;
                self.info.recovery.keys.clone_from(&g.recovery_keys);
                self.info.created_at = header.ts;
                self.dirty.insert(Key::Info);
            }
            Content::ServerUpdate(u) => {
                if let Some(name) = &u.name {
                    self.info.name.clone_from(name);
                }
                if let Some(description) = &u.description {
                    self.info.description.clone_from(description);
                }
                if let Some(icon) = &u.icon {
                    self.info.icon.clone_from(icon);
                }
                if let Some(public) = u.public {
                    self.info.public = public;
                }
                if let Some(notices) = &u.notices {
                    self.info.notices = Some(notices.clone());
                }
                self.dirty.insert(Key::Info);
            }
            Content::ServerDelete => {
                self.info.deleted = true;
                self.dirty.insert(Key::Info);
            }
            Content::MigratePropose(p) => {
                if let Some(keys) = &p.to
                    && self.instances.get(&keys.ik).is_none_or(|known| known.serial < keys.serial)
                {
                    self.show_keys(header, keys);
                }
                self.info.moving = p.to.as_ref().map(|to| Moving { proposal: action.aid, to: to.ik.clone() });
                self.dirty.insert(Key::Info);
            }
            Content::MigrateCommit(c) => {
                let before = std::mem::replace(&mut self.info.hub, c.accept.to.clone());
                self.info.former_hubs.push(FormerHub { hub: before, until: header.seq, lost: false });
                self.info.moving = None;
                self.dirty.insert(Key::Info);
            }
            Content::ServerRecovery(change) => {
                self.info.recovery = Recovery { n: change.body.n, keys: change.body.keys.clone() };
                self.dirty.insert(Key::Info);
            }
            Content::ServerTakeover(taken) => {
                if self.instances.get(&taken.keys.ik).is_none_or(|known| known.serial < taken.keys.serial) {
                    self.show_keys(header, &taken.keys);
                }
                let before = std::mem::replace(&mut self.info.hub, header.hub.clone());
                self.info.former_hubs.push(FormerHub { hub: before, until: header.seq.saturating_sub(1), lost: true });
                self.info.moving = None;
                self.dirty.insert(Key::Info);
            }
            Content::RoleCreate(r) => {
                let role = Role {
                    name: r.name.clone().unwrap_or_default(),
                    colour: r.colour.flatten(),
                    position: r.position.unwrap_or(1),
                    hoist: r.hoist.unwrap_or(false),
                    mentionable: r.mentionable.unwrap_or(false),
                    permissions: r.permissions.unwrap_or_default(),
                };
                let id = RoleId::made_by(&self.sid, &action.aid);
                self.roles.insert(id.clone(), role);
                self.dirty.insert(Key::Role(id));
            }
            Content::RoleUpdate(r) => {
                let Some(id) = target_role() else { return };
                let Some(role) = self.roles.get_mut(&id) else { return };
                if let Some(name) = &r.name {
                    role.name.clone_from(name);
                }
                if let Some(colour) = r.colour {
                    role.colour = colour;
                }
                role.position = r.position.unwrap_or(role.position);
                role.hoist = r.hoist.unwrap_or(role.hoist);
                role.mentionable = r.mentionable.unwrap_or(role.mentionable);
                role.permissions = r.permissions.unwrap_or(role.permissions);
                self.dirty.insert(Key::Role(id));
            }
            Content::RoleDelete => {
                let Some(id) = target_role() else { return };
                self.roles.remove(&id);
                for (actor, member) in &mut self.members {
                    if member.roles.remove(&id) {
                        self.dirty.insert(Key::Member(actor.clone()));
                    }
                }
                self.dirty.insert(Key::Role(id));
            }
            Content::MemberJoin(join) => self.apply_join(header, action, join),
            Content::MemberMigrate(migrate) => self.apply_migrate(header, action, migrate),
            Content::MemberLeave => self.remove_member(header, action, &action.actor, MoveKind::Left),
            Content::MemberKick => {
                if let Some(actor) = target_actor() {
                    self.remove_member(header, action, &actor, MoveKind::Kicked);
                }
            }
            Content::MemberBan => {
                let Some(actor) = target_actor() else { return };
                self.remove_member(header, action, &actor, MoveKind::Banned);
                self.bans.insert(actor.clone(), Ban { by: action.actor.clone(), at: header.ts });
                self.dirty.insert(Key::Ban(actor));
            }
            Content::MemberUnban => {
                let Some(actor) = target_actor() else { return };
                self.bans.remove(&actor);
                self.dirty.insert(Key::Ban(actor));
            }
            Content::MemberTimeout(t) => {
                let Some(actor) = target_actor() else { return };
                if let Some(member) = self.members.get_mut(&actor) {
                    member.timeout_until = t.until;
                    self.dirty.insert(Key::Member(actor));
                }
            }
            Content::MemberUpdate(u) => {
                let Some(actor) = target_actor() else { return };
                let roles = u.roles.iter().filter(|r| self.roles.contains_key(r)).cloned().collect();
                if let Some(member) = self.members.get_mut(&actor) {
                    member.roles = roles;
                    self.dirty.insert(Key::Member(actor));
                }
            }
            Content::MemberProfile(p) => {
                let Some(actor) = target_actor() else { return };
                if let Some(member) = self.members.get_mut(&actor) {
                    member.plain = !p.shown;
                    self.dirty.insert(Key::Member(actor));
                }
            }
            Content::InviteCreate(i) => {
                let Some(hash) = target_hash() else { return };
                let invite = Invite {
                    by: action.actor.clone(),
                    channel: i.channel.clone(),
                    roles: i.roles.clone(),
                    created_at: header.ts,
                    expires_at: i.expires_at,
                    max_uses: i.max_uses,
                    uses: 0,
                    revoked: false,
                };
                self.invites.insert(hash, invite);
                self.dirty.insert(Key::Invite(hash));
            }
            Content::InviteRevoke => {
                let Some(hash) = target_hash() else { return };
                if let Some(invite) = self.invites.get_mut(&hash) {
                    invite.revoked = true;
                    self.dirty.insert(Key::Invite(hash));
                }
            }
            Content::InstanceBan(b) => {
                if let Some(row) = self.instances.get_mut(&b.ik) {
                    row.banned = true;
                    self.dirty.insert(Key::Instance(b.ik.clone()));
                }
                if self.moves_to(&b.ik) {
                    self.info.moving = None;
                    self.dirty.insert(Key::Info);
                }
                for actor in self.by_home.get(&b.ik).cloned().unwrap_or_default() {
                    self.remove_member(header, action, &actor, MoveKind::Banned);
                }
            }
            Content::InstanceUnban(b) => {
                if let Some(row) = self.instances.get_mut(&b.ik) {
                    row.banned = false;
                    self.dirty.insert(Key::Instance(b.ik.clone()));
                }
            }
            _ => {}
        }
    }

    fn show_keys(&mut self, header: &Header, s: &KeysStatement) {
        let row = self.instances.entry(s.ik.clone()).or_insert_with(|| Instance {
            domain: String::new(),
            serial: 0,
            root: s.root,
            keys: BTreeMap::new(),
            banned: false,
        });
        row.domain = s.domain.to_string();
        row.serial = s.serial;
        row.root = s.root;
        for key in &s.keys {
            let known = row.keys.entry(key.kid.clone()).or_insert(InstanceKey { public: key.public, revoked: None });
            if key.revoked_at.is_some() && known.revoked.is_none() {
                known.revoked = Some(header.seq);
            }
        }
        self.dirty.insert(Key::Instance(s.ik.clone()));
    }

    fn apply_join(&mut self, header: &Header, action: &Action, join: &crate::content::MemberJoin) {
        self.bind(header, action, &join.identity);
        let mut roles = BTreeSet::new();
        if let Some((hash, invite)) = join.invite.and_then(|h| self.invites.get_mut(&h).map(|i| (h, i))) {
            invite.uses += 1;
            roles.extend(invite.roles.iter().filter(|r| self.roles.contains_key(r)).cloned());
            self.dirty.insert(Key::Invite(hash));
        }
        let member = Member {
            home: action.origin.clone(),
            joined_at: header.ts,
            joined_seq: header.seq,
            roles,
            timeout_until: 0,
            plain: false,
        };
        self.by_home.entry(action.origin.clone()).or_default().insert(action.actor.clone());
        let already = self.members.insert(action.actor.clone(), member).is_some();
        if !already && self.info.owner.as_ref() != Some(&action.actor) {
            self.note_move(header, action, &action.actor, MoveKind::Joined);
        }
        self.dirty.insert(Key::Member(action.actor.clone()));
    }

    fn apply_migrate(&mut self, header: &Header, action: &Action, migrate: &crate::content::MemberMigrate) {
        self.bind(header, action, &migrate.identity);
        let Some(member) = self.members.get_mut(&action.actor) else { return };
        let before = std::mem::replace(&mut member.home, action.origin.clone());
        self.dirty.insert(Key::Member(action.actor.clone()));
        self.not_at(&before, &action.actor);
        self.by_home.entry(action.origin.clone()).or_default().insert(action.actor.clone());
    }

    /// Whoever brought this chain speaks for the actor from now on.
    fn bind(&mut self, header: &Header, action: &Action, identity: &[crate::identity::Op]) {
        let identity = crate::identity::verify_chain(identity).ok();
        let mut former = Vec::new();
        if let Some(before) = self.bindings.remove(&action.actor) {
            former = before.former;
            if before.home != action.origin {
                former.push(FormerHome { home: before.home, until: header.seq });
            }
        }
        let op = identity.map(|i| (i.n, i.hash));
        self.bindings.insert(action.actor.clone(), Binding { former, home: action.origin.clone(), op });
        self.dirty.insert(Key::Actor(action.actor.clone()));
    }

    fn not_at(&mut self, home: &InstanceId, actor: &Actor) {
        if let Some(actors) = self.by_home.get_mut(home) {
            actors.remove(actor);
            if actors.is_empty() {
                self.by_home.remove(home);
            }
        }
    }

    /// The event by which the home that a member has now said that they are in.
    pub fn arrived_by(&self, actor: &Actor) -> Option<u64> {
        let joined = self.members.get(actor)?.joined_seq;
        let moved = self.bindings.get(actor).and_then(|binding| binding.former.last()).map(|before| before.until);
        Some(moved.map_or(joined, |moved| moved.max(joined)))
    }

    fn note_move(&mut self, header: &Header, action: &Action, actor: &Actor, kind: MoveKind) {
        self.moves.push(Move { aid: action.aid, seq: header.seq, ts: header.ts, actor: actor.clone(), kind });
    }

    fn remove_member(&mut self, header: &Header, action: &Action, actor: &Actor, kind: MoveKind) {
        if let Some(member) = self.members.remove(actor) {
            self.not_at(&member.home, actor);
            self.dirty.insert(Key::Member(actor.clone()));
            self.note_move(header, action, actor, kind);
        }
    }

    /// Who came and went since the last call.
    pub fn take_moves(&mut self) -> Vec<Move> {
        std::mem::take(&mut self.moves)
    }

    /// Forgets which rows changed and who moved: for a second copy of a state that is stored elsewhere.
    pub fn forget_changes(&mut self) {
        self.dirty.clear();
        self.moves.clear();
    }
}
