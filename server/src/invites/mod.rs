//! Invitations: made, listed and revoked in a server, previewed and accepted from any instance. Logs hold only the
//! hash of a code; the code itself is kept, sealed, where its maker is at home.

mod code;
mod make;
mod peer;
mod preview;
mod store;

use crate::http::Routes;

pub use code::hash;
pub use peer::peer_router;
pub use store::forget_log;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().merge(make::router()).merge(preview::router())
}
