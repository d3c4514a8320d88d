//! SQL of applications for an account.

use super::email::NewEmail;
use super::{Prepared, handle};
use crate::args;
use crate::db::{Query, Result, Row, Tx};

/// Somebody who asked for an account.
pub struct Application {
    pub id: String,
    pub handle: String,
    pub display_name: String,
    pub(super) password_hash: String,
    pub(super) email: Option<NewEmail>,
    pub reason: String,
    pub created_at: i64,
}

fn application(r: &Row) -> Application {
    Application {
        id: r.get(0),
        handle: r.get(1),
        display_name: r.get(2),
        password_hash: r.get(3),
        reason: r.get(4),
        created_at: r.get(5),
        email: r.get::<Option<String>>(6).map(|address| NewEmail { address, confirmed: r.get(7) }),
    }
}

pub(super) async fn insert(tx: &mut Tx, id: &str, new: &Prepared, reason: &str, now: i64) -> Result<()> {
    let sql = "insert into applications
               (id, handle, look, display_name, password_hash, reason, created_at, email, email_confirmed)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let look = handle::look(&new.handle);
    let (email, confirmed) =
        (new.email.as_ref().map(|email| &email.address), new.email.as_ref().is_some_and(|email| email.confirmed));
    let args =
        args![id, &new.handle, look, &new.display_name, &new.password_hash, reason, now, email.cloned(), confirmed];
    tx.exec(sql, args).await.map(|_| ())
}

/// All, the oldest first.
pub async fn all(q: &mut impl Query) -> Result<Vec<Application>> {
    let sql =
        "select id, handle, display_name, password_hash, reason, created_at, email, email_confirmed from applications
               order by created_at, id";
    Ok(q.rows(sql, vec![]).await?.iter().map(application).collect())
}

pub async fn count(q: &mut impl Query) -> Result<i64> {
    Ok(q.row("select count(*) from applications", vec![]).await?.map_or(0, |r| r.get(0)))
}

pub(super) async fn by_handle(q: &mut impl Query, handle: &str) -> Result<Option<Application>> {
    let sql = "select id, handle, display_name, password_hash, reason, created_at, email, email_confirmed
               from applications where handle = $1";
    Ok(q.row(sql, args![handle]).await?.as_ref().map(application))
}

/// Takes one out. None where somebody else decided meanwhile.
pub(super) async fn take(tx: &mut Tx, id: &str) -> Result<Option<Application>> {
    let sql = "select id, handle, display_name, password_hash, reason, created_at, email, email_confirmed
               from applications where id = $1";
    let row = tx.row(sql, args![id]).await?;
    let gone = tx.exec("delete from applications where id = $1", args![id]).await? > 0;
    Ok(row.as_ref().filter(|_| gone).map(application))
}

/// Forgets those of before a time, milliseconds.
pub(super) async fn forget(tx: &mut Tx, before: i64) -> Result<()> {
    tx.exec("delete from applications where created_at < $1", args![before]).await.map(|_| ())
}
