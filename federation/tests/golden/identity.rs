//! Identity chains, forks between two of them, and profiles under one.

use crate::world::{Instance, NOW, secret};
use conntext_federation::{
    Code,
    identity::{self, Genesis, Op, OpFields, compare_chains, verify_chain},
    ids::{Hash, InstanceId, MediaId},
    keys::PublicKey,
    profile::{Picture, ProfileDoc, ProfileFields},
};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

fn home(n: u8) -> InstanceId {
    Instance::new("b.example", n).ik()
}

fn keys(numbers: &[u8]) -> Vec<PublicKey> {
    numbers.iter().map(|n| secret(*n).public()).collect()
}

/// The first operation of an identity with these rotation keys, signed by the first of them.
fn genesis(rotation: &[u8]) -> Op {
    let genesis =
        Genesis { home: home(1), profile_host: home(1), signing_keys: keys(&[40]), rotation_keys: keys(rotation) };
    Op::genesis(genesis, &secret(rotation[0])).unwrap()
}

/// The chain with one more operation; not checked, so that it may be wrong.
fn grow(chain: &[Op], signer: u8, change: impl FnOnce(&mut OpFields)) -> Vec<Op> {
    let last = chain.last().unwrap();
    let mut fields = last.body().clone();
    fields.n += 1;
    fields.prev = Some(last.hash().unwrap());
    change(&mut fields);
    chain.iter().cloned().chain([Op::sign(fields, &secret(signer)).unwrap()]).collect()
}

fn chain_case(name: &str, ops: Vec<Value>, expect: &str) -> Value {
    let mut case = json!({"name": name, "ops": ops, "expect": expect});
    if expect == "ok" {
        let ops = case["ops"].as_array().unwrap().iter().map(|op| Op::from_value(op.clone()).unwrap());
        case["identity"] = summary(&verify_chain(&ops.collect::<Vec<_>>()).unwrap());
    }
    case
}

fn summary(identity: &identity::Identity) -> Value {
    json!({
        "uid": identity.uid,
        "n": identity.n,
        "hash": identity.hash,
        "home": identity.home,
        "profile_host": identity.profile_host,
        "signing_keys": identity.signing_keys,
        "rotation_keys": identity.rotation_keys,
        "deleted": identity.deleted,
    })
}

fn values(chain: &[Op]) -> Vec<Value> {
    chain.iter().map(|op| serde_json::to_value(op).unwrap()).collect()
}

