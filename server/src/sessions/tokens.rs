//! The two tokens of a session: one for requests, which is good for minutes, and one that gets the next two.
//!
//! Each of the second kind counts once. Whoever copies one uses it before or after its owner, and the later of the two comes with
//! one that was used: the session ends then (RFC 9700, 4.14.2). An answer that was lost must not look like that, nor two windows
//! of one browser that ask at once. So the next tokens follow from the one that was shown and a key of the instance: whoever
//! shows it again gets the same ones, until the new ones were used and a moment has passed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::store::{self, Renewing};
use super::{Kind, announce_ended, hash};
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::http::Client;
use crate::mail::{self, Notice};
use crate::{App, Base};

/// Two tokens, as their client gets them.
pub(super) struct Pair {
    pub access: String,
    pub refresh: String,
}

/// What the second token is kept as: by its first part its session is found, whichever of them it is.
pub(super) struct Hashes {
    pub family: [u8; 32],
    pub access: [u8; 32],
    pub refresh: [u8; 32],
}

impl Pair {
    fn new(kind: Kind, access: &str, family: &str, refresh: &str) -> Self {
        let prefixes = if kind == Kind::Bearer { ["ct_", "cr_"] } else { ["", ""] };
        Self { access: format!("{}{access}", prefixes[0]), refresh: format!("{}{family}.{refresh}", prefixes[1]) }
    }

    /// The first two of a session.
    pub fn first(base: &Base, kind: Kind) -> Self {
        Self::new(kind, &base.rng.token(), &URL_SAFE_NO_PAD.encode(base.rng.bytes::<16>()), &base.rng.token())
    }

    /// The ones that follow. Nobody can tell them from the database and the key alone.
    fn after(base: &Base, kind: Kind, refresh: &str) -> Self {
        let next = |what: &str| URL_SAFE_NO_PAD.encode(base.keys.seal.mark(what, refresh));
        let family = match refresh.split_once('.') {
            Some((family, _)) => family.trim_start_matches("cr_").to_owned(),
            // A token of an earlier version.
            None => next("session.family"),
        };
        Self::new(kind, &next("session.access"), &family, &next("session.refresh"))
    }

    pub fn hashes(&self) -> Hashes {
        Hashes { family: family(&self.refresh), access: hash(&self.access), refresh: hash(&self.refresh) }
    }
}

/// What all tokens of the second kind of a session have in common; of those of an earlier version the whole.
fn family(refresh: &str) -> [u8; 32] {
    hash(refresh.split_once('.').map_or(refresh, |(family, _)| family))
}

/// The next two tokens, for the second of those before.
///
/// # Errors
/// `not_signed_in`; `token_reused`: it was used before, and the session has ended by that.
pub(super) async fn renew(app: &App, kind: Kind, refresh: &str, client: Client) -> Result<Pair> {
    let (now, family, old) = (app.clock.now_ms(), family(refresh), hash(refresh));
    // What nobody knows does not hold writers up.
    let mut read = app.db.read().await?;
    if store::renewing(&mut read, &family, &old, now).await?.is_none() {
        return Err(if store::was_reused(&mut read, &family).await? { reused() } else { Problem::not_signed_in() });
    }
    drop(read);
    let mut tx = app.db.begin().await?;
    let found = store::renewing(&mut tx, &family, &old, now).await?.filter(|found| found.kind == kind);
    let session = found.ok_or_else(Problem::not_signed_in)?;
    let limits = &app.config.sessions;
    let pair = Pair::after(app, kind, refresh);
    let lately = !session.confirmed || now - session.rotated_at <= limits.reuse_grace_s * 1000;
    if session.is_current {
        let expires_at = (now + limits.idle_s * 1000).min(session.created_at + limits.max_s * 1000);
        let ip = client.ip.to_string();
        store::rotate(&mut tx, &session.id, pair.hashes(), now, now + limits.access_s * 1000, expires_at, &ip).await?;
    } else if session.is_before && lately {
        store::prolong(&mut tx, &session.id, now + limits.access_s * 1000).await?;
    } else {
        return Err(stolen(app, tx, session).await?);
    }
    tx.commit().await?;
    app.sessions.forget();
    Ok(pair)
}

/// Two have tokens of one session: neither goes on with it.
async fn stolen(app: &App, mut tx: Tx, session: Renewing) -> Result<Problem> {
    let now = app.clock.now_ms();
    store::end_reused(&mut tx, &session.id, now, now + app.config.sessions.idle_s * 1000).await?;
    mail::tell(app, &mut tx, &session.account, Notice::Reused { device: session.device }).await?;
    tx.commit().await?;
    tracing::warn!(session = %session.id, account = %session.account, "a token that was used before was shown again: its session has ended");
    announce_ended(app, &session.uid, vec![session.id]);
    Ok(reused())
}

fn reused() -> Problem {
    let detail =
        "This sign-in was used from somewhere else as well, so it has ended. Sign in again, and change your password.";
    Problem::new("token_reused").detail(detail)
}
