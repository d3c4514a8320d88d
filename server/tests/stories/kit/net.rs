//! A network of instances in this process, which a story can disturb.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, Bytes};
use conntext_server::clock::{Rng, SeededRng};
use conntext_server::config::Config;
use conntext_server::peers::client::{Request, Response};
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
    /// The longest delay in milliseconds; requests overtake each other.
    pub delay_ms: u64,
}

struct State {
    routers: HashMap<String, axum::Router>,
    cut: HashSet<(String, String)>,
    faults: Faults,
    /// Every request that arrived: from, to, method and path, body.
    heard: Vec<(String, String, String, Bytes)>,
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
        let state =
            State { routers: HashMap::new(), cut: HashSet::new(), faults: Faults::default(), heard: Vec::new() };
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

    pub(super) fn plug(&self, domain: &str, router: axum::Router) {
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

    /// Mends the line.
    pub fn heal(&self, a: &str, b: &str) {
        let mut state = open(&self.state);
        state.cut.remove(&(a.to_owned(), b.to_owned()));
        state.cut.remove(&(b.to_owned(), a.to_owned()));
    }

    /// From now on this goes wrong.
    pub fn disturb(&self, faults: Faults) {
        open(&self.state).faults = faults;
    }

    /// Whether anything that arrived at an instance held this text.
    pub fn was_told(&self, to: &str, text: &str) -> bool {
        let state = open(&self.state);
        state.heard.iter().filter(|h| h.1 == to).any(|h| String::from_utf8_lossy(&h.3).contains(text))
    }

    fn chance(&self, of_hundred: u64) -> bool {
        let rng: &dyn Rng = &*self.rng;
        of_hundred > 0 && rng.below(100) < of_hundred
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
                state.heard.push((self.from.clone(), to.to_owned(), told, body.clone()));
            }
            router.ok_or_else(|| TransportError("nobody is there".into()))?
        };
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
        let mut request = axum::http::Request::builder().method(parts.method.clone()).uri(path);
        for (name, value) in &parts.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).map_err(|e| TransportError(e.to_string()))?;
        match router.oneshot(request).await {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        }
    }
}

impl Transport for Line {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let to = parts.uri.authority().map(|a| a.as_str().to_owned()).unwrap_or_default();
            let body = body.collect().await.map_err(|e| TransportError(e.to_string()))?.to_bytes();
            let faults = open(&self.net.state).faults;
            if faults.delay_ms > 0 {
                let rng: &dyn Rng = &*self.net.rng;
                tokio::time::sleep(Duration::from_millis(rng.below(faults.delay_ms))).await;
            }
            if self.net.chance(faults.lost) {
                return Err(TransportError("lost on the way".into()));
            }
            if self.net.chance(faults.doubled) {
                let _ = self.deliver(&to, &parts, body.clone()).await;
            }
            let response = self.deliver(&to, &parts, body).await?;
            if self.net.chance(faults.answer_lost) {
                return Err(TransportError("the answer was lost".into()));
            }
            Ok(response)
        })
    }
}
