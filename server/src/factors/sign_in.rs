//! The second step of a sign-in.

use serde::Serialize;
use utoipa::ToSchema;

use super::{WRONG, accept, may_try, passkey_store, passkeys, store, wrong_code};
use crate::App;
use crate::accounts::{self, Account};
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::sessions;

/// Codes that may be tried before the password is asked for again.
const TRIES: i64 = 5;
/// How long the second step may take, milliseconds.
const PATIENCE_MS: i64 = 10 * 60_000;

/// The password was right; a code is asked for as well.
#[derive(Serialize, ToSchema)]
pub struct SecondStep {
    /// Goes with the code to `/sessions/code`. It signs nobody in by itself.
    pub sign_in: String,
    /// Until when, milliseconds since 1970.
    pub expires_at: i64,
    /// There is an authenticator app: it shows a code.
    pub authenticator: bool,
    /// There is a passkey: it signs in by itself.
    pub passkey: bool,
}

/// Begins the second step for an account whose password was right.
///
/// # Errors
/// The database's.
pub async fn begin(app: &App, tx: &mut Tx, account: &Account) -> Result<SecondStep> {
    let (sign_in, now) = (app.rng.token(), app.clock.now_ms());
    let expires_at = now + PATIENCE_MS;
    store::begin_sign_in(tx, sessions::hash(&sign_in), &account.id, now, expires_at).await?;
    let authenticator = super::has_authenticator(tx, &account.id).await?;
    let passkey = passkeys::possible(app) && passkey_store::count(tx, &account.id).await? > 0;
    Ok(SecondStep { sign_in, expires_at, authenticator, passkey })
}

/// Ends it with a code. Answers who is signed in, and the transaction in which the code is used up: the session is written in
/// the same one.
///
/// # Errors
/// `bad_code`; `gone` where it took too long or too many codes were tried; `rate`; `suspended`.
pub async fn finish(app: &App, sign_in: &str, code: &str) -> Result<(Tx, Account)> {
    let over = || Problem::new("gone").detail("This sign-in is over. Begin again with your password.");
    let (hash, now) = (sessions::hash(sign_in), app.clock.now_ms());
    let id = store::sign_in(&mut app.db.read().await?, hash, now).await?.ok_or_else(over)?;
    may_try(app, &id, code)?;
    // Counted whatever comes of it.
    let mut tx = app.db.begin().await?;
    if !store::try_sign_in(&mut tx, hash, TRIES).await? {
        return Err(over());
    }
    tx.commit().await?;
    let mut tx = app.db.begin().await?;
    let account = accounts::by_id(&mut tx, &id).await?.ok_or_else(over)?;
    accounts::require_active(&account)?;
    if !accept(app, &mut tx, &id, code, false).await? {
        return Err(wrong_code(WRONG));
    }
    if !store::end_sign_in(&mut tx, hash).await? {
        return Err(over());
    }
    Ok((tx, account))
}
