//! Verification of events: by themselves, and as the next of a copy.
//!
//! The input is a byte of choices, then an event. Choices make its digests agree and sign it again, as a hub or a home
//! that does not keep to the rules could; without them nothing but what the keys' owners signed may be taken.

use super::{
    json::Node,
    world::{World, secret},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use conntext_federation::{
    action::MAX_ACTION_BYTES,
    canonical,
    event::{Event, Item, MAX_EVENT_BYTES},
    ids::Hash,
    keys::{PublicKey, Signature},
    replica::{self, Held},
    state::ServerState,
};
use serde_json::json;

/// A log of 16 events: keys, genesis, joins, channels, messages, a role, an edit.
pub struct Log {
    pub world: World,
    /// The state before each event.
    pub before: Vec<ServerState>,
}

impl Log {
    fn new() -> Self {
        let (mut world, general) = World::with_bob();
        let (ada, bob) = (world.ada.clone(), world.bob.clone());
        let private = world.private_channel("owners");
        for body in ["one", "two", "three"] {
            world.say(&ada, &private, body);
        }
        let first = world.say(&ada, &general, "Good morning");
        world.say(&bob, &general, "Morning");
        world.say(&ada, &private, "four");
        world.act(&ada, "role.create", None, None, json!({"name": "Early", "position": 2}));
        let edited = first.action.aid.to_string();
        world.act(&ada, "message.edit", Some(&general), Some(&edited), json!({"body": "Good day"}));
        world.say(&bob, &general, "Tea?");
        let mut state = ServerState::new(world.sid(), world.events[0].header.hub.clone());
        let mut before = Vec::new();
        for event in &world.events {
            before.push(state.clone());
            let item = Item::Event(Box::new(event.clone()));
            replica::accept(&mut state, vec![item], &Held::default()).expect("the log holds");
        }
        before.push(state);
        Self { world, before }
    }
}

thread_local! {
    static LOG: Log = Log::new();
}

/// The log that inputs are judged against.
pub fn with_log<T>(f: impl FnOnce(&Log) -> T) -> T {
    LOG.with(f)
}

/// No panic; limits hold; what is taken has the signatures and digests that the rules ask for, by a second reading.
pub fn run(data: &[u8]) {
    let Some((choices, text)) = data.split_first() else { return };
    let Ok(mut event) = canonical::from_slice::<Event>(text) else { return };
    with_log(|log| {
        if choices & 1 == 1
            && let Some(sealed) = event.sealed()
            && let Ok(hash) = sealed.hash()
        {
            event.action.content_hash = hash;
        }
        if choices & 2 == 2 && event.origin_sig.is_some() {
            let Ok(sig) = event.action.sign(&secret(12)) else { return };
            event.origin_sig = Some(sig);
        }
        if choices & 4 == 4 {
            let Ok(hash) = event.action.hash(event.origin_sig.as_ref()) else { return };
            event.header.action_hash = hash;
            let Ok((_, sig)) = event.header.sign(&log.world.hub.key) else { return };
            event.hub_sig = sig;
        }
        judge(log, &event);
    });
}

fn judge(log: &Log, event: &Event) {
    let bytes = canonical::to_vec(event).expect("what was read can be written");
    assert_eq!(canonical::from_slice::<Event>(&bytes).as_ref(), Ok(event), "it comes back as another event");
    if event.check_form().is_ok() {
        assert!(bytes.len() <= MAX_EVENT_BYTES, "an event of {} bytes", bytes.len());
    }
    if event.action.check_size().is_ok() {
        let length = canonical::to_vec(&event.action).map_or(0, |bytes| bytes.len());
        assert!(length <= MAX_ACTION_BYTES, "an action of {length} bytes");
    }
    let full = log.before.last().expect("there is a log");
    if replica::verify_past(full, event).is_ok() {
        assert!(holds(log, &bytes).is_some(), "the past takes what does not hold: {}", event.action.kind);
    }
    let follows = log.before.iter().find(|state| state.head.hash == event.header.prev).unwrap_or(full);
    let mut state = follows.clone();
    let accepted = replica::accept(&mut state, vec![Item::Event(Box::new(event.clone()))], &Held::default());
    let Ok(accepted) = accepted else { return };
    let Some(taken) = accepted.events.first() else { return };
    assert_eq!(state.head.seq, follows.head.seq + 1);
    assert_eq!(state.head.hash, taken.hash);
    // A statement about keys may be signed by the keys that it brings.
    if taken.rejected.is_none() && event.action.kind != "instance.keys" {
        let taken = canonical::to_vec(&taken.event).expect("what was read can be written");
        assert!(holds(log, &taken).is_some(), "a copy takes what does not hold: {}", event.action.kind);
    }
    if taken.rejected.is_some() {
        let mut silent = follows.clone();
        silent.apply(&taken.event.header, taken.hash, &taken.event.action, None);
        assert!(silent.members == state.members && silent.roles == state.roles, "what is rejected changes something");
    }
}

/// Whether signatures and digests hold, by reading the text and not the types.
fn holds(log: &Log, text: &[u8]) -> Option<()> {
    let event = Node::read(text)?;
    let (header, action, origin) = (event.get("header")?, event.get("action")?, event.get("origin_sig")?);
    let hub = log.world.hub.key.public();
    signed(&hub, "event", header, event.get("hub_sig")?)?;
    let covered = Node::Map([("action".into(), action.clone()), ("origin_sig".into(), origin.clone())].into());
    same(header, "action_hash", Hash::of(&[covered.text().as_bytes()]))?;
    if *origin == Node::Null {
        (action.get("origin")?.as_text()? == log.world.hub.ik().as_str()).then_some(())?;
    } else {
        signed(&log.world.other.key.public(), "action", action, origin)?;
    }
    match (event.get("content")?, event.get("salt")?) {
        (Node::Null, Node::Null) => Some(()),
        (content, salt) => {
            let salt = STANDARD.decode(salt.as_text()?).ok()?;
            same(action, "content_hash", Hash::of(&[b"conntext/content/v1\n", &salt, content.text().as_bytes()]))
        }
    }
}

fn same(object: &Node, member: &str, hash: Hash) -> Option<()> {
    (object.get(member)?.as_text()? == hash.to_string()).then_some(())
}

fn signed(key: &PublicKey, kind: &str, object: &Node, sig: &Node) -> Option<()> {
    (sig.get("kid")?.as_text()? == key.kid().as_str()).then_some(())?;
    let signature = STANDARD.decode(sig.get("sig")?.as_text()?).ok()?.try_into().ok()?;
    let message = format!("conntext/{kind}/v1\n{}", object.text());
    key.verify_raw(message.as_bytes(), &Signature(signature)).ok()
}
