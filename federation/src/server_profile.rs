//! How a person shows themselves in one server: another name, another picture.
//!
//! It is signed by the person as their profile is, and goes to the instances of that server's members only. It never stands
//! in the log, so that it can be taken away whole; the log only says whether the server shows it
//! ([`MemberProfile`](crate::content::MemberProfile)).

use crate::{
    error::Code,
    identity::Identity,
    ids::{ServerId, UserId},
    keys::Domain as Kind,
    profile::{Picture, valid_name, valid_picture},
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};

/// The most of them beside one profile: whoever is in more servers shows themselves in the others as everywhere.
pub const MAX_SERVER_PROFILES: usize = 500;

/// The covered fields.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServerProfileFields {
    /// The person.
    pub uid: UserId,
    /// The server.
    pub sid: ServerId,
    /// The operation of the identity chain that lists the signing key.
    pub op: u64,
    /// Grows with every change under the same operation.
    pub rev: u64,
    /// The name that others see there; empty for the one of the profile.
    pub display_name: String,
    /// The picture there; none for the one of the profile.
    pub avatar: Option<Picture>,
}

impl Body for ServerProfileFields {
    const KIND: Kind = Kind::ServerProfile;
    const MAX_BYTES: usize = 2 * 1024;
}

/// A signed profile for one server.
pub type ServerProfileDoc = Signed<ServerProfileFields>;

impl ServerProfileDoc {
    /// Checks it against the person's identity.
    ///
    /// # Errors
    /// As [`ProfileDoc::verify`](crate::profile::ProfileDoc::verify).
    pub fn verify(&self, identity: &Identity) -> Result<(), Code> {
        identity.check(&self.uid, self.op, self)?;
        let valid = valid_name(&self.display_name) && self.avatar.iter().all(valid_picture);
        if valid { Ok(()) } else { Err(Code::BadContent) }
    }

    /// Where it stands among those of the same person and server; the highest counts.
    pub fn order(&self) -> (u64, u64) {
        (self.op, self.rev)
    }
}
