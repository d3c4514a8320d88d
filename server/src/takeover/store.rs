//! SQL of communities that go on here by their recovery keys.

use conntext_federation::ids::{ChannelId, Hash, ServerId};
use conntext_federation::keys::KeySig;
use conntext_federation::takeover::{CoSigned, Takeover, TakeoverFields};
use std::collections::BTreeMap;

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};

/// How far a take-over is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The holders of the keys have to sign.
    Signing,
    /// Others are asked for what they hold.
    Collecting,
    /// It lives here; files are still being fetched.
    Restoring,
    Here,
    Stopped,
}

impl Stage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Collecting => "collecting",
            Self::Restoring => "restoring",
            Self::Here => "here",
            Self::Stopped => "stopped",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Signing, Self::Collecting, Self::Restoring, Self::Here, Self::Stopped];
        all.into_iter().find(|s| s.as_str() == text).ok_or_else(|| damaged("how far it is"))
    }
}

/// A community that goes on here, or is to.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who began it.
    pub account: String,
    /// What the keys sign, with what they signed so far.
    pub takeover: Takeover,
    /// When the last event happened that counts, milliseconds.
    pub base_ts: i64,
    pub stage: Stage,
    /// The code of what went wrong last; empty where nothing did.
    pub problem: String,
    /// The instances that did not answer.
    pub silent: Vec<String>,
    /// Messages that nobody has.
    pub lost: u64,
    /// Files that nobody has.
    pub missing: u64,
}

fn damaged(what: &str) -> Error {
    Error::Damaged(format!("{what}, of a take-over"))
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| damaged("a field"))
}

fn text<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|_| damaged("a field"))
}

fn row(r: &Row) -> Result<Asked> {
    let (fields, sigs, silent): (String, String, String) = (r.get(1), r.get(2), r.get(6));
    Ok(Asked {
        account: r.get(0),
        takeover: CoSigned { body: json::<TakeoverFields>(&fields)?, sigs: json::<Vec<KeySig>>(&sigs)? },
        base_ts: r.get(3),
        stage: Stage::parse(&r.get::<String>(4))?,
        problem: r.get(5),
        silent: json(&silent)?,
        lost: r.get::<i64>(7).unsigned_abs(),
        missing: r.get::<i64>(8).unsigned_abs(),
    })
}

/// Begins, or begins anew.
pub async fn put(tx: &mut Tx, new: &Asked, now_ms: i64) -> Result<()> {
    let sql = "insert into takeovers (sid, account_id, fields, sigs, base_ts, state, problem, silent, lost, missing, began_at)
               values ($1, $2, $3, $4, $5, $6, '', $7, 0, 0, $8)
               on conflict (sid) do update set account_id = excluded.account_id, fields = excluded.fields,
                 sigs = excluded.sigs, base_ts = excluded.base_ts, state = excluded.state, problem = '',
                 silent = excluded.silent, lost = 0, missing = 0, began_at = excluded.began_at";
    let (fields, sigs) = (text(&new.takeover.body)?, text(&new.takeover.sigs)?);
    let sid = &new.takeover.body.sid;
    let (account, silent) = (new.account.as_str(), text(&new.silent)?);
    tx.exec(sql, args![sid.as_str(), account, fields, sigs, new.base_ts, new.stage.as_str(), silent, now_ms])
        .await
        .map(|_| ())
}

pub async fn one(q: &mut impl Query, sid: &ServerId) -> Result<Option<Asked>> {
    let sql =
        "select account_id, fields, sigs, base_ts, state, problem, silent, lost, missing from takeovers where sid = $1";
    q.row(sql, args![sid.as_str()]).await?.as_ref().map(row).transpose()
}

/// Those that are worked on.
pub async fn busy(q: &mut impl Query) -> Result<Vec<Asked>> {
    let sql = "select account_id, fields, sigs, base_ts, state, problem, silent, lost, missing from takeovers
               where state in ('collecting', 'restoring') order by began_at, sid";
    q.rows(sql, args![]).await?.iter().map(row).collect()
}

