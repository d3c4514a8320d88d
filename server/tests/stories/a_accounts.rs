//! A: accounts and identity.

use serde_json::json;

use crate::kit::{PASSWORD, TestInstance};
use conntext_server::bus::{PeopleNotice, PersonNotice};
use conntext_server::config::Registration;

#[tokio::test]
async fn a1_the_set_up_address_makes_the_one_admin() {
    let a = TestInstance::new("a.test").await;
    let c = a.client();
    let instance = c.get("/instance").await.expect_status(200);
    assert_eq!((&instance.json["setup_required"], &instance.json["domain"]), (&json!(true), &json!("a.test")));

    // The first to register is nobody special.
    let first = a.person("first").await;
    assert_eq!(first.get("/me").await.json["admin"], false);

    let url = conntext_server::accounts::offer_setup(&a.app).await.unwrap().unwrap();
    let file = a.app.folder.path().join("setup-url");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), url);
    let token = url.strip_prefix("https://a.test/setup?token=").unwrap();
    let ask = |token: &str, handle: &str| json!({"token": token, "handle": handle, "password": PASSWORD, "instance_name": "Lantern"});
    c.post("/setup", ask("guess", "ada")).await.expect_problem(403, "setup_token_invalid");
    let made = c.post("/setup", ask(token, "ada")).await.expect_status(201);
    assert_eq!(made.json["me"]["admin"], true);
    assert!(!file.exists());
    c.post("/setup", ask(token, "eve")).await.expect_problem(409, "setup_done");
    assert!(conntext_server::accounts::offer_setup(&a.app).await.unwrap().is_none());

    let instance = c.get("/instance").await;
    assert_eq!((&instance.json["setup_required"], &instance.json["name"]), (&json!(false), &json!("Lantern")));
}

