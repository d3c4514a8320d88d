//! Files between instances: to the hub before their message, from the hub when somebody wants to see them.

use axum::body::Body;
use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{ChannelId, MediaId, ServerId, base32};
use futures_util::future::BoxFuture;
use tokio_util::io::ReaderStream;

use super::{blobs, kind, store};
use crate::App;
use crate::db::Query;
use crate::error::{Problem, Result};
use crate::log::LogHandle;
use crate::peers::{self, CallError, Streamed};

fn here(e: impl std::fmt::Display) -> CallError {
    CallError::Unreachable(format!("this instance itself: {e}"))
}

/// Makes sure that the hub of a server has these files.
pub fn ensure_at_hub<'a>(
    app: &'a App,
    domain: &'a Domain,
    sid: &'a ServerId,
    channel: &'a ChannelId,
    files: Vec<MediaId>,
) -> BoxFuture<'a, std::result::Result<(), CallError>> {
    Box::pin(async move {
        let log = app.log.get(sid).ok_or(CallError::Refused(Code::UnknownServer))?;
        for mid in files {
            bring(app, domain, &log, channel, &mid).await?;
        }
        Ok(())
    })
}

async fn bring(
    app: &App,
    domain: &Domain,
    log: &LogHandle,
    channel: &ChannelId,
    mid: &MediaId,
) -> std::result::Result<(), CallError> {
    let me = app.keys.ik.as_str();
    if log.hub_here() {
        // It has come here since the message was written.
        return grant_here(app, log, mid).await.map_err(here);
    }
    let mut read = app.db.read().await.map_err(here)?;
    if store::granted(&mut read, log.id, mid.as_str(), me).await.map_err(here)? {
        return Ok(());
    }
    let stored = store::get(&mut read, mid.as_str()).await.map_err(here)?;
    drop(read);
    // An upload that is gone cannot be sent: its message is refused.
    let stored = stored.ok_or(CallError::Refused(Code::NotFound))?;
    let file = tokio::fs::File::open(blobs::path(app, mid.as_str())).await;
    let file = file.map_err(|_| CallError::Refused(Code::NotFound))?;
    let digest = mid.as_str().strip_prefix(MediaId::PREFIX).and_then(|t| base32().decode(t.as_bytes()).ok());
    let sha256 = digest.and_then(|d| d.try_into().ok()).ok_or(CallError::Refused(Code::HashMismatch))?;
    let content = Streamed {
        body: Body::from_stream(ReaderStream::new(file)),
        content_type: stored.media_type,
        length: stored.size,
        sha256,
    };
    let path = format!("/servers/{}/media/{mid}?channel={channel}", log.sid);
    crate::crash::point("media.before_put");
    peers::send_stream(app, domain, Method::PUT, &path, content).await?;
    crate::crash::point("media.after_put");
    let mut tx = app.db.begin().await.map_err(here)?;
    store::grant(&mut tx, log.id, mid.as_str(), me, app.clock.now_ms()).await.map_err(here)?;
    tx.commit().await.map_err(here)
}

async fn grant_here(app: &App, log: &LogHandle, mid: &MediaId) -> crate::db::Result<()> {
    let mut tx = app.db.begin().await?;
    if store::get(&mut tx, mid.as_str()).await?.is_some() {
        store::grant(&mut tx, log.id, mid.as_str(), app.keys.ik.as_str(), app.clock.now_ms()).await?;
    }
    tx.commit().await
}

/// A file that an instance lacks which is to go on with a log as its hub.
pub struct Lacking {
    channel: ChannelId,
    mid: MediaId,
}

impl Lacking {
    /// Which file.
    pub fn mid(&self) -> &MediaId {
        &self.mid
    }
}

