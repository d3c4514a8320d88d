//! A2: the two tokens of a session.

use serde_json::{Value, json};

use crate::kit::{Answer, Mailbox, PASSWORD, TestClient, TestInstance};
use conntext_server::bus::PersonNotice;
use conntext_server::mail;

const MINUTE_MS: i64 = 60_000;

async fn instance() -> TestInstance {
    TestInstance::with("a.test", |config| config.sessions.access_s = 900).await
}

async fn signed_in(a: &TestInstance, handle: &str) -> [String; 2] {
    let new = json!({"handle": handle, "password": PASSWORD, "kind": "bearer"});
    let made = a.client().post("/accounts", new).await.expect_status(201);
    assert_eq!(made.json["expires_in_s"], 900);
    [made.text("/token"), made.text("/refresh_token")]
}

async fn renew(a: &TestInstance, refresh: &str) -> Answer {
    a.client().post("/sessions/refresh", json!({"refresh_token": refresh})).await
}

async fn renewed(a: &TestInstance, refresh: &str) -> [String; 2] {
    let answer = renew(a, refresh).await.expect_status(200);
    [answer.text("/token"), answer.text("/refresh_token")]
}

fn with(a: &TestInstance, token: &str) -> TestClient {
    a.client().with_token(token)
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_a_token_is_good_for_minutes_and_is_renewed() {
    let a = instance().await;
    let [token, refresh] = signed_in(&a, "ada").await;
    a.clock.advance(15 * MINUTE_MS - 1);
    with(&a, &token).get("/me").await.expect_status(200);
    a.clock.advance(1);
    with(&a, &token).get("/me").await.expect_problem(401, "token_expired");
    // Also where nobody needs to be signed in: a client learns that it was.
    with(&a, &token).get("/instance").await.expect_problem(401, "token_expired");
    with(&a, &refresh).get("/me").await.expect_problem(401, "not_signed_in");
    let [token, refresh] = renewed(&a, &refresh).await;
    with(&a, &token).get("/me").await.expect_status(200);
    renew(&a, &token).await.expect_problem(401, "not_signed_in");
    for made_up in ["cr_made-up", "cr_made-up.token", ".", ""] {
        renew(&a, made_up).await.expect_problem(401, "not_signed_in");
    }
    // A session goes on for as long as it is renewed.
    let mut pair = [token, refresh];
    for _ in 0..20 {
        a.clock.advance(5 * 24 * 60 * MINUTE_MS);
        pair = renewed(&a, &pair[1]).await;
    }
    with(&a, &pair[0]).get("/me").await.expect_status(200);
    a.clock.advance(31 * 24 * 60 * MINUTE_MS);
    renew(&a, &pair[1]).await.expect_problem(401, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_a_token_that_was_copied_ends_the_session() {
    let mailbox = Mailbox::new().await;
    let a = TestInstance::with("a.test", |config| {
        config.sessions.access_s = 900;
        mailbox.serves(config);
    })
    .await;
    let [token, copied] = signed_in(&a, "ada").await;
    let ada = with(&a, &token);
    ada.put("/me/email", json!({"email": "ada@mail.test"})).await.expect_status(202);
    mail::round(&a.app).await.unwrap();
    let confirm = json!({"token": mailbox.mails()[0].token("confirm")});
    a.client().post("/emails/confirm", confirm).await.expect_status(200);
    let uid = ada.get("/me").await.text("/user/id").parse().unwrap();
    let [token, refresh] = renewed(&a, &copied).await;
    with(&a, &token).get("/me").await.expect_status(200);
    a.clock.advance(2 * MINUTE_MS);
    let mut told = a.app.bus.person(&uid);
    renew(&a, &copied).await.expect_problem(401, "token_reused");
    assert!(matches!(told.recv().await.unwrap(), PersonNotice::SessionEnded(Some(_))));
    with(&a, &token).get("/me").await.expect_problem(401, "not_signed_in");
    // Whoever has one of its tokens is told why.
    for token in [&refresh, &copied] {
        renew(&a, token).await.expect_problem(401, "token_reused");
    }
    mail::round(&a.app).await.unwrap();
    assert!(mailbox.mails().iter().any(|mail| mail.subject.ends_with("A sign-in was ended")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_a_thief_who_comes_first_is_found_when_the_owner_comes() {
    let a = instance().await;
    let [_, refresh] = signed_in(&a, "ada").await;
    a.clock.advance(60 * MINUTE_MS);
    let stolen = renewed(&a, &refresh).await;
    with(&a, &stolen[0]).get("/me").await.expect_status(200);
    // However often they renew theirs.
    let stolen = renewed(&a, &renewed(&a, &stolen[1]).await[1]).await;
    a.clock.advance(10 * MINUTE_MS);
    renew(&a, &refresh).await.expect_problem(401, "token_reused");
    with(&a, &stolen[0]).get("/me").await.expect_problem(401, "not_signed_in");
    renew(&a, &stolen[1]).await.expect_problem(401, "token_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_a_lost_answer_and_two_windows_at_once_sign_nobody_out() {
    let a = instance().await;
    let [token, refresh] = signed_in(&a, "ada").await;
    // Two windows at once get the same ones; what is under way with the one before comes through.
    let (one, two) = tokio::join!(renewed(&a, &refresh), renewed(&a, &refresh));
    assert_eq!(one, two);
    with(&a, &token).get("/me").await.expect_status(200);
    with(&a, &one[0]).get("/me").await.expect_status(200);
    a.clock.advance(MINUTE_MS);
    assert_eq!(renewed(&a, &refresh).await, one);
    with(&a, &token).get("/me").await.expect_problem(401, "token_expired");

    // The answer never came, and a night passed.
    let lost = renewed(&a, &one[1]).await;
    a.clock.advance(600 * MINUTE_MS);
    let again = renewed(&a, &one[1]).await;
    assert_eq!(again, lost);
    with(&a, &again[0]).get("/me").await.expect_status(200);
    a.clock.advance(2 * MINUTE_MS);
    renewed(&a, &again[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_a_browser_has_both_tokens_in_cookies() {
    let a = instance().await;
    let new = json!({"handle": "ada", "password": PASSWORD});
    let made = a.client().post("/accounts", new).await.expect_status(201);
    assert!(made.json.get("token").is_none() && made.json.get("refresh_token").is_none());
    let cookies = |answer: &Answer| -> Vec<String> {
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    let set = cookies(&made);
    assert!(set[0].starts_with("__Host-ct=") && set[0].contains("SameSite=Lax"), "{set:?}");
    assert!(set[1].starts_with("__Secure-ct-refresh=") && set[1].contains("Path=/api/v1/sessions/refresh;"), "{set:?}");
    assert!(set.iter().all(|cookie| cookie.contains("HttpOnly") && cookie.contains("Secure")));
    assert!(set[1].contains("SameSite=Strict"));
    let header = |set: &[String]| set.iter().map(|c| c.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    let browser =
        |cookies: &str| a.client().with_header("cookie", cookies).with_header("sec-fetch-site", "same-origin");
    let had = header(&set);
    a.clock.advance(16 * MINUTE_MS);
    browser(&had).get("/me").await.expect_problem(401, "token_expired");
    let foreign = a.client().with_header("cookie", &had).with_header("sec-fetch-site", "cross-site");
    foreign.post("/sessions/refresh", json!({})).await.expect_problem(403, "csrf");
    let answer = browser(&had).post("/sessions/refresh", json!({})).await.expect_status(200);
    assert_eq!(answer.json, json!({"expires_in_s": 900}));
    let has = header(&cookies(&answer));
    browser(&has).get("/me").await.expect_status(200);
    // A cookie's token is no program's.
    let refresh = has.split("refresh=").nth(1).unwrap();
    renew(&a, refresh).await.expect_problem(401, "not_signed_in");

    // Somebody who is signed out has neither afterwards.
    browser(&has).delete("/sessions/current").await.expect_status(204);
    let answer = browser(&has).post("/sessions/refresh", json!({})).await.expect_problem(401, "not_signed_in");
    assert!(cookies(&answer).iter().all(|cookie| cookie.contains("Max-Age=0")) && cookies(&answer).len() == 2);
    assert_eq!(browser(&has).get("/instance").await.expect_status(200).json["signed_in"], Value::Bool(false));
    a.client()
        .with_header("sec-fetch-site", "same-origin")
        .post("/sessions/refresh", json!({}))
        .await
        .expect_problem(401, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_who_was_signed_in_before_there_were_two_tokens_stays_so() {
    let a = instance().await;
    let made = a.client().post("/accounts", json!({"handle": "ada", "password": PASSWORD})).await.expect_status(201);
    let cookie = made.cookie().unwrap();
    let mut tx = a.app.db.begin().await.unwrap();
    let sql = "update sessions set refresh_hash = token_hash, access_until = 0, family = null";
    tx.exec(sql, vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let browser = a.client().with_header("cookie", &cookie).with_header("sec-fetch-site", "same-origin");
    browser.get("/me").await.expect_problem(401, "token_expired");
    let answer = browser.post("/sessions/refresh", json!({})).await.expect_status(200);
    let now = a.client().with_header("cookie", &answer.cookie().unwrap()).with_header("sec-fetch-site", "same-origin");
    now.get("/me").await.expect_status(200);
}
