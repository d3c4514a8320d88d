//! All SQL of the log's own tables.

use super::{
    rewind,
    types::{Entry, Follows},
};
use crate::{
    args,
    db::{Error, Query, Result, Row, Tx, Value, fact, set_fact},
};
use conntext_federation::{
    Code,
    action::{Action, Position},
    event::{Event, Header, Stub, Visibility},
    ids::{ActionId, Actor, ChannelId, Hash, ServerId},
    keys::{Bytes, KeySig, Kid, Signature},
    rules::MessageFact,
};
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The fact that holds the highest number of a log that was removed: none is given twice, or another process might take
/// a new log for one that it knew.
const LAST_ID: &str = "last_log_id";

/// A row of `logs`.
#[derive(Clone, Debug)]
pub struct LogRow {
    pub id: i64,
    pub sid: ServerId,
    pub hub: String,
    pub hub_domain: String,
    pub quarantined: Option<String>,
    pub base_seq: u64,
    /// Counts the changes that any process wrote.
    pub version: i64,
}

pub(super) fn broken(what: &str) -> Error {
    Error::Other(format!("a stored {what} cannot be read"))
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

pub(super) fn log_row(row: &Row) -> Result<LogRow> {
    Ok(LogRow {
        id: row.get(0),
        sid: row.get::<String>(1).parse().map_err(|_| broken("server id"))?,
        hub: row.get(2),
        hub_domain: row.get(3),
        quarantined: row.get(4),
        base_seq: unsigned(row.get(5)),
        version: row.get(6),
    })
}

pub async fn logs(q: &mut impl Query) -> Result<Vec<LogRow>> {
    let sql = "select id, sid, hub, hub_domain, quarantined, base_seq, version from logs order by id";
    let rows = q.rows(sql, args![]).await?;
    rows.iter().map(log_row).collect()
}

pub async fn log_by_sid(q: &mut impl Query, sid: &ServerId) -> Result<Option<LogRow>> {
    let sql = "select id, sid, hub, hub_domain, quarantined, base_seq, version from logs where sid = $1";
    q.row(sql, args![sid.as_str()]).await?.as_ref().map(log_row).transpose()
}

pub async fn insert_log(tx: &mut Tx, sid: &ServerId, hub: &str, hub_domain: &str, base_seq: u64) -> Result<i64> {
    let used: i64 = fact(tx, LAST_ID).await?.and_then(|id| id.parse().ok()).unwrap_or(0);
    let row = tx.row("select coalesce(max(id), 0) from logs", args![]).await?;
    let id = row.map_or(0, |r| r.get::<i64>(0)).max(used) + 1;
    let sql = "insert into logs (id, sid, hub, hub_domain, base_seq) values ($1, $2, $3, $4, $5)";
    tx.exec(sql, args![id, sid.as_str(), hub, hub_domain, base_seq]).await?;
    Ok(id)
}

pub async fn set_quarantine(tx: &mut Tx, log_id: i64, code: Option<&str>) -> Result<()> {
    tx.exec("update logs set quarantined = $2 where id = $1", args![log_id, code]).await.map(|_| ())
}

pub async fn set_hub_domain(tx: &mut Tx, log_id: i64, domain: &str) -> Result<()> {
    tx.exec("update logs set hub_domain = $2 where id = $1", args![log_id, domain]).await.map(|_| ())
}

/// Remembers who of this instance was in a server elsewhere whose copy goes away.
pub async fn note_departure(
    tx: &mut Tx,
    actor: &Actor,
    log: (i64, &ServerId),
    (hub_domain, name): (&str, &str),
    now_ms: i64,
) -> Result<()> {
    let sql = "insert into departures (actor, sid, hub_domain, name, joined_at, left_at, due_at, tries)
               values ($1, $2, $3, $4, (select coalesce(max(ts), 0) from notices
                 where log_id = $5 and actor = $1 and kind = 'joined'), $6, 0, 0)
               on conflict (actor, sid) do update set hub_domain = excluded.hub_domain, name = excluded.name,
                 joined_at = excluded.joined_at, left_at = excluded.left_at";
    let args = args![actor.as_str(), log.1.as_str(), hub_domain, name, log.0, now_ms];
    tx.exec(sql, args).await.map(|_| ())
}

/// What somebody showed of their identity when they came in last, or under another home; JSON.
pub async fn last_bound(q: &mut impl Query, log_id: i64, actor: &Actor) -> Result<Option<String>> {
    let sql = "select content from log_events where log_id = $1 and actor = $2
                 and kind in ('member.join', 'member.migrate') order by seq desc limit 1";
    Ok(q.row(sql, args![log_id, actor.as_str()]).await?.and_then(|r| r.get(0)))
}

/// Removes everything that the log's own tables hold of it.
pub async fn delete_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    for sql in [
        "delete from log_events where log_id = $1",
        "delete from log_stubs where log_id = $1",
        "delete from log_state where log_id = $1",
        "delete from memberships where log_id = $1",
        "delete from held_content where log_id = $1",
        "delete from pending_actions where log_id = $1",
        "delete from nonces where log_id = $1",
        "delete from log_follows where log_id = $1",
        "delete from channel_gaps where log_id = $1",
        "delete from logs where id = $1",
    ] {
        tx.exec(sql, args![log_id]).await?;
    }
    let used: i64 = fact(tx, LAST_ID).await?.and_then(|id| id.parse().ok()).unwrap_or(0);
    set_fact(tx, LAST_ID, &used.max(log_id).to_string()).await?;
    rewind::store::forget_log(tx, log_id).await
}

