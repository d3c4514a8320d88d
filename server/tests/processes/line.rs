//! A line between two instances that can be slow, cut, or lose answers: a small proxy on an address of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Bytes that are carried at a time over a slow line.
const PIECE: usize = 256;
/// Pending connections.
const BACKLOG: u32 = 64;

struct Inner {
    /// Bytes a second each way; 0 for no limit.
    speed: AtomicU64,
    /// Connections of an older number are cut; new ones of an odd number are not taken.
    turn: watch::Sender<u64>,
    /// Answers that are still to be lost.
    lose: AtomicUsize,
    lost: AtomicUsize,
    carried: AtomicU64,
    /// When each direction is free again.
    free: [Mutex<Instant>; 2],
}

/// The line.
#[derive(Clone)]
pub struct Line(Arc<Inner>);

impl Line {
    /// A line from `127.0.0.host` to this machine's own address, on the same port.
    pub async fn new(host: u8, port: u16) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        // Little is on its way at a time, as over a real line.
        socket.set_recv_buffer_size(4096).expect("a size");
        socket.set_reuseaddr(true).expect("an option");
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), port))).expect("an address");
        let listener = socket.listen(BACKLOG).expect("it listens");
        let now = Mutex::new(Instant::now());
        let inner = Arc::new(Inner {
            speed: AtomicU64::new(0),
            turn: watch::Sender::new(0),
            lose: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            carried: AtomicU64::new(0),
            free: [now, Mutex::new(Instant::now())],
        });
        let line = Self(inner.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let inner = inner.clone();
                tokio::spawn(async move { inner.connect(near, port).await });
            }
        });
        line
    }

    /// From now on it carries so many bytes a second each way; 0 for as many as come.
    pub fn set_speed(&self, bytes: u64) {
        self.0.speed.store(bytes, Ordering::Relaxed);
    }

    /// Cuts what is connected; nothing connects any more.
    pub fn cut(&self) {
        self.0.turn.send_modify(|turn| *turn |= 1);
    }

    /// It connects again.
    pub fn mend(&self) {
        self.0.turn.send_modify(|turn| *turn = (*turn | 1) + 1);
    }

    /// The next answers are lost: the request arrives, and the line is cut before the answer does.
    pub fn lose_answers(&self, count: usize) {
        self.0.lose.store(count, Ordering::Relaxed);
    }

    /// Answers that were lost so far.
    pub fn lost(&self) -> usize {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// Bytes that it carried so far, both ways.
    pub fn carried(&self) -> u64 {
        self.0.carried.load(Ordering::Relaxed)
    }
}

impl Inner {
    async fn connect(self: Arc<Self>, near: TcpStream, port: u16) {
        let mut turn = self.turn.subscribe();
        let mine = *turn.borrow_and_update();
        if mine % 2 == 1 {
            return;
        }
        let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        let there = self.carry(near_in, far_out, 0);
        let back = self.carry(far_in, near_out, 1);
        tokio::select! {
            _ = turn.wait_for(|now| *now != mine) => {}
            () = there => {}
            () = back => {}
        }
    }

    async fn carry(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: usize) {
        let mut piece = vec![0; 16 * 1024];
        loop {
            let speed = self.speed.load(Ordering::Relaxed);
            let most = if speed > 0 { PIECE } else { piece.len() };
            let Ok(n @ 1..) = from.read(&mut piece[..most]).await else { return };
            let loses = |left: usize| left.checked_sub(1);
            if way == 1 && self.lose.fetch_update(Ordering::Relaxed, Ordering::Relaxed, loses).is_ok() {
                self.lost.fetch_add(1, Ordering::Relaxed);
                return;
            }
            if let Some(micros) = (n as u64 * 1_000_000).checked_div(speed) {
                let until = {
                    let mut free = self.free[way].lock().expect("no panic");
                    *free = Instant::now().max(*free) + Duration::from_micros(micros);
                    *free
                };
                sleep_until(until).await;
            }
            if to.write_all(&piece[..n]).await.is_err() {
                return;
            }
            self.carried.fetch_add(n as u64, Ordering::Relaxed);
        }
    }
}
