//! What this instance does as a follower: it takes what hubs push.

use axum::extract::State;
use conntext_federation::Code;
use conntext_federation::event::Item;
use conntext_federation::ids::{Actor, UserId};
use conntext_federation::replica::Fault;
use conntext_federation::wire::{MAX_PUSH_EVENTS, Push, PushAck};

use super::{Message, Origin, profiles};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::Json;
use crate::log::ReceiveError;

/// `POST /events`
pub(super) async fn push(
    State(app): State<App>,
    origin: Origin,
    Message(push): Message<Push>,
) -> Result<Json<PushAck>> {
    // Twice as many items as events: a stub in front of each.
    if push.events.len() > 2 * MAX_PUSH_EVENTS {
        return Err(Problem::too_large(MAX_PUSH_EVENTS as u64));
    }
    let log = app.log.get(&push.sid).ok_or(Code::NotMemberHere)?;
    if log.hub_here || log.state().info.hub != origin.ik {
        return Err(Code::NotYourHub.into());
    }
    if let Some(code) = log.quarantined() {
        return Err(Problem::from(Code::Overloaded)
            .detail(format!("This copy is set aside since its hub sent what does not hold ({code})."))
            .retry_after_ms(600_000));
    }
    if log.hub_domain() != origin.domain.as_str() {
        app.log.set_hub_domain(&log, origin.domain.as_str()).await?;
    }
    let people = strangers(&push);
    let sent_at = push.events.iter().rev().find_map(|i| match i {
        Item::Event(e) => Some(e.header.ts),
        Item::Stub(_) => None,
    });
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
    if let Some(ts) = sent_at {
        app.peers.metrics.lag(app.clock.now_ms().saturating_sub(ts));
    }
    let left = log.local_members().is_empty() && !app.peers.is_joining(&log.sid);
    if left {
        app.log.remove(&log).await?;
    } else {
        profiles::wanted(&app, origin.domain, people);
    }
    Ok(Json(PushAck { acked }))
}

/// Whose profiles the events make interesting.
fn strangers(push: &Push) -> Vec<UserId> {
    let mut people: Vec<UserId> = push
        .events
        .iter()
        .filter_map(|item| match item {
            Item::Event(e) if matches!(e.action.kind.as_str(), "member.join" | "message.create") => {
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
