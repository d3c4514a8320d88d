//! Public servers of this instance and of others, and which other instances are known.

mod peer;
mod routes;

pub use peer::peer_router;
pub use routes::router;
