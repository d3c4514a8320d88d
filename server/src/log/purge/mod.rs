//! Erasing everything that somebody brought into a log, because they asked for it with `user.purge`.
//!
//! The purge itself is an event that is written at once. What it covers may be much, so it is carried out behind it, a part
//! in each transaction, and goes on after a restart. When all is gone, this instance signs a receipt.

pub mod store;

use super::{Log, LogError, commit::Request};
use crate::db::{Result, Tx};
use conntext_federation::{
    ids::{ActionId, Actor, ChannelId, Hash, InstanceId, ServerId},
    keys::SecretKey,
    receipt::{Receipt, ReceiptFields},
};
use futures_util::future::BoxFuture;

/// Places of a log that are looked at in one transaction.
pub(super) const PLACES: u64 = 20_000;
/// The most of what was found there that is erased in it.
pub(super) const MOST: u64 = 500;

/// A purge that stands in a log.
#[derive(Clone, Debug)]
pub struct Purge {
    /// Its place; what the actor brought before it goes.
    pub seq: u64,
    /// Its action.
    pub aid: ActionId,
    /// The hash of its event.
    pub hash: Hash,
    /// Who asked.
    pub actor: Actor,
    /// How far it was carried out.
    pub erased_to: u64,
}

/// What goes in one transaction, handed to the rooms inside it.
pub struct Gone<'a> {
    pub log_id: i64,
    /// The purge that takes it away.
    pub by_seq: u64,
    /// Messages of the actor, with their channels.
    pub messages: &'a [(ActionId, ChannelId)],
    /// Messages that the actor reacted to.
    pub reacted: &'a [ActionId],
    /// The actor.
    pub actor: &'a Actor,
}

/// What the rooms do when content goes.
pub type Erase = for<'a> fn(&'a mut Tx, &'a Gone<'a>) -> BoxFuture<'a, Result<()>>;

/// Signs that a purge was carried out here.
pub(super) fn receipt(
    sid: &ServerId,
    purge: &Purge,
    by: &InstanceId,
    key: &SecretKey,
    now_ms: i64,
) -> std::result::Result<String, LogError> {
    let fields = ReceiptFields {
        sid: sid.clone(),
        purge: purge.aid,
        seq: purge.seq,
        hash: purge.hash,
        by: by.clone(),
        erased_at: now_ms,
    };
    let text = Receipt::sign(fields, key)?.to_vec()?;
    String::from_utf8(text).map_err(|_| LogError::Rejected(conntext_federation::Code::BadJson))
}

impl Log {
    /// Waits until a purge was written.
    pub async fn purge_came(&self) {
        self.inner.purges.notified().await;
    }

    /// Carries out a part of what is to be erased. Answers whether there is more.
    ///
    /// # Errors
    /// From the database; the next call goes on where this one ended.
    pub async fn purge_on(&self) -> Result<bool> {
        let mut read = self.inner.db.read().await?;
        let open = store::unfinished(&mut read).await?;
        drop(read);
        for (sid, seq) in open {
            // A log that is closed here is erased when it is open again.
            let Some(log) = self.get(&sid) else { continue };
            match self.ask(|reply| Request::Purge { log, seq, reply }).await {
                Ok(()) => return Ok(true),
                // It must not hold up the others.
                Err(e) => tracing::warn!(%sid, seq, error = %e, "what is to be erased could not be; next try soon"),
            }
        }
        Ok(false)
    }
}
