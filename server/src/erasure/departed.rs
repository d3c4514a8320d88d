//! Communities that somebody left before: what they posted there is still theirs to erase.

use std::collections::BTreeMap;

use axum::http::Method;
use conntext_federation::action::Position;
use conntext_federation::domain::Domain;
use conntext_federation::hub::Draft;
use conntext_federation::ids::{Actor, Hash, ServerId};
use conntext_federation::wire::{ActionResult, ActionsRequest, ActionsResponse, SignedAction};
use serde_json::json;

use super::store::{self, Asked, Departed};
use crate::App;
use crate::db::Query;
use crate::error::{Problem, Result};
use crate::peers;
use crate::servers::{self, Here};

/// Communities that somebody was in once and is not now, whether or not a copy is here.
///
/// # Errors
/// The database's.
pub async fn departed(app: &App, q: &mut impl Query, uid: &str) -> Result<Vec<Departed>> {
    let mut found: BTreeMap<ServerId, Departed> =
        store::departed(q, uid).await?.into_iter().map(|d| (d.sid.clone(), d)).collect();
    let actor: Actor = uid.parse().map(Actor::User).map_err(Problem::internal)?;
    for log in app.log.all() {
        let (was, is, name) = {
            let state = log.state();
            let was = state.bindings.contains_key(&actor) && !state.info.deleted;
            (was, state.members.contains_key(&actor), state.info.name.clone())
        };
        found.remove(&log.sid);
        if was && !is {
            let (joined_at, left_at) = store::last_moves(q, log.id, uid).await?;
            let (sid, hub_domain) = (log.sid.clone(), log.hub_domain());
            let departed = Departed { sid, name, hub_domain, joined_at, left_at, due_at: 0, tries: 0 };
            found.insert(log.sid.clone(), departed);
        }
    }
    Ok(found.into_values().collect())
}

/// Asks everybody who holds a copy to erase what somebody brought into a community that they left.
///
/// # Errors
/// 404 `unknown_server` for one that they were not in, what the rules refuse, and `peer_unreachable`.
pub async fn ask_departed(app: &App, uid: &str, sid: &ServerId) -> Result<Asked> {
    let actor: Actor = uid.parse().map(Actor::User).map_err(Problem::internal)?;
    let known = departed(app, &mut app.db.read().await?, uid).await?;
    let departed = known.into_iter().find(|d| d.sid == *sid).ok_or_else(servers::unknown_server)?;
    if let Some(log) = app.log.get(sid) {
        return super::ask(app, &Here { log, actor }).await;
    }
    let now = app.clock.now_ms();
    let draft =
        Draft { sid: sid.clone(), kind: "user.purge".into(), channel: None, target: None, actor, content: json!({}) };
    // Without a copy there is nothing that the action could rest on.
    let basis = Position { generation: 0, epoch: 0, seq: 0, hash: Hash::ZERO };
    let aid = app.log.new_aid();
    let (action, sealed) = draft.into_action(&app.keys.ik, aid, app.rng.bytes(), basis, now)?;
    let origin_sig = action.sign(&app.keys.signing())?;
    let signed = SignedAction { action, origin_sig, content: sealed.content, salt: sealed.salt };
    let request = ActionsRequest { actions: vec![signed], keys: Some(app.keys.statement()) };
    let domain = Domain::parse_normal(&departed.hub_domain, true)?;
    let answer: std::result::Result<ActionsResponse, _> =
        peers::call(app, &domain, Method::POST, &format!("/servers/{sid}/actions"), &request).await;
    match answer.map_err(|e| e.problem(&domain))?.results.into_iter().next() {
        Some(ActionResult::Accepted { .. }) => {}
        Some(ActionResult::Rejected { code, .. }) => return Err(code.into()),
        None => return Err(Problem::new("peer_error").domain(domain.as_str())),
    }
    let asked = Asked::new(aid, uid, sid, departed.name, departed.hub_domain, now);
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &asked, now).await?;
    tx.commit().await?;
    Ok(asked)
}