/// What was signed so far, of the same words; with the last one needed it goes on. Answers whether they are still the same.
pub async fn sign(tx: &mut Tx, signed: &Takeover, enough: bool) -> Result<bool> {
    let sql = "update takeovers set sigs = $3, state = case when $4 then 'collecting' else state end, problem = ''
               where sid = $1 and fields = $2 and state = 'signing'";
    let (fields, sigs) = (text(&signed.body)?, text(&signed.sigs)?);
    Ok(tx.exec(sql, args![signed.body.sid.as_str(), fields, sigs, enough]).await? > 0)
}

/// Notes how far it is. What was stopped meanwhile stays so.
pub async fn set(tx: &mut Tx, sid: &ServerId, stage: Stage, problem: &str) -> Result<()> {
    let sql = "update takeovers set state = $2, problem = $3 where sid = $1 and state in ('collecting', 'restoring')";
    tx.exec(sql, args![sid.as_str(), stage.as_str(), problem]).await.map(|_| ())
}

/// Notes what nobody has.
pub async fn set_losses(tx: &mut Tx, sid: &ServerId, silent: &[String], lost: u64) -> Result<()> {
    let sql = "update takeovers set silent = $2, lost = $3 where sid = $1";
    tx.exec(sql, args![sid.as_str(), text(&silent)?, lost]).await.map(|_| ())
}

pub async fn set_missing(tx: &mut Tx, sid: &ServerId, missing: u64) -> Result<()> {
    tx.exec("update takeovers set missing = $2 where sid = $1", args![sid.as_str(), missing]).await.map(|_| ())
}

pub async fn remove(tx: &mut Tx, sid: &ServerId) -> Result<()> {
    tx.exec("delete from takeovers where sid = $1", args![sid.as_str()]).await.map(|_| ())
}

/// How many messages of each channel are held.
pub async fn held_messages(q: &mut impl Query, log_id: i64) -> Result<BTreeMap<String, u64>> {
    let sql = "select channel, count(*) from log_events where log_id = $1 and kind = 'message.create' group by channel";
    let rows = q.rows(sql, args![log_id]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get::<i64>(1).unsigned_abs())).collect())
}

/// The newest event of a channel that is held up to a place.
pub struct Newest {
    pub seq: u64,
    pub hash: Hash,
    /// The number of the newest message among those that are held, and the time of that event, milliseconds.
    pub last_cn: u64,
    pub ts: i64,
}

pub async fn newest_of(q: &mut impl Query, log_id: i64, channel: &ChannelId, to: u64) -> Result<Option<Newest>> {
    let sql = "select seq, hash, ts, (select max(cn) from log_events where log_id = $1 and channel = $2 and seq <= $3)
               from log_events where log_id = $1 and channel = $2 and seq <= $3 order by seq desc limit 1";
    let found = q.row(sql, args![log_id, channel.as_str(), to]).await?;
    let newest = |r: Row| {
        let hash: [u8; 32] = r.get::<Vec<u8>>(1).try_into().map_err(|_| damaged("a hash"))?;
        let last_cn = r.get::<Option<i64>>(3).unwrap_or(0).unsigned_abs();
        Ok(Newest { seq: r.get::<i64>(0).unsigned_abs(), hash: Hash(hash), last_cn, ts: r.get(2) })
    };
    found.map(newest).transpose()
}

/// Where the events stand that made a channel and changed it.
pub async fn shaping(q: &mut impl Query, log_id: i64, channel: &ChannelId, to: u64) -> Result<Vec<u64>> {
    let sql = "select seq from log_events where log_id = $1 and channel = $2 and seq <= $3 and rejected is null
               and kind in ('channel.create', 'channel.update', 'channel.delete') order by seq";
    let rows = q.rows(sql, args![log_id, channel.as_str(), to]).await?;
    Ok(rows.iter().map(|r| r.get::<i64>(0).unsigned_abs()).collect())
}
