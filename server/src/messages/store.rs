//! All SQL of messages.

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx, Value};
use conntext_federation::content::{MessageCreate, MessageEdit};
use conntext_federation::ids::{ActionId, Actor, ChannelId};

/// A message as stored, with what it answers.
#[derive(Clone, Debug)]
pub struct Stored {
    pub aid: ActionId,
    pub seq: u64,
    pub channel: String,
    pub cn: u64,
    pub author: String,
    pub ts: i64,
    pub edited_at: Option<i64>,
    /// Deleted, or its content was erased in another way.
    pub deleted: bool,
    pub content: MessageCreate,
    pub edit: Option<MessageEdit>,
    pub nonce: Option<String>,
    pub reply_to: Option<(ActionId, Option<Answered>)>,
}

/// What a message answers, where it is held and may be read.
#[derive(Clone, Debug)]
pub struct Answered {
    pub author: String,
    pub cn: u64,
    pub deleted: bool,
    pub body: String,
}

/// Where a message stands.
#[derive(Clone, Debug)]
pub struct Spot {
    pub channel: ChannelId,
    pub cn: u64,
    pub seq: u64,
    pub author: Actor,
    pub deleted: bool,
}

/// Who asks: for whose numbers, and from which position on.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub log_id: i64,
    /// Whose own numbers are shown; empty for nobody's.
    pub viewer: &'a str,
    pub from_seq: u64,
}

impl View<'_> {
    fn args(self, more: Vec<Value>) -> Vec<Value> {
        let mut args = args![self.log_id, self.viewer, self.from_seq];
        args.extend(more);
        args
    }
}

