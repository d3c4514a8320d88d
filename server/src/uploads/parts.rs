//! Uploads that are not whole yet: their files, and the bytes that come in.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use futures_util::StreamExt as _;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::store::{self, PartRow};
use super::turns::Turn;
use crate::App;
use crate::error::{Problem, Result};
use crate::media::blobs;

fn folder(app: &App) -> PathBuf {
    app.folder.path().join("media").join("parts")
}

/// Where the bytes of an upload lie until it is whole.
pub(super) fn path(app: &App, id: &str) -> PathBuf {
    folder(app).join(id)
}

/// How many bytes of an upload are there: what its file holds, and nothing else.
///
/// # Errors
/// The operating system's.
pub(super) async fn held(app: &App, id: &str) -> Result<u64> {
    match fs::metadata(path(app, id)).await {
        Ok(file) => Ok(file.len()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(0),
        Err(e) => Err(blobs::disk(e)),
    }
}

/// 409 with the place at which the upload goes on.
pub(super) fn elsewhere(offset: u64, why: &str) -> Problem {
    Problem::new("upload_offset").detail(why).with("offset", offset)
}

/// Why no more bytes came.
enum End {
    /// The request is through.
    Whole,
    /// The line broke.
    Broken,
    /// Nothing came for too long.
    Idle,
    /// Somebody asked where the upload stands, which means that they gave this request up.
    Replaced,
    /// The instance is told to stop.
    Stopping,
    /// More than the limit.
    TooMuch,
    /// The disk refused.
    Disk(std::io::Error),
}

async fn copy(app: &App, turn: &Turn, file: &mut File, body: &mut BodyDataStream, most: u64) -> End {
    let patience = Duration::from_secs(app.config.storage.upload_idle_s);
    let mut left = most;
    loop {
        let chunk = tokio::select! {
            chunk = tokio::time::timeout(patience, body.next()) => chunk,
            () = turn.stopped() => return End::Replaced,
            () = app.stopping.cancelled() => return End::Stopping,
        };
        match chunk {
            Err(_) => return End::Idle,
            Ok(None) => return End::Whole,
            Ok(Some(Err(_))) => return End::Broken,
            Ok(Some(Ok(bytes))) => {
                let Some(rest) = left.checked_sub(bytes.len() as u64) else { return End::TooMuch };
                left = rest;
                if let Err(e) = file.write_all(&bytes).await {
                    return End::Disk(e);
                }
            }
        }
    }
}

/// Writes a body behind what an upload holds, while it comes in. What came is kept when the request breaks off, and is
/// on the disk before anybody is told of it. Answers how much is there.
///
/// # Errors
/// 409 `upload_offset` when the upload stands elsewhere; 413 `too_large` beyond the announced size or the limit of one
/// request, and nothing of the request is kept; 507 `storage_full`; 400, 408 or 503 when it broke off.
pub(super) async fn append(app: &App, turn: &Turn, part: &PartRow, offset: u64, body: Body) -> Result<u64> {
    let before = held(app, &part.id).await?;
    if offset != before {
        return Err(elsewhere(before, "The upload stands elsewhere: go on where the offset says."));
    }
    let limit = app.config.storage.upload_chunk_bytes;
    let most = part.size.saturating_sub(before).min(limit);
    let said = body.size_hint();
    if said.lower() > most {
        return Err(Problem::too_large(most).with("offset", before));
    }
    if said.upper() == Some(0) {
        return Ok(before);
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder(app)).await.map_err(blobs::disk)?;
    let open = OpenOptions::new().create(true).append(true).mode(0o600).open(path(app, &part.id)).await;
    let mut file = open.map_err(blobs::disk)?;
    let end = copy(app, turn, &mut file, &mut body.into_data_stream(), most).await;
    // A write that is under way counts too; its fault shows here.
    let flushed = file.flush().await;
    if matches!(end, End::TooMuch) {
        file.set_len(before).await.map_err(blobs::disk)?;
    }
    if let End::Disk(e) = end {
        return Err(blobs::disk(e));
    }
    flushed.map_err(blobs::disk)?;
    file.sync_data().await.map_err(blobs::disk)?;
    let now = file.metadata().await.map_err(blobs::disk)?.len();
    let broken = |code: &'static str, why: &str| Err(Problem::new(code).detail(why).with("offset", now));
    match end {
        End::Whole => Ok(now),
        End::Broken => broken("bad_request", "The upload broke off. Go on where the offset says."),
        End::Idle => broken("timeout", "Nothing came for a while. Go on where the offset says."),
        End::Replaced => Err(elsewhere(now, "Another request asked where the upload stands, so this one ended.")),
        End::Stopping => broken("not_ready", "The instance restarts. Go on in a moment where the offset says."),
        End::TooMuch | End::Disk(_) => Err(Problem::too_large(most).with("offset", before)),
    }
}

/// Removes the bytes of an upload that is over.
pub(super) async fn erase(app: &App, id: &str) {
    match fs::remove_file(path(app, id)).await {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            tracing::error!(id, error = %e, "the bytes of an upload could not be erased");
        }
        _ => {}
    }
}

/// Ends an upload that is not whole. The caller has its turn.
pub(super) async fn discard(app: &App, id: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::drop_part(&mut tx, id).await?;
    tx.commit().await?;
    erase(app, id).await;
    Ok(())
}

/// Ends the uploads that nobody went on with in time, and erases bytes that belong to no upload.
///
/// # Errors
/// The database's.
pub async fn tidy(app: &App) -> Result<()> {
    let expired = store::expired_parts(&mut app.db.read().await?, app.clock.now_ms()).await?;
    for id in expired {
        // One that is written to at this moment is alive.
        if let Some(_turn) = Turn::take(app, &id) {
            discard(app, &id).await?;
        }
    }
    let mut names = Vec::new();
    if let Ok(mut entries) = fs::read_dir(folder(app)).await {
        while let Ok(Some(entry)) = entries.next_entry().await {
            names.extend(entry.file_name().into_string());
        }
    }
    // The row comes before its file, so a file without one is what a killed process left.
    for name in names {
        if !store::is_part(&mut app.db.read().await?, &name).await? {
            erase(app, &name).await;
        }
    }
    Ok(())
}
