//! The beginning of every run: five instances, ten people, three communities that everybody is in. It is made once and
//! copied, since it is the same for each seed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use conntext_federation::ids::{ChannelId, ServerId};
use conntext_server::clock::Clock as _;
use serde_json::json;
use tokio::time::sleep;

use super::clock::SimClock;
use super::net::Net;
use super::node::{Node, copy};
use super::trace::Trace;

/// The instances.
pub const DOMAINS: [&str; 5] = ["a.test", "b.test", "c.test", "d.test", "e.test"];
/// The one that follows only the channels that its people open; it hosts nothing.
pub const LAZY: &str = DOMAINS[4];
/// How many of them host a community.
pub const HUBS: usize = 3;
/// When it begins: 2026-01-01T00:00:00Z, in milliseconds since 1970.
const EPOCH_MS: i64 = 1_767_225_600_000;
const PASSWORD: &str = "vier blaue Kraniche im Hof";

/// Somebody.
#[derive(Clone, Debug)]
pub struct Person {
    /// Where they are at home.
    pub node: usize,
    pub handle: String,
    pub uid: String,
    pub token: String,
}

/// A community.
#[derive(Clone, Debug)]
pub struct Place {
    /// Who hosts it.
    pub hub: usize,
    pub sid: ServerId,
    /// Everybody sees it.
    pub general: ChannelId,
    /// Who sees it changes.
    pub changing: ChannelId,
    /// Only people of the hub see it, ever.
    pub secret: ChannelId,
    /// The role of everybody.
    pub everyone: String,
    /// A role that may moderate.
    pub moderators: String,
    /// Who owns it, and who moderates it from elsewhere.
    pub owner: usize,
    pub moderator: usize,
}

/// What stands at the beginning.
#[derive(Clone, Debug)]
pub struct World {
    pub people: Vec<Person>,
    pub places: Vec<Place>,
    pub now_ms: i64,
}

/// The instances of a run, on data below `folder`.
pub fn nodes(folder: &Path, now_ms: i64, net: &Net, seed: u64, flush: bool) -> Vec<Arc<Node>> {
    let node = |(index, domain): (u64, &&str)| {
        let clock = Arc::new(SimClock::new(now_ms));
        let seed = seed.wrapping_mul(0x1_0001).wrapping_add((index + 1) << 48);
        Arc::new(Node::new(domain, folder.join(domain), clock, net.clone(), seed, flush))
    };
    (0..).zip(&DOMAINS).map(node).collect()
}

/// Copies the beginning to where a run takes place.
pub fn copy_beginning(from: &Path, to: &Path) {
    for domain in DOMAINS {
        copy(&from.join(domain), &to.join(domain).join("life-0"));
    }
}

/// Makes the beginning below `folder`.
pub async fn make(folder: &Path) -> World {
    let net = Net::new(0, Trace::new(false));
    let scratch = folder.join("making");
    let nodes = nodes(&scratch, EPOCH_MS, &net, 0, false);
    for node in &nodes {
        assert!(node.start().await);
    }
    let mut people = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        for name in ["ada", "ben"] {
            let handle = format!("{name}.{}", &node.domain[..1]);
            let ask = json!({"handle": handle, "password": PASSWORD, "kind": "bearer"});
            let answer = node.ask(Method::POST, "/accounts", None, Some(ask)).await.expect("an answer");
            assert_eq!(answer.status, 201, "{:?}", answer.json);
            let text =
                |pointer: &str| answer.json.pointer(pointer).and_then(|v| v.as_str()).expect("a text").to_owned();
            people.push(Person { node: index, handle, uid: text("/me/user/id"), token: text("/token") });
        }
    }
    let mut places = Vec::new();
    for hub in 0..HUBS {
        places.push(place(&nodes, &people, hub).await);
    }
    sleep(Duration::from_secs(20)).await;
    let now_ms = nodes[0].clock.now_ms();
    for node in &nodes {
        let data: PathBuf = node.present_data();
        node.stop().await;
        copy(&data, &folder.join(&node.domain));
    }
    let _ = std::fs::remove_dir_all(scratch);
    World { people, places, now_ms }
}

async fn place(nodes: &[Arc<Node>], people: &[Person], hub: usize) -> Place {
    let at = |person: usize| (&nodes[people[person].node], people[person].token.as_str());
    let ask = async |person: usize, method: Method, path: String, body: serde_json::Value| {
        let (node, token) = at(person);
        let answer = node.ask(method, &path, Some(token), Some(body)).await.expect("an answer");
        assert!((200..300).contains(&answer.status), "{path}: {:?}", answer);
        answer.json
    };
    let text = |json: &serde_json::Value, pointer: &str| {
        json.pointer(pointer).and_then(|v| v.as_str()).unwrap_or_else(|| panic!("{pointer} in {json}")).to_owned()
    };
    let (owner, neighbour) = (hub * 2, hub * 2 + 1);
    // Somebody of an instance that hosts nothing.
    let moderator = HUBS * 2 + hub;
    let made =
        ask(owner, Method::POST, "/servers".into(), json!({"name": format!("Place {hub}"), "public": true})).await;
    let sid = text(&made, "/id");
    let below = |rest: &str| format!("/servers/{sid}{rest}");
    for person in (0..people.len()).filter(|p| *p != owner) {
        let path = format!("/directory/{}/{sid}/join", nodes[hub].domain);
        ask(person, Method::POST, path, json!({})).await;
    }
    let changing = ask(owner, Method::POST, below("/channels"), json!({"name": "changing"})).await;
    let allow = [&people[owner].uid, &people[neighbour].uid];
    let secret = json!({"name": "secret", "private": true, "allow": allow});
    let secret = ask(owner, Method::POST, below("/channels"), secret).await;
    let may = ["manage_channels", "kick", "ban", "manage_messages", "manage_roles"];
    let role = ask(owner, Method::POST, below("/roles"), json!({"name": "moderators", "permissions": may})).await;
    let moderators = text(&role, "/id");
    let path = below(&format!("/members/{}", people[moderator].uid));
    ask(owner, Method::PATCH, path, json!({"roles": [moderators]})).await;
    let sid: ServerId = sid.parse().expect("a server id");
    let everyone = nodes[hub].app().log.get(&sid).expect("the log").state().everyone.to_string();
    let id = |json: &serde_json::Value, pointer: &str| text(json, pointer).parse().expect("a channel id");
    Place {
        hub,
        general: id(&made, "/channels/0/id"),
        changing: id(&changing, "/id"),
        secret: id(&secret, "/id"),
        everyone,
        moderators,
        owner,
        moderator,
        sid,
    }
}
