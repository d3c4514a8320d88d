//! Coming without the former home: the key that a person holds themselves names the new one.

use std::cmp::Ordering;
use std::time::Duration;

use axum::extract::State;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::identity::{Identity, Op, compare_chains, verify_chain};
use conntext_federation::ids::{InstanceId, UserId};
use conntext_federation::moving::Luggage;
use conntext_federation::vault::{MAX_CLAIM_MS, Vault, VaultClaim, VaultClaimFields};
use conntext_federation::wire::SignedProfile;
use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value};

use super::arrive::{self, Arrival, Kept};
use super::store::{self, Coming, MoveIn};
use super::vault;
use crate::App;
use crate::error::{Problem, Result};
use crate::http::{Auth, Json, Path};
use crate::peers::{self, Origin};
use crate::profiles;
use crate::profiles::rehome;

/// Instances that are asked for an identity, and at a time.
const MOST: usize = 60;
/// The longest name within a domain.
const MAX_HANDLE: usize = 32;
const AT_A_TIME: usize = 12;
/// How long an instance may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// An identity as somebody names it: by its id, or by the address that they had.
pub(super) enum Who {
    Id(UserId),
    Address(String, Domain),
}

impl Who {
    /// # Errors
    /// 422 `invalid` at `who`.
    pub fn parse(app: &App, typed: &str) -> Result<Self> {
        let typed = typed.trim();
        if let Ok(uid) = typed.parse() {
            return Ok(Self::Id(uid));
        }
        let address = typed.trim_start_matches('@').split_once('@');
        let parsed = address.and_then(|(handle, domain)| {
            let domain = Domain::parse(domain, app.config.federation.dev_insecure).ok()?;
            let handle = handle.to_lowercase();
            // It becomes a part of addresses at other instances.
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
            ((1..=MAX_HANDLE).contains(&handle.len()) && handle.chars().all(plain))
                .then_some(Self::Address(handle, domain))
        });
        parsed.ok_or_else(|| {
            Problem::invalid("who", "bad_address", "Type the address that you had, such as @ada@chat.example.org.")
        })
    }

    fn path(&self) -> String {
        match self {
            Self::Id(uid) => format!("/profiles/{uid}"),
            Self::Address(handle, domain) => {
                format!("/addresses/{}@{}", handle, domain.as_str().replace(':', "%3A"))
            }
        }
    }
}

/// `GET /addresses/{address}`: whoever has, or had, an address, as far as it is known here.
pub(super) async fn by_address(
    State(app): State<App>,
    origin: Origin,
    Path(address): Path<String>,
) -> Result<Json<SignedProfile>> {
    let who = Who::parse(&app, &address).map_err(|_| Code::NotFound)?;
    let found = known(&app, &origin.ik, &who).await?.filter(|found| found.profile.deleted != Some(true));
    found.map(Json).ok_or_else(|| Code::NotFound.into())
}

/// What is known here of an identity, as `asker` may have it.
async fn known(app: &App, asker: &InstanceId, who: &Who) -> Result<Option<SignedProfile>> {
    let uid = match who {
        Who::Id(uid) => uid.clone(),
        Who::Address(handle, domain) => {
            match rehome::at_address(&mut app.db.read().await?, handle, domain.as_str()).await? {
                Some(uid) => uid.parse()?,
                None => return Ok(None),
            }
        }
    };
    Ok(profiles::exchange::signed(app, asker, std::slice::from_ref(&uid)).await?.pop())
}

