//! SQL of letters that wait.

use crate::args;
use crate::db::{Query, Result, Tx};

/// A letter that is due.
pub(super) struct Due {
    pub id: String,
    pub letter: String,
    pub created_at: i64,
    pub tries: i64,
}

/// What has not been sent yet.
pub struct Waiting {
    /// So many letters.
    pub letters: i64,
    /// The oldest of them was written then, milliseconds since 1970.
    pub oldest_at: Option<i64>,
}

pub(super) async fn insert(tx: &mut Tx, id: &str, account: Option<&str>, letter: &str, now: i64) -> Result<()> {
    tx.exec(
        "insert into mails (id, account_id, letter, created_at, due_at, tries) values ($1, $2, $3, $4, $4, 0)",
        args![id, account, letter, now],
    )
    .await
    .map(|_| ())
}

pub(super) async fn due(q: &mut impl Query, now: i64, most: i64) -> Result<Vec<Due>> {
    let sql = "select id, letter, created_at, tries from mails where due_at <= $1 order by due_at, id limit $2";
    let rows = q.rows(sql, args![now, most]).await?;
    Ok(rows.iter().map(|r| Due { id: r.get(0), letter: r.get(1), created_at: r.get(2), tries: r.get(3) }).collect())
}

pub(super) async fn postpone(tx: &mut Tx, id: &str, due_at: i64) -> Result<()> {
    tx.exec("update mails set due_at = $2, tries = tries + 1 where id = $1", args![id, due_at]).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    tx.exec("delete from mails where id = $1", args![id]).await.map(|_| ())
}

/// How many letters wait.
///
/// # Errors
/// The database's.
pub async fn waiting(q: &mut impl Query) -> Result<Waiting> {
    let row = q.row("select count(*), min(created_at) from mails", vec![]).await?;
    Ok(row.map_or(Waiting { letters: 0, oldest_at: None }, |r| Waiting { letters: r.get(0), oldest_at: r.get(1) }))
}
