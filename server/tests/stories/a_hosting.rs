//! Where profiles lie: on the instance that their people chose, under their own signature.

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::hosting::{Grant, GrantFields, HostRequest, ReleaseRequest, Released};
use conntext_federation::identity::verify_chain;
use conntext_federation::ids::UserId;
use conntext_federation::keys::SecretKey;
use conntext_federation::own_key::{OwnKeyClaim, OwnKeyFields};
use conntext_federation::profile::{ProfileDoc, ProfileFields};
use conntext_federation::wire::SignedProfile;
use conntext_server::args;
use conntext_server::db::Query as _;
use conntext_server::peers::{self, CallError, Told};
use conntext_server::profiles::{self, exchange};
use serde_json::{Value, json};

use crate::c_files::photo;
use crate::kit::{PASSWORD, TestClient, TestInstance, TestNet, holds, until};

/// Ada is at home on A and in a community of B; C offers to keep profiles.
struct Three {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    c: TestInstance,
    ada: TestClient,
    bob: TestClient,
    uid: String,
}

impl Three {
    async fn new(seed: u64) -> Self {
        let net = TestNet::new(seed);
        let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
        let (ada, bob) = (a.person("ada").await, b.person("bob").await);
        let made = bob.post("/servers", json!({"name": "Orchard"})).await.expect_status(201);
        let invites = format!("/servers/{}/invites", made.text("/id"));
        let code = bob.post(&invites, json!({})).await.expect_status(201).text("/code");
        ada.post(&format!("/invites/b.test/{code}/accept"), json!({})).await.expect_status(200);
        let uid = ada.get("/me").await.text("/user/id");
        Self { net, a, b, c, ada, bob, uid }
    }

    async fn choose(&self, domain: &str) -> crate::kit::Answer {
        self.ada.put("/me/profile-host", json!({"domain": domain})).await
    }

    async fn places(&self) -> Value {
        self.ada.get("/me/profile-host").await.expect_status(200).json
    }

    /// The state of a place, and what is wrong with it.
    async fn place(&self, domain: &str) -> (String, Value) {
        let places = self.places().await;
        let found = places["places"].as_array().unwrap().iter().find(|place| place["domain"] == domain);
        found.map_or_else(Default::default, |place| {
            (place["state"].as_str().unwrap().to_owned(), place["problem"].clone())
        })
    }

    async fn kept_by(&self, domain: &str) {
        until("it has arrived", async || {
            self.place(domain).await == ("kept".into(), Value::Null) && self.places().await["domain"] == domain
        })
        .await;
    }

    /// What an instance shows others of ada.
    async fn shown_by(&self, from: &TestInstance, at: &str) -> Result<SignedProfile, CallError> {
        peers::get(&from.app, &domain(at), &format!("/profiles/{}", self.uid)).await
    }

    async fn bio_on(&self, at: &TestInstance) -> Option<String> {
        Some(profiles::document(&mut at.app.db.read().await.unwrap(), &self.uid).await.unwrap()?.bio.clone())
    }

    async fn says(&self, bio: &str) {
        self.ada.patch("/me", json!({"bio": bio})).await.expect_status(200);
    }
}

fn domain(text: &str) -> Domain {
    Domain::parse_normal(text, true).unwrap()
}

/// A public key as the API shows it.
fn public(seed: [u8; 32]) -> Value {
    serde_json::to_value(SecretKey::from_seed(seed).public()).unwrap()
}

