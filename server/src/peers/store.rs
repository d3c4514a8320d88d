//! SQL of the instances that this one has met, and of how far each has our logs.

use std::collections::BTreeSet;

use conntext_federation::domain::Domain;
use conntext_federation::ids::{ActionId, ChannelId, InstanceId, ServerId, UserId};
use conntext_federation::instance::Pin;

use super::checkpoints::store as checkpoints;
use super::want::store as want;
use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};

fn broken(what: &str) -> Error {
    Error::Other(format!("a stored {what} cannot be read"))
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// An instance that was met.
#[derive(Clone, Debug)]
pub struct PeerRow {
    pub domain: Domain,
    pub ik: InstanceId,
    pub pin: Pin,
    /// The signed document, word for word.
    pub doc: String,
    pub fetched_at: i64,
    pub first_met: i64,
    pub last_seen: i64,
    pub last_ok: i64,
    pub failures: u64,
    /// Since when it does not answer, milliseconds; 0 while it does.
    pub failing_since: i64,
    pub last_error: Option<String>,
    pub state: Option<String>,
}

fn peer_row(row: &Row) -> Result<PeerRow> {
    Ok(PeerRow {
        domain: Domain::parse_normal(&row.get::<String>(0), true).map_err(|_| broken("domain"))?,
        ik: row.get::<String>(1).parse().map_err(|_| broken("instance id"))?,
        pin: serde_json::from_str(&row.get::<String>(2)).map_err(|_| broken("pin"))?,
        doc: row.get(3),
        fetched_at: row.get(4),
        first_met: row.get(5),
        last_seen: row.get(6),
        last_ok: row.get(7),
        failures: unsigned(row.get(8)),
        last_error: row.get(9),
        state: row.get(10),
        failing_since: row.get(11),
    })
}

macro_rules! select_peers {
    ($rest:literal) => {
        concat!(
            "select domain, ik, pin, doc, fetched_at, first_met, last_seen, last_ok, failures, last_error, state, failing_since from peers ",
            $rest
        )
    };
}

pub async fn peer(q: &mut impl Query, domain: &Domain) -> Result<Option<PeerRow>> {
    q.row(select_peers!("where domain = $1"), args![domain.as_str()]).await?.as_ref().map(peer_row).transpose()
}

pub async fn peers(q: &mut impl Query) -> Result<Vec<PeerRow>> {
    q.rows(select_peers!("order by domain"), args![]).await?.iter().map(peer_row).collect()
}

/// What is known of an instance, under whichever domains it was met.
pub async fn peers_of(q: &mut impl Query, ik: &InstanceId) -> Result<Vec<PeerRow>> {
    q.rows(select_peers!("where ik = $1 order by domain"), args![ik.as_str()]).await?.iter().map(peer_row).collect()
}

pub async fn put_document(tx: &mut Tx, pin: &Pin, doc: &str, now_ms: i64) -> Result<()> {
    let pin_text = serde_json::to_string(pin).map_err(|_| broken("pin"))?;
    let sql = "insert into peers (domain, ik, pin, doc, fetched_at, first_met, last_seen, last_ok, failures)
               values ($1, $2, $3, $4, $5, $5, 0, $5, 0)
               on conflict (domain) do update set ik = excluded.ik, pin = excluded.pin, doc = excluded.doc,
                 fetched_at = excluded.fetched_at, last_ok = excluded.last_ok, failures = 0, failing_since = 0,
                 last_error = null, state = null";
    tx.exec(sql, args![pin.domain.as_str(), pin.ik.as_str(), pin_text, doc, now_ms]).await.map(|_| ())
}

/// Remembers why a peer is not to be spoken with; null when it may be again.
pub async fn set_state(tx: &mut Tx, domain: &Domain, state: Option<&str>) -> Result<()> {
    tx.exec("update peers set state = $2 where domain = $1", args![domain.as_str(), state]).await.map(|_| ())
}

/// Forgets a peer's pin, so that its next document is taken as at first contact.
pub async fn forget(tx: &mut Tx, domain: &Domain) -> Result<bool> {
    Ok(tx.exec("delete from peers where domain = $1", args![domain.as_str()]).await? > 0)
}

/// It was heard from: whatever was tried before counts no more.
pub async fn seen(tx: &mut Tx, domain: &Domain, now_ms: i64) -> Result<()> {
    let sql = "update peers set last_seen = $2, failures = 0, failing_since = 0 where domain = $1";
    tx.exec(sql, args![domain.as_str(), now_ms]).await.map(|_| ())
}

pub async fn answered(tx: &mut Tx, domain: &Domain, now_ms: i64) -> Result<()> {
    let sql = "update peers set last_ok = $2, failures = 0, failing_since = 0, last_error = null where domain = $1";
    tx.exec(sql, args![domain.as_str(), now_ms]).await.map(|_| ())
}

pub async fn failed(tx: &mut Tx, domain: &Domain, error: &str, now_ms: i64) -> Result<()> {
    let sql = "update peers set failures = failures + 1, last_error = $2,
                 failing_since = case when failing_since = 0 then $3 else failing_since end
               where domain = $1";
    tx.exec(sql, args![domain.as_str(), error, now_ms]).await.map(|_| ())
}

/// How far an instance has confirmed a log.
pub async fn cursor(q: &mut impl Query, peer: &InstanceId, log_id: i64) -> Result<Option<u64>> {
    let sql = "select acked_seq from peer_cursors where peer = $1 and log_id = $2";
    Ok(q.row(sql, args![peer.as_str(), log_id]).await?.map(|r| unsigned(r.get(0))))
}

/// Notes since when an instance has a stream of a log, milliseconds; null when it has none.
pub async fn set_streaming(tx: &mut Tx, peer: &InstanceId, log_id: i64, since_ms: Option<i64>) -> Result<()> {
    let sql = "update peer_cursors set streams_since = $3 where peer = $1 and log_id = $2";
    tx.exec(sql, args![peer.as_str(), log_id, since_ms]).await.map(|_| ())
}

/// After a start nobody has a stream.
pub async fn none_streaming(tx: &mut Tx) -> Result<()> {
    tx.exec("update peer_cursors set streams_since = null where streams_since is not null", args![]).await.map(|_| ())
}

/// An instance that follows a log of ours, for lists.
#[derive(Clone, Debug)]
pub struct FollowerRow {
    /// Who follows.
    pub ik: InstanceId,
    /// Where it is reached, if it was met.
    pub domain: Option<String>,
    /// Up to where it has confirmed.
    pub acked: u64,
    /// Since when it has a stream, milliseconds; none while it is pushed to.
    pub streams_since: Option<i64>,
}

/// Who follows a log of ours.
pub async fn followers(q: &mut impl Query, sid: &ServerId) -> Result<Vec<FollowerRow>> {
    let sql = "select c.peer, p.domain, c.acked_seq, c.streams_since from peer_cursors c
               join logs l on l.id = c.log_id left join peers p on p.ik = c.peer
               where l.sid = $1 order by p.domain, c.peer";
    let rows = q.rows(sql, args![sid.as_str()]).await?;
    rows.iter()
        .map(|r| {
            Ok(FollowerRow {
                ik: r.get::<String>(0).parse().map_err(|_| broken("instance id"))?,
                domain: r.get(1),
                acked: unsigned(r.get(2)),
                streams_since: r.get(3),
            })
        })
        .collect()
}

/// Every cursor: peer, log, position.
pub async fn cursors(q: &mut impl Query) -> Result<Vec<(InstanceId, i64, u64)>> {
    let rows = q.rows("select peer, log_id, acked_seq from peer_cursors order by peer, log_id", args![]).await?;
    rows.iter()
        .map(|r| {
            let peer = r.get::<String>(0).parse().map_err(|_| broken("instance id"))?;
            Ok((peer, r.get(1), unsigned(r.get(2))))
        })
        .collect()
}

pub async fn set_cursor(tx: &mut Tx, peer: &InstanceId, log_id: i64, acked: u64) -> Result<()> {
    let sql = "insert into peer_cursors (peer, log_id, acked_seq) values ($1, $2, $3)
               on conflict (peer, log_id) do update set acked_seq = excluded.acked_seq";
    tx.exec(sql, args![peer.as_str(), log_id, acked]).await.map(|_| ())
}

/// Moves a cursor forward, never back.
pub async fn advance(tx: &mut Tx, peer: &InstanceId, log_id: i64, acked: u64) -> Result<()> {
    let sql = "update peer_cursors set acked_seq = $3 where peer = $1 and log_id = $2 and acked_seq < $3";
    tx.exec(sql, args![peer.as_str(), log_id, acked]).await.map(|_| ())
}

/// Forgets an instance in a log that nobody of it is in any more.
pub async fn drop_cursor(tx: &mut Tx, peer: &InstanceId, log_id: i64) -> Result<()> {
    let args = || args![peer.as_str(), log_id];
    tx.exec("delete from peer_cursors where peer = $1 and log_id = $2", args()).await?;
    tx.exec("delete from peer_channels where peer = $1 and log_id = $2", args()).await?;
    want::forget(tx, peer, log_id).await
}

/// Forgets all instances of a log that is gone.
pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from peer_cursors where log_id = $1", args![log_id]).await?;
    tx.exec("delete from peer_channels where log_id = $1", args![log_id]).await?;
    want::forget_log(tx, log_id).await?;
    checkpoints::forget_log(tx, log_id).await
}

