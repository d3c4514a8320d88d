//! A log that a false hub keeps: right at first, and then whatever a case makes of it.

use serde_json::{Value, json};

use crate::craft::{Key, ZERO, action_hash, b32, b64, canon, content_hash, event_hash, fresh, id, now_ms};
use crate::peer::{Peer, Person};

const DAY_MS: i64 = 86_400_000;
/// What every member may do: see, read, write, react, attach.
const MEMBER: u64 = 0b11111;

/// The end of a log.
#[derive(Clone)]
struct Head {
    seq: u64,
    hash: String,
    all: Option<String>,
    /// The last event of the channel, and the number of its last message.
    channel: (Option<String>, u64),
    ts: i64,
}

/// The log of one server, kept by a peer.
#[derive(Clone)]
pub struct FalseLog {
    pub sid: String,
    pub channel: String,
    pub events: Vec<Value>,
    genesis: Value,
    owner: String,
    hub: String,
    key: Key,
    statement: Value,
    /// Its people, beside the owner: person, home and where they came in.
    members: Vec<(String, String, u64)>,
    /// What their homes signed when they came in.
    pub joins: Vec<Value>,
    head: Head,
}

/// The parts of an action that a case may want to choose.
pub struct Draft<'a> {
    pub kind: &'a str,
    pub actor: &'a str,
    pub origin: &'a str,
    pub channel: Option<&'a str>,
    pub target: Option<&'a str>,
    pub content: Value,
}

/// An action with its salt.
pub fn action(sid: &str, draft: &Draft<'_>, basis: Value) -> (Value, String) {
    let (now, salt) = (now_ms(), fresh());
    let mut action = json!({"v": 1, "sid": sid, "type": draft.kind, "actor": draft.actor, "origin": draft.origin,
        "aid": b32(&fresh()), "ats": now, "exp": now + 6 * DAY_MS, "basis": basis,
        "content_hash": content_hash(&salt, &draft.content)});
    if let Some(channel) = draft.channel {
        action["channel"] = channel.into();
    }
    if let Some(target) = draft.target {
        action["target"] = target.into();
    }
    (action, b64(&salt))
}

/// The basis before everything.
pub fn nowhere() -> Value {
    json!({"gen": 0, "epoch": 0, "seq": 0, "hash": ZERO})
}

impl FalseLog {
    /// Opens a log with one channel. Its owner lives at the peer.
    pub fn open(peer: &Peer, owner: &Person) -> Self {
        let genesis = json!({"nonce": b64(&fresh()), "kind": "guild", "creator": owner.uid,
            "recovery_keys": [b64(&owner.key.public())], "rules_version": 1});
        let sid = id("s", canon(&genesis).as_bytes());
        let statement = peer.statement(1, vec![peer.listed(&peer.key)]);
        let head = Head { seq: 0, hash: ZERO.into(), all: None, channel: (None, 0), ts: now_ms() - 60_000 };
        let mut log = Self {
            sid,
            channel: String::new(),
            events: vec![],
            genesis: genesis.clone(),
            owner: owner.uid.clone(),
            hub: peer.ik.clone(),
            key: peer.key.clone(),
            statement: statement.clone(),
            members: vec![],
            joins: vec![],
            head,
        };
        let hub = peer.ik.clone();
        let own = |kind, actor: &str, content| (kind, actor.to_owned(), content);
        for (kind, actor, content) in [
            own("instance.keys", &hub, statement),
            own("server.create", &owner.uid, genesis),
            own("member.join", &owner.uid, json!({"identity": [owner.op]})),
        ] {
            let draft =
                Draft { kind, actor: &actor, origin: &hub, channel: None, target: None, content: content.clone() };
            let (action, salt) = action(&log.sid, &draft, log.position());
            log.append(action, Value::Null, content, &salt);
        }
        let content = json!({"name": "general", "kind": "text"});
        let draft = Draft {
            kind: "channel.create",
            actor: &owner.uid,
            origin: &hub,
            channel: None,
            target: None,
            content: content.clone(),
        };
        let (mut made, salt) = action(&log.sid, &draft, log.position());
        log.channel = id("c", format!("{}\n{}", log.sid, made["aid"].as_str().expect("an id")).as_bytes());
        made["channel"] = log.channel.clone().into();
        log.append(made, Value::Null, content, &salt);
        log
    }

    /// The head as a basis.
    pub fn position(&self) -> Value {
        json!({"gen": 0, "epoch": 0, "seq": self.head.seq, "hash": self.head.hash})
    }

