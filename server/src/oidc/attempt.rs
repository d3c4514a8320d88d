//! A way to a provider and back.

use axum::http::{HeaderMap, HeaderValue};

use super::claims::Person;
use super::configured;
use super::provider::{self, Secrets};
use super::store::{self, Attempt, Purpose};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::http::auth::cookie;
use crate::sessions;

/// How long somebody may take at a provider, milliseconds.
const PATIENCE_MS: i64 = 15 * 60_000;
/// What the browser keeps while its person is away.
const COOKIE: &str = "__Host-conntext-oidc";
/// The longest address within the app to come back to, bytes.
const MAX_RETURN: usize = 500;

/// Where the browser goes, and what it keeps meanwhile.
pub(super) struct Begun {
    pub url: String,
    pub cookie: HeaderValue,
}

/// A page of this app; anything else leads to its beginning.
fn page(typed: &str) -> String {
    let inside = typed.starts_with('/') && !typed.starts_with("//") && !typed.contains('\\');
    let plain = typed.len() <= MAX_RETURN && typed.bytes().all(|b| b.is_ascii_graphic());
    if inside && plain { typed.to_owned() } else { "/".to_owned() }
}

fn keep(value: &str, seconds: i64) -> HeaderValue {
    let text = format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// What the browser no longer keeps.
pub(super) fn forget_cookie() -> HeaderValue {
    keep("", 0)
}

/// Begins a way to a provider.
///
/// # Errors
/// 404 for an unknown provider, 502 `peer_unreachable` where it does not answer.
pub(super) async fn begin(
    app: &App,
    id: &str,
    purpose: Purpose,
    auth: Option<&Auth>,
    return_to: &str,
) -> Result<Begun> {
    let provider = configured(app, id)?;
    let state = app.rng.token();
    let url = provider::begin(app, provider, &state, purpose == Purpose::Prove).await.map_err(|e| {
        tracing::warn!(provider = id, error = %e, "a provider of sign-ins cannot be used");
        Problem::new("peer_unreachable").detail(format!("{} does not answer. Try again later.", provider.name))
    })?;
    let attempt = Attempt {
        provider: provider.id.clone(),
        purpose,
        whose: auth.map(|auth| (auth.account.clone(), auth.session.clone())),
        return_to: page(return_to),
    };
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    store::tidy(&mut tx, now).await?;
    store::begin(&mut tx, sessions::hash(&state), &attempt, now + PATIENCE_MS).await?;
    tx.commit().await?;
    Ok(Begun { url, cookie: keep(&Secrets::of(app, &state).browser, PATIENCE_MS / 1000) })
}

/// Somebody came back.
pub(super) struct Back {
    pub attempt: Attempt,
    /// Who they are, or what went wrong.
    pub person: std::result::Result<Person, &'static str>,
}

/// Ends a way to a provider. None where nobody here began it in this browser, or too long ago.
///
/// # Errors
/// The database's.
pub(super) async fn end(
    app: &App,
    headers: &HeaderMap,
    state: &str,
    code: Option<&str>,
    refused: Option<&str>,
) -> Result<Option<Back>> {
    // Somebody else's browser must not end up in the account of whoever began it, nor the other way round.
    if cookie(headers, COOKIE) != Some(Secrets::of(app, state).browser.as_str()) {
        return Ok(None);
    }
    let mut tx = app.db.begin().await?;
    let Some(attempt) = store::take(&mut tx, sessions::hash(state), app.clock.now_ms()).await? else {
        return Ok(None);
    };
    tx.commit().await?;
    let person = match (code, configured(app, &attempt.provider)) {
        (Some(code), Ok(provider)) => {
            let fresh = attempt.purpose == Purpose::Prove;
            provider::finish(app, provider, state, code, fresh).await.map_err(|e| {
                tracing::warn!(provider = provider.id, error = %e, "a sign-in by a provider failed");
                "failed"
            })
        }
        (None, _) if refused == Some("access_denied") => Err("refused"),
        _ => Err("failed"),
    };
    Ok(Some(Back { attempt, person }))
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a15_who_comes_back_stays_in_the_app() {
        assert_eq!(page("/s/s_1/c_2?x=1#y"), "/s/s_1/c_2?x=1#y");
        for elsewhere in
            ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "", "/a b", "/\n"]
        {
            assert_eq!(page(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
