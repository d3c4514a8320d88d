//! Ed25519 keys and domain-separated signatures.
//!
//! Every kind of signed object has its own prefix, so that a signature over one kind never verifies as another.
//! Verification is always strict and one by one: batch verification may disagree with it on crafted signatures.

use crate::{canonical, error::Code, ids::Hash};
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::Signer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The closed registry of signed object kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Domain {
    /// An action, signed by the actor's home.
    Action,
    /// An event header, signed by the hub.
    Event,
    /// An instance document, signed by a root key.
    Instance,
    /// An instance's keys as they stand in a log, signed by a root key.
    Key,
    /// The change of a root key, signed by the key that goes.
    Root,
    /// The freshness line of an instance document, signed by an active key.
    Freshness,
    /// An operation of an identity chain.
    Identity,
    /// A profile document.
    Profile,
    /// How a person shows themselves in one server.
    ServerProfile,
    /// A server card in an invite preview or a directory.
    Card,
    /// A state snapshot for one recipient.
    Snapshot,
    /// A signed head.
    Checkpoint,
    /// A confirmation that something was erased.
    Receipt,
    /// A confirmation that somebody whose account is gone is forgotten.
    Farewell,
    /// Who is at the other end of a stream.
    Stream,
    /// The instances that an instance blocks.
    BlockList,
    /// What a person wants of the instance that keeps their profile.
    Grant,
    /// A confirmation that a profile is kept no more.
    Released,
    /// That somebody holds the key that is to stand above all others of an identity.
    OwnKey,
    /// That whoever holds a person's own key wants their vault.
    VaultClaim,
    /// What a person shows only to members of their communities.
    InnerProfile,
    /// That an instance goes on with a log as its hub.
    MigrateAccept,
    /// That a log has other recovery keys.
    Recovery,
    /// That a log goes on elsewhere by its recovery keys.
    Takeover,
}

impl Domain {
    /// The bytes in front of the canonical JSON.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Action => "conntext/action/v1\n",
            Self::Event => "conntext/event/v1\n",
            Self::Instance => "conntext/instance/v1\n",
            Self::Key => "conntext/key/v1\n",
            Self::Root => "conntext/root/v1\n",
            Self::Freshness => "conntext/freshness/v1\n",
            Self::Identity => "conntext/identity/v1\n",
            Self::Profile => "conntext/profile/v1\n",
            Self::ServerProfile => "conntext/server-profile/v1\n",
            Self::Card => "conntext/card/v1\n",
            Self::Snapshot => "conntext/snapshot/v1\n",
            Self::Checkpoint => "conntext/checkpoint/v1\n",
            Self::Receipt => "conntext/receipt/v1\n",
            Self::Farewell => "conntext/farewell/v1\n",
            Self::Stream => "conntext/stream/v1\n",
            Self::BlockList => "conntext/block-list/v1\n",
            Self::Grant => "conntext/grant/v1\n",
            Self::Released => "conntext/released/v1\n",
            Self::OwnKey => "conntext/own-key/v1\n",
            Self::VaultClaim => "conntext/vault-claim/v1\n",
            Self::InnerProfile => "conntext/inner-profile/v1\n",
            Self::MigrateAccept => "conntext/migrate-accept/v1\n",
            Self::Recovery => "conntext/recovery/v1\n",
            Self::Takeover => "conntext/takeover/v1\n",
        }
    }
}

/// A private signing key. Never printed, never serialised by accident.
#[derive(Clone)]
pub struct SecretKey(ed25519_dalek::SigningKey);

impl SecretKey {
    /// The key that grows from 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }
    /// The 32 bytes to keep sealed.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
    /// Signs bytes as an object of kind `domain`.
    pub fn sign(&self, domain: Domain, bytes: &[u8]) -> Signature {
        let mut message = Vec::with_capacity(domain.prefix().len() + bytes.len());
        message.extend_from_slice(domain.prefix().as_bytes());
        message.extend_from_slice(bytes);
        self.sign_raw(&message)
    }
    /// Signs the canonical form of a typed object.
    pub fn sign_json<T: Serialize>(&self, domain: Domain, object: &T) -> Result<Signature, Code> {
        Ok(self.sign(domain, &canonical::to_vec(object)?))
    }
    /// Signs bytes without a prefix. Only for HTTP request signatures, whose string has a form of its own.
    pub fn sign_raw(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// A public key; standard base64 in JSON. Weak keys cannot be constructed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Reads 32 bytes; a point of small order is refused.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Code> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| Code::BadSignature)?;
        if key.is_weak() {
            return Err(Code::BadSignature);
        }
        Ok(Self(key))
    }
    /// The 32 bytes of the key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
    /// The key's short name: the first 16 hexadecimal digits of its SHA-256, scoped to its instance.
    pub fn kid(&self) -> Kid {
        let hash = Hash::of(&[&self.0.to_bytes()]).to_string();
        Kid(hash[..16].into())
    }
    /// Verifies a signature over an object of kind `domain`.
    pub fn verify(&self, domain: Domain, bytes: &[u8], sig: &Signature) -> Result<(), Code> {
        let mut message = Vec::with_capacity(domain.prefix().len() + bytes.len());
        message.extend_from_slice(domain.prefix().as_bytes());
        message.extend_from_slice(bytes);
        self.verify_raw(&message, sig)
    }
    /// Verifies a signature over the canonical form of a typed object.
    pub fn verify_json<T: Serialize>(&self, domain: Domain, object: &T, sig: &Signature) -> Result<(), Code> {
        self.verify(domain, &canonical::to_vec(object)?, sig)
    }
    /// Verifies a signature over bytes without a prefix (HTTP request signatures only).
    pub fn verify_raw(&self, message: &[u8], sig: &Signature) -> Result<(), Code> {
        let signature = ed25519_dalek::Signature::from_bytes(&sig.0);
        self.0.verify_strict(message, &signature).map_err(|_| Code::BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.to_bytes()))
    }
}
impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&STANDARD.encode(self.to_bytes()))
    }
}
impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let bytes: Bytes<32> = Bytes::deserialize(d)?;
        Self::from_bytes(&bytes.0).map_err(|_| serde::de::Error::custom("not a usable public key"))
    }
}

/// The short name of a key: 16 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Kid(Box<str>);

impl Kid {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Reads a name; anything but 16 lower-case hexadecimal digits is refused.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let good = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if good { Ok(Self(text.into())) } else { Err(Code::BadJson) }
    }
}
impl<'de> Deserialize<'de> for Kid {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::parse(&text).map_err(|_| serde::de::Error::custom("not a key name"))
    }
}

/// A fixed number of bytes; standard base64 with padding in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bytes<const N: usize>(pub [u8; N]);

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&STANDARD.encode(self.0))
    }
}
impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| serde::de::Error::custom("not base64"))?;
        Ok(Self(bytes.try_into().map_err(|_| serde::de::Error::custom("wrong number of bytes"))?))
    }
}

/// A signature; standard base64 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature(pub [u8; 64]);

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Bytes(self.0).serialize(s)
    }
}
impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Self(Bytes::deserialize(d)?.0))
    }
}

/// A signature together with the name of the key that made it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeySig {
    /// Which key.
    pub kid: Kid,
    /// What it signed.
    pub sig: Signature,
}
