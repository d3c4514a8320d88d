//! Passkeys (Web Authentication, level 3): a key in a device or a password manager signs in by itself, without name and
//! password, and proves who is there. Each is bound to this instance's web address and asks its owner for a fingerprint, a
//! face or a PIN. What is signed and how it is compared is the library's; here is whose it is, and that each answer counts
//! once.

use std::net::IpAddr;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle, Username,
};
use webauthn_rp::request::{AsciiDomain, PublicKeyCredentialDescriptor, RpId, TimedCeremony};
use webauthn_rp::response::auth::DiscoverableAuthentication;
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthenticationServerState, DiscoverableCredentialRequestOptions,
    PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
};

use super::passkey_store::{self as store, Passkey};
use crate::Base;
use crate::accounts::Account;
use crate::db::{Query, Tx};
use crate::error::{Problem, Result};

/// How many an account may have.
const MANY: i64 = 20;
/// How long an answer may take, milliseconds; the library counts the same five minutes.
const PATIENCE_MS: i64 = 5 * 60_000;
/// Longest name, characters.
const NAME: usize = 64;

/// A person, as their passkeys know them.
type Handle = UserHandle<32>;
type PublicKey = CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>;

/// Not the account's id itself: it says nothing to whoever reads it in a password manager.
fn handle(account: &str) -> Result<Handle> {
    let hash: [u8; 32] = Sha256::digest(format!("passkey of {account}").as_bytes()).into();
    Handle::decode(hash).map_err(Problem::internal)
}

/// The name that passkeys are bound to, and the origin of our pages. None where the web address has no name: browsers give
/// passkeys to names only.
fn relying_party(base: &Base) -> Option<(RpId, String)> {
    let url = url::Url::parse(&base.config.public_url()).ok()?;
    let host = url.host_str()?.to_owned();
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return None;
    }
    Some((RpId::Domain(AsciiDomain::try_from(host).ok()?), url.origin().ascii_serialization()))
}

/// Whether this instance can be signed in to by passkey.
pub fn possible(base: &Base) -> bool {
    relying_party(base).is_some()
}

fn party(base: &Base) -> Result<(RpId, String)> {
    relying_party(base).ok_or_else(|| {
        Problem::new("not_found").detail("Passkeys need a name in the address of this instance, and it has none.")
    })
}

fn refused(why: impl std::fmt::Display) -> Problem {
    tracing::debug!(why = %why, "a passkey is refused");
    Problem::new("bad_passkey").detail("This passkey is not known here, or its answer came too late. Try once more.")
}

fn bytes_of(answer: &Value) -> Result<Vec<u8>> {
    serde_json::to_vec(answer).map_err(Problem::internal)
}

