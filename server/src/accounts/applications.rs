//! Registration by approval: somebody asks, and an admin lets them in or not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::application_store::{self as store, Application};
pub use super::application_store::{all, count};
use super::work::{self, Done};
use super::{Account, Prepared, insert, store as accounts};
use crate::error::{Problem, Result};
use crate::mail::{self, Letter};
use crate::{App, Base, profiles};

/// More do not wait at a time: what nobody reads must not fill the database.
const MANY: i64 = 500;
/// An application that nobody decided on is forgotten after so many milliseconds (30 days).
const VALID_MS: i64 = 30 * 86_400_000;
/// Longest reason, characters.
const REASON: usize = 500;

/// The application was taken down; an admin decides.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Applied {
    /// The name that is kept for the person meanwhile.
    pub handle: String,
}

/// What the person says of themselves, as it is kept.
///
/// # Errors
/// `invalid`.
pub(super) fn check_reason(typed: Option<&str>) -> Result<String> {
    profiles::check_text("reason", typed.unwrap_or_default().trim(), REASON, true)
}

/// Takes an application down and tells the admins.
pub(super) async fn apply(app: &App, new: &Prepared, reason: &str, done: Option<Done>) -> Result<Applied> {
    let mut tx = app.db.begin().await?;
    work::spend(app, &mut tx, done).await?;
    store::forget(&mut tx, app.clock.now_ms() - VALID_MS).await?;
    // Again, under the lock.
    super::free(app, &mut tx, &new.handle, None).await?;
    if store::count(&mut tx).await? >= MANY {
        return Err(Problem::new("registration_closed").detail("Too many people are waiting already. Try again later."));
    }
    let id = format!("app_{}", data_encoding::BASE32_NOPAD.encode(&app.rng.bytes::<15>()).to_lowercase());
    store::insert(&mut tx, &id, new, reason, app.clock.now_ms()).await?;
    tx.commit().await?;
    super::tell_admins(app).await;
    Ok(Applied { handle: new.handle.clone() })
}

/// Lets somebody in.
///
/// # Errors
/// `not_found` where it was decided already.
pub async fn accept(base: &Base, id: &str) -> Result<Account> {
    let mut tx = base.db.begin().await?;
    let Application { handle, display_name, password_hash, mut email, .. } =
        store::take(&mut tx, id).await?.ok_or_else(decided)?;
    if let Some(new) = &email
        && accounts::by_email(&mut tx, &new.address).await?.is_some()
    {
        // Somebody else has it by now; this one may still have an account.
        email = None;
    }
    let told = email.as_ref().filter(|email| email.confirmed).map(|email| email.address.clone());
    let account = insert(base, &mut tx, Prepared { handle, display_name, password_hash, admin: false, email }).await?;
    if let Some(address) = told {
        mail::post(base, &mut tx, &Letter::LetIn { account: account.id.clone(), address }).await?;
    }
    tx.commit().await?;
    tracing::info!(account = %account.id, "an application is accepted");
    Ok(account)
}

/// Turns somebody down. Nothing of them is kept, and the name is free again.
///
/// # Errors
/// `not_found` where it was decided already.
pub async fn decline(base: &Base, id: &str) -> Result<()> {
    let mut tx = base.db.begin().await?;
    store::take(&mut tx, id).await?.ok_or_else(decided)?;
    Ok(tx.commit().await?)
}

fn decided() -> Problem {
    Problem::not_found().detail("This was decided already.")
}
