//! SQL of purges, and of what they erase.

use super::Purge;
use crate::{
    args,
    db::{Error, Query, Result, Row, Tx},
};
use conntext_federation::hub_move::PurgeWord;
use conntext_federation::ids::{ActionId, Actor, ChannelId, Hash, InstanceId, ServerId};

/// The types whose content may go, as [`conntext_federation::content::erasable`] lists them.
macro_rules! erasable {
    () => {
        "('message.create', 'message.edit', 'reaction.add', 'reaction.remove', 'audit.note')"
    };
}

fn broken(what: &str) -> Error {
    Error::Damaged(format!("{what} in the tables of purges"))
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn action(bytes: Vec<u8>) -> Result<ActionId> {
    Ok(ActionId(bytes.try_into().map_err(|_| broken("action id"))?))
}

fn purge(row: &Row) -> Result<Purge> {
    Ok(Purge {
        seq: unsigned(row.get(0)),
        aid: action(row.get(1))?,
        hash: Hash(row.get(2)),
        actor: row.get::<String>(3).parse().map_err(|_| broken("actor"))?,
        erased_to: unsigned(row.get(4)),
    })
}

/// Notes a purge that was written. What an earlier one of the same actor has erased is not looked at again.
pub async fn begin(tx: &mut Tx, log_id: i64, seq: u64, aid: &ActionId, hash: &Hash, actor: &Actor) -> Result<()> {
    let sql = "insert into purges (log_id, seq, aid, hash, actor, erased_to)
               select $1, $2, $3, $4, $5, coalesce(max(seq), 0) from purges
               where log_id = $1 and actor = $5 and seq < $2 and erased_to = seq
               on conflict (log_id, seq) do nothing";
    tx.exec(sql, args![log_id, seq, aid.0, hash.0, actor.as_str()]).await.map(|_| ())
}

/// Notes that this instance is to confirm a purge.
pub async fn expect(tx: &mut Tx, log_id: i64, seq: u64, ik: &InstanceId) -> Result<()> {
    let sql =
        "insert into purge_receipts (log_id, seq, ik) values ($1, $2, $3) on conflict (log_id, seq, ik) do nothing";
    tx.exec(sql, args![log_id, seq, ik.as_str()]).await.map(|_| ())
}

/// What is not carried out, oldest first: server and place.
pub async fn unfinished(q: &mut impl Query) -> Result<Vec<(ServerId, u64)>> {
    let sql = "select l.sid, p.seq from purges p join logs l on l.id = p.log_id
               where p.erased_to < p.seq order by p.log_id, p.seq limit 100";
    let rows = q.rows(sql, args![]).await?;
    rows.iter()
        .map(|r| Ok((r.get::<String>(0).parse().map_err(|_| broken("server id"))?, unsigned(r.get(1)))))
        .collect()
}

/// Whether something that the actor asked for is not carried out.
pub async fn is_open(q: &mut impl Query, log_id: i64, actor: &Actor) -> Result<bool> {
    let sql = "select 1 from purges where log_id = $1 and actor = $2 and erased_to < seq limit 1";
    Ok(q.row(sql, args![log_id, actor.as_str()]).await?.is_some())
}

pub async fn one(q: &mut impl Query, log_id: i64, seq: u64) -> Result<Option<Purge>> {
    let sql = "select seq, aid, hash, actor, erased_to from purges where log_id = $1 and seq = $2";
    q.row(sql, args![log_id, seq]).await?.as_ref().map(purge).transpose()
}

/// The last place up to which content of an actor is to be gone.
pub async fn covered(q: &mut impl Query, log_id: i64, actor: &Actor) -> Result<Option<u64>> {
    let sql = "select max(seq) from purges where log_id = $1 and actor = $2";
    let row = q.row(sql, args![log_id, actor.as_str()]).await?;
    Ok(row.and_then(|r| r.get::<Option<i64>>(0)).map(unsigned))
}

/// An event whose content goes.
pub struct Found {
    pub seq: u64,
    pub aid: ActionId,
    pub kind: String,
    pub channel: Option<ChannelId>,
    pub target: Option<ActionId>,
}

/// What an actor brought between two places, the first ones of it.
pub async fn of_actor(q: &mut impl Query, log_id: i64, actor: &Actor, after: u64, to: u64) -> Result<Vec<Found>> {
    let sql = concat!(
        "select seq, aid, kind, channel, target from log_events
         where log_id = $1 and seq > $2 and seq <= $3 and actor = $4 and kind in ",
        erasable!(),
        " order by seq limit $5"
    );
    let rows = q.rows(sql, args![log_id, after, to, actor.as_str(), super::MOST]).await?;
    rows.iter()
        .map(|r| {
            Ok(Found {
                seq: unsigned(r.get(0)),
                aid: action(r.get(1))?,
                kind: r.get(2),
                channel: r.get::<Option<String>>(3).and_then(|c| c.parse().ok()),
                target: r.get::<Option<String>>(4).and_then(|t| t.parse().ok()),
            })
        })
        .collect()
}

/// Takes the content from what an actor brought between two places, and from what is held of it for moderators.
pub async fn erase(tx: &mut Tx, log_id: i64, actor: &Actor, after: u64, to: u64, by_seq: u64) -> Result<()> {
    let sql = "delete from held_content where log_id = $1 and seq in (select seq from log_events
                 where log_id = $1 and seq > $2 and seq <= $3 and actor = $4)";
    tx.exec(sql, args![log_id, after, to, actor.as_str()]).await?;
    let sql = concat!(
        "update log_events set content = null, salt = null, erased = $5
         where log_id = $1 and seq > $2 and seq <= $3 and actor = $4 and erased is null and kind in ",
        erasable!()
    );
    tx.exec(sql, args![log_id, after, to, actor.as_str(), by_seq]).await.map(|_| ())
}

