//! What a hub signs of its log, and how one that tells different stories is found.

use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::checkpoint::{Checkpoint, SignedHeader};
use conntext_federation::content::Content;
use conntext_federation::domain::Domain;
use conntext_federation::event::{Event, Item};
use conntext_federation::hub::{self, Draft, HubIdentity, Proposal};
use conntext_federation::ids::{ActionId, Hash, ServerId};
use conntext_federation::signed::Signed;
use conntext_federation::wire::{Push, PushAck};
use conntext_server::args;
use conntext_server::db::Query as _;
use conntext_server::peers::{self, CallError, checkpoints};
use serde_json::json;

use crate::kit::{Community, Person, TestInstance, TestNet, same, until};

fn domain(text: &str) -> Domain {
    Domain::parse_normal(text, true).expect("a domain")
}

/// The newest checkpoint that a copy keeps.
async fn kept(at: &TestInstance, sid: &ServerId) -> Option<Checkpoint> {
    let sql = "select checkpoint from checkpoints where log_id = $1";
    let row = at.app.db.read().await.expect("a reader").row(sql, args![at.log(sid).id]).await.expect("a row");
    row.map(|r| Checkpoint::from_slice(r.get::<String>(0).as_bytes()).expect("a checkpoint"))
}

async fn disputes(at: &TestInstance, sid: &ServerId) -> Vec<checkpoints::Dispute> {
    checkpoints::disputes(&mut at.app.db.read().await.expect("a reader"), sid).await.expect("disputes")
}

async fn say(from: &TestInstance, to: &str, push: &Push) -> Result<PushAck, CallError> {
    peers::call(&from.app, &domain(to), Method::POST, "/events", push).await
}

/// What the hub could have written instead of what it writes next: signed by its key, linked to its log.
fn forged(hub: &TestInstance, sid: &ServerId, owner: &Person, name: &str) -> Event {
    let mut state = hub.log(sid).state().clone();
    let now = hub.app.clock.now_ms();
    let me = HubIdentity { ik: hub.app.keys.ik.clone(), key: hub.app.keys.signing() };
    let draft = Draft {
        sid: sid.clone(),
        kind: "server.update".into(),
        channel: None,
        target: None,
        actor: owner.actor.clone(),
        content: json!({"name": name}),
    };
    let (aid, salt) = (ActionId(hub.app.rng.bytes()), hub.app.rng.bytes());
    let (action, sealed) = draft.into_action(&me.ik, aid, salt, hub::position(&state), now).expect("an action");
    let content = Content::parse("server.update", &sealed.content).expect("content");
    let proposal = Proposal { action, origin_sig: None, sealed };
    hub::append(&mut state, &me, proposal, content, now).expect("an event").event
}

/// A community on a, and one person each of b and c in it.
struct Three {
    a: TestInstance,
    b: TestInstance,
    c: TestInstance,
    ada: Person,
    orchard: Community,
}

