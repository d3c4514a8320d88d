//! SQL of communities that come here.

use conntext_federation::domain::Domain;
use conntext_federation::ids::{InstanceId, ServerId};

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};

/// How far a community is that comes here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    Coming,
    Here,
    /// It does not come.
    Stopped,
}

impl Stage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coming => "coming",
            Self::Here => "here",
            Self::Stopped => "stopped",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Coming, Self::Here, Self::Stopped];
        all.into_iter().find(|s| s.as_str() == text).ok_or_else(|| damaged("how far it is"))
    }
}

/// A community that comes here, or came.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub sid: ServerId,
    /// Who gave the code.
    pub account: String,
    /// The instance that showed it.
    pub asked_by: InstanceId,
    pub name: String,
    /// Its hub before.
    pub domain: Domain,
    pub stage: Stage,
    /// The code of what went wrong last; empty where nothing did.
    pub problem: String,
    pub began_at: i64,
    /// Where a copy that was here ended then.
    pub after_seq: u64,
    /// Files that were not there any more.
    pub missing: u64,
}

fn damaged(what: &str) -> Error {
    Error::Damaged(format!("{what}, of a community that comes here"))
}

fn arrival(r: &Row) -> Result<Arrival> {
    Ok(Arrival {
        sid: r.get::<String>(0).parse().map_err(|_| damaged("the id"))?,
        account: r.get(1),
        asked_by: r.get::<String>(2).parse().map_err(|_| damaged("an instance"))?,
        name: r.get(3),
        domain: Domain::parse_normal(&r.get::<String>(4), true).map_err(|_| damaged("a domain"))?,
        stage: Stage::parse(&r.get::<String>(5))?,
        problem: r.get(6),
        began_at: r.get(7),
        after_seq: r.get::<i64>(8).unsigned_abs(),
        missing: r.get::<i64>(9).unsigned_abs(),
    })
}

/// In place of an earlier code of the same person.
pub async fn put_code(tx: &mut Tx, account: &str, hash: &[u8; 32], expires_at: i64) -> Result<()> {
    let sql = "insert into arrival_codes (account_id, code_hash, expires_at) values ($1, $2, $3)
               on conflict (account_id) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at";
    tx.exec(sql, args![account, hash, expires_at]).await.map(|_| ())
}

/// Until when somebody's code can be shown, if they have one.
pub async fn code_until(q: &mut impl Query, account: &str, now: i64) -> Result<Option<i64>> {
    let sql = "select expires_at from arrival_codes where account_id = $1 and expires_at > $2";
    Ok(q.row(sql, args![account, now]).await?.map(|r| r.get(0)))
}

/// Uses a code up. Answers with the account that gave it.
pub async fn use_code(tx: &mut Tx, hash: &[u8; 32], now: i64) -> Result<Option<String>> {
    let sql = "delete from arrival_codes where code_hash = $1 and expires_at > $2 returning account_id";
    Ok(tx.row(sql, args![hash, now]).await?.map(|r| r.get(0)))
}

/// Begins, or begins anew.
pub async fn put(tx: &mut Tx, new: &Arrival) -> Result<()> {
    let sql =
        "insert into arrivals (sid, account_id, asked_by, name, domain, state, problem, began_at, after_seq, missing)
               values ($1, $2, $3, $4, $5, 'coming', '', $6, $7, 0)
               on conflict (sid) do update set account_id = excluded.account_id, asked_by = excluded.asked_by,
                 name = excluded.name, domain = excluded.domain, state = excluded.state, problem = excluded.problem,
                 began_at = excluded.began_at, after_seq = excluded.after_seq, missing = excluded.missing";
    let (asked_by, domain) = (new.asked_by.as_str(), new.domain.as_str());
    tx.exec(sql, args![new.sid.as_str(), &*new.account, asked_by, &*new.name, domain, new.began_at, new.after_seq])
        .await
        .map(|_| ())
}

pub async fn one(q: &mut impl Query, sid: &ServerId) -> Result<Option<Arrival>> {
    let sql =
        "select sid, account_id, asked_by, name, domain, state, problem, began_at, after_seq, missing from arrivals
               where sid = $1";
    q.row(sql, args![sid.as_str()]).await?.as_ref().map(arrival).transpose()
}

/// Those that somebody gave a code for, the newest first.
pub async fn of_account(q: &mut impl Query, account: &str) -> Result<Vec<Arrival>> {
    let sql =
        "select sid, account_id, asked_by, name, domain, state, problem, began_at, after_seq, missing from arrivals
               where account_id = $1 order by began_at desc, sid limit 100";
    q.rows(sql, args![account]).await?.iter().map(arrival).collect()
}

pub async fn coming(q: &mut impl Query) -> Result<Vec<Arrival>> {
    let sql =
        "select sid, account_id, asked_by, name, domain, state, problem, began_at, after_seq, missing from arrivals
               where state = 'coming' order by began_at, sid";
    q.rows(sql, args![]).await?.iter().map(arrival).collect()
}

/// Notes how far it is. What was stopped meanwhile stays so.
pub async fn set(tx: &mut Tx, sid: &ServerId, stage: Stage, problem: &str, missing: u64) -> Result<()> {
    let sql = "update arrivals set state = $2, problem = $3, missing = $4 where sid = $1 and state = 'coming'";
    tx.exec(sql, args![sid.as_str(), stage.as_str(), problem, missing]).await.map(|_| ())
}

/// Whether the owner's last word on a move, behind a place, is that there is none.
pub async fn is_withdrawn(q: &mut impl Query, log_id: i64, after_seq: u64) -> Result<bool> {
    let sql = "select content from log_events where log_id = $1 and kind = 'server.migrate_propose' and seq > $2
               order by seq desc limit 1";
    let Some(row) = q.row(sql, args![log_id, after_seq]).await? else { return Ok(false) };
    let content: serde_json::Value = serde_json::from_str(&row.get::<Option<String>>(0).unwrap_or_default())
        .map_err(|_| damaged("the owner's word"))?;
    Ok(content["to"].is_null())
}

/// Communities that went from here before a time and of which there is a copy here still.
pub async fn went_before(q: &mut impl Query, before: i64) -> Result<Vec<ServerId>> {
    let sql = "select h.sid from handed_over h join logs l on l.sid = h.sid where h.at < $1";
    let rows = q.rows(sql, args![before]).await?;
    rows.iter().map(|r| r.get::<String>(0).parse().map_err(|_| damaged("the id"))).collect()
}
