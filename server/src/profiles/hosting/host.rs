//! Keeping profiles of people who are at home elsewhere: what their homes ask.

use std::cmp::Ordering;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post, put};
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::hosting::{Grant, HostOffer, HostRequest, ReleaseRequest, Released, ReleasedFields};
use conntext_federation::identity::{Identity, Op, compare_chains, verify_chain};
use conntext_federation::ids::UserId;
use serde_json::{Value, json};

use super::super::{exchange, identity, tidy};
use super::store;
use crate::App;
use crate::accounts;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::http::{Json, Path};
use crate::peers::{Message, Origin};

/// The largest vault, as base64.
const MAX_VAULT: usize = conntext_federation::vault::MAX_BYTES / 3 * 4;

/// What other instances ask of this one as a host.
pub fn peer_router() -> Router<App> {
    Router::new()
        .route("/profiles/offer", get(offer))
        .route("/profiles/{uid}/host", put(keep))
        .route("/profiles/{uid}/release", post(release))
}

/// `GET /profiles/offer`
async fn offer(State(app): State<App>, origin: Origin) -> Result<Json<HostOffer>> {
    let mut read = app.db.read().await?;
    let open = room_for(&app, &mut read, &origin.domain).await?.is_ok();
    let name = accounts::instance_name(&app, &mut read).await?;
    Ok(Json(HostOffer { open, name, terms: app.config.profile_hosting.terms.clone() }))
}

/// Whether one more of an instance may be kept.
async fn room_for(app: &App, q: &mut impl Query, home: &Domain) -> Result<std::result::Result<(), Code>> {
    let config = &app.config.profile_hosting;
    if !config.offer {
        return Ok(Err(Code::NoGrant));
    }
    let (all, theirs) = store::count(q, home.as_str()).await?;
    let full = all >= i64::from(config.max_profiles) || theirs >= i64::from(config.max_per_instance);
    Ok(if full { Err(Code::Quota) } else { Ok(()) })
}

/// The identity of somebody whom the asking instance speaks for: it is their home, by a chain that counts no less than the
/// one that is known here.
async fn spoken_for(q: &mut impl Query, origin: &Origin, uid: &UserId, ops: &[Op]) -> Result<Identity> {
    let shown = verify_chain(ops)?;
    if shown.uid != *uid {
        return Err(Code::BadObjectSignature.into());
    }
    let held = identity::chain(q, uid.as_str()).await?;
    let outdated = !held.is_empty() && compare_chains(ops, &held)? == Ordering::Less;
    if shown.home != origin.ik || outdated {
        return Err(Code::NotHome.into());
    }
    Ok(shown)
}

/// A grant counts once, and none after a newer one.
async fn fresh(q: &mut impl Query, grant: &Grant) -> Result<Option<store::Hosted>> {
    let known = store::hosted(q, grant.uid.as_str()).await?;
    if known.as_ref().is_some_and(|known| grant.n <= known.grant_n) {
        return Err(Code::Replayed.into());
    }
    Ok(known)
}

/// `PUT /profiles/{uid}/host`
async fn keep(
    State(app): State<App>,
    origin: Origin,
    Path(uid): Path<UserId>,
    Message(request): Message<HostRequest>,
) -> Result<Json<Value>> {
    let HostRequest { grant, profile, vault } = request;
    let vault = vault.unwrap_or_default();
    if vault.len() > MAX_VAULT {
        return Err(Code::TooLarge.into());
    }
    let mut read = app.db.read().await?;
    let identity = spoken_for(&mut read, &origin, &uid, &profile.identity).await?;
    if identity.deleted {
        return Err(Code::Gone.into());
    }
    if grant.uid != uid {
        return Err(Code::BadObjectSignature.into());
    }
    grant.verify(&identity, &app.keys.ik, true, app.clock.now_ms())?;
    profile.profile.verify(&identity)?;
    let known = fresh(&mut read, &grant).await?;
    if known.as_ref().is_some_and(|known| known.refused) {
        return Err(Code::NoGrant.into());
    }
    if known.is_none_or(|known| known.erased) {
        room_for(&app, &mut read, &origin.domain).await??;
    }
    drop(read);
    let sent = profile.profile.to_vec()?;
    exchange::keep_hosted(&app, &origin.domain, profile).await?;

    let mut tx = app.db.begin().await?;
    let kept = super::super::document(&mut tx, uid.as_str()).await?;
    // A newer one is here, or the identity has gone another way.
    if kept.map(|doc| doc.to_vec()).transpose()?.is_none_or(|kept| kept != sent) {
        return Err(Code::StaleRev.into());
    }
    fresh(&mut tx, &grant).await?;
    store::keep(&mut tx, uid.as_str(), origin.domain.as_str(), grant.n, &vault, app.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

/// `POST /profiles/{uid}/release`
async fn release(
    State(app): State<App>,
    origin: Origin,
    Path(uid): Path<UserId>,
    Message(request): Message<ReleaseRequest>,
) -> Result<Json<Released>> {
    let ReleaseRequest { grant, identity } = request;
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let identity = spoken_for(&mut tx, &origin, &uid, &identity).await?;
    if grant.uid != uid {
        return Err(Code::BadObjectSignature.into());
    }
    grant.verify(&identity, &app.keys.ik, false, now)?;
    fresh(&mut tx, &grant).await?;
    store::let_go(&mut tx, uid.as_str(), grant.n, now).await?;
    tx.commit().await?;
    tidy::forget_unmet(&app, vec![uid.clone()]).await?;
    let fields = ReleasedFields { uid, grant: grant.hash()?, by: app.keys.ik.clone(), erased_at: now };
    Ok(Json(Released::sign(fields, &app.keys.signing())?))
}

/// Lets go of everybody of an instance; where they are `refused`, they cannot come again. Answers of how many.
///
/// # Errors
/// The database's.
pub async fn let_go_of(app: &App, home: &str, refused: bool) -> Result<usize> {
    let mut tx: Tx = app.db.begin().await?;
    let gone = store::let_go_of_home(&mut tx, home, refused, app.clock.now_ms()).await?;
    tx.commit().await?;
    let people: Vec<UserId> = gone.iter().map(|uid| uid.parse().map_err(Problem::internal)).collect::<Result<_>>()?;
    let count = people.len();
    tidy::forget_unmet(app, people).await?;
    Ok(count)
}
