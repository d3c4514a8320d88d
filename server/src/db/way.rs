//! How calls reach the database: on threads of its own, or, in simulations, before anything else runs (`inline`).

use std::future::Future;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};

use super::Result;
use super::conn::Conn;
#[cfg(feature = "failpoints")]
use super::inline;

/// What is about to happen in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A snapshot for reading begins.
    Read,
    /// The write transaction begins.
    Begin,
    /// A statement of the write transaction.
    Write,
    /// The write transaction is made durable.
    Commit,
    /// The write transaction is given up.
    Rollback,
    /// The writer is closed.
    Close,
}

/// How calls reach a database.
#[derive(Clone, Default)]
pub(super) struct Way {
    #[cfg(feature = "failpoints")]
    pub(super) watch: Option<std::sync::Arc<dyn inline::Watch>>,
}

impl Way {
    /// Runs one call.
    #[cfg(feature = "failpoints")]
    pub(super) async fn go<T>(&self, step: Step, call: impl Future<Output = Result<T>>) -> Result<T> {
        match &self.watch {
            Some(watch) => inline::watched(&**watch, step, call),
            None => call.await,
        }
    }

    /// Runs one call.
    #[cfg(not(feature = "failpoints"))]
    pub(super) async fn go<T>(&self, _: Step, call: impl Future<Output = Result<T>>) -> Result<T> {
        call.await
    }
}

/// The readers of a database.
#[derive(Clone)]
pub(super) enum Readers {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    #[cfg(feature = "failpoints")]
    Shelf(std::sync::Arc<inline::Shelf>),
}

impl Readers {
    pub(super) async fn take(&self) -> Result<Reader> {
        match self {
            Self::Sqlite(pool) => Ok(Reader::Sqlite(pool.acquire().await?)),
            Self::Postgres(pool) => Ok(Reader::Postgres(pool.acquire().await?)),
            #[cfg(feature = "failpoints")]
            Self::Shelf(shelf) => inline::Shelf::take(shelf).map(|kept| Reader::Kept(Box::new(kept))),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
            #[cfg(feature = "failpoints")]
            Self::Shelf(shelf) => shelf.close(),
        }
    }
}

/// One reader, which goes back when it is dropped.
pub(super) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
    #[cfg(feature = "failpoints")]
    Kept(Box<inline::Kept>),
}

impl Reader {
    pub(super) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(conn) => Conn::Sqlite(conn),
            Self::Postgres(conn) => Conn::Postgres(conn),
            #[cfg(feature = "failpoints")]
            Self::Kept(conn) => Conn::Sqlite(conn),
        }
    }
}
