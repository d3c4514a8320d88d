//! Signed requests. Every case is judged alone, with an empty memory of nonces; `repeat` sends it a second time.

use crate::world::{Instance, NOW, secret};
use base64::{Engine, engine::general_purpose::STANDARD};
use conntext_federation::{
    domain::Domain,
    httpsig::{self, NonceCache, Outgoing, Parts},
    keys::{PublicKey, SecretKey},
};
use serde_json::{Map, Value, json};

const PATH: &str = "/federation/v1/hello";
const BODY: &[u8] = br#"{"servers":[],"software":"conntext/0.1.0"}"#;
const ALL: &str = "(request-target) (created) (expires) content-type ct-destination ct-nonce digest";

/// A request in the making; the fields are those of a case.
struct Request {
    name: &'static str,
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    key: PublicKey,
    now: i64,
    me: &'static str,
    repeat: bool,
}

impl Request {
    fn new(name: &'static str, method: &'static str, body: &[u8]) -> Self {
        let sender = Instance::new("b.example", 11);
        let me = Domain::parse("a.example", false).unwrap();
        let digest = httpsig::digest_header(body);
        let request = Outgoing {
            method,
            path: PATH,
            destination: &me,
            content_type: (!body.is_empty()).then_some("application/json"),
            digest: &digest,
        };
        let headers = httpsig::sign_request(&request, &sender.domain, &sender.key, [9; 16], NOW).unwrap();
        Self {
            name,
            method,
            path: PATH.into(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: body.to_vec(),
            key: sender.key.public(),
            now: NOW,
            me: "a.example",
            repeat: false,
        }
    }

    fn header(&mut self, name: &str) -> &mut String {
        &mut self.headers.iter_mut().find(|(other, _)| other == name).unwrap().1
    }

    /// Signs again, covering `names`, with times relative to the beginning of the world in seconds.
    fn resign(&mut self, names: &str, created: i64, expires: i64, key: &SecretKey) {
        let (created, expires) = (NOW / 1000 + created, NOW / 1000 + expires);
        let lines: Vec<String> = names
            .split(' ')
            .map(|name| match name {
                "(request-target)" => format!("(request-target): {} {}", self.method.to_lowercase(), self.path),
                "(created)" => format!("(created): {created}"),
                "(expires)" => format!("(expires): {expires}"),
                _ => format!("{name}: {}", self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)),
            })
            .collect();
        let sig = STANDARD.encode(key.sign_raw(lines.join("\n").as_bytes()).0);
        let id = httpsig::key_id(&Domain::parse("b.example", false).unwrap(), &key.public().kid());
        *self.header("signature") = format!(
            r#"keyId="{id}",algorithm="hs2019",created="{created}",expires="{expires}",headers="{names}",signature="{sig}""#
        );
    }

    fn case(&self, expect: &str) -> Value {
        let mut case = json!({
            "name": self.name,
            "method": self.method,
            "path": self.path,
            "headers": self.headers,
            "body": STANDARD.encode(&self.body),
            "key": self.key,
            "now": self.now,
            "me": self.me,
            "expect": expect,
        });
        if self.repeat {
            case["repeat"] = true.into();
        }
        case
    }
}

