use serde::{Deserialize, Serialize};

/// `[sessions]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// A session ends when it was not used for so many seconds (30 days).
    pub idle_s: i64,
    /// A session ends so many seconds after its sign-in, used or not (a year).
    pub max_s: i64,
    /// How often "last seen" is written, in seconds: not at every request.
    pub touch_s: i64,
    /// Sessions per account; at one more, the one that was not used for longest ends.
    pub per_account: usize,
    /// Dangerous acts ask who is there when that was proven longer ago than so many seconds.
    pub proof_s: i64,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { idle_s: 30 * 86_400, max_s: 365 * 86_400, touch_s: 60, per_account: 50, proof_s: 600 }
    }
}
