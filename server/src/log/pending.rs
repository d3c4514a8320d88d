//! What people of this instance did in servers of others, kept until it stands in the copy of the log.

use crate::{
    args,
    db::{Error, Query, Result, Row, Tx},
};
use conntext_federation::{
    action::Position,
    event::{Event, Header},
    hub::Draft,
    ids::{ActionId, Actor, ChannelId, ServerId},
    keys::Bytes,
};

/// Where a queued action is on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PendingState {
    /// Not yet answered by the hub.
    Queued,
    /// In the hub's log, not yet in this copy.
    Accepted,
    /// Refused for good.
    Rejected,
    /// The hub did not answer in time.
    Expired,
    /// It was in the log, which went on without it: its hub was restored from an older copy.
    Orphaned,
}

impl PendingState {
    /// As stored and as clients see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Orphaned => "orphaned",
        }
    }
    fn parse(text: &str) -> Self {
        match text {
            "accepted" => Self::Accepted,
            "rejected" => Self::Rejected,
            "expired" => Self::Expired,
            "orphaned" => Self::Orphaned,
            _ => Self::Queued,
        }
    }
}

/// A queued action.
#[derive(Clone, Debug)]
pub struct Pending {
    pub aid: ActionId,
    pub position: i64,
    pub draft: Draft,
    pub salt: [u8; 16],
    pub state: PendingState,
    /// Why it was refused.
    pub code: Option<String>,
    pub created_at: i64,
}

fn broken() -> Error {
    Error::Other("a queued action cannot be read".into())
}

fn pending(sid: &ServerId, row: &Row) -> Result<Pending> {
    let aid: Vec<u8> = row.get(0);
    let salt: Vec<u8> = row.get(7);
    Ok(Pending {
        aid: ActionId(aid.try_into().map_err(|_| broken())?),
        position: row.get(1),
        draft: Draft {
            sid: sid.clone(),
            actor: row.get::<String>(2).parse().map_err(|_| broken())?,
            kind: row.get(3),
            channel: row.get::<Option<String>>(4).map(|c| c.parse()).transpose().map_err(|_| broken())?,
            target: row.get(5),
            content: serde_json::from_str(&row.get::<String>(6)).map_err(|_| broken())?,
        },
        salt: salt.try_into().map_err(|_| broken())?,
        state: PendingState::parse(&row.get::<String>(8)),
        code: row.get(9),
        created_at: row.get(10),
    })
}

macro_rules! select_pending {
    ($rest:literal) => {
        concat!(
            "select aid, position, actor, kind, channel, target, content, salt, state, code, created_at from pending_actions ",
            $rest
        )
    };
}

pub async fn insert(
    tx: &mut Tx,
    log_id: i64,
    aid: &ActionId,
    salt: &[u8; 16],
    draft: &Draft,
    now_ms: i64,
) -> Result<()> {
    let sql = "insert into pending_actions
                 (aid, position, log_id, actor, kind, channel, target, content, salt, state, created_at)
               select $1, coalesce(max(position), 0) + 1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9 from pending_actions";
    let args = args![
        aid.0,
        log_id,
        draft.actor.as_str(),
        draft.kind.as_str(),
        draft.channel.as_ref().map(|c| c.as_str()),
        draft.target.as_deref(),
        draft.content.to_string(),
        salt,
        now_ms
    ];
    tx.exec(sql, args).await.map(|_| ())
}

/// What waits for the hub, oldest first.
pub async fn queued(q: &mut impl Query, sid: &ServerId, log_id: i64, limit: u64) -> Result<Vec<Pending>> {
    let sql = select_pending!("where log_id = $1 and state = 'queued' order by position limit $2");
    q.rows(sql, args![log_id, limit]).await?.iter().map(|r| pending(sid, r)).collect()
}

/// Those of whom something waits for the hub, the one who waits longest first.
pub async fn actors_waiting(q: &mut impl Query, log_id: i64) -> Result<Vec<Actor>> {
    let sql = "select actor from pending_actions where log_id = $1 and state = 'queued'
               group by actor order by min(position)";
    q.rows(sql, args![log_id]).await?.iter().map(|r| r.get::<String>(0).parse().map_err(|_| broken())).collect()
}

