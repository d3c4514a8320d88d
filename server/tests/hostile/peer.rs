//! A peer that is an instance as far as others can see: a document, keys, signed requests, and answers as a test scripts
//! them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;

use crate::craft::{Key, b64, canon, fresh, hex, id, now_ms, sha};
use crate::line::{Request, Seen, send};

const DAY_MS: i64 = 86_400_000;
/// What is covered by the signature of a request with a body.
pub const ALL: &str = "(request-target) (created) (expires) content-type ct-destination ct-nonce digest";
/// The same without a body.
pub const BARE: &str = "(request-target) (created) (expires) ct-destination ct-nonce digest";

/// A request that came to the peer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub head: String,
    pub body: Value,
}

/// What the peer does with it.
#[derive(Clone)]
pub enum Reply {
    Json(u16, Value),
    /// A status, header lines and a body, as they are.
    Raw(u16, Vec<(String, String)>, Vec<u8>),
    /// An answer that never ends: a byte now and then.
    Drip,
    /// An answer that never begins.
    Silence,
    /// Agreement to speak something else, with these header lines besides; the connection is handed out.
    Upgrade(Vec<(String, String)>, UnboundedSender<TcpStream>),
}

type Script = Box<dyn Fn(&Asked) -> Option<Reply> + Send>;

struct Inner {
    document: Mutex<Value>,
    script: Mutex<Script>,
    asked: Mutex<Vec<Asked>>,
}

/// The peer.
pub struct Peer {
    pub domain: String,
    pub ik: String,
    pub root: Key,
    pub key: Key,
    inner: Arc<Inner>,
}

/// The instance under attack.
#[derive(Clone)]
pub struct Target {
    pub domain: String,
    pub port: u16,
}

impl Peer {
    /// Comes up on a port of its own.
    pub async fn new(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let domain = format!("{name}.localhost:{}", listener.local_addr().expect("an address").port());
        let (root, key) = (Key::new(), Key::new());
        let ik = id("ik", &root.public());
        let inner = Arc::new(Inner {
            document: Mutex::new(Value::Null),
            script: Mutex::new(Box::new(|_| None)),
            asked: Mutex::default(),
        });
        let peer = Self { domain, ik, root, key, inner };
        peer.publish(peer.document(1, vec![peer.listed(&peer.key)]));
        let inner = peer.inner.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, inner.clone()));
            }
        });
        peer
    }

    /// A key as documents list it.
    pub fn listed(&self, key: &Key) -> Value {
        let now = now_ms();
        json!({"kid": key.kid(), "alg": "ed25519", "pub": b64(&key.public()),
            "nbf": now - DAY_MS, "exp": now + 300 * DAY_MS})
    }

    /// A document with these keys, signed and fresh.
    pub fn document(&self, serial: u64, keys: Vec<Value>) -> Value {
        let now = now_ms();
        let fields = json!({"v": 1, "ik": self.ik, "domain": self.domain,
            "api": format!("http://{}/federation/v1", self.domain), "serial": serial,
            "root": {"pub": b64(&self.root.public())}, "root_history": [], "keys": keys,
            "software": {"name": "hostile", "version": "1"}, "mode": "open", "limits": {},
            "issued_at": now - 1000, "valid_until": now + 30 * DAY_MS});
        self.freshened(self.root.seal("instance", fields))
    }

    /// The document with a freshness line by the peer's key.
    pub fn freshened(&self, mut document: Value) -> Value {
        let now = now_ms();
        document.as_object_mut().expect("an object").remove("fresh");
        let hash = hex(&sha(&[b"conntext/instance/v1\n", canon(&document).as_bytes()]));
        let line = json!({"hash": hash, "issued_at": now - 500, "valid_until": now + DAY_MS});
        document["fresh"] = self.key.seal("freshness", line);
        document
    }

    /// Serves this document from now on.
    pub fn publish(&self, document: Value) {
        *self.inner.document.lock().unwrap() = document;
    }

    /// Answers by this from now on; 404 where it says nothing.
    pub fn script(&self, script: impl Fn(&Asked) -> Option<Reply> + Send + 'static) {
        *self.inner.script.lock().unwrap() = Box::new(script);
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.asked.lock().unwrap().clone()
    }

    /// What the peer says about its keys in a log.
    pub fn statement(&self, serial: u64, keys: Vec<Value>) -> Value {
        let fields = json!({"ik": self.ik, "domain": self.domain, "serial": serial, "root": b64(&self.root.public()),
            "root_history": [], "keys": keys});
        self.root.seal("key", fields)
    }

    /// The name of a key for requests.
    pub fn key_id(&self, key: &Key) -> String {
        format!("https://{}/.well-known/conntext#{}", self.domain, key.kid())
    }

    /// A good request.
    pub fn request(&self, to: &Target, method: &str, path: &str, body: &str) -> Request {
        let mut headers = vec![
            ("ct-destination".to_owned(), to.domain.clone()),
            ("ct-nonce".to_owned(), URL_SAFE_NO_PAD.encode(fresh())),
            ("digest".to_owned(), format!("SHA-256={}", b64(&sha(&[body.as_bytes()])))),
        ];
        if !body.is_empty() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let path = format!("/federation/v1{path}");
        let mut request = Request { method: method.into(), path, headers, body: body.as_bytes().to_vec() };
        self.sign(&mut request, 0, 30, if body.is_empty() { BARE } else { ALL });
        request
    }

    /// Signs a request anew, from and until so many seconds from now, over these names.
    pub fn sign(&self, request: &mut Request, created: i64, expires: i64, names: &str) {
        self.sign_as(request, created, expires, names, &self.key, &self.key_id(&self.key));
    }

    /// The same under another key or name.
    pub fn sign_as(&self, request: &mut Request, created: i64, expires: i64, names: &str, key: &Key, key_id: &str) {
        let now = now_ms() / 1000;
        let (created, expires) = (now + created, now + expires);
        let mut lines = Vec::new();
        for name in names.split(' ') {
            let value = match name {
                "(request-target)" => format!("{} {}", request.method.to_lowercase(), request.path),
                "(created)" => created.to_string(),
                "(expires)" => expires.to_string(),
                name => request.headers.iter().find(|(n, _)| n == name).map_or(String::new(), |(_, v)| v.clone()),
            };
            lines.push(format!("{name}: {value}"));
        }
        let signature = key.raw(lines.join("\n").as_bytes());
        let value = format!(
            r#"keyId="{key_id}",algorithm="hs2019",created="{created}",expires="{expires}",headers="{names}",signature="{signature}""#
        );
        request.remove("signature");
        request.add("signature", &value);
    }

    /// A good POST, and what came back.
    pub async fn post(&self, to: &Target, path: &str, body: &Value) -> Seen {
        send(to.port, &self.request(to, "POST", path, &canon(body))).await
    }

    /// A good GET, and what came back.
    pub async fn get(&self, to: &Target, path: &str) -> Seen {
        send(to.port, &self.request(to, "GET", path, "")).await
    }

    /// Somebody who lives at this peer.
    pub fn person(&self) -> Person {
        let key = Key::new();
        let op = genesis_op(&key, &self.ik);
        Person { uid: op["uid"].as_str().expect("an id").to_owned(), op, key }
    }
}

