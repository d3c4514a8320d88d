//! `conntext doctor`: looks at everything that commonly goes wrong, and says what to do.

use std::fs;
use std::net::ToSocketAddrs as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Failure;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Mode};
use crate::db::{self, Db, Source};
use crate::log::rewind::Rewind;

/// Below so much free room it is time to act, in bytes.
const LITTLE_ROOM: u64 = 1024 * 1024 * 1024;
/// Below so much free room writing will soon fail, in bytes.
const NO_ROOM: u64 = 100 * 1024 * 1024;

/// What to do about a damaged database.
const REPAIR: &str = "Stop the instance and run: conntext fed reconcile. It puts what can be read into a new database and \
     fetches what other instances hold. Or restore a backup.";

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

#[derive(Serialize)]
struct Check {
    number: usize,
    name: &'static str,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Default)]
struct Report(Vec<Check>);

impl Report {
    fn add(&mut self, name: &'static str, verdict: Verdict, found: impl Into<String>, advice: &str) {
        let advice = (!advice.is_empty()).then(|| advice.to_owned());
        self.0.push(Check { number: self.0.len() + 1, name, verdict, found: found.into(), advice });
    }
    fn ok(&mut self, name: &'static str, found: impl Into<String>) {
        self.add(name, Verdict::Ok, found, "");
    }
    fn warn(&mut self, name: &'static str, found: impl Into<String>, advice: &str) {
        self.add(name, Verdict::Warn, found, advice);
    }
    fn fail(&mut self, name: &'static str, found: impl Into<String>, advice: &str) {
        self.add(name, Verdict::Fail, found, advice);
    }
}

pub(super) async fn run(config: &Config, json: bool) -> Result<(), Failure> {
    let mut report = Report::default();
    report.ok("configuration", "it can be read");
    folder(&mut report, config);
    room(&mut report, config);
    keys(&mut report, config);
    database(&mut report, config).await;
    domain(&mut report, config);
    transport(&mut report, config);
    port(&mut report, config).await;
    web(&mut report);
    mail(&mut report, config).await;
    let failed = report.0.iter().filter(|c| c.verdict == Verdict::Fail).count();
    if json {
        println!("{}", serde_json::to_string_pretty(&report.0)?);
    } else {
        for check in &report.0 {
            let word = match check.verdict {
                Verdict::Ok => "OK  ",
                Verdict::Warn => "WARN",
                Verdict::Fail => "FAIL",
            };
            println!("{:2} {word} {}: {}", check.number, check.name, check.found);
            if let Some(advice) = &check.advice {
                println!("        → {advice}");
            }
        }
    }
    if failed > 0 { Err(format!("{failed} of {} checks failed", report.0.len()).into()) } else { Ok(()) }
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|m| m.permissions().mode() & 0o777)
}

fn folder(report: &mut Report, config: &Config) {
    let path = &config.storage.data_dir;
    match mode(path) {
        None => report.warn(
            "data folder",
            format!("{} does not exist yet", path.display()),
            "It is made at the first start. If there should be data, storage.data_dir names the wrong folder.",
        ),
        Some(mode) if mode & 0o077 != 0 => report.fail(
            "data folder",
            format!("others on this machine can look into {} (mode {mode:o})", path.display()),
            "Run: chmod 700 on it. Starting the instance does so too.",
        ),
        Some(_) => {
            let open: Vec<String> = ["conntext.db", "keys/root.toml", "keys/signing.toml", "keys/seal.toml"]
                .iter()
                .filter(|f| mode_is_open(&path.join(f)))
                .map(ToString::to_string)
                .collect();
            if open.is_empty() {
                report.ok("data folder", format!("{} is private", path.display()));
            } else {
                report.fail(
                    "data folder",
                    format!("others on this machine can read {}", open.join(", ")),
                    "Run: chmod 600 on each of them.",
                );
            }
        }
    }
}

fn mode_is_open(path: &Path) -> bool {
    mode(path).is_some_and(|m| m & 0o077 != 0)
}

fn room(report: &mut Report, config: &Config) {
    let existing = config.storage.data_dir.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(existing) {
        Err(e) => report.warn("disk", format!("free room cannot be told: {e}"), "Look with: df -h"),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let text = format!("{} MiB free", free / 1024 / 1024);
            if free < NO_ROOM {
                report.fail("disk", text, "Make room now: without it nothing can be saved.");
            } else if free < LITTLE_ROOM {
                report.warn("disk", text, "Make room, or move the data folder to a larger disk.");
            } else {
                report.ok("disk", text);
            }
        }
    }
}

