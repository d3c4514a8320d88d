//! A community comes: the code for its owner, and the work until it lives here.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::event::Item;
use conntext_federation::hub_move::{
    Accept, AcceptFields, ArrivalAnswer, ArrivalAsk, ArrivalReport, HandoverAnswer, HandoverAsk,
};
use conntext_federation::ids::{InstanceId, ServerId};
use conntext_federation::instance::KeysStatement;
use conntext_federation::wire::Push;

use super::store::{self, Arrival, Stage};
use super::{copy, open};
use crate::App;
use crate::accounts::code_hash;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path};
use crate::log::LogHandle;
use crate::peers::{self, CallError, Message, Origin};

/// For how long a code can be shown, milliseconds (a day).
const CODE_MS: i64 = 86_400_000;
/// The owner's word is waited for, once the code was shown, milliseconds.
const PROPOSAL_MS: i64 = 120_000;
/// The longest name of a community that is kept, in characters.
const MAX_NAME: usize = 200;
/// How often the end of a log is fetched that stands still for us.
const TRIES: u32 = 10;
/// How soon it is asked again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long a copy may take until every channel of it comes whole.
const WHOLE: Duration = Duration::from_secs(60);

/// Why a community is not here yet.
pub(super) enum Halt {
    /// It is tried again.
    Later(String),
    /// It does not come.
    Stopped(String),
}

impl From<crate::db::Error> for Halt {
    fn from(e: crate::db::Error) -> Self {
        Problem::from(e).into()
    }
}

impl From<Problem> for Halt {
    fn from(e: Problem) -> Self {
        tracing::info!(code = e.code, detail = e.detail, "a community that comes here has to wait");
        Self::Later(e.code.to_string())
    }
}

impl From<CallError> for Halt {
    fn from(e: CallError) -> Self {
        tracing::info!(error = %e, "a community that comes here has to wait");
        match e.code() {
            // Its owner has changed their mind, or it went elsewhere.
            Some("bad_migration" | "unknown_server" | "not_member" | "not_hub") => Self::Stopped("withdrawn".into()),
            Some(code) => Self::Later(code.to_owned()),
            None if matches!(e, CallError::Unreachable(_)) => Self::Later("peer_unreachable".into()),
            None => Self::Later("peer_error".into()),
        }
    }
}

/// Somebody of this instance wants a community to come here: what its owner has to show.
///
/// # Errors
/// From the database.
pub(super) async fn code(app: &App, auth: &Auth) -> Result<(String, i64)> {
    let secret = data_encoding::BASE32_NOPAD.encode(&app.rng.bytes::<20>()).to_ascii_lowercase();
    let expires_at = app.clock.now_ms() + CODE_MS;
    let mut tx = app.db.begin().await?;
    store::put_code(&mut tx, &auth.account, &code_hash(&secret), expires_at).await?;
    tx.commit().await?;
    Ok((format!("{}/{secret}", app.domain), expires_at))
}

/// `POST /servers/{sid}/arrival`
pub(super) async fn asked(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Message(ask): Message<ArrivalAsk>,
) -> Result<Json<ArrivalAnswer>> {
    let now = app.clock.now_ms();
    app.handover.tries.look(&origin.domain, now)?;
    let expected = expect(&app, &origin.ik, &origin.domain, &sid, ask).await;
    if expected.as_ref().is_err_and(|e| e.code == Code::NoGrant.as_str()) {
        app.handover.tries.take(origin.domain.clone(), now).ok();
    }
    Ok(Json(ArrivalAnswer { keys: expected? }))
}

/// The owner of a community shows a code: it may come. Answers with our keys, for its log.
///
/// # Errors
/// `no_grant` for a code that does not count; `bad_migration` for a community that lives here.
pub(super) async fn expect(
    app: &App,
    asked_by: &InstanceId,
    by: &Domain,
    sid: &ServerId,
    ask: ArrivalAsk,
) -> Result<KeysStatement> {
    if ask.hub == app.domain || app.log.get(sid).is_some_and(|log| log.hub_here()) {
        return Err(Code::BadMigration.into());
    }
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let account = store::use_code(&mut tx, &code_hash(&ask.code), now).await?.ok_or(Code::NoGrant)?;
    let before = store::one(&mut tx, sid).await?.filter(|before| before.stage == Stage::Coming);
    if before.is_some_and(|before| before.account != account) {
        // It comes by somebody else's code already, who can stop that.
        return Err(Code::BadMigration.into());
    }
    let name: String = ask.name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let arrival = Arrival {
        sid: sid.clone(),
        account,
        asked_by: asked_by.clone(),
        name,
        domain: ask.hub,
        stage: Stage::Coming,
        problem: String::new(),
        began_at: now,
        after_seq: app.log.get(sid).map_or(0, |log| log.head().seq),
        missing: 0,
    };
    store::put(&mut tx, &arrival).await?;
    tx.commit().await?;
    tracing::info!(%sid, %by, hub = %arrival.domain, "a community is to come here");
    open(&app.handover.progress).remove(sid);
    app.handover.turn.notify_one();
    Ok(app.keys.statement())
}

