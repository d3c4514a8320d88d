//! SQL of identities, profiles and their pictures.

use std::collections::HashMap;

use conntext_federation::profile::Picture;

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
    pub avatar: Option<Picture>,
    pub banner: Option<Picture>,
    pub deleted: bool,
    pub doc: String,
    pub updated_at: i64,
    pub fetched_at: i64,
    /// Whether the home says itself that the handle is theirs.
    pub confirmed: bool,
    /// The domain of the instance that keeps it, where that is not the home; else empty.
    pub host: String,
    /// The signed document of what only members of their communities see; empty where there is none, or it is not here.
    pub inner: String,
    /// The names of what stands in it; a question mark where it is not here.
    pub hidden: String,
}

impl ProfileRow {
    /// Whether only members of their communities see this.
    pub fn hides(&self, field: &str) -> bool {
        self.hidden.split(' ').any(|name| name == field)
    }

    /// Its pictures that everybody may see, or all.
    pub fn pictures_for(&self, member: bool) -> impl Iterator<Item = &Picture> {
        let avatar = self.avatar.iter().filter(move |_| member || !self.hides("avatar"));
        avatar.chain(self.banner.iter().filter(move |_| member || !self.hides("banner")))
    }

    /// Its pictures, by whatever they are for.
    pub fn pictures(&self) -> impl Iterator<Item = &Picture> {
        self.avatar.iter().chain(&self.banner)
    }
}

/// The picture whose id, type and size stand in three columns.
pub(super) fn picture_of(r: &Row, first: usize) -> Option<Picture> {
    Some(Picture {
        mid: r.get::<Option<String>>(first)?.parse().ok()?,
        media_type: r.get::<Option<String>>(first + 1)?,
        size: r.get::<i64>(first + 2).unsigned_abs(),
    })
}

/// The three columns of a picture.
pub(super) fn columns(picture: Option<&Picture>) -> [Value; 3] {
    [
        picture.map(|p| p.mid.as_str().to_owned()).into(),
        picture.map(|p| p.media_type.clone()).into(),
        picture.map_or(0, |p| i64::try_from(p.size).unwrap_or(i64::MAX)).into(),
    ]
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
        avatar: picture_of(r, 9),
        banner: picture_of(r, 12),
        deleted: r.get(15),
        doc: r.get(16),
        updated_at: r.get(17),
        fetched_at: r.get(18),
        confirmed: r.get(19),
        host: r.get(20),
        inner: r.get(21),
        hidden: r.get(22),
    }
}

pub(super) async fn profile(q: &mut impl Query, uid: &str) -> Result<Option<ProfileRow>> {
    let row = q
        .row(
            "select uid, handle, domain, local, op, rev, display_name, bio, pronouns, avatar_mid, avatar_type,
               avatar_size, banner_mid, banner_type, banner_size, deleted, doc, updated_at, fetched_at, confirmed, host,
               inner_doc, hidden
             from profiles where uid = $1",
            args![uid],
        )
        .await?;
    Ok(row.as_ref().map(profile_row))
}

/// Ids that one statement asks for. Statements are literals, so the last chunk repeats an id to fill up.
pub(super) const CHUNK: usize = 24;

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
                   avatar_size, banner_mid, banner_type, banner_size, deleted, doc, updated_at, fetched_at, confirmed, host,
               inner_doc, hidden
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
    let [avatar, avatar_type, avatar_size] = columns(p.avatar.as_ref());
    let [banner, banner_type, banner_size] = columns(p.banner.as_ref());
    tx.exec(
        "insert into profiles (uid, handle, domain, local, op, rev, display_name, bio, pronouns, avatar_mid,
           avatar_type, avatar_size, banner_mid, banner_type, banner_size, deleted, doc, updated_at, fetched_at,
           confirmed, host, inner_doc, hidden)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
         on conflict (uid) do update set handle = excluded.handle, domain = excluded.domain, local = excluded.local, op = excluded.op,
           rev = excluded.rev, display_name = excluded.display_name, bio = excluded.bio,
           pronouns = excluded.pronouns, avatar_mid = excluded.avatar_mid, avatar_type = excluded.avatar_type,
           avatar_size = excluded.avatar_size, banner_mid = excluded.banner_mid,
           banner_type = excluded.banner_type, banner_size = excluded.banner_size, deleted = excluded.deleted, doc = excluded.doc,
           updated_at = excluded.updated_at, fetched_at = excluded.fetched_at, confirmed = excluded.confirmed,
           host = excluded.host, inner_doc = excluded.inner_doc, hidden = excluded.hidden",
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
            avatar,
            avatar_type,
            avatar_size,
            banner,
            banner_type,
            banner_size,
            p.deleted,
            &p.doc,
            p.updated_at,
            p.fetched_at,
            p.confirmed,
            &p.host,
            &p.inner,
            &p.hidden
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

