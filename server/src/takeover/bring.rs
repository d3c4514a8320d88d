//! The work from the word of the keys to a community that lives here.

use std::sync::Arc;

use conntext_federation::content::ServerTakeover;

use super::store::{self, Asked, Stage};
use super::{Progress, collect, open};
use crate::App;
use crate::error::{Problem, Result};
use crate::log::{LogError, LogHandle};
use crate::media;
use crate::moving;
use crate::peers;
use crate::servers;

/// Files that are looked up at a time.
const FILES: u64 = 50;

/// Why a community is not here yet.
pub(super) enum Halt {
    /// It is tried again.
    Later(String),
    /// It does not come.
    Stopped(String),
}

impl From<crate::db::Error> for Halt {
    fn from(e: crate::db::Error) -> Self {
        Problem::from(e).into()
    }
}

impl From<Problem> for Halt {
    fn from(e: Problem) -> Self {
        tracing::info!(code = e.code, detail = e.detail, "a take-over has to wait");
        Self::Later(e.code.to_string())
    }
}

/// Works on every take-over that was signed. Answers whether there is one.
///
/// # Errors
/// From the database.
pub(super) async fn round(app: &App) -> Result<bool> {
    let busy = store::busy(&mut app.db.read().await?).await?;
    let any = !busy.is_empty();
    for asked in busy {
        let sid = asked.takeover.body.sid.clone();
        if !open(&app.takeovers.running).insert(sid.clone()) {
            continue;
        }
        let working = app.clone();
        app.tasks.spawn(app.stopping.clone().run_until_cancelled_owned(async move {
            let outcome = bring(&working, &asked).await;
            let noted = note(&working, &asked, outcome).await;
            open(&working.takeovers.running).remove(&sid);
            if let Err(e) = noted {
                tracing::warn!(%sid, code = e.code, "how far a take-over is could not be written");
            }
        }));
    }
    Ok(any)
}

async fn note(app: &App, asked: &Asked, outcome: std::result::Result<(), Halt>) -> Result<()> {
    let sid = &asked.takeover.body.sid;
    let (stage, problem) = match outcome {
        Ok(()) => (Stage::Here, String::new()),
        Err(Halt::Later(problem)) => {
            let now = store::one(&mut app.db.read().await?, sid).await?;
            (now.map_or(asked.stage, |now| now.stage), problem)
        }
        Err(Halt::Stopped(problem)) => (Stage::Stopped, problem),
    };
    if stage == Stage::Stopped {
        tracing::warn!(%sid, problem, "a community does not go on here after all");
    }
    let mut tx = app.db.begin().await?;
    store::set(&mut tx, sid, stage, &problem).await?;
    Ok(tx.commit().await?)
}

async fn bring(app: &App, asked: &Asked) -> std::result::Result<(), Halt> {
    let fields = &asked.takeover.body;
    let log = app.log.get(&fields.sid).ok_or_else(|| Halt::Stopped("unknown_server".into()))?;
    let shown = collect::show(app, &log, &asked.takeover).await;
    if log.head().generation < fields.generation {
        go_on(app, &log, asked, &shown).await?;
    } else if !log.hub_here() {
        return Err(Halt::Stopped("outdated".into()));
    }
    // After a crash in between, this is what is left to do.
    peers::moved::took_over(app, &log).await?;
    moving::hub_changed(app, &fields.sid).await?;
    let lost = collect::lost(app, &log).await?;
    let mut tx = app.db.begin().await?;
    store::set_losses(&mut tx, &fields.sid, &shown.silent, lost).await?;
    store::set(&mut tx, &fields.sid, Stage::Restoring, "").await?;
    tx.commit().await?;
    files(app, &log, &shown).await
}

/// The first event of the next generation, behind everything that anybody showed.
async fn go_on(
    app: &App,
    log: &Arc<LogHandle>,
    asked: &Asked,
    shown: &collect::Shown,
) -> std::result::Result<(), Halt> {
    open(&app.takeovers.progress).insert(log.sid.clone(), Progress::default());
    let base = &asked.takeover.body.base;
    let tail = collect::tail(app, log, shown, base).await?;
    collect::past(app, log, shown).await?;
    if !log.hub_here() && !peers::tail::has_genesis(app, log).await? {
        // Nobody could follow a log that does not show its beginning.
        return Err(Halt::Stopped("incomplete_copy".into()));
    }
    let channels = collect::channels(app, log, shown, base.seq).await?;
    crate::crash::point("takeover.collected");
    let keys = Box::new(app.keys.statement());
    let content = ServerTakeover { takeover: asked.takeover.clone(), keys };
    match app.log.take_over(log, content, tail, channels).await {
        Ok(entry) => {
            tracing::warn!(sid = %log.sid, seq = entry.seq(), "a community goes on here, by its recovery keys");
            Ok(())
        }
        Err(LogError::Rejected(code)) => {
            tracing::error!(sid = %log.sid, code = code.as_str(), "what others hold of a log does not fit the word of its keys");
            Err(Halt::Stopped(code.as_str().to_owned()))
        }
        Err(e) => Err(Problem::from(e).into()),
    }
}

/// Fetches the files that messages refer to from whoever has them.
async fn files(app: &App, log: &Arc<LogHandle>, shown: &collect::Shown) -> std::result::Result<(), Halt> {
    let mut missing = u64::from(!servers::collect_icon(app, log, shown.domains()).await?);
    loop {
        let (all, lacking) = media::lacking(app, log, FILES).await?;
        let left = u64::try_from(lacking.len()).unwrap_or(0);
        {
            let mut progress = open(&app.takeovers.progress);
            let progress = progress.entry(log.sid.clone()).or_default();
            (progress.files, progress.of_files) = (progress.files.max(all.saturating_sub(left)).min(all), all);
        }
        if lacking.is_empty() {
            break;
        }
        for file in lacking {
            if !media::collect(app, log, &file, shown.domains()).await? {
                missing += 1;
                tracing::info!(sid = %log.sid, mid = %file.mid(), "nobody has a file any more");
            }
            let mut progress = open(&app.takeovers.progress);
            let progress = progress.entry(log.sid.clone()).or_default();
            progress.files = (progress.files + 1).min(all);
        }
    }
    let mut tx = app.db.begin().await?;
    store::set_missing(&mut tx, &log.sid, missing).await?;
    Ok(tx.commit().await?)
}
