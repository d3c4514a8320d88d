use super::*;

const NOW: i64 = 1_800_000_000_000;
const BODY: &[u8] = br#"{"servers":[]}"#;

fn key() -> SecretKey {
    SecretKey::from_seed([7; 32])
}

fn domain(text: &str) -> Domain {
    Domain::parse(text, true).unwrap()
}

type Headers = Vec<(String, Vec<u8>)>;

/// Headers of a good request of b.example to a.example.
fn signed(body: &[u8], nonce: u8) -> Headers {
    let (destination, digest) = (domain("a.example"), digest_header(body));
    let request = Outgoing {
        method: "POST",
        path: "/federation/v1/hello?x=1",
        destination: &destination,
        content_type: (!body.is_empty()).then_some("application/json"),
        digest: &digest,
    };
    let headers = sign_request(&request, &domain("b.example"), &key(), [nonce; 16], NOW).unwrap();
    headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect()
}

fn check_at(headers: &Headers, method: &str, path: &str, body: &[u8], me: &str, now_ms: i64) -> Result<Claims, Code> {
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
    let parts = Parts { method, path, headers: &headers };
    let mut nonces = NonceCache::default();
    verify_request(&parts, body, &domain(me), false, now_ms, |_| Ok(key().public()), &mut nonces)
}

fn check(headers: &Headers) -> Result<Claims, Code> {
    check_at(headers, "POST", "/federation/v1/hello?x=1", BODY, "a.example", NOW)
}

/// The good request with a change to one header's text.
fn altered(name: &str, change: impl Fn(&str) -> String) -> Result<Claims, Code> {
    let mut headers = signed(BODY, 1);
    for (other, value) in &mut headers {
        if other == name {
            *value = change(std::str::from_utf8(value).unwrap()).into_bytes();
        }
    }
    check(&headers)
}

/// The good request under a signature that covers other headers or times.
fn resigned(names: &str, created: &str, expires: &str, extra: &[(&str, &str)]) -> Result<Claims, Code> {
    let mut headers = signed(BODY, 1);
    headers.retain(|(name, _)| name != "signature");
    headers.extend(extra.iter().map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())));
    let values = headers.clone();
    let values = values.iter().map(|(n, v)| (n.as_str(), std::str::from_utf8(v).unwrap()));
    let list: Vec<&str> = names.split(' ').collect();
    let text = signing_string("POST", "/federation/v1/hello?x=1", created, expires, &list, values).unwrap_or_default();
    let sig = STANDARD.encode(key().sign_raw(text.as_bytes()).0);
    let id = key_id(&domain("b.example"), &key().public().kid());
    let header = format!(
        r#"keyId="{id}",algorithm="hs2019",created="{created}",expires="{expires}",headers="{names}",signature="{sig}""#
    );
    headers.push(("signature".into(), header.into_bytes()));
    check(&headers)
}

const ALL: &str = "(request-target) (created) (expires) content-type ct-destination ct-nonce digest";

#[test]
fn a_signed_request_verifies_with_and_without_a_body() {
    let claims = check(&signed(BODY, 1)).unwrap();
    assert_eq!((claims.origin.as_str(), claims.nonce), ("b.example", [1; 16]));
    assert!(check_at(&signed(b"", 1), "POST", "/federation/v1/hello?x=1", b"", "a.example", NOW).is_ok());
    assert_eq!(digest_header(b""), EMPTY_DIGEST);
}

#[test]
fn the_signed_string_is_the_one_of_the_draft() {
    let values = [("digest", "d"), ("ct-nonce", "n"), ("ct-destination", "a.example")];
    let names = ["(request-target)", "(created)", "(expires)", "ct-destination", "ct-nonce", "digest"];
    let text = signing_string("GET", "/x?y", "1", "2", &names, values.into_iter()).unwrap();
    let expected =
        "(request-target): get /x?y\n(created): 1\n(expires): 2\nct-destination: a.example\nct-nonce: n\ndigest: d";
    assert_eq!(text, expected);
}

