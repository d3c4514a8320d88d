//! Events, each judged as the next one of a copy that holds the events of the cases named in `after`.
//!
//! `effect` tells what a refusal does: `stop` (the log is stopped, nothing is stored), `rejected` (the event stands in
//! the chain and counts for nothing) or `content_dropped` (the header counts, the content is fetched elsewhere).

use crate::world::{NOW, World, empty_copy, secret};
use conntext_federation::{
    Code, canonical,
    event::{Event, Item},
    ids::{ActionId, Actor, ChannelId, Hash},
    instance::InstanceKey,
    replica::{Fault, Held, accept},
    state::ServerState,
};
use serde_json::{Map, Value, json};

/// The cases so far, and the copy that a next event would come to.
struct Maker {
    world: World,
    cases: Vec<Value>,
    good: Vec<String>,
}

impl Maker {
    fn case(&mut self, name: &str, state_before: usize, event: Value, expect: &str, effect: Option<&str>) {
        let keys: Map<String, Value> = [&self.world.hub, &self.world.other]
            .map(|instance| (instance.key.public().kid().as_str().to_owned(), json!(instance.key.public())))
            .into_iter()
            .collect();
        let head = self.world.events[..state_before].last().map(|event| {
            json!({
                "gen": event.header.generation,
                "epoch": event.header.epoch,
                "seq": event.header.seq,
                "hash": event.header.hash().unwrap(),
                "ts": event.header.ts,
            })
        });
        let mut case = json!({"name": name, "keys": keys, "prior": head, "after": self.good[..state_before],
            "event": event, "expect": expect});
        if let Some(effect) = effect {
            case["effect"] = effect.into();
        }
        self.cases.push(case);
    }

    /// The events that the world made since the last call are good ones.
    fn good(&mut self, names: &[&str]) {
        let from = self.good.len();
        assert_eq!(self.world.events.len() - from, names.len(), "{names:?}");
        for (index, name) in names.iter().enumerate() {
            let event = json!(self.world.events[from + index]);
            self.case(name, from + index, event, "ok", None);
            self.good.push((*name).to_owned());
        }
    }

    /// A changed form of the world's last event, in its place.
    fn bad(&mut self, name: &str, expect: &str, effect: &str, change: impl FnOnce(&World, &mut Event)) {
        let mut event = self.world.events.last().unwrap().clone();
        change(&self.world, &mut event);
        self.case(name, self.world.events.len() - 1, json!(event), expect, Some(effect));
    }

    /// A changed form of the world's last event that is good all the same.
    fn variant(&mut self, name: &str, change: impl FnOnce(&World, &mut Event)) {
        let mut event = self.world.events.last().unwrap().clone();
        change(&self.world, &mut event);
        self.case(name, self.world.events.len() - 1, json!(event), "ok", None);
    }
}

