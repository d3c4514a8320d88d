//! SQL of sign-ins by other services.

use crate::args;
use crate::db::{Query, Result, Row, Tx};

/// Who an account is at a provider.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The provider's address, as it names itself.
    pub issuer: String,
    /// How the provider names the person.
    pub label: String,
    /// Milliseconds.
    pub linked_at: i64,
    /// When it was used last, milliseconds.
    pub used_at: i64,
}

pub(super) async fn account_of(q: &mut impl Query, issuer: &str, subject: &str) -> Result<Option<String>> {
    let sql = "select account_id from oidc_identities where issuer = $1 and subject = $2";
    Ok(q.row(sql, args![issuer, subject]).await?.map(|r| r.get(0)))
}

pub(super) async fn of_account(q: &mut impl Query, account: &str) -> Result<Vec<Identity>> {
    let sql = "select issuer, label, linked_at, used_at from oidc_identities where account_id = $1 order by linked_at";
    let identity = |r: &Row| Identity { issuer: r.get(0), label: r.get(1), linked_at: r.get(2), used_at: r.get(3) };
    Ok(q.rows(sql, args![account]).await?.iter().map(identity).collect())
}

pub(super) async fn link(tx: &mut Tx, issuer: &str, subject: &str, account: &str, label: &str, now: i64) -> Result<()> {
    let sql = "insert into oidc_identities (issuer, subject, account_id, label, linked_at, used_at)
               values ($1, $2, $3, $4, $5, $5)";
    tx.exec(sql, args![issuer, subject, account, label, now]).await.map(|_| ())
}

pub(super) async fn used(tx: &mut Tx, issuer: &str, subject: &str, label: &str, now: i64) -> Result<()> {
    let sql = "update oidc_identities set label = $3, used_at = $4 where issuer = $1 and subject = $2";
    tx.exec(sql, args![issuer, subject, label, now]).await.map(|_| ())
}

pub(super) async fn unlink(tx: &mut Tx, account: &str, issuer: &str) -> Result<bool> {
    let sql = "delete from oidc_identities where account_id = $1 and issuer = $2";
    Ok(tx.exec(sql, args![account, issuer]).await? > 0)
}

/// What somebody wants at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To sign in, or to get an account.
    SignIn,
    /// To sign in with it from now on.
    Link,
    /// To prove who is there.
    Prove,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Link => "link",
            Self::Prove => "prove",
        }
    }
}

/// A way to a provider that somebody began.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub provider: String,
    pub purpose: Purpose,
    /// Account and session, for all but a sign-in.
    pub whose: Option<(String, String)>,
    pub return_to: String,
}

pub(super) async fn begin(tx: &mut Tx, state: [u8; 32], attempt: &Attempt, expires_at: i64) -> Result<()> {
    let sql = "insert into oidc_attempts (state, provider, purpose, account_id, session_id, return_to, expires_at)
               values ($1, $2, $3, $4, $5, $6, $7)";
    let (account, session) = attempt.whose.clone().unzip();
    let purpose = attempt.purpose.as_str();
    let args = args![&state[..], &attempt.provider, purpose, account, session, &attempt.return_to, expires_at];
    tx.exec(sql, args).await.map(|_| ())
}

/// Ends an attempt: it counts once.
pub(super) async fn take(tx: &mut Tx, state: [u8; 32], now: i64) -> Result<Option<Attempt>> {
    let sql = "delete from oidc_attempts where state = $1
               returning provider, purpose, account_id, session_id, return_to, expires_at";
    let row = tx.row(sql, args![&state[..]]).await?;
    Ok(row.filter(|r| r.get::<i64>(5) > now).map(|r| Attempt {
        provider: r.get(0),
        purpose: match r.get::<String>(1).as_str() {
            "link" => Purpose::Link,
            "prove" => Purpose::Prove,
            _ => Purpose::SignIn,
        },
        whose: r.get::<Option<String>>(2).zip(r.get(3)),
        return_to: r.get(4),
    }))
}

/// Somebody whom a provider has named and who has no account yet.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    pub label: String,
    pub handle: String,
    pub display_name: String,
    pub email: Option<String>,
    pub admin: bool,
    pub return_to: String,
}

fn arrival(r: &Row) -> Arrival {
    Arrival {
        provider: r.get(0),
        issuer: r.get(1),
        subject: r.get(2),
        label: r.get(3),
        handle: r.get(4),
        display_name: r.get(5),
        email: r.get(6),
        admin: r.get(7),
        return_to: r.get(8),
    }
}

pub(super) async fn arrive(tx: &mut Tx, ticket: [u8; 32], new: &Arrival, expires_at: i64) -> Result<()> {
    let sql = "insert into oidc_arrivals (ticket, provider, issuer, subject, label, handle, display_name, email, admin,
                 return_to, expires_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let args = args![
        &ticket[..],
        &new.provider,
        &new.issuer,
        &new.subject,
        &new.label,
        &new.handle,
        &new.display_name,
        new.email.clone(),
        new.admin,
        &new.return_to,
        expires_at
    ];
    tx.exec(sql, args).await.map(|_| ())
}

pub(super) async fn arrived(q: &mut impl Query, ticket: [u8; 32], now: i64) -> Result<Option<Arrival>> {
    let sql = "select provider, issuer, subject, label, handle, display_name, email, admin, return_to
               from oidc_arrivals where ticket = $1 and expires_at > $2";
    Ok(q.row(sql, args![&ticket[..], now]).await?.as_ref().map(arrival))
}

pub(super) async fn settle(tx: &mut Tx, ticket: [u8; 32]) -> Result<()> {
    tx.exec("delete from oidc_arrivals where ticket = $1", args![&ticket[..]]).await.map(|_| ())
}

pub(super) async fn tidy(tx: &mut Tx, now: i64) -> Result<()> {
    tx.exec("delete from oidc_attempts where expires_at <= $1", args![now]).await?;
    tx.exec("delete from oidc_arrivals where expires_at <= $1", args![now]).await.map(|_| ())
}
