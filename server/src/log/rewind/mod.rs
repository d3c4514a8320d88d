//! Logs of this instance that were restored from an older copy: nothing is sequenced in them until what is missing has
//! been taken back from the followers, or the operator has said to go on without it.
//!
//! The walk through one restore is `docs/hub-rewind.md`.

mod high_water;
pub mod mend;
pub(crate) mod store;

pub(super) use high_water::HighWater;

use super::{
    Inner, Log, LogHandle,
    commit::{Kind, Request},
    relay,
    types::LogError,
    unpoison,
};
use crate::{
    App, bus,
    db::{self, Query},
};
use conntext_federation::{
    action::Position,
    event::{Event, Item},
    ids::{InstanceId, ServerId},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How long a request of another instance waits for the look around at the start before it is asked to come again.
const PATIENCE: Duration = Duration::from_secs(3);

/// A log stands still for so long at most while its new hub fetches its end.
pub const HANDOVER: Duration = Duration::from_secs(15);

/// Why a log is not gone on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The instance has just started: its followers are asked first, for a moment. Not kept on disk.
    Start,
    /// The file beside the database knows of a later end.
    HighWater,
    /// A follower holds later events under this instance's signature.
    Peer,
    /// The operator said so.
    Restored,
    /// A part of the database cannot be read.
    Damaged,
    /// Another hub is about to go on with it: for [`HANDOVER`] at most.
    Handover,
    /// Its recovery keys had it go on in two ways: until they say which counts.
    Split,
}

impl Why {
    /// As it is stored and shown to admins.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::HighWater => "high_water",
            Self::Peer => "peer",
            Self::Restored => "restored",
            Self::Damaged => "damaged",
            Self::Handover => "handover",
            Self::Split => "split",
        }
    }
    fn parse(text: &str) -> Self {
        [Self::Start, Self::HighWater, Self::Peer, Self::Damaged, Self::Handover, Self::Split]
            .into_iter()
            .find(|why| why.as_str() == text)
            .unwrap_or(Self::Restored)
    }
}

/// What the last look around found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Found {
    /// Instances are still being asked.
    #[default]
    Asking,
    /// Everybody answered, and nobody holds what is missing.
    Missing,
    /// The log was continued in two ways: here after the restore, and before it.
    Forked,
}

impl Found {
    /// As it is stored and shown to admins.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Missing => "missing",
            Self::Forked => "forked",
        }
    }
    fn parse(text: &str) -> Self {
        [Self::Missing, Self::Forked].into_iter().find(|found| found.as_str() == text).unwrap_or_default()
    }
}

/// A log that is being put together again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewind {
    /// Why it stands still.
    pub why: Why,
    /// Since when, milliseconds.
    pub since_ms: i64,
    /// The furthest end that is proven, where one is.
    pub known: Option<Position>,
    /// What the last look around found.
    pub found: Found,
    /// Instances that have not answered.
    pub silent: Vec<String>,
    /// Whether the operator has said to go on in a new epoch.
    pub go_on: bool,
}

impl Rewind {
    /// Another hub is about to go on with the log.
    pub(super) fn handover(since_ms: i64) -> Self {
        let (known, silent) = (None, Vec::new());
        Self { why: Why::Handover, since_ms, known, found: Found::Asking, silent, go_on: false }
    }

    /// Whether the operator has to do something: nothing comes back by itself.
    pub fn is_alarm(&self) -> bool {
        self.why == Why::Split || (self.found != Found::Asking && !self.go_on)
    }

    /// Whether a log with this end holds all that is known of.
    pub fn is_reached(&self, head: &Position) -> bool {
        let order = |p: &Position| (p.generation, p.epoch, p.seq);
        self.known.as_ref().is_none_or(|known| order(head) >= order(known))
    }

