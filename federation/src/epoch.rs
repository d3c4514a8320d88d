//! A hub that lost a part of its log for good goes on in a new epoch, and says openly what is missing.
//!
//! Within an epoch a sequence number never changes its event. A hub that was restored from an older copy takes its own
//! tail back from its followers and goes on in the same epoch. Only where nobody has that tail, and its operator says
//! so, it begins the next one with [`begin`]. Whoever holds later events of the epoch before keeps them as orphaned.

use crate::{
    action::Position,
    content::{Content, ServerEpoch},
    error::Code,
    event::Event,
    hub::{self, HubIdentity, Sequenced},
    replica::Fault,
    state::ServerState,
    takeover,
};

/// The type of the first event of an epoch.
pub const KIND: &str = "server.epoch";

/// Begins the next epoch behind the head: appends the event that reports what is missing.
///
/// `known` is the furthest end of the ending epoch that the hub knows of, `lost` are the runs before its head that
/// nobody holds. `entropy`: action id and salt.
///
/// # Errors
/// [`Code::TooLarge`] for a report beyond the size of an event; the state is to be thrown away then.
pub fn begin(
    state: &mut ServerState,
    me: &HubIdentity,
    known: Option<Position>,
    lost: Vec<(u64, u64)>,
    entropy: [[u8; 16]; 2],
    now_ms: i64,
) -> Result<Sequenced, Code> {
    let base = hub::position(state);
    let report = ServerEpoch { base, known, lost };
    hub::append_own(state, me, (KIND, &report), entropy, now_ms, |state| state.head.epoch += 1)
}

/// Whether an event may follow the head as far as hub, generation and epoch are concerned: in the same ones, or as the one
/// that begins the very next and names the head as its base.
///
/// # Errors
/// [`Fault::Stop`] with [`Code::InvalidEvent`], or with what is wrong with a take-over.
pub fn check_step(state: &ServerState, event: &Event) -> Result<(), Fault> {
    if takeover::check_step(state, event)? {
        return Ok(());
    }
    let begins = event.action.kind == KIND;
    if event.header.hub != state.info.hub || event.header.generation != state.head.generation {
        return Err(Fault::Stop(Code::InvalidEvent));
    }
    if event.header.epoch != state.head.epoch + u64::from(begins) {
        return Err(Fault::Stop(Code::InvalidEvent));
    }
    match report(event) {
        Some(report) if report.base == hub::position(state) => Ok(()),
        None if !begins => Ok(()),
        _ => Err(Fault::Stop(Code::InvalidEvent)),
    }
}

/// The event behind which an epoch, or a generation, begins with this event; `None` for any other event.
pub fn base(event: &Event) -> Option<Position> {
    let taken = || takeover::taken(event).map(|taken| taken.takeover.body.base);
    report(event).map(|report| report.base).or_else(taken)
}

/// What the first event of an epoch reports; `None` for any other event.
pub fn report(event: &Event) -> Option<Box<ServerEpoch>> {
    let content = event.content.as_ref().filter(|_| event.action.kind == KIND)?;
    match Content::parse(KIND, content) {
        Ok(Content::ServerEpoch(report)) => Some(report),
        _ => None,
    }
}
