//! All SQL of uploads.

use crate::args;
use crate::db::{Query, Result, Row, Tx};

/// A file on its way into a message.
#[derive(Clone, Debug)]
pub struct UploadRow {
    pub id: String,
    pub actor: String,
    pub mid: String,
    pub thumb: Option<String>,
    pub name: String,
    pub media_type: String,
    pub size: u64,
    pub width: Option<u64>,
    pub height: Option<u64>,
    pub thumbhash: Option<String>,
    pub created_at: i64,
    pub expires_at: i64,
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn upload(row: &Row) -> UploadRow {
    UploadRow {
        id: row.get(0),
        actor: row.get(1),
        mid: row.get(2),
        thumb: row.get(3),
        name: row.get(4),
        media_type: row.get(5),
        size: unsigned(row.get(6)),
        width: row.get::<Option<i64>>(7).map(unsigned),
        height: row.get::<Option<i64>>(8).map(unsigned),
        thumbhash: row.get(9),
        created_at: row.get(10),
        expires_at: row.get(11),
    }
}

macro_rules! select_uploads {
    ($rest:literal) => {
        concat!(
            "select id, actor, mid, thumb, name, type, size, width, height, thumbhash, created_at, expires_at from uploads ",
            $rest
        )
    };
}

pub async fn insert(tx: &mut Tx, u: &UploadRow) -> Result<()> {
    let sql = "insert into uploads (id, actor, mid, thumb, name, type, size, width, height, thumbhash, claimed,
                 created_at, expires_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let args = args![
        u.id.as_str(),
        u.actor.as_str(),
        u.mid.as_str(),
        u.thumb.as_deref(),
        u.name.as_str(),
        u.media_type.as_str(),
        u.size,
        u.width,
        u.height,
        u.thumbhash.as_deref(),
        false,
        u.created_at,
        u.expires_at
    ];
    tx.exec(sql, args).await.map(|_| ())
}

pub async fn get(q: &mut impl Query, id: &str, actor: &str, now_ms: i64) -> Result<Option<UploadRow>> {
    let sql = select_uploads!("where id = $1 and actor = $2 and expires_at > $3");
    Ok(q.row(sql, args![id, actor, now_ms]).await?.as_ref().map(upload))
}

/// Somebody's own upload of these bytes, or with this small picture.
pub async fn by_mid(q: &mut impl Query, actor: &str, mid: &str) -> Result<Option<UploadRow>> {
    let sql = select_uploads!("where (mid = $2 or thumb = $2) and actor = $1 order by created_at desc limit 1");
    Ok(q.row(sql, args![actor, mid]).await?.as_ref().map(upload))
}

/// An upload that is not whole yet.
#[derive(Clone, Debug)]
pub struct PartRow {
    pub id: String,
    pub actor: String,
    pub name: String,
    /// Bytes of the whole file, as announced.
    pub size: u64,
    pub created_at: i64,
    pub expires_at: i64,
}

pub async fn insert_part(tx: &mut Tx, p: &PartRow) -> Result<()> {
    let sql = "insert into upload_parts (id, actor, name, size, created_at, expires_at)
               values ($1, $2, $3, $4, $5, $6)";
    let args = args![p.id.as_str(), p.actor.as_str(), p.name.as_str(), p.size, p.created_at, p.expires_at];
    tx.exec(sql, args).await.map(|_| ())
}

/// Somebody's own upload that is not whole yet.
pub async fn part(q: &mut impl Query, id: &str, actor: &str, now_ms: i64) -> Result<Option<PartRow>> {
    let sql = "select id, actor, name, size, created_at, expires_at from upload_parts
               where id = $1 and actor = $2 and expires_at > $3";
    Ok(q.row(sql, args![id, actor, now_ms]).await?.map(|row| PartRow {
        id: row.get(0),
        actor: row.get(1),
        name: row.get(2),
        size: unsigned(row.get(3)),
        created_at: row.get(4),
        expires_at: row.get(5),
    }))
}

/// Whether there is such an upload, whosever it is.
pub async fn is_part(q: &mut impl Query, id: &str) -> Result<bool> {
    Ok(q.row("select 1 from upload_parts where id = $1", args![id]).await?.is_some())
}

/// Gives an upload more time; whether it is still there.
pub async fn extend_part(tx: &mut Tx, id: &str, expires_at: i64) -> Result<bool> {
    let sql = "update upload_parts set expires_at = $2 where id = $1";
    Ok(tx.exec(sql, args![id, expires_at]).await? > 0)
}

pub async fn drop_part(tx: &mut Tx, id: &str) -> Result<()> {
    tx.exec("delete from upload_parts where id = $1", args![id]).await.map(|_| ())
}

/// Uploads that nobody went on with in time.
pub async fn expired_parts(q: &mut impl Query, now_ms: i64) -> Result<Vec<String>> {
    let sql = "select id from upload_parts where expires_at <= $1 limit 1000";
    Ok(q.rows(sql, args![now_ms]).await?.iter().map(|r| r.get(0)).collect())
}

/// Bytes of uploads that somebody announced and that are not whole yet.
pub async fn promised(q: &mut impl Query, actor: &str, now_ms: i64) -> Result<u64> {
    let sql = "select cast(coalesce(sum(size), 0) as bigint) from upload_parts where actor = $1 and expires_at > $2";
    Ok(q.row(sql, args![actor, now_ms]).await?.map_or(0, |r| unsigned(r.get(0))))
}

/// Bytes that somebody uploaded since a time.
pub async fn total(q: &mut impl Query, actor: &str, since_ms: i64) -> Result<u64> {
    let sql = "select cast(coalesce(sum(size), 0) as bigint) from uploads where actor = $1 and created_at > $2";
    Ok(q.row(sql, args![actor, since_ms]).await?.map_or(0, |r| unsigned(r.get(0))))
}

/// A message takes the upload: it stays until that has certainly arrived.
pub async fn claim(tx: &mut Tx, id: &str, expires_at: i64) -> Result<()> {
    let sql = "update uploads set claimed = $3, expires_at = $2 where id = $1";
    tx.exec(sql, args![id, expires_at, true]).await.map(|_| ())
}

/// Ends an upload now; what it held is erased with the next round.
pub async fn end(tx: &mut Tx, id: &str, actor: &str) -> Result<bool> {
    let sql = "update uploads set expires_at = 0 where id = $1 and actor = $2 and not claimed and expires_at > 0";
    Ok(tx.exec(sql, args![id, actor]).await? > 0)
}