    /// How it stands, in words for the operator.
    pub fn describe(&self, head: &Position) -> String {
        let known = match &self.known {
            Some(known) => format!("it ends at {}, and {} is known to exist", head.seq, known.seq),
            None => format!("it ends at {}, and nobody knows how far it went", head.seq),
        };
        let silent = match self.silent.as_slice() {
            [] => String::new(),
            silent => format!(" No answer from {}.", silent.join(", ")),
        };
        match self.found {
            _ if self.why == Why::Split => "goes on in two ways, both by its recovery keys: it stands still until they say in one more take-over which counts.".into(),
            _ if self.go_on => format!("goes on in a new epoch in a moment; {known}."),
            Found::Asking => format!("is being fetched from the instances that hold it; {known}.{silent}"),
            Found::Missing => format!("nobody holds what is missing; {known}.{silent}"),
            Found::Forked => format!("was continued in two ways, here and elsewhere; {known}.{silent}"),
        }
    }
}

impl LogHandle {
    /// Why nothing is sequenced in this log now; `None` while all is well, and for copies.
    pub fn rewind(&self) -> Option<Rewind> {
        unpoison(self.rewind.read()).clone()
    }

    /// Whether what local people do takes the way through the queue.
    pub(super) fn is_relayed(&self) -> bool {
        !self.hub_here()
            || self.relaying.load(std::sync::atomic::Ordering::Acquire)
            || unpoison(self.rewind.read()).is_some()
    }

    /// Waits until the look around at the start is over; answers whether the log can be written to now.
    pub(super) async fn writable(&self, patience: Option<Duration>) -> bool {
        let looked = async {
            loop {
                // Listening before looking: a change in between is not missed.
                let mut change = std::pin::pin!(self.rewind_changed.notified());
                change.as_mut().enable();
                if unpoison(self.rewind.read()).as_ref().is_none_or(|r| r.why != Why::Start) {
                    return;
                }
                change.await;
            }
        };
        match patience {
            Some(patience) => drop(tokio::time::timeout(patience, looked).await),
            None => looked.await,
        }
        unpoison(self.rewind.read()).is_none()
    }
}

impl Inner {
    /// After a commit: the file beside the database may say so.
    pub(super) fn note_high_water(&self, log: &LogHandle) {
        if log.hub_here()
            && let Some(file) = self.high_water.get()
        {
            file.note(&log.sid, log.head());
        }
    }

    pub(in crate::log) fn set_rewind(&self, log: &LogHandle, rewind: Option<Rewind>) {
        let away = rewind.as_ref().is_some_and(|r| r.why != Why::Start);
        let changed = {
            let mut now = unpoison(log.rewind.write());
            let differs = *now != rewind;
            *now = rewind;
            differs
        };
        if changed {
            log.rewind_changed.notify_waiters();
        }
        relay::set_away(self, log, away);
        if changed {
            self.bus.tell_server(&log.sid, bus::Notice::Hub);
        }
    }
}

impl Log {
    /// Compares the logs with what the file beside the database said before they were opened, and keeps that file up to date from now on. A log that ends
    /// before what the file says was restored from an older copy and stands still. Logs with people of other instances
    /// stand still until [`Log::end_look_around`], too.
    ///
    /// # Errors
    /// From the database.
    pub async fn watch_high_water(&self, file: PathBuf, known: HighWaterMarks) -> db::Result<()> {
        let mut read = self.inner.db.read().await?;
        let kept = store::rewinds(&mut read).await?;
        drop(read);
        let HighWaterMarks(known) = known;
        for log in self.all().iter().filter(|log| log.hub_here()) {
            if let Some((_, rewind)) = kept.iter().find(|(id, _)| *id == log.id) {
                self.inner.set_rewind(log, Some(rewind.clone()));
            }
            if let Some(known) = known.get(&log.sid)
                && self.is_behind(log, known).await?
            {
                self.begin_rewind(log, Why::HighWater, Some(known.clone())).await?;
            }
            let alone = log.state().by_home.keys().all(|ik| *ik == self.inner.me.ik);
            if log.rewind().is_none() && !alone && !log.state().info.deleted {
                let rewind = self.fresh(Why::Start, None);
                self.inner.set_rewind(log, Some(rewind));
            }
        }
        let gone: Vec<&ServerId> = known.keys().filter(|sid| self.get(sid).is_none()).collect();
        for sid in gone {
            tracing::error!(%sid, "this instance hosted a community that its database does not know: the database was restored from a copy that is older than that community. Put back a newer copy if there is one");
        }
        let _ = self.inner.high_water.set(HighWater::new(file, known));
        for log in self.all().iter().filter(|log| log.rewind().is_none()) {
            self.inner.note_high_water(log);
        }
        Ok(())
    }

