//! A stream as the follower keeps it: opened when the hub prefers that, answered push by push, opened again when it breaks.

use std::sync::Arc;
use std::time::Duration;

use conntext_federation::Code;
use conntext_federation::domain::Domain;
use conntext_federation::ids::{InstanceId, ServerId};
use conntext_federation::stream::{CLOSE, Challenge, FollowerFrame, HubFrame, MAX_HUB_FRAME, Proof};
use conntext_federation::wire::Push;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::super::client::Io;
use super::super::{CallError, Peer, call, delivery, find, follower, hello};
use super::unpoison;
use crate::App;
use crate::cluster::Word;
use crate::log::LogHandle;

/// The longest pause before a stream that broke is opened again. Meanwhile the hub pushes.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// The longest time between two signs of life that a hub may announce, seconds.
const SLOWEST_HEARTBEAT_S: u64 = 300;
/// The process that opens streams is told of a hub's offer this often, milliseconds: each push brings it once more.
const TOLD_MS: i64 = 5_000;
/// So many connections are tried at once to meet the process of the hub that serves streams: whoever shares connections
/// out among processes gives each the next, and with pauses the others in between could make it the same one each time.
const CONNECTIONS: u32 = 8;
/// Bytes read at a time.
const READ_BUFFER: usize = 16 * 1024;

type Socket = WebSocketStream<Box<dyn Io>>;

/// The hub of a copy would rather have a stream of it asked for.
pub(in super::super) fn offered(app: &App, domain: &Domain, sid: &ServerId) {
    if !app.config.federation.follow_by_stream {
        return;
    }
    // One process does this for all, and the push may have come to another.
    if app.cluster.has_duties() {
        begin(app, domain, sid);
        return;
    }
    let now = app.clock.now_ms();
    let mut told = unpoison(&app.peers.streams.told);
    if told.get(sid).is_none_or(|at| !(0..TOLD_MS).contains(&(now - at))) {
        told.insert(sid.clone(), now);
        app.cluster.tell(Word::Stream { sid: sid.clone(), domain: domain.clone() });
    }
}

/// Follows a copy by a stream, unless this process does already, or another one does it for all.
pub fn begin(app: &App, domain: &Domain, sid: &ServerId) {
    if !app.cluster.has_duties() || !unpoison(&app.peers.streams.followed).insert(sid.clone()) {
        return;
    }
    let (following, domain, sid) = (app.clone(), domain.clone(), sid.clone());
    hello::spawn(app, async move {
        tokio::select! {
            biased;
            () = following.cluster.until_duties_are(false) => {}
            () = follow(&following, &domain, &sid) => {}
        }
        unpoison(&following.peers.streams.followed).remove(&sid);
    });
}

/// How a stream ended.
enum End {
    /// There is nothing to follow any more.
    Over,
    /// The hub will have none.
    Refused(String),
    /// It broke off, or could not be opened; whether anything came over it, and how long the hub asks to wait.
    Broken { why: String, worked: bool, wait_ms: Option<u64> },
}

fn broken(why: impl ToString, worked: bool) -> End {
    End::Broken { why: why.to_string(), worked, wait_ms: None }
}

async fn follow(app: &App, domain: &Domain, sid: &ServerId) {
    let mut failures = 0_u32;
    loop {
        let pause = match once(app, domain, sid).await {
            End::Over => return,
            End::Refused(why) => {
                tracing::info!(%sid, %domain, why, "no stream; the hub pushes");
                // The next push may offer one again; it is not asked for at once.
                tokio::time::sleep(LONGEST_PAUSE).await;
                return;
            }
            End::Broken { why, worked, wait_ms } => {
                tracing::info!(%sid, %domain, why, "the stream broke off; the hub pushes until it is there again");
                failures = if worked { 0 } else { failures.saturating_add(1) };
                wait_ms.map_or_else(|| delivery::backoff(app, failures), Duration::from_millis)
            }
        };
        tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
    }
}

/// The copy as it is now, if it is still there and follows this hub: it may have begun anew meanwhile.
fn followed(app: &App, sid: &ServerId, hub: &InstanceId) -> Option<Arc<LogHandle>> {
    app.log.get(sid).filter(|log| !log.hub_here() && log.state().info.hub == *hub)
}

/// Counts a stream until it ends.
struct Counted<'a>(&'a App);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.peers.streams.metrics.followed.dec();
    }
}

async fn open(app: &App, domain: &Domain, path: &str) -> Result<Box<dyn Io>, CallError> {
    let mut tried = 1;
    loop {
        match call::open_socket(app, domain, path).await {
            Err(e) if e.code() == Some(Code::Misdirected.as_str()) && tried < CONNECTIONS => tried += 1,
            answer => return answer,
        }
    }
}

