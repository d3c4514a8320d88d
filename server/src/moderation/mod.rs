//! Sending people away: kicks and bans, with their reasons in the staff channel.

mod apply;
mod routes;
mod store;

pub use apply::{apply, erase};
pub use routes::router;
pub use store::{forget_log, undo};
