//! Sessions: who is signed in, on which device, how long.

mod store;

use sha2::{Digest as _, Sha256};

use crate::App;
use crate::error::Result;
use crate::http::{Auth, Client};

/// How a session is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// By the browser's cookie, out of reach of scripts.
    Cookie,
    /// By a token in `Authorization: Bearer`, for programs.
    Bearer,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Bearer => "bearer",
        }
    }
}

/// Tokens lie in the database as hashes only: whoever reads it cannot sign in with what it finds.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Finds the session of a token and moves its end on.
pub async fn authenticate(app: &App, kind: Kind, token: &str, client: Option<Client>) -> Result<Option<Auth>> {
    let now = app.clock.now_ms();
    let mut read = app.db.read().await?;
    let Some(found) = store::by_token(&mut read, &hash(token), now).await? else { return Ok(None) };
    drop(read);
    if found.auth.kind != kind {
        return Ok(None);
    }
    if now - found.last_seen_at >= app.config.sessions.touch_s * 1000 {
        let address = client.map(|c| c.ip.to_string());
        store::touch(app, &found, address, now).await;
    }
    Ok(Some(found.auth))
}
