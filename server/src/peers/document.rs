//! What this instance says about itself to others.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use conntext_federation::domain::Domain;
use conntext_federation::instance::{InstanceDoc, InstanceFields, MAX_DOCUMENT_MS, Mode, RootKey, Software};
use conntext_federation::keys::Kid;
use conntext_federation::{event, wire};

use super::trust;
use crate::App;
use crate::app::Base;
use crate::config;
use crate::db;
use crate::error::{Problem, Result};
use crate::http::Path;
use crate::keys::KeysError;

/// The name of the fact that holds the newest document.
const FACT: &str = "instance_document";
/// A document is made anew when less than this is left of it, milliseconds.
const RENEW_MS: i64 = MAX_DOCUMENT_MS / 4;
/// A freshness line is made anew after this time, milliseconds.
const FRESH_MS: i64 = 3_600_000;

/// The document with its newest freshness line.
pub struct Document {
    held: Mutex<Held>,
    /// One at a time makes it anew, or two documents would have the same serial.
    renewing: tokio::sync::Mutex<()>,
}

struct Held {
    doc: InstanceDoc,
    /// When its freshness line was signed, and with which key.
    fresh: Option<(i64, Kid)>,
}

fn mode(mode: config::Mode) -> Mode {
    match mode {
        config::Mode::Open => Mode::Open,
        // To others it is the same: not without the word of an admin.
        config::Mode::Review | config::Mode::Allowlist => Mode::Allowlist,
        config::Mode::Closed => Mode::Closed,
    }
}

/// The largest number that may stand in signed objects.
fn bounded(n: u64) -> u64 {
    n.min(conntext_federation::canonical::MAX_INTEGER)
}

fn fields(base: &Base, mode_now: config::Mode) -> InstanceFields {
    let scheme = if base.domain.is_dev() { "http" } else { "https" };
    let limits = [
        ("request_bytes", wire::MAX_REQUEST_BYTES as u64),
        ("event_bytes", event::MAX_EVENT_BYTES as u64),
        ("push_events", wire::MAX_PUSH_EVENTS as u64),
        ("actions", wire::MAX_ACTIONS as u64),
        ("media_bytes", bounded(base.config.storage.media_max_bytes)),
    ];
    let contact = base.config.federation.contact.trim();
    InstanceFields {
        v: 1,
        ik: base.keys.ik.clone(),
        domain: base.domain.clone(),
        api: format!("{scheme}://{}/federation/v1", base.domain),
        serial: 0,
        root: RootKey { public: base.keys.root.public() },
        root_history: Vec::new(),
        keys: base.keys.listed(),
        software: Software { name: "conntext".into(), version: env!("CARGO_PKG_VERSION").into() },
        mode: mode(mode_now),
        limits: limits.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<BTreeMap<_, _>>(),
        contact: (!contact.is_empty()).then(|| contact.to_owned()),
        moved: None,
        issued_at: 0,
        valid_until: 0,
    }
}

