//! `conntext mail`.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use clap::Subcommand;

use super::Failure;
use crate::clock::{OsRng, Rng, SystemClock};
use crate::config::Config;
use crate::mail;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Sends a letter and says what the mail server answered.
    Test {
        /// To whom.
        address: String,
    },
    /// Says how many letters wait.
    Status,
}

pub(super) async fn run(command: Command, config: Config) -> Result<(), Failure> {
    if !config.mail.is_on() {
        return Err("this instance sends no mail: set mail.server in the configuration".into());
    }
    match command {
        Command::Test { address } => {
            let text = format!("If you read this, {} can send mail.\n", config.public_url());
            let id = data_encoding::HEXLOWER.encode(&(&OsRng as &dyn Rng).bytes::<16>());
            mail::try_sending(&config, &id, &address, "A test of the mail", &text)
                .await
                .map_err(|failure| failure.why)?;
            println!("{} took a letter to {address}.", config.mail.server);
        }
        Command::Status => {
            let base = crate::open(config, Arc::new(SystemClock::from_env()), Arc::new(OsRng)).await?;
            let waiting = mail::waiting(&mut base.db.read().await?).await;
            base.db.close().await;
            let waiting = waiting?;
            match waiting.oldest_at.and_then(|at| u64::try_from(at).ok()) {
                Some(at) => {
                    let since = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(at));
                    println!("{} letters wait, the oldest since {since}.", waiting.letters);
                }
                None => println!("No letter waits."),
            }
        }
    }
    Ok(())
}
