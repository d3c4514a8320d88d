//! A false member: an instance with one honest person in a community, that acts for others, twice, too late, too much.

use serde_json::{Value, json};

use crate::craft::{Key, ZERO, b32, b64, canon, content_hash, fresh, id, invite_hash, now_ms};
use crate::line::Seen;
use crate::log::{Draft, action, nowhere};
use crate::peer::{Peer, Person, Target, genesis_op};
use crate::table::Table;
use crate::victim::Victim;

const HOUR_MS: i64 = 3_600_000;

/// An action on its way to the hub, signed by `key`.
fn signed(key: &Key, action: &Value, content: &Value, salt: &str) -> Value {
    json!({"action": action, "origin_sig": key.sign("action", action), "content": content, "salt": salt})
}

/// The body of a join.
fn join_request(peer: &Peer, sid: &str, person: &Person, code: Option<&str>) -> Value {
    let mut content = json!({"identity": [person.op]});
    if let Some(code) = code {
        content["invite"] = invite_hash(code).into();
    }
    let draft = Draft {
        kind: "member.join",
        actor: &person.uid,
        origin: &peer.ik,
        channel: None,
        target: None,
        content: content.clone(),
    };
    let (action, salt) = action(sid, &draft, nowhere());
    let mut body = json!({"join": signed(&peer.key, &action, &content, &salt),
        "keys": peer.statement(1, vec![peer.listed(&peer.key)]), "snapshot": true});
    if let Some(code) = code {
        body["code"] = code.into();
    }
    body
}

/// Brings a person in.
pub async fn join(peer: &Peer, to: &Target, sid: &str, person: &Person, code: Option<&str>) -> Seen {
    peer.post(to, &format!("/servers/{sid}/join"), &join_request(peer, sid, person, code)).await
}

/// What became of one action: `accepted`, or its code, or the code of the whole request.
async fn act(peer: &Peer, to: &Target, sid: &str, signed: &Value) -> String {
    let seen = peer.post(to, &format!("/servers/{sid}/actions"), &json!({"actions": [signed]})).await;
    let result = &seen.body["results"][0];
    match result["status"].as_str() {
        Some("accepted") => "accepted".into(),
        Some(_) => result["code"].as_str().unwrap_or("-").into(),
        None => seen.verdict(),
    }
}

struct Message<'a> {
    peer: &'a Peer,
    sid: &'a str,
    channel: &'a str,
    actor: &'a str,
    basis: Value,
}

