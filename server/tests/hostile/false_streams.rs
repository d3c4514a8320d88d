//! Streams of a false hub: what it tells over one must be worth no more than what it pushes.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::craft::canon;
use crate::hubs::{Trap, accept};
use crate::peer::{Asked, Reply};
use crate::pushes;
use crate::table::Table;
use crate::victim::Victim;

/// The hub's end of a stream.
struct Stream(WebSocketStream<TcpStream>);

impl Stream {
    /// Tells that a stream is preferred, and takes it.
    async fn open(trap: &mut Trap, victim: &Victim) -> Self {
        offer(trap, victim).await;
        Self(WebSocketStream::from_raw_socket(trap.streaming().await, Role::Server, None).await)
    }

    async fn raw(&mut self, message: Message) {
        // Who was hung up on cannot say the rest.
        let _ = self.0.send(message).await;
    }

    async fn say(&mut self, frame: &Value) {
        self.raw(Message::Text(frame.to_string().into())).await;
    }

    /// What the follower says next, or `cut`.
    async fn next(&mut self) -> Value {
        loop {
            match timeout(Duration::from_secs(30), self.0.next()).await.expect("an answer or an end") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).expect("JSON"),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return "cut".into(),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Its answer to a push, as it would be to a request.
    async fn answer(&mut self) -> String {
        match self.next().await {
            Value::String(end) => end,
            frame if frame["op"] == "ack" => "200".into(),
            frame => format!("{} {}", frame["status"], frame["problem"]["code"].as_str().unwrap_or("-")),
        }
    }
}

fn challenge(heartbeat_s: u64) -> Value {
    json!({"op": "challenge", "challenge": "5".repeat(64), "connection": "6".repeat(64), "heartbeat_s": heartbeat_s})
}

fn push(trap: &Trap, n: u64, events: &[Value]) -> Value {
    json!({"op": "push", "n": n, "sid": trap.log().sid, "events": events})
}

async fn offer(trap: &Trap, victim: &Victim) {
    let said = json!({"sid": trap.log().sid, "events": [], "stream": true});
    let seen = trap.peer.post(&victim.target, "/events", &said).await;
    assert_eq!(seen.status, 200, "{}", seen.verdict());
}

fn times_asked(trap: &Trap) -> usize {
    trap.peer.asked().iter().filter(|asked| asked.path.contains("/stream?")).count()
}

async fn victim() -> Victim {
    Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000"), ("CONNTEXT__FEDERATION__REQUEST_TIMEOUT_MS", "1500")])
        .await
}

async fn caught(name: &str, victim: &Victim) -> Trap {
    let trap = Trap::new(name, |_| ()).await;
    assert_eq!(trap.catch(victim).await, "joined");
    trap
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_pushes_over_a_stream_are_judged_as_requests_are() {
    let mut victim = victim().await;
    let mut table = Table::new("pushes of a false hub over a stream");
    for (n, case) in pushes::cases().iter().enumerate() {
        let mut trap = caught(&format!("over{n}"), &victim).await;
        let mut stream = Stream::open(&mut trap, &victim).await;
        stream.say(&challenge(30)).await;
        let signed = stream.next().await;
        if n == 0 {
            let log = trap.log();
            let proof = json!({"challenge": "5".repeat(64), "connection": "6".repeat(64), "follower": log.caught().1,
                "hub": trap.peer.ik, "sid": log.sid});
            let text = format!("conntext/stream/v1\n{}", canon(&proof));
            assert!(victim_signed(&victim, &signed["sig"], text.as_bytes()).await, "{signed}");
        }
        stream.say(&push(&trap, 1, &(case.make)(&trap.log()))).await;
        // What is no push at all ends the connection.
        let expected = if case.expected == "400 bad_json" { "cut" } else { case.expected };
        table.said(case.name, expected, &stream.answer().await);
        let read = trap.read(&victim).await;
        assert!(!read.iter().any(|body| body == "forged"), "{}: {read:?}", case.name);
    }
    table.finish();
    victim.goes_on().await;
}

/// Whether a key that the victim's document lists signed this.
async fn victim_signed(victim: &Victim, sig: &Value, text: &[u8]) -> bool {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let url = format!("{}/.well-known/conntext", victim.process.base);
    let document: Value = reqwest::get(url).await.expect("a document").json().await.expect("JSON");
    let bytes = |value: &Value| STANDARD.decode(value.as_str().expect("text")).expect("base64");
    let key = document["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == sig["kid"]).expect("a key");
    let key: [u8; 32] = bytes(&key["pub"]).try_into().expect("32 bytes");
    let signature: [u8; 64] = bytes(&sig["sig"]).try_into().expect("64 bytes");
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).expect("a key");
    key.verify_strict(text, &ed25519_dalek::Signature::from_bytes(&signature)).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_frames_of_a_hub_end_its_stream_and_nothing_else() {
    let mut victim = victim().await;
    let before = victim.memory_kib();
    let mut table = Table::new("frames of a false hub");
    let text = |text: &str| Message::Text(text.into());
    let elsewhere = format!("s_{}", "a".repeat(40));
    let unheard = json!({"op": "challenge", "challenge": "5", "connection": "6", "heartbeat_s": 30}).to_string();
    let never = json!({"op": "challenge", "challenge": "5".repeat(64), "connection": "6".repeat(64),
        "heartbeat_s": 1_u64 << 53})
    .to_string();
    let cases = [
        ("garbage", "cut", text("garbage")),
        ("a list", "cut", text(r#"["push",1]"#)),
        ("a member twice", "cut", text(r#"{"op":"push","op":"push"}"#)),
        ("bytes", "cut", Message::Binary(vec![0; 100].into())),
        ("a push without a log", "cut", text(r#"{"op":"push","n":1,"events":[]}"#)),
        ("a push of another log", "cut", text(&json!({"op":"push","n":1,"sid":elsewhere,"events":[]}).to_string())),
        ("a challenge that is too short", "cut", text(&unheard)),
        ("a number beyond the profile", "cut", text(&never)),
        ("a frame of 20 MiB", "cut", text(&"x".repeat(20 << 20))),
        ("a good-bye", "cut", Message::Close(None)),
    ];
    for (n, (name, expected, message)) in cases.into_iter().enumerate() {
        let mut trap = caught(&format!("frame{n}"), &victim).await;
        let mut stream = Stream::open(&mut trap, &victim).await;
        stream.raw(message).await;
        table.said(name, expected, &stream.answer().await);
        let seen = trap.push(&victim, vec![trap.log().message("true")]).await;
        table.case(&format!("{name}: what holds, by request"), "200", &seen);
        assert_eq!(trap.read(&victim).await, ["true"]);
    }

    // What a newer version may say is passed over; challenges may come at any time, and a push twice.
    let mut trap = caught("newer", &victim).await;
    let mut stream = Stream::open(&mut trap, &victim).await;
    stream.say(&json!({"op": "later", "what": "is new"})).await;
    for _ in 0..1_000 {
        stream.say(&challenge(30)).await;
    }
    for _ in 0..1_000 {
        assert_eq!(stream.next().await["op"], "signed");
    }
    let first = trap.log().message("true");
    for n in [1, 2] {
        stream.say(&push(&trap, n, std::slice::from_ref(&first))).await;
        table.said("what holds, the same each time", "200", &stream.answer().await);
    }
    assert_eq!(trap.read(&victim).await, ["true"]);
    for _ in 0..20_000 {
        stream.raw(Message::Ping(vec![7; 100].into())).await;
    }
    let mut behind = trap.log();
    behind.follow(&first);
    stream.say(&push(&trap, 3, &[behind.message("after it")])).await;
    table.said("what holds, after twenty thousand pings", "200", &stream.answer().await);

    // It promises a sign of life every second, or none for years, and gives none; or a frame that never ends.
    for (name, heartbeat_s, drip) in [("silence", 0, false), ("a frame that never ends", 1, true)] {
        let mut trap = caught(if drip { "drip" } else { "silent" }, &victim).await;
        let mut stream = Stream::open(&mut trap, &victim).await;
        stream.say(&challenge(heartbeat_s)).await;
        assert_eq!(stream.next().await["op"], "signed");
        let (began, socket) = (Instant::now(), stream.0.get_mut());
        if drip {
            // A text of 100 bytes.
            socket.write_all(&[0x81, 100]).await.expect("sent");
        }
        let mut rest = Vec::new();
        let hung_up = async {
            while timeout(Duration::from_millis(300), socket.read_to_end(&mut rest)).await.is_err() {
                if drip && socket.write_all(b"x").await.is_err() {
                    break;
                }
            }
        };
        let ended = timeout(Duration::from_secs(30), hung_up).await.is_ok();
        table.said(&format!("{name}: it hangs up"), "true", &ended.to_string());
        let waited = began.elapsed();
        assert!((2..10).contains(&waited.as_secs()), "{name}: after {waited:?}");
    }
    // Before it challenges, it has the time of a request.
    let mut trap = caught("mute", &victim).await;
    let mut stream = Stream::open(&mut trap, &victim).await;
    let began = Instant::now();
    table.said("no challenge: it hangs up", "cut", &stream.answer().await);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());

    let grown = victim.memory_kib().saturating_sub(before);
    println!("memory grew by {grown} KiB");
    table.said("memory grows by less than 60 MiB", "true", &(grown < 60 * 1024).to_string());
    table.finish();
    victim.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_answers_to_who_asks_for_a_stream_leave_it_with_pushes() {
    let mut victim = victim().await;
    let mut table = Table::new("answers to a request for a stream");
    let wrong = || ("sec-websocket-accept".to_owned(), "AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned());
    let none = || unbounded_channel().0;
    type Answer = Box<dyn Fn(&Asked) -> Reply + Send>;
    let json_head = || vec![("content-type".to_owned(), "application/json".to_owned())];
    let elsewhere = format!("http://{}/x", victim.target.domain);
    let away = vec![("location".to_owned(), elsewhere)];
    // Each with how often it may ask within three seconds: where that may help it tries again, here twice a second at
    // the slowest.
    let cases: Vec<(&str, usize, Answer)> = vec![
        ("agreement that proves nothing", 1, Box::new(move |_| Reply::Upgrade(vec![], none()))),
        ("agreement to something else", 1, Box::new(move |_| Reply::Upgrade(vec![wrong()], none()))),
        ("a line that is cut at once", 40, Box::new(move |asked| Reply::Upgrade(vec![accept(asked)], none()))),
        ("no", 1, Box::new(|_| Reply::Json(404, json!({"code": "not_found"})))),
        ("a page", 1, Box::new(move |_| Reply::Raw(200, json_head(), b"{}".to_vec()))),
        ("a redirect", 1, Box::new(move |_| Reply::Raw(302, away.clone(), vec![]))),
        ("401 for ever", 40, Box::new(|_| Reply::Json(401, json!({"code": "bad_signature"})))),
        ("500", 40, Box::new(|_| Reply::Json(500, json!({"code": "internal"})))),
        ("nothing", 3, Box::new(|_| Reply::Silence)),
        ("a byte now and then", 3, Box::new(|_| Reply::Drip)),
    ];
    for (n, (name, most, answer)) in cases.into_iter().enumerate() {
        let trap = caught(&format!("answer{n}"), &victim).await;
        trap.peer.script(move |asked| asked.path.contains("/stream?").then(|| answer(asked)));
        offer(&trap, &victim).await;
        sleep(Duration::from_secs(3)).await;
        let asked = times_asked(&trap);
        table.said(&format!("{name}: asked"), "true", &(1..=most).contains(&asked).to_string());
        println!("  {name}: asked {asked} times");
        let seen = trap.push(&victim, vec![trap.log().message("true")]).await;
        table.case(&format!("{name}: what holds, by request"), "200", &seen);
        assert_eq!(trap.read(&victim).await, ["true"]);
    }
    table.finish();
    victim.goes_on().await;
}