pub fn make() -> Vec<Value> {
    let mut cases = Vec::new();
    let good = |name: &str, chain: &[Op]| chain_case(name, values(chain), "ok");
    let bad = |name: &str, chain: &[Op]| chain_case(name, values(chain), "bad_identity_op");
    let start = vec![genesis(&[30, 31])];
    let home_only = vec![genesis(&[31])];

    cases.push(good("first operation, the person's key above the home's", &start));
    cases.push(good("first operation, the home's key alone", &home_only));
    cases.push(good("the home moves the profile", &grow(&start, 31, |op| op.profile_host = home(5))));
    cases.push(good("the home moves the account", &grow(&start, 31, |op| op.home = home(5))));
    cases.push(good(
        "the person moves the account",
        &grow(&start, 30, |op| {
            op.home = home(5);
            op.rotation_keys = keys(&[30, 32]);
        }),
    ));
    cases.push(good(
        "the person's key comes on top later",
        &grow(&home_only, 31, |op| {
            op.rotation_keys = keys(&[30, 31]);
        }),
    ));
    cases.push(good(
        "the person replaces their own key",
        &grow(&start, 30, |op| {
            op.rotation_keys = keys(&[33, 31]);
        }),
    ));
    cases.push(good("the home replaces its own key", &grow(&start, 31, |op| op.rotation_keys = keys(&[30, 34]))));
    cases.push(good("new signing keys", &grow(&start, 31, |op| op.signing_keys = keys(&[41, 42]))));
    cases.push(good("the account is deleted", &grow(&start, 31, |op| op.deleted = Some(true))));
    let mut extended = serde_json::to_value(start[0].body()).unwrap();
    extended["note"] = "from the future".into();
    cases.push(good("an unknown member is part of the id", &[sign_raw(extended, 30)]));
    let full = (0..48).fold(start.clone(), |chain, _| grow(&chain, 31, |_| ()));
    cases.push(good("48 operations by the home and one by the person", &grow(&full, 30, |_| ())));

    cases.push(bad("no operation", &[]));
    cases.push(bad("an id of another beginning", &[renamed(&start[0])]));
    cases.push(bad(
        "the first operation names one before",
        &[Op::sign(OpFields { prev: Some(Hash::ZERO), ..start[0].body().clone() }, &secret(30)).unwrap()],
    ));
    cases.push(bad("a chain without its beginning", &grow(&start, 30, |_| ())[1..]));
    cases.push(bad("a gap", &{
        let long = grow(&grow(&start, 30, |_| ()), 30, |_| ());
        vec![long[0].clone(), long[2].clone()]
    }));
    cases.push(bad("a number that jumps", &grow(&start, 30, |op| op.n = 2)));
    cases.push(bad("a hash of nothing", &grow(&start, 30, |op| op.prev = Some(Hash::ZERO))));
    cases.push(bad("a stranger's signature", &grow(&start, 35, |_| ())));
    cases.push(bad("a signing key is no rotation key", &grow(&start, 40, |_| ())));
    cases.push(bad("the home removes the person's key", &grow(&start, 31, |op| op.rotation_keys = keys(&[31]))));
    cases.push(bad(
        "the home puts a key above the person's",
        &grow(&start, 31, |op| {
            op.rotation_keys = keys(&[35, 30]);
        }),
    ));
    cases.push(bad("the same key twice", &grow(&start, 30, |op| op.rotation_keys = keys(&[30, 30]))));
    cases.push(bad("no rotation key", &grow(&start, 30, |op| op.rotation_keys.clear())));
    cases.push(bad("no signing key", &grow(&start, 30, |op| op.signing_keys.clear())));
    cases.push(bad("five rotation keys", &grow(&start, 30, |op| op.rotation_keys = keys(&[30, 31, 32, 33, 34]))));
    cases.push(bad("an operation after the deletion", &{
        let deleted = grow(&start, 31, |op| op.deleted = Some(true));
        grow(&deleted, 30, |op| op.deleted = None)
    }));
    cases.push(bad("49 operations by the home", &grow(&full, 31, |_| ())));
    let mut touched = values(&grow(&start, 30, |_| ()));
    touched[1]["profile_host"] = serde_json::to_value(home(9)).unwrap();
    cases.push(chain_case("an operation that was touched", touched, "bad_identity_op"));

    let fork = |name: &str, a: &[Op], b: &[Op], expect: &str| json!({"name": name, "a": a, "b": b, "expect": expect});
    let stolen = grow(&grow(&start, 31, |op| op.home = home(5)), 31, |_| ());
    let rescued = grow(&start, 30, |op| op.home = home(9));
    cases.push(fork("fork: the higher key wins over a longer chain", &stolen, &rescued, "b"));
    cases.push(fork("fork: seen from the other side", &rescued, &stolen, "a"));
    cases.push(fork("fork: a longer chain beats its own beginning", &stolen, &start, "a"));
    cases.push(fork("fork: the same chain", &stolen, &stolen, "equal"));
    let beside = |host: u8| grow(&start, 31, |op| op.profile_host = home(host));
    let (one, two) = (beside(5), beside(9));
    let lower = if one[1].hash().unwrap() < two[1].hash().unwrap() { "a" } else { "b" };
    cases.push(fork("fork: between equal keys the lower hash wins", &one, &two, lower));
    cases.push(fork("fork: two different people", &start, &home_only, "bad_identity_op"));

    let chain = grow(&start, 31, |op| op.signing_keys = keys(&[41]));
    let mut profile = |name: &str, expect: &str, signer: u8, change: &dyn Fn(&mut ProfileFields)| {
        let mut fields = ProfileFields {
            uid: start[0].uid.clone(),
            op: 1,
            rev: 3,
            handle: "ada".into(),
            display_name: "Ada L.".into(),
            bio: "Counts.\nWrites.".into(),
            pronouns: "she/her".into(),
            avatar: None,
            banner: None,
            inner: None,
            updated_at: NOW,
            deleted: None,
        };
        change(&mut fields);
        let doc = ProfileDoc::sign(fields, &secret(signer)).unwrap();
        cases.push(json!({"name": name, "ops": chain, "profile": doc, "expect": expect}));
    };
    profile("profile: signed by a key of its operation", "ok", 41, &|_| ());
    profile("profile: of an older operation", "ok", 40, &|p| p.op = 0);
    profile("profile: deleted", "ok", 41, &|p| {
        *p = ProfileFields::tombstone(p.uid.clone(), 1, 4, NOW);
    });
    profile("profile: signed by a key that was replaced", "bad_object_signature", 40, &|_| ());
    profile("profile: of an operation that is not known yet", "unknown_key", 41, &|p| p.op = 2);
    profile("profile: without a handle", "ok", 41, &|p| p.handle.clear());
    profile("profile: a handle in upper case", "bad_content", 41, &|p| p.handle = "Ada".into());
    profile("profile: a handle of 33 characters", "bad_content", 41, &|p| p.handle = "a".repeat(33));
    profile("profile: deleted, with a handle", "bad_content", 41, &|p| {
        *p = ProfileFields { handle: "ada".into(), ..ProfileFields::tombstone(p.uid.clone(), 1, 4, NOW) };
    });
    let banner = |kind: &str| Some(Picture { mid: MediaId::of(b"wide"), media_type: kind.into(), size: 900 });
    profile("profile: with a banner", "ok", 41, &|p| p.banner = banner("image/jpeg"));
    profile("profile: a banner that is no picture", "bad_content", 41, &|p| p.banner = banner("image/svg+xml"));
    profile("profile: deleted, with a banner", "bad_content", 41, &|p| {
        *p = ProfileFields { banner: banner("image/jpeg"), ..ProfileFields::tombstone(p.uid.clone(), 1, 4, NOW) };
    });
    profile("profile: a name of 65 characters", "bad_content", 41, &|p| p.display_name = "a".repeat(65));
    cases
}

