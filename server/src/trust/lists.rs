//! Lists of blocked instances that instances pass on to each other as signed files.

use std::collections::{BTreeMap, BTreeSet};

use conntext_federation::block_list::{BlockEntry, BlockList, BlockListFields, BlockListFile, MAX_ENTRIES};
use conntext_federation::{Code, canonical};

use super::types::{ListEntry, ListPreview};
use super::{cut, rules};
use crate::App;
use crate::error::{Problem, Result};
use crate::peers::store as peers;
use crate::peers::trust::{Book, List, Rule, Verdict, store};

/// Our own list, with what proves it.
pub(super) fn own(app: &App) -> Result<BlockListFile> {
    let book = app.peers.trust.book();
    let mut entries: BTreeMap<String, BlockEntry> = BTreeMap::new();
    for pattern in &app.config.federation.deny {
        if let Ok(pattern) = rules::pattern(app, pattern) {
            entries.insert(pattern.clone(), BlockEntry { pattern, reason: String::new() });
        }
    }
    for rule in book.rules().filter(|rule| rule.verdict == Verdict::Block) {
        let entry = BlockEntry { pattern: rule.pattern.clone(), reason: rule.reason.clone() };
        entries.insert(rule.pattern.clone(), entry);
    }
    let fields = BlockListFields {
        by: app.keys.ik.clone(),
        domain: app.domain.clone(),
        issued_at: app.clock.now_ms(),
        entries: entries.into_values().take(MAX_ENTRIES).collect(),
    };
    Ok(BlockListFile { list: BlockList::sign(fields, &app.keys.signing())?, keys: app.keys.statement() })
}

fn refused(why: impl Into<String>) -> Problem {
    Problem::invalid("list", "bad_list", why.into())
}

/// Reads a file and checks who made it.
async fn read(app: &App, bytes: &[u8]) -> Result<BlockListFile> {
    let file: BlockListFile =
        canonical::from_slice(bytes).map_err(|_| refused("The file is not a list of blocked instances."))?;
    file.verify().map_err(|code| match code {
        Code::BadContent | Code::TooLarge => refused("The list holds something that cannot be taken over."),
        _ => refused("The signature does not hold: the list was changed, or another instance made it."),
    })?;
    let domain = &file.list.domain;
    if *domain == app.domain {
        return Err(refused("This is the list of this instance itself."));
    }
    let mut q = app.db.read().await?;
    let met = peers::peer(&mut q, domain).await?.map(|row| row.ik.to_string());
    let taken = store::lists(&mut q).await?.into_iter().find(|list| list.domain == domain.as_str());
    drop(q);
    let known = met.or(taken.as_ref().map(|list| list.ik.clone()));
    if known.is_some_and(|ik| ik != file.list.by.as_str()) {
        return Err(refused(format!("It was not made by the instance that is known here as {domain}.")));
    }
    if taken.is_some_and(|list| list.issued_at > file.list.issued_at) {
        return Err(refused(format!("A newer list of {domain} was taken over already.")));
    }
    Ok(file)
}

/// The rules that a list brings, and what they change.
fn plan(app: &App, file: &BlockListFile) -> (Vec<Rule>, ListPreview) {
    let (book, list) = (app.peers.trust.book(), &file.list);
    let by = Some(list.domain.to_string());
    let held: BTreeMap<&str, &Rule> = book.rules().map(|rule| (rule.pattern.as_str(), rule)).collect();
    let (mut new, mut added, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &list.entries {
        let there = held.get(entry.pattern.as_str());
        // Nobody blocks us here, and nobody overrules what an admin of ours, or another list before, has decided.
        if app.domain.matches(&entry.pattern) {
            continue;
        }
        if there.is_some_and(|rule| rule.list != by) {
            kept.push(entry.pattern.clone());
            continue;
        }
        if there.is_none() {
            added.push(ListEntry { pattern: entry.pattern.clone(), reason: entry.reason.clone() });
        }
        new.push(Rule {
            reason: entry.reason.clone(),
            list: by.clone(),
            changed_at: there.map_or(app.clock.now_ms(), |rule| rule.changed_at),
            ..Rule::new(&entry.pattern, Verdict::Block)
        });
    }
    let listed: BTreeSet<&str> = list.entries.iter().map(|entry| entry.pattern.as_str()).collect();
    let gone = |rule: &&Rule| rule.list == by && !listed.contains(rule.pattern.as_str());
    let mut removed: Vec<String> = book.rules().filter(gone).map(|rule| rule.pattern.clone()).collect();
    removed.sort();
    let then: Book = book.with(&app.config.federation, new.clone());
    let preview = ListPreview {
        domain: list.domain.to_string(),
        issued_at: list.issued_at,
        entries: list.entries.len() as u64,
        added,
        removed,
        kept,
        cuts: cut::off(app, &then),
    };
    (new, preview)
}

/// What taking a list over would change.
pub(super) async fn look(app: &App, bytes: &[u8]) -> Result<ListPreview> {
    Ok(plan(app, &read(app, bytes).await?).1)
}

/// Takes a list over, in the place of an older one of the same instance.
pub(super) async fn take(app: &App, bytes: &[u8]) -> Result<ListPreview> {
    let file = read(app, bytes).await?;
    let (new, preview) = plan(app, &file);
    let list = List {
        domain: preview.domain.clone(),
        ik: file.list.by.to_string(),
        issued_at: preview.issued_at,
        taken_at: app.clock.now_ms(),
    };
    let mut tx = app.db.begin().await?;
    store::remove_of_list(&mut tx, &list.domain).await?;
    store::put(&mut tx, new).await?;
    store::put_list(&mut tx, &list).await?;
    rules::decided(app, &mut tx).await?;
    tx.commit().await?;
    tracing::info!(domain = list.domain, added = preview.added.len(), "a list of blocked instances is taken over");
    Ok(preview)
}

/// Lets a list go, with all rules that came from it.
pub(super) async fn let_go(app: &App, domain: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if !store::remove_list(&mut tx, domain).await? {
        return Err(Problem::not_found().detail("There is no such list any more."));
    }
    rules::decided(app, &mut tx).await?;
    Ok(tx.commit().await?)
}
