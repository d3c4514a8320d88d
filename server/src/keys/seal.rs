//! Seals secrets that lie in the database.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;

use crate::clock::Rng;

/// Seals secrets that lie in the database, so that a copy of the database alone gives none away.
pub struct Seal(pub(super) [u8; 32]);

impl Seal {
    fn key(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.0).ok().map(LessSafeKey::new)
    }

    /// Seals `secret`; `about` names what it belongs to and must be given again to open it.
    pub fn close(&self, rng: &dyn Rng, about: &str, secret: &[u8]) -> Option<Vec<u8>> {
        let nonce = rng.bytes::<NONCE_LEN>();
        let mut sealed = secret.to_vec();
        self.key()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about.as_bytes()), &mut sealed)
            .ok()?;
        let mut out = nonce.to_vec();
        out.append(&mut sealed);
        Some(out)
    }

    /// Opens what [`Seal::close`] sealed; `None` when it was changed, or belongs to something else.
    pub fn open(&self, about: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let open = self.key()?.open_in_place(nonce, Aad::from(about.as_bytes()), &mut rest).ok()?;
        Some(open.to_vec())
    }

    /// A mark by which a text is known again and that tells nobody what it is who does not hold the key. `kind` keeps marks
    /// of different things apart.
    pub fn mark(&self, kind: &str, text: &str) -> Vec<u8> {
        let keyed = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
        keyed(keyed(&self.0, kind).as_ref(), text).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededRng;

    #[test]
    fn a_sealed_secret_opens_for_its_owner_only() {
        let rng = SeededRng::new(1);
        let seal = Seal([7; 32]);
        let mut sealed = seal.close(&rng, "u_a", b"secret").unwrap();
        assert_eq!(seal.open("u_a", &sealed).unwrap(), b"secret");
        assert_eq!(seal.open("u_b", &sealed), None);
        assert_eq!(Seal([8; 32]).open("u_a", &sealed), None);
        sealed[14] ^= 1;
        assert_eq!(seal.open("u_a", &sealed), None);
        assert_eq!(seal.open("u_a", b"short"), None);
    }

    #[test]
    fn a_mark_is_the_same_for_the_same_text_and_key_alone() {
        let seal = Seal([7; 32]);
        let mark = seal.mark("name", "ada");
        assert_eq!(mark, seal.mark("name", "ada"));
        for other in [seal.mark("name", "adb"), seal.mark("look", "ada"), Seal([8; 32]).mark("name", "ada")] {
            assert_ne!(mark, other);
        }
    }
}
