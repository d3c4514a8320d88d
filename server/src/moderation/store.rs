//! SQL of the reasons for kicks and bans.

use conntext_federation::content::AuditNote;

use crate::args;
use crate::db::{Query, Result, Tx};
use crate::log::Entry;

pub(super) async fn put_note(tx: &mut Tx, log_id: i64, entry: &Entry, note: &AuditNote, target: &str) -> Result<()> {
    tx.exec(
        "insert into mod_notes (log_id, aid, seq, about, target, actor, reason, ts)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (log_id, aid) do nothing",
        args![
            log_id,
            entry.aid().0,
            entry.seq(),
            note.about.as_str(),
            target,
            entry.event.action.actor.as_str(),
            note.reason.as_str(),
            entry.event.header.ts
        ],
    )
    .await
    .map(|_| ())
}

/// Why somebody was last sent away in this manner.
pub(super) async fn reason(q: &mut impl Query, log_id: i64, about: &str, target: &str) -> Result<Option<String>> {
    let sql = "select reason from mod_notes where log_id = $1 and about = $2 and target = $3 order by seq desc limit 1";
    Ok(q.row(sql, args![log_id, about, target]).await?.map(|r| r.get(0)))
}

/// Drops the reasons that somebody gave before a position.
pub(super) async fn drop_notes_of(tx: &mut Tx, log_id: i64, actor: &str, before: u64) -> Result<()> {
    let sql = "delete from mod_notes where log_id = $1 and actor = $2 and seq < $3";
    tx.exec(sql, args![log_id, actor, before]).await.map(|_| ())
}

/// Drops what is held of a log.
pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from mod_notes where log_id = $1", args![log_id]).await.map(|_| ())
}

/// Forgets what a log no longer has behind a position.
pub async fn undo(tx: &mut Tx, log_id: i64, to: u64) -> Result<()> {
    tx.exec("delete from mod_notes where log_id = $1 and seq > $2", args![log_id, to]).await.map(|_| ())
}
