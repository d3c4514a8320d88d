//! What the rooms do for the exchange with other instances: handed over where the instance is put together.

use std::collections::HashMap;

use conntext_federation::domain::Domain;
use conntext_federation::ids::{ChannelId, InstanceId, MediaId, ServerId, UserId};
use conntext_federation::wire::SignedProfile;
use futures_util::future::BoxFuture;

use super::CallError;
use crate::App;
use crate::error::Result;

/// Profiles of people, as far as this instance knows them and another one may have them.
pub type Profiles = for<'a> fn(&'a App, &'a InstanceId, &'a [UserId]) -> BoxFuture<'a, Result<Vec<SignedProfile>>>;
/// A profile that arrived.
pub struct Told {
    /// The domain of the person's home.
    pub home: Domain,
    /// Whoever told it. Where that is the home, the handle in it is theirs.
    pub by: Domain,
    /// What was told; not yet verified.
    pub profile: SignedProfile,
}

/// Verifies and keeps profiles that arrived.
pub type KeepProfiles = for<'a> fn(&'a App, Vec<Told>) -> BoxFuture<'a, Result<()>>;
/// Those of these people whose handle their home has not confirmed.
pub type Unconfirmed = for<'a> fn(&'a App, Vec<UserId>) -> BoxFuture<'a, Result<Vec<UserId>>>;
/// Those of these people whose profile is missing or older than a time in milliseconds.
pub type StaleProfiles = for<'a> fn(&'a App, Vec<UserId>, i64) -> BoxFuture<'a, Result<Vec<UserId>>>;
/// Those of these people whose profile is not kept at their home: where it is, and which instance that has to be.
pub type ProfileHosts = for<'a> fn(&'a App, &'a [UserId]) -> BoxFuture<'a, Result<Vec<(UserId, Domain, InstanceId)>>>;
/// The homes of some of our own people, now and before.
pub type Homes = for<'a> fn(&'a App, &'a [UserId]) -> BoxFuture<'a, Result<HashMap<UserId, Vec<InstanceId>>>>;
/// Brings files to the hub before a message refers to them.
pub type EnsureMedia = for<'a> fn(
    &'a App,
    &'a Domain,
    &'a ServerId,
    &'a ChannelId,
    Vec<MediaId>,
) -> BoxFuture<'a, std::result::Result<(), CallError>>;

/// The admins' devices show at once that somebody waits for them.
pub type TellAdmins = for<'a> fn(&'a App) -> BoxFuture<'a, ()>;

/// What the rooms hand to the peers.
#[derive(Clone, Copy)]
pub struct Rooms {
    pub profiles: Profiles,
    pub keep_profiles: KeepProfiles,
    pub stale_profiles: StaleProfiles,
    pub unconfirmed: Unconfirmed,
    pub profile_hosts: ProfileHosts,
    pub homes: Homes,
    pub ensure_media: EnsureMedia,
    pub tell_admins: TellAdmins,
}
