//! Deleting an account: asked for, waited for a while in which it can be undone, then carried out here and confirmed by every
//! instance that knew the person.
//!
//! When its day has come, [`end`] ends the account in one transaction: nobody can sign in any more, and the identity has its
//! last operation. Then [`leave`] takes the person out of their communities, with everything that they posted where they
//! asked for that, and [`farewell`] tells the instances that knew them. Each step is written down, so that it goes on after a
//! restart. What was ended also stands in a file beside the database ([`file`]): a database that is restored from before
//! does not bring anybody back. Where the whole folder was put back, others are asked ([`restored`]).

mod end;
mod farewell;
mod file;
mod leave;
mod restored;
mod routes;
mod store;

use std::time::Duration;

pub use end::{link, now, reapply};
pub use farewell::peer_router;
pub use restored::mark_restored;
pub use routes::router;
pub use store::{forget_private, of_person};

use crate::App;
use crate::error::Result;
use store::State;

/// How often it is looked for what is due.
const ROUND: Duration = Duration::from_secs(5);
/// For how long it is waited for confirmations, milliseconds.
const FOLLOW_FOR_MS: i64 = 30 * 86_400_000;
/// For how long afterwards its person can see how it went, milliseconds.
const SHOWN_FOR_MS: i64 = 90 * 86_400_000;

/// Starts the worker; it ends with the instance.
pub fn start(app: &App) {
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        loop {
            worker.cluster.until_duties().await;
            if let Err(e) = round(&worker).await {
                tracing::warn!(code = e.code, detail = e.detail, "accounts that go could not be looked after");
            }
            tokio::time::sleep(ROUND).await;
        }
    }));
}

/// One round: everything that can be done now.
///
/// # Errors
/// From the database; the next round goes on where this one ended.
pub async fn round(app: &App) -> Result<()> {
    restored::ask(app).await?;
    end::due(app).await?;
    leave::go_on(app).await?;
    farewell::send(app).await?;
    settle(app).await
}

/// Those of whom everything is confirmed, or waited for long enough, are done.
async fn settle(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    let mut read = app.db.read().await?;
    let mut open = store::in_state(&mut read, State::Confirming).await?;
    // The host of a community may never answer.
    open.extend(store::in_state(&mut read, State::Leaving).await?);
    let over = store::shown_until(&mut read, now - SHOWN_FOR_MS).await?;
    let mut done = Vec::new();
    for deletion in open {
        let waited = now - deletion.gone_at.unwrap_or(deletion.due_at) > FOLLOW_FOR_MS;
        let confirmed =
            deletion.state == State::Confirming && store::progress(&mut read, &deletion.uid).await?.missing.is_empty();
        if waited || confirmed {
            done.push(deletion.uid);
        }
    }
    drop(read);
    if done.is_empty() && over.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for uid in done {
        store::settle(&mut tx, &uid, now).await?;
    }
    for uid in over {
        store::forget(&mut tx, &uid).await?;
    }
    Ok(tx.commit().await?)
}
