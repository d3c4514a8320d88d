//! Whether each peer answers, in memory and on disk.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use conntext_federation::domain::Domain;
use conntext_federation::ids::InstanceId;

use super::{Peer, Peers, store};
use crate::App;
use crate::db;

/// Rows are written at most this often while nothing changes, milliseconds.
const WRITE_EVERY_MS: i64 = 60_000;

#[derive(Clone, Copy, Default)]
struct Memory {
    failures: u64,
    last_seen: i64,
    last_ok: i64,
    seen_written: i64,
    ok_written: i64,
}

/// What is known in memory about which peer answers.
#[derive(Default)]
pub struct Statuses(Mutex<HashMap<Domain, Memory>>);

/// An instance that was met, for lists.
#[derive(Clone, Debug)]
pub struct PeerStatus {
    /// Where it is reached.
    pub domain: Domain,
    /// Who it is.
    pub ik: InstanceId,
    /// Whether the last try to reach it succeeded.
    pub reachable: bool,
    /// When it was last heard from or answered, milliseconds.
    pub last_contact: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Whether the configuration lets us speak with it.
    pub allowed: bool,
}

impl Statuses {
    fn open(&self) -> MutexGuard<'_, HashMap<Domain, Memory>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn logged(domain: &Domain, result: db::Result<()>) {
    if let Err(e) = result {
        tracing::warn!(%domain, error = %e, "what is known of a peer could not be written");
    }
}

impl Peers {
    /// A request of the peer was verified.
    pub(super) async fn heard(&self, app: &App, peer: &Peer) {
        let now = app.clock.now_ms();
        let (was_down, write) = {
            let mut all = self.statuses.open();
            let memory = all.entry(peer.domain.clone()).or_default();
            memory.last_seen = now;
            let write = now - memory.seen_written >= WRITE_EVERY_MS;
            if write {
                memory.seen_written = now;
            }
            (memory.failures > 0, write)
        };
        self.discovery.forgive(&peer.domain);
        if was_down {
            // What waits for it need not wait for the end of its pause.
            app.log.hub_answers(&peer.ik, true);
            self.revive(&peer.ik);
        }
        if write {
            let written = async {
                let mut tx = app.db.begin().await?;
                store::seen(&mut tx, &peer.domain, now).await?;
                tx.commit().await
            };
            logged(&peer.domain, written.await);
        }
    }

    /// The peer answered.
    pub(super) async fn reached(&self, app: &App, peer: &Peer) {
        let now = app.clock.now_ms();
        let (was_down, write) = {
            let mut all = self.statuses.open();
            let memory = all.entry(peer.domain.clone()).or_default();
            let was_down = std::mem::take(&mut memory.failures) > 0;
            memory.last_ok = now;
            let write = was_down || now - memory.ok_written >= WRITE_EVERY_MS;
            if write {
                memory.ok_written = now;
            }
            (was_down, write)
        };
        app.log.hub_answers(&peer.ik, true);
        if was_down {
            self.revive(&peer.ik);
        }
        if write {
            let written = async {
                let mut tx = app.db.begin().await?;
                store::answered(&mut tx, &peer.domain, now).await?;
                tx.commit().await
            };
            logged(&peer.domain, written.await);
        }
    }

    /// The peer did not answer.
    pub(super) async fn missed(&self, app: &App, peer: &Peer, why: &str) {
        self.statuses.open().entry(peer.domain.clone()).or_default().failures += 1;
        app.log.hub_answers(&peer.ik, false);
        let why: String = why.chars().take(200).collect();
        let written = async {
            let mut tx = app.db.begin().await?;
            store::failed(&mut tx, &peer.domain, &why).await?;
            tx.commit().await
        };
        logged(&peer.domain, written.await);
    }

    /// Tries in a row that a peer did not answer.
    pub(super) fn failures(&self, domain: &Domain) -> u64 {
        self.statuses.open().get(domain).map_or(0, |m| m.failures)
    }

    /// When the peer was last heard from or answered, since the start of this process, milliseconds.
    pub(super) fn last_contact(&self, domain: &Domain) -> i64 {
        self.statuses.open().get(domain).map_or(0, |m| m.last_seen.max(m.last_ok))
    }
}

/// All instances that were met.
///
/// # Errors
/// From the database.
pub async fn known(app: &App) -> db::Result<Vec<PeerStatus>> {
    let mut read = app.db.read().await?;
    let rows = store::peers(&mut read).await?;
    Ok(rows
        .into_iter()
        .map(|row| PeerStatus {
            reachable: row.failures == 0 && row.state.is_none(),
            last_contact: row.last_seen.max(row.last_ok).max(app.peers.last_contact(&row.domain)),
            last_error: row.state.or(row.last_error),
            allowed: super::trusted(&app.config.federation, &row.domain).is_ok(),
            domain: row.domain,
            ik: row.ik,
        })
        .collect())
}
