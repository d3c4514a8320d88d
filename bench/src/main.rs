//! Measures a ConnText binary as people and other instances meet it: real processes, real sockets, a real disk.
//!
//! Load generator and instances share the machine, so the figures are those of the whole, not of the server alone.
//! Prints a table and writes the same figures as JSON.

mod api;
mod bare;
mod catchup;
mod disk;
mod fanout;
mod flood;
mod followers;
mod gateway;
mod instance;
mod large;
mod latency;
mod load;
mod peer;
mod postgres;
mod report;
mod stats;
mod streams;
mod throughput;
mod world;

use std::path::PathBuf;

use clap::Parser;

use report::Report;

/// What any step of the measurement may fail with: a sentence for the person who runs it.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A part of the measurement.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Disk,
    Start,
    Latency,
    Throughput,
    Federation,
    Fanout,
    Followers,
    Streams,
    Waiting,
    Catchup,
    Large,
    Postgres,
}

/// Measures a ConnText binary over its public API.
#[derive(Parser, Clone, Debug)]
pub struct Options {
    /// The binary to measure.
    #[arg(long, default_value = "conntext")]
    binary: PathBuf,
    /// Is the bare server on this port, and measures nothing.
    #[arg(long, hide = true)]
    serve_bare: Option<u16>,
    /// Folder for the instances' data; a new folder in it is used and removed. Say one on the disk that matters.
    #[arg(long, default_value = "/var/tmp")]
    disk: PathBuf,
    /// Folder for the results.
    #[arg(long, default_value = "bench/results")]
    out: PathBuf,
    /// Name of the result file, without its ending.
    #[arg(long, default_value = "latest")]
    name: String,
    /// What was measured, such as a commit.
    #[arg(long, default_value = "")]
    revision: String,
    /// Measures these parts only.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// People who send at the same time.
    #[arg(long, default_value_t = 20)]
    senders: usize,
    /// Messages that each of them has under way.
    #[arg(long, default_value_t = 32)]
    in_flight: usize,
    /// People who watch over the gateway meanwhile.
    #[arg(long, default_value_t = 10)]
    receivers: usize,
    /// Seconds that are measured, after two seconds of warming up.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Messages of each latency measurement, sent one after the other.
    #[arg(long, default_value_t = 200)]
    samples: usize,
    /// Messages that are written while the other instance is away.
    #[arg(long, default_value_t = 20_000)]
    backlog: usize,
    /// The large community: messages and members.
    #[arg(long, value_parser = pair, default_value = "1000000,50000")]
    large: (u64, u64),
}

fn pair(text: &str) -> std::result::Result<(u64, u64), String> {
    let two = text.split_once(',').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    two.ok_or_else(|| "two numbers with a comma between".into())
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let options = Options::parse();
    if let Some(port) = options.serve_bare {
        return match bare::serve(&options.disk, port).await {
            Ok(()) => std::process::ExitCode::SUCCESS,
            Err(error) => fail(error.as_ref()),
        };
    }
    let mut report = Report::new(&options.revision);
    let measured = measure(&options, &mut report).await;
    println!("{}", report.table());
    match measured.and_then(|()| report.write(&options.out, &options.name)) {
        Ok(path) => {
            println!("Written to {}", path.display());
            std::process::ExitCode::SUCCESS
        }
        Err(error) => fail(error.as_ref()),
    }
}

fn fail(error: &(dyn std::error::Error + Send + Sync)) -> std::process::ExitCode {
    eprintln!("Error: {error}");
    std::process::ExitCode::FAILURE
}

/// Every wanted part, one after the other. What was measured before a part failed stays in the report.
async fn measure(options: &Options, report: &mut Report) -> Result<()> {
    // The HTTP client wants a crypto provider even where it speaks plain http.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| "another crypto provider is installed already")?;
    let folder = instance::Folder::new(&options.disk)?;
    let wanted = |part: Part| options.only.is_empty() || options.only.contains(&part);
    if wanted(Part::Disk) {
        eprintln!("The disk …");
        report.add_all(disk::measure(folder.path())?);
    }
    if wanted(Part::Start) {
        eprintln!("Start and memory …");
        report.add_all(instance::measure_start(&options.binary, folder.path()).await?);
    }
    let mut world = world::World::start(options, folder.path()).await?;
    if wanted(Part::Latency) {
        eprintln!("Latency …");
        report.add_all(latency::measure(&world, options.samples).await?);
        report.add_all(flood::measure(&world, options.samples).await?);
    }
    let mut bare = instance::Instance::bare(folder.path()).await?;
    if wanted(Part::Throughput) {
        eprintln!("Throughput …");
        report.add_all(throughput::measure(&world, options, &bare).await?);
    }
    if wanted(Part::Federation) {
        eprintln!("From one instance to the other …");
        report.add_all(throughput::measure_federation(&world, options).await?);
    }
    if wanted(Part::Fanout) {
        eprintln!("Many who watch …");
        report.add_all(fanout::measure(&world, options, &bare).await?);
    }
    bare.stop().await?;
    if wanted(Part::Followers) {
        eprintln!("Many that follow …");
        report.add_all(followers::measure(&world, options).await?);
    }
    if wanted(Part::Streams) {
        eprintln!("Many that follow by stream …");
        report.add_all(streams::measure(&world, options).await?);
    }
    if wanted(Part::Catchup) {
        eprintln!("Catching up …");
        report.add_all(catchup::measure(&mut world, options).await?);
    }
    world.stop().await?;
    // Memory is that of a host which did nothing else before.
    if wanted(Part::Waiting) {
        eprintln!("Connections that wait …");
        let mut world = world::World::start_on(options, folder.path(), ["waited", "waiting"], None).await?;
        report.add_all(fanout::measure_waiting(&mut world, options).await?);
        world.stop().await?;
    }
    if wanted(Part::Large) {
        eprintln!("Years of history and many people …");
        let mut world = world::World::start_on(options, folder.path(), ["large", "small"], None).await?;
        report.add_all(large::measure(&mut world, options, folder.path()).await?);
        world.stop().await?;
    }
    if wanted(Part::Postgres) {
        eprintln!("On PostgreSQL …");
        let figures = postgres::measure(report, options, folder.path()).await?;
        report.add_all(figures);
    }
    Ok(())
}
