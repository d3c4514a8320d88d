//! SQL of the rules about other instances.

use conntext_federation::domain::Domain;

use crate::args;
use crate::config::Mode;
use crate::db::{self, Error, Query, Result, Row, Tx};

/// The name of the fact that holds the mode that admins chose.
const MODE: &str = "trust_mode";
/// The name of the fact that grows with every change.
const REVISION: &str = "trust_revision";
/// The most instances that wait at a time: whoever owns a domain can make any number of names, and our own people can type
/// any.
const MOST_WAITING: i64 = 500;

/// What a rule says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Speak with it, also where others have to wait.
    Allow,
    /// Neither send nor take anything for a while; afterwards all goes on where it stood.
    Pause,
    /// Not at all: nothing of it is shown.
    Block,
}

impl Verdict {
    /// The word in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Pause => "pause",
            Self::Block => "block",
        }
    }
}

/// A rule about other instances.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = TrustRule)]
pub struct Rule {
    /// A domain, or `*.` and a domain for everything below it.
    pub pattern: String,
    /// What it says.
    pub verdict: Verdict,
    /// What may come from there, of what is usual, in percent.
    pub percent: u32,
    /// Shown to people of this instance, and part of the list that others can take over.
    pub reason: String,
    /// For admins only.
    pub note: String,
    /// The instance whose list it was taken from; none where an admin made it.
    #[schema(required)]
    pub list: Option<String>,
    /// Milliseconds since 1970.
    pub changed_at: i64,
}

impl Rule {
    /// One without further words.
    pub fn new(pattern: &str, verdict: Verdict) -> Self {
        Self {
            pattern: pattern.to_owned(),
            verdict,
            percent: 100,
            reason: String::new(),
            note: String::new(),
            list: None,
            changed_at: 0,
        }
    }
}

fn broken() -> Error {
    Error::Other("a stored rule cannot be read".into())
}

fn rule(r: &Row) -> Result<Rule> {
    let all = [Verdict::Allow, Verdict::Pause, Verdict::Block];
    let verdict: String = r.get(1);
    Ok(Rule {
        pattern: r.get(0),
        verdict: all.into_iter().find(|v| v.as_str() == verdict).ok_or_else(broken)?,
        percent: u32::try_from(r.get::<i64>(2)).map_err(|_| broken())?,
        reason: r.get(3),
        note: r.get(4),
        list: r.get(5),
        changed_at: r.get(6),
    })
}

pub async fn rules(q: &mut impl Query) -> Result<Vec<Rule>> {
    let sql = "select pattern, verdict, percent, reason, note, list, changed_at from trust_rules order by pattern";
    q.rows(sql, args![]).await?.iter().map(rule).collect()
}

