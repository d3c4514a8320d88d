//! Those who may not: not on the list, gone again, or known by a key that they no longer have.

use serde_json::json;

use crate::craft::{Key, canon, id};
use crate::line::send;
use crate::members::join;
use crate::peer::{ALL, Peer};
use crate::table::Table;
use crate::victim::Victim;

/// Seconds after which a document may be asked for again.
const LATER: i64 = 65;

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_strangers_and_former_members_are_nobody() {
    let mut victim = Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "5000")]).await;
    let (to, sid) = (victim.target.clone(), victim.sid.clone());
    let (gone, stolen) = (Peer::new("gone").await, Peer::new("stolen").await);
    let (greta, code) = (gone.person(), victim.code.clone());
    let hello = canon(&json!({"servers": [], "software": "x"}));
    let mut table = Table::new("former members, changed identities");

    // A former home.
    assert_eq!(join(&gone, &to, &sid, &greta, Some(&code)).await.status, 200);
    let position = gone.get(&to, &format!("/servers/{sid}/head")).await.body;
    let signed = |kind: &str, channel: Option<&str>, content: serde_json::Value| {
        let draft = crate::log::Draft {
            kind,
            actor: &greta.uid,
            origin: &gone.ik,
            channel,
            target: None,
            content: content.clone(),
        };
        let (action, salt) = crate::log::action(&sid, &draft, position.clone());
        json!({"actions": [{"origin_sig": gone.key.sign("action", &action), "action": action, "content": content, "salt": salt}]})
    };
    let actions = format!("/servers/{sid}/actions");
    let left = gone.post(&to, &actions, &signed("member.leave", None, json!({}))).await;
    table.said("leaves", "accepted", left.body["results"][0]["status"].as_str().unwrap_or("-"));
    let said = signed("message.create", Some(&victim.channel), json!({"body": "still here"}));
    table.case("writes afterwards", "404 unknown_server", &gone.post(&to, &actions, &said).await);
    for path in ["head", "snapshot", "events?after=0"] {
        table.case(
            &format!("asks for {path} afterwards"),
            "404 unknown_server",
            &gone.get(&to, &format!("/servers/{sid}/{path}")).await,
        );
    }
    let before = victim.head(&sid);

    // The domain answers with another identity: somebody bought it.
    let good = stolen.request(&to, "POST", "/hello", &hello);
    table.case("an instance is met", "200", &send(to.port, &good).await);
    let (root, key) = (Key::new(), Key::new());
    let mut document = stolen.document(2, vec![stolen.listed(&key)]);
    for name in ["sig", "fresh"] {
        document.as_object_mut().expect("an object").remove(name);
    }
    document["ik"] = id("ik", &root.public()).into();
    document["root"] = json!({"pub": crate::craft::b64(&root.public())});
    let document = root.seal("instance", document);
    let hash = crate::craft::hex(&crate::craft::sha(&[b"conntext/instance/v1\n", canon(&document).as_bytes()]));
    let mut fresh = document.clone();
    let now = crate::craft::now_ms();
    fresh["fresh"] =
        key.seal("freshness", json!({"hash": hash, "issued_at": now - 500, "valid_until": now + 3_600_000}));
    stolen.publish(fresh);
    let mut other = stolen.request(&to, "POST", "/hello", &hello);
    stolen.sign_as(&mut other, 0, 30, ALL, &key, &stolen.key_id(&key));
    // The document was fetched a moment ago, and is asked for again once a minute: until then the key is unknown.
    table.case(
        "its domain shows another identity",
        "401 unknown_key|403 identity_changed",
        &send(to.port, &other).await,
    );

    // A minute later the document is fetched again, and the identity is another.
    victim.setup.set("CONNTEXT_CLOCK_OFFSET", &LATER.to_string());
    victim.process.signal("TERM");
    while victim.process.runs() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    victim.process = victim.setup.start().await;
    let mut other = stolen.request(&to, "POST", "/hello", &hello);
    stolen.sign_as(&mut other, LATER, LATER + 30, ALL, &key, &stolen.key_id(&key));
    table.case("after its document was fetched again", "403 identity_changed", &send(to.port, &other).await);
    let mut old = stolen.request(&to, "POST", "/hello", &hello);
    stolen.sign(&mut old, LATER, LATER + 30, ALL);
    table.case("then its first key, too", "403 identity_changed", &send(to.port, &old).await);
    let mut honest = gone.request(&to, "POST", "/hello", &hello);
    gone.sign(&mut honest, LATER, LATER + 30, ALL);
    table.case("others meanwhile", "200", &send(to.port, &honest).await);

    // Until an admin says that this is right.
    victim.process.signal("TERM");
    while victim.process.runs() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let accepted = victim.setup.run(&["fed", "accept", &stolen.domain]);
    assert!(accepted.status.success(), "{}", crate::kit::text(&accepted));
    victim.process = victim.setup.start().await;
    let mut other = stolen.request(&to, "POST", "/hello", &hello);
    stolen.sign_as(&mut other, LATER, LATER + 30, ALL, &key, &stolen.key_id(&key));
    table.case("when an admin has accepted it", "200", &send(to.port, &other).await);

    table.finish();
    assert_eq!(victim.head(&sid), before, "something was written");
    victim.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_instances_that_are_not_listed_get_nothing() {
    let listed = Peer::new("listed").await;
    let allow = format!("[\"{}\"]", listed.domain);
    let mut victim = Victim::new(&[
        ("CONNTEXT__FEDERATION__MODE", "allowlist"),
        ("CONNTEXT__FEDERATION__ALLOW", &allow),
        ("CONNTEXT__FEDERATION__DENY", r#"["blocked.localhost", "*.blocked.localhost"]"#),
    ])
    .await;
    let (to, peer) = (victim.target.clone(), Peer::new("unlisted").await);
    let mut table = Table::new("instances that are blocked or not listed");
    let sid = victim.sid.clone();
    for (method, path, body) in [
        ("POST", "/hello".to_owned(), r#"{"servers":[],"software":"x"}"#),
        ("POST", "/events".to_owned(), r#"{"events":[],"sid":"x"}"#),
        ("POST", "/ephemeral".to_owned(), r#"{"items":[]}"#),
        ("POST", format!("/servers/{sid}/join"), "{}"),
        ("POST", format!("/servers/{sid}/actions"), r#"{"actions":[]}"#),
        ("GET", format!("/servers/{sid}/head"), ""),
        ("GET", format!("/servers/{sid}/snapshot"), ""),
        ("GET", format!("/servers/{sid}/events?after=0"), ""),
        ("GET", "/directory".to_owned(), ""),
        ("GET", "/handles/ada".to_owned(), ""),
        ("GET", format!("/invites/{}", "0".repeat(64)), ""),
        ("POST", "/profiles/query".to_owned(), r#"{"uids":[]}"#),
    ] {
        let request = peer.request(&to, method, &path, body);
        let name = path.replace(&sid, "…");
        table.case(&format!("not listed: {method} {name}"), "403 not_allowed", &send(to.port, &request).await);
        let mut blocked = request.clone();
        let covered = if body.is_empty() { crate::peer::BARE } else { ALL };
        let key_id = format!("https://blocked.localhost/.well-known/conntext#{}", peer.key.kid());
        peer.sign_as(&mut blocked, 0, 30, covered, &peer.key, &key_id);
        table.case(&format!("blocked: {method} {name}"), "403 blocked", &send(to.port, &blocked).await);
    }
    assert!(peer.asked().is_empty(), "who is not listed is not even asked for its document");
    let hello = canon(&json!({"servers": [], "software": "x"}));
    table.case("listed", "200", &send(to.port, &listed.request(&to, "POST", "/hello", &hello)).await);
    table.finish();
    victim.goes_on().await;
}
