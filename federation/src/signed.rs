//! Objects that carry their own signature and keep the fields that a reader does not know.
//!
//! The signature is checked over what was received, not over what this version understands of it: so a document of a
//! newer instance still verifies, and is passed on byte for byte.

use crate::{
    canonical,
    error::Code,
    ids::Hash,
    keys::{Domain as Kind, KeySig, PublicKey, SecretKey},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::ops::Deref;

/// What the fields of a signed object say about its signature.
pub trait Body: Serialize + DeserializeOwned {
    /// The signature's domain.
    const KIND: Kind;
    /// Members that the signature does not cover. `sig` itself is always among them.
    const UNCOVERED: &'static [&'static str] = &["sig"];
    /// The largest size in bytes of the canonical form.
    const MAX_BYTES: usize;
}

/// A signed object: its known fields, its signature `sig: {kid, sig}`, and everything as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<T> {
    body: T,
    sig: KeySig,
    raw: Map<String, Value>,
}

impl<T: Body> Signed<T> {
    /// Signs `body` with `key`.
    ///
    /// # Errors
    /// [`Code::TooLarge`] beyond the size of its kind.
    pub fn sign(body: T, key: &SecretKey) -> Result<Self, Code> {
        let Value::Object(mut raw) = serde_json::to_value(&body).map_err(|_| Code::BadJson)? else {
            return Err(Code::BadJson);
        };
        let sig = KeySig { kid: key.public().kid(), sig: key.sign(T::KIND, &covered::<T>(&raw)?) };
        raw.insert("sig".into(), serde_json::to_value(&sig).map_err(|_| Code::BadJson)?);
        let signed = Self { body, sig, raw };
        if signed.to_vec()?.len() > T::MAX_BYTES {
            return Err(Code::TooLarge);
        }
        Ok(signed)
    }

    /// Reads the canonical text of a signed object; the signature is not checked yet.
    ///
    /// # Errors
    /// [`Code::TooLarge`], [`Code::BadJson`] or [`Code::NotCanonical`].
    pub fn from_slice(text: &[u8]) -> Result<Self, Code> {
        if text.len() > T::MAX_BYTES {
            return Err(Code::TooLarge);
        }
        Self::from_value(canonical::check(text)?)
    }

    /// Reads an object that lies inside another one, whose text was read under the strict profile.
    ///
    /// # Errors
    /// [`Code::BadJson`] where a required field is missing or of another type.
    pub fn from_value(value: Value) -> Result<Self, Code> {
        let Value::Object(raw) = value else { return Err(Code::BadJson) };
        let sig = raw.get("sig").cloned().ok_or(Code::BadJson)?;
        Ok(Self { body: canonical::from_value(Value::Object(raw.clone()))?, sig: canonical::from_value(sig)?, raw })
    }

    /// Checks that `key` made the signature.
    ///
    /// # Errors
    /// [`Code::BadObjectSignature`]; [`Code::TooLarge`] beyond the size of its kind.
    pub fn check(&self, key: &PublicKey) -> Result<(), Code> {
        if key.kid() != self.sig.kid {
            return Err(Code::BadObjectSignature);
        }
        if self.to_vec()?.len() > T::MAX_BYTES {
            return Err(Code::TooLarge);
        }
        key.verify(T::KIND, &covered::<T>(&self.raw)?, &self.sig.sig).map_err(|_| Code::BadObjectSignature)
    }

    /// The canonical bytes of the whole object, signature included.
    ///
    /// # Errors
    /// [`Code::BadJson`] where an unknown field holds what the strict profile forbids.
    pub fn to_vec(&self) -> Result<Vec<u8>, Code> {
        canonical::to_vec(&self.raw)
    }

    /// SHA-256 of the kind's prefix and the canonical form of the covered members and the signature.
    pub fn hash(&self) -> Result<Hash, Code> {
        let uncovered: Vec<&str> = T::UNCOVERED.iter().copied().filter(|name| *name != "sig").collect();
        Ok(Hash::of(&[T::KIND.prefix().as_bytes(), &self.bytes_without(&uncovered)?]))
    }

    /// Which key signed, and the signature.
    pub fn sig(&self) -> &KeySig {
        &self.sig
    }

    /// The known fields.
    pub fn body(&self) -> &T {
        &self.body
    }

    /// A member as it was received, known or not.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.raw.get(name)
    }

    /// The canonical bytes of everything but some members.
    pub(crate) fn bytes_without(&self, names: &[&str]) -> Result<Vec<u8>, Code> {
        let mut raw = self.raw.clone();
        for name in names {
            raw.remove(*name);
        }
        canonical::to_vec(&raw)
    }

    pub(crate) fn set_member(&mut self, name: &str, value: Value) {
        self.raw.insert(name.into(), value);
    }
}

fn covered<T: Body>(raw: &Map<String, Value>) -> Result<Vec<u8>, Code> {
    let mut covered = raw.clone();
    covered.remove("sig");
    for name in T::UNCOVERED {
        covered.remove(*name);
    }
    canonical::to_vec(&covered)
}

impl<T> Deref for Signed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T> Serialize for Signed<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(s)
    }
}

impl<'de, T: Body> Deserialize<'de> for Signed<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}
