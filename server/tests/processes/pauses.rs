//! A process that stands still (`SIGSTOP`): it neither answers nor hangs up. Others go on, and it catches up.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::federation::{bring, community, instance, person, request};
use crate::kit::{Process, Setup};
use crate::load::{End, all_bodies, settled};

/// How long something takes that is on its way between instances that work.
const SOON: Duration = Duration::from_secs(4);

/// Three instances: everybody is in the community of the first; the second has one with the third.
pub struct Trio {
    pub setups: [Setup; 3],
    pub processes: [Process; 3],
    pub tokens: [String; 3],
    /// The community of the first, the community of the second.
    pub sids: [String; 2],
    pub channels: [String; 2],
}

impl Trio {
    /// Comes up; `prepare` may change the settings of each before.
    pub async fn new(prepare: impl Fn(usize, &mut Setup)) -> Self {
        let [(mut a, a_domain), (mut b, b_domain), (mut c, _)] = ["a", "b", "c"].map(instance);
        for (index, setup) in [&mut a, &mut b, &mut c].into_iter().enumerate() {
            setup.set("CONNTEXT_TEST", "1").set("CONNTEXT__LIMITS__MESSAGE_BURST", "1000");
            setup.set("CONNTEXT__FEDERATION__ACTOR_BURST", "1000").set("CONNTEXT__FEDERATION__NEW_PEER_HOURS", "0");
            setup.set("CONNTEXT__FEDERATION__REQUEST_TIMEOUT_MS", "1500");
            prepare(index, setup);
        }
        let processes = [a.start().await, b.start().await, c.start().await];
        let [pa, pb, pc] = &processes;
        let tokens = [person(pa, "ada").await, person(pb, "ben").await, person(pc, "cleo").await];
        let [ada, ben, cleo] = &tokens;
        let (first, orchard) = community(pa, ada).await;
        let (second, grove) = community(pb, ben).await;
        bring((pa, ada), &a_domain, &first, (pb, ben)).await;
        bring((pa, ada), &a_domain, &first, (pc, cleo)).await;
        bring((pb, ben), &b_domain, &second, (pc, cleo)).await;
        Self { setups: [a, b, c], processes, tokens, sids: [first, second], channels: [orchard, grove] }
    }

    /// Somebody says something; the answer.
    pub async fn say(&self, who: usize, place: usize, body: &str) -> Value {
        let path = format!("{}/messages", self.channels[place]);
        let message = json!({"body": body, "nonce": format!("{place} {body}")});
        let (status, answer) = request(&self.processes[who], &self.tokens[who], &path, Some(message)).await;
        assert_eq!(status, 201, "{body}: {answer}");
        answer
    }

    /// Waits until somebody reads something; how long it took.
    pub async fn read(&self, who: usize, place: usize, body: &str, patience: Duration) -> Duration {
        let began = Instant::now();
        loop {
            let seen = all_bodies(&self.processes[who], &self.tokens[who], &self.channels[place]).await;
            if seen.iter().any(|b| b == body) {
                return began.elapsed();
            }
            assert!(began.elapsed() < patience, "{who} does not read {body:?} in place {place}: {seen:?}");
            sleep(Duration::from_millis(30)).await;
        }
    }

    /// One end of a community.
    pub fn end(&self, who: usize) -> End<'_> {
        End { setup: &self.setups[who], process: &self.processes[who], token: &self.tokens[who] }
    }
}

fn counted(names: &[(&str, usize)]) -> Vec<(String, usize)> {
    names.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn j_delivery_a_follower_that_stands_still_slows_nobody_and_catches_up() {
    let trio = Trio::new(|_, _| ()).await;
    trio.say(0, 0, "ada 0").await;
    trio.read(1, 0, "ada 0", SOON).await;
    trio.processes[1].signal("STOP");
    for n in 0..15 {
        trio.say(0, 0, &format!("ada {}", n + 1)).await;
        trio.say(2, 0, &format!("cleo {n}")).await;
        trio.read(0, 0, &format!("cleo {n}"), SOON).await;
        trio.read(2, 0, &format!("ada {}", n + 1), SOON).await;
        sleep(Duration::from_millis(150)).await;
    }
    trio.processes[1].signal("CONT");
    let ends = [trio.end(0), trio.end(1), trio.end(2)];
    let written = counted(&[("ada", 16), ("cleo", 15)]);
    settled(&ends, &trio.sids[0], &trio.channels[0], &written, Duration::from_secs(30)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j3_a_hub_that_stands_still_keeps_nothing_from_others_and_gets_what_waited() {
    let trio = Trio::new(|_, _| ()).await;
    trio.say(0, 0, "ada 0").await;
    trio.read(1, 0, "ada 0", SOON).await;
    trio.processes[0].signal("STOP");
    let began = Instant::now();
    assert_eq!(trio.say(1, 0, "ben 0").await["state"], "pending");
    assert!(began.elapsed() < Duration::from_secs(6), "its author waited for {:?}", began.elapsed());
    for n in 0..10 {
        // Elsewhere nobody notices.
        trio.say(1, 1, &format!("ben {n}")).await;
        trio.say(2, 1, &format!("cleo {n}")).await;
        trio.read(2, 1, &format!("ben {n}"), SOON).await;
        trio.read(1, 1, &format!("cleo {n}"), SOON).await;
    }
    // What is here already is read as always.
    assert!(trio.read(2, 0, "ada 0", SOON).await < Duration::from_secs(1));
    assert_eq!(trio.say(1, 0, "ben 1").await["state"], "pending");
    trio.processes[0].signal("CONT");
    let ends = [trio.end(0), trio.end(1), trio.end(2)];
    let written = counted(&[("ada", 1), ("ben", 2)]);
    settled(&ends, &trio.sids[0], &trio.channels[0], &written, Duration::from_secs(30)).await;
    let ends = [trio.end(1), trio.end(2)];
    let written = counted(&[("ben", 10), ("cleo", 10)]);
    settled(&ends, &trio.sids[1], &trio.channels[1], &written, Duration::from_secs(30)).await;
}
