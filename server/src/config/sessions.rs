use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[sessions]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// A session ends when it was not used for so many seconds (30 days).
    pub idle_s: i64,
    /// A session ends so many seconds after its sign-in, used or not (a year).
    pub max_s: i64,
    /// The token that goes with requests is good for so many seconds; another one gets the next (a quarter of an hour).
    pub access_s: i64,
    /// For so many seconds the tokens before count as well: what is under way, and other windows, may still have them.
    pub reuse_grace_s: i64,
    /// How often "last seen" is written, in seconds: not at every request.
    pub touch_s: i64,
    /// Sessions per account; at one more, the one that was not used for longest ends.
    pub per_account: usize,
    /// Dangerous acts ask who is there when that was proven longer ago than so many seconds.
    pub proof_s: i64,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            idle_s: 30 * 86_400,
            max_s: 365 * 86_400,
            access_s: 900,
            reuse_grace_s: 60,
            touch_s: 60,
            per_account: 50,
            proof_s: 600,
        }
    }
}

impl Sessions {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.access_s < 1 || self.reuse_grace_s < 0 {
            let reason = "must be 1 or more, and sessions.reuse_grace_s not below 0".into();
            return Err(ConfigError::Value { key: "sessions.access_s", reason });
        }
        Ok(())
    }
}
