//! Two instances as processes, over real connections.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::{PASSWORD, Process, Setup, free_port, text};

pub fn instance(name: &str) -> (Setup, String) {
    let mut setup = Setup::new();
    let domain = format!("{name}.localhost:{}", setup.port);
    setup.set("CONNTEXT__INSTANCE__DOMAIN", &domain);
    setup.set("CONNTEXT__FEDERATION__DEV_INSECURE", "true");
    setup.set("CONNTEXT__FEDERATION__RETRY_FIRST_MS", "100");
    setup.set("CONNTEXT__FEDERATION__RETRY_MAX_MS", "500");
    setup.set("CONNTEXT__ACCOUNTS__REGISTRATION", "open");
    (setup, domain)
}

/// An instance that speaks https under a domain of its own, as on the internet; `authority` names the one whose
/// certificates it believes.
fn on_the_internet(name: &str, port_of: &dyn Fn(&str) -> u16, authority: &str) -> Setup {
    let mut setup = Setup::new();
    setup.port = port_of(name);
    let pem = |file: &str| format!("{}/tests/processes/tls/{file}.pem", env!("CARGO_MANIFEST_DIR"));
    let port = setup.port;
    let resolve = format!("a.example=127.0.0.1:{},b.example=127.0.0.1:{}", port_of("a"), port_of("b"));
    setup
        .set("CONNTEXT__INSTANCE__DOMAIN", &format!("{name}.example"))
        .set("CONNTEXT__HTTP__LISTEN", &format!("127.0.0.1:{port}"))
        .set("CONNTEXT__HTTP__TLS_CERT", &pem("instances"))
        .set("CONNTEXT__HTTP__TLS_KEY", &pem("instances-key"))
        .set("CONNTEXT__ACCOUNTS__REGISTRATION", "open")
        .set("CONNTEXT_TEST", "1")
        .set("CONNTEXT_FED_CA", &pem(authority))
        .set("CONNTEXT_FED_RESOLVE", &resolve);
    setup
}

#[tokio::test]
async fn j1_two_instances_speak_https_and_believe_no_other_authority() {
    let (at_a, at_b) = (free_port(), free_port());
    let port_of = |name: &str| if name == "a" { at_a } else { at_b };
    let hub = on_the_internet("a", &port_of, "authority");
    let a = hub.start_as("https").await;
    let ada = person(&a, "ada").await;
    let (sid, channel) = community(&a, &ada).await;
    let (_, invite) = request(&a, &ada, &format!("/servers/{sid}/invites"), Some(json!({}))).await;
    let accept = format!("/invites/a.example/{}/accept", invite["code"].as_str().expect("a code"));

    // Whoever believes another authority takes nobody's word for who answers.
    let doubting = on_the_internet("b", &port_of, "cert");
    let b = doubting.start_as("https").await;
    let eve = person(&b, "eve").await;
    let (status, refused) = request(&b, &eve, &accept, Some(json!({}))).await;
    assert_eq!((status, &refused["code"]), (502, &json!("peer_unreachable")), "{refused}");
    b.signal("TERM");
    b.ended().await;

    let home = on_the_internet("b", &port_of, "authority");
    let b = home.start_as("https").await;
    let ben = person(&b, "ben").await;
    let (status, joined) = request(&b, &ben, &accept, Some(json!({}))).await;
    assert!(matches!(status, 200 | 201), "{status} {joined}");
    write(&a, &ada, &channel, "from a").await;
    write(&b, &ben, &channel, "from b").await;
    let both: BTreeSet<&str> = ["from a", "from b"].into();
    for at in [(&a, &ada), (&b, &ben)] {
        let mut seen = Vec::new();
        for _ in 0..100 {
            seen = bodies(at.0, at.1, &channel).await;
            if seen.len() == both.len() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(seen.iter().map(String::as_str).collect::<BTreeSet<_>>(), both);
    }
}

/// A new community: its id, and the address of its channel for writing.
pub async fn community(process: &Process, owner: &str) -> (String, String) {
    let asked = json!({"name": "Orchard", "template": "community"});
    let (status, server) = request(process, owner, "/servers", Some(asked)).await;
    assert!(matches!(status, 200 | 201), "{server}");
    let sid = server["id"].as_str().expect("an id").to_owned();
    let general = server["channels"].as_array().expect("channels").iter().find(|c| c["name"] == "general");
    let channel = format!("/servers/{sid}/channels/{}", general.expect("a channel")["id"].as_str().expect("an id"));
    (sid, channel)
}

/// Brings somebody of another instance into a community by an invitation.
pub async fn bring(hub: (&Process, &str), hub_domain: &str, sid: &str, home: (&Process, &str)) {
    let (status, invite) = request(hub.0, hub.1, &format!("/servers/{sid}/invites"), Some(json!({}))).await;
    assert!(matches!(status, 200 | 201), "{status} {invite}");
    let accept = format!("/invites/{hub_domain}/{}/accept", invite["code"].as_str().expect("a code"));
    let (status, joined) = request(home.0, home.1, &accept, Some(json!({}))).await;
    assert!(matches!(status, 200 | 201), "{status} {joined}");
}

pub async fn person(process: &Process, handle: &str) -> String {
    let (status, made) =
        process.post("/accounts", &json!({"handle": handle, "password": PASSWORD, "kind": "bearer"})).await;
    assert_eq!(status, 201, "{made}");
    made["token"].as_str().expect("a token").to_owned()
}

pub async fn request(process: &Process, token: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = format!("{}/api/v1{path}", process.base);
    let request = match &body {
        Some(body) => process.client.post(url).json(body),
        None => process.client.get(url),
    };
    match request.bearer_auth(token).send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            (status, response.json().await.unwrap_or(Value::Null))
        }
        Err(_) => (0, Value::Null),
    }
}