#[tokio::test]
async fn a1_of_two_with_the_set_up_address_one_becomes_admin() {
    let a = TestInstance::new("a.test").await;
    let url = conntext_server::accounts::offer_setup(&a.app).await.unwrap().unwrap();
    let token = url.rsplit('=').next().unwrap();
    let ask = |handle: &'static str| {
        let (client, token) = (a.client(), token.to_owned());
        async move { client.post("/setup", json!({"token": token, "handle": handle, "password": PASSWORD})).await }
    };
    let (one, two) = tokio::join!(ask("ada"), ask("eve"));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn a1_registration_checks_name_and_password() {
    let a = TestInstance::new("a.test").await;
    let c = a.client();
    let made = c
        .post("/accounts", json!({"handle": "Ada", "password": PASSWORD, "display_name": " Ada L. ", "kind": "bearer"}))
        .await
        .expect_status(201);
    assert_eq!((made.text("/me/user/handle"), made.text("/me/user/display_name")), ("ada".into(), "Ada L.".into()));
    assert!(made.text("/token").starts_with("ct_"));
    assert!(made.cookie().is_none());

    let taken =
        c.post("/accounts", json!({"handle": "ADA", "password": PASSWORD})).await.expect_problem(409, "handle_taken");
    assert_eq!(taken.field_code(), ("handle", "handle_taken"));
    let bad = c.post("/accounts", json!({"handle": "a b", "password": PASSWORD})).await.expect_problem(422, "invalid");
    assert_eq!(bad.field_code(), ("handle", "handle_form"));
    let bad =
        c.post("/accounts", json!({"handle": "admin", "password": PASSWORD})).await.expect_problem(422, "invalid");
    assert_eq!(bad.field_code(), ("handle", "handle_reserved"));
    for weak in ["short", "password1234", "bobbobbobbob"] {
        let bad =
            c.post("/accounts", json!({"handle": "bob", "password": weak})).await.expect_problem(422, "weak_password");
        assert_eq!(bad.field_code(), ("password", "weak_password"));
    }
    c.post("/accounts", json!({"handle": "bob"})).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn a1_nobody_takes_a_name_that_is_mistaken_for_another() {
    let a = TestInstance::new("a.test").await;
    a.person("bob.mill").await;
    let c = a.client();
    for taken in ["b0b.mill", "Bob_Mill", "bob-mi1l"] {
        let ask = json!({"handle": taken, "password": PASSWORD});
        let refused = c.post("/accounts", ask).await.expect_problem(409, "handle_taken");
        assert_eq!(refused.field_code(), ("handle", "handle_confusable"), "{taken}");
    }
    let same = c.post("/accounts", json!({"handle": "bob.mill", "password": PASSWORD})).await;
    assert_eq!(same.expect_problem(409, "handle_taken").field_code(), ("handle", "handle_taken"));
    // Also by a name of times when looks were not kept.
    let mut tx = a.app.db.begin().await.unwrap();
    tx.exec("update accounts set look = null", conntext_server::args![]).await.unwrap();
    tx.commit().await.unwrap();
    let ask = json!({"handle": "b0b.mill", "password": PASSWORD});
    c.post("/accounts", ask).await.expect_problem(409, "handle_taken");
    a.person("bob.hill").await;
}

#[tokio::test]
async fn a1_registration_can_be_closed_or_by_invitation() {
    let a = TestInstance::with("a.test", |c| c.accounts.registration = Registration::Closed).await;
    let ask = json!({"handle": "ada", "password": PASSWORD});
    a.client().post("/accounts", ask.clone()).await.expect_problem(403, "registration_closed");

    let b = TestInstance::with("b.test", |c| c.accounts.registration = Registration::Invite).await;
    b.client().post("/accounts", ask).await.expect_problem(403, "invite_required");
    let code = conntext_server::accounts::invite_to_register(&b.app, 1, 7).await.unwrap();
    let with = |handle: &str, code: &str| json!({"handle": handle, "password": PASSWORD, "invite": code});
    b.client().post("/accounts", with("ada", "guess")).await.expect_problem(404, "invite_unknown");
    b.client().post("/accounts", with("ada", &code)).await.expect_status(201);
    b.client().post("/accounts", with("bob", &code)).await.expect_problem(404, "invite_unknown");
    let late = conntext_server::accounts::invite_to_register(&b.app, 5, 7).await.unwrap();
    b.clock.advance(8 * 86_400_000);
    b.client().post("/accounts", with("bob", &late)).await.expect_problem(404, "invite_unknown");
}

#[tokio::test]
async fn a1_where_an_admin_decides_people_ask_and_are_let_in_or_not() {
    let a = TestInstance::with("a.test", |c| c.accounts.registration = Registration::Approval).await;
    assert_eq!(a.client().get("/instance").await.json["registration"], "approval");
    let admin = a.admin().await;
    let uid = admin.get("/me").await.text("/user/id").parse().unwrap();
    let mut told = a.app.bus.person(&uid);
    let ask = |handle: &str, reason: &str| json!({"handle": handle, "password": PASSWORD, "reason": reason, "kind": "bearer"});
    let answer = a.client().post("/accounts", ask("eve", "I am\nEve of the choir.")).await.expect_status(202);
    assert_eq!((answer.cookie(), answer.json), (None, json!({"handle": "eve"})));
    assert!(matches!(told.recv().await.unwrap(), PersonNotice::Me), "admins hear of it at once");
    assert_eq!(admin.get("/me").await.json["applications"], 1);

    // Nobody gets in before; only who knows the password hears why.
    let sign_in = |handle: &str, password: &str| json!({"handle": handle, "password": password, "kind": "bearer"});
    a.client().post("/sessions", sign_in("eve", PASSWORD)).await.expect_problem(403, "approval_pending");
    a.client().post("/sessions", sign_in("eve", "a guess")).await.expect_problem(401, "bad_credentials");
    // The name is kept, also from those who look like it.
    a.client().post("/accounts", ask("eve", "")).await.expect_problem(409, "handle_taken");
    for bad in ["x".repeat(501), "a\0b".into(), "a\u{202e}b".into()] {
        a.client().post("/accounts", ask("bob", &bad)).await.expect_problem(422, "invalid");
    }
    let like = a.client().post("/accounts", ask("\u{435}ve", "")).await;
    assert!(!like.json.to_string().contains("looks like eve"), "nobody learns who waits: {}", like.json);
    a.clock.advance(1_000);
    a.client().post("/accounts", ask("mallory", "")).await.expect_status(202);

    let listed = admin.get("/applications").await.expect_status(200).json["applications"].clone();
    assert_eq!((&listed[0]["handle"], &listed[0]["reason"]), (&json!("eve"), &json!("I am\nEve of the choir.")));
    assert!(listed[0].get("password_hash").is_none());
    let at = |n: usize| format!("/applications/{}", listed[n]["id"].as_str().unwrap());
    admin.post(&at(0), json!({})).await.expect_status(204);
    admin.post(&at(0), json!({})).await.expect_problem(404, "not_found");
    admin.delete(&at(1)).await.expect_status(204);
    admin.delete(&at(1)).await.expect_problem(404, "not_found");
    assert_eq!(admin.get("/me").await.json["applications"], 0);
    let token = a.client().post("/sessions", sign_in("eve", PASSWORD)).await.expect_status(201).text("/token");
    a.client().post("/sessions", sign_in("mallory", PASSWORD)).await.expect_problem(401, "bad_credentials");
    // Admins alone decide.
    let eve = a.client().with_token(token);
    eve.get("/applications").await.expect_problem(403, "forbidden");
    eve.post(&at(1), json!({})).await.expect_problem(403, "forbidden");
    eve.delete(&at(1)).await.expect_problem(403, "forbidden");
    assert_eq!(eve.get("/me").await.json["applications"], 0);
    // An invitation spares it, and the name of who was turned down is free again.
    let code = conntext_server::accounts::invite_to_register(&a.app, 1, 7).await.unwrap();
    let with = json!({"handle": "mallory", "password": PASSWORD, "invite": code});
    a.client().post("/accounts", with).await.expect_status(201);
    // What nobody decides on is forgotten.
    a.client().post("/accounts", ask("slow", "")).await.expect_status(202);
    a.clock.advance(31 * 86_400_000);
    a.client().post("/accounts", ask("later", "")).await.expect_status(202);
    a.client().post("/sessions", sign_in("slow", PASSWORD)).await.expect_problem(401, "bad_credentials");
}

#[tokio::test]
async fn a1_a_new_password_is_not_what_everybody_knows() {
    let a = TestInstance::new("a.test").await;
    let known = json!({"handle": "ada", "password": PASSWORD, "display_name": "Wolkenkuckucksheim", "kind": "bearer"});
    let token = a.client().post("/accounts", known).await.expect_status(201).text("/token");
    let ada = a.client().with_token(token);
    let change = |new: &str| json!({"current": PASSWORD, "new": new});
    ada.post("/me/password", change("Wolkenkuckucksheim")).await.expect_problem(422, "weak_password");
    ada.post("/me/password", change("Wolkenkuckucksheim im Nebel von gestern")).await.expect_status(204);
}

#[tokio::test]
async fn a2_other_devices_are_asked_about_a_new_sign_in() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let unknown = async |who: &crate::kit::TestClient| who.get("/me").await.json["unknown_sign_ins"].clone();
    assert_eq!(unknown(&ada).await, 0, "whoever makes an account knows of it");
    let uid = ada.get("/me").await.text("/user/id").parse().unwrap();
    let mut told = a.app.bus.person(&uid);
    let asked = json!({"handle": "ada", "password": PASSWORD, "kind": "bearer", "device": "A new phone"});
    let token = a.client().post("/sessions", asked).await.expect_status(201).text("/token");
    let phone = a.client().with_token(token);
    assert!(matches!(told.recv().await.unwrap(), PersonNotice::Me), "its devices are told at once");
    assert_eq!(unknown(&ada).await, 1);
    let listed = ada.get("/sessions").await.json;
    let of =
        |device: &str| listed["sessions"].as_array().unwrap().iter().find(|s| s["device"] == device).unwrap().clone();
    assert_eq!(of("A new phone")["unknown"], true);
    let at = format!("/sessions/{}/known", of("A new phone")["id"].as_str().unwrap());

    // It does not say so of itself, nor does another one that nobody knows.
    phone.post(&at, json!({})).await.expect_problem(403, "forbidden");
    let asked = json!({"handle": "ada", "password": PASSWORD, "kind": "bearer"});
    let token = a.client().post("/sessions", asked).await.expect_status(201).text("/token");
    let third = a.client().with_token(token);
    third.post(&at, json!({})).await.expect_problem(403, "forbidden");
    third.delete("/sessions/current").await.expect_status(204);
    a.person("ben").await.post(&at, json!({})).await.expect_problem(404, "not_found");
    ada.post(&at, json!({})).await.expect_status(204);
    assert_eq!(unknown(&phone).await, 0);
}

