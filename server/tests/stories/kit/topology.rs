//! The same story wherever its people and its community are at home.

use conntext_federation::domain::Domain;
use conntext_federation::ids::{ActionId, ServerId};
use conntext_server::args;
use conntext_server::db::{Query as _, Row};
use conntext_server::peers;
use serde_json::{Value, json};

use super::{TestClient, TestInstance, TestNet, until};

/// Where the story happens, as seen from the instance of those who look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// Everybody is at home where the community is.
    LocalOnLocal,
    /// The one who acts is at home elsewhere; those who look are at home where the community is.
    RemoteOnLocal,
    /// The one who acts and the one who looks are at home together; the community is elsewhere.
    LocalOnRemote,
}

impl Topology {
    const ALL: [Self; 3] = [Self::LocalOnLocal, Self::RemoteOnLocal, Self::LocalOnRemote];
}

/// A community of `a.test` and its people. Whatever the topology, `b.test` has somebody in it and so holds a copy.
pub struct Scene {
    pub topology: Topology,
    /// Hosts the community.
    pub a: TestInstance,
    pub b: TestInstance,
    /// Owns the community, at home at `a`.
    pub owner: TestClient,
    /// Who acts in the story.
    pub member: TestClient,
    /// Who looks.
    pub watcher: TestClient,
    pub owner_id: String,
    pub member_id: String,
    pub watcher_id: String,
    pub sid: String,
    /// A text channel that everybody sees.
    pub cid: String,
}

/// Plays a story in every topology. It ends with equal logs and projections and with nothing on its way.
pub async fn everywhere(seed: u64, story: impl AsyncFn(&mut Scene)) {
    for (topology, seed) in Topology::ALL.into_iter().zip(seed..) {
        let mut scene = Scene::new(topology, seed).await;
        println!("{topology:?}, seed {seed}");
        story(&mut scene).await;
        scene.settled_and_equal().await;
    }
}

async fn id_of(person: &TestClient) -> String {
    person.get("/me").await.text("/user/id")
}

impl Scene {
    async fn new(topology: Topology, seed: u64) -> Self {
        let net = TestNet::new(seed);
        let config = |c: &mut conntext_server::config::Config| c.limits.reaction_burst = 1_000;
        let (a, b) = (net.instance_with("a.test", config).await, net.instance_with("b.test", config).await);
        let at = |local: bool| if local { &a } else { &b };
        let owner = a.person("ada").await;
        let member = at(topology == Topology::LocalOnLocal).person("ben").await;
        let watcher = at(topology != Topology::LocalOnRemote).person("wim").await;
        let bystander = b.person("bea").await;
        let made = owner.post("/servers", json!({"name": "Orchard"})).await.expect_status(201).json;
        let [sid, cid] = ["/id", "/channels/0/id"].map(|p| made.pointer(p).unwrap().as_str().unwrap().to_owned());
        let [owner_id, member_id, watcher_id] = [id_of(&owner).await, id_of(&member).await, id_of(&watcher).await];
        let scene = Self { topology, a, b, owner, member, watcher, owner_id, member_id, watcher_id, sid, cid };
        for person in [&bystander, &scene.member, &scene.watcher] {
            scene.bring(person).await;
        }
        scene.settled().await;
        scene
    }

    /// Somebody new at the home of the one who acts.
    pub async fn newcomer(&self, handle: &str) -> TestClient {
        if self.topology == Topology::LocalOnLocal { &self.a } else { &self.b }.person(handle).await
    }

    /// Brings somebody in by an invitation of the owner.
    pub async fn bring(&self, person: &TestClient) -> Value {
        let code = self.owner.post(&self.path("/invites"), json!({})).await.expect_status(201).text("/code");
        person.post(&format!("/invites/a.test/{code}/accept"), json!({})).await.expect_status(200).json
    }

    /// Below the community.
    pub fn path(&self, rest: &str) -> String {
        format!("/servers/{}{rest}", self.sid)
    }

    /// Below the channel.
    pub fn in_channel(&self, rest: &str) -> String {
        format!("/servers/{}/channels/{}{rest}", self.sid, self.cid)
    }

    /// Below a message.
    pub fn of_message(&self, message: &Value, rest: &str) -> String {
        self.in_channel(&format!("/messages/{}{rest}", message["id"].as_str().unwrap()))
    }

    /// Sends a message that is in the log when this returns.
    pub async fn send(&self, who: &TestClient, mut message: Value) -> Value {
        if message["nonce"].is_null() {
            message["nonce"] = json!(format!("n{}", u128::from_le_bytes(self.a.app.rng.bytes())));
        }
        let sent = who.post(&self.in_channel("/messages"), message).await.expect_status(201).json;
        assert_eq!(sent["state"], "sent");
        sent
    }

    /// The messages of the channel as somebody sees them.
    pub async fn messages(&self, who: &TestClient) -> Vec<Value> {
        let page = who.get(&self.in_channel("/messages")).await.expect_status(200).json;
        page["messages"].as_array().unwrap().clone()
    }

