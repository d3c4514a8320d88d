//! The e-mail address of an account: a mailbox counts once whoever reads it has said so.

use lettre::Address;
use serde::Serialize;
use utoipa::ToSchema;

use super::email_store::{self as store, Claim};
use super::{Account, code_hash, store as accounts};
use crate::config;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::mail::{self, Letter};
use crate::{App, Base};

/// How long a link works, milliseconds (a day).
const VALID_MS: i64 = 86_400_000;
/// Longest address (RFC 5321).
const LONGEST: usize = 254;

/// The address of an account.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Email {
    /// Letters go there; null for none.
    #[schema(required)]
    pub address: Option<String>,
    /// An address that waits to be confirmed.
    #[schema(required)]
    pub pending: Option<PendingEmail>,
}

/// An address that is not confirmed yet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PendingEmail {
    /// In small letters.
    pub address: String,
    /// There is no such mailbox, its server says.
    pub refused: bool,
}

/// The address of somebody who gets an account.
#[derive(Clone, Debug)]
pub(super) struct NewEmail {
    pub address: String,
    pub confirmed: bool,
}

/// Whether accounts have addresses here.
pub(super) fn mode(base: &Base) -> config::Email {
    if base.config.mail.is_on() { base.config.accounts.email } else { config::Email::Off }
}

/// An address as it is kept: in small letters, its domain as the network knows it.
///
/// # Errors
/// `invalid` at `email`.
pub(super) fn check(typed: &str) -> Result<String> {
    let bad = || Problem::invalid("email", "bad_email", "Type an address such as ada@example.org.");
    let (name, domain) = typed.trim().rsplit_once('@').ok_or_else(bad)?;
    let Ok(url::Host::Domain(domain)) = url::Host::parse(domain) else { return Err(bad()) };
    let address = format!("{}@{domain}", name.to_ascii_lowercase());
    let fine =
        name.is_ascii() && domain.contains('.') && address.len() <= LONGEST && address.parse::<Address>().is_ok();
    if fine { Ok(address) } else { Err(bad()) }
}

/// Of an account.
///
/// # Errors
/// The database's.
pub async fn of(q: &mut impl Query, account: &Account) -> Result<Email> {
    let pending = store::of_owner(q, &account.id).await?;
    Ok(Email {
        address: account.email.clone(),
        pending: pending.map(|claim| PendingEmail { address: claim.address, refused: claim.refused }),
    })
}

/// Somebody gets a letter with a link, for their account, or to make one with.
pub(super) async fn claim(base: &Base, tx: &mut Tx, account: Option<&str>, address: &str) -> Result<()> {
    let now = base.clock.now_ms();
    store::forget(tx, now).await?;
    store::put(tx, account.unwrap_or(address), account, address, now + base.config.mail.keep_s * 1000).await?;
    let address = address.to_owned();
    let letter = match account {
        Some(account) => Letter::Confirm { account: account.to_owned(), address },
        None => Letter::Register { address },
    };
    mail::post(base, tx, &letter).await
}

/// The token of a letter that is about to be sent, unless the claim was withdrawn meanwhile. An earlier one stops working.
///
/// # Errors
/// The database's.
pub async fn token(base: &Base, owner: &str, address: &str) -> Result<Option<String>> {
    let token = base.rng.token();
    let mut tx = base.db.begin().await?;
    let there = store::set_token(&mut tx, owner, address, &code_hash(&token), base.clock.now_ms() + VALID_MS).await?;
    tx.commit().await?;
    Ok(there.then_some(token))
}

/// A letter could not be delivered: its person is told.
///
/// # Errors
/// The database's.
pub async fn refused(app: &App, tx: &mut Tx, account: &str, address: &str) -> Result<()> {
    store::refuse(tx, account, address).await?;
    if let Some(account) = accounts::by_id(tx, account).await? {
        app.bus.tell_me(&account.uid);
    }
    Ok(())
}

fn gone() -> Problem {
    Problem::new("gone").detail("This link was used already or is too old. Ask for a new one.")
}

fn taken() -> Problem {
    Problem::new("email_taken").detail("Another account here has this address. Remove it there first.")
}

