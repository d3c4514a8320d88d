//! An account goes to another home: what the two instances say to each other.
//!
//! The person takes a ticket at the home that they leave. The new home shows it, first to see what would come along
//! ([`MoveLook`]), then to get the operation that names it as the home ([`MoveGo`]). From that operation on the former home
//! cannot speak for them, in any community to which the new one has shown it (`member.migrate`).

use crate::{
    identity::Op,
    ids::{ChannelId, ServerId},
    keys::PublicKey,
    wire::SignedProfile,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `POST /moves/look`: what would come along.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MoveLook {
    /// What the person got from the home that they leave; for the asking instance alone, and for an hour.
    pub ticket: String,
}

/// A community that somebody is in, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovingCommunity {
    /// Which one.
    pub sid: ServerId,
    /// Where its hub was last reached.
    pub domain: String,
    /// What it is called.
    pub name: String,
    /// False where they left it: what they wrote there is still theirs to erase.
    pub member: bool,
    /// Where the community knows a chain that parted from the one that is shown: that one, from where they part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<Op>,
}

/// How far somebody has read a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovingMark {
    /// The community.
    pub sid: ServerId,
    /// The channel.
    pub channel: ChannelId,
    /// The number of the last message that they read.
    pub number: u64,
}

/// What a home hands over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Luggage {
    /// The identity as it is, and the profile, with what differs in single communities.
    pub profile: SignedProfile,
    /// Their communities.
    pub communities: Vec<MovingCommunity>,
    /// How far they have read.
    #[serde(default)]
    pub marks: Vec<MovingMark>,
    /// Their client's settings; readers take over what they know.
    #[serde(default)]
    pub settings: Map<String, Value>,
}

/// `POST /moves/go`: the account is to live at the asking instance from now on. Asked again with the same keys, the answer
/// is the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MoveGo {
    /// As in [`MoveLook`].
    pub ticket: String,
    /// The key with which the new home will sign the person's documents.
    pub signing_key: PublicKey,
    /// The key with which it will sign the next operations of their chain.
    pub rotation_key: PublicKey,
    /// Not to wait any longer until everything that the person sent has arrived.
    #[serde(default)]
    pub anyway: bool,
}

/// Something that had not reached its community when its author left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// The community.
    pub sid: ServerId,
    /// The channel, where it was a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// The text of the message; empty for anything else.
    pub body: String,
}

/// Answer to [`MoveGo`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MoveGone {
    /// The operation that names the new home.
    pub op: Op,
    /// What did not arrive before.
    #[serde(default)]
    pub unsent: Vec<Unsent>,
}

/// `POST /memberships`: which communities of the asked instance somebody is in, or was. The chain proves that the asking
/// instance speaks for them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MembershipsQuery {
    /// The whole chain.
    pub identity: Vec<Op>,
}

/// Answer to [`MembershipsQuery`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MembershipsAnswer {
    /// Those that live at the asked instance.
    pub communities: Vec<MovingCommunity>,
}
