//! Actions of people here that a hub accepted, and whose places the copy of its log has passed without them: the hub was
//! restored from an older copy, and nobody had them. Their authors are told, and may send them again.

use super::{Inner, LogHandle, pending, relay};
use crate::db::{self, Tx};
use conntext_federation::{
    content::Content,
    ids::{ActionId, Actor},
};
use std::sync::Arc;

use super::types::Entry;

/// What was found, to be told once it is written.
#[derive(Default)]
pub(super) struct Missed {
    /// Actions that their authors may send again, with their old and new ids.
    offered: Vec<(Actor, ActionId, ActionId)>,
    /// Those that the hub is asked about again.
    asked: Vec<ActionId>,
}

/// Looks for them behind a copy that has come to `head` with these events.
pub(super) async fn look(
    inner: &Inner,
    tx: &mut Tx,
    log: &LogHandle,
    entries: &[Arc<Entry>],
    head: u64,
) -> db::Result<Missed> {
    let now_ms = inner.clock.now_ms();
    let mut found = Missed::default();
    let mut missed = pending::missed(tx, log.id, head).await?;
    for entry in entries.iter().filter(|entry| matches!(entry.content, Some(Content::ServerEpoch(_)))) {
        let (epoch, base) = (entry.event.header.epoch, entry.seq().saturating_sub(1));
        missed.extend(pending::left_out(tx, log.id, epoch, base).await?);
    }
    missed.sort();
    missed.dedup_by_key(|missed| missed.aid);
    for pending::Passed { aid, actor, withheld } in missed {
        if withheld {
            // What stands there is not shown here. Whether it is this very action only the hub knows.
            pending::ask_again(tx, &aid).await?;
            found.asked.push(aid);
        } else {
            tracing::warn!(sid = %log.sid, %aid, "the hub accepted an action and its log does not hold it");
            let fresh = ActionId(inner.rng.bytes());
            pending::orphan(tx, log.id, &aid, &fresh, now_ms).await?;
            found.offered.push((actor, aid, fresh));
        }
    }
    Ok(found)
}

impl Missed {
    /// Whether an action is among them.
    pub(super) fn has(&self, aid: &ActionId) -> bool {
        self.asked.contains(aid) || self.offered.iter().any(|(_, old, _)| old == aid)
    }

    /// Tells those whom it concerns.
    pub(super) fn tell(&self, inner: &Arc<Inner>, log: &Arc<LogHandle>) {
        for (actor, _, fresh) in &self.offered {
            relay::tell_pending(inner, &log.sid, actor, fresh);
        }
        if !self.asked.is_empty() {
            relay::wake(inner, log);
        }
    }
}
