//! The stream of a log: a connection that a follower keeps open, over which it gets what it would be pushed otherwise.
//!
//! It is another carrier and nothing more. What is due, what the follower may see, how far it has confirmed and what is
//! told of channels is decided in `pushing`; what arrives is taken by `follower`. A push that the stream does not carry to
//! its answer goes as a request.

mod follower;
mod hub;
mod metrics;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{InstanceId, ServerId};
use conntext_federation::instance::InstanceDoc;
use conntext_federation::keys::Kid;
use conntext_federation::wire::{Push, PushAck};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::view::Sent;
use super::{CallError, hello, store, unpoison};
use crate::App;
use crate::config;
use crate::db;
use crate::log::LogHandle;
use crate::metrics::Metrics;

pub use follower::begin;
pub(super) use follower::offered;
pub(super) use hub::open;

/// Forgets the streams of the time before the start, or before this process delivers for all.
///
/// # Errors
/// From the database.
pub(super) async fn start(app: &App) -> db::Result<()> {
    if app.cluster.has_duties() {
        return forget_all(app).await;
    }
    let later = app.clone();
    hello::spawn(app, async move {
        later.cluster.until_duties().await;
        if let Err(e) = forget_all(&later).await {
            tracing::warn!(error = %e, "it cannot be written that nobody has a stream");
        }
    });
    Ok(())
}

async fn forget_all(app: &App) -> db::Result<()> {
    let mut tx = app.db.begin().await?;
    store::none_streaming(&mut tx).await?;
    tx.commit().await
}

/// The streams of this instance, of both kinds.
pub(super) struct Streams {
    /// Those of our logs whose follower has shown its key, by log.
    lines: Mutex<HashMap<i64, HashMap<InstanceId, Arc<Line>>>>,
    /// Those whose follower has not yet.
    opening: Mutex<HashMap<(InstanceId, i64), Arc<Line>>>,
    /// How many more may be open.
    places: Arc<Semaphore>,
    /// How many KiB of frames may wait for the network, over all of them.
    room: Arc<Semaphore>,
    /// The copies here that have a stream, or try to get one.
    followed: Mutex<HashSet<ServerId>>,
    /// When another process was told last that the hub of a copy offers a stream, milliseconds.
    told: Mutex<HashMap<ServerId, i64>>,
    metrics: metrics::StreamMetrics,
}

/// One stream of a log of ours, as delivery knows it.
struct Line {
    domain: Domain,
    queue: mpsc::Sender<Queued>,
    /// The key that the follower showed last.
    kid: Mutex<Option<Kid>>,
    ended: CancellationToken,
    why: OnceLock<Code>,
}

impl Line {
    fn end(&self, why: Code) {
        // The first reason counts.
        let _ = self.why.set(why);
        self.ended.cancel();
    }
}

/// A push on its way over a stream.
struct Queued {
    push: Arc<Push<Sent>>,
    answer: oneshot::Sender<Result<PushAck, CallError>>,
}

/// A push that a stream has taken over.
pub(super) struct Carried(oneshot::Receiver<Result<PushAck, CallError>>);

impl Carried {
    /// What the follower said; none where the stream ended before. Then the follower may have it or not.
    pub(super) async fn answer(self) -> Option<Result<PushAck, CallError>> {
        self.0.await.ok()
    }
}

impl Streams {
    pub(super) fn new(config: &config::Federation, metrics: &Metrics) -> Self {
        let size = |n: u32| usize::try_from(n.max(1)).unwrap_or(1).min(Semaphore::MAX_PERMITS);
        Self {
            lines: Mutex::default(),
            opening: Mutex::default(),
            places: Arc::new(Semaphore::new(size(config.streams))),
            room: Arc::new(Semaphore::new(size(config.stream_buffer_kib))),
            followed: Mutex::default(),
            told: Mutex::default(),
            metrics: metrics::StreamMetrics::new(metrics),
        }
    }

    fn line(&self, peer: &InstanceId, log_id: i64) -> Option<Arc<Line>> {
        let lines = unpoison(&self.lines);
        lines.get(&log_id)?.get(peer).filter(|line| !line.ended.is_cancelled()).cloned()
    }

    /// Whether a follower has a stream of a log of ours.
    pub(super) fn has(&self, peer: &InstanceId, log_id: i64) -> bool {
        self.line(peer, log_id).is_some()
    }

