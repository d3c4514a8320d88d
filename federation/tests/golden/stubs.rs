//! Runs with withheld parts, as a follower receives them. `after` names the cases whose items it holds already; `held`
//! gives the hashes of held events by sequence number, where a run overlaps.

use crate::world::{World, secret};
use conntext_federation::{
    event::{Event, Item, Stub},
    ids::Hash,
    replica::{Fault, Held, accept},
    state::ServerState,
};
use serde_json::{Map, Value, json};

/// The whole log: 7 events that everybody sees, a channel of Ada's alone (8 to 12, 15, 16), and more that Bob sees.
fn log() -> (World, Vec<Event>) {
    let (mut world, general) = World::with_bob();
    let (ada, bob) = (world.ada.clone(), world.bob.clone());
    assert_eq!(world.events.len(), 7);
    let private = world.private_channel("owners");
    for body in ["one", "two", "three", "four"] {
        world.say(&ada, &private, body);
    }
    world.say(&ada, &general, "Good morning");
    world.say(&bob, &general, "Morning");
    world.say(&ada, &private, "five");
    world.say(&ada, &private, "six");
    world.act(&ada, "role.create", None, None, json!({"name": "Early", "position": 2}));
    world.say(&bob, &general, "Tea?");
    world.act(&ada, "role.create", None, None, json!({"name": "Late", "position": 1}));
    let events = world.events.clone();
    (world, events)
}

fn event(event: &Event) -> Item {
    Item::Event(Box::new(event.clone()))
}

/// The events from `from` to `to`, the ones between `hidden` as stubs.
fn run(log: &[Event], from: usize, to: usize, hidden: &[(usize, usize)]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut seq = from;
    while seq <= to {
        if let Some((_, last)) = hidden.iter().find(|(first, _)| *first == seq) {
            items.push(stub(log, seq, *last));
            seq = last + 1;
        } else {
            items.push(event(&log[seq - 1]));
            seq += 1;
        }
    }
    items
}

fn stub(log: &[Event], from: usize, to: usize) -> Item {
    Item::Stub(Stub { stub: (from as u64, to as u64), hash: log[to - 1].header.hash().unwrap(), lost: false })
}

