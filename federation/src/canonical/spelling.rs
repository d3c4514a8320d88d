//! Whether JSON text that our own writer made is canonical as it stands.

/// Digits of an integer that is surely within the profile: 2^53 has sixteen.
const SURE_DIGITS: usize = 15;

/// An object that is open, with the key before in it; or an array.
enum Open<'a> {
    Object(Option<&'a [u8]>),
    Array,
}

/// Whether text as `serde_json` writes it, without spaces and with the shortest escapes, is in canonical form: members
/// sorted, none twice, no numbers but small integers. "No" may also mean "not sure".
pub(super) fn is_canonical(text: &[u8]) -> bool {
    let mut open: Vec<Open<'_>> = Vec::with_capacity(8);
    // Whether the next string is a key.
    let mut key_next = false;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' => {
                open.push(Open::Object(None));
                key_next = true;
            }
            b'[' => {
                open.push(Open::Array);
                key_next = false;
            }
            b'}' | b']' => {
                open.pop();
                key_next = false;
            }
            b',' => key_next = matches!(open.last(), Some(Open::Object(_))),
            b'"' => {
                let Some(end) = string_end(text, at + 1) else { return false };
                let inside = &text[at + 1..end];
                if key_next {
                    // Beyond ASCII the order is that of UTF-16, and an escape hides what it stands for.
                    if !inside.is_ascii() || inside.contains(&b'\\') {
                        return false;
                    }
                    match open.last_mut() {
                        Some(Open::Object(before)) if before.is_none_or(|b| b < inside) => *before = Some(inside),
                        _ => return false,
                    }
                    key_next = false;
                }
                at = end;
            }
            b'-' | b'0'..=b'9' => {
                let digits = text[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
                let after = text.get(at + 1 + digits);
                if digits >= SURE_DIGITS || matches!(after, Some(b'.' | b'e' | b'E')) {
                    return false;
                }
                at += digits;
            }
            // A colon, or the letters of true, false and null.
            _ => {}
        }
        at += 1;
    }
    open.is_empty()
}

/// Where the string that begins here ends: the place of its closing quotation mark.
fn string_end(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sorted_and_small_counts_as_canonical() {
        for (text, expected) in [
            (r#"{"a":1,"b":[true,false,null,"e.1"],"c":{"a":"\"","b":-5}}"#, true),
            (r#"[{"b":1},{"a":2}]"#, true),
            (r#""plain""#, true),
            (r#"{"b":1,"a":2}"#, false),
            (r#"{"a":1,"a":2}"#, false),
            (r#"{"a":{"y":1,"x":2},"b":1}"#, false),
            (r#"{"a":[{"y":1,"x":2}]}"#, false),
            (r#"{"a":1.5}"#, false),
            (r#"{"a":1e2}"#, false),
            (r#"{"a":9007199254740993}"#, false),
            (r#"{"a":-9007199254740993}"#, false),
            (r#"{"\u00e9":1}"#, false),
            ("{\"\u{e9}\":1}", false),
        ] {
            assert_eq!(is_canonical(text.as_bytes()), expected, "{text}");
        }
    }
}
