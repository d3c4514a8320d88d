//! What people do: an action, made and signed by the actor's home and turned into an event by the hub.

use crate::{
    canonical,
    error::Code,
    ids::{ActionId, Actor, ChannelId, Hash, InstanceId, ServerId},
    keys::{Bytes, Domain, KeySig, PublicKey, SecretKey},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest time between making an action and sequencing it, in milliseconds.
pub const MAX_ACTION_AGE_MS: i64 = 7 * 24 * 3600 * 1000;

/// The largest action in bytes of canonical JSON, without its content.
pub const MAX_ACTION_BYTES: usize = 2048;

/// A place in a log: what somebody held when they said something about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Position {
    /// Counts restarts of the log by its own hub.
    pub epoch: u64,
    /// Counts take-overs.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// The hash of the event at that place.
    pub hash: Hash,
    /// The sequence number, from 1 without gaps.
    pub seq: u64,
}

/// An action. Unknown members are kept, so that signatures of newer versions stay valid.
///
/// The fields stand in the order of their names, so that they are written in canonical form at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Action {
    /// Who does it.
    pub actor: Actor,
    /// Its id: unique in the server whatever the origin.
    pub aid: ActionId,
    /// When the home made it, milliseconds; left out for anonymous members, whose clock must not show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ats: Option<i64>,
    /// The last visible event that the home held when it signed.
    pub basis: Position,
    /// The channel it happens in; none when it concerns the server as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// The salted digest of the content.
    pub content_hash: Hash,
    /// When it may no longer be sequenced, milliseconds.
    pub exp: i64,
    /// The actor's home.
    pub origin: InstanceId,
    /// The server it is meant for.
    pub sid: ServerId,
    /// What it is done to: a message's `aid`, an actor, a role, an invite's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What is done, such as `message.create`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Version of the envelope.
    pub v: u64,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Content with the salt that binds it to its digest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// The content itself.
    pub content: Value,
    /// 16 random bytes: without them the digest tells nothing about short contents.
    pub salt: Bytes<16>,
}

impl Sealed {
    /// The digest that stands in the action.
    pub fn hash(&self) -> Result<Hash, Code> {
        content_hash(&self.salt.0, &canonical::to_vec(&self.content)?)
    }
}

/// `sha256("conntext/content/v1\n" ‖ salt ‖ JCS(content))`.
pub fn content_hash(salt: &[u8; 16], content: &[u8]) -> Result<Hash, Code> {
    Ok(Hash::of(&[b"conntext/content/v1\n", salt, content]))
}

impl Action {
    /// The home's signature over this action.
    pub fn sign(&self, key: &SecretKey) -> Result<KeySig, Code> {
        Ok(KeySig { kid: key.public().kid(), sig: key.sign_json(Domain::Action, self)? })
    }
    /// Verifies the home's signature.
    pub fn verify(&self, key: &PublicKey, sig: &KeySig) -> Result<(), Code> {
        key.verify_json(Domain::Action, self, &sig.sig)
    }
    /// Whether it is certainly within [`MAX_ACTION_BYTES`], also where every character has to be escaped by five more.
    /// Spares most actions the measuring.
    pub(crate) fn has_usual_size(&self) -> bool {
        self.extra.is_empty() && self.kind.len() <= 32 && self.target.as_ref().is_none_or(|target| target.len() <= 128)
    }
    /// Checks that it leaves room in an event for the content.
    ///
    /// # Errors
    /// [`Code::TooLarge`].
    pub fn check_size(&self) -> Result<(), Code> {
        if self.has_usual_size() || canonical::to_vec(self)?.len() <= MAX_ACTION_BYTES {
            Ok(())
        } else {
            Err(Code::TooLarge)
        }
    }
    /// The hash that a header names: over the action together with its signature.
    pub fn hash(&self, origin_sig: Option<&KeySig>) -> Result<Hash, Code> {
        #[derive(Serialize)]
        struct Signed<'a> {
            action: &'a Action,
            origin_sig: Option<&'a KeySig>,
        }
        Ok(Hash::of(&[&canonical::to_vec(&Signed { action: self, origin_sig })?]))
    }
}
