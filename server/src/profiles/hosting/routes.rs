//! `/me/profile-host`, `/profile-hosts` and `/hosted-profiles`.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use conntext_federation::domain::Domain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::home::{self, Choice};
use super::host;
use super::offers::{self, ProfileHostOffer};
use super::store::{self, Place, State};
use crate::App;
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Admin, Auth, Json, Path, Routes, routes};
use crate::peers;
use crate::servers::parse_domain;

/// Routes of this part, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(look, choose))
        .routes(routes!(list))
        .routes(routes!(offer))
        .routes(routes!(kept))
        .routes(routes!(let_go))
}

/// Where the profile of the signed-in person lies.
#[derive(Serialize, ToSchema)]
pub struct ProfilePlaces {
    /// The domain of the instance that keeps it.
    pub domain: String,
    /// That is this one.
    pub home: bool,
    /// The other instances that were chosen, now or before; the newest first.
    pub places: Vec<ProfilePlace>,
}

/// An instance that somebody chose for their profile.
#[derive(Serialize, ToSchema)]
pub struct ProfilePlace {
    /// Its domain.
    pub domain: String,
    /// `moving`, `kept`, `leaving`, `left` or `refused`.
    #[schema(value_type = ProfilePlaceState)]
    pub state: &'static str,
    /// The code of what went wrong last; none where nothing did.
    #[schema(required)]
    pub problem: Option<String>,
    /// Since when, milliseconds since 1970.
    pub since: i64,
    /// It has signed that it keeps nothing any more.
    pub confirmed: bool,
}

/// How far it is with a place.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word in the document")]
enum ProfilePlaceState {
    Moving,
    Kept,
    Leaving,
    Left,
    Refused,
}

impl From<Place> for ProfilePlace {
    fn from(place: Place) -> Self {
        Self {
            state: place.state.as_str(),
            problem: Some(place.problem).filter(|code| !code.is_empty()),
            since: place.since,
            confirmed: place.receipt.is_some(),
            domain: place.domain,
        }
    }
}

async fn places_of(app: &App, uid: &str) -> Result<Json<ProfilePlaces>> {
    let mut read = app.db.read().await?;
    let elsewhere = home::current(&mut read, uid).await?;
    let places = store::of_person(&mut read, uid).await?.into_iter().map(ProfilePlace::from).collect();
    let home = elsewhere.is_none();
    Ok(Json(ProfilePlaces { domain: elsewhere.unwrap_or_else(|| app.domain.to_string()), home, places }))
}

/// Where the own profile lies
#[utoipa::path(get, path = "/me/profile-host", responses((status = 200, body = ProfilePlaces)))]
async fn look(Extract(app): Extract<App>, auth: Auth) -> Result<Json<ProfilePlaces>> {
    places_of(&app, &auth.uid).await
}

/// Another place for the own profile.
#[derive(Deserialize, ToSchema)]
pub struct ChooseProfileHost {
    /// The domain of an instance; this one's own brings the profile home.
    domain: String,
}

/// Choose where the own profile lies
///
/// It is brought there in the background; until it has arrived it lies where it was. The place before is then asked to
/// erase it and to sign that it did.
#[utoipa::path(put, path = "/me/profile-host", request_body = ChooseProfileHost, responses(
    (status = 200, body = ProfilePlaces),
    (status = 403, description = "`proof_required`, `blocked`, `not_allowed`, `in_review`", body = Problem),
    (status = 409, description = "`no_offer`: that instance does not keep profiles of others, or has no room; `chain_full`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 429, body = Problem),
    (status = 502, description = "`peer_unreachable`, `peer_error`", body = Problem),
))]
async fn choose(
    Extract(app): Extract<App>,
    auth: Auth,
    Json(asked): Json<ChooseProfileHost>,
) -> Result<Json<ProfilePlaces>> {
    let mut read = app.db.read().await?;
    factors::require_proof(&app, &mut read, &auth).await?;
    drop(read);
    let domain = parse_domain(&app, &asked.domain)?;
    let Json(places) = places_of(&app, &auth.uid).await?;
    let moving = places.places.iter().find(|place| place.state == State::Moving.as_str());
    if moving.map_or(&places.domain, |moving| &moving.domain) == domain.as_str() {
        return Ok(Json(places));
    }
    if places.domain == domain.as_str() {
        home::choose(&app, &auth.uid, Choice::Stay).await?;
        return places_of(&app, &auth.uid).await;
    }
    let there = if domain == app.domain { None } else { Some(taking(&app, &domain).await?) };
    home::may_move(&app, &auth.uid).await?;
    app.hosting.moves.take(auth.uid.clone(), app.clock.now_ms())?;
    home::choose(&app, &auth.uid, there.as_ref().map_or(Choice::Home, Choice::At)).await?;
    places_of(&app, &auth.uid).await
}

