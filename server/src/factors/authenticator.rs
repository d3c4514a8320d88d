//! Authenticator apps: codes of six digits that change with the time (RFC 6238).

use serde::Serialize;
use totp_rs::{Builder, Secret, Totp};
use utoipa::ToSchema;

use super::store;
use crate::Base;
use crate::accounts::{self, Account};
use crate::db::Tx;
use crate::error::{Problem, Result};

/// Digits of a code.
const DIGITS: usize = 6;
/// Seconds that a code lasts. The one before and the one after it count too: clocks of phones are never quite right.
const STEP_S: u64 = 30;

/// An authenticator as it is set up: both forms say the same.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthenticatorOffer)]
pub struct Offer {
    /// The secret, in base 32, for typing in.
    secret: String,
    /// The address that apps read from the picture.
    uri: String,
    /// The picture: rows of a QR code, `1` for dark.
    qr: Vec<String>,
}

fn totp(secret: &[u8], issuer: Option<String>, name: &str) -> Result<Totp> {
    let secret: [u8; 20] = secret.try_into().map_err(Problem::internal)?;
    Builder::new()
        .with_secret(Secret::new_stack(secret))
        .with_step_duration(STEP_S)
        .with_skew(1)
        .with_account_name(name)
        .with_issuer(issuer)
        .build()
        .map_err(|e| Problem::internal(format!("an authenticator: {e:?}")))
}

fn about(account: &str) -> String {
    format!("authenticator {account}")
}

/// Makes a new secret for an account whose authenticator is off.
pub(super) async fn offer(base: &Base, account: &Account) -> Result<Offer> {
    let secret = base.rng.bytes::<20>();
    let sealed = base
        .keys
        .seal
        .close(&*base.rng, &about(&account.id), &secret)
        .ok_or_else(|| Problem::internal("a secret could not be sealed"))?;
    let mut tx = base.db.begin().await?;
    if !store::offer(&mut tx, &account.id, &sealed).await? {
        return Err(Problem::new("conflict").detail("An authenticator app is set up already. Remove it first."));
    }
    // A colon would end the issuer.
    let issuer = accounts::instance_name(base, &mut tx).await?.replace(':', " ");
    tx.commit().await?;
    let name = format!("{}@{}", account.handle, base.config.instance.domain).replace(':', " ");
    let totp = totp(&secret, Some(issuer), &name)?;
    let uri = totp.to_url().map_err(|e| Problem::internal(format!("an authenticator: {e:?}")))?;
    let code = qrcodegen::QrCode::encode_text(&uri, qrcodegen::QrCodeEcc::Medium).map_err(Problem::internal)?;
    let dark = |x, y| if code.get_module(x, y) { '1' } else { '0' };
    let qr = (0..code.size()).map(|y| (0..code.size()).map(|x| dark(x, y)).collect()).collect();
    Ok(Offer { secret: totp.secret().to_base32(), uri, qr })
}

/// Whether it is a code of this kind, right or wrong.
pub(super) fn is_code(typed: &str) -> bool {
    typed.len() == DIGITS && typed.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a code is right now, and was not used before; it is used up with that.
pub(super) async fn accept(base: &Base, tx: &mut Tx, account: &str, code: &str, confirmed: bool) -> Result<bool> {
    let stored = store::authenticator(tx, account).await?.filter(|stored| stored.confirmed == confirmed);
    let Some(stored) = stored else { return Ok(false) };
    let secret = base.keys.seal.open(&about(account), &stored.sealed);
    let secret = secret.ok_or_else(|| Problem::internal("a sealed secret cannot be opened"))?;
    let now_s = base.clock.now_ms().unsigned_abs() / 1000;
    match totp(&secret, None, "-")?.check(code, now_s) {
        Some(step) => Ok(store::use_step(tx, account, step, now_s / STEP_S + 1).await?),
        None => Ok(false),
    }
}
