//! What this instance does as a follower: it takes what hubs push.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::event::Item;
use conntext_federation::ids::{Actor, InstanceId, UserId};
use conntext_federation::replica::Fault;
use conntext_federation::wire::{MAX_PUSH_EVENTS, Push, PushAck};
use tokio::sync::broadcast::error::RecvError;

use super::{Message, Origin, checkpoints, joining, moved, profiles, stream, want};
use crate::App;
use crate::bus::Notice;
use crate::error::{Problem, Result};
use crate::http::Json;
use crate::log::{LogHandle, ReceiveError};

/// How long a push waits for the one that was sent in front of it.
const OVERTAKEN: Duration = Duration::from_secs(3);

/// `POST /events`
pub(super) async fn push(
    State(app): State<App>,
    origin: Origin,
    Message(push): Message<Push>,
) -> Result<Json<PushAck>> {
    let Some(log) = app.log.get(&push.sid) else {
        origin.charge_push(&app).await?;
        joining::settle_soon(&app, &push.sid);
        return Err(Code::NotMemberHere.into());
    };
    if log.hub_here() || log.state().info.hub != origin.ik {
        origin.charge_push(&app).await?;
        moved::soon(&app, &origin.domain, &log);
        return Err(Code::NotYourHub.into());
    }
    let offered = push.stream;
    let ack = take(&app, &log, &origin.ik, &origin.domain, push).await?;
    if offered {
        stream::offered(&app, &origin.domain, &log.sid);
    }
    Ok(Json(ack))
}

/// Takes what the instance at this domain sends of a log, in whatever way it came.
pub(super) async fn take(
    app: &App,
    log: &Arc<LogHandle>,
    hub: &InstanceId,
    domain: &Domain,
    mut push: Push,
) -> Result<PushAck> {
    // Twice as many items as events: a stub in front of each.
    if push.events.len() > 2 * MAX_PUSH_EVENTS {
        return Err(Problem::too_large(MAX_PUSH_EVENTS as u64));
    }
    if log.hub_here() || log.state().info.hub != *hub {
        return Err(Code::NotYourHub.into());
    }
    if let Some(code) = log.quarantined() {
        return Err(Problem::from(Code::Overloaded)
            .detail(format!("This copy is set aside since its hub sent what does not hold ({code})."))
            .retry_after_ms(600_000));
    }
    if log.hub_domain() != domain.as_str() {
        app.log.set_hub_domain(log, domain.as_str()).await?;
    }
    if !log.knows_wish(push.wish) {
        want::refused(app, log);
        let detail = "This copy has asked for other channels.";
        return Err(Problem::from(Code::Overloaded).detail(detail).retry_after_ms(2_000));
    }
    if push.ahead {
        wait_for_turn(app, log, &push).await;
    }
    let people = strangers(&push);
    let sent_at = push.events.iter().rev().find_map(|i| match i {
        Item::Event(e) => Some(e.header.ts),
        Item::Stub(_) => None,
    });
    let checkpoint = push.checkpoint.take();
    let gained = !push.gained.is_empty();
    let acked = match app.log.receive(push).await {
        Ok(head) => head,
        Err(ReceiveError::Fault(Fault::Gap(next))) => return Err(Problem::from(Code::Gap).with("next", next)),
        Err(ReceiveError::Fault(Fault::Conflict(have))) => {
            let have = serde_json::to_value(have).unwrap_or_default();
            return Err(Problem::from(Code::LogConflict).with("have", have));
        }
        Err(ReceiveError::Fault(Fault::Stop(code))) => return Err(code.into()),
        Err(ReceiveError::Log(e)) => return Err(e.into()),
    };
    if let Some(checkpoint) = checkpoint {
        checkpoints::received(app, log, &checkpoint).await?;
    }
    if gained {
        want::look(app);
    }
    if let Some(ts) = sent_at {
        app.peers.metrics.lag(app.clock.now_ms().saturating_sub(ts));
    }
    if !joining::removed(app, log).await? {
        profiles::wanted(app, domain.clone(), people);
    }
    Ok(PushAck { acked })
}

/// A push that overtook the one in front of it waits for that, but not for long and not where many wait.
async fn wait_for_turn(app: &App, log: &LogHandle, push: &Push) {
    let Some(from) = push.events.first().map(|item| item.range().0) else { return };
    // Listening before looking: what arrives in between is not missed.
    let mut notices = app.bus.server(&log.sid);
    let Ok(_place) = app.peers.waiting_pushes.try_acquire() else { return };
    let turn = async {
        while log.head().seq + 1 < from {
            if let Err(RecvError::Closed) | Ok(Notice::Gone) = notices.recv().await {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(OVERTAKEN, turn).await;
}

/// Whose profiles the events make interesting.
fn strangers(push: &Push) -> Vec<UserId> {
    let mut people: Vec<UserId> = push
        .events
        .iter()
        .filter_map(|item| match item {
            Item::Event(e) if matches!(e.action.kind.as_str(), "member.join" | "member.migrate" | "message.create") => {
                match &e.action.actor {
                    Actor::User(uid) => Some(uid.clone()),
                    _ => None,
                }
            }
            _ => None,
        })
        .collect();
    people.sort();
    people.dedup();
    people
}
