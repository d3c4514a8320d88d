//! B4: leaving, and erasing everything that one posted.

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{ActionId, ServerId};
use conntext_federation::receipt::{Receipt, ReceiptFields};
use conntext_federation::wire::EventsPage;
use conntext_server::log::Entry;
use conntext_server::{erasure, peers, profiles};
use serde_json::{Value, json};

use crate::b_servers::{server, uid};
use crate::c_files::{fetch, upload};
use crate::kit::{PASSWORD, TestClient, TestInstance, TestNet, holds, same, until};

/// A community on a.test with its owner ada, and ben of b.test and cat of c.test in it.
pub struct Three {
    pub net: TestNet,
    pub a: TestInstance,
    pub b: TestInstance,
    pub c: TestInstance,
    pub ada: TestClient,
    pub ben: TestClient,
    pub cat: TestClient,
    pub sid: String,
    pub cid: String,
}

impl Three {
    pub async fn new(seed: u64) -> Self {
        let net = TestNet::new(seed);
        let make = async |domain| net.instance_with(domain, |c| c.limits.message_burst = 5_000).await;
        let (a, b, c) = (make("a.test").await, make("b.test").await, make("c.test").await);
        let (ada, ben, cat) = (a.person("ada").await, b.person("ben").await, c.person("cat").await);
        let made = server(&ada, "Orchard").await;
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        let (sid, cid) = (text(&made["id"]), text(&made["channels"][0]["id"]));
        let code = ada.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
        for guest in [&ben, &cat] {
            guest.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
        }
        Self { net, a, b, c, ada, ben, cat, sid, cid }
    }

    /// Somebody else of an instance comes into the community.
    pub async fn joined(&self, at: &TestInstance, handle: &str) -> TestClient {
        let who = at.person(handle).await;
        let code = self.ada.post(&self.path("/invites"), json!({})).await.expect_status(201).text("/code");
        who.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
        who
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/servers/{}{rest}", self.sid)
    }

    pub fn id(&self) -> ServerId {
        self.sid.parse().unwrap()
    }

    pub async fn write(&self, who: &TestClient, body: &str) -> String {
        self.send(who, json!({"body": body})).await
    }

    pub async fn send(&self, who: &TestClient, mut message: Value) -> String {
        message["nonce"] = json!(self.a.app.log.new_aid().to_string());
        let path = self.path(&format!("/channels/{}/messages", self.cid));
        who.post(&path, message).await.expect_status(201).text("/id")
    }

    pub async fn same(&self) {
        for copy in [&self.b, &self.c] {
            same(&self.a, copy, &self.id()).await;
        }
    }

    /// What somebody reads, without what was deleted.
    pub async fn reads(&self, who: &TestClient) -> Vec<String> {
        let path = self.path(&format!("/channels/{}/messages?limit=100", self.cid));
        let page = who.get(&path).await.expect_status(200).json;
        let messages = page["messages"].as_array().unwrap().iter().filter(|m| m["deleted"] == false);
        messages.map(|m| m["body"].as_str().unwrap().to_owned()).collect()
    }
}

/// Whether an instance that has ended left this text in its database.
pub async fn left(at: &TestInstance, text: &str) -> bool {
    at.app.db.close().await;
    holds(&at.app, text).await
}

pub async fn proven(who: &TestClient) {
    who.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
}

async fn erasure_of(who: &TestClient) -> Value {
    who.get("/me/erasures").await.expect_status(200).json["erasures"][0].clone()
}

/// Time passes until everybody has confirmed.
async fn done(who: &TestClient, instances: &[&TestInstance]) -> Value {
    until("everybody has confirmed", async || {
        for instance in instances {
            instance.clock.advance(10_000);
            erasure::round(&instance.app).await.expect("a round");
        }
        erasure_of(who).await["state"] == "done"
    })
    .await;
    erasure_of(who).await
}

