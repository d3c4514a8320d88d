//! What a flood of forged requests does to people who have nothing to do with it: the same messages as in calm, while
//! somebody sends requests in the name of an instance that is known, signed by a key that is not its own. The limits that
//! would refuse most of them by their address are raised as for all measurements, so that every signature is verified.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use conntext_federation::domain::Domain;
use conntext_federation::httpsig::{self, Outgoing};
use conntext_federation::keys::SecretKey;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

use crate::Result;
use crate::latency::one_way;
use crate::peer::now_ms;
use crate::report::Figure;
use crate::world::World;

/// Connections of the flood, each with one request under way.
const CONNECTIONS: usize = 16;
/// Where the flood comes from: an address of its own, as over the internet.
const FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
/// How long one signature is repeated before the next is made, well within the time for which it could count.
const FRESH: Duration = Duration::from_secs(10);

/// Local and to the other instance, under the flood; what they take in calm is a measurement of its own.
///
/// # Errors
/// Where a message does not arrive, or the flood is not refused.
pub async fn measure(world: &World, samples: usize) -> Result<Vec<Figure>> {
    let near = world.senders.first().unwrap_or(&world.owner);
    let flood = Flood::start(world).await?;
    let local = one_way(world, "flood local", near, &world.owner, samples).await?;
    let out = one_way(world, "flood out", near, &world.guest, samples).await?;
    let rate = flood.end()?;
    Ok(vec![
        Figure::new("flood_requests_per_s", "a flood: forged requests that were refused", rate, "1/s"),
        Figure::new("flood_local_p50_ms", "under it, same instance, median", local.percentile_ms(0.5), "ms"),
        Figure::new("flood_local_p99_ms", "under it, same instance, 99 %", local.percentile_ms(0.99), "ms"),
        Figure::new(
            "flood_host_to_other_p50_ms",
            "under it, on the other instance, median",
            out.percentile_ms(0.5),
            "ms",
        ),
        Figure::new(
            "flood_host_to_other_p99_ms",
            "under it, on the other instance, 99 %",
            out.percentile_ms(0.99),
            "ms",
        ),
    ])
}

struct Flood {
    stop: Arc<AtomicBool>,
    refused: Arc<AtomicU64>,
    other: Arc<AtomicU64>,
    began: Instant,
}

impl Flood {
    async fn start(world: &World) -> Result<Self> {
        let document: Value = reqwest::get(format!("{}/.well-known/conntext", world.b.origin)).await?.json().await?;
        let kid = document.pointer("/keys/0/kid").and_then(Value::as_str).ok_or("the other instance shows no key")?;
        let forger = Forger {
            host: Domain::parse(&world.a.domain, true).map_err(|e| e.to_string())?,
            name: Domain::parse(&world.b.domain, true).map_err(|e| e.to_string())?,
            kid: kid.to_owned(),
            key: SecretKey::from_seed([66; 32]),
        };
        let port = world.a.domain.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).ok_or("no port")?;
        let flood =
            Self { stop: Arc::default(), refused: Arc::default(), other: Arc::default(), began: Instant::now() };
        let forger = Arc::new(forger);
        for _ in 0..CONNECTIONS {
            let (stop, refused, other, forger) =
                (flood.stop.clone(), flood.refused.clone(), flood.other.clone(), forger.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if blast(port, &forger, &stop, &refused, &other).await.is_err() {
                        sleep(Duration::from_millis(5)).await;
                    }
                }
            });
        }
        // It is there before anything is measured.
        sleep(Duration::from_secs(1)).await;
        Ok(flood)
    }

    /// Ends it; how many requests it made a second.
    fn end(self) -> Result<f64> {
        self.stop.store(true, Ordering::Relaxed);
        let refused = self.refused.load(Ordering::Relaxed);
        if refused == 0 || self.other.load(Ordering::Relaxed) > 0 {
            return Err("the flood was not refused as it should be".into());
        }
        Ok(refused as f64 / self.began.elapsed().as_secs_f64())
    }
}

struct Forger {
    host: Domain,
    name: Domain,
    kid: String,
    key: SecretKey,
}

impl Forger {
    /// A request that is right but for its signature.
    fn request(&self) -> Result<Vec<u8>> {
        let body = r#"{"servers":[],"software":"flood"}"#;
        let digest = httpsig::digest_header(body.as_bytes());
        let outgoing = Outgoing {
            method: "POST",
            path: "/federation/v1/hello",
            destination: &self.host,
            content_type: Some("application/json"),
            digest: &digest,
        };
        let now_ms = now_ms();
        let nonce = now_ms.to_be_bytes().repeat(2).try_into().map_err(|_| "a nonce")?;
        let signed =
            httpsig::sign_request(&outgoing, &self.name, &self.key, nonce, now_ms).map_err(|e| e.to_string())?;
        let mut text = format!("POST /federation/v1/hello HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in signed {
            let value = value.replace(self.key.public().kid().as_str(), &self.kid);
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        Ok(text.into_bytes())
    }
}

async fn blast(port: u16, forger: &Forger, stop: &AtomicBool, refused: &AtomicU64, other: &AtomicU64) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((FROM, 0)))?;
    let mut line = socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let mut request = forger.request()?;
    let mut made = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        if made.elapsed() > FRESH {
            (request, made) = (forger.request()?, Instant::now());
        }
        line.write_all(&request).await?;
        match answer(&mut line).await? {
            401 | 429 => refused.fetch_add(1, Ordering::Relaxed),
            _ => other.fetch_add(1, Ordering::Relaxed),
        };
    }
    Ok(())
}

/// Reads one answer; its status.
async fn answer(line: &mut TcpStream) -> Result<u16> {
    let mut got = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let n = line.read(&mut piece).await?;
        if n == 0 {
            return Err("the line was closed".into());
        }
        got.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&got);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let named = |l: &str| l.to_ascii_lowercase().strip_prefix("content-length: ")?.trim().parse::<usize>().ok();
        let length = head.lines().find_map(named).unwrap_or(0);
        if body.len() >= length {
            return Ok(head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0));
        }
    }
}
