//! Checkpoints: what a hub signs of the part of its log that everybody sees, and what its followers hold against it.

mod compare;
pub(super) mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use conntext_federation::Code;
use conntext_federation::checkpoint::{CHECKPOINT_EVERY, Checkpoint};
use conntext_federation::ids::{Hash, InstanceId, ServerId};

pub use compare::{heed, round, witness};
pub use store::{Dispute, disputes};

use super::view::Run;
use super::{Origin, hub, unpoison};
use crate::App;
use crate::db;
use crate::error::{Problem, Result};
use crate::http::{Json, Path};
use crate::log::{LogHandle, store as logs};

/// In a community of more people its state is hashed beside the tasks that serve requests.
const LARGE: usize = 2_000;

/// What is remembered of checkpoints: nothing that could not be found out again.
#[derive(Default)]
pub struct Book {
    /// The state's hash of each log, and the event that everybody sees behind which it holds.
    digests: Mutex<HashMap<i64, (Hash, Hash)>>,
    /// The newest checkpoint of each log of ours.
    made: Mutex<HashMap<i64, Arc<Checkpoint>>>,
    /// Up to where each follower has been told of each log.
    told: Mutex<HashMap<(InstanceId, i64), u64>>,
    /// When each copy was last compared with those of others, milliseconds.
    compared: Mutex<HashMap<ServerId, i64>>,
    /// One state is hashed at a time.
    hashing: tokio::sync::Mutex<()>,
}

/// The hash of the server-level state, with the event behind which it holds. `None` before the first event.
async fn digest(app: &App, log: &LogHandle) -> Option<(Hash, Hash)> {
    let book = &app.peers.checkpoints;
    let _turn = book.hashing.lock().await;
    let all = log.state().head.all?;
    if let Some(known) = unpoison(&book.digests).get(&log.id).filter(|(at, _)| *at == all) {
        return Some(*known);
    }
    let state = log.state().clone();
    let all = state.head.all?;
    let made = if state.members.len() > LARGE {
        tokio::task::spawn_blocking(move || state.digest()).await.ok()?
    } else {
        state.digest()
    };
    let found = (all, made.ok()?);
    unpoison(&book.digests).insert(log.id, found);
    Some(found)
}

/// The checkpoint of a log of ours as it is now. `None` where the key in use does not stand in the log yet, or the log
/// grew meanwhile.
pub(super) async fn make(app: &App, log: &LogHandle) -> db::Result<Option<Arc<Checkpoint>>> {
    let Some((all, digest)) = digest(app, log).await else { return Ok(None) };
    let key = app.keys.signing();
    let kid = key.public().kid();
    let made = unpoison(&app.peers.checkpoints.made).get(&log.id).cloned();
    if let Some(made) = made.filter(|m| m.all.hash == all && m.state == digest && m.sig().kid == kid) {
        return Ok(Some(made));
    }
    let mut read = app.db.read().await?;
    let newest = store::newest_of_all(&mut read, log.id).await?;
    drop(read);
    let Some((seq, _)) = newest.filter(|(_, hash)| *hash == all) else { return Ok(None) };
    let made = {
        let state = log.state();
        let fits = state.head.all == Some(all) && state.key_at(&app.keys.ik, &kid, seq).is_ok();
        fits.then(|| Checkpoint::make(&state, seq, state.head.epoch, digest, &key).ok()).flatten()
    };
    let Some(made) = made.map(Arc::new) else { return Ok(None) };
    unpoison(&app.peers.checkpoints.made).insert(log.id, made.clone());
    Ok(Some(made))
}

/// What is to go along with a push, where it brings the follower to the log's end and enough was written since the last.
pub(super) async fn due(
    app: &App,
    log: &LogHandle,
    peer: &InstanceId,
    run: &Run,
) -> db::Result<Option<Box<Checkpoint>>> {
    let key = (peer.clone(), log.id);
    let told = unpoison(&app.peers.checkpoints.told).get(&key).copied();
    let early = told.is_some_and(|told| run.end < told.saturating_add(CHECKPOINT_EVERY));
    if run.more || run.items.is_empty() || early {
        return Ok(None);
    }
    // What was written since the run was read is not for this push.
    let Some(made) = make(app, log).await?.filter(|made| made.all.seq <= run.end) else { return Ok(None) };
    unpoison(&app.peers.checkpoints.told).insert(key, run.end);
    Ok(Some(Box::new((*made).clone())))
}

/// The hub of a copy showed a checkpoint. A copy that does not fit it is set aside.
///
/// # Errors
/// The code by which it was set aside.
pub(super) async fn received(app: &App, log: &LogHandle, said: &Checkpoint) -> Result<()> {
    match check(app, log, said).await? {
        Ok(()) => Ok(()),
        Err(code) => {
            app.log.set_aside(log, code).await;
            Err(code.into())
        }
    }
}

async fn check(app: &App, log: &LogHandle, said: &Checkpoint) -> db::Result<std::result::Result<(), Code>> {
    let (verdict, later) = {
        let state = log.state();
        // Of a generation or epoch that is over, or of an epoch that is about to be heard of; or of what is still on its way, as the key may
        // be that signed it.
        let here = said.sid == state.sid && said.generation == state.head.generation;
        let over = said.sid == state.sid && said.generation < state.head.generation;
        let later = over || here && (said.epoch != state.head.epoch || said.all.seq > state.head.seq);
        (said.verify(&state), later)
    };
    if later {
        return Ok(Ok(()));
    }
    if let Err(code) = verdict {
        return Ok(Err(code));
    }
    let mut read = app.db.read().await?;
    let held = logs::event_at(&mut read, &log.sid, log.id, said.all.seq).await?;
    let earlier = store::checkpoint(&mut read, log.id).await?;
    drop(read);
    match held {
        Some(held) if held.hash != said.all.hash => return Ok(Err(Code::LogConflict)),
        // It stands where this copy was told that there is nothing that everybody sees.
        None if said.all.seq > log.base_seq => return Ok(Err(Code::CheckpointMismatch)),
        _ => {}
    }
    if let Some((all, digest)) = digest(app, log).await
        && let Err(code) = said.compare_state(all, digest)
    {
        return Ok(Err(code));
    }
    if earlier.as_ref().is_some_and(|earlier| said.contradicts(earlier)) {
        return Ok(Err(Code::CheckpointMismatch));
    }
    let newer = earlier.is_none_or(|e| (e.epoch, e.all.seq) < (said.epoch, said.all.seq) || e.fold != said.fold);
    if newer {
        let mut tx = app.db.begin().await?;
        store::put_checkpoint(&mut tx, log.id, said).await?;
        tx.commit().await?;
    }
    Ok(Ok(()))
}

/// `GET /servers/{sid}/checkpoint`
pub(super) async fn serve(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
) -> Result<Json<Checkpoint>> {
    let log = hub::entitled(&app, &origin, &sid).await?;
    app.log.show_keys(&log).await?;
    match make(&app, &log).await? {
        Some(made) => Ok(Json((*made).clone())),
        // It grows too fast to be caught standing still.
        None => Err(Problem::from(Code::Overloaded).retry_after_ms(1_000)),
    }
}
