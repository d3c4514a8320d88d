//! The home that somebody leaves: the ticket, what they take along, and the operation that lets them go.

use std::collections::HashMap;

use axum::extract::State;
use conntext_federation::Code;
use conntext_federation::content::{Content, LogKind, MessageCreate};
use conntext_federation::domain::Domain;
use conntext_federation::identity::Op;
use conntext_federation::ids::{Actor, UserId};
use conntext_federation::keys::PublicKey;
use conntext_federation::moving::{Luggage, MoveGo, MoveGone, MoveLook, MovingCommunity, MovingMark, Unsent};
use data_encoding::BASE64;

use super::store::{self, Going, MoveOut};
use crate::App;
use crate::accounts::{self, Account};
use crate::bus::PersonNotice;
use crate::db::{self, Query, Tx};
use crate::deletion;
use crate::erasure;
use crate::error::{Problem, Result};
use crate::export;
use crate::http::{Auth, Json};
use crate::log::{Batch, PendingState, pending};
use crate::peers::{Message, Origin, Peer};
use crate::profiles;
use crate::profiles::rehome::{self, WorkingKeys};
use crate::servers;
use crate::sessions;
use crate::settings;

/// For how long a ticket can be shown, milliseconds.
const TICKET_MS: i64 = 3_600_000;
/// The most read marks that are handed over: those of the communities that come first.
const MAX_MARKS: usize = 20_000;
/// The most texts that are handed back as not sent.
const MAX_UNSENT: usize = 200;

/// Lets one of our own people take a ticket for another instance. A new one takes the place of one before.
///
/// # Errors
/// 409 `last_admin`, `chain_full`, `conflict` where the account is about to be deleted or its profile is on its way.
pub(super) async fn offer(app: &App, auth: &Auth, to: &Peer) -> Result<(String, i64)> {
    let ticket = app.rng.token();
    let now = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    crate::factors::require_proof(app, &mut tx, auth).await?;
    let account = accounts::by_id(&mut tx, &auth.account).await?.ok_or_else(Problem::not_signed_in)?;
    if accounts::is_last_admin(&mut tx, &account).await? {
        return Err(Problem::new("last_admin").detail("Nobody else administers this instance."));
    }
    if deletion::of_person(&mut tx, &account.uid).await?.is_some() {
        return Err(Problem::new("conflict").detail("Your account is about to be deleted. Keep it first."));
    }
    if profiles::hosting::is_moving(&mut tx, &account.uid).await? {
        return Err(
            Problem::new("conflict").detail("Your profile is on its way to another place. Wait until it is there.")
        );
    }
    let out = MoveOut {
        uid: account.uid,
        account: account.id,
        handle: account.handle,
        password_hash: String::new(),
        domain: to.domain.to_string(),
        ik: to.ik.clone(),
        state: Going::Offered,
        ticket_hash: sessions::hash(&ticket).to_vec(),
        expires_at: now + TICKET_MS,
        signing_key: String::new(),
        rotation_key: String::new(),
        answer: String::new(),
        gone_at: None,
    };
    store::put_out(&mut tx, &out).await?;
    tx.commit().await?;
    Ok((ticket, out.expires_at))
}

/// Takes the ticket back.
///
/// # Errors
/// The database's.
pub(super) async fn take_back(app: &App, uid: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if store::out_of(&mut tx, uid).await?.is_some_and(|out| out.state != Going::Gone) {
        store::drop_out(&mut tx, uid).await?;
    }
    Ok(tx.commit().await?)
}

