//! Whether each peer answers, in memory and on disk.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::InstanceId;

use super::limits::new_for_ms;
use super::trust::Book;
use super::{Peer, Peers, hello, store};
use crate::app::Base;
use crate::cluster::Word;
use crate::config::Federation;
use crate::{App, db};

/// Rows are written at most this often while nothing changes, milliseconds.
const WRITE_EVERY_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

#[derive(Clone, Copy, Default)]
struct Memory {
    failures: u64,
    failing_since: i64,
    last_seen: i64,
    last_ok: i64,
    seen_written: i64,
    ok_written: i64,
}

/// What is known in memory about which peer answers.
#[derive(Default)]
pub struct Statuses(Mutex<HashMap<Domain, Memory>>);

/// How it stands with an instance that was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It answered the last time, or was heard from since.
    Answers,
    /// It did not answer the last time.
    Away,
    /// It did not answer several times: one request at a time probes it.
    Down,
    /// It did not answer for weeks and is no longer tried; when it is heard from, all goes on where it ended.
    Dormant,
}

impl Standing {
    fn of(config: &Federation, failures: u64, failing_since: i64, now_ms: i64) -> Self {
        if failures == 0 {
            Self::Answers
        } else if failures < u64::from(config.down_after) {
            Self::Away
        } else if now_ms - failing_since < i64::from(config.dormant_days) * DAY_MS {
            Self::Down
        } else {
            Self::Dormant
        }
    }

    /// As lists show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Away => "away",
            Self::Down => "down",
            Self::Dormant => "dormant",
        }
    }
}

/// An instance that was met, for lists.
#[derive(Clone, Debug)]
pub struct PeerStatus {
    /// Where it is reached.
    pub domain: Domain,
    /// Who it is.
    pub ik: InstanceId,
    /// Whether the last try to reach it succeeded.
    pub reachable: bool,
    /// How it stands with it.
    pub standing: Standing,
    /// Tries in a row without an answer.
    pub failures: u64,
    /// Since when it does not answer, milliseconds; 0 while it does.
    pub failing_since: i64,
    /// How long it is still new and slowed down, milliseconds; 0 when it is not.
    pub new_for_ms: i64,
    /// When it was last heard from or answered, milliseconds.
    pub last_contact: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Why this instance does not speak with it; none where it does.
    pub refused: Option<Code>,
}

impl PeerStatus {
    /// From what is stored, at a time in milliseconds.
    pub fn of(config: &Federation, book: &Book, row: store::PeerRow, now_ms: i64) -> Self {
        Self {
            reachable: row.failures == 0 && row.state.is_none(),
            standing: Standing::of(config, row.failures, row.failing_since, now_ms),
            failures: row.failures,
            failing_since: row.failing_since,
            new_for_ms: match book.rule(&row.domain) {
                Some(_) => 0,
                None => new_for_ms(config, row.first_met, now_ms),
            },
            last_contact: row.last_seen.max(row.last_ok),
            last_error: row.state.or(row.last_error),
            refused: book.judge(&row.domain).err(),
            domain: row.domain,
            ik: row.ik,
        }
    }
}

