//! Stories whose body is the same for local people on local servers, remote people on local servers and local people on
//! remote servers.

use axum::http::Method;
use serde_json::{Value, json};

use crate::c_files::{fetch, photo, upload};
use crate::kit::{TestClient, everywhere};

const CAKE: &str = "/reactions/%F0%9F%8E%82";

async fn delete_with(client: &TestClient, path: &str, body: Value) {
    let body = body.to_string().into_bytes();
    let path = format!("/api/v1{path}");
    client.send(Method::DELETE, &path, Some("application/json"), body).await.expect_status(204);
}

fn texts(messages: &[Value], field: &str) -> Vec<String> {
    messages.iter().map(|m| m[field].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_what_is_said_arrives_once_in_order_for_everybody() {
    everywhere(110, async |s| {
        let first = s.send(&s.member, json!({"nonce": "one", "body": "hello"})).await;
        // Repeated before the copy of the home holds it, or after.
        let repeated = json!({"nonce": "one", "body": "hello"});
        let again = s.member.post(&s.in_channel("/messages"), repeated).await.expect_status(201).json;
        assert_eq!((&first["id"], &first["nonce"]), (&again["id"], &json!("one")));
        assert_eq!(first["author"], json!(s.member_id));
        s.settled().await;
        for (n, who) in [&s.watcher, &s.owner, &s.member].into_iter().cycle().take(9).enumerate() {
            s.send(who, json!({"body": format!("line {n}")})).await;
        }
        s.settled().await;
        for who in [&s.owner, &s.member, &s.watcher] {
            let seen = s.messages(who).await;
            let mut all = vec!["hello".to_owned()];
            all.extend((0..9).map(|n| format!("line {n}")));
            assert_eq!(texts(&seen, "body"), all);
            let numbers: Vec<_> = seen.iter().map(|m| m["cn"].as_u64().unwrap()).collect();
            assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
        }
        // A retry after an edit answers with the message as it is now; the number is its author's alone.
        s.member.patch(&s.of_message(&first, ""), json!({"body": "hello!"})).await.expect_status(200);
        s.settled().await;
        let once_more = s.member.post(&s.in_channel("/messages"), json!({"nonce": "one", "body": "hello"})).await;
        assert_eq!(once_more.expect_status(201).json["body"], "hello!");
        assert!(s.messages(&s.watcher).await[0]["nonce"].is_null());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_a_reply_shows_what_it_answers_and_may_ping() {
    everywhere(120, async |s| {
        let question = s.send(&s.owner, json!({"body": "is anybody\nhere?"})).await;
        s.settled().await;
        let reply = s.send(&s.member, json!({"body": "yes", "reply_to": question["id"], "ping": true})).await;
        assert_eq!(reply["reply_to"]["excerpt"], "is anybody here?");
        assert_eq!((&reply["reply_to"]["author"], &reply["reply_to"]["cn"]), (&json!(s.owner_id), &json!(1)));
        assert_eq!(reply["mentions"], json!([s.owner_id]));
        let quiet = s.send(&s.member, json!({"body": "also", "reply_to": question["id"]})).await;
        assert_eq!(quiet["mentions"], json!([]));
        s.settled().await;
        let seen = s.messages(&s.watcher).await;
        assert_eq!(
            (&seen[1]["reply_to"]["excerpt"], &seen[1]["mentions"]),
            (&json!("is anybody here?"), &json!([s.owner_id]))
        );
        let pinged = s.owner.get("/servers").await.json["servers"][0].to_string();
        assert!(pinged.contains("mention"), "{pinged}");

        s.owner.delete(&s.of_message(&question, "")).await.expect_status(204);
        s.settled().await;
        for who in [&s.member, &s.watcher] {
            let seen = s.messages(who).await;
            assert_eq!(seen[1]["reply_to"]["deleted"], true);
            assert!(seen[1]["reply_to"]["excerpt"].is_null());
        }
        // What stands in another channel is not quoted here.
        let made = s.owner.post(&s.path("/channels"), json!({"name": "second"})).await.expect_status(201);
        s.settled().await;
        let other = s.path(&format!("/channels/{}/messages", made.text("/id")));
        let answer = json!({"nonce": "x", "body": "no", "reply_to": reply["id"]});
        s.member.post(&other, answer).await.expect_problem(422, "invalid");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c5_edits_and_deletions_reach_everybody() {
    everywhere(130, async |s| {
        let message = s.send(&s.member, json!({"body": "teh word"})).await;
        let path = s.of_message(&message, "");
        s.settled().await;
        s.watcher.patch(&path, json!({"body": "not mine"})).await.expect_problem(403, "forbidden");
        s.watcher.delete(&path).await.expect_problem(403, "forbidden");
        for instance in [&s.a, &s.b] {
            instance.clock.advance(5_000);
        }
        let edited = s.member.patch(&path, json!({"body": "the word"})).await.expect_status(200).json;
        assert_eq!(edited["body"], "the word");
        assert!(edited["edited_at"].as_i64().unwrap() > edited["ts"].as_i64().unwrap());
        s.member.patch(&path, json!({"body": " "})).await.expect_problem(422, "invalid");
        s.settled().await;
        for who in [&s.owner, &s.watcher] {
            let seen = &s.messages(who).await[0];
            assert_eq!((&seen["body"], &seen["edited_at"]), (&json!("the word"), &edited["edited_at"]));
        }
        // One's own, and as the owner what others wrote.
        let second = s.send(&s.watcher, json!({"body": "spoils it"})).await;
        s.settled().await;
        s.member.delete(&path).await.expect_status(204);
        delete_with(&s.owner, &s.of_message(&second, ""), json!({"reason": "spoils the puzzle"})).await;
        s.settled().await;
        for who in [&s.owner, &s.member, &s.watcher] {
            for seen in s.messages(who).await {
                assert_eq!((&seen["deleted"], &seen["body"]), (&json!(true), &json!("")));
            }
        }
        s.member.delete(&path).await.expect_problem(404, "not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c6_reactions_are_counted_once_for_each_person() {
    everywhere(140, async |s| {
        let message = s.send(&s.owner, json!({"body": "cake?"})).await;
        s.settled().await;
        let path = s.of_message(&message, CAKE);
        for _ in 0..2 {
            s.member.put(&path, json!({})).await.expect_status(204);
        }
        s.settled().await;
        s.owner.put(&path, json!({})).await.expect_status(204);
        s.settled().await;
        for (who, me) in [(&s.owner, true), (&s.member, true), (&s.watcher, false)] {
            let given = s.messages(who).await[0]["reactions"][0].clone();
            assert_eq!((&given["emoji"], &given["count"], &given["me"]), (&json!("🎂"), &json!(2), &json!(me)));
            assert_eq!(given["users"], json!([s.member_id, s.owner_id]));
        }
        let who = s.watcher.get(&path).await.expect_status(200).json;
        assert_eq!(who["users"][0]["handle"], "ben");
        for _ in 0..2 {
            s.member.delete(&path).await.expect_status(204);
            s.settled().await;
        }
        assert_eq!(s.messages(&s.watcher).await[0]["reactions"][0]["count"], 1);
        s.member.put(&s.of_message(&message, "/reactions/abc"), json!({})).await.expect_status(422);
        for i in 0..19_u32 {
            let emoji = char::from_u32(0x1F600 + i).unwrap().to_string();
            let encoded: String = emoji.bytes().map(|b| format!("%{b:02X}")).collect();
            s.owner.put(&s.of_message(&message, &format!("/reactions/{encoded}")), json!({})).await.expect_status(204);
        }
        s.settled().await;
        let apple = s.of_message(&message, "/reactions/%F0%9F%8D%8E");
        let full = s.member.put(&apple, json!({})).await.expect_problem(422, "invalid");
        assert_eq!(full.field_code(), ("emoji", "too_many"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_a_picture_reaches_everybody_and_goes_with_its_message() {
    everywhere(150, async |s| {
        let up = upload(&s.member, &s.sid, &s.cid, "sea.jpg", photo(900, 500)).await.expect_status(201).json;
        let file = json!([{"upload": up["upload"], "alt": "the sea"}]);
        let message = s.send(&s.member, json!({"body": "look", "attachments": file})).await;
        s.settled().await;
        let mut seen = Vec::new();
        for who in [&s.owner, &s.member, &s.watcher] {
            let shown = s.messages(who).await[0]["attachments"][0].clone();
            assert_eq!((&shown["name"], &shown["alt"]), (&json!("sea.jpg"), &json!("the sea")));
            let picture = fetch(who, &shown["url"]).await.expect_status(200);
            assert_eq!(picture.headers["content-type"], "image/jpeg");
            assert!(!picture.bytes.windows(5).any(|w| w == b"52.5,"), "metadata is gone");
            fetch(who, &shown["thumb_url"]).await.expect_status(200);
            seen.push(picture.bytes);
        }
        assert!(seen.iter().all(|bytes| *bytes == seen[0]));
        let eve = s.newcomer("eve").await;
        fetch(&eve, &message["attachments"][0]["url"]).await.expect_problem(404, "unknown_server");

        for instance in [&s.a, &s.b] {
            instance.clock.advance(120_000);
        }
        s.member.delete(&s.of_message(&message, "")).await.expect_status(204);
        s.settled().await;
        for who in [&s.owner, &s.member, &s.watcher] {
            fetch(who, &message["attachments"][0]["url"]).await.expect_problem(404, "not_found");
        }
        let mid = message["attachments"][0]["id"].as_str().unwrap();
        for at in [&s.a, &s.b] {
            conntext_server::media::sweep(&at.app).await.unwrap();
            assert!(!conntext_server::media::blobs::path(&at.app, mid).exists(), "the bytes are erased");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b8_roles_rank_and_nobody_reaches_above_themselves() {
    everywhere(160, async |s| {
        let (roles, members) = (s.path("/roles"), s.path("/members"));
        let keeper = json!({"name": "Keeper", "colour": 0x00ff00, "permissions": ["manage_roles", "kick"]});
        let high = s.owner.post(&roles, keeper).await.expect_status(201);
        assert_eq!((&high.json["position"], &high.json["colour"]), (&json!(1), &json!(65280)));
        let low = s.owner.post(&roles, json!({"name": "Reader"})).await.expect_status(201).text("/id");
        let high = high.text("/id");
        s.settled().await;
        // A new role stands below the others.
        let shown = s.server(&s.watcher).await;
        let position =
            |id: &str| shown["roles"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap()["position"].clone();
        assert_eq!((position(&high), position(&low)), (json!(2), json!(1)));
        let taken = s.owner.post(&roles, json!({"name": "reader"})).await.expect_problem(409, "name_taken");
        assert_eq!(taken.field_code().0, "name");

        let of = |id: &str| format!("{members}/{id}");
        let (ben, wim, ada) = (of(&s.member_id), of(&s.watcher_id), of(&s.owner_id));
        let given = s.owner.patch(&ben, json!({"roles": [high]})).await.expect_status(200);
        assert_eq!(given.json["roles"], json!([high]));
        s.settled().await;
        // The keeper gives what lies below, neither their own role nor rights that they lack.
        s.member.patch(&wim, json!({"roles": [low]})).await.expect_status(200);
        s.member.patch(&wim, json!({"roles": [high]})).await.expect_problem(403, "forbidden");
        s.member.patch(&ada, json!({"roles": [low]})).await.expect_problem(403, "forbidden");
        let role = |id: &str| format!("{roles}/{id}");
        s.member.patch(&role(&low), json!({"permissions": ["ban"]})).await.expect_problem(403, "forbidden");
        s.member.patch(&role(&high), json!({"name": "King"})).await.expect_problem(403, "forbidden");
        s.member.delete(&role(&high)).await.expect_problem(403, "forbidden");
        s.member.patch(&role(&low), json!({"permissions": ["kick"], "hoist": true})).await.expect_status(200);
        s.settled().await;
        // Wim may kick now, but not those above.
        assert!(s.server(&s.watcher).await["my_permissions"].as_array().unwrap().contains(&json!("kick")));
        s.watcher.delete(&ben).await.expect_problem(403, "forbidden");
        s.member.delete(&role(&low)).await.expect_status(204);
        s.settled().await;
        assert_eq!(s.owner.get(&wim).await.json["roles"], json!([]));
        let bad = s.member.post(&roles, json!({"name": "x", "permissions": ["fly"]})).await;
        assert_eq!(bad.expect_problem(422, "invalid").field_code(), ("permissions", "unknown_permission"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_an_invite_grants_roles_on_joining() {
    everywhere(170, async |s| {
        let role = s.owner.post(&s.path("/roles"), json!({"name": "Reader"})).await.expect_status(201).text("/id");
        let asked = json!({"roles": [role], "max_uses": 1});
        let code = s.owner.post(&s.path("/invites"), asked).await.expect_status(201).text("/code");
        let (cat, dan) = (s.newcomer("cat").await, s.newcomer("dan").await);
        let accept = format!("/invites/a.test/{code}/accept");
        let shown = cat.get(&format!("/invites/a.test/{code}")).await.expect_status(200).json;
        assert_eq!((&shown["server"]["name"], &shown["verified"]), (&json!("Orchard"), &json!(true)));
        assert_eq!((&shown["inviter"]["handle"], &shown["already_member"]), (&json!("ada"), &json!(false)));
        let joined = cat.post(&accept, json!({})).await.expect_status(200).json;
        assert_eq!((&joined["my_roles"], &joined["id"]), (&json!([role]), &json!(s.sid)));
        // Whoever is in stays in; for others it is used up.
        cat.post(&accept, json!({})).await.expect_status(200);
        dan.post(&accept, json!({})).await.expect_problem(410, "invite_spent");
        s.settled().await;
        // Members may invite, but not hand out roles; strangers may nothing.
        s.member.post(&s.path("/invites"), json!({"roles": [role]})).await.expect_problem(403, "forbidden");
        dan.post(&s.path("/invites"), json!({})).await.expect_problem(404, "unknown_server");
        let theirs = s.member.post(&s.path("/invites"), json!({})).await.expect_status(201).text("/code");
        dan.post(&format!("/invites/a.test/{theirs}/accept"), json!({})).await.expect_status(200);
        s.settled().await;
        for who in [&s.owner, &s.watcher, &cat] {
            assert_eq!(s.server(who).await["member_count"], 6);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_who_leaves_is_out_and_the_owner_stays() {
    everywhere(180, async |s| {
        s.owner.post(&s.path("/leave"), json!({})).await.expect_problem(409, "owner_cannot_leave");
        s.member.post(&s.path("/leave"), json!({})).await.expect_status(204);
        s.member.get(&s.path("")).await.expect_problem(404, "unknown_server");
        assert_eq!(s.member.get("/servers").await.json["servers"], json!([]));
        s.settled().await;
        for who in [&s.owner, &s.watcher] {
            assert_eq!(s.server(who).await["member_count"], 3);
        }
        // The door is open to come back.
        s.bring(&s.member).await;
        s.settled().await;
        assert_eq!(s.server(&s.watcher).await["member_count"], 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_kicks_and_bans_send_away_with_a_reason() {
    everywhere(190, async |s| {
        let (member, ban) = (s.path(&format!("/members/{}", s.member_id)), s.path(&format!("/bans/{}", s.member_id)));
        s.watcher.delete(&member).await.expect_problem(403, "forbidden");
        delete_with(&s.owner, &member, json!({"reason": "too loud"})).await;
        s.settled().await;
        s.member.get(&s.path("")).await.expect_problem(404, "unknown_server");
        assert_eq!(s.member.get("/servers").await.json["servers"], json!([]));
        s.owner.delete(&member).await.expect_problem(404, "not_found");
        // Whoever was kicked may come back.
        s.bring(&s.member).await;

        s.owner.put(&ban, json!({"reason": "spam, again"})).await.expect_status(204);
        s.settled().await;
        s.member.get(&s.path("")).await.expect_problem(404, "unknown_server");
        assert_eq!(s.server(&s.watcher).await["member_count"], 3);
        let bans = s.owner.get(&s.path("/bans")).await.expect_status(200).json;
        let listed = &bans["bans"][0];
        assert_eq!((&listed["user"]["handle"], &listed["reason"]), (&json!("ben"), &json!("spam, again")));
        assert_eq!(listed["by"], json!(s.owner_id));
        let code = s.owner.post(&s.path("/invites"), json!({})).await.text("/code");
        let accept = format!("/invites/a.test/{code}/accept");
        s.member.post(&accept, json!({})).await.expect_problem(403, "banned");
        s.owner.delete(&ban).await.expect_status(204);
        s.owner.delete(&ban).await.expect_problem(404, "not_found");
        s.member.post(&accept, json!({})).await.expect_status(200);
        // The owner is out of everybody's reach.
        let owner = s.path(&format!("/bans/{}", s.owner_id));
        s.owner.put(&owner, json!({})).await.expect_problem(403, "forbidden");
    })
    .await;
}
