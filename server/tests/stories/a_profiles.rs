//! What people show of themselves, and the name by which they are found.

use serde_json::{Value, json};

use crate::kit::{PASSWORD, Scene, TestClient, TestInstance, TestNet, everywhere, until};

/// A photo whose camera wrote a note into it.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut jpeg = Vec::new();
    image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 9]))
        .write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg)
        .unwrap();
    let note = b"GPS 52.5200 13.4050";
    let length = u16::try_from(note.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xfe], &length, note, &jpeg[2..]].concat()
}

async fn card(who: &TestClient, uid: &str) -> Value {
    who.get(&format!("/users/{uid}")).await.expect_status(200).json
}

async fn bytes_at(who: &TestClient, address: &Value) -> Option<Vec<u8>> {
    let answer = who.get(address.as_str()?.strip_prefix("/api/v1").unwrap()).await;
    (answer.status == 200).then(|| answer.bytes.to_vec())
}

async fn sees_banner(s: &Scene) -> Option<Vec<u8>> {
    bytes_at(&s.watcher, &card(&s.watcher, &s.member_id).await["banner"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_a_banner_is_cut_cleaned_and_seen_everywhere() {
    everywhere(510, async |s| {
        s.member.put_bytes("/me/banner", "image/png", b"<svg/>".to_vec()).await.expect_problem(415, "unsupported_type");
        let broken = s.member.put_bytes("/me/banner", "image/jpeg", picture(90, 30)[..400].to_vec()).await;
        assert_eq!(broken.expect_problem(422, "invalid").field_code(), ("banner", "bad_picture"));
        let huge = vec![0; 3 * 1024 * 1024];
        s.member.put_bytes("/me/banner", "image/jpeg", huge).await.expect_status(413);
        assert!(card(&s.watcher, &s.member_id).await["banner"].is_null());

        let sent = picture(600, 600);
        s.member.put_bytes("/me/banner", "image/jpeg", sent.clone()).await.expect_status(200);
        until("the watcher sees the banner", async || sees_banner(s).await.is_some()).await;
        let shown = sees_banner(s).await.unwrap();
        let decoded = image::load_from_memory(&shown).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (960, 320));
        let notes = |bytes: &[u8]| bytes.windows(3).any(|part| part == b"GPS");
        assert!(notes(&sent) && !notes(&shown));
        // The small picture is another one, and stays away.
        assert!(card(&s.watcher, &s.member_id).await["user"]["avatar"].is_null());

        s.member.delete("/me/banner").await.expect_status(200);
        until("it is gone", async || card(&s.watcher, &s.member_id).await["banner"].is_null()).await;
        let old = format!("/users/{}/banner", s.member_id);
        s.watcher.get(&old).await.expect_problem(404, "not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_another_name_is_seen_everywhere_and_brings_nobody_else_to_the_old_one() {
    everywhere(520, async |s| {
        s.send(&s.member, json!({"body": "under the old name"})).await;
        s.settled().await;
        let me = s.member.put("/me/handle", json!({"handle": "Benedikt"})).await.expect_status(200);
        assert_eq!(me.text("/user/handle"), "benedikt");
        // Whoever shows no other name is shown by the new one.
        assert_eq!(me.text("/user/display_name"), "benedikt");
        until("the watcher sees the new name", async || {
            card(&s.watcher, &s.member_id).await["user"]["handle"] == "benedikt"
        })
        .await;
        assert_eq!(card(&s.owner, &s.member_id).await["user"]["domain"], me.json["user"]["domain"]);
        assert_eq!(s.messages(&s.watcher).await[0]["author"], json!(s.member_id));
    })
    .await;
}

#[tokio::test]
async fn a5_a_name_that_was_given_up_is_nobody_elses() {
    let a = TestInstance::new("a.test").await;
    let (bob, otto) = (a.person("bob").await, a.person("otto").await);
    let change = async |who: &TestClient, handle: &str| {
        a.clock.advance(1_000);
        who.put("/me/handle", json!({"handle": handle})).await
    };
    let field = |answer: crate::kit::Answer, status: u16, code: &str| answer.expect_problem(status, code).json;

    assert_eq!(field(change(&bob, "b!").await, 422, "invalid")["fields"][0]["code"], "handle_form");
    assert_eq!(field(change(&bob, "admin").await, 422, "invalid")["fields"][0]["code"], "handle_reserved");
    assert_eq!(field(change(&bob, "bob").await, 422, "invalid")["fields"][0]["code"], "same");
    change(&bob, "otto").await.expect_problem(409, "handle_taken");
    assert_eq!(field(change(&bob, "0tto").await, 409, "handle_taken")["fields"][0]["code"], "handle_confusable");

    // One that looks like one's own is no other person's.
    change(&bob, "b0b").await.expect_status(200);
    change(&bob, "bruno").await.expect_status(200);
    let sign_in =
        async |handle: &str| a.client().post("/sessions", json!({"handle": handle, "password": PASSWORD})).await;
    sign_in("bruno").await.expect_status(201);
    for old in ["bob", "b0b"] {
        sign_in(old).await.expect_problem(401, "bad_credentials");
        change(&otto, old).await.expect_problem(409, "handle_taken");
        let new = json!({"handle": old, "password": PASSWORD});
        a.client().post("/accounts", new).await.expect_problem(409, "handle_taken");
    }
    // Who gave it up may have it back; too many names in a month are refused, with the time to wait.
    change(&bob, "bob").await.expect_status(200);
    let wait = change(&bob, "bruno").await.expect_problem(429, "rate").json["retry_after_ms"].as_u64().unwrap();
    a.clock.advance(i64::try_from(wait).unwrap() + 1);
    sign_in("bob").await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_names_are_changed_while_messages_flow() {
    let net = TestNet::new(530);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.person("ada").await, b.person("ben").await);
    let made = ada.post("/servers", json!({"name": "Orchard"})).await.expect_status(201);
    let (sid, cid) = (made.text("/id"), made.text("/channels/0/id"));
    let code = ada.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
    ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
    let uid = ben.get("/me").await.text("/user/id");
    let messages = format!("/servers/{sid}/channels/{cid}/messages");
    for (n, name) in ["ben1x", "ben2x", "ben3x"].into_iter().enumerate() {
        let say = ben.post(&messages, json!({"nonce": format!("n{n}"), "body": format!("m {n}")}));
        let rename = ben.put("/me/handle", json!({"handle": name}));
        let (said, renamed) = tokio::join!(say, rename);
        said.expect_status(201);
        renamed.expect_status(200);
    }
    until("a shows the last name", async || card(&ada, &uid).await["user"]["handle"] == "ben3x").await;
    until("a has all messages", async || ada.get(&messages).await.json["messages"].as_array().unwrap().len() == 3)
        .await;
}
