//! Making archives in the background: one at a time for the whole instance, in the order in which they were asked for.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use tokio::fs;
use tokio::sync::Notify;

use super::{build, store};
use crate::App;
use crate::error::{Problem, Result};
use crate::media::blobs;

/// How often it is looked for what another process was asked for.
const LOOK: Duration = Duration::from_secs(2);
/// How often it is looked for what is over, where there is one process.
const ROUND: Duration = Duration::from_secs(60);

/// What is held in memory about people's data on its way out and in.
#[derive(Default)]
pub struct Exports {
    /// Wakes the worker of this process.
    news: Notify,
    /// Accounts that are bringing an archive in.
    bringing: Mutex<HashSet<String>>,
}

impl Exports {
    /// There is something new to do.
    pub(super) fn wake(&self) {
        self.news.notify_one();
    }

    /// The right of an account to bring an archive in: one at a time, since each may take a good part of the disk.
    pub(super) fn bring<'a>(&'a self, account: &'a str) -> Option<Bringing<'a>> {
        let new = self.bringing.lock().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned());
        new.then_some(Bringing { exports: self, account })
    }
}

/// See [`Exports::bring`]; over when it is dropped.
pub(super) struct Bringing<'a> {
    exports: &'a Exports,
    account: &'a str,
}

impl Drop for Bringing<'_> {
    fn drop(&mut self) {
        self.exports.bringing.lock().unwrap_or_else(PoisonError::into_inner).remove(self.account);
    }
}

fn folder(app: &App) -> PathBuf {
    app.folder.path().join("exports")
}

/// Where a finished archive lies.
pub(super) fn path(app: &App, id: &str) -> PathBuf {
    folder(app).join(format!("{id}.zip"))
}

/// Starts the worker; it ends with the instance.
pub fn start(app: &App) {
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(run(worker)));
}

async fn run(app: App) {
    loop {
        app.cluster.until_duties().await;
        // What another process began, or this one before the database failed it.
        let mut left = true;
        while app.cluster.has_duties() {
            let worked = async {
                if left {
                    begin_anew(&app).await?;
                }
                turn(&app).await
            };
            match worked.await {
                Ok(true) => continue,
                Ok(false) => left = false,
                Err(e) => {
                    left = true;
                    tracing::warn!(error = %e, "an archive of somebody's data could not be made; it is begun anew");
                }
            }
            if let Err(e) = tidy(&app).await {
                tracing::warn!(error = %e, "old archives could not be tidied up");
            }
            let pause = if app.cluster.is_shared() { LOOK } else { ROUND };
            // Woken, or it is time to look again.
            let _ = tokio::time::timeout(pause, app.exports.news.notified()).await;
        }
    }
}

/// What a process that ended was making waits for its turn again.
async fn begin_anew(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let begun = store::begin_anew(&mut tx).await?;
    tx.commit().await?;
    if begun > 0 {
        tracing::info!(begun, "archives that were being made when the instance ended are begun anew");
    }
    Ok(())
}

/// Makes the archive that waits for longest; answers whether there was one.
///
/// # Errors
/// The database's. What goes wrong with the archive itself is told to its person.
pub async fn turn(app: &App) -> Result<bool> {
    let turn = HEXLOWER.encode(&app.rng.bytes::<16>());
    let mut tx = app.db.begin().await?;
    let Some(row) = store::take(&mut tx, &turn).await? else { return Ok(false) };
    tx.commit().await?;
    // A name of its own: another process may still be writing what it was making.
    let part = folder(app).join(format!("{turn}.part"));
    let made = async {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder(app)).await.map_err(blobs::disk)?;
        let size = build::build(app, &row, &turn, &part).await?;
        keep(app, &row, &turn, &part, size).await
    };
    let made = made.await;
    let _ = fs::remove_file(&part).await;
    match made {
        Ok(()) => tracing::info!(account = %row.account, id = %row.id, "an archive of somebody's data is ready"),
        Err(e) if e.code == "gone" => tracing::info!(id = %row.id, "an archive was given up"),
        Err(e) => {
            tracing::error!(account = %row.account, id = %row.id, error = %e, "an archive could not be made");
            let mut tx = app.db.begin().await?;
            store::failed(&mut tx, &row.id, &turn, &e.code).await?;
            tx.commit().await?;
        }
    }
    Ok(true)
}

async fn keep(app: &App, row: &store::ExportRow, turn: &str, part: &std::path::Path, size: u64) -> Result<()> {
    let to = path(app, &row.id);
    fs::rename(part, &to).await.map_err(blobs::disk)?;
    let until = app.clock.now_ms().saturating_add(app.config.exports.keep_days.saturating_mul(86_400_000));
    let mut tx = app.db.begin().await?;
    let wanted = store::ready(&mut tx, row, turn, size, until).await?;
    tx.commit().await?;
    if wanted {
        return Ok(());
    }
    fs::remove_file(&to).await.map_err(blobs::disk)?;
    Err(Problem::new("gone").detail("The archive was given up."))
}

/// Ends archives whose time is over, and erases files that belong to none. While none is being made.
///
/// # Errors
/// The database's.
pub async fn tidy(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    if store::any_over(&mut app.db.read().await?, now).await? {
        let mut tx = app.db.begin().await?;
        store::expire(&mut tx, now).await?;
        tx.commit().await?;
    }
    let Ok(mut entries) = fs::read_dir(folder(app)).await else { return Ok(()) };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let name = entry.file_name().into_string().unwrap_or_default();
        let wanted = match name.strip_suffix(".zip") {
            Some(id) => store::is_ready(&mut app.db.read().await?, id).await?,
            None => false,
        };
        if !wanted && let Err(e) = fs::remove_file(entry.path()).await {
            tracing::warn!(error = %e, "an old archive could not be erased");
        }
    }
    Ok(())
}
