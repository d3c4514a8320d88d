//! Another name for an account. The old one is kept from everybody else for ever: what was said to it, or said by it, is
//! never somebody else's.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Account, free, handle, keep_looks, marks, store};
use crate::App;
use crate::db;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Auth, Json, Routes, routes};
use crate::mail::{self, Notice};
use crate::profiles::{self, Me};

/// For how long a change counts, milliseconds.
const MONTH_MS: i64 = 30 * 86_400_000;

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(change))
}

/// Another name within the domain.
#[derive(Deserialize, ToSchema)]
pub struct ChangeHandle {
    handle: String,
}

/// Change the name of the account
///
/// The old name leads nowhere from then on, and nobody else gets it; whoever had it may take it back.
#[utoipa::path(put, path = "/me/handle", request_body = ChangeHandle, responses(
    (status = 200, body = Me),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`handle_taken`", body = Problem),
    (status = 422, description = "`invalid`", body = Problem),
    (status = 429, description = "`rate`: changed too often in 30 days", body = Problem),
))]
async fn change(State(app): State<App>, auth: Auth, Json(asked): Json<ChangeHandle>) -> Result<Json<Me>> {
    let mut tx = app.db.begin().await?;
    factors::require_proof(&app, &mut tx, &auth).await?;
    let account = store::by_id(&mut tx, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    let handle = handle::check(&asked.handle, account.admin)?;
    if handle == account.handle {
        return Err(Problem::invalid("handle", "same", "This is your name already."));
    }
    keep_looks(&mut tx).await?;
    free(&app, &mut tx, &handle, Some(&account)).await?;
    let now = app.clock.now_ms();
    may_change(&app, &store::renamed_since(&mut tx, &account.id, now - MONTH_MS).await?, now)?;
    for mark in marks(&app, &account.handle) {
        store::reserve(&mut tx, &mark, Some(&account.id), now).await?;
    }
    store::rename(&mut tx, &account.id, &handle).await.map_err(|e| match e {
        db::Error::Constraint(_) => super::taken(),
        other => other.into(),
    })?;
    mail::tell(&app, &mut tx, &account.id, Notice::Renamed { before: account.handle.clone() }).await?;
    profiles::rename(&app, &mut tx, &auth, &handle).await?;
    tx.commit().await?;
    profiles::edited(&app, &auth);
    let account = Account { handle, ..account };
    Ok(Json(profiles::me(&mut app.db.read().await?, &account).await?))
}

/// A name is an address that others remember, and each one that is given up is lost for everybody else.
fn may_change(app: &App, before: &[i64], now: i64) -> Result<()> {
    let most = app.config.accounts.renames_a_month as usize;
    let Some(nth) = before.len().checked_sub(most) else { return Ok(()) };
    let free_at = before.get(nth).map_or(MONTH_MS, |at| at + MONTH_MS - now);
    Err(Problem::rate(free_at.unsigned_abs())
        .detail(format!("A name can be changed {most} times in 30 days. Try again later.")))
}
