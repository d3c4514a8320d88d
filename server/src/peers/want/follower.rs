//! What this instance asks of hubs: every channel, or those that its people open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{ChannelId, ServerId};
use conntext_federation::wire::{Want, WantAnswer};

use tokio::sync::Notify;

use super::store;
use crate::App;
use crate::config::Follow;
use crate::db;
use crate::log::LogHandle;
use crate::log::gaps::{self, Gap};
use crate::peers::{CallError, call, hello, history, unpoison};

/// How often it is looked whether something else is to be asked for.
const LOOK: Duration = Duration::from_secs(3600);
/// A channel that is read again within this time is not noted again, milliseconds.
const NOTED_MS: i64 = 3_600_000;
/// How long whoever opens a channel waits for the hub.
const PATIENCE: Duration = Duration::from_secs(4);
const DAY_MS: i64 = 86_400_000;
/// How often it is told again what is wanted, where the hub knows of a later wish.
const TRIES: u32 = 3;
/// Messages that are fetched at a time of a channel that was not followed for a while.
const PAGE: u64 = 100;
/// The most such requests for one channel: what was done to older messages is not fetched.
const MOST_PAGES: u32 = 50;
/// What failed is tried again after so long.
const AGAIN: Duration = Duration::from_secs(10);

/// What a follower remembers of its own wishes.
#[derive(Default)]
pub struct Remembered {
    noted: Mutex<HashMap<(ServerId, ChannelId), i64>>,
    asked: Mutex<HashMap<ServerId, Option<BTreeSet<ChannelId>>>>,
    /// A hub is told one thing after the other: of two requests on their way the older one could arrive last.
    turns: Mutex<HashMap<ServerId, Arc<tokio::sync::Mutex<()>>>>,
    /// The numbers of the last wishes.
    numbers: Mutex<HashMap<ServerId, u64>>,
    /// Copies whose hubs are to be told what is wanted.
    untold: Mutex<BTreeSet<ServerId>>,
    /// Copies that are being seen to.
    attended: Mutex<BTreeSet<ServerId>>,
    due: Notify,
}

/// Somebody here opens a channel: from now on it is followed whole. Where it was not, the hub is asked at once for where
/// it ends. Answers whether the hub did not answer, so that something newer may be missing.
///
/// # Errors
/// From the database.
pub async fn opened(app: &App, log: &Arc<LogHandle>, channel: &ChannelId) -> db::Result<bool> {
    if log.hub_here() || app.config.federation.follow == Follow::All {
        return Ok(false);
    }
    let now = app.clock.now_ms();
    let key = (log.sid.clone(), channel.clone());
    let noted =
        unpoison(&app.peers.want.follower.noted).get(&key).is_some_and(|at| (0..NOTED_MS).contains(&(now - at)));
    if !noted {
        let mut tx = app.db.begin().await?;
        store::opened(&mut tx, log.id, channel, now).await?;
        tx.commit().await?;
        unpoison(&app.peers.want.follower.noted).insert(key, now);
    }
    if log.has_whole(channel) {
        return Ok(false);
    }
    match tokio::time::timeout(PATIENCE, ask(app, log, true)).await {
        Ok(Ok(())) => Ok(false),
        failed => {
            tracing::debug!(sid = %log.sid, ?failed, "the hub does not hear what is wanted");
            soon(app, log);
            Ok(true)
        }
    }
}

/// What is wanted of a copy now; nothing for every channel.
async fn wanted(app: &App, log: &LogHandle) -> db::Result<Option<BTreeSet<ChannelId>>> {
    if app.config.federation.follow == Follow::All || log.state().moves_to(&app.keys.ik) {
        return Ok(None);
    }
    let since = app.clock.now_ms() - i64::from(app.config.federation.follow_days) * DAY_MS;
    let mut opened = store::opened_since(&mut app.db.read().await?, log.id, since).await?;
    let state = log.state();
    opened.retain(|c| state.channels.contains_key(c));
    Ok(Some(opened))
}

