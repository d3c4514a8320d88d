//! A hub whose database is replaced by an older copy.

use std::fs;
use std::path::Path;

use conntext_federation::ids::{ActionId, ServerId};
use conntext_server::config::DatabaseAddress;
use conntext_server::log::rewind::{self, Found, Why};
use conntext_server::log::{Outcome, PendingState};
use serde_json::json;
use tempfile::TempDir;

use crate::kit::{Community, Person, TestInstance, TestNet, same, until};

/// The database without what lies beside it.
const DATABASE: [&str; 3] = ["conntext.db", "conntext.db-wal", "conntext.db-shm"];
const HIGH_WATER: &str = "high-water.json";

/// Copies of databases, for later.
pub struct Copies(TempDir);

impl Copies {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn take(&self, data: &Path) {
        for file in DATABASE.iter().map(|name| data.join(name)).filter(|file| file.exists()) {
            fs::copy(&file, self.0.path().join(file.file_name().expect("a name"))).expect("a copy");
        }
    }

    pub fn put_back(&self, data: &Path) {
        for name in DATABASE {
            let _ = fs::remove_file(data.join(name));
            let kept = self.0.path().join(name);
            if kept.exists() {
                fs::copy(kept, data.join(name)).expect("a copy");
            }
        }
    }
}

struct Scene {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    ada: Person,
    ben: Person,
    orchard: Community,
    copies: Copies,
}

impl Scene {
    /// Two instances that talked, and a copy of the hub's database from then.
    async fn new(seed: u64) -> Self {
        let net = TestNet::new(seed);
        // Files are what is copied here, whatever database the other stories run on.
        let a = net.instance_with("a.test", |c| c.storage.database = DatabaseAddress::default()).await;
        let b = net.instance("b.test").await;
        let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
        let orchard = a.community(&ada).await;
        b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
        a.write(&orchard.sid, &ada.actor, &orchard.channel, "a before").await;
        b.write(&orchard.sid, &ben.actor, &orchard.channel, "b before").await;
        same(&a, &b, &orchard.sid).await;
        let copies = Copies::new();
        let a = a.restart_with(|data| copies.take(data)).await;
        let scene = Self { net, a, b, ada, ben, orchard, copies };
        // After a start it stands still until the follower has been asked.
        scene.goes_on().await;
        scene
    }

    fn sid(&self) -> &ServerId {
        &self.orchard.sid
    }

    /// Both say something; ids and places of all.
    async fn talk_on(&self, what: &str) {
        for i in 0..5 {
            self.a.write(self.sid(), &self.ada.actor, &self.orchard.channel, &format!("a {what} {i}")).await;
            self.b.write(self.sid(), &self.ben.actor, &self.orchard.channel, &format!("b {what} {i}")).await;
        }
    }

    async fn bodies(&self, at: &TestInstance) -> Vec<String> {
        at.bodies(self.sid(), &self.orchard.channel).await
    }

    /// The hub dies and comes back with the older copy.
    async fn restore(&mut self, more: impl FnOnce(&Path)) {
        let a = std::mem::replace(&mut self.a, TestInstance::new("spare.test").await);
        let copies = &self.copies;
        self.a = a
            .restart_with(|data| {
                copies.put_back(data);
                more(data);
            })
            .await;
    }

    async fn places(&self, at: &TestInstance) -> Vec<(u64, ActionId, [u8; 32])> {
        let log = at.log(self.sid());
        let entries = at.app.log.read(&log, 0, 10_000).await.expect("entries");
        entries.iter().map(|e| (e.seq(), e.aid(), e.hash.0)).collect()
    }

    async fn goes_on(&self) {
        until("the log goes on", async || self.a.log(self.sid()).rewind().is_none()).await;
    }

    async fn found(&self, found: Found) {
        let log = self.a.log(self.sid());
        until("it is seen what is missing", async || log.rewind().is_some_and(|r| r.found == found)).await;
    }