impl Message<'_> {
    /// A message, bent before it is signed.
    fn bent(&self, body: &str, bend: impl FnOnce(&mut Value)) -> Value {
        let content = json!({"body": body});
        let draft = Draft {
            kind: "message.create",
            actor: self.actor,
            origin: &self.peer.ik,
            channel: Some(self.channel),
            target: None,
            content: content.clone(),
        };
        let (mut action, salt) = action(self.sid, &draft, self.basis.clone());
        bend(&mut action);
        signed(&self.peer.key, &action, &content, &salt)
    }

    /// Another kind of action, with its content.
    fn other(&self, kind: &str, channel: Option<&str>, target: Option<&str>, content: Value) -> Value {
        let draft = Draft { kind, actor: self.actor, origin: &self.peer.ik, channel, target, content: content.clone() };
        let (action, salt) = action(self.sid, &draft, self.basis.clone());
        signed(&self.peer.key, &action, &content, &salt)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_joins_and_actions_change_nothing() {
    let mut victim = Victim::new(&[
        ("CONNTEXT__FEDERATION__PEER_BURST", "5000"),
        ("CONNTEXT__FEDERATION__ACTOR_BURST", "5000"),
        ("CONNTEXT__FEDERATION__ORIGIN_PER_S", "5000"),
    ])
    .await;
    let (to, sid, channel) = (victim.target.clone(), victim.sid.clone(), victim.channel.clone());
    let (evil, other) = (Peer::new("evil").await, Peer::new("other").await);
    let (eve, oscar) = (evil.person(), other.person());
    let code = victim.code.clone();
    let joins = format!("/servers/{sid}/join");
    let before = victim.head(&sid);

    let mut table = Table::new("joins");
    for path in ["head", "snapshot", "events?after=0"] {
        let seen = evil.get(&to, &format!("/servers/{sid}/{path}")).await;
        table.case(&format!("an outsider asks for {path}"), "404 unknown_server", &seen);
    }
    let nobody = json!({"actions": []});
    table.case(
        "an outsider acts",
        "404 unknown_server",
        &evil.post(&to, &format!("/servers/{sid}/actions"), &nobody).await,
    );
    table.case("without an invite", "404 unknown_server", &join(&evil, &to, &sid, &eve, None).await);
    table.case("by a code that was guessed", "404 unknown_server", &join(&evil, &to, &sid, &eve, Some("guess")).await);
    let mut hash_only = join_request(&evil, &sid, &eve, Some(&code));
    hash_only.as_object_mut().expect("an object").remove("code");
    table.case("by the hash of a code alone", "404 unknown_server", &evil.post(&to, &joins, &hash_only).await);
    let mut bodies = Vec::new();
    let mut case = |name: &'static str, expected: &'static str, bend: &dyn Fn(&mut Value, &Person)| {
        // Each its own person: who fails ten times has to wait.
        let person = evil.person();
        let mut body = join_request(&evil, &sid, &person, Some(&code));
        bend(&mut body, &person);
        bodies.push((name, expected, body));
    };
    case("the identity of somebody else", "403 not_home", &|b, _| {
        let content = json!({"identity": [oscar.op], "invite": invite_hash(&code)});
        rejoin(&evil, b, &oscar.uid, content);
    });
    case("another's identity in one's own name", "403 not_home", &|b, p| {
        rejoin(&evil, b, &p.uid, json!({"identity": [oscar.op], "invite": invite_hash(&code)}));
    });
    case("an identity that was touched", "422 bad_identity_op", &|b, p| {
        let mut op = p.op.clone();
        op["profile_host"] = id("ik", b"elsewhere").into();
        rejoin(&evil, b, &p.uid, json!({"identity": [op], "invite": invite_hash(&code)}));
    });
    case("an identity signed by another key", "422 bad_identity_op", &|b, p| {
        let mut op = p.op.clone();
        op.as_object_mut().expect("an object").remove("sig");
        rejoin(&evil, b, &p.uid, json!({"identity": [Key::new().seal("identity", op)], "invite": invite_hash(&code)}));
    });
    case("an identity without an operation", "422 bad_identity_op|422 bad_content", &|b, p| {
        rejoin(&evil, b, &p.uid, json!({"identity": [], "invite": invite_hash(&code)}));
    });
    case("an identity of 65 operations", "422 bad_identity_op|422 bad_content", &|b, p| {
        let ops = vec![p.op.clone(); 65];
        rejoin(&evil, b, &p.uid, json!({"identity": ops, "invite": invite_hash(&code)}));
    });
    case("an identity whose key is weak", "400 bad_json|422 bad_content|422 bad_identity_op", &|b, p| {
        let mut op = p.op.clone();
        op["signing_keys"] = json!([b64(&[0; 32])]);
        rejoin(&evil, b, &p.uid, json!({"identity": [op], "invite": invite_hash(&code)}));
    });
    case("another instance's statement", "403 origin_mismatch", &|b, _| {
        b["keys"] = other.statement(1, vec![other.listed(&other.key)]);
    });
    case("a statement with another domain", "403 origin_mismatch", &|b, _| {
        let mut fields = evil.statement(1, vec![evil.listed(&evil.key)]);
        fields.as_object_mut().expect("an object").remove("sig");
        fields["domain"] = other.domain.clone().into();
        b["keys"] = evil.root.seal("key", fields);
    });
    case("a statement that the root key did not sign", "422 bad_object_signature", &|b, _| {
        let mut fields = evil.statement(1, vec![evil.listed(&evil.key)]);
        fields.as_object_mut().expect("an object").remove("sig");
        b["keys"] = evil.key.seal("key", fields);
    });
    case("an action by a key that the statement lacks", "401 unknown_key", &|b, _| {
        let key = Key::new();
        b["join"]["origin_sig"] = key.sign("action", &b["join"]["action"]);
    });
    case("an action that was touched", "401 bad_signature", &|b, _| {
        b["join"]["action"]["exp"] = json!(now_ms() + HOUR_MS);
    });
    case("another content than was signed", "422 hash_mismatch", &|b, _| b["join"]["salt"] = b64(&[1; 16]).into());
    case("another server's", "400 sid_mismatch", &|b, _| {
        b["join"]["action"]["sid"] = "s_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into();
        b["join"]["origin_sig"] = evil.key.sign("action", &b["join"]["action"]);
    });
    case("another type", "422 bad_content", &|b, _| {
        b["join"]["action"]["type"] = "server.delete".into();
        b["join"]["origin_sig"] = evil.key.sign("action", &b["join"]["action"]);
    });
    case("of another origin", "403 origin_mismatch", &|b, _| {
        b["join"]["action"]["origin"] = other.ik.clone().into();
        b["join"]["origin_sig"] = evil.key.sign("action", &b["join"]["action"]);
    });
    case("as an instance", "422 bad_content", &|b, _| {
        b["join"]["action"]["actor"] = evil.ik.clone().into();
        b["join"]["origin_sig"] = evil.key.sign("action", &b["join"]["action"]);
    });
    case("expired", "422 bad_content", &|b, _| {
        b["join"]["action"]["exp"] = json!(now_ms() - 1000);
        b["join"]["origin_sig"] = evil.key.sign("action", &b["join"]["action"]);
    });
    case("on a basis that the log does not have", "409 stale_basis", &|b, _| {
        b["join"]["action"]["basis"] = json!({"gen": 0, "epoch": 0, "seq": 3, "hash": "5".repeat(64)});
        b["join"]["origin_sig"] = evil.key.sign("action", &b["join"]["action"]);
    });
    case("without a member that must be there", "400 bad_json", &|b, _| {
        drop(b["join"].as_object_mut().expect("an object").remove("salt"))
    });
    for (name, expected, body) in &bodies {
        table.case(name, expected, &evil.post(&to, &joins, body).await);
    }
    assert_eq!(victim.head(&sid), before, "a refused join has written something");
    table.finish();

    // From here on Eve is a member, and Oscar of another instance too.
    assert_eq!(join(&evil, &to, &sid, &eve, Some(&code)).await.status, 200);
    assert_eq!(join(&other, &to, &sid, &oscar, Some(&code)).await.status, 200);
    let position = evil.get(&to, &format!("/servers/{sid}/head")).await.body;
    let mine = Message { peer: &evil, sid: &sid, channel: &channel, actor: &eve.uid, basis: position.clone() };
    let his = Message { peer: &evil, sid: &sid, channel: &channel, actor: &oscar.uid, basis: position.clone() };
    let first = mine.bent("hello", |_| ());
    assert_eq!(act(&evil, &to, &sid, &first).await, "accepted");
    let (_, page) = victim.ask(&format!("/servers/{sid}/channels/{channel}/messages?limit=10"), None).await;
    assert!(page.to_string().contains("hello"), "{page}");
    let before = victim.head(&sid);
    let (_, me) = victim.ask("/me", None).await;
    let ada = me["user"]["id"].as_str().unwrap_or_else(|| panic!("{me}")).to_owned();
    let ada_says = Message { peer: &evil, sid: &sid, channel: &channel, actor: &ada, basis: position.clone() };

    let mut table = Table::new("actions of a false member");
    let aid = first["action"]["aid"].as_str().expect("an id").to_owned();
    let far = "c_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let cases: Vec<(&str, &str, Value)> = vec![
        ("for somebody of the hub", "not_home", ada_says.bent("I am Ada", |_| ())),
        ("for somebody of another instance", "not_home", his.bent("I am Oscar", |_| ())),
        ("for somebody who does not exist", "not_home", mine.bent("x", |a| a["actor"] = "u_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into())),
        ("as an instance", "not_home|bad_content|forbidden", mine.bent("x", |a| a["actor"] = evil.ik.clone().into())),
        ("as a persona", "not_home", mine.bent("x", |a| a["actor"] = "p_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into())),
        ("in the name of another origin", "origin_mismatch", mine.bent("x", |a| a["origin"] = other.ik.clone().into())),
        ("signed by a key that the log lacks", "unknown_key", {
            let mut action = mine.bent("x", |_| ());
            action["origin_sig"] = Key::new().sign("action", &action["action"]);
            action
        }),
        ("a key's name over another signature", "bad_signature", {
            let mut action = mine.bent("x", |_| ());
            action["origin_sig"]["sig"] = Key::new().sign("action", &action["action"])["sig"].clone();
            action
        }),
        ("signed as another kind of object", "bad_signature", {
            let mut action = mine.bent("x", |_| ());
            action["origin_sig"] = evil.key.sign("event", &action["action"]);
            action
        }),
        ("touched after it was signed", "bad_signature", {
            let mut action = mine.bent("x", |_| ());
            action["action"]["exp"] = json!(now_ms() + HOUR_MS);
            action
        }),
        ("another content than was signed", "hash_mismatch", {
            let mut action = mine.bent("x", |_| ());
            action["content"]["body"] = "y".into();
            action
        }),
        ("another salt", "hash_mismatch", {
            let mut action = mine.bent("x", |_| ());
            action["salt"] = b64(&[0; 16]).into();
            action
        }),
        ("another server's", "sid_mismatch", mine.bent("x", |a| a["sid"] = "s_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into())),
        ("another version", "bad_content", mine.bent("x", |a| a["v"] = json!(2))),
        ("expired", "bad_content", mine.bent("x", |a| a["exp"] = json!(now_ms() - 1000))),
        ("valid for a year", "bad_content", mine.bent("x", |a| a["exp"] = json!(now_ms() + 8760 * HOUR_MS))),
        ("valid for ever", "bad_content", mine.bent("x", |a| a["exp"] = json!(9_007_199_254_740_991_i64))),
        ("made in an hour", "bad_content", mine.bent("x", |a| a["ats"] = json!(now_ms() + HOUR_MS))),
        ("a basis with another hash", "stale_basis", mine.bent("x", |a| a["basis"]["hash"] = "1".repeat(64).into())),
        ("a basis beyond the head", "stale_basis", mine.bent("x", |a| a["basis"]["seq"] = json!(9_999_999))),
        ("an id that stands there", "accepted", first.clone()),
        ("an id that stands there, another content", "aid_reused", mine.bent("another", |a| a["aid"] = aid.clone().into())),
        ("a channel that does not exist", "unknown_channel", mine.bent("x", |a| a["channel"] = far.into())),
        ("no channel", "unknown_channel|bad_content", mine.bent("x", |a| drop(a.as_object_mut().expect("an object").remove("channel")))),
        ("an empty message", "bad_content", mine.bent("", |_| ())),
        ("a body of 17 KiB", "bad_content|too_large", mine.bent(&"x".repeat(17 * 1024), |_| ())),
        ("a body of 100 KiB", "bad_content|too_large", mine.bent(&"x".repeat(100 * 1024), |_| ())),
        ("an action of 3 KiB", "too_large", mine.bent("x", |a| a["note"] = "x".repeat(3000).into())),
        ("a type that nobody knows", "unknown_type", mine.other("message.explode", Some(&channel), None, json!({}))),
        ("a member that nobody knows", "accepted", mine.bent("with more", |a| a["mood"] = "fine".into())),
        ("a join as an action", "forbidden", mine.other("member.join", None, None, json!({"identity": [eve.op]}))),
        ("the keys of an instance", "not_home", mine.other("instance.keys", None, None, evil.statement(2, vec![evil.listed(&evil.key)]))),
        ("a key more for another instance", "not_home", {
            // Whoever could say this would speak for everybody.
            let mut statement = other.statement(9, vec![other.listed(&other.key), evil.listed(&evil.key)]);
            statement.as_object_mut().expect("an object").remove("sig");
            mine.other("instance.keys", None, None, evil.root.seal("key", statement))
        }),
        ("a new epoch", "not_home|bad_content", mine.other("server.epoch", None, None, json!({"base": position}))),
        ("a new genesis", "forbidden|not_home|bad_content", mine.other("server.create", None, None,
            json!({"nonce": b64(&fresh()), "kind": "guild", "creator": eve.uid, "recovery_keys": [], "rules_version": 1}))),
        ("the server's name", "forbidden", mine.other("server.update", None, None, json!({"name": "Mine"}))),
        ("the server's end", "forbidden", mine.other("server.delete", None, None, json!({}))),
        ("a role for oneself", "forbidden", mine.other("role.create", None, None, json!({"name": "King", "permissions": 1 << 17}))),
        ("a ban for the owner", "forbidden", mine.other("member.ban", None, Some(&ada), json!({}))),
        ("a channel", "forbidden", mine.other("channel.create", Some(far), None, json!({"name": "x", "kind": "text"}))),
        ("the end of another's message", "forbidden|unknown_channel|bad_content|not_found", mine.other("message.delete", Some(&channel), Some(&b32(&[1; 16])), json!({}))),
        ("an attachment that was never brought", "bad_content", mine.other("message.create", Some(&channel), None,
            json!({"body": "x", "attachments": [{"mid": format!("m_{}", b32(&[7; 32])), "name": "a.png", "media_type": "image/png", "size": 10}]}))),
        ("a reaction of 1,000 characters", "bad_content", mine.other("reaction.add", Some(&channel), Some(&aid), json!({"emoji": "x".repeat(1000)}))),
        ("a time far away", "bad_content|forbidden", mine.other("member.timeout", None, Some(&oscar.uid), json!({"until": 9_007_199_254_740_991_i64}))),
    ];
    let accepted = cases.iter().filter(|c| c.0 == "a member that nobody knows").count();
    for (name, expected, action) in &cases {
        table.said(name, expected, &act(&evil, &to, &sid, action).await);
    }
    let actions = format!("/servers/{sid}/actions");
    let many = vec![first.clone(); 51];
    table.case("51 actions", "413 too_large", &evil.post(&to, &actions, &json!({"actions": many})).await);
    let foreign = json!({"actions": [], "keys": other.statement(2, vec![other.listed(&other.key)])});
    table.case("another instance's keys", "403 origin_mismatch", &evil.post(&to, &actions, &foreign).await);
    table.case(
        "a server that does not exist",
        "404 unknown_server",
        &evil.post(&to, "/servers/s_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/actions", &nobody).await,
    );
    let push = json!({"sid": sid, "events": []});
    table.case("a push to the hub itself", "403 not_your_hub", &evil.post(&to, "/events", &push).await);
    let push = json!({"sid": "s_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "events": []});
    table.case("a push of something unknown", "403 not_member_here", &evil.post(&to, "/events", &push).await);
    table.case(
        "events beyond the head",
        "416 beyond_head",
        &evil.get(&to, &format!("/servers/{sid}/events?after=9999999")).await,
    );
    table.case(
        "a cursor beyond all numbers",
        "416 beyond_head|400 bad_request",
        &evil.get(&to, &format!("/servers/{sid}/events?after=18446744073709551615")).await,
    );
    table.case(
        "history before the end of numbers",
        "200|400 bad_request",
        &evil
            .get(
                &to,
                &format!(
                    "/servers/{sid}/events?channel={channel}&before=18446744073709551615&limit=18446744073709551615"
                ),
            )
            .await,
    );
    table.case(
        "history of a hidden channel",
        "404 unknown_channel",
        &evil.get(&to, &format!("/servers/{sid}/events?channel={far}")).await,
    );
    let absurd = json!({"servers": [{"sid": sid, "hub": false, "head": {"gen": 0, "epoch": 0, "seq": 9_007_199_254_740_991_i64, "hash": ZERO}}], "software": "x"});
    table.case("a greeting with a head beyond the log", "200", &evil.post(&to, "/hello", &absurd).await);
    let claimed = json!({"servers": [{"sid": sid, "hub": true, "head": {"gen": 9, "epoch": 9, "seq": 1, "hash": ZERO}}], "software": "x"});
    table.case("a greeting as if it were the hub", "200", &evil.post(&to, "/hello", &claimed).await);
    let signals = json!({"items": [{"type": "typing", "sid": sid, "channel": channel, "actor": ada},
        {"type": "presence", "uid": ada, "status": "online"}, {"type": "presence", "uid": oscar.uid, "status": "dnd"}]});
    let seen = evil.post(&to, "/ephemeral", &signals).await;
    table.said("signals for people of others", "0", &seen.body["accepted"].to_string());
    let query = json!({"uids": vec![eve.uid.clone(); 101]});
    table.case(
        "101 profiles at once",
        "413 too_large|400 bad_json|200",
        &evil.post(&to, "/profiles/query", &query).await,
    );
    table.case(
        "a file without leave",
        "404 not_found|403 upload_forbidden|404 unknown_server",
        &evil.get(&to, &format!("/media/m_{}?sid={sid}&channel={channel}", b32(&[7; 32]))).await,
    );
    table.finish();

    let moved = |head: &str| head.split_whitespace().filter_map(|w| w.parse::<u64>().ok()).next_back();
    println!("head before: {before}; after: {}", victim.head(&sid));
    if let (Some(a), Some(b)) = (moved(&before), moved(&victim.head(&sid))) {
        assert_eq!(b - a, accepted as u64, "more was written than was accepted");
    }
    let (_, page) = victim.ask(&format!("/servers/{sid}/channels/{channel}/messages?limit=100"), None).await;
    for forged in ["I am Ada", "I am Oscar", "another"] {
        assert!(!page.to_string().contains(&format!("\"{forged}\"")), "{forged} stands there");
    }
    forked_chain(&victim, &evil, &to).await;
    victim.goes_on().await;
    assert_eq!(
        act(
            &other,
            &to,
            &sid,
            &Message { peer: &other, sid: &sid, channel: &channel, actor: &oscar.uid, basis: position }
                .bent("honest", |_| ())
        )
        .await,
        "accepted"
    );
    victim.verifies();
}

/// Puts another actor and content into a join, signed again.
fn rejoin(peer: &Peer, body: &mut Value, actor: &str, content: Value) {
    let salt = fresh();
    let action = &mut body["join"]["action"];
    action["actor"] = actor.into();
    action["content_hash"] = content_hash(&salt, &content).into();
    body["join"]["origin_sig"] = peer.key.sign("action", &body["join"]["action"]);
    body["join"]["content"] = content;
    body["join"]["salt"] = b64(&salt).into();
}

/// A home shows one chain of a person, then another that parts from it: what was held is not mixed with it.
async fn forked_chain(victim: &Victim, evil: &Peer, to: &Target) {
    let key = Key::new();
    let genesis = genesis_op(&key, &evil.ik);
    let uid = genesis["uid"].clone();
    let next = |before: &Value, host: &str| {
        let prev = crate::craft::hex(&crate::craft::sha(&[b"conntext/identity/v1\n", canon(before).as_bytes()]));
        let mut op = before.clone();
        let fields = op.as_object_mut().expect("an object");
        fields.remove("sig");
        fields.insert("prev".into(), prev.into());
        fields.insert("n".into(), json!(before["n"].as_u64().expect("a number") + 1));
        fields.insert("profile_host".into(), id("ik", host.as_bytes()).into());
        key.seal("identity", op)
    };
    let one = vec![genesis.clone(), next(&genesis, "fay-one")];
    let fork = next(&genesis, "fay-two");
    let two = vec![genesis.clone(), fork.clone(), next(&fork, "fay-three")];
    let fay = Person { uid: uid.as_str().expect("an id").to_owned(), op: genesis.clone(), key: key.clone() };
    let joined = join(evil, to, &victim.sid, &fay, Some(&victim.code)).await;
    assert_eq!(joined.status, 200, "{}", joined.body);
    let mut rev = 0;
    for chain in [&one, &two, &one, &vec![genesis.clone()]] {
        rev += 1;
        let profile = key.seal("profile", json!({"uid": uid, "op": chain.len() - 1, "rev": rev, "display_name": "Fay", "bio": "", "pronouns": "", "avatar": null, "updated_at": now_ms()}));
        let signal = json!({"items": [{"type": "profile", "profile": {"identity": chain, "profile": profile}}]});
        let seen = evil.post(to, "/ephemeral", &signal).await;
        assert_eq!(seen.status, 202, "{}", seen.body);
    }
    let told = evil.post(to, "/profiles/query", &json!({"uids": [uid]})).await.body;
    let ops = told["profiles"][0]["identity"].as_array().unwrap_or_else(|| panic!("{told}")).clone();
    for pair in ops.windows(2) {
        let hash = crate::craft::hex(&crate::craft::sha(&[b"conntext/identity/v1\n", canon(&pair[0]).as_bytes()]));
        assert_eq!(pair[1]["prev"], hash.as_str(), "the chain that is held is of two");
    }
    // Between equal keys the lower hash wins a fork, whatever came last.
    let hash = |op: &Value| crate::craft::hex(&crate::craft::sha(&[b"conntext/identity/v1\n", canon(op).as_bytes()]));
    let better = if hash(&one[1]) < hash(&two[1]) { &one } else { &two };
    assert_eq!(&ops, better, "another chain than the rule says");
}
