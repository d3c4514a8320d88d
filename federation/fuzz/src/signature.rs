//! The `Signature` header: what the verifier takes is judged again by a reading of the rules of its own.
//!
//! The input is a byte of choices, then a request as text: method and path, header lines, an empty line, the body. With
//! the first choice the signature is made anew over whatever the header claims to cover, so that what lies behind the
//! check of the signature is reached too.

use super::world::{Instance, NOW, secret};
use base64::{Engine, engine::general_purpose::STANDARD};
use conntext_federation::{
    domain::Domain,
    error::Code,
    httpsig::{self, Claims, NonceCache, Parts},
    keys::Signature,
};
use sha2::{Digest, Sha256};

/// The signing key of the sender, `b.example`.
const KEY: u8 = 12;

/// A request as a fuzz input says it.
#[derive(Debug)]
struct Text {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Text {
    fn read(data: &[u8]) -> Option<Self> {
        let end = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
        let head = std::str::from_utf8(&data[..end]).ok()?;
        let mut lines = head.split('\n');
        let (method, path) = lines.next()?.split_once(' ')?;
        let headers = lines
            .map(|line| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned())))
            .collect::<Option<_>>()?;
        let body = data.get(end + 2..).unwrap_or_default().to_vec();
        Some(Self { method: method.to_owned(), path: path.to_owned(), headers, body })
    }

    fn lines(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect()
    }

    /// What the header's parameter says, by the plainest reading.
    fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
        let (_, after) = header.split_once(&format!("{name}=\""))?;
        after.split_once('"').map(|(value, _)| value)
    }

    /// The text that the header claims to be signed.
    fn signed(&self, header: &str) -> Option<String> {
        let mut out = Vec::new();
        for name in Self::parameter(header, "headers")?.split(' ') {
            out.push(match name {
                "(request-target)" => format!("(request-target): {} {}", self.method.to_lowercase(), self.path),
                "(created)" => format!("(created): {}", Self::parameter(header, "created")?),
                "(expires)" => format!("(expires): {}", Self::parameter(header, "expires")?),
                name => format!("{name}: {}", self.lines(name).first()?),
            });
        }
        Some(out.join("\n"))
    }

    fn sign_again(&mut self) -> Option<()> {
        let header = (*self.lines("signature").first()?).to_owned();
        let made = STANDARD.encode(secret(KEY).sign_raw(self.signed(&header)?.as_bytes()).0);
        let (before, after) = header.split_once("signature=\"")?;
        let (_, after) = after.split_once('"')?;
        let line = self.headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case("signature"))?;
        line.1 = format!("{before}signature=\"{made}\"{after}");
        Some(())
    }

    /// Judges a request that was taken: every rule again, by another reading of it.
    fn holds(&self) -> Option<bool> {
        let [header] = self.lines("signature")[..] else { return None };
        let names: Vec<&str> = Self::parameter(header, "headers")?.split(' ').collect();
        let once = names[3..].iter().all(|name| self.lines(name).len() == 1);
        let covered = ["ct-destination", "ct-nonce", "digest"].iter().all(|name| names.contains(name))
            && names[..3] == ["(request-target)", "(created)", "(expires)"]
            && (names.contains(&"content-type") || (self.body.is_empty() && self.lines("content-type").is_empty()));
        let signature = STANDARD.decode(Self::parameter(header, "signature")?).ok()?.try_into().ok()?;
        let signed = self.signed(header)?;
        let by_key = secret(KEY).public().verify_raw(signed.as_bytes(), &Signature(signature)).is_ok();
        let named = format!("https://b.example/.well-known/conntext#{}", secret(KEY).public().kid().as_str());
        let created: i64 = Self::parameter(header, "created")?.parse().ok()?;
        let expires: i64 = Self::parameter(header, "expires")?.parse().ok()?;
        let now = NOW / 1000;
        let timely =
            (now - 60..=now + 60).contains(&created) && expires > now && (1..=60).contains(&(expires - created));
        let digest = format!("SHA-256={}", STANDARD.encode(Sha256::digest(&self.body)));
        Some(
            once && covered
                && by_key
                && timely
                && Self::parameter(header, "keyId")? == named
                && Self::parameter(header, "algorithm")? == "hs2019"
                && self.lines("authorization").is_empty()
                && self.lines("ct-destination") == ["a.example"]
                && self.lines("digest") == [digest.as_str()]
                && header.len() <= 2048,
        )
    }
}

/// No panic; what is taken holds by the second reading, and is taken once.
pub fn run(data: &[u8]) {
    let Some((choices, data)) = data.split_first() else { return };
    let Some(mut request) = Text::read(data) else { return };
    if choices & 1 == 1 && request.sign_again().is_none() {
        return;
    }
    let headers: Vec<(&str, &[u8])> = request.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
    let parts = Parts { method: &request.method, path: &request.path, headers: &headers };
    let me = Domain::parse("a.example", false).expect("a domain");
    let sender = Instance::new("b.example", KEY - 1);
    let key = |claims: &Claims| {
        if claims.origin == sender.domain { Ok(sender.key.public()) } else { Err(Code::KeyUnavailable) }
    };
    let mut nonces = NonceCache::default();
    let mut judge = || httpsig::verify_request(&parts, &request.body, &me, false, NOW, key, &mut nonces);
    if judge().is_ok() {
        assert_eq!(request.holds(), Some(true), "taken, although a rule is broken: {request:?}");
        assert_eq!(judge().err(), Some(Code::Replayed));
    }
}
