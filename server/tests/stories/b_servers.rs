//! B: servers, channels, roles and members, on one instance.

use axum::http::Method;
use serde_json::{Value, json};

use crate::kit::{Answer, TestClient, TestInstance};

/// A new server of this person.
pub async fn server(owner: &TestClient, name: &str) -> Value {
    owner.post("/servers", json!({"name": name})).await.expect_status(201).json
}

/// What the person is called everywhere.
pub async fn uid(person: &TestClient) -> String {
    person.get("/me").await.text("/user/id")
}

/// Brings somebody in by an invitation of the owner.
pub async fn bring(owner: &TestClient, sid: &str, domain: &str, person: &TestClient) -> Value {
    let invite = owner.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201);
    let code = invite.text("/code");
    person.post(&format!("/invites/{domain}/{code}/accept"), json!({})).await.expect_status(200).json
}

fn names(server: &Value) -> Vec<&str> {
    server["channels"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect()
}

pub async fn delete_with(client: &TestClient, path: &str, body: Value) -> Answer {
    let body = body.to_string().into_bytes();
    client.send(Method::DELETE, &format!("/api/v1{path}"), Some("application/json"), body).await
}

#[tokio::test]
async fn b1_whoever_makes_a_server_owns_it() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let made = server(&ada, " Orchard ").await;
    assert_eq!(made["name"], "Orchard");
    assert_eq!(made["owner"], json!(uid(&ada).await));
    assert_eq!((&made["hub_domain"], &made["hub_is_here"]), (&json!("a.test"), &json!(true)));
    assert_eq!(made["hub"], json!({"reachable": true, "waiting": 0, "catching_up": false}));
    assert!(made["my_permissions"].as_array().unwrap().contains(&json!("admin")));
    assert_eq!((names(&made), &made["member_count"]), (vec!["general"], &json!(1)));
    assert_eq!(made["roles"][0]["everyone"], true);
    let sid = made["id"].as_str().unwrap();
    assert_eq!(ada.get(&format!("/servers/{sid}")).await.expect_status(200).json, made);
    assert_eq!(ada.get("/servers").await.json["servers"], json!([made]));

    // Nobody else learns that it exists.
    let eve = a.person("eve").await;
    eve.get(&format!("/servers/{sid}")).await.expect_problem(404, "unknown_server");
    eve.patch(&format!("/servers/{sid}"), json!({"name": "Mine"})).await.expect_problem(404, "unknown_server");
    assert_eq!(eve.get("/servers").await.json["servers"], json!([]));
    a.client().get(&format!("/servers/{sid}")).await.expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn b1_a_template_gives_a_start() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let made = ada
        .post("/servers", json!({"name": "Orchard", "template": "community", "description": "Apples."}))
        .await
        .expect_status(201)
        .json;
    let sid = made["id"].as_str().unwrap();
    for channel in ["announcements", "introductions", "general", "off-topic"] {
        assert!(names(&made).contains(&channel), "{channel}");
    }
    assert!(made["roles"].as_array().unwrap().iter().any(|r| r["name"] == "Moderator" && r["hoist"] == true));
    let seen = bring(&ada, sid, "a.test", &ben).await;
    let find = |name: &str| seen["channels"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap().clone();
    let may_send = |c: Value| c["my_permissions"].as_array().unwrap().contains(&json!("send"));
    assert!(!may_send(find("announcements")) && may_send(find("general")));
    assert_eq!(find("announcements")["parent"], find("Start here")["id"]);
}

#[tokio::test]
async fn b1_names_are_checked_field_by_field() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    for (name, code) in
        [("  ".to_owned(), "required"), ("x".repeat(81), "too_long"), ("a\u{202e}b".into(), "bad_characters")]
    {
        let refused = ada.post("/servers", json!({"name": name})).await.expect_problem(422, "invalid");
        assert_eq!(refused.field_code(), ("name", code));
    }
    assert_eq!(ada.get("/servers").await.json["servers"], json!([]));
}

