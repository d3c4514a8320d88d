//! B and E1 over two instances: people of one in servers of the other.

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::ids::ServerId;
use conntext_server::peers;
use serde_json::{Value, json};

use crate::b_servers::{server, uid};
use crate::kit::{Faults, TestClient, TestInstance, TestNet, same, until};

/// A server on a.test with its owner, and somebody of b.test who came in by an invitation.
struct Two {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    ada: TestClient,
    ben: TestClient,
    sid: String,
}

impl Two {
    async fn new(seed: u64) -> Self {
        let net = TestNet::new(seed);
        let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
        let (ada, ben) = (a.person("ada").await, b.person("ben").await);
        let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
        Self { net, a, b, ada, ben, sid }
    }

    async fn joined(seed: u64) -> Self {
        let two = Self::new(seed).await;
        let code = two.code(json!({})).await;
        two.ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
        two
    }

    async fn code(&self, asked: Value) -> String {
        self.ada.post(&format!("/servers/{}/invites", self.sid), asked).await.expect_status(201).text("/code")
    }

    fn path(&self, rest: &str) -> String {
        format!("/servers/{}{rest}", self.sid)
    }

    async fn same(&self) {
        same(&self.a, &self.b, &self.sid.parse::<ServerId>().unwrap()).await;
    }
}

