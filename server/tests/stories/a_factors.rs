//! A3: second factors, and proving who is there before dangerous acts.

use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use crate::kit::{PASSWORD, TestClient, TestInstance};

/// An authenticator app, with the instance's clock.
pub(super) struct App(Totp);

impl App {
    fn scan(offer: &Value) -> Self {
        let secret = Secret::try_from_base32(offer["secret"].as_str().unwrap()).unwrap();
        Self(Builder::new().with_secret(secret).with_account_name("me").build().unwrap())
    }

    fn code(&self, a: &TestInstance) -> String {
        self.0.generate(a.app.clock.now_ms().unsigned_abs() / 1000).to_string()
    }
}

/// Sets an authenticator up. Answers with it and the recovery codes.
pub(super) async fn switch_on(a: &TestInstance, person: &TestClient) -> (App, Vec<String>) {
    let offer = person.post("/me/factors/authenticator", json!({})).await.expect_status(200).json;
    let app = App::scan(&offer);
    let on = person.put("/me/factors/authenticator", json!({"code": app.code(a)})).await.expect_status(200).json;
    (app, serde_json::from_value(on["codes"].clone()).unwrap())
}

fn password(handle: &str) -> Value {
    json!({"handle": handle, "password": PASSWORD, "kind": "bearer"})
}

/// The first step of a sign-in; what goes with the code.
async fn first_step(a: &TestInstance, handle: &str) -> String {
    let answer = a.client().post("/sessions", password(handle)).await.expect_status(202);
    assert!(answer.cookie().is_none() && answer.json.get("token").is_none(), "nobody is signed in by the first step");
    answer.text("/sign_in")
}

fn second(sign_in: &str, code: &str) -> Value {
    json!({"sign_in": sign_in, "code": code, "kind": "bearer"})
}

#[tokio::test]
async fn a3_an_authenticator_is_set_up_and_asked_for_at_each_sign_in() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    assert_eq!(ada.get("/me/factors").await.json, json!({"authenticator": false, "passkeys": [], "recovery_codes": 0}));

    let offer = ada.post("/me/factors/authenticator", json!({})).await.expect_status(200).json;
    let uri = offer["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/") && uri.contains("ada%40a.test"), "{uri}");
    let rows = offer["qr"].as_array().unwrap();
    assert!(rows.len() > 20 && rows.iter().all(|row| row.as_str().unwrap().len() == rows.len()));
    // Until a code was typed in nothing is asked for.
    a.client().post("/sessions", password("ada")).await.expect_status(201);
    let wrong = ada.put("/me/factors/authenticator", json!({"code": "000000"})).await.expect_problem(401, "bad_code");
    assert_eq!(wrong.field_code(), ("code", "bad_code"));
    // A second offer takes the place of the first.
    let old = App::scan(&offer);
    let (app, codes) = switch_on(&a, &ada).await;
    assert_ne!(old.code(&a), app.code(&a));
    assert_eq!(
        (codes.len(), ada.get("/me/factors").await.json),
        (10, json!({"authenticator": true, "passkeys": [], "recovery_codes": 10}))
    );
    ada.post("/me/factors/authenticator", json!({})).await.expect_problem(409, "conflict");
    ada.put("/me/factors/authenticator", json!({"code": app.code(&a)})).await.expect_problem(409, "conflict");

    // The code that switched it on is used up; the next one works, once.
    let used = app.code(&a);
    let sign_in = first_step(&a, "ada").await;
    a.client().post("/sessions/code", second(&sign_in, &used)).await.expect_problem(401, "bad_code");
    a.clock.advance(30_000);
    let code = app.code(&a);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let token = a.client().post("/sessions/code", second(&sign_in, &spaced)).await.expect_status(201).text("/token");
    assert_eq!(a.client().with_token(token).get("/me").await.expect_status(200).json["user"]["handle"], "ada");
    a.client().post("/sessions/code", second(&sign_in, &code)).await.expect_problem(410, "gone");
    let again = first_step(&a, "ada").await;
    a.client().post("/sessions/code", second(&again, &code)).await.expect_problem(401, "bad_code");
    // The clock of a phone may be half a minute off, not more.
    a.clock.advance(30_000);
    let late = app.code(&a);
    a.clock.advance(60_000);
    a.client().post("/sessions/code", second(&again, &late)).await.expect_problem(401, "bad_code");
    a.clock.advance(30_000);
    let late = app.code(&a);
    a.clock.advance(30_000);
    a.client().post("/sessions/code", second(&again, &late)).await.expect_status(201);
}

