//! `conntext fed`: looks at logs and copies, and puts them right. Works beside a running instance.

use std::sync::Arc;

use clap::Subcommand;
use conntext_federation::domain::Domain;
use conntext_federation::ids::ServerId;

use super::{Failure, rebuild};
use crate::Base;
use crate::clock::{OsRng, SystemClock};
use crate::config::Config;
use crate::db::folder::Folder;
use crate::deletion;
use crate::error::Problem;
use crate::log::{rewind, verify};
use crate::peers::trust::{Book, Verdict};
use crate::peers::{self, Standing};
use crate::trust::{self, Change};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Checks logs and copies from their first entry: chain, signatures, homes, and that the state follows from them.
    Verify {
        /// One community; all without it.
        sid: Option<String>,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Prints where a log or copy ends.
    Head {
        /// The community.
        sid: String,
    },
    /// Asks other instances how far each has the common communities, and lets what is missing be sent again. Copies that
    /// were set aside begin anew. Where the database is damaged, what can be read of it is put into a new one first. The
    /// instance must be stopped.
    Reconcile {
        /// One community; all without it.
        sid: Option<String>,
    },
    /// Says how it stands with each log and copy: which ones stand still, why, and what to do.
    Status {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Says that the database was replaced by an older copy. At the next start the communities here stand still until
    /// the instances that hold copies of them have given back what is missing. The instance must be stopped.
    Restored,
    /// Lets a community go on without a part of its log that nobody holds any more. What other instances still hold of
    /// that part stays with them, marked, and its authors are offered to send it again.
    Epoch {
        /// The community.
        sid: String,
        /// Yes, what is missing is given up.
        #[arg(long)]
        accept_loss: bool,
    },
    /// Lists the instances that were met.
    Peers,
    /// Lists the rules about other instances.
    Rules,
    /// Makes a rule: from now on this instance speaks with those that it names, pauses, or blocks them. Counts within
    /// seconds where the instance runs.
    Rule {
        /// A domain, or *.example.org for everything below one.
        pattern: String,
        /// What to do.
        #[arg(value_enum)]
        verdict: Verdict,
        /// What may come from there, of what is usual.
        #[arg(long, default_value_t = 100)]
        percent: u32,
        /// Shown to people of this instance, and part of the list that others can take over.
        #[arg(long, default_value = "")]
        reason: String,
        /// For admins only.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Removes a rule.
    Unrule {
        /// As it stands in the list.
        pattern: String,
    },
    /// Accepts a new identity of an instance whose domain changed hands: what it shows next counts as at first contact.
    Accept {
        /// Its domain.
        domain: String,
    },
}

pub(super) async fn run(command: Command, config: Config) -> Result<(), Failure> {
    if !config.storage.data_dir.is_dir() {
        return Err(format!("the data folder {} does not exist", config.storage.data_dir.display()).into());
    }
    if let Command::Reconcile { sid } = command {
        return reconcile(sid, config).await;
    }
    let base = crate::open(config, Arc::new(SystemClock::from_env()), Arc::new(OsRng)).await?;
    let result = match command {
        Command::Verify { sid, json } => check(&base, sid, json).await,
        Command::Head { sid } => head(&base, &sid).await,
        Command::Status { json } => status(&base, json).await,
        Command::Restored => restored(&base).await,
        Command::Epoch { sid, accept_loss } => epoch(&base, &sid, accept_loss).await,
        Command::Peers => list(&base).await,
        Command::Rules => rules(&base).await,
        Command::Rule { pattern, verdict, percent, reason, note } => {
            rule(&base, &pattern, Change { verdict, percent, reason, note }).await
        }
        Command::Unrule { pattern } => match trust::remove(&base, &pattern).await {
            Ok(()) => Ok(()),
            Err(problem) => Err(words(problem).into()),
        },
        Command::Accept { domain } => accept(&base, &domain).await,
        Command::Reconcile { .. } => Ok(()),
    };
    base.db.close().await;
    result
}

fn parse(sid: &str) -> Result<ServerId, Failure> {
    sid.parse().map_err(|_| format!("{sid} is no id of a community: it begins with s_").into())
}

async fn chosen(base: &Base, sid: Option<String>) -> Result<Vec<ServerId>, Failure> {
    match sid {
        Some(sid) => Ok(vec![parse(&sid)?]),
        None => {
            let mut read = base.db.read().await?;
            Ok(crate::log::store::logs(&mut read).await?.into_iter().map(|row| row.sid).collect())
        }
    }
}

async fn check(base: &Base, sid: Option<String>, json: bool) -> Result<(), Failure> {
    let mut reports = Vec::new();
    for sid in chosen(base, sid).await? {
        let report = verify::verify(&base.db, &sid, base.keys.ik.as_str()).await?;
        reports.push(report.ok_or_else(|| format!("{sid} is not here"))?);
    }
    let faulty = reports.iter().filter(|r| !r.faults.is_empty()).count();
    if json {
        println!("{}", serde_json::to_string_pretty(&reports)?);
    } else {
        for r in &reports {
            let kind = if r.hub_here { "log" } else { "copy" };
            let verdict = if r.faults.is_empty() { "holds" } else { "DOES NOT HOLD" };
            println!(
                "{} {kind} {verdict}: {} events, {} withheld, ends at {}",
                r.sid, r.events, r.withheld, r.head_seq
            );
            r.faults.iter().for_each(|fault| println!("  {fault}"));
        }
    }
    if faulty == 0 { Ok(()) } else { Err(format!("{faulty} of {} do not hold", reports.len()).into()) }
}

async fn head(base: &Base, sid: &str) -> Result<(), Failure> {
    let sid = parse(sid)?;
    let report = verify::verify(&base.db, &sid, base.keys.ik.as_str()).await?;
    let report = report.ok_or_else(|| format!("{sid} is not here"))?;
    println!("{} {}", report.head_seq, report.head_hash);
    Ok(())
}

async fn status(base: &Base, json: bool) -> Result<(), Failure> {
    let logs = rewind::standing(&mut base.db.read().await?, &base.keys.ik).await?;
    let mut disputes = Vec::new();
    for log in &logs {
        disputes.push(peers::checkpoints::disputes(&mut base.db.read().await?, &log.sid).await?);
    }
    let mut followers = Vec::new();
    for log in &logs {
        let known = peers::store::followers(&mut base.db.read().await?, &log.sid).await?;
        followers.push(if log.hub_here { known } else { Vec::new() });
    }
    if json {
        let rows: Vec<_> = logs
            .iter()
            .zip(disputes.iter().zip(&followers))
            .map(|(log, (disputes, followers))| {
                let followers: Vec<_> = followers
                    .iter()
                    .map(|f| {
                        serde_json::json!({"ik": f.ik, "domain": f.domain, "confirmed": f.acked,
                            "carrier": carrier(f), "streams_since": f.streams_since})
                    })
                    .collect();
                let rewind = log.rewind.as_ref().map(|r| {
                    serde_json::json!({"why": r.why.as_str(), "found": r.found.as_str(), "since": r.since_ms,
                        "known": r.known, "silent": r.silent, "go_on": r.go_on})
                });
                serde_json::json!({"sid": log.sid, "name": log.name, "hub_here": log.hub_here, "head": log.head,
                    "rewind": rewind, "orphaned": log.orphaned, "disputes": disputes, "followers": followers})
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for (log, (disputes, followers)) in logs.iter().zip(disputes.iter().zip(&followers)) {
        let kind = if log.hub_here { "log" } else { "copy" };
        let how = match &log.rewind {
            None => format!("goes on; it ends at {}.", log.head.seq),
            Some(rewind) => rewind.describe(&log.head),
        };
        let kept = if log.orphaned > 0 { format!(" Keeps {} orphaned events.", log.orphaned) } else { String::new() };
        println!("{} {kind} of {:?} {how}{kept}", log.sid, log.name);
        for follower in followers.iter().take(LISTED) {
            let name = follower.domain.as_deref().unwrap_or(follower.ik.as_str());
            println!("  {name} has confirmed {}, by {}", follower.acked, carrier(follower));
        }
        if followers.len() > LISTED {
            let streams = followers.iter().filter(|f| f.streams_since.is_some()).count();
            println!("  … {} follow, {streams} of them by stream; --json lists all", followers.len());
        }
        for dispute in disputes {
            println!(
                "  THE HUB TELLS TWO STORIES at {}: it signed one statement for this instance and another one that {} \
                 has shown. Both cannot be true; ask the people who run the hub.",
                dispute.seq, dispute.told_by
            );
            println!("    here:  {}", dispute.ours);
            println!("    there: {}", dispute.theirs);
        }
        if log.rewind.as_ref().is_some_and(rewind::Rewind::is_alarm) {
            println!(
                "  → Put back a newer copy of the data if there is one. Otherwise: conntext fed epoch {}",
                log.sid
            );
        }
    }
    Ok(())
}

/// So many followers of a community are listed for people.
const LISTED: usize = 20;

/// How a follower gets what is new.
fn carrier(follower: &peers::store::FollowerRow) -> &'static str {
    if follower.streams_since.is_some() { "stream" } else { "push" }
}

async fn restored(base: &Base) -> Result<(), Failure> {
    let _stopped = Folder::open(&base.data)?;
    let count = rewind::mark_restored(&base.db, &base.keys.ik, base.clock.now_ms()).await?;
    deletion::mark_restored(&base.db, base.clock.now_ms()).await?;
    println!(
        "{count} communities will ask the instances that hold copies of them before they go on. Start the instance."
    );
    Ok(())
}

async fn epoch(base: &Base, sid: &str, accept_loss: bool) -> Result<(), Failure> {
    let sid = parse(sid)?;
    let logs = rewind::standing(&mut base.db.read().await?, &base.keys.ik).await?;
    let log = logs.iter().find(|log| log.sid == sid).ok_or_else(|| format!("{sid} is not here"))?;
    let Some(state) = &log.rewind else {
        return Err(format!("{sid} goes on as it is: nothing is known to be missing").into());
    };
    println!("The log of {:?} {}", log.name, state.describe(&log.head));
    if !accept_loss {
        return Err(
            format!("nothing was done. To give up what is missing: conntext fed epoch {sid} --accept-loss").into()
        );
    }
    rewind::say_go_on(&base.db, log.id).await?;
    println!("It goes on in a new epoch: within seconds where the instance runs, otherwise when it is started.");
    Ok(())
}

async fn list(base: &Base) -> Result<(), Failure> {
    let mut read = base.db.read().await?;
    let now = base.clock.now_ms();
    let book = Book::read(&mut read, &base.config.federation).await?;
    for row in peers::store::peers(&mut read).await? {
        let refused = row.state.clone();
        let peer = peers::PeerStatus::of(&base.config.federation, &book, row, now);
        let refused = refused.or(peer.refused.map(|code| code.as_str().to_owned()));
        println!("{} {} {}", peer.domain, peer.ik, describe(&peer, refused, now));
    }
    Ok(())
}

async fn rules(base: &Base) -> Result<(), Failure> {
    let book = Book::read(&mut base.db.read().await?, &base.config.federation).await?;
    println!("mode: {}", book.mode.as_str());
    let mut rules: Vec<_> = book.rules().collect();
    rules.sort_by(|a, b| a.pattern.cmp(&b.pattern));
    for rule in rules {
        let list = rule.list.as_ref().map(|list| format!(" (from the list of {list})")).unwrap_or_default();
        println!("{} {} {} %{list} {}", rule.pattern, rule.verdict.as_str(), rule.percent, rule.reason);
    }
    Ok(())
}

async fn rule(base: &Base, pattern: &str, change: Change) -> Result<(), Failure> {
    let rule = trust::change(base, pattern, change).await.map_err(words)?;
    println!("{} {}", rule.pattern, rule.verdict.as_str());
    Ok(())
}

/// What is wrong, for the terminal.
fn words(problem: Problem) -> String {
    let field = problem.fields.into_iter().flatten().next().map(|field| field.message);
    field.or(problem.detail).unwrap_or(problem.title)
}

/// How it stands with an instance, in words.
fn describe(peer: &peers::PeerStatus, refused: Option<String>, now_ms: i64) -> String {
    let why = peer.last_error.as_deref().unwrap_or_default();
    let days = (now_ms - peer.failing_since) / 86_400_000;
    let mut text = match (refused, peer.standing) {
        (Some(code), _) => format!("refused: {code}"),
        (None, Standing::Answers) => "answers".to_owned(),
        (None, Standing::Dormant) => {
            format!("dormant (away for {days} days; goes on when it is heard from): {why}")
        }
        (None, standing) => format!("{} ({} tries): {why}", standing.as_str(), peer.failures),
    };
    if peer.new_for_ms > 0 {
        text += &format!("; new, slowed down for {} more hours", peer.new_for_ms / 3_600_000 + 1);
    }
    text
}

async fn accept(base: &Base, domain: &str) -> Result<(), Failure> {
    let domain = Domain::parse(domain, true).map_err(|_| format!("{domain} is no domain"))?;
    let mut tx = base.db.begin().await?;
    let known = peers::store::forget(&mut tx, &domain).await?;
    tx.commit().await?;
    if !known {
        return Err(format!("{domain} was never met").into());
    }
    println!("{domain} counts as new: its next document is taken as it is. Restart the instance.");
    Ok(())
}

/// With an instance of its own that speaks and does not listen.
async fn reconcile(sid: Option<String>, config: Config) -> Result<(), Failure> {
    rebuild::if_damaged(&config).await?.iter().for_each(|line| println!("{line}"));
    let app = crate::build(config, Arc::new(SystemClock::from_env()), Arc::new(OsRng)).await?;
    let sids = chosen(&app, sid).await?;
    let mut failed = 0;
    for log in sids.iter().filter_map(|sid| app.log.get(sid)) {
        match peers::reconcile(&app, &log).await {
            Ok(lines) => lines.iter().for_each(|line| println!("{} {line}", log.sid)),
            Err(e) => {
                failed += 1;
                println!("{} not put right: {e}", log.sid);
            }
        }
    }
    app.stopping.cancel();
    app.tasks.close();
    app.tasks.wait().await;
    app.db.close().await;
    if failed == 0 { Ok(()) } else { Err(format!("{failed} could not be put right").into()) }
}
