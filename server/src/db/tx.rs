//! Reading and writing transactions over SQLite.

use std::future::Future;

use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Connection as _, Sqlite, SqliteConnection};
use tokio::sync::OwnedMutexGuard;

use super::way::{Reader, Step, Way};
use super::{Result, Row, Ty, Value};

/// Rows of one statement: few different numbers, so that each statement is prepared once and found again.
const CHUNKS: [usize; 4] = [32, 8, 2, 1];
/// Parameters of one statement. SQLite allows 32,766.
const MAX_BINDS: usize = 1_600;

/// How many of the rows that are left go into the next statement.
fn chunk(left: usize, width: usize) -> usize {
    CHUNKS.into_iter().find(|n| *n <= left && *n * width <= MAX_BINDS).unwrap_or(1)
}

/// Placeholders for rows. Plain ones: SQLite looks each numbered one up in a list, and the time for preparing would grow
/// with the square of their number.
fn placeholders(sql: &mut String, rows: usize, width: usize) {
    for row in 0..rows {
        sql.push_str(if row == 0 { " (" } else { ", (" });
        for column in 0..width {
            sql.push_str(if column == 0 { "?" } else { ", ?" });
        }
        sql.push(')');
    }
}

type Statement<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// Reads, alike in a [`Read`] and in a [`Tx`].
pub trait Query: Send {
    /// All rows of a statement.
    fn rows(&mut self, sql: &'static str, args: Vec<Value>) -> impl Future<Output = Result<Vec<Row>>> + Send;
    /// The first row of a statement, if there is one.
    fn row(&mut self, sql: &'static str, args: Vec<Value>) -> impl Future<Output = Result<Option<Row>>> + Send;
    /// All rows for many keys at once. `prefix` ends in `in (values`, the keys follow, then `suffix`, which closes the
    /// bracket; all keys have the same number of values.
    fn rows_of(
        &mut self,
        prefix: &'static str,
        keys: Vec<Vec<Value>>,
        suffix: &'static str,
    ) -> impl Future<Output = Result<Vec<Row>>> + Send;
}

fn bind(mut q: Statement<'_>, args: Vec<Value>) -> Statement<'_> {
    for value in args {
        q = match value {
            Value::Null(Ty::Int) => q.bind(None::<i64>),
            Value::Null(Ty::Text) => q.bind(None::<String>),
            Value::Null(Ty::Blob) => q.bind(None::<Vec<u8>>),
            Value::Null(Ty::Bool) => q.bind(None::<bool>),
            Value::Int(v) => q.bind(v),
            Value::Text(v) => q.bind(v),
            Value::Blob(v) => q.bind(v),
            Value::Bool(v) => q.bind(v),
        };
    }
    q
}

async fn fetch_all(conn: &mut SqliteConnection, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>> {
    Ok(bind(sqlx::query(sql), args).fetch_all(conn).await?.into_iter().map(Row).collect())
}

async fn fetch_first(conn: &mut SqliteConnection, sql: &'static str, args: Vec<Value>) -> Result<Option<Row>> {
    Ok(bind(sqlx::query(sql), args).fetch_optional(conn).await?.map(Row))
}

/// The next statement over as many of the rows as fit in.
fn next_statement(
    prefix: &'static str,
    rows: &mut std::vec::IntoIter<Vec<Value>>,
    width: usize,
    suffix: &'static str,
) -> Statement<'static> {
    let count = chunk(rows.len(), width);
    let mut sql = String::with_capacity(prefix.len() + suffix.len() + count * (width * 3 + 4));
    sql.push_str(prefix);
    placeholders(&mut sql, count, width);
    sql.push(' ');
    sql.push_str(suffix);
    // Safe: prefix and suffix are literals of the program and the rest is placeholders.
    bind(sqlx::query(AssertSqlSafe(sql)), rows.take(count).flatten().collect())
}

/// How many values each row has; 0 when there are none.
fn width(rows: &[Vec<Value>]) -> Result<usize> {
    let width = rows.first().map_or(0, Vec::len);
    if rows.iter().any(|row| row.len() != width) {
        return Err(super::Error::Other("rows of different width".into()));
    }
    Ok(width)
}

async fn fetch_of(
    conn: &mut SqliteConnection,
    prefix: &'static str,
    keys: Vec<Vec<Value>>,
    suffix: &'static str,
) -> Result<Vec<Row>> {
    let width = width(&keys)?;
    let mut keys = keys.into_iter();
    let mut found = Vec::new();
    while keys.len() > 0 {
        let statement = next_statement(prefix, &mut keys, width, suffix);
        found.extend(statement.fetch_all(&mut *conn).await?.into_iter().map(Row));
    }
    Ok(found)
}

/// One snapshot of the database: all statements of a `Read` see the same state.
pub struct Read {
    pub(super) conn: Reader,
    pub(super) way: Way,
}

impl Query for Read {
    async fn rows(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>> {
        self.way.go(Step::Read, fetch_all(&mut self.conn, sql, args)).await
    }
    async fn row(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Option<Row>> {
        self.way.go(Step::Read, fetch_first(&mut self.conn, sql, args)).await
    }
    async fn rows_of(&mut self, prefix: &'static str, keys: Vec<Vec<Value>>, suffix: &'static str) -> Result<Vec<Row>> {
        self.way.go(Step::Read, fetch_of(&mut self.conn, prefix, keys, suffix)).await
    }
}

/// The one connection that writes.
pub(super) struct Writer {
    pub(super) options: sqlx::sqlite::SqliteConnectOptions,
    pub(super) conn: Option<SqliteConnection>,
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
        self.open = false;
        let Some(conn) = self.conn.as_mut() else { return };
        let ended = async { Ok(sqlx::query("ROLLBACK").execute(&mut *conn).await?) };
        if let Err(e) = self.way.go(Step::Rollback, ended).await
            && !e.to_string().contains("no transaction is active")
        {
            tracing::warn!(error = %e, "replacing the database writer after a failed rollback");
            self.conn = None;
        }
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.settle().await;
        if self.conn.is_none() {
            let opened = async { Ok(SqliteConnection::connect_with(&self.options).await?) };
            self.conn = Some(self.way.go(Step::Begin, opened).await?);
        }
        if let Some(conn) = self.conn.as_mut() {
            let begun = async { Ok(sqlx::query("BEGIN IMMEDIATE").execute(conn).await?) };
            self.way.go(Step::Begin, begun).await?;
            self.open = true;
        }
        Ok(())
    }
}

/// The write transaction: there is one at a time. Dropping it without [`Tx::commit`] undoes it.
pub struct Tx {
    pub(super) writer: Option<OwnedMutexGuard<Writer>>,
}

impl Tx {
    fn parts(&mut self) -> Result<(&mut SqliteConnection, &Way)> {
        let over = || super::Error::Other("the transaction is over".into());
        let writer = self.writer.as_deref_mut().ok_or_else(over)?;
        Ok((writer.conn.as_mut().ok_or_else(over)?, &writer.way))
    }

    /// Makes everything durable: when this returns `Ok`, it is on disk.
    pub async fn commit(mut self) -> Result<()> {
        let (conn, way) = self.parts()?;
        way.go(Step::Commit, async { Ok(sqlx::query("COMMIT").execute(conn).await?) }).await?;
        if let Some(writer) = self.writer.as_mut() {
            writer.open = false;
        }
        Ok(())
    }

    /// Runs a statement; answers with the number of rows it changed.
    pub async fn exec(&mut self, sql: &'static str, args: Vec<Value>) -> Result<u64> {
        let (conn, way) = self.parts()?;
        let ran = async { Ok(bind(sqlx::query(sql), args).execute(conn).await?) };
        Ok(way.go(Step::Write, ran).await?.rows_affected())
    }

    /// Inserts many rows with as few statements as the database allows. `prefix` ends in `values`;
    /// all rows have the same number of values; `suffix` is for example `on conflict do nothing`.
    pub async fn exec_many(
        &mut self,
        prefix: &'static str,
        rows: Vec<Vec<Value>>,
        suffix: &'static str,
    ) -> Result<u64> {
        let width = width(&rows)?;
        let mut changed = 0;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let statement = next_statement(prefix, &mut rows, width, suffix);
            let (conn, way) = self.parts()?;
            let ran = async { Ok(statement.execute(conn).await?) };
            changed += way.go(Step::Write, ran).await?.rows_affected();
        }
        Ok(changed)
    }

    /// Runs a script of several statements without parameters (migrations).
    pub(super) async fn script(&mut self, sql: &'static str) -> Result<()> {
        let (conn, way) = self.parts()?;
        way.go(Step::Write, async { Ok(sqlx::raw_sql(sql).execute(conn).await?) }).await?;
        Ok(())
    }
}

impl Query for Tx {
    async fn rows(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>> {
        let (conn, way) = self.parts()?;
        way.go(Step::Read, fetch_all(conn, sql, args)).await
    }
    async fn row(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Option<Row>> {
        let (conn, way) = self.parts()?;
        way.go(Step::Read, fetch_first(conn, sql, args)).await
    }
    async fn rows_of(&mut self, prefix: &'static str, keys: Vec<Vec<Value>>, suffix: &'static str) -> Result<Vec<Row>> {
        let (conn, way) = self.parts()?;
        way.go(Step::Read, fetch_of(conn, prefix, keys, suffix)).await
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(mut writer) = self.writer.take() else { return };
        if writer.open
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // The lock goes along, so nobody can begin before the rollback is through.
            runtime.spawn(async move { writer.settle().await });
        }
    }
}
