use super::*;
use serde_json::json;

const NOW: i64 = 1_800_000_000_000;

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

fn domain() -> Domain {
    Domain::parse("b.example", false).unwrap()
}

/// Fields of a document of the instance whose first root key is key 1 and whose active key is key 2.
fn fields() -> InstanceFields {
    let root = key(1).public();
    InstanceFields {
        v: 1,
        ik: InstanceId::of_root(&root.to_bytes()),
        domain: domain(),
        api: "https://b.example/federation/v1".into(),
        serial: 1,
        root: RootKey { public: root },
        root_history: Vec::new(),
        keys: vec![InstanceKey::new(key(2).public(), NOW - DAY_MS, NOW + 90 * DAY_MS)],
        software: Software { name: "conntext".into(), version: "0.1.0".into() },
        mode: Mode::Open,
        limits: BTreeMap::from([("request_bytes".into(), 1 << 20)]),
        contact: None,
        moved: None,
        issued_at: NOW,
        valid_until: NOW + MAX_DOCUMENT_MS,
    }
}

fn document(fields: InstanceFields, root: &SecretKey) -> InstanceDoc {
    let mut doc = InstanceDoc::sign(fields, root).unwrap();
    doc.freshen(&key(2), NOW).unwrap();
    doc
}

fn verdict(change: impl FnOnce(&mut InstanceFields)) -> Result<(), Code> {
    let mut fields = fields();
    change(&mut fields);
    document(fields, &key(1)).verify(&domain(), NOW)
}

#[test]
fn a_document_verifies_after_a_round_trip_with_unknown_fields() {
    let mut raw = serde_json::to_value(fields()).unwrap();
    raw["colour"] = json!({"of_the_year": "blue"});
    let sig = key(1).sign_json(Kind::Instance, &raw).unwrap();
    raw["sig"] = json!({"kid": key(1).public().kid(), "sig": sig});
    let mut doc = InstanceDoc::from_value(raw).unwrap();
    doc.freshen(&key(2), NOW).unwrap();
    let again = InstanceDoc::from_slice(&doc.to_vec().unwrap()).unwrap();
    assert_eq!(again.verify(&domain(), NOW), Ok(()));
    assert_eq!(again.member("colour"), Some(&json!({"of_the_year": "blue"})));
}

#[test]
fn a_document_that_was_touched_fails() {
    let doc = document(fields(), &key(1));
    let text = String::from_utf8(doc.to_vec().unwrap()).unwrap();
    let changed = InstanceDoc::from_slice(text.replace("\"open\"", "\"closed\"").as_bytes()).unwrap();
    assert_eq!(changed.verify(&domain(), NOW), Err(Code::BadObjectSignature));
    assert_eq!(InstanceDoc::from_slice(format!(" {text}").as_bytes()), Err(Code::NotCanonical));
    assert_eq!(InstanceDoc::from_slice(&vec![b' '; 65_537]), Err(Code::TooLarge));
}

#[test]
fn a_document_counts_for_its_own_domain_only() {
    assert_eq!(verdict(|_| ()), Ok(()));
    assert_eq!(verdict(|f| f.domain = Domain::parse("c.example", false).unwrap()), Err(Code::OriginInvalid));
    assert_eq!(verdict(|f| f.api = "https://api.b.example/federation/v1".into()), Ok(()));
    for api in [
        "https://evil.example/federation/v1",
        "https://notb.example/federation/v1",
        "http://b.example/federation/v1",
        "https://b.example:8443/federation/v1",
        "https://b.example/federation/v1/",
        "https://b.example@evil.example/federation/v1",
        "https://b.example/other",
    ] {
        assert_eq!(verdict(|f| f.api = api.into()), Err(Code::OriginInvalid), "{api}");
    }
}

