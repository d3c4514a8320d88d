use serde::{Deserialize, Serialize};

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
    /// The domain without a port.
    pub fn host(&self) -> &str {
        self.domain.split(':').next().unwrap_or(&self.domain)
    }
}
