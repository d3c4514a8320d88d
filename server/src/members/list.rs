//! The pages of the member list.

use conntext_federation::ids::{Actor, ChannelId};

use super::{Members, some, users};
use crate::App;
use crate::error::{Problem, Result};
use crate::peers;
use crate::servers::Here;

/// What to list.
pub(super) struct Asked {
    /// Where the page begins.
    pub cursor: Option<String>,
    pub limit: usize,
    /// Part of a name.
    pub q: Option<String>,
    /// Only those who may see this channel.
    pub channel: Option<ChannelId>,
}

fn matches(text: &str, q: &str) -> bool {
    text.to_lowercase().contains(q)
}

/// One page, in the order of joining, so that nobody is left out or doubled when others come and go meanwhile.
pub(super) async fn page(app: &App, here: &Here, asked: Asked) -> Result<Members> {
    let after: u64 = match asked.cursor.as_deref() {
        None | Some("") => 0,
        Some(text) => {
            text.parse().map_err(|_| Problem::invalid("cursor", "bad_cursor", "Start from the first page."))?
        }
    };
    let mut all: Vec<(u64, Actor)> = {
        let state = here.log.state();
        state
            .members
            .iter()
            .filter(|(actor, _)| asked.channel.as_ref().is_none_or(|c| state.can_see(actor, c)))
            .map(|(actor, member)| (member.joined_seq, actor.clone()))
            .collect()
    };
    all.sort();
    let mut read = app.db.read().await?;
    if let Some(q) = asked.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        let q = q.trim_start_matches('@').to_lowercase();
        let actors: Vec<Actor> = all.iter().map(|(_, actor)| actor.clone()).collect();
        let found = users(&mut read, &here.log, &actors).await?;
        all = all
            .into_iter()
            .zip(found)
            .filter(|(_, u)| {
                let here = u.here.as_ref().and_then(|here| here.display_name.as_deref());
                here.is_some_and(|name| matches(name, &q))
                    || matches(&u.display_name, &q)
                    || matches(&u.handle, &q)
                    || format!("{}@{}", u.handle, u.domain) == q
            })
            .map(|(entry, _)| entry)
            .collect();
    }
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    // Joining is an event of its own, so no two members share a position.
    let mut rest = all.into_iter().filter(|(seq, _)| *seq > after);
    let page: Vec<(u64, Actor)> = rest.by_ref().take(asked.limit).collect();
    let cursor = rest.next().and_then(|_| page.last().map(|(seq, _)| seq.to_string()));
    let actors: Vec<Actor> = page.into_iter().map(|(_, actor)| actor).collect();
    peers::looked_at(app, &here.log, actors.iter().map(Actor::as_str));
    Ok(Members { members: some(app, &mut read, &here.log, &actors).await?, total, cursor })
}
