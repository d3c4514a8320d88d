//! A community whose hub is lost goes on elsewhere by its recovery keys.
//!
//! A log names keys that may say so: in its genesis, or in a later `server.recovery` ([`check_change`]). More than half of
//! them sign that the log goes on at another instance behind a place ([`TakeoverFields`]). That instance writes
//! `server.takeover` there ([`begin`]): the first event of the next generation. Nothing that the hub before signs counts
//! from there on, whatever else it holds.

use crate::{
    action::Position,
    checkpoint::SignedHeader,
    content::{Content, ServerTakeover},
    error::Code,
    event::Event,
    hub::{self, HubIdentity, Sequenced},
    ids::{Actor, ChannelId, InstanceId, ServerId},
    instance::KeysStatement,
    keys::{Domain as Kind, KeySig, PublicKey, SecretKey},
    replica::Fault,
    signed::Body,
    state::{Channel, Recovery, ServerState},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The type of the first event of a generation.
pub const KIND: &str = "server.takeover";
/// The type by which the recovery keys change.
pub const RECOVERY: &str = "server.recovery";
/// The most recovery keys of a log.
pub const MAX_KEYS: usize = 16;

/// What several keys signed, each for itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CoSigned<T> {
    /// What they signed.
    pub body: T,
    /// The signatures, one of a key.
    pub sigs: Vec<KeySig>,
}

impl<T: Body> CoSigned<T> {
    /// The signature of one key.
    ///
    /// # Errors
    /// [`Code::BadJson`] for a body without a canonical form.
    pub fn signature(body: &T, key: &SecretKey) -> Result<KeySig, Code> {
        Ok(KeySig { kid: key.public().kid(), sig: key.sign(T::KIND, &crate::canonical::to_vec(body)?) })
    }

    /// Checks that a signature is of one of these keys.
    ///
    /// # Errors
    /// [`Code::BadObjectSignature`].
    pub fn check_one(body: &T, sig: &KeySig, keys: &[PublicKey]) -> Result<(), Code> {
        let key = keys.iter().find(|key| key.kid() == sig.kid).ok_or(Code::BadObjectSignature)?;
        key.verify_json(T::KIND, body, &sig.sig).map_err(|_| Code::BadObjectSignature)
    }

    /// Checks that more than half of these keys signed, and nobody else.
    ///
    /// # Errors
    /// [`Code::BadObjectSignature`] for a signature that does not hold, or one key twice; [`Code::BadTakeover`] for too few.
    pub fn check(&self, keys: &[PublicKey]) -> Result<(), Code> {
        let mut signed = BTreeSet::new();
        for sig in &self.sigs {
            Self::check_one(&self.body, sig, keys)?;
            if !signed.insert(&sig.kid) {
                return Err(Code::BadObjectSignature);
            }
        }
        if signed.len() < needed(keys.len()) { Err(Code::BadTakeover) } else { Ok(()) }
    }
}

/// How many of so many keys have to sign. Where there are none, nobody can.
pub fn needed(keys: usize) -> usize {
    keys / 2 + 1
}

/// What the keys of a log sign when they change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecoveryFields {
    /// The server.
    pub sid: ServerId,
    /// Which change of them it is, from 1.
    pub n: u64,
    /// The keys from then on.
    pub keys: Vec<PublicKey>,
}

impl Body for RecoveryFields {
    const KIND: Kind = Kind::Recovery;
    const MAX_BYTES: usize = 4 * 1024;
}

/// What the keys of a log sign when it goes on elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TakeoverFields {
    /// The server.
    pub sid: ServerId,
    /// The generation that begins.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// Which change of the keys they are by.
    pub set: u64,
    /// The last event that counts.
    pub base: Position,
    /// The instance that goes on.
    pub to: InstanceId,
}

impl Body for TakeoverFields {
    const KIND: Kind = Kind::Takeover;
    const MAX_BYTES: usize = 2 * 1024;
}

/// The word of a log's keys that it goes on elsewhere.
pub type Takeover = CoSigned<TakeoverFields>;

/// Whether the keys may change so: by the owner, and by the word of more than half of those that there are. Who has none
/// yet begins with their own word.
///
/// # Errors
/// [`Code::Forbidden`] for anybody but the owner; [`Code::BadTakeover`] for another log, number or too few signatures; what
/// the check of signatures says.
pub fn check_change(state: &ServerState, actor: &Actor, change: &CoSigned<RecoveryFields>) -> Result<(), Code> {
    if state.info.owner.as_ref() != Some(actor) {
        return Err(Code::Forbidden);
    }
    let Recovery { n, keys } = &state.info.recovery;
    if change.body.sid != state.sid || change.body.n != n + 1 {
        return Err(Code::BadTakeover);
    }
    if keys.is_empty() { Ok(()) } else { change.check(keys) }
}

