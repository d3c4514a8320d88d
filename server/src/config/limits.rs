use serde::{Deserialize, Serialize};

/// `[limits]`: sizes and rates of the client API. A rate is a burst that refills within a time.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest text of a message, in bytes.
    pub message_bytes: usize,
    /// Failed sign-ins per address and per account before the next must wait.
    pub sign_in_burst: u32,
    /// Seconds until one more failed sign-in is allowed.
    pub sign_in_refill_s: u64,
    /// Sign-ins by passkey begun per address before the next must wait.
    pub passkey_burst: u32,
    /// Seconds until one more is allowed.
    pub passkey_refill_s: u64,
    /// New accounts per address before the next must wait.
    pub register_burst: u32,
    /// Seconds until one more new account from that address is allowed.
    pub register_refill_s: u64,
    /// Letters that a stranger can cause, per address on the network and per mailbox, before the next must wait.
    pub mail_burst: u32,
    /// Seconds until one more is sent.
    pub mail_refill_s: u64,
    /// New communities per account before the next must wait.
    pub server_burst: u32,
    /// Seconds until one more new community is allowed.
    pub server_refill_s: u64,
    /// Invitations per address that turned out not to exist before the next must wait.
    pub invite_burst: u32,
    /// Seconds until one more such try is allowed.
    pub invite_refill_s: u64,
    /// Requests of the client API per account in a burst.
    pub api_burst: u32,
    /// Requests of the client API per account and second in the long run.
    pub api_per_s: u32,
    /// Messages per account in a burst.
    pub message_burst: u32,
    /// Messages per account and second in the long run.
    pub message_per_s: u32,
    /// Reactions and deletions per account in a burst.
    pub reaction_burst: u32,
    /// Reactions and deletions per account and second in the long run.
    pub reaction_per_s: u32,
    /// "Is writing" per account in a burst.
    pub typing_burst: u32,
    /// "Is writing" per account and second in the long run.
    pub typing_per_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 16 * 1024,
            sign_in_burst: 10,
            sign_in_refill_s: 30,
            passkey_burst: 100,
            passkey_refill_s: 2,
            register_burst: 10,
            register_refill_s: 360,
            mail_burst: 5,
            mail_refill_s: 720,
            server_burst: 20,
            server_refill_s: 180,
            invite_burst: 20,
            invite_refill_s: 60,
            api_burst: 600,
            api_per_s: 100,
            message_burst: 20,
            message_per_s: 5,
            reaction_burst: 30,
            reaction_per_s: 5,
            typing_burst: 5,
            typing_per_s: 1,
        }
    }
}
