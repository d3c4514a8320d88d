//! What somebody proves besides their password, or in place of it: a code of an authenticator app, or a recovery code in its
//! place, or a passkey. Asked for at each sign-in, and once more before acts that a thief with an open device must not be
//! able to do.

mod authenticator;
mod codes;
mod passkey_store;
mod passkeys;
mod routes;
mod sign_in;
mod store;

use std::net::IpAddr;

use serde_json::Value;

use crate::accounts::{self, Account};
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::mail::{self, Notice};
use crate::{App, Base, sessions};

pub use passkeys::possible as passkeys_possible;
pub use routes::router;
pub use sign_in::{SecondStep, begin, finish};

/// Whether the password alone is not enough to sign in: there is an authenticator app, or a passkey.
///
/// # Errors
/// The database's.
pub async fn are_on(q: &mut impl Query, account: &str) -> Result<bool> {
    Ok(has_authenticator(q, account).await? || has_passkey(q, account).await?)
}

/// Whether there is a passkey.
///
/// # Errors
/// The database's.
pub async fn has_passkey(q: &mut impl Query, account: &str) -> Result<bool> {
    Ok(passkey_store::count(q, account).await? > 0)
}

/// How many passkeys there are in all.
///
/// # Errors
/// The database's.
pub async fn passkeys_in_all(q: &mut impl Query) -> Result<i64> {
    Ok(passkey_store::count_all(q).await?)
}

async fn has_authenticator(q: &mut impl Query, account: &str) -> Result<bool> {
    Ok(store::authenticator(q, account).await?.is_some_and(|stored| stored.confirmed))
}

/// Removes all factors but the password: for the operator's command.
///
/// # Errors
/// The database's.
pub async fn switch_off(base: &Base, tx: &mut Tx, account: &str) -> Result<()> {
    store::remove(tx, account).await?;
    passkey_store::remove_all(tx, account).await?;
    left(base, tx, account).await
}

/// A factor went: its person is told. With the last one go the recovery codes, which stood in for it.
async fn left(base: &Base, tx: &mut Tx, account: &str) -> Result<()> {
    mail::tell(base, tx, account, Notice::FactorRemoved).await?;
    if !are_on(tx, account).await? {
        store::remove_codes(tx, account).await?;
        store::forget_sign_ins(tx, account).await?;
    }
    Ok(())
}

/// Before a factor comes: its person is told. Answers with recovery codes where it is the first one; a password alone proved who is there until
/// then, so that what other sessions proved counts no more.
async fn comes(app: &App, tx: &mut Tx, auth: &Auth) -> Result<Vec<String>> {
    mail::tell(app, tx, &auth.account, Notice::FactorAdded).await?;
    if are_on(tx, &auth.account).await? {
        return Ok(Vec::new());
    }
    sessions::disprove_others(tx, auth).await?;
    codes::renew(app, tx, &auth.account).await
}

/// Who is signed in by what a passkey signed, and the transaction in which that is used up: the session is written in the same
/// one.
///
/// # Errors
/// `bad_passkey`, `suspended`.
async fn by_passkey(app: &App, answer: &Value) -> Result<(Tx, Account)> {
    let answer = passkeys::read(answer)?;
    // What nobody asked for does not hold writers up.
    passkeys::expected(app, &mut app.db.read().await?, &answer).await?;
    let mut tx = app.db.begin().await?;
    let id = passkeys::accept(app, &mut tx, &answer).await?;
    let account = accounts::by_id(&mut tx, &id).await?.ok_or_else(Problem::not_signed_in)?;
    accounts::require_active(&account)?;
    Ok((tx, account))
}

/// Sign-ins of an account that wait for their code have to begin again.
///
/// # Errors
/// The database's.
pub async fn forget_sign_ins(tx: &mut Tx, account: &str) -> Result<()> {
    Ok(store::forget_sign_ins(tx, account).await?)
}