impl Document {
    /// The document as it was, or a newer one where the configuration has changed.
    ///
    /// # Errors
    /// From the database, or where our own types would not fit the protocol.
    pub async fn open(base: &Base) -> Result<Self> {
        let mut read = base.db.read().await?;
        let stored = db::fact(&mut read, FACT).await?;
        drop(read);
        let old = stored.and_then(|text| InstanceDoc::from_slice(text.as_bytes()).ok());
        let doc = newest(base, old, true).await?;
        Ok(Self { held: Mutex::new(Held { doc, fresh: None }), renewing: tokio::sync::Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Its serial.
    pub fn serial(&self) -> u64 {
        self.held().doc.serial
    }

    /// Makes the document anew where the keys have changed or its time runs out; without the `duties` it is taken as
    /// another process made it. Answers its serial.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn renew(&self, base: &Base, duties: bool) -> Result<u64> {
        let _alone = self.renewing.lock().await;
        let old = self.held().doc.clone();
        let serial = old.serial;
        let doc = newest(base, Some(old), duties).await?;
        let mut held = self.held();
        if doc.serial > serial {
            *held = Held { doc, fresh: None };
        }
        Ok(held.doc.serial)
    }

    /// The document of a domain that this instance has left, in canonical bytes: it names where the instance went.
    async fn former_bytes(&self, base: &Base, former: &Domain) -> Result<Vec<u8>> {
        // With the keys in use now.
        self.bytes(base).await?;
        let mut doc = self.held().doc.at_former(former, &base.keys.root)?;
        doc.freshen(&base.keys.signing(), base.clock.now_ms())?;
        Ok(doc.to_vec()?)
    }

    /// The canonical bytes to serve, with a freshness line that is at most an hour old.
    async fn bytes(&self, base: &Base) -> Result<Vec<u8>> {
        // A key is never in use before the document that names it is there.
        if self.held().doc.keys != base.keys.listed() {
            self.renew(base, true).await?;
        }
        let now = base.clock.now_ms();
        let key = base.keys.signing();
        let kid = key.public().kid();
        let mut held = self.held();
        let fresh = held.fresh.as_ref().is_some_and(|(at, by)| *by == kid && (0..=FRESH_MS).contains(&(now - at)));
        if !fresh {
            held.doc.freshen(&key, now)?;
            held.fresh = Some((now, kid));
        }
        Ok(held.doc.to_vec()?)
    }
}

/// The document as it was, or a newer one, which is stored.
async fn newest(base: &Base, mut old: Option<InstanceDoc>, duties: bool) -> Result<InstanceDoc> {
    let now = base.clock.now_ms();
    let mut read = base.db.read().await?;
    let mut wanted = fields(base, trust::mode(&mut read, &base.config.federation).await?);
    // Another process may have made a newer one.
    let stored = db::fact(&mut read, FACT).await?;
    drop(read);
    let stored = stored.and_then(|text| InstanceDoc::from_slice(text.as_bytes()).ok());
    let newer = stored.filter(|there| old.as_ref().is_none_or(|old| there.serial > old.serial));
    if newer.is_some() {
        old = newer;
    }
    if let Some(old) = old {
        (wanted.serial, wanted.issued_at, wanted.valid_until) = (old.serial, old.issued_at, old.valid_until);
        let same = if duties { *old.body() == wanted } else { old.body().keys == wanted.keys };
        // What a clock wrote that was ahead would be refused as long as it was wrong.
        let timely = old.issued_at <= now && old.valid_until - now > RENEW_MS;
        if same && timely {
            return Ok(old);
        }
    }
    // Never lower than what others have pinned, even when the database was restored from an older copy.
    wanted.serial = (wanted.serial + 1).max(u64::try_from(now / 1000).unwrap_or(0));
    wanted.issued_at = now;
    wanted.valid_until = now + MAX_DOCUMENT_MS;
    let doc = InstanceDoc::sign(wanted, &base.keys.root)?;
    let text = String::from_utf8(doc.to_vec()?).map_err(Problem::internal)?;
    let mut tx = base.db.begin().await?;
    let there = db::fact(&mut tx, FACT).await?.and_then(|text| InstanceDoc::from_slice(text.as_bytes()).ok());
    if let Some(there) = there.filter(|there| there.serial >= doc.serial) {
        // Another process was first; what is still missing in its document is made the next time.
        return Ok(there);
    }
    db::set_fact(&mut tx, FACT, &text).await?;
    tx.commit().await?;
    Ok(doc)
}

/// Canonical JSON as it is.
pub(super) fn canonical_json(bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

/// `GET /.well-known/conntext`
pub(super) async fn serve(State(app): State<App>, request: Request) -> Result<Response> {
    let bytes = match app.peers.domains.former(&request, app.clock.now_ms()) {
        Some(former) => app.peers.document.former_bytes(&app, &former).await?,
        None => app.peers.document.bytes(&app).await?,
    };
    Ok(canonical_json(bytes))
}

/// `GET /federation/v1/keys/{kid}`: a root-signed statement that lists the key, also one that retired long ago.
pub(super) async fn key(State(app): State<App>, Path(kid): Path<String>) -> Result<Response> {
    let kid = Kid::parse(&kid).map_err(|_| Problem::not_found())?;
    match app.keys.statement_of(&kid) {
        Ok(statement) => Ok(canonical_json(statement.to_vec()?)),
        Err(KeysError::Ring(_)) => Err(Problem::not_found()),
        Err(e) => Err(Problem::internal(e)),
    }
}