#[test]
fn a_request_counts_for_what_it_was_signed_for() {
    let good = signed(BODY, 1);
    let path = "/federation/v1/hello?x=1";
    assert_eq!(check_at(&good, "PUT", path, BODY, "a.example", NOW).unwrap_err(), Code::BadSignature);
    assert_eq!(
        check_at(&good, "POST", "/federation/v1/hello", BODY, "a.example", NOW).unwrap_err(),
        Code::BadSignature
    );
    assert_eq!(check_at(&good, "POST", path, b"{}", "a.example", NOW).unwrap_err(), Code::DigestMismatch);
    assert_eq!(check_at(&good, "POST", path, BODY, "c.example", NOW).unwrap_err(), Code::WrongDestination);
    assert_eq!(check_at(&good, "POST", path, BODY, "b.example", NOW).unwrap_err(), Code::OriginIsSelf);
    assert_eq!(altered("ct-nonce", |_| URL_SAFE_NO_PAD.encode([2; 16])).unwrap_err(), Code::BadSignature);
    assert_eq!(altered("content-type", |_| "text/html".into()).unwrap_err(), Code::BadSignature);
    assert_eq!(altered("digest", |_| digest_header(b"x")).unwrap_err(), Code::BadSignature);
}

#[test]
fn the_signature_header_has_one_spelling() {
    for change in [
        |s: &str| s.replace(',', ", "),
        |s: &str| s.replace("keyId", "keyid"),
        |s: &str| format!("{s},created=\"1\""),
        |s: &str| format!("{s},opaque=\"1\""),
        |s: &str| format!("{s},"),
        |s: &str| format!(" {s}"),
        |s: &str| s.replace("hs2019", "rsa-sha256"),
        |s: &str| s.replace("(created) (expires)", "(created)  (expires)"),
        |s: &str| s.replace("created=\"", "created=\"+"),
        |s: &str| s.replace("created=\"", "created=\"0"),
        |s: &str| s.replace("created=\"1800000000\"", "created=\"18446744073709551615\""),
        |s: &str| s.replace("https://b", "http://b"),
        |s: &str| s.replace("conntext#", "conntext?#"),
        |s: &str| s.replace("algorithm=\"hs2019\",", ""),
        |s: &str| s.replace("signature=\"", "signature=\"AAAA"),
        |s: &str| s.replace("==\"", "\""),
        |s: &str| s[..s.len() - 1].to_owned(),
        |_: &str| String::new(),
        |s: &str| format!("{s},x=\"{}\"", "y".repeat(2048)),
    ] {
        assert_eq!(altered("signature", change).unwrap_err(), Code::SignatureMalformed);
    }
    let mut twice = signed(BODY, 1);
    twice.push(("Signature".into(), twice[4].1.clone()));
    assert_eq!(check(&twice).unwrap_err(), Code::SignatureMalformed);
    let mut authorized = signed(BODY, 1);
    authorized.push(("Authorization".into(), b"Bearer x".to_vec()));
    assert_eq!(check(&authorized).unwrap_err(), Code::SignatureMalformed);
    assert_eq!(check(&vec![]).unwrap_err(), Code::SignatureMissing);
}

#[test]
fn what_matters_must_be_covered_once() {
    let (c, e) = ("1800000000", "1800000030");
    assert!(resigned(ALL, c, e, &[]).is_ok());
    assert!(resigned(&format!("{ALL} host"), c, e, &[("host", "a.example")]).is_ok());
    for names in [
        "digest",
        "(request-target) (created) (expires)",
        "(request-target) (created) content-type ct-destination ct-nonce digest",
        "(created) (request-target) (expires) content-type ct-destination ct-nonce digest",
        "(request-target) (created) (expires) ct-destination ct-nonce digest",
        "(request-target) (created) (expires) content-type ct-nonce digest",
        "(request-target) (created) (expires) content-type ct-destination digest",
        "(request-target) (created) (expires) content-type ct-destination ct-nonce",
        "(request-target) (created) (expires) content-type ct-destination ct-nonce digest digest",
        "(request-target) (created) (expires) digest ct-nonce ct-destination content-type",
        "(request-target) (created) (expires) content-type ct-destination ct-nonce digest host",
    ] {
        assert_eq!(resigned(names, c, e, &[]).unwrap_err(), Code::SignatureCoverage, "{names}");
    }
    assert_eq!(resigned(ALL, c, e, &[("digest", "SHA-256=x")]).unwrap_err(), Code::SignatureCoverage);
    let dated = "(request-target) (created) (expires) content-type ct-destination ct-nonce date digest";
    let verdict = resigned(dated, c, e, &[("date", "Wed, 01 Jan 2090 00:00:00 GMT")]);
    assert_eq!(verdict.unwrap_err(), Code::SignatureCoverage);
    let mut untyped = signed(b"", 1);
    untyped.push(("content-type".into(), b"text/html".to_vec()));
    let verdict = check_at(&untyped, "POST", "/federation/v1/hello?x=1", b"", "a.example", NOW);
    assert_eq!(verdict.unwrap_err(), Code::SignatureCoverage);
}

