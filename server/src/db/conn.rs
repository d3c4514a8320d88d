//! One connection, whatever the database: every statement goes through here.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments as _, AssertSqlSafe, SqlSafeStr};

use super::{Error, Result, Row, Ty, Value};

/// Rows of one statement: few different numbers, so that each statement is prepared once and found again.
const CHUNKS: [usize; 5] = [256, 32, 8, 2, 1];
/// Parameters of one statement. SQLite allows 32,766, PostgreSQL 65,535.
const MAX_BINDS: usize = 1_600;

/// A connection that somebody lent for some statements.
pub(super) enum Conn<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// How many of the rows that are left go into the next statement.
fn chunk(left: usize, width: usize) -> usize {
    CHUNKS.into_iter().find(|n| *n <= left && *n * width <= MAX_BINDS).unwrap_or(1)
}

/// How many values each row has; 0 when there are none.
fn width(rows: &[Vec<Value>]) -> Result<usize> {
    let width = rows.first().map_or(0, Vec::len);
    if rows.iter().any(|row| row.len() != width) {
        return Err(Error::Other("rows of different width".into()));
    }
    Ok(width)
}

macro_rules! arguments {
    ($name:ident, $arguments:ty) => {
        fn $name(values: impl IntoIterator<Item = Value>) -> Result<$arguments> {
            let mut arguments = <$arguments>::default();
            for value in values {
                match value {
                    Value::Null(Ty::Int) => arguments.add(None::<i64>),
                    Value::Null(Ty::Text) => arguments.add(None::<String>),
                    Value::Null(Ty::Blob) => arguments.add(None::<Vec<u8>>),
                    Value::Null(Ty::Bool) => arguments.add(None::<bool>),
                    Value::Int(v) => arguments.add(v),
                    Value::Text(v) => arguments.add(v),
                    Value::Blob(v) => arguments.add(v),
                    Value::Bool(v) => arguments.add(v),
                }
                .map_err(|e| Error::Other(e.to_string()))?;
            }
            Ok(arguments)
        }
    };
}
arguments!(for_sqlite, SqliteArguments);
arguments!(for_postgres, PgArguments);

impl Conn<'_> {
    /// All rows of a statement.
    pub(super) async fn all(
        &mut self,
        sql: impl SqlSafeStr,
        args: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(conn) => {
                let rows = sqlx::query_with(sql, for_sqlite(args)?).fetch_all(&mut **conn).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(conn) => {
                let rows = sqlx::query_with(sql, for_postgres(args)?).fetch_all(&mut **conn).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row of a statement.
    pub(super) async fn first(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Option<Row>> {
        Ok(match self {
            Self::Sqlite(conn) => {
                sqlx::query_with(sql, for_sqlite(args)?).fetch_optional(&mut **conn).await?.map(Row::Sqlite)
            }
            Self::Postgres(conn) => {
                sqlx::query_with(sql, for_postgres(args)?).fetch_optional(&mut **conn).await?.map(Row::Postgres)
            }
        })
    }

    /// The rows of a statement without parameters, one after the other.
    pub(super) fn stream(&mut self, sql: AssertSqlSafe<String>) -> BoxStream<'_, Result<Row>> {
        match self {
            Self::Sqlite(conn) => sqlx::query(sql).fetch(&mut **conn).map_ok(Row::Sqlite).map_err(Error::from).boxed(),
            Self::Postgres(conn) => {
                sqlx::query(sql).fetch(&mut **conn).map_ok(Row::Postgres).map_err(Error::from).boxed()
            }
        }
    }

    /// Runs a statement; how many rows it changed.
    pub(super) async fn change(&mut self, sql: impl SqlSafeStr, args: impl IntoIterator<Item = Value>) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(conn) => sqlx::query_with(sql, for_sqlite(args)?).execute(&mut **conn).await?.rows_affected(),
            Self::Postgres(conn) => {
                sqlx::query_with(sql, for_postgres(args)?).execute(&mut **conn).await?.rows_affected()
            }
        })
    }

    /// Runs several statements without parameters.
    pub(super) async fn script(&mut self, sql: impl SqlSafeStr) -> Result<()> {
        let done = match self {
            Self::Sqlite(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(|_| ()),
            Self::Postgres(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(|_| ()),
        };
        Ok(done?)
    }

    /// Runs a step of the schema, in the spelling of the database.
    pub(super) async fn schema(&mut self, sql: &'static str) -> Result<()> {
        match self {
            Self::Sqlite(_) => self.script(sql).await,
            Self::Postgres(_) => self.script(AssertSqlSafe(super::postgres::spelt(sql))).await,
        }
    }

    /// All rows for many keys; see [`super::Query::rows_of`].
    pub(super) async fn of(
        &mut self,
        prefix: &'static str,
        keys: Vec<Vec<Value>>,
        suffix: &'static str,
    ) -> Result<Vec<Row>> {
        let width = width(&keys)?;
        let mut keys = keys.into_iter();
        let mut found = Vec::new();
        while keys.len() > 0 {
            let count = chunk(keys.len(), width);
            let sql = self.statement(prefix, count, width, suffix);
            found.extend(self.all(sql, keys.by_ref().take(count).flatten()).await?);
        }
        Ok(found)
    }

    /// Inserts many rows; see [`super::Tx::exec_many`].
    pub(super) async fn many(&mut self, prefix: &str, rows: Vec<Vec<Value>>, suffix: &str) -> Result<u64> {
        let width = width(&rows)?;
        let mut rows = rows.into_iter();
        let mut changed = 0;
        while rows.len() > 0 {
            let count = chunk(rows.len(), width);
            let sql = self.statement(prefix, count, width, suffix);
            changed += self.change(sql, rows.by_ref().take(count).flatten()).await?;
        }
        Ok(changed)
    }

    /// A statement over so many rows. Safe: prefix and suffix are literals of the program, the rest is placeholders.
    fn statement(&self, prefix: &str, rows: usize, width: usize, suffix: &str) -> AssertSqlSafe<String> {
        let mut sql = String::with_capacity(prefix.len() + suffix.len() + rows * (width * 6 + 4));
        sql.push_str(prefix);
        let mut number = 0;
        for row in 0..rows {
            sql.push_str(if row == 0 { " (" } else { ", (" });
            for column in 0..width {
                sql.push_str(if column == 0 { "" } else { ", " });
                match self {
                    // SQLite looks each numbered one up in a list: the time for preparing would grow with the square
                    // of their number.
                    Self::Sqlite(_) => sql.push('?'),
                    Self::Postgres(_) => {
                        number += 1;
                        sql.push('$');
                        sql.push_str(&number.to_string());
                    }
                }
            }
            sql.push(')');
        }
        sql.push(' ');
        sql.push_str(suffix);
        AssertSqlSafe(sql)
    }
}