pub fn make() -> Vec<Value> {
    let mut m = Maker { world: World::new(), cases: vec![], good: vec![] };
    m.good(&["the hub's keys open the log", "the genesis", "the creator comes in"]);
    m.world.admit_other();
    m.good(&["the keys of a second instance"]);
    m.bad("keys: signed by another root key", "bad_object_signature", "rejected", |world, event| {
        let content = event.content.as_mut().unwrap();
        content["root"] = json!(secret(99).public());
        refill(world, event);
    });
    m.world.invite_bob();
    m.good(&["an invite", "a person of the second instance comes in"]);
    m.bad("join: a chain that does not hold", "bad_identity_op", "rejected", |world, event| {
        event.content.as_mut().unwrap()["identity"][0]["n"] = 7.into();
        refill(world, event);
    });
    m.bad("join: a chain that leads to another home", "not_home", "rejected", |world, event| {
        event.action.actor = world.ada.actor();
        event.content.as_mut().unwrap()["identity"] = json!(world.ada.chain);
        refill(world, event);
    });
    m.bad("join: without its content", "hash_mismatch", "stop", |_, event| {
        (event.content, event.salt) = (None, None);
    });
    let general = m.world.channel("general", json!([]));
    m.good(&["a channel"]);
    let private = m.world.private_channel("owners");
    m.good(&["a channel that others may not see"]);
    let (ada, bob) = (m.world.ada.clone(), m.world.bob.clone());
    m.world.say(&ada, &private, "psst");
    m.good(&["a message in it"]);
    let role = json!({"name": "Friends", "position": 3, "colour": 0x33_66_99, "permissions": 13});
    m.world.act(&ada, "role.create", None, None, role);
    m.good(&["a role"]);
    let role = conntext_federation::ids::RoleId::made_by(&m.world.sid(), &m.world.events.last().unwrap().action.aid);
    m.world.act(&ada, "member.update", None, Some(bob.actor().as_str()), json!({"roles": [role]}));
    m.good(&["a member's roles"]);
    let message = m.world.say(&ada, &general, "Hello, *world* — 你好 😀");
    m.good(&["a message of a local person"]);
    m.bad("a local person's action with a signature", "invalid_event", "stop", |world, event| {
        event.origin_sig = Some(event.action.sign(&world.hub.key).unwrap());
        world.relink(event);
    });
    let target = message.action.aid.to_string();
    m.world.act(&bob, "reaction.add", Some(&general), Some(&target), json!({"emoji": "👍🏽"}));
    m.good(&["a reaction"]);
    m.world.act(&ada, "message.edit", Some(&general), Some(&target), json!({"body": "Hello"}));
    m.good(&["an edit"]);
    let reply = json!({"body": "", "reply_to": target, "attachments": [attachment()], "mentions": [ada.actor()]});
    m.world.act(&bob, "message.create", Some(&general), None, reply);
    m.good(&["a remote person's reply with a file and a mention"]);

    let first = m.world.events[0].clone();
    bad_headers(&mut m);
    bad_actions(&mut m);
    m.variant("erased content", |_, event| {
        (event.content, event.salt, event.erased) = (None, None, Some(20));
    });
    m.variant("an unknown member in the header", |world, event| {
        event.header.extra.insert("relay".into(), json!({"hops": 2}));
        world.relink(event);
    });
    m.variant("an unknown member in the action", |world, event| {
        event.action.extra.insert("client".into(), "x".into());
        world.reseal(event);
    });
    m.variant("a type that this version does not know", |world, event| {
        event.action.kind = "poll.create".into();
        event.header.cn = None;
        event.content = Some(json!({"question": "Tea?"}));
        refill(world, event);
    });
    m.bad("the first event again", "gap", "stop", |_, event| {
        *event = first;
        event.header.seq = 99;
    });
    let deleted = m.world.events.last().unwrap().action.aid.to_string();
    m.world.act(&bob, "message.delete", Some(&general), Some(&deleted), json!({}));
    m.good(&["a deletion"]);
    let revoked = InstanceKey { revoked_at: Some(m.world.now), ..m.world.other.keys_entry() };
    let next = InstanceKey::new(secret(13).public(), NOW, NOW + 86_400_000);
    let statement = m.world.other.statement(2, vec![revoked, next]);
    m.world.write_keys(&statement);
    m.good(&["a key is revoked"]);
    m.world.other.key = secret(13);
    let bob = bob_after_rotation(&m.world);
    m.world.say(&bob, &general, "New lock.");
    m.good(&["a message under the next key"]);
    m.bad("a message under the revoked key", "key_revoked", "rejected", |world, event| {
        event.origin_sig = Some(event.action.sign(&secret(12)).unwrap());
        world.relink(event);
    });
    m.world.act(&bob, "member.leave", None, None, json!({}));
    m.good(&["a member leaves"]);
    let code = Hash::of(&[b"invite code"]);
    let longer = bob.moved_on(60);
    m.world.act(&longer, "member.join", None, None, json!({"identity": longer.chain, "invite": code}));
    m.good(&["the same person comes back with a longer chain"]);
    let fork = bob.moved_on(61);
    m.world.act(&longer, "member.leave", None, None, json!({}));
    m.good(&["and leaves again"]);
    m.world.act(&longer, "member.join", None, None, json!({"identity": longer.chain, "invite": code}));
    m.bad("join: a chain that parts from the known one", "bad_identity_op", "rejected", |world, event| {
        event.content.as_mut().unwrap()["identity"] = json!(fork.chain);
        refill(world, event);
    });
    m.bad("join: a shorter chain than the known one", "bad_identity_op", "rejected", |world, event| {
        event.content.as_mut().unwrap()["identity"] = json!(bob.chain);
        refill(world, event);
    });
    m.good(&["and comes back once more"]);
    m.world.act(&ada, "member.ban", None, Some(bob.actor().as_str()), json!({}));
    m.good(&["a ban"]);
    keys_of_the_hub(&mut m, &ada, &general);
    m.cases
}

