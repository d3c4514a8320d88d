//! SQL of profiles for one server.

use std::collections::HashMap;

use conntext_federation::profile::Picture;

use super::store::{CHUNK, columns, drop_unused_picture, picture_of};
use crate::args;
use crate::db::{Query, Result, Row, Tx, Value};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ServerRow {
    pub log_id: i64,
    pub actor: String,
    pub op: i64,
    pub rev: i64,
    /// Empty for the usual one.
    pub display_name: String,
    pub avatar: Option<Picture>,
    pub doc: String,
}

fn row(r: &Row) -> ServerRow {
    ServerRow {
        log_id: r.get(0),
        actor: r.get(1),
        op: r.get(2),
        rev: r.get(3),
        display_name: r.get(4),
        avatar: picture_of(r, 5),
        doc: r.get(8),
    }
}

pub(super) async fn one(q: &mut impl Query, log_id: i64, actor: &str) -> Result<Option<ServerRow>> {
    let sql = "select log_id, actor, op, rev, display_name, avatar_mid, avatar_type, avatar_size, doc
               from server_profiles where log_id = $1 and actor = $2";
    Ok(q.row(sql, args![log_id, actor]).await?.as_ref().map(row))
}

/// Those of these people in one server, by id.
pub(super) async fn some(q: &mut impl Query, log_id: i64, actors: &[&str]) -> Result<HashMap<String, ServerRow>> {
    let mut found = HashMap::new();
    for chunk in actors.chunks(CHUNK) {
        let ids = (0..CHUNK).map(|i| chunk.get(i).or(chunk.first()).map_or("", |id| *id).into());
        let args: Vec<Value> = std::iter::once(log_id.into()).chain(ids).collect();
        let rows = q
            .rows(
                "select log_id, actor, op, rev, display_name, avatar_mid, avatar_type, avatar_size, doc
                 from server_profiles where log_id = $1 and actor in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                   $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)",
                args,
            )
            .await?;
        found.extend(rows.iter().map(row).map(|found| (found.actor.clone(), found)));
    }
    Ok(found)
}

/// All of somebody.
pub(super) async fn of_actor(q: &mut impl Query, actor: &str) -> Result<Vec<ServerRow>> {
    let sql = "select log_id, actor, op, rev, display_name, avatar_mid, avatar_type, avatar_size, doc
               from server_profiles where actor = $1 order by log_id";
    Ok(q.rows(sql, args![actor]).await?.iter().map(row).collect())
}

/// Writes one, and lets a picture go that it takes the place of.
pub(super) async fn put(tx: &mut Tx, new: &ServerRow) -> Result<()> {
    let old = one(tx, new.log_id, &new.actor).await?.and_then(|old| old.avatar);
    let [mid, kind, size] = columns(new.avatar.as_ref());
    tx.exec(
        "insert into server_profiles (log_id, actor, op, rev, display_name, avatar_mid, avatar_type, avatar_size, doc)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (log_id, actor) do update set op = excluded.op, rev = excluded.rev,
           display_name = excluded.display_name, avatar_mid = excluded.avatar_mid, avatar_type = excluded.avatar_type,
           avatar_size = excluded.avatar_size, doc = excluded.doc",
        args![new.log_id, &new.actor, new.op, new.rev, &new.display_name, mid, kind, size, &new.doc],
    )
    .await?;
    match old.filter(|old| new.avatar.as_ref().is_none_or(|new| new.mid != old.mid)) {
        Some(old) => drop_unused_picture(tx, old.mid.as_str()).await,
        None => Ok(()),
    }
}

async fn drop_pictures(tx: &mut Tx, rows: &[Row]) -> Result<()> {
    for mid in rows.iter().filter_map(|r| r.get::<Option<String>>(0)) {
        drop_unused_picture(tx, &mid).await?;
    }
    Ok(())
}

pub(super) async fn forget(tx: &mut Tx, log_id: i64, actor: &str) -> Result<()> {
    let sql = "delete from server_profiles where log_id = $1 and actor = $2 returning avatar_mid";
    let gone = tx.rows(sql, args![log_id, actor]).await?;
    drop_pictures(tx, &gone).await
}

pub(super) async fn forget_actor(tx: &mut Tx, actor: &str) -> Result<()> {
    let gone = tx.rows("delete from server_profiles where actor = $1 returning avatar_mid", args![actor]).await?;
    drop_pictures(tx, &gone).await
}

/// Forgets those of a whole server.
///
/// # Errors
/// The database's.
pub async fn forget_log(tx: &mut Tx, log_id: i64) -> Result<()> {
    let gone = tx.rows("delete from server_profiles where log_id = $1 returning avatar_mid", args![log_id]).await?;
    drop_pictures(tx, &gone).await
}
