//! With whom an instance speaks, as its admins decide while it runs.

use std::time::Duration;

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_server::config::Mode;
use conntext_server::peers;
use conntext_server::peers::trust::Verdict;
use conntext_server::trust::{self, Change};
use serde_json::{Value, json};

use crate::c_files::{fetch, upload};
use crate::kit::{TestClient, TestInstance, TestNet, same, until};

/// Two instances: a community of A with somebody of B, whose admin is there, too; and C beside them.
struct Two {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    root: TestClient,
    ada: TestClient,
    ben: TestClient,
    sid: String,
    channel: String,
}

async fn two(seed: u64) -> Two {
    let net = TestNet::new(seed);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let root = a.admin().await;
    let (ada, ben) = (a.person("ada").await, b.person("ben").await);
    let made = ada.post("/servers", json!({"name": "Orchard"})).await.expect_status(201);
    let (sid, channel) = (made.text("/id"), made.text("/channels/0/id"));
    let two = Two { net, a, b, root, ada, ben, sid, channel };
    two.join(&two.ben).await;
    two
}

impl Two {
    async fn invite(&self) -> String {
        let path = format!("/servers/{}/invites", self.sid);
        self.ada.post(&path, json!({})).await.expect_status(201).text("/code")
    }

    async fn join(&self, who: &TestClient) {
        let code = self.invite().await;
        who.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
    }

    fn messages(&self) -> String {
        format!("/servers/{}/channels/{}/messages", self.sid, self.channel)
    }

    async fn say(&self, who: &TestClient, body: &str) -> Value {
        who.post(&self.messages(), json!({"body": body, "nonce": body})).await.json
    }

    async fn reads(&self, who: &TestClient) -> Vec<String> {
        let page = who.get(&self.messages()).await.expect_status(200).json;
        let all = page["messages"].as_array().unwrap();
        all.iter().map(|m| m["body"].as_str().unwrap().to_owned()).collect()
    }

    async fn equal(&self) {
        same(&self.a, &self.b, &self.sid.parse().unwrap()).await;
    }
}

async fn rule(root: &TestClient, pattern: &str, verdict: &str) {
    rule_with(root, pattern, json!({"verdict": verdict})).await;
}

async fn rule_with(root: &TestClient, pattern: &str, rule: Value) {
    root.put(&format!("/trust/rules/{pattern}"), rule).await.expect_status(200);
}

