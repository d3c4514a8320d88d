//! Requests between instances that are not as they should be: each is refused with its code and changes nothing.

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::httpsig::{self, Outgoing, digest_header, sign_request};
use conntext_federation::keys::SecretKey;
use conntext_server::peers;
use serde_json::json;

use crate::kit::{Answer, TestInstance, TestNet};

/// A signed request, to be bent.
struct Bent {
    method: Method,
    path: String,
    body: Vec<u8>,
    headers: Vec<(String, String)>,
}

fn domain(text: &str) -> Domain {
    Domain::parse_normal(text, true).expect("a domain")
}

fn signed(from: &TestInstance, to: &str, method: Method, path: &str, body: &[u8], at_ms: i64, key: &SecretKey) -> Bent {
    let path = format!("/federation/v1{path}");
    let digest = digest_header(body);
    let destination = domain(to);
    let out = Outgoing {
        method: method.as_str(),
        path: &path,
        destination: &destination,
        content_type: (!body.is_empty()).then_some("application/json"),
        digest: &digest,
    };
    let headers = sign_request(&out, &from.app.domain, key, from.app.rng.bytes(), at_ms).expect("a signature");
    let headers = headers.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    Bent { method, path, body: body.to_vec(), headers }
}

async fn send(to: &TestInstance, bent: &Bent) -> Answer {
    let mut client = to.client();
    for (name, value) in bent.headers.iter().filter(|(n, _)| n != "content-type") {
        client = client.with_header(name, value);
    }
    let kind = bent.headers.iter().find(|(n, _)| n == "content-type").map(|(_, v)| v.as_str());
    client.send(bent.method.clone(), &bent.path, kind, bent.body.clone()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_requests_that_do_not_hold_are_refused_with_their_code() {
    let net = TestNet::new(20);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let key = &b.app.keys.signing();
    let now = b.app.clock.now_ms();
    let body = json!({"servers": [], "software": "x"}).to_string().into_bytes();
    let hello = || signed(&b, "a.test", Method::POST, "/hello", &body, now, key);

    let good = hello();
    send(&a, &good).await.expect_status(200);
    send(&a, &good).await.expect_problem(401, "replayed");

    let mut unsigned = hello();
    unsigned.headers.retain(|(n, _)| n != "signature");
    send(&a, &unsigned).await.expect_problem(401, "signature_missing");
    let mut touched = hello();
    touched.body = json!({"servers": [], "software": "y"}).to_string().into_bytes();
    send(&a, &touched).await.expect_problem(400, "digest_mismatch");
    let mut elsewhere = hello();
    elsewhere.path = "/federation/v1/events".into();
    send(&a, &elsewhere).await.expect_problem(401, "bad_signature");
    let other = signed(&b, "c.test", Method::POST, "/hello", &body, now, key);
    send(&a, &other).await.expect_problem(401, "wrong_destination");
    let early = signed(&b, "a.test", Method::POST, "/hello", &body, now + 120_000, key);
    send(&a, &early).await.expect_problem(401, "signature_future");
    let late = signed(&b, "a.test", Method::POST, "/hello", &body, now - 120_000, key);
    send(&a, &late).await.expect_problem(401, "signature_stale");
    let stranger = SecretKey::from_seed([9; 32]);
    let forged = signed(&b, "a.test", Method::POST, "/hello", &body, now, &stranger);
    send(&a, &forged).await.expect_problem(401, "unknown_key");
    let itself = signed(&a, "a.test", Method::POST, "/hello", &body, now, &a.app.keys.signing());
    send(&a, &itself).await.expect_problem(403, "origin_is_self");

    let twice = br#"{"servers":[],"servers":[],"software":"x"}"#;
    let doubled = signed(&b, "a.test", Method::POST, "/hello", twice, now, key);
    send(&a, &doubled).await.expect_problem(400, "bad_json");
    let mut squeezed = hello();
    squeezed.headers.push(("content-encoding".into(), "gzip".into()));
    send(&a, &squeezed).await.expect_problem(415, "content_encoding");
    let large = vec![b' '; 1024 * 1024 + 1];
    let large = signed(&b, "a.test", Method::POST, "/hello", &large, now, key);
    send(&a, &large).await.expect_problem(413, "too_large");

    let nowhere = signed(&b, "a.test", Method::GET, "/nowhere", b"", now, key);
    send(&a, &nowhere).await.expect_problem(404, "not_found");
    let method = signed(&b, "a.test", Method::GET, "/hello", b"", now, key);
    send(&a, &method).await.expect_problem(405, "method_not_allowed");

    // The signature of an empty body says so.
    assert_eq!(digest_header(b""), httpsig::EMPTY_DIGEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_outsiders_learn_nothing_and_nobody_speaks_for_others() {
    let net = TestNet::new(21);
    let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let sid = &orchard.sid;
    a.act(sid, &ada.actor, "server.update", None, None, json!({"public": false})).await;
    let now = b.app.clock.now_ms();
    for path in ["head", "snapshot", "events?after=0"] {
        let ask = signed(&b, "a.test", Method::GET, &format!("/servers/{sid}/{path}"), b"", now, &b.app.keys.signing());
        send(&a, &ask).await.expect_problem(404, "unknown_server");
    }
    assert_eq!(b.join(&ben, "a.test", sid).await.expect_err("private").code, "unknown_server");
    a.act(sid, &ada.actor, "server.update", None, None, json!({"public": true})).await;
    let ask = signed(&b, "a.test", Method::GET, &format!("/servers/{sid}/head"), b"", now, &b.app.keys.signing());
    send(&a, &ask).await.expect_problem(403, "not_member");
    b.join(&ben, "a.test", sid).await.expect("joined");
    let ask = signed(
        &b,
        "a.test",
        Method::GET,
        &format!("/servers/{sid}/events?after=9999"),
        b"",
        now,
        &b.app.keys.signing(),
    );
    send(&a, &ask).await.expect_problem(416, "beyond_head");

    // Only the hub brings events.
    let push = json!({"events": [], "sid": sid}).to_string().into_bytes();
    let theirs = signed(&c, "b.test", Method::POST, "/events", &push, now, &c.app.keys.signing());
    send(&b, &theirs).await.expect_problem(403, "not_your_hub");
    let unknown = signed(&a, "c.test", Method::POST, "/events", &push, now, &a.app.keys.signing());
    send(&c, &unknown).await.expect_problem(403, "not_member_here");
    // Typing of somebody of another home is dropped.
    let typing = json!({"items": [{"actor": ben.uid, "channel": orchard.channel, "sid": sid, "type": "typing"}]});
    let typing = typing.to_string().into_bytes();
    let false_word = signed(&c, "a.test", Method::POST, "/ephemeral", &typing, now, &c.app.keys.signing());
    let answer = send(&a, &false_word).await.expect_status(202);
    assert_eq!(answer.json, json!({"accepted": 0, "dropped": 1}));
    let true_word = signed(&b, "a.test", Method::POST, "/ephemeral", &typing, now, &b.app.keys.signing());
    assert_eq!(send(&a, &true_word).await.expect_status(202).json["accepted"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_new_name_reaches_everybody_who_shares_a_community() {
    let net = TestNet::new(22);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let ada = a.citizen("ada").await;
    let client = b.person("ben").await;
    let ben = b.known_as(&client).await;
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    let name = async |t: &TestInstance, uid: &str| {
        let mut read = t.app.db.read().await.expect("a reader");
        conntext_server::profiles::user(&mut read, uid).await.expect("a user").display_name
    };
    crate::kit::until("a knows ben", async || name(&a, ben.uid.as_str()).await == "ben").await;
    crate::kit::until("b knows ada", async || name(&b, ada.uid.as_str()).await == "ada").await;
    client.patch("/me", json!({"display_name": "Benjamin"})).await.expect_status(200);
    crate::kit::until("a has the new name", async || name(&a, ben.uid.as_str()).await == "Benjamin").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_handle_is_shown_when_its_home_says_so() {
    let net = TestNet::new(23);
    let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
    let (ada, ben, cora) = (a.citizen("ada").await, b.citizen("ben").await, c.citizen("cora").await);
    let orchard = a.community(&ada).await;
    let sid = &orchard.sid;
    b.join(&ben, "a.test", sid).await.expect("joined");
    let user = async |t: &TestInstance, uid: &str| {
        let mut read = t.app.db.read().await.expect("a reader");
        conntext_server::profiles::user(&mut read, uid).await.expect("a user")
    };
    // The hub had it from the home.
    assert_eq!(user(&a, ben.uid.as_str()).await.handle, "ben");
    // The third has it from the hub only, who could say anything.
    net.cut("b.test", "c.test");
    c.join(&cora, "a.test", sid).await.expect("joined");
    crate::kit::until("c knows both", async || {
        let domains = [user(&c, ada.uid.as_str()).await.domain, user(&c, ben.uid.as_str()).await.domain];
        domains == ["a.test", "b.test"]
    })
    .await;
    assert_eq!(user(&c, ada.uid.as_str()).await.handle, "ada");
    assert_eq!(user(&c, ben.uid.as_str()).await.handle, ben.uid.as_str()[..10]);
    net.heal("b.test", "c.test");
    // Who was not reached is asked again after a while.
    for instance in [&a, &b, &c] {
        instance.clock.advance(11_000);
    }
    peers::hello::say(&b.app, &domain("c.test")).await.expect("greeted");
    b.write(sid, &ben.actor, &orchard.channel, "hello").await;
    crate::kit::until("the home says so", async || user(&c, ben.uid.as_str()).await.handle == "ben").await;

    // Asked for one handle, the home says whose it is; unknown ones are not found.
    let now = c.app.clock.now_ms();
    let ask = |handle: &str| {
        signed(&c, "b.test", Method::GET, &format!("/handles/{handle}"), b"", now, &c.app.keys.signing())
    };
    assert_eq!(send(&b, &ask("ben")).await.expect_status(200).json, json!({"uid": ben.uid}));
    send(&b, &ask("nobody")).await.expect_problem(404, "not_found");
}
