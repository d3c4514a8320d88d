//! The new home: taking somebody in, in the place of an account that was made here for them.

use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::identity::{Op, verify_chain};
use conntext_federation::ids::{Actor, UserId};
use conntext_federation::keys::PublicKey;
use conntext_federation::moving::{Luggage, MoveGo, MoveGone, MoveLook, Unsent};
use conntext_federation::wire::SignedProfile;
use serde::{Deserialize, Serialize};

use super::memberships;
use super::store::{self, Coming, Community, MoveIn};
use crate::App;
use crate::accounts;
use crate::db::Tx;
use crate::erasure::pause;
use crate::error::{Problem, Result};
use crate::http::Auth;
use crate::peers::{self, CallError};
use crate::profiles;
use crate::profiles::rehome;
use crate::servers;
use crate::sessions;
use crate::settings;

/// How long what they sent may take to arrive before they go without it, milliseconds.
const PATIENCE_MS: i64 = 60_000;
/// The most communities that are taken over.
pub(super) const MAX_COMMUNITIES: usize = 2_000;

/// What is kept of somebody who is on the way.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// What the home hands over; of somebody who comes without it, what others know.
    pub luggage: Luggage,
    /// The domain of whoever told it; empty for this instance itself.
    pub told_by: String,
    /// The keys with which this instance will speak for them.
    pub signing_key: PublicKey,
    pub rotation_key: PublicKey,
}

/// Whether an account has done nothing yet that somebody else's identity could not take the place of.
///
/// # Errors
/// 409 `account_in_use`, or `conflict` while somebody comes already.
pub(super) async fn may_receive(app: &App, tx: &mut Tx, auth: &Auth) -> Result<()> {
    match store::in_of_account(tx, &auth.account).await?.map(|before| before.state) {
        Some(Coming::Arriving) => {
            return Err(Problem::new("conflict").detail("Your account is on its way already."));
        }
        Some(Coming::Here) => return Err(in_use()),
        Some(Coming::Found | Coming::Refused) | None => {}
    }
    let actor: Actor = auth.uid.parse().map(Actor::User)?;
    let anywhere = app.log.all().iter().any(|log| log.state().bindings.contains_key(&actor));
    let elsewhere = !crate::erasure::departed(app, tx, &auth.uid).await?.is_empty();
    if anywhere || elsewhere || profiles::hosting::has_place(tx, &auth.uid).await? {
        return Err(in_use());
    }
    Ok(())
}

fn in_use() -> Problem {
    Problem::new("account_in_use").detail(
        "This account has taken part here already and stays its own. Create another one to bring the account into.",
    )
}

/// Begins to bring the account of the ticket into the one of the signed-in person.
///
/// # Errors
/// As [`may_receive`]; 403 `ticket_invalid`; 502 `peer_unreachable`, `peer_error`.
pub(super) async fn begin(app: &App, auth: &Auth, from: &Domain, ticket: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    may_receive(app, &mut tx, auth).await?;
    drop(tx);
    let asked = MoveLook { ticket: ticket.to_owned() };
    let luggage: Luggage =
        peers::call(app, from, Method::POST, "/moves/look", &asked).await.map_err(|e| told(&e, from))?;
    let uid = check(app, from, &luggage).await?;
    let now = app.clock.now_ms();
    let sealed = app.keys.seal.close(&*app.rng, uid.as_str(), ticket.as_bytes());
    let mut tx = app.db.begin().await?;
    // Again, under the lock.
    may_receive(app, &mut tx, auth).await?;
    begin_anew(&mut tx, auth, uid.as_str()).await?;
    let keys = rehome::make_keys(app, &mut tx, &uid).await?;
    let kept = Kept { luggage, told_by: from.to_string(), signing_key: keys.signing, rotation_key: keys.rotation };
    let coming = MoveIn {
        uid: uid.to_string(),
        account: auth.account.clone(),
        domain: from.to_string(),
        state: Coming::Arriving,
        ticket: sealed,
        luggage: serde_json::to_string(&kept).map_err(Problem::internal)?,
        unsent: "[]".into(),
        started_at: now,
        due_at: now,
        tries: 0,
        problem: String::new(),
    };
    store::put_in(&mut tx, &coming).await?;
    tx.commit().await?;
    app.moving.wake();
    Ok(())
}