fn broken(what: &str) -> Error {
    Error::Other(format!("a stored {what} cannot be read"))
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn aid(bytes: Vec<u8>) -> Result<ActionId> {
    Ok(ActionId(bytes.try_into().map_err(|_| broken("message id"))?))
}

macro_rules! select_messages {
    ($rest:literal) => {
        concat!(
            "select m.aid, m.seq, m.channel, m.cn, m.author, m.ts, m.edited_at, m.deleted_seq, e.content, x.content, n.nonce,
               m.reply_to, r.author, r.cn, r.deleted_seq, re.content, rx.content
             from messages m
             left join log_events e on e.log_id = m.log_id and e.seq = m.seq
             left join log_events x on x.log_id = m.log_id and x.seq = m.edit_seq
             left join nonces n on n.log_id = m.log_id and n.aid = m.aid and n.actor = $2
             left join messages r on r.log_id = m.log_id and r.aid = m.reply_to and r.channel = m.channel and r.seq >= $3
             left join log_events re on re.log_id = r.log_id and re.seq = r.seq
             left join log_events rx on rx.log_id = r.log_id and rx.seq = r.edit_seq
             where m.log_id = $1 and m.seq >= $3 ",
            $rest
        )
    };
}

fn create(text: Option<String>) -> Option<MessageCreate> {
    text.and_then(|t| serde_json::from_str(&t).ok())
}

fn edit(text: Option<String>) -> Option<MessageEdit> {
    text.and_then(|t| serde_json::from_str(&t).ok())
}

fn stored(row: &Row) -> Result<Stored> {
    let content = create(row.get(8));
    let answers: Option<Vec<u8>> = row.get(11);
    let reply_to = match answers {
        None => None,
        Some(id) => Some((aid(id)?, answered(row))),
    };
    Ok(Stored {
        aid: aid(row.get(0))?,
        seq: unsigned(row.get(1)),
        channel: row.get(2),
        cn: unsigned(row.get(3)),
        author: row.get(4),
        ts: row.get(5),
        edited_at: row.get(6),
        deleted: row.get::<Option<i64>>(7).is_some() || content.is_none(),
        content: content.unwrap_or_default(),
        edit: edit(row.get(9)),
        nonce: row.get(10),
        reply_to,
    })
}

fn answered(row: &Row) -> Option<Answered> {
    let author: String = row.get::<Option<String>>(12)?;
    let content = create(row.get(15));
    let deleted = row.get::<Option<i64>>(14).is_some() || content.is_none();
    let body = edit(row.get(16)).map(|e| e.body).or(content.map(|c| c.body)).unwrap_or_default();
    Some(Answered { author, cn: row.get::<Option<i64>>(13).map_or(0, unsigned), deleted, body })
}

/// Messages of a channel before a number, newest first.
pub async fn before(q: &mut impl Query, v: View<'_>, channel: &ChannelId, cn: u64, limit: u64) -> Result<Vec<Stored>> {
    let sql = select_messages!("and m.channel = $4 and m.cn < $5 order by m.cn desc limit $6");
    q.rows(sql, v.args(args![channel.as_str(), cn, limit])).await?.iter().map(stored).collect()
}

/// Messages of a channel after a number, oldest first.
pub async fn after(q: &mut impl Query, v: View<'_>, channel: &ChannelId, cn: u64, limit: u64) -> Result<Vec<Stored>> {
    let sql = select_messages!("and m.channel = $4 and m.cn > $5 order by m.cn limit $6");
    q.rows(sql, v.args(args![channel.as_str(), cn, limit])).await?.iter().map(stored).collect()
}

/// One message.
pub async fn one(q: &mut impl Query, v: View<'_>, aid: &ActionId) -> Result<Option<Stored>> {
    let sql = select_messages!("and m.aid = $4");
    q.row(sql, v.args(args![aid.0])).await?.as_ref().map(stored).transpose()
}

/// What a message would answer, for one that is not stored yet.
pub async fn answer(q: &mut impl Query, log_id: i64, channel: &ChannelId, aid: &ActionId) -> Result<Option<Answered>> {
    let sql = "select r.author, r.cn, r.deleted_seq, re.content, rx.content
               from messages r
               left join log_events re on re.log_id = r.log_id and re.seq = r.seq
               left join log_events rx on rx.log_id = r.log_id and rx.seq = r.edit_seq
               where r.log_id = $1 and r.channel = $2 and r.aid = $3";
    let Some(row) = q.row(sql, args![log_id, channel.as_str(), aid.0]).await? else { return Ok(None) };
    let content = create(row.get(3));
    let deleted = row.get::<Option<i64>>(2).is_some() || content.is_none();
    let body = edit(row.get(4)).map(|e| e.body).or(content.map(|c| c.body)).unwrap_or_default();
    Ok(Some(Answered { author: row.get(0), cn: unsigned(row.get(1)), deleted, body }))
}

/// Where a message stands.
pub async fn spot(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Option<Spot>> {
    let sql = "select channel, cn, seq, author, deleted_seq from messages where log_id = $1 and aid = $2";
    let Some(row) = q.row(sql, args![log_id, aid.0]).await? else { return Ok(None) };
    Ok(Some(Spot {
        channel: row.get::<String>(0).parse().map_err(|_| broken("channel id"))?,
        cn: unsigned(row.get(1)),
        seq: unsigned(row.get(2)),
        author: row.get::<String>(3).parse().map_err(|_| broken("author"))?,
        deleted: row.get::<Option<i64>>(4).is_some(),
    }))
}

/// Number of the first message at or after a time.
pub async fn cn_at(q: &mut impl Query, log_id: i64, channel: &ChannelId, ts: i64) -> Result<Option<u64>> {
    let sql = "select min(cn) from messages where log_id = $1 and channel = $2 and ts >= $3";
    let row = q.row(sql, args![log_id, channel.as_str(), ts]).await?;
    Ok(row.and_then(|r| r.get::<Option<i64>>(0)).map(unsigned))
}

/// The oldest message of a channel that is held.
#[derive(Clone, Copy, Debug)]
pub struct Oldest {
    pub cn: u64,
    pub seq: u64,
    pub ts: i64,
}

pub async fn oldest(q: &mut impl Query, log_id: i64, channel: &ChannelId) -> Result<Option<Oldest>> {
    let sql = "select cn, seq, ts from messages where log_id = $1 and channel = $2 order by cn limit 1";
    let row = q.row(sql, args![log_id, channel.as_str()]).await?;
    Ok(row.map(|r| Oldest { cn: unsigned(r.get(0)), seq: unsigned(r.get(1)), ts: r.get(2) }))
}

/// Whether a readable message lies before a number.
pub async fn any_before(q: &mut impl Query, log_id: i64, channel: &ChannelId, cn: u64, from_seq: u64) -> Result<bool> {
    let sql = "select 1 from messages where log_id = $1 and channel = $2 and cn < $3 and seq >= $4 limit 1";
    Ok(q.row(sql, args![log_id, channel.as_str(), cn, from_seq]).await?.is_some())
}

/// Numbers of the messages held between two numbers, ascending.
pub async fn held(q: &mut impl Query, log_id: i64, channel: &ChannelId, from: u64, to: u64) -> Result<Vec<u64>> {
    let sql = "select cn from messages where log_id = $1 and channel = $2 and cn between $3 and $4 order by cn";
    let rows = q.rows(sql, args![log_id, channel.as_str(), from, to]).await?;
    Ok(rows.iter().map(|r| unsigned(r.get(0))).collect())
}

/// Position of the first held message at or after a number.
pub async fn seq_from(q: &mut impl Query, log_id: i64, channel: &ChannelId, cn: u64) -> Result<Option<u64>> {
    let sql = "select seq from messages where log_id = $1 and channel = $2 and cn >= $3 order by cn limit 1";
    let row = q.row(sql, args![log_id, channel.as_str(), cn]).await?;
    Ok(row.map(|r| unsigned(r.get(0))))
}

/// Position of the message with this number, if it is held.
pub async fn seq_at(q: &mut impl Query, log_id: i64, channel: &ChannelId, cn: u64) -> Result<Option<u64>> {
    let sql = "select seq from messages where log_id = $1 and channel = $2 and cn = $3";
    Ok(q.row(sql, args![log_id, channel.as_str(), cn]).await?.map(|r| unsigned(r.get(0))))
}

/// A message that is written.
pub struct NewRow<'a> {
    pub aid: ActionId,
    pub seq: u64,
    pub channel: &'a ChannelId,
    pub cn: u64,
    pub author: &'a Actor,
    pub ts: i64,
    pub reply_to: Option<ActionId>,
    pub deleted_seq: Option<u64>,
}

pub async fn insert(tx: &mut Tx, log_id: i64, rows: &[NewRow<'_>]) -> Result<()> {
    let rows = rows
        .iter()
        .map(|m| {
            args![
                log_id,
                m.aid.0,
                m.seq,
                m.channel.as_str(),
                m.cn,
                m.author.as_str(),
                m.ts,
                m.reply_to.map(|a| a.0.to_vec()),
                m.deleted_seq
            ]
        })
        .collect();
    let sql = "insert into messages (log_id, aid, seq, channel, cn, author, ts, reply_to, deleted_seq) values ";
    tx.exec_many(sql, rows, " on conflict (log_id, aid) do nothing").await.map(|_| ())
}

/// Notes a newer edit by the message's author.
pub async fn edited(
    tx: &mut Tx,
    log_id: i64,
    aid: &ActionId,
    channel: &str,
    author: &str,
    seq: u64,
    ts: i64,
) -> Result<()> {
    let sql = "update messages set edit_seq = $5, edited_at = $6
               where log_id = $1 and aid = $2 and channel = $3 and author = $4 and deleted_seq is null
                 and (edit_seq is null or edit_seq < $5)";
    tx.exec(sql, args![log_id, aid.0, channel, author, seq, ts]).await.map(|_| ())
}

/// Notes a deletion; answers whether the message is held. What it answered and whether it was once changed goes with it:
/// who gets the history later does not even learn of that.
pub async fn deleted(tx: &mut Tx, log_id: i64, aid: &ActionId, channel: &str, seq: u64) -> Result<bool> {
    let sql = "update messages set deleted_seq = coalesce(deleted_seq, $4), edit_seq = null, edited_at = null,
                 reply_to = null
               where log_id = $1 and aid = $2 and channel = $3";
    Ok(tx.exec(sql, args![log_id, aid.0, channel, seq]).await? > 0)
}

/// An edit or deletion that arrived before the message it is about.
pub struct Later {
    pub kind: String,
    pub actor: String,
    pub channel: String,
    pub seq: u64,
    pub ts: i64,
}

pub async fn later(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Vec<Later>> {
    let sql = "select kind, actor, channel, seq, ts from log_events
               where log_id = $1 and target = $2 and kind in ('message.edit', 'message.delete') and rejected is null
                 and channel is not null
               order by seq";
    let rows = q.rows(sql, args![log_id, aid.to_string()]).await?;
    Ok(rows
        .iter()
        .map(|r| Later { kind: r.get(0), actor: r.get(1), channel: r.get(2), seq: unsigned(r.get(3)), ts: r.get(4) })
        .collect())
}

pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from messages where log_id = $1", args![log_id]).await.map(|_| ())
}

pub async fn forget_channel(tx: &mut Tx, log_id: i64, channel: &ChannelId) -> Result<()> {
    tx.exec("delete from messages where log_id = $1 and channel = $2", args![log_id, channel.as_str()])
        .await
        .map(|_| ())
}

/// Forgets what a log no longer has behind a position. Edits before it count again when they are applied again.
pub async fn undo(tx: &mut Tx, log_id: i64, to: u64) -> Result<()> {
    tx.exec("delete from messages where log_id = $1 and seq > $2", args![log_id, to]).await?;
    let sql = "update messages set edit_seq = null, edited_at = null where log_id = $1 and edit_seq > $2";
    tx.exec(sql, args![log_id, to]).await.map(|_| ())
}
