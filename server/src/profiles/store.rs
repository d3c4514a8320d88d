//! SQL of identities, profiles and their pictures.

use std::collections::HashMap;

use crate::args;
use crate::db::{Query, Result, Row, Tx, Value};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ProfileRow {
    pub uid: String,
    pub handle: String,
    pub domain: String,
    pub local: bool,
    pub op: i64,
    pub rev: i64,
    pub display_name: String,
    pub bio: String,
    pub pronouns: String,
    pub avatar_mid: Option<String>,
    pub avatar_type: Option<String>,
    pub avatar_size: i64,
    pub deleted: bool,
    pub doc: String,
    pub updated_at: i64,
    pub fetched_at: i64,
    /// Whether the home says itself that the handle is theirs.
    pub confirmed: bool,
}

fn profile_row(r: &Row) -> ProfileRow {
    ProfileRow {
        uid: r.get(0),
        handle: r.get(1),
        domain: r.get(2),
        local: r.get(3),
        op: r.get(4),
        rev: r.get(5),
        display_name: r.get(6),
        bio: r.get(7),
        pronouns: r.get(8),
        avatar_mid: r.get(9),
        avatar_type: r.get(10),
        avatar_size: r.get(11),
        deleted: r.get(12),
        doc: r.get(13),
        updated_at: r.get(14),
        fetched_at: r.get(15),
        confirmed: r.get(16),
    }
}

pub(super) async fn profile(q: &mut impl Query, uid: &str) -> Result<Option<ProfileRow>> {
    let row = q
        .row(
            "select uid, handle, domain, local, op, rev, display_name, bio, pronouns, avatar_mid, avatar_type,
               avatar_size, deleted, doc, updated_at, fetched_at, confirmed
             from profiles where uid = $1",
            args![uid],
        )
        .await?;
    Ok(row.as_ref().map(profile_row))
}

/// Ids that one statement asks for. Statements are literals, so the last chunk repeats an id to fill up.
const CHUNK: usize = 24;

pub(super) async fn profiles(
    q: &mut impl Query,
    uids: &[impl AsRef<str> + Sync],
) -> Result<HashMap<String, ProfileRow>> {
    let mut found = HashMap::with_capacity(uids.len());
    for chunk in uids.chunks(CHUNK) {
        let args: Vec<Value> =
            (0..CHUNK).map(|i| chunk.get(i).or(chunk.first()).map_or("", AsRef::as_ref).into()).collect();
        let rows = q
            .rows(
                "select uid, handle, domain, local, op, rev, display_name, bio, pronouns, avatar_mid, avatar_type,
                   avatar_size, deleted, doc, updated_at, fetched_at, confirmed
                 from profiles where uid in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                   $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
                args,
            )
            .await?;
        found.extend(rows.iter().map(profile_row).map(|p| (p.uid.clone(), p)));
    }
    Ok(found)
}

pub(super) async fn put(tx: &mut Tx, p: &ProfileRow) -> Result<()> {
    tx.exec(
        "insert into profiles (uid, handle, domain, local, op, rev, display_name, bio, pronouns, avatar_mid,
           avatar_type, avatar_size, deleted, doc, updated_at, fetched_at, confirmed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         on conflict (uid) do update set handle = excluded.handle, domain = excluded.domain, op = excluded.op,
           rev = excluded.rev, display_name = excluded.display_name, bio = excluded.bio,
           pronouns = excluded.pronouns, avatar_mid = excluded.avatar_mid, avatar_type = excluded.avatar_type,
           avatar_size = excluded.avatar_size, deleted = excluded.deleted, doc = excluded.doc,
           updated_at = excluded.updated_at, fetched_at = excluded.fetched_at, confirmed = excluded.confirmed",
        args![
            &p.uid,
            &p.handle,
            &p.domain,
            p.local,
            p.op,
            p.rev,
            &p.display_name,
            &p.bio,
            &p.pronouns,
            p.avatar_mid.clone(),
            p.avatar_type.clone(),
            p.avatar_size,
            p.deleted,
            &p.doc,
            p.updated_at,
            p.fetched_at,
            p.confirmed
        ],
    )
    .await
    .map(|_| ())
}

