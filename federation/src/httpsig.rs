//! Signatures of requests between instances.
//!
//! Every request, also one without a body, is signed over its method and path, its receiver, a nonce, a short window
//! of time and the digest of its body. Checking goes from cheap to dear, and some of the steps between are the
//! caller's, which knows blocks, budgets and keys:
//!
//! 1. [`parse`]: form, coverage and origin; then the caller checks blocks and the budget of the source address;
//! 2. [`Claims::check_receiver`] and [`Claims::check_window`]; then the caller finds the key of [`Claims::kid`];
//! 3. [`Claims::verify`]; then the caller checks the budget of the origin (a forger must not be able to spend it);
//! 4. [`Verified::check_body`] over what was really read;
//! 5. [`NonceCache::insert`].
//!
//! [`verify_request`] takes all of them in this order. The crate `http-signature-normalization` builds the string that
//! is signed, and nothing else: its own reader takes the last of two equal parameters and fails on large times.

use crate::{
    domain::Domain,
    error::Code,
    keys::{Kid, PublicKey, SecretKey, Signature},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http_signature_normalization::verify::ParsedHeader;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use subtle::ConstantTimeEq;

/// How long a sender lets a request count, in seconds.
pub const SEND_WINDOW_S: i64 = 30;
/// How far a request's times may lie from the receiver's clock and from each other, in seconds.
pub const WINDOW_S: i64 = 60;
/// The longest `Signature` header in bytes.
pub const MAX_SIGNATURE_BYTES: usize = 2048;
/// The most headers that a signature may cover.
const MAX_COVERED: usize = 16;
/// The digest of an empty body, as the `Digest` header says it.
pub const EMPTY_DIGEST: &str = "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

const PSEUDO: [&str; 3] = ["(request-target)", "(created)", "(expires)"];
const REQUIRED: [&str; 3] = ["ct-destination", "ct-nonce", "digest"];
const KEY_ID_PATH: &str = "/.well-known/conntext#";

/// The parts of a request that a signature covers. `headers` in any order and case, repeated ones repeated.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The method, as `POST`.
    pub method: &'a str,
    /// Path and query as they stand in the request line.
    pub path: &'a str,
    /// All header lines.
    pub headers: &'a [(&'a str, &'a [u8])],
}

impl<'a> Parts<'a> {
    fn lines<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// The value of the `Digest` header for a body.
pub fn digest_header(body: &[u8]) -> String {
    digest_header_of(&Sha256::digest(body).into())
}

/// The value of the `Digest` header for a body whose SHA-256 is known, as when it is sent from a file.
pub fn digest_header_of(sha256: &[u8; 32]) -> String {
    format!("SHA-256={}", STANDARD.encode(sha256))
}

/// The `keyId` of a key. It names the scheme `https` always: it is a name, and the receiver decides how to fetch.
pub fn key_id(origin: &Domain, kid: &Kid) -> String {
    format!("https://{origin}{KEY_ID_PATH}{}", kid.as_str())
}

/// A request to be signed.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// The method, as `POST`.
    pub method: &'a str,
    /// Path and query as they will stand in the request line.
    pub path: &'a str,
    /// Who is meant to receive it.
    pub destination: &'a Domain,
    /// The media type of the body; none exactly where there is no body.
    pub content_type: Option<&'a str>,
    /// The value of the `Digest` header.
    pub digest: &'a str,
}

