//! Signing in with accounts of other services. The provider here does what a story wants it to do; that real ones are
//! understood is shown by the browser's stories.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::{Form, State};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use conntext_server::config::OidcProvider;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::kit::{Answer, PASSWORD, TestClient, TestInstance, TestNet};

const ISSUER: &str = "https://idp.test";

/// What is not true, and how it is said.
type Lie = (&'static str, fn(&mut Value));
type Change = Box<dyn Fn(&mut Value) + Send>;

/// What a provider knows, and how it lies.
struct Inner {
    key: u8,
    /// By code: the challenge, the nonce and who it is.
    codes: HashMap<String, (String, String, Value)>,
    /// Changes what a token says before it is signed.
    change: Option<Change>,
    /// Signs with a key that it does not show.
    forge: bool,
    down: bool,
    now_s: i64,
}

#[derive(Clone)]
struct Idp(Arc<Mutex<Inner>>);

fn key(seed: u8) -> CoreEdDsaPrivateSigningKey {
    // The frame of an Ed25519 key in PKCS #8, and the key.
    let mut der = data_encoding::HEXLOWER.decode(b"302e020100300506032b657004220420").unwrap();
    der.extend([seed; 32]);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(format!("key{seed}")))).unwrap()
}

impl Idp {
    fn open(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// A provider in a network of instances.
    fn start(net: &TestNet) -> Self {
        let inner =
            Inner { key: 1, codes: HashMap::new(), change: None, forge: false, down: false, now_s: 1_767_225_600 };
        let idp = Self(Arc::new(Mutex::new(inner)));
        let router = axum::Router::new()
            .route("/.well-known/openid-configuration", get(about))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(idp.clone());
        net.plug("idp.test", router);
        idp
    }

    /// Somebody signs in at the provider: the code with which their browser is sent back.
    fn signs_in(&self, url: &str, who: Value) -> (String, String) {
        let query: HashMap<String, String> = url::Url::parse(url).unwrap().query_pairs().into_owned().collect();
        assert_eq!((query["client_id"].as_str(), query["response_type"].as_str()), ("conntext", "code"));
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["redirect_uri"], "https://a.test/api/v1/oidc/callback");
        let code = format!("code{}", self.open().codes.len());
        let held = (query["code_challenge"].clone(), query["nonce"].clone(), who);
        self.open().codes.insert(code.clone(), held);
        (code, query["state"].clone())
    }
}

async fn about(State(idp): State<Idp>) -> Result<Json<Value>, axum::http::StatusCode> {
    if idp.open().down {
        return Err(axum::http::StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json(json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": format!("{ISSUER}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    })))
}

async fn keys(State(idp): State<Idp>) -> Json<CoreJsonWebKeySet> {
    let shown = key(idp.open().key).as_verification_key();
    Json(CoreJsonWebKeySet::new(vec![shown]))
}

