//! What a log consists of: header, action and content, with the hub's signature.
//!
//! The hash chain runs over headers. The content lies beside it, bound by a salted digest, and can be erased
//! without breaking the chain.

use crate::{
    action::{Action, Position, Sealed},
    canonical,
    error::Code,
    ids::{ChannelId, Hash, InstanceId, ServerId},
    keys::{Bytes, Domain, KeySig, PublicKey, SecretKey},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The largest event in bytes of canonical JSON, signatures included.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;
/// What an event needs at most beside its content: the action, the header, both signatures and the salt.
pub const MAX_ENVELOPE_BYTES: usize = 4096;

/// Which people an event concerns: all members, or those who may see one channel.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Visibility {
    /// Every member.
    All,
    /// Whoever may see this channel when it is sent.
    Channel(ChannelId),
}

impl Visibility {
    /// The channel, if it concerns one.
    pub fn channel(&self) -> Option<&ChannelId> {
        match self {
            Self::All => None,
            Self::Channel(c) => Some(c),
        }
    }
    /// As it appears in a header.
    pub fn as_str(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Channel(c) => c.as_str(),
        }
    }
    /// Reads what a header says.
    pub fn parse(text: &str) -> Result<Self, Code> {
        if text == "all" { Ok(Self::All) } else { text.parse().map(Self::Channel) }
    }
}
impl Serialize for Visibility {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Visibility {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::parse(&text).map_err(|_| serde::de::Error::custom("neither all nor a channel"))
    }
}

/// The header of an event: what the hash chain runs over.
///
/// The fields stand in the order of their names, so that they are written in canonical form at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// Hash of the action with its signature.
    pub action_hash: Hash,
    /// Number of a message in its channel, from 1 without gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cn: Option<u64>,
    /// Hash of the last event before that has the same visibility.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cprev: Option<Hash>,
    /// Counts restarts of the log by its own hub.
    pub epoch: u64,
    /// Counts take-overs of the log.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// The instance that sequenced it.
    pub hub: InstanceId,
    /// Hash of the event before.
    pub prev: Hash,
    /// Position, from 1 without gaps.
    pub seq: u64,
    /// The server whose log this is.
    pub sid: ServerId,
    /// When, by the hub's clock, milliseconds; never goes back.
    pub ts: i64,
    /// Version of the envelope.
    pub v: u64,
    /// Whom it concerns.
    pub vis: Visibility,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Header {
    /// The event's hash: over the canonical header with the prefix of its kind.
    pub fn hash(&self) -> Result<Hash, Code> {
        Ok(Hash::of(&[Domain::Event.prefix().as_bytes(), &canonical::to_vec(self)?]))
    }
    /// Signs the header and returns its hash with the signature, from one canonical form.
    pub fn sign(&self, key: &SecretKey) -> Result<(Hash, KeySig), Code> {
        let bytes = canonical::to_vec(self)?;
        let hash = Hash::of(&[Domain::Event.prefix().as_bytes(), &bytes]);
        Ok((hash, KeySig { kid: key.public().kid(), sig: key.sign(Domain::Event, &bytes) }))
    }
    /// Where it stands in the log.
    pub fn position(&self) -> Result<Position, Code> {
        Ok(Position { generation: self.generation, epoch: self.epoch, seq: self.seq, hash: self.hash()? })
    }
    /// Verifies the hub's signature.
    pub fn verify(&self, key: &PublicKey, sig: &KeySig) -> Result<(), Code> {
        key.verify_json(Domain::Event, self, &sig.sig)
    }
}

/// An event as it is stored and sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The chained part.
    pub header: Header,
    /// What was done.
    pub action: Action,
    /// The home's signature; absent where the actor's home is the hub itself.
    pub origin_sig: Option<KeySig>,
    /// The hub's signature over the header.
    pub hub_sig: KeySig,
    /// The content; absent once erased.
    pub content: Option<Value>,
    /// The salt; erased together with the content.
    pub salt: Option<Bytes<16>>,
    /// The position of the deletion or purge that erased the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<u64>,
}

impl Event {
    /// The content with its salt, where both are present.
    pub fn sealed(&self) -> Option<Sealed> {
        Some(Sealed { content: self.content.clone()?, salt: self.salt? })
    }

    /// Checks what an event shows by itself: the header names this action, the sizes hold, the visibility follows
    /// the action's channel, and the content matches its digest.
    pub fn check_form(&self) -> Result<(), Code> {
        let (h, a) = (&self.header, &self.action);
        if h.v != 1 || a.v != 1 || h.seq == 0 || h.sid != a.sid {
            return Err(Code::InvalidEvent);
        }
        if h.vis.channel() != a.channel.as_ref() {
            return Err(Code::InvalidEvent);
        }
        if (h.cn.is_some()) != (a.kind == "message.create") {
            return Err(Code::InvalidEvent);
        }
        if (h.hub == a.origin) != self.origin_sig.is_none() {
            return Err(Code::InvalidEvent);
        }
        let content = self.content.as_ref().map(canonical::to_vec).transpose()?;
        let small = h.extra.is_empty() && a.has_usual_size();
        let fits = small && content.as_ref().map_or(0, Vec::len) + MAX_ENVELOPE_BYTES <= MAX_EVENT_BYTES;
        if !fits && canonical::to_vec(self)?.len() > MAX_EVENT_BYTES {
            return Err(Code::TooLarge);
        }
        if h.action_hash != a.hash(self.origin_sig.as_ref())? {
            return Err(Code::HashMismatch);
        }
        match (&content, &self.salt) {
            (Some(bytes), Some(salt)) if crate::action::content_hash(&salt.0, bytes)? != a.content_hash => {
                return Err(Code::HashMismatch);
            }
            (Some(_), Some(_)) => {}
            (None, None) => {}
            _ => return Err(Code::InvalidEvent),
        }
        Ok(())
    }
}

/// A run of events that the receiver may not see or has not asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stub {
    /// First and last sequence number of the run.
    pub stub: (u64, u64),
    /// Hash of the event at the last one: what the next event's `prev` must equal.
    pub hash: Hash,
    /// Whether the hub itself no longer holds some of it: it was restored from an older copy, and nobody had that part.
    /// A channel's chain may then name an event that nobody holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
}

/// What a log is sent as: events, and stubs in place of what is withheld.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Item {
    /// An event.
    Event(Box<Event>),
    /// A withheld run.
    Stub(Stub),
}

impl Item {
    /// The first and last sequence numbers that the item stands for.
    pub fn range(&self) -> (u64, u64) {
        match self {
            Self::Event(e) => (e.header.seq, e.header.seq),
            Self::Stub(s) => s.stub,
        }
    }
}
