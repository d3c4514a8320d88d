//! Mail to people: written down in the transaction of what they are told about, sent by a worker that tries again.
//!
//! A letter says what it is about and nothing secret: [`letters`] writes the text, and makes the token that a link needs, when
//! it is sent. So none lies in the database, and an hour begins when the letter goes out. One that was sent right before the
//! process ended is sent twice. Without `mail.server` nothing is written down.

mod letters;
mod smtp;
mod store;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::accounts::email;
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::{App, Base};

pub use smtp::{Failure, send as try_sending, try_server};
pub use store::{Waiting, waiting};

/// How often it is looked for what is due.
const ROUND: Duration = Duration::from_secs(2);
/// Letters of one round.
const MANY: i64 = 100;
/// More than this wait only where strangers ask without end, or the server is away for days: no more are taken.
const FULL: i64 = 10_000;

/// What somebody is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Letter {
    /// Somebody asked for a new password. Whose account it is, if anybody's, is looked up when the letter is sent: so the answer
    /// to whoever asked takes as long either way.
    Recovery {
        /// A name or an address, as typed.
        who: String,
    },
    /// Somebody gave an address to be their account's.
    Confirm {
        /// The account's id.
        account: String,
        /// The mailbox.
        address: String,
    },
    /// Somebody wants an account and has to confirm their address first.
    Register {
        /// The mailbox.
        address: String,
    },
    /// Somebody who asked for an account has it.
    LetIn {
        /// The account's id.
        account: String,
        /// The mailbox.
        address: String,
    },
    /// The address of an account is another one now, or none.
    Moved {
        /// The account's id.
        account: String,
        /// The mailbox that was the account's.
        address: String,
    },
    /// Something happened to an account that its person should know of.
    Notice {
        /// The account's id.
        account: String,
        /// What it was.
        what: Notice,
    },
}

/// What happened to an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Notice {
    /// Somebody signed in on a device that was not there before.
    SignIn {
        /// What it calls itself.
        device: String,
        /// Its address on the network.
        ip: String,
    },
    /// Two used one session, which was ended.
    Reused {
        /// What the device calls itself.
        device: String,
    },
    /// It has another password.
    Password,
    /// It has another name.
    Renamed {
        /// The one before.
        before: String,
    },
    /// A second factor was added.
    FactorAdded,
    /// A second factor was removed.
    FactorRemoved,
    /// It has another key that its person holds themselves.
    OwnKey,
    /// It is linked with an account of another service.
    ServiceLinked {
        /// The service's name for people.
        service: String,
    },
    /// It is not any more.
    ServiceUnlinked {
        /// The service's name for people.
        service: String,
    },
    /// It will be deleted.
    Deletion {
        /// Milliseconds since 1970.
        due_at: i64,
    },
}

impl Letter {
    fn account(&self) -> Option<&str> {
        match self {
            Self::Confirm { account, .. }
            | Self::LetIn { account, .. }
            | Self::Moved { account, .. }
            | Self::Notice { account, .. } => Some(account),
            Self::Recovery { .. } | Self::Register { .. } => None,
        }
    }
}

/// How sending goes.
#[derive(Default)]
pub struct Health {
    /// Since when mail cannot be sent, and why.
    trouble: Mutex<Option<(i64, String)>>,
    /// Held by a round: two at once would send a letter twice, and the link of the first would be dead already.
    round: tokio::sync::Mutex<()>,
}

impl Health {
    fn failed(&self, now: i64, why: String) {
        let mut state = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let since = state.as_ref().map_or(now, |(since, _)| *since);
        *state = Some((since, why));
    }

    fn worked(&self) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What an admin has to do something about: the server has not taken mail for ten minutes.
    pub fn alarm(&self, now: i64) -> Option<String> {
        let state = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, why) = state.as_ref().filter(|(since, _)| now - since > 600_000)?;
        Some(format!(
            "Mail cannot be sent: {why}. Look at [mail] in the configuration, then try: conntext mail test ADDRESS"
        ))
    }
}

