//! What a false hub pushes: events and stubs that do not hold, each with the answer that it must get.

use serde_json::{Value, json};

use crate::craft::{Key, ZERO, b64, event_hash, fresh};
use crate::log::FalseLog;

/// A push that is to be judged by itself, in a copy of its own.
pub struct Told {
    pub name: &'static str,
    pub expected: &'static str,
    pub make: fn(&FalseLog) -> Vec<Value>,
}

fn told(name: &'static str, expected: &'static str, make: fn(&FalseLog) -> Vec<Value>) -> Told {
    Told { name, expected, make }
}

/// All of them. What is not to be seen says `forged`.
pub fn cases() -> Vec<Told> {
    vec![
        told("what holds", "200", |l| vec![l.message("true")]),
        told("another prev", "422 bad_prev", |l| {
            vec![l.bent(l.message("forged"), |h| h["prev"] = "1".repeat(64).into())]
        }),
        told("the prev of zero", "422 bad_prev", |l| vec![l.bent(l.message("forged"), |h| h["prev"] = ZERO.into())]),
        told("another cprev", "422 bad_prev", |l| {
            vec![l.bent(l.message("forged"), |h| h["cprev"] = "1".repeat(64).into())]
        }),
        told("no cprev", "422 bad_prev", |l| {
            vec![l.bent(l.message("forged"), |h| drop(h.as_object_mut().unwrap().remove("cprev")))]
        }),
        told("a number of a message too far", "422 bad_prev", |l| {
            vec![l.bent(l.message("forged"), |h| h["cn"] = json!(7))]
        }),
        told("no number of a message", "422 invalid_event", |l| {
            vec![l.bent(l.message("forged"), |h| drop(h.as_object_mut().unwrap().remove("cn")))]
        }),
        told("a time before", "422 ts_regress", |l| vec![l.bent(l.message("forged"), |h| h["ts"] = json!(1_000))]),
        told("a gap", "409 gap", |l| {
            vec![l.bent(l.message("forged"), |h| h["seq"] = json!(h["seq"].as_u64().unwrap() + 1))]
        }),
        told("the number zero", "422 invalid_event", |l| vec![l.bent(l.message("forged"), |h| h["seq"] = json!(0))]),
        told("the last number of all", "409 gap", |l| {
            vec![l.bent(l.message("forged"), |h| h["seq"] = json!((1_u64 << 53) - 1))]
        }),
        told("another generation", "422 invalid_event", |l| vec![l.bent(l.message("forged"), |h| h["gen"] = json!(1))]),
        told("another epoch", "422 invalid_event", |l| vec![l.bent(l.message("forged"), |h| h["epoch"] = json!(1))]),
        told("another hub", "422 invalid_event", |l| {
            vec![l.bent(l.message("forged"), |h| h["hub"] = format!("ik_{}", "a".repeat(40)).into())]
        }),
        told("another server", "400 sid_mismatch", |l| {
            vec![l.bent(l.message("forged"), |h| h["sid"] = format!("s_{}", "a".repeat(40)).into())]
        }),
        told("another version", "422 invalid_event", |l| vec![l.bent(l.message("forged"), |h| h["v"] = json!(2))]),
        told("visible for all, of a channel", "422 invalid_event|422 bad_prev", |l| {
            vec![l.bent(l.message("forged"), |h| h["vis"] = "all".into())]
        }),
        told("another digest of the action", "422 hash_mismatch", |l| {
            vec![l.bent(l.message("forged"), |h| h["action_hash"] = "2".repeat(64).into())]
        }),
        told("a touched action", "422 hash_mismatch", |l| {
            let mut event = l.message("forged");
            event["action"]["exp"] = json!(event["action"]["exp"].as_i64().unwrap() + 1);
            vec![event]
        }),
        told("signed by a key that nobody knows", "401 unknown_key", |l| {
            let mut event = l.message("forged");
            event["hub_sig"] = Key::new().sign("event", &event["header"]);
            vec![event]
        }),
        told("a known key's name, another's signature", "401 bad_signature", |l| {
            let mut event = l.message("forged");
            event["hub_sig"]["sig"] = Key::new().sign("event", &event["header"])["sig"].clone();
            vec![event]
        }),
        told("signed before it was changed", "401 bad_signature", |l| {
            let mut event = l.message("forged");
            event["header"]["ts"] = json!(event["header"]["ts"].as_i64().unwrap() + 5);
            vec![event]
        }),
        told("an event of 65 KiB", "413 too_large", |l| {
            vec![l.reworked(l.message(&"x".repeat(65_000)), |a| a["more"] = "y".repeat(2_000).into())]
        }),
        told("a stub at the end", "422 invalid_event", |l| vec![stub(l, 1, "3")]),
        told("a stub of another hash", "422 bad_prev", |l| {
            let event = l.bent(l.message("forged"), |h| h["seq"] = json!(h["seq"].as_u64().unwrap() + 2));
            vec![stub(l, 2, "3"), event]
        }),
        told("a stub over the channel's own", "422 bad_prev", |l| {
            let hidden = l.message("hidden");
            let mut behind = l.clone();
            behind.follow(&hidden);
            vec![stub_of(l, 1, &event_hash(&hidden["header"])), behind.message("forged")]
        }),
        told("a stub backwards", "422 invalid_event", |l| {
            let seq = l.position()["seq"].as_u64().unwrap();
            vec![json!({"stub": [seq + 2, seq + 1], "hash": "3".repeat(64)}), l.message("forged")]
        }),
        told("two stubs that touch", "422 invalid_event", |l| {
            let seq = l.position()["seq"].as_u64().unwrap();
            vec![
                json!({"stub": [seq + 1, seq + 1], "hash": "3".repeat(64)}),
                json!({"stub": [seq + 2, seq + 2], "hash": "4".repeat(64)}),
                l.message("forged"),
            ]
        }),
        told("a stub with a member too many", "400 bad_json", |l| {
            let mut stub = stub(l, 1, "3");
            stub["reason"] = "secret".into();
            vec![stub, l.message("forged")]
        }),
        told("a fork: another event in a held place", "409 log_conflict", |l| {
            let held = l.events.last().unwrap().clone();
            vec![l.bent(held, |h| h["ts"] = json!(h["ts"].as_i64().unwrap() + 1))]
        }),
        told("in the name of somebody of the victim", "200", |l| vec![l.message_as(&l.caught().0, &l.hub(), "forged")]),
        told("in the name of somebody of nobody", "200", |l| {
            vec![l.message_as(&format!("u_{}", "a".repeat(40)), &l.hub(), "forged")]
        }),
        told("of a home, without its signature", "422 invalid_event", |l| {
            vec![l.message_as(&l.caught().0, &l.caught().1, "forged")]
        }),
        told("of a home, signed by the hub", "200", |l| {
            let mut event = l.message_as(&l.caught().0, &l.caught().1, "forged");
            event["origin_sig"] = l.key().sign("action", &event["action"]);
            vec![l.reworked(event, |_| ())]
        }),
        told("an id that stands there already", "200", |l| {
            let first = l.message("true");
            let mut behind = l.clone();
            behind.follow(&first);
            let aid = first["action"]["aid"].clone();
            let again = behind.reworked(behind.message("forged"), |a| a["aid"] = aid);
            vec![first, again]
        }),
        told("expired when it was written", "200", |l| {
            vec![l.reworked(l.message("forged"), |a| a["exp"] = json!(1_000))]
        }),
        told("a content that breaks its schema", "200", |l| {
            let mut event = l.message("x");
            event["content"] = json!({"body": ["forged"]});
            let salt = fresh();
            event["salt"] = b64(&salt).into();
            let hash = crate::craft::content_hash(&salt, &event["content"]);
            vec![l.reworked(event, |a| a["content_hash"] = hash.into())]
        }),
        told("a content that was exchanged", "200", |l| {
            let mut event = l.message("x");
            event["content"]["body"] = "forged".into();
            vec![event]
        }),
        told("a type that nobody knows", "200", |l| {
            vec![l.reworked(l.message("forged"), |a| a["type"] = "message.whisper".into())]
                .into_iter()
                .map(|e| l.bent(e, |h| drop(h.as_object_mut().unwrap().remove("cn"))))
                .collect()
        }),
    ]
}

fn stub(log: &FalseLog, long: u64, digit: &str) -> Value {
    stub_of(log, long, &digit.repeat(64))
}

fn stub_of(log: &FalseLog, long: u64, hash: &str) -> Value {
    let seq = log.position()["seq"].as_u64().expect("a number");
    json!({"stub": [seq + 1, seq + long], "hash": hash})
}
