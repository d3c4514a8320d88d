//! One socket, from its first frame to its last.

use super::{
    frames::{ClientFrame, GatewaySignal, ServerFrame},
    render::{self, Meaning},
};
use crate::{
    App,
    bus::{Notice, PeopleNotice, PersonNotice},
    error::Problem,
    http::auth::Auth,
    log::{Entry, LogHandle},
    messages, presence, profiles, reading, servers, sessions, settings,
};
use axum::extract::ws::{Message as Frame, Utf8Bytes, WebSocket};
use conntext_federation::{
    content::Content,
    event::Visibility,
    ids::{Actor, ChannelId, ServerId, UserId},
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{AbortHandle, BoxStream, SelectAll, abortable, unfold},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep_until, timeout},
};

/// How often a client has to show that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// A client that says nothing for this long is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// How long the first frame may take.
const IDENTIFY: Duration = Duration::from_secs(10);
/// A frame that cannot be handed over for this long: the client is too slow and reconnects with its cursor.
const SEND: Duration = Duration::from_secs(20);
/// Events that are replayed one by one; a longer gap is fetched anew.
const MAX_REPLAY: u64 = 500;
/// Events read at a time while catching up.
const PAGE: u64 = 100;

/// Why a socket ends.
struct End {
    code: &'static str,
    detail: &'static str,
    retry: bool,
}

/// The peer is gone or too slow; there is nobody to tell.
const GONE: End = End { code: "", detail: "", retry: true };
const SIGNED_OUT: End = End { code: "signed_out", detail: "This session has ended. Sign in again.", retry: false };
const BAD_FRAME: End = End { code: "bad_frame", detail: "The frame could not be understood.", retry: false };
const SLOW: End = End { code: "slow_consumer", detail: "The connection is too slow for what happens.", retry: true };
const AWAY: End = End { code: "going_away", detail: "The server restarts.", retry: true };
const REWRITTEN: End =
    End { code: "going_away", detail: "A community was restored: what was read of it is read anew.", retry: true };
const BROKEN: End =
    End { code: "overloaded", detail: "The server could not answer. It goes on in a moment.", retry: true };

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        tracing::warn!(code = problem.code, "a live connection ends");
        BROKEN
    }
}
impl From<crate::db::Error> for End {
    fn from(e: crate::db::Error) -> Self {
        Problem::from(e).into()
    }
}

/// What a client has seen of its servers.
struct Cursors {
    seqs: HashMap<String, u64>,
    epochs: HashMap<String, u64>,
}

type Told = (ServerId, Result<Notice, u64>);

/// One server of the person.
struct Sub {
    log: Arc<LogHandle>,
    /// The last sequence number that this socket was sent or began with.
    cursor: u64,
    /// The channels that the person could see when it was last looked.
    visible: BTreeSet<ChannelId>,
    stop: AbortHandle,
}

struct Session {
    app: App,
    socket: WebSocket,
    auth: Auth,
    uid: UserId,
    actor: Actor,
    subs: HashMap<ServerId, Sub>,
    notices: SelectAll<BoxStream<'static, Told>>,
    watching: (Option<ServerId>, Option<ChannelId>),
    presence: presence::Socket,
}

/// Serves a socket until it ends.
pub(super) async fn run(app: App, mut socket: WebSocket) {
    app.gateway.connections.fetch_add(1, Ordering::Relaxed);
    let end = match Box::pin(identify(&app, &mut socket)).await {
        Ok((auth, cursors)) => match Box::pin(Session::open(app.clone(), socket, auth, cursors)).await {
            Ok(mut session) => {
                let end = session.serve().await;
                socket = session.socket;
                end
            }
            Err((back, end)) => {
                socket = back;
                end
            }
        },
        Err(end) => end,
    };
    if !end.code.is_empty() {
        let frame = ServerFrame::Close { code: end.code.into(), detail: end.detail.into(), retry: end.retry };
        if let Ok(text) = serde_json::to_string(&frame) {
            let _ = timeout(Duration::from_secs(2), socket.send(Frame::Text(text.into()))).await;
        }
    }
    let _ = timeout(Duration::from_secs(2), socket.send(Frame::Close(None))).await;
    app.gateway.connections.fetch_sub(1, Ordering::Relaxed);
}

