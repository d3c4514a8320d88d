//! All SQL of reactions.

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};
use crate::messages::Reaction;
use conntext_federation::ids::{ActionId, ChannelId};
use std::collections::HashMap;

/// People of a reaction that are named with it.
const NAMED: usize = 10;

/// What somebody said last about an emoji under a message.
pub struct Given<'a> {
    pub aid: ActionId,
    pub emoji: &'a str,
    pub actor: &'a str,
    pub channel: &'a str,
    pub seq: u64,
    pub present: bool,
}

pub async fn put(tx: &mut Tx, log_id: i64, g: Given<'_>) -> Result<()> {
    let sql = "insert into reactions (log_id, aid, emoji, actor, channel, seq, present)
               values ($1, $2, $3, $4, $5, $6, $7)
               on conflict (log_id, aid, emoji, actor) do update set seq = excluded.seq, present = excluded.present
               where excluded.seq > reactions.seq";
    tx.exec(sql, args![log_id, g.aid.0, g.emoji, g.actor, g.channel, g.seq, g.present]).await.map(|_| ())
}

pub async fn drop_message(tx: &mut Tx, log_id: i64, aid: &ActionId) -> Result<()> {
    tx.exec("delete from reactions where log_id = $1 and aid = $2", args![log_id, aid.0]).await.map(|_| ())
}

/// What one person gave under a message.
pub async fn drop_of(tx: &mut Tx, log_id: i64, aid: &ActionId, actor: &str) -> Result<()> {
    let sql = "delete from reactions where log_id = $1 and aid = $2 and actor = $3";
    tx.exec(sql, args![log_id, aid.0, actor]).await.map(|_| ())
}

pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from reactions where log_id = $1", args![log_id]).await.map(|_| ())
}

/// Forgets what a log no longer has behind a position.
pub async fn undo(tx: &mut Tx, log_id: i64, to: u64) -> Result<()> {
    tx.exec("delete from reactions where log_id = $1 and seq > $2", args![log_id, to]).await.map(|_| ())
}

pub async fn forget_channel(tx: &mut Tx, log_id: i64, channel: &ChannelId) -> Result<()> {
    tx.exec("delete from reactions where log_id = $1 and channel = $2", args![log_id, channel.as_str()])
        .await
        .map(|_| ())
}

/// Groups rows of (message, emoji, actor), oldest first.
fn grouped(rows: &[Row], viewer: &str) -> Result<HashMap<ActionId, Vec<Reaction>>> {
    let mut all: HashMap<ActionId, Vec<Reaction>> = HashMap::new();
    for row in rows {
        let aid: Vec<u8> = row.get(0);
        let aid = ActionId(aid.try_into().map_err(|_| Error::Other("a stored message id cannot be read".into()))?);
        let (emoji, actor): (String, String) = (row.get(1), row.get(2));
        let list = all.entry(aid).or_default();
        let at = list.iter().position(|r| r.emoji == emoji).unwrap_or_else(|| {
            list.push(Reaction { emoji, count: 0, me: false, users: Vec::new() });
            list.len() - 1
        });
        let reaction = &mut list[at];
        reaction.count += 1;
        reaction.me |= actor == viewer;
        if reaction.users.len() < NAMED {
            reaction.users.push(actor);
        }
    }
    Ok(all)
}

/// The reactions of the messages of a channel between two numbers.
pub async fn of_range(
    q: &mut impl Query,
    log_id: i64,
    channel: &ChannelId,
    from: u64,
    to: u64,
    viewer: &str,
) -> Result<HashMap<ActionId, Vec<Reaction>>> {
    let sql = "select r.aid, r.emoji, r.actor from messages m
               join reactions r on r.log_id = m.log_id and r.aid = m.aid
               where m.log_id = $1 and m.channel = $2 and m.cn between $3 and $4 and m.deleted_seq is null and r.present
               order by r.seq";
    grouped(&q.rows(sql, args![log_id, channel.as_str(), from, to]).await?, viewer)
}

/// The reactions of one message.
pub async fn of_message(q: &mut impl Query, log_id: i64, aid: &ActionId, viewer: &str) -> Result<Vec<Reaction>> {
    let sql = "select aid, emoji, actor from reactions where log_id = $1 and aid = $2 and present order by seq";
    Ok(grouped(&q.rows(sql, args![log_id, aid.0]).await?, viewer)?.remove(aid).unwrap_or_default())
}

/// Everybody who gave a reaction, in the order of giving.
pub async fn actors(q: &mut impl Query, log_id: i64, aid: &ActionId, emoji: &str, limit: u64) -> Result<Vec<String>> {
    let sql = "select actor from reactions where log_id = $1 and aid = $2 and emoji = $3 and present
               order by seq limit $4";
    Ok(q.rows(sql, args![log_id, aid.0, emoji, limit]).await?.iter().map(|r| r.get(0)).collect())
}
