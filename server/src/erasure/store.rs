//! SQL of receipts and of what people asked to have erased.

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};
use conntext_federation::ids::{ActionId, Hash, InstanceId, ServerId};
use serde::Serialize;
use utoipa::ToSchema;

fn broken(what: &str) -> Error {
    Error::Damaged(format!("{what} in the tables of erasures"))
}

fn action(bytes: Vec<u8>) -> Result<ActionId> {
    Ok(ActionId(bytes.try_into().map_err(|_| broken("action id"))?))
}

// ---- at a hub

/// Place and hash of a purge that this instance brought.
pub async fn purge_of(
    q: &mut impl Query,
    log_id: i64,
    aid: &ActionId,
    origin: &InstanceId,
) -> Result<Option<(u64, Hash)>> {
    let sql = "select p.seq, p.hash from purges p join log_events e on e.log_id = p.log_id and e.seq = p.seq
               where p.log_id = $1 and p.aid = $2 and e.origin = $3";
    let row = q.row(sql, args![log_id, aid.0, origin.as_str()]).await?;
    row.map(|r| Ok((place(r.get(0))?, Hash(r.get(1))))).transpose()
}

/// Place and hash of a purge, whoever brought it.
pub async fn purge_at(q: &mut impl Query, log_id: i64, aid: &ActionId) -> Result<Option<(u64, Hash)>> {
    let row = q.row("select seq, hash from purges where log_id = $1 and aid = $2", args![log_id, aid.0]).await?;
    row.map(|r| Ok((place(r.get(0))?, Hash(r.get(1))))).transpose()
}

fn place(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| broken("place"))
}

/// Who is to confirm a purge, with the receipts that are there.
pub async fn receipts(q: &mut impl Query, log_id: i64, seq: u64) -> Result<Vec<(InstanceId, Option<String>)>> {
    let sql = "select ik, receipt from purge_receipts where log_id = $1 and seq = $2 order by ik";
    let rows = q.rows(sql, args![log_id, seq]).await?;
    rows.iter().map(|r| Ok((r.get::<String>(0).parse().map_err(|_| broken("instance"))?, r.get(1)))).collect()
}

// ---- as a follower

/// A receipt that is to be sent.
pub struct Due {
    pub sid: ServerId,
    pub aid: ActionId,
    pub hub_domain: String,
    pub receipt: String,
    pub tries: i64,
    pub created_at: i64,
}

pub async fn due(q: &mut impl Query, now: i64, most: u64) -> Result<Vec<Due>> {
    let sql = "select sid, aid, hub_domain, receipt, tries, created_at from receipts_due
               where due_at <= $1 order by due_at limit $2";
    let rows = q.rows(sql, args![now, most]).await?;
    rows.iter()
        .map(|r| {
            Ok(Due {
                sid: r.get::<String>(0).parse().map_err(|_| broken("server id"))?,
                aid: action(r.get(1))?,
                hub_domain: r.get(2),
                receipt: r.get(3),
                tries: r.get(4),
                created_at: r.get(5),
            })
        })
        .collect()
}

pub async fn sent(tx: &mut Tx, due: &Due) -> Result<()> {
    tx.exec("delete from receipts_due where sid = $1 and aid = $2", args![due.sid.as_str(), due.aid.0])
        .await
        .map(|_| ())
}

pub async fn put_off(tx: &mut Tx, due: &Due, until: i64) -> Result<()> {
    let sql = "update receipts_due set due_at = $3, tries = tries + 1 where sid = $1 and aid = $2";
    tx.exec(sql, args![due.sid.as_str(), due.aid.0, until]).await.map(|_| ())
}

// ---- for those who asked

/// How far something is that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It is on its way to the community's host.
    Waiting,
    /// Not all instances have confirmed it.
    Erasing,
    Done,
    /// The host refused it.
    Refused,
    /// The host knows nothing of it.
    Unknown,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Erasing => "erasing",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Waiting, Self::Erasing, Self::Done, Self::Refused, Self::Unknown];
        all.into_iter().find(|state| state.as_str() == text).ok_or_else(|| broken("state"))
    }
}

