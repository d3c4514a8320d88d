//! The vault of our own people: what is in it, sealing it, and giving out those that this instance keeps.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use axum::extract::State;
use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::identity::verify_chain;
use conntext_federation::ids::UserId;
use conntext_federation::keys::PublicKey;
use conntext_federation::vault::{PAD, Vault, VaultAnswer, VaultClaim, VaultRequest};
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::montgomery::MontgomeryPoint;
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};

use super::leave;
use crate::App;
use crate::accounts;
use crate::db::Query;
use crate::error::{Problem, Result};
use crate::http::{Json, Path};
use crate::peers::{self, Message, Origin};
use crate::profiles;
use crate::settings;

/// A vault as its home knows it.
pub struct Contents {
    text: Vec<u8>,
    key: PublicKey,
}

/// What belongs into the vault of one of our own people; none where nobody could open it.
///
/// # Errors
/// The database's.
pub async fn contents(app: &App, q: &mut impl Query, uid: &UserId) -> Result<Option<Contents>> {
    let identity = verify_chain(&profiles::chain(q, uid.as_str()).await?)?;
    let Some(key) = identity.own_key().copied() else { return Ok(None) };
    let Some(account) = accounts::by_uid(q, uid.as_str()).await? else { return Ok(None) };
    let communities = leave::communities(app, q, uid).await?;
    let settings = settings::of(q, &account.id).await?;
    let text = serde_json::to_vec(&Vault { communities, settings }).map_err(Problem::internal)?;
    Ok(Some(Contents { text, key }))
}

impl Contents {
    /// Whether it is the same as at another time, without saying what is in it.
    pub fn mark(&self) -> String {
        let digest = Sha256::new().chain_update(self.key.to_bytes()).chain_update(&self.text).finalize();
        HEXLOWER.encode(&digest)
    }

    /// Sealed to the person's own key, padded; base64.
    ///
    /// # Errors
    /// Where the key is no point of the curve.
    pub fn seal(mut self, app: &App) -> Result<String> {
        let padded = self.text.len().next_multiple_of(PAD);
        self.text.resize(padded, b' ');
        let bad = || Problem::internal("a vault could not be sealed");
        let point = CompressedEdwardsY(self.key.to_bytes()).decompress().ok_or_else(bad)?.to_montgomery();
        let secret = app.rng.bytes::<32>();
        let fresh = MontgomeryPoint::mul_base_clamped(secret);
        let shared = point.mul_clamped(secret);
        let key = Sha256::new()
            .chain_update(b"conntext/vault/v1\n")
            .chain_update(fresh.to_bytes())
            .chain_update(point.to_bytes())
            .chain_update(shared.to_bytes())
            .finalize();
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key).map(LessSafeKey::new).map_err(|_| bad())?;
        // The key is used once.
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut self.text).map_err(|_| bad())?;
        let mut out = fresh.to_bytes().to_vec();
        out.append(&mut self.text);
        Ok(BASE64.encode(&out))
    }
}

/// The vault that this instance keeps for somebody, for whoever holds their own key.
async fn given(app: &App, claim: &VaultClaim, reader: &conntext_federation::ids::InstanceId) -> Result<String> {
    let mut read = app.db.read().await?;
    let chain = profiles::chain(&mut read, claim.uid.as_str()).await?;
    let identity = verify_chain(&chain).map_err(|_| Code::NotFound)?;
    claim.verify(&identity, &app.keys.ik, reader, app.clock.now_ms())?;
    let vault = profiles::hosting::vault_of(&mut read, claim.uid.as_str()).await?;
    vault.ok_or_else(|| Code::NotFound.into())
}

/// `POST /profiles/{uid}/vault`
pub(super) async fn answer(
    State(app): State<App>,
    origin: Origin,
    Path(uid): Path<UserId>,
    Message(asked): Message<VaultRequest>,
) -> Result<Json<VaultAnswer>> {
    if asked.claim.uid != uid {
        return Err(Code::BadObjectSignature.into());
    }
    Ok(Json(VaultAnswer { vault: given(&app, &asked.claim, &origin.ik).await? }))
}

/// Fetches the vault of somebody from where their profile lies.
///
/// # Errors
/// 404 `not_found` where there is none; 422 `invalid` where the claim is not theirs; `peer_unreachable`, `peer_error`.
pub(super) async fn fetch(app: &App, host: &Domain, claim: VaultClaim) -> Result<String> {
    let none = || Problem::not_found().detail("There is no vault.");
    let unsigned =
        || Problem::invalid("claim", "bad_signature", "That is not signed by the key that it has to be signed by.");
    if *host == app.domain {
        return given(app, &claim, &app.keys.ik).await.map_err(|e| match e.code.as_str() {
            "not_found" => none(),
            "bad_object_signature" | "no_grant" => unsigned(),
            _ => e,
        });
    }
    let path = format!("/profiles/{}/vault", claim.uid);
    let answer = peers::call::<_, VaultAnswer>(app, host, Method::POST, &path, &VaultRequest { claim }).await;
    answer.map(|answer| answer.vault).map_err(|e| match e.code() {
        Some("not_found" | "method_not_allowed") => none(),
        Some("bad_object_signature" | "no_grant") => unsigned(),
        _ => e.problem(host),
    })
}
