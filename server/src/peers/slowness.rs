//! How much a peer takes at a time. Over a slow line a full batch does not arrive within the time that a request may
//! take, however often it is sent: whoever did not answer gets less of it, and more again when that comes quickly.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use conntext_federation::ids::InstanceId;
use conntext_federation::wire::{MAX_PUSH_BYTES, MAX_PUSH_EVENTS};

use super::unpoison;

/// The smallest batch is a full one, halved so often: half a KiB, and one event in any case.
const MOST: u32 = 10;

/// By how many halvings the batches for each slow peer are smaller; who is not named gets full ones.
#[derive(Default)]
pub(super) struct Slowness(Mutex<HashMap<InstanceId, u32>>);

impl Slowness {
    /// The most events and bytes of the next batch.
    pub(super) fn bounds(&self, peer: &InstanceId) -> (usize, usize) {
        let halved = unpoison(&self.0).get(peer).copied().unwrap_or(0);
        ((MAX_PUSH_EVENTS >> halved).max(1), MAX_PUSH_BYTES >> halved)
    }

    /// Whether the peer gets less than a full batch.
    pub(super) fn is_slow(&self, peer: &InstanceId) -> bool {
        unpoison(&self.0).contains_key(peer)
    }

    /// It did not answer in time.
    pub(super) fn silent(&self, peer: &InstanceId) {
        let mut slow_peers = unpoison(&self.0);
        let halved = slow_peers.entry(peer.clone()).or_default();
        *halved = (*halved + 2).min(MOST);
    }

    /// It answered after so long, of the time that it may take.
    pub(super) fn answered(&self, peer: &InstanceId, took: Duration, patience: Duration) {
        let mut slow_peers = unpoison(&self.0);
        let Some(halved) = slow_peers.get_mut(peer).filter(|_| took < patience / 4) else { return };
        *halved -= 1;
        if *halved == 0 {
            slow_peers.remove(peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_silent_gets_less_and_whoever_is_quick_gets_more_again() {
        let (slow_peers, peer) = (Slowness::default(), InstanceId::of_root(&[7; 32]));
        let full = (MAX_PUSH_EVENTS, MAX_PUSH_BYTES);
        let (quick, slow, patience) = (Duration::from_secs(1), Duration::from_secs(20), Duration::from_secs(30));
        assert_eq!(slow_peers.bounds(&peer), full);
        slow_peers.silent(&peer);
        assert_eq!(slow_peers.bounds(&peer), (MAX_PUSH_EVENTS / 4, MAX_PUSH_BYTES / 4));
        (0..20).for_each(|_| slow_peers.silent(&peer));
        assert_eq!(slow_peers.bounds(&peer), (1, 512));
        slow_peers.answered(&peer, slow, patience);
        assert_eq!(slow_peers.bounds(&peer), (1, 512));
        assert!(slow_peers.is_slow(&peer));
        (0..20).for_each(|_| slow_peers.answered(&peer, quick, patience));
        assert_eq!(slow_peers.bounds(&peer), full);
        assert!(!slow_peers.is_slow(&peer));
    }
}
