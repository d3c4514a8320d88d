//! The corpora of the fuzz targets, played back with some thousand changes of each.
//!
//! `UPDATE_CORPORA=1 cargo test -p conntext-federation --test fuzz` writes the seeds anew.

#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code)]
mod targets;

use std::path::Path;

/// Changed inputs of each target; `make fuzz` does the rest.
const CHANGES: usize = 1500;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn replay(name: &str) {
    if std::env::var_os("UPDATE_CORPORA").is_some() {
        targets::seeds::write(&folder("tests/vectors"), &folder("fuzz/corpus")).unwrap();
    }
    let (_, target) = targets::TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    targets::replay::replay(&folder("fuzz/corpus").join(name), CHANGES, *target).unwrap();
}

#[test]
fn j2_corpus_of_events() {
    replay("event");
}

#[test]
fn j2_corpus_of_identity_chains() {
    replay("identity");
}

#[test]
fn j2_corpus_of_strict_json() {
    replay("json");
}

#[test]
fn j2_corpus_of_request_signatures() {
    replay("signature");
}

#[test]
fn j2_corpus_of_stub_merging() {
    replay("stubs");
}
