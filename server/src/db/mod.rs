//! The only place that knows which database there is.
//!
//! One SQL text for all: `$1` parameters, TEXT, BIGINT, BOOLEAN and BLOB columns, `returning`,
//! `on conflict`. Statements stand in the `store.rs` files of the rooms; here is what runs them.
//!
//! SQLite: write-ahead log with `synchronous=FULL`, so that a commit is on disk when it returns;
//! one writer with `BEGIN IMMEDIATE`, a pool of readers, each with a snapshot of its own.
//!
//! PostgreSQL: the same shape. One writer at a time, over all processes, by an advisory lock, so that the rules of the log
//! hold alike; a pool of readers with `repeatable read`, each with a snapshot of its own. What several processes have
//! between them: `between`.

mod between;
mod conn;
mod copy;
mod error;
mod facts;
mod fold;
pub mod folder;
#[cfg(feature = "failpoints")]
pub mod inline;
mod migrate;
mod postgres;
mod salvage;
mod source;
mod sqlite;
mod tx;
mod value;
mod way;
mod writer;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use tokio::sync::Mutex;

use fold::Fold;
use way::{Readers, Step, Way};
use writer::{Claim, Line, Writer};

pub use between::{Between, Ear, Locks};
pub use error::{Error, Result};
pub use facts::{fact, forget_fact, set_fact};
pub use migrate::{Migration, latest, migrations};
pub use salvage::{Loss, salvage};
pub use source::Source;
pub use tx::{Query, Read, Tx};
pub use value::{Column, Row, SqlType, Ty, Value};

/// The most readers at a time; more wait.
const READERS: u32 = 8;
/// How long a reader waits for its turn before the caller is told that the database is busy.
const READ_WAIT: Duration = Duration::from_secs(10);
/// For how long a successful probe counts, in milliseconds.
const PROBE_MS: i64 = 5_000;
/// A handle to the database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    readers: Readers,
    writer: Arc<Mutex<Writer>>,
    way: Way,
    probed_at: Arc<AtomicI64>,
}

impl Db {
    /// Opens the database, creates the file where it is one, and brings the schema up to date.
    ///
    /// # Errors
    /// When it cannot be opened or reached, or was written by a newer version of the program.
    pub async fn open(source: &Source) -> Result<Self> {
        let db = Self::open_without_migrating(source).await?;
        migrate::run(&db).await?;
        Ok(db)
    }

    /// The same, and leaves the schema alone.
    pub async fn open_without_migrating(source: &Source) -> Result<Self> {
        // The writer first: it creates SQLite's file and switches it to the write-ahead log.
        let line = match source {
            // Its log is folded by `fold`, not within commits.
            Source::File(path) => {
                let options = Box::new(sqlite::options(path).pragma("wal_autocheckpoint", fold::MOST_PAGES));
                Line::Sqlite { options, conn: None }
            }
            Source::Postgres(options) => Line::Postgres { options: options.clone(), conn: None, claim: None },
        };
        let way = Way::default();
        let mut writer = Writer { line, open: false, way: way.clone(), fold: None };
        writer.connect().await?;
        let readers = match &writer.line {
            Line::Sqlite { options, .. } => Readers::Sqlite(sqlite::readers(options).await?),
            Line::Postgres { options, .. } => Readers::Postgres(postgres::readers(options).await?),
        };
        let writer = Arc::new(Mutex::new(writer));
        if let Source::File(path) = source {
            writer.lock().await.fold = Some(Fold::start(path, Arc::downgrade(&writer)));
        }
        Ok(Self { readers, writer, way, probed_at: Arc::default() })
    }

    /// As [`Db::open`] of a file, with calls that come back before anything else runs and that somebody watches.
    ///
    /// # Errors
    /// As [`Db::open`].
    #[cfg(feature = "failpoints")]
    pub async fn open_inline(path: &std::path::Path, how: inline::Inline) -> Result<Self> {
        let mut options = sqlite::options(path);
        if !how.flush {
            options = options.synchronous(sqlx::sqlite::SqliteSynchronous::Off);
        }
        let way = Way { watch: Some(how.watch) };
        let readers = Readers::Shelf(Arc::new(inline::Shelf::new(sqlite::for_reading(&options))));
        let line = Line::Sqlite { options: Box::new(options), conn: None };
        let mut writer = Writer { line, open: false, way: way.clone(), fold: None };
        inline::finish(writer.connect())?;
        let db = Self { readers, writer: Arc::new(Mutex::new(writer)), way, probed_at: Arc::default() };
        migrate::run(&db).await?;
        Ok(db)
    }

    /// From now on no process serves this database but this one (a file is guarded by its folder).
    ///
    /// # Errors
    /// When another one does.
    pub async fn claim_alone(&self) -> Result<()> {
        self.writer.lock().await.claim(Claim::Alone).await
    }

