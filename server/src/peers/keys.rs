//! The life of this instance's signing keys: a change that the administrator makes is picked up, published, shown in every
//! log that this instance acts in, and told to whoever was met.

use std::collections::BTreeMap;
use std::time::Duration;

use conntext_federation::domain::Domain;
use conntext_federation::keys::Kid;
use futures_util::StreamExt as _;
use tokio::sync::Mutex;

use super::{hello, store};
use crate::App;
use crate::error::Result;

/// Instances that are told at a time.
const AT_A_TIME: usize = 8;
/// How long after the last time those that are still to be told are told again, milliseconds.
const AGAIN_MS: i64 = 70_000;
/// How often each is told: one that fetched the document a moment ago does not fetch it again at once.
const TIMES: u8 = 2;
/// For how long it is tried, milliseconds.
const TRY_FOR_MS: i64 = 24 * 3_600_000;

/// What was told, and who is still to be told.
#[derive(Default)]
pub struct Duty(Mutex<Told>);

#[derive(Default)]
struct Told {
    /// The serial of the document and the key in use, when others were last told.
    last: Option<(u64, Kid)>,
    /// With how often each has answered.
    owed: BTreeMap<Domain, u8>,
    since: i64,
    tried: i64,
}

/// Looks whether the keys have changed, and does what follows from that. Safe to repeat: what was done is read from the
/// document and from the logs themselves, so that nothing is forgotten by a crash.
///
/// # Errors
/// From the key files or the database; the next call tries again.
pub async fn attend(app: &App) -> Result<()> {
    let mut told = app.peers.keys.0.lock().await;
    if app.keys.refresh().map_err(crate::error::Problem::internal)? {
        tracing::info!(key = app.keys.signing().public().kid().as_str(), "the signing keys have changed");
    }
    let serial = app.peers.document.renew(app, app.cluster.has_duties()).await?;
    for log in app.log.all() {
        if let Err(e) = app.log.show_keys(&log).await {
            tracing::error!(sid = %log.sid, error = %e, "a log could not be told of the new keys");
        }
    }
    let now = app.clock.now_ms();
    let current = (serial, app.keys.signing().public().kid());
    if !app.cluster.has_duties() {
        // Another process tells the others.
        *told = Told { last: Some(current), ..Told::default() };
    } else if told.last.as_ref() != Some(&current) {
        // At the start everybody is greeted anyway.
        if told.last.replace(current).is_some() {
            let peers = store::peers(&mut app.db.read().await?).await?;
            told.owed = peers.into_iter().filter(|p| p.state.is_none()).map(|p| (p.domain, 0)).collect();
            (told.since, told.tried) = (now, i64::MIN);
        }
    }
    if !told.owed.is_empty() && !(0..AGAIN_MS).contains(&now.saturating_sub(told.tried)) {
        told.tried = now;
        let owed: Vec<Domain> = told.owed.keys().cloned().collect();
        let telling = app.clone();
        // Some may take long not to answer.
        hello::spawn(app, async move { tell(&telling, owed).await });
    }
    Ok(())
}

/// Greets these instances: a greeting says how new the document is, and is signed with the key in use.
async fn tell(app: &App, owed: Vec<Domain>) {
    let answers: Vec<(Domain, bool)> = futures_util::stream::iter(owed)
        .map(|domain| async move { (domain.clone(), hello::say(app, &domain).await.is_ok()) })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let mut told = app.peers.keys.0.lock().await;
    let enough = app.clock.now_ms() - told.since > TRY_FOR_MS;
    for (domain, answered) in answers {
        let times = told.owed.entry(domain.clone()).or_default();
        *times += u8::from(answered);
        if enough || *times >= TIMES {
            told.owed.remove(&domain);
        }
    }
}

/// Starts the worker; it ends with the instance.
pub(super) fn start(app: &App) {
    let worker = app.clone();
    let every = Duration::from_secs(app.config.federation.key_check_s.max(1));
    hello::spawn(app, async move {
        loop {
            if let Err(e) = attend(&worker).await {
                tracing::error!(error = %e, "the signing keys could not be looked after; next try soon");
            }
            tokio::time::sleep(every).await;
        }
    });
}
