//! B5: invitations, on one instance.

use serde_json::{Value, json};

use crate::b_servers::{bring, server, uid};
use crate::kit::{TestInstance, holds};

const DAY_MS: i64 = 86_400_000;

#[tokio::test]
async fn b5_an_invitation_shows_what_it_leads_to() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let made = server(&ada, "Orchard").await;
    let (sid, general) = (made["id"].as_str().unwrap(), made["channels"][0]["id"].as_str().unwrap());
    let invite = ada.post(&format!("/servers/{sid}/invites"), json!({"channel": general, "expires_in_s": 3600})).await;
    let invite = invite.expect_status(201);
    let code = invite.text("/code");
    assert_eq!(code.len(), 16);
    assert_eq!(invite.text("/url"), format!("https://a.test/invite/{code}"));

    // The page at the hub is open to people without an account there.
    let shown = a.client().get(&format!("/invites/A.test/{}", code.to_uppercase())).await.expect_status(200).json;
    assert_eq!((&shown["server"]["name"], &shown["server"]["member_count"]), (&json!("Orchard"), &json!(1)));
    assert_eq!((&shown["channel_name"], &shown["inviter"]["handle"]), (&json!("general"), &json!("ada")));
    assert_eq!((&shown["already_member"], &shown["verified"]), (&json!(false), &json!(true)));
    assert_eq!(shown["expires_at"], invite.json["expires_at"]);

    let joined = ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
    assert_eq!(joined.text("/id"), sid);
    assert_eq!(ben.get(&format!("/invites/a.test/{code}")).await.json["already_member"], true);
    // Neither the code nor anything that opens the door stands in the log or the database.
    assert!(!holds(&a.app, &code).await && holds(&a.app, "Orchard").await);
}

#[tokio::test]
async fn b5_invite_expires_by_uses() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben, cat) = (a.person("ada").await, a.person("ben").await, a.person("cat").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    let code =
        ada.post(&format!("/servers/{sid}/invites"), json!({"max_uses": 1})).await.expect_status(201).text("/code");
    let accept = format!("/invites/a.test/{code}/accept");
    ben.post(&accept, json!({})).await.expect_status(200);
    // Whoever is in stays in and uses nothing up.
    ben.post(&accept, json!({})).await.expect_status(200);
    cat.post(&accept, json!({})).await.expect_problem(410, "invite_spent");
    cat.get(&format!("/invites/a.test/{code}")).await.expect_problem(410, "invite_spent");
    let listed = ada.get(&format!("/servers/{sid}/invites")).await.expect_status(200).json;
    assert_eq!((&listed["invites"][0]["uses"], &listed["invites"][0]["max_uses"]), (&json!(1), &json!(1)));
    assert_eq!(ada.get(&format!("/servers/{sid}")).await.json["member_count"], 2);
}

#[tokio::test]
async fn b5_invite_expires_by_time() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    let code = ada
        .post(&format!("/servers/{sid}/invites"), json!({"expires_in_s": 86_400}))
        .await
        .expect_status(201)
        .text("/code");
    a.clock.advance(DAY_MS - 1);
    ben.get(&format!("/invites/a.test/{code}")).await.expect_status(200);
    a.clock.advance(1);
    ben.get(&format!("/invites/a.test/{code}")).await.expect_problem(410, "invite_expired");
    ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_problem(410, "invite_expired");
    for bad in
        [json!({"expires_in_s": 0}), json!({"expires_in_s": -5}), json!({"max_uses": 0}), json!({"roles": ["x"]})]
    {
        ada.post(&format!("/servers/{sid}/invites"), bad).await.expect_problem(422, "invalid");
    }
}

#[tokio::test]
async fn b5_a_revoked_invite_opens_nothing() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben, cat) = (a.person("ada").await, a.person("ben").await, a.person("cat").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    bring(&ada, &sid, "a.test", &ben).await;
    let invites = format!("/servers/{sid}/invites");
    let own = ben.post(&invites, json!({})).await.expect_status(201);
    let (id, code) = (own.text("/id"), own.text("/code"));
    // Others see it in the list, without the code; members without the right see only their own.
    let all = ada.get(&invites).await.json["invites"].as_array().unwrap().clone();
    let shown = all.iter().find(|i| i["id"] == json!(id)).unwrap();
    assert_eq!((&shown["code"], &shown["url"], &shown["by"]), (&Value::Null, &Value::Null, &json!(uid(&ben).await)));
    let mine = ben.get(&invites).await.json["invites"].as_array().unwrap().clone();
    assert_eq!((mine.len(), &mine[0]["code"]), (1, &json!(code)));
    let foreign = all.iter().find(|i| i["id"] != json!(id)).unwrap()["id"].as_str().unwrap();
    ben.delete(&format!("{invites}/{foreign}")).await.expect_problem(404, "not_found");

    ada.delete(&format!("{invites}/{id}")).await.expect_status(204);
    ada.delete(&format!("{invites}/{id}")).await.expect_status(204);
    cat.get(&format!("/invites/a.test/{code}")).await.expect_problem(410, "invite_expired");
    cat.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_problem(410, "invite_expired");
    assert_eq!(ben.get(&invites).await.json["invites"][0]["revoked"], true);
}

#[tokio::test]
async fn b5_unknown_codes_are_refused_and_cannot_be_tried_for_long() {
    let a = TestInstance::with("a.test", |c| c.limits.invite_burst = 5).await;
    let ben = a.person("ben").await;
    for code in ["short", "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"] {
        ben.get(&format!("/invites/a.test/{code}")).await.expect_problem(404, "invite_unknown");
    }
    for code in ["cccccccccccccccc", "dddddddddddddddd"] {
        ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_problem(404, "invite_unknown");
    }
    let refused = ben.get("/invites/a.test/eeeeeeeeeeeeeeee").await.expect_problem(429, "rate");
    assert!(refused.json["retry_after_ms"].as_i64().unwrap() > 0);
    a.clock.advance(3_600_000);
    ben.get("/invites/a.test/eeeeeeeeeeeeeeee").await.expect_problem(404, "invite_unknown");
    // Invitations of other instances are looked up for our own people only.
    a.client().get("/invites/b.test/eeeeeeeeeeeeeeee").await.expect_problem(401, "not_signed_in");
}
