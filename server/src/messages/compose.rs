//! What a text becomes on its way into the log: normalised, and whom it speaks to.

use crate::error::{Problem, Result};
use conntext_federation::ids::{Actor, RoleId};
use conntext_federation::perms::Perms;
use conntext_federation::state::ServerState;

/// Longest number of a client's own, in characters.
const MAX_NONCE: usize = 64;
/// The most that one message may speak to.
const MAX_MENTIONS: usize = 100;

/// # Errors
/// 422 `invalid` for a number that is empty, too long or not printable.
pub fn nonce(nonce: &str) -> Result<()> {
    let long = nonce.is_empty() || nonce.chars().count() > MAX_NONCE || nonce.chars().any(char::is_control);
    if long {
        return Err(Problem::invalid("nonce", "bad_nonce", "A nonce has 1 to 64 printable characters."));
    }
    Ok(())
}

/// The text as it is kept: line ends of one kind, no control characters, nothing empty at its end.
///
/// # Errors
/// 422 `invalid` for a text that is too long, or empty where there is nothing else.
pub fn body(text: &str, max_bytes: usize, may_be_empty: bool) -> Result<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect();
    let kept = kept.trim_end().trim_start_matches('\n').to_owned();
    if kept.trim().is_empty() {
        return if may_be_empty {
            Ok(String::new())
        } else {
            Err(Problem::invalid("body", "empty", "Write something, or attach a file."))
        };
    }
    let most = max_bytes.min(conntext_federation::content::MAX_BODY_BYTES);
    if kept.len() > most {
        let message = format!("The text has {} bytes; at most {most} are possible. Send it in parts.", kept.len());
        return Err(Problem::invalid("body", "too_long", message));
    }
    Ok(kept)
}

/// Blanks code, in which nothing is a mention.
fn without_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].chars().take_while(|c| *c == '`').count();
        let (fence, inside) = (&rest[start..start + ticks], &rest[start + ticks..]);
        out.push_str(&rest[..start]);
        out.push(' ');
        match inside.find(fence) {
            Some(end) => rest = &inside[end + ticks..],
            // An open fence runs to the end; single ticks that nothing closes are text.
            None if ticks >= 3 => return out,
            None => rest = inside,
        }
    }
    out.push_str(rest);
    out
}

/// Whether `@name` stands in the text as a word of its own.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '@');
        !part(before) && !part(after)
    })
}

/// Whom a text speaks to. What the author may not address stays plain text.
pub fn mentions(state: &ServerState, perms: Perms, text: &str) -> Vec<String> {
    let text = without_code(text);
    let mut found: Vec<String> = Vec::new();
    let mut add = |id: &str| {
        if found.len() < MAX_MENTIONS && !found.iter().any(|f| f == id) {
            found.push(id.to_owned());
        }
    };
    let everyone = perms.has(Perms::MENTION_EVERYONE);
    for part in text.split('<').skip(1) {
        let Some((inside, _)) = part.split_once('>') else { continue };
        let Some(id) = inside.strip_prefix('@') else { continue };
        if let Some(role) = id.strip_prefix('&').and_then(|id| id.parse::<RoleId>().ok()) {
            let known = state.roles.get(&role).filter(|_| role != state.everyone);
            if known.is_some_and(|r| r.mentionable || everyone) {
                add(role.as_str());
            }
        } else if let Ok(actor) = id.parse::<Actor>()
            && state.members.contains_key(&actor)
        {
            add(actor.as_str());
        }
    }
    if everyone {
        for (word, name) in [("@everyone", "everyone"), ("@here", "here")] {
            if has_word(&text, word) {
                add(name);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_a_text_is_kept_without_what_nobody_sees() {
        assert_eq!(body("a\r\nb\u{7}\u{0}c  \n\n", 100, false).unwrap(), "a\nbc");
        assert_eq!(body(" \n ", 100, false).unwrap_err().fields.unwrap()[0].code, "empty");
        assert_eq!(body(" \n ", 100, true).unwrap(), "");
        assert_eq!(body("ääää", 7, false).unwrap_err().fields.unwrap()[0].code, "too_long");
    }

    #[test]
    fn c7_code_mentions_nobody() {
        assert_eq!(without_code("a `b` c"), "a   c");
        assert_eq!(without_code("a ```\n@everyone\n``` c"), "a   c");
        assert_eq!(without_code("a ``` @everyone"), "a  ");
        assert_eq!(without_code("5` and 6"), "5  and 6");
    }

    #[test]
    fn c7_everyone_is_a_word_of_its_own() {
        assert!(has_word("hi @everyone!", "@everyone"));
        assert!(!has_word("me@everyone.org", "@everyone"));
        assert!(!has_word("@everyones", "@everyone"));
    }
}
