//! SQL of what is wanted: by other instances of our logs, and by our people of copies.

use std::collections::BTreeSet;

use conntext_federation::ids::{ActionId, ChannelId, InstanceId};

use crate::args;
use crate::db::{Error, Query, Result, Tx};

fn broken(what: &str) -> Error {
    Error::Other(format!("a stored {what} cannot be read"))
}

fn read(text: &str) -> Result<BTreeSet<ChannelId>> {
    text.split_whitespace().map(|c| c.parse().map_err(|_| broken("channel id"))).collect()
}

fn written(channels: &BTreeSet<ChannelId>) -> String {
    channels.iter().map(ChannelId::as_str).collect::<Vec<_>>().join(" ")
}

/// Everything that instances have asked for: peer, log, channels.
pub async fn wants(q: &mut impl Query) -> Result<Vec<(InstanceId, i64, BTreeSet<ChannelId>)>> {
    let rows = q.rows("select peer, log_id, channels from peer_wants order by peer, log_id", args![]).await?;
    rows.iter()
        .map(|r| {
            let peer = r.get::<String>(0).parse().map_err(|_| broken("instance id"))?;
            Ok((peer, r.get(1), read(&r.get::<String>(2))?))
        })
        .collect()
}

/// What an instance has asked for of a log; none for all.
pub async fn want(q: &mut impl Query, peer: &InstanceId, log_id: i64) -> Result<Option<BTreeSet<ChannelId>>> {
    let sql = "select channels from peer_wants where peer = $1 and log_id = $2";
    let row = q.row(sql, args![peer.as_str(), log_id]).await?;
    row.map(|r| read(&r.get::<String>(0))).transpose()
}

pub async fn put_want(tx: &mut Tx, peer: &InstanceId, log_id: i64, channels: &BTreeSet<ChannelId>) -> Result<()> {
    let sql = "insert into peer_wants (peer, log_id, channels) values ($1, $2, $3)
               on conflict (peer, log_id) do update set channels = excluded.channels";
    tx.exec(sql, args![peer.as_str(), log_id, written(channels)]).await.map(|_| ())
}

/// From now on an instance gets all that its people may see.
pub async fn drop_want(tx: &mut Tx, peer: &InstanceId, log_id: i64) -> Result<()> {
    let sql = "delete from peer_wants where peer = $1 and log_id = $2";
    tx.exec(sql, args![peer.as_str(), log_id]).await.map(|_| ())
}

/// Notes the number of a wish. Where that one or a later one came before, the wish counts for nothing: the number of the
/// one that counts.
pub async fn overtaken(tx: &mut Tx, peer: &InstanceId, log_id: i64, number: u64) -> Result<Option<u64>> {
    let sql = "insert into peer_want_numbers (peer, log_id, number) values ($1, $2, $3)
               on conflict (peer, log_id) do update set number = excluded.number
               where peer_want_numbers.number < excluded.number";
    if tx.exec(sql, args![peer.as_str(), log_id, number]).await? > 0 {
        return Ok(None);
    }
    let sql = "select number from peer_want_numbers where peer = $1 and log_id = $2";
    let row = tx.row(sql, args![peer.as_str(), log_id]).await?;
    Ok(row.map(|r| r.get::<i64>(0).unsigned_abs()))
}

/// Forgets what an instance wanted of a log that it does not follow any more.
pub async fn forget(tx: &mut Tx, peer: &InstanceId, log_id: i64) -> Result<()> {
    drop_want(tx, peer, log_id).await?;
    let sql = "delete from peer_want_numbers where peer = $1 and log_id = $2";
    tx.exec(sql, args![peer.as_str(), log_id]).await.map(|_| ())
}

/// The state of these channels is to be told again: from there on they arrive in another measure than before.
pub async fn doubt_channels(
    tx: &mut Tx,
    peer: &InstanceId,
    log_id: i64,
    channels: impl Iterator<Item = &ChannelId>,
) -> Result<()> {
    let sql = "update peer_channels set confirmed = $4 where peer = $1 and log_id = $2 and channel = $3";
    for channel in channels {
        tx.exec(sql, args![peer.as_str(), log_id, channel.as_str(), false]).await?;
    }
    Ok(())
}

/// The home of whoever acted.
pub async fn origin_of(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Option<String>> {
    let sql = "select origin from log_events where log_id = $1 and aid = $2 order by seq limit 1";
    Ok(q.row(sql, args![log_id, aid.0]).await?.map(|r| r.get(0)))
}

/// Notes that a channel was opened.
pub async fn opened(tx: &mut Tx, log_id: i64, channel: &ChannelId, now_ms: i64) -> Result<()> {
    let sql = "insert into opened_channels (log_id, channel, opened_at) values ($1, $2, $3)
               on conflict (log_id, channel) do update set opened_at = excluded.opened_at";
    tx.exec(sql, args![log_id, channel.as_str(), now_ms]).await.map(|_| ())
}

/// The channels that were opened since a time, milliseconds.
pub async fn opened_since(q: &mut impl Query, log_id: i64, since_ms: i64) -> Result<BTreeSet<ChannelId>> {
    let sql = "select channel from opened_channels where log_id = $1 and opened_at >= $2";
    let rows = q.rows(sql, args![log_id, since_ms]).await?;
    rows.iter().map(|r| r.get::<String>(0).parse().map_err(|_| broken("channel id"))).collect()
}

/// Forgets a log that is gone. When its channels were opened stays for a copy that begins anew.
pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from peer_wants where log_id = $1", args![log_id]).await?;
    tx.exec("delete from peer_want_numbers where log_id = $1", args![log_id]).await.map(|_| ())
}
