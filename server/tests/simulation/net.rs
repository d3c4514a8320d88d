//! The network between the instances of a run: everything on it can be late, lost, doubled or out of order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use conntext_server::peers::client::{Request, Response, Upgraded};
use conntext_server::peers::{Transport, TransportError};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::time::sleep;
use tower::ServiceExt as _;

use super::chance::Chance;
use super::life::Life;
use super::streams;
use super::trace::{Trace, short};

/// What stands in messages that are for the people of one instance alone.
pub const SECRET: &str = "secret of ";

/// What goes wrong, each in so many of a hundred requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// The request never arrives.
    pub lost: u64,
    /// The request arrives and its answer does not.
    pub answer_lost: u64,
    /// The request arrives again, later.
    pub doubled: u64,
    /// The longest time each way, milliseconds: requests overtake each other.
    pub delay_ms: u64,
}

#[derive(Default)]
struct State {
    routers: BTreeMap<String, (Router, Arc<Life>)>,
    cut: BTreeSet<(String, String)>,
    weather: Weather,
    /// What arrived where it must never be.
    leaks: Vec<String>,
    requests: u64,
    streamed: u64,
}

/// The network. Cheap to clone.
#[derive(Clone)]
pub struct Net {
    state: Arc<Mutex<State>>,
    chance: Arc<Chance>,
    trace: Trace,
}

impl Net {
    /// A network that works.
    pub fn new(seed: u64, trace: Trace) -> Self {
        Self { state: Arc::default(), chance: Arc::new(Chance::new(seed, 1)), trace }
    }

    fn open(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this life answers at a domain.
    pub fn plug(&self, domain: &str, router: Router, life: Arc<Life>) {
        self.open().routers.insert(domain.to_owned(), (router, life));
    }

    /// Cuts one direction of a line.
    pub fn cut(&self, from: &str, to: &str) {
        self.open().cut.insert((from.to_owned(), to.to_owned()));
    }

    /// Mends one direction of a line.
    pub fn mend(&self, from: &str, to: &str) {
        self.open().cut.remove(&(from.to_owned(), to.to_owned()));
    }

    /// From now on the weather is this.
    pub fn set_weather(&self, weather: Weather) {
        self.open().weather = weather;
    }

    /// All lines work.
    pub fn heal(&self) {
        let mut state = self.open();
        state.cut.clear();
        state.weather = Weather::default();
    }

    /// What arrived where it must never be.
    pub fn leaks(&self) -> Vec<String> {
        self.open().leaks.clone()
    }

    /// Requests that were sent.
    pub fn requests(&self) -> u64 {
        self.open().requests
    }

    /// Bytes that came over connections which stay open.
    pub fn bytes_streamed(&self) -> u64 {
        self.open().streamed
    }

    pub(super) fn streamed(&self, bytes: usize) {
        self.open().streamed += bytes as u64;
    }

    /// The way out of one life.
    pub fn line(&self, from: &str, life: Arc<Life>) -> Arc<dyn Transport> {
        Arc::new(Line { net: self.clone(), from: from.to_owned(), life })
    }

    /// Counts a request and notes it.
    pub(super) fn begin(&self, line: impl FnOnce(u64) -> String) -> u64 {
        let number = {
            let mut state = self.open();
            state.requests += 1;
            state.requests
        };
        self.trace.note(|| line(number));
        number
    }

    pub(super) fn note(&self, line: impl FnOnce() -> String) {
        self.trace.note(line);
    }

    pub(super) fn weather(&self) -> Weather {
        self.open().weather
    }

    pub(super) fn chance(&self) -> &Chance {
        &self.chance
    }

    /// Who answers at a domain.
    pub(super) fn reach(&self, domain: &str) -> Result<(Router, Arc<Life>), TransportError> {
        let there = self.open().routers.get(domain).cloned();
        there.filter(|(_, life)| !life.is_over()).ok_or_else(|| TransportError("nobody is there".into()))
    }

    pub(super) fn passes(&self, from: &str, to: &str) -> bool {
        !self.open().cut.contains(&(from.to_owned(), to.to_owned()))
    }

    pub(super) async fn late(&self, most_ms: u64) {
        if most_ms > 0 {
            // Most are quick, a few take much longer: so they overtake each other.
            let most_ms = if self.chance.percent(20) { most_ms } else { most_ms.div_ceil(8) };
            sleep(Duration::from_millis(self.chance.below(most_ms))).await;
        }
    }

    /// Who hears what was told to another's people only.
    pub(super) fn overhear(&self, at: &str, from: &str, what: &str, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        for (start, _) in text.match_indices(SECRET) {
            let rest = &text[start + SECRET.len()..];
            if !rest.starts_with(at) {
                let told: String = text[start..].chars().take(30).collect();
                self.open().leaks.push(format!("{from} told {at} in {what}: {told}"));
            }
        }
    }

    /// Brings a request to its receiver and hands back the whole answer.
    async fn deliver(&self, from: &str, to: &str, parts: &Parts, body: Bytes) -> Result<Answer, TransportError> {
        let (router, life) = self.reach(to)?;
        let what = format!("{} {}", parts.method, parts.uri.path());
        self.overhear(to, from, &what, &body);
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
        let mut request = axum::http::Request::builder().method(parts.method.clone()).uri(path);
        for (name, value) in &parts.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).map_err(|e| TransportError(e.to_string()))?;
        let answer = async {
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(|e| TransportError(e.to_string()))?.to_bytes();
            Ok(Answer { parts, body })
        };
        let broken = || TransportError("the connection broke".into());
        let answer = life.over.run_until_cancelled(answer).await.ok_or_else(broken)??;
        // What it wanted to say after its end was never said.
        if life.is_over() {
            return Err(broken());
        }
        self.overhear(from, to, &what, &answer.body);
        Ok(answer)
    }
}

