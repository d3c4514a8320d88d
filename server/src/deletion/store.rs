//! SQL of accounts that go.

use std::collections::BTreeSet;

use crate::args;
use crate::db::{Error, Query, Result, Row, Tx};

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Its day has not come.
    Scheduled,
    /// The account is gone; the person is being taken out of their communities.
    Leaving,
    /// Not everybody has confirmed.
    Confirming,
    Done,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Leaving => "leaving",
            Self::Confirming => "confirming",
            Self::Done => "done",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [Self::Scheduled, Self::Leaving, Self::Confirming, Self::Done];
        all.into_iter().find(|state| state.as_str() == text).ok_or_else(|| Error::Damaged("a deletion's state".into()))
    }
}

/// An account that goes.
#[derive(Clone, Debug)]
pub struct Deletion {
    pub uid: String,
    /// The account, while it is there.
    pub account: String,
    pub token_hash: Vec<u8>,
    /// Whether what they posted goes, too.
    pub erase: bool,
    pub state: State,
    /// Unix milliseconds, as the following.
    pub asked_at: i64,
    pub due_at: i64,
    /// When the account ended.
    pub gone_at: Option<i64>,
    /// When it was done.
    pub settled_at: Option<i64>,
}

fn deletion(r: &Row) -> Result<Deletion> {
    Ok(Deletion {
        uid: r.get(0),
        account: r.get(1),
        token_hash: r.get(2),
        erase: r.get(3),
        state: State::parse(&r.get::<String>(4))?,
        asked_at: r.get(5),
        due_at: r.get(6),
        gone_at: r.get(7),
        settled_at: r.get(8),
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select uid, account_id, token_hash, erase, state, asked_at, due_at, gone_at, settled_at from deletions ",
            $rest
        )
    };
}

/// Writes it in the place of one of the same person.
pub async fn put(tx: &mut Tx, d: &Deletion) -> Result<()> {
    let sql = "insert into deletions (uid, account_id, token_hash, erase, state, asked_at, due_at, gone_at, settled_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               on conflict (uid) do update set account_id = excluded.account_id, token_hash = excluded.token_hash,
                 erase = excluded.erase, state = excluded.state, asked_at = excluded.asked_at, due_at = excluded.due_at,
                 gone_at = excluded.gone_at, settled_at = excluded.settled_at";
    let hash = d.token_hash.as_slice();
    let args =
        args![&d.uid, &d.account, hash, d.erase, d.state.as_str(), d.asked_at, d.due_at, d.gone_at, d.settled_at];
    tx.exec(sql, args).await.map(|_| ())
}

/// What somebody asked for.
///
/// # Errors
/// The database's.
pub async fn of_person(q: &mut impl Query, uid: &str) -> Result<Option<Deletion>> {
    q.row(select!("where uid = $1"), args![uid]).await?.as_ref().map(deletion).transpose()
}

pub async fn by_token(q: &mut impl Query, hash: &[u8; 32]) -> Result<Option<Deletion>> {
    q.row(select!("where token_hash = $1"), args![hash]).await?.as_ref().map(deletion).transpose()
}

pub async fn due(q: &mut impl Query, now: i64) -> Result<Vec<Deletion>> {
    let sql = select!("where state = 'scheduled' and due_at <= $1 order by due_at limit 20");
    q.rows(sql, args![now]).await?.iter().map(deletion).collect()
}

pub async fn in_state(q: &mut impl Query, state: State) -> Result<Vec<Deletion>> {
    let sql = select!("where state = $1 order by due_at limit 200");
    q.rows(sql, args![state.as_str()]).await?.iter().map(deletion).collect()
}

/// Takes it back, unless it has begun. Answers whether there was one.
pub async fn cancel(tx: &mut Tx, uid: &str) -> Result<bool> {
    Ok(tx.exec("delete from deletions where uid = $1 and state = 'scheduled'", args![uid]).await? > 0)
}

pub async fn put_off(tx: &mut Tx, uid: &str, until: i64) -> Result<()> {
    tx.exec("update deletions set due_at = $2 where uid = $1", args![uid, until]).await.map(|_| ())
}

pub async fn has_left(tx: &mut Tx, uid: &str) -> Result<()> {
    let sql = "update deletions set state = 'confirming' where uid = $1 and state = 'leaving'";
    tx.exec(sql, args![uid]).await.map(|_| ())
}

pub async fn settle(tx: &mut Tx, uid: &str, now: i64) -> Result<()> {
    tx.exec("update deletions set state = 'done', settled_at = $2 where uid = $1", args![uid, now]).await.map(|_| ())
}

