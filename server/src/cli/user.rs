//! `conntext user`. Works beside a running instance: both use the same database.

use std::io::Read as _;
use std::sync::Arc;

use clap::Subcommand;

use super::Failure;
use crate::accounts::{self, Account, NewAccount};
use crate::clock::{OsRng, SystemClock};
use crate::config::Config;
use crate::error::Problem;
use crate::{Base, deletion, factors, sessions};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Creates an account and prints its password, unless one is given.
    Create {
        /// The name, without the domain.
        handle: String,
        /// The account may administer the instance.
        #[arg(long)]
        admin: bool,
        /// The name that others see.
        #[arg(long)]
        display_name: Option<String>,
        /// Reads the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists the accounts.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Gives an account a new password, prints it unless one is given, and signs it out everywhere.
    ResetPassword {
        /// The name, without the domain.
        handle: String,
        /// Reads the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Prints a link by which somebody chooses a new password. It works once, for an hour, and signs them out everywhere.
    RecoveryLink {
        /// The name, without the domain.
        handle: String,
    },
    /// Switches an account's second factor off, for somebody who lost the app and the recovery codes, and signs it out everywhere.
    ResetFactors {
        /// The name, without the domain.
        handle: String,
    },
    /// Deletes an account now, without the days in which its person could take it back; a running instance does it within seconds.
    Delete {
        /// The name, without the domain.
        handle: String,
        /// Erases everything that they posted, too, on all instances.
        #[arg(long)]
        erase: bool,
    },
    /// Lists those who wait to be let in, where registration is by approval.
    Applications,
    /// Lets somebody in who asked for an account.
    Accept {
        /// The name, without the domain.
        handle: String,
    },
    /// Turns somebody down who asked for an account; nothing of them is kept.
    Decline {
        /// The name, without the domain.
        handle: String,
    },
    /// Makes a new one-time address that makes the first admin.
    SetupLink,
    /// Makes a link by which people can register where registration is by invitation.
    Invite {
        /// For so many people.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// Valid for so many days.
        #[arg(long, default_value_t = 7)]
        days: u32,
    },
}

pub(super) async fn run(command: Command, config: Config) -> Result<(), Failure> {
    if !config.storage.data_dir.is_dir() {
        return Err(format!(
            "the data folder {} does not exist. Start the instance once, or name its configuration with --config",
            config.storage.data_dir.display()
        )
        .into());
    }
    let base = crate::open(config, Arc::new(SystemClock::from_env()), Arc::new(OsRng)).await?;
    let result = act(command, &base).await;
    base.db.close().await;
    result.map_err(explain)
}

async fn act(command: Command, base: &Base) -> Result<(), Problem> {
    match command {
        Command::Create { handle, admin, display_name, password_stdin } => {
            let given = if password_stdin { Some(read_password()?) } else { None };
            let password = given.clone().unwrap_or_else(|| make_password(base));
            let new = NewAccount { handle: &handle, password: &password, display_name: display_name.as_deref(), admin };
            let prepared = accounts::prepare(base, new).await?;
            let mut tx = base.db.begin().await?;
            let account = accounts::insert(base, &mut tx, prepared).await?;
            tx.commit().await?;
            if admin {
                // With an admin there is nothing left to set up: the address stops working.
                accounts::offer_setup(base).await?;
            }
            println!("Created {}@{}", account.handle, base.config.instance.domain);
            if given.is_none() {
                println!("Password: {password}");
            }
        }
        Command::List { json } => list(base, json).await?,
        Command::ResetPassword { handle, password_stdin } => {
            let account = named(base, &handle).await?;
            let given = if password_stdin { Some(read_password()?) } else { None };
            let password = given.clone().unwrap_or_else(|| make_password(base));
            accounts::set_password(base, &account, "password", &password, "").await?;
            println!("{} has a new password and is signed out everywhere.", account.handle);
            if given.is_none() {
                println!("Password: {password}");
            }
        }
        Command::RecoveryLink { handle } => {
            println!("{}", accounts::recovery_link(base, &named(base, &handle).await?).await?);
        }
        Command::ResetFactors { handle } => {
            let account = named(base, &handle).await?;
            let mut tx = base.db.begin().await?;
            factors::switch_off(base, &mut tx, &account.id).await?;
            sessions::end_but(&mut tx, &account.id, "").await?;
            tx.commit().await?;
            println!("{} signs in with the password alone, and is signed out everywhere.", account.handle);
        }
        Command::Delete { handle, erase } => {
            let account = named(base, &handle).await?;
            match deletion::now(base, &account, erase).await? {
                Some(token) => {
                    println!("{} is deleted. How far it is: {}", account.handle, deletion::link(base, &token))
                }
                None => println!("{} is deleted now, and not on the day that was set.", account.handle),
            }
        }
        Command::Applications => {
            for a in accounts::applications::all(&mut base.db.read().await?).await? {
                println!("{}\t{}\t{}", a.handle, a.display_name, a.reason.replace(char::is_control, " "));
            }
        }
        Command::Accept { handle } => {
            accounts::applications::accept(base, &applied(base, &handle).await?).await?;
            println!("{handle} may sign in now.");
        }
        Command::Decline { handle } => {
            accounts::applications::decline(base, &applied(base, &handle).await?).await?;
            println!("{handle} is turned down.");
        }
        Command::SetupLink => match accounts::offer_setup(base).await? {
            Some(url) => println!("{url}"),
            None => {
                return Err(Problem::new("setup_done")
                    .detail("There is an admin already. To make another one: conntext user create NAME --admin"));
            }
        },
        Command::Invite { uses, days } => {
            let code = accounts::invite_to_register(base, uses, days).await?;
            println!("{}/sign-up?invite={code}", base.config.public_url());
        }
    }
    Ok(())
}

/// The id of somebody's application.
async fn applied(base: &Base, handle: &str) -> Result<String, Problem> {
    let all = accounts::applications::all(&mut base.db.read().await?).await?;
    let found = all.into_iter().find(|a| a.handle == handle).map(|a| a.id);
    found.ok_or_else(|| Problem::not_found().detail(format!("Nobody waits under the name {handle}.")))
}

async fn named(base: &Base, handle: &str) -> Result<Account, Problem> {
    let found = accounts::by_handle(&mut base.db.read().await?, handle).await?;
    found.ok_or_else(|| Problem::not_found().detail(format!("There is no account named {handle}.")))
}

async fn list(base: &Base, json: bool) -> Result<(), Problem> {
    let all = accounts::all(&mut base.db.read().await?).await?;
    if json {
        let list: Vec<_> = all
            .iter()
            .map(|a| {
                serde_json::json!({"handle": a.handle, "id": a.uid, "admin": a.admin, "suspended": a.suspended, "created_at": a.created_at})
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&list).map_err(Problem::internal)?);
        return Ok(());
    }
    for a in &all {
        let marks = [(a.admin, "admin"), (a.suspended, "suspended")];
        let marks: Vec<&str> = marks.iter().filter(|m| m.0).map(|m| m.1).collect();
        println!("{:32} {} {}", a.handle, a.uid, marks.join(", "));
    }
    Ok(())
}

/// 100 random bits in groups that can be read out.
fn make_password(base: &Base) -> String {
    let letters = data_encoding::BASE32_NOPAD.encode(&base.rng.bytes::<15>()).to_lowercase();
    letters.as_bytes().chunks(5).take(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}

fn read_password() -> Result<String, Problem> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(Problem::internal)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// A problem document as a sentence for the terminal.
fn explain(problem: Problem) -> Failure {
    let mut parts = vec![problem.title.clone()];
    parts.extend(problem.fields.iter().flatten().map(|f| f.message.clone()));
    parts.extend(problem.detail.clone());
    parts.join(". ").replace(".. ", ". ").into()
}
