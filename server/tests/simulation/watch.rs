//! What clients are shown while a run goes on: a number in a log never stands for another event than before, and what was
//! shown is there after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conntext_federation::ids::Hash;
use conntext_server::args;
use conntext_server::bus::Notice;
use conntext_server::db::Query as _;
use conntext_server::log::Entry;
use conntext_server::log::rewind::Why;
use tokio::sync::broadcast::error::RecvError;

use super::node::{Node, Running};
use super::world::Place;

/// What was shown of an event first.
#[derive(Clone, Debug)]
pub struct Seen {
    pub hash: Hash,
    pub epoch: u64,
    pub kind: String,
    pub aid: String,
    /// The text of a message or of a change, as it was before somebody deleted it.
    pub body: Option<String>,
}

#[derive(Default)]
pub struct Sightings {
    /// By place and number.
    pub events: BTreeMap<(usize, u64), Seen>,
    /// The highest number that was shown at each instance, by instance and place.
    shown: BTreeMap<(usize, usize), u64>,
    pub faults: Vec<String>,
}

/// The watch of a run. Cheap to clone.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Sightings>>);

impl Watch {
    /// What was seen.
    pub fn open(&self) -> MutexGuard<'_, Sightings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, node: usize, place: usize, entry: &Entry) {
        let mut seen = self.open();
        let seq = entry.seq();
        let highest = seen.shown.entry((node, place)).or_default();
        *highest = seq.max(*highest);
        let action = &entry.event.action;
        let body = entry.event.content.as_ref().and_then(|c| c["body"].as_str().map(str::to_owned));
        let epoch = entry.event.header.epoch;
        let now = Seen { hash: entry.hash, epoch, kind: action.kind.clone(), aid: action.aid.to_string(), body };
        match seen.events.get_mut(&(place, seq)) {
            // A new epoch may begin with other events; who has yet to hear of it shows those before.
            Some(before) if before.epoch < now.epoch => *before = now,
            Some(before) if before.epoch > now.epoch => {}
            Some(before) if before.hash != now.hash => {
                let fault = format!("I3: place {place}, number {seq}: instance {node} shows {now:?} after {before:?}");
                seen.faults.push(fault);
            }
            Some(before) if before.body.is_none() => before.body = now.body,
            Some(_) => {}
            None => {
                seen.events.insert((place, seq), now);
            }
        }
    }

    /// The hub of a place has only what stands in its older copy up to `end`, and what others hold.
    pub fn forget(&self, place: usize, end: u64, held: &BTreeSet<(u64, Hash)>) {
        self.open().events.retain(|(at, seq), seen| *at != place || *seq <= end || held.contains(&(*seq, seen.hash)));
    }

    /// Looks at all that a life shows from now on.
    pub fn follow(&self, index: usize, running: &Running, places: &[Place]) {
        for (number, place) in places.iter().enumerate() {
            let (watch, app, life) = (self.clone(), running.app.downgrade(), running.life.clone());
            let mut notices = running.app.bus.server(&place.sid);
            let sid = place.sid.clone();
            tokio::spawn(async move {
                loop {
                    let Some(notice) = life.over.run_until_cancelled(notices.recv()).await else { return };
                    match notice {
                        Ok(Notice::Events(entries)) => entries.iter().for_each(|e| watch.see(index, number, e)),
                        Err(RecvError::Lagged(_)) => {
                            let Some(app) = app.upgrade() else { return };
                            let Some(log) = app.log.get(&sid) else { continue };
                            let entries = app.log.read(&log, 0, 100_000).await.unwrap_or_default();
                            entries.iter().for_each(|e| watch.see(index, number, e));
                        }
                        Ok(_) => {}
                        Err(RecvError::Closed) => return,
                    }
                }
            });
        }
    }

    /// Compares what a new life holds with what was shown before: a hub has lost nothing, a copy shows nothing else.
    pub async fn compare(&self, index: usize, node: &Node, places: &[Place]) {
        let Some(Running { app, .. }) = node.running() else { return };
        for (number, place) in places.iter().enumerate() {
            let Some(log) = app.log.get(&place.sid) else {
                if place.hub == index {
                    self.open().faults.push(format!("I3: {} has lost its log of place {number}", node.domain));
                }
                continue;
            };
            let Ok(held) = hashes(&app, log.id).await else { return };
            // What a restored log lacks it takes back before it goes on.
            if log.rewind().is_none_or(|rewind| rewind.why == Why::Start) {
                self.hold_against(index, node, number, place, log.head().epoch, &held);
            }
            // What was committed and never told, since the process ended in between.
            for entry in app.log.read(&log, 0, 100_000).await.unwrap_or_default() {
                self.see(index, number, &entry);
            }
        }
    }

    fn hold_against(
        &self,
        index: usize,
        node: &Node,
        number: usize,
        place: &Place,
        epoch: u64,
        held: &BTreeMap<u64, Hash>,
    ) {
        let mut seen = self.open();
        let highest = seen.shown.get(&(index, number)).copied().unwrap_or_default();
        let mut faults = Vec::new();
        for ((_, seq), before) in seen.events.range((number, 0)..=(number, u64::MAX)) {
            if before.epoch != epoch {
                continue;
            }
            match held.get(seq) {
                Some(hash) if *hash != before.hash => {
                    faults.push(format!("I3: {} holds another event at {number}/{seq}", node.domain));
                }
                None if place.hub == index && *seq <= highest => {
                    faults.push(format!("I3: {} showed {number}/{seq} and has lost it", node.domain));
                }
                _ => {}
            }
        }
        seen.faults.extend(faults);
    }
}

/// The hashes of a log or copy as they stand on disk.
pub async fn hashes(app: &conntext_server::App, log_id: i64) -> conntext_server::db::Result<BTreeMap<u64, Hash>> {
    let sql = "select seq, hash from log_events where log_id = $1 order by seq";
    let rows = app.db.read().await?.rows(sql, args![log_id]).await?;
    Ok(rows.iter().map(|r| (u64::try_from(r.get::<i64>(0)).unwrap_or(0), Hash(r.get(1)))).collect())
}
