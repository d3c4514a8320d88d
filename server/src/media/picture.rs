//! Pictures: decoded under limits, turned upright, and made anew without what a camera writes beside the picture.

use std::io::Cursor;

use base64::Engine as _;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegEncoder;
use image::{AnimationDecoder as _, DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

use super::gif;
use crate::error::{Problem, Result};

/// Longest side of a small picture, in pixels.
const SMALL: u32 = 640;
/// Longest side of what the blurred preview is made of.
const BLUR: u32 = 100;
const QUALITY: u8 = 90;
const SMALL_QUALITY: u8 = 80;
/// The most frames of a moving picture.
const MAX_FRAMES: usize = 1000;
/// The pixels of all frames together, as a multiple of those of one picture.
const FRAME_BUDGET: u64 = 12;
/// From this size on a moving picture gets a small one that stands still.
const LARGE_GIF: usize = 4 * 1024 * 1024;

/// Encoded bytes with their media type.
pub struct Encoded {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
}

/// A picture that was made anew.
pub struct Picture {
    pub main: Encoded,
    pub width: u32,
    pub height: u32,
    /// A smaller one, where the picture is large.
    pub small: Option<Encoded>,
    /// A blurred preview, base64.
    pub thumbhash: String,
}

fn bad(why: impl Into<String>) -> Problem {
    Problem::invalid("file", "bad_picture", why)
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Encoded> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&picture.to_rgb8()).map_err(Problem::internal)?;
    Ok(Encoded { bytes, media_type: "image/jpeg" })
}

fn lossless(picture: &DynamicImage, format: ImageFormat) -> Result<Encoded> {
    let mut bytes = Vec::new();
    let picture = if format == ImageFormat::WebP { &DynamicImage::from(picture.to_rgba8()) } else { picture };
    picture.write_to(&mut Cursor::new(&mut bytes), format).map_err(Problem::internal)?;
    Ok(Encoded { bytes, media_type: if format == ImageFormat::WebP { "image/webp" } else { "image/png" } })
}

fn is_transparent(picture: &DynamicImage) -> bool {
    picture.color().has_alpha() && picture.to_rgba8().pixels().any(|p| p.0[3] < 255)
}

/// Makes a picture anew from an upload.
///
/// # Errors
/// 422 `invalid` for a damaged picture or one with too many pixels.
pub fn make(bytes: &[u8], max_pixels: u64) -> Result<Picture> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(Problem::internal)?;
    let format = reader.format();
    let mut decoder = reader.into_decoder().map_err(|_| bad("The picture is damaged."))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > max_pixels {
        return Err(bad(format!("The picture has {pixels} pixels; at most {max_pixels} are possible.")));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_pixels.saturating_mul(8));
    decoder.set_limits(limits).map_err(|_| bad("The picture is too large."))?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| bad("The picture is damaged."))?;
    picture.apply_orientation(orientation);
    let transparent = is_transparent(&picture);
    let main = match format {
        Some(ImageFormat::Gif) => {
            check_frames(bytes, max_pixels)?;
            Encoded { bytes: gif::strip(bytes).ok_or_else(|| bad("The picture is damaged."))?, media_type: "image/gif" }
        }
        Some(ImageFormat::Png) => lossless(&picture, ImageFormat::Png)?,
        // Lossless forms of photographs are many times larger than what was sent.
        Some(ImageFormat::WebP) if transparent => lossless(&picture, ImageFormat::WebP)?,
        _ => jpeg(&picture, QUALITY)?,
    };
    let moving = format == Some(ImageFormat::Gif) && main.bytes.len() < LARGE_GIF;
    let small = if picture.width().max(picture.height()) > SMALL && !moving {
        let small = picture.thumbnail(SMALL, SMALL);
        Some(if transparent { lossless(&small, ImageFormat::WebP)? } else { jpeg(&small, SMALL_QUALITY)? })
    } else {
        None
    };
    let blur = picture.thumbnail(BLUR, BLUR).to_rgba8();
    let hash = thumbhash::rgba_to_thumb_hash(blur.width() as usize, blur.height() as usize, blur.as_raw());
    let thumbhash = base64::engine::general_purpose::STANDARD.encode(hash);
    Ok(Picture { main, width: picture.width(), height: picture.height(), small, thumbhash })
}

fn check_frames(bytes: &[u8], max_pixels: u64) -> Result<()> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|_| bad("The picture is damaged."))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_pixels.saturating_mul(8));
    decoder.set_limits(limits).map_err(|_| bad("The picture is too large."))?;
    let each = u64::from(decoder.dimensions().0) * u64::from(decoder.dimensions().1);
    let mut total = 0;
    for (number, frame) in decoder.into_frames().enumerate() {
        frame.map_err(|_| bad("The picture is damaged."))?;
        total += each;
        if number >= MAX_FRAMES || total > max_pixels.saturating_mul(FRAME_BUDGET) {
            return Err(bad("The moving picture is too long."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, alpha: u8) -> Vec<u8> {
        let mut out = Vec::new();
        let picture = image::RgbaImage::from_fn(width, height, |x, y| {
            image::Rgba([(x % 251) as u8, (y % 241) as u8, 200, alpha])
        });
        picture.write_to(&mut Cursor::new(&mut out), ImageFormat::Png).unwrap();
        out
    }

    #[test]
    fn c3_a_large_picture_gets_a_small_one_and_a_blur() {
        let made = make(&png(1600, 800, 255), 16_000_000).unwrap();
        assert_eq!((made.width, made.height, made.main.media_type), (1600, 800, "image/png"));
        let small = image::load_from_memory(&made.small.unwrap().bytes).unwrap();
        assert_eq!((small.width(), small.height()), (640, 320));
        assert!(made.thumbhash.len() > 10 && made.thumbhash.len() <= 64);
        assert_eq!(make(&png(900, 900, 9), 16_000_000).unwrap().small.unwrap().media_type, "image/webp");
        assert!(make(&png(300, 200, 255), 16_000_000).unwrap().small.is_none());
    }

    #[test]
    fn l2_damaged_and_huge_pictures_are_refused() {
        assert_eq!(make(&png(20, 20, 255), 399).err().unwrap().code, "invalid");
        let mut cut = png(64, 64, 255);
        cut.truncate(60);
        assert_eq!(make(&cut, 16_000_000).err().unwrap().code, "invalid");
    }
}