const EVENT_COLUMNS: &str = "insert into log_events (log_id, seq, generation, epoch, hash, prev, cprev, cn, hub, ts, channel, \
     kind, target, actor, origin, aid, ats, exp, basis_gen, basis_epoch, basis_seq, basis_hash, content_hash, origin_kid, \
     origin_sig, hub_kid, hub_sig, content, salt, erased, rejected, extra) values ";

fn event_values(log_id: i64, entry: &Entry) -> Vec<Value> {
    let (h, a) = (&entry.event.header, &entry.event.action);
    let extra = (!h.extra.is_empty() || !a.extra.is_empty())
        .then(|| serde_json::json!({"header": h.extra, "action": a.extra}).to_string());
    args![
        log_id,
        h.seq,
        h.generation,
        h.epoch,
        entry.hash.0,
        h.prev.0,
        h.cprev.map(|c| c.0.to_vec()),
        h.cn,
        h.hub.as_str(),
        h.ts,
        a.channel.as_ref().map(ChannelId::as_str),
        a.kind.as_str(),
        a.target.as_deref(),
        a.actor.as_str(),
        a.origin.as_str(),
        a.aid.0,
        a.ats,
        a.exp,
        a.basis.generation,
        a.basis.epoch,
        a.basis.seq,
        a.basis.hash.0,
        a.content_hash.0,
        entry.event.origin_sig.as_ref().map(|s| s.kid.as_str()),
        entry.event.origin_sig.as_ref().map(|s| s.sig.0.to_vec()),
        entry.event.hub_sig.kid.as_str(),
        entry.event.hub_sig.sig.0,
        entry.event.content.as_ref().map(ToString::to_string),
        entry.event.salt.map(|s| s.0.to_vec()),
        entry.event.erased,
        entry.rejected.map(Code::as_str),
        extra
    ]
}

pub async fn insert_events(tx: &mut Tx, log_id: i64, entries: &[impl std::ops::Deref<Target = Entry>]) -> Result<()> {
    let rows = entries.iter().map(|e| event_values(log_id, e)).collect();
    tx.exec_many(EVENT_COLUMNS, rows, " on conflict (log_id, seq) do nothing").await.map(|_| ())
}

/// The place of the last event that is held; 0 where there is none.
pub async fn head_seq(q: &mut impl Query, log_id: i64) -> Result<u64> {
    let row = q.row("select coalesce(max(seq), 0) from log_events where log_id = $1", args![log_id]).await?;
    Ok(row.map_or(0, |r| r.get::<i64>(0).unsigned_abs()))
}

