//! Which channels an instance follows whole: as a hub, what others have asked for; as a follower, what our people open.

mod follower;
mod heads;
mod sight;
pub(super) mod store;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use conntext_federation::ids::{ChannelId, Hash, InstanceId};
use conntext_federation::wire::{self, ChannelHead, Want, WantAnswer};

pub use follower::{everything, opened};
pub(super) use follower::{look, refused, soon, tell_again};
pub(super) use heads::heed;
pub use sight::Sight;

use super::{Message, Origin, hub, unpoison};
use crate::App;
use crate::cluster::Word;
use crate::db;
use crate::error::{Problem, Result};
use crate::http::{Json, Path};
use crate::log::LogHandle;

/// The most channels in one request: as many as a server may have.
const MAX_CHANNELS: usize = 500;

/// The channels that a follower has asked for.
#[derive(Debug)]
pub struct Wish {
    channels: BTreeSet<ChannelId>,
    digest: Hash,
}

impl Wish {
    fn new(channels: BTreeSet<ChannelId>) -> Arc<Self> {
        Arc::new(Self { digest: wire::wish(&channels), channels })
    }
}

type ByPeer = HashMap<InstanceId, Arc<Wish>>;

/// What is remembered of wishes. What others want stands in the database too.
#[derive(Default)]
pub struct Book {
    wants: Mutex<HashMap<i64, ByPeer>>,
    /// Wishes change one at a time, and not while somebody notes what was told by one.
    pub(super) turn: tokio::sync::Mutex<()>,
    follower: follower::Remembered,
}

impl Book {
    fn of(&self, log_id: i64, peer: &InstanceId) -> Option<Arc<Wish>> {
        unpoison(&self.wants).get(&log_id)?.get(peer).cloned()
    }

    fn all_of(&self, log_id: i64) -> Vec<(InstanceId, Arc<Wish>)> {
        let wants = unpoison(&self.wants);
        let mut all: Vec<_> = wants.get(&log_id).into_iter().flatten().map(|(p, w)| (p.clone(), w.clone())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    fn set(&self, log_id: i64, peer: &InstanceId, wanted: Option<Arc<Wish>>) {
        let mut wants = unpoison(&self.wants);
        match wanted {
            Some(wanted) => drop(wants.entry(log_id).or_default().insert(peer.clone(), wanted)),
            None => drop(wants.get_mut(&log_id).map(|by_peer| by_peer.remove(peer))),
        }
    }
}

/// What a follower gets of a log of ours now.
pub(super) fn sight(app: &App, log: &LogHandle, peer: &InstanceId) -> Sight {
    let wanted = app.peers.want.of(log.id, peer);
    Sight::of(&log.state(), peer, wanted)
}

/// Whether what is remembered of a wish still stands in the database: another process may have been told another one.
pub(super) async fn is_current(
    tx: &mut db::Tx,
    app: &App,
    log: &LogHandle,
    peer: &InstanceId,
    wish: Option<Hash>,
) -> db::Result<bool> {
    if !app.cluster.is_shared() {
        return Ok(true);
    }
    Ok(store::want(tx, peer, log.id).await?.map(|channels| wire::wish(&channels)) == wish)
}

/// Another process was told what instances want.
///
/// # Errors
/// From the database.
pub async fn told_elsewhere(app: &App, log_id: i64, peer: &InstanceId) -> db::Result<()> {
    let wanted = store::want(&mut app.db.read().await?, peer, log_id).await?;
    app.peers.want.set(log_id, peer, wanted.map(Wish::new));
    if let Some(log) = app.log.all().into_iter().find(|log| log.id == log_id) {
        app.peers.deliver(app, peer, &log);
    }
    Ok(())
}

/// What a follower has asked for; none for all.
pub(super) fn wish(app: &App, log: &LogHandle, peer: &InstanceId) -> Option<Hash> {
    app.peers.want.of(log.id, peer).map(|wish| wish.digest)
}

/// Its copy begins anew: everything comes until it asks for less.
pub(super) async fn begin(tx: &mut db::Tx, app: &App, log: &LogHandle, peer: &InstanceId) -> db::Result<()> {
    app.peers.want.set(log.id, peer, None);
    store::drop_want(tx, peer, log.id).await
}

/// `POST /servers/{sid}/want`
pub(super) async fn receive(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<conntext_federation::ids::ServerId>,
    Message(want): Message<Want>,
) -> Result<Json<WantAnswer>> {
    // Whoever still has to hear that its last member went cannot take that before both go by the same wish.
    let departed = || app.log.get(&sid).filter(|log| log.hub_here() && hub::was_in(log, &origin.ik));
    let log = match hub::entitled(&app, &origin, &sid).await {
        Ok(log) => log,
        Err(problem) => departed().ok_or(problem)?,
    };
    if want.channels.iter().chain([&want.torn]).any(|channels| channels.len() > MAX_CHANNELS) {
        return Err(Problem::too_large(MAX_CHANNELS as u64));
    }
    let _turn = app.peers.want.turn.lock().await;
    let wanted: Option<Arc<Wish>> = want.channels.map(Wish::new);
    let after = Sight::of(&log.state(), &origin.ik, wanted.clone());
    let heads = heads_of(&log, after.visible.iter());
    let mut tx = app.db.begin().await?;
    if let Some(number) = store::overtaken(&mut tx, &origin.ik, log.id, want.number).await? {
        return Ok(Json(WantAnswer { heads, number }));
    }
    // As the database has it: another process may have been told another one.
    let before = store::want(&mut tx, &origin.ik, log.id).await?.map(Wish::new);
    let before = Sight::of(&log.state(), &origin.ik, before);
    let untold =
        |c: &ChannelId| before.is_whole(c) != after.is_whole(c) || (after.is_whole(c) && want.torn.contains(c));
    let changed: Vec<&ChannelId> = after.visible.iter().filter(|c| untold(c)).collect();
    match &wanted {
        Some(wanted) => store::put_want(&mut tx, &origin.ik, log.id, &wanted.channels).await?,
        None => store::drop_want(&mut tx, &origin.ik, log.id).await?,
    }
    store::doubt_channels(&mut tx, &origin.ik, log.id, changed.into_iter()).await?;
    tx.commit().await?;
    app.peers.want.set(log.id, &origin.ik, wanted);
    app.cluster.tell(Word::Want { log: log.id, peer: origin.ik.clone() });
    app.peers.deliver(&app, &origin.ik, &log);
    Ok(Json(WantAnswer { heads, number: want.number }))
}

fn heads_of<'a>(log: &LogHandle, channels: impl Iterator<Item = &'a ChannelId>) -> Vec<ChannelHead> {
    let state = log.state();
    channels
        .filter_map(|id| state.channels.get(id).map(|c| (id, c)))
        .filter(|(_, c)| c.last_cn > 0)
        .map(|(id, c)| ChannelHead { channel: id.clone(), cn: c.last_cn, ts: c.last_ts })
        .collect()
}

/// Reads what others want, and starts telling them where the other channels end.
///
/// # Errors
/// From the database.
pub(super) async fn start(app: &App) -> db::Result<()> {
    for (peer, log_id, wanted) in store::wants(&mut app.db.read().await?).await? {
        app.peers.want.set(log_id, &peer, Some(Wish::new(wanted)));
    }
    heads::start(app);
    follower::start(app);
    Ok(())
}
