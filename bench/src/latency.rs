//! How long a single message takes from the sender's request to the receiver's screen, while little else happens.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::Result;
use crate::api::Person;
use crate::gateway::{Arrival, Watcher};
use crate::report::Figure;
use crate::stats::Durations;
use crate::world::World;

/// Between one message and the next.
const PAUSE: Duration = Duration::from_millis(25);
/// After this a message counts as lost.
const LOST: Duration = Duration::from_secs(10);

/// Local, from the host to the other instance, and from the other instance to the host.
pub async fn measure(world: &World, samples: usize) -> Result<Vec<Figure>> {
    let near = world.senders.first().unwrap_or(&world.owner);
    let local = local(world, samples).await?;
    let out = one_way(world, "out", near, &world.guest, samples).await?;
    let back = one_way(world, "back", &world.guest, &world.owner, samples).await?;
    Ok(vec![
        Figure::new("local_p50_ms", "sent → seen, same instance, median", local.percentile_ms(0.5), "ms"),
        Figure::new("local_p99_ms", "sent → seen, same instance, 99 %", local.percentile_ms(0.99), "ms"),
        Figure::new(
            "host_to_other_p50_ms",
            "sent on the host → seen on the other instance, median",
            out.percentile_ms(0.5),
            "ms",
        ),
        Figure::new(
            "host_to_other_p99_ms",
            "sent on the host → seen on the other instance, 99 %",
            out.percentile_ms(0.99),
            "ms",
        ),
        Figure::new(
            "other_to_host_p50_ms",
            "sent on the other instance → seen on the host, median",
            back.percentile_ms(0.5),
            "ms",
        ),
        Figure::new(
            "other_to_host_p99_ms",
            "sent on the other instance → seen on the host, 99 %",
            back.percentile_ms(0.99),
            "ms",
        ),
    ])
}

/// From one person of the host to another.
pub async fn local(world: &World, samples: usize) -> Result<Durations> {
    one_way(world, "local", world.senders.first().unwrap_or(&world.owner), &world.owner, samples).await
}

/// One message after the other, each when the one before has arrived.
pub async fn one_way(world: &World, name: &str, from: &Person, to: &Person, samples: usize) -> Result<Durations> {
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    let watcher = Watcher::start(to, Some(sender)).await?;
    let mut durations = Durations::default();
    for n in 0..samples {
        let body = format!("{name} {n}");
        let sent = Instant::now();
        // The acknowledgement and the arrival come in either order.
        let (answer, arrived) = tokio::join!(world.send(from, &body), timeout(LOST, arrival(&mut arrivals, &body)));
        answer?;
        let arrived =
            arrived.map_err(|_| format!("the message \"{body}\" did not arrive within {} s", LOST.as_secs()))?;
        durations.push(arrived?.duration_since(sent));
        sleep(PAUSE).await;
    }
    watcher.stop().await?;
    Ok(durations)
}

async fn arrival(arrivals: &mut mpsc::UnboundedReceiver<Arrival>, body: &str) -> Result<Instant> {
    while let Some((text, at)) = arrivals.recv().await {
        if text == body {
            return Ok(at);
        }
    }
    Err("the gateway ended".into())
}