#[test]
fn a_request_has_a_moment() {
    for (created, expires, code) in [
        (0, 30, None),
        (60, 61, None),
        (60, 120, None),
        (-59, 1, None),
        (61, 90, Some(Code::SignatureFuture)),
        (31_536_000, 31_536_030, Some(Code::SignatureFuture)),
        (-61, -31, Some(Code::SignatureStale)),
        (-30, 0, Some(Code::SignatureStale)),
        (0, 0, Some(Code::SignatureWindow)),
        (0, -1, Some(Code::SignatureWindow)),
        (0, 61, Some(Code::SignatureWindow)),
    ] {
        let at = |offset: i64| (NOW / 1000 + offset).to_string();
        let verdict = resigned(ALL, &at(created), &at(expires), &[]);
        assert_eq!(verdict.err(), code, "{created} {expires}");
    }
}

#[test]
fn an_origin_is_a_domain_in_normal_form() {
    for origin in ["b.example.", "B.example", "127.0.0.1", "b.localhost", "b.example:8080", "user@b.example"] {
        let verdict = altered("signature", |s| s.replace("https://b.example", &format!("https://{origin}")));
        assert_eq!(verdict.unwrap_err(), Code::OriginInvalid, "{origin}");
    }
}

#[test]
fn a_digest_is_one_sha_256() {
    let sign = |digest: &str| {
        let destination = domain("a.example");
        let request = Outgoing {
            method: "POST",
            path: "/federation/v1/hello?x=1",
            destination: &destination,
            content_type: Some("application/json"),
            digest,
        };
        let headers = sign_request(&request, &domain("b.example"), &key(), [1; 16], NOW).unwrap();
        check(&headers.into_iter().map(|(n, v)| (n.to_owned(), v.into_bytes())).collect()).err()
    };
    let good = digest_header(BODY);
    assert_eq!(sign(&good), None);
    assert_eq!(sign("SHA-512=AAAA"), Some(Code::DigestUnsupported));
    assert_eq!(sign(&format!("{good},SHA-512=AAAA")), Some(Code::DigestUnsupported));
    assert_eq!(sign("SHA-256=%%"), Some(Code::DigestMismatch));
    assert_eq!(sign("SHA-256="), Some(Code::DigestMismatch));
}

#[test]
fn another_key_is_not_the_one_that_was_named() {
    let headers = signed(BODY, 1);
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
    let parts = Parts { method: "POST", path: "/federation/v1/hello?x=1", headers: &headers };
    let claims = parse(&parts, &domain("a.example"), false).unwrap();
    let other = SecretKey::from_seed([8; 32]).public();
    assert_eq!(claims.verify(&other).unwrap_err(), Code::UnknownKey);
}

#[test]
fn a_request_counts_once() {
    let mut nonces = NonceCache::new(3, 2);
    let claims = |origin: &str, nonce: u8, expires: i64| {
        let mut claims = check(&signed(BODY, nonce)).unwrap();
        (claims.origin, claims.expires) = (domain(origin), expires);
        claims
    };
    let s = NOW / 1000;
    assert_eq!(nonces.insert(&claims("b.example", 1, s + 30), NOW), Ok(()));
    assert_eq!(nonces.insert(&claims("b.example", 1, s + 30), NOW), Err(Code::Replayed));
    assert_eq!(nonces.insert(&claims("c.example", 1, s + 10), NOW), Ok(()));
    assert_eq!(nonces.insert(&claims("b.example", 2, s + 20), NOW), Ok(()));
    // Full: of one origin, and over all.
    assert_eq!(nonces.insert(&claims("b.example", 3, s + 20), NOW + 10_000), Err(Code::Rate));
    assert_eq!(nonces.len(), 2);
    assert_eq!(nonces.insert(&claims("d.example", 3, s + 20), NOW + 10_000), Ok(()));
    assert_eq!(nonces.insert(&claims("e.example", 3, s + 20), NOW + 10_000), Err(Code::Rate));
    // Forgotten when they expire, and no moment earlier.
    assert_eq!(nonces.insert(&claims("b.example", 1, s + 90), NOW + 29_999), Err(Code::Replayed));
    assert_eq!(nonces.insert(&claims("b.example", 1, s + 90), NOW + 30_000), Ok(()));
    assert_eq!(nonces.len(), 1);
    assert!(!nonces.is_empty());
}
