//! The same host on PostgreSQL, beside what it reached on SQLite.

use std::path::Path;

use crate::latency;
use crate::report::{Figure, Report};
use crate::throughput;
use crate::world::World;
use crate::{Options, Result, followers};

/// Where `scripts/with-postgres.sh` says its address.
const ADDRESS: &str = "CONNTEXT_TEST_POSTGRES";

/// Throughput, latency and many that follow; nothing where there is no PostgreSQL.
pub async fn measure(report: &Report, options: &Options, folder: &Path) -> Result<Vec<Figure>> {
    let Ok(address) = std::env::var(ADDRESS) else {
        eprintln!("  no PostgreSQL: {ADDRESS} is not set");
        return Ok(Vec::new());
    };
    let mut world = World::start_on(options, folder, ["pa", "pb"], Some(&address)).await?;
    let latency = latency::local(&world, options.samples).await?;
    let (one, _) = throughput::one(&world, options).await?;
    let following = followers::measure(&world, options).await?;
    world.stop().await?;

    let of = |id: &str, value: f64| report.value(id).map_or(f64::NAN, |sqlite| value / sqlite);
    let spent = one.processor_s_per_1000.first().copied().unwrap_or(f64::NAN);
    let p50 = latency.percentile_ms(0.5);
    let mut figures = vec![
        Figure::new("pg_acknowledged_per_s", "PostgreSQL: durable messages acknowledged", one.per_s, "1/s"),
        Figure::new(
            "pg_acknowledged_of_sqlite",
            "that by what SQLite reached",
            of("acknowledged_per_s", one.per_s),
            "",
        ),
        Figure::new(
            "pg_processor_s_per_1000",
            "its processor time per 1,000, that of PostgreSQL not counted",
            spent,
            "s",
        ),
        Figure::new("pg_local_p50_ms", "PostgreSQL: sent → seen, same instance, median", p50, "ms"),
        Figure::new("pg_local_of_sqlite", "that by what it takes on SQLite", of("local_p50_ms", p50), ""),
    ];
    for figure in following {
        let named = match figure.id {
            "followers_per_s" => ("pg_followers_per_s", "PostgreSQL: messages a second to 200 that follow"),
            "followers_lag_max_ms" => ("pg_followers_lag_max_ms", "PostgreSQL: sent → at such an instance, the last"),
            "followers_cores" => ("pg_followers_cores", "PostgreSQL: cores that the host uses meanwhile"),
            _ => continue,
        };
        figures.push(Figure::new(named.0, named.1, figure.value, figure.unit));
    }
    Ok(figures)
}
