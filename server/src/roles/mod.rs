//! Roles of servers.

mod routes;

pub use routes::router;
