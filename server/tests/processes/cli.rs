//! K: the command line.

use serde_json::{Value, json};

use crate::kit::{Setup, text};

#[tokio::test]
async fn k1_accounts_from_the_command_line_beside_a_running_instance() {
    let setup = Setup::new();
    let process = setup.start().await;
    let created = setup.run(&["user", "create", "Ada", "--admin"]);
    assert!(created.status.success(), "{}", text(&created));
    let password = |output: &std::process::Output| {
        let text = text(output);
        text.split("Password: ").nth(1).expect("a password").trim().to_owned()
    };
    let sign_in = |password: String| json!({"handle": "ada", "password": password, "kind": "bearer"});
    let (status, made) = process.post("/sessions", &sign_in(password(&created))).await;
    assert_eq!((status, &made["me"]["admin"]), (201, &json!(true)));
    // With an admin there is nothing left to set up.
    assert!(!setup.data().join("setup-url").exists());
    assert_eq!(setup.run(&["user", "setup-link"]).status.code(), Some(1));

    let reset = setup.run(&["user", "reset-password", "ada"]);
    assert_eq!(process.get("/me", made["token"].as_str().unwrap()).await.0, 401);
    assert_eq!(process.post("/sessions", &sign_in(password(&reset))).await.0, 201);

    let list: Value = serde_json::from_slice(&setup.run(&["user", "list", "--json"]).stdout).unwrap();
    assert_eq!((&list[0]["handle"], &list[0]["admin"]), (&json!("ada"), &json!(true)));
    let again = setup.run(&["user", "create", "ada"]);
    assert!(text(&again).contains("has this name already"), "{}", text(&again));
}

#[test]
fn k1_wrong_settings_are_named() {
    let mut setup = Setup::new();
    assert!(setup.run(&["config", "check"]).status.success());
    setup.set("CONNTEXT__HTTP__LISTN", "127.0.0.1:1");
    let refused = setup.run(&["config", "check"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused).contains("LISTN"), "{}", text(&refused));

    for (name, value, says) in [
        ("CONNTEXT__INSTANCE__DOMAIN", "192.168.0.1", "instance.domain"),
        ("CONNTEXT__INSTANCE__DOMAIN", "chat.example.org:8443", "instance.domain"),
        ("CONNTEXT__ACCOUNTS__PASSWORD_MIN", "4", "accounts.password_min"),
        ("PORT", "many", "$PORT"),
    ] {
        let mut setup = Setup::new();
        setup.set(name, value);
        let refused = setup.run(&["serve"]);
        assert_eq!(refused.status.code(), Some(2), "{name}");
        assert!(text(&refused).contains(says), "{}", text(&refused));
    }
    let missing = Setup::new().run(&["--config", "/nowhere.toml", "config", "show"]);
    assert!(text(&missing).contains("no configuration file /nowhere.toml"));
}

