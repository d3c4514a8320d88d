//! Accounts that go to live on another instance, with all that is theirs.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use axum::http::Method;
use conntext_federation::content::MemberMigrate;
use conntext_federation::domain::Domain;
use conntext_federation::identity::{Op, OpFields, verify_chain};
use conntext_federation::ids::{Actor, ServerId};
use conntext_federation::keys::SecretKey;
use conntext_federation::moving::{Luggage, MoveGo, MoveGone, MoveLook};
use conntext_federation::own_key::{OwnKeyClaim, OwnKeyFields};
use conntext_federation::vault::{Vault, VaultClaim, VaultClaimFields};
use conntext_server::peers;
use conntext_server::profiles::{self, rehome};
use curve25519_dalek::montgomery::MontgomeryPoint;
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use crate::c_files::photo;
use crate::kit::{PASSWORD, TestClient, TestInstance, TestNet, until};

trait ParseDomain {
    fn parse_domain(&self) -> Domain;
}

impl ParseDomain for str {
    fn parse_domain(&self) -> Domain {
        Domain::parse_normal(self, true).unwrap()
    }
}

/// Somebody's community with a channel to talk in.
pub struct Place {
    pub sid: String,
    pub channel: String,
    domain: &'static str,
    code: String,
}

impl Place {
    pub async fn new(owner: &TestClient, domain: &'static str, name: &str) -> Self {
        let made = owner.post("/servers", json!({"name": name})).await.expect_status(201);
        let sid = made.text("/id");
        let channels = made.json["channels"].as_array().unwrap().clone();
        let talk = channels.iter().find(|c| c["kind"] == "text" && c["staff"] != true).unwrap();
        let channel = talk["id"].as_str().unwrap().to_owned();
        let code = owner.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
        Self { sid, channel, domain, code }
    }

    pub async fn welcomes(&self, who: &TestClient) {
        who.post(&format!("/invites/{}/{}/accept", self.domain, self.code), json!({})).await.expect_status(200);
    }

    pub fn messages(&self) -> String {
        format!("/servers/{}/channels/{}/messages", self.sid, self.channel)
    }

    pub async fn hears(&self, who: &TestClient, body: &str) -> Value {
        who.post(&self.messages(), json!({"nonce": body, "body": body})).await.expect_status(201).json
    }

    async fn read_by(&self, who: &TestClient) -> Vec<(String, String)> {
        let page = who.get(&self.messages()).await;
        let list = page.json["messages"].as_array().cloned().unwrap_or_default();
        let word = |m: &Value, at: &str| m.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        list.iter().map(|m| (word(m, "/author"), word(m, "/body"))).collect()
    }

    pub async fn holds(&self, who: &TestClient, body: &str) {
        until("it is there", async || self.read_by(who).await.iter().any(|(_, found)| found == body)).await;
    }

    async fn id(&self) -> ServerId {
        self.sid.parse().unwrap()
    }
}

/// Ada is at home on A and goes to C; Bob is at home on B.
struct Three {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    c: TestInstance,
    ada: TestClient,
    bob: TestClient,
    uid: String,
    orchard: Place,
}

impl Three {
    async fn new(seed: u64) -> Self {
        let net = TestNet::new(seed);
        let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
        let (ada, bob) = (a.person("ada").await, b.person("bob").await);
        let orchard = Place::new(&bob, "b.test", "Orchard").await;
        orchard.welcomes(&ada).await;
        let uid = ada.get("/me").await.text("/user/id");
        Self { net, a, b, c, ada, bob, uid, orchard }
    }

    async fn ticket(&self) -> Value {
        self.ada.post("/me/move", json!({"domain": "c.test"})).await.expect_status(201).json
    }

    async fn arrives(&self, who: &TestClient, ticket: &Value) {
        let asked = json!({"domain": "a.test", "ticket": ticket["ticket"]});
        who.post("/me/arrival", asked).await.expect_status(202);
        settled(who).await;
    }

    /// Time passes everywhere.
    fn later(&self, ms: i64) {
        for instance in [&self.a, &self.b, &self.c] {
            instance.clock.advance(ms);
        }
    }

    fn actor(&self) -> Actor {
        Actor::User(self.uid.parse().unwrap())
    }

    fn home_in(&self, at: &TestInstance, place: &Place) -> String {
        let log = at.log(&place.sid.parse().unwrap());
        let state = log.state();
        state.bindings.get(&self.actor()).map(|b| b.home.to_string()).unwrap_or_default()
    }
}

