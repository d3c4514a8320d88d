//! What people do all the time: they write, change, delete, react, read, come and go, and those who may moderate.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::chance::Chance;
use super::ledger::{Edited, Sent, Told};
use super::node::Answer;
use super::scene::Scene;
use super::world::{Person, Place};

/// The longest pause between two things that somebody does, milliseconds.
const PAUSE_MS: u64 = 2_000;
/// How long somebody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a message is sent again at most.
const TRIES: u32 = 400;
/// Two emoji as they stand in a path.
const EMOJI: [&str; 2] = ["%F0%9F%91%8D", "%F0%9F%8C%B1"];

/// Somebody at their device.
pub struct Someone {
    scene: Arc<Scene>,
    number: usize,
    person: Person,
    chance: Chance,
    sent: u64,
}

impl Someone {
    /// The person with this number.
    pub fn new(scene: &Arc<Scene>, number: usize) -> Self {
        let chance = Chance::new(scene.seed, 100 + u64::try_from(number).unwrap_or(0));
        let person = scene.world.people[number].clone();
        Self { scene: scene.clone(), number, person, chance, sent: 0 }
    }

    /// Lives until the evening; what was begun is finished.
    pub async fn live(mut self) {
        loop {
            let pause = sleep(Duration::from_millis(self.chance.below(PAUSE_MS)));
            if self.scene.evening.run_until_cancelled(pause).await.is_none() {
                return;
            }
            let place = usize::try_from(self.chance.below(3)).unwrap_or(0);
            let scene = self.scene.clone();
            let at = &scene.world.places[place];
            let moderates = self.number == at.owner || self.number == at.moderator;
            match self.chance.below(100) {
                0..=49 => self.write(place).await,
                50..=59 => self.edit(place).await,
                60..=65 => self.delete(place).await,
                66..=77 => self.react(place).await,
                78..=84 => self.read(place).await,
                85..=88 => self.come_or_go(place).await,
                89 => self.type_(place).await,
                _ if moderates => self.moderate(place).await,
                _ => self.write(place).await,
            }
        }
    }

