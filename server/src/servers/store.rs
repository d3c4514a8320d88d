//! SQL of server pictures and of the order in which a person lists their servers.

use crate::args;
use crate::db::{Error, Query, Result, Tx};

/// The order that the person chose; server ids.
pub async fn order(q: &mut impl Query, uid: &str) -> Result<Vec<String>> {
    let Some(row) = q.row("select server_order from accounts where uid = $1", args![uid]).await? else {
        return Ok(Vec::new());
    };
    let text: String = row.get(0);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(&text).map_err(|_| Error::Other("a stored order of servers cannot be read".into()))
}

pub async fn set_order(tx: &mut Tx, uid: &str, sids: &[String]) -> Result<()> {
    let text = serde_json::to_string(sids).map_err(|e| Error::Other(e.to_string()))?;
    tx.exec("update accounts set server_order = $2 where uid = $1", args![uid, text]).await.map(|_| ())
}

pub(super) async fn put_icon(tx: &mut Tx, mid: &str, kind: &str, bytes: &[u8], now_ms: i64) -> Result<()> {
    tx.exec(
        "insert into server_icons (mid, type, bytes, created_at) values ($1, $2, $3, $4) on conflict (mid) do nothing",
        args![mid, kind, bytes, now_ms],
    )
    .await
    .map(|_| ())
}

/// Media type and bytes.
pub(super) async fn icon(q: &mut impl Query, mid: &str) -> Result<Option<(String, Vec<u8>)>> {
    let row = q.row("select type, bytes from server_icons where mid = $1", args![mid]).await?;
    Ok(row.map(|r| (r.get(0), r.get(1))))
}

pub(super) async fn drop_icon(tx: &mut Tx, mid: &str) -> Result<()> {
    tx.exec("delete from server_icons where mid = $1", args![mid]).await.map(|_| ())
}
