//! A false hub that uses the names of people of the victim: nobody is where they did not go by their own word.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::craft::{Key, b32, canon, fresh};
use crate::kit::{PASSWORD, text};
use crate::log::{Draft, FalseLog, action, nowhere};
use crate::peer::{Asked, Peer, Reply};
use crate::table::Table;
use crate::victim::Victim;

/// What a false hub makes of its snapshot: the rows, and what homes are said to have signed.
type Bend = Arc<dyn Fn(&FalseLog, &mut Vec<Value>, &mut Vec<Value>) + Send + Sync>;

/// A community elsewhere whose hub can change what it says at any time.
struct Lair {
    peer: Peer,
    log: Arc<Mutex<FalseLog>>,
    bend: Arc<Mutex<Bend>>,
}

impl Lair {
    async fn new(name: &str, bend: Bend) -> Self {
        let peer = Peer::new(name).await;
        let owner = peer.person();
        let log = Arc::new(Mutex::new(FalseLog::open(&peer, &owner)));
        let (held, bend) = (log.clone(), Arc::new(Mutex::new(bend)));
        let (bends, card) = (bend.clone(), log.lock().unwrap().card(&peer));
        let statement = Mutex::new(Value::Null);
        peer.script(move |asked: &Asked| {
            let snapshot = |log: &FalseLog, statement: &Value| {
                let bend = bends.lock().unwrap().clone();
                let recipient = statement["ik"].as_str().expect("an id");
                let mut joins = log.joins.clone();
                let rows = |rows: &mut Vec<Value>| bend(log, rows, &mut joins);
                let mut made = log.snapshot(recipient, std::slice::from_ref(statement), rows);
                made["joins"] = joins.into();
                made
            };
            if asked.path.contains("/invites/") {
                return Some(Reply::Json(200, card.clone()));
            }
            if asked.path.ends_with("/join") {
                let mut log = held.lock().unwrap();
                *statement.lock().unwrap() = asked.body["keys"].clone();
                log.welcome(&asked.body["keys"], &asked.body["join"]);
                let made = snapshot(&log, &asked.body["keys"]);
                return Some(Reply::Json(200, json!({"seq": 6, "snapshot": made})));
            }
            if asked.path.ends_with("/snapshot") {
                return Some(Reply::Json(200, snapshot(&held.lock().unwrap(), &statement.lock().unwrap())));
            }
            asked.path.ends_with("/hello").then(|| Reply::Json(200, json!({"servers": [], "software": "lair"})))
        });
        Self { peer, log, bend }
    }

    fn log(&self) -> FalseLog {
        self.log.lock().unwrap().clone()
    }

    async fn catch(&self, victim: &Victim) -> String {
        let path = format!("/invites/{}/abcdefghijklmnop/accept", self.peer.domain);
        let (status, told) = victim.ask(&path, Some(&json!({}))).await;
        let why = told["detail"].as_str().and_then(|d| d.split("cannot be trusted now").nth(1)).unwrap_or_default();
        let why = why.trim_matches([' ', '(', ')', '.']);
        if status < 300 { "joined".into() } else { format!("{status} {} {why}", told["code"].as_str().unwrap_or("-")) }
    }
}

fn member(rows: &mut Vec<Value>, uid: &str, home: &str) {
    let row = |kind: &str, value: Value| json!({"kind": kind, "key": uid, "value": canon(&value)});
    rows.push(row("actor", json!({"home": home, "op": null})));
    let seen = json!({"home": home, "joined_at": 1_000, "joined_seq": 2, "roles": [], "timeout_until": 0});
    rows.push(row("member", seen));
}

