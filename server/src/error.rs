//! Errors of the APIs as RFC 9457 problem documents. The only place that knows status codes.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db;

/// Results of everything that answers a request.
pub type Result<T> = std::result::Result<T, Problem>;

/// An error that a person or a program can act on. Codes are a contract: they do not change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Address of the description: `https://conntext.dev/e/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What happened and what to do, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request's id, as in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When trying again may help, in milliseconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Faults of single fields of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<FieldProblem>>,
    /// The instance that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Further members that a code of the protocol between instances brings along.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// A fault of one field of the request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field's name as in the request.
    pub field: String,
    /// The stable code.
    pub code: String,
    /// What is wrong with it, in a sentence.
    pub message: String,
}

/// Code, status, title. Codes of the protocol between instances have theirs in the protocol crate.
const CODES: &[(&str, u16, &str)] = &[
    ("bad_request", 400, "The request cannot be understood"),
    ("bad_json", 400, "The JSON in the request cannot be read"),
    ("not_signed_in", 401, "You are not signed in"),
    ("token_expired", 401, "The token must be renewed"),
    ("token_reused", 401, "The token was used before"),
    ("bad_credentials", 401, "The name or the password is wrong"),
    ("bad_code", 401, "The code is wrong"),
    ("bad_passkey", 401, "The passkey does not sign you in"),
    ("csrf", 403, "The request came from another site"),
    ("forbidden", 403, "You may not do this"),
    ("banned", 403, "You are banned here"),
    ("timed_out", 403, "You cannot write here for a while"),
    ("blocked", 403, "That instance is blocked"),
    ("not_allowed", 403, "That instance is not on the list of allowed ones"),
    ("in_review", 403, "An admin has to decide about that instance first"),
    ("not_member", 403, "You are not a member"),
    ("proof_required", 403, "It has to be proven that it is you"),
    ("insecure_transport", 403, "The connection is not encrypted"),
    ("setup_token_invalid", 403, "The set-up address is not valid"),
    ("registration_closed", 403, "This instance takes no new accounts"),
    ("approval_pending", 403, "An admin has to let you in first"),
    ("invite_required", 403, "An invitation is needed"),
    ("email_required", 403, "An e-mail address is needed"),
    ("work_required", 403, "A question has to be answered first"),
    ("suspended", 403, "This account is suspended"),
    ("account_moved", 403, "This account lives elsewhere now"),
    ("ticket_invalid", 403, "The ticket is not valid"),
    ("not_found", 404, "There is nothing here"),
    ("invite_unknown", 404, "There is no such invitation"),
    ("method_not_allowed", 405, "That method does not exist here"),
    ("moved", 421, "This instance has another domain now"),
    ("timeout", 408, "The request took too long"),
    ("name_taken", 409, "The name is taken"),
    ("handle_taken", 409, "The name is taken"),
    ("email_taken", 409, "The address belongs to another account"),
    ("export_running", 409, "An archive of your data is being made"),
    ("conflict", 409, "That cannot be done now"),
    ("upload_offset", 409, "The upload does not go on there"),
    ("owner_cannot_leave", 409, "The owner cannot leave"),
    ("last_admin", 409, "Nobody else administers this instance"),
    ("no_offer", 409, "That instance does not keep profiles of others"),
    ("no_recovery", 409, "This community has no recovery keys"),
    ("hub_answers", 409, "The place of this community answers"),
    ("own_key_set", 409, "There is a key already"),
    ("account_in_use", 409, "This account has taken part here already"),
    ("no_own_key", 409, "This identity has no key of its own"),
    ("chain_full", 409, "The identity has no room for another change"),
    ("setup_done", 409, "This instance is set up already"),
    ("invite_expired", 410, "The invitation has expired"),
    ("invite_spent", 410, "The invitation was used up"),
    ("gone", 410, "It is gone"),
    ("too_large", 413, "That is too large"),
    ("unsupported_type", 415, "That type is not supported"),
    ("range", 416, "There is no such part"),
    ("invalid", 422, "Something in the request is not right"),
    ("weak_password", 422, "The password is too easy to guess"),
    ("rate", 429, "Too many requests"),
    ("internal", 500, "Something went wrong here"),
    ("peer_unreachable", 502, "The other instance cannot be reached"),
    ("peer_error", 502, "The other instance gave a wrong answer"),
    ("overloaded", 503, "Too much is going on"),
    ("paused", 503, "The exchange with that instance is stopped for a while"),
    ("not_ready", 503, "The instance is not ready"),
    ("damaged", 503, "A part of this instance's data cannot be read"),
    ("storage_full", 507, "The disk of this instance is full"),
    ("quota", 507, "There is no room left"),
];

