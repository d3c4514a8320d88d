//! What an instance says about itself: its document for discovery, its keys in a log, and what a peer remembers.

use crate::{
    domain::Domain,
    error::Code,
    ids::{Hash, InstanceId},
    keys::{Domain as Kind, Kid, PublicKey, SecretKey, Signature},
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

const DAY_MS: i64 = 86_400_000;
/// How long a document may be valid, in milliseconds: the root key that signs it may lie offline.
pub const MAX_DOCUMENT_MS: i64 = 400 * DAY_MS;
/// How long a freshness line may be valid, in milliseconds.
pub const MAX_FRESHNESS_MS: i64 = 7 * DAY_MS;
/// How far ahead another instance's clock may be, in milliseconds.
pub const CLOCK_SKEW_MS: i64 = 60_000;
/// The most keys in one document; retired ones move out of it.
pub const MAX_KEYS: usize = 16;
/// The most changes of the root key.
pub const MAX_ROOT_CHANGES: usize = 32;

/// The signature algorithms of version 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Ed25519, verified strictly.
    Ed25519,
}

/// A signing key of an instance. Times are Unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InstanceKey {
    /// The key's name; must be the one that belongs to `pub`.
    pub kid: Kid,
    /// What the key is for.
    pub alg: Algorithm,
    /// The public key.
    #[serde(rename = "pub")]
    pub public: PublicKey,
    /// Not used before this time.
    pub nbf: i64,
    /// Not used from this time on.
    pub exp: i64,
    /// Since when the key must not be trusted; its presence binds at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<i64>,
    /// Why it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl InstanceKey {
    /// A key that is valid from `nbf` until `exp`.
    pub fn new(public: PublicKey, nbf: i64, exp: i64) -> Self {
        Self { kid: public.kid(), alg: Algorithm::Ed25519, public, nbf, exp, revoked_at: None, reason: None }
    }

    /// The public key, if it may sign a request at `now_ms`.
    ///
    /// # Errors
    /// [`Code::KeyRevoked`], [`Code::KeyExpired`], or [`Code::UnknownKey`] before its time.
    pub fn at(&self, now_ms: i64) -> Result<&PublicKey, Code> {
        if self.revoked_at.is_some() {
            Err(Code::KeyRevoked)
        } else if now_ms >= self.exp {
            Err(Code::KeyExpired)
        } else if now_ms < self.nbf.saturating_sub(CLOCK_SKEW_MS) {
            Err(Code::UnknownKey)
        } else {
            Ok(&self.public)
        }
    }
}

/// The status of the key `kid` among `keys` at `now_ms`.
///
/// # Errors
/// [`Code::UnknownKey`], [`Code::KeyExpired`] or [`Code::KeyRevoked`].
pub fn key_at<'a>(keys: &'a [InstanceKey], kid: &Kid, now_ms: i64) -> Result<&'a PublicKey, Code> {
    keys.iter().find(|key| key.kid == *kid).ok_or(Code::UnknownKey)?.at(now_ms)
}

/// The current root key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RootKey {
    /// The public key.
    #[serde(rename = "pub")]
    pub public: PublicKey,
}

/// One change of the root key, signed by the key that went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RootChange {
    /// The root key before.
    #[serde(rename = "pub")]
    pub public: PublicKey,
    /// The root key after.
    pub next_pub: PublicKey,
    /// Signature by the key before, over the instance's id and both keys.
    pub sig: Signature,
}

#[derive(Serialize)]
struct RootChangeSigned<'a> {
    ik: &'a InstanceId,
    #[serde(rename = "pub")]
    public: &'a PublicKey,
    next_pub: &'a PublicKey,
}

impl RootChange {
    /// Signs the change from `old` to `next`.
    pub fn sign(ik: &InstanceId, old: &SecretKey, next: PublicKey) -> Result<Self, Code> {
        let public = old.public();
        let sig = old.sign_json(Kind::Root, &RootChangeSigned { ik, public: &public, next_pub: &next })?;
        Ok(Self { public, next_pub: next, sig })
    }
}

/// Checks that the changes lead from the key that the id is made of to `root`, without a gap.
fn check_root(ik: &InstanceId, history: &[RootChange], root: &PublicKey) -> Result<(), Code> {
    let first = history.first().map_or(root, |change| &change.public);
    if InstanceId::of_root(&first.to_bytes()) != *ik || history.len() > MAX_ROOT_CHANGES {
        return Err(Code::BadObjectSignature);
    }
    let mut current = first;
    for change in history {
        let signed = RootChangeSigned { ik, public: &change.public, next_pub: &change.next_pub };
        if change.public != *current {
            return Err(Code::BadObjectSignature);
        }
        current.verify_json(Kind::Root, &signed, &change.sig).map_err(|_| Code::BadObjectSignature)?;
        current = &change.next_pub;
    }
    if current == root { Ok(()) } else { Err(Code::BadObjectSignature) }
}

