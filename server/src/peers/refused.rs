//! Actions that this hub has refused for good. Their authors were told that they do not stand; a copy of the same request
//! that arrives late, when the reason is gone, must not make them stand all the same.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use conntext_federation::Code;
use conntext_federation::wire::SignedAction;
use tokio::time::Instant;

use super::unpoison;

/// No request is taken that was signed longer ago than half of this.
const LIFE: Duration = Duration::from_secs(600);
/// How many are remembered; more than that begin anew.
const MOST: usize = 20_000;

/// What was refused, by the action's id and its home's signature: who sends it again on purpose signs it anew.
#[derive(Default)]
pub(super) struct Refused(Mutex<HashMap<Key, (Code, Instant)>>);

/// What an action is remembered by.
pub(super) type Key = ([u8; 16], [u8; 64]);

/// What to remember an action by.
pub(super) fn key(signed: &SignedAction) -> Key {
    (signed.action.aid.0, signed.origin_sig.sig.0)
}

impl Refused {
    /// Why an action was refused before.
    pub(super) fn before(&self, signed: &SignedAction) -> Option<Code> {
        let known = unpoison(&self.0).get(&key(signed)).copied();
        known.filter(|(_, at)| at.elapsed() < LIFE).map(|(code, _)| code)
    }

    /// Remembers that it was.
    pub(super) fn note(&self, key: Key, code: Code) {
        let mut known = unpoison(&self.0);
        if known.len() >= MOST {
            known.retain(|_, (_, at)| at.elapsed() < LIFE);
            if known.len() >= MOST {
                known.clear();
            }
        }
        known.insert(key, (code, Instant::now()));
    }
}