/// The instance at a domain, where it takes one more.
async fn taking(app: &App, domain: &Domain) -> Result<peers::Peer> {
    if !offers::of(app, domain).await.map_err(|e| refused(&e, domain))?.open {
        return Err(no_offer(domain));
    }
    peers::find(app, domain).await.map_err(|e| e.problem(domain))
}

fn no_offer(domain: &Domain) -> Problem {
    let detail = format!("{domain} does not take profiles of people from here, or has no room for more.");
    Problem::new("no_offer").domain(domain.as_str()).detail(detail)
}

fn refused(e: &peers::CallError, domain: &Domain) -> Problem {
    match e.code() {
        // An instance of an earlier version.
        Some("not_found" | "method_not_allowed") => no_offer(domain),
        _ => e.problem(domain),
    }
}

/// Instances that offer to keep profiles.
#[derive(Serialize, ToSchema)]
pub struct ProfileHosts {
    hosts: Vec<ProfileHostOffer>,
}

/// Instances that keep profiles of people from here
///
/// Those that this instance knows and that answer now.
#[utoipa::path(get, path = "/profile-hosts", responses((status = 200, body = ProfileHosts)))]
async fn list(Extract(app): Extract<App>, _auth: Auth) -> Result<Json<ProfileHosts>> {
    Ok(Json(ProfileHosts { hosts: offers::all(&app).await? }))
}

/// Whether an instance keeps profiles of people from here
#[utoipa::path(get, path = "/profile-hosts/{domain}", params(("domain" = String, Path, description = "The instance's domain")),
    responses(
    (status = 200, body = ProfileHostOffer),
    (status = 409, description = "`no_offer`", body = Problem),
    (status = 422, description = "`invalid`: no domain of another instance", body = Problem),
    (status = 502, description = "`peer_unreachable`, `peer_error`", body = Problem),
))]
async fn offer(Extract(app): Extract<App>, _auth: Auth, Path(domain): Path<String>) -> Result<Json<ProfileHostOffer>> {
    let domain = parse_domain(&app, &domain)?;
    if domain == app.domain {
        return Err(Problem::invalid("domain", "own_domain", "That is this instance."));
    }
    Ok(Json(offers::of(&app, &domain).await.map_err(|e| refused(&e, &domain))?))
}

// ---- for admins

/// Profiles that are kept for people of one instance.
#[derive(Serialize, ToSchema)]
pub struct HostedHome {
    /// The domain of their home.
    domain: String,
    /// How many.
    profiles: i64,
    /// Since when there are any, milliseconds since 1970.
    since: i64,
}

/// Profiles that this instance keeps for others.
#[derive(Serialize, ToSchema)]
pub struct HostedProfiles {
    /// Whether more are taken.
    offered: bool,
    /// The most of all, and of one instance.
    max_profiles: u32,
    max_per_instance: u32,
    /// By their homes, the most first.
    homes: Vec<HostedHome>,
}

/// Profiles that this instance keeps for others
///
/// For admins of the instance.
#[utoipa::path(get, path = "/hosted-profiles", responses(
    (status = 200, body = HostedProfiles),
    (status = 403, description = "`forbidden`", body = Problem),
))]
async fn kept(Extract(app): Extract<App>, Admin(_admin): Admin) -> Result<Json<HostedProfiles>> {
    let config = &app.config.profile_hosting;
    let homes = store::homes(&mut app.db.read().await?).await?;
    let homes = homes.into_iter().map(|(domain, profiles, since)| HostedHome { domain, profiles, since }).collect();
    Ok(Json(HostedProfiles {
        offered: config.offer,
        max_profiles: config.max_profiles,
        max_per_instance: config.max_per_instance,
        homes,
    }))
}

/// Keep the profiles of an instance's people no longer
///
/// They are erased here, their homes take them back, and these people cannot choose this instance again. For admins of the instance.
#[utoipa::path(delete, path = "/hosted-profiles/{domain}", params(("domain" = String, Path, description = "The domain of their home")),
    responses(
    (status = 204),
    (status = 403, description = "`forbidden`", body = Problem),
    (status = 404, description = "`not_found`: nothing of it is kept here", body = Problem),
))]
async fn let_go(Extract(app): Extract<App>, Admin(_admin): Admin, Path(domain): Path<String>) -> Result<StatusCode> {
    if host::let_go_of(&app, &domain, true).await? == 0 {
        return Err(Problem::not_found().detail("No profile of that instance is kept here."));
    }
    Ok(StatusCode::NO_CONTENT)
}
