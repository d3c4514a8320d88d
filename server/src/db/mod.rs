//! The only place that knows which database there is.
//!
//! One SQL text for all: `$1` parameters, TEXT, BIGINT, BOOLEAN and BLOB columns, `returning`,
//! `on conflict`. Statements stand in the `store.rs` files of the rooms; here is what runs them.
//!
//! SQLite: write-ahead log with `synchronous=FULL`, so that a commit is on disk when it returns;
//! one writer with `BEGIN IMMEDIATE`, a pool of readers, each with a snapshot of its own.

mod error;
mod facts;
pub mod folder;
#[cfg(feature = "failpoints")]
pub mod inline;
mod migrate;
mod tx;
mod value;
mod way;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::Mutex;

pub use error::{Error, Result};
pub use facts::{fact, forget_fact, set_fact};
pub use migrate::{Migration, latest, migrations};
pub use tx::{Query, Read, Tx};
pub use value::{Column, Row, SqlType, Ty, Value};
use way::{Readers, Step, Way};

/// Readers at a time; more wait.
const READERS: u32 = 8;
/// How long a reader waits for its turn before the caller is told that the database is busy.
const READ_WAIT: Duration = Duration::from_secs(10);
/// For how long a successful probe counts, in milliseconds.
const PROBE_MS: i64 = 5_000;
/// How long SQLite itself waits for a lock that another process holds.
const BUSY: Duration = Duration::from_secs(5);

/// A handle to the database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    readers: Readers,
    writer: Arc<Mutex<tx::Writer>>,
    way: Way,
    probed_at: Arc<AtomicI64>,
}

impl Db {
    /// Opens or creates the database file and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a newer version of the program.
    pub async fn open(path: &Path) -> Result<Self> {
        let db = Self::open_without_migrating(path).await?;
        migrate::run(&db).await?;
        Ok(db)
    }

    /// Opens or creates the database file and leaves its schema alone.
    pub async fn open_without_migrating(path: &Path) -> Result<Self> {
        let common = options(path);
        // The writer first: it creates the file and switches it to the write-ahead log.
        let mut conn = sqlx::SqliteConnection::connect_with(&common).await?;
        conn.ping().await?;
        let way = Way::default();
        let writer = tx::Writer { options: common.clone(), conn: Some(conn), open: false, way: way.clone() };
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(1)
            .acquire_timeout(READ_WAIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_release(|conn, _| Box::pin(async move { Ok(sqlx::query("ROLLBACK").execute(conn).await.is_ok()) }))
            .connect_with(common.pragma("query_only", "ON"))
            .await?;
        let readers = Readers::Pool(readers);
        Ok(Self { readers, writer: Arc::new(Mutex::new(writer)), way, probed_at: Arc::default() })
    }

    /// As [`Db::open`], with calls that come back before anything else runs and that somebody watches.
    ///
    /// # Errors
    /// As [`Db::open`].
    #[cfg(feature = "failpoints")]
    pub async fn open_inline(path: &Path, how: inline::Inline) -> Result<Self> {
        let common = if how.flush { options(path) } else { options(path).synchronous(SqliteSynchronous::Off) };
        let conn = inline::finish(sqlx::SqliteConnection::connect_with(&common))?;
        let way = Way { watch: Some(how.watch) };
        let writer = tx::Writer { options: common.clone(), conn: Some(conn), open: false, way: way.clone() };
        let readers = Readers::Shelf(Arc::new(inline::Shelf::new(common.pragma("query_only", "ON"))));
        let db = Self { readers, writer: Arc::new(Mutex::new(writer)), way, probed_at: Arc::default() };
        migrate::run(&db).await?;
        Ok(db)
    }

    /// Begins a snapshot for reading.
    pub async fn read(&self) -> Result<Read> {
        let mut conn = self.readers.take().await?;
        self.way.go(Step::Read, async { Ok(sqlx::query("BEGIN").execute(&mut *conn).await?) }).await?;
        Ok(Read { conn, way: self.way.clone() })
    }

    /// Begins the write transaction, after all who asked before.
    pub async fn begin(&self) -> Result<Tx> {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        writer.begin().await?;
        Ok(Tx { writer: Some(writer) })
    }

    /// The number of the newest migration that the database has, 0 when it has none.
    pub async fn schema_version(&self) -> Result<i64> {
        migrate::version(self).await
    }

    /// Writes something small, to see that writing works. The answer is kept for five seconds, so that a
    /// monitor that asks often does not wear the disk.
    pub async fn probe(&self, now_ms: i64) -> Result<()> {
        let last = self.probed_at.load(std::sync::atomic::Ordering::Relaxed);
        if (now_ms - PROBE_MS..=now_ms).contains(&last) {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        set_fact(&mut tx, "probe", &now_ms.to_string()).await?;
        tx.commit().await?;
        self.probed_at.store(now_ms, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    /// What `PRAGMA integrity_check` says: `ok`, or the first fault.
    pub async fn integrity(&self) -> Result<String> {
        let row = self.read().await?.row("pragma integrity_check(1)", vec![]).await?;
        Ok(row.map_or_else(String::new, |r| r.get(0)))
    }

    /// Closes all connections; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        let conn = self.writer.lock().await.conn.take();
        if let Some(conn) = conn
            && let Err(e) = self.way.go(Step::Close, async { Ok(conn.close().await?) }).await
        {
            tracing::warn!(error = %e, "the database did not close cleanly");
        }
    }
}

/// How every connection is opened.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(400)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    async fn db() -> (Db, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_without_migrating(&folder.path().join("t.db")).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        tx.script("create table t (a bigint primary key, b text, c blob, d boolean)").await.unwrap();
        tx.commit().await.unwrap();
        (db, folder)
    }

    async fn count(q: &mut impl Query) -> i64 {
        q.row("select count(*) from t", vec![]).await.unwrap().unwrap().get(0)
    }

    #[tokio::test]
    async fn a_dropped_transaction_leaves_nothing() {
        let (db, _folder) = db().await;
        let mut tx = db.begin().await.unwrap();
        tx.exec("insert into t (a) values ($1)", args![1]).await.unwrap();
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(count(&mut tx).await, 0);
        tx.exec("insert into t (a) values ($1)", args![1]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&mut db.read().await.unwrap()).await, 1);
    }

