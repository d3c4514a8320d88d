//! What the parts of the server may use, and what must not be anywhere. The directions are explained in
//! `docs/architecture.md`.

use std::fs;
use std::path::{Path, PathBuf};

/// The parts that are no rooms. `App`, errors, the clock, counters and configuration are everybody's.
const PARTS: &[&str] = &[
    "accounts",
    "app",
    "args",
    "bus",
    "cli",
    "clock",
    "cluster",
    "config",
    "crash",
    "db",
    "error",
    "gateway",
    "heard",
    "http",
    "jobs",
    "keys",
    "lately",
    "lib",
    "log",
    "main",
    "metrics",
    "peers",
    "presence",
    "projections",
    "routes",
];
const EVERYBODYS: &[&str] =
    &["App", "app", "args", "clock", "cluster", "config", "crash", "error", "keys", "lately", "metrics"];

/// What a part may use beyond what is everybody's. `room` stands for all rooms.
fn allowed(part: &str) -> &'static [&'static str] {
    match part {
        // Wiring and the command line may use all.
        "app" | "lib" | "main" | "routes" | "projections" | "cli" | "heard" => &["*"],
        "db" => &["db"],
        // Notices carry the log's entries, ready to be shown.
        "bus" => &["log"],
        "config" | "clock" | "cluster" | "error" | "metrics" | "keys" | "lately" => &["db"],
        "log" => &["db", "bus", "jobs"],
        "peers" => &["db", "bus", "log", "http", "jobs", "presence"],
        // Signals in memory, beside the bus.
        "presence" => &["bus"],
        // The database only to hand a reader to the rooms' reads.
        "gateway" => &["bus", "db", "log", "http", "presence", "room"],
        // Extractors must know who is signed in.
        "http" => &["db", "sessions"],
        "jobs" => &["db"],
        // A room.
        _ => &["bus", "db", "log", "http", "jobs", "peers", "presence", "room"],
    }
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|x| x == "rs") {
            found.push(path);
        }
    }
}

/// Path from `src`, part, and the text up to the unit tests.
fn sources() -> Vec<(String, String, String)> {
    let mut paths = Vec::new();
    files(&src(), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned();
            let part = name.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            (name, part, text)
        })
        .collect()
}

/// The parts that a source names after `crate::`, in `use` trees too.
fn used(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    for rest in code.split("crate::").skip(1) {
        if let Some(tree) = rest.strip_prefix('{') {
            // Only the first level of the tree counts.
            let mut depth = 0;
            let mut name = String::new();
            for c in tree.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => used.push(std::mem::take(&mut name)),
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            used.push(name);
        } else {
            used.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    used.into_iter()
        .map(|n| n.trim().split("::").next().unwrap_or_default().to_owned())
        .filter(|n| !n.is_empty())
        .collect()
}

#[test]
fn the_directions_hold() {
    let sources = sources();
    let known: Vec<&str> = sources.iter().map(|(_, part, _)| part.as_str()).collect();
    let mut faults = Vec::new();
    for (name, part, text) in &sources {
        let allowed = allowed(part);
        for target in used(text) {
            // Only modules count: `crate::App`, `crate::args!` and re-exported names are the library's own surface.
            if target == *part || EVERYBODYS.contains(&target.as_str()) || !known.contains(&target.as_str()) {
                continue;
            }
            let is_room = !PARTS.contains(&target.as_str()) || target == "accounts";
            let fine =
                allowed.contains(&"*") || allowed.contains(&target.as_str()) || (is_room && allowed.contains(&"room"));
            if !fine {
                faults.push(format!("{name} uses {target}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Where a statement begins: a string literal whose first word is one of SQL's.
fn holds_sql(text: &str) -> bool {
    text.split('"').skip(1).step_by(2).any(|literal| {
        let mut words = literal.split_whitespace();
        matches!(
            (words.next(), words.next()),
            (Some("select" | "with"), Some(_)) | (Some("insert"), Some("into" | "or")) | (Some("delete"), Some("from"))
        ) || (literal.trim_start().starts_with("update ") && literal.contains(" set "))
    })
}

/// Stores with a name of their own: the log's second and third ones, of the queue towards hubs and of what copies lack.
const STORES: &[&str] = &["log/pending.rs", "log/gaps.rs"];

#[test]
fn sql_stands_in_stores_only() {
    let faults: Vec<_> = sources()
        .into_iter()
        .filter(|(name, part, _)| part != "db" && !name.ends_with("store.rs") && !STORES.contains(&name.as_str()))
        .filter(|(_, _, text)| holds_sql(text))
        .map(|(name, ..)| name)
        .collect();
    assert!(faults.is_empty(), "SQL outside store.rs: {faults:#?}");
}

#[test]
fn nothing_is_global() {
    let words = ["lazy_static", "thread_local!", "thread_rng("];
    let clocks =
        ["SystemTime::now", "std::time::Instant::now", "rand::rng(", "rand::random", "Utc::now", "OffsetDateTime::now"];
    let mut faults = Vec::new();
    for (name, _, text) in sources() {
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            let declared = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            // The allocator of the binary is global by its nature.
            let global =
                (declared.starts_with("static ") && name != "main.rs") || words.iter().any(|w| line.contains(w));
            let chance = name != "clock.rs" && clocks.iter().any(|w| line.contains(w));
            if global || chance {
                faults.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn files_stay_small() {
    let long: Vec<_> = sources()
        .iter()
        .map(|(name, ..)| (name.clone(), fs::read_to_string(src().join(name)).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 650)
        .collect();
    assert!(long.is_empty(), "files of more than 650 lines: {long:#?}");
}

#[test]
fn the_checks_see_what_they_look_for() {
    assert_eq!(
        used("use crate::{App, db::{self, Tx}, log};\nlet x = crate::peers::call();"),
        ["App", "db", "log", "peers"]
    );
    assert!(holds_sql("q.row(\"select 1 from t\", args![])"));
    assert!(
        holds_sql("tx.exec(\n \"update t\n set x = 1\", vec![])")
            || holds_sql("tx.exec(\"update t set x = 1\", vec![])")
    );
    assert!(!holds_sql("Problem::new(\"x\").detail(\"Select one and try again.\")"));
}