/// The newest that is known of an identity: here, at the instances that are named, and at all that this one knows; with the
/// domain of whoever told it.
async fn newest(app: &App, who: &Who, named: &[Domain]) -> Result<Option<(SignedProfile, String)>> {
    let mut best = known(app, &app.keys.ik, who).await?.map(|here| (here, String::new()));
    // Once it is known whose it is, others need not know the address.
    let path = best.as_ref().map_or_else(|| who.path(), |(here, _)| Who::Id(here.profile.uid.clone()).path());
    let others = others(app).await?;
    let asked = named.iter().cloned().chain(others).filter(|domain| *domain != app.domain).take(MOST);
    let asking = asked.map(|domain| {
        let path = &path;
        async move {
            let answer = peers::get::<SignedProfile>(app, &domain, path);
            Some((tokio::time::timeout(PATIENCE, answer).await.ok()?.ok()?, domain.to_string()))
        }
    });
    let found: Vec<_> = stream::iter(asking).buffer_unordered(AT_A_TIME).collect().await;
    for (shown, by) in found.into_iter().flatten() {
        let Ok(identity) = verify_chain(&shown.identity) else { continue };
        let meant = match who {
            Who::Id(uid) => identity.uid == *uid,
            Who::Address(..) => true,
        };
        if !meant || shown.profile.verify(&identity).is_err() {
            continue;
        }
        // Where two people are named, the one who is known here counts, or the first.
        let newer = |(best, _): &(SignedProfile, String)| match compare_chains(&shown.identity, &best.identity) {
            Ok(Ordering::Equal) => shown.profile.order() > best.profile.order(),
            order => order == Ok(Ordering::Greater),
        };
        if best.as_ref().is_none_or(newer) {
            best = Some((shown, by));
        }
    }
    Ok(best)
}

/// Instances that this one knows and that answer.
async fn others(app: &App) -> Result<Vec<Domain>> {
    let book = app.peers.trust.book();
    let known = peers::trust::known(app).await?;
    Ok(known.into_iter().filter(|domain| book.judge(domain).is_ok() && app.peers.is_up(domain)).collect())
}

/// An identity that was found, and what its person has to sign.
pub(super) struct Found {
    pub uid: String,
    /// The operation to sign, without its signature.
    pub op: Value,
    /// The claim for their vault to sign, where there may be one.
    pub claim: Option<Value>,
}

/// Looks for an identity, and makes the keys with which this instance would speak for it.
///
/// # Errors
/// 404 `not_found`; 409 `no_own_key`, `account_in_use`, `conflict`.
pub(super) async fn look(app: &App, auth: &Auth, who: &Who, named: &[Domain]) -> Result<Found> {
    let mut tx = app.db.begin().await?;
    arrive::may_receive(app, &mut tx, auth).await?;
    drop(tx);
    let nobody = "No instance that was asked knows this identity. Name one that you were known at.";
    let (profile, told_by) = newest(app, who, named).await?.ok_or_else(|| Problem::not_found().detail(nobody))?;
    let identity = verify_chain(&profile.identity)?;
    if identity.home == app.keys.ik {
        return Err(
            Problem::new("conflict").detail("This account lives here already. Sign in, or ask for a new password.")
        );
    }
    if identity.own_key().is_none() || identity.deleted {
        return Err(Problem::new("no_own_key"));
    }
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    arrive::may_receive(app, &mut tx, auth).await?;
    arrive::begin_anew(&mut tx, auth, identity.uid.as_str()).await?;
    let keys = rehome::make_keys(app, &mut tx, &identity.uid).await?;
    let domain = match who {
        Who::Address(_, domain) => domain.to_string(),
        Who::Id(uid) => rehome::domain_of(&mut tx, uid.as_str()).await?.unwrap_or_default(),
    };
    let kept_host = profile.host.clone();
    let luggage = Luggage { profile, communities: Vec::new(), marks: Vec::new(), settings: Map::new() };
    let kept = Kept { luggage, told_by, signing_key: keys.signing, rotation_key: keys.rotation };
    let found = MoveIn {
        uid: identity.uid.to_string(),
        account: auth.account.clone(),
        domain,
        state: Coming::Found,
        ticket: None,
        luggage: serde_json::to_string(&kept).map_err(Problem::internal)?,
        unsent: "[]".into(),
        started_at: now,
        due_at: now,
        tries: 0,
        problem: String::new(),
    };
    store::put_in(&mut tx, &found).await?;
    tx.commit().await?;
    let mut op = identity.following();
    rehome::moved(&identity, &app.keys.ik, keys)(&mut op);
    let keeper = keeper(app, &identity, kept_host.as_deref()).await?;
    let claim = keeper.map(|(_, host)| VaultClaimFields {
        uid: identity.uid.clone(),
        host,
        reader: app.keys.ik.clone(),
        exp: now + MAX_CLAIM_MS / 2,
    });
    let claim = claim.map(serde_json::to_value).transpose().map_err(Problem::internal)?;
    Ok(Found { uid: identity.uid.to_string(), claim, op: serde_json::to_value(&op).map_err(Problem::internal)? })
}

