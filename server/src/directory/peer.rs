//! Our own directory, as other instances and our own people see it.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use conntext_federation::invite_card::Card;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::App;
use crate::error::Result;
use crate::http::Json;
use crate::servers::{self, Invitation};

/// Most servers that a directory lists.
pub(super) const MAX_ENTRIES: usize = 500;

/// Answer to `GET /directory` between instances.
#[derive(Serialize, Deserialize)]
pub(super) struct Listing {
    /// Signed cards, the largest servers first.
    pub servers: Vec<Value>,
}

/// Routes for other instances, below `/federation/v1`.
pub fn peer_router() -> Router<App> {
    Router::new().route("/directory", get(show))
}

/// Cards of the public servers that live here, the largest first.
pub(super) fn own(app: &App) -> Result<Vec<Card>> {
    let mut logs: Vec<_> = app
        .log
        .all()
        .into_iter()
        .filter(|log| log.hub_here())
        .filter_map(|log| {
            let size = {
                let state = log.state();
                (state.info.public && !state.info.deleted).then_some(state.members.len())
            };
            size.map(|size| (size, log))
        })
        .collect();
    logs.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.sid.cmp(&b.1.sid)));
    logs.iter().take(MAX_ENTRIES).map(|(_, log)| servers::card(app, log, Invitation::default())).collect()
}

async fn show(State(app): State<App>) -> Result<Json<Listing>> {
    let cards = own(&app)?;
    let servers = cards.iter().map(serde_json::to_value).collect::<std::result::Result<_, _>>();
    Ok(Json(Listing { servers: servers.map_err(crate::error::Problem::internal)? }))
}
