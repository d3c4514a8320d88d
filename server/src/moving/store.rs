//! SQL of accounts that go to another instance, and of those that come from one.

use conntext_federation::ids::{InstanceId, ServerId};
use conntext_federation::moving::{MovingCommunity, MovingMark};

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};

/// The longest name of a community that is kept, in characters.
const MAX_NAME: usize = 200;

// ---- going

/// How far an account is that goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Going {
    /// There is a ticket.
    Offered,
    /// The new home has come for it.
    Leaving,
    Gone,
}

impl Going {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Leaving => "leaving",
            Self::Gone => "gone",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Offered, Self::Leaving, Self::Gone];
        all.into_iter().find(|s| s.as_str() == text).ok_or_else(|| Error::Damaged("how far a move is".into()))
    }
}

/// An account that goes, or went.
#[derive(Clone, Debug)]
pub struct MoveOut {
    pub uid: String,
    pub account: String,
    pub handle: String,
    pub password_hash: String,
    pub domain: String,
    pub ik: InstanceId,
    pub state: Going,
    pub ticket_hash: Vec<u8>,
    /// Unix milliseconds.
    pub expires_at: i64,
    pub signing_key: String,
    pub rotation_key: String,
    pub answer: String,
    pub gone_at: Option<i64>,
}

fn out(r: &Row) -> Result<MoveOut> {
    Ok(MoveOut {
        uid: r.get(0),
        account: r.get(1),
        handle: r.get(2),
        password_hash: r.get(3),
        domain: r.get(4),
        ik: r.get::<String>(5).parse().map_err(|_| Error::Damaged("an instance's id".into()))?,
        state: Going::parse(&r.get::<String>(6))?,
        ticket_hash: r.get(7),
        expires_at: r.get(8),
        signing_key: r.get(9),
        rotation_key: r.get(10),
        answer: r.get(11),
        gone_at: r.get(12),
    })
}

macro_rules! select_out {
    ($rest:literal) => {
        concat!(
            "select uid, account_id, handle, password_hash, domain, ik, state, ticket_hash, expires_at, signing_key,
               rotation_key, answer, gone_at from moves_out ",
            $rest
        )
    };
}

pub async fn put_out(tx: &mut Tx, m: &MoveOut) -> Result<()> {
    let sql =
        "insert into moves_out (uid, account_id, handle, password_hash, domain, ik, state, ticket_hash, expires_at,
                 signing_key, rotation_key, answer, gone_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
               on conflict (uid) do update set account_id = excluded.account_id, handle = excluded.handle,
                 password_hash = excluded.password_hash, domain = excluded.domain, ik = excluded.ik,
                 state = excluded.state, ticket_hash = excluded.ticket_hash, expires_at = excluded.expires_at,
                 signing_key = excluded.signing_key, rotation_key = excluded.rotation_key, answer = excluded.answer,
                 gone_at = excluded.gone_at";
    let args = args![
        &m.uid,
        &m.account,
        &m.handle,
        &m.password_hash,
        &m.domain,
        m.ik.as_str(),
        m.state.as_str(),
        m.ticket_hash.as_slice(),
        m.expires_at,
        &m.signing_key,
        &m.rotation_key,
        &m.answer,
        m.gone_at
    ];
    tx.exec(sql, args).await.map(|_| ())
}

pub async fn out_of(q: &mut impl Query, uid: &str) -> Result<Option<MoveOut>> {
    q.row(select_out!("where uid = $1"), args![uid]).await?.as_ref().map(out).transpose()
}

pub async fn out_by_ticket(q: &mut impl Query, hash: &[u8; 32]) -> Result<Option<MoveOut>> {
    q.row(select_out!("where ticket_hash = $1"), args![hash]).await?.as_ref().map(out).transpose()
}

/// Who had this name here and went.
pub async fn gone_with_name(q: &mut impl Query, handle: &str) -> Result<Option<MoveOut>> {
    let sql = select_out!("where handle = $1 and state = 'gone' order by gone_at desc limit 1");
    q.row(sql, args![handle]).await?.as_ref().map(out).transpose()
}

pub async fn drop_out(tx: &mut Tx, uid: &str) -> Result<()> {
    tx.exec("delete from moves_out where uid = $1", args![uid]).await.map(|_| ())
}

