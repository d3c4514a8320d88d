//! `storage.between`

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address that may hold a name and a password: it is written nowhere.
#[derive(Clone)]
pub struct NatsAddress(String);

impl NatsAddress {
    /// The address itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// How the processes of one instance tell each other what is new.
#[derive(Clone, Default)]
pub enum Between {
    /// By the notices of the PostgreSQL database that they share.
    #[default]
    Postgres,
    /// Over a NATS server.
    Nats(NatsAddress),
}

impl Between {
    fn shown(&self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Nats(_) => "nats://…",
        }
    }
}

impl std::str::FromStr for Between {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "postgres" {
            return Ok(Self::Postgres);
        }
        if text.starts_with("nats://") || text.starts_with("tls://") {
            return Ok(Self::Nats(NatsAddress(text.to_owned())));
        }
        Err("storage.between is \"postgres\", or the address of a NATS server: nats://HOST:PORT or tls://HOST:PORT")
    }
}

impl<'de> Deserialize<'de> for Between {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl Serialize for Between {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_and_not_shown() {
        let Ok(Between::Nats(address)) = "nats://conntext:secret@nats.example:4222".parse() else { panic!("refused") };
        assert_eq!(address.reveal(), "nats://conntext:secret@nats.example:4222");
        assert!(!format!("{:?}", Between::Nats(address)).contains("secret"));
        assert!(matches!("postgres".parse(), Ok(Between::Postgres)));
        assert!("redis://x".parse::<Between>().is_err());
    }
}
