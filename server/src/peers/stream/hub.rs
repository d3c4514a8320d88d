//! A stream as the hub serves it: who is at the other end, what goes out, what comes back, and when it ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse as _, Response};
use conntext_federation::Code;
use conntext_federation::action::Position;
use conntext_federation::ids::{Hash, ServerId};
use conntext_federation::keys::KeySig;
use conntext_federation::stream::{CLOSE, Challenge, FollowerFrame, HubFrame, MAX_FOLLOWER_FRAME, Proof};
use conntext_federation::wire::{HelloServer, PushAck};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::super::hub::entitled;
use super::super::view::Sent;
use super::super::{CallError, Origin, Peer, call, discovery, hello, store};
use super::{Line, Queued};
use crate::App;
use crate::db;
use crate::error::{Problem, Result};
use crate::http::{Path, Query};
use crate::log::LogHandle;

/// Keeps a connection on which nothing happens at a few KiB; the library's own default is 128.
const READ_BUFFER: usize = 4096;
/// How long a good-bye may take.
const GOOD_BYE: Duration = Duration::from_secs(1);
/// Who finds no place comes again after so long and as much more at random, milliseconds.
const NO_PLACE_MS: u64 = 60_000;

/// Who never met the process that delivers comes again within so long, milliseconds.
const ELSEWHERE_MS: u64 = 4_000;

/// Where the follower's copy ends.
#[derive(Deserialize)]
pub(in super::super) struct From {
    after: u64,
    epoch: u64,
    hash: Hash,
}

