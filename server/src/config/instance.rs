use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[instance]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Instance {
    /// The domain by which people and other instances know this one: lower case, without port
    /// (except with `federation.dev_insecure`). Everybody's address ends in it.
    pub domain: String,
    /// The name that people see. Can be changed in the settings later.
    pub name: String,
}

impl Default for Instance {
    fn default() -> Self {
        Self { domain: "localhost".into(), name: "ConnText".into() }
    }
}

impl Instance {
    pub(super) fn check(&self, dev: bool) -> Result<(), ConfigError> {
        let fault = |reason: &str| Err(ConfigError::Value { key: "instance.domain", reason: reason.to_owned() });
        let (host, port) = match self.domain.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (self.domain.as_str(), None),
        };
        if port.is_some() && !dev {
            return fault("must not have a port");
        }
        if port.is_some_and(|p| p.parse::<u16>().is_err()) {
            return fault("has an impossible port");
        }
        let label = |l: &str| {
            !l.is_empty()
                && l.len() <= 63
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if host.len() > 253 || !host.split('.').all(label) {
            return fault(
                "must be a domain in lower case, such as chat.example.org (international names in their xn-- form)",
            );
        }
        if host.split('.').next_back().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit())) {
            return fault("must be a domain, not an address of numbers");
        }
        Ok(())
    }

    /// The domain without a port.
    pub fn host(&self) -> &str {
        self.domain.split(':').next().unwrap_or(&self.domain)
    }
}
