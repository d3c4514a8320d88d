//! L: what holds everywhere; K: running an instance.

use serde_json::json;

use crate::kit::{PASSWORD, TestInstance};
use axum::http::Method;

#[tokio::test]
async fn l2_guessing_passwords_is_slowed_down_for_address_and_account() {
    let a = TestInstance::with("a.test", |c| c.limits.sign_in_burst = 3).await;
    a.person("ada").await;
    let from = |ip: &str| a.client().with_header("x-forwarded-for", ip).with_header("x-forwarded-proto", "https");
    let ask = |password: &str| json!({"handle": "ada", "password": password});
    for i in 1..=3 {
        from(&format!("203.0.113.{i}")).post("/sessions", ask("wrong")).await.expect_problem(401, "bad_credentials");
    }
    // However the name is typed, it is the same account.
    let other_spelling = json!({"handle": "@ADA@a.test", "password": PASSWORD});
    from("203.0.113.8").post("/sessions", other_spelling).await.expect_problem(429, "rate");
    let refused = from("203.0.113.9").post("/sessions", ask(PASSWORD)).await.expect_problem(429, "rate");
    assert_eq!(refused.json["retry_after_ms"], 30_000);
    assert_eq!(refused.headers["retry-after"], "30");
    a.clock.advance(30_000);
    from("203.0.113.9").post("/sessions", ask(PASSWORD)).await.expect_status(201);

    // One address that tries many names; others are not touched.
    for i in 0..3 {
        let ask = json!({"handle": format!("nobody{i}"), "password": "wrong"});
        from("198.51.100.1").post("/sessions", ask).await.expect_problem(401, "bad_credentials");
    }
    from("198.51.100.1").post("/sessions", ask(PASSWORD)).await.expect_problem(429, "rate");
    from("198.51.100.2").post("/sessions", ask(PASSWORD)).await.expect_status(201);
}

#[tokio::test]
async fn l2_many_accounts_from_one_address_are_slowed_down() {
    let a = TestInstance::with("a.test", |c| c.limits.register_burst = 2).await;
    for i in 0..2 {
        a.person(&format!("person{i}")).await;
    }
    let ask = json!({"handle": "person3", "password": PASSWORD});
    a.client().post("/accounts", ask).await.expect_problem(429, "rate");
}

#[tokio::test]
async fn l2_an_unknown_name_and_a_wrong_password_get_the_same_answer() {
    let a = TestInstance::new("a.test").await;
    a.person("ada").await;
    let strip = |mut answer: crate::kit::Answer| {
        answer.json["request_id"] = json!(null);
        answer.json
    };
    let wrong = a.client().post("/sessions", json!({"handle": "ada", "password": "wrong"})).await;
    let unknown = a.client().post("/sessions", json!({"handle": "nobody", "password": "wrong"})).await;
    assert_eq!(strip(wrong), strip(unknown));
}