#[tokio::test]
async fn a3_a_recovery_code_takes_the_place_of_the_app_once() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let (_, codes) = switch_on(&a, &ada).await;
    let sign_in = first_step(&a, "ada").await;
    let typed = codes[3].to_uppercase().replace('-', " ");
    a.client().post("/sessions/code", second(&sign_in, &typed)).await.expect_status(201);
    assert_eq!(ada.get("/me/factors").await.json["recovery_codes"], 9);
    let again = first_step(&a, "ada").await;
    a.client().post("/sessions/code", second(&again, &codes[3])).await.expect_problem(401, "bad_code");

    // New ones end the old ones.
    let new = ada.post("/me/factors/recovery_codes", json!({})).await.expect_status(200).json;
    a.client().post("/sessions/code", second(&again, &codes[4])).await.expect_problem(401, "bad_code");
    a.client().post("/sessions/code", second(&again, new["codes"][4].as_str().unwrap())).await.expect_status(201);

    // In the database are neither the codes nor the secret.
    let mut read = a.app.db.read().await.unwrap();
    use conntext_server::args;
    use conntext_server::db::Query as _;
    let rows = read.rows("select code_hash from recovery_codes", args![]).await.unwrap();
    assert!(rows.iter().all(|row| row.get::<Vec<u8>>(0).len() == 32));
}

#[tokio::test]
async fn a3_codes_cannot_be_guessed_and_guessing_does_not_lock_the_owner_out() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let (app, codes) = switch_on(&a, &ada).await;
    // Five tries, then the password again.
    let sign_in = first_step(&a, "ada").await;
    for n in 0..5 {
        a.client().post("/sessions/code", second(&sign_in, &format!("00000{n}"))).await.expect_problem(401, "bad_code");
    }
    a.clock.advance(30_000);
    a.client().post("/sessions/code", second(&sign_in, &app.code(&a))).await.expect_problem(410, "gone");
    // And not more than so many in all.
    let mut limited = false;
    for _ in 0..6 {
        let sign_in = first_step(&a, "ada").await;
        for n in 0..4 {
            let answer = a.client().post("/sessions/code", second(&sign_in, &format!("11111{n}"))).await;
            limited |= answer.status == 429;
        }
    }
    assert!(limited, "nobody tries codes for ever");
    let sign_in = first_step(&a, "ada").await;
    a.client().post("/sessions/code", second(&sign_in, &codes[0])).await.expect_status(201);

    // A first step does not wait for ever, and a made-up one is none.
    let sign_in = first_step(&a, "ada").await;
    a.clock.advance(11 * 60_000);
    a.client().post("/sessions/code", second(&sign_in, &app.code(&a))).await.expect_problem(410, "gone");
    a.client().post("/sessions/code", second("made-up", &app.code(&a))).await.expect_problem(410, "gone");
    // A wrong password says nothing of codes.
    let wrong = json!({"handle": "ada", "password": "not the password"});
    a.client().post("/sessions", wrong).await.expect_problem(401, "bad_credentials");
}

