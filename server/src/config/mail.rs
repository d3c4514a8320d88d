use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// TLS from the first byte.
    Tls,
    /// TLS after asking for it; without it nothing is sent.
    StartTls,
    /// Not at all: for a server on this machine.
    None,
}

/// `[mail]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// The name of the server that sends mail for this instance; empty for none.
    pub server: String,
    /// Its port; 0 for the usual one: 465 with `tls`, 587 with `starttls`, 25 with `none`.
    pub port: u16,
    /// How the way there is protected.
    pub encryption: Encryption,
    /// Whose mail it is to the server; empty where it asks nobody.
    pub user: String,
    /// Their password.
    pub password: Secret,
    /// The sender; empty for `conntext@` and the domain.
    pub from: String,
    /// Certificates (PEM) that are believed besides the usual ones, for a server with one of its own.
    pub ca_file: Option<PathBuf>,
    /// Patience with the server, in milliseconds.
    pub timeout_ms: u64,
    /// Pauses between tries, in milliseconds: the first, then growing to the longest.
    pub retry_first_ms: i64,
    /// See above.
    pub retry_max_ms: i64,
    /// For how long it is tried, in seconds.
    pub keep_s: i64,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            server: String::new(),
            port: 0,
            encryption: Encryption::Tls,
            user: String::new(),
            password: Secret::default(),
            from: String::new(),
            ca_file: None,
            timeout_ms: 30_000,
            retry_first_ms: 30_000,
            retry_max_ms: 3_600_000,
            keep_s: 86_400,
        }
    }
}

impl Mail {
    /// Whether this instance can send mail.
    pub fn is_on(&self) -> bool {
        !self.server.is_empty()
    }

    /// The port that is spoken to.
    pub fn port(&self) -> u16 {
        match (self.port, self.encryption) {
            (0, Encryption::Tls) => 465,
            (0, Encryption::StartTls) => 587,
            (0, Encryption::None) => 25,
            (port, _) => port,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.is_on()
            && self.encryption == Encryption::None
            && !["localhost", "127.0.0.1", "::1"].contains(&&*self.server)
        {
            let reason = "\"none\" is for a server on this machine alone; use \"tls\" or \"starttls\"".into();
            return Err(ConfigError::Value { key: "mail.encryption", reason });
        }
        if !self.from.is_empty() && self.from.parse::<lettre::message::Mailbox>().is_err() {
            let reason = "must be an address such as chat@example.org, or \"Chat <chat@example.org>\"".into();
            return Err(ConfigError::Value { key: "mail.from", reason });
        }
        if self.timeout_ms == 0
            || self.retry_first_ms <= 0
            || self.retry_max_ms < self.retry_first_ms
            || self.keep_s <= 0
        {
            let reason = "times must be above 0, and mail.retry_max_ms not below mail.retry_first_ms".into();
            return Err(ConfigError::Value { key: "mail.timeout_ms", reason });
        }
        Ok(())
    }
}