/// Where the vault of somebody lies, if not at the home that they lost, and which instance that is.
async fn keeper(app: &App, identity: &Identity, said: Option<&str>) -> Result<Option<(Domain, InstanceId)>> {
    // A home may have gone before it told the host of the operation that names it.
    if profiles::hosting::vault_of(&mut app.db.read().await?, identity.uid.as_str()).await?.is_some() {
        return Ok(Some((app.domain.clone(), app.keys.ik.clone())));
    }
    let said = said.filter(|_| identity.profile_host != identity.home);
    let domain = said.and_then(|said| Domain::parse_normal(said, true).ok());
    Ok(domain.map(|domain| (domain, identity.profile_host.clone())))
}

/// Fetches the vault of the identity that was looked for, for whoever holds its own key.
///
/// # Errors
/// 404 `not_found` where nothing was looked for, or there is none; as [`vault::fetch`].
pub(super) async fn open(app: &App, auth: &Auth, claim: Value) -> Result<String> {
    let found = store::in_of_account(&mut app.db.read().await?, &auth.account).await?;
    let found = found.filter(|found| found.state == Coming::Found).ok_or_else(Problem::not_found)?;
    let kept: Kept = serde_json::from_str(&found.luggage).map_err(Problem::internal)?;
    let identity = verify_chain(&kept.luggage.profile.identity)?;
    let keeper = keeper(app, &identity, kept.luggage.profile.host.as_deref()).await?;
    let (host, _) = keeper.ok_or_else(Problem::not_found)?;
    let claim = VaultClaim::from_value(claim)
        .map_err(|_| Problem::invalid("claim", "bad_signature", "That is not a claim."))?;
    vault::fetch(app, &host, claim).await
}

/// Takes the person in by the operation that their own key signed, and asks around for their communities.
///
/// # Errors
/// 404 `not_found` where nothing was looked for; 422 `invalid` where it is not signed as it has to be; 409 `conflict` where
/// the identity has changed since.
pub(super) async fn take(app: &App, auth: &Auth, op: Value, named: &[Domain], vault: Option<Vault>) -> Result<()> {
    let unsigned =
        || Problem::invalid("op", "bad_signature", "That is not signed by the key that it has to be signed by.");
    let found = store::in_of_account(&mut app.db.read().await?, &auth.account).await?;
    let found = found.filter(|found| found.state == Coming::Found).ok_or_else(Problem::not_found)?;
    let mut kept: Kept = serde_json::from_str(&found.luggage).map_err(Problem::internal)?;
    let mut ops = kept.luggage.profile.identity.clone();
    let before = verify_chain(&ops)?;
    let op = Op::from_value(op).map_err(|_| unsigned())?;
    let own = before.own_key().map(conntext_federation::keys::PublicKey::kid);
    if own.as_ref() != Some(&op.sig().kid) {
        return Err(unsigned());
    }
    ops.push(op);
    let arrival = Arrival::of(app, &ops, &kept).map_err(|_| unsigned())?;
    if let Some(Vault { communities, settings }) = vault {
        kept.luggage = Luggage { communities, settings, ..kept.luggage };
        kept.luggage.communities.truncate(arrive::MAX_COMMUNITIES);
    }
    // Written with the rest: a cut leaves nobody here whose communities nobody is asked for.
    arrival.settle(app, found, kept, &[], &around(app, named).await?).await
}

/// Who may know communities of somebody who came without their former home: those that are named, all that are known, and
/// this instance itself.
async fn around(app: &App, named: &[Domain]) -> Result<Vec<Domain>> {
    let known = others(app).await?.into_iter().take(MOST);
    Ok(named.iter().cloned().chain([app.domain.clone()]).chain(known).collect())
}

/// Instances are asked which communities somebody is in who came without their former home.
///
/// # Errors
/// The database's.
pub(super) async fn ask_around(app: &App, uid: &str, named: &[Domain]) -> Result<()> {
    let now = app.clock.now_ms();
    let around = around(app, named).await?;
    let mut tx = app.db.begin().await?;
    for domain in &around {
        store::ask(&mut tx, uid, domain.as_str(), now).await?;
    }
    tx.commit().await?;
    app.moving.wake();
    Ok(())
}
