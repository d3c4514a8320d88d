//! Identities of our own people: the chain and the keys that this instance holds for them.

use conntext_federation::hosting::{Grant, GrantFields};
use conntext_federation::identity::{Genesis, Identity, Op, OpFields, verify_chain};
use conntext_federation::ids::UserId;
use conntext_federation::inner_profile::{InnerDoc, InnerFields, InnerParts};
use conntext_federation::keys::{PublicKey, SecretKey};
use conntext_federation::profile::{ProfileDoc, ProfileFields};
use conntext_federation::server_profile::{ServerProfileDoc, ServerProfileFields};
use conntext_federation::wire::SignedProfile;

use super::{inner, server_store, store};
use crate::Base;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};

pub(super) const SIGN: &str = "sign";
pub(super) const ROTATE: &str = "rotate";

/// An identity that is made and not written yet.
pub struct NewIdentity {
    op: Op,
    signing: SecretKey,
    rotation: SecretKey,
}

impl NewIdentity {
    /// The id that the person will have everywhere.
    pub fn uid(&self) -> &str {
        self.op.uid.as_str()
    }
}

/// Makes the identity of a new person: one key that signs for them, and one, the home's, that can move them. A key of
/// their own can be put above it later.
pub fn new_identity(base: &Base) -> Result<NewIdentity> {
    let signing = SecretKey::from_seed(base.rng.bytes());
    let rotation = SecretKey::from_seed(base.rng.bytes());
    let genesis = Genesis {
        home: base.keys.ik.clone(),
        profile_host: base.keys.ik.clone(),
        signing_keys: vec![signing.public()],
        rotation_keys: vec![rotation.public()],
    };
    Ok(NewIdentity { op: Op::genesis(genesis, &rotation)?, signing, rotation })
}

pub(super) async fn insert(base: &Base, tx: &mut Tx, new: &NewIdentity) -> Result<()> {
    store_op(tx, &new.op).await?;
    for (purpose, key) in [(SIGN, &new.signing), (ROTATE, &new.rotation)] {
        keep_key(base, tx, new.uid(), purpose, key).await?;
    }
    Ok(())
}

/// Keeps a key that this instance made for somebody, sealed.
pub(super) async fn keep_key(base: &Base, tx: &mut Tx, uid: &str, purpose: &str, key: &SecretKey) -> Result<()> {
    let public = key.public();
    let sealed = base.keys.seal.close(&*base.rng, uid, &key.seed());
    let sealed = sealed.ok_or_else(|| Problem::internal("a key could not be sealed"))?;
    Ok(store::add_key(tx, uid, public.kid().as_str(), purpose, &public.to_bytes(), &sealed).await?)
}

async fn store_op(tx: &mut Tx, op: &Op) -> Result<()> {
    let text = String::from_utf8(op.to_vec()?).map_err(Problem::internal)?;
    Ok(store::add_op(tx, op.uid.as_str(), op.n, &text).await?)
}

/// The identity chain of one of our own people.
pub async fn chain(q: &mut impl Query, uid: &str) -> Result<Vec<Op>> {
    store::ops(q, uid).await?.iter().map(|text| Ok(Op::from_slice(text.as_bytes())?)).collect()
}

/// Signs and writes the next operation of one of our own people's chains, with the home's key.
pub async fn next_op(base: &Base, tx: &mut Tx, uid: &str, change: impl FnOnce(&mut OpFields)) -> Result<Op> {
    let identity = verify_chain(&chain(tx, uid).await?)?;
    let key = open_key(base, tx, uid, ROTATE, &kids(&identity.rotation_keys)).await?;
    let op = identity.next(change, &key)?;
    store_op(tx, &op).await?;
    Ok(op)
}