/// Whether `known`, the root key that a reader trusts, stands in the line that ends in `root`. The id alone does not
/// tell: a retired root key, stolen, could sign a second line from the same beginning.
fn root_follows(known: &PublicKey, history: &[RootChange], root: &PublicKey) -> bool {
    known == root || history.iter().any(|change| change.public == *known)
}

fn check_keys(keys: &[InstanceKey]) -> Result<(), Code> {
    let mut seen = HashSet::new();
    let good = (1..=MAX_KEYS).contains(&keys.len())
        && keys.iter().all(|key| key.kid == key.public.kid() && key.nbf < key.exp && seen.insert(&key.kid));
    if good { Ok(()) } else { Err(Code::BadObjectSignature) }
}

/// Who may talk to an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everyone who is not blocked.
    Open,
    /// Only listed instances.
    Allowlist,
    /// Nobody.
    Closed,
}

/// The program that an instance runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Where an instance went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Moved {
    /// Its new domain.
    pub domain: Domain,
}

/// The covered fields of the document at `/.well-known/conntext`. Times are Unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InstanceFields {
    /// Version of the document, 1.
    pub v: u8,
    /// The instance.
    pub ik: InstanceId,
    /// Its domain, the one that the document was fetched from.
    pub domain: Domain,
    /// Where its federation endpoints begin: on the same domain or a subdomain of it, ending in `/federation/v1`.
    pub api: String,
    /// Grows with every new document.
    pub serial: u64,
    /// The root key that signs the document.
    pub root: RootKey,
    /// All changes of the root key since the first.
    #[serde(default)]
    pub root_history: Vec<RootChange>,
    /// The keys that sign requests and events.
    pub keys: Vec<InstanceKey>,
    /// What it runs.
    pub software: Software,
    /// Whom it talks to.
    pub mode: Mode,
    /// The limits that it advertises, by name; of two instances the smaller value binds.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// How to reach its operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where it went, when it changed its domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// When the root key signed.
    pub issued_at: i64,
    /// Until when the document is valid, at most [`MAX_DOCUMENT_MS`] later.
    pub valid_until: i64,
}

impl Body for InstanceFields {
    const KIND: Kind = Kind::Instance;
    const UNCOVERED: &'static [&'static str] = &["sig", "fresh"];
    const MAX_BYTES: usize = 64 * 1024;
}

/// An instance's document: signed by its root key, freshened by one of its active keys.
pub type InstanceDoc = Signed<InstanceFields>;

/// An active key's word that the document is still the newest. Times are Unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Freshness {
    /// The document's hash.
    pub hash: Hash,
    /// When the line was signed.
    pub issued_at: i64,
    /// Until when it counts, at most [`MAX_FRESHNESS_MS`] later.
    pub valid_until: i64,
}

impl Body for Freshness {
    const KIND: Kind = Kind::Freshness;
    const MAX_BYTES: usize = 1024;
}

impl InstanceDoc {
    /// Adds the freshness line, or replaces it, signed by the active key `key` at `now_ms`.
    pub fn freshen(&mut self, key: &SecretKey, now_ms: i64) -> Result<(), Code> {
        let valid_until = self.valid_until.min(now_ms + MAX_FRESHNESS_MS);
        let line = Signed::sign(Freshness { hash: self.hash()?, issued_at: now_ms, valid_until }, key)?;
        self.set_member("fresh", serde_json::to_value(line).map_err(|_| Code::BadJson)?);
        Ok(())
    }

    /// The freshness line, where there is one; not checked.
    pub fn freshness(&self) -> Option<Signed<Freshness>> {
        Signed::from_value(self.member("fresh")?.clone()).ok()
    }

    /// Checks the document as fetched from `expected` at `now_ms`.
    ///
    /// # Errors
    /// [`Code::OriginInvalid`] for another domain or an address of the API outside it, [`Code::BadObjectSignature`]
    /// for a fault of keys or signatures, [`Code::KeyExpired`] when the document or its freshness line is too old,
    /// [`Code::SignatureWindow`] for a lifetime that is too long or begins in the future.
    pub fn verify(&self, expected: &Domain, now_ms: i64) -> Result<(), Code> {
        if self.v != 1 {
            return Err(Code::BadJson);
        }
        if self.domain != *expected || !self.api_within_domain() {
            return Err(Code::OriginInvalid);
        }
        check_root(&self.ik, &self.root_history, &self.root.public)?;
        self.check(&self.root.public)?;
        check_keys(&self.keys)?;
        check_lifetime(self.issued_at, self.valid_until, MAX_DOCUMENT_MS, now_ms)?;

        let line = self.freshness().ok_or(Code::BadObjectSignature)?;
        line.check(key_at(&self.keys, &line.sig().kid, now_ms)?)?;
        if line.hash != self.hash()? {
            return Err(Code::BadObjectSignature);
        }
        check_lifetime(line.issued_at, line.valid_until, MAX_FRESHNESS_MS, now_ms)
    }

