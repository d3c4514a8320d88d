//! What of a log one follower gets: what its people may see, less what it has not asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use conntext_federation::content::Content;
use conntext_federation::event::Visibility;
use conntext_federation::ids::{ActionId, ChannelId, Hash, InstanceId};
use conntext_federation::state::ServerState;

use super::{Wish, store};
use crate::App;
use crate::db;
use crate::log::{Entry, LogHandle};

/// What one follower gets.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// The channels that its people may see.
    pub visible: BTreeSet<ChannelId>,
    /// Everything, also of channels that are gone: it is to go on with the log.
    pub all: bool,
    /// Where it has not asked for all of them: those it has, and whom it asks for.
    lazy: Option<Lazy>,
}

#[derive(Clone, Debug)]
struct Lazy {
    peer: InstanceId,
    wish: Arc<Wish>,
    /// What a message may name to speak to its people: their ids, their roles, everybody.
    names: Arc<BTreeSet<String>>,
}

impl Sight {
    /// Everything in these channels.
    pub fn whole(visible: BTreeSet<ChannelId>) -> Self {
        Self { visible, all: false, lazy: None }
    }

    /// What a follower gets that has asked for these channels only; for all without.
    pub fn of(state: &ServerState, peer: &InstanceId, wish: Option<Arc<Wish>>) -> Self {
        let all = state.moves_to(peer);
        let lazy = wish.filter(|_| !all).map(|wish| {
            let mut names = BTreeSet::from(["everyone".to_owned(), "here".to_owned()]);
            for actor in state.by_home.get(peer).into_iter().flatten() {
                names.insert(actor.to_string());
                names
                    .extend(state.members.get(actor).into_iter().flat_map(|m| m.roles.iter().map(ToString::to_string)));
            }
            Lazy { peer: peer.clone(), wish, names: Arc::new(names) }
        });
        Self { visible: state.channels_for(peer), all, lazy }
    }

    /// Whether it has asked for some channels only.
    pub fn is_lazy(&self) -> bool {
        self.lazy.is_some()
    }

    /// What it has asked for; none for all.
    pub fn wish(&self) -> Option<Hash> {
        self.lazy.as_ref().map(|lazy| lazy.wish.digest)
    }

    /// Whether all of a channel that it may see is sent.
    pub fn is_whole(&self, channel: &ChannelId) -> bool {
        self.lazy.as_ref().is_none_or(|lazy| lazy.wish.channels.contains(channel))
    }

    /// Whether an event is sent.
    ///
    /// # Errors
    /// From the database.
    pub async fn sees(&self, app: &App, log: &LogHandle, entry: &Entry) -> db::Result<bool> {
        let Visibility::Channel(channel) = &entry.event.header.vis else { return Ok(true) };
        if self.all {
            return Ok(true);
        }
        if !self.visible.contains(channel) {
            return Ok(false);
        }
        match &self.lazy {
            Some(lazy) if !lazy.wish.channels.contains(channel) => lazy.concerned(app, log, entry).await,
            _ => Ok(true),
        }
    }
}

impl Lazy {
    /// Of a channel that was not asked for comes what changes the channel, what takes something away, and what its own
    /// people do or are spoken to by.
    async fn concerned(&self, app: &App, log: &LogHandle, entry: &Entry) -> db::Result<bool> {
        let action = &entry.event.action;
        let passing = action.kind.starts_with("message.") || action.kind.starts_with("reaction.");
        if !passing || action.kind.ends_with("delete") || action.origin == self.peer {
            return Ok(true);
        }
        let about: Option<ActionId> = match &entry.content {
            Some(Content::MessageCreate(message)) => {
                if message.mentions.iter().any(|name| self.names.contains(name)) {
                    return Ok(true);
                }
                message.reply_to
            }
            Some(Content::MessageEdit(edit)) if edit.mentions.iter().any(|name| self.names.contains(name)) => {
                return Ok(true);
            }
            _ => action.target.as_deref().and_then(|target| target.parse().ok()),
        };
        let Some(about) = about else { return Ok(false) };
        let mut read = app.db.read().await?;
        let origin = store::origin_of(&mut read, log.id, &about).await?;
        Ok(origin.as_deref() == Some(self.peer.as_str()))
    }
}
