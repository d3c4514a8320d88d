//! What people of this instance asked to have erased: in the log at once, then followed until everybody has confirmed it.

use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::receipt::{Confirmed, PurgeReport};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::AT_A_TIME;
use super::receipts::{self, pause};
use super::store::{self, Asked, Stage};
use crate::App;
use crate::error::{Problem, Result};
use crate::log::{self, Outcome, PendingState, pending};
use crate::peers::{self, CallError};
use crate::servers::Here;

/// What is looked at in one round.
const AT_ONCE: u64 = 50;
/// After this it is no longer asked who has confirmed, milliseconds.
const FOLLOW_FOR_MS: i64 = 30 * 86_400_000;
/// A purge that waits for its hub is looked for at least this often, milliseconds.
const WAITING_MS: i64 = 60_000;
/// A hub that knows nothing of a purge is asked again for so long, milliseconds.
const UNKNOWN_FOR_MS: i64 = 86_400_000;

/// Asks everybody who holds a copy of this server to erase what the person brought into it.
///
/// # Errors
/// What the rules refuse: 429 while the last time is still being carried out.
pub async fn ask(app: &App, here: &Here) -> Result<Asked> {
    let now = app.clock.now_ms();
    let (name, host) = (here.log.state().info.name.clone(), here.log.hub_domain());
    let asked = Asked::new(app.log.new_aid(), here.actor.as_str(), &here.log.sid, name, host, now);
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &asked, now).await?;
    tx.commit().await?;
    let draft = here.draft("user.purge", &serde_json::json!({}))?;
    match app.log.submit_as(&here.log, draft, asked.aid, None).await {
        Ok(Outcome::Accepted(entry)) => drop(log::settled(app, &here.log, &entry.aid()).await),
        Ok(Outcome::Pending(_)) => {}
        Err(e) => {
            let mut tx = app.db.begin().await?;
            store::withdraw(&mut tx, &asked.aid).await?;
            tx.commit().await?;
            return Err(Problem::from(e));
        }
    }
    Ok(asked)
}

/// Looks who has confirmed what.
pub(super) async fn look(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    let open = store::to_look_at(&mut app.db.read().await?, now, AT_ONCE).await?;
    stream::iter(open).map(|asked| look_at(app, asked)).buffer_unordered(AT_A_TIME).try_collect::<()>().await
}

async fn look_at(app: &App, mut asked: Asked) -> Result<()> {
    match report(app, &asked).await {
        Ok(report) => heed(app, &mut asked, report).await,
        Err(e) => refused(app, &mut asked, &e).await?,
    }
    let now = app.clock.now_ms();
    if asked.settled_at.is_none() && now - asked.asked_at > FOLLOW_FOR_MS {
        asked.settled_at = Some(now);
    }
    let again = if asked.state == Stage::Waiting { pause(asked.looks).min(WAITING_MS) } else { pause(asked.looks) };
    let mut tx = app.db.begin().await?;
    store::found(&mut tx, &asked, now + again).await?;
    Ok(tx.commit().await?)
}

async fn report(app: &App, asked: &Asked) -> std::result::Result<PurgeReport, CallError> {
    let own = |e: &dyn std::fmt::Display| CallError::Unreachable(format!("this instance itself: {e}"));
    if let Some(log) = app.log.get(&asked.sid).filter(|log| log.hub_here()) {
        let mut read = app.db.read().await.map_err(|e| own(&e))?;
        let at = store::purge_at(&mut read, log.id, &asked.aid).await.map_err(|e| own(&e))?;
        drop(read);
        let at = at.ok_or(CallError::Refused(Code::NotFound))?;
        return receipts::of(app, &log, at).await.map_err(|e| own(&e));
    }
    let domain = Domain::parse_normal(&asked.hub_domain, true)?;
    peers::get(app, &domain, &format!("/servers/{}/receipts?purge={}", asked.sid, asked.aid)).await
}

async fn heed(app: &App, asked: &mut Asked, report: PurgeReport) {
    let mut missing = report.waiting.clone();
    let mut confirmed = Vec::new();
    for one in &report.receipts {
        let known = asked.confirmed.contains(&one.domain);
        if known || holds(app, asked, &report, one).await { &mut confirmed } else { &mut missing }
            .push(one.domain.clone());
    }
    (asked.confirmed, asked.missing) = (confirmed, missing);
    let done = asked.missing.is_empty() && !asked.confirmed.is_empty();
    asked.state = if done { Stage::Done } else { Stage::Erasing };
    asked.settled_at = done.then(|| app.clock.now_ms());
}

/// Whether the instance at this domain signed that it erased this.
async fn holds(app: &App, asked: &Asked, report: &PurgeReport, one: &Confirmed) -> bool {
    let at = (report.seq, &report.hash);
    if one.domain == app.domain.as_str() {
        // Its own keys are at hand.
        let keys = app.keys.set();
        let key = keys.statement.keys.iter().find(|key| key.kid == one.receipt.sig().kid);
        return key.is_some_and(|key| one.receipt.check(&key.public).is_ok())
            && one.receipt.check_names(&asked.sid, &asked.aid, at, &app.keys.ik).is_ok();
    }
    let verified = async {
        let domain = Domain::parse_normal(&one.domain, true)?;
        let peer = peers::naming(app, &domain, &one.receipt.sig().kid).await?;
        one.receipt.check_names(&asked.sid, &asked.aid, at, &peer.ik)?;
        one.receipt.check(peer.doc.key_at(&one.receipt.sig().kid, app.clock.now_ms())?)?;
        Ok::<(), CallError>(())
    };
    match verified.await {
        Ok(()) => true,
        Err(e) => {
            tracing::info!(sid = %asked.sid, of = one.domain, error = %e, "a receipt does not count yet");
            false
        }
    }
}

/// The hub does not say anything of it: it may not have it yet, or it refused it.
async fn refused(app: &App, asked: &mut Asked, e: &CallError) -> Result<()> {
    let now = app.clock.now_ms();
    let unknown = matches!(e, CallError::Problem { status: 404, .. } | CallError::Refused(Code::NotFound));
    let waiting = match app.log.get(&asked.sid) {
        Some(log) => pending::get(&mut app.db.read().await?, &asked.sid, log.id, &asked.aid).await?,
        None => None,
    };
    match waiting {
        Some(p) if matches!(p.state, PendingState::Rejected | PendingState::Expired) => {
            let code = p.code.unwrap_or_else(|| "expired".into());
            (asked.state, asked.code, asked.settled_at) = (Stage::Refused, Some(code), Some(now));
        }
        None if unknown && now - asked.asked_at > UNKNOWN_FOR_MS => {
            (asked.state, asked.settled_at) = (Stage::Unknown, Some(now));
        }
        _ => {}
    }
    Ok(())
}
