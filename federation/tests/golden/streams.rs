//! Proofs that a follower signs for its stream, and frames of both sides.

use crate::world::{Instance, World};
use conntext_federation::{
    Code,
    canonical::from_value,
    ids::Hash,
    keys::{KeySig, PublicKey, SecretKey},
    stream::{Challenge, FollowerFrame, HubFrame, MAX_FOLLOWER_FRAME, Proof},
    wire::Push,
};
use serde_json::{Map, Value, json};

fn code<T>(result: Result<T, Code>) -> String {
    result.map_or_else(|code| code.as_str().to_owned(), |_| "ok".to_owned())
}

fn proofs(cases: &mut Vec<Value>) {
    let (world, follower) = (World::with_bob().0, Instance::new("b.example", 11));
    let good = Proof {
        challenge: Hash([1; 32]),
        connection: Hash([2; 32]),
        follower: follower.ik(),
        hub: world.hub.ik(),
        sid: world.events[0].header.sid.clone(),
    };
    let sig = good.sign(&follower.key).unwrap();
    let mut add = |name: &str, proof: &Proof, key: &SecretKey, sig: &KeySig, expect: &str| {
        cases.push(json!({"name": name, "proof": proof, "key": key.public(), "sig": sig, "expect": expect}));
    };
    add("a proof", &good, &follower.key, &sig, "ok");
    let other = Proof { challenge: Hash([3; 32]), ..good.clone() };
    add("for another challenge", &other, &follower.key, &sig, "bad_signature");
    let other = Proof { connection: Hash([3; 32]), ..good.clone() };
    add("for another connection", &other, &follower.key, &sig, "bad_signature");
    let other = Proof { hub: follower.ik(), ..good.clone() };
    add("for another hub", &other, &follower.key, &sig, "bad_signature");
    let other = Proof { follower: world.hub.ik(), ..good.clone() };
    add("of another follower", &other, &follower.key, &sig, "bad_signature");
    add("under another key", &good, &world.hub.key, &sig, "bad_signature");
    let named = KeySig { kid: world.hub.key.public().kid(), ..sig };
    add("under another key's name", &good, &follower.key, &named, "bad_signature");
    let text = conntext_federation::canonical::to_vec(&good).unwrap();
    let kid = follower.key.public().kid();
    let as_checkpoint = KeySig { kid, sig: follower.key.sign(conntext_federation::keys::Domain::Checkpoint, &text) };
    add("signed as a checkpoint", &good, &follower.key, &as_checkpoint, "bad_signature");
}

fn text(frame: &impl serde::Serialize) -> String {
    serde_json::to_string(frame).unwrap()
}

fn frames(cases: &mut Vec<Value>) {
    let follower = Instance::new("b.example", 11);
    let sid = World::with_bob().0.events[0].header.sid.clone();
    let mut add = |name: &str, by: &str, frame: String, expect: &str| {
        cases.push(json!({"name": name, "by": by, "frame": frame, "expect": expect}));
    };
    let (challenge, connection) = (Hash([1; 32]), Hash([2; 32]));
    let asked = HubFrame::Challenge(Challenge { challenge, connection, heartbeat_s: 30 });
    add("a challenge", "hub", text(&asked), "ok");
    add("a push of nothing", "hub", HubFrame::push(1, &Push::<Value>::of(sid, Vec::new())).unwrap(), "ok");
    add("a push without a number", "hub", r#"{"events":[],"op":"push"}"#.into(), "bad_frame");
    add(
        "a challenge without a connection",
        "hub",
        r#"{"challenge":"00","heartbeat_s":30,"op":"challenge"}"#.into(),
        "bad_frame",
    );
    let sig = KeySig { kid: follower.key.public().kid(), sig: follower.key.sign_raw(b"") };
    add("an answer to a challenge", "follower", text(&FollowerFrame::Signed { sig }), "ok");
    add("an acknowledgement", "follower", text(&FollowerFrame::Ack { acked: 7, n: 1 }), "ok");
    let problem = conntext_federation::wire::Problem { code: "gap".into(), next: Some(5), ..Default::default() };
    add("a refusal", "follower", text(&FollowerFrame::Refused { n: 2, problem: Box::new(problem), status: 409 }), "ok");
    add("of a newer version", "follower", r#"{"op":"later","what":[1]}"#.into(), "ok");
    add("a list", "follower", r#"["ack",7,1]"#.into(), "bad_frame");
    add("a member twice", "follower", r#"{"acked":7,"n":1,"n":2,"op":"ack"}"#.into(), "bad_frame");
    add("a negative number", "follower", r#"{"acked":-7,"n":1,"op":"ack"}"#.into(), "bad_frame");
    add("no kind", "follower", r#"{"acked":7,"n":1}"#.into(), "bad_frame");
    let long = json!({"op": "ack", "acked": 7, "n": 1, "x": "x".repeat(MAX_FOLLOWER_FRAME)}).to_string();
    add("too long", "follower", long, "too_large");
}

pub fn make() -> Vec<Value> {
    let mut cases = Vec::new();
    proofs(&mut cases);
    frames(&mut cases);
    cases
}

pub fn judge(case: &Value, _: &[Value]) -> Map<String, Value> {
    let verdict = if let Some(frame) = case.get("frame") {
        let text = frame.as_str().unwrap().as_bytes();
        if case["by"] == "hub" { code(HubFrame::parse(text)) } else { code(FollowerFrame::parse(text)) }
    } else {
        let proof: Proof = from_value(case["proof"].clone()).unwrap();
        let key: PublicKey = from_value(case["key"].clone()).unwrap();
        let sig: KeySig = from_value(case["sig"].clone()).unwrap();
        code(proof.verify(&key, &sig))
    };
    Map::from_iter([("expect".to_owned(), verdict.into())])
}
