//! C, with the community on another instance: the same requests, the same answers.

use conntext_federation::Code;
use conntext_federation::hub::{Draft, Proposal};
use conntext_federation::ids::{ActionId, Actor, ChannelId, ServerId};
use conntext_server::log::LogError;
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
        Self::with(seed, before, |_| ()).await
    }

    /// With another configuration of the hub.
    async fn with(seed: u64, before: usize, change: impl Fn(&mut conntext_server::config::Config)) -> Self {
        let net = TestNet::new(seed);
        let config = |c: &mut conntext_server::config::Config| c.limits.message_burst = 1_000;
        let hub = |c: &mut conntext_server::config::Config| {
            config(c);
            change(c);
        };
        let (a, b) = (net.instance_with("a.test", hub).await, net.instance_with("b.test", config).await);
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

/// A message of somebody that names a file, as their home would send it.
async fn naming(p: &Pair, at: &TestInstance, sid: &ServerId, channel: &ChannelId, mid: &Value) -> Result<(), Code> {
    let log = p.a.log(sid);
    let file = json!({"mid": mid, "name": "a.txt", "type": "text/plain", "size": 5});
    let actor = if std::ptr::eq(at, &p.a) { &p.ada_actor } else { &p.ben_actor };
    let draft = Draft {
        sid: sid.clone(),
        kind: "message.create".into(),
        channel: Some(channel.clone()),
        target: None,
        actor: actor.clone(),
        content: json!({"body": "mine", "attachments": [file]}),
    };
    let result = if std::ptr::eq(at, &p.a) {
        p.a.app.log.submit(draft, None).await.map(|_| ())
    } else {
        let now = at.app.clock.now_ms();
        let (ik, aid) = (&at.app.keys.ik, at.app.log.new_aid());
        let (action, sealed) = draft.into_action(ik, aid, at.app.rng.bytes(), log.head(), now).expect("an action");
        let origin_sig = Some(action.sign(&at.app.keys.signing()).expect("a signature"));
        p.a.app.log.submit_foreign(sid, Proposal { action, origin_sig, sealed }).await.map(|_| ())
    };
    match result {
        Ok(()) => Ok(()),
        Err(LogError::Rejected(code)) => Err(code),
        Err(e) => panic!("{e}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_a_message_names_only_files_that_its_home_brought_there() {
    let p = Pair::new(38, 0).await;
    let sid = p.sid.to_string();
    let here: ChannelId = p.cid().parse().unwrap();
    let up = upload(&p.ben, &sid, p.cid(), "a.txt", b"bread".to_vec()).await.expect_status(201).json;
    let file = up["id"].clone();
    // Uploaded at home, but not brought to the hub: whoever read the message could not have it.
    assert_eq!(naming(&p, &p.b, &p.sid, &here, &file).await, Err(Code::BadContent));
    p.send(&p.ben, json!({"nonce": "1", "body": "", "attachments": [{"upload": up["upload"]}]})).await;
    same(&p.a, &p.b, &p.sid).await;
    assert_eq!(naming(&p, &p.b, &p.sid, &here, &file).await, Ok(()));
    // To know what somebody else brought is no right to it, and neither is it elsewhere.
    assert_eq!(naming(&p, &p.a, &p.sid, &here, &file).await, Err(Code::BadContent));
    let ada = p.a.known_as(&p.ada).await;
    let other = p.a.community(&ada).await;
    let ben = p.b.known_as(&p.ben).await;
    p.b.join(&ben, "a.test", &other.sid).await.expect("joined");
    assert_eq!(naming(&p, &p.b, &other.sid, &other.channel, &file).await, Err(Code::BadContent));
    let mine = upload(&p.ada, &sid, p.cid(), "b.txt", b"butter".to_vec()).await.expect_status(201).json;
    p.send(&p.ada, json!({"nonce": "2", "body": "", "attachments": [{"upload": mine["upload"]}]})).await;
    assert_eq!(naming(&p, &p.a, &other.sid, &other.channel, &mine["id"]).await, Err(Code::BadContent));
    same(&p.a, &p.b, &p.sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_a_hub_without_room_makes_one_author_wait_and_a_file_too_large_is_refused() {
    let small = |c: &mut conntext_server::config::Config| {
        c.storage.peer_media_bytes = 15;
        c.storage.media_max_bytes = 20;
    };
    let p = Pair::with(39, 0, small).await;
    let to = p.sid.to_string();
    let with = async |nonce: &str, name: &str, bytes: usize| {
        let up = upload(&p.ben, &to, p.cid(), name, vec![b'x'; bytes]).await.expect_status(201).json;
        p.ben
            .post(
                &p.path("/messages"),
                json!({"nonce": nonce, "body": nonce, "attachments": [{"upload": up["upload"]}]}),
            )
            .await
    };
    with("fits", "a.txt", 10).await.expect_status(201);
    with("large", "b.txt", 30).await.expect_problem(413, "too_large");
    assert_eq!(with("waits", "c.txt", 12).await.expect_status(201).json["state"], "pending");
    p.send(&p.ben, json!({"nonce": "after", "body": "after"})).await;
    // Somebody else of the same instance does not wait.
    let bea = p.b.citizen("bea").await;
    p.b.join(&bea, "a.test", &p.sid).await.expect("joined");
    let channel: ChannelId = p.cid().parse().unwrap();
    p.b.write(&p.sid, &bea.actor, &channel, "me too").await;
    assert!(p.b.log(&p.sid).hub_away_since().is_none());
    assert_eq!(p.b.waiting(&p.sid, &p.ben_actor).await, 2);
    assert_eq!(p.a.bodies(&p.sid, &channel).await, ["fits", "me too"]);
    // The next day there is room: the file comes before its message, also after a restart.
    for at in [&p.a, &p.b] {
        at.clock.advance(25 * 3_600_000);
    }
    let Pair { a, b, sid, ben_actor, ada, ben, net: _net, .. } = p;
    // Whoever is signed in would keep the process alive.
    drop((ada, ben));
    let b = b.restart().await;
    until("nothing waits", async || b.waiting(&sid, &ben_actor).await == 0).await;
    same(&a, &b, &sid).await;
    assert_eq!(a.bodies(&sid, &channel).await, ["fits", "me too", "waits", "after"]);
}
