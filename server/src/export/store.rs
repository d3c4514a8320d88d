//! SQL of the archives that were asked for, and of what was brought along from elsewhere.

use crate::args;
use crate::db::{Query, Result, Row, Tx};

/// For how long after its end an archive is listed, milliseconds.
const LISTED_MS: i64 = 30 * 86_400_000;

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// An archive as it stands.
#[derive(Clone, Debug)]
pub(super) struct ExportRow {
    pub id: String,
    pub account: String,
    pub state: String,
    pub done: u64,
    pub total: u64,
    pub size: u64,
    pub code: Option<String>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
}

macro_rules! select_exports {
    ($rest:literal) => {
        concat!("select id, account_id, state, done, total, size, code, created_at, expires_at from exports ", $rest)
    };
}

fn export(r: &Row) -> ExportRow {
    ExportRow {
        id: r.get(0),
        account: r.get(1),
        state: r.get(2),
        done: unsigned(r.get(3)),
        total: unsigned(r.get(4)),
        size: unsigned(r.get(5)),
        code: r.get(6),
        created_at: r.get(7),
        expires_at: r.get(8),
    }
}

pub(super) async fn insert(tx: &mut Tx, id: &str, account: &str, now: i64) -> Result<()> {
    let sql = "insert into exports (id, account_id, state, turn, done, total, size, code, created_at, expires_at)
               values ($1, $2, 'queued', '', 0, 0, 0, null, $3, null)";
    tx.exec(sql, args![id, account, now]).await.map(|_| ())
}

/// What the person sees, the newest first.
pub(super) async fn list(q: &mut impl Query, account: &str) -> Result<Vec<ExportRow>> {
    let sql = select_exports!("where account_id = $1 and state <> 'removed' order by created_at desc, id limit 20");
    Ok(q.rows(sql, args![account]).await?.iter().map(export).collect())
}

pub(super) async fn one(q: &mut impl Query, account: &str, id: &str) -> Result<Option<ExportRow>> {
    let sql = select_exports!("where account_id = $1 and id = $2 and state <> 'removed'");
    Ok(q.row(sql, args![account, id]).await?.as_ref().map(export))
}

/// Whether one is being made, or waits for its turn.
pub(super) async fn unfinished(q: &mut impl Query, account: &str) -> Result<bool> {
    let sql = "select 1 from exports where account_id = $1 and state in ('queued', 'running') limit 1";
    Ok(q.row(sql, args![account]).await?.is_some())
}

/// When those were asked for that are not older than a time, the oldest first.
pub(super) async fn asked_since(q: &mut impl Query, account: &str, since: i64) -> Result<Vec<i64>> {
    let sql = "select created_at from exports where account_id = $1 and created_at > $2 order by created_at";
    Ok(q.rows(sql, args![account, since]).await?.iter().map(|r| r.get(0)).collect())
}

/// The person does not want it any more. The row stays, so that it counts for the day.
pub(super) async fn remove(tx: &mut Tx, account: &str, id: &str) -> Result<bool> {
    let sql =
        "update exports set state = 'removed', turn = '' where account_id = $1 and id = $2 and state <> 'removed'";
    Ok(tx.exec(sql, args![account, id]).await? > 0)
}

/// What a process that ended was making waits for its turn again.
pub(super) async fn begin_anew(tx: &mut Tx) -> Result<u64> {
    let sql = "update exports set state = 'queued', turn = '', done = 0, total = 0 where state = 'running'";
    tx.exec(sql, args![]).await
}

/// The one that waits for longest is made now.
pub(super) async fn take(tx: &mut Tx, turn: &str) -> Result<Option<ExportRow>> {
    let sql = select_exports!("where state = 'queued' order by created_at, id limit 1");
    let Some(mut next) = tx.row(sql, args![]).await?.as_ref().map(export) else { return Ok(None) };
    "running".clone_into(&mut next.state);
    let sql = "update exports set state = 'running', turn = $2, done = 0, total = 0 where id = $1";
    tx.exec(sql, args![&next.id, turn]).await?;
    Ok(Some(next))
}

