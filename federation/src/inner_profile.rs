//! What a person shows of themselves only to members of communities that they are in: one document beside the public one.
//!
//! It is told to instances that have somebody in a community with the person, and lies with no profile host. The public one
//! names it by its hash, so whoever has both knows that they belong together, and whoever lacks it knows that there is one.

use crate::{
    error::Code,
    identity::Identity,
    ids::UserId,
    keys::Domain as Kind,
    profile::{MAX_BIO, MAX_PRONOUNS, Picture, ProfileDoc, valid_line, valid_picture, valid_text},
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};

/// The covered fields. What is absent stands in the public profile.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct InnerParts {
    /// What the person says about themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// Their pronouns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pronouns: Option<String>,
    /// Their picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Picture>,
    /// The wide picture above their profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banner: Option<Picture>,
}

/// The covered fields of the inner profile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InnerFields {
    /// The person.
    pub uid: UserId,
    /// As in the public profile that it belongs to.
    pub op: u64,
    /// As in the public profile that it belongs to.
    pub rev: u64,
    /// What it shows.
    pub parts: InnerParts,
}

impl Body for InnerFields {
    const KIND: Kind = Kind::InnerProfile;
    const MAX_BYTES: usize = 32 * 1024;
}

/// A signed inner profile.
pub type InnerDoc = Signed<InnerFields>;

impl InnerDoc {
    /// Checks that it is the person's and belongs to their public profile.
    ///
    /// # Errors
    /// [`Code::BadObjectSignature`], [`Code::HashMismatch`] where it belongs to another one, or [`Code::BadContent`] for fields
    /// outside their limits.
    pub fn verify(&self, identity: &Identity, public: &ProfileDoc) -> Result<(), Code> {
        identity.check(&self.uid, self.op, self)?;
        if public.inner != Some(self.hash()?) || (self.op, self.rev) != public.order() {
            return Err(Code::HashMismatch);
        }
        let parts = &self.parts;
        let valid = parts.bio.as_deref().is_none_or(|bio| valid_text(bio, MAX_BIO))
            && parts.pronouns.as_deref().is_none_or(|pronouns| valid_line(pronouns, MAX_PRONOUNS))
            && parts.avatar.iter().chain(&parts.banner).all(valid_picture);
        if valid { Ok(()) } else { Err(Code::BadContent) }
    }
}
