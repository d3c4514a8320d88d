//! Calls of the database that come back before anything else runs: for simulations, which are the same each time only
//! where no thread but theirs decides what comes next. Builds of tests alone have this (the feature `failpoints`).
//!
//! A [`Watch`] sees every step and can refuse it: a disk that is full, or a process that has ended.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

pub use super::way::Step;
use super::{Error, Result};

/// Sees what a database does, and decides whether it can.
pub trait Watch: Send + Sync {
    /// Called before each step; an error is its answer, and the step does not happen.
    ///
    /// # Errors
    /// What the caller of the database gets.
    fn before(&self, step: Step) -> Result<()>;

    /// Called when a commit has happened; an error is its answer nevertheless.
    ///
    /// # Errors
    /// What the caller of the database gets.
    fn committed(&self) -> Result<()>;
}

/// How a database is opened for a simulation.
#[derive(Clone)]
pub struct Inline {
    /// Who watches.
    pub watch: Arc<dyn Watch>,
    /// Whether commits are flushed to the disk, as they are in an instance that serves people.
    pub flush: bool,
}

/// Runs one call on this thread, watched.
pub(super) fn watched<T>(watch: &dyn Watch, step: Step, call: impl Future<Output = Result<T>>) -> Result<T> {
    watch.before(step)?;
    let done = finish(call);
    if step == Step::Commit && done.is_ok() {
        watch.committed()?;
    }
    done
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread until a future is through.
pub(super) fn finish<T>(call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match call.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

/// The readers of such a database. A pool would take them back on a task of its own.
pub(super) struct Shelf {
    options: SqliteConnectOptions,
    free: Mutex<Option<Vec<SqliteConnection>>>,
}

impl Shelf {
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self { options, free: Mutex::new(Some(Vec::new())) }
    }

    pub(super) fn take(this: &Arc<Self>) -> Result<Kept> {
        let free = match &mut *this.free.lock().unwrap_or_else(PoisonError::into_inner) {
            None => return Err(Error::Other("the database is closed".into())),
            Some(free) => free.pop(),
        };
        let conn = match free {
            Some(conn) => conn,
            None => finish(SqliteConnection::connect_with(&this.options))?,
        };
        Ok(Kept { conn: Some(conn), shelf: this.clone() })
    }

    pub(super) fn close(&self) {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).take();
        for conn in free.into_iter().flatten() {
            let _ = finish(conn.close());
        }
    }
}

/// A reader that goes back to its shelf.
pub(super) struct Kept {
    conn: Option<SqliteConnection>,
    shelf: Arc<Shelf>,
}

impl Deref for Kept {
    type Target = SqliteConnection;
    #[expect(clippy::expect_used, reason = "it is there until the value is dropped")]
    fn deref(&self) -> &SqliteConnection {
        self.conn.as_ref().expect("the connection")
    }
}

impl DerefMut for Kept {
    #[expect(clippy::expect_used, reason = "it is there until the value is dropped")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.conn.as_mut().expect("the connection")
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        let ended = finish(sqlx::query("ROLLBACK").execute(&mut conn)).is_ok();
        let mut free = self.shelf.free.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *free {
            Some(free) if ended => free.push(conn),
            _ => {
                drop(free);
                let _ = finish(conn.close());
            }
        }
    }
}
