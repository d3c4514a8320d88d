//! SQL of a person's settings.

use crate::args;
use crate::db::{Query, Result, Tx};

pub(super) async fn settings(q: &mut impl Query, account: &str) -> Result<Option<String>> {
    let row = q.row("select settings from accounts where id = $1", args![account]).await?;
    Ok(row.map(|r| r.get(0)))
}

pub(super) async fn set(tx: &mut Tx, account: &str, text: &str) -> Result<()> {
    tx.exec("update accounts set settings = $2 where id = $1", args![account, text]).await.map(|_| ())
}