/// What waits of one actor for the hub, oldest first.
pub async fn queued_of(
    q: &mut impl Query,
    sid: &ServerId,
    log_id: i64,
    actor: &Actor,
    limit: u64,
) -> Result<Vec<Pending>> {
    let sql = select_pending!("where log_id = $1 and actor = $2 and state = 'queued' order by position limit $3");
    q.rows(sql, args![log_id, actor.as_str(), limit]).await?.iter().map(|r| pending(sid, r)).collect()
}

/// Everything of one actor that is not yet in the copy, oldest first.
pub async fn of_actor(q: &mut impl Query, sid: &ServerId, log_id: i64, actor: &Actor) -> Result<Vec<Pending>> {
    let sql = select_pending!("where log_id = $1 and actor = $2 order by position");
    q.rows(sql, args![log_id, actor.as_str()]).await?.iter().map(|r| pending(sid, r)).collect()
}

/// One queued action.
pub async fn get(q: &mut impl Query, sid: &ServerId, log_id: i64, aid: &ActionId) -> Result<Option<Pending>> {
    let sql = select_pending!("where log_id = $1 and aid = $2");
    q.row(sql, args![log_id, aid.0]).await?.as_ref().map(|r| pending(sid, r)).transpose()
}

/// How many actions of an actor wait, over all servers, for their hubs or for their arrival.
pub async fn waiting(q: &mut impl Query, actor: &Actor) -> Result<u64> {
    let sql = "select count(*) from pending_actions where actor = $1 and state in ('queued', 'accepted')";
    let row = q.row(sql, args![actor.as_str()]).await?;
    Ok(row.map_or(0, |r| u64::try_from(r.get::<i64>(0)).unwrap_or(0)))
}

/// How many actions of an actor wait for one server's hub.
pub async fn waiting_in(q: &mut impl Query, log_id: i64, actor: &Actor) -> Result<u64> {
    let sql = "select count(*) from pending_actions where log_id = $1 and actor = $2 and state = 'queued'";
    let row = q.row(sql, args![log_id, actor.as_str()]).await?;
    Ok(row.map_or(0, |r| u64::try_from(r.get::<i64>(0)).unwrap_or(0)))
}

/// The logs that something waits for.
pub async fn logs_waiting(q: &mut impl Query) -> Result<Vec<String>> {
    let sql = "select distinct l.sid from pending_actions p join logs l on l.id = p.log_id where p.state = 'queued'";
    Ok(q.rows(sql, args![]).await?.iter().map(|r| r.get(0)).collect())
}

pub async fn settle(tx: &mut Tx, aid: &ActionId, state: PendingState, code: Option<&str>, now_ms: i64) -> Result<()> {
    let sql = "update pending_actions set state = $2, code = $3, settled_at = $4 where aid = $1 and state = 'queued'";
    tx.exec(sql, args![aid.0, state.as_str(), code, now_ms]).await.map(|_| ())
}

/// Puts a refused or expired action back into the queue, at its end.
pub async fn requeue(tx: &mut Tx, aid: &ActionId, now_ms: i64) -> Result<bool> {
    let sql = "update pending_actions set state = 'queued', code = null, settled_at = null, created_at = $2,
                 position = (select max(position) + 1 from pending_actions)
               where aid = $1 and state in ('rejected', 'expired', 'orphaned')";
    Ok(tx.exec(sql, args![aid.0, now_ms]).await? > 0)
}

/// Removes an action that its author gave up. Accepted ones stay until they stand in the copy.
pub async fn discard(tx: &mut Tx, aid: &ActionId) -> Result<bool> {
    Ok(tx.exec("delete from pending_actions where aid = $1 and state <> 'accepted'", args![aid.0]).await? > 0)
}

/// Removes what an actor left behind who goes to another instance.
pub async fn give_up(tx: &mut Tx, actor: &Actor) -> Result<()> {
    tx.exec("delete from pending_actions where actor = $1", args![actor.as_str()]).await.map(|_| ())
}