pub async fn insert_stubs(tx: &mut Tx, log_id: i64, stubs: &[Stub]) -> Result<()> {
    let rows = stubs.iter().map(|s| args![log_id, s.stub.0, s.stub.1, s.hash.0, s.lost]).collect();
    let sql = "insert into log_stubs (log_id, from_seq, to_seq, hash, lost) values ";
    tx.exec_many(sql, rows, " on conflict (log_id, from_seq) do nothing").await.map(|_| ())
}

macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "select seq, generation, epoch, hash, prev, cprev, cn, hub, ts, channel, kind, target, actor, origin, aid, ats, \
             exp, basis_gen, basis_epoch, basis_seq, basis_hash, content_hash, origin_kid, origin_sig, hub_kid, hub_sig, \
             content, salt, erased, rejected, extra from log_events ",
            $rest
        )
    };
}

fn hash(bytes: [u8; 32]) -> Hash {
    Hash(bytes)
}

fn key_sig(kid: &str, sig: Vec<u8>) -> Result<KeySig> {
    let sig = Signature(sig.try_into().map_err(|_| broken("signature"))?);
    Ok(KeySig { kid: Kid::parse(kid).map_err(|_| broken("key name"))?, sig })
}

fn entry(sid: &ServerId, row: &Row) -> Result<Entry> {
    let bad = |_| broken("event");
    let channel: Option<ChannelId> = row.get::<Option<String>>(9).map(|c| c.parse()).transpose().map_err(bad)?;
    let kind: String = row.get(10);
    let aid: Vec<u8> = row.get(14);
    let extra: Option<String> = row.get(30);
    let (mut header_extra, mut action_extra) = (Map::new(), Map::new());
    if let Some(text) = extra {
        let mut both: BTreeMap<String, Map<String, serde_json::Value>> =
            serde_json::from_str(&text).map_err(|_| broken("event"))?;
        header_extra = both.remove("header").unwrap_or_default();
        action_extra = both.remove("action").unwrap_or_default();
    }
    let action = Action {
        v: 1,
        sid: sid.clone(),
        kind,
        channel: channel.clone(),
        target: row.get(11),
        actor: row.get::<String>(12).parse().map_err(bad)?,
        origin: row.get::<String>(13).parse().map_err(bad)?,
        aid: ActionId(aid.try_into().map_err(|_| broken("action id"))?),
        ats: row.get(15),
        exp: row.get(16),
        basis: Position {
            generation: unsigned(row.get(17)),
            epoch: unsigned(row.get(18)),
            seq: unsigned(row.get(19)),
            hash: hash(row.get(20)),
        },
        content_hash: hash(row.get(21)),
        extra: action_extra,
    };
    let origin_sig = match (row.get::<Option<String>>(22), row.get::<Option<Vec<u8>>>(23)) {
        (Some(kid), Some(sig)) => Some(key_sig(&kid, sig)?),
        _ => None,
    };
    let cprev: Option<Vec<u8>> = row.get(5);
    let header = Header {
        v: 1,
        sid: sid.clone(),
        generation: unsigned(row.get(1)),
        epoch: unsigned(row.get(2)),
        seq: unsigned(row.get(0)),
        prev: hash(row.get(4)),
        cprev: cprev.map(|c| c.try_into().map(Hash).map_err(|_| broken("hash"))).transpose()?,
        cn: row.get::<Option<i64>>(6).map(unsigned),
        hub: row.get::<String>(7).parse().map_err(bad)?,
        ts: row.get(8),
        vis: channel.map_or(Visibility::All, Visibility::Channel),
        action_hash: action.hash(origin_sig.as_ref()).map_err(bad)?,
        extra: header_extra,
    };
    let content: Option<String> = row.get(26);
    let salt: Option<Vec<u8>> = row.get(27);
    let event = Event {
        header,
        action,
        origin_sig,
        hub_sig: key_sig(&row.get::<String>(24), row.get(25))?,
        content: content.map(|c| serde_json::from_str(&c)).transpose().map_err(|_| broken("content"))?,
        salt: salt.map(|s| s.try_into().map(Bytes).map_err(|_| broken("salt"))).transpose()?,
        erased: row.get::<Option<i64>>(28).map(unsigned),
    };
    let rejected = row.get::<Option<String>>(29).and_then(|c| Code::parse(&c));
    Ok(Entry::of(event, hash(row.get(3)), rejected))
}

