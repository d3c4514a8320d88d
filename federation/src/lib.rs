//! The ConnText federation protocol, without input and output.
//!
//! No socket, no database, no clock and no random source: time and entropy are arguments, storage is what the
//! caller hands in. So a whole network of instances runs deterministically inside one process.
//!
//! Start at [`event`] (what a log consists of), then [`state`] (what a log means), [`rules`] (who may do what),
//! [`hub`] (how a log grows) and [`replica`] (how a copy of it is checked).

pub mod action;
pub mod canonical;
pub mod content;
pub mod domain;
pub mod error;
pub mod event;
pub mod httpsig;
pub mod hub;
pub mod identity;
pub mod ids;
pub mod instance;
pub mod invite_card;
pub mod keys;
pub mod perms;
pub mod profile;
pub mod replica;
pub mod rules;
pub mod signed;
pub mod state;
pub mod wire;

pub use error::Code;
