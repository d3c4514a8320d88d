//! SQLite's write-ahead log is folded into the file beside the writer. SQLite itself would do so within a commit, and whoever
//! waits for that one would wait for the disk twice.
//!
//! What is there already is folded while commits go on. The rest, a few pages, is folded while none does, or a busy
//! instance would never come to the log's end and the log would grow for ever.

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::Result;
use super::sqlite::options;
use super::writer::Writer;

/// Length of the log's file from which it is folded, in bytes: twice what SQLite takes by itself, since a page that changed
/// many times is then folded once. Once it is folded the file is cut back to this length ([`super::sqlite::options`]), so that
/// it is longer only while there is something to fold.
pub(super) const LENGTH: u64 = 8 << 20;
/// How long the log may become where nobody folds it, in pages; SQLite then does so within a commit.
pub(super) const MOST_PAGES: &str = "32768";
/// How often it is tried where somebody still reads what the log holds.
const PAUSE: Duration = Duration::from_millis(100);

/// The task that folds.
pub(super) struct Fold {
    log: PathBuf,
    wake: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Fold {
    /// Folds the log of the database in this file, until the writer closes.
    pub(super) fn start(file: &Path, writer: Weak<Mutex<Writer>>) -> Self {
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let options = options(file);
        let (wake, mut woken) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while woken.recv().await.is_some() {
                if let Err(e) = fold(&options, &writer).await {
                    // The log keeps everything; the next commit tries again.
                    tracing::warn!(error = %e, "the write-ahead log cannot be folded into the database");
                }
                sleep(PAUSE).await;
            }
        });
        Self { log: log.into(), wake, task }
    }

    /// Something was committed.
    pub(super) fn committed(&self) {
        // Asked for its length only: to open and close a file of the database ends the locks that this process has on it
        // (<https://sqlite.org/howtocorrupt.html>, 2.2).
        if std::fs::metadata(&self.log).is_ok_and(|log| log.len() > LENGTH) {
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
