//! The one connection that writes.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};

use super::conn::Conn;
use super::way::{Step, Way};
use super::{Error, Result};

/// The connection, opened when it is needed.
pub(super) enum Line {
    Sqlite { options: Box<SqliteConnectOptions>, conn: Option<SqliteConnection> },
    Postgres { options: Box<PgConnectOptions>, conn: Option<PgConnection>, alone: bool },
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
                // Commands beside a running instance wait for their turn, as they do with SQLite.
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
            Line::Postgres { options, conn, alone } if conn.is_none() => {
                let mut new = PgConnection::connect_with(options).await?;
                if *alone {
                    claim(&mut new).await?;
                }
                *conn = Some(new);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// From now on this process is the only one that serves this database.
    pub(super) async fn claim(&mut self) -> Result<()> {
        if let Line::Postgres { conn, alone, .. } = &mut self.line {
            if let Some(conn) = conn {
                claim(conn).await?;
            }
            *alone = true;
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
async fn claim(conn: &mut PgConnection) -> Result<()> {
    let sql = "select pg_try_advisory_lock(1668246895, hashtext(current_schema()))";
    match sqlx::query(sql).fetch_one(conn).await?.try_get(0)? {
        true => Ok(()),
        false => Err(Error::Other("another ConnText process serves this database. Stop it first".into())),
    }
}
