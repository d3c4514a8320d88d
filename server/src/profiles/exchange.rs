//! Profiles between instances: what is answered to others and what is kept of theirs.

use std::cmp::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json as RawJson, Router};
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::identity::{Identity, Op, compare_chains, verify_chain};
use conntext_federation::ids::{InstanceId, UserId};
use conntext_federation::inner_profile::InnerDoc;
use conntext_federation::profile::{Picture, ProfileDoc};
use conntext_federation::wire::{ProfilesAnswer, ProfilesQuery, SignedProfile};
use futures_util::future::BoxFuture;
use serde_json::json;

use super::{hosting, identity, inner, server, store};
use crate::App;
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::http::Path;
use crate::peers::{self, Message, Origin, Told};

/// The largest picture of a profile in bytes.
const MAX_PICTURE: usize = 2 * 1024 * 1024;

/// What other instances ask of the profiles.
pub fn peer_router() -> Router<App> {
    Router::new()
        .route("/profiles/query", post(query))
        .route("/profiles/{uid}", get(one))
        .route("/profiles/{uid}/media/{mid}", get(picture))
        .route("/identities/{uid}", get(chain_of))
        .route("/handles/{handle}", get(handle))
}

async fn known(app: &App, asker: &InstanceId, uids: &[UserId]) -> Result<Vec<SignedProfile>> {
    let mut read = app.db.read().await?;
    let mut found = Vec::new();
    for uid in uids {
        let row = store::profile(&mut read, uid.as_str()).await?.filter(|row| !row.doc.is_empty());
        let Some(row) = row else { continue };
        let profile = ProfileDoc::from_slice(row.doc.as_bytes())?;
        let identity = identity::chain(&mut read, uid.as_str()).await?;
        if !identity.is_empty() {
            let servers = server::documents(app, &mut read, uid, asker).await?;
            let host = Some(row.host).filter(|host| !host.is_empty());
            let inner = Some(row.inner).filter(|doc| !doc.is_empty() && inner::may_know(app, asker, uid));
            let inner = inner.map(|doc| InnerDoc::from_slice(doc.as_bytes())).transpose()?;
            found.push(SignedProfile { identity, profile, inner, servers, host });
        }
    }
    Ok(found)
}

/// Profiles of people, as far as they are known here and an instance may have them.
pub fn signed<'a>(
    app: &'a App,
    asker: &'a InstanceId,
    uids: &'a [UserId],
) -> BoxFuture<'a, Result<Vec<SignedProfile>>> {
    Box::pin(known(app, asker, uids))
}

/// Verifies and keeps profiles that arrived.
pub fn keep(app: &App, profiles: Vec<Told>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        for told in profiles {
            let (uid, home, by) = (told.profile.profile.uid.clone(), told.home.clone(), told.by.clone());
            match keep_one(app, told).await {
                Ok(true) => super::changed(app, uid.clone()),
                Ok(false) => {}
                Err(e) => {
                    tracing::warn!(%uid, %by, error = %e, "a profile was refused");
                    continue;
                }
            }
            fetch_pictures(app, home, uid).await?;
        }
        Ok(())
    })
}

/// Keeps the end of somebody of another instance in the place of what is known of them. Who is not known stays unknown.
///
/// # Errors
/// 422 where it does not prove itself, or another chain of the same person counts more; 403 `not_home` for our own people.
pub async fn bury(app: &App, end: &SignedProfile) -> Result<()> {
    let shown = verify_chain(&end.identity)?;
    if !shown.deleted || end.profile.deleted != Some(true) {
        return Err(Code::BadIdentityOp.into());
    }
    end.profile.verify(&shown)?;
    let uid = shown.uid.clone();
    let mut tx = app.db.begin().await?;
    let known = store::profile(&mut tx, uid.as_str()).await?;
    if known.as_ref().is_some_and(|known| known.local) {
        return Err(Code::NotHome.into());
    }
    if known.is_none() && identity::chain(&mut tx, uid.as_str()).await?.is_empty() {
        return Ok(());
    }
    let hash = shown.hash;
    let counts = keep_chain(&mut tx, shown, &end.identity).await?;
    if counts.hash != hash {
        return Err(Code::BadIdentityOp.into());
    }
    if let Some(known) = known {
        let domain = Domain::parse_normal(&known.domain, true)?;
        let seen = super::Seen { home: &domain, confirmed: true, host: String::new(), now_ms: app.clock.now_ms() };
        super::upsert_remote(&mut tx, &counts, &end.profile, None, seen).await?;
    }
    hosting::forget_hosted(&mut tx, uid.as_str()).await?;
    tx.commit().await?;
    super::changed(app, uid);
    Ok(())
}

/// Keeps a profile that this instance promised to keep, with its pictures, which are fetched from the home.
///
/// # Errors
/// What does not verify; 503 `overloaded` where a picture does not come.
pub(super) async fn keep_hosted(app: &App, home: &Domain, profile: SignedProfile) -> Result<()> {
    let uid = profile.profile.uid.clone();
    if keep_one(app, Told { home: home.clone(), by: home.clone(), profile }).await? {
        super::changed(app, uid.clone());
    }
    let missing = super::missing_pictures(app, &mut app.db.read().await?, &uid).await?;
    bring_pictures(app, home, &uid, missing).await.map_err(|why| {
        tracing::info!(%uid, why, "a picture was not fetched");
        Problem::from(Code::Overloaded).detail("A picture of the profile could not be fetched from its home.")
    })
}

