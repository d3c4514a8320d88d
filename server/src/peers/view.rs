//! What one instance may see of a log of ours: its events as of now, with stubs for what is withheld.

use std::collections::BTreeSet;

use conntext_federation::action::Position;
use conntext_federation::event::{Item, Stub};
use conntext_federation::ids::{ActionId, ChannelId, Hash, InstanceId};

use super::store;
use super::want::{self, Sight};
use crate::App;
use crate::db;
use crate::log::{Entry, LogHandle};

/// Events read from disk at a time.
const PAGE: u64 = 200;

/// How much is sent at once.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The last position that may be sent.
    pub to: u64,
    /// The most events.
    pub events: usize,
    /// The most bytes of JSON.
    pub bytes: usize,
}

/// A run of a log as it is sent.
#[derive(Debug, Default)]
pub struct Run {
    /// Events, and stubs in front of later ones.
    pub items: Vec<Item>,
    /// The position of the last event in it; where it began when there is none.
    pub end: u64,
    /// Whether the bounds cut it short.
    pub more: bool,
}

fn bytes_of(item: &Item) -> usize {
    serde_json::to_vec(item).map_or(0, |v| v.len())
}

async fn sees(sight: Option<&Sight>, app: &App, log: &LogHandle, entry: &Entry) -> db::Result<bool> {
    match sight {
        Some(sight) => sight.sees(app, log, entry).await,
        None => Ok(true),
    }
}

/// The events after `after` for somebody who gets this much.
pub async fn run(app: &App, log: &LogHandle, sight: &Sight, after: u64, bounds: Bounds) -> db::Result<Run> {
    run_of(app, log, Some(sight), after, bounds).await
}

/// Everything that is held after `after`, with stubs for what is not: for the hub itself.
pub async fn all(app: &App, log: &LogHandle, after: u64, bounds: Bounds) -> db::Result<Run> {
    run_of(app, log, None, after, bounds).await
}

async fn run_of(app: &App, log: &LogHandle, sight: Option<&Sight>, after: u64, bounds: Bounds) -> db::Result<Run> {
    let mut out = Run { end: after, ..Run::default() };
    // A stub is sent only together with a later event, so that it tells no times.
    let mut withheld: Option<(u64, u64, Hash)> = None;
    let mut lost = false;
    let (mut cursor, mut bytes, mut events) = (after, 0, 0);
    loop {
        // One more than is sent tells whether there is more.
        let wanted = PAGE.min((bounds.events - events) as u64 + 1);
        let page = app.log.read(log, cursor, wanted).await?;
        let full = page.len() as u64 == wanted;
        for entry in page {
            let seq = entry.seq();
            if seq > cursor + 1 {
                // What was lost in a restore, or, in a copy, what was withheld from it.
                withheld = Some((withheld.map_or(cursor + 1, |w| w.0), seq - 1, entry.event.header.prev));
                lost = log.hub_here;
            }
            cursor = seq;
            if seq > bounds.to {
                return Ok(out);
            }
            if !sees(sight, app, log, &entry).await? {
                withheld = Some((withheld.map_or(seq, |w| w.0), seq, entry.hash));
                continue;
            }
            let item = Item::Event(Box::new(entry.event.clone()));
            bytes += bytes_of(&item);
            if events == bounds.events || (events > 0 && bytes > bounds.bytes) {
                out.more = true;
                return Ok(out);
            }
            if let Some((from, to, hash)) = withheld.take() {
                out.items.push(Item::Stub(Stub { stub: (from, to), hash, lost: std::mem::take(&mut lost) }));
            }
            out.items.push(item);
            out.end = seq;
            events += 1;
        }
        if !full {
            return Ok(out);
        }
    }
}

/// Events of one channel before a position, newest part of it, in order: as many as hold `messages` messages, and what
/// was later done to these. Answers also whether there is more before them.
pub async fn channel_page(
    app: &App,
    log: &LogHandle,
    channel: &ChannelId,
    before: u64,
    messages: u64,
    bounds: Bounds,
) -> db::Result<(Vec<Item>, bool)> {
    let mut read = app.db.read().await?;
    let most = bounds.events as u64;
    let rows = store::channel_before(&mut read, log.id, channel, before, most + 1).await?;
    drop(read);
    let mut seqs = BTreeSet::new();
    let (mut found, mut more) = (0, false);
    for (seq, is_message) in rows {
        if found == messages || seqs.len() == bounds.events {
            more = true;
            break;
        }
        found += u64::from(is_message);
        seqs.insert(seq);
    }
    let mut entries = Vec::new();
    let mut bytes = 0;
    for seq in seqs.into_iter().rev() {
        let Some(entry) = app.log.read(log, seq - 1, 1).await?.pop().filter(|e| e.seq() == seq) else { continue };
        let item = Item::Event(Box::new(entry.event.clone()));
        bytes += bytes_of(&item);
        if bytes > bounds.bytes && !entries.is_empty() {
            more = true;
            break;
        }
        entries.push(item);
    }
    let aids: Vec<ActionId> = entries
        .iter()
        .filter_map(|item| match item {
            Item::Event(e) if e.action.kind == "message.create" => Some(e.action.aid),
            _ => None,
        })
        .collect();
    let mut later = BTreeSet::new();
    let mut read = app.db.read().await?;
    for aid in aids {
        later.extend(store::about(&mut read, log.id, &aid, before, 100).await?);
    }
    drop(read);
    entries.reverse();
    for seq in later {
        let Some(entry) = app.log.read(log, seq - 1, 1).await?.pop().filter(|e| e.seq() == seq) else { continue };
        if entry.event.action.channel.as_ref() != Some(channel) {
            continue;
        }
        let item = Item::Event(Box::new(entry.event.clone()));
        bytes += bytes_of(&item);
        if bytes > bounds.bytes {
            break;
        }
        entries.push(item);
    }
    Ok((entries, more))
}

/// The end of the log as one instance sees it: what is hidden from it does not show.
pub async fn head(app: &App, log: &LogHandle, ik: &InstanceId) -> db::Result<Position> {
    let sight = want::sight(app, log, ik);
    let mut position = log.head();
    let mut to = position.seq;
    loop {
        let mut read = app.db.read().await?;
        let rows = store::tail(&mut read, log.id, to, PAGE).await?;
        drop(read);
        let Some(first) = rows.last().map(|r| r.0) else { break };
        for (seq, hash, channel) in rows {
            let seen = match channel {
                None => true,
                Some(channel) if !sight.visible.contains(&channel) => false,
                Some(channel) if sight.is_whole(&channel) => true,
                // Of what it has not asked for some events come all the same.
                Some(_) => match app.log.read(log, seq - 1, 1).await?.pop() {
                    Some(entry) => entry.seq() == seq && sight.sees(app, log, &entry).await?,
                    None => false,
                },
            };
            if seen {
                (position.seq, position.hash) = (seq, Hash(hash));
                return Ok(position);
            }
        }
        if first <= 1 {
            break;
        }
        to = first - 1;
    }
    Ok(position)
}
