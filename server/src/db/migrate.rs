//! The schema, step by step. The files of `/migrations` are compiled in, in the order of their numbers.

use sha2::{Digest as _, Sha256};

use super::{Db, Error, Query as _, Result};
use crate::args;

/// One step of the schema.
#[derive(Debug)]
pub struct Migration {
    /// From the file name; steps run in this order.
    pub number: i64,
    /// The rest of the file name.
    pub name: &'static str,
    /// The script.
    pub sql: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// All steps that this program knows, in order.
pub fn migrations() -> &'static [Migration] {
    MIGRATIONS
}

/// The number of the newest step that this program knows.
pub fn latest() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.number)
}

fn checksum(sql: &str) -> [u8; 32] {
    Sha256::digest(sql.as_bytes()).into()
}

pub(super) async fn version(db: &Db) -> Result<i64> {
    if !db.has_table("schema_migrations").await? {
        return Ok(0);
    }
    let row = db.read().await?.row("select coalesce(max(number), 0) from schema_migrations", vec![]).await?;
    Ok(row.map_or(0, |r| r.get(0)))
}

pub(super) async fn run(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.script(
        "create table if not exists schema_migrations (
           number bigint primary key, name text not null, checksum blob not null)",
    )
    .await?;
    let done = tx.rows("select number, name, checksum from schema_migrations order by number", vec![]).await?;
    for row in &done {
        let (number, name, sum): (i64, String, [u8; 32]) = (row.get(0), row.get(1), row.get(2));
        match MIGRATIONS.iter().find(|m| m.number == number) {
            None => {
                return Err(Error::Other(format!(
                    "this database was written by a newer version of ConnText (it has step {number} \"{name}\", this program knows up to {}). \
                     Install that version again, or restore a backup made with this one",
                    latest()
                )));
            }
            Some(m) if checksum(m.sql) != sum => {
                return Err(Error::Other(format!(
                    "step {number} \"{name}\" of the database differs from the one in this program: they are of different builds"
                )));
            }
            Some(_) => {}
        }
    }
    let mut ran = Vec::new();
    for m in MIGRATIONS.iter().filter(|m| !done.iter().any(|r| r.get::<i64>(0) == m.number)) {
        tx.script(m.sql).await.map_err(|e| Error::Other(format!("migration {:04}_{}: {e}", m.number, m.name)))?;
        tx.exec(
            "insert into schema_migrations (number, name, checksum) values ($1, $2, $3)",
            args![m.number, m.name, checksum(m.sql)],
        )
        .await?;
        ran.push(m.number);
    }
    tx.commit().await?;
    if !ran.is_empty() {
        tracing::info!(steps = ?ran, "database schema brought up to date");
    }
    Ok(())
}
