//! Where a channel stands among those of its category.

use conntext_federation::ids::{Actor, ChannelId};
use conntext_federation::perms::{Perms, channel_perms};
use conntext_federation::state::ServerState;

/// What has to change so that `id` stands at `place` (from 0) below `parent`: channels with their new positions.
/// Only channels that `actor` may manage are counted and moved.
pub(super) fn place(
    state: &ServerState,
    actor: &Actor,
    id: &ChannelId,
    parent: Option<&ChannelId>,
    place: u64,
) -> Vec<(ChannelId, u64)> {
    let mut others: Vec<(&ChannelId, u64, &str)> = state
        .channels
        .iter()
        .filter(|(other, c)| *other != id && !c.staff && c.parent.as_ref() == parent)
        .filter(|(_, c)| channel_perms(state, c, actor).has(Perms::VIEW | Perms::MANAGE_CHANNELS))
        .map(|(other, c)| (other, c.position, c.name.as_str()))
        .collect();
    others.sort_by(|a, b| (a.1, a.2, a.0).cmp(&(b.1, b.2, b.0)));
    let mut order: Vec<&ChannelId> = others.iter().map(|(other, ..)| *other).collect();
    let at = usize::try_from(place).unwrap_or(usize::MAX).min(order.len());
    order.insert(at, id);
    order
        .into_iter()
        .zip(0..)
        .filter(|(channel, position)| state.channels.get(*channel).is_none_or(|c| c.position != *position))
        .map(|(channel, position)| (channel.clone(), position))
        .collect()
}

/// The position behind all that stand below `parent`.
pub(super) fn last(state: &ServerState, parent: Option<&ChannelId>) -> u64 {
    let siblings = state.channels.values().filter(|c| !c.staff && c.parent.as_ref() == parent);
    siblings.map(|c| c.position + 1).max().unwrap_or(0)
}
