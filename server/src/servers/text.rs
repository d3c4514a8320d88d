//! Names and descriptions that people give, checked before the log sees them, so that the answer names the field.

use crate::error::{Problem, Result};

/// Longest name of a server or channel, in characters.
pub const MAX_NAME: usize = 80;
/// Longest name of a role, in characters.
pub const MAX_ROLE_NAME: usize = 60;
/// Longest description or topic, in characters.
pub const MAX_DESCRIPTION: usize = 1000;
/// Longest reason, in characters.
pub const MAX_REASON: usize = 1000;

/// Control characters, and those that turn the direction of the text around them.
fn hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name: one line, trimmed, not empty.
///
/// # Errors
/// 422 `invalid` with the field.
pub fn name(field: &str, text: &str, most: usize) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::invalid(field, "required", "Give it a name."));
    }
    let count = text.chars().count();
    if count > most {
        return Err(Problem::invalid(
            field,
            "too_long",
            format!("The name has {count} characters; at most {most} are possible."),
        ));
    }
    if text.chars().any(hidden) {
        return Err(Problem::invalid(field, "bad_characters", "There is an invisible control character in the name."));
    }
    Ok(text.to_owned())
}

/// A longer text, which may have several lines and may be empty.
///
/// # Errors
/// 422 `invalid` with the field.
pub fn description(field: &str, text: &str, most: usize) -> Result<String> {
    let text = text.trim();
    let count = text.chars().count();
    if count > most {
        return Err(Problem::invalid(
            field,
            "too_long",
            format!("The text has {count} characters; at most {most} are possible."),
        ));
    }
    if text.chars().any(|c| hidden(c) && c != '\n' && c != '\t') {
        return Err(Problem::invalid(field, "bad_characters", "There is an invisible control character in the text."));
    }
    Ok(text.to_owned())
}

/// Permissions by their names.
///
/// # Errors
/// 422 `invalid` with the field.
pub fn permissions(field: &str, names: &[String]) -> Result<conntext_federation::perms::Perms> {
    conntext_federation::perms::Perms::from_names(names)
        .ok_or_else(|| Problem::invalid(field, "unknown_permission", "One of these permissions does not exist."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b1_names_are_trimmed_and_bounded() {
        assert_eq!(name("name", "  Orchard ", 10).unwrap(), "Orchard");
        for (text, code) in [("  ", "required"), ("abcdefghijk", "too_long"), ("a\u{202e}b", "bad_characters")] {
            assert_eq!(name("name", text, 10).unwrap_err().fields.unwrap()[0].code, code);
        }
        assert_eq!(name("name", "äöüäöüäöüä", 10).unwrap().chars().count(), 10);
        assert_eq!(description("topic", " a\nb ", 10).unwrap(), "a\nb");
        assert!(description("topic", "a\u{7}b", 10).is_err());
    }
}
