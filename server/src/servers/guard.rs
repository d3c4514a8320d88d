//! Limits on making servers and on trying invitations.

use std::net::IpAddr;

use crate::config::Limits;
use crate::http::rate::RateLimit;

/// Limits that belong to servers.
pub struct Guard {
    /// New servers, by account.
    pub create: RateLimit<String>,
    /// Invitations looked up that did not exist, by address.
    pub invite: RateLimit<IpAddr>,
}

impl Guard {
    /// As the configuration says.
    pub fn new(limits: &Limits) -> Self {
        Self {
            create: RateLimit::new(limits.server_burst, limits.server_refill_s.saturating_mul(1000)),
            invite: RateLimit::new(limits.invite_burst, limits.invite_refill_s.saturating_mul(1000)),
        }
    }
}
