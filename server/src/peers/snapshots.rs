//! The state of a log of ours for an instance whose copy begins. In a large community its people come on pages, which are
//! named by the hashes of what they hold and kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use conntext_federation::ids::{Actor, Hash, InstanceId, ServerId};
use conntext_federation::keys::{KeySig, Signature};
use conntext_federation::state::ServerState;
use conntext_federation::wire::{JoinWord, RowsText, Snapshot};
use conntext_federation::{Code, canonical, hub::position};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::hub::{begin_cursor, entitled};
use super::{Origin, store, unpoison};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Json, Path};
use crate::log::{self as logs, LogError, LogHandle};

/// Profiles that come along with a snapshot.
const PROFILES: usize = 200;
/// The state of a community of more people is written beside the tasks that serve requests.
const LARGE: usize = 2_000;
/// Whoever has not asked for a page for so long begins anew, milliseconds.
const KEPT_MS: i64 = 10 * 60_000;
/// Whoever asks for pages now finds them all, even if they are more than are kept otherwise, milliseconds.
const IN_USE_MS: i64 = 60_000;

struct Kept {
    text: Arc<RowsText>,
    used_ms: i64,
}

/// The pages of the snapshots that were made lately. What several of them have in common is there once.
#[derive(Default)]
pub struct Book(Mutex<HashMap<(ServerId, Hash), Kept>>);

impl Book {
    fn keep(&self, sid: &ServerId, pages: Vec<Page>, most: usize, now_ms: i64) {
        let mut kept = unpoison(&self.0);
        for (hash, text) in pages {
            let page =
                kept.entry((sid.clone(), hash)).or_insert_with(|| Kept { text: Arc::new(text), used_ms: now_ms });
            page.used_ms = now_ms;
        }
        kept.retain(|_, page| page.used_ms.abs_diff(now_ms) < KEPT_MS.unsigned_abs());
        let mut bytes: usize = kept.values().map(|page| page.text.bytes()).sum();
        let idle = kept.iter().filter(|(_, page)| page.used_ms.abs_diff(now_ms) >= IN_USE_MS.unsigned_abs());
        let mut idle: Vec<_> = idle.map(|(key, page)| (page.used_ms, key.clone())).collect();
        idle.sort();
        for (_, key) in idle {
            if bytes <= most {
                return;
            }
            bytes -= kept.remove(&key).map_or(0, |page| page.text.bytes());
        }
    }

    fn page(&self, sid: &ServerId, hash: Hash, now_ms: i64) -> Option<Arc<RowsText>> {
        let mut kept = unpoison(&self.0);
        let page = kept.get_mut(&(sid.clone(), hash))?;
        page.used_ms = now_ms;
        Some(page.text.clone())
    }
}

/// `GET /servers/{sid}/snapshot`: also where the copy begins anew.
pub(super) async fn serve(State(app): State<App>, origin: Origin, Path(sid): Path<ServerId>) -> Result<Json<Snapshot>> {
    let log = entitled(&app, &origin, &sid).await?;
    if log.rewind().is_some() {
        // Whoever began with it would begin with a state that is about to change.
        return Err(LogError::Rewinding.into());
    }
    Ok(Json(make(&app, &log, &origin.ik).await?))
}

/// `GET /servers/{sid}/snapshot/{page}`: what it names as one of its pages.
pub(super) async fn page(
    State(app): State<App>,
    origin: Origin,
    Path((sid, page)): Path<(ServerId, Hash)>,
) -> Result<Json<Arc<RowsText>>> {
    entitled(&app, &origin, &sid).await?;
    // Every member sees who the others are.
    let found = app.peers.snapshots.page(&sid, page, app.clock.now_ms());
    found
        .map(Json)
        .ok_or_else(|| Problem::from(Code::Gone).detail("This page is no longer kept: ask for the snapshot again."))
}

/// A state as text: the first part, and its pages with their hashes.
type Written = (RowsText, Vec<Page>);

