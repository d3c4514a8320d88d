//! Logs of ours that were restored from an older copy: their followers are asked for what is missing here.

use std::sync::Arc;
use std::time::Duration;

use conntext_federation::Code;
use conntext_federation::action::Position;
use conntext_federation::domain::Domain;
use conntext_federation::event::{Event, Item};
use conntext_federation::ids::{Hash, InstanceId};
use conntext_federation::rewind::{Page, merge, usable};
use conntext_federation::wire::EventsPage;
use futures_util::future::join_all;

use super::{CallError, get, hello, moved, store, unpoison};
use crate::App;
use crate::db;
use crate::log::rewind::{Found, HANDOVER, Rewind, Why};
use crate::log::{LogError, LogHandle, ReceiveError};

/// How often those who hold copies are asked again.
const AGAIN: Duration = Duration::from_secs(5);
/// Events asked for at a time.
const PAGE: u64 = 500;

/// Starts the worker that looks after logs which stand still.
pub(super) fn start(app: &App) {
    let worker = app.clone();
    hello::spawn(app, async move {
        loop {
            worker.cluster.until_duties().await;
            for log in worker.log.all() {
                if log.rewind().is_some_and(|r| r.why != Why::Start)
                    && let Err(e) = look(&worker, &log).await
                {
                    tracing::error!(sid = %log.sid, error = %e, "the search for what is missing failed; it is tried again");
                }
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep(AGAIN) => {}
                () = worker.peers.rewinds.notified() => {}
            }
        }
    });
}

/// Those who hold copies of a log and may answer.
fn followers(app: &App, log: &LogHandle) -> Vec<Domain> {
    let state = log.state();
    let others = state.by_home.keys().filter(|ik| **ik != app.keys.ik);
    let domains = others.filter_map(|ik| Domain::parse_normal(&state.instances.get(ik)?.domain, true).ok());
    domains.filter(|domain| !app.peers.is_dormant(app, domain)).collect()
}

/// Whether this instance signed an event, with a key that counts.
fn is_ours(app: &App, log: &LogHandle, event: &Event) -> bool {
    let header = &event.header;
    if header.sid != log.sid || header.hub != app.keys.ik || !usable(event) {
        return false;
    }
    let kid = &event.hub_sig.kid;
    let known = log.state().key_at(&app.keys.ik, kid, header.seq).copied();
    let key = match known {
        // The statement that brings a new key may be among what is missing.
        Err(Code::UnknownKey) => {
            app.keys.all().into_iter().find(|k| k.kid == *kid && k.revoked_at.is_none()).map(|k| k.public)
        }
        known => known.ok(),
    };
    key.is_some_and(|key| header.verify(&key, &event.hub_sig).is_ok())
}

async fn page(app: &App, domain: &Domain, log: &LogHandle, after: u64) -> Result<Page, CallError> {
    let path = format!("/servers/{}/events?after={after}&limit={PAGE}", log.sid);
    match get::<EventsPage>(app, domain, &path).await {
        Ok(page) => Ok(Page { items: page.events, more: page.more }),
        // It holds less than we do, or nothing any more.
        Err(e) if matches!(e.code(), Some("beyond_head" | "unknown_server" | "not_member_here" | "not_member")) => {
            Ok(Page::default())
        }
        Err(e) => Err(e),
    }
}

async fn hash_at(app: &App, log: &LogHandle, seq: u64) -> db::Result<Option<Hash>> {
    let mut read = app.db.read().await?;
    Ok(crate::log::store::hashes(&mut read, log.id, seq, seq).await?.remove(&seq))
}

/// Whose claims are being looked into; ends with it.
struct Suspecting<'a>(&'a App, Domain);

impl<'a> Suspecting<'a> {
    fn begin(app: &'a App, domain: &Domain) -> Option<Self> {
        unpoison(&app.peers.suspecting).insert(domain.clone()).then(|| Self(app, domain.clone()))
    }
}

impl Drop for Suspecting<'_> {
    fn drop(&mut self) {
        unpoison(&self.0.peers.suspecting).remove(&self.1);
    }
}

