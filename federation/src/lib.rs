#![doc = include_str!("../docs/overview.md")]
#![warn(missing_docs)]

pub mod action;
pub mod block_list;
pub mod canonical;
pub mod checkpoint;
pub mod content;
pub mod domain;
pub mod epoch;
pub mod error;
pub mod event;
pub mod farewell;
pub mod hosting;
pub mod httpsig;
pub mod hub;
pub mod identity;
pub mod ids;
pub mod instance;
pub mod invite_card;
pub mod keys;
pub mod moving;
pub mod notices;
pub mod own_key;
pub mod perms;
pub mod profile;
pub mod protocol;
pub mod receipt;
pub mod replica;
pub mod rewind;
pub mod rules;
pub mod server_profile;
pub mod signed;
pub mod state;
pub mod stream;
pub mod wire;

pub use error::Code;