/// The same operation under an id that it does not have.
fn renamed(op: &Op) -> Op {
    let other = OpFields { uid: genesis(&[36]).uid.clone(), ..op.body().clone() };
    Op::sign(other, &secret(30)).unwrap()
}

/// Signs fields with members that this version does not know, and names them by their true id.
fn sign_raw(mut raw: Value, signer: u8) -> Op {
    use conntext_federation::{canonical, ids::UserId, keys::Domain};
    raw.as_object_mut().unwrap().remove("uid");
    raw["uid"] = json!(UserId::derive(&canonical::to_vec(&raw).unwrap()));
    let key = secret(signer);
    let sig = key.sign_json(Domain::Identity, &raw).unwrap();
    raw["sig"] = json!({"kid": key.public().kid(), "sig": sig});
    Op::from_value(raw).unwrap()
}

pub fn judge(case: &Value, _: &[Value]) -> Map<String, Value> {
    let chain = |member: &str| -> Result<Vec<Op>, Code> {
        case[member].as_array().unwrap().iter().map(|op| Op::from_value(op.clone())).collect()
    };
    let expect = |text: &str| Map::from_iter([("expect".to_owned(), Value::from(text))]);
    if case.get("a").is_some() {
        let order = chain("a").and_then(|a| compare_chains(&a, &chain("b")?));
        return expect(match order {
            Ok(Ordering::Greater) => "a",
            Ok(Ordering::Less) => "b",
            Ok(Ordering::Equal) => "equal",
            Err(code) => code.as_str(),
        });
    }
    let identity = match chain("ops").and_then(|ops| verify_chain(&ops)) {
        Ok(identity) => identity,
        Err(code) => return expect(code.as_str()),
    };
    if let Some(profile) = case.get("profile") {
        let verdict = ProfileDoc::from_value(profile.clone()).and_then(|doc| doc.verify(&identity));
        return expect(verdict.map_or_else(|code| code.as_str(), |()| "ok"));
    }
    let mut verdict = expect("ok");
    verdict.insert("identity".into(), summary(&identity));
    verdict
}
