//! Telling each community of somebody who came where they live now.

use conntext_federation::Code;
use conntext_federation::content::MemberMigrate;
use conntext_federation::domain::Domain;
use conntext_federation::hub::{Draft, json};
use conntext_federation::identity::Op;
use conntext_federation::ids::{Actor, ServerId, UserId};
use conntext_federation::moving::Luggage;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::store::{self, Community, Told};
use super::{arrive, memberships};
use crate::App;
use crate::db::Query;
use crate::erasure::{self, pause};
use crate::error::{Problem, Result};
use crate::log::LogError;
use crate::peers;
use crate::profiles;
use crate::reading;
use crate::servers;

/// Communities that are told at a time.
const AT_A_TIME: usize = 8;

/// A community lives here now whose place was lost: whoever waits for it is not kept waiting.
///
/// # Errors
/// From the database.
pub async fn hub_changed(app: &App, sid: &ServerId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::community_due(&mut tx, sid, app.clock.now_ms()).await?;
    tx.commit().await?;
    app.moving.wake();
    Ok(())
}

/// Goes on with everything whose turn it is.
pub(super) async fn round(app: &App) -> Result<()> {
    let due = store::due_communities(&mut app.db.read().await?, app.clock.now_ms()).await?;
    let telling = due.into_iter().map(|community| one(app, community));
    stream::iter(telling).buffer_unordered(AT_A_TIME).try_collect::<()>().await
}

async fn one(app: &App, community: Community) -> Result<()> {
    let now = app.clock.now_ms();
    let outcome = tell(app, &community).await;
    let noted = match outcome {
        Ok(()) => {
            settle(app, &community).await?;
            Community { state: Told::Done, problem: String::new(), ..community }
        }
        Err(e) if is_final(&e) => {
            tracing::info!(uid = community.uid, sid = %community.sid, code = e.code, "a community does not take somebody over");
            Community { state: Told::Lost, problem: e.code.to_owned(), ..community }
        }
        Err(e) => {
            tracing::info!(uid = community.uid, sid = %community.sid, code = e.code, "a community was not told yet");
            let due_at = now + pause(community.tries);
            Community { tries: community.tries + 1, due_at, problem: e.code.to_owned(), ..community }
        }
    };
    let mut tx = app.db.begin().await?;
    store::note_community(&mut tx, &noted).await?;
    tx.commit().await?;
    app.bus.tell_me(&noted.uid);
    Ok(())
}

/// What will not be otherwise the next time. A block or a review by an admin may end.
fn is_final(e: &Problem) -> bool {
    (400..500).contains(&e.status)
        && !matches!(e.code.as_str(), "rate" | "blocked" | "not_allowed" | "in_review" | "not_hub")
}

async fn tell(app: &App, community: &Community) -> Result<()> {
    let uid: UserId = community.uid.parse()?;
    let identity = profiles::chain(&mut app.db.read().await?, &community.uid).await?;
    let plain = MemberMigrate { identity, over: Vec::new() };
    match send(app, &uid, community, &plain).await {
        Err(e) if e.code == Code::BadIdentityOp.as_str() => {
            let over = outranked(app, &uid, community).await?;
            send(app, &uid, community, &MemberMigrate { over, ..plain }).await
        }
        other => other,
    }
}

async fn send(app: &App, uid: &UserId, community: &Community, content: &MemberMigrate) -> Result<()> {
    let actor = Actor::User(uid.clone());
    let Some(log) = app.log.get(&community.sid).filter(|log| log.hub_here()) else {
        // It may live elsewhere by now.
        let hub = app.log.get(&community.sid).map_or_else(|| community.domain.clone(), |log| log.hub_domain());
        let domain = Domain::parse_normal(&hub, true)?;
        return peers::migrate(app, uid, &domain, &community.sid, content).await;
    };
    let ours = || log.state().bindings.get(&actor).is_some_and(|binding| binding.home == app.keys.ik);
    if ours() {
        return Ok(());
    }
    let draft = Draft {
        sid: log.sid.clone(),
        kind: "member.migrate".into(),
        channel: None,
        target: None,
        actor: actor.clone(),
        content: json(content).map_err(Problem::internal)?,
    };
    match app.log.submit(draft, None).await {
        Ok(_) => Ok(()),
        Err(LogError::Rejected(_)) if ours() => Ok(()),
        Err(e) => Err(servers::refused(e)),
    }
}

/// The chain that a community knows, from where it parts from the one that counts.
async fn outranked(app: &App, uid: &UserId, community: &Community) -> Result<Vec<Op>> {
    let domain = Domain::parse_normal(&community.domain, true)?;
    let known = memberships::of(app, uid, &domain).await?.map_err(|e| e.problem(&domain))?;
    let there = known.into_iter().find(|c| c.sid == community.sid && !c.over.is_empty());
    there.map(|c| c.over).ok_or_else(|| Code::BadIdentityOp.into())
}

/// What their person brought along for this community is put in its place.
async fn settle(app: &App, community: &Community) -> Result<()> {
    let mut read = app.db.read().await?;
    let luggage = store::in_of(&mut read, &community.uid).await?.as_ref().and_then(arrive::luggage);
    drop(read);
    if !community.member {
        let mut tx = app.db.begin().await?;
        erasure::note_departed(
            &mut tx,
            &community.uid,
            &community.sid,
            &community.domain,
            &community.name,
            app.clock.now_ms(),
        )
        .await?;
        tx.commit().await?;
        return Ok(());
    }
    let Some(luggage) = luggage else { return Ok(()) };
    put_marks(app, community, &luggage).await?;
    profiles::exchange::keep_in_servers(app, &luggage.profile).await
}

async fn put_marks(app: &App, community: &Community, luggage: &Luggage) -> Result<()> {
    let Some(log) = app.log.get(&community.sid) else { return Ok(()) };
    let actor: Actor = community.uid.parse().map(Actor::User)?;
    let mut tx = app.db.begin().await?;
    for mark in luggage.marks.iter().filter(|mark| mark.sid == community.sid) {
        let last = log.state().channels.get(&mark.channel).map(|channel| channel.last_cn);
        let Some(last) = last else { continue };
        reading::set(&mut tx, log.id, &actor, &mark.channel, mark.number.min(last)).await?;
    }
    tx.commit().await?;
    app.bus.tell_me(&community.uid);
    Ok(())
}

/// The communities of somebody who came, for the page that shows them.
pub(super) async fn of(q: &mut impl Query, uid: &str) -> Result<Vec<Community>> {
    Ok(store::communities(q, uid).await?)
}
