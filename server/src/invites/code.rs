//! The code in an invitation's link: 80 random bits.

use conntext_federation::ids::{Hash, base32};

use crate::clock::Rng;

/// Characters of a code.
const LENGTH: usize = 16;

/// A new code.
pub(super) fn new(rng: &dyn Rng) -> String {
    base32().encode(&rng.bytes::<10>())
}

/// A code as a person or a link gives it; `None` when it cannot be one.
pub(super) fn parse(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_lowercase();
    let fits = code.len() == LENGTH && base32().decode(code.as_bytes()).is_ok();
    fits.then_some(code)
}

/// What stands in logs in place of a code.
pub fn hash(code: &str) -> Hash {
    Hash::of(&[b"conntext/invite/v1\n", code.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededRng;

    #[test]
    fn b5_a_code_reads_back_however_it_is_typed() {
        let code = new(&SeededRng::new(1));
        assert_eq!(code.len(), LENGTH);
        assert_eq!(parse(&format!(" {} ", code.to_uppercase())), Some(code.clone()));
        for wrong in ["", "short", "0123456789012345", &format!("{code}a")] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_ne!(hash(&code), hash("aaaaaaaaaaaaaaaa"));
    }
}