fn keys(report: &mut Report, config: &Config) {
    let folder = config.storage.data_dir.join("keys");
    let missing: Vec<&str> =
        ["root.toml", "signing.toml", "seal.toml"].into_iter().filter(|f| !folder.join(f).exists()).collect();
    let started = config.storage.data_dir.join("conntext.db").exists();
    match (missing.is_empty(), started) {
        (true, _) => report.ok("keys", "all are there. Keep a copy of the folder \"keys\" in a safe place"),
        (false, false) => report.ok("keys", "they are made at the first start"),
        (false, true) => report.fail(
            "keys",
            format!("missing: {}", missing.join(", ")),
            "Put the folder \"keys\" back from a backup. New keys would make this instance a stranger to all others.",
        ),
    }
}

async fn database(report: &mut Report, config: &Config) {
    let source = match crate::database(config) {
        Ok(Source::File(path)) if !path.exists() => {
            report.ok("database", "it is made at the first start");
            return;
        }
        Ok(source) => source,
        Err(e) => {
            report.fail("database", e.to_string(), "Correct storage.database.");
            return;
        }
    };
    let db = match Db::open_without_migrating(&source).await {
        Ok(db) => db,
        Err(e) => {
            let advice = match source {
                Source::File(_) => "Check the permissions, or restore a backup.",
                Source::Postgres(_) => "Check storage.database, and that PostgreSQL runs and lets this user in.",
            };
            report.fail("database", format!("it cannot be opened: {e}"), advice);
            return;
        }
    };
    match db.integrity().await {
        Ok(word) if word == "ok" => report.ok("database", "intact"),
        Ok(fault) => report.fail("database", fault, REPAIR),
        Err(e) => report.fail("database", e.to_string(), REPAIR),
    }
    match db.schema_version().await {
        Ok(version) if version == db::latest() => report.ok("schema", format!("version {version}")),
        Ok(version) if version < db::latest() => report.warn(
            "schema",
            format!("version {version}; this program brings it to {}", db::latest()),
            "Starting the instance does so. Make a backup first.",
        ),
        Ok(version) => report.fail(
            "schema",
            format!("version {version}, newer than this program ({})", db::latest()),
            "Install the newer version of ConnText again.",
        ),
        Err(e) => report.fail("schema", e.to_string(), "Restore a backup."),
    }
    clock(report, &db).await;
    whole(report, &db).await;
    match db.begin().await {
        Ok(_) => report.ok("writing", "the database takes writes"),
        Err(e) => report.fail("writing", e.to_string(), "Check free room and permissions."),
    }
    db.close().await;
}

/// Communities that were restored from an older copy and cannot go on by themselves.
async fn whole(report: &mut Report, db: &Db) {
    let rewinds = match db.read().await {
        Ok(mut read) => crate::log::rewind::still(&mut read).await,
        Err(e) => Err(e),
    };
    // A database of an older version has no such table yet.
    let rewinds = rewinds.unwrap_or_default();
    let (alarms, asking): (Vec<_>, Vec<_>) = rewinds.into_iter().partition(|(_, rewind)| rewind.is_alarm());
    let names = |list: &[(String, Rewind)]| list.iter().map(|(sid, _)| sid.as_str()).collect::<Vec<_>>().join(", ");
    if !alarms.is_empty() {
        report.fail(
            "communities",
            format!("the end of their logs is missing, and nobody holds it: {}", names(&alarms)),
            "Put back a newer copy of the data if there is one. Otherwise see: conntext fed status",
        );
    } else if !asking.is_empty() {
        report.warn(
            "communities",
            format!("other instances are asked for the end of their logs: {}", names(&asking)),
            "Leave the instance running. See: conntext fed status",
        );
    } else {
        report.ok("communities", "none lacks a part of its log");
    }
}

/// A clock that went back makes events that others refuse.
async fn clock(report: &mut Report, db: &Db) {
    let now = SystemClock::from_env().now_ms();
    let newest = match db.read().await {
        Ok(mut read) => db::fact(&mut read, "probe").await.ok().flatten().and_then(|t| t.parse::<i64>().ok()),
        Err(_) => None,
    };
    match newest {
        Some(newest) if newest > now + 60_000 => report.fail(
            "clock",
            format!("it is {} s behind what this instance wrote before", (newest - now) / 1000),
            "Set the clock, and keep it right with NTP (for example: timedatectl set-ntp true).",
        ),
        _ => report.ok("clock", "not behind what this instance wrote before"),
    }
}

