//! How SQLite is opened.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::fold::LENGTH;
use super::{READ_WAIT, READERS, Result};

/// How long SQLite itself waits for a lock that another process holds.
const BUSY: Duration = Duration::from_secs(5);

/// A transaction that changes more pages than this writes some before its end, and reads them again: it is then slower by
/// half, but needs no more memory. Pages of 4 KiB; SQLite's own limit is 2 MiB.
const SPILL_PAGES: &str = "16384";

/// Pages that each reader keeps, as SQLite counts KiB: an eighth of its own limit. There are several readers, each keeps its own
/// for as long as the instance runs, and the system keeps what they read as well.
const READER_CACHE_KIB: &str = "-256";

/// What the connections to a file have in common.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
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
        .pragma("cache_spill", SPILL_PAGES)
        .pragma("journal_size_limit", LENGTH.to_string())
}

/// The same for connections that only read.
pub(super) fn for_reading(options: &SqliteConnectOptions) -> SqliteConnectOptions {
    options.clone().pragma("query_only", "ON").pragma("cache_size", READER_CACHE_KIB)
}

/// How many readers there are. SQLite works in this process: beyond twice the processors more of them only take memory, half a
/// MiB each for the schema, statements and pages.
fn how_many() -> u32 {
    let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    u32::try_from(processors * 2).unwrap_or(READERS).clamp(READERS / 2, READERS)
}

/// Connections for reading.
pub(super) async fn readers(options: &SqliteConnectOptions) -> Result<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        .max_connections(how_many())
        .min_connections(1)
        .acquire_timeout(READ_WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_release(|conn, _| Box::pin(async move { Ok(sqlx::query("ROLLBACK").execute(conn).await.is_ok()) }));
    Ok(pool.connect_with(for_reading(options)).await?)
}