    /// One request, without trying again.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Option<Answer> {
        let node = &self.scene.nodes[self.person.node];
        let asked = node.ask(method.clone(), path, Some(&self.person.token), body.clone());
        let answer = timeout(PATIENCE, asked).await.ok().flatten();
        let status = answer.as_ref().map_or(0, |a| a.status);
        let code = answer.as_ref().map_or("", |a| if a.status < 400 { "" } else { a.code() });
        self.scene.trace.note(|| {
            let body = body.map_or_else(String::new, |b| b.to_string());
            format!("{} {method} {path} {body}: {status} {code}", self.person.handle)
        });
        let mut book = self.scene.ledger.open();
        *book.answers.entry(format!("{} {status} {code}", what(&method, path))).or_default() += 1;
        if status == 500 {
            let said = answer.as_ref().map_or(Value::Null, |a| a.json.clone());
            // Nothing is asked that an instance could not answer, unless its disk or its process is gone.
            if node.life().is_some_and(|life| !life.is_over()) && !said.to_string().contains("process has ended") {
                book.faults.push(format!("{method} {path} of {} was answered with {said}", self.person.handle));
            }
        }
        answer
    }

    fn channel(&self, at: &Place) -> String {
        let insider = self.person.node == at.hub;
        match self.chance.below(10) {
            0..=4 => at.general.to_string(),
            5 | 6 if insider => at.secret.to_string(),
            _ => at.changing.to_string(),
        }
    }

    fn known(&self, place: usize, channel: &str, own: bool) -> Option<String> {
        let book = self.scene.ledger.open();
        let known = book.known.get(&(place, channel.to_owned()))?;
        let fitting: Vec<&String> = known.iter().filter(|m| !own || m.1 == self.number).map(|m| &m.0).collect();
        // Mostly what is new.
        let newest = &fitting[fitting.len().saturating_sub(8)..];
        self.chance.one(newest).map(|id| (*id).clone())
    }

    /// Writes a message, and repeats it under its number until there is an answer.
    async fn write(&mut self, place: usize) {
        let at = self.scene.world.places[place].clone();
        let channel = self.channel(&at);
        self.sent += 1;
        let nonce = format!("{}-{}", self.number, self.sent);
        let mut body = format!("m {nonce}.");
        if channel == at.secret.as_str() {
            body = format!("{}{} {body}", super::net::SECRET, self.scene.nodes[at.hub].domain);
        }
        let reply_to = if self.chance.percent(10) { self.known(place, &channel, false) } else { None };
        let sent = Sent { person: self.number, place, body: body.clone(), told: None, ids: Vec::new() };
        let entry = self.scene.ledger.open().sends(sent);
        let path = format!("/servers/{}/channels/{channel}/messages", at.sid);
        let mut message = json!({"nonce": nonce, "body": body});
        if let Some(id) = reply_to {
            message["reply_to"] = json!(id);
        }
        for _ in 0..TRIES {
            let answer = self.ask(Method::POST, &path, Some(message.clone())).await;
            let Some(answer) = answer.filter(|a| a.status < 500 && a.status != 429) else {
                sleep(Duration::from_millis(self.chance.between(300, 2_000))).await;
                continue;
            };
            let scene = self.scene.clone();
            let mut book = scene.ledger.open();
            let id = answer.json["id"].as_str().unwrap_or_default().to_owned();
            let told = match (answer.status, answer.json["state"].as_str()) {
                (201, Some("sent")) => Told::Accepted,
                (201, Some("pending")) => Told::Pending,
                (201, Some(state)) => Told::Refused(state.to_owned()),
                _ => Told::Refused(answer.code().to_owned()),
            };
            if answer.status == 201 {
                book.sent[entry].ids.push(id.clone());
                book.shown(place, &answer.json);
                book.known.entry((place, channel)).or_default().push((id, self.number));
            }
            book.sent[entry].told = Some(told);
            return;
        }
        self.scene.ledger.open().faults.push(format!("nobody ever answered {} about {body:?}", self.person.handle));
    }

    async fn edit(&mut self, place: usize) {
        let at = self.scene.world.places[place].clone();
        let channel = self.channel(&at);
        let Some(id) = self.known(place, &channel, true) else { return };
        self.sent += 1;
        let mut body = format!("e {}-{}.", self.number, self.sent);
        if channel == at.secret.as_str() {
            body = format!("{}{} {body}", super::net::SECRET, self.scene.nodes[at.hub].domain);
        }
        let path = format!("/servers/{}/channels/{channel}/messages/{id}", at.sid);
        let answer = self.ask(Method::PATCH, &path, Some(json!({"body": body}))).await;
        let told = answer.map(|answer| match (answer.status, answer.json["state"].as_str()) {
            (200, Some("sent")) => Told::Accepted,
            (200, _) => Told::Pending,
            _ => Told::Refused(answer.code().to_owned()),
        });
        self.scene.ledger.open().edited.push(Edited { place, body, told });
    }

    async fn delete(&self, place: usize) {
        let at = &self.scene.world.places[place];
        let channel = self.channel(at);
        let others = self.number == at.owner || self.number == at.moderator;
        let Some(id) = self.known(place, &channel, !others) else { return };
        let path = format!("/servers/{}/channels/{channel}/messages/{id}", at.sid);
        let answer = self.ask(Method::DELETE, &path, None).await;
        // Elsewhere the same answer may also mean that it waits.
        if answer.is_some_and(|a| a.status == 204) && self.person.node == at.hub {
            self.scene.ledger.open().deleted.push((place, id));
        }
    }

    async fn react(&self, place: usize) {
        let at = &self.scene.world.places[place];
        let channel = self.channel(at);
        let Some(id) = self.known(place, &channel, false) else { return };
        let emoji = self.chance.one(&EMOJI).copied().unwrap_or(EMOJI[0]);
        let path = format!("/servers/{}/channels/{channel}/messages/{id}/reactions/{emoji}", at.sid);
        let method = if self.chance.percent(70) { Method::PUT } else { Method::DELETE };
        self.ask(method, &path, None).await;
    }

    async fn read(&self, place: usize) {
        let at = &self.scene.world.places[place];
        let channel = self.channel(at);
        let query = if self.chance.percent(50) { "" } else { "?before=20&limit=10" };
        let path = format!("/servers/{}/channels/{channel}/messages{query}", at.sid);
        let Some(answer) = self.ask(Method::GET, &path, None).await.filter(|a| a.status == 200) else { return };
        let mut book = self.scene.ledger.open();
        for message in answer.json["messages"].as_array().into_iter().flatten() {
            book.shown(place, message);
        }
    }

    async fn type_(&self, place: usize) {
        let at = &self.scene.world.places[place];
        let path = format!("/servers/{}/channels/{}/typing", at.sid, at.general);
        self.ask(Method::POST, &path, None).await;
    }

    async fn come_or_go(&self, place: usize) {
        let at = &self.scene.world.places[place];
        let there = self.ask(Method::GET, &format!("/servers/{}", at.sid), None).await;
        let member = there.is_some_and(|a| a.status == 200);
        if member && self.number != at.owner && self.number != at.moderator && self.chance.percent(40) {
            self.ask(Method::POST, &format!("/servers/{}/leave", at.sid), None).await;
        } else if !member {
            let domain = &self.scene.nodes[at.hub].domain;
            self.ask(Method::POST, &format!("/directory/{domain}/{}/join", at.sid), Some(json!({}))).await;
        }
    }

    async fn moderate(&self, place: usize) {
        let at = &self.scene.world.places[place];
        let people = &self.scene.world.people;
        let other = self.chance.one(people).map_or(&self.person.uid, |p| &p.uid).clone();
        let below = |rest: String| format!("/servers/{}{rest}", at.sid);
        let over = |target: &str| below(format!("/channels/{}/overrides/{target}", at.changing));
        let view = |shown: bool| {
            let (allow, deny) = if shown { (vec!["view"], vec![]) } else { (vec![], vec!["view"]) };
            Some(json!({"allow": allow, "deny": deny}))
        };
        match self.chance.below(12) {
            // Who sees the channel: everybody or nobody but those who are named.
            0 | 1 => self.ask(Method::PUT, &over(&at.everyone), view(self.chance.percent(50))).await,
            2..=4 => self.ask(Method::PUT, &over(&other), view(self.chance.percent(60))).await,
            5 => self.ask(Method::DELETE, &over(&other), None).await,
            6 | 7 => self.ask(Method::DELETE, &below(format!("/members/{other}")), None).await,
            8 => self.ask(Method::PUT, &below(format!("/bans/{other}")), None).await,
            9 => self.ask(Method::DELETE, &below(format!("/bans/{other}")), None).await,
            10 => {
                let roles = if self.chance.percent(50) { vec![at.moderators.clone()] } else { Vec::new() };
                let path = below(format!("/members/{other}"));
                self.ask(Method::PATCH, &path, Some(json!({"roles": roles}))).await
            }
            _ => {
                let name = format!("c {}", self.chance.below(1_000));
                self.ask(Method::POST, &below("/channels".into()), Some(json!({"name": name}))).await
            }
        };
    }
}

/// A request without its ids, for counting.
fn what(method: &Method, path: &str) -> String {
    let parts: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').filter(|p| p.len() < 20).collect();
    format!("{method} {}", parts.join("/"))
}
