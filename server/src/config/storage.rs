use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

/// The address of a database, which may hold a password: it is written nowhere.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct DatabaseAddress(String);

impl DatabaseAddress {
    /// The address itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn shown(&self) -> &'static str {
        if self.0.is_empty() { "" } else { "postgres://…" }
    }
}

impl From<String> for DatabaseAddress {
    fn from(address: String) -> Self {
        Self(address)
    }
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl Serialize for DatabaseAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

use super::{Between, ConfigError};

/// `[storage]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// The folder of all data: database, keys, files. Made private to the service.
    pub data_dir: PathBuf,
    /// The address of a PostgreSQL database, `postgres://USER:PASSWORD@HOST/DATABASE`; empty for the embedded one, a file
    /// in the data folder. Keys and files stay in the data folder either way.
    pub database: DatabaseAddress,
    /// How several processes of this instance on one PostgreSQL database tell each other what is new: `postgres`, by the
    /// database's own notices, or the address of a NATS server, `nats://HOST:PORT`. Nothing that counts depends on it.
    pub between: Between,
    /// Largest file that may be attached, in bytes.
    pub media_max_bytes: u64,
    /// The most of a file that one request may bring, in bytes; larger files come in several.
    pub upload_chunk_bytes: u64,
    /// For how long a request that brings bytes may be silent before it is ended, in seconds.
    pub upload_idle_s: u64,
    /// For how long an upload that broke off can be continued, in seconds.
    pub upload_keep_s: i64,
    /// Attachments per message.
    pub attachments: usize,
    /// What one person may upload in a day, in bytes.
    pub account_media_bytes: u64,
    /// What the people of one other instance may bring into communities here in a day, in bytes.
    pub peer_media_bytes: u64,
    /// Room for copies of other instances' files, in bytes; the least used go first.
    pub media_cache_bytes: u64,
    /// Largest picture of a person or community, in bytes.
    pub avatar_max_bytes: usize,
    /// Largest picture that is decoded, in pixels (width × height).
    pub picture_max_pixels: u64,
    /// Days for which moderators can still read what was deleted in the instance's own communities; 0 erases at once.
    pub hold_deleted_days: i64,
    /// How often the file is written that says how far the communities here had come, by which a database that was
    /// restored from an older copy is recognised; in milliseconds.
    pub high_water_ms: u64,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            database: DatabaseAddress::default(),
            between: Between::default(),
            media_max_bytes: 50 * 1024 * 1024,
            // Below what proxies and content networks usually let through.
            upload_chunk_bytes: 8 * 1024 * 1024,
            upload_idle_s: 60,
            upload_keep_s: 86_400,
            attachments: 10,
            account_media_bytes: 1024 * 1024 * 1024,
            peer_media_bytes: 5 * 1024 * 1024 * 1024,
            media_cache_bytes: 5 * 1024 * 1024 * 1024,
            avatar_max_bytes: 2 * 1024 * 1024,
            picture_max_pixels: 16_000_000,
            hold_deleted_days: 7,
            high_water_ms: 1_000,
        }
    }
}

impl Storage {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.upload_chunk_bytes == 0 {
            return Err(ConfigError::Value {
                key: "storage.upload_chunk_bytes",
                reason: "must be more than 0, or no file can be uploaded".into(),
            });
        }
        Ok(())
    }
}