/// Whether keys can be those of a log.
pub(crate) fn well_formed(change: &CoSigned<RecoveryFields>) -> bool {
    let keys: BTreeSet<_> = change.body.keys.iter().map(PublicKey::kid).collect();
    keys.len() == change.body.keys.len() && keys.len() <= MAX_KEYS && change.sigs.len() <= MAX_KEYS
}

/// Whether a log may go on by this event, right behind its head.
///
/// # Errors
/// [`Code::BadTakeover`] for another log, generation, set of keys or end; what the checks of signatures say.
pub fn check(state: &ServerState, taken: &ServerTakeover) -> Result<(), Code> {
    let fields = &taken.takeover.body;
    let here = fields.sid == state.sid && fields.base == hub::position(state);
    let next = fields.generation == state.head.generation + 1 && fields.set == state.info.recovery.n;
    if !here || !next || taken.keys.ik != fields.to || state.info.deleted {
        return Err(Code::BadTakeover);
    }
    taken.takeover.check(&state.info.recovery.keys)?;
    hub::check_shown(state, &taken.keys)
}

/// What an event of this type says; `None` for any other event.
pub fn taken(event: &Event) -> Option<Box<ServerTakeover>> {
    let content = event.content.as_ref().filter(|_| event.action.kind == KIND)?;
    match Content::parse(KIND, content) {
        Ok(Content::ServerTakeover(taken)) => Some(taken),
        _ => None,
    }
}

/// Whether an event begins the next generation right behind the head.
///
/// # Errors
/// [`Fault::Stop`] where it says so and may not.
pub(crate) fn check_step(state: &ServerState, event: &Event) -> Result<bool, Fault> {
    if event.action.kind != KIND {
        return Ok(false);
    }
    let taken = taken(event).ok_or(Code::BadTakeover)?;
    check(state, &taken)?;
    signed_by_new_hub(event, &taken)?;
    Ok(true)
}

/// Checks that the instance that goes on wrote the event, under a key that it brings.
pub(crate) fn signed_by_new_hub(event: &Event, taken: &ServerTakeover) -> Result<(), Code> {
    let (header, fields) = (&event.header, &taken.takeover.body);
    let places = header.sid == fields.sid && header.hub == fields.to && header.prev == fields.base.hash;
    let next = header.seq == fields.base.seq + 1
        && header.generation == fields.generation
        && header.epoch == fields.base.epoch + 1;
    let by = event.action.actor == Actor::Instance(fields.to.clone()) && event.action.origin == fields.to;
    if !places || !next || !by {
        return Err(Code::BadTakeover);
    }
    event.check_form()?;
    header.verify(taken.keys.key(&event.hub_sig.kid)?, &event.hub_sig)
}

/// Goes on with a log in the next generation, behind the head. `entropy`: action id and salt.
///
/// # Errors
/// As [`check`]; [`Code::TooLarge`] for a report beyond the size of an event. The state is to be thrown away then.
pub fn begin(
    state: &mut ServerState,
    me: &HubIdentity,
    content: ServerTakeover,
    entropy: [[u8; 16]; 2],
    now_ms: i64,
) -> Result<Sequenced, Code> {
    check(state, &content)?;
    hub::append_own(state, me, (KIND, &content), entropy, now_ms, |state| {
        state.head.generation += 1;
        state.head.epoch += 1;
    })
}

/// Answer to `GET /servers/{sid}/end`: the last event that a follower of a lost hub holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndAnswer {
    /// Its header; none where the copy began with a snapshot and has seen nothing since.
    pub end: Option<SignedHeader>,
}

/// `POST /servers/{sid}/takeover`, from the instance that is to go on with a log to one that follows it: from then on it may
/// be shown everything that is held of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeoverAsk {
    /// The word of the log's keys.
    pub takeover: Takeover,
    /// The keys of the asking instance.
    pub keys: KeysStatement,
}

/// Answer to [`TakeoverAsk`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeoverAnswer {
    /// The channels that the follower knows.
    pub channels: BTreeMap<ChannelId, Channel>,
}
