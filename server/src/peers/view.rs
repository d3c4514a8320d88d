//! What one instance may see of a log of ours: its events as of now, with stubs for what is withheld.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use conntext_federation::action::Position;
use conntext_federation::event::Stub;
use conntext_federation::ids::{ChannelId, Hash, InstanceId};
use serde::{Serialize, Serializer};

use super::want::{self, Sight};
use super::{store, unpoison};
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

/// An item as it is sent: the text of an event is made once for all who get it.
#[derive(Clone, Debug)]
pub enum Sent {
    /// An event.
    Event(Arc<Entry>),
    /// A withheld run.
    Stub(Stub),
}

impl Serialize for Sent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Event(entry) => match entry.wire() {
                Some(text) => text.serialize(serializer),
                None => entry.event.serialize(serializer),
            },
            Self::Stub(stub) => stub.serialize(serializer),
        }
    }
}

/// A run of a log as it is sent.
#[derive(Debug, Default)]
pub struct Run {
    /// Events, and stubs in front of later ones.
    pub items: Vec<Sent>,
    /// The position of the last event in it; where it began when there is none.
    pub end: u64,
    /// Whether the bounds cut it short.
    pub more: bool,
}

/// How far a run was looked through without finding anything to send. A stub goes out with a later event only, so that a
/// follower's cursor stands still in front of what is withheld from it, however long that is.
#[derive(Clone, Debug)]
struct Looked {
    after: u64,
    to: u64,
    withheld: Option<(u64, u64, Hash)>,
    lost: bool,
    epoch: u64,
    visible: BTreeSet<ChannelId>,
    wish: Option<Hash>,
}

/// What is remembered of such looks, by follower and log, so that each begins where the last one ended.
#[derive(Default)]
pub struct Looks(Mutex<HashMap<(InstanceId, i64), Looked>>);

impl Looks {
    fn of(&self, peer: &InstanceId, log: &LogHandle, sight: &Sight, after: u64) -> Option<Looked> {
        let head = log.head();
        let fits = |l: &&Looked| {
            !sight.all
                && l.after == after
                && l.epoch == head.epoch
                && l.to <= head.seq
                && l.visible == sight.visible
                && l.wish == sight.wish()
        };
        unpoison(&self.0).get(&(peer.clone(), log.id)).filter(fits).cloned()
    }

    fn set(&self, peer: &InstanceId, log_id: i64, looked: Option<Looked>) {
        let mut looks = unpoison(&self.0);
        match looked {
            Some(looked) => drop(looks.insert((peer.clone(), log_id), looked)),
            None => drop(looks.remove(&(peer.clone(), log_id))),
        }
    }
}

fn bytes_of(entry: &Entry) -> usize {
    entry.wire().map_or(0, |text| text.get().len())
}

async fn sees(sight: Option<&Sight>, app: &App, log: &LogHandle, entry: &Entry) -> db::Result<bool> {
    match sight {
        Some(sight) => sight.sees(app, log, entry).await,
        None => Ok(true),
    }
}

/// The events after `after` for somebody who gets this much.
pub async fn run(app: &App, log: &LogHandle, sight: &Sight, after: u64, bounds: Bounds) -> db::Result<Run> {
    Ok(run_of(app, log, Some(sight), Walk::from(after), bounds).await?.0)
}

/// The same for a follower that is told of each event as it comes.
pub async fn next(
    app: &App,
    log: &LogHandle,
    peer: &InstanceId,
    sight: &Sight,
    after: u64,
    bounds: Bounds,
) -> db::Result<Run> {
    let looks = &app.peers.looks;
    let known = looks.of(peer, log, sight, after);
    let epoch = log.head().epoch;
    let begin = known.map_or(Walk::from(after), |l| Walk { cursor: l.to, withheld: l.withheld, lost: l.lost });
    let (run, walk) = run_of(app, log, Some(sight), begin, bounds).await?;
    let found_nothing = run.items.is_empty() && walk.cursor > after;
    let looked = found_nothing.then(|| Looked {
        after,
        to: walk.cursor,
        withheld: walk.withheld,
        lost: walk.lost,
        epoch,
        visible: sight.visible.clone(),
        wish: sight.wish(),
    });
    looks.set(peer, log.id, looked);
    Ok(Run { end: if run.items.is_empty() { after } else { run.end }, ..run })
}

