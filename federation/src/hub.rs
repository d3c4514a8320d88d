//! How a log grows: the only code that turns an action into an event.
//!
//! [`judge`] decides, [`append`] links, signs and applies. Both are pure; the caller stores what comes out in one
//! transaction and throws the state away when that fails.

use crate::{
    action::{Action, MAX_ACTION_AGE_MS, Position, Sealed},
    canonical,
    content::{Content, Genesis, MemberJoin, MemberMigrate, MigratePropose},
    error::Code,
    event::{Event, Header, MAX_ENVELOPE_BYTES, MAX_EVENT_BYTES, Visibility},
    hub_move,
    identity::{Op, compare_chains, verify_chain},
    ids::{ActionId, Actor, Hash, InstanceId, ServerId, h40},
    instance::KeysStatement,
    keys::{Bytes, KeySig, SecretKey},
    rules::{self, Facts},
    state::ServerState,
    takeover,
};
use serde_json::Value;
use std::cmp::Ordering;

/// How far a home's clock may run ahead of the hub's, milliseconds.
pub const CLOCK_TOLERANCE_MS: i64 = 5 * 60 * 1000;

/// Who sequences, and with which key.
#[derive(Clone, Debug)]
pub struct HubIdentity {
    /// The instance that sequences.
    pub ik: InstanceId,
    /// Its active signing key.
    pub key: SecretKey,
}

/// An action with its content, not yet in any log.
#[derive(Clone, PartialEq, Debug)]
pub struct Proposal {
    /// What is done.
    pub action: Action,
    /// The home's signature; none for the hub's own people.
    pub origin_sig: Option<KeySig>,
    /// The content, with the salt that binds it.
    pub sealed: Sealed,
}

/// An event that was just made.
#[derive(Clone, PartialEq, Debug)]
pub struct Sequenced {
    /// The event as it is stored and sent.
    pub event: Event,
    /// Its hash.
    pub hash: Hash,
    /// Its content, parsed.
    pub content: Content,
}

/// What an action is made of, before it has an id, an expiry and a basis.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// The server.
    pub sid: ServerId,
    /// The type, such as `message.create`.
    pub kind: String,
    /// The channel that it happens in.
    pub channel: Option<crate::ids::ChannelId>,
    /// What it is done to.
    pub target: Option<String>,
    /// Who does it.
    pub actor: Actor,
    /// The content.
    pub content: Value,
}

impl Draft {
    /// Completes the action. `ats` is left out for anonymous actors.
    ///
    /// # Errors
    /// [`Code::BadContent`] where the content leaves the canonical profile.
    pub fn into_action(
        self,
        origin: &InstanceId,
        aid: ActionId,
        salt: [u8; 16],
        basis: Position,
        now_ms: i64,
    ) -> Result<(Action, Sealed), Code> {
        let sealed = Sealed { content: self.content, salt: Bytes(salt) };
        let action = Action {
            v: 1,
            sid: self.sid,
            kind: self.kind,
            channel: self.channel,
            target: self.target,
            ats: matches!(self.actor, Actor::User(_)).then_some(now_ms),
            actor: self.actor,
            origin: origin.clone(),
            aid,
            exp: now_ms + MAX_ACTION_AGE_MS,
            basis,
            content_hash: sealed.hash().map_err(|_| Code::BadContent)?,
            extra: Default::default(),
        };
        Ok((action, sealed))
    }
}

/// The head of the log as a basis.
pub fn position(state: &ServerState) -> Position {
    let h = &state.head;
    Position { generation: h.generation, epoch: h.epoch, seq: h.seq, hash: h.hash }
}

