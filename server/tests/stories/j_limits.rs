//! What other instances may do here, and that nothing is lost where they do more.

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::ids::ServerId;
use conntext_server::log::pending;
use conntext_server::peers::{self, CallError};
use serde_json::{Value, json};

use crate::kit::{TestInstance, TestNet, same, until};

async fn ask(from: &TestInstance, to: &str, method: Method, path: &str, body: &Value) -> Result<Value, CallError> {
    let domain = Domain::parse_normal(to, true).expect("a domain");
    match method {
        Method::GET => peers::get(&from.app, &domain, path).await,
        method => peers::call(&from.app, &domain, method, path, body).await,
    }
}

#[track_caller]
fn refused(answer: Result<Value, CallError>) -> u64 {
    let e = answer.expect_err("refused");
    assert_eq!(e.code(), Some("rate"), "{e}");
    e.retry_after_ms().expect("a time to wait")
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_who_does_too_much_from_elsewhere_waits_and_loses_nothing() {
    let net = TestNet::new(41);
    let a = net
        .instance_with("a.test", |c| {
            (c.federation.actor_burst, c.federation.actor_per_s) = (5, 2);
            c.federation.origin_per_s = 100;
        })
        .await;
    let b = net.instance("b.test").await;
    let (ada, ben, bea) = (a.citizen("ada").await, b.citizen("ben").await, b.citizen("bea").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    b.join(&ben, "a.test", &sid).await.expect("joined");
    b.join(&bea, "a.test", &sid).await.expect("joined");
    same(&a, &b, &sid).await;

    // Written while the hub is away, all at once, and more than goes into one request.
    net.cut("a.test", "b.test");
    let said: Vec<String> = (0..60).map(|i| format!("ben{i}")).collect();
    futures_util::future::join_all(said.iter().map(|text| b.write(&sid, &ben.actor, &general, text))).await;
    let queued = {
        let mut read = b.app.db.read().await.expect("a reader");
        let of_ben = pending::of_actor(&mut read, &sid, b.log(&sid).id, &ben.actor).await.expect("a queue");
        of_ben.iter().map(|p| p.draft.content["body"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(queued.len(), 60);
    b.write(&sid, &bea.actor, &general, "bea").await;
    net.heal("a.test", "b.test");
    let hub = Domain::parse_normal("a.test", true).expect("a domain");
    peers::hello::say(&b.app, &hub).await.expect("the hub is there again");
    // The hub's clock stands still: it takes what fits at once, and who did little does not wait for who did much.
    until("bea is through", async || a.bodies(&sid, &general).await.iter().any(|t| t == "bea")).await;
    until("the burst is through", async || b.waiting(&sid, &ben.actor).await == 55).await;
    assert_eq!(a.bodies(&sid, &general).await.len(), 6);
    until("all is through", async || {
        for instance in [&a, &b] {
            instance.clock.advance(100);
        }
        b.waiting(&sid, &ben.actor).await == 0
    })
    .await;
    same(&a, &b, &sid).await;
    let mut all = a.bodies(&sid, &general).await;
    all.retain(|t| t != "bea");
    assert_eq!(all, queued, "in order, each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_new_instance_may_do_less_for_a_day() {
    let net = TestNet::new(42);
    let a = net
        .instance_with("a.test", |c| {
            (c.federation.peer_burst, c.federation.peer_per_s) = (50, 10);
            c.federation.peer_bytes_per_min = 100_000;
            (c.federation.new_peer_hours, c.federation.new_peer_percent) = (24, 10);
        })
        .await;
    let b = net.instance("b.test").await;
    let hello = json!({"servers": [], "software": "x"});
    let greet = async || ask(&b, "a.test", Method::POST, "/hello", &hello).await;
    for _ in 0..5 {
        greet().await.expect("as many as a new one may");
    }
    let wait = refused(greet().await);
    a.clock.advance(wait.cast_signed());
    greet().await.expect("one more in time");
    refused(greet().await);
    let status = peers::known(&a.app).await.expect("a list").pop().expect("b is known");
    assert!(status.new_for_ms > 0);

    // A day later it may do what others may.
    for instance in [&a, &b] {
        instance.clock.advance(24 * 3_600_000);
    }
    for _ in 0..50 {
        greet().await.expect("as many as others may");
    }
    refused(greet().await);
    assert_eq!(peers::known(&a.app).await.expect("a list").pop().expect("b").new_for_ms, 0);

    // What is sent is counted too, and so are pushes of what is not followed here.
    for instance in [&a, &b] {
        instance.clock.advance(60_000);
    }
    let long = json!({"servers": [], "software": "x".repeat(60_000)});
    ask(&b, "a.test", Method::POST, "/hello", &long).await.expect("the first");
    assert!(refused(ask(&b, "a.test", Method::POST, "/hello", &long).await) > 1_000);
    for instance in [&a, &b] {
        instance.clock.advance(60_000);
    }
    let sid: ServerId = format!("s_{}", "a".repeat(40)).parse().expect("an id");
    let push = json!({"sid": sid, "events": [], "padding": "x".repeat(60_000)});
    let first = ask(&b, "a.test", Method::POST, "/events", &push).await.expect_err("not followed");
    assert_eq!(first.code(), Some("not_member_here"));
    refused(ask(&b, "a.test", Method::POST, "/events", &push).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_what_a_followed_hub_pushes_is_not_counted() {
    let net = TestNet::new(43);
    let a = net.instance("a.test").await;
    let b = net.instance_with("b.test", |c| (c.federation.peer_burst, c.federation.peer_per_s) = (8, 1)).await;
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    same(&a, &b, &orchard.sid).await;
    let before = net.count("a.test", "b.test", "POST /federation/v1/events");
    for i in 0..30 {
        a.write(&orchard.sid, &ada.actor, &orchard.channel, &format!("m{i}")).await;
        same(&a, &b, &orchard.sid).await;
    }
    assert!(net.count("a.test", "b.test", "POST /federation/v1/events") - before >= 30);
}
