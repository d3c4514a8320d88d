//! What a copy may lack of channels that it did not follow for a while.

use crate::{
    args,
    db::{self, Query, Tx},
};
use conntext_federation::ids::ChannelId;

/// A stretch of a log in which something may have been done to held messages of a channel.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The copy.
    pub log_id: i64,
    /// The channel.
    pub channel: ChannelId,
    /// The channel was followed up to here.
    pub from: u64,
    /// What comes before this is still to be fetched.
    pub to: u64,
    /// Requests that were made for it.
    pub pages: u32,
}

fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A channel is no longer followed behind this place.
///
/// # Errors
/// From the database.
pub async fn left(tx: &mut Tx, log_id: i64, channel: &ChannelId, head: u64) -> db::Result<()> {
    // Where an earlier one was not closed yet, it begins there.
    let sql = "insert into channel_gaps (log_id, channel, from_seq, to_seq, pages) values ($1, $2, $3, null, 0)
               on conflict (log_id, channel) do update set to_seq = null, pages = 0";
    tx.exec(sql, args![log_id, channel.as_str(), signed(head)]).await.map(|_| ())
}

/// A channel is followed again from this place on.
///
/// # Errors
/// From the database.
pub async fn whole_again(tx: &mut Tx, log_id: i64, channel: &ChannelId, at: u64) -> db::Result<()> {
    let sql = "insert into channel_gaps (log_id, channel, from_seq, to_seq, pages) values ($1, $2, 0, $3, 0)
               on conflict (log_id, channel) do update set to_seq = excluded.to_seq, pages = 0";
    tx.exec(sql, args![log_id, channel.as_str(), signed(at)]).await.map(|_| ())
}

/// So far it is closed, from its end on; `to` is where it ends now, none where nothing is left of it.
///
/// # Errors
/// From the database.
pub async fn closed(tx: &mut Tx, gap: &Gap, to: Option<u64>) -> db::Result<()> {
    let (log_id, channel) = (gap.log_id, gap.channel.as_str());
    let was = signed(gap.to);
    match to {
        // Only while it is the one that was worked on.
        Some(to) => {
            let sql = "update channel_gaps set to_seq = $3, pages = pages + 1
                       where log_id = $1 and channel = $2 and to_seq = $4";
            tx.exec(sql, args![log_id, channel, signed(to), was]).await.map(|_| ())
        }
        None => {
            let sql = "delete from channel_gaps where log_id = $1 and channel = $2 and to_seq = $3";
            tx.exec(sql, args![log_id, channel, was]).await.map(|_| ())
        }
    }
}

/// Those that can be closed now.
///
/// # Errors
/// From the database.
pub async fn open(q: &mut impl Query) -> db::Result<Vec<Gap>> {
    let sql = "select log_id, channel, from_seq, to_seq, pages from channel_gaps where to_seq is not null
               order by log_id, channel";
    let rows = q.rows(sql, args![]).await?;
    rows.iter()
        .map(|row| {
            let channel: String = row.get(1);
            let channel = channel.parse().map_err(|_| db::Error::Other("a stored channel id cannot be read".into()))?;
            let unsigned = |seq: i64| u64::try_from(seq).unwrap_or(0);
            Ok(Gap {
                log_id: row.get(0),
                channel,
                from: unsigned(row.get(2)),
                to: unsigned(row.get(3)),
                pages: u32::try_from(row.get::<i64>(4)).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// Whether a message of a channel is held that stands before a place.
///
/// # Errors
/// From the database.
pub async fn holds_before(q: &mut impl Query, gap: &Gap, place: u64) -> db::Result<bool> {
    let sql =
        "select 1 from log_events where log_id = $1 and channel = $2 and seq < $3 and content is not null limit 1";
    Ok(q.row(sql, args![gap.log_id, gap.channel.as_str(), signed(place)]).await?.is_some())
}
