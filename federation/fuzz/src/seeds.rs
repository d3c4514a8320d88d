//! Seeds of the corpora, made from the golden vectors.

use super::stubs::step::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use conntext_federation::canonical;
use serde_json::{Value, json};
use std::{fs, io, path::Path};

/// A file of a corpus: the target, a name, the bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// Writes the seeds below `corpus`; what lies there already otherwise, such as inputs of faults, stays.
///
/// # Errors
/// From the file system.
pub fn write(vectors: &Path, corpus: &Path) -> io::Result<usize> {
    let seeds = all(vectors)?;
    for (target, name, bytes) in &seeds {
        fs::create_dir_all(corpus.join(target))?;
        fs::write(corpus.join(target).join(name), bytes)?;
    }
    Ok(seeds.len())
}

fn all(vectors: &Path) -> io::Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    let cases =
        |file: &str| -> io::Result<Vec<Value>> { Ok(serde_json::from_str(&fs::read_to_string(vectors.join(file))?)?) };
    for case in cases("canonical.json")? {
        let input = case["input"].as_str().unwrap_or_default();
        seeds.push(("json", slug(&case), input.as_bytes().to_vec()));
    }
    for case in cases("requests.json")? {
        seeds.push(("signature", slug(&case), [b"\0", &request(&case)[..]].concat()));
        if case["name"] == "POST with a body" || case["name"] == "GET without a body" {
            seeds.push(("signature", format!("signed-again-{}", slug(&case)), [b"\x01", &request(&case)[..]].concat()));
        }
    }
    let mut kinds = Vec::new();
    for case in cases("events.json")? {
        let good = case.get("expect").is_none_or(|expect| expect == "ok");
        let kind = &case["event"]["action"]["type"];
        // Of good events one of each type, of bad ones those that are small.
        let text = canonical::to_vec(&case["event"]).unwrap_or_default();
        if text.is_empty() || text.len() > 4096 || (good && kinds.contains(kind)) {
            continue;
        }
        if good {
            if kinds.is_empty() {
                // Short as text, three times as long once it is escaped.
                let mut swollen = case["event"].clone();
                swollen["action"]["target"] = "\u{1}".repeat(250).into();
                let text = canonical::to_vec(&swollen).unwrap_or_default();
                seeds.push(("event", "a-target-to-be-escaped".into(), [b"\0", &text[..]].concat()));
            }
            kinds.push(kind.clone());
            seeds.push(("event", format!("signed-again-{}", slug(&case)), [b"\x07", &text[..]].concat()));
        }
        seeds.push(("event", slug(&case), [b"\0", &text[..]].concat()));
    }
    for case in cases("identity.json")? {
        let chains = match (case.get("ops"), case.get("a"), case.get("b")) {
            (_, Some(a), Some(b)) => json!([a, b]),
            (Some(ops), ..) => json!([ops]),
            _ => continue,
        };
        let text = canonical::to_vec(&chains).unwrap_or_default();
        if !text.is_empty() && text.len() <= 4096 {
            seeds.push(("identity", slug(&case), [b"\0\0", &text[..]].concat()));
        }
        if text.len() <= 2048 {
            seeds.push(("identity", format!("signed-again-{}", slug(&case)), [b"\x01\x02", &text[..]].concat()));
        }
    }
    seeds.extend(programs());
    seeds.extend(frames());
    Ok(seeds)
}

fn slug(case: &Value) -> String {
    let name = case["name"].as_str().unwrap_or("case").to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

fn request(case: &Value) -> Vec<u8> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut head = format!("{} {}", text(&case["method"]), text(&case["path"]));
    for pair in case["headers"].as_array().into_iter().flatten() {
        head.push_str(&format!("\n{}: {}", text(&pair[0]), text(&pair[1])));
    }
    head.push_str("\n\n");
    [head.into_bytes(), STANDARD.decode(text(&case["body"])).unwrap_or_default()].concat()
}