/// A follower says that it holds what is not here. Where it can show that under our own signature, the log stands still
/// from now on. Answers whether it does.
///
/// # Errors
/// From the database.
pub(super) async fn suspect(app: &App, domain: &Domain, log: &LogHandle, said: &Position) -> db::Result<bool> {
    // One at a time of each instance: whoever answers slowly holds a connection meanwhile.
    let Some(_turn) = Suspecting::begin(app, domain) else { return Ok(false) };
    let head = log.head();
    let after = if said.seq > head.seq { head.seq } else { said.seq.saturating_sub(1) };
    let Ok(shown) = page(app, domain, log, after).await else { return Ok(false) };
    let mut proof: Option<Position> = None;
    let mut forked = false;
    for item in shown.items {
        let Item::Event(event) = item else { continue };
        if event.header.epoch < head.epoch || !is_ours(app, log, &event) {
            continue;
        }
        let Ok(at) = event.header.position() else { continue };
        // By the database as it is now: what was written meanwhile, here or by another process, is nothing that is missing.
        let held = hash_at(app, log, at.seq).await?;
        let other = held.is_some_and(|hash| hash != at.hash);
        if other || (held.is_none() && at.seq > head.seq) {
            forked |= other;
            proof = Some(at);
        }
    }
    let Some(proof) = proof else {
        tracing::warn!(sid = %log.sid, %domain, seq = said.seq, "an instance claims to hold events of a log of ours that are not here, and shows none under our signature");
        return Ok(false);
    };
    app.log.begin_rewind(log, Why::Peer, Some(proof)).await?;
    if forked && let Some(rewind) = log.rewind() {
        app.log.keep_rewind(log, Rewind { found: Found::Forked, ..rewind }).await?;
    }
    app.peers.rewinds.notify_one();
    Ok(true)
}

/// [`suspect`] in the background.
pub(super) fn suspect_soon(app: &App, peer: &InstanceId, log: &Arc<LogHandle>, said: Position) {
    let domain = log.state().instances.get(peer).and_then(|i| Domain::parse_normal(&i.domain, true).ok());
    let Some(domain) = domain else { return };
    let (asking, log) = (app.clone(), log.clone());
    hello::spawn(app, async move {
        if let Err(e) = suspect(&asking, &domain, &log, &said).await {
            tracing::error!(sid = %log.sid, error = %e, "a follower's word could not be looked into");
        }
    });
}

/// What a look around came to.
#[derive(Default)]
struct Around {
    /// Who did not answer.
    silent: Vec<String>,
    /// A follower holds other events at places that are taken here.
    forked: bool,
}

/// Asks the followers of one log that stands still, takes back what they hold, and lets the log go on where it can.
///
/// # Errors
/// From the database.
pub async fn look(app: &App, log: &Arc<LogHandle>) -> db::Result<()> {
    let _turn = app.peers.looking.lock().await;
    let Some(kept) = app.log.kept_rewind(log).await? else { return Ok(()) };
    if kept.why == Why::Split {
        return Ok(());
    }
    if kept.why == Why::Handover {
        // Whoever had it stand still ends that; after a crash nobody else would.
        let most = i64::try_from(HANDOVER.as_millis()).unwrap_or(i64::MAX);
        let over = app.clock.now_ms() - kept.since_ms > 2 * most;
        return if over { app.log.end_rewind(log).await } else { Ok(()) };
    }
    let patience = i64::try_from(app.config.federation.rewind_wait_s).unwrap_or(i64::MAX).saturating_mul(1000);
    // Whoever restored on purpose waits for everybody, or says that the log is to go on.
    let waited = |now: &Rewind| now.why != Why::Restored && app.clock.now_ms() - now.since_ms >= patience;
    let around = take_back(app, log, kept.go_on || waited(&kept)).await?;
    let (head, mut now) = (log.head(), log.rewind().unwrap_or(kept.clone()));
    let reached = now.is_reached(&head) && !around.forked;
    let enough = around.silent.is_empty() || (now.known.is_some() && waited(&now));
    if reached && enough {
        resume(app, log).await?;
        greet(app, log);
        return Ok(());
    }
    if kept.go_on {
        if let Err(e) = go_on(app, log, &now).await {
            tracing::error!(sid = %log.sid, error = %e, "the new epoch could not begin; it is tried again");
        }
        return Ok(());
    }
    let found = match (around.forked, reached || !around.silent.is_empty()) {
        (true, _) => Found::Forked,
        (false, true) => Found::Asking,
        (false, false) => Found::Missing,
    };
    let changed = (found, &around.silent) != (now.found, &now.silent);
    let alarm = found != Found::Asking && found != now.found;
    (now.found, now.silent) = (found, around.silent);
    if alarm {
        tracing::error!(sid = %log.sid, "the log of a community {} It is not written to. Put back a newer copy if there is one; otherwise: conntext fed epoch {}", now.describe(&head), log.sid);
    }
    if changed { app.log.keep_rewind(log, now).await } else { Ok(()) }
}

