//! What happened in a run, in order: a digest that two runs of one seed share, and lines to read.

use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

struct Inner {
    digest: Sha256,
    count: u64,
}

/// The trace of a run. Cheap to clone.
#[derive(Clone)]
pub struct Trace {
    inner: Arc<Mutex<Inner>>,
    began: Instant,
    shown: bool,
}

impl Trace {
    /// An empty trace, which is also printed where `shown`.
    pub fn new(shown: bool) -> Self {
        let inner = Inner { digest: Sha256::new(), count: 0 };
        Self { inner: Arc::new(Mutex::new(inner)), began: Instant::now(), shown }
    }

    /// Says more about what happens, to those who read it.
    pub fn show(&self, more: impl FnOnce() -> String) {
        if self.shown {
            println!("{:>9.3} {}", Instant::now().duration_since(self.began).as_secs_f64(), more());
        }
    }

    /// Notes what happens now.
    pub fn note(&self, line: impl FnOnce() -> String) {
        let at = self.began.elapsed().as_millis();
        let line = line();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.digest.update(format!("{at} {line}\n"));
        inner.count += 1;
        if self.shown {
            println!("{:>9.3} {line}", Instant::now().duration_since(self.began).as_secs_f64());
        }
    }

    /// What was noted so far.
    pub fn digest(&self) -> String {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = inner.digest.clone().finalize();
        format!("{} lines, {}", inner.count, data_encoding::HEXLOWER.encode(&sum[..8]))
    }
}

/// A few characters that stand for bytes.
pub fn short(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)[..4])
}
