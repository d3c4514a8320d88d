//! How a copy of a log is checked: the one verifier for events that arrive by push, by backfill or with a snapshot.

use crate::{
    action::Position,
    content::{Content, erasable, known},
    epoch,
    error::Code,
    event::{Event, Item, Stub},
    hub::check_home,
    hub_move,
    ids::{ActionId, Actor, ChannelId, Hash},
    instance::KeysStatement,
    keys::{Kid, PublicKey},
    state::ServerState,
    takeover,
};
use std::collections::{BTreeMap, BTreeSet};

/// The type by which keys enter a log.
const INSTANCE_KEYS: &str = "instance.keys";

/// An event that was checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Verified {
    /// The event; without content where that was damaged on the way.
    pub event: Event,
    /// Its hash.
    pub hash: Hash,
    /// Its content, where it is present, of a known type, and not rejected.
    pub content: Option<Content>,
    /// Why it counts for nothing although it stands in the chain.
    pub rejected: Option<Code>,
}

/// What a run of items brought.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Accepted {
    /// The new events, in order.
    pub events: Vec<Verified>,
    /// The withheld runs between them.
    pub stubs: Vec<Stub>,
}

/// Why a run was not accepted. Nothing of it is to be stored.
#[derive(Clone, PartialEq, Debug)]
pub enum Fault {
    /// Something before it is missing; the next sequence number expected.
    Gap(u64),
    /// It contradicts a signed event that is held: proof that the hub told two stories.
    Conflict(Position),
    /// The chain, the order or the hub's signature does not hold. The log is quarantined.
    Stop(Code),
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self::Stop(code)
    }
}

/// What the copy holds already that the run may touch.
#[derive(Clone, Default, Debug)]
pub struct Held {
    /// Hashes of held events by sequence number.
    pub hashes: BTreeMap<u64, Hash>,
    /// Which of the run's action ids stand in the log already.
    pub aids: BTreeSet<ActionId>,
    /// Stubs for what the hub lost: the chain of a channel may skip what it had there.
    pub lost: Vec<(u64, u64)>,
    /// The channels of which every event comes, where the copy has not asked for all: of the others it gets what concerns
    /// its people, and their chains are not held against it.
    pub whole: Option<BTreeSet<ChannelId>>,
}

/// Checks a run of items that follows the head and applies it to the state. What overlaps with what is held is
/// compared and skipped. After an error the state must be thrown away.
///
/// The hub's signature is verified on the last event and before each stub; the chain covers those between. The
/// signature of a home is verified on every event.
pub fn accept(state: &mut ServerState, items: Vec<Item>, held: &Held) -> Result<Accepted, Fault> {
    let mut out = Accepted::default();
    let mut aids = held.aids.clone();
    let mut lost = held.lost.clone();
    // A copy that began with a snapshot holds no event at its head, but knows its hash.
    let began = (state.head.seq, state.head.hash);
    let mut items = items.into_iter().peekable();
    while let Some(item) = items.next() {
        let (from, to) = item.range();
        if from == 0 || to < from {
            return Err(Fault::Stop(Code::InvalidEvent));
        }
        if to <= state.head.seq {
            skip_overlap(state, &item, held, &began)?;
            continue;
        }
        if from != state.head.seq + 1 {
            return Err(Fault::Gap(state.head.seq + 1));
        }
        match item {
            Item::Stub(stub) => {
                if !matches!(items.peek(), Some(Item::Event(_))) {
                    return Err(Fault::Stop(Code::InvalidEvent));
                }
                state.skip(stub.stub.1, stub.hash);
                lost.extend(stub.lost.then_some(stub.stub));
                out.stubs.push(stub);
            }
            Item::Event(event) => {
                // The next hub's signature over what follows says nothing of what the one before signed.
                let next = match items.peek() {
                    Some(Item::Event(next)) => Some(next.action.kind.as_str()),
                    _ => None,
                };
                let ends_run = next.is_none_or(|kind| kind == takeover::KIND) || event.action.kind == hub_move::KIND;
                let verified = verify_next(state, *event, ends_run, &aids, &lost, held.whole.as_ref())?;
                aids.insert(verified.event.action.aid);
                out.events.push(verified);
            }
        }
    }
    Ok(out)
}

fn skip_overlap(state: &ServerState, item: &Item, held: &Held, began: &(u64, Hash)) -> Result<(), Fault> {
    let Item::Event(event) = item else { return Ok(()) };
    let at_head = (event.header.seq == began.0).then_some(&began.1);
    match held.hashes.get(&event.header.seq).or(at_head) {
        Some(hash) if *hash != event.header.hash()? => {
            let h = &state.head;
            Err(Fault::Conflict(Position {
                generation: h.generation,
                epoch: h.epoch,
                seq: event.header.seq,
                hash: *hash,
            }))
        }
        _ => Ok(()),
    }
}

