//! Who may do what: pure functions over the state, the only place where permission is decided.

use crate::{
    action::{Action, Position},
    content::{ChannelKind, Content},
    error::Code,
    ids::{Actor, ChannelId, Hash, RoleId},
    perms::{Override, Perms, channel_perms, server_perms},
    state::ServerState,
    takeover,
};

/// What the rules need to know of the log beyond the state; the hub reads it before it judges.
#[derive(Clone, Default, Debug)]
pub struct Facts {
    /// The message that the action's target names, if it exists.
    pub message: Option<MessageFact>,
    /// Whether the action's id stands in the log already, and where.
    pub existing: Option<Position>,
    /// The hash that the log has at the action's basis.
    pub basis_hash: Option<Hash>,
    /// Whether what the actor asked to have erased before is still being erased.
    pub purging: bool,
}

/// A message as far as the rules care.
#[derive(Clone, Debug)]
pub struct MessageFact {
    /// Where it stands.
    pub channel: ChannelId,
    /// Who wrote it.
    pub author: Actor,
    /// Deleted already.
    pub deleted: bool,
}

fn need(perms: Perms, what: Perms) -> Result<(), Code> {
    if perms.has(what) { Ok(()) } else { Err(Code::Forbidden) }
}

fn above(state: &ServerState, actor: &Actor, other: &Actor) -> Result<(), Code> {
    if actor != other && state.rank(actor) > state.rank(other) { Ok(()) } else { Err(Code::Forbidden) }
}

