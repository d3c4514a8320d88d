//! How often a follower of a log is pushed to when there are many: a request costs more than what it carries, so with
//! many followers each gets what is new together, a little later.

use std::collections::HashMap;
use std::time::Duration;

use conntext_federation::ids::InstanceId;
use conntext_federation::wire::MAX_PUSH_EVENTS;
use tokio::time::Instant;

use crate::App;
use crate::log::LogHandle;

/// Pauses that are shorter are not worth a timer.
const LEAST: Duration = Duration::from_millis(10);

/// When one follower was pushed to last, by log, and where the log ended then.
#[derive(Default)]
pub(super) struct Pace(HashMap<i64, (Instant, u64)>);

impl Pace {
    /// A push of the log was confirmed.
    pub(super) fn pushed(&mut self, log: &LogHandle) {
        self.0.insert(log.id, (Instant::now(), log.head().seq));
    }

    /// How long the next push of the log is put off. What comes after a silence goes at once, and who is a whole push
    /// behind is not held up.
    pub(super) fn pause(&self, app: &App, peer: &InstanceId, log: &LogHandle) -> Option<Duration> {
        let (pushed, head) = self.0.get(&log.id)?;
        if log.head().seq.saturating_sub(*head) >= MAX_PUSH_EVENTS as u64 {
            return None;
        }
        let config = &app.config.federation;
        // A frame of a stream costs less than a request.
        let (followers, per_s) = if app.peers.streams.has(peer, log.id) {
            (app.peers.streams.count(log.id), config.stream_pushes_per_s)
        } else {
            (app.peers.follower_count(log), config.pushes_per_s)
        };
        let even = (followers as u64 * 1_000 / u64::from(per_s.max(1))).min(config.push_pause_ms);
        if Duration::from_millis(even) < LEAST {
            return None;
        }
        // Not all at the same moment.
        let pause = Duration::from_millis(even * 3 / 4 + app.rng.below(even / 2 + 1));
        let left = (*pushed + pause).saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}
