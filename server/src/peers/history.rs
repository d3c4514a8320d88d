//! Older history of a copy, fetched from the hub when somebody wants to read it.

use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::event::Item;
use conntext_federation::ids::ChannelId;
use conntext_federation::replica;
use conntext_federation::wire::EventsPage;
use std::sync::Arc;

use super::{CallError, get};
use crate::App;
use crate::log::{Entry, LogHandle};

/// Fetches events of a channel before a position, so many messages and what was done to them, and stores them. Answers
/// with the position of the first of them where the hub has more before it.
///
/// # Errors
/// [`CallError`]; nothing is stored then.
pub async fn history(
    app: &App,
    log: &Arc<LogHandle>,
    channel: &ChannelId,
    before_seq: u64,
    limit: u64,
) -> Result<Option<u64>, CallError> {
    if log.hub_here() {
        return Ok(None);
    }
    let domain = Domain::parse_normal(&log.hub_domain(), true)?;
    let path = format!("/servers/{}/events?channel={channel}&before={before_seq}&limit={limit}", log.sid);
    let page: EventsPage = get(app, &domain, &path).await?;
    let first = page.events.iter().map(|item| item.range().0).min();
    let mut entries = Vec::with_capacity(page.events.len());
    for item in page.events {
        // Stubs are of no use here: the channel's own chain is not what was asked for.
        let Item::Event(event) = item else { continue };
        if event.header.vis.channel() != Some(channel) {
            return Err(CallError::Answer("events of another channel".into()));
        }
        let verified = replica::verify_past(&log.state(), &event);
        match verified {
            Ok(hash) => entries.push(Entry::of(*event, hash, None)),
            // Content that was damaged on the way, or an event that counted for nothing from the beginning.
            Err(code @ (Code::HashMismatch | Code::BadContent | Code::NotHome | Code::TooLarge)) => {
                tracing::warn!(sid = %log.sid, code = code.as_str(), "an event of the past was left out");
            }
            Err(code) => return Err(CallError::Answer(format!("an event of the past: {code}"))),
        }
    }
    app.log.fill(log, entries).await.map_err(|e| CallError::Answer(e.to_string()))?;
    Ok(first.filter(|_| page.more))
}