/// Whether there is anything to be tidied up.
pub async fn is_untidy(q: &mut impl Query, now: i64) -> Result<bool> {
    let sql = "select 1 from moves_out where state <> 'gone' and expires_at < $1
               union all
               select 1 from moves_in_communities where uid not in (select uid from moves_in where state = 'here')
               union all
               select 1 from moves_in_asked where uid not in (select uid from moves_in where state = 'here')
               union all
               select 1 from moves_in m where m.state = 'here' and m.luggage <> ''
                 and not exists (select 1 from moves_in_communities c where c.uid = m.uid and c.state = 'waiting')
                 and not exists (select 1 from moves_in_asked a where a.uid = m.uid and not a.done)";
    Ok(q.row(sql, args![now]).await?.is_some())
}

/// Tickets that nobody showed in time.
pub async fn drop_expired(tx: &mut Tx, now: i64) -> Result<()> {
    tx.exec("delete from moves_out where state <> 'gone' and expires_at < $1", args![now]).await.map(|_| ())
}

/// It is said of somebody who may have an account here that they live elsewhere.
pub async fn hear(tx: &mut Tx, uid: &str, domain: &str, chain: &str) -> Result<()> {
    let sql = "insert into moves_heard (uid, domain, chain)
               select uid, $2, $3 from accounts where uid = $1
               on conflict (uid) do update set domain = excluded.domain, chain = excluded.chain";
    tx.exec(sql, args![uid, domain, chain]).await.map(|_| ())
}

/// Of whom that is said, where they would live, and the chain that is to prove it.
pub async fn heard(q: &mut impl Query) -> Result<Vec<(String, String, String)>> {
    let rows = q.rows("select uid, domain, chain from moves_heard order by uid limit 50", args![]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect())
}

pub async fn forget_heard(tx: &mut Tx, uid: &str) -> Result<()> {
    tx.exec("delete from moves_heard where uid = $1", args![uid]).await.map(|_| ())
}

/// How far somebody has read, where that is known.
pub async fn marks(q: &mut impl Query, uid: &str) -> Result<Vec<MovingMark>> {
    let sql = "select l.sid, m.channel, m.read_cn from read_marks m join logs l on l.id = m.log_id
               where m.actor = $1 order by l.sid, m.channel";
    let mark = |r: &Row| {
        let (sid, channel) = (r.get::<String>(0).parse().ok()?, r.get::<String>(1).parse().ok()?);
        Some(MovingMark { sid, channel, number: r.get::<i64>(2).unsigned_abs() })
    };
    Ok(q.rows(sql, args![uid]).await?.iter().filter_map(mark).collect())
}

// ---- coming

/// How far somebody is who comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coming {
    /// Their home has not let go yet.
    Arriving,
    /// Their identity was found, and has not come.
    Found,
    /// They live here.
    Here,
    /// Their home does not let go.
    Refused,
}

impl Coming {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arriving => "arriving",
            Self::Found => "found",
            Self::Here => "here",
            Self::Refused => "refused",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Arriving, Self::Found, Self::Here, Self::Refused];
        all.into_iter().find(|s| s.as_str() == text).ok_or_else(|| Error::Damaged("how far a move is".into()))
    }
}

/// Somebody who comes, or came.
#[derive(Clone, Debug)]
pub struct MoveIn {
    pub uid: String,
    pub account: String,
    /// The home before.
    pub domain: String,
    pub state: Coming,
    pub ticket: Option<Vec<u8>>,
    pub luggage: String,
    pub unsent: String,
    /// Unix milliseconds, as the following.
    pub started_at: i64,
    pub due_at: i64,
    pub tries: i64,
    pub problem: String,
}

fn coming(r: &Row) -> Result<MoveIn> {
    Ok(MoveIn {
        uid: r.get(0),
        account: r.get(1),
        domain: r.get(2),
        state: Coming::parse(&r.get::<String>(3))?,
        ticket: r.get(4),
        luggage: r.get(5),
        unsent: r.get(6),
        started_at: r.get(7),
        due_at: r.get(8),
        tries: r.get(9),
        problem: r.get(10),
    })
}

macro_rules! select_in {
    ($rest:literal) => {
        concat!(
            "select uid, account_id, domain, state, ticket, luggage, unsent, started_at, due_at, tries, problem from moves_in ",
            $rest
        )
    };
}

