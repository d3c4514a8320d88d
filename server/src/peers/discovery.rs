//! Who answers at a domain: the instance's document, fetched, verified, pinned and cached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::InstanceId;
use conntext_federation::instance::InstanceDoc;
use conntext_federation::keys::{Kid, PublicKey};
use tokio::sync::Semaphore;

use super::call::CallError;
use super::client::read_capped;
use super::{domains, store, trust};
use crate::App;
use crate::config::Federation;
use crate::http::rate::RateLimit;

/// How long a document is used without asking again, milliseconds.
const CACHE_MS: i64 = 24 * 3_600_000;
/// How long a domain that did not answer is not asked again, milliseconds.
const NEGATIVE_MS: i64 = 10_000;
/// An unknown key makes us ask again at most this often, milliseconds.
const REFETCH_MS: i64 = 60_000;
/// The largest document in bytes.
const MAX_DOCUMENT: usize = 64 * 1024;
/// Documents that are fetched at a time.
const IN_FLIGHT: usize = 32;

/// A peer whose document was verified.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it is reached.
    pub domain: Domain,
    /// Who it is.
    pub ik: InstanceId,
    /// What it says about itself.
    pub doc: Arc<InstanceDoc>,
    /// When that was fetched, milliseconds.
    pub fetched_at: i64,
    /// When this instance met it, milliseconds.
    pub first_met: i64,
}

