//! The clock of an instance: simulated time, which passes only while nobody has anything to do, and what is wrong with it.

use std::sync::atomic::{AtomicI64, Ordering};

use conntext_server::clock::Clock;
use tokio::time::Instant;

/// A clock.
pub struct SimClock {
    base_ms: i64,
    began: Instant,
    off_ms: AtomicI64,
}

impl SimClock {
    /// A clock that shows `base_ms` now.
    pub fn new(base_ms: i64) -> Self {
        Self { base_ms, began: Instant::now(), off_ms: AtomicI64::new(0) }
    }

    /// From now on it is wrong by so much.
    pub fn set_off(&self, ms: i64) {
        self.off_ms.store(ms, Ordering::SeqCst);
    }
}

impl Clock for SimClock {
    fn now_ms(&self) -> i64 {
        let passed = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.base_ms + passed + self.off_ms.load(Ordering::SeqCst)
    }
}
