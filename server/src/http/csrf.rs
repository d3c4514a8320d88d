//! A write that a browser sends along with the person's cookie must come from our own pages.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};

use crate::App;
use crate::error::{Problem, Result};

pub(super) fn check(app: &App, request: &Request) -> Result<()> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Programs and peers carry their proof in a header that no browser adds by itself.
    let proven =
        request.headers().contains_key(header::AUTHORIZATION) || request.uri().path().starts_with("/federation/");
    if safe || proven || own(request.headers(), &app.config.public_url()) {
        return Ok(());
    }
    Err(Problem::new("csrf").detail("Open the page of this instance itself and try again."))
}

fn own(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    if let Some(origin) = text("origin") {
        let host = text("host").unwrap_or_default();
        return origin == public_url
            || origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) == Some(host);
    }
    // Neither header: no browser of today, so there must be no cookie either.
    !headers.contains_key(header::COOKIE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(pairs: &[(&'static str, &str)]) -> bool {
        let h = pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        own(&h, "https://chat.example")
    }

    #[test]
    fn l2_only_our_own_pages_may_write_with_a_cookie() {
        assert!(judge(&[("sec-fetch-site", "same-origin"), ("cookie", "x=y")]));
        assert!(judge(&[("origin", "https://chat.example"), ("cookie", "x=y")]));
        assert!(judge(&[("origin", "http://localhost:1"), ("host", "localhost:1"), ("cookie", "x=y")]));
        assert!(!judge(&[("sec-fetch-site", "cross-site"), ("origin", "https://chat.example")]));
        assert!(!judge(&[("sec-fetch-site", "same-site")]));
        assert!(!judge(&[("origin", "https://evil.example"), ("host", "chat.example")]));
        assert!(!judge(&[("origin", "null"), ("host", "chat.example")]));
        assert!(!judge(&[("cookie", "x=y")]));
        assert!(judge(&[]));
    }
}
