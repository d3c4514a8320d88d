//! What everybody sees of a log from its first event on: genesis, keys, who came and went. A copy begins with a snapshot and
//! has none of that; where the log has recovery keys it is fetched, since whoever goes on with the log has to show it.

use std::sync::Arc;

use conntext_federation::domain::Domain;
use conntext_federation::event::Item;
use conntext_federation::ids::ServerId;
use conntext_federation::replica;
use conntext_federation::wire::EventsPage;

use super::{CallError, get, hello, store, unpoison};
use crate::App;
use crate::db;
use crate::log::{Entry, LogHandle};

/// Events that are asked for at a time.
const PAGE: u64 = 500;

/// Whether something of it is missing here.
fn is_due(log: &LogHandle) -> bool {
    let protected = !log.state().info.recovery.keys.is_empty();
    protected && !log.hub_here() && log.base_seq > 0 && log.quarantined().is_none()
}

/// Fetches what is missing of every copy, in the background.
pub(super) fn round(app: &App) {
    app.log.all().iter().filter(|log| log.hub_away_since().is_none()).for_each(|log| soon(app, log));
}

/// Ends the work on a log.
struct Fetching<'a>(&'a App, ServerId);

impl Drop for Fetching<'_> {
    fn drop(&mut self) {
        unpoison(&self.0.peers.framing).remove(&self.1);
    }
}

/// Fetches what is missing of a copy, in the background.
pub(super) fn soon(app: &App, log: &Arc<LogHandle>) {
    if !is_due(log) || !unpoison(&app.peers.framing).insert(log.sid.clone()) {
        return;
    }
    let (app, log) = (app.clone(), log.clone());
    hello::spawn(&app.clone(), async move {
        let _fetching = Fetching(&app, log.sid.clone());
        if let Err(e) = fetch(&app, &log).await {
            tracing::info!(sid = %log.sid, error = %e, "the frame of a log is fetched later");
        }
    });
}

async fn fetch(app: &App, log: &Arc<LogHandle>) -> Result<(), CallError> {
    let own = |e: db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let domain = Domain::parse_normal(&log.hub_domain(), true)?;
    let mut after = store::framed(&mut app.db.read().await.map_err(own)?, log.id).await.map_err(own)?;
    while after < log.base_seq {
        let path = format!("/servers/{}/events?after={after}&limit={PAGE}&frame=true", log.sid);
        let page: EventsPage = get(app, &domain, &path).await?;
        let end = page.events.last().map_or(log.base_seq, |item| item.range().1);
        let mut entries = Vec::new();
        for item in page.events {
            let Item::Event(event) = item else { continue };
            if event.header.seq > log.base_seq {
                break;
            }
            // What counted for nothing from the beginning is of no use.
            if let Ok(hash) = replica::verify_past(&log.state(), &event) {
                entries.push(Entry::of(*event, hash, None));
            }
        }
        app.log.fill(log, entries).await.map_err(|e| CallError::Answer(e.to_string()))?;
        after = if page.more { end } else { log.base_seq };
        let mut tx = app.db.begin().await.map_err(own)?;
        store::set_framed(&mut tx, log.id, after).await.map_err(own)?;
        tx.commit().await.map_err(own)?;
    }
    Ok(())
}
