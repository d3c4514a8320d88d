//! Digests of states, checkpoints judged against a state, and pairs of statements of one hub.

use crate::world::{World, secret};
use conntext_federation::{
    checkpoint::{Checkpoint, CheckpointFields, Place, SignedHeader},
    event::Event,
    ids::Hash,
    keys::{Domain, KeySig, SecretKey},
    signed::Signed,
    state::{FOLD_VERSION, Row, ServerState},
};
use serde_json::{Map, Value, json};

/// The rows that a digest is made of, and those of channels, which it leaves out.
fn rows(state: &ServerState) -> Vec<Row> {
    state.snapshot_for(&state.info.hub).into_iter().filter(|row| row.kind != "head").collect()
}

fn state_case(name: &str, state: &ServerState, rows: Vec<Row>) -> Value {
    json!({"name": name, "sid": state.sid, "rows": rows, "digest": state.digest().unwrap(), "expect": "ok"})
}

fn fields(state: &ServerState) -> CheckpointFields {
    CheckpointFields {
        sid: state.sid.clone(),
        generation: 0,
        epoch: 0,
        all: Place { seq: state.head.seq, hash: state.head.all.unwrap() },
        fold: FOLD_VERSION,
        state: state.digest().unwrap(),
    }
}

fn signed(fields: &CheckpointFields, change: impl FnOnce(&mut CheckpointFields), key: &SecretKey) -> Checkpoint {
    let mut fields = fields.clone();
    change(&mut fields);
    Signed::sign(fields, key).unwrap()
}

pub fn make() -> Vec<Value> {
    let mut cases = Vec::new();
    let opened = World::new();
    cases.push(state_case("a server that was just opened", &opened.state, rows(&opened.state)));
    let (mut world, general) = World::with_bob();
    let (ada, bob) = (world.ada.clone(), world.bob.clone());
    world.private_channel("owners");
    world.act(&ada, "role.create", None, None, json!({"name": "Early", "position": 1}));
    let whole = rows(&world.state);
    cases.push(state_case("two instances and a role", &world.state, whole.clone()));
    let without: Vec<Row> = whole.into_iter().filter(|row| row.kind != "channel").collect();
    cases.push(state_case("the same without its channels", &world.state, without));
    let before = (world.state.clone(), world.events.len());
    world.say(&bob, &general, "Good morning");
    let later = world.events.len();
    let mut backwards = rows(&world.state);
    backwards.reverse();
    cases.push(state_case("behind a message, the rows backwards", &world.state, backwards));
    world.act(&ada, "role.create", None, None, json!({"name": "Late", "position": 2}));
    cases.push(state_case("behind another role", &world.state, rows(&world.state)));
    judged(&mut cases, &world, &before.0);
    pairs(&mut cases, &world, &before.0, &world.events[before.1 - 1..], later - before.1);
    cases
}

/// Checkpoints that a follower gets whose state is the one before the message.
fn judged(cases: &mut Vec<Value>, world: &World, state: &ServerState) {
    let (key, good) = (&world.hub.key, fields(state));
    let mut add = |name: &str, checkpoint: Value, expect: &str| {
        cases.push(json!({"name": name, "of": "two instances and a role", "all": state.head.all,
            "checkpoint": checkpoint, "expect": expect}));
    };
    let value = |checkpoint: Checkpoint| serde_json::to_value(checkpoint).unwrap();
    add("a checkpoint that fits", value(signed(&good, |_| (), key)), "ok");
    add("of an event that is yet to come", value(signed(&fields(&world.state), |_| (), key)), "ok");
    add("of another fold", value(signed(&good, |f| (f.fold, f.state) = (9, Hash::of(&[b"x"])), key)), "ok");
    add("of another state", value(signed(&good, |f| f.state = Hash::of(&[b"x"]), key)), "checkpoint_mismatch");
    let elsewhere = World::new();
    let other = format!("s_{}", "a".repeat(40)).parse().unwrap();
    add("of another server", value(signed(&good, |f| f.sid = other, key)), "sid_mismatch");
    add("of another generation", value(signed(&good, |f| f.generation = 1, key)), "invalid_event");
    add("by a key that nobody knows", value(signed(&good, |_| (), &secret(99))), "unknown_key");
    add("by the other instance", value(signed(&good, |_| (), &world.other.key)), "unknown_key");
    let mut touched = value(signed(&good, |_| (), key));
    touched["all"]["seq"] = json!(good.all.seq + 1);
    add("touched behind the signature", touched, "bad_object_signature");
    let mut forged = value(signed(&good, |_| (), key));
    forged["sig"]["sig"] = serde_json::to_value(secret(99).sign(Domain::Checkpoint, b"{}")).unwrap();
    add("with another signature", forged, "bad_object_signature");
    let mut as_snapshot = value(signed(&good, |_| (), key));
    let text = serde_json_canonical(&good);
    let sig = KeySig { kid: key.public().kid(), sig: key.sign(Domain::Snapshot, &text) };
    as_snapshot["sig"] = serde_json::to_value(sig).unwrap();
    add("signed as if it were a snapshot", as_snapshot, "bad_object_signature");
    let mut more = serde_json::to_value(&good).unwrap();
    more["note"] = "newer than this version".into();
    let text = conntext_federation::canonical::to_vec(&more).unwrap();
    more["sig"] = json!({"kid": key.public().kid(), "sig": key.sign(Domain::Checkpoint, &text)});
    add("with a signed member that nobody knows", more, "ok");
    add("of a server that was just opened", value(signed(&fields(&elsewhere.state), |_| (), key)), "ok");
}

