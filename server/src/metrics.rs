//! Counters for `/metrics`, in a registry that belongs to the App: two instances in one process never mix.

use std::sync::Mutex;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};

/// Labels of an answered request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The route's pattern, never the path itself (ids are no labels).
    pub route: String,
    /// The HTTP method.
    pub method: String,
    /// The HTTP status.
    pub status: u16,
}

/// Labels of a refused request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProblemLabels {
    /// The problem's code.
    pub code: String,
}

/// The metrics that the base itself keeps, and the registry for those of the rooms.
pub struct Metrics {
    registry: Mutex<Registry>,
    /// Requests answered.
    pub requests: Family<RequestLabels, Counter>,
    /// Requests refused, by code.
    pub problems: Family<ProblemLabels, Counter>,
    /// Time to answer a request, in seconds.
    pub request_seconds: Histogram,
}

impl Metrics {
    /// An empty set.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("conntext");
        let requests = Family::default();
        let problems = Family::default();
        let request_seconds = Histogram::new(exponential_buckets(0.000_5, 2.0, 16));
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("problems", "Requests refused, by code", problems.clone());
        registry.register("http_request_seconds", "Time to answer a request", request_seconds.clone());
        Self { registry: Mutex::new(registry), requests, problems, request_seconds }
    }

    /// Adds a metric of a room and hands it back.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        let mut registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        registry.register(name, help, metric.clone());
        metric
    }

    /// Everything in the text format of OpenMetrics.
    pub fn render(&self) -> String {
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut text = String::new();
        if let Err(e) = prometheus_client::encoding::text::encode(&mut text, &registry) {
            tracing::error!(error = %e, "metrics cannot be written");
        }
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
