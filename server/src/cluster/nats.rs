//! NATS between the processes, where it is configured. It carries the same words as PostgreSQL's notices; nothing that
//! counts depends on it.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::Notify;

use crate::db::{self, Error};

/// How long NATS may take to answer at the start.
const START: Duration = Duration::from_secs(10);

/// A connection that comes back by itself.
pub(super) struct Nats {
    client: async_nats::Client,
    subject: String,
    /// Rung when the connection is there again.
    back: std::sync::Arc<Notify>,
}

fn failed(what: impl std::fmt::Display) -> Error {
    Error::Other(format!("NATS (storage.between): {what}"))
}

impl Nats {
    /// Connects; the address may hold a name and a password.
    pub(super) async fn connect(address: &str, subject: String) -> db::Result<Self> {
        let back = std::sync::Arc::new(Notify::new());
        let ring = back.clone();
        let options = async_nats::ConnectOptions::new().name("conntext").event_callback(move |event| {
            let ring = ring.clone();
            async move {
                match event {
                    async_nats::Event::Connected => ring.notify_one(),
                    // The address is not repeated: it may hold a password.
                    event => tracing::info!(%event, "NATS"),
                }
            }
        });
        let connecting = tokio::time::timeout(START, options.connect(address));
        let client = connecting.await.map_err(|_| failed("no answer"))?.map_err(|e| failed(e.kind()))?;
        Ok(Self { client, subject, back })
    }

    /// Tells all processes that listen, this one too.
    pub(super) async fn publish(&self, text: &str) -> db::Result<()> {
        let text = text.to_owned().into();
        self.client.publish(self.subject.clone(), text).await.map_err(|e| failed(e.kind()))?;
        // Words are few and late ones are worth little: each goes out at once.
        self.client.flush().await.map_err(|e| failed(e.kind()))
    }

    /// Hands on what is said, until the subscription ends. `missed` is called whenever something may have been.
    pub(super) async fn hear(&self, said: impl Fn(&[u8]), missed: impl Fn()) -> db::Result<()> {
        let mut ear = self.client.subscribe(self.subject.clone()).await.map_err(|e| failed(e.kind()))?;
        self.client.flush().await.map_err(|e| failed(e.kind()))?;
        missed();
        loop {
            tokio::select! {
                text = ear.next() => match text {
                    Some(message) => said(&message.payload),
                    None => return Err(failed("the subscription ended")),
                },
                () = self.back.notified() => missed(),
            }
        }
    }
}