/// How far a community is, and which instance may ask.
///
/// # Errors
/// From the database.
pub(super) async fn report_of(app: &App, sid: &ServerId) -> Result<Option<(ArrivalReport, InstanceId)>> {
    let Some(arrival) = store::one(&mut app.db.read().await?, sid).await? else { return Ok(None) };
    Ok(Some((report_from(app, &arrival), arrival.asked_by)))
}

/// What is told of a community that comes here.
pub(super) fn report_from(app: &App, arrival: &Arrival) -> ArrivalReport {
    let mut report = open(&app.handover.progress).get(&arrival.sid).cloned().unwrap_or_default();
    report.state = arrival.stage.as_str().into();
    report.problem.clone_from(&arrival.problem);
    report.missing = arrival.missing.max(report.missing);
    report
}

/// `GET /servers/{sid}/arrival`
pub(super) async fn report(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
) -> Result<Json<ArrivalReport>> {
    let found = report_of(&app, &sid).await?.filter(|(_, asked_by)| *asked_by == origin.ik);
    Ok(Json(found.ok_or(Code::NotFound)?.0))
}

/// Works on every community that comes here. Answers whether there is one.
///
/// # Errors
/// From the database.
pub(super) async fn round(app: &App) -> Result<bool> {
    let coming = store::coming(&mut app.db.read().await?).await?;
    let any = !coming.is_empty();
    for arrival in coming {
        if !open(&app.handover.running).insert(arrival.sid.clone()) {
            continue;
        }
        let working = app.clone();
        app.tasks.spawn(app.stopping.clone().run_until_cancelled_owned(async move {
            let outcome = bring(&working, &arrival).await;
            let noted = note(&working, &arrival, outcome).await;
            open(&working.handover.running).remove(&arrival.sid);
            if let Err(e) = noted {
                tracing::warn!(sid = %arrival.sid, code = e.code, "how far a community is could not be written");
            }
        }));
    }
    Ok(any)
}

async fn note(app: &App, arrival: &Arrival, outcome: std::result::Result<(), Halt>) -> Result<()> {
    let (stage, problem) = match outcome {
        Ok(()) => (Stage::Here, String::new()),
        Err(Halt::Later(problem)) => (Stage::Coming, problem),
        Err(Halt::Stopped(problem)) => (Stage::Stopped, problem),
    };
    let missing = open(&app.handover.progress).get(&arrival.sid).map_or(0, |progress| progress.missing);
    let mut tx = app.db.begin().await?;
    store::set(&mut tx, &arrival.sid, stage, &problem, missing).await?;
    tx.commit().await?;
    if stage == Stage::Stopped {
        tracing::info!(sid = %arrival.sid, problem, "a community does not come here after all");
        if let Some(log) = app.log.get(&arrival.sid) {
            peers::forget_empty(app, &log).await?;
        }
    }
    Ok(())
}