fn serde_json_canonical(fields: &CheckpointFields) -> Vec<u8> {
    conntext_federation::canonical::to_vec(fields).unwrap()
}

/// What one hub signed: `log_conflict` where both cannot be true. `events`: one that everybody sees, then a message, then
/// one that everybody sees.
fn pairs(cases: &mut Vec<Value>, world: &World, state: &ServerState, events: &[Event], message: usize) {
    let (key, good) = (&world.hub.key, fields(state));
    let mut add = |name: &str, told: Value, held: Value, expect: &str| {
        cases.push(json!({"name": name, "told": told, "held": held, "expect": expect}));
    };
    let header = |event: &Event| serde_json::to_value(SignedHeader::of(event)).unwrap();
    let bent = |event: &Event, change: &dyn Fn(&mut Event)| {
        let mut event = event.clone();
        change(&mut event);
        world.relink(&mut event);
        header(&event)
    };
    let (first, said, next) = (&events[0], &events[message], &events[message + 1]);
    add("the same header", header(first), header(first), "ok");
    add("another event in its place", header(first), bent(first, &|e| e.header.ts += 1), "log_conflict");
    let of_channel = |e: &mut Event| e.header.vis = said.header.vis.clone();
    add("an event of a channel in its place", header(first), bent(first, &of_channel), "log_conflict");
    add("the next that everybody sees names it", header(first), header(next), "ok");
    add("the next that everybody sees does not", header(first), bent(next, &|e| e.header.cprev = None), "log_conflict");
    add("a later event of a channel", header(first), header(said), "ok");
    add("an earlier one", header(next), header(first), "ok");
    add("another one in another epoch", header(first), bent(first, &|e| e.header.epoch = 1), "ok");
    let value = |change: &dyn Fn(&mut CheckpointFields)| serde_json::to_value(signed(&good, change, key)).unwrap();
    let (same, hash) = (value(&|_| ()), Hash::of(&[b"x"]));
    add("the same checkpoint", same.clone(), same.clone(), "ok");
    add("another state behind the same event", same.clone(), value(&|f| f.state = hash), "log_conflict");
    add("another event in the same place", same.clone(), value(&|f| f.all.hash = hash), "log_conflict");
    add("another state of another fold", same.clone(), value(&|f| (f.fold, f.state) = (9, hash)), "ok");
    add("a later place", same.clone(), value(&|f| (f.all, f.state) = (Place { seq: 99, hash }, hash)), "ok");
    add("another state in another epoch", same, value(&|f| (f.epoch, f.state) = (1, hash)), "ok");
}

pub fn judge(case: &Value, all: &[Value]) -> Map<String, Value> {
    let read = |case: &Value| -> ServerState {
        let rows: Vec<Row> = serde_json::from_value(case["rows"].clone()).unwrap();
        ServerState::from_snapshot(case["sid"].as_str().unwrap().parse().unwrap(), &rows).unwrap()
    };
    let mut verdict = Map::new();
    let mut expect = |text: &str| verdict.insert("expect".into(), text.into());
    if case.get("rows").is_some() {
        expect("ok");
        verdict.insert("digest".into(), serde_json::to_value(read(case).digest().unwrap()).unwrap());
    } else if let Some(name) = case.get("of") {
        let state = read(all.iter().find(|other| other["name"] == *name).unwrap());
        let all: Hash = case["all"].as_str().unwrap().parse().unwrap();
        let checkpoint = Checkpoint::from_value(case["checkpoint"].clone()).unwrap();
        let judged = checkpoint.verify(&state).and_then(|()| checkpoint.compare_state(all, state.digest().unwrap()));
        expect(judged.err().map_or("ok", |code| code.as_str()));
    } else {
        let (told, held) = (case["told"].clone(), case["held"].clone());
        let conflict = if told.get("header").is_some() {
            let read = |value| serde_json::from_value::<SignedHeader>(value).unwrap();
            read(told).contradicts(&read(held))
        } else {
            let read = |value| Checkpoint::from_value(value).unwrap();
            read(told).contradicts(&read(held))
        };
        expect(if conflict { "log_conflict" } else { "ok" });
    }
    verdict
}