fn channels(rows: &[Row]) -> Result<BTreeSet<ChannelId>> {
    rows.iter().map(|r| r.get::<String>(0).parse().map_err(|_| broken("channel id"))).collect()
}

/// The channels whose state an instance has confirmed to hold.
pub async fn disclosed(q: &mut impl Query, peer: &InstanceId, log_id: i64) -> Result<BTreeSet<ChannelId>> {
    let sql = "select channel from peer_channels where peer = $1 and log_id = $2 and confirmed";
    channels(&q.rows(sql, args![peer.as_str(), log_id]).await?)
}

/// The channels of which an instance may hold anything: a confirmation can be lost, and what was sent is there.
pub async fn offered(q: &mut impl Query, peer: &InstanceId, log_id: i64) -> Result<BTreeSet<ChannelId>> {
    let sql = "select channel from peer_channels where peer = $1 and log_id = $2 and not withdrawn";
    channels(&q.rows(sql, args![peer.as_str(), log_id]).await?)
}

/// Notes channels before anything of them is sent.
pub async fn offer(
    tx: &mut Tx,
    peer: &InstanceId,
    log_id: i64,
    channels: impl Iterator<Item = &ChannelId>,
) -> Result<()> {
    let rows = channels.map(|c| args![peer.as_str(), log_id, c.as_str(), false]).collect();
    let sql = "insert into peer_channels (peer, log_id, channel, confirmed) values ";
    tx.exec_many(sql, rows, " on conflict (peer, log_id, channel) do update set withdrawn = false").await.map(|_| ())
}

