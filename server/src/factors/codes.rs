//! Recovery codes: what helps when the authenticator is lost.

use sha2::{Digest as _, Sha256};

use super::store;
use crate::Base;
use crate::db::Tx;
use crate::error::Result;

/// How many there are.
const MANY: usize = 10;

/// Makes new codes in place of all old ones.
pub(super) async fn renew(base: &Base, tx: &mut Tx, account: &str) -> Result<Vec<String>> {
    // 120 bits each: nobody finds one by trying, even with the hashes in hand (OWASP ASVS 5, 6.5.2).
    let codes: Vec<String> = (0..MANY)
        .map(|_| {
            let letters = data_encoding::BASE32_NOPAD.encode(&base.rng.bytes::<15>()).to_lowercase();
            let groups: Vec<_> = letters.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
            groups.join("-")
        })
        .collect();
    store::put_codes(tx, account, codes.iter().map(|code| hash(code))).await?;
    Ok(codes)
}

/// Whether a code is one of the account's that was not used before; it is used up with that.
pub(super) async fn accept(base: &Base, tx: &mut Tx, account: &str, typed: &str) -> Result<bool> {
    Ok(store::use_code(tx, account, hash(typed), base.clock.now_ms()).await?)
}

/// However it is typed: the digits that look like letters are none of the alphabet.
fn hash(typed: &str) -> [u8; 32] {
    let plain: String = typed
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| match c.to_ascii_lowercase() {
            '0' => 'o',
            '1' => 'l',
            '8' => 'b',
            c => c,
        })
        .collect();
    Sha256::digest(plain.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn a3_a_recovery_code_is_read_however_it_is_typed() {
        let code = hash("abco-lbde-fghi-jklm");
        for typed in ["ABCO LBDE FGHI JKLM", "abc0lbdefghijklm", " abco-1bde-fghi-jklm ", "abco-l8de-fghi-jklm"] {
            assert_eq!(hash(typed), code, "{typed}");
        }
        assert_ne!(hash("abco-lbde-fghi-jkln"), code);
    }
}
