//! What holds for all inputs, not only for those that somebody thought of.

#[path = "../common/world.rs"]
#[allow(dead_code)]
mod world;

mod canonical;
mod httpsig;
mod hub_moves;
mod logs;
mod permissions;
mod signatures;
mod takeovers;