async fn keep_one(app: &App, told: Told) -> Result<bool> {
    let Told { home, by, profile: signed } = told;
    let identity = verify_chain(&signed.identity)?;
    if identity.uid != signed.profile.uid {
        return Err(Code::BadObjectSignature.into());
    }
    let mut tx = app.db.begin().await?;
    let known = store::profile(&mut tx, identity.uid.as_str()).await?;
    if known.as_ref().is_some_and(|known| known.local) {
        return Ok(false);
    }
    let identity = keep_chain(&mut tx, identity, &signed.identity).await?;
    let (doc, now) = (&signed.profile, app.clock.now_ms());
    // Whoever passes a profile on could say anything about where it lies; the home is believed, and nobody where it lies
    // at home.
    let held = known.map(|known| known.host).filter(|host| !host.is_empty() && home != by);
    let said =
        signed.host.as_deref().and_then(|host| Domain::parse_normal(host, true).ok()).map(|host| host.to_string());
    let host = held.or(said).filter(|_| identity.profile_host != identity.home).unwrap_or_default();
    let seen = super::Seen { home: &home, confirmed: home == by, host, now_ms: now };
    let changed = super::upsert_remote(&mut tx, &identity, doc, signed.inner.as_ref(), seen).await?;
    let dressed = server::keep(app, &mut tx, &identity, &signed.servers).await?;
    tx.commit().await?;
    Ok(changed || dressed)
}

/// Keeps the chain that counts of the one that is held and the one that was shown, and says what it says. Where the two
/// part, what is held is never continued by what follows the other: it would be a chain of nobody.
pub(super) async fn keep_chain(tx: &mut Tx, shown: Identity, ops: &[Op]) -> Result<Identity> {
    let uid = shown.uid.as_str();
    let held = identity::chain(tx, uid).await?;
    if let Ok(known) = verify_chain(&held)
        && compare_chains(ops, &held)? != Ordering::Greater
    {
        return Ok(known);
    }
    let same = held.iter().zip(ops).take_while(|(a, b)| a == b).count();
    store::drop_ops(tx, uid, same as u64).await?;
    for op in &ops[same..] {
        let text = String::from_utf8(op.to_vec()?).map_err(Problem::internal)?;
        store::add_op(tx, uid, op.n, &text).await?;
    }
    Ok(shown)
}

/// Fetches pictures of somebody from where their profile lies, or else from their home.
async fn bring_pictures(
    app: &App,
    home: &Domain,
    uid: &UserId,
    pictures: Vec<Picture>,
) -> std::result::Result<(), String> {
    let host = hosts(app, std::slice::from_ref(uid)).await.map_err(|e| e.to_string())?.pop().map(|(_, host, _)| host);
    for picture in pictures {
        let mut outcome = Err(String::new());
        for domain in host.iter().chain([home]).filter(|domain| **domain != app.domain) {
            outcome = bring_picture(app, domain, uid, &picture).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome?;
        super::changed(app, uid.clone());
    }
    Ok(())
}

async fn bring_picture(app: &App, from: &Domain, uid: &UserId, picture: &Picture) -> std::result::Result<(), String> {
    let path = format!("/profiles/{uid}/media/{}", picture.mid);
    let patience = Duration::from_millis(app.config.federation.request_timeout_ms);
    let response = peers::get_stream(app, from, &path).await.map_err(|e| e.to_string())?;
    let bytes = peers::client::read_capped(response.into_body(), MAX_PICTURE, patience).await;
    let bytes = bytes.map_err(|e| e.to_string())?.to_vec();
    super::keep_picture(app, picture, bytes).await.map_err(|e| e.to_string())
}

/// Fetches in the background what is missing of somebody's pictures.
///
/// # Errors
/// The database's.
pub async fn bring_missing(app: &App, from: &Domain, uid: &UserId) -> Result<()> {
    fetch_pictures(app, from.clone(), uid.clone()).await
}

/// Keeps what somebody who lives here now signed for single servers before they came.
///
/// # Errors
/// The database's.
pub async fn keep_in_servers(app: &App, shown: &SignedProfile) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let identity = verify_chain(&identity::chain(&mut tx, shown.profile.uid.as_str()).await?)?;
    server::keep(app, &mut tx, &identity, &shown.servers).await?;
    tx.commit().await?;
    super::changed(app, shown.profile.uid.clone());
    Ok(())
}

