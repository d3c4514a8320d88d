//! After a damaged database was put into a new one as far as it could be read: logs and copies begin where they hold.
//!
//! A log of ours is cut behind the last event up to which nothing is missing. What was saved beyond that is kept beside it,
//! and goes back together with what followers hold, by the same way as after a restore from an older copy. A copy begins
//! anew from its hub.

use super::{Found, Rewind, Why, store};
use crate::{
    db::{self, Db, Tx},
    log::{
        Rooms, store as logs,
        types::{Batch, Entry, Undone},
    },
};
use conntext_federation::{
    action::Position,
    ids::{InstanceId, ServerId},
    state::ServerState,
};
use std::sync::Arc;

/// Events read at a time.
const PAGE: u64 = 500;
/// Why a copy is not fed until it has begun anew.
pub const DAMAGED: &str = "damaged";

/// Cuts logs where they stop holding, writes anew what follows from them, and sets copies aside. Says what was done.
///
/// # Errors
/// From the new database.
pub async fn mend(db: &Db, me: &InstanceId, rooms: &Rooms, now_ms: i64) -> db::Result<Vec<String>> {
    let rows = logs::logs(&mut db.read().await?).await?;
    let mut said = Vec::new();
    for row in rows {
        let mut tx = db.begin().await?;
        if row.hub == me.as_str() {
            let (end, beyond) = cut(&mut tx, me, rooms, &row, now_ms).await?;
            said.push(match beyond {
                0 => format!("{} is whole up to {end}", row.sid),
                _ => format!("{} is whole up to {end}; {beyond} events beyond that were saved", row.sid),
            });
        } else {
            logs::set_quarantine(&mut tx, row.id, Some(DAMAGED)).await?;
            if !matches!(crate::log::state_store::load_state(&mut tx, &row).await, Ok(Some(_))) {
                let Ok(hub) = row.hub.parse() else { continue };
                let mut state = ServerState::new(row.sid.clone(), hub);
                crate::log::state_store::forget_fold(&mut tx, row.id).await?;
                crate::log::state_store::write_state(&mut tx, row.id, state.take_changes()).await?;
            }
            said.push(format!("{} is a copy and begins anew", row.sid));
        }
        tx.commit().await?;
    }
    Ok(said)
}

/// The event at a place, where it can be read and is what it was.
async fn sound(tx: &mut Tx, sid: &ServerId, log_id: i64, seq: u64) -> Option<Entry> {
    let entry = logs::event_at(tx, sid, log_id, seq).await.ok().flatten()?;
    (entry.event.header.hash() == Ok(entry.hash) && entry.event.check_form().is_ok()).then_some(entry)
}

async fn cut(tx: &mut Tx, me: &InstanceId, rooms: &Rooms, row: &logs::LogRow, now_ms: i64) -> db::Result<(u64, usize)> {
    let (sid, log_id) = (&row.sid, row.id);
    let stubs = logs::stub_ends(tx, log_id).await?;
    let mut state = ServerState::new(sid.clone(), me.clone());
    let mut moves = Vec::new();
    loop {
        let next = state.head.seq + 1;
        if let Some((_, end, hash)) = stubs.iter().find(|(from, ..)| *from == next) {
            state.skip(*end, *hash);
            continue;
        }
        let Some(entry) = sound(tx, sid, log_id, next).await.filter(|e| e.event.header.prev == state.head.hash) else {
            break;
        };
        state.apply(&entry.event.header, entry.hash, &entry.event.action, entry.content.as_ref());
        moves.append(&mut state.take_moves());
    }
    let end = state.head.seq;
    let mut beyond = Vec::new();
    for seq in logs::seqs_after(tx, log_id, end).await? {
        beyond.extend(sound(tx, sid, log_id, seq).await);
    }
    if let Some(last) = beyond.last() {
        let (h, since_ms) = (&last.event.header, now_ms);
        let known = Some(Position { generation: h.generation, epoch: h.epoch, seq: h.seq, hash: last.hash });
        let rewind =
            Rewind { why: Why::Damaged, since_ms, known, found: Found::Asking, silent: Vec::new(), go_on: false };
        store::put(tx, log_id, &rewind).await?;
    }
    store::keep_salvaged(tx, log_id, end, &beyond).await?;
    (rooms.undo)(tx, &Undone { log_id, to: end, entries: &beyond }).await?;
    crate::log::state_store::forget_fold(tx, log_id).await?;
    crate::log::state_store::write_state(tx, log_id, state.take_all()).await?;
    for actor in state.by_home.get(me).into_iter().flatten() {
        if let Some(member) = state.members.get(actor) {
            logs::put_membership(tx, log_id, actor, member.joined_at).await?;
        }
    }
    again(tx, rooms, row, &state, &moves, now_ms).await?;
    Ok((end, beyond.len()))
}

/// What the rooms derive from the events of a log, once more: rows that are there stay as they are.
async fn again(
    tx: &mut Tx,
    rooms: &Rooms,
    row: &logs::LogRow,
    state: &ServerState,
    moves: &[conntext_federation::notices::Move],
    now_ms: i64,
) -> db::Result<()> {
    let mut after = 0;
    let mut moves = moves;
    loop {
        let entries: Vec<Arc<Entry>> =
            logs::events_after(tx, &row.sid, row.id, after, PAGE).await?.into_iter().map(Arc::new).collect();
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.seq();
        let batch = Batch { log_id: row.id, hub_here: true, state, entries: &entries, moves, live: false, now_ms };
        (rooms.projections)(tx, &batch).await?;
        moves = &[];
    }
}
