//! A file as an answer: whole or in part, and never as a page of this instance.

use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::{blobs, kind, store};
use crate::App;
use crate::error::{Problem, Result};

/// How old the note of the last reading may get, milliseconds.
const USE_STEP_MS: i64 = 3_600_000;

/// The part that is asked for: first and last byte. `None` for all, an error for one that is not there.
fn range(headers: &HeaderMap, etag: &str, size: u64) -> std::result::Result<Option<(u64, u64)>, ()> {
    // Who has the beginning of something else gets all of this.
    if headers.get(header::IF_RANGE).is_some_and(|v| v.as_bytes() != etag.as_bytes()) {
        return Ok(None);
    }
    let Some(text) = headers.get(header::RANGE).and_then(|v| v.to_str().ok()) else { return Ok(None) };
    // Several parts at once, and other units, are answered with all of it.
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|t| t.split_once('-')) else { return Ok(None) };
    let number = |t: &str| t.trim().parse::<u64>().ok();
    let part = match (number(from), number(to)) {
        (Some(from), Some(to)) if from <= to => (from, to.min(size.saturating_sub(1))),
        (Some(from), None) if to.trim().is_empty() => (from, size.saturating_sub(1)),
        (None, Some(last)) if from.trim().is_empty() => (size.saturating_sub(last), size.saturating_sub(1)),
        _ => return Ok(None),
    };
    if part.0 >= size || part.0 > part.1 { Err(()) } else { Ok(Some(part)) }
}

/// `Content-Disposition` with the name in both spellings.
pub fn disposition(media_type: &str, name: &str) -> String {
    let how = if kind::is_shown(media_type) { "inline" } else { "attachment" };
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || ". -_".contains(c) { c } else { '_' }).collect();
    let encoded: String = name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// Answers with a stored file.
///
/// # Errors
/// 404 when it is not held, 416 for a part that is not there.
pub async fn respond(app: &App, mid: &str, name: &str, headers: &HeaderMap) -> Result<Response> {
    let stored = store::get(&mut app.db.read().await?, mid).await?.ok_or_else(Problem::not_found)?;
    let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
    let etag = format!("\"{mid}\"");
    let mut out = HeaderMap::new();
    out.insert(header::ETAG, value(&etag)?);
    // A deleted file must not stay in sight for long.
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    let tags = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    if tags.is_some_and(|t| t.split(',').any(|t| t.trim() == etag)) {
        return Ok((StatusCode::NOT_MODIFIED, out).into_response());
    }
    let full = if stored.media_type == "text/plain" { "text/plain; charset=utf-8" } else { &stored.media_type };
    out.insert(header::CONTENT_TYPE, value(full)?);
    out.insert(header::CONTENT_DISPOSITION, value(&disposition(&stored.media_type, name))?);
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    let path = blobs::path(app, mid);
    let answer = file(&path, out, headers).await?;
    let now = app.clock.now_ms();
    if stored.used_at + USE_STEP_MS < now {
        let mut tx = app.db.begin().await?;
        store::used(&mut tx, mid, now).await?;
        tx.commit().await?;
    }
    Ok(answer)
}

/// Answers with a file of the disk, whole or the part that is asked for; `out` are the other headers, the `ETag` among them.
///
/// # Errors
/// 404 when it is not there.
pub async fn file(path: &Path, mut out: HeaderMap, headers: &HeaderMap) -> Result<Response> {
    let mut file = tokio::fs::File::open(path).await.map_err(|e| {
        tracing::error!(path = %path.display(), error = %e, "a stored file is missing");
        Problem::not_found()
    })?;
    let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
    let size = file.metadata().await.map_err(blobs::disk)?.len();
    let etag = out.get(header::ETAG).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let Ok(part) = range(headers, &etag, size) else {
        let mut refused = Problem::new("range").detail(format!("The file has {size} bytes.")).into_response();
        refused.headers_mut().insert(header::CONTENT_RANGE, value(&format!("bytes */{size}"))?);
        return Ok(refused);
    };
    let (from, to) = part.unwrap_or((0, size.saturating_sub(1)));
    let length = if size == 0 { 0 } else { to - from + 1 };
    file.seek(std::io::SeekFrom::Start(from)).await.map_err(blobs::disk)?;
    out.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let status = if part.is_some() {
        out.insert(header::CONTENT_RANGE, value(&format!("bytes {from}-{to}/{size}"))?);
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let body = Body::from_stream(ReaderStream::new(file.take(length)));
    Ok((status, out, body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_parts_of_a_file_are_understood() {
        let ask = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, text.parse().unwrap());
            range(&headers, "\"a\"", 100)
        };
        assert_eq!(ask("bytes=0-9"), Ok(Some((0, 9))));
        assert_eq!(ask("bytes=90-"), Ok(Some((90, 99))));
        assert_eq!(ask("bytes=-5"), Ok(Some((95, 99))));
        assert_eq!(ask("bytes=50-900"), Ok(Some((50, 99))));
        assert_eq!(ask("bytes=100-"), Err(()));
        assert_eq!(ask("bytes=0-1,4-5"), Ok(None));
        assert_eq!(ask("lines=1-2"), Ok(None));
        let since = |tag: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, "bytes=5-".parse().unwrap());
            headers.insert(header::IF_RANGE, tag.parse().unwrap());
            range(&headers, "\"a\"", 100)
        };
        assert_eq!((since("\"a\""), since("\"b\"")), (Ok(Some((5, 99))), Ok(None)));
    }

    #[test]
    fn l2_a_name_cannot_break_out_of_its_header() {
        let text = disposition("text/html", "a\"b\r\nc ü.html");
        assert_eq!(text, "attachment; filename=\"a_b__c _.html\"; filename*=UTF-8''a%22b%0D%0Ac%20%C3%BC.html");
        assert!(disposition("image/png", "x").starts_with("inline"));
    }
}
