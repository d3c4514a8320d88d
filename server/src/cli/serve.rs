//! `conntext serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::clock::{OsRng, SystemClock};
use crate::config::Config;

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    super::logging::start(&config.log)?;
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return Err("the TLS library is set up already".into());
    }
    let listen = config.http.listen.clone();
    let app = crate::build(config, Arc::new(SystemClock::from_env()), Arc::new(OsRng)).await?;
    if let Some(url) = crate::accounts::offer_setup(&app).await? {
        tracing::warn!(url, "nobody administers this instance yet: open this address to set it up");
    }
    let listener =
        tokio::net::TcpListener::bind(&listen).await.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    tracing::info!(address = %listener.local_addr()?, domain = %app.config.instance.domain, "listening");
    let service = crate::router(&app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}
