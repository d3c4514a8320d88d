//! Communities over several instances.

use conntext_federation::domain::Domain;
use conntext_server::peers;
use serde_json::json;

use crate::kit::{Faults, TestNet, same, until};

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_person_of_another_instance_joins_and_both_talk() {
    let net = TestNet::new(1);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    a.write(&sid, &ada.actor, &general, "before").await;

    b.join(&ben, "a.test", &sid).await.expect("joined");
    b.join(&ben, "a.test", &sid).await.expect("joining twice is fine");
    same(&a, &b, &sid).await;
    a.write(&sid, &ada.actor, &general, "hello ben").await;
    b.write(&sid, &ben.actor, &general, "hello ada").await;
    let both = ["hello ben", "hello ada"];
    until("b has both", async || b.bodies(&sid, &general).await == both).await;
    assert_eq!(a.bodies(&sid, &general).await, ["before", "hello ben", "hello ada"]);
    same(&a, &b, &sid).await;
    assert_eq!(b.waiting(&sid, &ben.actor).await, 0);

    // What was said before is fetched when somebody looks.
    let log = b.log(&sid);
    let more = peers::history(&b.app, &log, &general, log.base_seq + 1, 50).await.expect("history");
    assert!(more.is_none());
    assert_eq!(b.bodies(&sid, &general).await, ["before", "hello ben", "hello ada"]);
    b.verifies(&sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_three_instances_see_the_same_in_the_same_order() {
    let net = TestNet::new(2);
    let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
    let (ada, ben, cora) = (a.citizen("ada").await, b.citizen("ben").await, c.citizen("cora").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    b.join(&ben, "a.test", &sid).await.expect("joined");
    c.join(&cora, "a.test", &sid).await.expect("joined");
    for i in 0..10 {
        a.write(&sid, &ada.actor, &general, &format!("a{i}")).await;
        b.write(&sid, &ben.actor, &general, &format!("b{i}")).await;
        c.write(&sid, &cora.actor, &general, &format!("c{i}")).await;
    }
    same(&a, &b, &sid).await;
    same(&a, &c, &sid).await;
    let all = a.bodies(&sid, &general).await;
    assert_eq!(all.len(), 30);
    assert_eq!(b.bodies(&sid, &general).await, all);
    assert_eq!(c.bodies(&sid, &general).await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn j3_what_is_written_while_the_line_is_cut_arrives_once_when_it_is_mended() {
    let net = TestNet::new(3);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    b.join(&ben, "a.test", &sid).await.expect("joined");
    same(&a, &b, &sid).await;

    net.cut("a.test", "b.test");
    for i in 0..5 {
        a.write(&sid, &ada.actor, &general, &format!("a{i}")).await;
        b.write(&sid, &ben.actor, &general, &format!("b{i}")).await;
    }
    assert!(b.bodies(&sid, &general).await.is_empty());
    assert_eq!(b.waiting(&sid, &ben.actor).await, 5);
    assert!(b.log(&sid).hub_away_since().is_some());
    net.heal("a.test", "b.test");
    until("nothing waits any more", async || b.waiting(&sid, &ben.actor).await == 0).await;
    same(&a, &b, &sid).await;
    let all = a.bodies(&sid, &general).await;
    assert_eq!(all, ["a0", "a1", "a2", "a3", "a4", "b0", "b1", "b2", "b3", "b4"]);
    assert_eq!(b.bodies(&sid, &general).await, all);
    assert!(b.log(&sid).hub_away_since().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_nothing_is_lost_or_doubled_on_a_bad_line() {
    let net = TestNet::new(4);
    let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
    let (ada, ben, cora) = (a.citizen("ada").await, b.citizen("ben").await, c.citizen("cora").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    b.join(&ben, "a.test", &sid).await.expect("joined");
    c.join(&cora, "a.test", &sid).await.expect("joined");
    net.disturb(Faults { lost: 10, answer_lost: 10, doubled: 10, reordered: 10, delay_ms: 20 });
    for i in 0..15 {
        a.write(&sid, &ada.actor, &general, &format!("a{i}")).await;
        b.write(&sid, &ben.actor, &general, &format!("b{i}")).await;
        c.write(&sid, &cora.actor, &general, &format!("c{i}")).await;
    }
    until("nothing of b waits", async || b.waiting(&sid, &ben.actor).await == 0).await;
    until("nothing of c waits", async || c.waiting(&sid, &cora.actor).await == 0).await;
    net.disturb(Faults::default());
    same(&a, &b, &sid).await;
    same(&a, &c, &sid).await;
    let all = a.bodies(&sid, &general).await;
    assert_eq!(all.len(), 45);
    for who in ["a", "b", "c"] {
        let own: Vec<_> = all.iter().filter(|t| t.starts_with(who)).cloned().collect();
        assert_eq!(own, (0..15).map(|i| format!("{who}{i}")).collect::<Vec<_>>());
    }
    assert_eq!(b.bodies(&sid, &general).await, all);
    assert_eq!(c.bodies(&sid, &general).await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_restarts_of_hub_and_follower_lose_nothing() {
    let net = TestNet::new(5);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    b.join(&ben, "a.test", &sid).await.expect("joined");
    net.cut("a.test", "b.test");
    b.write(&sid, &ben.actor, &general, "queued").await;
    a.write(&sid, &ada.actor, &general, "undelivered").await;
    let b = b.restart().await;
    assert_eq!(b.waiting(&sid, &ben.actor).await, 1);
    let a = a.restart().await;
    net.heal("a.test", "b.test");
    until("nothing waits any more", async || b.waiting(&sid, &ben.actor).await == 0).await;
    same(&a, &b, &sid).await;
    assert_eq!(b.bodies(&sid, &general).await, ["undelivered", "queued"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b8_a_private_channel_never_reaches_an_instance_without_somebody_who_may_see_it() {
    let net = TestNet::new(6);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    b.join(&ben, "a.test", &sid).await.expect("joined");
    let everyone = a.log(&sid).state().everyone.to_string();
    let hidden = json!([{"target": everyone, "allow": 0, "deny": 1}]);
    let secret = a.open_channel(&sid, &ada.actor, "cellar", hidden).await;
    a.write(&sid, &ada.actor, &secret, "the key lies under the mat").await;
    a.write(&sid, &ada.actor, &general, "hello").await;
    until("b has the open message", async || b.bodies(&sid, &general).await == ["hello"]).await;
    same(&a, &b, &sid).await;
    // Neither with events nor with what is signed and told besides: greetings, heads, checkpoints, ranges, the state.
    peers::hello::say(&a.app, &Domain::parse_normal("b.test", true).unwrap()).await.expect("a greeting");
    peers::hello::say(&b.app, &Domain::parse_normal("a.test", true).unwrap()).await.expect("a greeting");
    for path in ["head", "checkpoint", "snapshot", "events?after=0", &format!("events?channel={secret}")] {
        let path = format!("/servers/{sid}/{path}");
        let told = peers::get::<serde_json::Value>(&b.app, &Domain::parse_normal("a.test", true).unwrap(), &path).await;
        assert_eq!(told.is_ok(), !path.contains("channel="), "{path}");
    }
    let staff = conntext_federation::ids::ChannelId::staff(&sid);
    for hidden in ["under the mat", "cellar", secret.as_str(), staff.as_str()] {
        assert!(!net.was_told("b.test", hidden), "{hidden} was told to b");
    }
    assert!(!b.log(&sid).state().channels.contains_key(&secret));

    // Let in, ben gets the channel and finds its history.
    let open = json!({"overrides": [{"target": ben.uid, "allow": 3, "deny": 0}]});
    a.act(&sid, &ada.actor, "channel.update", Some(&secret), None, open).await;
    until("b has the channel", async || b.log(&sid).state().channels.contains_key(&secret)).await;
    a.write(&sid, &ada.actor, &secret, "welcome").await;
    until("b has the new message", async || b.bodies(&sid, &secret).await == ["welcome"]).await;
    let log = b.log(&sid);
    peers::history(&b.app, &log, &secret, log.head().seq + 1, 50).await.expect("history");
    assert_eq!(b.bodies(&sid, &secret).await, ["the key lies under the mat", "welcome"]);
    same(&a, &b, &sid).await;

    // Shut out again, the copy loses it.
    let shut = json!({"overrides": [{"target": ben.uid, "allow": 0, "deny": 0}]});
    a.act(&sid, &ada.actor, "channel.update", Some(&secret), None, shut).await;
    until("b has lost the channel", async || !b.log(&sid).state().channels.contains_key(&secret)).await;
    assert!(b.bodies(&sid, &secret).await.is_empty());
    // The event that shut him out is not for him: the copies meet at the next one that is.
    a.write(&sid, &ada.actor, &general, "so be it").await;
    same(&a, &b, &sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j4_a_blocked_instance_is_refused_on_every_way() {
    let net = TestNet::new(7);
    let a = net.instance_with("a.test", |c| c.federation.deny = vec!["*.bad.test".into()]).await;
    let (b, c) = (net.instance("b.bad.test").await, net.instance("c.test").await);
    let (ada, ben, cora) = (a.citizen("ada").await, b.citizen("ben").await, c.citizen("cora").await);
    let orchard = a.community(&ada).await;
    let problem = b.join(&ben, "a.test", &orchard.sid).await.expect_err("refused");
    assert_eq!((problem.status, problem.code.as_str()), (403, "blocked"));
    assert_eq!(problem.domain.as_deref(), Some("a.test"));
    c.join(&cora, "a.test", &orchard.sid).await.expect("others are let in");
    let theirs = b.community(&ben).await;
    let problem = a.join(&ada, "b.bad.test", &theirs.sid).await.expect_err("refused");
    assert_eq!(problem.code, "blocked");
    assert!(!net.was_told("b.bad.test", "member.join"));
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_with_the_last_person_gone_the_copy_goes_too() {
    let net = TestNet::new(8);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let sid = orchard.sid.clone();
    b.join(&ben, "a.test", &sid).await.expect("joined");
    b.act(&sid, &ben.actor, "member.leave", None, None, json!({})).await;
    until("the copy is gone", async || b.app.log.get(&sid).is_none()).await;
    assert!(!a.log(&sid).state().members.contains_key(&ben.actor));
    a.write(&sid, &ada.actor, &orchard.channel, "behind their back").await;
    let followers = async || a.app.peers.followers_of(&a.log(&sid)).len();
    until("nobody follows", async || followers().await == 0).await;
    assert!(!net.was_told("b.test", "behind their back"));
    b.join(&ben, "a.test", &sid).await.expect("joined again");
    same(&a, &b, &sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_copy_that_its_hub_contradicts_is_set_aside_and_others_go_on() {
    let net = TestNet::new(9);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let (bad, good) = (a.community(&ada).await, a.community(&ada).await);
    b.join(&ben, "a.test", &bad.sid).await.expect("joined");
    b.join(&ben, "a.test", &good.sid).await.expect("joined");
    same(&a, &b, &bad.sid).await;
    // The hub sends an event whose chain does not hold.
    a.write(&bad.sid, &ada.actor, &bad.channel, "one").await;
    same(&a, &b, &bad.sid).await;
    net.cut("a.test", "b.test");
    a.write(&bad.sid, &ada.actor, &bad.channel, "two").await;
    let log = a.log(&bad.sid);
    let entry = a.app.log.read(&log, log.head().seq - 1, 1).await.expect("entries").pop().expect("an event");
    let mut event = entry.event.clone();
    event.header.prev = conntext_federation::ids::Hash::ZERO;
    let events = vec![conntext_federation::event::Item::Event(Box::new(event))];
    let push = conntext_federation::wire::Push::of(bad.sid.clone(), events);
    net.heal("a.test", "b.test");
    let domain = Domain::parse_normal("b.test", true).expect("a domain");
    let answer: Result<conntext_federation::wire::PushAck, _> =
        peers::call(&a.app, &domain, axum::http::Method::POST, "/events", &push).await;
    // The true event may have come first; then the false one is a contradiction.
    let code = answer.expect_err("refused").code().map(str::to_owned);
    assert!(matches!(code.as_deref(), Some("bad_prev" | "log_conflict")), "{code:?}");
    assert!(b.log(&bad.sid).quarantined().is_some());
    a.write(&good.sid, &ada.actor, &good.channel, "still here").await;
    same(&a, &b, &good.sid).await;
    // Begun anew from what the hub says now.
    peers::renew(&b.app, &bad.sid).await.expect("a fresh copy");
    a.write(&bad.sid, &ada.actor, &bad.channel, "three").await;
    same(&a, &b, &bad.sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_who_is_there_is_seen_on_the_other_instance() {
    use conntext_server::presence::{Presence, Socket};
    let net = TestNet::new(11);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let uid = |actor: &conntext_federation::ids::Actor| actor.user().expect("a person").clone();
    let sees = |t: &crate::kit::TestInstance, who: &conntext_federation::ids::Actor| {
        t.app.presence.status(&uid(who), t.app.clock.now_ms())
    };
    // Ada was there before Ben came in; he learns of it all the same.
    let here = Socket::new(&a.app, uid(&ada.actor));
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    let _there = Socket::new(&b.app, uid(&ben.actor));
    until("a sees ben", async || sees(&a, &ben.actor) == Presence::Online).await;
    until("b sees ada", async || sees(&b, &ada.actor) == Presence::Online).await;
    here.set(Presence::Dnd);
    until("b sees that ada is busy", async || sees(&b, &ada.actor) == Presence::Dnd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_presence_goes_to_those_alone_who_asked_for_it() {
    use conntext_federation::wire::{MAX_PRESENCE, PresenceAnswer, PresenceSubscription};
    use conntext_server::presence::{Presence, Socket};
    let net = TestNet::new(12);
    let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
    let (ada, ben, cora) = (a.citizen("ada").await, b.citizen("ben").await, c.citizen("cora").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    // Ben looks, and learns of ada. Nobody of c is in, so that nobody there is told or answered.
    let there = Socket::new(&b.app, ben.uid.clone());
    let here = Socket::new(&a.app, ada.uid.clone());
    until("b sees ada", async || b.app.presence.status(&ada.uid, b.app.clock.now_ms()) == Presence::Online).await;
    let ask = async |from: &crate::kit::TestInstance, uids: Vec<conntext_federation::ids::UserId>| {
        let domain = Domain::parse_normal("a.test", true).unwrap();
        let asked = PresenceSubscription { uids };
        let path = "/presence/subscriptions";
        peers::call::<_, PresenceAnswer>(&from.app, &domain, axum::http::Method::POST, path, &asked).await
    };
    assert_eq!(ask(&b, vec![ada.uid.clone()]).await.expect("an answer").present.len(), 1);
    assert!(ask(&c, vec![ada.uid.clone(), cora.uid.clone()]).await.expect("an answer").present.is_empty());
    let many = ask(&b, vec![ada.uid.clone(); MAX_PRESENCE + 1]).await.expect_err("too many");
    assert_eq!(many.code(), Some("too_large"));
    // With nobody left to look, nothing is told any more once the time is over.
    drop(there);
    for instance in [&a, &b] {
        instance.clock.advance(6 * 60_000);
    }
    tokio::time::sleep(std::time::Duration::from_secs(7)).await;
    let told = net.count("a.test", "b.test", "POST /federation/v1/ephemeral");
    here.set(Presence::Dnd);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(net.count("a.test", "b.test", "POST /federation/v1/ephemeral"), told);
    assert_eq!(net.count("a.test", "c.test", "POST /federation/v1/ephemeral"), 0);
}