async fn fetch_pictures(app: &App, home: Domain, uid: UserId) -> Result<()> {
    let missing = super::missing_pictures(app, &mut app.db.read().await?, &uid).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let (fetcher, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(async move {
        let done = stopping.run_until_cancelled(bring_pictures(&fetcher, &home, &uid, missing)).await;
        if let Some(Err(why)) = done {
            tracing::info!(%uid, why, "a picture was not fetched");
        }
    });
    Ok(())
}

/// Those of these people whose profile is not kept at their home: where it is, and which instance that has to be.
pub fn hosts<'a>(app: &'a App, uids: &'a [UserId]) -> BoxFuture<'a, Result<Vec<(UserId, Domain, InstanceId)>>> {
    Box::pin(async move {
        let mut read = app.db.read().await?;
        let rows = store::profiles(&mut read, &uids.iter().map(UserId::as_str).collect::<Vec<_>>()).await?;
        let mut found = Vec::new();
        for uid in uids {
            let host = rows.get(uid.as_str()).filter(|row| !row.local && !row.host.is_empty()).map(|row| &row.host);
            let Some(Ok(host)) = host.map(|host| Domain::parse_normal(host, true)) else { continue };
            let identity = verify_chain(&identity::chain(&mut read, uid.as_str()).await?)?;
            found.push((uid.clone(), host, identity.profile_host));
        }
        Ok(found)
    })
}

/// Those of these people whose profile is missing or was fetched before a time in milliseconds.
pub fn stale(app: &App, uids: Vec<UserId>, before_ms: i64) -> BoxFuture<'_, Result<Vec<UserId>>> {
    Box::pin(async move {
        let mut read = app.db.read().await?;
        let found = store::profiles(&mut read, &uids.iter().map(UserId::as_str).collect::<Vec<_>>()).await?;
        Ok(uids
            .into_iter()
            .filter(|uid| {
                let old = |row: &store::ProfileRow| row.fetched_at < before_ms || !inner::is_whole(row);
                found.get(uid.as_str()).is_none_or(|row| !row.local && old(row))
            })
            .collect())
    })
}

/// Those of these people whose handle their home has not confirmed.
pub fn unconfirmed(app: &App, uids: Vec<UserId>) -> BoxFuture<'_, Result<Vec<UserId>>> {
    Box::pin(async move {
        let mut read = app.db.read().await?;
        let found = store::profiles(&mut read, &uids.iter().map(UserId::as_str).collect::<Vec<_>>()).await?;
        Ok(uids.into_iter().filter(|uid| found.get(uid.as_str()).is_some_and(|row| !row.confirmed)).collect())
    })
}

async fn query(State(app): State<App>, origin: Origin, Message(query): Message<ProfilesQuery>) -> Result<Response> {
    let uids: Vec<UserId> = query.uids.into_iter().take(peers::MAX_QUERY).collect();
    let profiles = known(&app, &origin.ik, &uids).await?;
    answer(&ProfilesAnswer { profiles })
}

fn answer<T: serde::Serialize>(body: &T) -> Result<Response> {
    let bytes = conntext_federation::canonical::to_vec(body)?;
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    Ok(response)
}

fn person(text: &str) -> Result<UserId> {
    // Anonymous members have no profile, and the question does not tell whether they exist.
    text.parse().map_err(|_| Code::NotFound.into())
}

async fn one(State(app): State<App>, origin: Origin, Path(uid): Path<String>) -> Result<Response> {
    let uid = person(&uid)?;
    let found = known(&app, &origin.ik, std::slice::from_ref(&uid)).await?.pop().ok_or(Code::NotFound)?;
    if found.profile.deleted == Some(true) {
        return Err(Code::Gone.into());
    }
    answer(&found)
}

async fn chain_of(State(app): State<App>, _: Origin, Path(uid): Path<String>) -> Result<Response> {
    let uid = person(&uid)?;
    let mut read = app.db.read().await?;
    let ops: Vec<Op> = identity::chain(&mut read, uid.as_str()).await?;
    if ops.is_empty() {
        return Err(Code::NotFound.into());
    }
    answer(&json!({ "ops": ops }))
}

async fn handle(State(app): State<App>, _: Origin, Path(handle): Path<String>) -> Result<RawJson<serde_json::Value>> {
    let mut read = app.db.read().await?;
    let uid = super::uid_of_handle(&mut read, &handle).await?.ok_or(Code::NotFound)?;
    Ok(RawJson(json!({ "uid": uid })))
}

async fn picture(State(app): State<App>, origin: Origin, Path((uid, mid)): Path<(String, String)>) -> Result<Response> {
    let uid = person(&uid)?;
    let mut read = app.db.read().await?;
    let row = store::profile(&mut read, uid.as_str()).await?;
    let member = inner::may_know(&app, &origin.ik, &uid);
    let mut shown: Vec<Picture> = row.iter().flat_map(|row| row.pictures_for(member)).cloned().collect();
    shown.extend(server::pictures(&app, &mut read, &uid, Some(&origin.ik)).await?);
    if shown.iter().all(|picture| picture.mid.as_str() != mid) {
        return Err(Code::NotFound.into());
    }
    let (kind, bytes) = super::picture(&mut read, &mid).await?.ok_or(Code::NotFound)?;
    let mut response = Response::new(Body::from(bytes));
    let kind = header::HeaderValue::from_str(&kind).map_err(Problem::internal)?;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
