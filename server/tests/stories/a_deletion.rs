//! A9: deleting the account.

use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::farewell::Farewell;
use conntext_federation::identity::{Identity, Op, OpFields, verify_chain};
use conntext_federation::ids::UserId;
use conntext_federation::keys::SecretKey;
use conntext_federation::profile::{ProfileDoc, ProfileFields};
use conntext_federation::wire::SignedProfile;
use conntext_server::peers::{self, CallError};
use conntext_server::{deletion, erasure, profiles};
use serde_json::{Value, json};

use crate::b_erasure::{Three, left, proven};
use crate::b_servers::{server, uid};
use crate::c_files::upload;
use crate::j_rewind::Copies;
use crate::kit::{PASSWORD, TestClient, TestInstance, until};

const DAY_MS: i64 = 86_400_000;

/// Asks for the deletion; answers with the token of its page.
pub(crate) async fn asked(who: &TestClient, erase: bool) -> String {
    proven(who).await;
    let set = who.post("/me/deletion", json!({"erase": erase})).await.expect_status(201);
    let link = set.text("/link");
    link.split_once("/deleted#").expect("an address").1.to_owned()
}

pub(crate) async fn looks(at: &TestInstance, token: &str) -> Value {
    at.client().post("/deletions/look", json!({"token": token})).await.expect_status(200).json
}

/// Some seconds pass, and everybody does what is due.
pub(crate) async fn round(instances: &[&TestInstance]) {
    for instance in instances {
        instance.clock.advance(10_000);
        deletion::round(&instance.app).await.expect("a round");
        erasure::round(&instance.app).await.expect("a round");
    }
}

async fn done(at: &TestInstance, token: &str, instances: &[&TestInstance]) -> Value {
    until("everybody has confirmed", async || {
        round(instances).await;
        looks(at, token).await["state"] == "done"
    })
    .await;
    looks(at, token).await
}

