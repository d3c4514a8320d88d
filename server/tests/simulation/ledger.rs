//! What people did and what they were told of it, to be held against the logs at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What became of something that somebody did, as they were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It stands in the log.
    Accepted,
    /// It waits for the hub.
    Pending,
    /// It was refused, with the code.
    Refused(String),
}

/// A message that somebody sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub person: usize,
    pub place: usize,
    /// Its text, like no other.
    pub body: String,
    /// What they were told last; nothing when they never got an answer.
    pub told: Option<Told>,
    /// Every id that it was given.
    pub ids: Vec<String>,
}

/// A change of a message that its author was told to stand.
#[derive(Clone, Debug)]
pub struct Edited {
    pub place: usize,
    /// The new text, like no other.
    pub body: String,
    pub told: Option<Told>,
}

/// Where a message stands, as somebody read it.
type Spot = (u64, u64, String);

#[derive(Default)]
pub struct Book {
    pub sent: Vec<Sent>,
    pub edited: Vec<Edited>,
    /// Deletions that were answered with success: place and message.
    pub deleted: Vec<(usize, String)>,
    /// Messages that people may act on, by place and channel.
    pub known: BTreeMap<(usize, String), Vec<(String, usize)>>,
    /// Every message that was ever read, with where it stood.
    spots: BTreeMap<(usize, String), Spot>,
    /// Places whose hub was restored from an older copy: what it lost may come again elsewhere.
    pub loose: BTreeSet<usize>,
    pub answers: BTreeMap<String, u64>,
    pub faults: Vec<String>,
}

/// The book of a run.
#[derive(Default)]
pub struct Ledger(Mutex<Book>);

impl Ledger {
    /// Opens the book.
    pub fn open(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Somebody begins to send a message; its number in the book.
    pub fn sends(&mut self, sent: Sent) -> usize {
        self.sent.push(sent);
        self.sent.len() - 1
    }

    /// Somebody was shown a message.
    pub fn shown(&mut self, place: usize, message: &serde_json::Value) {
        let (Some(id), Some(seq), Some(cn), Some(channel)) =
            (message["id"].as_str(), message["seq"].as_u64(), message["cn"].as_u64(), message["channel"].as_str())
        else {
            return;
        };
        let spot = (seq, cn, channel.to_owned());
        match self.spots.insert((place, id.to_owned()), spot.clone()) {
            Some(before) if before != spot && !self.loose.contains(&place) => {
                self.faults.push(format!("I3: message {id} stood at {before:?} and now at {spot:?}"));
            }
            _ => {}
        }
    }
}