/// Something that was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub aid: ActionId,
    pub uid: String,
    pub sid: ServerId,
    pub name: String,
    pub hub_domain: String,
    pub state: Stage,
    pub code: Option<String>,
    /// Domains.
    pub confirmed: Vec<String>,
    pub missing: Vec<String>,
    pub asked_at: i64,
    pub settled_at: Option<i64>,
    pub looks: i64,
}

/// A community that somebody of this instance was in.
#[derive(Clone, Debug)]
pub struct Departed {
    pub sid: ServerId,
    /// How it was called.
    pub name: String,
    pub hub_domain: String,
    /// When they came for the last time, Unix milliseconds.
    pub joined_at: i64,
    /// When they went, or the copy did.
    pub left_at: i64,
    /// When its host may be asked again, where it did not answer.
    pub due_at: i64,
    pub tries: i64,
}

/// Those of which there is no copy here any more.
pub async fn departed(q: &mut impl Query, uid: &str) -> Result<Vec<Departed>> {
    let sql = "select sid, name, hub_domain, joined_at, left_at, due_at, tries from departures where actor = $1";
    let one = |r: &Row| {
        Ok(Departed {
            sid: r.get::<String>(0).parse().map_err(|_| broken("server id"))?,
            name: r.get(1),
            hub_domain: r.get(2),
            joined_at: r.get(3),
            left_at: r.get(4),
            due_at: r.get(5),
            tries: r.get(6),
        })
    };
    q.rows(sql, args![uid]).await?.iter().map(one).collect()
}

/// Somebody came to live here who was in a community once.
pub async fn note_departed(
    tx: &mut Tx,
    uid: &str,
    sid: &ServerId,
    hub_domain: &str,
    name: &str,
    now: i64,
) -> Result<()> {
    let sql = "insert into departures (actor, sid, hub_domain, name, joined_at, left_at, due_at, tries)
               values ($1, $2, $3, $4, 0, $5, 0, 0) on conflict (actor, sid) do nothing";
    tx.exec(sql, args![uid, sid.as_str(), hub_domain, name, now]).await.map(|_| ())
}

/// When somebody came to a community for the last time, and when they did anything of that kind.
pub async fn last_moves(q: &mut impl Query, log_id: i64, uid: &str) -> Result<(i64, i64)> {
    let sql = "select coalesce(max(case kind when 'joined' then ts else 0 end), 0), coalesce(max(ts), 0)
               from notices where log_id = $1 and actor = $2";
    Ok(q.row(sql, args![log_id, uid]).await?.map_or((0, 0), |r| (r.get(0), r.get(1))))
}

/// The host of a community did not answer.
pub async fn ask_later(tx: &mut Tx, uid: &str, sid: &ServerId, at: i64) -> Result<()> {
    let sql = "update departures set due_at = $3, tries = tries + 1 where actor = $1 and sid = $2";
    tx.exec(sql, args![uid, sid.as_str(), at]).await.map(|_| ())
}

/// There is nothing to be asked for any more.
pub async fn forget_departure(tx: &mut Tx, uid: &str, sid: &ServerId) -> Result<()> {
    tx.exec("delete from departures where actor = $1 and sid = $2", args![uid, sid.as_str()]).await.map(|_| ())
}

