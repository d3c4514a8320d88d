//! The live connection: snapshot, live events, resume without loss or doubling, rights at once.

use crate::b_servers::delete_with;
use crate::kit::{TestClient, TestInstance};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// Serves the instance on a real port: a socket needs one.
async fn port(t: &TestInstance) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let service = conntext_server::router(&t.app).into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    port
}

impl Socket {
    async fn open(port: u16, person: &TestClient, cursors: Value) -> (Self, Value) {
        let ticket = person.post("/gateway/ticket", json!({})).await.expect_status(200).text("/ticket");
        let mut socket = Self::raw(port).await;
        socket.say(json!({"op": "identify", "ticket": ticket, "cursors": cursors})).await;
        let ready = socket.next("ready").await;
        (socket, ready)
    }
    async fn raw(port: u16) -> Self {
        let (socket, _) = connect_async(format!("ws://127.0.0.1:{port}/api/v1/gateway")).await.expect("a socket");
        let mut socket = Self(socket);
        socket.next("hello").await;
        socket
    }
    async fn say(&mut self, frame: Value) {
        self.0.send(Message::Text(frame.to_string().into())).await.expect("sent");
    }
    /// The next frame of this kind; others are passed over.
    async fn next(&mut self, op: &str) -> Value {
        let wait = async {
            loop {
                let frame = self.0.next().await.expect("the socket is open").expect("a frame");
                if let Message::Text(text) = frame {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    if frame["op"] == op {
                        return frame;
                    }
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap_or_else(|_| panic!("no {op} came"))
    }
    /// The next event of this type.
    async fn event(&mut self, t: &str) -> Value {
        loop {
            let frame = self.next("event").await;
            if frame["e"]["t"] == t {
                return frame;
            }
        }
    }
}

async fn community(owner: &TestClient) -> (String, String) {
    let server = owner.post("/servers", json!({"name": "Open Door", "public": true})).await.expect_status(201);
    let sid = server.text("/id");
    let channel = owner.post(&format!("/servers/{sid}/channels"), json!({"name": "talk", "kind": "text"})).await;
    (sid, channel.expect_status(201).text("/id"))
}

async fn say(who: &TestClient, sid: &str, channel: &str, nonce: &str, body: &str) -> String {
    let path = format!("/servers/{sid}/channels/{channel}/messages");
    who.post(&path, json!({"nonce": nonce, "body": body})).await.expect_status(201).text("/id")
}

#[tokio::test]
async fn c1_what_is_said_arrives_at_once_and_a_socket_that_comes_back_misses_nothing() {
    let t = TestInstance::new("a.test").await;
    let port = port(&t).await;
    let ada = t.person("ada").await;
    let (sid, channel) = community(&ada).await;
    let (mut first, ready) = Socket::open(port, &ada, json!({})).await;
    assert_eq!(ready["servers"][0]["id"], sid.as_str());
    say(&ada, &sid, &channel, "n1", "one").await;
    let one = first.event("message").await;
    assert_eq!(one["e"]["message"]["body"], "one");
    assert_eq!(one["e"]["message"]["nonce"], "n1", "the author's own client knows its message");
    assert_eq!(one["prev"], ready["servers"][0]["seq"]);
    drop(first);
    say(&ada, &sid, &channel, "n2", "two").await;
    say(&ada, &sid, &channel, "n3", "three").await;
    let (mut again, _) = Socket::open(port, &ada, json!({sid.as_str(): one["seq"]})).await;
    let two = again.event("message").await;
    let three = again.event("message").await;
    assert_eq!((&two["e"]["message"]["body"], &three["e"]["message"]["body"]), (&json!("two"), &json!("three")));
    assert_eq!((&two["prev"], &three["prev"]), (&one["seq"], &two["seq"]));
    say(&ada, &sid, &channel, "n4", "four").await;
    assert_eq!(again.event("message").await["e"]["message"]["body"], "four");
}

#[tokio::test]
async fn b8_a_channel_turned_private_is_gone_at_once_for_those_without_the_right() {
    let t = TestInstance::new("a.test").await;
    let port = port(&t).await;
    let ada = t.person("ada").await;
    let bea = t.person("bea").await;
    let (sid, channel) = community(&ada).await;
    bea.post(&format!("/directory/a.test/{sid}/join"), json!({})).await.expect_status(200);
    let (mut socket, ready) = Socket::open(port, &bea, json!({})).await;
    assert!(ready.to_string().contains(&channel));
    let server = ada.get(&format!("/servers/{sid}")).await;
    let everyone =
        server.json["roles"].as_array().expect("roles").iter().find(|r| r["everyone"] == true).expect("a role");
    let path = format!("/servers/{sid}/channels/{channel}/overrides/{}", everyone["id"].as_str().expect("an id"));
    ada.put(&path, json!({"allow": [], "deny": ["view"]})).await.expect_status(200);
    let view = socket.event("server").await;
    assert!(!view["e"].to_string().contains(&channel), "the channel is no longer shown");
    say(&ada, &sid, &channel, "n1", "a secret").await;
    ada.patch(&format!("/servers/{sid}"), json!({"description": "still open"})).await.expect_status(200);
    let next = socket.next("event").await;
    assert_eq!(next["e"]["t"], "server", "the secret was not sent: {next}");
}

#[tokio::test]
async fn b12_whoever_is_there_sees_that_a_server_was_deleted() {
    let t = TestInstance::new("a.test").await;
    let port = port(&t).await;
    let (ada, bea) = (t.person("ada").await, t.person("bea").await);
    let (sid, _) = community(&ada).await;
    bea.post(&format!("/directory/a.test/{sid}/join"), json!({})).await.expect_status(200);
    let (mut socket, _) = Socket::open(port, &bea, json!({})).await;
    delete_with(&ada, &format!("/servers/{sid}"), json!({"confirm_name": "Open Door"})).await.expect_status(204);
    let gone = loop {
        let told = socket.next("signal").await;
        if told["s"]["t"] == "server_removed" {
            break told;
        }
    };
    assert_eq!((&gone["s"]["sid"], &gone["s"]["reason"]), (&json!(sid), &json!("deleted")), "{gone}");
}

#[tokio::test]
async fn l2_a_ticket_works_once_and_a_socket_without_one_is_closed() {
    let t = TestInstance::new("a.test").await;
    let port = port(&t).await;
    let ada = t.person("ada").await;
    let ticket = ada.post("/gateway/ticket", json!({})).await.text("/ticket");
    let mut first = Socket::raw(port).await;
    first.say(json!({"op": "identify", "ticket": ticket})).await;
    first.next("ready").await;
    let mut second = Socket::raw(port).await;
    second.say(json!({"op": "identify", "ticket": ticket})).await;
    assert_eq!(second.next("close").await["code"], "signed_out");
    let mut third = Socket::raw(port).await;
    third.say(json!({"op": "ping", "n": 1})).await;
    assert_eq!(third.next("close").await["code"], "bad_frame");
    let late = ada.post("/gateway/ticket", json!({})).await.text("/ticket");
    t.clock.advance(31_000);
    let mut fourth = Socket::raw(port).await;
    fourth.say(json!({"op": "identify", "ticket": late})).await;
    assert_eq!(fourth.next("close").await["code"], "signed_out");
}

#[tokio::test]
async fn a2_signing_out_closes_the_sessions_sockets() {
    let t = TestInstance::new("a.test").await;
    let port = port(&t).await;
    let ada = t.person("ada").await;
    let (mut socket, _) = Socket::open(port, &ada, json!({})).await;
    ada.delete("/sessions/current").await.expect_status(204);
    assert_eq!(socket.next("close").await["code"], "signed_out");
}

#[tokio::test]
async fn a11_presence_and_typing_are_seen_by_fellow_members() {
    let t = TestInstance::new("a.test").await;
    let port = port(&t).await;
    let ada = t.person("ada").await;
    let bea = t.person("bea").await;
    let (sid, channel) = community(&ada).await;
    bea.post(&format!("/directory/a.test/{sid}/join"), json!({})).await.expect_status(200);
    let (mut watching, _) = Socket::open(port, &ada, json!({})).await;
    watching.say(json!({"op": "watch", "sid": sid, "channel": channel})).await;
    watching.say(json!({"op": "ping", "n": 7})).await;
    assert_eq!(watching.next("pong").await["n"], 7);
    let (_there, _) = Socket::open(port, &bea, json!({})).await;
    let uid = bea.get("/me").await.text("/user/id");
    loop {
        let signal = watching.next("signal").await;
        if signal["s"]["t"] == "presence" && signal["s"]["user"] == uid.as_str() {
            assert_eq!(signal["s"]["status"], "online");
            break;
        }
    }
    bea.post(&format!("/servers/{sid}/channels/{channel}/typing"), json!({})).await.expect_status(204);
    loop {
        let signal = watching.next("signal").await;
        if signal["s"]["t"] == "typing" {
            assert_eq!(signal["s"]["user"]["id"], uid.as_str());
            break;
        }
    }
}

#[tokio::test]
async fn b10_who_comes_and_goes_is_noted_live() {
    let t = TestInstance::new("a.test").await;
    let port = port(&t).await;
    let (ada, bea) = (t.person("ada").await, t.person("bea").await);
    let (sid, channel) = community(&ada).await;
    let (mut socket, ready) = Socket::open(port, &ada, json!({})).await;
    bea.post(&format!("/directory/a.test/{sid}/join"), json!({})).await.expect_status(200);
    let uid = bea.get("/me").await.text("/user/id");
    let joined = socket.event("member_join").await;
    assert_eq!((&joined["e"]["notice"]["kind"], &joined["e"]["notice"]["user"]), (&json!("joined"), &json!(uid)));
    assert_eq!(joined["e"]["notice"]["seq"], joined["seq"]);
    ada.delete(&format!("/servers/{sid}/members/{uid}")).await.expect_status(204);
    assert_eq!(socket.event("member_leave").await["e"]["notice"]["kind"], "kicked");
    // Soon after, one sees what the others saw.
    let since = json!({sid.as_str(): ready["servers"][0]["seq"]});
    let (mut soon, _) = Socket::open(port, &ada, since.clone()).await;
    assert_eq!(soon.event("member_join").await["e"]["notice"]["seq"], joined["seq"]);
    assert_eq!(soon.event("member_leave").await["e"]["notice"]["kind"], "kicked");
    // Later, when it is read from the disk again (as after a deletion): she is no member any more, and still she came.
    let id = say(&ada, &sid, &channel, "n1", "gone soon").await;
    ada.delete(&format!("/servers/{sid}/channels/{channel}/messages/{id}")).await.expect_status(204);
    let (mut late, _) = Socket::open(port, &ada, since).await;
    let came = late.event("notice").await;
    assert_eq!((&came["e"]["notice"]["kind"], &came["e"]["user"]["id"]), (&json!("joined"), &json!(uid)));
    assert_eq!(late.event("member_leave").await["e"]["notice"]["kind"], "kicked");
}

#[path = "../../../federation/fuzz/src/frames.rs"]
mod frames;
#[path = "../../../federation/fuzz/src/replay.rs"]
mod replay;

#[test]
fn j2_corpus_of_gateway_frames() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../federation/fuzz/corpus/frames");
    replay::replay(corpus.as_ref(), 3000, frames::run).expect("no frame breaks the reader");
}
