//! A: what comes by mail, and what strangers have to do for an account.

use conntext_server::app::App;
use conntext_server::config::{Email, Encryption, Registration};
use conntext_server::{accounts, mail};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::b_erasure::proven;
use crate::kit::{Mail, Mailbox, PASSWORD, TestClient, TestInstance, holds};

const HOUR_MS: i64 = 3_600_000;
const NEW: &str = "drei rote Drachen am Wehr";

async fn instance(mailbox: &Mailbox) -> TestInstance {
    TestInstance::with("a.test", |config| mailbox.serves(config)).await
}

/// What came after everything that is due was sent.
async fn sent(app: &App, mailbox: &Mailbox) -> Vec<Mail> {
    mail::round(app).await.expect("a round");
    mailbox.mails()
}

async fn one(app: &App, mailbox: &Mailbox) -> Mail {
    let mut mails = sent(app, mailbox).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    mails.remove(0)
}

async fn email(who: &TestClient) -> Value {
    who.get("/me").await.expect_status(200).json["email"].clone()
}

/// Somebody with a confirmed address.
async fn with_address(a: &TestInstance, mailbox: &Mailbox, handle: &str) -> TestClient {
    let who = a.person(handle).await;
    let address = format!("{handle}@mail.test");
    who.put("/me/email", json!({"email": address})).await.expect_status(202);
    let token = one(&a.app, mailbox).await.token("confirm");
    a.client().post("/emails/confirm", json!({"token": token})).await.expect_status(200);
    assert_eq!(email(&who).await, json!({"address": address, "pending": null}));
    who
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_an_address_counts_once_it_is_confirmed() {
    let mailbox = Mailbox::new().await;
    let a = instance(&mailbox).await;
    let ada = a.person("ada").await;
    let put = |address: &str| json!({"email": address});
    assert_eq!(email(&ada).await, json!({"address": null, "pending": null}));
    let bad = ada.put("/me/email", put("ada at home")).await.expect_problem(422, "invalid");
    assert_eq!(bad.field_code(), ("email", "bad_email"));
    a.clock.advance(HOUR_MS);
    ada.put("/me/email", put("ada@mail.test")).await.expect_problem(403, "proof_required");
    proven(&ada).await;
    ada.put("/me/email", put("Ada@Mail.Test ")).await.expect_status(202);
    assert_eq!(email(&ada).await["pending"], json!({"address": "ada@mail.test", "refused": false}));
    let first = one(&a.app, &mailbox).await;
    assert_eq!((&*first.to, &*first.subject), ("ada@mail.test", "Test instance a.test: Confirm your address"));
    assert!(first.head.contains("Auto-Submitted: auto-generated") && first.head.contains("conntext@a.test"));
    assert!(first.head.contains("@a.test>") && first.head.contains("Message-ID: <"), "{}", first.head);
    assert!(first.text.contains("Hello ada,") && first.text.contains("ada@a.test"), "{}", first.text);

    // Sent again: the earlier link is dead. Nothing secret lies in the database.
    ada.put("/me/email", put("ada@mail.test")).await.expect_status(202);
    let again = one(&a.app, &mailbox).await;
    let confirm = |token: String| json!({"token": token});
    let c = a.client();
    c.post("/emails/confirm", confirm(first.token("confirm"))).await.expect_problem(410, "gone");
    c.post("/emails/confirm", confirm("made-up".into())).await.expect_problem(410, "gone");
    a.clock.advance(24 * HOUR_MS);
    c.post("/emails/confirm", confirm(again.token("confirm"))).await.expect_problem(410, "gone");
    assert_eq!(email(&ada).await["address"], Value::Null);

    proven(&ada).await;
    ada.put("/me/email", put("ada@mail.test")).await.expect_status(202);
    let token = one(&a.app, &mailbox).await.token("confirm");
    assert_eq!(c.post("/emails/confirm", confirm(token.clone())).await.text("/handle"), "ada");
    c.post("/emails/confirm", confirm(token)).await.expect_problem(410, "gone");
    assert_eq!(email(&ada).await, json!({"address": "ada@mail.test", "pending": null}));
    ada.put("/me/email", put("ada@mail.test")).await.expect_problem(422, "invalid");

    // Withdrawn while its letter was on its way.
    ada.put("/me/email", put("ada@new.test")).await.expect_status(202);
    let late = one(&a.app, &mailbox).await.token("confirm");
    ada.delete("/me/email/pending").await.expect_status(204);
    c.post("/emails/confirm", confirm(late)).await.expect_problem(410, "gone");
    ada.put("/me/email", put("ada@new.test")).await.expect_status(202);
    ada.delete("/me/email/pending").await.expect_status(204);
    assert!(sent(&a.app, &mailbox).await.is_empty());

    // Moved: who reads the old mailbox hears of it.
    ada.put("/me/email", put("ada@new.test")).await.expect_status(202);
    let token = one(&a.app, &mailbox).await.token("confirm");
    c.post("/emails/confirm", confirm(token)).await.expect_status(200);
    let moved = one(&a.app, &mailbox).await;
    assert_eq!((&*moved.to, &*moved.subject), ("ada@mail.test", "Test instance a.test: Your address was changed"));
    a.clock.advance(HOUR_MS);
    ada.delete("/me/email").await.expect_problem(403, "proof_required");
    proven(&ada).await;
    ada.delete("/me/email").await.expect_status(204);
    assert_eq!(one(&a.app, &mailbox).await.to, "ada@new.test");
    assert_eq!(email(&ada).await, json!({"address": null, "pending": null}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_an_address_belongs_to_one_account() {
    let mailbox = Mailbox::new().await;
    let a = instance(&mailbox).await;
    let ada = with_address(&a, &mailbox, "ada").await;
    // What another one is told does not tell whether it is taken; who reads the mailbox is told.
    let eve = a.person("eve").await;
    eve.put("/me/email", json!({"email": "ada@mail.test"})).await.expect_status(202);
    let told = one(&a.app, &mailbox).await;
    assert!(told.subject.ends_with("You have an account already") && told.text.contains("ada@a.test"), "{told:?}");
    assert!(!told.text.contains('#'), "{}", told.text);
    // Two who wait for the same one: the first to confirm it gets it.
    for who in [&ada, &eve] {
        who.put("/me/email", json!({"email": "both@mail.test"})).await.expect_status(202);
    }
    let mails = sent(&a.app, &mailbox).await;
    let tokens: Vec<_> = mails.iter().map(|mail| json!({"token": mail.token("confirm")})).collect();
    a.client().post("/emails/confirm", tokens[1].clone()).await.expect_status(200);
    a.client().post("/emails/confirm", tokens[0].clone()).await.expect_problem(409, "email_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_who_registers_may_give_an_address() {
    let mailbox = Mailbox::new().await;
    let a = instance(&mailbox).await;
    let c = a.client();
    assert_eq!(
        (&c.get("/instance").await.json["email"], &c.get("/instance").await.json["mail"]),
        (&json!("optional"), &json!(true))
    );
    let new = |handle: &str, address: &str| json!({"handle": handle, "password": PASSWORD, "kind": "bearer", "email": address});
    c.post("/accounts", new("ada", "nonsense")).await.expect_problem(422, "invalid");
    let made = c.post("/accounts", new("ada", "ada@mail.test")).await.expect_status(201);
    assert_eq!(made.json["me"]["email"]["pending"]["address"], "ada@mail.test");
    let token = one(&a.app, &mailbox).await.token("confirm");
    c.post("/emails/confirm", json!({"token": token})).await.expect_status(200);
    let sign_in = |who: &str| json!({"handle": who, "password": PASSWORD, "kind": "bearer"});
    for who in ["ada@mail.test", "ADA@mail.test", "ada", "@ada@a.test"] {
        c.post("/sessions", sign_in(who)).await.expect_status(201);
    }
    c.post("/accounts", new("ben", "")).await.expect_status(201);

    // Where there is no mail, nobody is asked.
    let b = TestInstance::new("b.test").await;
    let told = b.client().get("/instance").await.json;
    assert_eq!((&told["email"], &told["mail"]), (&json!("off"), &json!(false)));
    let ben = b.person("ben").await;
    ben.put("/me/email", json!({"email": "ben@mail.test"})).await.expect_problem(403, "forbidden");
    b.client().post("/accounts/recovery-mails", json!({"who": "ben"})).await.expect_problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_where_an_address_is_required_it_comes_first() {
    let mailbox = Mailbox::new().await;
    let a = TestInstance::with("a.test", |config| {
        mailbox.serves(config);
        config.accounts.email = Email::Required;
    })
    .await;
    let c = a.client();
    let new = |handle: &str, token: Option<&str>| json!({"handle": handle, "password": PASSWORD, "kind": "bearer", "email": "x@mail.test", "email_token": token});
    c.post("/accounts", new("ada", None)).await.expect_problem(403, "email_required");
    let ask = json!({"email": "ada@mail.test"});
    c.post("/accounts/emails", ask.clone()).await.expect_status(202);
    let token = one(&a.app, &mailbox).await.token("sign-up");
    let look = json!({"token": token});
    assert_eq!(c.post("/accounts/emails/look", look.clone()).await.text("/email"), "ada@mail.test");
    // Of no use for anything else.
    c.post("/emails/confirm", look.clone()).await.expect_problem(410, "gone");
    let made = c.post("/accounts", new("ada", Some(&token))).await.expect_status(201);
    assert_eq!(made.json["me"]["email"], json!({"address": "ada@mail.test", "pending": null}));
    c.post("/accounts/emails/look", look).await.expect_problem(410, "gone");
    c.post("/accounts", new("eve", Some(&token))).await.expect_problem(410, "gone");
    a.client().with_token(made.text("/token")).delete("/me/email").await.expect_problem(403, "email_required");
    // Once more with the same address: the same answer, another letter.
    c.post("/accounts/emails", ask).await.expect_status(202);
    assert!(one(&a.app, &mailbox).await.text.contains("ada@a.test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_who_is_let_in_hears_of_it() {
    let mailbox = Mailbox::new().await;
    let a = TestInstance::with("a.test", |config| {
        mailbox.serves(config);
        config.accounts.email = Email::Required;
        config.accounts.registration = Registration::Approval;
    })
    .await;
    let c = a.client();
    c.post("/accounts/emails", json!({"email": "ada@mail.test"})).await.expect_status(202);
    let token = one(&a.app, &mailbox).await.token("sign-up");
    let new = json!({"handle": "ada", "password": PASSWORD, "email_token": token, "reason": "Hello"});
    c.post("/accounts", new).await.expect_status(202);
    let waiting = accounts::applications::all(&mut a.app.db.read().await.unwrap()).await.unwrap();
    accounts::applications::accept(&a.app, &waiting[0].id).await.unwrap();
    let told = one(&a.app, &mailbox).await;
    assert_eq!((&*told.to, &*told.subject), ("ada@mail.test", "Test instance a.test: You are in"));
    let sign_in = json!({"handle": "ada@mail.test", "password": PASSWORD, "kind": "bearer"});
    let ada = c.post("/sessions", sign_in).await.expect_status(201);
    assert_eq!(ada.json["me"]["email"]["address"], "ada@mail.test");
}

/// An answer to the instance's question.
async fn work(c: &TestClient) -> Value {
    let asked = c.get("/accounts/challenge").await.expect_status(200).json;
    let (challenge, bits) = (asked["challenge"].as_str().unwrap(), asked["bits"].as_u64().unwrap());
    let right = |answer: &u64| {
        let hash = Sha256::digest(format!("{challenge}.{answer}"));
        u64::from(u64::from_be_bytes(hash[..8].try_into().unwrap()).leading_zeros()) >= bits
    };
    let answer = (0..).find(right).unwrap();
    json!({"challenge": challenge, "answer": answer.to_string()})
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_strangers_device_works_for_an_account() {
    let a = TestInstance::with("a.test", |config| config.accounts.work_bits = 10).await;
    let c = a.client();
    let new =
        |handle: &str, work: Value| json!({"handle": handle, "password": PASSWORD, "kind": "bearer", "work": work});
    let refused = async |work: Value| {
        c.post("/accounts", new("eve", work)).await.expect_problem(403, "work_required");
    };
    refused(Value::Null).await;
    let done = work(&c).await;
    refused(json!({"challenge": done["challenge"], "answer": "nonsense"})).await;
    refused(json!({"challenge": done["challenge"], "answer": "9".repeat(1000)})).await;
    // Easier than it was asked.
    let challenge = done["challenge"].as_str().unwrap();
    refused(json!({"challenge": challenge.replacen(".10.", ".0.", 1), "answer": done["answer"]})).await;
    // A typing error uses nothing up; an account does.
    c.post("/accounts", new("e", done.clone())).await.expect_problem(422, "invalid");
    c.post("/accounts", new("ada", done.clone())).await.expect_status(201);
    refused(done).await;
    let late = work(&c).await;
    a.clock.advance(HOUR_MS);
    refused(late).await;
    // An answer for another instance.
    let b = TestInstance::with("b.test", |config| config.accounts.work_bits = 10).await;
    refused(work(&b.client()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_an_invitation_spares_the_work() {
    let a = TestInstance::with("a.test", |config| {
        config.accounts.work_bits = 10;
        config.accounts.registration = Registration::Invite;
    })
    .await;
    let code = accounts::invite_to_register(&a.app, 1, 1).await.unwrap();
    let new = json!({"handle": "ada", "password": PASSWORD, "invite": code});
    a.client().post("/accounts", new).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_a_new_password_comes_by_mail() {
    let mailbox = Mailbox::new().await;
    let a = instance(&mailbox).await;
    let ada = with_address(&a, &mailbox, "ada").await;
    let ben = a.person("ben").await;
    let (c, ask) = (a.client(), "/accounts/recovery-mails");
    let who = |who: &str| json!({"who": who});
    // Nobody is told whether there is such an account, or has an address.
    for nobody in ["nobody", "ben", "ben@mail.test", "<script>", "ada@mail.test.evil", &"x".repeat(5000)] {
        c.post(ask, who(nobody)).await.expect_status(202);
    }
    assert!(sent(&a.app, &mailbox).await.is_empty());
    c.post(ask, who("  ")).await.expect_problem(422, "invalid");
    let mut links = Vec::new();
    for name in ["ada", "Ada@a.test", "ADA@mail.test"] {
        c.post(ask, who(name)).await.expect_status(202);
        let mail = one(&a.app, &mailbox).await;
        assert_eq!(mail.to, "ada@mail.test");
        links.push(mail.token("recover"));
    }
    let recover = |token: &str| json!({"token": token, "password": NEW});
    c.post("/accounts/recovery", recover(&links[1])).await.expect_problem(410, "gone");
    a.clock.advance(HOUR_MS - 1);
    c.post("/accounts/recovery", recover(&links[2])).await.expect_status(204);
    assert_eq!(one(&a.app, &mailbox).await.subject, "Test instance a.test: Your password was changed");
    ada.get("/me").await.expect_problem(401, "not_signed_in");
    ben.get("/me").await.expect_status(200);
    c.post("/sessions", json!({"handle": "ada", "password": NEW})).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_nobody_is_flooded_with_letters() {
    let mailbox = Mailbox::new().await;
    let a = TestInstance::with("a.test", |config| {
        mailbox.serves(config);
        config.limits.mail_burst = 3;
    })
    .await;
    let ada = with_address(&a, &mailbox, "ada").await;
    let ask = json!({"who": "ada"});
    let from = |n: u8| {
        a.client().with_header("x-forwarded-for", &format!("192.0.2.{n}")).with_header("x-forwarded-proto", "https")
    };
    for n in 0..10 {
        from(n).post("/accounts/recovery-mails", ask.clone()).await.expect_status(202);
    }
    // The letter that confirmed the address was the first of three.
    assert_eq!(sent(&a.app, &mailbox).await.len(), 2);
    for _ in 0..2 {
        from(1).post("/accounts/recovery-mails", ask.clone()).await.expect_status(202);
    }
    from(1).post("/accounts/recovery-mails", ask.clone()).await.expect_problem(429, "rate");
    let put = async |n: u8| ada.put("/me/email", json!({"email": format!("ada{n}@mail.test")})).await;
    put(1).await.expect_status(202);
    put(2).await.expect_status(202);
    put(3).await.expect_problem(429, "rate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_letters_wait_while_the_server_is_away() {
    let mailbox = Mailbox::new().await;
    let a = instance(&mailbox).await;
    let mut ada = with_address(&a, &mailbox, "ada").await;
    mailbox.is_busy(true);
    a.client().post("/accounts/recovery-mails", json!({"who": "ada"})).await.expect_status(202);
    let waiting = async |app: &App| mail::waiting(&mut app.db.read().await.unwrap()).await.unwrap().letters;
    mail::round(&a.app).await.unwrap();
    assert_eq!((waiting(&a.app).await, a.app.alarms().len()), (1, 0));
    a.clock.advance(700_000);
    mail::round(&a.app).await.unwrap();
    assert!(a.app.alarms().iter().any(|alarm| alarm.contains("451")), "{:?}", a.app.alarms());
    ada.let_go();
    let a = a.restart().await;
    mailbox.is_busy(false);
    a.clock.advance(700_000);
    // The hour begins when the letter is sent.
    let token = one(&a.app, &mailbox).await.token("recover");
    a.clock.advance(HOUR_MS - 1);
    a.client().post("/accounts/recovery", json!({"token": &token, "password": NEW})).await.expect_status(204);
    assert!(a.app.alarms().is_empty());

    // After a day it is given up.
    sent(&a.app, &mailbox).await;
    mailbox.is_busy(true);
    a.client().post("/accounts/recovery-mails", json!({"who": "ada"})).await.expect_status(202);
    mail::round(&a.app).await.unwrap();
    a.clock.advance(25 * HOUR_MS);
    mail::round(&a.app).await.unwrap();
    assert_eq!(waiting(&a.app).await, 0);
    a.app.db.close().await;
    assert!(!holds(&a.app, &token).await, "tokens lie nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_mailbox_that_does_not_exist_is_told() {
    let mailbox = Mailbox::new().await;
    let a = instance(&mailbox).await;
    let ada = a.person("ada").await;
    mailbox.forgets("adda@mail.test");
    ada.put("/me/email", json!({"email": "adda@mail.test"})).await.expect_status(202);
    assert!(sent(&a.app, &mailbox).await.is_empty());
    assert_eq!(email(&ada).await["pending"], json!({"address": "adda@mail.test", "refused": true}));
    ada.put("/me/email", json!({"email": "ada@mail.test"})).await.expect_status(202);
    assert_eq!(email(&ada).await["pending"], json!({"address": "ada@mail.test", "refused": false}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_mail_goes_encrypted_and_says_who_sends() {
    for encryption in [Encryption::Tls, Encryption::StartTls] {
        let mailbox = Mailbox::with(encryption).await;
        let a = TestInstance::with("a.test", |config| {
            mailbox.serves(config);
            config.mail.user = "chat".into();
            config.mail.password = "hush".to_owned().into();
            config.mail.from = "Lantern <chat@lantern.test>".into();
        })
        .await;
        a.person("ada").await.put("/me/email", json!({"email": "ada@mail.test"})).await.expect_status(202);
        let mail = one(&a.app, &mailbox).await;
        assert!(mail.encrypted);
        assert_eq!(mail.credentials, "chat hush");
        assert!(mail.head.contains("From: Lantern <chat@lantern.test>"), "{}", mail.head);
        assert!(!format!("{:?}", a.app.config).contains("hush"));
    }
    // A server that offers no encryption gets nothing, nor one with a certificate that nobody knows.
    let plain = Mailbox::new().await;
    let mut config = conntext_server::config::Config::test("a.test");
    plain.serves(&mut config);
    config.mail.encryption = Encryption::StartTls;
    mail::try_sending(&config, "1", "ada@mail.test", "Hello", "Hello").await.unwrap_err();
    let strange = Mailbox::with(Encryption::Tls).await;
    strange.serves(&mut config);
    config.mail.ca_file = None;
    let failure = mail::try_sending(&config, "1", "ada@mail.test", "Hello", "Hello").await.unwrap_err();
    assert!(failure.why.contains("certificate") && !failure.is_final, "{}", failure.why);
    assert!(plain.mails().is_empty() && strange.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_people_are_told_by_mail_of_what_happens_to_their_account() {
    let mailbox = Mailbox::new().await;
    let a = instance(&mailbox).await;
    let ada = with_address(&a, &mailbox, "ada").await;
    let subject = async || one(&a.app, &mailbox).await.subject.replace("Test instance a.test: ", "");
    let sign_in = |device: &str| json!({"handle": "ada", "password": PASSWORD, "kind": "bearer", "device": device});
    a.client().post("/sessions", sign_in("A phone")).await.expect_status(201);
    let told = one(&a.app, &mailbox).await;
    assert!(told.subject.ends_with("A new sign-in") && told.text.contains("A phone"), "{told:?}");
    // The same phone once more is nothing new.
    a.client().post("/sessions", sign_in("A phone")).await.expect_status(201);
    assert!(sent(&a.app, &mailbox).await.is_empty());

    let change = json!({"current": PASSWORD, "new": NEW});
    ada.post("/me/password", change).await.expect_status(204);
    assert_eq!(subject().await, "Your password was changed");
    proven_with(&ada, NEW).await;
    ada.post("/me/deletion", json!({"erase": false})).await.expect_status(201);
    assert_eq!(subject().await, "Your account will be deleted");
    // An account that is gone gets no letters.
    ada.put("/me/email", json!({"email": "ada@new.test"})).await.expect_status(202);
    let mut tx = a.app.db.begin().await.unwrap();
    let account = accounts::by_handle(&mut tx, "ada").await.unwrap().unwrap();
    accounts::remove(&a.app, &mut tx, &account).await.unwrap();
    tx.commit().await.unwrap();
    assert!(sent(&a.app, &mailbox).await.is_empty());
    a.app.db.close().await;
    assert!(!holds(&a.app, "ada@new.test").await);
}

async fn proven_with(who: &TestClient, password: &str) {
    who.post("/sessions/current/proof", json!({"password": password})).await.expect_status(204);
}

#[tokio::test]
async fn a5_a_new_name_asks_for_a_fresh_proof_and_is_told_by_mail() {
    let mailbox = Mailbox::new().await;
    let a = instance(&mailbox).await;
    let ada = with_address(&a, &mailbox, "ada").await;
    a.clock.advance(700_000);
    let name = json!({"handle": "augusta"});
    ada.put("/me/handle", name.clone()).await.expect_problem(403, "proof_required");
    ada.post("/sessions/current/proof", json!({"password": PASSWORD})).await.expect_status(204);
    ada.put("/me/handle", name).await.expect_status(200);
    let mail = one(&a.app, &mailbox).await;
    assert!(mail.text.contains("your account ada is called augusta@a.test now"), "{}", mail.text);
}
