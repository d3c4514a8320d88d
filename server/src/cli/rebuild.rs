//! A damaged database is put into a new one, as far as it can be read.

use std::fs;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::db::folder::{Folder, touch_private};
use crate::db::{self, Db, Source};
use crate::keys::InstanceKeys;
use crate::log::rewind::mend;
use crate::projections::ROOMS;

/// The files that SQLite keeps beside a database, and the database.
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Whether the database says of itself that it is whole; nothing where that cannot even be asked.
async fn verdict(path: &Path) -> Result<String, db::Error> {
    let db = Db::open_without_migrating(&Source::File(path.to_owned())).await?;
    let verdict = db.integrity().await;
    db.close().await;
    verdict
}

/// Looks at the database and, where it is damaged, puts what can be read of it into a new one. The damaged one stays in
/// the folder under another name. Says what was done; nothing where the database is whole.
pub(super) async fn if_damaged(config: &Config) -> Result<Vec<String>, Failure> {
    // PostgreSQL looks after its own pages.
    let Source::File(path) = crate::database(config)? else { return Ok(Vec::new()) };
    if !path.exists() {
        return Ok(Vec::new());
    }
    let _stopped = Folder::open(&config.storage.data_dir)?;
    let fault = match verdict(&path).await {
        Ok(word) if word == "ok" => return Ok(Vec::new()),
        Ok(fault) => fault,
        Err(e) => e.to_string(),
    };
    let mut said = vec![format!("the database is damaged: {fault}")];
    let fresh = config.storage.data_dir.join("conntext.db.new");
    ENDINGS.iter().for_each(|ending| drop(fs::remove_file(beside(&fresh, ending))));
    touch_private(&fresh)?;
    let losses = db::salvage(&path, &fresh).await.map_err(|e| {
        format!("the database is damaged ({fault}) and cannot be put into a new one: {e}. Restore a backup")
    })?;
    for loss in &losses {
        said.push(format!("{}: rows at {} places cannot be read", loss.table, loss.unreadable));
    }
    let clock = std::sync::Arc::new(SystemClock::from_env());
    let new = Db::open(&Source::File(fresh.clone())).await?;
    let now_ms = clock.now_ms();
    let keys =
        InstanceKeys::open(&config.storage.data_dir, &config.domain()?, &new, clock, &crate::clock::OsRng).await?;
    said.extend(mend::mend(&new, &keys.ik, &ROOMS, now_ms).await?);
    new.close().await;
    let kept = (1..).map(|n| beside(&path, &format!(".damaged-{n}"))).find(|kept| !kept.exists());
    let kept = kept.ok_or("no name is left for the damaged database")?;
    for ending in ENDINGS {
        let (from, to) = (beside(&path, ending), beside(&kept, ending));
        if from.exists() {
            fs::rename(from, to)?;
        }
    }
    for ending in ENDINGS {
        let from = beside(&fresh, ending);
        if from.exists() {
            fs::rename(from, beside(&path, ending))?;
        }
    }
    said.push(format!("what could be read is in a new database; the damaged one is {}", kept.display()));
    Ok(said)
}
