use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[http]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Address and port to listen on. `$PORT` replaces the port and listens on all addresses.
    pub listen: String,
    /// File with the certificate chain (PEM). With `tls_key` the instance speaks TLS itself.
    pub tls_cert: Option<PathBuf>,
    /// File with the private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The address that people type, when it is not `https://<domain>`.
    pub public_url: Option<String>,
    /// Largest request body of the client API in bytes (uploads have their own limit).
    pub body_bytes: usize,
    /// Time for the head of a request to arrive, also the idle time of a kept connection, in seconds.
    pub header_timeout_s: u64,
    /// Time for the body of another instance's request to arrive, in seconds; one that comes at 512 bytes a second or
    /// faster may take longer.
    pub body_timeout_s: u64,
    /// Time for open requests to end when the process is told to stop, in seconds.
    pub drain_s: u64,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            tls_cert: None,
            tls_key: None,
            // A proxy on the same machine is the usual way to host.
            trusted_proxies: vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
            public_url: None,
            body_bytes: 1024 * 1024,
            header_timeout_s: 60,
            body_timeout_s: 30,
            drain_s: 10,
        }
    }
}

impl Http {
    pub(super) fn use_port(&mut self, port: &str) -> Result<(), ConfigError> {
        let port: u16 = port.parse().map_err(|_| ConfigError::Value {
            key: "http.listen",
            reason: format!("$PORT is \"{port}\", which is no port number"),
        })?;
        self.listen = format!("0.0.0.0:{port}");
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return Err(ConfigError::Value {
                key: "http.tls_cert",
                reason: "needs http.tls_key beside it, and the other way round".into(),
            });
        }
        if self.public_url.as_ref().is_some_and(|u| !u.starts_with("https://") && !u.starts_with("http://")) {
            return Err(ConfigError::Value {
                key: "http.public_url",
                reason: "must begin with https:// or http://".into(),
            });
        }
        Ok(())
    }
}
