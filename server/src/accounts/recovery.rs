//! Recovery links: a new password for somebody who lost theirs, by a link that comes by mail or that the operator makes.

use super::{Account, code_hash, put_password, store};
use crate::error::{Problem, Result};
use crate::{App, Base, profiles, sessions};

/// How long a link works, milliseconds.
const VALID_MS: i64 = 3_600_000;

/// Makes a link for an account. Earlier ones stop working.
///
/// # Errors
/// The database's.
pub async fn link(base: &Base, account: &Account) -> Result<String> {
    let token = base.rng.token();
    let mut tx = base.db.begin().await?;
    store::put_recovery(&mut tx, &code_hash(&token), &account.id, base.clock.now_ms() + VALID_MS).await?;
    tx.commit().await?;
    // Behind the `#` it is sent to nobody, and stands in no log.
    Ok(format!("{}/recover#{token}", base.config.public_url()))
}

/// Uses a link: the account has a new password then, and all of its sessions have ended. A second factor stays on.
pub(super) async fn recover(app: &App, token: &str, password: &str) -> Result<()> {
    let gone = || Problem::new("gone").detail("This link was used already or is too old. Ask for a new one.");
    let hash = code_hash(token);
    let mut read = app.db.read().await?;
    let id = store::recovery(&mut read, &hash, app.clock.now_ms()).await?.ok_or_else(gone)?;
    let account = store::by_id(&mut read, &id).await?.ok_or_else(gone)?;
    let known = profiles::user(&mut read, &account.uid).await?;
    drop(read);
    super::check_password(app, "password", password, &account.handle, &known.display_name).await?;
    let password_hash = app.passwords.hash(&*app.rng, password).await?;
    let mut tx = app.db.begin().await?;
    // Again, under the lock: of two who come with the link at once, one gets in.
    store::recovery(&mut tx, &hash, app.clock.now_ms()).await?.ok_or_else(gone)?;
    put_password(app, &mut tx, &account, &password_hash, "").await?;
    tx.commit().await?;
    sessions::all_ended(app, &account.uid);
    tracing::info!(account = %account.id, "a recovery link was used");
    Ok(())
}