#[tokio::test]
async fn b2_name_description_and_picture_change() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    bring(&ada, &sid, "a.test", &ben).await;
    let path = format!("/servers/{sid}");
    let changed =
        ada.patch(&path, json!({"name": "Grove", "description": "Trees", "public": true})).await.expect_status(200);
    assert_eq!((&changed.json["name"], &changed.json["public"]), (&json!("Grove"), &json!(true)));
    ben.patch(&path, json!({"name": "Mine"})).await.expect_problem(403, "forbidden");
    assert_eq!(ben.get(&path).await.json["name"], "Grove");

    let mut png = Vec::new();
    image::RgbImage::from_pixel(40, 20, image::Rgb([9, 90, 200]))
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    ben.put_bytes(&format!("{path}/icon"), "image/png", png.clone()).await.expect_problem(403, "forbidden");
    let refused = ada.put_bytes(&format!("{path}/icon"), "image/png", b"\x89PNG nothing".to_vec()).await;
    assert!([415, 422].contains(&refused.status.as_u16()));
    let with_icon = ada.put_bytes(&format!("{path}/icon"), "image/png", png).await.expect_status(200);
    let icon = with_icon.text("/icon");
    let shown = a.client().send(Method::GET, &icon, None, vec![]).await.expect_status(200);
    assert_eq!(shown.headers["content-type"], "image/jpeg");
    assert!(shown.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(ada.delete(&format!("{path}/icon")).await.expect_status(200).json["icon"], Value::Null);
    a.client().send(Method::GET, &icon, None, vec![]).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn b3_a_public_server_is_found_and_joined_by_a_click() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    let join = format!("/directory/a.test/{sid}/join");
    assert_eq!(ben.get("/directory").await.expect_status(200).json["servers"], json!([]));
    ben.post(&join, json!({})).await.expect_problem(404, "unknown_server");

    ada.patch(&format!("/servers/{sid}"), json!({"public": true})).await.expect_status(200);
    let listed = ben.get("/directory?domain=A.test").await.expect_status(200).json;
    assert_eq!((&listed["servers"][0]["name"], &listed["servers"][0]["joined"]), (&json!("Orchard"), &json!(false)));
    let joined = ben.post(&join, json!({})).await.expect_status(200).json;
    assert_eq!((&joined["member_count"], &joined["my_roles"]), (&json!(2), &json!([])));
    ben.post(&join, json!({})).await.expect_status(200);
    assert_eq!(ben.get("/directory").await.json["servers"][0]["joined"], true);
    assert_eq!(ben.get("/directory?domain=no%20domain").await.expect_problem(422, "invalid").field_code().0, "domain");
}

#[tokio::test]
async fn b6_a_duplicate_channel_name_is_a_field_error() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    let channels = format!("/servers/{sid}/channels");
    let made = ada.post(&channels, json!({"name": "Apples"})).await.expect_status(201);
    let refused = ada.post(&channels, json!({"name": " apples "})).await.expect_problem(409, "name_taken");
    assert_eq!(refused.field_code(), ("name", "name_taken"));
    let general = ada.get(&format!("/servers/{sid}")).await.json["channels"][0]["id"].as_str().unwrap().to_owned();
    let taken = ada.patch(&format!("{channels}/{general}"), json!({"name": "APPLES"})).await;
    assert_eq!(taken.expect_problem(409, "name_taken").field_code().0, "name");
    // Its own name is no duplicate.
    ada.patch(&format!("{channels}/{}", made.text("/id")), json!({"name": "apples"})).await.expect_status(200);
}

#[tokio::test]
async fn b6_channels_move_between_categories_and_keep_their_order() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    let channels = format!("/servers/{sid}/channels");
    let mut ids =
        vec![ada.get(&format!("/servers/{sid}")).await.json["channels"][0]["id"].as_str().unwrap().to_owned()];
    for name in ["one", "two", "three"] {
        ids.push(ada.post(&channels, json!({"name": name})).await.expect_status(201).text("/id"));
    }
    let category =
        ada.post(&channels, json!({"name": "Trees", "kind": "category"})).await.expect_status(201).text("/id");
    let order = |server: &Value, parent: Option<&str>| -> Vec<String> {
        let channels = server["channels"].as_array().unwrap();
        let all = channels.iter().filter(|c| c["parent"].as_str() == parent && c["kind"] == "text");
        all.map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    ada.patch(&format!("{channels}/{}", ids[3]), json!({"position": 0})).await.expect_status(200);
    let now = ada.get(&format!("/servers/{sid}")).await.json;
    assert_eq!(order(&now, None), ["three", "general", "one", "two"]);
    ada.patch(&format!("{channels}/{}", ids[1]), json!({"parent": category})).await.expect_status(200);
    ada.patch(&format!("{channels}/{}", ids[2]), json!({"parent": category, "position": 0})).await.expect_status(200);
    let now = ada.get(&format!("/servers/{sid}")).await.json;
    assert_eq!(
        (order(&now, None), order(&now, Some(&category))),
        (vec!["three".into(), "general".into()], vec!["two".into(), "one".into()])
    );
    ada.patch(&format!("{channels}/{}", ids[1]), json!({"parent": null})).await.expect_status(200);
    // A category does not stand in another one, and a channel is no category.
    let nested = ada.patch(&format!("{channels}/{category}"), json!({"parent": category})).await;
    assert_eq!(nested.expect_problem(422, "invalid").field_code().0, "parent");
    let wrong = ada.post(&channels, json!({"name": "x", "parent": ids[0]})).await;
    assert_eq!(wrong.expect_problem(422, "invalid").field_code().0, "parent");
    // What stood in a deleted category stands alone.
    ada.delete(&format!("{channels}/{category}")).await.expect_status(204);
    let now = ada.get(&format!("/servers/{sid}")).await.json;
    assert!(order(&now, None).contains(&"two".to_owned()));
    ada.patch(&format!("{channels}/{category}"), json!({"name": "x"})).await.expect_problem(404, "unknown_channel");
}

