//! C, with the community on another instance: the same requests, the same answers.

use conntext_federation::ids::{ActionId, Actor};
use conntext_server::media;
use serde_json::{Value, json};

use crate::c_files::{fetch, photo, upload};
use crate::kit::{PASSWORD, TestClient, TestInstance, TestNet, same, until};

/// A community on one instance, with its owner there and a guest at home elsewhere.
struct Pair {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    ada: TestClient,
    ben: TestClient,
    ada_actor: Actor,
    ben_actor: Actor,
    sid: conntext_federation::ids::ServerId,
    base: String,
}

async fn signed_in(at: &TestInstance, handle: &str) -> TestClient {
    let ask = json!({"handle": handle, "password": PASSWORD, "kind": "bearer"});
    let answer = at.client().post("/sessions", ask).await.expect_status(201);
    at.client().with_token(answer.text("/token"))
}

impl Pair {
    /// `before` messages are written before the guest comes.
    async fn new(seed: u64, before: usize) -> Self {
        let net = TestNet::new(seed);
        let config = |c: &mut conntext_server::config::Config| c.limits.message_burst = 1_000;
        let (a, b) = (net.instance_with("a.test", config).await, net.instance_with("b.test", config).await);
        let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
        let place = a.community(&ada).await;
        for i in 1..=before {
            a.write(&place.sid, &ada.actor, &place.channel, &format!("m{i}")).await;
        }
        b.join(&ben, "a.test", &place.sid).await.expect("joined");
        same(&a, &b, &place.sid).await;
        let base = format!("/servers/{}/channels/{}", place.sid, place.channel);
        let (ada_client, ben_client) = (signed_in(&a, "ada").await, signed_in(&b, "ben").await);
        let (ada_actor, ben_actor) = (ada.actor, ben.actor);
        Self { net, a, b, ada: ada_client, ben: ben_client, ada_actor, ben_actor, sid: place.sid, base }
    }

    fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.base)
    }

    async fn send(&self, who: &TestClient, message: Value) -> Value {
        who.post(&self.path("/messages"), message).await.expect_status(201).json
    }

    async fn page(&self, who: &TestClient, query: &str) -> Value {
        who.get(&self.path(&format!("/messages{query}"))).await.expect_status(200).json
    }

    fn cid(&self) -> &str {
        self.base.rsplit('/').next().unwrap()
    }
}

