//! Identifiers. All are opaque strings with a prefix that tells their kind; see `docs/identifiers.md`.

use crate::error::Code;
use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr, sync::Arc};

/// Lower-case RFC 4648 base32 without padding, the alphabet of every identifier.
pub fn base32() -> Encoding {
    let mut spec = Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    // The specification is constant and valid; an error here cannot depend on input.
    spec.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

/// `H40(tag, bytes)`: the first 40 base32 characters (200 bits) of a domain-separated SHA-256.
pub fn h40(tag: &str, bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"conntext/id/v1/");
    hash.update(tag.as_bytes());
    hash.update(b"\n");
    hash.update(bytes);
    let mut text = base32().encode(&hash.finalize());
    text.truncate(40);
    text
}

fn is_base32(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// The id as text.
            pub fn as_str(&self) -> &str { &self.0 }

            /// Derives the id that belongs to `bytes`.
            pub fn derive(bytes: &[u8]) -> Self {
                let tag = Self::PREFIX.trim_end_matches('_');
                let mut text = h40(tag, bytes);
                text.truncate($len);
                Self(format!("{}{text}", Self::PREFIX).into())
            }
        }

        impl FromStr for $name {
            type Err = Code;
            fn from_str(text: &str) -> Result<Self, Code> {
                let rest = text.strip_prefix($prefix).ok_or(Code::BadJson)?;
                if rest.len() != $len || !is_base32(rest) { return Err(Code::BadJson); }
                Ok(Self(text.into()))
            }
        }
        id_traits!($name);
    };
}

macro_rules! id_traits {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(|_| serde::de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }
    };
}

id!(
    /// An instance: derived from its **first** root public key, so it survives changes of key and of domain.
    InstanceId, "ik_", 40
);
id!(
    /// A person: derived from the first operation of their identity chain.
    UserId, "u_", 40
);
id!(
    /// An anonymous member; only their own instance can tell who it is. 128 random bits.
    AnonId, "a_", 26
);
id!(
    /// A shared character run by a server's staff.
    PersonaId, "p_", 40
);
id!(
    /// A server or conversation: derived from its genesis content. Holds no domain, so that it can move.
    ServerId, "s_", 40
);
id!(
    /// A channel or category: derived from the server and the action that made it.
    ChannelId, "c_", 40
);
id!(
    /// A role.
    RoleId, "r_", 40
);
id!(
    /// A custom emoji.
    EmojiId, "x_", 40
);
id!(
    /// A thread.
    ThreadId, "t_", 40
);
id!(
    /// Stored bytes: the whole SHA-256 of them as stored. Uploaders choose the bytes, so nothing is cut off.
    MediaId, "m_", 52
);

impl InstanceId {
    /// The id of the instance whose first root key is `root`.
    pub fn of_root(root: &[u8; 32]) -> Self {
        Self::derive(root)
    }
}

impl AnonId {
    /// An id from 128 random bits.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(format!("a_{}", base32().encode(&bytes)).into())
    }
}

impl MediaId {
    /// The id of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_digest(&Sha256::digest(bytes).into())
    }
    /// The id that belongs to a finished SHA-256 digest.
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        Self(format!("m_{}", base32().encode(digest)).into())
    }
}

fn derived(sid: &ServerId, what: &str) -> Vec<u8> {
    format!("{sid}\n{what}").into_bytes()
}

impl ChannelId {
    /// The channel made by the action `aid` in `sid`.
    pub fn made_by(sid: &ServerId, aid: &ActionId) -> Self {
        Self::derive(&derived(sid, &aid.to_string()))
    }
    /// The staff channel that every server has from its beginning.
    pub fn staff(sid: &ServerId) -> Self {
        Self::derive(&derived(sid, "staff"))
    }
}

impl RoleId {
    /// The role made by the action `aid` in `sid`.
    pub fn made_by(sid: &ServerId, aid: &ActionId) -> Self {
        Self::derive(&derived(sid, &aid.to_string()))
    }
    /// The role that every member of `sid` has.
    pub fn everyone(sid: &ServerId) -> Self {
        Self::derive(&derived(sid, "everyone"))
    }
}

/// The id of an action: 128 random bits made by the actor's home, 26 base32 characters as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub [u8; 16]);

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32().encode(&self.0))
    }
}
impl fmt::Debug for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for ActionId {
    type Err = Code;
    fn from_str(text: &str) -> Result<Self, Code> {
        let bytes = base32().decode(text.as_bytes()).map_err(|_| Code::BadJson)?;
        Ok(Self(bytes.try_into().map_err(|_| Code::BadJson)?))
    }
}
impl Serialize for ActionId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for ActionId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|_| serde::de::Error::custom("not an action id"))
    }
}

/// Who acts: a person, an anonymous member, a persona, or the hub itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A person under their own identity.
    User(UserId),
    /// A member whose identity only their home can resolve.
    Anonymous(AnonId),
    /// A character of the server's staff.
    Persona(PersonaId),
    /// The hub itself, for what it writes on nobody's behalf (`instance.keys`).
    Instance(InstanceId),
}

impl Actor {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Anonymous(id) => id.as_str(),
            Self::Persona(id) => id.as_str(),
            Self::Instance(id) => id.as_str(),
        }
    }
    /// The person, when it is one.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(id) => Some(id),
            _ => None,
        }
    }
}

impl From<UserId> for Actor {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl FromStr for Actor {
    type Err = Code;
    fn from_str(text: &str) -> Result<Self, Code> {
        match text.split_once('_') {
            Some(("u", _)) => text.parse().map(Self::User),
            Some(("a", _)) => text.parse().map(Self::Anonymous),
            Some(("p", _)) => text.parse().map(Self::Persona),
            Some(("ik", _)) => text.parse().map(Self::Instance),
            _ => Err(Code::BadJson),
        }
    }
}
id_traits!(Actor);

/// A SHA-256 digest; lower-case hexadecimal in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What stands in place of a predecessor where there is none.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 over the parts, one after the other.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Hash {
    type Err = Code;
    fn from_str(text: &str) -> Result<Self, Code> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(|_| Code::BadJson)?;
        Ok(Self(bytes.try_into().map_err(|_| Code::BadJson)?))
    }
}
impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|_| serde::de::Error::custom("not a digest in lower-case hexadecimal"))
    }
}
