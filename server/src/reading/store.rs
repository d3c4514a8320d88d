//! All SQL of read marks and mentions.

use super::Mark;
use crate::args;
use crate::db::{Error, Query, Result, Tx};
use conntext_federation::ids::{ActionId, Actor, ChannelId};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What stands in `mentions.target` for everybody who may see the channel.
pub(super) const EVERYBODY: &str = "*";

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn channel(text: &str) -> Result<ChannelId> {
    text.parse().map_err(|_| Error::Other("a stored channel id cannot be read".into()))
}

/// All marks of a person in one log.
pub async fn marks(q: &mut impl Query, log_id: i64, actor: &Actor) -> Result<HashMap<ChannelId, Mark>> {
    let mut marks: HashMap<ChannelId, Mark> = HashMap::new();
    let sql = "select channel, read_cn from read_marks where actor = $1 and log_id = $2";
    for row in q.rows(sql, args![actor.as_str(), log_id]).await? {
        marks.entry(channel(&row.get::<String>(0))?).or_default().read_cn = unsigned(row.get(1));
    }
    let sql = "select m.channel, count(distinct m.cn) from mentions m
               left join read_marks r on r.actor = $2 and r.log_id = m.log_id and r.channel = m.channel
               where m.log_id = $1 and m.target in ($2, '*') and m.author <> $2 and m.cn > coalesce(r.read_cn, 0)
               group by m.channel";
    for row in q.rows(sql, args![log_id, actor.as_str()]).await? {
        marks.entry(channel(&row.get::<String>(0))?).or_default().mentions = unsigned(row.get(1));
    }
    Ok(marks)
}

/// The mark of a person in one channel.
pub async fn mark(q: &mut impl Query, log_id: i64, actor: &Actor, channel: &ChannelId) -> Result<Mark> {
    let sql = "select read_cn from read_marks where actor = $1 and log_id = $2 and channel = $3";
    let row = q.row(sql, args![actor.as_str(), log_id, channel.as_str()]).await?;
    let read_cn = row.map_or(0, |r| unsigned(r.get(0)));
    let sql = "select count(distinct cn) from mentions
               where log_id = $1 and channel = $2 and target in ($3, '*') and author <> $3 and cn > $4";
    let row = q.row(sql, args![log_id, channel.as_str(), actor.as_str(), read_cn]).await?;
    Ok(Mark { read_cn, mentions: row.map_or(0, |r| unsigned(r.get(0))) })
}

/// Moves marks of one person forward; answers how many moved.
pub async fn advance(tx: &mut Tx, log_id: i64, actor: &Actor, rows: &[(ChannelId, u64)]) -> Result<u64> {
    advance_all(tx, log_id, rows.iter().map(|(channel, cn)| (actor.clone(), channel.clone(), *cn)).collect()).await
}

/// Moves marks forward; answers how many moved.
pub async fn advance_all(tx: &mut Tx, log_id: i64, rows: Vec<(Actor, ChannelId, u64)>) -> Result<u64> {
    let rows = rows.iter().map(|(actor, channel, cn)| args![actor.as_str(), log_id, channel.as_str(), *cn]).collect();
    tx.exec_many(
        "insert into read_marks (actor, log_id, channel, read_cn) values ",
        rows,
        " on conflict (actor, log_id, channel) do update set read_cn = excluded.read_cn
          where excluded.read_cn > read_marks.read_cn",
    )
    .await
}

/// Puts a mark anywhere, also back.
pub async fn set(tx: &mut Tx, log_id: i64, actor: &Actor, channel: &ChannelId, read_cn: u64) -> Result<()> {
    let sql = "insert into read_marks (actor, log_id, channel, read_cn) values ($1, $2, $3, $4)
               on conflict (actor, log_id, channel) do update set read_cn = excluded.read_cn";
    tx.exec(sql, args![actor.as_str(), log_id, channel.as_str(), read_cn]).await.map(|_| ())
}

/// Whether somebody is of this instance and in the server.
pub async fn is_local(q: &mut impl Query, log_id: i64, actor: &Actor) -> Result<bool> {
    let sql = "select 1 from memberships where log_id = $1 and actor = $2";
    Ok(q.row(sql, args![log_id, actor.as_str()]).await?.is_some())
}

/// Those of some people who are of this instance and in the server.
pub async fn locals_among(q: &mut impl Query, log_id: i64, actors: BTreeSet<&Actor>) -> Result<HashSet<String>> {
    let keys = actors.into_iter().map(|actor| args![log_id, actor.as_str()]).collect();
    let sql = "select actor from memberships where (log_id, actor) in (values";
    Ok(q.rows_of(sql, keys, ")").await?.iter().map(|r| r.get(0)).collect())
}

/// The people of this instance in the server.
pub async fn locals(q: &mut impl Query, log_id: i64) -> Result<Vec<Actor>> {
    let rows = q.rows("select actor from memberships where log_id = $1", args![log_id]).await?;
    Ok(rows.iter().filter_map(|r| r.get::<String>(0).parse().ok()).collect())
}

pub async fn forget_reader(tx: &mut Tx, log_id: i64, actor: &Actor) -> Result<()> {
    tx.exec("delete from read_marks where actor = $1 and log_id = $2", args![actor.as_str(), log_id]).await.map(|_| ())
}

pub async fn add_mentions(
    tx: &mut Tx,
    log_id: i64,
    channel: &ChannelId,
    cn: u64,
    author: &Actor,
    aid: &ActionId,
    targets: Vec<String>,
) -> Result<()> {
    let rows = targets.into_iter().map(|t| args![log_id, channel.as_str(), cn, t, author.as_str(), aid.0]).collect();
    let sql = "insert into mentions (log_id, channel, cn, target, author, aid) values ";
    tx.exec_many(sql, rows, " on conflict (log_id, channel, cn, target) do nothing").await.map(|_| ())
}

pub async fn drop_mentions(tx: &mut Tx, log_id: i64, aid: &ActionId) -> Result<()> {
    tx.exec("delete from mentions where log_id = $1 and aid = $2", args![log_id, aid.0]).await.map(|_| ())
}

/// Nothing from this message on has been read: what counted is gone, and its numbers come again.
pub async fn unread_from(tx: &mut Tx, log_id: i64, channel: &ChannelId, cn: u64) -> Result<()> {
    let sql = "update read_marks set read_cn = $3 where log_id = $1 and channel = $2 and read_cn > $3";
    tx.exec(sql, args![log_id, channel.as_str(), cn.saturating_sub(1)]).await.map(|_| ())
}

pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from mentions where log_id = $1", args![log_id]).await?;
    tx.exec("delete from read_marks where log_id = $1", args![log_id]).await.map(|_| ())
}

pub async fn forget_channel(tx: &mut Tx, log_id: i64, channel: &ChannelId) -> Result<()> {
    tx.exec("delete from mentions where log_id = $1 and channel = $2", args![log_id, channel.as_str()]).await?;
    tx.exec("delete from read_marks where log_id = $1 and channel = $2", args![log_id, channel.as_str()])
        .await
        .map(|_| ())
}