    /// The document for a domain that the instance has left: the same, but that it names where the instance went.
    ///
    /// # Errors
    /// For what does not fit the canonical form.
    pub fn at_former(&self, former: &Domain, root: &SecretKey) -> Result<Self, Code> {
        let mut fields = self.body().clone();
        fields.api = fields.api.replacen(self.domain.as_str(), former.as_str(), 1);
        fields.domain = former.clone();
        fields.moved = Some(Moved { domain: self.domain.clone() });
        Self::sign(fields, root)
    }

    /// Where the instance went by this document, which `from` serves.
    ///
    /// # Errors
    /// As [`Self::verify`]; [`Code::NotFound`] where it names no other domain.
    pub fn way(&self, from: &Domain, now_ms: i64) -> Result<Domain, Code> {
        self.verify(from, now_ms)?;
        self.moved.as_ref().map(|moved| moved.domain.clone()).ok_or(Code::NotFound)
    }

    /// The public key `kid`, if it may sign a request at `now_ms`.
    ///
    /// # Errors
    /// [`Code::UnknownKey`], [`Code::KeyExpired`] or [`Code::KeyRevoked`].
    pub fn key_at(&self, kid: &Kid, now_ms: i64) -> Result<&PublicKey, Code> {
        key_at(&self.keys, kid, now_ms)
    }

    /// Until when the document may be used without a new one, in Unix milliseconds.
    pub fn usable_until(&self) -> i64 {
        self.freshness().map_or(0, |line| line.valid_until.min(self.valid_until))
    }

    fn api_within_domain(&self) -> bool {
        // Without encryption only where the whole instance is one in development.
        let rest = match self.api.split_once("://") {
            Some(("https", rest)) => rest,
            Some(("http", rest)) if self.domain.is_dev() => rest,
            _ => return false,
        };
        rest.split_once('/').is_some_and(|(host, path)| {
            path == "federation/v1"
                && Domain::parse_normal(host, self.domain.is_dev()).is_ok_and(|host| host.is_within(&self.domain))
        })
    }
}

fn check_lifetime(issued_at: i64, valid_until: i64, longest: i64, now_ms: i64) -> Result<(), Code> {
    let length = valid_until.checked_sub(issued_at).ok_or(Code::SignatureWindow)?;
    if !(1..=longest).contains(&length) || issued_at > now_ms.saturating_add(CLOCK_SKEW_MS) {
        return Err(Code::SignatureWindow);
    }
    if valid_until <= now_ms { Err(Code::KeyExpired) } else { Ok(()) }
}

/// What an instance remembers of a peer, so that a domain that changes hands is noticed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pin {
    /// Under which domain the peer was met.
    pub domain: Domain,
    /// Who answered there.
    pub ik: InstanceId,
    /// The root key that signed the last document.
    pub root: PublicKey,
    /// That document's serial.
    pub serial: u64,
    /// That document's hash.
    pub hash: Hash,
}

/// What a newer document changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pinned {
    /// The same document, at most with a newer freshness line.
    Unchanged,
    /// A newer document under the same root key.
    Updated,
    /// A newer document under a root key that the pinned one signed for.
    RootChanged,
}

impl Pin {
    /// Pins a peer on first contact, or because an admin accepted its new identity.
    ///
    /// # Errors
    /// As [`InstanceDoc::verify`]; [`Code::Moved`] for a domain that the instance has left.
    pub fn first(domain: &Domain, doc: &InstanceDoc, now_ms: i64) -> Result<Self, Code> {
        doc.verify(domain, now_ms)?;
        if doc.moved.is_some() {
            return Err(Code::Moved);
        }
        Ok(Self {
            domain: domain.clone(),
            ik: doc.ik.clone(),
            root: doc.root.public,
            serial: doc.serial,
            hash: doc.hash()?,
        })
    }