/// The hub changes its own key, first in peace and then because it was stolen.
fn keys_of_the_hub(m: &mut Maker, ada: &crate::world::Person, general: &ChannelId) {
    let key = |n: u8| InstanceKey::new(secret(n).public(), NOW, NOW + 86_400_000);
    let first = m.world.hub.keys_entry();
    let statement = m.world.hub.statement(2, vec![first.clone(), key(3)]);
    m.world.write_keys(&statement);
    m.good(&["hub: its next key is shown under the one before"]);
    m.world.hub.key = secret(3);
    m.world.say(ada, general, "New seal.");
    m.good(&["hub: a message under its next key"]);

    let stolen = InstanceKey { revoked_at: Some(m.world.now), reason: Some("stolen".into()), ..key(3) };
    let statement = m.world.hub.statement(3, vec![first, stolen, key(4)]);
    m.world.hub.key = secret(4);
    m.world.write_keys(&statement);
    m.good(&["hub: a key is revoked under one that the same statement brings"]);
    m.bad("hub: a key revokes itself", "key_revoked", "stop", |_, event| {
        event.hub_sig = event.header.sign(&secret(3)).unwrap().1;
    });
    m.bad(
        "hub: a statement brings its own key, signed by another root key",
        "bad_object_signature",
        "stop",
        |w, event| {
            event.content.as_mut().unwrap()["root"] = json!(secret(99).public());
            refill(w, event);
        },
    );
    let older = m.world.hub.statement(2, vec![key(4)]);
    m.bad("hub: an older statement brings its own key", "stale_rev", "stop", |world, event| {
        event.content = Some(json!(older));
        refill(world, event);
    });
    m.world.say(ada, general, "Old seal, broken.");
    m.good(&["hub: a message under the key that came last"]);
    m.bad("hub: a message under its revoked key", "key_revoked", "stop", |_, event| {
        event.hub_sig = event.header.sign(&secret(3)).unwrap().1;
    });
}

/// Bob as his home signs after its change of keys.
fn bob_after_rotation(world: &World) -> crate::world::Person {
    crate::world::Person { home: world.other.clone(), ..world.bob.clone() }
}

