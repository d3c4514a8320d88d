//! Receipts between instances: to the hub by those who erased, from the hub for the home of whoever asked.

use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::routing::get;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{ActionId, Hash, ServerId};
use conntext_federation::receipt::{Confirmed, MAX_RECEIPTS, PurgeReport, Receipt};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

use super::{AT_A_TIME, store};
use crate::App;
use crate::error::Result;
use crate::http::{Json, Path, Query};
use crate::log::{LogHandle, purge};
use crate::peers::{self, CallError, Message, Origin};

/// Receipts that are sent in one round.
const AT_ONCE: u64 = 50;
/// The shortest and the longest pause before the next try, milliseconds.
const PAUSE_MS: (i64, i64) = (5_000, 3_600_000);
/// For how long it is tried, milliseconds.
const TRY_FOR_MS: i64 = 30 * 86_400_000;

/// What other instances ask about what is erased.
pub fn peer_router() -> Router<App> {
    Router::new().route("/servers/{sid}/receipts", get(report).post(receive))
}

fn ours(app: &App, sid: &ServerId) -> std::result::Result<Arc<LogHandle>, Code> {
    app.log.get(sid).filter(|log| log.hub_here()).ok_or(Code::UnknownServer)
}

/// `POST /servers/{sid}/receipts`
async fn receive(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Message(receipt): Message<Receipt>,
) -> Result<Json<Value>> {
    let log = ours(&app, &sid)?;
    let mut read = app.db.read().await?;
    let at = store::purge_at(&mut read, log.id, &receipt.purge).await?.ok_or(Code::NotFound)?;
    drop(read);
    receipt.check_names(&sid, &receipt.purge, (at.0, &at.1), &origin.ik)?;
    let peer = peers::naming(&app, &origin.domain, &receipt.sig().kid).await.map_err(|e| e.problem(&origin.domain))?;
    receipt.check(peer.doc.key_at(&receipt.sig().kid, app.clock.now_ms())?)?;
    let text = String::from_utf8(receipt.to_vec()?).map_err(|_| Code::BadJson)?;
    let mut tx = app.db.begin().await?;
    purge::store::confirm(&mut tx, log.id, at.0, &origin.ik, &text).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct ReportQuery {
    purge: String,
}

/// `GET /servers/{sid}/receipts`
async fn report(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Query(query): Query<ReportQuery>,
) -> Result<Json<PurgeReport>> {
    let log = ours(&app, &sid)?;
    let aid: ActionId = query.purge.parse().map_err(|_| Code::NotFound)?;
    let mut read = app.db.read().await?;
    let at = store::purge_of(&mut read, log.id, &aid, &origin.ik).await?.ok_or(Code::NotFound)?;
    drop(read);
    Ok(Json(of(&app, &log, at).await?))
}

/// Who has confirmed a purge in a log of ours.
pub(super) async fn of(app: &App, log: &LogHandle, (seq, hash): (u64, Hash)) -> Result<PurgeReport> {
    let rows = store::receipts(&mut app.db.read().await?, log.id, seq).await?;
    let mut found = PurgeReport { seq, hash, receipts: Vec::new(), waiting: Vec::new() };
    for (ik, receipt) in rows.into_iter().take(MAX_RECEIPTS) {
        let domain = match ik == app.keys.ik {
            true => app.domain.to_string(),
            false => log.state().instances.get(&ik).map_or_else(|| ik.to_string(), |i| i.domain.clone()),
        };
        match receipt.and_then(|text| Receipt::from_slice(text.as_bytes()).ok()) {
            Some(receipt) => found.receipts.push(Confirmed { domain, receipt }),
            None => found.waiting.push(domain),
        }
    }
    Ok(found)
}

/// Sends what is to be confirmed to hubs elsewhere.
pub(super) async fn send(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    let due = store::due(&mut app.db.read().await?, now, AT_ONCE).await?;
    let sending = due.into_iter().map(|receipt| async move {
        let outcome = one(app, &receipt).await;
        settle(app, &receipt, outcome).await
    });
    stream::iter(sending).buffer_unordered(AT_A_TIME).try_collect::<()>().await
}

async fn settle(app: &App, receipt: &store::Due, outcome: std::result::Result<(), CallError>) -> Result<()> {
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    match outcome {
        Ok(()) => store::sent(&mut tx, receipt).await?,
        Err(e) if is_final(&e) || now - receipt.created_at > TRY_FOR_MS => {
            tracing::info!(sid = %receipt.sid, hub = receipt.hub_domain, error = %e, "a receipt was not wanted");
            store::sent(&mut tx, receipt).await?;
        }
        Err(_) => store::put_off(&mut tx, receipt, now + pause(receipt.tries)).await?,
    }
    Ok(tx.commit().await?)
}

async fn one(app: &App, due: &store::Due) -> std::result::Result<(), CallError> {
    // The community may have another hub by now.
    let open = app.log.get(&due.sid).filter(|log| !log.hub_here());
    let domain = Domain::parse_normal(&open.map_or_else(|| due.hub_domain.clone(), |log| log.hub_domain()), true)?;
    let receipt = Receipt::from_slice(due.receipt.as_bytes())?;
    let path = format!("/servers/{}/receipts", due.sid);
    let _: Value = peers::call(app, &domain, Method::POST, &path, &receipt).await?;
    Ok(())
}

/// Whether the hub will not say anything else later. One that does not know the purge may have been restored, and get it
/// back.
fn is_final(e: &CallError) -> bool {
    matches!(e, CallError::Problem { status: 400 | 403 | 409 | 410 | 422, .. })
}

/// How long to wait after so many tries, milliseconds.
pub fn pause(tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(0, 10)).unwrap_or(10);
    (PAUSE_MS.0 << doublings).min(PAUSE_MS.1)
}
