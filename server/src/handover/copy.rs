//! The whole log and all files of a community that comes here, fetched while people talk.

use std::collections::BTreeSet;
use std::sync::Arc;

use conntext_federation::Code;
use conntext_federation::action::Position;
use conntext_federation::domain::Domain;
use conntext_federation::event::Item;
use conntext_federation::hub;
use conntext_federation::hub_move::ArrivalReport;
use conntext_federation::replica::{self, Held};
use conntext_federation::state::ServerState;
use conntext_federation::wire::EventsPage;

use super::arrive::Halt;
use super::open;
use crate::App;
use crate::error::Problem;
use crate::log::{Entry, LogHandle, store};
use crate::media;
use crate::peers;
use crate::servers;

/// Events that are verified at a time.
const PAGE: u64 = 500;
/// Files that are looked up at a time.
const FILES: u64 = 50;

/// The log, folded and verified from its first event on: what the copy here has to agree with.
pub(super) struct Shadow {
    state: Option<ServerState>,
    lost: Vec<(u64, u64)>,
}

fn progress(app: &App, log: &LogHandle, change: impl FnOnce(&mut ArrivalReport)) {
    change(open(&app.handover.progress).entry(log.sid.clone()).or_default());
}

fn broken(code: Code) -> Halt {
    tracing::error!(code = code.as_str(), "a log that comes here does not hold");
    Halt::Stopped(code.as_str().to_owned())
}

impl Shadow {
    /// Before the first event.
    pub(super) fn new(log: &LogHandle) -> Self {
        let first = log.state().info.hub_at(1).clone();
        Self { state: Some(ServerState::new(log.sid.clone(), first)), lost: Vec::new() }
    }

    fn at(&self) -> (u64, Option<&ServerState>) {
        (self.state.as_ref().map_or(0, |state| state.head.seq), self.state.as_ref())
    }

    /// Verifies a page beside the tasks that serve requests.
    async fn accept(&mut self, items: Vec<Item>) -> Result<replica::Accepted, Halt> {
        let mut state = self.state.take().ok_or_else(|| Halt::Later("internal".into()))?;
        let held = Held { lost: self.lost.clone(), ..Held::default() };
        let work = tokio::task::spawn_blocking(move || {
            let accepted = replica::accept(&mut state, items, &held);
            (state, accepted)
        });
        let (state, accepted) = work.await.map_err(Problem::internal)?;
        self.state = Some(state);
        accepted.map_err(|fault| match fault {
            replica::Fault::Stop(code) => broken(code),
            replica::Fault::Gap(_) => broken(Code::Gap),
            replica::Fault::Conflict(_) => broken(Code::LogConflict),
        })
    }

    /// Whether the copy says what the log says. Answers with the place where both are.
    ///
    /// # Errors
    /// [`Halt::Stopped`] where its hub told us of a state that does not follow from its log.
    pub(super) fn compare(&self, log: &LogHandle) -> Result<Position, Halt> {
        let copy = log.state().clone();
        let shadow = self.state.as_ref().ok_or_else(|| Halt::Later("internal".into()))?;
        let place = hub::position(shadow);
        if hub::position(&copy) != place {
            // It has grown just now.
            return Ok(place);
        }
        let same = shadow.digest().map_err(broken)? == copy.digest().map_err(broken)?;
        if same && shadow.channels == copy.channels { Ok(place) } else { Err(broken(Code::CheckpointMismatch)) }
    }
}

/// Brings the shadow to the end of the copy. What the copy lacks is fetched from the hub.
///
/// # Errors
/// [`Halt`] where the hub does not answer or what it shows does not hold.
pub(super) async fn events(app: &App, log: &Arc<LogHandle>, domain: &Domain, shadow: &mut Shadow) -> Result<(), Halt> {
    loop {
        let (after, head) = (shadow.at().0, log.head().seq);
        progress(app, log, |report| (report.events, report.of_events) = (after, head));
        if after >= head {
            return Ok(());
        }
        let held = here(app, log, after, head).await?;
        let items = if held.is_empty() { there(app, log, domain, after, head).await? } else { held };
        let mut accepted = shadow.accept(items).await?;
        shadow.lost.extend(accepted.stubs.iter().map(|stub| stub.stub));
        let moves = shadow.state.as_mut().map(ServerState::take_moves).unwrap_or_default();
        if let Some(state) = &mut shadow.state {
            state.forget_changes();
        }
        let (from, to) = (after + 1, shadow.at().0);
        let mut read = app.db.read().await?;
        let known = store::hashes(&mut read, log.id, from, to).await?;
        drop(read);
        accepted.events.retain(|event| !known.contains_key(&event.event.header.seq));
        let new = accepted.events.into_iter().map(|v| Entry::new(v.event, v.hash, v.content, v.rejected)).collect();
        app.log.complete(log, new, accepted.stubs, moves).await.map_err(Problem::from)?;
    }
}

/// The events behind a place that the copy holds without a gap.
async fn here(app: &App, log: &LogHandle, after: u64, head: u64) -> Result<Vec<Item>, Halt> {
    let mut read = app.db.read().await?;
    let page = store::events_after(&mut read, &log.sid, log.id, after, PAGE).await?;
    drop(read);
    let run = page.into_iter().zip(after + 1..=head).take_while(|(entry, seq)| entry.seq() == *seq);
    Ok(run.map(|(entry, _)| Item::Event(Box::new(entry.event))).collect())
}

/// The events behind a place as the hub shows them, as far as the copy goes: whole, but for what the hub itself lost.
async fn there(app: &App, log: &LogHandle, domain: &Domain, after: u64, head: u64) -> Result<Vec<Item>, Halt> {
    let path = format!("/servers/{}/events?after={after}&limit={PAGE}", log.sid);
    let page: EventsPage = peers::get(app, domain, &path).await?;
    let mut items: Vec<Item> = page.events;
    items.retain(|item| item.range().1 <= head);
    while matches!(items.last(), Some(Item::Stub(_))) {
        items.pop();
    }
    let withheld = items.iter().any(|item| matches!(item, Item::Stub(stub) if !stub.lost));
    if withheld || items.is_empty() {
        return Err(Halt::Later("peer_error".into()));
    }
    Ok(items)
}

/// Fetches every file that a message refers to, and the community's picture.
///
/// # Errors
/// [`Halt::Later`] where the hub does not answer.
pub(super) async fn files(app: &App, log: &Arc<LogHandle>) -> Result<(), Halt> {
    let icon = log.state().info.icon.clone();
    if let Some(icon) = icon
        && let Err(e) = servers::bring_icon(app, &log.sid, &icon.mid).await
    {
        tracing::info!(sid = %log.sid, code = e.code, "the picture of a community that comes here is not there");
    }
    let mut gone = BTreeSet::new();
    loop {
        let (all, lacking) = media::lacking(app, log, FILES).await?;
        let count = u64::try_from(lacking.len()).unwrap_or(0);
        progress(app, log, |report| {
            (report.files, report.of_files) = (report.files.max(all.saturating_sub(count)).min(all), all);
        });
        if lacking.is_empty() {
            progress(app, log, |report| report.files = all);
            return Ok(());
        }
        for file in lacking {
            if !media::complete(app, log, &file).await? && gone.insert(file.mid().clone()) {
                progress(app, log, |report| report.missing += 1);
            }
            progress(app, log, |report| report.files = (report.files + 1).min(all));
        }
    }
}