pub async fn disclose(tx: &mut Tx, peer: &InstanceId, log_id: i64, channels: &[ChannelId]) -> Result<()> {
    let rows = channels.iter().map(|c| args![peer.as_str(), log_id, c.as_str(), true]).collect();
    let sql = "insert into peer_channels (peer, log_id, channel, confirmed) values ";
    let known = " on conflict (peer, log_id, channel) do update set confirmed = excluded.confirmed, withdrawn = false";
    tx.exec_many(sql, rows, known).await.map(|_| ())
}

/// An instance has confirmed that it forgot a channel. Restored from an older copy it may have it again.
pub async fn withdraw(tx: &mut Tx, peer: &InstanceId, log_id: i64, channel: &ChannelId) -> Result<()> {
    let sql = "update peer_channels set confirmed = false, withdrawn = true
               where peer = $1 and log_id = $2 and channel = $3";
    tx.exec(sql, args![peer.as_str(), log_id, channel.as_str()]).await.map(|_| ())
}

/// The same of a channel that is gone altogether: the log tells whoever was restored.
pub async fn forget_channel(tx: &mut Tx, peer: &InstanceId, log_id: i64, channel: &ChannelId) -> Result<()> {
    let sql = "delete from peer_channels where peer = $1 and log_id = $2 and channel = $3";
    tx.exec(sql, args![peer.as_str(), log_id, channel.as_str()]).await.map(|_| ())
}

/// Nobody can tell any more which channels an instance holds: of those that it ever had it may hold any.
pub async fn doubt(tx: &mut Tx, peer: &InstanceId, log_id: i64) -> Result<()> {
    let sql = "update peer_channels set confirmed = $3, withdrawn = $3 where peer = $1 and log_id = $2";
    tx.exec(sql, args![peer.as_str(), log_id, false]).await.map(|_| ())
}

/// The same of all instances that hold copies of a log.
pub async fn doubt_all(tx: &mut Tx, log_id: i64) -> Result<()> {
    let sql = "update peer_channels set confirmed = $2, withdrawn = $2 where log_id = $1";
    tx.exec(sql, args![log_id, false]).await.map(|_| ())
}

/// The copy of an instance begins anew with a snapshot: what it forgot before it does not get back.
pub async fn begin_anew(tx: &mut Tx, peer: &InstanceId, log_id: i64) -> Result<()> {
    let sql = "delete from peer_channels where peer = $1 and log_id = $2 and withdrawn";
    tx.exec(sql, args![peer.as_str(), log_id]).await?;
    doubt(tx, peer, log_id).await
}

/// Where a channel begins in its log; `None` for the staff channel, which has no beginning of its own.
pub async fn channel_begin(q: &mut impl Query, log_id: i64, channel: &ChannelId) -> Result<Option<u64>> {
    let sql = "select seq from log_events where log_id = $1 and channel = $2 and kind = 'channel.create'
               order by seq limit 1";
    Ok(q.row(sql, args![log_id, channel.as_str()]).await?.map(|r| unsigned(r.get(0))))
}

