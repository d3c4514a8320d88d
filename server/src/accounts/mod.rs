//! Accounts of this instance: creating them, their passwords, the first run.

mod application_routes;
mod application_store;
pub mod applications;
pub mod email;
mod email_routes;
mod email_store;
mod handle;
mod password;
mod recovery;
mod rename;
mod routes;
mod setup;
mod store;
mod work;

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};

use crate::config::{Email, Limits};
use crate::db::{self, Query, Tx};
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::http::rate::RateLimit;
use crate::mail::{self, Notice};
use crate::profiles;
use crate::{App, Base, factors, moving, sessions};

pub use handle::check as check_handle;
pub use password::Passwords;
pub use recovery::link as recovery_link;
pub use routes::router;
pub use setup::{FILE as SETUP_FILE, offer as offer_setup};
pub use store::Account;

use email::NewEmail;

/// Limits on guessing and on making accounts.
pub struct Guard {
    by_address: RateLimit<IpAddr>,
    by_account: RateLimit<String>,
    /// Codes of authenticator apps, by account.
    pub(crate) by_code: RateLimit<String>,
    /// Passwords typed once more by somebody who is signed in, by account: what strangers try does not count here.
    by_proof: RateLimit<String>,
    register: RateLimit<IpAddr>,
    /// Questions to passkeys, by address: each is remembered until it is answered or five minutes old.
    pub(crate) passkeys: RateLimit<IpAddr>,
    /// Letters that strangers cause: by address on the network, and by mailbox.
    mail_askers: RateLimit<IpAddr>,
    pub(crate) by_mailbox: RateLimit<String>,
    /// Letters that somebody who is signed in causes, by account.
    by_writer: RateLimit<String>,
    /// Requests of the client API, by account.
    pub(crate) api: RateLimit<String>,
}

impl Guard {
    /// With the configuration's rates.
    pub fn new(limits: &Limits) -> Self {
        let refill = limits.sign_in_refill_s * 1000;
        Self {
            by_address: RateLimit::new(limits.sign_in_burst, refill),
            by_account: RateLimit::new(limits.sign_in_burst, refill),
            by_code: RateLimit::new(limits.sign_in_burst, refill),
            by_proof: RateLimit::new(limits.sign_in_burst, refill),
            passkeys: RateLimit::new(limits.passkey_burst, limits.passkey_refill_s * 1000),
            register: RateLimit::new(limits.register_burst, limits.register_refill_s * 1000),
            mail_askers: RateLimit::new(limits.mail_burst, limits.mail_refill_s * 1000),
            by_mailbox: RateLimit::new(limits.mail_burst, limits.mail_refill_s * 1000),
            by_writer: RateLimit::new(limits.mail_burst, limits.mail_refill_s * 1000),
            api: RateLimit::new(limits.api_burst, 1000 / u64::from(limits.api_per_s.clamp(1, 1000))),
        }
    }
}

/// What an account begins with.
pub struct NewAccount<'a> {
    /// As typed.
    pub handle: &'a str,
    /// As typed.
    pub password: &'a str,
    /// The handle when empty.
    pub display_name: Option<&'a str>,
    /// May administer the instance; such an account may also have an official name.
    pub admin: bool,
}

/// A checked account that is not written yet. Hashing is slow, so it happens before the transaction.
pub struct Prepared {
    handle: String,
    display_name: String,
    password_hash: String,
    admin: bool,
    email: Option<NewEmail>,
}

/// A new password of somebody must not be what everybody knows about them, and guesses first.
async fn check_password(
    base: &Base,
    field: &'static str,
    password: &str,
    handle: &str,
    display_name: &str,
) -> Result<()> {
    let instance = instance_name(base, &mut base.db.read().await?).await?;
    base.passwords.check(field, password, &[handle, display_name, &base.config.instance.domain, &instance]).await
}

/// The name for people; the handle where none was typed.
fn shown_name(handle: &str, typed: Option<&str>) -> Result<String> {
    match typed.map(str::trim) {
        Some(name) if !name.is_empty() => profiles::check_display_name(name),
        _ => Ok(handle.to_owned()),
    }
}

/// Checks name and password.
pub async fn prepare(base: &Base, new: NewAccount<'_>) -> Result<Prepared> {
    let handle = handle::check(new.handle, new.admin)?;
    let display_name = shown_name(&handle, new.display_name)?;
    check_password(base, "password", new.password, &handle, &display_name).await?;
    // Before the hash: a taken name should answer at once. The unique index decides in the end.
    let mut read = base.db.read().await?;
    free(base, &mut read, &handle, None).await?;
    drop(read);
    let password_hash = base.passwords.hash(&*base.rng, new.password).await?;
    Ok(Prepared { handle, display_name, password_hash, admin: new.admin, email: None })
}

