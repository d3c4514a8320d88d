//! `conntext keys`: the signing keys of this instance. Works beside a running instance, which picks a change up by itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use conntext_federation::keys::Kid;

use super::Failure;
use crate::Base;
use crate::clock::{OsRng, SystemClock};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists all signing keys and says which one is in use.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Makes a new signing key. Others can read of it before it is used; the one before goes on counting for a while.
    Rotate {
        /// Uses the new key at once. Others may refuse this instance until they have read of it: a minute or so.
        #[arg(long)]
        now: bool,
    },
    /// Declares a signing key stolen or lost, for ever: whatever it signs from now on is refused. Where it is the one in
    /// use, a new one takes its place at once.
    Revoke {
        /// The key's name, as `conntext keys list` shows it.
        kid: String,
        /// Why; public.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Writes a copy of the root key, by which all others know this instance, to a file to be kept in a safe place.
    ExportRoot {
        /// The file; it must not exist.
        file: PathBuf,
    },
}

pub(super) async fn run(command: Command, config: Config) -> Result<(), Failure> {
    if !config.storage.data_dir.is_dir() {
        return Err(format!("the data folder {} does not exist", config.storage.data_dir.display()).into());
    }
    let base = crate::open(config, Arc::new(SystemClock::from_env()), Arc::new(OsRng)).await?;
    let result = act(command, &base);
    base.db.close().await;
    result
}

fn act(command: Command, base: &Base) -> Result<(), Failure> {
    let config = &base.config.federation;
    match command {
        Command::List { json } => return list(base, json),
        Command::Rotate { now } => {
            let lead_s = if now { 0 } else { config.key_lead_s };
            let overlap_ms = i64::from(config.key_overlap_s) * 1000;
            base.keys.rotate(&*base.rng, i64::from(lead_s) * 1000, overlap_ms)?;
            let keys = base.keys.all();
            let new = keys.last().ok_or("there are no keys")?;
            println!("New key {}, used from {} on.", new.kid.as_str(), time(new.nbf));
            if lead_s > 0 {
                println!("Leave the instance running meanwhile, so that others can read of it.");
            }
        }
        Command::Revoke { kid, reason } => {
            let kid =
                Kid::parse(&kid).map_err(|_| format!("{kid} is no name of a key: 16 digits and letters a to f"))?;
            base.keys.revoke(&*base.rng, &kid, reason.as_deref())?;
            println!("Revoked {}. In use: {}.", kid.as_str(), base.keys.signing().public().kid().as_str());
        }
        Command::ExportRoot { file } => {
            export(&base.data.join("keys/root.toml"), &file)?;
            println!("The root key is in {}. Whoever has it can speak for this instance.", file.display());
            return Ok(());
        }
    }
    println!("A running instance picks this up within {} seconds.", config.key_check_s);
    Ok(())
}

fn time(ms: i64) -> String {
    let at = u64::try_from(ms).ok().map(std::time::Duration::from_millis);
    at.map_or_else(|| ms.to_string(), |at| httpdate::fmt_http_date(std::time::UNIX_EPOCH + at))
}

fn list(base: &Base, json: bool) -> Result<(), Failure> {
    let active = base.keys.signing().public().kid();
    let now = base.clock.now_ms();
    let keys = base.keys.all();
    let state = |key: &conntext_federation::instance::InstanceKey| match key.revoked_at {
        Some(_) => "revoked",
        None if key.kid == active => "in use",
        None if key.nbf > now => "waiting",
        None if key.exp <= now => "retired",
        None => "passing",
    };
    if json {
        let rows: Vec<_> = keys
            .iter()
            .map(|key| {
                serde_json::json!({"kid": key.kid, "state": state(key), "pub": key.public, "nbf": key.nbf,
                    "exp": key.exp, "revoked_at": key.revoked_at, "reason": key.reason})
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for key in &keys {
        let why = match (key.revoked_at, &key.reason) {
            (Some(at), Some(reason)) => format!(", revoked {}: {reason}", time(at)),
            (Some(at), None) => format!(", revoked {}", time(at)),
            (None, _) => String::new(),
        };
        println!("{} {:8} from {} to {}{why}", key.kid.as_str(), state(key), time(key.nbf), time(key.exp));
    }
    Ok(())
}

/// Copies the root key to a new private file.
fn export(root: &Path, file: &Path) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let content = std::fs::read(root).map_err(|e| format!("{}: {e}", root.display()))?;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut made = made.map_err(|e| format!("{}: {e}", file.display()))?;
    made.write_all(&content).and_then(|()| made.sync_all()).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(())
}