struct Answer {
    parts: axum::http::response::Parts,
    body: Bytes,
}

struct Line {
    net: Net,
    from: String,
    life: Arc<Life>,
}

impl Line {
    /// What comes of it while the process lives.
    async fn alive<T>(&self, work: impl Future<Output = Result<T, TransportError>>) -> Result<T, TransportError> {
        let ended = || TransportError("the process has ended".into());
        if !self.life.step() {
            return Err(ended());
        }
        let answer = self.life.over.run_until_cancelled(work).await.ok_or_else(ended)?;
        // It may also end when the answer is there and nothing has been done with it.
        if self.life.step() { answer } else { Err(ended()) }
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let net = &self.net;
        let (parts, body) = request.into_parts();
        let to = parts.uri.authority().map(|a| a.as_str().to_owned()).unwrap_or_default();
        let body = body.collect().await.map_err(|e| TransportError(e.to_string()))?.to_bytes();
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let digest = short(&body);
        let number = net.begin(|number| format!("#{number} {} > {to} {} {path} {digest}", self.from, parts.method));
        net.trace.show(|| format!("#{number} says {}", about(&path, &body)));
        let weather = net.weather();
        net.late(weather.delay_ms).await;
        if net.chance.percent(weather.lost) {
            // Whoever waits for the answer finds out only by waiting.
            std::future::pending::<()>().await;
        }
        if !net.passes(&self.from, &to) {
            return Err(TransportError("the line is cut".into()));
        }
        if net.chance.percent(weather.doubled) {
            let (net, from, to) = (net.clone(), self.from.clone(), to.clone());
            let (parts, body, after) = (parts.clone(), body.clone(), net.chance.below(20_000));
            tokio::spawn(async move {
                sleep(Duration::from_millis(after)).await;
                let answer = net.deliver(&from, &to, &parts, body).await;
                net.trace.note(|| format!("#{number} again: {}", status(&answer)));
            });
        }
        let answer = net.deliver(&self.from, &to, &parts, body).await;
        net.trace.note(|| format!("#{number} {}", status(&answer)));
        let answer = answer?;
        net.late(weather.delay_ms).await;
        if net.chance.percent(weather.answer_lost) {
            std::future::pending::<()>().await;
        }
        if !net.passes(&to, &self.from) {
            return Err(TransportError("the line was cut".into()));
        }
        Ok(Response::from_parts(answer.parts, Body::from(answer.body)))
    }
}

/// What a request says, in short.
fn about(path: &str, body: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return "no JSON".into() };
    let list = |name: &str| json[name].as_array().cloned().unwrap_or_default();
    if path.ends_with("/actions") {
        let kinds: Vec<String> = list("actions").iter().map(|a| format!("{} {}", a["kind"], a["aid"])).collect();
        return format!("{}{}", kinds.join(", "), if json["keys"].is_null() { "" } else { ", keys" });
    }
    if !path.ends_with("/events") {
        return String::from_utf8_lossy(body).chars().take(200).collect();
    }
    let place = |item: &Value| match item["header"]["seq"].as_u64() {
        Some(seq) => seq.to_string(),
        None => format!("({})", item["stub"]),
    };
    let events: Vec<String> = list("events").iter().map(place).collect();
    let (gained, lost) = (list("gained").len(), list("lost").len());
    format!("{}: {}, {gained} gained, {lost} lost", json["sid"], events.join(" "))
}

fn status(answer: &Result<Answer, TransportError>) -> String {
    match answer {
        Ok(answer) if answer.parts.status.is_success() => {
            format!("{} {}", answer.parts.status.as_u16(), short(&answer.body))
        }
        Ok(answer) => format!("{} {}", answer.parts.status.as_u16(), String::from_utf8_lossy(&answer.body)),
        Err(e) => e.to_string(),
    }
}

impl Transport for Line {
    fn upgrade(&self, request: Request) -> BoxFuture<'_, Result<Upgraded, TransportError>> {
        Box::pin(self.alive(streams::open(&self.net, &self.from, &self.life, request)))
    }

    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.alive(self.exchange(request)))
    }
}
