//! Instances that change their domain: this one, and others. An instance is its root key; the domain is where it is
//! reached, and it says by a signed document which one that is.

pub mod own;
pub mod store;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use axum::extract::Request;
use axum::http::header;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::InstanceId;
use conntext_federation::instance::{InstanceDoc, Pin};

use super::call::CallError;
use super::discovery::{self, Peer};
use super::store as peers;
use super::{hello, trust};
use crate::App;
use crate::app::Base;
use crate::bus::Notice;
use crate::cluster::Word;
use crate::config::Federation;
use crate::db;

const DAY_MS: i64 = 86_400_000;
/// From domain to domain: more often an instance is not followed at once.
const MOST_STEPS: usize = 4;

/// Domains that instances have left.
pub struct Domains {
    own: Vec<(Domain, i64)>,
    others: RwLock<HashMap<Domain, (Domain, i64)>>,
    /// For how long such a domain leads on, milliseconds.
    counts_ms: i64,
}

impl Domains {
    /// Reads them.
    ///
    /// # Errors
    /// From the database.
    pub(super) async fn load(base: &Base) -> db::Result<Self> {
        let (mut own, mut others) = (Vec::new(), HashMap::new());
        for former in store::all(&mut base.db.read().await?).await? {
            let parse = |text: &str| Domain::parse_normal(text, true).ok();
            let (Some(domain), Some(to)) = (parse(&former.domain), parse(&former.went_to)) else { continue };
            if former.ik == base.keys.ik.as_str() {
                own.push((domain, former.left_at));
            } else {
                others.insert(domain, (to, former.left_at));
            }
        }
        let counts_ms = i64::from(base.config.federation.former_domain_days) * DAY_MS;
        Ok(Self { own, others: RwLock::new(others), counts_ms })
    }

    /// Whether this instance was at a domain until lately: it still answers there, and says where it went.
    pub fn was_ours(&self, domain: &str, now_ms: i64) -> bool {
        self.own.iter().any(|(own, left_at)| own.as_str() == domain && now_ms - left_at < self.counts_ms)
    }

    /// The domain that this instance left last, if it still leads on, and until when it does, milliseconds.
    pub fn last_own(&self, now_ms: i64) -> Option<(String, i64)> {
        let (domain, left_at) = self.own.iter().max_by_key(|(_, left_at)| *left_at)?;
        let until = left_at + self.counts_ms;
        (now_ms < until).then(|| (domain.to_string(), until))
    }

    /// Whether a domain is this instance's, or was until lately.
    pub fn is_ours(&self, base: &Base, domain: &str) -> bool {
        domain == base.domain.as_str() || self.was_ours(domain, base.clock.now_ms())
    }

