//! What has to be done from time to time: queued actions expire, seals are emptied, old numbers and people whom nobody
//! meets any more are forgotten.

use crate::{App, profiles};
use std::time::Duration;

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// Starts the worker; it ends with the instance.
pub fn start(app: &App) {
    let worker = app.clone();
    app.tasks.spawn(async move {
        let mut profile = String::new();
        loop {
            tokio::select! {
                biased;
                () = worker.stopping.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            if !worker.cluster.has_duties() {
                continue;
            }
            if let Err(e) = worker.log.tidy().await {
                tracing::warn!(error = %e, "the logs could not be tidied; next try in a minute");
            }
            match profiles::tidy(&worker, &profile).await {
                Ok(next) => profile = next,
                Err(e) => tracing::warn!(error = %e, "profiles could not be tidied; next try in a minute"),
            }
        }
    });
}
