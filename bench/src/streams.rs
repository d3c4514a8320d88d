//! Many instances that follow one community by stream, at a steady rate of messages. They confirm what they get and check
//! nothing, so that what is measured is the host.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use conntext_federation::domain::Domain;
use conntext_federation::ids::{InstanceId, ServerId};
use conntext_federation::stream::{FollowerFrame, HubFrame, Proof};
use futures_util::SinkExt as _;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;

use crate::followers::Crowd;
use crate::peer::Follower;
use crate::report::Figure;
use crate::stats::Durations;
use crate::world::World;
use crate::{Options, Result};

/// How many instances follow, and the names of the figures.
struct Size {
    followers: usize,
    ids: [&'static str; 9],
}

macro_rules! size {
    ($followers:literal) => {
        Size {
            followers: $followers,
            ids: [
                concat!("streams_", $followers, "_per_s"),
                concat!("streams_", $followers, "_lag_p50_ms"),
                concat!("streams_", $followers, "_lag_max_ms"),
                concat!("streams_", $followers, "_cores"),
                concat!("streams_", $followers, "_frames_per_s"),
                concat!("streams_", $followers, "_mib_per_s"),
                concat!("streams_", $followers, "_pushes"),
                concat!("streams_", $followers, "_open_kib"),
                concat!("streams_", $followers, "_most_mib"),
            ],
        }
    };
}

/// One measurement each.
const SIZES: [Size; 2] = [size!(200), size!(2000)];
/// Messages a second.
const RATE: u64 = 50;
/// How long the last messages may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// With every follower of so many it is noted when each message came.
const SAMPLE: usize = 40;
/// What every message begins with.
const WORDS: &str = "Streamed everywhere, number ";
/// What stands in front of an event's number.
const SEQ: &str = r#""seq":"#;
/// Instances that come in, or open their streams, at a time.
const AT_A_TIME: usize = 16;

/// What all followers saw.
#[derive(Default)]
struct Seen {
    sent: Mutex<HashMap<u64, Instant>>,
    lags: Mutex<Durations>,
    messages: AtomicUsize,
    frames: AtomicUsize,
    bytes: AtomicUsize,
}

/// The host, as its followers know it.
struct Host {
    origin: String,
    domain: Domain,
    ik: InstanceId,
    sid: ServerId,
}

impl Host {
    async fn of(world: &World, sid: &str) -> Result<Self> {
        let document: Value = reqwest::get(format!("{}/.well-known/conntext", world.a.origin)).await?.json().await?;
        let ik = document.get("ik").and_then(Value::as_str).and_then(|ik| ik.parse().ok());
        Ok(Self {
            origin: world.a.origin.clone(),
            domain: Domain::parse_normal(&world.a.domain, true).map_err(|e| e.to_string())?,
            ik: ik.ok_or("the host does not say who it is")?,
            sid: sid.parse().map_err(|_| "not a community's id")?,
        })
    }

    /// A stream from where the log ends now.
    async fn open(&self, http: &reqwest::Client, follower: &Follower) -> Result<WebSocketStream<TcpStream>> {
        let path = format!("/federation/v1/servers/{}/head", self.sid);
        let mut request = http.get(format!("{}{path}", self.origin));
        for (name, value) in follower.sign_get(&self.domain, &path, 1)? {
            request = request.header(name, value);
        }
        let head: Value = request.send().await?.error_for_status()?.json().await?;
        let hash = head.get("hash").and_then(Value::as_str).ok_or("a head without a hash")?;
        let (epoch, seq) = (&head["epoch"], &head["seq"]);
        let path = format!("/federation/v1/servers/{}/stream?after={seq}&epoch={epoch}&hash={hash}", self.sid);
        let mut request = axum::http::Request::get(format!("{}{path}", self.origin.replacen("http", "ws", 1)))
            .header("host", self.domain.to_string())
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key());
        for (name, value) in follower.sign_get(&self.domain, &path, 2)? {
            request = request.header(name, value);
        }
        let line = TcpStream::connect(self.origin.trim_start_matches("http://")).await?;
        line.set_nodelay(true)?;
        let (socket, _) = tokio_tungstenite::client_async(request.body(())?, line).await?;
        Ok(socket)
    }
}