pub fn make() -> Vec<Value> {
    let (world, log) = log();
    let mut cases: Vec<Value> = Vec::new();
    let mut add = |name: &str, after: &[&str], items: Vec<Item>, expect: &str| {
        cases.push(json!({"name": name, "after": after, "items": items, "expect": expect}));
    };
    let (a, b) = (&["the open part"][..], &["the open part", "a stub and what follows"][..]);
    add("the open part", &[], run(&log, 1, 7, &[]), "ok");
    add("a stub and what follows", a, run(&log, 8, 14, &[(8, 12)]), "ok");
    add("a second stub between visible events", b, run(&log, 15, 18, &[(15, 16)]), "ok");
    add("two stubs in one run", a, run(&log, 8, 18, &[(8, 12), (15, 16)]), "ok");
    add(
        "the withheld part in two stubs with nothing between",
        a,
        run(&log, 8, 13, &[(8, 10), (11, 12)]),
        "invalid_event",
    );
    add("two stubs, the second of nothing hidden", a, run(&log, 8, 18, &[(8, 14), (15, 16)]), "invalid_event");
    add("a stub over messages of a visible channel", a, run(&log, 8, 18, &[(8, 16)]), "bad_prev");
    add("the whole log without stubs", &[], run(&log, 1, 18, &[]), "ok");
    add("what is held comes again", b, run(&log, 6, 14, &[(8, 12)]), "ok");
    add("a stub of what is held, and what follows", b, run(&log, 8, 18, &[(8, 14), (15, 16)]), "ok");
    add("an empty run", b, vec![], "ok");
    add("one event of the channel after the stub", a, run(&log, 8, 13, &[(8, 12)]), "ok");
    add("a stub of one event", a, run(&log, 8, 13, &[(8, 12)]).into_iter().collect(), "ok");

    add("a stub at the end", a, run(&log, 8, 12, &[(8, 12)]), "invalid_event");
    add("a stub alone at the end of visible events", b, run(&log, 15, 16, &[(15, 16)]), "invalid_event");
    add("a stub that leaves one out", a, run(&log, 9, 14, &[(9, 12)]), "gap");
    add("a visible event that leaves the stub out", a, run(&log, 13, 14, &[]), "gap");
    add("a stub that runs backwards", a, vec![backwards(&log), event(&log[12])], "invalid_event");
    add("a stub from zero", a, vec![from_zero(&log), event(&log[12])], "invalid_event");
    add("a stub with another hash at its end", a, altered(&log, |stub| stub.hash = Hash::of(&[b"x"])), "bad_prev");
    add("a stub that ends one early", a, altered(&log, |stub| stub.stub.1 = 11), "gap");
    add("a stub that ends one late", a, altered(&log, |stub| stub.stub.1 = 13), "bad_prev");
    add("a stub hides what everybody sees, and only a channel follows", b, run(&log, 15, 18, &[(15, 17)]), "ok");
    add("a stub hides what everybody sees, and more of it follows", b, run(&log, 15, 19, &[(15, 17)]), "bad_prev");
    add("a stub hides the keys of an instance", &[], run(&log, 1, 7, &[(4, 4)]), "bad_prev");
    add("a stub opens the log", &[], run(&log, 1, 7, &[(1, 3)]), "bad_prev");
    let mut forged = run(&log, 8, 14, &[(8, 12)]);
    if let Some(Item::Event(event)) = forged.last_mut() {
        event.hub_sig = event.header.sign(&secret(99)).unwrap().1;
    }
    add("the run ends in a forged signature", a, forged, "unknown_key");
    let mut unsigned = run(&log, 8, 18, &[(8, 12), (15, 16)]);
    if let Item::Event(event) = &mut unsigned[2] {
        event.hub_sig.sig.0[5] ^= 1;
    }
    add("the event before a stub carries a bad signature", a, unsigned, "bad_signature");
    let mut inner = run(&log, 8, 14, &[(8, 12)]);
    if let Item::Event(event) = &mut inner[1] {
        event.hub_sig.sig.0[5] ^= 1;
    }
    add("an inner signature is covered by the chain", a, inner, "ok");

    let mut other = log[13].clone();
    other.header.ts += 500;
    world.relink(&mut other);
    let mut conflict = json!({"name": "another event in a held place", "after": b, "items": [other],
        "expect": "log_conflict"});
    let hash = |seq: usize| log[seq - 1].header.hash().unwrap();
    conflict["held"] = json!({"13": hash(13), "14": hash(14)});
    cases.push(conflict);
    let mut same = json!({"name": "the same event in a held place", "after": b, "items": [log[13]], "expect": "ok"});
    same["held"] = json!({"13": hash(13), "14": hash(14)});
    cases.push(same);
    let mut extra = json!({"name": "a stub with a member too many", "after": a, "items": run(&log, 8, 14, &[(8, 12)]),
        "expect": "bad_json"});
    extra["items"][0]["reason"] = "private".into();
    cases.push(extra);
    cases
}

fn altered(log: &[Event], change: impl FnOnce(&mut Stub)) -> Vec<Item> {
    let mut items = run(log, 8, 14, &[(8, 12)]);
    if let Item::Stub(stub) = &mut items[0] {
        change(stub);
    }
    items
}

fn backwards(log: &[Event]) -> Item {
    Item::Stub(Stub { stub: (12, 8), hash: log[11].header.hash().unwrap(), lost: false })
}

fn from_zero(log: &[Event]) -> Item {
    Item::Stub(Stub { stub: (0, 12), hash: log[11].header.hash().unwrap(), lost: false })
}

pub fn judge(case: &Value, all: &[Value]) -> Map<String, Value> {
    let items = |case: &Value| serde_json::from_value::<Vec<Item>>(case["items"].clone());
    let expect = |text: &str| Map::from_iter([("expect".to_owned(), Value::from(text))]);
    let first = items(&all[0]).unwrap();
    let Item::Event(opening) = &first[0] else { panic!("the first item is an event") };
    let mut state = ServerState::new(opening.header.sid.clone(), opening.header.hub.clone());
    for name in case["after"].as_array().unwrap() {
        let earlier = all.iter().find(|other| other["name"] == *name).unwrap();
        accept(&mut state, items(earlier).unwrap(), &Held::default()).unwrap();
    }
    let mut held = Held::default();
    for (seq, hash) in case.get("held").and_then(Value::as_object).into_iter().flatten() {
        held.hashes.insert(seq.parse().unwrap(), hash.as_str().unwrap().parse().unwrap());
    }
    let Ok(items) = items(case) else { return expect("bad_json") };
    match accept(&mut state, items, &held) {
        Ok(accepted) => match accepted.events.iter().find_map(|event| event.rejected) {
            Some(code) => expect(code.as_str()),
            None => expect("ok"),
        },
        Err(Fault::Stop(code)) => expect(code.as_str()),
        Err(Fault::Gap(_)) => expect("gap"),
        Err(Fault::Conflict(_)) => expect("log_conflict"),
    }
}
