//! A network of instances in this process, which a story can disturb.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, Bytes};
use conntext_server::clock::{Rng, SeededRng};
use conntext_server::config::Config;
use conntext_server::peers::client::{Request, Response, Upgraded};
use conntext_server::peers::{Transport, TransportError};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::TestInstance;

/// What goes wrong on the way, each in so many of a hundred requests.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    /// The request never arrives.
    pub lost: u64,
    /// The request arrives and its answer does not.
    pub answer_lost: u64,
    /// The request arrives twice.
    pub doubled: u64,
    /// The request is held back until another one on the same line has passed it, a second at most.
    pub reordered: u64,
    /// The longest delay in milliseconds; requests overtake each other.
    pub delay_ms: u64,
}

/// Which requests are under way on the line from one instance to another.
#[derive(Default)]
struct Traffic {
    now: usize,
    most: usize,
    passed: Arc<tokio::sync::Notify>,
}

struct State {
    routers: HashMap<String, axum::Router>,
    cut: HashSet<(String, String)>,
    stalled: HashSet<(String, String)>,
    /// The most requests of an instance that were under way at a time.
    most_from: HashMap<String, usize>,
    faults: Faults,
    /// Answers to requests whose path ends like this are lost.
    unanswered: String,
    traffic: HashMap<(String, String), Traffic>,
    /// Every request that arrived, and every answer in JSON: from, to, method and path (for an answer with `answer` in front
    /// of them), all its bytes.
    heard: Vec<(String, String, String, Bytes)>,
    /// What was said over connections that stay open: from, to, all bytes.
    streams: Vec<(String, String, Vec<u8>)>,
}

/// The network.
#[derive(Clone)]
pub struct TestNet {
    state: Arc<Mutex<State>>,
    rng: Arc<SeededRng>,
}

