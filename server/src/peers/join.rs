//! Joining a server elsewhere: the home's side.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use conntext_federation::Code;
use conntext_federation::action::Position;
use conntext_federation::content::{Genesis, LogKind, MemberJoin, MemberMigrate};
use conntext_federation::domain::Domain;
use conntext_federation::hub::{self, Draft};
use conntext_federation::ids::{Actor, Hash, InstanceId, ServerId, UserId};
use conntext_federation::instance::KeysStatement;
use conntext_federation::invite_card::Card;
use conntext_federation::state::{People, ServerState};
use conntext_federation::wire::{JoinRequest, JoinResponse, RowsText, SignedAction, Snapshot};
use conntext_federation::{canonical, identity::Op};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::hub::invite_hash;
use super::{CallError, Peer, call, find, frame, get, hello, joining, moved, naming, profiles, store, want};
use crate::App;
use crate::bus::Notice;
use crate::error::{Problem, Result};
use crate::log::{Begun, LogHandle};

/// How long joining waits for the hub's push where a copy is here already.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often a page of a snapshot is asked for, and a snapshot itself.
const TRIES: u32 = 4;
/// Pages of a snapshot that are fetched at a time.
const PAGES_AT_ONCE: usize = 4;

/// What opens the door.
#[derive(Clone, Debug)]
pub enum JoinHow {
    /// An invite's code.
    Code(String),
    /// Nothing: the server is public.
    Public(ServerId),
}

/// Brings somebody of this instance into a server of another one. Returns the server; the copy of it is here then, and
/// the person is in it. Joining twice is fine.
///
/// # Errors
/// As the other instance says, or `peer_unreachable` and `peer_error` with its domain.
pub async fn join(app: &App, uid: &UserId, identity: Vec<Op>, domain: &Domain, how: JoinHow) -> Result<ServerId> {
    let told = |e: CallError| e.problem(domain);
    let peer = find(app, domain).await.map_err(told)?;
    let mut went = None;
    let (sid, code) = match how {
        JoinHow::Public(sid) => (sid, None),
        JoinHow::Code(code) => {
            let hash = invite_hash(&code);
            let mut card: std::result::Result<Card, _> = get(app, domain, &format!("/invites/{hash}")).await;
            // The community may live elsewhere by now.
            went = card.as_ref().err().and_then(moved::named).filter(|at| *at != app.domain);
            if let Some(at) = &went {
                card = get(app, at, &format!("/invites/{hash}")).await;
            }
            let (card, domain) = (card.map_err(told)?, went.as_ref().unwrap_or(domain));
            let peer = naming(app, domain, &card.sig().kid).await.map_err(told)?;
            card.verify(&peer.doc, app.clock.now_ms()).map_err(|c| told(CallError::Answer(c.to_string())))?;
            (card.sid.clone(), Some(code))
        }
    };
    let (domain, peer) = match &went {
        Some(at) => (at, find(app, at).await.map_err(|e| e.problem(at))?),
        None => (domain, peer),
    };
    let joining = joining::begin(app, &sid);
    joining::sent(app, &sid, uid, domain).await?;
    let invite = code.as_deref().map(invite_hash);
    let content = hub::json(&MemberJoin { identity, invite })?;
    let result = join_server(app, uid, &peer, &sid, Coming { kind: "member.join", content, code }).await;
    // Otherwise the hub may have taken it and the answer was lost.
    if result.as_ref().err().is_none_or(|e| e.status < 500) {
        joining::known(app, &sid, uid).await?;
    }
    drop(joining);
    if let Some(log) = app.log.get(&sid) {
        joining::removed(app, &log).await?;
    }
    result.map(|()| sid)
}

/// Tells the hub of a server elsewhere that this instance speaks for somebody from now on who is in it, or was. Where they
/// are in it, the copy of it is here then.
///
/// # Errors
/// As the other instance says, or `peer_unreachable` and `peer_error` with its domain.
pub async fn migrate(app: &App, uid: &UserId, domain: &Domain, sid: &ServerId, content: &MemberMigrate) -> Result<()> {
    let peer = find(app, domain).await.map_err(|e| e.problem(domain))?;
    let joining = joining::begin(app, sid);
    let content = hub::json(content)?;
    let result = join_server(app, uid, &peer, sid, Coming { kind: "member.migrate", content, code: None }).await;
    drop(joining);
    if let Some(log) = app.log.get(sid) {
        joining::removed(app, &log).await?;
    }
    result
}

/// How somebody comes in.
struct Coming {
    kind: &'static str,
    content: Value,
    code: Option<String>,
}

