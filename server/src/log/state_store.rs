//! The SQL of folds: what a log means, as rows.

use super::store::{LogRow, broken};
use crate::args;
use crate::db::{Query, Result, Tx};
use conntext_federation::state::{self, ServerState};
use conntext_federation::wire::RowsText;
use std::collections::HashSet;

/// The kind of a row that holds thousands of others: a page of a snapshot as it came. It is never written again; rows of
/// their own hide what it says.
const PAGE: &str = "page";
/// The value of a row that is gone, where a page may still hold it.
const GONE: &str = "null";

/// The rows of a log's state.
async fn state_rows(q: &mut impl Query, log_id: i64) -> Result<Vec<state::Row>> {
    let rows = q.rows("select kind, key, value from log_state where log_id = $1", args![log_id]).await?;
    let (mut own, mut paged) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        let (kind, key, value): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        if kind == PAGE {
            let page: Vec<state::Row> = serde_json::from_str(&value).map_err(|_| broken("state"))?;
            paged.extend(page);
        } else {
            own.push(state::Row { kind, key, value: Some(value) });
        }
    }
    if !paged.is_empty() {
        let newer: HashSet<(&str, &str)> = own.iter().map(|r| (r.kind.as_str(), r.key.as_str())).collect();
        paged.retain(|r| !newer.contains(&(r.kind.as_str(), r.key.as_str())));
    }
    own.retain(|r| r.value.as_deref() != Some(GONE));
    own.append(&mut paged);
    Ok(own)
}

/// Stores the pages that a state begins with, beside its other rows: thousands of people at the price of one row.
pub async fn write_pages(tx: &mut Tx, log_id: i64, pages: &[RowsText]) -> Result<()> {
    for (number, page) in pages.iter().enumerate() {
        let sql = "insert into log_state (log_id, kind, key, value) values ($1, $2, $3, $4)";
        tx.exec(sql, args![log_id, PAGE, number.to_string(), page.as_str()]).await?;
    }
    Ok(())
}

pub async fn write_state(tx: &mut Tx, log_id: i64, mut changes: Vec<state::Row>) -> Result<()> {
    // In the order of the table's key: SQLite then only adds pages at the end, where thousands of people come at once.
    changes.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
    let mut put = Vec::with_capacity(changes.len());
    for row in changes {
        match row.value {
            Some(value) => put.push(args![log_id, row.kind, row.key, value]),
            None => {
                let sql = "delete from log_state where log_id = $1 and kind = $2 and key = $3";
                tx.exec(sql, args![log_id, &row.kind, &row.key]).await?;
                let sql = "insert into log_state (log_id, kind, key, value) select $1, $2, $3, $4 \
                           where exists (select 1 from log_state where log_id = $1 and kind = $5)";
                tx.exec(sql, args![log_id, row.kind, row.key, GONE, PAGE]).await?;
            }
        }
    }
    tx.exec_many(
        "insert into log_state (log_id, kind, key, value) values ",
        put,
        " on conflict (log_id, kind, key) do update set value = excluded.value",
    )
    .await
    .map(|_| ())
}

/// A stored log's state, or `None` when its rows are missing.
pub async fn load_state(q: &mut impl Query, row: &LogRow) -> Result<Option<ServerState>> {
    let rows = state_rows(q, row.id).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    ServerState::from_rows(row.sid.clone(), &rows).map(Some).map_err(|_| broken("state"))
}

/// Whether somebody whom the state in memory has as a member is none any more. What is on disk comes first, by a moment:
/// whoever writes beside the log asks it in the same transaction.
///
/// # Errors
/// The database's.
pub async fn has_gone(q: &mut impl Query, log_id: i64, actor: &str) -> Result<bool> {
    let sql = "select value from log_state where log_id = $1 and kind = 'member' and key = $2";
    if let Some(row) = q.row(sql, args![log_id, actor]).await? {
        return Ok(row.get::<String>(0) == GONE);
    }
    let sql = "select key from log_state where log_id = $1 and kind = $2 limit 1";
    Ok(q.row(sql, args![log_id, PAGE]).await?.is_none())
}

/// Drops the fold of a log and who of this instance is in it.
pub async fn forget_fold(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from log_state where log_id = $1", args![log_id]).await?;
    tx.exec("delete from memberships where log_id = $1", args![log_id]).await.map(|_| ())
}