fn channels(server: &Value) -> Vec<String> {
    server["channels"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_people_of_one_instance_come_in_at_the_same_moment() {
    let two = Two::new(56).await;
    let code = two.code(json!({})).await;
    let accept = format!("/invites/a.test/{code}/accept");
    let mut people = Vec::new();
    for n in 0..8 {
        people.push(two.b.person(&format!("ben{n}")).await);
    }
    let joins = people.iter().map(|person| person.post(&accept, json!({})));
    for joined in futures_util::future::join_all(joins).await {
        joined.expect_status(200);
    }
    two.same().await;
    for person in &people {
        assert_eq!(person.get(&two.path("")).await.expect_status(200).json["member_count"], json!(9));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_a_join_whose_answer_was_lost_arrives_all_the_same() {
    let net = TestNet::new(58);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let ada = a.citizen("ada").await;
    let (known, place) = (a.community(&ada).await, a.community(&ada).await);
    let (ben, dan) = (b.citizen("ben").await, b.citizen("dan").await);
    b.join(&dan, "a.test", &known.sid).await.expect("joined");
    net.disturb(Faults { answer_lost: 100, ..Faults::default() });
    let lost = b.join(&ben, "a.test", &place.sid).await.expect_err("no answer");
    assert_eq!((lost.status, lost.code.as_str()), (502, "peer_unreachable"));
    assert!(a.log(&place.sid).state().members.contains_key(&ben.actor), "the hub counts them in");
    net.disturb(Faults::default());
    let b = b.restart().await;
    until("the copy is here", async || b.app.log.get(&place.sid).is_some()).await;
    same(&a, &b, &place.sid).await;
    assert!(b.log(&place.sid).state().members.contains_key(&ben.actor));
    b.verifies(&place.sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_people_of_a_large_community_come_on_pages() {
    let net = TestNet::new(57);
    let a = net.instance_with("a.test", |c| c.federation.snapshot_people = 3).await;
    let (b, c) = (net.instance("b.test").await, net.instance("c.test").await);
    let ada = a.citizen("ada").await;
    let place = a.community(&ada).await;
    let mut dans = Vec::new();
    for n in 0..9 {
        let person = a.citizen(&format!("dan{n}")).await;
        a.act(&place.sid, &person.actor, "member.join", None, None, json!({"identity": person.chain})).await;
        dans.push(person.actor);
    }
    let (ben, cat) = (b.citizen("ben").await, c.citizen("cat").await);
    a.write(&place.sid, &ada.actor, &place.channel, "before").await;
    b.join(&ben, "a.test", &place.sid).await.expect("joined");
    let pages = |from| net.count(from, "a.test", &format!("GET /federation/v1/servers/{}/snapshot/", place.sid));
    assert_eq!(pages("b.test"), 4, "eleven people, three a page");
    c.join(&cat, "a.test", &place.sid).await.expect("joined");
    a.write(&place.sid, &ada.actor, &place.channel, "after").await;
    for copy in [&b, &c] {
        same(&a, copy, &place.sid).await;
        let (theirs, ours) = (copy.log(&place.sid), a.log(&place.sid));
        assert_eq!((theirs.state().members.len(), ours.state().members.len()), (12, 12));
        copy.verifies(&place.sid).await;
    }
    // What changes about somebody on a page counts from then on, also after a restart.
    a.act(&place.sid, &dans[3], "member.leave", None, None, json!({})).await;
    let silent = json!({"until": a.app.clock.now_ms() + 3_600_000});
    a.act(&place.sid, &ada.actor, "member.timeout", None, Some(dans[5].to_string()), silent).await;
    same(&a, &b, &place.sid).await;
    let b = b.restart().await;
    same(&a, &b, &place.sid).await;
    assert_eq!(b.log(&place.sid).state().members.len(), 11);

    // Nobody gets a page who is not in it.
    let stranger = net.instance("d.test").await;
    let (hub, page) = (Domain::parse_normal("a.test", true).unwrap(), "0".repeat(64));
    let asked = peers::get::<Value>(&stranger.app, &hub, &format!("/servers/{}/snapshot/{page}", place.sid)).await;
    assert!(matches!(asked, Err(peers::CallError::Problem { status: 403 | 404, .. })));
    // More pages than an instance takes are not asked for.
    let small = net.instance_with("e.test", |c| c.federation.snapshot_pages = 2).await;
    let eve = small.citizen("eve").await;
    let refused = small.join(&eve, "a.test", &place.sid).await.expect_err("too many pages");
    assert_eq!(refused.code, "peer_error");
    assert_eq!(pages("e.test"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_an_invitation_works_from_another_instance() {
    let two = Two::new(51).await;
    let general = two.ada.get(&two.path("")).await.json["channels"][0]["id"].clone();
    let code = two.code(json!({"max_uses": 1, "channel": general})).await;
    let shown = two.ben.get(&format!("/invites/a.test/{code}")).await.expect_status(200).json;
    assert_eq!((&shown["server"]["name"], &shown["verified"]), (&json!("Orchard"), &json!(true)));
    assert_eq!((&shown["inviter"]["handle"], &shown["inviter"]["domain"]), (&json!("ada"), &json!("a.test")));
    assert_eq!((&shown["channel_name"], &shown["already_member"]), (&json!("general"), &json!(false)));

    let accept = format!("/invites/a.test/{code}/accept");
    let joined = two.ben.post(&accept, json!({})).await.expect_status(200).json;
    assert_eq!((&joined["id"], &joined["hub_domain"]), (&json!(two.sid), &json!("a.test")));
    assert_eq!((&joined["hub_is_here"], &joined["member_count"]), (&json!(false), &json!(2)));
    assert_eq!(two.ben.get("/servers").await.json["servers"][0]["id"], json!(two.sid));
    // Members are in, also by an invitation that is used up.
    two.ben.post(&accept, json!({})).await.expect_status(200);
    let cat = two.b.person("cat").await;
    cat.get(&format!("/invites/a.test/{code}")).await.expect_problem(410, "invite_spent");
    cat.post(&accept, json!({})).await.expect_problem(410, "invite_spent");
    cat.get("/invites/a.test/aaaaaaaaaaaaaaaa").await.expect_problem(404, "invite_unknown");
    let timed = two.code(json!({"expires_in_s": 60})).await;
    two.a.clock.advance(60_000);
    two.b.clock.advance(60_000);
    cat.post(&format!("/invites/a.test/{timed}/accept"), json!({})).await.expect_problem(410, "invite_expired");
    two.same().await;

    // Both see each other by name.
    let who = |list: Value| {
        let mut names: Vec<String> = list["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| format!("{}@{}", m["user"]["handle"].as_str().unwrap(), m["user"]["domain"].as_str().unwrap()))
            .collect();
        names.sort();
        names
    };
    for person in [&two.ada, &two.ben] {
        assert_eq!(who(person.get(&two.path("/members")).await.json), ["ada@a.test", "ben@b.test"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_an_unreachable_or_blocked_instance_is_named() {
    let two = Two::new(52).await;
    let code = two.code(json!({})).await;
    two.net.cut("a.test", "b.test");
    let away = two.ben.get(&format!("/invites/a.test/{code}")).await.expect_problem(502, "peer_unreachable");
    assert_eq!(away.json["domain"], "a.test");
    let c = two.net.instance_with("c.test", |c| c.federation.deny = vec!["a.test".into()]).await;
    let cora = c.person("cora").await;
    let blocked = cora.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_problem(403, "blocked");
    assert_eq!(blocked.json["domain"], "a.test");
    cora.get("/directory?domain=a.test").await.expect_problem(403, "blocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_the_directory_of_another_instance_is_shown_and_joined() {
    let two = Two::new(53).await;
    two.ada.patch(&two.path(""), json!({"public": true, "description": "Apples"})).await.expect_status(200);
    server(&two.ada, "Hidden").await;
    let listed = two.ben.get("/directory?domain=a.test").await.expect_status(200).json;
    assert_eq!((listed["servers"].as_array().unwrap().len(), &listed["domain"]), (1, &json!("a.test")));
    assert_eq!((&listed["servers"][0]["name"], &listed["servers"][0]["joined"]), (&json!("Orchard"), &json!(false)));
    let joined = two.ben.post(&format!("/directory/a.test/{}/join", two.sid), json!({})).await.expect_status(200);
    assert_eq!(joined.text("/description"), "Apples");
    // The list is kept for a while; what the person is in is known at once.
    assert_eq!(two.ben.get("/directory?domain=a.test").await.json["servers"][0]["joined"], true);
    let peers = two.ben.get("/peers").await.expect_status(200).json;
    assert_eq!(peers["peers"][0], json!({"domain": "a.test", "reachable": true}));
    let none = format!("s_{}", "a".repeat(40));
    let refused = two.ben.post(&format!("/directory/a.test/{none}/join"), json!({})).await;
    assert_eq!(refused.status.as_u16(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn b8_rights_count_alike_for_people_of_other_instances() {
    let two = Two::joined(54).await;
    let ben_id = uid(&two.ben).await;
    two.ben.post(&two.path("/channels"), json!({"name": "pears"})).await.expect_problem(403, "forbidden");
    let role = two
        .ada
        .post(
            &two.path("/roles"),
            json!({"name": "Keeper", "permissions": ["manage_channels", "manage_server", "manage_roles"]}),
        )
        .await;
    let role = role.expect_status(201).text("/id");
    two.ada.patch(&two.path(&format!("/members/{ben_id}")), json!({"roles": [role]})).await.expect_status(200);
    two.same().await;

    // The answer of the home shows what the hub accepted.
    let made = two.ben.post(&two.path("/channels"), json!({"name": "pears"})).await.expect_status(201);
    assert!(channels(&two.ada.get(&two.path("")).await.json).contains(&"pears".to_owned()));
    let taken = two.ben.post(&two.path("/channels"), json!({"name": "Pears"})).await.expect_problem(409, "name_taken");
    assert_eq!(taken.field_code(), ("name", "name_taken"));
    two.ben
        .patch(&two.path(&format!("/channels/{}", made.text("/id"))), json!({"topic": "Green ones"}))
        .await
        .expect_status(200);
    assert_eq!(two.ben.patch(&two.path(""), json!({"name": "Grove"})).await.expect_status(200).text("/name"), "Grove");
    two.ben
        .post(&two.path("/roles"), json!({"name": "King", "permissions": ["admin"]}))
        .await
        .expect_problem(403, "forbidden");

    let mut png = Vec::new();
    image::RgbImage::from_pixel(40, 20, image::Rgb([9, 90, 200]))
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let icon = two.ben.put_bytes(&two.path("/icon"), "image/png", png).await.expect_status(200).text("/icon");
    two.same().await;
    for instance in [&two.a, &two.b] {
        instance.client().send(Method::GET, &icon, None, vec![]).await.expect_status(200);
    }
    // With the hub away nothing is changed, and the answer says so.
    two.net.cut("a.test", "b.test");
    let away =
        two.ben.post(&two.path("/channels"), json!({"name": "plums"})).await.expect_problem(502, "peer_unreachable");
    assert_eq!(away.json["domain"], "a.test");
    two.net.heal("a.test", "b.test");
    two.same().await;
    assert!(!channels(&two.ada.get(&two.path("")).await.json).contains(&"plums".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn b8_a_private_channel_of_another_instance_is_invisible_until_granted() {
    let two = Two::joined(55).await;
    let made = two.ada.post(&two.path("/channels"), json!({"name": "vault", "private": true})).await.expect_status(201);
    two.ada.patch(&two.path(""), json!({"description": "marker"})).await.expect_status(200);
    until("the copy is up to date", async || two.ben.get(&two.path("")).await.json["description"] == "marker").await;
    assert!(!channels(&two.ben.get(&two.path("")).await.json).contains(&"vault".to_owned()));
    assert!(!two.net.was_told("b.test", "vault"));
    let set = format!("/channels/{}/overrides/{}", made.text("/id"), uid(&two.ben).await);
    two.ada.put(&two.path(&set), json!({"allow": ["view"]})).await.expect_status(200);
    until("the channel appears", async || {
        channels(&two.ben.get(&two.path("")).await.json).contains(&"vault".to_owned())
    })
    .await;
    two.ada.delete(&two.path(&set)).await.expect_status(204);
    until("the channel is gone", async || {
        !channels(&two.ben.get(&two.path("")).await.json).contains(&"vault".to_owned())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_leaving_works_also_when_the_other_instance_is_away() {
    let two = Two::joined(56).await;
    two.ben.post(&two.path("/leave"), json!({})).await.expect_status(204);
    assert_eq!(two.ben.get("/servers").await.json["servers"], json!([]));
    until("the hub knows", async || two.ada.get(&two.path("")).await.json["member_count"] == 1).await;

    let code = two.code(json!({})).await;
    two.ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
    two.net.cut("a.test", "b.test");
    two.ben.post(&two.path("/leave"), json!({})).await.expect_status(204);
    assert_eq!(two.ben.get("/servers").await.json["servers"], json!([]));
    assert_eq!(two.ada.get(&two.path("")).await.json["member_count"], 2);
    two.net.heal("a.test", "b.test");
    until("the hub knows", async || two.ada.get(&two.path("")).await.json["member_count"] == 1).await;
}