async fn once(app: &App, domain: &Domain, sid: &ServerId) -> End {
    let hub = match find(app, domain).await {
        Ok(hub) => hub,
        Err(e) => return broken(e, false),
    };
    let Some(log) = followed(app, sid, &hub.ik) else { return End::Over };
    let head = log.head();
    drop(log);
    let path = format!("/servers/{sid}/stream?after={}&epoch={}&hash={}", head.seq, head.epoch, head.hash);
    let io = match open(app, domain, &path).await {
        Ok(io) => io,
        Err(e) if e.passing() => {
            return End::Broken { why: e.to_string(), worked: false, wait_ms: e.retry_after_ms() };
        }
        Err(e) => return End::Refused(e.to_string()),
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(MAX_HUB_FRAME))
        .max_frame_size(Some(MAX_HUB_FRAME));
    let socket = WebSocketStream::from_raw_socket(io, Role::Client, Some(config)).await;
    app.peers.streams.metrics.followed.inc();
    let _counted = Counted(app);
    Following { app, sid, hub, socket, worked: false }.run().await
}

struct Following<'a> {
    app: &'a App,
    sid: &'a ServerId,
    hub: Peer,
    socket: Socket,
    /// Whether anything came.
    worked: bool,
}

impl Following<'_> {
    async fn run(mut self) -> End {
        let mut silence = call::patience(self.app);
        loop {
            let message = match timeout(silence, self.socket.next()).await {
                Err(_) => return broken("the hub is silent", self.worked),
                Ok(None) => return broken("the line was cut", self.worked),
                Ok(Some(Err(e))) => return broken(e, self.worked),
                Ok(Some(Ok(message))) => message,
            };
            let text = match message {
                Message::Text(text) => text,
                Message::Close(frame) => return self.closed(frame.map(|f| (u16::from(f.code), f.reason.to_string()))),
                Message::Binary(_) => return broken("bytes that are no text", self.worked),
                // A ping is answered by the library.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
            };
            // The rules may have changed since it was opened.
            if let Err(code) = self.app.peers.trust.book().judge(&self.hub.domain) {
                return End::Refused(code.to_string());
            }
            self.app.peers.heard(self.app, &self.hub).await;
            let answer = match HubFrame::parse(text.as_bytes()) {
                Err(code) => return broken(code, self.worked),
                Ok(HubFrame::Unknown) => continue,
                Ok(HubFrame::Challenge(challenge)) => {
                    silence = Duration::from_secs(challenge.heartbeat_s.clamp(1, SLOWEST_HEARTBEAT_S) * 3);
                    self.sign(&challenge)
                }
                Ok(HubFrame::Push { n, push }) => self.take(n, push).await,
            };
            let Some(answer) = answer else { return broken("a frame that does not belong there", self.worked) };
            let Ok(text) = serde_json::to_string(&answer) else { return broken("an answer without text", self.worked) };
            match timeout(call::patience(self.app), self.socket.send(Message::Text(text.into()))).await {
                Ok(Ok(())) => {}
                Ok(Err(e)) => return broken(e, self.worked),
                Err(_) => return broken("the hub does not listen", self.worked),
            }
            if followed(self.app, self.sid, &self.hub.ik).is_none() {
                return End::Over;
            }
        }
    }

    fn sign(&self, challenge: &Challenge) -> Option<FollowerFrame> {
        let proof = Proof {
            challenge: challenge.challenge,
            connection: challenge.connection,
            follower: self.app.keys.ik.clone(),
            hub: self.hub.ik.clone(),
            sid: self.sid.clone(),
        };
        Some(FollowerFrame::Signed { sig: proof.sign(&self.app.keys.signing()).ok()? })
    }

    /// What it answers to a push: what it would answer to the request.
    async fn take(&mut self, n: u64, mut push: Push) -> Option<FollowerFrame> {
        if push.sid != *self.sid {
            return None;
        }
        self.worked = true;
        // They come in order here.
        push.ahead = false;
        let taken = match followed(self.app, self.sid, &self.hub.ik) {
            Some(log) => follower::take(self.app, &log, &self.hub.ik, &self.hub.domain, push).await,
            None => Err(Code::NotMemberHere.into()),
        };
        match taken {
            Ok(ack) => Some(FollowerFrame::Ack { n, acked: ack.acked }),
            Err(problem) => {
                let status = problem.status;
                let problem = serde_json::from_value(serde_json::to_value(problem).ok()?).ok()?;
                Some(FollowerFrame::Refused { n, status, problem: Box::new(problem) })
            }
        }
    }

    fn closed(&self, frame: Option<(u16, String)>) -> End {
        match frame {
            // It may be asked for again when the hub offers it again.
            Some((code, why)) if matches!(code.checked_sub(CLOSE), Some(403 | 404 | 421)) => End::Refused(why),
            Some((_, why)) => broken(why, self.worked),
            None => broken("the hub hung up", self.worked),
        }
    }
}
