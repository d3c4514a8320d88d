//! Connections of the network that stay open: HTTP/1.1 over a line that a story can cut.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::serve::Listener;
use conntext_server::peers::TransportError;
use conntext_server::peers::client::{Request, Response, Upgraded};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::TestNet;

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

/// Opens a connection from one instance to another and sends a request over it.
pub(super) async fn open(net: &TestNet, from: &str, request: Request) -> Result<Upgraded, TransportError> {
    let (parts, _) = request.into_parts();
    let to = parts.uri.authority().map(|a| a.as_str().to_owned()).unwrap_or_default();
    let router = net.reach(from, &to, format!("{} {}", parts.method, parts.uri.path()))?;
    let (mut near, near_end) = duplex(LINE);
    let (far_end, far) = duplex(LINE);
    let serving = tokio::spawn(async move { axum::serve(Once(Some(far)), router).await });
    let (net, from) = (net.clone(), from.to_owned());
    let line = (from.clone(), to.clone());
    tokio::spawn(async move {
        let (near_read, near_write) = tokio::io::split(near_end);
        let (far_read, far_write) = tokio::io::split(far_end);
        tokio::select! {
            () = carry(&net, &line.0, &line.1, near_read, far_write) => {}
            () = carry(&net, &line.1, &line.0, far_read, near_write) => {}
            () = cut(&net, &line.0, &line.1) => {}
        }
        // The line is gone, and with it what is served over it.
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

async fn cut(net: &TestNet, from: &str, to: &str) {
    while !net.is_cut(from, to) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn carry(
    net: &TestNet,
    from: &str,
    to: &str,
    mut read: tokio::io::ReadHalf<DuplexStream>,
    mut write: tokio::io::WriteHalf<DuplexStream>,
) {
    let connection = net.connected(from, to);
    let mut chunk = vec![0; 16 * 1024];
    loop {
        while net.is_stalled(from, to) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let Ok(n @ 1..) = read.read(&mut chunk).await else { return };
        net.said(connection, &chunk[..n]);
        if write.write_all(&chunk[..n]).await.is_err() {
            return;
        }
    }
}
