//! A log whose hub is lost goes on here, by its recovery keys.

use super::{Committer, Kind, ReceiveError, Step};
use crate::{
    crash,
    log::{
        LogHandle, hub_store, store,
        types::{Entry, LogError},
    },
};
use conntext_federation::{
    content::ServerTakeover, event::Item, hub::HubIdentity, ids::ChannelId, replica::Fault, state::Channel, takeover,
    wire::ChannelGained,
};
use std::sync::Arc;

/// What a log goes on with.
pub(in crate::log) struct TakeOver {
    /// What its keys signed.
    pub content: ServerTakeover,
    /// What others hold behind the end of the copy, up to the place that the keys named.
    pub tail: Vec<Item>,
    /// Channels that nobody here may see.
    pub channels: Vec<(ChannelId, Channel)>,
}

impl Committer {
    /// Writes the first event of the next generation, behind what others hold, in one transaction.
    pub(super) async fn take_over(&mut self, log: &Arc<LogHandle>, taken: TakeOver) -> Result<Arc<Entry>, LogError> {
        let TakeOver { content, tail, channels } = taken;
        let mut tx = self.begin().await?;
        let log = &self.claim(&mut tx, log, Kind::Changed).await?;
        let now = self.inner.clock.now_ms();
        let held = self.held(&mut tx, log, &tail).await?;
        let mut steps = Vec::new();
        for (id, channel) in channels {
            self.working(log).put_channel(id.clone(), channel.clone());
            steps.push(Step::Gain(Box::new(ChannelGained { id, channel, whole: true })));
        }
        let (mut entries, mut run) = self.accept(&mut tx, log, tail, &held).await.map_err(refused)?;
        steps.append(&mut run);
        let set = self.inner.me.keys.set();
        let me = HubIdentity { ik: self.inner.me.ik.clone(), key: set.ring.active(now).secret.clone() };
        let rng = self.inner.rng.clone();
        let made = takeover::begin(self.working(log), &me, content, [rng.bytes(), rng.bytes()], now)?;
        let entry = Arc::new(Entry::new(made.event, made.hash, Some(made.content), None));
        entries.push(entry.clone());
        steps.push(Step::Apply(entry.clone()));
        self.write(&mut tx, log, &entries, true).await?;
        store::put_follows(&mut tx, log.id, None).await?;
        store::set_quarantine(&mut tx, log.id, None).await?;
        hub_store::nothing_comes(&mut tx, log.id).await?;
        crash::point("takeover.before_commit");
        self.commit(tx).await?;
        crash::point("takeover.after_commit");
        log.set_follows(None);
        log.set_quarantined(None);
        self.answer(&entries);
        self.publish(log, &steps, entries);
        Ok(entry)
    }
}

fn refused(e: ReceiveError) -> LogError {
    match e {
        ReceiveError::Log(e) => e,
        ReceiveError::Fault(Fault::Stop(code)) => LogError::Rejected(code),
        ReceiveError::Fault(_) => LogError::Rejected(conntext_federation::Code::LogConflict),
    }
}
