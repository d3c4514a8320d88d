//! What this instance shows, as a follower of a log whose hub is lost, to the one that is to go on with it.

use axum::extract::State;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::ServerId;
use conntext_federation::takeover::{EndAnswer, TakeoverAnswer, TakeoverAsk};

use crate::App;
use crate::cluster::Word;
use crate::error::Result;
use crate::http::{Json, Path};
use crate::peers::{self, Message, Origin, hello};

/// `GET /servers/{sid}/end`: for others who follow the log, while its hub does not answer.
pub(super) async fn end(State(app): State<App>, origin: Origin, Path(sid): Path<ServerId>) -> Result<Json<EndAnswer>> {
    let owed = peers::tail::copy_of(&app, &origin, &sid);
    let log = match owed {
        Some(log) => log,
        None => {
            let fellow =
                app.log.get(&sid).filter(|log| !log.hub_here() && log.state().by_home.contains_key(&origin.ik));
            let log = fellow.ok_or(Code::UnknownServer)?;
            let hub = Domain::parse_normal(&log.hub_domain(), true).map_err(|_| Code::UnknownServer)?;
            if hello::say(&app, &hub).await.is_ok() {
                // Where there is a hub, it is the one to ask.
                return Err(Code::NotHub.into());
            }
            log
        }
    };
    Ok(Json(EndAnswer { end: peers::tail::end(&app, &log).await? }))
}

/// `POST /servers/{sid}/takeover`: the recovery keys of a log said that the asking instance goes on with it.
pub(super) async fn asked(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Message(ask): Message<TakeoverAsk>,
) -> Result<Json<TakeoverAnswer>> {
    let log = app.log.get(&sid).filter(|log| peers::tail::is_shown(log)).ok_or(Code::UnknownServer)?;
    let fields = &ask.takeover.body;
    if fields.sid != sid || fields.to != origin.ik || ask.keys.ik != origin.ik || ask.keys.domain != origin.domain {
        return Err(Code::BadTakeover.into());
    }
    let (recovery, next) = {
        let state = log.state();
        (state.info.recovery.clone(), state.head.generation + 1)
    };
    let known = log.state().info.hub == origin.ik && fields.generation + 1 == next;
    if fields.set != recovery.n || !(known || fields.generation == next) {
        return Err(Code::BadTakeover.into());
    }
    ask.takeover.check(&recovery.keys)?;
    ask.keys.verify()?;
    app.peers.owed.set(&sid, &origin.ik);
    app.cluster.tell(Word::Owed { sid: sid.clone(), to: origin.ik.clone() });
    let channels = log.state().channels.clone();
    Ok(Json(TakeoverAnswer { channels }))
}