/// Signs a request of `origin` with `key`, at `now_ms`, with 128 random bits. Returns the headers to add to it.
///
/// # Errors
/// [`Code::SignatureMalformed`] where path or headers cannot be signed (a fault of the caller).
pub fn sign_request(
    request: &Outgoing<'_>,
    origin: &Domain,
    key: &SecretKey,
    nonce: [u8; 16],
    now_ms: i64,
) -> Result<Vec<(&'static str, String)>, Code> {
    let created = now_ms.div_euclid(1000);
    let expires = created + SEND_WINDOW_S;
    let mut headers: Vec<(&'static str, String)> = Vec::with_capacity(5);
    if let Some(content_type) = request.content_type {
        headers.push(("content-type", content_type.to_owned()));
    }
    headers.push(("ct-destination", request.destination.to_string()));
    headers.push(("ct-nonce", URL_SAFE_NO_PAD.encode(nonce)));
    headers.push(("digest", request.digest.to_owned()));

    let names: Vec<&str> = PSEUDO.into_iter().chain(headers.iter().map(|(name, _)| *name)).collect();
    let values = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let text =
        signing_string(request.method, request.path, &created.to_string(), &expires.to_string(), &names, values)?;
    let sig = STANDARD.encode(key.sign_raw(text.as_bytes()).0);
    let key_id = key_id(origin, &key.public().kid());
    let names = names.join(" ");
    headers.push((
        "signature",
        format!(
            r#"keyId="{key_id}",algorithm="hs2019",created="{created}",expires="{expires}",headers="{names}",signature="{sig}""#
        ),
    ));
    Ok(headers)
}

/// Builds the string that is signed. The crate reads the clock when it is given times of its own to check, so it gets
/// them as plain lines, which come out the same.
fn signing_string<'a>(
    method: &str,
    path: &str,
    created: &str,
    expires: &str,
    names: &[&str],
    values: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<String, Code> {
    if !path.starts_with('/') || !path.bytes().all(|b| b.is_ascii_graphic()) || !method.bytes().all(is_token) {
        return Err(Code::SignatureMalformed);
    }
    let mut lines: BTreeMap<String, String> = values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    lines.insert("(created)".into(), created.to_owned());
    lines.insert("(expires)".into(), expires.to_owned());
    let header: ParsedHeader = format!(r#"keyId="k",headers="{}",signature="s""#, names.join(" "))
        .parse()
        .map_err(|_| Code::SignatureMalformed)?;
    let unverified = header
        .into_unvalidated(method, path, &mut lines, HashSet::new())
        .map_err(|_| Code::SignatureCoverage)?
        .validate(std::time::Duration::ZERO)
        .map_err(|_| Code::SignatureMalformed)?;
    Ok(unverified.signing_string().to_owned())
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-'
}

/// What a well-formed request says about itself; nothing of it is proven yet.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The instance that claims to speak, by its domain.
    pub origin: Domain,
    /// The key that it claims to have signed with.
    pub kid: Kid,
    /// From when the request counts, in Unix seconds.
    pub created: i64,
    /// Until when it counts, in Unix seconds.
    pub expires: i64,
    /// Makes the request unique.
    pub nonce: [u8; 16],
    destination: String,
    digest: String,
    signature: Signature,
    signed: String,
}

/// Reads the signature of a request that came to `me`. Development names are origins only with `allow_dev`.
///
/// # Errors
/// [`Code::SignatureMissing`], [`Code::SignatureMalformed`], [`Code::SignatureCoverage`], [`Code::OriginInvalid`] or
/// [`Code::OriginIsSelf`], checked in this order.
pub fn parse(parts: &Parts<'_>, me: &Domain, allow_dev: bool) -> Result<Claims, Code> {
    let mut signatures = parts.lines("signature");
    let header = signatures.next().ok_or(Code::SignatureMissing)?;
    if signatures.next().is_some()
        || parts.lines("authorization").next().is_some()
        || header.len() > MAX_SIGNATURE_BYTES
    {
        return Err(Code::SignatureMalformed);
    }
    let params = Params::read(header).ok_or(Code::SignatureMalformed)?;
    let names: Vec<&str> = params.headers.split(' ').collect();
    if names.len() > MAX_COVERED {
        return Err(Code::SignatureMalformed);
    }

    let (pseudo, covered) = names.split_at_checked(PSEUDO.len()).ok_or(Code::SignatureCoverage)?;
    let in_order = covered.windows(2).all(|pair| pair[0] < pair[1]);
    // Times stand in `created` and `expires`; the crate would judge a `Date` by the machine's clock.
    if pseudo != PSEUDO || !in_order || covered.contains(&"date") || !REQUIRED.iter().all(|name| covered.contains(name))
    {
        return Err(Code::SignatureCoverage);
    }
    let mut values = Vec::with_capacity(covered.len());
    for &name in covered {
        let mut found = parts.lines(name);
        let (Some(value), None) = (found.next(), found.next()) else { return Err(Code::SignatureCoverage) };
        values.push((name, header_value(value).ok_or(Code::SignatureMalformed)?));
    }
    let value = |wanted: &str| values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let digest = value("digest").ok_or(Code::SignatureCoverage)?;
    // A body without a signed type could be read as another kind of document than was meant.
    let typed = value("content-type").is_some();
    if !typed && (digest != EMPTY_DIGEST || parts.lines("content-type").next().is_some()) {
        return Err(Code::SignatureCoverage);
    }
    let nonce = value("ct-nonce").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok());
    let nonce: [u8; 16] = nonce.ok_or(Code::SignatureMalformed)?;

    let (origin, kid) = params
        .key_id
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once(KEY_ID_PATH))
        .ok_or(Code::SignatureMalformed)?;
    let kid = Kid::parse(kid).map_err(|_| Code::SignatureMalformed)?;
    let signed =
        signing_string(parts.method, parts.path, params.created, params.expires, &names, values.iter().copied())?;
    let origin = Domain::parse_normal(origin, allow_dev)?;
    if origin == *me {
        return Err(Code::OriginIsSelf);
    }
    Ok(Claims {
        origin,
        kid,
        created: params.created.parse().map_err(|_| Code::SignatureMalformed)?,
        expires: params.expires.parse().map_err(|_| Code::SignatureMalformed)?,
        nonce,
        destination: value("ct-destination").ok_or(Code::SignatureCoverage)?.to_owned(),
        digest: digest.to_owned(),
        signature: params.signature,
        signed,
    })
}

