//! `/servers/{sid}/recovery` and `/servers/{sid}/takeover`.

use axum::extract::State;
use axum::http::StatusCode;
use conntext_federation::domain::Domain;
use conntext_federation::keys::{KeySig, PublicKey};
use conntext_federation::takeover::{CoSigned, Takeover, TakeoverFields, needed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::store::{self, Asked, Stage};
use super::{Progress, collect, open, recovery};
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path, Routes, routes};
use crate::log::rewind::Why;
use crate::peers::hello;
use crate::profiles;
use crate::servers::Here;

/// Routes of this room, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(keys, set_keys)).routes(routes!(look, begin, withdraw)).routes(routes!(sign))
}

/// A key by which a community goes on elsewhere.
#[derive(Serialize, ToSchema)]
pub struct RecoveryKey {
    /// The public key, in base64.
    key: String,
    /// Its short name, which signatures carry.
    kid: String,
    /// Who holds it; none where that is not known.
    #[schema(required)]
    holder: Option<String>,
    /// What they are called; none where that is not known.
    #[schema(required)]
    name: Option<String>,
    /// Whether it has signed the take-over.
    signed: bool,
}

impl RecoveryKey {
    async fn of(app: &App, held: recovery::Holder, sigs: &[KeySig]) -> Result<Self> {
        let kid = held.key.kid();
        let holder = held.holder.map(|actor| actor.to_string());
        let name = match &holder {
            Some(uid) => Some(profiles::known_user(app, uid).await?)
                .map(|user| if user.display_name.is_empty() { user.handle } else { user.display_name }),
            None => None,
        };
        let key = serde_json::to_value(held.key).map_err(Problem::internal)?;
        Ok(Self {
            key: key.as_str().unwrap_or_default().to_owned(),
            signed: sigs.iter().any(|sig| sig.kid == kid),
            kid: kid.as_str().to_owned(),
            name: name.filter(|name| !name.is_empty()),
            holder,
        })
    }

    async fn all(app: &App, held: Vec<recovery::Holder>, sigs: &[KeySig]) -> Result<Vec<Self>> {
        let mut shown = Vec::with_capacity(held.len());
        for one in held {
            shown.push(Self::of(app, one, sigs).await?);
        }
        Ok(shown)
    }
}

/// Who can have a community go on elsewhere.
#[derive(Serialize, ToSchema)]
pub struct RecoveryKeys {
    /// How often they changed.
    n: u64,
    /// The keys that count.
    keys: Vec<RecoveryKey>,
    /// How many of them have to sign.
    needed: u64,
    /// Keys of those who manage the community.
    candidates: Vec<RecoveryKey>,
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

async fn keys_of(app: &App, here: &Here) -> Result<Json<RecoveryKeys>> {
    let now = here.log.state().info.recovery.clone();
    let candidates = recovery::candidates(app, &here.log).await?;
    Ok(Json(RecoveryKeys {
        n: now.n,
        needed: count(needed(now.keys.len())),
        keys: RecoveryKey::all(app, recovery::holders(&now.keys, &candidates), &[]).await?,
        candidates: RecoveryKey::all(app, candidates, &[]).await?,
    }))
}

/// Who can have a server go on elsewhere
#[utoipa::path(get, path = "/servers/{sid}/recovery", params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = RecoveryKeys),
    (status = 404, description = "`unknown_server`", body = Problem),
))]
async fn keys(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<RecoveryKeys>> {
    keys_of(&app, &Here::find(&app, &auth, &sid)?).await
}

/// A signature of a recovery key.
#[derive(Deserialize, ToSchema)]
pub struct RecoverySignature {
    /// The key's short name.
    kid: String,
    /// The signature, in base64.
    sig: String,
}

fn signatures(given: Vec<RecoverySignature>) -> Result<Vec<KeySig>> {
    let read = |s: RecoverySignature| serde_json::from_value(serde_json::json!({"kid": s.kid, "sig": s.sig}));
    let bad = |_| Problem::invalid("sigs", "bad_signatures", "A signature cannot be read. Copy all of it.");
    given.into_iter().map(read).collect::<std::result::Result<_, _>>().map_err(bad)
}

/// Other recovery keys.
#[derive(Deserialize, ToSchema)]
pub struct SetRecoveryKeys {
    /// The public keys, in base64: such as count now, or of somebody who manages the server.
    keys: Vec<String>,
    /// Where there are keys already: what more than half of them signed, which is `{sid, n, keys}` with the next `n`.
    #[serde(default)]
    sigs: Vec<RecoverySignature>,
}

/// Decide who can have a server go on elsewhere
///
/// Only the owner can, and where there are keys already only with their word.
#[utoipa::path(put, path = "/servers/{sid}/recovery", request_body = SetRecoveryKeys,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = RecoveryKeys),
    (status = 403, description = "`forbidden`, `proof_required`", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 502, description = "`peer_unreachable` with the domain", body = Problem),
))]
async fn set_keys(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(asked): Json<SetRecoveryKeys>,
) -> Result<Json<RecoveryKeys>> {
    let here = Here::find(&app, &auth, &sid)?;
    let bad = |_| Problem::invalid("keys", "bad_keys", "A key cannot be read.");
    let keys: std::result::Result<Vec<PublicKey>, _> =
        asked.keys.into_iter().map(|key| serde_json::from_value(Value::String(key))).collect();
    recovery::change(&app, &auth, &here, keys.map_err(bad)?, signatures(asked.sigs)?).await?;
    keys_of(&app, &here).await
}

