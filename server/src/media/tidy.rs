//! Erasing what nothing needs any more, and keeping the copies of others' files within bounds.

use std::time::Duration;

use super::{blobs, store};
use crate::App;
use crate::error::Result;

/// How often expiry and bounds are looked at.
const ROUND: Duration = Duration::from_secs(60);
/// Events that come at once are looked at together.
const PAUSE: Duration = Duration::from_millis(500);

/// Starts the worker that erases.
pub fn start(app: &App) {
    // Other processes may be receiving files.
    if !app.cluster.is_shared() {
        blobs::forget_begun(app);
    }
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(run(worker)));
}

async fn run(app: App) {
    let mut grown = app.bus.grown();
    loop {
        // Falling behind is no loss: what is doomed stands in the database.
        let round = tokio::time::timeout(ROUND, grown.recv()).await.is_err();
        tokio::time::sleep(PAUSE).await;
        while grown.try_recv().is_ok() {}
        if !app.cluster.has_duties() {
            continue;
        }
        let done = if round { tidy(&app).await } else { sweep(&app).await };
        if let Err(e) = done {
            tracing::warn!(error = %e, "files could not be tidied up");
        }
    }
}

/// Erases doomed files that nothing needs.
///
/// # Errors
/// The database's.
pub async fn sweep(app: &App) -> Result<()> {
    if !store::any_doomed(&mut app.db.read().await?).await? {
        return Ok(());
    }
    let _alone = app.media.alone(app).await.map_err(blobs::disk)?;
    let mut tx = app.db.begin().await?;
    let gone = store::take_doomed(&mut tx, app.clock.now_ms()).await?;
    tx.commit().await?;
    for mid in gone {
        blobs::erase(app, &mid).await;
    }
    Ok(())
}

/// Ends uploads that broke off and were not continued, dooms what expired, erases, and drops the copies that were read
/// longest ago.
///
/// # Errors
/// The database's.
pub async fn tidy(app: &App) -> Result<()> {
    crate::uploads::tidy(app).await?;
    let mut tx = app.db.begin().await?;
    store::expire(&mut tx, app.clock.now_ms()).await?;
    tx.commit().await?;
    sweep(app).await?;
    let copies = store::cached(&mut app.db.read().await?, app.keys.ik.as_str()).await?;
    let mut total: u64 = copies.iter().map(|c| c.1).sum();
    for (mid, size) in copies {
        if total <= app.config.storage.media_cache_bytes {
            break;
        }
        evict(app, &mid).await?;
        total = total.saturating_sub(size);
    }
    Ok(())
}

async fn evict(app: &App, mid: &str) -> Result<()> {
    let _alone = app.media.alone(app).await.map_err(blobs::disk)?;
    let mut tx = app.db.begin().await?;
    store::evict(&mut tx, mid).await?;
    tx.commit().await?;
    blobs::erase(app, mid).await;
    Ok(())
}

/// Drops the copies of all files of one server elsewhere. They are fetched again when somebody wants to see them.
///
/// # Errors
/// The database's.
pub async fn drop_copies(app: &App, log_id: i64) -> Result<()> {
    let copies = store::cached_of(&mut app.db.read().await?, app.keys.ik.as_str(), log_id).await?;
    for mid in copies {
        evict(app, &mid).await?;
    }
    Ok(())
}
