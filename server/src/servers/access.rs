//! Who asks, in which server: the way in for every request about a server.

use std::sync::Arc;

use conntext_federation::Code;
use conntext_federation::hub::{Draft, json};
use conntext_federation::ids::{ActionId, Actor, ChannelId, ServerId};
use conntext_federation::perms::{Perms, server_perms};
use serde::Serialize;

use crate::App;
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::log::{self, LogError, LogHandle, Outcome};

/// The person's id as the log knows it.
pub fn actor(auth: &Auth) -> Result<Actor> {
    auth.uid.parse().map(Actor::User).map_err(Problem::internal)
}

/// Somebody of this instance in a server that they are a member of.
pub struct Here {
    /// The server's log, or the copy of it.
    pub log: Arc<LogHandle>,
    /// Who they are in it.
    pub actor: Actor,
}

impl Here {
    /// Finds the server.
    ///
    /// # Errors
    /// 404 `unknown_server`, alike for a server that does not exist, is deleted, or is none of theirs.
    pub fn find(app: &App, auth: &Auth, sid: &str) -> Result<Self> {
        let actor = actor(auth)?;
        let log = sid.parse::<ServerId>().ok().and_then(|sid| app.log.get(&sid)).filter(|log| {
            let state = log.state();
            !state.info.deleted && state.members.contains_key(&actor)
        });
        log.map(|log| Self { log, actor }).ok_or_else(unknown_server)
    }

    /// A channel or category that they may see.
    ///
    /// # Errors
    /// 404 `unknown_channel`, alike for one that does not exist and one that they may not see.
    pub fn channel(&self, id: &str) -> Result<ChannelId> {
        id.parse::<ChannelId>()
            .ok()
            .filter(|id| {
                let state = self.log.state();
                state.channels.get(id).is_some_and(|c| !c.staff) && state.can_see(&self.actor, id)
            })
            .ok_or_else(|| {
                Problem::from(Code::UnknownChannel).detail("The channel was deleted, or you may not see it any more.")
            })
    }

    /// What they may do in the server as a whole.
    pub fn perms(&self) -> Perms {
        server_perms(&self.log.state(), &self.actor)
    }

    /// Refuses those who lack a permission, for what no rule of the log judges: reading lists.
    ///
    /// # Errors
    /// 403 `forbidden`.
    pub fn require(&self, what: Perms) -> Result<()> {
        if self.perms().has(what) { Ok(()) } else { Err(refused(LogError::Rejected(Code::Forbidden))) }
    }

    /// An action of theirs.
    ///
    /// # Errors
    /// Only where our own types would not fit the protocol.
    pub fn draft(&self, kind: &str, content: &impl Serialize) -> Result<Draft> {
        Ok(Draft {
            sid: self.log.sid.clone(),
            kind: kind.to_owned(),
            channel: None,
            target: None,
            actor: self.actor.clone(),
            content: json(content).map_err(Problem::internal)?,
        })
    }

    /// Does it, and returns when this instance's copy shows it.
    ///
    /// # Errors
    /// What the rules refuse, and 502 `peer_unreachable` when the server's hub does not answer: then nothing is done,
    /// since a change of the server that takes effect hours later helps nobody.
    pub async fn act(&self, app: &App, draft: Draft) -> Result<ActionId> {
        let aid = app.log.new_aid();
        self.act_as(app, draft, aid).await.map(|()| aid)
    }

    /// As [`Self::act`], with an id that was made before.
    pub async fn act_as(&self, app: &App, draft: Draft, aid: ActionId) -> Result<()> {
        let outcome = app.log.submit_as(&self.log, draft, aid, None).await.map_err(refused)?;
        if let Outcome::Pending(aid) = outcome
            && app.log.discard(&self.log, &self.actor, &aid).await?
        {
            return Err(away(&self.log.hub_domain()));
        }
        log::settled(app, &self.log, &aid).await;
        Ok(())
    }

    /// Whether they may leave.
    ///
    /// # Errors
    /// 409 `owner_cannot_leave`.
    pub fn may_leave(&self) -> Result<()> {
        if self.log.state().info.owner.as_ref() == Some(&self.actor) {
            return Err(Problem::new("owner_cannot_leave")
                .detail("You own this community. Delete it, if nobody needs it any more."));
        }
        Ok(())
    }

    /// Leaves.
    ///
    /// # Errors
    /// What the rules refuse.
    pub async fn leave(&self, app: &App) -> Result<()> {
        let draft = self.draft("member.leave", &serde_json::json!({}))?;
        match app.log.submit(draft, None).await.map_err(refused)? {
            Outcome::Accepted(entry) => drop(log::settled(app, &self.log, &entry.aid()).await),
            // Nobody is held in a community whose place is gone: it disappears here at once, and the departure waits.
            Outcome::Pending(_) => app.log.hide(&self.log, &self.actor).await?,
        }
        Ok(())
    }
}

/// 404 `unknown_server`.
pub fn unknown_server() -> Problem {
    Problem::from(Code::UnknownServer).detail("It does not exist, or you are not a member of it.")
}

/// 502 `peer_unreachable`, for a server whose hub does not answer.
pub fn away(domain: &str) -> Problem {
    Problem::new("peer_unreachable")
        .domain(domain)
        .detail(format!("{domain}, where this community lives, does not answer. Nothing was changed; try again later."))
}

/// What the log refused, as people are told.
pub fn refused(e: LogError) -> Problem {
    let LogError::Rejected(code) = e else { return e.into() };
    match code {
        Code::NameTaken => Problem::new("name_taken").field(
            "name",
            "name_taken",
            "This name is taken here already. Choose another one.",
        ),
        Code::Forbidden => Problem::forbidden().detail("You do not have the right to do this here."),
        Code::Banned => Problem::new("banned").detail("You were banned from this community."),
        Code::InviteUnknown => Problem::new("invite_unknown").detail("Check the link, or ask for a new one."),
        Code::InviteExpired => {
            Problem::new("invite_expired").detail("The invitation has expired or was taken back. Ask for a new one.")
        }
        Code::InviteSpent => {
            Problem::new("invite_spent").detail("The invitation was used as often as it allows. Ask for a new one.")
        }
        Code::InviteRequired => {
            Problem::new("invite_required").detail("This community can be joined by invitation only.")
        }
        Code::Gone => unknown_server(),
        Code::BadContent => Problem::new("invalid").detail("Something in the request does not fit this community."),
        other => other.into(),
    }
}
