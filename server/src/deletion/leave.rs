//! Taking somebody whose account is gone out of their communities.

use std::sync::Arc;

use conntext_federation::ids::Actor;

use super::store::{self, Deletion, State};
use crate::App;
use crate::erasure;
use crate::error::{Problem, Result};
use crate::log::{LogHandle, PendingState, pending};
use crate::servers::Here;

/// What a hub refused is asked again after this, milliseconds.
const AGAIN_MS: i64 = 3_600_000;

/// Goes on with everybody who has not left everything yet.
pub(super) async fn go_on(app: &App) -> Result<()> {
    let open = store::in_state(&mut app.db.read().await?, State::Leaving).await?;
    for deletion in open {
        if leave_all(app, &deletion).await? {
            let mut tx = app.db.begin().await?;
            store::has_left(&mut tx, &deletion.uid).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Whether they are in no community any more.
async fn leave_all(app: &App, deletion: &Deletion) -> Result<bool> {
    let actor: Actor = deletion.uid.parse().map(Actor::User).map_err(Problem::internal)?;
    let mut all = true;
    for log in app.log.all() {
        match leave(app, deletion, &log, &actor).await {
            Ok(left) => all &= left,
            Err(e) => {
                tracing::info!(sid = %log.sid, code = e.code, "somebody whose account is gone is not out yet");
                all = false;
            }
        }
    }
    if deletion.erase {
        all &= erase_elsewhere(app, deletion).await?;
    }
    Ok(all)
}

/// Whether nothing is left to be asked for in communities that they left before and of which no copy is here.
async fn erase_elsewhere(app: &App, deletion: &Deletion) -> Result<bool> {
    let (now, uid) = (app.clock.now_ms(), &deletion.uid);
    let departed = erasure::departed(app, &mut app.db.read().await?, uid).await?;
    let mut all = true;
    for d in departed.into_iter().filter(|d| app.log.get(&d.sid).is_none()) {
        if d.due_at > now {
            all = false;
            continue;
        }
        let asked = erasure::ask_departed(app, uid, &d.sid).await;
        let mut tx = app.db.begin().await?;
        match asked {
            Ok(_) => erasure::forget_departure(&mut tx, uid, &d.sid).await?,
            Err(e) if matches!(e.status, 403 | 404 | 410) => {
                tracing::info!(sid = %d.sid, code = e.code, "a community knows nothing of somebody any more");
                erasure::forget_departure(&mut tx, uid, &d.sid).await?;
            }
            Err(_) => {
                all = false;
                erasure::ask_later(&mut tx, uid, &d.sid, now + erasure::pause(d.tries)).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(all)
}

/// Whether nothing is left to be asked for in a community.
async fn leave(app: &App, deletion: &Deletion, log: &Arc<LogHandle>, actor: &Actor) -> Result<bool> {
    let (was_in, is_in) = {
        let state = log.state();
        (state.bindings.contains_key(actor), !state.info.deleted && state.members.contains_key(actor))
    };
    if !was_in {
        return Ok(true);
    }
    let here = Here { log: log.clone(), actor: actor.clone() };
    let (since, again) = (deletion.gone_at.unwrap_or(deletion.due_at), app.clock.now_ms() - AGAIN_MS);
    let asked = erasure::is_asked(&mut app.db.read().await?, &deletion.uid, &log.sid, since, again).await?;
    if deletion.erase && !asked {
        erasure::ask(app, &here).await?;
    }
    if is_in && !is_leaving(app, log, actor).await? {
        here.leave(app).await?;
    }
    Ok(!is_in || !log.state().members.contains_key(actor))
}

/// Whether their departure waits for the hub.
async fn is_leaving(app: &App, log: &LogHandle, actor: &Actor) -> Result<bool> {
    let waiting = pending::of_actor(&mut app.db.read().await?, &log.sid, log.id, actor).await?;
    Ok(waiting
        .iter()
        .any(|p| p.draft.kind == "member.leave" && matches!(p.state, PendingState::Queued | PendingState::Accepted)))
}
