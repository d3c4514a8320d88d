//! The signed word of an instance that it keeps nothing any more about somebody whose account is gone.

use crate::{
    error::Code,
    ids::{Hash, InstanceId, UserId},
    keys::Domain as Kind,
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};

/// The covered fields of a farewell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FarewellFields {
    /// The person.
    pub uid: UserId,
    /// The hash of the operation that ended their identity.
    pub op: Hash,
    /// The instance that erased what it knew about them.
    pub by: InstanceId,
    /// When, by that instance's clock, Unix milliseconds.
    pub erased_at: i64,
}

impl Body for FarewellFields {
    const KIND: Kind = Kind::Farewell;
    const MAX_BYTES: usize = 2 * 1024;
}

/// A signed farewell.
pub type Farewell = Signed<FarewellFields>;

impl Farewell {
    /// Whether it speaks of this end of this identity and of this instance. The signature is checked apart, against the
    /// instance's keys.
    ///
    /// # Errors
    /// [`Code::OriginMismatch`] for another instance, [`Code::HashMismatch`] for another person or operation.
    pub fn check_names(&self, uid: &UserId, op: &Hash, by: &InstanceId) -> Result<(), Code> {
        if self.by != *by {
            return Err(Code::OriginMismatch);
        }
        if self.uid == *uid && self.op == *op { Ok(()) } else { Err(Code::HashMismatch) }
    }
}
