//! What was read from the database a moment ago, so that a busy instance does not read the same row for each request.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long something counts. What this process changes is forgotten at once; this bounds for how long the change of
/// another one (the command line) goes unseen.
const LIFE_MS: i64 = 2_000;
/// How many are kept; more than that begin anew.
const MOST: usize = 20_000;

/// Tells reads that began before a change from those that began after it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Generation(u64);

struct Inner<K, V> {
    generation: Generation,
    found: HashMap<K, (V, i64)>,
}

/// A small memory in front of a table. [`Lately::forget`] goes after the commit of every change to it.
pub struct Lately<K, V>(Mutex<Inner<K, V>>);

impl<K, V> Default for Lately<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Inner { generation: Generation::default(), found: HashMap::new() }))
    }
}

impl<K: Eq + Hash, V: Clone> Lately<K, V> {
    // A panic elsewhere leaves the map whole.
    fn open(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was found lately; else the generation to hand to [`Lately::put`].
    ///
    /// # Errors
    /// The present generation, when nothing is known.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q, now_ms: i64) -> Result<V, Generation>
    where
        K: Borrow<Q>,
    {
        let inner = self.open();
        match inner.found.get(key) {
            Some((value, at)) if (*at..*at + LIFE_MS).contains(&now_ms) => Ok(value.clone()),
            _ => Err(inner.generation),
        }
    }

    /// Keeps what was read, unless something changed since the read began: it may have been that.
    pub fn put(&self, key: K, value: V, now_ms: i64, begun: Generation) {
        let mut inner = self.open();
        if inner.generation == begun {
            if inner.found.len() >= MOST {
                inner.found.clear();
            }
            inner.found.insert(key, (value, now_ms));
        }
    }

    /// Something changed.
    pub fn forget(&self) {
        let mut inner = self.open();
        inner.generation.0 += 1;
        inner.found.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_find_counts_for_a_moment_and_not_past_a_change() {
        let lately: Lately<String, u8> = Lately::default();
        let Err(begun) = lately.get("a", 10) else { panic!("nothing was found yet") };
        lately.put("a".into(), 1, 10, begun);
        assert!(lately.get("a", 10 + LIFE_MS - 1) == Ok(1));
        assert!(lately.get("a", 10 + LIFE_MS).is_err());
        assert!(lately.get("a", 9).is_err(), "a clock that goes back makes nothing last longer");
        lately.forget();
        assert!(lately.get("a", 10).is_err());
        // The read that began before the change may have seen the old row.
        lately.put("a".into(), 1, 10, begun);
        assert!(lately.get("a", 10).is_err());
    }
}