/// The parameters of a `Signature` header: `name="value"` with commas between and nothing else, each name once.
struct Params<'a> {
    key_id: &'a str,
    created: &'a str,
    expires: &'a str,
    headers: &'a str,
    signature: Signature,
}

impl<'a> Params<'a> {
    fn read(header: &'a [u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(header).ok().filter(|text| text.is_ascii())?;
        let (mut key_id, mut algorithm, mut created, mut expires, mut headers, mut signature) =
            (None, None, None, None, None, None);
        loop {
            let (name, after) = rest.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            let slot = match name {
                "keyId" => &mut key_id,
                "algorithm" => &mut algorithm,
                "created" => &mut created,
                "expires" => &mut expires,
                "headers" => &mut headers,
                "signature" => &mut signature,
                _ => return None,
            };
            if slot.replace(value).is_some() {
                return None;
            }
            if after.is_empty() {
                break;
            }
            rest = after.strip_prefix(',')?;
        }
        let name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-()".contains(&b);
        let signature: [u8; 64] = STANDARD.decode(signature?).ok()?.try_into().ok()?;
        let headers = headers.filter(|text| text.split(' ').all(|part| !part.is_empty() && part.bytes().all(name)))?;
        if algorithm? != "hs2019" {
            return None;
        }
        Some(Self {
            key_id: key_id.filter(|text| text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'))?,
            created: created.filter(|text| is_time(text))?,
            expires: expires.filter(|text| is_time(text))?,
            headers,
            signature: Signature(signature),
        })
    }
}

/// 1 to 11 digits without a leading zero: no sum of such times overflows, and every time has one spelling.
fn is_time(text: &str) -> bool {
    (1..=11).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'))
}

/// A header's value, if no proxy could have meant something else by it.
fn header_value(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let plain = text.bytes().all(|b| (b' '..=b'~').contains(&b)) && text.trim_matches(' ') == text;
    (plain && !text.is_empty()).then_some(text)
}

impl Claims {
    /// Checks that the request was meant for `me`.
    ///
    /// # Errors
    /// [`Code::WrongDestination`].
    pub fn check_receiver(&self, me: &Domain) -> Result<(), Code> {
        if self.destination == me.as_str() { Ok(()) } else { Err(Code::WrongDestination) }
    }

    /// For whom the request was meant, as it says; not checked.
    pub fn receiver(&self) -> &str {
        &self.destination
    }

    /// Checks that the request counts at `now_ms`.
    ///
    /// # Errors
    /// [`Code::SignatureFuture`], [`Code::SignatureStale`], or [`Code::SignatureWindow`] for a window that is empty or
    /// too long.
    pub fn check_window(&self, now_ms: i64) -> Result<(), Code> {
        let now = now_ms.div_euclid(1000);
        if self.created > now + WINDOW_S {
            Err(Code::SignatureFuture)
        } else if self.created < now - WINDOW_S {
            Err(Code::SignatureStale)
        } else if self.expires <= self.created || self.expires > self.created + WINDOW_S {
            Err(Code::SignatureWindow)
        } else if self.expires <= now {
            Err(Code::SignatureStale)
        } else {
            Ok(())
        }
    }

