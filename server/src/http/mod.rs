//! What all routes share: extractors, request ids, security headers, CSRF defence, the embedded web app,
//! health and the API's own description.

pub mod auth;
pub mod client;
mod csrf;
mod described;
pub mod docs;
pub mod extract;
mod former;
mod headers;
pub mod health;
pub mod rate;
mod record;
pub mod web;

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tower::ServiceBuilder;
use tracing::Instrument as _;

pub use auth::{Admin, Auth, MaybeAuth};
pub use client::Client;
pub(crate) use described::routes;
pub use described::{Described, Routes};
pub use extract::{Json, Path, Query};

use crate::{App, error::Problem};

/// Wraps all routes in what every request passes through. At each `layer` of a router, axum clones and boxes everything
/// further in for every request, so there is one.
pub(crate) fn layers(router: Router<App>, app: &App) -> Router<App> {
    router.method_not_allowed_fallback(|| async { Problem::new("method_not_allowed") }).layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(app.clone(), every))
            .layer(DefaultBodyLimit::max(app.config.http.body_bytes)),
    )
}

async fn every(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let record = record::Record::begin(&app, &request);
    let client = client::identify(&app, &request);
    request.extensions_mut().insert(client);
    let answered = async {
        if let Some(answer) = former::answer(&app, &request) {
            return answer;
        }
        if let Err(problem) = csrf::check(&app, &request) {
            return problem.into_response();
        }
        caught(next.run(request)).await
    };
    let mut response = answered.instrument(record.span.clone()).await;
    headers::add(response.headers_mut(), client.tls);
    record.end(&app, &mut response);
    response
}

/// A panic is a fault of ours: the asker gets a 500 with the request's id, and everybody else goes on.
async fn caught(answer: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let what = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        Problem::internal(format!("panic: {what}")).into_response()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn l2_a_panic_is_answered_with_a_problem() {
        let answer = caught(async { panic!("of a handler") }).await;
        assert_eq!(answer.status(), 500);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
}
