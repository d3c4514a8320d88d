//! Sessions that were looked up a moment ago, so that a busy person does not cost a read of the database for each request.

use super::store::Found;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long a look-up counts. What this process ends is forgotten at once; this bounds what another one (the command
/// line) ends.
const LIFE_MS: i64 = 2_000;
/// Look-ups that are kept; more than that begin anew.
const MOST: usize = 20_000;

/// Which look-ups are the same: those before and after something ended are not.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Generation(u64);

#[derive(Default)]
struct Inner {
    generation: Generation,
    by_token: HashMap<[u8; 32], (Found, i64)>,
}

/// The look-ups of one instance.
#[derive(Default)]
pub struct Known(Mutex<Inner>);

impl Known {
    // A panic elsewhere leaves the map whole.
    fn open(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session, if it was looked up lately; else the generation to hand to [`Known::put`].
    pub(super) fn get(&self, token_hash: &[u8; 32], now_ms: i64) -> Result<Found, Generation> {
        let inner = self.open();
        match inner.by_token.get(token_hash) {
            Some((found, at)) if (*at..*at + LIFE_MS).contains(&now_ms) => Ok(found.clone()),
            _ => Err(inner.generation),
        }
    }

    /// Keeps a look-up, unless a session ended since it began: it may have been that one.
    pub(super) fn put(&self, token_hash: [u8; 32], found: Found, now_ms: i64, begun: Generation) {
        let mut inner = self.open();
        if inner.generation == begun {
            if inner.by_token.len() >= MOST {
                inner.by_token.clear();
            }
            inner.by_token.insert(token_hash, (found, now_ms));
        }
    }

    /// Some sessions ended, or accounts changed.
    pub(super) fn forget(&self) {
        let mut inner = self.open();
        inner.generation.0 += 1;
        inner.by_token.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Auth;
    use crate::sessions::Kind;

    fn found() -> Found {
        let auth =
            Auth { account: "acc".into(), uid: "u".into(), session: "ses".into(), kind: Kind::Cookie, admin: false };
        Found { auth, created_at: 0, last_seen_at: 0 }
    }

    #[test]
    fn a2_a_look_up_counts_for_a_moment_and_not_past_an_end() {
        let known = Known::default();
        let Err(begun) = known.get(&[1; 32], 10) else { panic!("nothing was looked up") };
        known.put([1; 32], found(), 10, begun);
        assert!(known.get(&[1; 32], 10 + LIFE_MS - 1).is_ok());
        assert!(known.get(&[1; 32], 10 + LIFE_MS).is_err());
        assert!(known.get(&[1; 32], 9).is_err(), "a clock that goes back makes nothing last longer");
        known.forget();
        assert!(known.get(&[1; 32], 10).is_err());
        // The read that began before the end may have seen the session that ended.
        known.put([1; 32], found(), 10, begun);
        assert!(known.get(&[1; 32], 10).is_err());
    }
}
