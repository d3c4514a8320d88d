//! Profiles of people elsewhere are kept while somebody here may meet them: in a community that they are in, or in one where
//! what they wrote still stands.

use std::collections::HashSet;

use conntext_federation::ids::{Actor, UserId};

use super::store;
use crate::App;
use crate::error::Result;
use crate::log::purge;

/// Profiles that are looked at in one round.
const AT_ONCE: u64 = 500;
/// Who was fetched since is left alone: they may be joining just now. Milliseconds.
const NEW_MS: i64 = 3_600_000;

/// Looks at the next profiles behind an id, and forgets those that nobody needs. Answers where the next round begins.
///
/// # Errors
/// The database's.
pub async fn tidy(app: &App, after: &str) -> Result<String> {
    let mut read = app.db.read().await?;
    let page = store::strangers(&mut read, after, app.clock.now_ms() - NEW_MS, AT_ONCE).await?;
    let Some(last) = page.last().cloned() else { return Ok(String::new()) };
    drop(read);
    forget_unmet(app, page.iter().filter_map(|uid| uid.parse().ok()).collect()).await?;
    Ok(last)
}

/// Forgets those of these people of other instances whom nobody here can meet.
///
/// # Errors
/// The database's.
pub(super) async fn forget_unmet(app: &App, people: Vec<UserId>) -> Result<()> {
    let mut read = app.db.read().await?;
    let mut unmet: HashSet<UserId> = people.into_iter().collect();
    for log in app.log.all() {
        let erased: HashSet<String> = purge::store::actors(&mut read, log.id).await?.into_iter().collect();
        let state = log.state();
        unmet.retain(|uid| {
            let actor = Actor::User(uid.clone());
            let is_in = state.members.contains_key(&actor);
            let was_in = state.bindings.contains_key(&actor) && !erased.contains(uid.as_str());
            !is_in && !was_in
        });
    }
    drop(read);
    if unmet.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for uid in &unmet {
        store::forget(&mut tx, uid.as_str()).await?;
    }
    tx.commit().await?;
    for uid in unmet {
        super::changed(app, uid);
    }
    Ok(())
}
