//! Where channels end that are not followed whole: told by signal, so that what is unread can be counted.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use conntext_federation::domain::Domain;
use conntext_federation::ids::{ChannelId, InstanceId, ServerId};
use conntext_federation::wire::{ChannelHead, Signal};
use tokio::sync::broadcast::error::RecvError;

use super::{Sight, heads_of};
use crate::App;
use crate::error::Result;
use crate::log::LogHandle;
use crate::peers::{Origin, signals};

/// How long news are gathered before they are told.
const GATHER: Duration = Duration::from_secs(2);

type Told = HashMap<(InstanceId, i64), HashMap<ChannelId, u64>>;

/// Starts the telling.
pub(super) fn start(app: &App) {
    let (app, tasks) = (app.clone(), app.tasks.clone());
    tasks.spawn(async move {
        let mut grown = app.bus.grown();
        let mut due: BTreeSet<ServerId> = BTreeSet::new();
        let mut told: Told = HashMap::new();
        let mut ticks = tokio::time::interval(GATHER);
        loop {
            tokio::select! {
                biased;
                () = app.stopping.cancelled() => return,
                _ = ticks.tick(), if !due.is_empty() => {
                    for log in std::mem::take(&mut due).iter().filter_map(|sid| app.log.get(sid)) {
                        tell(&app, &log, &mut told);
                    }
                }
                sid = grown.recv() => match sid {
                    Ok(sid) => drop(due.insert(sid)),
                    Err(RecvError::Lagged(_)) => due.extend(app.log.all().iter().map(|log| log.sid.clone())),
                    Err(RecvError::Closed) => return,
                },
            }
        }
    });
}

fn tell(app: &App, log: &LogHandle, told: &mut Told) {
    // One process tells it for all.
    if !log.hub_here() || !app.cluster.has_duties() {
        return;
    }
    for (peer, wanted) in app.peers.want.all_of(log.id) {
        let (sight, domain) = {
            let state = log.state();
            let domain = state.instances.get(&peer).and_then(|i| Domain::parse_normal(&i.domain, true).ok());
            (Sight::of(&state, &peer, Some(wanted)), domain)
        };
        let Some(domain) = domain else { continue };
        let known = told.entry((peer, log.id)).or_default();
        let heads = heads_of(log, sight.visible.iter().filter(|c| !sight.is_whole(c)));
        let news: Vec<ChannelHead> =
            heads.into_iter().filter(|h| known.insert(h.channel.clone(), h.cn) != Some(h.cn)).collect();
        if !news.is_empty() {
            signals::send(app, domain, vec![Signal::Heads { sid: log.sid.clone(), heads: news }]);
        }
    }
}

/// A hub tells where channels end that are not followed whole here.
pub(in crate::peers) async fn heed(
    app: &App,
    origin: &Origin,
    sid: &ServerId,
    heads: Vec<ChannelHead>,
) -> Result<bool> {
    let Some(log) = app.log.get(sid) else { return Ok(false) };
    let from_hub = !log.hub_here() && log.state().info.hub == origin.ik;
    if !from_hub || log.is_whole() || log.quarantined().is_some() || heads.len() > super::MAX_CHANNELS {
        return Ok(false);
    }
    app.log.note_heads(&log, heads).await?;
    Ok(true)
}
