//! A person's settings of the client: free JSON, the same on all devices.

mod store;

use axum::extract::State;
use serde_json::{Map, Value};

use crate::App;
use crate::bus::PersonNotice;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Routes, routes};

/// Largest settings, in bytes of JSON.
pub(crate) const MAX_BYTES: usize = 16 * 1024;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(get, put))
}

/// The settings of an account.
pub async fn of(q: &mut impl Query, account: &str) -> Result<Map<String, Value>> {
    let text = store::settings(q, account).await?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// The settings
#[utoipa::path(get, path = "/me/settings", responses((status = 200, body = Object)))]
async fn get(State(app): State<App>, auth: Auth) -> Result<Json<Map<String, Value>>> {
    let mut read = app.db.read().await?;
    Ok(Json(of(&mut read, &auth.account).await?))
}

/// Replace the settings
#[utoipa::path(put, path = "/me/settings", request_body = Object, responses(
    (status = 200, body = Object),
    (status = 413, body = Problem),
))]
async fn put(
    State(app): State<App>,
    auth: Auth,
    Json(settings): Json<Map<String, Value>>,
) -> Result<Json<Map<String, Value>>> {
    let text = serde_json::to_string(&settings).map_err(Problem::internal)?;
    if text.len() > MAX_BYTES {
        return Err(Problem::too_large(MAX_BYTES as u64));
    }
    let mut tx = app.db.begin().await?;
    store::set(&mut tx, &auth.account, &text).await?;
    tx.commit().await?;
    told(&app, &auth);
    Ok(Json(settings))
}

/// Sets some of an account's settings; the others stay. After the commit comes [`told`].
///
/// # Errors
/// 413 `too_large`.
pub async fn merge(tx: &mut Tx, account: &str, some: Map<String, Value>) -> Result<()> {
    let mut all = of(tx, account).await?;
    all.extend(some);
    let text = serde_json::to_string(&all).map_err(Problem::internal)?;
    if text.len() > MAX_BYTES {
        return Err(Problem::too_large(MAX_BYTES as u64));
    }
    Ok(store::set(tx, account, &text).await?)
}

/// The person's other devices take changed settings over.
pub fn told(app: &App, auth: &Auth) {
    if let Ok(uid) = auth.uid.parse() {
        app.bus.tell_person(&uid, PersonNotice::Settings);
    }
}