/// Removes what now stands in the copy.
pub async fn arrived(tx: &mut Tx, log_id: i64, aids: impl Iterator<Item = ActionId>) -> Result<()> {
    let keys = aids.map(|aid| args![log_id, aid.0]).collect();
    tx.exec_many("delete from pending_actions where (log_id, aid) in (values", keys, ")").await.map(|_| ())
}

/// Removes what its hub took and this copy will never hold, since nobody here may see the channel any more.
pub async fn withheld(tx: &mut Tx, log_id: i64, channel: &ChannelId) -> Result<()> {
    let sql = "delete from pending_actions where log_id = $1 and channel = $2 and state = 'accepted'";
    tx.exec(sql, args![log_id, channel.as_str()]).await.map(|_| ())
}

/// Removes what its hub took up to where a copy begins anew: its events will not come.
pub async fn behind(tx: &mut Tx, log_id: i64, base_seq: u64) -> Result<()> {
    let sql = "delete from pending_actions where log_id = $1 and state = 'accepted' and accepted_seq <= $2";
    tx.exec(sql, args![log_id, base_seq]).await.map(|_| ())
}

/// Gives up what has waited since before `before_ms`; returns what that was.
pub async fn expire(tx: &mut Tx, before_ms: i64, now_ms: i64) -> Result<Vec<(String, String, String)>> {
    let sql = "update pending_actions set state = 'expired', settled_at = $2
               where state = 'queued' and created_at < $1
               returning (select sid from logs where id = log_id), actor, aid";
    let rows = tx.rows(sql, args![before_ms, now_ms]).await?;
    Ok(rows
        .iter()
        .filter_map(|r| Some((r.get(0), r.get(1), ActionId(r.get::<Vec<u8>>(2).try_into().ok()?).to_string())))
        .collect())
}

/// Remembers that the hub gave an action a place, and the whole event where it is known.
pub async fn accepted(
    tx: &mut Tx,
    aid: &ActionId,
    header: &Header,
    receipt: Option<&Event>,
    now_ms: i64,
) -> Result<()> {
    let sql = "update pending_actions
               set state = 'accepted', accepted_epoch = $2, accepted_seq = $3, settled_at = $4, receipt = $5
               where aid = $1 and state = 'queued'";
    // Its content and salt stand in the row already.
    let bare = receipt.map(|event| Event { content: None, salt: None, ..event.clone() });
    let receipt = bare.map(|event| serde_json::to_string(&event)).transpose().map_err(|_| broken())?;
    tx.exec(sql, args![aid.0, header.epoch, header.seq, now_ms, receipt]).await.map(|_| ())
}

/// Events that the hub made of actions of people here, at places behind one, in the order of the log.
pub async fn receipts(q: &mut impl Query, log_id: i64, epoch: u64, after: u64, limit: u64) -> Result<Vec<Event>> {
    let sql = "select receipt, content, salt from pending_actions
               where log_id = $1 and state = 'accepted' and accepted_epoch = $2 and accepted_seq > $3
                 and receipt is not null
               order by accepted_seq limit $4";
    let whole = |r: &Row| {
        let mut event: Event = serde_json::from_str(&r.get::<String>(0)).map_err(|_| broken())?;
        event.content = Some(serde_json::from_str(&r.get::<String>(1)).map_err(|_| broken())?);
        event.salt = Some(Bytes(r.get::<Vec<u8>>(2).try_into().map_err(|_| broken())?));
        Ok(event)
    };
    q.rows(sql, args![log_id, epoch, after, limit]).await?.iter().map(whole).collect()
}

/// The furthest of these places; none where it cannot be read, which must not keep instances from greeting each other.
pub async fn furthest_receipt(q: &mut impl Query, log_id: i64, head: &Position) -> Result<Option<Position>> {
    let sql = "select receipt from pending_actions
               where log_id = $1 and state = 'accepted' and accepted_epoch = $2 and accepted_seq > $3
                 and receipt is not null
               order by accepted_seq desc limit 1";
    let row = q.row(sql, args![log_id, head.epoch, head.seq]).await?;
    let event: Option<Event> = row.and_then(|r| serde_json::from_str(&r.get::<String>(0)).ok());
    Ok(event.and_then(|event| event.header.position().ok()))
}

