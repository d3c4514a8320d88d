//! With whom this instance speaks: what its admins see and decide. What is decided is judged in `peers::trust`.

mod cut;
mod list_routes;
mod lists;
mod routes;
mod rules;
mod types;

use std::time::Duration;

use conntext_federation::domain::Domain;

use crate::bus::Notice;
use crate::error::Result;
use crate::http::Routes;
use crate::log::LogHandle;
use crate::peers::trust::{Book, Turned, known, store, turn};
use crate::{App, media, profiles};

pub use rules::{Change, change, remove};

/// How often it is looked whether a command beside this process has changed the rules.
const LOOK: Duration = Duration::from_secs(5);

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    routes::router().merge(list_routes::router())
}

/// Starts to look for rules that a command beside this process has changed; it ends with the instance.
pub fn start(app: &App) {
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        // What a block left to be done when the process ended, or while none ran.
        if let Err(e) = purge_blocked(&worker).await {
            tracing::warn!(error = %e, "what is kept of blocked instances could not be erased");
        }
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(e) = reload(&worker).await {
                tracing::warn!(error = %e, "the rules about other instances cannot be read");
            }
        }
    }));
}

/// Has the rules count that stand in the database, and acts on what is different.
///
/// # Errors
/// The database's.
pub async fn reload(app: &App) -> Result<()> {
    let mut read = app.db.read().await?;
    if store::revision(&mut read).await? == app.peers.trust.book().revision {
        return Ok(());
    }
    let book = Book::read(&mut read, &app.config.federation).await?;
    drop(read);
    let turned = turn(app, book).await?;
    // Otherwise another process does.
    if app.cluster.has_duties() {
        for Turned { domain, .. } in turned.iter().filter(|turned| turned.blocked) {
            purge(app, domain).await?;
        }
    }
    // What the document says of the mode.
    app.peers.renew_document(app).await?;
    for log in app.log.all() {
        let other = turned.iter().any(|turned| is_from(&log, &turned.domain));
        app.bus.tell_server_here(&log.sid, Notice::Hub);
        if other {
            app.bus.tell_server_here(&log.sid, Notice::Reread);
        }
    }
    Ok(())
}

/// Whether something in a server may come from an instance.
fn is_from(log: &LogHandle, domain: &Domain) -> bool {
    log.hub_domain() == domain.as_str() || log.state().instances.values().any(|known| known.domain == domain.as_str())
}

async fn purge_blocked(app: &App) -> Result<()> {
    let book = app.peers.trust.book();
    for domain in known(app).await?.iter().filter(|domain| book.hides(domain)) {
        purge(app, domain).await?;
    }
    Ok(())
}

/// Erases what is kept here of a blocked instance and can be fetched again: pictures of its people, files of its
/// communities. Profiles of its people are kept for them no longer.
async fn purge(app: &App, domain: &Domain) -> Result<()> {
    let mut tx = app.db.begin().await?;
    profiles::forget_pictures(&mut tx, domain).await?;
    tx.commit().await?;
    profiles::hosting::let_go_of(app, domain.as_str(), false).await?;
    for log in app.log.all() {
        if !log.hub_here() && log.hub_domain() == domain.as_str() {
            media::drop_copies(app, log.id).await?;
        }
    }
    Ok(())
}
