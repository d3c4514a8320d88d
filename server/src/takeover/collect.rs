//! What the others hold of a log whose hub is lost.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use axum::http::Method;
use conntext_federation::action::Position;
use conntext_federation::domain::Domain;
use conntext_federation::event::{Event, Item};
use conntext_federation::ids::ChannelId;
use conntext_federation::replica;
use conntext_federation::rewind::{Page, merge, usable};
use conntext_federation::state::{Channel, ServerState};
use conntext_federation::takeover::{EndAnswer, Takeover, TakeoverAnswer, TakeoverAsk};
use conntext_federation::wire::EventsPage;
use futures_util::future::join_all;

use super::bring::Halt;
use super::{open, store};
use crate::App;
use crate::error::Result;
use crate::log::{Entry, LogHandle};
use crate::peers;

/// Events that are asked for at a time.
const PAGE: u64 = 500;

/// Those who follow the log beside this instance and its hub.
pub(super) fn others(app: &App, log: &LogHandle) -> Vec<Domain> {
    let state = log.state();
    let others = state.by_home.keys().filter(|ik| **ik != app.keys.ik && **ik != state.info.hub);
    others.filter_map(|ik| Domain::parse_normal(&state.instances.get(ik)?.domain, true).ok()).collect()
}

/// Where the log ends that anybody holds the most of, when that was, and who did not say.
///
/// # Errors
/// From the database.
pub(super) async fn furthest(app: &App, log: &LogHandle) -> Result<(Position, i64, Vec<String>)> {
    let mut best = (log.head(), log.state().head.ts);
    let order = |p: &Position| (p.generation, p.epoch, p.seq);
    let mut heard = |end: Option<conntext_federation::checkpoint::SignedHeader>| {
        let Some(end) = end.filter(|end| end.verify(&log.state()).is_ok()) else { return };
        if let Ok(position) = end.header.position()
            && order(&position) > order(&best.0)
        {
            best = (position, end.header.ts);
        }
    };
    let mut silent = Vec::new();
    if !log.hub_here() {
        heard(peers::tail::end(app, log).await?);
        let path = format!("/servers/{}/end", log.sid);
        let domains = others(app, log);
        let asked = join_all(domains.iter().map(|domain| peers::get::<EndAnswer>(app, domain, &path))).await;
        for (domain, answer) in domains.into_iter().zip(asked) {
            match answer {
                Ok(answer) => heard(answer.end),
                // What it would show, the hub itself does.
                Err(e) if e.code() == Some("not_hub") => {}
                Err(e) => {
                    tracing::info!(sid = %log.sid, %domain, error = %e, "an instance does not say how much of a log it holds");
                    silent.push(domain.to_string());
                }
            }
        }
    }
    Ok((best.0, best.1, silent))
}

/// Those who show everything from now on, with the channels that each knows.
pub(super) struct Shown {
    /// Who did not answer.
    pub silent: Vec<String>,
    from: Vec<(Domain, BTreeMap<ChannelId, Channel>)>,
}

impl Shown {
    /// Where files may be.
    pub(super) fn domains(&self) -> impl Iterator<Item = &Domain> {
        self.from.iter().map(|(domain, _)| domain)
    }
}

/// Shows the word of the keys to everybody who follows the log.
pub(super) async fn show(app: &App, log: &LogHandle, takeover: &Takeover) -> Shown {
    let ask = TakeoverAsk { takeover: takeover.clone(), keys: app.keys.statement() };
    let path = format!("/servers/{}/takeover", log.sid);
    let domains = others(app, log);
    let calls = domains.iter().map(|domain| peers::call::<_, TakeoverAnswer>(app, domain, Method::POST, &path, &ask));
    let asked = join_all(calls).await;
    let mut shown = Shown { silent: Vec::new(), from: Vec::new() };
    for (domain, answer) in domains.into_iter().zip(asked) {
        match answer {
            Ok(answer) => shown.from.push((domain, answer.channels)),
            // Nobody there follows it any more.
            Err(e) if matches!(e.code(), Some("unknown_server")) => {}
            Err(e) => {
                tracing::info!(sid = %log.sid, %domain, error = %e, "an instance does not show what it holds of a log");
                shown.silent.push(domain.to_string());
            }
        }
    }
    shown
}

async fn page(app: &App, domain: &Domain, log: &LogHandle, after: u64) -> Page {
    let path = format!("/servers/{}/events?after={after}&limit={PAGE}", log.sid);
    match peers::get::<EventsPage>(app, domain, &path).await {
        Ok(page) => Page { items: page.events, more: page.more },
        Err(_) => Page::default(),
    }
}

/// Whether the hub that is lost, or one before it, signed an event.
fn is_signed(log: &LogHandle, event: &Event) -> bool {
    let header = &event.header;
    let state = log.state();
    if header.sid != log.sid || header.hub != *state.info.hub_at(header.seq) || !usable(event) {
        return false;
    }
    let key = state.key_at(&header.hub, &event.hub_sig.kid, header.seq);
    key.is_ok_and(|key| header.verify(key, &event.hub_sig).is_ok())
}