    /// Whether a log lacks a position that was once committed.
    async fn is_behind(&self, log: &LogHandle, known: &Position) -> db::Result<bool> {
        let head = log.head();
        let order = |p: &Position| (p.generation, p.epoch, p.seq);
        if order(&head) < order(known) {
            return Ok(true);
        }
        if head.epoch > known.epoch || head.seq == known.seq {
            return Ok(head.epoch == known.epoch && head.hash != known.hash);
        }
        let mut read = self.inner.db.read().await?;
        let held = super::store::hashes(&mut read, log.id, known.seq, known.seq).await?;
        Ok(held.get(&known.seq).is_some_and(|hash| *hash != known.hash))
    }

    fn fresh(&self, why: Why, known: Option<Position>) -> Rewind {
        let since_ms = self.inner.clock.now_ms();
        Rewind { why, since_ms, known, found: Found::Asking, silent: Vec::new(), go_on: false }
    }

    /// Stops sequencing in a log until it is whole again. `known`: an end of it that is proven to exist.
    ///
    /// # Errors
    /// From the database; the log stands still all the same.
    pub async fn begin_rewind(&self, log: &LogHandle, why: Why, known: Option<Position>) -> db::Result<()> {
        let order = |p: &Position| (p.generation, p.epoch, p.seq);
        let mut rewind = match log.rewind().filter(|r| !matches!(r.why, Why::Start | Why::Handover)) {
            Some(rewind) => rewind,
            None => {
                let known = known.as_ref().map(|k| k.seq);
                tracing::error!(sid = %log.sid, why = why.as_str(), ends_at = log.head().seq, ?known, "the log of a community lacks its end, as after a restore from an older copy: nothing is written to it until its followers have been asked");
                self.fresh(why, None)
            }
        };
        if known.as_ref().is_some_and(|k| rewind.known.as_ref().is_none_or(|old| order(k) > order(old))) {
            (rewind.known, rewind.found) = (known, Found::Asking);
        }
        self.keep_rewind(log, rewind).await
    }

    /// Remembers how the search for what is missing stands.
    ///
    /// # Errors
    /// From the database.
    pub async fn keep_rewind(&self, log: &LogHandle, rewind: Rewind) -> db::Result<()> {
        self.inner.set_rewind(log, Some(rewind.clone()));
        let mut tx = self.inner.db.begin().await?;
        store::put(&mut tx, log.id, &rewind).await?;
        self.inner.touch(&mut tx, log.id, Kind::Changed).await?;
        tx.commit().await?;
        // A look at what other processes wrote may have come between.
        self.inner.set_rewind(log, Some(rewind));
        Ok(())
    }

    /// What was written down about a log that stands still; also by a command beside the running instance.
    ///
    /// # Errors
    /// From the database.
    pub async fn kept_rewind(&self, log: &LogHandle) -> db::Result<Option<Rewind>> {
        let mut read = self.inner.db.read().await?;
        Ok(store::rewinds(&mut read).await?.into_iter().find(|(id, _)| *id == log.id).map(|(_, rewind)| rewind))
    }