async fn token(
    State(idp): State<Idp>,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Json<Value>, axum::http::StatusCode> {
    let refused = axum::http::StatusCode::BAD_REQUEST;
    let mut inner = idp.open();
    // Each code once, and only for who shows what the challenge was made of.
    let (challenge, nonce, who) = inner.codes.remove(form.get("code").ok_or(refused)?).ok_or(refused)?;
    let verifier = form.get("code_verifier").ok_or(refused)?;
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != challenge {
        return Err(refused);
    }
    let mut claims = json!({"iss": ISSUER, "aud": "conntext", "iat": inner.now_s, "exp": inner.now_s + 300,
        "auth_time": inner.now_s, "nonce": nonce});
    claims.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    if let Some(change) = &inner.change {
        change(&mut claims);
    }
    let signer = key(if inner.forge { 99 } else { inner.key });
    let kid = format!("key{}", inner.key);
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "EdDSA", "kid": kid}).to_string());
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = signer.sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    Ok(Json(json!({"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token})))
}

fn provider() -> OidcProvider {
    serde_json::from_value(json!({"id": "corp", "name": "Corp", "issuer": ISSUER, "client_id": "conntext"})).unwrap()
}

async fn instance(seed: u64, change: impl FnOnce(&mut OidcProvider)) -> (TestNet, Idp, TestInstance) {
    let net = TestNet::new(seed);
    let idp = Idp::start(&net);
    let mut corp = provider();
    change(&mut corp);
    let a = net.instance_with("a.test", |c| c.oidc.providers.push(corp)).await;
    (net, idp, a)
}

/// A browser that was sent to the provider.
struct Away {
    url: String,
    browser: TestClient,
}

fn away(client: TestClient, begun: &Answer) -> Away {
    let cookie = begun.cookie().unwrap();
    Away { url: begun.text("/url"), browser: client.with_header("cookie", &cookie) }
}

async fn begin(a: &TestInstance, return_to: &str) -> Away {
    let begun = a.client().post("/oidc/corp/sign-in", json!({"return_to": return_to})).await.expect_status(200);
    away(a.client(), &begun)
}

impl Away {
    /// Signs in at the provider and comes back: where the browser is sent, and the answer.
    async fn back(&self, idp: &Idp, who: Value) -> (String, Answer) {
        let (code, state) = idp.signs_in(&self.url, who);
        self.back_with(&format!("state={state}&code={code}")).await
    }

    async fn back_with(&self, query: &str) -> (String, Answer) {
        let answer = self.browser.get(&format!("/oidc/callback?{query}")).await.expect_status(303);
        (answer.headers["location"].to_str().unwrap().to_owned(), answer)
    }
}

/// The one who is signed in by the answer's cookies.
fn signed_in(a: &TestInstance, answer: &Answer) -> TestClient {
    let cookie = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    let session = cookie.map(|c| c.split(';').next().unwrap()).find(|c| c.starts_with("__Host-ct=")).unwrap();
    a.client().with_header("cookie", session)
}

async fn newcomer(a: &TestInstance, idp: &Idp, who: Value, handle: &str) -> TestClient {
    let (to, _) = begin(a, "/").await.back(idp, who).await;
    let ticket = to.strip_prefix("/sign-up/service#").expect("a newcomer").to_owned();
    let made = json!({"ticket": ticket, "handle": handle, "display_name": ""});
    let made = a.client().with_header("origin", "https://a.test").post("/oidc/accounts", made).await.expect_status(201);
    signed_in(a, &made)
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_who_comes_for_the_first_time_chooses_a_name_and_is_known_from_then_on() {
    let (_net, idp, a) = instance(700, |_| ()).await;
    assert_eq!(a.client().get("/instance").await.json["services"], json!([{"id": "corp", "name": "Corp"}]));
    let ada = json!({"sub": "1", "preferred_username": "Ada.L", "name": "Ada Lovelace"});
    let (to, _) = begin(&a, "/s/x").await.back(&idp, ada.clone()).await;
    let ticket = to.strip_prefix("/sign-up/service#").unwrap();
    let seen = a.client().post("/oidc/arrivals", json!({"ticket": ticket})).await.expect_status(200).json;
    assert_eq!(
        (&seen["handle"], &seen["display_name"], &seen["service"]),
        (&json!("ada.l"), &json!("Ada Lovelace"), &json!("Corp"))
    );
    let settle = |handle: &str| json!({"ticket": ticket, "handle": handle, "display_name": "Ada"});
    a.client().post("/oidc/accounts", settle("Admin")).await.expect_problem(422, "invalid");
    let made = a.client().post("/oidc/accounts", settle("ada")).await.expect_status(201);
    let me = signed_in(&a, &made).get("/me").await.expect_status(200).json;
    assert_eq!((&me["user"]["handle"], &me["password"], &me["admin"]), (&json!("ada"), &json!(false), &json!(false)));
    a.client().post("/oidc/accounts", settle("again")).await.expect_problem(410, "gone");
    // The next time there is nothing to choose, whatever she is called there by now.
    let (to, back) = begin(&a, "/s/x").await.back(&idp, json!({"sub": "1", "preferred_username": "countess"})).await;
    assert_eq!(to, "/s/x");
    assert_eq!(signed_in(&a, &back).get("/me").await.json["user"]["handle"], "ada");
    // There is no password to guess.
    let guess = json!({"handle": "ada", "password": ""});
    a.client().post("/sessions", guess).await.expect_problem(401, "bad_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_what_a_provider_says_counts_only_where_it_holds() {
    let (_net, idp, a) = instance(710, |_| ()).await;
    let ada = || json!({"sub": "1", "preferred_username": "ada"});
    let lies: [Lie; 6] = [
        ("another nonce", |c| c["nonce"] = json!("x")),
        ("for another service", |c| c["aud"] = json!("other")),
        ("by another provider", |c| c["iss"] = json!("https://evil.test")),
        ("too old", |c| c["exp"] = json!(1_767_225_000)),
        ("without a nonce", |c| {
            c.as_object_mut().unwrap().remove("nonce");
        }),
        ("about nobody", |c| {
            c.as_object_mut().unwrap().remove("sub");
        }),
    ];
    for (what, lie) in lies {
        idp.open().change = Some(Box::new(lie));
        assert_eq!(begin(&a, "/").await.back(&idp, ada()).await.0, "/sign-in?oidc=failed", "{what}");
    }
    idp.open().change = None;
    idp.open().forge = true;
    assert_eq!(begin(&a, "/").await.back(&idp, ada()).await.0, "/sign-in?oidc=failed", "signed by another key");
    idp.open().forge = false;
    // New keys are fetched when they are needed.
    idp.open().key = 2;
    newcomer(&a, &idp, ada(), "ada").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_a_way_counts_once_in_the_browser_that_began_it_and_not_for_ever() {
    let (_net, idp, a) = instance(720, |_| ()).await;
    let ada = json!({"sub": "1", "preferred_username": "ada"});
    newcomer(&a, &idp, ada.clone(), "ada").await;
    // In the browser of somebody who was sent a link.
    let mine = begin(&a, "/").await;
    let (code, state) = idp.signs_in(&mine.url, ada.clone());
    let query = format!("state={state}&code={code}");
    let other = Away { url: String::new(), browser: a.client() };
    assert_eq!(other.back_with(&query).await.0, "/sign-in?oidc=expired");
    let theirs = begin(&a, "/").await;
    assert_eq!(theirs.back_with(&query).await.0, "/sign-in?oidc=expired");
    // In the own one it works, once.
    assert_eq!(mine.back_with(&query).await.0, "/");
    assert_eq!(mine.back_with(&query).await.0, "/sign-in?oidc=expired");
    let late = begin(&a, "/").await;
    a.clock.advance(16 * 60_000);
    assert_eq!(late.back(&idp, ada.clone()).await.0, "/sign-in?oidc=expired");
    idp.open().now_s += 16 * 60;
    // Who says no at the provider, and nonsense.
    let no = begin(&a, "/").await;
    let (_, state) = idp.signs_in(&no.url, ada.clone());
    assert_eq!(no.back_with(&format!("state={state}&error=access_denied")).await.0, "/sign-in?oidc=refused");
    assert_eq!(no.back_with("state=x&code=y").await.0, "/sign-in?oidc=expired");
    assert_eq!(no.back_with("").await.0, "/sign-in?oidc=expired");
    // Nobody is sent out of the app.
    assert_eq!(begin(&a, "//evil.example").await.back(&idp, ada).await.0, "/");
    let (_net, idp, a) = instance(721, |_| ()).await;
    idp.open().down = true;
    a.client().post("/oidc/corp/sign-in", json!({})).await.expect_problem(502, "peer_unreachable");
    a.client().post("/oidc/other/sign-in", json!({})).await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_groups_decide_who_comes_in_and_who_administers() {
    let (_net, idp, a) = instance(730, |corp| {
        corp.groups = vec!["staff".into()];
        corp.admin_groups = vec!["it".into()];
    })
    .await;
    let root = a.admin().await;
    let who =
        |sub: &str, groups: Value| json!({"sub": sub, "preferred_username": format!("person{sub}"), "groups": groups});
    let (to, _) = begin(&a, "/").await.back(&idp, who("1", json!(["guests"]))).await;
    assert_eq!(to, "/sign-in?oidc=not_in_group");
    assert_eq!(begin(&a, "/").await.back(&idp, json!({"sub": "1"})).await.0, "/sign-in?oidc=not_in_group");
    let ada = newcomer(&a, &idp, who("2", json!(["staff", "it"])), "ada").await;
    assert_eq!(ada.get("/me").await.json["admin"], true);
    let (_, back) = begin(&a, "/").await.back(&idp, who("2", json!("staff"))).await;
    assert_eq!(signed_in(&a, &back).get("/me").await.json["admin"], false);
    // At once, and in sessions that were open before.
    ada.get("/trust").await.expect_problem(403, "forbidden");
    // Who signs in another way stays as they are.
    assert_eq!(root.get("/me").await.json["admin"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_a_service_is_linked_and_unlinked_with_a_fresh_proof() {
    let (_net, idp, a) = instance(740, |corp| corp.create_accounts = false).await;
    let who = json!({"sub": "9", "email": "ada@corp.example", "email_verified": true});
    assert_eq!(begin(&a, "/").await.back(&idp, who.clone()).await.0, "/sign-in?oidc=unknown");
    let ada = a.person("ada").await;
    a.clock.advance(11 * 60_000);
    idp.open().now_s += 11 * 60;
    let to = json!({"return_to": "/settings/security"});
    ada.post("/me/oidc/corp", to.clone()).await.expect_problem(403, "proof_required");
    let prove = async |who: &TestClient| {
        who.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    };
    prove(&ada).await;
    let begun = ada.post("/me/oidc/corp", to.clone()).await.expect_status(200);
    let (page, _) = away(a.client(), &begun).back(&idp, who.clone()).await;
    assert_eq!(page, "/settings/security?oidc=linked");
    let listed = ada.get("/me/oidc").await.expect_status(200).json;
    assert_eq!(listed["services"][0]["label"], "ada@corp.example");
    let (to_page, back) = begin(&a, "/x").await.back(&idp, who.clone()).await;
    assert_eq!(to_page, "/x");
    assert_eq!(signed_in(&a, &back).get("/me").await.json["user"]["handle"], "ada");
    // It is hers: nobody else links it.
    let ben = a.person("ben").await;
    let begun = ben.post("/me/oidc/corp", to).await.expect_status(200);
    assert_eq!(away(a.client(), &begun).back(&idp, who.clone()).await.0, "/settings/security?oidc=taken");
    ada.delete("/me/oidc/corp").await.expect_status(204);
    ada.delete("/me/oidc/corp").await.expect_problem(404, "not_found");
    assert_eq!(begin(&a, "/").await.back(&idp, who).await.0, "/sign-in?oidc=unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_without_a_password_the_service_proves_who_is_there() {
    let (_net, idp, a) = instance(750, |_| ()).await;
    let who = json!({"sub": "1", "preferred_username": "ada"});
    let ada = newcomer(&a, &idp, who.clone(), "ada").await.with_header("origin", "https://a.test");
    a.clock.advance(11 * 60_000);
    let first = json!({"new": "ein Fenster zum Hof mit Efeu"});
    ada.post("/me/password", first.clone()).await.expect_problem(403, "proof_required");
    ada.post("/sessions/current/proof", json!({"password": ""})).await.expect_status(401);
    let way = async || {
        let begun =
            ada.post("/me/oidc/corp/proof", json!({"return_to": "/settings/security"})).await.expect_status(200);
        assert!(begun.text("/url").contains("prompt=login") && begun.text("/url").contains("max_age=0"));
        away(a.client(), &begun)
    };
    // Who did not sign in there once more proves nothing, nor does somebody else.
    assert_eq!(way().await.back(&idp, who.clone()).await.0, "/settings/security?oidc=failed");
    idp.open().now_s += 11 * 60;
    assert_eq!(way().await.back(&idp, json!({"sub": "2"})).await.0, "/settings/security?oidc=other");
    ada.post("/me/password", first.clone()).await.expect_problem(403, "proof_required");
    ada.delete("/me/oidc/corp").await.expect_problem(403, "proof_required");
    assert_eq!(way().await.back(&idp, who.clone()).await.0, "/settings/security?oidc=proven");
    // The only way in is not thrown away.
    ada.delete("/me/oidc/corp").await.expect_problem(409, "conflict");
    ada.post("/me/password", first).await.expect_status(204);
    assert_eq!(ada.get("/me").await.json["password"], true);
    ada.delete("/me/oidc/corp").await.expect_status(204);
    let by_password = json!({"handle": "ada", "password": "ein Fenster zum Hof mit Efeu"});
    a.client().post("/sessions", by_password).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_a_second_factor_is_still_asked_for() {
    let (_net, idp, a) = instance(760, |_| ()).await;
    let who = json!({"sub": "1", "preferred_username": "ada"});
    let ada = newcomer(&a, &idp, who.clone(), "ada").await.with_header("origin", "https://a.test");
    ada.post("/me/factors/authenticator", json!({})).await.expect_problem(409, "conflict");
    ada.post("/me/password", json!({"new": PASSWORD})).await.expect_status(204);
    crate::a_factors::switch_on(&a, &ada).await;
    let (to, back) = begin(&a, "/s/x").await.back(&idp, who).await;
    let step = to.strip_prefix("/sign-in?return=%2Fs%2Fx#step=").expect("a second step");
    assert!(back.headers.get_all("set-cookie").iter().all(|c| !c.to_str().unwrap().starts_with("__Host-ct=")));
    let step: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(step).unwrap()).unwrap();
    assert_eq!(step["authenticator"], true);
    let wrong = json!({"sign_in": step["sign_in"], "code": "000000"});
    a.client().post("/sessions/code", wrong).await.expect_problem(401, "bad_code");
}
