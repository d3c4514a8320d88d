//! The file beside the database that says whose accounts ended here, so that a database restored from before does not bring
//! them back.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use conntext_federation::wire::SignedProfile;
use serde::{Deserialize, Serialize};

use super::store::Deletion;
use crate::Base;
use crate::db::folder::write_private;
use crate::error::{Problem, Result};

/// An account that ended.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Ended {
    /// By which its person sees how far it is; hex.
    pub token_hash: String,
    pub erase: bool,
    /// Unix milliseconds, as the following.
    pub asked_at: i64,
    pub gone_at: i64,
    /// The chain with its last operation, and the empty profile.
    pub end: SignedProfile,
}

#[derive(Serialize, Deserialize)]
struct Content {
    v: u64,
    ended: Vec<Ended>,
}

impl Ended {
    pub(super) fn new(deletion: &Deletion, end: SignedProfile, now: i64) -> Self {
        Self {
            token_hash: data_encoding::HEXLOWER.encode(&deletion.token_hash),
            erase: deletion.erase,
            asked_at: deletion.asked_at,
            gone_at: now,
            end,
        }
    }

    pub(super) fn uid(&self) -> &str {
        self.end.profile.uid.as_str()
    }
}

fn path(base: &Base) -> PathBuf {
    base.data.join("deleted-accounts.json")
}

fn disk(error: impl std::fmt::Display) -> Problem {
    Problem::internal(format!("the file of accounts that ended: {error}"))
}

/// Everything that it says; nothing where there is none.
///
/// # Errors
/// Where it cannot be read: then nobody may be let in who is perhaps gone.
pub(super) fn read(base: &Base) -> Result<Vec<Ended>> {
    read_at(&path(base))
}

fn read_at(path: &Path) -> Result<Vec<Ended>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(disk(e)),
    };
    let content: Content = serde_json::from_slice(&bytes).map_err(disk)?;
    if content.v == 1 { Ok(content.ended) } else { Err(disk("it is of a newer version")) }
}

/// Writes down that an account ended, in the place of what was said of the same person.
pub(super) async fn add(base: &Base, ended: &Ended) -> Result<()> {
    let (path, ended) = (path(base), ended.clone());
    let write = move || {
        let mut all = read_at(&path)?;
        all.retain(|other| other.uid() != ended.uid());
        all.push(ended);
        let text = serde_json::to_vec(&Content { v: 1, ended: all }).map_err(disk)?;
        write_private(&path, &text).map_err(disk)
    };
    tokio::task::spawn_blocking(write).await.map_err(disk)?
}
