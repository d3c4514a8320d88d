//! Hub and follower are killed again and again, at any moment, while people write: `kill -9`, and up again.

use std::sync::Arc;
use std::time::Duration;

use conntext_server::clock::{OsRng, Rng};
use tokio::time::{Instant, sleep};

use crate::federation::{bring, community, instance, person};
use crate::kit::{Process, Setup};
use crate::load::{End, settled, write};

/// When the killing ends.
#[derive(Clone, Copy)]
enum Until {
    Kills(u32),
    Over(Instant),
}

fn below(most: u64) -> Duration {
    let rng: &dyn Rng = &OsRng;
    Duration::from_millis(rng.below(most))
}

/// Kills one of them at random moments and starts it again.
async fn haunt(setup: Arc<Setup>, mut process: Process, until: Until) -> (Process, u32) {
    let mut kills = 0;
    loop {
        match until {
            Until::Kills(wanted) if kills >= wanted => return (process, kills),
            Until::Over(end) if Instant::now() > end => return (process, kills),
            _ => {}
        }
        // Mostly while it works, sometimes while it starts.
        sleep(below(1_800)).await;
        process.signal("KILL");
        process.ended().await;
        sleep(below(200)).await;
        process = setup.spawn("http");
        let early = kills % 5 == 4;
        if !early {
            assert!(process.ready().await, "the instance does not become ready");
        }
        kills += 1;
    }
}

/// Two instances, two people on each, who write fifty messages a second together.
async fn play(until: Until) -> (u32, usize) {
    let ((mut hub, hub_domain), (mut home, _)) = (instance("a"), instance("b"));
    for setup in [&mut hub, &mut home] {
        for (name, value) in [
            ("CONNTEXT__LIMITS__MESSAGE_BURST", "1000000"),
            ("CONNTEXT__LIMITS__API_BURST", "1000000"),
            ("CONNTEXT__FEDERATION__ACTOR_BURST", "1000000"),
            ("CONNTEXT__FEDERATION__ORIGIN_PER_S", "100000"),
            ("CONNTEXT__FEDERATION__PEER_BURST", "1000000"),
            ("CONNTEXT__FEDERATION__NEW_PEER_HOURS", "0"),
        ] {
            setup.set(name, value);
        }
    }
    let (hub, home) = (Arc::new(hub), Arc::new(home));
    let (a, b) = (hub.start().await, home.start().await);
    let (ada, ben) = (person(&a, "ada").await, person(&b, "ben").await);
    let (sid, channel) = community(&a, &ada).await;
    bring((&a, &ada), &hub_domain, &sid, (&b, &ben)).await;
    let every = Duration::from_millis(80);
    let writers: Vec<_> = [("ada", &a, &ada), ("abe", &a, &ada), ("ben", &b, &ben), ("bea", &b, &ben)]
        .into_iter()
        .map(|(name, at, token)| write(name, &at.base, token, &channel, every))
        .collect();
    let (at_hub, at_home) = (tokio::spawn(haunt(hub.clone(), a, until)), tokio::spawn(haunt(home.clone(), b, until)));
    let ((mut a, first), (mut b, second)) = (at_hub.await.expect("the hub"), at_home.await.expect("the follower"));
    assert!(a.ready().await && b.ready().await, "they come up in the end");
    let mut written = Vec::new();
    for writer in writers {
        written.push(writer.finish().await);
    }
    let ends = [End { setup: &hub, process: &a, token: &ada }, End { setup: &home, process: &b, token: &ben }];
    settled(&ends, &sid, &channel, &written, Duration::from_secs(60)).await;
    (first + second, written.iter().map(|(_, count)| count).sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_killed_again_and_again_under_load_nothing_is_lost_or_doubled() {
    let (kills, messages) = play(Until::Kills(15)).await;
    println!("{kills} kills, {messages} messages");
    assert_eq!(kills, 30);
}

/// `make soak` plays the same for `MINUTES`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as one likes"]
async fn soak() {
    let minutes = std::env::var("MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let began = Instant::now();
    let (kills, messages) = play(Until::Over(began + Duration::from_secs(60 * minutes))).await;
    println!("{kills} kills in {:.0} s, {messages} messages, all there", began.elapsed().as_secs_f64());
}
