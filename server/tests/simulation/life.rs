//! One life of an instance's process: it can end at every step that its database or its network takes, and its disk can
//! be full.

use std::sync::{Mutex, MutexGuard, PoisonError};

use conntext_server::db::inline::{Step, Watch};
use conntext_server::db::{Error, Result};
use tokio_util::sync::CancellationToken;

/// How much room the disk has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// Enough.
    #[default]
    Enough,
    /// Not for what has to be flushed in the end.
    NoCommit,
    /// None at all.
    Full,
}

#[derive(Default)]
struct State {
    room: Room,
    /// Steps that are still taken.
    left: Option<u64>,
}

/// One life.
#[derive(Default)]
pub struct Life {
    state: Mutex<State>,
    /// Cancelled when it is over.
    pub over: CancellationToken,
}

impl Life {
    fn open(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It ends after so many further steps.
    pub fn doom(&self, steps: u64) {
        self.open().left = Some(steps);
    }

    /// It does not end of itself any more.
    pub fn spare(&self) {
        self.open().left = None;
    }

    /// It ends now.
    pub fn end(&self) {
        self.over.cancel();
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    /// Says how much room the disk has.
    pub fn set_room(&self, room: Room) {
        self.open().room = room;
    }

    /// Whether there is not enough room on the disk.
    pub fn is_full(&self) -> bool {
        self.open().room != Room::Enough
    }

    /// Takes a step; whether that was possible.
    pub fn step(&self) -> bool {
        if self.is_over() {
            return false;
        }
        let mut state = self.open();
        match &mut state.left {
            Some(0) => {
                drop(state);
                self.end();
                false
            }
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

fn ended() -> Error {
    Error::Other("the process has ended".into())
}

impl Watch for Life {
    fn before(&self, step: Step) -> Result<()> {
        // What the operating system does for a process that has ended.
        if matches!(step, Step::Rollback | Step::Close) {
            return Ok(());
        }
        if !self.step() {
            return Err(ended());
        }
        match (self.open().room, step) {
            (Room::Full, Step::Write) | (Room::Full | Room::NoCommit, Step::Commit) => Err(Error::Full),
            _ => Ok(()),
        }
    }

    fn committed(&self) -> Result<()> {
        if self.step() { Ok(()) } else { Err(ended()) }
    }
}
