//! Files that are not what they are said to be, instances that a community has banned, and keys that were stolen.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::craft::{Key, b32, b64, canon, now_ms, sha};
use crate::line::{Request, Seen, send};
use crate::log::{Draft, FalseLog, action};
use crate::members::join;
use crate::peer::{ALL, BARE, Peer, Reply, Target};
use crate::table::Table;
use crate::victim::Victim;

/// Seconds after which a document may be asked for again.
const LATER: i64 = 65;

fn mid(bytes: &[u8]) -> String {
    format!("m_{}", b32(&sha(&[bytes])))
}

/// A file on its way to a hub, signed.
fn file(peer: &Peer, to: &Target, path: &str, bytes: &[u8]) -> Request {
    let mut request = peer.request(to, "PUT", path, "x");
    *request.header("content-type") = "application/octet-stream".into();
    *request.header("digest") = format!("SHA-256={}", b64(&sha(&[bytes])));
    request.body = bytes.to_vec();
    peer.sign(&mut request, 0, 30, ALL);
    request
}

async fn part(peer: &Peer, to: &Target, path: &str, range: Option<&str>) -> Seen {
    let mut request = peer.request(to, "GET", path, "");
    if let Some(range) = range {
        request.add("range", range);
    }
    peer.sign(&mut request, 0, 30, BARE);
    send(to.port, &request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_files_are_refused_and_given_to_nobody_else() {
    let mut victim = Victim::new(&[
        ("CONNTEXT__FEDERATION__PEER_BURST", "5000"),
        ("CONNTEXT__STORAGE__MEDIA_MAX_BYTES", "20000"),
        ("CONNTEXT__STORAGE__PEER_MEDIA_BYTES", "60000"),
    ])
    .await;
    let (to, sid, channel) = (victim.target.clone(), victim.sid.clone(), victim.channel.clone());
    let hidden = json!({"name": "hidden", "private": true});
    let (_, hidden) = victim.ask(&format!("/servers/{sid}/channels"), Some(&hidden)).await;
    let hidden = hidden["id"].as_str().unwrap_or_else(|| panic!("{hidden}")).to_owned();
    let (evil, stranger) = (Peer::new("evil").await, Peer::new("stranger").await);
    let eve = evil.person();
    assert_eq!(join(&evil, &to, &sid, &eve, Some(&victim.code)).await.status, 200);

    let mut table = Table::new("files");
    let good = b"0123456789 a file".to_vec();
    let into = |sid: &str, mid: &str, channel: &str| format!("/servers/{sid}/media/{mid}?channel={channel}");
    let path = into(&sid, &mid(&good), &channel);
    let nowhere = format!("s_{}", "a".repeat(40));
    for (name, expected, request) in [
        (
            "under the name of other bytes",
            "422 hash_mismatch",
            file(&evil, &to, &into(&sid, &mid(b"x"), &channel), &good),
        ),
        ("under no name", "422 hash_mismatch", file(&evil, &to, &into(&sid, "m_x", &channel), &good)),
        ("with the digest of other bytes", "400 digest_mismatch", {
            let mut request = file(&evil, &to, &path, &good);
            request.body[0] = b'x';
            request
        }),
        (
            "into a server that is not here",
            "404 unknown_server",
            file(&evil, &to, &into(&nowhere, &mid(&good), &channel), &good),
        ),
        ("into a channel that does not exist", "404 unknown_channel", {
            file(&evil, &to, &into(&sid, &mid(&good), &format!("c_{}", "a".repeat(40))), &good)
        }),
        (
            "into a channel that is hidden",
            "404 unknown_channel",
            file(&evil, &to, &into(&sid, &mid(&good), &hidden), &good),
        ),
        ("by an outsider", "404 unknown_server", file(&stranger, &to, &path, &good)),
        ("of 20,001 bytes", "413 too_large", {
            let bytes = vec![b'x'; 20_001];
            file(&evil, &to, &into(&sid, &mid(&bytes), &channel), &bytes)
        }),
        ("said to be of 50 GiB", "413 too_large", {
            let mut request = file(&evil, &to, &path, &good);
            request.add("content-length", "53687091200");
            request
        }),
        ("compressed", "415 content_encoding", {
            let mut request = file(&evil, &to, &path, &good);
            request.add("content-encoding", "gzip");
            request
        }),
    ] {
        table.case(name, expected, &send(to.port, &request).await);
    }
    // In pieces, without a length, and more than may be.
    let bytes = vec![b'y'; 30_000];
    let mut endless = file(&evil, &to, &into(&sid, &mid(&bytes), &channel), &bytes);
    endless.add("transfer-encoding", "chunked");
    endless.body = [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n0\r\n\r\n"].concat();
    table.case("of 30,000 bytes, without saying so", "413 too_large", &send(to.port, &endless).await);
    // Shorter than it says.
    let mut torn = file(&evil, &to, &path, &good);
    torn.add("content-length", "100");
    table.case(
        "that breaks off",
        "closed|400 digest_mismatch|400 bad_request|408 slow_body",
        &torn_off(&to, &torn).await,
    );
    table.case("what holds", "201", &send(to.port, &file(&evil, &to, &path, &good)).await);
    table.case("the same again", "200", &send(to.port, &file(&evil, &to, &path, &good)).await);
    let mut last = Seen::default();
    for n in 0..4_u8 {
        let bytes = vec![n; 19_000];
        last = send(to.port, &file(&evil, &to, &into(&sid, &mid(&bytes), &channel), &bytes)).await;
    }
    table.case("more than one instance may bring in a day", "507 quota", &last);

    let from = |sid: &str, channel: &str| format!("/media/{}?sid={sid}&channel={channel}", mid(&good));
    table.case("before a message names it", "404 not_found", &part(&evil, &to, &from(&sid, &channel), None).await);
    let position = evil.get(&to, &format!("/servers/{sid}/head")).await.body;
    let name = json!({"mid": mid(&good), "name": "a.txt", "type": "text/plain", "size": good.len()});
    let content = json!({"body": "look", "attachments": [name]});
    let draft = Draft {
        kind: "message.create",
        actor: &eve.uid,
        origin: &evil.ik,
        channel: Some(&channel),
        target: None,
        content: content.clone(),
    };
    let (made, salt) = action(&sid, &draft, position);
    let signed =
        json!({"origin_sig": evil.key.sign("action", &made), "action": made, "content": content, "salt": salt});
    let seen = evil.post(&to, &format!("/servers/{sid}/actions"), &json!({"actions": [signed]})).await;
    table.said("a message that names it", "accepted", seen.body["results"][0]["status"].as_str().unwrap_or("-"));
    let path = from(&sid, &channel);
    for (range, expected) in [
        (None, "200"),
        (Some("bytes=0-3"), "206"),
        (Some("bytes=3-"), "206"),
        (Some("bytes=-4"), "206"),
        (Some("bytes=0-99999999999999999999"), "200|206"),
        (Some("bytes=17-"), "416 beyond_head|416 range|416 -"),
        (Some("bytes=999999-"), "416 beyond_head|416 range|416 -"),
        (Some("bytes=5-2"), "200"),
        (Some("bytes=-0"), "416 beyond_head|416 range|416 -"),
        (Some("bytes=0-1,3-4"), "200"),
        (Some("lines=0-3"), "200"),
        (Some("bytes=a-b"), "200"),
    ] {
        let name = format!("asked for with {}", range.unwrap_or("no range"));
        table.case(&name, expected, &part(&evil, &to, &path, range).await);
    }
    let seen = part(&evil, &to, &path, None).await;
    let guarded = seen.head.contains("nosniff") && !seen.head.contains("text/html");
    table.said("and never as a page", "yes", if guarded { "yes" } else { "no" });
    table.case("by an outsider", "404 not_found", &part(&stranger, &to, &path, None).await);
    table.case("of another channel", "404 not_found", &part(&evil, &to, &from(&sid, &hidden), None).await);
    table.case("of another server", "404 not_found", &part(&evil, &to, &from(&nowhere, &channel), None).await);
    table.finish();
    victim.goes_on().await;
    victim.verifies();
}

/// Sends less than the request says and ends the sending.
async fn torn_off(to: &Target, request: &Request) -> Seen {
    use tokio::io::AsyncWriteExt as _;
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", to.port)).await.expect("a connection");
    socket.write_all(&request.bytes()).await.expect("it is sent");
    socket.shutdown().await.expect("it ends");
    crate::line::read(&mut socket).await
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_instances_that_a_community_bans_are_out_of_it() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000")]).await;
    let (to, sid, channel) = (victim.target.clone(), victim.sid.clone(), victim.channel.clone());
    let (evil, moderator) = (Peer::new("evil").await, Peer::new("moderator").await);
    let (eve, mo) = (evil.person(), moderator.person());
    let mut table = Table::new("an instance that a community bans");
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    evil.script(move |asked| {
        asked.path.ends_with("/events").then(|| {
            let events = asked.body["events"].as_array().cloned().unwrap_or_default();
            let last = events.iter().filter_map(|e| e["header"]["seq"].as_u64()).next_back().unwrap_or(0);
            heard.lock().unwrap().extend(events);
            Reply::Json(200, json!({"acked": last}))
        })
    });
    assert_eq!(join(&evil, &to, &sid, &eve, Some(&victim.code)).await.status, 200);
    assert_eq!(join(&moderator, &to, &sid, &mo, Some(&victim.code)).await.status, 200);
    let role = json!({"name": "guards", "permissions": ["ban_instances"]});
    let (_, role) = victim.ask(&format!("/servers/{sid}/roles"), Some(&role)).await;
    let url = format!("{}/api/v1/servers/{sid}/members/{}", victim.process.base, mo.uid);
    let given = victim.process.client.patch(url).json(&json!({"roles": [role["id"]]})).bearer_auth(&victim.token);
    assert!(given.send().await.expect("an answer").status().is_success());

    let act = async |peer: &Peer, actor: &str, kind: &str, into: Option<&str>, content: Value| {
        let position = peer.get(&to, &format!("/servers/{sid}/head")).await.body;
        let position = if position["seq"].is_u64() { position } else { crate::log::nowhere() };
        let draft = Draft { kind, actor, origin: &peer.ik, channel: into, target: None, content: content.clone() };
        let (made, salt) = action(&sid, &draft, position);
        let sig = peer.key.sign("action", &made);
        let signed = json!({"origin_sig": sig, "action": made, "content": content, "salt": salt});
        let seen = peer.post(&to, &format!("/servers/{sid}/actions"), &json!({"actions": [signed]})).await;
        let result = &seen.body["results"][0];
        match result["status"].as_str() {
            Some("accepted") => "accepted".to_owned(),
            Some(_) => result["code"].as_str().unwrap_or("-").to_owned(),
            None => seen.verdict(),
        }
    };
    let own = act(&evil, &eve.uid, "instance.ban", None, json!({"ik": moderator.ik})).await;
    table.said("who may not ban", "forbidden", &own);
    let hub = victim_ik(&victim).await;
    table.said(
        "the hub itself",
        "forbidden",
        &act(&moderator, &mo.uid, "instance.ban", None, json!({"ik": hub})).await,
    );
    let banned = act(&moderator, &mo.uid, "instance.ban", None, json!({"ik": evil.ik})).await;
    table.said("who may", "accepted", &banned);
    let said = act(&evil, &eve.uid, "message.create", Some(&channel), json!({"body": "still here"})).await;
    table.said("the banned one writes", "404 unknown_server", &said);
    for path in ["head", "snapshot", "events?after=0"] {
        let seen = evil.get(&to, &format!("/servers/{sid}/{path}")).await;
        table.case(&format!("and asks for {path}"), "404 unknown_server", &seen);
    }
    table.case("comes back", "403 banned", &join(&evil, &to, &sid, &eve, Some(&victim.code)).await);
    let other = evil.person();
    table.case("with somebody else", "403 banned", &join(&evil, &to, &sid, &other, Some(&victim.code)).await);
    let mut heard = false;
    for _ in 0..50 {
        heard = told.lock().unwrap().iter().any(|e| e["action"]["type"] == "instance.ban");
        if heard {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    table.said("it was told why", "yes", if heard { "yes" } else { "no" });
    let on = act(&moderator, &mo.uid, "message.create", Some(&channel), json!({"body": "quiet again"})).await;
    table.said("the others go on", "accepted", &on);

    // The other way round: a community elsewhere bans the victim.
    let (peer, log) = trap("banner").await;
    let path = format!("/invites/{}/abcdefghijklmnop/accept", peer.domain);
    assert_eq!(victim.ask(&path, Some(&json!({}))).await.0, 200);
    let (elsewhere, ban) = {
        let mut log = log.lock().unwrap();
        let (_, home) = log.caught();
        (log.sid.clone(), append(&mut log, "instance.ban", &json!({"ik": home})))
    };
    let push = json!({"sid": elsewhere, "events": [ban]});
    table.case("the victim is told that it is banned", "200", &peer.post(&to, "/events", &push).await);
    let (_, servers) = victim.ask("/servers", None).await;
    let listed = servers.to_string().contains(&elsewhere);
    table.said("its people are out", "yes", if listed { "no" } else { "yes" });
    let (status, _) = victim.ask(&format!("/servers/{elsewhere}"), None).await;
    table.said("and its copy is gone", "404", &status.to_string());
    let more = json!({"sid": elsewhere, "events": []});
    table.case("what is pushed afterwards", "403 not_member_here", &peer.post(&to, "/events", &more).await);
    table.finish();
    victim.goes_on().await;
    victim.verifies();
}

async fn victim_ik(victim: &Victim) -> String {
    let url = format!("{}/.well-known/conntext", victim.process.base);
    let document: Value = victim.process.client.get(url).send().await.expect("an answer").json().await.expect("JSON");
    document["ik"].as_str().expect("an id").to_owned()
}

/// A hub whose community can be joined by any code.
async fn trap(name: &str) -> (Peer, Arc<Mutex<FalseLog>>) {
    let peer = Peer::new(name).await;
    let owner = peer.person();
    let log = Arc::new(Mutex::new(FalseLog::open(&peer, &owner)));
    let (held, card) = (log.clone(), log.lock().unwrap().card(&peer));
    peer.script(move |asked| {
        if asked.path.contains("/invites/") {
            return Some(Reply::Json(200, card.clone()));
        }
        if asked.path.ends_with("/join") {
            let mut log = held.lock().unwrap();
            log.welcome(&asked.body["keys"], &asked.body["join"]);
            let recipient = asked.body["join"]["action"]["origin"].as_str().expect("an id").to_owned();
            let snapshot = log.snapshot(&recipient, &[asked.body["keys"].clone()], |_| ());
            return Some(Reply::Json(200, json!({"seq": 6, "snapshot": snapshot})));
        }
        asked.path.ends_with("/hello").then(|| Reply::Json(200, json!({"servers": [], "software": "trap"})))
    });
    (peer, log)
}

/// The next event of a hub: an act of its owner, or of the hub itself.
fn append(log: &mut FalseLog, kind: &str, content: &Value) -> Value {
    let (hub, owner) = (log.hub(), log.owner());
    let actor = if kind == "instance.keys" { hub.clone() } else { owner };
    let draft = Draft { kind, actor: &actor, origin: &hub, channel: None, target: None, content: content.clone() };
    let (made, salt) = action(&log.sid, &draft, log.position());
    log.append(made, Value::Null, content.clone(), &salt)
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_keys_that_were_stolen_end_with_their_revocation() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000")]).await;
    let to = victim.target.clone();
    let (peer, log) = trap("robbed").await;
    let path = format!("/invites/{}/abcdefghijklmnop/accept", peer.domain);
    assert_eq!(victim.ask(&path, Some(&json!({}))).await.0, 200);
    let mut table = Table::new("a hub's key that was stolen");
    let push = async |key: &Key, later: i64, events: Vec<Value>| {
        let sid = log.lock().unwrap().sid.clone();
        let body = canon(&json!({"sid": sid, "events": events}));
        let mut request = peer.request(&to, "POST", "/events", &body);
        peer.sign_as(&mut request, later, later + 30, ALL, key, &peer.key_id(key));
        send(to.port, &request).await
    };
    let first = {
        let mut log = log.lock().unwrap();
        let event = log.message("before");
        log.follow(&event);
        event
    };
    table.case("what the key signs while it counts", "200", &push(&peer.key, 0, vec![first]).await);

    // The owner of the hub revokes it: in its document and in the log, under a new key.
    let (stolen, new) = (peer.key.clone(), Key::new());
    let mut gone = peer.listed(&stolen);
    gone["revoked_at"] = json!(now_ms());
    let keys = vec![gone, peer.listed(&new)];
    let mut document = peer.document(2, keys.clone());
    let line = document["fresh"].clone();
    let line = json!({"hash": line["hash"], "issued_at": line["issued_at"], "valid_until": line["valid_until"]});
    document["fresh"] = new.seal("freshness", line);
    peer.publish(document);
    let (thief, told) = {
        let mut log = log.lock().unwrap();
        let mut thief = log.clone();
        // What the thief would rather have there.
        let rival = thief.message("by the thief");
        thief.follow(&rival);
        log.set_key(new.clone());
        (rival, append(&mut log, "instance.keys", &peer.statement(2, keys)))
    };
    // A minute later the document may be asked for again.
    victim.setup.set("CONNTEXT_CLOCK_OFFSET", &LATER.to_string());
    victim.process.signal("TERM");
    while victim.process.runs() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    victim.process = victim.setup.start().await;
    table.case("the revocation, under the new key", "200", &push(&new, LATER, vec![told]).await);
    table.case("a request under the stolen key", "401 key_revoked", &push(&stolen, LATER, vec![thief.clone()]).await);
    let held = push(&new, LATER, vec![thief]).await;
    table.case("an event under the stolen key in a held place", "409 log_conflict|401 key_revoked", &held);
    let seen = read(&victim, &log).await;
    table.said("and what is read there", "before", &seen.join(", "));

    // Another hub, whose key ends in its log before anybody reads its document again.
    victim.setup.set("CONNTEXT_CLOCK_OFFSET", "0");
    victim.process.signal("TERM");
    while victim.process.runs() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    victim.process = victim.setup.start().await;
    let (peer, log) = trap("robbed2").await;
    let path = format!("/invites/{}/abcdefghijklmnop/accept", peer.domain);
    assert_eq!(victim.ask(&path, Some(&json!({}))).await.0, 200);
    let (stolen, new) = (peer.key.clone(), Key::new());
    let mut gone = peer.listed(&stolen);
    gone["revoked_at"] = json!(now_ms());
    let (told, after) = {
        let mut log = log.lock().unwrap();
        log.set_key(new.clone());
        let told = append(&mut log, "instance.keys", &peer.statement(2, vec![gone, peer.listed(&new)]));
        let mut thief = log.clone();
        thief.set_key(stolen.clone());
        (told, thief.message("by the thief"))
    };
    let sid = log.lock().unwrap().sid.clone();
    let body = json!({"sid": sid, "events": [told]});
    table.case("a revocation in the log alone", "200", &peer.post(&to, "/events", &body).await);
    let body = json!({"sid": sid, "events": [after]});
    table.case("an event under the stolen key behind it", "401 key_revoked", &peer.post(&to, "/events", &body).await);
    let seen = read(&victim, &log).await;
    table.said("and what is read there then", "", &seen.join(", "));
    table.finish();
    victim.goes_on().await;
}

async fn read(victim: &Victim, log: &Arc<Mutex<FalseLog>>) -> Vec<String> {
    let path = {
        let log = log.lock().unwrap();
        format!("/servers/{}/channels/{}/messages?limit=100", log.sid, log.channel)
    };
    let (_, page) = victim.ask(&path, None).await;
    let messages = page["messages"].as_array().cloned().unwrap_or_default();
    messages.iter().filter_map(|m| m["body"].as_str().map(str::to_owned)).collect()
}
