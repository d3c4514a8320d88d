//! What this instance asks of hubs: every channel, or those that its people open.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{ChannelId, ServerId};
use conntext_federation::wire::{Want, WantAnswer};

use super::store;
use crate::App;
use crate::config::Follow;
use crate::db;
use crate::log::LogHandle;
use crate::peers::{CallError, call, hello, history, unpoison};

/// How often it is looked whether something else is to be asked for.
const LOOK: Duration = Duration::from_secs(3600);
/// A channel that is read again within this time is not noted again, milliseconds.
const NOTED_MS: i64 = 3_600_000;
/// How long whoever opens a channel waits for the hub.
const PATIENCE: Duration = Duration::from_secs(4);
const DAY_MS: i64 = 86_400_000;
/// Messages that are fetched of a channel that was not followed for a while; what is older is fetched when it is read.
const REFRESH: u64 = 100;

/// What a follower remembers of its own wishes.
#[derive(Default)]
pub struct Remembered {
    noted: Mutex<HashMap<(ServerId, ChannelId), i64>>,
    asked: Mutex<HashMap<ServerId, Option<BTreeSet<ChannelId>>>>,
}

/// Somebody here opens a channel: from now on it is followed whole. Where it was not, the hub is asked at once for where
/// it ends. Answers whether the hub did not answer, so that something newer may be missing.
///
/// # Errors
/// From the database.
pub async fn opened(app: &App, log: &Arc<LogHandle>, channel: &ChannelId) -> db::Result<bool> {
    if log.hub_here || app.config.federation.follow == Follow::All {
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
        Ok(Ok(())) => {
            refresh(app, log, channel);
            Ok(false)
        }
        Ok(Err(e)) => {
            tracing::debug!(sid = %log.sid, error = %e, "the hub does not hear what is wanted");
            Ok(true)
        }
        Err(_) => Ok(true),
    }
}

/// What was done to messages that are held while the channel was not followed comes with its newest ones.
fn refresh(app: &App, log: &Arc<LogHandle>, channel: &ChannelId) {
    let (asking, log, channel) = (app.clone(), log.clone(), channel.clone());
    hello::spawn(app, async move {
        let before = log.head().seq.saturating_add(1);
        if let Err(e) = history(&asking, &log, &channel, before, REFRESH).await {
            tracing::debug!(sid = %log.sid, error = %e, "what happened meanwhile could not be fetched");
        }
    });
}

/// Tells the hub of a copy what is wanted of it, unless it knows.
async fn ask(app: &App, log: &Arc<LogHandle>, again: bool) -> Result<(), CallError> {
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let wanted = match app.config.federation.follow {
        Follow::All => None,
        Follow::Opened => {
            let since = app.clock.now_ms() - i64::from(app.config.federation.follow_days) * DAY_MS;
            let mut opened =
                store::opened_since(&mut app.db.read().await.map_err(own)?, log.id, since).await.map_err(own)?;
            let state = log.state();
            opened.retain(|c| state.channels.contains_key(c));
            Some(opened)
        }
    };
    if wanted.is_none() && log.is_whole() {
        return Ok(());
    }
    let known = unpoison(&app.peers.want.follower.asked).get(&log.sid).cloned();
    if !again && known.as_ref() == Some(&wanted) {
        return Ok(());
    }
    let refused = |e: crate::log::LogError| CallError::Unreachable(format!("our own log: {e}"));
    // Before the hub hears of it: from then on it leaves out what is not wanted.
    app.log.follow(log, wanted.clone()).await.map_err(refused)?;
    let answer = tell(app, log, wanted.clone()).await?;
    unpoison(&app.peers.want.follower.asked).insert(log.sid.clone(), wanted);
    if !log.is_whole() {
        app.log.note_heads(log, answer.heads).await.map_err(refused)?;
    }
    Ok(())
}

/// A copy has begun: its hub is told what is wanted of it.
pub(in crate::peers) fn soon(app: &App, log: &Arc<LogHandle>) {
    unpoison(&app.peers.want.follower.asked).remove(&log.sid);
    let (asking, log) = (app.clone(), log.clone());
    hello::spawn(app, async move {
        if let Err(e) = ask(&asking, &log, false).await {
            tracing::debug!(sid = %log.sid, error = %e, "the hub does not hear what is wanted");
        }
    });
}

/// A hub goes by a wish that is not ours: it, or this instance, was put back from an older time. It is told ours.
pub(in crate::peers) fn refused(app: &App, log: &Arc<LogHandle>) {
    tracing::warn!(sid = %log.sid, "the hub goes by another wish; it is told the one that counts");
    let (asking, log) = (app.clone(), log.clone());
    hello::spawn(app, async move {
        if let Err(e) = tell(&asking, &log, log.wanted()).await {
            tracing::debug!(sid = %log.sid, error = %e, "the hub does not hear what is wanted");
        }
    });
}

async fn tell(app: &App, log: &LogHandle, channels: Option<BTreeSet<ChannelId>>) -> Result<WantAnswer, CallError> {
    let domain = Domain::parse_normal(&log.hub_domain(), true)?;
    call(app, &domain, Method::POST, &format!("/servers/{}/want", log.sid), &Want { channels }).await
}

/// Starts the looks: after a start, and every hour.
pub(super) fn start(app: &App) {
    let looking = app.clone();
    hello::spawn(app, async move {
        let mut ticks = tokio::time::interval(LOOK);
        let mut first = true;
        loop {
            ticks.tick().await;
            // One process asks for all; what people open it is told at once, wherever they do.
            looking.cluster.until_duties().await;
            for log in looking.log.all().into_iter().filter(|log| !log.hub_here && log.quarantined().is_none()) {
                if let Err(e) = ask(&looking, &log, first).await {
                    tracing::debug!(sid = %log.sid, error = %e, "the hub does not hear what is wanted");
                }
            }
            first = false;
        }
    });
}
