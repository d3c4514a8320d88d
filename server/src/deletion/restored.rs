//! After the whole data folder was put back from a copy, the file of ended accounts is old, too. The instances that knew our
//! people know who went since: they are asked, and what they answer proves itself.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use conntext_federation::domain::Domain;
use conntext_federation::identity::{compare_chains, verify_chain};
use conntext_federation::ids::UserId;
use conntext_federation::wire::{ProfilesAnswer, ProfilesQuery, SignedProfile};
use serde::{Deserialize, Serialize};

use super::end::finish;
use super::file::{self, Ended};
use super::store;
use crate::App;
use crate::db::{self, Db, forget_fact, set_fact};
use crate::error::Result;
use crate::peers::{self, CallError, MAX_QUERY};
use crate::{accounts, profiles, sessions};

/// Where it stands that there is somebody to ask.
const FACT: &str = "ask_who_is_gone";
/// For how long instances that do not answer are asked, milliseconds.
const ASK_FOR_MS: i64 = 30 * 86_400_000;
/// How often, milliseconds.
const PAUSE_MS: i64 = 60_000;

#[derive(Default, Serialize, Deserialize)]
struct Asking {
    since: i64,
    next_at: i64,
    /// Domains that have answered.
    asked: BTreeSet<String>,
}

/// The data folder was put back from a copy.
///
/// # Errors
/// The database's.
pub async fn mark_restored(db: &Db, now: i64) -> db::Result<()> {
    let asking = Asking { since: now, ..Asking::default() };
    let text = serde_json::to_string(&asking).map_err(|e| db::Error::Other(e.to_string()))?;
    let mut tx = db.begin().await?;
    set_fact(&mut tx, FACT, &text).await?;
    tx.commit().await
}

/// Asks those who are to be asked now.
pub(super) async fn ask(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    let Some(text) = db::fact(&mut app.db.read().await?, FACT).await? else { return Ok(()) };
    let mut asking: Asking = serde_json::from_str(&text).unwrap_or_default();
    if now < asking.next_at {
        return Ok(());
    }
    let known = known_by(app).await?;
    for (domain, people) in &known {
        if asking.asked.contains(domain.as_str()) {
            continue;
        }
        match ask_one(app, domain, people).await {
            Ok(gone) => {
                for end in gone {
                    ends(app, end).await?;
                }
                asking.asked.insert(domain.as_str().to_owned());
            }
            Err(e) => tracing::info!(%domain, error = %e, "it is not known yet who of our people went since the copy"),
        }
    }
    let all = known.keys().all(|domain| asking.asked.contains(domain.as_str()));
    let mut tx = app.db.begin().await?;
    if all || now - asking.since > ASK_FOR_MS {
        forget_fact(&mut tx, FACT).await?;
    } else {
        asking.next_at = now + PAUSE_MS;
        let text = serde_json::to_string(&asking).map_err(crate::error::Problem::internal)?;
        set_fact(&mut tx, FACT, &text).await?;
    }
    Ok(tx.commit().await?)
}

/// Our people by the domains of those who know them: everybody in a community of theirs, and the hosts of those they left.
async fn known_by(app: &App) -> Result<BTreeMap<Domain, BTreeSet<UserId>>> {
    let mut found: BTreeMap<Domain, BTreeSet<UserId>> = BTreeMap::new();
    for (uid, domain) in store::departed_hosts(&mut app.db.read().await?).await? {
        if let (Ok(uid), Ok(domain)) = (uid.parse(), Domain::parse_normal(&domain, true)) {
            found.entry(domain).or_default().insert(uid);
        }
    }
    for log in app.log.all() {
        let state = log.state();
        let ours = state.bindings.iter().filter(|(_, binding)| binding.home == app.keys.ik);
        let ours: Vec<UserId> = ours.filter_map(|(actor, _)| actor.user().cloned()).collect();
        for (_, instance) in state.instances.iter().filter(|(ik, _)| **ik != app.keys.ik) {
            if let Ok(domain) = Domain::parse_normal(&instance.domain, true) {
                found.entry(domain).or_default().extend(ours.iter().cloned());
            }
        }
    }
    Ok(found)
}

async fn ask_one(
    app: &App,
    domain: &Domain,
    people: &BTreeSet<UserId>,
) -> std::result::Result<Vec<SignedProfile>, CallError> {
    let people: Vec<UserId> = people.iter().cloned().collect();
    let mut gone = Vec::new();
    for uids in people.chunks(MAX_QUERY) {
        let query = ProfilesQuery { uids: uids.to_vec() };
        let answer: ProfilesAnswer = peers::call(app, domain, Method::POST, "/profiles/query", &query).await?;
        gone.extend(answer.profiles.into_iter().filter(|p| p.profile.deleted == Some(true)));
    }
    Ok(gone)
}

/// Ends the account of somebody whose end is shown by another instance, where it proves itself.
async fn ends(app: &App, end: SignedProfile) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let Some(account) = accounts::by_uid(&mut tx, end.profile.uid.as_str()).await? else { return Ok(()) };
    let held = profiles::chain(&mut tx, &account.uid).await?;
    let proven = verify_chain(&end.identity)
        .is_ok_and(|identity| identity.deleted && end.profile.verify(&identity).is_ok())
        && compare_chains(&end.identity, &held) == Ok(Ordering::Greater);
    if !proven {
        tracing::warn!(uid = account.uid, "the end of an account that another instance shows does not prove itself");
        return Ok(());
    }
    let now = app.clock.now_ms();
    // What was to be erased stands in the logs, which come back by themselves.
    let token_hash = data_encoding::HEXLOWER.encode(&sessions::hash(&app.rng.token()));
    let ended = Ended { token_hash, erase: false, asked_at: now, gone_at: now, end };
    file::add(app, &ended).await?;
    finish(app, tx, &account, &ended).await
}