#[test]
fn k1_settings_come_from_file_environment_and_port() {
    let mut setup = Setup::new();
    let file = setup.folder.path().join("conntext.toml");
    std::fs::write(&file, "[instance]\nname = \"Harbour\"\n[sessions]\nper_account = 3\n").unwrap();
    setup.set("CONNTEXT__SESSIONS__PER_ACCOUNT", "4").set("PORT", "9123");
    let shown = setup.run(&["--config", file.to_str().unwrap(), "config", "show"]);
    let shown = text(&shown);
    for part in ["name = \"Harbour\"", "per_account = 4", "listen = \"0.0.0.0:9123\""] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[tokio::test]
async fn k3_doctor_finds_faults_and_says_what_to_do() {
    let setup = Setup::new();
    let process = setup.start().await;
    let checks: Vec<Value> = serde_json::from_slice(&setup.run(&["doctor", "--json"]).stdout).unwrap();
    let verdict = |checks: &[Value], name: &str| {
        checks.iter().find(|c| c["name"] == name).map(|c| c["verdict"].as_str().unwrap_or_default().to_owned())
    };
    for name in ["data folder", "keys", "database", "schema", "clock", "writing", "listening"] {
        assert_eq!(verdict(&checks, name).as_deref(), Some("OK"), "{name}");
    }
    process.signal("TERM");
    process.ended().await;
    std::fs::remove_file(setup.data().join("keys/seal.toml")).unwrap();
    std::process::Command::new("chmod").arg("755").arg(setup.data()).status().unwrap();
    let output = setup.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output);
    for part in ["FAIL data folder", "chmod 700", "FAIL keys: missing: seal.toml", "WARN listening"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[tokio::test]
async fn j1_keys_are_changed_from_the_command_line_beside_a_running_instance() {
    let mut setup = Setup::new();
    setup.set("CONNTEXT__FEDERATION__KEY_CHECK_S", "1");
    let process = setup.start().await;
    let listed = || -> Vec<Value> { serde_json::from_slice(&setup.run(&["keys", "list", "--json"]).stdout).unwrap() };
    let document = async || -> Value {
        let url = format!("{}/.well-known/conntext", process.base);
        process.client.get(url).send().await.unwrap().json().await.unwrap()
    };
    let published = async |kid: &Value, state: &str| {
        for _ in 0..100 {
            let keys = document().await["keys"].as_array().cloned().unwrap_or_default();
            let found = keys.iter().find(|k| k["kid"] == *kid);
            if found.is_some_and(|k| k["revoked_at"].is_number() == (state == "revoked")) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{kid} is not published as {state}");
    };
    let first = listed()[0]["kid"].clone();
    let rotated = setup.run(&["keys", "rotate"]);
    assert!(rotated.status.success(), "{}", text(&rotated));
    let keys = listed();
    assert_eq!((&keys[0]["state"], &keys[1]["state"]), (&json!("in use"), &json!("waiting")));
    published(&keys[1]["kid"], "waiting").await;
    let again = setup.run(&["keys", "rotate"]);
    assert!(text(&again).contains("--now"), "{}", text(&again));
    let revoked = setup.run(&["keys", "revoke", first.as_str().unwrap(), "--reason", "laptop lost"]);
    assert!(revoked.status.success(), "{}", text(&revoked));
    published(&first, "revoked").await;
    let keys = listed();
    assert_eq!((&keys[0]["state"], &keys[1]["state"]), (&json!("revoked"), &json!("in use")));
    assert!(text(&setup.run(&["keys", "list"])).contains("laptop lost"));

    let copy = setup.folder.path().join("root-copy.toml");
    let exported = setup.run(&["keys", "export-root", copy.to_str().unwrap()]);
    assert!(exported.status.success(), "{}", text(&exported));
    assert_eq!(crate::kit::mode(&copy), 0o600);
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(setup.data().join("keys/root.toml")).unwrap());
    assert!(!setup.run(&["keys", "export-root", copy.to_str().unwrap()]).status.success());
    // After a restart the same keys are there.
    process.signal("TERM");
    process.ended().await;
    let _process = setup.start().await;
    assert_eq!(listed(), keys);
}

#[tokio::test]
async fn j1_the_domain_is_changed_by_a_command_while_the_instance_stands_still() {
    let mut setup = Setup::new();
    let process = setup.start().await;
    assert!(setup.run(&["user", "create", "ada", "--admin"]).status.success());
    assert!(text(&setup.run(&["domain", "show"])).contains("a.localhost"));
    setup.set("CONNTEXT__INSTANCE__DOMAIN", "b.localhost");
    // It runs, it is not meant, it is not said.
    let refused = setup.run(&["domain", "change", "--yes"]);
    assert!(!refused.status.success() && text(&refused).contains("Stop it first"), "{}", text(&refused));
    process.signal("TERM");
    process.ended().await;
    let refused = setup.run(&["domain", "change"]);
    assert!(!refused.status.success() && text(&refused).contains("nothing was changed"), "{}", text(&refused));
    assert!(text(&refused).contains("Passkeys"), "{}", text(&refused));
    let mut started = setup.spawn("http");
    assert!(!started.ready().await, "started under a domain that nobody has chosen");

    setup.set("CONNTEXT__HTTP__PUBLIC_URL", "https://a.localhost");
    assert!(text(&setup.run(&["domain", "change", "--yes"])).contains("http.public_url"));
    setup.set("CONNTEXT__HTTP__PUBLIC_URL", "https://b.localhost");
    let changed = setup.run(&["domain", "change", "--yes"]);
    assert!(changed.status.success(), "{}", text(&changed));
    assert!(!setup.run(&["domain", "change", "--yes"]).status.success());
    let process = setup.start().await;
    let come = async |host: &str, path: &str| {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        client.get(format!("{}{path}", process.base)).header("host", host).send().await.unwrap()
    };
    for host in ["a.localhost", "a.localhost:8443"] {
        let page = come(host, "/s/x").await;
        assert_eq!(page.status().as_u16(), 308);
        assert_eq!(page.headers()["location"], "https://b.localhost/s/x");
    }
    let document: Value = come("a.localhost", "/.well-known/conntext").await.json().await.unwrap();
    assert_eq!(document["moved"], json!({"domain": "b.localhost"}));
    assert_eq!(come("a.localhost", "/api/v1/instance").await.status().as_u16(), 421);
    assert_eq!(come("b.localhost", "/api/v1/instance").await.status().as_u16(), 200);
    // Whoever looks after it asks by its address.
    assert_eq!(come("127.0.0.1", "/api/v1/instance").await.status().as_u16(), 200);
    let shown = text(&setup.run(&["domain", "show"]));
    assert!(shown.contains("know this instance as b.localhost") && shown.contains("It was a.localhost"), "{shown}");
}

#[tokio::test]
async fn a9_the_operator_deletes_an_account() {
    let setup = Setup::new();
    let process = setup.start().await;
    assert!(setup.run(&["user", "create", "ada", "--admin"]).status.success());
    let bob = crate::federation::person(&process, "bob").await;
    assert_eq!(setup.run(&["user", "delete", "nobody"]).status.code(), Some(1));
    let last = setup.run(&["user", "delete", "ada"]);
    assert!(text(&last).contains("Nobody else administers"), "{}", text(&last));
    let deleted = setup.run(&["user", "delete", "bob", "--erase"]);
    let said = text(&deleted);
    let token = said.split("/deleted#").nth(1).expect("an address").trim();
    let mut state = Value::Null;
    for _ in 0..200 {
        let (_, progress) = process.post("/deletions/look", &json!({"token": token})).await;
        state = progress["state"].clone();
        if state == "done" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(state, "done", "{said}");
    assert_eq!(process.get("/me", &bob).await.0, 401);
    assert!(!text(&setup.run(&["user", "list"])).contains("bob"));
    assert!(text(&setup.run(&["user", "create", "bob"])).contains("has this name already"));
}