pub async fn revision(q: &mut impl Query) -> Result<i64> {
    Ok(db::fact(q, REVISION).await?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Notes that something was changed: whoever holds the rules in memory reads them again.
pub async fn touch(tx: &mut Tx) -> Result<()> {
    let next = revision(tx).await? + 1;
    db::set_fact(tx, REVISION, &next.to_string()).await
}

pub async fn mode(q: &mut impl Query) -> Result<Option<Mode>> {
    let all = [Mode::Open, Mode::Review, Mode::Allowlist, Mode::Closed];
    let chosen = db::fact(q, MODE).await?;
    Ok(chosen.and_then(|text| all.into_iter().find(|mode| mode.as_str() == text)))
}

pub async fn set_mode(tx: &mut Tx, mode: Mode) -> Result<()> {
    db::set_fact(tx, MODE, mode.as_str()).await
}

pub async fn put(tx: &mut Tx, rules: Vec<Rule>) -> Result<()> {
    let rows = rules
        .into_iter()
        .map(|r| args![r.pattern, r.verdict.as_str(), i64::from(r.percent), r.reason, r.note, r.list, r.changed_at])
        .collect();
    tx.exec_many(
        "insert into trust_rules (pattern, verdict, percent, reason, note, list, changed_at) values ",
        rows,
        " on conflict (pattern) do update set verdict = excluded.verdict, percent = excluded.percent,
           reason = excluded.reason, note = excluded.note, list = excluded.list, changed_at = excluded.changed_at",
    )
    .await
    .map(|_| ())
}

pub async fn remove(tx: &mut Tx, pattern: &str) -> Result<bool> {
    Ok(tx.exec("delete from trust_rules where pattern = $1", args![pattern]).await? > 0)
}

/// A list that was taken over.
#[derive(Clone, Debug)]
pub struct List {
    /// Whose.
    pub domain: String,
    /// Which instance that was.
    pub ik: String,
    /// When it was made, by its own clock, milliseconds.
    pub issued_at: i64,
    /// When it was taken over, milliseconds.
    pub taken_at: i64,
}

pub async fn lists(q: &mut impl Query) -> Result<Vec<List>> {
    let rows = q.rows("select domain, ik, issued_at, taken_at from trust_lists order by domain", args![]).await?;
    Ok(rows.iter().map(|r| List { domain: r.get(0), ik: r.get(1), issued_at: r.get(2), taken_at: r.get(3) }).collect())
}

pub async fn put_list(tx: &mut Tx, list: &List) -> Result<()> {
    let sql = "insert into trust_lists (domain, ik, issued_at, taken_at) values ($1, $2, $3, $4)
               on conflict (domain) do update set ik = excluded.ik, issued_at = excluded.issued_at,
                 taken_at = excluded.taken_at";
    tx.exec(sql, args![&list.domain, &list.ik, list.issued_at, list.taken_at]).await.map(|_| ())
}

/// Removes the rules that were taken from a list.
pub async fn remove_of_list(tx: &mut Tx, domain: &str) -> Result<()> {
    tx.exec("delete from trust_rules where list = $1", args![domain]).await.map(|_| ())
}

/// Forgets a list. Answers whether there was one.
pub async fn remove_list(tx: &mut Tx, domain: &str) -> Result<bool> {
    remove_of_list(tx, domain).await?;
    Ok(tx.exec("delete from trust_lists where domain = $1", args![domain]).await? > 0)
}

/// An instance that waits for a decision.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = WaitingInstance)]
pub struct Waiting {
    /// Its domain.
    pub domain: String,
    /// Somebody of this instance wants to go there.
    pub wanted: bool,
    /// It asked by itself.
    pub asked: bool,
    /// Milliseconds since 1970.
    pub since: i64,
}

fn waits(r: &Row) -> Waiting {
    Waiting { domain: r.get(0), wanted: r.get(1), asked: r.get(2), since: r.get(3) }
}

pub async fn waiting(q: &mut impl Query) -> Result<Vec<Waiting>> {
    let sql = "select domain, wanted, asked, since from trust_waiting order by since, domain";
    Ok(q.rows(sql, args![]).await?.iter().map(waits).collect())
}

pub async fn waiting_for(q: &mut impl Query, domain: &Domain) -> Result<Option<Waiting>> {
    let sql = "select domain, wanted, asked, since from trust_waiting where domain = $1";
    Ok(q.row(sql, args![domain.as_str()]).await?.as_ref().map(waits))
}

pub async fn count_waiting(q: &mut impl Query) -> Result<i64> {
    let row = q.row("select count(*) from trust_waiting", args![]).await?;
    Ok(row.map_or(0, |r| r.get(0)))
}

/// Notes that an instance waits, unless too many do.
pub async fn wait(tx: &mut Tx, domain: &Domain, asked: bool, now_ms: i64) -> Result<()> {
    if count_waiting(tx).await? >= MOST_WAITING {
        return Ok(());
    }
    let sql = "insert into trust_waiting (domain, wanted, asked, since) values ($1, $2, $3, $4)
               on conflict (domain) do update set wanted = trust_waiting.wanted or excluded.wanted,
                 asked = trust_waiting.asked or excluded.asked";
    tx.exec(sql, args![domain.as_str(), !asked, asked, now_ms]).await.map(|_| ())
}

pub async fn stop_waiting(tx: &mut Tx, domain: &str) -> Result<()> {
    tx.exec("delete from trust_waiting where domain = $1", args![domain]).await.map(|_| ())
}