fn bodies(page: &Value) -> Vec<&str> {
    page["messages"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_what_waits_for_the_hub_is_seen_by_its_author_and_arrives() {
    let p = Pair::new(32, 0).await;
    p.net.cut("a.test", "b.test");
    let waiting = p.send(&p.ben, json!({"nonce": "w", "body": "are you there?"})).await;
    assert_eq!((waiting["state"].as_str(), waiting["nonce"].as_str()), (Some("pending"), Some("w")));
    assert!(waiting["cn"].is_null());
    let list = || async { p.ben.get(&format!("/servers/{}/pending", p.sid)).await.expect_status(200).json };
    assert_eq!(list().await["pending"][0]["body"], "are you there?");
    let given_up = p.send(&p.ben, json!({"nonce": "x", "body": "never mind"})).await;
    let path = format!("/servers/{}/pending/{}", p.sid, given_up["id"].as_str().unwrap());
    p.ben.delete(&path).await.expect_status(204);
    p.ben.delete(&path).await.expect_problem(404, "not_found");
    p.net.heal("a.test", "b.test");
    until("it arrived", async || p.b.waiting(&p.sid, &p.ben_actor).await == 0).await;
    same(&p.a, &p.b, &p.sid).await;
    assert_eq!(bodies(&p.page(&p.ada, "").await), ["are you there?"]);
    assert_eq!(bodies(&p.page(&p.ben, "").await), ["are you there?"]);
    assert_eq!(list().await["pending"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn c13_older_history_comes_from_the_hub_when_somebody_looks() {
    let p = Pair::new(33, 260).await;
    let newest = p.page(&p.ben, "?limit=50").await;
    assert_eq!((bodies(&newest)[0], bodies(&newest)[49]), ("m211", "m260"));
    assert_eq!((newest["has_before"].as_bool(), newest["incomplete"].as_bool()), (Some(true), None));
    let older = p.page(&p.ben, "?before=211&limit=100").await;
    assert_eq!((bodies(&older)[0], bodies(&older)[99]), ("m111", "m210"));
    // A link to a message that this copy never saw.
    let id = p.page(&p.ada, "?before=21&limit=1").await["messages"][0]["id"].as_str().unwrap().to_owned();
    let around = p.page(&p.ben, &format!("?around={id}&limit=10")).await;
    assert_eq!((bodies(&around)[0], bodies(&around)[9]), ("m15", "m24"));
    let unknown = ActionId([9; 16]).to_string();
    p.ben.get(&p.path(&format!("/messages?around={unknown}"))).await.expect_problem(404, "not_found");
    p.net.cut("a.test", "b.test");
    assert_eq!(p.page(&p.ben, "?before=50&limit=10").await["incomplete"], Value::Null);
    p.b.verifies(&p.sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c13_with_the_hub_away_a_page_says_that_it_is_incomplete() {
    let p = Pair::new(34, 30).await;
    p.net.cut("a.test", "b.test");
    let page = p.page(&p.ben, "").await;
    assert_eq!(page["incomplete"], true);
    p.net.heal("a.test", "b.test");
    assert_eq!(bodies(&p.page(&p.ben, "").await).len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_files_reach_the_people_of_other_instances_and_go_with_their_message() {
    let p = Pair::new(35, 0).await;
    // From the guest to the owner: the file is at the hub before the message.
    let sid = p.sid.to_string();
    let up = upload(&p.ben, &sid, p.cid(), "sea.jpg", photo(900, 500)).await.expect_status(201).json;
    let message =
        p.send(&p.ben, json!({"nonce": "1", "body": "look", "attachments": [{"upload": up["upload"]}]})).await;
    assert_eq!(message["state"], "sent");
    let file = &message["attachments"][0];
    let at_a = fetch(&p.ada, &file["url"]).await.expect_status(200);
    assert_eq!(at_a.headers["content-type"], "image/jpeg");
    fetch(&p.ada, &file["thumb_url"]).await.expect_status(200);
    same(&p.a, &p.b, &p.sid).await;
    assert_eq!(fetch(&p.ben, &file["url"]).await.expect_status(200).bytes, at_a.bytes);

    // From the owner to the guest, through the guest's home.
    let up = upload(&p.ada, &sid, p.cid(), "notes.txt", b"bring bread".to_vec()).await.expect_status(201).json;
    let other = p.send(&p.ada, json!({"nonce": "2", "body": "", "attachments": [{"upload": up["upload"]}]})).await;
    same(&p.a, &p.b, &p.sid).await;
    let notes = &other["attachments"][0]["url"];
    p.net.cut("a.test", "b.test");
    fetch(&p.ben, notes).await.expect_problem(502, "peer_unreachable");
    p.net.heal("a.test", "b.test");
    assert_eq!(fetch(&p.ben, notes).await.expect_status(200).bytes, b"bring bread");
    p.net.cut("a.test", "b.test");
    assert_eq!(fetch(&p.ben, notes).await.expect_status(200).bytes, b"bring bread", "from the copy here");
    p.net.heal("a.test", "b.test");

    // Gone at both ends.
    for at in [&p.a, &p.b] {
        at.clock.advance(120_000);
    }
    p.ada.delete(&p.path(&format!("/messages/{}", other["id"].as_str().unwrap()))).await.expect_status(204);
    same(&p.a, &p.b, &p.sid).await;
    fetch(&p.ben, notes).await.expect_problem(404, "not_found");
    let mid = other["attachments"][0]["id"].as_str().unwrap();
    for at in [&p.a, &p.b] {
        media::sweep(&at.app).await.unwrap();
        assert!(!media::blobs::path(&at.app, mid).exists());
    }
    assert_eq!(p.ada_actor.as_str(), other["author"].as_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_a_file_sent_while_the_hub_is_away_arrives_with_its_message() {
    let p = Pair::new(36, 0).await;
    p.net.cut("a.test", "b.test");
    let sid = p.sid.to_string();
    let up = upload(&p.ben, &sid, p.cid(), "a.txt", b"later".to_vec()).await.expect_status(201).json;
    let message = p.send(&p.ben, json!({"nonce": "1", "body": "", "attachments": [{"upload": up["upload"]}]})).await;
    assert_eq!(message["state"], "pending");
    let url = &message["attachments"][0]["url"];
    assert_eq!(fetch(&p.ben, url).await.expect_status(200).bytes, b"later");
    p.net.heal("a.test", "b.test");
    until("it arrived", async || p.b.waiting(&p.sid, &p.ben_actor).await == 0).await;
    assert_eq!(fetch(&p.ada, url).await.expect_status(200).bytes, b"later");
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_a_file_that_is_lost_refuses_its_own_message_and_no_other() {
    let p = Pair::new(37, 0).await;
    p.net.cut("a.test", "b.test");
    let sid = p.sid.to_string();
    p.send(&p.ben, json!({"nonce": "1", "body": "before"})).await;
    let up = upload(&p.ben, &sid, p.cid(), "a.txt", b"short-lived".to_vec()).await.expect_status(201).json;
    let file = json!({"nonce": "2", "body": "with a file", "attachments": [{"upload": up["upload"]}]});
    let message = p.send(&p.ben, file).await;
    p.send(&p.ben, json!({"nonce": "3", "body": "after"})).await;
    std::fs::remove_file(media::blobs::path(&p.b.app, up["id"].as_str().unwrap())).unwrap();
    p.net.heal("a.test", "b.test");
    until("nothing waits", async || p.b.waiting(&p.sid, &p.ben_actor).await == 0).await;
    same(&p.a, &p.b, &p.sid).await;
    assert_eq!(bodies(&p.page(&p.ada, "").await), ["before", "after"]);
    let list = p.ben.get(&format!("/servers/{}/pending", p.sid)).await.expect_status(200).json;
    let left = &list["pending"][0];
    assert_eq!((left["id"].as_str(), left["state"].as_str()), (message["id"].as_str(), Some("rejected")));
    assert_eq!(left["error_code"], "not_found");
    let path = format!("/servers/{}/pending/{}", p.sid, left["id"].as_str().unwrap());
    p.ben.delete(&path).await.expect_status(204);
}