fn verify_next(
    state: &mut ServerState,
    mut event: Event,
    ends_run: bool,
    aids: &BTreeSet<ActionId>,
    lost: &[(u64, u64)],
    whole: Option<&BTreeSet<ChannelId>>,
) -> Result<Verified, Fault> {
    let first = state.head.seq == 0;
    let h = &event.header;
    if h.sid != state.sid {
        return Err(Fault::Stop(Code::SidMismatch));
    }
    epoch::check_step(state, &event)?;
    if h.prev != state.head.hash {
        return Err(Fault::Stop(Code::BadPrev));
    }
    if h.ts < state.head.ts {
        return Err(Fault::Stop(Code::TsRegress));
    }
    let unasked = |c: &ChannelId| whole.is_some_and(|whole| !whole.contains(c));
    let chained = match h.vis.channel().map(|c| state.channels.get(c)) {
        // Of what was not asked for the hub leaves out what it likes.
        Some(Some(_)) if h.vis.channel().is_some_and(unasked) => true,
        // Events of a channel that this copy does not know yet begin somewhere in its chain.
        Some(None) => true,
        Some(Some(c)) if c.as_of >= h.seq => true,
        Some(Some(c)) => {
            // What was lost may have been of this channel: then its chain names what nobody holds, and its next message
            // has a higher number.
            let torn = |after: u64| lost.iter().any(|(from, _)| (after + 1..h.seq).contains(from));
            // Who went on with the log may not have known this channel, or not all of it.
            let mut former = state.info.former_hubs.iter();
            let begun_anew = former.any(|hub| hub.lost && hub.until >= c.as_of && hub.until < h.seq);
            let follows = h.cprev == c.last || torn(c.as_of) || begun_anew;
            follows && (begun_anew || h.cn.is_none_or(|cn| cn == c.last_cn + 1 || (torn(0) && cn > c.last_cn)))
        }
        None => h.cprev == state.head.all,
    };
    if !chained {
        return Err(Fault::Stop(Code::BadPrev));
    }
    match event.check_form() {
        Ok(()) => {}
        // The content was damaged on the way; the header still holds, and the content is fetched elsewhere.
        Err(Code::HashMismatch) if event.header.action_hash == event.action.hash(event.origin_sig.as_ref())? => {
            event.content = None;
            event.salt = None;
            event.check_form()?;
        }
        Err(code) => return Err(Fault::Stop(code)),
    }
    if event.content.is_none() && known(&event.action.kind) && !erasable(&event.action.kind) {
        // State cannot be erased; without it this copy would be wrong about who may do what.
        return Err(Fault::Stop(Code::HashMismatch));
    }
    if first {
        bootstrap(state, &event)?;
    }
    // The first event of a generation was verified under the keys that it brings.
    if ends_run && event.action.kind != takeover::KIND {
        verify_hub(state, &event)?;
    }
    let hash = event.header.hash()?;
    let (content, rejected) = match judge_content(state, &event, aids) {
        Ok(content) => (content, None),
        Err(code) => (None, Some(code)),
    };
    state.apply(&event.header, hash, &event.action, content.as_ref());
    Ok(Verified { event, hash, content, rejected })
}

/// The first event of a log carries the keys that its own signature is checked with.
fn bootstrap(state: &mut ServerState, event: &Event) -> Result<(), Fault> {
    let content = event.content.as_ref().ok_or(Code::InvalidEvent)?;
    let Content::InstanceKeys(statement) = Content::parse(&event.action.kind, content)? else {
        return Err(Fault::Stop(Code::InvalidEvent));
    };
    statement.verify()?;
    if statement.ik != event.header.hub {
        return Err(Fault::Stop(Code::OriginMismatch));
    }
    let mut keys_only = state.clone();
    keys_only.apply(&event.header, Hash::ZERO, &event.action, Some(&Content::InstanceKeys(statement)));
    state.instances = keys_only.instances;
    // The serial counts from when the event itself is applied.
    for instance in state.instances.values_mut() {
        instance.serial = 0;
    }
    Ok(())
}

