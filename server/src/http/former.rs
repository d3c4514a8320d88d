//! Requests to a domain that this instance has left: whoever comes there is shown where it went.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::App;
use crate::error::Problem;

/// The answer to a request for a domain that was left; none where the request is for this instance as it is now. What other
/// instances ask for is answered by the protocol.
pub(super) fn answer(app: &App, request: &Request) -> Option<Response> {
    app.peers.domains.former(request, app.clock.now_ms())?;
    let path = request.uri().path();
    if path.starts_with("/.well-known/") || path.starts_with("/federation/") {
        return None;
    }
    if path.starts_with("/api/") {
        let detail = format!("This instance is at {} now. Open it there and sign in again.", app.config.public_url());
        return Some(Problem::new("moved").domain(app.domain.as_str()).detail(detail).into_response());
    }
    let there = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
    let location = HeaderValue::from_str(&format!("{}{there}", app.config.public_url())).ok()?;
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    // It holds for a while only: the domain may belong to somebody else one day.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}