/// What stands behind the end of the copy up to the place that the keys named.
///
/// # Errors
/// [`Halt`] where not everything comes together.
pub(super) async fn tail(
    app: &App,
    log: &LogHandle,
    shown: &Shown,
    base: &Position,
) -> std::result::Result<Vec<Item>, Halt> {
    let head = log.head();
    if head == *base {
        return Ok(Vec::new());
    }
    if (head.generation, head.epoch, head.seq) >= (base.generation, base.epoch, base.seq) {
        // The hub went on after all.
        return Err(Halt::Stopped("outdated".into()));
    }
    let (mut at, mut items) = ((head.seq, head.hash), Vec::new());
    while at.0 < base.seq {
        let asked = join_all(shown.domains().map(|domain| page(app, domain, log, at.0))).await;
        let mut pages = asked;
        pages.push(peers::tail::own(app, log, at.0, usize::try_from(PAGE).unwrap_or(usize::MAX)).await?);
        let merged = merge(at, pages, |event| is_signed(log, event));
        let mut run: Vec<Item> = merged.items.into_iter().take_while(|item| item.range().1 <= base.seq).collect();
        while matches!(run.last(), Some(Item::Stub(_))) {
            run.pop();
        }
        let Some(Item::Event(last)) = run.last() else { return Err(Halt::Later("incomplete".into())) };
        at = (last.header.seq, last.header.hash().map_err(crate::error::Problem::from)?);
        items.append(&mut run);
    }
    if at == (base.seq, base.hash) { Ok(items) } else { Err(Halt::Stopped("bad_takeover".into())) }
}

/// Fetches everything else that the others hold and this copy does not.
///
/// # Errors
/// From the database.
pub(super) async fn past(app: &App, log: &Arc<LogHandle>, shown: &Shown) -> std::result::Result<(), Halt> {
    let head = log.head().seq;
    for domain in shown.domains() {
        let mut after = 0;
        loop {
            let page = page(app, domain, log, after).await;
            let end = page.items.last().map_or(after, |item| item.range().1);
            let mut read = app.db.read().await?;
            let held = crate::log::store::hashes(&mut read, log.id, after + 1, end).await?;
            drop(read);
            let mut new = Vec::new();
            for item in page.items {
                let Item::Event(event) = item else { continue };
                let seq = event.header.seq;
                if seq > head || held.contains_key(&seq) {
                    continue;
                }
                // What counted for nothing from the beginning is of no use here.
                if let Ok(hash) = replica::verify_past(&log.state(), &event) {
                    new.push(Entry::of(*event, hash, None));
                }
            }
            if !new.is_empty() {
                let count = u64::try_from(new.len()).unwrap_or(0);
                let completed = app.log.complete(log, new, Vec::new(), Vec::new()).await;
                completed.map_err(crate::error::Problem::from)?;
                open(&app.takeovers.progress).entry(log.sid.clone()).or_default().events += count;
            }
            if !page.more || end <= after {
                break;
            }
            after = end;
        }
    }
    Ok(())
}

/// The channels that nobody here may see, as those know them who do. Only such as the hub signed events of.
///
/// # Errors
/// From the database.
pub(super) async fn channels(
    app: &App,
    log: &LogHandle,
    shown: &Shown,
    to: u64,
) -> std::result::Result<Vec<(ChannelId, Channel)>, Halt> {
    let mut found: BTreeMap<&ChannelId, &Channel> = BTreeMap::new();
    let known: HashSet<ChannelId> = log.state().channels.keys().cloned().collect();
    for (id, channel) in shown.from.iter().flat_map(|(_, channels)| channels).filter(|(id, _)| !known.contains(*id)) {
        let newest = found.entry(id).or_insert(channel);
        if channel.as_of > newest.as_of {
            *newest = channel;
        }
    }
    let mut taken = Vec::new();
    let staff = ChannelId::staff(&log.sid);
    if !known.contains(&staff) {
        // Every community has it, whether anything was ever written there.
        taken.extend(ServerState::new(log.sid.clone(), app.keys.ik.clone()).channels.remove_entry(&staff));
    }
    let mut read = app.db.read().await?;
    for (id, told) in found {
        let Some(newest) = store::newest_of(&mut read, log.id, id, to).await? else { continue };
        let mut channel = told.clone();
        if channel.as_of > to || channel.as_of < newest.seq {
            (channel.as_of, channel.last, channel.last_ts) = (newest.seq, Some(newest.hash), newest.ts);
            channel.last_cn = if told.as_of > to { newest.last_cn } else { told.last_cn.max(newest.last_cn) };
        }
        // Where everything that shaped it is here, that counts, and not what somebody says of it.
        let seqs = store::shaping(&mut read, log.id, id, to).await?;
        let mut shaping = crate::log::store::events_at(&mut read, &log.sid, log.id, seqs.into_iter()).await?;
        shaping.sort_by_key(Entry::seq);
        if let Some(made) = shaping.first().filter(|entry| entry.event.action.kind == "channel.create") {
            let mut state = log.state().clone();
            state.drop_channel(id);
            let last = shaping.last().map_or(made.seq(), Entry::seq);
            for entry in &shaping {
                state.apply(&entry.event.header, entry.hash, &entry.event.action, entry.content.as_ref());
            }
            match state.channels.remove(id) {
                Some(shaped) if last <= to => {
                    channel.name = shaped.name;
                    channel.topic = shaped.topic;
                    channel.parent = shaped.parent;
                    channel.position = shaped.position;
                    channel.overrides = shaped.overrides;
                }
                _ => continue,
            }
        }
        taken.retain(|(known, _)| known != id);
        taken.push((id.clone(), channel));
    }
    Ok(taken)
}

/// How many messages nobody holds: those of a channel are numbered without gaps.
///
/// # Errors
/// From the database.
pub(super) async fn lost(app: &App, log: &LogHandle) -> Result<u64> {
    let held = store::held_messages(&mut app.db.read().await?, log.id).await?;
    let state = log.state();
    let missing = |(id, channel): (&ChannelId, &Channel)| {
        channel.last_cn.saturating_sub(held.get(id.as_str()).copied().unwrap_or(0))
    };
    Ok(state.channels.iter().map(missing).sum())
}