pub async fn bodies(process: &Process, token: &str, channel: &str) -> Vec<String> {
    let (_, page) = request(process, token, &format!("{channel}/messages?limit=100"), None).await;
    let messages = page["messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|m| m["body"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Sends, and sends again with the same number until somebody says that it was taken.
async fn write(process: &Process, token: &str, channel: &str, body: &str) {
    for _ in 0..200 {
        let sent = json!({"body": body, "nonce": body});
        let (status, answer) = request(process, token, &format!("{channel}/messages"), Some(sent)).await;
        match status {
            201 | 202 => return,
            0 | 429 | 500.. => tokio::time::sleep(Duration::from_millis(50)).await,
            other => panic!("{other}: {answer}"),
        }
    }
    panic!("{body} was never taken");
}

#[tokio::test]
async fn c1_killed_processes_lose_nothing_and_say_nothing_twice() {
    let ((hub, hub_domain), (home, _)) = (instance("a"), instance("b"));
    let (a, b) = (hub.start().await, home.start().await);
    let (ada, ben) = (person(&a, "ada").await, person(&b, "ben").await);
    let (sid, channel) = community(&a, &ada).await;
    bring((&a, &ada), &hub_domain, &sid, (&b, &ben)).await;

    for i in 0..5 {
        write(&a, &ada, &channel, &format!("a{i}")).await;
        write(&b, &ben, &channel, &format!("b{i}")).await;
    }
    // The home dies while messages flow, and comes back.
    b.signal("KILL");
    b.ended().await;
    for i in 5..10 {
        write(&a, &ada, &channel, &format!("a{i}")).await;
    }
    let b = home.start().await;
    write(&b, &ben, &channel, "b5").await;
    // The hub dies while messages flow, and comes back.
    a.signal("KILL");
    a.ended().await;
    for i in 6..10 {
        write(&b, &ben, &channel, &format!("b{i}")).await;
    }
    let a = hub.start().await;
    write(&a, &ada, &channel, "a10").await;

    let wanted: BTreeSet<String> = (0..11).map(|i| format!("a{i}")).chain((0..10).map(|i| format!("b{i}"))).collect();
    let mut last = (Vec::new(), Vec::new());
    for _ in 0..300 {
        last = (bodies(&a, &ada, &channel).await, bodies(&b, &ben, &channel).await);
        if last.0.len() >= wanted.len() && last.0 == last.1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(last.0, last.1);
    assert_eq!(last.0.len(), wanted.len(), "{:?}", last.0);
    assert_eq!(last.0.iter().cloned().collect::<BTreeSet<_>>(), wanted);
    let (_, pending) = request(&b, &ben, &format!("/servers/{sid}/pending"), None).await;
    assert_eq!(pending["pending"], json!([]));

    for setup in [&hub, &home] {
        let verified = setup.run(&["fed", "verify"]);
        assert!(verified.status.success(), "{}", text(&verified));
        assert!(text(&verified).contains("holds"), "{}", text(&verified));
    }
    let head = |setup: &Setup| text(&setup.run(&["fed", "head", &sid])).trim().to_owned();
    assert_eq!(head(&hub), head(&home));
}
