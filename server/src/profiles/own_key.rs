//! `/me/identity` and `/me/own-key`: the key that a person holds themselves, above those that this instance holds for them.
//! It is made in the browser; what comes here is its public half, and its word that somebody holds the other.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conntext_federation::Code;
use conntext_federation::identity::{Identity as Chain, Op, verify_chain};
use conntext_federation::own_key::OwnKeyClaim;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{identity, store};
use crate::App;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};
use crate::factors;
use crate::http::{Auth, Json, Routes, routes};
use crate::mail::{self, Notice};

/// Routes of this part, below `/api/v1`.
pub fn router() -> Routes {
    Routes::new().routes(routes!(look)).routes(routes!(set))
}

/// The identity of the signed-in person.
#[derive(Serialize, ToSchema)]
pub struct Identity {
    /// Their id.
    uid: String,
    /// Hash of the last operation of their chain, in hexadecimal digits.
    head: String,
    /// Their own public key, in base64; none where there is none.
    #[schema(required)]
    own_key: Option<String>,
    /// The last operation, without its signature: what the next one begins with.
    #[schema(value_type = Object)]
    last: Value,
}

/// A key of one's own.
#[derive(Deserialize, ToSchema)]
pub struct SetOwnKey {
    /// `{uid, prev, key, sig}`: signed by the new key.
    #[schema(value_type = Object)]
    claim: Value,
    /// Where there is an own key already: the operation of the identity that puts the new one in its place, signed by the
    /// one before.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    op: Option<Value>,
}

/// Whose identity it is and how it is held
#[utoipa::path(get, path = "/me/identity", responses((status = 200, body = Identity)))]
async fn look(State(app): State<App>, auth: Auth) -> Result<Json<Identity>> {
    let chain = identity::chain(&mut app.db.read().await?, &auth.uid).await?;
    Ok(Json(view(&chain)?))
}

/// Whether one of our own people holds a key of their own.
pub(super) async fn has(q: &mut impl Query, uid: &str) -> Result<bool> {
    // As `Identity::own_key`, without verifying what was verified when it was written.
    Ok(identity::chain(q, uid).await?.last().is_some_and(|op| op.rotation_keys.len() > 1))
}

fn view(chain: &[Op]) -> Result<Identity> {
    let identity = verify_chain(chain)?;
    let last = chain.last().ok_or_else(|| Problem::internal("a chain without operations"))?;
    Ok(Identity {
        uid: identity.uid.to_string(),
        head: identity.hash.to_string(),
        own_key: identity.own_key().map(|key| STANDARD.encode(key.to_bytes())),
        last: serde_json::to_value(last.body()).map_err(Problem::internal)?,
    })
}

/// Hold one's own key
///
/// From then on only that key can put another one in its place, and with it the account can be moved to another instance
/// even where this one is gone.
#[utoipa::path(put, path = "/me/own-key", request_body = SetOwnKey, responses(
    (status = 200, body = Identity),
    (status = 403, description = "`proof_required`", body = Problem),
    (status = 409, description = "`conflict`: the identity has changed since it was looked at; `own_key_set`: there is one already, and `op` is missing; `chain_full`", body = Problem),
    (status = 422, description = "`invalid`: not signed as it has to be", body = Problem),
))]
async fn set(State(app): State<App>, auth: Auth, Json(asked): Json<SetOwnKey>) -> Result<Json<Identity>> {
    let mut tx = app.db.begin().await?;
    factors::require_proof(&app, &mut tx, &auth).await?;
    let known = verify_chain(&identity::chain(&mut tx, &auth.uid).await?)?;
    let claim = OwnKeyClaim::from_value(asked.claim).map_err(|_| unsigned("claim"))?;
    if claim.prev != known.hash {
        return Err(Problem::new("conflict").detail("Your identity has changed meanwhile. Try again."));
    }
    claim.verify(&known).map_err(|_| unsigned("claim"))?;
    match (known.own_key(), asked.op) {
        (None, None) => {
            identity::next_op(&app, &mut tx, &auth.uid, |op| op.rotation_keys.insert(0, claim.key))
                .await
                .map_err(full)?;
        }
        (Some(_), Some(op)) => replace(&mut tx, &known, &claim, op).await?,
        (Some(_), None) => return Err(Problem::new("own_key_set")),
        (None, Some(_)) => return Err(unsigned("op")),
    }
    // Whoever knows the person learns of the chain with the profile.
    let row =
        store::profile(&mut tx, &auth.uid).await?.ok_or_else(|| Problem::internal("an account without a profile"))?;
    identity::sign_and_store(&app, &mut tx, row).await?;
    mail::tell(&app, &mut tx, &auth.account, Notice::OwnKey).await?;
    let chain = identity::chain(&mut tx, &auth.uid).await?;
    tx.commit().await?;
    super::edited(&app, &auth);
    Ok(Json(view(&chain)?))
}

/// Puts the new key in the place of the one before, and changes nothing else.
async fn replace(tx: &mut Tx, known: &Chain, claim: &OwnKeyClaim, op: Value) -> Result<()> {
    let op = Op::from_value(op).map_err(|_| unsigned("op"))?;
    let before = known.own_key().map(conntext_federation::keys::PublicKey::kid);
    let next = known.clone().apply(&op).map_err(|_| unsigned("op"))?;
    let mut wanted = known.rotation_keys.clone();
    if let Some(first) = wanted.first_mut() {
        *first = claim.key;
    }
    let same = next.home == known.home
        && next.profile_host == known.profile_host
        && next.signing_keys == known.signing_keys
        && next.rotation_keys == wanted
        && !next.deleted;
    if !same || before.as_ref() != Some(&op.sig().kid) {
        return Err(unsigned("op"));
    }
    identity::add(tx, &op).await
}

fn unsigned(field: &'static str) -> Problem {
    Problem::invalid(field, "bad_signature", "That is not signed by the key that it has to be signed by.")
}

/// A chain has no room for another operation of this instance.
pub(super) fn full(problem: Problem) -> Problem {
    if problem.code == Code::BadIdentityOp.as_str() { Problem::new("chain_full") } else { problem }
}
