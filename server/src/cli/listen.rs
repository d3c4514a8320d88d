//! The listening socket: plain or TLS, time-outs, signals.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::signal::unix::{SignalKind, signal};

use crate::App;
use crate::config::Http;

/// A request's head is at most so long, in bytes; HTTP/2 has the same limit by its own default.
const MAX_HEAD: usize = 16 * 1024;

/// Binds the address of the configuration.
pub(super) async fn bind(http: &Http) -> io::Result<std::net::TcpListener> {
    let listener = tokio::net::TcpListener::bind(&http.listen).await?.into_std()?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Certificate and key, when the configuration has them.
pub(super) async fn tls(http: &Http) -> Result<Option<RustlsConfig>, String> {
    let (Some(cert), Some(key)) = (&http.tls_cert, &http.tls_key) else { return Ok(None) };
    let read = |path: &Path, e: io::Error| format!("TLS: {} or {}: {e}", path.display(), key.display());
    RustlsConfig::from_pem_file(cert, key).await.map(Some).map_err(|e| read(cert, e))
}

/// Serves until a signal ends it and open requests are through.
pub(super) async fn serve(
    app: &App,
    listener: std::net::TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
) -> io::Result<()> {
    let handle = Handle::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let signals = tokio::spawn(signals(app.clone(), handle.clone(), tls.clone()));
    let server = axum_server::from_tcp(listener)?.handle(handle);
    let result = match tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
            with_limits(server.acceptor(acceptor), app).serve(service).await
        }
        None => with_limits(server.acceptor(NoDelayAcceptor::new()), app).serve(service).await,
    };
    signals.abort();
    result
}

fn with_limits<A: axum_server::Address, Acc>(mut server: Server<A, Acc>, app: &App) -> Server<A, Acc> {
    let patience = Duration::from_secs(app.config.http.header_timeout_s);
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(MAX_HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(patience).keep_alive_timeout(patience);
    server
}

/// TERM and INT stop the instance; HUP reads the certificate again.
async fn signals(app: App, handle: Handle<SocketAddr>, tls: Option<RustlsConfig>) {
    let listen = |kind| signal(kind).map_err(|e| tracing::error!(error = %e, "a signal cannot be listened to"));
    let (Ok(mut term), Ok(mut int), Ok(mut hup)) =
        (listen(SignalKind::terminate()), listen(SignalKind::interrupt()), listen(SignalKind::hangup()))
    else {
        return;
    };
    loop {
        tokio::select! {
            _ = term.recv() => break,
            _ = int.recv() => break,
            _ = hup.recv() => reload(&app, tls.as_ref()).await,
        }
    }
    tracing::info!("stopping");
    // Sockets say good-bye and workers finish what they are at; then the listener waits for open requests.
    app.stopping.cancel();
    handle.graceful_shutdown(Some(Duration::from_secs(app.config.http.drain_s)));
}

async fn reload(app: &App, tls: Option<&RustlsConfig>) {
    let http = &app.config.http;
    if let (Some(tls), Some(cert), Some(key)) = (tls, &http.tls_cert, &http.tls_key) {
        match tls.reload_from_pem_file(cert, key).await {
            Ok(()) => tracing::info!("certificate read again"),
            Err(e) => tracing::error!(error = %e, "the certificate cannot be read: the former one stays in use"),
        }
    }
}
