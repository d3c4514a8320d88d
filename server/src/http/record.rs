//! Gives every request an id, a span in the log, and its count; writes the id into problem documents.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use tracing::Span;

use crate::App;
use crate::error::Problem;
use crate::metrics::{ProblemLabels, RequestLabels};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request that is on its way.
pub(super) struct Record {
    /// What is logged meanwhile belongs to it.
    pub span: Span,
    id: String,
    route: String,
    method: String,
    began_ms: i64,
}

impl Record {
    /// Before anything else is done with it.
    pub fn begin(app: &App, request: &Request) -> Self {
        let id = data_encoding::HEXLOWER.encode(&app.rng.bytes::<8>());
        // The pattern and not the path: a path can hold an invitation's code.
        let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
        let method = request.method().as_str().to_owned();
        let span = tracing::info_span!("request", id = %id, method = %method, route = %route);
        Self { span, id, route, method, began_ms: app.clock.now_ms() }
    }

    /// When its answer is known.
    pub fn end(self, app: &App, response: &mut Response) {
        let Self { span, id, route, method, began_ms } = self;
        let took_ms = app.clock.now_ms().saturating_sub(began_ms).max(0);
        let status = response.status().as_u16();
        if let Some(problem) = response.extensions_mut().remove::<Arc<Problem>>() {
            app.metrics.problems.get_or_create(&ProblemLabels { code: problem.code.clone() }).inc();
            let mut problem = Arc::unwrap_or_clone(problem);
            tracing::debug!(parent: &span, code = %problem.code, status, "refused");
            problem.request_id = Some(id.clone());
            if let Ok(body) = serde_json::to_vec(&problem) {
                response.headers_mut().remove(header::CONTENT_LENGTH);
                // The body is new and plain, whatever a compressing layer further in said of the old one.
                response.headers_mut().remove(header::CONTENT_ENCODING);
                *response.body_mut() = Body::from(body);
            }
        }
        if let Ok(value) = HeaderValue::try_from(id) {
            response.headers_mut().insert(HEADER, value);
        }
        app.metrics.requests.get_or_create(&RequestLabels { route, method, status }).inc();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a request fit exactly")]
        app.metrics.request_seconds.observe(took_ms as f64 / 1000.0);
        tracing::debug!(parent: &span, status, took_ms, "answered");
    }
}