impl Problem {
    /// A problem by its code. A code that is not in the table is a fault of the program and answers 500.
    pub fn new(code: &'static str) -> Self {
        match CODES.iter().find(|c| c.0 == code) {
            Some((code, status, title)) => Self::with_status(code, *status, title),
            None => {
                tracing::error!(code, "a problem code without a status");
                Self::with_status("internal", 500, "Something went wrong here")
            }
        }
    }

    /// A problem of the protocol between instances, with the status that its specification gives it.
    pub fn with_status(code: &str, status: u16, title: &str) -> Self {
        Self {
            kind: format!("https://conntext.dev/e/{code}"),
            title: title.to_owned(),
            status,
            code: code.to_owned(),
            detail: None,
            request_id: None,
            retry_after_ms: None,
            fields: None,
            domain: None,
            extra: serde_json::Map::new(),
        }
    }

    /// What happened and what to do.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// A fault of one field; call it several times for several.
    #[must_use]
    pub fn field(mut self, field: &str, code: &str, message: impl Into<String>) -> Self {
        self.fields.get_or_insert_default().push(FieldProblem {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.into(),
        });
        self
    }

    /// When to try again, in milliseconds from now.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// The instance that it is about.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// A further member, such as `next` of `gap`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// 404 `not_found`.
    pub fn not_found() -> Self {
        Self::new("not_found")
    }

    /// 403 `forbidden`.
    pub fn forbidden() -> Self {
        Self::new("forbidden")
    }

    /// 401 `not_signed_in`.
    pub fn not_signed_in() -> Self {
        Self::new("not_signed_in").detail("Sign in and try again.")
    }

    /// 422 `invalid` with one field.
    pub fn invalid(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self::new("invalid").field(field, code, message)
    }

    /// 413 `too_large` with the limit in bytes.
    pub fn too_large(limit: u64) -> Self {
        Self::new("too_large").detail(format!("At most {limit} bytes are accepted here.")).with("limit", limit)
    }

    /// 429 `rate`.
    pub fn rate(retry_after_ms: u64) -> Self {
        let seconds = retry_after_ms.div_ceil(1000).max(1);
        Self::new("rate").detail(format!("Wait {seconds} s and try again.")).retry_after_ms(retry_after_ms)
    }

    /// 500 `internal`; `what` goes to the log and not to the asker.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        tracing::error!(error = %what, "internal error");
        Self::new("internal")
            .detail("It was written to the log of the instance. Try again; if it stays, tell the admin the request id.")
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.detail.as_deref().unwrap_or(&self.title))
    }
}

impl std::error::Error for Problem {}

impl From<db::Error> for Problem {
    fn from(e: db::Error) -> Self {
        match e {
            db::Error::Full => {
                tracing::error!("the disk is full: writes are refused until there is room");
                Self::new("storage_full").detail("Nothing can be saved until the admin makes room. Reading goes on.")
            }
            db::Error::Damaged(what) => {
                tracing::error!(
                    error = what,
                    "the database is damaged: stop the instance and run: conntext fed reconcile"
                );
                Self::new("damaged")
                    .detail("An administrator has to repair the database. What is still to be read can be read.")
            }
            db::Error::Busy => Self::new("overloaded").detail("Try again in a moment.").retry_after_ms(1_000),
            other => Self::internal(other),
        }
    }
}

/// Codes of the protocol carry the status that its specification gives them between instances. Towards people's
/// own clients use [`Problem::new`], whose statuses are those of the client API.
impl From<conntext_federation::error::Code> for Problem {
    fn from(code: conntext_federation::error::Code) -> Self {
        let title = CODES.iter().find(|c| c.0 == code.as_str()).map_or("The request was refused", |c| c.2);
        Self::with_status(code.as_str(), code.status(), title)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(ms) = self.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000)));
        }
        // The layer that knows the request's id writes it into the body: see `http::record`.
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}