#[tokio::test]
async fn a3_dangerous_acts_ask_again_who_is_there() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let (app, codes) = switch_on(&a, &ada).await;
    a.clock.advance(11 * 60_000);
    for path in ["/me/factors/recovery_codes", "/me/factors/authenticator"] {
        ada.post(path, json!({})).await.expect_problem(403, "proof_required");
    }
    ada.delete("/me/factors/authenticator").await.expect_problem(403, "proof_required");
    let change = json!({"current": PASSWORD, "new": "drei rote Drachen am Wehr"});
    ada.post("/me/password", change.clone()).await.expect_problem(403, "proof_required");

    let proof = |password: &str, code: Option<&str>| json!({"password": password, "code": code});
    let at = "/sessions/current/proof";
    let wrong = ada.post(at, proof("wrong", Some(&app.code(&a)))).await.expect_problem(401, "bad_credentials");
    assert_eq!(wrong.field_code(), ("password", "bad_credentials"));
    ada.post(at, proof(PASSWORD, None)).await.expect_problem(401, "bad_code");
    ada.post(at, proof(PASSWORD, Some("000000"))).await.expect_problem(401, "bad_code");
    ada.post("/me/password", change.clone()).await.expect_problem(403, "proof_required");
    ada.post(at, proof(PASSWORD, Some(&app.code(&a)))).await.expect_status(204);
    ada.post("/me/password", change).await.expect_status(204);

    // Proven in one session, not in another.
    let asked = json!({"handle": "ada", "password": "drei rote Drachen am Wehr", "kind": "bearer"});
    let sign_in = a.client().post("/sessions", asked).await.expect_status(202).text("/sign_in");
    let token = a.client().post("/sessions/code", second(&sign_in, &codes[0])).await.expect_status(201).text("/token");
    let other = a.client().with_token(token);
    a.clock.advance(9 * 60_000);
    other.delete("/me/factors/authenticator").await.expect_status(204);
    a.clock.advance(2 * 60_000);
    ada.post("/me/factors/authenticator", json!({})).await.expect_problem(403, "proof_required");
    // Switched off: the password alone is enough again, and the codes are gone.
    assert_eq!(ada.get("/me/factors").await.json, json!({"authenticator": false, "passkeys": [], "recovery_codes": 0}));
    ada.post(at, json!({"password": "drei rote Drachen am Wehr"})).await.expect_status(204);
    ada.post("/me/factors/recovery_codes", json!({})).await.expect_problem(409, "conflict");
    let asked = json!({"handle": "ada", "password": "drei rote Drachen am Wehr", "kind": "bearer"});
    a.client().post("/sessions", asked).await.expect_status(201);
}

#[tokio::test]
async fn a3_what_a_password_alone_began_ends_when_the_second_factor_comes() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let token = a.client().post("/sessions", password("ada")).await.expect_status(201).text("/token");
    let thief = a.client().with_token(token);
    let (app, codes) = switch_on(&a, &ada).await;
    // It proved itself a moment ago, but without a code.
    thief.delete("/me/factors/authenticator").await.expect_problem(403, "proof_required");
    thief.post("/me/factors/recovery_codes", json!({})).await.expect_problem(403, "proof_required");

    // A sign-in that waits for its code ends with the password that began it.
    let sign_in = first_step(&a, "ada").await;
    let change = json!({"current": PASSWORD, "new": "drei rote Drachen am Wehr"});
    ada.post("/me/password", change).await.expect_status(204);
    a.client().post("/sessions/code", second(&sign_in, &codes[0])).await.expect_problem(410, "gone");
    thief.get("/me").await.expect_problem(401, "not_signed_in");
    assert_eq!(ada.get("/me/factors").await.json["recovery_codes"], 10, "a code that opened nothing is not used up");
    let _ = app;
}

#[tokio::test]
async fn a3_a_clock_that_went_back_leaves_codes_as_they_were() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    a.clock.advance(86_400_000);
    ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    let (app, _) = switch_on(&a, &ada).await;
    a.clock.advance(-86_400_000);
    let sign_in = first_step(&a, "ada").await;
    a.client().post("/sessions/code", second(&sign_in, &app.code(&a))).await.expect_status(201);
    // Nor does what was proven tomorrow count today.
    ada.delete("/me/factors/authenticator").await.expect_problem(403, "proof_required");
}

#[tokio::test]
async fn a3_wrong_passwords_of_strangers_keep_nobody_from_proving_who_they_are() {
    let a = TestInstance::new("a.test").await;
    let ada = a.person("ada").await;
    let mut limited = false;
    for _ in 0..12 {
        let wrong = json!({"handle": "ada", "password": "a guess"});
        limited |= a.client().post("/sessions", wrong).await.status == 429;
    }
    assert!(limited);
    ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    let change = json!({"current": PASSWORD, "new": "drei rote Drachen am Wehr"});
    ada.post("/me/password", change).await.expect_status(204);
}
