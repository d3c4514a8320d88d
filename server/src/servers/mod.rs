//! Servers (communities): what they show of themselves, and who may change it.

mod access;
mod card;
mod create;
mod guard;
mod icon;
mod join;
mod routes;
mod store;
pub mod text;
mod types;
mod view;

use conntext_federation::ids::{MediaId, ServerId};

pub use access::{Here, actor, away, refused, unknown_server};
pub use card::{Cards, Invitation, card};
pub(crate) use create::make_channel;
pub use guard::Guard;
pub use icon::{bring as bring_icon, collect as collect_icon, peer_router};
pub use join::{come_back, join, join_elsewhere, parse_domain};
pub use routes::router;
pub use store::{order, set_order};
pub use types::{Channel, ChannelKind, HubStatus, Override, Role, Server};
pub(crate) use view::role;
pub use view::{all, hub_status, view};

/// The address of a server's picture on this instance. The picture's id in it lets browsers keep it for ever.
pub fn icon_path(sid: &ServerId, mid: &MediaId) -> String {
    format!("/api/v1/servers/{sid}/icon/{mid}")
}