/// What the account began before is given up. Nobody gives up what another account began, which may be the person's.
///
/// # Errors
/// 409 `conflict` while the person comes in another account.
pub(super) async fn begin_anew(tx: &mut Tx, auth: &Auth, uid: &str) -> Result<()> {
    if store::in_of(tx, uid).await?.is_some_and(|other| other.account != auth.account) {
        return Err(Problem::new("conflict").detail("This account is brought into another one here already."));
    }
    if let Some(before) = store::in_of_account(tx, &auth.account).await? {
        drop_keys(tx, &before).await?;
        store::drop_in(tx, &auth.account).await?;
    }
    Ok(())
}

/// The keys that were made for somebody who does not come are not needed.
async fn drop_keys(tx: &mut Tx, coming: &MoveIn) -> Result<()> {
    let kept: Option<Kept> = serde_json::from_str(&coming.luggage).ok();
    let Some(kept) = kept.filter(|_| coming.state != Coming::Here) else { return Ok(()) };
    rehome::drop_keys(tx, &coming.uid, &[kept.signing_key, kept.rotation_key]).await
}

fn told(e: &CallError, from: &Domain) -> Problem {
    match e.code() {
        Some("no_grant") => Problem::new("ticket_invalid").domain(from.as_str()),
        _ => e.problem(from),
    }
}

/// Whether what a home hands over proves itself.
async fn check(app: &App, from: &Domain, luggage: &Luggage) -> Result<UserId> {
    let peer = peers::find(app, from).await.map_err(|e| e.problem(from))?;
    let bad = |_| Problem::new("peer_error").domain(from.as_str());
    let identity = verify_chain(&luggage.profile.identity).map_err(bad)?;
    luggage.profile.profile.verify(&identity).map_err(bad)?;
    let named = identity.home == peer.ik && identity.uid == luggage.profile.profile.uid && !identity.deleted;
    if !named || luggage.communities.len() > MAX_COMMUNITIES {
        return Err(Problem::new("peer_error").domain(from.as_str()));
    }
    Ok(identity.uid)
}

/// Goes on with everybody who is on the way.
pub(super) async fn round(app: &App) -> Result<()> {
    for coming in store::arriving(&mut app.db.read().await?, app.clock.now_ms()).await? {
        let uid = coming.uid.clone();
        if let Err(e) = go_on(app, coming).await {
            tracing::warn!(uid, code = e.code, detail = e.detail, "somebody who comes could not be taken in");
        }
    }
    Ok(())
}

async fn go_on(app: &App, coming: MoveIn) -> Result<()> {
    let now = app.clock.now_ms();
    let from = Domain::parse_normal(&coming.domain, true)?;
    let kept: Kept = serde_json::from_str(&coming.luggage).map_err(Problem::internal)?;
    let ticket = coming.ticket.as_deref().and_then(|sealed| app.keys.seal.open(&coming.uid, sealed));
    let ticket = ticket.and_then(|ticket| String::from_utf8(ticket).ok());
    let ticket = ticket.ok_or_else(|| Problem::internal("a ticket was sealed with another key"))?;
    let (signing_key, rotation_key) = (kept.signing_key, kept.rotation_key);
    let anyway = now - coming.started_at > PATIENCE_MS;
    let asked = MoveGo { ticket, signing_key, rotation_key, anyway };
    match peers::call::<_, MoveGone>(app, &from, Method::POST, "/moves/go", &asked).await {
        Ok(gone) => {
            let mut ops = kept.luggage.profile.identity.clone();
            ops.push(gone.op);
            match Arrival::of(app, &ops, &kept) {
                Ok(arrival) => arrival.settle(app, coming, kept, &gone.unsent, &[]).await,
                Err(code) => refuse(app, coming, code.as_str()).await,
            }
        }
        Err(e) if e.passing() => {
            let busy = e.code() == Some(Code::Overloaded.as_str());
            let wait = if busy { 1_000 } else { pause(coming.tries) };
            let problem = e.code().unwrap_or("peer_unreachable").to_owned();
            let mut tx = app.db.begin().await?;
            let tries = if busy { coming.tries } else { coming.tries + 1 };
            store::put_in(&mut tx, &MoveIn { due_at: now + wait, tries, problem, ..coming }).await?;
            Ok(tx.commit().await?)
        }
        Err(e) => refuse(app, coming, e.code().unwrap_or("peer_error")).await,
    }
}

async fn refuse(app: &App, coming: MoveIn, problem: &str) -> Result<()> {
    tracing::warn!(uid = coming.uid, from = coming.domain, problem, "a home does not let somebody go");
    let mut tx = app.db.begin().await?;
    drop_keys(&mut tx, &coming).await?;
    let refused = MoveIn { state: Coming::Refused, ticket: None, problem: problem.to_owned(), ..coming };
    store::put_in(&mut tx, &refused).await?;
    Ok(tx.commit().await?)
}

