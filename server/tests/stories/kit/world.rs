//! Communities over several instances, spoken to without a client.

use std::sync::Arc;
use std::time::Duration;

use conntext_federation::content::LogKind;
use conntext_federation::domain::Domain;
use conntext_federation::hub::Draft;
use conntext_federation::identity::Op;
use conntext_federation::ids::{ActionId, Actor, ChannelId, ServerId, UserId};
use conntext_federation::state::Row;
use conntext_server::error::Problem;
use conntext_server::log::{LogHandle, NewServer, Outcome, verify};
use conntext_server::peers::{self, JoinHow};
use serde_json::{Value, json};

use super::{TestClient, TestInstance};

/// Somebody with their identity.
#[derive(Clone)]
pub struct Person {
    pub uid: UserId,
    pub actor: Actor,
    pub chain: Vec<Op>,
}

/// A public community with one channel.
pub struct Community {
    pub sid: ServerId,
    pub channel: ChannelId,
}

impl TestInstance {
    /// A new person of this instance.
    pub async fn citizen(&self, handle: &str) -> Person {
        let client = self.person(handle).await;
        self.known_as(&client).await
    }

    /// Who is signed in.
    pub async fn known_as(&self, client: &TestClient) -> Person {
        let uid = client.get("/me").await.text("/user/id");
        let mut read = self.app.db.read().await.expect("a reader");
        let chain = conntext_server::profiles::chain(&mut read, &uid).await.expect("a chain");
        let uid: UserId = uid.parse().expect("a uid");
        Person { actor: Actor::User(uid.clone()), uid, chain }
    }

    /// A log or copy that is here.
    #[track_caller]
    pub fn log(&self, sid: &ServerId) -> Arc<LogHandle> {
        self.app.log.get(sid).expect("the log is here")
    }

    /// A public community that `owner` opens.
    pub async fn community(&self, owner: &Person) -> Community {
        let new = NewServer {
            kind: LogKind::Guild,
            creator: owner.actor.clone(),
            identity: owner.chain.clone(),
            recovery_keys: vec![],
        };
        let log = self.app.log.open(new).await.expect("a community");
        let sid = log.sid.clone();
        self.act(&sid, &owner.actor, "server.update", None, None, json!({"name": "Orchard", "public": true})).await;
        let channel = self.open_channel(&sid, &owner.actor, "general", json!([])).await;
        Community { sid, channel }
    }

    /// Opens a text channel.
    pub async fn open_channel(&self, sid: &ServerId, actor: &Actor, name: &str, overrides: Value) -> ChannelId {
        let aid = self.app.log.new_aid();
        let log = self.log(sid);
        let channel = ChannelId::made_by(sid, &aid);
        let draft = Draft {
            sid: sid.clone(),
            kind: "channel.create".into(),
            channel: Some(channel.clone()),
            target: None,
            actor: actor.clone(),
            content: json!({"name": name, "kind": "text", "overrides": overrides}),
        };
        self.app.log.submit_as(&log, draft, aid, None).await.expect("a channel");
        channel
    }

    /// Does something in a community.
    pub async fn act(
        &self,
        sid: &ServerId,
        actor: &Actor,
        kind: &str,
        channel: Option<&ChannelId>,
        target: Option<String>,
        content: Value,
    ) -> Outcome {
        let draft = Draft {
            sid: sid.clone(),
            kind: kind.into(),
            channel: channel.cloned(),
            target,
            actor: actor.clone(),
            content,
        };
        self.app.log.submit(draft, None).await.unwrap_or_else(|e| panic!("{kind}: {e}"))
    }

    /// Writes a message.
    pub async fn write(&self, sid: &ServerId, actor: &Actor, channel: &ChannelId, body: &str) -> ActionId {
        self.act(sid, actor, "message.create", Some(channel), None, json!({"body": body})).await.aid()
    }

    /// Joins a public community elsewhere.
    pub async fn join(&self, person: &Person, domain: &str, sid: &ServerId) -> Result<ServerId, Problem> {
        let domain = Domain::parse_normal(domain, true).expect("a domain");
        peers::join(&self.app, &person.uid, person.chain.clone(), &domain, JoinHow::Public(sid.clone())).await
    }

    /// The bodies of a channel's messages that stand here, in order.
    pub async fn bodies(&self, sid: &ServerId, channel: &ChannelId) -> Vec<String> {
        let log = self.log(sid);
        let entries = self.app.log.read(&log, 0, 100_000).await.expect("entries");
        entries
            .iter()
            .filter(|e| e.event.action.kind == "message.create" && e.event.action.channel.as_ref() == Some(channel))
            .map(|e| e.event.content.as_ref().map_or("-", |c| c["body"].as_str().unwrap_or("?")).to_owned())
            .collect()
    }

    /// How many actions of somebody wait for their hub.
    pub async fn waiting(&self, sid: &ServerId, actor: &Actor) -> u64 {
        let mut read = self.app.db.read().await.expect("a reader");
        let log = self.log(sid);
        conntext_server::log::pending::waiting_in(&mut read, log.id, actor).await.expect("a count")
    }

    /// Fails the story unless the log or copy holds in itself.
    pub async fn verifies(&self, sid: &ServerId) {
        let report = verify::verify(&self.app.db, sid, self.app.keys.ik.as_str()).await.expect("a database");
        assert_eq!(report.expect("a log").faults, Vec::<String>::new());
    }
}

/// Waits until something holds; fails the story after half a minute.
#[track_caller]
pub fn until<F: AsyncFnMut() -> bool>(what: &'static str, mut holds: F) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        for _ in 0..1500 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not in time: {what} ({place})");
    }
}

/// Waits until a copy is where its hub is, then fails the story unless both say the same.
pub async fn same(hub: &TestInstance, copy: &TestInstance, sid: &ServerId) {
    let mut waited = 0;
    loop {
        let there = hub.log(sid).head();
        let here = copy.app.log.get(sid).map(|log| log.head());
        if here.as_ref() == Some(&there) {
            break;
        }
        waited += 1;
        assert!(waited < 1500, "{} is not in time where its hub is: {here:?}, there {there:?}", copy.app.domain);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ours = hub.log(sid).state().snapshot_for(&copy.app.keys.ik);
    let theirs = copy.log(sid).state().snapshot_for(&copy.app.keys.ik);
    let rows = |a: &[Row], b: &[Row]| a.iter().filter(|row| !b.contains(row)).cloned().collect::<Vec<_>>();
    assert_eq!(rows(&ours, &theirs), rows(&theirs, &ours), "{} and {}", hub.app.domain, copy.app.domain);
    hub.verifies(sid).await;
    copy.verifies(sid).await;
}
