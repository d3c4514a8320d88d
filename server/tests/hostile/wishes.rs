//! Wishes that do not hold: of a false member towards the hub, and of a false hub towards its follower.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::craft::{event_hash, now_ms};
use crate::hubs::Trap;
use crate::members::join;
use crate::peer::{Peer, Reply};
use crate::table::Table;
use crate::victim::Victim;

/// A follower that takes everything behind a place and confirms it.
pub fn obliging(peer: &Peer, from: u64) {
    let held = AtomicU64::new(from);
    peer.script(move |asked| {
        let seqs = asked.body["events"].as_array()?.iter();
        let last = seqs.filter_map(|i| i["header"]["seq"].as_u64()).max().unwrap_or(0);
        let before = held.fetch_max(last, Ordering::Relaxed);
        asked.path.ends_with("/events").then(|| Reply::Json(200, json!({"acked": before.max(last)})))
    });
}

/// Whether a text stands in anything that a peer was sent.
pub fn was_sent(peer: &Peer, text: &str) -> bool {
    peer.asked().iter().any(|asked| asked.body.to_string().contains(text))
}

pub async fn patiently(mut holds: impl FnMut() -> bool) -> bool {
    for _ in 0..100 {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_wishes_open_nothing_and_stop_nothing() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000")]).await;
    let (to, sid) = (victim.target.clone(), victim.sid.clone());
    let (evil, stranger) = (Peer::new("wisher").await, Peer::new("outsider").await);
    let eve = evil.person();
    let joined = join(&evil, &to, &sid, &eve, Some(&victim.code.clone())).await;
    obliging(&evil, joined.body["snapshot"]["head"]["seq"].as_u64().expect("a snapshot"));
    let hidden = json!({"name": "vault", "private": true, "allow": []});
    let (_, vault) = victim.ask(&format!("/servers/{sid}/channels"), Some(&hidden)).await;
    let vault = vault["id"].as_str().expect("a channel").to_owned();
    let write = async |victim: &Victim, channel: &str, body: &str| {
        let path = format!("/servers/{}/channels/{channel}/messages", victim.sid);
        let (status, said) = victim.ask(&path, Some(&json!({"body": body, "nonce": body}))).await;
        assert_eq!(status, 201, "{said}");
    };
    write(&victim, &vault, "the key lies under the mat").await;

    let mut table = Table::new("wishes of a false member");
    let path = format!("/servers/{sid}/want");
    let no_id = |n: usize| format!("c_{:a>40}", format!("{n:b}").replace('0', "b").replace('1', "c"));
    let all = json!({"channels": null, "number": 5});
    table.case("of somebody who has nobody there", "404 unknown_server", &stranger.post(&to, &path, &all).await);
    for (name, expected, body) in [
        ("a list", "400 bad_json", json!([])),
        ("a text for channels", "400 bad_json", json!({"channels": "all", "number": 1})),
        ("what is no channel", "400 bad_json", json!({"channels": ["general"], "number": 1})),
        ("a person", "400 bad_json", json!({"channels": [eve.uid], "number": 1})),
        ("no number", "400 bad_json", json!({"channels": null})),
        ("a number below nothing", "400 bad_json", json!({"channels": null, "number": -1})),
        ("501 channels", "413 too_large", json!({"channels": (0..501).map(no_id).collect::<Vec<_>>(), "number": 1})),
        (
            "500 channels that never were",
            "200",
            json!({"channels": (0..500).map(no_id).collect::<Vec<_>>(), "number": 2}),
        ),
        ("a channel that is hidden from it", "200", json!({"channels": [vault, victim.channel], "number": 3})),
        ("the same twice", "200", json!({"channels": [vault, vault], "number": 4})),
        ("everything", "200", all),
    ] {
        let seen = evil.post(&to, &path, &body).await;
        table.case(name, expected, &seen);
        table.said(&format!("{name}: what is told"), "false", &seen.body.to_string().contains(&vault).to_string());
    }
    let alone = json!({"channels": [vault], "number": 7});
    table.case("the hidden one alone", "200", &evil.post(&to, &path, &alone).await);
    let late = evil.post(&to, &path, &json!({"channels": null, "number": 6})).await;
    table.case("everything, by a wish that comes late", "200", &late);
    table.said("the wish that counts", "7", &late.body["number"].to_string());
    write(&victim, &vault, "and the spare one too").await;
    write(&victim, &victim.channel, "nobody asked for this").await;
    write(&victim, &victim.channel, &format!("but <@{}> is called", eve.uid)).await;
    table.said("what calls its people", "true", &patiently(|| was_sent(&evil, "is called")).await.to_string());
    for (name, text) in [("a hidden word", "under the mat"), ("another one", "spare one"), ("its name", "vault")] {
        table.said(name, "false", &was_sent(&evil, text).to_string());
    }
    table.said("what it did not ask for", "false", &was_sent(&evil, "nobody asked").to_string());
    table.finish();
    victim.goes_on().await;
}

/// A push whose second message follows one that the receiver never gets.
fn leaves_out(log: &crate::log::FalseLog) -> Value {
    let hidden = log.message("hidden");
    let mut behind = log.clone();
    behind.follow(&hidden);
    let seq = &hidden["header"]["seq"];
    json!({"sid": log.sid,
        "events": [{"stub": [seq, seq], "hash": event_hash(&hidden["header"])}, behind.message("behind it")]})
}

fn heads(sid: &str, channel: &str, cn: u64) -> Value {
    json!({"items": [{"type": "heads", "sid": sid, "heads": [{"channel": channel, "cn": cn, "ts": now_ms()}]}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_hubs_leave_out_nothing_that_was_asked_for() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000")]).await;
    let mut table = Table::new("what a false hub leaves out");
    let to = victim.target.clone();
    let trap = Trap::new("wishless", |_| ()).await;
    assert_eq!(trap.catch(&victim).await, "joined");
    let (log, stranger) = (trap.log(), Peer::new("heads").await);
    let with = |mut push: Value, name: &str, value: Value| {
        push[name] = value;
        push
    };
    let wish = "5".repeat(64);
    let never = with(leaves_out(&log), "wish", wish.clone().into());
    table.case("by a wish that was never made", "503 overloaded", &trap.peer.post(&to, "/events", &never).await);
    let told = patiently(|| {
        let all = trap.peer.asked();
        all.iter().any(|asked| asked.path.ends_with("/want") && asked.body["channels"].is_null())
    });
    table.said("it is told what is wanted", "true", &told.await.to_string());
    for (name, peer, cn) in
        [("the hub", &trap.peer, 99), ("a stranger", &stranger, 99), ("the hub, for ever", &trap.peer, (1 << 53) - 1)]
    {
        let seen = peer.post(&to, "/ephemeral", &heads(&log.sid, &log.channel, cn)).await;
        table.said(
            &format!("where a channel that is followed ends, by {name}"),
            "0",
            &seen.body["accepted"].to_string(),
        );
    }
    let seen = trap.peer.post(&to, "/ephemeral", &heads(&log.sid, &log.channel, 1 << 53)).await;
    table.case("a number beyond the profile", "400 bad_json", &seen);
    let row = json!({"kind": "text", "name": "general", "topic": "", "parent": null, "position": 0, "overrides": [],
        "staff": false, "last_cn": 0, "last_ts": now_ms(), "last": log.events[3]["header"]["prev"], "as_of": 1});
    let gained = json!([{"id": log.channel, "channel": row, "whole": false}]);
    let talked = with(leaves_out(&log), "gained", gained);
    table.case("by saying that it does not come whole", "422 bad_prev", &trap.peer.post(&to, "/events", &talked).await);

    // One that does not follow every channel takes what is left out, by its own wish alone.
    let mut lazy =
        Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000"), ("CONNTEXT__FEDERATION__FOLLOW", "opened")]).await;
    let trap = Trap::new("lazy", |_| ()).await;
    assert_eq!(trap.catch(&lazy).await, "joined");
    let (log, to) = (trap.log(), lazy.target.clone());
    let wished = patiently(|| trap.peer.asked().iter().any(|asked| asked.path.ends_with("/want"))).await;
    table.said("it says what it wants", "true", &wished.to_string());
    let never = with(leaves_out(&log), "wish", wish.into());
    table.case("lazy: by a wish that was never made", "503 overloaded", &trap.peer.post(&to, "/events", &never).await);
    let none = crate::craft::hex(&crate::craft::sha(&[b"conntext/want/v1\n"]));
    let fine = with(leaves_out(&log), "wish", none.into());
    table.case("lazy: by its wish", "200", &trap.peer.post(&to, "/events", &fine).await);
    let seen = trap.peer.post(&to, "/ephemeral", &heads(&log.sid, &log.channel, 7)).await;
    table.said("lazy: where the channel ends", "1", &seen.body["accepted"].to_string());
    let (_, server) = lazy.ask(&format!("/servers/{}", log.sid), None).await;
    table.said("lazy: what is counted", "7", &server["channels"][0]["last_cn"].to_string());
    let seen = stranger.post(&to, "/ephemeral", &heads(&log.sid, &log.channel, 70)).await;
    table.said("lazy: where it ends, by a stranger", "0", &seen.body["accepted"].to_string());
    table.finish();
    victim.goes_on().await;
    lazy.goes_on().await;
}