/// What a follower does with its stream until it ends.
async fn follow(
    mut socket: WebSocketStream<TcpStream>,
    number: usize,
    crowd: Arc<Crowd>,
    host: Arc<Host>,
    seen: Arc<Seen>,
    domain: String,
) -> Result<()> {
    let follower = crowd.followers.get(&domain).ok_or("no such follower")?;
    while let Some(message) = socket.next().await {
        let text = match message? {
            Message::Text(text) => text,
            Message::Close(why) => return Err(format!("the host ended a stream: {why:?}").into()),
            _ => continue,
        };
        let text = text.as_str();
        let answer = if text.starts_with(r#"{"n":"#) {
            let now = Instant::now();
            let n = after(text, r#"{"n":"#).ok_or("a push without a number")?;
            // The largest number of that name is the last event's: all others point to what came before.
            let last = text.match_indices(SEQ).filter_map(|(at, _)| after(&text[at..], SEQ)).max().unwrap_or(0);
            let acked = follower.acked.fetch_max(last, Ordering::SeqCst).max(last);
            seen.frames.fetch_add(1, Ordering::Relaxed);
            seen.bytes.fetch_add(text.len(), Ordering::Relaxed);
            let mut found = 0;
            for (at, _) in text.match_indices(WORDS) {
                found += 1;
                if number.is_multiple_of(SAMPLE)
                    && let Some(message) = after(&text[at..], WORDS)
                    && let Some(sent) = seen.sent.lock().unwrap_or_else(PoisonError::into_inner).get(&message)
                {
                    seen.lags.lock().unwrap_or_else(PoisonError::into_inner).push(now - *sent);
                }
            }
            seen.messages.fetch_add(found, Ordering::SeqCst);
            FollowerFrame::Ack { acked, n }
        } else {
            let Ok(HubFrame::Challenge(asked)) = HubFrame::parse(text.as_bytes()) else { continue };
            let proof = Proof {
                challenge: asked.challenge,
                connection: asked.connection,
                follower: follower.ik(),
                hub: host.ik.clone(),
                sid: host.sid.clone(),
            };
            FollowerFrame::Signed { sig: follower.sign_stream(&proof)? }
        };
        socket.send(Message::Text(serde_json::to_string(&answer)?.into())).await?;
    }
    Err("the host ended a stream".into())
}

/// The number behind a text that stands at the beginning.
fn after(text: &str, beginning: &str) -> Option<u64> {
    let digits = text.strip_prefix(beginning)?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// A steady rate of messages to so many of them.
pub async fn measure(world: &World, options: &Options) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for size in &SIZES {
        figures.extend(one(world, options, size).await?);
    }
    Ok(figures)
}

async fn one(world: &World, options: &Options, size: &Size) -> Result<Vec<Figure>> {
    let number = size.followers;
    let (crowd, serving) = Crowd::serve(number).await?;
    // What comes before the streams are open need not be taken: they begin where the log ends.
    crowd.refuse();
    let place = world.community(&[], &[]).await?;
    let host = Arc::new(Host::of(world, &place.sid).await?);
    let http = reqwest::Client::new();
    let idle = world.a.memory_mib()?.0;
    let (joining, code) = (&http, &place.code);
    stream::iter(crowd.followers.values())
        .map(|follower| follower.join(joining, &world.a.origin, &host.domain, &host.sid, code, 0))
        .buffer_unordered(AT_A_TIME)
        .try_collect::<Vec<()>>()
        .await?;
    let seen = Arc::new(Seen::default());
    let following = stream::iter(crowd.followers.keys().cloned().enumerate())
        .map(|(n, domain)| {
            let (host, http, crowd, seen) = (&host, &http, &crowd, &seen);
            async move {
                let follower = crowd.followers.get(&domain).ok_or("no such follower")?;
                let socket = host.open(http, follower).await?;
                // A challenge waits for nobody: a stream is read from the moment when it is open.
                Result::Ok(follow(socket, n, Arc::clone(crowd), Arc::clone(host), Arc::clone(seen), domain))
            }
        })
        .buffer_unordered(AT_A_TIME)
        .try_fold(tokio::task::JoinSet::new(), |mut following, stream| async move {
            following.spawn(stream);
            Ok(following)
        });
    let mut following = following.await?;
    sleep(Duration::from_secs(3)).await;
    let open = world.a.memory_mib()?.0;

    let (processor, requests) = (world.a.processor_s()?, crowd.requests());
    let (frames, bytes) = (seen.frames.load(Ordering::Relaxed), seen.bytes.load(Ordering::Relaxed));
    let begun = Instant::now();
    let mut beat = interval(Duration::from_micros(1_000_000 / RATE));
    let total = RATE * options.seconds;
    for n in 0..total {
        beat.tick().await;
        seen.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(n, Instant::now());
        let body = format!("{WORDS}{n}.");
        world.owner.post(&place.messages(), json!({ "nonce": format!("st{number} {n}"), "body": body })).await?;
    }
    let written = begun.elapsed();
    let wanted = usize::try_from(total)? * number;
    while seen.messages.load(Ordering::SeqCst) < wanted {
        if let Some(ended) = following.try_join_next() {
            ended??;
        }
        if begun.elapsed() > written + PATIENCE {
            let found = seen.messages.load(Ordering::SeqCst);
            return Err(format!("of {wanted} events the followers saw {found}").into());
        }
        sleep(Duration::from_millis(5)).await;
    }
    let spent = world.a.processor_s()? - processor;
    let seconds = begun.elapsed().as_secs_f64();
    let busy = world.a.memory_mib()?.1;
    following.abort_all();
    serving.abort();
    let lags = seen.lags.lock().unwrap_or_else(PoisonError::into_inner);
    let frames = (seen.frames.load(Ordering::Relaxed) - frames) as f64;
    let bytes = (seen.bytes.load(Ordering::Relaxed) - bytes) as f64;
    let [per_s, lag_p50, lag_max, cores, frames_per_s, mib_per_s, pushes, open_kib, most_mib] = size.ids;
    Ok(vec![
        Figure::new(
            per_s,
            format!("messages a second to {number} instances by stream, {RATE} wanted"),
            total as f64 / seconds,
            "1/s",
        )
        .wanted("about 50"),
        Figure::new(lag_p50, "sent → at such an instance, median", lags.percentile_ms(0.5), "ms"),
        Figure::new(lag_max, "sent → at such an instance, the last", lags.percentile_ms(1.0), "ms")
            .wanted("under 2,000"),
        Figure::new(cores, "cores that the host uses meanwhile", spent / seconds, ""),
        Figure::new(frames_per_s, "pushes a second over streams", frames / seconds, "1/s"),
        Figure::new(mib_per_s, "MiB a second over streams", bytes / seconds / 1_048_576.0, "MiB/s"),
        Figure::new(pushes, "pushes by request meanwhile", (crowd.requests() - requests) as f64, ""),
        Figure::new(open_kib, "memory of the host for each open stream", (open - idle) * 1024.0 / number as f64, "KiB"),
        Figure::new(most_mib, "memory of the host at most", busy, "MiB"),
    ])
}