/// Those that were done before a time.
pub async fn shown_until(q: &mut impl Query, before: i64) -> Result<Vec<String>> {
    let rows = q.rows("select uid from deletions where state = 'done' and settled_at <= $1", args![before]).await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

/// Forgets how it went.
pub async fn forget(tx: &mut Tx, uid: &str) -> Result<()> {
    tx.exec("delete from farewells where uid = $1", args![uid]).await?;
    tx.exec("delete from erasures where uid = $1", args![uid]).await?;
    tx.exec("delete from deletions where uid = $1", args![uid]).await.map(|_| ())
}

/// What this instance keeps for somebody alone.
pub async fn forget_private(tx: &mut Tx, uid: &str, erase: bool) -> Result<()> {
    tx.exec("delete from read_marks where actor = $1", args![uid]).await?;
    tx.exec("delete from nonces where actor = $1", args![uid]).await?;
    tx.exec("delete from upload_parts where actor = $1", args![uid]).await?;
    // What a message was sent with has to reach its community, unless the message goes, too.
    tx.exec("update uploads set expires_at = 0 where actor = $1 and (not claimed or $2)", args![uid, erase]).await?;
    if erase {
        let sql = "delete from pending_actions where actor = $1 and state <> 'accepted'";
        tx.exec(sql, args![uid]).await?;
    } else {
        tx.exec("delete from departures where actor = $1", args![uid]).await?;
    }
    Ok(())
}

/// Who has confirmed, and who has not; domains.
#[derive(Default, Debug)]
pub struct Progress {
    pub confirmed: BTreeSet<String>,
    pub missing: BTreeSet<String>,
}

pub async fn progress(q: &mut impl Query, uid: &str) -> Result<Progress> {
    let mut found = Progress::default();
    for row in q.rows("select domain, receipt is not null from farewells where uid = $1", args![uid]).await? {
        let to = if row.get(1) { &mut found.confirmed } else { &mut found.missing };
        to.insert(row.get(0));
    }
    let sql = "select confirmed, missing, hub_domain, state from erasures where uid = $1";
    for row in q.rows(sql, args![uid]).await? {
        let [confirmed, missing, hub, state]: [String; 4] = [row.get(0), row.get(1), row.get(2), row.get(3)];
        found.confirmed.extend(confirmed.split_whitespace().map(str::to_owned));
        found.missing.extend(missing.split_whitespace().map(str::to_owned));
        if state != "done" && state != "erasing" {
            found.missing.insert(hub);
        }
    }
    // Who has confirmed one thing and not another has not confirmed.
    found.confirmed.retain(|domain| !found.missing.contains(domain));
    Ok(found)
}

/// The domains of the hosts of communities that somebody left and of which no copy is here.
pub async fn hosts_left(q: &mut impl Query, uid: &str) -> Result<Vec<String>> {
    let rows = q.rows("select distinct hub_domain from departures where actor = $1", args![uid]).await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

/// Who of this instance was in a community elsewhere of which no copy is here, and the domain of its host.
pub async fn departed_hosts(q: &mut impl Query) -> Result<Vec<(String, String)>> {
    let rows = q.rows("select actor, hub_domain from departures", args![]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1))).collect())
}

// ---- farewells

/// Somebody to be told.
#[derive(Debug)]
pub struct Due {
    pub uid: String,
    pub domain: String,
    pub tries: i64,
}

pub async fn tell(tx: &mut Tx, uid: &str, domain: &str, now: i64) -> Result<()> {
    let sql = "insert into farewells (uid, domain, due_at, tries, created_at) values ($1, $2, $3, 0, $3)
               on conflict (uid, domain) do nothing";
    tx.exec(sql, args![uid, domain, now]).await.map(|_| ())
}

pub async fn to_tell(q: &mut impl Query, now: i64, most: u64) -> Result<Vec<Due>> {
    let sql = "select f.uid, f.domain, f.tries from farewells f join deletions d on d.uid = f.uid
               where f.receipt is null and f.due_at <= $1 and d.state <> 'done' order by f.due_at limit $2";
    let rows = q.rows(sql, args![now, most]).await?;
    Ok(rows.iter().map(|r| Due { uid: r.get(0), domain: r.get(1), tries: r.get(2) }).collect())
}

pub async fn told(tx: &mut Tx, due: &Due, receipt: &str) -> Result<()> {
    let sql = "update farewells set receipt = $3 where uid = $1 and domain = $2";
    tx.exec(sql, args![&due.uid, &due.domain, receipt]).await.map(|_| ())
}

pub async fn tell_later(tx: &mut Tx, due: &Due, at: i64) -> Result<()> {
    let sql = "update farewells set due_at = $3, tries = tries + 1 where uid = $1 and domain = $2";
    tx.exec(sql, args![&due.uid, &due.domain, at]).await.map(|_| ())
}