    /// The header that comes next for an action.
    pub fn header(&self, action: &Value, origin_sig: &Value) -> Value {
        let vis = action["channel"].as_str().unwrap_or("all");
        let mut header = json!({"v": 1, "sid": self.sid, "gen": 0, "epoch": 0, "seq": self.head.seq + 1,
            "prev": self.head.hash, "hub": self.hub, "ts": self.head.ts.max(now_ms() - 1000), "vis": vis,
            "action_hash": action_hash(action, origin_sig)});
        let cprev = if vis == "all" { &self.head.all } else { &self.head.channel.0 };
        if let Some(hash) = cprev {
            header["cprev"] = hash.clone().into();
        }
        if action["type"] == "message.create" {
            header["cn"] = json!(self.head.channel.1 + 1);
        }
        header
    }

    /// The event of header and action, signed by the hub.
    pub fn event(&self, header: &Value, action: Value, origin_sig: Value, content: Value, salt: &str) -> Value {
        json!({"header": header, "action": action, "origin_sig": origin_sig,
            "hub_sig": self.key.sign("event", header), "content": content, "salt": salt})
    }

    /// Writes what comes next.
    pub fn append(&mut self, action: Value, origin_sig: Value, content: Value, salt: &str) -> Value {
        let header = self.header(&action, &origin_sig);
        let event = self.event(&header, action, origin_sig, content, salt);
        self.follow(&event);
        event
    }

    /// Goes on behind an event, whatever it says.
    pub fn follow(&mut self, event: &Value) {
        let header = &event["header"];
        let hash = event_hash(header);
        self.head.seq = header["seq"].as_u64().expect("a number");
        self.head.ts = header["ts"].as_i64().expect("a time");
        if header["vis"] == "all" {
            self.head.all = Some(hash.clone());
        } else {
            self.head.channel.0 = Some(hash.clone());
            self.head.channel.1 = header["cn"].as_u64().unwrap_or(self.head.channel.1);
        }
        self.head.hash = hash;
        if event["action"]["type"] == "member.join" {
            let text = |name: &str| event["action"][name].as_str().expect("text").to_owned();
            self.members.push((text("actor"), text("origin"), self.head.seq));
        }
        self.events.push(event.clone());
    }

    /// Takes somebody in: the keys of their home, then the join as that home signed it.
    pub fn welcome(&mut self, keys: &Value, join: &Value) {
        let hub = self.hub.clone();
        let draft = Draft {
            kind: "instance.keys",
            actor: &hub,
            origin: &hub,
            channel: None,
            target: None,
            content: keys.clone(),
        };
        let (action, salt) = action(&self.sid, &draft, self.position());
        self.append(action, Value::Null, keys.clone(), &salt);
        let salt = join["salt"].as_str().expect("a salt");
        self.joins.push(json!({"action": join["action"], "origin_sig": join["origin_sig"]}));
        self.append(join["action"].clone(), join["origin_sig"].clone(), join["content"].clone(), salt);
    }

    /// Who came in last, and their home.
    pub fn caught(&self) -> (String, String) {
        let (uid, home, _) = self.members.last().expect("somebody").clone();
        (uid, home)
    }

    /// The hub.
    pub fn hub(&self) -> String {
        self.hub.clone()
    }

    /// Who made the server.
    pub fn owner(&self) -> String {
        self.owner.clone()
    }

    /// What other instances that came in said of their keys.
    pub fn brought(&self) -> Vec<Value> {
        let keys = self.events.iter().filter(|e| e["action"]["type"] == "instance.keys");
        keys.skip(1).map(|e| e["content"].clone()).collect()
    }

    /// Signs with another key from now on.
    pub fn set_key(&mut self, key: Key) {
        self.key = key;
    }

    /// The hub's key.
    pub fn key(&self) -> Key {
        self.key.clone()
    }

    /// The next message of the owner; nothing is appended.
    pub fn message(&self, body: &str) -> Value {
        self.message_as(&self.owner.clone(), &self.hub.clone(), body)
    }

    /// The next message of anybody, as if they lived there; nothing is appended.
    pub fn message_as(&self, actor: &str, origin: &str, body: &str) -> Value {
        let content = json!({"body": body});
        let draft = Draft {
            kind: "message.create",
            actor,
            origin,
            channel: Some(&self.channel),
            target: None,
            content: content.clone(),
        };
        let (action, salt) = action(&self.sid, &draft, self.position());
        let header = self.header(&action, &Value::Null);
        self.event(&header, action, Value::Null, content, &salt)
    }

    /// Changes the header and signs it again.
    pub fn bent(&self, mut event: Value, bend: impl FnOnce(&mut Value)) -> Value {
        bend(&mut event["header"]);
        event["hub_sig"] = self.key.sign("event", &event["header"]);
        event
    }

