//! What can still be read of a damaged database, put into a new one.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

use super::{Db, Error, Result, Source, latest};

/// Single rows that may fail in one table before the rest of it is given up.
const MAX_FAILURES: u32 = 200_000;

/// What of a table could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The table.
    pub table: String,
    /// Places at which a row cannot be read; not every one of them held one.
    pub unreadable: u64,
}

/// Copies every row that can be read from a damaged database into a new one. Answers what could not be.
///
/// # Errors
/// Where not even the list of tables can be read, the damaged database is of another version of the program, or the new
/// one cannot be written.
pub async fn salvage(damaged: &Path, fresh: &Path) -> Result<Vec<Loss>> {
    let source = Source::File(fresh.to_owned());
    Db::open(&source).await?.close().await;
    // Nothing of the new file counts before it is whole, so nothing has to be flushed on the way.
    let options = SqliteConnectOptions::new()
        .filename(fresh)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(false);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let old = damaged.to_str().ok_or_else(|| Error::Other("the path of the database is no text".into()))?;
    sqlx::query("attach database $1 as old").bind(old).execute(&mut conn).await?;
    let version = sqlx::query("select max(number) from old.schema_migrations").fetch_one(&mut conn).await;
    let known = version.ok().and_then(|row| row.try_get::<Option<i64>, _>(0).ok().flatten());
    if known.is_some_and(|version| version != latest()) {
        return Err(Error::Other(
            "the damaged database is of another version of ConnText: repair it with that version".into(),
        ));
    }
    let sql = "select name from main.sqlite_master
               where type = 'table' and name not like 'sqlite_%' and name <> 'schema_migrations' order by name";
    let tables: Vec<String> =
        sqlx::query(sql).fetch_all(&mut conn).await?.iter().map(|row| row.try_get(0)).collect::<sqlx::Result<_>>()?;
    let mut losses = Vec::new();
    for table in tables {
        let unreadable = copy(&mut conn, &table).await?;
        if unreadable > 0 {
            losses.push(Loss { table, unreadable });
        }
    }
    sqlx::query("detach database old").execute(&mut conn).await?;
    conn.close().await?;
    // Opened and closed once more with everything flushed.
    let db = Db::open(&source).await?;
    let verdict = db.integrity().await?;
    db.close().await;
    std::fs::File::open(fresh).and_then(|file| file.sync_all()).map_err(|e| Error::Other(e.to_string()))?;
    if verdict == "ok" { Ok(losses) } else { Err(Error::Other(format!("the new database is not sound: {verdict}"))) }
}

async fn columns(conn: &mut SqliteConnection, table: &str, of: &str) -> Result<Vec<String>> {
    let rows = sqlx::query("select name from pragma_table_info($1, $2)").bind(table).bind(of).fetch_all(conn).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<sqlx::Result<_>>()?)
}

/// Runs a statement that is put together from names of our own schema.
async fn run(conn: &mut SqliteConnection, sql: String, from: i64, to: i64) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(sql)).bind(from).bind(to).execute(conn).await.map(|_| ())
}

/// Copies one table, range by range; a range that fails is halved until single rows are left out.
async fn copy(conn: &mut SqliteConnection, table: &str) -> Result<u64> {
    let there = columns(conn, table, "old").await.unwrap_or_default();
    let shared: Vec<String> =
        columns(conn, table, "main").await?.into_iter().filter(|name| there.contains(name)).collect();
    if shared.is_empty() {
        return Ok(1);
    }
    let list = shared.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let insert = format!(
        "insert or ignore into main.\"{table}\" ({list})
         select {list} from old.\"{table}\" where rowid between $1 and $2 order by rowid"
    );
    let mut ranges = vec![(0, last(conn, table).await)];
    let (mut unreadable, mut failures) = (0, 0);
    while let Some((from, to)) = ranges.pop() {
        match run(conn, insert.clone(), from, to).await.map_err(Error::from) {
            Ok(()) => {}
            Err(e @ (Error::Full | Error::Busy)) => return Err(e),
            Err(_) if from == to || failures > MAX_FAILURES => {
                failures += 1;
                unreadable += u64::try_from(to - from + 1).unwrap_or(1);
            }
            Err(_) => {
                let middle = from + (to - from) / 2;
                // The lower half first.
                ranges.push((middle + 1, to));
                ranges.push((from, middle));
            }
        }
    }
    Ok(unreadable)
}

/// The highest number of a row, or a bound above it where that cannot be read.
async fn last(conn: &mut SqliteConnection, table: &str) -> i64 {
    let sql = format!("select coalesce(max(rowid), 0) from old.\"{table}\"");
    if let Ok(row) = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *conn).await {
        return row.try_get(0).unwrap_or(0);
    }
    let sql = format!("select rowid from old.\"{table}\" where rowid >= $1 order by rowid limit 1");
    let mut bound: i64 = 1;
    while bound < 1 << 32 {
        let found = sqlx::query(AssertSqlSafe(sql.clone())).bind(bound).fetch_optional(&mut *conn).await;
        if matches!(found, Ok(None)) {
            break;
        }
        bound *= 2;
    }
    bound
}