/// Proves that the action's origin is the actor's home. For a join the identity chain in the content proves it, for
/// everything else what the log bound before.
///
/// # Errors
/// [`Code::NotHome`], or [`Code::BadIdentityOp`] for a chain that does not hold.
pub fn check_home(state: &ServerState, action: &Action, content: Option<&Content>) -> Result<(), Code> {
    match (&action.actor, content) {
        (Actor::Instance(ik), Some(Content::InstanceKeys(statement))) => {
            if *ik != state.info.hub || action.origin != *ik {
                return Err(Code::NotHome);
            }
            check_keys(state, statement)
        }
        (Actor::Instance(ik), Some(Content::ServerEpoch(_))) if *ik == state.info.hub && action.origin == *ik => Ok(()),
        (Actor::Instance(ik), Some(Content::MigrateCommit(commit)))
            if *ik == state.info.hub && action.origin == *ik =>
        {
            hub_move::check(state, &commit.accept)
        }
        (Actor::Instance(ik), Some(Content::ServerTakeover(taken)))
            if *ik == taken.takeover.body.to && action.origin == *ik =>
        {
            takeover::check(state, taken)
        }
        (Actor::Instance(_), _) => Err(Code::NotHome),
        // Only the hub speaks of keys, epochs and its end: from anybody else they would be a way to speak for others.
        (
            _,
            Some(
                Content::InstanceKeys(_)
                | Content::ServerEpoch(_)
                | Content::MigrateCommit(_)
                | Content::ServerTakeover(_),
            ),
        ) => Err(Code::NotHome),
        (actor, Some(Content::ServerRecovery(change))) => {
            takeover::check_change(state, actor, change)?;
            check_bound(state, actor, action)
        }
        (actor, Some(Content::MemberJoin(join))) => check_join_home(state, actor, action, join),
        (actor, Some(Content::MemberMigrate(migrate))) => check_new_home(state, actor, action, migrate),
        (actor, Some(Content::MigratePropose(MigratePropose { to: Some(keys) }))) => {
            check_shown(state, keys)?;
            check_bound(state, actor, action)
        }
        (actor, _) => check_bound(state, actor, action),
    }
}

/// Checks a statement of keys; what is known already may be shown once more.
pub(crate) fn check_shown(state: &ServerState, keys: &KeysStatement) -> Result<(), Code> {
    match state.instances.get(&keys.ik).filter(|known| known.serial == keys.serial) {
        Some(_) => keys.verify(),
        None => check_keys(state, keys),
    }
}

fn check_keys(state: &ServerState, statement: &KeysStatement) -> Result<(), Code> {
    match state.instances.get(&statement.ik) {
        Some(known) => statement.verify_after(&known.root, known.serial),
        None => statement.verify(),
    }
}

fn check_bound(state: &ServerState, actor: &Actor, action: &Action) -> Result<(), Code> {
    match state.bindings.get(actor) {
        Some(binding) if binding.home == action.origin => Ok(()),
        // The creator of a server acts once before joining it.
        None if action.kind == "server.create" && action.origin == state.info.hub => Ok(()),
        _ => Err(Code::NotHome),
    }
}

fn check_join_home(state: &ServerState, actor: &Actor, action: &Action, join: &MemberJoin) -> Result<(), Code> {
    match actor {
        Actor::User(uid) => {
            let identity = verify_chain(&join.identity)?;
            if identity.uid != *uid || identity.home != action.origin {
                return Err(Code::NotHome);
            }
            if identity.deleted {
                return Err(Code::BadIdentityOp);
            }
            // Whoever comes back shows a chain that continues the one that the log knows.
            let continues = state.bindings.get(actor).and_then(|b| b.op).is_none_or(|(n, hash)| {
                let op = usize::try_from(n).ok().and_then(|n| join.identity.get(n));
                op.is_some_and(|op| op.hash() == Ok(hash))
            });
            if continues { Ok(()) } else { Err(Code::BadIdentityOp) }
        }
        Actor::Anonymous(_) => match state.bindings.get(actor) {
            Some(binding) if binding.home != action.origin => Err(Code::OriginMismatch),
            _ => Ok(()),
        },
        Actor::Persona(_) | Actor::Instance(_) => Err(Code::NotHome),
    }
}

