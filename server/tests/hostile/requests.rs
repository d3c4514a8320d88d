//! Requests that break a rule of the signature, its window, the body or its framing.

use serde_json::json;

use crate::craft::{Key, b64, canon, sha};
use crate::line::{Request, send, send_bytes};
use crate::peer::{ALL, BARE, Peer, Reply, Target};
use crate::table::Table;
use crate::victim::Victim;

type Bend = Box<dyn Fn(&mut Request)>;

fn hello() -> String {
    canon(&json!({"servers": [], "software": "hostile/1"}))
}

fn good(peer: &Peer, to: &Target) -> Request {
    peer.request(to, "POST", "/hello", &hello())
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_hostile_signatures_get_their_code() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__DENY", r#"["denied.localhost"]"#)]).await;
    let (to, peer) = (victim.target.clone(), Peer::new("evil").await);
    let (before, facts) = (victim.head(&victim.sid), victim.facts().await);
    let mut table = Table::new("signatures of requests");

    let request = good(&peer, &to);
    table.case("a good request", "200", &send(to.port, &request).await);
    table.case("the same again", "401 replayed", &send(to.port, &request).await);
    let mut shouted = good(&peer, &to);
    shouted.headers.iter_mut().for_each(|h| h.0 = h.0.to_uppercase());
    table.case("names of headers in upper case", "200", &send(to.port, &shouted).await);

    let bent: Vec<(&str, &str, Bend)> = vec![
        ("no signature", "401 signature_missing", Box::new(|r| r.remove("signature"))),
        ("an empty signature", "401 signature_malformed", Box::new(|r| r.header("signature").clear())),
        (
            "two signatures",
            "401 signature_malformed",
            Box::new(|r| {
                let copy = r.header("signature").clone();
                r.add("Signature", &copy);
            }),
        ),
        ("an Authorization beside", "401 signature_malformed", Box::new(|r| r.add("authorization", "Bearer x"))),
        (
            "Signature in Authorization alone",
            "401 signature_missing",
            Box::new(|r| {
                let moved = format!("Signature {}", r.header("signature"));
                r.remove("signature");
                r.add("authorization", &moved);
            }),
        ),
        (
            "a header of 3 KiB",
            "401 signature_malformed",
            Box::new(|r| r.header("signature").push_str(&",".repeat(3000))),
        ),
        (
            "a parameter twice",
            "401 signature_malformed",
            Box::new(|r| r.header("signature").push_str(r#",created="1""#)),
        ),
        (
            "an unknown parameter",
            "401 signature_malformed",
            Box::new(|r| r.header("signature").push_str(r#",nonce="1""#)),
        ),
        (
            "a space behind a comma",
            "401 signature_malformed",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replacen(',', ", ", 1);
            }),
        ),
        (
            "a number without quotes",
            "401 signature_malformed",
            Box::new(|r| {
                let bare =
                    r.header("signature").replace("created=\"", "created=").replacen("\",expires", ",expires", 1);
                *r.header("signature") = bare;
            }),
        ),
        (
            "rsa",
            "401 signature_malformed",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replace("hs2019", "rsa-sha256");
            }),
        ),
        (
            "hmac",
            "401 signature_malformed",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replace("hs2019", "hmac-sha256");
            }),
        ),
        (
            "created beyond 64 bits",
            "401 signature_malformed",
            Box::new(|r| {
                let at = r.header("signature").find("created=\"").expect("a time") + 9;
                r.header("signature").replace_range(at..at + 10, "18446744073709551616");
            }),
        ),
        (
            "created with a sign",
            "401 signature_malformed",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replace("created=\"", "created=\"+");
            }),
        ),
        (
            "created with a leading zero",
            "401 signature_malformed",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replace("created=\"", "created=\"0");
            }),
        ),
        (
            "a signature of 63 bytes",
            "401 signature_malformed",
            Box::new(|r| {
                let at = r.header("signature").find(",signature=").expect("it");
                r.header("signature").truncate(at);
                r.header("signature").push_str(&format!(",signature=\"{}\"", b64(&[7; 63])));
            }),
        ),
        (
            "a signature of zeros",
            "401 bad_signature",
            Box::new(|r| {
                let at = r.header("signature").find(",signature=").expect("it");
                r.header("signature").truncate(at);
                r.header("signature").push_str(&format!(",signature=\"{}\"", b64(&[0; 64])));
            }),
        ),
        (
            "a key name with http",
            "401 signature_malformed",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replace("https://", "http://");
            }),
        ),
        (
            "a key name with another path",
            "401 signature_malformed",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replace("/.well-known/conntext#", "/users/eve#");
            }),
        ),
        ("no digest", "401 signature_coverage", Box::new(|r| r.remove("digest"))),
        ("no destination", "401 signature_coverage", Box::new(|r| r.remove("ct-destination"))),
        ("no nonce", "401 signature_coverage", Box::new(|r| r.remove("ct-nonce"))),
        ("no content type", "401 signature_coverage", Box::new(|r| r.remove("content-type"))),
        (
            "the digest twice",
            "401 signature_coverage",
            Box::new(|r| {
                let copy = r.header("digest").clone();
                r.add("digest", &copy);
            }),
        ),
        (
            "the nonce twice",
            "401 signature_coverage",
            Box::new(|r| {
                let copy = r.header("ct-nonce").clone();
                r.add("ct-nonce", &copy);
            }),
        ),
        (
            "the destination twice, another first",
            "401 signature_coverage",
            Box::new(|r| {
                r.headers.insert(0, ("ct-destination".into(), "other.example".into()));
            }),
        ),
        ("the content type twice", "401 signature_coverage", Box::new(|r| r.add("content-type", "text/html"))),
        ("an empty nonce", "401 signature_malformed", Box::new(|r| r.header("ct-nonce").clear())),
        ("another path than signed", "401 bad_signature", Box::new(|r| r.path = "/federation/v1/events".into())),
        ("a query that is not signed", "401 bad_signature", Box::new(|r| r.path.push_str("?admin=1"))),
        (
            "another method than signed",
            "401 bad_signature|405 method_not_allowed",
            Box::new(|r| r.method = "PUT".into()),
        ),
        ("another nonce than signed", "401 bad_signature", Box::new(|r| *r.header("ct-nonce") = "A".repeat(22))),
        (
            "another type than signed",
            "401 bad_signature",
            Box::new(|r| *r.header("content-type") = "text/plain".into()),
        ),
        (
            "another body than digested",
            "400 digest_mismatch",
            Box::new(|r| r.body = br#"{"servers":[],"software":"y"}"#.to_vec()),
        ),
        ("no body where one was digested", "400 digest_mismatch", Box::new(|r| r.body.clear())),
        ("gzip", "415 content_encoding", Box::new(|r| r.add("content-encoding", "gzip"))),
        ("identity as an encoding", "415 content_encoding", Box::new(|r| r.add("content-encoding", "identity"))),
        (
            "an origin in upper case",
            "401 origin_invalid",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replace("https://evil", "https://EVIL");
            }),
        ),
        (
            "an origin with a trailing dot",
            "401 origin_invalid",
            Box::new(|r| {
                *r.header("signature") = r.header("signature").replace("evil.localhost:", "evil.localhost.:");
            }),
        ),
    ];
    for (name, expected, bend) in &bent {
        let mut request = good(&peer, &to);
        bend(&mut request);
        table.case(name, expected, &send(to.port, &request).await);
    }

    // Signed again after the bending: what is wrong then is what was signed.
    let signed: Vec<(&str, &str, i64, i64, String)> = vec![
        ("covered: the digest alone", "401 signature_coverage", 0, 30, "digest".into()),
        ("covered: nothing of the path", "401 signature_coverage", 0, 30, ALL.replace("(request-target) ", "")),
        ("covered: no end", "401 signature_coverage", 0, 30, ALL.replace("(expires) ", "")),
        ("covered: no destination", "401 signature_coverage", 0, 30, ALL.replace("ct-destination ", "")),
        ("covered: no nonce", "401 signature_coverage", 0, 30, ALL.replace("ct-nonce ", "")),
        ("covered: no digest", "401 signature_coverage", 0, 30, ALL.replace(" digest", "")),
        ("covered: no content type", "401 signature_coverage", 0, 30, BARE.into()),
        (
            "covered: in another order",
            "401 signature_coverage",
            0,
            30,
            ALL.replace("ct-nonce digest", "digest ct-nonce"),
        ),
        ("covered: a name twice", "401 signature_coverage", 0, 30, format!("{ALL} digest")),
        ("covered: a date", "401 signature_coverage", 0, 30, ALL.replace("digest", "date digest")),
        ("covered: what is not there", "401 signature_coverage", 0, 30, format!("{ALL} zulu")),
        ("covered: 20 names", "401 signature_malformed", 0, 30, format!("{ALL}{}", " x".repeat(13))),
        ("61 s ahead and more", "401 signature_future", 75, 100, ALL.into()),
        ("a year ahead", "401 signature_future", 31_536_000, 31_536_030, ALL.into()),
        ("61 s old and more", "401 signature_stale", -75, -45, ALL.into()),
        ("expired", "401 signature_stale", -40, -5, ALL.into()),
        ("an empty window", "401 signature_window", 0, 0, ALL.into()),
        ("a window backwards", "401 signature_window", 0, -10, ALL.into()),
        ("a window of two minutes", "401 signature_window", 0, 120, ALL.into()),
    ];
    for (name, expected, created, expires, names) in &signed {
        let mut request = good(&peer, &to);
        peer.sign(&mut request, *created, *expires, names);
        table.case(name, expected, &send(to.port, &request).await);
    }
    let headers = [
        ("for another instance", "401 wrong_destination", "ct-destination", "other.example".to_owned()),
        ("for us with a trailing dot", "401 wrong_destination", "ct-destination", format!("{}.", to.domain)),
        ("for us in upper case", "401 wrong_destination", "ct-destination", to.domain.to_uppercase()),
        ("a nonce of 15 bytes", "401 signature_malformed", "ct-nonce", "A".repeat(20)),
        ("a nonce with padding", "401 signature_malformed", "ct-nonce", format!("{}==", "A".repeat(22))),
        ("SHA-512", "400 digest_unsupported", "digest", "SHA-512=AAAA".into()),
        (
            "two digests in one line",
            "400 digest_unsupported",
            "digest",
            format!("SHA-256={},SHA-512=A", b64(&sha(&[b""]))),
        ),
        ("MD5", "400 digest_unsupported", "digest", "MD5=AAAA".into()),
        ("a digest of another body", "400 digest_mismatch", "digest", format!("SHA-256={}", b64(&sha(&[b"x"])))),
        ("signed as text/html", "415 media_type", "content-type", "text/html".into()),
        ("signed with a charset", "415 media_type", "content-type", "application/json; charset=utf-8".into()),
    ];
    for (name, expected, header, value) in &headers {
        let mut request = good(&peer, &to);
        value.clone_into(request.header(header));
        peer.sign(&mut request, 0, 30, ALL);
        table.case(name, expected, &send(to.port, &request).await);
    }

    // Keys and origins.
    let (stranger, other) = (Key::new(), Peer::new("other").await);
    let as_key = |key: &Key, key_id: String| {
        let mut request = good(&peer, &to);
        peer.sign_as(&mut request, 0, 30, ALL, key, &key_id);
        request
    };
    let keys = [
        ("a key that nobody lists", "401 unknown_key", as_key(&stranger, peer.key_id(&stranger))),
        ("a listed key, signed by another", "401 bad_signature", as_key(&stranger, peer.key_id(&peer.key))),
        ("the root key", "401 unknown_key", as_key(&peer.root, peer.key_id(&peer.root))),
        ("another instance's name, our own key", "401 unknown_key", as_key(&peer.key, other.key_id(&peer.key))),
        ("another instance's key, our own name", "401 unknown_key", as_key(&other.key, peer.key_id(&other.key))),
        (
            "from the receiver itself",
            "403 origin_is_self",
            as_key(&peer.key, format!("https://{}/.well-known/conntext#{}", to.domain, peer.key.kid())),
        ),
        (
            "from a denied domain",
            "403 blocked",
            as_key(&peer.key, format!("https://denied.localhost/.well-known/conntext#{}", peer.key.kid())),
        ),
        (
            "from a subdomain that nobody serves",
            "401 key_unavailable",
            as_key(&peer.key, format!("https://gone.localhost:9/.well-known/conntext#{}", peer.key.kid())),
        ),
        (
            "from an address",
            "401 origin_invalid",
            as_key(&peer.key, format!("https://127.0.0.1/.well-known/conntext#{}", peer.key.kid())),
        ),
        (
            "from a number that is an address",
            "401 origin_invalid",
            as_key(&peer.key, format!("https://2130706433/.well-known/conntext#{}", peer.key.kid())),
        ),
        (
            "from an address of version 6",
            "401 origin_invalid|401 signature_malformed",
            as_key(&peer.key, format!("https://[::1]/.well-known/conntext#{}", peer.key.kid())),
        ),
        (
            "from a user at a host",
            "401 origin_invalid",
            as_key(&peer.key, format!("https://x@{}/.well-known/conntext#{}", peer.domain, peer.key.kid())),
        ),
        (
            "a key name of 15 characters",
            "401 signature_malformed",
            as_key(&peer.key, format!("https://{}/.well-known/conntext#{}", peer.domain, &peer.key.kid()[..15])),
        ),
    ];
    for (name, expected, request) in &keys {
        table.case(name, expected, &send(to.port, request).await);
    }
    table.finish();

    assert_eq!((victim.head(&victim.sid), victim.facts().await), (before, facts), "something has changed");
    assert_eq!(send(to.port, &good(&peer, &to)).await.status, 200, "an honest request afterwards");
    victim.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_hostile_bodies_get_their_code() {
    let mut victim =
        Victim::new(&[("CONNTEXT__HTTP__BODY_TIMEOUT_S", "2"), ("CONNTEXT__HTTP__HEADER_TIMEOUT_S", "2")]).await;
    let (to, peer) = (victim.target.clone(), Peer::new("evil").await);
    let (before, facts) = (victim.head(&victim.sid), victim.facts().await);
    let mut table = Table::new("bodies and framing");
    let large = format!("{{\"software\":\"{}\"}}", "x".repeat(1024 * 1024));
    let deep = format!("{{\"servers\":[],\"software\":\"x\",\"y\":{}1{}}}", "[".repeat(16), "]".repeat(16));
    let abyss = format!("{{\"y\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (name, expected, body) in [
        ("not JSON", "400 bad_json", "hello"),
        ("half of it", "400 bad_json", r#"{"servers":["#),
        ("something behind it", "400 bad_json", r#"{"servers":[],"software":"x"}{}"#),
        ("a key twice", "400 bad_json", r#"{"servers":[],"servers":[],"software":"x"}"#),
        ("a key twice, once escaped", "400 bad_json", r#"{"servers":[],"\u0073ervers":[],"software":"x"}"#),
        ("a key in upper case", "400 bad_json", r#"{"Servers":[],"servers":[],"software":"x"}"#),
        ("a number beyond 2^53", "400 bad_json", r#"{"document":9007199254740993,"servers":[],"software":"x"}"#),
        ("a number beyond 64 bits", "400 bad_json", r#"{"document":18446744073709551616,"servers":[],"software":"x"}"#),
        ("a negative number", "400 bad_json", r#"{"document":-1,"servers":[],"software":"x"}"#),
        ("a fraction", "400 bad_json", r#"{"document":1.0,"servers":[],"software":"x"}"#),
        ("an exponent", "400 bad_json", r#"{"document":1e1,"servers":[],"software":"x"}"#),
        ("minus zero", "400 bad_json", r#"{"document":-0,"servers":[],"software":"x"}"#),
        ("a lone surrogate", "400 bad_json", r#"{"servers":[],"software":"\ud800"}"#),
        ("U+0000", "400 bad_json", r#"{"servers":[],"software":"\u0000"}"#),
        ("17 levels", "400 bad_json", &deep),
        ("100,000 levels", "400 bad_json", &abyss),
        ("a byte order mark", "400 bad_json", "\u{feff}{\"servers\":[],\"software\":\"x\"}"),
        ("another type of member", "400 bad_json", r#"{"servers":{},"software":"x"}"#),
        ("a list for an object", "400 bad_json", r#"["x",[]]"#),
        ("spaces and another order", "200", r#" { "software" : "x" , "servers" : [ ] } "#),
        ("1 MiB and more", "413 too_large", &large),
    ] {
        table.case(name, expected, &send(to.port, &peer.request(&to, "POST", "/hello", body)).await);
    }
    let mut bytes = peer.request(&to, "POST", "/hello", "x");
    bytes.body = b"{\"software\":\"\xff\xfe\",\"servers\":[]}".to_vec();
    *bytes.header("digest") = format!("SHA-256={}", b64(&sha(&[&bytes.body])));
    peer.sign(&mut bytes, 0, 30, ALL);
    table.case("bytes that are no UTF-8", "400 bad_json", &send(to.port, &bytes).await);

    // Framing.
    let mut claimed = peer.request(&to, "POST", "/hello", &hello());
    claimed.add("content-length", "999999999999");
    table.case("a length of a terabyte", "413 too_large", &send(to.port, &claimed).await);
    let mut chunked = peer.request(&to, "POST", "/hello", &hello());
    chunked.add("transfer-encoding", "chunked");
    chunked.body = format!("{:x}\r\n{}\r\n0\r\n\r\n", hello().len(), hello()).into_bytes();
    table.case("in chunks", "200", &send(to.port, &chunked).await);
    let mut endless = peer.request(&to, "POST", "/hello", &hello());
    endless.add("transfer-encoding", "chunked");
    endless.body = format!("10000\r\n{}\r\n", " ".repeat(65_536)).repeat(20).into_bytes();
    table.case("chunks without an end", "413 too_large", &send(to.port, &endless).await);
    let mut smuggled = peer.request(&to, "POST", "/hello", &hello());
    smuggled.add("transfer-encoding", "chunked");
    smuggled.add("content-length", "5");
    let seen = send(to.port, &smuggled).await.verdict();
    table.said("two framings at once", "refused", if seen == "200" { "200" } else { "refused" });
    let mut crowded = peer.request(&to, "POST", "/hello", &hello());
    crowded.add("x-filler", &"x".repeat(20 * 1024));
    table.said("20 KiB of headers", "431", &send(to.port, &crowded).await.status.to_string());

    // Slow ones, each with its own connection, beside each other.
    let slow_body = peer.request(&to, "POST", "/hello", &hello()).bytes();
    let (head, tail) = slow_body.split_at(slow_body.len() - 10);
    let (one, two, three) = tokio::join!(
        crate::floods::slowly(to.port, head, tail, 400),
        crate::floods::slowly(to.port, head, b"", 400),
        crate::floods::slowly(
            to.port,
            b"POST /federation/v1/hello HTTP/1.1\r\n",
            b"x-slow: headers-that-never-end\r\n",
            200
        ),
    );
    table.case("a body by one byte now and then", "408 slow_body", &one);
    table.case("a body that stops", "408 slow_body", &two);
    table.said(
        "headers by one byte now and then",
        "closed",
        if three.status == 0 || three.status == 408 { "closed" } else { "open" },
    );

    // Paths and methods.
    for (name, expected, method, path) in [
        ("an unknown path", "404 not_found", "GET", "/nowhere"),
        ("another method", "405 method_not_allowed", "GET", "/hello"),
        ("another method still", "405 method_not_allowed", "DELETE", "/events"),
        ("a server id of another form", "404 not_found|400 bad_request|404 unknown_server", "GET", "/servers/s_x/head"),
        ("a path upwards", "404 not_found", "GET", "/../../api/v1/me"),
        (
            "a path upwards, escaped",
            "404 not_found|404 unknown_server|400 bad_request",
            "GET",
            "/servers/%2e%2e%2fme/head",
        ),
        ("a key that does not exist", "404 not_found", "GET", "/keys/0123456789abcdef"),
        (
            "a negative cursor",
            "400 bad_request|404 unknown_server",
            "GET",
            "/servers/s_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/events?after=-1",
        ),
    ] {
        table.case(name, expected, &send(to.port, &peer.request(&to, method, path, "")).await);
    }
    table.said(
        "no HTTP at all",
        "refused",
        if send_bytes(to.port, &[0x16, 3, 1, 2, 0, 1, 0, 1]).await.status < 500 { "refused" } else { "500" },
    );

    // A document that is not one: its owner is not heard.
    let documents: Vec<(&str, &str, Reply)> = vec![
        (
            "a document of another type",
            "401 key_unavailable",
            Reply::Raw(200, vec![("content-type".into(), "text/html".into())], b"{}".to_vec()),
        ),
        (
            "a document that is elsewhere",
            "401 key_unavailable",
            Reply::Raw(302, vec![("location".into(), format!("http://{}/.well-known/conntext", peer.domain))], vec![]),
        ),
        (
            "a document of 65 KiB",
            "401 key_unavailable",
            Reply::Raw(200, vec![("content-type".into(), "application/json".into())], vec![b' '; 66_000]),
        ),
        (
            "a compressed document",
            "401 key_unavailable",
            Reply::Raw(
                200,
                vec![("content-type".into(), "application/json".into()), ("content-encoding".into(), "gzip".into())],
                vec![31, 139, 8, 0],
            ),
        ),
        ("an empty document", "401 key_unavailable", Reply::Json(200, json!({}))),
    ];
    for (n, (name, expected, reply)) in documents.into_iter().enumerate() {
        let liar = Peer::new(&format!("liar{n}")).await;
        liar.script(move |asked| (asked.path == "/.well-known/conntext").then(|| reply.clone()));
        table.case(name, expected, &send(to.port, &good(&liar, &to)).await);
    }
    for (name, expected, change) in [
        ("a document of another domain", "401 origin_invalid", "domain"),
        ("a document without freshness", "422 bad_object_signature", "fresh"),
        ("a document that was touched", "422 bad_object_signature|401 key_unavailable", "contact"),
        ("a document with a key twice", "422 bad_object_signature|401 key_unavailable", "keys"),
        ("an expired document", "401 signature_window", "valid_until"),
        ("an id of another root key", "422 bad_object_signature", "ik"),
        ("an api at another place", "422 bad_object_signature|401 origin_invalid|422 url_forbidden", "api"),
    ] {
        let liar = Peer::new("liar").await;
        let mut document = liar.document(1, vec![liar.listed(&liar.key)]);
        document.as_object_mut().expect("an object").remove("fresh");
        match change {
            "fresh" => {}
            "contact" => {
                document["contact"] = "touched".into();
                document = liar.freshened(document);
            }
            _ => {
                document.as_object_mut().expect("an object").remove("sig");
                match change {
                    "domain" => document["domain"] = peer.domain.clone().into(),
                    "keys" => document["keys"] = json!([liar.listed(&liar.key), liar.listed(&liar.key)]),
                    "valid_until" => document["valid_until"] = json!(crate::craft::now_ms() - 100_000),
                    "ik" => document["ik"] = peer.ik.clone().into(),
                    _ => document["api"] = "http://127.0.0.1:1/federation/v1".into(),
                }
                document = liar.freshened(liar.root.seal("instance", document));
            }
        }
        liar.publish(document);
        table.case(name, expected, &send(to.port, &good(&liar, &to)).await);
    }

    // Keys that no longer count.
    for (name, expected, member, value) in [
        ("a revoked key", "401 key_revoked", "revoked_at", json!(1)),
        ("a key past its time", "401 key_expired", "exp", json!(crate::craft::now_ms() - 10_000)),
        ("a key before its time", "401 unknown_key", "nbf", json!(crate::craft::now_ms() + 600_000)),
    ] {
        let liar = Peer::new("old").await;
        let mut listed = liar.listed(&liar.key);
        listed[member] = value;
        // Another key keeps the document fresh.
        let spare = Key::new();
        let mut document = liar.document(1, vec![listed, liar.listed(&spare)]);
        let line = document["fresh"].clone();
        let mut line =
            json!({"hash": line["hash"], "issued_at": line["issued_at"], "valid_until": line["valid_until"]});
        line = spare.seal("freshness", line);
        document["fresh"] = line;
        liar.publish(document);
        table.case(name, expected, &send(to.port, &good(&liar, &to)).await);
    }

    table.finish();
    assert_eq!((victim.head(&victim.sid), victim.facts().await), (before, facts), "something has changed");
    assert_eq!(send(to.port, &good(&peer, &to)).await.status, 200, "an honest request afterwards");
    victim.goes_on().await;
}