/// Has a letter sent, once the caller's transaction is written.
///
/// # Errors
/// The database's.
pub async fn post(base: &Base, tx: &mut Tx, letter: &Letter) -> Result<()> {
    if !base.config.mail.is_on() {
        return Ok(());
    }
    if store::waiting(tx).await?.letters >= FULL {
        tracing::warn!(most = FULL, "too many letters wait: one more is not taken");
        return Ok(());
    }
    let id = data_encoding::HEXLOWER.encode(&base.rng.bytes::<16>());
    let text = serde_json::to_string(letter).map_err(Problem::internal)?;
    Ok(store::insert(tx, &id, letter.account(), &text, base.clock.now_ms()).await?)
}

/// Tells somebody of what happened to their account, where it has a confirmed address.
///
/// # Errors
/// The database's.
pub async fn tell(base: &Base, tx: &mut Tx, account: &str, what: Notice) -> Result<()> {
    post(base, tx, &Letter::Notice { account: account.to_owned(), what }).await
}

/// Starts the worker; it ends with the instance.
pub fn start(app: &App) {
    if !app.config.mail.is_on() {
        return;
    }
    let (worker, stopping) = (app.clone(), app.stopping.clone());
    app.tasks.spawn(stopping.run_until_cancelled_owned(async move {
        loop {
            worker.cluster.until_duties().await;
            if let Err(e) = round(&worker).await {
                tracing::warn!(code = e.code, detail = e.detail, "mail could not be looked after");
            }
            tokio::time::sleep(ROUND).await;
        }
    }));
}

/// One round: sends what is due.
///
/// # Errors
/// From the database; the next round goes on where this one ended.
pub async fn round(app: &App) -> Result<()> {
    let _alone = app.mail.round.lock().await;
    let now = app.clock.now_ms();
    let due = store::due(&mut app.db.read().await?, now, MANY).await?;
    for row in due {
        if now - row.created_at > app.config.mail.keep_s * 1000 {
            tracing::warn!(tries = row.tries, "a letter could not be sent in time");
            done(app, &row.id).await?;
            continue;
        }
        let Ok(letter) = serde_json::from_str::<Letter>(&row.letter) else {
            tracing::warn!("a letter of another version is dropped");
            done(app, &row.id).await?;
            continue;
        };
        match deliver(app, &row.id, &letter).await? {
            Ok(()) => done(app, &row.id).await?,
            Err(failure) if failure.is_final => {
                tracing::warn!(why = failure.why, "a letter was refused");
                let mut tx = app.db.begin().await?;
                if let Letter::Confirm { account, address } = &letter {
                    email::refused(app, &mut tx, account, address).await?;
                }
                store::delete(&mut tx, &row.id).await?;
                tx.commit().await?;
            }
            Err(failure) => {
                tracing::warn!(why = failure.why, tries = row.tries, "a letter waits");
                app.mail.failed(now, failure.why);
                let config = &app.config.mail;
                let pause = config.retry_first_ms.saturating_mul(1 << row.tries.clamp(0, 20)).min(config.retry_max_ms);
                let mut tx = app.db.begin().await?;
                store::postpone(&mut tx, &row.id, now + pause).await?;
                tx.commit().await?;
                // The others would wait for the same server.
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn done(app: &App, id: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::delete(&mut tx, id).await?;
    Ok(tx.commit().await?)
}

/// Writes a letter and hands it to the server.
async fn deliver(app: &App, id: &str, letter: &Letter) -> Result<std::result::Result<(), Failure>> {
    if let Some(mail) = letters::write(app, letter).await? {
        if let Err(failure) = smtp::send(&app.config, id, &mail.to, &mail.subject, &mail.text).await {
            return Ok(Err(failure));
        }
        app.mail.worked();
    }
    Ok(Ok(()))
}
