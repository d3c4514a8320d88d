//! C: messages.

use axum::http::Method;
use conntext_federation::content::LogKind;
use conntext_federation::hub::Draft;
use conntext_federation::ids::{Actor, ChannelId};
use conntext_server::log::NewServer;
use conntext_server::profiles;
use serde_json::{Value, json};

use crate::kit::{TestClient, TestInstance, holds};

/// A community with one channel and two people in it, at its own instance.
pub struct Room {
    pub a: TestInstance,
    pub ada: TestClient,
    pub bob: TestClient,
    pub ada_uid: String,
    pub bob_uid: String,
    pub sid: String,
    pub cid: String,
}

impl Room {
    pub async fn new() -> Self {
        Self::of(TestInstance::new("a.test").await).await
    }

    pub async fn of(a: TestInstance) -> Self {
        let (ada, bob) = (a.person("ada").await, a.person("bob").await);
        let (ada_uid, bob_uid) = (ada.get("/me").await.text("/user/id"), bob.get("/me").await.text("/user/id"));
        let app = &a.app;
        let chain = profiles::chain(&mut app.db.read().await.unwrap(), &ada_uid).await.unwrap();
        let creator = Actor::User(ada_uid.parse().unwrap());
        let new = NewServer { kind: LogKind::Guild, creator, identity: chain, recovery_keys: Vec::new() };
        let sid = app.log.open(new).await.unwrap().sid.to_string();
        let mut room = Self { a, ada, bob, ada_uid, bob_uid, sid, cid: String::new() };
        room.cid = room.channel("general", json!([])).await;
        room.act(&room.ada_uid, "server.update", None, None, json!({"public": true})).await;
        room.join(&room.bob_uid).await;
        room
    }

    pub async fn act(&self, uid: &str, kind: &str, channel: Option<ChannelId>, target: Option<String>, content: Value) {
        let draft = Draft {
            sid: self.sid.parse().unwrap(),
            kind: kind.into(),
            channel,
            target,
            actor: Actor::User(uid.parse().unwrap()),
            content,
        };
        self.a.app.log.submit(draft, None).await.unwrap();
    }

    pub async fn join(&self, uid: &str) {
        let chain = profiles::chain(&mut self.a.app.db.read().await.unwrap(), uid).await.unwrap();
        self.act(uid, "member.join", None, None, json!({"identity": chain})).await;
    }

    pub async fn channel(&self, name: &str, overrides: Value) -> String {
        let log = self.a.app.log.get(&self.sid.parse().unwrap()).unwrap();
        let aid = self.a.app.log.new_aid();
        let id = ChannelId::made_by(&log.sid, &aid);
        let draft = Draft {
            sid: log.sid.clone(),
            kind: "channel.create".into(),
            channel: Some(id.clone()),
            target: None,
            actor: Actor::User(self.ada_uid.parse().unwrap()),
            content: json!({"name": name, "kind": "text", "overrides": overrides}),
        };
        self.a.app.log.submit_as(&log, draft, aid, None).await.unwrap();
        id.to_string()
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/servers/{}/channels/{}{rest}", self.sid, self.cid)
    }

    pub async fn say(&self, who: &TestClient, body: &str) -> Value {
        self.send(who, json!({"body": body})).await
    }

    pub async fn send(&self, who: &TestClient, mut message: Value) -> Value {
        if message["nonce"].is_null() {
            message["nonce"] = json!(format!("n{}", u128::from_le_bytes(self.a.app.rng.bytes())));
        }
        who.post(&self.path("/messages"), message).await.expect_status(201).json
    }

    pub async fn page(&self, who: &TestClient, query: &str) -> Value {
        who.get(&self.path(&format!("/messages{query}"))).await.expect_status(200).json
    }
}

pub fn id(message: &Value) -> &str {
    message["id"].as_str().unwrap()
}

