//! What PostgreSQL wants otherwise.

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{READ_WAIT, READERS, Result};

/// A script of the schema as PostgreSQL spells types. Texts compare byte by byte, as in SQLite, whatever the language
/// of the database is.
pub(super) fn spelt(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 256);
    let mut word = String::new();
    for c in sql.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        out.push_str(match word.as_str() {
            "blob" => "bytea",
            "text" => r#"text collate "C""#,
            other => other,
        });
        word.clear();
        out.push(c);
    }
    out
}

/// Connections for reading: each transaction is one snapshot.
pub(super) async fn readers(options: &PgConnectOptions) -> Result<PgPool> {
    let options = options
        .clone()
        .options([("default_transaction_isolation", "repeatable read"), ("default_transaction_read_only", "on")]);
    let pool = PgPoolOptions::new()
        .max_connections(READERS)
        .min_connections(1)
        .acquire_timeout(READ_WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|conn, _| Box::pin(async move { Ok(sqlx::query("ROLLBACK").execute(conn).await.is_ok()) }));
    Ok(pool.connect_with(options).await?)
}