/// Signs the profiles of our own people anew that say nothing of their name: those of before it stood there.
///
/// # Errors
/// The database's.
pub async fn name_in_profiles(base: &Base) -> Result<()> {
    let uids = store::nameless(&mut base.db.read().await?).await?;
    if uids.is_empty() {
        return Ok(());
    }
    let mut tx = base.db.begin().await?;
    for uid in uids {
        if let Some(row) = store::profile(&mut tx, &uid).await? {
            sign_and_store(base, &mut tx, row).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// The end of one of our own people: their chain with the operation that ends it, and the empty profile under it. Nothing
/// is written.
pub async fn tombstone(base: &Base, q: &mut impl Query, uid: &str) -> Result<SignedProfile> {
    let mut ops = chain(q, uid).await?;
    let identity = verify_chain(&ops)?;
    let rotation = open_key(base, q, uid, ROTATE, &kids(&identity.rotation_keys)).await?;
    let op = identity.next(|op| op.deleted = Some(true), &rotation)?;
    let identity = identity.apply(&op)?;
    ops.push(op);
    let signing = open_key(base, q, uid, SIGN, &kids(&identity.signing_keys)).await?;
    let fields = ProfileFields::tombstone(identity.uid.clone(), identity.n, 0, base.clock.now_ms());
    let profile = ProfileDoc::sign(fields, &signing)?;
    profile.verify(&identity)?;
    Ok(SignedProfile { identity: ops, profile, inner: None, servers: Vec::new(), host: None })
}

/// Puts the end of one of our own people in the place of their profile; their keys go.
pub async fn bury(base: &Base, tx: &mut Tx, end: &SignedProfile) -> Result<()> {
    let uid = end.profile.uid.as_str();
    let old = store::profile(tx, uid).await?;
    store::drop_ops(tx, uid, 0).await?;
    for op in &end.identity {
        store_op(tx, op).await?;
    }
    store::drop_keys(tx, uid).await?;
    server_store::forget_actor(tx, uid).await?;
    let row = store::ProfileRow {
        uid: uid.to_owned(),
        handle: String::new(),
        domain: base.domain.as_str().to_owned(),
        local: true,
        op: i64::try_from(end.profile.op).unwrap_or(i64::MAX),
        rev: i64::try_from(end.profile.rev).unwrap_or(i64::MAX),
        display_name: String::new(),
        bio: String::new(),
        pronouns: String::new(),
        avatar: None,
        banner: None,
        deleted: true,
        doc: String::from_utf8(end.profile.to_vec()?).map_err(Problem::internal)?,
        updated_at: end.profile.updated_at,
        fetched_at: end.profile.updated_at,
        confirmed: true,
        host: String::new(),
        inner: String::new(),
        hidden: String::new(),
    };
    store::put(tx, &row).await?;
    match old {
        Some(old) => super::drop_replaced(tx, &old, &row).await,
        None => Ok(()),
    }
}

fn kids(keys: &[PublicKey]) -> Vec<String> {
    keys.iter().map(|key| key.kid().as_str().to_owned()).collect()
}

async fn open_key(base: &Base, q: &mut impl Query, uid: &str, purpose: &str, allowed: &[String]) -> Result<SecretKey> {
    store::sealed_keys(q, uid, purpose)
        .await?
        .into_iter()
        .find(|(kid, _)| allowed.contains(kid))
        .and_then(|(_, sealed)| base.keys.seal.open(uid, &sealed))
        .and_then(|seed| <[u8; 32]>::try_from(seed).ok())
        .map(SecretKey::from_seed)
        .ok_or_else(|| Problem::internal("a person's key is missing or was sealed with another key"))
}

/// One of our own people's chain, and the key that signs for them under its last operation.
async fn signer(base: &Base, q: &mut impl Query, uid: &str) -> Result<(Identity, SecretKey)> {
    let identity = verify_chain(&chain(q, uid).await?)?;
    let key = open_key(base, q, uid, SIGN, &kids(&identity.signing_keys)).await?;
    Ok((identity, key))
}

/// Signs how one of our own people shows themselves in a server, under the last operation of their chain.
pub(super) async fn sign_server_profile(
    base: &Base,
    q: &mut impl Query,
    fields: ServerProfileFields,
) -> Result<ServerProfileDoc> {
    let uid = fields.uid.as_str();
    let (identity, key) = signer(base, q, uid).await?;
    let doc = ServerProfileDoc::sign(ServerProfileFields { op: identity.n, ..fields }, &key)?;
    doc.verify(&identity)?;
    Ok(doc)
}

/// Signs what one of our own people wants of a host, under the last operation of their chain.
pub async fn sign_grant(base: &Base, q: &mut impl Query, fields: GrantFields) -> Result<Grant> {
    let (identity, key) = signer(base, q, fields.uid.as_str()).await?;
    Ok(Grant::sign(GrantFields { op: identity.n, ..fields }, &key)?)
}

/// Takes over what one of our own people's chains has elsewhere beyond what is here: this instance was put back to an
/// earlier day.
pub(super) async fn adopt(tx: &mut Tx, uid: &str, ops: &[Op]) -> Result<()> {
    let held = chain(tx, uid).await?;
    if verify_chain(ops)?.uid.as_str() != uid || ops.get(..held.len()) != Some(held.as_slice()) {
        return Ok(());
    }
    for op in &ops[held.len()..] {
        store_op(tx, op).await?;
    }
    Ok(())
}

/// Puts an operation that the person signed themselves behind their chain.
pub(super) async fn add(tx: &mut Tx, op: &Op) -> Result<()> {
    store_op(tx, op).await
}

/// Signs the row as the next revision of the person's profile and writes it.
pub(super) async fn sign_and_store(base: &Base, tx: &mut Tx, mut row: store::ProfileRow) -> Result<()> {
    let (identity, key) = signer(base, tx, &row.uid).await?;
    row.op = i64::try_from(identity.n).unwrap_or(i64::MAX);
    row.rev += 1;
    row.updated_at = base.clock.now_ms();
    row.fetched_at = row.updated_at;
    if !inner::is_whole(&row) {
        // Nobody here knows what it was.
        row.hidden.clear();
    }
    let (uid, op, rev) = (row.uid.parse::<UserId>()?, identity.n, row.rev.unsigned_abs());
    let parts = inner::parts(&row);
    let hides = parts != InnerParts::default();
    let inner = hides.then(|| InnerDoc::sign(InnerFields { uid: uid.clone(), op, rev, parts }, &key)).transpose()?;
    let shown = inner::for_everybody(row.clone());
    let fields = ProfileFields {
        uid,
        op,
        rev,
        handle: row.handle.clone(),
        display_name: row.display_name.clone(),
        bio: shown.bio,
        pronouns: shown.pronouns,
        avatar: shown.avatar,
        banner: shown.banner,
        inner: inner.as_ref().map(InnerDoc::hash).transpose()?,
        updated_at: row.updated_at,
        deleted: None,
    };
    let doc = ProfileDoc::sign(fields, &key)?;
    doc.verify(&identity)?;
    row.inner = match &inner {
        Some(inner) => {
            inner.verify(&identity, &doc)?;
            String::from_utf8(inner.to_vec()?).map_err(Problem::internal)?
        }
        None => String::new(),
    };
    row.doc = String::from_utf8(doc.to_vec()?).map_err(Problem::internal)?;
    Ok(store::put(tx, &row).await?)
}
