//! From one database into another: every row of every table, counted and hashed on both sides.

use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;

use super::conn::Conn;
use super::{Db, Error, Result, Row, Ty, Value, migrations};
use crate::args;

/// Rows that are read before they are written.
const PAGE: usize = 1_000;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ColumnOf {
    name: String,
    ty: Ty,
}

/// What a table holds: how many rows, and the sum of their hashes, which does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    hashes: u128,
}

impl Sum {
    fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        for value in row {
            // With its length in front, so that no two rows read alike.
            let (kind, bytes): (u8, Vec<u8>) = match value {
                Value::Null(_) => (0, vec![]),
                Value::Int(v) => (1, v.to_be_bytes().to_vec()),
                Value::Text(v) => (2, v.clone().into_bytes()),
                Value::Blob(v) => (3, v.clone()),
                Value::Bool(v) => (4, vec![u8::from(*v)]),
            };
            hash.update([kind]);
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        let mut half = [0; 16];
        half.copy_from_slice(&hash.finalize()[..16]);
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(u128::from_be_bytes(half));
    }
}

/// The tables of the schema, in the order in which they were made: none refers to a later one.
fn tables() -> impl Iterator<Item = &'static str> {
    migrations().iter().flat_map(|m| m.sql.lines()).filter_map(|line| {
        let name = line.trim_start().strip_prefix("create table ")?;
        name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
    })
}

/// The columns of a table, by name, so that it does not matter in which order they were added.
async fn columns(conn: &mut Conn<'_>, table: &'static str) -> Result<Vec<ColumnOf>> {
    let sql = match conn {
        Conn::Sqlite(_) => "select name, lower(type) from pragma_table_info($1) order by name",
        Conn::Postgres(_) => {
            "select column_name::text, data_type::text from information_schema.columns
             where table_schema = current_schema() and table_name = $1 order by column_name collate \"C\""
        }
    };
    let rows = conn.all(sql, args![table]).await?;
    rows.iter()
        .map(|row| {
            let (name, ty): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let ty = match ty.as_str() {
                "bigint" => Ty::Int,
                "text" => Ty::Text,
                "blob" | "bytea" => Ty::Blob,
                "boolean" => Ty::Bool,
                other => return Err(Error::Other(format!("column {name} of {table} is of type {other}"))),
            };
            Ok(ColumnOf { name, ty })
        })
        .collect()
}

fn values(row: &Row, columns: &[ColumnOf]) -> Result<Vec<Value>> {
    let value = |(at, column): (usize, &ColumnOf)| {
        Ok(match column.ty {
            Ty::Int => row.try_get::<Option<i64>>(at)?.into(),
            Ty::Text => row.try_get::<Option<String>>(at)?.into(),
            Ty::Blob => row.try_get::<Option<Vec<u8>>>(at)?.into(),
            Ty::Bool => row.try_get::<Option<bool>>(at)?.into(),
        })
    };
    columns.iter().enumerate().map(value).collect()
}

fn names(columns: &[ColumnOf]) -> String {
    let names: Vec<String> = columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
    names.join(", ")
}

/// Reads a whole table, page by page.
async fn each(
    conn: &mut Conn<'_>,
    table: &'static str,
    columns: &[ColumnOf],
    mut page: impl AsyncFnMut(Vec<Vec<Value>>) -> Result<()>,
) -> Result<Sum> {
    let mut sum = Sum::default();
    let mut rows = conn.stream(AssertSqlSafe(format!("select {} from {table}", names(columns))));
    loop {
        let mut held = Vec::new();
        while held.len() < PAGE
            && let Some(row) = rows.try_next().await?
        {
            let row = values(&row, columns)?;
            sum.add(&row);
            held.push(row);
        }
        if held.is_empty() {
            return Ok(sum);
        }
        page(held).await?;
    }
}

impl Db {
    /// Copies everything into an empty database, in one transaction, and reads it there again. `told` hears the name of
    /// each table and how many of its rows are written so far. Nobody else may write to either meanwhile.
    ///
    /// # Errors
    /// When the other one holds data already, or holds something else than was written.
    pub async fn copy_to(&self, target: &Db, mut told: impl FnMut(&str, u64)) -> Result<()> {
        let mut from = self.read().await?;
        let mut to = target.begin().await?;
        let mut sums = Vec::new();
        for table in tables() {
            let from_columns = columns(&mut from.reader.conn(), table).await?;
            let (mut conn, _) = to.parts()?;
            if columns(&mut conn, table).await? != from_columns {
                return Err(Error::Other(format!("the table {table} has other columns in the other database")));
            }
            let some = AssertSqlSafe(format!("select 1 from {table} limit 1"));
            if !conn.all(some, []).await?.is_empty() {
                return Err(Error::Other(format!("the other database holds data already (in {table})")));
            }
            let insert = format!("insert into {table} ({}) values", names(&from_columns));
            let mut written = 0;
            let sum = each(&mut from.reader.conn(), table, &from_columns, async |rows| {
                written += rows.len() as u64;
                conn.many(&insert, rows, "").await?;
                told(table, written);
                Ok(())
            })
            .await?;
            sums.push((table, from_columns, sum));
        }
        to.commit().await?;
        let mut check = target.read().await?;
        for (table, columns, sum) in sums {
            if each(&mut check.reader.conn(), table, &columns, async |_| Ok(())).await? != sum {
                return Err(Error::Other(format!(
                    "the table {table} reads otherwise in the other database: do not use it"
                )));
            }
        }
        Ok(())
    }
}
