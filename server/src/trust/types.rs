//! How trust in other instances appears in the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Mode;
use crate::peers::trust::{Rule, Verdict, Waiting};

/// What this instance has in common with another one.
#[derive(Clone, Default, Serialize, ToSchema)]
pub struct InCommon {
    /// Names of communities with people of both, or hosted there; the first twenty.
    pub communities: Vec<String>,
    /// How many there are.
    pub community_count: u64,
    /// People of this instance in them.
    pub people_here: u64,
    /// People of the other one in them.
    pub people_there: u64,
}

/// An instance that was met.
#[derive(Serialize, ToSchema)]
pub struct MetInstance {
    pub domain: String,
    /// `answers`, `away`, `down` or `dormant`.
    pub standing: String,
    /// Why there is no exchange with it: `blocked`, `paused`, `not_allowed` or `in_review`.
    #[schema(required)]
    pub refused: Option<String>,
    /// What went wrong last.
    #[schema(required)]
    pub last_error: Option<String>,
    /// When it was last heard from or answered; milliseconds since 1970.
    pub last_contact: i64,
    /// For how long it may send less because it is new; milliseconds.
    pub new_for_ms: i64,
    pub common: InCommon,
}

/// A list of another instance that was taken over.
#[derive(Serialize, ToSchema)]
pub struct TakenList {
    /// Whose.
    pub domain: String,
    /// When it was made; milliseconds since 1970.
    pub issued_at: i64,
    /// When it was taken over; milliseconds since 1970.
    pub taken_at: i64,
    /// How many rules come from it.
    pub rules: u64,
}

/// With whom this instance speaks.
#[derive(Serialize, ToSchema)]
pub struct TrustSettings {
    pub mode: Mode,
    /// What the configuration says: the mode can only be made stricter.
    pub configured_mode: Mode,
    /// What the configuration blocks.
    pub configured_deny: Vec<String>,
    /// What the configuration allows.
    pub configured_allow: Vec<String>,
    pub rules: Vec<Rule>,
    pub lists: Vec<TakenList>,
    /// The oldest first.
    pub waiting: Vec<Waiting>,
    pub instances: Vec<MetInstance>,
}

/// Another mode.
#[derive(Deserialize, ToSchema)]
pub struct SetMode {
    pub mode: Mode,
    /// Instances with which there are communities in common are allowed, so that nothing is cut off.
    #[serde(default)]
    pub keep_known: bool,
}

/// What a rule is to say.
#[derive(Deserialize, ToSchema)]
pub struct SetRule {
    pub verdict: Verdict,
    /// 100 for what is usual.
    #[serde(default = "usual")]
    pub percent: u32,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub note: String,
}

fn usual() -> u32 {
    100
}

/// What would count.
#[derive(Deserialize, ToSchema)]
pub struct Supposed {
    /// Another mode.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// A rule more, or another one.
    #[serde(default)]
    pub rule: Option<SupposedRule>,
}

/// A rule that would count.
#[derive(Deserialize, ToSchema)]
pub struct SupposedRule {
    pub pattern: String,
    pub verdict: Verdict,
}

/// An instance with which there would be no exchange any more.
#[derive(Serialize, ToSchema)]
pub struct Cut {
    pub domain: String,
    /// `blocked`, `paused`, `not_allowed` or `in_review`.
    pub code: String,
    pub common: InCommon,
}

/// What would be cut off.
#[derive(Serialize, ToSchema)]
pub struct Cuts {
    pub cuts: Vec<Cut>,
}

/// What taking a list over changes.
#[derive(Serialize, ToSchema)]
pub struct ListPreview {
    /// Whose list it is.
    pub domain: String,
    /// When it was made; milliseconds since 1970.
    pub issued_at: i64,
    /// How many entries it has.
    pub entries: u64,
    /// Entries that were not blocked here before.
    pub added: Vec<ListEntry>,
    /// Rules taken from an older list of the same instance that are gone from this one.
    pub removed: Vec<String>,
    /// Entries about which an admin of this instance decided already: that stays.
    pub kept: Vec<String>,
    pub cuts: Vec<Cut>,
}

/// An entry of a list.
#[derive(Serialize, ToSchema)]
pub struct ListEntry {
    pub pattern: String,
    pub reason: String,
}