#[tokio::test]
async fn b8_a_private_channel_is_invisible_to_others() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben, cat) = (a.person("ada").await, a.person("ben").await, a.person("cat").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    for person in [&ben, &cat] {
        bring(&ada, &sid, "a.test", person).await;
    }
    let channels = format!("/servers/{sid}/channels");
    let asked = json!({"name": "vault", "private": true, "allow": [uid(&ben).await]});
    let made = ada.post(&channels, asked).await.expect_status(201);
    assert_eq!(made.json["private"], true);
    let id = made.text("/id");
    assert!(names(&ben.get(&format!("/servers/{sid}")).await.json).contains(&"vault"));
    assert!(!names(&cat.get(&format!("/servers/{sid}")).await.json).contains(&"vault"));
    // Nothing tells a hidden channel from none.
    let hidden = cat.delete(&format!("{channels}/{id}")).await.expect_problem(404, "unknown_channel");
    let none = format!("c_{}", "a".repeat(40));
    let absent = cat.delete(&format!("{channels}/{none}")).await.expect_problem(404, "unknown_channel");
    assert_eq!(hidden.json["detail"], absent.json["detail"]);
    let who = |answer: Answer| {
        answer.json["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["user"]["handle"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(who(ada.get(&format!("/servers/{sid}/members?channel={id}")).await), ["ada", "ben"]);
    cat.get(&format!("/servers/{sid}/members?channel={id}")).await.expect_problem(404, "unknown_channel");

    // Who loses the right loses the channel at once.
    ada.delete(&format!("{channels}/{id}/overrides/{}", uid(&ben).await)).await.expect_status(204);
    assert!(!names(&ben.get(&format!("/servers/{sid}")).await.json).contains(&"vault"));
    let bad = ada.post(&channels, json!({"name": "w", "private": true, "allow": ["nobody"]})).await;
    assert_eq!(bad.expect_problem(422, "invalid").field_code().0, "allow");
}

#[tokio::test]
async fn b8_rights_hold_whatever_the_client_does() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    let seen = bring(&ada, &sid, "a.test", &ben).await;
    let general = seen["channels"][0]["id"].as_str().unwrap().to_owned();
    let everyone = seen["roles"][0]["id"].as_str().unwrap().to_owned();
    let (me, other) = (uid(&ben).await, uid(&ada).await);
    let s = format!("/servers/{sid}");
    ben.post(&format!("{s}/channels"), json!({"name": "x"})).await.expect_problem(403, "forbidden");
    ben.patch(&format!("{s}/channels/{general}"), json!({"name": "x"})).await.expect_problem(403, "forbidden");
    ben.delete(&format!("{s}/channels/{general}")).await.expect_problem(403, "forbidden");
    let all = json!({"allow": ["manage_channels"], "deny": []});
    ben.put(&format!("{s}/channels/{general}/overrides/{me}"), all).await.expect_problem(403, "forbidden");
    ben.post(&format!("{s}/roles"), json!({"name": "x", "permissions": ["admin"]}))
        .await
        .expect_problem(403, "forbidden");
    ben.patch(&format!("{s}/roles/{everyone}"), json!({"permissions": ["admin"]}))
        .await
        .expect_problem(403, "forbidden");
    ben.patch(&format!("{s}/members/{me}"), json!({"roles": []})).await.expect_status(200);
    ben.delete(&format!("{s}/members/{other}")).await.expect_problem(403, "forbidden");
    ben.put(&format!("{s}/bans/{other}"), json!({})).await.expect_problem(403, "forbidden");
    ben.get(&format!("{s}/bans")).await.expect_problem(403, "forbidden");
    delete_with(&ben, &s, json!({"confirm_name": "Orchard"})).await.expect_problem(403, "forbidden");
    let after = ada.get(&s).await.json;
    assert_eq!((names(&after), &after["member_count"]), (vec!["general"], &json!(2)));
}

#[tokio::test]
async fn b8_overrides_grant_and_deny_in_one_channel() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    let seen = bring(&ada, &sid, "a.test", &ben).await;
    let channel = seen["channels"][0]["id"].as_str().unwrap().to_owned();
    let everyone = seen["roles"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/servers/{sid}/channels/{channel}/overrides");
    let may =
        |server: &Value, what: &str| server["channels"][0]["my_permissions"].as_array().unwrap().contains(&json!(what));
    let set = ada.put(&format!("{path}/{everyone}"), json!({"allow": [], "deny": ["send"]})).await.expect_status(200);
    assert_eq!(set.json["overrides"], json!([{"target": everyone, "allow": [], "deny": ["send"]}]));
    assert!(!may(&ben.get(&format!("/servers/{sid}")).await.json, "send"));
    ada.put(&format!("{path}/{}", uid(&ben).await), json!({"allow": ["send"]})).await.expect_status(200);
    assert!(may(&ben.get(&format!("/servers/{sid}")).await.json, "send"));
    let both = ada.put(&format!("{path}/{everyone}"), json!({"allow": ["send"], "deny": ["send"]})).await;
    assert_eq!(both.expect_problem(422, "invalid").field_code().0, "deny");
    ada.put(&format!("{path}/r_nobody"), json!({})).await.expect_problem(404, "not_found");
    ada.delete(&format!("{path}/{everyone}")).await.expect_status(204);
    ada.delete(&format!("{path}/{everyone}")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn b10_members_are_listed_page_by_page() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    for handle in ["ben", "cat", "dora"] {
        let person = a.person(handle).await;
        bring(&ada, &sid, "a.test", &person).await;
    }
    let path = format!("/servers/{sid}/members");
    let who = |answer: &Answer| {
        answer.json["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["user"]["handle"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = ada.get(&format!("{path}?limit=3")).await.expect_status(200);
    assert_eq!((who(&first), &first.json["total"]), (vec!["ada".into(), "ben".into(), "cat".into()], &json!(4)));
    assert_eq!(first.json["members"][0]["presence"], "offline");
    let second = ada.get(&format!("{path}?limit=3&cursor={}", first.text("/cursor"))).await.expect_status(200);
    assert_eq!((who(&second), &second.json["cursor"]), (vec!["dora".into()], &Value::Null));
    assert_eq!(who(&ada.get(&format!("{path}?q=@DOR")).await), ["dora"]);
    assert_eq!(who(&ada.get(&format!("{path}?q=nobody")).await), Vec::<String>::new());
    assert_eq!(ada.get(&format!("{path}?cursor=x")).await.expect_problem(422, "invalid").field_code().0, "cursor");
}

#[tokio::test]
async fn b12_a_server_is_deleted_by_its_typed_name() {
    let a = TestInstance::new("a.test").await;
    let (ada, ben) = (a.person("ada").await, a.person("ben").await);
    let sid = server(&ada, "Orchard").await["id"].as_str().unwrap().to_owned();
    bring(&ada, &sid, "a.test", &ben).await;
    let path = format!("/servers/{sid}");
    let wrong = delete_with(&ada, &path, json!({"confirm_name": "Grove"})).await.expect_problem(422, "invalid");
    assert_eq!(wrong.field_code().0, "confirm_name");
    // Not by whoever finds the device open.
    a.clock.advance(11 * 60_000);
    let named = json!({"confirm_name": "Orchard"});
    delete_with(&ada, &path, named.clone()).await.expect_problem(403, "proof_required");
    ada.post("/sessions/current/proof", json!({"password": crate::kit::PASSWORD})).await.expect_status(204);
    delete_with(&ada, &path, named).await.expect_status(204);
    for person in [&ada, &ben] {
        person.get(&path).await.expect_problem(404, "unknown_server");
        assert_eq!(person.get("/servers").await.json["servers"], json!([]));
    }
}

#[tokio::test]
async fn b11_a_person_orders_their_servers() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let mut sids = Vec::new();
    for name in ["one", "two", "three"] {
        a.clock.advance(1_000);
        sids.push(server(&ada, name).await["id"].as_str().unwrap().to_owned());
    }
    let order = |answer: Answer| {
        answer.json["servers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(order(ada.get("/servers").await), ["one", "two", "three"]);
    ada.put("/me/server_order", json!({"sids": [sids[2], sids[0]]})).await.expect_status(204);
    assert_eq!(order(ada.get("/servers").await), ["three", "one", "two"]);
    ada.put("/me/server_order", json!({"sids": ["x"]})).await.expect_problem(422, "invalid");
}
