//! A false hub that signs what does not hold of its log, or tells one follower another story than the other.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::craft::{Key, event_hash, hex, sha};
use crate::hubs::Trap;
use crate::kit::text;
use crate::log::{Draft, FalseLog, action};
use crate::peer::{Peer, Reply};
use crate::table::Table;
use crate::victim::Victim;

/// The digest of the server-level state, written here a second time.
fn digest(rows: &[Value]) -> String {
    let text = |row: &Value, name: &str| row[name].as_str().expect("text").as_bytes().to_vec();
    let tag = b"conntext/state/v1\n";
    let mut leaves: Vec<[u8; 32]> = rows
        .iter()
        .filter(|row| row["kind"] != "head" && row["kind"] != "channel")
        .map(|r| sha(&[tag, &text(r, "kind"), b"\n", &text(r, "key"), b"\n", &text(r, "value")]))
        .collect();
    leaves.sort();
    let groups: Vec<[u8; 32]> = (0..=255_u8)
        .map(|first| sha(&leaves.iter().filter(|l| l[0] == first).map(<[u8; 32]>::as_slice).collect::<Vec<_>>()))
        .collect();
    let mut all: Vec<&[u8]> = vec![tag];
    all.extend(groups.iter().map(<[u8; 32]>::as_slice));
    hex(&sha(&all))
}

