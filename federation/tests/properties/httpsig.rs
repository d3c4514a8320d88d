use crate::world::{Instance, NOW};
use conntext_federation::{
    Code,
    domain::Domain,
    httpsig::{self, Claims, NonceCache, Outgoing, Parts},
};
use proptest::prelude::*;

const BODY: &[u8] = b"{}";

type Headers = Vec<(String, Vec<u8>)>;

fn me() -> Domain {
    Domain::parse("a.example", false).unwrap()
}

fn sign(method: &str, path: &str, body: &[u8], nonce: [u8; 16]) -> Headers {
    let (me, digest, sender) = (me(), httpsig::digest_header(body), Instance::new("b.example", 11));
    let content_type = (!body.is_empty()).then_some("application/json");
    let request = Outgoing { method, path, destination: &me, content_type, digest: &digest };
    let headers = httpsig::sign_request(&request, &sender.domain, &sender.key, nonce, NOW).unwrap();
    headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect()
}

fn verify(headers: &Headers, method: &str, path: &str, body: &[u8]) -> Result<Claims, Code> {
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
    let parts = Parts { method, path, headers: &headers };
    let key = Instance::new("b.example", 11).key.public();
    httpsig::verify_request(&parts, body, &me(), false, NOW, |_| Ok(key), &mut NonceCache::default())
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["GET", "POST", "PUT", "DELETE"])
}

proptest! {
    #[test]
    fn what_was_signed_verifies(
        method in method(),
        path in "/[a-zA-Z0-9_/.?&=%~-]{0,80}",
        body in prop::collection::vec(any::<u8>(), 0..300),
        nonce in any::<[u8; 16]>(),
    ) {
        let claims = verify(&sign(method, &path, &body, nonce), method, &path, &body).unwrap();
        prop_assert_eq!((claims.origin.as_str(), claims.nonce), ("b.example", nonce));
    }

    #[test]
    fn no_byte_of_a_request_can_change(
        body in prop::collection::vec(any::<u8>(), 1..100),
        header in 0usize..5,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut headers = sign("POST", "/x", &body, [1; 16]);
        let value = &mut headers[header].1;
        let at = at.index(value.len());
        prop_assume!(value[at] != byte);
        value[at] = byte;
        // The key's name is not among the signed bytes: with another host in it the request is another instance's, whose
        // key is looked up under that name and does not fit. It never passes as this one's.
        if let Ok(claims) = verify(&headers, "POST", "/x", &body) {
            prop_assert_ne!(claims.origin.as_str(), "b.example");
        }
    }

    #[test]
    fn no_header_upsets_the_reader(
        signature in prop::collection::vec(any::<u8>(), 0..300),
        grammar in "((keyId|algorithm|created|expires|headers|signature|x)=\"[ -~]{0,40}\",?){0,8}",
        other in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        for value in [signature, grammar.into_bytes()] {
            let mut headers = sign("POST", "/x", b"{}", [1; 16]);
            headers[4].1 = value;
            headers[2].1 = other.clone();
            prop_assert!(verify(&headers, "POST", "/x", BODY).is_err());
        }
    }

    #[test]
    fn no_parameter_upsets_the_reader(
        parameter in prop::sample::select(vec!["keyId", "algorithm", "created", "expires", "headers", "signature"]),
        value in "[ -!#-~]{0,60}",
    ) {
        let mut headers = sign("POST", "/x", b"{}", [1; 16]);
        let text = String::from_utf8(headers[4].1.clone()).unwrap();
        let start = text.find(&format!("{parameter}=\"")).unwrap() + parameter.len() + 2;
        let end = start + text[start..].find('"').unwrap();
        prop_assume!(text[start..end] != value);
        headers[4].1 = format!("{}{value}{}", &text[..start], &text[end..]).into_bytes();
        prop_assert!(verify(&headers, "POST", "/x", BODY).is_err());
    }

    #[test]
    fn a_domain_reads_back_or_is_refused(text in "[a-zA-Z0-9.:_@/\\[\\]-]{0,40}", dev in any::<bool>()) {
        if let Ok(domain) = Domain::parse(&text, dev) {
            prop_assert_eq!(Domain::parse_normal(domain.as_str(), dev), Ok(domain.clone()));
            prop_assert!(dev || !domain.is_dev());
            prop_assert!(domain.host().parse::<std::net::IpAddr>().is_err());
        }
    }

    #[test]
    fn nonces_are_counted_right(times in prop::collection::vec((0u8..3, 0u8..6, 0i64..40), 0..60)) {
        let origins = ["b.example", "c.example", "d.example"];
        let mut cache = NonceCache::new(12, 5);
        let (mut now, mut live) = (NOW, Vec::<(u8, u8, i64)>::new());
        let mut claims = verify(&sign("GET", "/", b"", [1; 16]), "GET", "/", b"").unwrap();
        for (origin, nonce, step) in times {
            now += step * 500;
            live.retain(|(_, _, expires)| *expires > now / 1000);
            claims.origin = Domain::parse(origins[origin as usize], false).unwrap();
            claims.nonce = [nonce; 16];
            claims.expires = now / 1000 + 30;
            let expected = if live.iter().any(|(o, n, _)| (*o, *n) == (origin, nonce)) {
                Err(Code::Replayed)
            } else if live.len() >= 12 || live.iter().filter(|(o, _, _)| *o == origin).count() >= 5 {
                Err(Code::Rate)
            } else {
                live.push((origin, nonce, claims.expires));
                Ok(())
            };
            prop_assert_eq!(cache.insert(&claims, now), expected);
            prop_assert_eq!(cache.len(), live.len());
        }
    }
}
