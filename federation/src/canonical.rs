//! The canonical form: RFC 8785 over a JSON profile that is stricter than JSON.
//!
//! Integers only, of at most 2^53−1 in magnitude; no duplicate keys; keys of `[a-z0-9_]{1,64}`; at most 16 levels; no
//! U+0000 and no lone surrogates. General parsers round large numbers and keep the last of two equal keys, so that
//! two readers of the same signed bytes may see different things; hence this reader in front of them.

mod spelling;

use crate::error::Code;
use serde::{
    Serialize,
    de::{Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use std::fmt;

/// The largest magnitude of an integer: what every implementation of JSON represents exactly.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;
/// The deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 16;

/// Reads JSON text under the strict profile.
///
/// # Errors
/// [`Code::BadJson`] for anything outside the profile.
pub fn parse(text: &[u8]) -> Result<Value, Code> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth: 0 }.deserialize(&mut reader).map_err(|_| Code::BadJson)?;
    reader.end().map_err(|_| Code::BadJson)?;
    Ok(value)
}

/// Reads JSON text under the strict profile into a type.
pub fn from_slice<T: DeserializeOwned>(text: &[u8]) -> Result<T, Code> {
    // Of canonical text there is only one reading, so that the common reader will do, which is several times faster.
    if spelling::is_canonical(text) {
        return serde_json::from_slice(text).map_err(|_| Code::BadJson);
    }
    from_value(parse(text)?)
}

/// Turns a value that was read strictly into a type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Code> {
    serde_json::from_value(value).map_err(|_| Code::BadJson)
}

/// Checks that text is byte for byte the canonical form of what it says.
///
/// # Errors
/// [`Code::BadJson`] outside the profile, [`Code::NotCanonical`] for another spelling of the same value.
pub fn check(text: &[u8]) -> Result<Value, Code> {
    if spelling::is_canonical(text) {
        return serde_json::from_slice(text).map_err(|_| Code::BadJson);
    }
    let value = parse(text)?;
    if serde_json_canonicalizer::to_vec(&value).map_err(|_| Code::BadJson)? != text {
        return Err(Code::NotCanonical);
    }
    Ok(value)
}

/// Reads text that has to be canonical into a type.
///
/// # Errors
/// As [`check`], and [`Code::BadJson`] where it is no such thing.
pub fn from_canonical<T: DeserializeOwned>(text: &[u8]) -> Result<T, Code> {
    if spelling::is_canonical(text) {
        return serde_json::from_slice(text).map_err(|_| Code::BadJson);
    }
    from_value(check(text)?)
}

/// The canonical bytes of an object.
///
/// # Errors
/// [`Code::BadJson`] where the object holds what the profile forbids (it comes from our own types: a fault of ours).
pub fn to_vec<T: Serialize>(object: &T) -> Result<Vec<u8>, Code> {
    // What is signed most has its members in order already: then the common writer, which spells numbers and strings the
    // same way, is several times faster than the one that sorts.
    let plain = serde_json::to_vec(object).map_err(|_| Code::BadJson)?;
    if spelling::is_canonical(&plain) {
        return Ok(plain);
    }
    serde_json_canonicalizer::to_vec(object).map_err(|_| Code::BadJson)
}

/// The canonical text of an object.
pub fn to_string<T: Serialize>(object: &T) -> Result<String, Code> {
    String::from_utf8(to_vec(object)?).map_err(|_| Code::BadJson)
}

fn valid_key(key: &str) -> bool {
    (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON of the strict profile")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }
    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Value, E> {
        if n > MAX_INTEGER { Err(E::custom("integer too large")) } else { Ok(n.into()) }
    }
    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Value, E> {
        if n.unsigned_abs() > MAX_INTEGER { Err(E::custom("integer too large")) } else { Ok(n.into()) }
    }
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(E::custom("only integers"))
    }
    fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Value, E> {
        self.visit_string(s.to_owned())
    }
    fn visit_string<E: serde::de::Error>(self, s: String) -> Result<Value, E> {
        if s.contains('\0') { Err(E::custom("U+0000")) } else { Ok(Value::String(s)) }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(Key(key)) = map.next_key()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom("duplicate key"));
            }
            members.insert(key, map.next_value_seed(inner)?);
        }
        Ok(Value::Object(members))
    }
}

struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let key = String::deserialize(d)?;
        if valid_key(&key) { Ok(Self(key)) } else { Err(D::Error::custom("key outside [a-z0-9_]{1,64}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_profile_refuses_what_parsers_disagree_on() {
        for bad in [
            &br#"{"a":1,"a":2}"#[..],
            br#"{"a":9007199254740993}"#,
            br#"{"a":1.5}"#,
            br#"{"a":1e2}"#,
            br#"{"A":1}"#,
            br#"{"":1}"#,
            br#"{"a":"\u0000"}"#,
            br#"{"a":"\ud800"}"#,
            br#"{"a":1} x"#,
            b"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
        ] {
            assert_eq!(parse(bad), Err(Code::BadJson), "{}", String::from_utf8_lossy(bad));
        }
        assert!(parse(b"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]").is_ok());
    }

    #[test]
    fn another_spelling_of_the_same_value_is_not_canonical() {
        assert!(check(br#"{"a":1,"b":"x"}"#).is_ok());
        assert_eq!(check(br#"{"b":"x","a":1}"#), Err(Code::NotCanonical));
        assert_eq!(check(br#"{"a": 1}"#), Err(Code::NotCanonical));
        assert_eq!(check(br#"{"a":-0}"#), Err(Code::BadJson));
    }
}