/// Time passes until so many have.
async fn confirmed(t: &Three, count: usize) {
    until("some have confirmed", async || {
        for instance in [&t.a, &t.b, &t.c] {
            instance.clock.advance(10_000);
            erasure::round(&instance.app).await.expect("a round");
        }
        erasure_of(&t.ben).await["confirmed"].as_array().unwrap().len() == count
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_what_one_posted_is_erased_on_all_instances_and_each_of_them_signs() {
    let t = Three::new(401).await;
    let first = t.write(&t.ben, "quokka-1 is here").await;
    let edited = t.write(&t.ben, "quokka-2 said first").await;
    let edit = json!({"body": "quokka-3 said then"});
    t.ben.patch(&t.path(&format!("/channels/{}/messages/{edited}", t.cid)), edit).await.expect_status(200);
    let file = upload(&t.ben, &t.sid, &t.cid, "quokka-4.txt", b"quokka-5 in a file".to_vec()).await.expect_status(201);
    let with_file = json!({"body": "see", "attachments": [{"upload": file.text("/upload")}]});
    t.send(&t.ben, with_file).await;
    let others = t.write(&t.ada, "ada stays").await;
    t.write(&t.cat, "cat stays").await;
    let react = |id: &str| t.path(&format!("/channels/{}/messages/{id}/reactions/%F0%9F%8C%B1", t.cid));
    t.ben.put(&react(&others), json!({})).await.expect_status(204);
    t.ada.put(&react(&first), json!({})).await.expect_status(204);
    // A moderator has deleted one; for a while it would still be readable to moderators.
    let removed = t.write(&t.ben, "quokka-6 was rude").await;
    t.ada.delete(&t.path(&format!("/channels/{}/messages/{removed}", t.cid))).await.expect_status(204);
    t.same().await;
    let path = t.path(&format!("/channels/{}/messages?limit=100", t.cid));
    let page = t.cat.get(&path).await.json;
    let url = page["messages"].as_array().unwrap().iter().find_map(|m| m["attachments"][0]["url"].as_str());
    let url = json!(url.expect("a file"));
    fetch(&t.cat, &url).await.expect_status(200);

    for instance in [&t.a, &t.b, &t.c] {
        instance.clock.advance(3_600_000);
    }
    let ask = json!({"leave": true});
    t.ben.post(&t.path("/erasure"), ask.clone()).await.expect_problem(403, "proof_required");
    proven(&t.ben).await;
    let asked = t.ben.post(&t.path("/erasure"), ask).await.expect_status(202).json;
    assert_eq!(
        (&asked["name"], &asked["host"], &asked["state"]),
        (&json!("Orchard"), &json!("a.test"), &json!("waiting"))
    );
    let found = done(&t.ben, &[&t.a, &t.b, &t.c]).await;
    let mut confirmed: Vec<&str> = found["confirmed"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
    confirmed.sort_unstable();
    assert_eq!((confirmed, &found["missing"]), (vec!["a.test", "b.test", "c.test"], &json!([])));

    same(&t.a, &t.c, &t.id()).await;
    for who in [&t.ada, &t.cat] {
        assert_eq!(t.reads(who).await, ["ada stays", "cat stays"]);
        let page = who.get(&path).await.json;
        let message = page["messages"].as_array().unwrap().iter().find(|m| m["id"] == json!(others)).expect("there");
        assert_eq!(message["reactions"], json!([]));
        fetch(who, &url).await.expect_problem(404, "not_found");
    }
    t.ben.get(&t.path("")).await.expect_problem(404, "unknown_server");
    assert!(t.b.app.log.get(&t.id()).is_none(), "nobody of b.test is there any more");
    for instance in [&t.a, &t.b, &t.c] {
        conntext_server::media::tidy(&instance.app).await.expect("tidy");
        instance.app.log.tidy().await.expect("tidy");
    }
    for copy in [&t.a, &t.c] {
        copy.verifies(&t.id()).await;
    }
    let id = found["id"].as_str().unwrap();
    t.ben.delete(&format!("/me/erasures/{id}")).await.expect_status(204);
    assert_eq!(t.ben.get("/me/erasures").await.json["erasures"], json!([]));
    for instance in [&t.a, &t.b, &t.c] {
        for marker in ["quokka-1", "quokka-2", "quokka-3", "quokka-4", "quokka-5", "quokka-6"] {
            assert!(!left(instance, marker).await, "{marker} at {}", instance.app.domain);
        }
    }
    assert!(left(&t.a, "ada stays").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_an_erasure_names_who_has_not_confirmed_and_goes_on_when_they_are_back() {
    let t = Three::new(402).await;
    t.write(&t.ben, "wombat").await;
    t.same().await;
    t.net.cut("a.test", "c.test");
    t.net.cut("b.test", "c.test");
    proven(&t.ben).await;
    let asked = t.ben.post(&t.path("/erasure"), json!({"leave": false})).await.expect_status(202).json;
    confirmed(&t, 2).await;
    let found = erasure_of(&t.ben).await;
    assert_eq!((&found["state"], &found["missing"]), (&json!("erasing"), &json!(["c.test"])));
    let id = asked["id"].as_str().unwrap();
    t.ben.delete(&format!("/me/erasures/{id}")).await.expect_problem(404, "not_found");
    assert_eq!((t.reads(&t.cat).await, t.reads(&t.ben).await), (vec!["wombat".to_owned()], vec![]));
    t.net.heal("a.test", "c.test");
    t.net.heal("b.test", "c.test");
    t.cat.post(&t.path(&format!("/channels/{}/messages", t.cid)), json!({"nonce": "b", "body": "back"})).await;
    done(&t.ben, &[&t.a, &t.b, &t.c]).await;
    t.same().await;
    assert_eq!(t.reads(&t.cat).await, ["back"]);
    // Who stays goes on writing; what comes after the purge is not touched by it.
    t.write(&t.ben, "again").await;
    t.same().await;
    assert_eq!(t.reads(&t.cat).await, ["back", "again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_an_erasure_waits_for_a_community_that_is_away() {
    let t = Three::new(403).await;
    t.write(&t.ben, "numbat").await;
    t.same().await;
    t.net.cut("a.test", "b.test");
    proven(&t.ben).await;
    t.ben.post(&t.path("/erasure"), json!({"leave": true})).await.expect_status(202);
    assert_eq!(t.ben.get("/servers").await.json["servers"], json!([]), "it is gone from the list at once");
    assert_eq!(erasure_of(&t.ben).await["state"], "waiting");
    let Three { net, a, b, c, mut ben, .. } = t;
    ben.let_go();
    let b = b.restart().await;
    let ben = b.client().acting_as(&ben);
    net.heal("a.test", "b.test");
    done(&ben, &[&a, &b, &c]).await;
    assert!(!left(&a, "numbat").await && !left(&c, "numbat").await && !left(&b, "numbat").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_much_is_erased_in_parts_that_go_on_after_a_restart() {
    let t = Three::new(404).await;
    let sid = t.id();
    let actor = uid(&t.ada).await.parse().unwrap();
    let channel = t.cid.parse().unwrap();
    for n in 0..1_200 {
        t.a.write(&sid, &actor, &channel, &format!("bilby {n}")).await;
    }
    // Why a moderator did something is their word too.
    let rude = t.write(&t.cat, "cat was rude").await;
    let path = format!("/api/v1{}", t.path(&format!("/channels/{}/messages/{rude}", t.cid)));
    let why = json!({"reason": "quoll says so"}).to_string().into_bytes();
    t.ada.send(Method::DELETE, &path, Some("application/json"), why).await.expect_status(204);
    t.write(&t.cat, "cat stays").await;
    t.same().await;
    proven(&t.ada).await;
    t.ada.post(&t.path("/erasure"), json!({"leave": true})).await.expect_problem(409, "owner_cannot_leave");
    t.ada.post(&t.path("/erasure"), json!({"leave": false})).await.expect_status(202);
    let path = t.path("/erasure");
    let Three { a, b, c, mut ada, ben: _ben, mut cat, .. } = t;
    for client in [&mut ada, &mut cat] {
        client.let_go();
    }
    let (a, c) = (a.restart().await, c.restart().await);
    let ada = a.client().acting_as(&ada);
    done(&ada, &[&a, &b, &c]).await;
    same(&a, &c, &sid).await;
    for copy in [&a, &c] {
        copy.verifies(&sid).await;
    }
    // Once more costs nothing, and takes what came since.
    a.write(&sid, &actor, &channel, "bilby again").await;
    ada.post(&path, json!({"leave": false})).await.expect_status(202);
    done(&ada, &[&a, &b, &c]).await;
    same(&a, &c, &sid).await;
    assert!(!left(&a, "bilby").await && !left(&c, "bilby").await && !left(&a, "quoll").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_what_arrives_late_stays_erased() {
    let t = Three::new(405).await;
    t.write(&t.ben, "potoroo").await;
    t.same().await;
    let before: Vec<Entry> =
        t.c.app.log.read(&t.c.log(&t.id()), 0, 100).await.unwrap().iter().map(|e| (**e).clone()).collect();
    proven(&t.ben).await;
    t.ben.post(&t.path("/erasure"), json!({"leave": true})).await.expect_status(202);
    done(&t.ben, &[&t.a, &t.b, &t.c]).await;
    let late = before.into_iter().filter(|e| e.event.action.kind == "message.create").collect();
    t.c.app.log.fill(&t.c.log(&t.id()), late).await.expect("filled");
    assert_eq!(t.reads(&t.cat).await, Vec::<String>::new());
    assert!(!left(&t.c, "potoroo").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_nobody_keeps_the_name_of_who_left_with_everything() {
    let t = Three::new(408).await;
    let wombat = t.joined(&t.b, "wombathandle").await;
    wombat.patch("/me", json!({"display_name": "Wombat Wondrous"})).await.expect_status(200);
    let me = uid(&wombat).await;
    t.write(&wombat, "by and by").await;
    t.same().await;
    let known = async |who: &TestClient| who.get(&format!("/users/{me}")).await.text("/user/display_name");
    for reader in [&t.ada, &t.cat] {
        until("the name is known", async || known(reader).await == "Wombat Wondrous").await;
    }
    let forgets = async |at: &TestInstance| {
        at.clock.advance(2 * 3_600_000);
        assert_eq!(profiles::tidy(&at.app, &profiles::tidy(&at.app, "").await.unwrap()).await.unwrap(), "");
    };
    // While what they wrote stands, so does the name.
    wombat.post(&t.path("/leave"), json!({})).await.expect_status(204);
    t.same().await;
    for instance in [&t.a, &t.c] {
        forgets(instance).await;
    }
    assert_eq!(known(&t.ada).await, "Wombat Wondrous");
    t.b.clock.advance(2 * 3_600_000);
    proven(&wombat).await;
    let left = wombat.get("/me/departures").await.expect_status(200).json["departures"].clone();
    assert_eq!(
        (&left[0]["sid"], &left[0]["name"], &left[0]["host"]),
        (&json!(t.sid), &json!("Orchard"), &json!("a.test"))
    );
    wombat.post(&format!("/me/departures/{}/erasure", t.sid), json!({})).await.expect_status(202);
    done(&wombat, &[&t.a, &t.b, &t.c]).await;
    assert_eq!(wombat.get("/me/departures").await.json["departures"], json!([]));
    for instance in [&t.a, &t.c] {
        forgets(instance).await;
        for marker in ["wombathandle", "Wombat Wondrous", "by and by"] {
            assert!(!self::left(instance, marker).await, "{marker} at {}", instance.app.domain);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_from_a_community_whose_copy_is_gone_it_is_erased_as_well() {
    let t = Three::new(409).await;
    t.write(&t.cat, "potto").await;
    t.same().await;
    t.cat.post(&t.path("/leave"), json!({})).await.expect_status(204);
    until("the copy is gone", async || t.c.app.log.get(&t.id()).is_none()).await;
    let left = t.cat.get("/me/departures").await.expect_status(200).json["departures"].clone();
    assert_eq!((&left[0]["name"], &left[0]["host"]), (&json!("Orchard"), &json!("a.test")));
    let path = format!("/me/departures/{}/erasure", t.sid);
    t.net.cut("a.test", "c.test");
    t.cat.post(&path, json!({})).await.expect_problem(502, "peer_unreachable");
    t.net.heal("a.test", "c.test");
    t.ben.post(&path, json!({})).await.expect_problem(404, "unknown_server");
    t.cat.post("/me/departures/nonsense/erasure", json!({})).await.expect_problem(404, "unknown_server");
    let asked = async || {
        t.c.clock.advance(10_000);
        t.a.clock.advance(10_000);
        t.b.clock.advance(10_000);
        t.cat.post(&path, json!({})).await.status.as_u16() == 202
    };
    until("the host answers", asked).await;
    done(&t.cat, &[&t.a, &t.b, &t.c]).await;
    same(&t.a, &t.b, &t.id()).await;
    assert!(!self::left(&t.a, "potto").await && !self::left(&t.b, "potto").await);
    assert_eq!(t.cat.get("/me/departures").await.json["departures"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_false_receipts_count_for_nothing() {
    let t = Three::new(406).await;
    t.write(&t.ben, "dunnart").await;
    t.same().await;
    t.net.cut("a.test", "c.test");
    proven(&t.ben).await;
    let asked = t.ben.post(&t.path("/erasure"), json!({"leave": false})).await.expect_status(202).json;
    confirmed(&t, 2).await;
    let purge: ActionId = asked["id"].as_str().unwrap().parse().unwrap();
    let entry = t.a.app.log.read(&t.a.log(&t.id()), 0, 100).await.unwrap();
    let entry = entry.iter().find(|e| e.aid() == purge).expect("the purge").clone();
    let (b, c) = (&t.b.app, &t.c.app);
    let good =
        ReceiptFields { sid: t.id(), purge, seq: entry.seq(), hash: entry.hash, by: b.keys.ik.clone(), erased_at: 1 };
    let a = Domain::parse_normal("a.test", true).unwrap();
    let path = format!("/servers/{}/receipts", t.sid);
    let send = async |receipt: Receipt| {
        let sent: Result<Value, _> = peers::call(b, &a, Method::POST, &path, &receipt).await;
        sent.expect_err("refused").code().unwrap_or_default().to_owned()
    };
    let by_b = |fields: ReceiptFields| Receipt::sign(fields, &b.keys.signing()).unwrap();
    // For another instance, of another purge, for another event, by a key that is not theirs.
    assert_eq!(send(by_b(ReceiptFields { by: c.keys.ik.clone(), ..good.clone() })).await, "origin_mismatch");
    assert_eq!(send(by_b(ReceiptFields { purge: ActionId([9; 16]), ..good.clone() })).await, "not_found");
    assert_eq!(send(by_b(ReceiptFields { seq: good.seq + 1, ..good.clone() })).await, "hash_mismatch");
    let foreign = Receipt::sign(good.clone(), &c.keys.signing()).unwrap();
    assert_eq!(send(foreign).await, "unknown_key");
    // Nobody but the author's home is told who has confirmed.
    let asks = format!("{path}?purge={purge}");
    let told: Result<Value, _> = peers::get(&t.c.app, &a, &asks).await;
    t.net.heal("a.test", "c.test");
    let told_there: Result<Value, _> = peers::get(&t.c.app, &a, &asks).await;
    assert!(told.is_err() && told_there.is_err());
    assert!(peers::get::<Value>(b, &a, &asks).await.is_ok());
    assert!(peers::get::<Value>(b, &a, &format!("{path}?purge=nonsense")).await.is_err());
    done(&t.ben, &[&t.a, &t.b, &t.c]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_nobody_has_erased_what_others_posted() {
    let t = Three::new(407).await;
    let kept = t.write(&t.ada, "ada stays").await;
    t.same().await;
    let (ada, ben) = (uid(&t.ada).await, uid(&t.ben).await);
    let act = async |actor: &str, channel: Option<&str>, target: Option<&str>| {
        let draft = conntext_federation::hub::Draft {
            sid: t.id(),
            kind: "user.purge".into(),
            channel: channel.map(|c| c.parse().unwrap()),
            target: target.map(str::to_owned),
            actor: actor.parse().unwrap(),
            content: json!({}),
        };
        t.b.app.log.submit(draft, None).await.map(|_| ())
    };
    // For somebody of another instance, aimed at a channel or at somebody.
    for (actor, channel, target) in [
        (ada.as_str(), None, None),
        (ben.as_str(), Some(t.cid.as_str()), None),
        (ben.as_str(), None, Some(ada.as_str())),
        (ben.as_str(), None, Some(kept.as_str())),
    ] {
        assert!(act(actor, channel, target).await.is_err(), "{actor} {channel:?} {target:?}");
    }
    t.same().await;
    erasure::round(&t.a.app).await.expect("a round");
    assert_eq!(t.reads(&t.cat).await, ["ada stays"]);
    let page: EventsPage = peers::get(
        &t.b.app,
        &Domain::parse_normal("a.test", true).unwrap(),
        &format!("/servers/{}/events?after=0", t.sid),
    )
    .await
    .expect("a page");
    assert!(!page.events.is_empty());
}
