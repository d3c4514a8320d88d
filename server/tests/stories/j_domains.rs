//! Instances that change their domain: who they are stays, and whoever knows them follows.

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::instance::{InstanceDoc, Moved, RootKey};
use conntext_federation::keys::SecretKey;
use conntext_server::peers::domains::own::DomainError;
use conntext_server::peers::store as peers_store;
use conntext_server::peers::{self};
use serde_json::json;

use crate::kit::{Answer, PASSWORD, TestClient, TestInstance, TestNet, same, until};

const DAY_MS: i64 = 86_400_000;

fn domain(text: &str) -> Domain {
    Domain::parse_normal(text, true).expect("a domain")
}

fn pass(instances: &[&TestInstance], ms: i64) {
    instances.iter().for_each(|instance| instance.clock.advance(ms));
}

/// The domains under which an instance knows others.
async fn known(instance: &TestInstance) -> Vec<String> {
    let mut read = instance.app.db.read().await.expect("a reader");
    let all = peers_store::peers(&mut read).await.expect("rows");
    all.into_iter().map(|peer| peer.domain.to_string()).collect()
}

/// What an instance answers somebody who came to a certain domain.
async fn at(instance: &TestInstance, host: &str, path: &str) -> Answer {
    instance.client().with_header("host", host).send(Method::GET, path, None, vec![]).await
}

async fn document(instance: &TestInstance, host: &str) -> InstanceDoc {
    let answer = at(instance, host, "/.well-known/conntext").await.expect_status(200);
    InstanceDoc::from_slice(&answer.bytes).expect("a document")
}

/// An instance that has just started greets another one until it is heard: who asked where it is before it answered asks
/// again ten seconds later.
async fn heard(all: &[&TestInstance], from: &TestInstance, to: &TestInstance) {
    let greeted = async || {
        pass(all, 11_000);
        peers::hello::say(&from.app, &to.app.domain).await.is_ok()
    };
    until("it is heard", greeted).await;
}

async fn found(from: &TestInstance, at: &str) -> Result<String, String> {
    let found = peers::find(&from.app, &domain(at)).await;
    found.map(|peer| peer.domain.to_string()).map_err(|e| e.code().unwrap_or("-").to_owned())
}