async fn join_server(app: &App, uid: &UserId, peer: &Peer, sid: &ServerId, coming: Coming) -> Result<()> {
    let Coming { kind, content, code } = coming;
    let domain = &peer.domain;
    let told = |e: CallError| e.problem(domain);
    let actor = Actor::User(uid.clone());
    let copy = app.log.get(sid).filter(|l| l.quarantined().is_none());
    if let Some(copy) = &copy {
        if copy.hub_here() {
            return Err(Problem::new("conflict").detail("This community is hosted here."));
        }
        if copy.state().info.hub != peer.ik {
            return Err(told(CallError::Answer("it is not the hub of that community".into())));
        }
        if arrived_now(app, sid, &actor) {
            return Ok(());
        }
    }
    let profile = (app.peers.rooms.profiles)(app, &peer.ik, std::slice::from_ref(uid)).await?.pop();
    let mut request = JoinRequest {
        join: signed(app, sid, &actor, kind, content)?,
        keys: app.keys.statement(),
        code,
        snapshot: copy.is_none(),
        profile,
    };
    let path = format!("/servers/{sid}/join");
    let answer: JoinResponse = call(app, domain, Method::POST, &path, &request).await.map_err(told)?;
    if answer.snapshot.is_some() {
        return adopt(app, peer, sid, &actor, answer.snapshot).await;
    }
    let inside = copy.as_ref().is_some_and(|copy| copy.state().members.contains_key(&actor));
    if kind == "member.migrate" && !inside {
        // They are not in it any more: there is nothing to follow.
        return Ok(());
    }
    if arrived(app, sid, &actor).await {
        return Ok(());
    }
    // The copy went away meanwhile, or the push is late: begin with a snapshot.
    request.snapshot = true;
    let answer: JoinResponse = call(app, domain, Method::POST, &path, &request).await.map_err(told)?;
    match answer.snapshot {
        _ if arrived_now(app, sid, &actor) => Ok(()),
        Some(snapshot) => adopt(app, peer, sid, &actor, Some(snapshot)).await,
        None => Err(told(CallError::Answer("no snapshot".into()))),
    }
}

fn signed(app: &App, sid: &ServerId, actor: &Actor, kind: &str, content: Value) -> Result<SignedAction> {
    let draft =
        Draft { sid: sid.clone(), kind: kind.into(), channel: None, target: None, actor: actor.clone(), content };
    // Before the first copy there is nothing that the action could rest on.
    let basis = Position { generation: 0, epoch: 0, seq: 0, hash: Hash::ZERO };
    let (action, sealed) =
        draft.into_action(&app.keys.ik, app.log.new_aid(), app.rng.bytes(), basis, app.clock.now_ms())?;
    let origin_sig = action.sign(&app.keys.signing())?;
    Ok(SignedAction { action, origin_sig, content: sealed.content, salt: sealed.salt })
}

fn arrived_now(app: &App, sid: &ServerId, actor: &Actor) -> bool {
    app.log.get(sid).is_some_and(|log| log.state().members.get(actor).is_some_and(|m| m.home == app.keys.ik))
}

