//! A person's own data: taken out as one archive, and brought along to another instance.
//!
//! An archive is made in the background, page by page, by the process that has the duties; `docs/export.md` says what stands
//! in it. What comes in is read without unpacking more than one bounded file of it, and nothing of it is written to a path
//! that it names.

mod account;
mod build;
mod community;
mod day;
mod html;
mod import;
mod import_routes;
mod mine_store;
mod pack;
mod plan;
mod routes;
mod store;
mod unzip;
mod worker;

pub use worker::{Exports, start, tidy, turn};

use crate::http::Routes;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    routes::router().merge(import_routes::router())
}
