//! SQL of invitation codes.

use std::collections::HashMap;

use conntext_federation::ids::Hash;

use crate::args;
use crate::db::{Query, Result, Tx};

pub(super) async fn put(tx: &mut Tx, log_id: i64, hash: &Hash, sealed: &[u8], maker: &str) -> Result<()> {
    let sql = "insert into invite_codes (log_id, hash, code, maker) values ($1, $2, $3, $4)";
    tx.exec(sql, args![log_id, hash.0, sealed, maker]).await.map(|_| ())
}

pub(super) async fn drop_one(tx: &mut Tx, log_id: i64, hash: &Hash) -> Result<()> {
    tx.exec("delete from invite_codes where log_id = $1 and hash = $2", args![log_id, hash.0]).await.map(|_| ())
}

/// The sealed codes that somebody made for a server.
pub(super) async fn of_maker(q: &mut impl Query, log_id: i64, maker: &str) -> Result<HashMap<Hash, Vec<u8>>> {
    let sql = "select hash, code from invite_codes where log_id = $1 and maker = $2";
    let rows = q.rows(sql, args![log_id, maker]).await?;
    Ok(rows.iter().map(|r| (Hash(r.get(0)), r.get(1))).collect())
}

/// Drops what is held of a log.
pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from invite_codes where log_id = $1", args![log_id]).await.map(|_| ())
}