async fn identify(app: &App, socket: &mut WebSocket) -> Result<(Auth, Cursors), End> {
    let hello = ServerFrame::Hello { heartbeat_ms: u64::try_from(HEARTBEAT.as_millis()).unwrap_or(30_000) };
    send(socket, &hello).await?;
    let first = timeout(IDENTIFY, socket.recv()).await.map_err(|_| BAD_FRAME)?;
    let Some(Ok(Frame::Text(text))) = first else { return Err(BAD_FRAME) };
    match ClientFrame::parse(&text) {
        Some(ClientFrame::Identify { ticket, cursors, epochs }) => {
            let auth = app.gateway.redeem(app, &ticket).await?.ok_or(SIGNED_OUT)?;
            Ok((auth, Cursors { seqs: cursors, epochs }))
        }
        _ => Err(BAD_FRAME),
    }
}

async fn send(socket: &mut WebSocket, frame: &ServerFrame) -> Result<(), End> {
    let text = serde_json::to_string(frame).map_err(|_| BROKEN)?;
    send_text(socket, text.into()).await
}

async fn send_text(socket: &mut WebSocket, text: Utf8Bytes) -> Result<(), End> {
    handed_over(socket.send(Frame::Text(text))).await
}

async fn handed_over(sending: impl Future<Output = Result<(), axum::Error>>) -> Result<(), End> {
    match timeout(SEND, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(GONE),
        Err(_) => Err(SLOW),
    }
}

fn listen(sid: ServerId, receiver: broadcast::Receiver<Notice>) -> (BoxStream<'static, Told>, AbortHandle) {
    let stream = unfold((sid, receiver), |(sid, mut receiver)| async move {
        let told = match receiver.recv().await {
            Ok(notice) => Ok(notice),
            Err(RecvError::Lagged(missed)) => Err(missed),
            Err(RecvError::Closed) => return None,
        };
        Some(((sid.clone(), told), (sid, receiver)))
    });
    let (stream, stop) = abortable(stream);
    (stream.boxed(), stop)
}

impl Session {
    async fn open(app: App, socket: WebSocket, auth: Auth, cursors: Cursors) -> Result<Self, (WebSocket, End)> {
        let Ok(uid) = auth.uid.parse::<UserId>() else { return Err((socket, SIGNED_OUT)) };
        let presence = presence::Socket::new(&app, uid.clone());
        let mut session = Self {
            actor: Actor::User(uid.clone()),
            app,
            socket,
            auth,
            uid,
            subs: HashMap::new(),
            notices: SelectAll::new(),
            watching: (None, None),
            presence,
        };
        match session.greet(cursors).await {
            Ok(()) => Ok(session),
            Err(end) => Err((session.socket, end)),
        }
    }

    /// The snapshot, then what was missed. Whoever listens first and reads then misses nothing.
    async fn greet(&mut self, cursors: Cursors) -> Result<(), End> {
        let logs = self.app.log.memberships(&self.actor).await?;
        let mut servers = Vec::with_capacity(logs.len());
        let mut reset = Vec::new();
        let mut missed = Vec::new();
        for log in logs {
            let (sid, head) = self.subscribe(&log);
            if let Some(cursor) = cursors.seqs.get(sid.as_str()) {
                // In another epoch the same number may stand for another event.
                let other = cursors.epochs.get(sid.as_str()).is_some_and(|epoch| *epoch != log.head().epoch);
                if other || head < *cursor || head - cursor > MAX_REPLAY || *cursor < log.base_seq.min(head) {
                    reset.push(sid.to_string());
                } else if *cursor < head {
                    missed.push((sid.clone(), *cursor, head));
                }
            }
            let mut server = servers::view(&self.app, &log, &self.actor).await?;
            // The view may be newer than where listening began; the cursor must not be.
            server.seq = head;
            servers.push(server);
        }
        let mut read = self.app.db.read().await?;
        let account = crate::accounts::by_id(&mut read, &self.auth.account).await?.ok_or(SIGNED_OUT)?;
        let me = profiles::me(&mut read, &account).await?;
        let settings = settings::of(&mut read, &self.auth.account).await?.into();
        drop(read);
        let users = vec![me.user.clone()];
        let session = self.auth.session.clone();
        let ready = ServerFrame::Ready { me: Box::new(me), servers, users, settings, reset, session };
        send(&mut self.socket, &ready).await?;
        for (sid, cursor, head) in missed {
            if let Some(sub) = self.subs.get_mut(&sid) {
                sub.cursor = cursor;
            }
            self.replay(&sid, head).await?;
        }
        Ok(())
    }