fn verify_hub(state: &ServerState, event: &Event) -> Result<(), Fault> {
    let own = own_statement(event);
    let key = match &own {
        // What the hub says about its keys may rest on the keys that it brings: the root key proves those. A statement
        // that ends the key which signs it proves nothing, since the thief of that key could have written it.
        Some(statement) if statement.keys.iter().any(|k| k.kid == event.hub_sig.kid) => {
            check_home(state, &event.action, Some(&Content::InstanceKeys(statement.clone())))?;
            statement.key(&event.hub_sig.kid)?
        }
        _ => state.key_at(&event.header.hub, &event.hub_sig.kid, event.header.seq)?,
    };
    event.header.verify(key, &event.hub_sig)?;
    Ok(())
}

/// What the hub says about its own keys in this event.
fn own_statement(event: &Event) -> Option<Box<KeysStatement>> {
    let by_hub = event.action.actor == Actor::Instance(event.header.hub.clone());
    let content = event.content.as_ref().filter(|_| by_hub && event.action.kind == INSTANCE_KEYS)?;
    match Content::parse(INSTANCE_KEYS, content) {
        Ok(Content::InstanceKeys(statement)) if statement.ik == event.header.hub => Some(statement),
        _ => None,
    }
}

/// Whether this event is the hub's word that one of its keys was stolen: the statement that revokes `kid`, signed by a
/// key that it brings or keeps. Its `prev` names the last event that counts; whatever else stands at its place, or
/// behind, under the revoked key counts for nothing.
///
/// # Errors
/// Where statement or signature do not hold, or `known`, the root key and serial of the hub's last statement that the
/// reader trusts, are not what it follows from.
pub fn ends_key(event: &Event, kid: &Kid, known: (&PublicKey, u64)) -> Result<bool, Code> {
    let Some(statement) = own_statement(event) else { return Ok(false) };
    event.check_form()?;
    statement.verify_after(known.0, known.1)?;
    event.header.verify(statement.key(&event.hub_sig.kid)?, &event.hub_sig)?;
    Ok(statement.keys.iter().any(|k| k.kid == *kid && k.revoked_at.is_some()))
}

fn judge_content(state: &ServerState, event: &Event, aids: &BTreeSet<ActionId>) -> Result<Option<Content>, Code> {
    let action = &event.action;
    if aids.contains(&action.aid) {
        return Err(Code::AidReused);
    }
    let parsed = match &event.content {
        None => None,
        Some(value) => match Content::parse(&action.kind, value) {
            Ok(content) => Some(content),
            Err(Code::UnknownType) => None,
            Err(code) => return Err(code),
        },
    };
    check_origin(state, event, parsed.as_ref())?;
    if let Some(Content::ServerCreate(genesis)) = &parsed
        && crate::hub::server_id(genesis)? != state.sid
    {
        return Err(Code::SidMismatch);
    }
    let ts = event.header.ts;
    if ts > action.exp || action.ats.is_some_and(|ats| ts < ats - crate::hub::CLOCK_TOLERANCE_MS) {
        return Err(Code::InvalidEvent);
    }
    Ok(parsed)
}

fn check_origin(state: &ServerState, event: &Event, content: Option<&Content>) -> Result<(), Code> {
    check_home(state, &event.action, content)?;
    match &event.origin_sig {
        None => Ok(()),
        Some(sig) => {
            let key = state.key_at(&event.action.origin, &sig.kid, event.header.seq)?;
            event.action.verify(key, sig)
        }
    }
}

/// Verifies one event of a log's past by itself: its form, both signatures, and that its origin is the actor's home
/// as this log bound it. Used for history that is fetched on demand.
pub fn verify_past(state: &ServerState, event: &Event) -> Result<Hash, Code> {
    if event.header.sid != state.sid {
        return Err(Code::SidMismatch);
    }
    event.check_form()?;
    if *state.info.hub_at(event.header.seq) != event.header.hub {
        return Err(Code::NotHub);
    }
    let key = state.key_at(&event.header.hub, &event.hub_sig.kid, event.header.seq)?;
    event.header.verify(key, &event.hub_sig)?;
    if let Some(content) = &event.content {
        match Content::parse(&event.action.kind, content) {
            Ok(_) | Err(Code::UnknownType) => {}
            Err(code) => return Err(code),
        }
    }
    if let Some(sig) = &event.origin_sig {
        let key = state.key_at(&event.action.origin, &sig.kid, event.header.seq)?;
        event.action.verify(key, sig)?;
    }
    match (&event.action.actor, state.bindings.get(&event.action.actor)) {
        (Actor::Instance(_), _) => Ok(()),
        (_, Some(binding)) if *binding.home_at(event.header.seq) == event.action.origin => Ok(()),
        _ => Err(Code::NotHome),
    }?;
    event.header.hash()
}