/// Tickets that nobody showed in time count no more.
pub(super) async fn tidy(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    if !store::is_untidy(&mut app.db.read().await?, now).await? {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::drop_expired(&mut tx, now).await?;
    store::drop_strays(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Somebody who had an account here and went.
pub struct Gone {
    /// The hash of the password that they had; empty where there was none.
    pub password_hash: String,
    /// Where they went.
    pub domain: String,
}

/// Who had this name here and went.
///
/// # Errors
/// The database's.
pub async fn gone(q: &mut impl Query, handle: &str) -> Result<Option<Gone>> {
    let out = store::gone_with_name(q, handle).await?;
    Ok(out.map(|out| Gone { password_hash: out.password_hash, domain: out.domain }))
}

/// The move that a ticket is for: shown by the instance that it was made for, in time.
async fn shown(q: &mut impl Query, origin: &Origin, ticket: &str, now: i64) -> Result<MoveOut> {
    let found = store::out_by_ticket(q, &sessions::hash(ticket)).await?;
    let good = |out: &MoveOut| out.ik == origin.ik && (out.state == Going::Gone || out.expires_at > now);
    found.filter(good).ok_or_else(|| Code::NoGrant.into())
}

/// `POST /moves/look`
pub(super) async fn look(
    State(app): State<App>,
    origin: Origin,
    Message(asked): Message<MoveLook>,
) -> Result<Json<Luggage>> {
    let mut read = app.db.read().await?;
    let out = shown(&mut read, &origin, &asked.ticket, app.clock.now_ms()).await?;
    drop(read);
    if out.state == Going::Gone {
        return Err(Code::NoGrant.into());
    }
    Ok(Json(luggage(&app, &out).await?))
}

async fn luggage(app: &App, out: &MoveOut) -> Result<Luggage> {
    let uid: UserId = out.uid.parse()?;
    // As this instance itself may see it: with what differs in single communities.
    let profile = profiles::exchange::signed(app, &app.keys.ik, std::slice::from_ref(&uid)).await?.pop();
    let profile = profile.ok_or(Code::NotFound)?;
    let mut read = app.db.read().await?;
    let communities = communities(app, &mut read, &uid).await?;
    let settings = settings::of(&mut read, &out.account).await?;
    let mut marks: Vec<MovingMark> = store::marks(&mut read, &out.uid).await?;
    let place: HashMap<_, _> = communities.iter().enumerate().map(|(n, c)| (c.sid.clone(), n)).collect();
    marks.sort_by_key(|mark| place.get(&mark.sid).copied().unwrap_or(usize::MAX));
    marks.truncate(MAX_MARKS);
    Ok(Luggage { profile, communities, marks, settings })
}

/// Where somebody is, in the order in which they see it, and where they were.
pub(super) async fn communities(app: &App, q: &mut impl Query, uid: &UserId) -> Result<Vec<MovingCommunity>> {
    let actor = Actor::User(uid.clone());
    let order = servers::order(q, uid.as_str()).await?;
    let mut found: Vec<MovingCommunity> = Vec::new();
    for log in app.log.all() {
        let domain = if log.hub_here() { app.domain.to_string() } else { log.hub_domain() };
        let state = log.state();
        let theirs = state.bindings.get(&actor).is_some_and(|binding| binding.home == app.keys.ik);
        if theirs && !state.info.deleted && state.info.kind == LogKind::Guild {
            let member = state.members.contains_key(&actor);
            found.push(MovingCommunity {
                sid: log.sid.clone(),
                domain,
                name: state.info.name.clone(),
                member,
                over: Vec::new(),
            });
        }
    }
    for d in erasure::departed(app, q, uid.as_str()).await? {
        if found.iter().all(|c| c.sid != d.sid) {
            let (domain, name) = (d.hub_domain, d.name);
            found.push(MovingCommunity { sid: d.sid, domain, name, member: false, over: Vec::new() });
        }
    }
    found.sort_by_key(|c| order.iter().position(|sid| *sid == c.sid.as_str()).unwrap_or(usize::MAX));
    Ok(found)
}

/// `POST /moves/go`
pub(super) async fn go(
    State(app): State<App>,
    origin: Origin,
    Message(asked): Message<MoveGo>,
) -> Result<Json<MoveGone>> {
    let now = app.clock.now_ms();
    let keys = WorkingKeys { signing: asked.signing_key, rotation: asked.rotation_key };
    let mut tx = app.db.begin().await?;
    let out = shown(&mut tx, &origin, &asked.ticket, now).await?;
    if out.state == Going::Gone {
        // The first answer was lost.
        let same = (out.signing_key, out.rotation_key) == (text(&keys.signing), text(&keys.rotation));
        let answer = Some(&out.answer).filter(|_| same).and_then(|answer| serde_json::from_str(answer).ok());
        return answer.map(Json).ok_or_else(|| Code::NoGrant.into());
    }
    let account = accounts::by_uid(&mut tx, &out.uid).await?.ok_or(Code::NoGrant)?;
    if out.state == Going::Offered {
        // Nothing new is begun here from now on; what is on its way arrives.
        store::put_out(&mut tx, &MoveOut { state: Going::Leaving, ..out.clone() }).await?;
        sessions::end_but(&mut tx, &account.id, "").await?;
        tx.commit().await?;
        sessions::all_ended(&app, &account.uid);
        tx = app.db.begin().await?;
    }
    let actor = Actor::User(out.uid.parse()?);
    if !asked.anyway && pending::waiting(&mut tx, &actor).await? > 0 {
        return Err(
            Problem::from(Code::Overloaded).detail("Something that they sent has not reached its community yet.")
        );
    }
    Ok(Json(let_go(&app, tx, out, account, keys).await?))
}

fn text(key: &PublicKey) -> String {
    BASE64.encode(&key.to_bytes())
}

async fn let_go(app: &App, mut tx: Tx, out: MoveOut, account: Account, keys: WorkingKeys) -> Result<MoveGone> {
    let uid: UserId = account.uid.parse()?;
    let unsent = unsent(app, &mut tx, &Actor::User(uid.clone())).await?;
    let to = Domain::parse_normal(&out.domain, true)?;
    let op = rehome::hand_over(app, &mut tx, &account.uid, (&to, &out.ik), keys).await?;
    let gone = MoveGone { op, unsent };
    let answer = serde_json::to_string(&gone).map_err(Problem::internal)?;
    let out = MoveOut { signing_key: text(&keys.signing), rotation_key: text(&keys.rotation), answer, ..out };
    end(app, tx, account, out).await?;
    tracing::info!(%uid, to = %to, "an account went to another instance");
    Ok(gone)
}

/// What stands here of the account alone ends; where it went is remembered.
async fn end(app: &App, mut tx: Tx, account: Account, out: MoveOut) -> Result<()> {
    let uid: UserId = account.uid.parse()?;
    accounts::remove(app, &mut tx, &account).await?;
    pending::give_up(&mut tx, &Actor::User(uid.clone())).await?;
    profiles::hosting::forget_places(&mut tx, &account.uid).await?;
    deletion::forget_private(&mut tx, &account.uid, false).await?;
    let gone_at = Some(app.clock.now_ms());
    let out =
        MoveOut { state: Going::Gone, account: String::new(), password_hash: account.kept_hash(), gone_at, ..out };
    store::put_out(&mut tx, &out).await?;
    tx.commit().await?;
    sessions::all_ended(app, &account.uid);
    app.bus.tell_person(&uid, PersonNotice::Me);
    profiles::changed(app, uid);
    export::tidy(app).await
}

/// What they sent that no community has.
async fn unsent(app: &App, q: &mut impl Query, actor: &Actor) -> Result<Vec<Unsent>> {
    let mut found = Vec::new();
    for log in app.log.all() {
        for waiting in pending::of_actor(q, &log.sid, log.id, actor).await? {
            if waiting.state == PendingState::Accepted || waiting.draft.kind != "message.create" {
                continue;
            }
            let message: Option<MessageCreate> = serde_json::from_value(waiting.draft.content).ok();
            let body = message.map(|message| message.body).unwrap_or_default();
            found.push(Unsent { sid: log.sid.clone(), channel: waiting.draft.channel, body });
        }
    }
    found.truncate(MAX_UNSENT);
    Ok(found)
}

/// What logs say of our own people: that one lives elsewhere now is looked into, and who came or went has another vault.
///
/// # Errors
/// The database's.
pub async fn apply(tx: &mut Tx, batch: &Batch<'_>) -> db::Result<()> {
    if batch.entries.is_empty() {
        return profiles::hosting::look_again_in(tx, batch.log_id).await;
    }
    for entry in batch.entries {
        let action = &entry.event.action;
        match &entry.content {
            Some(Content::MemberJoin(_) | Content::MemberLeave) => {
                profiles::hosting::look_again(tx, action.actor.as_str()).await?;
            }
            Some(Content::MemberKick | Content::MemberBan) => {
                profiles::hosting::look_again(tx, action.target.as_deref().unwrap_or_default()).await?;
            }
            _ => {}
        }
        let Some(Content::MemberMigrate(migrate)) = &entry.content else { continue };
        let Some(instance) = batch.state.instances.get(&action.origin) else { continue };
        let chain = serde_json::to_string(&migrate.identity).unwrap_or_default();
        store::hear(tx, action.actor.as_str(), &instance.domain, &chain).await?;
    }
    Ok(())
}

/// Those of our own people of whom that was said go, where their chain proves it: their own key named the new home.
pub(super) async fn round(app: &App) -> Result<()> {
    for (uid, domain, chain) in store::heard(&mut app.db.read().await?).await? {
        if let Err(e) = went(app, &uid, &domain, &chain).await {
            tracing::info!(uid, domain, code = e.code, "what was heard of somebody who lives here is not so");
        }
        let mut tx = app.db.begin().await?;
        store::forget_heard(&mut tx, &uid).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn went(app: &App, uid: &str, domain: &str, chain: &str) -> Result<()> {
    let ops: Vec<Op> = serde_json::from_str(chain).map_err(|_| Code::BadIdentityOp)?;
    let home = Domain::parse_normal(domain, true)?;
    let mut tx = app.db.begin().await?;
    let Some(account) = accounts::by_uid(&mut tx, uid).await? else { return Ok(()) };
    let identity = rehome::went(app, &mut tx, &home, &ops).await?;
    let out = MoveOut {
        uid: account.uid.clone(),
        account: String::new(),
        handle: account.handle.clone(),
        password_hash: String::new(),
        domain: home.to_string(),
        ik: identity.home,
        state: Going::Gone,
        ticket_hash: app.rng.bytes::<32>().to_vec(),
        expires_at: 0,
        signing_key: String::new(),
        rotation_key: String::new(),
        answer: String::new(),
        gone_at: None,
    };
    end(app, tx, account, out).await?;
    tracing::warn!(uid, to = %home, "an account went to another instance without this one");
    Ok(())
}