/// Tells the hub of a copy what is wanted of it, unless it knows.
async fn ask(app: &App, log: &Arc<LogHandle>, again: bool) -> Result<(), CallError> {
    let turn = unpoison(&app.peers.want.follower.turns).entry(log.sid.clone()).or_default().clone();
    let _turn = turn.lock().await;
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let refused = |e: crate::log::LogError| CallError::Unreachable(format!("our own log: {e}"));
    for _ in 0..TRIES {
        let wanted = wanted(app, log).await.map_err(own)?;
        if wanted.is_none() && log.is_whole() {
            return Ok(());
        }
        let known = unpoison(&app.peers.want.follower.asked).get(&log.sid).cloned();
        if !again && known.as_ref() == Some(&wanted) {
            return Ok(());
        }
        // Before the hub hears of it: from then on it leaves out what is not wanted.
        app.log.follow(log, wanted.clone()).await.map_err(refused)?;
        let Some(answer) = tell(app, log, wanted.clone()).await? else { continue };
        unpoison(&app.peers.want.follower.asked).insert(log.sid.clone(), wanted);
        if !log.is_whole() {
            app.log.note_heads(log, answer.heads).await.map_err(refused)?;
        }
        return Ok(());
    }
    Err(overtaken())
}

fn overtaken() -> CallError {
    CallError::Answer("it goes by a later wish".into())
}

/// The log has another hub, which does not know yet what is wanted.
pub(in crate::peers) async fn tell_again(app: &App, log: &Arc<LogHandle>) -> Result<(), CallError> {
    unpoison(&app.peers.want.follower.asked).remove(&log.sid);
    let Some(wanted) = log.wanted().filter(|_| !log.is_whole()) else { return Ok(()) };
    tell(app, log, Some(wanted)).await.map(|_| ())
}

/// This instance is to go on with the log: everything is wanted.
///
/// # Errors
/// [`CallError`] where the hub does not hear it.
pub async fn everything(app: &App, log: &Arc<LogHandle>) -> Result<(), CallError> {
    ask(app, log, false).await
}

/// A copy has begun: its hub is told what is wanted of it, again and again until it knows.
pub(in crate::peers) fn soon(app: &App, log: &LogHandle) {
    if app.config.federation.follow == Follow::Opened || !log.is_whole() {
        due(app, log);
    }
}

/// A hub goes by a wish that is not ours: it, or this instance, was put back from an older time. It is told ours.
pub(in crate::peers) fn refused(app: &App, log: &LogHandle) {
    tracing::warn!(sid = %log.sid, "the hub goes by another wish; it is told the one that counts");
    due(app, log);
}

fn due(app: &App, log: &LogHandle) {
    let remembered = &app.peers.want.follower;
    unpoison(&remembered.asked).remove(&log.sid);
    // A hub that was told in vain a moment ago is told again soon, however often it sends what cannot be taken.
    if unpoison(&remembered.untold).insert(log.sid.clone()) {
        remembered.due.notify_one();
    }
}

/// Something may have come that lets a gap be closed.
pub(in crate::peers) fn look(app: &App) {
    app.peers.want.follower.due.notify_one();
}

/// Those of the wanted channels that do not come whole yet.
fn torn(log: &LogHandle, wanted: Option<&BTreeSet<ChannelId>>) -> BTreeSet<ChannelId> {
    let state = log.state();
    let wanted = state.channels.keys().filter(|channel| wanted.is_none_or(|wanted| wanted.contains(*channel)));
    wanted.filter(|channel| !log.has_whole(channel)).cloned().collect()
}

/// Tells a wish; nothing where the hub knows of a later one. Then our clock went back, or another process was quicker, and
/// the next number is greater.
async fn tell(
    app: &App,
    log: &LogHandle,
    channels: Option<BTreeSet<ChannelId>>,
) -> Result<Option<WantAnswer>, CallError> {
    let domain = Domain::parse_normal(&log.hub_domain(), true)?;
    let numbers = &app.peers.want.follower.numbers;
    let last = unpoison(numbers).get(&log.sid).copied().unwrap_or(0);
    // Two processes do not hit upon the same number within one millisecond.
    let now = app.clock.now_ms().unsigned_abs().saturating_mul(1000).saturating_add(app.rng.below(1000));
    let number = now.max(last.saturating_add(1));
    let want = Want { torn: torn(log, channels.as_ref()), channels, number };
    let answer: WantAnswer = call(app, &domain, Method::POST, &format!("/servers/{}/want", log.sid), &want).await?;
    unpoison(numbers).insert(log.sid.clone(), answer.number.max(number));
    Ok((answer.number <= number).then_some(answer))
}