/// Takes a code: of the authenticator that is on (or `new`, about to be switched on), or else a recovery code. It is used up
/// with that. Six digits can be guessed, so that there is a limit on them; who is kept out by somebody's guessing still has
/// the recovery codes.
async fn accept(app: &App, tx: &mut Tx, account: &str, typed: &str, new: bool) -> Result<bool> {
    let Some(digits) = six_digits(typed) else {
        return Ok(!new && codes::accept(app, tx, account, typed).await?);
    };
    may_try(app, account, typed)?;
    let right = authenticator::accept(app, tx, account, &digits, !new).await?;
    if !right {
        // Two tries in flight may both have looked: the later charge then only finds the bucket empty.
        let _ = app.guard.by_code.take(account.to_owned(), app.clock.now_ms());
    }
    Ok(right)
}

/// What may be a code of an authenticator.
fn six_digits(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    authenticator::is_code(&digits).then_some(digits)
}

/// Whether a code like this is looked at now.
fn may_try(app: &App, account: &str, typed: &str) -> Result<()> {
    match six_digits(typed) {
        Some(_) => app.guard.by_code.look(&account.to_owned(), app.clock.now_ms()),
        None => Ok(()),
    }
}

const WRONG: &str = "This code is wrong or was used before.";

fn wrong_code(message: &str) -> Problem {
    Problem::new("bad_code").field("code", "bad_code", message)
}

/// Lets dangerous acts through only soon after it was proven who is there. Asked in the transaction that acts: a session that
/// was ended meanwhile has proven nothing.
///
/// # Errors
/// `proof_required`, and the database's.
pub async fn require_proof(app: &App, q: &mut impl Query, auth: &Auth) -> Result<()> {
    let proven_at = sessions::proven_at(q, auth).await?;
    // Not what a clock said that went back since.
    if (0..app.config.sessions.proof_s * 1000).contains(&(app.clock.now_ms() - proven_at)) {
        return Ok(());
    }
    Err(Problem::new("proof_required").detail("Type your password once more to go on, or use a passkey."))
}

/// Signs somebody in by what a passkey signed, with a limit on wrong answers by address.
///
/// # Errors
/// `bad_passkey`, `rate`, `suspended`.
pub async fn sign_in_by_passkey(app: &App, address: IpAddr, answer: &Value) -> Result<(Tx, Account)> {
    let now = app.clock.now_ms();
    app.guard.passkeys.look(&address, now)?;
    let result = by_passkey(app, answer).await;
    if result.as_ref().is_err_and(|e| e.code == "bad_passkey") {
        let _ = app.guard.passkeys.take(address, now);
    }
    result
}

/// Proves in an open session who is there: with a passkey.
async fn prove_by_passkey(app: &App, auth: &Auth, answer: &Value) -> Result<()> {
    let (mut tx, account) = by_passkey(app, answer).await?;
    if account.id != auth.account {
        return Err(Problem::new("bad_passkey").detail("This passkey belongs to another account."));
    }
    sessions::prove(&mut tx, &auth.session, app.clock.now_ms()).await?;
    Ok(tx.commit().await?)
}

/// Proves in an open session who is there: with the password, and a code where there is a second factor.
async fn prove(app: &App, auth: &Auth, password: &str, code: Option<&str>) -> Result<()> {
    let account = accounts::prove(app, auth, "password", password).await?;
    let mut tx = app.db.begin().await?;
    accounts::require_same(&mut tx, &account).await?;
    if are_on(&mut tx, &auth.account).await? {
        let code = code.ok_or_else(|| wrong_code("Type a code, too."))?;
        if !accept(app, &mut tx, &auth.account, code, false).await? {
            return Err(wrong_code(WRONG));
        }
    }
    sessions::prove(&mut tx, &auth.session, app.clock.now_ms()).await?;
    Ok(tx.commit().await?)
}

async fn own_account(app: &App, auth: &Auth) -> Result<Account> {
    let mut read = app.db.read().await?;
    accounts::by_id(&mut read, &auth.account).await?.ok_or_else(Problem::not_signed_in)
}