/// How many files the messages of a log refer to, and some of those that are not here.
///
/// # Errors
/// From the database.
pub async fn lacking(app: &App, log: &LogHandle, most: u64) -> Result<(u64, Vec<Lacking>)> {
    let mut read = app.db.read().await?;
    let all = store::referred(&mut read, log.id).await?;
    let found = store::lacking(&mut read, log.id, most).await?;
    let lacking = found
        .into_iter()
        .filter_map(|(channel, mid)| Some(Lacking { channel: channel.parse().ok()?, mid: mid.parse().ok()? }));
    Ok((all, lacking.collect()))
}

/// Fetches one of them from the hub. Answers false where it is not there any more, either.
///
/// # Errors
/// 502 where the hub does not answer.
pub async fn complete(app: &App, log: &LogHandle, lacking: &Lacking) -> Result<bool> {
    let there = match fetch(app, log, &lacking.channel, &lacking.mid).await {
        Ok(()) => true,
        Err(e) if e.status == 404 => false,
        Err(e) => return Err(e),
    };
    let mut tx = app.db.begin().await?;
    // As if those who brought it to the hub had brought it here.
    store::grant_as_referred(&mut tx, log.id, lacking.mid.as_str(), app.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(there)
}

/// Fetches one of them from whoever has it, where the hub is lost. Answers false where nobody of these does.
///
/// # Errors
/// From the database.
pub async fn collect(
    app: &App,
    log: &LogHandle,
    lacking: &Lacking,
    from: impl Iterator<Item = &Domain>,
) -> Result<bool> {
    let mut read = app.db.read().await?;
    let mut there = is_here(&mut read, log, &lacking.mid).await?;
    drop(read);
    for domain in from {
        there = there || fetch_from(app, log, domain, &lacking.channel, &lacking.mid).await.is_ok();
    }
    let mut tx = app.db.begin().await?;
    store::grant_as_referred(&mut tx, log.id, lacking.mid.as_str(), app.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(there)
}

async fn is_here(q: &mut impl Query, log: &LogHandle, mid: &MediaId) -> Result<bool> {
    let stored = store::get(q, mid.as_str()).await?.is_some();
    Ok(stored && store::granted_by_any(q, log.id, mid.as_str()).await?)
}

/// Fetches a file of a server elsewhere from its hub.
///
/// # Errors
/// 404 where the hub does not give it, 502 `peer_unreachable` where it does not answer.
pub async fn fetch(app: &App, log: &LogHandle, channel: &ChannelId, mid: &MediaId) -> Result<()> {
    let domain = Domain::parse_normal(&log.hub_domain(), true)?;
    fetch_from(app, log, &domain, channel, mid).await
}

async fn fetch_from(app: &App, log: &LogHandle, domain: &Domain, channel: &ChannelId, mid: &MediaId) -> Result<()> {
    let _turn = app.media.fetches.acquire().await.map_err(Problem::internal)?;
    let mut read = app.db.read().await?;
    // Somebody else may have waited for the same file.
    if is_here(&mut read, log, mid).await? {
        return Ok(());
    }
    drop(read);
    let path = format!("/media/{mid}?sid={}&channel={channel}", log.sid);
    let answer = peers::get_stream(app, domain, &path).await.map_err(|e| match e.code() {
        Some("not_found") => Problem::not_found().detail("That file is not there any more."),
        _ => e.problem(domain),
    })?;
    let received = blobs::receive(app, answer.into_body(), app.config.storage.media_max_bytes).await?;
    if MediaId::from_digest(&received.sha256) != *mid {
        tracing::warn!(domain = domain.as_str(), %mid, "a file does not have the bytes that its id names");
        return Err(Problem::new("peer_error").domain(domain.as_str()).detail("The file arrived damaged. Try again."));
    }
    let media_type = kind::sniff(&received.head);
    blobs::keep(app, received, media_type).await?;
    let hub = log.state().info.hub.clone();
    let mut tx = app.db.begin().await?;
    store::grant(&mut tx, log.id, mid.as_str(), hub.as_str(), app.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(())
}
