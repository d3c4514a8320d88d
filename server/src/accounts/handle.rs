//! Names of accounts.

use conntext_federation::profile::valid_handle;
use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;

use crate::error::{Problem, Result};

/// Never given to anybody: in a message they would mean everyone.
const NEVER: &[&str] = &["everyone", "here", "all", "channel", "null", "undefined", "deleted", "unknown", "anonymous"];

/// Names that sound as if they spoke for the instance: given by its admin only.
const OFFICIAL: &[&str] = &[
    "abuse",
    "admin",
    "administrator",
    "conntext",
    "help",
    "host",
    "hostmaster",
    "info",
    "legal",
    "mail",
    "me",
    "moderation",
    "moderator",
    "mod",
    "noreply",
    "no-reply",
    "official",
    "operator",
    "owner",
    "postmaster",
    "privacy",
    "root",
    "security",
    "service",
    "staff",
    "support",
    "system",
    "webmaster",
];

/// Normalises a name and checks its form. `official` allows the names that only an admin may give.
pub fn check(text: &str, official: bool) -> Result<String> {
    let fault = |code: &str, message: &str| Err(Problem::invalid("handle", code, message));
    // PRECIS (RFC 8265) folds case and width, so that what looks the same is the same.
    let handle = match UsernameCaseMapped::enforce(text.trim()) {
        Ok(handle) => handle.into_owned(),
        Err(_) => String::new(),
    };
    if !valid_handle(&handle) {
        return fault(
            "handle_form",
            "A name has 2 to 32 letters a–z, digits, dots, hyphens or underscores, and begins and ends with a letter or digit.",
        );
    }
    let reserved = |names: &[&str]| names.iter().any(|name| look(name) == look(&handle));
    if reserved(NEVER) || (!official && reserved(OFFICIAL)) {
        return fault("handle_reserved", "This name is reserved. Choose another one.");
    }
    Ok(handle)
}

/// What a name looks like: names with the same look are mistaken for each other, as `bob` and `b0b` (UTS 39, skeletons).
pub fn look(handle: &str) -> String {
    let plain = handle.replace(['.', '_'], "-");
    unicode_security::skeleton(&plain).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_names_are_folded_and_checked() {
        assert_eq!(check(" Ada ", false).unwrap(), "ada");
        assert_eq!(check("ａｄａ", false).unwrap(), "ada");
        for bad in ["", "a", "-ada", "ada.", "a da", "ädä", "аda", &"a".repeat(33), "a\u{200b}b"] {
            assert_eq!(check(bad, false).unwrap_err().fields.unwrap()[0].code, "handle_form", "{bad:?}");
        }
        assert_eq!(check("Admin", false).unwrap_err().fields.unwrap()[0].code, "handle_reserved");
        assert_eq!(check("Admin", true).unwrap(), "admin");
        assert!(check("everyone", true).is_err());
        assert_eq!(check("r00t", false).unwrap_err().fields.unwrap()[0].code, "handle_reserved");
    }

    #[test]
    fn a1_names_that_are_mistaken_for_each_other_look_the_same() {
        for (one, other) in
            [("bob", "b0b"), ("ada1", "adal"), ("arnold", "amold"), ("j.doe", "j_doe"), ("no-one", "no.one")]
        {
            assert_eq!(look(one), look(other), "{one} {other}");
        }
        for (one, other) in [("bob", "bobby"), ("ada1", "ada2"), ("jdoe", "j.doe"), ("dan6", "dan9")] {
            assert_ne!(look(one), look(other), "{one} {other}");
        }
    }
}
