//! ConnText: community chat that people host themselves.
//!
//! `build` puts an instance together from a configuration, a clock and a random source; `router` gives its HTTP
//! service. The modules and what may use what: `docs/architecture.md`.

// `Tx` and `Read` are used through `&mut impl Query`; their futures are `Send` by the trait's own signature.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod http;
pub mod metrics;
pub mod routes;
pub mod sessions;

use std::sync::Arc;

pub use app::App;
use clock::{Clock, Rng};
use config::Config;
use db::Db;
use db::folder::{Folder, FolderError};
pub use routes::router;

/// Why an instance cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database.
    #[error("the database cannot be opened: {0}")]
    Db(#[from] db::Error),
    /// A file of the data folder.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// What the operating system said.
        #[source]
        error: std::io::Error,
    },
}

/// Opens the data folder and the database and puts the instance together. Nothing listens yet.
pub async fn build(config: Config, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<App, StartError> {
    let folder = Folder::open(&config.storage.data_dir)?;
    let path = folder.path().join("conntext.db");
    db::folder::touch_private(&path)
        .map_err(|error| StartError::Io { what: format!("cannot create {}", path.display()), error })?;
    let db = Db::open(&path).await?;
    let metrics = metrics::Metrics::new();
    Ok(App::new(app::Inner { config, folder, db, clock, rng, metrics }))
}
