//! A connection that becomes something else than HTTP, over a line in memory.

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::serve::Listener;
use conntext_server::peers::TransportError;
use conntext_server::peers::client::{Response, Upgraded};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

/// What a line holds on its way, in bytes.
const LINE: usize = 64 * 1024;

/// Somebody who connects once.
struct Once(Option<DuplexStream>);

impl Listener for Once {
    type Io = DuplexStream;
    type Addr = ();
    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.take() {
            Some(io) => (io, ()),
            None => std::future::pending().await,
        }
    }
    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

fn broken(e: impl ToString) -> TransportError {
    TransportError(e.to_string())
}

/// Sends a request over HTTP/1.1 to whom `router` answers for. `carry` brings bytes from the end of the one who asks to
/// the end of the one who answers, and back; when it ends, the line is gone, and with it what is served over it.
pub async fn open<F>(
    router: Router,
    to: &str,
    parts: &Parts,
    carry: impl FnOnce(DuplexStream, DuplexStream) -> F,
) -> Result<Upgraded, TransportError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (mut near, near_end) = duplex(LINE);
    let (far_end, far) = duplex(LINE);
    let serving = tokio::spawn(async move { axum::serve(Once(Some(far)), router).await });
    let carried = carry(near_end, far_end);
    tokio::spawn(async move {
        carried.await;
        serving.abort();
    });
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
    let mut head = format!("{} {path} HTTP/1.1\r\nhost: {to}\r\n", parts.method).into_bytes();
    for (name, value) in &parts.headers {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    near.write_all(&head).await.map_err(broken)?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(near.read_u8().await.map_err(broken)?);
    }
    let text = String::from_utf8(answer).map_err(broken)?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse::<u16>().ok()).unwrap_or_default();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).map_err(broken)?;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(broken)?;
        response.headers_mut().insert(name, HeaderValue::from_str(value).map_err(broken)?);
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Upgraded::Open(response, Box::new(near)));
    }
    let length = response.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    near.read_exact(&mut body).await.map_err(broken)?;
    Ok(Upgraded::Refused(response.map(|_| Body::from(body))))
}
