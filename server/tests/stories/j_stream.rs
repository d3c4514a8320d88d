//! The stream: another carrier for what would be pushed, which a follower keeps open.

use std::time::Duration;

use conntext_federation::ids::ServerId;
use conntext_server::config::Config;
use conntext_server::peers::store::{self, FollowerRow};
use serde_json::json;

use crate::kit::{Community, Person, TestInstance, TestNet, same, until};

const PUSHES: &str = "POST /federation/v1/events";

/// Followers are asked to keep a stream from the first one on.
fn streams(config: &mut Config) {
    config.federation.stream_from_followers = 1;
}

async fn follower(hub: &TestInstance, domain: &str, sid: &ServerId) -> FollowerRow {
    let mut read = hub.app.db.read().await.expect("a reader");
    let all = store::followers(&mut read, sid).await.expect("a list");
    all.into_iter().find(|f| f.domain.as_deref() == Some(domain)).expect("it follows")
}

/// Waits until a follower has a stream, or has none.
#[track_caller]
fn streaming(hub: &TestInstance, domain: &str, sid: &ServerId, wanted: bool) -> impl Future<Output = ()> {
    let what = if wanted { "it has a stream" } else { "its stream is over" };
    until(what, async move || follower(hub, domain, sid).await.streams_since.is_some() == wanted)
}

/// A hub and a follower that has a stream of a community with somebody of each.
async fn two(
    seed: u64,
    change: impl Fn(&mut Config),
) -> (TestNet, TestInstance, TestInstance, Person, Person, Community) {
    let net = TestNet::new(seed);
    let with = |c: &mut Config| {
        streams(c);
        change(c);
    };
    let (a, b) = (net.instance_with("a.test", with).await, net.instance_with("b.test", with).await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "the first").await;
    same(&a, &b, &orchard.sid).await;
    streaming(&a, "b.test", &orchard.sid, true).await;
    (net, a, b, ada, ben, orchard)
}

