//! Identities that change their home: handed over to another instance, or taken in from one.

use conntext_federation::domain::Domain;
use conntext_federation::identity::{Identity, Op, verify_chain};
use conntext_federation::ids::{InstanceId, UserId};
use conntext_federation::keys::{PublicKey, SecretKey};
use conntext_federation::wire::SignedProfile;

use super::identity::{self, ROTATE, SIGN};
use super::{Seen, server_store, store};
use crate::Base;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};

/// The public halves of what a home holds for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingKeys {
    /// Signs their documents.
    pub signing: PublicKey,
    /// Signs the next operations of their chain.
    pub rotation: PublicKey,
}

/// Makes the keys with which this instance will speak for somebody who comes here.
///
/// # Errors
/// The database's.
pub async fn make_keys(base: &Base, tx: &mut Tx, uid: &UserId) -> Result<WorkingKeys> {
    let (signing, rotation) = (SecretKey::from_seed(base.rng.bytes()), SecretKey::from_seed(base.rng.bytes()));
    for (purpose, key) in [(SIGN, &signing), (ROTATE, &rotation)] {
        identity::keep_key(base, tx, uid.as_str(), purpose, key).await?;
    }
    Ok(WorkingKeys { signing: signing.public(), rotation: rotation.public() })
}

/// The keys that were made for somebody who has not come yet are not needed.
///
/// # Errors
/// The database's.
pub async fn drop_keys(tx: &mut Tx, uid: &str, keys: &[PublicKey]) -> Result<()> {
    for key in keys {
        store::drop_key(tx, uid, key.kid().as_str()).await?;
    }
    Ok(())
}

/// What a chain says next when its person goes to live at `home`: the keys of the home before count no more, and a profile
/// that lay with it lies with the new one.
pub fn moved(
    before: &Identity,
    home: &InstanceId,
    keys: WorkingKeys,
) -> impl FnOnce(&mut conntext_federation::identity::OpFields) {
    let (home, own) = (home.clone(), before.own_key().copied());
    move |op| {
        if op.profile_host == op.home {
            op.profile_host = home.clone();
        }
        op.home = home;
        op.signing_keys = vec![keys.signing];
        op.rotation_keys = own.into_iter().chain([keys.rotation]).collect();
    }
}

/// Gives the identity of one of our own people to another instance: signs the operation that names it, and keeps of them what
/// is kept of anybody who lives elsewhere. Answers with the operation.
///
/// # Errors
/// 409 `chain_full`, and the database's.
pub async fn hand_over(
    base: &Base,
    tx: &mut Tx,
    uid: &str,
    to: (&Domain, &InstanceId),
    keys: WorkingKeys,
) -> Result<Op> {
    let (domain, ik) = to;
    let before = verify_chain(&identity::chain(tx, uid).await?)?;
    let op = identity::next_op(base, tx, uid, moved(&before, ik, keys)).await.map_err(super::own_key::full)?;
    let host = if op.profile_host == op.home { String::new() } else { row(tx, uid).await?.host };
    lives_elsewhere(base, tx, uid, domain, host).await?;
    Ok(op)
}

/// Keeps of one of our own people what is kept of anybody who lives elsewhere.
async fn lives_elsewhere(base: &Base, tx: &mut Tx, uid: &str, domain: &Domain, host: String) -> Result<()> {
    store::drop_keys(tx, uid).await?;
    let row = row(tx, uid).await?;
    let now = base.clock.now_ms();
    let row = store::ProfileRow { local: false, domain: domain.to_string(), host, fetched_at: now, ..row };
    Ok(store::put(tx, &row).await?)
}

/// One of our own people has gone to another instance without this one: their chain proves it.
///
/// # Errors
/// 422 where the chain does not count more than what is here, or still names this instance.
pub async fn went(base: &Base, tx: &mut Tx, domain: &Domain, ops: &[Op]) -> Result<Identity> {
    let shown = verify_chain(ops)?;
    let hash = shown.hash;
    let counts = super::exchange::keep_chain(tx, shown, ops).await?;
    if counts.hash != hash || counts.home == base.keys.ik {
        return Err(conntext_federation::Code::BadIdentityOp.into());
    }
    lives_elsewhere(base, tx, counts.uid.as_str(), domain, String::new()).await?;
    Ok(counts)
}

/// Takes somebody in whose chain names this instance as their home: from now on it signs for them.
///
/// # Errors
/// 422 where the chain does not, or another one of theirs counts more.
pub async fn take_in(
    base: &Base,
    tx: &mut Tx,
    ops: &[Op],
    shown: &SignedProfile,
    handle: &str,
    host: String,
) -> Result<()> {
    let identity = verify_chain(ops)?;
    let uid = identity.uid.clone();
    if identity.home != base.keys.ik || identity.deleted {
        return Err(conntext_federation::Code::BadIdentityOp.into());
    }
    let counts = super::exchange::keep_chain(tx, identity.clone(), ops).await?;
    if counts.hash != identity.hash {
        return Err(conntext_federation::Code::BadIdentityOp.into());
    }
    // What is known of them here already, or what their home showed, whichever is newer.
    let seen = Seen { home: &base.domain, confirmed: true, host: String::new(), now_ms: base.clock.now_ms() };
    super::upsert_remote(tx, &counts, &shown.profile, shown.inner.as_ref(), seen).await?;
    let mut row = row(tx, uid.as_str()).await?;
    if row.display_name.is_empty() || row.display_name == row.handle {
        handle.clone_into(&mut row.display_name);
    }
    row = store::ProfileRow {
        local: true,
        deleted: false,
        confirmed: true,
        handle: handle.to_owned(),
        domain: base.domain.to_string(),
        host,
        ..row
    };
    store::put(tx, &row).await?;
    super::hosting::forget_hosted(tx, uid.as_str()).await?;
    identity::sign_and_store(base, tx, row).await
}

/// Forgets the identity with which an account began, before that of its person came.
///
/// # Errors
/// The database's.
pub async fn discard(tx: &mut Tx, uid: &str) -> Result<()> {
    store::drop_keys(tx, uid).await?;
    server_store::forget_actor(tx, uid).await?;
    store::release(tx, uid).await?;
    Ok(store::forget(tx, uid).await?)
}

/// The homes of these people, now and before, as their chains name them.
///
/// # Errors
/// The database's.
pub async fn homes_of(
    q: &mut impl Query,
    uids: &[UserId],
) -> Result<std::collections::HashMap<UserId, Vec<InstanceId>>> {
    let mut found = std::collections::HashMap::new();
    for uid in uids {
        let homes = identity::chain(q, uid.as_str()).await?.iter().map(|op| op.home.clone()).collect();
        found.insert(uid.clone(), homes);
    }
    Ok(found)
}

/// Who has an address, as far as it is known here.
///
/// # Errors
/// The database's.
pub async fn at_address(q: &mut impl Query, handle: &str, domain: &str) -> Result<Option<String>> {
    Ok(store::at_address(q, handle, domain).await?)
}

/// The domain of somebody's home, as far as it is known here.
///
/// # Errors
/// The database's.
pub async fn domain_of(q: &mut impl Query, uid: &str) -> Result<Option<String>> {
    Ok(store::profile(q, uid).await?.map(|row| row.domain).filter(|domain| !domain.is_empty()))
}

async fn row(q: &mut impl Query, uid: &str) -> Result<store::ProfileRow> {
    store::profile(q, uid).await?.ok_or_else(|| Problem::internal("an account without a profile"))
}