/// Somebody with an identity of one operation.
pub struct Person {
    pub uid: String,
    pub op: Value,
    pub key: Key,
}

/// The first operation of an identity.
pub fn genesis_op(key: &Key, home: &str) -> Value {
    let public = b64(&key.public());
    let mut fields = json!({"prev": null, "n": 0, "home": home, "profile_host": home,
        "signing_keys": [public], "rotation_keys": [public]});
    fields["uid"] = id("u", canon(&fields).as_bytes()).into();
    key.seal("identity", fields)
}

async fn serve(mut socket: TcpStream, inner: Arc<Inner>) {
    let Some(asked) = read_request(&mut socket).await else { return };
    let scripted = (inner.script.lock().unwrap())(&asked);
    inner.asked.lock().unwrap().push(asked.clone());
    let reply = scripted.unwrap_or_else(|| {
        if asked.path == "/.well-known/conntext" {
            Reply::Json(200, inner.document.lock().unwrap().clone())
        } else {
            Reply::Json(404, json!({"code": "not_found"}))
        }
    });
    let (status, headers, body) = match reply {
        Reply::Json(status, value) => {
            let kind = if status < 400 { "application/json" } else { "application/problem+json" };
            (status, vec![("content-type".to_owned(), kind.to_owned())], canon(&value).into_bytes())
        }
        Reply::Raw(status, headers, body) => (status, headers, body),
        Reply::Silence => return tokio::time::sleep(Duration::from_secs(60)).await,
        Reply::Drip => return drip(socket).await,
        Reply::Upgrade(headers, taker) => {
            let mut head = "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n".to_owned();
            headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
            if socket.write_all(format!("{head}\r\n").as_bytes()).await.is_ok() {
                let _ = taker.send(socket);
            }
            return;
        }
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    let _ = socket.write_all(&[head.as_bytes(), &body].concat()).await;
}

async fn drip(mut socket: TcpStream) {
    let head = b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n";
    let _ = socket.write_all(head).await;
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if socket.write_all(b" ").await.is_err() {
            return;
        }
    }
}

async fn read_request(socket: &mut TcpStream) -> Option<Asked> {
    let mut got = Vec::new();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let n = socket.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        got.extend_from_slice(&chunk[..n]);
        let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&got[..end]).into_owned();
        let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
        if got.len() < end + 4 + length.unwrap_or(0usize) {
            continue;
        }
        let mut words = head.split(' ');
        let path = words.nth(1)?.to_owned();
        let body = serde_json::from_slice(&got[end + 4..]).unwrap_or(Value::Null);
        return Some(Asked { path, head, body });
    }
}
