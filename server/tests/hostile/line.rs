//! Requests by hand over plain sockets: whatever can be spelled can be sent.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest that an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it will stand on the line.
#[derive(Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header that is there.
    pub fn header(&mut self, name: &str) -> &mut String {
        let found = self.headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name));
        &mut found.unwrap_or_else(|| panic!("no header {name}")).1
    }

    /// Adds a header line.
    pub fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.into(), value.into()));
    }

    /// Takes a header away.
    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Head and body as bytes. The length is added where neither it nor another framing is given.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: victim\r\nconnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let framed = |(n, _): &(String, String)| ["content-length", "transfer-encoding"].contains(&n.as_str());
        if !self.headers.iter().any(framed) {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub status: u16,
    pub head: String,
    pub body: Value,
}

impl Seen {
    /// Status and code, as the table says them.
    pub fn verdict(&self) -> String {
        match (self.status, self.body["code"].as_str()) {
            (0, _) => "closed".into(),
            (200..=299, _) => self.status.to_string(),
            (status, code) => format!("{status} {}", code.unwrap_or("-")),
        }
    }
}

/// Sends a request and waits for its answer.
pub async fn send(port: u16, request: &Request) -> Seen {
    send_bytes(port, &request.bytes()).await
}

/// Sends bytes and waits for the answer.
pub async fn send_bytes(port: u16, bytes: &[u8]) -> Seen {
    let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)).await else { return Seen::default() };
    // Whoever is refused early cannot send the rest.
    let _ = timeout(PATIENCE, socket.write_all(bytes)).await;
    read(&mut socket).await
}

/// Reads one answer.
pub async fn read(socket: &mut TcpStream) -> Seen {
    let mut got = Vec::new();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        match timeout(PATIENCE, socket.read(&mut chunk)).await {
            Ok(Ok(n)) if n > 0 => got.extend_from_slice(&chunk[..n]),
            _ => break,
        }
        if complete(&got) {
            break;
        }
    }
    let text = String::from_utf8_lossy(&got).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Seen::default() };
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Seen { status, head: head.to_lowercase(), body: serde_json::from_str(body).unwrap_or(Value::Null) }
}

fn complete(got: &[u8]) -> bool {
    let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&got[..end]).to_lowercase();
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    length.is_some_and(|n| got.len() >= end + 4 + n)
}
