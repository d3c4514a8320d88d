//! Communities whose place is lost and that go on elsewhere by their recovery keys.

use conntext_federation::ids::{ChannelId, ServerId};
use conntext_federation::keys::{KeySig, SecretKey};
use conntext_federation::takeover::{RecoveryFields, Takeover, TakeoverFields};
use conntext_server::config::DatabaseAddress;
use conntext_server::log::rewind::Why;
use conntext_server::log::{PendingState, pending};
use serde_json::{Value, json};

use crate::a_moving::{own_key, signed};
use crate::b_erasure::proven;
use crate::c_files::{fetch, photo, upload};
use crate::j_rewind::Copies;
use crate::kit::{TestClient, TestInstance, TestNet, same, until};

const ADA: [u8; 32] = [71; 32];
const DAN: [u8; 32] = [72; 32];
const CEM: [u8; 32] = [73; 32];

/// A community of Ada's on A, who holds a key of her own; with Dan of A, Ben of B, and Cem of C, who may see more than Ben.
struct Scene {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    c: TestInstance,
    ada: TestClient,
    dan: TestClient,
    ben: TestClient,
    cem: TestClient,
    sid: ServerId,
    talk: ChannelId,
    secret: ChannelId,
}

impl Scene {
    async fn new(seed: u64) -> Self {
        let net = TestNet::new(seed);
        let (a, c) = (net.instance("a.test").await, net.instance("c.test").await);
        // Files are what is copied here, whatever database the other stories run on.
        let b = net.instance_with("b.test", |c| c.storage.database = DatabaseAddress::default()).await;
        let (ada, dan) = (a.person("ada").await, a.person("dan").await);
        let (ben, cem) = (b.person("ben").await, c.person("cem").await);
        own_key(&ada, ADA).await;
        let made = ada.post("/servers", json!({"name": "Orchard"})).await.expect_status(201);
        let sid = made.text("/id");
        let channels = made.json["channels"].as_array().unwrap().clone();
        let talk = channels.iter().find(|c| c["kind"] == "text" && c["staff"] != true).unwrap()["id"].clone();
        let talk: ChannelId = talk.as_str().unwrap().parse().unwrap();
        let scene =
            |secret: ChannelId| Self { net, a, b, c, ada, dan, ben, cem, sid: sid.parse().unwrap(), talk, secret };
        let secret = ChannelId::staff(&sid.parse().unwrap());
        scene(secret).furnish(&made.json).await
    }

    async fn furnish(mut self, made: &Value) -> Self {
        let sid = self.sid.to_string();
        self.says(&self.ada, &self.talk, "welcome").await;
        let code = self.ada.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
        for who in [&self.dan, &self.ben, &self.cem] {
            who.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
        }
        let secret = json!({"name": "secret", "kind": "text"});
        let secret = self.ada.post(&format!("/servers/{sid}/channels"), secret).await.expect_status(201).text("/id");
        let roles = made["roles"].as_array().unwrap();
        let everyone = roles.iter().find(|r| r["everyone"] == true || r["name"] == "everyone").unwrap()["id"].clone();
        let may = |who: &str| format!("/servers/{sid}/channels/{secret}/overrides/{who}");
        let nobody = json!({"allow": [], "deny": ["view"]});
        self.ada.put(&may(everyone.as_str().unwrap()), nobody).await.expect_status(200);
        let cem = uid(&self.cem).await;
        self.ada.put(&may(&cem), json!({"allow": ["view", "send"], "deny": []})).await.expect_status(200);
        self.secret = secret.parse().unwrap();
        self.says(&self.ada, &self.secret, "for Cem alone").await;
        until("C has the secret", async || {
            self.c.bodies(&self.sid, &self.secret).await.contains(&"for Cem alone".to_owned())
        })
        .await;
        self.settles().await;
        self
    }

    /// Everybody has everything.
    async fn settles(&self) {
        // What comes last has to be seen by all: of what is hidden nobody hears before.
        self.says(&self.ada, &self.talk, &format!("all quiet at {}", self.a.log(&self.sid).head().seq)).await;
        same(&self.a, &self.b, &self.sid).await;
        same(&self.a, &self.c, &self.sid).await;
    }

