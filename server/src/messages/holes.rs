//! History that this copy does not hold: where it is missing, and getting it from the community's own instance.

use super::place::Place;
use super::read::Ask;
use super::store;
use crate::App;
use crate::error::{Problem, Result};
use crate::peers::{self, CallError};
use conntext_federation::domain::Domain;

/// Messages that are asked for at a time.
const STEP: u64 = 100;
/// How many times the hub is asked for one page that somebody reads.
const FILLS: usize = 5;
/// How many times it is asked on the way back to a message or a time.
const WALKS: usize = 100;

/// Whether this person's view can be completed from elsewhere.
fn elsewhere(place: &Place) -> bool {
    // Without the permission to read history there is nothing older to show.
    !place.log.hub_here() && place.from_seq == 0
}

/// Asks the hub for the messages of the channel before a position. Answers whether it has more.
async fn ask(app: &App, place: &Place, before: Option<u64>) -> std::result::Result<bool, CallError> {
    let before = before.unwrap_or_else(|| place.log.state().head.seq.saturating_add(1));
    Ok(peers::history(app, &place.log, &place.channel, before, STEP).await?.is_some())
}

/// Makes sure that the messages with these numbers are held. Answers whether some are missing because the hub does
/// not answer.
pub(super) async fn fill(app: &App, place: &Place, from: u64, to: u64) -> Result<bool> {
    let (log, from) = (&place.log, from.max(1));
    if !elsewhere(place) || from > to {
        return Ok(false);
    }
    let mut last_missing = None;
    for _ in 0..FILLS {
        let mut read = app.db.read().await?;
        let held = store::held(&mut read, log.id, &place.channel, from, to).await?;
        // Both ascend, so the first number from above that does not match is missing.
        let mut expected = to;
        for cn in held.iter().rev() {
            if *cn != expected {
                break;
            }
            expected -= 1;
        }
        if expected < from || last_missing == Some(expected) {
            return Ok(false);
        }
        last_missing = Some(expected);
        let before = store::seq_from(&mut read, log.id, &place.channel, expected + 1).await?;
        drop(read);
        if let Err(e) = ask(app, place, before).await {
            tracing::debug!(sid = %log.sid, error = %e, "history could not be fetched");
            return Ok(true);
        }
    }
    Ok(false)
}

/// The number of the message in the middle of what is asked for, `None` for the newest; and whether some are missing.
pub(super) async fn middle(app: &App, place: &Place, wanted: Ask) -> Result<(Option<u64>, bool)> {
    let (log, channel) = (&place.log, &place.channel);
    for _ in 0..WALKS {
        let mut read = app.db.read().await?;
        let oldest = store::oldest(&mut read, log.id, channel).await?;
        let older_exist = elsewhere(place) && oldest.is_none_or(|o| o.cn > 1);
        match wanted {
            Ask::Around(aid) => {
                if let Some(spot) = store::spot(&mut read, log.id, &aid).await? {
                    let here = spot.channel == *channel && spot.seq >= place.from_seq;
                    return if here { Ok((Some(spot.cn), false)) } else { Err(not_here()) };
                }
            }
            Ask::At(ts) => {
                if !older_exist || oldest.as_ref().is_some_and(|o| o.ts <= ts) {
                    return Ok((store::cn_at(&mut read, log.id, channel, ts).await?, false));
                }
            }
            _ => return Ok((None, false)),
        }
        drop(read);
        if !older_exist {
            return Err(not_here());
        }
        match ask(app, place, oldest.map(|o| o.seq)).await {
            Ok(true) => {}
            Ok(false) => return after_all(app, place, wanted, false).await,
            Err(e) => {
                if matches!(wanted, Ask::Around(_)) {
                    return Err(e.problem(&Domain::parse_normal(&log.hub_domain(), true)?));
                }
                return after_all(app, place, wanted, true).await;
            }
        }
    }
    after_all(app, place, wanted, true).await
}

/// What is held now that no more comes.
async fn after_all(app: &App, place: &Place, wanted: Ask, missing: bool) -> Result<(Option<u64>, bool)> {
    let mut read = app.db.read().await?;
    match wanted {
        Ask::Around(aid) => {
            let spot = store::spot(&mut read, place.log.id, &aid).await?.filter(|s| s.channel == place.channel);
            Ok((Some(spot.ok_or_else(not_here)?.cn), missing))
        }
        Ask::At(ts) => Ok((store::cn_at(&mut read, place.log.id, &place.channel, ts).await?, missing)),
        _ => Ok((None, missing)),
    }
}

fn not_here() -> Problem {
    Problem::not_found().detail("That message is not in this channel.")
}
