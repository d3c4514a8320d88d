//! SQLite's write-ahead log is folded into the file beside the writer. SQLite itself would do so within a commit, and whoever
//! waits for that one would wait for the disk twice.
//!
//! What is there already is folded while commits go on. The rest, a few pages, is folded while none does, or a busy
//! instance would never come to the log's end and the log would grow for ever.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Weak;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::Result;
use super::sqlite::options;
use super::writer::Writer;

/// Pages that the log may hold before it is folded: 16 MiB, four times what SQLite takes by itself, since a page that
/// changed many times is then folded once.
const PAGES: u32 = 4_096;
/// Where the index beside the log says how many pages it holds (<https://sqlite.org/walformat.html>, 2.1: `mxFrame`).
const PAGES_AT: u64 = 16;
/// The only version of that index so far, which stands at its beginning.
const INDEX_VERSION: u32 = 3_007_000;

/// The task that folds.
pub(super) struct Fold {
    index: PathBuf,
    wake: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Fold {
    /// Folds the log of the database in this file, until the writer closes.
    pub(super) fn start(file: &Path, writer: Weak<Mutex<Writer>>) -> Self {
        let mut index = file.as_os_str().to_owned();
        index.push("-shm");
        let options = options(file);
        let (wake, mut woken) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while woken.recv().await.is_some() {
                if let Err(e) = fold(&options, &writer).await {
                    // The log keeps everything; the next commit tries again.
                    tracing::warn!(error = %e, "the write-ahead log cannot be folded into the database");
                }
            }
        });
        Self { index: index.into(), wake, task }
    }

    /// Something was committed.
    pub(super) fn committed(&self) {
        if pages(&self.index).is_none_or(|pages| pages >= PAGES) {
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

/// How many pages the log holds, where its index says so.
fn pages(index: &Path) -> Option<u32> {
    let mut header = [0; PAGES_AT as usize + 4];
    File::open(index).ok()?.read_exact_at(&mut header, 0).ok()?;
    let word = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    (word(0)? == INDEX_VERSION).then(|| word(PAGES_AT as usize))?
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