fn same_name(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

fn channel_name_free(state: &ServerState, name: &str, but: Option<&ChannelId>) -> Result<(), Code> {
    let taken = state.channels.iter().any(|(id, c)| !c.staff && Some(id) != but && same_name(&c.name, name));
    if taken { Err(Code::NameTaken) } else { Ok(()) }
}

fn role_name_free(state: &ServerState, name: &str, but: Option<&RoleId>) -> Result<(), Code> {
    if state.roles.iter().any(|(id, r)| Some(id) != but && same_name(&r.name, name)) {
        Err(Code::NameTaken)
    } else {
        Ok(())
    }
}

/// Nobody hands out what they do not have themselves.
fn may_grant(state: &ServerState, actor: &Actor, granted: Perms) -> Result<(), Code> {
    need(server_perms(state, actor), granted)
}

/// Only what changes needs to be within one's own rights; to take a denial away is to grant.
fn overrides_allowed(state: &ServerState, actor: &Actor, old: &[Override], new: &[Override]) -> Result<(), Code> {
    if new.is_empty() {
        return Ok(());
    }
    need(server_perms(state, actor), Perms::MANAGE_ROLES)?;
    new.iter().try_for_each(|o| {
        let before = old.iter().find(|p| p.target == o.target);
        let (allow, deny) = before.map_or((Perms::NONE, Perms::NONE), |p| (p.allow, p.deny));
        may_grant(state, actor, Perms((allow.0 ^ o.allow.0) | (deny.0 ^ o.deny.0)))
    })
}

fn category(state: &ServerState, parent: Option<&ChannelId>) -> Result<(), Code> {
    match parent.map(|p| state.channels.get(p)) {
        None => Ok(()),
        Some(Some(c)) if c.kind == ChannelKind::Category => Ok(()),
        Some(_) => Err(Code::BadContent),
    }
}

/// Nobody may name a channel that they do not see.
fn notices_channel(state: &ServerState, actor: &Actor, chosen: Option<&ChannelId>) -> Result<(), Code> {
    let Some(id) = chosen else { return Ok(()) };
    let channel = state.channels.get(id).filter(|_| state.can_see(actor, id)).ok_or(Code::UnknownChannel)?;
    if channel.kind == ChannelKind::Text && !channel.staff { Ok(()) } else { Err(Code::BadContent) }
}

fn target<T: std::str::FromStr>(action: &Action) -> Result<T, Code> {
    action.target.as_deref().and_then(|t| t.parse().ok()).ok_or(Code::BadContent)
}

/// Judges an action against the state that it would be applied to. The signature, the actor's home and the form of
/// the content have been checked before (see [`crate::hub`]).
///
/// # Errors
/// The code that the author's instance is told.
pub fn check(state: &ServerState, facts: &Facts, action: &Action, content: &Content, now_ms: i64) -> Result<(), Code> {
    let actor = &action.actor;
    // What one wrote is one's own, also after leaving, for those who were sent away, and where the server is deleted.
    if matches!(content, Content::UserPurge) {
        return check_purge(facts, action);
    }
    if state.info.deleted {
        return Err(Code::Gone);
    }
    if let Content::MemberJoin(join) = content {
        return check_join(state, action, join, now_ms);
    }
    // Also who left goes on under the new home: what they wrote is theirs to erase. Bans name the person, and stay.
    if matches!(content, Content::MemberMigrate(_)) {
        let banned = state.instances.get(&action.origin).is_some_and(|instance| instance.banned);
        let plain = action.channel.is_none() && action.target.is_none();
        return match (banned, plain) {
            (true, _) => Err(Code::Banned),
            (false, true) => Ok(()),
            (false, false) => Err(Code::BadContent),
        };
    }
    let Some(member) = state.members.get(actor) else {
        return Err(if state.bans.contains_key(actor) { Code::Banned } else { Code::NotMember });
    };
    let perms = server_perms(state, actor);
    match content {
        // Only the hub itself writes these, while it makes or opens a log.
        Content::InstanceKeys(_)
        | Content::ServerCreate(_)
        | Content::ServerEpoch(_)
        | Content::MigrateCommit(_)
        | Content::ServerTakeover(_)
        | Content::MemberJoin(_)
        | Content::MemberMigrate(_)
        | Content::UserPurge => Err(Code::Forbidden),
        Content::ServerUpdate(u) => {
            need(perms, Perms::MANAGE_SERVER)?;
            u.notices.as_ref().map_or(Ok(()), |chosen| notices_channel(state, actor, chosen.as_ref()))
        }
        Content::ServerDelete => {
            if state.info.owner.as_ref() == Some(actor) {
                Ok(())
            } else {
                Err(Code::Forbidden)
            }
        }
        Content::MigratePropose(proposed) => {
            if state.info.owner.as_ref() != Some(actor) {
                return Err(Code::Forbidden);
            }
            match &proposed.to {
                None if state.info.moving.is_some() => Ok(()),
                Some(to) if state.instances.get(&to.ik).is_some_and(|there| there.banned) => Err(Code::Banned),
                Some(to) if to.ik != state.info.hub => Ok(()),
                _ => Err(Code::BadContent),
            }
        }
        Content::ServerRecovery(change) => takeover::check_change(state, actor, change),
        Content::RoleCreate(r) => {
            need(perms, Perms::MANAGE_ROLES)?;
            let name = r.name.as_deref().ok_or(Code::BadContent)?;
            role_name_free(state, name, None)?;
            let position = r.position.unwrap_or(1);
            if position == 0 {
                return Err(Code::BadContent);
            }
            if position >= state.rank(actor) {
                return Err(Code::Forbidden);
            }
            may_grant(state, actor, r.permissions.unwrap_or_default())
        }
        Content::RoleUpdate(r) => {
            need(perms, Perms::MANAGE_ROLES)?;
            let id: RoleId = target(action)?;
            let role = state.roles.get(&id).ok_or(Code::BadContent)?;
            if role.position >= state.rank(actor) || r.position.is_some_and(|p| p >= state.rank(actor)) {
                return Err(Code::Forbidden);
            }
            if id == state.everyone && (r.name.is_some() || r.position.is_some_and(|p| p != 0)) {
                return Err(Code::BadContent);
            }
            if id != state.everyone && r.position == Some(0) {
                return Err(Code::BadContent);
            }
            if let Some(name) = &r.name {
                role_name_free(state, name, Some(&id))?;
            }
            match r.permissions {
                // Only what changes needs to be within one's own rights.
                Some(new) => may_grant(state, actor, Perms((new.0 ^ role.permissions.0) & Perms::ALL.0)),
                None => Ok(()),
            }
        }
        Content::RoleDelete => {
            need(perms, Perms::MANAGE_ROLES)?;
            let id: RoleId = target(action)?;
            let role = state.roles.get(&id).ok_or(Code::BadContent)?;
            if id == state.everyone || role.position >= state.rank(actor) { Err(Code::Forbidden) } else { Ok(()) }
        }
        Content::ChannelCreate(c) => {
            need(perms, Perms::MANAGE_CHANNELS)?;
            if action.channel.as_ref() != Some(&ChannelId::made_by(&state.sid, &action.aid))
                || state.channels.len() >= 500
            {
                return Err(Code::BadContent);
            }
            channel_name_free(state, &c.name, None)?;
            category(state, c.parent.as_ref())?;
            c.overrides.iter().try_for_each(|o| may_grant(state, actor, o.allow | o.deny))
        }
        Content::MemberLeave => {
            if state.info.owner.as_ref() == Some(actor) {
                Err(Code::Forbidden)
            } else {
                Ok(())
            }
        }
        Content::MemberKick => {
            need(perms, Perms::KICK)?;
            let other: Actor = target(action)?;
            if !state.members.contains_key(&other) {
                return Err(Code::BadContent);
            }
            above(state, actor, &other)
        }
        Content::MemberBan => {
            need(perms, Perms::BAN)?;
            above(state, actor, &target(action)?)
        }
        Content::MemberUnban => {
            need(perms, Perms::BAN)?;
            let other: Actor = target(action)?;
            if state.bans.contains_key(&other) { Ok(()) } else { Err(Code::BadContent) }
        }
        Content::MemberTimeout(t) => {
            need(perms, Perms::TIME_OUT)?;
            if t.until > now_ms + 28 * 24 * 3_600_000 || t.until < 0 {
                return Err(Code::BadContent);
            }
            above(state, actor, &target(action)?)
        }
        Content::MemberUpdate(u) => {
            need(perms, Perms::MANAGE_ROLES)?;
            let other: Actor = target(action)?;
            let old = &state.members.get(&other).ok_or(Code::BadContent)?.roles;
            if actor != &other && state.rank(actor) <= state.rank(&other) {
                return Err(Code::Forbidden);
            }
            let new = u.roles.iter().cloned().collect();
            old.symmetric_difference(&new).try_for_each(|id: &RoleId| {
                let role = state.roles.get(id).ok_or(Code::BadContent)?;
                let in_reach = *id != state.everyone && role.position < state.rank(actor);
                if in_reach { Ok(()) } else { Err(Code::Forbidden) }
            })
        }
        Content::MemberProfile(_) => {
            need(perms, Perms::MANAGE_NICKNAMES)?;
            let other: Actor = target(action)?;
            if !state.members.contains_key(&other) {
                return Err(Code::BadContent);
            }
            above(state, actor, &other)
        }
        Content::InviteCreate(i) => {
            need(perms, Perms::INVITE)?;
            let hash: Hash = target(action)?;
            if state.invites.contains_key(&hash) || i.max_uses == Some(0) || i.expires_at.is_some_and(|t| t <= now_ms) {
                return Err(Code::BadContent);
            }
            if i.channel.as_ref().is_some_and(|c| !state.can_see(actor, c)) {
                return Err(Code::UnknownChannel);
            }
            if !i.roles.is_empty() {
                need(perms, Perms::MANAGE_ROLES)?;
            }
            i.roles.iter().try_for_each(|id| {
                let role = state.roles.get(id).ok_or(Code::BadContent)?;
                if *id != state.everyone && role.position < state.rank(actor) { Ok(()) } else { Err(Code::Forbidden) }
            })
        }
        Content::InviteRevoke => {
            let invite = state.invites.get(&target(action)?).ok_or(Code::InviteUnknown)?;
            if invite.by == *actor { Ok(()) } else { need(perms, Perms::MANAGE_INVITES) }
        }
        Content::InstanceBan(b) => {
            need(perms, Perms::BAN_INSTANCES)?;
            if b.ik == state.info.hub
                || state.by_home.get(&b.ik).is_some_and(|all| all.iter().any(|a| state.rank(actor) <= state.rank(a)))
            {
                return Err(Code::Forbidden);
            }
            if state.instances.contains_key(&b.ik) { Ok(()) } else { Err(Code::BadContent) }
        }
        Content::InstanceUnban(b) => {
            need(perms, Perms::BAN_INSTANCES)?;
            if state.instances.contains_key(&b.ik) { Ok(()) } else { Err(Code::BadContent) }
        }
        Content::AuditNote(_) => {
            if action.channel.as_ref() == Some(&ChannelId::staff(&state.sid)) {
                need(perms, Perms::KICK)
                    .or_else(|_| need(perms, Perms::BAN))
                    .or_else(|_| need(perms, Perms::MANAGE_MESSAGES))
            } else {
                Err(Code::BadContent)
            }
        }
        Content::ChannelUpdate(_)
        | Content::ChannelDelete
        | Content::MessageCreate(_)
        | Content::MessageEdit(_)
        | Content::MessageDelete
        | Content::ReactionAdd(_)
        | Content::ReactionRemove(_) => check_in_channel(state, facts, action, content, member.timeout_until > now_ms),
    }
}

fn check_purge(facts: &Facts, action: &Action) -> Result<(), Code> {
    if action.channel.is_some() || action.target.is_some() {
        return Err(Code::BadContent);
    }
    if facts.purging { Err(Code::Rate) } else { Ok(()) }
}

fn check_join(
    state: &ServerState,
    action: &Action,
    join: &crate::content::MemberJoin,
    now_ms: i64,
) -> Result<(), Code> {
    if state.bans.contains_key(&action.actor) || state.instances.get(&action.origin).is_some_and(|i| i.banned) {
        return Err(Code::Banned);
    }
    if state.members.contains_key(&action.actor) {
        return Err(Code::BadContent);
    }
    if state.info.owner.as_ref() == Some(&action.actor) {
        return Ok(());
    }
    match join.invite.map(|h| state.invites.get(&h)) {
        None if state.info.public => Ok(()),
        None => Err(Code::InviteRequired),
        Some(None) => Err(Code::InviteUnknown),
        Some(Some(i)) if i.revoked || i.expires_at.is_some_and(|t| t <= now_ms) => Err(Code::InviteExpired),
        Some(Some(i)) if i.max_uses.is_some_and(|most| i.uses >= most) => Err(Code::InviteSpent),
        Some(Some(_)) => Ok(()),
    }
}

fn check_in_channel(
    state: &ServerState,
    facts: &Facts,
    action: &Action,
    content: &Content,
    timed_out: bool,
) -> Result<(), Code> {
    let id = action.channel.as_ref().ok_or(Code::UnknownChannel)?;
    let channel = state.channels.get(id).ok_or(Code::UnknownChannel)?;
    let perms = channel_perms(state, channel, &action.actor);
    // A channel that one may not see is told apart from none by nobody.
    if !perms.has(Perms::VIEW) {
        return Err(Code::UnknownChannel);
    }
    if channel.staff {
        return Err(Code::Forbidden);
    }
    let own_message = || -> Result<bool, Code> {
        let message = facts.message.as_ref().filter(|m| m.channel == *id && !m.deleted).ok_or(Code::NotFound)?;
        Ok(message.author == action.actor)
    };
    match content {
        Content::ChannelUpdate(u) => {
            need(perms, Perms::MANAGE_CHANNELS)?;
            if let Some(name) = &u.name {
                channel_name_free(state, name, Some(id))?;
            }
            if let Some(parent) = &u.parent {
                category(state, parent.as_ref())?;
                if parent.is_some() && channel.kind == ChannelKind::Category {
                    return Err(Code::BadContent);
                }
            }
            overrides_allowed(state, &action.actor, &channel.overrides, &u.overrides)
        }
        Content::ChannelDelete => need(perms, Perms::MANAGE_CHANNELS),
        Content::MessageCreate(m) => {
            if timed_out {
                return Err(Code::TimedOut);
            }
            if channel.kind != ChannelKind::Text {
                return Err(Code::BadContent);
            }
            need(perms, Perms::SEND)?;
            if !m.attachments.is_empty() {
                need(perms, Perms::ATTACH)?;
            }
            if m.mentions.iter().any(|m| m == "everyone" || m == "here") {
                need(perms, Perms::MENTION_EVERYONE)?;
            }
            Ok(())
        }
        Content::MessageEdit(m) => {
            if timed_out {
                return Err(Code::TimedOut);
            }
            if !own_message()? {
                return Err(Code::Forbidden);
            }
            if m.mentions.iter().any(|m| m == "everyone" || m == "here") {
                need(perms, Perms::MENTION_EVERYONE)?;
            }
            need(perms, Perms::SEND)
        }
        Content::MessageDelete => {
            if own_message()? {
                Ok(())
            } else {
                need(perms, Perms::MANAGE_MESSAGES)
            }
        }
        Content::ReactionAdd(_) => {
            if timed_out {
                return Err(Code::TimedOut);
            }
            own_message()?;
            need(perms, Perms::REACT)
        }
        Content::ReactionRemove(_) => own_message().map(|_| ()),
        _ => Err(Code::BadContent),
    }
}
