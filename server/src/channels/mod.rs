//! Channels and categories of servers: made, changed, moved, removed, and who may see them.

mod order;
mod routes;

pub use routes::router;
