//! What the rules need to know beyond the state: from the batch that is being written first, then from disk.

use super::Group;
use crate::{
    db::{self, Tx},
    log::{
        FilesThere, purge, store,
        types::{Entry, LogError},
    },
};
use conntext_federation::{
    Code,
    content::Content,
    hub::Proposal,
    ids::{ActionId, Actor, InstanceId},
    rules::{Facts, MessageFact},
};
use std::{collections::HashMap, sync::Arc};

/// What the numbers in a batch stood for before it.
pub(super) type UsedNonces = HashMap<(Actor, String), (i64, ActionId)>;

/// What the same number of the same actor stood for before, in this batch or on disk.
pub(super) async fn earlier(
    tx: &mut Tx,
    group: &Group,
    used: &UsedNonces,
    key: &(Actor, String),
) -> Result<Option<Arc<Entry>>, LogError> {
    let (actor, nonce) = key;
    if let Some((_, _, _, aid)) = group.nonces.iter().find(|(a, n, _, _)| a == actor && n == nonce) {
        return Ok(group.entries.iter().find(|e| e.aid() == *aid).cloned());
    }
    match used.get(key) {
        Some((log_id, aid)) if *log_id == group.log.id => {
            Ok(store::event_by_aid(tx, &group.log.sid, *log_id, aid).await?.map(Arc::new))
        }
        Some(_) => Err(LogError::Rejected(Code::AidReused)),
        None => Ok(None),
    }
}

/// Reads what the rules need to know beyond the state, from this batch first, then from disk.
pub(super) async fn facts(tx: &mut Tx, group: &Group, p: &Proposal) -> db::Result<Facts> {
    let mut facts = Facts::default();
    let action = &p.action;
    let log = &group.log;
    if matches!(action.kind.as_str(), "message.edit" | "message.delete" | "reaction.add" | "reaction.remove")
        && let Some(aid) = action.target.as_deref().and_then(|t| t.parse::<ActionId>().ok())
    {
        facts.message = match in_batch(group, &aid) {
            Some(fact) => Some(fact),
            None => store::message_fact(tx, log.id, &aid).await?,
        };
        let deleted_now = group
            .entries
            .iter()
            .any(|e| matches!(e.content, Some(Content::MessageDelete)) && e.event.action.target == action.target);
        if let (Some(message), true) = (&mut facts.message, deleted_now) {
            message.deleted = true;
        }
    }
    if action.kind == "user.purge" {
        let now = |e: &Arc<Entry>| e.event.action.kind == action.kind && e.event.action.actor == action.actor;
        facts.purging = group.entries.iter().any(now) || purge::store::is_open(tx, log.id, &action.actor).await?;
    }
    if p.origin_sig.is_some() {
        let here = group.entries.iter().find(|e| e.aid() == action.aid);
        facts.existing = match here {
            Some(e) => Some(conntext_federation::action::Position {
                generation: e.event.header.generation,
                epoch: e.event.header.epoch,
                seq: e.seq(),
                hash: e.hash,
            }),
            None => store::position_of(tx, log.id, &action.aid).await?,
        };
        let seq = action.basis.seq;
        facts.basis_hash = match group.entries.iter().find(|e| e.seq() == seq) {
            Some(e) => Some(e.hash),
            None => store::hashes(tx, log.id, seq, seq).await?.remove(&seq),
        };
    }
    Ok(facts)
}

/// A message may name only files that its author's home brought into this log, complete: whoever reads it can have them.
///
/// # Errors
/// [`Code::BadContent`].
pub(super) async fn check_files(
    tx: &mut Tx,
    there: FilesThere,
    log_id: i64,
    origin: &InstanceId,
    content: &Content,
) -> Result<(), LogError> {
    let Content::MessageCreate(message) = content else { return Ok(()) };
    let files = message.files();
    if files.is_empty() || there(tx, log_id, origin, &files).await? {
        return Ok(());
    }
    Err(LogError::Rejected(Code::BadContent))
}

fn in_batch(group: &Group, aid: &ActionId) -> Option<MessageFact> {
    let entry =
        group.entries.iter().find(|e| e.aid() == *aid && matches!(e.content, Some(Content::MessageCreate(_))))?;
    let action = &entry.event.action;
    Some(MessageFact { channel: action.channel.clone()?, author: action.actor.clone(), deleted: false })
}
