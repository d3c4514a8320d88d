//! The commands of the binary `conntext`.

mod config;
mod db;
mod doctor;
mod domain;
mod fed;
mod keys;
mod listen;
mod logging;
mod mail;
mod rebuild;
mod serve;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// Why a command failed, for the person who gave it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(name = "conntext", version, about = "Community chat that people host themselves")]
struct Cli {
    /// The configuration file (TOML).
    #[arg(long, global = true, env = "CONNTEXT_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the instance.
    Serve,
    /// Looks at the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Looks after the database.
    #[command(subcommand)]
    Db(db::Command),
    /// Checks the instance and says what to do about what it finds.
    Doctor {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Looks at the domain of the instance, or changes it.
    #[command(subcommand)]
    Domain(domain::Command),
    /// Looks at logs and copies, and at other instances.
    #[command(subcommand)]
    Fed(fed::Command),
    /// Looks after the keys that sign for this instance.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Tries the mail out.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Creates and looks after accounts.
    #[command(subcommand)]
    User(user::Command),
}

/// Runs the command that the arguments name. Exit codes: 0 fine, 1 failed, 2 wrong arguments or configuration.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Config(config::Command::Example) = cli.command {
        print!("{}", config::EXAMPLE);
        return ExitCode::SUCCESS;
    }
    let config = match Config::load(cli.config.as_deref()) {
        Ok(config) => config,
        Err(e) => {
            eprintln!("conntext: {e}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("conntext: the runtime cannot start: {e}");
            return ExitCode::FAILURE;
        }
    };
    let result = match cli.command {
        Command::Serve => runtime.block_on(serve::run(config)),
        Command::Config(command) => config::run(&command, &config),
        Command::Db(command) => runtime.block_on(db::run(command, config)),
        Command::Doctor { json } => runtime.block_on(doctor::run(&config, json)),
        Command::Domain(command) => runtime.block_on(domain::run(command, config)),
        Command::Fed(command) => runtime.block_on(fed::run(command, config)),
        Command::Keys(command) => runtime.block_on(keys::run(command, config)),
        Command::Mail(command) => runtime.block_on(mail::run(command, config)),
        Command::User(command) => runtime.block_on(user::run(command, config)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("conntext: {e}");
            ExitCode::FAILURE
        }
    }
}

/// One crypto provider for all of TLS, before anything uses it.
fn install_crypto() -> Result<(), Failure> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| "the TLS library is set up already".into())
}
