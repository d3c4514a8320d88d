//! SQL of the second factors.

use crate::args;
use crate::db::{Query, Result, Tx};

/// An authenticator as it is stored.
pub struct Authenticator {
    pub sealed: Vec<u8>,
    pub confirmed: bool,
}

pub async fn authenticator(q: &mut impl Query, account: &str) -> Result<Option<Authenticator>> {
    let sql = "select sealed, confirmed_at from authenticators where account_id = $1";
    let row = q.row(sql, args![account]).await?;
    Ok(row.map(|r| Authenticator { sealed: r.get(0), confirmed: r.get::<Option<i64>>(1).is_some() }))
}

/// In place of one that was never confirmed. Answers whether there is none that was.
pub async fn offer(tx: &mut Tx, account: &str, sealed: &[u8]) -> Result<bool> {
    let sql = "insert into authenticators (account_id, sealed, confirmed_at, last_step) values ($1, $2, null, 0)
               on conflict (account_id) do update set sealed = excluded.sealed, last_step = 0
               where authenticators.confirmed_at is null";
    Ok(tx.exec(sql, args![account, sealed.to_vec()]).await? > 0)
}

pub async fn confirm(tx: &mut Tx, account: &str, now: i64) -> Result<()> {
    let sql = "update authenticators set confirmed_at = $2 where account_id = $1";
    tx.exec(sql, args![account, now]).await.map(|_| ())
}

/// The code of a time step is used up. Answers whether neither it nor a later one was used before; steps beyond `latest` were
/// used under a clock that was wrong.
pub async fn use_step(tx: &mut Tx, account: &str, step: u64, latest: u64) -> Result<bool> {
    let sql = "update authenticators set last_step = $2 where account_id = $1 and (last_step < $2 or last_step > $3)";
    Ok(tx.exec(sql, args![account, step, latest]).await? > 0)
}

/// Removes the authenticator.
pub async fn remove(tx: &mut Tx, account: &str) -> Result<()> {
    tx.exec("delete from authenticators where account_id = $1", args![account]).await.map(|_| ())
}

pub async fn remove_codes(tx: &mut Tx, account: &str) -> Result<()> {
    tx.exec("delete from recovery_codes where account_id = $1", args![account]).await.map(|_| ())
}

/// In place of all former ones.
pub async fn put_codes(tx: &mut Tx, account: &str, hashes: impl Iterator<Item = [u8; 32]>) -> Result<()> {
    remove_codes(tx, account).await?;
    let rows = hashes.map(|hash| args![account, hash]).collect();
    tx.exec_many("insert into recovery_codes (account_id, code_hash) values ", rows, "").await.map(|_| ())
}

/// Answers whether the code was there and not used yet.
pub async fn use_code(tx: &mut Tx, account: &str, hash: [u8; 32], now: i64) -> Result<bool> {
    let sql = "update recovery_codes set used_at = $3 where account_id = $1 and code_hash = $2 and used_at is null";
    Ok(tx.exec(sql, args![account, hash, now]).await? > 0)
}

pub async fn codes_left(q: &mut impl Query, account: &str) -> Result<i64> {
    let sql = "select count(*) from recovery_codes where account_id = $1 and used_at is null";
    Ok(q.row(sql, args![account]).await?.map_or(0, |r| r.get(0)))
}

pub async fn begin_sign_in(tx: &mut Tx, hash: [u8; 32], account: &str, now: i64, expires_at: i64) -> Result<()> {
    tx.exec("delete from sign_ins where expires_at <= $1", args![now]).await?;
    let sql = "insert into sign_ins (token_hash, account_id, tries, expires_at) values ($1, $2, 0, $3)";
    tx.exec(sql, args![hash, account, expires_at]).await.map(|_| ())
}

/// Whose sign-in it is, while it waits.
pub async fn sign_in(q: &mut impl Query, hash: [u8; 32], now: i64) -> Result<Option<String>> {
    let sql = "select account_id from sign_ins where token_hash = $1 and expires_at > $2";
    Ok(q.row(sql, args![hash, now]).await?.map(|r| r.get(0)))
}

/// Counts a try. Answers whether one was left.
pub async fn try_sign_in(tx: &mut Tx, hash: [u8; 32], most: i64) -> Result<bool> {
    let sql = "update sign_ins set tries = tries + 1 where token_hash = $1 and tries < $2";
    Ok(tx.exec(sql, args![hash, most]).await? > 0)
}

pub async fn forget_sign_ins(tx: &mut Tx, account: &str) -> Result<()> {
    tx.exec("delete from sign_ins where account_id = $1", args![account]).await.map(|_| ())
}

/// Answers whether it was still there.
pub async fn end_sign_in(tx: &mut Tx, hash: [u8; 32]) -> Result<bool> {
    Ok(tx.exec("delete from sign_ins where token_hash = $1", args![hash]).await? > 0)
}
