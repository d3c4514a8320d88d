//! What a follower shows its hub, which was restored from an older copy and wants its own events back.

use std::sync::Arc;

use conntext_federation::Code;
use conntext_federation::event::Stub;
use conntext_federation::ids::ServerId;
use conntext_federation::wire::EventsPage;

use super::Origin;
use super::view::{self, Bounds, Run, Sent};
use crate::App;
use crate::error::Result;
use crate::log::{Entry, LogHandle, pending};

/// A copy here of a log that the asking instance itself sequences.
pub(super) fn copy_of(app: &App, origin: &Origin, sid: &ServerId) -> Option<Arc<LogHandle>> {
    app.log.get(sid).filter(|log| !log.hub_here() && log.state().info.hub == origin.ik)
}

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
