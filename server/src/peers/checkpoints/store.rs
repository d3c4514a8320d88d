//! SQL of checkpoints, and of hubs that tell two stories.

use conntext_federation::checkpoint::Checkpoint;
use conntext_federation::ids::{Hash, ServerId};
use serde::Serialize;
use serde_json::Value;

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};

/// The most contradictions that are kept of one log: one is proof enough.
const MOST_DISPUTES: i64 = 20;

fn broken(what: &str) -> Error {
    Error::Other(format!("a stored {what} cannot be read"))
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn place(row: &Row) -> (u64, Hash) {
    (unsigned(row.get(0)), Hash(row.get(1)))
}

/// The newest event that everybody sees: its number and hash.
pub async fn newest_of_all(q: &mut impl Query, log_id: i64) -> Result<Option<(u64, Hash)>> {
    let sql = "select seq, hash from log_events where log_id = $1 and channel is null order by seq desc limit 1";
    Ok(q.row(sql, args![log_id]).await?.as_ref().map(place))
}

/// The first event behind a position that everybody sees.
pub async fn next_of_all(q: &mut impl Query, log_id: i64, seq: u64) -> Result<Option<(u64, Hash)>> {
    let sql =
        "select seq, hash from log_events where log_id = $1 and channel is null and seq > $2 order by seq limit 1";
    Ok(q.row(sql, args![log_id, seq]).await?.as_ref().map(place))
}

/// The newest checkpoint that the hub of a copy has shown.
pub async fn checkpoint(q: &mut impl Query, log_id: i64) -> Result<Option<Checkpoint>> {
    let row = q.row("select checkpoint from checkpoints where log_id = $1", args![log_id]).await?;
    row.map(|r| Checkpoint::from_slice(r.get::<String>(0).as_bytes()).map_err(|_| broken("checkpoint"))).transpose()
}

pub async fn put_checkpoint(tx: &mut Tx, log_id: i64, checkpoint: &Checkpoint) -> Result<()> {
    let text =
        checkpoint.to_vec().ok().and_then(|text| String::from_utf8(text).ok()).ok_or_else(|| broken("checkpoint"))?;
    let sql = "insert into checkpoints (log_id, epoch, seq, checkpoint) values ($1, $2, $3, $4)
               on conflict (log_id) do update set epoch = excluded.epoch, seq = excluded.seq,
                 checkpoint = excluded.checkpoint";
    tx.exec(sql, args![log_id, checkpoint.epoch, checkpoint.all.seq, text]).await.map(|_| ())
}

/// Two statements under one hub's signature that cannot both be true.
#[derive(Clone, Debug, Serialize)]
pub struct Dispute {
    /// The place in the log that they are about.
    pub seq: u64,
    /// The domain of the instance that showed `theirs`.
    pub told_by: String,
    /// What this instance was told: a signed header, or a checkpoint.
    pub ours: Value,
    /// What the other one was told.
    pub theirs: Value,
    /// When it was found, milliseconds.
    pub found_at: i64,
}

/// What was found of one log.
pub async fn disputes(q: &mut impl Query, sid: &ServerId) -> Result<Vec<Dispute>> {
    let sql = "select seq, told_by, ours, theirs, found_at from hub_disputes where sid = $1 order by found_at, seq";
    let read = |text: String| serde_json::from_str(&text).map_err(|_| broken("dispute"));
    q.rows(sql, args![sid.as_str()])
        .await?
        .iter()
        .map(|r| {
            Ok(Dispute {
                seq: unsigned(r.get(0)),
                told_by: r.get(1),
                ours: read(r.get(2))?,
                theirs: read(r.get(3))?,
                found_at: r.get(4),
            })
        })
        .collect()
}

/// Keeps a contradiction. Answers whether it is new.
pub async fn put_dispute(tx: &mut Tx, sid: &ServerId, dispute: &Dispute) -> Result<bool> {
    let sql = "insert into hub_disputes (sid, seq, told_by, ours, theirs, found_at)
               select $1, $2, $3, $4, $5, $6
               where (select count(*) from hub_disputes where sid = $1) < $7
               on conflict (sid, seq, told_by) do nothing";
    let (ours, theirs) = (dispute.ours.to_string(), dispute.theirs.to_string());
    let args =
        args![sid.as_str(), dispute.seq, dispute.told_by.as_str(), ours, theirs, dispute.found_at, MOST_DISPUTES];
    Ok(tx.exec(sql, args).await? > 0)
}

/// Forgets the checkpoint of a log that is gone. What was found of its hub stays.
pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from checkpoints where log_id = $1", args![log_id]).await.map(|_| ())
}
