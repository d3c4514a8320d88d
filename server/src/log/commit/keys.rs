//! The hub's own keys in its logs: shown before the first event under a new one.

use crate::{
    clock::Rng,
    keys::KeySet,
    log::types::{Entry, LogError},
};
use conntext_federation::{
    hub::{self, Draft, HubIdentity, Proposal},
    ids::{ActionId, Actor},
    rules::Facts,
    state::ServerState,
};
use std::sync::Arc;

/// Appends the newest statement of the hub's keys to the state, unless the log holds it.
///
/// It is signed by a key that the log knows, so that every reader can follow. Where the statement revokes such a key it
/// is signed by the key in use, which it brings itself: it then is the word by which the thief's log ends.
pub(super) fn show(
    state: &mut ServerState,
    set: &KeySet,
    me: &HubIdentity,
    rng: &dyn Rng,
    now_ms: i64,
) -> Result<Option<Arc<Entry>>, LogError> {
    let Some(known) = state.instances.get(&me.ik).filter(|known| known.serial < set.ring.serial) else {
        return Ok(None);
    };
    let counts = |kid: &_| known.keys.get(kid).is_some_and(|key| key.revoked.is_none());
    let revokes = set.statement.keys.iter().any(|key| key.revoked_at.is_some() && counts(&key.kid));
    let key = if revokes || counts(&me.key.public().kid()) {
        me.key.clone()
    } else {
        let older = set.ring.keys.iter().rev().find(|key| key.revoked_at.is_none() && counts(&key.kid()));
        older.map_or_else(|| me.key.clone(), |key| key.secret.clone())
    };
    let draft = Draft {
        sid: state.sid.clone(),
        kind: "instance.keys".into(),
        channel: None,
        target: None,
        actor: Actor::Instance(me.ik.clone()),
        content: hub::json(&set.statement)?,
    };
    let basis = hub::position(state);
    let (action, sealed) = draft.into_action(&me.ik, ActionId(rng.bytes()), rng.bytes(), basis, now_ms)?;
    let proposal = Proposal { action, origin_sig: None, sealed };
    let content = hub::judge(state, &Facts::default(), &me.ik, &proposal, now_ms)?;
    let made = hub::append(state, &HubIdentity { ik: me.ik.clone(), key }, proposal, content, now_ms)?;
    Ok(Some(Arc::new(Entry::new(made.event, made.hash, Some(made.content), None))))
}
