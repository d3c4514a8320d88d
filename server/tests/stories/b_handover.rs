//! Communities that go to live on another instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conntext_federation::ids::{ChannelId, ServerId};
use serde_json::{Value, json};

use crate::b_erasure::proven;
use crate::c_files::{fetch, photo, upload};
use crate::kit::{TestClient, TestInstance, TestNet, holds, same, until};

/// A community of Ada's on A, with Bob of B and Cem of C in it, and what a community consists of.
struct Orchard {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    c: TestInstance,
    ada: TestClient,
    bob: TestClient,
    cem: TestClient,
    sid: ServerId,
    talk: ChannelId,
    secret: ChannelId,
    code: String,
    picture: Value,
}

impl Orchard {
    async fn new(seed: u64) -> Self {
        let _ = tracing_subscriber::fmt().with_env_filter("conntext_server=info").with_test_writer().try_init();
        let net = TestNet::new(seed);
        let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
        let (ada, bob, cem) = (a.person("ada").await, b.person("bob").await, c.person("cem").await);
        let made = ada.post("/servers", json!({"name": "Orchard"})).await.expect_status(201);
        let sid = made.text("/id");
        let channels = made.json["channels"].as_array().unwrap().clone();
        let talk = channels.iter().find(|c| c["kind"] == "text" && c["staff"] != true).unwrap();
        let talk = talk["id"].as_str().unwrap().to_owned();
        let code = ada.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
        let channel = async |name: &str| {
            let made = ada.post(&format!("/servers/{sid}/channels"), json!({"name": name, "kind": "text"})).await;
            made.expect_status(201).text("/id")
        };
        let (secret, gone) = (channel("secret").await, channel("gone").await);
        let nobody = format!("/servers/{sid}/channels/{secret}/overrides/{}", everyone(&made.json).as_str().unwrap());
        ada.put(&nobody, json!({"allow": [], "deny": ["view"]})).await.expect_status(200);
        let orchard = Self {
            net,
            a,
            b,
            c,
            ada,
            bob,
            cem,
            sid: sid.parse().unwrap(),
            talk: talk.parse().unwrap(),
            secret: secret.parse().unwrap(),
            code,
            picture: Value::Null,
        };
        orchard.furnish(&gone).await
    }

    async fn furnish(mut self, gone: &str) -> Self {
        self.says(&self.ada, &self.secret, "only the owner reads this").await;
        let gone: ChannelId = gone.parse().unwrap();
        self.says(&self.ada, &gone, "soon gone").await;
        self.ada.delete(&format!("/servers/{}/channels/{gone}", self.sid)).await.expect_status(204);
        let first = self.says(&self.ada, &self.talk, "welcome").await;
        for who in [&self.bob, &self.cem] {
            let accept = format!("/invites/a.test/{}/accept", self.code);
            who.post(&accept, json!({})).await.expect_status(200);
        }
        let message = format!("/servers/{}/channels/{}/messages/{}", self.sid, self.talk, first["id"].as_str().unwrap());
        self.ada.patch(&message, json!({"body": "welcome, all"})).await.expect_status(200);
        self.ada.put(&format!("{message}/reactions/%F0%9F%8D%8E"), json!({})).await.expect_status(204);
        let (sid, talk) = (self.sid.to_string(), self.talk.to_string());
        let file = upload(&self.cem, &sid, &talk, "tree.jpg", photo(640, 400)).await.expect_status(201).json;
        let with = json!({"nonce": "tree", "body": "a tree", "attachments": [{"upload": file["upload"], "alt": ""}]});
        let sent = self.cem.post(&self.messages(), with).await;
        assert!(sent.status.is_success(), "{}", sent.json);
        until("the picture is there", async || self.reads(&self.ada).await.contains(&"a tree".to_owned())).await;
        let page = self.ada.get(&self.messages()).await.json;
        let list = page["messages"].as_array().unwrap();
        self.picture = list.iter().find(|m| m["body"] == "a tree").unwrap()["attachments"][0]["url"].clone();
        self
    }

    fn messages(&self) -> String {
        format!("/servers/{}/channels/{}/messages", self.sid, self.talk)
    }

    async fn says(&self, who: &TestClient, channel: &ChannelId, body: &str) -> Value {
        let path = format!("/servers/{}/channels/{channel}/messages", self.sid);
        let sent = who.post(&path, json!({"nonce": body, "body": body})).await;
        assert!(sent.status.is_success(), "{}", sent.json);
        sent.json
    }

