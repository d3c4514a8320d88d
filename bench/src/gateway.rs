//! A person who watches over the gateway and notes when messages arrive.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::Result;
use crate::api::Person;

/// How long the last messages may take to arrive.
const DRAIN: Duration = Duration::from_secs(60);

/// A message that arrived: its text, and when.
pub type Arrival = (String, Instant);

/// What a watcher saw in all.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Messages, each counted once.
    pub messages: usize,
    /// Events that came again or out of order.
    pub disorder: usize,
    /// Times that the connection ended and was resumed.
    pub resumed: usize,
    /// When the last message arrived.
    pub last: Option<Instant>,
}

/// A watcher at work.
pub struct Watcher {
    task: JoinHandle<Result<Seen>>,
    count: Arc<AtomicUsize>,
    stop: oneshot::Sender<()>,
}

#[derive(Deserialize)]
struct ServerFrame<'a> {
    #[serde(borrow)]
    op: Cow<'a, str>,
    #[serde(borrow, default)]
    sid: Option<Cow<'a, str>>,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    heartbeat_ms: u64,
    #[serde(borrow, default)]
    e: Option<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    t: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Option<Body<'a>>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
}

impl Watcher {
    /// Connects, waits until the gateway is ready, and goes on watching. Arrivals go to the channel when there is one.
    pub async fn start(person: &Person, arrivals: Option<mpsc::UnboundedSender<Arrival>>) -> Result<Self> {
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let count = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(watch(person.clone(), arrivals, Arc::clone(&count), ready, stopped));
        if is_ready.await.is_err() {
            return Err(match task.await? {
                Ok(_) => "the gateway ended before it was ready".into(),
                Err(error) => error,
            });
        }
        Ok(Self { task, count, stop })
    }

    /// Stops watching when so many messages were seen, or a minute later, and says what was seen.
    pub async fn stop_at(self, messages: usize) -> Result<Seen> {
        let begun = Instant::now();
        while self.count.load(Ordering::Relaxed) < messages && begun.elapsed() < DRAIN {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.stop().await
    }

    /// Stops watching and says what was seen.
    pub async fn stop(self) -> Result<Seen> {
        // A watcher that has ended already says why below.
        let _ = self.stop.send(());
        self.task.await?
    }
}

async fn watch(
    person: Person,
    arrivals: Option<mpsc::UnboundedSender<Arrival>>,
    count: Arc<AtomicUsize>,
    ready: oneshot::Sender<()>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut cursors: HashMap<String, u64> = HashMap::new();
    let mut ready = Some(ready);
    loop {
        let (address, ticket) = person.gateway().await?;
        let (socket, _) = tokio_tungstenite::connect_async(address).await?;
        let (mut write, mut read) = socket.split();
        write.send(Frame::text(json!({ "op": "identify", "ticket": ticket, "cursors": cursors }).to_string())).await?;
        let mut heartbeat = tokio::time::interval(Duration::from_secs(15));
        let mut beats = 0_u64;
        loop {
            tokio::select! {
                _ = &mut stopped => return Ok(seen),
                _ = heartbeat.tick() => {
                    beats += 1;
                    write.send(Frame::text(json!({ "op": "ping", "n": beats }).to_string())).await?;
                }
                frame = read.next() => {
                    let text = match frame {
                        Some(Ok(Frame::Text(text))) => text,
                        Some(Ok(Frame::Close(_)) | Err(_)) | None => break,
                        Some(Ok(_)) => continue,
                    };
                    let frame: ServerFrame<'_> = serde_json::from_str(&text)?;
                    match &*frame.op {
                        "hello" if frame.heartbeat_ms > 0 => {
                            heartbeat = tokio::time::interval(Duration::from_millis(frame.heartbeat_ms / 2));
                        }
                        "ready" => {
                            if let Some(ready) = ready.take() {
                                // The one who waited may have given up meanwhile.
                                let _ = ready.send(());
                            }
                        }
                        "event" => {
                            note(&frame, &mut cursors, &mut seen, arrivals.as_ref());
                            count.store(seen.messages, Ordering::Relaxed);
                        }
                        _ => {}
                    }
                }
            }
        }
        seen.resumed += 1;
        if seen.resumed > 100 {
            return Err("the gateway ends the connection again and again".into());
        }
    }
}

fn note(
    frame: &ServerFrame<'_>,
    cursors: &mut HashMap<String, u64>,
    seen: &mut Seen,
    arrivals: Option<&mpsc::UnboundedSender<Arrival>>,
) {
    let now = Instant::now();
    let Some(sid) = &frame.sid else { return };
    match cursors.get_mut(&**sid) {
        Some(last) if frame.seq <= *last => {
            seen.disorder += 1;
            return;
        }
        Some(last) => *last = frame.seq,
        None => {
            cursors.insert(sid.to_string(), frame.seq);
        }
    }
    let Some(Event { t, message: Some(message) }) = &frame.e else { return };
    if t == "message" {
        seen.messages += 1;
        seen.last = Some(now);
        if let Some(arrivals) = arrivals {
            // Whoever measures may have heard enough.
            let _ = arrivals.send((message.body.to_string(), now));
        }
    }
}
