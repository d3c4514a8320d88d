//! The file beside the database that says how far this instance's logs had come.
//!
//! It is written after commits, never before one: so it may lag behind the database, and a database that is behind the
//! file is proof of an older copy. Commits are gathered, since a line that a power cut takes away only makes the proof
//! a moment older. A file that is missing or cannot be read proves nothing.

use crate::{cluster::Cluster, db::folder::write_private};
use conntext_federation::{action::Position, ids::ServerId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Where each log ended.
pub(super) type Marks = BTreeMap<ServerId, Position>;

#[derive(Serialize, Deserialize)]
struct Content {
    v: u64,
    logs: Marks,
}

/// The file, and what it is to say.
pub(crate) struct HighWater {
    path: PathBuf,
    marks: Mutex<Marks>,
    changed: Notify,
}

/// What the file says; nothing where there is none.
pub(super) fn read(path: &Path) -> Marks {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == ErrorKind::NotFound => return Marks::new(),
        Err(e) => {
            tracing::warn!(path = %path.display(), error = %e, "the file of the logs' ends cannot be read; it is written anew");
            return Marks::new();
        }
    };
    match serde_json::from_slice(&bytes) {
        Ok(Content { v: 1, logs }) => logs,
        _ => {
            tracing::warn!(path = %path.display(), "the file of the logs' ends is damaged; it is written anew");
            Marks::new()
        }
    }
}

impl HighWater {
    pub(super) fn new(path: PathBuf, marks: Marks) -> Self {
        Self { path, marks: Mutex::new(marks), changed: Notify::new() }
    }

    /// A log ends here now.
    pub(super) fn note(&self, sid: &ServerId, head: Position) {
        super::unpoison(self.marks.lock()).insert(sid.clone(), head);
        self.changed.notify_one();
    }

    /// Writes the file after changes, if this process is the one to do so, at most once in each span of `every`, and at the end.
    pub(super) async fn keep(&self, every: Duration, cluster: &Cluster, stopping: CancellationToken) {
        let mut mine = cluster.has_duties();
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                () = self.changed.notified() => {}
            }
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                () = tokio::time::sleep(every) => {}
            }
            mine = cluster.has_duties();
            if mine {
                self.write().await;
            }
        }
        // What another process without the duties knows may be older than what the file says.
        if mine {
            self.write().await;
        }
    }

    async fn write(&self) {
        let content = Content { v: 1, logs: super::unpoison(self.marks.lock()).clone() };
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || {
            let text = serde_json::to_vec(&content)?;
            write_private(&path, &text)
        });
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => tracing::warn!(error = %e, "the file of the logs' ends cannot be written"),
            Err(e) => tracing::warn!(error = %e, "the file of the logs' ends cannot be written"),
        }
    }
}
