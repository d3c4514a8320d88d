//! Having the profiles of our own people kept elsewhere: a place is chosen, gets the profile, is told of each change, looked
//! after, and asked to erase it when another one was chosen. Each step stands in the database and goes on after a restart.

use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::hosting::{Grant, GrantFields, HostRequest, MAX_GRANT_MS, ReleaseRequest, Released};
use conntext_federation::identity::verify_chain;
use conntext_federation::ids::{InstanceId, UserId};
use conntext_federation::wire::SignedProfile;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::super::{identity, own_key, store as profiles};
use super::store::{self, Place, State};
use crate::App;
use crate::db::{Query, Tx};
use crate::erasure::pause;
use crate::error::{Problem, Result};
use crate::moving::vault;
use crate::peers::{self, CallError};

/// Places that are attended to in one round, and at a time.
const AT_ONCE: u64 = 50;
const AT_A_TIME: usize = 8;
/// After so many refusals in a row a host does not want the profile any more.
const REFUSALS: i64 = 3;
/// For how long a former host is asked for its word, milliseconds.
const ASK_FOR_MS: i64 = 30 * 86_400_000;
/// How far a grant's number jumps where the clock went back since the one before.
const JUMP: u64 = 3_600_000;

/// What somebody decides about the place of their profile.
pub(super) enum Choice<'a> {
    /// Where it is; a move under way is given up.
    Stay,
    /// This instance.
    Home,
    /// Another one, from when it is there on.
    At(&'a peers::Peer),
}

/// Carries out what one of our own people decided.
///
/// # Errors
/// The database's.
pub(super) async fn choose(app: &App, uid: &str, choice: Choice<'_>) -> Result<()> {
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let places = store::of_person(&mut tx, uid).await?;
    for place in places.iter().filter(|place| place.state == State::Moving) {
        // It may have arrived already.
        store::put(&mut tx, &leaving(place, now)).await?;
    }
    match choice {
        Choice::Stay => {}
        Choice::Home => moved(app, &mut tx, uid, None).await?,
        Choice::At(peer) => {
            let grant_n = places.iter().find(|p| p.domain == peer.domain.as_str()).map_or(0, |before| before.grant_n);
            let place = Place {
                uid: uid.to_owned(),
                domain: peer.domain.to_string(),
                ik: peer.ik.to_string(),
                state: State::Moving,
                grant_n,
                op: -1,
                rev: -1,
                vault: String::new(),
                since: now,
                due_at: now,
                tries: 0,
                problem: String::new(),
                receipt: None,
                settled_at: None,
            };
            store::put(&mut tx, &place).await?;
        }
    }
    tx.commit().await?;
    told(app, uid);
    Ok(())
}

fn leaving(place: &Place, now: i64) -> Place {
    Place { state: State::Leaving, since: now, due_at: now, ..fresh(place) }
}

fn fresh(place: &Place) -> Place {
    Place { tries: 0, problem: String::new(), ..place.clone() }
}

/// Whether the chain of one of our own people has room for naming another host.
///
/// # Errors
/// 409 `chain_full`.
pub(super) async fn may_move(app: &App, uid: &str) -> Result<()> {
    // Tried in a transaction that is given up.
    let mut tx = app.db.begin().await?;
    identity::next_op(app, &mut tx, uid, |_| ()).await.map(|_| ()).map_err(own_key::full)
}

/// Writes where the profile lies from now on; those that kept it before are asked to let go.
async fn moved(app: &App, tx: &mut Tx, uid: &str, to: Option<(&str, &InstanceId)>) -> Result<()> {
    let now = app.clock.now_ms();
    let ik = to.map_or(&app.keys.ik, |(_, ik)| ik).clone();
    let identity = verify_chain(&identity::chain(tx, uid).await?)?;
    if identity.profile_host != ik {
        identity::next_op(app, tx, uid, |op| op.profile_host = ik).await?;
    }
    let mut row = profiles::profile(tx, uid).await?.ok_or_else(|| Problem::internal("an account without a profile"))?;
    row.host = to.map(|(domain, _)| domain.to_owned()).unwrap_or_default();
    identity::sign_and_store(app, tx, row).await?;
    for place in store::of_person(tx, uid).await? {
        if place.state == State::Kept && to.is_none_or(|(domain, _)| domain != place.domain) {
            store::put(tx, &leaving(&place, now)).await?;
        }
    }
    Ok(())
}

