//! A community with years of history and many people: how fast somebody of another instance is in, and what the host
//! needs to start with it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use conntext_federation::domain::Domain;
use conntext_federation::ids::ServerId;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::api::Person;
use crate::followers::Crowd;
use crate::instance::{Instance, REST, free_port};
use crate::report::Figure;
use crate::throughput::Place;
use crate::world::World;
use crate::{Options, Result};

/// How long somebody may take to be in.
const PATIENCE: Duration = Duration::from_secs(60);
/// Requests of people who join that are under way.
const JOINING: u64 = 32;
/// The instances of those who join. One alone may sign no more than 20,000 requests within a minute.
const TOWNS: usize = 4;
/// The smaller community: messages and members.
const SMALL: (u64, u64) = (10_000, 200);
/// Smaller communities that are joined one after the other: a tenth of a second is told apart from chance by no single one.
const SMALL_TIMES: usize = 5;
/// Instances from which the large one is joined, one after the other: on two processors that the host, the newcomer's
/// instance and the benchmark share, a single joining tells little.
const LARGE_TIMES: usize = 5;
/// How much of a processor somebody at rest uses at most.
const QUIET: f64 = 0.03;
/// Messages that are read at the beginning.
const READ: usize = 50;

/// Measures both.
pub async fn measure(world: &mut World, options: &Options, folder: &Path) -> Result<Vec<Figure>> {
    let (messages, members) = options.large;
    let newcomer = world.guest.clone();
    let mut each = Vec::with_capacity(SMALL_TIMES);
    for _ in 0..SMALL_TIMES {
        let small = filled(world, SMALL.0, SMALL.1).await?;
        quiet(&world.a).await?;
        each.push(join(world, &newcomer, &small).await?);
    }
    let small_ms = median("the small ones", each);

    let large = world.community(&world.senders, &[]).await?;
    write(world, &large, messages).await?;
    world.a.stop().await?;
    world.a.start_again(&options.binary).await?;
    let start_ms = world.a.start.as_secs_f64() * 1000.0;
    sleep(REST).await;
    let (memory, _) = world.a.memory_mib()?;

    people(world, &large, members).await?;
    let met = world.community(&world.senders, &[]).await?;
    write(world, &met, READ as u64).await?;
    let mut each = Vec::with_capacity(LARGE_TIMES);
    for n in 0..LARGE_TIMES {
        let mut home = Instance::start(&options.binary, folder, &format!("town{n}"), free_port().await?).await?;
        let newcomer = Person::set_up(&home, "newcomer").await?;
        // The two instances know each other already, as the small ones did.
        join(world, &newcomer, &met).await?;
        quiet(&world.a).await?;
        quiet(&home).await?;
        each.push(join(world, &newcomer, &large).await?);
        home.stop().await?;
    }
    let large_ms = median("the large one", each);
    let (full, _) = world.a.memory_mib()?;
    Ok(vec![
        Figure::new("large_start_ms", format!("start until ready with {messages} messages"), start_ms, "ms")
            .wanted("under 300"),
        Figure::new("large_idle_rss_mib", format!("memory at rest with {messages} messages"), memory, "MiB")
            .wanted("under 40"),
        Figure::new(
            "join_small_ms",
            format!(
                "somebody of the other instance joins {} messages, {} members and reads {READ}; median of {SMALL_TIMES}",
                SMALL.0, SMALL.1
            ),
            small_ms,
            "ms",
        )
        .wanted("under 100"),
        Figure::new(
            "join_large_ms",
            format!("the same with {messages} messages, {members} members; median of {LARGE_TIMES} instances"),
            large_ms,
            "ms",
        )
        .wanted("under 1,000"),
        Figure::new("large_full_rss_mib", format!("memory with {members} members as well"), full, "MiB"),
    ])
}

fn median(what: &str, mut each: Vec<f64>) -> f64 {
    eprintln!("  joined {what} in {each:.0?} ms");
    each.sort_by(f64::total_cmp);
    each[each.len() / 2]
}

/// Until an instance has nothing left to do of what came before: those who joined are told of each other.
async fn quiet(instance: &Instance) -> Result<()> {
    let begun = Instant::now();
    loop {
        let before = instance.processor_s()?;
        sleep(Duration::from_secs(1)).await;
        if instance.processor_s()? - before < QUIET {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err("the instance does not come to rest".into());
        }
    }
}

async fn filled(world: &World, messages: u64, members: u64) -> Result<Place> {
    let place = world.community(&world.senders, &[]).await?;
    write(world, &place, messages).await?;
    people(world, &place, members).await?;
    Ok(place)
}

/// From the click on the invitation until the newest messages are there.
async fn join(world: &World, person: &Person, place: &Place) -> Result<f64> {
    let accept = format!("/invites/{}/{}/accept", world.a.domain.replace(':', "%3A"), place.code);
    let begun = Instant::now();
    person.post(&accept, json!({})).await?;
    loop {
        let page = person.get(&format!("{}?limit={READ}", place.messages())).await?;
        if page.get("messages").and_then(Value::as_array).is_some_and(|all| all.len() >= READ) {
            return Ok(begun.elapsed().as_secs_f64() * 1000.0);
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("nothing to read after joining: {page}").into());
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// So many messages, by all senders at once.
async fn write(world: &World, place: &Place, messages: u64) -> Result<()> {
    let next = Arc::new(AtomicU64::new(0));
    let mut lanes = JoinSet::new();
    for person in world.senders.iter().flat_map(|person| vec![person; 16]) {
        let (person, path, next) = (person.clone(), place.messages(), Arc::clone(&next));
        let sid = place.sid.clone();
        lanes.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= messages {
                    return Result::Ok(());
                }
                if n % 100_000 == 99_999 {
                    eprintln!("  {} messages", n + 1);
                }
                let body = format!("Said long ago, and kept for whoever comes later, number {n}.");
                person.post(&path, json!({ "nonce": format!("{sid} {n}"), "body": body })).await?;
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane??;
    }
    Ok(())
}

/// So many people of instances that the benchmark plays.
async fn people(world: &World, place: &Place, members: u64) -> Result<()> {
    let (crowd, serving) = Crowd::serve(TOWNS).await?;
    let host = Domain::parse_normal(&world.a.domain, true).map_err(|e| e.to_string())?;
    let sid: ServerId = place.sid.parse().map_err(|_| "not a community's id")?;
    let http = reqwest::Client::new();
    let next = Arc::new(AtomicU64::new(0));
    let mut lanes = JoinSet::new();
    for _ in 0..JOINING {
        let (crowd, next, http) = (Arc::clone(&crowd), Arc::clone(&next), http.clone());
        let (origin, host, sid, code) = (world.a.origin.clone(), host.clone(), sid.clone(), place.code.clone());
        lanes.spawn(async move {
            let towns: Vec<_> = crowd.followers.values().collect();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= members {
                    return Result::Ok(());
                }
                if n % 10_000 == 9_999 {
                    eprintln!("  {} members", n + 1);
                }
                let town = towns[usize::try_from(n)? % TOWNS];
                town.join(&http, &origin, &host, &sid, &code, n).await?;
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane??;
    }
    // Those who came are told of each other first.
    sleep(REST).await;
    serving.abort();
    Ok(())
}
