//! The one connection that writes.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};

use super::conn::Conn;
use super::fold::Fold;
use super::way::{Step, Way};
use super::{Error, Result};

/// How a process has a database.
#[derive(Clone, Copy)]
pub(super) enum Claim {
    /// No other process serves it.
    Alone,
    /// Others may serve it, too.
    Shared,
}

/// The connection, opened when it is needed.
pub(super) enum Line {
    Sqlite { options: Box<SqliteConnectOptions>, conn: Option<SqliteConnection> },
    Postgres { options: Box<PgConnectOptions>, conn: Option<PgConnection>, claim: Option<Claim> },
}

impl Line {
    /// The connection, where there is one.
    pub(super) fn conn(&mut self) -> Option<Conn<'_>> {
        match self {
            Self::Sqlite { conn, .. } => conn.as_mut().map(Conn::Sqlite),
            Self::Postgres { conn, .. } => conn.as_mut().map(Conn::Postgres),
        }
    }

    fn hang_up(&mut self) {
        match self {
            Self::Sqlite { conn, .. } => *conn = None,
            Self::Postgres { conn, .. } => *conn = None,
        }
    }
}

pub(super) struct Writer {
    pub(super) line: Line,
    /// A transaction was begun and neither committed nor rolled back.
    pub(super) open: bool,
    pub(super) way: Way,
    /// Who folds the write-ahead log of a file that serves people.
    pub(super) fold: Option<Fold>,
}

impl Writer {
    /// Ends a transaction that was given up. SQLite itself rolls back after some errors (a full disk
    /// among them), so "no transaction is active" is as good an answer as success; a connection that
    /// cannot say so is replaced.
    pub(super) async fn settle(&mut self) {
        if !self.open {
            return;
        }
        let Some(mut conn) = self.line.conn() else {
            self.open = false;
            return;
        };
        if let Err(e) = self.way.go(Step::Rollback, conn.change("ROLLBACK", [])).await
            && !e.to_string().contains("no transaction is active")
        {
            tracing::warn!(error = %e, "replacing the database writer after a failed rollback");
            self.line.hang_up();
        }
        // Not before: whoever waits for this may be given up as well.
        self.open = false;
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.settle().await;
        let fresh = self.connect().await?;
        // Noted before it happens: whoever asked may be gone when the database has begun, and the next one has to end it.
        self.open = true;
        let begun = self.try_begin().await;
        // PostgreSQL may have been restarted since the last time.
        let begun = match begun {
            Err(_) if !fresh && matches!(self.line, Line::Postgres { .. }) => {
                self.line.hang_up();
                self.connect().await?;
                self.try_begin().await
            }
            begun => begun,
        };
        self.open = begun.is_ok();
        begun
    }

    async fn try_begin(&mut self) -> Result<()> {
        let Some(mut conn) = self.line.conn() else { return Err(Error::Busy) };
        let begun = async {
            match conn {
                Conn::Sqlite(_) => conn.change("BEGIN IMMEDIATE", []).await.map(|_| ()),
                // Other processes and commands beside them wait for their turn, as they do with SQLite.
                Conn::Postgres(_) => {
                    conn.script("BEGIN; SELECT pg_advisory_xact_lock(1668246894, hashtext(current_schema()))").await
                }
            }
        };
        self.way.go(Step::Begin, begun).await
    }

    /// Opens the connection where there is none; whether it did.
    pub(super) async fn connect(&mut self) -> Result<bool> {
        match &mut self.line {
            Line::Sqlite { options, conn } if conn.is_none() => {
                let opened = async { Ok(SqliteConnection::connect_with(options).await?) };
                *conn = Some(self.way.go(Step::Begin, opened).await?);
            }
            Line::Postgres { options, conn, claim } if conn.is_none() => {
                let mut new = PgConnection::connect_with(options).await?;
                if let Some(claim) = claim {
                    take(&mut new, *claim).await?;
                }
                *conn = Some(new);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// From now on this process has the database like this.
    pub(super) async fn claim(&mut self, how: Claim) -> Result<()> {
        if let Line::Postgres { conn, claim, .. } = &mut self.line {
            if let Some(conn) = conn {
                take(conn, how).await?;
            }
            *claim = Some(how);
        }
        Ok(())
    }

    pub(super) async fn close(&mut self) -> Result<()> {
        match &mut self.line {
            Line::Sqlite { conn, .. } => match conn.take() {
                Some(conn) => self.way.go(Step::Close, async { Ok(conn.close().await?) }).await,
                None => Ok(()),
            },
            Line::Postgres { conn, .. } => match conn.take() {
                Some(conn) => Ok(conn.close().await?),
                None => Ok(()),
            },
        }
    }
}

/// The lock lasts as long as the connection that writes, so that whoever lost it cannot write either.
async fn take(conn: &mut PgConnection, how: Claim) -> Result<()> {
    let (sql, refused) = match how {
        Claim::Alone => (
            "select pg_try_advisory_lock(1668246895, hashtext(current_schema()))",
            "another ConnText process serves this database. Stop it first",
        ),
        Claim::Shared => (
            "select pg_try_advisory_lock_shared(1668246895, hashtext(current_schema()))",
            "another ConnText process has this database for itself: a copy is made of it, or it is of an older version. \
             Wait for its end, or stop it first",
        ),
    };
    if let Claim::Shared = how {
        // A process that stands still within a transaction must not hold up the others for ever.
        sqlx::raw_sql("set idle_in_transaction_session_timeout = '30s'").execute(&mut *conn).await?;
    }
    match sqlx::query(sql).fetch_one(conn).await?.try_get(0)? {
        true => Ok(()),
        false => Err(Error::Other(refused.into())),
    }
}
