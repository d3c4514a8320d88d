//! Who asks: the address, and whether the way to us is safe for secrets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::App;
use crate::error::Problem;

/// The asking program, as far as its connection shows it.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Its address; behind a trusted proxy the one that the proxy names.
    pub ip: IpAddr,
    /// TLS all the way, or the same machine.
    pub secure: bool,
    /// TLS, as the browser sees it.
    pub tls: bool,
}

impl Client {
    /// The key for limits by address: an IPv6 subscriber usually has a whole /64.
    pub fn limit_key(&self) -> IpAddr {
        match self.ip {
            IpAddr::V6(v6) => {
                let mut octets = v6.octets();
                octets[8..].fill(0);
                IpAddr::from(octets)
            }
            v4 => v4,
        }
    }

    /// Refuses what must not travel in clear.
    pub fn require_secure(&self) -> Result<(), Problem> {
        if self.secure {
            return Ok(());
        }
        Err(Problem::new("insecure_transport").detail(
            "This instance is reached by plain http, where others on the way can read passwords. \
             Signing in is refused until the admin gives it a certificate (http.tls_cert and http.tls_key) \
             or puts it behind a proxy that speaks https.",
        ))
    }
}

/// Set by the listener: the connection is encrypted.
#[derive(Clone, Copy)]
pub struct Tls;

pub(super) fn identify(app: &App, request: &Request) -> Client {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |c| c.0.ip().to_canonical());
    let tls = app.config.http.tls_cert.is_some() || request.extensions().get::<Tls>().is_some();
    resolve(peer, tls, request.headers(), &app.config.http.trusted_proxies)
}

/// `X-Forwarded-For` is read from its end, and only as far as trusted proxies wrote it: what stands before came from outside.
fn resolve(peer: IpAddr, tls: bool, headers: &HeaderMap, trusted: &[IpAddr]) -> Client {
    let mut ip = peer;
    let mut tls = tls;
    if trusted.contains(&peer) {
        let forwarded =
            headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect::<Vec<_>>().join(",");
        for hop in forwarded.rsplit(',').map(str::trim).filter(|h| !h.is_empty()) {
            let Ok(hop) = hop.parse::<IpAddr>() else { break };
            ip = hop.to_canonical();
            if !trusted.contains(&ip) {
                break;
            }
        }
        tls = tls
            || headers
                .get("x-forwarded-proto")
                .and_then(|v| v.to_str().ok())
                .is_some_and(|v| v.split(',').next_back().is_some_and(|p| p.trim().eq_ignore_ascii_case("https")));
    }
    Client { ip, secure: tls || ip.is_loopback(), tls }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Client>().copied().ok_or_else(|| Problem::internal("the client layer is missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let proxy: IpAddr = "127.0.0.1".parse().unwrap();
        let h = headers(&[("x-forwarded-for", "9.9.9.9, 203.0.113.7"), ("x-forwarded-proto", "https")]);
        let c = resolve(proxy, false, &h, &[proxy]);
        assert_eq!(c.ip.to_string(), "203.0.113.7");
        assert!(c.secure);
        let stranger: IpAddr = "198.51.100.1".parse().unwrap();
        let c = resolve(stranger, false, &h, &[proxy]);
        assert_eq!(c.ip, stranger);
        assert!(!c.secure);
    }

    #[test]
    fn plain_http_is_safe_on_the_same_machine_only() {
        let proxy: IpAddr = "127.0.0.1".parse().unwrap();
        assert!(resolve(proxy, false, &HeaderMap::new(), &[proxy]).secure);
        let h = headers(&[("x-forwarded-for", "203.0.113.7")]);
        assert!(!resolve(proxy, false, &h, &[proxy]).secure);
    }
}
