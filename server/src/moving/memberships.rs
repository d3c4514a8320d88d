//! Which communities somebody is in who came without their former home: other instances tell their new home.

use axum::extract::State;
use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::content::LogKind;
use conntext_federation::domain::Domain;
use conntext_federation::identity::{Op, verify_chain};
use conntext_federation::ids::{Actor, UserId};
use conntext_federation::moving::{MembershipsAnswer, MembershipsQuery, MovingCommunity};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;

use super::store::{self, Asked, Community};
use crate::App;
use crate::db::Query;
use crate::erasure::pause;
use crate::error::Result;
use crate::http::Json;
use crate::peers::{self, CallError, Message, Origin};
use crate::profiles;

/// Instances that are asked at a time.
const AT_A_TIME: usize = 8;
/// How often an instance is asked that does not answer.
const TRIES: i64 = 60;
/// The most communities that one instance may name.
const MAX_NAMED: usize = 500;

/// Communities of this instance that somebody is in, or was, as a home may know that speaks for them now.
pub(super) async fn here(app: &App, uid: &UserId, identity: &[Op]) -> Result<Vec<MovingCommunity>> {
    let actor = Actor::User(uid.clone());
    let mut found = Vec::new();
    for log in app.log.all().into_iter().filter(|log| log.hub_here()) {
        let there = {
            let state = log.state();
            let counts = !state.info.deleted && state.info.kind == LogKind::Guild;
            let bound = state.bindings.get(&actor).filter(|_| counts).and_then(|binding| binding.op);
            bound.map(|op| (op, state.info.name.clone(), state.members.contains_key(&actor)))
        };
        let Some(((n, hash), name, member)) = there else { continue };
        let op = usize::try_from(n).ok().and_then(|n| identity.get(n));
        let over = if op.is_some_and(|op| op.hash() == Ok(hash)) {
            Vec::new()
        } else {
            let known = bound_by(&mut app.db.read().await?, log.id, &actor).await?;
            let parted = identity.iter().zip(&known).take_while(|(a, b)| a == b).count();
            known.get(parted..).unwrap_or_default().to_vec()
        };
        let domain = app.domain.to_string();
        found.push(MovingCommunity { sid: log.sid.clone(), domain, name, member, over });
        if found.len() == MAX_NAMED {
            break;
        }
    }
    Ok(found)
}

/// Communities elsewhere that this instance follows and somebody is in, as their former home said: the hub has to hear where
/// they live now, and where it is lost, they may want to know.
pub(super) fn followed(app: &App, uid: &UserId) -> Vec<MovingCommunity> {
    let actor = Actor::User(uid.clone());
    let elsewhere = app.log.all().into_iter().filter(|log| !log.hub_here());
    let theirs = elsewhere.filter_map(|log| {
        let state = log.state();
        let counts = !state.info.deleted && state.info.kind == LogKind::Guild && state.members.contains_key(&actor);
        let bound = counts && state.bindings.get(&actor).is_some_and(|binding| binding.home != app.keys.ik);
        let (sid, domain, name) = (log.sid.clone(), log.hub_domain(), state.info.name.clone());
        bound.then(|| MovingCommunity { sid, domain, name, member: true, over: Vec::new() })
    });
    theirs.take(MAX_NAMED).collect()
}

/// The chain by which somebody came into a log, or under the home that the log knows.
async fn bound_by(q: &mut impl Query, log_id: i64, actor: &Actor) -> Result<Vec<Op>> {
    #[derive(Deserialize)]
    struct Shown {
        #[serde(default)]
        identity: Vec<Op>,
    }
    let content = crate::log::last_bound(q, log_id, actor).await?;
    let shown: Option<Shown> = content.and_then(|content| serde_json::from_str(&content).ok());
    Ok(shown.map(|shown| shown.identity).unwrap_or_default())
}

/// `POST /memberships`
pub(super) async fn answer(
    State(app): State<App>,
    origin: Origin,
    Message(asked): Message<MembershipsQuery>,
) -> Result<Json<MembershipsAnswer>> {
    let shown = verify_chain(&asked.identity)?;
    if shown.home != origin.ik || shown.deleted {
        return Err(Code::NotHome.into());
    }
    // A chain that counts more may be known here.
    let held = profiles::chain(&mut app.db.read().await?, shown.uid.as_str()).await?;
    let less = !held.is_empty()
        && conntext_federation::identity::compare_chains(&asked.identity, &held)? == std::cmp::Ordering::Less;
    if less {
        return Err(Code::BadIdentityOp.into());
    }
    Ok(Json(MembershipsAnswer { communities: here(&app, &shown.uid, &asked.identity).await? }))
}

/// Asks those whose turn it is.
pub(super) async fn round(app: &App) -> Result<()> {
    let due = store::due_asked(&mut app.db.read().await?, app.clock.now_ms()).await?;
    let asking = due.into_iter().map(|asked| ask(app, asked));
    stream::iter(asking).buffer_unordered(AT_A_TIME).try_collect::<()>().await
}

/// The communities of an instance that somebody is in, or was, whose home this instance is.
pub(super) async fn of(
    app: &App,
    uid: &UserId,
    domain: &Domain,
) -> Result<std::result::Result<Vec<MovingCommunity>, CallError>> {
    let identity = profiles::chain(&mut app.db.read().await?, uid.as_str()).await?;
    if *domain == app.domain {
        return Ok(Ok(here(app, uid, &identity).await?));
    }
    let asked = MembershipsQuery { identity };
    let answer = peers::call::<_, MembershipsAnswer>(app, domain, Method::POST, "/memberships", &asked).await;
    Ok(answer.map(|answer| answer.communities))
}

async fn ask(app: &App, asked: Asked) -> Result<()> {
    let now = app.clock.now_ms();
    let uid: UserId = asked.uid.parse()?;
    let domain = Domain::parse_normal(&asked.domain, true)?;
    let found = of(app, &uid, &domain).await?;
    let mut tx = app.db.begin().await?;
    let noted = match found {
        Ok(communities) => {
            for c in communities.into_iter().take(MAX_NAMED) {
                // What an instance names is its own.
                let c = MovingCommunity { domain: asked.domain.clone(), ..c };
                let community = Community::new(&asked.uid, c, now);
                store::add_community(&mut tx, &community).await?;
            }
            Asked { done: true, ..asked }
        }
        Err(e) => {
            tracing::info!(uid = asked.uid, domain = asked.domain, error = %e, "an instance did not say which communities somebody is in");
            let done = !e.passing() || asked.tries >= TRIES;
            Asked { done, tries: asked.tries + 1, due_at: now + pause(asked.tries), ..asked }
        }
    };
    store::note_asked(&mut tx, &noted).await?;
    Ok(tx.commit().await?)
}
