//! Compares a log with what other instances hold of it, on an admin's word.

use conntext_federation::action::Position;
use conntext_federation::domain::Domain;
use std::sync::Arc;

use super::{CallError, get, hello, join, rewind};
use crate::App;
use crate::log::LogHandle;
use crate::log::rewind::Why;

/// Compares one log or copy with the other side. Answers in words what was found and done.
///
/// # Errors
/// [`CallError`] where the hub of a copy does not answer.
pub async fn reconcile(app: &App, log: &Arc<LogHandle>) -> Result<Vec<String>, CallError> {
    if log.hub_here() {
        let mut lines = greet_followers(app, log).await;
        lines.extend(take_back(app, log).await?);
        return Ok(lines);
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

/// Where a log of ours stands still: asks for what is missing.
async fn take_back(app: &App, log: &Arc<LogHandle>) -> Result<Vec<String>, CallError> {
    let own = |e: crate::db::Error| CallError::Unreachable(format!("our own database: {e}"));
    if log.rewind().is_none_or(|r| r.why == Why::Start) {
        return Ok(Vec::new());
    }
    rewind::look(app, log).await.map_err(own)?;
    let head = log.head();
    Ok(vec![match log.rewind() {
        None => format!("has everything back and ends at {}", head.seq),
        Some(rewind) => rewind.describe(&head),
    }])
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