impl Statuses {
    /// What was known when the instance was stopped.
    pub(super) async fn load(base: &Base) -> db::Result<Self> {
        let mut read = base.db.read().await?;
        let rows = store::peers(&mut read).await?;
        let all = rows.into_iter().filter(|row| row.failures > 0).map(|row| {
            let memory = Memory { failures: row.failures, failing_since: row.failing_since, ..Memory::default() };
            (row.domain, memory)
        });
        Ok(Self(Mutex::new(all.collect())))
    }

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
            let was_down = std::mem::take(&mut memory.failures) > 0;
            memory.failing_since = 0;
            let write = was_down || now - memory.seen_written >= WRITE_EVERY_MS;
            if write {
                memory.seen_written = now;
            }
            (was_down, write)
        };
        self.discovery.forgive(&peer.domain);
        if was_down {
            // What waits for it need not wait for the end of its pause.
            app.log.hub_answers(&peer.ik, true);
            self.revive(&peer.ik);
            hello::say_soon(app, &peer.ik);
        }
        if write {
            // Whoever has the duties need not wait for the end of its pause either.
            app.cluster.tell(Word::Peer { ik: peer.ik.clone(), domain: peer.domain.clone() });
            let written = async {
                let mut tx = app.db.begin().await?;
                store::seen(&mut tx, &peer.domain, now).await?;
                tx.commit().await
            };
            logged(&peer.domain, written.await);
        }
    }

    /// Another process has heard from a peer, or has news for it.
    ///
    /// # Errors
    /// From the database.
    pub async fn heard_elsewhere(&self, app: &App, ik: &InstanceId, domain: &Domain) -> db::Result<()> {
        let was_down = {
            let mut all = self.statuses.open();
            let memory = all.entry(domain.clone()).or_default();
            memory.last_seen = app.clock.now_ms();
            memory.failing_since = 0;
            std::mem::take(&mut memory.failures) > 0
        };
        self.discovery.forgive(domain);
        if !app.cluster.has_duties() {
            return Ok(());
        }
        let mut read = app.db.read().await?;
        for (peer, log_id, _) in store::cursors(&mut read).await?.into_iter().filter(|(peer, ..)| peer == ik) {
            self.interested(log_id, &peer);
        }
        drop(read);
        if was_down {
            app.log.hub_answers(ik, true);
            hello::say_soon(app, ik);
        }
        self.revive(ik);
        self.deliver_all(app, ik);
        Ok(())
    }

    /// The peer answered.
    pub(super) async fn reached(&self, app: &App, peer: &Peer) {
        let now = app.clock.now_ms();
        let (was_down, write) = {
            let mut all = self.statuses.open();
            let memory = all.entry(peer.domain.clone()).or_default();
            let was_down = std::mem::take(&mut memory.failures) > 0;
            memory.failing_since = 0;
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
        let now = app.clock.now_ms();
        {
            let mut all = self.statuses.open();
            let memory = all.entry(peer.domain.clone()).or_default();
            memory.failures += 1;
            if memory.failing_since == 0 {
                memory.failing_since = now;
            }
        }
        app.log.hub_answers(&peer.ik, false);
        let why: String = why.chars().take(200).collect();
        let written = async {
            let mut tx = app.db.begin().await?;
            store::failed(&mut tx, &peer.domain, &why, now).await?;
            tx.commit().await
        };
        logged(&peer.domain, written.await);
    }

    /// A peer has another domain now.
    pub(super) fn statuses_of(&self, from: &Domain, to: &Domain) {
        let mut all = self.statuses.open();
        if let Some(memory) = all.remove(from) {
            all.entry(to.clone()).or_insert(memory);
        }
    }

    /// Tries in a row that a peer did not answer.
    pub(super) fn failures(&self, domain: &Domain) -> u64 {
        self.statuses.open().get(domain).map_or(0, |m| m.failures)
    }

    /// Whether a peer answered when it was last spoken with.
    pub fn is_up(&self, domain: &Domain) -> bool {
        self.failures(domain) == 0
    }

    /// How it stands with a peer.
    pub(super) fn standing(&self, app: &App, domain: &Domain) -> Standing {
        let memory = self.statuses.open().get(domain).copied().unwrap_or_default();
        Standing::of(&app.config.federation, memory.failures, memory.failing_since, app.clock.now_ms())
    }

    /// Whether a peer was away for so long that nothing is tried any more on our own account.
    pub(super) fn is_dormant(&self, app: &App, domain: &Domain) -> bool {
        self.standing(app, domain) == Standing::Dormant
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
    let (now, book) = (app.clock.now_ms(), app.peers.trust.book());
    let with_memory = |row| {
        let mut status = PeerStatus::of(&app.config.federation, &book, row, now);
        status.last_contact = status.last_contact.max(app.peers.last_contact(&status.domain));
        status
    };
    Ok(rows.into_iter().map(with_memory).collect())
}