    /// From now on this process serves this database, beside others that do.
    ///
    /// # Errors
    /// When another one has it alone.
    pub async fn claim_shared(&self) -> Result<()> {
        self.writer.lock().await.claim(Claim::Shared).await
    }

    /// Begins a snapshot for reading.
    pub async fn read(&self) -> Result<Read> {
        let mut reader = self.readers.take().await?;
        self.way.go(Step::Read, reader.conn().change("BEGIN", [])).await?;
        Ok(Read { reader, way: self.way.clone() })
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

    /// `ok`, or the first fault of the file. PostgreSQL looks after its own files.
    pub async fn integrity(&self) -> Result<String> {
        if let Readers::Postgres(_) = self.readers {
            return Ok("ok".into());
        }
        let row = self.read().await?.row("pragma integrity_check(1)", vec![]).await?;
        Ok(row.map_or_else(String::new, |r| r.get(0)))
    }

    /// Whether a table exists.
    async fn has_table(&self, name: &'static str) -> Result<bool> {
        let sql = match &self.readers {
            Readers::Postgres(_) => {
                "select 1 from information_schema.tables where table_schema = current_schema() and table_name = $1"
            }
            _ => "select 1 from sqlite_master where type = 'table' and name = $1",
        };
        Ok(self.read().await?.row(sql, crate::args![name]).await?.is_some())
    }

    /// Closes all connections; SQLite's write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        let fold = self.writer.lock().await.fold.take();
        if let Some(fold) = fold {
            fold.end().await;
        }
        if let Err(e) = self.writer.lock().await.close().await {
            tracing::warn!(error = %e, "the database did not close cleanly");
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;
    use crate::args;

    /// An empty database: a file, or a schema in the PostgreSQL that `CONNTEXT_TEST_POSTGRES` names.
    async fn empty() -> (Source, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let Ok(address) = std::env::var("CONNTEXT_TEST_POSTGRES") else {
            return (Source::File(folder.path().join("t.db")), folder);
        };
        let name = folder.path().file_name().unwrap().to_string_lossy();
        let schema: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let mut conn = sqlx::PgConnection::connect(&address).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("create schema db_{schema}"));
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        (Source::parse(&format!("{address}&options[search_path]=db_{schema}"), "t.db".into()).unwrap(), folder)
    }

    async fn db() -> (Db, tempfile::TempDir) {
        let (source, folder) = empty().await;
        let db = Db::open_without_migrating(&source).await.unwrap();
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
    async fn whoever_is_gone_before_the_answer_leaves_no_transaction_behind() {
        let (db, _folder) = db().await;
        // Given up after so many looks at it: before, while and after the database begins, writes and commits.
        for looks in 0..60 {
            let write = async {
                let mut tx = db.begin().await?;
                tx.exec("insert into t (a) values ($1)", args![1_000 + looks]).await?;
                tx.commit().await
            };
            let mut write = Box::pin(write);
            for _ in 0..looks {
                if futures_util::poll!(write.as_mut()).is_ready() {
                    break;
                }
                tokio::time::sleep(Duration::from_micros(50)).await;
            }
            drop(write);
            let mut tx = db.begin().await.unwrap_or_else(|e| panic!("after {looks} looks: {e}"));
            tx.exec("insert into t (a) values ($1)", args![looks]).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    /// Many small commits, as fast as they come.
    #[tokio::test]
    async fn the_log_of_a_file_is_folded_while_commits_go_on() {
        let (source, _folder) = empty().await;
        let Source::File(path) = &source else { return };
        let db = Db::open_without_migrating(&source).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        tx.script("create table t (a bigint primary key, b blob)").await.unwrap();
        tx.commit().await.unwrap();
        for n in 0..100 {
            let mut tx = db.begin().await.unwrap();
            tx.exec("insert into t (a, b) values ($1, $2)", args![n, vec![7_u8; 1 << 20]]).await.unwrap();
            tx.commit().await.unwrap();
        }
        let length = |ending: &str| std::fs::metadata(format!("{}{ending}", path.display())).unwrap().len() >> 20;
        assert!(length("") >= 50, "the file holds {} MiB", length(""));
        assert!(length("-wal") <= 64, "the log holds {} MiB", length("-wal"));
        db.close().await;
        assert!(length("") >= 100 && !std::fs::exists(format!("{}-wal", path.display())).unwrap());
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
        if matches!(db.readers, Readers::Postgres(_)) {
            // There the disk is PostgreSQL's; what it says is read in `error.rs`.
            return;
        }
        let pages = |n: i64| {
            let db = db.clone();
            async move {
                let mut writer = db.writer.lock().await;
                let sql = sqlx::AssertSqlSafe(format!("pragma max_page_count = {n}"));
                writer.line.conn().unwrap().script(sql).await.unwrap();
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
        let (path, _folder) = empty().await;
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