/// Asks for a new passkey of an account: the options for the browser.
pub(super) async fn offer(base: &Base, account: &Account, display_name: &str) -> Result<Value> {
    let (rp, _) = party(base)?;
    let mut tx = base.db.begin().await?;
    let known = store::all(&mut tx, &account.id).await?;
    room(known.len())?;
    let known = known
        .into_iter()
        .map(|passkey| {
            Ok(PublicKeyCredentialDescriptor {
                id: CredentialId::<Vec<u8>>::decode(passkey.id).map_err(Problem::internal)?,
                transports: AuthTransports::decode(passkey.transports).map_err(Problem::internal)?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let (id, name) = (handle(&account.id)?, format!("{}@{}", account.handle, base.config.instance.domain));
    let user = PublicKeyCredentialUserEntity {
        name: Username::try_from(name.as_str()).map_err(Problem::internal)?,
        id: &id,
        display_name: Nickname::try_from(display_name).ok(),
    };
    let mut options = PublicKeyCredentialCreationOptions::passkey(&rp, user, known);
    // Authenticators that do not know this extension would refuse, and we ask for the fingerprint or PIN each time anyway.
    options.extensions.cred_protect = CredProtect::None;
    let (asked, options) = options.start_ceremony().map_err(Problem::internal)?;
    let state = asked.encode().map_err(Problem::internal)?;
    let (challenge, now) = (asked.sent_challenge().0.to_be_bytes(), base.clock.now_ms());
    store::ask(&mut tx, &challenge, Some(&account.id), &state, now, now + PATIENCE_MS).await?;
    tx.commit().await?;
    serde_json::to_value(&options).map_err(Problem::internal)
}

fn room(known: usize) -> Result<()> {
    if i64::try_from(known).unwrap_or(MANY) < MANY {
        return Ok(());
    }
    Err(Problem::new("conflict").detail(format!("{MANY} passkeys are the most. Remove one that you do not use.")))
}

/// A name as it is kept.
pub(super) fn name(typed: &str) -> Result<String> {
    let name = typed.trim();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(Problem::invalid("name", "too_long", format!("A name has 1 to {NAME} characters.")));
    }
    Ok(name.to_owned())
}

/// Takes the new passkey that a browser made.
pub(super) async fn add(base: &Base, tx: &mut Tx, account: &str, name: String, made: &Value) -> Result<Passkey> {
    let (rp, origin) = party(base)?;
    let made = Registration::from_json_relaxed(&bytes_of(made)?).map_err(refused)?;
    let challenge = made.challenge_relaxed().map_err(refused)?.0.to_be_bytes();
    let now = base.clock.now_ms();
    let (whose, state) =
        store::answered(tx, &challenge, now).await?.ok_or_else(|| refused("the challenge is unknown"))?;
    if whose.as_deref() != Some(account) {
        return Err(refused("the challenge is another person's"));
    }
    let asked = RegistrationServerState::<32>::decode(state.as_slice()).map_err(Problem::internal)?;
    let origins = [origin.as_str()];
    let options = RegistrationVerificationOptions::<&str, &str> {
        allowed_origins: &origins,
        // Browsers add some by themselves, as credProtect for keys that know it.
        error_on_unsolicited_extensions: false,
        ..RegistrationVerificationOptions::default()
    };
    let credential = asked.verify(&rp, &made, &options).map_err(refused)?;
    let known = store::all(tx, account).await?;
    room(known.len())?;
    let passkey = Passkey {
        id: credential.id().as_ref().to_vec(),
        account: account.to_owned(),
        name,
        transports: credential.transports().encode().map_err(Problem::internal)?,
        static_state: credential.static_state().encode().map_err(Problem::internal)?,
        dynamic_state: credential.dynamic_state().encode().map_err(Problem::internal)?.to_vec(),
        created_at: now,
        used_at: None,
    };
    if store::by_id(tx, &passkey.id).await?.is_some() {
        return Err(Problem::new("conflict").detail("This passkey is known already."));
    }
    store::add(tx, &passkey).await?;
    Ok(passkey)
}

/// Asks whatever passkey the browser has for this instance: the options for it.
pub(super) async fn ask(base: &Base) -> Result<Value> {
    let (rp, _) = party(base)?;
    let (asked, options) =
        DiscoverableCredentialRequestOptions::passkey(&rp).start_ceremony().map_err(Problem::internal)?;
    let state = asked.encode().map_err(Problem::internal)?;
    let (challenge, now) = (asked.sent_challenge().0.to_be_bytes(), base.clock.now_ms());
    let mut tx = base.db.begin().await?;
    store::ask(&mut tx, &challenge, None, &state, now, now + PATIENCE_MS).await?;
    tx.commit().await?;
    serde_json::to_value(&options).map_err(Problem::internal)
}

/// What a passkey signed, and the challenge in it.
pub(super) struct Answer {
    signed: DiscoverableAuthentication<32>,
    challenge: [u8; 16],
}

/// Reads what a browser sent.
pub(super) fn read(answer: &Value) -> Result<Answer> {
    let signed = DiscoverableAuthentication::<32>::from_json_relaxed(&bytes_of(answer)?).map_err(refused)?;
    let challenge = signed.challenge_relaxed().map_err(refused)?.0.to_be_bytes();
    Ok(Answer { signed, challenge })
}

/// Whether its challenge was given and waits.
pub(super) async fn expected(base: &Base, q: &mut impl Query, answer: &Answer) -> Result<()> {
    let waits = store::waits(q, &answer.challenge, base.clock.now_ms()).await?;
    if waits { Ok(()) } else { Err(refused("the challenge is unknown")) }
}

/// Takes what a passkey signed; answers with the id of the account that it belongs to. The challenge is used up with that.
pub(super) async fn accept(base: &Base, tx: &mut Tx, Answer { signed, challenge }: &Answer) -> Result<String> {
    let (rp, origin) = party(base)?;
    let now = base.clock.now_ms();
    let (whose, state) =
        store::answered(tx, challenge, now).await?.ok_or_else(|| refused("the challenge is unknown"))?;
    if whose.is_some() {
        return Err(refused("the challenge is for a new passkey"));
    }
    let asked = DiscoverableAuthenticationServerState::decode(state.as_slice()).map_err(Problem::internal)?;
    let known = store::by_id(tx, signed.raw_id().as_ref()).await?.ok_or_else(|| refused("the passkey is unknown"))?;
    let handle = handle(&known.account)?;
    let dynamic: [u8; 7] = known.dynamic_state.as_slice().try_into().map_err(Problem::internal)?;
    let mut credential = AuthenticatedCredential::new(
        CredentialId::<&[u8]>::decode(&known.id).map_err(Problem::internal)?,
        &handle,
        StaticState::<PublicKey>::decode(known.static_state.as_slice()).map_err(Problem::internal)?,
        DynamicState::decode(dynamic).map_err(Problem::internal)?,
    )
    .map_err(Problem::internal)?;
    let origins = [origin.as_str()];
    let options = AuthenticationVerificationOptions::<&str, &str> {
        allowed_origins: &origins,
        error_on_unsolicited_extensions: false,
        ..AuthenticationVerificationOptions::default()
    };
    asked.verify(&rp, signed, &mut credential, &options).map_err(refused)?;
    let state = credential.dynamic_state().encode().map_err(Problem::internal)?;
    store::used(tx, &known.id, &state, now).await?;
    Ok(known.account)
}
