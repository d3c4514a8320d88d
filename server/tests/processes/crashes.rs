//! The process ends at every place where something is written or sent, while messages flow. Nothing that was acknowledged
//! is lost, and nothing is said twice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::federation::{bodies, bring, community, instance, person, request};
use crate::kit::{Process, Setup, text};

/// Two instances with a community on the first, and what each person has said so far.
struct Pair {
    setups: [Setup; 2],
    processes: [Process; 2],
    tokens: [String; 2],
    sid: String,
    channel: String,
    said: [usize; 2],
}

impl Pair {
    async fn new() -> Self {
        let ((mut hub, hub_domain), (mut home, _)) = (instance("a"), instance("b"));
        for setup in [&mut hub, &mut home] {
            setup.set("CONNTEXT_TEST", "1").set("CONNTEXT__LIMITS__MESSAGE_BURST", "1000");
        }
        let (a, b) = (hub.start().await, home.start().await);
        let (ada, ben) = (person(&a, "ada").await, person(&b, "ben").await);
        let (sid, channel) = community(&a, &ada).await;
        bring((&a, &ada), &hub_domain, &sid, (&b, &ben)).await;
        Self { setups: [hub, home], processes: [a, b], tokens: [ada, ben], sid, channel, said: [0, 0] }
    }

    /// One of them says the next thing, once; whether it was taken. With a file where it says so.
    async fn say(&mut self, who: usize, file: bool) -> bool {
        let (process, token) = (&self.processes[who], &self.tokens[who]);
        let body = format!("{}{}", ["a", "b"][who], self.said[who]);
        let mut message = json!({"body": body, "nonce": body});
        if file {
            let cid = self.channel.rsplit('/').next().expect("a channel");
            let url = format!("{}/api/v1/uploads?name={body}.txt&sid={}&channel={cid}", process.base, self.sid);
            let sent = process.client.post(url).bearer_auth(token).body(body.clone());
            let sent = sent.header("content-type", "application/octet-stream").send().await;
            let Ok(answer) = sent else { return false };
            let upload: Value = answer.json().await.unwrap_or(Value::Null);
            message["attachments"] = json!([{"upload": upload["upload"]}]);
        }
        let (status, answer) = request(process, token, &format!("{}/messages", self.channel), Some(message)).await;
        match status {
            201 | 202 => {
                self.said[who] += 1;
                true
            }
            0 | 429 | 500.. => false,
            other => panic!("{other}: {answer}"),
        }
    }

    /// Ends one of them at a place, while both write, and starts it again.
    async fn crash(&mut self, who: usize, place: &str, file: bool) {
        self.processes[who].signal("TERM");
        while self.processes[who].runs() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.setups[who].set("CONNTEXT_FAIL", &format!("{place}=return"));
        self.processes[who] = self.setups[who].spawn("http");
        // What still waits from before may reach the place at once.
        self.processes[who].ready().await;
        for _ in 0..100 {
            for speaker in [1 - who, who] {
                self.say(speaker, file && speaker == 1).await;
            }
            if !self.processes[who].runs() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(!self.processes[who].runs(), "{place} is never reached");
        self.setups[who].set("CONNTEXT_FAIL", "");
        self.processes[who] = self.setups[who].start().await;
        for speaker in [0, 1] {
            let mut taken = false;
            for _ in 0..200 {
                taken = self.say(speaker, false).await;
                if taken {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(taken, "after {place} nothing is taken");
        }
    }

    /// Everything that was taken is there once, in its author's order, at both ends.
    async fn check(&self) {
        let whole = self.said[0] + self.said[1];
        let mut seen = [Vec::new(), Vec::new()];
        for _ in 0..300 {
            for (at, seen) in seen.iter_mut().enumerate() {
                *seen = bodies(&self.processes[at], &self.tokens[at], &self.channel).await;
            }
            if seen[0].len() >= whole && seen[0] == seen[1] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(seen[0], seen[1]);
        for (who, name) in ["a", "b"].iter().enumerate() {
            let of: Vec<&String> = seen[0].iter().filter(|body| body.starts_with(name)).collect();
            let wanted: Vec<String> = (0..self.said[who]).map(|n| format!("{name}{n}")).collect();
            assert_eq!(of, wanted.iter().collect::<Vec<_>>());
        }
        let path = format!("/servers/{}/pending", self.sid);
        let (_, pending) = request(&self.processes[1], &self.tokens[1], &path, None).await;
        assert_eq!(pending["pending"], json!([]));
        let heads: Vec<String> = self
            .setups
            .iter()
            .map(|setup| {
                let verified = setup.run(&["fed", "verify"]);
                assert!(verified.status.success(), "{}", text(&verified));
                text(&setup.run(&["fed", "head", &self.sid])).trim().to_owned()
            })
            .collect();
        assert_eq!(heads[0], heads[1]);
    }
}

#[tokio::test]
async fn b4_an_erasure_that_is_cut_short_goes_on() {
    let mut pair = Pair::new().await;
    for who in [0, 1] {
        assert!(pair.say(1, false).await);
        pair.processes[who].signal("TERM");
        while pair.processes[who].runs() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        pair.setups[who].set("CONNTEXT_FAIL", "purge.before_commit=return");
        pair.processes[who] = pair.setups[who].spawn("http");
        pair.processes[who].ready().await;
        let ask = format!("/servers/{}/erasure", pair.sid);
        let mut asked = 0;
        for _ in 0..200 {
            if asked != 202 {
                asked = request(&pair.processes[1], &pair.tokens[1], &ask, Some(json!({"leave": false}))).await.0;
            }
            if !pair.processes[who].runs() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(!pair.processes[who].runs(), "nothing was erased");
        pair.setups[who].set("CONNTEXT_FAIL", "");
        pair.processes[who] = pair.setups[who].start().await;
        let mut states = Vec::new();
        for _ in 0..600 {
            let (_, list) = request(&pair.processes[1], &pair.tokens[1], "/me/erasures", None).await;
            let all = list["erasures"].as_array().cloned().unwrap_or_default();
            states = all.iter().map(|one| one["state"].clone()).collect();
            if !states.is_empty() && states.iter().all(|state| state == "done") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(!states.is_empty() && states.iter().all(|state| state == "done"), "{states:?}");
        for at in [0, 1] {
            let left = bodies(&pair.processes[at], &pair.tokens[at], &pair.channel).await;
            assert!(left.iter().all(String::is_empty), "{left:?}");
            assert!(pair.setups[at].run(&["fed", "verify"]).status.success());
        }
    }
}

#[tokio::test]
async fn c1_a_hub_that_ends_anywhere_loses_nothing() {
    let mut pair = Pair::new().await;
    for (place, file) in [
        ("log.before_commit", false),
        ("log.after_commit", false),
        ("hub.before_answer", false),
        ("push.before_send", false),
        ("push.after_send", false),
        ("push.before_ack", false),
        ("push.after_ack", false),
        ("media.before_grant", true),
        ("media.after_grant", true),
    ] {
        pair.crash(0, place, file).await;
    }
    pair.check().await;
}

#[tokio::test]
async fn c1_a_home_that_ends_anywhere_loses_nothing() {
    let mut pair = Pair::new().await;
    for (place, file) in [
        ("queue.before_commit", false),
        ("queue.after_commit", false),
        ("relay.before_send", false),
        ("relay.after_send", false),
        ("relay.before_settle", false),
        ("relay.after_settle", false),
        ("copy.before_commit", false),
        ("copy.after_commit", false),
        ("media.before_put", true),
        ("media.after_put", true),
    ] {
        pair.crash(1, place, file).await;
    }
    pair.check().await;
}