impl Three {
    async fn new(net: &TestNet) -> Self {
        let (a, b, c) = (net.instance("a.test").await, net.instance("b.test").await, net.instance("c.test").await);
        let (ada, ben, cora) = (a.citizen("ada").await, b.citizen("ben").await, c.citizen("cora").await);
        let orchard = a.community(&ada).await;
        b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
        c.join(&cora, "a.test", &orchard.sid).await.expect("joined");
        Self { a, b, c, ada, orchard }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_copy_keeps_what_its_hub_signed_and_is_set_aside_when_it_does_not_fit() {
    let net = TestNet::new(71);
    let Three { a, b, c, ada, orchard } = Three::new(&net).await;
    let sid = orchard.sid.clone();
    a.write(&sid, &ada.actor, &orchard.channel, "hello").await;
    same(&a, &b, &sid).await;
    same(&a, &c, &sid).await;

    // What each of them was told along with events is what the hub answers to whoever asks, and what the log says.
    until("b and c keep a checkpoint", async || kept(&b, &sid).await.is_some() && kept(&c, &sid).await.is_some()).await;
    peers::hello::say(&b.app, &domain("a.test")).await.expect("a greeting");
    peers::hello::say(&c.app, &domain("a.test")).await.expect("a greeting");
    let path = format!("/servers/{sid}/checkpoint");
    let asked: Checkpoint = peers::get(&b.app, &domain("a.test"), &path).await.expect("a checkpoint");
    assert_eq!(Some(&asked), kept(&b, &sid).await.as_ref());
    assert_eq!(kept(&b, &sid).await, kept(&c, &sid).await);
    let state = b.log(&sid).state().clone();
    assert_eq!(asked.verify(&state), Ok(()));
    assert_eq!((Some(asked.all.hash), asked.state), (state.head.all, state.digest().unwrap()));
    let outsider = net.instance("d.test").await;
    let refused = peers::get::<Checkpoint>(&outsider.app, &domain("a.test"), &path).await;
    assert_eq!(refused.expect_err("nobody of d is in").code(), Some("not_member"));

    // A thousand events later the next one comes along by itself.
    let owner = ada.actor.clone();
    a.act(&sid, &owner, "server.update", None, None, json!({"description": "Apples"})).await;
    for n in 0..100 {
        let (a, sid, owner, channel) = (&a, &sid, &owner, &orchard.channel);
        let batch = (0..11).map(|i| async move { a.write(sid, owner, channel, &format!("{n} {i}")).await });
        futures_util::future::join_all(batch).await;
    }
    same(&a, &b, &sid).await;
    let renamed = a.log(&sid).state().head.all.unwrap();
    until("b keeps the next one", async || kept(&b, &sid).await.is_some_and(|k| k.all.hash == renamed)).await;

    // A hub that signs another state than its log says is not followed any further.
    let mut fields = (*kept(&b, &sid).await.unwrap()).clone();
    fields.state = Hash::of(&[b"another"]);
    let push = Push {
        checkpoint: Some(Box::new(Signed::sign(fields, &a.app.keys.signing()).unwrap())),
        ..Push::of(sid.clone(), vec![])
    };
    let refused = say(&a, "b.test", &push).await.expect_err("it does not fit");
    assert_eq!(refused.code(), Some(Code::CheckpointMismatch.as_str()));
    assert_eq!(b.log(&sid).quarantined().as_deref(), Some("checkpoint_mismatch"));
    peers::reconcile(&b.app, &b.log(&sid)).await.expect("begins anew");
    same(&a, &b, &sid).await;
    assert!(disputes(&b, &sid).await.is_empty() && disputes(&c, &sid).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_hub_that_tells_two_stories_is_found_by_its_followers() {
    let net = TestNet::new(72);
    let Three { a, b, c, ada, orchard } = Three::new(&net).await;
    let sid = orchard.sid.clone();
    a.act(&sid, &ada.actor, "server.update", None, None, json!({"description": "Apples"})).await;
    same(&a, &b, &sid).await;
    same(&a, &c, &sid).await;
    peers::hello::say(&b.app, &domain("c.test")).await.expect("a greeting");
    peers::hello::say(&c.app, &domain("b.test")).await.expect("a greeting");
    assert!(disputes(&b, &sid).await.is_empty() && disputes(&c, &sid).await.is_empty());

    // Cora's instance hears that the orchard is called otherwise than Ben's does, at the same place of the log.
    let other = forged(&a, &sid, &ada, "Sold");
    let push = Push::of(sid.clone(), vec![Item::Event(Box::new(other.clone()))]);
    say(&a, "c.test", &push).await.expect("it holds, seen from there");
    net.cut("a.test", "c.test");
    a.act(&sid, &ada.actor, "server.update", None, None, json!({"name": "Apples"})).await;
    same(&a, &b, &sid).await;
    assert_eq!(c.log(&sid).state().info.name, "Sold");
    assert_eq!(b.log(&sid).head().seq, c.log(&sid).head().seq);

    peers::hello::say(&b.app, &domain("c.test")).await.expect("a greeting");
    for (at, told_by) in [(&b, "c.test"), (&c, "b.test")] {
        let found = disputes(at, &sid).await;
        assert_eq!(found.len(), 1, "{}", at.app.domain);
        assert_eq!((found[0].seq, found[0].told_by.as_str()), (other.header.seq, told_by));
        let read = |statement| serde_json::from_value::<SignedHeader>(statement).expect("a signed header");
        let (ours, theirs) = (read(found[0].ours.clone()), read(found[0].theirs.clone()));
        let hub = b.log(&sid).state().clone();
        assert!(ours.verify(&hub).is_ok() && theirs.verify(&hub).is_ok() && ours.contradicts(&theirs));
    }
    // What contradicts goes along with the next greeting too, and is written down once.
    peers::hello::say(&c.app, &domain("b.test")).await.expect("a greeting");
    assert_eq!(disputes(&b, &sid).await.len(), 1);
}
