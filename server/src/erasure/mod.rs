//! "Erase everything that I posted": asked by the author, carried out by every instance that holds a copy, and confirmed by
//! each with a signed receipt.
//!
//! The log writes the purge and erases ([`crate::log::purge`]). This room brings receipts to hubs, and shows who asked how
//! far it is.

mod asked;
mod receipts;
mod routes;
mod store;

use std::time::Duration;

pub use asked::ask;
pub use receipts::peer_router;
pub use routes::router;

use crate::App;
use crate::error::Result;

/// How often it is looked for what is due.
const ROUND: Duration = Duration::from_secs(5);

/// Starts the worker that erases, confirms and asks who has confirmed; it ends with the instance.
pub fn start(app: &App) {
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        loop {
            if worker.cluster.has_duties()
                && let Err(e) = round(&worker).await
            {
                tracing::warn!(
                    code = e.code,
                    detail = e.detail,
                    "what is to be erased could not be looked after; next try soon"
                );
            }
            let _ = tokio::time::timeout(ROUND, worker.log.purge_came()).await;
        }
    }));
}

/// One round: everything that can be done now.
///
/// # Errors
/// From the database; the next round goes on where this one ended.
pub async fn round(app: &App) -> Result<()> {
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
    receipts::send(app).await?;
    asked::look(app).await
}
