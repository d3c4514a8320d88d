//! History that this copy does not hold: where it is missing, and getting it from the community's own instance.

use super::place::Place;
use super::read::Ask;
use super::store;
use crate::App;
use crate::error::{Problem, Result};

/// Makes sure that the messages with these numbers are held. Answers whether some are missing.
pub(super) async fn fill(app: &App, place: &Place, from: u64, to: u64) -> Result<bool> {
    let (log, from) = (&place.log, from.max(1));
    if log.hub_here || place.from_seq > 0 || from > to {
        return Ok(false);
    }
    let held = store::held(&mut app.db.read().await?, log.id, &place.channel, from, to).await?;
    Ok((held.len() as u64) < to - from + 1)
}

/// The number of the message in the middle of what is asked for, `None` for the newest; and whether some are missing.
pub(super) async fn middle(app: &App, place: &Place, ask: Ask) -> Result<(Option<u64>, bool)> {
    let (log, channel) = (&place.log, &place.channel);
    let mut read = app.db.read().await?;
    match ask {
        Ask::Around(aid) => {
            let spot = store::spot(&mut read, log.id, &aid).await?;
            let spot = spot.filter(|s| s.channel == *channel && s.seq >= place.from_seq);
            let spot = spot.ok_or_else(|| Problem::not_found().detail("That message is not in this channel."))?;
            Ok((Some(spot.cn), false))
        }
        Ask::At(ts) => {
            let cn = store::cn_at(&mut read, log.id, channel, ts).await?;
            let oldest = store::oldest(&mut read, log.id, channel).await?;
            let missing = !log.hub_here && oldest.is_some_and(|(cn, oldest_ts)| cn > 1 && oldest_ts > ts);
            Ok((cn, missing))
        }
        _ => Ok((None, false)),
    }
}