fn bad_headers(m: &mut Maker) {
    m.bad("header: touched", "bad_signature", "stop", |_, event| event.header.ts += 1);
    m.bad("header: signed by another key of no name", "unknown_key", "stop", |_, event| {
        event.hub_sig = event.header.sign(&secret(99)).unwrap().1;
    });
    m.bad("header: signed by the second instance", "unknown_key", "stop", |world, event| {
        event.hub_sig = event.header.sign(&world.other.key).unwrap().1;
    });
    m.bad("header: of another hub", "invalid_event", "stop", |world, event| {
        event.header.hub = world.other.ik();
        world.relink(event);
    });
    m.bad("header: of another log", "sid_mismatch", "stop", |world, event| {
        event.header.sid = conntext_federation::ids::ServerId::derive(b"other");
        world.relink(event);
    });
    m.bad("header: another hash before", "bad_prev", "stop", |world, event| {
        event.header.prev = Hash::of(&[b"another story"]);
        world.relink(event);
    });
    m.bad("header: another hash before in its channel", "bad_prev", "stop", |world, event| {
        event.header.cprev = Some(Hash::of(&[b"another story"]));
        world.relink(event);
    });
    m.bad("header: no hash before in its channel", "bad_prev", "stop", |world, event| {
        event.header.cprev = None;
        world.relink(event);
    });
    m.bad("header: a message's number jumps", "bad_prev", "stop", |world, event| {
        event.header.cn = Some(7);
        world.relink(event);
    });
    m.bad("header: a message without a number", "invalid_event", "stop", |world, event| {
        event.header.cn = None;
        world.relink(event);
    });
    m.bad("header: time goes back", "ts_regress", "stop", |world, event| {
        event.header.ts = NOW;
        world.relink(event);
    });
    m.bad("header: a sequence number is left out", "gap", "stop", |world, event| {
        event.header.seq += 1;
        world.relink(event);
    });
    m.bad("header: another epoch", "invalid_event", "stop", |world, event| {
        event.header.epoch = 1;
        world.relink(event);
    });
    m.bad("header: another generation", "invalid_event", "stop", |world, event| {
        event.header.generation = 1;
        world.relink(event);
    });
    m.bad("header: version 2", "invalid_event", "stop", |world, event| {
        event.header.v = 2;
        world.relink(event);
    });
    m.bad("header: everybody sees what happens in a channel", "invalid_event", "stop", |world, event| {
        event.header.vis = conntext_federation::event::Visibility::All;
        event.header.cprev = world
            .events
            .iter()
            .rev()
            .find_map(|e| (e.header.vis == event.header.vis).then(|| e.header.hash().unwrap()));
        world.relink(event);
    });
}

fn bad_actions(m: &mut Maker) {
    m.bad("action: touched", "hash_mismatch", "stop", |_, event| event.action.exp += 1);
    m.bad("action: its signature changed", "hash_mismatch", "stop", |_, event| {
        event.origin_sig.as_mut().unwrap().sig.0[0] ^= 1;
    });
    m.bad("action: forged by the hub", "bad_signature", "rejected", |world, event| {
        event.origin_sig.as_mut().unwrap().sig = event.action.sign(&world.hub.key).unwrap().sig;
        world.relink(event);
    });
    m.bad("action: the hub's own key for another instance's person", "unknown_key", "rejected", |world, event| {
        event.origin_sig = Some(event.action.sign(&world.hub.key).unwrap());
        world.relink(event);
    });
    m.bad("action: the hub speaks for another instance's person", "not_home", "rejected", |world, event| {
        event.action.origin = world.hub.ik();
        event.origin_sig = None;
        world.relink(event);
    });
    m.bad("action: the second instance speaks for the hub's person", "not_home", "rejected", |world, event| {
        event.action.actor = world.ada.actor();
        world.reseal(event);
    });
    m.bad("action: a member gives the hub another key", "not_home", "rejected", |world, event| {
        let statement = world.hub.statement(9, vec![world.hub.keys_entry(), world.other.keys_entry()]);
        event.action.kind = "instance.keys".into();
        (event.action.channel, event.header.cn) = (None, None);
        event.header.vis = conntext_federation::event::Visibility::All;
        event.header.cprev = world.state.head.all;
        event.content = Some(serde_json::to_value(&statement).unwrap());
        refill(world, event);
    });
    m.bad("action: of somebody whom the log does not know", "not_home", "rejected", |world, event| {
        event.action.actor = Actor::User(world.other.person(77).uid());
        world.reseal(event);
    });
    m.bad("action: no signature of the home", "invalid_event", "stop", |world, event| {
        event.origin_sig = None;
        world.relink(event);
    });
    m.bad("action: its id stands in the log already", "aid_reused", "rejected", |world, event| {
        event.action.aid = world.events[7].action.aid;
        world.reseal(event);
    });
    m.bad("action: expired", "invalid_event", "rejected", |world, event| {
        event.action.exp = event.header.ts - 1;
        world.reseal(event);
    });
    m.bad("action: made after it was sequenced", "invalid_event", "rejected", |world, event| {
        event.action.ats = Some(event.header.ts + 300_001);
        world.reseal(event);
    });
    m.bad("action: for another log", "invalid_event", "stop", |world, event| {
        event.action.sid = conntext_federation::ids::ServerId::derive(b"other");
        world.reseal(event);
    });
    m.bad("content: damaged on the way", "hash_mismatch", "content_dropped", |_, event| {
        event.content.as_mut().unwrap()["body"] = "Goodbye".into();
    });
    m.bad("content: another salt", "hash_mismatch", "content_dropped", |_, event| {
        event.salt.as_mut().unwrap().0[0] ^= 1;
    });
    m.bad("content: without its salt", "invalid_event", "stop", |_, event| event.salt = None);
    m.bad("content: breaks the schema", "bad_content", "rejected", |world, event| {
        event.content = Some(json!({"text": "no body"}));
        refill(world, event);
    });
    m.bad("content: a body above 16 KiB", "too_large", "rejected", |world, event| {
        event.content = Some(json!({"body": "a".repeat(16_385)}));
        refill(world, event);
    });
    m.bad("event: above 64 KiB by its action", "too_large", "stop", |world, event| {
        event.action.extra.insert("padding".into(), "a".repeat(66_000).into());
        world.reseal(event);
    });
}

