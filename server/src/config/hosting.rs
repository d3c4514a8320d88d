use serde::{Deserialize, Serialize};

/// `[profile_hosting]`: keeping the profiles of people who are at home on other instances.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProfileHosting {
    /// Whether people of other instances may choose this one for their profile. Those that are kept already stay.
    pub offer: bool,
    /// The most profiles of others.
    pub max_profiles: u32,
    /// The most of one other instance.
    pub max_per_instance: u32,
    /// What whoever chooses this instance agrees to, in a few sentences.
    pub terms: String,
    /// How often one of our own people may choose another place within a day.
    pub moves_per_day: u32,
    /// Seconds after which it is looked again whether a host shows what was given to it.
    pub check_s: u64,
}

impl Default for ProfileHosting {
    fn default() -> Self {
        Self {
            offer: false,
            max_profiles: 1_000,
            max_per_instance: 200,
            terms: String::new(),
            moves_per_day: 3,
            check_s: 21_600,
        }
    }
}