/// Others learn of it, the person's devices show it, and the worker goes on.
fn told(app: &App, uid: &str) {
    if let Ok(uid) = uid.parse::<UserId>() {
        super::super::changed(app, uid);
    }
    app.bus.tell_me(uid);
    app.hosting.wake();
}

/// One round: everything whose turn it is.
///
/// # Errors
/// From the database; the next round goes on where this one ended.
pub(super) async fn round(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    let due = store::due(&mut app.db.read().await?, now, AT_ONCE).await?;
    let attending = due.into_iter().map(|place| async move {
        let Err(e) = attend(app, place.clone()).await else { return Ok(()) };
        tracing::warn!(uid = place.uid, domain = place.domain, error = %e, "the place of a profile could not be looked after");
        // The others have their turn.
        let mut tx = app.db.begin().await?;
        store::put_off(&mut tx, &place, now + pause(place.tries)).await?;
        Ok(tx.commit().await?)
    });
    stream::iter(attending).buffer_unordered(AT_A_TIME).try_collect::<()>().await
}

/// What came of an attempt.
enum Outcome {
    /// This version of the profile lies there now, and this vault.
    Has(i64, i64, String),
    /// It does not show what it was given, or lost it: it gets it again.
    Lacks(&'static str),
    /// It has signed that it keeps nothing.
    Released(String),
}

async fn attend(app: &App, place: Place) -> Result<()> {
    let n = (place.grant_n + 1).max(app.clock.now_ms().unsigned_abs());
    let outcome = match place.state {
        State::Leaving => release(app, &place, n).await,
        _ if place.state == State::Kept && place.problem.is_empty() && is_current(app, &place).await? => {
            check(app, &place).await
        }
        _ => bring(app, &place, n).await,
    };
    note(app, place, n, outcome).await
}

async fn is_current(app: &App, place: &Place) -> Result<bool> {
    let mut read = app.db.read().await?;
    let row = profiles::profile(&mut read, &place.uid).await?;
    let vault = vault::contents(app, &mut read, &place.uid.parse()?).await?.map(|vault| vault.mark());
    let same = vault.unwrap_or_default() == place.vault;
    Ok(same && row.is_some_and(|row| (row.op, row.rev) == (place.op, place.rev)))
}

async fn note(app: &App, was: Place, n: u64, outcome: std::result::Result<Outcome, CallError>) -> Result<()> {
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let there = store::of_person(&mut tx, &was.uid).await?.into_iter().find(|p| p.domain == was.domain);
    // Another decision was made meanwhile.
    let Some(mut place) = there.filter(|p| (p.state, p.since) == (was.state, was.since)) else { return Ok(()) };
    place.grant_n = place.grant_n.max(n);
    let mut seen = place.state != State::Kept;
    match outcome {
        Ok(Outcome::Has(op, rev, vault)) => {
            seen |= !place.problem.is_empty() || (place.op, place.rev) != (op, rev);
            let arrived = place.state == State::Moving;
            let check_ms = i64::try_from(app.config.profile_hosting.check_s).unwrap_or(i64::MAX / 1_000_000) * 1000;
            place = Place { state: State::Kept, op, rev, vault, due_at: now + check_ms, ..fresh(&place) };
            store::put(&mut tx, &place).await?;
            if arrived {
                let ik: InstanceId = place.ik.parse()?;
                moved(app, &mut tx, &place.uid, Some((&place.domain, &ik))).await?;
            }
        }
        Ok(Outcome::Lacks(problem)) => {
            tracing::warn!(
                uid = place.uid,
                domain = place.domain,
                problem,
                "a host does not show a profile as it was given"
            );
            let wait = if place.problem.is_empty() { 0 } else { pause(place.tries) };
            place = Place { problem: problem.to_owned(), due_at: now + wait, tries: place.tries + 1, ..place };
            store::put(&mut tx, &place).await?;
            // What takes the place of whatever is there has to be newer.
            if let Some(row) = profiles::profile(&mut tx, &place.uid).await? {
                identity::sign_and_store(app, &mut tx, row).await?;
            }
            seen = true;
        }
        Ok(Outcome::Released(receipt)) => {
            place = Place { state: State::Left, receipt: Some(receipt), settled_at: Some(now), ..fresh(&place) };
            store::put(&mut tx, &place).await?;
        }
        Err(e) => {
            seen |= place.problem.is_empty();
            failed(app, &mut tx, place.clone(), &e, now).await?;
        }
    }
    tx.commit().await?;
    if seen {
        told(app, &place.uid);
    }
    Ok(())
}

async fn failed(app: &App, tx: &mut Tx, mut place: Place, why: &CallError, now: i64) -> Result<()> {
    tracing::info!(uid = place.uid, domain = place.domain, error = %why, "the place of a profile was not reached as it should");
    let silent = if matches!(why, CallError::Answer(_)) { "peer_error" } else { "peer_unreachable" };
    let code = why.code().unwrap_or(silent).to_owned();
    if code == Code::Replayed.as_str() {
        place.grant_n += JUMP;
    }
    let wait = why.retry_after_ms().and_then(|ms| i64::try_from(ms).ok()).unwrap_or(0).max(pause(place.tries));
    let refused = !why.passing() || code == Code::Quota.as_str();
    place = Place { tries: place.tries + 1, due_at: now + wait, problem: code, ..place };
    match place.state {
        State::Leaving if now - place.since > ASK_FOR_MS => {
            place = Place { state: State::Left, settled_at: Some(now), ..place };
        }
        State::Moving if refused => {
            place = Place { state: State::Refused, settled_at: Some(now), ..place };
        }
        State::Kept if refused && place.tries >= REFUSALS => {
            // The profile comes home, and its person chooses another place.
            place = Place { state: State::Refused, settled_at: Some(now), ..place };
            store::put(tx, &place).await?;
            return moved(app, tx, &place.uid, None).await;
        }
        _ => {}
    }
    Ok(store::put(tx, &place).await?)
}

/// What is needed to speak for somebody: their profile as it is now, and a grant.
async fn speak(app: &App, place: &Place, keep: bool, n: u64) -> Result<(Grant, SignedProfile)> {
    let mut read = app.db.read().await?;
    let uid: UserId = place.uid.parse()?;
    let fields = GrantFields {
        uid: uid.clone(),
        host: place.ik.parse()?,
        op: 0,
        n,
        keep,
        exp: app.clock.now_ms() + MAX_GRANT_MS / 2,
    };
    let grant = identity::sign_grant(app, &mut read, fields).await?;
    let profile = super::super::document(&mut read, uid.as_str()).await?.ok_or(Code::NotFound)?;
    let identity = identity::chain(&mut read, uid.as_str()).await?;
    Ok((grant, SignedProfile { identity, profile, inner: None, servers: Vec::new(), host: Some(place.domain.clone()) }))
}

fn own(e: &Problem) -> CallError {
    CallError::Unreachable(format!("this instance itself: {e}"))
}

/// Brings the newest version.
async fn bring(app: &App, place: &Place, n: u64) -> std::result::Result<Outcome, CallError> {
    let domain = reached(app, place).await?;
    let (grant, profile) = speak(app, place, true, n).await.map_err(|e| own(&e))?;
    let (op, rev) = profile.profile.order();
    let (mark, vault) = sealed(app, place).await.map_err(|e| own(&e))?;
    let path = format!("/profiles/{}/host", place.uid);
    match peers::call::<_, Value>(app, &domain, Method::PUT, &path, &HostRequest { grant, profile, vault }).await {
        // Its word is that it has it; what it shows is looked at later.
        Ok(_) => {
            let whole = |n| i64::try_from(n).unwrap_or(i64::MAX);
            Ok(Outcome::Has(whole(op), whole(rev), mark))
        }
        Err(e) if e.code() == Some(Code::StaleRev.as_str()) => {
            // This instance was put back to an earlier day.
            catch_up(app, &domain, place).await?;
            Ok(Outcome::Lacks("stale_rev"))
        }
        Err(e) => Err(e),
    }
}

/// The vault of somebody as it is now, sealed, and by what it is known again.
async fn sealed(app: &App, place: &Place) -> Result<(String, Option<String>)> {
    let contents = vault::contents(app, &mut app.db.read().await?, &place.uid.parse()?).await?;
    let Some(contents) = contents else { return Ok(Default::default()) };
    Ok((contents.mark(), Some(contents.seal(app)?)))
}

/// The host at its domain, where it is still the one that was chosen.
async fn reached(app: &App, place: &Place) -> std::result::Result<Domain, CallError> {
    let domain = Domain::parse_normal(&place.domain, true)?;
    let peer = peers::find(app, &domain).await?;
    if peer.ik.as_str() == place.ik { Ok(domain) } else { Err(CallError::Refused(Code::IdentityChanged)) }
}

/// Goes on from what the host has, where that is newer than what is here: the person's own signatures prove it.
async fn catch_up(app: &App, domain: &Domain, place: &Place) -> std::result::Result<(), CallError> {
    let there: SignedProfile = peers::get(app, domain, &format!("/profiles/{}", place.uid)).await?;
    let identity = verify_chain(&there.identity)?;
    there.profile.verify(&identity)?;
    let go_on = async {
        let mut tx = app.db.begin().await?;
        identity::adopt(&mut tx, &place.uid, &there.identity).await?;
        let row = profiles::profile(&mut tx, &place.uid).await?;
        let mut row = row.ok_or_else(|| Problem::internal("an account without a profile"))?;
        row.rev = row.rev.max(i64::try_from(there.profile.rev).unwrap_or(i64::MAX - 2));
        profiles::put(&mut tx, &row).await?;
        Result::Ok(tx.commit().await?)
    };
    go_on.await.map_err(|e| own(&e))
}

/// Looks whether the host shows what was given to it.
async fn check(app: &App, place: &Place) -> std::result::Result<Outcome, CallError> {
    let domain = reached(app, place).await?;
    let shown = match peers::get::<SignedProfile>(app, &domain, &format!("/profiles/{}", place.uid)).await {
        Ok(shown) => shown,
        Err(CallError::Problem { status: 404 | 410, .. }) => return Ok(Outcome::Lacks("lost")),
        Err(CallError::Answer(_)) => return Ok(Outcome::Lacks("altered")),
        Err(e) => return Err(e),
    };
    let given = async {
        let mut read = app.db.read().await?;
        let profile = super::super::document(&mut read, &place.uid).await?;
        Result::Ok((profile, identity::chain(&mut read, &place.uid).await?))
    };
    let (profile, chain) = given.await.map_err(|e| own(&e))?;
    let same = profile.is_some_and(|profile| profile == shown.profile) && chain == shown.identity;
    Ok(if same { Outcome::Has(place.op, place.rev, place.vault.clone()) } else { Outcome::Lacks("altered") })
}

/// Asks a former host to erase what it kept, and verifies its word.
async fn release(app: &App, place: &Place, n: u64) -> std::result::Result<Outcome, CallError> {
    let domain = reached(app, place).await?;
    let (grant, profile) = speak(app, place, false, n).await.map_err(|e| own(&e))?;
    let asked = ReleaseRequest { grant: grant.clone(), identity: profile.identity };
    let path = format!("/profiles/{}/release", place.uid);
    let said: Released = peers::call(app, &domain, Method::POST, &path, &asked).await?;
    let peer = peers::naming(app, &domain, &said.sig().kid).await?;
    said.check_names(&grant, &peer.ik)?;
    said.check(peer.doc.key_at(&said.sig().kid, app.clock.now_ms())?)?;
    let text = said.to_vec().ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Outcome::Released).ok_or(CallError::Refused(Code::BadJson))
}

/// The domain at which the profile of one of our own people lies, where that is not here.
///
/// # Errors
/// The database's.
pub(super) async fn current(q: &mut impl Query, uid: &str) -> Result<Option<String>> {
    Ok(profiles::profile(q, uid).await?.map(|row| row.host).filter(|host| !host.is_empty()))
}