fn open(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl TestNet {
    /// An empty network; `seed` decides what goes wrong when.
    pub fn new(seed: u64) -> Self {
        let state = State {
            routers: HashMap::new(),
            cut: HashSet::new(),
            stalled: HashSet::new(),
            most_from: HashMap::new(),
            faults: Faults::default(),
            unanswered: String::new(),
            traffic: HashMap::new(),
            heard: Vec::new(),
            streams: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), rng: Arc::new(SeededRng::new(seed)) }
    }

    /// A new instance in the network.
    pub async fn instance(&self, domain: &str) -> TestInstance {
        self.instance_with(domain, |_| ()).await
    }

    /// A new instance whose configuration the story changes.
    pub async fn instance_with(&self, domain: &str, change: impl FnOnce(&mut Config)) -> TestInstance {
        TestInstance::in_net(self, domain, change).await
    }

    pub fn plug(&self, domain: &str, router: axum::Router) {
        open(&self.state).routers.insert(domain.to_owned(), router);
    }

    /// Takes an instance off the network, as when its process dies.
    pub fn unplug(&self, domain: &str) {
        open(&self.state).routers.remove(domain);
    }

    pub(super) fn transport(&self, from: &str) -> Arc<dyn Transport> {
        Arc::new(Line { net: self.clone(), from: from.to_owned() })
    }

    /// Cuts the line between two instances, both ways.
    pub fn cut(&self, a: &str, b: &str) {
        let mut state = open(&self.state);
        state.cut.insert((a.to_owned(), b.to_owned()));
        state.cut.insert((b.to_owned(), a.to_owned()));
    }

    /// From now on requests from one instance to another hang until the line is mended.
    pub fn stall(&self, from: &str, to: &str) {
        open(&self.state).stalled.insert((from.to_owned(), to.to_owned()));
    }

    /// Mends the line.
    pub fn heal(&self, a: &str, b: &str) {
        let mut state = open(&self.state);
        state.stalled.remove(&(a.to_owned(), b.to_owned()));
        state.stalled.remove(&(b.to_owned(), a.to_owned()));
        state.cut.remove(&(a.to_owned(), b.to_owned()));
        state.cut.remove(&(b.to_owned(), a.to_owned()));
    }

    /// From now on this goes wrong.
    pub fn disturb(&self, faults: Faults) {
        open(&self.state).faults = faults;
    }

    /// From now on answers to requests whose path ends like this are lost; to none with nothing.
    pub fn lose_answers(&self, to: &str) {
        to.clone_into(&mut open(&self.state).unanswered);
    }

    /// Whether anything that arrived at an instance, asked for or not, held this text.
    pub fn was_told(&self, to: &str, text: &str) -> bool {
        let state = open(&self.state);
        let heard = state.heard.iter().filter(|h| h.1 == to).any(|h| String::from_utf8_lossy(&h.3).contains(text));
        heard || state.streams.iter().filter(|s| s.1 == to).any(|s| String::from_utf8_lossy(&s.2).contains(text))
    }

    /// How many bytes went over connections that stay open, from one instance to another.
    pub fn streamed(&self, from: &str, to: &str) -> usize {
        open(&self.state).streams.iter().filter(|s| s.0 == from && s.1 == to).map(|s| s.2.len()).sum()
    }

    /// Who answers for a domain, for one that asks to open a connection.
    pub(super) fn reach(&self, from: &str, to: &str, told: String) -> Result<axum::Router, TransportError> {
        let mut state = open(&self.state);
        if state.cut.contains(&(from.to_owned(), to.to_owned())) {
            return Err(TransportError("the line is cut".into()));
        }
        let router = state.routers.get(to).cloned().ok_or_else(|| TransportError("nobody is there".into()))?;
        state.heard.push((from.to_owned(), to.to_owned(), told, Bytes::new()));
        Ok(router)
    }

    /// Notes a connection; what is said over it is noted under this number.
    pub(super) fn connected(&self, from: &str, to: &str) -> usize {
        let mut state = open(&self.state);
        state.streams.push((from.to_owned(), to.to_owned(), Vec::new()));
        state.streams.len() - 1
    }

    pub(super) fn said(&self, connection: usize, bytes: &[u8]) {
        open(&self.state).streams[connection].2.extend_from_slice(bytes);
    }

    pub(super) fn is_cut(&self, from: &str, to: &str) -> bool {
        let state = open(&self.state);
        state.cut.contains(&(from.to_owned(), to.to_owned())) || !state.routers.contains_key(to)
    }

    pub(super) fn is_stalled(&self, from: &str, to: &str) -> bool {
        open(&self.state).stalled.contains(&(from.to_owned(), to.to_owned()))
    }

    /// How many requests that begin with this method and path arrived from one instance at another.
    pub fn count(&self, from: &str, to: &str, what: &str) -> usize {
        let state = open(&self.state);
        state.heard.iter().filter(|h| h.0 == from && h.1 == to && h.2.starts_with(what)).count()
    }

    /// The most requests that were under way at a time from one instance to another.
    pub fn most_at_a_time(&self, from: &str, to: &str) -> usize {
        open(&self.state).traffic.get(&(from.to_owned(), to.to_owned())).map_or(0, |t| t.most)
    }

    /// The most requests of an instance that were under way at a time, over all others.
    pub fn most_from(&self, from: &str) -> usize {
        open(&self.state).most_from.get(from).copied().unwrap_or_default()
    }

    /// Counts a request until it is dropped.
    fn under_way(&self, from: &str, to: &str) -> UnderWay {
        let line = (from.to_owned(), to.to_owned());
        let mut state = open(&self.state);
        let traffic = state.traffic.entry(line.clone()).or_default();
        traffic.now += 1;
        traffic.most = traffic.most.max(traffic.now);
        let passed = traffic.passed.clone();
        let all: usize = state.traffic.iter().filter(|(line, _)| line.0 == from).map(|(_, t)| t.now).sum();
        let most = state.most_from.entry(from.to_owned()).or_default();
        *most = all.max(*most);
        UnderWay { net: self.clone(), passed, line }
    }

    fn chance(&self, of_hundred: u64) -> bool {
        let rng: &dyn Rng = &*self.rng;
        of_hundred > 0 && rng.below(100) < of_hundred
    }
}

