//! One person's way over three instances, from the first word to the last trace.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conntext_server::erasure;
use serde_json::{Value, json};

use crate::a_deletion::{asked, looks, round};
use crate::a_moving::{Place, own_key, settled, signed};
use crate::b_erasure::proven;
use crate::c_files::upload;
use crate::kit::{TestClient, TestInstance, TestNet, holds, until};

/// What is Alice's alone, and is to be nowhere in the end.
const MARKERS: [&str; 6] = [
    "quoll-words",
    "quoll-second-thought",
    "quoll-on-the-way",
    "quoll-file-name",
    "quoll-file-bytes",
    "quoll-nickname",
];
/// Her name, which her home keeps for as long as she has an account there.
const NAME: &str = "quoll-herself";
const KEY: [u8; 32] = [7; 32];

/// Whether any file of a data folder holds a text.
fn on_disk(folder: &Path, text: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => on_disk(&entry.path(), text),
        _ => std::fs::read(entry.path()).is_ok_and(|bytes| bytes.windows(text.len()).any(|w| w == text.as_bytes())),
    })
}

/// The markers that an instance holds, in its database or beside it.
async fn found(at: &TestInstance) -> Vec<&'static str> {
    let mut found = Vec::new();
    for marker in MARKERS.into_iter().chain([NAME]) {
        if holds(&at.app, marker).await || on_disk(at.app.folder.path(), marker) {
            found.push(marker);
        }
    }
    found
}

/// What an instance does every minute and every hour.
async fn tidy(at: &TestInstance) {
    conntext_server::media::tidy(&at.app).await.expect("tidy");
    conntext_server::profiles::tidy(&at.app, "").await.expect("tidy");
}

async fn profile_lies_at(who: &TestClient, domain: &str) {
    who.put("/me/profile-host", json!({"domain": domain})).await;
    until("the profile has arrived", async || {
        let places = who.get("/me/profile-host").await.json;
        let kept = places["places"].as_array().is_some_and(|list| {
            list.iter().any(|place| place["domain"] == domain && place["state"] == "kept" && place["problem"].is_null())
        });
        places["domain"] == domain && kept
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_one_life_over_three_instances_leaves_nothing_behind() {
    let net = TestNet::new(2801);
    let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
    let (alice, mut bob) = (a.person("alice").await, b.person("bob").await);
    let uid = alice.get("/me").await.text("/user/id");
    own_key(&alice, KEY).await;
    alice.patch("/me", json!({"display_name": NAME})).await.expect_status(200);
    let orchard = Arc::new(Place::new(&bob, "b.test", "Orchard").await);
    orchard.welcomes(&alice).await;
    let here = format!("/servers/{}/profile", orchard.sid);
    alice.put(&here, json!({"display_name": "quoll-nickname"})).await.expect_status(200);

    // At home on A, her profile on C, talking on B.
    profile_lies_at(&alice, "c.test").await;
    let first = orchard.hears(&alice, "quoll-words").await;
    let message = format!("{}/{}", orchard.messages(), first["id"].as_str().unwrap());
    alice.patch(&message, json!({"body": "quoll-second-thought"})).await.expect_status(200);
    let bytes = b"quoll-file-bytes".to_vec();
    let file =
        upload(&alice, &orchard.sid, &orchard.channel, "quoll-file-name.txt", bytes).await.expect_status(201).json;
    let with = json!({"nonce": "f", "body": "a file", "attachments": [{"upload": file["upload"], "alt": ""}]});
    alice.post(&orchard.messages(), with).await.expect_status(201);
    orchard.holds(&bob, "a file").await;
    // Her profile goes to B.
    profile_lies_at(&alice, "b.test").await;

    // Her account goes to C, while others talk.
    let stop = Arc::new(AtomicBool::new(false));
    let talking = {
        let (orchard, stop) = (orchard.clone(), stop.clone());
        let bob = b.client().acting_as(&bob);
        tokio::spawn(async move {
            let mut said = Vec::new();
            while !stop.load(Ordering::Acquire) {
                let body = format!("bob {}", said.len());
                if bob.post(&orchard.messages(), json!({"nonce": body, "body": body})).await.status == 201 {
                    said.push(body);
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            said
        })
    };
    let ticket = alice.post("/me/move", json!({"domain": "c.test"})).await.expect_status(201).json;
    let mut there = c.person("alice").await;
    let shown = json!({"domain": "a.test", "ticket": ticket["ticket"]});
    there.post("/me/arrival", shown).await.expect_status(202);
    settled(&there).await;
    orchard.hears(&there, "quoll-on-the-way").await;
    stop.store(true, Ordering::Release);
    for body in talking.await.unwrap() {
        orchard.holds(&there, &body).await;
    }
    until("A has nobody in it any more", async || a.app.log.get(&orchard.sid.parse().unwrap()).is_none()).await;
    // What is left of it goes within days.
    net.cut("a.test", "b.test");
    net.cut("a.test", "c.test");
    for _ in 0..3 {
        a.clock.advance(20 * 24 * 3_600_000);
        tidy(&a).await;
    }
    let mut alice = alice;
    alice.let_go();
    let a = a.restart().await;
    assert_eq!(found(&a).await, Vec::<&str>::new());

    // The disk of A is destroyed. She comes to B with her file.
    net.unplug("a.test");
    drop(a);
    let mut home = b.person("alice").await;
    let look = json!({"who": uid, "domains": ["c.test"]});
    let op = home.post("/me/arrival/identity", look).await.expect_status(200).json["op"].clone();
    let take = json!({"op": signed(&op, KEY), "domains": ["c.test", "b.test"]});
    home.post("/me/arrival/recovery", take).await.expect_status(202);
    settled(&home).await;
    assert_eq!(home.get("/me").await.text("/user/id"), uid);
    orchard.holds(&home, "quoll-on-the-way").await;
    until("C lets her go", async || there.get("/me").await.status == 401).await;

    // She leaves the community of B, with everything.
    assert!(!found(&b).await.is_empty());
    proven(&home).await;
    home.post(&format!("/servers/{}/erasure", orchard.sid), json!({"leave": true})).await.expect_status(202);
    until("everybody has confirmed", async || {
        for instance in [&b, &c] {
            instance.clock.advance(10_000);
            erasure::round(&instance.app).await.expect("a round");
        }
        let asked: Value = home.get("/me/erasures").await.json;
        asked["erasures"][0]["state"] == "done"
    })
    .await;
    // Files go a moment later; what the database wrote over lies in its journal until that is folded in.
    for instance in [&b, &c] {
        for _ in 0..2 {
            instance.clock.advance(25 * 3_600_000);
            tidy(instance).await;
        }
    }
    for client in [&mut home, &mut bob, &mut there] {
        client.let_go();
    }
    let (b, c) = (b.restart().await, c.restart().await);
    assert_eq!(found(&c).await, Vec::<&str>::new());
    assert_eq!(found(&b).await, [NAME]);
    b.verifies(&orchard.sid.parse().unwrap()).await;

    // And her account goes.
    let mut home = b.client().acting_as(&home);
    let token = asked(&home, true).await;
    for instance in [&b, &c] {
        instance.clock.advance(31 * 24 * 3_600_000);
    }
    until("it is gone", async || {
        round(&[&b, &c]).await;
        looks(&b, &token).await["confirmed"].as_array().is_some_and(|all| all.contains(&json!("b.test")))
    })
    .await;
    for instance in [&b, &c] {
        instance.clock.advance(25 * 3_600_000);
        tidy(instance).await;
    }
    home.let_go();
    let b = b.restart().await;
    assert_eq!(found(&b).await, Vec::<&str>::new());
}