async fn call(from: &TestInstance, to: &str) -> Result<(), String> {
    let domain = Domain::parse_normal(to, true).unwrap();
    peers::hello::say(&from.app, &domain).await.map_err(|e| e.code().unwrap_or("none").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_block_counts_at_once_on_every_path_and_nothing_is_lost_by_it() {
    let t = two(600).await;
    t.ben.put_bytes("/me/avatar", "image/png", picture()).await.expect_status(200);
    t.say(&t.ben, "before").await;
    t.equal().await;
    let ben = t.ben.get("/me").await.text("/user/id");
    let has_picture = async || t.ada.get(&format!("/users/{ben}/avatar")).await.status == 200;
    until("his picture is here", has_picture).await;

    rule_with(&t.root, "b.test", json!({"verdict": "block", "reason": "spam"})).await;
    // Both ways, whoever begins.
    assert_eq!(call(&t.b, "a.test").await, Err("blocked".into()));
    assert_eq!(call(&t.a, "b.test").await, Err("blocked".into()));
    let requests = || ["GET", "POST", "PUT"].map(|method| t.net.count("a.test", "b.test", method));
    let sent = requests();
    t.say(&t.ada, "while blocked").await;
    // Nobody there hears of it, and what they write does not arrive.
    assert_eq!(t.say(&t.ben, "from the blocked").await["code"], "blocked");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(requests(), sent, "not a single one");
    // What came from there is kept, and not shown; the picture is gone.
    let page = t.ada.get(&t.messages()).await.expect_status(200).json;
    assert_eq!((&page["messages"][0]["withheld"], &page["messages"][0]["body"]), (&json!(true), &json!("")));
    assert!(!has_picture().await);
    // Nobody gets in from there, nor goes there.
    let bea = t.b.person("bea").await;
    let code = t.invite().await;
    bea.get(&format!("/invites/a.test/{code}")).await.expect_problem(403, "blocked");
    let asked = t.ada.get("/directory?domain=b.test").await.expect_problem(403, "blocked");
    assert_eq!(asked.text("/domain"), "b.test");
    assert!(!t.ada.get("/peers").await.json.to_string().contains("b.test"));

    t.root.delete("/trust/rules/b.test").await.expect_status(204);
    t.equal().await;
    assert_eq!(t.reads(&t.ben).await, ["before", "while blocked"]);
    assert_eq!(t.reads(&t.ada).await, ["before", "while blocked"]);
    t.say(&t.ben, "after").await;
    t.equal().await;
    until("his picture is fetched again", has_picture).await;
}

fn picture() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(9, 9, image::Rgb([9, 90, 9])).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_copy_of_a_blocked_community_can_be_read_and_says_why_it_stands_still() {
    let t = two(610).await;
    let root = t.b.admin().await;
    t.say(&t.ada, "hello").await;
    t.equal().await;
    rule_with(&root, "a.test", json!({"verdict": "block", "reason": "they sell our data"})).await;
    let hub = t.ben.get(&format!("/servers/{}", t.sid)).await.expect_status(200).json["hub"].clone();
    assert_eq!(hub["cut_off"], json!({"code": "blocked", "reason": "they sell our data"}));
    // What its people say is theirs, and their instance is blocked.
    assert_eq!(t.reads(&t.ben).await, [""]);
    assert_eq!(t.say(&t.ben, "into the void").await["code"], "blocked");
    root.delete("/trust/rules/a.test").await.expect_status(204);
    assert_eq!(t.reads(&t.ben).await, ["hello"]);
    let hub = t.ben.get(&format!("/servers/{}", t.sid)).await.json["hub"].clone();
    assert!(hub["cut_off"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_pause_stops_everything_and_afterwards_all_goes_on() {
    let t = two(620).await;
    t.say(&t.ben, "one").await;
    t.equal().await;
    rule(&t.root, "b.test", "pause").await;
    assert_eq!(call(&t.b, "a.test").await, Err("paused".into()));
    assert_eq!(t.say(&t.ben, "two").await["state"], "pending");
    t.say(&t.ada, "three").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(t.reads(&t.ada).await, ["one", "three"], "what came before the pause is shown");
    t.root.delete("/trust/rules/b.test").await.expect_status(204);
    until("both have all", async || t.reads(&t.ada).await.len() == 3 && t.reads(&t.ben).await.len() == 3).await;
    t.equal().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_new_instance_waits_until_an_admin_lets_it_in() {
    let t = two(630).await;
    let c = t.net.instance("c.test").await;
    let cleo = c.person("cleo").await;
    let waiting = async || t.root.get("/trust").await.expect_status(200).json["waiting"].clone();
    let mode = |mode: &str| json!({"mode": mode, "keep_known": true});
    t.root.put("/trust/mode", mode("review")).await.expect_status(204);
    // Whom we have something in common with stays.
    t.say(&t.ada, "hello").await;
    t.equal().await;

    let code = t.invite().await;
    let accept = format!("/invites/a.test/{code}/accept");
    cleo.post(&accept, json!({})).await.expect_problem(403, "in_review");
    cleo.post(&accept, json!({})).await.expect_problem(403, "in_review");
    let listed = waiting().await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["domain"], &listed[0]["asked"]), (&json!("c.test"), &json!(true)));
    assert_eq!(t.root.get("/me").await.json["instances_waiting"], 1);
    assert_eq!(t.ada.get("/me").await.json["instances_waiting"], 0, "nothing for others");
    // Who only claims to come from somewhere is not listed.
    assert!(t.net.instance("d.test").await.app.domain.as_str() == "d.test");
    // Our own people are told, and the admin sees where they want to go.
    let there = t.ada.get("/directory?domain=d.test").await.expect_problem(403, "in_review");
    assert!(there.text("/detail").contains("d.test"));
    assert_eq!(waiting().await[1]["wanted"], true);

    // Whoever types any number of names fills no database.
    for n in 0..505 {
        t.ada.get(&format!("/directory?domain=x{n}.test")).await.expect_problem(403, "in_review");
    }
    assert_eq!(waiting().await.as_array().unwrap().len(), 500);
    for n in 0..505 {
        t.root.delete(&format!("/trust/waiting/x{n}.test")).await.expect_status(204);
    }
    t.root.delete("/trust/waiting/d.test").await.expect_status(204);
    rule(&t.root, "c.test", "allow").await;
    assert_eq!(waiting().await, json!([]));
    cleo.post(&accept, json!({})).await.expect_status(200);
    until("she is in", async || t.reads(&cleo).await == ["hello"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_the_mode_is_chosen_within_what_the_configuration_says() {
    let net = TestNet::new(640);
    let a = net.instance_with("a.test", |c| c.federation.mode = Mode::Review).await;
    let b = net.instance("b.test").await;
    let (root, ada) = (a.admin().await, a.person("ada").await);
    let open = root.put("/trust/mode", json!({"mode": "open"})).await.expect_problem(422, "invalid");
    assert_eq!(open.field_code(), ("mode", "laxer_than_configured"));
    root.put("/trust/mode", json!({"mode": "closed"})).await.expect_status(204);
    assert_eq!(call(&b, "a.test").await, Err("not_allowed".into()));
    rule(&root, "b.test", "allow").await;
    assert_eq!(call(&b, "a.test").await, Err("not_allowed".into()), "closed is closed");
    root.put("/trust/mode", json!({"mode": "allowlist"})).await.expect_status(204);
    assert_eq!(call(&b, "a.test").await, Ok(()));
    let trust = root.get("/trust").await.json;
    assert_eq!((&trust["mode"], &trust["configured_mode"]), (&json!("allowlist"), &json!("review")));
    // It is the admins' business, and it lasts.
    ada.get("/trust").await.expect_problem(403, "forbidden");
    ada.put("/trust/rules/b.test", json!({"verdict": "block"})).await.expect_problem(403, "forbidden");
    let (mut root, mut ada) = (root, ada);
    root.let_go();
    ada.let_go();
    drop((root, ada));
    let a = a.restart().await;
    assert_eq!(a.app.peers.trust.book().mode, Mode::Allowlist);
    assert_eq!(call(&b, "a.test").await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_rules_are_checked_and_the_preview_says_what_they_cut_off() {
    let t = two(650).await;
    let cuts = async |supposed: Value| t.root.post("/trust/preview", supposed).await.expect_status(200).json;
    let block = |pattern: &str| json!({"rule": {"pattern": pattern, "verdict": "block"}});
    let cut = cuts(block("B.test.")).await["cuts"].clone();
    let common = json!({"communities": ["Orchard"], "community_count": 1, "people_here": 1, "people_there": 1});
    assert_eq!(cut, json!([{"domain": "b.test", "code": "blocked", "common": common}]));
    assert_eq!(cuts(block("*.b.test")).await["cuts"], json!([]), "below it is not it");
    assert_eq!(cuts(json!({"mode": "allowlist"})).await["cuts"][0]["code"], "not_allowed");
    assert_eq!(call(&t.b, "a.test").await, Ok(()), "looking changes nothing");

    let put = async |pattern: &str, rule: Value| t.root.put(&format!("/trust/rules/{pattern}"), rule).await;
    for nonsense in ["com", "*", "*.*", "127.0.0.1", "b_test", "..", "a%20b.test"] {
        let refused = put(nonsense, json!({"verdict": "block"})).await;
        assert_eq!(refused.expect_problem(422, "invalid").field_code(), ("pattern", "bad_domain"), "{nonsense}");
    }
    let own = put("a.test", json!({"verdict": "block"})).await.expect_problem(422, "invalid");
    assert_eq!(own.field_code(), ("pattern", "own_domain"));
    let wild = put("*.test", json!({"verdict": "block"})).await;
    assert!(wild.status == 422, "a whole top-level domain is no pattern");
    for percent in [0, 1001] {
        let odd = put("b.test", json!({"verdict": "allow", "percent": percent})).await.expect_problem(422, "invalid");
        assert_eq!(odd.field_code(), ("percent", "out_of_range"));
    }
    let long = json!({"verdict": "block", "reason": "x".repeat(301)});
    put("b.test", long).await.expect_problem(422, "invalid");
    t.root.delete("/trust/rules/nobody.test").await.expect_problem(404, "not_found");
    assert_eq!(t.root.get("/trust").await.json["rules"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_rule_slows_one_instance_down() {
    let net = TestNet::new(660);
    let a = net
        .instance_with("a.test", |c| {
            (c.federation.peer_burst, c.federation.peer_per_s) = (100, 1);
            c.federation.new_peer_hours = 0;
        })
        .await;
    let b = net.instance("b.test").await;
    let root = a.admin().await;
    assert_eq!(call(&b, "a.test").await, Ok(()));
    rule_with(&root, "b.test", json!({"verdict": "allow", "percent": 5})).await;
    let mut passed = 0;
    while call(&b, "a.test").await.is_ok() {
        passed += 1;
        assert!(passed < 10, "a twentieth of a hundred");
    }
    root.delete("/trust/rules/b.test").await.expect_status(204);
    assert_eq!(call(&b, "a.test").await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_signed_block_lists_are_taken_over_renewed_and_let_go() {
    let t = two(670).await;
    let root_b = t.b.admin().await;
    rule_with(&root_b, "*.spam.example", json!({"verdict": "block", "reason": "spam", "note": "secret"})).await;
    rule(&root_b, "a.test", "allow").await;
    rule(&root_b, "ours.example", "block").await;
    let list = async || root_b.get("/trust/block-list").await.expect_status(200).bytes.to_vec();
    let post = async |what: &str, file: Vec<u8>| {
        t.root.send(Method::POST, &format!("/api/v1{what}"), Some("application/json"), file).await
    };
    let first = list().await;
    assert!(!String::from_utf8_lossy(&first).contains("secret"), "notes stay at home");

    // What our admins decided stays.
    rule(&t.root, "ours.example", "allow").await;
    let look = post("/trust/block-lists/preview", first.clone()).await.expect_status(200).json;
    assert_eq!(look["added"], json!([{"pattern": "*.spam.example", "reason": "spam"}]));
    assert_eq!((&look["kept"], &look["domain"]), (&json!(["ours.example"]), &json!("b.test")));
    assert_eq!(t.root.get("/trust").await.json["rules"].as_array().unwrap().len(), 1);
    post("/trust/block-lists", first.clone()).await.expect_status(200);
    let rules = t.root.get("/trust").await.json["rules"].clone();
    assert_eq!((&rules[0]["pattern"], &rules[0]["list"]), (&json!("*.spam.example"), &json!("b.test")));
    assert_eq!(rules[1]["verdict"], "allow");

    // A newer one takes its place, an older one does not.
    t.b.clock.advance(1_000);
    root_b.delete("/trust/rules/*.spam.example").await.expect_status(204);
    rule(&root_b, "c.test", "block").await;
    let second = list().await;
    let look = post("/trust/block-lists/preview", second.clone()).await.expect_status(200).json;
    assert_eq!(look["removed"], json!(["*.spam.example"]));
    post("/trust/block-lists", second.clone()).await.expect_status(200);
    post("/trust/block-lists", first).await.expect_problem(422, "invalid");
    let c = t.net.instance("c.test").await;
    assert_eq!(call(&c, "a.test").await, Err("blocked".into()));
    t.root.delete("/trust/block-lists/b.test").await.expect_status(204);
    assert_eq!(call(&c, "a.test").await, Ok(()));

    // Who touches one, or makes one up, is found out.
    let text = String::from_utf8(second).unwrap();
    for forged in [text.replace("c.test", "d.test"), text.replace("b.test", "c.test"), "{}".into(), "[1".into()] {
        let refused = post("/trust/block-lists", forged.into_bytes()).await;
        assert_eq!(refused.expect_problem(422, "invalid").field_code(), ("list", "bad_list"));
    }
    let own = t.root.get("/trust/block-list").await.bytes.to_vec();
    post("/trust/block-lists", own).await.expect_problem(422, "invalid");
    post("/trust/block-lists", vec![b' '; 9 * 1024 * 1024]).await.expect_status(413);
    assert_eq!(t.root.get("/trust").await.json["lists"], json!([]));
}

/// Where somebody of a blocked instance writes in a community of a third one, it is not shown here.
#[tokio::test(flavor = "multi_thread")]
async fn j5_what_a_third_instance_passes_on_from_a_blocked_one_is_not_shown() {
    let t = two(680).await;
    let c = t.net.instance("c.test").await;
    let root = c.admin().await;
    let cleo = c.person("cleo").await;
    t.join(&cleo).await;
    rule(&root, "*.b.test", "block").await;
    rule(&root, "b.test", "block").await;
    t.say(&t.ben, "poison").await;
    t.say(&t.ada, "medicine").await;
    until("both are there", async || t.reads(&cleo).await == ["", "medicine"]).await;
    let first = cleo.get(&t.messages()).await.json["messages"][0]["id"].as_str().unwrap().to_owned();
    let answer = json!({"body": "no", "nonce": "9", "reply_to": first});
    t.ada.post(&t.messages(), answer).await.expect_status(201);
    until("the answer is there, without what it answers", async || {
        let page = cleo.get(&t.messages()).await.json;
        page["messages"][2]["reply_to"]["author"].is_string() && page["messages"][2]["reply_to"]["excerpt"].is_null()
    })
    .await;
    assert!(!cleo.get(&t.messages()).await.json.to_string().contains("poison"));
}

/// The same where it came before the block, with a file and a picture, and C has never met B.
#[tokio::test(flavor = "multi_thread")]
async fn j5_a_block_reaches_those_who_were_never_met() {
    let t = two(690).await;
    let c = t.net.instance("c.test").await;
    let root = c.admin().await;
    let cleo = c.person("cleo").await;
    t.join(&cleo).await;
    t.ben.put_bytes("/me/avatar", "image/png", picture()).await.expect_status(200);
    let upload = upload(&t.ben, &t.sid, &t.channel, "poison.png", picture()).await.expect_status(201).json;
    let attached = json!({"body": "poison", "nonce": "1", "attachments": [{"upload": upload["upload"]}]});
    t.ben.post(&t.messages(), attached).await.expect_status(201);
    until("it is there", async || t.reads(&cleo).await == ["poison"]).await;
    let file = cleo.get(&t.messages()).await.json["messages"][0]["attachments"][0]["url"].clone();
    fetch(&cleo, &file).await.expect_status(200);
    let ben = t.ben.get("/me").await.text("/user/id");
    let has_picture = async || cleo.get(&format!("/users/{ben}/avatar")).await.status == 200;
    until("so is the picture", has_picture).await;

    rule(&root, "b.test", "block").await;
    assert_eq!(t.reads(&cleo).await, [""]);
    fetch(&cleo, &file).await.expect_problem(404, "not_found");
    assert!(!has_picture().await);
    // Nor does it come again by the community's own instance, where C asks for a newer profile when something is new of him.
    t.ben.patch("/me", json!({"bio": "still here"})).await.expect_status(200);
    for of in [&t.a, &t.b, &c] {
        of.clock.advance(3_700_000);
    }
    t.say(&t.ben, "more poison").await;
    let bio = async || cleo.get(&format!("/users/{ben}")).await.json["bio"].clone();
    until("the newer profile is there", async || bio().await == "still here").await;
    t.say(&t.ada, "medicine").await;
    until("so is the next message", async || t.reads(&cleo).await == ["", "", "medicine"]).await;
    assert!(!has_picture().await);
}

/// What was cut short by the end of the process is done at the next start.
#[tokio::test(flavor = "multi_thread")]
async fn j5_what_a_block_left_undone_is_done_at_the_next_start() {
    let t = two(695).await;
    t.ben.put_bytes("/me/avatar", "image/png", picture()).await.expect_status(200);
    let ben = t.ben.get("/me").await.text("/user/id");
    until("his picture is here", async || t.ada.get(&format!("/users/{ben}/avatar")).await.status == 200).await;
    // Written, and nothing followed from it yet.
    let block = Change { verdict: Verdict::Block, percent: 100, reason: String::new(), note: String::new() };
    trust::change(&t.a.app, "b.test", block).await.unwrap();
    let Two { a, b: _b, mut ada, mut root, net: _net, .. } = t;
    ada.let_go();
    root.let_go();
    let a = a.restart().await;
    let ada = a.client().acting_as(&ada);
    until("the picture is gone", async || ada.get(&format!("/users/{ben}/avatar")).await.status == 404).await;
}