/// Runs over the log of the target: 7 events that everybody sees, a channel of one person (8 to 11, 14), more that all see.
fn programs() -> Vec<Seed> {
    let events = |from: u8, to: u8| (from..=to).flat_map(|n| [EVENT, n, 0]).collect::<Vec<_>>();
    let send = vec![SEND, 0, 0];
    let open = || [events(1, 7), send.clone()].concat();
    let after = |items: Vec<u8>| [open(), items].concat();
    [
        ("the-whole-log", events(1, 17)),
        ("one-by-one", (1..=17).flat_map(|n| [EVENT, n, 0, SEND, 0, 0]).collect()),
        ("a-stub", after([vec![STUB, 8, 11], events(12, 13)].concat())),
        ("two-stubs", after([vec![STUB, 8, 11], events(12, 13), vec![STUB, 14, 14], events(15, 17)].concat())),
        ("two-stubs-that-touch", after([vec![STUB, 8, 9, STUB, 10, 11], events(12, 13)].concat())),
        ("a-stub-over-what-all-see", after([vec![STUB, 8, 15], events(16, 17)].concat())),
        ("a-stub-at-the-end", after(vec![STUB, 8, 11])),
        ("a-stub-backwards", after([vec![STUB, 11, 8], events(12, 13)].concat())),
        ("a-stub-from-zero", after([vec![STUB, 0, 11], events(12, 13)].concat())),
        ("a-stub-that-opens", [vec![STUB, 1, 3], events(4, 7)].concat()),
        ("lost", after([vec![LOST, 8, 13], events(14, 17)].concat())),
        ("overlap", after([events(5, 9), send.clone(), events(3, 12)].concat())),
        ("a-gap", after(events(9, 12))),
        ("without-content", after([vec![STUB, 8, 11, BARE, 12, 0], events(13, 13)].concat())),
        ("state-without-content", [events(1, 4), vec![BARE, 5, 0]].concat()),
        ("damaged-inside", after([vec![STUB, 8, 11, DAMAGED, 12, 1], events(13, 13)].concat())),
        ("damaged-at-the-end", after(vec![STUB, 8, 11, DAMAGED, 12, 1])),
        ("misplaced", after([vec![MISPLACED, 8, 11], events(12, 13)].concat())),
        ("forged-time", after(vec![FORGED, 8, 0x10])),
        ("forged-past", after(vec![FORGED, 8, 0x01])),
        ("forged-prev", after(vec![FORGED, 8, 0x32])),
        ("forged-chain", after([events(8, 8), vec![FORGED, 9, 0x73]].concat())),
        ("forged-number", after([events(8, 8), vec![FORGED, 9, 0x54]].concat())),
        ("forged-epoch", after(vec![FORGED, 8, 6])),
        ("forged-generation", after(vec![FORGED, 8, 7])),
        ("forged-action", after(vec![FORGED, 8, 0x7a])),
        ("forged-far-away", after(vec![FORGED, 8, 12])),
        ("forged-far-number", after([events(8, 8), vec![FORGED, 9, 13]].concat())),
    ]
    .into_iter()
    .map(|(name, bytes)| ("stubs", name.to_owned(), bytes))
    .collect()
}

fn frames() -> Vec<Seed> {
    [
        ("identify", r#"{"op":"identify","ticket":"t"}"#),
        (
            "identify-with-cursors",
            r#"{"op":"identify","ticket":"t","cursors":{"s_x":18446744073709551615},"epochs":{"s_x":0}}"#,
        ),
        ("ping", r#"{"op":"ping","n":1}"#),
        ("ping-of-a-fraction", r#"{"op":"ping","n":1.5}"#),
        ("presence", r#"{"op":"presence","status":"idle"}"#),
        ("watch", r#"{"op":"watch","sid":"s_x","channel":null}"#),
        ("op-twice", r#"{"op":"ping","n":1,"op":"watch"}"#),
        ("no-op", r#"{"n":1}"#),
        ("a-list", r#"["ping",1]"#),
        ("deep", r#"{"op":"ping","n":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}"#),
        ("lone-surrogate", r#"{"op":"watch","sid":"\ud800"}"#),
    ]
    .into_iter()
    .map(|(name, text)| ("frames", name.to_owned(), text.as_bytes().to_vec()))
    .collect()
}
