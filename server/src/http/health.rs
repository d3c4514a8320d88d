//! `/healthz`, `/readyz`, `/metrics`: for supervisors and monitoring.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::{Client, MaybeAuth};
use crate::error::Problem;
use crate::{App, db};

pub(crate) fn router() -> Router<App> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// The process answers.
async fn alive() -> &'static str {
    "ok\n"
}

/// The database takes writes and has the schema of this program.
///
/// A community that was restored from an older copy and cannot go on by itself is told in further lines: the rest of the
/// instance is ready all the same.
async fn ready(State(app): State<App>) -> Result<String, Problem> {
    let not = |why: String| Problem::new("not_ready").detail(why);
    let version = app.db.schema_version().await.map_err(|e| not(format!("The database does not answer: {e}.")))?;
    if version != db::latest() {
        return Err(not("The database has another schema.".into()));
    }
    app.db.probe(app.clock.now_ms()).await.map_err(|e| not(format!("The database takes no writes: {e}.")))?;
    let alarms = app.alarms();
    Ok(std::iter::once("ready\n".to_owned()).chain(alarms.into_iter().map(|line| format!("{line}\n"))).collect())
}

/// For the machine itself and for admins.
async fn metrics(State(app): State<App>, client: Client, MaybeAuth(auth): MaybeAuth) -> Result<Response, Problem> {
    if !client.ip.is_loopback() && !auth.is_some_and(|a| a.admin) {
        return Err(Problem::forbidden().detail("Figures are shown to admins and to the machine itself."));
    }
    let mut response = app.metrics.render().into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    );
    Ok(response)
}
