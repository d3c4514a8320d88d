//! SQL of profiles that are kept for others, and of the places where our own people's are kept.

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};

// ---- kept here for others

/// What this instance promised somebody.
#[derive(Clone, Debug)]
pub struct Hosted {
    /// The highest number of their grants.
    pub grant_n: u64,
    /// Whether it was let go of.
    pub erased: bool,
    /// Whether an admin here decided that.
    pub refused: bool,
}

pub async fn hosted(q: &mut impl Query, uid: &str) -> Result<Option<Hosted>> {
    let sql = "select grant_n, erased_at is not null, refused from hosted_profiles where uid = $1";
    let row = q.row(sql, args![uid]).await?;
    Ok(row.map(|r| Hosted { grant_n: r.get::<i64>(0).unsigned_abs(), erased: r.get(1), refused: r.get(2) }))
}

/// How many are kept, over all and of one instance.
pub async fn count(q: &mut impl Query, home: &str) -> Result<(i64, i64)> {
    let sql = "select count(*), coalesce(sum(case when home = $1 then 1 else 0 end), 0)
               from hosted_profiles where erased_at is null";
    let row = q.row(sql, args![home]).await?;
    Ok(row.map_or((0, 0), |r| (r.get(0), r.get(1))))
}

/// How many are kept of each instance, the most first, and since when.
pub async fn homes(q: &mut impl Query) -> Result<Vec<(String, i64, i64)>> {
    let sql = "select home, count(*), min(since) from hosted_profiles where erased_at is null
               group by home order by count(*) desc, home";
    Ok(q.rows(sql, args![]).await?.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect())
}

pub async fn keep(tx: &mut Tx, uid: &str, home: &str, grant_n: u64, vault: &str, now: i64) -> Result<()> {
    let sql = "insert into hosted_profiles (uid, home, grant_n, since, refused, erased_at, vault)
               values ($1, $2, $3, $4, false, null, $5)
               on conflict (uid) do update set home = excluded.home, grant_n = excluded.grant_n, erased_at = null,
                 vault = excluded.vault,
                 since = case when hosted_profiles.erased_at is null then hosted_profiles.since else excluded.since end";
    tx.exec(sql, args![uid, home, grant_n, now, vault]).await.map(|_| ())
}

/// Lets go of one; that it was there is remembered, so that no older grant brings it back.
pub async fn let_go(tx: &mut Tx, uid: &str, grant_n: u64, now: i64) -> Result<()> {
    let sql = "update hosted_profiles set grant_n = $2, erased_at = coalesce(erased_at, $3), vault = '' where uid = $1";
    tx.exec(sql, args![uid, grant_n, now]).await.map(|_| ())
}

/// Lets go of all of an instance, and answers whose they were. `refused`: they cannot come again.
pub async fn let_go_of_home(tx: &mut Tx, home: &str, refused: bool, now: i64) -> Result<Vec<String>> {
    let sql =
        "update hosted_profiles set erased_at = $2, refused = $3, vault = '' where home = $1 and erased_at is null
               returning uid";
    Ok(tx.rows(sql, args![home, now, refused]).await?.iter().map(|r| r.get(0)).collect())
}

/// The vault that is kept of somebody.
pub async fn vault(q: &mut impl Query, uid: &str) -> Result<Option<String>> {
    let sql = "select vault from hosted_profiles where uid = $1 and erased_at is null and vault <> ''";
    Ok(q.row(sql, args![uid]).await?.map(|r| r.get(0)))
}

/// Forgets that somebody was ever kept: their identity has ended.
pub async fn forget(tx: &mut Tx, uid: &str) -> Result<()> {
    tx.exec("delete from hosted_profiles where uid = $1", args![uid]).await.map(|_| ())
}

// ---- where our own people's are kept

/// How far it is with a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It was chosen, and does not have the profile yet.
    Moving,
    /// The profile lies there.
    Kept,
    /// It is to erase the profile.
    Leaving,
    /// It has signed that it did.
    Left,
    /// It does not want the profile.
    Refused,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moving => "moving",
            Self::Kept => "kept",
            Self::Leaving => "leaving",
            Self::Left => "left",
            Self::Refused => "refused",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Moving, Self::Kept, Self::Leaving, Self::Left, Self::Refused];
        all.into_iter().find(|s| s.as_str() == text).ok_or_else(|| Error::Damaged("a profile's place".into()))
    }
}

