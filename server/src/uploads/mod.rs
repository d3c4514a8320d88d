//! Uploads: files of our own people on their way into a message. What no message takes is gone after a day.
//!
//! An upload begins as a row and a file that grows while bytes come in; the file's length is how far it is, so a broken
//! line or a killed process costs nothing that was written. When the last byte is there, it becomes a file of the store.

mod finish;
mod parts;
mod routes;
mod store;
mod turns;

use crate::App;
use crate::db::{self, Query};
use crate::error::{Problem, Result};
use crate::media;
use crate::messages::NewAttachment;
use crate::messages::place::Place;
use conntext_federation::content::Attachment;
use conntext_federation::ids::{Actor, MediaId};
use conntext_federation::perms::Perms;

pub use parts::tidy;
pub use routes::router;
pub use store::UploadRow;
pub use turns::Uploads;

/// For how long an upload waits for its message, milliseconds.
const LIFE_MS: i64 = 24 * 3_600_000;
/// Longest description of a file, in characters.
const MAX_ALT: usize = 1500;

/// Somebody's own upload of these bytes.
///
/// # Errors
/// The database's.
pub async fn own(q: &mut impl Query, actor: &Actor, mid: &str) -> db::Result<Option<UploadRow>> {
    store::by_mid(q, actor.as_str(), mid).await
}

fn media_id(text: &str) -> Result<MediaId> {
    text.parse().map_err(Problem::internal)
}

/// Turns the uploads of a new message into its files.
///
/// # Errors
/// 422 `invalid` for an upload that is not there, 403 without the permission to attach.
pub async fn claim(app: &App, place: &Place, wanted: &[NewAttachment]) -> Result<Vec<Attachment>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    place.need(Perms::ATTACH, "You may not attach files in this channel.")?;
    let most = app.config.storage.attachments.min(conntext_federation::content::MAX_ATTACHMENTS);
    if wanted.len() > most {
        return Err(Problem::invalid("attachments", "too_many", format!("A message has at most {most} files.")));
    }
    let now = app.clock.now_ms();
    // Longer than a message can wait for its hub.
    let until = now + app.config.federation.queue_ttl_s.saturating_mul(1000) + LIFE_MS;
    let mut files = Vec::new();
    let mut tx = app.db.begin().await?;
    for a in wanted {
        if a.alt.chars().count() > MAX_ALT {
            let message = format!("A description has at most {MAX_ALT} characters.");
            return Err(Problem::invalid("attachments", "alt_too_long", message));
        }
        let upload = store::get(&mut tx, &a.upload, place.actor.as_str(), now).await?.ok_or_else(|| {
            Problem::invalid("attachments", "unknown_upload", "A file is not there any more: attach it again.")
        })?;
        store::claim(&mut tx, &upload.id, until).await?;
        let mid = media_id(&upload.mid)?;
        let thumb = upload.thumb.as_deref().map(media_id).transpose()?;
        if place.log.hub_here() {
            for mid in std::iter::once(&mid).chain(&thumb) {
                media::grant(&mut tx, place.log.id, mid, app.keys.ik.as_str(), now).await?;
            }
        }
        files.push(Attachment {
            mid,
            name: upload.name,
            media_type: upload.media_type,
            size: upload.size,
            width: upload.width,
            height: upload.height,
            thumbhash: upload.thumbhash,
            thumb,
            alt: a.alt.trim().to_owned(),
            spoiler: a.spoiler,
        });
    }
    tx.commit().await?;
    Ok(files)
}