pub fn make() -> Vec<Value> {
    let mut cases = Vec::new();
    let mut add = |name, expect: &str, change: &dyn Fn(&mut Request)| {
        let mut request = Request::new(name, "POST", BODY);
        change(&mut request);
        cases.push(request.case(expect));
    };
    let key = || secret(12);
    add("POST with a body", "ok", &|_| ());
    add("header names in another case", "ok", &|r| r.headers.iter_mut().for_each(|h| h.0 = h.0.to_uppercase()));
    add("parameters in another order", "ok", &|r| {
        let mut parts: Vec<String> = r.header("signature").split(',').map(str::to_owned).collect();
        parts.reverse();
        *r.header("signature") = parts.join(",");
    });
    add("unsigned headers beside", "ok", &|r| r.headers.push(("user-agent".into(), "x".into())));
    add("one more signed header", "ok", &|r| {
        r.headers.push(("host".into(), "proxy.internal".into()));
        r.resign(&format!("{ALL} host"), 0, 30, &key());
    });
    add("the sender's clock is 60 s ahead", "ok", &|r| r.resign(ALL, 60, 90, &key()));
    add("the sender's clock is 59 s behind and its window 60 s", "ok", &|r| r.resign(ALL, -59, 1, &key()));
    add("the last second of the window", "ok", &|r| r.now = NOW + 29_999);

    add("no signature", "signature_missing", &|r| r.headers.retain(|(name, _)| name != "signature"));
    add("two signatures", "signature_malformed", &|r| {
        let copy = r.header("signature").clone();
        r.headers.push(("Signature".into(), copy));
    });
    add("an Authorization header beside", "signature_malformed", &|r| {
        r.headers.push(("authorization".into(), "Signature x".into()));
    });
    add("a parameter twice", "signature_malformed", &|r| r.header("signature").push_str(r#",created="1""#));
    add("an unknown parameter", "signature_malformed", &|r| r.header("signature").push_str(r#",opaque="1""#));
    add("space between parameters", "signature_malformed", &|r| {
        *r.header("signature") = r.header("signature").replace(',', ", ");
    });
    add("times beyond 11 digits", "signature_malformed", &|r| {
        *r.header("signature") =
            r.header("signature").replace(r#"created="1800000000""#, r#"created="18446744073709551615""#);
    });
    add("a signed time", "signature_malformed", &|r| {
        *r.header("signature") = r.header("signature").replace(r#"created=""#, r#"created="+"#);
    });
    add("another algorithm", "signature_malformed", &|r| {
        *r.header("signature") = r.header("signature").replace("hs2019", "hmac-sha256");
    });
    add("a signature of 63 bytes", "signature_malformed", &|r| {
        let short = STANDARD.encode([1; 63]);
        let start = r.header("signature").find("signature=").unwrap();
        r.header("signature").truncate(start);
        r.header("signature").push_str(&format!(r#"signature="{short}""#));
    });
    add("key names without https", "signature_malformed", &|r| {
        *r.header("signature") = r.header("signature").replace("https://", "http://");
    });
    add("a nonce of 15 bytes", "signature_malformed", &|r| {
        *r.header("ct-nonce") = "CQkJCQkJCQkJCQkJCQkJ".into();
        r.resign(ALL, 0, 30, &key());
    });
    add("a header above 2 KiB", "signature_malformed", &|r| r.header("signature").push_str(&" ".repeat(2048)));
    add("only the digest is covered", "signature_coverage", &|r| r.resign("digest", 0, 30, &key()));
    for (name, missing) in [
        ("the method and path are not covered", "(request-target) "),
        ("the receiver is not covered", "ct-destination "),
        ("the nonce is not covered", "ct-nonce "),
        ("the body's type is not covered", "content-type "),
        ("the end is not covered", "(expires) "),
    ] {
        add(name, "signature_coverage", &|r| r.resign(&ALL.replace(missing, ""), 0, 30, &key()));
    }
    add("a covered header stands twice", "signature_coverage", &|r| {
        let copy = r.header("digest").clone();
        r.headers.push(("digest".into(), copy));
    });
    add("a covered header is missing", "signature_coverage", &|r| r.headers.retain(|(name, _)| name != "digest"));
    add("covered headers out of order", "signature_coverage", &|r| {
        r.resign(&ALL.replace("ct-destination ct-nonce", "ct-nonce ct-destination"), 0, 30, &key());
    });
    add("a Date is covered", "signature_coverage", &|r| {
        r.headers.push(("date".into(), "Wed, 01 Jan 2090 00:00:00 GMT".into()));
        r.resign(&ALL.replace("digest", "date digest"), 0, 30, &key());
    });
    for (name, origin) in [
        ("an origin with a trailing dot", "https://b.example./"),
        ("an origin in upper case", "https://B.example/"),
        ("an origin with a port", "https://b.example:8443/"),
        ("an origin that is an address", "https://127.0.0.1/"),
        ("an origin with a user", "https://x@b.example/"),
    ] {
        add(name, "origin_invalid", &|r| {
            *r.header("signature") = r.header("signature").replace("https://b.example/", origin);
        });
    }
    add("from myself", "origin_is_self", &|r| r.me = "b.example");
    add("for another instance", "wrong_destination", &|r| r.me = "c.example");
    add("61 s ahead", "signature_future", &|r| r.resign(ALL, 61, 90, &key()));
    add("a year ahead", "signature_future", &|r| r.resign(ALL, 31_536_000, 31_536_030, &key()));
    add("61 s old", "signature_stale", &|r| r.resign(ALL, -61, -1, &key()));
    add("expired this second", "signature_stale", &|r| r.now = NOW + 30_000);
    add("ends before it begins", "signature_window", &|r| r.resign(ALL, 0, -1, &key()));
    add("a window of 61 s", "signature_window", &|r| r.resign(ALL, 0, 61, &key()));
    add("signed by another key than it names", "unknown_key", &|r| r.key = secret(99).public());
    add("another path", "bad_signature", &|r| r.path.push_str("?x=1"));
    add("another method", "bad_signature", &|r| r.method = "PUT");
    add("another nonce", "bad_signature", &|r| *r.header("ct-nonce") = "CAgICAgICAgICAgICAgICA".into());
    add("another type of body", "bad_signature", &|r| *r.header("content-type") = "text/html".into());
    add("another body", "digest_mismatch", &|r| r.body = b"{}".to_vec());
    add("another digest algorithm", "digest_unsupported", &|r| {
        *r.header("digest") = "SHA-512=AAAA".into();
        r.resign(ALL, 0, 30, &key());
    });
    add("two digests", "digest_unsupported", &|r| {
        r.header("digest").push_str(",SHA-512=AAAA");
        r.resign(ALL, 0, 30, &key());
    });
    add("the same request again", "replayed", &|r| r.repeat = true);

    cases.push(Request::new("GET without a body", "GET", b"").case("ok"));
    cases.push(Request::new("DELETE without a body", "DELETE", b"").case("ok"));
    let mut typed = Request::new("a type without a body that is not covered", "GET", b"");
    typed.headers.push(("content-type".into(), "text/html".into()));
    cases.push(typed.case("signature_coverage"));
    let mut smuggled = Request::new("a body that the digest denies", "GET", b"");
    smuggled.body = b"{}".to_vec();
    cases.push(smuggled.case("digest_mismatch"));
    cases
}

pub fn judge(case: &Value, _: &[Value]) -> Map<String, Value> {
    let headers: Vec<(String, String)> = serde_json::from_value(case["headers"].clone()).unwrap();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
    let text = |name: &str| case[name].as_str().unwrap();
    let parts = Parts { method: text("method"), path: text("path"), headers: &headers };
    let key: PublicKey = serde_json::from_value(case["key"].clone()).unwrap();
    let (body, me) = (STANDARD.decode(text("body")).unwrap(), Domain::parse(text("me"), false).unwrap());
    let now = case["now"].as_i64().unwrap();
    let mut nonces = NonceCache::default();
    let mut send = || httpsig::verify_request(&parts, &body, &me, false, now, |_| Ok(key), &mut nonces);
    let mut verdict = send();
    if case.get("repeat").is_some() {
        verdict.expect("the first time is good");
        verdict = send();
    }
    Map::from_iter([("expect".to_owned(), verdict.map_or_else(|code| code.as_str(), |_| "ok").into())])
}