#[tokio::test]
async fn l2_plain_http_from_elsewhere_signs_nobody_in() {
    let a = TestInstance::new("a.test").await;
    a.person("ada").await;
    let plain = a.client().with_header("x-forwarded-for", "203.0.113.7");
    assert_eq!(plain.get("/instance").await.json["insecure"], true);
    let ask = json!({"handle": "ada", "password": PASSWORD});
    let refused = plain.post("/sessions", ask.clone()).await.expect_problem(403, "insecure_transport");
    assert!(refused.text("/detail").contains("https"));
    plain
        .post("/accounts", json!({"handle": "bob", "password": PASSWORD}))
        .await
        .expect_problem(403, "insecure_transport");
    plain
        .post("/setup", json!({"token": "x", "handle": "bob", "password": PASSWORD}))
        .await
        .expect_problem(403, "insecure_transport");
    let tls = plain.with_header("x-forwarded-proto", "https");
    assert_eq!(tls.get("/instance").await.json["insecure"], false);
    let answer = tls.post("/sessions", ask).await.expect_status(201);
    assert!(answer.headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn l2_a_write_from_another_site_is_refused() {
    let a = TestInstance::new("a.test").await;
    a.person("ada").await;
    let cookie = a.client().post("/sessions", json!({"handle": "ada", "password": PASSWORD})).await.cookie().unwrap();
    let browser = a.client().with_header("cookie", &cookie);
    let change = json!({"display_name": "Eve"});
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("x-none", "x"),
    ] {
        browser.clone().with_header(name, value).patch("/me", change.clone()).await.expect_problem(403, "csrf");
    }
    // Nor may another site sign its visitor in as somebody.
    a.client()
        .with_header("sec-fetch-site", "cross-site")
        .post("/sessions", json!({"handle": "ada", "password": PASSWORD}))
        .await
        .expect_problem(403, "csrf");
    browser.clone().with_header("origin", "https://a.test").patch("/me", change.clone()).await.expect_status(200);
    // Reading is not a write, and links from elsewhere must find the person signed in.
    browser.with_header("sec-fetch-site", "cross-site").get("/me").await.expect_status(200);
    // A cookie's secret is no bearer token.
    let stolen = cookie.split_once('=').unwrap().1;
    a.client().with_token(stolen).get("/me").await.expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn l2_every_answer_has_security_headers() {
    let a = TestInstance::new("a.test").await;
    for path in ["/", "/api/v1/instance", "/api/v1/nothing", "/api/docs", "/healthz"] {
        let answer = a.client().send(Method::GET, path, None, vec![]).await;
        let csp = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{path}");
        assert!(!csp.contains("script-src 'self' 'unsafe"), "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert!(answer.headers.contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn l3_every_fault_is_a_problem_document() {
    let a = TestInstance::new("a.test").await;
    let c = a.client();
    c.get("/nothing").await.expect_problem(404, "not_found");
    c.delete("/instance").await.expect_problem(405, "method_not_allowed");
    let json = |body: &'static str| c.send(Method::POST, "/api/v1/sessions", Some("application/json"), body.into());
    json("{").await.expect_problem(400, "bad_json");
    json("{\"handle\": 1}").await.expect_problem(422, "invalid");
    c.send(Method::POST, "/api/v1/sessions", Some("text/plain"), b"{}".to_vec())
        .await
        .expect_problem(415, "unsupported_type");
    let huge = format!("{{\"handle\": \"{}\"}}", "x".repeat(2 * 1024 * 1024)).into_bytes();
    c.send(Method::POST, "/api/v1/sessions", Some("application/json"), huge).await.expect_problem(413, "too_large");
    c.get("/me").await.expect_problem(401, "not_signed_in");
    let text = c.send(Method::GET, "/metrics", None, vec![]).await.expect_status(200);
    assert!(String::from_utf8_lossy(&text.bytes).contains("conntext_problems_total{code=\"not_found\"} 1"));
}

#[tokio::test]
async fn k1_health_and_figures() {
    let a = TestInstance::new("a.test").await;
    let get = |path: &'static str| {
        let client = a.client();
        async move { client.send(Method::GET, path, None, vec![]).await }
    };
    get("/healthz").await.expect_status(200);
    get("/readyz").await.expect_status(200);
    let outside = a.client().with_header("x-forwarded-for", "203.0.113.7");
    outside.send(Method::GET, "/metrics", None, vec![]).await.expect_problem(403, "forbidden");
    let admin = a.admin().await.with_header("x-forwarded-for", "203.0.113.7");
    admin.send(Method::GET, "/metrics", None, vec![]).await.expect_status(200);
}

#[tokio::test]
async fn k1_a_second_process_on_the_same_folder_is_refused() {
    let a = TestInstance::new("a.test").await;
    let clock = a.clock.clone();
    let rng = std::sync::Arc::new(conntext_server::clock::SeededRng::new(1));
    let second = conntext_server::build(a.app.config.clone(), clock, rng).await;
    if a.app.config.storage.database.reveal().is_empty() {
        let Err(e) = second else { panic!("it started") };
        assert!(e.to_string().contains("already uses the data folder"), "{e}");
        return;
    }
    // On PostgreSQL it serves beside the first, which goes on doing what is to be done once.
    let second = second.expect("it starts");
    assert!(a.app.cluster.has_duties() && !second.cluster.has_duties());
    second.stopping.cancel();
    second.tasks.close();
    second.tasks.wait().await;
    second.db.close().await;
}

#[tokio::test]
async fn k1_a_restart_keeps_people_sessions_and_keys() {
    let a = TestInstance::new("a.test").await;
    let ask = json!({"handle": "ada", "password": PASSWORD, "kind": "bearer"});
    let token = a.client().post("/accounts", ask).await.text("/token");
    let (ik, kid) = (a.app.keys.ik.clone(), a.app.keys.signing().public().kid());
    let a = a.restart().await;
    assert_eq!((&a.app.keys.ik, a.app.keys.signing().public().kid()), (&ik, kid));
    let ada = a.client().with_token(token);
    assert_eq!(ada.get("/me").await.expect_status(200).text("/user/handle"), "ada");
    // The person's own key opens again.
    ada.patch("/me", json!({"bio": "Still here."})).await.expect_status(200);
}

#[tokio::test]
async fn k1_lost_keys_are_never_replaced() {
    let a = TestInstance::new("a.test").await;
    let config = a.app.config.clone();
    std::fs::remove_file(a.app.folder.path().join("keys/root.toml")).unwrap();
    a.app.db.close().await;
    let (clock, folder) = (a.clock.clone(), a.app.folder.path().to_owned());
    let copy = tempfile::tempdir().unwrap();
    let mut config = config;
    config.storage.data_dir = copy.path().join("data");
    std::fs::create_dir_all(config.storage.data_dir.join("keys")).unwrap();
    if config.storage.database.reveal().is_empty() {
        std::fs::copy(folder.join("conntext.db"), config.storage.data_dir.join("conntext.db")).unwrap();
    }
    let rng = std::sync::Arc::new(conntext_server::clock::SeededRng::new(1));
    let Err(e) = conntext_server::build(config, clock, rng).await else { panic!("it started with new keys") };
    assert!(e.to_string().contains("backup"), "{e}");
}

#[tokio::test]
async fn l1_pages_are_the_app_and_missing_files_are_not() {
    let a = TestInstance::new("a.test").await;
    let page = a.client().with_header("accept", "text/html");
    for path in ["/", "/s/s_x/c_y", "/join/b.test/code", "/setup?token=x"] {
        let answer = page.send(Method::GET, path, None, vec![]).await.expect_status(200);
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(answer.headers["cache-control"], "no-cache");
    }
    let packed = page.clone().with_header("accept-encoding", "br").send(Method::GET, "/", None, vec![]).await;
    assert_eq!(packed.headers["content-encoding"], "br");
    page.send(Method::GET, "/assets/gone-1234.js", None, vec![]).await.expect_problem(404, "not_found");
    page.send(Method::GET, "/federation/v1/nothing", None, vec![]).await.expect_problem(404, "not_found");
    page.send(Method::POST, "/s/x", None, vec![]).await.expect_problem(405, "method_not_allowed");
}