    async fn says(&self, who: &TestClient, channel: &ChannelId, body: &str) {
        let path = format!("/servers/{}/channels/{channel}/messages", self.sid);
        let sent = who.post(&path, json!({"nonce": body, "body": body})).await;
        assert!(sent.status.is_success(), "{}", sent.json);
    }

    fn path(&self, what: &str) -> String {
        format!("/servers/{}/{what}", self.sid)
    }

    fn loses_a(&self) {
        self.net.cut("a.test", "b.test");
        self.net.cut("a.test", "c.test");
    }

    fn a_is_back(&self) {
        self.net.heal("a.test", "b.test");
        self.net.heal("a.test", "c.test");
    }

    /// Somebody asks for a take-over where they live.
    async fn begins(&self, who: &TestClient) -> Value {
        who.post(&self.path("takeover"), json!({})).await.expect_status(201).json
    }

    /// Signs what is to be signed.
    async fn signs(&self, at: &TestClient, seed: [u8; 32]) -> Value {
        let asked = at.get(&self.path("takeover")).await.expect_status(200).json;
        let sig = signature(&asked["statement"], seed);
        at.post(&self.path("takeover/signatures"), json!({"sigs": [sig]})).await.expect_status(200).json
    }

    async fn is_over(&self, at: &TestClient) -> Value {
        until("it is here", async || {
            let now = at.get(&self.path("takeover")).await.json;
            assert_ne!(now["state"], "stopped", "{now}");
            now["state"] == "here"
        })
        .await;
        at.get(&self.path("takeover")).await.json
    }

    async fn follow(&self, hub: &TestInstance, who: &[&TestInstance]) {
        let me = hub.app.keys.ik.clone();
        for instance in who {
            until("all know the new hub", async || {
                instance.app.log.get(&self.sid).is_some_and(|log| {
                    log.state().info.hub == me
                        && log.hub_here() == (instance.app.keys.ik == me)
                        && log.rewind().is_none()
                        && log.quarantined().is_none()
                })
            })
            .await;
        }
    }
}

async fn uid(who: &TestClient) -> String {
    who.get("/me/identity").await.expect_status(200).text("/uid")
}

