//! A person's public profile: one document, signed by a key that their identity chain lists.
//!
//! Whoever stores it only stores bytes: they can neither forge it nor bring an older one back to a reader who
//! remembers the highest revision.

use crate::{
    error::Code,
    identity::Identity,
    ids::{Hash, UserId},
    keys::Domain as Kind,
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};

pub use crate::content::Picture;

/// The most characters of a display name.
pub const MAX_DISPLAY_NAME: usize = 64;
/// The most characters of a description of oneself.
pub const MAX_BIO: usize = 4_000;
/// The most characters of pronouns.
pub const MAX_PRONOUNS: usize = 40;
/// The largest picture in bytes.
pub const MAX_AVATAR_BYTES: u64 = 2 * 1024 * 1024;

/// Whether type and size are those of a picture of a person or a server.
pub fn valid_picture(picture: &Picture) -> bool {
    matches!(picture.media_type.as_str(), "image/png" | "image/jpeg" | "image/webp" | "image/gif")
        && (1..=MAX_AVATAR_BYTES).contains(&picture.size)
}

/// The covered fields of a profile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProfileFields {
    /// The person.
    pub uid: UserId,
    /// The operation of the identity chain that lists the signing key.
    pub op: u64,
    /// Grows with every change under the same operation.
    pub rev: u64,
    /// The name within the home; empty where they have none. It is theirs where the home says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub handle: String,
    /// The name that others see.
    pub display_name: String,
    /// What the person says about themselves.
    pub bio: String,
    /// Their pronouns; empty for none.
    pub pronouns: String,
    /// Their picture.
    pub avatar: Option<Picture>,
    /// The wide picture above their profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banner: Option<Picture>,
    /// The hash of what only members of their communities see, where there is anything: see [`crate::inner_profile`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<Hash>,
    /// When they changed it, in Unix milliseconds; for display only.
    pub updated_at: i64,
    /// Whether the profile is deleted; then all else is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

impl Body for ProfileFields {
    const KIND: Kind = Kind::Profile;
    const MAX_BYTES: usize = 32 * 1024;
}

/// A signed profile.
pub type ProfileDoc = Signed<ProfileFields>;

impl ProfileFields {
    /// What stands in place of a profile that the person deleted.
    pub fn tombstone(uid: UserId, op: u64, rev: u64, now_ms: i64) -> Self {
        Self {
            uid,
            op,
            rev,
            handle: String::new(),
            display_name: String::new(),
            bio: String::new(),
            pronouns: String::new(),
            avatar: None,
            banner: None,
            inner: None,
            updated_at: now_ms,
            deleted: Some(true),
        }
    }

    fn is_valid(&self) -> bool {
        let texts = [&self.handle, &self.display_name, &self.bio, &self.pronouns];
        let empty = texts.iter().all(|text| text.is_empty())
            && self.avatar.is_none()
            && self.banner.is_none()
            && self.inner.is_none();
        (self.handle.is_empty() || valid_handle(&self.handle))
            && valid_name(&self.display_name)
            && valid_text(&self.bio, MAX_BIO)
            && valid_text(&self.pronouns, MAX_PRONOUNS)
            && self.avatar.iter().chain(&self.banner).all(valid_picture)
            && (self.deleted != Some(true) || empty)
    }
}

/// Whether `text` may be shown as a name: one line of at most [`MAX_DISPLAY_NAME`] characters, or nothing.
pub(crate) fn valid_name(text: &str) -> bool {
    valid_line(text, MAX_DISPLAY_NAME)
}

/// Whether `text` is a text of at most so many characters, or nothing.
pub(crate) fn valid_text(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(is_forbidden)
}

/// Whether `text` is one line of at most so many characters, or nothing.
pub(crate) fn valid_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(|c| c == '\n' || is_forbidden(c))
}

/// Whether `text` has the form of a handle: 2 to 32 of `a-z 0-9 . _ -`, with a letter or digit at both ends.
pub fn valid_handle(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    (2..=32).contains(&bytes.len())
        && bytes.iter().all(|b| alphanumeric(*b) || b"._-".contains(b))
        && bytes.first().is_some_and(|b| alphanumeric(*b))
        && bytes.last().is_some_and(|b| alphanumeric(*b))
}

