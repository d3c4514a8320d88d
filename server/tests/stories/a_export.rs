//! A7: a person's own data, out of an instance and into another.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use axum::http::Method;
use conntext_federation::identity::{Op, verify_chain};
use conntext_server::export;
use conntext_server::profiles;
use data_encoding::BASE64;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::c_files::{photo, upload};
use crate::c_messages::{Room, id};
use crate::kit::{Answer, PASSWORD, TestClient, TestInstance, TestNet, everywhere, until};

type Files = BTreeMap<String, Vec<u8>>;

fn unzipped(bytes: &[u8]) -> Files {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Files::new();
    for n in 0..zip.len() {
        let mut file = zip.by_index(n).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert!(files.insert(file.name().to_owned(), content).is_none(), "no name stands twice");
    }
    files
}

fn json_of(files: &Files, name: &str) -> Value {
    serde_json::from_slice(files.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", files.keys()))).unwrap()
}

fn text_of(files: &Files, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

fn holds(files: &Files, what: &[u8]) -> bool {
    files.values().any(|bytes| bytes.windows(what.len()).any(|w| w == what))
}

/// What is not as the schema says; members that it does not name are faults, too.
fn faults(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        return faults(root, root.pointer(name.trim_start_matches('#')).expect(name), value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = choices.iter().filter(|s| faults(root, s, value, at).is_empty()).count();
        return if fits == 1 { vec![] } else { vec![format!("{at}: fits {fits} of the choices")] };
    }
    let mut found = Vec::new();
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    if !allowed.is_empty() && !allowed.contains(&kind) {
        found.push(format!("{at}: {kind} in place of {allowed:?}"));
    }
    if schema.get("const").is_some_and(|c| c != value) {
        found.push(format!("{at}: {value} in place of {}", schema["const"]));
    }
    if let (Some(object), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
        let head = root["$defs"]["head"]["properties"].as_object().unwrap();
        for (name, member) in object {
            match known.get(name).or(head.get(name).filter(|_| schema.get("allOf").is_some())) {
                Some(schema) => found.extend(faults(root, schema, member, &format!("{at}/{name}"))),
                None => found.push(format!("{at}/{name} is not in the schema")),
            }
        }
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(needed.filter(|n| !object.contains_key(*n)).map(|n| format!("{at}/{n} is missing")));
    }
    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(faults(root, &schema["items"], item, &format!("{at}/{n}")));
    }
    found
}

/// Fails the story unless every JSON file is as the archive's own schema says.
fn fits_its_schema(files: &Files) {
    let schema = json_of(files, "schema.json");
    for name in files.keys().filter(|n| n.ends_with(".json") && *n != "schema.json") {
        let file = json_of(files, name);
        let kind = file["file"].as_str().unwrap().to_owned();
        assert_eq!(faults(&schema, &schema["$defs"][&kind], &file, name), Vec::<String>::new());
    }
}

async fn ask(who: &TestClient) -> String {
    who.post("/me/exports", json!({})).await.expect_status(201).text("/id")
}

async fn stands(who: &TestClient) -> Value {
    who.get("/me/exports").await.expect_status(200).json["exports"][0].clone()
}

async fn download(who: &TestClient, id: &str) -> Answer {
    who.get(&format!("/me/exports/{id}/archive")).await
}

/// Asks for an archive, has it made, and unpacks it.
async fn archive_of(a: &TestInstance, who: &TestClient) -> (Vec<u8>, Files) {
    let id = ask(who).await;
    assert!(export::turn(&a.app).await.unwrap());
    let all = who.get("/me/exports").await.json["exports"].as_array().unwrap().clone();
    let now = all.into_iter().find(|e| e["id"] == id).unwrap();
    assert_eq!((&now["state"], &now["done"]), (&json!("ready"), &now["total"]), "{now}");
    let bytes = download(who, &id).await.expect_status(200).bytes;
    assert_eq!(now["size"], bytes.len());
    let files = unzipped(&bytes);
    fits_its_schema(&files);
    (bytes, files)
}

fn lying(a: &TestInstance) -> Vec<String> {
    let entries = std::fs::read_dir(a.app.folder.path().join("exports")).into_iter().flatten().flatten();
    entries.map(|e| e.file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a7_an_archive_holds_what_is_mine_and_no_secret() {
    let r = Room::new().await;
    let token = r.a.client().post("/sessions", json!({"handle": "ada", "password": PASSWORD, "kind": "bearer"})).await;
    let token = token.text("/token");
    let offer = r.ada.post("/me/factors/authenticator", json!({})).await.expect_status(200).json;
    let secret = offer["secret"].as_str().unwrap();
    let totp = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(totp).with_account_name("me").build().unwrap();
    let code = totp.generate(r.a.app.clock.now_ms().unsigned_abs() / 1000).to_string();
    let on = r.ada.put("/me/factors/authenticator", json!({"code": code})).await.expect_status(200).json;
    r.ada
        .patch("/me", json!({"display_name": "Ada <b>", "bio": "I count.", "pronouns": "she/her"}))
        .await
        .expect_status(200);
    r.ada.put_bytes("/me/avatar", "image/jpeg", photo(300, 300)).await.expect_status(200);
    r.ada.put_bytes("/me/banner", "image/jpeg", photo(300, 300)).await.expect_status(200);
    r.ada.put(&format!("/servers/{}/profile", r.sid), json!({"display_name": "Countess"})).await.expect_status(200);
    let here = format!("/servers/{}/profile/avatar", r.sid);
    r.ada.put_bytes(&here, "image/jpeg", photo(90, 90)).await.expect_status(200);
    r.ada.put("/me/settings", json!({"theme": "dark"})).await.expect_status(200);

    let theirs = r.say(&r.bob, "the words of somebody else").await;
    let first = r.say(&r.ada, "first version").await;
    r.ada
        .patch(&r.path(&format!("/messages/{}", id(&first))), json!({"body": "second version"}))
        .await
        .expect_status(200);
    r.send(&r.ada, json!({"body": "an answer <script>alert(1)</script>", "reply_to": id(&theirs)})).await;
    let gone = r.say(&r.ada, "what I took back").await;
    r.ada.delete(&r.path(&format!("/messages/{}", id(&gone)))).await.expect_status(204);
    r.ada
        .put(&r.path(&format!("/messages/{}/reactions/%F0%9F%A6%80", id(&theirs))), json!({}))
        .await
        .expect_status(204);
    let picture = upload(&r.ada, &r.sid, &r.cid, "sea.jpg", photo(800, 400)).await.expect_status(201).json;
    let notes =
        upload(&r.ada, &r.sid, &r.cid, "notes.txt", b"these are my notes".to_vec()).await.expect_status(201).json;
    let alien =
        upload(&r.bob, &r.sid, &r.cid, "his.txt", b"these are his notes".to_vec()).await.expect_status(201).json;
    let both = json!([{"upload": picture["upload"], "alt": "the \"sea\""}, {"upload": notes["upload"]}]);
    let sent = r.send(&r.ada, json!({"body": "", "attachments": both})).await;
    r.send(&r.bob, json!({"body": "", "attachments": [{"upload": alien["upload"]}]})).await;
    let shown = r.ada.send(Method::GET, sent["attachments"][0]["url"].as_str().unwrap(), None, vec![]).await.bytes;

    let (_, files) = archive_of(&r.a, &r.ada).await;
    let account = json_of(&files, "account.json");
    assert_eq!((&account["handle"], &account["uid"]), (&json!("ada"), &json!(r.ada_uid)));
    assert_eq!(account["profile"]["display_name"], "Ada <b>");
    assert_eq!(account["profile"]["document"]["bio"], "I count.");
    assert_eq!(account["settings"], json!({"theme": "dark"}));
    let here = &account["communities"][0]["shown_as"];
    assert_eq!(here["display_name"], "Countess");
    for picture in [&account["profile"]["picture"], &account["profile"]["banner"], &here["picture"]] {
        assert!(files.contains_key(picture["file"].as_str().unwrap()), "{picture}");
    }
    assert_eq!(account["complete"], true);
    assert_eq!(account["sessions"].as_array().unwrap().len(), 2);
    assert!(account["second_factors"]["authenticator_since"].is_i64());
    assert_eq!(account["communities"][0]["id"], r.sid);
    assert_eq!(account["read_marks"][0]["channel"], r.cid);
    let face = account["profile"]["picture"]["file"].as_str().unwrap();
    let embedded = BASE64.decode(account["profile"]["picture"]["base64"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(files[face], embedded);
    let chain = json_of(&files, "identity.json")["chain"].clone();
    let chain: Vec<Op> =
        chain.as_array().unwrap().iter().map(|op| Op::from_slice(op.to_string().as_bytes()).unwrap()).collect();
    assert_eq!(verify_chain(&chain).unwrap().uid.as_str(), r.ada_uid);

    let community = json_of(&files, &format!("communities/{}.json", r.sid));
    assert_eq!((&community["owner"], &community["domain"]), (&json!(true), &json!("a.test")));
    assert_eq!(community["channels"][0]["name"], "general");
    let mine = json_of(&files, &format!("communities/{}/messages.json", r.sid));
    let bodies: Vec<&str> = mine["messages"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["second version", "an answer <script>alert(1)</script>", ""]);
    assert!(mine["messages"][0]["edited_at"].is_i64());
    assert_eq!(mine["messages"][1]["reply_to"], theirs["id"]);
    assert_eq!(mine["reactions"][0]["emoji"], "🦀");
    assert_eq!(mine["reactions"][0]["message"], theirs["id"]);
    let [sea, text] = [0, 1].map(|n| mine["messages"][2]["attachments"][n]["file"].as_str().unwrap().to_owned());
    assert_eq!(files[&sea], shown);
    assert_eq!(files[&text], b"these are my notes");
    assert_eq!(mine["messages"][2]["attachments"][0]["alt"], "the \"sea\"");

    let page = text_of(&files, &format!("communities/{}.html", r.sid));
    assert!(page.contains("second version") && page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert!(page.contains("2026-01-01") && page.contains("# general") && page.contains(&format!("../{sea}")), "{page}");
    let index = text_of(&files, "index.html");
    assert!(index.contains("Ada &lt;b&gt;") && index.contains(&format!("communities/{}.html", r.sid)), "{index}");
    assert!(text_of(&files, "README.txt").contains("@ada:a.test"));

    let codes = on["codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap());
    let others = ["the words of somebody else", "these are his notes", &r.bob_uid, "what I took back", "first version"];
    for secret in [PASSWORD, secret, &token, "$argon2"].into_iter().chain(codes).chain(others) {
        assert!(!holds(&files, secret.as_bytes()), "{secret} is in the archive");
    }

    // Bob's holds what is his.
    let (_, files) = archive_of(&r.a, &r.bob).await;
    assert!(holds(&files, b"the words of somebody else") && holds(&files, b"these are his notes"));
    assert!(
        !holds(&files, b"second version")
            && !holds(&files, b"these are my notes")
            && !holds(&files, r.ada_uid.as_bytes())
    );
}

#[tokio::test]
async fn a7_a_channel_that_is_hidden_now_keeps_its_name() {
    let mut r = Room::new().await;
    r.say(&r.bob, "in the open").await;
    let everyone = conntext_federation::ids::RoleId::everyone(&r.sid.parse().unwrap());
    r.act(
        &r.ada_uid,
        "channel.update",
        Some(r.cid.parse().unwrap()),
        None,
        json!({"name": "conspiracy", "overrides": [{"target": everyone, "allow": 0, "deny": 1}]}),
    )
    .await;
    r.cid = r.channel("lobby", json!([])).await;
    r.say(&r.bob, "and here").await;
    let (_, files) = archive_of(&r.a, &r.bob).await;
    assert!(holds(&files, b"in the open") && holds(&files, b"and here") && !holds(&files, b"conspiracy"));
    r.bob.post(&format!("/servers/{}/leave", r.sid), json!({})).await.expect_status(204);
    // What one wrote stays there, and so stays one's own.
    let (_, files) = archive_of(&r.a, &r.bob).await;
    assert!(holds(&files, b"in the open") && holds(&files, b"and here") && !holds(&files, b"lobby"));
    let community = json_of(&files, &format!("communities/{}.json", r.sid));
    assert_eq!((&community["member"], &community["joined_at"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn a7_it_takes_proof_and_there_is_one_at_a_time() {
    let a = TestInstance::with("a.test", |c| c.exports.per_day = 2).await;
    let (ada, eve) = (a.person("ada").await, a.person("eve").await);
    a.clock.advance(3_600_000);
    ada.post("/me/exports", json!({})).await.expect_problem(403, "proof_required");
    ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    let id = ask(&ada).await;
    assert_eq!(stands(&ada).await["state"], "queued");
    ada.post("/me/exports", json!({})).await.expect_problem(409, "export_running");
    download(&ada, &id).await.expect_problem(409, "export_running");
    assert!(export::turn(&a.app).await.unwrap() && !export::turn(&a.app).await.unwrap());

    a.client().get(&format!("/me/exports/{id}/archive")).await.expect_problem(401, "not_signed_in");
    download(&eve, &id).await.expect_problem(404, "not_found");
    eve.delete(&format!("/me/exports/{id}")).await.expect_problem(404, "not_found");
    assert_eq!(eve.get("/me/exports").await.json, json!({"exports": []}));
    download(&ada, &id).await.expect_status(200);

    // What was deleted counts, too.
    let second = ask(&ada).await;
    ada.delete(&format!("/me/exports/{second}")).await.expect_status(204);
    let wait = ada.post("/me/exports", json!({})).await.expect_problem(429, "rate").json["retry_after_ms"].as_u64();
    assert_eq!(wait, Some(86_400_000));
    a.clock.advance(86_400_000);
    ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    // The newer one takes the place of the one before.
    let third = ask(&ada).await;
    assert!(export::turn(&a.app).await.unwrap());
    download(&ada, &id).await.expect_problem(410, "gone");
    export::tidy(&a.app).await.unwrap();
    assert_eq!(lying(&a), [format!("{third}.zip")]);
}

#[tokio::test]
async fn a7_a_download_goes_on_where_it_broke_off() {
    let r = Room::new().await;
    for n in 0..5 {
        r.say(&r.ada, &format!("message {n}")).await;
    }
    let (whole, _) = archive_of(&r.a, &r.ada).await;
    let archive = format!("/me/exports/{}/archive", stands(&r.ada).await["id"].as_str().unwrap());
    let answer = r.ada.get(&archive).await.expect_status(200);
    assert_eq!(answer.headers["accept-ranges"], "bytes");
    assert_eq!(answer.headers["content-type"], "application/zip");
    let name = answer.headers["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"conntext-ada-2026-01-01.zip\""), "{name}");
    let tag = answer.headers["etag"].to_str().unwrap().to_owned();
    let half = whole.len() / 2;
    let rest = r.ada.clone().with_header("range", &format!("bytes={half}-")).with_header("if-range", &tag);
    let rest = rest.get(&archive).await.expect_status(206);
    assert_eq!(rest.headers["content-range"], format!("bytes {half}-{}/{}", whole.len() - 1, whole.len()));
    assert_eq!([&whole[..half], &rest.bytes].concat(), whole);
    let other = r.ada.clone().with_header("range", "bytes=10-").with_header("if-range", "\"another\"");
    assert_eq!(other.get(&archive).await.expect_status(200).bytes, whole);
    let beyond = r.ada.clone().with_header("range", &format!("bytes={}-", whole.len()));
    beyond.get(&archive).await.expect_problem(416, "range");

    let [file] = &lying(&r.a)[..] else { panic!("one file") };
    let file = r.a.app.folder.path().join("exports").join(file);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    r.a.clock.advance(7 * 86_400_000 - 1);
    export::tidy(&r.a.app).await.unwrap();
    r.ada.get(&archive).await.expect_status(200);
    r.a.clock.advance(1);
    r.ada.get(&archive).await.expect_problem(410, "gone");
    export::tidy(&r.a.app).await.unwrap();
    assert!(!file.exists(), "it is erased when its time is over");
    assert_eq!(stands(&r.ada).await["state"], "expired");
}

/// Has an archive begun, up to where its file is there.
async fn half(a: &TestInstance) -> std::pin::Pin<Box<dyn Future<Output = bool> + '_>> {
    let mut turn: std::pin::Pin<Box<dyn Future<Output = bool>>> =
        Box::pin(async { export::turn(&a.app).await.unwrap() });
    while lying(a).is_empty() {
        assert!(futures_util::poll!(turn.as_mut()).is_pending());
        tokio::time::sleep(std::time::Duration::from_micros(200)).await;
    }
    turn
}

#[tokio::test]
async fn a7_a_cancelled_or_interrupted_archive_leaves_nothing_behind() {
    let mut r = Room::new().await;
    // So much to look at that it takes a while.
    for n in 0..30 {
        r.cid = r.channel(&format!("channel-{n}"), json!([])).await;
        r.say(&r.ada, "something").await;
        r.a.clock.advance(1_000);
    }
    let id = ask(&r.ada).await;
    let turn = half(&r.a).await;
    let (made, ()) = tokio::join!(turn, async {
        let now = stands(&r.ada).await;
        assert_eq!(now["state"], "running", "{now}");
        assert!(!lying(&r.a).is_empty(), "it was begun");
        r.ada.delete(&format!("/me/exports/{id}")).await.expect_status(204);
    });
    assert!(made);
    assert_eq!(lying(&r.a), Vec::<String>::new());
    assert_eq!(r.ada.get("/me/exports").await.json, json!({"exports": []}));
    download(&r.ada, &id).await.expect_problem(404, "not_found");

    // The instance ends in the middle of one; another one waits.
    let id = ask(&r.ada).await;
    r.a.clock.advance(1);
    ask(&r.bob).await;
    drop(half(&r.a).await);
    assert_eq!(stands(&r.ada).await["state"], "running");
    assert_eq!(lying(&r.a).len(), 1);
    let Room { a, mut ada, mut bob, .. } = r;
    ada.let_go();
    bob.let_go();
    let a = a.restart().await;
    let (ada, bob) = (a.client().acting_as(&ada), a.client().acting_as(&bob));
    export::start(&a.app);
    until("both are made", async || stands(&ada).await["state"] == "ready" && stands(&bob).await["state"] == "ready")
        .await;
    assert!(holds(&unzipped(&download(&ada, &id).await.expect_status(200).bytes), b"something"));
    until("what was begun is erased", async || lying(&a).len() == 2).await;
}

#[tokio::test]
async fn a7_what_is_not_held_here_is_said() {
    let net = TestNet::new(71);
    let (a, b) = (net.instance("a.test").await, net.instance("b.test").await);
    let (owner, ben) = (a.person("ada").await, b.person("ben").await);
    let made = owner.post("/servers", json!({"name": "Orchard"})).await.expect_status(201).json;
    let [sid, cid] = ["/id", "/channels/0/id"].map(|p| made.pointer(p).unwrap().as_str().unwrap().to_owned());
    let messages = format!("/servers/{sid}/channels/{cid}/messages");
    for n in 0..3 {
        owner.post(&messages, json!({"nonce": n.to_string(), "body": "before he came"})).await.expect_status(201);
    }
    let code = owner.post(&format!("/servers/{sid}/invites"), json!({})).await.expect_status(201).text("/code");
    ben.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200);
    ben.post(&messages, json!({"nonce": "b", "body": "hello from elsewhere"})).await.expect_status(201);
    let (_, files) = archive_of(&b, &ben).await;
    assert!(holds(&files, b"hello from elsewhere"));
    let community = json_of(&files, &format!("communities/{sid}.json"));
    assert_eq!((&community["complete"], &community["domain"]), (&json!(false), &json!("a.test")));
    assert_eq!(json_of(&files, "account.json")["complete"], false);
    assert_eq!(json_of(&files, &format!("communities/{sid}/messages.json"))["complete"], false);
    let readme = text_of(&files, "README.txt");
    assert!(readme.contains("NOT complete") && readme.contains("Orchard (a.test)"), "{readme}");
    assert!(text_of(&files, &format!("communities/{sid}.html")).contains("does not hold the whole history"));
    // Once he has read back, all of it is here.
    ben.get(&messages).await.expect_status(200);
    let (_, files) = archive_of(&b, &ben).await;
    assert_eq!(json_of(&files, "account.json")["complete"], true);
    assert!(!text_of(&files, "README.txt").contains("NOT complete") && !holds(&files, b"before he came"));
}

#[tokio::test]
async fn a7_an_archive_is_alike_wherever_one_is_at_home() {
    everywhere(7, async |s| {
        let told = s.send(&s.owner, json!({"body": "what the owner says"})).await;
        s.send(&s.member, json!({"body": "what I say", "reply_to": told["id"]})).await;
        s.settled().await;
        let home = if s.member.get("/me").await.text("/user/domain") == "a.test" { &s.a } else { &s.b };
        let (_, files) = archive_of(home, &s.member).await;
        let mine = json_of(&files, &format!("communities/{}/messages.json", s.sid));
        assert_eq!(
            (&mine["messages"][0]["body"], &mine["messages"][0]["reply_to"]),
            (&json!("what I say"), &told["id"])
        );
        assert!(!holds(&files, b"what the owner says") && !holds(&files, s.owner_id.as_bytes()));
    })
    .await;
}

async fn bring(who: &TestClient, bytes: Vec<u8>) -> Answer {
    who.send(Method::POST, "/api/v1/me/import", Some("application/zip"), bytes).await
}

#[tokio::test]
async fn a7_an_archive_comes_in_elsewhere() {
    let r = Room::new().await;
    r.ada
        .patch("/me", json!({"display_name": "Ada of A", "bio": "I count.\nOften.", "pronouns": "she/her"}))
        .await
        .expect_status(200);
    r.ada.put_bytes("/me/avatar", "image/jpeg", photo(300, 300)).await.expect_status(200);
    r.ada.put_bytes("/me/banner", "image/jpeg", photo(900, 300)).await.expect_status(200);
    r.ada.put("/me/settings", json!({"theme": "dark", "density": "cosy"})).await.expect_status(200);
    let (bytes, files) = archive_of(&r.a, &r.ada).await;

    let b = TestInstance::new("b.test").await;
    let (ada, eve) = (b.person("countess").await, b.person("eve").await);
    ada.patch("/me", json!({"pronouns": "they/them"})).await.expect_status(200);
    ada.put("/me/settings", json!({"theme": "light", "sounds": false})).await.expect_status(200);
    let seen = bring(&ada, bytes).await.expect_status(200).json;
    assert_eq!((&seen["handle"], &seen["domain"]), (&json!("ada"), &json!("a.test")));
    assert_eq!((&seen["display_name"], &seen["bio"]), (&json!("Ada of A"), &json!("I count.\nOften.")));
    assert!(seen["picture"].as_str().unwrap().starts_with("data:image/jpeg;base64,"));
    assert_eq!(seen["communities"][0]["id"], r.sid);
    assert_eq!(
        (&seen["communities"][0]["domain"], &seen["communities"][0]["joined"]),
        (&json!("a.test"), &json!(false))
    );
    // Nothing is set by looking.
    assert_eq!(ada.get("/me").await.text("/user/display_name"), "countess");

    let path = format!("/me/import/{}", seen["id"].as_str().unwrap());
    eve.post(&path, json!({"parts": ["bio"]})).await.expect_problem(404, "not_found");
    ada.post(&path, json!({"parts": []})).await.expect_problem(422, "invalid");
    ada.post(&path, json!({"parts": ["password"]})).await.expect_problem(422, "invalid");
    let parts = json!({"parts": ["display_name", "bio", "picture", "banner", "settings"]});
    let me = ada.post(&path, parts).await.expect_status(200).json;
    assert_eq!(me["user"]["display_name"], "Ada of A");
    assert!(me["user"]["avatar"].is_string());
    assert_eq!(ada.get("/me/settings").await.json, json!({"theme": "dark", "density": "cosy", "sounds": false}));
    let uid = ada.get("/me").await.text("/user/id");
    let card = ada.get(&format!("/users/{uid}")).await.json;
    assert!(card["banner"].is_string());
    assert_eq!((&card["bio"], &card["pronouns"]), (&json!("I count.\nOften."), &json!("they/them")));
    let chain = profiles::chain(&mut b.app.db.read().await.unwrap(), &uid).await.unwrap();
    let doc = profiles::document(&mut b.app.db.read().await.unwrap(), &uid).await.unwrap().unwrap();
    doc.verify(&verify_chain(&chain).unwrap()).unwrap();
    // Once, and one at a time.
    let slow = axum::body::Body::from_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>());
    let mut slow = Box::pin(ada.send_body(Method::POST, "/api/v1/me/import", None, slow));
    for _ in 0..20 {
        assert!(futures_util::poll!(slow.as_mut()).is_pending());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    bring(&ada, files["account.json"].clone()).await.expect_problem(409, "conflict");
    drop(slow);
    bring(&ada, files["account.json"].clone()).await.expect_status(200);
    ada.post(&path, json!({"parts": ["bio"]})).await.expect_problem(404, "not_found");

    // The one file is enough, at the instance where one is a member too.
    let seen = bring(&r.ada, files["account.json"].clone()).await.expect_status(200).json;
    assert_eq!(seen["communities"][0]["joined"], true);
    r.a.clock.advance(3_600_000);
    let path = format!("/me/import/{}", seen["id"].as_str().unwrap());
    r.ada.post(&path, json!({"parts": ["bio"]})).await.expect_problem(404, "not_found");
}

fn zipped(name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a7_archives_that_are_none_are_refused() {
    let a = TestInstance::with("a.test", |c| c.exports.import_max_bytes = 100_000).await;
    let ada = a.person("ada").await;
    ada.put_bytes("/me/avatar", "image/jpeg", photo(300, 300)).await.expect_status(200);
    let (bytes, files) = archive_of(&a, &ada).await;
    let refused = async |bytes: Vec<u8>| {
        let answer = bring(&ada, bytes).await.expect_problem(422, "invalid");
        assert_eq!(answer.field_code().0, "archive");
        assert!(answer.json["fields"][0]["message"].as_str().unwrap().ends_with('.'));
        answer.field_code().1.to_owned()
    };
    assert_eq!(refused(b"".to_vec()).await, "no_archive");
    assert_eq!(refused(b"<!doctype html>".to_vec()).await, "no_archive");
    assert_eq!(refused(bytes[..bytes.len() / 2].to_vec()).await, "damaged");
    assert_eq!(refused(zipped("README.txt", b"hello")).await, "no_account");
    assert_eq!(refused(zipped("../account.json", &files["account.json"])).await, "no_account");
    assert_eq!(refused(zipped("/etc/account.json", &files["account.json"])).await, "no_account");
    assert_eq!(refused(zipped("account.json", &vec![b' '; 20 << 20])).await, "too_large_inside");
    assert_eq!(refused(zipped("account.json", b"[1, 2")).await, "bad_account");
    assert_eq!(refused(b"{\"format\": \"another\"}".to_vec()).await, "bad_account");
    bring(&ada, vec![b' '; 100_001]).await.expect_problem(413, "too_large");

    let account = json_of(&files, "account.json");
    let with = |pointer: &str, value: Value| {
        let mut changed = account.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed.to_string().into_bytes()
    };
    assert_eq!(refused(with("/format", json!("another"))).await, "bad_account");
    assert_eq!(refused(with("/version", json!(2))).await, "newer");
    assert_eq!(refused(with("/profile/display_name", json!("x".repeat(65)))).await, "bad_profile");
    assert_eq!(refused(with("/profile/bio", json!("a\u{202e}b"))).await, "bad_profile");
    assert_eq!(refused(with("/settings", json!({"x": "y".repeat(20_000)}))).await, "bad_settings");
    assert_eq!(refused(with("/profile/picture/base64", json!("<svg>"))).await, "bad_picture");
    assert_eq!(refused(with("/profile/picture/base64", json!(BASE64.encode(b"<svg onload=x>")))).await, "bad_picture");
    let communities = json!([{"id": "../../x", "name": "x", "domain": "x", "public": true}]);
    let seen = bring(&ada, with("/communities", communities)).await.expect_status(200).json;
    assert_eq!(seen["communities"], json!([]));
    assert_eq!(ada.get("/me").await.text("/user/display_name"), "ada");
}
