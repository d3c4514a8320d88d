//! A3: passkeys. The authenticator of these stories makes what real ones send (Web Authentication level 3, CTAP 2) by code of
//! its own; the browser story has Chromium make it.

use conntext_federation::keys::SecretKey;
use data_encoding::BASE64URL_NOPAD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::kit::{PASSWORD, TestClient, TestInstance};

/// User present, user verified.
const HERE: u8 = 0x05;

/// A passkey in somebody's device. Its fields may be bent.
#[derive(Clone)]
struct Device {
    key: [u8; 32],
    id: Vec<u8>,
    user: String,
    rp: String,
    origin: String,
    flags: u8,
    counter: u32,
    /// What browsers add by themselves for keys that know it: the extension credProtect.
    protect: bool,
}

impl Device {
    /// Makes a passkey for what a server asks. Answers with what the browser sends back, too.
    fn make(a: &TestInstance, number: u8, options: &Value) -> (Self, Value) {
        let device = Self {
            key: [number; 32],
            id: vec![number; 20],
            user: options["user"]["id"].as_str().unwrap().to_owned(),
            rp: options["rp"]["id"].as_str().unwrap().to_owned(),
            origin: a.app.config.public_url(),
            flags: HERE,
            counter: 1,
            protect: number.is_multiple_of(2),
        };
        let made = device.creation(options);
        (device, made)
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["challenge"].as_str().unwrap();
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.rp.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The answer to `navigator.credentials.create`: attestation "none", in CBOR.
    fn creation(&self, options: &Value) -> Value {
        let mut data = self.data(self.flags | 0x40 | if self.protect { 0x80 } else { 0 });
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        // An Ed25519 key (COSE: key type 1, algorithm -8, curve 6).
        data.extend([0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20]);
        data.extend(SecretKey::from_seed(self.key).public().to_bytes());
        if self.protect {
            data.extend(b"\xa1\x6bcredProtect\x02");
        }
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": BASE64.encode(&self.client_data("webauthn.create", options)),
                "attestationObject": BASE64.encode(&object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        })
    }

    /// The answer to `navigator.credentials.get`.
    fn sign(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let (data, client) = (self.data(self.flags), self.client_data("webauthn.get", options));
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": BASE64.encode(&client),
                "authenticatorData": BASE64.encode(&data),
                "signature": BASE64.encode(&SecretKey::from_seed(self.key).sign_raw(&signed).0),
                "userHandle": self.user,
            },
            "clientExtensionResults": {},
        })
    }
}

async fn offered(person: &TestClient) -> Value {
    person.post("/me/factors/passkeys/options", json!({})).await.expect_status(200).json
}

async fn asked(a: &TestInstance) -> Value {
    a.client().post("/passkeys/options", json!({})).await.expect_status(200).json
}

/// Adds a passkey. Answers with it and the recovery codes.
async fn add(a: &TestInstance, person: &TestClient, number: u8) -> (Device, Vec<String>) {
    let (device, made) = Device::make(a, number, &offered(person).await);
    let body = json!({"name": format!("key {number}"), "credential": made});
    let added = person.post("/me/factors/passkeys", body).await.expect_status(201).json;
    (device, serde_json::from_value(added["codes"].clone()).unwrap())
}

fn sign_in(answer: &Value) -> Value {
    json!({"credential": answer, "kind": "bearer"})
}