/// Whether a chain counts more than what the log knows of it, and names the instance that acts as the home.
fn check_new_home(state: &ServerState, actor: &Actor, action: &Action, migrate: &MemberMigrate) -> Result<(), Code> {
    let Actor::User(uid) = actor else { return Err(Code::NotHome) };
    let binding = state.bindings.get(actor).ok_or(Code::NotMember)?;
    let identity = verify_chain(&migrate.identity)?;
    if identity.uid != *uid || identity.home != action.origin {
        return Err(Code::NotHome);
    }
    let (n, hash) = binding.op.ok_or(Code::BadIdentityOp)?;
    if identity.deleted || binding.home == action.origin {
        return Err(Code::BadMigration);
    }
    // What the log knows is a beginning of the chain itself, or of the one that the chain outranks.
    let parted = match migrate.over.first() {
        None => None,
        Some(first) => {
            let same =
                usize::try_from(first.n).ok().and_then(|n| migrate.identity.get(..n)).ok_or(Code::BadIdentityOp)?;
            let other: Vec<Op> = same.iter().chain(&migrate.over).cloned().collect();
            if compare_chains(&migrate.identity, &other)? != Ordering::Greater || n < first.n {
                return Err(Code::BadIdentityOp);
            }
            Some(other)
        }
    };
    let known = parted.as_ref().unwrap_or(&migrate.identity);
    let op = usize::try_from(n).ok().and_then(|n| known.get(n)).ok_or(Code::BadIdentityOp)?;
    if op.hash() == Ok(hash) { Ok(()) } else { Err(Code::BadIdentityOp) }
}

/// What an action shows by itself: that it is meant for this log and this time, that it names its content, and that it has
/// room in an event.
///
/// # Errors
/// [`Code::SidMismatch`], [`Code::BadContent`], [`Code::HashMismatch`] or [`Code::TooLarge`].
pub fn check_proposal(sid: &ServerId, p: &Proposal, now_ms: i64) -> Result<(), Code> {
    let action = &p.action;
    if action.sid != *sid {
        return Err(Code::SidMismatch);
    }
    if action.v != 1 || action.exp < now_ms || action.exp > now_ms + MAX_ACTION_AGE_MS + CLOCK_TOLERANCE_MS {
        return Err(Code::BadContent);
    }
    if action.ats.is_some_and(|ats| ats > now_ms + CLOCK_TOLERANCE_MS) {
        return Err(Code::BadContent);
    }
    let bytes = canonical::to_vec(&p.sealed.content).map_err(|_| Code::BadContent)?;
    canonical::parse(&bytes).map_err(|_| Code::BadContent)?;
    if crate::action::content_hash(&p.sealed.salt.0, &bytes)? != action.content_hash {
        return Err(Code::HashMismatch);
    }
    action.check_size()?;
    if bytes.len() + MAX_ENVELOPE_BYTES > MAX_EVENT_BYTES {
        return Err(Code::TooLarge);
    }
    Ok(())
}

/// Everything that is checked before an action gets a place in the log, in the order of its cost.
///
/// # Errors
/// The code that the author's instance is told. The state is unchanged in any case.
pub fn judge(state: &ServerState, facts: &Facts, me: &InstanceId, p: &Proposal, now_ms: i64) -> Result<Content, Code> {
    let action = &p.action;
    check_proposal(&state.sid, p, now_ms)?;
    let content = Content::parse(&action.kind, &p.sealed.content)?;
    check_home(state, action, Some(&content))?;
    if action.origin != *me {
        let sig = p.origin_sig.as_ref().ok_or(Code::BadSignature)?;
        let key = state.key_at(&action.origin, &sig.kid, state.head.seq + 1)?;
        action.verify(key, sig)?;
        let basis = &action.basis;
        if basis.seq > 0 && facts.basis_hash != Some(basis.hash) {
            return Err(Code::StaleBasis);
        }
    } else if p.origin_sig.is_some() {
        return Err(Code::BadSignature);
    }
    if facts.existing.is_some() {
        return Err(Code::AidReused);
    }
    if matches!(content, Content::InstanceKeys(_)) {
        return Ok(content);
    }
    rules::check(state, facts, action, &content, now_ms)?;
    Ok(content)
}

