//! Coming into a server that lives here.

use std::sync::Arc;

use conntext_federation::Code;
use conntext_federation::content::MemberJoin;
use conntext_federation::domain::Domain;
use conntext_federation::hub::{Draft, json};
use conntext_federation::ids::{Actor, Hash};

use super::access::{actor, refused, unknown_server};
use super::types::Server;
use crate::App;
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::log::{LogError, LogHandle, pending};
use crate::peers::{self, JoinHow};
use crate::profiles;

/// Makes one of our own people a member of a server that lives here; whoever is one already stays one.
///
/// # Errors
/// What the rules refuse: `invite_…`, `banned`.
pub async fn join(app: &App, log: &Arc<LogHandle>, actor: &Actor, invite: Option<Hash>) -> Result<()> {
    let is_member = || log.state().members.contains_key(actor);
    if is_member() {
        return Ok(());
    }
    let mut read = app.db.read().await?;
    let identity = profiles::chain(&mut read, actor.as_str()).await?;
    drop(read);
    let draft = Draft {
        sid: log.sid.clone(),
        kind: "member.join".into(),
        channel: None,
        target: None,
        actor: actor.clone(),
        content: json(&MemberJoin { identity, invite }).map_err(Problem::internal)?,
    };
    match app.log.submit(draft, None).await {
        Ok(_) => Ok(()),
        // Two clicks at once.
        Err(LogError::Rejected(Code::BadContent)) if is_member() => Ok(()),
        Err(e) => Err(refused(e)),
    }
}

/// A domain that a person typed or a link names.
///
/// # Errors
/// 422 `invalid` with the field.
pub fn parse_domain(app: &App, text: &str) -> Result<Domain> {
    let domain = Domain::parse(text.trim(), app.config.federation.dev_insecure).map_err(|_| {
        Problem::invalid("domain", "bad_domain", format!("\u{201c}{text}\u{201d} is not the address of an instance."))
    })?;
    Ok(app.peers.domains.current(app, &domain))
}

/// Makes one of our own people a member of a server that lives elsewhere; whoever is one already stays one.
///
/// # Errors
/// As its instance says; 502 `peer_unreachable` and 403 `blocked` with the domain.
pub async fn join_elsewhere(app: &App, auth: &Auth, domain: &Domain, how: JoinHow) -> Result<Server> {
    let actor = actor(auth)?;
    let Actor::User(uid) = &actor else { return Err(Problem::forbidden()) };
    let mut read = app.db.read().await?;
    let identity = profiles::chain(&mut read, &auth.uid).await?;
    drop(read);
    let sid = peers::join(app, uid, identity, domain, how).await?;
    let log = app.log.get(&sid).ok_or_else(unknown_server)?;
    come_back(app, &log, &actor).await?;
    super::view(app, &log, &actor).await
}

/// Takes back a departure that still waits for the hub.
pub async fn come_back(app: &App, log: &Arc<LogHandle>, actor: &Actor) -> Result<()> {
    if log.hub_here() {
        return Ok(());
    }
    let mut read = app.db.read().await?;
    let waiting = pending::of_actor(&mut read, &log.sid, log.id, actor).await?;
    drop(read);
    for departure in waiting.iter().filter(|p| p.draft.kind == "member.leave") {
        app.log.discard(log, actor, &departure.aid).await?;
    }
    Ok(app.log.unhide(log, actor).await?)
}
