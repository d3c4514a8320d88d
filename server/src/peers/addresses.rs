//! Which addresses a name may lead to: nobody makes this instance speak with machines of its own network.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether an address belongs to the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_unspecified()
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        // Shared address space of providers, protocol assignments, relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    // Addresses that carry an IPv4 address lead to it.
    if s[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = ip.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let global_unicast = s[0] & 0xe000 == 0x2000;
    let special = s[0] == 0x2002 || (s[0] == 0x2001 && (s[1] < 0x200 || s[1] == 0xdb8)) || s[0] == 0x3fff;
    global_unicast && !special
}

/// Resolves names and keeps the public addresses only.
#[derive(Clone)]
pub struct Resolver {
    /// Development: private addresses are allowed, and names below `localhost` lead to this machine.
    pub dev: bool,
    /// Names with a fixed address, for tests against the running binary.
    pub fixed: Arc<HashMap<String, SocketAddr>>,
}

impl Resolver {
    async fn addresses(self, host: String) -> Result<Vec<SocketAddr>, String> {
        if let Some(fixed) = self.fixed.get(&host) {
            return Ok(vec![*fixed]);
        }
        if host == "localhost" || host.ends_with(".localhost") {
            return if self.dev {
                Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))])
            } else {
                Err(format!("{host} is a name of this machine only"))
            };
        }
        let found: Vec<SocketAddr> =
            tokio::net::lookup_host((host.as_str(), 0)).await.map_err(|e| format!("{host}: {e}"))?.collect();
        self.allowed(&host, found)
    }

    /// What of a name's addresses may be connected to.
    fn allowed(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, String> {
        let allowed: Vec<SocketAddr> = found.into_iter().filter(|a| self.dev || is_public(a.ip())).collect();
        if allowed.is_empty() { Err(format!("{host} has no public address")) } else { Ok(allowed) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found = resolver.addresses(host).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for bad in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "2001::1",
        ] {
            assert!(!is_public(bad.parse().unwrap()), "{bad}");
        }
        for good in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"] {
            assert!(is_public(good.parse().unwrap()), "{good}");
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_the_next_time_is_judged_each_time() {
        // Every connection asks again and connects to what passes here, so an answer that was good once is worth nothing.
        let resolver = Resolver { dev: false, fixed: Arc::default() };
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 443);
        assert_eq!(resolver.allowed("rebinding.example", vec![at("1.1.1.1")]).unwrap(), [at("1.1.1.1")]);
        for private in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:192.168.0.1"] {
            assert!(resolver.allowed("rebinding.example", vec![at(private)]).is_err(), "{private}");
            let both = vec![at(private), at("1.1.1.1")];
            assert_eq!(resolver.allowed("rebinding.example", both).unwrap(), [at("1.1.1.1")]);
        }
        assert!(resolver.allowed("rebinding.example", Vec::new()).is_err());
    }

    #[tokio::test]
    async fn a_name_of_this_machine_leads_nowhere_outside_development() {
        let at = |dev| Resolver { dev, fixed: Arc::default() };
        assert!(at(false).addresses("a.localhost".into()).await.is_err());
        assert_eq!(at(true).addresses("a.localhost".into()).await.unwrap()[0].ip(), Ipv4Addr::LOCALHOST);
        let fixed = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let resolver = Resolver { dev: false, fixed: Arc::new(HashMap::from([("a.test".to_owned(), fixed)])) };
        assert_eq!(resolver.addresses("a.test".into()).await.unwrap(), [fixed]);
    }
}