/// A purge is carried out up to there.
pub async fn advance(tx: &mut Tx, log_id: i64, seq: u64, to: u64) -> Result<()> {
    let sql = "update purges set erased_to = $3 where log_id = $1 and seq = $2";
    tx.exec(sql, args![log_id, seq, to]).await.map(|_| ())
}

/// Everybody whose purges are carried out in a log.
pub async fn actors(q: &mut impl Query, log_id: i64) -> Result<Vec<String>> {
    let rows =
        q.rows("select distinct actor from purges where log_id = $1 and erased_to >= seq", args![log_id]).await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

/// What was kept aside of an actor's words goes too: events that no longer count, and actions that came to nothing.
pub async fn erase_aside(tx: &mut Tx, log_id: i64, actor: &Actor) -> Result<()> {
    let sql = concat!("delete from orphans where log_id = $1 and actor = $2 and kind in ", erasable!());
    tx.exec(sql, args![log_id, actor.as_str()]).await?;
    let sql = "delete from pending_actions where log_id = $1 and actor = $2 and state <> 'queued'";
    tx.exec(sql, args![log_id, actor.as_str()]).await.map(|_| ())
}

/// The hub of a log has carried out a purge itself.
pub async fn confirm(tx: &mut Tx, log_id: i64, seq: u64, ik: &InstanceId, receipt: &str) -> Result<bool> {
    let sql = "update purge_receipts set receipt = $4 where log_id = $1 and seq = $2 and ik = $3 and receipt is null";
    Ok(tx.exec(sql, args![log_id, seq, ik.as_str(), receipt]).await? > 0)
}

/// Who is to confirm the purges of a log, with the receipts that came: for the next hub.
pub async fn words(q: &mut impl Query, log_id: i64) -> Result<Vec<PurgeWord>> {
    let sql = "select seq, ik, receipt from purge_receipts where log_id = $1 order by seq, ik";
    let word = |r: &Row| {
        let by = r.get::<String>(1).parse().map_err(|_| broken("instance id"))?;
        Ok(PurgeWord { seq: unsigned(r.get(0)), by, receipt: r.get(2) })
    };
    q.rows(sql, args![log_id]).await?.iter().map(word).collect()
}

/// A receipt is to be sent to the hub.
pub async fn owe(tx: &mut Tx, sid: &ServerId, aid: &ActionId, hub_domain: &str, receipt: &str, now: i64) -> Result<()> {
    let sql = "insert into receipts_due (sid, aid, hub_domain, receipt, due_at, tries, created_at)
               values ($1, $2, $3, $4, $5, 0, $5) on conflict (sid, aid) do nothing";
    tx.exec(sql, args![sid.as_str(), aid.0, hub_domain, receipt, now]).await.map(|_| ())
}

/// What is not carried out in one log.
pub async fn open_in(q: &mut impl Query, log_id: i64) -> Result<Vec<Purge>> {
    let sql = "select seq, aid, hash, actor, erased_to from purges where log_id = $1 and erased_to < seq";
    q.rows(sql, args![log_id]).await?.iter().map(purge).collect()
}

/// Forgets the purges of a log behind a position: from 0 on with all of the log.
pub async fn forget(tx: &mut Tx, log_id: i64, after: u64) -> Result<()> {
    for sql in [
        "delete from purges where log_id = $1 and seq > $2",
        "delete from purge_receipts where log_id = $1 and seq > $2",
    ] {
        tx.exec(sql, args![log_id, after]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_may_be_erased_is_what_the_protocol_says() {
        let kinds = erasable!().split('\'').skip(1).step_by(2);
        assert_eq!(kinds.clone().collect::<Vec<_>>(), conntext_federation::content::ERASABLE);
    }
}
