//! Strict JSON: the reader and writer of the protocol against a second pair that shares no code with them.

use conntext_federation::{canonical, error::Code};
use std::collections::BTreeMap;

/// The two readers must agree about what is refused, and about the canonical form of what is not.
pub fn run(data: &[u8]) {
    let second = Node::read(data);
    let first = canonical::parse(data);
    assert_eq!(first.is_ok(), second.is_some(), "one reader takes it, the other does not");
    let (Ok(first), Some(second)) = (first, second) else { return };
    let form = canonical::to_vec(&first).expect("what was read can be written");
    assert_eq!(String::from_utf8_lossy(&form), second.text(), "two canonical forms");
    assert_eq!(canonical::parse(&form).as_ref(), Ok(&first), "the canonical form says something else");
    let expected = if form == data { Ok(first) } else { Err(Code::NotCanonical) };
    assert_eq!(canonical::check(data), expected);
}

/// A value of the strict profile.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

impl Node {
    /// Reads text of the strict profile.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut reader = Reader { text: std::str::from_utf8(text).ok()?.as_bytes(), at: 0 };
        let node = reader.value(0)?;
        reader.space();
        (reader.at == text.len()).then_some(node)
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        if let Self::Map(members) = self { members.get(name) } else { None }
    }

    /// The text of a string.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The object with these members alone.
    pub fn only(&self, names: &[&str]) -> Self {
        let member = |name: &&str| Some(((*name).to_owned(), self.get(name)?.clone()));
        Self::Map(names.iter().filter_map(member).collect())
    }

    /// The object without these members.
    pub fn without(&self, names: &[&str]) -> Self {
        let Self::Map(members) = self else { return self.clone() };
        Self::Map(
            members.iter().filter(|(k, _)| !names.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect(),
        )
    }

    /// The canonical text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Self::Int(n) => out.push_str(&n.to_string()),
            Self::Text(text) => quote(text, out),
            Self::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(members) => {
                out.push('{');
                for (i, (key, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    quote(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, wanted: &[u8]) -> Option<()> {
        self.text[self.at..].starts_with(wanted).then(|| self.at += wanted.len())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        self.space();
        match self.peek()? {
            b'n' => self.take(b"null").map(|()| Node::Null),
            b't' => self.take(b"true").map(|()| Node::Bool(true)),
            b'f' => self.take(b"false").map(|()| Node::Bool(false)),
            b'"' => {
                let text = self.string()?;
                (!text.contains('\0')).then_some(Node::Text(text))
            }
            b'[' if depth < 16 => self.list(depth),
            b'{' if depth < 16 => self.map(depth),
            b'-' | b'0'..=b'9' => self.integer(),
            _ => None,
        }
    }

    fn list(&mut self, depth: usize) -> Option<Node> {
        self.take(b"[")?;
        let mut items = Vec::new();
        self.space();
        if self.take(b"]").is_some() {
            return Some(Node::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.next()? {
                b',' => {}
                b']' => return Some(Node::List(items)),
                _ => return None,
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<Node> {
        self.take(b"{")?;
        let mut members = BTreeMap::new();
        self.space();
        if self.take(b"}").is_some() {
            return Some(Node::Map(members));
        }
        loop {
            self.space();
            let key = self.string()?;
            let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_');
            if key.is_empty() || key.len() > 64 || !key.chars().all(plain) {
                return None;
            }
            self.space();
            self.take(b":")?;
            if members.insert(key, self.value(depth + 1)?).is_some() {
                return None;
            }
            self.space();
            match self.next()? {
                b',' => {}
                b'}' => return Some(Node::Map(members)),
                _ => return None,
            }
        }
    }

    fn integer(&mut self) -> Option<Node> {
        let start = self.at;
        let negative = self.take(b"-").is_some();
        let digits = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let length = self.at - digits;
        let leading_zero = self.text[digits..].starts_with(b"0");
        if length == 0 || (leading_zero && (length > 1 || negative)) || matches!(self.peek(), Some(b'.' | b'e' | b'E'))
        {
            return None;
        }
        let n: i64 = std::str::from_utf8(&self.text[start..self.at]).ok()?.parse().ok()?;
        (n.unsigned_abs() < 1 << 53).then_some(Node::Int(n))
    }

    fn string(&mut self) -> Option<String> {
        self.take(b"\"")?;
        let mut bytes = Vec::new();
        loop {
            match self.next()? {
                b'"' => return String::from_utf8(bytes).ok(),
                b'\\' => {
                    let c = self.escaped()?;
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=0x1f => return None,
                byte => bytes.push(byte),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            c @ (b'"' | b'\\' | b'/') => char::from(c),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return char::from_u32(high);
                }
                self.take(b"\\u")?;
                let low = self.hex()?;
                if !(0xdc00..0xe000).contains(&low) {
                    return None;
                }
                return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let mut n = 0;
        for _ in 0..4 {
            n = n * 16 + char::from(self.next()?).to_digit(16)?;
        }
        Some(n)
    }
}
