//! Which instances keep profiles of others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use conntext_federation::domain::Domain;
use conntext_federation::hosting::HostOffer;
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::Result;
use crate::peers::{self, CallError};

/// For how long an answer is used again, milliseconds.
const LIFE_MS: i64 = 60_000;
/// Instances that are asked for the list, and at a time.
const MOST: usize = 60;
const AT_A_TIME: usize = 12;
/// For how long the list waits for an instance.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was answered a moment ago.
#[derive(Default)]
pub(super) struct Lately(Mutex<HashMap<Domain, (i64, HostOffer)>>);

/// An instance that keeps profiles of people of this one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProfileHostOffer {
    /// Its domain.
    pub domain: String,
    /// Its name.
    pub name: String,
    /// What whoever chooses it agrees to; may be empty.
    pub terms: String,
    /// Whether it takes one more.
    pub open: bool,
}

/// What an instance offers.
///
/// # Errors
/// Where it does not answer.
pub(super) async fn of(app: &App, domain: &Domain) -> std::result::Result<ProfileHostOffer, CallError> {
    let now = app.clock.now_ms();
    let lately = || app.hosting.offers.0.lock().unwrap_or_else(PoisonError::into_inner);
    let known =
        lately().get(domain).filter(|(at, _)| (0..LIFE_MS).contains(&(now - at))).map(|(_, offer)| offer.clone());
    let offer = match known {
        Some(offer) => offer,
        None => {
            let offer: HostOffer = peers::get(app, domain, "/profiles/offer").await?;
            let mut lately = lately();
            lately.retain(|_, (at, _)| (0..LIFE_MS).contains(&(now - *at)));
            lately.insert(domain.clone(), (now, offer.clone()));
            offer
        }
    };
    let line = |text: &str, most: usize| text.chars().filter(|c| !c.is_control() || *c == '\n').take(most).collect();
    Ok(ProfileHostOffer {
        domain: domain.to_string(),
        name: line(&offer.name, 100),
        terms: line(&offer.terms, 2_000),
        open: offer.open,
    })
}

/// The offers of instances that this one knows, by name. Those that do not answer soon are left out.
///
/// # Errors
/// The database's.
pub(super) async fn all(app: &App) -> Result<Vec<ProfileHostOffer>> {
    let known = peers::trust::known(app).await?;
    let book = app.peers.trust.book();
    let reachable = known.into_iter().filter(|domain| book.judge(domain).is_ok() && app.peers.is_up(domain));
    let asked = reachable
        .take(MOST)
        .map(|domain| async move { tokio::time::timeout(PATIENCE, of(app, &domain)).await.ok()?.ok() });
    let found: Vec<_> = stream::iter(asked).buffer_unordered(AT_A_TIME).collect().await;
    let mut offers: Vec<_> = found.into_iter().flatten().filter(|offer| offer.open).collect();
    offers.sort_by(|a, b| (&a.name, &a.domain).cmp(&(&b.name, &b.domain)));
    Ok(offers)
}