/// Everything from the copy to the first event as its hub.
async fn bring(app: &App, arrival: &Arrival) -> std::result::Result<(), Halt> {
    let (sid, domain) = (&arrival.sid, &arrival.domain);
    // Without anybody here the copy would be given up.
    let _kept = peers::hold(app, sid);
    let too_late = app.clock.now_ms() - arrival.began_at > PROPOSAL_MS;
    let unproposed = || if too_late { Halt::Stopped("withdrawn".into()) } else { Halt::Later(String::new()) };
    let log = match app.log.get(sid).filter(|log| log.quarantined().is_none()) {
        Some(log) => log,
        None => peers::begin_copy(app, domain, sid).await.map_err(|e| match e.code() {
            Some("unknown_server" | "not_member" | "not_hub") => unproposed(),
            _ => e.into(),
        })?,
    };
    if log.hub_here() {
        // The process ended before all was written down.
        return finish(app, &log, domain).await;
    }
    if !log.state().moves_to(&app.keys.ik) {
        let withdrawn = store::is_withdrawn(&mut app.db.read().await?, log.id, arrival.after_seq).await?;
        return Err(if withdrawn { Halt::Stopped("withdrawn".into()) } else { unproposed() });
    }
    peers::want::everything(app, &log).await?;
    let whole = async {
        while !log.is_whole() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if tokio::time::timeout(WHOLE, whole).await.is_err() {
        return Err(Halt::Later("overloaded".into()));
    }
    let mut shadow = copy::Shadow::new(&log);
    for _ in 0..TRIES {
        copy::events(app, &log, domain, &mut shadow).await?;
        copy::files(app, &log).await?;
        // What came while the files did.
        copy::events(app, &log, domain, &mut shadow).await?;
        let base = shadow.compare(&log)?;
        let settled = app.log.is_whole(&log, base.seq).await;
        settled.map_err(Problem::from)?;
        let accept = accept(app, &log, base)?;
        match hand_over(app, domain, sid, accept).await {
            Ok(answer) => return take(app, &log, answer).await,
            // It stands still now: its end is fetched, and there is none behind it.
            Err(e) if e.code() == Some(Code::Gap.as_str()) => {
                peers::hello::catch_up(app, domain, &log).await?;
            }
            // What was verified is not thrown away for an answer that was lost.
            Err(e) if e.passing() && e.retry_after_ms().is_none() => tokio::time::sleep(AGAIN).await,
            Err(e) => return Err(e.into()),
        }
    }
    Err(Halt::Later("overloaded".into()))
}

fn accept(
    app: &App,
    log: &LogHandle,
    base: conntext_federation::action::Position,
) -> std::result::Result<Accept, Halt> {
    let (from, moving) = {
        let state = log.state();
        (state.info.hub.clone(), state.info.moving.clone())
    };
    let moving = moving.filter(|moving| moving.to == app.keys.ik).ok_or_else(|| Halt::Stopped("withdrawn".into()))?;
    let fields = AcceptFields { sid: log.sid.clone(), from, to: moving.to, proposal: moving.proposal, base };
    Accept::sign(fields, &app.keys.signing()).map_err(|code| Problem::from(code).into())
}

async fn hand_over(
    app: &App,
    domain: &Domain,
    sid: &ServerId,
    accept: Accept,
) -> std::result::Result<HandoverAnswer, CallError> {
    let ask = HandoverAsk { accept, keys: app.keys.statement() };
    peers::call(app, domain, Method::POST, &format!("/servers/{sid}/handover"), &ask).await
}

/// The last event of the hub before: with it the log is ours.
async fn take(app: &App, log: &Arc<LogHandle>, answer: HandoverAnswer) -> std::result::Result<(), Halt> {
    let before = answer.commit.header.hub.clone();
    let push = Push::of(log.sid.clone(), vec![Item::Event(Box::new(answer.commit.clone()))]);
    if let Err(e) = app.log.receive(push).await {
        tracing::error!(sid = %log.sid, error = ?e, "the last event of a community's hub does not hold");
        return Err(Halt::Later("peer_error".into()));
    }
    crate::crash::point("handover.taken");
    if !log.hub_here() {
        return Err(Halt::Later("peer_error".into()));
    }
    peers::moved::became_hub(app, log, &before, answer).await.map_err(Problem::from)?;
    // A file of the last moment.
    copy::files(app, log).await?;
    tracing::info!(sid = %log.sid, "a community lives here now");
    Ok(())
}

/// It is here, and what stands in no event may still be missing.
async fn finish(app: &App, log: &Arc<LogHandle>, domain: &Domain) -> std::result::Result<(), Halt> {
    let base = log.head();
    let (before, proposal) = {
        let state = log.state();
        let before = state.info.former_hubs.last().map(|former| former.hub.clone());
        (before.ok_or_else(|| Halt::Stopped(String::new()))?, app.log.new_aid())
    };
    let (sid, to) = (log.sid.clone(), app.keys.ik.clone());
    let fields = AcceptFields { sid, from: before.clone(), to, proposal, base };
    let accept = Accept::sign(fields, &app.keys.signing()).map_err(Problem::from)?;
    let answer = hand_over(app, domain, &log.sid, accept).await?;
    peers::moved::became_hub(app, log, &before, answer).await.map_err(Problem::from)?;
    copy::files(app, log).await
}
