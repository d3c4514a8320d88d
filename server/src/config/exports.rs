use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[exports]`: archives of people's own data.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exports {
    /// Days for which a finished archive can be downloaded; then it is erased.
    pub keep_days: i64,
    /// Archives that one person may have made in 24 hours.
    pub per_day: i64,
    /// Largest archive of another instance that is looked at, in bytes. Web clients send the small part that counts, so that
    /// larger ones come in, too.
    pub import_max_bytes: u64,
}

impl Default for Exports {
    fn default() -> Self {
        Self { keep_days: 7, per_day: 3, import_max_bytes: 256 * 1024 * 1024 }
    }
}

impl Exports {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !(1..=365).contains(&self.keep_days) {
            return Err(ConfigError::Value { key: "exports.keep_days", reason: "goes from 1 to 365".into() });
        }
        Ok(())
    }
}