/// Binds changed content to the action again, and signs.
fn refill(world: &World, event: &mut Event) {
    let content = canonical::to_vec(event.content.as_ref().unwrap()).unwrap();
    event.action.content_hash = conntext_federation::action::content_hash(&event.salt.unwrap().0, &content).unwrap();
    world.reseal(event);
}

fn attachment() -> Value {
    json!({
        "mid": conntext_federation::ids::MediaId::of(b"a picture"),
        "name": "tree.webp",
        "type": "image/webp",
        "size": 9,
        "width": 3,
        "height": 2,
        "alt": "A tree",
    })
}

pub fn judge(case: &Value, all: &[Value]) -> Map<String, Value> {
    let named = |name: &Value| all.iter().find(|other| other["name"] == *name).unwrap()["event"].clone();
    let prior: Vec<Event> =
        case["after"].as_array().unwrap().iter().map(|name| serde_json::from_value(named(name)).unwrap()).collect();
    let verdict = |expect: &str, effect: Option<&str>| {
        let members = [("expect", Some(expect)), ("effect", effect)];
        members.into_iter().filter_map(|(k, v)| Some((k.to_owned(), Value::from(v?)))).collect()
    };
    let Ok(event) = serde_json::from_value::<Event>(case["event"].clone()) else {
        return verdict(Code::BadJson.as_str(), Some("stop"));
    };
    let mut state = empty_copy(prior.first().unwrap_or(&event));
    let mut held = Held::default();
    for event in prior {
        apply(&mut state, event, &mut held);
    }
    let whole = event.content.is_some();
    match accept(&mut state, vec![Item::Event(Box::new(event))], &held) {
        Ok(accepted) => match &accepted.events[..] {
            [event] if event.rejected.is_some() => verdict(event.rejected.unwrap().as_str(), Some("rejected")),
            [event] if whole && event.event.content.is_none() => verdict("hash_mismatch", Some("content_dropped")),
            [_] => verdict("ok", None),
            _ => verdict("skipped", None),
        },
        Err(Fault::Stop(code)) => verdict(code.as_str(), Some("stop")),
        Err(Fault::Gap(_)) => verdict("gap", Some("stop")),
        Err(Fault::Conflict(_)) => verdict("log_conflict", Some("stop")),
    }
}

fn apply(state: &mut ServerState, event: Event, held: &mut Held) {
    let aid: ActionId = event.action.aid;
    let accepted = accept(state, vec![Item::Event(Box::new(event))], held).unwrap();
    assert_eq!(accepted.events[0].rejected, None);
    held.aids.insert(aid);
}
