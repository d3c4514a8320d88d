//! How many messages a second are acknowledged as durable while people watch, and whether each arrives once, in order.

use serde_json::json;

use crate::api::{Person, text};
use crate::gateway::Watcher;
use crate::instance::Instance;
use crate::load::{Load, Outcome};
use crate::report::Figure;
use crate::world::World;
use crate::{Options, Result};

/// Communities of the second measurement.
const MANY: usize = 20;

/// Runs the load while these people watch, and fails unless each of them saw every message once and in order.
async fn watched(load: &Load, watching: &[Person], measured: &[&Instance]) -> Result<(Outcome, usize)> {
    let mut watchers = Vec::new();
    for person in watching {
        watchers.push(Watcher::start(person, None).await?);
    }
    let outcome = load.run(measured).await?;
    let mut resumed = 0;
    for watcher in watchers {
        let seen = watcher.stop_at(outcome.total).await?;
        resumed += seen.resumed;
        if seen.messages != outcome.total || seen.disorder > 0 {
            return Err(format!(
                "{} messages were acknowledged, but a watcher saw {} and {} again or out of order",
                outcome.total, seen.messages, seen.disorder
            )
            .into());
        }
    }
    Ok((outcome, resumed))
}

/// One community: what comes of it, and how many connections were resumed.
pub async fn one(world: &World, options: &Options) -> Result<(Outcome, usize)> {
    let place = world.community(&world.senders, &world.receivers).await?;
    let load = Load {
        senders: world.senders.iter().map(|person| (person.clone(), place.messages())).collect(),
        in_flight: options.in_flight,
        seconds: options.seconds,
    };
    watched(&load, &world.receivers, &[&world.a]).await
}

/// One community, then twenty, then the same load on the bare server.
pub async fn measure(world: &World, options: &Options, bare: &Instance) -> Result<Vec<Figure>> {
    let mut load = Load { senders: Vec::new(), in_flight: options.in_flight, seconds: options.seconds };
    let nobody = Person::nobody(bare);
    let bare_path = "/servers/s_bare/channels/c_bare/messages".to_owned();
    load.senders = vec![(nobody.clone(), bare_path); options.senders];
    let (floor, _) = watched(&load, &vec![nobody; options.receivers], &[bare]).await?;

    let before = world.a.disk_bytes()?;
    let (one, resumed) = self::one(world, options).await?;
    let disk = (world.a.disk_bytes()? - before) / one.total.max(1) as f64 / 1024.0;
    let (_, peak) = world.a.memory_mib()?;

    load.senders.clear();
    for n in 0..MANY {
        let sender = world.senders.get(n % world.senders.len().max(1)).unwrap_or(&world.owner);
        let place = world.community(std::slice::from_ref(sender), &[]).await?;
        load.senders.push((sender.clone(), place.messages()));
    }
    let (many, _) = watched(&load, &[], &[&world.a]).await?;

    let under =
        format!("{} senders × {} under way, {} watching", options.senders, options.in_flight, options.receivers);
    let cpu = |outcome: &Outcome| outcome.processor_s_per_1000.first().copied().unwrap_or(f64::NAN);
    Ok(vec![
        Figure::new(
            "bare_per_s",
            format!("the bare server: rows committed and broadcast ({under})"),
            floor.per_s,
            "1/s",
        ),
        Figure::new("acknowledged_per_s", format!("durable messages acknowledged ({under})"), one.per_s, "1/s")
            .wanted("at least 5,000"),
        Figure::new("acknowledged_of_bare", "that as a share of the bare server", one.per_s / floor.per_s, "")
            .wanted("at least 0.25"),
        Figure::new("processor_s_per_1000", "processor time of the host per 1,000 messages", cpu(&one), "s")
            .wanted("at most 0.2"),
        Figure::new(
            "acknowledged_p50_ms",
            "request → acknowledged under that load, median",
            one.acknowledgements.percentile_ms(0.5),
            "ms",
        ),
        Figure::new(
            "acknowledged_p99_ms",
            "request → acknowledged under that load, 99 %",
            one.acknowledgements.percentile_ms(0.99),
            "ms",
        ),
        Figure::new("many_per_s", format!("durable messages acknowledged over {MANY} communities"), many.per_s, "1/s")
            .wanted("at least 4,000"),
        Figure::new("many_processor_s_per_1000", "processor time of the host per 1,000 of these", cpu(&many), "s"),
        Figure::new("disk_kib_per_message", "disk for such a message: log and projections", disk, "KiB")
            .wanted("at most 1.5"),
        Figure::new("peak_rss_mib", "memory of the host at most (resident)", peak, "MiB"),
        Figure::new("resumed", "connections that were ended and resumed", resumed as f64, ""),
    ])
}

