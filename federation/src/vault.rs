//! What somebody who lost their home needs to find their way: sealed to the key that they hold themselves, kept beside their
//! profile by its host, and given to whoever proves to hold that key.
//!
//! Sealing is that of an anonymous box: a fresh X25519 key, the shared secret with the person's key (their Ed25519 key as a
//! point of the Montgomery curve), `sha256("conntext/vault/v1\n" ‖ fresh public key ‖ person's public key ‖ shared secret)`
//! as the key of ChaCha20-Poly1305 with a nonce of zeros. The result is the fresh public key, then the sealed text.

use crate::{
    error::Code,
    identity::Identity,
    ids::{InstanceId, UserId},
    keys::Domain as Kind,
    moving::MovingCommunity,
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Vaults are padded with spaces to a multiple of this many bytes: how many communities somebody is in does not show.
pub const PAD: usize = 4 * 1024;
/// The largest sealed vault in bytes.
pub const MAX_BYTES: usize = 512 * 1024;
/// For how long a claim may count at most, milliseconds.
pub const MAX_CLAIM_MS: i64 = 3_600_000;

/// What is sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vault {
    /// Where they are, and where they were.
    pub communities: Vec<MovingCommunity>,
    /// Their client's settings.
    pub settings: Map<String, Value>,
}

/// The covered fields of a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VaultClaimFields {
    /// The person.
    pub uid: UserId,
    /// The instance that keeps it.
    pub host: InstanceId,
    /// The instance that fetches it for them.
    pub reader: InstanceId,
    /// Until when this counts, Unix milliseconds.
    pub exp: i64,
}

impl Body for VaultClaimFields {
    const KIND: Kind = Kind::VaultClaim;
    const MAX_BYTES: usize = 2 * 1024;
}

/// That whoever holds a person's own key wants their vault.
pub type VaultClaim = Signed<VaultClaimFields>;

impl VaultClaim {
    /// Checks that the holder of the own key of `identity` wants their vault of `host` for `reader` now.
    ///
    /// # Errors
    /// [`Code::BadObjectSignature`], or [`Code::NoGrant`] where it is for others or counts no longer.
    pub fn verify(&self, identity: &Identity, host: &InstanceId, reader: &InstanceId, now_ms: i64) -> Result<(), Code> {
        let key = identity.own_key().ok_or(Code::BadObjectSignature)?;
        self.check(key)?;
        let counts = (now_ms..=now_ms.saturating_add(MAX_CLAIM_MS)).contains(&self.exp);
        if self.uid != identity.uid {
            return Err(Code::BadObjectSignature);
        }
        if self.host == *host && self.reader == *reader && counts { Ok(()) } else { Err(Code::NoGrant) }
    }
}

/// `POST /profiles/{uid}/vault`
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VaultRequest {
    /// Who wants it.
    pub claim: VaultClaim,
}

/// Answer to [`VaultRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VaultAnswer {
    /// As it was sealed, base64.
    pub vault: String,
}
