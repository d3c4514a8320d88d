//! One seed, from its beginning to what has to hold at its end.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use conntext_server::args;
use conntext_server::db::Query as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::faults;
use super::net::Net;
use super::people::Someone;
use super::scene::Scene;
use super::trace::Trace;
use super::world::{self, World};
use super::{check, ledger, restores, watch};

/// For how long things go wrong, in simulated time.
const RAGE: Duration = Duration::from_secs(10);
/// For how long people go on when all is well again.
const AFTER: Duration = Duration::from_secs(2);

/// How a seed is played.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// On real files, with every commit flushed to the disk.
    pub on_disk: bool,
    /// Prints what happens.
    pub shown: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// What does not hold; empty when all does.
    pub faults: Vec<String>,
    /// Of all that happened, and of all databases at the end.
    pub digest: String,
    /// What it consisted of, in numbers.
    pub summary: String,
}

/// One thread, and a time that passes only while nobody has anything to do.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

/// A folder in memory, or on the disk.
fn folder(on_disk: bool) -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if !on_disk && memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder")
}

/// What every run begins with, made once.
fn beginning() -> &'static (TempDir, World) {
    static MADE: OnceLock<(TempDir, World)> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = folder(false);
        let runtime = runtime();
        let world = runtime.block_on(world::make(folder.path()));
        (folder, world)
    })
}

/// Plays one seed.
pub fn play(seed: u64, how: How) -> Outcome {
    let (template, world) = beginning();
    let folder = folder(how.on_disk);
    world::copy_beginning(template.path(), folder.path());
    let runtime = runtime();
    let outcome = runtime.block_on(run(seed, how, folder.path(), world.clone()));
    // Not waiting for what was given up.
    runtime.shutdown_background();
    outcome
}

async fn run(seed: u64, how: How, folder: &Path, world: World) -> Outcome {
    let trace = Trace::new(how.shown);
    let net = Net::new(seed, trace.clone());
    let nodes = world::nodes(folder, world.now_ms, &net, seed, how.on_disk);
    let scene = Arc::new(Scene {
        seed,
        world,
        nodes,
        net,
        trace,
        ledger: ledger::Ledger::default(),
        watch: watch::Watch::default(),
        restores: restores::Restores::default(),
        evening: CancellationToken::new(),
        calm: CancellationToken::new(),
    });
    for index in 0..scene.nodes.len() {
        assert!(scene.start(index).await, "an instance did not start");
    }
    let mut people = JoinSet::new();
    for number in 0..scene.world.people.len() {
        people.spawn(Someone::new(&scene, number).live());
    }
    faults::rage(&scene, RAGE).await;
    faults::heal(&scene).await;
    sleep(AFTER).await;
    scene.evening.cancel();
    let mut failed = Vec::new();
    while let Some(ended) = people.join_next().await {
        if let Err(e) = ended {
            failed.push(format!("somebody: {e}"));
        }
    }
    failed.extend(check::all(&scene).await);
    let summary = summary(&scene);
    let digest = format!("{}; {}", scene.trace.digest(), contents(&scene).await);
    Outcome { faults: failed, digest, summary }
}

fn summary(scene: &Scene) -> String {
    let book = scene.ledger.open();
    let told = |what: &str| {
        book.sent.iter().filter(|s| s.told.as_ref().is_some_and(|t| format!("{t:?}").starts_with(what))).count()
    };
    format!(
        "{} requests, {} KiB streamed, {} messages ({} accepted, {} pending, {} refused), {} events{}",
        scene.net.requests(),
        scene.net.bytes_streamed() >> 10,
        book.sent.len(),
        told("Accepted"),
        told("Pending"),
        told("Refused"),
        scene.watch.open().events.len(),
        scene.restores.done().map_or_else(String::new, |r| format!(", {} restored", scene.nodes[r.node].domain))
    )
}

/// A digest of what all databases hold.
async fn contents(scene: &Scene) -> String {
    let mut digest = Sha256::new();
    for node in &scene.nodes {
        let app = node.app();
        let mut read = app.db.read().await.expect("a reader");
        for sql in [
            "select log_id || ' ' || seq || ' ' || hex(hash) || ' ' || coalesce(content, '') from log_events order by 1",
            "select log_id || ' ' || kind || ' ' || key || ' ' || value from log_state order by 1",
            "select log_id || ' ' || peer || ' ' || acked_seq from peer_cursors order by 1",
            "select hex(aid) || ' ' || state from pending_actions order by 1",
            "select domain || ' ' || failures || ' ' || last_seen || ' ' || last_ok from peers order by 1",
            "select uid || ' ' || display_name from profiles order by 1",
        ] {
            for row in read.rows(sql, args![]).await.expect("rows") {
                digest.update(row.get::<Option<String>>(0).unwrap_or_default());
                digest.update("\n");
            }
        }
    }
    data_encoding::HEXLOWER.encode(&digest.finalize()[..8])
}
