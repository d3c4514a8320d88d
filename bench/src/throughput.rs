//! How many messages a second are acknowledged as durable while people watch, and whether each arrives once, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::api::Person;
use crate::gateway::Watcher;
use crate::report::Figure;
use crate::stats::Durations;
use crate::world::World;
use crate::{Options, Result};

const WARM_UP: Duration = Duration::from_secs(2);
/// How long the last messages may take to reach everybody.
const DRAIN: Duration = Duration::from_secs(60);

/// What all senders share.
struct Shared {
    sid: String,
    channel: String,
    next: AtomicUsize,
    measuring: AtomicBool,
    ended: AtomicBool,
    acknowledged: AtomicUsize,
}

/// Every sender keeps its messages under way until the time is over; then everything must arrive.
pub async fn measure(world: &World, options: &Options) -> Result<Vec<Figure>> {
    let mut watchers = Vec::new();
    for person in &world.receivers {
        watchers.push(Watcher::start(person, None).await?);
    }
    let guest = Watcher::start(&world.guest, None).await?;
    let shared = Arc::new(Shared {
        sid: world.sid.clone(),
        channel: world.channel.clone(),
        next: AtomicUsize::new(0),
        measuring: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        acknowledged: AtomicUsize::new(0),
    });
    let mut lanes = JoinSet::new();
    for person in &world.senders {
        for _ in 0..options.in_flight {
            lanes.spawn(send_on(Arc::clone(&shared), person.clone()));
        }
    }
    sleep(WARM_UP).await;
    let processor_before = world.a.processor_s()?;
    let counted_before = shared.acknowledged.load(Ordering::SeqCst);
    shared.measuring.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    sleep(Duration::from_secs(options.seconds)).await;
    shared.measuring.store(false, Ordering::SeqCst);
    let counted = shared.acknowledged.load(Ordering::SeqCst) - counted_before;
    let seconds = begun.elapsed().as_secs_f64();
    let processor = world.a.processor_s()? - processor_before;
    shared.ended.store(true, Ordering::SeqCst);

    let mut acknowledgements = Durations::default();
    while let Some(lane) = lanes.join_next().await {
        acknowledgements.extend(lane??);
    }
    let ended = Instant::now();
    let total = shared.acknowledged.load(Ordering::SeqCst);
    let (_, peak) = world.a.memory_mib()?;
    let lag = wait_for_guest(world, total).await?;

    let mut resumed = 0;
    for watcher in watchers {
        let seen = watcher.stop().await?;
        resumed += seen.resumed;
        if seen.messages != total || seen.disorder > 0 {
            return Err(format!(
                "{total} messages were acknowledged, but a watcher saw {} and {} again or out of order",
                seen.messages, seen.disorder
            )
            .into());
        }
    }
    let far = guest.stop().await?;
    if far.messages != total {
        return Err(format!(
            "{total} messages were acknowledged, but the other instance's watcher saw {}",
            far.messages
        )
        .into());
    }
    let far_lag = far.last.map_or(lag, |at| at.saturating_duration_since(ended));
    let rate = counted as f64 / seconds;
    let load = format!("{} senders × {} under way, {} watching", options.senders, options.in_flight, options.receivers);
    Ok(vec![
        Figure::new("acknowledged_per_s", format!("durable messages acknowledged ({load})"), rate, "1/s"),
        Figure::new("delivered_per_s", "messages delivered to those who watch", rate * options.receivers as f64, "1/s"),
        Figure::new(
            "acknowledged_p50_ms",
            "request → acknowledged under that load, median",
            acknowledgements.percentile_ms(0.5),
            "ms",
        ),
        Figure::new(
            "acknowledged_p99_ms",
            "request → acknowledged under that load, 99 %",
            acknowledgements.percentile_ms(0.99),
            "ms",
        ),
        Figure::new(
            "processor_s_per_1000",
            "processor time of the host per 1,000 messages",
            processor * 1000.0 / counted.max(1) as f64,
            "s",
        ),
        Figure::new("peak_rss_mib", "memory of the host at most (resident)", peak, "MiB"),
        Figure::new(
            "other_lag_s",
            "after the last acknowledgement, until the other instance had everything",
            far_lag.as_secs_f64(),
            "s",
        ),
        Figure::new("resumed", "connections that were ended and resumed", (resumed + far.resumed) as f64, ""),
    ])
}

/// One message after the other, each when the one before is acknowledged.
async fn send_on(shared: Arc<Shared>, person: Person) -> Result<Durations> {
    let mut durations = Durations::default();
    let path = format!("/servers/{}/channels/{}/messages", shared.sid, shared.channel);
    while !shared.ended.load(Ordering::SeqCst) {
        let n = shared.next.fetch_add(1, Ordering::SeqCst);
        let body = serde_json::json!({ "nonce": format!("t{n}"), "body": format!("A line of talk of the usual length, number {n}.") });
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

/// Until the guest's own instance is where the host is; says how long that took.
async fn wait_for_guest(world: &World, total: usize) -> Result<Duration> {
    let begun = Instant::now();
    let path = format!("/servers/{}", world.sid);
    loop {
        let host = world.owner.get(&path).await?;
        let other = world.guest.get(&path).await?;
        if host.get("seq") == other.get("seq") {
            // The frames may still be on their way to those who watch.
            sleep(Duration::from_secs(1)).await;
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > DRAIN {
            return Err(
                format!("the other instance did not get all of {total} messages within {} s", DRAIN.as_secs()).into()
            );
        }
        sleep(Duration::from_millis(50)).await;
    }
}
