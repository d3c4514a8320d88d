//! What somebody proves besides their password: a code of an authenticator app, or a recovery code in its place. Asked for
//! at each sign-in, and once more before acts that a thief with an open device must not be able to do.

mod authenticator;
mod codes;
mod routes;
mod sign_in;
mod store;

use crate::accounts::{self, Account};
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::{App, sessions};

pub use routes::router;
pub use sign_in::{SecondStep, begin, finish};

/// Whether a sign-in needs a second factor.
///
/// # Errors
/// The database's.
pub async fn are_on(q: &mut impl Query, account: &str) -> Result<bool> {
    Ok(store::authenticator(q, account).await?.is_some_and(|stored| stored.confirmed))
}

/// Switches the second factor off: for the operator's command, and where the person asks for it.
///
/// # Errors
/// The database's.
pub async fn switch_off(tx: &mut Tx, account: &str) -> Result<()> {
    Ok(store::remove(tx, account).await?)
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

/// Lets dangerous acts through only soon after it was proven who is there.
///
/// # Errors
/// `proof_required`, and the database's.
pub async fn require_proof(app: &App, auth: &Auth) -> Result<()> {
    let proven_at = sessions::proven_at(&mut app.db.read().await?, auth).await?;
    // Not what a clock said that went back since.
    if (0..app.config.sessions.proof_s * 1000).contains(&(app.clock.now_ms() - proven_at)) {
        return Ok(());
    }
    Err(Problem::new("proof_required").detail("Type your password once more to go on."))
}

/// Proves in an open session who is there: the password, and a code where codes are on.
async fn prove(app: &App, auth: &Auth, password: &str, code: Option<&str>) -> Result<()> {
    let account = accounts::prove(app, auth, "password", password).await?;
    let mut tx = app.db.begin().await?;
    accounts::require_same(&mut tx, &account).await?;
    if are_on(&mut tx, &auth.account).await? {
        let code = code.ok_or_else(|| wrong_code("Type a code of your app, too."))?;
        if !accept(app, &mut tx, &auth.account, code, false).await? {
            return Err(wrong_code(WRONG));
        }
    }
    sessions::prove(&mut tx, auth, app.clock.now_ms()).await?;
    Ok(tx.commit().await?)
}

async fn own_account(app: &App, auth: &Auth) -> Result<Account> {
    let mut read = app.db.read().await?;
    accounts::by_id(&mut read, &auth.account).await?.ok_or_else(Problem::not_signed_in)
}
