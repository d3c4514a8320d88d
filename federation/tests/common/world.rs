//! A small world with fixed keys: a hub, a second instance, people on both, and a log that grows by the crate's own
//! rules. Nothing in it depends on a clock or on chance.

use conntext_federation::{
    Code,
    action::Action,
    content::{Genesis as ServerGenesis, LogKind},
    domain::Domain,
    event::Event,
    hub::{self, Draft, HubIdentity, Proposal, Sequenced},
    identity::{self, Genesis, Op},
    ids::{ActionId, Actor, ChannelId, Hash, InstanceId, ServerId, UserId},
    instance::{InstanceKey, KeysFields, KeysStatement},
    keys::{Bytes, SecretKey},
    rules::{Facts, MessageFact},
    state::ServerState,
};
use serde_json::{Value, json};

/// When the world begins, in Unix milliseconds.
pub const NOW: i64 = 1_800_000_000_000;
const YEAR_MS: i64 = 365 * 86_400_000;

/// The secret key with this number.
pub fn secret(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

/// An instance with a root key and one signing key.
#[derive(Clone)]
pub struct Instance {
    pub domain: Domain,
    pub root: SecretKey,
    pub key: SecretKey,
}

impl Instance {
    /// The instance at `domain` whose keys are number `n` and the one after it.
    pub fn new(domain: &str, n: u8) -> Self {
        Self { domain: Domain::parse(domain, true).unwrap(), root: secret(n), key: secret(n + 1) }
    }

    pub fn ik(&self) -> InstanceId {
        InstanceId::of_root(&self.root.public().to_bytes())
    }

    pub fn keys_entry(&self) -> InstanceKey {
        InstanceKey::new(self.key.public(), NOW - 3_600_000, NOW + YEAR_MS)
    }

    /// What it says about its keys in a log.
    pub fn statement(&self, serial: u64, keys: Vec<InstanceKey>) -> KeysStatement {
        let fields = KeysFields {
            ik: self.ik(),
            domain: self.domain.clone(),
            serial,
            root: self.root.public(),
            root_history: vec![],
            keys,
        };
        KeysStatement::sign(fields, &self.root).unwrap()
    }

    /// A person who lives here; `n` is the number of their only key.
    pub fn person(&self, n: u8) -> Person {
        let genesis = Genesis {
            home: self.ik(),
            profile_host: self.ik(),
            signing_keys: vec![secret(n).public()],
            rotation_keys: vec![secret(n).public()],
        };
        Person { home: self.clone(), chain: vec![Op::genesis(genesis, &secret(n)).unwrap()], key: secret(n) }
    }
}

/// Somebody with an identity.
#[derive(Clone)]
pub struct Person {
    pub home: Instance,
    pub chain: Vec<Op>,
    pub key: SecretKey,
}

impl Person {
    pub fn uid(&self) -> UserId {
        identity::verify_chain(&self.chain).unwrap().uid
    }

    pub fn actor(&self) -> Actor {
        self.uid().into()
    }

    /// The same person one operation later, with their profile at another instance.
    pub fn moved_on(&self, host: u8) -> Self {
        let identity = identity::verify_chain(&self.chain).unwrap();
        let next = identity.next(|op| op.profile_host = Instance::new("d.example", host).ik(), &self.key).unwrap();
        Self { chain: self.chain.iter().cloned().chain([next]).collect(), ..self.clone() }
    }
}

/// One log with its hub and two people.
pub struct World {
    pub hub: Instance,
    pub other: Instance,
    pub ada: Person,
    pub bob: Person,
    pub state: ServerState,
    pub events: Vec<Event>,
    pub now: i64,
    counter: u64,
}

impl World {
    /// Opens a log on `a.example` whose owner is Ada.
    pub fn new() -> Self {
        let (hub, other) = (Instance::new("a.example", 1), Instance::new("b.example", 11));
        let (ada, bob) = (hub.person(21), other.person(22));
        let genesis = ServerGenesis {
            nonce: Bytes([5; 16]),
            kind: LogKind::Guild,
            creator: ada.actor(),
            recovery_keys: vec![ada.key.public()],
            rules_version: 1,
        };
        let statement = hub.statement(1, vec![hub.keys_entry()]);
        let entropy = std::array::from_fn(|i| [200 + i as u8; 16]);
        let identity = HubIdentity { ik: hub.ik(), key: hub.key.clone() };
        let (state, made) = hub::open(&identity, &statement, &genesis, ada.chain.clone(), &entropy, NOW).unwrap();
        let events = made.into_iter().map(|made| made.event).collect();
        Self { hub, other, ada, bob, state, events, now: NOW, counter: 0 }
    }

    /// A log in which Bob of `b.example` takes part too, with one open channel.
    pub fn with_bob() -> (Self, ChannelId) {
        let mut world = Self::new();
        world.admit_other();
        world.invite_bob();
        let channel = world.channel("general", json!([]));
        (world, channel)
    }

    pub fn sid(&self) -> ServerId {
        self.state.sid.clone()
    }

    /// 16 bytes that no other call returns.
    pub fn bytes(&mut self) -> [u8; 16] {
        self.counter += 1;
        Hash::of(&[b"world", &self.counter.to_be_bytes()]).0[..16].try_into().unwrap()
    }

    /// The hub writes down the keys of the second instance.
    pub fn admit_other(&mut self) -> Event {
        let statement = self.other.statement(1, vec![self.other.keys_entry()]);
        self.write_keys(&statement)
    }

    /// The hub writes down an instance's keys.
    pub fn write_keys(&mut self, statement: &KeysStatement) -> Event {
        let actor = Actor::Instance(self.hub.ik());
        let proposal =
            self.propose_as(&self.hub.clone(), actor, "instance.keys", None, None, hub::json(statement).unwrap());
        self.submit(proposal).unwrap().event
    }

    /// Ada makes an invite, and Bob comes in by it.
    pub fn invite_bob(&mut self) -> (Event, Event) {
        let code = Hash::of(&[b"invite code"]);
        let ada = self.ada.clone();
        let made = self.act(&ada, "invite.create", None, Some(&code.to_string()), json!({"max_uses": 10}));
        let bob = self.bob.clone();
        let join = json!({"identity": bob.chain, "invite": code});
        (made, self.act(&bob, "member.join", None, None, join))
    }

    /// Ada makes a text channel.
    pub fn channel(&mut self, name: &str, overrides: Value) -> ChannelId {
        let aid = ActionId(self.bytes());
        let id = ChannelId::made_by(&self.state.sid, &aid);
        let content = json!({"name": name, "kind": "text", "overrides": overrides});
        let ada = self.ada.clone();
        let (home, actor) = (ada.home.clone(), ada.actor());
        let proposal = self.propose_with(&home, actor, "channel.create", Some(&id), None, content, aid);
        self.submit(proposal).unwrap();
        id
    }

    /// Ada makes a text channel that only those above everyone may see.
    pub fn private_channel(&mut self, name: &str) -> ChannelId {
        let everyone = self.state.everyone.to_string();
        self.channel(name, json!([{"target": everyone, "allow": 0, "deny": 1}]))
    }

    /// What a person would send to the hub.
    pub fn propose(
        &mut self,
        who: &Person,
        kind: &str,
        channel: Option<&ChannelId>,
        target: Option<&str>,
        content: Value,
    ) -> Proposal {
        self.propose_as(&who.home.clone(), who.actor(), kind, channel, target, content)
    }

    fn propose_as(
        &mut self,
        home: &Instance,
        actor: Actor,
        kind: &str,
        channel: Option<&ChannelId>,
        target: Option<&str>,
        content: Value,
    ) -> Proposal {
        let aid = ActionId(self.bytes());
        self.propose_with(home, actor, kind, channel, target, content, aid)
    }

    #[allow(clippy::too_many_arguments)]
    fn propose_with(
        &mut self,
        home: &Instance,
        actor: Actor,
        kind: &str,
        channel: Option<&ChannelId>,
        target: Option<&str>,
        content: Value,
        aid: ActionId,
    ) -> Proposal {
        let draft = Draft {
            sid: self.sid(),
            kind: kind.into(),
            channel: channel.cloned(),
            target: target.map(Into::into),
            actor,
            content,
        };
        let (salt, basis) = (self.bytes(), hub::position(&self.state));
        let (action, sealed) = draft.into_action(&home.ik(), aid, salt, basis, self.now).unwrap();
        let origin_sig = (home.ik() != self.hub.ik()).then(|| action.sign(&home.key).unwrap());
        Proposal { action, origin_sig, sealed }
    }

    /// Judges and appends, as the hub does.
    pub fn submit(&mut self, proposal: Proposal) -> Result<Sequenced, Code> {
        let facts = self.facts(&proposal.action);
        let content = hub::judge(&self.state, &facts, &self.hub.ik(), &proposal, self.now)?;
        let identity = HubIdentity { ik: self.hub.ik(), key: self.hub.key.clone() };
        let made = hub::append(&mut self.state, &identity, proposal, content, self.now)?;
        self.events.push(made.event.clone());
        self.now += 1000;
        Ok(made)
    }

    /// A person acts, and the hub agrees.
    pub fn act(
        &mut self,
        who: &Person,
        kind: &str,
        channel: Option<&ChannelId>,
        target: Option<&str>,
        content: Value,
    ) -> Event {
        let proposal = self.propose(who, kind, channel, target, content);
        self.submit(proposal).unwrap_or_else(|code| panic!("{kind}: {code}")).event
    }

    /// Writes a message.
    pub fn say(&mut self, who: &Person, channel: &ChannelId, body: &str) -> Event {
        self.act(who, "message.create", Some(channel), None, json!({"body": body}))
    }

    fn facts(&self, action: &Action) -> Facts {
        let target: Option<ActionId> = action.target.as_deref().and_then(|text| text.parse().ok());
        let by_aid = |aid: &ActionId| self.events.iter().find(|event| event.action.aid == *aid);
        let message = target.as_ref().and_then(by_aid).filter(|event| event.action.kind == "message.create");
        let deleted = |event: &Event| {
            let target = event.action.aid.to_string();
            let names = |other: &Event| other.action.target.as_deref() == Some(target.as_str());
            self.events.iter().any(|other| other.action.kind == "message.delete" && names(other))
        };
        Facts {
            message: message.map(|event| MessageFact {
                channel: event.action.channel.clone().unwrap(),
                author: event.action.actor.clone(),
                deleted: deleted(event),
            }),
            existing: None,
            purging: false,
            basis_hash: action
                .basis
                .seq
                .checked_sub(1)
                .and_then(|index| self.events.get(index as usize))
                .map(|event| event.header.hash().unwrap()),
        }
    }

    /// Makes header, action and signatures of a changed event agree again, as a hub that does not keep to the rules
    /// could: what remains wrong is wrong by content.
    pub fn reseal(&self, event: &mut Event) {
        if event.origin_sig.is_some() {
            event.origin_sig = Some(event.action.sign(&self.other.key).unwrap());
        }
        self.relink(event);
    }

    /// Makes the header agree with the action and signs it again.
    pub fn relink(&self, event: &mut Event) {
        event.header.action_hash = event.action.hash(event.origin_sig.as_ref()).unwrap();
        event.hub_sig = event.header.sign(&self.hub.key).unwrap().1;
    }
}

/// A copy's state before the first event.
pub fn empty_copy(first: &Event) -> ServerState {
    ServerState::new(first.header.sid.clone(), first.header.hub.clone())
}