async fn pictures(at: &TestInstance) -> i64 {
    let mut read = at.app.db.read().await.unwrap();
    read.row("select count(*) from avatars", args![]).await.unwrap().unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_a_profile_lies_where_its_person_wants_and_moves_on() {
    let t = Three::new(2600).await;
    assert_eq!((&t.places().await["domain"], &t.places().await["home"]), (&json!("a.test"), &json!(true)));
    t.ada.put_bytes("/me/avatar", "image/png", photo(40, 40)).await.expect_status(200);
    t.says("one").await;
    // Any address that is typed, and from then on it stands in the list.
    let offer = t.ada.get("/profile-hosts/c.test").await.expect_status(200).json;
    assert_eq!((&offer["domain"], &offer["open"]), (&json!("c.test"), &json!(true)));
    let hosts = t.ada.get("/profile-hosts").await.expect_status(200).json;
    let domains: Vec<&str> = hosts["hosts"].as_array().unwrap().iter().map(|h| h["domain"].as_str().unwrap()).collect();
    assert_eq!(domains, ["b.test", "c.test"]);

    t.choose("c.test").await.expect_status(200);
    t.kept_by("c.test").await;
    // It is brought there once more, under the operation that names the place.
    until("the place itself shows that it is the place", async || {
        let shown = t.shown_by(&t.b, "c.test").await.unwrap();
        verify_chain(&shown.identity).unwrap().profile_host == t.c.app.keys.ik
    })
    .await;
    let shown = t.shown_by(&t.b, "c.test").await.unwrap();
    let identity = verify_chain(&shown.identity).unwrap();
    assert_eq!(identity.home, t.a.app.keys.ik);
    shown.profile.verify(&identity).unwrap();
    assert_eq!((shown.profile.bio.as_str(), pictures(&t.c).await), ("one", 1));
    // What is new is there in a moment.
    t.says("two").await;
    until("the host has it", async || t.bio_on(&t.c).await.as_deref() == Some("two")).await;

    let card = async || t.bob.get(&format!("/users/{}", t.uid)).await.json;
    // To another one, in one step: the one before erases it and signs for that.
    t.choose("b.test").await.expect_status(200);
    t.kept_by("b.test").await;
    until("the one before has let go", async || t.place("c.test").await.0 == "left").await;
    let left =
        t.places().await["places"].as_array().unwrap().iter().find(|p| p["domain"] == "c.test").cloned().unwrap();
    assert_eq!(left["confirmed"], true);
    assert_eq!((t.bio_on(&t.c).await, pictures(&t.c).await), (None, 0));
    assert_eq!(t.shown_by(&t.b, "c.test").await.unwrap_err().code(), Some("not_found"));
    // And home again.
    t.choose("a.test").await.expect_status(200);
    until("b has let go", async || t.place("b.test").await.0 == "left").await;
    assert_eq!(t.places().await["home"], true);
    // Its people meet her still, and see what is new.
    t.says("three").await;
    until("b shows it", async || card().await["bio"] == "three").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_the_host_tells_while_the_home_is_away() {
    let t = Three::new(2605).await;
    t.ada.put_bytes("/me/avatar", "image/png", photo(40, 40)).await.expect_status(200);
    t.says("two").await;
    t.choose("c.test").await.expect_status(200);
    t.kept_by("c.test").await;
    until("b knows where it lies", async || {
        let mut read = t.b.app.db.read().await.unwrap();
        let row = read.row("select host from profiles where uid = $1", args![&t.uid]).await.unwrap();
        row.is_some_and(|row| row.get::<String>(0) == "c.test")
    })
    .await;
    // They know each other already when B starts again, without what it knew of her.
    peers::hello::say(&t.b.app, &domain("c.test")).await.unwrap();
    let Three { net, a: _a, b, c: _c, ada: _ada, mut bob, uid } = t;
    net.cut("a.test", "b.test");
    let mut tx = b.app.db.begin().await.unwrap();
    tx.exec("update profiles set rev = 0, bio = '', fetched_at = 0 where uid = $1", args![&uid]).await.unwrap();
    tx.exec("delete from avatars", args![]).await.unwrap();
    tx.commit().await.unwrap();
    bob.let_go();
    let b = b.restart().await;
    let bob = b.client().acting_as(&bob);
    until("b has it from the host", async || bob.get(&format!("/users/{uid}")).await.json["bio"] == "two").await;
    until("and the picture", async || bob.get(&format!("/users/{uid}/avatar")).await.status == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_a_host_can_neither_forge_nor_bring_an_older_one_back() {
    let t = Three::new(2610).await;
    t.says("old").await;
    t.choose("c.test").await.expect_status(200);
    t.kept_by("c.test").await;
    let old = t.shown_by(&t.b, "c.test").await.unwrap();
    t.says("new").await;
    let on_b = async || t.bio_on(&t.b).await;
    until("b has it", async || on_b().await.as_deref() == Some("new")).await;
    until("c has it", async || t.bio_on(&t.c).await.as_deref() == Some("new")).await;
    let genuine = t.shown_by(&t.b, "c.test").await.unwrap();
    let forged = {
        let stranger = SecretKey::from_seed([7; 32]);
        let fields = ProfileFields { bio: "forged".into(), rev: 99, ..genuine.profile.body().clone() };
        SignedProfile { profile: ProfileDoc::sign(fields, &stranger).unwrap(), ..genuine.clone() }
    };
    for wrong in [old, forged] {
        let told = Told { home: domain("a.test"), by: domain("c.test"), profile: wrong };
        exchange::keep(&t.b.app, vec![told]).await.unwrap();
        assert_eq!(on_b().await.as_deref(), Some("new"));
    }

    // The home looks after what it gave, tells its person, and brings it again.
    let doc = serde_json::to_string(&genuine.profile).unwrap().replace("\"new\"", "\"bad\"");
    let mut tx = t.c.app.db.begin().await.unwrap();
    tx.exec("update profiles set doc = $1 where uid = $2", args![&doc, &t.uid]).await.unwrap();
    tx.commit().await.unwrap();
    let before = t.bio_on(&t.c).await;
    assert_eq!(before.as_deref(), Some("bad"));
    for at in [&t.a, &t.b, &t.c] {
        at.clock.advance(21_600_001);
    }
    until("it was found and mended", async || {
        t.a.app.hosting.wake();
        t.bio_on(&t.c).await.as_deref() == Some("new")
    })
    .await;
    t.kept_by("c.test").await;
    // Gone altogether, it comes again as well.
    let mut tx = t.c.app.db.begin().await.unwrap();
    tx.exec("delete from profiles where uid = $1", args![&t.uid]).await.unwrap();
    tx.commit().await.unwrap();
    for at in [&t.a, &t.b, &t.c] {
        at.clock.advance(21_600_001);
    }
    until("it is there again", async || {
        t.a.app.hosting.wake();
        t.bio_on(&t.c).await.as_deref() == Some("new")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_an_instance_offers_caps_refuses_and_lets_go() {
    let net = TestNet::new(2620);
    let a = net.instance("a.test").await;
    let _closed = net.instance_with("closed.test", |config| config.profile_hosting.offer = false).await;
    let small = net
        .instance_with("small.test", |config| {
            config.profile_hosting.max_profiles = 1;
            config.profile_hosting.terms = "Be kind.".into();
        })
        .await;
    let (ada, amy) = (a.person("ada").await, a.person("amy").await);
    let choose = async |who: &TestClient, domain: &str| who.put("/me/profile-host", json!({"domain": domain})).await;
    assert_eq!(ada.get("/profile-hosts/closed.test").await.expect_status(200).json["open"], false);
    assert_eq!(ada.get("/profile-hosts/small.test").await.json["terms"], "Be kind.");
    choose(&ada, "closed.test").await.expect_problem(409, "no_offer");
    choose(&ada, "nowhere.test").await.expect_problem(502, "peer_unreachable");
    let odd = choose(&ada, "not a domain").await.expect_problem(422, "invalid");
    assert_eq!(odd.field_code(), ("domain", "bad_domain"));
    ada.get("/profile-hosts/a.test").await.expect_problem(422, "invalid");

    choose(&ada, "small.test").await.expect_status(200);
    let state = async |who: &TestClient| {
        let places = who.get("/me/profile-host").await.json;
        (places["places"][0]["state"].clone(), places["places"][0]["problem"].clone(), places["home"].clone())
    };
    until("it is there", async || state(&ada).await == (json!("kept"), Value::Null, json!(false))).await;
    // Full: said before where that is known, and where it is only found out there.
    choose(&amy, "small.test").await.expect_status(200);
    until("it was refused", async || state(&amy).await == (json!("refused"), json!("quota"), json!(true))).await;
    a.clock.advance(60_001);
    choose(&amy, "small.test").await.expect_problem(409, "no_offer");

    // Its admins see what they keep, and may want it no longer: it comes home.
    let root = small.admin().await;
    ada.get("/hosted-profiles").await.expect_problem(403, "forbidden");
    let kept = root.get("/hosted-profiles").await.expect_status(200).json;
    assert_eq!((&kept["homes"][0]["domain"], &kept["homes"][0]["profiles"]), (&json!("a.test"), &json!(1)));
    root.delete("/hosted-profiles/a.test").await.expect_status(204);
    root.delete("/hosted-profiles/a.test").await.expect_problem(404, "not_found");
    until("it came home", async || {
        a.clock.advance(21_600_001);
        small.clock.advance(21_600_001);
        a.app.hosting.wake();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        state(&ada).await == (json!("refused"), json!("no_grant"), json!(true))
    })
    .await;
    // Moves are limited; those of before are forgotten in days, however long the walk home took.
    for instance in [&a, &small] {
        instance.clock.advance(4 * 86_400_000);
    }
    amy.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    let open = net.instance("open.test").await;
    open.clock.advance(a.app.clock.now_ms() - open.app.clock.now_ms());
    // The way back costs a move only where the way there had come to its end: three at the most.
    choose(&amy, "open.test").await.expect_status(200);
    choose(&amy, "a.test").await.expect_status(200);
    choose(&amy, "open.test").await.expect_status(200);
    until("there is an end to it", async || {
        choose(&amy, "a.test").await.status == 429 || choose(&amy, "open.test").await.status == 429
    })
    .await;
    drop(open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_a_host_does_what_the_person_signed_and_their_home_asks() {
    let t = Three::new(2630).await;
    t.choose("c.test").await.expect_status(200);
    t.kept_by("c.test").await;
    let uid: UserId = t.uid.parse().unwrap();
    let c = domain("c.test");
    let genuine = t.shown_by(&t.b, "c.test").await.unwrap();
    let stranger = SecretKey::from_seed([9; 32]);
    let now = || u64::try_from(t.a.app.clock.now_ms()).unwrap();
    let (host, other) = (t.c.app.keys.ik.clone(), t.b.app.keys.ik.clone());
    let mut n = now() + 1_000;
    let mut grant = async |change: &dyn Fn(&mut GrantFields), key: Option<&SecretKey>| {
        n += 1;
        let exp = t.a.app.clock.now_ms() + 60_000;
        let mut fields =
            GrantFields { uid: uid.clone(), host: host.clone(), op: genuine.profile.op, n, keep: true, exp };
        change(&mut fields);
        match key {
            Some(key) => Grant::sign(fields, key).unwrap(),
            None => {
                let mut read = t.a.app.db.read().await.unwrap();
                profiles::sign_grant(&t.a.app, &mut read, fields).await.unwrap()
            }
        }
    };
    let put = async |by: &TestInstance, grant: Grant| {
        let request = HostRequest { grant, profile: genuine.clone(), vault: None };
        let path = format!("/profiles/{uid}/host");
        let sent: Result<Value, CallError> = peers::call(&by.app, &c, Method::PUT, &path, &request).await;
        sent.map_or_else(|e| e.code().unwrap_or("?").to_owned(), |_| "kept".into())
    };
    let release = async |by: &TestInstance, grant: Grant| {
        let request = ReleaseRequest { grant, identity: genuine.identity.clone() };
        let path = format!("/profiles/{uid}/release");
        let sent: Result<Released, CallError> = peers::call(&by.app, &c, Method::POST, &path, &request).await;
        sent.map_or_else(|e| e.code().unwrap_or("?").to_owned(), |_| "released".into())
    };
    let good = |_: &mut GrantFields| {};
    assert_eq!(put(&t.b, grant(&good, None).await).await, "not_home");
    assert_eq!(release(&t.b, grant(&|g| g.keep = false, None).await).await, "not_home");
    assert_eq!(put(&t.a, grant(&good, Some(&stranger)).await).await, "bad_object_signature");
    assert_eq!(put(&t.a, grant(&|g| g.host = other.clone(), None).await).await, "no_grant");
    assert_eq!(put(&t.a, grant(&|g| g.exp = 1, None).await).await, "no_grant");
    assert_eq!(put(&t.a, grant(&|g| g.keep = false, None).await).await, "no_grant");
    assert_eq!(release(&t.a, grant(&good, None).await).await, "no_grant");
    assert_eq!(t.bio_on(&t.c).await.as_deref(), Some(""));
    // Nothing is undone by what was signed before.
    let earlier = grant(&|g| g.keep = false, None).await;
    let again = grant(&good, None).await;
    assert_eq!(put(&t.a, again.clone()).await, "kept");
    assert_eq!(put(&t.a, again).await, "replayed");
    assert_eq!(release(&t.a, earlier).await, "replayed");
    let last = grant(&|g| g.keep = false, None).await;
    assert_eq!(release(&t.a, last.clone()).await, "released");
    assert_eq!(t.bio_on(&t.c).await, None);
    assert_eq!(release(&t.a, last).await, "replayed");
    // Whom it never kept it confirms nothing about that it does not know: it keeps nothing.
    assert_eq!(release(&t.a, grant(&|g| g.keep = false, None).await).await, "released");
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_a_move_goes_on_after_a_restart_and_can_be_given_up() {
    let Three { net, a, b: _b, c, mut ada, mut bob, uid } = Three::new(2640).await;
    ada.get("/profile-hosts/c.test").await.expect_status(200);
    net.cut("a.test", "c.test");
    ada.put("/me/profile-host", json!({"domain": "c.test"})).await.expect_status(200);
    let state = async |ada: &TestClient| {
        let places = ada.get("/me/profile-host").await.json;
        (places["places"][0]["state"].clone(), places["places"][0]["problem"].clone(), places["domain"].clone())
    };
    let waits = (json!("moving"), json!("peer_unreachable"), json!("a.test"));
    until("it says why it waits", async || state(&ada).await == waits).await;
    ada.let_go();
    bob.let_go();
    let a = a.restart().await;
    let ada = a.client().acting_as(&ada);
    assert_eq!(state(&ada).await, waits);
    net.heal("a.test", "c.test");
    until("it goes on", async || {
        a.clock.advance(60_000);
        c.clock.advance(60_000);
        a.app.hosting.wake();
        state(&ada).await == (json!("kept"), Value::Null, json!("c.test"))
    })
    .await;

    // The home is put back to an earlier day: it goes on from what the host has.
    ada.patch("/me", json!({"bio": "before"})).await.expect_status(200);
    let on_c =
        async || profiles::document(&mut c.app.db.read().await.unwrap(), &uid).await.unwrap().unwrap().bio.clone();
    until("the host has it", async || on_c().await == "before").await;
    let mut tx = a.app.db.begin().await.unwrap();
    tx.exec("update profiles set rev = 0 where uid = $1", args![&uid]).await.unwrap();
    tx.commit().await.unwrap();
    ada.patch("/me", json!({"bio": "after"})).await.expect_status(200);
    until("it counts again", async || {
        a.clock.advance(60_000);
        c.clock.advance(60_000);
        a.app.hosting.wake();
        on_c().await == "after"
    })
    .await;

    // Given up while it is on its way.
    let there = net.instance("d.test").await;
    there.clock.advance(a.app.clock.now_ms() - there.app.clock.now_ms());
    ada.get("/profile-hosts/d.test").await.expect_status(200);
    // The clocks above may have gone far.
    ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    net.cut("a.test", "d.test");
    ada.put("/me/profile-host", json!({"domain": "d.test"})).await.expect_status(200);
    ada.put("/me/profile-host", json!({"domain": "c.test"})).await.expect_status(200);
    net.heal("a.test", "d.test");
    until("nothing of it is left there", async || {
        a.clock.advance(60_000);
        there.clock.advance(60_000);
        a.app.hosting.wake();
        let places = ada.get("/me/profile-host").await.json;
        places["domain"] == "c.test" && places["places"][0]["state"] == "left"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_who_goes_is_forgotten_by_the_host_and_a_block_ends_it() {
    let t = Three::new(2650).await;
    t.choose("c.test").await.expect_status(200);
    t.kept_by("c.test").await;
    let root = t.c.admin().await;
    root.put("/trust/rules/a.test", json!({"verdict": "block"})).await.expect_status(200);
    until("nothing is kept for those who are blocked", async || t.bio_on(&t.c).await.is_none()).await;
    root.delete("/trust/rules/a.test").await.expect_status(204);
    t.says("again").await;
    until("afterwards it comes again", async || {
        for at in [&t.a, &t.b, &t.c] {
            at.clock.advance(60_000);
        }
        t.a.app.hosting.wake();
        t.bio_on(&t.c).await.as_deref() == Some("again")
    })
    .await;

    t.ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    t.ada.post("/me/deletion", json!({"erase": false})).await.expect_status(201);
    let days = t.a.app.config.accounts.deletion_days * 86_400_000;
    for at in [&t.a, &t.b, &t.c] {
        at.clock.advance(days + 1);
    }
    until("the host keeps an empty end", async || {
        conntext_server::deletion::round(&t.a.app).await.unwrap();
        let mut read = t.c.app.db.read().await.unwrap();
        let ended = profiles::document(&mut read, &t.uid).await.unwrap();
        let promised = read.row("select 1 from hosted_profiles", args![]).await.unwrap();
        ended.is_none_or(|doc| doc.deleted == Some(true)) && promised.is_none()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_a_key_of_ones_own_stands_above_the_homes_and_only_it_gives_way() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let (first, second, third) = ([1; 32], [2; 32], [3; 32]);
    let look = async || ada.get("/me/identity").await.expect_status(200).json;
    let claim = async |seed: [u8; 32], signer: [u8; 32]| {
        let known = look().await;
        let fields = OwnKeyFields {
            uid: known["uid"].as_str().unwrap().parse().unwrap(),
            prev: known["head"].as_str().unwrap().parse().unwrap(),
            key: SecretKey::from_seed(seed).public(),
        };
        serde_json::to_value(OwnKeyClaim::sign(fields, &SecretKey::from_seed(signer)).unwrap()).unwrap()
    };
    let set = async |body: Value| ada.put("/me/own-key", body).await;
    assert_eq!(look().await["own_key"], Value::Null);
    // Somebody who does not hold the key; a claim of before; nonsense.
    let forged = set(json!({"claim": claim(first, second).await})).await.expect_problem(422, "invalid");
    assert_eq!(forged.field_code(), ("claim", "bad_signature"));
    set(json!({"claim": {"uid": 1}})).await.expect_problem(422, "invalid");
    let early = claim(second, second).await;
    let op = json!({"claim": claim(first, first).await, "op": look().await["last"]});
    set(op).await.expect_problem(422, "invalid");
    let done = set(json!({"claim": claim(first, first).await})).await.expect_status(200).json;
    assert_eq!(done["own_key"], public(first));
    set(json!({"claim": early})).await.expect_problem(409, "conflict");

    // From now on nobody but that key replaces it: not the home, not whoever is signed in.
    set(json!({"claim": claim(second, second).await})).await.expect_problem(409, "own_key_set");
    let chain = async || {
        profiles::chain(&mut a.app.db.read().await.unwrap(), look().await["uid"].as_str().unwrap()).await.unwrap()
    };
    let op = async |seed: [u8; 32], signer: [u8; 32], elsewhere: bool| {
        let identity = verify_chain(&chain().await).unwrap();
        let strange = conntext_federation::ids::InstanceId::of_root(&[7; 32]);
        let made = identity.next(
            |op| {
                op.rotation_keys[0] = SecretKey::from_seed(seed).public();
                if elsewhere {
                    op.home = strange;
                }
            },
            &SecretKey::from_seed(signer),
        );
        made.map(|op| serde_json::to_value(op).unwrap())
    };
    assert!(op(second, third, false).await.is_err());
    let moved = json!({"claim": claim(second, second).await, "op": op(second, first, true).await.unwrap()});
    set(moved).await.expect_problem(422, "invalid");
    let other = json!({"claim": claim(third, third).await, "op": op(second, first, false).await.unwrap()});
    set(other).await.expect_problem(422, "invalid");
    let good = json!({"claim": claim(second, second).await, "op": op(second, first, false).await.unwrap()});
    assert_eq!(set(good).await.expect_status(200).json["own_key"], public(second));
    // The home still signs what is its own to sign.
    ada.patch("/me", json!({"bio": "still me"})).await.expect_status(200);
    let identity = verify_chain(&chain().await).unwrap();
    let doc = profiles::document(&mut a.app.db.read().await.unwrap(), identity.uid.as_str()).await.unwrap().unwrap();
    doc.verify(&identity).unwrap();
    // Not without a fresh proof.
    a.clock.advance(3_600_000);
    set(json!({"claim": claim(third, third).await})).await.expect_problem(403, "proof_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_single_fields_are_for_members_of_ones_communities_alone() {
    let t = Three::new(2640).await;
    let (dora, cleo) = (t.b.person("dora").await, t.c.person("cleo").await);
    t.ada.put_bytes("/me/avatar", "image/png", photo(40, 40)).await.expect_status(200);
    t.ada.patch("/me", json!({"bio": "marker-bio", "pronouns": "she/her"})).await.expect_status(200);
    let chosen = async |fields: Value| t.ada.patch("/me", json!({"members_only": fields})).await;
    chosen(json!(["name"])).await.expect_problem(422, "invalid");
    let me = chosen(json!(["bio", "avatar"])).await.expect_status(200).json;
    assert_eq!(me["members_only"], json!(["avatar", "bio"]));
    assert!(me["user"]["avatar"].is_string(), "she sees herself");

    // Who is in a community with her sees it, also elsewhere; who is not does not, also where it is known.
    let card = async |who: &TestClient| who.get(&format!("/users/{}", t.uid)).await.json;
    until("bob sees it", async || {
        let card = card(&t.bob).await;
        card["bio"] == "marker-bio" && card["user"]["avatar"].is_string() && card["pronouns"] == "she/her"
    })
    .await;
    let picture = async |who: &TestClient| who.get(&format!("/users/{}/avatar", t.uid)).await.status.as_u16();
    until("bob has the picture", async || picture(&t.bob).await == 200).await;
    let strange = card(&dora).await;
    assert_eq!((&strange["bio"], &strange["user"]["avatar"]), (&json!(""), &Value::Null));
    assert_eq!((strange["pronouns"].as_str(), picture(&dora).await), (Some("she/her"), 404));

    // Other instances are told as much as their people may see, and a host keeps what everybody sees.
    let to_b = t.shown_by(&t.b, "a.test").await.unwrap();
    let inner = to_b.inner.clone().expect("for b");
    inner.verify(&verify_chain(&to_b.identity).unwrap(), &to_b.profile).unwrap();
    let to_c = t.shown_by(&t.c, "a.test").await.unwrap();
    assert!(to_c.inner.is_none() && to_c.profile.inner.is_some() && to_c.profile.bio.is_empty());
    let mid = inner.parts.avatar.clone().unwrap().mid;
    let path = format!("/profiles/{}/media/{mid}", t.uid);
    let refused = peers::get_stream(&t.c.app, &domain("b.test"), &path).await;
    assert_eq!(refused.err().and_then(|e| e.code().map(str::to_owned)).as_deref(), Some("not_found"));
    t.choose("c.test").await.expect_status(200);
    t.kept_by("c.test").await;
    assert!(!holds(&t.c.app, "marker-bio").await && pictures(&t.c).await == 0);
    assert_eq!(cleo.get(&format!("/users/{}", t.uid)).await.json["bio"], "");
    // Where the profile lies elsewhere, members see it as before.
    t.says("marker-new").await;
    until("bob sees what is new", async || card(&t.bob).await["bio"] == "marker-new").await;

    // A document of another version, of somebody else, or that is made up, is not taken.
    let forged = SignedProfile {
        profile: to_c.profile.clone(),
        inner: Some(inner),
        ..t.shown_by(&t.b, "a.test").await.unwrap()
    };
    let told = Told { home: domain("a.test"), by: domain("a.test"), profile: forged };
    exchange::keep(&t.b.app, vec![told]).await.unwrap();
    assert_eq!(card(&t.bob).await["bio"], "marker-new");
    // For everybody again.
    chosen(json!([])).await.expect_status(200);
    until("everybody sees it", async || card(&dora).await["bio"] == "marker-new").await;
    until("also where it lies", async || t.bio_on(&t.c).await.as_deref() == Some("marker-new")).await;
}
