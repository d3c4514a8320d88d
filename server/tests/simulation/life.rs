//! One life of an instance's process: it can end at every step that its database or its network takes, and its disk can
//! be full.

use std::sync::{Mutex, MutexGuard, PoisonError};

use conntext_server::db::inline::{Step, Watch};
use conntext_server::db::{Error, Result};
use tokio_util::sync::CancellationToken;

#[derive(Default)]
struct State {
    full: bool,
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

    /// Says whether the disk is full.
    pub fn set_full(&self, full: bool) {
        self.open().full = full;
    }

    /// Whether there is room on the disk.
    pub fn is_full(&self) -> bool {
        self.open().full
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
        if matches!(step, Step::Write | Step::Commit) && self.open().full {
            return Err(Error::Full);
        }
        Ok(())
    }

    fn committed(&self) -> Result<()> {
        if self.step() { Ok(()) } else { Err(ended()) }
    }
}
