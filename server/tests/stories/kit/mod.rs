//! Whole instances in this process: a fresh database, a clock that stands still, a seeded random source.

mod client;
mod instance;

pub use client::{Answer, TestClient};
pub use instance::{PASSWORD, TestInstance};