/// A request on its way.
struct UnderWay {
    net: TestNet,
    passed: Arc<tokio::sync::Notify>,
    line: (String, String),
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(traffic) = open(&self.net.state).traffic.get_mut(&self.line) {
            traffic.now -= 1;
        }
    }
}

struct Line {
    net: TestNet,
    from: String,
}

impl Line {
    async fn deliver(
        &self,
        to: &str,
        parts: &axum::http::request::Parts,
        body: Bytes,
    ) -> Result<Response, TransportError> {
        let router = {
            let mut state = open(&self.net.state);
            if state.cut.contains(&(self.from.clone(), to.to_owned())) {
                return Err(TransportError("the line is cut".into()));
            }
            let told = format!("{} {}", parts.method, parts.uri.path());
            let router = state.routers.get(to).cloned();
            if router.is_some() {
                let bytes = bytes_of(&parts.uri.to_string(), &parts.headers, &body);
                state.heard.push((self.from.clone(), to.to_owned(), told, bytes));
            }
            router.ok_or_else(|| TransportError("nobody is there".into()))?
        };
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
        let mut request = axum::http::Request::builder().method(parts.method.clone()).uri(path).header("host", to);
        for (name, value) in &parts.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).map_err(|e| TransportError(e.to_string()))?;
        let response = match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let kind = response.headers().get("content-type").map_or(&b""[..], |kind| kind.as_bytes());
        if !kind.ends_with(b"json") {
            return Ok(response);
        }
        let (answer, body) = response.into_parts();
        let body = body.collect().await.map_err(|e| TransportError(e.to_string()))?.to_bytes();
        let told = format!("answer {} {}", parts.method, parts.uri.path());
        let bytes = bytes_of(answer.status.as_str(), &answer.headers, &body);
        open(&self.net.state).heard.push((to.to_owned(), self.from.clone(), told, bytes));
        Ok(Response::from_parts(answer, Body::from(body)))
    }
}

/// Everything that goes over the line.
fn bytes_of(first: &str, headers: &axum::http::HeaderMap, body: &Bytes) -> Bytes {
    let mut all = first.as_bytes().to_vec();
    for (name, value) in headers {
        all.extend([b"\n", name.as_str().as_bytes(), b": ", value.as_bytes()].concat());
    }
    all.extend(b"\n\n");
    all.extend(body);
    all.into()
}

impl Transport for Line {
    fn upgrade(&self, request: Request) -> BoxFuture<'_, Result<Upgraded, TransportError>> {
        Box::pin(super::sockets::open(&self.net, &self.from, request))
    }

    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let to = parts.uri.authority().map(|a| a.as_str().to_owned()).unwrap_or_default();
            let body = body.collect().await.map_err(|e| TransportError(e.to_string()))?.to_bytes();
            let faults = open(&self.net.state).faults;
            let way = self.net.under_way(&self.from, &to);
            if faults.delay_ms > 0 {
                let rng: &dyn Rng = &*self.net.rng;
                tokio::time::sleep(Duration::from_millis(rng.below(faults.delay_ms))).await;
            }
            let line = (self.from.clone(), to.clone());
            while open(&self.net.state).stalled.contains(&line) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            if self.net.chance(faults.lost) {
                return Err(TransportError("lost on the way".into()));
            }
            if self.net.chance(faults.doubled) {
                let _ = self.deliver(&to, &parts, body.clone()).await;
            }
            if self.net.chance(faults.reordered) {
                let _ = tokio::time::timeout(Duration::from_secs(1), way.passed.notified()).await;
            } else {
                way.passed.notify_waiters();
            }
            let response = self.deliver(&to, &parts, body).await?;
            let unanswered = open(&self.net.state).unanswered.clone();
            let unanswered = !unanswered.is_empty() && parts.uri.path().ends_with(&unanswered);
            if unanswered || self.net.chance(faults.answer_lost) {
                return Err(TransportError("the answer was lost".into()));
            }
            Ok(response)
        })
    }
}
