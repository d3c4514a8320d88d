//! Keeping the public profile of somebody who is at home elsewhere: what the person signs about it, and what the host
//! confirms.

use crate::{
    error::Code,
    identity::{Identity, Op},
    ids::{Hash, InstanceId, UserId},
    keys::Domain as Kind,
    signed::{Body, Signed},
    wire::SignedProfile,
};
use serde::{Deserialize, Serialize};

/// For how long a grant may count at most, milliseconds.
pub const MAX_GRANT_MS: i64 = 24 * 3_600_000;

/// The covered fields of a grant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GrantFields {
    /// The person.
    pub uid: UserId,
    /// The instance that it is for.
    pub host: InstanceId,
    /// The operation of the identity chain that lists the signing key.
    pub op: u64,
    /// Grows with every grant of the same person: an older one cannot be shown again.
    pub n: u64,
    /// Whether the host shall keep the profile, or let go of it.
    pub keep: bool,
    /// Until when it counts, Unix milliseconds.
    pub exp: i64,
}

impl Body for GrantFields {
    const KIND: Kind = Kind::Grant;
    const MAX_BYTES: usize = 2 * 1024;
}

/// What a person wants of a host, signed by a key of theirs.
pub type Grant = Signed<GrantFields>;

impl Grant {
    /// Checks that the person of `identity` wants this of `host` now.
    ///
    /// # Errors
    /// [`Code::UnknownKey`] where it names an operation that `identity` does not have yet, [`Code::BadObjectSignature`], or
    /// [`Code::NoGrant`] where it is for another instance or counts no longer.
    pub fn verify(&self, identity: &Identity, host: &InstanceId, keep: bool, now_ms: i64) -> Result<(), Code> {
        identity.check(&self.uid, self.op, self)?;
        let counts = (now_ms..=now_ms.saturating_add(MAX_GRANT_MS)).contains(&self.exp);
        if self.host == *host && self.keep == keep && counts { Ok(()) } else { Err(Code::NoGrant) }
    }
}

/// `PUT /profiles/{uid}/host`: keep this profile, or this newer version of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostRequest {
    /// What the person wants.
    pub grant: Grant,
    /// Their identity and profile.
    pub profile: SignedProfile,
    /// What they need to find their way without their home, sealed to their own key; base64. See [`crate::vault`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<String>,
}

/// `POST /profiles/{uid}/release`: keep nothing any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReleaseRequest {
    /// What the person wants.
    pub grant: Grant,
    /// Their identity, which may have moved on since the host was told last.
    pub identity: Vec<Op>,
}

/// `GET /profiles/offer`: whether an instance keeps profiles of people who are at home elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostOffer {
    /// Whether it does, and has room for one more of the asking instance.
    pub open: bool,
    /// The name of the instance, as people read it.
    pub name: String,
    /// What whoever chooses it agrees to; may be empty.
    pub terms: String,
}

/// The covered fields of the confirmation that a profile is kept no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReleasedFields {
    /// The person.
    pub uid: UserId,
    /// The hash of the grant that asked for it.
    pub grant: Hash,
    /// The instance that erased it.
    pub by: InstanceId,
    /// When, by that instance's clock, Unix milliseconds.
    pub erased_at: i64,
}

impl Body for ReleasedFields {
    const KIND: Kind = Kind::Released;
    const MAX_BYTES: usize = 2 * 1024;
}

/// The signed word of a former host.
pub type Released = Signed<ReleasedFields>;

impl Released {
    /// Whether it speaks of this grant and of this instance. The signature is checked apart, against the instance's keys.
    ///
    /// # Errors
    /// [`Code::OriginMismatch`] for another instance, [`Code::HashMismatch`] for another grant.
    pub fn check_names(&self, grant: &Grant, by: &InstanceId) -> Result<(), Code> {
        if self.by != *by {
            return Err(Code::OriginMismatch);
        }
        if self.uid == grant.uid && self.grant == grant.hash()? { Ok(()) } else { Err(Code::HashMismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::{Genesis, verify_chain},
        keys::SecretKey,
    };

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed([n; 32])
    }

    fn instance(n: u8) -> InstanceId {
        InstanceId::of_root(&key(n).public().to_bytes())
    }

    fn identity() -> Identity {
        let genesis = Genesis {
            home: instance(9),
            profile_host: instance(9),
            signing_keys: vec![key(2).public()],
            rotation_keys: vec![key(1).public()],
        };
        verify_chain(&[Op::genesis(genesis, &key(1)).unwrap()]).unwrap()
    }

    #[test]
    fn a_grant_is_for_one_host_one_wish_and_a_while() {
        let verdict = |change: fn(&mut GrantFields), signer: u8| {
            let mut fields =
                GrantFields { uid: identity().uid, host: instance(7), op: 0, n: 1, keep: true, exp: 1_000 };
            change(&mut fields);
            Grant::sign(fields, &key(signer)).unwrap().verify(&identity(), &instance(7), true, 500)
        };
        assert_eq!(verdict(|_| (), 2), Ok(()));
        assert_eq!(verdict(|_| (), 1), Err(Code::BadObjectSignature));
        assert_eq!(verdict(|g| g.op = 1, 2), Err(Code::UnknownKey));
        assert_eq!(verdict(|g| g.uid = UserId::derive(b"eve"), 2), Err(Code::BadObjectSignature));
        assert_eq!(verdict(|g| g.host = instance(8), 2), Err(Code::NoGrant));
        assert_eq!(verdict(|g| g.keep = false, 2), Err(Code::NoGrant));
        assert_eq!(verdict(|g| g.exp = 499, 2), Err(Code::NoGrant));
        assert_eq!(verdict(|g| g.exp = 500 + MAX_GRANT_MS + 1, 2), Err(Code::NoGrant));
    }

    #[test]
    fn a_confirmation_is_of_one_grant() {
        let grant = |n| {
            let fields = GrantFields { uid: identity().uid, host: instance(7), op: 0, n, keep: false, exp: 1_000 };
            Grant::sign(fields, &key(2)).unwrap()
        };
        let said =
            ReleasedFields { uid: identity().uid, grant: grant(1).hash().unwrap(), by: instance(7), erased_at: 1 };
        let released = Released::sign(said, &key(7)).unwrap();
        assert_eq!(released.check_names(&grant(1), &instance(7)), Ok(()));
        assert_eq!(released.check_names(&grant(2), &instance(7)), Err(Code::HashMismatch));
        assert_eq!(released.check_names(&grant(1), &instance(8)), Err(Code::OriginMismatch));
    }
}
