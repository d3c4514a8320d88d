//! What a hub says of its log so that those who follow it can compare: checkpoints, and headers shown by themselves.
//!
//! Both speak of the chain of events that everybody sees, and of nothing else. So they are the same for every follower,
//! whatever it may see besides, and may be shown to any other one without telling of hidden activity.

use crate::{
    error::Code,
    event::{Event, Header, Visibility},
    ids::{Hash, ServerId},
    keys::{Domain as Kind, KeySig, SecretKey},
    signed::{Body, Signed},
    state::{FOLD_VERSION, ServerState},
};
use serde::{Deserialize, Serialize};

/// A push brings a checkpoint where the log has grown by so many events since the last one.
pub const CHECKPOINT_EVERY: u64 = 1_000;

/// A place in the chain of events that everybody sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Sequence number of the event.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The covered fields of a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheckpointFields {
    /// The server.
    pub sid: ServerId,
    /// Take-overs so far.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// Restarts so far, at that event.
    pub epoch: u64,
    /// The newest event that everybody sees.
    pub all: Place,
    /// Which fold the hash of the state was made with: only the same one can be compared.
    pub fold: u64,
    /// The server-level state behind that event: [`ServerState::digest`].
    pub state: Hash,
}

impl Body for CheckpointFields {
    const KIND: Kind = Kind::Checkpoint;
    const MAX_BYTES: usize = 2 * 1024;
}

/// What a hub signed of its log's state.
pub type Checkpoint = Signed<CheckpointFields>;

impl Checkpoint {
    /// Signs what a state says. `seq` is the number of its newest event that everybody sees, `epoch` the one of that event,
    /// and `state` its digest.
    ///
    /// # Errors
    /// [`Code::InvalidEvent`] before the first event.
    pub fn make(state: &ServerState, seq: u64, epoch: u64, digest: Hash, key: &SecretKey) -> Result<Self, Code> {
        let hash = state.head.all.ok_or(Code::InvalidEvent)?;
        let fields = CheckpointFields {
            sid: state.sid.clone(),
            generation: state.head.generation,
            epoch,
            all: Place { seq, hash },
            fold: FOLD_VERSION,
            state: digest,
        };
        Self::sign(fields, key)
    }

    /// Checks that the hub of this log, as the log names it and its keys, signed the checkpoint.
    ///
    /// # Errors
    /// [`Code::SidMismatch`], [`Code::InvalidEvent`] for another generation, [`Code::UnknownKey`], [`Code::KeyRevoked`] or
    /// [`Code::BadObjectSignature`].
    pub fn verify(&self, state: &ServerState) -> Result<(), Code> {
        if self.sid != state.sid {
            return Err(Code::SidMismatch);
        }
        if self.generation != state.head.generation {
            return Err(Code::InvalidEvent);
        }
        self.check(state.key_at(&state.info.hub, &self.sig().kid, self.all.seq)?)
    }

    /// Whether it contradicts a state that was folded from the log up to the same event. A state that is at another event,
    /// or was made with another fold, neither confirms nor contradicts it.
    ///
    /// # Errors
    /// [`Code::CheckpointMismatch`] where it does.
    pub fn compare_state(&self, all: Hash, digest: Hash) -> Result<(), Code> {
        let comparable = self.fold == FOLD_VERSION && self.all.hash == all;
        if comparable && self.state != digest { Err(Code::CheckpointMismatch) } else { Ok(()) }
    }

    /// Whether two checkpoints of one hub cannot both be true.
    pub fn contradicts(&self, other: &Self) -> bool {
        if self.sid != other.sid || (self.generation, self.epoch) != (other.generation, other.epoch) {
            return false;
        }
        let same_place = self.all.seq == other.all.seq;
        let same_event = self.all == other.all;
        (same_place && !same_event) || (same_event && self.fold == other.fold && self.state != other.state)
    }
}

/// The header of an event that everybody sees, with the hub's signature: proof by itself of what the hub put there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignedHeader {
    /// The header.
    pub header: Header,
    /// The hub's signature.
    pub hub_sig: KeySig,
}

impl SignedHeader {
    /// The header of an event.
    pub fn of(event: &Event) -> Self {
        Self { header: event.header.clone(), hub_sig: event.hub_sig.clone() }
    }

    /// Checks that the hub of this log signed it. Answers its hash.
    ///
    /// # Errors
    /// [`Code::SidMismatch`]; [`Code::InvalidEvent`] for another hub or generation; [`Code::UnknownKey`],
    /// [`Code::KeyRevoked`] or [`Code::BadSignature`].
    pub fn verify(&self, state: &ServerState) -> Result<Hash, Code> {
        let header = &self.header;
        if header.sid != state.sid {
            return Err(Code::SidMismatch);
        }
        if header.hub != state.info.hub || header.generation != state.head.generation {
            return Err(Code::InvalidEvent);
        }
        header.verify(state.key_at(&header.hub, &self.hub_sig.kid, header.seq)?, &self.hub_sig)?;
        header.hash()
    }

    /// Whether `held`, which the hub signed too, cannot stand in one log with this header of an event that everybody sees.
    ///
    /// `held` is what a copy holds in the same place, or else the next event behind it that everybody sees: those are
    /// linked by `cprev`, so that none can be left out.
    pub fn contradicts(&self, held: &Self) -> bool {
        let (told, held) = (&self.header, &held.header);
        if told.sid != held.sid || (told.generation, told.epoch) != (held.generation, held.epoch) {
            return false;
        }
        let (Ok(hash), Ok(held_hash)) = (told.hash(), held.hash()) else { return false };
        match held.seq.cmp(&told.seq) {
            std::cmp::Ordering::Equal => hash != held_hash,
            std::cmp::Ordering::Greater => {
                told.vis == Visibility::All && held.vis == Visibility::All && held.cprev != Some(hash)
            }
            std::cmp::Ordering::Less => false,
        }
    }
}
