//! Which database the stories run on: SQLite, or a schema of its own for each instance in the PostgreSQL database that
//! `CONNTEXT_TEST_POSTGRES` names.

use std::sync::atomic::{AtomicU64, Ordering};

use conntext_server::App;
use conntext_server::config::DatabaseAddress;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// The address of an empty database; the empty one is a file in the data folder.
pub async fn empty() -> DatabaseAddress {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let Ok(address) = std::env::var("CONNTEXT_TEST_POSTGRES") else { return DatabaseAddress::default() };
    let schema = format!("story_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut conn = PgConnection::connect(&address).await.expect("the PostgreSQL of the tests");
    let sql = format!("drop schema if exists {schema} cascade; create schema {schema}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.expect("a schema");
    let sign = if address.contains('?') { '&' } else { '?' };
    DatabaseAddress::from(format!("{address}{sign}options[search_path]={schema}"))
}

/// Whether the database holds a text anywhere, deleted pages and the write-ahead log of a file included. Of PostgreSQL it
/// is what stands in its tables: the space of deleted rows is its own to clear (`vacuum`).
pub async fn holds(app: &App, text: &str) -> bool {
    let address = app.config.storage.database.reveal();
    if address.is_empty() {
        return ["conntext.db", "conntext.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(app.folder.path().join(name)).unwrap_or_default();
            bytes.windows(text.len()).any(|w| w == text.as_bytes())
        });
    }
    let mut conn = PgConnection::connect(address).await.expect("the PostgreSQL of the tests");
    let sql = "select table_name::text from information_schema.tables where table_schema = current_schema()";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut conn).await.expect("tables");
    let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
    for table in tables {
        let sql = format!("select 1 from {table} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0 limit 1");
        let found = sqlx::query(AssertSqlSafe(sql)).bind(text).bind(&hex).fetch_optional(&mut conn).await;
        if found.expect("a table").is_some() {
            return true;
        }
    }
    false
}