#[tokio::test]
async fn a2_sign_in_with_cookie_and_out_again() {
    let a = TestInstance::new("a.test").await;
    a.person("ada").await;
    let answer =
        a.client().post("/sessions", json!({"handle": "@Ada@a.test", "password": PASSWORD})).await.expect_status(201);
    assert!(answer.json["token"].is_null());
    let set = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-ct=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"));
    let browser =
        a.client().with_header("cookie", &answer.cookie().unwrap()).with_header("sec-fetch-site", "same-origin");
    assert_eq!(browser.get("/me").await.expect_status(200).text("/user/handle"), "ada");
    assert_eq!(browser.get("/instance").await.json["signed_in"], true);
    let out = browser.delete("/sessions/current").await.expect_status(204);
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    browser.get("/me").await.expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn a2_sessions_are_listed_and_ended() {
    let a = TestInstance::new("a.test").await;
    let phone = a.person("ada").await;
    let ask = json!({"handle": "ada", "password": PASSWORD, "kind": "bearer", "device": "Library desk"});
    let desk = a.client().with_token(a.client().post("/sessions", ask.clone()).await.text("/token"));
    let third = a.client().with_token(a.client().post("/sessions", ask).await.text("/token"));
    let list = phone.get("/sessions").await.expect_status(200);
    let sessions = list.json["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|s| s["current"] == true).count(), 1);
    let other = sessions.iter().find(|s| s["device"] == "Library desk").unwrap();
    assert_eq!((&other["kind"], &other["address"]), (&json!("bearer"), &json!("127.0.0.1")));

    let uid = phone.get("/me").await.text("/user/id").parse().unwrap();
    let mut news = a.app.bus.person(&uid);
    phone.delete(&format!("/sessions/{}", other["id"].as_str().unwrap())).await.expect_status(204);
    let notice = news.recv().await.unwrap();
    let PersonNotice::SessionEnded(Some(ended)) = notice else { panic!("{notice:?}") };
    assert_eq!(ended, other["id"].as_str().unwrap());
    let alive = [desk.get("/me").await.status.as_u16(), third.get("/me").await.status.as_u16()];
    assert_eq!(alive.iter().filter(|s| **s == 200).count(), 1);

    // Nobody ends another person's session.
    let eve = a.person("eve").await;
    let hers = eve.get("/sessions").await.text("/sessions/0/id");
    phone.delete(&format!("/sessions/{hers}")).await.expect_problem(404, "not_found");

    phone.delete("/sessions").await.expect_status(204);
    assert_eq!(phone.get("/sessions").await.json["sessions"].as_array().unwrap().len(), 1);
    eve.get("/me").await.expect_status(200);
}

#[tokio::test]
async fn a2_a_session_that_begins_with_the_account_says_its_device_too() {
    let a = TestInstance::new("a.test").await;
    let url = conntext_server::accounts::offer_setup(&a.app).await.unwrap().unwrap();
    let token = url.strip_prefix("https://a.test/setup?token=").unwrap();
    let ask = json!({"token": token, "handle": "ada", "password": PASSWORD, "device": "Firefox, Linux"});
    a.client().post("/setup", ask).await.expect_status(201);
    let ask = json!({"handle": "ben", "password": PASSWORD});
    a.client().with_header("user-agent", "a browser of its own").post("/accounts", ask).await.expect_status(201);
    for (handle, device) in [("ada", "Firefox, Linux"), ("ben", "a browser of its own")] {
        let ask = json!({"handle": handle, "password": PASSWORD, "kind": "bearer"});
        let client = a.client().with_token(a.client().post("/sessions", ask).await.text("/token"));
        let list = client.get("/sessions").await.expect_status(200);
        assert!(list.json["sessions"].as_array().unwrap().iter().any(|s| s["device"] == device), "{}", list.json);
    }
}

#[tokio::test]
async fn a2_a_session_slides_and_ends() {
    let day = 86_400_000;
    let a = TestInstance::with("a.test", |c| {
        c.sessions.idle_s = 10 * 86_400;
        c.sessions.max_s = 30 * 86_400;
    })
    .await;
    let used = a.person("ada").await;
    let idle = a.person("bob").await;
    for _ in 0..3 {
        a.clock.advance(9 * day);
        used.get("/me").await.expect_status(200);
    }
    idle.get("/me").await.expect_problem(401, "not_signed_in");
    a.clock.advance(4 * day);
    used.get("/me").await.expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn a2_a_new_password_ends_all_other_sessions() {
    let a = TestInstance::new("a.test").await;
    let here = a.person("ada").await;
    let ask = |password: &str| json!({"handle": "ada", "password": password, "kind": "bearer"});
    let there = a.client().with_token(a.client().post("/sessions", ask(PASSWORD)).await.text("/token"));
    let new = "zwölf graue Reiher am See";
    let wrong = here
        .post("/me/password", json!({"current": "nonsense", "new": new}))
        .await
        .expect_problem(401, "bad_credentials");
    assert_eq!(wrong.field_code().0, "current");
    let weak = here
        .post("/me/password", json!({"current": PASSWORD, "new": "short"}))
        .await
        .expect_problem(422, "weak_password");
    assert_eq!(weak.field_code().0, "new");
    here.post("/me/password", json!({"current": PASSWORD, "new": new})).await.expect_status(204);
    here.get("/me").await.expect_status(200);
    there.get("/me").await.expect_problem(401, "not_signed_in");
    a.client().post("/sessions", ask(PASSWORD)).await.expect_problem(401, "bad_credentials");
    a.client().post("/sessions", ask(new)).await.expect_status(201);
}

#[tokio::test]
async fn a2_settings_are_the_same_on_all_devices() {
    let a = TestInstance::new("a.test").await;
    let phone = a.person("ada").await;
    assert_eq!(phone.get("/me/settings").await.expect_status(200).json, json!({}));
    let settings = json!({"theme": "dark", "density": {"lines": 2}});
    phone.put("/me/settings", settings.clone()).await.expect_status(200);
    let token = a
        .client()
        .post("/sessions", json!({"handle": "ada", "password": PASSWORD, "kind": "bearer"}))
        .await
        .text("/token");
    assert_eq!(a.client().with_token(token).get("/me/settings").await.json, settings);
    phone.put("/me/settings", json!({"x": "y".repeat(17_000)})).await.expect_problem(413, "too_large");
    phone.put("/me/settings", json!([1])).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn a5_profile_is_edited_signed_and_seen() {
    use conntext_federation::identity::verify_chain;
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let bob = a.person("bob").await;
    let uid = ada.get("/me").await.text("/user/id");
    let mut news = a.app.bus.people();
    ada.patch("/me", json!({"display_name": "Ada", "bio": "Counts.\nAlways.", "pronouns": "she/her"}))
        .await
        .expect_status(200);
    let notice = news.recv().await.unwrap();
    assert!(matches!(&notice, PeopleNotice::Profile { uid: changed } if changed.as_str() == uid), "{notice:?}");
    let seen = bob.get(&format!("/users/{uid}")).await.expect_status(200);
    assert_eq!(
        (seen.text("/user/display_name"), seen.text("/bio"), seen.text("/pronouns")),
        ("Ada".into(), "Counts.\nAlways.".into(), "she/her".into())
    );
    assert_eq!(seen.text("/user/domain"), "a.test");
    assert_eq!(seen.json["mutual_servers"], json!([]));

    let mut read = a.app.db.read().await.unwrap();
    let identity = verify_chain(&conntext_server::profiles::chain(&mut read, &uid).await.unwrap()).unwrap();
    let doc = conntext_server::profiles::document(&mut read, &uid).await.unwrap().unwrap();
    doc.verify(&identity).unwrap();
    assert_eq!((doc.rev, doc.display_name.as_str(), doc.handle.as_str()), (2, "Ada", "ada"));
    drop(read);

    for (change, field) in [
        (json!({"display_name": "a".repeat(65)}), "display_name"),
        (json!({"display_name": "a\u{202e}b"}), "display_name"),
        (json!({"bio": "b".repeat(4001)}), "bio"),
        (json!({"pronouns": "p".repeat(41)}), "pronouns"),
    ] {
        assert_eq!(ada.patch("/me", change).await.expect_problem(422, "invalid").field_code().0, field);
    }
    bob.get("/users/u_nobody").await.expect_problem(404, "not_found");
    a.client().get(&format!("/users/{uid}")).await.expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn a5_a_picture_is_re_encoded_served_and_removed() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let mut png = Vec::new();
    image::RgbImage::from_fn(300, 200, |x, y| image::Rgb([x as u8, y as u8, 9]))
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let path = ada.put_bytes("/me/avatar", "image/png", png.clone()).await.expect_status(200).text("/user/avatar");
    let path = path.strip_prefix("/api/v1").unwrap();
    let picture = ada.get(path).await.expect_status(200);
    assert_eq!(picture.headers["content-type"], "image/jpeg");
    assert_eq!(picture.headers["x-content-type-options"], "nosniff");
    assert_ne!(picture.bytes, png);
    let etag = picture.headers["etag"].to_str().unwrap().to_owned();
    ada.clone().with_header("if-none-match", &etag).get(path).await.expect_status(304);

    ada.put_bytes("/me/avatar", "image/png", b"<svg/>".to_vec()).await.expect_problem(415, "unsupported_type");
    ada.put_bytes("/me/avatar", "image/png", vec![0; 3 * 1024 * 1024]).await.expect_status(413);
    assert!(ada.delete("/me/avatar").await.expect_status(200).json["user"]["avatar"].is_null());
    ada.get(path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a1_of_two_who_want_the_same_name_one_gets_it() {
    let a = TestInstance::new("a.test").await;
    let ask = || {
        let client = a.client();
        async move { client.post("/accounts", json!({"handle": "ada", "password": PASSWORD})).await.status.as_u16() }
    };
    let (one, two) = tokio::join!(ask(), ask());
    let mut statuses = [one, two];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

/// A person of `a` as another instance keeps them.
#[tokio::test]
async fn a5_profiles_of_other_instances_are_verified_and_only_move_forward() {
    use conntext_federation::identity::verify_chain;
    use conntext_federation::profile::ProfileDoc;
    use conntext_server::profiles;

    let a = TestInstance::new("a.test").await;
    let b = TestInstance::new("b.test").await;
    let ada = a.person("ada").await;
    let eve = a.person("eve").await;
    let uid = ada.get("/me").await.text("/user/id");
    let chain = profiles::chain(&mut a.app.db.read().await.unwrap(), &uid).await.unwrap();
    let identity = verify_chain(&chain).unwrap();
    let document = async |uid: &str| -> ProfileDoc {
        profiles::document(&mut a.app.db.read().await.unwrap(), uid).await.unwrap().unwrap()
    };
    let first = document(&uid).await;
    ada.patch("/me", json!({"display_name": "Ada", "bio": "Counts."})).await.expect_status(200);
    let second = document(&uid).await;
    let keep_from = async |doc: &ProfileDoc, by_home: bool| {
        let mut tx = b.app.db.begin().await.unwrap();
        let seen = profiles::Seen { home: &a.app.domain, confirmed: by_home, host: String::new(), now_ms: 5 };
        let kept = profiles::upsert_remote(&mut tx, &identity, doc, None, seen).await;
        tx.commit().await.unwrap();
        kept
    };
    let keep = async |doc: &ProfileDoc| keep_from(doc, false).await;
    let reader = b.person("reader").await;
    let seen = async || reader.get(&format!("/users/{uid}")).await.expect_status(200);

    assert!(keep(&first).await.unwrap());
    let user = seen().await.json["user"].clone();
    assert_eq!(
        (&user["display_name"], &user["domain"], &user["local"]),
        (&json!("ada"), &json!("a.test"), &json!(false))
    );
    // A handle that only others tell is not shown as theirs.
    assert_eq!(user["handle"], uid[..10]);
    assert!(keep_from(&first, true).await.unwrap());
    assert_eq!(seen().await.text("/user/handle"), "ada");
    assert!(keep(&second).await.unwrap());
    assert_eq!(seen().await.text("/user/handle"), "ada", "told once, it is known");
    assert_eq!(seen().await.text("/bio"), "Counts.");
    // The same again changes nothing, and an older one does not come back.
    assert!(!keep(&second).await.unwrap());
    keep(&first).await.unwrap();
    assert_eq!(seen().await.text("/user/display_name"), "Ada");
    // Somebody else's document, and one that was touched, are refused.
    let hers = document(&eve.get("/me").await.text("/user/id")).await;
    assert_eq!(keep(&hers).await.unwrap_err().code, "bad_object_signature");
    let text = String::from_utf8(second.to_vec().unwrap()).unwrap().replace("Counts.", "Cheats.");
    let forged = ProfileDoc::from_slice(text.as_bytes()).unwrap();
    assert_eq!(keep(&forged).await.unwrap_err().code, "bad_object_signature");
    assert_eq!(seen().await.text("/bio"), "Counts.");
}

#[tokio::test]
async fn a4_a_recovery_link_works_once_and_for_an_hour() {
    use conntext_server::accounts;
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let account = accounts::by_handle(&mut a.app.db.read().await.unwrap(), "ada").await.unwrap().unwrap();
    let token = async || {
        let link = accounts::recovery_link(&a.app, &account).await.unwrap();
        link.strip_prefix("https://a.test/recover#").unwrap().to_owned()
    };
    let recover = |token: &str, password: &str| json!({"token": token, "password": password});
    let (c, at) = (a.client(), "/accounts/recovery");
    let new = "drei rote Drachen am Wehr";
    let old = token().await;
    let now = token().await;
    c.post(at, recover(&old, new)).await.expect_problem(410, "gone");
    c.post(at, recover("made-up", new)).await.expect_problem(410, "gone");
    // A weak password uses nothing up.
    let weak = c.post(at, recover(&now, "ada")).await.expect_problem(422, "weak_password");
    assert_eq!(weak.field_code().0, "password");
    let uid = ada.get("/me").await.text("/user/id").parse().unwrap();
    let mut told = a.app.bus.person(&uid);
    c.post(at, recover(&now, new)).await.expect_status(204);
    assert!(matches!(told.recv().await.unwrap(), PersonNotice::SessionEnded(None)));
    ada.get("/me").await.expect_problem(401, "not_signed_in");
    c.post(at, recover(&now, new)).await.expect_problem(410, "gone");
    c.post("/sessions", json!({"handle": "ada", "password": PASSWORD})).await.expect_problem(401, "bad_credentials");
    c.post("/sessions", json!({"handle": "ada", "password": new})).await.expect_status(201);

    // It ends with the password that was there when it was made.
    let ada = c.post("/sessions", json!({"handle": "ada", "password": new, "kind": "bearer"})).await.text("/token");
    let unused = token().await;
    let change = json!({"current": new, "new": "vier blaue Kraniche im Hof"});
    a.client().with_token(ada).post("/me/password", change).await.expect_status(204);
    c.post(at, recover(&unused, new)).await.expect_problem(410, "gone");

    let late = token().await;
    a.clock.advance(3_600_000);
    c.post(at, recover(&late, new)).await.expect_problem(410, "gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_a_profile_of_an_earlier_version_gets_its_name() {
    use conntext_server::profiles;

    let a = TestInstance::new("a.test").await;
    let mut ada = a.person("ada").await;
    let uid = ada.get("/me").await.text("/user/id");
    let mut tx = a.app.db.begin().await.unwrap();
    tx.exec("update profiles set doc = '{}' where local", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    ada.let_go();
    let a = a.restart().await;
    let doc = profiles::document(&mut a.app.db.read().await.unwrap(), &uid).await.unwrap().unwrap();
    assert_eq!((doc.handle.as_str(), doc.rev), ("ada", 2));
}