    /// The log is whole: it goes on, and what people wrote meanwhile is taken first.
    ///
    /// # Errors
    /// From the database.
    pub async fn end_rewind(&self, log: &Arc<LogHandle>) -> db::Result<()> {
        if log.rewind().is_some_and(|r| r.why != Why::Start) {
            let mut tx = self.inner.db.begin().await?;
            store::remove(&mut tx, log.id).await?;
            store::drop_salvaged(&mut tx, log.id).await?;
            self.inner.touch(&mut tx, log.id, Kind::Changed).await?;
            tx.commit().await?;
            tracing::info!(sid = %log.sid, ends_at = log.head().seq, "the log of a community goes on");
        }
        // The queue first, so that nobody's new words overtake their old ones.
        if self.has_waiting(log).await? {
            log.relaying_here(&self.inner);
        }
        self.inner.set_rewind(log, None);
        self.inner.note_high_water(log);
        log.relay.notify_one();
        self.inner.bus.tell_grown(&log.sid);
        Ok(())
    }

    async fn has_waiting(&self, log: &LogHandle) -> db::Result<bool> {
        let mut read = self.inner.db.read().await?;
        Ok(!super::pending::queued(&mut read, &log.sid, log.id, 1).await?.is_empty())
    }

    /// The followers have been asked after the start, or had their time: logs that nothing was found about go on.
    ///
    /// # Errors
    /// From the database.
    pub async fn end_look_around(&self) -> db::Result<()> {
        for log in self.all().iter().filter(|log| log.rewind().is_some_and(|r| r.why == Why::Start)) {
            self.end_rewind(log).await?;
        }
        Ok(())
    }

    /// A copy that was set aside is fed again.
    ///
    /// # Errors
    /// From the database.
    pub async fn lift_quarantine(&self, log: &LogHandle) -> db::Result<()> {
        let mut tx = self.inner.db.begin().await?;
        super::store::set_quarantine(&mut tx, log.id, None).await?;
        self.inner.touch(&mut tx, log.id, Kind::Changed).await?;
        tx.commit().await?;
        log.set_quarantined(None);
        self.inner.bus.tell_server(&log.sid, bus::Notice::Hub);
        Ok(())
    }

    /// What was saved of a log from a damaged database, behind a position: events in order.
    ///
    /// # Errors
    /// From the database.
    pub async fn salvaged(&self, log: &LogHandle, after: u64, limit: u64) -> db::Result<Vec<Event>> {
        let mut read = self.inner.db.read().await?;
        store::salvaged(&mut read, log.id, after, limit).await
    }

    /// Appends what followers gave back of a log of ours, after the one verifier. Returns the new end.
    ///
    /// # Errors
    /// Where it does not hold; nothing is stored then.
    pub async fn restore(&self, log: &Arc<LogHandle>, items: Vec<Item>) -> Result<u64, super::ReceiveError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let closed = || super::ReceiveError::Log(LogError::Closed);
        let log = log.clone();
        self.requests.send(Request::Restore { log, items, reply }).await.map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Goes on in a new epoch, on the operator's word: with `back_to`, what this log has behind that position is set
    /// aside first and `tail` takes its place. The event that begins the epoch reports what is missing.
    ///
    /// # Errors
    /// [`LogError`]; nothing is changed then.
    pub async fn begin_epoch(
        &self,
        log: &Arc<LogHandle>,
        known: Option<Position>,
        back_to: Option<u64>,
        tail: Vec<Item>,
    ) -> Result<(), LogError> {
        let log = log.clone();
        self.ask(|reply| Request::BeginEpoch { log, known, back_to, tail, reply }).await
    }
}

/// What the file beside the database says. Read before the logs are opened: another process may write to both.
pub fn high_water_marks(file: &Path) -> HighWaterMarks {
    HighWaterMarks(high_water::read(file))
}

/// Where each log ended, by the file beside the database.
pub struct HighWaterMarks(high_water::Marks);

/// Keeps the file beside the database up to date until the instance ends, by the process that has the duties.
pub fn start(app: &App) {
    let (log, cluster, stopping) = (app.log.clone(), app.cluster.clone(), app.stopping.clone());
    let every = Duration::from_millis(app.config.storage.high_water_ms);
    app.tasks.spawn(async move {
        let Some(file) = log.inner.high_water.get() else { return };
        file.keep(every, &cluster, stopping).await;
    });
}