/// Events after a position, in order.
pub async fn events_after(
    q: &mut impl Query,
    sid: &ServerId,
    log_id: i64,
    after: u64,
    limit: u64,
) -> Result<Vec<Entry>> {
    let sql = select_events!("where log_id = $1 and seq > $2 order by seq limit $3");
    q.rows(sql, args![log_id, after, limit]).await?.iter().map(|r| entry(sid, r)).collect()
}

/// One event by its position.
pub async fn event_at(q: &mut impl Query, sid: &ServerId, log_id: i64, seq: u64) -> Result<Option<Entry>> {
    let sql = select_events!("where log_id = $1 and seq = $2");
    q.row(sql, args![log_id, seq]).await?.as_ref().map(|r| entry(sid, r)).transpose()
}

/// Events by their positions, as far as they are held; in no order.
pub async fn events_at(
    q: &mut impl Query,
    sid: &ServerId,
    log_id: i64,
    seqs: impl Iterator<Item = u64>,
) -> Result<Vec<Entry>> {
    let keys = seqs.map(|seq| args![log_id, seq]).collect();
    let rows = q.rows_of(select_events!("where (log_id, seq) in (values"), keys, ")").await?;
    rows.iter().map(|r| entry(sid, r)).collect()
}

/// The event that an action became.
pub async fn event_by_aid(q: &mut impl Query, sid: &ServerId, log_id: i64, aid: &ActionId) -> Result<Option<Entry>> {
    let sql = select_events!("where log_id = $1 and aid = $2 order by seq limit 1");
    q.row(sql, args![log_id, aid.0]).await?.as_ref().map(|r| entry(sid, r)).transpose()
}

/// Hashes of the events that are held between two positions.
pub async fn hashes(q: &mut impl Query, log_id: i64, from: u64, to: u64) -> Result<BTreeMap<u64, Hash>> {
    let sql = "select seq, hash from log_events where log_id = $1 and seq between $2 and $3";
    let rows = q.rows(sql, args![log_id, from, to]).await?;
    Ok(rows.iter().map(|r| (unsigned(r.get(0)), hash(r.get(1)))).collect())
}

/// Where actions stand that do.
pub async fn seqs_of(
    q: &mut impl Query,
    log_id: i64,
    aids: impl Iterator<Item = ActionId>,
) -> Result<Vec<(ActionId, u64)>> {
    let keys = aids.map(|aid| args![log_id, aid.0]).collect();
    let rows = q.rows_of("select aid, seq from log_events where (log_id, aid) in (values", keys, ")").await?;
    let aid = |bytes: Vec<u8>| bytes.try_into().map(ActionId).map_err(|_| broken("action id"));
    rows.iter().map(|r| Ok((aid(r.get(0))?, unsigned(r.get(1))))).collect()
}

