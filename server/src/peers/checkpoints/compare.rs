//! Followers compare what their hub told each of them. A hub that tells two stories is found with both under its own
//! signature.

use conntext_federation::checkpoint::{Checkpoint, SignedHeader};
use conntext_federation::domain::Domain;
use conntext_federation::event::Visibility;
use conntext_federation::ids::InstanceId;
use conntext_federation::wire::{MAX_WITNESSES, Witness};
use serde::Serialize;
use serde_json::Value;

use super::store::{self, Dispute};
use super::{make, received};
use crate::App;
use crate::db::{self, Query};
use crate::log::{Entry, LogHandle, store as logs};
use crate::peers::{hello, unpoison};

/// How often a copy is compared with those of others, milliseconds.
const EVERY_MS: i64 = 3_600_000;

/// Whether an instance may hear what the log's hub says to everybody: it has people there, or is the hub.
fn concerns(log: &LogHandle, peer: &InstanceId) -> bool {
    let state = log.state();
    state.by_home.contains_key(peer) || (!log.hub_here() && state.info.hub == *peer)
}

/// What the hubs of common logs say, for a greeting: the newest event that everybody sees, the newest checkpoint, and
/// what contradicts something that others have shown.
pub async fn witness(app: &App, peer: &InstanceId) -> db::Result<Vec<Witness>> {
    let mut all = Vec::new();
    for log in app.log.all().into_iter().filter(|log| concerns(log, peer)) {
        let made = if log.hub_here() { make(app, &log).await?.map(|made| (*made).clone()) } else { None };
        let mut read = app.db.read().await?;
        let newest = match store::newest_of_all(&mut read, log.id).await? {
            Some((seq, _)) => logs::event_at(&mut read, &log.sid, log.id, seq).await?,
            None => None,
        };
        let checkpoint = if log.hub_here() { made } else { store::checkpoint(&mut read, log.id).await? };
        let newest = newest.map(|entry| SignedHeader::of(&entry.event));
        if newest.is_some() || checkpoint.is_some() {
            all.push(Witness { sid: log.sid.clone(), all: newest, checkpoint });
        }
        for dispute in store::disputes(&mut read, &log.sid).await? {
            let all_of = serde_json::from_value(dispute.ours.clone()).ok();
            let checkpoint = if all_of.is_none() { Checkpoint::from_value(dispute.ours).ok() } else { None };
            all.push(Witness { sid: log.sid.clone(), all: all_of, checkpoint });
        }
        if all.len() >= MAX_WITNESSES {
            break;
        }
    }
    all.truncate(MAX_WITNESSES);
    Ok(all)
}

/// Holds what another instance was told against what was told here.
pub async fn heed(app: &App, domain: &Domain, peer: &InstanceId, told: Vec<Witness>) -> db::Result<()> {
    for told in told.into_iter().take(MAX_WITNESSES) {
        let Some(log) = app.log.get(&told.sid).filter(|log| !log.hub_here() && concerns(log, peer)) else { continue };
        let by_hub = log.state().info.hub == *peer;
        if let Some(checkpoint) = told.checkpoint {
            if by_hub && log.quarantined().is_none() {
                // Set aside where it does not fit; the greeting goes on.
                received(app, &log, &checkpoint).await.ok();
            }
            against_checkpoint(app, &log, domain, &checkpoint).await?;
        }
        if let Some(header) = told.all {
            against_header(app, &log, domain, &header).await?;
        }
    }
    Ok(())
}

async fn against_header(app: &App, log: &LogHandle, domain: &Domain, told: &SignedHeader) -> db::Result<()> {
    let verified = told.verify(&log.state()).is_ok();
    let seq = told.header.seq;
    if !verified || told.header.vis != Visibility::All || seq > log.head().seq {
        // Nothing that the hub signed, or nothing that this copy could know of yet.
        return Ok(());
    }
    let mut read = app.db.read().await?;
    let held = match logs::event_at(&mut read, &log.sid, log.id, seq).await? {
        Some(held) => Some(held),
        None if seq > log.base_seq => behind(&mut read, log, seq).await?,
        None => None,
    };
    drop(read);
    let Some(held) = held.map(|held| SignedHeader::of(&held.event)).filter(|held| told.contradicts(held)) else {
        return Ok(());
    };
    found(app, log, domain, seq, &held, told).await
}

