//! The instance under attack, with a community and somebody who goes on living in it.

use serde_json::{Value, json};

use crate::kit::{PASSWORD, Process, Setup, text};
use crate::peer::Target;

/// A running instance with a community of its own.
pub struct Victim {
    pub setup: Setup,
    pub process: Process,
    pub target: Target,
    /// Somebody who lives there.
    pub token: String,
    pub sid: String,
    /// The channel that everybody sees.
    pub channel: String,
    /// An invite's code.
    pub code: String,
}

impl Victim {
    /// Comes up. `settings` are variables of the environment.
    pub async fn new(settings: &[(&str, &str)]) -> Self {
        let mut setup = Setup::new();
        let domain = format!("victim.localhost:{}", setup.port);
        setup.set("CONNTEXT__INSTANCE__DOMAIN", &domain);
        setup.set("CONNTEXT__FEDERATION__DEV_INSECURE", "true");
        setup.set("CONNTEXT__FEDERATION__RETRY_FIRST_MS", "100");
        setup.set("CONNTEXT__FEDERATION__RETRY_MAX_MS", "500");
        setup.set("CONNTEXT__FEDERATION__NEW_PEER_HOURS", "0");
        setup.set("CONNTEXT__ACCOUNTS__REGISTRATION", "open");
        setup.set("CONNTEXT__LIMITS__INVITE_BURST", "5000");
        setup.set("CONNTEXT__LIMITS__API_BURST", "5000");
        setup.set("CONNTEXT_TEST", "1");
        for (name, value) in settings {
            setup.set(name, value);
        }
        let process = setup.start().await;
        let target = Target { domain, port: setup.port };
        let account = json!({"handle": "ada", "password": PASSWORD, "kind": "bearer"});
        let (status, made) = process.post("/accounts", &account).await;
        assert_eq!(status, 201, "{made}");
        let token = made["token"].as_str().expect("a token").to_owned();
        let none = String::new;
        let mut victim = Self { setup, process, target, token, sid: none(), channel: none(), code: none() };
        let asked = json!({"name": "Orchard", "template": "community"});
        let (_, server) = victim.ask("/servers", Some(&asked)).await;
        victim.sid = server["id"].as_str().unwrap_or_else(|| panic!("{server}")).to_owned();
        let general = server["channels"].as_array().expect("channels").iter().find(|c| c["name"] == "general");
        victim.channel = general.expect("a channel")["id"].as_str().expect("an id").to_owned();
        let (_, invite) = victim.ask(&format!("/servers/{}/invites", victim.sid), Some(&json!({}))).await;
        victim.code = invite["code"].as_str().unwrap_or_else(|| panic!("{invite}")).to_owned();
        victim
    }

    /// Asks the API as the person who lives there.
    pub async fn ask(&self, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}/api/v1{path}", self.process.base);
        let request = match body {
            Some(body) => self.process.client.post(url).json(body),
            None => self.process.client.get(url),
        };
        let response = request.bearer_auth(&self.token).send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// The head of a log as the command line tells it.
    pub fn head(&self, sid: &str) -> String {
        text(&self.setup.run(&["fed", "head", sid])).trim().to_owned()
    }

    /// What people of the community see: its members and messages.
    pub async fn facts(&self) -> Value {
        let (_, members) = self.ask(&format!("/servers/{}/members", self.sid), None).await;
        let path = format!("/servers/{}/channels/{}/messages?limit=100", self.sid, self.channel);
        let (_, messages) = self.ask(&path, None).await;
        json!([members, messages])
    }

    /// The process lives, and whoever lives there can write and read.
    pub async fn goes_on(&mut self) {
        assert!(self.process.runs(), "the process has ended");
        let path = format!("/servers/{}/channels/{}/messages", self.sid, self.channel);
        let body = format!("I am still here {}", crate::craft::hex(&crate::craft::fresh()));
        let (status, said) = self.ask(&path, Some(&json!({"body": body, "nonce": body}))).await;
        assert_eq!(status, 201, "{said}");
        let (_, page) = self.ask(&format!("{path}?limit=5"), None).await;
        let there = page["messages"].as_array().is_some_and(|all| all.iter().any(|m| m["body"] == body.as_str()));
        assert!(there, "{page}");
    }

    /// The log verifies from its first event on.
    pub fn verifies(&self) {
        let verified = self.setup.run(&["fed", "verify"]);
        assert!(verified.status.success(), "{}", text(&verified));
    }

    /// Resident memory of the process in KiB.
    pub fn memory_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("the process's status");
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("its memory");
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
    }
}
