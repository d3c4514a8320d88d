//! A person's identity: a short chain of signed operations, whose first one the id is made of.
//!
//! The chain says which instance is the person's home, where their profile lies and which keys sign for them. It stands
//! in logs for ever, so it names nobody: what a person is called stands in their profile. Its rotation keys are ordered: the
//! first outranks the second, and so on. A person may hold the first one themselves, and then nobody can take the identity
//! from them, not even their home.

use crate::{
    error::Code,
    ids::{Hash, InstanceId, UserId},
    keys::{Domain as Kind, PublicKey, SecretKey},
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The most operations in a chain.
pub const MAX_OPS: usize = 64;
/// The most operations that keys below the first may sign, so that the person's own key always has room.
pub const MAX_HOME_OPS: usize = 48;
/// The most rotation keys.
pub const MAX_ROTATION_KEYS: usize = 4;
/// The most signing keys.
pub const MAX_SIGNING_KEYS: usize = 8;

/// The covered fields of one operation: everything that holds from it on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpFields {
    /// The person; made of the first operation without this field and the signature.
    pub uid: UserId,
    /// Hash of the operation before; none for the first.
    pub prev: Option<Hash>,
    /// Position in the chain, from 0.
    pub n: u64,
    /// The instance that speaks for the person.
    pub home: InstanceId,
    /// The instance that keeps the public profile.
    pub profile_host: InstanceId,
    /// The keys that sign the person's documents.
    pub signing_keys: Vec<PublicKey>,
    /// The keys that may sign the next operation, the highest first.
    pub rotation_keys: Vec<PublicKey>,
    /// Whether the account is deleted; nothing follows such an operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

impl Body for OpFields {
    const KIND: Kind = Kind::Identity;
    const MAX_BYTES: usize = 8 * 1024;
}

/// One signed operation of an identity chain.
pub type Op = Signed<OpFields>;

/// What a new identity begins with.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// The first home.
    pub home: InstanceId,
    /// Where the public profile lies at first.
    pub profile_host: InstanceId,
    /// The keys that sign the person's documents.
    pub signing_keys: Vec<PublicKey>,
    /// The rotation keys, the highest first.
    pub rotation_keys: Vec<PublicKey>,
}

impl Op {
    /// Makes and signs the first operation of an identity.
    ///
    /// # Errors
    /// [`Code::BadIdentityOp`] where `signer` is none of the rotation keys or a field breaks a rule.
    pub fn genesis(genesis: Genesis, signer: &SecretKey) -> Result<Self, Code> {
        let Genesis { home, profile_host, signing_keys, rotation_keys } = genesis;
        let unnamed = OpFields {
            uid: UserId::derive(b""),
            prev: None,
            n: 0,
            home,
            profile_host,
            signing_keys,
            rotation_keys,
            deleted: None,
        };
        let uid = named_by(&Self::sign(unnamed.clone(), signer)?)?;
        let op = Self::sign(OpFields { uid, ..unnamed }, signer)?;
        verify_chain(std::slice::from_ref(&op))?;
        Ok(op)
    }
}

fn named_by(genesis: &Op) -> Result<UserId, Code> {
    Ok(UserId::derive(&genesis.bytes_without(&["uid", "sig"])?))
}

/// What a verified chain says about a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The person.
    pub uid: UserId,
    /// Position of the last operation.
    pub n: u64,
    /// Hash of the last operation.
    pub hash: Hash,
    /// The instance that speaks for the person.
    pub home: InstanceId,
    /// The instance that keeps the public profile.
    pub profile_host: InstanceId,
    /// The keys that sign the person's documents now.
    pub signing_keys: Vec<PublicKey>,
    /// The keys that may sign the next operation.
    pub rotation_keys: Vec<PublicKey>,
    /// Whether the account is deleted.
    pub deleted: bool,
    home_ops: usize,
    signing_keys_by_op: Vec<Vec<PublicKey>>,
}

impl Identity {
    /// The signing keys that operation `n` lists.
    pub fn signing_keys_at(&self, n: u64) -> Option<&[PublicKey]> {
        self.signing_keys_by_op.get(usize::try_from(n).ok()?).map(Vec::as_slice)
    }

