//! What several processes of one instance have between them: a PostgreSQL database, and its notices, locks and a small
//! shared memory. A file has one process, and none of this.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions};
use sqlx::{Connection as _, PgPool, Row as _};

use super::writer::Line;
use super::{Db, READ_WAIT, Result};

/// Connections for notices and the shared memory; one of them listens.
const CONNECTIONS: u32 = 4;
/// The first number of the lock of whoever does what is to be done once.
const DUTIES: i32 = 1_668_246_896;
/// The first number of the lock that every process shares which may write to logs that others hold copies of.
const LOOKED: i32 = 1_668_246_897;
/// How long an answer of the database may take before its connection counts as lost.
const ANSWER: Duration = Duration::from_secs(3);

/// The way to the other processes. Cheap to clone.
#[derive(Clone)]
pub struct Between {
    pool: PgPool,
    options: Box<PgConnectOptions>,
    channel: String,
}

impl Db {
    /// The way to other processes on the same database; none where the database is a file.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn between(&self) -> Result<Option<Between>> {
        let options = match &self.writer.lock().await.line {
            Line::Sqlite { .. } => return Ok(None),
            Line::Postgres { options, .. } => options.clone(),
        };
        // What is lost with the database's power says nothing that was promised.
        let hasty = (*options).clone().options([("synchronous_commit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(READ_WAIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(hasty)
            .await?;
        // Schemas of one database hear nothing of each other.
        let sql = "select 'conntext_' || substr(md5(current_schema()), 1, 16)";
        let channel = sqlx::query(sql).fetch_one(&pool).await?.try_get(0)?;
        Ok(Some(Between { pool, options, channel }))
    }
}

impl Between {
    /// The name of the channel of notices.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// Tells all processes that listen, this one too. A text has at most 7,999 bytes.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn notify(&self, text: &str) -> Result<()> {
        sqlx::query("select pg_notify($1, $2)").bind(&self.channel).bind(text).execute(&self.pool).await?;
        Ok(())
    }

    /// Listens from now on.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn listen(&self) -> Result<Ear> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(&self.channel).await?;
        Ok(Ear(listener))
    }

    /// Opens the connection that holds this process's locks.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn locks(&self) -> Result<Locks> {
        let mut conn = PgConnection::connect_with(&self.options).await?;
        // A machine that is gone says nothing: PostgreSQL has to find out by itself that its locks are free.
        let sql = "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3";
        sqlx::raw_sql(sql).execute(&mut conn).await?;
        Ok(Locks(conn))
    }

    /// Keeps a value until a time in milliseconds; false when something is kept under that key already.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn put(&self, kind: &str, key: &[u8], value: &str, until_ms: i64) -> Result<bool> {
        let sql = "insert into shared_memory (kind, key, value, until) values ($1, $2, $3, $4)
                   on conflict (kind, key) do nothing";
        let put = sqlx::query(sql).bind(kind).bind(key).bind(value).bind(until_ms).execute(&self.pool).await?;
        Ok(put.rows_affected() > 0)
    }

    /// Takes a value away, with the time until which it counts in milliseconds. One of several who ask gets it.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn take(&self, kind: &str, key: &[u8]) -> Result<Option<(String, i64)>> {
        let sql = "delete from shared_memory where kind = $1 and key = $2 returning value, until";
        let row = sqlx::query(sql).bind(kind).bind(key).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?)
    }

    /// How many values of a kind are kept.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn count(&self, kind: &str) -> Result<i64> {
        let sql = "select count(*) from shared_memory where kind = $1";
        Ok(sqlx::query(sql).bind(kind).fetch_one(&self.pool).await?.try_get(0)?)
    }

    /// Forgets what counted until before a time in milliseconds.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn forget(&self, before_ms: i64) -> Result<()> {
        sqlx::query("delete from shared_memory where until < $1").bind(before_ms).execute(&self.pool).await?;
        Ok(())
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Hears what processes on the same database say.
pub struct Ear(PgListener);

impl Ear {
    /// The next text; none when the connection was lost and is there again, so that something may have been missed.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn hear(&mut self) -> Result<Option<String>> {
        Ok(self.0.try_recv().await?.map(|notice| notice.payload().to_owned()))
    }
}

/// The locks that this process holds: they end with its connection, however that ends.
pub struct Locks(PgConnection);

impl Locks {
    /// Takes the duties, unless another process has them.
    ///
    /// # Errors
    /// When the connection is lost; then all locks are, too.
    pub async fn take_duties(&mut self) -> Result<bool> {
        let sql = "select pg_try_advisory_lock($1, hashtext(current_schema()))";
        let row = answer(sqlx::query(sql).bind(DUTIES).fetch_one(&mut self.0)).await?;
        Ok(row.try_get(0)?)
    }

    /// Lets other processes know that this one may write to logs that others hold copies of.
    ///
    /// # Errors
    /// As [`Locks::take_duties`].
    pub async fn say_looked(&mut self) -> Result<()> {
        let sql = "select pg_advisory_lock_shared($1, hashtext(current_schema()))";
        answer(sqlx::query(sql).bind(LOOKED).fetch_one(&mut self.0)).await?;
        Ok(())
    }

    /// Whether another process says so.
    ///
    /// # Errors
    /// As [`Locks::take_duties`].
    pub async fn others_looked(&mut self) -> Result<bool> {
        let sql = "select exists (select 1 from pg_locks
                     where locktype = 'advisory' and granted and pid <> pg_backend_pid()
                       and database = (select oid from pg_database where datname = current_database())
                       and classid::bigint = $1
                       and objid::bigint = (hashtext(current_schema())::bigint & 4294967295))";
        let row = answer(sqlx::query(sql).bind(i64::from(LOOKED)).fetch_one(&mut self.0)).await?;
        Ok(row.try_get(0)?)
    }

    /// Whether the connection, and with it the locks, are still there.
    ///
    /// # Errors
    /// As [`Locks::take_duties`].
    pub async fn check(&mut self) -> Result<()> {
        answer(sqlx::query("select 1").fetch_one(&mut self.0)).await.map(|_| ())
    }

    /// Lets go of all locks.
    pub async fn close(self) {
        // The end of the process would do the same.
        let _ = tokio::time::timeout(ANSWER, self.0.close()).await;
    }
}

async fn answer<T>(asked: impl Future<Output = std::result::Result<T, sqlx::Error>>) -> Result<T> {
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(answered) => Ok(answered?),
        Err(_) => Err(super::Error::Busy),
    }
}