fn domain(report: &mut Report, config: &Config) {
    let domain = &config.instance.domain;
    if config.is_local() || config.federation.dev_insecure {
        report.warn(
            "domain",
            format!("{domain} is for trying things out on one machine"),
            "Before people come, set instance.domain to a domain of yours: a change later takes a command, and everybody signs in again.",
        );
        return;
    }
    let port = 443;
    match (domain.as_str(), port).to_socket_addrs() {
        Ok(addresses) => {
            let list: Vec<String> = addresses.map(|a| a.ip().to_string()).collect();
            report.ok("domain", format!("{domain} leads to {}", list.join(", ")));
        }
        Err(e) => report.warn(
            "domain",
            format!("{domain} leads nowhere: {e}"),
            "Add an A or AAAA record with this machine's address where you manage the domain.",
        ),
    }
}

fn transport(report: &mut Report, config: &Config) {
    let http = &config.http;
    let loopback =
        http.listen.starts_with("127.") || http.listen.starts_with("[::1]") || http.listen.starts_with("localhost");
    if let (Some(cert), Some(key)) = (&http.tls_cert, &http.tls_key) {
        match (fs::read(cert), fs::read(key)) {
            (Ok(_), Ok(_)) if mode(key).is_some_and(|m| m & 0o007 != 0) => {
                report.warn(
                    "encryption",
                    format!("everybody here can read {}", key.display()),
                    "Run: chmod o-rwx on it.",
                );
            }
            (Ok(_), Ok(_)) => report.ok("encryption", "certificate and key can be read"),
            (Err(e), _) | (_, Err(e)) => {
                report.fail("encryption", format!("{}: {e}", cert.display()), "Check http.tls_cert and http.tls_key.");
            }
        }
    } else if loopback {
        report.ok("encryption", "this instance listens on this machine only; a proxy in front speaks https");
    } else {
        report.fail(
            "encryption",
            format!("plain http on {}: signing in is refused from other machines", http.listen),
            "Set http.tls_cert and http.tls_key, or listen on 127.0.0.1 behind a proxy that speaks https.",
        );
    }
    if config.federation.dev_insecure && !loopback {
        report.fail(
            "development mode",
            "federation.dev_insecure is on and others can reach this instance",
            "Turn it off: it lets other instances in without encryption.",
        );
    }
    if config.federation.mode == Mode::Allowlist && config.federation.allow.is_empty() {
        report.warn("other instances", "the list of allowed ones is empty", "Add domains to federation.allow.");
    }
}

async fn port(report: &mut Report, config: &Config) {
    let listen = &config.http.listen;
    match tokio::net::TcpListener::bind(listen).await {
        Ok(_) => report.warn("listening", format!("nobody listens on {listen}"), "Start the instance."),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => {
            let tls = config.http.tls_cert.is_some();
            match tokio::time::timeout(Duration::from_secs(3), alive(listen, tls)).await {
                Ok(Ok(true)) => report.ok("listening", format!("the instance answers on {listen}")),
                _ => report.fail(
                    "listening",
                    format!("something on {listen} does not answer as an instance"),
                    "Another program may have the port: choose another one in http.listen.",
                ),
            }
        }
        Err(e) => report.fail("listening", format!("{listen}: {e}"), "Check http.listen."),
    }
}

/// With TLS only the connection is tried: the certificate is for the domain and not for the address.
async fn alive(listen: &str, tls: bool) -> std::io::Result<bool> {
    let target = listen.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]");
    let mut stream = tokio::net::TcpStream::connect(target).await?;
    if tls {
        return Ok(true);
    }
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

fn web(report: &mut Report) {
    if crate::http::web::is_built() {
        report.ok("web app", "it is part of this program");
    } else {
        report.fail("web app", "this program was built without it", "Run npm run build, then build the program again.");
    }
}

async fn mail(report: &mut Report, config: &Config) {
    const NAME: &str = "mail";
    if !config.mail.is_on() {
        report.ok(NAME, "none is sent: people who lose their password need the operator");
        return;
    }
    match crate::mail::try_server(config).await {
        Ok(()) => report.ok(NAME, format!("{} answers", config.mail.server)),
        Err(failure) => report.fail(
            NAME,
            format!("{} does not take mail: {}", config.mail.server, failure.why),
            "Look at [mail] in the configuration, then try: conntext mail test ADDRESS",
        ),
    }
}
