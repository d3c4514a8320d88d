//! Too much, too slow, too long: one origin's flood is its own matter, and memory stays bounded.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::craft::canon;
use crate::line::{Seen, read, send};
use crate::peer::Peer;
use crate::table::Table;
use crate::victim::Victim;

/// Sends the beginning at once and the rest by one byte each `every_ms`, until somebody answers or hangs up.
pub async fn slowly(port: u16, beginning: &[u8], rest: &[u8], every_ms: u64) -> Seen {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    socket.write_all(beginning).await.expect("it begins");
    let mut rest = rest.iter();
    let began = Instant::now();
    loop {
        let waited = tokio::time::timeout(Duration::from_millis(every_ms), socket.readable()).await;
        if waited.is_ok() || began.elapsed() > Duration::from_secs(20) {
            return read(&mut socket).await;
        }
        if let Some(byte) = rest.next()
            && socket.write_all(&[*byte]).await.is_err()
        {
            return Seen::default();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j5_hostile_floods_hurt_their_origin_alone() {
    let mut victim =
        Victim::new(&[("CONNTEXT__FEDERATION__PEER_BURST", "40"), ("CONNTEXT__FEDERATION__PEER_PER_S", "5")]).await;
    let to = victim.target.clone();
    let (flooder, honest) = (Peer::new("flood").await, Peer::new("honest").await);
    let mut table = Table::new("floods");
    let hello = canon(&json!({"servers": [], "software": "x"}));
    assert_eq!(send(to.port, &honest.request(&to, "POST", "/hello", &hello)).await.status, 200);
    assert_eq!(send(to.port, &flooder.request(&to, "POST", "/hello", &hello)).await.status, 200);
    let before = victim.memory_kib();

    // Signed requests, more than may be. All in all fewer come from here than the 400 at once that an address may send.
    let (mut taken, mut refused, mut waits) = (0, 0, true);
    for _ in 0..80 {
        let seen = send(to.port, &flooder.request(&to, "POST", "/hello", &hello)).await;
        match seen.status {
            200 => taken += 1,
            429 => {
                refused += 1;
                waits &= seen.body["code"] == "rate" && seen.body["retry_after_ms"].as_u64().is_some_and(|n| n > 0);
                waits &= seen.head.contains("retry-after:");
            }
            other => panic!("{other}: {}", seen.body),
        }
    }
    println!("of 80 requests {taken} were taken and {refused} refused");
    table.said("a flood is refused with 429", "yes", if refused > 30 && taken >= 35 { "yes" } else { "no" });
    table.said("with retry_after_ms and Retry-After", "yes", if waits { "yes" } else { "no" });
    table.case("another origin meanwhile", "200", &send(to.port, &honest.request(&to, "POST", "/hello", &hello)).await);

    // A forger cannot spend what belongs to another.
    for _ in 0..100 {
        let mut forged = honest.request(&to, "POST", "/hello", &hello);
        honest.sign_as(&mut forged, 0, 30, crate::peer::ALL, &flooder.key, &honest.key_id(&honest.key));
        let seen = send(to.port, &forged).await;
        assert!(matches!(seen.status, 401 | 429), "{}", seen.body);
    }
    table.case(
        "after 100 forgeries in its name",
        "200",
        &send(to.port, &honest.request(&to, "POST", "/hello", &hello)).await,
    );

    // Large bodies that nobody asked for, and connections that say nothing.
    let large = format!("{{\"servers\":[],\"software\":\"{}\"}}", "x".repeat(900_000));
    let mut bodies = Vec::new();
    for _ in 0..30 {
        bodies.push(send(to.port, &flooder.request(&to, "POST", "/hello", &large)).await.status);
    }
    table.said("large bodies of a flooder", "yes", if bodies.contains(&429) { "yes" } else { "no" });
    let mut idle = Vec::new();
    for _ in 0..300 {
        let mut socket = TcpStream::connect(("127.0.0.1", to.port)).await.expect("a connection");
        let _ = socket.write_all(b"POST /federation/v1/hello HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n").await;
        idle.push(socket);
    }
    table.case(
        "beside 300 connections that say nothing",
        "200",
        &send(to.port, &honest.request(&to, "POST", "/hello", &hello)).await,
    );
    drop(idle);

    // Names of instances that do not exist.
    for n in 0..150 {
        let mut request = flooder.request(&to, "POST", "/hello", &hello);
        let name = format!("https://n{n}.localhost:9/.well-known/conntext#{}", flooder.key.kid());
        flooder.sign_as(&mut request, 0, 30, crate::peer::ALL, &flooder.key, &name);
        let seen = send(to.port, &request).await;
        assert!(matches!(seen.verdict().as_str(), "401 key_unavailable" | "429 rate"), "{}", seen.body);
    }
    table.case(
        "after 150 names that lead nowhere",
        "200",
        &send(to.port, &honest.request(&to, "POST", "/hello", &hello)).await,
    );

    let grown = victim.memory_kib().saturating_sub(before);
    println!("memory: {before} KiB before, {grown} KiB more after");
    table.said("memory grew by less than 64 MiB", "yes", if grown < 64 * 1024 { "yes" } else { "no" });
    table.finish();
    victim.goes_on().await;
}