#[tokio::test]
async fn a3_a_passkey_signs_in_by_itself() {
    let a = TestInstance::new("a.test").await;
    assert_eq!(a.client().get("/instance").await.json["passkeys"], true);
    let ada = a.person("ada").await;
    let (mut device, codes) = add(&a, &ada, 1).await;
    assert_eq!(codes.len(), 10, "the first factor comes with recovery codes");
    let factors = ada.get("/me/factors").await.json;
    assert_eq!(factors["passkeys"][0]["name"], "key 1");
    assert!(factors["passkeys"][0].get("used_at").is_none());

    // Neither name nor password.
    let answer = device.sign(&asked(&a).await);
    let token = a.client().post("/sessions/passkey", sign_in(&answer)).await.expect_status(201).text("/token");
    assert_eq!(a.client().with_token(token).get("/me").await.json["user"]["handle"], "ada");
    assert!(ada.get("/me/factors").await.json["passkeys"][0]["used_at"].is_i64());
    // What was signed counts once.
    a.client().post("/sessions/passkey", sign_in(&answer)).await.expect_problem(401, "bad_passkey");

    // The password alone is not enough any more; a recovery code takes the passkey's place.
    let password = json!({"handle": "ada", "password": PASSWORD, "kind": "bearer"});
    let step = a.client().post("/sessions", password).await.expect_status(202).json;
    assert_eq!((&step["authenticator"], &step["passkey"]), (&json!(false), &json!(true)));
    let code = |code: &str| json!({"sign_in": step["sign_in"], "code": code, "kind": "bearer"});
    a.client().post("/sessions/code", code("123456")).await.expect_problem(401, "bad_code");
    a.client().post("/sessions/code", code(&codes[0])).await.expect_status(201);

    // A second one, of another device; the same device is told that it has one.
    let options = offered(&ada).await;
    assert_eq!(options["excludeCredentials"][0]["id"], BASE64.encode(&device.id));
    let (mut second, codes) = add(&a, &ada, 2).await;
    assert!(codes.is_empty(), "the codes from before go on");
    let answer = second.sign(&asked(&a).await);
    a.client().post("/sessions/passkey", sign_in(&answer)).await.expect_status(201);
    let again = Device::make(&a, 2, &offered(&ada).await).1;
    let body = json!({"name": "again", "credential": again});
    ada.post("/me/factors/passkeys", body).await.expect_problem(409, "conflict");
    // After a restart both still work.
    drop(ada);
    let a = a.restart().await;
    let answer = device.sign(&asked(&a).await);
    a.client().post("/sessions/passkey", sign_in(&answer)).await.expect_status(201);
}

#[tokio::test]
async fn a3_passkeys_prove_are_named_and_removed() {
    let a = TestInstance::new("a.test").await;
    let (ada, bob) = (a.person("ada").await, a.person("bob").await);
    let (mut device, _) = add(&a, &ada, 1).await;
    let (mut other, _) = add(&a, &ada, 2).await;
    let (mut strange, _) = add(&a, &bob, 3).await;
    a.clock.advance(11 * 60_000);
    ada.post("/me/factors/passkeys/options", json!({})).await.expect_problem(403, "proof_required");
    let path = |device: &Device| format!("/me/factors/passkeys/{}", BASE64.encode(&device.id));
    ada.delete(&path(&device)).await.expect_problem(403, "proof_required");

    let at = "/sessions/current/proof";
    let bobs = strange.sign(&asked(&a).await);
    ada.post(at, json!({"passkey": bobs})).await.expect_problem(401, "bad_passkey");
    ada.post(at, json!({})).await.expect_problem(422, "invalid");
    ada.delete(&path(&device)).await.expect_problem(403, "proof_required");
    let mine = device.sign(&asked(&a).await);
    ada.post(at, json!({"passkey": mine})).await.expect_status(204);

    ada.patch(&path(&other), json!({"name": "  The small one "})).await.expect_status(204);
    assert_eq!(ada.get("/me/factors").await.json["passkeys"][1]["name"], "The small one");
    ada.patch(&path(&other), json!({"name": " "})).await.expect_problem(422, "invalid");
    bob.patch(&path(&other), json!({"name": "Mine"})).await.expect_problem(404, "not_found");
    ada.delete(&path(&strange)).await.expect_problem(404, "not_found");
    ada.delete(&path(&device)).await.expect_status(204);
    ada.delete(&path(&device)).await.expect_problem(404, "not_found");
    let gone = device.sign(&asked(&a).await);
    a.client().post("/sessions/passkey", sign_in(&gone)).await.expect_problem(401, "bad_passkey");
    assert_eq!(ada.get("/me/factors").await.json["recovery_codes"], 10);
    // With the last one go the codes, and the password is enough again.
    let mine = other.sign(&asked(&a).await);
    ada.post(at, json!({"passkey": mine})).await.expect_status(204);
    ada.delete(&path(&other)).await.expect_status(204);
    assert_eq!(ada.get("/me/factors").await.json, json!({"authenticator": false, "passkeys": [], "recovery_codes": 0}));
    let password = json!({"handle": "ada", "password": PASSWORD, "kind": "bearer"});
    a.client().post("/sessions", password).await.expect_status(201);
}

