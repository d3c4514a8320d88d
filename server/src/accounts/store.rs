//! SQL of accounts.

use super::handle;
use crate::args;
use crate::db::{Query, Result, Row, Tx};

/// An account of this instance.
pub struct Account {
    /// Its id, known here only.
    pub id: String,
    /// The person's id everywhere.
    pub uid: String,
    /// The name.
    pub handle: String,
    /// May administer the instance.
    pub admin: bool,
    /// May not sign in.
    pub suspended: bool,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// The confirmed e-mail address, in small letters.
    pub email: Option<String>,
    /// Empty where there is none: their person signs in with another service.
    pub(super) password_hash: String,
}

impl Account {
    /// Whether there is a password.
    pub fn has_password(&self) -> bool {
        !self.password_hash.is_empty()
    }

    /// What their password is checked against when the account is gone.
    pub fn kept_hash(&self) -> String {
        self.password_hash.clone()
    }
}

fn account(r: &Row) -> Account {
    Account {
        id: r.get(0),
        uid: r.get(1),
        handle: r.get(2),
        admin: r.get(3),
        suspended: r.get(4),
        created_at: r.get(5),
        password_hash: r.get(6),
        email: r.get(7),
    }
}

pub(super) async fn by_handle(q: &mut impl Query, handle: &str) -> Result<Option<Account>> {
    let sql =
        "select id, uid, handle, admin, suspended, created_at, password_hash, email from accounts where handle = $1";
    Ok(q.row(sql, args![handle]).await?.as_ref().map(account))
}

pub(super) async fn by_email(q: &mut impl Query, email: &str) -> Result<Option<Account>> {
    let sql =
        "select id, uid, handle, admin, suspended, created_at, password_hash, email from accounts where email = $1";
    Ok(q.row(sql, args![email]).await?.as_ref().map(account))
}

/// The name of somebody whose name has this look, and whether they are here already or wait to be let in. One account is
/// not asked.
pub(super) async fn looking_like(q: &mut impl Query, look: &str, but: &str) -> Result<Option<(String, bool)>> {
    let sql = "select handle, 'here' from accounts where look = $1 and id <> $2 union all
               select handle, 'waits' from applications where look = $1 limit 1";
    Ok(q.row(sql, args![look, but]).await?.map(|r| (r.get(0), r.get::<String>(1) == "here")))
}

/// Accounts of times when looks were not kept, with their names.
pub(super) async fn without_look(q: &mut impl Query) -> Result<Vec<(String, String)>> {
    let rows = q.rows("select id, handle from accounts where look is null", vec![]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1))).collect())
}

pub(super) async fn set_look(tx: &mut Tx, id: &str, look: &str) -> Result<()> {
    tx.exec("update accounts set look = $2 where id = $1", args![id, look]).await.map(|_| ())
}

pub(super) async fn by_id(q: &mut impl Query, id: &str) -> Result<Option<Account>> {
    let sql = "select id, uid, handle, admin, suspended, created_at, password_hash, email from accounts where id = $1";
    Ok(q.row(sql, args![id]).await?.as_ref().map(account))
}

pub(super) async fn by_uid(q: &mut impl Query, uid: &str) -> Result<Option<Account>> {
    let sql = "select id, uid, handle, admin, suspended, created_at, password_hash, email from accounts where uid = $1";
    Ok(q.row(sql, args![uid]).await?.as_ref().map(account))
}

pub(super) async fn all(q: &mut impl Query) -> Result<Vec<Account>> {
    let sql =
        "select id, uid, handle, admin, suspended, created_at, password_hash, email from accounts order by handle";
    Ok(q.rows(sql, vec![]).await?.iter().map(account).collect())
}

pub(super) async fn insert(tx: &mut Tx, a: &Account) -> Result<()> {
    tx.exec(
        "insert into accounts (id, uid, handle, password_hash, admin, suspended, created_at, settings, server_order, look)
         values ($1, $2, $3, $4, $5, $6, $7, '{}', '[]', $8)",
        args![&a.id, &a.uid, &a.handle, &a.password_hash, a.admin, a.suspended, a.created_at, handle::look(&a.handle)],
    )
    .await
    .map(|_| ())
}

pub(super) async fn set_password(tx: &mut Tx, id: &str, hash: &str) -> Result<()> {
    tx.exec("update accounts set password_hash = $2 where id = $1", args![id, hash]).await.map(|_| ())
}

pub(super) async fn set_admin(tx: &mut Tx, id: &str, admin: bool) -> Result<()> {
    tx.exec("update accounts set admin = $2 where id = $1", args![id, admin]).await.map(|_| ())
}

pub(super) async fn set_email(tx: &mut Tx, id: &str, email: Option<&str>) -> Result<()> {
    tx.exec("update accounts set email = $2 where id = $1", args![id, email]).await.map(|_| ())
}

