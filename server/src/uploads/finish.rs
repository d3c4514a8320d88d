//! An upload whose bytes are all there becomes a file of the store: its type told by its bytes, pictures made anew.

use conntext_federation::ids::MediaId;

use super::store::{self, PartRow, UploadRow};
use super::{LIFE_MS, parts};
use crate::App;
use crate::error::{Problem, Result};
use crate::media::{blobs, kind, picture};

/// Longest name of a file, in characters.
const MAX_NAME: usize = 200;

/// Makes the file of an upload. It can be asked for again after every failure that may pass.
///
/// # Errors
/// 422 `invalid` for a damaged picture, and the upload is over; 507 `storage_full`.
pub(super) async fn finish(app: &App, part: &PartRow) -> Result<UploadRow> {
    let received = blobs::adopt(app, &parts::path(app, &part.id)).await?;
    let now = app.clock.now_ms();
    let mut row = UploadRow {
        id: part.id.clone(),
        actor: part.actor.clone(),
        mid: String::new(),
        thumb: None,
        name: String::new(),
        media_type: kind::sniff(&received.head).to_owned(),
        size: received.size,
        width: None,
        height: None,
        thumbhash: None,
        created_at: now,
        expires_at: now + LIFE_MS,
    };
    if kind::is_picture(&row.media_type) {
        if let Err(problem) = keep_picture(app, &received, &mut row).await {
            if problem.status == 422 {
                parts::discard(app, &part.id).await?;
            }
            return Err(problem);
        }
    } else {
        let media_type = row.media_type.clone();
        row.mid = blobs::keep(app, received, &media_type).await?.to_string();
    }
    row.name = clean_name(&part.name, &row.media_type);
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &row).await?;
    store::drop_part(&mut tx, &part.id).await?;
    crate::crash::point("upload.before_commit");
    tx.commit().await?;
    crate::crash::point("upload.after_commit");
    parts::erase(app, &part.id).await;
    Ok(row)
}

async fn keep_picture(app: &App, received: &blobs::Received, row: &mut UploadRow) -> Result<()> {
    let max_pixels = app.config.storage.picture_max_pixels;
    let turn = app.media.pictures.acquire().await.map_err(Problem::internal)?;
    let bytes = received.bytes().await?;
    let made = tokio::task::spawn_blocking(move || picture::make(&bytes, max_pixels)).await;
    let made = made.map_err(Problem::internal)??;
    drop(turn);
    let keep = async |e: &picture::Encoded| -> Result<MediaId> { blobs::keep_bytes(app, &e.bytes, e.media_type).await };
    row.mid = keep(&made.main).await?.to_string();
    if let Some(small) = &made.small {
        row.thumb = Some(keep(small).await?.to_string());
    }
    row.media_type = made.main.media_type.to_owned();
    row.size = made.main.bytes.len() as u64;
    (row.width, row.height) = (Some(made.width.into()), Some(made.height.into()));
    row.thumbhash = Some(made.thumbhash);
    Ok(())
}

/// A name without folders and without what nobody sees, with the ending that fits what is stored.
fn clean_name(name: &str, media_type: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let hidden = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let name: String = last.chars().filter(|c| !hidden(*c)).take(MAX_NAME).collect();
    let name = name.trim().trim_start_matches('.').to_owned();
    let name = if name.is_empty() { "file".to_owned() } else { name };
    let endings: &[&str] = match media_type {
        "image/jpeg" => &["jpg", "jpeg", "jpe", "jfif"],
        "image/png" => &["png"],
        "image/gif" => &["gif"],
        "image/webp" => &["webp"],
        _ => return name,
    };
    match name.rsplit_once('.') {
        Some((_, ending)) if endings.contains(&ending.to_ascii_lowercase().as_str()) => name,
        Some((stem, _)) => format!("{stem}.{}", endings[0]),
        None => format!("{name}.{}", endings[0]),
    }
}

#[cfg(test)]
mod tests {
    use super::clean_name;

    #[test]
    fn c3_a_name_is_kept_without_folders_and_with_the_right_ending() {
        assert_eq!(clean_name("C:\\secret\\cat.PNG", "image/png"), "cat.PNG");
        assert_eq!(clean_name("../../etc/passwd", "text/plain"), "passwd");
        assert_eq!(clean_name("photo.webp", "image/jpeg"), "photo.jpg");
        assert_eq!(clean_name(".\u{202e}\n", "application/octet-stream"), "file");
    }
}
