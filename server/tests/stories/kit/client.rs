//! What a browser or a program sends and gets.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The JSON in it; null when there is none.
    pub json: Value,
}

impl Answer {
    /// Fails the story unless the status is this one.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// Fails the story unless it is a problem with this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect_status(status);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.json["code"], code, "{}", answer.json);
        assert_eq!(answer.json["status"], status);
        assert_eq!(answer.json["type"], format!("https://conntext.dev/e/{code}"));
        assert!(answer.json["request_id"].is_string());
        answer
    }

    /// The code of the problem's first field.
    #[track_caller]
    pub fn field_code(&self) -> (&str, &str) {
        let field = &self.json["fields"][0];
        (field["field"].as_str().unwrap_or_default(), field["code"].as_str().unwrap_or_default())
    }

    /// The text at a JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let value = self.json.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no text at {pointer} in {}", self.json)).to_owned()
    }

    /// The session cookie that it sets, as `name=value`.
    pub fn cookie(&self) -> Option<String> {
        let value = self.headers.get(header::SET_COOKIE)?.to_str().ok()?;
        Some(value.split(';').next().unwrap_or_default().to_owned())
    }
}

/// Somebody who sends requests to an instance, below `/api/v1`.
#[derive(Clone)]
pub struct TestClient {
    router: axum::Router,
    headers: Vec<(String, String)>,
}

impl TestClient {
    pub(super) fn new(router: axum::Router) -> Self {
        Self { router, headers: Vec::new() }
    }

    /// The same with a bearer token.
    #[must_use]
    pub fn with_token(self, token: impl std::fmt::Display) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    /// The same with another header on each request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same person at an instance that was started again.
    #[must_use]
    pub fn acting_as(mut self, other: &Self) -> Self {
        self.headers.clone_from(&other.headers);
        self
    }

    /// Lets go of the instance, which then can end.
    pub fn let_go(&mut self) {
        self.router = axum::Router::new();
    }

    /// Sends a request to any path.
    pub async fn send(&self, method: Method, path: &str, kind: Option<&str>, body: Vec<u8>) -> Answer {
        self.send_body(method, path, kind, Body::from(body)).await
    }

    /// The same with a body that comes bit by bit, or breaks off.
    pub async fn send_body(&self, method: Method, path: &str, kind: Option<&str>, body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body).expect("a request");
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, bytes, json }
    }

    async fn json(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let kind = body.is_some().then_some("application/json");
        let body = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
        self.send(method, &format!("/api/v1{path}"), kind, body).await
    }

    /// GET
    pub async fn get(&self, path: &str) -> Answer {
        self.json(Method::GET, path, None).await
    }

    /// POST
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, Some(body)).await
    }

    /// PATCH
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, Some(body)).await
    }

    /// PUT
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, Some(body)).await
    }

    /// PUT of raw bytes
    pub async fn put_bytes(&self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        self.send(Method::PUT, &format!("/api/v1{path}"), Some(kind), body).await
    }

    /// DELETE
    pub async fn delete(&self, path: &str) -> Answer {
        self.json(Method::DELETE, path, None).await
    }
}
