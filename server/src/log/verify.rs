//! Checks a stored log from its first entry: chain, signatures, homes, and that the stored state is its fold.

use super::store;
use crate::db::{Db, Query, Result};
use conntext_federation::{
    event::{Item, Stub},
    ids::{Hash, ServerId},
    replica::{self, Held},
    state::{Row, ServerState},
};
use std::collections::HashSet;

/// What a check found.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    pub sid: ServerId,
    /// Whether this instance sequences it.
    pub hub_here: bool,
    pub events: u64,
    /// Positions that were withheld from this copy.
    pub withheld: u64,
    pub head_seq: u64,
    pub head_hash: Hash,
    /// What does not hold, in words; empty when all does.
    pub faults: Vec<String>,
}

/// Events read at a time.
const PAGE: u64 = 500;

/// Verifies one log or copy.
pub async fn verify(db: &Db, sid: &ServerId, me: &str) -> Result<Option<Report>> {
    let mut read = db.read().await?;
    let Some(row) = store::log_by_sid(&mut read, sid).await? else { return Ok(None) };
    let Some(stored) = crate::log::state_store::load_state(&mut read, &row).await? else { return Ok(None) };
    let mut report = Report {
        sid: sid.clone(),
        hub_here: row.hub == me,
        events: 0,
        withheld: store::stubs(&mut read, row.id).await?.iter().map(|(a, b)| b - a + 1).sum(),
        head_seq: stored.head.seq,
        head_hash: stored.head.hash,
        faults: Vec::new(),
    };
    // Who hosted it once had it from the first event on, and gave up what its people may not see. Who took it over may not
    // have had it from there.
    if report.hub_here && row.base_seq == 0 {
        from_first(&mut read, &row, &stored, &mut report).await?;
    } else {
        from_snapshot(&mut read, &row, &stored, &mut report).await?;
    }
    Ok(Some(report))
}

/// A log that is held whole is folded again and must come to the stored state.
async fn from_first(q: &mut impl Query, row: &store::LogRow, stored: &ServerState, report: &mut Report) -> Result<()> {
    let mut state = ServerState::new(row.sid.clone(), stored.info.hub_at(1).clone());
    let mut after = 0;
    let held = Held { lost: store::lost(q, row.id).await?, ..Held::default() };
    loop {
        let page = store::events_after(q, &row.sid, row.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq();
        report.events += u64::try_from(page.len()).unwrap_or(0);
        for entry in &page {
            if entry.event.header.hash().ok() != Some(entry.hash) {
                report.faults.push(format!("{}: the stored hash is not the header's", entry.seq()));
            }
        }
        let mut items = Vec::with_capacity(page.len());
        let mut end = state.head.seq;
        for entry in page {
            if entry.seq() > end + 1 {
                // Lost in a restore; the chain goes on behind it.
                let (stub, hash) = ((end + 1, entry.seq() - 1), entry.event.header.prev);
                items.push(Item::Stub(Stub { stub, hash, lost: true }));
            }
            end = entry.seq();
            items.push(Item::Event(Box::new(entry.event)));
        }
        if let Err(fault) = replica::accept(&mut state, items, &held) {
            report.faults.push(format!("after {}: {fault:?}", state.head.seq));
            return Ok(());
        }
    }
    if state.head != stored.head {
        report.faults.push(format!("the log ends at {} but its state says {}", state.head.seq, stored.head.seq));
    }
    let kept: HashSet<Row> = stored.clone().take_all().into_iter().collect();
    for row in &state.take_all() {
        if !kept.contains(row) {
            report.faults.push(format!("the stored {} {} is not what the log says", row.kind, row.key));
        }
    }
    Ok(())
}

/// A copy that began with a snapshot: every event by itself, and the chain wherever two neighbours are held.
async fn from_snapshot(
    q: &mut impl Query,
    row: &store::LogRow,
    stored: &ServerState,
    report: &mut Report,
) -> Result<()> {
    let mut after = 0;
    let mut previous: Option<(u64, Hash)> = None;
    loop {
        let page = store::events_after(q, &row.sid, row.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq();
        for entry in &page {
            report.events += 1;
            if let Err(code) = replica::verify_past(stored, &entry.event)
                && entry.rejected.is_none()
            {
                report.faults.push(format!("{}: {code}", entry.seq()));
            }
            if let Some((seq, hash)) = previous
                && seq + 1 == entry.seq()
                && entry.event.header.prev != hash
            {
                report.faults.push(format!("{}: does not follow the event before it", entry.seq()));
            }
            previous = Some((entry.seq(), entry.hash));
        }
    }
    if let Some((seq, hash)) = previous
        && seq == stored.head.seq
        && hash != stored.head.hash
    {
        report.faults.push(format!("the copy ends at {seq} with another hash than its state says"));
    }
    Ok(())
}
