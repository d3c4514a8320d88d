//! The life of an instance's signing keys: changed, revoked, and what others make of it.

use axum::http::Method;
use conntext_federation::httpsig::{self, Outgoing};
use conntext_federation::keys::{Kid, SecretKey};
use conntext_server::peers;
use serde_json::json;

use crate::kit::{Answer, Community, Person, TestInstance, TestNet, same, until};

const HOUR_MS: i64 = 3_600_000;
const WEEK_MS: i64 = 7 * 24 * HOUR_MS;

fn kid(instance: &TestInstance) -> Kid {
    instance.app.keys.signing().public().kid()
}

/// The instance looks at its keys, as it does every few seconds.
async fn attend(instance: &TestInstance) {
    peers::attend_keys(&instance.app).await.expect("the keys are looked after");
}

async fn rotate(instance: &TestInstance) {
    instance.app.keys.rotate(&*instance.app.rng, HOUR_MS, WEEK_MS).expect("a new key");
    attend(instance).await;
}

fn pass(instances: &[&TestInstance], ms: i64) {
    instances.iter().for_each(|instance| instance.clock.advance(ms));
}

/// A greeting that `from` signs with `key`, as it arrives at `to`.
async fn greet(from: &TestInstance, to: &TestInstance, key: &SecretKey) -> Answer {
    let body = json!({"servers": [], "software": "x"}).to_string().into_bytes();
    let digest = httpsig::digest_header(&body);
    let path = "/federation/v1/hello";
    let kind = Some("application/json");
    let outgoing = Outgoing { method: "POST", path, destination: &to.app.domain, content_type: kind, digest: &digest };
    let (nonce, now) = (from.app.rng.bytes(), from.app.clock.now_ms());
    let headers = httpsig::sign_request(&outgoing, &from.app.domain, key, nonce, now).expect("a signature");
    let mut client = to.client();
    for (name, value) in headers.iter().filter(|(name, _)| *name != "content-type") {
        client = client.with_header(name, value);
    }
    client.send(Method::POST, path, kind, body).await
}

/// Two instances with one community on the first, a person on each, and an exchange behind them.
async fn two(seed: u64) -> (TestNet, TestInstance, TestInstance, Person, Person, Community) {
    let net = TestNet::new(seed);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "a before").await;
    b.write(&orchard.sid, &ben.actor, &orchard.channel, "b before").await;
    same(&a, &b, &orchard.sid).await;
    (net, a, b, ada, ben, orchard)
}

/// Both write a few messages at the same time.
async fn both_write(a: &TestInstance, b: &TestInstance, who: (&Person, &Person), orchard: &Community, what: &str) {
    let (sid, general) = (&orchard.sid, &orchard.channel);
    let from_a = async {
        for i in 0..6 {
            a.write(sid, &who.0.actor, general, &format!("a {what} {i}")).await;
        }
    };
    let from_b = async {
        for i in 0..6 {
            b.write(sid, &who.1.actor, general, &format!("b {what} {i}")).await;
        }
    };
    tokio::join!(from_a, from_b);
}

/// The names of the keys that signed a log's events: as hub, and as home.
async fn signers(instance: &TestInstance, orchard: &Community) -> Vec<(Kid, Option<Kid>)> {
    let log = instance.log(&orchard.sid);
    let entries = instance.app.log.read(&log, 0, 10_000).await.expect("entries");
    entries.iter().map(|e| (e.event.hub_sig.kid.clone(), e.event.origin_sig.as_ref().map(|s| s.kid.clone()))).collect()
}

