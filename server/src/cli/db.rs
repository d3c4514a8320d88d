//! `conntext db`: the database as a whole.

use std::io::Write as _;

use clap::Subcommand;

use super::Failure;
use crate::config::Config;
use crate::db::folder::{Folder, touch_private};
use crate::db::{Db, Source};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Copies everything into another, empty database and checks every row of it. The instance must be stopped, and goes
    /// on where it was until storage.database names the other one.
    Copy {
        /// Where to: postgres://USER:PASSWORD@HOST/DATABASE, or the word "file" for the embedded database in the data folder.
        #[arg(long, env = "CONNTEXT_COPY_TO", hide_env_values = true)]
        to: String,
    },
}

pub(super) async fn run(command: Command, config: Config) -> Result<(), Failure> {
    let Command::Copy { to } = command;
    let file = config.storage.data_dir.join("conntext.db");
    let source = crate::database(&config)?;
    let target = Source::parse(if to == "file" { "" } else { &to }, file)?;
    // Also tells whether the instance runs.
    let _folder = Folder::open(&config.storage.data_dir)?;
    match (&source, &target) {
        (Source::File(from), _) if !from.exists() => {
            return Err(format!("there is no database at {}", from.display()).into());
        }
        (Source::File(from), Source::File(to)) if from == to => {
            return Err("the instance uses the embedded database already".into());
        }
        (_, Source::File(to)) => touch_private(to)?,
        _ => {}
    }
    let from = Db::open(&source).await.map_err(|e| format!("the database in use: {e}"))?;
    from.claim_alone().await?;
    let to = Db::open(&target).await.map_err(|e| format!("the other database: {e}"))?;
    to.claim_alone().await.map_err(|e| format!("the other database: {e}"))?;
    let mut last = String::new();
    let copied = from.copy_to(&to, |table, rows| {
        let line = if table == last { "\r" } else { "\n" };
        eprint!("{line}  {table}: {rows}");
        let _ = std::io::stderr().flush();
        table.clone_into(&mut last);
    });
    let copied = copied.await;
    eprintln!();
    from.close().await;
    to.close().await;
    copied?;
    let address = if matches!(target, Source::File(_)) { "empty" } else { "its address" };
    println!("All rows are there and read alike. Set storage.database to {address} and start the instance.");
    Ok(())
}
