//! The first run: a one-time address that makes the admin. Nobody becomes admin by being first.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::store;
use crate::Base;
use crate::db;
use crate::db::folder::write_private;
use crate::error::{Problem, Result};

/// The file in the data folder that holds the address while it is valid.
pub const FILE: &str = "setup-url";
const FACT: &str = "setup_token_hash";

fn hash(token: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

/// Makes a new set-up address while there is no admin, and writes it into the data folder; `None` once there is one.
pub async fn offer(base: &Base) -> Result<Option<String>> {
    let path = base.data.join(FILE);
    let mut tx = base.db.begin().await?;
    if store::has_admin(&mut tx).await? {
        db::forget_fact(&mut tx, FACT).await?;
        tx.commit().await?;
        remove(&path);
        return Ok(None);
    }
    let token = base.rng.token();
    db::set_fact(&mut tx, FACT, &hash(&token)).await?;
    tx.commit().await?;
    let url = format!("{}/setup?token={token}", base.config.public_url());
    write_private(&path, format!("{url}\n").as_bytes()).map_err(Problem::internal)?;
    Ok(Some(url))
}

/// Whether the token is the valid one. It stays valid until [`used`].
pub(super) async fn check(q: &mut impl crate::db::Query, token: &str) -> Result<()> {
    if store::has_admin(q).await? {
        return Err(Problem::new("setup_done").detail("There is an admin already. Sign in instead."));
    }
    let known = db::fact(q, FACT).await?.unwrap_or_default();
    if !bool::from(known.as_bytes().ct_eq(hash(token).as_bytes())) {
        return Err(Problem::new("setup_token_invalid").detail(
            "Use the newest set-up address: it stands in the log and in the file setup-url of the data folder, \
             and changes whenever the instance starts.",
        ));
    }
    Ok(())
}

/// Within the transaction that makes the admin: the address stops working.
pub(super) async fn used(tx: &mut crate::db::Tx) -> Result<()> {
    Ok(db::forget_fact(tx, FACT).await?)
}

/// After that transaction: the file goes as well.
pub(super) fn clean_up(base: &Base) {
    remove(&base.data.join(FILE));
}

fn remove(path: &std::path::Path) {
    if let Err(e) = std::fs::remove_file(path)
        && e.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(error = %e, "the file with the used set-up address could not be removed");
    }
}