#[tokio::test(flavor = "multi_thread")]
async fn j4_with_many_followers_what_is_new_goes_over_their_streams_and_not_by_push() {
    let (net, a, b, ada, ben, orchard) = two(201, |_| ()).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    // One that keeps no streams goes on being pushed to.
    let c = net.instance_with("c.test", |c| c.federation.follow_by_stream = false).await;
    let cleo = c.citizen("cleo").await;
    c.join(&cleo, "a.test", &sid).await.expect("joined");
    same(&a, &c, &sid).await;
    same(&a, &b, &sid).await;

    let pushes = (net.count("a.test", "b.test", PUSHES), net.count("a.test", "c.test", PUSHES));
    for i in 0..60 {
        a.write(&sid, &ada.actor, &general, &format!("from a {i}")).await;
        b.write(&sid, &ben.actor, &general, &format!("from b {i}")).await;
    }
    until("all of them are at a", async || a.bodies(&sid, &general).await.len() == 121).await;
    same(&a, &b, &sid).await;
    same(&a, &c, &sid).await;
    assert_eq!(b.bodies(&sid, &general).await, a.bodies(&sid, &general).await);
    assert_eq!(net.count("a.test", "b.test", PUSHES), pushes.0, "something was pushed besides");
    assert!(net.count("a.test", "c.test", PUSHES) > pushes.1);
    assert_eq!(net.count("c.test", "a.test", &format!("GET /federation/v1/servers/{sid}/stream")), 0);
    assert!(follower(&a, "c.test", &sid).await.streams_since.is_none());
    let metrics = a.app.metrics.render();
    assert!(metrics.contains("conntext_peer_streams 1"), "{metrics}");
    until("the cursor is where the copy ends", async || {
        follower(&a, "b.test", &sid).await.acked == a.log(&sid).head().seq
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j4_a_stream_that_is_cut_in_the_middle_loses_nothing_and_repeats_nothing() {
    let (net, a, b, ada, _ben, orchard) = two(202, |_| ()).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    let mut all = vec!["the first".to_owned()];
    let mut b = b;
    for round in 0..4 {
        let bytes = net.streamed("a.test", "b.test");
        let writing = async {
            for i in 0..400 {
                all.push(format!("m{round} {i}"));
                a.write(&sid, &ada.actor, &general, &all[all.len() - 1]).await;
            }
        };
        let cutting = async {
            until("events flow", async || net.streamed("a.test", "b.test") > bytes + 20_000).await;
            net.cut("a.test", "b.test");
            tokio::time::sleep(Duration::from_millis(60)).await;
            net.heal("a.test", "b.test");
        };
        tokio::join!(writing, cutting);
        same(&a, &b, &sid).await;
        assert_eq!(b.bodies(&sid, &general).await, all);
        streaming(&a, "b.test", &sid, true).await;
        if round == 1 {
            // The follower is killed and comes back.
            b = b.restart().await;
        }
    }
    // The hub is killed and comes back: nobody has a stream before it asks again.
    let a = a.restart().await;
    a.write(&sid, &ada.actor, &general, "after all").await;
    same(&a, &b, &sid).await;
    streaming(&a, "b.test", &sid, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_an_instance_that_is_banned_loses_its_stream_at_once_and_gets_nothing_more() {
    let (net, a, b, ada, _ben, orchard) = two(203, |_| ()).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    a.act(&sid, &ada.actor, "instance.ban", None, None, json!({"ik": b.app.keys.ik})).await;
    a.write(&sid, &ada.actor, &general, "among ourselves").await;
    until("b's copy is gone", async || b.app.log.get(&sid).is_none()).await;
    until("no stream is open", async || a.app.metrics.render().contains("conntext_peer_streams 0")).await;
    let bytes = net.streamed("a.test", "b.test");
    a.write(&sid, &ada.actor, &general, "still among ourselves").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!net.was_told("b.test", "among ourselves"));
    assert_eq!(net.streamed("a.test", "b.test"), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_who_does_not_sign_again_loses_the_stream_and_is_pushed_to() {
    let quick = |c: &mut Config| {
        c.federation.stream_resign_s = 1;
        c.federation.request_timeout_ms = 1_500;
    };
    let (net, a, b, ada, _ben, orchard) = two(204, quick).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    // Whoever signs again keeps it.
    let opened = || net.count("b.test", "a.test", &format!("GET /federation/v1/servers/{sid}/stream"));
    let streams = opened();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    streaming(&a, "b.test", &sid, true).await;
    assert_eq!(opened(), streams, "it was not opened anew");

    let pushes = net.count("a.test", "b.test", PUSHES);
    net.stall("b.test", "a.test");
    streaming(&a, "b.test", &sid, false).await;
    a.write(&sid, &ada.actor, &general, "by push").await;
    same(&a, &b, &sid).await;
    assert!(net.count("a.test", "b.test", PUSHES) > pushes);
    net.heal("b.test", "a.test");
    a.write(&sid, &ada.actor, &general, "and on").await;
    streaming(&a, "b.test", &sid, true).await;
    same(&a, &b, &sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_key_that_is_revoked_ends_the_streams_it_opened_at_once() {
    let (net, a, b, ada, _ben, orchard) = two(205, |_| ()).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    let opened = || net.count("b.test", "a.test", &format!("GET /federation/v1/servers/{sid}/stream"));
    let before = opened();
    let kid = b.app.keys.signing().public().kid();
    b.app.keys.revoke(&*b.app.rng, &kid, Some("stolen")).expect("revoked");
    conntext_server::peers::attend_keys(&b.app).await.expect("the keys are looked after");
    // Nothing is written meanwhile: the new document alone does it. Where it was just fetched, it is not yet fetched again.
    let domain = conntext_federation::domain::Domain::parse_normal("a.test", true).expect("a domain");
    until("b is greeted under its new key", async || {
        a.clock.advance(60_000);
        b.clock.advance(60_000);
        conntext_server::peers::hello::say(&b.app, &domain).await.is_ok()
    })
    .await;
    until("it is opened again, with the new key", async || opened() > before).await;
    streaming(&a, "b.test", &sid, true).await;
    a.write(&sid, &ada.actor, &general, "under a new key").await;
    same(&a, &b, &sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_over_a_stream_private_channels_stay_hidden_and_come_and_go_with_their_people() {
    let (net, a, b, ada, ben, orchard) = two(206, |_| ()).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    let everyone = a.log(&sid).state().everyone.to_string();
    let hidden = json!([{"target": everyone, "allow": 0, "deny": 1}]);
    let cellar = a.open_channel(&sid, &ada.actor, "cellar", hidden).await;
    for i in 0..30 {
        a.write(&sid, &ada.actor, &cellar, &format!("under the mat {i}")).await;
        a.write(&sid, &ada.actor, &general, &format!("in the sun {i}")).await;
    }
    same(&a, &b, &sid).await;
    for secret in ["under the mat", "cellar", cellar.as_str()] {
        assert!(!net.was_told("b.test", secret), "{secret} was told to b");
    }
    let pushes = net.count("a.test", "b.test", PUSHES);
    let open = json!({"overrides": [{"target": ben.uid, "allow": 3, "deny": 0}]});
    let shut = json!({"overrides": [{"target": ben.uid, "allow": 0, "deny": 0}]});
    a.act(&sid, &ada.actor, "channel.update", Some(&cellar), None, open).await;
    a.write(&sid, &ada.actor, &cellar, "come in, Ben").await;
    same(&a, &b, &sid).await;
    until("b sees it", async || b.bodies(&sid, &cellar).await == ["come in, Ben"]).await;
    a.act(&sid, &ada.actor, "channel.update", Some(&cellar), None, shut).await;
    a.write(&sid, &ada.actor, &cellar, "and he is gone").await;
    a.write(&sid, &ada.actor, &general, "at the end").await;
    until("it is taken from b", async || !b.log(&sid).state().channels.contains_key(&cellar)).await;
    same(&a, &b, &sid).await;
    assert!(!net.was_told("b.test", "and he is gone"));
    assert_eq!(net.count("a.test", "b.test", PUSHES), pushes, "something was pushed besides");
}