#[tokio::test]
async fn a3_false_passkeys_are_refused() {
    let a = TestInstance::new("a.test").await;
    let (ada, bob) = (a.person("ada").await, a.person("bob").await);

    // New ones: of another page, without a fingerprint or PIN, for a challenge of somebody else, used, or never given.
    let refuse = async |person: &TestClient, made: Value| {
        let body = json!({"name": "false", "credential": made});
        person.post("/me/factors/passkeys", body).await.expect_problem(401, "bad_passkey");
    };
    let bent = |bend: &dyn Fn(&mut Device), options: &Value| {
        let (mut device, _) = Device::make(&a, 9, options);
        bend(&mut device);
        device.creation(options)
    };
    let options = offered(&ada).await;
    refuse(&ada, bent(&|d| d.origin = "https://a.test.evil.example".into(), &options)).await;
    refuse(&ada, bent(&|d| d.rp = "evil.example".into(), &options)).await;
    refuse(&ada, bent(&|d| d.flags = 0x01, &options)).await;
    refuse(&bob, bent(&|_| {}, &options)).await;
    let mut other = options.clone();
    other["challenge"] = asked(&a).await["challenge"].clone();
    refuse(&ada, bent(&|_| {}, &other)).await;
    for nonsense in [json!(null), json!({}), json!("x"), json!({"id": "", "rawId": "", "type": "public-key"})] {
        refuse(&ada, nonsense).await;
    }
    let mut made_up = options.clone();
    made_up["challenge"] = json!(BASE64.encode(&[7; 16]));
    refuse(&ada, bent(&|_| {}, &made_up)).await;
    let body = json!({"name": "x".repeat(65), "credential": bent(&|_| {}, &options)});
    ada.post("/me/factors/passkeys", body).await.expect_problem(422, "invalid");
    assert_eq!(ada.get("/me/factors").await.json["recovery_codes"], 0, "what was refused switched nothing on");

    let (device, _) = add(&a, &ada, 1).await;
    let (bobs, _) = add(&a, &bob, 2).await;
    let refuse = async |answer: Value| {
        a.client().post("/sessions/passkey", sign_in(&answer)).await.expect_problem(401, "bad_passkey");
    };
    let bent = async |bend: &dyn Fn(&mut Device)| {
        let mut device = device.clone();
        bend(&mut device);
        device.sign(&asked(&a).await)
    };
    refuse(bent(&|d| d.origin = "http://a.test".into()).await).await;
    refuse(bent(&|d| d.rp = "test".into()).await).await;
    refuse(bent(&|d| d.flags = 0x01).await).await;
    refuse(bent(&|d| d.flags = 0x04).await).await;
    refuse(bent(&|d| d.key = [8; 32]).await).await;
    refuse(bent(&|d| d.id = bobs.id.clone()).await).await;
    refuse(bent(&|d| d.user = bobs.user.clone()).await).await;
    refuse(bent(&|d| d.user = String::new()).await).await;
    // A challenge that asks for a new passkey signs nobody in; one that nobody gave, or that is old, neither.
    refuse(device.clone().sign(&offered(&ada).await)).await;
    refuse(device.clone().sign(&json!({"challenge": BASE64.encode(&[7; 16])}))).await;
    let late = bent(&|_| {}).await;
    a.clock.advance(6 * 60_000);
    refuse(late).await;
    // A counter that goes back shows a copy of the key.
    let mut used = device.clone();
    used.counter = 50;
    let answer = used.sign(&asked(&a).await);
    a.client().post("/sessions/passkey", sign_in(&answer)).await.expect_status(201);
    refuse(bent(&|d| d.counter = 20).await).await;
    for nonsense in [json!(null), json!([]), json!({"id": 1}), json!({"response": {"clientDataJSON": "AAAA"}})] {
        refuse(nonsense).await;
    }
    // All the same she gets in.
    let answer = used.sign(&asked(&a).await);
    a.client().post("/sessions/passkey", sign_in(&answer)).await.expect_status(201);
}

#[tokio::test]
async fn a3_questions_to_passkeys_are_limited_and_need_a_name() {
    let a = TestInstance::with("a.test", |c| c.limits.passkey_burst = 3).await;
    for _ in 0..3 {
        asked(&a).await;
    }
    a.client().post("/passkeys/options", json!({})).await.expect_problem(429, "rate");
    let junk = sign_in(&json!({"id": "x"}));
    a.client().post("/sessions/passkey", junk.clone()).await.expect_problem(429, "rate");
    a.clock.advance(2_000);
    a.client().post("/sessions/passkey", junk.clone()).await.expect_problem(401, "bad_passkey");
    a.client().post("/sessions/passkey", junk).await.expect_problem(429, "rate");

    let number = TestInstance::with("b.test", |c| c.http.public_url = Some("http://192.0.2.7:8080".into())).await;
    assert_eq!(number.client().get("/instance").await.json["passkeys"], false);
    number.client().post("/passkeys/options", json!({})).await.expect_problem(404, "not_found");
}
