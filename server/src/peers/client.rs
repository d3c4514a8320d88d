//! The one way out: every request that this instance makes goes through a [`Transport`].

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::http::{StatusCode, header};
use bytes::{Bytes, BytesMut};
use conntext_federation::domain::Domain;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tower_http::timeout::TimeoutBody;

use super::addresses::Resolver;
use crate::config;

/// Bytes in a second below which a body is too slow once its time has run out.
const SLOWEST_PER_S: u64 = 512;

/// A request on its way out; its address is absolute.
pub type Request = axum::http::Request<Body>;
/// What came back; the body is still to be read.
pub type Response = axum::http::Response<Body>;

/// What can be read and written both ways.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// What came of a request to speak something else than HTTP from there on.
pub enum Upgraded {
    /// The other side agreed: its answer, and the connection.
    Open(Response, Box<dyn Io>),
    /// An answer like any other.
    Refused(Response),
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// Carries requests to other instances. The real one is [`HttpTransport`]; tests bring their own network.
pub trait Transport: Send + Sync {
    /// Sends one request. Redirects are not followed.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;

    /// Sends one request to a service that the configuration names: it may stand in the own network, where nobody else can
    /// send this instance.
    fn ask(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        self.send(request)
    }

    /// Sends one request that asks for an upgrade, which HTTP/1.1 alone has.
    fn upgrade(&self, request: Request) -> BoxFuture<'_, Result<Upgraded, TransportError>>;
}

/// HTTPS over the internet, guarded: public addresses only, no redirects, no decompression, no proxy.
pub struct HttpTransport {
    client: reqwest::Client,
    /// The same for connections that become something else.
    upgrades: reqwest::Client,
    /// The same for services that the configuration names.
    services: reqwest::Client,
    dev: bool,
    /// The longest pause within an answer.
    silence: Duration,
}

fn testing() -> bool {
    std::env::var("CONNTEXT_TEST").is_ok_and(|v| v == "1")
}

/// `CONNTEXT_FED_RESOLVE`: `domain=address:port` with commas between.
fn fixed_addresses(text: &str) -> Result<HashMap<String, SocketAddr>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, address) = part.split_once('=').ok_or_else(|| format!("{part}: not domain=address:port"))?;
            let address = address.parse().map_err(|_| format!("{address}: not address:port"))?;
            Ok((name.to_owned(), address))
        })
        .collect()
}

impl HttpTransport {
    /// The transport as configured. Only with `CONNTEXT_TEST=1`: `CONNTEXT_FED_CA` names a file with further roots, and
    /// `CONNTEXT_FED_RESOLVE` gives names fixed addresses.
    ///
    /// # Errors
    /// In words, where TLS cannot be set up.
    pub fn new(config: &config::Federation) -> Result<Self, String> {
        let mut roots = rustls::RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let mut fixed = HashMap::new();
        if testing() {
            if let Ok(path) = std::env::var("CONNTEXT_FED_CA") {
                let certs = CertificateDer::pem_file_iter(&path).map_err(|e| format!("{path}: {e}"))?;
                for cert in certs {
                    roots.add(cert.map_err(|e| format!("{path}: {e}"))?).map_err(|e| format!("{path}: {e}"))?;
                }
            }
            if let Ok(text) = std::env::var("CONNTEXT_FED_RESOLVE") {
                fixed = fixed_addresses(&text)?;
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let fixed = Arc::new(fixed);
        let guarded = Resolver { dev: config.dev_insecure, fixed: fixed.clone() };
        let mut client = |protocols: &[&[u8]], resolver: &Resolver| {
            tls.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .dns_resolver(resolver.clone())
                .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
                .pool_idle_timeout(Duration::from_secs(60))
                .pool_max_idle_per_host(8)
                .user_agent(concat!("ConnText/", env!("CARGO_PKG_VERSION")))
        };
        let services = client(&[b"h2", b"http/1.1"], &Resolver { dev: true, fixed });
        let services = services.build().map_err(|e| e.to_string())?;
        let upgrades = client(&[b"http/1.1"], &guarded).http1_only().build().map_err(|e| e.to_string())?;
        let client = client(&[b"h2", b"http/1.1"], &guarded).build().map_err(|e| e.to_string())?;
        let silence = Duration::from_millis(config.request_timeout_ms);
        Ok(Self { client, upgrades, services, dev: config.dev_insecure, silence })
    }

    /// Literal addresses never reach a resolver, in whatever spelling: only what is a domain may be asked.
    fn check(&self, request: &Request) -> Result<(), TransportError> {
        let refuse = |why: &str| Err(TransportError(format!("{}: {why}", request.uri())));
        let Some(authority) = request.uri().authority() else { return refuse("no host") };
        let Ok(domain) = Domain::parse_normal(authority.as_str(), self.dev) else { return refuse("not a domain") };
        match request.uri().scheme_str() {
            Some("https") => Ok(()),
            Some("http") if self.dev && domain.is_dev() => Ok(()),
            _ => refuse("only https is allowed"),
        }
    }
}

impl HttpTransport {
    async fn send_by(&self, client: &reqwest::Client, request: Request) -> Result<Response, TransportError> {
        let (parts, body) = request.into_parts();
        let mut out = client.request(parts.method, parts.uri.to_string()).headers(parts.headers);
        match body.size_hint().exact() {
            Some(0) => {}
            Some(length) => {
                out = out.header(header::CONTENT_LENGTH, length);
                out = out.body(reqwest::Body::wrap_stream(body.into_data_stream()));
            }
            None => out = out.body(reqwest::Body::wrap_stream(body.into_data_stream())),
        }
        let response = out.send().await.map_err(|e| TransportError(describe(&e)))?;
        Ok(self.answer(response))
    }

    fn answer(&self, response: reqwest::Response) -> Response {
        let response: axum::http::Response<reqwest::Body> = response.into();
        response.map(|body| Body::new(TimeoutBody::new(self.silence, body)))
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            self.check(&request)?;
            self.send_by(&self.client, request).await
        })
    }

