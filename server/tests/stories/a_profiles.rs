//! What people show of themselves, and the name by which they are found.

use conntext_federation::ids::MediaId;
use conntext_federation::profile::Picture;
use conntext_server::db::Query as _;
use conntext_server::profiles::keep_picture;
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

/// How the member is shown to somebody in the community of a scene.
async fn here(s: &Scene, who: &TestClient) -> Value {
    let answer = who.get(&s.path(&format!("/members/{}", s.member_id))).await.expect_status(200).json;
    answer["user"]["here"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_a_name_and_a_picture_for_one_community_are_seen_there_and_nowhere_else() {
    everywhere(540, async |s| {
        s.send(&s.member, json!({"body": "hello"})).await;
        let other = s.owner.post("/servers", json!({"name": "Elsewhere"})).await.expect_status(201);
        let (name, long) = (json!({"display_name": " Captain "}), json!({"display_name": "x".repeat(65)}));
        let refused = s.member.put(&s.path("/profile"), long).await.expect_problem(422, "invalid");
        assert_eq!(refused.field_code(), ("display_name", "too_long"));
        s.member.put(&format!("/servers/{}/profile", other.text("/id")), name.clone()).await.expect_status(404);
        let member = s.member.put(&s.path("/profile"), name).await.expect_status(200);
        assert_eq!(member.json["user"]["here"], json!({"display_name": "Captain", "avatar": null}));
        assert_eq!(member.json["user"]["display_name"], "ben");
        s.member.put_bytes(&s.path("/profile/avatar"), "image/jpeg", picture(90, 60)).await.expect_status(200);
        for who in [&s.watcher, &s.owner] {
            until("both are seen", async || here(s, who).await["avatar"].is_string()).await;
            assert_eq!(here(s, who).await["display_name"], "Captain");
            let address = here(s, who).await["avatar"].clone();
            until("the picture is there", async || bytes_at(who, &address).await.is_some()).await;
            // Beside messages as well, and not on the card that holds everywhere.
            let page = who.get(&s.in_channel("/messages")).await.expect_status(200).json;
            let user =
                page["users"].as_array().unwrap().iter().find(|u| u["id"] == json!(s.member_id)).unwrap().clone();
            assert_eq!((&user["display_name"], &user["here"]["display_name"]), (&json!("ben"), &json!("Captain")));
            assert!(card(who, &s.member_id).await["user"]["here"].is_null());
            let found = who.get(&s.path("/members?q=captain")).await.expect_status(200).json;
            assert_eq!(found["members"].as_array().unwrap().len(), 1);
        }
        // Nobody looks at it from outside.
        let stranger = s.a.person("stranger").await;
        let address = here(s, &s.watcher).await["avatar"].clone();
        assert!(bytes_at(&stranger, &address).await.is_none());

        s.member.delete(&s.path("/profile/avatar")).await.expect_status(200);
        s.member.put(&s.path("/profile"), json!({"display_name": ""})).await.expect_status(200);
        for who in [&s.watcher, &s.owner] {
            until("as everywhere", async || here(s, who).await.is_null()).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_moderators_take_a_name_away_and_the_permission_decides() {
    everywhere(550, async |s| {
        let member = s.path(&format!("/members/{}", s.member_id));
        s.member.put(&s.path("/profile"), json!({"display_name": "Captain"})).await.expect_status(200);
        s.member.put_bytes(&s.path("/profile/avatar"), "image/jpeg", picture(90, 60)).await.expect_status(200);
        until("both are seen", async || {
            let seen = here(s, &s.watcher).await;
            seen["display_name"] == "Captain" && bytes_at(&s.watcher, &seen["avatar"]).await.is_some()
        })
        .await;
        let address = here(s, &s.watcher).await["avatar"].clone();
        for who in [&s.member, &s.watcher] {
            who.patch(&member, json!({"plain": true})).await.expect_problem(403, "forbidden");
        }
        let plain = s.owner.patch(&member, json!({"plain": true})).await.expect_status(200).json;
        assert_eq!((&plain["plain"], &plain["user"]["here"]), (&json!(true), &Value::Null));
        until("it is not shown any more", async || here(s, &s.watcher).await.is_null()).await;
        assert!(bytes_at(&s.watcher, &address).await.is_none(), "nor by whoever kept the address");
        // Another one is not shown either, until they are allowed to again.
        s.member.put(&s.path("/profile"), json!({"display_name": "Commodore"})).await.expect_status(200);
        s.settled().await;
        assert!(here(s, &s.watcher).await.is_null());
        s.owner.patch(&member, json!({"plain": false})).await.expect_status(200);
        until("the new one is shown", async || here(s, &s.watcher).await["display_name"] == "Commodore").await;

        let server = s.server(&s.owner).await;
        let everyone = server["roles"].as_array().unwrap().iter().find(|r| r["everyone"] == true).unwrap().clone();
        let role = s.path(&format!("/roles/{}", everyone["id"].as_str().unwrap()));
        let names = everyone["permissions"].as_array().unwrap();
        let without: Vec<&Value> = names.iter().filter(|p| *p != "nickname").collect();
        assert_eq!(without.len() + 1, names.len());
        s.owner.patch(&role, json!({"permissions": without})).await.expect_status(200);
        until("nobody may", async || here(s, &s.watcher).await.is_null()).await;
        s.settled().await;
        let name = s.member.put(&s.path("/profile"), json!({"display_name": "Admiral"})).await;
        name.expect_problem(403, "forbidden");
        s.member.put_bytes(&s.path("/profile/avatar"), "image/jpeg", picture(9, 9)).await.expect_status(403);
        // Going back to the usual name is always possible.
        s.member.put(&s.path("/profile"), json!({"display_name": ""})).await.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_who_leaves_takes_the_name_along() {
    everywhere(560, async |s| {
        s.send(&s.member, json!({"body": "hello"})).await;
        s.member.put(&s.path("/profile"), json!({"display_name": "Zanzibar"})).await.expect_status(200);
        s.member.put_bytes(&s.path("/profile/avatar"), "image/jpeg", picture(90, 60)).await.expect_status(200);
        let seen = async || bytes_at(&s.watcher, &here(s, &s.watcher).await["avatar"]).await;
        until("it is seen", async || seen().await.is_some()).await;
        let bytes = seen().await.unwrap();
        s.settled().await;
        s.member.post(&s.path("/leave"), json!({})).await.expect_status(204);
        for app in [&s.a.app, &s.b.app] {
            until("nothing is left of it", async || {
                let mut read = app.db.read().await.unwrap();
                let rows = read.rows("select actor from server_profiles", vec![]).await.unwrap();
                let pictures = read.rows("select mid from avatars", vec![]).await.unwrap();
                rows.is_empty() && pictures.is_empty()
            })
            .await;
        }
        // What was on its way when they left is not kept either.
        let (mid, size) = (MediaId::of(&bytes), bytes.len() as u64);
        let late = Picture { mid, size, media_type: "image/jpeg".into() };
        let late = keep_picture(&s.b.app, &late, bytes).await;
        let pictures = s.b.app.db.read().await.unwrap().rows("select mid from avatars", vec![]).await.unwrap();
        assert!(late.is_ok() && pictures.is_empty());
        // Who comes back begins as everywhere.
        s.bring(&s.member).await;
        s.settled().await;
        assert!(here(s, &s.watcher).await.is_null());
        s.member.put(&s.path("/profile"), json!({"display_name": "Tunis"})).await.expect_status(200);
        until("and may choose anew", async || here(s, &s.watcher).await["display_name"] == "Tunis").await;
    })
    .await;
}

/// Of what one instance tells another, only what both are in on counts.
#[tokio::test(flavor = "multi_thread")]
async fn a10_other_instances_hear_of_their_own_communities_only() {
    let net = TestNet::new(570);
    let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
    let (ada, ben, cleo) = (a.person("ada").await, b.person("ben").await, c.person("cleo").await);
    let join = async |who: &TestClient, name: &str| {
        let made = ada.post("/servers", json!({"name": name})).await.expect_status(201);
        let sid = made.text("/id");
        let code = ada.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
        who.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
        sid
    };
    let (with_ben, with_cleo) = (join(&ben, "Bens").await, join(&cleo, "Cleos").await);
    ada.put(&format!("/servers/{with_ben}/profile"), json!({"display_name": "Quetzal"})).await.expect_status(200);
    ada.put(&format!("/servers/{with_cleo}/profile"), json!({"display_name": "Wombat"})).await.expect_status(200);
    let uid = ada.get("/me").await.text("/user/id");
    let seen = async |who: &TestClient, sid: &str| {
        let path = format!("/servers/{sid}/members/{uid}");
        who.get(&path).await.expect_status(200).json["user"]["here"]["display_name"].clone()
    };
    until("ben sees his", async || seen(&ben, &with_ben).await == "Quetzal").await;
    until("cleo sees hers", async || seen(&cleo, &with_cleo).await == "Wombat").await;
    assert!(net.was_told("b.test", "Quetzal") && !net.was_told("b.test", "Wombat"));
    assert!(net.was_told("c.test", "Wombat") && !net.was_told("c.test", "Quetzal"));
}

/// What is forged, older, of somebody else or of a community that one is not in changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a10_what_is_not_signed_by_the_person_counts_for_nothing() {
    use conntext_federation::keys::SecretKey;
    use conntext_federation::server_profile::{ServerProfileDoc, ServerProfileFields};
    use conntext_federation::wire::SignedProfile;
    use conntext_server::peers::Told;
    use conntext_server::profiles::exchange;

    let net = TestNet::new(580);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (ada, ben) = (a.person("ada").await, b.person("ben").await);
    let made = ada.post("/servers", json!({"name": "Orchard"})).await.expect_status(201);
    let sid = made.text("/id");
    let code = ada.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
    ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
    let uid = ben.get("/me").await.text("/user/id");
    let known = async || -> SignedProfile {
        let uids = [uid.parse().unwrap()];
        exchange::signed(&b.app, &a.app.keys.ik, &uids).await.unwrap().pop().unwrap()
    };
    let name = async |name: &str| {
        ben.put(&format!("/servers/{sid}/profile"), json!({"display_name": name})).await.expect_status(200);
        known().await
    };
    let first = name("First").await;
    b.clock.advance(10);
    let second = name("Second").await;
    let seen = async || {
        let path = format!("/servers/{sid}/members/{uid}");
        ada.get(&path).await.expect_status(200).json["user"]["here"]["display_name"].clone()
    };
    until("the second is seen", async || seen().await == "Second").await;
    let tell = async |servers: Vec<ServerProfileDoc>| {
        let profile = SignedProfile { servers, ..known().await };
        exchange::keep(&a.app, vec![Told { home: b.app.domain.clone(), by: b.app.domain.clone(), profile }])
            .await
            .unwrap();
        seen().await
    };
    assert_eq!(tell(first.servers.clone()).await, "Second", "an older one does not come back");
    let fields = |change: &dyn Fn(&mut ServerProfileFields)| {
        let mut fields = second.servers[0].body().clone();
        fields.rev += 1_000_000;
        fields.display_name = "Forged".into();
        change(&mut fields);
        fields
    };
    let eve = SecretKey::from_seed([66; 32]);
    let forged = ServerProfileDoc::sign(fields(&|_| ()), &eve).unwrap();
    assert_eq!(tell(vec![forged]).await, "Second", "by a key that is not the person's");
    let touched = String::from_utf8(second.servers[0].to_vec().unwrap()).unwrap().replace("Second", "Forged");
    let touched = ServerProfileDoc::from_slice(touched.as_bytes()).unwrap();
    assert_eq!(tell(vec![touched]).await, "Second", "touched on the way");
    let later = ServerProfileDoc::sign(fields(&|f| f.op += 9), &eve).unwrap();
    assert_eq!(tell(vec![later]).await, "Second", "under an operation that nobody knows");
    let elsewhere = "s_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
    let elsewhere = ServerProfileDoc::sign(fields(&|f| f.sid = std::clone::Clone::clone(&elsewhere)), &eve).unwrap();
    assert_eq!(tell(vec![elsewhere]).await, "Second", "of a community that is not here");
    // With whoever asks from a community that they are not in, nothing of it is shared.
    let stranger = conntext_federation::ids::InstanceId::of_root(&[9; 32]);
    let told = exchange::signed(&b.app, &stranger, &[uid.parse().unwrap()]).await.unwrap();
    assert!(told[0].servers.is_empty());
}