pub(super) async fn local_uid(q: &mut impl Query, handle: &str) -> Result<Option<String>> {
    let row = q.row("select uid from accounts where handle = $1", args![handle]).await?;
    Ok(row.map(|r| r.get(0)))
}

pub(super) async fn ops(q: &mut impl Query, uid: &str) -> Result<Vec<String>> {
    let rows = q.rows("select op from identity_ops where uid = $1 order by n", args![uid]).await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

pub(super) async fn add_op(tx: &mut Tx, uid: &str, n: u64, op: &str) -> Result<()> {
    tx.exec("insert into identity_ops (uid, n, op) values ($1, $2, $3)", args![uid, n, op]).await.map(|_| ())
}

/// Removes the operations from number `from` on.
pub(super) async fn drop_ops(tx: &mut Tx, uid: &str, from: u64) -> Result<()> {
    tx.exec("delete from identity_ops where uid = $1 and n >= $2", args![uid, from]).await.map(|_| ())
}

pub(super) async fn add_key(
    tx: &mut Tx,
    uid: &str,
    kid: &str,
    purpose: &str,
    public: &[u8],
    sealed: &[u8],
) -> Result<()> {
    tx.exec(
        "insert into identity_keys (uid, kid, purpose, public, sealed) values ($1, $2, $3, $4, $5)",
        args![uid, kid, purpose, public, sealed],
    )
    .await
    .map(|_| ())
}

/// Removes the keys of a person.
pub(super) async fn drop_keys(tx: &mut Tx, uid: &str) -> Result<()> {
    tx.exec("delete from identity_keys where uid = $1", args![uid]).await.map(|_| ())
}

/// The sealed keys of a person for one purpose, the newest last.
pub(super) async fn sealed_keys(q: &mut impl Query, uid: &str, purpose: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let rows =
        q.rows("select kid, sealed from identity_keys where uid = $1 and purpose = $2", args![uid, purpose]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1))).collect())
}

pub(super) async fn add_picture(tx: &mut Tx, mid: &str, kind: &str, bytes: &[u8], now: i64) -> Result<()> {
    tx.exec(
        "insert into avatars (mid, type, bytes, created_at) values ($1, $2, $3, $4) on conflict (mid) do nothing",
        args![mid, kind, bytes, now],
    )
    .await
    .map(|_| ())
}

pub(super) async fn picture(q: &mut impl Query, mid: &str) -> Result<Option<(String, Vec<u8>)>> {
    let row = q.row("select type, bytes from avatars where mid = $1", args![mid]).await?;
    Ok(row.map(|r| (r.get(0), r.get(1))))
}

/// People of this instance in whose signed profile no name stands.
pub(super) async fn nameless(q: &mut impl Query) -> Result<Vec<String>> {
    let sql = "select uid from profiles where local and not deleted and doc not like '%\"handle\":%'";
    Ok(q.rows(sql, args![]).await?.iter().map(|r| r.get(0)).collect())
}

/// People of other instances behind an id whose profile was fetched before a time, in the order of their ids.
pub(super) async fn strangers(q: &mut impl Query, after: &str, before: i64, most: u64) -> Result<Vec<String>> {
    let sql = "select uid from profiles where uid > $1 and not local and fetched_at < $2 order by uid limit $3";
    Ok(q.rows(sql, args![after, before, most]).await?.iter().map(|r| r.get(0)).collect())
}

/// Forgets somebody of another instance. The end of an identity stays, so that nothing older comes back.
pub(super) async fn forget(tx: &mut Tx, uid: &str) -> Result<()> {
    let row = tx.row("delete from profiles where uid = $1 and not deleted returning avatar_mid", args![uid]).await?;
    let Some(row) = row else { return Ok(()) };
    drop_ops(tx, uid, 0).await?;
    match row.get::<Option<String>>(0) {
        Some(mid) => drop_unused_picture(tx, &mid).await,
        None => Ok(()),
    }
}

/// Removes a picture that no profile shows any more.
pub(super) async fn drop_unused_picture(tx: &mut Tx, mid: &str) -> Result<()> {
    tx.exec(
        "delete from avatars where mid = $1 and not exists (select 1 from profiles where avatar_mid = $1)",
        args![mid],
    )
    .await
    .map(|_| ())
}