    fn subscribe(&mut self, log: &Arc<LogHandle>) -> (ServerId, u64) {
        let sid = log.sid.clone();
        let (stream, stop) = listen(sid.clone(), self.app.bus.server(&sid));
        self.notices.push(stream);
        let (head, visible) = {
            let state = log.state();
            let visible = state.channels.keys().filter(|c| state.can_see(&self.actor, c)).cloned().collect();
            (state.head.seq, visible)
        };
        if let Some(old) = self.subs.insert(sid.clone(), Sub { log: log.clone(), cursor: head, visible, stop }) {
            old.stop.abort();
        }
        (sid, head)
    }

    async fn serve(&mut self) -> End {
        let mut person = self.app.bus.person(&self.uid);
        let mut people = self.app.bus.people();
        let stopping = self.app.stopping.clone();
        let mut silent_at = Instant::now() + SILENCE;
        loop {
            // In boxes, since a socket that waits would hold the room for the largest of them else.
            let step = tokio::select! {
                frame = self.socket.recv() => {
                    silent_at = Instant::now() + SILENCE;
                    match frame {
                        Some(Ok(frame)) => Box::pin(self.hear(frame)).await,
                        _ => Err(GONE),
                    }
                }
                Some((sid, told)) = self.notices.next() => Box::pin(self.tell(&sid, told)).await,
                told = person.recv() => match told {
                    Ok(notice) => Box::pin(self.tell_person(notice)).await,
                    Err(RecvError::Lagged(_)) => Err(SLOW),
                    Err(RecvError::Closed) => { person = self.app.bus.person(&self.uid); Ok(()) }
                },
                told = people.recv() => match told {
                    Ok(notice) => Box::pin(self.tell_people(notice)).await,
                    // Presence is told again soon enough.
                    Err(_) => Ok(()),
                },
                () = stopping.cancelled() => Err(AWAY),
                () = sleep_until(silent_at) => Err(GONE),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn hear(&mut self, frame: Frame) -> Result<(), End> {
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Ping(_) | Frame::Pong(_) => return Ok(()),
            Frame::Close(_) => return Err(GONE),
            Frame::Binary(_) => return Err(BAD_FRAME),
        };
        match ClientFrame::parse(&text).ok_or(BAD_FRAME)? {
            ClientFrame::Identify { .. } => Err(BAD_FRAME),
            ClientFrame::Ping { n } => {
                // The word of another process that the session ended may have been lost, and a command gives none.
                if !sessions::is_open(&self.app, &self.auth).await? {
                    return Err(SIGNED_OUT);
                }
                send(&mut self.socket, &ServerFrame::Pong { n }).await
            }
            ClientFrame::Presence { status } => {
                self.presence.set(status);
                Ok(())
            }
            ClientFrame::Watch { sid, channel } => {
                self.watching = (sid.and_then(|s| s.parse().ok()), channel.and_then(|c| c.parse().ok()));
                Ok(())
            }
        }
    }

    async fn signal(&mut self, signal: GatewaySignal) -> Result<(), End> {
        send(&mut self.socket, &ServerFrame::Signal { s: Box::new(signal) }).await
    }

    // ---- servers

    async fn tell(&mut self, sid: &ServerId, told: Result<Notice, u64>) -> Result<(), End> {
        let Some(sub) = self.subs.get(sid) else { return Ok(()) };
        let log = sub.log.clone();
        match told {
            Ok(Notice::Events(entries)) => {
                // A first entry that does not follow means that this socket was not yet listening: the log knows.
                for entry in entries.iter() {
                    self.show(sid, &log, entry).await?;
                }
                self.flush().await
            }
            Ok(Notice::Changed) => self.send_view(sid, &log).await,
            Ok(Notice::Hub) => {
                let mut read = self.app.db.read().await?;
                let hub = servers::hub_status(&self.app, &mut read, &log, &self.actor).await?;
                drop(read);
                self.signal(GatewaySignal::Hub { sid: sid.to_string(), hub }).await
            }
            Ok(Notice::Typing { channel, actor }) => self.show_typing(sid, &log, &channel, &actor).await,
            Ok(Notice::Reread) => self.signal(GatewaySignal::Reread { sid: sid.to_string() }).await,
            Ok(Notice::Rewritten) => Err(REWRITTEN),
            Ok(Notice::Gone) => {
                self.forget(sid);
                let gone = GatewaySignal::ServerRemoved { sid: sid.to_string(), reason: "left".into() };
                self.signal(gone).await
            }
            Err(_) => {
                let head = log.state().head.seq;
                self.replay(sid, head).await?;
                self.send_view(sid, &log).await
            }
        }
    }

    /// Reads the log from the cursor on, for whoever fell behind or came back.
    async fn replay(&mut self, sid: &ServerId, to: u64) -> Result<(), End> {
        let Some(sub) = self.subs.get(sid) else { return Ok(()) };
        let log = sub.log.clone();
        let mut after = sub.cursor;
        while after < to {
            let page = self.app.log.read(&log, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq();
            for entry in page.iter().filter(|e| e.seq() <= to) {
                self.show(sid, &log, entry).await?;
            }
        }
        self.flush().await
    }

    /// Hands over what [`Session::show`] wrote: what came together costs one packet.
    async fn flush(&mut self) -> Result<(), End> {
        handed_over(self.socket.flush()).await
    }

    async fn show(&mut self, sid: &ServerId, log: &LogHandle, entry: &Entry) -> Result<(), End> {
        let Some(sub) = self.subs.get_mut(sid) else { return Ok(()) };
        let seq = entry.seq();
        if seq <= sub.cursor {
            return Ok(());
        }
        let meaning = render::meaning(entry);
        let channel = match &entry.event.header.vis {
            Visibility::All => None,
            Visibility::Channel(c) => Some(c),
        };
        let (sees, changed) = {
            let state = log.state();
            let sees = channel.is_none_or(|c| state.can_see(&self.actor, c));
            let before = channel.is_some_and(|c| sub.visible.contains(c));
            let mut changed = before != sees && channel.is_some();
            if matches!(meaning, Meaning::View) || concerns(entry, &self.actor) {
                let visible: BTreeSet<ChannelId> =
                    state.channels.keys().filter(|c| state.can_see(&self.actor, c)).cloned().collect();
                changed |= visible != sub.visible;
                sub.visible = visible;
            }
            (sees, changed)
        };
        let e = match meaning {
            Meaning::View if sees || changed => Some(render::view(&self.app, log, &self.actor).await?.into()),
            Meaning::Shared if sees => {
                let own =
                    matches!(entry.content, Some(Content::MessageCreate(_))) && entry.event.action.actor == self.actor;
                match own {
                    true => render::own_message(&self.app, log, entry, &self.actor).await?.map(Arc::from),
                    false => render::shared(&self.app, log, entry).await,
                }
            }
            _ => None,
        };
        let (Some(e), Some(sub)) = (e, self.subs.get_mut(sid)) else { return Ok(()) };
        let prev = std::mem::replace(&mut sub.cursor, seq);
        let text = format!(r#"{{"op":"event","sid":"{sid}","seq":{seq},"prev":{prev},"e":{e}}}"#);
        handed_over(self.socket.feed(Frame::Text(text.into()))).await?;
        if changed && matches!(meaning, Meaning::Shared) {
            self.send_view(sid, log).await?;
        }
        Ok(())
    }

    async fn send_view(&mut self, sid: &ServerId, log: &LogHandle) -> Result<(), End> {
        if !log.state().members.contains_key(&self.actor) {
            return Ok(());
        }
        let server = servers::view(&self.app, log, &self.actor).await?;
        if let Some(sub) = self.subs.get_mut(sid) {
            let state = log.state();
            sub.visible = state.channels.keys().filter(|c| state.can_see(&self.actor, c)).cloned().collect();
        }
        self.signal(GatewaySignal::Server { server: Box::new(server) }).await
    }

    async fn show_typing(
        &mut self,
        sid: &ServerId,
        log: &LogHandle,
        channel: &ChannelId,
        who: &Actor,
    ) -> Result<(), End> {
        let open = self.watching.0.as_ref() == Some(sid) && self.watching.1.as_ref() == Some(channel);
        if !open || *who == self.actor || !log.state().can_see(&self.actor, channel) {
            return Ok(());
        }
        let user = profiles::server::known_user_in(&self.app, log, who.as_str()).await?;
        self.signal(GatewaySignal::Typing { sid: sid.to_string(), channel: channel.to_string(), user }).await
    }

    fn forget(&mut self, sid: &ServerId) {
        if let Some(sub) = self.subs.remove(sid) {
            sub.stop.abort();
        }
    }

    // ---- the person

    async fn tell_person(&mut self, notice: PersonNotice) -> Result<(), End> {
        match notice {
            PersonNotice::ServerAdded(sid) => {
                let Some(log) = self.app.log.get(&sid) else { return Ok(()) };
                if !self.subs.contains_key(&sid) {
                    self.subscribe(&log);
                }
                let server = servers::view(&self.app, &log, &self.actor).await?;
                self.signal(GatewaySignal::ServerAdded { server: Box::new(server) }).await
            }
            PersonNotice::ServerRemoved { sid, reason } => {
                self.forget(&sid);
                self.signal(GatewaySignal::ServerRemoved { sid: sid.to_string(), reason: reason.into_owned() }).await
            }
            PersonNotice::Pending { sid, aid } => {
                let Some(log) = self.app.log.get(&sid) else { return Ok(()) };
                let Ok(aid) = aid.parse() else { return Ok(()) };
                match messages::pending_message(&self.app, &log, &self.actor, &aid).await? {
                    Some(message) => self.signal(GatewaySignal::Pending { message: Box::new(message) }).await,
                    None => Ok(()),
                }
            }
            PersonNotice::Read { sid, channel } => {
                let Some(log) = self.app.log.get(&sid) else { return Ok(()) };
                let mut read = self.app.db.read().await?;
                let mark = reading::mark(&mut read, log.id, &self.actor, &channel).await?;
                drop(read);
                let last = log.state().channels.get(&channel).map_or(0, |c| c.last_cn);
                let (sid, channel) = (sid.to_string(), channel.to_string());
                let unread = last.saturating_sub(mark.read_cn);
                self.signal(GatewaySignal::Read {
                    sid,
                    channel,
                    read_cn: mark.read_cn,
                    unread,
                    mentions: mark.mentions,
                })
                .await
            }
            PersonNotice::Me => self.send_me().await,
            PersonNotice::Settings => self.send_settings().await,
            PersonNotice::SessionEnded(session) => match session {
                Some(session) if session != self.auth.session => Ok(()),
                _ => Err(SIGNED_OUT),
            },
        }
    }

    async fn send_me(&mut self) -> Result<(), End> {
        let mut read = self.app.db.read().await?;
        let account = crate::accounts::by_id(&mut read, &self.auth.account).await?.ok_or(SIGNED_OUT)?;
        let me = profiles::me(&mut read, &account).await?;
        drop(read);
        self.signal(GatewaySignal::Me { me: Box::new(me) }).await
    }

    async fn send_settings(&mut self) -> Result<(), End> {
        let mut read = self.app.db.read().await?;
        let settings = settings::of(&mut read, &self.auth.account).await?.into();
        drop(read);
        self.signal(GatewaySignal::Settings { settings }).await
    }

    // ---- others

    async fn tell_people(&mut self, notice: PeopleNotice) -> Result<(), End> {
        match notice {
            PeopleNotice::Presence { uid, status } => {
                if uid != self.uid && !self.shares_server(&uid) {
                    return Ok(());
                }
                let status = presence::Presence::parse(&status);
                self.signal(GatewaySignal::Presence { user: uid.to_string(), status }).await
            }
            PeopleNotice::Profile { uid } => self.send_user(uid.as_str()).await,
        }
    }

    fn shares_server(&self, uid: &UserId) -> bool {
        let actor = Actor::User(uid.clone());
        self.subs.values().any(|s| s.log.state().members.contains_key(&actor))
    }

    async fn send_user(&mut self, uid: &str) -> Result<(), End> {
        match uid.parse::<UserId>() {
            Ok(id) if self.shares_server(&id) => {
                let user = profiles::known_user(&self.app, uid).await?;
                let mut here = BTreeMap::new();
                for (sid, sub) in &self.subs {
                    let shown = profiles::server::known_user_in(&self.app, &sub.log, uid).await?;
                    here.extend(shown.here.map(|shown| (sid.to_string(), shown)));
                }
                self.signal(GatewaySignal::User { user, here }).await
            }
            _ => Ok(()),
        }
    }
}

/// Whether an event may have changed what this person sees although it is not about the server as a whole.
fn concerns(entry: &Entry, actor: &Actor) -> bool {
    matches!(entry.content, Some(Content::MemberUpdate(_)))
        && entry.event.action.target.as_deref() == Some(actor.as_str())
}
