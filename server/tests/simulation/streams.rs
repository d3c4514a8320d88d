//! Connections between the instances of a run that stay open. What is on its way over one comes late and in order, stops
//! while the line is cut, and now and then the whole connection breaks, or goes silent without anybody being told.

use std::sync::Arc;

use conntext_server::peers::TransportError;
use conntext_server::peers::client::{Request, Upgraded};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};
use tokio::time::{Duration, sleep};

use super::life::Life;
use super::net::{Net, SECRET};
use super::trace::short;

#[path = "../common/upgrade.rs"]
mod upgrade;

/// How often somebody looks whether a line was mended.
const LOOK: Duration = Duration::from_millis(50);
/// A connection carries many pieces: what goes wrong with a request goes wrong with so many fewer of them.
const FEWER: u64 = 5;

/// Opens a connection and sends a request over it.
pub async fn open(net: &Net, from: &str, life: &Arc<Life>, request: Request) -> Result<Upgraded, TransportError> {
    let (parts, _) = request.into_parts();
    let to = parts.uri.authority().map(|a| a.as_str().to_owned()).unwrap_or_default();
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
    let number = net.begin(|number| format!("#{number} {from} > {to} {path}, to stay open"));
    if !net.passes(from, &to) {
        return Err(TransportError("the line is cut".into()));
    }
    let (router, there) = net.reach(&to)?;
    let forth =
        Way { net: net.clone(), number, from: from.to_owned(), to: to.clone(), masked: true, life: life.clone() };
    let back = Way { from: to.clone(), to: from.to_owned(), masked: false, life: there, ..forth.clone() };
    upgrade::open(router, &to, &parts, async move |near, far| {
        let (near_read, near_write) = tokio::io::split(near);
        let (far_read, far_write) = tokio::io::split(far);
        tokio::select! {
            biased;
            () = forth.life.over.cancelled() => {}
            () = back.life.over.cancelled() => {}
            () = forth.carry(near_read, far_write) => {}
            () = back.carry(far_read, near_write) => {}
        }
        forth.note("is over");
    })
    .await
}

/// One direction of a connection.
#[derive(Clone)]
struct Way {
    net: Net,
    number: u64,
    from: String,
    to: String,
    /// Clients mask what they say, at random.
    masked: bool,
    life: Arc<Life>,
}

impl Way {
    fn note(&self, what: &str) {
        self.net.note(|| format!("#{} {what}", self.number));
    }

    /// Carries until the connection ends.
    async fn carry(&self, mut read: ReadHalf<DuplexStream>, mut write: WriteHalf<DuplexStream>) {
        let mut chunk = vec![0; 16 * 1024];
        // The end of what came before: what is listened for may come in two pieces.
        let mut heard = Vec::new();
        loop {
            let Ok(n @ 1..) = read.read(&mut chunk).await else { return };
            // It may end when it has said only a part.
            if !self.life.step() {
                return;
            }
            let piece = &chunk[..n];
            let what = if self.masked { format!("{n} bytes") } else { short(piece) };
            self.net.note(|| format!("#{} {} > {} {what}", self.number, self.from, self.to));
            self.net.streamed(n);
            heard.extend_from_slice(piece);
            self.net.overhear(&self.to, &self.from, "a stream", &heard);
            heard.drain(..heard.len().saturating_sub(SECRET.len() + self.to.len()));
            let weather = self.net.weather();
            self.net.late(weather.delay_ms).await;
            while !self.net.passes(&self.from, &self.to) {
                sleep(LOOK).await;
            }
            if self.net.chance().below(100 * FEWER) < weather.lost {
                self.note("breaks");
                return;
            }
            if self.net.chance().below(100 * FEWER) < weather.answer_lost {
                self.note("goes silent");
                std::future::pending::<()>().await;
            }
            if write.write_all(piece).await.is_err() {
                return;
            }
        }
    }
}