/// How far it is that a community whose place is gone goes on here.
#[derive(Serialize, ToSchema)]
pub struct TakeoverStatus {
    /// `none`, `signing`, `collecting`, `restoring`, `here` or `stopped`.
    #[schema(value_type = TakeoverState)]
    state: String,
    /// The server.
    id: String,
    /// Its name.
    name: String,
    /// Where it lives, or lived.
    hub_domain: String,
    /// It lives on this instance.
    hub_is_here: bool,
    /// What the holders of the keys sign; none where nothing is to be signed.
    #[schema(required, value_type = Option<Object>)]
    statement: Option<TakeoverFields>,
    /// When the last event happened that counts, milliseconds since 1970; none before somebody began.
    #[schema(required)]
    base_at: Option<i64>,
    /// The recovery keys.
    keys: Vec<RecoveryKey>,
    /// How many of them have to sign.
    needed: u64,
    /// The instances that did not answer: what only they hold is lost.
    silent: Vec<String>,
    /// The code of what went wrong last; none where nothing did.
    #[schema(required)]
    problem: Option<String>,
    /// Events that others gave.
    events: u64,
    /// Files that are here.
    files: u64,
    /// Of so many.
    of_files: u64,
    /// Messages that nobody has any more.
    lost: u64,
    /// Files that nobody has any more.
    missing: u64,
    /// Whether the asker began it.
    mine: bool,
}

/// How far it is.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word in the document")]
enum TakeoverState {
    None,
    Signing,
    Collecting,
    Restoring,
    Here,
    Stopped,
}

async fn status(app: &App, auth: &Auth, here: &Here) -> Result<Json<TakeoverStatus>> {
    let log = &here.log;
    let asked = store::one(&mut app.db.read().await?, &log.sid).await?;
    let (name, keys) = {
        let state = log.state();
        (state.info.name.clone(), state.info.recovery.keys.clone())
    };
    let candidates = recovery::candidates(app, log).await?;
    let sigs = asked.as_ref().map_or(&[][..], |asked| &asked.takeover.sigs);
    let shown = RecoveryKey::all(app, recovery::holders(&keys, &candidates), sigs).await?;
    let progress: Progress = open(&app.takeovers.progress).get(&log.sid).copied().unwrap_or_default();
    Ok(Json(TakeoverStatus {
        state: asked.as_ref().map_or("none", |asked| asked.stage.as_str()).to_owned(),
        id: log.sid.to_string(),
        name,
        hub_domain: log.hub_domain(),
        hub_is_here: log.hub_here(),
        statement: asked.as_ref().filter(|a| a.stage == Stage::Signing).map(|a| a.takeover.body.clone()),
        base_at: asked.as_ref().map(|asked| asked.base_ts),
        needed: count(needed(keys.len())),
        keys: shown,
        silent: asked.as_ref().map(|asked| asked.silent.clone()).unwrap_or_default(),
        problem: asked.as_ref().map(|asked| asked.problem.clone()).filter(|code| !code.is_empty()),
        events: progress.events,
        files: progress.files,
        of_files: progress.of_files,
        lost: asked.as_ref().map_or(0, |asked| asked.lost),
        missing: asked.as_ref().map_or(0, |asked| asked.missing),
        mine: asked.is_some_and(|asked| asked.account == auth.account),
    }))
}