/// The event that everybody sees next behind a place.
async fn behind(read: &mut impl Query, log: &LogHandle, seq: u64) -> db::Result<Option<Entry>> {
    match store::next_of_all(read, log.id, seq).await? {
        Some((seq, _)) => logs::event_at(read, &log.sid, log.id, seq).await,
        None => Ok(None),
    }
}

async fn against_checkpoint(app: &App, log: &LogHandle, domain: &Domain, told: &Checkpoint) -> db::Result<()> {
    if told.verify(&log.state()).is_err() {
        return Ok(());
    }
    let mut read = app.db.read().await?;
    let own = store::checkpoint(&mut read, log.id).await?;
    let held = logs::event_at(&mut read, &log.sid, log.id, told.all.seq).await?;
    drop(read);
    if let Some(own) = own.filter(|own| own.contradicts(told)) {
        return found(app, log, domain, told.all.seq, &own, told).await;
    }
    let other = held.filter(|held| held.event.header.epoch == told.epoch && held.hash != told.all.hash);
    match other {
        Some(held) => found(app, log, domain, told.all.seq, &SignedHeader::of(&held.event), told).await,
        None => Ok(()),
    }
}

async fn found(
    app: &App,
    log: &LogHandle,
    domain: &Domain,
    seq: u64,
    ours: &impl Serialize,
    theirs: &impl Serialize,
) -> db::Result<()> {
    let value = |statement: serde_json::Result<Value>| {
        statement.map_err(|e| db::Error::Other(format!("a statement cannot be written: {e}")))
    };
    let dispute = Dispute {
        seq,
        told_by: domain.to_string(),
        ours: value(serde_json::to_value(ours))?,
        theirs: value(serde_json::to_value(theirs))?,
        found_at: app.clock.now_ms(),
    };
    let mut tx = app.db.begin().await?;
    let new = store::put_dispute(&mut tx, &log.sid, &dispute).await?;
    tx.commit().await?;
    if new {
        tracing::error!(
            sid = %log.sid, hub = %log.hub_domain(), other = %domain, seq, ours = %dispute.ours, theirs = %dispute.theirs,
            "the hub tells two stories: it signed two statements that cannot both be true"
        );
    }
    Ok(())
}

/// Has each copy compared, once an hour, with those of a few other instances that chance chooses.
pub fn round(app: &App) {
    let now = app.clock.now_ms();
    for log in app.log.all().into_iter().filter(|log| !log.hub_here()) {
        let due = unpoison(&app.peers.checkpoints.compared)
            .get(&log.sid)
            .is_none_or(|at| !(0..EVERY_MS).contains(&(now - at)));
        if !due {
            continue;
        }
        unpoison(&app.peers.checkpoints.compared).insert(log.sid.clone(), now);
        let mut fellows: Vec<Domain> = {
            let state = log.state();
            let others = state.by_home.keys().filter(|ik| **ik != app.keys.ik && **ik != state.info.hub);
            others.filter_map(|ik| Domain::parse_normal(&state.instances.get(ik)?.domain, true).ok()).collect()
        };
        fellows.retain(|domain| app.peers.failures(domain) == 0);
        for _ in 0..app.config.federation.compare_with {
            if fellows.is_empty() {
                break;
            }
            let chosen = usize::try_from(app.rng.below(fellows.len() as u64)).unwrap_or(0);
            let (asking, domain) = (app.clone(), fellows.swap_remove(chosen));
            hello::spawn(app, async move {
                if let Err(e) = hello::say(&asking, &domain).await {
                    tracing::debug!(%domain, error = %e, "no answer to a greeting");
                }
            });
        }
    }
}
