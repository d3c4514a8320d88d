//! A community goes to another hub: its owner proposes it, the new hub accepts, the old one writes that as its last event.
//!
//! 1. The owner's `server.migrate_propose` names the new hub. From then on that instance follows the whole log.
//! 2. The new hub holds every event, has verified them from the first on, and signs an [`Accept`] of the log's end.
//! 3. The old hub writes `server.migrate_commit` with that signature right behind that end ([`commit`]). Nothing that it
//!    signs afterwards counts.
//! 4. The new hub goes on in the next epoch ([`epoch::begin`](crate::epoch::begin)).
//!
//! Whoever slept meanwhile is shown the [`Way`](crate::way::Way): a log's hub is only ever changed by the signature of the
//! one before, or by the log's recovery keys ([`takeover`](crate::takeover)).

use crate::{
    action::Position,
    content::{Content, MigrateCommit},
    domain::Domain,
    error::Code,
    event::Event,
    hub::{self, HubIdentity, Sequenced},
    ids::{ActionId, ChannelId, InstanceId, ServerId},
    instance::KeysStatement,
    keys::Domain as Kind,
    signed::{Body, Signed},
    state::ServerState,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The type of the last event of a hub that hands over.
pub const KIND: &str = "server.migrate_commit";

/// The covered fields of an acceptance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AcceptFields {
    /// The server.
    pub sid: ServerId,
    /// The hub that hands over.
    pub from: InstanceId,
    /// The hub that goes on.
    pub to: InstanceId,
    /// The action that proposed it.
    pub proposal: ActionId,
    /// The last event that the new hub holds; the commit follows it.
    pub base: Position,
}

impl Body for AcceptFields {
    const KIND: Kind = Kind::MigrateAccept;
    const MAX_BYTES: usize = 2 * 1024;
}

/// The new hub's word that it holds a log up to its end and will go on with it.
pub type Accept = Signed<AcceptFields>;

/// Whether a log may go over to another hub with the next event.
///
/// # Errors
/// [`Code::BadMigration`] where nobody proposed it, or for another end of the log; what the signature's check says.
pub fn check(state: &ServerState, accept: &Accept) -> Result<(), Code> {
    let moving = state.info.moving.as_ref().ok_or(Code::BadMigration)?;
    let proposed = accept.to == moving.to && accept.proposal == moving.proposal;
    let here = accept.sid == state.sid && accept.from == state.info.hub && accept.base == hub::position(state);
    if !proposed || !here {
        return Err(Code::BadMigration);
    }
    accept.check(state.key_at(&accept.to, &accept.sig().kid, state.head.seq + 1)?)
}

/// Hands the log over: appends the last event of this hub. `entropy`: action id and salt.
///
/// # Errors
/// As [`check`]; the state is unchanged then.
pub fn commit(
    state: &mut ServerState,
    me: &HubIdentity,
    accept: Accept,
    entropy: [[u8; 16]; 2],
    now_ms: i64,
) -> Result<Sequenced, Code> {
    check(state, &accept)?;
    hub::append_own(state, me, (KIND, &MigrateCommit { accept }), entropy, now_ms, |_| ())
}

/// What an event of this type says; `None` for any other event.
pub fn accepted(event: &Event) -> Option<Box<Accept>> {
    let content = event.content.as_ref().filter(|_| event.action.kind == KIND)?;
    match Content::parse(KIND, content) {
        Ok(Content::MigrateCommit(commit)) => Some(Box::new(commit.accept)),
        _ => None,
    }
}

/// `POST /servers/{sid}/arrival`, from the owner's home to the new hub: somebody there has said that this community may
/// come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArrivalAsk {
    /// What they gave to the owner.
    pub code: String,
    /// What the community is called.
    pub name: String,
    /// Where its hub is reached.
    pub hub: Domain,
}

/// Answer to [`ArrivalAsk`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArrivalAnswer {
    /// The keys of the new hub, for the proposal.
    pub keys: KeysStatement,
}

/// Answer to `GET /servers/{sid}/arrival`, for the instance that asked for it: how far the new hub is.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ArrivalReport {
    /// `coming`, `here` or `stopped`.
    pub state: String,
    /// The code of what went wrong last; empty where nothing did.
    #[serde(default)]
    pub problem: String,
    /// Events that it has verified.
    pub events: u64,
    /// Of so many.
    pub of_events: u64,
    /// Files that it has.
    pub files: u64,
    /// Of so many.
    pub of_files: u64,
    /// Files that the hub before does not have any more.
    #[serde(default)]
    pub missing: u64,
}

/// `POST /servers/{sid}/handover`, from the new hub to the old one: it is ready. Where the log has grown meanwhile the answer
/// is 409 `gap`, and the log stands still for a moment, so that the next try finds its end. Asked again, the answer is the
/// same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HandoverAsk {
    /// The acceptance.
    pub accept: Accept,
    /// The keys of the new hub now: written into the log first, where they changed since they were proposed.
    pub keys: KeysStatement,
}

/// Answer to [`HandoverAsk`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HandoverAnswer {
    /// The last event of the old hub.
    pub commit: Event,
    /// Channels that followers may still hold and may not see any more: the new hub tells them so.
    #[serde(default)]
    pub withdrawn: BTreeMap<InstanceId, BTreeSet<ChannelId>>,
    /// Who is to confirm which purge, by its place, with the receipts that came.
    #[serde(default)]
    pub receipts: Vec<PurgeWord>,
}

/// Whether an instance has confirmed a purge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PurgeWord {
    /// The purge's place in the log.
    pub seq: u64,
    /// The instance.
    pub by: InstanceId,
    /// Its receipt as it was sent, where it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}
