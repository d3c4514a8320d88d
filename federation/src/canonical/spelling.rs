//! Whether JSON text is canonical as it stands, found out in one pass and without building anything.

use super::MAX_DEPTH;

/// Digits of an integer that is surely within the profile: 2^53 has sixteen.
const SURE_DIGITS: usize = 15;

/// Whether text is within the strict profile and in canonical form. "No" may also mean "not sure": for large integers.
/// Text may come from anybody.
pub(super) fn is_canonical(text: &[u8]) -> bool {
    let mut reader = Reader { text, at: 0 };
    std::str::from_utf8(text).is_ok() && reader.value(0).is_some() && reader.at == text.len()
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

/// Each answers `None` for what is not canonical.
impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            b'{' => self.object(deeper(depth)?),
            b'[' => self.array(deeper(depth)?),
            b'"' => self.string().map(|_| ()),
            b't' => self.word(b"rue"),
            b'f' => self.word(b"alse"),
            b'n' => self.word(b"ull"),
            first => self.integer(first),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        let mut before: &[u8] = &[];
        loop {
            if self.next()? != b'"' {
                return None;
            }
            let key = self.string()?;
            // The profile's keys sort by their bytes; an escape is outside of it, and so is the empty key.
            let good = key.len() <= 64 && key.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            if !good || key <= before || self.next()? != b':' {
                return None;
            }
            before = key;
            self.value(depth)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.value(depth)?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// What stands between the quotation marks, the first of which was read.
    fn string(&mut self) -> Option<&'a [u8]> {
        let from = self.at;
        loop {
            // Almost all of it is ordinary: that is passed over in one go.
            let rest = self.text.get(self.at..)?;
            self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
            match self.next()? {
                b'"' => return self.text.get(from..self.at - 1),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    /// Only what cannot stand for itself is escaped, and in one way.
    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                let [b'0', b'0', high @ (b'0' | b'1'), low @ (b'0'..=b'9' | b'a'..=b'f')] = digits else { return None };
                // U+0000 is outside of the profile; these others have short escapes.
                let short = *high == b'0' && matches!(low, b'0' | b'8' | b'9' | b'a' | b'c' | b'd');
                (!short).then_some(())
            }
            _ => None,
        }
    }

    fn word(&mut self, rest: &[u8]) -> Option<()> {
        let there = self.text.get(self.at..self.at + rest.len())? == rest;
        self.at += rest.len();
        there.then_some(())
    }

    fn integer(&mut self, first: u8) -> Option<()> {
        let negative = first == b'-';
        let first = if negative { self.next()? } else { first };
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        match (first, self.at - from) {
            (b'0', 0) => (!negative).then_some(()),
            (b'1'..=b'9', more) => (more < SURE_DIGITS).then_some(()),
            _ => None,
        }
    }
}

fn deeper(depth: usize) -> Option<usize> {
    (depth < MAX_DEPTH).then_some(depth + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn only_what_is_canonical_counts_as_such() {
        for (text, expected) in [
            (r#"{"a":1,"b":[true,false,null,"e.1"],"c":{"a":"\"","b":-5}}"#, true),
            (r#"[{"b":1},{"a":2}]"#, true),
            (r#""plain""#, true),
            ("\"\u{e9} \u{7f}\"", true),
            (r#""\u001f\b\f\n\r\t\\\"""#, true),
            ("{}", true),
            ("[]", true),
            ("0", true),
            ("-1", true),
            ("123456789012345", true),
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
            (r#"{"":1}"#, false),
            (r#"{"A":1}"#, false),
            (r#"{"a":1,}"#, false),
            (r#"{"a" :1}"#, false),
            (r#"[1, 2]"#, false),
            ("[1,]", false),
            ("[1", false),
            ("[1]]", false),
            ("-0", false),
            ("-", false),
            ("01", false),
            ("+1", false),
            ("tru", false),
            ("nulll", false),
            ("", false),
            (r#""\/""#, false),
            (r#""\u0000""#, false),
            (r#""\u0009""#, false),
            (r#""\u001F""#, false),
            (r#""\u0041""#, false),
            (r#""\ud800""#, false),
            ("\"\t\"", false),
            ("\"open", false),
            ("\"\\", false),
        ] {
            assert_eq!(is_canonical(text.as_bytes()), expected, "{text}");
            if expected {
                let value = canonical::parse(text.as_bytes()).unwrap();
                assert_eq!(serde_json_canonicalizer::to_vec(&value).unwrap(), text.as_bytes(), "{text}");
            }
        }
        assert!(!is_canonical(b"\"\xff\""));
        assert!(is_canonical(b"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"));
        assert!(!is_canonical(b"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"));
    }
}
