//! What all routes share: extractors, request ids, security headers, CSRF defence, the embedded web app,
//! health and the API's own description.

pub mod auth;
pub mod client;
mod csrf;
pub mod docs;
pub mod extract;
mod headers;
pub mod health;
pub mod rate;
mod request_id;
pub mod web;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;

pub use auth::{Admin, Auth, MaybeAuth};
pub use client::Client;
pub use extract::{Json, Path, Query};

use crate::{App, error::Problem};

/// Wraps all routes in what every request passes through, outermost last.
pub(crate) fn layers(router: Router<App>, app: &App) -> Router<App> {
    router
        .method_not_allowed_fallback(|| async { Problem::new("method_not_allowed") })
        .layer(from_fn_with_state(app.clone(), csrf::check))
        .layer(DefaultBodyLimit::max(app.config.http.body_bytes))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), headers::add))
        .layer(from_fn_with_state(app.clone(), client::identify))
        .layer(from_fn_with_state(app.clone(), request_id::assign))
}

/// A panic is a fault of ours: the asker gets a 500 with the request's id, and everybody else goes on.
fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_default();
    Problem::internal(format!("panic: {what}")).into_response()
}
