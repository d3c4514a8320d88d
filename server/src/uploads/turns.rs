//! Who writes to which upload: one request at a time, over all processes, and the newest can have the one before it end.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::parts;
use crate::App;
use crate::cluster::Word;

/// How long it is waited for a request at another process, which may be slow to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// The uploads that a request writes to at this moment.
#[derive(Default)]
pub struct Uploads {
    running: Mutex<HashMap<String, Arc<Running>>>,
}

#[derive(Default)]
struct Running {
    stop: CancellationToken,
    over: CancellationToken,
}

/// The right to write to one upload; over when it is dropped.
pub(super) struct Turn {
    app: App,
    id: String,
    running: Arc<Running>,
    /// Its lock keeps other processes away.
    _file: Option<File>,
}

/// The file of an upload, locked; none where another process has it. Nothing to lock is as good.
fn lock(app: &App, id: &str) -> Option<Option<File>> {
    if !app.cluster.is_shared() {
        return Some(None);
    }
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(parts::path(app, id));
    match file.map(|file| (file.try_lock(), file)) {
        Ok((Err(TryLockError::WouldBlock), _)) => None,
        Ok((Ok(()), file)) => Some(Some(file)),
        // Writing to it will say what is wrong.
        Ok((Err(TryLockError::Error(_)), _)) | Err(_) => Some(None),
    }
}

impl Turn {
    /// The right to write to an upload, unless somebody has it.
    pub(super) fn take(app: &App, id: &str) -> Option<Self> {
        let mut all = app.uploads.running.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(id) {
            return None;
        }
        let _file = lock(app, id)?;
        let running = Arc::<Running>::default();
        all.insert(id.to_owned(), running.clone());
        Some(Self { app: app.clone(), id: id.to_owned(), running, _file })
    }

    /// Has the writer of an upload stop, and waits until it has.
    pub(super) async fn settle(app: &App, id: &str) {
        let running = app.uploads.running.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some(running) = running {
            running.stop.cancel();
            running.over.cancelled().await;
        } else if app.cluster.is_shared() && lock(app, id).is_none() {
            app.cluster.tell(Word::Upload(id.to_owned()));
            let free = async {
                while lock(app, id).is_none() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let _ = tokio::time::timeout(PATIENCE, free).await;
        }
    }

    /// Resolves when somebody wants this turn to end.
    pub(super) async fn stopped(&self) {
        self.running.stop.cancelled().await;
    }
}

impl Uploads {
    /// Has the writer of an upload stop, if it is one of this process.
    pub fn stop(&self, id: &str) {
        if let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            running.stop.cancel();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.app.uploads.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.running.over.cancel();
    }
}
