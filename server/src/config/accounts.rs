use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Who may create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Those who come with an invitation.
    Invite,
    /// Those whom an admin lets in, and those who come with an invitation.
    Approval,
    /// Nobody; the admin creates accounts.
    Closed,
}

impl Registration {
    /// The word in the configuration and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Approval => "approval",
            Self::Closed => "closed",
        }
    }
}

/// Whether accounts have an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Email {
    /// None has one.
    Off,
    /// Whoever wants one.
    Optional,
    /// Nobody gets an account before they confirmed theirs.
    Required,
}

impl Email {
    /// The word in the configuration and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

/// `[accounts]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// `open`, `invite`, `approval` or `closed`.
    pub registration: Registration,
    /// `off`, `optional` or `required`; where no mail is sent there is none.
    pub email: Email,
    /// How much a stranger's machine has to compute for an account, as zero bits of a hash; 0 for nothing. It grows while
    /// many come.
    pub work_bits: u8,
    /// Shortest password, in characters.
    pub password_min: usize,
    /// Least estimated strength, 0 to 4 as zxcvbn counts.
    pub password_score: u8,
    /// Memory of one password hash (Argon2id), in KiB.
    pub hash_memory_kib: u32,
    /// Passes over that memory.
    pub hash_passes: u32,
    /// Password hashes computed at a time; more wait.
    pub hash_parallel: usize,
    /// How often somebody can change the name of their account in 30 days; 0 for not at all.
    pub renames_a_month: u32,
    /// Days in which somebody can take back that their account is deleted.
    pub deletion_days: i64,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            registration: Registration::Open,
            email: Email::Optional,
            work_bits: 17,
            password_min: 10,
            password_score: 2,
            // The parameters that OWASP recommends for Argon2id.
            hash_memory_kib: 19_456,
            hash_passes: 2,
            hash_parallel: 2,
            renames_a_month: 3,
            deletion_days: 14,
        }
    }
}

impl Accounts {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.password_min < 8 {
            return Err(ConfigError::Value { key: "accounts.password_min", reason: "must be 8 or more".into() });
        }
        if self.password_score > 4 {
            return Err(ConfigError::Value { key: "accounts.password_score", reason: "goes from 0 to 4".into() });
        }
        if self.work_bits > 24 {
            return Err(ConfigError::Value { key: "accounts.work_bits", reason: "goes from 0 to 24".into() });
        }
        if self.hash_memory_kib < 8 || self.hash_passes == 0 || self.hash_parallel == 0 {
            return Err(ConfigError::Value {
                key: "accounts.hash_memory_kib",
                reason: "at least 8 KiB, one pass and one hash at a time are needed".into(),
            });
        }
        if !(0..=365).contains(&self.deletion_days) {
            return Err(ConfigError::Value { key: "accounts.deletion_days", reason: "goes from 0 to 365".into() });
        }
        Ok(())
    }
}
