//! How followers are brought up to date: far behind, away, down, asleep, and many at a time.

use std::time::Duration;

use conntext_federation::domain::Domain;
use conntext_server::peers::{self, Standing, hello};

use crate::kit::{Faults, TestInstance, TestNet, same, until};

async fn standing(at: &TestInstance, domain: &str) -> Standing {
    let all = peers::known(&at.app).await.expect("a list");
    all.into_iter().find(|p| p.domain.as_str() == domain).expect("it was met").standing
}

#[tokio::test(flavor = "multi_thread")]
async fn j4_a_follower_far_behind_gets_several_pushes_at_a_time_in_order() {
    let net = TestNet::new(61);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    b.join(&ben, "a.test", &sid).await.expect("joined");
    same(&a, &b, &sid).await;
    let pushes = || net.count("a.test", "b.test", "POST /federation/v1/events");

    net.cut("a.test", "b.test");
    for i in 0..1_200 {
        a.write(&sid, &ada.actor, &general, &format!("m{i}")).await;
    }
    let before = pushes();
    net.disturb(Faults { reordered: 20, delay_ms: 20, ..Faults::default() });
    net.heal("a.test", "b.test");
    hello::say(&b.app, &Domain::parse_normal("a.test", true).expect("a domain")).await.expect("greeted");
    same(&a, &b, &sid).await;
    let all: Vec<String> = (0..1_200).map(|i| format!("m{i}")).collect();
    assert_eq!(b.bodies(&sid, &general).await, all);
    let most = net.most_at_a_time("a.test", "b.test");
    assert!((3..=6).contains(&most), "{most} at a time");
    assert!(pushes() - before <= 16, "{} pushes for 12 batches", pushes() - before);

    // What is lost on the way is sent again from where the follower is.
    net.cut("a.test", "b.test");
    for i in 1_200..2_000 {
        a.write(&sid, &ada.actor, &general, &format!("m{i}")).await;
    }
    net.disturb(Faults { lost: 20, answer_lost: 10, ..Faults::default() });
    net.heal("a.test", "b.test");
    until("b has all", async || b.log(&sid).head().seq == a.log(&sid).head().seq).await;
    net.disturb(Faults::default());
    same(&a, &b, &sid).await;
    assert_eq!(b.bodies(&sid, &general).await.len(), 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn j3_an_instance_that_is_away_for_weeks_sleeps_until_it_is_heard_from() {
    let net = TestNet::new(62);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    b.join(&ben, "a.test", &sid).await.expect("joined");
    same(&a, &b, &sid).await;
    assert_eq!(standing(&a, "b.test").await, Standing::Answers);

    net.cut("a.test", "b.test");
    a.write(&sid, &ada.actor, &general, "are you there?").await;
    until("b counts as down", async || standing(&a, "b.test").await == Standing::Down).await;
    for instance in [&a, &b] {
        instance.clock.advance(31 * 86_400_000);
    }
    assert_eq!(standing(&a, "b.test").await, Standing::Dormant);
    // The last try is over; then there are no more, also not for what is new, nor after the line is mended.
    tokio::time::sleep(Duration::from_millis(400)).await;
    net.heal("a.test", "b.test");
    a.write(&sid, &ada.actor, &general, "hello?").await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(b.bodies(&sid, &general).await.is_empty(), "it sleeps");

    // One word from it, and all goes on where it ended.
    hello::say(&b.app, &Domain::parse_normal("a.test", true).expect("a domain")).await.expect("greeted");
    until("b has both", async || b.bodies(&sid, &general).await == ["are you there?", "hello?"]).await;
    assert_eq!(standing(&a, "b.test").await, Standing::Answers);
    same(&a, &b, &sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j3_a_word_from_an_instance_that_was_away_ends_the_pause() {
    let net = TestNet::new(63);
    let slow = |c: &mut conntext_server::config::Config| {
        (c.federation.retry_first_ms, c.federation.retry_max_ms) = (3_600_000, 3_600_000);
    };
    let (a, b) = (net.instance_with("a.test", slow).await, net.instance("b.test").await);
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    same(&a, &b, &orchard.sid).await;
    net.cut("a.test", "b.test");
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "one").await;
    until("b is away", async || standing(&a, "b.test").await == Standing::Away).await;
    net.heal("a.test", "b.test");
    let greetings = net.count("a.test", "b.test", "POST /federation/v1/hello");
    b.write(&orchard.sid, &ben.actor, &orchard.channel, "two").await;
    until("b has both", async || b.bodies(&orchard.sid, &orchard.channel).await == ["one", "two"]).await;
    until("b is greeted", async || net.count("a.test", "b.test", "POST /federation/v1/hello") > greetings).await;
    same(&a, &b, &orchard.sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_with_few_connections_everybody_has_their_turn() {
    let net = TestNet::new(64);
    let a = net.instance_with("a.test", |c| c.federation.connections = 2).await;
    let ada = a.citizen("ada").await;
    let orchard = a.community(&ada).await;
    let (sid, general) = (orchard.sid.clone(), orchard.channel.clone());
    let mut others = Vec::new();
    for n in 0..4 {
        let other = net.instance(&format!("n{n}.test")).await;
        let person = other.citizen("ned").await;
        other.join(&person, "a.test", &sid).await.expect("joined");
        others.push(other);
    }
    // One of them is slow to the point of never answering; the others do not wait for it.
    net.stall("a.test", "n0.test");
    for i in 0..300 {
        a.write(&sid, &ada.actor, &general, &format!("m{i}")).await;
    }
    for other in &others[1..] {
        same(&a, other, &sid).await;
    }
    assert!(net.most_from("a.test") <= 2, "{} at a time", net.most_from("a.test"));
    net.heal("a.test", "n0.test");
    same(&a, &others[0], &sid).await;
}
