//! Members of servers: who they are, their roles, whether they are there.

mod list;
mod profile_routes;
mod routes;
mod types;

use conntext_federation::ids::Actor;

use crate::App;
use crate::db::Query;
use crate::error::{Problem, Result};
use crate::log::LogHandle;
use crate::profiles::{self, User};

pub use routes::router;
pub use types::{Member, Members};

/// People of a server, one for each asked for, in the same order. Of whom the profile is not here yet, the log says
/// where they are at home.
pub async fn users(q: &mut impl Query, log: &LogHandle, actors: &[Actor]) -> Result<Vec<User>> {
    let ids: Vec<&str> = actors.iter().map(Actor::as_str).collect();
    let mut users = profiles::server::users_in(q, log, &ids).await?;
    let state = log.state();
    for (user, actor) in users.iter_mut().zip(actors) {
        if !user.domain.is_empty() {
            continue;
        }
        let Some(binding) = state.bindings.get(actor) else { continue };
        if let Some(instance) = state.instances.get(&binding.home) {
            user.domain.clone_from(&instance.domain);
        }
    }
    Ok(users)
}

/// One member.
///
/// # Errors
/// 404 `not_found` when they are no member.
pub async fn member(app: &App, log: &LogHandle, actor: &Actor) -> Result<Member> {
    let mut read = app.db.read().await?;
    let found = some(app, &mut read, log, std::slice::from_ref(actor)).await?;
    found.into_iter().next().ok_or_else(|| Problem::not_found().detail("They are not a member of this community."))
}

/// Those of these people who are members, in the same order.
async fn some(app: &App, q: &mut impl Query, log: &LogHandle, actors: &[Actor]) -> Result<Vec<Member>> {
    let users = users(q, log, actors).await?;
    let now = app.clock.now_ms();
    let state = log.state();
    let members = users.into_iter().zip(actors).filter_map(|(user, actor)| {
        let member = state.members.get(actor)?;
        Some(Member {
            user,
            roles: member.roles.iter().map(ToString::to_string).collect(),
            plain: member.plain,
            joined_at: member.joined_at,
            presence: actor.user().map(|uid| app.presence.status(uid, now)).unwrap_or_default(),
        })
    });
    Ok(members.collect())
}