impl Asked {
    /// Something that is asked for now.
    pub fn new(aid: ActionId, uid: &str, sid: &ServerId, name: String, hub_domain: String, now: i64) -> Self {
        Self {
            aid,
            uid: uid.to_owned(),
            sid: sid.clone(),
            name,
            hub_domain,
            state: Stage::Waiting,
            code: None,
            confirmed: Vec::new(),
            missing: Vec::new(),
            asked_at: now,
            settled_at: None,
            looks: 0,
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn asked(r: &Row) -> Result<Asked> {
    Ok(Asked {
        aid: action(r.get(0))?,
        uid: r.get(1),
        sid: r.get::<String>(2).parse().map_err(|_| broken("server id"))?,
        name: r.get(3),
        hub_domain: r.get(4),
        state: Stage::parse(&r.get::<String>(5))?,
        code: r.get(6),
        confirmed: words(&r.get::<String>(7)),
        missing: words(&r.get::<String>(8)),
        asked_at: r.get(9),
        settled_at: r.get(10),
        looks: r.get(11),
    })
}

pub async fn insert(tx: &mut Tx, asked: &Asked, look_at: i64) -> Result<()> {
    let sql =
        "insert into erasures (aid, uid, sid, name, hub_domain, state, confirmed, missing, asked_at, look_at, looks)
               values ($1, $2, $3, $4, $5, $6, '', '', $7, $8, 0)";
    let (sid, domain) = (asked.sid.as_str(), asked.hub_domain.as_str());
    let args = args![asked.aid.0, &asked.uid, sid, &asked.name, domain, asked.state.as_str(), asked.asked_at, look_at];
    tx.exec(sql, args).await.map(|_| ())
}

/// Nothing of it was written.
pub async fn withdraw(tx: &mut Tx, aid: &ActionId) -> Result<()> {
    tx.exec("delete from erasures where aid = $1", args![aid.0]).await.map(|_| ())
}

/// What somebody asked for, newest first.
pub async fn of_person(q: &mut impl Query, uid: &str) -> Result<Vec<Asked>> {
    let sql = "select aid, uid, sid, name, hub_domain, state, code, confirmed, missing, asked_at, settled_at, looks
               from erasures where uid = $1 order by asked_at desc, aid limit 200";
    q.rows(sql, args![uid]).await?.iter().map(asked).collect()
}

/// Whether somebody asked for this in a server since a time, and it was not refused before `again`, milliseconds.
///
/// # Errors
/// The database's.
pub async fn is_asked(q: &mut impl Query, uid: &str, sid: &ServerId, since: i64, again: i64) -> Result<bool> {
    let sql = "select 1 from erasures where uid = $1 and sid = $2 and asked_at >= $3
                 and (state not in ('refused', 'unknown') or settled_at > $4) limit 1";
    Ok(q.row(sql, args![uid, sid.as_str(), since, again]).await?.is_some())
}

/// What is to be looked at.
pub async fn to_look_at(q: &mut impl Query, now: i64, most: u64) -> Result<Vec<Asked>> {
    let sql = "select aid, uid, sid, name, hub_domain, state, code, confirmed, missing, asked_at, settled_at, looks
               from erasures where settled_at is null and look_at <= $1 order by look_at limit $2";
    q.rows(sql, args![now, most]).await?.iter().map(asked).collect()
}

/// What a look found.
pub async fn found(tx: &mut Tx, asked: &Asked, look_at: i64) -> Result<()> {
    let sql = "update erasures set state = $2, code = $3, confirmed = $4, missing = $5, settled_at = $6, look_at = $7,
                 looks = looks + 1 where aid = $1";
    let (confirmed, missing) = (asked.confirmed.join(" "), asked.missing.join(" "));
    let args =
        args![asked.aid.0, asked.state.as_str(), asked.code.as_deref(), confirmed, missing, asked.settled_at, look_at];
    tx.exec(sql, args).await.map(|_| ())
}

/// Takes something that is settled from the list of whoever asked. Answers whether it was there.
pub async fn forget(tx: &mut Tx, uid: &str, aid: &ActionId) -> Result<bool> {
    let sql = "delete from erasures where uid = $1 and aid = $2 and settled_at is not null";
    Ok(tx.exec(sql, args![uid, aid.0]).await? > 0)
}
