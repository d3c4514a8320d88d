//! Rate limits: a burst that refills with time, for each key.
//!
//! Written here because the limits must run on the App's clock, and because a sign-in is charged only
//! when it fails, which takes a look before the charge.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

use crate::error::Problem;

/// Keys are dropped when they are full again; this many more make a sweep worth it.
const SWEEP: usize = 1_024;

/// A limit with a bucket for each key.
pub struct RateLimit<K> {
    burst: i64,
    refill_ms: i64,
    /// When the bucket of a key will be full again, in milliseconds since 1970.
    full_at: Mutex<(HashMap<K, i64>, usize)>,
}

impl<K: Hash + Eq> RateLimit<K> {
    /// `burst` at once, and one more each `refill_ms` milliseconds.
    pub fn new(burst: u32, refill_ms: u64) -> Self {
        Self {
            burst: i64::from(burst.max(1)),
            refill_ms: i64::try_from(refill_ms.max(1)).unwrap_or(i64::MAX / 1_000_000),
            full_at: Mutex::new((HashMap::new(), SWEEP)),
        }
    }

    /// Refuses when nothing is left for this key; takes nothing.
    pub fn look(&self, key: &K, now_ms: i64) -> Result<(), Problem> {
        let buckets = self.full_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.judge(buckets.0.get(key).copied(), now_ms).map(|_| ())
    }

    /// Takes one, or refuses with the time after which there is one again.
    pub fn take(&self, key: K, now_ms: i64) -> Result<(), Problem> {
        let mut buckets = self.full_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let full_at = self.judge(buckets.0.get(&key).copied(), now_ms)?;
        buckets.0.insert(key, full_at);
        if buckets.0.len() > buckets.1 {
            buckets.0.retain(|_, full_at| *full_at > now_ms);
            buckets.1 = buckets.0.len() * 2 + SWEEP;
        }
        Ok(())
    }

    /// When the bucket would be full again after one more.
    fn judge(&self, full_at: Option<i64>, now_ms: i64) -> Result<i64, Problem> {
        // Further ahead than from empty to full is only what a clock wrote that went back since: nobody has to wait
        // until it is there again.
        let full_at = full_at.filter(|at| *at <= now_ms + self.burst * self.refill_ms);
        let next = full_at.unwrap_or(now_ms).max(now_ms) + self.refill_ms;
        let wait = next - now_ms - self.burst * self.refill_ms;
        if wait > 0 {
            return Err(Problem::rate(wait.unsigned_abs()));
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_refills_with_time() {
        let limit = RateLimit::new(3, 1_000);
        for _ in 0..3 {
            limit.take("a", 0).unwrap();
        }
        assert_eq!(limit.take("a", 0).unwrap_err().retry_after_ms, Some(1_000));
        assert!(limit.look(&"a", 0).is_err());
        limit.take("b", 0).unwrap();
        limit.take("a", 1_000).unwrap();
        assert_eq!(limit.take("a", 1_400).unwrap_err().retry_after_ms, Some(600));
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out() {
        let limit = RateLimit::new(3, 1_000);
        limit.take("a", 10_000_000).unwrap();
        limit.take("a", 0).unwrap();
    }

    #[test]
    fn old_keys_are_forgotten() {
        let limit = RateLimit::new(1, 10);
        for i in 0..5_000 {
            limit.take(i, i64::from(i) * 100).unwrap();
        }
        assert!(limit.full_at.lock().unwrap().0.len() <= SWEEP + 1);
    }
}