/// Gives an action its place: links it to the chain, signs it and applies it to the state.
///
/// # Errors
/// [`Code::UnknownChannel`] for a message in a channel that does not exist; the state is unchanged then.
pub fn append(
    state: &mut ServerState,
    hub: &HubIdentity,
    p: Proposal,
    content: Content,
    now_ms: i64,
) -> Result<Sequenced, Code> {
    let vis = p.action.channel.clone().map_or(Visibility::All, Visibility::Channel);
    let cn = match (&content, &vis) {
        (Content::MessageCreate(_), Visibility::Channel(c)) => {
            Some(state.channels.get(c).ok_or(Code::UnknownChannel)?.last_cn + 1)
        }
        _ => None,
    };
    let header = Header {
        v: 1,
        sid: state.sid.clone(),
        generation: state.head.generation,
        epoch: state.head.epoch,
        seq: state.head.seq + 1,
        prev: state.head.hash,
        cprev: state.last_of(&vis),
        cn,
        hub: hub.ik.clone(),
        // Time never goes back in a log, whatever the wall clock does.
        ts: now_ms.max(state.head.ts),
        vis,
        action_hash: p.action.hash(p.origin_sig.as_ref())?,
        extra: Default::default(),
    };
    let (hash, hub_sig) = header.sign(&hub.key)?;
    let event = Event {
        header,
        action: p.action,
        origin_sig: p.origin_sig,
        hub_sig,
        content: Some(p.sealed.content),
        salt: Some(p.sealed.salt),
        erased: None,
    };
    state.apply(&event.header, hash, &event.action, Some(&content));
    Ok(Sequenced { event, hash, content })
}

/// The id of the server with this genesis.
pub fn server_id(genesis: &Genesis) -> Result<ServerId, Code> {
    format!("{}{}", ServerId::PREFIX, h40("s", &canonical::to_vec(genesis)?)).parse()
}

/// Random bytes that opening a log needs: ids and salts of its first three events.
pub type OpeningEntropy = [[u8; 16]; 6];

/// Opens a log: the hub's keys, the genesis, and the creator coming in. After that every action takes the common way.
///
/// # Errors
/// [`Code::BadIdentityOp`] or [`Code::NotHome`] where the creator's chain does not lead to this hub.
pub fn open(
    hub: &HubIdentity,
    statement: &KeysStatement,
    genesis: &Genesis,
    identity: Vec<Op>,
    entropy: &OpeningEntropy,
    now_ms: i64,
) -> Result<(ServerState, Vec<Sequenced>), Code> {
    let sid = server_id(genesis)?;
    let mut state = ServerState::new(sid.clone(), hub.ik.clone());
    let join = MemberJoin { identity, invite: None };
    let steps = [
        ("instance.keys", Actor::Instance(hub.ik.clone()), json(statement)?),
        ("server.create", genesis.creator.clone(), json(genesis)?),
        ("member.join", genesis.creator.clone(), json(&join)?),
    ];
    let mut made = Vec::new();
    for ((kind, actor, content), random) in steps.into_iter().zip(entropy.chunks(2)) {
        let draft = Draft { sid: sid.clone(), kind: kind.into(), channel: None, target: None, actor, content };
        let (action, sealed) = draft.into_action(&hub.ik, ActionId(random[0]), random[1], position(&state), now_ms)?;
        let parsed = Content::parse(kind, &sealed.content)?;
        check_home(&state, &action, Some(&parsed))?;
        made.push(append(&mut state, hub, Proposal { action, origin_sig: None, sealed }, parsed, now_ms)?);
    }
    Ok((state, made))
}

/// Appends what the hub writes as itself behind the head. `entropy`: action id and salt. `step`: what changes in the head,
/// for what begins an epoch or a generation, once the basis is taken.
///
/// # Errors
/// [`Code::TooLarge`] for content beyond the size of an event; the state is to be thrown away then.
pub(crate) fn append_own<T: serde::Serialize>(
    state: &mut ServerState,
    me: &HubIdentity,
    (kind, content): (&str, &T),
    entropy: [[u8; 16]; 2],
    now_ms: i64,
    step: impl FnOnce(&mut ServerState),
) -> Result<Sequenced, Code> {
    let draft = Draft {
        sid: state.sid.clone(),
        kind: kind.into(),
        channel: None,
        target: None,
        actor: Actor::Instance(me.ik.clone()),
        content: json(content)?,
    };
    let (action, sealed) = draft.into_action(&me.ik, ActionId(entropy[0]), entropy[1], position(state), now_ms)?;
    let content = Content::parse(kind, &sealed.content)?;
    step(state);
    let made = append(state, me, Proposal { action, origin_sig: None, sealed }, content, now_ms)?;
    made.event.check_form()?;
    Ok(made)
}

/// A typed content as a value.
pub fn json<T: serde::Serialize>(object: &T) -> Result<Value, Code> {
    serde_json::to_value(object).map_err(|_| Code::BadContent)
}