/// Takes back what followers hold behind our head, as far as it goes. Who is silent may hold what others know as a hole
/// only, so that nothing is taken from a hole on before all have answered, but where `holes` are taken all the same.
async fn take_back(app: &App, log: &Arc<LogHandle>, holes: bool) -> db::Result<Around> {
    loop {
        let head = log.head();
        let mut around = Around::default();
        let mut pages = Vec::new();
        let followers = followers(app, log);
        let asked = join_all(followers.iter().map(|domain| ask(app, domain, log, &head))).await;
        for (domain, answer) in followers.iter().zip(asked) {
            match answer {
                Ok((page, forked)) => {
                    around.forked |= forked;
                    pages.push(page);
                }
                Err(e) => {
                    tracing::info!(sid = %log.sid, %domain, error = %e, "an instance that may hold what is missing does not answer");
                    around.silent.push(domain.to_string());
                }
            }
        }
        pages.push(saved(app, log, head.seq).await?);
        let merged = merge((head.seq, head.hash), pages, |event| is_ours(app, log, event));
        around.forked |= merged.forked;
        let mut items = merged.items;
        let hole = |items: &[Item]| items.iter().position(|item| matches!(item, Item::Stub(_)));
        if !holes && !around.silent.is_empty() {
            items.truncate(hole(&items).unwrap_or(items.len()));
        }
        if items.is_empty() {
            return Ok(around);
        }
        let before_hole = hole(&items).map_or(Vec::new(), |hole| items[..hole].to_vec());
        let taken = match app.log.restore(log, items).await {
            // What hides behind a hole may be more than others' channels: then only what lies before it is certain.
            Err(ReceiveError::Fault(_)) if !before_hole.is_empty() => app.log.restore(log, before_hole).await,
            taken => taken,
        };
        match taken {
            Ok(end) => tracing::info!(sid = %log.sid, from = head.seq, to = end, "taken back from followers"),
            Err(ReceiveError::Log(LogError::Db(e))) => return Err(e),
            Err(e) => {
                tracing::error!(sid = %log.sid, after = head.seq, error = ?e, "what followers hold does not fit what is here");
                return Ok(around);
            }
        }
    }
}

/// What was saved from a damaged database behind our head, like the page of one more follower.
async fn saved(app: &App, log: &LogHandle, after: u64) -> db::Result<Page> {
    let events = app.log.salvaged(log, after, PAGE).await?;
    let more = events.len() as u64 == PAGE;
    Ok(Page { items: events.into_iter().map(|event| Item::Event(Box::new(event))).collect(), more })
}

/// What one follower holds behind our head, and whether it holds something else at a place before it.
async fn ask(app: &App, domain: &Domain, log: &LogHandle, head: &Position) -> Result<(Page, bool), CallError> {
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let there: Position = match get(app, domain, &format!("/servers/{}/head", log.sid)).await {
        Ok(there) => there,
        Err(e) if matches!(e.code(), Some("unknown_server" | "not_member_here" | "not_member")) => {
            return Ok((Page::default(), false));
        }
        Err(e) => {
            if e.code() == Some(Code::NotHub.as_str())
                && let Some(log) = app.log.get(&log.sid)
            {
                // What is missing here may be that the log went to another hub.
                moved::soon(app, moved::named(&e).as_ref().unwrap_or(domain), &log);
            }
            return Err(e);
        }
    };
    if there.epoch < head.epoch || there.seq == 0 {
        // It has yet to hear of the new epoch.
        return Ok((Page::default(), false));
    }
    let same =
        there.seq > head.seq || hash_at(app, log, there.seq).await.map_err(own)?.is_none_or(|hash| hash == there.hash);
    if same {
        return Ok((page(app, domain, log, head.seq).await?, false));
    }
    let shown = page(app, domain, log, there.seq - 1).await?;
    let forked = shown.items.iter().any(|item| match item {
        Item::Event(event) => event.header.seq == there.seq && is_ours(app, log, event),
        Item::Stub(_) => false,
    });
    Ok((Page::default(), forked))
}