    /// Checks what somebody said by the keys that operation `op` lists.
    ///
    /// # Errors
    /// [`Code::UnknownKey`] where the chain has no such operation yet (fetch it again), [`Code::BadObjectSignature`].
    pub fn check<T: Body>(&self, uid: &UserId, op: u64, said: &Signed<T>) -> Result<(), Code> {
        if *uid != self.uid {
            return Err(Code::BadObjectSignature);
        }
        let keys = self.signing_keys_at(op).ok_or(Code::UnknownKey)?;
        let key = keys.iter().find(|key| key.kid() == said.sig().kid).ok_or(Code::BadObjectSignature)?;
        said.check(key)
    }

    /// What the next operation says where it changes nothing.
    pub fn following(&self) -> OpFields {
        OpFields {
            uid: self.uid.clone(),
            prev: Some(self.hash),
            n: self.n + 1,
            home: self.home.clone(),
            profile_host: self.profile_host.clone(),
            signing_keys: self.signing_keys.clone(),
            rotation_keys: self.rotation_keys.clone(),
            deleted: None,
        }
    }

    /// Makes and signs the next operation; `change` alters what the last one says.
    ///
    /// # Errors
    /// [`Code::BadIdentityOp`] where the result breaks a rule of chains.
    pub fn next(&self, change: impl FnOnce(&mut OpFields), signer: &SecretKey) -> Result<Op, Code> {
        let mut fields = self.following();
        change(&mut fields);
        let op = Op::sign(fields, signer)?;
        self.clone().apply(&op)?;
        Ok(op)
    }

    fn begin(op: &Op) -> Result<Self, Code> {
        if op.n != 0 || op.prev.is_some() || op.uid != named_by(op)? || op.deleted == Some(true) {
            return Err(Code::BadIdentityOp);
        }
        let signer = check_op(op, &op.rotation_keys)?;
        Ok(Self {
            uid: op.uid.clone(),
            n: 0,
            hash: op.hash()?,
            home: op.home.clone(),
            profile_host: op.profile_host.clone(),
            signing_keys: op.signing_keys.clone(),
            rotation_keys: op.rotation_keys.clone(),
            deleted: false,
            home_ops: usize::from(is_home_signed(signer, &op.rotation_keys)),
            signing_keys_by_op: vec![op.signing_keys.clone()],
        })
    }

    /// Continues the chain by one operation.
    ///
    /// # Errors
    /// [`Code::BadIdentityOp`].
    pub fn apply(mut self, op: &Op) -> Result<Self, Code> {
        let follows = op.uid == self.uid && op.prev == Some(self.hash) && Some(op.n) == self.n.checked_add(1);
        if !follows || self.deleted || op.n >= MAX_OPS as u64 {
            return Err(Code::BadIdentityOp);
        }
        let signer = check_op(op, &self.rotation_keys)?;
        // A key never touches those above it, so whoever holds the first key alone decides about that key.
        if op.rotation_keys.get(..signer) != self.rotation_keys.get(..signer) {
            return Err(Code::BadIdentityOp);
        }
        self.home_ops += usize::from(is_home_signed(signer, &self.rotation_keys));
        if self.home_ops > MAX_HOME_OPS {
            return Err(Code::BadIdentityOp);
        }
        self.n = op.n;
        self.hash = op.hash()?;
        self.home = op.home.clone();
        self.profile_host = op.profile_host.clone();
        self.signing_keys.clone_from(&op.signing_keys);
        self.rotation_keys.clone_from(&op.rotation_keys);
        self.deleted = op.deleted == Some(true);
        self.signing_keys_by_op.push(op.signing_keys.clone());
        Ok(self)
    }
}

/// Checks fields and signature, and tells which of `allowed` signed.
fn check_op(op: &Op, allowed: &[PublicKey]) -> Result<usize, Code> {
    let good = distinct(&op.signing_keys, MAX_SIGNING_KEYS) && distinct(&op.rotation_keys, MAX_ROTATION_KEYS);
    let signer = allowed.iter().position(|key| key.kid() == op.sig().kid);
    match signer {
        Some(index) if good && op.check(&allowed[index]).is_ok() => Ok(index),
        _ => Err(Code::BadIdentityOp),
    }
}