pub async fn put_in(tx: &mut Tx, m: &MoveIn) -> Result<()> {
    let sql = "insert into moves_in (uid, account_id, domain, state, ticket, luggage, unsent, started_at, due_at, tries, problem)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
               on conflict (account_id) do update set uid = excluded.uid, domain = excluded.domain,
                 state = excluded.state, ticket = excluded.ticket, luggage = excluded.luggage, unsent = excluded.unsent,
                 started_at = excluded.started_at, due_at = excluded.due_at, tries = excluded.tries,
                 problem = excluded.problem";
    let args = args![
        &m.uid,
        &m.account,
        &m.domain,
        m.state.as_str(),
        m.ticket.clone(),
        &m.luggage,
        &m.unsent,
        m.started_at,
        m.due_at,
        m.tries,
        &m.problem
    ];
    tx.exec(sql, args).await.map(|_| ())
}

pub async fn in_of_account(q: &mut impl Query, account: &str) -> Result<Option<MoveIn>> {
    q.row(select_in!("where account_id = $1"), args![account]).await?.as_ref().map(coming).transpose()
}

/// Who comes, or came: of those whose identity was only looked for there may be several.
pub async fn in_of(q: &mut impl Query, uid: &str) -> Result<Option<MoveIn>> {
    q.row(select_in!("where uid = $1 and state in ('arriving', 'here')"), args![uid])
        .await?
        .as_ref()
        .map(coming)
        .transpose()
}

pub async fn drop_in(tx: &mut Tx, account: &str) -> Result<()> {
    tx.exec("delete from moves_in where account_id = $1", args![account]).await.map(|_| ())
}

/// What is kept of people who went on since, or whose account is gone; and of those who have arrived with everything.
pub async fn drop_strays(tx: &mut Tx) -> Result<()> {
    let gone = "delete from moves_in_communities where uid not in (select uid from moves_in where state = 'here')";
    tx.exec(gone, args![]).await?;
    let gone = "delete from moves_in_asked where uid not in (select uid from moves_in where state = 'here')";
    tx.exec(gone, args![]).await?;
    // What they brought along is put in its place by then: names and marks that go there are not to be left here.
    let unpacked = "update moves_in set luggage = '' where state = 'here' and luggage <> ''
                      and not exists (select 1 from moves_in_communities c
                        where c.uid = moves_in.uid and c.state = 'waiting')
                      and not exists (select 1 from moves_in_asked a where a.uid = moves_in.uid and not a.done)";
    tx.exec(unpacked, args![]).await.map(|_| ())
}

/// Those whose home is to be asked now.
pub async fn arriving(q: &mut impl Query, now: i64) -> Result<Vec<MoveIn>> {
    let sql = select_in!("where state = 'arriving' and due_at <= $1 order by due_at limit 50");
    q.rows(sql, args![now]).await?.iter().map(coming).collect()
}

// ---- their communities

/// How far it is with a community.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    Waiting,
    Done,
    /// It does not know them, is gone, or refuses.
    Lost,
}

impl Told {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Lost => "lost",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Waiting, Self::Done, Self::Lost];
        all.into_iter().find(|s| s.as_str() == text).ok_or_else(|| Error::Damaged("how far a move is".into()))
    }
}

/// A community of somebody who came.
#[derive(Clone, Debug)]
pub struct Community {
    pub uid: String,
    pub sid: ServerId,
    pub domain: String,
    pub name: String,
    pub member: bool,
    pub state: Told,
    pub due_at: i64,
    pub tries: i64,
    pub problem: String,
}

impl Community {
    /// One that is to be told now.
    pub fn new(uid: &str, c: MovingCommunity, now: i64) -> Self {
        Self {
            uid: uid.to_owned(),
            sid: c.sid,
            domain: c.domain,
            name: c.name.chars().take(MAX_NAME).collect(),
            member: c.member,
            state: Told::Waiting,
            due_at: now,
            tries: 0,
            problem: String::new(),
        }
    }
}

