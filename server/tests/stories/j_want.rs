//! An instance that follows only what its people open.

use conntext_federation::ids::{ChannelId, ServerId};
use conntext_server::args;
use conntext_server::config::{Config, Follow};
use conntext_server::db::Query as _;
use serde_json::{Value, json};

use crate::kit::{Answer, Person, TestClient, TestInstance, TestNet, until};

/// A community on `a.test` with three channels; `b.test` follows what its people open.
struct Lazy {
    net: TestNet,
    a: TestInstance,
    b: TestInstance,
    ada: Person,
    ben: Person,
    ben_client: TestClient,
    sid: ServerId,
    /// That ben opens, and that nobody does at first.
    general: ChannelId,
    quiet: ChannelId,
    attic: ChannelId,
}

impl Lazy {
    async fn new(seed: u64) -> Self {
        let net = TestNet::new(seed);
        let opened = |c: &mut Config| (c.federation.follow, c.federation.follow_days) = (Follow::Opened, 2);
        let (a, b) = (net.instance("a.test").await, net.instance_with("b.test", opened).await);
        let ada = a.citizen("ada").await;
        let ben_client = b.person("ben").await;
        let ben = b.known_as(&ben_client).await;
        let place = a.community(&ada).await;
        let quiet = a.open_channel(&place.sid, &ada.actor, "quiet", json!([])).await;
        let attic = a.open_channel(&place.sid, &ada.actor, "attic", json!([])).await;
        a.write(&place.sid, &ada.actor, &quiet, "quiet before").await;
        b.join(&ben, "a.test", &place.sid).await.expect("joined");
        let lazy = Self { net, a, b, ada, ben, ben_client, sid: place.sid, general: place.channel, quiet, attic };
        lazy.follows(&[]).await;
        lazy.open(&lazy.general).await.expect_status(200);
        lazy.follows(&[&lazy.general]).await;
        lazy
    }

    async fn open(&self, channel: &ChannelId) -> Answer {
        self.ben_client.get(&format!("/servers/{}/channels/{channel}/messages", self.sid)).await
    }

    async fn read(&self, channel: &ChannelId) -> Vec<String> {
        let page = self.open(channel).await.expect_status(200).json;
        page["messages"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap().to_owned()).collect()
    }

    async fn say(&self, channel: &ChannelId, body: &str) -> conntext_federation::ids::ActionId {
        self.a.write(&self.sid, &self.ada.actor, channel, body).await
    }

    /// Waits until these channels, and no others, arrive whole.
    async fn follows(&self, channels: &[&ChannelId]) {
        let all = [&self.general, &self.quiet, &self.attic];
        let mut asked: Vec<&str> = channels.iter().map(|c| c.as_str()).collect();
        asked.sort_unstable();
        until("b follows what it wants, and a knows", async || {
            let log = self.b.log(&self.sid);
            let here = !log.is_whole() && all.iter().all(|c| log.has_whole(c) == channels.contains(c));
            let mut read = self.a.app.db.read().await.expect("a reader");
            let row = read.row("select channels from peer_wants", args![]).await.expect("a row");
            here && row.is_some_and(|row| row.get::<String>(0) == asked.join(" "))
        })
        .await;
    }

    async fn seen(&self, channel: &ChannelId) -> Value {
        let server = self.ben_client.get(&format!("/servers/{}", self.sid)).await.expect_status(200).json;
        server["channels"].as_array().unwrap().iter().find(|c| c["id"] == channel.as_str()).unwrap().clone()
    }

