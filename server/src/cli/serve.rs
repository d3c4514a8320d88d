//! `conntext serve`.

use std::sync::Arc;
use std::time::Duration;

use super::{Failure, listen};
use crate::accounts;
use crate::clock::{OsRng, SystemClock};
use crate::config::Config;

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    super::logging::start(&config.log)?;
    super::install_crypto()?;
    crate::crash::choose()?;
    let tls = listen::tls(&config.http).await?;
    // Before the database is touched: an address that is taken is the most usual fault.
    let listener = listen::bind(&config.http).await.map_err(|e| {
        format!(
            "cannot listen on {}: {e}. Another program has the address, or it is not one of this machine",
            config.http.listen
        )
    })?;
    let address = listener.local_addr()?;
    let drain = Duration::from_secs(config.http.drain_s);
    let app = crate::build(config, Arc::new(SystemClock::from_env()), Arc::new(OsRng)).await?;
    crate::maintenance::start(&app);
    crate::media::start(&app);
    crate::export::start(&app);
    // Of several processes one offers it: the newest address is the only one that is valid.
    let setup = if app.cluster.has_duties() { accounts::offer_setup(&app).await? } else { None };
    let url = app.config.public_url();
    tracing::info!(%address, tls = tls.is_some(), url, version = env!("CARGO_PKG_VERSION"), "ConnText is running");
    if let Some(url) = setup {
        tracing::warn!(url, "nobody administers this instance yet: open this address to set it up");
    }
    listen::serve(&app, listener, tls, crate::router(&app)).await?;
    app.tasks.close();
    if tokio::time::timeout(drain, app.tasks.wait()).await.is_err() {
        tracing::warn!("some workers did not finish in time");
    }
    app.db.close().await;
    tracing::info!("stopped");
    Ok(())
}