/// How many accounts and applications were made since a time, milliseconds.
pub(super) async fn came_since(q: &mut impl Query, since: i64) -> Result<i64> {
    let sql = "select (select count(*) from accounts where created_at > $1) +
                      (select count(*) from applications where created_at > $1)";
    Ok(q.row(sql, args![since]).await?.map_or(0, |r| r.get(0)))
}

/// Whether it was not used before.
pub(super) async fn spend_work(tx: &mut Tx, hash: &[u8; 32], until: i64) -> Result<bool> {
    let sql = "insert into spent_work (hash, until) values ($1, $2) on conflict (hash) do nothing";
    Ok(tx.exec(sql, args![hash, until]).await? > 0)
}

pub(super) async fn forget_work(tx: &mut Tx, now: i64) -> Result<()> {
    tx.exec("delete from spent_work where until <= $1", args![now]).await.map(|_| ())
}

pub(super) async fn has_admin(q: &mut impl Query) -> Result<bool> {
    Ok(q.row("select 1 from accounts where admin limit 1", vec![]).await?.is_some())
}

/// Removes an account; its sessions, factors and archives go with it.
pub(super) async fn set_uid(tx: &mut Tx, id: &str, uid: &str) -> Result<()> {
    tx.exec("update accounts set uid = $2 where id = $1", args![id, uid]).await.map(|_| ())
}

pub(super) async fn remove(tx: &mut Tx, id: &str) -> Result<()> {
    tx.exec("delete from accounts where id = $1", args![id]).await.map(|_| ())
}

/// Keeps a name from everybody but an account, or from all.
pub(super) async fn reserve(tx: &mut Tx, mark: &[u8], account: Option<&str>, now: i64) -> Result<()> {
    tx.exec(
        "insert into reserved_names (hash, account_id, reserved_at) values ($1, $2, $3)
         on conflict (hash) do update set account_id = excluded.account_id, reserved_at = excluded.reserved_at",
        args![mark, account.map(str::to_owned), now],
    )
    .await
    .map(|_| ())
}

/// Whether a name is kept from whoever has this account.
pub(super) async fn is_reserved(q: &mut impl Query, mark: &[u8], account: &str) -> Result<bool> {
    let sql = "select 1 from reserved_names where hash = $1 and (account_id is null or account_id <> $2)";
    Ok(q.row(sql, args![mark, account]).await?.is_some())
}

/// When an account gave up names since a time, the earliest first; milliseconds.
pub(super) async fn renamed_since(q: &mut impl Query, account: &str, since: i64) -> Result<Vec<i64>> {
    let sql = "select distinct reserved_at from reserved_names where account_id = $1 and reserved_at > $2
               order by reserved_at";
    Ok(q.rows(sql, args![account, since]).await?.iter().map(|r| r.get(0)).collect())
}

pub(super) async fn rename(tx: &mut Tx, id: &str, handle: &str) -> Result<()> {
    tx.exec("update accounts set handle = $2, look = $3 where id = $1", args![id, handle, handle::look(handle)])
        .await
        .map(|_| ())
}

/// The ids of the people who administer the instance.
pub(super) async fn admins(q: &mut impl Query) -> Result<Vec<String>> {
    Ok(q.rows("select uid from accounts where admin", vec![]).await?.iter().map(|r| r.get(0)).collect())
}

pub(super) async fn add_registration_invite(
    tx: &mut Tx,
    code_hash: &[u8; 32],
    expires_at: i64,
    max_uses: i64,
) -> Result<()> {
    tx.exec(
        "insert into registration_invites (code_hash, expires_at, max_uses, uses) values ($1, $2, $3, 0)",
        args![code_hash, expires_at, max_uses],
    )
    .await
    .map(|_| ())
}

/// Uses an invitation once; whether it was still good.
pub(super) async fn use_registration_invite(tx: &mut Tx, code_hash: &[u8; 32], now: i64) -> Result<bool> {
    let changed = tx
        .exec(
            "update registration_invites set uses = uses + 1
             where code_hash = $1 and expires_at > $2 and uses < max_uses",
            args![code_hash, now],
        )
        .await?;
    Ok(changed == 1)
}

/// A recovery link in place of earlier ones.
pub(super) async fn put_recovery(tx: &mut Tx, hash: &[u8; 32], account: &str, expires_at: i64) -> Result<()> {
    drop_recoveries(tx, account).await?;
    let sql = "insert into recoveries (token_hash, account_id, expires_at) values ($1, $2, $3)";
    tx.exec(sql, args![hash, account, expires_at]).await.map(|_| ())
}

/// Whose recovery link it is, while it works.
pub(super) async fn recovery(q: &mut impl Query, hash: &[u8; 32], now: i64) -> Result<Option<String>> {
    let sql = "select account_id from recoveries where token_hash = $1 and expires_at > $2";
    Ok(q.row(sql, args![hash, now]).await?.map(|r| r.get(0)))
}

pub(super) async fn drop_recoveries(tx: &mut Tx, account: &str) -> Result<()> {
    tx.exec("delete from recoveries where account_id = $1", args![account]).await.map(|_| ())
}
