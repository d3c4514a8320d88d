//! What a follower shows its hub, which was restored from an older copy and wants its own events back; and the instance
//! that is to go on with the log, where the hub is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use conntext_federation::Code;
use conntext_federation::checkpoint::SignedHeader;
use conntext_federation::event::{Item, Stub};
use conntext_federation::ids::{InstanceId, ServerId};
use conntext_federation::rewind::Page;
use conntext_federation::wire::EventsPage;

use super::view::{self, Bounds, Run, Sent};
use super::{Origin, unpoison};
use crate::App;
use crate::error::Result;
use crate::log::rewind::Why;
use crate::log::{Entry, LogHandle, pending};

/// Which instance is to go on with which log by the word of its recovery keys: it is shown everything that is held here.
#[derive(Default)]
pub struct Owed(Mutex<HashMap<ServerId, InstanceId>>);

impl Owed {
    /// The word of the keys was checked.
    pub fn set(&self, sid: &ServerId, to: &InstanceId) {
        unpoison(&self.0).insert(sid.clone(), to.clone());
    }

    fn is(&self, sid: &ServerId, to: &InstanceId) -> bool {
        unpoison(&self.0).get(sid) == Some(to)
    }
}

/// A copy here of a log that the asking instance itself sequences, or is to go on with.
pub fn copy_of(app: &App, origin: &Origin, sid: &ServerId) -> Option<Arc<LogHandle>> {
    let theirs = |log: &LogHandle| {
        !log.hub_here() && log.state().info.hub == origin.ik || is_shown(log) && app.peers.owed.is(sid, &origin.ik)
    };
    app.log.get(sid).filter(|log| theirs(log))
}

/// Whether whoever is to go on with a log may be shown what is held of it: a copy, or a log that two went on with.
pub fn is_shown(log: &LogHandle) -> bool {
    !log.hub_here() || log.rewind().is_some_and(|rewind| rewind.why == Why::Split)
}

/// The last event that is held of a copy: what the hub made of actions of people here and did not send yet counts, too.
///
/// # Errors
/// From the database.
pub async fn end(app: &App, copy: &LogHandle) -> Result<Option<SignedHeader>> {
    let head = copy.head();
    let mut read = app.db.read().await?;
    let mut after = head.seq;
    let mut end = None;
    loop {
        let receipts = pending::receipts(&mut read, copy.id, head.epoch, after, RECEIPTS).await?;
        let Some(last) = receipts.last() else { break };
        after = last.header.seq;
        end = Some(SignedHeader::of(last));
    }
    drop(read);
    if end.is_none() {
        let held = app.log.read(copy, head.seq.saturating_sub(1), 1).await?.pop();
        end = held.filter(|entry| entry.seq() == head.seq).map(|entry| SignedHeader::of(&entry.event));
    }
    Ok(end)
}

/// What is held here behind a place, for this instance itself.
///
/// # Errors
/// From the database.
pub async fn own(app: &App, copy: &LogHandle, after: u64, events: usize) -> Result<Page> {
    let bounds = Bounds { to: copy.head().seq, events, bytes: usize::MAX };
    let page = match page(app, copy, after, bounds).await {
        Err(e) if e.code == Code::BeyondHead.as_str() => return Ok(Page::default()),
        page => page?,
    };
    let item = |sent| match sent {
        Sent::Event(entry) => Item::Event(Box::new(Arc::<Entry>::unwrap_or_clone(entry).event)),
        Sent::Stub(stub) => Item::Stub(stub),
    };
    Ok(Page { more: page.more, items: page.events.into_iter().map(item).collect() })
}

/// Whether a copy holds how its log began.
///
/// # Errors
/// From the database.
pub async fn has_genesis(app: &App, copy: &LogHandle) -> crate::db::Result<bool> {
    Ok(super::store::genesis(&mut app.db.read().await?, copy.id).await?.is_some())
}

/// Receipts that are read at a time.
const RECEIPTS: u64 = 500;

/// What is held of it behind a place, as far as the bounds go. Behind the end of the copy that is what the hub made of
/// actions of people here and did not send yet: nobody else may have it.
pub(super) async fn page(app: &App, copy: &LogHandle, after: u64, bounds: Bounds) -> Result<EventsPage<Sent>> {
    let head = copy.head();
    let run = match after < head.seq {
        true => view::all(app, copy, after, bounds).await?,
        false => Run::default(),
    };
    let mut page = EventsPage { events: run.items, head: head.clone(), more: run.more, wish: None };
    let events = page.events.iter().filter(|item| matches!(item, Sent::Event(_))).count();
    let room = bounds.events.saturating_sub(events);
    page.more |= room == 0;
    if page.more {
        return Ok(page);
    }
    let mut end = after.max(head.seq);
    let mut read = app.db.read().await?;
    let receipts = pending::receipts(&mut read, copy.id, head.epoch, end, room as u64).await?;
    drop(read);
    if after > head.seq && receipts.is_empty() {
        return Err(Code::BeyondHead.into());
    }
    page.more = receipts.len() == room;
    let mut bytes = 0;
    for event in receipts {
        let (seq, prev) = (event.header.seq, event.header.prev);
        let hash = event.header.hash()?;
        let entry = Entry::new(event, hash, None, None);
        bytes += entry.wire().map_or(0, |text| text.get().len());
        if bytes > bounds.bytes && !page.events.is_empty() {
            page.more = true;
            break;
        }
        if seq > end + 1 {
            page.events.push(Sent::Stub(Stub { stub: (end + 1, seq - 1), hash: prev, lost: false }));
        }
        page.events.push(Sent::Event(Arc::new(entry)));
        end = seq;
    }
    Ok(page)
}