/// Everybody has everything once and in the same order, nothing waits, and both verify.
async fn all_is_well(a: &TestInstance, b: &TestInstance, ben: &Person, orchard: &Community, messages: usize) {
    until("nothing waits", async || b.waiting(&orchard.sid, &ben.actor).await == 0).await;
    same(a, b, &orchard.sid).await;
    let bodies = a.bodies(&orchard.sid, &orchard.channel).await;
    let mut once = bodies.clone();
    once.sort();
    once.dedup();
    assert_eq!((bodies.len(), once.len()), (messages, messages));
    let held = b.bodies(&orchard.sid, &orchard.channel).await;
    assert!(bodies.ends_with(&held), "{held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_hub_changes_its_key_while_messages_flow() {
    let (_net, a, b, ada, ben, orchard) = two(31).await;
    let first = kid(&a);
    let writing = both_write(&a, &b, (&ada, &ben), &orchard, "during");
    let ((), ()) = tokio::join!(writing, rotate(&a));
    // The new key stands in document and logs, and the old one still signs.
    assert_eq!(kid(&a), first);
    assert_eq!(a.app.keys.listed().len(), 2);
    until("the log knows both keys", async || b.log(&orchard.sid).state().instances[&a.app.keys.ik].keys.len() == 2)
        .await;

    pass(&[&a, &b], HOUR_MS);
    let second = kid(&a);
    assert_ne!(second, first);
    both_write(&a, &b, (&ada, &ben), &orchard, "after").await;
    all_is_well(&a, &b, &ben, &orchard, 26).await;
    let last = signers(&b, &orchard).await.pop().expect("an event");
    assert_eq!(last.0, second);

    // A copy that begins now is signed with the new key, and holds what the old one signed.
    let ann = b.citizen("ann").await;
    b.join(&ann, "a.test", &orchard.sid).await.expect("joined");
    // Long after, the old key is still found, signed by the root key.
    for _ in 0..20 {
        pass(&[&a, &b], HOUR_MS);
        a.app.keys.rotate(&*a.app.rng, 0, WEEK_MS).expect("a new key");
    }
    let path = format!("/federation/v1/keys/{}", first.as_str());
    let found = a.client().send(Method::GET, &path, None, Vec::new()).await.expect_status(200);
    let statement = conntext_federation::instance::KeysStatement::from_slice(&found.bytes).expect("a statement");
    statement.verify().expect("signed by the root key");
    assert_eq!((&statement.ik, statement.key(&first).is_ok()), (&a.app.keys.ik, true));
    assert!(!a.app.keys.listed().iter().any(|key| key.kid == first));
    a.client().send(Method::GET, "/federation/v1/keys/0123456789abcdef", None, vec![]).await.expect_status(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_home_changes_its_key_while_messages_flow() {
    let (net, a, b, ada, ben, orchard) = two(32).await;
    let first = kid(&b);
    let writing = both_write(&a, &b, (&ada, &ben), &orchard, "during");
    let ((), ()) = tokio::join!(writing, rotate(&b));
    until("the hub's log knows both keys", async || {
        a.log(&orchard.sid).state().instances[&b.app.keys.ik].keys.len() == 2
    })
    .await;
    pass(&[&a, &b], HOUR_MS);
    let second = kid(&b);
    assert_ne!(second, first);
    both_write(&a, &b, (&ada, &ben), &orchard, "after").await;
    all_is_well(&a, &b, &ben, &orchard, 26).await;
    let of_b: Vec<Kid> = signers(&a, &orchard).await.into_iter().filter_map(|s| s.1).collect();
    assert_eq!((of_b.first(), of_b.last()), (Some(&first), Some(&second)));

    // What waits while the hub is away is signed when it is sent: the key may change meanwhile.
    net.cut("a.test", "b.test");
    b.write(&orchard.sid, &ben.actor, &orchard.channel, "queued").await;
    b.app.keys.rotate(&*b.app.rng, 0, WEEK_MS).expect("a new key");
    attend(&b).await;
    let b = b.restart().await;
    let third = kid(&b);
    assert_ne!(third, second);
    pass(&[&a, &b], 61_000);
    net.heal("a.test", "b.test");
    all_is_well(&a, &b, &ben, &orchard, 27).await;
    assert_eq!(signers(&a, &orchard).await.pop().and_then(|s| s.1), Some(third));
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_revoked_key_is_refused_at_once_and_the_history_under_it_stands() {
    let (net, a, b, ada, ben, orchard) = two(33).await;
    let (stolen, thief) = (kid(&b), b.app.keys.signing());
    greet(&b, &a, &thief).await.expect_status(200);
    pass(&[&a, &b], 61_000);
    b.app.keys.revoke(&*b.app.rng, &stolen, Some("stolen")).expect("revoked");
    attend(&b).await;
    // The new key is one that nobody has read of: the first greeting under it makes others look.
    until("the hub has read of it", async || greet(&b, &a, &thief).await.status == 401).await;
    greet(&b, &a, &thief).await.expect_problem(401, "key_revoked");
    both_write(&a, &b, (&ada, &ben), &orchard, "after").await;
    all_is_well(&a, &b, &ben, &orchard, 14).await;

    // In the log the revocation counts from its place on.
    let log = a.log(&orchard.sid);
    let revoked = log.state().instances[&b.app.keys.ik].keys[&stolen].revoked.expect("a position");
    let before = signers(&a, &orchard).await.iter().position(|s| s.1.as_ref() == Some(&stolen)).expect("an event");
    assert!((before as u64) < revoked);
    assert_eq!(log.state().key_at(&b.app.keys.ik, &stolen, revoked).err(), Some(conntext_federation::Code::KeyRevoked));

    // Whoever makes up keys has the document fetched once a minute at most.
    let fetched = || net.count("a.test", "b.test", "GET /.well-known/conntext");
    pass(&[&a, &b], 61_000);
    let already = fetched();
    for n in 1..20 {
        greet(&b, &a, &SecretKey::from_seed([n; 32])).await.expect_problem(401, "unknown_key");
    }
    assert_eq!(fetched() - already, 1);
    net.unplug("b.test");
    pass(&[&a, &b], 61_000);
    for n in 1..20 {
        assert_eq!(greet(&b, &a, &SecretKey::from_seed([n; 32])).await.status, 401);
        pass(&[&a, &b], 1_000);
    }
    assert_eq!(fetched() - already, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_hub_revokes_its_own_key_and_its_logs_go_on() {
    let (_net, a, b, ada, ben, orchard) = two(34).await;
    let stolen = kid(&a);
    pass(&[&a, &b], 61_000);
    a.app.keys.revoke(&*a.app.rng, &stolen, None).expect("revoked");
    // The first thing that happens in the log shows the new key before.
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "a first").await;
    let signed = signers(&a, &orchard).await;
    let turn = signed.iter().position(|s| s.0 == kid(&a)).expect("an event under the new key");
    let entry = a.app.log.read(&a.log(&orchard.sid), turn as u64, 1).await.expect("an event").pop().expect("one");
    assert_eq!(entry.event.action.kind, "instance.keys");
    assert!(signed[turn..].iter().all(|s| s.0 != stolen));
    attend(&a).await;
    both_write(&a, &b, (&ada, &ben), &orchard, "after").await;
    all_is_well(&a, &b, &ben, &orchard, 15).await;
    // After a restart the same keys are there, and the same log.
    let (a, b) = (a.restart().await, b.restart().await);
    assert!(a.app.keys.listed().iter().any(|key| key.kid == stolen && key.revoked_at.is_some()));
    both_write(&a, &b, (&ada, &ben), &orchard, "again").await;
    all_is_well(&a, &b, &ben, &orchard, 27).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_an_older_document_is_refused_and_the_newest_is_freshened() {
    let (net, a, b, _, _, _) = two(35).await;
    let old = net.count("b.test", "a.test", "GET /.well-known/conntext");
    assert!(old > 0);
    let document = async |instance: &TestInstance| {
        let answer = instance.client().send(Method::GET, "/.well-known/conntext", None, vec![]).await;
        conntext_federation::instance::InstanceDoc::from_slice(&answer.bytes).expect("a document")
    };
    let before = document(&a).await;
    rotate(&a).await;
    let after = document(&a).await;
    assert!(after.serial > before.serial);
    let now = a.app.clock.now_ms();
    let mut pin = conntext_federation::instance::Pin::first(&a.app.domain, &after, now).expect("a pin");
    assert_eq!(pin.update(&before, now).err(), Some(conntext_federation::Code::StaleRev));
    // The active key says anew that it is the newest, without the root key.
    pass(&[&a, &b], 6 * 24 * HOUR_MS);
    let later = document(&a).await;
    let now = a.app.clock.now_ms();
    later.verify(&a.app.domain, now).expect("it holds");
    assert_eq!(later.serial, after.serial);
    assert!(later.usable_until() > now + 6 * 24 * HOUR_MS);
    assert_eq!(later.freshness().expect("a line").sig().kid, kid(&a));
}