fn bodies(page: &Value) -> Vec<&str> {
    page["messages"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn c1_the_same_nonce_twice_is_one_message_and_order_holds() {
    let r = Room::new().await;
    let first = r.send(&r.ada, json!({"nonce": "one", "body": "hello"})).await;
    let again = r.send(&r.ada, json!({"nonce": "one", "body": "hello"})).await;
    assert_eq!(first["id"], again["id"]);
    assert_eq!(first["state"], "sent");
    assert_eq!(first["nonce"], "one");
    r.say(&r.bob, "hi ada").await;
    r.say(&r.ada, "how are you?").await;
    let page = r.page(&r.bob, "").await;
    assert_eq!(bodies(&page), ["hello", "hi ada", "how are you?"]);
    let numbers: Vec<_> = page["messages"].as_array().unwrap().iter().map(|m| m["cn"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(page["has_before"], false);
    assert_eq!(page["has_after"], false);
    let handles: Vec<_> = page["users"].as_array().unwrap().iter().map(|u| u["handle"].as_str().unwrap()).collect();
    assert!(handles.contains(&"ada") && handles.contains(&"bob"));
    // The number of somebody else's message is theirs alone.
    assert!(page["messages"][0]["nonce"].is_null());
    assert_eq!(r.page(&r.ada, "").await["messages"][0]["nonce"], "one");
    // A retry after an edit answers with the message as it is now.
    let path = r.path(&format!("/messages/{}", id(&first)));
    r.ada.patch(&path, json!({"body": "hello!"})).await.expect_status(200);
    assert_eq!(r.send(&r.ada, json!({"nonce": "one", "body": "hello"})).await["body"], "hello!");
    // The same number in another channel is another message or none, never a lie.
    let mut other = r;
    other.cid = other.channel("second", json!([])).await;
    let message = json!({"nonce": "one", "body": "hello"});
    let answer = other.ada.post(&other.path("/messages"), message).await;
    assert!(answer.status.is_client_error() || answer.json["channel"] != other.cid.as_str());
}

#[tokio::test]
async fn c1_what_cannot_be_sent_says_why() {
    let r = Room::new().await;
    let send = |body: Value| {
        let (client, path) = (r.bob.clone(), r.path("/messages"));
        async move { client.post(&path, body).await }
    };
    let answer = send(json!({"nonce": "a", "body": "  \n"})).await.expect_problem(422, "invalid");
    assert_eq!(answer.field_code(), ("body", "empty"));
    let answer = send(json!({"nonce": "a", "body": "x".repeat(20_000)})).await.expect_problem(422, "invalid");
    assert_eq!(answer.field_code(), ("body", "too_long"));
    let answer = send(json!({"nonce": "n".repeat(65), "body": "x"})).await.expect_problem(422, "invalid");
    assert_eq!(answer.field_code(), ("nonce", "bad_nonce"));
    let answer = send(json!({"nonce": "a", "body": "x", "reply_to": "a".repeat(26)})).await;
    assert_eq!(answer.expect_problem(422, "invalid").field_code(), ("reply_to", "not_found"));
    // Strangers see no community, members no hidden channel: both as if there were none.
    let eve = r.a.person("eve").await;
    eve.post(&r.path("/messages"), json!({"nonce": "a", "body": "x"})).await.expect_problem(404, "unknown_server");
    eve.get(&r.path("/messages")).await.expect_problem(404, "unknown_server");
    let everyone = conntext_federation::ids::RoleId::everyone(&r.sid.parse().unwrap());
    let hidden = r.channel("staff-room", json!([{"target": everyone, "allow": 0, "deny": 1}])).await;
    let path = format!("/servers/{}/channels/{hidden}/messages", r.sid);
    r.bob.get(&path).await.expect_problem(404, "unknown_channel");
    r.ada.get(&path).await.expect_status(200);
    r.bob.post(&path, json!({"nonce": "a", "body": "x"})).await.expect_problem(404, "unknown_channel");
}

#[tokio::test]
async fn c1_writing_faster_than_allowed_is_slowed_down() {
    let r = Room::of(TestInstance::with("a.test", |c| c.limits.message_burst = 3).await).await;
    for _ in 0..3 {
        r.say(&r.bob, "spam").await;
    }
    let answer = r.bob.post(&r.path("/messages"), json!({"nonce": "z", "body": "spam"})).await;
    assert!(answer.expect_problem(429, "rate").json["retry_after_ms"].as_u64().unwrap() > 0);
    r.say(&r.ada, "not me").await;
    r.a.clock.advance(1_000);
    r.say(&r.bob, "slower").await;
}

#[tokio::test]
async fn c5_an_edit_shows_and_a_deletion_erases_the_content_from_the_disk() {
    let r = Room::of(TestInstance::with("a.test", |c| c.storage.hold_deleted_days = 0).await).await;
    let secret = "the word is xylophone-7341";
    let message = r.say(&r.bob, secret).await;
    let path = r.path(&format!("/messages/{}", id(&message)));
    r.ada.patch(&path, json!({"body": "not mine"})).await.expect_problem(403, "forbidden");
    r.a.clock.advance(5_000);
    let edited = r.bob.patch(&path, json!({"body": "xylophone-7342 it is"})).await.expect_status(200).json;
    assert_eq!(edited["body"], "xylophone-7342 it is");
    assert!(edited["edited_at"].as_i64().unwrap() > edited["ts"].as_i64().unwrap());
    assert_eq!(r.page(&r.ada, "").await["messages"][0]["body"], "xylophone-7342 it is");
    r.bob.patch(&path, json!({"body": " "})).await.expect_problem(422, "invalid");
    // The owner may delete what others wrote, members may not.
    let other = r.say(&r.ada, "mine").await;
    let others = r.path(&format!("/messages/{}", id(&other)));
    r.bob.delete(&others).await.expect_problem(403, "forbidden");
    let reason = json!({"reason": "spoils the puzzle"}).to_string().into_bytes();
    let url = format!("/api/v1{path}");
    r.ada.send(Method::DELETE, &url, Some("application/json"), reason).await.expect_status(204);
    r.ada.delete(&path).await.expect_problem(404, "not_found");
    let gone = &r.page(&r.bob, "").await["messages"][0];
    assert_eq!(
        (gone["deleted"].as_bool(), gone["body"].as_str(), gone["cn"].as_u64()),
        (Some(true), Some(""), Some(1))
    );
    r.a.app.db.close().await;
    assert!(!holds(&r.a.app, "xylophone-7341").await && !holds(&r.a.app, "xylophone-7342").await);
    assert!(holds(&r.a.app, "mine").await);
}

#[tokio::test]
async fn c7_mentions_are_derived_from_the_text_and_from_rights() {
    let r = Room::new().await;
    let text = format!("<@{}> @everyone `<@{}>`", r.ada_uid, r.bob_uid);
    assert_eq!(r.say(&r.bob, &text).await["mentions"], json!([r.ada_uid]));
    let text = format!("<@{}> @everyone", r.bob_uid);
    assert_eq!(r.say(&r.ada, &text).await["mentions"], json!([r.bob_uid, "everyone"]));
}

#[tokio::test]
async fn c9_unread_counts_mentions_and_marks() {
    let r = Room::new().await;
    let mark = || async {
        let log = r.a.app.log.get(&r.sid.parse().unwrap()).unwrap();
        let bob = Actor::User(r.bob_uid.parse().unwrap());
        let mut read = r.a.app.db.read().await.unwrap();
        let marks = conntext_server::reading::marks(&mut read, log.id, &bob).await.unwrap();
        let mark = marks.get(&r.cid.parse().unwrap()).copied().unwrap_or_default();
        (mark.read_cn, mark.mentions)
    };
    r.say(&r.ada, "one").await;
    r.say(&r.ada, &format!("<@{}> two", r.bob_uid)).await;
    let third = r.say(&r.ada, "@everyone three").await;
    assert_eq!(mark().await, (0, 2));
    let mut news = r.a.app.bus.person(&r.bob_uid.parse().unwrap());
    r.bob.put(&r.path("/read"), json!({"cn": 2})).await.expect_status(204);
    assert_eq!(mark().await, (2, 1));
    assert!(matches!(news.try_recv(), Ok(conntext_server::bus::PersonNotice::Read { .. })));
    // Marks go forward by reading, and back only when asked to.
    r.bob.put(&r.path("/read"), json!({"cn": 1})).await.expect_status(204);
    assert!(news.try_recv().is_err());
    r.bob.put(&r.path("/read"), json!({"cn": 900})).await.expect_status(204);
    assert_eq!(mark().await, (3, 0));
    r.bob.post(&r.path("/unread"), json!({"cn": 2})).await.expect_status(204);
    assert_eq!(mark().await, (1, 2));
    // A deleted message speaks to nobody.
    r.ada.delete(&r.path(&format!("/messages/{}", id(&third)))).await.expect_status(204);
    assert_eq!(mark().await, (1, 1));
    r.bob.put(&format!("/servers/{}/read", r.sid), json!({})).await.expect_status(204);
    assert_eq!(mark().await, (3, 0));
    // Who writes has read what stands above.
    r.say(&r.ada, "four").await;
    r.say(&r.bob, "five").await;
    assert_eq!(mark().await, (5, 0));
}

#[tokio::test]
async fn c9_nothing_of_the_past_is_unread_to_a_new_member() {
    let r = Room::new().await;
    for _ in 0..4 {
        r.say(&r.ada, "@everyone earlier").await;
    }
    let cyd = r.a.person("cyd").await;
    let uid = cyd.get("/me").await.text("/user/id");
    r.join(&uid).await;
    r.say(&r.ada, "welcome").await;
    let log = r.a.app.log.get(&r.sid.parse().unwrap()).unwrap();
    let actor = Actor::User(uid.parse().unwrap());
    let mut read = r.a.app.db.read().await.unwrap();
    let mark = conntext_server::reading::mark(&mut read, log.id, &actor, &r.cid.parse().unwrap()).await.unwrap();
    assert_eq!((mark.read_cn, mark.mentions), (4, 0));
}

#[tokio::test]
async fn c10_typing_is_told_and_not_kept() {
    let r = Room::new().await;
    let mut news = r.a.app.bus.server(&r.sid.parse().unwrap());
    r.bob.post(&r.path("/typing"), json!({})).await.expect_status(204);
    assert!(matches!(news.try_recv(), Ok(conntext_server::bus::Notice::Typing { .. })));
    let eve = r.a.person("eve").await;
    eve.post(&r.path("/typing"), json!({})).await.expect_problem(404, "unknown_server");
}

#[tokio::test]
async fn c13_history_is_read_both_ways_around_a_message_and_at_a_time() {
    let config = |c: &mut conntext_server::config::Config| c.limits.message_burst = 1_000;
    let r = Room::of(TestInstance::with("a.test", config).await).await;
    let mut sent = Vec::new();
    for i in 1..=120 {
        r.a.clock.advance(60_000);
        sent.push(r.say(&r.ada, &format!("m{i}")).await);
    }
    let ends = |page: &Value| {
        let m = page["messages"].as_array().unwrap();
        (m[0]["cn"].as_u64().unwrap(), m[m.len() - 1]["cn"].as_u64().unwrap(), m.len())
    };
    let flags = |page: &Value| (page["has_before"].as_bool().unwrap(), page["has_after"].as_bool().unwrap());
    let newest = r.page(&r.bob, "").await;
    assert_eq!((ends(&newest), flags(&newest)), ((71, 120, 50), (true, false)));
    let older = r.page(&r.bob, "?before=71&limit=100").await;
    assert_eq!((ends(&older), flags(&older)), ((1, 70, 70), (false, true)));
    let newer = r.page(&r.bob, "?after=100&limit=10").await;
    assert_eq!((ends(&newer), flags(&newer)), ((101, 110, 10), (true, true)));
    let around = r.page(&r.bob, &format!("?around={}&limit=20", id(&sent[59]))).await;
    assert_eq!((ends(&around), flags(&around)), ((50, 69, 20), (true, true)));
    let at = r.page(&r.bob, &format!("?at={}&limit=20", sent[29]["ts"])).await;
    assert_eq!(ends(&at), (20, 39, 20));
    let future = r.page(&r.bob, &format!("?at={}&limit=20", i64::MAX)).await;
    assert_eq!((ends(&future), flags(&future)), ((101, 120, 20), (true, false)));
    let none = r.page(&r.bob, "?after=120").await;
    assert_eq!((none["messages"].as_array().unwrap().len(), flags(&none)), (0, (true, false)));
    r.bob.get(&r.path(&format!("/messages?around={}", "a".repeat(26)))).await.expect_problem(404, "not_found");
    r.bob.get(&r.path("/messages?before=3&after=1")).await.expect_problem(400, "bad_request");

    // Without the permission to read history only what was written since joining is shown.
    let cyd = r.a.person("cyd").await;
    let uid = cyd.get("/me").await.text("/user/id");
    r.join(&uid).await;
    r.say(&r.ada, "for cyd").await;
    let everyone = conntext_federation::ids::RoleId::everyone(&r.sid.parse().unwrap());
    let change = json!({"overrides": [{"target": everyone, "allow": 0, "deny": 2}]});
    r.act(&r.ada_uid, "channel.update", Some(r.cid.parse().unwrap()), None, change).await;
    let page = r.page(&cyd, "").await;
    assert_eq!((bodies(&page), flags(&page)), (vec!["for cyd"], (false, false)));
    cyd.get(&r.path(&format!("/messages?around={}", id(&sent[5])))).await.expect_problem(404, "not_found");
    assert_eq!(r.page(&r.ada, "?limit=100").await["messages"].as_array().unwrap().len(), 100);
}
