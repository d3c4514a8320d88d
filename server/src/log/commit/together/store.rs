//! SQL by which processes on one database see what the others wrote.

use crate::{
    args,
    cluster::LogNotice,
    db::{Error, Query, Result, Tx},
    log::store::{LogRow, log_row},
};
use conntext_federation::ids::Hash;

/// What a change does to what other processes know of a log.
#[derive(Clone, Copy)]
pub(in crate::log) enum Kind {
    /// Events were appended, and nothing else.
    Events,
    /// More than that: its state has to be read anew.
    Changed,
    /// What was read of it before is no longer right.
    Rewritten,
}

/// Counts a change of a log, within the transaction that makes it. The new version; none where the log is gone.
pub(in crate::log) async fn touch(
    tx: &mut Tx,
    log_id: i64,
    kind: Kind,
    notice: Option<LogNotice>,
) -> Result<Option<i64>> {
    let sql = match kind {
        Kind::Events => "update logs set version = version + 1 where id = $1 returning version",
        Kind::Changed => "update logs set version = version + 1, changed = version + 1 where id = $1 returning version",
        Kind::Rewritten => {
            "update logs set version = version + 1, changed = version + 1, rewritten = version + 1
             where id = $1 returning version"
        }
    };
    let version = tx.row(sql, args![log_id]).await?.map(|row| row.get(0));
    if let Some(LogNotice { channel, text }) = notice {
        // PostgreSQL tells it when the transaction is through, and only then.
        tx.exec("select pg_notify($1, $2)", args![channel, text]).await?;
    }
    Ok(version)
}

/// How a log stands on disk.
pub(super) struct Standing {
    pub(super) row: LogRow,
    /// The version of the last change that more than appended events.
    pub(super) changed: i64,
    /// The version of the last change after which what was read before is no longer right.
    pub(super) rewritten: i64,
}

pub(super) async fn standing(q: &mut impl Query, log_id: i64) -> Result<Option<Standing>> {
    let sql =
        "select id, sid, hub, hub_domain, quarantined, base_seq, version, changed, rewritten from logs where id = $1";
    let row = q.row(sql, args![log_id]).await?;
    row.map(|row| Ok(Standing { changed: row.get(7), rewritten: row.get(8), row: log_row(&row)? })).transpose()
}

/// All logs with their versions.
pub(super) async fn versions(q: &mut impl Query) -> Result<Vec<(i64, i64)>> {
    let rows = q.rows("select id, version from logs", args![]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The runs behind a position that are not held, with the hash of the last event of each.
pub(super) async fn stubs_after(q: &mut impl Query, log_id: i64, seq: u64) -> Result<Vec<(u64, Hash)>> {
    let sql = "select to_seq, hash from log_stubs where log_id = $1 and from_seq > $2 order by from_seq";
    let unsigned = |n: i64| u64::try_from(n).map_err(|_| Error::Other("a stored position cannot be read".into()));
    let rows = q.rows(sql, args![log_id, seq]).await?;
    rows.iter().map(|row| Ok((unsigned(row.get(0))?, Hash(row.get(1))))).collect()
}
