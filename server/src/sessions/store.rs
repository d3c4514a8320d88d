//! SQL of the sessions table.

use super::Kind;
use super::tokens::Hashes;
use crate::db::{Query, Result, Tx};
use crate::http::Auth;
use crate::{App, args};

#[derive(Clone)]
pub struct Found {
    pub auth: Auth,
    pub created_at: i64,
    pub last_seen_at: i64,
    /// The token counts until then.
    pub valid_until: i64,
    /// It was used before, or is the one before.
    pub confirmed: bool,
}

/// A session whose tokens are to be renewed.
pub(super) struct Renewing {
    pub id: String,
    pub account: String,
    pub uid: String,
    pub kind: Kind,
    pub device: String,
    pub created_at: i64,
    /// The token is the newest, or the one before.
    pub is_current: bool,
    pub is_before: bool,
    pub rotated_at: i64,
    /// What replaced the one before has been used.
    pub confirmed: bool,
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
    pub hashes: Hashes,
    pub access_until: i64,
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
           is_new, refresh_hash, family, access_until) values ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8, $9, $10, $11, $12)",
        args![
            new.id,
            new.account,
            new.hashes.access,
            new.kind.as_str(),
            new.device,
            new.address,
            new.now,
            new.expires_at,
            new.unknown,
            new.hashes.refresh,
            new.hashes.family,
            new.access_until
        ],
    )
    .await
    .map(|_| ())
}

/// Whether the account has a session of this device at this address already.
pub(super) async fn is_there(q: &mut impl Query, account: &str, device: &str, address: &str) -> Result<bool> {
    let sql = "select 1 from sessions where account_id = $1 and device = $2 and address = $3 limit 1";
    Ok(q.row(sql, args![account, device, address]).await?.is_some())
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

/// The session of a token: the newest, or the one before while requests with it may be under way, `grace` milliseconds.
pub(super) async fn by_token(q: &mut impl Query, hash: &[u8; 32], now: i64, grace: i64) -> Result<Option<Found>> {
    let row = q
        .row(
            "select s.id, s.kind, s.created_at, s.last_seen_at, a.id, a.uid, a.admin, s.access_until, s.rotated_at, s.confirmed,
               s.token_hash
             from sessions s join accounts a on a.id = s.account_id
             where (s.token_hash = $1 or s.token_before = $1) and s.expires_at > $2 and not a.suspended",
            args![hash, now],
        )
        .await?;
    Ok(row.map(|r| {
        let is_current = r.get::<Vec<u8>>(10) == hash;
        Found {
            auth: Auth {
                session: r.get(0),
                kind: kind(&r.get::<String>(1)),
                account: r.get(4),
                uid: r.get(5),
                admin: r.get(6),
            },
            created_at: r.get(2),
            last_seen_at: r.get(3),
            valid_until: if is_current { r.get(7) } else { r.get::<i64>(8) + grace },
            confirmed: !is_current || r.get(9),
        }
    }))
}

/// The session of a token that gets the next ones: by what all of its tokens have in common, or by its one token of an earlier
/// version.
pub(super) async fn renewing(
    q: &mut impl Query,
    family: &[u8; 32],
    hash: &[u8; 32],
    now: i64,
) -> Result<Option<Renewing>> {
    let row = q
        .row(
            "select s.id, a.id, a.uid, s.kind, s.device, s.created_at, s.rotated_at, s.confirmed,
               s.refresh_hash, s.refresh_before
             from sessions s join accounts a on a.id = s.account_id
             where (s.family = $1 or (s.family is null and s.refresh_hash = $2)) and s.expires_at > $3 and not a.suspended",
            args![family, hash, now],
        )
        .await?;
    Ok(row.map(|r| Renewing {
        id: r.get(0),
        account: r.get(1),
        uid: r.get(2),
        kind: kind(&r.get::<String>(3)),
        device: r.get(4),
        created_at: r.get(5),
        rotated_at: r.get(6),
        confirmed: r.get(7),
        is_current: r.get::<Option<Vec<u8>>>(8).is_some_and(|newest| newest == hash),
        is_before: r.get::<Option<Vec<u8>>>(9).is_some_and(|before| before == hash),
    }))
}

/// New tokens in place of those before.
pub(super) async fn rotate(
    tx: &mut Tx,
    id: &str,
    new: Hashes,
    now: i64,
    access_until: i64,
    expires_at: i64,
    address: &str,
) -> Result<()> {
    tx.exec(
        "update sessions set token_before = token_hash, refresh_before = refresh_hash, token_hash = $2, refresh_hash = $3,
           rotated_at = $4, last_seen_at = $4, access_until = $5, expires_at = $6, address = $7, confirmed = $8, family = $9
         where id = $1",
        args![id, new.access, new.refresh, now, access_until, expires_at, address, false, new.family],
    )
    .await
    .map(|_| ())
}

/// Ends a session of which two have tokens. Whoever comes with one is told why, until a time.
pub(super) async fn end_reused(tx: &mut Tx, id: &str, now: i64, until: i64) -> Result<()> {
    tx.exec("delete from reused_sessions where until <= $1", args![now]).await?;
    let sql = "insert into reused_sessions (family, until) select family, $2 from sessions where id = $1";
    tx.exec(sql, args![id, until]).await?;
    tx.exec("delete from sessions where id = $1", args![id]).await.map(|_| ())
}

/// Whether a token is of a session that ended like that.
pub(super) async fn was_reused(q: &mut impl Query, family: &[u8; 32]) -> Result<bool> {
    Ok(q.row("select 1 from reused_sessions where family = $1", args![family]).await?.is_some())
}

/// The newest token for requests counts until then.
pub(super) async fn prolong(tx: &mut Tx, id: &str, access_until: i64) -> Result<()> {
    tx.exec("update sessions set access_until = $2 where id = $1", args![id, access_until]).await.map(|_| ())
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
            "update sessions set last_seen_at = $2, expires_at = $3, address = coalesce($4, address), confirmed = $5
             where id = $1",
            args![&found.auth.session, now, expires, address, true],
        )
        .await?;
        tx.commit().await
    };
    if let Err(e) = write.await {
        tracing::warn!(error = %e, "the use of a session could not be written");
    }
}
