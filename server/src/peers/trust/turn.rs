//! What follows when other rules count.

use std::collections::BTreeSet;
use std::sync::Arc;

use conntext_federation::domain::Domain;

use super::super::{hello, profiles, store as peers};
use super::Book;
use crate::App;
use crate::db;
use crate::log::LogHandle;

/// An instance that is blocked now and was not, or the other way round.
pub struct Turned {
    /// Which.
    pub domain: Domain,
    /// Whether it is now.
    pub blocked: bool,
}

/// Every instance that something here may come from: those that were met, and those with people in a community that is
/// here, whoever told of them.
///
/// # Errors
/// The database's.
pub async fn known(app: &App) -> db::Result<BTreeSet<Domain>> {
    let met = peers::peers(&mut app.db.read().await?).await?;
    let mut known: BTreeSet<Domain> = met.into_iter().map(|peer| peer.domain).collect();
    for log in app.log.all() {
        let state = log.state();
        known.extend(state.instances.values().filter_map(|there| Domain::parse_normal(&there.domain, true).ok()));
    }
    known.remove(&app.domain);
    Ok(known)
}

/// Puts a book in the place of the one that counts, and acts on what is different: streams end where there is to be no
/// exchange any more, and all goes on where there is one again. Answers of whom other things are shown now than before.
///
/// # Errors
/// The database's; the book counts then.
pub async fn turn(app: &App, book: Book) -> db::Result<Vec<Turned>> {
    let before = app.peers.trust.replace(book);
    let now = app.peers.trust.book();
    for peer in peers::peers(&mut app.db.read().await?).await? {
        match (before.judge(&peer.domain), now.judge(&peer.domain)) {
            (Err(_), Ok(())) => {
                app.peers.discovery.forgive(&peer.domain);
                app.peers.revive(&peer.ik);
                app.peers.deliver_all(app, &peer.ik);
                hello::say_soon(app, &peer.ik);
                let in_common = |log: &Arc<LogHandle>| log.state().by_home.contains_key(&peer.ik);
                app.log.all().iter().filter(|log| in_common(log)).for_each(|log| profiles::wanted_of(app, log));
            }
            (_, Err(code)) => app.peers.streams.cut(&peer.domain, code),
            (Ok(()), Ok(())) => {}
        }
    }
    let other = |domain: &Domain| now.hides(domain) != before.hides(domain);
    let turned = known(app).await?.into_iter().filter(other);
    Ok(turned.map(|domain| Turned { blocked: now.hides(&domain), domain }).collect())
}