    /// How many followers have a stream of a log of ours.
    pub(super) fn count(&self, log_id: i64) -> usize {
        unpoison(&self.lines).get(&log_id).map_or(0, HashMap::len)
    }

    /// Whether a follower that is pushed to is told that a stream is preferred.
    pub(super) fn offers(&self, app: &App, log: &LogHandle) -> bool {
        let from = usize::try_from(app.config.federation.stream_from_followers).unwrap_or(usize::MAX);
        from > 0 && app.peers.follower_count(log) >= from && self.places.available_permits() > 0
    }

    /// Gives a push to the stream of a follower, if there is one that takes it. Pushes go in the order in which they are
    /// given.
    pub(super) fn carry(&self, peer: &InstanceId, log_id: i64, push: &Arc<Push<Sent>>) -> Option<Carried> {
        let line = self.line(peer, log_id)?;
        let (answer, wait) = oneshot::channel();
        line.queue.try_send(Queued { push: push.clone(), answer }).ok()?;
        Some(Carried(wait))
    }

    /// Ends the streams of a follower of a log, also those that are being opened.
    pub(super) fn end(&self, peer: &InstanceId, log_id: i64, why: Code) {
        let open = self.line(peer, log_id);
        let opening = unpoison(&self.opening).get(&(peer.clone(), log_id)).cloned();
        open.into_iter().chain(opening).for_each(|line| line.end(why));
    }

    /// Ends all streams of an instance.
    pub(super) fn cut(&self, domain: &Domain, why: Code) {
        self.lines_of(domain).iter().for_each(|line| line.end(why));
    }

    /// The streams of an instance.
    fn lines_of(&self, domain: &Domain) -> Vec<Arc<Line>> {
        let (lines, opening) = (unpoison(&self.lines), unpoison(&self.opening));
        let all = lines.values().flat_map(HashMap::values).chain(opening.values());
        all.filter(|line| line.domain == *domain).cloned().collect()
    }

    /// What an instance says about itself is new: streams end whose key it says no longer holds, all of them where it is
    /// not who it was (none).
    pub(super) fn judge(&self, domain: &Domain, document: Option<&InstanceDoc>, now_ms: i64) {
        for line in self.lines_of(domain) {
            let kid = unpoison(&line.kid).clone();
            match (document, kid) {
                (None, _) => line.end(Code::IdentityChanged),
                (Some(document), Some(kid)) => {
                    if let Err(code) = document.key_at(&kid, now_ms) {
                        line.end(code);
                    }
                }
                (Some(_), None) => {}
            }
        }
    }

    /// A stream is about to be opened; one of the same follower that is still being opened ends.
    fn begin(&self, peer: &InstanceId, log_id: i64, line: &Arc<Line>) {
        if let Some(before) = unpoison(&self.opening).insert((peer.clone(), log_id), line.clone()) {
            before.end(Code::Gone);
        }
    }

    /// Its follower has shown its key; the stream that it had before ends.
    fn ready(&self, peer: &InstanceId, log_id: i64, line: &Arc<Line>) {
        self.forget_opening(peer, log_id, line);
        let before = unpoison(&self.lines).entry(log_id).or_default().insert(peer.clone(), line.clone());
        if let Some(before) = before {
            before.end(Code::Gone);
        } else {
            self.metrics.open.inc();
        }
    }

    fn forget_opening(&self, peer: &InstanceId, log_id: i64, line: &Arc<Line>) {
        let mut opening = unpoison(&self.opening);
        let key = (peer.clone(), log_id);
        if opening.get(&key).is_some_and(|other| Arc::ptr_eq(other, line)) {
            opening.remove(&key);
        }
    }

    /// It has ended. Answers whether it was the follower's.
    fn over(&self, peer: &InstanceId, log_id: i64, line: &Arc<Line>) -> bool {
        self.forget_opening(peer, log_id, line);
        let mut lines = unpoison(&self.lines);
        let Some(of_log) = lines.get_mut(&log_id) else { return false };
        let own = of_log.get(peer).is_some_and(|other| Arc::ptr_eq(other, line));
        if own {
            of_log.remove(peer);
            self.metrics.open.dec();
        }
        if of_log.is_empty() {
            lines.remove(&log_id);
        }
        own
    }
}
