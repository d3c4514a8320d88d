//! Pictures of people: checked, cut to their shape, made small and free of everything that a camera writes beside the
//! picture.

use std::io::Cursor;

use conntext_federation::ids::MediaId;
use conntext_federation::profile::Picture;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

use super::store;
use crate::App;
use crate::error::{Problem, Result};

const JPEG_QUALITY: u8 = 88;

/// What a picture is for, and so how it is cut.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Of a person or community: a square.
    Square,
    /// Above a profile: three times as wide as high.
    Banner,
}

impl Shape {
    /// Width and height of a kept picture, in pixels.
    fn size(self) -> (u32, u32) {
        match self {
            Self::Square => (256, 256),
            Self::Banner => (960, 320),
        }
    }
}

/// A picture as it is kept.
pub struct Kept {
    /// What a document says of it.
    pub picture: Picture,
    pub bytes: Vec<u8>,
}

fn bad(why: &str) -> Problem {
    Problem::invalid("picture", "bad_picture", why)
}

/// Decodes with limits. What the name or the header claims does not count: the bytes do.
fn decode(bytes: &[u8], max_pixels: u64) -> Result<DynamicImage> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(Problem::internal)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP)) {
        return Err(Problem::new("unsupported_type").detail("Use a JPEG, PNG, GIF or WebP picture."));
    }
    let mut decoder = reader.into_decoder().map_err(|_| bad("The picture is damaged."))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > max_pixels {
        return Err(bad(&format!("The picture has {pixels} pixels; at most {max_pixels} are possible.")));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_pixels.saturating_mul(8));
    decoder.set_limits(limits).map_err(|_| bad("The picture is too large."))?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| bad("The picture is damaged."))?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn make(shape: Shape, bytes: &[u8], max_pixels: u64) -> Result<Kept> {
    let picture = decode(bytes, max_pixels)?;
    let (width, height) = shape.size();
    let picture = picture.resize_to_fill(width, height, FilterType::Lanczos3);
    let transparent = picture.color().has_alpha() && picture.to_rgba8().pixels().any(|p| p.0[3] < 255);
    let mut out = Vec::new();
    let kind = if transparent {
        picture.to_rgba8().write_to(&mut Cursor::new(&mut out), ImageFormat::Png).map_err(Problem::internal)?;
        "image/png"
    } else {
        JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY)
            .encode_image(&picture.to_rgb8())
            .map_err(Problem::internal)?;
        "image/jpeg"
    };
    let picture = Picture { mid: MediaId::of(&out), media_type: kind.to_owned(), size: out.len() as u64 };
    Ok(Kept { picture, bytes: out })
}

/// Makes the kept picture from an upload; `field` names it where it is refused.
pub(super) async fn from_upload(app: &App, field: &'static str, shape: Shape, bytes: Vec<u8>) -> Result<Kept> {
    let most = app.config.storage.avatar_max_bytes;
    if bytes.len() > most {
        return Err(Problem::too_large(most as u64));
    }
    let max_pixels = app.config.storage.picture_max_pixels;
    let made = tokio::task::spawn_blocking(move || make(shape, &bytes, max_pixels)).await.map_err(Problem::internal)?;
    made.map_err(|mut problem| {
        for fault in problem.fields.iter_mut().flatten() {
            field.clone_into(&mut fault.field);
        }
        problem
    })
}

/// Keeps the picture of a remote profile, after the checks that an upload gets. The bytes stay as they are, since the
/// signed profile names their hash.
pub(super) async fn keep_remote(app: &App, picture: &Picture, bytes: Vec<u8>) -> Result<()> {
    let bytes = check_remote(app, picture.mid.as_str(), bytes).await?;
    let mut tx = app.db.begin().await?;
    store::add_picture(&mut tx, picture, &bytes, app.clock.now_ms()).await?;
    // It may have gone out of use while it was on its way.
    store::drop_unused_picture(&mut tx, picture.mid.as_str()).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether the bytes are those of the id and a picture that is decoded here.
pub(super) async fn check_remote(app: &App, mid: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    if MediaId::of(&bytes).as_str() != mid {
        return Err(conntext_federation::error::Code::HashMismatch.into());
    }
    let max_pixels = app.config.storage.picture_max_pixels;
    tokio::task::spawn_blocking(move || decode(&bytes, max_pixels).map(|_| bytes)).await.map_err(Problem::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, alpha: u8) -> Vec<u8> {
        let mut out = Vec::new();
        image::RgbaImage::from_pixel(width, height, image::Rgba([9, 90, 200, alpha]))
            .write_to(&mut Cursor::new(&mut out), ImageFormat::Png)
            .unwrap();
        out
    }

    #[test]
    fn a5_a_picture_is_cut_to_its_shape() {
        for (shape, size) in [(Shape::Square, (256, 256)), (Shape::Banner, (960, 320))] {
            let made = make(shape, &png(640, 200, 255), 16_000_000).unwrap();
            assert_eq!(made.picture.media_type, "image/jpeg");
            let kept = decode(&made.bytes, 16_000_000).unwrap();
            assert_eq!((kept.width(), kept.height()), size);
        }
        assert_eq!(make(Shape::Square, &png(10, 10, 100), 16_000_000).unwrap().picture.media_type, "image/png");
    }

    #[test]
    fn l2_what_is_no_picture_or_a_huge_one_is_refused() {
        assert_eq!(make(Shape::Square, b"<svg onload=alert(1)>", 100).err().unwrap().code, "unsupported_type");
        assert_eq!(make(Shape::Square, &png(20, 20, 255), 399).err().unwrap().code, "invalid");
        let mut cut = png(64, 64, 255);
        cut.truncate(60);
        assert_eq!(make(Shape::Square, &cut, 16_000_000).err().unwrap().code, "invalid");
    }
}