/// The log goes on. Which channels its followers were told of since the copy, nobody can tell.
async fn resume(app: &App, log: &Arc<LogHandle>) -> db::Result<()> {
    let mut tx = app.db.begin().await?;
    store::doubt_all(&mut tx, log.id).await?;
    tx.commit().await?;
    app.log.end_rewind(log).await
}

/// The new epoch. Where the log was continued in two ways the longer one counts.
async fn go_on(app: &App, log: &Arc<LogHandle>, rewind: &Rewind) -> Result<(), LogError> {
    let head = log.head();
    let mut best: Option<(u64, Vec<Item>)> = None;
    for domain in followers(app, log) {
        let found = branch(app, &domain, log, &head).await;
        let Ok(Some((fork, items))) = found else { continue };
        let end = |items: &[Item]| items.last().map_or(0, |item| item.range().1);
        if end(&items) > best.as_ref().map_or(head.seq, |(_, held)| end(held)) {
            best = Some((fork, items));
        }
    }
    // A log that was taken over is not held from its first event on, and cannot be folded again up to a place.
    let best = best.filter(|_| log.base_seq == 0);
    let (back_to, tail) = best.map_or((None, Vec::new()), |(fork, items)| (Some(fork), items));
    app.log.begin_epoch(log, rewind.known.clone(), back_to, tail).await?;
    resume(app, log).await?;
    greet(app, log);
    Ok(())
}

/// Where a follower's copy parts from our log, and what it holds from there on; `None` where it does not part.
async fn branch(
    app: &App,
    domain: &Domain,
    log: &LogHandle,
    head: &Position,
) -> Result<Option<(u64, Vec<Item>)>, CallError> {
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let there: Position = get(app, domain, &format!("/servers/{}/head", log.sid)).await?;
    if there.epoch != head.epoch {
        return Ok(None);
    }
    // Back from the end until both agree.
    let mut low = there.seq.min(head.seq);
    let fork = loop {
        low = low.saturating_sub(PAGE);
        let shown = page(app, domain, log, low).await?;
        let mut read = app.db.read().await.map_err(own)?;
        let held = crate::log::store::hashes(&mut read, log.id, low, low + PAGE).await.map_err(own)?;
        drop(read);
        let same = |event: &Event| held.get(&event.header.seq).is_some_and(|h| event.header.hash() == Ok(*h));
        let last_same = shown.items.iter().rev().find_map(|item| match item {
            Item::Event(event) if same(event) => Some(event.header.seq),
            _ => None,
        });
        let follows = match shown.items.first() {
            Some(Item::Event(event)) => held.get(&low) == Some(&event.header.prev),
            _ => low == 0,
        };
        match last_same.or(follows.then_some(low)) {
            Some(fork) => break fork,
            None if low == 0 => return Ok(None),
            None => {}
        }
    };
    if fork == there.seq || fork == head.seq {
        return Ok(None);
    }
    let Some(mut at) = hash_at(app, log, fork).await.map_err(own)?.map(|hash| (fork, hash)) else { return Ok(None) };
    let mut items = Vec::new();
    loop {
        let shown = page(app, domain, log, at.0).await?;
        let more = shown.more;
        let merged = merge(at, vec![shown], |event| is_ours(app, log, event));
        match merged.items.last() {
            Some(Item::Event(event)) => at = (event.header.seq, event.header.hash()?),
            _ => return Ok(Some((fork, items)).filter(|(_, items)| !items.is_empty())),
        }
        items.extend(merged.items);
        if !more {
            return Ok(Some((fork, items)));
        }
    }
}

/// Tells those who hold copies where the log ends now.
fn greet(app: &App, log: &LogHandle) {
    let others: Vec<InstanceId> = log.state().by_home.keys().filter(|ik| **ik != app.keys.ik).cloned().collect();
    others.iter().for_each(|ik| hello::say_soon(app, ik));
}

/// Whether what stood at a place was lost in a restore.
pub(super) async fn is_lost(app: &App, log: &LogHandle, seq: u64) -> db::Result<bool> {
    let mut read = app.db.read().await?;
    let lost = crate::log::store::lost(&mut read, log.id).await?;
    Ok(lost.iter().any(|(from, to)| (*from..=*to).contains(&seq)))
}