/// The checkpoint of a log right behind the snapshot that the victim began with; a case changes it before it is signed.
fn checkpoint(log: &FalseLog, key: &Key, change: impl FnOnce(&mut Value)) -> Value {
    let snapshot = log.snapshot("nobody", &log.brought(), |_| ());
    let last = log.events.iter().rev().find(|e| e["header"]["vis"] == "all").expect("an event");
    let mut fields = json!({"sid": log.sid, "gen": 0, "epoch": 0, "fold": 5,
        "all": {"seq": last["header"]["seq"], "hash": event_hash(&last["header"])},
        "state": digest(snapshot["rows"].as_array().expect("rows"))});
    change(&mut fields);
    key.seal("checkpoint", fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_checkpoints_stop_their_own_log_and_no_other() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000")]).await;
    let mut table = Table::new("checkpoints of a false hub");
    type Make = fn(&FalseLog) -> Value;
    let cases: Vec<(&str, &str, Make)> = vec![
        ("what holds", "200", |l| checkpoint(l, &l.key(), |_| ())),
        ("of another state", "422 checkpoint_mismatch", |l| {
            checkpoint(l, &l.key(), |c| c["state"] = "1".repeat(64).into())
        }),
        ("of another event", "409 log_conflict|422 checkpoint_mismatch", |l| {
            let push = l.message("true");
            checkpoint(l, &l.key(), |c| c["all"] = json!({"seq": push["header"]["seq"], "hash": "2".repeat(64)}))
        }),
        ("of another server", "400 sid_mismatch", |l| {
            checkpoint(l, &l.key(), |c| c["sid"] = format!("s_{}", "a".repeat(40)).into())
        }),
        ("of another generation", "422 invalid_event", |l| checkpoint(l, &l.key(), |c| c["gen"] = json!(1))),
        ("by a key that nobody knows", "401 unknown_key", |l| checkpoint(l, &Key::new(), |_| ())),
        ("touched behind the signature", "422 bad_object_signature", |l| {
            let mut made = checkpoint(l, &l.key(), |_| ());
            made["state"] = "3".repeat(64).into();
            made
        }),
        ("signed as a snapshot", "422 bad_object_signature", |l| {
            let mut made = checkpoint(l, &l.key(), |_| ());
            made.as_object_mut().unwrap().remove("sig");
            l.key().seal("snapshot", made)
        }),
        ("without a signature", "400 bad_json", |l| {
            let mut made = checkpoint(l, &l.key(), |_| ());
            made.as_object_mut().unwrap().remove("sig");
            made
        }),
        ("of another fold, which this version cannot compare", "200", |l| {
            checkpoint(l, &l.key(), |c| (c["fold"], c["state"]) = (json!(9), "4".repeat(64).into()))
        }),
        ("of an epoch that is yet to come", "200", |l| checkpoint(l, &l.key(), |c| c["epoch"] = json!(1))),
    ];
    for (n, (name, expected, make)) in cases.into_iter().enumerate() {
        let trap = Trap::new(&format!("check{n}"), |_| ()).await;
        assert_eq!(trap.catch(&victim).await, "joined");
        let log = trap.log();
        let push = json!({"sid": log.sid, "events": [log.message("true")], "checkpoint": make(&log)});
        table.case(name, expected, &trap.peer.post(&victim.target, "/events", &push).await);
        let mut behind = log.clone();
        behind.follow(&push["events"][0]);
        let next = json!({"sid": log.sid, "events": [behind.message("next")]});
        let goes_on = trap.peer.post(&victim.target, "/events", &next).await.verdict();
        let stopped = if expected == "400 bad_json" { "409 gap" } else { "503 overloaded" };
        table.said(&format!("{name}, and what follows"), if expected == "200" { "200" } else { stopped }, &goes_on);
    }
    table.finish();
    victim.goes_on().await;
}

/// Somebody of a peer comes into the log.
fn admit(log: &mut FalseLog, peer: &Peer) {
    let person = peer.person();
    let content = json!({"identity": [person.op]});
    let draft = Draft {
        kind: "member.join",
        actor: &person.uid,
        origin: &peer.ik,
        channel: None,
        target: None,
        content: content.clone(),
    };
    let (made, salt) = action(&log.sid, &draft, log.position());
    let join = json!({"action": made, "origin_sig": peer.key.sign("action", &made), "content": content, "salt": salt});
    log.welcome(&peer.statement(1, vec![peer.listed(&peer.key)]), &join);
}

/// The next event that everybody sees: the server has this name.
fn renamed(log: &FalseLog, name: &str) -> Value {
    let (hub, owner, content) = (log.hub(), log.owner(), json!({"name": name}));
    let draft = Draft {
        kind: "server.update",
        actor: &owner,
        origin: &hub,
        channel: None,
        target: None,
        content: content.clone(),
    };
    let (made, salt) = action(&log.sid, &draft, log.position());
    let header = log.header(&made, &Value::Null);
    log.event(&header, made, Value::Null, content, &salt)
}

fn shown(event: &Value) -> Value {
    json!({"header": event["header"], "hub_sig": event["hub_sig"]})
}

/// How many contradictions the victim has written down of a log.
fn found(victim: &Victim, sid: &str) -> usize {
    let said = victim.setup.run(&["fed", "status", "--json"]);
    let logs: Value = serde_json::from_str(&text(&said)).expect("JSON");
    let log = logs.as_array().expect("logs").iter().find(|l| l["sid"] == sid).expect("the copy").clone();
    log["disputes"].as_array().expect("disputes").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_false_hub_that_tells_two_followers_different_stories_is_found() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000")]).await;
    let mut table = Table::new("what a fellow follower shows");
    let (fellow, stranger) = (Peer::new("fellow").await, Peer::new("stranger").await);
    let trap = Trap::new("stories", |_| ()).await;
    assert_eq!(trap.catch(&victim).await, "joined");
    let mut log = trap.log();
    let known = log.events.len();
    admit(&mut log, &fellow);
    let mut told: Vec<Value> = log.events[known..].to_vec();
    let (ours, theirs) = (renamed(&log, "Apples"), renamed(&log, "Sold"));
    let fork = log.clone();
    told.push(ours.clone());
    log.follow(&ours);
    let later = log.message("later");
    told.push(later.clone());
    assert_eq!(trap.push(&victim, told).await.verdict(), "200");

    let sid = log.sid.clone();
    let hello = |witness: Value| json!({"software": "hostile", "servers": [], "witness": [witness]});
    let of = |event: &Value| json!({"sid": sid, "all": shown(event)});
    let unsigned = {
        let mut event = theirs.clone();
        event["hub_sig"] = Key::new().sign("event", &event["header"]);
        event
    };
    let mut ahead = fork.clone();
    ahead.follow(&theirs);
    let ahead = {
        (0..5).fold(ahead, |mut log, n| {
            let next = renamed(&log, &format!("x{n}"));
            log.follow(&next);
            log
        })
    };
    let honest = vec![
        ("the same event", &fellow, of(&ours)),
        ("another one that the hub never signed", &fellow, of(&unsigned)),
        ("another one by somebody who has nobody there", &stranger, of(&theirs)),
        (
            "a message, which not everybody may see",
            &fellow,
            of(&log.bent(later.clone(), |h| h["ts"] = json!(h["ts"].as_i64().unwrap() + 1))),
        ),
        ("one that is yet to come", &fellow, of(ahead.events.last().unwrap())),
        ("another one of another epoch", &fellow, of(&fork.bent(theirs.clone(), |h| h["epoch"] = json!(1)))),
        (
            "one of a log that is not here",
            &fellow,
            json!({"sid": format!("s_{}", "a".repeat(40)), "all": shown(&theirs)}),
        ),
    ];
    for (name, peer, witness) in honest {
        let seen = peer.post(&victim.target, "/hello", &hello(witness)).await.verdict();
        assert_eq!(seen, "200", "{name}");
        table.said(name, "0", &found(&victim, &sid).to_string());
    }
    let seen = fellow.post(&victim.target, "/hello", &hello(of(&theirs))).await;
    assert_eq!(seen.verdict(), "200");
    table.said("another story under the hub's signature", "1", &found(&victim, &sid).to_string());
    let back = seen.body["witness"].to_string();
    table.said(
        "and is answered with what stands here",
        "true",
        &back.contains(ours["hub_sig"]["sig"].as_str().unwrap()).to_string(),
    );
    fellow.post(&victim.target, "/hello", &hello(of(&theirs))).await;
    table.said("the same once more", "1", &found(&victim, &sid).to_string());
    let said = text(&victim.setup.run(&["fed", "status"]));
    let both = [&ours, &theirs].iter().all(|e| said.contains(e["hub_sig"]["sig"].as_str().unwrap()));
    table.said("the admin is shown both", "true", &(both && said.contains("TWO STORIES")).to_string());

    // It is found from the other side too: the instance asks others by itself, and they answer with what they hold.
    let answer = Arc::new(Mutex::new(0));
    let count = answer.clone();
    fellow.script(move |asked| {
        asked.path.ends_with("/hello").then(|| {
            *count.lock().unwrap() += usize::from(asked.body["witness"].to_string().contains("\"hub_sig\""));
            Reply::Json(200, json!({"software": "hostile", "servers": []}))
        })
    });
    victim.process.signal("KILL");
    while victim.process.runs() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    victim.process = victim.setup.start().await;
    for _ in 0..100 {
        if *answer.lock().unwrap() > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    table.said("others are asked by themselves", "true", &(*answer.lock().unwrap() > 0).to_string());
    table.finish();
    victim.goes_on().await;
}
