//! The configuration: one small struct for each section, every field with its default and its unit.
//!
//! Read from a TOML file (`--config FILE` or `CONNTEXT_CONFIG`), then from the environment
//! (`CONNTEXT__SECTION__KEY`, for example `CONNTEXT__INSTANCE__DOMAIN`), then `$PORT`. An unknown key is an error:
//! a misspelt setting must not be silently without effect.

mod accounts;
mod between;
mod exports;
mod federation;
mod hosting;
mod http;
mod instance;
mod limits;
mod log;
mod mail;
mod oidc;
mod secret;
mod sessions;
mod storage;

use std::path::{Path, PathBuf};

use conntext_federation::domain::Domain;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

pub use accounts::{Accounts, Email, Registration};
pub use between::{Between, NatsAddress};
pub use exports::Exports;
pub use federation::{Federation, Follow, Mode};
pub use hosting::ProfileHosting;
pub use http::Http;
pub use instance::Instance;
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use mail::{Encryption, Mail};
pub use oidc::{Oidc, OidcProvider};
pub use secret::Secret;
pub use sessions::Sessions;
pub use storage::{DatabaseAddress, Storage};

/// The whole configuration.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who this instance is.
    pub instance: Instance,
    /// How it is reached.
    pub http: Http,
    /// Where its data lie, and how much.
    pub storage: Storage,
    /// Who may have an account.
    pub accounts: Accounts,
    /// How long a sign-in lasts.
    pub sessions: Sessions,
    /// Sizes and rates.
    pub limits: Limits,
    /// Archives of people's own data.
    pub exports: Exports,
    /// Profiles of people who are at home elsewhere.
    pub profile_hosting: ProfileHosting,
    /// How it sends mail.
    pub mail: Mail,
    /// Sign-in with accounts of other services.
    pub oidc: Oidc,
    /// With which other instances it speaks.
    pub federation: Federation,
    /// What it writes to its log.
    pub log: Log,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file given by name does not exist.
    #[error("there is no configuration file {0}")]
    Missing(PathBuf),
    /// A value of the wrong type, or a key that does not exist.
    #[error("the configuration cannot be read: {0}")]
    Read(#[from] Box<figment::Error>),
    /// A value that makes no sense.
    #[error("configuration, {key}: {reason}")]
    Value {
        /// `section.key`
        key: &'static str,
        /// What is wrong with it and what to do.
        reason: String,
    },
}

impl Config {
    /// Reads the file (when one is given), the environment and `$PORT`, and checks the values.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::Missing(file.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        figment = figment.merge(Env::prefixed("CONNTEXT__").split("__"));
        let mut config: Config = figment.extract().map_err(Box::new)?;
        if let Ok(port) = std::env::var("PORT") {
            config.http.use_port(&port)?;
        }
        config.check()?;
        Ok(config)
    }

    /// The configuration of an instance in a test: plain http, cheap password hashes, open registration.
    pub fn test(domain: &str) -> Self {
        let mut config = Config::default();
        config.instance.domain = domain.to_owned();
        config.instance.name = format!("Test instance {domain}");
        config.http.public_url = Some(format!("https://{domain}"));
        config.accounts.registration = Registration::Open;
        config.accounts.hash_memory_kib = 256;
        config.accounts.hash_passes = 1;
        config.federation.dev_insecure = true;
        // The clock of tests stands still: what was used up would never come back.
        config.federation.peer_burst = 1_000_000;
        config.federation.peer_bytes_per_min = 1 << 40;
        config.federation.actor_burst = 1_000_000;
        config.federation.origin_per_s = 1_000_000;
        config.federation.new_peer_hours = 0;
        config.federation.retry_first_ms = 20;
        config.federation.retry_max_ms = 200;
        config.federation.rewind_wait_s = 0;
        config.storage.high_water_ms = 20;
        // Clocks of tests jump by days.
        config.sessions.access_s = config.sessions.max_s;
        config.accounts.work_bits = 0;
        config.limits.register_burst = 10_000;
        config.limits.api_burst = 100_000;
        config.profile_hosting.offer = true;
        config
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.domain()?;
        self.http.check()?;
        self.accounts.check()?;
        self.sessions.check()?;
        self.storage.check()?;
        self.exports.check()?;
        self.mail.check()?;
        self.oidc.check()?;
        if self.accounts.email == Email::Required && !self.mail.is_on() {
            let reason = "\"required\" needs a server that sends mail: set mail.server".into();
            return Err(ConfigError::Value { key: "accounts.email", reason });
        }
        Ok(())
    }

    /// The domain in normal form. `localhost` and names below it are for trying things out on one machine.
    pub fn domain(&self) -> Result<Domain, ConfigError> {
        Domain::parse_normal(&self.instance.domain, self.federation.dev_insecure || self.is_local()).map_err(|_| {
            ConfigError::Value {
                key: "instance.domain",
                reason: "must be a domain in lower case such as chat.example.org: no port, no address of numbers \
                         (international names in their xn-- form)"
                    .into(),
            }
        })
    }

    /// The address that people type, without a slash at the end.
    pub fn public_url(&self) -> String {
        if let Some(url) = &self.http.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let domain = &self.instance.domain;
        if self.http.tls_cert.is_some() || !self.is_local() {
            return format!("https://{domain}");
        }
        // On one machine people type the port that the instance listens on.
        match self.http.listen.rsplit_once(':') {
            Some((_, port)) if !domain.contains(':') && port != "80" => format!("http://{domain}:{port}"),
            _ => format!("http://{domain}"),
        }
    }

    /// Whether the domain is one that exists on this machine only.
    pub fn is_local(&self) -> bool {
        let host = self.instance.host();
        host == "localhost" || host.ends_with(".localhost")
    }
}
