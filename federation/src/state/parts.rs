//! What a state consists of: each of these is the value of a row.

use crate::{
    content::{ChannelKind, LogKind, Picture},
    ids::{ActionId, Actor, ChannelId, Hash, InstanceId, RoleId},
    keys::{Kid, PublicKey},
    perms::{Override, Perms},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
/// The end of a log, or of a copy of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    /// Take-overs so far.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// Restarts so far.
    pub epoch: u64,
    /// Sequence number of the last event; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its time.
    pub ts: i64,
    /// Hash of the last event that everybody sees.
    pub all: Option<Hash>,
}

/// What a server shows of itself, and who owns it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Info {
    /// Community or conversation.
    pub kind: LogKind,
    /// Its name; empty until the first `server.update`.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Its picture.
    pub icon: Option<Picture>,
    /// Listed in the directory and joined without an invite.
    pub public: bool,
    /// None before `server.create`.
    pub owner: Option<Actor>,
    /// The instance that sequences.
    pub hub: InstanceId,
    /// Which rules judge its actions.
    pub rules_version: u64,
    /// Where it is told who comes and goes: none before anybody chose, null for nowhere.
    #[serde(default, deserialize_with = "crate::content::present", skip_serializing_if = "Option::is_none")]
    pub notices: Option<Option<ChannelId>>,
    /// Where the owner wants it to live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<Moving>,
    /// The instances that sequenced before, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_hubs: Vec<FormerHub>,
    /// The keys that may have it go on elsewhere when its hub is lost.
    #[serde(default, skip_serializing_if = "Recovery::is_none")]
    pub recovery: Recovery,
    /// Whether the owner closed it for ever.
    pub deleted: bool,
    /// When it was made, milliseconds.
    pub created_at: i64,
}

/// A proposal to go to another hub.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Moving {
    /// The action that proposed it.
    pub proposal: ActionId,
    /// The new hub.
    pub to: InstanceId,
}

/// The recovery keys of a log.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Recovery {
    /// How often they changed.
    pub n: u64,
    /// The keys; more than half of them have to sign.
    pub keys: Vec<PublicKey>,
}

impl Recovery {
    /// Whether there never were any.
    pub fn is_none(&self) -> bool {
        self.n == 0 && self.keys.is_empty()
    }
}

/// An instance that sequenced once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormerHub {
    /// Which instance.
    pub hub: InstanceId,
    /// Its last event.
    pub until: u64,
    /// Whether it was lost: the next one did not know all channels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
}

impl Info {
    /// The instance that sequenced at a place of the log.
    pub fn hub_at(&self, seq: u64) -> &InstanceId {
        self.former_hubs.iter().find(|before| seq <= before.until).map_or(&self.hub, |before| &before.hub)
    }
}

/// An instance that acts in the log, with all keys it ever showed here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// Where it was last reached.
    pub domain: String,
    /// Serial of its last statement.
    pub serial: u64,
    /// The root key that signed it; the next statement must follow from this key.
    pub root: PublicKey,
    /// Its keys, also those that no longer count.
    pub keys: BTreeMap<Kid, InstanceKey>,
    /// Its members may not take part.
    pub banned: bool,
}

/// A key of an instance, as far as this log knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InstanceKey {
    /// The key.
    #[serde(rename = "pub")]
    pub public: PublicKey,
    /// Sequence number from which on it no longer counts.
    pub revoked: Option<u64>,
}

/// Whose home speaks for an actor, proven in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Binding {
    // In the order of the canonical form, as in `Member`: of these there are many.
    /// The instances that spoke for the actor before, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<FormerHome>,
    /// The instance that speaks for the actor.
    pub home: InstanceId,
    /// Number and hash of the last identity operation seen here; none for anonymous members.
    pub op: Option<(u64, Hash)>,
}

/// An instance that spoke for somebody once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormerHome {
    /// Which instance.
    pub home: InstanceId,
    /// The event from which on another one does.
    pub until: u64,
}

impl Binding {
    /// The instance that spoke for the actor at a place of the log.
    pub fn home_at(&self, seq: u64) -> &InstanceId {
        self.former.iter().find(|before| seq < before.until).map_or(&self.home, |before| &before.home)
    }

    /// Whether the instance speaks for the actor, or did once.
    pub fn knows(&self, ik: &InstanceId) -> bool {
        self.home == *ik || self.former.iter().any(|before| before.home == *ik)
    }
}

/// Somebody who takes part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The instance that speaks for the member.
    pub home: InstanceId,
    /// When they came, milliseconds.
    pub joined_at: i64,
    /// The event by which they came.
    pub joined_seq: u64,
    /// Their roles, without the one of everyone.
    pub roles: BTreeSet<RoleId>,
    /// May not write before this time, milliseconds.
    pub timeout_until: i64,
    /// Shown here as everywhere else, whatever name and picture they chose for this server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
}

/// A role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// `0xRRGGBB`.
    pub colour: Option<u64>,
    /// Higher beats lower; everyone's role is 0.
    pub position: u64,
    /// Shown apart in the member list.
    pub hoist: bool,
    /// Whether everybody may mention it.
    pub mentionable: bool,
    /// What its holders may do.
    pub permissions: Perms,
}

/// A channel or category.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Channel {
    /// What it is for.
    pub kind: ChannelKind,
    /// Its name.
    pub name: String,
    /// What is talked about; may be empty.
    pub topic: String,
    /// The category that it stands in.
    pub parent: Option<ChannelId>,
    /// Its place among its neighbours.
    pub position: u64,
    /// What it grants and denies beyond the roles.
    pub overrides: Vec<Override>,
    /// The channel of audit notes that every server has from its beginning.
    pub staff: bool,
    /// Number of the last message.
    pub last_cn: u64,
    /// Time of the last message.
    pub last_ts: i64,
    /// Hash of the last event of the channel.
    pub last: Option<Hash>,
    /// The event up to which this row holds; earlier ones change nothing.
    pub as_of: u64,
}

/// A way in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invite {
    /// Who made it.
    pub by: Actor,
    /// Where whoever joins lands.
    pub channel: Option<ChannelId>,
    /// Roles granted on joining.
    pub roles: Vec<RoleId>,
    /// When it was made, milliseconds.
    pub created_at: i64,
    /// When it ends, milliseconds.
    pub expires_at: Option<i64>,
    /// How many may come in by it.
    pub max_uses: Option<u64>,
    /// How many did.
    pub uses: u64,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// Somebody who may not come back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ban {
    /// Who banned.
    pub by: Actor,
    /// When, milliseconds.
    pub at: i64,
}