/// How far this instance's logs stand still, for monitoring: the sentences that an admin reads.
pub fn alarms(app: &App) -> Vec<String> {
    let told = |log: Arc<LogHandle>| {
        let rewind = log.rewind().filter(Rewind::is_alarm)?;
        Some(format!(
            "The log of {} ({}) {}",
            unpoison(log.published.read()).info.name,
            log.sid,
            rewind.describe(&log.head())
        ))
    };
    app.log.all().into_iter().filter_map(told).collect()
}

/// Whether people of another instance may act in a log now.
pub(super) async fn open_for_others(log: &LogHandle) -> Result<(), LogError> {
    if log.writable(Some(PATIENCE)).await { Ok(()) } else { Err(LogError::Rewinding) }
}

/// One log or copy as its database tells of it, for commands beside a running instance.
pub struct Standing {
    /// Its number here.
    pub id: i64,
    /// The server.
    pub sid: ServerId,
    /// Its name.
    pub name: String,
    /// Whether this instance sequences it.
    pub hub_here: bool,
    /// Whether people of other instances are in it.
    pub shared: bool,
    /// Where it ends.
    pub head: Position,
    /// Why it stands still, if it does.
    pub rewind: Option<Rewind>,
    /// Events that it keeps although they no longer count.
    pub orphaned: u64,
}

/// How it stands with every log and copy.
///
/// # Errors
/// From the database.
pub async fn standing(q: &mut impl Query, me: &InstanceId) -> db::Result<Vec<Standing>> {
    let rewinds = store::rewinds(q).await?;
    let orphaned = store::orphaned(q).await?;
    let mut found = Vec::new();
    for row in super::store::logs(q).await? {
        let Some(state) = crate::log::state_store::load_state(q, &row).await? else { continue };
        found.push(Standing {
            id: row.id,
            hub_here: row.hub == me.as_str(),
            shared: state.by_home.keys().any(|ik| ik != me),
            head: conntext_federation::hub::position(&state),
            rewind: rewinds.iter().find(|(id, _)| *id == row.id).map(|(_, rewind)| rewind.clone()),
            orphaned: orphaned.iter().find(|(id, _)| *id == row.id).map_or(0, |(_, count)| *count),
            name: state.info.name,
            sid: row.sid,
        });
    }
    Ok(found)
}

/// The logs that stand still, without opening any.
///
/// # Errors
/// From the database.
pub async fn still(q: &mut impl Query) -> db::Result<Vec<(String, Rewind)>> {
    let logs = super::store::logs(q).await?;
    let name = |id: i64| logs.iter().find(|row| row.id == id).map_or_else(|| id.to_string(), |row| row.sid.to_string());
    Ok(store::rewinds(q).await?.into_iter().map(|(id, rewind)| (name(id), rewind)).collect())
}

/// The operator's word that the database was replaced by an older copy: logs that others hold copies of stand still at
/// the next start until these have been asked. Answers how many.
///
/// # Errors
/// From the database.
pub async fn mark_restored(db: &db::Db, me: &InstanceId, now_ms: i64) -> db::Result<usize> {
    let mut tx = db.begin().await?;
    let logs = standing(&mut tx, me).await?;
    let marked = logs.iter().filter(|log| log.hub_here && log.shared);
    let mut count = 0;
    for log in marked {
        store::put_restored(&mut tx, log.id, now_ms).await?;
        count += 1;
    }
    tx.commit().await?;
    Ok(count)
}

/// The operator's word, beside a running instance or before a start: a log that stands still goes on in a new epoch.
/// Answers whether it does stand still.
///
/// # Errors
/// From the database.
pub async fn say_go_on(db: &db::Db, log_id: i64) -> db::Result<bool> {
    let mut tx = db.begin().await?;
    let known = store::go_on(&mut tx, log_id).await?;
    tx.commit().await?;
    Ok(known)
}
