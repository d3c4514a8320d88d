//! What follows when other rules count.

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

/// Puts a book in the place of the one that counts, and acts on what is different for the instances that were met: streams
/// end where there is to be no exchange any more, and all goes on where there is one again. Answers of whom other things
/// are shown now than before.
///
/// # Errors
/// The database's; the book counts then.
pub async fn turn(app: &App, book: Book) -> db::Result<Vec<Turned>> {
    let before = app.peers.trust.replace(book);
    let now = app.peers.trust.book();
    let mut turned = Vec::new();
    for peer in peers::peers(&mut app.db.read().await?).await? {
        let blocked = now.hides(&peer.domain);
        if blocked != before.hides(&peer.domain) {
            turned.push(Turned { domain: peer.domain.clone(), blocked });
        }
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
    Ok(turned)
}