async fn by_token(q: &mut impl Query, token: &str, now: i64) -> Result<Claim> {
    store::by_token(q, &code_hash(token), now).await?.ok_or_else(gone)
}

/// Whoever reads the mailbox says so. Answers with the account.
pub(super) async fn confirm(app: &App, token: &str) -> Result<Account> {
    let mut tx = app.db.begin().await?;
    let claim = by_token(&mut tx, token, app.clock.now_ms()).await?;
    let account = accounts::by_id(&mut tx, &claim.account.ok_or_else(gone)?).await?.ok_or_else(gone)?;
    if accounts::by_email(&mut tx, &claim.address).await?.is_some_and(|other| other.id != account.id) {
        return Err(taken());
    }
    store::delete(&mut tx, &account.id).await?;
    set(app, &mut tx, &account, Some(&claim.address)).await?;
    tx.commit().await?;
    app.bus.tell_me(&account.uid);
    Ok(account)
}

/// Gives an account another address, or none; the mailbox that was its before is told.
async fn set(base: &Base, tx: &mut Tx, account: &Account, address: Option<&str>) -> Result<()> {
    accounts::set_email(tx, &account.id, address).await?;
    match &account.email {
        Some(old) if Some(&**old) != address => {
            mail::post(base, tx, &Letter::Moved { account: account.id.clone(), address: old.clone() }).await
        }
        _ => Ok(()),
    }
}

/// The mailbox that somebody without an account has confirmed by this token.
pub(super) async fn to_register(q: &mut impl Query, token: &str, now: i64) -> Result<String> {
    let claim = by_token(q, token, now).await?;
    if claim.account.is_some() {
        return Err(gone());
    }
    if accounts::by_email(q, &claim.address).await?.is_some() {
        return Err(taken());
    }
    Ok(claim.address)
}

/// What an account begins with.
pub(super) async fn begin(base: &Base, tx: &mut Tx, account: &mut Account, new: &NewEmail) -> Result<()> {
    if !new.confirmed {
        return claim(base, tx, Some(&account.id), &new.address).await;
    }
    if accounts::by_email(tx, &new.address).await?.is_some() {
        return Err(taken());
    }
    store::delete(tx, &new.address).await?;
    account.email = Some(new.address.clone());
    Ok(accounts::set_email(tx, &account.id, Some(&new.address)).await?)
}

/// Somebody gives their account an address, or another one; it counts once it is confirmed.
pub(super) async fn ask(app: &App, auth: &Auth, address: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    crate::factors::require_proof(app, &mut tx, auth).await?;
    let account = accounts::by_id(&mut tx, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    if account.email.as_deref() == Some(address) {
        return Err(Problem::invalid("email", "same", "This is the address of your account already."));
    }
    claim(app, &mut tx, Some(&account.id), address).await?;
    tx.commit().await?;
    app.bus.tell_me(&auth.uid);
    Ok(())
}

/// Withdraws what waits to be confirmed.
pub(super) async fn withdraw(app: &App, auth: &Auth) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::delete(&mut tx, &auth.account).await?;
    tx.commit().await?;
    app.bus.tell_me(&auth.uid);
    Ok(())
}

/// An account has no address any more.
pub(super) async fn remove(app: &App, auth: &Auth) -> Result<()> {
    let mut tx = app.db.begin().await?;
    crate::factors::require_proof(app, &mut tx, auth).await?;
    let account = accounts::by_id(&mut tx, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    store::delete(&mut tx, &account.id).await?;
    set(app, &mut tx, &account, None).await?;
    tx.commit().await?;
    app.bus.tell_me(&auth.uid);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a1_addresses_are_brought_into_one_form() {
        assert_eq!(check(" Ada.L+x@Bücher.Example ").unwrap(), "ada.l+x@xn--bcher-kva.example");
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "ada@[10.0.0.1]",
            "ada@10.0.0.1",
            "a b@example.org",
            "ädä@example.org",
            "ada@example.org\r\nBcc: x@y.z",
            &format!("{}@example.org", "a".repeat(250)),
        ] {
            assert_eq!(check(bad).unwrap_err().code, "invalid", "{bad}");
        }
    }
}
