//! All SQL of stored files and of what refers to them.

use crate::args;
use crate::db::{Query, Result, Tx};
use conntext_federation::content::Attachment;
use conntext_federation::ids::{ActionId, ChannelId, MediaId};
use std::collections::BTreeSet;

/// For how long a file that an instance brought waits for its message, milliseconds.
const GRANT_LIFE_MS: i64 = 24 * 3_600_000;
/// For how long after it was stored a file is not erased: its row may still be on the way.
const SETTLE_MS: i64 = 60_000;

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A stored file.
#[derive(Clone, Debug)]
pub struct Stored {
    pub media_type: String,
    pub size: u64,
    pub used_at: i64,
}

pub async fn get(q: &mut impl Query, mid: &str) -> Result<Option<Stored>> {
    let row = q.row("select type, size, used_at from media where mid = $1", args![mid]).await?;
    Ok(row.map(|r| Stored { media_type: r.get(0), size: unsigned(r.get(1)), used_at: r.get(2) }))
}

pub async fn put(tx: &mut Tx, mid: &MediaId, media_type: &str, size: u64, now_ms: i64) -> Result<()> {
    let sql = "insert into media (mid, type, size, kept_at, used_at) values ($1, $2, $3, $4, $4)
               on conflict (mid) do update set kept_at = excluded.kept_at, used_at = excluded.used_at";
    tx.exec(sql, args![mid.as_str(), media_type, size, now_ms]).await.map(|_| ())
}

pub async fn used(tx: &mut Tx, mid: &str, now_ms: i64) -> Result<()> {
    tx.exec("update media set used_at = $2 where mid = $1", args![mid, now_ms]).await.map(|_| ())
}

pub async fn grant(tx: &mut Tx, log_id: i64, mid: &str, origin: &str, now_ms: i64) -> Result<()> {
    let sql = "insert into media_grants (log_id, mid, origin, created_at) values ($1, $2, $3, $4)
               on conflict (log_id, mid, origin) do nothing";
    tx.exec(sql, args![log_id, mid, origin, now_ms]).await.map(|_| ())
}

/// Whether this instance brought the file into the server.
pub async fn granted(q: &mut impl Query, log_id: i64, mid: &str, origin: &str) -> Result<bool> {
    let sql = "select 1 from media_grants where log_id = $1 and mid = $2 and origin = $3";
    Ok(q.row(sql, args![log_id, mid, origin]).await?.is_some())
}

/// Whether the file came here for this server, from whomever.
pub async fn granted_by_any(q: &mut impl Query, log_id: i64, mid: &str) -> Result<bool> {
    let sql = "select 1 from media_grants where log_id = $1 and mid = $2 limit 1";
    Ok(q.row(sql, args![log_id, mid]).await?.is_some())
}

/// Bytes that an instance brought since a time.
pub async fn brought(q: &mut impl Query, origin: &str, since_ms: i64) -> Result<u64> {
    let sql = "select cast(coalesce(sum(m.size), 0) as bigint) from media_grants g join media m on m.mid = g.mid
               where g.origin = $1 and g.created_at > $2";
    Ok(q.row(sql, args![origin, since_ms]).await?.map_or(0, |r| unsigned(r.get(0))))
}

/// A live message of a channel that refers to a file.
#[derive(Clone, Debug)]
pub struct Reference {
    pub name: String,
    pub thumb: Option<String>,
    pub home: String,
}

/// The references to a file (or to a small picture) in a channel, by messages that are there.
pub async fn references(
    q: &mut impl Query,
    log_id: i64,
    channel: &ChannelId,
    mid: &str,
    from_seq: u64,
) -> Result<Vec<Reference>> {
    let sql = "select r.name, r.thumb, r.home from media_refs r
               join messages m on m.log_id = r.log_id and m.aid = r.aid
               where r.log_id = $1 and r.channel = $2 and (r.mid = $3 or r.thumb = $3) and m.seq >= $4
                 and m.deleted_seq is null
               order by m.seq limit 20";
    let rows = q.rows(sql, args![log_id, channel.as_str(), mid, from_seq]).await?;
    Ok(rows.iter().map(|r| Reference { name: r.get(0), thumb: r.get(1), home: r.get(2) }).collect())
}

/// How many files the messages of a log refer to.
pub async fn referred(q: &mut impl Query, log_id: i64) -> Result<u64> {
    let sql = "select count(*) from (select mid from media_refs where log_id = $1
               union select thumb from media_refs where log_id = $1 and thumb is not null) files";
    Ok(q.row(sql, args![log_id]).await?.map_or(0, |r| unsigned(r.get(0))))
}