fn signature(statement: &Value, seed: [u8; 32]) -> KeySig {
    let fields: TakeoverFields = serde_json::from_value(statement.clone()).expect("something to sign");
    Takeover::signature(&fields, &SecretKey::from_seed(seed)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_community_goes_on_when_its_place_is_lost() {
    let scene = Scene::new(1310).await;
    let (a, b, c, sid) = (&scene.a, &scene.b, &scene.c, &scene.sid);
    let (sid_text, talk_text) = (sid.to_string(), scene.talk.to_string());
    let file = upload(&scene.cem, &sid_text, &talk_text, "tree.jpg", photo(640, 400)).await.expect_status(201).json;
    let with = json!({"nonce": "tree", "body": "a tree", "attachments": [{"upload": file["upload"], "alt": ""}]});
    let messages = format!("/servers/{sid}/channels/{}/messages", scene.talk);
    assert!(scene.cem.post(&messages, with).await.status.is_success());
    until("B has it", async || b.bodies(sid, &scene.talk).await.contains(&"a tree".to_owned())).await;
    // The last that B has not heard of.
    scene.net.cut("a.test", "b.test");
    scene.says(&scene.ada, &scene.talk, "B was away").await;
    scene.says(&scene.cem, &scene.secret, "Cem knows").await;
    until("C has it", async || {
        c.bodies(sid, &scene.talk).await.contains(&"B was away".to_owned())
            && c.bodies(sid, &scene.secret).await.contains(&"Cem knows".to_owned())
    })
    .await;
    scene.loses_a();
    // What nobody else heard of before the end, and what people write meanwhile.
    scene.says(&scene.dan, &scene.talk, "nobody heard this").await;
    scene.says(&scene.cem, &scene.talk, "is anybody there?").await;

    let begun = scene.begins(&scene.ben).await;
    assert_eq!((&begun["state"], &begun["needed"], &begun["mine"]), (&json!("signing"), &json!(1), &json!(true)));
    assert_eq!(begun["silent"], json!([]));
    scene.signs(&scene.ben, ADA).await;
    let done = scene.is_over(&scene.ben).await;
    // The first message was there before the others came, and none of them ever looked at it.
    assert_eq!((&done["lost"], &done["missing"]), (&json!(1), &json!(0)), "{done}");
    scene.follow(b, &[b, c]).await;
    assert_eq!(b.log(sid).head().generation, 1);
    until("all is there", async || {
        let there = b.bodies(sid, &scene.talk).await;
        ["a tree", "B was away", "is anybody there?"].iter().all(|body| there.contains(&(*body).to_owned()))
    })
    .await;
    // The channel that nobody of B may see goes on for those who may.
    scene.says(&scene.cem, &scene.secret, "still between us").await;
    until("B keeps it for them", async || {
        let there = b.bodies(sid, &scene.secret).await;
        ["for Cem alone", "Cem knows", "still between us"].iter().all(|body| there.contains(&(*body).to_owned()))
    })
    .await;
    scene.ben.get(&format!("/servers/{sid}/channels/{}/messages", scene.secret)).await.expect_status(404);
    same(b, c, sid).await;
    let page = scene.ben.get(&messages).await.json;
    let list = page["messages"].as_array().unwrap();
    let picture = list.iter().find(|m| m["body"] == "a tree").unwrap()["attachments"][0]["url"].clone();
    assert!(fetch(&scene.ben, &picture).await.bytes.len() > 1000);

    // A comes back from the dead: it follows, and what nobody else heard is offered to who wrote it.
    scene.a_is_back();
    scene.follow(b, &[a]).await;
    same(b, a, sid).await;
    let dan = a.known_as(&scene.dan).await.actor;
    let mut read = a.app.db.read().await.unwrap();
    let offered = pending::of_actor(&mut read, sid, a.log(sid).id, &dan).await.unwrap();
    drop(read);
    assert_eq!(offered.iter().map(|p| p.state).collect::<Vec<_>>(), [PendingState::Orphaned]);
    scene.says(&scene.dan, &scene.talk, "A is back").await;
    until("all read it", async || c.bodies(sid, &scene.talk).await.contains(&"A is back".to_owned())).await;
    let renamed = scene.ada.patch(&format!("/servers/{sid}"), json!({"name": "Garden"})).await;
    assert_eq!(renamed.expect_status(200).text("/name"), "Garden");
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_an_owner_whose_home_was_lost_goes_on_with_her_community() {
    let scene = Scene::new(1311).await;
    let (b, c, sid) = (&scene.b, &scene.c, &scene.sid);
    scene.loses_a();
    let new = b.person("ada").await;
    let asked = json!({"who": "@ada@a.test", "domains": []});
    let found = new.post("/me/arrival/identity", asked).await.expect_status(200).json;
    let take = json!({"op": signed(&found["op"], ADA), "domains": ["b.test"]});
    new.post("/me/arrival/recovery", take).await.expect_status(202);
    until("she is here", async || new.get("/me").await.json["user"]["id"] == found["uid"]).await;
    new.get(&format!("/servers/{sid}/takeover")).await.expect_status(200);
    scene.begins(&new).await;
    scene.signs(&new, ADA).await;
    scene.is_over(&new).await;
    scene.follow(b, &[b, c]).await;
    until("it is hers where she lives now", async || {
        let home = b.log(sid).state().bindings.values().filter(|binding| binding.home == b.app.keys.ik).count();
        home == 2 && new.patch(&format!("/servers/{sid}"), json!({"name": "Garden"})).await.status == 200
    })
    .await;
    scene.says(&new, &scene.talk, "we go on").await;
    until("C reads it", async || c.bodies(sid, &scene.talk).await.contains(&"we go on".to_owned())).await;
    // What only A's owner and Cem may read is hers again as well.
    let page = new.get(&format!("/servers/{sid}/channels/{}/messages", scene.secret)).await.expect_status(200);
    assert!(page.json.to_string().contains("for Cem alone"));
    same(b, c, sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_take_over_is_refused_without_the_word_of_the_keys() {
    let scene = Scene::new(1312).await;
    let (a, b, c, sid) = (&scene.a, &scene.b, &scene.c, &scene.sid);
    let stranger = b.person("mallory").await;
    stranger.post(&scene.path("takeover"), json!({})).await.expect_problem(404, "unknown_server");
    scene.ada.post(&scene.path("takeover"), json!({})).await.expect_problem(409, "conflict");
    let answers = scene.ben.post(&scene.path("takeover"), json!({})).await.expect_problem(409, "hub_answers");
    assert_eq!(answers.json["domain"], "a.test");
    scene.ben.get(&scene.path("takeover")).await.expect_status(200);
    let bare = scene.dan.post("/servers", json!({"name": "Bare"})).await.expect_status(201).text("/id");
    let code = scene.dan.post(&format!("/servers/{bare}/invites"), json!({})).await.expect_status(201).text("/code");
    scene.ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
    scene.loses_a();
    let none = scene.ben.post(&format!("/servers/{bare}/takeover"), json!({})).await;
    none.expect_problem(409, "no_recovery");

    let before = b.log(sid).state().clone();
    let asked = scene.begins(&scene.ben).await;
    let sign = async |sig: KeySig| scene.ben.post(&scene.path("takeover/signatures"), json!({"sigs": [sig]})).await;
    // Not a key of it; a key of it over something else; nonsense.
    sign(signature(&asked["statement"], DAN)).await.expect_problem(422, "invalid");
    let mut other = asked["statement"].clone();
    other["to"] = json!(c.app.keys.ik);
    sign(signature(&other, ADA)).await.expect_problem(422, "invalid");
    other = asked["statement"].clone();
    other["base"]["seq"] = json!(1);
    sign(signature(&other, ADA)).await.expect_problem(422, "invalid");
    let nonsense = json!({"sigs": [{"kid": "no", "sig": "no"}]});
    scene.ben.post(&scene.path("takeover/signatures"), nonsense).await.expect_problem(422, "invalid");
    let nobody = json!({"sigs": []});
    let still = scene.ben.post(&scene.path("takeover/signatures"), nobody).await.expect_status(200).json;
    assert_eq!(still["state"], "signing");
    stranger.delete(&scene.path("takeover")).await.expect_problem(404, "unknown_server");
    scene.ben.delete(&scene.path("takeover")).await.expect_status(204);
    sign(signature(&asked["statement"], ADA)).await.expect_problem(404, "not_found");
    assert_eq!(*b.log(sid).state(), before);
    // The hub comes back before it was signed, and what was signed then is outdated.
    let asked = scene.begins(&scene.ben).await;
    scene.a_is_back();
    scene.says(&scene.ada, &scene.talk, "here I am").await;
    until("B follows A", async || b.bodies(sid, &scene.talk).await.contains(&"here I am".to_owned())).await;
    sign(signature(&asked["statement"], ADA)).await.expect_status(200);
    until("it is given up", async || {
        let now = scene.ben.get(&scene.path("takeover")).await.json;
        now["state"] == "stopped" && now["problem"] == "outdated"
    })
    .await;
    assert!(a.log(sid).hub_here() && !b.log(sid).hub_here());
    scene.settles().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_the_keys_change_only_by_their_own_word() {
    let scene = Scene::new(1313).await;
    let (b, sid) = (&scene.b, &scene.sid);
    let path = scene.path("recovery");
    let now = scene.ada.get(&path).await.expect_status(200).json;
    assert_eq!((now["keys"].as_array().unwrap().len(), &now["needed"], &now["n"]), (1, &json!(1), &json!(0)));
    assert_eq!(now["keys"][0]["holder"], json!(uid(&scene.ada).await));
    // Who manages it and holds a key may be given one; by the chain that the log knows.
    own_key(&scene.dan, DAN).await;
    own_key(&scene.cem, CEM).await;
    let role = json!({"name": "keepers", "permissions": ["manage_server"]});
    let role = scene.ada.post(&scene.path("roles"), role).await.expect_status(201).text("/id");
    let dan = uid(&scene.dan).await;
    let give = format!("/servers/{sid}/members/{dan}");
    scene.ada.patch(&give, json!({"roles": [role]})).await.expect_status(200);
    let now = scene.ada.get(&path).await.json;
    let candidates = now["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2, "{now}");
    let keys: Vec<Value> = candidates.iter().map(|c| c["key"].clone()).collect();
    let public: Vec<_> = keys.iter().map(|key| serde_json::from_value(key.clone()).unwrap()).collect();
    let body = |n: u64| RecoveryFields { sid: sid.clone(), n, keys: public.clone() };
    let word = |n: u64, seed: [u8; 32]| {
        conntext_federation::takeover::CoSigned::signature(&body(n), &SecretKey::from_seed(seed)).unwrap()
    };
    let put = async |who: &TestClient, keys: &[Value], sigs: Vec<KeySig>| {
        who.put(&path, json!({"keys": keys, "sigs": sigs})).await
    };
    proven(&scene.dan).await;
    put(&scene.dan, &keys, vec![word(1, ADA)]).await.expect_problem(403, "forbidden");
    proven(&scene.ada).await;
    put(&scene.ada, &keys, vec![]).await.expect_problem(422, "invalid");
    put(&scene.ada, &keys, vec![word(1, DAN)]).await.expect_problem(422, "invalid");
    put(&scene.ada, &keys, vec![word(2, ADA)]).await.expect_problem(422, "invalid");
    put(&scene.ada, &[json!("nonsense")], vec![word(1, ADA)]).await.expect_problem(422, "invalid");
    let of_cem = serde_json::to_value(SecretKey::from_seed(CEM).public()).unwrap();
    put(&scene.ada, &[of_cem], vec![word(1, ADA)]).await.expect_problem(422, "invalid");
    let changed = put(&scene.ada, &keys, vec![word(1, ADA)]).await.expect_status(200).json;
    assert_eq!((&changed["n"], &changed["needed"]), (&json!(1), &json!(2)));
    // One of two changes nothing any more.
    put(&scene.ada, &keys, vec![word(2, ADA)]).await.expect_problem(422, "invalid");
    put(&scene.ada, &keys, vec![word(2, ADA), word(2, ADA)]).await.expect_problem(422, "invalid");
    scene.settles().await;
    assert_eq!(b.log(sid).state().info.recovery.n, 1);
    scene.loses_a();
    scene.begins(&scene.ben).await;
    let half = scene.signs(&scene.ben, ADA).await;
    assert_eq!(half["state"], "signing");
    assert_eq!(half["keys"].as_array().unwrap().iter().filter(|key| key["signed"] == true).count(), 1);
    scene.signs(&scene.ben, DAN).await;
    scene.is_over(&scene.ben).await;
    scene.follow(b, &[b, &scene.c]).await;
    // A heard nothing of it and comes back: it knows the keys.
    scene.a_is_back();
    scene.follow(b, &[&scene.a]).await;
    same(b, &scene.a, sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_two_take_overs_stand_still_until_a_third_says_which_counts() {
    let scene = Scene::new(1314).await;
    let (a, b, c, sid) = (&scene.a, &scene.b, &scene.c, &scene.sid);
    scene.loses_a();
    scene.net.cut("b.test", "c.test");
    for who in [&scene.ben, &scene.cem] {
        let begun = scene.begins(who).await;
        assert_eq!(begun["silent"].as_array().unwrap().len(), 1, "{begun}");
        scene.signs(who, ADA).await;
        scene.is_over(who).await;
    }
    scene.says(&scene.ben, &scene.talk, "said at B").await;
    scene.says(&scene.cem, &scene.talk, "said at C").await;
    assert!(b.log(sid).hub_here() && c.log(sid).hub_here());
    scene.net.heal("b.test", "c.test");
    for (at, other) in [(b, "c.test"), (c, "b.test")] {
        until("both stand still", async || {
            let other = conntext_federation::domain::Domain::parse_normal(other, true).unwrap();
            let _ = conntext_server::peers::hello::say(&at.app, &other).await;
            at.log(sid).rewind().is_some_and(|rewind| rewind.why == Why::Split)
        })
        .await;
    }
    // People go on writing, and it waits.
    scene.says(&scene.ben, &scene.talk, "is it frozen?").await;
    assert!(!b.bodies(sid, &scene.talk).await.contains(&"is it frozen?".to_owned()));
    scene.begins(&scene.ben).await;
    scene.signs(&scene.ben, ADA).await;
    scene.is_over(&scene.ben).await;
    scene.follow(b, &[b, c]).await;
    assert_eq!(b.log(sid).head().generation, 2);
    until("it goes on", async || b.bodies(sid, &scene.talk).await.contains(&"is it frozen?".to_owned())).await;
    same(b, c, sid).await;
    assert!(!c.bodies(sid, &scene.talk).await.contains(&"said at C".to_owned()));
    let cem = c.known_as(&scene.cem).await.actor;
    let mut read = c.app.db.read().await.unwrap();
    let offered = pending::of_actor(&mut read, sid, c.log(sid).id, &cem).await.unwrap();
    drop(read);
    assert_eq!(offered.iter().map(|p| p.state).collect::<Vec<_>>(), [PendingState::Orphaned]);
    // And the first of all, which slept through both.
    scene.a_is_back();
    scene.follow(b, &[a]).await;
    same(b, a, sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_take_over_goes_on_after_a_restart() {
    let mut scene = Scene::new(1315).await;
    let sid = scene.sid.clone();
    scene.net.cut("a.test", "b.test");
    scene.says(&scene.ada, &scene.talk, "only C heard").await;
    until("C has it", async || scene.c.bodies(&sid, &scene.talk).await.contains(&"only C heard".to_owned())).await;
    scene.loses_a();
    let begun = scene.begins(&scene.ben).await;
    // Who holds what the keys named is away now: it waits, whoever comes and goes.
    scene.net.cut("b.test", "c.test");
    scene.says(&scene.ben, &scene.talk, "waiting").await;
    let sig = signature(&begun["statement"], ADA);
    scene.ben.post(&scene.path("takeover/signatures"), json!({"sigs": [sig]})).await.expect_status(200);
    until("it says why it waits", async || {
        scene.ben.get(&scene.path("takeover")).await.json["problem"] == "incomplete"
    })
    .await;
    scene.ben.let_go();
    scene.b = scene.b.restart().await;
    scene.ben = scene.b.client().acting_as(&scene.ben);
    scene.net.heal("b.test", "c.test");
    scene.is_over(&scene.ben).await;
    scene.follow(&scene.b, &[&scene.b, &scene.c]).await;
    until("all is there", async || {
        let there = scene.b.bodies(&sid, &scene.talk).await;
        ["only C heard", "waiting"].iter().all(|body| there.contains(&(*body).to_owned()))
    })
    .await;
    same(&scene.b, &scene.c, &sid).await;
    // It lives on at B after one more restart.
    scene.ben.let_go();
    scene.b = scene.b.restart().await;
    scene.ben = scene.b.client().acting_as(&scene.ben);
    scene.says(&scene.ben, &scene.talk, "still here").await;
    until("C reads it", async || scene.c.bodies(&sid, &scene.talk).await.contains(&"still here".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_hub_restored_from_before_it_took_over_takes_the_log_back() {
    let mut scene = Scene::new(1316).await;
    let sid = scene.sid.clone();
    let copies = Copies::new();
    scene.ben.let_go();
    scene.b = scene.b.restart_with(|data| copies.take(data)).await;
    scene.ben = scene.b.client().acting_as(&scene.ben);
    scene.loses_a();
    scene.begins(&scene.ben).await;
    scene.signs(&scene.ben, ADA).await;
    scene.is_over(&scene.ben).await;
    scene.follow(&scene.b, &[&scene.b, &scene.c]).await;
    scene.says(&scene.ben, &scene.talk, "at B now").await;
    until("C reads it", async || scene.c.bodies(&sid, &scene.talk).await.contains(&"at B now".to_owned())).await;
    // The disk of B dies as well: its copy takes A for the hub still.
    scene.ben.let_go();
    scene.b = scene.b.restart_with(|data| copies.put_back(data)).await;
    scene.ben = scene.b.client().acting_as(&scene.ben);
    // C greets whom it takes for the hub after a minute of silence; here at once.
    let b = conntext_federation::domain::Domain::parse_normal("b.test", true).unwrap();
    conntext_server::peers::hello::say(&scene.c.app, &b).await.unwrap();
    until("it is the hub again", async || {
        let log = scene.b.log(&sid);
        log.hub_here() && log.rewind().is_none() && log.head().generation == 1
    })
    .await;
    until("what was said is back", async || scene.b.bodies(&sid, &scene.talk).await.contains(&"at B now".to_owned()))
        .await;
    scene.says(&scene.ben, &scene.talk, "and on").await;
    until("C reads on", async || scene.c.bodies(&sid, &scene.talk).await.contains(&"and on".to_owned())).await;
}