/// A join of somebody, with a signature by `key` in the name of `signer`.
fn word(sid: &str, kind: &str, uid: &str, home: &str, key: &Key, kid: Option<&str>) -> Value {
    let draft = Draft { kind, actor: uid, origin: home, channel: None, target: None, content: json!({"identity": []}) };
    let (action, _) = action(sid, &draft, nowhere());
    let mut sig = key.sign("action", &action);
    if let Some(kid) = kid {
        sig["kid"] = kid.into();
    }
    json!({"action": action, "origin_sig": sig})
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_hubs_list_nobody_who_did_not_come() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000")]).await;
    let account = json!({"handle": "bea", "password": PASSWORD, "kind": "bearer"});
    let (_, made) = victim.process.post("/accounts", &account).await;
    let bea = made["me"]["user"]["id"].as_str().or(made["me"]["user"]["uid"].as_str());
    let bea = bea.unwrap_or_else(|| panic!("{made}")).to_owned();
    let bea_token = made["token"].as_str().expect("a token").to_owned();
    let nobody = format!("u_{}", "a".repeat(40));
    let mut table = Table::new("people of the victim in a false hub's snapshot");

    let own = |log: &FalseLog| log.joins[0].clone();
    let (uid, none) = (bea.clone(), nobody.clone());
    let home = |log: &FalseLog| log.caught().1;
    let cases: Vec<(&str, &str, Bend)> = vec![
        ("only who came", "joined", Arc::new(|_, _, _| ())),
        ("without the joiner's word", "origin_mismatch", Arc::new(|_, _, joins| joins.clear())),
        ("with another touched word", "bad_signature", {
            Arc::new(|_, _, joins| joins[0]["action"]["aid"] = b32(&fresh()).into())
        }),
        ("somebody who never came", "origin_mismatch", {
            let uid = uid.clone();
            Arc::new(move |log, rows, _| member(rows, &uid, &home(log)))
        }),
        ("somebody who does not exist", "origin_mismatch", {
            Arc::new(move |log, rows, _| member(rows, &none, &home(log)))
        }),
        ("with the word of another", "origin_mismatch", {
            let uid = uid.clone();
            Arc::new(move |log, rows, joins| {
                member(rows, &uid, &home(log));
                joins.push(own(log));
            })
        }),
        ("with the word of another under this name", "bad_signature", {
            let uid = uid.clone();
            Arc::new(move |log, rows, joins| {
                member(rows, &uid, &home(log));
                let mut word = own(log);
                word["action"]["actor"] = uid.clone().into();
                joins.push(word);
            })
        }),
        ("with a word by the hub's key", "unknown_key", {
            let uid = uid.clone();
            Arc::new(move |log, rows, joins| {
                member(rows, &uid, &home(log));
                joins.push(word(&log.sid, "member.join", &uid, &home(log), &log.key(), None));
            })
        }),
        ("with a word by the hub's key under the home's name", "bad_signature", {
            let uid = uid.clone();
            Arc::new(move |log, rows, joins| {
                member(rows, &uid, &home(log));
                let kid = own(log)["origin_sig"]["kid"].as_str().expect("a name").to_owned();
                joins.push(word(&log.sid, "member.join", &uid, &home(log), &log.key(), Some(&kid)));
            })
        }),
        ("with a word for another server", "origin_mismatch", {
            let uid = uid.clone();
            Arc::new(move |log, rows, joins| {
                member(rows, &uid, &home(log));
                let sid = format!("s_{}", "b".repeat(40));
                joins.push(word(&sid, "member.join", &uid, &home(log), &log.key(), None));
            })
        }),
        ("with a word that is no join", "origin_mismatch", {
            let uid = uid.clone();
            Arc::new(move |log, rows, joins| {
                member(rows, &uid, &home(log));
                joins.push(word(&log.sid, "message.create", &uid, &home(log), &log.key(), None));
            })
        }),
        ("somebody of the victim as if they lived at the hub", "not_home", {
            let uid = uid.clone();
            Arc::new(move |log, rows, _| member(rows, &uid, &log.hub()))
        }),
        ("a former member of the victim as if they lived at the hub", "not_home", {
            let uid = uid.clone();
            Arc::new(move |log, rows, _| {
                member(rows, &uid, &log.hub());
                rows.pop();
            })
        }),
    ];
    for (n, (name, expected, bend)) in cases.into_iter().enumerate() {
        let lair = Lair::new(&format!("lair{n}"), bend).await;
        let seen = lair.catch(&victim).await;
        let expected = if expected == "joined" { expected.to_owned() } else { format!("502 peer_error {expected}") };
        table.said(name, &expected, &seen);
        let (_, servers) = victim.process.get("/servers", &bea_token).await;
        assert!(!servers.to_string().contains(&lair.log().sid), "{name}: {servers}");
    }

    // The same in a push: a join that only the hub signed counts for nothing.
    let lair = Lair::new("pushing", Arc::new(|_, _, _| ())).await;
    assert_eq!(lair.catch(&victim).await, "joined");
    let mut log = lair.log();
    let content = json!({"identity": []});
    let draft = Draft {
        kind: "member.join",
        actor: &bea,
        origin: &home(&log),
        channel: None,
        target: None,
        content: content.clone(),
    };
    let (made, salt) = action(&log.sid, &draft, nowhere());
    let sig = log.key().sign("action", &made);
    let event = log.append(made, sig, content, &salt);
    let seen = lair.peer.post(&victim.target, "/events", &json!({"sid": log.sid, "events": [event]})).await;
    table.case("a push with such a join", "200", &seen);
    let (_, members) = victim.ask(&format!("/servers/{}/members", log.sid), None).await;
    table.said("and who is in it", "without", if members.to_string().contains(&bea) { "with" } else { "without" });

    // A copy that begins anew takes no more than one that begins.
    let sid = lair.log().sid;
    let forged = log.bent(log.message("forged"), |h| h["prev"] = "1".repeat(64).into());
    let seen = lair.peer.post(&victim.target, "/events", &json!({"sid": sid, "events": [forged]})).await;
    table.case("a push that does not hold sets the copy aside", "422 bad_prev", &seen);
    let lie = bea.clone();
    *lair.bend.lock().unwrap() = Arc::new(move |log, rows, _| member(rows, &lie, &log.caught().1));
    victim.process.signal("TERM");
    while victim.process.runs() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let said = text(&victim.setup.run(&["fed", "reconcile", &sid]));
    table.said("a new beginning with somebody more", "origin_mismatch", said_code(&said));
    *lair.bend.lock().unwrap() = Arc::new(|_, _, _| ());
    let said = text(&victim.setup.run(&["fed", "reconcile", &sid]));
    table.said("a new beginning with who came", "begins anew", said_code(&said));
    victim.process = victim.setup.start().await;
    let mut log = lair.log();
    let message = log.message("after all");
    log.follow(&message);
    let seen = lair.peer.post(&victim.target, "/events", &json!({"sid": sid, "events": [message]})).await;
    table.case("and it goes on", "200", &seen);
    table.finish();
    victim.goes_on().await;
}

/// What the command line said, in one word.
fn said_code(said: &str) -> &'static str {
    ["origin_mismatch", "begins anew"].into_iter().find(|word| said.contains(word)).unwrap_or("-")
}
