//! `/me/deletion` and `/deletions`.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::end;
use super::store::{self, Deletion};
use crate::App;
use crate::accounts;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Auth, Json, Routes, routes};
use crate::sessions;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(ask, cancel)).routes(routes!(look))
}

/// What goes with the account.
#[derive(Deserialize, ToSchema)]
pub struct DeleteMe {
    /// Erase everything that one posted; otherwise it stays, under a deleted account.
    erase: bool,
}

/// An account that will be deleted.
#[derive(Serialize, ToSchema)]
pub struct DeletionSet {
    /// When; until then it can be taken back. Unix milliseconds.
    due_at: i64,
    /// Address of the page that shows how far it is, also when the account is gone. It is told this once.
    link: String,
}

/// Delete the account
///
/// It ends after `accounts.deletion_days`; until then it can be taken back.
#[utoipa::path(post, path = "/me/deletion", request_body = DeleteMe, responses(
    (status = 201, body = DeletionSet),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`owner_cannot_leave`, `last_admin`, `conflict`: the day is set already", body = Problem),
))]
async fn ask(
    State(app): State<App>,
    auth: Auth,
    Json(asked): Json<DeleteMe>,
) -> Result<(StatusCode, Json<DeletionSet>)> {
    let mut read = app.db.read().await?;
    factors::require_proof(&app, &mut read, &auth).await?;
    let account = accounts::by_id(&mut read, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    end::may_end(&app, &mut read, &account).await?;
    drop(read);
    let due_at = app.clock.now_ms() + app.config.accounts.deletion_days * 86_400_000;
    let token = end::schedule(&app, &account, asked.erase, due_at).await?;
    app.bus.tell_me(&auth.uid);
    Ok((StatusCode::CREATED, Json(DeletionSet { due_at, link: end::link(&app, &token) })))
}

/// Keep the account after all
#[utoipa::path(delete, path = "/me/deletion", responses(
    (status = 204),
    (status = 404, description = "`not_found`: no day is set", body = Problem),
))]
async fn cancel(State(app): State<App>, auth: Auth) -> Result<StatusCode> {
    let mut tx = app.db.begin().await?;
    if !store::cancel(&mut tx, &auth.uid).await? {
        return Err(Problem::not_found().detail("Your account is not about to be deleted."));
    }
    tx.commit().await?;
    app.bus.tell_me(&auth.uid);
    Ok(StatusCode::NO_CONTENT)
}

/// What the page of a deleted account asks.
#[derive(Deserialize, ToSchema)]
pub struct DeletionToken {
    /// From the link.
    token: String,
}

/// How far a deletion is.
#[derive(Serialize, ToSchema)]
pub struct DeletionProgress {
    /// `scheduled`, `leaving`, `confirming` or `done`.
    #[schema(value_type = DeletionStage)]
    state: &'static str,
    /// Whether what they posted is erased, too.
    erase: bool,
    /// Unix milliseconds, as the following.
    asked_at: i64,
    due_at: i64,
    /// When it was done, or it was waited for long enough.
    #[schema(required)]
    settled_at: Option<i64>,
    /// The instances that signed that they keep nothing any more, this one among them, and those that did not yet.
    confirmed: Vec<String>,
    missing: Vec<String>,
}

/// How far a deletion is.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word in the document")]
enum DeletionStage {
    Scheduled,
    Leaving,
    Confirming,
    Done,
}

/// See how far a deletion is
#[utoipa::path(post, path = "/deletions/look", security(()), request_body = DeletionToken, responses(
    (status = 200, body = DeletionProgress),
    (status = 404, description = "`not_found`: taken back, or done long ago", body = Problem),
))]
async fn look(State(app): State<App>, Json(asked): Json<DeletionToken>) -> Result<Json<DeletionProgress>> {
    let mut read = app.db.read().await?;
    let found = store::by_token(&mut read, &sessions::hash(&asked.token)).await?;
    let deletion = found.ok_or_else(|| Problem::not_found().detail("It was taken back, or it is done long since."))?;
    let mut progress = store::progress(&mut read, &deletion.uid).await?;
    if deletion.gone_at.is_some() && !progress.missing.contains(app.domain.as_str()) {
        progress.confirmed.insert(app.domain.to_string());
    }
    let Deletion { state, erase, asked_at, due_at, settled_at, .. } = deletion;
    let (confirmed, missing) = (progress.confirmed.into_iter().collect(), progress.missing.into_iter().collect());
    Ok(Json(DeletionProgress { state: state.as_str(), erase, asked_at, due_at, settled_at, confirmed, missing }))
}
