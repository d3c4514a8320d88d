//! A community goes: its owner's word, and the last event of the hub that it leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::content::MigratePropose;
use conntext_federation::domain::Domain;
use conntext_federation::hub_move::{Accept, ArrivalAnswer, ArrivalAsk, ArrivalReport, HandoverAnswer, HandoverAsk};
use conntext_federation::ids::ServerId;
use conntext_federation::instance::KeysStatement;

use super::{arrive, open, store};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path};
use crate::log::rewind::{HANDOVER, Why};
use crate::log::{LogError, LogHandle, hub_store};
use crate::peers::{self, Message, Origin};
use crate::servers::{Here, parse_domain};

/// A log does not stand still again for so long, milliseconds: people have to get a word in.
const AGAIN_MS: i64 = 60_000;
/// A copy of a community that went and has nobody here is kept for so long, should the new hub ask again, milliseconds.
const KEPT_MS: i64 = 3_600_000;

/// Only the owner's word counts.
fn check_owner(here: &Here) -> Result<()> {
    if here.log.state().info.owner.as_ref() == Some(&here.actor) {
        return Ok(());
    }
    Err(Problem::forbidden().detail("Only the owner may decide where a community lives."))
}

/// The owner shows the code that somebody at the new place gave them.
///
/// # Errors
/// 403 `forbidden`, `proof_required`, `ticket_invalid`; 409 `conflict`; 422 `invalid`; 502 `peer_unreachable`.
pub(super) async fn begin(app: &App, auth: &Auth, here: &Here, code: &str, confirm_name: &str) -> Result<()> {
    check_owner(here)?;
    crate::factors::require_proof(app, &mut app.db.read().await?, auth).await?;
    let (name, on_its_way) = {
        let state = here.log.state();
        (state.info.name.clone(), state.info.moving.is_some())
    };
    if confirm_name.trim() != name.trim() {
        return Err(Problem::invalid("confirm_name", "mismatch", "This is not the name of the community."));
    }
    if on_its_way {
        return Err(Problem::new("conflict").detail("This community is on its way already. Stop that first."));
    }
    let bad = || Problem::invalid("code", "bad_code", "Paste the whole code, as you were given it.");
    let (domain, secret) = code.trim().rsplit_once('/').ok_or_else(bad)?;
    let domain = parse_domain(app, domain).map_err(|_| bad())?;
    let hub = match here.log.hub_here() {
        true => app.domain.clone(),
        false => Domain::parse_normal(&here.log.hub_domain(), true)?,
    };
    if domain == hub {
        return Err(Problem::invalid("code", "own_domain", "This community lives there already."));
    }
    let ask = ArrivalAsk { code: secret.to_owned(), name, hub };
    let keys = invite(app, &domain, &here.log.sid, ask).await?;
    let proposed = MigratePropose { to: Some(Box::new(keys)) };
    here.act(app, here.draft("server.migrate_propose", &proposed)?).await?;
    Ok(())
}

/// Asks the new place, which may be the owner's own home.
async fn invite(app: &App, domain: &Domain, sid: &ServerId, ask: ArrivalAsk) -> Result<KeysStatement> {
    if *domain == app.domain {
        return arrive::expect(app, &app.keys.ik, &app.domain, sid, ask).await;
    }
    let peer = peers::find(app, domain).await.map_err(|e| e.problem(domain))?;
    let asked: std::result::Result<ArrivalAnswer, _> =
        peers::call(app, domain, Method::POST, &format!("/servers/{sid}/arrival"), &ask).await;
    let answer = asked.map_err(|e| match e.code() {
        Some("no_grant") => Problem::new("ticket_invalid").domain(domain.as_str()).detail(format!(
            "{domain} does not know this code: it was used, is too old, or is not complete. Ask for a new one."
        )),
        _ => e.problem(domain),
    })?;
    // What goes into the log is what that instance shows of itself, and not of another one.
    if answer.keys.ik != peer.ik || answer.keys.domain != *domain || answer.keys.verify().is_err() {
        return Err(peers::CallError::Answer("keys that are not its own".into()).problem(domain));
    }
    Ok(answer.keys)
}

/// The owner has changed their mind.
///
/// # Errors
/// 403 `forbidden`; 404 where nothing is on its way.
pub(super) async fn withdraw(app: &App, here: &Here) -> Result<()> {
    check_owner(here)?;
    if here.log.state().info.moving.is_none() {
        return Err(Problem::not_found().detail("This community is not on its way anywhere."));
    }
    here.act(app, here.draft("server.migrate_propose", &MigratePropose { to: None })?).await.map(|_| ())
}

/// How far the new place is; none where it does not answer.
pub(super) async fn ask(app: &App, domain: &Domain, sid: &ServerId) -> Option<ArrivalReport> {
    if *domain == app.domain {
        return arrive::report_of(app, sid).await.ok().flatten().map(|(report, _)| report);
    }
    peers::get(app, domain, &format!("/servers/{sid}/arrival")).await.ok()
}

