//! What the fuzz targets do with their input: plain functions, so that `make fuzz` drives them by coverage and the
//! usual tests replay the corpora. Each panics where something that must hold does not.

pub mod event;
pub mod identity;
pub mod json;
pub mod replay;
pub mod seeds;
pub mod signature;
pub mod stubs;

#[allow(dead_code)]
#[path = "../../tests/common/world.rs"]
mod world;

/// A target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// The targets whose seeds lie in `corpus/<name>`.
pub const TARGETS: [Target; 5] = [
    ("event", event::run),
    ("identity", identity::run),
    ("json", json::run),
    ("signature", signature::run),
    ("stubs", stubs::run),
];