/// Checks the name of somebody who signs in with another service and has no password.
///
/// # Errors
/// `invalid`, `handle_taken`.
pub async fn prepare_without_password(
    base: &Base,
    typed: &str,
    display_name: &str,
    admin: bool,
    email: Option<String>,
) -> Result<Prepared> {
    let handle = handle::check(typed, admin)?;
    let display_name = shown_name(&handle, Some(display_name))?;
    let mut read = base.db.read().await?;
    free(base, &mut read, &handle, None).await?;
    // An address that another account has stays with it; this one does without.
    let email = match email.and_then(|email| email::check(&email).ok()).filter(|_| email::mode(base) != Email::Off) {
        Some(address) if store::by_email(&mut read, &address).await?.is_none() => {
            Some(NewEmail { address, confirmed: true })
        }
        _ => None,
    };
    Ok(Prepared { handle, display_name, password_hash: String::new(), admin, email })
}

/// Makes somebody an administrator, or none any more.
///
/// # Errors
/// The database's.
pub async fn set_admin(tx: &mut Tx, account: &mut Account, admin: bool) -> Result<()> {
    account.admin = admin;
    tracing::info!(account = %account.id, admin, "who administers the instance");
    Ok(store::set_admin(tx, &account.id, admin).await?)
}

/// Makes the person's identity and writes the account with it and the profile.
pub async fn insert(base: &Base, tx: &mut Tx, new: Prepared) -> Result<Account> {
    keep_looks(tx).await?;
    // Again, under the lock.
    free(base, tx, &new.handle, None).await?;
    let identity = profiles::new_identity(base)?;
    let mut account = Account {
        id: format!("acc_{}", data_encoding::BASE32_NOPAD.encode(&base.rng.bytes::<15>()).to_lowercase()),
        uid: identity.uid().to_owned(),
        handle: new.handle,
        admin: new.admin,
        suspended: false,
        created_at: base.clock.now_ms(),
        email: None,
        password_hash: new.password_hash,
    };
    store::insert(tx, &account).await.map_err(|e| match e {
        db::Error::Constraint(_) => taken(),
        other => other.into(),
    })?;
    profiles::insert_local(base, tx, identity, &account.handle, &new.display_name).await?;
    if let Some(email) = &new.email {
        email::begin(base, tx, &mut account, email).await?;
    }
    Ok(account)
}

/// Writes what the names of accounts look like that were made when that was not kept.
async fn keep_looks(tx: &mut Tx) -> Result<()> {
    for (id, handle) in store::without_look(tx).await? {
        store::set_look(tx, &id, &handle::look(&handle)).await?;
    }
    Ok(())
}

/// Whether nobody here has the name or had it, or one that is mistaken for it. `own` is the account that wants it; it may
/// have had it before.
async fn free(base: &Base, q: &mut impl Query, handle: &str, own: Option<&Account>) -> Result<()> {
    let own = own.map_or("", |account| account.id.as_str());
    for mark in marks(base, handle) {
        if store::is_reserved(q, &mark, own).await? {
            return Err(taken());
        }
    }
    match store::looking_like(q, &handle::look(handle), own).await? {
        None if store::by_handle(q, handle).await?.is_none_or(|holder| holder.id == own) => Ok(()),
        Some((other, true)) if other != handle => Err(Problem::new("handle_taken").field(
            "handle",
            "handle_confusable",
            format!("This looks like {other}, who is here already. Choose a name that cannot be mistaken."),
        )),
        _ => Err(taken()),
    }
}

/// What is kept of a name that was given up.
fn marks(base: &Base, handle: &str) -> [Vec<u8>; 2] {
    [base.keys.seal.mark("handle", handle), base.keys.seal.mark("look", &handle::look(handle))]
}

/// Removes an account with everything that belongs to it alone. Its name is never given again.
///
/// # Errors
/// The database's.
pub async fn remove(base: &Base, tx: &mut Tx, account: &Account) -> Result<()> {
    for mark in marks(base, &account.handle) {
        store::reserve(tx, &mark, None, base.clock.now_ms()).await?;
    }
    Ok(store::remove(tx, &account.id).await?)
}

