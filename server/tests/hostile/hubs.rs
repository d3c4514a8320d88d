//! A false hub: a community elsewhere that somebody of the victim joins, and whose hub then tells what does not hold.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::craft::{Key, b32, b64, sha};
use crate::log::FalseLog;
use crate::peer::{Asked, Peer, Reply};
use crate::pushes;
use crate::table::Table;
use crate::victim::Victim;

type Change = fn(&mut Value);

/// A hub and its log, ready to be joined by its code.
pub struct Trap {
    pub peer: Peer,
    log: Arc<Mutex<FalseLog>>,
    /// Connections of those who asked for a stream.
    streams: UnboundedReceiver<TcpStream>,
}

impl Trap {
    /// A trap whose answer to a join is changed by `change`.
    pub async fn new(name: &str, change: Change) -> Self {
        let peer = Peer::new(name).await;
        let owner = peer.person();
        let log = Arc::new(Mutex::new(FalseLog::open(&peer, &owner)));
        let (held, card) = (log.clone(), log.lock().unwrap().card(&peer));
        let (taker, streams) = unbounded_channel();
        peer.script(move |asked: &Asked| {
            if asked.path.starts_with("/federation/v1/invites/") {
                return Some(Reply::Json(200, card.clone()));
            }
            if asked.path.contains("/stream?") {
                return Some(Reply::Upgrade(vec![accept(asked)], taker.clone()));
            }
            if asked.path.ends_with("/join") {
                let mut log = held.lock().unwrap();
                let join = &asked.body["join"];
                // As a true hub does: keys first, then the join itself.
                log.welcome(&asked.body["keys"], join);
                let recipient = join["action"]["origin"].as_str().expect("an id").to_owned();
                let snapshot = log.snapshot(&recipient, &[asked.body["keys"].clone()], |_| ());
                let mut answer = json!({"seq": 6, "snapshot": snapshot});
                change(&mut answer);
                return Some(Reply::Json(200, answer));
            }
            asked.path.ends_with("/hello").then(|| Reply::Json(200, json!({"servers": [], "software": "trap"})))
        });
        Self { peer, log, streams }
    }

    /// Somebody of the victim walks in. Status and code of what they are told.
    pub async fn catch(&self, victim: &Victim) -> String {
        let path = format!("/invites/{}/abcdefghijklmnop/accept", self.peer.domain);
        let (status, told) = victim.ask(&path, Some(&json!({}))).await;
        if status < 300 { "joined".into() } else { format!("{status} {}", told["code"].as_str().unwrap_or("-")) }
    }

    pub fn log(&self) -> FalseLog {
        self.log.lock().unwrap().clone()
    }

    pub async fn push(&self, victim: &Victim, events: Vec<Value>) -> crate::line::Seen {
        let sid = self.log().sid;
        self.peer.post(&victim.target, "/events", &json!({"sid": sid, "events": events})).await
    }

    /// The next connection of somebody who asked for a stream.
    pub async fn streaming(&mut self) -> TcpStream {
        let asked = timeout(Duration::from_secs(30), self.streams.recv()).await;
        asked.expect("a stream is asked for").expect("a connection")
    }

    /// What somebody of the victim reads there.
    pub async fn read(&self, victim: &Victim) -> Vec<String> {
        let log = self.log();
        let path = format!("/servers/{}/channels/{}/messages?limit=100", log.sid, log.channel);
        let (_, page) = victim.ask(&path, None).await;
        let messages = page["messages"].as_array().cloned().unwrap_or_default();
        messages.iter().filter_map(|m| m["body"].as_str().map(str::to_owned)).collect()
    }
}

/// The line by which a WebSocket is agreed to.
pub fn accept(asked: &Asked) -> (String, String) {
    let key = asked.head.lines().find_map(|line| line.strip_prefix("sec-websocket-key: ")).unwrap_or_default();
    ("sec-websocket-accept".into(), derive_accept_key(key.as_bytes()))
}

