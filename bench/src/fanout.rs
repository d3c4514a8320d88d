//! Many who watch one channel: how fast everybody has a message, what a delivery costs, and what a connection costs that
//! only waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::api::Person;
use crate::instance::Instance;
use crate::load::Load;
use crate::report::Figure;
use crate::stats::Durations;
use crate::world::World;
use crate::{Options, Result};

/// Who watches.
const RECEIVERS: usize = 1_000;
/// Connections that only wait.
const WAITING: usize = 5_000;
/// Messages under way when everything is to be measured at its most.
const IN_FLIGHT: usize = 8;
/// Single messages, one after the other.
const SINGLE: usize = 40;
const PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);

/// Connections that count the messages they get, and nothing else.
struct Crowd {
    counted: Arc<AtomicUsize>,
    /// When the last one came, in microseconds since `begun`.
    last: Arc<AtomicU64>,
    begun: Instant,
    tasks: JoinSet<()>,
}

impl Crowd {
    async fn gather(people: &[Person], size: usize) -> Result<Self> {
        let begun = Instant::now();
        let (counted, last) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
        let mut tasks = JoinSet::new();
        for n in 0..size {
            let person = people.get(n % people.len().max(1)).ok_or("nobody to watch")?;
            let (address, ticket) = person.gateway().await?;
            let (mut socket, _) = tokio_tungstenite::connect_async(address).await?;
            socket.send(Frame::text(json!({ "op": "identify", "ticket": ticket, "cursors": {} }).to_string())).await?;
            loop {
                match timeout(PATIENCE, socket.next()).await? {
                    Some(Ok(Frame::Text(text))) if text.contains(r#""op":"ready""#) => break,
                    Some(Ok(_)) => {}
                    _ => return Err("a connection of the crowd ended before it was ready".into()),
                }
            }
            let (counted, last) = (Arc::clone(&counted), Arc::clone(&last));
            tasks.spawn(async move {
                let mut beat =
                    tokio::time::interval_at(Instant::now() + Duration::from_secs(15), Duration::from_secs(15));
                loop {
                    tokio::select! {
                        _ = beat.tick() => {
                            if socket.send(Frame::text(r#"{"op":"ping","n":1}"#)).await.is_err() { return; }
                        }
                        frame = socket.next() => match frame {
                            Some(Ok(Frame::Text(text))) => {
                                if text.contains(r#""t":"message""#) {
                                    counted.fetch_add(1, Ordering::Relaxed);
                                    let now = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                                    last.fetch_max(now, Ordering::Relaxed);
                                }
                            }
                            Some(Ok(_)) => {}
                            _ => return,
                        },
                    }
                }
            });
        }
        Ok(Self { counted, last, begun, tasks })
    }

    /// Waits until so many messages were counted.
    async fn counts(&self, wanted: usize) -> Result<()> {
        let begun = Instant::now();
        while self.counted.load(Ordering::Relaxed) < wanted {
            if begun.elapsed() > PATIENCE {
                let got = self.counted.load(Ordering::Relaxed);
                return Err(format!("of {wanted} deliveries {got} came").into());
            }
            sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    async fn disperse(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Deliveries a second at most, and the processor time of one, in microseconds.
async fn flood(instance: &Instance, sender: (Person, String), crowd: &Crowd, options: &Options) -> Result<(f64, f64)> {
    let load = Load { senders: vec![sender], in_flight: IN_FLIGHT, seconds: options.seconds };
    let before = crowd.counted.load(Ordering::Relaxed);
    let (begun, processor) = (Instant::now(), instance.processor_s()?);
    let outcome = load.run(&[]).await?;
    crowd.counts(before + outcome.total * crowd.tasks.len()).await?;
    let deliveries = (outcome.total * crowd.tasks.len()) as f64;
    let spent = instance.processor_s()? - processor;
    Ok((deliveries / begun.elapsed().as_secs_f64(), spent * 1e6 / deliveries))
}

/// The host and the bare server, each with a thousand who watch.
pub async fn measure(world: &World, options: &Options, bare: &Instance) -> Result<Vec<Figure>> {
    let nobody = Person::nobody(bare);
    let crowd = Crowd::gather(std::slice::from_ref(&nobody), RECEIVERS).await?;
    let bare_sender = (nobody, "/servers/s_bare/channels/c_bare/messages".to_owned());
    let (floor, _) = flood(bare, bare_sender, &crowd, options).await?;
    crowd.disperse().await;

    let place = world.community(&world.senders, &world.receivers).await?;
    let crowd = Crowd::gather(&world.receivers, RECEIVERS).await?;
    let sender = world.senders.first().unwrap_or(&world.owner).clone();
    let mut last = Durations::default();
    for n in 0..SINGLE {
        let before = crowd.counted.load(Ordering::Relaxed);
        let sent = crowd.begun.elapsed();
        let body = json!({ "nonce": format!("s{n}"), "body": format!("One line for everybody, number {n}.") });
        sender.post(&place.messages(), body).await?;
        crowd.counts(before + RECEIVERS).await?;
        last.push(Duration::from_micros(crowd.last.load(Ordering::Relaxed)).saturating_sub(sent));
        sleep(PAUSE).await;
    }
    let (rate, cost) = flood(&world.a, (sender, place.messages()), &crowd, options).await?;
    crowd.disperse().await;
    Ok(vec![
        Figure::new(
            "bare_deliveries_per_s",
            format!("the bare server: deliveries to {RECEIVERS} who watch"),
            floor,
            "1/s",
        ),
        Figure::new("deliveries_per_s", format!("deliveries to {RECEIVERS} who watch one channel"), rate, "1/s"),
        Figure::new("deliveries_of_bare", "that as a share of the bare server", rate / floor, "")
            .wanted("at least 0.5"),
        Figure::new("delivery_us", "processor time of the host per delivery", cost, "µs").wanted("at most 15"),
        Figure::new("last_receiver_p50_ms", "sent → seen by the last of them, median", last.percentile_ms(0.5), "ms")
            .wanted("at most 40"),
        Figure::new("last_receiver_p99_ms", "sent → seen by the last of them, 99 %", last.percentile_ms(0.99), "ms"),
    ])
}

/// Memory of connections that only wait.
pub async fn measure_waiting(world: &mut World, options: &Options) -> Result<Vec<Figure>> {
    // Making accounts takes memory that the allocator would give to connections afterwards.
    world.a.stop().await?;
    world.a.start_again(&options.binary).await?;
    let few = Crowd::gather(&world.receivers, world.receivers.len()).await?;
    sleep(Duration::from_secs(2)).await;
    let (before, _) = world.a.memory_mib()?;
    let crowd = Crowd::gather(&world.receivers, WAITING).await?;
    sleep(Duration::from_secs(3)).await;
    let (after, _) = world.a.memory_mib()?;
    crowd.disperse().await;
    few.disperse().await;
    let each = (after - before).max(0.0) * 1024.0 / WAITING as f64;
    Ok(vec![
        Figure::new("connection_kib", format!("memory of a waiting connection, of {WAITING}"), each, "KiB")
            .wanted("at most 16"),
    ])
}