    /// New words reach both, and both logs hold.
    async fn is_well(&self) {
        self.a.write(self.sid(), &self.ada.actor, &self.orchard.channel, "a after").await;
        self.b.write(self.sid(), &self.ben.actor, &self.orchard.channel, "b after").await;
        until("nothing waits", async || self.b.waiting(self.sid(), &self.ben.actor).await == 0).await;
        same(&self.a, &self.b, self.sid()).await;
        let bodies = self.bodies(&self.a).await;
        assert!(bodies.contains(&"a after".to_owned()) && bodies.contains(&"b after".to_owned()), "{bodies:?}");
        self.a.verifies(self.sid()).await;
        self.b.verifies(self.sid()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_a_hub_restored_from_an_older_copy_takes_its_own_tail_back() {
    let mut scene = Scene::new(71).await;
    scene.talk_on("later").await;
    same(&scene.a, &scene.b, scene.sid()).await;
    let before = scene.places(&scene.a).await;
    scene.restore(|_| ()).await;
    scene.goes_on().await;
    assert_eq!(scene.places(&scene.a).await, before);
    assert_eq!(scene.bodies(&scene.a).await.len(), 12);
    assert_eq!(scene.a.log(scene.sid()).head().epoch, 0);
    scene.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_with_nothing_beside_the_database_the_followers_tell_how_far_it_went() {
    let mut scene = Scene::new(72).await;
    scene.talk_on("later").await;
    same(&scene.a, &scene.b, scene.sid()).await;
    let before = scene.places(&scene.a).await;
    // The follower takes its time.
    scene.net.stall("a.test", "b.test");
    scene.restore(|data| fs::remove_file(data.join(HIGH_WATER)).expect("the file was there")).await;
    let at_once = scene.a.write(scene.sid(), &scene.ada.actor, &scene.orchard.channel, "at once");
    let answers = async {
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        assert!(!scene.bodies(&scene.a).await.contains(&"at once".to_owned()), "it waits until they have been asked");
        scene.net.heal("a.test", "b.test");
    };
    tokio::join!(at_once, answers);
    scene.goes_on().await;
    until("it is there", async || scene.bodies(&scene.a).await.last().is_some_and(|b| b == "at once")).await;
    let after = scene.places(&scene.a).await;
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.len(), before.len() + 1);
    scene.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_what_a_hub_answered_and_sent_to_nobody_comes_back_from_the_home_of_its_author() {
    let mut scene = Scene::new(78).await;
    // From here on nothing is sent to the follower, but its actions are answered.
    scene.net.stall("a.test", "b.test");
    scene.a.write(scene.sid(), &scene.ada.actor, &scene.orchard.channel, "nobody else has this").await;
    for body in ["b answered", "b answered again"] {
        scene.b.write(scene.sid(), &scene.ben.actor, &scene.orchard.channel, body).await;
    }
    let before = scene.places(&scene.a).await;
    let lost = before.len() - 3;
    assert_eq!(scene.places(&scene.b).await.last(), before[..lost].last());
    let net = scene.net.clone();
    scene
        .restore(|data| {
            fs::remove_file(data.join(HIGH_WATER)).expect("the file was there");
            net.heal("a.test", "b.test");
        })
        .await;
    scene.goes_on().await;
    same(&scene.a, &scene.b, scene.sid()).await;
    let after = scene.places(&scene.a).await;
    assert_eq!((&after[..lost], &after[lost..]), (&before[..lost], &before[lost + 1..]));
    assert_eq!(scene.bodies(&scene.b).await, ["a before", "b before", "b answered", "b answered again"]);
    assert_eq!(scene.a.log(scene.sid()).head().epoch, 0);
    scene.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j3_a_restored_hub_writes_nothing_until_it_is_whole_and_keeps_what_people_say() {
    let mut scene = Scene::new(73).await;
    scene.talk_on("later").await;
    same(&scene.a, &scene.b, scene.sid()).await;
    let before = scene.places(&scene.a).await;
    scene.net.cut("a.test", "b.test");
    scene.restore(|_| ()).await;
    let log = scene.a.log(scene.sid());
    assert_eq!(log.rewind().map(|r| r.why), Some(Why::HighWater));
    let head = log.head();
    for i in 0..3 {
        let said = json!({"body": format!("meanwhile {i}")});
        let channel = Some(&scene.orchard.channel);
        let outcome = scene.a.act(scene.sid(), &scene.ada.actor, "message.create", channel, None, said).await;
        assert!(matches!(outcome, Outcome::Pending(_)));
    }
    assert!(log.hub_away_since().is_some(), "people see that their community is away");
    assert_eq!(log.head(), head);
    scene.net.heal("a.test", "b.test");
    scene.goes_on().await;
    until("what was said meanwhile is there", async || scene.a.waiting(scene.sid(), &scene.ada.actor).await == 0).await;
    assert!(log.hub_away_since().is_none());
    let after = scene.places(&scene.a).await;
    assert_eq!(after[..before.len()], before);
    let said: Vec<String> = scene.bodies(&scene.a).await.into_iter().filter(|b| b.starts_with("meanwhile")).collect();
    assert_eq!(said, ["meanwhile 0", "meanwhile 1", "meanwhile 2"]);
    scene.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_what_no_follower_may_see_stays_a_hole_and_the_log_goes_on() {
    let mut scene = Scene::new(74).await;
    let (sid, ada) = (scene.sid().clone(), scene.ada.actor.clone());
    let everyone = scene.a.log(&sid).state().everyone.to_string();
    let hidden = json!([{"target": everyone, "allow": 0, "deny": 1}]);
    let cellar = scene.a.open_channel(&sid, &ada, "cellar", hidden.clone()).await;
    let a = std::mem::replace(&mut scene.a, TestInstance::new("spare.test").await);
    scene.a = a.restart_with(|data| scene.copies.take(data)).await;
    // Of what is said in the cellar ben comes to see the end only; the attic he never sees.
    scene.a.write(&sid, &ada, &cellar, "under the mat").await;
    let attic = scene.a.open_channel(&sid, &ada, "attic", hidden).await;
    scene.a.write(&sid, &ada, &attic, "behind the chimney").await;
    scene.a.write(&sid, &ada, &scene.orchard.channel, "for all").await;
    same(&scene.a, &scene.b, &sid).await;
    let open = json!({"overrides": [{"target": scene.ben.uid, "allow": 3, "deny": 0}]});
    scene.a.act(&sid, &ada, "channel.update", Some(&cellar), None, open).await;
    until("b has the cellar", async || scene.b.log(&sid).state().channels.contains_key(&cellar)).await;
    scene.a.write(&sid, &ada, &cellar, "welcome").await;
    scene.talk_on("later").await;
    same(&scene.a, &scene.b, &sid).await;
    let (whole, seen) = (scene.places(&scene.a).await, scene.places(&scene.b).await);
    scene.restore(|_| ()).await;
    scene.goes_on().await;
    let back = scene.places(&scene.a).await;
    assert!(back.iter().all(|place| whole.contains(place)));
    assert!(seen.iter().all(|place| back.contains(place)));
    assert_eq!(back.len(), whole.len() - 3, "the attic and what was said in hiding are gone");
    assert_eq!(scene.a.bodies(&sid, &cellar).await, ["welcome"]);
    scene.is_well().await;
    // Whoever comes now gets the hole, too.
    let c = scene.net.instance("c.test").await;
    let cora = c.citizen("cora").await;
    c.join(&cora, "a.test", &sid).await.expect("joined");
    scene.a.write(&sid, &ada, &cellar, "welcome again").await;
    scene.a.write(&sid, &ada, &scene.orchard.channel, "for all three").await;
    same(&scene.a, &c, &sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_where_nobody_has_the_tail_the_operator_says_so_and_a_new_epoch_begins() {
    let mut scene = Scene::new(75).await;
    let (sid, ada) = (scene.sid().clone(), scene.ada.actor.clone());
    scene.net.cut("a.test", "b.test");
    scene.a.write(&sid, &ada, &scene.orchard.channel, "nobody else has this").await;
    let known = scene.a.log(&sid).head();
    scene.restore(|_| ()).await;
    scene.net.heal("a.test", "b.test");
    scene.found(Found::Missing).await;
    let head = scene.a.log(&sid).head();
    assert!(head.seq < known.seq);
    assert_eq!(rewind::alarms(&scene.a.app).len(), 1);
    let waiting = scene
        .b
        .act(&sid, &scene.ben.actor, "message.create", Some(&scene.orchard.channel), None, json!({"body": "b waits"}))
        .await;
    assert!(matches!(waiting, Outcome::Pending(_)));
    assert_eq!(scene.a.log(&sid).head(), head);

    assert!(rewind::say_go_on(&scene.a.app.db, scene.a.log(&sid).id).await.expect("a database"));
    conntext_server::peers::rewind::look(&scene.a.app, &scene.a.log(&sid)).await.expect("a look");
    scene.goes_on().await;
    let log = scene.a.log(&sid);
    assert_eq!(log.head().epoch, 1);
    let first = scene.a.app.log.read(&log, head.seq, 1).await.expect("entries").remove(0);
    let report = conntext_federation::epoch::report(&first.event).expect("a report");
    assert_eq!((report.base.clone(), report.known.clone()), (head, Some(known)));
    scene.is_well().await;
    assert_eq!(scene.b.log(&sid).head().epoch, 1);
    assert!(scene.bodies(&scene.b).await.contains(&"b waits".to_owned()));
    assert!(rewind::alarms(&scene.a.app).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_what_a_new_epoch_leaves_out_is_kept_and_offered_to_its_authors() {
    let mut scene = Scene::new(76).await;
    let (sid, general) = (scene.sid().clone(), scene.orchard.channel.clone());
    let first = scene.b.log(&sid).head();
    scene.talk_on("later").await;
    same(&scene.a, &scene.b, &sid).await;
    // The one who holds the tail is away, and the operator does not wait.
    scene.net.cut("a.test", "b.test");
    scene.restore(|_| ()).await;
    rewind::say_go_on(&scene.a.app.db, scene.a.log(&sid).id).await.expect("a database");
    conntext_server::peers::rewind::look(&scene.a.app, &scene.a.log(&sid)).await.expect("a look");
    scene.goes_on().await;
    scene.a.write(&sid, &scene.ada.actor, &general, "in the new epoch").await;
    scene.net.heal("a.test", "b.test");
    conntext_server::peers::hello::say(&scene.b.app, &"a.test".parse_domain()).await.expect("an answer");
    until("b is in the new epoch", async || scene.b.log(&sid).head().epoch == 1).await;
    same(&scene.a, &scene.b, &sid).await;
    // The copy is in the new epoch a moment before it holds what stands at its beginning.
    until("it is read", async || scene.bodies(&scene.b).await.last().is_some_and(|b| b == "in the new epoch")).await;
    let bodies = scene.bodies(&scene.b).await;
    assert!(!bodies.iter().any(|b| b.contains("later")), "{bodies:?}");
    let standing = rewind::standing(&mut scene.b.app.db.read().await.expect("a reader"), &scene.b.app.keys.ik).await;
    let kept = standing.expect("a database").remove(0).orphaned;
    assert_eq!(kept, 10, "behind {first:?}");

    // Ben is offered his own five, and sends one of them again.
    let log = scene.b.log(&sid);
    let mut read = scene.b.app.db.read().await.expect("a reader");
    let offered = conntext_server::log::pending::of_actor(&mut read, &sid, log.id, &scene.ben.actor).await;
    drop(read);
    let offered = offered.expect("a database");
    assert_eq!(offered.len(), 5);
    assert!(offered.iter().all(|p| p.state == PendingState::Orphaned));
    assert!(scene.b.app.log.retry(&log, &scene.ben.actor, &offered[0].aid).await.expect("a database"));
    until("it is there again", async || scene.bodies(&scene.b).await.last().is_some_and(|b| b == "b later 0")).await;
    scene.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_a_log_that_was_continued_in_two_ways_goes_on_with_the_longer_one() {
    let mut scene = Scene::new(77).await;
    let (sid, general) = (scene.sid().clone(), scene.orchard.channel.clone());
    scene.talk_on("later").await;
    same(&scene.a, &scene.b, &sid).await;
    let longer = scene.places(&scene.b).await;
    // Nothing tells the hub, and nobody answers: it goes on where the copy ends.
    scene.net.cut("a.test", "b.test");
    scene.restore(|data| fs::remove_file(data.join(HIGH_WATER)).expect("the file was there")).await;
    scene.goes_on().await;
    scene.a.write(&sid, &scene.ada.actor, &general, "beside it").await;
    scene.net.heal("a.test", "b.test");
    conntext_server::peers::hello::say(&scene.b.app, &"a.test".parse_domain()).await.expect("an answer");
    scene.found(Found::Forked).await;
    let head = scene.a.log(&sid).head();
    rewind::say_go_on(&scene.a.app.db, scene.a.log(&sid).id).await.expect("a database");
    conntext_server::peers::rewind::look(&scene.a.app, &scene.a.log(&sid)).await.expect("a look");
    scene.goes_on().await;
    assert_ne!(scene.a.log(&sid).head(), head);
    let now = scene.places(&scene.a).await;
    assert!(longer.iter().all(|place| now.contains(place)), "b's history is everybody's");
    assert!(!scene.bodies(&scene.a).await.contains(&"beside it".to_owned()));
    // Ada is offered what she said beside it.
    let log = scene.a.log(&sid);
    let mut read = scene.a.app.db.read().await.expect("a reader");
    let offered = conntext_server::log::pending::of_actor(&mut read, &sid, log.id, &scene.ada.actor).await;
    drop(read);
    let offered = offered.expect("a database");
    assert_eq!(offered.iter().map(|p| p.state).collect::<Vec<_>>(), [PendingState::Orphaned]);
    assert!(scene.a.app.log.retry(&log, &scene.ada.actor, &offered[0].aid).await.expect("a database"));
    until("it is there again", async || scene.bodies(&scene.a).await.contains(&"beside it".to_owned())).await;
    scene.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_a_claim_without_proof_stops_no_log() {
    let scene = Scene::new(78).await;
    let sid = scene.sid().clone();
    let mut head = scene.b.log(&sid).head();
    head.seq += 1_000;
    let claim = json!({"software": "x", "servers": [{"sid": sid, "hub": false, "head": head}], "document": 0});
    let domain = "a.test".parse_domain();
    let answer: Result<serde_json::Value, _> =
        conntext_server::peers::call(&scene.b.app, &domain, axum::http::Method::POST, "/hello", &claim).await;
    answer.expect("an answer");
    assert!(scene.a.log(&sid).rewind().is_none());
    scene.is_well().await;
}

trait ParseDomain {
    fn parse_domain(&self) -> conntext_federation::domain::Domain;
}

impl ParseDomain for str {
    fn parse_domain(&self) -> conntext_federation::domain::Domain {
        conntext_federation::domain::Domain::parse_normal(self, true).expect("a domain")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j3_a_follower_from_before_its_last_member_left_hears_of_it() {
    let net = TestNet::new(118);
    let a = net.instance("a.test").await;
    let b = net.instance_with("b.test", |c| c.storage.database = DatabaseAddress::default()).await;
    let (ada, ben) = (a.citizen("ada").await, b.citizen("ben").await);
    let orchard = a.community(&ada).await;
    b.join(&ben, "a.test", &orchard.sid).await.expect("joined");
    same(&a, &b, &orchard.sid).await;
    let copies = Copies::new();
    let b = b.restart_with(|data| copies.take(data)).await;
    b.act(&orchard.sid, &ben.actor, "member.leave", None, None, json!({})).await;
    until("the copy is gone", async || b.app.log.get(&orchard.sid).is_none()).await;
    a.write(&orchard.sid, &ada.actor, &orchard.channel, "without him").await;
    let b = b.restart_with(|data| copies.put_back(data)).await;
    assert!(b.app.log.get(&orchard.sid).is_some());
    until("it is gone again", async || b.app.log.get(&orchard.sid).is_none()).await;
    assert!(!net.was_told("b.test", "without him"));
}