/// An account stands for another person from now on: for somebody who came from another instance.
///
/// # Errors
/// The database's.
pub async fn stands_for(tx: &mut Tx, account: &str, uid: &str) -> Result<()> {
    Ok(store::set_uid(tx, account, uid).await?)
}

/// Whether nobody else administers the instance.
///
/// # Errors
/// The database's.
pub async fn is_last_admin(q: &mut impl Query, account: &Account) -> Result<bool> {
    Ok(account.admin && store::admins(q).await?.iter().all(|uid| *uid == account.uid))
}

fn taken() -> Problem {
    Problem::new("handle_taken").field(
        "handle",
        "handle_taken",
        "Somebody here has this name already. Choose another one.",
    )
}

/// The account that somebody means: by its name, with or without the domain, or by its confirmed e-mail address.
///
/// # Errors
/// The database's.
pub async fn named(app: &App, q: &mut impl Query, typed: &str) -> Result<Option<Account>> {
    // Both are asked for whatever the first one says: who is here must not be told by the time that it takes.
    let by_handle = store::by_handle(q, &plain_name(app, typed)).await?;
    let by_email = store::by_email(q, &typed.trim().to_lowercase()).await?;
    Ok(by_handle.or(by_email))
}

/// Whether it is the password of an account, or of somebody who waits for one. A name that does not exist takes as long and
/// answers the same.
async fn verify(app: &App, account: Option<Account>, handle: &str, password: &str) -> Result<Account> {
    let (name, mut read) = (plain_name(app, handle), app.db.read().await?);
    let waiting = application_store::by_handle(&mut read, &name).await?;
    let gone = moving::gone(&mut read, &name).await?.filter(|gone| account.is_none() && !gone.password_hash.is_empty());
    drop(read);
    let hash = match (&account, &gone) {
        (Some(account), _) => Some(&account.password_hash).filter(|_| account.has_password()),
        (None, Some(gone)) => Some(&gone.password_hash),
        (None, None) => waiting.as_ref().map(|waiting| &waiting.password_hash),
    };
    let matches = app.passwords.verify(hash.cloned(), password).await?;
    if let Some(gone) = gone.filter(|_| matches) {
        let detail = format!("This account lives at {} now. Sign in there.", gone.domain);
        return Err(Problem::new("account_moved").domain(&gone.domain).detail(detail));
    }
    if matches && account.is_none() {
        return Err(Problem::new("approval_pending").detail("Your application is with the admins of this instance."));
    }
    let account = account.filter(|_| matches);
    let account = account.ok_or_else(|| Problem::new("bad_credentials").detail("Check the name and the password."))?;
    require_active(&account)?;
    Ok(account)
}

/// Whether somebody may sign in to an account at all.
///
/// # Errors
/// `suspended`.
pub fn require_active(account: &Account) -> Result<()> {
    if account.suspended {
        return Err(Problem::new("suspended").detail("The admin of this instance has suspended this account."));
    }
    Ok(())
}

/// The name in one form, whether typed as `ada`, `@Ada` or `ada@domain`, also with a domain that was this instance's.
fn plain_name(app: &App, typed: &str) -> String {
    let name = typed.trim().trim_start_matches('@').to_lowercase();
    match name.split_once('@') {
        Some((plain, domain)) if app.peers.domains.is_ours(app, domain) => plain.to_owned(),
        _ => name,
    }
}

/// Sign-in with limits on failures, by address and by account.
pub async fn sign_in(app: &App, address: IpAddr, handle: &str, password: &str) -> Result<Account> {
    let now = app.clock.now_ms();
    let account = named(app, &mut app.db.read().await?, handle).await?;
    // One bucket however somebody is named, and no longer than a name can be: the key stays in memory.
    let name = account.as_ref().map_or_else(|| plain_name(app, handle), |account| account.handle.clone());
    let key: String = name.chars().take(64).collect();
    app.guard.by_address.look(&address, now)?;
    app.guard.by_account.look(&key, now)?;
    let result = verify(app, account, handle, password).await;
    if result.as_ref().is_err_and(|e| e.code == "bad_credentials") {
        // Two attempts in flight may both have looked: the later charge then only finds the bucket empty.
        let _ = app.guard.by_address.take(address, now);
        let _ = app.guard.by_account.take(key, now);
    }
    result
}

/// The account by its id.
pub async fn by_id(q: &mut impl Query, id: &str) -> Result<Option<Account>> {
    Ok(store::by_id(q, id).await?)
}

