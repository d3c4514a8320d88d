//! SQL of logs that are being put together again, and of what new epochs left out.

use super::{Found, Rewind, Why};
use crate::{
    args,
    db::{Error, Query, Result, Row, Tx},
    log::types::Entry,
};
use conntext_federation::{
    action::Position,
    event::Event,
    ids::{ActionId, ChannelId},
};
use std::collections::BTreeSet;

fn broken(what: &str) -> Error {
    Error::Other(format!("a stored {what} cannot be read"))
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn rewind(row: &Row) -> (i64, Rewind) {
    let known = match (row.get::<Option<i64>>(3), row.get::<Option<[u8; 32]>>(6)) {
        (Some(generation), Some(hash)) => Some(Position {
            generation: unsigned(generation),
            epoch: unsigned(row.get::<Option<i64>>(4).unwrap_or(0)),
            seq: unsigned(row.get::<Option<i64>>(5).unwrap_or(0)),
            hash: conntext_federation::ids::Hash(hash),
        }),
        _ => None,
    };
    let silent = row.get::<String>(8).split_whitespace().map(str::to_owned).collect();
    let (why, found) = (Why::parse(&row.get::<String>(1)), Found::parse(&row.get::<String>(7)));
    (row.get(0), Rewind { why, since_ms: row.get(2), known, found, silent, go_on: row.get(9) })
}

/// The logs that stand still, by their number here.
pub async fn rewinds(q: &mut impl Query) -> Result<Vec<(i64, Rewind)>> {
    let sql = "select log_id, why, since, generation, epoch, seq, hash, found, silent, go_on from log_rewinds
               order by log_id";
    Ok(q.rows(sql, args![]).await?.iter().map(rewind).collect())
}

/// Writes down how it stands with a log. The operator's word, which may come at the same moment, stays as it is.
pub async fn put(tx: &mut Tx, log_id: i64, rewind: &Rewind) -> Result<()> {
    let sql = "insert into log_rewinds (log_id, why, since, generation, epoch, seq, hash, found, silent, go_on)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               on conflict (log_id) do update set why = excluded.why, since = excluded.since,
                 generation = excluded.generation, epoch = excluded.epoch, seq = excluded.seq, hash = excluded.hash,
                 found = excluded.found, silent = excluded.silent";
    let known = rewind.known.as_ref();
    let args = args![
        log_id,
        rewind.why.as_str(),
        rewind.since_ms,
        known.map(|k| k.generation),
        known.map(|k| k.epoch),
        known.map(|k| k.seq),
        known.map(|k| k.hash.0.to_vec()),
        rewind.found.as_str(),
        rewind.silent.join(" "),
        rewind.go_on
    ];
    tx.exec(sql, args).await.map(|_| ())
}

/// The operator's word that logs of this instance were restored from an older copy.
pub async fn put_restored(tx: &mut Tx, log_id: i64, now_ms: i64) -> Result<()> {
    let sql = "insert into log_rewinds (log_id, why, since, found, silent, go_on)
               values ($1, $2, $3, $4, '', false) on conflict (log_id) do nothing";
    tx.exec(sql, args![log_id, Why::Restored.as_str(), now_ms, Found::Asking.as_str()]).await.map(|_| ())
}

pub async fn remove(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from log_rewinds where log_id = $1", args![log_id]).await.map(|_| ())
}

/// The operator's word that a log goes on without what is missing.
pub async fn go_on(tx: &mut Tx, log_id: i64) -> Result<bool> {
    Ok(tx.exec("update log_rewinds set go_on = true where log_id = $1", args![log_id]).await? > 0)
}

/// Takes the events behind a position out of a log and keeps them apart. What follows from them is the rooms' business.
pub async fn set_aside(tx: &mut Tx, log_id: i64, to: u64, entries: &[Entry], now_ms: i64) -> Result<()> {
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let (header, action) = (&entry.event.header, &entry.event.action);
        let event = serde_json::to_string(&entry.event).map_err(|_| broken("event"))?;
        rows.push(args![
            log_id,
            header.generation,
            header.epoch,
            header.seq,
            entry.hash.0,
            action.aid.0,
            action.actor.as_str(),
            action.channel.as_ref().map(ChannelId::as_str),
            action.kind.as_str(),
            event,
            now_ms
        ]);
    }
    let sql = "insert into orphans
                 (log_id, generation, epoch, seq, hash, aid, actor, channel, kind, event, orphaned_at) values ";
    tx.exec_many(sql, rows, " on conflict (log_id, generation, epoch, seq, hash) do nothing").await?;
    for sql in [
        "delete from log_events where log_id = $1 and seq > $2",
        "delete from log_stubs where log_id = $1 and to_seq > $2",
        "delete from held_content where log_id = $1 and seq > $2",
    ] {
        tx.exec(sql, args![log_id, to]).await?;
    }
    Ok(())
}

/// Which of these actions were orphaned.
pub async fn orphaned_among(
    q: &mut impl Query,
    log_id: i64,
    aids: impl Iterator<Item = ActionId>,
) -> Result<BTreeSet<ActionId>> {
    let keys = aids.map(|aid| args![log_id, aid.0]).collect();
    let rows = q.rows_of("select aid from orphans where (log_id, aid) in (values", keys, ")").await?;
    rows.iter().map(|r| r.get::<Vec<u8>>(0).try_into().map(ActionId).map_err(|_| broken("action id"))).collect()
}

/// How many events each log or copy keeps as orphaned, where it keeps any.
pub async fn orphaned(q: &mut impl Query) -> Result<Vec<(i64, u64)>> {
    let sql = "select log_id, count(*) from orphans group by log_id order by log_id";
    Ok(q.rows(sql, args![]).await?.iter().map(|r| (r.get(0), unsigned(r.get(1)))).collect())
}

/// Takes the events behind a position out of a log; these of them go back into it later.
pub async fn keep_salvaged(tx: &mut Tx, log_id: i64, to: u64, entries: &[Entry]) -> Result<()> {
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let event = serde_json::to_string(&entry.event).map_err(|_| broken("event"))?;
        rows.push(args![log_id, entry.seq(), event]);
    }
    let sql = "insert into log_salvage (log_id, seq, event) values ";
    tx.exec_many(sql, rows, " on conflict (log_id, seq) do nothing").await?;
    for sql in [
        "delete from log_events where log_id = $1 and seq > $2",
        "delete from log_stubs where log_id = $1 and to_seq > $2",
    ] {
        tx.exec(sql, args![log_id, to]).await?;
    }
    Ok(())
}

pub async fn salvaged(q: &mut impl Query, log_id: i64, after: u64, limit: u64) -> Result<Vec<Event>> {
    let sql = "select event from log_salvage where log_id = $1 and seq > $2 order by seq limit $3";
    let rows = q.rows(sql, args![log_id, after, limit]).await?;
    rows.iter().map(|r| serde_json::from_str(&r.get::<String>(0)).map_err(|_| broken("event"))).collect()
}

pub async fn drop_salvaged(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from log_salvage where log_id = $1", args![log_id]).await.map(|_| ())
}

pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    drop_salvaged(tx, log_id).await?;
    tx.exec("delete from orphans where log_id = $1", args![log_id]).await?;
    tx.exec("delete from log_rewinds where log_id = $1", args![log_id]).await.map(|_| ())
}
