//! A server as one member sees it, from the log's state and what was read.

use std::collections::{HashMap, HashSet};

use conntext_federation::content::ChannelKind as Kind;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{Actor, ChannelId, RoleId};
use conntext_federation::perms::{Perms, channel_perms, server_perms};
use conntext_federation::state::{self, ServerState};

use super::types::{Channel, ChannelKind, CutOff, HubStatus, Override, Role, Server};
use super::{access, store};
use crate::App;
use crate::db::Query;
use crate::error::Result;
use crate::log::{LogHandle, pending};
use crate::reading::{self, Mark};

/// The server as `actor` sees it.
///
/// # Errors
/// 404 `unknown_server` when they are no member.
pub async fn view(app: &App, log: &LogHandle, actor: &Actor) -> Result<Server> {
    let mut read = app.db.read().await?;
    view_in(app, &mut read, log, actor).await
}

async fn view_in(app: &App, q: &mut impl Query, log: &LogHandle, actor: &Actor) -> Result<Server> {
    let hub = hub_status(app, q, log, actor).await?;
    let marks = reading::marks(q, log.id, actor).await?;
    let state = log.state();
    if state.info.deleted || !state.members.contains_key(actor) {
        return Err(access::unknown_server());
    }
    Ok(server(&state, log, actor, hub, &marks))
}

/// Whether the server's hub answers, and what of `actor` waits for it.
pub async fn hub_status(app: &App, q: &mut impl Query, log: &LogHandle, actor: &Actor) -> Result<HubStatus> {
    let since = log.hub_away_since();
    let waiting = if log.hub_here() && since.is_none() { 0 } else { pending::waiting_in(q, log.id, actor).await? };
    Ok(HubStatus {
        reachable: since.is_none(),
        since,
        waiting,
        catching_up: log.quarantined().is_some(),
        cut_off: cut_off(app, log),
    })
}

/// Whether the admins of this instance decided that it does not speak with a server's hub.
fn cut_off(app: &App, log: &LogHandle) -> Option<CutOff> {
    let domain = Domain::parse_normal(&log.hub_domain(), true).ok().filter(|_| !log.hub_here())?;
    let book = app.peers.trust.book();
    let code = book.judge(&domain).err()?.as_str().to_owned();
    Some(CutOff { code, reason: book.rule(&domain).map(|rule| rule.reason.clone()).unwrap_or_default() })
}

/// All servers of somebody of this instance, in the order that they chose; new ones last.
pub async fn all(app: &App, actor: &Actor) -> Result<Vec<Server>> {
    let logs = app.log.memberships(actor).await?;
    let mut read = app.db.read().await?;
    let order = store::order(&mut read, actor.as_str()).await?;
    let mut servers = Vec::with_capacity(logs.len());
    for log in logs {
        // Who left a server since the list was read simply does not see it.
        if let Ok(server) = view_in(app, &mut read, &log, actor).await {
            servers.push(server);
        }
    }
    servers.sort_by_key(|s| order.iter().position(|sid| *sid == s.id).unwrap_or(usize::MAX));
    Ok(servers)
}

fn names(perms: Perms) -> Vec<String> {
    perms.names().into_iter().map(str::to_owned).collect()
}

fn server(
    state: &ServerState,
    log: &LogHandle,
    actor: &Actor,
    hub: HubStatus,
    marks: &HashMap<ChannelId, Mark>,
) -> Server {
    let info = &state.info;
    let mut roles: Vec<Role> = state.roles.iter().map(|(id, r)| role(state, id, r)).collect();
    roles.sort_by(|a, b| b.position.cmp(&a.position).then_with(|| a.name.cmp(&b.name)));
    Server {
        id: state.sid.to_string(),
        name: info.name.clone(),
        description: info.description.clone(),
        icon: info.icon.as_ref().map(|icon| super::icon_path(&state.sid, &icon.mid)),
        public: info.public,
        hub_domain: log.hub_domain(),
        hub_is_here: log.hub_here(),
        moving_to: info
            .moving
            .as_ref()
            .and_then(|moving| state.instances.get(&moving.to))
            .map(|instance| instance.domain.clone()),
        hub,
        owner: info.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
        my_actor: actor.to_string(),
        my_roles: state
            .members
            .get(actor)
            .map(|m| m.roles.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        my_permissions: names(server_perms(state, actor)),
        roles,
        channels: channels(state, actor, marks),
        notices: state.notices_channel().filter(|c| state.can_see(actor, c)).map(ToString::to_string),
        member_count: u64::try_from(state.members.len()).unwrap_or(u64::MAX),
        seq: state.head.seq,
        epoch: state.head.epoch,
    }
}

/// A role as the API shows it.
pub(crate) fn role(state: &ServerState, id: &RoleId, r: &state::Role) -> Role {
    Role {
        id: id.to_string(),
        name: r.name.clone(),
        colour: r.colour,
        position: r.position,
        hoist: r.hoist,
        mentionable: r.mentionable,
        permissions: names(r.permissions),
        everyone: *id == state.everyone,
    }
}

fn channels(state: &ServerState, actor: &Actor, marks: &HashMap<ChannelId, Mark>) -> Vec<Channel> {
    let visible: HashSet<&ChannelId> = visible(state, actor).map(|(id, _)| id).collect();
    let mut list: Vec<Channel> = visible
        .iter()
        .filter_map(|id| state.channels.get(*id).map(|c| channel(state, id, c, actor, &visible, marks.get(*id))))
        .collect();
    list.sort_by(|a, b| (a.position, &a.name, &a.id).cmp(&(b.position, &b.name, &b.id)));
    list
}

/// The channels and categories that a member sees in the list; the staff channel has a page of its own.
fn visible<'a>(state: &'a ServerState, actor: &'a Actor) -> impl Iterator<Item = (&'a ChannelId, &'a state::Channel)> {
    state.channels.iter().filter(move |(_, c)| !c.staff && channel_perms(state, c, actor).has(Perms::VIEW))
}

fn channel(
    state: &ServerState,
    id: &ChannelId,
    c: &state::Channel,
    actor: &Actor,
    visible: &HashSet<&ChannelId>,
    mark: Option<&Mark>,
) -> Channel {
    let everyone = state.everyone.as_str();
    let (read_cn, mentions) = mark.map_or((0, 0), |m| (m.read_cn, m.mentions));
    Channel {
        id: id.to_string(),
        kind: match c.kind {
            Kind::Text => ChannelKind::Text,
            Kind::Category => ChannelKind::Category,
        },
        name: c.name.clone(),
        topic: c.topic.clone(),
        // A category that the member may not see is no place for them.
        parent: c.parent.as_ref().filter(|p| visible.contains(p)).map(ToString::to_string),
        position: c.position,
        private: c.overrides.iter().any(|o| o.target == everyone && o.deny.has(Perms::VIEW)),
        overrides: c
            .overrides
            .iter()
            .map(|o| Override { target: o.target.clone(), allow: names(o.allow), deny: names(o.deny) })
            .collect(),
        my_permissions: names(channel_perms(state, c, actor)),
        last_cn: c.last_cn,
        read_cn,
        unread: c.last_cn.saturating_sub(read_cn),
        mentions,
        last_message_at: (c.last_cn > 0).then_some(c.last_ts),
    }
}
