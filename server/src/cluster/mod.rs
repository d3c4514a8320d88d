//! Several processes of one instance on one PostgreSQL database: what they tell each other, what they share for a moment,
//! and which of them does what is to be done once. On a file there is one process, which has all duties and tells nobody.

mod keeper;
mod nats;
mod wire;
mod word;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Rng;
use crate::config::Between as Setting;
use crate::db::{self, Between, Db, Locks};

pub use wire::Heard;
use wire::Wire;
pub use word::Word;

/// This process among those of its instance.
pub struct Cluster {
    id: String,
    /// Whether this process does what is to be done once.
    duties: watch::Sender<bool>,
    /// Whether another process may write to logs that others hold copies of.
    looked: watch::Sender<bool>,
    /// Whether this one may.
    looked_here: AtomicBool,
    changed: Notify,
    shared: Option<Shared>,
}

/// What is there where other processes may be.
struct Shared {
    between: Between,
    wire: Wire,
    outbox: mpsc::UnboundedSender<Word>,
    /// Taken by whoever sends.
    unsent: Mutex<Option<mpsc::UnboundedReceiver<Word>>>,
    /// Taken by whoever keeps them.
    locks: Mutex<Option<Locks>>,
}

/// How a log's change is told within the transaction that writes it.
pub struct LogNotice {
    /// The channel of PostgreSQL.
    pub channel: String,
    /// What is told there.
    pub text: String,
}

impl Cluster {
    /// The only process.
    pub fn alone() -> Self {
        Self {
            id: String::new(),
            duties: watch::Sender::new(true),
            looked: watch::Sender::new(false),
            looked_here: AtomicBool::new(false),
            changed: Notify::new(),
            shared: None,
        }
    }

    /// One of several processes where the database can have several; takes the duties if nobody has them.
    ///
    /// # Errors
    /// When the database, or what stands in `storage.between`, cannot be reached.
    pub async fn open(db: &Db, setting: &Setting, subject: &str, rng: &dyn Rng) -> db::Result<Self> {
        let Some(between) = db.between().await? else { return Ok(Self::alone()) };
        let wire = Wire::open(setting, &between, subject).await?;
        let mut locks = between.locks().await?;
        let first = locks.take_duties().await?;
        let (outbox, unsent) = mpsc::unbounded_channel();
        let shared = Shared { between, wire, outbox, unsent: Mutex::new(Some(unsent)), locks: Mutex::new(Some(locks)) };
        let id = data_encoding::HEXLOWER.encode(&rng.bytes::<8>());
        Ok(Self { id, duties: watch::Sender::new(first), shared: Some(shared), ..Self::alone() })
    }

    /// Whether there may be other processes.
    pub fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Whether this process does what is to be done once.
    pub fn has_duties(&self) -> bool {
        *self.duties.borrow()
    }

    /// Resolves when this process has the duties.
    pub async fn until_duties(&self) {
        self.until_duties_are(true).await;
    }

    /// Resolves when this process has the duties, or has them no longer.
    pub async fn until_duties_are(&self, wanted: bool) {
        // The sender lives as long as this value.
        let _ = self.duties.subscribe().wait_for(|has| *has == wanted).await;
    }

    /// Calls `told` whenever this process gets the duties, or loses them.
    pub async fn watch_duties(&self, told: impl Fn(bool)) {
        let mut duties = self.duties.subscribe();
        loop {
            told(*duties.borrow_and_update());
            if duties.changed().await.is_err() {
                return;
            }
        }
    }

    /// Resolves when another process may write to logs that others hold copies of.
    pub async fn until_others_looked(&self) {
        let _ = self.looked.subscribe().wait_for(|looked| *looked).await;
    }

    /// From now on this process may write to logs that others hold copies of, as those may that start later.
    pub fn say_looked(&self) {
        if !self.looked_here.swap(true, Ordering::AcqRel) {
            self.changed.notify_one();
        }
    }

    /// Tells the other processes. Never waits; on a file there are none.
    pub fn tell(&self, word: Word) {
        if let Some(shared) = &self.shared {
            // The receiver is gone at the very end only.
            let _ = shared.outbox.send(word);
        }
    }

    /// How the transaction that changes a log tells of it; none where [`Cluster::tell`] has to, after the commit.
    pub fn log_notice(&self, log_id: i64) -> Option<LogNotice> {
        let shared = self.shared.as_ref()?;
        let Wire::Postgres = shared.wire else { return None };
        let text = word::Letter::write(&self.id, vec![Word::Log(log_id)]).pop()?;
        Some(LogNotice { channel: shared.between.channel().to_owned(), text })
    }

    /// Whether no process saw this before; remembered until a time in milliseconds.
    ///
    /// # Errors
    /// When the database cannot be reached: then nobody knows.
    pub async fn first(&self, kind: &str, key: &[u8], until_ms: i64) -> db::Result<bool> {
        match &self.shared {
            Some(shared) => shared.between.put(kind, key, "", until_ms).await,
            None => Ok(true),
        }
    }

    /// The memory that all processes share; none on a file, where a process's own is enough.
    pub fn memory(&self) -> Option<&Between> {
        self.shared.as_ref().map(|shared| &shared.between)
    }

    /// Starts to speak and to listen, and to hold the locks; all of it ends with `stopping`.
    pub fn start(
        self: &Arc<Self>,
        tasks: &TaskTracker,
        stopping: &CancellationToken,
        heard: mpsc::UnboundedSender<Heard>,
    ) {
        let Some(shared) = &self.shared else { return };
        let take =
            |locks: &Mutex<Option<Locks>>| locks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        tasks.spawn(keeper::keep(self.clone(), take(&shared.locks), stopping.clone()));
        let unsent = shared.unsent.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(unsent) = unsent {
            tasks.spawn(wire::speak(self.clone(), unsent, stopping.clone()));
        }
        tasks.spawn(wire::listen(self.clone(), heard, stopping.clone()));
    }
}
