//! K: running an instance.

use serde_json::json;

use crate::kit::{PASSWORD, Setup, mode, text};

#[tokio::test]
async fn k1_first_run_to_restart() {
    let setup = Setup::new();
    let process = setup.start().await;
    assert_eq!(mode(&setup.data()), 0o700);
    for file in ["conntext.db", "keys/root.toml", "keys/seal.toml", "keys/signing.toml", "setup-url", "lock"] {
        assert_eq!(mode(&setup.data().join(file)), 0o600, "{file}");
    }
    let url = std::fs::read_to_string(setup.data().join("setup-url")).unwrap();
    let token = url.trim().rsplit('=').next().unwrap().to_owned();
    let (status, made) = process.post("/setup", &json!({"token": token, "handle": "ada", "password": PASSWORD})).await;
    assert_eq!((status, &made["me"]["admin"]), (201, &json!(true)));
    let (_, made) = process.post("/sessions", &json!({"handle": "ada", "password": PASSWORD, "kind": "bearer"})).await;
    let session = made["token"].as_str().unwrap().to_owned();

    // Told to stop, it stops at once and in order.
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
    assert!(!setup.data().join("conntext.db-wal").exists());

    // Killed, it comes back with all that it acknowledged.
    let process = setup.start().await;
    let (status, _) = process.post("/accounts", &json!({"handle": "bob", "password": PASSWORD})).await;
    assert_eq!(status, 201);
    process.signal("KILL");
    assert_eq!(process.ended().await, None);
    let process = setup.start().await;
    assert_eq!(process.get("/me", &session).await.1["user"]["handle"], "ada");
    let (status, _) = process.post("/sessions", &json!({"handle": "bob", "password": PASSWORD})).await;
    assert_eq!(status, 201);
    assert!(!setup.data().join("setup-url").exists());
}

#[tokio::test]
async fn k1_a_second_process_is_refused() {
    let setup = Setup::new();
    let _process = setup.start().await;
    let second = setup.run(&["serve"]);
    assert!(text(&second).contains("cannot listen on"), "{}", text(&second));
    let mut other = Setup::new();
    other.set("CONNTEXT__STORAGE__DATA_DIR", setup.data().to_str().unwrap());
    let second = other.run(&["serve"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second).contains("already uses the data folder"), "{}", text(&second));
}

#[tokio::test]
async fn l2_tls_with_certificate_and_key() {
    let mut setup = Setup::new();
    let pem = |name: &str| format!("{}/tests/processes/tls/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    setup.set("CONNTEXT__HTTP__TLS_CERT", &pem("cert")).set("CONNTEXT__HTTP__TLS_KEY", &pem("key"));
    let process = setup.start_as("https").await;
    let response = process.client.get(format!("{}/api/v1/instance", process.base)).send().await.unwrap();
    assert!(response.headers().contains_key("strict-transport-security"));
    let instance: serde_json::Value = response.json().await.unwrap();
    assert_eq!(instance["insecure"], false);
    process.signal("HUP");
    let (status, _) = process.post("/accounts", &json!({"handle": "ada", "password": PASSWORD})).await;
    assert_eq!(status, 201);
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
}
