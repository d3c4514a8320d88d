//! Instance documents by themselves and after a pinned one, and key statements as they stand in a log.

use crate::world::{Instance, NOW, secret};
use conntext_federation::{
    Code,
    domain::Domain,
    ids::InstanceId,
    instance::{
        InstanceDoc, InstanceFields, InstanceKey, KeysFields, KeysStatement, MAX_DOCUMENT_MS, MAX_FRESHNESS_MS, Mode,
        Moved, Pin, Pinned, RootChange, RootKey, Software,
    },
    keys::SecretKey,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn peer() -> Instance {
    Instance::new("b.example", 11)
}

fn fields() -> InstanceFields {
    let peer = peer();
    InstanceFields {
        v: 1,
        ik: peer.ik(),
        domain: peer.domain.clone(),
        api: "https://b.example/federation/v1".into(),
        serial: 5,
        root: RootKey { public: peer.root.public() },
        root_history: vec![],
        keys: vec![peer.keys_entry()],
        software: Software { name: "conntext".into(), version: "0.1.0".into() },
        mode: Mode::Open,
        limits: BTreeMap::from([("event_bytes".into(), 65_536), ("request_bytes".into(), 1_048_576)]),
        contact: Some("ops@b.example".into()),
        moved: None,
        issued_at: NOW,
        valid_until: NOW + MAX_DOCUMENT_MS,
    }
}

fn document(fields: InstanceFields, root: &SecretKey) -> InstanceDoc {
    let mut doc = InstanceDoc::sign(fields, root).unwrap();
    doc.freshen(&peer().key, NOW).unwrap();
    doc
}

/// A document after a change of the fields, signed by the peer's root key.
fn changed(change: impl FnOnce(&mut InstanceFields)) -> Value {
    let mut fields = fields();
    change(&mut fields);
    json!(document(fields, &peer().root))
}

fn root_change(old: u8, new: u8) -> RootChange {
    RootChange::sign(&peer().ik(), &secret(old), secret(new).public()).unwrap()
}

/// A document under root key number `root` that the given changes lead to.
fn under_root(root: u8, serial: u64, history: Vec<RootChange>) -> Value {
    let key = RootKey { public: secret(root).public() };
    let fields = InstanceFields { root: key, root_history: history, serial, ..fields() };
    json!(document(fields, &secret(root)))
}

fn case(name: &str, document: Value, expect: &str) -> Value {
    json!({"name": name, "document": document, "domain": "b.example", "now": NOW, "expect": expect})
}

fn at(mut case: Value, now: i64) -> Value {
    case["now"] = now.into();
    case
}

fn pinned(name: &str, before: Value, document: Value, expect: &str, change: Option<&str>) -> Value {
    let mut case = case(name, document, expect);
    case["pinned"] = before;
    if let Some(change) = change {
        case["change"] = change.into();
    }
    case
}

fn statement(serial: u64, root: u8, root_history: Vec<RootChange>, keys: Vec<InstanceKey>) -> Value {
    let peer = peer();
    let root_key = secret(root);
    let fields = KeysFields { ik: peer.ik(), domain: peer.domain, serial, root: root_key.public(), root_history, keys };
    json!(KeysStatement::sign(fields, &root_key).unwrap())
}

fn keys_case(name: &str, statement: Value, previous: Option<Value>, expect: &str) -> Value {
    let mut case = json!({"name": name, "statement": statement, "expect": expect});
    if let Some(previous) = previous {
        case["previous"] = previous;
    }
    case
}

pub fn make() -> Vec<Value> {
    let good = || changed(|_| ());
    let entry = || peer().keys_entry();
    let mut cases = vec![
        case("a document", good(), "ok"),
        case("its API on a subdomain", changed(|f| f.api = "https://fed.b.example/federation/v1".into()), "ok"),
        case("its next key is published already", changed(|f| f.keys.push(next_key())), "ok"),
        case("a revoked key beside the active one", changed(|f| f.keys.push(revoked(next_key()))), "ok"),
        case("moved to another domain", changed(|f| f.moved = Some(Moved { domain: domain("new.example") })), "ok"),
        at(case("the last moment of its freshness", good(), "ok"), NOW + MAX_FRESHNESS_MS - 1),
        at(case("stale", good(), "key_expired"), NOW + MAX_FRESHNESS_MS),
        at(case("issued ahead of the reader's clock", good(), "signature_window"), NOW - 60_001),
        case("valid for more than 400 days", changed(|f| f.valid_until += 1), "signature_window"),
        case("of another domain", changed(|f| f.domain = domain("c.example")), "origin_invalid"),
        case("an API elsewhere", changed(|f| f.api = "https://c.example/federation/v1".into()), "origin_invalid"),
        case(
            "an API without encryption",
            changed(|f| f.api = "http://b.example/federation/v1".into()),
            "origin_invalid",
        ),
        case(
            "an API on a domain that ends alike",
            changed(|f| f.api = "https://eb.example/federation/v1".into()),
            "origin_invalid",
        ),
        case("version 2", changed(|f| f.v = 2), "bad_json"),
        case("the same key twice", changed(|f| f.keys.push(f.keys[0].clone())), "bad_object_signature"),
        case(
            "a key under another key's name",
            changed(|f| f.keys[0].kid = secret(50).public().kid()),
            "bad_object_signature",
        ),
        case("no key", changed(|f| f.keys.clear()), "bad_object_signature"),
        case("an id of another root key", changed(|f| f.ik = InstanceId::of_root(&[9; 32])), "bad_object_signature"),
        case("signed by its active key", json!(document(fields(), &peer().key)), "bad_object_signature"),
        case("not fresh", json!(InstanceDoc::sign(fields(), &peer().root).unwrap()), "bad_object_signature"),
        case("freshened by a revoked key", changed(|f| f.keys[0].revoked_at = Some(NOW)), "key_revoked"),
        case("freshened by a key that expired", changed(|f| f.keys[0].exp = NOW), "key_expired"),
        case("freshened by an unknown key", changed(|f| f.keys[0] = next_key()), "unknown_key"),
        case("freshness of another document", borrowed_freshness(), "bad_object_signature"),
        case("a weak key", weak_key(), "bad_json"),
        case("the largest serial that every reader knows", changed(|f| f.serial = (1 << 53) - 1), "ok"),
    ];
    let mut touched = good();
    touched["mode"] = "closed".into();
    cases.push(case("touched", touched, "bad_object_signature"));
    let mut extended = json!(fields());
    extended["region"] = json!({"name": "north"});
    let sig = peer().root.sign_json(conntext_federation::keys::Domain::Instance, &extended).unwrap();
    extended["sig"] = json!({"kid": peer().root.public().kid(), "sig": sig});
    let mut extended = InstanceDoc::from_value(extended).unwrap();
    extended.freshen(&peer().key, NOW).unwrap();
    cases.push(case("a signed member that is not known", json!(extended), "ok"));
    let text = conntext_federation::canonical::to_string(&good()).unwrap();
    let mut spelled = case("another spelling", Value::Null, "not_canonical");
    spelled.as_object_mut().unwrap().remove("document");
    spelled["text"] = text.replacen("{\"api\":", "{ \"api\":", 1).into();
    cases.push(spelled);

    let newer = || changed(|f| f.serial = 6);
    cases.extend([
        pinned("pin: the same document", good(), good(), "ok", Some("unchanged")),
        pinned("pin: a newer document", good(), newer(), "ok", Some("updated")),
        pinned("pin: an older document", newer(), good(), "stale_rev", None),
        pinned(
            "pin: another document of the same serial",
            good(),
            changed(|f| f.mode = Mode::Closed),
            "stale_rev",
            None,
        ),
        pinned("pin: another instance at the same domain", good(), stranger(), "identity_changed", None),
        pinned("pin: a new root key", good(), under_root(60, 6, vec![root_change(11, 60)]), "ok", Some("root_changed")),
        pinned(
            "pin: two new root keys at once",
            good(),
            under_root(61, 6, vec![root_change(11, 60), root_change(60, 61)]),
            "ok",
            Some("root_changed"),
        ),
        pinned(
            "pin: a stolen first root key begins a second line",
            under_root(60, 6, vec![root_change(11, 60)]),
            under_root(62, 7, vec![root_change(11, 62)]),
            "identity_changed",
            None,
        ),
        pinned(
            "pin: back to a root key that went",
            under_root(60, 6, vec![root_change(11, 60)]),
            under_root(11, 7, vec![]),
            "identity_changed",
            None,
        ),
        pinned(
            "pin: a gap in the root keys",
            good(),
            under_root(61, 6, vec![root_change(60, 61)]),
            "bad_object_signature",
            None,
        ),
        keys_case("keys: a statement", statement(1, 11, vec![], vec![entry()]), None, "ok"),
        keys_case(
            "keys: a revocation",
            statement(2, 11, vec![], vec![revoked(entry()), next_key()]),
            Some(statement(1, 11, vec![], vec![entry()])),
            "ok",
        ),
        keys_case(
            "keys: an old statement again",
            statement(1, 11, vec![], vec![entry()]),
            Some(statement(2, 11, vec![], vec![entry()])),
            "stale_rev",
        ),
        keys_case(
            "keys: a new root key",
            statement(2, 60, vec![root_change(11, 60)], vec![entry()]),
            Some(statement(1, 11, vec![], vec![entry()])),
            "ok",
        ),
        keys_case(
            "keys: a root key that went",
            statement(3, 11, vec![], vec![entry()]),
            Some(statement(2, 60, vec![root_change(11, 60)], vec![entry()])),
            "identity_changed",
        ),
        keys_case("keys: no key", statement(1, 11, vec![], vec![]), None, "bad_object_signature"),
        keys_case("keys: signed by another root key", forged_statement(), None, "bad_object_signature"),
    ]);
    cases
}

fn domain(text: &str) -> Domain {
    Domain::parse(text, false).unwrap()
}

fn next_key() -> InstanceKey {
    InstanceKey::new(secret(50).public(), NOW + 3_600_000, NOW + MAX_DOCUMENT_MS)
}

fn revoked(key: InstanceKey) -> InstanceKey {
    InstanceKey { revoked_at: Some(NOW), reason: Some("lost".into()), ..key }
}

fn stranger() -> Value {
    let root = secret(70);
    let fields = InstanceFields {
        ik: InstanceId::of_root(&root.public().to_bytes()),
        root: RootKey { public: root.public() },
        serial: 9,
        ..fields()
    };
    json!(document(fields, &root))
}

fn borrowed_freshness() -> Value {
    let mut newer = changed(|f| f.serial = 6);
    newer["fresh"] = changed(|_| ())["fresh"].clone();
    newer
}

/// The neutral element of the curve: under it every signature of a kind would verify.
fn weak_key() -> Value {
    let mut doc = changed(|_| ());
    doc["keys"][0]["pub"] = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into();
    doc
}

fn forged_statement() -> Value {
    let mut statement = statement(1, 11, vec![], vec![peer().keys_entry()]);
    statement["root"] = json!(secret(70).public());
    statement
}

pub fn judge(case: &Value, _: &[Value]) -> Map<String, Value> {
    let mut verdict = Map::new();
    let result = if case.get("statement").is_some() {
        judge_statement(case)
    } else {
        judge_document(case).map(|change| {
            if let Some(change) = change {
                verdict.insert("change".into(), change.into());
            }
        })
    };
    verdict.insert("expect".into(), result.map_or_else(|code| code.as_str(), |()| "ok").into());
    verdict
}

fn judge_statement(case: &Value) -> Result<(), Code> {
    let statement = KeysStatement::from_value(case["statement"].clone())?;
    match case.get("previous") {
        Some(previous) => {
            let previous = KeysStatement::from_value(previous.clone())?;
            statement.verify_after(&previous.root, previous.serial)
        }
        None => statement.verify(),
    }
}

fn judge_document(case: &Value) -> Result<Option<&'static str>, Code> {
    let doc = match case.get("text") {
        Some(text) => InstanceDoc::from_slice(text.as_str().unwrap().as_bytes())?,
        None => InstanceDoc::from_value(case["document"].clone())?,
    };
    let (at, now) = (domain(case["domain"].as_str().unwrap()), case["now"].as_i64().unwrap());
    let Some(before) = case.get("pinned") else { return doc.verify(&at, now).map(|()| None) };
    let mut pin = Pin::first(&at, &InstanceDoc::from_value(before.clone())?, now)?;
    Ok(Some(match pin.update(&doc, now)? {
        Pinned::Unchanged => "unchanged",
        Pinned::Updated => "updated",
        Pinned::RootChanged => "root_changed",
    }))
}
