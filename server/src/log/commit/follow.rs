//! Copies that do not follow every channel.

use super::{Committer, Kind, Step};
use crate::db::{self, Tx};
use crate::log::{
    LogHandle, gaps, store,
    types::{Follows, LogError},
};
use conntext_federation::{
    ids::{ChannelId, Hash},
    wire::{self, ChannelGained, ChannelHead},
};
use std::{collections::BTreeSet, sync::Arc};

/// What changes in how a copy follows.
pub(in crate::log) enum Following {
    /// These channels alone are wanted; all where there are none.
    Wanted(Option<BTreeSet<ChannelId>>),
    /// So far other channels go.
    Heads(Vec<ChannelHead>),
}

/// The channels of a log, and where it ends.
fn known(log: &LogHandle) -> (Vec<ChannelId>, u64) {
    let state = log.state();
    (state.channels.keys().cloned().collect(), state.head.seq)
}

impl Committer {
    pub(super) async fn following(&mut self, log: &Arc<LogHandle>, change: Following) -> Result<(), LogError> {
        match change {
            Following::Wanted(wanted) => self.wanted(log, wanted).await,
            Following::Heads(heads) => self.heads(log, heads).await,
        }
    }

    /// What is no longer wanted is no longer expected. What is wanted anew is when the hub says that it sends it.
    async fn wanted(&mut self, log: &Arc<LogHandle>, wanted: Option<BTreeSet<ChannelId>>) -> Result<(), LogError> {
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Changed).await?;
        let follows = match (log.follows(), wanted) {
            (None, None) => return Ok(()),
            (None, Some(wanted)) => Follows { whole: wanted.clone(), wanted, earlier: None, all_soon: false },
            (Some(now), None) => Follows { all_soon: true, ..now },
            (Some(now), Some(wanted)) if now.wanted == wanted && !now.all_soon => return Ok(()),
            (Some(now), Some(wanted)) => Follows {
                whole: now.whole.intersection(&wanted).cloned().collect(),
                earlier: (!now.all_soon).then(|| wire::wish(&now.wanted)),
                wanted,
                all_soon: false,
            },
        };
        let (known, head) = known(log);
        for channel in known.iter().filter(|channel| log.has_whole(channel) && !follows.whole.contains(*channel)) {
            gaps::left(&mut tx, log.id, channel, head).await?;
        }
        store::put_follows(&mut tx, log.id, Some(&follows)).await?;
        self.commit(tx).await?;
        log.set_follows(Some(follows));
        Ok(())
    }

    async fn heads(&mut self, log: &Arc<LogHandle>, heads: Vec<ChannelHead>) -> Result<(), LogError> {
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Changed).await?;
        let mut steps = Vec::new();
        for head in heads.into_iter().filter(|head| !log.has_whole(&head.channel)) {
            if self.working(log).note_head(&head.channel, head.cn, head.ts) {
                steps.push(Step::Head(head));
            }
        }
        if steps.is_empty() {
            return Ok(());
        }
        let changes = self.working(log).take_changes();
        crate::log::state_store::write_state(&mut tx, log.id, changes).await?;
        self.commit(tx).await?;
        self.publish(log, &steps, Vec::new());
        Ok(())
    }

    /// How the copy follows behind a push.
    pub(super) fn follows_after(log: &LogHandle, gained: &[ChannelGained], wish: Option<Hash>) -> Option<Follows> {
        let mut follows = log.follows()?;
        for channel in gained {
            if channel.whole && (follows.all_soon || follows.wanted.contains(&channel.id)) {
                follows.whole.insert(channel.id.clone());
            } else {
                follows.whole.remove(&channel.id);
            }
        }
        (wish.is_some() || !follows.all_soon).then_some(follows)
    }

    /// Writes it where it changed, behind a push that begins at `at`.
    pub(super) async fn put_follows(
        tx: &mut Tx,
        log: &LogHandle,
        follows: Option<&Follows>,
        at: u64,
    ) -> db::Result<()> {
        let before = log.follows();
        if before.as_ref() == follows {
            return Ok(());
        }
        let (known, head) = known(log);
        for channel in known {
            let whole = follows.is_none_or(|now| now.whole.contains(&channel));
            match log.has_whole(&channel) {
                true if !whole => gaps::left(tx, log.id, &channel, head).await?,
                false if whole => gaps::whole_again(tx, log.id, &channel, at).await?,
                _ => {}
            }
        }
        store::put_follows(tx, log.id, follows).await
    }
}