/// Days pass for everybody.
fn days(t: &Three, days: i64) {
    for instance in [&t.a, &t.b, &t.c] {
        instance.clock.advance(days * DAY_MS);
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

async fn refused(at: &TestInstance, handle: &str, code: &str) {
    let ask = json!({"handle": handle, "password": PASSWORD, "kind": "bearer"});
    at.client().post("/sessions", ask).await.expect_problem(401, code);
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_an_account_goes_with_everything_it_posted_and_everybody_signs() {
    let t = Three::new(451).await;
    let quagga = t.joined(&t.b, "quaggahandle").await;
    let profile = json!({"display_name": "Quagga Herself", "bio": "quagga bio", "pronouns": "quagga/quaggas"});
    quagga.patch("/me", profile).await.expect_status(200);
    let me = uid(&quagga).await;
    quagga.put("/me/settings", json!({"note": "quagga setting"})).await;
    let message = t.write(&quagga, "quagga text").await;
    quagga
        .patch(&t.path(&format!("/channels/{}/messages/{message}", t.cid)), json!({"body": "quagga again"}))
        .await
        .expect_status(200);
    let file = upload(&quagga, &t.sid, &t.cid, "quagga.txt", b"quagga bytes in a file".to_vec()).await;
    let file = file.expect_status(201).text("/upload");
    t.send(&quagga, json!({"body": "quagga file", "attachments": [{"upload": file}]})).await;
    t.write(&t.cat, "cat stays").await;
    t.same().await;
    for reader in [&t.ada, &t.cat] {
        until("the name is known", async || {
            reader.get(&format!("/users/{me}")).await.text("/user/display_name") == "Quagga Herself"
        })
        .await;
    }
    let token = asked(&quagga, true).await;
    assert_eq!(looks(&t.b, &token).await["state"], "scheduled");
    days(&t, 14);
    let end = done(&t.b, &token, &[&t.a, &t.b, &t.c]).await;
    assert_eq!((&end["confirmed"], &end["missing"]), (&json!(["a.test", "b.test", "c.test"]), &json!([])));
    // Nobody signs in any more, and nobody gets the name, or one that is mistaken for it.
    quagga.get("/me").await.expect_problem(401, "not_signed_in");
    refused(&t.b, "quaggahandle", "bad_credentials").await;
    for taken in ["quaggahandle", "somebody-else"] {
        let ask = json!({"handle": taken, "password": PASSWORD});
        let answer = t.b.client().post("/accounts", ask).await;
        assert_eq!(answer.status.as_u16(), if taken == "quaggahandle" { 409 } else { 201 }, "{taken}");
    }
    t.b.client().post("/accounts", json!({"handle": "quaggahand1e", "password": PASSWORD})).await.expect_status(409);
    t.same().await;
    for reader in [&t.ada, &t.ben, &t.cat] {
        assert_eq!(t.reads(reader).await, ["cat stays"]);
        let seen = reader.get(&format!("/users/{me}")).await;
        assert!(seen.status.as_u16() == 404 || seen.json["user"]["deleted"] == true, "{}", seen.json);
    }
    let state = t.a.log(&t.id());
    assert!(!state.state().members.keys().any(|actor| actor.as_str() == me));
    for instance in [&t.a, &t.b, &t.c] {
        for marker in ["quagga", "Quagga"] {
            assert!(!left(instance, marker).await, "{marker} at {}", instance.app.domain);
        }
        let folder = instance.app.folder.path();
        assert!(!found_in_files(folder), "a file at {}", instance.app.domain);
    }
}

/// Whether a file below a folder speaks of quaggas; the database is looked through apart.
fn found_in_files(folder: &std::path::Path) -> bool {
    std::fs::read_dir(folder).expect("a folder").any(|entry| {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            return found_in_files(&entry.path());
        }
        let bytes = std::fs::read(entry.path()).expect("a file");
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        name.contains("quagga") || (!name.starts_with("conntext.db") && text.contains("quagga"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_until_its_day_an_account_can_be_kept() {
    let t = Three::new(452).await;
    t.ben.post("/me/deletion", json!({"erase": false})).await.expect_status(201);
    let asked_again = t.ben.post("/me/deletion", json!({"erase": true})).await;
    asked_again.expect_problem(409, "conflict");
    let due = t.ben.get("/me").await.json["deleted_at"].as_i64().expect("a day");
    days(&t, 13);
    round(&[&t.b]).await;
    assert_eq!(t.ben.get("/me").await.expect_status(200).json["deleted_at"], due);
    t.write(&t.ben, "as before").await;
    t.ben.delete("/me/deletion").await.expect_status(204);
    t.ben.delete("/me/deletion").await.expect_problem(404, "not_found");
    days(&t, 2);
    round(&[&t.b]).await;
    assert_eq!(t.ben.get("/me").await.expect_status(200).json["deleted_at"], Value::Null);
    // It is asked for by whoever just proved who they are, and its page says nothing to others.
    t.ben.post("/me/deletion", json!({"erase": false})).await.expect_problem(403, "proof_required");
    t.b.client().post("/me/deletion", json!({"erase": false})).await.expect_problem(401, "not_signed_in");
    for wrong in ["", "x", "00000000000000000000000000000000"] {
        t.b.client().post("/deletions/look", json!({"token": wrong})).await.expect_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_what_one_posted_can_stay_as_that_of_a_deleted_account() {
    let t = Three::new(453).await;
    t.write(&t.ben, "ben was here").await;
    t.same().await;
    let ben = uid(&t.ben).await;
    let token = asked(&t.ben, false).await;
    days(&t, 14);
    done(&t.b, &token, &[&t.a, &t.b, &t.c]).await;
    same_reads(&t).await;
    for reader in [&t.ada, &t.cat] {
        let path = t.path(&format!("/channels/{}/messages?limit=100", t.cid));
        let page = reader.get(&path).await.expect_status(200).json;
        let author = page["users"].as_array().unwrap().iter().find(|u| u["id"] == ben.as_str()).expect("the author");
        assert_eq!((&author["deleted"], &author["display_name"]), (&json!(true), &json!(ben[..10])));
    }
}

async fn same_reads(t: &Three) {
    until("both read it", async || {
        t.reads(&t.ada).await == ["ben was here"] && t.reads(&t.cat).await == ["ben was here"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_the_host_of_a_community_that_was_left_before_is_told_as_well() {
    for (seed, erase) in [(458, true), (459, false)] {
        let t = Three::new(seed).await;
        t.write(&t.cat, "olingo").await;
        t.same().await;
        let cat = uid(&t.cat).await;
        t.cat.post(&t.path("/leave"), json!({})).await.expect_status(204);
        until("the copy is gone", async || t.c.app.log.get(&t.id()).is_none()).await;
        let token = asked(&t.cat, erase).await;
        t.net.cut("c.test", "a.test");
        days(&t, 14);
        round(&[&t.c]).await;
        let waiting = looks(&t.c, &token).await;
        assert_eq!((&waiting["confirmed"], &waiting["missing"]), (&json!(["c.test"]), &json!(["a.test"])));
        t.net.heal("c.test", "a.test");
        done(&t.c, &token, &[&t.a, &t.b, &t.c]).await;
        assert_eq!(t.ada.get(&format!("/users/{cat}")).await.json["user"]["deleted"], true);
        let stays: &[&str] = if erase { &[] } else { &["olingo"] };
        assert_eq!(t.reads(&t.ada).await, stays);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_owners_and_the_last_admin_are_told_what_comes_first() {
    let t = Three::new(454).await;
    proven(&t.ada).await;
    let refusal = t.ada.post("/me/deletion", json!({"erase": false})).await.expect_problem(409, "owner_cannot_leave");
    assert!(refusal.text("/detail").contains("Orchard"));
    let admin = t.c.admin().await;
    admin.post("/me/deletion", json!({"erase": false})).await.expect_problem(409, "last_admin");
    // Who becomes an owner meanwhile stays for as long.
    asked(&t.ben, true).await;
    let own = server(&t.ben, "Attic").await;
    let path = format!("/servers/{}/channels/{}/messages", text(&own["id"]), text(&own["channels"][0]["id"]));
    t.ben.post(&path, json!({"body": "numbat in the attic", "nonce": "1"})).await.expect_status(201);
    days(&t, 15);
    round(&[&t.b]).await;
    let due = t.ben.get("/me").await.expect_status(200).json["deleted_at"].as_i64().expect("a day");
    assert!(due > t.b.app.clock.now_ms());
    let sid = text(&own["id"]);
    proven(&t.ben).await;
    let name = json!({"confirm_name": "Attic"}).to_string().into_bytes();
    let path = format!("/api/v1/servers/{sid}");
    t.ben.send(Method::DELETE, &path, Some("application/json"), name).await.expect_status(204);
    days(&t, 2);
    round(&[&t.b]).await;
    t.ben.get("/me").await.expect_problem(401, "not_signed_in");
    // What was said in a community that is deleted itself goes, too.
    round(&[&t.b]).await;
    assert!(!left(&t.b, "numbat").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_it_waits_for_instances_that_are_away_and_goes_on_after_a_restart() {
    let mut t = Three::new(455).await;
    t.write(&t.ben, "potoroo").await;
    t.same().await;
    let token = asked(&t.ben, true).await;
    t.net.cut("b.test", "a.test");
    t.net.cut("b.test", "c.test");
    days(&t, 14);
    round(&[&t.a, &t.b, &t.c]).await;
    t.ben.get("/me").await.expect_problem(401, "not_signed_in");
    let waiting = looks(&t.b, &token).await;
    assert_eq!((&waiting["confirmed"], &waiting["missing"]), (&json!(["b.test"]), &json!(["a.test", "c.test"])));
    t.ben.let_go();
    let b = std::mem::replace(&mut t.b, TestInstance::new("spare.test").await);
    t.b = b.restart().await;
    round(&[&t.b]).await;
    t.net.heal("b.test", "a.test");
    until("the hub has erased it", async || {
        round(&[&t.a, &t.b, &t.c]).await;
        looks(&t.b, &token).await["missing"] == json!(["c.test"])
    })
    .await;
    t.net.heal("b.test", "c.test");
    done(&t.b, &token, &[&t.a, &t.b, &t.c]).await;
    assert_eq!(t.reads(&t.cat).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_who_never_answers_is_not_waited_for_for_ever() {
    let t = Three::new(459).await;
    let token = asked(&t.ben, true).await;
    t.net.cut("b.test", "a.test");
    t.net.cut("b.test", "c.test");
    days(&t, 14);
    round(&[&t.b]).await;
    assert_eq!(looks(&t.b, &token).await["state"], "leaving");
    days(&t, 31);
    round(&[&t.b]).await;
    let over = looks(&t.b, &token).await;
    assert_eq!((text(&over["state"]), &over["missing"]), ("done", &json!(["a.test", "c.test"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_a_database_from_before_brings_nobody_back() {
    let mut t = Three::new(456).await;
    // Files are what is copied here.
    if !t.b.app.config.storage.database.reveal().is_empty() {
        return;
    }
    t.write(&t.ben, "bettong").await;
    t.same().await;
    let copies = Copies::new();
    t.ben.let_go();
    let b = std::mem::replace(&mut t.b, TestInstance::new("spare.test").await);
    t.b = b.restart_with(|data| copies.take(data)).await;
    let sign_in = json!({"handle": "ben", "password": PASSWORD, "kind": "bearer"});
    let token = t.b.client().post("/sessions", sign_in.clone()).await.expect_status(201).text("/token");
    let mut ben = t.b.client().with_token(token);
    let token = asked(&ben, true).await;
    days(&t, 14);
    done(&t.b, &token, &[&t.a, &t.b, &t.c]).await;
    ben.let_go();
    let b = std::mem::replace(&mut t.b, TestInstance::new("spare.test").await);
    t.b = b.restart_with(|data| copies.put_back(data)).await;
    t.b.client().post("/sessions", sign_in.clone()).await.expect_problem(401, "bad_credentials");
    t.b.client()
        .post("/accounts", json!({"handle": "ben", "password": PASSWORD}))
        .await
        .expect_problem(409, "handle_taken");
    done(&t.b, &token, &[&t.a, &t.b, &t.c]).await;
    // The whole folder from before: those who knew him know better.
    let b = std::mem::replace(&mut t.b, TestInstance::new("spare.test").await);
    let whole = |data: &std::path::Path| {
        copies.put_back(data);
        std::fs::remove_file(data.join("deleted-accounts.json")).expect("it was there");
    };
    t.net.cut("b.test", "a.test");
    t.net.cut("b.test", "c.test");
    t.b = b.restart_with(whole).await;
    t.b.client().post("/sessions", sign_in.clone()).await.expect_status(201);
    deletion::mark_restored(&t.b.app.db, t.b.app.clock.now_ms()).await.expect("marked");
    round(&[&t.b]).await;
    t.b.client().post("/sessions", sign_in.clone()).await.expect_status(201);
    t.net.heal("b.test", "c.test");
    until("it is known again that he went", async || {
        round(&[&t.a, &t.b, &t.c]).await;
        t.b.client().post("/sessions", sign_in.clone()).await.status.as_u16() == 401
    })
    .await;
    t.net.heal("b.test", "a.test");
    let a = Domain::parse_normal("a.test", true).unwrap();
    until("the copy has caught up", async || {
        let _ = peers::hello::say(&t.b.app, &a).await;
        round(&[&t.a, &t.b, &t.c]).await;
        t.b.app.log.get(&t.id()).is_none()
    })
    .await;
}

/// What ben's home would say of somebody, signed with these keys.
fn end_of(identity: &Identity, ops: &Value, rotation: &SecretKey, signing: &SecretKey) -> SignedProfile {
    let fields = OpFields {
        uid: identity.uid.clone(),
        prev: Some(identity.hash),
        n: identity.n + 1,
        home: identity.home.clone(),
        profile_host: identity.profile_host.clone(),
        signing_keys: vec![signing.public()],
        rotation_keys: vec![rotation.public()],
        deleted: Some(true),
    };
    let mut chain: Vec<Op> = serde_json::from_value(ops.clone()).expect("a chain");
    chain.push(Op::sign(fields, rotation).expect("signed"));
    let tombstone = ProfileFields::tombstone(identity.uid.clone(), identity.n + 1, 0, 1);
    SignedProfile {
        identity: chain,
        profile: ProfileDoc::sign(tombstone, signing).expect("signed"),
        inner: None,
        servers: vec![],
        host: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_nobody_is_forgotten_by_somebody_elses_word() {
    let t = Three::new(457).await;
    t.same().await;
    let (ada, ben) = (uid(&t.ada).await, uid(&t.ben).await);
    let a = Domain::parse_normal("a.test", true).unwrap();
    let chain = async |at: &TestInstance, uid: &str| {
        let ops = profiles::chain(&mut at.app.db.read().await.unwrap(), uid).await.unwrap();
        (verify_chain(&ops).unwrap(), serde_json::to_value(&ops).unwrap(), ops)
    };
    let send = async |about: &str, end: &SignedProfile| {
        let sent: Result<Value, CallError> =
            peers::call(&t.c.app, &a, Method::POST, &format!("/profiles/{about}/farewell"), end).await;
        sent.expect_err("refused").code().unwrap_or_default().to_owned()
    };
    let (identity, ops, living) = chain(&t.b, &ben).await;
    let stranger = SecretKey::from_seed([7; 32]);
    // A key that the chain does not know; a chain that is not at its end; another's end under this name.
    let forged = end_of(&identity, &ops, &stranger, &stranger);
    assert_eq!(send(&ben, &forged).await, "bad_identity_op");
    let profile = profiles::document(&mut t.b.app.db.read().await.unwrap(), &ben).await.unwrap().unwrap();
    assert_eq!(
        send(&ben, &SignedProfile { identity: living, profile, inner: None, servers: vec![], host: None }).await,
        "bad_identity_op"
    );
    let mut read = t.b.app.db.read().await.unwrap();
    let real = profiles::tombstone(&t.b.app, &mut read, &ben).await.unwrap();
    drop(read);
    assert_eq!(send(&ada, &real).await, "bad_object_signature");
    // The end of somebody who lives here comes from nobody else.
    let mut read = t.a.app.db.read().await.unwrap();
    let own = profiles::tombstone(&t.a.app, &mut read, &ada).await.unwrap();
    drop(read);
    assert_eq!(send(&ada, &own).await, "not_home");
    assert_eq!(t.cat.get(&format!("/users/{ben}")).await.expect_status(200).json["user"]["deleted"], false);
    // Whoever is not known stays so, and that is confirmed.
    let nobody = t.b.person("nobody-knows").await;
    let nobody = uid(&nobody).await;
    let mut read = t.b.app.db.read().await.unwrap();
    let unknown = profiles::tombstone(&t.b.app, &mut read, &nobody).await.unwrap();
    drop(read);
    let told: Farewell = peers::call(&t.b.app, &a, Method::POST, &format!("/profiles/{nobody}/farewell"), &unknown)
        .await
        .expect("confirmed");
    let op = verify_chain(&unknown.identity).unwrap().hash;
    let nobody: UserId = nobody.parse().unwrap();
    assert_eq!(told.check_names(&nobody, &op, &t.a.app.keys.ik), Ok(()));
    assert_eq!(told.check_names(&nobody, &op, &t.c.app.keys.ik), Err(Code::OriginMismatch));
    assert!(profiles::chain(&mut t.a.app.db.read().await.unwrap(), nobody.as_str()).await.unwrap().is_empty());
    // Whoever is gone comes into no community again.
    t.ben.post(&t.path("/leave"), json!({})).await;
    let code = t.ada.post(&t.path("/invites"), json!({})).await.expect_status(201).text("/code");
    let uid: UserId = ben.parse().unwrap();
    let how = peers::JoinHow::Code(code);
    let joined = peers::join(&t.b.app, &uid, real.identity, &a, how).await;
    assert_eq!(joined.expect_err("refused").code, "bad_identity_op");
}
