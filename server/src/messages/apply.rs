//! What events do to messages. History may be filled in out of order and repeatedly.

use super::store::{self, NewRow};
use crate::db::{Result, Tx};
use crate::log::purge::Gone;
use crate::log::{Batch, Entry};
use conntext_federation::content::Content;
use conntext_federation::ids::ActionId;

fn target(entry: &Entry) -> Option<ActionId> {
    entry.event.action.target.as_deref().and_then(|t| t.parse().ok())
}

fn new_row(entry: &Entry) -> Option<NewRow<'_>> {
    let (header, action) = (&entry.event.header, &entry.event.action);
    if action.kind != "message.create" || entry.rejected.is_some() {
        return None;
    }
    let (reply_to, deleted_seq) = match (&entry.content, entry.event.erased) {
        (Some(Content::MessageCreate(m)), _) => (m.reply_to, None),
        (_, erased) => (None, Some(erased.unwrap_or(header.seq))),
    };
    let (channel, cn) = (action.channel.as_ref()?, header.cn?);
    let (author, ts) = (&action.actor, header.ts);
    Some(NewRow { aid: action.aid, seq: header.seq, channel, cn, author, ts, reply_to, deleted_seq })
}

/// Writes where the messages of a batch stand.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> Result<()> {
    let log_id = batch.log_id;
    let mut new: Vec<NewRow<'_>> = Vec::new();
    for entry in batch.entries {
        if let Some(row) = new_row(entry) {
            new.push(row);
            continue;
        }
        let (header, action) = (&entry.event.header, &entry.event.action);
        let Some(channel) = &action.channel else { continue };
        match &entry.content {
            Some(Content::MessageEdit(_)) => {
                store::insert(tx, log_id, &std::mem::take(&mut new)).await?;
                if let Some(aid) = target(entry) {
                    let (channel, author) = (channel.as_str(), action.actor.as_str());
                    store::edited(tx, log_id, &aid, channel, author, header.seq, header.ts).await?;
                }
            }
            Some(Content::MessageDelete) => {
                store::insert(tx, log_id, &std::mem::take(&mut new)).await?;
                if let Some(aid) = target(entry) {
                    store::deleted(tx, log_id, &aid, channel.as_str(), header.seq).await?;
                }
            }
            Some(Content::ChannelDelete) => {
                new.retain(|m| m.channel != channel);
                store::forget_channel(tx, log_id, channel).await?;
            }
            _ => {}
        }
    }
    store::insert(tx, log_id, &new).await?;
    if !batch.live {
        for row in batch.entries.iter().filter_map(|e| new_row(e)) {
            catch_up(tx, log_id, &row).await?;
        }
    }
    Ok(())
}

/// Messages that their author had erased count as deleted.
pub async fn erase(tx: &mut Tx, gone: &Gone<'_>) -> Result<()> {
    for (aid, channel) in gone.messages {
        store::deleted(tx, gone.log_id, aid, channel.as_str(), gone.by_seq).await?;
    }
    Ok(())
}

/// What happened to a message before it was filled in.
async fn catch_up(tx: &mut Tx, log_id: i64, row: &NewRow<'_>) -> Result<()> {
    for later in store::later(tx, log_id, &row.aid).await? {
        if later.kind == "message.delete" {
            store::deleted(tx, log_id, &row.aid, &later.channel, later.seq).await?;
        } else {
            store::edited(tx, log_id, &row.aid, &later.channel, &later.actor, later.seq, later.ts).await?;
        }
    }
    Ok(())
}
