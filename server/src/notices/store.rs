//! All SQL of notices.

use super::{Notice, NoticeKind, Span};
use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};
use conntext_federation::ids::ActionId;
use conntext_federation::notices::Move;

pub(super) async fn insert(tx: &mut Tx, log_id: i64, moves: &[Move]) -> Result<()> {
    if moves.is_empty() {
        return Ok(());
    }
    let rows = moves.iter().map(|m| args![log_id, m.seq, m.actor.as_str(), m.aid.0, m.kind.as_str(), m.ts]).collect();
    let sql = "insert into notices (log_id, seq, actor, aid, kind, ts) values ";
    tx.exec_many(sql, rows, " on conflict (log_id, seq, actor) do nothing").await.map(|_| ())
}

fn notice(row: &Row) -> Result<Notice> {
    let aid: [u8; 16] =
        row.get::<Vec<u8>>(0).try_into().map_err(|_| Error::Other("a stored notice cannot be read".into()))?;
    Ok(Notice {
        id: ActionId(aid).to_string(),
        seq: u64::try_from(row.get::<i64>(1)).unwrap_or(0),
        user: row.get(2),
        kind: NoticeKind::read(&row.get::<String>(3)),
        ts: row.get(4),
    })
}

/// The newest `limit` in the span, ascending.
pub(super) async fn between(q: &mut impl Query, log_id: i64, span: Span, limit: u64) -> Result<Vec<Notice>> {
    let before = i64::try_from(span.before).unwrap_or(i64::MAX);
    let sql = "select aid, seq, actor, kind, ts from notices where log_id = $1 and seq > $2 and seq < $3
               order by seq desc, actor desc limit $4";
    let rows = q.rows(sql, args![log_id, span.after, before, limit]).await?;
    rows.iter().rev().map(notice).collect()
}

pub(super) async fn of_action(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Option<Notice>> {
    let sql = "select aid, seq, actor, kind, ts from notices where log_id = $1 and aid = $2 limit 1";
    q.row(sql, args![log_id, aid.0]).await?.as_ref().map(notice).transpose()
}

/// Drops what is held of a log.
pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from notices where log_id = $1", args![log_id]).await.map(|_| ())
}

/// Forgets what a log no longer has behind a position.
pub async fn undo(tx: &mut Tx, log_id: i64, to: u64) -> Result<()> {
    tx.exec("delete from notices where log_id = $1 and seq > $2", args![log_id, to]).await.map(|_| ())
}
