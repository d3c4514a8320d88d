//! Who writes to which upload: one request at a time, and the newest can have the one before it end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::App;

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
}

impl Turn {
    /// The right to write to an upload, unless somebody has it.
    pub(super) fn take(app: &App, id: &str) -> Option<Self> {
        let mut all = app.uploads.running.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(id) {
            return None;
        }
        let running = Arc::<Running>::default();
        all.insert(id.to_owned(), running.clone());
        Some(Self { app: app.clone(), id: id.to_owned(), running })
    }

    /// Has the writer of an upload stop, and waits until it has.
    pub(super) async fn settle(app: &App, id: &str) {
        let running = app.uploads.running.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some(running) = running {
            running.stop.cancel();
            running.over.cancelled().await;
        }
    }

    /// Resolves when somebody wants this turn to end.
    pub(super) async fn stopped(&self) {
        self.running.stop.cancelled().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.app.uploads.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.running.over.cancel();
    }
}