    /// Checks the signature with the origin's key.
    ///
    /// # Errors
    /// [`Code::UnknownKey`] where `key` is another one than the request names, [`Code::BadSignature`].
    pub fn verify(self, key: &PublicKey) -> Result<Verified, Code> {
        if key.kid() != self.kid {
            return Err(Code::UnknownKey);
        }
        key.verify_raw(self.signed.as_bytes(), &self.signature)?;
        Ok(Verified(self))
    }
}

/// The claims of a request whose signature holds. Its body is not checked yet.
#[derive(Clone, Debug)]
pub struct Verified(Claims);

impl Verified {
    /// What the request says about itself.
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// Checks the whole body.
    ///
    /// # Errors
    /// As [`Verified::check_body_digest`].
    pub fn check_body(self, body: &[u8]) -> Result<Claims, Code> {
        self.check_body_digest(&Sha256::digest(body).into())
    }

    /// Checks the SHA-256 of a body that was read as a stream.
    ///
    /// # Errors
    /// [`Code::DigestUnsupported`] for another algorithm or more than one digest, [`Code::DigestMismatch`].
    pub fn check_body_digest(self, sha256: &[u8; 32]) -> Result<Claims, Code> {
        let text = self.0.digest.strip_prefix("SHA-256=").ok_or(Code::DigestUnsupported)?;
        if text.contains(',') {
            return Err(Code::DigestUnsupported);
        }
        let said = STANDARD.decode(text).map_err(|_| Code::DigestMismatch)?;
        if bool::from(said.as_slice().ct_eq(sha256)) { Ok(self.0) } else { Err(Code::DigestMismatch) }
    }
}

/// Checks a request in full, for a receiver that has its body at hand. `key` finds the origin's key, and is asked only
/// for requests that are meant for `me` and of this moment.
///
/// # Errors
/// Those of the single steps, in their order, and those of `key`.
pub fn verify_request(
    parts: &Parts<'_>,
    body: &[u8],
    me: &Domain,
    allow_dev: bool,
    now_ms: i64,
    key: impl FnOnce(&Claims) -> Result<PublicKey, Code>,
    nonces: &mut NonceCache,
) -> Result<Claims, Code> {
    let claims = parse(parts, me, allow_dev)?;
    claims.check_receiver(me)?;
    claims.check_window(now_ms)?;
    let key = key(&claims)?;
    let claims = claims.verify(&key)?.check_body(body)?;
    nonces.insert(&claims, now_ms)?;
    Ok(claims)
}

/// The nonces of the last minute or two. A second line of defence: every call that changes something is idempotent.
#[derive(Debug)]
pub struct NonceCache {
    origins: HashMap<Domain, HashSet<[u8; 16]>>,
    by_expiry: BTreeMap<i64, Vec<(Domain, [u8; 16])>>,
    total: usize,
    max_total: usize,
    max_per_origin: usize,
}

impl Default for NonceCache {
    fn default() -> Self {
        Self::new(200_000, 20_000)
    }
}

impl NonceCache {
    /// An empty cache of at most so many nonces, over all and of one origin.
    pub fn new(max_total: usize, max_per_origin: usize) -> Self {
        Self { origins: HashMap::new(), by_expiry: BTreeMap::new(), total: 0, max_total, max_per_origin }
    }

    /// Remembers the nonce of a verified request until the request expires.
    ///
    /// # Errors
    /// [`Code::Replayed`] where it is known already, [`Code::Rate`] where the cache or the origin's share is full.
    pub fn insert(&mut self, claims: &Claims, now_ms: i64) -> Result<(), Code> {
        self.forget_expired(now_ms);
        let known = self.origins.get(&claims.origin);
        if known.is_some_and(|nonces| nonces.contains(&claims.nonce)) {
            return Err(Code::Replayed);
        }
        if self.total >= self.max_total || known.is_some_and(|nonces| nonces.len() >= self.max_per_origin) {
            return Err(Code::Rate);
        }
        self.origins.entry(claims.origin.clone()).or_default().insert(claims.nonce);
        self.by_expiry.entry(claims.expires).or_default().push((claims.origin.clone(), claims.nonce));
        self.total += 1;
        Ok(())
    }

    /// How many nonces are remembered.
    pub fn len(&self) -> usize {
        self.total
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    fn forget_expired(&mut self, now_ms: i64) {
        let now = now_ms.div_euclid(1000);
        while let Some(entry) = self.by_expiry.first_entry().filter(|entry| *entry.key() <= now) {
            for (origin, nonce) in entry.remove() {
                if let Some(nonces) = self.origins.get_mut(&origin) {
                    self.total -= usize::from(nonces.remove(&nonce));
                    if nonces.is_empty() {
                        self.origins.remove(&origin);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "httpsig_tests.rs"]
mod tests;