    #[tokio::test]
    async fn a_read_is_one_snapshot_and_does_not_write() {
        let (db, _folder) = db().await;
        let mut read = db.read().await.unwrap();
        assert_eq!(count(&mut read).await, 0);
        let mut tx = db.begin().await.unwrap();
        tx.exec("insert into t (a) values ($1)", args![1]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&mut read).await, 0);
        drop(read);
        assert_eq!(count(&mut db.read().await.unwrap()).await, 1);
        assert!(db.read().await.unwrap().row("delete from t returning a", vec![]).await.is_err());
    }

    #[tokio::test]
    async fn values_come_back_as_they_went_in() {
        let (db, _folder) = db().await;
        let mut tx = db.begin().await.unwrap();
        let sql = "insert into t (a, b, c, d) values ($1, $2, $3, $4)";
        tx.exec(sql, args![i64::MIN, "é", [7_u8; 32], true]).await.unwrap();
        tx.exec(sql, args![2, None::<String>, None::<Vec<u8>>, None::<bool>]).await.unwrap();
        let rows = tx.rows("select a, b, c, d from t order by a", vec![]).await.unwrap();
        assert_eq!(rows[0].get::<i64>(0), i64::MIN);
        assert_eq!(rows[0].get::<String>(1), "é");
        assert_eq!(rows[0].get::<[u8; 32]>(2), [7; 32]);
        assert!(rows[0].get::<bool>(3));
        assert_eq!(rows[1].get::<Option<String>>(1), None);
        assert_eq!(rows[1].get::<Option<[u8; 32]>>(2), None);
        assert!(rows[0].try_get::<[u8; 16]>(2).is_err());
        let again = tx.exec("insert into t (a) values ($1)", args![2]).await;
        assert!(matches!(again, Err(Error::Constraint(_))));
    }

    #[tokio::test]
    async fn many_rows_go_in_beyond_the_limit_of_parameters() {
        let (db, _folder) = db().await;
        let mut tx = db.begin().await.unwrap();
        let rows = (0..10_000_i64).map(|i| args![i, i.to_string()]).collect();
        let changed = tx.exec_many("insert into t (a, b) values", rows, "on conflict do nothing").await.unwrap();
        assert_eq!(changed, 10_000);
        let twice =
            tx.exec_many("insert into t (a, b) values", vec![args![1, "x"], args![-1, "y"]], "on conflict do nothing");
        assert_eq!(twice.await.unwrap(), 1);
        assert!(tx.exec_many("insert into t (a, b) values", vec![args![5, "x"], args![6]], "").await.is_err());
    }

    #[tokio::test]
    async fn k1_a_full_disk_stops_writes_only_and_heals() {
        let (db, _folder) = db().await;
        let pages = |n: i64| {
            let db = db.clone();
            async move {
                let mut writer = db.writer.lock().await;
                let sql = sqlx::AssertSqlSafe(format!("pragma max_page_count = {n}"));
                sqlx::raw_sql(sql).execute(writer.conn.as_mut().unwrap()).await.unwrap();
            }
        };
        // SQLite answers as it does on a full disk, and rolls back by itself.
        pages(8).await;
        let insert = async |n: i64| {
            let mut tx = db.begin().await?;
            tx.exec("insert into t (a, c) values ($1, $2)", args![n, vec![1_u8; 9_000]]).await?;
            tx.commit().await
        };
        let mut written = 0;
        let refused = loop {
            match insert(written).await {
                Ok(()) => written += 1,
                Err(e) => break e,
            }
        };
        assert!(matches!(refused, Error::Full), "{refused}");
        assert!(matches!(insert(written).await, Err(Error::Full)));
        assert_eq!(count(&mut db.read().await.unwrap()).await, written);
        pages(1_000).await;
        insert(written).await.unwrap();
        assert_eq!(count(&mut db.read().await.unwrap()).await, written + 1);
    }

    #[tokio::test]
    async fn k4_a_newer_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let db = Db::open(&path).await.unwrap();
        let sql = "insert into schema_migrations (number, name, checksum) values ($1, 'later', $2)";
        let mut tx = db.begin().await.unwrap();
        tx.exec(sql, args![latest() + 1, [0_u8; 32]]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        let refused = Db::open(&path).await.err().unwrap().to_string();
        assert!(refused.contains("newer version"), "{refused}");
    }
}
