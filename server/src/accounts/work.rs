//! Work that a stranger's machine does before it gets an account: a person does not notice, who makes accounts by the thousand
//! does. The question is signed and stands in no database; what was answered counts once.
//!
//! As hashcash does it (Back, 2002): an answer is found by trying, and checked by one SHA-256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use super::{code_hash, store};
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::{App, Base};

/// How long a question may be answered, milliseconds.
const VALID_MS: i64 = 30 * 60_000;
/// Accounts and applications of an hour that are usual; twice as many are asked for one more bit.
const USUAL: i64 = 16;
/// Most bits that are asked for: minutes on a phone.
const MOST: u8 = 24;

/// A question.
#[derive(Serialize, ToSchema)]
pub struct Challenge {
    /// To be sent back as it is.
    challenge: String,
    /// So many bits of SHA-256 of `challenge`, a full stop and the answer are to be zero, from the first on. 0: no answer is
    /// asked for.
    bits: u8,
}

/// An answer.
#[derive(Deserialize, ToSchema)]
pub struct Work {
    challenge: String,
    /// Up to 40 characters of ASCII.
    answer: String,
}

/// An answer that is right, to be used up.
pub(super) struct Done {
    hash: [u8; 32],
    until: i64,
}

/// How many bits are asked for now.
fn bits(usual: u8, lately: i64) -> u8 {
    let more = (lately.max(1) / USUAL).max(1).ilog2();
    usual.saturating_add(u8::try_from(more).unwrap_or(MOST)).min(MOST)
}

fn mark(base: &Base, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(base.keys.seal.mark("work", text))
}

/// A question for somebody who wants an account.
pub(super) async fn ask(app: &App) -> Result<Challenge> {
    let (now, usual) = (app.clock.now_ms(), app.config.accounts.work_bits);
    if usual == 0 {
        return Ok(Challenge { challenge: String::new(), bits: 0 });
    }
    let lately = store::came_since(&mut app.db.read().await?, now - 3_600_000).await?;
    let bits = bits(usual, lately);
    let text = format!("{}.{bits}.{}", now + VALID_MS, URL_SAFE_NO_PAD.encode(app.rng.bytes::<16>()));
    Ok(Challenge { challenge: format!("{text}.{}", mark(app, &text)), bits })
}

fn required() -> Problem {
    Problem::new("work_required").detail("Your device has to answer a question of this instance first. Try again.")
}

/// Whether the work is done. Nothing where none is asked for.
///
/// # Errors
/// `work_required`: there is no answer, a wrong one, or one to a question of another day.
pub(super) fn check(base: &Base, work: Option<&Work>) -> Result<Option<Done>> {
    if base.config.accounts.work_bits == 0 {
        return Ok(None);
    }
    let work = work.filter(|work| work.answer.len() <= 40).ok_or_else(required)?;
    let (text, mac) = work.challenge.rsplit_once('.').ok_or_else(required)?;
    if !bool::from(mark(base, text).as_bytes().ct_eq(mac.as_bytes())) {
        return Err(required());
    }
    let mut parts = text.split('.');
    let until = parts.next().and_then(|part| part.parse::<i64>().ok()).ok_or_else(required)?;
    let bits = parts.next().and_then(|part| part.parse::<u32>().ok()).ok_or_else(required)?;
    if until <= base.clock.now_ms() || zeros(&work.challenge, &work.answer) < bits {
        return Err(required());
    }
    Ok(Some(Done { hash: code_hash(&work.challenge), until }))
}

/// Zero bits at the beginning of the hash.
fn zeros(challenge: &str, answer: &str) -> u32 {
    let hash = Sha256::digest(format!("{challenge}.{answer}"));
    let first = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    first.leading_zeros()
}

/// Uses the answer up.
///
/// # Errors
/// `work_required`: it was used before.
pub(super) async fn spend(base: &Base, tx: &mut Tx, done: Option<Done>) -> Result<()> {
    let Some(done) = done else { return Ok(()) };
    store::forget_work(tx, base.clock.now_ms()).await?;
    if store::spend_work(tx, &done.hash, done.until).await? { Ok(()) } else { Err(required()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_more_work_is_asked_for_while_many_come() {
        assert_eq!([0, 31, 32, 64, 2048].map(|lately| bits(17, lately)), [17, 17, 18, 19, 24]);
        assert_eq!(bits(24, i64::MAX), 24);
    }
}