/// The peers that are known in memory.
pub struct Discovery {
    known: Mutex<HashMap<Domain, Peer>>,
    /// Domains that did not answer, until when, and why.
    absent: Mutex<HashMap<Domain, (i64, CallError)>>,
    /// Domains that were asked once more before their document was old, and when.
    tried: Mutex<HashMap<Domain, i64>>,
    flights: Mutex<HashMap<Domain, Arc<tokio::sync::Mutex<()>>>>,
    slots: Semaphore,
    rate: RateLimit<()>,
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Discovery {
    pub(super) fn new(config: &Federation) -> Self {
        let refill_ms = 1000 / u64::from(config.documents_per_s.max(1));
        Self {
            known: Mutex::default(),
            absent: Mutex::default(),
            tried: Mutex::default(),
            flights: Mutex::default(),
            slots: Semaphore::new(IN_FLIGHT),
            rate: RateLimit::new(config.documents_burst, refill_ms),
        }
    }

    fn cached(&self, domain: &Domain, now: i64) -> Option<Peer> {
        let peer = open(&self.known).get(domain).cloned()?;
        (now - peer.fetched_at < CACHE_MS && now < peer.doc.usable_until()).then_some(peer)
    }

    fn absent(&self, domain: &Domain, now: i64) -> Option<CallError> {
        // Further ahead than that is what a clock wrote that went back since.
        let counts = |until: i64| (now + 1..=now + NEGATIVE_MS).contains(&until);
        open(&self.absent).get(domain).filter(|(until, _)| counts(*until)).map(|(_, why)| why.clone())
    }

    /// Whether a document may be fetched anew before it is old: once a minute, whether that succeeds or not.
    fn may_refetch(&self, peer: &Peer, now: i64) -> bool {
        let mut tried = open(&self.tried);
        let last = tried.get(&peer.domain).copied().unwrap_or(i64::MIN).max(peer.fetched_at);
        if (0..REFETCH_MS).contains(&now.saturating_sub(last)) {
            return false;
        }
        if tried.len() > 10_000 {
            tried.clear();
        }
        tried.insert(peer.domain.clone(), now);
        true
    }

    /// Where an instance is reached that was met lately.
    pub(super) fn domain_of(&self, ik: &InstanceId) -> Option<Domain> {
        open(&self.known).values().find(|peer| peer.ik == *ik).map(|peer| peer.domain.clone())
    }

    /// A peer that answers again is asked again at once.
    pub fn forgive(&self, domain: &Domain) {
        open(&self.absent).remove(domain);
    }

    /// Nothing is known in memory any more of a domain that was left.
    pub(super) fn forget(&self, domain: &Domain) {
        open(&self.known).remove(domain);
        open(&self.absent).remove(domain);
    }

    fn remember_absent(&self, domain: &Domain, until: i64, why: CallError) {
        let mut absent = open(&self.absent);
        if absent.len() > 10_000 {
            absent.clear();
        }
        absent.insert(domain.clone(), (until, why));
    }
}

/// The instance at a domain, or that was there until lately, to speak with it.
///
/// # Errors
/// [`CallError`]: blocked, unreachable, or not who it was.
pub async fn find(app: &App, domain: &Domain) -> Result<Peer, CallError> {
    let domain = &app.peers.domains.current(app, domain);
    if let Err(code) = app.peers.trust.book().judge(domain) {
        if code == Code::InReview {
            trust::wait(app, domain, false).await;
        }
        return Err(code.into());
    }
    look(app, domain, None).await
}

/// The key that an instance signs requests with, and the instance. An unknown key makes us ask for its document again,
/// at most once a minute.
///
/// # Errors
/// The code for the asker.
pub async fn key(app: &App, domain: &Domain, kid: &Kid) -> Result<(Peer, PublicKey), Code> {
    let now = app.clock.now_ms();
    let code = |e: CallError| match e {
        CallError::Refused(code) => code,
        CallError::Unreachable(_) | CallError::Problem { .. } | CallError::Answer(_) => Code::KeyUnavailable,
    };
    let peer = naming(app, domain, kid).await.map_err(code)?;
    let key = *peer.doc.key_at(kid, now)?;
    Ok((peer, key))
}

/// The instance at a domain, with a document that names the key, if it has one that does. An unknown key makes us ask for
/// the document again, at most once a minute.
///
/// # Errors
/// As [`find`].
pub async fn naming(app: &App, domain: &Domain, kid: &Kid) -> Result<Peer, CallError> {
    let now = app.clock.now_ms();
    let peer = look(app, domain, None).await?;
    let unknown = peer.doc.key_at(kid, now).err() == Some(Code::UnknownKey);
    if unknown && app.peers.discovery.may_refetch(&peer, now) {
        return look(app, domain, Some(peer.fetched_at)).await;
    }
    Ok(peer)
}

/// An instance says that its document has this serial: a newer one is fetched, at most once a minute.
pub(super) async fn heed_serial(app: &App, domain: &Domain, serial: u64) {
    let Some(peer) = open(&app.peers.discovery.known).get(domain).cloned() else { return };
    if peer.doc.serial < serial
        && app.peers.discovery.may_refetch(&peer, app.clock.now_ms())
        && let Err(e) = look(app, domain, Some(peer.fetched_at)).await
    {
        tracing::info!(%domain, error = %e, "a newer document could not be fetched");
    }
}

/// A peer answers that it has another domain now: its document tells which. `None` where it was asked a moment ago.
///
/// # Errors
/// As [`find`].
pub(super) async fn gone_from(app: &App, peer: &Peer) -> Result<Option<Peer>, CallError> {
    if !app.peers.discovery.may_refetch(peer, app.clock.now_ms()) {
        return Ok(None);
    }
    let now = look(app, &peer.domain, Some(peer.fetched_at)).await?;
    Ok((now.domain != peer.domain && now.ik == peer.ik).then_some(now))
}

/// Who answers at a domain, also where an admin has yet to decide about it: nobody can be refused by name before they have
/// shown that it is theirs. `older_than`: what was fetched then is not good enough.
async fn look(app: &App, domain: &Domain, older_than: Option<i64>) -> Result<Peer, CallError> {
    match app.peers.trust.book().judge(domain) {
        Ok(()) | Err(Code::InReview) => {}
        Err(code) => return Err(code.into()),
    }
    if app.peers.domains.current(app, domain) == app.domain {
        return Err(CallError::Refused(Code::OriginIsSelf));
    }
    let discovery = &app.peers.discovery;
    let now = app.clock.now_ms();
    let good = |peer: &Peer| older_than.is_none_or(|t| peer.fetched_at > t);
    if let Some(peer) = discovery.cached(domain, now).filter(|p| good(p)) {
        return Ok(peer);
    }
    let flight = open(&discovery.flights).entry(domain.clone()).or_default().clone();
    let result = {
        let _alone = flight.lock().await;
        match discovery.cached(domain, now).filter(|p| good(p)) {
            Some(peer) => Ok(peer),
            None => refresh(app, domain, older_than).await,
        }
    };
    let mut flights = open(&discovery.flights);
    // Two owners: the map and this call. Nobody else waits.
    if Arc::strong_count(&flight) <= 2 {
        flights.remove(domain);
    }
    drop(flights);
    let peer = result?;
    // It may have turned out to be one that is known under another name.
    match app.peers.trust.book().judge(&peer.domain) {
        Ok(()) | Err(Code::InReview) => Ok(peer),
        Err(code) => Err(code.into()),
    }
}

async fn refresh(app: &App, domain: &Domain, older_than: Option<i64>) -> Result<Peer, CallError> {
    let discovery = &app.peers.discovery;
    let now = app.clock.now_ms();
    if let Some(why) = discovery.absent(domain, now) {
        return Err(why);
    }
    let stored = stored(app, domain).await?;
    let kept = stored.as_ref().and_then(|row| peer_of(row, now));
    if let (None, Some(peer)) = (older_than, &kept)
        && now - peer.fetched_at < CACHE_MS
    {
        open(&discovery.known).insert(domain.clone(), peer.clone());
        return Ok(peer.clone());
    }
    match (fetch(app, domain).await, kept) {
        (Ok(doc), _) if doc.moved.is_some() => {
            let found = domains::follow(app, domain, stored.as_ref(), &doc).await;
            if let Err(e) = &found {
                discovery.remember_absent(domain, now + NEGATIVE_MS, e.clone());
            }
            found
        }
        (Ok(doc), _) => accept(app, domain, doc, None).await,
        // Stale but still valid by its own word: better than nothing while the peer is away.
        (Err(_), Some(peer)) if older_than.is_none() => {
            open(&discovery.known).insert(domain.clone(), peer.clone());
            Ok(peer)
        }
        (Err(e), _) => {
            discovery.remember_absent(domain, now + NEGATIVE_MS, e.clone());
            Err(e)
        }
    }
}

async fn stored(app: &App, domain: &Domain) -> Result<Option<store::PeerRow>, CallError> {
    let row = async {
        let mut read = app.db.read().await?;
        store::peer(&mut read, domain).await
    };
    row.await.map_err(|e| CallError::Unreachable(format!("our own database: {e}")))
}

fn peer_of(row: &store::PeerRow, now: i64) -> Option<Peer> {
    let doc = InstanceDoc::from_slice(row.doc.as_bytes()).ok()?;
    (row.state.is_none() && now < doc.usable_until()).then(|| Peer {
        domain: row.domain.clone(),
        ik: row.ik.clone(),
        doc: Arc::new(doc),
        fetched_at: row.fetched_at,
        first_met: row.first_met,
    })
}

/// Takes a document that a domain serves, and writes down who is there. `via`: a domain from which the document there led
/// to this one.
///
/// # Errors
/// Where it does not hold, or is not of the instance that is known there.
pub(super) async fn accept(
    app: &App,
    domain: &Domain,
    doc: InstanceDoc,
    via: Option<&Domain>,
) -> Result<Peer, CallError> {
    let (discovery, now) = (&app.peers.discovery, app.clock.now_ms());
    let db = |e: crate::db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let stored = stored(app, domain).await?;
    let mut met = store::peers_of(&mut app.db.read().await.map_err(db)?, &doc.ik).await.map_err(db)?;
    met.retain(|row| row.domain != *domain);
    let first_met = stored.iter().chain(&met).map(|row| row.first_met).min().unwrap_or(now);
    let judged = match stored.map(|row| row.pin) {
        None => domains::judge(app, domain, &met, &doc, now),
        Some(mut pin) => pin.update(&doc, now).map(|_| pin),
    };
    match judged {
        Ok(pin) => {
            let text = String::from_utf8(doc.to_vec()?).map_err(|e| CallError::Answer(e.to_string()))?;
            let mut left: Vec<Domain> = met.into_iter().map(|row| row.domain).collect();
            left.extend(via.filter(|via| !left.contains(via)).cloned());
            let mut tx = app.db.begin().await.map_err(db)?;
            domains::write(&mut tx, &app.config.federation, &left, domain, &pin.ik, now).await.map_err(db)?;
            store::put_document(&mut tx, &pin, &text, now).await.map_err(db)?;
            tx.commit().await.map_err(db)?;
            app.peers.domains.taken(domain);
            let peer = Peer { domain: domain.clone(), ik: pin.ik, doc: Arc::new(doc), fetched_at: now, first_met };
            // What admins decided about it counts before anything is answered to it under its new name.
            if !left.is_empty() {
                domains::renamed(app, &left, &peer).await?;
            }
            open(&discovery.known).insert(domain.clone(), peer.clone());
            app.peers.streams.judge(domain, Some(&peer.doc), now);
            Ok(peer)
        }
        Err(code) => {
            if code == Code::IdentityChanged {
                app.peers.streams.judge(domain, None, now);
                tracing::error!(%domain, "another instance answers at a known domain: it is refused until an admin accepts it");
                let mut tx = app.db.begin().await.map_err(db)?;
                store::set_state(&mut tx, domain, Some(code.as_str())).await.map_err(db)?;
                tx.commit().await.map_err(db)?;
                open(&discovery.known).remove(domain);
            }
            let why = CallError::Refused(code);
            discovery.remember_absent(domain, now + NEGATIVE_MS, why.clone());
            Err(why)
        }
    }
}

pub(super) async fn fetch(app: &App, domain: &Domain) -> Result<InstanceDoc, CallError> {
    let discovery = &app.peers.discovery;
    discovery.rate.take((), app.clock.now_ms()).map_err(|_| CallError::Unreachable("too many new instances".into()))?;
    let _slot = discovery.slots.acquire().await.map_err(|e| CallError::Unreachable(e.to_string()))?;
    let scheme = if domain.is_dev() { "http" } else { "https" };
    let request = axum::http::Request::builder()
        .method(Method::GET)
        .uri(format!("{scheme}://{domain}/.well-known/conntext"))
        .header(header::ACCEPT, "application/json")
        .body(Body::empty())
        .map_err(|e| CallError::Unreachable(e.to_string()))?;
    let patience = Duration::from_millis(app.config.federation.request_timeout_ms);
    let work = async {
        let response = app.peers.transport.send(request).await.map_err(|e| CallError::Unreachable(e.to_string()))?;
        if response.status() != StatusCode::OK {
            return Err(CallError::Unreachable(format!("it answered {} when asked who it is", response.status())));
        }
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind != "application/json" {
            return Err(CallError::Answer("what it says about itself is no JSON".into()));
        }
        let bytes = read_capped(response.into_body(), MAX_DOCUMENT, patience).await;
        let bytes = bytes.map_err(|e| CallError::Unreachable(e.to_string()))?;
        InstanceDoc::from_slice(&bytes).map_err(|code| CallError::Answer(format!("what it says about itself: {code}")))
    };
    tokio::time::timeout(patience, work)
        .await
        .unwrap_or_else(|_| Err(CallError::Unreachable("no answer in time".into())))
}