    async fn reads(&self, who: &TestClient) -> Vec<String> {
        let page = who.get(&format!("{}?limit=100", self.messages())).await;
        let list = page.json["messages"].as_array().cloned().unwrap_or_default();
        list.iter().map(|m| m["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn path(&self) -> String {
        format!("/servers/{}/move", self.sid)
    }

    /// Somebody at the new place gives a code, and the owner shows it.
    async fn goes(&self, to: &TestClient) -> Value {
        let code = to.post("/servers/arrivals", json!({})).await.expect_status(201).text("/code");
        proven(&self.ada).await;
        let asked = json!({"code": code, "confirm_name": "Orchard"});
        self.ada.post(&self.path(), asked).await.expect_status(202).json
    }

    async fn lives_at(&self, hub: &TestInstance) {
        let me = hub.app.keys.ik.clone();
        for instance in [&self.a, &self.b, &self.c] {
            until("all know the new hub", async || {
                instance.app.log.get(&self.sid).is_some_and(|log| {
                    log.state().info.hub == me && log.hub_here() == (instance.app.keys.ik == me) && log.rewind().is_none()
                })
            })
            .await;
        }
    }

    async fn arrived(&self, at: &TestClient) {
        until("it is here", async || {
            let list = at.get("/servers/arrivals").await.json;
            assert_ne!(list["arrivals"][0]["state"], "stopped", "{list}");
            list["arrivals"][0]["state"] == "here"
        })
        .await;
    }
}

/// The role that everybody has.
fn everyone(server: &Value) -> Value {
    let roles = server["roles"].as_array().unwrap();
    roles.iter().find(|role| role["everyone"] == true || role["name"] == "everyone").unwrap()["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_community_moves_while_people_talk() {
    let orchard = Arc::new(Orchard::new(1301).await);
    let stop = Arc::new(AtomicBool::new(false));
    let mut talking = Vec::new();
    for (name, who) in [("ada", 0), ("bob", 1), ("cem", 2)] {
        let (orchard, stop) = (orchard.clone(), stop.clone());
        let at = [&orchard.a, &orchard.b, &orchard.c][who];
        let actor = at.known_as([&orchard.ada, &orchard.bob, &orchard.cem][who]).await.actor;
        talking.push(tokio::spawn(async move {
            let at = [&orchard.a, &orchard.b, &orchard.c][who];
            let mut said = Vec::new();
            while !stop.load(Ordering::Acquire) {
                let body = format!("{name} {}", said.len());
                at.write(&orchard.sid, &actor, &orchard.talk, &body).await;
                said.push(body);
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            said
        }));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = orchard.goes(&orchard.bob).await;
    assert_eq!((&begun["domain"], &begun["name"]), (&json!("b.test"), &json!("Orchard")));
    orchard.lives_at(&orchard.b).await;
    orchard.arrived(&orchard.bob).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    stop.store(true, Ordering::Release);
    let mut said = Vec::new();
    for one in talking {
        said.extend(one.await.unwrap());
    }
    assert!(said.len() > 30, "{}", said.len());
    let (a, b, c, sid) = (&orchard.a, &orchard.b, &orchard.c, &orchard.sid);
    until("nothing waits", async || {
        let there = b.bodies(sid, &orchard.talk).await;
        said.iter().all(|body| there.contains(body))
    })
    .await;
    // Each exactly once, in the order of who said it.
    let there = b.bodies(sid, &orchard.talk).await;
    for name in ["ada", "bob", "cem"] {
        let of = |list: &[String]| list.iter().filter(|body| body.starts_with(name)).cloned().collect::<Vec<_>>();
        assert_eq!(of(&there), of(&said), "{name}");
    }
    same(b, c, sid).await;
    same(b, a, sid).await;
    let state = b.log(sid).state().clone();
    assert_eq!((state.head.epoch, state.info.former_hubs.len()), (1, 1));
    assert!(!a.log(sid).hub_here() && b.log(sid).hub_here());
    // The same community: members, links, pictures, what was edited, what was deleted.
    for (who, at) in [(&orchard.ada, a), (&orchard.bob, b), (&orchard.cem, c)] {
        let picture = fetch(who, &orchard.picture).await;
        assert!(picture.status == 200 && picture.bytes.len() > 1000, "{}", at.app.domain);
    }
    assert_eq!(orchard.ada.get(&format!("/servers/{sid}")).await.json["name"], "Orchard");
    let first = b.bodies(sid, &orchard.talk).await;
    assert_eq!(first[0], "welcome");
    // An invitation that names the old place leads to the new one, for people of all places.
    for (who, handle) in [(a, "dora"), (b, "emil"), (c, "fay")] {
        let guest = who.person(handle).await;
        let shown = guest.get(&format!("/invites/a.test/{}", orchard.code)).await.expect_status(200);
        assert_eq!(shown.text("/domain"), "b.test");
        guest.post(&format!("/invites/a.test/{}/accept", orchard.code), json!({})).await.expect_status(200);
        orchard.says(&guest, &orchard.talk, &format!("{handle} came")).await;
    }
    until("all read the newcomers", async || orchard.reads(&orchard.ada).await.contains(&"fay came".to_owned())).await;
    // The owner still owns it, from where she lives.
    let renamed = orchard.ada.patch(&format!("/servers/{sid}"), json!({"name": "Garden"})).await;
    assert_eq!(renamed.expect_status(200).text("/name"), "Garden");
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_who_no_longer_hosts_keeps_what_its_people_may_see() {
    let orchard = Orchard::new(1302).await;
    let (a, b, c, sid) = (&orchard.a, &orchard.b, &orchard.c, &orchard.sid);
    orchard.goes(&orchard.bob).await;
    orchard.lives_at(b).await;
    orchard.arrived(&orchard.bob).await;
    assert!(holds(&b.app, "only the owner reads this").await);
    // And on: its owner lives on A, its hub is B, and it goes to C.
    orchard.goes(&orchard.cem).await;
    orchard.lives_at(c).await;
    orchard.arrived(&orchard.cem).await;
    until("B forgets what its people may not see", async || {
        !b.log(sid).state().channels.contains_key(&orchard.secret)
            && b.bodies(sid, &orchard.secret).await.iter().all(|body| body == "-")
    })
    .await;
    assert!(c.log(sid).state().channels.contains_key(&orchard.secret));
    assert!(c.bodies(sid, &orchard.secret).await.contains(&"only the owner reads this".to_owned()));
    orchard.says(&orchard.ada, &orchard.secret, "still here").await;
    same(c, a, sid).await;
    same(c, b, sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_move_is_refused_where_it_is_not_everybodys_wish() {
    let orchard = Orchard::new(1303).await;
    let (a, b, sid) = (&orchard.a, &orchard.b, &orchard.sid);
    let before = a.log(sid).state().snapshot_for(&a.app.keys.ik);
    let code = orchard.bob.post("/servers/arrivals", json!({})).await.expect_status(201).text("/code");
    let ask = |code: &str, name: &str| json!({"code": code, "confirm_name": name});
    // Not the owner, and not without a fresh proof.
    orchard.bob.post(&orchard.path(), ask(&code, "Orchard")).await.expect_problem(403, "forbidden");
    for instance in [a, b, &orchard.c] {
        instance.clock.advance(3_600_000);
    }
    orchard.ada.post(&orchard.path(), ask(&code, "Orchard")).await.expect_problem(403, "proof_required");
    proven(&orchard.ada).await;
    let typed = orchard.ada.post(&orchard.path(), ask(&code, "Garden")).await.expect_problem(422, "invalid");
    assert_eq!(typed.field_code(), ("confirm_name", "mismatch"));
    for (bad, code) in [("", "bad_code"), ("nonsense", "bad_code"), ("a.test/abc", "own_domain")] {
        let refused = orchard.ada.post(&orchard.path(), ask(bad, "Orchard")).await.expect_problem(422, "invalid");
        assert_eq!(refused.field_code(), ("code", code), "{bad}");
    }
    orchard.ada.post(&orchard.path(), ask("b.test/wrong", "Orchard")).await.expect_problem(403, "ticket_invalid");
    orchard.ada.post(&orchard.path(), ask("nobody.test/x", "Orchard")).await.expect_problem(502, "peer_unreachable");
    orchard.ada.get(&orchard.path()).await.expect_problem(404, "not_found");
    orchard.ada.delete(&orchard.path()).await.expect_problem(404, "not_found");
    assert_eq!(a.log(sid).state().snapshot_for(&a.app.keys.ik), before);

    // The owner stops it while the new place cannot reach the old one; the code is used up.
    orchard.net.cut("b.test", "a.test");
    let unreachable = orchard.ada.post(&orchard.path(), ask(&code, "Orchard")).await;
    unreachable.expect_problem(502, "peer_unreachable");
    orchard.net.heal("b.test", "a.test");
    orchard.ada.post(&orchard.path(), ask(&code, "Orchard")).await.expect_status(202);
    orchard.ada.post(&orchard.path(), ask(&code, "Orchard")).await.expect_problem(409, "conflict");
    let stopped = orchard.ada.delete(&orchard.path()).await;
    // It may have been quicker.
    if stopped.status == 204 {
        until("it stays", async || {
            orchard.bob.get("/servers/arrivals").await.json["arrivals"][0]["state"] == "stopped"
        })
        .await;
        assert!(a.log(sid).hub_here() && !b.log(sid).hub_here());
        until("B has only what its people see", async || !b.log(sid).state().channels.contains_key(&orchard.secret))
            .await;
        orchard.ada.post(&orchard.path(), ask(&code, "Orchard")).await.expect_problem(403, "ticket_invalid");
    }
}
