//! Moving pictures keep their frames and lose everything that is none: comments, texts, programs' own blocks.

/// The same frames, without what is beside them; `None` for a damaged file.
pub fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut at = Cursor { bytes, at: 0 };
    let mut out = Vec::with_capacity(bytes.len());
    let header = at.take(13)?;
    if !(header.starts_with(b"GIF87a") || header.starts_with(b"GIF89a")) {
        return None;
    }
    out.extend_from_slice(header);
    out.extend_from_slice(at.take(palette(header[10]))?);
    loop {
        match at.take(1)?[0] {
            0x3b => {
                out.push(0x3b);
                return Some(out);
            }
            0x2c => {
                let place = at.take(9)?;
                out.push(0x2c);
                out.extend_from_slice(place);
                out.extend_from_slice(at.take(palette(place[8]))?);
                // The width of codes, then the frame itself.
                out.extend_from_slice(at.take(1)?);
                out.extend_from_slice(at.blocks()?);
            }
            0x21 => {
                let label = at.take(1)?[0];
                let blocks = at.blocks()?;
                // Timing and transparency of a frame, and how often it is played.
                let plays =
                    label == 0xff && (blocks.starts_with(b"\x0bNETSCAPE2.0") || blocks.starts_with(b"\x0bANIMEXTS1.0"));
                if label == 0xf9 || plays {
                    out.extend_from_slice(&[0x21, label]);
                    out.extend_from_slice(blocks);
                }
            }
            _ => return None,
        }
    }
}

/// Bytes of the colour table that a flag byte announces.
fn palette(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let part = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(part)
    }
    /// A chain of blocks up to the empty one that ends it.
    fn blocks(&mut self) -> Option<&'a [u8]> {
        let from = self.at;
        loop {
            let length = usize::from(self.take(1)?[0]);
            if length == 0 {
                return self.bytes.get(from..self.at);
            }
            self.take(length)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
    use image::{AnimationDecoder as _, Frame, RgbaImage};
    use std::io;

    #[test]
    fn c3_a_moving_picture_keeps_its_frames_and_loses_its_comments() {
        let mut bytes = Vec::new();
        {
            let mut encoder = GifEncoder::new(&mut bytes);
            encoder.set_repeat(Repeat::Infinite).unwrap();
            for shade in [10, 200] {
                encoder.encode_frame(Frame::new(RgbaImage::from_pixel(8, 8, image::Rgba([shade, 0, 0, 255])))).unwrap();
            }
        }
        let end = bytes.pop().unwrap();
        bytes.extend_from_slice(b"\x21\xfe\x06secret\x00");
        bytes.push(end);
        let clean = strip(&bytes).unwrap();
        assert!(!clean.windows(6).any(|w| w == b"secret"));
        let frames = GifDecoder::new(io::Cursor::new(&clean)).unwrap().into_frames().collect_frames().unwrap();
        assert_eq!(frames.len(), 2);
        assert!(strip(&bytes[..20]).is_none());
    }
}
