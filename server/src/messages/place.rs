//! Where somebody wants to read or write, once it is sure that they may know of it.

use crate::App;
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::log::LogHandle;
use conntext_federation::Code;
use conntext_federation::ids::{Actor, ChannelId};
use conntext_federation::perms::{Perms, channel_perms};
use std::sync::Arc;

/// The signed-in person as an actor.
pub fn actor(auth: &Auth) -> Result<Actor> {
    auth.uid.parse().map(Actor::User).map_err(Problem::internal)
}

/// A server that the person is a member of.
///
/// # Errors
/// 404 `unknown_server` alike for servers that do not exist and for those of others.
pub fn server(app: &App, auth: &Auth, sid: &str) -> Result<(Arc<LogHandle>, Actor)> {
    let actor = actor(auth)?;
    let unknown = || Problem::from(Code::UnknownServer).detail("You are not in that community, or it is gone.");
    let log = sid.parse().ok().and_then(|sid| app.log.get(&sid)).ok_or_else(unknown)?;
    let member = {
        let state = log.state();
        state.members.contains_key(&actor) && !state.info.deleted
    };
    if member { Ok((log, actor)) } else { Err(unknown()) }
}

/// A channel that a person may see, with what they may do there.
pub struct Place {
    pub log: Arc<LogHandle>,
    pub channel: ChannelId,
    pub actor: Actor,
    pub perms: Perms,
    /// Position of the first event that the person may read: 0 with the permission to read history.
    pub from_seq: u64,
}

impl Place {
    /// Finds the channel for the signed-in person.
    ///
    /// # Errors
    /// 404 `unknown_server` or `unknown_channel`; hidden channels are told apart from none by nobody.
    pub fn find(app: &App, auth: &Auth, sid: &str, cid: &str) -> Result<Self> {
        let (log, actor) = server(app, auth, sid)?;
        let channel: ChannelId = cid.parse().map_err(|_| unknown_channel())?;
        Self::of(log, actor, channel)
    }

    /// As [`Place::find`], for ids that were read already.
    pub fn of(log: Arc<LogHandle>, actor: Actor, channel: ChannelId) -> Result<Self> {
        let (perms, from_seq) = rights(&log, &actor, &channel).ok_or_else(unknown_channel)?;
        Ok(Self { log, channel, actor, perms, from_seq })
    }

    /// Number of the channel's last message.
    pub fn last_cn(&self) -> u64 {
        self.log.state().channels.get(&self.channel).map_or(0, |c| c.last_cn)
    }

    /// # Errors
    /// 403 `forbidden` without the permission.
    pub fn need(&self, what: Perms, sentence: &str) -> Result<()> {
        if self.perms.has(what) { Ok(()) } else { Err(Problem::forbidden().detail(sentence)) }
    }
}

/// What somebody may do in a channel and from which position on they may read; `None` where they do not see it.
pub fn rights(log: &LogHandle, actor: &Actor, channel: &ChannelId) -> Option<(Perms, u64)> {
    let state = log.state();
    let perms = channel_perms(&state, state.channels.get(channel)?, actor);
    if !perms.has(Perms::VIEW) {
        return None;
    }
    let joined = state.members.get(actor).map_or(u64::MAX, |m| m.joined_seq);
    Some((perms, if perms.has(Perms::HISTORY) { 0 } else { joined }))
}

fn unknown_channel() -> Problem {
    Problem::from(Code::UnknownChannel).detail("That channel does not exist, or you may not see it.")
}