/// Where an action stands, if it does.
pub async fn position_of(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Option<Position>> {
    let sql = "select generation, epoch, seq, hash from log_events where log_id = $1 and aid = $2 limit 1";
    let row = q.row(sql, args![log_id, aid.0]).await?;
    Ok(row.map(|r| Position {
        generation: unsigned(r.get(0)),
        epoch: unsigned(r.get(1)),
        seq: unsigned(r.get(2)),
        hash: hash(r.get(3)),
    }))
}

/// A message as far as the rules care.
pub async fn message_fact(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Option<MessageFact>> {
    let sql = "select channel, actor, erased from log_events
               where log_id = $1 and aid = $2 and kind = 'message.create' and rejected is null limit 1";
    let Some(row) = q.row(sql, args![log_id, aid.0]).await? else { return Ok(None) };
    let channel: Option<String> = row.get(0);
    let author: String = row.get(1);
    match (channel.map(|c| c.parse::<ChannelId>()), author.parse::<Actor>()) {
        (Some(Ok(channel)), Ok(author)) => {
            Ok(Some(MessageFact { channel, author, deleted: row.get::<Option<i64>>(2).is_some() }))
        }
        _ => Err(broken("message")),
    }
}

/// Erases the content of a message, of its edits and of the reactions to it. With `hold_until` what it said is sealed
/// for moderators first.
pub async fn erase_message(
    tx: &mut Tx,
    log_id: i64,
    aid: &ActionId,
    by_seq: u64,
    hold_until: Option<i64>,
) -> Result<()> {
    let target = aid.to_string();
    if let Some(until) = hold_until {
        let sql = "insert into held_content (log_id, seq, content, until)
                   select log_id, seq, content, $4 from log_events
                   where log_id = $1 and content is not null
                     and (aid = $2 or (target = $3 and kind = 'message.edit'))
                   on conflict (log_id, seq) do nothing";
        tx.exec(sql, args![log_id, aid.0, target.as_str(), until]).await?;
    }
    let sql = "update log_events set content = null, salt = null, erased = $2
               where log_id = $1 and aid = $3 and kind = 'message.create' and erased is null";
    tx.exec(sql, args![log_id, by_seq, aid.0]).await?;
    let sql = "update log_events set content = null, salt = null, erased = $2
               where log_id = $1 and target = $3 and erased is null
                 and kind in ('message.edit', 'reaction.add', 'reaction.remove')";
    tx.exec(sql, args![log_id, by_seq, target]).await.map(|_| ())
}

/// Erases everything that is held of a channel that nobody here may see any more.
pub async fn erase_channel(tx: &mut Tx, log_id: i64, channel: &ChannelId) -> Result<()> {
    tx.exec("delete from log_events where log_id = $1 and channel = $2", args![log_id, channel.as_str()])
        .await
        .map(|_| ())
}

/// Empties the seals whose time is over.
pub async fn purge_held(tx: &mut Tx, now_ms: i64) -> Result<u64> {
    tx.exec("delete from held_content where until <= $1", args![now_ms]).await
}

pub async fn put_membership(tx: &mut Tx, log_id: i64, actor: &Actor, joined_at: i64) -> Result<()> {
    let sql =
        "insert into memberships (actor, log_id, joined_at) values ($1, $2, $3) on conflict (actor, log_id) do nothing";
    tx.exec(sql, args![actor.as_str(), log_id, joined_at]).await.map(|_| ())
}

pub async fn drop_membership(tx: &mut Tx, log_id: i64, actor: &Actor) -> Result<()> {
    tx.exec("delete from memberships where log_id = $1 and actor = $2", args![log_id, actor.as_str()]).await.map(|_| ())
}

/// The servers that somebody of this instance is in, in the order of joining.
pub async fn memberships(q: &mut impl Query, actor: &Actor) -> Result<Vec<ServerId>> {
    let sql =
        "select l.sid from memberships m join logs l on l.id = m.log_id where m.actor = $1 order by m.joined_at, l.id";
    let rows = q.rows(sql, args![actor.as_str()]).await?;
    rows.iter().map(|r| r.get::<String>(0).parse().map_err(|_| broken("server id"))).collect()
}

/// What clients' numbers stand for, where they were used: log and action.
pub async fn used_nonces(
    q: &mut impl Query,
    keys: &[(Actor, String)],
) -> Result<HashMap<(Actor, String), (i64, ActionId)>> {
    let keys = keys.iter().map(|(actor, nonce)| args![actor.as_str(), nonce.as_str()]).collect();
    let sql = "select actor, nonce, log_id, aid from nonces where (actor, nonce) in (values";
    let mut used = HashMap::new();
    for row in q.rows_of(sql, keys, ")").await? {
        let actor = row.get::<String>(0).parse().map_err(|_| broken("actor"))?;
        let aid: Vec<u8> = row.get(3);
        let aid = ActionId(aid.try_into().map_err(|_| broken("action id"))?);
        used.insert((actor, row.get(1)), (row.get(2), aid));
    }
    Ok(used)
}

/// What a client's number stands for, if it was used.
pub async fn nonce(q: &mut impl Query, actor: &Actor, nonce: &str) -> Result<Option<(i64, ActionId)>> {
    let sql = "select log_id, aid from nonces where actor = $1 and nonce = $2";
    let Some(row) = q.row(sql, args![actor.as_str(), nonce]).await? else { return Ok(None) };
    let aid: Vec<u8> = row.get(1);
    Ok(Some((row.get(0), ActionId(aid.try_into().map_err(|_| broken("action id"))?))))
}

pub async fn put_nonces(tx: &mut Tx, rows: Vec<(Actor, String, i64, ActionId)>, now_ms: i64) -> Result<()> {
    let rows =
        rows.into_iter().map(|(actor, nonce, log, aid)| args![actor.as_str(), nonce, log, aid.0, now_ms]).collect();
    let sql = "insert into nonces (actor, nonce, log_id, aid, created_at) values ";
    tx.exec_many(sql, rows, " on conflict (actor, nonce) do nothing").await.map(|_| ())
}

/// The nonces of these actions that belong to `actor`.
pub async fn nonces_of(
    q: &mut impl Query,
    log_id: i64,
    actor: &Actor,
    after_ms: i64,
) -> Result<BTreeMap<ActionId, String>> {
    let sql = "select aid, nonce from nonces where log_id = $1 and actor = $2 and created_at >= $3";
    let rows = q.rows(sql, args![log_id, actor.as_str(), after_ms]).await?;
    Ok(rows.iter().filter_map(|r| Some((ActionId(r.get::<Vec<u8>>(0).try_into().ok()?), r.get(1)))).collect())
}

pub async fn purge_nonces(tx: &mut Tx, before_ms: i64) -> Result<u64> {
    tx.exec("delete from nonces where created_at < $1", args![before_ms]).await
}

/// The positions of deletions that name this message.
pub async fn deletions_of(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Vec<u64>> {
    let sql =
        "select seq from log_events where log_id = $1 and target = $2 and kind = 'message.delete' and rejected is null";
    Ok(q.rows(sql, args![log_id, aid.to_string()]).await?.iter().map(|r| unsigned(r.get(0))).collect())
}

/// Drops what a copy holds and keeps the log's row, its members and what is queued for its hub.
pub async fn forget_copy(tx: &mut Tx, log_id: i64) -> Result<()> {
    for sql in [
        "delete from log_events where log_id = $1",
        "delete from log_stubs where log_id = $1",
        "delete from log_state where log_id = $1",
        "delete from memberships where log_id = $1",
        "delete from log_frames where log_id = $1",
    ] {
        tx.exec(sql, args![log_id]).await?;
    }
    Ok(())
}

/// The row of a log that begins with a snapshot, new or reset.
pub async fn insert_or_keep_log(
    tx: &mut Tx,
    sid: &ServerId,
    hub: &str,
    hub_domain: &str,
    base_seq: u64,
) -> Result<i64> {
    let sql =
        "update logs set hub = $2, hub_domain = $3, base_seq = $4, quarantined = null where sid = $1 returning id";
    if let Some(row) = tx.row(sql, args![sid.as_str(), hub, hub_domain, base_seq]).await? {
        return Ok(row.get(0));
    }
    insert_log(tx, sid, hub, hub_domain, base_seq).await
}

/// Forgets the number of an action that came to nothing, so that the client may send it again.
pub async fn drop_nonce(tx: &mut Tx, log_id: i64, aid: &ActionId) -> Result<()> {
    tx.exec("delete from nonces where log_id = $1 and aid = $2", args![log_id, aid.0]).await.map(|_| ())
}

/// The runs that were withheld from a copy.
pub async fn stubs(q: &mut impl Query, log_id: i64) -> Result<Vec<(u64, u64)>> {
    let sql = "select from_seq, to_seq from log_stubs where log_id = $1 order by from_seq";
    Ok(q.rows(sql, args![log_id]).await?.iter().map(|r| (unsigned(r.get(0)), unsigned(r.get(1)))).collect())
}

/// The runs that nobody held when the log was put together again.
pub async fn lost(q: &mut impl Query, log_id: i64) -> Result<Vec<(u64, u64)>> {
    let sql = "select from_seq, to_seq from log_stubs where log_id = $1 and lost order by from_seq";
    Ok(q.rows(sql, args![log_id]).await?.iter().map(|r| (unsigned(r.get(0)), unsigned(r.get(1)))).collect())
}

/// All runs that are not held, with the hash of the last event of each.
pub async fn stub_ends(q: &mut impl Query, log_id: i64) -> Result<Vec<(u64, u64, Hash)>> {
    let sql = "select from_seq, to_seq, hash from log_stubs where log_id = $1 order by from_seq";
    let rows = q.rows(sql, args![log_id]).await?;
    Ok(rows.iter().map(|r| (unsigned(r.get(0)), unsigned(r.get(1)), hash(r.get(2)))).collect())
}

/// What was done to something, in order.
pub async fn about(q: &mut impl Query, sid: &ServerId, log_id: i64, target: &str) -> Result<Vec<Entry>> {
    let sql = select_events!("where log_id = $1 and target = $2 order by seq");
    q.rows(sql, args![log_id, target]).await?.iter().map(|r| entry(sid, r)).collect()
}

/// The places behind a position at which something is held.
pub async fn seqs_after(q: &mut impl Query, log_id: i64, after: u64) -> Result<Vec<u64>> {
    let sql = "select seq from log_events where log_id = $1 and seq > $2 order by seq";
    Ok(q.rows(sql, args![log_id, after]).await?.iter().map(|r| unsigned(r.get(0))).collect())
}

/// How copies follow that do not follow every channel, by their number here.
pub async fn follows(q: &mut impl Query) -> Result<HashMap<i64, Follows>> {
    let channels = |text: String| -> Result<BTreeSet<ChannelId>> {
        text.split_whitespace().map(|c| c.parse().map_err(|_| broken("channel id"))).collect()
    };
    let rows = q.rows("select log_id, wanted, whole, earlier, all_soon from log_follows", args![]).await?;
    rows.iter()
        .map(|r| {
            let follows = Follows {
                wanted: channels(r.get(1))?,
                whole: channels(r.get(2))?,
                earlier: r.get::<Option<[u8; 32]>>(3).map(Hash),
                all_soon: r.get(4),
            };
            Ok((r.get(0), follows))
        })
        .collect()
}

/// Notes how a copy follows; none where it follows every channel.
pub async fn put_follows(tx: &mut Tx, log_id: i64, follows: Option<&Follows>) -> Result<()> {
    let Some(follows) = follows else {
        return tx.exec("delete from log_follows where log_id = $1", args![log_id]).await.map(|_| ());
    };
    let text = |channels: &BTreeSet<ChannelId>| channels.iter().map(ChannelId::as_str).collect::<Vec<_>>().join(" ");
    let sql = "insert into log_follows (log_id, wanted, whole, earlier, all_soon) values ($1, $2, $3, $4, $5)
               on conflict (log_id) do update set wanted = excluded.wanted, whole = excluded.whole,
                 earlier = excluded.earlier, all_soon = excluded.all_soon";
    let (wanted, whole, earlier) = (text(&follows.wanted), text(&follows.whole), follows.earlier.map(|hash| hash.0));
    tx.exec(sql, args![log_id, wanted, whole, earlier, follows.all_soon]).await.map(|_| ())
}
