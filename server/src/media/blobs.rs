//! Files on disk: received in parts, hashed while they are written, kept under their hash.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use conntext_federation::Code;
use conntext_federation::ids::MediaId;
use data_encoding::HEXLOWER;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::fs::{self, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::store;
use crate::App;
use crate::error::{Problem, Result};

/// Bytes from which the type of a file is told.
const HEAD: usize = 8192;

/// A file that was received and has no place yet. Removed when it is dropped.
pub struct Received {
    path: PathBuf,
    pub size: u64,
    pub sha256: [u8; 32],
    /// How it begins.
    pub head: Vec<u8>,
}

impl Drop for Received {
    fn drop(&mut self) {
        // After it was kept it is not there any more.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Received {
    /// The file, from its beginning. It has no name any more when this value is dropped.
    pub async fn open(&self) -> Result<std::fs::File> {
        Ok(fs::File::open(&self.path).await.map_err(disk)?.into_std().await)
    }

    /// All of it.
    pub async fn bytes(&self) -> Result<Vec<u8>> {
        fs::read(&self.path).await.map_err(disk)
    }
}

/// What the operating system said, for the person who waits.
pub fn disk(e: std::io::Error) -> Problem {
    if matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
        return crate::db::Error::Full.into();
    }
    Problem::internal(e)
}

fn folder(app: &App) -> PathBuf {
    app.folder.path().join("media")
}

/// Where a file lies.
pub fn path(app: &App, mid: &str) -> PathBuf {
    let hash = mid.strip_prefix(MediaId::PREFIX).unwrap_or(mid);
    let part = |from: usize| hash.get(from..from + 2).unwrap_or("__").to_owned();
    folder(app).join(part(0)).join(part(2)).join(mid)
}

async fn private_folder(path: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).await.map_err(disk)
}

async fn temporary(app: &App) -> Result<(PathBuf, fs::File)> {
    let folder = folder(app).join("new");
    private_folder(&folder).await?;
    let path = folder.join(HEXLOWER.encode(&app.rng.bytes::<16>()));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await.map_err(disk)?;
    Ok((path, file))
}

/// Writes a body to disk while it comes in.
///
/// # Errors
/// 413 `too_large` as soon as it is longer than `limit` bytes; 400 when it breaks off, 408 when it is silent for too long.
pub async fn receive(app: &App, body: Body, limit: u64) -> Result<Received> {
    let (path, mut file) = temporary(app).await?;
    let mut received = Received { path, size: 0, sha256: [0; 32], head: Vec::new() };
    let mut hash = Sha256::new();
    let mut stream = body.into_data_stream();
    let idle = Duration::from_secs(app.config.storage.upload_idle_s);
    while let Some(chunk) = timeout(idle, stream.next()).await.map_err(|_| Problem::from(Code::SlowBody))? {
        let chunk = chunk.map_err(|_| Problem::new("bad_request").detail("The upload broke off. Try again."))?;
        received.size += chunk.len() as u64;
        if received.size > limit {
            return Err(Problem::too_large(limit));
        }
        let wanted = HEAD.saturating_sub(received.head.len()).min(chunk.len());
        received.head.extend_from_slice(&chunk[..wanted]);
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(disk)?;
    }
    file.sync_all().await.map_err(disk)?;
    received.sha256 = hash.finalize().into();
    Ok(received)
}

/// Takes a file that is here already, to be kept. The file itself stays until its owner removes it.
///
/// # Errors
/// 507 `storage_full`, or what the operating system says.
pub async fn adopt(app: &App, file: &Path) -> Result<Received> {
    let folder = folder(app).join("new");
    private_folder(&folder).await?;
    let path = folder.join(HEXLOWER.encode(&app.rng.bytes::<16>()));
    let mut received = Received { path, size: 0, sha256: [0; 32], head: Vec::new() };
    if fs::hard_link(file, &received.path).await.is_err() {
        // Not every file system has links.
        fs::copy(file, &received.path).await.map_err(disk)?;
    }
    let mut bytes = fs::File::open(&received.path).await.map_err(disk)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = bytes.read(&mut chunk).await.map_err(disk)?;
        if read == 0 {
            break;
        }
        let wanted = HEAD.saturating_sub(received.head.len()).min(read);
        received.head.extend_from_slice(&chunk[..wanted]);
        received.size += read as u64;
        hash.update(&chunk[..read]);
    }
    received.sha256 = hash.finalize().into();
    Ok(received)
}

/// Writes bytes that were made here.
async fn write(app: &App, bytes: &[u8]) -> Result<Received> {
    let (path, mut file) = temporary(app).await?;
    let sha256 = Sha256::digest(bytes).into();
    let received = Received { path, size: bytes.len() as u64, sha256, head: Vec::new() };
    file.write_all(bytes).await.map_err(disk)?;
    file.sync_all().await.map_err(disk)?;
    Ok(received)
}

/// Gives a received file its place.
pub async fn keep(app: &App, received: Received, media_type: &str) -> Result<MediaId> {
    let mid = MediaId::from_digest(&received.sha256);
    let to = path(app, mid.as_str());
    if let Some(parent) = to.parent() {
        private_folder(parent).await?;
    }
    // Nothing erases the file between its coming and its row.
    let _alone = app.media.alone(app).await.map_err(disk)?;
    fs::rename(&received.path, &to).await.map_err(disk)?;
    let mut tx = app.db.begin().await?;
    store::put(&mut tx, &mid, media_type, received.size, app.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(mid)
}

/// Keeps bytes that were made here.
pub async fn keep_bytes(app: &App, bytes: &[u8], media_type: &str) -> Result<MediaId> {
    let received = write(app, bytes).await?;
    keep(app, received, media_type).await
}

/// Removes what a process that was killed had begun to receive. For the start, when nothing is under way.
pub fn forget_begun(app: &App) {
    for entry in std::fs::read_dir(folder(app).join("new")).into_iter().flatten().flatten() {
        if let Err(e) = std::fs::remove_file(entry.path()) {
            tracing::warn!(error = %e, "what was left of a file could not be erased");
        }
    }
}

/// Removes a file whose row is gone. The caller holds the lock.
pub async fn erase(app: &App, mid: &str) {
    match fs::remove_file(path(app, mid)).await {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(mid, error = %e, "a file could not be erased");
        }
        _ => {}
    }
}
