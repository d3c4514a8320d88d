//! Whole instances in this process: a fresh database, a clock that stands still, a seeded random source.

mod client;
mod database;
mod instance;
mod mailbox;
mod net;
mod sockets;
mod topology;
mod world;

pub use client::{Answer, TestClient};
pub use database::{empty, holds};
pub use instance::{PASSWORD, TestInstance};
pub use mailbox::{Mail, Mailbox};
pub use net::{Faults, TestNet};
pub use topology::{Scene, everywhere};
pub use world::{Community, Person, same, until};
