//! `conntext domain`: the domain of this instance.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;

use clap::Subcommand;

use super::Failure;
use crate::Base;
use crate::clock::{OsRng, SystemClock};
use crate::config::Config;
use crate::db::folder::Folder;
use crate::factors;
use crate::peers::domains::own;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Says under which domain others know this instance, and which ones it left.
    Show,
    /// Gives this instance the domain that stands in its configuration now. It has to be stopped meanwhile.
    Change {
        /// Does not ask whether it is meant.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(command: Command, config: Config) -> Result<(), Failure> {
    let data = config.storage.data_dir.clone();
    if !data.is_dir() {
        return Err(format!("the data folder {} does not exist", data.display()).into());
    }
    // A process that runs would go on under the old domain.
    let _stopped = matches!(command, Command::Change { .. }).then(|| Folder::open(&data)).transpose()?;
    let base = crate::open(config, Arc::new(SystemClock::from_env()), Arc::new(OsRng)).await?;
    let result = match command {
        Command::Show => show(&base).await,
        Command::Change { yes } => change(&base, yes).await,
    };
    base.db.close().await;
    result
}

async fn show(base: &Base) -> Result<(), Failure> {
    let Some(known) = own::known(base).await? else {
        println!("Nobody knows this instance yet; it will be {}.", base.domain);
        return Ok(());
    };
    println!("Others know this instance as {known}.");
    for former in crate::peers::domains::store::all(&mut base.db.read().await?).await? {
        if former.ik == base.keys.ik.as_str() {
            let at = u64::try_from(former.left_at).unwrap_or(0);
            let since = httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_millis(at));
            println!("It was {} until {since}.", former.domain);
        }
    }
    Ok(())
}

async fn change(base: &Base, yes: bool) -> Result<(), Failure> {
    let from = own::known(base).await?.ok_or(own::DomainError::New)?;
    if from != base.domain && !yes {
        let passkeys = factors::passkeys_in_all(&mut base.db.read().await?).await?;
        let days = base.config.federation.former_domain_days;
        println!("This instance goes from {from} to {}.", base.domain);
        println!("- Accounts, communities, messages and files stay; addresses end in the new name from now on.");
        println!("- Keep {from} leading to this machine for {days} days, so that people and instances find the way.");
        println!("- Everybody signs in again. Passkeys belong to {from}: {passkeys} will no longer work here.");
        println!("- Addresses that sign-in services lead back to have to be changed there.");
        print!("Type the new domain to go on: ");
        std::io::stdout().flush()?;
        let mut typed = String::new();
        std::io::stdin().lock().read_line(&mut typed)?;
        if typed.trim() != base.domain.as_str() {
            return Err("nothing was changed".into());
        }
    }
    let from = own::change(base).await?;
    println!("This instance is {} now, and was {from}. Start it.", base.domain);
    Ok(())
}