/// Senders on the host, one who watches at the other instance: what both sides spend, and that nothing is lost.
pub async fn measure_federation(world: &World, options: &Options) -> Result<Vec<Figure>> {
    let path = format!("/servers/{}/channels/{}/messages", world.sid, world.channel);
    let load = Load {
        senders: world.senders.iter().map(|person| (person.clone(), path.clone())).collect(),
        in_flight: options.in_flight,
        seconds: options.seconds,
    };
    let watcher = Watcher::start(&world.guest, None).await?;
    let outcome = load.run(&[&world.a, &world.b]).await?;
    let before = [world.a.processor_s()?, world.b.processor_s()?];
    let far = watcher.stop_at(outcome.total).await?;
    if far.messages != outcome.total || far.disorder > 0 {
        return Err(format!(
            "{} messages were acknowledged, but the other instance's watcher saw {} and {} again or out of order",
            outcome.total, far.messages, far.disorder
        )
        .into());
    }
    let lag = far.last.map_or(0.0, |at| at.saturating_duration_since(outcome.ended).as_secs_f64());
    // What is still done after the load has ended belongs to its messages.
    let rest = |side: usize, now: f64| (now - before[side]) * 1000.0 / outcome.total.max(1) as f64;
    let host = outcome.processor_s_per_1000[0] + rest(0, world.a.processor_s()?);
    let other = outcome.processor_s_per_1000[1] + rest(1, world.b.processor_s()?);
    let seen = outcome.total as f64 / (outcome.total as f64 / outcome.per_s + lag);
    Ok(vec![
        Figure::new("federated_per_s", "messages a second, sent on the host, seen on the other instance", seen, "1/s")
            .wanted("at least 2,000"),
        Figure::new("federated_host_s_per_1000", "processor time of the host per 1,000 of these", host, "s")
            .wanted("at most 0.4"),
        Figure::new("federated_other_s_per_1000", "processor time of the other instance per 1,000", other, "s")
            .wanted("at most 0.4"),
        Figure::new(
            "federated_lag_s",
            "after the last acknowledgement, until the other instance had shown all",
            lag,
            "s",
        ),
    ])
}

/// A community for one measurement.
pub struct Place {
    /// Its id.
    pub sid: String,
    /// Its channel.
    pub channel: String,
    /// The code of an invitation.
    pub code: String,
}

impl Place {
    /// The path of the channel's messages.
    pub fn messages(&self) -> String {
        format!("/servers/{}/channels/{}/messages", self.sid, self.channel)
    }
}

impl World {
    /// A community of these people of the host alone.
    pub async fn community(&self, senders: &[Person], receivers: &[Person]) -> Result<Place> {
        let server = self.owner.post("/servers", json!({ "name": "Bench", "template": "blank" })).await?;
        let sid = text(&server, "/id")?;
        let made = self.owner.post(&format!("/servers/{sid}/channels"), json!({ "name": "bench" })).await?;
        let invite = self
            .owner
            .post(&format!("/servers/{sid}/invites"), json!({ "max_uses": null, "expires_in_s": null }))
            .await?;
        let code = text(&invite, "/code")?;
        let accept = format!("/invites/{}/{code}/accept", self.a.domain.replace(':', "%3A"));
        for person in senders.iter().chain(receivers) {
            person.post(&accept, json!({})).await?;
        }
        Ok(Place { channel: text(&made, "/id")?, sid, code })
    }
}
