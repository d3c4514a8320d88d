//! SQL of passkeys.

use crate::args;
use crate::db::{Query, Result, Tx};

/// A passkey as it is stored.
pub struct Passkey {
    /// The credential's id.
    pub id: Vec<u8>,
    pub account: String,
    pub name: String,
    pub transports: u8,
    pub static_state: Vec<u8>,
    pub dynamic_state: Vec<u8>,
    pub created_at: i64,
    pub used_at: Option<i64>,
}

fn passkey(row: &crate::db::Row) -> Passkey {
    Passkey {
        id: row.get(0),
        account: row.get(1),
        name: row.get(2),
        transports: u8::try_from(row.get::<i64>(3)).unwrap_or_default(),
        static_state: row.get(4),
        dynamic_state: row.get(5),
        created_at: row.get(6),
        used_at: row.get(7),
    }
}

/// All of an account, oldest first.
pub async fn all(q: &mut impl Query, account: &str) -> Result<Vec<Passkey>> {
    let sql = "select id, account_id, name, transports, static_state, dynamic_state, created_at, used_at from passkeys
               where account_id = $1 order by created_at, id";
    Ok(q.rows(sql, args![account]).await?.iter().map(passkey).collect())
}

pub async fn by_id(q: &mut impl Query, id: &[u8]) -> Result<Option<Passkey>> {
    let sql = "select id, account_id, name, transports, static_state, dynamic_state, created_at, used_at from passkeys
               where id = $1";
    Ok(q.row(sql, args![id.to_vec()]).await?.as_ref().map(passkey))
}

pub async fn count(q: &mut impl Query, account: &str) -> Result<i64> {
    let sql = "select count(*) from passkeys where account_id = $1";
    Ok(q.row(sql, args![account]).await?.map_or(0, |r| r.get(0)))
}

pub async fn count_all(q: &mut impl Query) -> Result<i64> {
    Ok(q.row("select count(*) from passkeys", args![]).await?.map_or(0, |r| r.get(0)))
}

pub async fn add(tx: &mut Tx, new: &Passkey) -> Result<()> {
    let sql = "insert into passkeys (id, account_id, name, transports, static_state, dynamic_state, created_at)
               values ($1, $2, $3, $4, $5, $6, $7)";
    let (fixed, changing) = (new.static_state.clone(), new.dynamic_state.clone());
    let args =
        args![new.id.clone(), &new.account, &new.name, i64::from(new.transports), fixed, changing, new.created_at];
    tx.exec(sql, args).await.map(|_| ())
}

pub async fn used(tx: &mut Tx, id: &[u8], dynamic_state: &[u8], now: i64) -> Result<()> {
    let sql = "update passkeys set dynamic_state = $2, used_at = $3 where id = $1";
    tx.exec(sql, args![id.to_vec(), dynamic_state.to_vec(), now]).await.map(|_| ())
}

/// Answers whether the account has it.
pub async fn rename(tx: &mut Tx, account: &str, id: &[u8], name: &str) -> Result<bool> {
    let sql = "update passkeys set name = $3 where account_id = $1 and id = $2";
    Ok(tx.exec(sql, args![account, id.to_vec(), name]).await? > 0)
}

/// Answers whether the account had it.
pub async fn remove(tx: &mut Tx, account: &str, id: &[u8]) -> Result<bool> {
    Ok(tx.exec("delete from passkeys where account_id = $1 and id = $2", args![account, id.to_vec()]).await? > 0)
}

pub async fn remove_all(tx: &mut Tx, account: &str) -> Result<()> {
    tx.exec("delete from passkeys where account_id = $1", args![account]).await.map(|_| ())
}

pub async fn ask(
    tx: &mut Tx,
    challenge: &[u8; 16],
    account: Option<&str>,
    state: &[u8],
    now: i64,
    expires_at: i64,
) -> Result<()> {
    tx.exec("delete from passkey_challenges where expires_at <= $1", args![now]).await?;
    let sql = "insert into passkey_challenges (challenge, account_id, state, expires_at) values ($1, $2, $3, $4)";
    tx.exec(sql, args![challenge.to_vec(), account.map(str::to_owned), state.to_vec(), expires_at]).await.map(|_| ())
}

/// Whether a challenge was given and not answered yet.
pub async fn waits(q: &mut impl Query, challenge: &[u8; 16], now: i64) -> Result<bool> {
    let sql = "select 1 from passkey_challenges where challenge = $1 and expires_at > $2";
    Ok(q.row(sql, args![challenge.to_vec(), now]).await?.is_some())
}

/// What a challenge was about; it is used up with that.
pub async fn answered(tx: &mut Tx, challenge: &[u8; 16], now: i64) -> Result<Option<(Option<String>, Vec<u8>)>> {
    let sql = "select account_id, state from passkey_challenges where challenge = $1 and expires_at > $2";
    let Some(row) = tx.row(sql, args![challenge.to_vec(), now]).await? else { return Ok(None) };
    let sql = "delete from passkey_challenges where challenge = $1";
    let there = tx.exec(sql, args![challenge.to_vec()]).await? > 0;
    Ok(there.then(|| (row.get(0), row.get(1))))
}