/// Until somebody is here and every community knows.
pub async fn settled(who: &TestClient) {
    until("they are here", async || who.get("/me/arrival").await.json["state"] == "here").await;
    until("all know", async || {
        let arrival = who.get("/me/arrival").await.json;
        let known = arrival["communities"].as_array().unwrap().iter().all(|c| c["state"] != "waiting");
        known && arrival["waiting_for"].as_array().unwrap().is_empty()
    })
    .await;
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()
}

/// Gives an account a key of its person's own.
pub async fn own_key(who: &TestClient, seed: [u8; 32]) {
    let key = SecretKey::from_seed(seed);
    let identity = who.get("/me/identity").await.expect_status(200).json;
    let fields = OwnKeyFields {
        uid: identity["uid"].as_str().unwrap().parse().unwrap(),
        prev: identity["head"].as_str().unwrap().parse().unwrap(),
        key: key.public(),
    };
    let claim = OwnKeyClaim::sign(fields, &key).unwrap();
    who.put("/me/own-key", json!({"claim": serde_json::to_value(&claim).unwrap()})).await.expect_status(200);
}

/// Signs what an instance asks to have signed.
pub fn signed(op: &Value, seed: [u8; 32]) -> Value {
    let fields: OpFields = serde_json::from_value(op.clone()).unwrap();
    serde_json::to_value(Op::sign(fields, &SecretKey::from_seed(seed)).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_an_account_moves_with_all_that_is_theirs() {
    let t = Three::new(2700).await;
    let cleo = t.c.person("cleo").await;
    let garden = Place::new(&cleo, "c.test", "Garden").await;
    let house = Place::new(&t.ada, "a.test", "House").await;
    let left = Place::new(&t.bob, "b.test", "Left").await;
    for place in [&garden, &left] {
        place.welcomes(&t.ada).await;
    }
    house.welcomes(&t.bob).await;
    t.ada.put_bytes("/me/avatar", "image/png", photo(40, 40)).await.expect_status(200);
    t.ada.patch("/me", json!({"display_name": "Ada", "bio": "I grow apples."})).await.expect_status(200);
    t.ada.put("/me/settings", json!({"theme": "dark"})).await.expect_status(200);
    for (place, body) in [(&t.orchard, "in the orchard"), (&garden, "in the garden"), (&house, "at home")] {
        place.hears(&t.ada, body).await;
    }
    left.hears(&t.ada, "soon gone").await;
    t.ada.post(&format!("/servers/{}/leave", left.sid), json!({})).await.expect_status(204);
    let sids = [&house.sid, &t.orchard.sid, &garden.sid];
    t.ada.put("/me/server_order", json!({"sids": sids})).await.expect_status(204);
    t.orchard.holds(&t.bob, "in the orchard").await;
    t.orchard.hears(&t.bob, "who reads this?").await;
    t.orchard.holds(&t.ada, "who reads this?").await;
    let order = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect()
    };
    let before = t.ada.get("/servers").await.json["servers"].clone();

    // She makes an account on C and shows the ticket there, while others talk.
    let new = t.c.person("ada.lovelace").await;
    let ticket = t.ticket().await;
    assert_eq!(ticket["link"], format!("http://c.test/move#a.test&{}", ticket["ticket"].as_str().unwrap()));
    tokio::join!(t.arrives(&new, &ticket), async {
        for i in 0..10 {
            t.orchard.hears(&t.bob, &format!("meanwhile {i}")).await;
        }
    });

    // She is who she was, and where she was.
    let me = new.get("/me").await.json;
    assert_eq!(
        (me.pointer("/user/id").unwrap(), me.pointer("/user/handle").unwrap(), me.pointer("/user/domain").unwrap()),
        (&json!(t.uid), &json!("ada.lovelace"), &json!("c.test"))
    );
    let card = new.get(&format!("/users/{}", t.uid)).await.json;
    assert_eq!((&card["user"]["display_name"], &card["bio"]), (&json!("Ada"), &json!("I grow apples.")));
    assert_eq!(new.get("/me/settings").await.json["theme"], "dark");
    let arrival = new.get("/me/arrival").await.json;
    for name in ["Orchard", "Garden", "House", "Left"] {
        assert_eq!(named(&arrival["communities"], name)["state"], "done", "{arrival}");
    }
    let after = new.get("/servers").await.json["servers"].clone();
    assert_eq!(order(&after), order(&before));
    for place in [&t.orchard, &garden, &house] {
        assert_eq!(t.home_in(&t.c, place), t.c.app.keys.ik.to_string());
    }
    until("her picture is here", async || new.get("/me").await.json["user"]["avatar"].is_string()).await;
    // What she wrote is hers, and what she had not read is not read.
    t.orchard.holds(&new, "in the orchard").await;
    let channels =
        after.as_array().unwrap().iter().find(|s| s["id"] == t.orchard.sid.as_str()).unwrap()["channels"].clone();
    let channel = channels.as_array().unwrap().iter().find(|c| c["id"] == t.orchard.channel.as_str()).unwrap().clone();
    assert!(channel["unread"].as_u64().unwrap() > 10, "what came meanwhile, and before: {channel}");
    let said = t.orchard.hears(&new, "from my new home").await;
    assert_eq!(said.pointer("/author").unwrap(), &json!(t.uid));
    t.orchard.holds(&t.bob, "from my new home").await;
    house.hears(&new, "still mine").await;
    house.holds(&t.bob, "still mine").await;
    // The owner is the owner.
    new.patch(&format!("/servers/{}", house.sid), json!({"name": "Home"})).await.expect_status(200);
    // Others see where she lives now.
    until("b shows it", async || {
        let card = t.bob.get(&format!("/users/{}", t.uid)).await.json;
        card["user"]["domain"] == "c.test" && card["user"]["handle"] == "ada.lovelace"
    })
    .await;

    // The home before keeps nothing but where she went, and tells only who knows her password.
    let old = t.a.client();
    t.ada.get("/me").await.expect_status(401);
    let wrong = json!({"handle": "ada", "password": "something else entirely"});
    old.post("/sessions", wrong).await.expect_problem(401, "bad_credentials");
    let moved = old.post("/sessions", json!({"handle": "ada", "password": PASSWORD})).await;
    assert_eq!(moved.expect_problem(403, "account_moved").json["domain"], "c.test");
    old.post("/accounts", json!({"handle": "ada", "password": PASSWORD})).await.expect_problem(409, "handle_taken");
    for (at, place) in [(&t.a, &house), (&t.b, &t.orchard), (&t.c, &garden), (&t.c, &t.orchard), (&t.c, &house)] {
        at.verifies(&place.id().await).await;
    }
    assert_eq!(t.home_in(&t.a, &house), t.c.app.keys.ik.to_string());
    // What she left behind where she left is still hers to erase.
    until("it is known what she left", async || {
        new.get("/me/departures").await.json["departures"]
            .as_array()
            .is_some_and(|all| all.iter().any(|d| d["name"] == "Left"))
    })
    .await;
    let erased = new.post(&format!("/me/departures/{}/erasure", left.sid), json!({})).await;
    assert!(erased.status == 201 || erased.status == 202, "{} {}", erased.status, erased.json);
    until("it is erased", async || left.read_by(&t.bob).await.iter().all(|(_, body)| body != "soon gone")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_who_holds_their_own_key_goes_on_where_the_home_is_gone() {
    let t = Three::new(2710).await;
    own_key(&t.ada, [7; 32]).await;
    let house = Place::new(&t.ada, "a.test", "House").await;
    house.welcomes(&t.bob).await;
    t.orchard.hears(&t.ada, "before").await;
    t.orchard.holds(&t.bob, "before").await;
    t.ada.put_bytes("/me/avatar", "image/png", photo(40, 40)).await.expect_status(200);
    until("b has her picture", async || {
        t.bob.get(&format!("/users/{}", t.uid)).await.json["user"]["avatar"].is_string()
    })
    .await;
    for other in ["b.test", "c.test"] {
        t.net.cut("a.test", other);
    }
    let new = t.c.person("ada").await;
    let look = async |who: &str, domains: Value| {
        new.post("/me/arrival/identity", json!({"who": who, "domains": domains})).await
    };
    // Nobody whom C knows knows her; b does.
    look("@ada@a.test", json!([])).await.expect_problem(404, "not_found");
    look("ada at a", json!([])).await.expect_problem(422, "invalid");
    look("@bob@b.test", json!(["b.test"])).await.expect_problem(409, "no_own_key");
    look("ada/../x@a.test", json!(["b.test"])).await.expect_problem(422, "invalid");
    let found = look("@ada@a.test", json!(["b.test"])).await.expect_status(200).json;
    // Somebody else who looks for her takes nothing from her.
    let other = t.c.person("mallory").await;
    other.post("/me/arrival/identity", json!({"who": t.uid, "domains": []})).await.expect_status(200);
    assert_eq!(found["uid"], t.uid.as_str());
    let take = async |op: Value| new.post("/me/arrival/recovery", json!({"op": op, "domains": ["b.test"]})).await;
    // Only her key, and only what it was asked for.
    take(signed(&found["op"], [8; 32])).await.expect_problem(422, "invalid");
    let mut other = found["op"].clone();
    other["home"] = json!(t.b.app.keys.ik);
    take(signed(&other, [7; 32])).await.expect_problem(422, "invalid");
    take(signed(&found["op"], [7; 32])).await.expect_status(202);
    settled(&new).await;
    let arrival = new.get("/me/arrival").await.json;
    assert_eq!(
        (&arrival["by_own_key"], &named(&arrival["communities"], "Orchard")["state"]),
        (&json!(true), &json!("done"))
    );
    t.orchard.holds(&new, "before").await;
    let said = t.orchard.hears(&new, "after").await;
    assert_eq!(said.pointer("/author").unwrap(), &json!(t.uid));
    t.orchard.holds(&t.bob, "after").await;
    until("her picture is here", async || new.get("/me").await.json["user"]["avatar"].is_string()).await;
    assert_eq!(new.get("/me").await.text("/user/display_name"), "ada");

    // Her home comes back: it does not speak for her any more, and lets her go when it hears of it.
    let late = t.ada.post(&t.orchard.messages(), json!({"nonce": "late", "body": "late"})).await;
    for other in ["b.test", "c.test"] {
        t.net.heal("a.test", other);
    }
    until("a knows", async || t.ada.get("/me").await.status == 401).await;
    assert!(t.orchard.read_by(&t.bob).await.iter().all(|(_, body)| body != "late"), "{}", late.json);
    let back = t.a.client().post("/sessions", json!({"handle": "ada", "password": PASSWORD})).await;
    assert_eq!(back.expect_problem(403, "account_moved").json["domain"], "c.test");
    // What lives there is asked for now.
    new.post("/me/arrival/instances", json!({"domains": ["a.test"]})).await.expect_status(202);
    settled(&new).await;
    until("she owns it", async || {
        new.patch(&format!("/servers/{}", house.sid), json!({"name": "Home"})).await.status == 200
    })
    .await;
    for (at, place) in [(&t.a, &house), (&t.b, &t.orchard), (&t.c, &t.orchard), (&t.c, &house)] {
        at.verifies(&place.id().await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_a_move_is_refused_where_it_is_not_the_persons_wish() {
    let t = Three::new(2720).await;
    let new = t.c.person("ada").await;
    let bring = async |who: &TestClient, ticket: &str| {
        who.post("/me/arrival", json!({"domain": "a.test", "ticket": ticket})).await
    };
    // Not without showing who is there, not to nowhere, not to this place itself.
    t.later(20 * 60_000);
    t.ada.post("/me/move", json!({"domain": "c.test"})).await.expect_problem(403, "proof_required");
    t.ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await;
    t.ada.post("/me/move", json!({"domain": "a.test"})).await.expect_problem(422, "invalid");
    t.ada.post("/me/move", json!({"domain": "nowhere.test"})).await.expect_problem(502, "peer_unreachable");
    // A made-up ticket, and one for another instance.
    bring(&new, "made-up").await.expect_problem(403, "ticket_invalid");
    let ticket = t.ticket().await["ticket"].as_str().unwrap().to_owned();
    let thief = t.b.person("thief").await;
    bring(&thief, &ticket).await.expect_problem(403, "ticket_invalid");
    // One that was taken back, one that is too old, and one that a newer one took the place of.
    t.ada.delete("/me/move").await.expect_status(204);
    bring(&new, &ticket).await.expect_problem(403, "ticket_invalid");
    let ticket = t.ticket().await["ticket"].as_str().unwrap().to_owned();
    t.later(61 * 60_000);
    bring(&new, &ticket).await.expect_problem(403, "ticket_invalid");
    t.ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await;
    let replaced = t.ticket().await["ticket"].as_str().unwrap().to_owned();
    let ticket = t.ticket().await["ticket"].as_str().unwrap().to_owned();
    bring(&new, &replaced).await.expect_problem(403, "ticket_invalid");
    // An account that has taken part is not overwritten.
    let cleo = t.c.person("cleo").await;
    Place::new(&cleo, "c.test", "Garden").await;
    bring(&cleo, &ticket).await.expect_problem(409, "account_in_use");
    // An admin who is the last one stays, and nothing of all that moved anybody.
    let admin = t.a.admin().await;
    admin.post("/me/move", json!({"domain": "c.test"})).await.expect_problem(409, "last_admin");
    assert_eq!(t.home_in(&t.b, &t.orchard), t.a.app.keys.ik.to_string());
    t.ada.get("/me").await.expect_status(200);
    new.get("/me/arrival").await.expect_problem(404, "not_found");

    // It is used once: the answer that was lost is given again, and nothing else.
    let c_asks = async |keys: [u8; 32], at: &TestInstance| {
        let (signing_key, rotation_key) = (SecretKey::from_seed(keys).public(), SecretKey::from_seed([5; 32]).public());
        let asked = MoveGo { ticket: ticket.clone(), signing_key, rotation_key, anyway: false };
        let path = "/moves/go";
        peers::call::<_, MoveGone>(&at.app, &"a.test".parse_domain(), Method::POST, path, &asked).await
    };
    assert_eq!(c_asks([3; 32], &t.b).await.unwrap_err().code(), Some("no_grant"));
    let gone = c_asks([3; 32], &t.c).await.unwrap();
    assert_eq!(c_asks([3; 32], &t.c).await.unwrap().op, gone.op);
    assert_eq!(c_asks([4; 32], &t.c).await.unwrap_err().code(), Some("no_grant"));
    let look = MoveLook { ticket: ticket.clone() };
    let looked =
        peers::call::<_, Luggage>(&t.c.app, &"a.test".parse_domain(), Method::POST, "/moves/look", &look).await;
    assert_eq!(looked.unwrap_err().code(), Some("no_grant"));
    t.ada.get("/me").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_a_former_home_speaks_for_nobody_and_a_higher_key_outranks_it() {
    let t = Three::new(2730).await;
    own_key(&t.ada, [7; 32]).await;
    t.orchard.hears(&t.ada, "before").await;
    t.orchard.holds(&t.bob, "before").await;
    let uid = t.uid.parse().unwrap();
    let orchard = t.orchard.id().await;
    let chain = async |at: &TestInstance| profiles::chain(&mut at.app.db.read().await.unwrap(), &t.uid).await.unwrap();
    let before = chain(&t.a).await;
    // Her home turns against her: it hands her over to an instance of its own choice.
    let evil = t.net.instance("evil.test").await;
    let keys = rehome::WorkingKeys {
        signing: SecretKey::from_seed([11; 32]).public(),
        rotation: SecretKey::from_seed([12; 32]).public(),
    };
    let mut tx = t.a.app.db.begin().await.unwrap();
    let to = "evil.test".parse_domain();
    let stolen = rehome::hand_over(&t.a.app, &mut tx, &t.uid, (&to, &evil.app.keys.ik), keys).await.unwrap();
    drop(tx);
    let theft: Vec<Op> = before.iter().cloned().chain([stolen]).collect();
    let bring = async |at: &TestInstance, identity: Vec<Op>, over: Vec<Op>| {
        let content = MemberMigrate { identity, over };
        peers::migrate(&at.app, &uid, &"b.test".parse_domain(), &orchard, &content).await
    };
    // A chain that names somebody else opens nothing.
    assert_eq!(bring(&t.c, theft.clone(), vec![]).await.unwrap_err().code, "not_home");
    bring(&evil, theft.clone(), vec![]).await.unwrap();
    assert_eq!(t.home_in(&t.b, &t.orchard), evil.app.keys.ik.to_string());

    // She comes with her key, and what the home signed since is void.
    let new = t.c.person("ada").await;
    let asked = json!({"who": t.uid, "domains": ["b.test"]});
    let found = new.post("/me/arrival/identity", asked).await.expect_status(200).json;
    // What others tell is the stolen chain; she parts from it where she was robbed.
    let mut op = found["op"].clone();
    if op["n"] != json!(before.len()) {
        op = serde_json::to_value(verify_chain(&before).unwrap().following()).unwrap();
        for field in ["home", "profile_host", "signing_keys", "rotation_keys"] {
            op[field] = found["op"][field].clone();
        }
    }
    let taken = new.post("/me/arrival/recovery", json!({"op": signed(&op, [7; 32]), "domains": ["b.test"]})).await;
    taken.expect_status(202);
    settled(&new).await;
    assert_eq!(t.home_in(&t.b, &t.orchard), t.c.app.keys.ik.to_string());
    t.orchard.hears(&new, "mine again").await;
    t.orchard.holds(&t.bob, "mine again").await;
    // Neither the thief nor the home before gets her back.
    let rescued = chain(&t.c).await;
    assert_eq!(
        bring(&evil, theft.clone(), rescued[before.len()..].to_vec()).await.unwrap_err().code,
        "bad_identity_op"
    );
    assert_eq!(bring(&evil, theft, vec![]).await.unwrap_err().code, "bad_identity_op");
    assert_eq!(bring(&t.a, before.clone(), vec![]).await.unwrap_err().code, "bad_identity_op");
    assert_eq!(t.home_in(&t.b, &t.orchard), t.c.app.keys.ik.to_string());
    t.b.verifies(&orchard).await;
    t.c.verifies(&orchard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_a_move_goes_on_after_a_restart_and_says_what_did_not_arrive() {
    let mut t = Three::new(2740).await;
    t.orchard.hears(&t.ada, "before").await;
    t.orchard.holds(&t.bob, "before").await;
    // What she sends waits for an instance that is away: her home hands her over when that has arrived, or after a while.
    t.net.cut("b.test", "a.test");
    t.net.cut("b.test", "c.test");
    t.ada.post(&t.orchard.messages(), json!({"nonce": "lost", "body": "into the void"})).await;
    let mut new = t.c.person("ada").await;
    let ticket = t.ticket().await;
    new.post("/me/arrival", json!({"domain": "a.test", "ticket": ticket["ticket"]})).await.expect_status(202);
    until("her home waits", async || new.get("/me/arrival").await.json["problem"] == "overloaded").await;
    assert_eq!(new.get("/me/arrival").await.json["state"], "arriving");
    // Twice is not possible, and nothing else is begun there.
    let again = json!({"domain": "a.test", "ticket": ticket["ticket"]});
    new.post("/me/arrival", again).await.expect_problem(409, "conflict");
    t.ada.get("/me").await.expect_status(401);

    new.let_go();
    t.c = t.c.restart().await;
    let new = t.c.client().acting_as(&new);
    t.later(61_000);
    until("she is here", async || new.get("/me/arrival").await.json["state"] == "here").await;
    let arrival = new.get("/me/arrival").await.json;
    assert_eq!(arrival["unsent"], json!(["into the void"]));
    until("its host is away", async || {
        named(&new.get("/me/arrival").await.json["communities"], "Orchard")["problem"] == "peer_unreachable"
    })
    .await;
    assert_eq!(new.get("/servers").await.json["servers"], json!([]));
    t.net.heal("b.test", "a.test");
    t.net.heal("b.test", "c.test");
    t.later(3_600_000);
    settled(&new).await;
    t.orchard.holds(&new, "before").await;
    t.orchard.hears(&new, "after").await;
    t.orchard.holds(&t.bob, "after").await;
    assert!(t.orchard.read_by(&t.bob).await.iter().all(|(_, body)| body != "into the void"));
    t.b.verifies(&t.orchard.id().await).await;
}

/// Opens a vault with the key that it was sealed to.
fn opened(sealed: &str, seed: [u8; 32]) -> Vault {
    let sealed = BASE64.decode(sealed.as_bytes()).unwrap();
    let (fresh, text) = sealed.split_at(32);
    let secret: [u8; 32] = Sha512::digest(seed)[..32].try_into().unwrap();
    let shared = MontgomeryPoint(fresh.try_into().unwrap()).mul_clamped(secret);
    let own = MontgomeryPoint::mul_base_clamped(secret);
    let key = Sha256::new()
        .chain_update(b"conntext/vault/v1\n")
        .chain_update(fresh)
        .chain_update(own.to_bytes())
        .chain_update(shared.to_bytes())
        .finalize();
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key).unwrap());
    let mut text = text.to_vec();
    let plain = key.open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut text).unwrap();
    serde_json::from_slice(plain).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_the_vault_beside_the_profile_knows_the_way() {
    let t = Three::new(2750).await;
    own_key(&t.ada, [7; 32]).await;
    t.ada.put("/me/settings", json!({"theme": "dark"})).await.expect_status(200);
    t.ada.put("/me/profile-host", json!({"domain": "c.test"})).await.expect_status(200);
    let kept = async || profiles::hosting::vault_of(&mut t.c.app.db.read().await.unwrap(), &t.uid).await.unwrap();
    until("it lies there", async || kept().await.is_some()).await;
    let names = |vault: &Vault| vault.communities.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let first = kept().await.unwrap();
    assert_eq!(names(&opened(&first, [7; 32])), ["Orchard"]);
    // How much is in it does not show, and what changes is there soon.
    assert_eq!((BASE64.decode(first.as_bytes()).unwrap().len() - 48) % 4096, 0);
    let meadow = Place::new(&t.bob, "b.test", "Meadow").await;
    meadow.welcomes(&t.ada).await;
    until("it knows the other one", async || {
        names(&opened(&kept().await.unwrap(), [7; 32])).contains(&"Meadow".to_owned())
    })
    .await;

    // The home is gone. Another instance, which knows nobody, is told of one place only: where the profile lies.
    t.net.cut("a.test", "b.test");
    t.net.cut("a.test", "c.test");
    let d = t.net.instance("d.test").await;
    let new = d.person("ada").await;
    let open = async |claim: Value| new.post("/me/arrival/vault", json!({"claim": claim})).await;
    open(json!({})).await.expect_problem(404, "not_found");
    let found = new.post("/me/arrival/identity", json!({"who": "@ada@a.test", "domains": ["c.test"]})).await;
    let found = found.expect_status(200).json;
    let claim = |change: &dyn Fn(&mut VaultClaimFields), seed| {
        let mut fields: VaultClaimFields = serde_json::from_value(found["claim"].clone()).unwrap();
        change(&mut fields);
        serde_json::to_value(VaultClaim::sign(fields, &SecretKey::from_seed(seed)).unwrap()).unwrap()
    };
    // Another key, another reader, another person, and one that counts too long.
    let (b, bob) = (t.b.app.keys.ik.clone(), t.bob.get("/me").await.text("/user/id").parse().unwrap());
    for bad in [
        claim(&|_| (), [8; 32]),
        claim(&|f| f.reader = b.clone(), [7; 32]),
        claim(&|f| f.uid = Clone::clone(&bob), [7; 32]),
        claim(&|f| f.exp += 2 * 3_600_000, [7; 32]),
    ] {
        let refused = open(bad).await;
        assert!(matches!(refused.status.as_u16(), 404 | 422), "{}", refused.json);
    }
    let sealed = open(claim(&|_| (), [7; 32])).await.expect_status(200).text("/vault");
    let vault = serde_json::to_value(opened(&sealed, [7; 32])).unwrap();
    assert_eq!(vault["settings"]["theme"], "dark");
    let op = signed(&found["op"], [7; 32]);
    let took = json!({"op": op, "domains": [], "vault": {"communities": 1}});
    new.post("/me/arrival/recovery", took).await.expect_problem(422, "invalid");
    new.post("/me/arrival/recovery", json!({"op": op, "domains": [], "vault": vault})).await.expect_status(202);
    settled(&new).await;
    let arrival = new.get("/me/arrival").await.json;
    for name in ["Orchard", "Meadow"] {
        assert_eq!(named(&arrival["communities"], name)["state"], "done", "{arrival}");
    }
    assert_eq!(new.get("/me/settings").await.json["theme"], "dark");
    t.orchard.hears(&new, "here again").await;
    t.orchard.holds(&t.bob, "here again").await;
    // The profile stays where it lay, and its host has a vault of what holds now.
    until("c is the host still", async || new.get("/me/profile-host").await.json["domain"] == "c.test").await;
    // A grant's number grows with the clock, which stood still until now.
    t.later(600_000);
    d.clock.advance(600_000);
    new.patch("/me", json!({"bio": "saved"})).await.expect_status(200);
    until("c has it", async || {
        let kept = profiles::document(&mut t.c.app.db.read().await.unwrap(), &t.uid).await.unwrap();
        kept.is_some_and(|kept| kept.bio == "saved")
    })
    .await;
}
