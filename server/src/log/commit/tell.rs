//! After a commit: the published state, then whoever listens.

use super::{Committer, Step, replay};
use crate::{
    bus::{Notice, PersonNotice},
    log::{LogHandle, types::Entry},
};
use conntext_federation::{content::Content, ids::Actor};
use std::{collections::BTreeSet, sync::Arc};

impl Committer {
    /// What this process committed becomes what is known.
    pub(super) fn publish(&mut self, log: &LogHandle, steps: &[Step], entries: Vec<Arc<Entry>>) {
        let head = self.working(log).head.seq;
        self.inner.metrics_events.inc_by(u64::try_from(entries.len()).unwrap_or(0));
        self.show(log, steps, entries, head);
    }

    /// What is on disk becomes what is known, up to `head`; then whoever listens is told.
    pub(super) fn show(&self, log: &LogHandle, steps: &[Step], entries: Vec<Arc<Entry>>, head: u64) {
        let moves = |step: &Step| match step {
            Step::Apply(entry) => entry.content.as_ref().is_some_and(moves_people),
            Step::Skip(..) | Step::Gain(_) | Step::Lose(_) | Step::Head(_) => false,
        };
        // Of those who live here there may be many: they are looked at only where that may change.
        let before = steps.iter().any(moves).then(|| log.local_members());
        // First, so that whoever sees the new state can read what led to it.
        log.remember(&entries, steps.iter().any(|s| matches!(s, Step::Lose(_))), head);
        replay(&mut log.state_mut(), steps);
        let bus = &self.inner.bus;
        if !entries.is_empty() {
            bus.tell_server_here(&log.sid, Notice::Events(entries.clone().into()));
        }
        if steps.iter().any(|s| matches!(s, Step::Gain(_) | Step::Lose(_) | Step::Head(_))) {
            bus.tell_server_here(&log.sid, Notice::Changed);
        }
        if let Some(before) = before {
            self.tell_moved(log, &before, &entries);
        }
        if log.state().info.deleted {
            for actor in &log.local_members() {
                if let Actor::User(uid) = actor {
                    let notice = PersonNotice::ServerRemoved { sid: log.sid.clone(), reason: "deleted".into() };
                    bus.tell_person_here(uid, notice);
                }
            }
        }
        bus.tell_grown(&log.sid);
        if steps.iter().any(|s| matches!(s, Step::Apply(e) if matches!(e.content, Some(Content::UserPurge)))) {
            self.inner.purges.notify_one();
        }
        let other_hub =
            |entry: &Entry| matches!(entry.content, Some(Content::MigrateCommit(_) | Content::ServerTakeover(_)));
        let changes_hub = |s: &Step| matches!(s, Step::Apply(e) if other_hub(e));
        if log.heed_hub(steps.iter().any(changes_hub)) {
            tracing::info!(sid = %log.sid, here = log.hub_here(), hub = log.hub_domain(), "a community has another hub now");
            self.inner.new_hub(log);
        }
        self.inner.note_high_water(log);
    }

    /// Tells people of this instance that they came or went.
    pub(super) fn tell_moved(&self, log: &LogHandle, before: &BTreeSet<Actor>, entries: &[Arc<Entry>]) {
        let bus = &self.inner.bus;
        let after = log.local_members();
        for actor in before.symmetric_difference(&after) {
            if let Actor::User(uid) = actor {
                let notice = if after.contains(actor) {
                    PersonNotice::ServerAdded(log.sid.clone())
                } else {
                    PersonNotice::ServerRemoved { sid: log.sid.clone(), reason: why_gone(entries, actor).into() }
                };
                bus.tell_person_here(uid, notice);
            }
        }
    }

    /// Tells everybody who lives here and is in it that a log is there, or is another one now.
    pub(super) fn announce(&self, log: &LogHandle) {
        for actor in log.local_members() {
            if let Actor::User(uid) = actor {
                self.inner.bus.tell_person_here(&uid, PersonNotice::ServerAdded(log.sid.clone()));
            }
        }
        self.inner.bus.tell_server_here(&log.sid, Notice::Changed);
        self.inner.bus.tell_grown(&log.sid);
    }
}

/// Whether somebody may come or go by an event of this kind.
fn moves_people(content: &Content) -> bool {
    matches!(
        content,
        Content::MemberJoin(_)
            | Content::MemberMigrate(_)
            | Content::MemberLeave
            | Content::MemberKick
            | Content::MemberBan
            | Content::InstanceBan(_)
    )
}

fn why_gone(entries: &[Arc<Entry>], actor: &Actor) -> &'static str {
    let last = entries.iter().rev().find_map(|e| {
        let about = e.event.action.target.as_deref() == Some(actor.as_str());
        match e.content {
            Some(Content::MemberKick) if about => Some("kicked"),
            Some(Content::MemberBan) if about => Some("banned"),
            Some(Content::InstanceBan(_)) => Some("banned"),
            Some(Content::MemberMigrate(_)) if e.event.action.actor == *actor => Some("moved"),
            _ => None,
        }
    });
    last.unwrap_or("left")
}
