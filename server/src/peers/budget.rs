//! Rates whose size differs from key to key and from day to day: what a new instance may do grows when it is known, and
//! what all people of an instance may do grows with their number.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

/// Keys that are full again are dropped; this many more make a sweep worth it.
const SWEEP: usize = 1_024;

/// How much, and how fast it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: u64,
    /// In the time below in the long run.
    pub amount: u64,
    /// Milliseconds.
    pub per_ms: u64,
}

impl Rate {
    /// So many per second.
    pub fn per_second(burst: u32, amount: u32) -> Self {
        Self { burst: burst.max(1).into(), amount: amount.max(1).into(), per_ms: 1_000 }
    }

    /// A part of it in percent; never nothing.
    #[must_use]
    pub fn percent(self, part: u32) -> Self {
        let of = |n: u64| (n.saturating_mul(part.into()) / 100).max(1);
        Self { burst: of(self.burst), amount: of(self.amount), per_ms: self.per_ms }
    }

    fn nanos(self, amount: u64) -> i128 {
        i128::from(amount) * i128::from(self.per_ms) * 1_000_000 / i128::from(self.amount.max(1))
    }
}

/// When a bucket is full again, and when that was written, in nanoseconds since 1970.
type Bucket = (i128, i128);

/// A bucket for each key.
pub struct Budget<K> {
    full_at: Mutex<(HashMap<K, Bucket>, usize)>,
}

/// When a bucket is full again. A clock that went back since that was written takes it along.
fn full_at(bucket: Option<&mut Bucket>, now: i128) -> i128 {
    let Some((full_at, at)) = bucket else { return now };
    *full_at -= (*at - now).max(0);
    *at = now.min(*at);
    (*full_at).max(now)
}

impl<K> Default for Budget<K> {
    fn default() -> Self {
        Self { full_at: Mutex::new((HashMap::new(), SWEEP)) }
    }
}

impl<K: Hash + Eq> Budget<K> {
    /// Takes so much of what `rate` allows. What is more than the burst at once is taken when the bucket is full.
    ///
    /// # Errors
    /// After how many milliseconds there is enough.
    pub fn take(&self, key: K, rate: Rate, amount: u64, now_ms: i64) -> Result<(), u64> {
        let now = i128::from(now_ms) * 1_000_000;
        let mut buckets = self.full_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let full_at = full_at(buckets.0.get_mut(&key), now);
        wait(full_at, rate, amount, now)?;
        buckets.0.insert(key, (full_at + rate.nanos(amount), now));
        if buckets.0.len() > buckets.1 {
            buckets.0.retain(|_, (full_at, _)| *full_at > now);
            buckets.1 = buckets.0.len() * 2 + SWEEP;
        }
        Ok(())
    }

    /// As [`Self::take`], and takes nothing.
    ///
    /// # Errors
    /// After how many milliseconds there is enough.
    pub fn look(&self, key: &K, rate: Rate, amount: u64, now_ms: i64) -> Result<(), u64> {
        let now = i128::from(now_ms) * 1_000_000;
        let mut buckets = self.full_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        wait(full_at(buckets.0.get_mut(key), now), rate, amount, now)
    }
}

fn wait(full_at: i128, rate: Rate, amount: u64, now: i128) -> Result<(), u64> {
    let missing = full_at + rate.nanos(amount.min(rate.burst)) - now - rate.nanos(rate.burst);
    if missing <= 0 {
        return Ok(());
    }
    Err(u64::try_from(missing / 1_000_000).unwrap_or(u64::MAX).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_refills_with_time_and_large_amounts_wait_for_a_full_bucket() {
        let budget = Budget::default();
        let rate = Rate { burst: 1_000, amount: 60_000, per_ms: 60_000 };
        budget.take("a", rate, 600, 0).unwrap();
        assert_eq!(budget.take("a", rate, 600, 0), Err(201));
        budget.look(&"a", rate, 400, 0).unwrap();
        budget.take("b", rate, 5_000, 0).unwrap();
        assert!(budget.take("b", rate, 1, 3_999).is_err());
        budget.take("b", rate, 1, 4_002).unwrap();
        budget.take("a", rate, 600, 201).unwrap();
    }

    #[test]
    fn a_rate_that_grows_counts_from_then_on() {
        let budget = Budget::default();
        let rate = Rate::per_second(200, 50);
        let new = rate.percent(10);
        assert_eq!(new, Rate { burst: 20, amount: 5, per_ms: 1_000 });
        for _ in 0..20 {
            budget.take("a", new, 1, 0).unwrap();
        }
        assert_eq!(budget.take("a", new, 1, 0), Err(201));
        assert!(budget.take("a", rate, 1, 200).is_ok(), "known now");
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out() {
        let budget = Budget::default();
        let rate = Rate::per_second(2, 1);
        budget.take("a", rate, 2, 10_000_000).unwrap();
        assert_eq!(budget.take("a", rate, 1, 0), Err(1_001));
        budget.take("a", rate, 1, 1_001).unwrap();
    }

    #[test]
    fn keys_that_are_full_again_are_forgotten() {
        let budget = Budget::default();
        for i in 0..5_000_i64 {
            budget.take(i, Rate::per_second(1, 100), 1, i * 100).unwrap();
        }
        assert!(budget.full_at.lock().unwrap().0.len() <= SWEEP + 1);
    }
}
