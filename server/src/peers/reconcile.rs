//! Compares a log with what other instances hold of it, on an admin's word.

use conntext_federation::action::Position;
use conntext_federation::domain::Domain;
use std::sync::Arc;

use super::{CallError, get, hello, join};
use crate::App;
use crate::log::LogHandle;

/// Compares one log or copy with the other side. Answers in words what was found and done.
///
/// # Errors
/// [`CallError`] where the hub of a copy does not answer.
pub async fn reconcile(app: &App, log: &Arc<LogHandle>) -> Result<Vec<String>, CallError> {
    if log.hub_here {
        return Ok(greet_followers(app, log).await);
    }
    let domain = Domain::parse_normal(&log.hub_domain(), true)?;
    if let Some(code) = log.quarantined() {
        join::renew(app, &log.sid).await?;
        return Ok(vec![format!("was set aside ({code}) and begins anew from {domain}")]);
    }
    let there: Position = get(app, &domain, &format!("/servers/{}/head", log.sid)).await?;
    let here = log.head();
    if there.seq == here.seq {
        let word = if there.hash == here.hash { "the same as" } else { "DIFFERENT from" };
        return Ok(vec![format!("ends at {}, {word} {domain}", here.seq)]);
    }
    if there.seq < here.seq {
        return Ok(vec![format!(
            "ends at {} and {domain} shows {} only: its log was restored from an older copy",
            here.seq, there.seq
        )]);
    }
    let reached = hello::catch_up(app, &domain, log).await?;
    Ok(vec![format!("went from {} to {reached} of {}", here.seq, there.seq)])
}

async fn greet_followers(app: &App, log: &LogHandle) -> Vec<String> {
    let homes: Vec<Domain> = {
        let state = log.state();
        let others = state.by_home.keys().filter(|ik| **ik != app.keys.ik);
        others.filter_map(|ik| Domain::parse_normal(&state.instances.get(ik)?.domain, true).ok()).collect()
    };
    let mut lines = vec![format!("ends at {}", log.head().seq)];
    for domain in homes {
        lines.push(match hello::say(app, &domain).await {
            Ok(()) => format!("{domain} said where its copy ends; what it misses is sent"),
            Err(e) => format!("{domain}: {e}"),
        });
    }
    lines
}