type Page = (Hash, RowsText);

fn page_of(state: &ServerState, people: &[Actor]) -> std::result::Result<Page, Code> {
    RowsText::of(&state.people_rows(people)).map(|text| (text.hash(), text))
}

fn written(state: &ServerState, ik: &InstanceId, page: usize) -> std::result::Result<Written, Code> {
    let pages = state.pages_for(ik, page);
    let people = pages.people.iter().map(|people| page_of(state, people)).collect::<std::result::Result<_, Code>>()?;
    Ok((RowsText::of(&pages.first)?, people))
}

/// The same beside the tasks that serve requests, on as many cores as there are.
async fn written_beside(state: ServerState, ik: &InstanceId, page: usize) -> Result<Written> {
    let (state, ik) = (Arc::new(state), ik.clone());
    let whole = Arc::clone(&state);
    let begin = move || {
        let pages = whole.pages_for(&ik, page);
        Ok((RowsText::of(&pages.first)?, pages.people))
    };
    let (first, people) = beside(begin).await?;
    let write = |people: Vec<Actor>| {
        let state = Arc::clone(&state);
        beside(move || page_of(&state, &people))
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok((first, stream::iter(people.into_iter().map(write)).buffered(cores).try_collect().await?))
}

async fn beside<T: Send + 'static>(work: impl FnOnce() -> std::result::Result<T, Code> + Send + 'static) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(Problem::internal)??)
}

/// The state for one instance, signed; delivery to it goes on behind it.
pub(super) async fn make(app: &App, log: &Arc<LogHandle>, ik: &InstanceId) -> Result<Snapshot> {
    // Signed with a key that the log shows, or the receiver could not verify it.
    app.log.show_keys(log).await?;
    let key = app.keys.signing();
    let page = app.config.federation.snapshot_people;
    let (head, text, channels, members, came_at) = {
        let state = log.state();
        let members: Vec<_> =
            state.by_home.values().flatten().filter_map(Actor::user).take(PROFILES).cloned().collect();
        let theirs = state.by_home.get(ik).into_iter().flatten();
        let came_at: Vec<u64> = theirs.filter_map(|actor| state.arrived_by(actor)).collect();
        let large = state.bindings.len() > LARGE;
        let text = if large { Err(state.clone()) } else { Ok(written(&state, ik, page)?) };
        (position(&state), text, state.channels_for(ik), members, came_at)
    };
    let (rows, pages) = match text {
        Ok(text) => text,
        Err(state) => written_beside(state, ik, page).await?,
    };
    let profiles = (app.peers.rooms.profiles)(app, ik, &members).await?;
    let mut read = app.db.read().await?;
    let keys = logs::hub_store::key_statements(&mut read, log.id).await?;
    let genesis = store::genesis(&mut read, log.id).await?.ok_or_else(|| Problem::internal("a log has no genesis"))?;
    let joins = logs::store::events_at(&mut read, &log.sid, log.id, came_at.into_iter()).await?;
    drop(read);
    let keys = keys
        .iter()
        .map(|text| Ok(canonical::from_slice(text.as_bytes())?))
        .collect::<Result<Vec<conntext_federation::instance::KeysStatement>>>()?;
    let genesis = canonical::parse(genesis.as_bytes())?;
    let mut snapshot = Snapshot {
        recipient: ik.clone(),
        sid: log.sid.clone(),
        head: head.clone(),
        rows,
        pages: pages.iter().map(|page| page.0).collect(),
        keys,
        genesis,
        profiles,
        joins: joins.into_iter().map(|e| JoinWord::of(e.event)).collect(),
        sig: KeySig { kid: key.public().kid(), sig: Signature([0; 64]) },
    };
    snapshot.sign(&key)?;
    app.peers.snapshots.keep(&log.sid, pages, app.config.federation.snapshot_kept_mib << 20, app.clock.now_ms());
    begin_cursor(app, log, ik, head.seq, &channels).await?;
    Ok(snapshot)
}