/// A chain that names this instance as the home, with the keys that it made for that.
pub(super) struct Arrival {
    ops: Vec<Op>,
    /// The instance that keeps the profile, where that is not this one.
    host: Option<String>,
}

impl Arrival {
    /// # Errors
    /// `bad_identity_op` where the chain says anything else.
    pub fn of(app: &App, ops: &[Op], kept: &Kept) -> std::result::Result<Self, Code> {
        let identity = verify_chain(ops)?;
        let own = identity.own_key().copied();
        let rotation: Vec<_> = own.into_iter().chain([kept.rotation_key]).collect();
        let ours = identity.home == app.keys.ik
            && identity.signing_keys == [kept.signing_key]
            && identity.rotation_keys == rotation
            && !identity.deleted;
        if !ours {
            return Err(Code::BadIdentityOp);
        }
        let host = Some(identity.profile_host.to_string()).filter(|_| identity.profile_host != app.keys.ik);
        Ok(Self { ops: ops.to_vec(), host })
    }

    /// The account becomes theirs, and their communities are told; `asked` are to say which these are.
    pub async fn settle(
        self,
        app: &App,
        coming: MoveIn,
        kept: Kept,
        unsent: &[Unsent],
        asked: &[Domain],
    ) -> Result<()> {
        let now = app.clock.now_ms();
        let uid: UserId = coming.uid.parse()?;
        let Kept { luggage, told_by, .. } = kept;
        let mut tx = app.db.begin().await?;
        let Some(account) = accounts::by_id(&mut tx, &coming.account).await? else {
            return Ok(());
        };
        let before = account.uid.clone();
        if before != coming.uid {
            rehome::discard(&mut tx, &before).await?;
            accounts::stands_for(&mut tx, &account.id, &coming.uid).await?;
        }
        let host = self.place(app, &mut tx, &coming.uid, &luggage.profile, now).await?;
        rehome::take_in(app, &mut tx, &self.ops, &luggage.profile, &account.handle, host).await?;
        // Nobody stays at the door because of what their client kept.
        if let Err(e) = settings::merge(&mut tx, &account.id, luggage.settings).await {
            tracing::info!(%uid, code = e.code, "the settings of somebody who came are not taken over");
        }
        let order: Vec<String> = luggage.communities.iter().map(|c| c.sid.to_string()).collect();
        servers::set_order(&mut tx, &coming.uid, &order).await?;
        for c in luggage.communities.into_iter().chain(memberships::followed(app, &uid)) {
            store::add_community(&mut tx, &Community::new(&coming.uid, c, now)).await?;
        }
        for domain in asked.iter().chain([&app.domain]) {
            store::ask(&mut tx, &coming.uid, domain.as_str(), now).await?;
        }
        let unsent = serde_json::to_string(unsent).map_err(Problem::internal)?;
        let here = MoveIn { state: Coming::Here, ticket: None, unsent, problem: String::new(), tries: 0, ..coming };
        store::put_in(&mut tx, &here).await?;
        tx.commit().await?;
        tracing::info!(%uid, from = here.domain, "somebody came to live here");
        sessions::all_ended(app, &before);
        profiles::changed(app, uid.clone());
        if let Ok(told_by) = Domain::parse_normal(&told_by, true) {
            profiles::exchange::bring_missing(app, &told_by, &uid).await?;
        }
        app.moving.wake();
        Ok(())
    }

    /// Where the profile lies that is kept elsewhere: it stays there. Answers with the domain.
    async fn place(&self, app: &App, tx: &mut Tx, uid: &str, shown: &SignedProfile, now: i64) -> Result<String> {
        let Some(ik) = &self.host else { return Ok(String::new()) };
        let known = match &shown.host {
            Some(said) => Some(said.clone()),
            None => profiles::hosting::known_host(tx, uid).await?,
        };
        let domain = known.and_then(|host| Domain::parse_normal(&host, true).ok()).filter(|host| *host != app.domain);
        let Some(domain) = domain else { return Ok(String::new()) };
        profiles::hosting::inherit(tx, uid, domain.as_str(), ik, now).await?;
        Ok(domain.to_string())
    }
}

/// What a community's turn needs of what its person brought along.
pub(super) fn luggage(coming: &MoveIn) -> Option<Luggage> {
    serde_json::from_str::<Kept>(&coming.luggage).ok().map(|kept| kept.luggage)
}
