//! SQL of who sequences a log, and who did.

use super::{
    store::{broken, events_at},
    types::Entry,
};
use crate::{
    args,
    db::{Query, Result, Row, Tx},
};
use conntext_federation::{
    content::{Content, MigratePropose},
    hub_move::accepted,
    ids::{Hash, InstanceId, ServerId},
    instance::KeysStatement,
    takeover,
    way::{Handed, MAX_STEPS, Taken, Way, WayStep},
};
use std::collections::HashMap;

/// From here on another instance sequences a log.
pub async fn set_hub(tx: &mut Tx, log_id: i64, hub: &str, domain: &str) -> Result<()> {
    let sql = "update logs set hub = $2, hub_domain = $3 where id = $1";
    tx.exec(sql, args![log_id, hub, domain]).await.map(|_| ())
}

/// Every statement of keys that a log holds, in its order, each instance's newer than the one before.
pub async fn key_statements(q: &mut impl Query, log_id: i64) -> Result<Vec<String>> {
    let sql = "select kind, content from log_events
               where log_id = $1 and kind in ('instance.keys', 'server.migrate_propose', 'server.takeover') and content is not null
                 and rejected is null
               order by seq";
    let mut newest: HashMap<InstanceId, u64> = HashMap::new();
    let mut found = Vec::new();
    for row in q.rows(sql, args![log_id]).await? {
        let (kind, text): (String, String) = (row.get(0), row.get(1));
        let shown = match Content::parse(&kind, &serde_json::from_str(&text).map_err(|_| broken("statement of keys"))?)
        {
            Ok(Content::InstanceKeys(keys)) => keys,
            Ok(Content::MigratePropose(MigratePropose { to: Some(keys) })) => keys,
            Ok(Content::ServerTakeover(taken)) => taken.keys,
            _ => continue,
        };
        let known = newest.entry(shown.ik.clone()).or_default();
        if shown.serial > *known {
            *known = shown.serial;
            found.push(serde_json::to_string(&shown).map_err(|_| broken("statement of keys"))?);
        }
    }
    Ok(found)
}

/// The events of some kinds that count, in their order.
async fn of_kinds(q: &mut impl Query, sid: &ServerId, log_id: i64, sql: &'static str) -> Result<Vec<Entry>> {
    let places: Vec<u64> = q.rows(sql, args![log_id]).await?.iter().map(|r| r.get::<i64>(0).unsigned_abs()).collect();
    let mut found = events_at(q, sid, log_id, places.into_iter()).await?;
    found.sort_by_key(Entry::seq);
    Ok(found)
}

/// How a log came to its hub.
pub async fn way(q: &mut impl Query, sid: &ServerId, log_id: i64) -> Result<Way> {
    let changes = "select seq from log_events where log_id = $1 and rejected is null
                   and kind in ('server.migrate_commit', 'server.takeover') order by seq";
    let changes = of_kinds(q, sid, log_id, changes).await?;
    if changes.is_empty() {
        return Ok(Way::default());
    }
    let sets = "select seq from log_events where log_id = $1 and rejected is null and kind = 'server.recovery'
                order by seq";
    let sets = of_kinds(q, sid, log_id, sets).await?;
    let shown = key_statements(q, log_id).await?;
    let shown: Vec<KeysStatement> = shown.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    let step = |change: Entry| {
        if change.event.action.kind == takeover::KIND {
            let before = sets.iter().take_while(|set| set.seq() < change.seq()).map(|set| set.event.clone());
            let mut sets: Vec<_> = before.collect();
            sets.drain(..sets.len().saturating_sub(MAX_STEPS));
            return Some(WayStep::Taken(Box::new(Taken { takeover: change.event, sets })));
        }
        let accept = accepted(&change.event)?;
        let signs = |keys: &&KeysStatement| keys.ik == accept.to && keys.key(&accept.sig().kid).is_ok();
        let keys = shown.iter().find(signs)?.clone();
        Some(WayStep::Handed(Box::new(Handed { keys, commit: change.event })))
    };
    Ok(Way { steps: changes.into_iter().filter_map(step).collect() })
}

/// The event by which a log's own generation began, where it began with a take-over.
pub async fn taken_over(q: &mut impl Query, sid: &ServerId, log_id: i64) -> Result<Option<Entry>> {
    let sql = "select seq from log_events where log_id = $1 and rejected is null and kind = 'server.takeover'
               order by seq";
    Ok(of_kinds(q, sid, log_id, sql).await?.pop())
}

/// Nobody sends any more what a copy waited for: what it has not got is lost.
pub async fn nothing_comes(tx: &mut Tx, log_id: i64) -> Result<()> {
    tx.exec("delete from channel_gaps where log_id = $1", args![log_id]).await?;
    tx.exec("update log_stubs set lost = true where log_id = $1", args![log_id]).await.map(|_| ())
}

/// Remembers that a log went to another hub, and how.
pub async fn note_handed_over(tx: &mut Tx, log_id: i64, sid: &ServerId, domain: &str, now_ms: i64) -> Result<()> {
    let way = serde_json::to_string(&way(tx, sid, log_id).await?).map_err(|_| broken("way"))?;
    let sql = "insert into handed_over (sid, domain, way, at) values ($1, $2, $3, $4)
               on conflict (sid) do update set domain = excluded.domain, way = excluded.way, at = excluded.at";
    tx.exec(sql, args![sid.as_str(), domain, way, now_ms]).await.map(|_| ())
}

/// A log that went has come back.
pub async fn forget_handed_over(tx: &mut Tx, sid: &ServerId) -> Result<()> {
    for sql in ["delete from handed_over_invites where sid = $1", "delete from handed_over where sid = $1"] {
        tx.exec(sql, args![sid.as_str()]).await?;
    }
    Ok(())
}

/// Remembers which invitations lead there.
pub async fn note_invites(tx: &mut Tx, sid: &ServerId, hashes: &[Hash]) -> Result<()> {
    let rows = hashes.iter().map(|hash| args![hash.0, sid.as_str()]).collect();
    let sql = "insert into handed_over_invites (hash, sid) values ";
    tx.exec_many(sql, rows, " on conflict (hash) do nothing").await.map(|_| ())
}

/// The domain of the hub of a community that went from here and has this invitation.
pub async fn invited_to(q: &mut impl Query, hash: &Hash) -> Result<Option<String>> {
    let sql = "select h.domain from handed_over_invites i join handed_over h on h.sid = i.sid where i.hash = $1";
    Ok(q.row(sql, args![hash.0]).await?.map(|r| r.get(0)))
}

/// Where a log that was here went: the domain, and the way there.
pub async fn handed_over(q: &mut impl Query, sid: &ServerId) -> Result<Option<(String, Way)>> {
    let row = q.row("select domain, way from handed_over where sid = $1", args![sid.as_str()]).await?;
    let read = |r: Row| Ok((r.get(0), serde_json::from_str(&r.get::<String>(1)).map_err(|_| broken("way"))?));
    row.map(read).transpose()
}

/// Nothing is missing of a copy up to a place but what its hub lost.
pub async fn is_whole(tx: &mut Tx, log_id: i64, to: u64) -> Result<()> {
    tx.exec("update logs set base_seq = 0 where id = $1", args![log_id]).await?;
    tx.exec("delete from channel_gaps where log_id = $1", args![log_id]).await?;
    let sql = "delete from log_stubs where log_id = $1 and not lost and to_seq <= $2";
    tx.exec(sql, args![log_id, to]).await.map(|_| ())
}
