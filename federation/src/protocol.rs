//! The protocol in words, one page a module.

#[doc = include_str!("../docs/identifiers.md")]
pub mod identifiers {}

#[doc = include_str!("../docs/discovery.md")]
pub mod discovery {}

#[doc = include_str!("../docs/canonical.md")]
pub mod canonical {}

#[doc = include_str!("../docs/events.md")]
pub mod events {}

#[doc = include_str!("../docs/checkpoints.md")]
pub mod checkpoints {}

#[doc = include_str!("../docs/rules.md")]
pub mod rules {}

#[doc = include_str!("../docs/requests.md")]
pub mod requests {}

#[doc = include_str!("../docs/endpoints.md")]
pub mod endpoints {}

#[doc = include_str!("../docs/delivery.md")]
pub mod delivery {}

#[doc = include_str!("../docs/identity.md")]
pub mod identity {}

#[doc = include_str!("../docs/hub-moves.md")]
pub mod hub_moves {}

#[doc = include_str!("../docs/takeovers.md")]
pub mod takeovers {}

#[doc = include_str!("../docs/rewind.md")]
pub mod rewind {}

#[doc = include_str!("../docs/erasure.md")]
pub mod erasure {}

#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/limits.md")]
pub mod limits {}

#[doc = include_str!("../docs/changes.md")]
pub mod changes {}