    fn ask(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let uri = request.uri();
            let here = uri.host().is_some_and(|host| host == "localhost" || host.ends_with(".localhost"));
            if uri.scheme_str() != Some("https") && !(here && self.dev) {
                return Err(TransportError(format!("{uri}: only https is allowed")));
            }
            self.send_by(&self.services, request).await
        })
    }

    fn upgrade(&self, request: Request) -> BoxFuture<'_, Result<Upgraded, TransportError>> {
        Box::pin(async move {
            self.check(&request)?;
            let (parts, _) = request.into_parts();
            let out = self.upgrades.request(parts.method, parts.uri.to_string()).headers(parts.headers);
            let response = out.send().await.map_err(|e| TransportError(describe(&e)))?;
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                return Ok(Upgraded::Refused(self.answer(response)));
            }
            let mut head = Response::new(Body::empty());
            (*head.status_mut(), *head.headers_mut()) = (response.status(), response.headers().clone());
            let io = response.upgrade().await.map_err(|e| TransportError(describe(&e)))?;
            Ok(Upgraded::Open(head, Box::new(io)))
        })
    }
}

/// The innermost reason says what happened; the outer ones repeat the address.
fn describe(e: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = e;
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}

/// Why a body was not read to its end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BodyError {
    /// Beyond the limit.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    /// Slower than anybody needs to be.
    #[error("it comes too slowly")]
    TooSlow,
    /// It breaks off.
    #[error("{0}")]
    Broken(String),
}

/// Reads a body up to a limit, however long it says it is, and for at most `patience`, to which every 512 bytes add a
/// second: a slow line gets through, but nobody holds a connection open by a byte now and then.
///
/// # Errors
/// [`BodyError`].
pub async fn read_capped(body: Body, most: usize, patience: Duration) -> Result<Bytes, BodyError> {
    let mut body = body;
    let mut read = BytesMut::new();
    let began = Instant::now();
    loop {
        let until = began + patience + Duration::from_millis(read.len() as u64 * 1000 / SLOWEST_PER_S);
        let frame = match timeout_at(until, body.frame()).await {
            Err(_) => return Err(BodyError::TooSlow),
            Ok(None) => return Ok(read.freeze()),
            Ok(Some(frame)) => frame.map_err(|e| BodyError::Broken(e.to_string()))?,
        };
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > most {
            return Err(BodyError::TooLong(most));
        }
        read.extend_from_slice(&data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str) -> Request {
        axum::http::Request::builder().uri(uri).body(Body::empty()).unwrap()
    }

    #[test]
    fn literal_addresses_are_refused_in_every_spelling() {
        for dev in [false, true] {
            let config = config::Federation { dev_insecure: dev, ..Default::default() };
            let transport = HttpTransport::new(&config).unwrap();
            for bad in [
                "https://127.0.0.1/x",
                "https://2130706433/x",
                "https://0x7f.1/x",
                "https://[::ffff:127.0.0.1]/x",
                "https://[::1]:80/x",
                "https://user@b.example/x",
                "http://b.example/x",
                "ftp://b.example/x",
            ] {
                assert!(transport.check(&request(bad)).is_err(), "{bad} {dev}");
            }
            assert!(transport.check(&request("https://b.example/x")).is_ok());
            assert_eq!(transport.check(&request("http://b.localhost:81/x")).is_ok(), dev);
        }
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let patience = Duration::from_secs(5);
        assert_eq!(read_capped(Body::from("abc"), 3, patience).await.unwrap(), "abc");
        assert!(matches!(read_capped(Body::from("abcd"), 3, patience).await, Err(BodyError::TooLong(3))));
    }

    #[tokio::test]
    async fn a_body_may_be_slow_but_not_endless() {
        let dripping = |bytes: usize| {
            let parts = futures_util::stream::unfold(0, move |n| async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                (n < 40).then(|| (Ok::<_, std::io::Error>(Bytes::from(vec![b' '; bytes])), n + 1))
            });
            Body::from_stream(parts)
        };
        let patience = Duration::from_millis(200);
        assert_eq!(read_capped(dripping(256), 1 << 20, patience).await.unwrap().len(), 40 * 256);
        assert!(matches!(read_capped(dripping(1), 1 << 20, patience).await, Err(BodyError::TooSlow)));
    }

    #[test]
    fn fixed_addresses_are_read() {
        let map = fixed_addresses("a.test=127.0.0.1:1, b.test=[::1]:2").unwrap();
        assert_eq!(map["a.test"].port(), 1);
        assert_eq!(map["b.test"].port(), 2);
        assert!(fixed_addresses("a.test").is_err());
    }
}
