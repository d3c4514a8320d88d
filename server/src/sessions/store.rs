//! SQL of the sessions table.

use super::Kind;
use crate::db::{Query, Result, Tx};
use crate::http::Auth;
use crate::{App, args};

#[derive(Clone)]
pub struct Found {
    pub auth: Auth,
    pub created_at: i64,
    pub last_seen_at: i64,
}

pub(super) struct Listed {
    pub id: String,
    pub kind: Kind,
    pub device: String,
    pub address: String,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub unknown: bool,
}

pub(super) struct New<'a> {
    pub id: &'a str,
    pub account: &'a str,
    pub token_hash: [u8; 32],
    pub kind: Kind,
    pub device: &'a str,
    pub address: &'a str,
    pub now: i64,
    pub expires_at: i64,
    pub unknown: bool,
}

fn kind(text: &str) -> Kind {
    if text == "bearer" { Kind::Bearer } else { Kind::Cookie }
}

pub(super) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<()> {
    tx.exec(
        "insert into sessions (id, account_id, token_hash, kind, device, address, created_at, last_seen_at, proven_at, expires_at,
           is_new) values ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8, $9)",
        args![
            new.id,
            new.account,
            new.token_hash,
            new.kind.as_str(),
            new.device,
            new.address,
            new.now,
            new.expires_at,
            new.unknown
        ],
    )
    .await
    .map(|_| ())
}

/// Ends what is over the limit, the one that was not used for longest first, and what has expired.
pub(super) async fn keep_newest(tx: &mut Tx, account: &str, most: usize, now: i64) -> Result<()> {
    tx.exec("delete from sessions where account_id = $1 and expires_at <= $2", args![account, now]).await?;
    tx.exec(
        "delete from sessions where account_id = $1 and id not in (
           select id from sessions where account_id = $1 order by last_seen_at desc, created_at desc, id limit $2)",
        args![account, most],
    )
    .await
    .map(|_| ())
}

pub(super) async fn by_token(q: &mut impl Query, hash: &[u8; 32], now: i64) -> Result<Option<Found>> {
    let row = q
        .row(
            "select s.id, s.kind, s.created_at, s.last_seen_at, a.id, a.uid, a.admin
             from sessions s join accounts a on a.id = s.account_id
             where s.token_hash = $1 and s.expires_at > $2 and not a.suspended",
            args![hash, now],
        )
        .await?;
    Ok(row.map(|r| Found {
        auth: Auth {
            session: r.get(0),
            kind: kind(&r.get::<String>(1)),
            account: r.get(4),
            uid: r.get(5),
            admin: r.get(6),
        },
        created_at: r.get(2),
        last_seen_at: r.get(3),
    }))
}

pub(super) async fn proven_at(q: &mut impl Query, session: &str) -> Result<i64> {
    let row = q.row("select proven_at from sessions where id = $1", args![session]).await?;
    Ok(row.map_or(0, |r| r.get(0)))
}

pub(super) async fn prove(tx: &mut Tx, session: &str, now: i64) -> Result<()> {
    tx.exec("update sessions set proven_at = $2 where id = $1", args![session, now]).await.map(|_| ())
}

pub(super) async fn disprove_others(tx: &mut Tx, account: &str, session: &str) -> Result<()> {
    let sql = "update sessions set proven_at = 0 where account_id = $1 and id <> $2";
    tx.exec(sql, args![account, session]).await.map(|_| ())
}

pub(super) async fn list(q: &mut impl Query, account: &str, now: i64) -> Result<Vec<Listed>> {
    let rows = q
        .rows(
            "select id, kind, device, address, created_at, last_seen_at, is_new from sessions
             where account_id = $1 and expires_at > $2 order by last_seen_at desc, id",
            args![account, now],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|r| Listed {
            id: r.get(0),
            kind: kind(&r.get::<String>(1)),
            device: r.get(2),
            address: r.get(3),
            created_at: r.get(4),
            last_seen_at: r.get(5),
            unknown: r.get(6),
        })
        .collect())
}

/// Somebody knows of a sign-in, and says so in the session `by`: one that is known itself, where there is such a one. Answers
/// whether that counts.
pub(super) async fn know(tx: &mut Tx, account: &str, id: &str, by: &str, now: i64) -> Result<bool> {
    let sql = "update sessions set is_new = $5 where account_id = $1 and id = $2 and (
                 exists (select 1 from sessions s where s.id = $3 and not s.is_new) or
                 not exists (select 1 from sessions s where s.account_id = $1 and not s.is_new and s.expires_at > $4))";
    Ok(tx.exec(sql, args![account, id, by, now, false]).await? > 0)
}

pub(super) async fn unknown(q: &mut impl Query, account: &str) -> Result<i64> {
    let sql = "select count(*) from sessions where account_id = $1 and is_new";
    Ok(q.row(sql, args![account]).await?.map_or(0, |r| r.get(0)))
}

pub(super) async fn delete(tx: &mut Tx, account: &str, id: &str) -> Result<bool> {
    Ok(tx.exec("delete from sessions where account_id = $1 and id = $2", args![account, id]).await? > 0)
}

/// Ends all sessions of the account but `keep`; answers with their ids.
pub(super) async fn delete_others(tx: &mut Tx, account: &str, keep: &str) -> Result<Vec<String>> {
    let rows =
        tx.rows("delete from sessions where account_id = $1 and id <> $2 returning id", args![account, keep]).await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

/// Writes when the session was last used. A full disk must not keep people from reading, so a failure is only logged.
pub(super) async fn touch(app: &App, found: &Found, address: Option<String>, now: i64) {
    let sessions = &app.config.sessions;
    let expires = (now + sessions.idle_s * 1000).min(found.created_at + sessions.max_s * 1000);
    let write = async {
        let mut tx = app.db.begin().await?;
        tx.exec(
            "update sessions set last_seen_at = $2, expires_at = $3, address = coalesce($4, address) where id = $1",
            args![&found.auth.session, now, expires, address],
        )
        .await?;
        tx.commit().await
    };
    if let Err(e) = write.await {
        tracing::warn!(error = %e, "the use of a session could not be written");
    }
}
