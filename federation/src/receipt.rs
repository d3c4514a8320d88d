//! The signed word of an instance that it holds nothing any more of what somebody asked to have erased.

use crate::{
    error::Code,
    ids::{ActionId, Hash, InstanceId, ServerId},
    keys::Domain as Kind,
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};

/// The most receipts in one answer: more instances than a server has.
pub const MAX_RECEIPTS: usize = 10_000;

/// The covered fields of a receipt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptFields {
    /// The server.
    pub sid: ServerId,
    /// The `user.purge` that was carried out.
    pub purge: ActionId,
    /// Its place in the log.
    pub seq: u64,
    /// The hash of its event.
    pub hash: Hash,
    /// The instance that carried it out.
    pub by: InstanceId,
    /// When it was done, by that instance's clock, Unix milliseconds.
    pub erased_at: i64,
}

impl Body for ReceiptFields {
    const KIND: Kind = Kind::Receipt;
    const MAX_BYTES: usize = 2 * 1024;
}

/// A signed receipt.
pub type Receipt = Signed<ReceiptFields>;

/// What a hub knows of a purge, for the home of whoever asked for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PurgeReport {
    /// Its place in the log.
    pub seq: u64,
    /// The hash of its event.
    pub hash: Hash,
    /// What was confirmed, each with the domain of whoever did.
    pub receipts: Vec<Confirmed>,
    /// The domains of those that have not confirmed.
    pub waiting: Vec<String>,
}

/// One confirmation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Confirmed {
    /// Where the instance is reached.
    pub domain: String,
    /// Its word.
    pub receipt: Receipt,
}

impl Receipt {
    /// Whether it speaks of this purge and of this instance. The signature is checked apart, against the instance's keys.
    ///
    /// # Errors
    /// [`Code::OriginMismatch`] for another instance, [`Code::HashMismatch`] for another purge.
    pub fn check_names(&self, sid: &ServerId, purge: &ActionId, at: (u64, &Hash), by: &InstanceId) -> Result<(), Code> {
        if self.by != *by {
            return Err(Code::OriginMismatch);
        }
        let same = self.sid == *sid && self.purge == *purge && (self.seq, &self.hash) == at;
        if same { Ok(()) } else { Err(Code::HashMismatch) }
    }
}
