//! Files: kept under the hash of their bytes, read only by those who may see a message that refers to them.

mod apply;
pub mod blobs;
mod exchange;
mod gif;
pub mod kind;
pub mod picture;
mod routes;
pub mod serve;
mod store;
mod tidy;

use crate::App;
use crate::db::{self, Tx};
use conntext_federation::ids::{InstanceId, MediaId};
use futures_util::future::BoxFuture;
use std::collections::BTreeSet;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

pub use apply::{apply, erase, undo};
pub use exchange::{Lacking, collect, complete, ensure_at_hub, lacking};
pub use routes::{peer_router, router};
pub use store::{forget_channel, forget_log};
pub use tidy::{drop_copies, start, sweep, tidy};

/// Files that are fetched from other instances at a time.
const FETCHES: usize = 8;
/// Pictures that are made anew at a time: each may take some hundred megabytes of memory.
const PICTURES: usize = 2;

/// What is held in memory about files.
pub struct Media {
    /// Held while a file and its row come or go together: see [`Media::alone`].
    files: Mutex<()>,
    fetches: Semaphore,
    /// Turns at making pictures.
    pub pictures: Semaphore,
}

impl Default for Media {
    fn default() -> Self {
        Self { files: Mutex::default(), fetches: Semaphore::new(FETCHES), pictures: Semaphore::new(PICTURES) }
    }
}

/// The right to have files and their rows come and go; over when it is dropped.
pub struct Alone<'a> {
    _here: MutexGuard<'a, ()>,
    _file: Option<std::fs::File>,
}

impl Media {
    /// Waits for the right to have a file and its row come or go together, over all processes.
    ///
    /// # Errors
    /// The operating system's.
    async fn alone(&self, app: &App) -> std::io::Result<Alone<'_>> {
        let _here = self.files.lock().await;
        if !app.cluster.is_shared() {
            return Ok(Alone { _here, _file: None });
        }
        let path = app.folder.path().join("media.lock");
        let lock = move || {
            use std::os::unix::fs::OpenOptionsExt as _;
            let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
            file.lock().map(|()| file)
        };
        let file = tokio::task::spawn_blocking(lock).await.map_err(std::io::Error::other)??;
        Ok(Alone { _here, _file: Some(file) })
    }
}

/// Whether an instance brought all of these files into a server, and they are here.
pub fn all_there<'a>(
    tx: &'a mut Tx,
    log_id: i64,
    origin: &'a InstanceId,
    files: &'a BTreeSet<MediaId>,
) -> BoxFuture<'a, db::Result<bool>> {
    Box::pin(async move {
        for mid in files {
            let (mid, origin) = (mid.as_str(), origin.as_str());
            if !store::granted(tx, log_id, mid, origin).await? || store::get(tx, mid).await?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Notes that an instance brought a file into a server.
///
/// # Errors
/// The database's.
pub async fn grant(tx: &mut Tx, log_id: i64, mid: &MediaId, origin: &str, now_ms: i64) -> db::Result<()> {
    store::grant(tx, log_id, mid.as_str(), origin, now_ms).await
}
