//! The names by which instances are reached. A name routes; it never identifies (that is [`crate::ids::InstanceId`]).

use crate::error::Code;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, sync::Arc};

/// A normalised domain: lower-case A-labels, no trailing dot, no port, no address literal.
///
/// For development also `localhost`, `*.localhost` and a port; [`Domain::is_dev`] tells these apart, and what opens
/// connections must refuse them unless it was configured otherwise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Arc<str>);

impl Domain {
    /// Normalises what a person or a configuration says: letters become lower case and one trailing dot goes.
    ///
    /// # Errors
    /// [`Code::OriginInvalid`] for everything that is no domain; for development names unless `allow_dev`.
    pub fn parse(text: &str, allow_dev: bool) -> Result<Self, Code> {
        let lower = text.to_ascii_lowercase();
        Self::parse_normal(lower.strip_suffix('.').unwrap_or(&lower), allow_dev)
    }

    /// Reads a domain that must be in normal form already, as in everything that peers send.
    ///
    /// # Errors
    /// As [`Domain::parse`], and also for another spelling of a good domain: otherwise `b.example.` would slip past
    /// a block of `b.example`.
    pub fn parse_normal(text: &str, allow_dev: bool) -> Result<Self, Code> {
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        let labels: Vec<&str> = host.split('.').collect();
        let local = labels.last() == Some(&"localhost");
        let well_formed = host.len() <= 253
            && labels.iter().all(|label| valid_label(label))
            && (local || labels.len() >= 2)
            // A last label that begins with a digit is how address literals look (127.0.0.1, 1.0x7f).
            && !labels.last().is_some_and(|label| label.starts_with(|c: char| c.is_ascii_digit()));
        let port_valid = port.is_none_or(|port| {
            !port.starts_with('0') && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
        });
        if !well_formed || !port_valid || ((local || port.is_some()) && !allow_dev) {
            return Err(Code::OriginInvalid);
        }
        Ok(Self(text.into()))
    }

    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the port that a development instance may have.
    pub fn host(&self) -> &str {
        self.0.split_once(':').map_or(&*self.0, |(host, _)| host)
    }

    /// Whether only an instance in development may have this name.
    pub fn is_dev(&self) -> bool {
        self.0.contains(':') || self.host() == "localhost" || self.host().ends_with(".localhost")
    }

    /// Whether this is `parent` or lies below it.
    pub fn is_within(&self, parent: &Self) -> bool {
        self == parent || self.0.strip_suffix(&*parent.0).is_some_and(|rest| rest.ends_with('.'))
    }

    /// Whether a pattern of an allow or block list means this domain: a domain, or `*.` and a domain for everything
    /// below it. A pattern without a port means every port; one that is no domain matches nothing.
    pub fn matches(&self, pattern: &str) -> bool {
        let (below, name) = match pattern.strip_prefix("*.") {
            Some(parent) => (true, parent),
            None => (false, pattern),
        };
        let Ok(name) = Self::parse(name, true) else { return false };
        let this = if name.0.contains(':') { self.clone() } else { Self(self.host().into()) };
        if below { this != name && this.is_within(&name) } else { this == name }
    }
}

/// The normal form of a pattern of an allow or block list: a domain, or `*.` and a domain for everything below it.
///
/// # Errors
/// As [`Domain::parse`].
pub fn pattern(text: &str, allow_dev: bool) -> Result<String, Code> {
    match text.strip_prefix("*.") {
        Some(parent) => Ok(format!("*.{}", Domain::parse(parent, allow_dev)?)),
        None => Ok(Domain::parse(text, allow_dev)?.to_string()),
    }
}

fn valid_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}
// Development names are legal inside objects, because a log must read the same everywhere; who connects decides.
impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse_normal(&text, true).map_err(|_| serde::de::Error::custom("not a domain in normal form"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_domains_are_domains() {
        for good in ["b.example", "a-b.c1.example", "xn--bcher-kva.example"] {
            assert_eq!(Domain::parse(good, false).unwrap().as_str(), good);
        }
        for bad in [
            "",
            ".",
            "example",
            "b..example",
            "-a.example",
            "a-.example",
            "a_b.example",
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "bücher.example",
            "b.example:8080",
            "localhost",
            "a.localhost",
            "b.example/x",
            "user@b.example",
            " b.example",
            "b.example\n",
        ] {
            assert_eq!(Domain::parse(bad, false), Err(Code::OriginInvalid), "{bad}");
        }
    }

    #[test]
    fn development_names_need_the_permission() {
        for dev in ["localhost", "a.localhost", "a.localhost:8081", "a.test:1"] {
            assert!(Domain::parse(dev, true).unwrap().is_dev(), "{dev}");
            assert_eq!(Domain::parse(dev, false), Err(Code::OriginInvalid), "{dev}");
        }
        for bad in
            ["a.localhost:0", "a.localhost:080", "a.localhost:65536", "a.localhost:", "a.localhost:+1", "127.0.0.1:80"]
        {
            assert_eq!(Domain::parse(bad, true), Err(Code::OriginInvalid), "{bad}");
        }
    }

    #[test]
    fn other_spellings_are_normalised_for_people_and_refused_from_peers() {
        let domain = Domain::parse("B.Example.", false).unwrap();
        assert_eq!(domain.as_str(), "b.example");
        assert_eq!(Domain::parse_normal("B.example", false), Err(Code::OriginInvalid));
        assert_eq!(Domain::parse_normal("b.example.", false), Err(Code::OriginInvalid));
    }

    #[test]
    fn patterns_match_whole_labels() {
        let domain = Domain::parse("chat.b.example", false).unwrap();
        assert!(domain.matches("chat.b.example") && domain.matches("*.B.example."));
        assert!(!domain.matches("*.chat.b.example") && !domain.matches("b.example") && !domain.matches("*.b.exampl"));
        assert!(!Domain::parse("evilb.example", false).unwrap().matches("*.b.example"));
        assert!(Domain::parse("b.test:8443", true).unwrap().matches("b.test"));
    }
}
