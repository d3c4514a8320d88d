//! Streams that are asked for without a right, answered with what does not hold, or not answered at all.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::craft::{Key, canon};
use crate::line::{Request, Seen};
use crate::members::join;
use crate::peer::{Peer, Target};
use crate::table::Table;
use crate::victim::Victim;
use crate::wishes::{obliging, patiently, was_sent};

/// One end of a stream, made by hand.
struct Stream {
    socket: WebSocketStream<TcpStream>,
    /// What came while something else was waited for.
    early: VecDeque<Value>,
}

/// A request for a stream from the beginning of the log.
fn request(peer: &Peer, to: &Target, sid: &str, after: &str) -> Request {
    let hash = "0".repeat(64);
    peer.request(to, "GET", &format!("/servers/{sid}/stream?after={after}&epoch=0&hash={hash}"), "")
}

/// Sends a request as one for a WebSocket.
async fn ask(to: &Target, request: &Request) -> Result<Stream, Seen> {
    let text = String::from_utf8(request.bytes()).expect("text");
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let text = text.replace("connection: close\r\n", upgrade);
    let mut socket = TcpStream::connect(("127.0.0.1", to.port)).await.expect("a connection");
    socket.write_all(text.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.expect("an answer"));
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    if head.starts_with("http/1.1 101") {
        let socket = WebSocketStream::from_raw_socket(socket, Role::Client, None).await;
        return Ok(Stream { socket, early: VecDeque::new() });
    }
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    socket.read_exact(&mut body).await.expect("a body");
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Err(Seen { status, head, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

async fn verdict(to: &Target, request: &Request) -> String {
    match ask(to, request).await {
        Ok(_) => "open".into(),
        Err(seen) => seen.verdict(),
    }
}

impl Stream {
    async fn open(peer: &Peer, to: &Target, sid: &str) -> Self {
        ask(to, &request(peer, to, sid, "0")).await.unwrap_or_else(|seen| panic!("{}", seen.verdict()))
    }

    /// The next frame, or how the stream ended; `nothing` after a while.
    async fn next_within(&mut self, ms: u64) -> Value {
        if let Some(frame) = self.early.pop_front() {
            return frame;
        }
        loop {
            match timeout(Duration::from_millis(ms), self.socket.next()).await {
                Err(_) => return json!("nothing"),
                Ok(None | Some(Err(_))) => return json!("cut"),
                Ok(Some(Ok(Message::Text(text)))) => return serde_json::from_str(&text).expect("JSON"),
                Ok(Some(Ok(Message::Close(frame)))) => {
                    let frame = frame.expect("a reason");
                    return json!(format!("{} {}", u16::from(frame.code), frame.reason));
                }
                Ok(Some(Ok(_))) => {}
            }
        }
    }

    async fn next(&mut self) -> Value {
        self.next_within(30_000).await
    }

    async fn say(&mut self, frame: &Value) {
        self.raw(Message::Text(frame.to_string().into())).await;
    }

    async fn raw(&mut self, message: Message) {
        // Who was hung up on cannot say the rest.
        let _ = self.socket.send(message).await;
    }

    /// How it ends; whatever else comes is passed over, challenges are not answered.
    async fn end(&mut self) -> String {
        loop {
            match self.next().await {
                Value::String(end) => return end,
                _ => continue,
            }
        }
    }

    /// Opens one and signs its first challenge.
    async fn proven(peer: &Peer, to: &Target, sid: &str, hub: &str) -> Self {
        let mut stream = Self::open(peer, to, sid).await;
        let challenge = stream.next().await;
        stream.say(&signed(peer, &peer.key, sid, hub, &challenge)).await;
        // One thing after the other: when this is answered the proof has been looked at.
        stream.raw(Message::Ping(Vec::new().into())).await;
        loop {
            match timeout(Duration::from_secs(30), stream.socket.next()).await.expect("it answers") {
                Some(Ok(Message::Pong(_))) => return stream,
                Some(Ok(Message::Text(text))) => {
                    stream.early.push_back(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(_)) => {}
                ended => panic!("{ended:?}"),
            }
        }
    }

    /// The next push.
    async fn push(&mut self) -> Value {
        let frame = self.next().await;
        assert_eq!(frame["op"], "push", "{frame}");
        frame
    }
}

/// The answer to a challenge.
fn signed(peer: &Peer, key: &Key, sid: &str, hub: &str, challenge: &Value) -> Value {
    let proof = json!({"challenge": challenge["challenge"], "connection": challenge["connection"],
        "follower": peer.ik, "hub": hub, "sid": sid});
    json!({"op": "signed", "sig": key.sign("stream", &proof)})
}

async fn write(victim: &Victim, channel: &str, body: &str) {
    let path = format!("/servers/{}/channels/{channel}/messages", victim.sid);
    let (status, said) = victim.ask(&path, Some(&json!({"body": body, "nonce": &body[..body.len().min(60)]}))).await;
    assert_eq!(status, 201, "{said}");
}

/// A victim that offers streams, its id, and a member of it with its community.
async fn scene(settings: &[(&str, &str)]) -> (Victim, String, Peer) {
    let common = [
        ("CONNTEXT__FEDERATION__PEER_BURST", "5000"),
        ("CONNTEXT__LIMITS__MESSAGE_BURST", "5000"),
        ("CONNTEXT__FEDERATION__STREAM_FROM_FOLLOWERS", "1"),
        ("CONNTEXT__FEDERATION__REQUEST_TIMEOUT_MS", "2000"),
    ];
    let victim = Victim::new(&[&common, settings].concat()).await;
    let member = Peer::new("streamer").await;
    let joined = join(&member, &victim.target, &victim.sid, &member.person(), Some(&victim.code)).await;
    obliging(&member, joined.body["snapshot"]["head"]["seq"].as_u64().expect("a snapshot"));
    let document: Value = reqwest::get(format!("{}/.well-known/conntext", victim.process.base))
        .await
        .expect("a document")
        .json()
        .await
        .expect("JSON");
    let hub = document["ik"].as_str().expect("an id").to_owned();
    (victim, hub, member)
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_requests_for_streams_get_nothing() {
    let (mut victim, hub, evil) = scene(&[]).await;
    let (to, sid, channel) = (victim.target.clone(), victim.sid.clone(), victim.channel.clone());
    let stranger = Peer::new("outsider").await;
    let mut table = Table::new("requests for a stream");

    let mut unsigned = request(&evil, &to, &sid, "0");
    unsigned.remove("signature");
    table.said("without a signature", "401 signature_missing", &verdict(&to, &unsigned).await);
    let mut forged = request(&evil, &to, &sid, "0");
    evil.sign_as(&mut forged, 0, 30, crate::peer::BARE, &stranger.key, &evil.key_id(&evil.key));
    table.said("signed by somebody else", "401 bad_signature", &verdict(&to, &forged).await);
    table.said("as an outsider", "404 unknown_server", &verdict(&to, &request(&stranger, &to, &sid, "0")).await);
    let nowhere = format!("s_{}", "a".repeat(40));
    table.said("of no log", "404 unknown_server", &verdict(&to, &request(&evil, &to, &nowhere, "0")).await);
    table.said("from beyond the end", "416 beyond_head", &verdict(&to, &request(&evil, &to, &sid, "1000000")).await);
    table.said("from no number", "400 bad_json|400 bad_request", &verdict(&to, &request(&evil, &to, &sid, "x")).await);
    table.case(
        "without an upgrade",
        "400 bad_frame",
        &crate::line::send(to.port, &request(&evil, &to, &sid, "0")).await,
    );

    // Sent a second time, and by whoever recorded it: with nothing behind it that only the follower can sign.
    let again = request(&evil, &to, &sid, "0");
    let mut first = ask(&to, &again).await.unwrap_or_else(|seen| panic!("{}", seen.verdict()));
    table.said("the first frame", "challenge", first.next().await["op"].as_str().unwrap_or("-"));
    table.said("a second time", "401 replayed", &verdict(&to, &again).await);
    write(&victim, &channel, "for signed eyes only").await;
    table.said("before the challenge is signed", "\"nothing\"", &first.next_within(800).await.to_string());
    table.said("a challenge that is not signed", "4401 signature_missing", &first.end().await);

    let mut thief = Stream::open(&evil, &to, &sid).await;
    let challenge = thief.next().await;
    thief.say(&signed(&evil, &stranger.key, &sid, &hub, &challenge)).await;
    table.said("signed by a key that is not its own", "4401 unknown_key", &thief.end().await);
    for (name, change) in
        [("signed for another connection", "connection"), ("signed for another challenge", "challenge")]
    {
        let mut stream = Stream::open(&evil, &to, &sid).await;
        let mut challenge = stream.next().await;
        challenge[change] = "7".repeat(64).into();
        stream.say(&signed(&evil, &evil.key, &sid, &hub, &challenge)).await;
        table.said(name, "4401 bad_signature", &stream.end().await);
    }
    let mut stream = Stream::open(&evil, &to, &sid).await;
    let challenge = stream.next().await;
    stream.say(&signed(&evil, &evil.key, &sid, &evil.ik, &challenge)).await;
    table.said("signed for another hub", "4401 bad_signature", &stream.end().await);

    // Many at a time by one follower: each ends the one before.
    let mut many = Vec::new();
    for _ in 0..30 {
        let mut stream = Stream::open(&evil, &to, &sid).await;
        stream.next().await;
        many.push(stream);
    }
    let mut open = 0;
    for stream in &mut many {
        open += usize::from(stream.next_within(200).await == "nothing");
    }
    table.said("thirty at a time", "1", &open.to_string());
    table.finish();
    assert!(!was_sent(&stranger, "for signed eyes only"));
    victim.goes_on().await;
    victim.verifies();
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_answers_on_a_stream_end_it_and_nothing_else() {
    let (mut victim, hub, evil) = scene(&[]).await;
    let (to, sid, channel) = (victim.target.clone(), victim.sid.clone(), victim.channel.clone());
    let mut table = Table::new("frames of a false follower");
    let long = json!({"op": "ack", "n": 1, "acked": 1, "x": "x".repeat(1 << 20)}).to_string();
    let cases: Vec<(&str, &str, Message)> = vec![
        ("garbage", "4400 bad_frame", Message::Text("garbage".into())),
        ("a list", "4400 bad_frame", Message::Text("[\"ack\",1,1]".into())),
        ("a member twice", "4400 bad_frame", Message::Text(r#"{"op":"ack","n":1,"n":2,"acked":1}"#.into())),
        ("bytes", "4400 bad_frame", Message::Binary(vec![0; 100].into())),
        ("a frame of 1 MiB", "cut", Message::Text(long.into())),
        ("an answer to what was never sent", "4400 bad_frame", Message::Text(r#"{"op":"ack","n":1,"acked":1}"#.into())),
        ("an answer to push 0", "4400 bad_frame", Message::Text(r#"{"op":"ack","n":0,"acked":1}"#.into())),
        (
            "an answer to the last push there could be",
            "4400 bad_frame",
            Message::Text(r#"{"op":"ack","n":9007199254740991,"acked":1}"#.into()),
        ),
        (
            "a refusal of what was never sent",
            "4400 bad_frame",
            Message::Text(r#"{"op":"refused","n":1,"status":409,"problem":{"code":"gap","next":1}}"#.into()),
        ),
        ("a second answer to the challenge", "4400 bad_frame", Message::Text("again".into())),
    ];
    // What is due comes over the first one, so that the others are silent.
    let mut stream = Stream::proven(&evil, &to, &sid, &hub).await;
    write(&victim, &channel, "the first").await;
    let push = stream.push().await;
    table.said("the first push", "1", &push["n"].to_string());
    let last = push["events"].as_array().and_then(|e| e.last()).expect("an event")["header"]["seq"].clone();
    stream.say(&json!({"op": "ack", "n": 1, "acked": last})).await;
    stream.say(&json!({"op": "later", "what": "is new"})).await;
    table.said("a frame of a newer version is passed over", "\"nothing\"", &stream.next_within(300).await.to_string());
    stream.say(&json!({"op": "ack", "n": 1, "acked": last})).await;
    table.said("the same answer twice", "4400 bad_frame", &stream.end().await);
    for (name, expected, message) in cases {
        let mut stream = Stream::open(&evil, &to, &sid).await;
        let challenge = stream.next().await;
        let proof = signed(&evil, &evil.key, &sid, &hub, &challenge);
        stream.say(&proof).await;
        let again = message == Message::Text("again".into());
        stream.raw(if again { Message::Text(canon(&proof).into()) } else { message }).await;
        table.said(name, expected, &stream.end().await);
    }

    // Confirming more than there is, or asking to go on from beyond it, moves nothing of the hub's.
    let mut stream = Stream::proven(&evil, &to, &sid, &hub).await;
    write(&victim, &channel, "the second").await;
    let n = stream.push().await["n"].clone();
    stream.say(&json!({"op": "ack", "n": n, "acked": 9_007_199_254_740_991_u64})).await;
    write(&victim, &channel, "the third").await;
    let push = stream.push().await;
    table.said("after more was confirmed than there is", "true", &push.to_string().contains("the third").to_string());
    let held = push["events"].as_array().and_then(|e| e.last()).expect("an event")["header"]["seq"].clone();
    let beyond = json!({"op": "refused", "n": push["n"], "status": 409, "problem": {"code": "gap", "next": 1_000_000}});
    stream.say(&beyond).await;
    write(&victim, &channel, "the fourth").await;
    let mut push = stream.push().await;
    while !push.to_string().contains("the fourth") {
        // What it may know of channels is told anew, with or without events.
        let last = push["events"].as_array().and_then(|e| e.last()).map_or(&held, |e| &e["header"]["seq"]);
        stream.say(&json!({"op": "ack", "n": push["n"], "acked": last})).await;
        push = stream.push().await;
    }
    table.said("after a gap beyond the end", "the fourth", "the fourth");
    stream.say(&json!({"op": "refused", "n": push["n"], "status": 200, "problem": {"code": "ok"}})).await;
    table.said("a refusal that is none", "4400 bad_frame", &stream.end().await);

    // A second stream of the same follower ends the first.
    let mut first = Stream::proven(&evil, &to, &sid, &hub).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let _second = Stream::proven(&evil, &to, &sid, &hub).await;
    table.said("the one before a second one", "4410 gone", &first.end().await);

    table.finish();
    victim.goes_on().await;
    victim.verifies();
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_followers_that_do_not_take_their_stream_cost_little_and_are_pushed_to() {
    let (mut victim, hub, evil) = scene(&[
        ("CONNTEXT__FEDERATION__STREAM_RESIGN_S", "4"),
        // The time that a push may take grows with its length.
        ("CONNTEXT__FEDERATION__STREAM_FRAME_KIB", "1"),
    ])
    .await;
    let (to, sid, channel) = (victim.target.clone(), victim.sid.clone(), victim.channel.clone());
    let mut table = Table::new("followers that do not take what they asked for");

    // It answers nothing: no more than the window goes out, then it is cut off and pushed to.
    let mut stream = Stream::proven(&evil, &to, &sid, &hub).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = victim.memory_kib();
    let writing = async {
        for n in 0..150 {
            write(&victim, &channel, &format!("unanswered {n} {}", "y".repeat(8_000))).await;
        }
    };
    let reading = async {
        let mut pushes = 0;
        loop {
            match stream.next_within(60_000).await {
                Value::String(said) => return (pushes, said),
                frame if frame["op"] == "challenge" => {
                    stream.say(&signed(&evil, &evil.key, &sid, &hub, &frame)).await;
                }
                _ => pushes += 1,
            }
        }
    };
    let ((), (pushes, end)) = tokio::join!(writing, reading);
    table.said("without answers: at most four pushes go out", "true", &(pushes <= 4).to_string());
    // What was underway when it was cut off may have swallowed the reason.
    table.said("without answers: how it ends", "4408 slow_body|cut", &end);
    let all = || was_sent(&evil, "unanswered 149");
    let pushed = patiently(all).await || patiently(all).await || patiently(all).await;
    table.said("and all of it is pushed", "true", &pushed.to_string());

    // It does not even read.
    let deaf = Stream::proven(&evil, &to, &sid, &hub).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for n in 0..300 {
        write(&victim, &channel, &format!("unread {n} {}", "z".repeat(8_000))).await;
    }
    let all = || was_sent(&evil, "unread 299");
    let pushed = patiently(all).await || patiently(all).await || patiently(all).await;
    table.said("unread: all of it is pushed", "true", &pushed.to_string());
    drop(deaf);
    let grown = victim.memory_kib().saturating_sub(before);
    println!("memory grew by {grown} KiB");
    table.said("memory grows by less than 40 MiB", "true", &(grown < 40 * 1024).to_string());

    // It signs the first challenge and not the next.
    let mut stream = Stream::proven(&evil, &to, &sid, &hub).await;
    let began = Instant::now();
    let mut asked = 0;
    let end = loop {
        match stream.next().await {
            Value::String(end) => break end,
            frame if frame["op"] == "challenge" => asked += 1,
            frame if frame["op"] == "push" => {
                let last = frame["events"].as_array().and_then(|e| e.last()).map(|e| e["header"]["seq"].clone());
                stream.say(&json!({"op": "ack", "n": frame["n"], "acked": last.unwrap_or(json!(0))})).await;
            }
            _ => {}
        }
    };
    table.said("the second challenge unsigned", "4401 signature_missing", &end);
    table.said("it was asked once", "1", &asked.to_string());
    table.said("and had its time", "true", &(began.elapsed() > Duration::from_secs(4)).to_string());

    // Banned, it hears of that and of nothing more.
    let mut stream = Stream::proven(&evil, &to, &sid, &hub).await;
    let (_, members) = victim.ask(&format!("/servers/{sid}/members"), None).await;
    let eve = members["members"].as_array().expect("members").iter().find(|m| m["user"]["handle"] != "ada");
    let eve = eve.unwrap_or_else(|| panic!("{members}"))["user"]["id"].as_str().expect("an id").to_owned();
    let url = format!("{}/api/v1/servers/{sid}/bans/{eve}", victim.process.base);
    let banned = victim.process.client.put(url).bearer_auth(&victim.token).send().await.expect("an answer");
    assert!(banned.status().is_success(), "{}", banned.status());
    write(&victim, &channel, "among ourselves").await;
    let end = loop {
        match stream.next().await {
            Value::String(end) => break end,
            frame => {
                assert!(!frame.to_string().contains("among ourselves"), "{frame}");
                let last = frame["events"].as_array().and_then(|e| e.last()).map(|e| e["header"]["seq"].clone());
                stream.say(&json!({"op": "ack", "n": frame["n"], "acked": last.unwrap_or(json!(0))})).await;
            }
        }
    };
    table.said("the last member is banned", "4403 not_member", &end);
    table.said("and it asks again", "404 unknown_server", &verdict(&to, &request(&evil, &to, &sid, "0")).await);
    table.finish();
    assert!(!was_sent(&evil, "among ourselves"));
    victim.goes_on().await;
    victim.verifies();
}