pub(super) async fn drop_key(tx: &mut Tx, uid: &str, kid: &str) -> Result<()> {
    tx.exec("delete from identity_keys where uid = $1 and kid = $2", args![uid, kid]).await.map(|_| ())
}

/// The sealed keys of a person for one purpose, the newest last.
pub(super) async fn sealed_keys(q: &mut impl Query, uid: &str, purpose: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let rows =
        q.rows("select kid, sealed from identity_keys where uid = $1 and purpose = $2", args![uid, purpose]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1))).collect())
}

pub(super) async fn add_picture(tx: &mut Tx, picture: &Picture, bytes: &[u8], now: i64) -> Result<()> {
    tx.exec(
        "insert into avatars (mid, type, bytes, created_at) values ($1, $2, $3, $4) on conflict (mid) do nothing",
        args![picture.mid.as_str(), &picture.media_type, bytes, now],
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

/// People of other instances behind an id whose profile was fetched before a time and is not kept here for them, in the
/// order of their ids.
pub(super) async fn strangers(q: &mut impl Query, after: &str, before: i64, most: u64) -> Result<Vec<String>> {
    let sql = "select uid from profiles where uid > $1 and not local and fetched_at < $2
                 and not exists (select 1 from hosted_profiles h where h.uid = profiles.uid and h.erased_at is null)
               order by uid limit $3";
    Ok(q.rows(sql, args![after, before, most]).await?.iter().map(|r| r.get(0)).collect())
}

/// Who has an address, where their home says so itself.
pub(super) async fn at_address(q: &mut impl Query, handle: &str, domain: &str) -> Result<Option<String>> {
    let sql =
        "select uid from profiles where handle = $1 and domain = $2 and confirmed and not deleted order by uid limit 1";
    Ok(q.row(sql, args![handle, domain]).await?.map(|r| r.get(0)))
}

/// Somebody of this instance is nobody of it any more.
pub(super) async fn release(tx: &mut Tx, uid: &str) -> Result<()> {
    tx.exec("update profiles set local = false where uid = $1", args![uid]).await.map(|_| ())
}

/// Forgets somebody of another instance. The end of an identity stays, so that nothing older comes back.
pub(super) async fn forget(tx: &mut Tx, uid: &str) -> Result<()> {
    let sql = "delete from profiles where uid = $1 and not local and not deleted returning avatar_mid, banner_mid";
    let Some(row) = tx.row(sql, args![uid]).await? else { return Ok(()) };
    drop_ops(tx, uid, 0).await?;
    for mid in [row.get::<Option<String>>(0), row.get(1)].into_iter().flatten() {
        drop_unused_picture(tx, &mid).await?;
    }
    Ok(())
}

/// Forgets the bytes of pictures of everybody who is at home on another instance.
pub(super) async fn forget_pictures(tx: &mut Tx, domain: &str) -> Result<()> {
    tx.exec(
        "delete from avatars where mid in (
           select avatar_mid from profiles where domain = $1 and not local and avatar_mid is not null
           union select banner_mid from profiles where domain = $1 and not local and banner_mid is not null
           union select s.avatar_mid from server_profiles s join profiles p on p.uid = s.actor
             where p.domain = $1 and not p.local and s.avatar_mid is not null)",
        args![domain],
    )
    .await?;
    // As soon as they may be seen again they are fetched.
    tx.exec("update profiles set fetched_at = 0 where domain = $1 and not local", args![domain]).await.map(|_| ())
}

/// Removes a picture that no profile shows any more.
pub(super) async fn drop_unused_picture(tx: &mut Tx, mid: &str) -> Result<()> {
    tx.exec(
        "delete from avatars where mid = $1
           and not exists (select 1 from profiles where avatar_mid = $1 or banner_mid = $1)
           and not exists (select 1 from server_profiles where avatar_mid = $1)",
        args![mid],
    )
    .await
    .map(|_| ())
}
