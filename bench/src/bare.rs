//! The bare server: what this machine gives to a server that checks nothing, commits rows in groups and broadcasts them.
//! It speaks as much of the API as the load generator uses, so that both are measured by the same hands.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, QueryBuilder, Sqlite};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::Result;

/// Rows of one statement and of one commit at most.
const ROWS: usize = 32;
const GROUP: usize = 512;
/// What a row of a log holds besides its text: hashes, signatures and ids.
const WEIGHT: usize = 400;

struct Row {
    body: String,
    done: oneshot::Sender<u64>,
}

struct Bare {
    rows: mpsc::Sender<Row>,
    frames: broadcast::Sender<axum::extract::ws::Utf8Bytes>,
    tickets: AtomicU64,
}

/// Serves until the process is ended.
pub async fn serve(folder: &Path, port: u16) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let options = SqliteConnectOptions::new()
        .filename(folder.join("bare.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut database = SqliteConnection::connect_with(&options).await?;
    sqlx::query("create table if not exists rows (seq integer primary key, body text not null, rest blob not null)")
        .execute(&mut database)
        .await?;
    let (rows, incoming) = mpsc::channel(4_096);
    let (frames, _) = broadcast::channel(8_192);
    let bare = Arc::new(Bare { rows, frames: frames.clone(), tickets: AtomicU64::new(0) });
    let committer = tokio::spawn(commit(database, incoming, frames));
    let router = Router::new()
        .route("/readyz", get(|| async { "ok" }))
        .route("/api/v1/gateway/ticket", post(ticket))
        .route("/api/v1/gateway", get(gateway))
        .route("/api/v1/servers/{sid}/channels/{channel}/messages", post(message))
        .with_state(bare);
    axum::serve(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?, router).await?;
    committer.await?
}

async fn ticket(State(bare): State<Arc<Bare>>) -> Json<Value> {
    Json(json!({ "ticket": bare.tickets.fetch_add(1, Ordering::Relaxed).to_string() }))
}

async fn message(State(bare): State<Arc<Bare>>, Json(body): Json<Value>) -> Json<Value> {
    let (done, written) = oneshot::channel();
    let body = body.get("body").and_then(Value::as_str).unwrap_or_default().to_owned();
    let sent = bare.rows.send(Row { body, done }).await.is_ok();
    match written.await {
        Ok(seq) if sent => Json(json!({ "state": "sent", "seq": seq })),
        _ => Json(json!({ "state": "failed" })),
    }
}

async fn gateway(State(bare): State<Arc<Bare>>, upgrade: WebSocketUpgrade) -> Response {
    let frames = bare.frames.subscribe();
    upgrade.on_upgrade(move |socket| watch(socket, frames))
}

async fn watch(mut socket: WebSocket, mut frames: broadcast::Receiver<axum::extract::ws::Utf8Bytes>) {
    if socket.send(Message::text(json!({ "op": "ready" }).to_string())).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            frame = frames.recv() => {
                let Ok(frame) = frame else { return };
                if socket.send(Message::Text(frame)).await.is_err() {
                    return;
                }
            }
            said = socket.recv() => match said {
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

async fn commit(
    mut database: SqliteConnection,
    mut incoming: mpsc::Receiver<Row>,
    frames: broadcast::Sender<axum::extract::ws::Utf8Bytes>,
) -> Result<()> {
    let mut seq = 0_u64;
    let mut group = Vec::new();
    let rest = vec![7_u8; WEIGHT];
    while incoming.recv_many(&mut group, GROUP).await > 0 {
        let mut transaction = database.begin().await?;
        let first = seq + 1;
        for rows in group.chunks(ROWS) {
            let mut insert = QueryBuilder::<Sqlite>::new("insert into rows (seq, body, rest) ");
            insert.push_values(rows, |mut values, row| {
                seq += 1;
                values.push_bind(seq.cast_signed()).push_bind(&row.body).push_bind(&rest);
            });
            insert.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        for (seq, row) in (first..).zip(group.drain(..)) {
            // About as long as the event of a real message.
            let frame = json!({
                "op": "event", "sid": "s_bare", "seq": seq, "prev": seq - 1,
                "e": { "t": "message", "message": { "body": row.body, "rest": "x".repeat(WEIGHT) } },
            });
            // Whoever sent or watched it may have gone.
            let _ = frames.send(frame.to_string().into());
            let _ = row.done.send(seq);
        }
    }
    Ok(())
}