/// Sees to the copies whose hubs do not know yet what is wanted, and to those with gaps.
async fn attend(app: &App) -> db::Result<()> {
    let remembered = &app.peers.want.follower;
    let mut due: BTreeMap<ServerId, Vec<Gap>> = BTreeMap::new();
    for sid in unpoison(&remembered.untold).iter() {
        due.insert(sid.clone(), Vec::new());
    }
    if app.cluster.has_duties() {
        let logs: HashMap<i64, ServerId> = app.log.all().into_iter().map(|log| (log.id, log.sid.clone())).collect();
        for gap in gaps::open(&mut app.db.read().await?).await? {
            if let Some(sid) = logs.get(&gap.log_id) {
                due.entry(sid.clone()).or_default().push(gap);
            }
        }
    }
    for (sid, gaps) in due {
        let Some(log) = app.log.get(&sid).filter(|log| !log.hub_here() && log.quarantined().is_none()) else {
            unpoison(&remembered.untold).remove(&sid);
            continue;
        };
        if !unpoison(&remembered.attended).insert(sid.clone()) {
            continue;
        }
        let attending = app.clone();
        hello::spawn(app, async move {
            if let Err(e) = tend(&attending, &log, gaps).await {
                tracing::debug!(%sid, error = %e, "what a copy lacks could not be fetched; next try soon");
            }
            unpoison(&attending.peers.want.follower.attended).remove(&sid);
        });
    }
    Ok(())
}

async fn tend(app: &App, log: &Arc<LogHandle>, gaps: Vec<Gap>) -> Result<(), CallError> {
    let untold = || unpoison(&app.peers.want.follower.untold);
    if untold().remove(&log.sid) {
        let told = match log.wanted() {
            None if app.config.federation.follow == Follow::All => {
                tell(app, log, None).await.and_then(|counted| counted.map(|_| ()).ok_or_else(overtaken))
            }
            _ => ask(app, log, true).await,
        };
        if let Err(e) = told {
            untold().insert(log.sid.clone());
            return Err(e);
        }
    }
    for gap in gaps {
        close(app, log, gap).await?;
    }
    Ok(())
}

/// Fetches what was done to held messages of a channel while it was not followed, from the newest on.
async fn close(app: &App, log: &Arc<LogHandle>, mut gap: Gap) -> Result<(), CallError> {
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    loop {
        let first = history(app, log, &gap.channel, gap.to, PAGE).await?;
        let more = match first.filter(|first| *first > gap.from && *first < gap.to && gap.pages + 1 < MOST_PAGES) {
            // Nothing was done to what is not here.
            Some(first) => {
                let mut read = app.db.read().await.map_err(own)?;
                gaps::holds_before(&mut read, &gap, first).await.map_err(own)?.then_some(first)
            }
            None => None,
        };
        let mut tx = app.db.begin().await.map_err(own)?;
        gaps::closed(&mut tx, &gap, more).await.map_err(own)?;
        tx.commit().await.map_err(own)?;
        let Some(to) = more else { return Ok(()) };
        (gap.to, gap.pages) = (to, gap.pages + 1);
    }
}

/// Starts the looks: after a start, every hour, and whenever something is due.
pub(super) fn start(app: &App) {
    let looking = app.clone();
    hello::spawn(app, async move {
        let mut ticks = tokio::time::interval(LOOK);
        let mut first = true;
        loop {
            ticks.tick().await;
            // One process asks for all; what people open it is told at once, wherever they do.
            looking.cluster.until_duties().await;
            for log in looking.log.all().into_iter().filter(|log| !log.hub_here() && log.quarantined().is_none()) {
                if let Err(e) = ask(&looking, &log, first).await {
                    tracing::debug!(sid = %log.sid, error = %e, "the hub does not hear what is wanted");
                    unpoison(&looking.peers.want.follower.untold).insert(log.sid.clone());
                }
            }
            first = false;
        }
    });
    let attending = app.clone();
    hello::spawn(app, async move {
        loop {
            let due = attending.peers.want.follower.due.notified();
            let _ = tokio::time::timeout(AGAIN, due).await;
            if let Err(e) = attend(&attending).await {
                tracing::warn!(error = %e, "what copies lack cannot be read");
            }
        }
    });
}