    /// Checks a document that the pinned domain serves now, and remembers it. On an error nothing changes.
    ///
    /// # Errors
    /// As [`InstanceDoc::verify`]; [`Code::IdentityChanged`] for another instance, or a root key for which the pinned
    /// one did not sign; [`Code::StaleRev`] for a lower serial, or another document under the same one.
    pub fn update(&mut self, doc: &InstanceDoc, now_ms: i64) -> Result<Pinned, Code> {
        let new = Self::first(&self.domain, doc, now_ms)?;
        self.check_identity(doc)?;
        if new.serial < self.serial || (new.serial == self.serial && new.hash != self.hash) {
            return Err(Code::StaleRev);
        }
        let change = if new.root != self.root {
            Pinned::RootChanged
        } else if new.hash != self.hash {
            Pinned::Updated
        } else {
            Pinned::Unchanged
        };
        *self = new;
        Ok(change)
    }

    /// The pin of the same instance at `domain`, where it went: its root key signed a newer document for that domain. What
    /// answers at the old one, and whether anything does, makes no difference.
    ///
    /// # Errors
    /// As [`Self::first`]; [`Code::IdentityChanged`] for another instance, or a root key for which the pinned one did not
    /// sign; [`Code::StaleRev`] for a document that is not newer, such as one of a time before.
    pub fn follow(&self, domain: &Domain, doc: &InstanceDoc, now_ms: i64) -> Result<Self, Code> {
        let new = Self::first(domain, doc, now_ms)?;
        self.check_identity(doc)?;
        if new.serial <= self.serial { Err(Code::StaleRev) } else { Ok(new) }
    }

    /// Where the pinned instance went by the document that its old domain serves.
    ///
    /// # Errors
    /// As [`InstanceDoc::verify`]; [`Code::IdentityChanged`] as for [`Self::update`], [`Code::StaleRev`] for a lower serial,
    /// [`Code::NotFound`] where the document names no other domain.
    pub fn way(&self, doc: &InstanceDoc, now_ms: i64) -> Result<Domain, Code> {
        let to = doc.way(&self.domain, now_ms)?;
        self.check_identity(doc)?;
        if doc.serial < self.serial { Err(Code::StaleRev) } else { Ok(to) }
    }

    fn check_identity(&self, doc: &InstanceDoc) -> Result<(), Code> {
        let same = doc.ik == self.ik && root_follows(&self.root, &doc.root_history, &doc.root.public);
        if same { Ok(()) } else { Err(Code::IdentityChanged) }
    }
}

/// The covered fields of the statement by which an instance's keys enter a log (content of `instance.keys`).
///
/// A log verifies by itself: validity of a key there is decided by the position of the statement, never by a clock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeysFields {
    /// The instance.
    pub ik: InstanceId,
    /// Where it is reached.
    pub domain: Domain,
    /// Grows with every statement.
    pub serial: u64,
    /// The root key that signs the statement.
    pub root: PublicKey,
    /// All changes of the root key since the first.
    #[serde(default)]
    pub root_history: Vec<RootChange>,
    /// Its keys, those that were revoked included.
    pub keys: Vec<InstanceKey>,
}

impl Body for KeysFields {
    const KIND: Kind = Kind::Key;
    const MAX_BYTES: usize = 32 * 1024;
}

/// An instance's keys as they stand in a log, signed by its root key.
pub type KeysStatement = Signed<KeysFields>;

impl KeysStatement {
    /// Checks the statement by itself.
    ///
    /// # Errors
    /// [`Code::BadObjectSignature`].
    pub fn verify(&self) -> Result<(), Code> {
        check_root(&self.ik, &self.root_history, &self.root)?;
        self.check(&self.root)?;
        check_keys(&self.keys)
    }

    /// Checks the statement as a successor in the same log of one with this serial, signed by the root key `root`.
    ///
    /// # Errors
    /// [`Code::BadObjectSignature`]; [`Code::IdentityChanged`] for a root key for which the former did not sign;
    /// [`Code::StaleRev`] for a serial that is not higher.
    pub fn verify_after(&self, root: &PublicKey, serial: u64) -> Result<(), Code> {
        self.verify()?;
        if !root_follows(root, &self.root_history, &self.root) {
            return Err(Code::IdentityChanged);
        }
        if self.serial <= serial { Err(Code::StaleRev) } else { Ok(()) }
    }

    /// The key `kid` for what comes after this statement in the log.
    ///
    /// # Errors
    /// [`Code::UnknownKey`] or [`Code::KeyRevoked`].
    pub fn key(&self, kid: &Kid) -> Result<&PublicKey, Code> {
        let key = self.keys.iter().find(|key| key.kid == *kid).ok_or(Code::UnknownKey)?;
        if key.revoked_at.is_some() { Err(Code::KeyRevoked) } else { Ok(&key.public) }
    }
}

#[cfg(test)]
#[path = "instance_tests.rs"]
mod tests;
