//! Bringing followers up to date: for each peer one worker, for each log a cursor that is moved when the peer confirms.
//!
//! What is still to be sent is read from the log itself, so a crash loses nothing and a peer that is away for a week
//! costs one row.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use conntext_federation::domain::Domain;
use conntext_federation::ids::InstanceId;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::pace::Pace;
use super::pushing::{self, Step};
use super::store;
use crate::App;
use crate::db;
use crate::log::LogHandle;

/// How long a log rests that cannot be read.
const FAULT: Duration = Duration::from_secs(5);

type Logs = BTreeMap<i64, Arc<LogHandle>>;

/// How a worker is spoken to.
#[derive(Default)]
pub struct Worker {
    work: Notify,
    due: Mutex<Logs>,
    /// The peer was heard from: try at once.
    revive: Notify,
}

impl Worker {
    fn due(&self) -> MutexGuard<'_, Logs> {
        self.due.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// There may be something to send of these logs.
    pub(super) fn look_at(&self, logs: impl IntoIterator<Item = Arc<LogHandle>>) {
        self.due().extend(logs.into_iter().map(|log| (log.id, log)));
        self.work.notify_one();
    }

    /// The peer is there again.
    pub(super) fn revive(&self) {
        self.revive.notify_one();
    }
}

/// Starts the delivery: wakes a worker for every peer of a log that grows.
pub(super) fn start(app: &App) {
    let tasks = app.tasks.clone();
    let app = app.clone();
    tasks.spawn(async move {
        let mut grown = app.bus.grown();
        let mut begun = false;
        loop {
            let sid = tokio::select! {
                biased;
                () = app.stopping.cancelled() => return,
                // One process delivers for all. Whoever takes over begins with what is written.
                () = app.cluster.until_duties_are(!begun) => {
                    begun = !begun;
                    if begun && let Err(e) = load(&app).await {
                        tracing::error!(error = %e, "the cursors of other instances cannot be read");
                    }
                    continue;
                }
                sid = grown.recv() => sid,
            };
            if !begun {
                continue;
            }
            match sid {
                Ok(sid) => {
                    if let Some(log) = app.log.get(&sid) {
                        wake_for(&app, &log);
                    }
                }
                Err(RecvError::Lagged(_)) => app.log.all().iter().for_each(|log| wake_for(&app, log)),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Who is behind from the last time.
async fn load(app: &App) -> db::Result<()> {
    let mut read = app.db.read().await?;
    let cursors = store::cursors(&mut read).await?;
    drop(read);
    let mut peers = BTreeSet::new();
    for (peer, log_id, _) in cursors {
        app.peers.interested(log_id, &peer);
        peers.insert(peer);
    }
    for peer in peers {
        app.peers.deliver_all(app, &peer);
    }
    Ok(())
}

fn wake_for(app: &App, log: &Arc<LogHandle>) {
    if !log.hub_here() {
        return;
    }
    let mut peers: BTreeSet<InstanceId> = {
        let state = log.state();
        state.by_home.keys().chain(state.info.moving.as_ref().map(|moving| &moving.to)).cloned().collect()
    };
    if app.cluster.is_shared() {
        // Another process may have let them in.
        peers.iter().filter(|peer| **peer != app.keys.ik).for_each(|peer| app.peers.interested(log.id, peer));
    }
    peers.extend(app.peers.followers_of(log));
    peers.remove(&app.keys.ik);
    for peer in peers {
        app.peers.deliver(app, &peer, log);
    }
}

/// What a worker does after a look at its logs.
enum Next {
    /// Waits for work, or until a log that rests is looked at again.
    Rest(Option<Duration>),
    /// The peer does not answer: waits so long.
    Pause(Duration),
    /// Waits until the peer is heard from.
    Sleep,
}

/// The work of one peer's worker, until the instance stops.
pub(super) async fn run(app: App, peer: InstanceId, worker: Arc<Worker>) {
    let mut line = Line::default();
    loop {
        let next = tokio::select! {
            biased;
            () = app.stopping.cancelled() => return,
            next = line.round(&app, &peer, &worker) => next,
        };
        let (wait, away) = match next {
            Next::Rest(wait) => (wait, false),
            Next::Pause(wait) => (Some(wait), true),
            Next::Sleep => (None, true),
        };
        let sleep = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => return,
            () = sleep => {}
            // With the peer away, new events change nothing.
            () = worker.work.notified(), if !away => {}
            () = worker.revive.notified() => line.revived(),
        }
    }
}

/// What a worker remembers between two looks.
#[derive(Default)]
struct Line {
    /// Tries in a row without an answer.
    failures: u32,
    /// Logs with something to send, perhaps.
    due: Logs,
    /// Logs that rest, and until when.
    parked: HashMap<i64, (Instant, Arc<LogHandle>)>,
    pace: Pace,
}

impl Line {
    fn revived(&mut self) {
        self.failures = 0;
        self.due.extend(self.parked.drain().map(|(id, (_, log))| (id, log)));
    }

    /// Looks at every log that is due, in turn, until there is nothing left.
    async fn round(&mut self, app: &App, peer: &InstanceId, worker: &Worker) -> Next {
        loop {
            self.due.append(&mut worker.due());
            if !app.cluster.has_duties() {
                // Whoever has them now begins with what is written.
                self.due.clear();
                self.parked.clear();
                return Next::Rest(None);
            }
            let now = Instant::now();
            let rested: Vec<i64> =
                self.parked.iter().filter(|(_, (until, _))| *until <= now).map(|(id, _)| *id).collect();
            for id in rested {
                self.due.extend(self.parked.remove(&id).map(|(_, log)| (id, log)));
            }
            if self.due.is_empty() {
                let next = self.parked.values().map(|(until, _)| *until).min();
                return Next::Rest(next.map(|until| until.saturating_duration_since(now)));
            }
            for (id, log) in self.due.clone() {
                if self.parked.contains_key(&id) {
                    self.due.remove(&id);
                    continue;
                }
                if let Some(pause) = self.pace.pause(app, peer, &log) {
                    self.park(id, log, pause);
                    continue;
                }
                match pushing::push(app, peer, &log).await {
                    Ok(Step::Idle) => {
                        self.due.remove(&id);
                    }
                    Ok(Step::Sent) => {
                        self.failures = 0;
                        self.pace.pushed(&log);
                    }
                    Ok(Step::Later(wait)) => self.park(id, log, wait),
                    Ok(Step::Dormant) => return Next::Sleep,
                    Ok(Step::Away(domain, asked)) => return self.pause(app, &domain, asked),
                    Err(e) => {
                        tracing::error!(sid = %log.sid, error = %e, "delivery cannot read the log");
                        self.park(id, log, FAULT);
                    }
                }
            }
        }
    }

    fn park(&mut self, id: i64, log: Arc<LogHandle>, wait: Duration) {
        self.due.remove(&id);
        self.parked.insert(id, (Instant::now() + wait, log));
    }

    fn pause(&mut self, app: &App, domain: &Domain, asked: Option<u64>) -> Next {
        self.failures = self.failures.saturating_add(1);
        if app.peers.is_dormant(app, domain) {
            return Next::Sleep;
        }
        Next::Pause(asked.map_or_else(|| backoff(app, self.failures), Duration::from_millis))
    }
}

/// A random time below a bound that doubles, so that many peers do not come back at once.
pub(super) fn backoff(app: &App, failures: u32) -> Duration {
    let config = &app.config.federation;
    let most = config.retry_first_ms.saturating_mul(1 << failures.min(20)).min(config.retry_max_ms).max(1);
    Duration::from_millis(app.rng.below(most))
}

/// Sets a cursor where the peer says that its copy ends. Which channels it knows there, nobody can tell: the state of
/// those that it may see is sent again, and it is told to forget those that it may see no longer.
pub(super) async fn rewind(app: &App, peer: &InstanceId, log: &LogHandle, seq: u64) -> db::Result<()> {
    let mut tx = app.db.begin().await?;
    app.peers.cursors.set(&mut tx, peer, log.id, seq).await?;
    store::doubt(&mut tx, peer, log.id).await?;
    tx.commit().await?;
    app.peers.interested(log.id, peer);
    Ok(())
}

/// The peers that hold a copy of a log, in memory.
#[derive(Default)]
pub struct Interested(Mutex<HashMap<i64, HashSet<InstanceId>>>);

impl Interested {
    fn open(&self) -> MutexGuard<'_, HashMap<i64, HashSet<InstanceId>>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    pub(super) fn add(&self, log_id: i64, peer: &InstanceId) {
        self.open().entry(log_id).or_default().insert(peer.clone());
    }
    pub(super) fn remove(&self, log_id: i64, peer: &InstanceId) {
        if let Some(peers) = self.open().get_mut(&log_id) {
            peers.remove(peer);
        }
    }
    pub(super) fn of(&self, log_id: i64) -> Vec<InstanceId> {
        self.open().get(&log_id).map(|p| p.iter().cloned().collect()).unwrap_or_default()
    }
    pub(super) fn count(&self, log_id: i64) -> usize {
        self.open().get(&log_id).map_or(0, HashSet::len)
    }
    pub(super) fn logs(&self, peer: &InstanceId) -> HashSet<i64> {
        self.open().iter().filter(|(_, peers)| peers.contains(peer)).map(|(id, _)| *id).collect()
    }
}