/// Everything that is held after `after`, with stubs for what is not: for the hub itself.
pub async fn all(app: &App, log: &LogHandle, after: u64, bounds: Bounds) -> db::Result<Run> {
    Ok(run_of(app, log, None, Walk::from(after), bounds).await?.0)
}

/// Where a walk through a log stands.
struct Walk {
    cursor: u64,
    /// What was withheld since the last event that is sent. A stub is sent only together with a later one, so that it
    /// tells no times.
    withheld: Option<(u64, u64, Hash)>,
    lost: bool,
}

impl Walk {
    fn from(cursor: u64) -> Self {
        Self { cursor, withheld: None, lost: false }
    }
}

async fn run_of(
    app: &App,
    log: &LogHandle,
    sight: Option<&Sight>,
    walk: Walk,
    bounds: Bounds,
) -> db::Result<(Run, Walk)> {
    let mut out = Run { end: walk.cursor, ..Run::default() };
    let Walk { mut cursor, mut withheld, mut lost } = walk;
    let (mut bytes, mut events) = (0, 0);
    loop {
        // One more than is sent tells whether there is more.
        let wanted = PAGE.min((bounds.events - events) as u64 + 1);
        let page = app.log.read(log, cursor, wanted).await?;
        let full = page.len() as u64 == wanted;
        for entry in page {
            let seq = entry.seq();
            if seq > bounds.to {
                return Ok((out, Walk { cursor, withheld, lost }));
            }
            if seq > cursor + 1 {
                // What was lost in a restore, or, in a copy, what was withheld from it.
                withheld = Some((withheld.map_or(cursor + 1, |w| w.0), seq - 1, entry.event.header.prev));
                lost = log.hub_here();
            }
            cursor = seq;
            if !sees(sight, app, log, &entry).await? {
                withheld = Some((withheld.map_or(seq, |w| w.0), seq, entry.hash));
                continue;
            }
            bytes += bytes_of(&entry);
            if events == bounds.events || (events > 0 && bytes > bounds.bytes) {
                out.more = true;
                return Ok((out, Walk { cursor, withheld, lost }));
            }
            if let Some((from, to, hash)) = withheld.take() {
                out.items.push(Sent::Stub(Stub { stub: (from, to), hash, lost: std::mem::take(&mut lost) }));
            }
            out.items.push(Sent::Event(entry));
            out.end = seq;
            events += 1;
        }
        if !full {
            return Ok((out, Walk { cursor, withheld, lost }));
        }
    }
}

/// What is held at these positions, in order.
async fn held(app: &App, log: &LogHandle, seqs: &BTreeSet<u64>) -> db::Result<Vec<Arc<Entry>>> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    let mut read = app.db.read().await?;
    let mut entries = crate::log::store::events_at(&mut read, &log.sid, log.id, seqs.iter().copied()).await?;
    entries.sort_by_key(Entry::seq);
    Ok(entries.into_iter().map(Arc::new).collect())
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
) -> db::Result<(Vec<Sent>, bool)> {
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
    for entry in held(app, log, &seqs).await?.into_iter().rev() {
        bytes += bytes_of(&entry);
        if bytes > bounds.bytes && !entries.is_empty() {
            more = true;
            break;
        }
        entries.push(entry);
    }
    entries.reverse();
    let mut later = BTreeSet::new();
    // At the end of the log nothing came later.
    if before <= log.head().seq {
        let mut read = app.db.read().await?;
        for entry in entries.iter().filter(|entry| entry.event.action.kind == "message.create") {
            later.extend(store::about(&mut read, log.id, &entry.aid(), before, 100).await?);
        }
    }
    for entry in held(app, log, &later).await? {
        if entry.event.action.channel.as_ref() != Some(channel) {
            continue;
        }
        bytes += bytes_of(&entry);
        if bytes > bounds.bytes {
            break;
        }
        entries.push(entry);
    }
    Ok((entries.into_iter().map(Sent::Event).collect(), more))
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