fn distinct(keys: &[PublicKey], most: usize) -> bool {
    (1..=most).contains(&keys.len()) && (1..keys.len()).all(|i| !keys[..i].contains(&keys[i]))
}

/// A single rotation key is the home's: nobody else could have put it there. Beside others, only the first is not.
fn is_home_signed(signer: usize, rotation_keys: &[PublicKey]) -> bool {
    signer > 0 || rotation_keys.len() == 1
}

/// Verifies a whole chain, from its first operation on.
///
/// # Errors
/// [`Code::BadIdentityOp`].
pub fn verify_chain(ops: &[Op]) -> Result<Identity, Code> {
    let (first, rest) = ops.split_first().ok_or(Code::BadIdentityOp)?;
    rest.iter().try_fold(Identity::begin(first).map_err(|_| Code::BadIdentityOp)?, |identity, op| {
        identity.apply(op).map_err(|_| Code::BadIdentityOp)
    })
}

/// Which of two chains of the same person counts. `Greater` means the first one.
///
/// A longer chain beats its own beginning. Where two chains part, the operation of the higher-ranking key wins, however
/// short its chain is and whenever it came: no clock can be trusted here. Between equal keys the lower hash wins.
///
/// # Errors
/// [`Code::BadIdentityOp`] where one does not verify or they belong to different people.
pub fn compare_chains(a: &[Op], b: &[Op]) -> Result<Ordering, Code> {
    let (identity_a, identity_b) = (verify_chain(a)?, verify_chain(b)?);
    if identity_a.uid != identity_b.uid {
        return Err(Code::BadIdentityOp);
    }
    let Some(fork) = a.iter().zip(b).position(|(a, b)| a.hash() != b.hash()) else {
        return Ok(a.len().cmp(&b.len()));
    };
    let before = if fork == 0 { &a[0] } else { &a[fork - 1] };
    let rank = |op: &Op| before.rotation_keys.iter().position(|key| key.kid() == op.sig().kid);
    let order = rank(&a[fork]).cmp(&rank(&b[fork])).then(a[fork].hash()?.cmp(&b[fork].hash()?));
    Ok(order.reverse())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed([n; 32])
    }

    fn instance(n: u8) -> InstanceId {
        InstanceId::of_root(&key(n).public().to_bytes())
    }

    /// An identity with `rotation` as its keys, signed by the first of them.
    fn genesis(rotation: &[u8]) -> Op {
        let genesis = Genesis {
            home: instance(100),
            profile_host: instance(100),
            signing_keys: vec![key(90).public()],
            rotation_keys: rotation.iter().map(|n| key(*n).public()).collect(),
        };
        Op::genesis(genesis, &key(rotation[0])).unwrap()
    }

    fn grown(ops: &[Op], change: impl FnOnce(&mut OpFields), signer: u8) -> Result<Vec<Op>, Code> {
        let op = verify_chain(ops)?.next(change, &key(signer))?;
        Ok(ops.iter().cloned().chain([op]).collect())
    }

    #[test]
    fn a_chain_moves_a_person_to_another_home() {
        let chain = grown(&[genesis(&[1, 2])], |op| op.home = instance(101), 2).unwrap();
        let identity = verify_chain(&chain).unwrap();
        assert_eq!((identity.n, &identity.home), (1, &instance(101)));
        assert_eq!(identity.uid, chain[0].uid);
        assert_eq!(identity.signing_keys_at(1), Some(&[key(90).public()][..]));
        assert_eq!(identity.signing_keys_at(2), None);
    }

    #[test]
    fn an_id_belongs_to_its_first_operation() {
        let op = genesis(&[1]);
        let other = Op::sign(OpFields { home: instance(66), ..op.body().clone() }, &key(1)).unwrap();
        assert_eq!(verify_chain(&[other]), Err(Code::BadIdentityOp));
        assert_eq!(verify_chain(&[]), Err(Code::BadIdentityOp));
        // An unknown field is part of what the id is made of.
        let mut raw = serde_json::to_value(&op).unwrap();
        raw["extra"] = 1.into();
        assert_eq!(verify_chain(&[Op::from_value(raw).unwrap()]), Err(Code::BadIdentityOp));
    }

    #[test]
    fn a_key_cannot_touch_those_above_it() {
        let start = [genesis(&[1, 2])];
        let keys = |list: &[u8]| list.iter().map(|n| key(*n).public()).collect::<Vec<_>>();
        for (signer, list, good) in [
            (2, &[1, 3][..], true),
            (2, &[1], true),
            (2, &[2], false),
            (2, &[3, 1], false),
            (2, &[3], false),
            (1, &[3], true),
            (1, &[2, 1], true),
            (3, &[1, 2], false),
            (1, &[], false),
            (1, &[3, 3], false),
            (1, &[1, 2, 3, 4, 5], false),
        ] {
            let result = grown(&start, |op| op.rotation_keys = keys(list), signer);
            assert_eq!(result.is_ok(), good, "{signer} makes the keys {list:?}");
        }
        // An account may begin with its home's key alone and take a key of its own later, on top.
        let own = grown(&[genesis(&[2])], |op| op.rotation_keys = keys(&[1, 2]), 2).unwrap();
        assert_eq!(grown(&own, |op| op.rotation_keys = keys(&[2]), 2), Err(Code::BadIdentityOp));
    }

    #[test]
    fn the_home_cannot_use_up_a_chain() {
        let mut chain = vec![genesis(&[1, 2])];
        for _ in 0..MAX_HOME_OPS {
            chain = grown(&chain, |_| (), 2).unwrap();
        }
        assert_eq!(grown(&chain, |_| (), 2), Err(Code::BadIdentityOp));
        while chain.len() < MAX_OPS {
            chain = grown(&chain, |_| (), 1).unwrap();
        }
        assert_eq!(grown(&chain, |_| (), 1), Err(Code::BadIdentityOp));
    }

    #[test]
    fn a_chain_has_no_gap_and_no_stranger() {
        let chain =
            grown(&grown(&[genesis(&[1])], |_| (), 1).unwrap(), |op| op.profile_host = instance(101), 1).unwrap();
        assert_eq!(verify_chain(&[chain[0].clone(), chain[2].clone()]), Err(Code::BadIdentityOp));
        assert_eq!(verify_chain(&[chain[1].clone(), chain[2].clone()]), Err(Code::BadIdentityOp));
        let renumbered = OpFields { n: 5, ..chain[1].body().clone() };
        assert!(verify_chain(&[chain[0].clone(), Op::sign(renumbered, &key(1)).unwrap()]).is_err());
        let forged = Op::sign(chain[1].body().clone(), &key(7)).unwrap();
        assert!(verify_chain(&[chain[0].clone(), forged]).is_err());
    }

    #[test]
    fn nothing_follows_a_deletion() {
        let chain = grown(&[genesis(&[1])], |op| op.deleted = Some(true), 1).unwrap();
        assert!(verify_chain(&chain).unwrap().deleted);
        assert_eq!(grown(&chain, |_| (), 1), Err(Code::BadIdentityOp));
    }

    #[test]
    fn the_higher_key_wins_a_fork_whenever_it_comes() {
        let start = [genesis(&[1, 2])];
        let stolen = grown(&grown(&start, |op| op.home = instance(66), 2).unwrap(), |_| (), 2).unwrap();
        let rescued = grown(&start, |op| op.home = instance(101), 1).unwrap();
        assert_eq!(compare_chains(&rescued, &stolen), Ok(Ordering::Greater));
        assert_eq!(compare_chains(&stolen, &rescued), Ok(Ordering::Less));
        assert_eq!(compare_chains(&stolen, &start), Ok(Ordering::Greater));
        assert_eq!(compare_chains(&stolen, &stolen), Ok(Ordering::Equal));
        // Equal keys: the lower hash, seen from both sides.
        let (x, y) = (
            grown(&start, |op| op.profile_host = instance(7), 1).unwrap(),
            grown(&start, |op| op.profile_host = instance(8), 1).unwrap(),
        );
        let lower = if x[1].hash().unwrap() < y[1].hash().unwrap() { Ordering::Greater } else { Ordering::Less };
        assert_eq!(compare_chains(&x, &y), Ok(lower));
        assert_eq!(compare_chains(&y, &x), Ok(lower.reverse()));
        assert_eq!(compare_chains(&x, &[genesis(&[3])]), Err(Code::BadIdentityOp));
    }
}
