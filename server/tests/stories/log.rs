//! The log by itself: one door, one writer, nothing lost and nothing twice.

use crate::kit::TestInstance;
use conntext_federation::{
    content::LogKind,
    hub::Draft,
    ids::{Actor, ChannelId},
};
use conntext_server::log::{LogHandle, NewServer, Outcome, verify};
use serde_json::json;
use std::sync::Arc;

async fn community(t: &TestInstance, handle: &str) -> (Actor, Arc<LogHandle>, ChannelId) {
    let uid = t.person(handle).await.get("/me").await.text("/user/id");
    let mut read = t.app.db.read().await.expect("a reader");
    let chain = conntext_server::profiles::chain(&mut read, &uid).await.expect("a chain");
    drop(read);
    let creator = Actor::User(uid.parse().expect("a uid"));
    let new = NewServer { kind: LogKind::Guild, creator: creator.clone(), identity: chain, recovery_keys: vec![] };
    let log = t.app.log.open(new).await.expect("a server");
    let aid = t.app.log.new_aid();
    let channel = ChannelId::made_by(&log.sid, &aid);
    let draft = Draft {
        sid: log.sid.clone(),
        kind: "channel.create".into(),
        channel: Some(channel.clone()),
        target: None,
        actor: creator.clone(),
        content: json!({"name": "general", "kind": "text"}),
    };
    t.app.log.submit_as(&log, draft, aid, None).await.expect("a channel");
    (creator, log, channel)
}

fn message(log: &LogHandle, actor: &Actor, channel: &ChannelId, body: &str) -> Draft {
    Draft {
        sid: log.sid.clone(),
        kind: "message.create".into(),
        channel: Some(channel.clone()),
        target: None,
        actor: actor.clone(),
        content: json!({"body": body}),
    }
}

#[tokio::test]
async fn j2_messages_at_once_get_dense_numbers_and_the_log_verifies() {
    let t = TestInstance::new("a.test").await;
    let (actor, log, channel) = community(&t, "ada").await;
    let sent = (0..200).map(|i| {
        let draft = message(&log, &actor, &channel, &format!("message {i}"));
        let door = t.app.log.clone();
        tokio::spawn(async move { door.submit(draft, Some(format!("n{}", i / 2))).await })
    });
    let mut numbers = std::collections::BTreeSet::new();
    for task in futures_util::future::join_all(sent).await {
        match task.expect("no panic").expect("accepted") {
            Outcome::Accepted(entry) => numbers.insert(entry.event.header.cn.expect("a message number")),
            Outcome::Pending(_) => panic!("the hub is here"),
        };
    }
    // Each number of the client was used twice: the same message.
    assert_eq!(numbers, (1..=100).collect());
    let me = t.app.keys.ik.to_string();
    let report = verify::verify(&t.app.db, &log.sid, &me).await.expect("a database").expect("a log");
    assert_eq!(report.faults, Vec::<String>::new());
    assert_eq!(report.events, 104);
    let sid = log.sid.clone();
    drop(log);
    let t = t.restart().await;
    let again = t.app.log.get(&sid).expect("the log is there after a restart");
    assert_eq!(again.head().seq, 104);
    t.app.log.submit(message(&again, &actor, &channel, "after"), None).await.expect("accepted");
    let report = verify::verify(&t.app.db, &sid, &me).await.expect("a database").expect("a log");
    assert_eq!(report.faults, Vec::<String>::new());
}

#[tokio::test]
async fn c5_a_deleted_message_is_erased_with_its_edits_and_the_chain_still_holds() {
    let t = TestInstance::new("a.test").await;
    let (actor, log, channel) = community(&t, "ada").await;
    let door = &t.app.log;
    let aid = door.submit(message(&log, &actor, &channel, "a secret"), None).await.expect("accepted").aid();
    let about = |kind: &str, content| Draft {
        kind: kind.into(),
        target: Some(aid.to_string()),
        content,
        ..message(&log, &actor, &channel, "")
    };
    door.submit(about("message.edit", json!({"body": "a worse secret"})), None).await.expect("accepted");
    door.submit(about("message.delete", json!({})), None).await.expect("accepted");
    let again = door.submit(about("message.edit", json!({"body": "too late"})), None).await;
    assert!(again.is_err(), "a deleted message cannot be edited");
    let entries = door.read(&log, 0, 100).await.expect("entries");
    let about_it =
        entries.iter().filter(|e| e.event.action.kind != "message.delete" && e.event.action.channel.is_some());
    assert!(about_it.skip(1).all(|e| e.event.content.is_none() && e.event.salt.is_none() && e.event.erased.is_some()));
    let me = t.app.keys.ik.to_string();
    let report = verify::verify(&t.app.db, &log.sid, &me).await.expect("a database").expect("a log");
    assert_eq!(report.faults, Vec::<String>::new());
}
