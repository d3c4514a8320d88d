//! The newest events of a log in memory: followers and sockets that keep up share them.

use super::types::Entry;
use conntext_federation::content::Content;
use std::collections::VecDeque;
use std::sync::Arc;

/// Events that are kept for each log.
const MOST: usize = 512;

/// Every event that is held after a position, in order.
pub(super) struct Recent {
    from: u64,
    entries: VecDeque<Arc<Entry>>,
}

impl Recent {
    /// Knows nothing of what came up to a position, and that nothing came after it.
    pub(super) fn after(position: u64) -> Recent {
        Recent { from: position, entries: VecDeque::new() }
    }

    /// Adds what was committed; `head` is the position that the log has now.
    pub(super) fn add(&mut self, entries: &[Arc<Entry>], head: u64) {
        if entries.iter().any(|e| matches!(e.content, Some(Content::MessageDelete))) {
            // What was erased on disk must not live on here.
            return self.forget(head);
        }
        self.entries.extend(entries.iter().cloned());
        while self.entries.len() > MOST {
            if let Some(oldest) = self.entries.pop_front() {
                self.from = oldest.seq();
            }
        }
    }

    /// Something changed in what was written before.
    pub(super) fn forget(&mut self, head: u64) {
        *self = Self::after(head);
    }

    /// The events after a position, at most so many; `None` where only the disk knows.
    pub(super) fn after_position(&self, position: u64, limit: u64) -> Option<Vec<Arc<Entry>>> {
        if position < self.from {
            return None;
        }
        let first = self.entries.partition_point(|e| e.seq() <= position);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Some(self.entries.range(first..).take(limit).cloned().collect())
    }
}
