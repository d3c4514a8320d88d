//! Connections of the network that stay open, over a line that a story can cut.

use std::time::Duration;

use conntext_server::peers::TransportError;
use conntext_server::peers::client::{Request, Upgraded};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};

use super::TestNet;

#[path = "../../common/upgrade.rs"]
mod upgrade;

/// Opens a connection from one instance to another and sends a request over it.
pub(super) async fn open(net: &TestNet, from: &str, request: Request) -> Result<Upgraded, TransportError> {
    let (parts, _) = request.into_parts();
    let to = parts.uri.authority().map(|a| a.as_str().to_owned()).unwrap_or_default();
    let router = net.reach(from, &to, format!("{} {}", parts.method, parts.uri.path()))?;
    let (net, line) = (net.clone(), (from.to_owned(), to.clone()));
    let carried = async move |near: DuplexStream, far: DuplexStream| {
        let (near_read, near_write) = tokio::io::split(near);
        let (far_read, far_write) = tokio::io::split(far);
        tokio::select! {
            () = carry(&net, &line.0, &line.1, near_read, far_write) => {}
            () = carry(&net, &line.1, &line.0, far_read, near_write) => {}
            () = cut(&net, &line.0, &line.1) => {}
        }
    };
    upgrade::open(router, &to, &parts, carried).await
}

async fn cut(net: &TestNet, from: &str, to: &str) {
    while !net.is_cut(from, to) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn carry(
    net: &TestNet,
    from: &str,
    to: &str,
    mut read: ReadHalf<DuplexStream>,
    mut write: WriteHalf<DuplexStream>,
) {
    let connection = net.connected(from, to);
    let mut chunk = vec![0; 16 * 1024];
    loop {
        while net.is_stalled(from, to) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let Ok(n @ 1..) = read.read(&mut chunk).await else { return };
        net.said(connection, &chunk[..n]);
        if write.write_all(&chunk[..n]).await.is_err() {
            return;
        }
    }
}