fn community(r: &Row) -> Result<Community> {
    Ok(Community {
        uid: r.get(0),
        sid: r.get::<String>(1).parse().map_err(|_| Error::Damaged("a community's id".into()))?,
        domain: r.get(2),
        name: r.get(3),
        member: r.get(4),
        state: Told::parse(&r.get::<String>(5))?,
        due_at: r.get(6),
        tries: r.get(7),
        problem: r.get(8),
    })
}

macro_rules! select_community {
    ($rest:literal) => {
        concat!(
            "select uid, sid, domain, name, member, state, due_at, tries, problem from moves_in_communities ",
            $rest
        )
    };
}

/// Adds one that is not known yet.
pub async fn add_community(tx: &mut Tx, c: &Community) -> Result<()> {
    let sql = "insert into moves_in_communities (uid, sid, domain, name, member, state, due_at, tries, problem)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (uid, sid) do nothing";
    let args =
        args![&c.uid, c.sid.as_str(), &c.domain, &c.name, c.member, c.state.as_str(), c.due_at, c.tries, &c.problem];
    tx.exec(sql, args).await.map(|_| ())
}

pub async fn note_community(tx: &mut Tx, c: &Community) -> Result<()> {
    let sql = "update moves_in_communities set state = $3, due_at = $4, tries = $5, problem = $6, domain = $7
               where uid = $1 and sid = $2";
    let args = args![&c.uid, c.sid.as_str(), c.state.as_str(), c.due_at, c.tries, &c.problem, &c.domain];
    tx.exec(sql, args).await.map(|_| ())
}

/// Everybody who waits for a community has their turn now.
pub async fn community_due(tx: &mut Tx, sid: &ServerId, now: i64) -> Result<()> {
    let sql = "update moves_in_communities set due_at = $2, tries = 0 where sid = $1 and state = 'waiting'";
    tx.exec(sql, args![sid.as_str(), now]).await.map(|_| ())
}

pub async fn communities(q: &mut impl Query, uid: &str) -> Result<Vec<Community>> {
    q.rows(select_community!("where uid = $1 order by name, sid"), args![uid]).await?.iter().map(community).collect()
}

/// Those whose turn it is, of people who are here.
pub async fn due_communities(q: &mut impl Query, now: i64) -> Result<Vec<Community>> {
    let sql = "select c.uid, c.sid, c.domain, c.name, c.member, c.state, c.due_at, c.tries, c.problem
               from moves_in_communities c join moves_in m on m.uid = c.uid
               where m.state = 'here' and c.state = 'waiting' and c.due_at <= $1 order by c.due_at limit 50";
    q.rows(sql, args![now]).await?.iter().map(community).collect()
}

// ---- instances that are asked for communities

/// An instance that is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub uid: String,
    pub domain: String,
    pub due_at: i64,
    pub tries: i64,
    pub done: bool,
}

fn asked(r: &Row) -> Asked {
    Asked { uid: r.get(0), domain: r.get(1), due_at: r.get(2), tries: r.get(3), done: r.get(4) }
}

pub async fn ask(tx: &mut Tx, uid: &str, domain: &str, now: i64) -> Result<()> {
    let sql = "insert into moves_in_asked (uid, domain, due_at, tries, done) values ($1, $2, $3, 0, false)
               on conflict (uid, domain) do update set due_at = excluded.due_at, tries = 0, done = false";
    tx.exec(sql, args![uid, domain, now]).await.map(|_| ())
}

pub async fn note_asked(tx: &mut Tx, a: &Asked) -> Result<()> {
    let sql = "update moves_in_asked set due_at = $3, tries = $4, done = $5 where uid = $1 and domain = $2";
    tx.exec(sql, args![&a.uid, &a.domain, a.due_at, a.tries, a.done]).await.map(|_| ())
}

pub async fn asked_of(q: &mut impl Query, uid: &str) -> Result<Vec<Asked>> {
    let sql = "select uid, domain, due_at, tries, done from moves_in_asked where uid = $1 order by domain";
    Ok(q.rows(sql, args![uid]).await?.iter().map(asked).collect())
}

pub async fn due_asked(q: &mut impl Query, now: i64) -> Result<Vec<Asked>> {
    let sql = "select uid, domain, due_at, tries, done from moves_in_asked where not done and due_at <= $1
               order by due_at limit 50";
    Ok(q.rows(sql, args![now]).await?.iter().map(asked).collect())
}
