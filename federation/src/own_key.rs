//! The key that a person holds themselves: it stands above all others of their identity, and no instance ever has it.

use crate::{
    error::Code,
    identity::Identity,
    ids::{Hash, UserId},
    keys::{Domain as Kind, PublicKey},
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};

/// The covered fields of a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnKeyFields {
    /// The person.
    pub uid: UserId,
    /// The last operation of their chain.
    pub prev: Hash,
    /// The key that is to stand first from the next one on.
    pub key: PublicKey,
}

impl Body for OwnKeyFields {
    const KIND: Kind = Kind::OwnKey;
    const MAX_BYTES: usize = 2 * 1024;
}

/// That whoever asks for a key holds it: nobody loses their identity to a slip of the pen.
pub type OwnKeyClaim = Signed<OwnKeyFields>;

impl OwnKeyClaim {
    /// Checks that the claim is about this state of this identity, and that its key signed it.
    ///
    /// # Errors
    /// [`Code::BadObjectSignature`]; [`Code::BadIdentityOp`] for another person or state, or a key that the chain lists.
    pub fn verify(&self, identity: &Identity) -> Result<(), Code> {
        self.check(&self.key)?;
        let listed = identity.rotation_keys.iter().chain(&identity.signing_keys).any(|key| *key == self.key);
        if self.uid != identity.uid || self.prev != identity.hash || listed {
            return Err(Code::BadIdentityOp);
        }
        Ok(())
    }
}

impl Identity {
    /// The key that the person holds themselves, where there is one: with others beside it, the first is not the home's.
    pub fn own_key(&self) -> Option<&PublicKey> {
        self.rotation_keys.first().filter(|_| self.rotation_keys.len() > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::{Genesis, Op, OpFields, verify_chain},
        ids::InstanceId,
        keys::SecretKey,
    };

    #[test]
    fn a_claim_is_signed_by_its_key_and_for_one_state() {
        let key = |n: u8| SecretKey::from_seed([n; 32]);
        let home = InstanceId::of_root(&key(9).public().to_bytes());
        let genesis = Genesis {
            home: home.clone(),
            profile_host: home,
            signing_keys: vec![key(2).public()],
            rotation_keys: vec![key(1).public()],
        };
        let identity = verify_chain(&[Op::genesis(genesis, &key(1)).unwrap()]).unwrap();
        assert_eq!(identity.own_key(), None);
        let verdict = |change: &dyn Fn(&mut OwnKeyFields), signer: u8| {
            let mut fields = OwnKeyFields { uid: identity.uid.clone(), prev: identity.hash, key: key(3).public() };
            change(&mut fields);
            OwnKeyClaim::sign(fields, &key(signer)).unwrap().verify(&identity)
        };
        assert_eq!(verdict(&|_| (), 3), Ok(()));
        assert_eq!(verdict(&|_| (), 1), Err(Code::BadObjectSignature));
        assert_eq!(verdict(&|c| c.key = key(1).public(), 1), Err(Code::BadIdentityOp));
        assert_eq!(verdict(&|c| c.key = key(2).public(), 2), Err(Code::BadIdentityOp));
        assert_eq!(verdict(&|c| c.prev = Hash::of(&[b"x"]), 3), Err(Code::BadIdentityOp));
        assert_eq!(verdict(&|c| c.uid = UserId::derive(b"eve"), 3), Err(Code::BadIdentityOp));

        let own = identity.next(|op| op.rotation_keys.insert(0, key(3).public()), &key(1)).unwrap();
        assert_eq!(identity.apply(&own).unwrap().own_key(), Some(&key(3).public()));
    }
    /// The web client's test "signs as the protocol wants it" holds the same signatures.
    #[test]
    fn a_browser_signs_the_same() {
        let key = |n: u8| SecretKey::from_seed([n; 32]);
        let uid: UserId = "u_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        let home: InstanceId = "ik_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        let claim = OwnKeyFields { uid: uid.clone(), prev: Hash([0xab; 32]), key: key(2).public() };
        let claim = OwnKeyClaim::sign(claim, &key(2)).unwrap();
        let op = OpFields {
            uid,
            prev: Some(Hash([0xab; 32])),
            n: 1,
            home: home.clone(),
            profile_host: home,
            signing_keys: vec![key(3).public()],
            rotation_keys: vec![key(2).public(), key(4).public()],
            deleted: None,
        };
        let op = Op::sign(op, &key(1)).unwrap();
        assert_eq!(
            serde_json::to_string(claim.sig()).unwrap(),
            r#"{"kid":"6a3803d5f059902a","sig":"7tRtMJ54U555GrnxXnS6AwSDHLLqggNTmZ1Ft4qoTenbrhF3HEzmipRr95MFNc/PMz5BlFazz4VzvNQc8ULVBg=="}"#
        );
        assert_eq!(
            serde_json::to_string(op.sig()).unwrap(),
            r#"{"kid":"34750f98bd59fcfc","sig":"hlzk12BkiEw/ORcjBnKGB04Mooftx401P6yJYCelmDy4LwV8oif/jlCy9cpLQZGrMP+ouhx3WyAJhvaz7CUhBA=="}"#
        );
    }
}