/// An accepted action whose place was passed without it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Passed {
    pub aid: ActionId,
    pub actor: Actor,
    /// Whether what stands there is withheld from this copy: then it may be this action.
    pub withheld: bool,
}

fn passed(rows: &[Row]) -> Result<Vec<Passed>> {
    let one = |r: &Row| {
        let aid = r.get::<Vec<u8>>(0).try_into().map(ActionId).map_err(|_| broken())?;
        let actor = r.get::<String>(1).parse().map_err(|_| broken())?;
        Ok(Passed { aid, actor, withheld: r.get(2) })
    };
    rows.iter().map(one).collect()
}

/// Actions that the hub accepted at places up to `head`, and that did not come.
pub async fn missed(q: &mut impl Query, log_id: i64, head: u64) -> Result<Vec<Passed>> {
    let sql = "select p.aid, p.actor, exists (select 1 from log_stubs s where s.log_id = $1 and not s.lost
                                     and s.from_seq <= p.accepted_seq and s.to_seq >= p.accepted_seq)
               from pending_actions p
               where p.log_id = $1 and p.state = 'accepted' and p.accepted_seq <= $2";
    passed(&q.rows(sql, args![log_id, head]).await?)
}

/// Actions that the hub accepted before an epoch began, at places behind the end of what that epoch goes on from.
pub async fn left_out(q: &mut impl Query, log_id: i64, epoch: u64, base: u64) -> Result<Vec<Passed>> {
    let sql = "select aid, actor, false from pending_actions
               where log_id = $1 and state = 'accepted' and accepted_epoch < $2 and accepted_seq > $3";
    passed(&q.rows(sql, args![log_id, epoch, base]).await?)
}

/// Puts an accepted action back into the queue as it is: the hub says again what became of it.
pub async fn ask_again(tx: &mut Tx, aid: &ActionId) -> Result<()> {
    let sql = "update pending_actions set state = 'queued', settled_at = null where aid = $1 and state = 'accepted'";
    tx.exec(sql, args![aid.0]).await.map(|_| ())
}

/// Whether the hub had given an action a place before, and what stands at the one that it names now is withheld from
/// here: it will not come.
pub async fn is_withheld(q: &mut impl Query, log_id: i64, aid: &ActionId, seq: u64) -> Result<bool> {
    let sql = "select exists (select 1 from log_stubs where log_id = $1 and not lost
                              and from_seq <= $3 and to_seq >= $3)
               from pending_actions where aid = $2 and accepted_seq is not null";
    Ok(q.row(sql, args![log_id, aid.0, seq]).await?.is_some_and(|r| r.get(0)))
}

/// Marks an accepted action as orphaned. It gets a new id: under the old one no log takes it again.
pub async fn orphan(tx: &mut Tx, log_id: i64, aid: &ActionId, fresh: &ActionId, now_ms: i64) -> Result<()> {
    let sql = "update pending_actions set aid = $2, state = 'orphaned', settled_at = $3,
                 accepted_seq = null, receipt = null where aid = $1";
    tx.exec(sql, args![aid.0, fresh.0, now_ms]).await?;
    let sql = "update nonces set aid = $3 where log_id = $1 and aid = $2";
    tx.exec(sql, args![log_id, aid.0, fresh.0]).await.map(|_| ())
}

/// Offers the author of an orphaned message to send it again, as a new action.
pub async fn offer(
    tx: &mut Tx,
    log_id: i64,
    event: &Event,
    fresh: &ActionId,
    salt: [u8; 16],
    now_ms: i64,
) -> Result<()> {
    let action = &event.action;
    let Some(content) = &event.content else { return Ok(()) };
    let sql = "insert into pending_actions
                 (aid, position, log_id, actor, kind, channel, target, content, salt, state, created_at, settled_at)
               select $1, coalesce(max(position), 0) + 1, $2, $3, $4, $5, $6, $7, $8, 'orphaned', $9, $10
               from pending_actions";
    let args = args![
        fresh.0,
        log_id,
        action.actor.as_str(),
        action.kind.as_str(),
        action.channel.as_ref().map(ChannelId::as_str),
        action.target.as_deref(),
        content.to_string(),
        salt,
        event.header.ts,
        now_ms
    ];
    tx.exec(sql, args).await.map(|_| ())
}