/// The account by its name.
pub async fn by_handle(q: &mut impl Query, handle: &str) -> Result<Option<Account>> {
    Ok(store::by_handle(q, handle).await?)
}

/// The account that has this confirmed e-mail address.
pub async fn by_email(q: &mut impl Query, email: &str) -> Result<Option<Account>> {
    Ok(store::by_email(q, email).await?)
}

/// The account of a person who is at home here.
pub async fn by_uid(q: &mut impl Query, uid: &str) -> Result<Option<Account>> {
    Ok(store::by_uid(q, uid).await?)
}

/// All accounts, by name.
pub async fn all(q: &mut impl Query) -> Result<Vec<Account>> {
    Ok(store::all(q).await?)
}

/// Whether it is the password of somebody who is signed in. Answers with their account.
///
/// # Errors
/// `bad_credentials` at `field`, `rate`, `suspended`.
pub async fn prove(app: &App, auth: &Auth, field: &'static str, password: &str) -> Result<Account> {
    let now = app.clock.now_ms();
    app.guard.by_proof.look(&auth.account, now)?;
    let account = by_id(&mut app.db.read().await?, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    if !app.passwords.verify(Some(account.password_hash.clone()), password).await? {
        let _ = app.guard.by_proof.take(auth.account.clone(), now);
        return Err(Problem::new("bad_credentials").field(field, "bad_credentials", "This is not your password."));
    }
    require_active(&account)?;
    Ok(account)
}

/// Whether an account is still as it was when its password was verified.
///
/// # Errors
/// `bad_credentials` where it has another password by now, `suspended`.
pub async fn require_same(q: &mut impl Query, verified: &Account) -> Result<()> {
    let now = store::by_id(q, &verified.id).await?.filter(|now| now.password_hash == verified.password_hash);
    require_active(&now.ok_or_else(|| Problem::new("bad_credentials").detail("Check the name and the password."))?)
}

/// Gives an account a new password and ends all of its sessions but `keep`. Answers with those that ended.
///
/// # Errors
/// `weak_password` at `field`, and the database's.
pub async fn set_password(
    base: &Base,
    account: &Account,
    field: &'static str,
    password: &str,
    keep: &str,
) -> Result<Vec<String>> {
    let known = profiles::user(&mut base.db.read().await?, &account.uid).await?;
    check_password(base, field, password, &account.handle, &known.display_name).await?;
    let hash = base.passwords.hash(&*base.rng, password).await?;
    let mut tx = base.db.begin().await?;
    let ended = put_password(base, &mut tx, account, &hash, keep).await?;
    tx.commit().await?;
    Ok(ended)
}

/// What the old password began ends with it: sessions, sign-ins that wait for their code, recovery links.
async fn put_password(base: &Base, tx: &mut Tx, account: &Account, hash: &str, keep: &str) -> Result<Vec<String>> {
    mail::tell(base, tx, &account.id, Notice::Password).await?;
    store::set_password(tx, &account.id, hash).await?;
    store::drop_recoveries(tx, &account.id).await?;
    factors::forget_sign_ins(tx, &account.id).await?;
    sessions::end_but(tx, &account.id, keep).await
}

/// The name of the instance that people see: the one chosen at set-up, else the configuration's.
pub async fn instance_name(base: &Base, q: &mut impl Query) -> Result<String> {
    Ok(db::fact(q, "name").await?.unwrap_or_else(|| base.config.instance.name.clone()))
}

pub(crate) fn code_hash(code: &str) -> [u8; 32] {
    Sha256::digest(code.as_bytes()).into()
}

/// Makes an invitation to register here, for `registration = "invite"`; answers with its code.
pub async fn invite_to_register(base: &Base, uses: u32, days: u32) -> Result<String> {
    let code = data_encoding::BASE32_NOPAD.encode(&base.rng.bytes::<15>()).to_lowercase();
    let expires_at = base.clock.now_ms() + i64::from(days) * 86_400_000;
    let mut tx = base.db.begin().await?;
    store::add_registration_invite(&mut tx, &code_hash(&code), expires_at, i64::from(uses)).await?;
    tx.commit().await?;
    Ok(code)
}

/// The admins' devices show at once who waits for them.
pub async fn tell_admins(app: &App) {
    let admins = async { store::admins(&mut app.db.read().await?).await };
    match admins.await {
        Ok(admins) => {
            for uid in &admins {
                app.bus.tell_me(uid);
            }
        }
        // What was decided is decided; they see it when they come back.
        Err(e) => tracing::warn!(error = %e, "the admins are not told that somebody waits"),
    }
}