    fn was_told(&self, text: &str) -> bool {
        self.net.was_told("b.test", text)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j4_a_channel_that_nobody_opens_stays_where_it_is_and_is_counted() {
    let s = Lazy::new(81).await;
    for n in 1..=3 {
        s.say(&s.quiet, &format!("quiet {n}")).await;
    }
    s.say(&s.general, "general one").await;
    until("what is open arrives", async || s.was_told("general one")).await;
    until("the rest is counted", async || s.seen(&s.quiet).await["unread"] == 3).await;
    assert!(!s.was_told("quiet "), "a channel that nobody opened was sent");
    assert_eq!(s.seen(&s.quiet).await["mentions"], 0);

    // What speaks to its people comes all the same, and what they say themselves.
    let named = format!("psst <@{}>", s.ben.uid);
    let mention = json!({"body": named, "mentions": [s.ben.uid]});
    s.a.act(&s.sid, &s.ada.actor, "message.create", Some(&s.quiet), None, mention).await;
    until("the mention arrives", async || s.seen(&s.quiet).await["mentions"] == 1).await;
    let path = format!("/servers/{}/channels/{}/messages", s.sid, s.quiet);
    let own = s.ben_client.post(&path, json!({"nonce": "1", "body": "me too"})).await.expect_status(201).json;
    until("what ben said is back", async || s.b.waiting(&s.sid, &s.ben.actor).await == 0).await;
    let answer = json!({"body": "who are you", "reply_to": own["id"]});
    s.a.act(&s.sid, &s.ada.actor, "message.create", Some(&s.quiet), None, answer).await;
    until("the answer arrives", async || s.was_told("who are you")).await;
    assert!(!s.was_told("quiet "));
    s.b.verifies(&s.sid).await;

    // Whoever opens it has all of it at once, and from then on it comes by itself.
    let all = ["quiet before", "quiet 1", "quiet 2", "quiet 3", named.as_str(), "me too", "who are you"];
    assert_eq!(s.read(&s.quiet).await, all);
    s.follows(&[&s.general, &s.quiet]).await;
    s.say(&s.quiet, "later").await;
    until("it comes by itself", async || s.was_told("later")).await;
    until("it is in the copy", async || s.b.bodies(&s.sid, &s.quiet).await.len() == 8).await;
    assert_eq!(s.seen(&s.quiet).await["last_cn"], 8);
    s.b.verifies(&s.sid).await;
    assert!(s.b.log(&s.sid).quarantined().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn j4_what_changed_meanwhile_is_there_when_a_channel_is_opened_again() {
    let mut s = Lazy::new(82).await;
    let (kept, gone) = (s.say(&s.general, "first thought").await, s.say(&s.general, "slip of the tongue").await);
    until("both arrive", async || s.b.bodies(&s.sid, &s.general).await.len() == 2).await;
    // Nobody has opened anything for days.
    for instance in [&s.a, &s.b] {
        instance.clock.advance(3 * 86_400_000);
    }
    // Nobody holds on to it while it is down.
    s.ben_client = s.a.client();
    s.b = s.b.restart().await;
    let ask = json!({"handle": "ben", "password": crate::kit::PASSWORD, "kind": "bearer"});
    let token = s.b.client().post("/sessions", ask.clone()).await.expect_status(201).text("/token");
    s.ben_client = s.b.client().with_token(token);
    s.follows(&[]).await;
    let (ada, general) = (&s.ada.actor, Some(&s.general));
    s.a.act(&s.sid, ada, "message.edit", general, Some(kept.to_string()), json!({"body": "second thought"})).await;
    s.a.act(&s.sid, ada, "message.delete", general, Some(gone.to_string()), json!({})).await;
    s.a.act(&s.sid, ada, "channel.update", Some(&s.attic), None, json!({"name": "loft"})).await;
    s.say(&s.general, "third").await;
    // What is taken away is taken away everywhere, and channels keep their names.
    until("the deletion arrives", async || {
        let bodies = s.b.bodies(&s.sid, &s.general).await;
        bodies.get(1).is_some_and(|body| body == "-")
    })
    .await;
    until("the name arrives", async || s.seen(&s.attic).await["name"] == "loft").await;
    assert!(!s.was_told("second thought") && !s.was_told("third"));
    until("the rest is counted", async || s.seen(&s.general).await["last_cn"] == 3).await;

    assert!(s.read(&s.general).await.contains(&"third".to_owned()));
    until("the edit is there", async || s.read(&s.general).await[0] == "second thought").await;
    s.follows(&[&s.general]).await;

    // A change of what is held, further back than the page that somebody reads first.
    for instance in [&s.a, &s.b] {
        instance.clock.advance(3 * 86_400_000);
    }
    s.ben_client = s.a.client();
    s.b = s.b.restart().await;
    let token = s.b.client().post("/sessions", ask).await.expect_status(201).text("/token");
    s.ben_client = s.b.client().with_token(token);
    s.follows(&[]).await;
    s.a.act(&s.sid, ada, "message.edit", general, Some(kept.to_string()), json!({"body": "third thought"})).await;
    for n in 0..150 {
        s.say(&s.general, &format!("later {n}")).await;
    }
    // Behind it comes what everybody sees: so the copy is told that something lies there which it does not get.
    s.a.act(&s.sid, ada, "channel.update", Some(&s.attic), None, json!({"name": "roof"})).await;
    until("the name arrives again", async || s.seen(&s.attic).await["name"] == "roof").await;
    s.open(&s.general).await;
    s.follows(&[&s.general]).await;
    let oldest = format!("/servers/{}/channels/{}/messages?after=0&limit=1", s.sid, s.general);
    until("it is there, too", async || s.ben_client.get(&oldest).await.json["messages"][0]["body"] == "third thought")
        .await;

    // With the hub away the page says that something may be missing, and the next one has it.
    s.say(&s.quiet, "unheard").await;
    until("it is counted", async || s.seen(&s.quiet).await["last_cn"] == 2).await;
    s.net.cut("a.test", "b.test");
    assert_eq!(s.open(&s.quiet).await.expect_status(200).json["incomplete"], true);
    s.net.heal("a.test", "b.test");
    until("it is there", async || s.read(&s.quiet).await == ["quiet before", "unheard"]).await;
    s.b.verifies(&s.sid).await;
    assert!(s.b.log(&s.sid).quarantined().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn j4_an_instance_that_wants_everything_again_gets_it() {
    let mut s = Lazy::new(83).await;
    s.say(&s.quiet, "unheard").await;
    s.say(&s.general, "general one").await;
    until("what is open arrives", async || s.was_told("general one")).await;
    s.ben_client = s.a.client();
    s.b = s.b.restart_as(|config| config.federation.follow = Follow::All).await;
    until("b follows everything", async || s.b.log(&s.sid).is_whole()).await;
    s.say(&s.quiet, "heard").await;
    until("it comes by itself", async || s.b.bodies(&s.sid, &s.quiet).await.contains(&"heard".to_owned())).await;
    let new = s.a.open_channel(&s.sid, &s.ada.actor, "new", json!([])).await;
    s.say(&new, "from the first on").await;
    until("a new channel too", async || s.b.bodies(&s.sid, &new).await == ["from the first on"]).await;
    s.b.verifies(&s.sid).await;

    // A copy that knows nothing of what was left out is not led astray by a hub that leaves it out.
    let want = conntext_federation::wire::Want {
        channels: Some(Default::default()),
        number: 1 << 50,
        torn: Default::default(),
    };
    let domain = conntext_federation::domain::Domain::parse_normal("a.test", true).unwrap();
    let path = format!("/servers/{}/want", s.sid);
    let told: conntext_federation::wire::WantAnswer =
        conntext_server::peers::call(&s.b.app, &domain, axum::http::Method::POST, &path, &want).await.expect("heads");
    assert!(told.heads.iter().any(|head| head.channel == s.quiet && head.cn == 3));
    s.say(&s.quiet, "left out").await;
    s.say(&s.general, "general two").await;
    until("it was asked for again", async || {
        let bodies = s.b.bodies(&s.sid, &s.general).await;
        bodies.contains(&"general two".to_owned())
    })
    .await;
    assert!(s.b.log(&s.sid).quarantined().is_none() && s.b.log(&s.sid).is_whole());
}

/// As after a restore: the copy has forgotten what it was told, and comes to the wish that its hub still goes by.
#[tokio::test(flavor = "multi_thread")]
async fn j4_the_same_wish_again_brings_what_a_copy_has_lost_of_it() {
    let s = Lazy::new(425).await;
    let log = s.b.log(&s.sid);
    for wanted in [[].into(), [s.general.clone()].into()] {
        s.b.app.log.follow(&log, Some(wanted)).await.expect("followed");
    }
    assert!(!log.has_whole(&s.general));
    s.open(&s.general).await.expect_status(200);
    s.follows(&[&s.general]).await;
    s.say(&s.general, "all the same").await;
    until("it comes whole", async || s.b.bodies(&s.sid, &s.general).await.contains(&"all the same".into())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j4_the_last_one_leaves_while_both_go_by_different_wishes() {
    let lazy = Lazy::new(119).await;
    // What is sent waits on the line; what is asked comes through.
    lazy.net.stall("a.test", "b.test");
    lazy.b.act(&lazy.sid, &lazy.ben.actor, "member.leave", None, None, json!({})).await;
    until("the host knows that he went", async || lazy.a.log(&lazy.sid).state().by_home.len() == 1).await;
    // As after a restore: the host goes by a wish that this copy does not know any more.
    let log = lazy.b.log(&lazy.sid);
    for channel in [&lazy.quiet, &lazy.attic] {
        lazy.b.app.log.follow(&log, Some([channel.clone()].into())).await.expect("followed");
    }
    drop(log);
    let told = || lazy.net.count("b.test", "a.test", &format!("POST /federation/v1/servers/{}/want", lazy.sid));
    let before = told();
    lazy.net.heal("a.test", "b.test");
    until("the copy is gone", async || {
        lazy.a.clock.advance(5_000);
        lazy.b.clock.advance(5_000);
        lazy.b.app.log.get(&lazy.sid).is_none()
    })
    .await;
    assert!((1..5).contains(&(told() - before)), "it is told, and not over and over");
}