/// Control characters, and those that turn the direction of text around what follows them.
fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl ProfileDoc {
    /// Checks the profile against the person's identity.
    ///
    /// # Errors
    /// [`Code::UnknownKey`] where it names an operation that `identity` does not have yet (fetch the chain again),
    /// [`Code::BadObjectSignature`], or [`Code::BadContent`] for fields outside their limits.
    pub fn verify(&self, identity: &Identity) -> Result<(), Code> {
        identity.check(&self.uid, self.op, self)?;
        if self.is_valid() { Ok(()) } else { Err(Code::BadContent) }
    }

    /// Where the profile stands among the person's profiles; the highest counts.
    pub fn order(&self) -> (u64, u64) {
        (self.op, self.rev)
    }

    /// Whether this profile takes the place of `other`.
    pub fn supersedes(&self, other: &Self) -> bool {
        self.order() > other.order()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::{Genesis, Op, verify_chain},
        ids::{InstanceId, MediaId},
        keys::SecretKey,
    };

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed([n; 32])
    }

    /// Operation 0 lists key 2, operation 1 lists key 3 in its stead.
    fn identity() -> Identity {
        let home = InstanceId::of_root(&key(9).public().to_bytes());
        let genesis = Genesis {
            home: home.clone(),
            profile_host: home,
            signing_keys: vec![key(2).public()],
            rotation_keys: vec![key(1).public()],
        };
        let first = Op::genesis(genesis, &key(1)).unwrap();
        let identity = verify_chain(&[first]).unwrap();
        let second = identity.next(|op| op.signing_keys = vec![key(3).public()], &key(1)).unwrap();
        identity.apply(&second).unwrap()
    }

    fn fields() -> ProfileFields {
        ProfileFields {
            uid: identity().uid,
            op: 1,
            rev: 1,
            handle: "ada".into(),
            display_name: "Ada".into(),
            bio: "Counts.".into(),
            pronouns: "she/her".into(),
            avatar: Some(Picture { mid: MediaId::of(b"x"), media_type: "image/png".into(), size: 1 }),
            banner: Some(Picture { mid: MediaId::of(b"y"), media_type: "image/jpeg".into(), size: 9 }),
            inner: None,
            updated_at: 1,
            deleted: None,
        }
    }

    fn verdict(change: impl FnOnce(&mut ProfileFields), signer: u8) -> Result<(), Code> {
        let mut fields = fields();
        change(&mut fields);
        ProfileDoc::sign(fields, &key(signer)).unwrap().verify(&identity())
    }

    #[test]
    fn a_profile_is_signed_by_a_key_of_its_operation() {
        assert_eq!(verdict(|_| (), 3), Ok(()));
        assert_eq!(verdict(|p| p.op = 0, 2), Ok(()));
        assert_eq!(verdict(|_| (), 2), Err(Code::BadObjectSignature));
        assert_eq!(verdict(|p| p.op = 0, 3), Err(Code::BadObjectSignature));
        assert_eq!(verdict(|p| p.op = 2, 3), Err(Code::UnknownKey));
        assert_eq!(verdict(|p| p.uid = UserId::derive(b"eve"), 3), Err(Code::BadObjectSignature));
    }

    #[test]
    fn a_profile_that_was_touched_fails() {
        let text = String::from_utf8(ProfileDoc::sign(fields(), &key(3)).unwrap().to_vec().unwrap()).unwrap();
        let doc = ProfileDoc::from_slice(text.replace("Counts.", "Cheats.").as_bytes()).unwrap();
        assert_eq!(doc.verify(&identity()), Err(Code::BadObjectSignature));
    }

    #[test]
    fn fields_have_limits() {
        assert_eq!(verdict(|p| p.display_name = "é".repeat(64), 3), Ok(()));
        assert_eq!(verdict(|p| p.display_name = "é".repeat(65), 3), Err(Code::BadContent));
        assert_eq!(verdict(|p| p.display_name = "a\nb".into(), 3), Err(Code::BadContent));
        assert_eq!(verdict(|p| p.display_name = "a\u{202e}b".into(), 3), Err(Code::BadContent));
        assert_eq!(verdict(|p| p.bio = "a\nb".into(), 3), Ok(()));
        assert_eq!(verdict(|p| p.bio = "a".repeat(4001), 3), Err(Code::BadContent));
        assert_eq!(verdict(|p| p.handle = "Ada".into(), 3), Err(Code::BadContent));
        assert_eq!(verdict(|p| p.handle.clear(), 3), Ok(()));
        let svg = |p: &mut ProfileFields| p.avatar.as_mut().unwrap().media_type = "image/svg+xml".into();
        assert_eq!(verdict(svg, 3), Err(Code::BadContent));
        assert_eq!(verdict(|p| p.banner.as_mut().unwrap().size = 0, 3), Err(Code::BadContent));
        assert_eq!(verdict(|p| p.avatar.as_mut().unwrap().size = MAX_AVATAR_BYTES + 1, 3), Err(Code::BadContent));
        let huge = ProfileFields { bio: "a".repeat(40_000), ..fields() };
        assert_eq!(ProfileDoc::sign(huge, &key(3)), Err(Code::TooLarge));
    }

    #[test]
    fn the_higher_revision_counts() {
        let doc = |op, rev| ProfileDoc::sign(ProfileFields { op, rev, ..fields() }, &key(3)).unwrap();
        assert!(doc(1, 2).supersedes(&doc(1, 1)) && doc(2, 1).supersedes(&doc(1, 9)));
        assert!(!doc(1, 1).supersedes(&doc(1, 1)) && !doc(0, 9).supersedes(&doc(1, 1)));
    }

    #[test]
    fn a_deleted_profile_says_nothing_more() {
        let tombstone = ProfileFields::tombstone(identity().uid, 1, 2, 5);
        assert_eq!(ProfileDoc::sign(tombstone, &key(3)).unwrap().verify(&identity()), Ok(()));
        assert_eq!(verdict(|p| p.deleted = Some(true), 3), Err(Code::BadContent));
    }

    #[test]
    fn handles_are_short_and_plain() {
        for good in ["ab", "ada.l", "a_b-c9", "0x"] {
            assert!(valid_handle(good), "{good}");
        }
        for bad in ["", "a", "Ada", ".ada", "ada.", "a b", "ädа", "a@b", "abcdefghijklmnopqrstuvwxyz0123456"] {
            assert!(!valid_handle(bad), "{bad}");
        }
    }
}
