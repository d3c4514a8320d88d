//! People who write all the time, whatever happens to their instance, and what has to be there at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::federation::request;
use crate::kit::{Process, Setup, client, text};

/// Somebody who writes one message after the other, and repeats each under its number until it is taken.
pub struct Writer {
    pub name: String,
    stop: Arc<AtomicBool>,
    work: JoinHandle<usize>,
}

/// Has somebody write into a channel from now on, a message every so often.
pub fn write(name: &str, base: &str, token: &str, channel: &str, every: Duration) -> Writer {
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, author, token) = (stop.clone(), name.to_owned(), token.to_owned());
    let url = format!("{base}/api/v1{channel}/messages");
    let work = tokio::spawn(async move {
        let client = client();
        let mut written = 0;
        let mut due = Instant::now();
        while !stopped.load(Ordering::Relaxed) {
            let body = format!("{author} {written}");
            let message = json!({"body": body, "nonce": body});
            loop {
                let sent = client.post(&url).json(&message).bearer_auth(&token).timeout(Duration::from_secs(10));
                match sent.send().await.map(|answer| answer.status().as_u16()) {
                    Ok(201 | 202) => break,
                    Ok(status) if status < 500 && status != 429 => panic!("{body}: {status}"),
                    _ => sleep(Duration::from_millis(20)).await,
                }
            }
            written += 1;
            due = Instant::now().max(due + every);
            tokio::time::sleep_until(due).await;
        }
        written
    });
    Writer { name: name.to_owned(), stop, work }
}

impl Writer {
    /// Has them finish; how many messages were taken.
    pub async fn finish(self) -> (String, usize) {
        self.stop.store(true, Ordering::Relaxed);
        (self.name, self.work.await.expect("they were never refused"))
    }
}

/// Everything of a channel, from its beginning to its end.
pub async fn all_bodies(process: &Process, token: &str, channel: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut query = String::from("?limit=100");
    loop {
        let (_, page) = request(process, token, &format!("{channel}/messages{query}"), None).await;
        let messages = page["messages"].as_array().cloned().unwrap_or_default();
        all.splice(0..0, messages.iter().map(|m| m["body"].as_str().unwrap_or_default().to_owned()));
        match messages.first().and_then(|m| m["cn"].as_u64()) {
            Some(first) if page["has_before"] == true => query = format!("?limit=100&before={first}"),
            _ => return all,
        }
    }
}

/// One end of a community: its instance and somebody there.
pub struct End<'a> {
    pub setup: &'a Setup,
    pub process: &'a Process,
    pub token: &'a str,
}

/// Waits until all ends show the same, and checks that what was taken is there once, in the order of each author, that
/// nothing waits, and that logs and copies hold.
pub async fn settled(ends: &[End<'_>], sid: &str, channel: &str, written: &[(String, usize)], patience: Duration) {
    let whole: usize = written.iter().map(|(_, count)| count).sum();
    let began = Instant::now();
    let (mut seen, mut waits): (Vec<Vec<String>>, Vec<Value>);
    loop {
        (seen, waits) = (Vec::new(), Vec::new());
        for end in ends {
            let (_, pending) = request(end.process, end.token, &format!("/servers/{sid}/pending"), None).await;
            waits.push(pending["pending"].clone());
            seen.push(all_bodies(end.process, end.token, channel).await);
        }
        let same = seen.iter().all(|bodies| *bodies == seen[0] && bodies.len() >= whole);
        if (same && waits.iter().all(|w| *w == json!([]))) || began.elapsed() > patience {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    for (end, bodies) in seen.iter().enumerate() {
        for (name, count) in written {
            let of: Vec<&String> = bodies.iter().filter(|body| body.split(' ').next() == Some(name)).collect();
            let wanted: Vec<String> = (0..*count).map(|n| format!("{name} {n}")).collect();
            let first = of.iter().zip(&wanted).find(|(a, b)| a != &b);
            let got = of.len();
            assert!(first.is_none() && got == *count, "end {end}: {got} of {count} of {name}, first other: {first:?}");
        }
        assert_eq!(bodies.len(), whole, "end {end} shows what nobody was told of");
    }
    assert!(seen.iter().all(|bodies| *bodies == seen[0]), "not the same order everywhere");
    assert!(waits.iter().all(|w| *w == json!([])), "{waits:?}");
    let mut heads = Vec::new();
    for end in ends {
        let verified = end.setup.run(&["fed", "verify"]);
        assert!(verified.status.success(), "{}", text(&verified));
        heads.push(text(&end.setup.run(&["fed", "head", sid])).trim().to_owned());
    }
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
}