/// Files that messages of a log refer to and that were not brought into it here, each with a channel.
pub async fn lacking(q: &mut impl Query, log_id: i64, most: u64) -> Result<Vec<(String, String)>> {
    let sql = "select min(channel), mid from (
                 select channel, mid, home from media_refs where log_id = $1
                 union all select channel, thumb, home from media_refs where log_id = $1 and thumb is not null) files
               where not exists (select 1 from media_grants g
                 where g.log_id = $1 and g.mid = files.mid and g.origin = files.home)
               group by mid order by mid limit $2";
    Ok(q.rows(sql, args![log_id, most]).await?.iter().map(|r| (r.get(0), r.get(1))).collect())
}

/// Notes that those brought a file whose messages refer to it.
pub async fn grant_as_referred(tx: &mut Tx, log_id: i64, mid: &str, now_ms: i64) -> Result<()> {
    let sql = "insert into media_grants (log_id, mid, origin, created_at)
               select distinct log_id, $2, home, $3 from media_refs where log_id = $1 and (mid = $2 or thumb = $2)
               on conflict (log_id, mid, origin) do nothing";
    tx.exec(sql, args![log_id, mid, now_ms]).await.map(|_| ())
}

/// Forgets who brought files that no message of a log refers to yet.
pub async fn forget_brought(tx: &mut Tx, log_id: i64) -> Result<()> {
    let sql = "delete from media_grants where log_id = $1 and not exists (select 1 from media_refs r
                 where r.log_id = media_grants.log_id and (r.mid = media_grants.mid or r.thumb = media_grants.mid))";
    tx.exec(sql, args![log_id]).await.map(|_| ())
}

/// Notes the files of a message that is there.
pub async fn refer(
    tx: &mut Tx,
    log_id: i64,
    aid: &ActionId,
    channel: &str,
    author: &str,
    home: &str,
    a: &Attachment,
) -> Result<()> {
    let sql = "insert into media_refs (log_id, aid, mid, thumb, channel, author, home, name)
               select $1, $2, $3, $4, $5, $6, $7, $8 from messages
               where log_id = $1 and aid = $2 and deleted_seq is null
               on conflict (log_id, aid, mid) do nothing";
    let thumb = a.thumb.as_ref().map(MediaId::as_str);
    let name = a.name.as_str();
    tx.exec(sql, args![log_id, aid.0, a.mid.as_str(), thumb, channel, author, home, name]).await.map(|_| ())
}

/// A message is gone: its files go too, unless something else needs them.
pub async fn forget_message(tx: &mut Tx, log_id: i64, aid: &ActionId) -> Result<()> {
    for sql in [
        "insert into media_doomed (mid) select mid from media_refs where log_id = $1 and aid = $2
         on conflict (mid) do nothing",
        "insert into media_doomed (mid) select thumb from media_refs
         where log_id = $1 and aid = $2 and thumb is not null on conflict (mid) do nothing",
        "delete from uploads where claimed and exists (select 1 from media_refs r
           where r.log_id = $1 and r.aid = $2 and r.author = uploads.actor and r.mid = uploads.mid)",
        "delete from media_refs where log_id = $1 and aid = $2",
    ] {
        tx.exec(sql, args![log_id, aid.0]).await?;
    }
    drop_grants(tx, log_id).await
}

/// Forgets who brought files that no message of the server refers to any more and that are doomed.
async fn drop_grants(tx: &mut Tx, log_id: i64) -> Result<()> {
    let sql = "delete from media_grants where log_id = $1 and mid in (select mid from media_doomed)
                 and not exists (select 1 from media_refs r where r.log_id = media_grants.log_id
                   and (r.mid = media_grants.mid or r.thumb = media_grants.mid))";
    tx.exec(sql, args![log_id]).await.map(|_| ())
}

pub async fn forget_channel(tx: &mut Tx, log_id: i64, channel: &ChannelId) -> Result<()> {
    for sql in [
        "insert into media_doomed (mid) select mid from media_refs where log_id = $1 and channel = $2
         on conflict (mid) do nothing",
        "insert into media_doomed (mid) select thumb from media_refs
         where log_id = $1 and channel = $2 and thumb is not null on conflict (mid) do nothing",
        "delete from media_refs where log_id = $1 and channel = $2",
    ] {
        tx.exec(sql, args![log_id, channel.as_str()]).await?;
    }
    drop_grants(tx, log_id).await
}

pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    for sql in [
        "insert into media_doomed (mid) select mid from media_grants where log_id = $1 on conflict (mid) do nothing",
        "delete from media_refs where log_id = $1",
        "delete from media_grants where log_id = $1",
    ] {
        tx.exec(sql, args![log_id]).await?;
    }
    Ok(())
}

/// Dooms what expired: uploads that no message took, and files whose message never came.
pub async fn expire(tx: &mut Tx, now_ms: i64) -> Result<()> {
    for sql in [
        "insert into media_doomed (mid) select mid from uploads where expires_at <= $1 on conflict (mid) do nothing",
        "insert into media_doomed (mid) select thumb from uploads where expires_at <= $1 and thumb is not null
         on conflict (mid) do nothing",
        "delete from uploads where expires_at <= $1",
    ] {
        tx.exec(sql, args![now_ms]).await?;
    }
    for sql in [
        "insert into media_doomed (mid) select g.mid from media_grants g where g.created_at <= $1
           and not exists (select 1 from media_refs r where r.mid = g.mid or r.thumb = g.mid)
         on conflict (mid) do nothing",
        "delete from media_grants where created_at <= $1 and not exists (select 1 from media_refs r
           where r.log_id = media_grants.log_id and (r.mid = media_grants.mid or r.thumb = media_grants.mid))",
    ] {
        tx.exec(sql, args![now_ms - GRANT_LIFE_MS]).await?;
    }
    Ok(())
}

/// Takes from the doomed those that nothing needs; their rows are gone with the transaction.
pub async fn take_doomed(tx: &mut Tx, now_ms: i64) -> Result<Vec<String>> {
    let sql = "delete from media where kept_at <= $1 and mid in (select mid from media_doomed)
                 and not exists (select 1 from uploads u where u.mid = media.mid or u.thumb = media.mid)
                 and not exists (select 1 from media_refs r where r.mid = media.mid or r.thumb = media.mid)
                 and not exists (select 1 from media_grants g where g.mid = media.mid)
               returning mid";
    let gone = tx.rows(sql, args![now_ms - SETTLE_MS]).await?.iter().map(|r| r.get(0)).collect();
    // What is needed again, or is gone, is doomed no longer; what was stored just now is looked at once more.
    tx.exec(
        "delete from media_doomed where mid not in (select mid from media where kept_at > $1)",
        args![now_ms - SETTLE_MS],
    )
    .await?;
    Ok(gone)
}

/// Whether anything is doomed.
pub async fn any_doomed(q: &mut impl Query) -> Result<bool> {
    Ok(q.row("select 1 from media_doomed limit 1", args![]).await?.is_some())
}

/// Copies of files of servers elsewhere, the least used first: id and size.
pub async fn cached(q: &mut impl Query, me: &str) -> Result<Vec<(String, u64)>> {
    let sql = "select m.mid, m.size from media m
               where not exists (select 1 from uploads u where u.mid = m.mid or u.thumb = m.mid)
                 and not exists (select 1 from media_grants g join logs l on l.id = g.log_id
                   where g.mid = m.mid and l.hub = $1)
               order by m.used_at";
    Ok(q.rows(sql, args![me]).await?.iter().map(|r| (r.get(0), unsigned(r.get(1)))).collect())
}

/// Those of them that came from the hub of one server.
pub async fn cached_of(q: &mut impl Query, me: &str, log_id: i64) -> Result<Vec<String>> {
    let of_log: BTreeSet<String> = q
        .rows("select mid from media_grants where log_id = $1", args![log_id])
        .await?
        .iter()
        .map(|r| r.get(0))
        .collect();
    Ok(cached(q, me).await?.into_iter().map(|(mid, _)| mid).filter(|mid| of_log.contains(mid)).collect())
}

/// Drops a copy; the messages that refer to it have it fetched again.
pub async fn evict(tx: &mut Tx, mid: &str) -> Result<()> {
    tx.exec("delete from media_grants where mid = $1", args![mid]).await?;
    tx.exec("delete from media where mid = $1", args![mid]).await.map(|_| ())
}

/// A message no longer counts. Its author may send it again, so its files stay for a while.
pub async fn undo(tx: &mut Tx, log_id: i64, aid: &ActionId) -> Result<()> {
    tx.exec("delete from media_refs where log_id = $1 and aid = $2", args![log_id, aid.0]).await.map(|_| ())
}
