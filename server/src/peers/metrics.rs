//! Counters of the exchange with other instances.

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

use crate::metrics::Metrics;

/// What is counted.
pub struct PeerMetrics {
    lag_seconds: Histogram,
}

impl PeerMetrics {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let lag = Histogram::new(exponential_buckets(0.005, 2.0, 20));
        let help = "Time from an event at its hub to its arrival here";
        Self { lag_seconds: metrics.register("peer_lag_seconds", help, lag) }
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a delay fit exactly")]
    pub(super) fn lag(&self, ms: i64) {
        self.lag_seconds.observe(ms.max(0) as f64 / 1000.0);
    }
}