/// `POST /servers/{sid}/handover`
pub(super) async fn hand_over(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Message(HandoverAsk { accept, keys }): Message<HandoverAsk>,
) -> Result<Json<HandoverAnswer>> {
    if accept.sid != sid || accept.to != origin.ik || keys.ik != origin.ik || keys.domain != origin.domain {
        return Err(Code::OriginMismatch.into());
    }
    let Some(log) = app.log.get(&sid).filter(|log| log.hub_here()) else {
        return repeated(&app, &origin, &accept).await;
    };
    if !log.state().moves_to(&origin.ik) {
        return Err(Code::BadMigration.into());
    }
    // By the keys of now: one that was stolen and revoked does not take a community along.
    let kid = accept.sig().kid.clone();
    let peer = peers::naming(&app, &origin.domain, &kid).await.map_err(|e| e.problem(&origin.domain))?;
    peer.doc.key_at(&kid, app.clock.now_ms())?;
    // They may have changed since they were proposed.
    if log.state().instances.get(&keys.ik).is_some_and(|known| known.serial < keys.serial) {
        app.log.ensure_keys(&sid, &keys).await?;
    }
    pause(&app, &log).await?;
    let head = log.head();
    let grown = || Problem::from(Code::Gap).with("next", accept.base.seq + 1);
    if accept.base != head {
        return Err(if accept.base.seq < head.seq { grown() } else { Code::BadMigration.into() });
    }
    let commit = match app.log.hand_over(&log, accept.clone()).await {
        Ok(entry) => entry.event.clone(),
        // What was under way when the log stood still is written.
        Err(LogError::Rejected(Code::Gap | Code::BadMigration)) if log.head() != head => return Err(grown()),
        Err(e) => return Err(e.into()),
    };
    tracing::info!(%sid, to = %origin.domain, "a community went to another instance");
    answer(&app, &log, commit).await
}

async fn answer(app: &App, log: &LogHandle, commit: conntext_federation::event::Event) -> Result<Json<HandoverAnswer>> {
    let mut answer = HandoverAnswer { commit, withdrawn: BTreeMap::new(), receipts: Vec::new() };
    peers::moved::beside_the_log(app, log, &mut answer).await?;
    Ok(Json(answer))
}

/// It went already: the answer to the first try was lost.
async fn repeated(app: &App, origin: &Origin, accept: &Accept) -> Result<Json<HandoverAnswer>> {
    let sid = &accept.sid;
    let (domain, way) = hub_store::handed_over(&mut app.db.read().await?, sid).await?.ok_or(Code::UnknownServer)?;
    let last = way.steps.last().filter(|step| step.keys().is_some_and(|keys| keys.ik == origin.ik));
    let not_hub = || Problem::from(Code::NotHub).with("hub", domain.clone());
    let step = last.ok_or_else(not_hub)?;
    let at = step.event().header.seq;
    // It went on already, and was put back from an older copy since: it must not go on a second time, in another way.
    if accept.base.seq < at && app.log.get(sid).is_some_and(|log| log.head().seq > at) {
        return Err(not_hub());
    }
    match app.log.get(sid) {
        Some(log) => answer(app, &log, step.event().clone()).await,
        None => {
            let commit = step.event().clone();
            Ok(Json(HandoverAnswer { commit, withdrawn: BTreeMap::new(), receipts: Vec::new() }))
        }
    }
}

/// Stands still for a moment; goes on where the new hub does not come back.
async fn pause(app: &App, log: &Arc<LogHandle>) -> Result<()> {
    if log.rewind().is_some_and(|rewind| rewind.why == Why::Handover) {
        return Ok(());
    }
    let now = app.clock.now_ms();
    {
        let mut paused = open(&app.handover.paused);
        paused.retain(|_, until| *until > now);
        if paused.contains_key(&log.sid) {
            return Err(Problem::from(Code::Overloaded).retry_after_ms(AGAIN_MS.unsigned_abs()));
        }
        paused.insert(log.sid.clone(), now + AGAIN_MS);
    }
    if !app.log.pause(log).await? {
        return Err(LogError::Rewinding.into());
    }
    let (waiting, log) = (app.clone(), log.clone());
    app.tasks.spawn(app.stopping.clone().run_until_cancelled_owned(async move {
        tokio::time::sleep(HANDOVER).await;
        if log.rewind().is_some_and(|rewind| rewind.why == Why::Handover)
            && let Err(e) = waiting.log.end_rewind(&log).await
        {
            tracing::error!(sid = %log.sid, error = %e, "a log that stood still could not go on");
        }
    }));
    Ok(())
}

/// Forgets copies of communities that went from here and have nobody here.
pub(super) async fn tidy(app: &App) -> Result<()> {
    let before = app.clock.now_ms() - KEPT_MS;
    for sid in store::went_before(&mut app.db.read().await?, before).await? {
        if let Some(log) = app.log.get(&sid) {
            peers::forget_empty(app, &log).await?;
        }
    }
    Ok(())
}
