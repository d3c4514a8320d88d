//! What a file is, told by its bytes and never by its name.

/// What is neither known nor plain text.
const BYTES: &str = "application/octet-stream";

/// The media type of a file that begins with `head`.
pub fn sniff(head: &[u8]) -> &'static str {
    match infer::get(head).map(|t| t.mime_type()) {
        // Pages and drawings with scripts in them are never shown as such.
        Some("text/html" | "text/xml" | "application/xml") => "text/plain",
        Some(known) => known,
        None if is_text(head) => "text/plain",
        None => BYTES,
    }
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut.
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

/// Pictures that are made anew.
pub fn is_picture(media_type: &str) -> bool {
    matches!(media_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

/// What a browser may show in place: pictures without scripts, sound and film.
pub fn is_shown(media_type: &str) -> bool {
    is_picture(media_type)
        || matches!(
            media_type,
            "audio/aac"
                | "audio/m4a"
                | "audio/mpeg"
                | "audio/ogg"
                | "audio/opus"
                | "audio/x-flac"
                | "audio/x-wav"
                | "video/mp4"
                | "video/webm"
                | "video/quicktime"
                | "video/x-m4v"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l2_the_type_is_found_by_the_bytes() {
        assert_eq!(sniff(b"<!DOCTYPE html><script>alert(1)</script>"), "text/plain");
        assert_eq!(sniff(b"<?xml version=\"1.0\"?><svg onload=\"alert(1)\"/>"), "text/plain");
        assert_eq!(sniff(b"just words"), "text/plain");
        assert_eq!(sniff("Stra\u{df}e".as_bytes().split_last().unwrap().1), "text/plain");
        assert_eq!(sniff(&[0, 1, 2, 3, 255]), BYTES);
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n"), "image/png");
        assert!(!is_shown("text/plain") && !is_shown("image/svg+xml") && !is_shown("application/pdf"));
    }
}
