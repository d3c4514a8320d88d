//! What will be in an archive: the communities of a person, as far as this instance knows of them, and how much there is to
//! look at.

use std::sync::Arc;

use conntext_federation::content::LogKind;
use conntext_federation::ids::Actor;
use serde::Serialize;

use super::mine_store as mine;
use crate::App;
use crate::error::Result;
use crate::log::LogHandle;

/// Bytes of a file that count as much as one message that is looked at.
const BYTES_A_STEP: u64 = 4096;
/// More than a message ever takes in a file, in bytes.
const BYTES_A_MESSAGE: u64 = 128 * 1024;

/// A role of the person's.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OwnRole {
    pub id: String,
    pub name: String,
}

/// A channel in which the person may have written.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub id: String,
    /// None where the person does not see it any more: what it is called is no longer theirs to know.
    pub name: Option<String>,
    pub position: u64,
    /// The number of its last message.
    pub last: u64,
    /// The lowest number that is held here.
    pub first: u64,
    /// How many of its messages are held here.
    pub held: u64,
}

impl Channel {
    /// Whether every message that was ever written in it is held here.
    pub fn is_whole(&self) -> bool {
        self.held >= self.last
    }
}

/// A community that the person is in, or was in.
pub(super) struct Community {
    pub log: Arc<LogHandle>,
    pub sid: String,
    pub name: String,
    pub description: String,
    /// Where it is at home.
    pub domain: String,
    pub public: bool,
    pub owner: bool,
    pub member: bool,
    pub joined_at: Option<i64>,
    pub roles: Vec<OwnRole>,
    pub channels: Vec<Channel>,
}

impl Community {
    /// Whether a file with all messages of the person could have more than 4 GiB.
    pub fn may_be_large(&self) -> bool {
        let messages: u64 = self.channels.iter().map(|c| c.last).sum();
        messages.saturating_mul(BYTES_A_MESSAGE) > u64::from(u32::MAX)
    }

    /// Whether all that the person wrote there is held here.
    pub fn is_whole(&self) -> bool {
        self.channels.iter().all(Channel::is_whole)
    }
}

/// Everything that will be looked at.
pub(super) struct Plan {
    pub communities: Vec<Community>,
    /// Steps of the progress.
    pub total: u64,
}

/// Steps that a file takes.
pub(super) fn steps_of(bytes: u64) -> u64 {
    bytes / BYTES_A_STEP + 1
}

/// Looks up what there is.
///
/// # Errors
/// The database's.
pub(super) async fn plan(app: &App, actor: &Actor) -> Result<Plan> {
    let mut plan = Plan { communities: Vec::new(), total: 1 };
    for log in app.log.all() {
        let Some(mut community) = look(&log, actor) else { continue };
        for channel in &mut community.channels {
            // A snapshot for each: none stays open for as long as the rest takes.
            let mut read = app.db.read().await?;
            channel.held = mine::held(&mut read, log.id, &channel.id).await?;
            channel.first = mine::lowest(&mut read, log.id, &channel.id).await?.unwrap_or(channel.last);
            let bytes = mine::file_bytes(&mut read, log.id, &channel.id, actor.as_str()).await?;
            // Each message is looked at twice: for the data, and for the page.
            plan.total += 2 * (channel.last + 1).saturating_sub(channel.first) + steps_of(bytes);
        }
        plan.communities.push(community);
    }
    plan.communities.sort_by(|a, b| {
        let order = |c: &Community| (!c.member, c.joined_at.unwrap_or(i64::MAX));
        order(a).cmp(&order(b)).then_with(|| a.sid.cmp(&b.sid))
    });
    Ok(plan)
}

/// What the log says about the person; nothing where it never heard of them.
fn look(log: &Arc<LogHandle>, actor: &Actor) -> Option<Community> {
    let domain = log.hub_domain();
    let state = log.state();
    if state.info.deleted || state.info.kind != LogKind::Guild || !state.bindings.contains_key(actor) {
        return None;
    }
    let member = state.members.get(actor);
    let roles = member.map(|m| {
        let named = m.roles.iter().filter_map(|id| Some((id, state.roles.get(id)?)));
        named.map(|(id, role)| OwnRole { id: id.to_string(), name: role.name.clone() }).collect()
    });
    let mut channels: Vec<Channel> = state
        .channels
        .iter()
        .filter(|(_, c)| c.last_cn > 0)
        .map(|(id, c)| Channel {
            id: id.to_string(),
            name: state.can_see(actor, id).then(|| c.name.clone()),
            position: c.position,
            last: c.last_cn,
            first: 0,
            held: 0,
        })
        .collect();
    channels.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
    Some(Community {
        log: log.clone(),
        sid: state.sid.to_string(),
        name: state.info.name.clone(),
        description: if member.is_some() { state.info.description.clone() } else { String::new() },
        domain,
        public: state.info.public,
        owner: state.info.owner.as_ref() == Some(actor),
        member: member.is_some(),
        joined_at: member.map(|m| m.joined_at),
        roles: roles.unwrap_or_default(),
        channels,
    })
}