/// Whether it is still wanted, of this turn.
pub(super) async fn is_turn(q: &mut impl Query, id: &str, turn: &str) -> Result<bool> {
    let sql = "select 1 from exports where id = $1 and turn = $2 and state = 'running'";
    Ok(q.row(sql, args![id, turn]).await?.is_some())
}

pub(super) async fn progress(tx: &mut Tx, id: &str, turn: &str, done: u64, total: u64) -> Result<()> {
    let sql = "update exports set done = $3, total = $4 where id = $1 and turn = $2 and state = 'running'";
    tx.exec(sql, args![id, turn, done, total]).await.map(|_| ())
}

/// It is finished; earlier ones of the same person go. Answers whether it was still wanted.
pub(super) async fn ready(tx: &mut Tx, e: &ExportRow, turn: &str, size: u64, until: i64) -> Result<bool> {
    let sql = "update exports set state = 'ready', turn = '', done = total, size = $3, expires_at = $4
               where id = $1 and turn = $2 and state = 'running'";
    if tx.exec(sql, args![&e.id, turn, size, until]).await? == 0 {
        return Ok(false);
    }
    let sql = "update exports set state = 'expired' where account_id = $1 and id <> $2 and state = 'ready'";
    tx.exec(sql, args![&e.account, &e.id]).await?;
    Ok(true)
}

pub(super) async fn failed(tx: &mut Tx, id: &str, turn: &str, code: &str) -> Result<()> {
    let sql = "update exports set state = 'failed', turn = '', code = $3
               where id = $1 and turn = $2 and state = 'running'";
    tx.exec(sql, args![id, turn, code]).await.map(|_| ())
}

/// Ends what is over, and forgets what ended long ago. Answers how many rows that concerned.
pub(super) async fn expire(tx: &mut Tx, now: i64) -> Result<u64> {
    let sql = "update exports set state = 'expired' where state = 'ready' and expires_at <= $1";
    let ended = tx.exec(sql, args![now]).await?;
    let sql = "delete from exports where state in ('failed', 'expired', 'removed') and created_at <= $1";
    let forgotten = tx.exec(sql, args![now - LISTED_MS]).await?;
    let left = tx.exec("delete from imports where expires_at <= $1", args![now]).await?;
    Ok(ended + forgotten + left)
}

/// Whether [`expire`] would do anything.
pub(super) async fn any_over(q: &mut impl Query, now: i64) -> Result<bool> {
    let sql = "select 1 from exports where (state = 'ready' and expires_at <= $1)
                 or (state in ('failed', 'expired', 'removed') and created_at <= $2)
               union all select 1 from imports where expires_at <= $1 limit 1";
    Ok(q.row(sql, args![now, now - LISTED_MS]).await?.is_some())
}

/// Whether a finished archive may be downloaded.
pub(super) async fn is_ready(q: &mut impl Query, id: &str) -> Result<bool> {
    Ok(q.row("select 1 from exports where id = $1 and state = 'ready'", args![id]).await?.is_some())
}

/// Keeps what somebody brought along, in place of what they brought before.
pub(super) async fn bring(tx: &mut Tx, account: &str, id: &str, found: &str, until: i64) -> Result<()> {
    tx.exec("delete from imports where account_id = $1", args![account]).await?;
    let sql = "insert into imports (id, account_id, found, expires_at) values ($1, $2, $3, $4)";
    tx.exec(sql, args![id, account, found, until]).await.map(|_| ())
}

pub(super) async fn brought(q: &mut impl Query, account: &str, id: &str, now: i64) -> Result<Option<String>> {
    let sql = "select found from imports where account_id = $1 and id = $2 and expires_at > $3";
    Ok(q.row(sql, args![account, id, now]).await?.map(|r| r.get(0)))
}

pub(super) async fn forget_brought(tx: &mut Tx, account: &str) -> Result<()> {
    tx.exec("delete from imports where account_id = $1", args![account]).await.map(|_| ())
}
