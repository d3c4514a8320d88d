//! B10: people coming and going, noted between the messages, the same on every instance.

use serde_json::{Value, json};

use crate::b_servers::{bring, server, uid};
use crate::kit::{TestClient, TestInstance, TestNet, same, until};

struct Place<'a> {
    sid: &'a str,
    channel: &'a str,
}

impl Place<'_> {
    async fn say(&self, who: &TestClient, body: &str) {
        let path = format!("/servers/{}/channels/{}/messages", self.sid, self.channel);
        who.post(&path, json!({"nonce": body, "body": body})).await.expect_status(201);
    }

    async fn page(&self, who: &TestClient, query: &str) -> Value {
        let path = format!("/servers/{}/channels/{}/messages{query}", self.sid, self.channel);
        who.get(&path).await.expect_status(200).json
    }

    /// Messages and notices of a page as they are read, from above.
    async fn lines(&self, who: &TestClient, query: &str) -> Vec<String> {
        let page = self.page(who, query).await;
        let mut lines: Vec<(u64, String)> = Vec::new();
        for m in page["messages"].as_array().unwrap() {
            lines.push((m["seq"].as_u64().unwrap(), m["body"].as_str().unwrap().to_owned()));
        }
        for n in page["notices"].as_array().unwrap() {
            let user =
                page["users"].as_array().unwrap().iter().find(|u| u["id"] == n["user"]).expect("whom it is about");
            let line = format!("{} {}", user["handle"].as_str().unwrap(), n["kind"].as_str().unwrap());
            lines.push((n["seq"].as_u64().unwrap(), line));
        }
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

fn first_channel(server: &Value) -> &str {
    server["channels"].as_array().unwrap().iter().find(|c| c["name"] == "general").unwrap()["id"].as_str().unwrap()
}

/// The community is on `a`; its guests are at home at `home`.
async fn people_come_and_go(a: &TestInstance, home: &TestInstance) {
    let elsewhere = a.app.domain != home.app.domain;
    let ada = a.person("ada").await;
    let made = server(&ada, "Orchard").await;
    let sid = made["id"].as_str().unwrap().to_owned();
    let place = Place { sid: &sid, channel: first_channel(&made) };
    assert_eq!(made["notices"], place.channel, "on from the beginning, in the first channel");
    assert_eq!(place.lines(&ada, "").await, Vec::<String>::new(), "whoever makes a server did not come to it");

    let (ben, cat, dan) = (home.person("ben").await, home.person("cat").await, home.person("dan").await);
    bring(&ada, &sid, "a.test", &ben).await;
    place.say(&ada, "welcome").await;
    bring(&ada, &sid, "a.test", &cat).await;
    bring(&ada, &sid, "a.test", &dan).await;
    place.say(&ada, "all of you").await;
    cat.post(&format!("/servers/{sid}/leave"), json!({})).await.expect_status(204);
    let member = |id: String| format!("/servers/{sid}/members/{id}");
    ada.delete(&member(uid(&dan).await)).await.expect_status(204);
    let away = async || dan.get(&format!("/servers/{sid}")).await.status == 404;
    until("dan's own instance knows that he was sent away", away).await;
    bring(&ada, &sid, "a.test", &dan).await;
    ada.put(&format!("/servers/{sid}/bans/{}", uid(&dan).await), json!({})).await.expect_status(204);

    let all = [
        "ben joined",
        "welcome",
        "cat joined",
        "dan joined",
        "all of you",
        "cat left",
        "dan kicked",
        "dan joined",
        "dan banned",
    ];
    assert_eq!(place.lines(&ada, "").await, all);
    if elsewhere {
        same(a, home, &sid.parse().unwrap()).await;
    }
    until("ben's instance has it all", async || place.lines(&ben, "").await.last().unwrap() == "dan banned").await;
    // A copy that began with a snapshot shows those from its time on: its first guest came before that.
    let known = if elsewhere { &all[1..] } else { &all[..] };
    assert_eq!(place.lines(&ben, "").await, known);

    // Page by page nothing is lost, whichever way one goes.
    for (who, known) in [(&ada, &all[..]), (&ben, known)] {
        assert_eq!(place.lines(who, "?limit=1").await, all[2..]);
        assert_eq!(place.lines(who, "?before=2&limit=1").await, known[..known.len() - 5]);
        assert_eq!(place.lines(who, "?after=1&limit=1").await, all[2..]);
        assert_eq!(place.page(who, "").await["messages"].as_array().unwrap().len(), 2, "notices are no messages");
    }

    // None of it is unread, and none of it can be answered.
    let seen = ben.get(&format!("/servers/{sid}")).await.json;
    let channel = seen["channels"].as_array().unwrap().iter().find(|c| c["id"] == place.channel).unwrap().clone();
    assert_eq!((&channel["last_cn"], &channel["mentions"]), (&json!(2), &json!(0)));
    let id = place.page(&ada, "").await["notices"][0]["id"].as_str().unwrap().to_owned();
    let message = format!("/servers/{sid}/channels/{}/messages/{id}", place.channel);
    ada.put(&format!("{message}/reactions/%F0%9F%8E%82"), json!({})).await.expect_problem(404, "not_found");
    ada.delete(&message).await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_people_coming_and_going_are_noted_between_the_messages() {
    let net = TestNet::new(71);
    let a = net.instance("a.test").await;
    people_come_and_go(&a, &a).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_people_of_elsewhere_are_noted_alike_on_both_instances() {
    let net = TestNet::new(72);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    people_come_and_go(&a, &b).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_notices_move_to_another_channel_and_are_turned_off_for_everybody() {
    let net = TestNet::new(73);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.person("ada").await, b.person("ben").await);
    let made = ada.post("/servers", json!({"name": "Orchard", "template": "community"})).await.expect_status(201).json;
    let sid = made["id"].as_str().unwrap().to_owned();
    let channel = |name: &str| {
        made["channels"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (hello, general) = (channel("introductions"), channel("general"));
    assert_eq!(made["notices"], json!(hello), "not where only the staff may write");
    bring(&ada, &sid, "a.test", &ben).await;
    let cat = b.person("cat").await;
    bring(&ada, &sid, "a.test", &cat).await;
    let path = format!("/servers/{sid}");
    let noted = async |who: &TestClient, channel: &str| {
        Place { sid: &sid, channel }.lines(who, "").await.iter().any(|line| line == "cat joined")
    };
    until("the copy tells of cat", async || noted(&ben, &hello).await).await;

    ada.patch(&path, json!({"notices": general})).await.expect_status(200);
    until("the copy knows", async || ben.get(&path).await.json["notices"] == json!(general)).await;
    for who in [&ada, &ben] {
        assert_eq!((noted(who, &hello).await, noted(who, &general).await), (false, true));
    }
    ben.patch(&path, json!({"notices": null})).await.expect_problem(403, "forbidden");
    assert_eq!(ada.patch(&path, json!({"notices": null})).await.expect_status(200).json["notices"], Value::Null);
    until("the copy knows", async || ben.get(&path).await.json["notices"] == Value::Null).await;
    for who in [&ada, &ben] {
        assert!(!noted(who, &general).await);
    }
    let start = made["channels"].as_array().unwrap().iter().find(|c| c["kind"] == "category").unwrap();
    let wrong = ada.patch(&path, json!({"notices": start["id"]})).await.expect_problem(422, "invalid");
    assert_eq!(wrong.field_code(), ("notices", "unknown_channel"));
    // What happened while they were off is there when they are on again.
    ada.patch(&path, json!({"notices": hello})).await.expect_status(200);
    until("the copy tells again", async || noted(&ben, &hello).await).await;
    same(&a, &b, &sid.parse().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_a_channel_that_one_may_not_see_is_not_named_for_its_notices() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    bring(&ada, &sid, "a.test", &ben).await;
    let path = format!("/servers/{sid}");
    let hidden =
        ada.post(&format!("{path}/channels"), json!({"name": "door", "private": true})).await.expect_status(201);
    ada.patch(&path, json!({"notices": hidden.text("/id")})).await.expect_status(200);
    assert_eq!(ada.get(&path).await.json["notices"], json!(hidden.text("/id")));
    assert_eq!(ben.get(&path).await.json["notices"], Value::Null);
    // A channel that is gone shows nothing, and nothing breaks.
    ada.delete(&format!("{path}/channels/{}", hidden.text("/id"))).await.expect_status(204);
    assert_eq!(ada.get(&path).await.json["notices"], Value::Null);
}
