//! A followed log goes on in a new epoch, without events that this copy holds: it follows, and keeps them apart.

use std::sync::Arc;

use conntext_federation::action::Position;
use conntext_federation::domain::Domain;
use conntext_federation::event::{Event, Item};
use conntext_federation::wire::EventsPage;
use conntext_federation::{Code, epoch, replica};

use super::{CallError, Peer, find, frame, get, hello, join, profiles, want};
use crate::App;
use crate::log::{Entry, LogHandle};

/// Events compared at a time.
const PAGE: u64 = 500;

/// Whether the hub's word about its head calls for a look: it is in another epoch, or this copy was set aside because
/// the hub contradicted it, which a hub that has found its own tail again no longer does.
pub(super) fn is_due(log: &LogHandle, there: &Position) -> bool {
    let head = log.head();
    there.generation == head.generation
        && (there.epoch > head.epoch || log.quarantined().as_deref() == Some(Code::LogConflict.as_str()))
}

/// [`follow`] in the background.
pub(super) fn soon(app: &App, domain: &Domain, log: &Arc<LogHandle>) {
    let (following, domain, log) = (app.clone(), domain.clone(), log.clone());
    hello::spawn(app, async move {
        if let Err(e) = follow(&following, &domain, &log).await {
            tracing::info!(sid = %log.sid, error = %e, "the copy does not follow its log yet");
        }
    });
}

/// Compares this copy with its hub's log from the end backwards. Where the hub still has all that is held here, the copy
/// goes on as it is. Where the log went on in a new epoch without some of it, that is kept as orphaned and the copy goes
/// on from the hub's state.
///
/// # Errors
/// [`CallError`] where the hub does not answer, or what it shows is no new epoch of this log; nothing is changed then.
pub(super) async fn follow(app: &App, domain: &Domain, log: &Arc<LogHandle>) -> Result<(), CallError> {
    let wrong = |why: &str| CallError::Answer(why.to_owned());
    let own = |e: crate::db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let turn = app.peers.rebasing.lock().await;
    let head = log.head();
    let there: Position = get(app, domain, &format!("/servers/{}/head", log.sid)).await?;
    if !is_due(log, &there) {
        return Ok(());
    }
    let Some(common) = common(app, domain, log, &head, &there).await? else {
        return Err(wrong("a log that has nothing in common with our copy"));
    };
    // More may have come meanwhile.
    if common >= head.seq {
        // All that is here stands there, too.
        app.log.lift_quarantine(log).await.map_err(own)?;
        drop(turn);
        return hello::catch_up(app, domain, log).await.map(|_| ());
    }
    if there.epoch <= head.epoch {
        return Err(wrong("it contradicts our copy without a new epoch"));
    }
    let peer = find(app, domain).await?;
    begin_behind(app, domain, &peer, log, common, &head).await
}

/// Keeps what stands up to `common`, where the next epoch goes on without the rest of what is held here, and goes on from the
/// hub's state.
///
/// # Errors
/// As [`follow`].
pub(super) async fn begin_behind(
    app: &App,
    domain: &Domain,
    peer: &Peer,
    log: &Arc<LogHandle>,
    common: u64,
    head: &Position,
) -> Result<(), CallError> {
    let wrong = |why: &str| CallError::Answer(why.to_owned());
    let (snapshot, begun) = join::whole(app, peer, &log.sid, None).await?;
    let state = begun.state.clone();
    let (first, between) = beginning(app, domain, log, common, head).await?;
    replica::verify_past(&state, &first).map_err(|code| CallError::Answer(format!("its new epoch: {code}")))?;
    let base = epoch::base(&first).ok_or_else(|| wrong("a new epoch without a report"))?;
    let other = first.header.generation == head.generation && base.epoch != head.epoch;
    if other || base.hash != first.header.prev || base.seq + 1 != first.header.seq {
        return Err(wrong("a new epoch that does not follow the one before"));
    }
    tracing::warn!(sid = %log.sid, from = common + 1, to = head.seq, epoch = first.header.epoch, "the log of a community went on in a new epoch: what it left out is kept here as orphaned");
    let known = snapshot.profiles;
    let end = snapshot.head.seq;
    let answered = |e: crate::log::LogError| CallError::Answer(e.to_string());
    let log = app.log.adopt(begun, domain.as_str().to_owned(), Some(common)).await.map_err(answered)?;
    let past = |event: Box<Event>| {
        let hash = replica::verify_past(&state, &event).ok()?;
        (event.header.seq <= end).then(|| Entry::of(*event, hash, None))
    };
    app.log.fill(&log, between.into_iter().filter_map(past).collect()).await.map_err(answered)?;
    want::soon(app, &log);
    frame::soon(app, &log);
    // Whoever looked when the copy began anew did not see these.
    app.bus.tell_server(&log.sid, crate::bus::Notice::Rewritten);
    profiles::keep(app, domain, known).await;
    Ok(())
}

/// The last place at which both hold the same event.
pub(super) async fn common(
    app: &App,
    domain: &Domain,
    log: &LogHandle,
    head: &Position,
    there: &Position,
) -> Result<Option<u64>, CallError> {
    let own = |e: crate::db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let mut low = head.seq.min(there.seq);
    loop {
        low = low.saturating_sub(PAGE);
        let mut read = app.db.read().await.map_err(own)?;
        let held = crate::log::store::hashes(&mut read, log.id, low, low + PAGE).await.map_err(own)?;
        drop(read);
        let path = format!("/servers/{}/events?after={low}&limit={PAGE}", log.sid);
        let page: EventsPage = get(app, domain, &path).await?;
        let mut same = None;
        for item in &page.events {
            let Item::Event(event) = item else { continue };
            let (seq, hash) = (event.header.seq, event.header.hash()?);
            if held.get(&(seq - 1)) == Some(&event.header.prev) {
                same = Some(seq - 1);
            }
            if held.get(&seq) == Some(&hash) {
                same = Some(seq);
            }
        }
        if same.is_some() || low == 0 || low < log.base_seq {
            // A copy that began behind that place held nothing before.
            return Ok(same.or((low < log.base_seq).then_some(low)));
        }
    }
}

/// The event that begins the next epoch, or another generation, and what stands between a place and the end of the page that it is on.
async fn beginning(
    app: &App,
    domain: &Domain,
    log: &LogHandle,
    after: u64,
    head: &Position,
) -> Result<(Event, Vec<Box<Event>>), CallError> {
    let mut after = after;
    let mut between = Vec::new();
    loop {
        let path = format!("/servers/{}/events?after={after}&limit={PAGE}", log.sid);
        let page: EventsPage = get(app, domain, &path).await?;
        let last = page.events.last().map(|item| item.range().1);
        let mut first = None;
        for item in page.events {
            let Item::Event(event) = item else { continue };
            let at = &event.header;
            let next = at.generation == head.generation && at.epoch == head.epoch + 1;
            let begins = epoch::base(&event).is_some() && (next || at.generation > head.generation);
            if first.is_none() && begins {
                first = Some((*event).clone());
            }
            between.push(event);
        }
        match (first, last) {
            (Some(first), _) => return Ok((first, between)),
            (None, Some(last)) if page.more && last > after => after = last,
            _ => return Err(CallError::Answer("a new epoch without its first event".into())),
        }
    }
}