async fn arrived(app: &App, sid: &ServerId, actor: &Actor) -> bool {
    let mut notices = app.bus.server(sid);
    let wait = async {
        while !arrived_now(app, sid, actor) {
            if matches!(notices.recv().await, Ok(Notice::Gone) | Err(tokio::sync::broadcast::error::RecvError::Closed))
            {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, wait).await;
    arrived_now(app, sid, actor)
}

/// Takes the hub's snapshot, in which the person is.
pub(super) async fn adopt(
    app: &App,
    peer: &Peer,
    sid: &ServerId,
    actor: &Actor,
    first: Option<Snapshot>,
) -> Result<()> {
    let told = |e: CallError| e.problem(&peer.domain);
    let (snapshot, begun) = whole(app, peer, sid, first).await.map_err(told)?;
    if begun.state.members.get(actor).is_none_or(|m| m.home != app.keys.ik) {
        return Err(told(refused(Code::NotMember)));
    }
    let known = snapshot.profiles;
    let turn = app.peers.adopting.lock().await;
    // Others came in at the same moment, and what was said to one of them is newer.
    let newer = |copy: &Arc<LogHandle>| {
        let (there, here) = (&snapshot.head, copy.head());
        copy.quarantined().is_none()
            && (here.generation, here.epoch) == (there.generation, there.epoch)
            && here.seq >= there.seq
            && copy.state().members.contains_key(actor)
    };
    let log = match app.log.get(sid).filter(newer) {
        Some(copy) => copy,
        None => app.log.adopt(begun, peer.domain.as_str().to_owned(), None).await?,
    };
    drop(turn);
    want::soon(app, &log);
    frame::soon(app, &log);
    // Each is verified and written by itself: whoever joins is in before that.
    let (keeping, by) = (app.clone(), peer.domain.clone());
    hello::spawn(app, async move {
        profiles::keep(&keeping, &by, known).await;
        profiles::wanted_of(&keeping, &log);
    });
    Ok(())
}

/// Begins a copy anew that was set aside, from what its hub says now.
///
/// # Errors
/// [`CallError`].
pub async fn renew(app: &App, sid: &ServerId) -> std::result::Result<(), CallError> {
    let log = app.log.get(sid).filter(|l| !l.hub_here()).ok_or(Code::UnknownServer)?;
    let domain = Domain::parse_normal(&log.hub_domain(), true)?;
    let peer = find(app, &domain).await?;
    let (snapshot, begun) = whole(app, &peer, sid, None).await?;
    let known = snapshot.profiles;
    let adopted = app.log.adopt(begun, domain.as_str().to_owned(), None).await;
    let log = adopted.map_err(|e| CallError::Answer(e.to_string()))?;
    want::soon(app, &log);
    frame::soon(app, &log);
    profiles::keep(app, &domain, known).await;
    Ok(())
}

/// Begins a copy of a log that is to come here; nobody of this instance need be in it.
///
/// # Errors
/// [`CallError`].
pub async fn begin_copy(app: &App, domain: &Domain, sid: &ServerId) -> std::result::Result<Arc<LogHandle>, CallError> {
    let peer = find(app, domain).await?;
    let _turn = app.peers.adopting.lock().await;
    let (snapshot, begun) = whole(app, &peer, sid, None).await?;
    let known = snapshot.profiles;
    let adopted = app.log.adopt(begun, domain.as_str().to_owned(), None).await;
    let log = adopted.map_err(|e| CallError::Answer(e.to_string()))?;
    profiles::keep(app, domain, known).await;
    Ok(log)
}

fn refused(code: Code) -> CallError {
    tracing::warn!(code = code.as_str(), "a snapshot that is not taken");
    CallError::Refused(code)
}

/// A snapshot with all its pages: the one that came along with an answer, or one that is asked for. Where the hub no
/// longer keeps a page, it is asked for a new one.
///
/// # Errors
/// [`CallError`]; nothing of the snapshot is kept then.
pub(super) async fn whole(
    app: &App,
    peer: &Peer,
    sid: &ServerId,
    mut first: Option<Snapshot>,
) -> std::result::Result<(Snapshot, Begun), CallError> {
    let mut tries = 0;
    loop {
        let snapshot = match first.take() {
            Some(snapshot) => snapshot,
            None => get(app, &peer.domain, &format!("/servers/{sid}/snapshot")).await?,
        };
        tries += 1;
        match check(app, peer, sid, &snapshot).await {
            Ok(begun) => return Ok((snapshot, begun)),
            Err(CallError::Problem { status: 410, .. }) if tries < TRIES => {}
            Err(CallError::Problem { status: 404 | 410, .. }) => {
                return Err(CallError::Answer("a snapshot whose pages it does not give".into()));
            }
            Err(e) => return Err(e),
        }
    }
}

/// Fetches the pages of a snapshot whose first part was verified, and adds the people on them.
async fn people(app: &App, peer: &Peer, snapshot: &Snapshot, begun: &mut Begun) -> std::result::Result<(), CallError> {
    if snapshot.pages.len() > app.config.federation.snapshot_pages {
        return Err(refused(Code::TooLarge));
    }
    let nobody = begun.state.bindings.is_empty() && begun.state.members.is_empty();
    if !snapshot.pages.is_empty() && !nobody {
        // All of them or none come on pages.
        return Err(refused(Code::BadJson));
    }
    let fetch = |hash: &Hash| page(app, peer, &snapshot.sid, *hash);
    let mut pages = stream::iter(snapshot.pages.iter().map(fetch)).buffered(PAGES_AT_ONCE);
    while let Some((text, people)) = pages.try_next().await? {
        begun.state.add_people(people).map_err(refused)?;
        begun.pages.push(text);
    }
    Ok(())
}

/// A page of a snapshot: the text as it is stored, and what it says.
async fn page(
    app: &App,
    peer: &Peer,
    sid: &ServerId,
    hash: Hash,
) -> std::result::Result<(RowsText, People), CallError> {
    let path = format!("/servers/{sid}/snapshot/{hash}");
    let mut tries = 0;
    let text: RowsText = loop {
        tries += 1;
        match get(app, &peer.domain, &path).await {
            Ok(text) => break text,
            Err(e) if tries < TRIES && e.passing() => {
                tokio::time::sleep(Duration::from_millis(e.retry_after_ms().unwrap_or(500))).await;
            }
            Err(e) => return Err(e),
        }
    };
    // Beside the tasks that serve requests: there are thousands of them on a page.
    let read = tokio::task::spawn_blocking(move || {
        if text.hash() != hash {
            return Err(Code::HashMismatch);
        }
        let rows = text.rows()?;
        if rows.is_empty() {
            return Err(Code::BadJson);
        }
        let people = People::read(&rows)?;
        Ok((text, people))
    });
    let (text, people) = read.await.map_err(|e| CallError::Unreachable(e.to_string()))?.map_err(refused)?;
    nobody_of_ours(app, people.homes()).await?;
    Ok((text, people))
}

/// Nobody else is the home of who lives here: whoever were could speak under their name.
async fn nobody_of_ours<'a>(
    app: &App,
    homes: impl Iterator<Item = (&'a Actor, &'a InstanceId)>,
) -> std::result::Result<(), CallError> {
    let elsewhere = homes.filter(|(_, home)| **home != app.keys.ik);
    let bound: Vec<(&UserId, &InstanceId)> =
        elsewhere.filter_map(|(actor, home)| Some((actor.user()?, home))).collect();
    let elsewhere: Vec<&UserId> = bound.iter().map(|(uid, _)| *uid).collect();
    let own = |e: crate::db::Error| CallError::Unreachable(format!("our own database: {e}"));
    let mut read = app.db.read().await.map_err(own)?;
    let ours = store::who_lives_here(&mut read, &elsewhere).await.map_err(own)?;
    drop(read);
    if ours.is_empty() {
        return Ok(());
    }
    // Who moved here is bound to a former home until that community has heard of it.
    let known = (app.peers.rooms.homes)(app, &ours).await.map_err(|e| CallError::Unreachable(e.to_string()))?;
    let former = |(uid, home): (&UserId, &InstanceId)| known.get(uid).is_some_and(|homes| homes.contains(home));
    let theirs = bound.iter().filter(|(uid, _)| ours.contains(*uid));
    if theirs.copied().all(former) { Ok(()) } else { Err(refused(Code::NotHome)) }
}

/// Whether a snapshot may become the copy of that server here: it proves itself, and it says of people who live here
/// only what this instance said itself. Answers with its state, its pages included.
async fn check(app: &App, peer: &Peer, sid: &ServerId, snapshot: &Snapshot) -> std::result::Result<Begun, CallError> {
    let mut state = verify(app, peer, sid, snapshot).map_err(refused)?;
    nobody_of_ours(app, state.bindings.iter().map(|(actor, binding)| (actor, &binding.home))).await?;
    let rows = state.take_all();
    let mut begun = Begun { state, rows, pages: Vec::new() };
    people(app, peer, snapshot, &mut begun).await?;
    snapshot.check_joins(&begun.state).map_err(refused)?;
    Ok(begun)
}

/// Whether the first part of a snapshot proves itself: made by this hub for us, of the server that its id says, with keys that their
/// owners' root keys signed.
fn verify(app: &App, peer: &Peer, sid: &ServerId, snapshot: &Snapshot) -> std::result::Result<ServerState, Code> {
    if snapshot.recipient != app.keys.ik || snapshot.sid != *sid {
        return Err(Code::SidMismatch);
    }
    let genesis: Genesis = canonical::from_value(snapshot.genesis.clone())?;
    if hub::server_id(&genesis)? != *sid || !matches!(genesis.kind, LogKind::Guild | LogKind::Dm) {
        return Err(Code::SidMismatch);
    }
    let state = ServerState::from_snapshot(sid.clone(), &snapshot.rows.rows()?)?;
    if state.info.hub != peer.ik {
        return Err(Code::NotHub);
    }
    if hub::position(&state) != snapshot.head {
        return Err(Code::HashMismatch);
    }
    // Each instance's statements in their order, each following from the one before.
    let mut by_instance: BTreeMap<_, Vec<&KeysStatement>> = BTreeMap::new();
    for statement in &snapshot.keys {
        let before = by_instance.entry(statement.ik.clone()).or_default();
        match before.last() {
            None => statement.verify()?,
            Some(last) => statement.verify_after(&last.root, last.serial)?,
        }
        before.push(statement);
    }
    for (ik, instance) in &state.instances {
        let statements = by_instance.get(ik).ok_or(Code::BadObjectSignature)?;
        let last = statements.last().ok_or(Code::BadObjectSignature)?;
        let proven = |key: &conntext_federation::keys::PublicKey| {
            statements.iter().any(|s| s.keys.iter().any(|k| k.public == *key))
        };
        let good = last.root == instance.root
            && last.serial == instance.serial
            && last.domain.as_str() == instance.domain
            && instance.keys.values().all(|k| proven(&k.public));
        if !good {
            return Err(Code::BadObjectSignature);
        }
    }
    let key = state.key_at(&state.info.hub, &snapshot.sig.kid, state.head.seq)?;
    snapshot.verify(key)?;
    Ok(state)
}
