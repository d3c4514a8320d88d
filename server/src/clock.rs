//! Time and randomness. The only two places of the program where the outside world's clock and
//! random source are read; everything else gets them from the [`App`](crate::App), so that a whole
//! network of instances can be run again from a seed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _, TryRng as _};

/// Wall-clock time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
}

/// A source of random bytes that are fit for secrets.
pub trait Rng: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Rng + '_ {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        self.fill(&mut buffer);
        buffer
    }

    /// A secret of 256 random bits as 43 characters of base64url.
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// A uniformly distributed number below `bound` (0 for a bound of 0), for jitter.
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // The bias of a 64-bit remainder is far below what jitter could show.
        u64::from_le_bytes(self.bytes::<8>()) % bound
    }
}

/// The machine's clock.
pub struct SystemClock {
    offset_ms: i64,
}

impl SystemClock {
    /// A clock that honours `CONNTEXT_CLOCK_OFFSET` (seconds), but only when `CONNTEXT_TEST=1`.
    pub fn from_env() -> Self {
        let testing = std::env::var("CONNTEXT_TEST").is_ok_and(|v| v == "1");
        let offset_s: i64 =
            std::env::var("CONNTEXT_CLOCK_OFFSET").ok().filter(|_| testing).and_then(|v| v.parse().ok()).unwrap_or(0);
        Self { offset_ms: offset_s.saturating_mul(1000) }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the machine's clock")]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(self.offset_ms)
    }
}

/// A clock that stands still until it is told otherwise.
pub struct TestClock(AtomicI64);

impl TestClock {
    /// A clock that shows `now_ms`.
    pub fn new(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Sets the time, in milliseconds since 1970.
    pub fn set(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::SeqCst);
    }

    /// Moves the time on by `ms` milliseconds.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The operating system's random source.
pub struct OsRng;

impl Rng for OsRng {
    #[expect(clippy::expect_used, reason = "without randomness no secret can be made: stopping is the safe answer")]
    fn fill(&self, buffer: &mut [u8]) {
        rand::rngs::SysRng.try_fill_bytes(buffer).expect("the operating system gave no random bytes");
    }
}

/// A reproducible source for tests.
pub struct SeededRng(Mutex<StdRng>);

impl SeededRng {
    /// The same seed gives the same bytes.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Rng for SeededRng {
    fn fill(&self, buffer: &mut [u8]) {
        let mut rng = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        rng.fill_bytes(buffer);
    }
}