    /// The domain that a request was sent to, where that is one that this instance has left.
    pub fn former(&self, request: &Request, now_ms: i64) -> Option<Domain> {
        if self.own.is_empty() {
            return None;
        }
        // HTTP/2 names it in the address, HTTP/1 in a header.
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(|authority| authority.as_str()).or(host)?;
        // People may come by another port than the usual one.
        let names = |own: &&Domain| {
            host.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        self.own.iter().map(|(own, _)| own).filter(|own| self.was_ours(own.as_str(), now_ms)).find(names).cloned()
    }

    /// Where the instance is reached now that was at `domain` until lately.
    pub fn current(&self, base: &Base, domain: &Domain) -> Domain {
        let now = base.clock.now_ms();
        if self.was_ours(domain.as_str(), now) {
            return base.domain.clone();
        }
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        let to = others.get(domain).filter(|(_, left_at)| now - left_at < self.counts_ms);
        to.map_or_else(|| domain.clone(), |(to, _)| to.clone())
    }

    /// Somebody is at a domain that was left.
    pub(super) fn taken(&self, domain: &Domain) {
        self.others.write().unwrap_or_else(PoisonError::into_inner).remove(domain);
    }

    fn note(&self, from: &Domain, to: &Domain, now_ms: i64) {
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        others.remove(to);
        for (went_to, _) in others.values_mut().filter(|(went_to, _)| went_to == from) {
            *went_to = to.clone();
        }
        others.insert(from.clone(), (to.clone(), now_ms));
    }
}

fn own_fault(e: db::Error) -> CallError {
    CallError::Unreachable(format!("our own database: {e}"))
}

/// Goes on from a domain whose document says that its instance has left it. Answers where it is now.
///
/// # Errors
/// Where the documents do not hold, or lead nowhere.
pub(super) async fn follow(
    app: &App,
    from: &Domain,
    stored: Option<&peers::PeerRow>,
    doc: &InstanceDoc,
) -> Result<Peer, CallError> {
    let now = app.clock.now_ms();
    let known = stored.filter(|row| row.ik == doc.ik);
    let mut at = match known {
        Some(row) => row.pin.way(doc, now)?,
        // Another instance was known there.
        None if stored.is_some() => return Err(Code::IdentityChanged.into()),
        None => doc.way(from, now)?,
    };
    for _ in 0..MOST_STEPS {
        if at == app.domain {
            return Err(Code::OriginIsSelf.into());
        }
        match app.peers.trust.book().judge(&at) {
            // Whoever is let in here was let in as this instance.
            Err(Code::NotAllowed | Code::InReview) if known.is_some() => {}
            judged => judged?,
        }
        let next = discovery::fetch(app, &at).await?;
        if next.ik != doc.ik {
            return Err(Code::IdentityChanged.into());
        }
        match next.way(&at, now) {
            Ok(further) => at = further,
            Err(Code::NotFound) => return discovery::accept(app, &at, next, Some(from)).await,
            Err(code) => return Err(code.into()),
        }
    }
    Err(CallError::Answer("a way from domain to domain without an end".into()))
}

/// The pin of an instance that answers at a domain at which it was not met before, with the domains at which it was.
///
/// # Errors
/// For a document that is older than what is known of the instance, or whose root key does not follow; the code where it
/// is not spoken with.
pub(super) fn judge(
    app: &App,
    at: &Domain,
    met: &[peers::PeerRow],
    doc: &InstanceDoc,
    now_ms: i64,
) -> Result<Pin, Code> {
    let Some(newest) = met.iter().max_by_key(|row| row.pin.serial) else { return Pin::first(at, doc, now_ms) };
    // Whoever was shut out by the configuration is not let in under another name.
    if met.iter().any(|row| app.peers.trust.book().denied(&row.domain)) {
        return Err(Code::Blocked);
    }
    newest.pin.follow(at, doc, now_ms)
}

/// Writes down that an instance is at a domain, and went there from these.
pub(super) async fn write(
    tx: &mut db::Tx,
    config: &Federation,
    left: &[Domain],
    at: &Domain,
    ik: &InstanceId,
    now_ms: i64,
) -> db::Result<()> {
    store::taken(tx, at).await?;
    for from in left {
        carry_rule(tx, config, from, at, now_ms).await?;
        store::rename(tx, from, at).await?;
        store::note(tx, from, at, ik, now_ms).await?;
    }
    Ok(())
}

/// What admins decided about an instance counts for it under its new domain, too, unless they have decided about that one. A
/// rule for everything below a domain keeps whoever leaves it out, and lets nobody in.
async fn carry_rule(tx: &mut db::Tx, config: &Federation, from: &Domain, to: &Domain, now_ms: i64) -> db::Result<()> {
    let book = trust::Book::read(tx, config).await?;
    let own = |rule: &&trust::Rule, domain: &Domain| rule.pattern == domain.as_str();
    let kept = book.rule(from).filter(|rule| rule.verdict != trust::Verdict::Allow || own(rule, from));
    let Some(rule) = kept.filter(|_| !book.rule(to).is_some_and(|rule| own(&rule, to))) else { return Ok(()) };
    let rule = trust::Rule { pattern: to.to_string(), changed_at: now_ms, ..rule.clone() };
    trust::store::put(tx, vec![rule]).await?;
    trust::store::touch(tx).await
}

/// An instance was written down under another domain: what is held in memory follows.
///
/// # Errors
/// From the database.
pub(super) async fn renamed(app: &App, left: &[Domain], peer: &Peer) -> Result<(), CallError> {
    for from in left {
        tracing::warn!(%from, to = %peer.domain, ik = %peer.ik, "an instance has another domain now");
        heed(app, from, &peer.domain).await.map_err(own_fault)?;
        app.cluster.tell(Word::Renamed { from: from.clone(), to: peer.domain.clone() });
    }
    app.peers.revive(&peer.ik);
    hello::say_soon(app, &peer.ik);
    Ok(())
}

/// What each process holds in memory of an instance that has another domain now.
///
/// # Errors
/// From the database.
pub async fn heed(app: &App, from: &Domain, to: &Domain) -> db::Result<()> {
    app.peers.domains.note(from, to, app.clock.now_ms());
    app.peers.discovery.forget(from);
    app.peers.discovery.forgive(to);
    app.peers.statuses_of(from, to);
    app.peers.streams.cut(from, Code::Moved);
    let mut read = app.db.read().await?;
    let other_rules = trust::store::revision(&mut read).await? != app.peers.trust.book().revision;
    let book = if other_rules { Some(trust::Book::read(&mut read, &app.config.federation).await?) } else { None };
    drop(read);
    if let Some(book) = book {
        trust::turn(app, book).await?;
    }
    for log in app.log.all() {
        let leads = log.hub_domain() == from.as_str();
        if leads {
            app.log.set_hub_domain(&log, to.as_str()).await?;
        }
        let at = |domain: &str| domain == from.as_str() || domain == to.as_str();
        if leads || log.state().instances.values().any(|instance| at(&instance.domain)) {
            app.bus.tell_server_here(&log.sid, Notice::Changed);
            app.bus.tell_server_here(&log.sid, Notice::Reread);
        }
    }
    Ok(())
}
