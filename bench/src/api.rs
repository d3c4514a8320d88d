//! A person who uses the public API with a bearer token.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::Result;
use crate::instance::Instance;

/// One account of one instance.
#[derive(Clone)]
pub struct Person {
    http: Client,
    origin: String,
    token: String,
    /// The id under which others see this person.
    pub id: String,
}

const PASSWORD: &str = "bench-kettle-marmalade-lighthouse";

impl Person {
    /// Uses the set-up address of a new instance.
    pub async fn set_up(instance: &Instance, handle: &str) -> Result<Self> {
        let link = std::fs::read_to_string(instance.data.join("setup-url"))
            .map_err(|e| format!("there is no set-up address in {}: {e}", instance.data.display()))?;
        let token = link.trim().split_once("token=").map_or("", |(_, token)| token);
        let nobody = Self::nobody(instance);
        nobody.post("/setup", json!({ "token": token, "handle": handle, "password": PASSWORD })).await?;
        let session = nobody
            .post("/sessions", json!({ "handle": handle, "password": PASSWORD, "kind": "bearer", "device": "bench" }))
            .await?;
        nobody.signed_in(&session)
    }

    /// Makes an account.
    pub async fn register(instance: &Instance, handle: &str) -> Result<Self> {
        let nobody = Self::nobody(instance);
        let body = json!({ "handle": handle, "password": PASSWORD, "display_name": handle, "kind": "bearer" });
        let session = nobody.post("/accounts", body).await?;
        nobody.signed_in(&session)
    }

    /// Somebody who has not signed in.
    pub fn nobody(instance: &Instance) -> Self {
        Self { http: Client::new(), origin: instance.origin.clone(), token: String::new(), id: String::new() }
    }

    fn signed_in(mut self, session: &Value) -> Result<Self> {
        self.token = text(session, "/token")?;
        self.id = text(session, "/me/user/id")?;
        Ok(self)
    }

    /// `POST` with a body.
    ///
    /// # Errors
    /// When the connection fails or the answer is not a success; with method, path and the problem's words.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// `GET`.
    ///
    /// # Errors
    /// As [`Person::post`].
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}/api/v1{path}", self.origin));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        if !status.is_success() {
            return Err(format!("{method} {path}: {status} {}", String::from_utf8_lossy(&bytes)).into());
        }
        if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&bytes)?) }
    }

    /// The address of the gateway, and a ticket for it.
    pub async fn gateway(&self) -> Result<(String, String)> {
        let ticket = self.post("/gateway/ticket", json!({})).await?;
        Ok((format!("{}/api/v1/gateway", self.origin.replacen("http", "ws", 1)), text(&ticket, "/ticket")?))
    }
}

/// The text at a JSON pointer.
pub fn text(value: &Value, pointer: &str) -> Result<String> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| format!("an answer has no {pointer}: {value}").into())
}
