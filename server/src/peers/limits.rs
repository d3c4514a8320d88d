//! What other instances may do here, by the configuration: requests and bytes that nobody asked for, and actions of their
//! people. Instances that were met a short time ago may do less.

use std::collections::HashMap;

use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, InstanceId};

use super::budget::{Budget, Rate};
use super::{Origin, Peer};
use crate::App;
use crate::config::Federation;
use crate::error::Problem;
use crate::log::LogHandle;

const HOUR_MS: i64 = 3_600_000;

/// What every peer has used up.
#[derive(Default)]
pub struct Limits {
    requests: Budget<Domain>,
    bytes: Budget<Domain>,
    actors: Budget<(InstanceId, Actor)>,
    origins: Budget<(InstanceId, i64)>,
}

/// How long an instance that was first met then is still new, milliseconds; 0 when it is not.
pub fn new_for_ms(config: &Federation, first_met: i64, now_ms: i64) -> i64 {
    (first_met + i64::from(config.new_peer_hours) * HOUR_MS - now_ms).max(0)
}

/// What an instance may send here, of what is usual, in percent.
fn percent(app: &App, domain: &Domain, first_met: i64, now_ms: i64) -> u32 {
    app.peers.trust.book().percent(&app.config.federation, domain, first_met, now_ms)
}

fn rates(app: &App, peer: &Peer, now_ms: i64) -> (Rate, Rate) {
    let config = &app.config.federation;
    let requests = Rate::per_second(config.peer_burst, config.peer_per_s);
    let minute = config.peer_bytes_per_min.max(1);
    let bytes = Rate { burst: minute, amount: minute, per_ms: 60_000 };
    let percent = percent(app, &peer.domain, peer.first_met, now_ms);
    (requests.percent(percent), bytes.percent(percent))
}

impl Limits {
    /// Charges a request that nobody asked for.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn request(&self, app: &App, peer: &Peer, now_ms: i64) -> Result<(), Problem> {
        let rate = rates(app, peer, now_ms).0;
        self.requests.take(peer.domain.clone(), rate, 1, now_ms).map_err(Problem::rate)
    }

    /// Charges the body of such a request.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn body(&self, app: &App, peer: &Peer, length: usize, now_ms: i64) -> Result<(), Problem> {
        let rate = rates(app, peer, now_ms).1;
        self.bytes.take(peer.domain.clone(), rate, length as u64, now_ms).map_err(Problem::rate)
    }

    /// Whether a peer has used up what it may send unasked.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn look(&self, app: &App, peer: &Peer, now_ms: i64) -> Result<(), Problem> {
        let (requests, bytes) = rates(app, peer, now_ms);
        self.requests.look(&peer.domain, requests, 1, now_ms).map_err(Problem::rate)?;
        self.bytes.look(&peer.domain, bytes, 1, now_ms).map_err(Problem::rate)
    }

    /// Judges the actions of one request in their order, each by its actor: `None` for those that may go on, or after
    /// how many milliseconds to come again. When one of an actor must wait, all later ones of that actor wait too.
    pub fn actions<'a>(
        &self,
        app: &App,
        log: &LogHandle,
        origin: &Origin,
        actors: impl Iterator<Item = &'a Actor>,
    ) -> Vec<Option<u64>> {
        let (config, now) = (&app.config.federation, app.clock.now_ms());
        let members = log.state().by_home.get(&origin.ik).map_or(0, |m| u32::try_from(m.len()).unwrap_or(u32::MAX));
        let per_s = config.origin_per_s.saturating_add(members.saturating_mul(config.origin_member_per_s));
        let all = Rate::per_second(per_s.saturating_mul(2), per_s);
        let all = all.percent(percent(app, &origin.domain, origin.first_met, now));
        let each = Rate::per_second(config.actor_burst, config.actor_per_s);
        let whole = (origin.ik.clone(), log.id);
        let mut waiting: HashMap<&Actor, u64> = HashMap::new();
        let judge = |actor: &'a Actor| {
            if let Some(wait) = waiting.get(actor) {
                return Some(*wait);
            }
            // Nothing is taken of the one where the other has nothing left.
            let wait = (self.origins.look(&whole, all, 1, now))
                .and_then(|()| self.actors.take((origin.ik.clone(), actor.clone()), each, 1, now))
                .and_then(|()| self.origins.take(whole.clone(), all, 1, now))
                .err()?;
            waiting.insert(actor, wait);
            Some(wait)
        };
        actors.map(judge).collect()
    }
}