/// A place that one of our own people chose.
#[derive(Clone, Debug)]
pub struct Place {
    pub uid: String,
    pub domain: String,
    pub ik: String,
    pub state: State,
    pub grant_n: u64,
    /// The newest version that it has.
    pub op: i64,
    pub rev: i64,
    /// Of the vault that it has; empty for none.
    pub vault: String,
    /// Unix milliseconds, as the following.
    pub since: i64,
    pub due_at: i64,
    pub tries: i64,
    /// The code of what went wrong last; empty where nothing did.
    pub problem: String,
    pub receipt: Option<String>,
    pub settled_at: Option<i64>,
}

fn place(r: &Row) -> Result<Place> {
    Ok(Place {
        uid: r.get(0),
        domain: r.get(1),
        ik: r.get(2),
        state: State::parse(&r.get::<String>(3))?,
        grant_n: r.get::<i64>(4).unsigned_abs(),
        op: r.get(5),
        rev: r.get(6),
        since: r.get(7),
        due_at: r.get(8),
        tries: r.get(9),
        problem: r.get(10),
        receipt: r.get(11),
        settled_at: r.get(12),
        vault: r.get(13),
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select p.uid, p.domain, p.ik, p.state, p.grant_n, p.op, p.rev, p.since, p.due_at, p.tries, p.problem,
               p.receipt, p.settled_at, p.vault from profile_places p ",
            $rest
        )
    };
}

/// The places of somebody, the newest first.
pub async fn of_person(q: &mut impl Query, uid: &str) -> Result<Vec<Place>> {
    let sql = select!("where p.uid = $1 order by p.since desc, p.domain");
    q.rows(sql, args![uid]).await?.iter().map(place).collect()
}

/// Those whose turn it is: by the time, or because a newer version is to be brought there.
pub async fn due(q: &mut impl Query, now: i64, most: u64) -> Result<Vec<Place>> {
    let sql = select!(
        "join profiles f on f.uid = p.uid
         where (p.state in ('moving', 'kept', 'leaving') and p.due_at <= $1)
            or (p.state = 'kept' and p.problem = '' and (p.op <> f.op or p.rev <> f.rev))
         order by p.due_at limit $2"
    );
    q.rows(sql, args![now, most]).await?.iter().map(place).collect()
}

/// Writes a place as it is now.
pub async fn put(tx: &mut Tx, p: &Place) -> Result<()> {
    let sql =
        "insert into profile_places (uid, domain, ik, state, grant_n, op, rev, since, due_at, tries, problem, receipt,
                 settled_at, vault)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
               on conflict (uid, domain) do update set ik = excluded.ik, state = excluded.state,
                 grant_n = excluded.grant_n, op = excluded.op, rev = excluded.rev, since = excluded.since,
                 due_at = excluded.due_at, tries = excluded.tries, problem = excluded.problem,
                 receipt = excluded.receipt, settled_at = excluded.settled_at, vault = excluded.vault";
    let args = args![
        &p.uid,
        &p.domain,
        &p.ik,
        p.state.as_str(),
        p.grant_n,
        p.op,
        p.rev,
        p.since,
        p.due_at,
        p.tries,
        &p.problem,
        p.receipt.clone(),
        p.settled_at,
        &p.vault
    ];
    tx.exec(sql, args).await.map(|_| ())
}

/// What lies beside the profile of one of our own people may be another now.
pub async fn look_again(tx: &mut Tx, uid: &str) -> Result<()> {
    let sql = "update profile_places set due_at = 0 where uid = $1 and state = 'kept' and problem = ''";
    tx.exec(sql, args![uid]).await.map(|_| ())
}

/// The same for everybody of this instance who is in a server.
pub async fn look_again_in(tx: &mut Tx, log_id: i64) -> Result<()> {
    let sql = "update profile_places set due_at = 0 where state = 'kept' and problem = ''
                 and uid in (select actor from memberships where log_id = $1)";
    tx.exec(sql, args![log_id]).await.map(|_| ())
}

/// Has a place wait after something here went wrong.
pub async fn put_off(tx: &mut Tx, place: &Place, until: i64) -> Result<()> {
    let sql = "update profile_places set due_at = $3, tries = tries + 1, problem = 'internal'
               where uid = $1 and domain = $2";
    tx.exec(sql, args![&place.uid, &place.domain, until]).await.map(|_| ())
}

/// The domains of all places of somebody, who goes.
pub async fn domains(q: &mut impl Query, uid: &str) -> Result<Vec<String>> {
    let rows = q.rows("select domain from profile_places where uid = $1", args![uid]).await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

/// Forgets all places of somebody, who goes.
pub async fn forget_places(tx: &mut Tx, uid: &str) -> Result<()> {
    tx.exec("delete from profile_places where uid = $1", args![uid]).await.map(|_| ())
}
