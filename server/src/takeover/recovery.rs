//! The keys by which a community goes on elsewhere: who holds them, and how that changes.

use conntext_federation::content::{Content, MemberJoin, MemberMigrate};
use conntext_federation::identity::{Op, verify_chain};
use conntext_federation::ids::Actor;
use conntext_federation::keys::{KeySig, PublicKey};
use conntext_federation::perms::{Perms, server_perms};
use conntext_federation::state::Recovery;
use conntext_federation::takeover::{CoSigned, MAX_KEYS, RECOVERY, RecoveryFields, check_change};

use crate::App;
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::log::LogHandle;
use crate::profiles;
use crate::servers::Here;

/// Managers whose keys are looked up.
const MOST: usize = 50;

/// A key, and who holds it where that is known.
#[derive(Clone)]
pub(super) struct Holder {
    pub key: PublicKey,
    pub holder: Option<Actor>,
}

/// The key that somebody holds themselves, by the newest chain that is known here.
async fn own_key(app: &App, log: &LogHandle, actor: &Actor) -> Result<Option<PublicKey>> {
    let mut read = app.db.read().await?;
    let mut chain: Vec<Op> = profiles::chain(&mut read, actor.as_str()).await?;
    if chain.is_empty()
        && let Some(shown) = crate::log::last_bound(&mut read, log.id, actor).await?
    {
        let value: serde_json::Value = serde_json::from_str(&shown).map_err(Problem::internal)?;
        chain = match Content::parse("member.migrate", &value).or_else(|_| Content::parse("member.join", &value)) {
            Ok(
                Content::MemberMigrate(MemberMigrate { identity, .. })
                | Content::MemberJoin(MemberJoin { identity, .. }),
            ) => identity,
            _ => Vec::new(),
        };
    }
    Ok(verify_chain(&chain).ok().and_then(|identity| identity.own_key().copied()))
}

/// Those who may be given a key of the community, and hold one of their own: its owner, and who manages it.
pub(super) async fn candidates(app: &App, log: &LogHandle) -> Result<Vec<Holder>> {
    let mut actors: Vec<Actor> = {
        let state = log.state();
        let trusted = |actor: &&Actor| server_perms(&state, actor).has(Perms::MANAGE_SERVER);
        state.members.keys().filter(trusted).cloned().collect()
    };
    actors.sort();
    let owner = log.state().info.owner.clone();
    actors.sort_by_key(|actor| owner.as_ref() != Some(actor));
    let mut found = Vec::new();
    for actor in actors.into_iter().take(MOST) {
        if let Some(key) = own_key(app, log, &actor).await? {
            found.push(Holder { key, holder: Some(actor) });
        }
    }
    Ok(found)
}

/// The keys that count, each with its holder where that is one of the candidates.
pub(super) fn holders(keys: &[PublicKey], candidates: &[Holder]) -> Vec<Holder> {
    let holder = |key: &PublicKey| candidates.iter().find(|c| c.key == *key).and_then(|c| c.holder.clone());
    keys.iter().map(|key| Holder { key: *key, holder: holder(key) }).collect()
}

/// The keys are others from now on.
///
/// # Errors
/// 403 `forbidden`, `proof_required`; 409 `conflict` where they changed meanwhile; 422 `invalid` with the field.
pub(super) async fn change(app: &App, auth: &Auth, here: &Here, keys: Vec<PublicKey>, sigs: Vec<KeySig>) -> Result<()> {
    let (owner, Recovery { n, keys: now }) = {
        let state = here.log.state();
        (state.info.owner.clone(), state.info.recovery.clone())
    };
    if owner.as_ref() != Some(&here.actor) {
        return Err(Problem::forbidden().detail("Only the owner may decide who holds the recovery keys."));
    }
    crate::factors::require_proof(app, &mut app.db.read().await?, auth).await?;
    let candidates = candidates(app, &here.log).await?;
    let known = |key: &PublicKey| now.contains(key) || candidates.iter().any(|c| c.key == *key);
    let twice = keys.iter().enumerate().any(|(i, key)| keys[..i].contains(key));
    if keys.len() > MAX_KEYS || twice || !keys.iter().all(known) {
        let text = format!("At most {MAX_KEYS} keys, each of somebody who manages this community.");
        return Err(Problem::invalid("keys", "bad_keys", text));
    }
    let change = CoSigned { body: RecoveryFields { sid: here.log.sid.clone(), n: n + 1, keys }, sigs };
    if !now.is_empty() && change.check(&now).is_err() {
        let text = "More than half of the keys that count now have to sign the change.";
        return Err(Problem::invalid("sigs", "bad_signatures", text));
    }
    check_change(&here.log.state(), &here.actor, &change)?;
    here.act(app, here.draft(RECOVERY, &change)?).await?;
    Ok(())
}
