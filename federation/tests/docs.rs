//! The pages in `docs/` say what the code says.

use conntext_federation::{
    Code,
    content::{self, erasable},
    instance, keys,
    perms::Perms,
};
use std::{collections::BTreeSet, fs, path::Path};

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// The cells of every table row of a page.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|--"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn the_table_of_errors_is_the_list_of_codes() {
    let text = page("errors.md");
    let listed: Vec<(String, String)> =
        rows(&text).into_iter().skip(1).map(|row| (row[0].to_owned(), row[1].trim_matches('`').to_owned())).collect();
    let codes: Vec<(String, String)> =
        Code::ALL.iter().map(|code| (code.status().to_string(), code.as_str().to_owned())).collect();
    assert_eq!(listed, codes);
    for (_, code) in codes {
        assert_eq!(Code::parse(&code).map(Code::as_str), Some(code.as_str()));
    }
}

#[test]
fn every_documented_type_is_known_and_every_permission_exists() {
    let text = page("rules.md");
    let names: BTreeSet<&str> = Perms::NAMES.iter().map(|(name, _)| *name).collect();
    for row in rows(&text).into_iter().skip(1) {
        for kind in row[0].split(", ").map(|kind| kind.trim_matches('`')) {
            assert!(content::known(kind), "{kind}");
        }
        for word in row[4].split('`').skip(1).step_by(2) {
            assert!(names.contains(word), "{word}");
        }
    }
}

#[test]
fn every_type_of_the_code_is_documented() {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/content.rs")).unwrap();
    let text = page("rules.md");
    let kinds: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => Self::"))
        .map(|(k, _)| k)
        .collect();
    assert!(kinds.len() > 20, "the list of types was not found");
    for kind in kinds {
        assert!(text.contains(&format!("`{kind}`")), "{kind} is not in rules.md");
    }
    assert!(erasable("message.create") && !erasable("member.join"));
}

#[test]
fn every_prefix_is_listed() {
    let text = page("canonical.md");
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/keys.rs")).unwrap();
    let prefixes: Vec<&str> =
        source.lines().filter_map(|line| line.split_once("=> \"conntext/")?.1.strip_suffix("\\n\",")).collect();
    assert!(prefixes.len() > 10, "the registry was not found");
    for prefix in prefixes {
        assert!(text.contains(&format!("`conntext/{prefix}`")), "{prefix} is not in canonical.md");
    }
    assert_eq!(keys::Domain::Action.prefix(), "conntext/action/v1\n");
}

#[test]
fn the_limits_are_those_of_the_code() {
    let text = page("limits.md");
    let says = |what: &str| assert!(text.contains(what), "limits.md does not say: {what}");
    let day = 86_400_000;
    says(&format!("| {} days, {} days |", instance::MAX_DOCUMENT_MS / day, instance::MAX_FRESHNESS_MS / day));
    says(&format!("{} keys; {} changes", instance::MAX_KEYS, instance::MAX_ROOT_CHANGES));
    says(&format!("| {} KiB; {} files;", content::MAX_BODY_BYTES / 1024, content::MAX_ATTACHMENTS));
    says(&format!("with both signatures | {} KiB", conntext_federation::event::MAX_EVENT_BYTES / 1024));
    says(&format!("without content | {} KiB", conntext_federation::action::MAX_ACTION_BYTES / 1024));
    says(&format!("life of an action | {} days", conntext_federation::action::MAX_ACTION_AGE_MS / day));
    says(&format!(
        "{} operations, {} of them by the home",
        conntext_federation::identity::MAX_OPS,
        conntext_federation::identity::MAX_HOME_OPS
    ));
    says(&format!(
        "| {} s; senders use {} s |",
        conntext_federation::httpsig::WINDOW_S,
        conntext_federation::httpsig::SEND_WINDOW_S
    ));
    says(&format!(
        "| {} events, {} KiB |",
        conntext_federation::wire::MAX_PUSH_EVENTS,
        conntext_federation::wire::MAX_PUSH_BYTES / 1024
    ));
    says(&format!("actions in one request | {} |", conntext_federation::wire::MAX_ACTIONS));
}
