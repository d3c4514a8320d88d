//! Single facts about the instance itself, by name.

use super::{Query, Result, Tx};
use crate::args;

/// The value of a fact.
pub async fn fact(q: &mut impl Query, name: &str) -> Result<Option<String>> {
    let row = q.row("select value from instance_settings where name = $1", args![name]).await?;
    Ok(row.map(|r| r.get(0)))
}

/// Sets a fact.
pub async fn set_fact(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    tx.exec(
        "insert into instance_settings (name, value) values ($1, $2)
         on conflict (name) do update set value = excluded.value",
        args![name, value],
    )
    .await
    .map(|_| ())
}

/// Removes a fact.
pub async fn forget_fact(tx: &mut Tx, name: &str) -> Result<()> {
    tx.exec("delete from instance_settings where name = $1", args![name]).await.map(|_| ())
}
