//! The golden vectors in `tests/vectors`: made here from fixed keys, and checked through the public interface.
//!
//! `UPDATE_VECTORS=1 cargo test -p conntext-federation --test golden` writes them anew.

#[path = "../common/world.rs"]
#[allow(dead_code)]
mod world;

mod canonical;
mod checkpoints;
mod events;
mod identity;
mod instances;
mod requests;
mod streams;
mod stubs;

use conntext_federation::canonical::to_string;
use serde_json::{Map, Value};
use std::{collections::HashSet, fs, path::PathBuf};

/// A kind of vectors: how its file is made, and how one case of it is judged. The verdict holds exactly the members
/// that say what is expected.
struct Kind {
    file: &'static str,
    make: fn() -> Vec<Value>,
    judge: fn(&Value, &[Value]) -> Map<String, Value>,
    /// Members that mean that something is refused, unless they say "ok".
    verdict: &'static str,
}

const KINDS: [Kind; 8] = [
    Kind { file: "canonical", make: canonical::make, judge: canonical::judge, verdict: "error" },
    Kind { file: "events", make: events::make, judge: events::judge, verdict: "expect" },
    Kind { file: "requests", make: requests::make, judge: requests::judge, verdict: "expect" },
    Kind { file: "identity", make: identity::make, judge: identity::judge, verdict: "expect" },
    Kind { file: "instances", make: instances::make, judge: instances::judge, verdict: "expect" },
    Kind { file: "checkpoints", make: checkpoints::make, judge: checkpoints::judge, verdict: "expect" },
    Kind { file: "streams", make: streams::make, judge: streams::judge, verdict: "expect" },
    Kind { file: "stubs", make: stubs::make, judge: stubs::judge, verdict: "expect" },
];

fn path(kind: &Kind) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(format!("{}.json", kind.file))
}

fn read(kind: &Kind) -> Vec<Value> {
    let text = fs::read_to_string(path(kind)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// One case a line, so that a difference shows which case changed.
fn render(cases: &[Value]) -> String {
    let lines: Vec<String> = cases.iter().map(|case| to_string(case).unwrap()).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[test]
fn vectors_are_up_to_date() {
    for kind in &KINDS {
        let made = render(&(kind.make)());
        if std::env::var_os("UPDATE_VECTORS").is_some() {
            fs::write(path(kind), &made).unwrap();
        }
        assert!(
            fs::read_to_string(path(kind)).unwrap() == made,
            "{}.json is old: run with UPDATE_VECTORS=1",
            kind.file
        );
    }
}

#[test]
fn every_vector_holds() {
    let mut wrong = Vec::new();
    for kind in &KINDS {
        let cases = read(kind);
        for case in &cases {
            for (member, value) in (kind.judge)(case, &cases) {
                if case.get(&member) != Some(&value) {
                    wrong.push(format!("{}: {}: {member} is {value}", kind.file, case["name"]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_good_and_bad_cases_with_names_of_their_own() {
    for kind in &KINDS {
        let cases = read(kind);
        let refused = |case: &&Value| case.get(kind.verdict).is_some_and(|verdict| verdict != "ok");
        let bad = cases.iter().filter(refused).count();
        assert!(cases.len() >= 20 && bad >= 8 && bad < cases.len(), "{}: {bad} of {}", kind.file, cases.len());
        let names: HashSet<&str> = cases.iter().filter_map(|case| case["name"].as_str()).collect();
        assert_eq!(names.len(), cases.len(), "{}", kind.file);
    }
}
