//! The load: people who each keep messages under way until the time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::Result;
use crate::api::Person;
use crate::instance::Instance;
use crate::stats::Durations;

const WARM_UP: Duration = Duration::from_secs(2);

/// Who sends, where, and how much at once.
#[derive(Clone)]
pub struct Load {
    /// Each sender with the path of the messages of their channel.
    pub senders: Vec<(Person, String)>,
    /// Messages that each of them has under way.
    pub in_flight: usize,
    /// Seconds that are measured.
    pub seconds: u64,
}

/// What came of it.
pub struct Outcome {
    /// Messages acknowledged in a second.
    pub per_s: f64,
    /// All messages that were acknowledged, those of the warming up and of the end included.
    pub total: usize,
    /// From a request to its acknowledgement.
    pub acknowledgements: Durations,
    /// Processor time of each measured process per 1,000 messages, in seconds.
    pub processor_s_per_1000: Vec<f64>,
    /// When the last one was acknowledged.
    pub ended: Instant,
}

struct Shared {
    next: AtomicUsize,
    measuring: AtomicBool,
    ended: AtomicBool,
    acknowledged: AtomicUsize,
}

fn processor(measured: &[&Instance]) -> Result<Vec<f64>> {
    measured.iter().map(|instance| instance.processor_s()).collect()
}

impl Load {
    /// Runs it, and reads the processor time of these processes meanwhile.
    pub async fn run(&self, measured: &[&Instance]) -> Result<Outcome> {
        let shared = Arc::new(Shared {
            next: AtomicUsize::new(0),
            measuring: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            acknowledged: AtomicUsize::new(0),
        });
        let mut lanes = JoinSet::new();
        for (person, path) in &self.senders {
            for _ in 0..self.in_flight {
                lanes.spawn(send_on(Arc::clone(&shared), person.clone(), path.clone()));
            }
        }
        sleep(WARM_UP).await;
        let before = processor(measured)?;
        let counted_before = shared.acknowledged.load(Ordering::SeqCst);
        shared.measuring.store(true, Ordering::SeqCst);
        let begun = Instant::now();
        sleep(Duration::from_secs(self.seconds)).await;
        shared.measuring.store(false, Ordering::SeqCst);
        let counted = shared.acknowledged.load(Ordering::SeqCst) - counted_before;
        let seconds = begun.elapsed().as_secs_f64();
        let after = processor(measured)?;
        shared.ended.store(true, Ordering::SeqCst);

        let mut acknowledgements = Durations::default();
        while let Some(lane) = lanes.join_next().await {
            acknowledgements.extend(lane??);
        }
        let per_1000 = |(before, after): (&f64, &f64)| (after - before) * 1000.0 / counted.max(1) as f64;
        Ok(Outcome {
            per_s: counted as f64 / seconds,
            total: shared.acknowledged.load(Ordering::SeqCst),
            acknowledgements,
            processor_s_per_1000: before.iter().zip(&after).map(per_1000).collect(),
            ended: Instant::now(),
        })
    }
}

/// One message after the other, each when the one before is acknowledged.
async fn send_on(shared: Arc<Shared>, person: Person, path: String) -> Result<Durations> {
    let mut durations = Durations::default();
    // A person's nonces are their own in all communities.
    let place: String = path.chars().skip("/servers/".len()).take(12).collect();
    while !shared.ended.load(Ordering::SeqCst) {
        let n = shared.next.fetch_add(1, Ordering::SeqCst);
        let body = json!({ "nonce": format!("{place} {n}"), "body": format!("A line of talk of the usual length, number {n}.") });
        let sent = Instant::now();
        let message = person.post(&path, body).await?;
        if message.get("state").and_then(Value::as_str) != Some("sent") {
            return Err(format!("a message was not acknowledged as sent: {message}").into());
        }
        shared.acknowledged.fetch_add(1, Ordering::SeqCst);
        if shared.measuring.load(Ordering::SeqCst) {
            durations.push(sent.elapsed());
        }
    }
    Ok(durations)
}
