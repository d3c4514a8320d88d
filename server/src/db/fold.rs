//! SQLite's write-ahead log is folded into the file beside the writer. SQLite itself would do so within a commit, and whoever
//! waits for that one would wait for the disk twice.
//!
//! What is there already is folded while commits go on. The rest, a few pages, is folded while none does, or a busy
//! instance would never come to the log's end and the log would grow for ever.

use std::path::Path;
use std::sync::Weak;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::Result;
use super::sqlite::options;
use super::writer::Writer;

/// Pages that the log may hold, about, before it is folded: 16 MiB, four times what SQLite takes by itself, since a page
/// that changed many times is then folded once.
const PAGES: u64 = 4_096;
/// How long the log may become where the estimate fails; SQLite then folds it within a commit.
pub(super) const MOST_PAGES: &str = "32768";
/// Pages that every commit changes, about.
const PAGES_OF_A_COMMIT: u64 = 12;
/// Rows that are changed for each further page, about, and bytes that are written.
const ROWS_OF_A_PAGE: u64 = 8;
const BYTES_OF_A_PAGE: u64 = 4_096;

/// What a transaction has written so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

impl Written {
    /// How long the log becomes by it, about. Nobody else knows: SQLite tells its length only to who folds it, and to look
    /// into its files would end the locks that this process has on them
    /// (<https://sqlite.org/howtocorrupt.html>, 2.2).
    fn pages(self) -> u64 {
        PAGES_OF_A_COMMIT + self.rows / ROWS_OF_A_PAGE + self.bytes / BYTES_OF_A_PAGE
    }
}

/// The task that folds.
pub(super) struct Fold {
    /// What the log holds since it was folded last.
    pages: u64,
    wake: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Fold {
    /// Folds the log of the database in this file, until the writer closes.
    pub(super) fn start(file: &Path, writer: Weak<Mutex<Writer>>) -> Self {
        let options = options(file);
        let (wake, mut woken) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while woken.recv().await.is_some() {
                if let Err(e) = fold(&options, &writer).await {
                    // The log keeps everything; it is tried again when as much was written.
                    tracing::warn!(error = %e, "the write-ahead log cannot be folded into the database");
                }
            }
        });
        Self { pages: 0, wake, task }
    }

    /// Something was committed.
    pub(super) fn committed(&mut self, written: Written) {
        self.pages += written.pages();
        if self.pages >= PAGES {
            self.pages = 0;
            // Who was woken and has not come yet need not be woken again.
            let _ = self.wake.try_send(());
        }
    }

    /// Waits until nothing is folded any more.
    pub(super) async fn end(self) {
        drop(self.wake);
        let _ = self.task.await;
    }
}

async fn fold(options: &SqliteConnectOptions, writer: &Weak<Mutex<Writer>>) -> Result<()> {
    let mut conn = SqliteConnection::connect_with(options).await?;
    step(&mut conn).await?;
    if let Some(writer) = writer.upgrade() {
        let _between_commits = writer.lock().await;
        step(&mut conn).await?;
    }
    Ok(conn.close().await?)
}

/// Folds what is there and what no reader needs in the log any more.
async fn step(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::query("pragma wal_checkpoint(passive)").execute(conn).await?;
    Ok(())
}
