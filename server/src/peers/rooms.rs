//! What the rooms do for the exchange with other instances: handed over where the instance is put together.

use conntext_federation::domain::Domain;
use conntext_federation::ids::{ChannelId, MediaId, ServerId, UserId};
use conntext_federation::wire::SignedProfile;
use futures_util::future::BoxFuture;

use super::CallError;
use crate::App;
use crate::error::Result;

/// Profiles of people, as far as this instance knows them.
pub type Profiles = for<'a> fn(&'a App, &'a [UserId]) -> BoxFuture<'a, Result<Vec<SignedProfile>>>;
/// Verifies and keeps profiles that arrived, each with the domain of the person's home.
pub type KeepProfiles = for<'a> fn(&'a App, Vec<(Domain, SignedProfile)>) -> BoxFuture<'a, Result<()>>;
/// Those of these people whose profile is missing or older than a time in milliseconds.
pub type StaleProfiles = for<'a> fn(&'a App, Vec<UserId>, i64) -> BoxFuture<'a, Result<Vec<UserId>>>;
/// Brings files to the hub before a message refers to them.
pub type EnsureMedia = for<'a> fn(
    &'a App,
    &'a Domain,
    &'a ServerId,
    &'a ChannelId,
    Vec<MediaId>,
) -> BoxFuture<'a, std::result::Result<(), CallError>>;

/// What the rooms hand to the peers.
#[derive(Clone, Copy)]
pub struct Rooms {
    pub profiles: Profiles,
    pub keep_profiles: KeepProfiles,
    pub stale_profiles: StaleProfiles,
    pub ensure_media: EnsureMedia,
}