    /// The community as somebody sees it.
    pub async fn server(&self, who: &TestClient) -> Value {
        who.get(&self.path("")).await.expect_status(200).json
    }

    fn log_id(&self) -> ServerId {
        self.sid.parse().unwrap()
    }

    /// Waits until nothing is on its way: every queue is empty, and the copy ends where the hub says and knows that.
    pub async fn settled(&self) {
        let sid = self.log_id();
        let domain = Domain::parse_normal("a.test", true).unwrap();
        until("nothing waits for the hub", async || count(&self.b, "select count(*) from pending_actions").await == 0)
            .await;
        until("the copy ends where the hub says", async || {
            let head: conntext_federation::action::Position =
                peers::get(&self.b.app, &domain, &format!("/servers/{sid}/head")).await.expect("a head");
            let mut read = self.a.app.db.read().await.unwrap();
            let cursor = peers::store::cursor(&mut read, &self.b.app.keys.ik, self.a.log(&sid).id).await.unwrap();
            self.b.log(&sid).head() == head && cursor == Some(head.seq)
        })
        .await;
        assert_eq!(count(&self.a, "select count(*) from pending_actions").await, 0);
    }

    /// Waits until nothing is on its way, then fails the story unless both instances hold the same.
    pub async fn settled_and_equal(&self) {
        self.settled().await;
        let sid = self.log_id();
        let (ours, theirs) = (self.a.log(&sid), self.b.log(&sid));
        for instance in [&self.a, &self.b] {
            instance.verifies(&sid).await;
        }
        let there = &self.b.app.keys.ik;
        let [mut hub, mut copy] = [ours.state().snapshot_for(there), theirs.state().snapshot_for(there)];
        // The head itself: behind the copy's last event something may be hidden from it.
        [&mut hub, &mut copy].into_iter().for_each(|rows| rows.retain(|row| row.kind != "head"));
        assert_eq!(hub, copy, "the states");

        let (at_hub, at_copy) = (events(&self.a, ours.id).await, events(&self.b, theirs.id).await);
        assert!(at_copy.iter().all(|e| at_hub.contains(e)), "the copy's events are the hub's");
        let held: Vec<&ActionId> = at_copy.iter().map(|(_, aid, ..)| aid).collect();
        for table in PROJECTIONS {
            let (mut hub, mut copy) = (rows(&self.a, ours.id, table).await, rows(&self.b, theirs.id, table).await);
            for side in [&mut hub, &mut copy] {
                side.retain(|(aid, _)| held.contains(&aid));
                side.sort();
            }
            assert_eq!(hub, copy, "{}", table.0);
        }
    }
}

async fn count(at: &TestInstance, sql: &'static str) -> i64 {
    at.app.db.read().await.unwrap().row(sql, args![]).await.unwrap().expect("a count").get(0)
}

type Event = (i64, ActionId, Vec<u8>, Option<String>, Option<i64>);

async fn events(at: &TestInstance, log_id: i64) -> Vec<Event> {
    let sql = "select seq, aid, hash, content, erased from log_events where log_id = $1 order by seq";
    let rows = at.app.db.read().await.unwrap().rows(sql, args![log_id]).await.unwrap();
    rows.iter().map(|r| (r.get(0), aid(r, 1), r.get(2), r.get(3), r.get(4))).collect()
}

/// What the rooms derived from events, by the message that it is about.
const PROJECTIONS: [(&str, &str); 4] = [
    (
        "messages",
        "select aid, seq || ' ' || channel || ' ' || cn || ' ' || author || ' ' || ts || ' ' || coalesce(edit_seq, 0)
           || ' ' || coalesce(edited_at, 0) || ' ' || coalesce(deleted_seq, 0) from messages where log_id = $1",
    ),
    ("replies", "select aid, reply_to from messages where log_id = $1 and reply_to is not null"),
    (
        "reactions",
        "select aid, emoji || ' ' || actor || ' ' || channel || ' ' || seq from reactions
           where log_id = $1 and present",
    ),
    (
        "files",
        "select aid, mid || ' ' || coalesce(thumb, '') || ' ' || channel || ' ' || author || ' ' || home || ' ' || name
           from media_refs where log_id = $1",
    ),
];

async fn rows(at: &TestInstance, log_id: i64, (what, sql): (&str, &'static str)) -> Vec<(ActionId, String)> {
    let rows = at.app.db.read().await.unwrap().rows(sql, args![log_id]).await.unwrap();
    let text = |r: &Row| if what == "replies" { format!("{:?}", r.get::<Vec<u8>>(1)) } else { r.get(1) };
    rows.iter().map(|r| (aid(r, 0), text(r))).collect()
}

fn aid(row: &Row, column: usize) -> ActionId {
    ActionId(row.get::<Vec<u8>>(column).try_into().expect("an action id"))
}
