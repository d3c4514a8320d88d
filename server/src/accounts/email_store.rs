//! SQL of addresses that wait to be confirmed.

use crate::args;
use crate::db::{Query, Result, Row, Tx};

/// An address that waits.
pub(super) struct Claim {
    /// Whose it is to be; none for somebody who has no account yet.
    pub account: Option<String>,
    pub address: String,
    pub refused: bool,
}

fn claim(r: &Row) -> Claim {
    Claim { account: r.get(0), address: r.get(1), refused: r.get(2) }
}

/// In place of an earlier one of the same owner.
pub(super) async fn put(tx: &mut Tx, owner: &str, account: Option<&str>, address: &str, expires_at: i64) -> Result<()> {
    tx.exec("delete from email_claims where owner = $1", args![owner]).await?;
    let sql = "insert into email_claims (owner, account_id, address, refused, expires_at) values ($1, $2, $3, $4, $5)";
    tx.exec(sql, args![owner, account, address, false, expires_at]).await.map(|_| ())
}

/// Whether there is such a claim still.
pub(super) async fn set_token(
    tx: &mut Tx,
    owner: &str,
    address: &str,
    hash: &[u8; 32],
    expires_at: i64,
) -> Result<bool> {
    let sql = "update email_claims set token_hash = $3, expires_at = $4 where owner = $1 and address = $2";
    Ok(tx.exec(sql, args![owner, address, hash, expires_at]).await? > 0)
}

pub(super) async fn refuse(tx: &mut Tx, owner: &str, address: &str) -> Result<()> {
    let sql = "update email_claims set refused = $3 where owner = $1 and address = $2";
    tx.exec(sql, args![owner, address, true]).await.map(|_| ())
}

pub(super) async fn of_owner(q: &mut impl Query, owner: &str) -> Result<Option<Claim>> {
    let sql = "select account_id, address, refused from email_claims where owner = $1";
    Ok(q.row(sql, args![owner]).await?.as_ref().map(claim))
}

pub(super) async fn by_token(q: &mut impl Query, hash: &[u8; 32], now: i64) -> Result<Option<Claim>> {
    let sql = "select account_id, address, refused from email_claims where token_hash = $1 and expires_at > $2";
    Ok(q.row(sql, args![hash, now]).await?.as_ref().map(claim))
}

pub(super) async fn delete(tx: &mut Tx, owner: &str) -> Result<()> {
    tx.exec("delete from email_claims where owner = $1", args![owner]).await.map(|_| ())
}

/// Forgets people who did not come back to make their account.
pub(super) async fn forget(tx: &mut Tx, now: i64) -> Result<()> {
    tx.exec("delete from email_claims where account_id is null and expires_at <= $1", args![now]).await.map(|_| ())
}
