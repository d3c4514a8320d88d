//! The web app, compiled into the binary.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::CompressionLayer;

use crate::error::Problem;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../client-web/dist"]
struct Dist;

/// The web app as the answer to everything that is no route. Compressed on the way, unless the build brought a compressed
/// file along: the client's scripts shrink to a third. Answers of the API stay as they are: compressing what mixes a
/// secret with what an attacker sends gives the secret away (BREACH).
pub(crate) fn service() -> Router {
    Router::new().fallback(serve).layer(CompressionLayer::new())
}

/// Everything that is no route: a file of the web app, or the app itself, which shows the page by the address.
async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if ["api/", "federation/", ".well-known/"].iter().any(|p| path.starts_with(p)) {
        return Problem::not_found().into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new("method_not_allowed").into_response();
    }
    if !path.is_empty()
        && let Some(file) = Dist::get(path)
    {
        return answer(path, file, request.headers());
    }
    // A missing script must not be answered with a page.
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_none_or(|v| v.contains("text/html") || v.contains("*/*"));
    let looks_like_file = path.rsplit('/').next().is_some_and(|last| last.contains('.')) && path.starts_with("assets/");
    match Dist::get("index.html") {
        Some(file) if wants_page && !looks_like_file => answer("index.html", file, request.headers()),
        _ => Problem::not_found().into_response(),
    }
}

fn answer(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", &data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash())[..32]);
    // Files in assets/ carry a hash of their content in the name; the rest must be asked for again.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, &etag);
    set(header::CACHE_CONTROL, cache);
    set(header::VARY, "accept-encoding");
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let text = mime.type_() == "text" || mime.subtype() == "javascript";
    set(header::CONTENT_TYPE, &if text { format!("{mime}; charset=utf-8") } else { mime.to_string() });
    if asked.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let brotli = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|e| e.trim() == "br"));
    if brotli && let Some(packed) = Dist::get(&format!("{path}.br")) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        return (headers, Body::from(packed.data)).into_response();
    }
    (headers, Body::from(file.data)).into_response()
}

/// Whether the web app itself is compiled in, and not only the page that says that it is missing.
pub(crate) fn is_built() -> bool {
    Dist::iter().any(|name| name.starts_with("assets/"))
}