/// `GET /servers/{sid}/stream`
pub(in super::super) async fn open(
    State(app): State<App>,
    origin: Origin,
    Path(sid): Path<ServerId>,
    Query(from): Query<From>,
    upgrade: std::result::Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response> {
    let log = entitled(&app, &origin, &sid).await?;
    if app.config.federation.stream_from_followers == 0 {
        return Err(Code::NotFound.into());
    }
    let Ok(upgrade) = upgrade else {
        return Err(Problem::from(Code::BadFrame).detail("A stream is a WebSocket over HTTP/1.1."));
    };
    if !app.cluster.has_duties() {
        // Another process delivers, and no push would come over this one. The next connection may lead there.
        let wait = app.rng.below(ELSEWHERE_MS);
        let elsewhere = Problem::from(Code::Misdirected).detail("Streams are served elsewhere.").retry_after_ms(wait);
        return Ok(([(CONNECTION, "close")], elsewhere).into_response());
    }
    heed(&app, &origin, &log, &from).await?;
    let Ok(place) = app.peers.streams.places.clone().try_acquire_owned() else {
        let wait = NO_PLACE_MS + app.rng.below(NO_PLACE_MS);
        return Err(Problem::from(Code::Overloaded).detail("No stream is free. Pushes go on.").retry_after_ms(wait));
    };
    let peer = discovery::find(&app, &origin.domain).await.map_err(|_| Code::KeyUnavailable)?;
    let (queue, queued) = mpsc::channel(usize::try_from(app.config.federation.pushes_ahead.max(1)).unwrap_or(1));
    let line = Arc::new(Line {
        domain: peer.domain.clone(),
        queue,
        kid: Mutex::default(),
        ended: CancellationToken::new(),
        why: OnceLock::new(),
    });
    app.peers.streams.begin(&peer.ik, log.id, &line);
    let limited =
        upgrade.read_buffer_size(READ_BUFFER).max_message_size(MAX_FOLLOWER_FRAME).max_frame_size(MAX_FOLLOWER_FRAME);
    let tasks = app.tasks.clone();
    Ok(limited.on_upgrade(move |socket| {
        // Waited for when the instance stops, so that the good-byes are said.
        tasks.track_future(async move {
            let _place = place;
            let session = Session::new(app, log, peer, line, queued, socket);
            session.run().await;
        })
    }))
}

/// A copy that ends beyond what was confirmed is not sent that again; one that ends beyond the log tells of a restore.
/// What lies behind the cursor may be on its way; the answer to the first push says whether it arrived.
async fn heed(app: &App, origin: &Origin, log: &Arc<LogHandle>, from: &From) -> Result<()> {
    let mut read = app.db.read().await?;
    let confirmed = app.peers.cursors.of(&mut read, &origin.ik, log.id).await?.unwrap_or(0);
    drop(read);
    let ours = log.head();
    if from.after > confirmed {
        let head = Position { generation: ours.generation, epoch: from.epoch, seq: from.after, hash: from.hash };
        let said = HelloServer { sid: log.sid.clone(), hub: false, head, wish: None, receipt: None, channels: None };
        hello::follower_at(app, &origin.domain, &origin.ik, log, &said).await?;
    }
    if from.after > ours.seq { Err(Code::BeyondHead.into()) } else { Ok(()) }
}

/// Why a stream ends.
enum End {
    /// The hub ends it.
    Refused(Code),
    /// The other end is gone.
    Gone,
    /// The instance stops.
    Stopping,
}

impl std::convert::From<Code> for End {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

enum Happened {
    Time,
    Said(Option<std::result::Result<Message, axum::Error>>),
    Queued(Option<Queued>),
}

/// A push that is not answered yet.
struct Waiting {
    answer: oneshot::Sender<std::result::Result<PushAck, CallError>>,
    until: Instant,
}

struct Session {
    app: App,
    log: Arc<LogHandle>,
    peer: Peer,
    line: Arc<Line>,
    queue: mpsc::Receiver<Queued>,
    socket: WebSocket,
    connection: Hash,
    /// What the follower has to sign, and until when.
    asked: Option<(Hash, Instant)>,
    /// When it is asked again; none before it was asked the first time.
    ask_at: Option<Instant>,
    beat_at: Instant,
    heard_at: Instant,
    /// Pushes sent.
    sent: u64,
    /// The last of those.
    waiting: VecDeque<Waiting>,
}

impl Session {
    fn new(
        app: App,
        log: Arc<LogHandle>,
        peer: Peer,
        line: Arc<Line>,
        queue: mpsc::Receiver<Queued>,
        socket: WebSocket,
    ) -> Self {
        let (connection, now) = (Hash(app.rng.bytes()), Instant::now());
        let (beat_at, heard_at) = (now, now);
        let (asked, ask_at, sent, waiting) = (None, None, 0, VecDeque::new());
        Self { app, log, peer, line, queue, socket, connection, asked, ask_at, beat_at, heard_at, sent, waiting }
    }

    async fn run(mut self) {
        let Err(end) = self.serve().await;
        let (own, now) = (self.app.peers.streams.over(&self.peer.ik, self.log.id, &self.line), Instant::now());
        // Whatever was not answered goes as requests from here on.
        self.queue.close();
        self.waiting.clear();
        while self.queue.try_recv().is_ok() {}
        if own && let Err(e) = mark(&self.app, &self.peer, &self.log, None).await {
            tracing::warn!(error = %e, "it cannot be written that a stream has ended");
        }
        let frame = match end {
            End::Gone => None,
            End::Stopping => Some(CloseFrame { code: 1001, reason: "stopping".into() }),
            End::Refused(code) => {
                tracing::info!(sid = %self.log.sid, domain = %self.peer.domain, %code, "a stream was ended");
                Some(CloseFrame { code: CLOSE + code.status(), reason: code.as_str().into() })
            }
        };
        if frame.is_some() {
            let _ = tokio::time::timeout_at(now + GOOD_BYE, self.socket.send(Message::Close(frame))).await;
        }
    }

    fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.app.config.federation.stream_heartbeat_s.max(1))
    }

    fn proven(&self) -> bool {
        self.ask_at.is_some()
    }

    async fn serve(&mut self) -> std::result::Result<std::convert::Infallible, End> {
        self.challenge().await?;
        loop {
            let wake = self.wake_at();
            let proven = self.proven();
            let happened = tokio::select! {
                biased;
                () = self.app.stopping.cancelled() => return Err(End::Stopping),
                () = self.line.ended.cancelled() => return Err(self.ended()),
                // Another process delivers from now on.
                () = self.app.cluster.until_duties_are(false) => return Err(Code::Overloaded.into()),
                () = sleep_until(wake) => Happened::Time,
                said = self.socket.recv() => Happened::Said(said),
                queued = self.queue.recv(), if proven => Happened::Queued(queued),
            };
            match happened {
                Happened::Time => self.on_time().await?,
                Happened::Said(Some(Ok(message))) => self.said(message).await?,
                Happened::Queued(Some(queued)) => self.push(queued).await?,
                Happened::Said(_) | Happened::Queued(None) => return Err(End::Gone),
            }
        }
    }

    fn ended(&self) -> End {
        End::Refused(self.line.why.get().copied().unwrap_or(Code::Gone))
    }

    /// When there is something to do though nothing happens.
    fn wake_at(&self) -> Instant {
        let silent = self.heard_at + self.heartbeat() * 3;
        let asked = self.asked.map(|(_, until)| until).or(self.ask_at);
        let answer = self.waiting.front().map(|waiting| waiting.until);
        [Some(self.beat_at), Some(silent), asked, answer].into_iter().flatten().min().unwrap_or(silent)
    }

    async fn on_time(&mut self) -> std::result::Result<(), End> {
        let now = Instant::now();
        if self.asked.is_some_and(|(_, until)| until <= now) {
            return Err(Code::SignatureMissing.into());
        }
        if self.waiting.front().is_some_and(|waiting| waiting.until <= now) {
            self.app.peers.slowness.silent(&self.peer.ik);
            return Err(Code::SlowBody.into());
        }
        if self.heard_at + self.heartbeat() * 3 <= now {
            return Err(Code::SlowBody.into());
        }
        if self.asked.is_none() && self.ask_at.is_some_and(|at| at <= now) {
            self.challenge().await?;
        }
        if self.beat_at <= now {
            self.beat_at = now + self.heartbeat();
            self.send(Message::Ping(Vec::new().into()), 0).await?;
        }
        Ok(())
    }

    async fn challenge(&mut self) -> std::result::Result<(), End> {
        let challenge = Hash(self.app.rng.bytes());
        let heartbeat_s = self.heartbeat().as_secs();
        let frame = HubFrame::Challenge(Challenge { challenge, connection: self.connection, heartbeat_s });
        let text = serde_json::to_string(&frame).map_err(|_| Code::BadFrame)?;
        self.asked = Some((challenge, Instant::now() + call::patience(&self.app)));
        self.send(Message::Text(text.into()), 0).await
    }

    /// Sends a frame of so many bytes; who does not take it within the time that it would have for a request is cut off.
    async fn send(&mut self, message: Message, length: u64) -> std::result::Result<(), End> {
        let patience = call::patience(&self.app) + call::time_for(length);
        let sent = tokio::select! {
            biased;
            () = self.app.stopping.cancelled() => return Err(End::Stopping),
            () = self.line.ended.cancelled() => return Err(self.ended()),
            sent = timeout(patience, self.socket.send(message)) => sent,
        };
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                self.app.peers.slowness.silent(&self.peer.ik);
                Err(Code::SlowBody.into())
            }
        }
    }

    /// Whether this instance still speaks with the follower, and the key counts that it has shown.
    async fn allowed(&mut self) -> std::result::Result<(), End> {
        let now = match discovery::find(&self.app, &self.peer.domain).await {
            Ok(now) => now,
            Err(CallError::Refused(code)) => return Err(code.into()),
            Err(_) => return Err(Code::KeyUnavailable.into()),
        };
        if now.ik != self.peer.ik {
            return Err(Code::IdentityChanged.into());
        }
        let kid = super::unpoison(&self.line.kid).clone().ok_or(Code::SignatureMissing)?;
        now.doc.key_at(&kid, self.app.clock.now_ms())?;
        Ok(())
    }

    async fn push(&mut self, queued: Queued) -> std::result::Result<(), End> {
        self.allowed().await?;
        // The text exists from here until the network has taken it; over all streams there is so much room for that.
        let events: usize = queued.push.events.iter().map(bytes_of).sum();
        let most = self.app.config.federation.stream_buffer_kib.max(1);
        let kib = u32::try_from(events / 1024 + 4).unwrap_or(u32::MAX).min(most);
        let room = Arc::clone(&self.app.peers.streams.room);
        let Ok(Ok(_room)) = timeout(call::patience(&self.app), Semaphore::acquire_many_owned(room, kib)).await else {
            return Err(Code::Overloaded.into());
        };
        // What is too long for a frame goes as a request.
        let Ok(text) = HubFrame::push(self.sent + 1, &queued.push) else { return Ok(()) };
        self.sent += 1;
        crate::crash::point("push.before_send");
        let length = text.len() as u64;
        let until = Instant::now() + call::patience(&self.app) + call::time_for(length);
        self.waiting.push_back(Waiting { answer: queued.answer, until });
        self.app.peers.streams.metrics.pushes.inc();
        self.send(Message::Text(text.into()), length).await?;
        crate::crash::point("push.after_send");
        Ok(())
    }

    async fn said(&mut self, message: Message) -> std::result::Result<(), End> {
        self.heard_at = Instant::now();
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
            Message::Binary(_) => return Err(Code::BadFrame.into()),
        };
        match FollowerFrame::parse(text.as_bytes())? {
            FollowerFrame::Signed { sig } => self.signed(&sig).await,
            FollowerFrame::Ack { n, acked } => self.answered(n, Ok(PushAck { acked })).await,
            FollowerFrame::Refused { n, status, problem } => {
                if status < 400 {
                    return Err(Code::BadFrame.into());
                }
                let retry_after_ms = problem.retry_after_ms;
                self.answered(n, Err(CallError::Problem { status, problem, retry_after_ms })).await
            }
            FollowerFrame::Unknown => Ok(()),
        }
    }

    async fn signed(&mut self, sig: &KeySig) -> std::result::Result<(), End> {
        // Whoever was not asked has nothing to sign.
        let (challenge, _) = self.asked.take().ok_or(Code::BadFrame)?;
        let (now, key) = discovery::key(&self.app, &self.peer.domain, &sig.kid).await?;
        if now.ik != self.peer.ik {
            return Err(Code::IdentityChanged.into());
        }
        let proof = Proof {
            challenge,
            connection: self.connection,
            follower: self.peer.ik.clone(),
            hub: self.app.keys.ik.clone(),
            sid: self.log.sid.clone(),
        };
        proof.verify(&key, sig)?;
        if !self.log.state().by_home.contains_key(&self.peer.ik) {
            return Err(Code::NotMember.into());
        }
        *super::unpoison(&self.line.kid) = Some(sig.kid.clone());
        self.app.peers.reached(&self.app, &self.peer).await;
        let first = !self.proven();
        let again = Duration::from_secs(self.app.config.federation.stream_resign_s.max(1));
        self.ask_at = Some(Instant::now() + again);
        if first {
            let now = self.app.clock.now_ms();
            mark(&self.app, &self.peer, &self.log, Some(now)).await.map_err(|_| Code::Overloaded)?;
            self.app.peers.streams.ready(&self.peer.ik, self.log.id, &self.line);
            self.app.peers.deliver(&self.app, &self.peer.ik, &self.log);
            // What was refused before is awaited now.
            self.app.peers.revive(&self.peer.ik);
        }
        Ok(())
    }

    /// Pushes are answered in their order and once.
    async fn answered(
        &mut self,
        n: u64,
        answer: std::result::Result<PushAck, CallError>,
    ) -> std::result::Result<(), End> {
        if n + self.waiting.len() as u64 != self.sent + 1 {
            return Err(Code::BadFrame.into());
        }
        let waiting = self.waiting.pop_front().ok_or(Code::BadFrame)?;
        self.app.peers.reached(&self.app, &self.peer).await;
        let _ = waiting.answer.send(answer);
        Ok(())
    }
}

fn bytes_of(item: &Sent) -> usize {
    match item {
        Sent::Event(entry) => entry.wire().map_or(2048, |text| text.get().len()),
        Sent::Stub(_) => 128,
    }
}

/// Notes since when a follower has a stream, for lists.
async fn mark(app: &App, peer: &Peer, log: &LogHandle, since_ms: Option<i64>) -> db::Result<()> {
    let mut tx = app.db.begin().await?;
    store::set_streaming(&mut tx, &peer.ik, log.id, since_ms).await?;
    tx.commit().await
}
