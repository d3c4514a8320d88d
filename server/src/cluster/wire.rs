//! How words travel: as notices of PostgreSQL, or over NATS.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::nats::Nats;
use super::word::{Letter, Word};
use super::{Cluster, Shared};
use crate::config::Between as Setting;
use crate::db::{self, Between};

/// Words that go together.
const AT_A_TIME: usize = 256;
/// How long a text that cannot be sent is tried again; what it says is found in the database later, or is over.
const TRY_FOR: Duration = Duration::from_secs(15);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(300);

/// What came from other processes.
#[derive(Debug)]
pub enum Heard {
    /// One of them says something.
    Word {
        /// Which one.
        from: String,
        /// What.
        word: Word,
    },
    /// Something may have been missed: look everything up.
    Missed,
}

/// The way that words take.
pub(super) enum Wire {
    Postgres,
    Nats(Nats),
}

impl Wire {
    pub(super) async fn open(setting: &Setting, between: &Between, subject: &str) -> db::Result<Self> {
        match setting {
            Setting::Postgres => Ok(Self::Postgres),
            Setting::Nats(address) => {
                // Two databases of one instance do not exist, but two instances on one NATS server may.
                let subject = format!("{}.{subject}", between.channel());
                Ok(Self::Nats(Nats::connect(address.reveal(), subject).await?))
            }
        }
    }
}

impl Shared {
    async fn send(&self, text: &str) -> db::Result<()> {
        match &self.wire {
            Wire::Postgres => self.between.notify(text).await,
            Wire::Nats(nats) => nats.publish(text).await,
        }
    }
}

/// Sends what is to be told, until the instance stops.
pub(super) async fn speak(
    cluster: Arc<Cluster>,
    mut unsent: mpsc::UnboundedReceiver<Word>,
    stopping: CancellationToken,
) {
    let Some(shared) = &cluster.shared else { return };
    let mut words = Vec::new();
    while let Some(count) = stopping.run_until_cancelled(unsent.recv_many(&mut words, AT_A_TIME)).await {
        if count == 0 {
            return;
        }
        for text in Letter::write(&cluster.id, std::mem::take(&mut words)) {
            let sent = tokio::time::timeout(TRY_FOR, async {
                while let Err(e) = shared.send(&text).await {
                    tracing::debug!(error = %e, "the other processes cannot be told");
                    tokio::time::sleep(PAUSE).await;
                }
            });
            match stopping.run_until_cancelled(sent).await {
                Some(Ok(())) => {}
                Some(Err(_)) => tracing::warn!("the other processes could not be told something; they will look it up"),
                None => break,
            }
        }
    }
    while let Ok(word) = unsent.try_recv() {
        words.push(word);
    }
    words.push(Word::Leaving);
    for text in Letter::write(&cluster.id, words) {
        if !matches!(tokio::time::timeout(PAUSE, shared.send(&text)).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// Hears what the others say, until the instance stops.
pub(super) async fn listen(cluster: Arc<Cluster>, heard: mpsc::UnboundedSender<Heard>, stopping: CancellationToken) {
    let Some(shared) = &cluster.shared else { return };
    let listening = async {
        loop {
            let lost = match &shared.wire {
                Wire::Postgres => hear(&cluster.id, &shared.between, &heard).await,
                Wire::Nats(nats) => nats.hear(|text| pass_on(&cluster.id, text, &heard), || missed(&heard)).await,
            };
            if let Err(e) = lost {
                tracing::warn!(error = %e, "the other processes cannot be heard; what they write is looked up meanwhile");
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let _: Option<()> = stopping.run_until_cancelled(listening).await;
}

async fn hear(me: &str, between: &Between, heard: &mpsc::UnboundedSender<Heard>) -> db::Result<()> {
    let mut ear = between.listen().await?;
    missed(heard);
    loop {
        match ear.hear().await? {
            Some(text) => pass_on(me, text.as_bytes(), heard),
            None => missed(heard),
        }
    }
}

fn missed(heard: &mpsc::UnboundedSender<Heard>) {
    // Nobody listens any more when the instance stops.
    let _ = heard.send(Heard::Missed);
}

fn pass_on(me: &str, text: &[u8], heard: &mpsc::UnboundedSender<Heard>) {
    match serde_json::from_slice::<Letter>(text) {
        Ok(letter) if letter.from == me => {}
        Ok(Letter { from, words }) => {
            for word in words {
                let _ = heard.send(Heard::Word { from: from.clone(), word });
            }
        }
        // A process of another version, whose words this one does not know.
        Err(e) => {
            tracing::debug!(error = %e, "another process said what cannot be understood");
            missed(heard);
        }
    }
}