/// Sequence numbers, newest first, of a channel's events before a position, with whether each is a message.
pub async fn channel_before(
    q: &mut impl Query,
    log_id: i64,
    channel: &ChannelId,
    before: u64,
    limit: u64,
) -> Result<Vec<(u64, bool)>> {
    let sql = "select seq, kind from log_events where log_id = $1 and channel = $2 and seq < $3
               order by seq desc limit $4";
    let rows = q.rows(sql, args![log_id, channel.as_str(), before, limit]).await?;
    Ok(rows.iter().map(|r| (unsigned(r.get(0)), r.get::<String>(1) == "message.create")).collect())
}

/// Positions, from `from` on, of what was later done to a message.
pub async fn about(q: &mut impl Query, log_id: i64, aid: &ActionId, from: u64, limit: u64) -> Result<Vec<u64>> {
    let sql = "select seq from log_events where log_id = $1 and target = $2 and seq >= $3 order by seq limit $4";
    let rows = q.rows(sql, args![log_id, aid.to_string(), from, limit]).await?;
    Ok(rows.iter().map(|r| unsigned(r.get(0))).collect())
}

/// The end of a log, newest first: position, hash and channel of each event at or before `to`.
pub async fn tail(
    q: &mut impl Query,
    log_id: i64,
    to: u64,
    limit: u64,
) -> Result<Vec<(u64, [u8; 32], Option<ChannelId>)>> {
    let sql = "select seq, hash, channel from log_events where log_id = $1 and seq <= $2 order by seq desc limit $3";
    let rows = q.rows(sql, args![log_id, to, limit]).await?;
    rows.iter()
        .map(|r| {
            let channel =
                r.get::<Option<String>>(2).map(|c| c.parse()).transpose().map_err(|_| broken("channel id"))?;
            Ok((unsigned(r.get(0)), r.get(1), channel))
        })
        .collect()
}

/// The content that a server's id is made of.
pub async fn genesis(q: &mut impl Query, log_id: i64) -> Result<Option<String>> {
    let sql = "select content from log_events where log_id = $1 and kind = 'server.create' order by seq limit 1";
    Ok(q.row(sql, args![log_id]).await?.and_then(|r| r.get(0)))
}

/// Whether one of these people has an account here.
pub async fn who_lives_here(q: &mut impl Query, people: &[&UserId]) -> Result<Vec<UserId>> {
    let keys = people.iter().map(|uid| args![uid.as_str()]).collect();
    let rows = q.rows_of("select uid from profiles where local and uid in (values", keys, ")").await?;
    Ok(rows.iter().filter_map(|r| r.get::<String>(0).parse().ok()).collect())
}

/// A join is sent whose answer is not there yet. Those of before `forgotten`, milliseconds, are given up.
pub async fn open_join(
    tx: &mut Tx,
    sid: &ServerId,
    uid: &UserId,
    domain: &Domain,
    now: i64,
    forgotten: i64,
) -> Result<()> {
    tx.exec("delete from open_joins where asked_at < $1", args![forgotten]).await?;
    let sql = "insert into open_joins (sid, uid, domain, asked_at) values ($1, $2, $3, $4)
               on conflict (sid, uid) do update set domain = excluded.domain, asked_at = excluded.asked_at";
    tx.exec(sql, args![sid.as_str(), uid.as_str(), domain.as_str(), now]).await.map(|_| ())
}

/// What became of it is known.
pub async fn close_join(tx: &mut Tx, sid: &ServerId, uid: &UserId) -> Result<()> {
    let sql = "delete from open_joins where sid = $1 and uid = $2";
    tx.exec(sql, args![sid.as_str(), uid.as_str()]).await.map(|_| ())
}

/// The joins to a server whose answer is not there: who, where, and when they were sent.
pub async fn open_joins(q: &mut impl Query, sid: &ServerId) -> Result<Vec<(UserId, Domain, i64)>> {
    let sql = "select uid, domain, asked_at from open_joins where sid = $1 order by uid";
    let rows = q.rows(sql, args![sid.as_str()]).await?;
    rows.iter()
        .map(|r| {
            let uid = r.get::<String>(0).parse().map_err(|_| broken("person's id"))?;
            let domain = Domain::parse_normal(&r.get::<String>(1), true).map_err(|_| broken("domain"))?;
            Ok((uid, domain, r.get(2)))
        })
        .collect()
}

/// How far a copy holds what everybody sees from the first event on.
pub async fn framed(q: &mut impl Query, log_id: i64) -> Result<u64> {
    let row = q.row("select upto from log_frames where log_id = $1", args![log_id]).await?;
    Ok(row.map_or(0, |r| r.get::<i64>(0).unsigned_abs()))
}

/// Notes how far it does.
pub async fn set_framed(tx: &mut Tx, log_id: i64, upto: u64) -> Result<()> {
    let sql = "insert into log_frames (log_id, upto) values ($1, $2)
               on conflict (log_id) do update set upto = excluded.upto";
    tx.exec(sql, args![log_id, upto]).await.map(|_| ())
}
