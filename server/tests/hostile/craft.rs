//! Canonical JSON, ids, digests and signatures, written here a second time: nothing of it comes from the server, so that a
//! fault there does not hide itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// 64 zeros: the hash before the first event.
pub const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Canonical text: keys sorted, no spaces, the shortest escapes.
pub fn canon(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            let inner: Vec<String> = keys.iter().map(|k| format!("{}:{}", quoted(k), canon(&members[*k]))).collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canon).collect::<Vec<_>>().join(",")),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// SHA-256 of pieces, one after the other.
pub fn sha(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    pieces.iter().for_each(|piece| hash.update(piece));
    hash.finalize().into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Base64 with padding.
pub fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Lower-case base32 without padding.
pub fn b32(bytes: &[u8]) -> String {
    let (mut out, mut bits, mut held) = (String::new(), 0u32, 0u32);
    for byte in bytes {
        (held, bits) = (held << 8 | u32::from(*byte), bits + 8);
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(b"abcdefghijklmnopqrstuvwxyz234567"[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(b"abcdefghijklmnopqrstuvwxyz234567"[(held << (5 - bits) & 31) as usize]));
    }
    out
}

/// An id: prefix and 40 characters of the digest of bytes.
pub fn id(prefix: &str, bytes: &[u8]) -> String {
    let digest = sha(&[b"conntext/id/v1/", prefix.as_bytes(), b"\n", bytes]);
    format!("{prefix}_{}", &b32(&digest)[..40])
}

/// Bytes that no other call gives.
pub fn fresh() -> [u8; 16] {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (n, at) = (COUNT.fetch_add(1, Ordering::Relaxed), now_ms());
    let all = sha(&[b"hostile", &n.to_be_bytes(), &at.to_be_bytes(), &std::process::id().to_be_bytes()]);
    all[..16].try_into().expect("half of it")
}

/// Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "the real binary lives in real time")]
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64
}

/// A key pair.
#[derive(Clone)]
pub struct Key(SigningKey);

impl Key {
    /// A new one.
    pub fn new() -> Self {
        Self(SigningKey::from_bytes(&sha(&[b"key", &fresh()])))
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Its name.
    pub fn kid(&self) -> String {
        hex(&sha(&[&self.public()])[..8])
    }

    /// A signature in base64 over bytes as they are.
    pub fn raw(&self, bytes: &[u8]) -> String {
        b64(&self.0.sign(bytes).to_bytes())
    }

    /// `{kid, sig}` over an object of a kind.
    pub fn sign(&self, kind: &str, object: &Value) -> Value {
        let text = format!("conntext/{kind}/v1\n{}", canon(object));
        json!({"kid": self.kid(), "sig": self.raw(text.as_bytes())})
    }

    /// The object with its signature in it.
    pub fn seal(&self, kind: &str, mut object: Value) -> Value {
        object["sig"] = self.sign(kind, &object);
        object
    }
}

/// The hash of an event: of its header.
pub fn event_hash(header: &Value) -> String {
    hex(&sha(&[b"conntext/event/v1\n", canon(header).as_bytes()]))
}

/// The digest of a content with its salt.
pub fn content_hash(salt: &[u8], content: &Value) -> String {
    hex(&sha(&[b"conntext/content/v1\n", salt, canon(content).as_bytes()]))
}

/// The digest of an action with its signature.
pub fn action_hash(action: &Value, origin_sig: &Value) -> String {
    hex(&sha(&[canon(&json!({"action": action, "origin_sig": origin_sig})).as_bytes()]))
}

/// The digest by which a log names an invite.
pub fn invite_hash(code: &str) -> String {
    hex(&sha(&[b"conntext/invite/v1\n", code.as_bytes()]))
}
