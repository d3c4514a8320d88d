//! "Erase everything that I posted": asked by the author, carried out by every instance that holds a copy, and confirmed by
//! each with a signed receipt.
//!
//! The log writes the purge and erases ([`crate::log::purge`]). This room brings receipts to hubs, and shows who asked how
//! far it is.

mod asked;
mod departed;
mod receipts;
mod routes;
mod store;

use std::time::Duration;

pub use asked::ask;
pub use departed::{ask_departed, departed};
pub use receipts::{pause, peer_router};
pub use routes::router;
pub use store::{ask_later, forget_departure, is_asked, note_departed};

use crate::App;
use crate::error::Result;

/// How often it is looked for what is due.
const ROUND: Duration = Duration::from_secs(5);

/// Instances that are spoken with at a time.
const AT_A_TIME: usize = 8;

/// Starts the workers, one that erases and one that speaks with others, who may be slow; they end with the instance.
pub fn start(app: &App) {
    let (eraser, asker, stopping) = (app.clone(), app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.clone().run_until_cancelled_owned(async move {
        loop {
            eraser.cluster.until_duties().await;
            told(erase(&eraser).await);
            let _ = tokio::time::timeout(ROUND, eraser.log.purge_came()).await;
        }
    }));
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        loop {
            asker.cluster.until_duties().await;
            told(exchange(&asker).await);
            tokio::time::sleep(ROUND).await;
        }
    }));
}

fn told(done: Result<()>) {
    if let Err(e) = done {
        tracing::warn!(
            code = e.code,
            detail = e.detail,
            "what is to be erased could not be looked after; next try soon"
        );
    }
}

/// One round: everything that can be done now.
///
/// # Errors
/// From the database; the next round goes on where this one ended.
pub async fn round(app: &App) -> Result<()> {
    erase(app).await?;
    exchange(app).await
}

/// Brings receipts to hubs and asks who has confirmed.
async fn exchange(app: &App) -> Result<()> {
    receipts::send(app).await?;
    asked::look(app).await
}

async fn erase(app: &App) -> Result<()> {
    let mut erased = false;
    while app.log.purge_on().await? {
        erased = true;
        if app.stopping.is_cancelled() {
            return Ok(());
        }
    }
    if erased {
        crate::media::sweep(app).await?;
    }
    Ok(())
}
