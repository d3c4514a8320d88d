//! ConnText: community chat that people host themselves.
//!
//! `build` puts an instance together from a configuration, a clock and a random source; `router` gives its HTTP
//! service. The modules and what may use what: `docs/architecture.md`.

// `Tx` and `Read` are used through `&mut impl Query`; their futures are `Send` by the trait's own signature.

pub mod accounts;
pub mod app;
pub mod bus;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod crash;
pub mod db;
pub mod deletion;
pub mod directory;
pub mod erasure;
pub mod error;
pub mod export;
pub mod factors;
pub mod gateway;
pub mod handover;
pub mod heard;
pub mod http;
pub mod invites;
pub mod keys;
pub mod lately;
pub mod log;
pub mod mail;
pub mod maintenance;
pub mod media;
pub mod members;
pub mod messages;
pub mod metrics;
pub mod moderation;
pub mod moving;
pub mod notices;
pub mod oidc;
pub mod peers;
pub mod presence;
pub mod profiles;
pub mod projections;
pub mod reactions;
pub mod reading;
pub mod roles;
pub mod routes;
pub mod servers;
pub mod sessions;
pub mod settings;
pub mod takeover;
pub mod trust;
pub mod typing;
pub mod uploads;

use std::sync::Arc;

pub use app::{App, Base};
use clock::{Clock, Rng};
use config::Config;
use db::folder::{Folder, FolderError};
use db::{Db, Source};
use keys::InstanceKeys;
pub use routes::router;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Why an instance cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database.
    #[error("the database cannot be opened: {0}")]
    Db(#[from] db::Error),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// The instance's keys.
    #[error(transparent)]
    Keys(#[from] keys::KeysError),
    /// The cost of password hashes.
    #[error("accounts.hash_*: {0}")]
    Passwords(String),
    /// The way to other instances.
    #[error("other instances cannot be spoken with: {0}")]
    Peers(String),
    /// The domain.
    #[error(transparent)]
    Domain(#[from] peers::domains::own::DomainError),
    /// Accounts that were deleted, and profiles of an earlier version.
    #[error("the accounts cannot be looked after: {0}")]
    People(String),
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

/// Where the database of a configuration is.
pub fn database(config: &Config) -> db::Result<Source> {
    Source::parse(config.storage.database.reveal(), config.storage.data_dir.join("conntext.db"))
}

/// Opens database and keys in a data folder that exists, without taking its lock: for commands beside a running instance.
pub async fn open(config: Config, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Base, StartError> {
    let source = database(&config)?;
    if let Source::File(path) = &source {
        db::folder::touch_private(path)
            .map_err(|error| StartError::Io { what: format!("cannot create {}", path.display()), error })?;
    }
    open_on(Db::open(&source).await?, config, clock, rng).await
}

async fn open_on(db: Db, config: Config, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Base, StartError> {
    let data = config.storage.data_dir.clone();
    let domain = config.domain()?;
    let keys = Arc::new(InstanceKeys::open(&data, &domain, &db, clock.clone(), &*rng).await?);
    let passwords = accounts::Passwords::new(&config.accounts, &*rng).map_err(StartError::Passwords)?;
    Ok(Base { config, data, db, clock, rng, domain, keys, passwords })
}

/// Locks the data folder, opens the database and puts the instance together. Nothing listens yet.
pub async fn build(config: Config, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<App, StartError> {
    let transport = peers::HttpTransport::new(&config.federation).map_err(StartError::Peers)?;
    build_with(config, clock, rng, Arc::new(transport)).await
}

/// As [`build`], with another way to other instances.
pub async fn build_with(
    config: Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    transport: Arc<dyn peers::Transport>,
) -> Result<App, StartError> {
    let folder = match database(&config)? {
        Source::File(_) => Folder::open(&config.storage.data_dir)?,
        Source::Postgres(_) => Folder::share(&config.storage.data_dir)?,
    };
    let base = open(config, clock, rng).await?;
    assemble(folder, base, transport).await
}

/// As [`build_with`], on a database that is open already: that of a simulation.
///
/// # Errors
/// As [`build_with`].
#[cfg(feature = "failpoints")]
pub async fn build_on(
    db: Db,
    config: Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    transport: Arc<dyn peers::Transport>,
) -> Result<App, StartError> {
    let folder = Folder::open(&config.storage.data_dir)?;
    let base = open_on(db, config, clock, rng).await?;
    assemble(folder, base, transport).await
}

async fn assemble(folder: Folder, base: Base, transport: Arc<dyn peers::Transport>) -> Result<App, StartError> {
    base.db.claim_shared().await?;
    peers::domains::own::check(&base).await?;
    let storage = &base.config.storage;
    let cluster = cluster::Cluster::open(&base.db, &storage.between, base.keys.ik.as_str(), &*base.rng).await?;
    let cluster = Arc::new(cluster);
    let metrics = metrics::Metrics::new();
    let guard = accounts::Guard::new(&base.config.limits);
    let pace = messages::Pace::new(&base.config.limits);
    let bus = Arc::new(bus::Bus::among(cluster.clone()));
    let me = log::Me { ik: base.keys.ik.clone(), domain: base.domain.as_str().to_owned(), keys: base.keys.clone() };
    let settings = log::LogSettings {
        hold_deleted_ms: base.config.storage.hold_deleted_days.saturating_mul(86_400_000),
        queue_per_actor: u64::try_from(base.config.federation.queue_per_actor).unwrap_or(u64::MAX),
        queue_ttl_ms: base.config.federation.queue_ttl_s.saturating_mul(1000),
    };
    let counter = metrics.register("events", "Events written to logs and copies", Default::default());
    let high_water = base.data.join("high-water.json");
    let marks = log::rewind::high_water_marks(&high_water);
    let log = log::Log::start(
        base.db.clone(),
        base.clock.clone(),
        base.rng.clone(),
        bus.clone(),
        cluster.clone(),
        Arc::new(me),
        settings,
        projections::ROOMS,
        counter,
    )
    .await?;
    log.watch_high_water(high_water, marks).await?;
    let peers = peers::Peers::open(&base, transport, projections::PEERS, &metrics)
        .await
        .map_err(|e| StartError::Peers(e.to_string()))?;
    let app = App::new(app::Inner {
        cluster,
        bus,
        log,
        peers,
        oidc: oidc::Known::default(),
        presence: presence::PresenceBook::default(),
        gateway: gateway::Gateway::default(),
        folder,
        metrics,
        sessions: sessions::Known::default(),
        people: profiles::Known::default(),
        guard,
        mail: mail::Health::default(),
        pace,
        cards: servers::Cards::default(),
        media: media::Media::default(),
        uploads: uploads::Uploads::default(),
        exports: export::Exports::default(),
        hosting: profiles::hosting::Hosting::new(&base.config),
        moving: moving::Moving::default(),
        handover: handover::Handover::default(),
        takeovers: takeover::Takeovers::default(),
        server_guard: servers::Guard::new(&base.config.limits),
        stopping: CancellationToken::new(),
        tasks: TaskTracker::new(),
        base,
    });
    heard::start(&app);
    log::rewind::start(&app);
    peers::start(&app).await?;
    deletion::reapply(&app).await.map_err(|e| StartError::People(e.to_string()))?;
    profiles::name_in_profiles(&app).await.map_err(|e| StartError::People(e.to_string()))?;
    erasure::start(&app);
    deletion::start(&app);
    profiles::hosting::start(&app);
    moving::start(&app);
    handover::start(&app);
    takeover::start(&app);
    mail::start(&app);
    trust::start(&app);
    Ok(app)
}
