//! Counters of streams.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::metrics::Metrics;

/// What is counted.
pub(super) struct StreamMetrics {
    /// Followers that have a stream of a log of ours.
    pub(super) open: Gauge,
    /// Pushes that went over streams.
    pub(super) pushes: Counter,
    /// Copies here that have a stream.
    pub(super) followed: Gauge,
}

impl StreamMetrics {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            open: metrics.register(
                "peer_streams",
                "Streams that other instances have of communities here",
                Gauge::default(),
            ),
            pushes: metrics.register("peer_stream_pushes", "Pushes that went over streams", Counter::default()),
            followed: metrics.register(
                "peer_streams_followed",
                "Streams that copies of communities elsewhere have",
                Gauge::default(),
            ),
        }
    }
}
