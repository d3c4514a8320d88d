//! Communities that go to live on another instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conntext_federation::ids::{ChannelId, ServerId};
use conntext_server::config::DatabaseAddress;
use conntext_server::log::{PendingState, pending};
use serde_json::{Value, json};

use crate::b_erasure::proven;
use crate::c_files::{fetch, photo, upload};
use crate::j_rewind::Copies;
use crate::kit::{Community, Faults, Person, TestClient, TestInstance, TestNet, holds, same, until};

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
        let message =
            format!("/servers/{}/channels/{}/messages/{}", self.sid, self.talk, first["id"].as_str().unwrap());
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
                    log.state().info.hub == me
                        && log.hub_here() == (instance.app.keys.ik == me)
                        && log.rewind().is_none()
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
    orchard.says(&orchard.bob, &orchard.talk, "good bye").await;
    same(c, a, sid).await;
    same(c, b, sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_the_hub_before_takes_nothing_back_from_the_next() {
    let orchard = Orchard::new(1303).await;
    let (a, b, sid) = (&orchard.a, &orchard.b, &orchard.sid);
    // The old hub has written its last event, and the new one does not hear of it.
    orchard.net.lose_answers("/handover");
    orchard.goes(&orchard.bob).await;
    until("the old hub has handed over", async || !a.log(sid).hub_here()).await;
    // What the old hub tells its followers now is for those who see less than everything.
    tokio::time::sleep(Duration::from_secs(2)).await;
    orchard.net.lose_answers("");
    orchard.lives_at(b).await;
    orchard.arrived(&orchard.bob).await;
    assert!(b.log(sid).state().channels.contains_key(&orchard.secret));
    assert!(b.bodies(sid, &orchard.secret).await.contains(&"only the owner reads this".to_owned()));
    orchard.says(&orchard.ada, &orchard.secret, "still here").await;
    same(b, a, sid).await;
}

/// A public community of Ada's on A with Ben of B and Cem of C in it.
struct Scene {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    c: TestInstance,
    ada: TestClient,
    ben: TestClient,
    people: [Person; 3],
    orchard: Community,
}

impl Scene {
    async fn new(seed: u64) -> Self {
        let net = TestNet::new(seed);
        // Files are what is copied here, whatever database the other stories run on.
        let a = net.instance_with("a.test", |c| c.storage.database = DatabaseAddress::default()).await;
        let b = net.instance_with("b.test", |c| c.storage.database = DatabaseAddress::default()).await;
        let c = net.instance("c.test").await;
        let (ada, ben, cem) = (a.person("ada").await, b.person("ben").await, c.person("cem").await);
        let people = [a.known_as(&ada).await, b.known_as(&ben).await, c.known_as(&cem).await];
        let orchard = a.community(&people[0]).await;
        b.join(&people[1], "a.test", &orchard.sid).await.expect("joined");
        c.join(&people[2], "a.test", &orchard.sid).await.expect("joined");
        let scene = Self { net, a, b, c, ada, ben, people, orchard };
        scene.all_say("before").await;
        scene
    }

    async fn says(&self, who: usize, body: &str) {
        let at = [&self.a, &self.b, &self.c][who];
        at.write(&self.orchard.sid, &self.people[who].actor, &self.orchard.channel, body).await;
    }

    async fn all_say(&self, what: &str) {
        for (who, name) in ["a", "b", "c"].iter().enumerate() {
            self.says(who, &format!("{name} {what}")).await;
        }
    }

    async fn all_say_but_a(&self, what: &str) {
        self.says(1, &format!("b {what}")).await;
        self.says(2, &format!("c {what}")).await;
    }

    async fn goes_to_b(&self) {
        let code = self.ben.post("/servers/arrivals", json!({})).await.expect_status(201).text("/code");
        proven(&self.ada).await;
        let asked = json!({"code": code, "confirm_name": "Orchard"});
        self.ada.post(&format!("/servers/{}/move", self.orchard.sid), asked).await.expect_status(202);
    }

    fn lives_at(&self, hub: &TestInstance, who: &TestInstance) -> bool {
        who.app.log.get(&self.orchard.sid).is_some_and(|log| {
            let here = hub.app.keys.ik == who.app.keys.ik;
            log.state().info.hub == hub.app.keys.ik && log.hub_here() == here && log.rewind().is_none()
        })
    }

    /// All have it, once and in one order.
    async fn all_have(&self, what: &[&str]) {
        for at in [&self.b, &self.a, &self.c] {
            until("all have it", async || {
                let there = at.bodies(&self.orchard.sid, &self.orchard.channel).await;
                what.iter().all(|body| there.iter().filter(|found| found == body).count() == 1)
            })
            .await;
        }
        same(&self.b, &self.a, &self.orchard.sid).await;
        same(&self.b, &self.c, &self.orchard.sid).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_who_sleeps_through_a_move_follows_when_they_are_back() {
    let mut scene = Scene::new(1304).await;
    // C hears of nothing while the community goes from A to B; then A is gone, and C has only B to ask.
    scene.net.cut("c.test", "a.test");
    scene.net.cut("c.test", "b.test");
    scene.says(2, "c while away").await;
    scene.goes_to_b().await;
    until("it lives at B", async || scene.lives_at(&scene.b, &scene.b) && scene.lives_at(&scene.b, &scene.a)).await;
    scene.says(0, "a after").await;
    scene.says(1, "b after").await;
    let spare = TestInstance::new("spare.test").await;
    let a = std::mem::replace(&mut scene.a, spare);
    scene.net.unplug("a.test");
    scene.net.heal("c.test", "b.test");
    until("C follows B", async || scene.lives_at(&scene.b, &scene.c)).await;
    until("what C said is there", async || {
        scene.b.bodies(&scene.orchard.sid, &scene.orchard.channel).await.contains(&"c while away".to_owned())
    })
    .await;
    // A comes back from the dead.
    scene.net.heal("c.test", "a.test");
    let (mut ada, old) = (std::mem::replace(&mut scene.ada, scene.b.client()), a);
    ada.let_go();
    scene.a = old.restart().await;
    scene.ada = scene.a.client().acting_as(&ada);
    scene.says(0, "a is back").await;
    scene.all_have(&["a after", "b after", "c while away", "a is back"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_hub_restored_from_before_the_move_follows() {
    let mut scene = Scene::new(1305).await;
    let copies = Copies::new();
    let spare = TestInstance::new("spare.test").await;
    scene.ada.let_go();
    let a = std::mem::replace(&mut scene.a, spare).restart_with(|data| copies.take(data)).await;
    scene.a = a;
    scene.ada = scene.a.client().acting_as(&scene.ada);
    until("A goes on", async || scene.a.log(&scene.orchard.sid).rewind().is_none()).await;
    scene.all_say("after the copy").await;
    scene.goes_to_b().await;
    until("it lives at B", async || [&scene.a, &scene.b, &scene.c].iter().all(|at| scene.lives_at(&scene.b, at))).await;
    scene.all_say("after the move").await;
    // The disk of A dies. What it has is from before, and alone it would go on with that.
    for other in ["b.test", "c.test"] {
        scene.net.cut("a.test", other);
    }
    scene.ada.let_go();
    let spare = TestInstance::new("spare2.test").await;
    let back = std::mem::replace(&mut scene.a, spare).restart_with(|data| {
        copies.put_back(data);
        let _ = std::fs::remove_file(data.join("high-water.json"));
    });
    scene.a = back.await;
    scene.ada = scene.a.client().acting_as(&scene.ada);
    until("A goes on alone", async || scene.a.log(&scene.orchard.sid).rewind().is_none()).await;
    assert!(scene.a.log(&scene.orchard.sid).hub_here());
    scene.says(0, "a on the wrong path").await;
    scene.all_say_but_a("while A is away").await;
    for other in ["b.test", "c.test"] {
        scene.net.heal("a.test", other);
    }
    until("A follows B", async || scene.lives_at(&scene.b, &scene.a)).await;
    scene.says(0, "a is back").await;
    let said = ["a after the copy", "b after the move", "a after the move", "b while A is away", "a is back"];
    scene.all_have(&said).await;
    // What A wrote behind the place where it parted is offered to its author, and stands nowhere.
    let mut read = scene.a.app.db.read().await.unwrap();
    let (log, ada) = (scene.a.log(&scene.orchard.sid), &scene.people[0].actor);
    let kept = pending::of_actor(&mut read, &scene.orchard.sid, log.id, ada).await.unwrap();
    let offered = kept.iter().find(|p| p.draft.content["body"] == "a on the wrong path");
    assert_eq!(offered.map(|p| p.state), Some(PendingState::Orphaned));
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_move_goes_on_after_a_restart_and_over_a_bad_line() {
    let mut scene = Scene::new(1306).await;
    scene.net.disturb(Faults { lost: 10, answer_lost: 20, doubled: 10, reordered: 5, delay_ms: 20 });
    scene.net.cut("a.test", "b.test");
    let code = scene.ben.post("/servers/arrivals", json!({})).await.expect_status(201).text("/code");
    scene.net.heal("a.test", "b.test");
    proven(&scene.ada).await;
    // Tried until the answer comes; a code that was used up by a try whose answer was lost is made anew.
    let mut code = code;
    for _ in 0..20 {
        let asked = json!({"code": code, "confirm_name": "Orchard"});
        let answer = scene.ada.post(&format!("/servers/{}/move", scene.orchard.sid), asked).await;
        if answer.status.is_success() || answer.json["code"] == "conflict" {
            break;
        }
        code = scene.ben.post("/servers/arrivals", json!({})).await.text("/code");
    }
    // The new place dies in the middle.
    scene.ben.let_go();
    let spare = TestInstance::new("spare.test").await;
    scene.b = std::mem::replace(&mut scene.b, spare).restart().await;
    scene.ben = scene.b.client().acting_as(&scene.ben);
    scene.says(0, "a meanwhile").await;
    scene.says(2, "c meanwhile").await;
    until("it lives at B", async || [&scene.a, &scene.b, &scene.c].iter().all(|at| scene.lives_at(&scene.b, at))).await;
    scene.net.disturb(Faults::default());
    scene.all_say("after").await;
    scene.all_have(&["a meanwhile", "c meanwhile", "a after", "b after", "c after", "c before"]).await;
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