/// A server whose place is gone
///
/// How far it is that it goes on here.
#[utoipa::path(get, path = "/servers/{sid}/takeover", params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = TakeoverStatus),
    (status = 404, description = "`unknown_server`", body = Problem),
))]
async fn look(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<Json<TakeoverStatus>> {
    status(&app, &auth, &Here::find(&app, &auth, &sid)?).await
}

/// How to begin.
#[derive(Deserialize, ToSchema)]
pub struct BeginTakeover {
    /// Also while the place of the community answers.
    #[serde(default)]
    anyway: bool,
}

/// Have a server go on here
///
/// Where its place is gone. Those who follow it are asked how much they hold; what its recovery keys have to sign is answered.
#[utoipa::path(post, path = "/servers/{sid}/takeover", request_body = BeginTakeover,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 201, body = TakeoverStatus),
    (status = 403, description = "`banned`: this instance is banned there", body = Problem),
    (status = 404, description = "`unknown_server`", body = Problem),
    (status = 409, description = "`no_recovery`; `hub_answers`; `conflict`: it lives here, or somebody else has begun", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn begin(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(asked): Json<BeginTakeover>,
) -> Result<(StatusCode, Json<TakeoverStatus>)> {
    let here = Here::find(&app, &auth, &sid)?;
    let log = &here.log;
    app.takeovers.tries.take(auth.account.clone(), app.clock.now_ms())?;
    let split = log.rewind().is_some_and(|r| r.why == Why::Split);
    if log.hub_here() && !split {
        return Err(Problem::new("conflict").detail("This community lives here."));
    }
    let (recovery, generation, banned) = {
        let state = log.state();
        let banned = state.instances.get(&app.keys.ik).is_some_and(|instance| instance.banned);
        (state.info.recovery.clone(), state.head.generation + 1, banned)
    };
    if banned {
        return Err(Problem::new("banned"));
    }
    if recovery.keys.is_empty() {
        return Err(Problem::new("no_recovery").detail(
            "Nobody named recovery keys while its place was there. It can only go on where it lives, when that is back.",
        ));
    }
    let before = store::one(&mut app.db.read().await?, &log.sid).await?;
    let signed = |asked: &Asked| match asked.stage {
        Stage::Collecting | Stage::Restoring => true,
        Stage::Signing => asked.account != auth.account && !asked.takeover.sigs.is_empty(),
        Stage::Here | Stage::Stopped => false,
    };
    if before.as_ref().is_some_and(signed) {
        return Err(Problem::new("conflict").detail("That has begun already."));
    }
    if !log.hub_here() && !asked.anyway {
        let hub = Domain::parse_normal(&log.hub_domain(), true)?;
        if hello::say(&app, &hub).await.is_ok() {
            let text = format!("{hub} answers. The owner can move the community from there, with nothing lost.");
            return Err(Problem::new("hub_answers").domain(hub.as_str()).detail(text));
        }
    }
    let (base, base_ts, silent) = collect::furthest(&app, log).await?;
    let to = app.keys.ik.clone();
    let body = TakeoverFields { sid: log.sid.clone(), generation, set: recovery.n, base, to };
    let new = Asked {
        account: auth.account.clone(),
        takeover: CoSigned { body, sigs: Vec::new() },
        base_ts,
        stage: Stage::Signing,
        problem: String::new(),
        silent,
        lost: 0,
        missing: 0,
    };
    let mut tx = app.db.begin().await?;
    store::put(&mut tx, &new, app.clock.now_ms()).await?;
    tx.commit().await?;
    open(&app.takeovers.progress).remove(&log.sid);
    tracing::info!(sid = %log.sid, by = %auth.uid, "a community is to go on here, by its recovery keys");
    Ok((StatusCode::CREATED, status(&app, &auth, &here).await?))
}

/// What recovery keys signed.
#[derive(Deserialize, ToSchema)]
pub struct SignTakeover {
    /// The signatures.
    sigs: Vec<RecoverySignature>,
}

/// Sign that a server goes on here
///
/// Whoever brings it: the signatures prove themselves. With the last one that is needed it begins.
#[utoipa::path(post, path = "/servers/{sid}/takeover/signatures", request_body = SignTakeover,
    params(("sid" = String, Path, description = "The server")), responses(
    (status = 200, body = TakeoverStatus),
    (status = 404, description = "`unknown_server`; `not_found`: nothing is to be signed", body = Problem),
    (status = 409, description = "`conflict`: what is to be signed has changed", body = Problem),
    (status = 422, description = "`invalid` with the field", body = Problem),
    (status = 429, description = "`rate`", body = Problem),
))]
async fn sign(
    State(app): State<App>,
    auth: Auth,
    Path(sid): Path<String>,
    Json(given): Json<SignTakeover>,
) -> Result<Json<TakeoverStatus>> {
    let here = Here::find(&app, &auth, &sid)?;
    app.takeovers.tries.take(auth.account.clone(), app.clock.now_ms())?;
    let keys = here.log.state().info.recovery.keys.clone();
    let asked = store::one(&mut app.db.read().await?, &here.log.sid).await?;
    let asked = asked.filter(|asked| asked.stage == Stage::Signing);
    let mut takeover: Takeover =
        asked.ok_or_else(|| Problem::not_found().detail("There is nothing to sign now."))?.takeover;
    for sig in signatures(given.sigs)? {
        let of_a_key = Takeover::check_one(&takeover.body, &sig, &keys);
        of_a_key.map_err(|_| {
            let text = "This is not the signature of a recovery key of this community, or of something else.";
            Problem::invalid("sigs", "bad_signatures", text)
        })?;
        if takeover.sigs.iter().all(|known| known.kid != sig.kid) {
            takeover.sigs.push(sig);
        }
    }
    let enough = takeover.check(&keys).is_ok();
    let mut tx = app.db.begin().await?;
    if !store::sign(&mut tx, &takeover, enough).await? {
        return Err(Problem::new("conflict").detail("What is to be signed has changed. Look again."));
    }
    tx.commit().await?;
    if enough {
        app.takeovers.turn.notify_one();
    }
    status(&app, &auth, &here).await
}

/// Do not have a server go on here after all
///
/// Until it does. Whoever began it can.
#[utoipa::path(delete, path = "/servers/{sid}/takeover", params(("sid" = String, Path, description = "The server")), responses(
    (status = 204),
    (status = 404, description = "`unknown_server`; `not_found`: none that they began", body = Problem),
    (status = 409, description = "`conflict`: it lives here already", body = Problem),
))]
async fn withdraw(State(app): State<App>, auth: Auth, Path(sid): Path<String>) -> Result<StatusCode> {
    let here = Here::find(&app, &auth, &sid)?;
    let mut tx = app.db.begin().await?;
    let asked = store::one(&mut tx, &here.log.sid).await?.filter(|asked| asked.account == auth.account);
    match asked.ok_or_else(Problem::not_found)?.stage {
        Stage::Restoring | Stage::Here => Err(Problem::new("conflict").detail("It lives here already.")),
        Stage::Signing | Stage::Collecting | Stage::Stopped => {
            store::remove(&mut tx, &here.log.sid).await?;
            tx.commit().await?;
            Ok(StatusCode::NO_CONTENT)
        }
    }
}