/// Serves a document as it is, for a domain at which nobody else answers.
fn serve(net: &TestNet, at: &str, mut doc: InstanceDoc, key: &SecretKey, now_ms: i64) {
    doc.freshen(key, now_ms).expect("a line");
    let bytes = doc.to_vec().expect("bytes");
    let answer = move || async move { ([("content-type", "application/json")], bytes.clone()) };
    net.plug(at, axum::Router::new().route("/.well-known/conntext", axum::routing::get(answer)));
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_an_instance_changes_its_domain_and_everybody_follows() {
    let net = TestNet::new(71);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let c = net.instance("c.test").await;
    let (ada, ben, cleo) = (a.citizen("ada").await, b.citizen("ben").await, c.citizen("cleo").await);
    let (orchard, meadow) = (a.community(&ada).await, b.community(&ben).await);
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    c.join(&cleo, "a.test", &orchard.sid).await.expect("joined");
    a.join(&ada, "b.test", &meadow.sid).await.expect("joined");
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "before").await;
    same(&a, &b, &orchard.sid).await;
    same(&a, &c, &orchard.sid).await;

    // C does not hear of it.
    for there in ["a.test", "new.test"] {
        net.cut("c.test", there);
    }
    let ik = a.app.keys.ik.clone();
    let a = a.renamed("new.test").await;
    assert_eq!(a.app.keys.ik, ik);
    heard(&[&a, &b, &c], &a, &b).await;
    let moved = async || b.log(&orchard.sid).hub_domain() == "new.test";
    until("the copy follows its hub to the new domain", moved).await;
    assert_eq!(known(&b).await, ["c.test", "new.test"]);
    let shown = |log: &TestInstance, sid| log.log(sid).state().instances[&ik].domain.clone();
    until("its own log shows it", async || shown(&b, &orchard.sid) == "new.test").await;
    until("the log of another hub shows it", async || shown(&b, &meadow.sid) == "new.test").await;
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "from the new domain").await;
    b.write(&orchard.sid, &ben.actor, &orchard.channel, "to the new domain").await;
    a.write(&meadow.sid, &ada.actor, &meadow.channel, "as a member from there").await;
    b.write(&meadow.sid, &ben.actor, &meadow.channel, "and an answer").await;
    same(&a, &b, &orchard.sid).await;
    same(&b, &a, &meadow.sid).await;
    a.verifies(&orchard.sid).await;
    b.verifies(&orchard.sid).await;

    // C wakes up, and the old domain leads nowhere any more: it is told by the instance itself.
    net.unplug("a.test");
    net.heal("c.test", "new.test");
    pass(&[&a, &b, &c], DAY_MS);
    c.write(&orchard.sid, &cleo.actor, &orchard.channel, "late").await;
    heard(&[&a, &b, &c], &a, &c).await;
    until("whoever slept is told", async || c.log(&orchard.sid).hub_domain() == "new.test").await;
    until("what waited arrives", async || c.waiting(&orchard.sid, &cleo.actor).await == 0).await;
    same(&a, &c, &orchard.sid).await;
    assert_eq!(a.bodies(&orchard.sid, &orchard.channel).await.len(), 4);

    // It is started once more, and nothing is told anew.
    let serial = b.log(&orchard.sid).state().instances[&ik].serial;
    let a = a.restart().await;
    heard(&[&a, &b, &c], &a, &b).await;
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "after a restart").await;
    same(&a, &b, &orchard.sid).await;
    assert_eq!(b.log(&orchard.sid).state().instances[&ik].serial, serial);
    let b = b.restart().await;
    pass(&[&a, &b, &c], 11_000);
    assert_eq!(b.log(&orchard.sid).hub_domain(), "new.test");
    assert_eq!(found(&b, "a.test").await, Ok("new.test".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_people_find_their_instance_under_its_new_domain() {
    let net = TestNet::new(72);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (mut ada, ben) = (a.person("ada").await, b.person("ben").await);
    let made = ada.post("/servers", json!({"name": "Orchard"})).await.expect_status(201);
    let (sid, channel) = (made.text("/id"), made.text("/channels/0/id"));
    let code = ada.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
    ada.post(&format!("/servers/{sid}/channels/{channel}/messages"), json!({"body": "hi", "nonce": "1"})).await;
    ada.let_go();
    let a = a.renamed("new.test").await;

    // Pages lead on, programs are told, other instances read it.
    let page = at(&a, "a.test", &format!("/i/{code}?x=1")).await.expect_status(308);
    assert_eq!(page.headers["location"], format!("https://new.test/i/{code}?x=1"));
    let api = at(&a, "a.test", "/api/v1/instance").await.expect_problem(421, "moved");
    assert_eq!(api.text("/domain"), "new.test");
    let info = a.client().get("/instance").await.json;
    let until = a.app.clock.now_ms() + 90 * DAY_MS;
    assert_eq!(info["former_domain"], json!({"domain": "a.test", "until": until}));
    assert_eq!(at(&a, "new.test", "/api/v1/instance").await.expect_status(200).text("/domain"), "new.test");
    let doc = document(&a, "a.test").await;
    assert_eq!(doc.moved, Some(Moved { domain: domain("new.test") }));
    assert_eq!(document(&a, "new.test").await.moved, None);

    // Names with the old domain still sign in, and show the new one.
    let sign_in = |name: &str| json!({"handle": name, "password": PASSWORD});
    let client = a.client();
    let signed = client.post("/sessions", sign_in("ada@a.test")).await.expect_status(201);
    assert_eq!(signed.json["me"]["user"]["domain"], "new.test", "{}", signed.json);
    client.post("/sessions", sign_in("ada@c.test")).await.expect_problem(401, "bad_credentials");

    // An invitation that names the old one leads there, wherever it is opened.
    let joined = ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
    assert_eq!(joined.text("/id"), sid);
    assert_eq!(known(&b).await, ["new.test"]);
    let card = ben.get(&format!("/invites/a.test/{code}")).await.expect_status(200);
    assert_eq!(card.text("/domain"), "new.test");
    let there = ben.get(&format!("/servers/{sid}")).await.expect_status(200);
    assert_eq!(there.text("/hub_domain"), "new.test", "{}", there.json);
    let ada: TestClient = a.client().acting_as(&ada);
    ada.get(&format!("/invites/a.test/{code}")).await.expect_status(200);

    // For a while.
    pass(&[&a, &b], 91 * DAY_MS);
    let info = at(&a, "a.test", "/api/v1/instance").await.expect_status(200);
    assert_eq!(info.json["former_domain"], json!(null));
    assert_eq!(document(&a, "a.test").await.moved, None);
    // Whoever has the domain then is somebody else.
    let d = net.instance("d.test").await;
    pass(&[&d], 91 * DAY_MS);
    net.unplug("a.test");
    assert_eq!(found(&b, "a.test").await, Err("-".into()));
    client.post("/sessions", sign_in("ada@a.test")).await.expect_problem(401, "bad_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_nobody_is_led_to_a_domain_that_is_not_the_instances() {
    let net = TestNet::new(73);
    let (a, b, m) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("m.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    let genuine = document(&a, "a.test").await;
    let before = (known(&b).await, b.log(&orchard.sid).head());
    let unchanged = async || {
        assert_eq!((known(&b).await, b.log(&orchard.sid).head()), before);
        assert_eq!(b.log(&orchard.sid).hub_domain(), "a.test");
    };
    let at_x = |doc: &InstanceDoc, root: &SecretKey, serial: u64, moved: Option<&str>| {
        let mut fields = doc.body().clone();
        fields.domain = domain("x.test");
        fields.api = "https://x.test/federation/v1".into();
        fields.serial = serial;
        fields.moved = moved.map(|to| Moved { domain: domain(to) });
        InstanceDoc::sign(fields, root).expect("a document")
    };
    let now = b.app.clock.now_ms();
    let (root, key) = (&a.app.keys.root, a.app.keys.signing());
    let mallory = SecretKey::from_seed([9; 32]);

    // The name of A, under a root key that is not A's.
    serve(&net, "x.test", at_x(&genuine, &mallory, genuine.serial + 1, None), &key, now);
    assert!(found(&b, "x.test").await.is_err());
    let mut forged = genuine.body().clone();
    forged.root = RootKey { public: mallory.public() };
    let forged = InstanceDoc::sign(forged, &mallory).expect("a document");
    pass(&[&a, &b, &m], 11_000);
    serve(&net, "x.test", at_x(&forged, &mallory, genuine.serial + 1, None), &key, now);
    assert!(found(&b, "x.test").await.is_err());
    unchanged().await;

    // A document of A for another domain that is no newer than what is known: of a time before.
    pass(&[&a, &b, &m], 11_000);
    serve(&net, "x.test", at_x(&genuine, root, genuine.serial, None), &key, b.app.clock.now_ms());
    assert_eq!(found(&b, "x.test").await, Err("stale_rev".into()));
    unchanged().await;

    // M says that it went to where A is, and that A's domain is its own.
    let mine = document(&m, "m.test").await;
    pass(&[&a, &b, &m], 11_000);
    let to_a = at_x(&mine, &m.app.keys.root, mine.serial + 1, Some("a.test"));
    serve(&net, "x.test", to_a, &m.app.keys.signing(), b.app.clock.now_ms());
    assert_eq!(found(&b, "x.test").await, Err("identity_changed".into()));
    unchanged().await;

    // From one to the next without an end, and to whoever asks.
    for (from, to) in [("x.test", "y.test"), ("y.test", "x.test")] {
        let mut fields = mine.body().clone();
        fields.domain = domain(from);
        fields.api = format!("https://{from}/federation/v1");
        fields.moved = Some(Moved { domain: domain(to) });
        let doc = InstanceDoc::sign(fields, &m.app.keys.root).expect("a document");
        pass(&[&a, &b, &m], 11_000);
        serve(&net, from, doc, &m.app.keys.signing(), b.app.clock.now_ms());
    }
    assert!(found(&b, "x.test").await.is_err());
    pass(&[&a, &b, &m], 11_000);
    let to_b = at_x(&mine, &m.app.keys.root, mine.serial + 1, Some("b.test"));
    serve(&net, "x.test", to_b, &m.app.keys.signing(), b.app.clock.now_ms());
    assert_eq!(found(&b, "x.test").await, Err("origin_is_self".into()));
    unchanged().await;

    // All goes on.
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "and on").await;
    same(&a, &b, &orchard.sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_domain_that_was_lost_takes_nothing_along() {
    let net = TestNet::new(74);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    same(&a, &b, &orchard.sid).await;

    // Somebody else has the domain now, and B has noticed.
    let stranger = net.instance("z.test").await;
    let mut fields = document(&stranger, "z.test").await.body().clone();
    fields.domain = domain("a.test");
    fields.api = "https://a.test/federation/v1".into();
    let theirs = InstanceDoc::sign(fields, &stranger.app.keys.root).expect("a document");
    let mut stopped = a.stop().await;
    stopped.is_at("new.test");
    pass(&[&b, &stranger], 2 * DAY_MS);
    serve(&net, "a.test", theirs, &stranger.app.keys.signing(), b.app.clock.now_ms());
    assert_eq!(found(&b, "a.test").await, Err("identity_changed".into()));

    // The instance goes on under a domain of its own.
    stopped.change_domain().await.expect("another domain");
    let a = stopped.start().await;
    pass(&[&a], 2 * DAY_MS);
    heard(&[&a, &b], &a, &b).await;
    assert_eq!(b.log(&orchard.sid).hub_domain(), "new.test", "B follows the instance and not the domain");
    b.write(&orchard.sid, &ben.actor, &orchard.channel, "to the right one").await;
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "from the right one").await;
    same(&a, &b, &orchard.sid).await;
    assert_eq!(known(&b).await, ["new.test"]);

    // Whoever has the old domain now is somebody new, as soon as they speak up.
    assert_eq!(found(&b, "a.test").await, Ok("new.test".into()));
    let kid = stranger.app.keys.signing().public().kid();
    let peer = peers::naming(&b.app, &domain("a.test"), &kid).await.expect("a first contact");
    assert_eq!(peer.ik, stranger.app.keys.ik);
    assert_eq!(found(&b, "a.test").await, Ok("a.test".into()));
    assert_eq!(known(&b).await, ["a.test", "new.test"]);
    assert_eq!(b.log(&orchard.sid).hub_domain(), "new.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_an_instance_goes_back_to_a_domain_that_it_left() {
    let net = TestNet::new(75);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    let mut a = a;
    for next in ["new.test", "newer.test", "a.test"] {
        pass(&[&a, &b], 2 * DAY_MS);
        a = a.renamed(next).await;
        heard(&[&a, &b], &a, &b).await;
        until("the copy follows", async || b.log(&orchard.sid).hub_domain() == next).await;
        a.write(&orchard.sid, &ada.actor, &orchard.channel, next).await;
        b.write(&orchard.sid, &ben.actor, &orchard.channel, next).await;
        same(&a, &b, &orchard.sid).await;
        assert_eq!(known(&b).await, [next]);
    }
    for former in ["new.test", "newer.test"] {
        assert_eq!(found(&b, former).await, Ok("a.test".into()));
        assert_eq!(document(&a, former).await.moved, Some(Moved { domain: domain("a.test") }));
    }
    assert_eq!(document(&a, "a.test").await.moved, None);
    a.verifies(&orchard.sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_blocked_instance_stays_blocked_under_another_domain() {
    let net = TestNet::new(76);
    let a = net.instance("a.test").await;
    let b = net.instance("b.test").await;
    let root = b.admin().await;
    let c = net.instance_with("c.test", |config| config.federation.deny = vec!["a.test".into()]).await;
    let (ada, ben, cleo) = (a.citizen("ada").await, b.citizen("ben").await, c.citizen("cleo").await);
    let (meadow, orchard) = (b.community(&ben).await, a.community(&ada).await);
    a.join(&ada, "b.test", &meadow.sid).await.expect("joined");
    c.join(&cleo, "b.test", &meadow.sid).await.expect("joined");
    root.put("/trust/rules/a.test", json!({"verdict": "block"})).await.expect_status(200);
    let a = a.renamed("new.test").await;

    pass(&[&a, &b, &c], 11_000);
    let said = peers::hello::say(&a.app, &b.app.domain).await;
    eprintln!(
        "DBG {:?} {} {:?}",
        known(&b).await,
        root.get("/trust").await.json,
        b.app.peers.trust.book().judge(&domain("new.test"))
    );
    assert_eq!(said.expect_err("refused").code(), Some("blocked"));
    assert_eq!(found(&b, "new.test").await, Err("blocked".into()));
    let rules = root.get("/trust").await.json["rules"].clone();
    let patterns: Vec<_> = rules.as_array().unwrap().iter().map(|rule| rule["pattern"].clone()).collect();
    assert_eq!(patterns, [json!("a.test"), json!("new.test")]);
    assert!(b.app.peers.trust.book().hides(&domain("new.test")));
    assert!(b.join(&ben, "new.test", &orchard.sid).await.is_err());
    // Neither does a rule for a whole domain end where somebody leaves it, though nobody is let in by one.
    let d = net.instance("d.spam.test").await;
    let dora = d.citizen("dora").await;
    d.join(&dora, "b.test", &meadow.sid).await.expect("joined");
    root.put("/trust/rules/*.spam.test", json!({"verdict": "block"})).await.expect_status(200);
    let d = d.renamed("clean.test").await;
    pass(&[&a, &b, &c, &d], 11_000);
    let said = peers::hello::say(&d.app, &b.app.domain).await;
    assert_eq!(said.expect_err("refused").code(), Some("blocked"));
    assert_eq!(found(&b, "clean.test").await, Err("blocked".into()));
    // C never spoke with it, and its own operator's word counts for the instance that it was.
    assert!(found(&c, "a.test").await.is_err());

    // Let in again, it is followed.
    for pattern in ["a.test", "new.test"] {
        root.delete(&format!("/trust/rules/{pattern}")).await.expect_status(204);
    }
    heard(&[&a, &b, &c], &a, &b).await;
    a.write(&meadow.sid, &ada.actor, &meadow.channel, "back").await;
    same(&b, &a, &meadow.sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_domain_changes_only_by_its_operators_word() {
    let net = TestNet::new(77);
    let a = net.instance("a.test").await;
    let mut stopped = a.stop().await;
    assert!(matches!(stopped.change_domain().await, Err(DomainError::Same(_))));
    // A slip in the configuration changes nothing, and is named.
    stopped.config.instance.domain = "typo.test".into();
    let refused = stopped.check_domain().await.expect_err("refused").to_string();
    assert!(refused.contains("a.test") && refused.contains("typo.test") && refused.contains("conntext domain change"));
    stopped.config.instance.domain = "a.test".into();
    stopped.check_domain().await.expect("as it was");
    let a = stopped.start().await;
    assert_eq!(document(&a, "a.test").await.moved, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_whoever_asks_at_the_old_domain_is_led_on() {
    let net = TestNet::new(78);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    same(&a, &b, &orchard.sid).await;
    // Nothing of its own comes to B.
    net.stall("new.test", "b.test");
    let a = a.renamed("new.test").await;
    pass(&[&a, &b], 61_000);
    let head = format!("/servers/{}/head", orchard.sid);
    let answer: serde_json::Value = peers::get(&b.app, &domain("a.test"), &head).await.expect("an answer");
    assert!(answer["seq"].as_u64().is_some_and(|seq| seq > 0), "{answer}");
    assert_eq!(net.count("b.test", "a.test", &format!("GET /federation/v1{head}")), 1);
    assert_eq!(net.count("b.test", "new.test", &format!("GET /federation/v1{head}")), 1);
    assert_eq!(known(&b).await, ["new.test"]);
    assert_eq!(b.log(&orchard.sid).hub_domain(), "new.test");
    net.heal("new.test", "b.test");
    b.write(&orchard.sid, &ben.actor, &orchard.channel, "there").await;
    same(&a, &b, &orchard.sid).await;
}
