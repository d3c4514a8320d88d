//! How fast the other instance has what was written while it was away.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::report::Figure;
use crate::world::World;
use crate::{Options, Result};

/// How long the catching up may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Stops the other instance, has messages written, starts it again and waits until it has them all.
pub async fn measure(world: &mut World, options: &Options) -> Result<Vec<Figure>> {
    world.b.stop().await?;
    write(world, options).await?;
    let path = format!("/servers/{}", world.sid);
    let there = seq(&world.owner.get(&path).await?)?;

    world.b.start_again(&options.binary).await?;
    let (begun, processor) = (Instant::now(), (world.a.processor_s()?, world.b.processor_s()?));
    let before = seq(&world.guest.get(&path).await?)?;
    while seq(&world.guest.get(&path).await?)? < there {
        if begun.elapsed() > PATIENCE {
            return Err(format!("the other instance did not catch up within {} s", PATIENCE.as_secs()).into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let events = there.saturating_sub(before).max(1) as f64;
    let host = (world.a.processor_s()? - processor.0) * 1000.0 / events;
    let other = (world.b.processor_s()? - processor.1) * 1000.0 / events;
    Ok(vec![
        Figure::new(
            "catch_up_per_s",
            format!("catch-up after a partition, {events:.0} events, from being ready on"),
            events / seconds,
            "1/s",
        )
        .wanted("at least 5,000"),
        Figure::new("catch_up_host_s_per_1000", "processor time of the host per 1,000 of these", host, "s"),
        Figure::new("catch_up_other_s_per_1000", "processor time of the other instance per 1,000", other, "s"),
    ])
}

/// As many messages as the options say, by all senders at once.
async fn write(world: &World, options: &Options) -> Result<()> {
    let mut lanes = JoinSet::new();
    let each = options.backlog.div_ceil(world.senders.len().max(1));
    for (n, person) in world.senders.iter().cloned().enumerate() {
        let path = format!("/servers/{}/channels/{}/messages", world.sid, world.channel);
        lanes.spawn(async move {
            for i in 0..each {
                let body = format!("Said while the other one was away, number {i} of {n}.");
                person.post(&path, json!({ "nonce": format!("c{n}-{i}"), "body": body })).await?;
            }
            Result::Ok(())
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane??;
    }
    Ok(())
}

fn seq(server: &Value) -> Result<u64> {
    server.get("seq").and_then(Value::as_u64).ok_or_else(|| format!("a community without a position: {server}").into())
}
