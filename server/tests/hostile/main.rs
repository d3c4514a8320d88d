//! A hostile peer against the real binary. It shares no code with the server's verifier: canonical JSON, ids, digests,
//! signatures and requests are made by `craft`, `peer` and `line`, so that a fault on the server's side shows.
//!
//! Each story prints a table: case, expected, seen. `cargo nextest run --workspace -E 'binary(hostile)' --no-capture`.

mod craft;
mod false_streams;
mod floods;
mod hubs;
#[allow(dead_code)]
#[path = "../processes/kit.rs"]
mod kit;
mod line;
mod log;
mod members;
mod names;
mod outsiders;
mod peer;
mod pushes;
mod rebinding;
mod requests;
mod stories;
mod streams;
mod table;
mod things;
mod victim;
mod wishes;