    /// Changes the action, and makes everything else agree with it.
    pub fn reworked(&self, mut event: Value, rework: impl FnOnce(&mut Value)) -> Value {
        rework(&mut event["action"]);
        let hash = action_hash(&event["action"], &event["origin_sig"]);
        self.bent(event, |header| header["action_hash"] = hash.into())
    }

    /// The state for an instance, signed. `statements` are the keys of other instances in it.
    pub fn snapshot(&self, recipient: &str, statements: &[Value], change: impl FnOnce(&mut Vec<Value>)) -> Value {
        let row = |kind: &str, key: &str, value: Value| json!({"kind": kind, "key": key, "value": canon(&value)});
        let head = json!({"gen": 0, "epoch": 0, "seq": self.head.seq, "hash": self.head.hash, "ts": self.head.ts,
            "all": self.head.all});
        let info = json!({"kind": "guild", "name": "Trap", "description": "", "icon": null, "public": true,
            "owner": self.owner, "hub": self.hub, "rules_version": 1, "deleted": false, "created_at": self.head.ts});
        let mut rows = vec![row("head", "", head), row("info", "", info)];
        let all: Vec<Value> = [std::slice::from_ref(&self.statement), statements].concat();
        for statement in &all {
            let mut keys = serde_json::Map::new();
            for key in statement["keys"].as_array().expect("keys") {
                let held = json!({"pub": key["pub"], "revoked": null});
                keys.insert(key["kid"].as_str().expect("a name").into(), held);
            }
            let value = json!({"domain": statement["domain"], "serial": statement["serial"], "root": statement["root"],
                "keys": keys, "banned": false});
            rows.push(row("instance", statement["ik"].as_str().expect("an id"), value));
        }
        for (uid, home, seq) in &self.members {
            rows.push(row("actor", uid, json!({"home": home, "op": null})));
            rows.push(row(
                "member",
                uid,
                json!({"home": home, "joined_at": self.head.ts, "joined_seq": seq, "roles": [],
                "timeout_until": 0}),
            ));
        }
        let everyone = id("r", format!("{}\neveryone", self.sid).as_bytes());
        rows.push(row(
            "role",
            &everyone,
            json!({"name": "everyone", "colour": null, "position": 0, "hoist": false,
            "mentionable": false, "permissions": MEMBER}),
        ));
        rows.push(row(
            "channel",
            &self.channel,
            json!({"kind": "text", "name": "general", "topic": "", "parent": null,
            "position": 0, "overrides": [], "staff": false, "last_cn": self.head.channel.1, "last_ts": self.head.ts,
            "last": self.head.channel.0, "as_of": self.head.seq}),
        ));
        change(&mut rows);
        self.sealed(recipient, rows, &[], &all)
    }

    fn sealed(&self, recipient: &str, rows: Vec<Value>, pages: &[String], statements: &[Value]) -> Value {
        let rows_hash = page_hash(&rows);
        let mut signed = json!({"for": recipient, "sid": self.sid, "head": self.position(), "rows": rows_hash});
        let mut made = json!({"for": recipient, "sid": self.sid, "head": self.position(), "rows": rows,
            "keys": statements, "genesis": self.genesis, "profiles": [], "joins": self.joins});
        if !pages.is_empty() {
            (signed["pages"], made["pages"]) = (json!(pages), json!(pages));
        }
        made["sig"] = self.key.sign("snapshot", &signed);
        made
    }

    /// The same with its people on one page: the snapshot, and the page. `change` changes the page before it is signed
    /// for.
    pub fn paged(
        &self,
        recipient: &str,
        statements: &[Value],
        change: impl FnOnce(&mut Vec<Value>),
    ) -> (Value, Vec<Value>) {
        let whole = self.snapshot(recipient, statements, |_| ());
        let rows = whole["rows"].as_array().expect("rows").clone();
        let is_of_people = |row: &Value| row["kind"] == "actor" || row["kind"] == "member";
        let (mut page, rest): (Vec<Value>, Vec<Value>) = rows.into_iter().partition(is_of_people);
        change(&mut page);
        let all = whole["keys"].as_array().expect("keys").clone();
        (self.sealed(recipient, rest, &[page_hash(&page)], &all), page)
    }

    /// The card that invites.
    pub fn card(&self, peer: &Peer) -> Value {
        let now = now_ms();
        peer.key.seal(
            "card",
            json!({"v": 1, "hub": self.hub, "domain": peer.domain, "sid": self.sid, "name": "Trap",
            "description": "", "icon": null, "member_count": 1, "issued_at": now - 1000, "exp": now + DAY_MS / 2}),
        )
    }
}

/// By which a snapshot names a page.
fn page_hash(rows: &[Value]) -> String {
    crate::craft::hex(&crate::craft::sha(&[canon(&Value::Array(rows.to_vec())).as_bytes()]))
}
