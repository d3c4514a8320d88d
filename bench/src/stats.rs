//! Percentiles of durations.

use std::time::Duration;

/// Durations that were measured.
#[derive(Clone, Debug, Default)]
pub struct Durations(Vec<Duration>);

impl Durations {
    /// One more.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// Those of another measurement too.
    pub fn extend(&mut self, other: Durations) {
        self.0.extend(other.0);
    }

    /// The duration that the given share (0 to 1) of all does not exceed, in milliseconds; 0 when there is none.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
        let at = ((share * sorted.len() as f64).ceil() as usize).saturating_sub(1).min(last);
        sorted[at].as_secs_f64() * 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let mut durations = Durations::default();
        for ms in (1..=100).rev() {
            durations.push(Duration::from_millis(ms));
        }
        assert_eq!(durations.percentile_ms(0.5), 50.0);
        assert_eq!(durations.percentile_ms(0.99), 99.0);
        assert_eq!(durations.percentile_ms(1.0), 100.0);
        assert_eq!(Durations::default().percentile_ms(0.5), 0.0);
    }
}
