//! What events do to marks and mentions.

use super::store;
use crate::db::{Result, Tx};
use crate::log::purge::Gone;
use crate::log::{Batch, Entry, Undone};
use conntext_federation::content::{Content, MessageCreate};
use conntext_federation::ids::{Actor, ChannelId, RoleId};
use std::collections::{BTreeMap, BTreeSet};

/// Writes what a batch means for the people of this instance.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> Result<()> {
    if batch.entries.is_empty() {
        // A copy begins with a snapshot, whose members came in before its first event here.
        for actor in store::locals(tx, batch.log_id).await? {
            begin(tx, batch, &actor, u64::MAX).await?;
        }
        return Ok(());
    }
    let mut written: BTreeMap<(Actor, ChannelId), u64> = BTreeMap::new();
    for entry in batch.entries {
        let action = &entry.event.action;
        match &entry.content {
            Some(Content::MessageCreate(message)) if batch.live => {
                let (Some(channel), Some(cn)) = (&action.channel, entry.event.header.cn) else { continue };
                // Who writes has seen what stands above.
                let last = written.entry((action.actor.clone(), channel.clone())).or_default();
                *last = cn.max(*last);
                if !message.mentions.is_empty() {
                    let targets = targets(tx, batch, channel, &action.actor, message).await?;
                    let (log, author) = (batch.log_id, &action.actor);
                    store::add_mentions(tx, log, channel, cn, author, &entry.aid(), targets).await?;
                }
            }
            Some(Content::MessageDelete) => {
                if let Some(aid) = action.target.as_deref().and_then(|t| t.parse().ok()) {
                    store::drop_mentions(tx, batch.log_id, &aid).await?;
                }
            }
            Some(Content::MemberJoin(_) | Content::MemberMigrate(_))
                if batch.live && store::is_local(tx, batch.log_id, &action.actor).await? =>
            {
                begin(tx, batch, &action.actor, entry.seq()).await?;
            }
            // Who left long ago may have come back since.
            Some(Content::MemberMigrate(_) | Content::MemberLeave) if batch.live => {
                store::forget_reader(tx, batch.log_id, &action.actor).await?;
            }
            Some(Content::MemberKick | Content::MemberBan) if batch.live => {
                if let Some(actor) = target(entry) {
                    store::forget_reader(tx, batch.log_id, &actor).await?;
                }
            }
            Some(Content::ChannelDelete) => {
                if let Some(channel) = &action.channel {
                    store::forget_channel(tx, batch.log_id, channel).await?;
                }
            }
            _ => {}
        }
    }
    let authors: BTreeSet<&Actor> = written.keys().map(|(actor, _)| actor).collect();
    let locals = store::locals_among(tx, batch.log_id, authors).await?;
    let marks = written.into_iter().filter(|((actor, _), _)| locals.contains(actor.as_str()));
    store::advance_all(tx, batch.log_id, marks.map(|((actor, channel), cn)| (actor, channel, cn)).collect())
        .await
        .map(|_| ())
}

/// Messages that their author had erased speak to nobody.
pub async fn erase(tx: &mut Tx, gone: &Gone<'_>) -> Result<()> {
    for (aid, _) in gone.messages {
        store::drop_mentions(tx, gone.log_id, aid).await?;
    }
    Ok(())
}

/// Takes back what events meant that no longer count.
pub async fn undo(tx: &mut Tx, undone: &Undone<'_>) -> Result<()> {
    let mut first: BTreeMap<&ChannelId, u64> = BTreeMap::new();
    for entry in undone.entries {
        let (Some(channel), Some(cn)) = (&entry.event.action.channel, entry.event.header.cn) else { continue };
        let least = first.entry(channel).or_insert(cn);
        *least = cn.min(*least);
        store::drop_mentions(tx, undone.log_id, &entry.aid()).await?;
    }
    for (channel, cn) in first {
        store::unread_from(tx, undone.log_id, channel, cn).await?;
    }
    Ok(())
}

fn target(entry: &Entry) -> Option<Actor> {
    entry.event.action.target.as_deref().and_then(|t| t.parse().ok())
}

/// Nothing of what was written before somebody came in is unread to them.
async fn begin(tx: &mut Tx, batch: &Batch<'_>, actor: &Actor, joined_seq: u64) -> Result<()> {
    let mut marks = Vec::new();
    for (id, channel) in &batch.state.channels {
        let later = batch.entries.iter().filter(|e| {
            e.seq() > joined_seq && e.event.header.cn.is_some() && e.event.action.channel.as_ref() == Some(id)
        });
        let cn = channel.last_cn.saturating_sub(later.count() as u64);
        if cn > 0 {
            marks.push((id.clone(), cn));
        }
    }
    store::advance(tx, batch.log_id, actor, &marks).await.map(|_| ())
}

/// Who of this instance is spoken to.
async fn targets(
    tx: &mut Tx,
    batch: &Batch<'_>,
    channel: &ChannelId,
    author: &Actor,
    message: &MessageCreate,
) -> Result<Vec<String>> {
    let everybody = message.mentions.iter().any(|m| m == "everyone" || m == "here");
    let roles: BTreeSet<RoleId> = message.mentions.iter().filter_map(|m| m.parse().ok()).collect();
    let mut targets: BTreeSet<Actor> = BTreeSet::new();
    if !roles.is_empty() {
        for actor in store::locals(tx, batch.log_id).await? {
            if batch.state.members.get(&actor).is_some_and(|m| !m.roles.is_disjoint(&roles)) {
                targets.insert(actor);
            }
        }
    }
    for actor in message.mentions.iter().filter_map(|m| m.parse::<Actor>().ok()) {
        if store::is_local(tx, batch.log_id, &actor).await? {
            targets.insert(actor);
        }
    }
    let seen = targets.into_iter().filter(|a| a != author && batch.state.can_see(a, channel));
    let mut targets: Vec<String> = seen.map(|a| a.as_str().to_owned()).collect();
    if everybody {
        targets.push(store::EVERYBODY.to_owned());
    }
    Ok(targets)
}
