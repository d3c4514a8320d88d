//! How a hub that was restored from an older copy puts its own tail together again from what its followers hold.
//!
//! Each follower shows what it has behind the hub's head, with stubs for what it never saw. [`merge`] lays these pages
//! over each other: an event that any of them holds is taken, what none of them holds becomes a stub marked `lost`. The
//! outcome is checked like everything else, by [`replica::accept`](crate::replica::accept), before it counts.

use crate::{
    content::{erasable, known},
    event::{Event, Item, Stub},
    ids::Hash,
};
use std::collections::BTreeMap;

/// What one follower shows of the log behind a position.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its events, ascending, and stubs for what it does not hold.
    pub items: Vec<Item>,
    /// Whether it holds more behind them.
    pub more: bool,
}

/// The longest run that the pages make together.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Merged {
    /// What follows the head.
    pub items: Vec<Item>,
    /// An event at the place right behind the head, under our signature, that does not follow our head: the log was
    /// continued in two ways.
    pub forked: bool,
}

type At = BTreeMap<Hash, (Box<Event>, u64)>;

/// Lays what followers show behind the head over each other. `ours` says whether an event carries our signature; others
/// are left out, so that nobody can lead the search astray.
pub fn merge(head: (u64, Hash), pages: Vec<Page>, ours: impl Fn(&Event) -> bool) -> Merged {
    let place = |item: &Item| match item {
        Item::Event(event) if event.header.seq > head.0 && ours(event) => Some(event.header.seq),
        _ => None,
    };
    // Behind the last event on a page that was cut short its follower may hold what now looks lost. Where there is none
    // it has shown nothing, and nobody waits for it.
    let end_of = |page: &Page| page.items.iter().rev().find_map(place);
    let limit = pages.iter().filter(|p| p.more).filter_map(end_of).min().unwrap_or(u64::MAX);
    let mut events: BTreeMap<u64, At> = BTreeMap::new();
    for item in pages.into_iter().flat_map(|p| p.items) {
        let Item::Event(event) = item else { continue };
        let seq = event.header.seq;
        if seq <= head.0 || seq > limit || !ours(&event) {
            continue;
        }
        let Ok(hash) = event.header.hash() else { continue };
        let at = events.entry(seq).or_default();
        // The same event may be whole at one and without its content at another.
        if at.get(&hash).is_none_or(|(held, _)| held.content.is_none() && event.content.is_some()) {
            at.insert(hash, (event, 0));
        }
    }
    measure(&mut events);
    let mut out = Merged::default();
    let (mut seq, mut hash) = head;
    while let Some((next, at)) = events.range(seq + 1..).next() {
        let follows = |event: &Event| *next > seq + 1 || event.header.prev == hash;
        let best = at.iter().filter(|(_, (event, _))| follows(event)).max_by_key(|(_, (_, run))| *run);
        let Some((found, (event, _))) = best else {
            out.forked = seq == head.0;
            break;
        };
        if *next > seq + 1 {
            out.items.push(Item::Stub(Stub { stub: (seq + 1, next - 1), hash: event.header.prev, lost: true }));
        }
        out.items.push(Item::Event(event.clone()));
        (seq, hash) = (*next, *found);
    }
    out
}

/// Notes for each event how many follow it without a gap.
fn measure(events: &mut BTreeMap<u64, At>) {
    let mut behind: (u64, BTreeMap<Hash, u64>) = (0, BTreeMap::new());
    for (seq, at) in events.iter_mut().rev() {
        let mut best: BTreeMap<Hash, u64> = BTreeMap::new();
        for (hash, (event, run)) in at.iter_mut() {
            *run = if behind.0 == seq + 1 { behind.1.get(hash).map_or(0, |n| n + 1) } else { 0 };
            let longest = best.entry(event.header.prev).or_default();
            *longest = (*longest).max(*run);
        }
        behind = (*seq, best);
    }
}

/// Whether an event can be taken back: its form holds, and nothing is missing of it that a log cannot do without.
pub fn usable(event: &Event) -> bool {
    let kind = &event.action.kind;
    event.check_form().is_ok() && (event.content.is_some() || !known(kind) || erasable(kind))
}