#[test]
fn a_document_names_each_key_once_and_rightly() {
    assert_eq!(verdict(|f| f.keys.push(f.keys[0].clone())), Err(Code::BadObjectSignature));
    assert_eq!(verdict(|f| f.keys[0].kid = key(3).public().kid()), Err(Code::BadObjectSignature));
    assert_eq!(verdict(|f| f.ik = InstanceId::of_root(&[9; 32])), Err(Code::BadObjectSignature));
    // The neutral element is a point of small order: every signature would verify.
    let weak = serde_json::to_string(&fields())
        .unwrap()
        .replace(&serde_json::to_string(&key(2).public()).unwrap(), "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"");
    assert!(serde_json::from_str::<InstanceFields>(&weak).is_err());
}

#[test]
fn a_document_ages() {
    let doc = document(fields(), &key(1));
    assert_eq!(doc.verify(&domain(), NOW + MAX_FRESHNESS_MS - 1), Ok(()));
    assert_eq!(doc.verify(&domain(), NOW + MAX_FRESHNESS_MS), Err(Code::KeyExpired));
    assert_eq!(verdict(|f| f.valid_until = f.issued_at + MAX_DOCUMENT_MS + 1), Err(Code::SignatureWindow));
    assert_eq!(verdict(|f| f.issued_at = NOW + CLOCK_SKEW_MS + 1), Err(Code::SignatureWindow));
    assert_eq!(verdict(|f| (f.issued_at, f.valid_until) = (i64::MIN, i64::MAX)), Err(Code::SignatureWindow));
    let unfresh = InstanceDoc::sign(fields(), &key(1)).unwrap();
    assert_eq!(unfresh.verify(&domain(), NOW), Err(Code::BadObjectSignature));
}

#[test]
fn a_freshness_line_belongs_to_one_document() {
    let mut newer = InstanceDoc::sign(InstanceFields { serial: 2, ..fields() }, &key(1)).unwrap();
    newer.set_member("fresh", document(fields(), &key(1)).member("fresh").unwrap().clone());
    assert_eq!(newer.verify(&domain(), NOW), Err(Code::BadObjectSignature));
    let mut stranger = InstanceDoc::sign(fields(), &key(1)).unwrap();
    stranger.freshen(&key(7), NOW).unwrap();
    assert_eq!(stranger.verify(&domain(), NOW), Err(Code::UnknownKey));
}

#[test]
fn a_key_has_a_time() {
    let fields = fields();
    let (kid, entry) = (&fields.keys[0].kid, &fields.keys[0]);
    assert!(key_at(&fields.keys, kid, NOW).is_ok());
    assert_eq!(key_at(&fields.keys, kid, entry.nbf - CLOCK_SKEW_MS - 1), Err(Code::UnknownKey));
    assert_eq!(key_at(&fields.keys, kid, entry.exp), Err(Code::KeyExpired));
    assert_eq!(key_at(&fields.keys, &key(5).public().kid(), NOW), Err(Code::UnknownKey));
    let revoked = InstanceKey { revoked_at: Some(NOW + DAY_MS), ..entry.clone() };
    assert_eq!(key_at(&[revoked], kid, NOW), Err(Code::KeyRevoked));
}

#[test]
fn a_pin_notices_a_domain_that_changed_hands() {
    let mut pin = Pin::first(&domain(), &document(fields(), &key(1)), NOW).unwrap();
    assert_eq!(pin.update(&document(fields(), &key(1)), NOW), Ok(Pinned::Unchanged));
    let newer = InstanceFields { serial: 3, ..fields() };
    assert_eq!(pin.update(&document(newer.clone(), &key(1)), NOW), Ok(Pinned::Updated));
    assert_eq!(pin.update(&document(fields(), &key(1)), NOW), Err(Code::StaleRev));
    let other = InstanceFields { mode: Mode::Closed, ..newer };
    assert_eq!(pin.update(&document(other, &key(1)), NOW), Err(Code::StaleRev));

    let root = key(4).public();
    let stranger = InstanceFields {
        ik: InstanceId::of_root(&root.to_bytes()),
        root: RootKey { public: root },
        serial: 9,
        ..fields()
    };
    let before = pin.clone();
    assert_eq!(pin.update(&document(stranger, &key(4)), NOW), Err(Code::IdentityChanged));
    assert_eq!(pin, before);
}

#[test]
fn an_instance_is_followed_to_the_domain_that_it_signs_for() {
    let there = Domain::parse("new.example", false).unwrap();
    let at = |serial: u64, root: u8, moved: Option<Moved>| {
        let api = "https://new.example/federation/v1".into();
        document(InstanceFields { domain: there.clone(), api, serial, moved, ..fields() }, &key(root))
    };
    let pin = Pin::first(&domain(), &document(fields(), &key(1)), NOW).unwrap();
    let followed = pin.follow(&there, &at(2, 1, None), NOW).unwrap();
    assert_eq!((&followed.domain, &followed.ik, followed.serial), (&there, &pin.ik, 2));
    // From before, by another key, another instance, for another domain, and one that was left again.
    assert_eq!(pin.follow(&there, &at(1, 1, None), NOW), Err(Code::StaleRev));
    assert_eq!(pin.follow(&there, &at(2, 3, None), NOW), Err(Code::BadObjectSignature));
    let root = RootKey { public: key(3).public() };
    let ik = crate::ids::InstanceId::of_root(&key(3).public().to_bytes());
    let api = "https://new.example/federation/v1".into();
    let other = document(InstanceFields { domain: there.clone(), api, serial: 2, root, ik, ..fields() }, &key(3));
    assert_eq!(pin.follow(&there, &other, NOW), Err(Code::IdentityChanged));
    assert_eq!(pin.follow(&there, &document(fields(), &key(1)), NOW), Err(Code::OriginInvalid));
    let further = Some(Moved { domain: Domain::parse("newer.example", false).unwrap() });
    assert_eq!(pin.follow(&there, &at(2, 1, further), NOW), Err(Code::Moved));

    // What the old domain serves says where, and is no document to go on with.
    let mut left = at(2, 1, None).at_former(&domain(), &key(1)).unwrap();
    left.freshen(&key(2), NOW).unwrap();
    assert_eq!(pin.way(&left, NOW), Ok(there.clone()));
    assert_eq!(pin.clone().update(&left, NOW), Err(Code::Moved));
    assert_eq!(Pin::first(&domain(), &left, NOW), Err(Code::Moved));
    assert_eq!(pin.way(&document(fields(), &key(1)), NOW), Err(Code::NotFound));
    let mut older = at(0, 1, None).at_former(&domain(), &key(1)).unwrap();
    older.freshen(&key(2), NOW).unwrap();
    assert_eq!(pin.way(&older, NOW), Err(Code::StaleRev));
    let mut forged = at(2, 1, None).at_former(&domain(), &key(3)).unwrap();
    forged.freshen(&key(2), NOW).unwrap();
    assert_eq!(pin.way(&forged, NOW), Err(Code::BadObjectSignature));
}

#[test]
fn a_root_key_is_followed_only_along_its_signed_line() {
    let ik = fields().ik;
    let change = |old: u8, new: u8| RootChange::sign(&ik, &key(old), key(new).public()).unwrap();
    let under = |root: u8, serial: u64, history: Vec<RootChange>| {
        let root_key = RootKey { public: key(root).public() };
        document(InstanceFields { root: root_key, root_history: history, serial, ..fields() }, &key(root))
    };
    let mut pin = Pin::first(&domain(), &document(fields(), &key(1)), NOW).unwrap();
    assert_eq!(pin.update(&under(10, 2, vec![change(1, 10)]), NOW), Ok(Pinned::RootChanged));
    // Both root keys that come later in one step.
    assert_eq!(
        pin.update(&under(12, 3, vec![change(1, 10), change(10, 11), change(11, 12)]), NOW),
        Ok(Pinned::RootChanged)
    );
    // A stolen first root key starts a line of its own.
    assert_eq!(pin.update(&under(13, 4, vec![change(1, 13)]), NOW), Err(Code::IdentityChanged));
    // A gap, and a change that another key signed.
    assert_eq!(pin.update(&under(12, 5, vec![change(1, 10), change(11, 12)]), NOW), Err(Code::BadObjectSignature));
    let forged = RootChange { public: key(1).public(), ..change(10, 12) };
    assert_eq!(pin.update(&under(12, 6, vec![forged]), NOW), Err(Code::BadObjectSignature));
}

#[test]
fn keys_in_a_log_follow_each_other_by_serial() {
    let base = fields();
    let keys = |serial: u64, root: u8, root_history: Vec<RootChange>, keys: Vec<InstanceKey>| {
        let root_pub = key(root).public();
        let (ik, domain) = (base.ik.clone(), base.domain.clone());
        KeysStatement::sign(KeysFields { ik, domain, serial, root: root_pub, root_history, keys }, &key(root)).unwrap()
    };
    let first = keys(1, 1, vec![], base.keys.clone());
    assert_eq!(first.verify(), Ok(()));
    assert!(first.key(&base.keys[0].kid).is_ok());
    let revoked = InstanceKey { revoked_at: Some(NOW), ..base.keys[0].clone() };
    let second = keys(2, 1, vec![], vec![revoked]);
    assert_eq!(second.verify_after(&first.root, first.serial), Ok(()));
    assert_eq!(second.key(&base.keys[0].kid), Err(Code::KeyRevoked));
    assert_eq!(first.verify_after(&second.root, second.serial), Err(Code::StaleRev));
    assert_eq!(first.verify_after(&first.root, first.serial), Err(Code::StaleRev));
    let change = RootChange::sign(&base.ik, &key(1), key(10).public()).unwrap();
    let third = keys(3, 10, vec![change], base.keys.clone());
    assert_eq!(third.verify_after(&second.root, second.serial), Ok(()));
    // Back to the root key that went: whoever stole it gets nothing.
    assert_eq!(
        keys(4, 1, vec![], base.keys.clone()).verify_after(&third.root, third.serial),
        Err(Code::IdentityChanged)
    );
}

#[test]
fn a_document_is_no_keys_statement() {
    let doc = InstanceDoc::sign(fields(), &key(1)).unwrap();
    let mut raw = serde_json::to_value(&doc).unwrap();
    raw["root"] = raw["root"]["pub"].clone();
    assert_eq!(KeysStatement::from_value(raw).unwrap().verify(), Err(Code::BadObjectSignature));
}