fn resign(answer: &mut Value, change: impl FnOnce(&mut Value)) {
    // Without the hub's key: what is changed here is not signed again.
    change(&mut answer["snapshot"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_snapshots_are_not_taken() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__REQUEST_TIMEOUT_MS", "1500")]).await;
    let mut table = Table::new("snapshots and answers of a false hub");
    let cases: Vec<(&str, Change)> = vec![
        ("made for another instance", |a| resign(a, |s| s["for"] = format!("ik_{}", "a".repeat(40)).into())),
        ("of another server", |a| resign(a, |s| s["sid"] = format!("s_{}", "a".repeat(40)).into())),
        ("with another genesis", |a| resign(a, |s| s["genesis"]["nonce"] = b64(&[9; 16]).into())),
        ("with a row more", |a| {
            resign(a, |s| {
                let row = s["rows"][0].clone();
                s["rows"].as_array_mut().expect("rows").push(row);
            })
        }),
        ("with another head", |a| resign(a, |s| s["head"]["seq"] = json!(99))),
        ("without rows", |a| resign(a, |s| s["rows"] = json!([]))),
        ("without keys", |a| resign(a, |s| s["keys"] = json!([]))),
        ("with a statement that was touched", |a| resign(a, |s| s["keys"][0]["serial"] = json!(7))),
        ("signed by nobody", |a| resign(a, |s| s["sig"]["sig"] = b64(&[0; 64]).into())),
        ("signed by an unknown key", |a| resign(a, |s| s["sig"]["kid"] = "0123456789abcdef".into())),
        ("no snapshot at all", |a| drop(a.as_object_mut().expect("an object").remove("snapshot"))),
        ("a number beyond 2^53", |a| a["seq"] = json!(9_007_199_254_740_993_u64)),
        ("a list for an answer", |a| *a = json!([])),
        ("nothing for an answer", |a| *a = Value::Null),
    ];
    for (n, (name, change)) in cases.into_iter().enumerate() {
        let trap = Trap::new(&format!("trap{n}"), change).await;
        table.said(&format!("a snapshot: {name}"), "502 peer_error|502 peer_unreachable", &trap.catch(&victim).await);
        assert!(!trap.read(&victim).await.iter().any(|_| true));
    }

    // Signed by the hub, and still wrong.
    type Rows = fn(&mut Vec<Value>);
    let signed: Vec<(&str, Rows)> = vec![
        ("a channel whose count is beyond all numbers", |rows| number(rows, "channel", "last_cn", u64::MAX)),
        ("a number just beyond the profile", |rows| number(rows, "channel", "as_of", 1 << 53)),
        ("a member since the end of time", |rows| number(rows, "member", "joined_at", i64::MAX as u64)),
        ("a role with all bits", |rows| number(rows, "role", "permissions", u64::MAX)),
        ("a row that is no JSON", |rows| rows[0]["value"] = "{".into()),
        ("a key of somebody that nobody signed", |rows| {
            let row = rows.iter_mut().find(|r| r["kind"] == "instance").expect("a row");
            let mut value: Value = serde_json::from_str(row["value"].as_str().expect("text")).expect("JSON");
            let key = Key::new();
            value["keys"][key.kid()] = json!({"pub": b64(&key.public()), "revoked": null});
            row["value"] = crate::craft::canon(&value).into();
        }),
        ("a member who is not there", |rows| rows.retain(|r| r["kind"] != "member")),
        ("another hub than the one that speaks", |rows| {
            let row = rows.iter_mut().find(|r| r["kind"] == "info").expect("a row");
            let text = row["value"].as_str().expect("text");
            let at = text.find("\"hub\":\"ik_").expect("a hub") + 10;
            let mut text = text.to_owned();
            text.replace_range(at..at + 40, &"a".repeat(40));
            row["value"] = text.into();
        }),
    ];
    for (n, (name, rows)) in signed.into_iter().enumerate() {
        let trap = Trap::new(&format!("signed{n}"), |_| ()).await;
        let held = trap.log.clone();
        let card = trap.log().card(&trap.peer);
        trap.peer.script(move |asked| {
            if asked.path.starts_with("/federation/v1/invites/") {
                return Some(Reply::Json(200, card.clone()));
            }
            asked.path.ends_with("/join").then(|| {
                let mut log = held.lock().unwrap();
                log.welcome(&asked.body["keys"], &asked.body["join"]);
                let recipient = asked.body["join"]["action"]["origin"].as_str().expect("an id").to_owned();
                let snapshot = log.snapshot(&recipient, &[asked.body["keys"].clone()], rows);
                Reply::Json(200, json!({"seq": 6, "snapshot": snapshot}))
            })
        });
        table.said(&format!("signed: {name}"), "502 peer_error", &trap.catch(&victim).await);
    }

    // In pages, of which one does not hold.
    type Serve = fn(u64, &[Value]) -> Reply;
    let plain: Serve = |_, page| Reply::Json(200, json!(page));
    let none: Rows = |_| ();
    let paged: Vec<(&str, &str, u64, Rows, Serve)> = vec![
        ("a page", "joined", 1, none, plain),
        ("a page that is gone once", "joined", 2, none, |n, page| match n {
            1 => Reply::Json(410, json!({"code": "gone"})),
            _ => Reply::Json(200, json!(page)),
        }),
        ("a page that is always gone", "502 peer_error", 4, none, |_, _| Reply::Json(410, json!({"code": "gone"}))),
        ("a page that is not there", "502 peer_error", 1, none, |_, _| Reply::Json(404, json!({"code": "not_found"}))),
        ("another page than it named", "502 peer_error", 1, none, |_, page| Reply::Json(200, json!(page[..1]))),
        ("a page that says something else than it named", "502 peer_error", 1, none, |_, page| {
            let mut page = page.to_vec();
            number(&mut page, "member", "joined_at", 7);
            Reply::Json(200, json!(page))
        }),
        ("a page that is no list", "502 peer_error", 1, none, |_, _| Reply::Json(200, json!({"rows": []}))),
        (
            "a page with a channel",
            "502 peer_error",
            1,
            |rows| {
                let row = json!({"key": format!("c_{}", "a".repeat(40)), "kind": "channel", "value": "{}"});
                rows.push(row);
            },
            plain,
        ),
        (
            "a page with another head",
            "502 peer_error",
            1,
            |rows| {
                rows.push(json!({"key": "", "kind": "head", "value": "{}"}));
            },
            plain,
        ),
        ("a page with somebody twice", "502 peer_error", 1, |rows| rows.extend_from_within(..1), plain),
        ("a page without the one who came", "502 peer_error", 1, Vec::clear, plain),
        (
            "a page with a number beyond the profile",
            "502 peer_error",
            1,
            |rows| {
                number(rows, "member", "joined_at", 1 << 53);
            },
            plain,
        ),
    ];
    for (n, (name, expected, asked_for, rows, serve)) in paged.into_iter().enumerate() {
        let trap = Trap::new(&format!("paged{n}"), |_| ()).await;
        let (held, card) = (trap.log.clone(), trap.log().card(&trap.peer));
        let page: Arc<Mutex<(u64, Vec<Value>)>> = Arc::default();
        let served = page.clone();
        let made: Arc<Mutex<Value>> = Arc::default();
        trap.peer.script(move |asked| {
            if asked.path.starts_with("/federation/v1/invites/") {
                return Some(Reply::Json(200, card.clone()));
            }
            if asked.path.contains("/snapshot/") {
                let mut page = served.lock().unwrap();
                page.0 += 1;
                return Some(serve(page.0, &page.1));
            }
            if asked.path.ends_with("/snapshot") {
                return Some(Reply::Json(200, made.lock().unwrap().clone()));
            }
            asked.path.ends_with("/join").then(|| {
                let mut log = held.lock().unwrap();
                log.welcome(&asked.body["keys"], &asked.body["join"]);
                let recipient = asked.body["join"]["action"]["origin"].as_str().expect("an id").to_owned();
                let (snapshot, people) = log.paged(&recipient, &[asked.body["keys"].clone()], rows);
                served.lock().unwrap().1 = people;
                *made.lock().unwrap() = snapshot.clone();
                Reply::Json(200, json!({"seq": 6, "snapshot": snapshot}))
            })
        });
        table.said(&format!("pages: {name}"), expected, &trap.catch(&victim).await);
        assert_eq!(page.lock().unwrap().0, asked_for, "{name}");
    }

    // Answers that are none.
    let json_head = || vec![("content-type".to_owned(), "application/json".to_owned())];
    let replies: Vec<(&str, &str, Reply)> = vec![
        (
            "a redirect",
            "502 peer_error",
            Reply::Raw(302, vec![("location".into(), format!("http://{}/x", victim.target.domain))], vec![]),
        ),
        (
            "a redirect for ever",
            "502 peer_error",
            Reply::Raw(308, vec![("location".into(), "/federation/v1/invites/x".into())], vec![]),
        ),
        (
            "HTML",
            "502 peer_error",
            Reply::Raw(200, vec![("content-type".into(), "text/html".into())], b"<p>hello".to_vec()),
        ),
        (
            "compressed",
            "502 peer_error",
            Reply::Raw(
                200,
                [json_head(), vec![("content-encoding".into(), "gzip".into())]].concat(),
                vec![31, 139, 8, 0, 0, 0],
            ),
        ),
        ("33 MiB", "502 peer_error|502 peer_unreachable", Reply::Raw(200, json_head(), vec![b' '; 33 << 20])),
        ("a key twice", "502 peer_error", Reply::Raw(200, json_head(), br#"{"a":1,"a":2}"#.to_vec())),
        (
            "an error with a code that nobody knows",
            "502 peer_error",
            Reply::Json(418, json!({"code": "teapot", "detail": "x".repeat(10_000)})),
        ),
        ("401 for ever", "502 peer_error", Reply::Json(401, json!({"code": "bad_signature"}))),
        ("nothing", "502 peer_unreachable", Reply::Silence),
        ("a byte now and then", "502 peer_unreachable|502 peer_error", Reply::Drip),
    ];
    for (n, (name, expected, reply)) in replies.into_iter().enumerate() {
        let trap = Trap::new(&format!("reply{n}"), |_| ()).await;
        trap.peer.script(move |asked| asked.path.contains("/invites/").then(|| reply.clone()));
        let began = tokio::time::Instant::now();
        table.said(&format!("an answer: {name}"), expected, &trap.catch(&victim).await);
        assert!(began.elapsed() < Duration::from_secs(15), "{name}: waited for {:?}", began.elapsed());
    }

    // Addresses that are none of ours to ask.
    for address in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost.",
        "169.254.169.254",
        "10.0.0.1",
        "evil.localhost@127.0.0.1",
        "127.0.0.1%2f",
        "①②⑦.0.0.1",
    ] {
        let (status, told) = victim.ask(&format!("/invites/{address}/abcdefghijklmnop/accept"), Some(&json!({}))).await;
        table.said(
            &format!("an invite of {address}"),
            "refused",
            if (400..=502).contains(&status) && told["code"] != "internal" { "refused" } else { "asked" },
        );
    }
    table.finish();
    let (_, servers) = victim.ask("/servers", None).await;
    let servers = servers["servers"].as_array().expect("a list");
    assert_eq!(servers.iter().filter(|server| server["name"] == "Trap").count(), 2, "but for those with true pages");
    victim.goes_on().await;
}

fn number(rows: &mut [Value], kind: &str, member: &str, n: u64) {
    let row = rows.iter_mut().find(|r| r["kind"] == kind).expect("a row");
    let mut value: Value = serde_json::from_str(row["value"].as_str().expect("text")).expect("JSON");
    value[member] = n.into();
    row["value"] = crate::craft::canon(&value).into();
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_pushes_stop_their_own_log_and_no_other() {
    let mut victim = Victim::new(&[
        ("CONNTEXT__FEDERATION__PEER_BURST", "5000"),
        ("CONNTEXT__FEDERATION__REQUEST_TIMEOUT_MS", "1500"),
    ])
    .await;
    let mut table = Table::new("pushes of a false hub");
    for (n, case) in pushes::cases().iter().enumerate() {
        let trap = Trap::new(&format!("hub{n}"), |_| ()).await;
        assert_eq!(trap.catch(&victim).await, "joined");
        let seen = trap.push(&victim, (case.make)(&trap.log())).await;
        table.case(case.name, case.expected, &seen);
        let read = trap.read(&victim).await;
        assert!(!read.iter().any(|body| body == "forged"), "{}: {read:?}", case.name);
        if case.name == "what holds" {
            assert_eq!(read, ["true"]);
        }
    }

    // What only the hub of that log may send, and only in this measure.
    let (trap, stranger) = (Trap::new("last", |_| ()).await, Peer::new("stranger").await);
    assert_eq!(trap.catch(&victim).await, "joined");
    let log = trap.log();
    let good = json!({"sid": log.sid, "events": [log.message("true")]});
    table.case("a good push by a stranger", "403 not_your_hub", &stranger.post(&victim.target, "/events", &good).await);
    let many = json!({"sid": log.sid, "events": vec![log.message("x"); 201]});
    table.case("201 items", "413 too_large", &trap.peer.post(&victim.target, "/events", &many).await);
    let gained =
        json!({"sid": log.sid, "events": [], "lost": vec![format!("c_{}", b32(&sha(&[b"x"]))[..40].to_owned()); 3]});
    table.case("channels lost that never were", "200", &trap.peer.post(&victim.target, "/events", &gained).await);
    table.case("and then what holds", "200", &trap.peer.post(&victim.target, "/events", &good).await);
    assert_eq!(trap.read(&victim).await, ["true"]);
    table.case("the same again", "200", &trap.peer.post(&victim.target, "/events", &good).await);
    assert_eq!(trap.read(&victim).await, ["true"]);
    table.finish();
    victim.goes_on().await;
}
